//! Which answer belongs to which server.
//!
//! One address may stand for several servers, and a mirror pod is of one of them. A server is told by the address that it
//! advertises: its flags name it, and so does its pod or its node. Where that is not known and there is one of each, they are
//! the same; where there are several, none is taken for another.

use std::collections::BTreeMap;

use model::{Body, Evidence, EvidenceId, Gap, GapKind, Kind, Location, Minor, Plane, Version};

use super::{
    ASKS, Ask,
    objects::{self, Identity, Node, Published},
    operator::{self, Operator},
};
use crate::{
    Files, Invocation, Options,
    apiserver::{self, ApiServer},
    observed,
    running::{self, HealthCheck, Nobody, ReportedFlag, Seen, Stamp, Told, metrics},
};

/// What became of the answers of one cluster.
pub(crate) struct Found {
    pub(crate) servers: Vec<ApiServer>,
    /// The servers that say that they serve; `None` where that is not known.
    pub(crate) identities: Option<Vec<Identity>>,
    pub(crate) nodes: Option<Vec<Node>>,
    pub(crate) published: Seen<Vec<Published>>,
    /// Who runs the control plane.
    pub(crate) distribution: Option<&'static str>,
}

/// The first release that has `/flagz` (component-base zpages, with the gate ComponentFlagz).
const FLAGZ_SINCE: Minor = Minor::new(1, 32);

/// What one address answered.
struct Replica {
    base: String,
    /// The piece of evidence that stands for it.
    said_in: EvidenceId,
    stamp: Option<(Version, Location)>,
    flags: Seen<Vec<ReportedFlag>>,
    told: Told,
}

impl Replica {
    /// The address that it advertises to the others.
    fn address(&self) -> Option<&str> {
        let flags = self.flags.as_ref().ok()?.as_ref()?;
        let flag = flags.iter().find(|flag| flag.name == "advertise-address")?;
        (flag.value != "<nil>" && !flag.value.is_empty()).then_some(flag.value.as_str())
    }

    fn host(&self) -> &str {
        self.base.split_once("://").map_or(self.base.as_str(), |(_, host)| host)
    }
}

/// The servers of a cluster that was asked; `None` where none was.
pub(crate) fn resolve(
    evidence: &[Evidence],
    invocations: &[Invocation],
    root: Option<&str>,
    options: &Options,
) -> Option<Found> {
    let replicas = replicas(evidence);
    if replicas.is_empty() {
        return None;
    }
    let piece =
        |end: &str| evidence.iter().find(|piece| piece.kind == Kind::Objects && piece.id.as_str().ends_with(end));
    let nodes = super::nodes(evidence);
    let identities = piece("/leases").and_then(|piece| objects::leases(piece).ok().flatten());
    let served = evidence.iter().find(|piece| piece.kind == Kind::Discovery);
    let within = served.and_then(|piece| running::releases(piece).ok().flatten());
    let unread = |of_definition: bool| {
        let pieces = evidence.iter().filter(|piece| {
            piece.kind == Kind::Workload && piece.id.as_str().ends_with("/kubeadm-config") == of_definition
        });
        let gaps = pieces.filter_map(|piece| match &piece.body {
            Body::Unread(gap) => Some((piece.id.as_str().ends_with("/pods"), gap)),
            _ => None,
        });
        gaps.max_by_key(|(is_list, _)| *is_list).map(|(_, gap)| gap.clone())
    };
    let undeclared = Undeclared { pods: unread(false), definition: unread(true) };

    // A pod is what a server was started with; a definition of the cluster is what pods were once made from.
    let (definitions, pods): (Vec<&Invocation>, Vec<&Invocation>) =
        invocations.iter().partition(|one| one.declared_in.as_str().contains("/configmaps/"));
    // Files of a node that lie beside the answers: of a server that shows its pod they declare the same once more.
    let (files, shown): (Vec<&Invocation>, Vec<&Invocation>) =
        pods.into_iter().partition(|one| !one.declared_in.as_str().contains("://"));
    let (pods, beside) = beside(shown, files);
    let operator = replicas.iter().find_map(|replica| {
        let version = replica.stamp.as_ref().map(|(version, _)| version);
        operator::recognise(replica.host(), version, nodes.as_deref().unwrap_or_default(), evidence)
    });
    let definition = definitions.first().copied();
    let lay = Layout { evidence, root, options, within, definition, undeclared, beside, operator };
    let owner = |replica: &Replica| owner(replica, &pods, &replicas, nodes.as_deref().unwrap_or_default());
    let owners: Vec<Option<usize>> = replicas.iter().map(owner).collect();

    let mut servers = Vec::new();
    for (index, pod) in pods.iter().enumerate() {
        let replica = owners.iter().position(|owner| *owner == Some(index)).and_then(|at| replicas.get(at));
        servers.push(match replica {
            Some(replica) => lay.server(replica, Some(pod), pod.instance.clone()),
            None => lay.unasked(pod, &replicas),
        });
    }
    let alone = replicas.len() == 1;
    for (replica, owner) in replicas.iter().zip(&owners) {
        // Of several pods one has answered, and nobody knows which.
        if owner.is_some() || (!pods.is_empty() && replica.address().is_none()) {
            continue;
        }
        let name = name(replica, alone, identities.as_deref(), nodes.as_deref());
        servers.push(lay.server(replica, None, name));
    }
    let published = piece("/endpointslices/kubernetes").map_or(Ok(None), objects::published);
    Some(Found { servers, identities, nodes, published, distribution: operator.map(|operator| operator.name) })
}

/// The pods, with the files of which each was made; a file that fits none declares a server of its own, as all do where no pod
/// is shown.
fn beside<'i>(
    mut pods: Vec<&'i Invocation>,
    files: Vec<&'i Invocation>,
) -> (Vec<&'i Invocation>, BTreeMap<&'i EvidenceId, &'i Invocation>) {
    let shown = pods.clone();
    let only = shown.len() == 1 && files.len() == 1;
    let mut beside = BTreeMap::new();
    for file in files {
        let address = |one: &Invocation| {
            one.words.iter().find(|word| word.text.starts_with("--advertise-address=")).map(|word| word.text.clone())
        };
        let fits = |pod: &&&Invocation| match (address(pod), address(file)) {
            (Some(one), Some(other)) => one == other,
            _ => only || pod.instance == file.instance,
        };
        match shown.iter().find(fits).filter(|pod| !beside.contains_key(&pod.declared_in)) {
            Some(pod) => {
                beside.insert(&pod.declared_in, file);
            }
            None => pods.push(file),
        }
    }
    (pods, beside)
}

/// The name of a server that no pod names: that of its node, else of its only lease, else its address.
fn name(replica: &Replica, alone: bool, identities: Option<&[Identity]>, nodes: Option<&[Node]>) -> String {
    let node = nodes
        .unwrap_or_default()
        .iter()
        .find(|node| node.address.is_some() && node.address.as_deref() == replica.address());
    if let Some(node) = node {
        return node.name.clone();
    }
    match identities {
        Some([only]) if alone => only.host.clone().unwrap_or_else(|| replica.host().to_owned()),
        _ => replica.host().to_owned(),
    }
}

/// The pod that a replica is.
fn owner(replica: &Replica, pods: &[&Invocation], replicas: &[Replica], nodes: &[Node]) -> Option<usize> {
    if let Some(address) = replica.address() {
        let written = format!("--advertise-address={address}");
        let known = |pod: &&Invocation| {
            pod.words.iter().any(|word| word.text == written)
                || nodes.iter().any(|node| node.name == pod.instance && node.address.as_deref() == Some(address))
        };
        if let Some(index) = pods.iter().position(known) {
            return Some(index);
        }
        // Every pod says which address it advertises, and it is another one.
        if pods.iter().all(|pod| pod.words.iter().any(|word| word.text.starts_with("--advertise-address="))) {
            return None;
        }
    }
    (pods.len() == 1 && replicas.len() == 1).then_some(0)
}

fn replicas(evidence: &[Evidence]) -> Vec<Replica> {
    let mut by_base: BTreeMap<&str, Vec<&Evidence>> = BTreeMap::new();
    for ask in ASKS.iter().filter(|ask| ask.of_each_server) {
        for piece in evidence.iter().filter(|piece| piece.kind == ask.kind) {
            // The flags of a kubelet are none of a server.
            if super::node_of(piece.id.as_str()).is_some() {
                continue;
            }
            if let Some(base) = piece.id.as_str().strip_suffix(ask.path) {
                by_base.entry(base).or_default().push(piece);
            }
        }
    }
    let read = |(base, pieces): (&str, Vec<&Evidence>)| {
        let find = |kind| pieces.iter().find(|piece| piece.kind == kind).copied();
        let stamp = |seen: Option<Seen<Stamp>>| match seen {
            Some(Ok(Some(Stamp::Release(version, at)))) => Some((version, at)),
            _ => None,
        };
        let stamp = stamp(find(Kind::Version).map(running::release))
            .or_else(|| stamp(find(Kind::Statusz).map(running::status)));
        let mut flags = find(Kind::Flagz).map_or(Ok(None), running::flags);
        // A server refuses a path before it looks whether there is one.
        if flags.is_err() && stamp.as_ref().is_some_and(|(version, _)| version.minor < FLAGZ_SINCE) {
            flags = Ok(None);
        }
        Some(Replica {
            base: base.to_owned(),
            said_in: find(Kind::Flagz)
                .filter(|piece| piece.text().is_some())
                .or(find(Kind::Version))
                .or(pieces.first().copied())?
                .id
                .clone(),
            stamp,
            flags,
            told: Told {
                metrics: find(Kind::Metrics).map_or(Ok(None), metrics::read),
                health: health(pieces.iter().filter(|piece| piece.kind == Kind::Health)),
                nobody: nobody(base, evidence),
            },
        })
    };
    by_base.into_iter().filter_map(read).collect()
}

/// The checks of all paths together; those that were read count for nothing where another was not.
fn health<'e>(pieces: impl Iterator<Item = &'e &'e Evidence>) -> Seen<Vec<HealthCheck>> {
    let mut found: Option<Vec<HealthCheck>> = None;
    for piece in pieces {
        if let Some(checks) = running::checks(piece)? {
            found.get_or_insert_default().extend(checks);
        }
    }
    Ok(found)
}

fn nobody(base: &str, evidence: &[Evidence]) -> Vec<Nobody> {
    let answered = |ask: &Ask| {
        let name = ask.name(base);
        let piece = evidence.iter().find(|piece| piece.kind == ask.kind && piece.id.as_str() == name)?;
        let status = match &piece.body {
            Body::Unread(gap) => Err(gap.clone()),
            _ => piece.text()?.trim().parse().map_err(|_| running::unreadable(piece, "it is no status")),
        };
        Some(Nobody { path: ask.path, status, at: Location::whole(piece.id.clone(), piece.plane) })
    };
    ASKS.iter().filter(|ask| ask.as_nobody).filter_map(answered).collect()
}

/// Why places that would declare a server were not read.
struct Undeclared {
    pods: Option<Gap>,
    definition: Option<Gap>,
}

impl Undeclared {
    /// Of all that would declare a server, a pod would say most.
    fn any(&self) -> Option<&Gap> {
        self.pods.as_ref().or(self.definition.as_ref())
    }
}

/// Whether one of these, of a door as it was connected to and as somebody named it, is the host of a server.
fn is_where(addresses: [&str; 2], host: &str) -> bool {
    // The port that goes without saying may be said.
    let is_host = |address: &str| {
        address.eq_ignore_ascii_case(host)
            || address.strip_suffix(":443").is_some_and(|bare| bare.eq_ignore_ascii_case(host))
    };
    addresses.into_iter().any(is_host)
}

/// What the servers of one cluster share.
struct Layout<'a> {
    evidence: &'a [Evidence],
    root: Option<&'a str>,
    options: &'a Options,
    /// The releases that serve what is served.
    within: Option<(Minor, Minor)>,
    definition: Option<&'a Invocation>,
    undeclared: Undeclared,
    /// The file of which a pod was made, by what declares the pod.
    beside: BTreeMap<&'a EvidenceId, &'a Invocation>,
    operator: Option<Operator>,
}

impl Layout<'_> {
    /// A server that answered, with what is declared of it behind what it says.
    fn server(&self, replica: &Replica, pod: Option<&Invocation>, instance: String) -> ApiServer {
        let stamp = replica.stamp.as_ref().map(|(version, _)| version);
        let image = pod.and_then(|pod| pod.version.as_ref()).map(|(version, _)| version);
        let version = self.options.version.as_ref().or(stamp).or(image);
        let process = Invocation {
            version: replica.stamp.clone(),
            releases: self.within,
            mounts: pod.map(|pod| pod.mounts.clone()).unwrap_or_default(),
            contained: pod.is_some_and(|pod| pod.contained),
            ..Invocation::of("kube-apiserver", instance.clone(), replica.said_in.clone(), Plane::Running, Vec::new())
        };
        let declared = self.declared(pod, version).map(|declared| declared.called(&instance));
        let server = match &replica.flags {
            Ok(Some(flags)) => {
                let running = apiserver::reported(&process, flags, version, &self.files(&process)).that_runs();
                match (declared, self.undeclared.any()) {
                    (Some(declared), _) => running.over(declared),
                    // Somebody declares it, and that was not read.
                    (None, Some(gap)) => running.over_gap(gap),
                    (None, None) => running,
                }
            }
            Err(gap) => self.declared_or(declared, pod, &process, gap, version).hidden_by(gap),
            // It does not say what it runs with, as servers before 1.32 do not.
            Ok(None) => match declared {
                Some(declared) => self.that_runs(declared, pod),
                None => self.behaving(replica, self.unseen(&process, &self.silence(replica), version)),
            },
        };
        server.that_told(replica.told.clone())
    }

    /// A server that is declared and was not asked itself.
    fn unasked(&self, pod: &Invocation, replicas: &[Replica]) -> ApiServer {
        let declared = self.of_pod(pod, self.options.version.as_ref());
        // What the others do not serve, this one does not serve either.
        let hidden = replicas.iter().find_map(|replica| match &replica.flags {
            Ok(None) => None,
            Err(gap) => Some(gap.clone()),
            Ok(Some(_)) => Some(Gap {
                kind: GapKind::NotCollected,
                reason: format!("the flags that `{}` runs with were not asked of it", pod.instance),
                wanted: format!("get /flagz of {}", pod.instance),
                who_could_answer: "a run that reaches the API server of that node".to_owned(),
            }),
        });
        match hidden {
            Some(gap) => declared.hidden_by(&gap),
            None => declared,
        }
    }

    fn declared(&self, pod: Option<&Invocation>, version: Option<&Version>) -> Option<ApiServer> {
        match (pod, self.definition) {
            (Some(pod), _) => Some(self.of_pod(pod, version)),
            (None, Some(definition)) => {
                let declared = self.resolved(definition, version);
                // A pod would say what became of it, and stands in for nothing where it was not read.
                Some(self.undeclared.pods.iter().fold(declared, ApiServer::outranked_by))
            }
            (None, None) => None,
        }
    }

    /// What a pod is started with, before what it was made of: the file on its node, and the definition of the cluster.
    fn of_pod(&self, pod: &Invocation, version: Option<&Version>) -> ApiServer {
        let farther = self.beside.get(&pod.declared_in).copied().into_iter().chain(self.definition);
        let declared =
            farther.fold(self.resolved(pod, version), |nearer, farther| nearer.over(self.resolved(farther, version)));
        self.undeclared.definition.iter().fold(declared, ApiServer::over_gap)
    }

    /// A declared server that answers. What it was started with is open where its pod was not read.
    fn that_runs(&self, declared: ApiServer, pod: Option<&Invocation>) -> ApiServer {
        let hidden = self.undeclared.pods.as_ref().filter(|_| pod.is_none());
        let hidden = hidden.or(self.undeclared.definition.as_ref());
        hidden.into_iter().fold(declared.that_runs(), ApiServer::that_hides)
    }

    fn resolved(&self, one: &Invocation, version: Option<&Version>) -> ApiServer {
        apiserver::resolve(one, version, &self.files(one))
    }

    fn declared_or(
        &self,
        declared: Option<ApiServer>,
        pod: Option<&Invocation>,
        process: &Invocation,
        gap: &Gap,
        version: Option<&Version>,
    ) -> ApiServer {
        declared.map_or_else(|| self.unseen(process, gap, version), |declared| self.that_runs(declared, pod))
    }

    /// A server of which no setting is known.
    fn unseen(&self, process: &Invocation, gap: &Gap, version: Option<&Version>) -> ApiServer {
        let process = Invocation { open_ended: Some(gap.clone()), ..process.clone() };
        apiserver::resolve(&process, version, &self.files(&process)).that_runs().that_shows_nothing(gap)
    }

    /// What answers show of a server of which nothing else tells.
    fn behaving(&self, replica: &Replica, mut server: ApiServer) -> ApiServer {
        // Something that stands before a path of its own may give the answer; and where a pod may declare it that was not read,
        // behaviour stands in for nothing.
        if replica.host().contains('/') || self.undeclared.pods.is_some() {
            return server;
        }
        let code = |path: &str| {
            let asked = ASKS.iter().find(|ask| ask.kind == Kind::Status && ask.path == path)?;
            let id = asked.name(&replica.base);
            let piece = self.evidence.iter().find(|piece| piece.kind == Kind::Status && piece.id.as_str() == id)?;
            let code: u16 = piece.text()?.trim().parse().ok()?;
            Some((code, Location::whole(piece.id.clone(), piece.plane)))
        };
        if let (Some((api, at)), Some((health, _))) = (code("/api"), code("/healthz")) {
            // Who is not let in is told so before anybody looks at what is wanted. From 1.31 on a file may let some paths in.
            let limited = !server.component().release.is_before(Minor::new(1, 31));
            let let_in = match (api, health) {
                // An authorizer that is out of order fails for those who were let in to it (apiserver
                // pkg/endpoints/filters/authorization.go, 1.20: a 500 that no authenticator gives).
                (200 | 403, _) | (500, 200 | 403) => Some(true),
                (401, 401) if !limited => Some(false),
                _ => None,
            };
            server =
                let_in.map_or_else(|| server.clone(), |let_in| server.clone().observed("anonymous-auth", let_in, &at));
        }
        // It stands in every answer of a server that has it (apiserver pkg/server/filters/hsts.go, 1.21 on). A name may lead to
        // several addresses, which then have to agree.
        let doors = observed::doors(self.evidence);
        let own =
            doors.iter().filter(|door| door.proven && is_where([door.address(), door.endpoint()], replica.host()));
        let answers: Vec<(&str, &Location)> = own
            .filter_map(|door| {
                let over_tls = |answer: &&observed::Answer| answer.over.is_tls() && answer.status.is_some();
                let answer = door.answers.iter().find(over_tls)?;
                Some((answer.header("strict-transport-security").unwrap_or_default(), &answer.at))
            })
            .collect();
        if let [(directives, at), others @ ..] = &answers[..]
            && others.iter().all(|(other, _)| other == directives)
        {
            server = server.showing("strict-transport-security-directives", (*directives).to_owned(), at);
        }
        match code("/debug/pprof/") {
            Some((200, at)) => server.observed("profiling", true, &at),
            Some((404, at)) => server.observed("profiling", false, &at),
            _ => server,
        }
    }

    fn files<'f>(&'f self, invocation: &'f Invocation) -> Files<'f> {
        Files {
            root: self.root,
            mounts: &invocation.mounts,
            contained: invocation.contained,
            evidence: self.evidence,
            carried: &invocation.carried,
        }
    }

    /// Why nothing is known of what a server runs with, that does not say so itself.
    fn silence(&self, replica: &Replica) -> Gap {
        let why = match self.undeclared.any() {
            Some(gap) => format!("and {}", gap.reason),
            None => "and no pod of the cluster is one".to_owned(),
        };
        let on_a_node = "whoever runs the control plane: its manifest or unit, with --root, or portcullis on its node";
        Gap {
            kind: GapKind::NotCollected,
            reason: format!("the API server does not serve /flagz, {why}"),
            wanted: format!("the arguments of the API server at {}", replica.host()),
            who_could_answer: self.operator.map_or(on_a_node, |operator| operator.who_knows).to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_door_is_found_by_its_address_and_by_its_name() {
        for (addresses, host, expected) in [
            (["10.0.0.1:6443", "10.0.0.1:6443"], "10.0.0.1:6443", true),
            (["10.0.0.1:6443", "api.example.org:6443"], "API.example.org:6443", true),
            (["10.0.0.1:443", "api.example.org:443"], "api.example.org", true),
            (["[2001:db8::1]:443", "[2001:db8::1]:443"], "[2001:db8::1]", true),
            (["10.0.0.1:443", "api.example.org:443"], "api.example.org:6443", false),
            (["10.0.0.1:6443", "10.0.0.1:6443"], "10.0.0.1", false),
        ] {
            assert_eq!(is_where(addresses, host), expected, "{addresses:?} {host}");
        }
    }
}
