//! The kubelet of a machine of Talos: a file that Talos writes, and `extraArgs` as flags.
//!
//! internal/app/machined/pkg/controllers/k8s/kubelet_spec.go (NewKubeletConfiguration, prepareExtraConfig) of v1.0.0 to v1.13.0
//! and 1.14.0-rc.1, and kubelet.go of pkg/kubernetes and system/services before. `machine.kubelet` of the document v1alpha1, and
//! from 1.14 on a document `KubeletConfig`, say the same.

use std::sync::LazyLock;

use model::{Evidence, Form, GapKind, Location, Minor, Named, Problem, ProblemKind, Site, Version};
use yaml::{Cursor, Resolved};

use super::{MOST_ARGUMENTS, MOST_DOCUMENTS, NAME, command::RELEASES, command::Talos, is_whole};
use crate::{
    Releases, Word,
    declare::{
        Source,
        command::unfilled,
        kubeadm::tagged,
        kubelet::{
            KubeletLine,
            made::{Made, Nodes, fields_but, list, unseen},
        },
        layers::map_below,
    },
    golang, onward, within,
};

const DOCUMENT: &str = "KubeletConfig";

/// Fields that Talos sets itself, and for which it takes no configuration (pkg/machinery/kubelet/kubelet.go).
const PROTECTED: [&str; 13] = [
    "apiVersion",
    "authentication",
    "authorization",
    "cgroupRoot",
    "kind",
    "kubeletCgroups",
    "port",
    "protectKernelDefaults",
    "resolvConf",
    "rotateCertificates",
    "seccompDefault",
    "staticPodPath",
    "systemCgroups",
];

/// Arguments that it refuses (MergeDenied), with the first release of Talos that does.
const DENIED: [&str; 6] =
    ["bootstrap-kubeconfig", "cert-dir", "config", "container-runtime", "container-runtime-endpoint", "kubeconfig"];

/// What may be written in `extraConfig`.
static NAMED: LazyLock<Vec<Named>> = LazyLock::new(|| fields_but(&PROTECTED));

const FLAGS: Form = Form::ByHand("write it in `machine.kubelet.extraArgs` of the machine");
const IN_A_LIST: Form = Form::ByHand("its values stand in a list of `extraArgs`, which is changed by hand");

/// Since this release Talos takes a configuration, and protects the kernel's defaults and TLS by itself.
const CONFIGURES: Minor = Minor::new(1, 0);

pub(in crate::declare) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    text.contains("machine") && text.contains("kubelet") || text.contains("v1alpha1") && text.contains(DOCUMENT)
}

/// Whether a text says something of the kubelet of a machine.
pub(in crate::declare) fn runs(source: &Source<'_>) -> bool {
    Machine::of(source).is_some()
}

pub(in crate::declare) fn lines(source: &Source<'_>, _: &[Evidence]) -> Vec<KubeletLine> {
    Machine::of(source).map(|machine| machine.line()).into_iter().collect()
}

struct Machine<'a> {
    source: &'a Source<'a>,
    whole: Option<Cursor<'a>>,
    /// The document of 1.14.
    own: Option<Cursor<'a>>,
    problems: Vec<Problem>,
}

impl<'a> Machine<'a> {
    fn of(source: &'a Source<'a>) -> Option<Self> {
        let mut machine = Self { source, whole: None, own: None, problems: Vec::new() };
        for document in source.documents().take(MOST_DOCUMENTS) {
            let root = document.cursor();
            let is_own = || {
                root.get("kind")?.text().filter(|kind| *kind == DOCUMENT)?;
                root.get("apiVersion")?.text().filter(|version| *version == "v1alpha1")
            };
            if machine.whole.is_none() && root.get("kind").is_none() && is_whole(&root) {
                machine.whole = Some(root);
            } else if machine.own.is_none() && is_own().is_some() {
                machine.own = Some(root);
            } else {
                continue;
            }
            machine.problems.extend(source.problems(document));
        }
        let own = machine.whole.as_ref().and_then(|whole| whole.get("machine")?.get("kubelet"));
        let says = own.is_some_and(|own| own.mapping().is_some()) || machine.own.is_some();
        says.then_some(machine)
    }

    fn get(&self, path: &[&str]) -> Option<Cursor<'a>> {
        path.iter().try_fold(self.whole.clone()?, |here, name| here.get(name)).filter(|found| !found.is_null())
    }

    fn text(&self, path: &[&str]) -> Option<(String, Location)> {
        let found = self.get(path)?;
        let text = found.text().filter(|text| !text.is_empty())?.to_owned();
        Some((text, self.source.at(&found)))
    }

    /// A part of what is said of the kubelet, by its names in either document.
    fn part(&self, (old, new): (&str, &str)) -> Option<Cursor<'a>> {
        let own = self.own.as_ref().and_then(|own| own.get(new));
        own.or_else(|| self.get(&["machine", "kubelet", old])).filter(|found| !found.is_null())
    }

    fn is_on(&self, name: &str) -> Option<Location> {
        let found = self.part((name, name))?;
        let text = found.scalar().map(yaml::Scalar::text);
        let on =
            matches!(found.resolved(), Some(Resolved::Bool(true))) || matches!(text, Some("yes" | "on" | "Yes" | "On"));
        on.then(|| self.source.at(&found))
    }

    fn installer(&self) -> Option<(Minor, Location)> {
        let (image, at) = self.text(&["machine", "install", "image"])?;
        let tag = image.split('@').next()?.rsplit('/').next()?.split_once(':')?.1;
        let version: Version = tag.parse().ok().filter(|_| tag.starts_with('v'))?;
        Some((version.minor, at))
    }

    fn version(&self) -> Option<(Version, Location)> {
        let image = self.part(("image", "image"));
        if let Some(image) = &image {
            return Some((tagged(image.text()?)?, self.source.at(image)));
        }
        let (talos, at) = self.installer()?;
        let newest = RELEASES.iter().find(|release| release.minor == talos)?.kubernetes.1;
        Some((Version::of_minor(Minor::new(1, newest)), at))
    }

    /// Whether the type of the machine is not said: then this is a part of a configuration.
    fn is_part(&self) -> bool {
        self.text(&["machine", "type"]).is_none()
    }

    /// Whether a setting of Talos that came with a release of it is there, by the releases of Kubernetes.
    fn with(&self, talos: Minor) -> (Releases, Releases) {
        if let Some((installed, _)) = self.installer() {
            return if installed >= talos { (within(0, u16::MAX), None) } else { (None, None) };
        }
        if self.own.is_some() {
            return (within(0, u16::MAX), None);
        }
        // What older ones deploy may be without it.
        let older = RELEASES.iter().filter(|one| one.minor < talos).map(|one: &Talos| one.kubernetes.1).max();
        let first = RELEASES.iter().filter(|one| one.minor >= talos).map(|one| one.kubernetes.0).min();
        let from = older.map_or(0, |last| last + 1);
        (onward(from), first.filter(|first| *first < from).and_then(|first| within(first, from - 1)))
    }

    fn added(&self, made: &mut Made, name: &str, value: &str, talos: Minor) {
        if made.is_written(name) {
            return;
        }
        let (sure, open) = self.with(talos);
        if sure.is_some() {
            made.adds_in(name, value, sure);
        }
        if open.is_some() {
            let gap =
                unseen(GapKind::Version, "it depends on the release of Talos, which the configuration does not name");
            made.leaves_open(name, gap, open);
        }
    }

    fn made(&self) -> Made {
        let config = self.part(("extraConfig", "config"));
        let form = Form::Fields(&NAMED);
        let home = match (&self.own, &self.whole) {
            (Some(own), _) => map_below(self.source, own, &["config"], form),
            (None, Some(whole)) => map_below(self.source, whole, &["machine", "kubelet", "extraConfig"], form),
            (None, None) => Site { at: Location::whole(self.source.evidence.clone(), self.source.plane), form },
        };
        let mut made = Made::new(NAME, self.source, home);
        if let Some(config) = &config {
            self.configured(&mut made, config);
        }
        made.adds("authentication.x509.clientCAFile", "/etc/kubernetes/pki/ca.crt");
        made.adds("authentication.anonymous.enabled", "false");
        match self.is_on("skipNodeRegistration") {
            Some(at) => {
                let how = "`skipNodeRegistration` leaves it nobody to ask";
                made.makes("authentication.webhook.enabled", "false", at.clone(), how, None);
                made.makes("authorization.mode", "AlwaysAllow", at, how, None);
            }
            None => {
                made.adds("authentication.webhook.enabled", "true");
                made.adds("authorization.mode", "Webhook");
            }
        }
        made.adds("rotateCertificates", "true");
        match self.is_on("disableManifestsDirectory") {
            Some(at) => made.makes("staticPodPath", "", at, "`disableManifestsDirectory` decides it", None),
            // The document of 1.14 has no such folder at all.
            None if self.own.is_some() => made.adds("staticPodPath", ""),
            None => made.adds("staticPodPath", "/etc/kubernetes/manifests"),
        }
        let pods = unseen(GapKind::Unresolved, "Talos serves static pods to it on an address of the machine itself");
        let (sure, open) = self.with(Minor::new(1, 3));
        for releases in [sure, open].into_iter().flatten() {
            made.leaves_open("staticPodURL", pods.clone(), Some(releases));
        }
        if let Some(at) = self.is_on("defaultRuntimeSeccompProfileEnabled") {
            made.makes("seccompDefault", "true", at, "`defaultRuntimeSeccompProfileEnabled` decides it", None);
        }
        // A machine in a container cannot set parameters of the kernel, and is not asked to (ModeContainer).
        self.added(&mut made, "protectKernelDefaults", "true", CONFIGURES);
        for (name, value) in
            [("address", "0.0.0.0"), ("failSwapOn", "false"), ("serializeImagePulls", "false"), ("oomScoreAdj", "-450")]
        {
            if !made.is_written(name) {
                made.adds(name, value);
            }
        }
        for (name, value) in [
            ("cgroupRoot", "/"),
            ("shutdownGracePeriod", "30s"),
            ("shutdownGracePeriodCriticalPods", "10s"),
            ("streamingConnectionIdleTimeout", "5m0s"),
            ("tlsMinVersion", "VersionTLS13"),
        ] {
            self.added(&mut made, name, value, CONFIGURES);
        }
        for (name, reason) in [
            ("kubeletCgroups", "Talos names its groups of processes by the machine"),
            ("resolvConf", "Talos gives it a file of its own"),
            ("systemCgroups", "Talos names its groups of processes by the machine"),
        ] {
            made.leaves_open(name, unseen(GapKind::Unresolved, reason), None);
        }
        self.reserved(&mut made);
        self.network(&mut made);
        made.adds_in("containerRuntimeEndpoint", "unix:///run/containerd/containerd.sock", onward(27));
        if self.is_part() {
            made.rest(unseen(
                GapKind::Unread,
                "this is a part of the configuration of a machine, and the rest may say more",
            ));
        }
        made
    }

    /// `extraConfig`: fields of the file, of which Talos keeps some for itself.
    fn configured(&self, made: &mut Made, config: &Cursor<'a>) {
        let mut fixed: Vec<&str> = PROTECTED.to_vec();
        fixed.push("staticPodURL");
        made.fields(config, self.source, &fixed);
        for entry in config.entries().filter(|entry| PROTECTED.contains(&&*entry.name)) {
            made.problem(Problem {
                kind: ProblemKind::Conflict,
                stops: true,
                message: format!("Talos takes no `{}` in `extraConfig`, and starts no kubelet", entry.name),
                hint: Some("leave it out".to_owned()),
                location: Some(self.source.at(&entry.value)),
                setting: None,
            });
        }
    }

    /// What is kept for the system; how much memory depends on the release and on the type of the machine.
    fn reserved(&self, made: &mut Made) {
        const NAME: &str = "systemReserved";
        if made.is_written(NAME) {
            return;
        }
        let kind = self.text(&["machine", "type"]).map(|(kind, _)| kind);
        let talos = self.installer().map(|(talos, _)| talos);
        let memory = match (talos, kind.as_deref()) {
            (Some(talos), _) if talos < CONFIGURES => None,
            (Some(talos), _) if talos < Minor::new(1, 8) => Some("192Mi"),
            (Some(_), Some("controlplane" | "init")) => Some("512Mi"),
            (Some(_), Some(_)) => Some("384Mi"),
            _ => None,
        };
        match memory {
            Some(memory) => made.adds(NAME, format!("cpu=50m,ephemeral-storage=256Mi,memory={memory},pid=100")),
            None => made.leaves_open(NAME, unseen(GapKind::Version, "it depends on the release of Talos"), None),
        }
    }

    fn network(&self, made: &mut Made) {
        if !made.is_written("clusterDomain") {
            match self.text(&["cluster", "network", "dnsDomain"]) {
                Some((domain, at)) => {
                    made.makes(
                        "clusterDomain",
                        golang::quote(&domain),
                        at,
                        "`cluster.network.dnsDomain` decides it",
                        None,
                    );
                }
                None => made.adds("clusterDomain", "cluster.local"),
            }
        }
        if made.is_written("clusterDNS") {
            return;
        }
        match self.part(("clusterDNS", "clusterDNS")).filter(|servers| servers.items().next().is_some()) {
            Some(servers) => {
                let texts: Vec<&str> = servers.items().take(MOST_ARGUMENTS).filter_map(|one| one.text()).collect();
                made.makes(
                    "clusterDNS",
                    list(texts.iter().copied()),
                    self.source.at(&servers),
                    "`clusterDNS` decides it",
                    None,
                );
            }
            None => made.leaves_open(
                "clusterDNS",
                unseen(GapKind::Unresolved, "Talos takes it from the range of services"),
                None,
            ),
        }
    }

    fn words(&self) -> (Vec<Word>, Vec<Problem>) {
        let (mut words, mut problems) = (Vec::new(), Vec::new());
        let arguments = self.part(("extraArgs", "extraArgs"));
        let mut named = Vec::new();
        for entry in arguments.iter().flat_map(|arguments| arguments.entries()).take(MOST_ARGUMENTS) {
            if entry.name.starts_with('$') {
                continue;
            }
            named.push(entry.name.to_string());
            if DENIED.contains(&&*entry.name) {
                problems.push(Problem {
                    kind: ProblemKind::Conflict,
                    stops: true,
                    message: format!("Talos takes no `{}` in `extraArgs`, and starts no kubelet", entry.name),
                    hint: Some("leave it out".to_owned()),
                    location: Some(self.source.at(&entry.value)),
                    setting: None,
                });
                continue;
            }
            let word = |value: &Cursor<'_>, form: Form| {
                let text = value.text().filter(|_| !value.is_null()).unwrap_or_default();
                let site = Site { at: self.source.at(value), form };
                Word { unresolved: unfilled(text), ..Word::written(format!("--{}={text}", entry.name), site) }
            };
            match entry.value.sequence() {
                Some(_) => words.extend(entry.value.items().take(MOST_ARGUMENTS).map(|item| word(&item, IN_A_LIST))),
                None if entry.value.scalar().is_some() => words.push(word(&entry.value, Form::Entry)),
                None => {}
            }
        }
        if !named.iter().any(|name| name == "hostname-override") {
            let word = match self.text(&["machine", "network", "hostname"]) {
                Some((name, at)) => Word {
                    hand: crate::Hand::Made("Talos gives it the name of the machine".to_owned()),
                    unresolved: unfilled(&name),
                    ..Word::written(format!("--hostname-override={name}"), Site { at, form: Form::Field })
                },
                None => Word {
                    hand: crate::Hand::Default(NAME),
                    unresolved: Some(unseen(GapKind::Unresolved, "Talos gives it the name of the machine")),
                    ..Word::written("--hostname-override=", self.flags_home())
                },
            };
            words.push(word);
        }
        (words, problems)
    }

    fn flags_home(&self) -> Site {
        let arguments = self.part(("extraArgs", "extraArgs")).or_else(|| self.get(&["machine", "kubelet"]));
        let at = arguments.or_else(|| self.own.clone()).map_or_else(
            || Location::whole(self.source.evidence.clone(), self.source.plane),
            |there| self.source.at(&there),
        );
        Site { at, form: FLAGS }
    }

    fn line(&self) -> KubeletLine {
        let (words, refused) = self.words();
        let mut problems = self.problems.clone();
        problems.extend(refused);
        let name = self.text(&["machine", "network", "hostname"]).map(|(name, _)| name);
        let instance = name.filter(|name| unfilled(name).is_none());
        let nodes = Nodes {
            words,
            version: self.version(),
            releases: onward(18),
            list: Some(self.flags_home()),
            problems,
            made: Some(self.made()),
            open_ended: self.is_part().then(|| {
                unseen(GapKind::Unread, "this is a part of the configuration of a machine, and the rest may say more")
            }),
            ..Nodes::new(NAME, instance.unwrap_or_else(|| self.source.evidence.as_str().to_owned()))
        };
        nodes.line(self.source)
    }
}
