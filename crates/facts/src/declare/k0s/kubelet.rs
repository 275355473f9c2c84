//! The kubelets of k0s by `spec.workerProfiles`: fields of their configuration, one set for each profile; and those of hosts of k0sctl
//! whose command hands the kubelet flags (`--kubelet-extra-args`), which win over it.
//!
//! k0sproject/k0s, pkg/component/controller/kubeletconfig.go of v1.20 to v1.24 and workerconfig/reconciler.go (buildProfile) since,
//! and pkg/component/worker/kubelet.go, which sets a few fields on the worker whatever the profile says.

use std::sync::LazyLock;

use model::{Evidence, Form, GapKind, Named, Site};
use yaml::Cursor;

use super::{Cluster, KNOWN, MOST, NAME, of, text_of};
use crate::{
    Word,
    declare::{
        Source,
        command::{self, unfilled},
        kubelet::{
            KubeletLine,
            made::{Made, Nodes, fields_but, list, unseen},
        },
        layers::map_below,
    },
    onward, within,
};

/// What may be written in the values of a profile.
static NAMED: LazyLock<Vec<Named>> = LazyLock::new(|| fields_but(&FIXED));

/// Fields that a worker sets whatever the profile says (writeKubeletConfig).
const FIXED: [&str; 3] = ["authentication.x509.clientCAFile", "containerRuntimeEndpoint", "staticPodURL"];

/// Up to v1.24 (getDefaultProfile).
const SUITES: [&str; 8] = [
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
];

/// Since (AllowedTLS12CipherSuiteIDs of pkg/constant).
const NEW_SUITES: [&str; 6] = [
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
];

/// The flag of the command with which a worker is given flags of its kubelet.
const ARGUMENTS: &str = "--kubelet-extra-args";

pub(in crate::declare) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    (text.contains("workerProfiles") || text.contains(ARGUMENTS)) && super::speaks(text)
}

pub(in crate::declare) fn runs(source: &Source<'_>) -> bool {
    speaks(source.text) && source.objects().iter().any(|(_, object)| of(object).is_some())
}

pub(in crate::declare) fn lines(source: &Source<'_>, _: &[Evidence]) -> Vec<KubeletLine> {
    let mut found = Vec::new();
    for (document, object) in source.objects() {
        let Some(definition) = of(&object).filter(|_| found.len() <= MOST) else { continue };
        let cluster = Cluster { source, definition };
        for mut nodes in cluster.kubelets() {
            nodes.problems = source.problems(document);
            found.push(nodes.line(source));
        }
    }
    found
}

impl Cluster<'_> {
    fn kubelets(&self) -> Vec<Nodes> {
        let profiles = self.get(&["workerProfiles"]);
        let metadata = self.definition.root.get("metadata");
        let cluster = metadata.and_then(|metadata| text_of(&metadata, "name")).filter(|name| name != NAME);
        let cluster = cluster.unwrap_or_else(|| self.source.evidence.as_str().to_owned());
        let mut found = self.of_hosts(&cluster);
        for profile in profiles.iter().flat_map(|profiles| profiles.items().take(MOST)) {
            let name = text_of(&profile, "name").unwrap_or_default();
            found.push(Nodes {
                version: self.version(),
                releases: within(KNOWN.0, u16::MAX),
                made: Some(self.profile(&profile, name == "default-windows", self.fields_of(&profile))),
                outranked: Some(unseen(
                    GapKind::NotCollected,
                    "what `--kubelet-extra-args` of a worker says wins over its profile, and was not seen",
                )),
                ..Nodes::new(NAME, format!("{cluster} ({name})"))
            });
        }
        found
    }

    /// The hosts of k0sctl that give their kubelet flags, each by itself.
    fn of_hosts(&self, cluster: &str) -> Vec<Nodes> {
        let hosts = self.definition.hosts.iter().flat_map(|hosts| hosts.items().take(MOST));
        let mut found = Vec::new();
        for (index, host) in hosts.enumerate() {
            let Some(given) = flag_of(&host, ARGUMENTS).filter(|_| runs_kubelet(&host)) else { continue };
            let site =
                Site { at: self.source.at(&given.at), form: Form::ByHand("change it in `--kubelet-extra-args`") };
            let mut words: Vec<Word> = split(&given.text)
                .into_iter()
                .map(|text| Word { unresolved: unfilled(&text), ..Word::written(text, site.clone()) })
                .collect();
            let open_ended = command::shorten(&mut words);
            let wanted = flag_of(&host, "--profile").map(|given| given.text);
            let profiles = self.get(&["workerProfiles"]);
            let is_wanted =
                |profile: &Cursor<'_>| text_of(profile, "name").is_some_and(|name| Some(&name) == wanted.as_ref());
            let profile = profiles.iter().flat_map(|profiles| profiles.items().take(MOST)).find(is_wanted);
            let home = profile.as_ref().map_or_else(|| site.clone(), |profile| self.fields_of(profile));
            let own = ["hostname", "privateAddress"].iter().find_map(|key| text_of(&host, key));
            let name = own.or_else(|| text_of(&host.get("ssh")?, "address")).unwrap_or_else(|| (index + 1).to_string());
            found.push(Nodes {
                words,
                open_ended,
                list: Some(site),
                version: self.version(),
                releases: within(KNOWN.0, u16::MAX),
                made: Some(self.profile(profile.as_ref().unwrap_or(&host), false, home)),
                ..Nodes::new(NAME, format!("{cluster} ({name})"))
            });
        }
        found
    }

    /// Where a field of a profile would be written.
    fn fields_of(&self, profile: &Cursor<'_>) -> Site {
        map_below(self.source, profile, &["values"], Form::Fields(&NAMED))
    }

    fn profile(&self, profile: &Cursor<'_>, is_windows: bool, home: Site) -> Made {
        let mut made = Made::new(NAME, self.source, home);
        // A field that no one knows is lost.
        if let Some(values) = profile.get("values").or_else(|| profile.get("config")) {
            made.fields(&values, self.source, &FIXED);
        }
        let data = self.data();
        made.adds_in("authentication.x509.clientCAFile", format!("{data}/pki/ca.crt"), within(KNOWN.0, 32));
        made.adds_in("authentication.x509.clientCAFile", "/run/k0s/kubelet/ca.crt", onward(34));
        let moved = unseen(GapKind::Version, "it moved within that release of k0s");
        made.leaves_open("authentication.x509.clientCAFile", moved, within(33, 33));
        for name in ["containerRuntimeEndpoint", "staticPodURL"] {
            made.leaves_open(name, unseen(GapKind::Unresolved, "k0s decides it on the worker"), None);
        }
        let by_network = || unseen(GapKind::Unresolved, "k0s works it out from its network, its folders or the node");
        for name in
            ["clusterDNS", "clusterDomain", "kubeReservedCgroup", "kubeletCgroups", "resolvConf", "volumePluginDir"]
        {
            if !made.is_written(name) {
                made.leaves_open(name, by_network(), None);
            }
        }
        // kubeletconfig.go had none before 1.22.
        let queries = unseen(GapKind::Version, "it came within that release of k0s");
        for (name, value, releases) in [
            ("authentication.anonymous.enabled", "false".to_owned(), None),
            ("authentication.webhook.enabled", "true".to_owned(), None),
            ("authorization.mode", "Webhook".to_owned(), None),
            ("eventRecordQPS", "0".to_owned(), onward(22)),
            ("failSwapOn", "false".to_owned(), None),
            ("rotateCertificates", "true".to_owned(), None),
            ("serverTLSBootstrap", "true".to_owned(), None),
            ("tlsCipherSuites", list(SUITES), within(KNOWN.0, 22)),
            ("tlsCipherSuites", list(NEW_SUITES), onward(28)),
            ("tlsMinVersion", "VersionTLS12".to_owned(), onward(28)),
        ] {
            if !made.is_written(name) {
                made.adds_in(name, value, releases);
            }
        }
        if !made.is_written("eventRecordQPS") {
            made.leaves_open("eventRecordQPS", queries, within(21, 21));
        }
        for name in ["tlsCipherSuites", "tlsMinVersion"] {
            if !made.is_written(name) {
                let from = if name == "tlsCipherSuites" { 23 } else { KNOWN.0 };
                made.leaves_open(name, unseen(GapKind::Version, "it depends on the release of k0s"), within(from, 27));
            }
        }
        if is_windows {
            made.rest(unseen(GapKind::Unresolved, "a worker on Windows has defaults of its own"));
        }
        made
    }
}

/// A flag of the command that a host starts k0s with.
struct Given<'a> {
    text: String,
    at: Cursor<'a>,
}

/// The last value of a flag among those of a host, in one item or two.
fn flag_of<'a>(host: &Cursor<'a>, name: &str) -> Option<Given<'a>> {
    let items: Vec<Cursor<'a>> = host.get("installFlags")?.items().take(MOST).collect();
    (0..items.len()).rev().find_map(|index| {
        let at = items[index].clone();
        let rest = unquoted(at.text()?).strip_prefix(name)?;
        match rest.strip_prefix(['=', ' ']) {
            Some(value) => Some(Given { text: unquoted(value).to_owned(), at }),
            None if rest.is_empty() => {
                let at = items.get(index + 1)?.clone();
                Some(Given { text: unquoted(at.text()?).to_owned(), at })
            }
            None => None,
        }
    })
}

/// A text without the quotes around all of it, as a shell would take them off.
fn unquoted(text: &str) -> &str {
    let inner = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

fn runs_kubelet(host: &Cursor<'_>) -> bool {
    match text_of(host, "role").as_deref() {
        Some("worker" | "single" | "controller+worker") => true,
        Some("controller") => flag_of(host, "--enable-worker").is_some() || is_switched_on(host, "--enable-worker"),
        _ => false,
    }
}

fn is_switched_on(host: &Cursor<'_>, name: &str) -> bool {
    let flags = host.get("installFlags");
    flags.is_some_and(|flags| flags.items().take(MOST).any(|flag| flag.text() == Some(name)))
}

/// The flags in a text, of which the last of a name counts; each has a value, if only an empty one (internal/pkg/flags, Split, and
/// internal/pkg/stringmap, ToArgs).
fn split(text: &str) -> Vec<String> {
    let mut found: Vec<(&str, String)> = Vec::new();
    for word in text.split_whitespace().take(MOST) {
        let name = word.split('=').next().unwrap_or_default();
        let whole = if word.contains('=') { word.to_owned() } else { format!("{word}=") };
        found.retain(|(known, _)| *known != name);
        found.push((name, whole));
    }
    found.into_iter().map(|(_, whole)| whole).collect()
}
