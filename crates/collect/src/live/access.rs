//! Ways into clusters: contexts of kubeconfig files, an address, and the service account of a pod.
//!
//! A kubeconfig that somebody names as access is used as kubectl uses it, merged from several files. What a file says is
//! read here and nothing is contacted; the plug-in of a context runs when that context is asked, in [`exec`](super::exec).

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use kube::config::{AuthInfo, Cluster, Context as KubeContext, Kubeconfig, NamedAuthInfo, NamedCluster, NamedContext};

/// Where ways into clusters are looked for.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Kubeconfig files, the first of which wins.
    pub files: Vec<PathBuf>,
    /// Whether they were named one by one, so that one that is missing is a mistake.
    pub named: bool,
    /// Where this is a pod of a cluster.
    pub pod: Option<Pod>,
}

/// How a pod reaches the API server of its cluster (client-go rest/config.go, `InClusterConfig`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    /// Its host and port, as the kubelet tells every container.
    pub host: String,
    pub port: String,
    /// Holds the token and the authority of its service account.
    pub folder: PathBuf,
}

impl Pod {
    /// Where the kubelet puts the credentials of a pod.
    pub const FOLDER: &'static str = "/var/run/secrets/kubernetes.io/serviceaccount";

    fn way(&self) -> Way {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let server = format!("https://{host}:{}", self.port);
        let file = |name: &str| Some(self.folder.join(name).display().to_string());
        let cluster =
            Cluster { server: Some(server.clone()), certificate_authority: file("ca.crt"), ..Cluster::default() };
        let user = AuthInfo { token_file: file("token"), ..AuthInfo::default() };
        Way {
            name: IN_CLUSTER.to_owned(),
            target: IN_CLUSTER.to_owned(),
            server,
            entry: Entry::Kubeconfig(Arc::new(one_context(IN_CLUSTER, cluster, user))),
        }
    }
}

/// The name of the cluster whose pod this is.
const IN_CLUSTER: &str = "in-cluster";

/// Which of them is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The current context, else the cluster whose pod this is.
    Current,
    Context(String),
    Every,
    /// `https://HOST[:PORT]`, asked without credentials.
    Address(String),
}

/// One way into one cluster. No `Debug` of its own: it holds credentials.
#[derive(Clone)]
pub struct Way {
    /// The name of the context, or the address.
    pub name: String,
    /// As the user would name it again.
    pub target: String,
    /// The address of the API server, as it is configured.
    pub server: String,
    pub(super) entry: Entry,
}

#[derive(Clone)]
pub(super) enum Entry {
    /// A kubeconfig cut down to one context.
    Kubeconfig(Arc<Kubeconfig>),
    /// A context that cannot be used, and why; the others can.
    Broken(String),
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Way").field("target", &self.target).finish_non_exhaustive()
    }
}

impl PartialEq for Way {
    fn eq(&self, other: &Self) -> bool {
        self.target == other.target && self.server == other.server
    }
}

impl Eq for Way {}

/// Why there is no way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoWay {
    /// There is no kubeconfig; the places where one was looked for.
    NoKubeconfig(Vec<PathBuf>),
    /// A file that cannot be used.
    Unusable {
        file: PathBuf,
        why: String,
    },
    /// No context is current.
    NoCurrent {
        contexts: Vec<String>,
    },
    NoSuchContext {
        typed: String,
        contexts: Vec<String>,
    },
    NoContexts,
    /// A context that cannot be used.
    Broken {
        context: String,
        why: String,
    },
    /// Not an address that can be asked.
    NoAddress(String),
}

/// A larger file is no kubeconfig: with a thousand clusters one has a few megabytes.
const LARGEST: u64 = 64 << 20;

/// The contexts of kubeconfig files that were read once, for whoever wants many of them.
pub struct Contexts {
    config: Kubeconfig,
    names: std::collections::BTreeSet<String>,
}

impl Contexts {
    /// # Errors
    ///
    /// Why there are none; nothing was contacted.
    pub fn read(access: &Access) -> Result<Self, NoWay> {
        let config = read(access)?.ok_or_else(|| NoWay::NoKubeconfig(access.files.clone()))?;
        let names = config.contexts.iter().map(|context| context.name.clone()).collect();
        Ok(Self { config, names })
    }

    /// The way that a context is.
    ///
    /// # Errors
    ///
    /// There is none of that name, or it cannot be used.
    pub fn way(&self, name: &str) -> Result<Way, NoWay> {
        if self.names.contains(name) {
            by_context(&self.config, name)
        } else {
            Err(NoWay::NoSuchContext { typed: name.to_owned(), contexts: self.names.iter().cloned().collect() })
        }
    }
}

/// The ways that are meant, sorted by name.
///
/// # Errors
///
/// Why nobody can be asked; nothing was contacted.
pub fn ways(access: &Access, wanted: &Wanted) -> Result<Vec<Way>, NoWay> {
    if let Wanted::Address(address) = wanted {
        return by_address(access, address).map(|way| vec![way]);
    }
    let Some(config) = read(access)? else {
        if let Some(pod) = access.pod.as_ref().filter(|_| *wanted == Wanted::Current) {
            return Ok(vec![pod.way()]);
        }
        return Err(NoWay::NoKubeconfig(access.files.clone()));
    };
    let mut names: Vec<String> = config.contexts.iter().map(|context| context.name.clone()).collect();
    names.sort();
    names.dedup();
    match wanted {
        Wanted::Context(typed) if names.contains(typed) => Ok(vec![by_context(&config, typed)?]),
        Wanted::Context(typed) => Err(NoWay::NoSuchContext { typed: typed.clone(), contexts: names }),
        Wanted::Every if names.is_empty() => Err(NoWay::NoContexts),
        Wanted::Every => Ok(names
            .iter()
            .map(|name| match by_context(&config, name) {
                Ok(way) => way,
                Err(no_way) => Way {
                    name: name.clone(),
                    target: format!("context:{name}"),
                    server: String::new(),
                    entry: Entry::Broken(match no_way {
                        NoWay::Broken { why, .. } => why,
                        _ => "it cannot be used".to_owned(),
                    }),
                },
            })
            .collect()),
        Wanted::Current | Wanted::Address(_) => {
            let current = config.current_context.clone().filter(|name| !name.is_empty());
            match (current, &access.pod) {
                (None, Some(pod)) if names.is_empty() => Ok(vec![pod.way()]),
                (None, _) => Err(NoWay::NoCurrent { contexts: names }),
                (Some(current), _) if !names.contains(&current) => {
                    Err(NoWay::NoSuchContext { typed: current, contexts: names })
                }
                (Some(current), _) => Ok(vec![by_context(&config, &current)?]),
            }
        }
    }
}

/// All files as one; `None` where none of them is there.
fn read(access: &Access) -> Result<Option<Kubeconfig>, NoWay> {
    let mut merged: Option<Kubeconfig> = None;
    for file in &access.files {
        let unusable = |why: String| NoWay::Unusable { file: file.clone(), why };
        match std::fs::metadata(file) {
            // As kubectl does: of several files some may be missing.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !access.named => continue,
            Err(error) => return Err(unusable(crate::walk::reason(&error))),
            Ok(known) if known.is_dir() => return Err(unusable("it is a folder".to_owned())),
            Ok(known) if known.len() > LARGEST => return Err(unusable(format!("larger than {} MiB", LARGEST >> 20))),
            Ok(_) => {}
        }
        let one = Kubeconfig::read_from(file).map_err(|error| unusable(first_line(&super::failure::chain(&error))))?;
        merged = Some(match merged {
            None => one,
            Some(known) => known.merge(one).map_err(|error| unusable(first_line(&error.to_string())))?,
        });
    }
    Ok(merged)
}

/// A parser shows the text around a fault, and here that may be a token.
fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(200).collect()
}

fn by_context(config: &Kubeconfig, name: &str) -> Result<Way, NoWay> {
    let broken = |why: String| NoWay::Broken { context: name.to_owned(), why };
    let context = config
        .contexts
        .iter()
        .find(|known| known.name == name)
        .and_then(|known| known.context.clone())
        .ok_or_else(|| broken("it is empty".to_owned()))?;
    let cluster = config.clusters.iter().find(|known| known.name == context.cluster);
    let cluster = cluster.and_then(|known| known.cluster.clone());
    let cluster = cluster.ok_or_else(|| broken(format!("there is no cluster `{}`", context.cluster)))?;
    let server = cluster.server.clone().filter(|server| !server.is_empty());
    let server = server.ok_or_else(|| broken(format!("the cluster `{}` has no `server`", context.cluster)))?;
    let user = context.user.as_ref().and_then(|user| config.auth_infos.iter().find(|known| known.name == *user));
    if let Some(user) = context.user.as_ref().filter(|name| user.is_none() && !name.is_empty()) {
        return Err(broken(format!("there is no user `{user}`")));
    }
    let user = user.and_then(|known| known.auth_info.clone()).unwrap_or_default();
    Ok(Way {
        name: name.to_owned(),
        target: format!("context:{name}"),
        server,
        entry: Entry::Kubeconfig(Arc::new(one_context(name, cluster, user))),
    })
}

/// A kubeconfig with one context; of a large one the rest is nobody's business.
fn one_context(name: &str, cluster: Cluster, user: AuthInfo) -> Kubeconfig {
    let context = KubeContext { cluster: "it".to_owned(), user: Some("it".to_owned()), ..KubeContext::default() };
    Kubeconfig {
        clusters: vec![NamedCluster { name: "it".to_owned(), cluster: Some(cluster), ..NamedCluster::default() }],
        auth_infos: vec![NamedAuthInfo { name: "it".to_owned(), auth_info: Some(user), ..NamedAuthInfo::default() }],
        contexts: vec![NamedContext { name: name.to_owned(), context: Some(context), ..NamedContext::default() }],
        current_context: Some(name.to_owned()),
        ..Kubeconfig::default()
    }
}

/// An address is asked without credentials; whom its certificate may be from is taken from a kubeconfig that knows it.
fn by_address(access: &Access, address: &str) -> Result<Way, NoWay> {
    let rest = address.strip_prefix("https://").ok_or_else(|| NoWay::NoAddress(address.to_owned()))?;
    let host = rest.trim_end_matches('/');
    if host.is_empty() || host.contains(['@', '?', '#', ' ']) || host.parse::<http::uri::Authority>().is_err() {
        return Err(NoWay::NoAddress(address.to_owned()));
    }
    let server = format!("https://{host}");
    let known = read(access).ok().flatten().unwrap_or_default();
    let same = |known: &NamedCluster| {
        let known = known.cluster.as_ref().and_then(|cluster| cluster.server.as_deref());
        known.is_some_and(|known| known.trim_end_matches('/').eq_ignore_ascii_case(&server))
    };
    let known = known.clusters.into_iter().find(same).and_then(|known| known.cluster).unwrap_or_default();
    let cluster = Cluster { server: Some(server.clone()), ..known };
    Ok(Way {
        name: server.clone(),
        target: server.clone(),
        server: server.clone(),
        entry: Entry::Kubeconfig(Arc::new(one_context(&server, cluster, AuthInfo::default()))),
    })
}

/// The files of a list as `KUBECONFIG` has it.
pub fn split(list: &str) -> Vec<PathBuf> {
    std::env::split_paths(list).filter(|path| path != Path::new("")).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("portcullis-access-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        folder
    }

    const ONE: &str = "
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: 'https://one:6443', certificate-authority: ca.crt}}]
users: [{name: u, user: {token: abc}}]
contexts: [{name: one, context: {cluster: c, user: u}}, {name: lost, context: {cluster: none, user: u}}]
";
    const TWO: &str = "
apiVersion: v1
kind: Config
current-context: two
clusters: [{name: c, cluster: {server: 'https://other:6443'}}, {name: d, cluster: {server: 'https://two:6443/'}}]
contexts: [{name: one, context: {cluster: d}}, {name: two, context: {cluster: d, user: u}}]
";

    fn access(name: &str) -> Access {
        let folder = folder(name);
        fs::write(folder.join("one"), ONE).expect("written");
        fs::write(folder.join("two"), TWO).expect("written");
        Access { files: vec![folder.join("one"), folder.join("gone"), folder.join("two")], named: false, pod: None }
    }

    #[test]
    fn the_first_file_to_name_something_wins() {
        let access = access("merge");
        let current = ways(&access, &Wanted::Current).expect("a way");
        assert_eq!((current[0].name.as_str(), current[0].server.as_str()), ("two", "https://two:6443/"));
        let one = ways(&access, &Wanted::Context("one".to_owned())).expect("a way");
        assert_eq!(one[0].server, "https://one:6443");
        assert_eq!(format!("{:?}", one[0]), "Way { target: \"context:one\", .. }");
    }

    #[test]
    fn what_is_wrong_is_said_before_anybody_is_asked() {
        let access = access("wrong");
        let typed = |name: &str| ways(&access, &Wanted::Context(name.to_owned()));
        assert!(
            matches!(typed("tow"), Err(NoWay::NoSuchContext { contexts, .. }) if contexts == ["lost", "one", "two"])
        );
        // Of all contexts it is one, and hides no other.
        assert_eq!(ways(&access, &Wanted::Every).map(|all| all.len()), Ok(3));
        assert!(matches!(typed("lost"), Err(NoWay::Broken { why, .. }) if why == "there is no cluster `none`"));
        let named = Access { named: true, ..access.clone() };
        assert!(matches!(ways(&named, &Wanted::Current), Err(NoWay::Unusable { file, .. }) if file.ends_with("gone")));
        let none = Access::default();
        assert!(matches!(ways(&none, &Wanted::Current), Err(NoWay::NoKubeconfig(_))));
        for (host, server) in [("10.0.0.1", "https://10.0.0.1:443"), ("fd00::1", "https://[fd00::1]:443")] {
            let (host, port, folder) = (host.to_owned(), "443".to_owned(), PathBuf::from(Pod::FOLDER));
            let pod = Access { pod: Some(Pod { host, port, folder }), ..Access::default() };
            let way = ways(&pod, &Wanted::Current).expect("a way").swap_remove(0);
            assert_eq!((way.name.as_str(), way.server.as_str()), ("in-cluster", server));
        }
        let bad = folder("bad").join("config");
        fs::write(&bad, "users: [{name: u, user: {token: [hunter2]}}]\n").expect("written");
        let bad = Access { files: vec![bad], named: true, pod: None };
        let Err(NoWay::Unusable { why, .. }) = ways(&bad, &Wanted::Every) else { panic!("it is read") };
        assert!(!why.contains("hunter2"), "{why}");
    }

    #[test]
    fn an_address_has_the_authority_of_a_kubeconfig_and_no_credentials() {
        let access = access("address");
        let way = ways(&access, &Wanted::Address("https://two:6443".to_owned())).expect("a way").swap_remove(0);
        let Entry::Kubeconfig(config) = &way.entry else { panic!("a kubeconfig") };
        assert!(config.auth_infos[0].auth_info.as_ref().is_some_and(|user| user.token.is_none()));
        let one = ways(&access, &Wanted::Address("https://one:6443/".to_owned())).expect("a way").swap_remove(0);
        let Entry::Kubeconfig(config) = &one.entry else { panic!("a kubeconfig") };
        assert!(config.clusters[0].cluster.as_ref().is_some_and(|cluster| cluster.certificate_authority.is_some()));
        for wrong in ["http://one", "https://", "https://a b", "https://u@h", "https://h/p?q"] {
            assert!(ways(&access, &Wanted::Address(wrong.to_owned())).is_err(), "{wrong}");
        }
    }
}
