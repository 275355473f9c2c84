//! The AdmissionConfiguration: what admission plugins are told, in the file itself or in further ones.
//!
//! Fields and checks are the server's own (apiserver pkg/admission/config.go, pod-security-admission admission/api,
//! apiserver pkg/admission/plugin/{webhook,resourcequota}, kubernetes plugin/pkg/admission/{eventratelimit,imagepolicy},
//! 1.17 to 1.36). A plugin nobody knows is passed over, `configuration` wins over `path`, and of two entries for one
//! plugin the first counts. The configuration of a plugin that does not run is not read. PodNodeSelector refuses nothing
//! that is judged here.
//!
//! Start at [`read`].

mod plugins;
mod tolerations;

use std::collections::BTreeSet;

use model::{Evidence, Location, Minor, ProblemKind, Release};
use yaml::Cursor;

use self::plugins::{UNVERSIONED, image_policy, settings};
use super::decode::{self, Around, Decoder, FROM_THE_START, Format, Placed, Read, Version, child, shown};

/// What the file means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// In the order of the text.
    pub plugins: Vec<Plugin>,
}

/// One plugin's entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plugin {
    pub name: Option<Placed<String>>,
    /// The further file, where that is what counts.
    pub path: Option<Placed<String>>,
    /// What it was told, of the plugins that are understood here, where that can be seen.
    pub settings: Option<Settings>,
    pub at: Location,
}

/// The configuration of a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settings {
    PodSecurity(Box<PodSecurity>),
    EventRateLimit(Vec<Limit>),
    ImagePolicyWebhook(ImagePolicy),
    /// Of ValidatingAdmissionWebhook and MutatingAdmissionWebhook: how the server logs in at webhooks.
    Webhooks {
        kubeconfig: Option<Placed<String>>,
    },
    PodTolerationRestriction,
    ResourceQuota,
    /// Of ValidatingAdmissionPolicy and MutatingAdmissionPolicy: where policies lie that no client can change.
    Policies,
}

/// What holds for namespaces that say nothing themselves, and who is exempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodSecurity {
    pub enforce: Standard,
    pub audit: Standard,
    pub warn: Standard,
    pub exempt_users: Vec<Placed<String>>,
    pub exempt_namespaces: Vec<Placed<String>>,
    pub exempt_runtime_classes: Vec<Placed<String>>,
    /// `defaults`, or what lacks it; `None` where there is no text at all.
    pub at: Option<Location>,
}

/// A level of the Pod Security Standards; where nothing is written it is `privileged` and `latest`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standard {
    pub level: Option<Placed<String>>,
    pub version: Option<Placed<String>>,
}

impl Standard {
    /// The level that holds.
    pub fn level(&self) -> &str {
        self.level.as_ref().map_or("privileged", Placed::as_str)
    }

    /// The version that holds.
    pub fn version(&self) -> &str {
        self.version.as_ref().map_or("latest", Placed::as_str)
    }
}

/// How many events are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// `Server`, `Namespace`, `User` or `SourceAndObject`.
    pub kind: Option<Placed<String>>,
    pub qps: Option<Placed<i64>>,
    pub burst: Option<Placed<i64>>,
    pub cache_size: Option<Placed<i64>>,
}

/// Who is asked about images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImagePolicy {
    pub kubeconfig: Option<Placed<String>>,
    /// Whether an image is taken when nobody answers; not, where it is not written.
    pub default_allow: Option<Placed<bool>>,
}

const KIND: &str = "AdmissionConfiguration";

const FORMAT: Format = Format {
    name: KIND,
    versions: &[
        Version::new("apiserver.config.k8s.io/v1", KIND, 17),
        Version::new("apiserver.k8s.io/v1alpha1", KIND, 5),
    ],
    strict: Some(Minor::new(1, 32)),
    kind_is_known: false,
    version_is_known: false,
    codec: FROM_THE_START,
};

const POLICIES_SINCE: u16 = 36;

/// Plugins that are told something here, and the first release in which each runs by default.
const PLUGINS: [(&str, Option<u16>); 9] = [
    ("EventRateLimit", None),
    ("ImagePolicyWebhook", None),
    ("MutatingAdmissionPolicy", Some(POLICIES_SINCE)),
    ("MutatingAdmissionWebhook", Some(9)),
    ("PodSecurity", Some(23)),
    ("PodTolerationRestriction", None),
    ("ResourceQuota", Some(1)),
    ("ValidatingAdmissionPolicy", Some(POLICIES_SINCE)),
    ("ValidatingAdmissionWebhook", Some(9)),
];

/// Plugins that keep the server from starting where they run and are told nothing: of one the list of limits may not be
/// empty, and the other wants to know where its webhook is.
const NEEDY: [&str; 2] = ["EventRateLimit", "ImagePolicyWebhook"];

/// Reads the file as the possible releases do, with the plugins that run by default.
pub fn read(evidence: &Evidence, version: &Release) -> Read<Admission> {
    read_around(evidence, version, &Around::default())
}

/// Reads the file as the possible releases do.
pub fn read_around(evidence: &Evidence, version: &Release, around: &Around<'_>) -> Read<Admission> {
    let legacy = || {
        // ReadAdmissionConfiguration: a file without a known version is that of one of two old plugins, if it has
        // their field, and then it is theirs as a whole.
        let text = evidence.text()?;
        let stream = yaml::parse(&crate::redact::parsable(evidence, text), &yaml::Limits::default());
        let root = stream.documents.first()?.cursor();
        let old = ["imagePolicy", "podNodeSelectorPluginConfig"].iter().any(|key| root.get(key).is_some());
        (old && root.get("plugins").is_none()).then_some(())
    };
    if legacy().is_some() {
        return decode::read(evidence, version, &UNVERSIONED, around, |root, decoder| {
            let image = runs("ImagePolicyWebhook", decoder).then(|| image_policy(root, decoder));
            let settings = image.map(Settings::ImagePolicyWebhook);
            let plugins = settings.map(|settings| Plugin {
                name: None,
                path: None,
                settings: Some(settings),
                at: decoder.at(root),
            });
            Some(Admission { plugins: plugins.into_iter().collect() })
        });
    }
    decode::read(evidence, version, &FORMAT, around, |root, decoder| Some(admission(root, decoder)))
}

fn admission(root: &Cursor<'_>, decoder: &mut Decoder<'_>) -> Admission {
    decoder.fields(root, &["apiVersion", "kind", "plugins"]);
    let mut seen = BTreeSet::new();
    let mut plugins = Vec::new();
    for entry in decoder.list(root, "plugins") {
        decoder.fields(&entry, &["name", "path", "configuration"]);
        let name = decoder.string(&entry, "name");
        let path = decoder.string(&entry, "path").filter(|path| !path.value.is_empty());
        let inline = child(&entry, "configuration");
        let called = name.as_ref().map_or("", Placed::as_str).to_owned();
        let at = decoder.at(&entry);
        if let Some(name) = &name
            && !seen.insert(called.clone())
        {
            let message = format!("an earlier entry for `{}` is the one that counts", shown(&name.value));
            decoder.warn(ProblemKind::Duplicate, &name.at, message);
            plugins.push(Plugin { name: Some(name.clone()), path: None, settings: None, at });
            continue;
        }
        if inline.is_some()
            && let Some(path) = &path
        {
            decoder.warn(ProblemKind::Conflict, &path.at, "`configuration` is given too and is what counts");
        }
        let path = path.filter(|_| inline.is_none());
        let settings = settings(&called, name.as_ref(), inline, path.as_ref(), decoder);
        plugins.push(Plugin { name, path, settings, at });
    }
    for plugin in NEEDY {
        if runs(plugin, decoder) && !seen.contains(plugin) {
            let hint = format!("an entry for {plugin}");
            decoder.lacks(root, &hint, format!("{plugin} runs, and is told nothing here"));
        }
    }
    Admission { plugins }
}

/// Whether a plugin runs, which decides whether its configuration is read.
fn runs(name: &str, decoder: &Decoder<'_>) -> bool {
    match decoder.around.plugins {
        Some(plugins) => plugins.iter().any(|plugin| plugin == name),
        None => PLUGINS.iter().any(|(known, since)| *known == name && since.is_some_and(|since| decoder.since(since))),
    }
}
