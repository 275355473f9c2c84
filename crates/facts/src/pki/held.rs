//! Which keys and certificates a cluster has, where they are, and what for.

use std::collections::BTreeMap;

use jiff::civil::Date;
use model::{EvidenceId, Gap, GapKind, Location, Unanswered};

use super::{Certificate, Item, Placed};
use crate::{
    apiserver::ApiServer,
    configuration::{ConfigFile, FileKind, Given, Taken},
    files::name_below,
    kubeconfig::{ClientCertificate, Kubeconfig, NamedFile},
    observed::{Chain, Observed},
};

/// A file with keys or certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub file: EvidenceId,
    /// The path on the node where that is known, else the name of the evidence.
    pub name: String,
    /// What it is named for, sorted.
    pub roles: Vec<Role>,
    /// Whether it is there for keys alone.
    pub is_of_keys: bool,
    pub found: Vec<Found>,
    /// Why it is not known what it holds.
    pub gap: Option<Gap>,
}

/// Something in it, with all that it is used for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub placed: Placed,
    /// Of a certificate that of its subject; unique within the file.
    pub name: String,
    pub roles: Vec<Role>,
    /// The first of a serving or a client's chain is for its holder, and those behind it are for who issued it.
    pub is_leaf: bool,
}

/// One certificate, as a rule is asked about it.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    pub file: &'a Held,
    pub found: &'a Found,
    pub certificate: &'a Certificate,
    /// The day to judge as of.
    pub as_of: Date,
}

impl Seen<'_> {
    /// Days from the day to judge as of to the one on which it ends; negative where that is past, `None` where it is
    /// beyond every calendar.
    pub fn days_left(&self) -> Option<i32> {
        Some((self.certificate.last_day()? - self.as_of).get_days())
    }

    pub fn at(&self) -> &Location {
        &self.found.placed.at
    }
}

/// What something is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// It is shown to whoever calls the API server.
    Serving,
    /// An endpoint shows it to whoever calls.
    Served,
    /// It is shown to the kubelets that the API server calls.
    KubeletClient,
    /// It is shown to etcd.
    EtcdClient,
    /// It is shown to aggregated API servers, and tells them whom to believe about users.
    FrontProxy,
    /// It is shown to an API server, by a user of a kubeconfig.
    User,
    /// It vouches for clients of the API server.
    ClientAuthority,
    /// It vouches for proxies that say for whom they ask.
    FrontProxyAuthority,
    /// It vouches for etcd.
    EtcdAuthority,
    /// It vouches for kubelets.
    KubeletAuthority,
    /// It vouches for an API server, or for somebody else that is called.
    OtherAuthority,
    /// It signs tokens of service accounts, or proves them.
    ServiceAccount,
}

impl Role {
    /// The role of the file that a flag names; `None` of one that names no such file.
    pub fn of(flag: &str) -> Option<Self> {
        Some(match flag {
            "tls-cert-file" | "tls-private-key-file" | "tls-sni-cert-key" => Self::Serving,
            "kubelet-client-certificate" | "kubelet-client-key" => Self::KubeletClient,
            "etcd-certfile" | "etcd-keyfile" => Self::EtcdClient,
            "proxy-client-cert-file" | "proxy-client-key-file" => Self::FrontProxy,
            "client-ca-file" => Self::ClientAuthority,
            "requestheader-client-ca-file" => Self::FrontProxyAuthority,
            "etcd-cafile" => Self::EtcdAuthority,
            "kubelet-certificate-authority" => Self::KubeletAuthority,
            "oidc-ca-file" | "peer-ca-file" => Self::OtherAuthority,
            "service-account-key-file" | "service-account-signing-key-file" => Self::ServiceAccount,
            _ => return None,
        })
    }

    pub fn is_authority(self) -> bool {
        matches!(
            self,
            Self::ClientAuthority
                | Self::FrontProxyAuthority
                | Self::EtcdAuthority
                | Self::KubeletAuthority
                | Self::OtherAuthority
        )
    }

    /// Whether it is shown by somebody who calls.
    pub fn is_client(self) -> bool {
        matches!(self, Self::KubeletClient | Self::EtcdClient | Self::FrontProxy | Self::User)
    }

    /// What it does, to be read behind "it".
    pub fn does(self) -> &'static str {
        match self {
            Self::Serving => "serves the API",
            Self::Served => "is shown to whoever calls",
            Self::KubeletClient => "is shown to kubelets",
            Self::EtcdClient => "is shown to etcd",
            Self::FrontProxy => "is shown to aggregated API servers",
            Self::User => "logs a user in",
            Self::ClientAuthority => "vouches for clients",
            Self::FrontProxyAuthority => "vouches for the front proxy",
            Self::EtcdAuthority => "vouches for etcd",
            Self::KubeletAuthority => "vouches for kubelets",
            Self::OtherAuthority => "vouches for a server that is called",
            Self::ServiceAccount => "signs tokens of service accounts",
        }
    }
}

/// What the flags of the API servers name below a root, and what kubeconfigs and files of issuers carry. Sorted by the file.
pub(crate) fn held(
    servers: &[ApiServer],
    kubeconfigs: &[Kubeconfig],
    given: &[Given],
    observed: &[Observed],
    root: Option<&str>,
) -> Vec<Held> {
    let mut all: BTreeMap<(EvidenceId, Option<&str>), Held> = BTreeMap::new();
    for file in servers.iter().flat_map(ApiServer::key_files) {
        let Some(id) = &file.id else { continue };
        let carried = file.is_carried.then_some(file.path.as_str());
        let entry = all.entry((id.clone(), carried)).or_insert_with(|| {
            let (found, gap) = match &file.items {
                Ok(items) => (items.iter().map(|placed| fresh(placed.clone())).collect(), None),
                Err(gap) => (Vec::new(), Some(gap.clone())),
            };
            let name = carried.unwrap_or_else(|| name_below(root, id)).to_owned();
            Held { file: id.clone(), name, roles: Vec::new(), is_of_keys: true, found, gap }
        });
        entry.use_for(file.flag);
    }
    for config in kubeconfigs {
        let held = carried(config);
        if !held.found.is_empty() || held.gap.is_some() {
            all.entry((config.file.clone(), None)).or_insert(held);
        }
    }
    for (file, role) in kubeconfigs.iter().flat_map(named_by) {
        let Some(id) = &file.file else { continue };
        let entry = all.entry((id.clone(), None)).or_insert_with(|| {
            let (found, gap) = match &file.items {
                Ok(items) => (items.iter().map(|placed| fresh(placed.clone())).collect(), None),
                Err(gap) => (Vec::new(), Some(gap.clone())),
            };
            let name = name_below(root, id).to_owned();
            Held { file: id.clone(), name, roles: Vec::new(), is_of_keys: false, found, gap }
        });
        entry.use_as(role, false);
    }
    let in_use = servers.iter().filter_map(|server| match server.file(FileKind::Authentication) {
        Ok(taken) => of_issuers(taken?, None, root),
        Err(Unanswered::Gap(gap)) => {
            let path = server.component().setting(ISSUERS)?.in_force().ok()?.value.clone();
            Some(unread(server.component().declared_in.clone(), path, gap))
        }
        Err(Unanswered::NotApplicable(_)) => None,
    });
    let alone = given.iter().filter_map(|given| of_issuers(given.taken.as_ref()?, given.gap.as_ref(), root));
    for held in in_use.chain(alone) {
        // A definition may bring the file along, with others in it.
        all.entry((held.file.clone(), Some(ISSUERS))).or_insert(held);
    }
    for one in observed {
        if let Some(held) = shown(one) {
            all.entry((held.file.clone(), None)).or_insert(held);
        }
    }
    let mut all: Vec<Held> = all.into_values().collect();
    all.iter_mut().for_each(Held::name_apart);
    all
}

/// Stands for what a file of issuers carries.
const ISSUERS: &str = "authentication-config";

/// A file of issuers that nobody could look into.
fn unread(file: EvidenceId, name: String, gap: Gap) -> Held {
    let roles = vec![Role::OtherAuthority];
    Held { file, name, roles, is_of_keys: false, found: Vec::new(), gap: Some(gap) }
}

/// The authorities that issuers of a file are believed by, and why that may not be so.
fn of_issuers(taken: &Taken, gap: Option<&Gap>, root: Option<&str>) -> Option<Held> {
    let (_, file) = taken.read.last()?;
    let ConfigFile::Authentication(file) = file.as_ref() else { return None };
    let mut found = Vec::new();
    for issuer in &file.issuers {
        let Some(at) = &issuer.certificate_authority else { continue };
        for authority in &issuer.authorities {
            let item = match authority {
                Ok(certificate) => Item::Certificate(Box::new(certificate.clone())),
                Err(fault) => Item::Other { label: "CERTIFICATE".to_owned(), fault: Some(fault.clone()) },
            };
            let placed = Placed { item, at: at.clone() };
            found.push(Found { roles: vec![Role::OtherAuthority], ..fresh(placed) });
        }
    }
    let id = &taken.at.evidence;
    (!found.is_empty()).then(|| Held {
        file: id.clone(),
        name: name_below(root, id).to_owned(),
        roles: vec![Role::OtherAuthority],
        is_of_keys: false,
        found,
        gap: gap.cloned(),
    })
}

fn fresh(placed: Placed) -> Found {
    Found { placed, name: String::new(), roles: Vec::new(), is_leaf: false }
}

/// Whether a flag names a file that is there for its keys.
pub(crate) fn is_of_keys(flag: &str) -> bool {
    KEYS.contains(&flag)
}

/// Flags that name a file of keys; `tls-sni-cert-key` names one of each.
const KEYS: [&str; 6] = [
    "etcd-keyfile",
    "kubelet-client-key",
    "proxy-client-key-file",
    "service-account-key-file",
    "service-account-signing-key-file",
    "tls-private-key-file",
];

impl Held {
    /// A certificate that is there twice is one, and two of one subject have a number each.
    fn name_apart(&mut self) {
        let (mut known, mut seen) = (Vec::new(), BTreeMap::new());
        self.found.retain_mut(|found| {
            let Item::Certificate(certificate) = &found.placed.item else { return true };
            let one = (certificate.bytes.clone(), found.is_leaf);
            if known.contains(&one) {
                return false;
            }
            known.push(one);
            let count: &mut usize = seen.entry(certificate.subject.text.clone()).or_default();
            *count += 1;
            found.name = match *count {
                1 => certificate.subject.text.clone(),
                more => format!("{}#{more}", certificate.subject.text),
            };
            true
        });
    }

    fn use_for(&mut self, flag: &str) {
        if let Some(role) = Role::of(flag) {
            self.use_as(role, is_of_keys(flag));
        }
    }

    fn use_as(&mut self, role: Role, for_keys: bool) {
        if !self.roles.contains(&role) {
            self.roles.push(role);
            self.roles.sort_unstable();
        }
        self.is_of_keys &= for_keys;
        let mut leaf = !role.is_authority();
        for found in &mut self.found {
            if !found.roles.contains(&role) {
                found.roles.push(role);
                found.roles.sort_unstable();
            }
            if matches!(found.placed.item, Item::Certificate(_)) && leaf {
                found.is_leaf = true;
                leaf = false;
            }
        }
    }
}

/// What an endpoint shows to whoever calls; `None` of one that speaks no TLS.
fn shown(observed: &Observed) -> Option<Held> {
    let handshake = observed.tls.as_ref().map(Option::as_ref).transpose()?;
    let mut found = Vec::new();
    // What an API server makes for itself whenever it starts, to speak to itself, is nobody's to issue (apiserver pkg/server/config.go,
    // `LoopbackClientServerNameOverride`); who wants a key of RSA of a server that has none of its own is shown it.
    let is_its_own = |chain: &&Chain| {
        chain.served.leaf().is_some_and(|leaf| matches!(&leaf.hosts[..], [host] if host == "apiserver-loopback-client"))
    };
    for chain in handshake.iter().flat_map(|handshake| &handshake.chains).filter(|chain| !is_its_own(chain)) {
        for (at, (one, place)) in chain.served.certificates.iter().zip(&chain.places).enumerate() {
            let item = match one {
                Ok(certificate) => Item::Certificate(Box::new(certificate.clone())),
                Err(fault) => Item::Other { label: "CERTIFICATE".to_owned(), fault: Some(fault.clone()) },
            };
            let placed = Placed { item, at: place.clone() };
            let (name, roles) = (String::new(), vec![Role::Served]);
            found.push(Found { placed, name, roles, is_leaf: at == 0 });
        }
    }
    Some(Held {
        file: observed.evidence.evidence.clone(),
        name: observed.evidence.evidence.to_string(),
        roles: vec![Role::Served],
        is_of_keys: false,
        found,
        gap: handshake.err().cloned(),
    })
}

/// The files of certificates that a kubeconfig names, and what for.
fn named_by(config: &Kubeconfig) -> Vec<(&NamedFile, Role)> {
    let users = config.users.iter().filter_map(|user| Some((user.certificate_file.as_ref()?, Role::User)));
    let endpoints =
        config.endpoints.iter().filter_map(|endpoint| Some((endpoint.authority_file.as_ref()?, Role::OtherAuthority)));
    users.chain(endpoints).collect()
}

/// What a kubeconfig carries in itself.
fn carried(config: &Kubeconfig) -> Held {
    let of = |certificate: &Certificate, at: &Location, role: Role, is_leaf: bool| Found {
        placed: Placed { item: Item::Certificate(Box::new(certificate.clone())), at: at.clone() },
        name: String::new(),
        roles: vec![role],
        is_leaf,
    };
    let mut found = Vec::new();
    for user in &config.users {
        if let Some(certificate) = &user.certificate
            && let ClientCertificate::Data(chain) = &certificate.value
        {
            let all = chain.iter().enumerate();
            found.extend(all.map(|(index, one)| of(one, &certificate.at, Role::User, index == 0)));
        }
    }
    for endpoint in &config.endpoints {
        let Some(at) = endpoint.authority_at() else { continue };
        found.extend(endpoint.authorities.iter().map(|one| of(one, at, Role::OtherAuthority, false)));
    }
    Held {
        file: config.file.clone(),
        name: config.name.clone(),
        roles: vec![Role::User, Role::OtherAuthority],
        is_of_keys: false,
        found,
        gap: config.gap.clone(),
    }
}

/// A file that a flag of an API server names, and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFile {
    pub flag: &'static str,
    /// As the flag has it.
    pub path: String,
    /// `None` where it was not looked for.
    pub id: Option<EvidenceId>,
    /// Whether it is written in the declaration of the server, as others may be.
    pub is_carried: bool,
    pub items: Result<Vec<Placed>, Gap>,
}

impl KeyFile {
    /// The certificates in it, in order, and where each is.
    pub fn certificates(&self) -> Result<Vec<(&Certificate, &Location)>, Gap> {
        let items = self.items.as_ref().map_err(Clone::clone)?;
        let mut found = Vec::new();
        for placed in items {
            match &placed.item {
                Item::Certificate(certificate) => found.push((certificate.as_ref(), &placed.at)),
                Item::Other { label, fault: Some(fault) } if label == "CERTIFICATE" => {
                    return Err(Gap {
                        kind: GapKind::Unread,
                        reason: format!("a certificate in `{}` cannot be used: {fault}", self.path),
                        wanted: self.path.clone(),
                        who_could_answer: "whoever made that certificate".to_owned(),
                    });
                }
                _ => {}
            }
        }
        Ok(found)
    }
}
