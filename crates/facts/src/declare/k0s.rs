//! k0s: its own `ClusterConfig`, alone, in a definition of k0sctl, in a control plane of Cluster API, of k0smotron, or read by
//! a command (`commands`).
//!
//! Every controller runs an API server with what k0s adds (k0sproject/k0s, pkg/component/controller/apiserver.go, at the
//! first and the last release of each minor from 1.20 to 1.36). `spec.api.extraArgs` overrides it, feature gates come
//! behind, then `rawArgs`, then the address of the datastore. Start at [`invocations`].

mod commands;
pub(super) mod kubelet;

use model::{Evidence, Form, Gap, GapKind, Location, Minor, Problem, Site, Version};
use yaml::{Cursor, Resolved};

pub(super) use self::commands::files;
use super::{
    Source, command,
    kubeadm::release,
    layers::{Layers, made_at_start, map_at, outside},
    pod::text_of,
};
use crate::{Hand, Invocation, Word};

const NAME: &str = "k0s";

const GROUP: &str = "k0s.k0sproject.io/";

/// Definitions of whole clusters, as k0sctl takes them.
const CLUSTERS: [&str; 2] = ["k0sctl.k0sproject.io/", "cfctl.clusterfactory.io/"];

/// More hosts, arguments and gates than anybody lists.
const MOST: usize = 512;

/// The first and the last release of which k0s's own flags are known.
const KNOWN: (u16, u16) = (20, 36);

/// Flags that k0s gives where what is written for them is empty (apiDefaultArgs, and its cipher suites).
const FALLBACKS: [&str; 6] = [
    "allow-privileged",
    "anonymous-auth",
    "requestheader-extra-headers-prefix",
    "requestheader-group-headers",
    "requestheader-username-headers",
    "tls-cipher-suites",
];

/// Control planes in pods of another cluster (k0sproject/k0smotron).
const HOSTED: &str = "k0smotron.io/";

/// Where k0s keeps its files (pkg/constant), unless it is told otherwise.
const DATA: &str = "/var/lib/k0s";

/// Whether a text holds the words without which it declares nothing.
pub(super) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    [GROUP, CLUSTERS[0], CLUSTERS[1], "K0sControlPlane", HOSTED, "K0smotronControlPlane"]
        .iter()
        .any(|word| text.contains(word))
        || commands::speaks(text)
}

/// Whether a text defines a cluster of k0s.
pub(super) fn declares(source: &Source<'_>) -> bool {
    commands::is_unit(source)
        || source.objects().iter().any(|(_, object)| of(object).is_some())
        || !commands::of_compose(source, &[]).is_empty()
}

/// The API server of every cluster of k0s that a text defines.
pub(super) fn invocations(source: &Source<'_>, evidence: &[Evidence]) -> Vec<Invocation> {
    if commands::is_unit(source) {
        return commands::of_unit(source, evidence).into_iter().collect();
    }
    let mut found = Vec::new();
    for (document, object) in source.objects() {
        let Some(mut definition) = of(&object).filter(|_| found.len() <= super::MOST) else { continue };
        definition.words = commands::unit_of(source, evidence);
        found.push(Cluster { source, definition }.invocation(source.problems(document), evidence));
    }
    found.extend(commands::of_compose(source, evidence));
    found
}

/// What defines a cluster.
struct Definition<'a> {
    root: Cursor<'a>,
    /// Where the configuration of k0s stands or would, from the root.
    path: &'static [&'static str],
    version: Option<Cursor<'a>>,
    /// The roles and the flags of the command, where the definition says them.
    hosts: Option<Cursor<'a>>,
    arguments: Option<Cursor<'a>>,
    /// The words of the command, where one is seen that starts it.
    words: Option<Vec<String>>,
    /// Where an argument would be written, where that is not in the configuration.
    home: Option<Site>,
    /// Why the configuration may say something else.
    unread: Option<Gap>,
    /// What k0smotron is told, where it holds the control plane.
    hosted: Option<Cursor<'a>>,
}

impl<'a> Definition<'a> {
    fn alone(root: Cursor<'a>, path: &'static [&'static str], version: Option<Cursor<'a>>) -> Self {
        Self { root, path, version, hosts: None, arguments: None, words: None, home: None, unread: None, hosted: None }
    }
}

fn of<'a>(root: &Cursor<'a>) -> Option<Definition<'a>> {
    let group = root.get("apiVersion")?.text()?;
    let kind = root.get("kind")?.text()?;
    let at = |path: &[&str]| path.iter().try_fold(root.clone(), |here, name| here.get(name));
    let alone = |path: &'static [&'static str], version| Definition::alone(root.clone(), path, version);
    // The configuration is not all of it: the rest of the object decides address, port and datastore.
    let hosted = |path: &'static [&'static str], spec: Option<Cursor<'a>>| {
        let spec = spec?;
        let version = spec.get("version");
        Some(Definition { arguments: spec.get("controlPlaneFlags"), hosted: Some(spec), ..alone(path, version) })
    };
    if group.starts_with(HOSTED) {
        return hosted(&["spec", "k0sConfig"], at(&["spec"]).filter(|_| kind == "Cluster"));
    }
    if group.starts_with(GROUP) {
        return ["ClusterConfig", "Cluster"].contains(&kind).then(|| alone(&[], None));
    }
    if CLUSTERS.iter().any(|name| group.starts_with(name)) {
        let runs = |host: Cursor<'_>| text_of(&host, "role").is_some_and(|role| role != "worker");
        let hosts = at(&["spec", "hosts"])?;
        hosts.items().take(MOST).any(runs).then_some(())?;
        return Some(Definition {
            hosts: Some(hosts),
            ..alone(&["spec", "k0s", "config"], at(&["spec", "k0s", "version"]))
        });
    }
    match kind {
        "K0sControlPlane" => Some(Definition {
            arguments: at(&["spec", "k0sConfigSpec", "args"]),
            ..alone(&["spec", "k0sConfigSpec", "k0s"], at(&["spec", "version"]))
        }),
        "K0sControlPlaneTemplate" => Some(Definition {
            arguments: at(&["spec", "template", "spec", "k0sConfigSpec", "args"]),
            ..alone(&["spec", "template", "spec", "k0sConfigSpec", "k0s"], at(&["spec", "template", "spec", "version"]))
        }),
        "K0smotronControlPlane" => hosted(&["spec", "k0sConfig"], at(&["spec"])),
        "K0smotronControlPlaneTemplate" => {
            hosted(&["spec", "template", "spec", "k0sConfig"], at(&["spec", "template", "spec"]))
        }
        _ => None,
    }
}

/// What the command that starts a controller decides, and no configuration.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Single,
    Several,
    Unknown,
}

struct Cluster<'a> {
    source: &'a Source<'a>,
    definition: Definition<'a>,
}

/// A switch that is given, alone or as true.
fn is_single(flag: &str) -> bool {
    flag.strip_prefix("--single")
        .is_some_and(|rest| matches!(rest, "" | "=true" | "=1" | "=t" | "=T" | "=True" | "=TRUE"))
}

type Releases = Option<(Minor, Minor)>;

fn within(from: u16, to: u16) -> Releases {
    Some((Minor::new(1, from), Minor::new(1, to)))
}

fn since(from: u16) -> Releases {
    within(from, KNOWN.1)
}

fn depends() -> Gap {
    unseen(GapKind::Version, "it changed in that release of k0s with a patch, and what is known of k0s names none")
}

fn unseen(kind: GapKind, reason: &str) -> Gap {
    Gap {
        kind,
        reason: reason.to_owned(),
        wanted: "the arguments of the running server".to_owned(),
        who_could_answer: "a controller of the cluster".to_owned(),
    }
}

impl<'a> Cluster<'a> {
    /// A value of the configuration's `spec`.
    fn get(&self, path: &[&str]) -> Option<Cursor<'a>> {
        let config = self.definition.path.iter().try_fold(self.definition.root.clone(), |here, name| here.get(name))?;
        let spec = config.get("spec")?;
        path.iter().try_fold(spec, |here, name| here.get(name)).filter(|found| !found.is_null())
    }

    fn text(&self, path: &[&str]) -> Option<(String, Location)> {
        let found = self.get(path)?;
        let text = found.text().filter(|text| !text.is_empty())?.to_owned();
        Some((text, self.source.at(&found)))
    }

    fn on(&self, path: &[&str]) -> Option<Location> {
        let found = self.get(path)?;
        matches!(found.resolved(), Some(Resolved::Bool(true))).then(|| self.source.at(&found))
    }

    /// The hosts that run an API server.
    fn controllers(&self) -> Vec<Cursor<'a>> {
        let hosts = self.definition.hosts.iter().flat_map(|hosts| hosts.items().take(MOST));
        hosts.filter(|host| text_of(host, "role").is_some_and(|role| role != "worker")).collect()
    }

    fn home(&self) -> Site {
        if let Some(home) = &self.definition.home {
            return home.clone();
        }
        let path: Vec<&str> = self.definition.path.iter().copied().chain(["spec", "api", "extraArgs"]).collect();
        map_at(self.source, &self.definition.root, &path)
    }

    fn version(&self) -> Option<(Version, Location)> {
        let found = self.definition.version.as_ref()?;
        Some((release(found.text()?)?, self.source.at(found)))
    }

    fn data(&self) -> String {
        let own: Vec<String> = self.controllers().iter().filter_map(|host| text_of(host, "dataDir")).collect();
        let own = own.into_iter().next().or_else(|| self.definition.words.as_deref().map(commands::data_dir));
        own.as_deref().unwrap_or(DATA).trim_end_matches('/').to_owned()
    }

    fn flags(&self) -> Vec<String> {
        let texts = |list: &Cursor<'_>| -> Vec<String> {
            list.items().take(MOST).filter_map(|item| item.text().map(str::to_owned)).collect()
        };
        let of_hosts = self.controllers().into_iter().filter_map(|host| host.get("installFlags"));
        let listed = of_hosts.chain(self.definition.arguments.clone()).flat_map(|list| texts(&list));
        listed.chain(self.definition.words.iter().flatten().cloned()).collect()
    }

    fn mode(&self) -> Mode {
        let flags = self.flags();
        let roles: Vec<String> = self.controllers().iter().filter_map(|host| text_of(host, "role")).collect();
        if roles.iter().any(|role| role == "single") || flags.iter().any(|flag| is_single(flag)) {
            return Mode::Single;
        }
        let says = self.definition.hosts.is_some()
            || self.definition.arguments.is_some()
            || self.definition.words.is_some()
            || self.definition.hosted.is_some();
        if says { Mode::Several } else { Mode::Unknown }
    }

    fn invocation(&self, problems: Vec<Problem>, evidence: &[Evidence]) -> Invocation {
        let home = self.home();
        let mut flags = Layers::new(NAME, home.clone());
        self.added(&mut flags);
        self.by_release(&mut flags);
        self.serving(&mut flags);
        self.konnectivity(&mut flags);
        self.written(&mut flags);
        self.storage(&mut flags);
        let gap = unseen(GapKind::Version, "what k0s adds in that release is not known to this build");
        let mut words = outside(KNOWN, &gap, &home);
        words.extend(flags.words());
        let open_ended = command::shorten(&mut words);
        let carried = made_at_start(self.source, evidence, &words, &[format!("{}/", self.data())]);
        let metadata = self.definition.root.get("metadata");
        let name = metadata.and_then(|metadata| text_of(&metadata, "name")).filter(|name| name != NAME);
        let mut server = Invocation {
            component: "kube-apiserver",
            instance: name.unwrap_or_else(|| self.source.evidence.as_str().to_owned()),
            declared_in: self.source.evidence.clone(),
            plane: self.source.plane,
            words,
            open_ended,
            list: Some(home),
            version: self.version(),
            releases: within(KNOWN.0, u16::MAX),
            mounts: Vec::new(),
            carried,
            contained: false,
            distribution: Some(NAME),
            problems,
        };
        if let Some(gap) = &self.definition.unread {
            commands::blur(&mut server, gap);
        }
        server
    }

    fn added(&self, flags: &mut Layers) {
        let data = self.data();
        let file = |name: &str| format!("{data}/pki/{name}");
        for (name, value) in [
            ("allow-privileged", "true".to_owned()),
            ("authorization-mode", "Node,RBAC".to_owned()),
            ("client-ca-file", file("ca.crt")),
            ("enable-bootstrap-token-auth", "true".to_owned()),
            ("kubelet-certificate-authority", file("ca.crt")),
            ("kubelet-client-certificate", file("apiserver-kubelet-client.crt")),
            ("kubelet-client-key", file("apiserver-kubelet-client.key")),
            ("kubelet-preferred-address-types", "InternalIP,ExternalIP,Hostname".to_owned()),
            ("profiling", "false".to_owned()),
            ("proxy-client-cert-file", file("front-proxy-client.crt")),
            ("proxy-client-key-file", file("front-proxy-client.key")),
            ("requestheader-allowed-names", "front-proxy-client".to_owned()),
            ("requestheader-client-ca-file", file("front-proxy-ca.crt")),
            ("requestheader-extra-headers-prefix", "X-Remote-Extra-".to_owned()),
            ("requestheader-group-headers", "X-Remote-Group".to_owned()),
            ("requestheader-username-headers", "X-Remote-User".to_owned()),
            ("service-account-key-file", file("sa.pub")),
            ("service-account-signing-key-file", file("sa.key")),
            ("tls-cert-file", file("server.crt")),
            ("tls-private-key-file", file("server.key")),
        ] {
            flags.adds_in(name, value, within(KNOWN.0, KNOWN.1));
        }
        if self.flags().iter().any(|flag| flag.starts_with("--logging")) {
            flags.sets_unseen("v", unseen(GapKind::Unresolved, "`--logging` of the command decides it"));
        } else {
            flags.adds_in("v", "1", within(KNOWN.0, KNOWN.1));
        }
    }

    fn by_release(&self, flags: &mut Layers) {
        const OLD: &str = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,\
                           TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,\
                           TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384";
        const NEW: &str = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,\
                           TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,\
                           TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256";
        // Nothing forbade anonymous requests in 1.20.
        if self.get(&["api", "extraArgs", "authentication-config"]).is_some() {
            // Since 1.36.3 not beside a file that speaks of anonymous requests.
            flags.adds_in("anonymous-auth", "false", within(21, 35));
            let by_file = "the file of `authentication-config` may decide it, as of 1.36.3";
            flags.sets_unseen_in("anonymous-auth", unseen(GapKind::Version, by_file), within(36, 36));
        } else {
            flags.adds_in("anonymous-auth", "false", since(21));
        }
        flags.adds_in("tls-cipher-suites", OLD, within(21, 22));
        flags.sets_unseen_in("tls-cipher-suites", depends(), within(23, 26));
        flags.adds_in("tls-cipher-suites", NEW, since(27));
        flags.sets_unseen_in("tls-min-version", depends(), within(23, 26));
        flags.adds_in("tls-min-version", "VersionTLS12", since(27));
        flags.adds_in("enable-admission-plugins", "NodeRestriction", within(KNOWN.0, 20));
        flags.adds_in("enable-admission-plugins", "NodeRestriction,PodSecurityPolicy", within(21, 24));
        flags.adds_in("enable-admission-plugins", "NodeRestriction", since(25));
        flags.adds_in("service-account-issuer", "api", within(KNOWN.0, 20));
        flags.sets_unseen_in("service-account-issuer", depends(), within(21, 21));
        flags.adds_in("service-account-issuer", "https://kubernetes.default.svc", since(22));
        flags.sets_unseen_in("service-account-jwks-uri", depends(), within(21, 21));
        flags.adds_in("service-account-jwks-uri", "https://kubernetes.default.svc/openid/v1/jwks", since(22));
        flags.adds_in("insecure-port", "0", within(KNOWN.0, 23));
        let graceful = unseen(GapKind::Unresolved, "it follows from the time that k0s gives the server to stop");
        flags.sets_unseen_in("shutdown-watch-termination-grace-period", graceful, within(36, 36));
    }

    /// Addresses, ports and ranges.
    fn serving(&self, flags: &mut Layers) {
        let address = self.text(&["api", "address"]);
        match &address {
            Some((address, at)) => {
                flags.makes("advertise-address", address, at.clone(), "`spec.api.address` decides it");
            }
            None => flags.sets_unseen(
                "advertise-address",
                unseen(GapKind::NotCollected, "it is the first address of each controller"),
            ),
        }
        if let Some((at, (address, _))) = self.on(&["api", "onlyBindToAddress"]).zip(address) {
            flags.makes_in("bind-address", address, at, "`spec.api.onlyBindToAddress` decides it", since(31));
        }
        match self.text(&["api", "port"]) {
            _ if self.definition.hosted.is_some() => self.hosted_port(flags),
            Some((port, at)) => flags.makes("secure-port", port, at, "`spec.api.port` decides it"),
            None => flags.adds_in("secure-port", "6443", within(KNOWN.0, KNOWN.1)),
        }
        let range = self.text(&["network", "serviceCIDR"]);
        let six =
            self.on(&["network", "dualStack", "enabled"]).zip(self.text(&["network", "dualStack", "IPv6serviceCIDR"]));
        let own = range.as_ref().map_or("10.96.0.0/12", |(range, _)| range.as_str());
        match (six, &range) {
            (Some((at, (six, _))), _) => {
                let how = "`spec.network` decides it";
                flags.makes("service-cluster-ip-range", format!("{own},{six}"), at, how);
            }
            (None, Some((range, at))) => {
                flags.makes("service-cluster-ip-range", range, at.clone(), "`spec.network.serviceCIDR` decides it");
            }
            (None, None) => flags.adds_in("service-cluster-ip-range", own, within(KNOWN.0, KNOWN.1)),
        }
        let external = self.text(&["api", "externalAddress"]);
        let tunnelled = self.on(&["api", "tunneledNetworkingMode"]);
        if let Some(spec) = self.definition.hosted.as_ref().filter(|_| external.is_none()) {
            // It takes the address of the Service where none is written, which a load balancer may have yet to give.
            match spec.get("externalAddress").filter(|address| address.text().is_some_and(|text| !text.is_empty())) {
                Some(address) => flags.makes(
                    "endpoint-reconciler-type",
                    "none",
                    self.source.at(&address),
                    "k0s itself tells the cluster where the server is",
                ),
                None => flags.sets_unseen(
                    "endpoint-reconciler-type",
                    unseen(GapKind::NotCollected, "it depends on the address that k0smotron finds"),
                ),
            }
        } else if let Some(at) = external.map(|(_, at)| at).or(tunnelled) {
            let how = "k0s itself tells the cluster where the server is";
            flags.makes("endpoint-reconciler-type", "none", at, how);
        }
    }

    /// The port of the Service (k0smotron, k0smotroncluster_configmap.go, getV1Beta1Spec).
    fn hosted_port(&self, flags: &mut Layers) {
        let port = self.definition.hosted.as_ref().and_then(|spec| spec.get("service")?.get("apiPort"));
        match port.as_ref().and_then(|port| Some((port.text()?, self.source.at(port)))) {
            Some((port, at)) => flags.makes("secure-port", port, at, "`spec.service.apiPort` decides it"),
            None => flags.adds_in("secure-port", "30443", within(KNOWN.0, KNOWN.1)),
        }
    }

    /// What goes to nodes through their agents.
    fn konnectivity(&self, flags: &mut Layers) {
        const EGRESS: &str = "egress-selector-config-file";
        const AUDIENCES: &str = "api-audiences";
        const OWN: &str = "https://kubernetes.default.svc";
        let is_off =
            self.mode() == Mode::Single || self.flags().iter().any(|flag| flag.contains("konnectivity-server"));
        if is_off {
            flags.adds_in(AUDIENCES, OWN, since(22));
        } else if self.mode() == Mode::Several {
            let file = format!("{}/konnectivity.conf", self.data());
            flags.adds_in(EGRESS, file, within(KNOWN.0, KNOWN.1));
            flags.adds_in(AUDIENCES, "system:konnectivity-server", within(KNOWN.0, 20));
            flags.adds_in(AUDIENCES, format!("{OWN},system:konnectivity-server"), since(22));
        } else {
            let gap = || unseen(GapKind::Unresolved, "flags of the command `k0s controller` decide it");
            flags.sets_unseen(EGRESS, gap());
            flags.sets_unseen(AUDIENCES, gap());
            return;
        }
        flags.sets_unseen_in(AUDIENCES, depends(), within(21, 21));
    }

    fn written(&self, flags: &mut Layers) {
        let place = |value: &Cursor<'_>, form| Site { at: self.source.at(value), form };
        let arguments = self.get(&["api", "extraArgs"]);
        for entry in arguments.iter().flat_map(|arguments| arguments.entries()).take(MOST) {
            let text = entry.value.text().filter(|_| !entry.value.is_null()).unwrap_or_default().to_owned();
            // What is there by default only stands in for nothing (apiDefaultArgs, stringmap).
            let is_left = text.is_empty() && FALLBACKS.contains(&entry.name.as_ref());
            if !is_left {
                flags.written(&entry.name, [(text, place(&entry.value, Form::Entry))]);
            }
        }
        if let Some((gates, at)) = self.gates() {
            let name = "feature-gates";
            let before = arguments.and_then(|arguments| arguments.get(name)?.text().map(str::to_owned));
            let all =
                before.filter(|text| !text.is_empty()).map_or(gates.clone(), |before| format!("{before},{gates}"));
            flags.makes(name, all, at, "`spec.featureGates` decides it");
        }
        let raw = self.get(&["api", "rawArgs"]);
        for item in raw.iter().flat_map(|raw| raw.items().take(MOST).collect::<Vec<_>>()) {
            let text = item.text().unwrap_or_default();
            let name = text.trim_start_matches('-').split('=').next().unwrap_or_default();
            let word = Word {
                unresolved: command::unfilled(text),
                releases: Some((Minor::new(1, 34), Minor::new(1, u16::MAX))),
                ..Word::written(text, place(&item, Form::Word))
            };
            flags.puts(name, vec![word]);
        }
    }

    fn gates(&self) -> Option<(String, Location)> {
        let gates = self.get(&["featureGates"])?;
        let mut named = Vec::new();
        for gate in gates.items().take(MOST) {
            let components = gate.get("components").filter(|list| list.items().len() > 0);
            let is_ours = components.is_none_or(|list| list.items().any(|item| item.text() == Some("kube-apiserver")));
            let Some(name) = text_of(&gate, "name").filter(|_| is_ours) else { continue };
            let enabled = gate.get("enabled").is_some_and(|on| matches!(on.resolved(), Some(Resolved::Bool(true))));
            named.push(format!("{name}={enabled}"));
        }
        (!named.is_empty()).then(|| (named.join(","), self.source.at(&gates)))
    }

    /// Comes behind everything, so that it adds to an address of etcd that somebody wrote.
    fn storage(&self, flags: &mut Layers) {
        if self.definition.hosted.is_some() {
            let gap =
                || unseen(GapKind::Version, "k0smotron decides it, by its release and by what it is told to store in");
            for flag in ["etcd-servers", "etcd-cafile", "etcd-certfile", "etcd-keyfile", "etcd-prefix"] {
                flags.sets_unseen(flag, gap());
            }
            return;
        }
        let data = self.data();
        let kind = self.text(&["storage", "type"]);
        let is_kine = match (&kind, self.mode()) {
            (Some((kind, _)), _) => kind == "kine",
            (None, Mode::Single) => true,
            (None, Mode::Several) => false,
            (None, Mode::Unknown) => {
                let gap = || unseen(GapKind::Unresolved, "`--single` of the command `k0s controller` decides it");
                for flag in ["etcd-servers", "etcd-cafile", "etcd-certfile", "etcd-keyfile"] {
                    flags.sets_unseen(flag, gap());
                }
                return;
            }
        };
        let at = kind.as_ref().map(|(_, at)| at.clone());
        let mut put_in = |name: &str, value: &str, releases: Releases| {
            let (hand, site) = match &at {
                Some(at) => {
                    let hand = Hand::Made("`spec.storage` decides it".to_owned());
                    (hand, Site { at: at.clone(), form: Form::Field })
                }
                None => (Hand::Default(NAME), self.home()),
            };
            flags.puts(name, vec![Word { hand, releases, ..Word::written(format!("--{name}={value}"), site) }]);
        };
        if is_kine {
            // getEtcdArgs of v1.27.1 makes a URL without a host of it.
            put_in("etcd-servers", "unix:///run/k0s/kine/kine.sock:2379", within(0, 26));
            put_in("etcd-servers", "unix:/run/k0s/kine/kine.sock:2379", within(27, u16::MAX));
            return;
        }
        let mut put = |name: &str, value: &str| put_in(name, value, None);
        let external = self.get(&["storage", "etcd", "externalCluster"]);
        let Some(external) = external else {
            put("etcd-servers", "https://127.0.0.1:2379");
            put("etcd-cafile", &format!("{data}/pki/etcd/ca.crt"));
            put("etcd-certfile", &format!("{data}/pki/apiserver-etcd-client.crt"));
            put("etcd-keyfile", &format!("{data}/pki/apiserver-etcd-client.key"));
            return;
        };
        let endpoints: Vec<String> = external.get("endpoints").map_or_else(Vec::new, |list| {
            list.items().take(MOST).filter_map(|item| item.text().map(str::to_owned)).collect()
        });
        put("etcd-servers", &endpoints.join(","));
        let files =
            ["caFile", "clientCertFile", "clientKeyFile"].map(|field| text_of(&external, field).unwrap_or_default());
        // All of them or none (hasAllTLSPropertiesDefined).
        if files.iter().all(|file| !file.is_empty()) {
            for (flag, file) in ["etcd-cafile", "etcd-certfile", "etcd-keyfile"].iter().zip(&files) {
                put(flag, file);
            }
        }
        put("etcd-prefix", &text_of(&external, "etcdPrefix").unwrap_or_default());
    }
}
