//! The kubelets of a cluster of kops: `spec.kubelet` for nodes, `spec.masterKubelet` (of v1alpha3 `controlPlaneKubelet`) for
//! control planes, and `spec.kubelet` of an InstanceGroup over either.
//!
//! Up to kops 1.22 all of it were flags; since then the kubelet is given a file as well, and since 1.36 nearly all stands in
//! that: which of them says a setting changes nothing of it, but what nobody sets has the defaults of a file. Read at v1.18.3
//! to v1.36.2 of kubernetes/kops: pkg/model/components/kubelet.go, nodeup/pkg/model/kubelet.go,
//! upup/pkg/fi/cloudup/populate_instancegroup_spec.go (before 1.26 pkg/apis/nodeup/config.go).

use std::sync::LazyLock;

use model::{Evidence, Form, GapKind, Location, Minor, Named, Problem, ProblemKind, Shape, Site, Version};
use yaml::{Cursor, Limits, Resolved};

use super::{MOST, NAME, is_cluster, release, text_of};
use crate::{
    Hand, Releases, Word,
    declare::{
        Source,
        command::unfilled,
        kubelet::{
            KubeletLine,
            made::{Made, Nodes, list, named, unseen},
        },
        layers::map_below,
    },
    golang, onward,
    redact::parsable,
    within,
};

/// Where a field would be written: one that is a map here is a text to kops.
static NAMED: LazyLock<Vec<Named>> = LazyLock::new(|| named(&FIELDS));

/// The fields of KubeletConfigSpec that stand for one of a kubelet (pkg/apis/kops/componentconfig.go, v1.36.2).
const FIELDS: [(&str, &str, Shape); 52] = [
    ("allowedUnsafeSysctls", "allowedUnsafeSysctls", Shape::List),
    ("anonymousAuth", "authentication.anonymous.enabled", Shape::Bool),
    ("authenticationTokenWebhook", "authentication.webhook.enabled", Shape::Bool),
    ("authenticationTokenWebhookCacheTTL", "authentication.webhook.cacheTTL", Shape::Text),
    ("authorizationMode", "authorization.mode", Shape::Text),
    ("containerLogMaxFiles", "containerLogMaxFiles", Shape::Int),
    ("containerLogMaxSize", "containerLogMaxSize", Shape::Text),
    ("cpuCFSQuota", "cpuCFSQuota", Shape::Bool),
    ("cpuCFSQuotaPeriod", "cpuCFSQuotaPeriod", Shape::Text),
    ("cpuManagerPolicy", "cpuManagerPolicy", Shape::Text),
    ("enforceNodeAllocatable", "enforceNodeAllocatable", Shape::List),
    ("eventBurst", "eventBurst", Shape::Int),
    ("eventQPS", "eventRecordQPS", Shape::Int),
    ("eventRecordQPS", "eventRecordQPS", Shape::Int),
    ("evictionHard", "evictionHard", Shape::Map),
    ("evictionMaxPodGracePeriod", "evictionMaxPodGracePeriod", Shape::Int),
    ("evictionMinimumReclaim", "evictionMinimumReclaim", Shape::Map),
    ("evictionPressureTransitionPeriod", "evictionPressureTransitionPeriod", Shape::Text),
    ("evictionSoft", "evictionSoft", Shape::Map),
    ("evictionSoftGracePeriod", "evictionSoftGracePeriod", Shape::Map),
    ("failSwapOn", "failSwapOn", Shape::Bool),
    ("featureGates", "featureGates", Shape::Map),
    ("imageGCHighThresholdPercent", "imageGCHighThresholdPercent", Shape::Int),
    ("imageGCLowThresholdPercent", "imageGCLowThresholdPercent", Shape::Int),
    ("imageMaximumGCAge", "imageMaximumGCAge", Shape::Text),
    ("imageMinimumGCAge", "imageMinimumGCAge", Shape::Text),
    ("kernelMemcgNotification", "kernelMemcgNotification", Shape::Bool),
    ("kubeAPIQPS", "kubeAPIQPS", Shape::Int),
    ("kubeReserved", "kubeReserved", Shape::Map),
    ("kubeReservedCgroup", "kubeReservedCgroup", Shape::Text),
    ("kubeletCgroups", "kubeletCgroups", Shape::Text),
    ("maxPods", "maxPods", Shape::Int),
    ("memorySwapBehavior", "memorySwap.swapBehavior", Shape::Text),
    ("nodeLeaseDurationSeconds", "nodeLeaseDurationSeconds", Shape::Int),
    ("nodeStatusUpdateFrequency", "nodeStatusUpdateFrequency", Shape::Text),
    ("podPidsLimit", "podPidsLimit", Shape::Int),
    ("protectKernelDefaults", "protectKernelDefaults", Shape::Bool),
    ("readOnlyPort", "readOnlyPort", Shape::Int),
    ("registerNode", "registerNode", Shape::Bool),
    ("registryBurst", "registryBurst", Shape::Int),
    ("registryPullQPS", "registryPullQPS", Shape::Int),
    ("rotateCertificates", "rotateCertificates", Shape::Bool),
    ("runtimeRequestTimeout", "runtimeRequestTimeout", Shape::Text),
    ("seccompDefault", "seccompDefault", Shape::Bool),
    ("serializeImagePulls", "serializeImagePulls", Shape::Bool),
    ("streamingConnectionIdleTimeout", "streamingConnectionIdleTimeout", Shape::Text),
    ("systemReserved", "systemReserved", Shape::Map),
    ("systemReservedCgroup", "systemReservedCgroup", Shape::Text),
    ("tlsCipherSuites", "tlsCipherSuites", Shape::List),
    ("tlsMinVersion", "tlsMinVersion", Shape::Text),
    ("topologyManagerPolicy", "topologyManagerPolicy", Shape::Text),
    ("volumeStatsAggPeriod", "volumeStatsAggPeriod", Shape::Text),
];

/// Fields that kops sets whatever is written.
const FORCED: [(&str, &str); 4] = [
    ("clientCAFile", "authentication.x509.clientCAFile"),
    ("podManifestPath", "staticPodPath"),
    ("cgroupRoot", "cgroupRoot"),
    ("enableDebuggingHandlers", "enableDebuggingHandlers"),
];

const ANONYMOUS: &str = "authentication.anonymous.enabled";

/// kops 1.23 and later, which give a file, deploy no release before the first, and older ones none behind the second.
const WITH_FILE: (u16, u16) = (18, 22);

/// kops since 1.26 takes `anonymousAuth: true` of a cluster for a wish to be secure, and makes it false
/// (populate_instancegroup_spec.go, `useSecureKubelet`); it deploys no release before the first, and older ones none behind
/// the second.
const FLIPS: (u16, u16) = (21, 25);

/// Since kops 1.26 `spec.kubelet` is not that of control planes; since 1.31 they have the same defaults
/// (components/kubelet.go, configureKubelet).
const APART: (u16, u16) = FLIPS;
const ALIKE: u16 = 31;

pub(in crate::declare) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    super::speaks(text)
}

fn is_group(root: &Cursor<'_>) -> bool {
    let text = |key: &str| root.get(key).and_then(|value| value.text());
    text("kind") == Some("InstanceGroup")
        && text("apiVersion").is_some_and(|version| version.starts_with("kops.k8s.io/") || version.starts_with("kops/"))
        && root.get("spec").and_then(|spec| spec.get("kubelet")).is_some_and(|own| own.mapping().is_some())
}

/// Whether a text defines a cluster, or a group whose kubelets have settings of their own.
pub(in crate::declare) fn runs(source: &Source<'_>) -> bool {
    source.documents().any(|document| is_cluster(&document.cursor()) || is_group(&document.cursor()))
}

pub(in crate::declare) fn lines(source: &Source<'_>, evidence: &[Evidence]) -> Vec<KubeletLine> {
    let mut found = Vec::new();
    for document in source.documents() {
        let root = document.cursor();
        if found.len() > MOST {
            break;
        }
        if is_cluster(&root) {
            for role in [Role::Node, Role::ControlPlane] {
                found.push(Kubelet::of_cluster(source, &root, role).line(source.problems(document)));
            }
        } else if is_group(&root) {
            of_group(source, &root, evidence, source.problems(document), &mut found);
        }
    }
    found
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Node,
    ControlPlane,
}

impl Role {
    fn of(group: &Cursor<'_>) -> Option<Self> {
        match text_of(&group.get("spec")?, "role")?.as_str() {
            "Master" | "ControlPlane" => Some(Self::ControlPlane),
            "Bastion" => None,
            _ => Some(Self::Node),
        }
    }
}

/// A group with the cluster that it belongs to, where that is at hand.
fn of_group(
    source: &Source<'_>,
    group: &Cursor<'_>,
    evidence: &[Evidence],
    problems: Vec<Problem>,
    found: &mut Vec<KubeletLine>,
) {
    let Some(role) = Role::of(group) else { return };
    let metadata = group.get("metadata");
    let label = metadata.as_ref().and_then(|metadata| text_of(&metadata.get("labels")?, "kops.k8s.io/cluster"));
    let is_own = |root: &Cursor<'_>| {
        let name = root.get("metadata").and_then(|metadata| text_of(&metadata, "name"));
        is_cluster(root) && (label.is_none() || name == label)
    };
    let beside = source.documents().map(|document| document.cursor()).find(is_own);
    if let Some(cluster) = beside {
        found.push(Kubelet::of_group(source, (source, Some(&cluster)), group, role).line(problems));
        return;
    }
    for piece in evidence.iter().filter(|piece| piece.id != *source.evidence) {
        let Some(text) = piece.text().filter(|text| super::speaks(*text)) else { continue };
        let parsed = parsable(piece, text);
        let stream = yaml::parse(&parsed, &Limits::default());
        let other = Source {
            evidence: &piece.id,
            plane: piece.plane,
            text: &parsed,
            root: source.root,
            stream: &stream,
            inside: None,
        };
        let cluster = other.documents().map(|document| document.cursor()).find(is_own);
        if let Some(cluster) = cluster {
            found.push(Kubelet::of_group(source, (&other, Some(&cluster)), group, role).line(problems));
            return;
        }
    }
    found.push(Kubelet::of_group(source, (source, None), group, role).line(problems));
}

struct Kubelet<'s, 'a> {
    source: &'s Source<'a>,
    /// Where the cluster stands, and its `spec`.
    around: (&'s Source<'a>, Option<Cursor<'a>>),
    /// `spec.kubelet` of the group.
    own: Option<Cursor<'a>>,
    role: Role,
    /// Whether the cluster is written in v1alpha3.
    is_new: bool,
    instance: String,
}

impl<'s, 'a> Kubelet<'s, 'a> {
    fn of_cluster(source: &'s Source<'a>, root: &Cursor<'a>, role: Role) -> Self {
        let name = root.get("metadata").and_then(|metadata| text_of(&metadata, "name"));
        let name = name.unwrap_or_else(|| source.evidence.as_str().to_owned());
        let nodes = if role == Role::Node { "nodes" } else { "control planes" };
        let instance = format!("{name} ({nodes})");
        let is_new = text_of(root, "apiVersion").is_some_and(|version| version.ends_with("/v1alpha3"));
        Self { source, around: (source, root.get("spec")), own: None, role, is_new, instance }
    }

    fn of_group(
        source: &'s Source<'a>,
        (around, cluster): (&'s Source<'a>, Option<&Cursor<'a>>),
        group: &Cursor<'a>,
        role: Role,
    ) -> Self {
        let name = group.get("metadata").and_then(|metadata| text_of(&metadata, "name"));
        let instance = name.unwrap_or_else(|| source.evidence.as_str().to_owned());
        let own = group.get("spec").and_then(|spec| spec.get("kubelet"));
        let spec = cluster.and_then(|cluster| cluster.get("spec"));
        Self { source, around: (around, spec), own, role, is_new: false, instance }
    }

    fn get(&self, path: &[&str]) -> Option<Cursor<'a>> {
        path.iter().try_fold(self.around.1.clone()?, |here, name| here.get(name)).filter(|found| !found.is_null())
    }

    fn text(&self, path: &[&str]) -> Option<(String, Location)> {
        let found = self.get(path)?;
        let text = found.text().filter(|text| !text.is_empty())?.to_owned();
        Some((text, self.around.0.at(&found)))
    }

    fn version(&self) -> Option<(Version, Location)> {
        let (text, at) = self.text(&["kubernetesVersion"])?;
        Some((release(&text)?, at))
    }

    /// `spec.kubelet`, and what control planes have of their own.
    fn parts(&self) -> (Option<Cursor<'a>>, Option<Cursor<'a>>) {
        let own = || self.get(&["controlPlaneKubelet"]).or_else(|| self.get(&["masterKubelet"]));
        (self.get(&["kubelet"]), if self.role == Role::ControlPlane { own() } else { None })
    }

    /// The map of the group, or that of the role in the cluster.
    fn home(&self) -> Site {
        let form = Form::Fields(&NAMED);
        if let Some(own) = &self.own {
            return Site { at: self.source.at(own), form };
        }
        let Some(spec) = &self.around.1 else {
            return Site { at: Location::whole(self.source.evidence.clone(), self.source.plane), form };
        };
        let name = match self.role {
            Role::Node => "kubelet",
            Role::ControlPlane if self.is_new => "controlPlaneKubelet",
            Role::ControlPlane => "masterKubelet",
        };
        map_below(self.around.0, spec, &[name], form)
    }

    fn made(&self) -> Made {
        let mut made = Made::new(NAME, self.source, self.home());
        made.without_file(WITH_FILE.0 - 1, WITH_FILE.1);
        self.written(&mut made);
        self.added(&mut made);
        if self.around.1.is_none() {
            made.rest(unseen(
                GapKind::NotCollected,
                "the cluster that the group belongs to may say it, and was not given",
            ));
        }
        made
    }

    /// What somebody wrote, the weakest first.
    fn written(&self, made: &mut Made) {
        let (all, own) = self.parts();
        if let Some(all) = &all {
            if self.role == Role::Node {
                self.says(made, all, self.around.0, None);
            } else {
                self.of_nodes(made, all, own.as_ref());
            }
        }
        if let Some(own) = &own {
            self.says(made, own, self.around.0, None);
        }
        self.flipped(made, all.as_ref(), own.as_ref());
        if let Some(group) = &self.own {
            self.says(made, group, self.source, None);
        }
    }

    /// What is written for nodes, of which control planes have had no more than one switch since 1.26.
    fn of_nodes(&self, made: &mut Made, all: &Cursor<'a>, own: Option<&Cursor<'a>>) {
        let source = self.around.0;
        self.says(made, all, source, within(0, APART.0 - 1));
        for (field, setting, _) in FIELDS {
            let Some(value) = all.get(field).filter(|value| !value.is_null()) else { continue };
            if own.is_some_and(|own| own.get(field).is_some()) {
                continue;
            }
            if setting == ANONYMOUS && matches!(value.resolved(), Some(Resolved::Bool(false))) {
                made.take(setting);
                made.says(setting, &value, source, Form::Field);
                continue;
            }
            let gap = unseen(
                GapKind::Version,
                format!(
                    "whether `{field}` of `spec.kubelet` is meant for control planes depends on the release of kops"
                ),
            );
            made.leaves_open(setting, gap, within(APART.0, APART.1));
        }
    }

    /// `anonymousAuth: true` of a cluster, as newer releases take it.
    fn flipped(&self, made: &mut Made, all: Option<&Cursor<'a>>, own: Option<&Cursor<'a>>) {
        let is = |part: Option<&Cursor<'a>>, wanted: bool| {
            let value = part?.get("anonymousAuth")?;
            matches!(value.resolved(), Some(Resolved::Bool(on)) if on == wanted).then(|| self.around.0.at(&value))
        };
        let of_role = if self.role == Role::Node { all } else { own };
        let Some(at) = is(of_role, true).filter(|_| self.role == Role::Node || is(all, false).is_none()) else {
            return;
        };
        made.take(ANONYMOUS);
        made.writes(ANONYMOUS, Some("true".to_owned()), at.clone(), Form::Field, within(0, FLIPS.0 - 1));
        let gap = unseen(
            GapKind::Version,
            "`anonymousAuth: true` is kept by kops before 1.26, and turned to false by later ones",
        );
        made.leaves_open(ANONYMOUS, gap, within(FLIPS.0, FLIPS.1));
        let how = "kops 1.26 and later make `false` of `anonymousAuth: true`";
        made.makes(ANONYMOUS, "false", at.clone(), how, onward(FLIPS.1 + 1));
        if self.version().is_some_and(|(version, _)| version.minor > Minor::new(1, FLIPS.1)) {
            made.problem(Problem {
                kind: ProblemKind::Conflict,
                stops: false,
                message: "`anonymousAuth: true` has no effect: kops 1.26 and later make `false` of it".to_owned(),
                hint: None,
                location: Some(at),
                setting: Some(ANONYMOUS.to_owned()),
            });
        }
    }

    fn says(&self, made: &mut Made, part: &Cursor<'a>, source: &Source<'a>, releases: Releases) {
        for (field, setting, shape) in FIELDS {
            let Some(value) = part.get(field).filter(|value| !value.is_null()) else { continue };
            let at = source.at(&value);
            let text = value.text().map(str::to_owned);
            if let Some(gap) = text.as_deref().and_then(unfilled) {
                made.leaves_open(setting, gap, releases);
                continue;
            }
            let read = read(&value, shape);
            // The new name of a field does not win over the old one.
            if field == "eventRecordQPS" && part.get("eventQPS").is_some() {
                continue;
            }
            made.writes(setting, read, at, Form::Field, releases);
        }
    }

    /// What kops sets unasked.
    fn added(&self, made: &mut Made) {
        let by_release =
            || unseen(GapKind::Version, "it depends on the release of kops, which the cluster does not name");
        let is_control_plane = self.role == Role::ControlPlane;
        // What control planes get too, since 1.31.
        let shared = |made: &mut Made, name: &str, value: &str, from: u16| {
            if made.is_written(name) {
                return;
            }
            let from = if is_control_plane { from.max(ALIKE) } else { from };
            if is_control_plane {
                // What was said for nodes holds for them in older releases.
                let open = if made.is_said(name) { APART.1 + 1 } else { 0 };
                made.leaves_open(name, by_release(), within(open, from - 1));
            }
            made.adds_in(name, value, onward(from));
        };
        made.adds("authentication.x509.clientCAFile", "/srv/kubernetes/ca.crt");
        for (name, value) in [("authorization.mode", "Webhook"), ("authentication.webhook.enabled", "true")] {
            if !made.is_written(name) {
                made.adds_in(name, value, onward(19));
            }
        }
        // Kubernetes 1.22 and kops 1.22 brought it.
        shared(made, "protectKernelDefaults", "true", 23);
        if !is_control_plane && !made.is_written("protectKernelDefaults") {
            made.leaves_open("protectKernelDefaults", by_release(), within(22, 22));
        }
        for (name, file) in [("tlsCertFile", "kubelet-server.crt"), ("tlsPrivateKeyFile", "kubelet-server.key")] {
            made.adds_in(name, format!("/srv/kubernetes/{file}"), onward(29));
            made.leaves_open(name, by_release(), within(19, 28));
        }
        made.adds_in("staticPodPath", "/etc/kubernetes/manifests", None);
        made.adds("cgroupRoot", "/");
        let isolates = self.get(&["isolateMasters"]).or_else(|| self.get(&["networking", "isolateControlPlane"]));
        let isolates = isolates.filter(|on| is_control_plane && matches!(on.resolved(), Some(Resolved::Bool(true))));
        match isolates {
            Some(on) => {
                let how = "control planes are kept apart from nodes";
                made.makes("enableDebuggingHandlers", "false", self.around.0.at(&on), how, None);
            }
            None => made.adds("enableDebuggingHandlers", "true"),
        }
        shared(
            made,
            "evictionHard",
            "imagefs.available=10%,imagefs.inodesFree=5%,memory.available=100Mi,nodefs.available=10%,nodefs.inodesFree=5%",
            0,
        );
        for (name, value) in [("shutdownGracePeriod", "30s"), ("shutdownGracePeriodCriticalPods", "10s")] {
            match self.get(&["networking", "amazonvpc"]).or_else(|| self.get(&["networking", "amazonVPC"])) {
                Some(_) => made.adds_in(name, "0s", onward(21)),
                None => shared(made, name, value, 23),
            }
        }
        let depends = || unseen(GapKind::Unresolved, "kops works it out on the node, or by its release");
        for name in [
            "cgroupDriver",
            "clusterDNS",
            "containerRuntimeEndpoint",
            "hairpinMode",
            "maxPods",
            "providerID",
            "resolvConf",
            "runtimeRequestTimeout",
            "volumePluginDir",
        ] {
            if !made.is_written(name) {
                made.leaves_open(name, depends(), None);
            }
        }
        match self.text(&["clusterDNSDomain"]) {
            Some((domain, at)) => {
                made.makes("clusterDomain", golang::quote(&domain), at, "`clusterDNSDomain` decides it", None)
            }
            None => made.adds("clusterDomain", "cluster.local"),
        }
        // On AWS it opened and closed gates of the drivers that moved out of Kubernetes.
        if !made.is_written("featureGates") {
            made.leaves_open("featureGates", depends(), within(0, ALIKE - 1));
        }
    }

    fn words(&self) -> Vec<Word> {
        let (all, own) = self.parts();
        let of_role = if self.role == Role::Node { all } else { own };
        let parts = [(self.source, self.own.clone()), (self.around.0, of_role)];
        let named = parts.into_iter().find_map(|(source, part)| {
            let value = part?.get("hostnameOverride")?;
            let text = value.text().filter(|text| !text.is_empty())?.to_owned();
            Some((text, Site { at: source.at(&value), form: Form::Field }))
        });
        let Some((text, site)) = named else { return Vec::new() };
        // `@aws` and its like stand for what the cloud calls the machine.
        let unresolved = text
            .starts_with('@')
            .then(|| unseen(GapKind::Unresolved, "kops takes it from the cloud"))
            .or_else(|| unfilled(&text));
        vec![Word { hand: Hand::Written, unresolved, ..Word::written(format!("--hostname-override={text}"), site) }]
    }

    fn line(&self, mut problems: Vec<Problem>) -> KubeletLine {
        for (source, part) in [(self.source, self.own.clone()), (self.around.0, self.parts().0)] {
            let Some(part) = part else { continue };
            for (field, setting) in FORCED {
                let Some(value) = part.get(field).filter(|value| !value.is_null()) else { continue };
                let own = [
                    ("cgroupRoot", "/"),
                    ("podManifestPath", "/etc/kubernetes/manifests"),
                    ("enableDebuggingHandlers", "true"),
                ];
                if own.iter().any(|(name, text)| *name == field && value.text() == Some(text)) {
                    continue;
                }
                problems.push(Problem {
                    kind: ProblemKind::Conflict,
                    stops: false,
                    message: format!("`{field}` has no effect: kops sets it itself"),
                    hint: None,
                    location: Some(source.at(&value)),
                    setting: Some(setting.to_owned()),
                });
            }
        }
        let nodes = Nodes {
            words: self.words(),
            version: self.version(),
            releases: onward(9),
            list: Some(self.home()),
            problems,
            made: Some(self.made()),
            ..Nodes::new(NAME, self.instance.clone())
        };
        nodes.line(self.source)
    }
}

/// A value of KubeletConfigSpec as a kubelet prints it; `None` for what is none.
fn read(value: &Cursor<'_>, shape: Shape) -> Option<String> {
    let text = || value.scalar().map(yaml::Scalar::text);
    match shape {
        Shape::Bool => match value.resolved() {
            Some(Resolved::Bool(on)) => Some(on.to_string()),
            _ => None,
        },
        Shape::Int => text()?.parse::<i64>().ok().map(|number| number.to_string()),
        Shape::List => match value.sequence() {
            Some(_) => {
                let items: Vec<&str> =
                    value.items().take(MOST).filter_map(|item| item.scalar().map(yaml::Scalar::text)).collect();
                Some(list(items.iter().copied()))
            }
            None => Some(list(text()?.split(','))),
        },
        Shape::Map if value.mapping().is_some() => {
            let pairs = value.entries().take(MOST);
            let pairs: Vec<String> =
                pairs.map(|entry| format!("{}={}", entry.name, entry.value.text().unwrap_or_default())).collect();
            Some(pairs.join(","))
        }
        // `memory.available<100Mi,…`
        Shape::Map => Some(text()?.replace('<', "=").replace(' ', "")),
        Shape::Text => Some(text()?.to_owned()),
    }
}
