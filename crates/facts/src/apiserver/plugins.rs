//! Admission plugins: which a release knows, which are on by themselves, and what the flags make of that.

use std::sync::LazyLock;

use model::{Author, Gap, GapKind, Minor, Origin, Unanswered, Version};
use serde::Deserialize;

use super::{ApiServer, Flag, Server, gates};
use crate::{
    Invocation,
    flags::{KUBE_APISERVER, parse_minor},
    merge::newer_than_data,
};

static KNOWN: LazyLock<Data> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/flags/default-admission-plugins.json"))
        .expect("the embedded table parses")
});

#[derive(Deserialize)]
struct Data {
    /// The component's name; that it is borrowed is what lets the rest be.
    #[expect(dead_code, reason = "see above")]
    component: &'static str,
    versions: Vec<Release>,
    plugins: Vec<Plugin>,
}

#[derive(Deserialize)]
struct Release {
    version: &'static str,
    #[serde(borrow)]
    default_on: Vec<&'static str>,
    #[serde(borrow)]
    inert: std::collections::BTreeMap<&'static str, &'static str>,
}

#[derive(Deserialize)]
struct Plugin {
    name: &'static str,
    introduced: Option<&'static str>,
    removed: Option<&'static str>,
}

/// An admission plugin of one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdmissionPlugin {
    pub enabled: bool,
    /// The flag that decides: `--enable-admission-plugins`, also where it is left to its default.
    pub setting: String,
    pub origin: Origin,
    /// Why it does nothing although it is on.
    pub inert: Option<String>,
}

/// A name in a list of plugins that the release does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownPlugin {
    pub name: String,
    /// The flag that names it, without its dashes.
    pub setting: &'static str,
    pub origin: Origin,
    /// "it was removed in 1.25".
    pub why: String,
}

/// Names that no possible release knows, and what keeps from telling of others.
pub(super) fn unknown(server: &ApiServer) -> (Vec<UnknownPlugin>, Vec<Gap>) {
    let release = &server.component().release;
    let mut found: Vec<UnknownPlugin> = Vec::new();
    let mut gaps = Vec::new();
    for setting in ["admission-control", "enable-admission-plugins", "disable-admission-plugins"] {
        let held = match server.get(&Flag::<Vec<String>>::new(setting)) {
            Ok(held) => held,
            // One that some of the possible releases lack is not given, or they would not be possible.
            Err(Unanswered::Gap(gap)) if gap.kind != GapKind::Version => {
                gaps.push(gap);
                continue;
            }
            Err(_) => continue,
        };
        for name in held.value.iter().filter(|_| matches!(held.origin(), Origin::Written(_))) {
            let knowing = release.minors().filter(|&minor| is_known(name, minor)).count();
            let newer =
                release.minors().map(Version::of_minor).find_map(|version| newer_than_data(&KUBE_APISERVER, &version));
            match (knowing, newer) {
                (_, Some(gap)) => gaps.push(gap),
                (0, None) if !found.iter().any(|known| known.name == *name && known.setting == setting) => {
                    let why = life(name).unwrap_or_else(|| "no release has it".to_owned());
                    found.push(UnknownPlugin { name: name.clone(), setting, origin: held.origin().clone(), why });
                }
                (knowing, None) if knowing > 0 && knowing < release.minors().count() => {
                    gaps.push(Gap::of_release(format!(
                        "whether the release has the plugin `{name}` differs over {release}"
                    )));
                }
                _ => {}
            }
        }
    }
    (found, gaps)
}

/// Whether a release has a plugin of that name.
pub(super) fn is_known(name: &str, minor: Minor) -> bool {
    KNOWN.plugins.iter().any(|plugin| plugin.name == name && exists(plugin, minor))
}

/// Whether any release has one.
pub(super) fn life(name: &str) -> Option<String> {
    let plugin = KNOWN.plugins.iter().find(|plugin| plugin.name == name)?;
    Some(match (plugin.introduced, plugin.removed) {
        (Some(from), None) => format!("it came in {from}"),
        (_, Some(removed)) => format!("it was removed in {removed}"),
        (None, None) => "every release has it".to_owned(),
    })
}

fn exists(plugin: &Plugin, minor: Minor) -> bool {
    let reached = |text: Option<&str>| text.and_then(parse_minor).is_some_and(|since| since <= minor);
    (plugin.introduced.is_none() || reached(plugin.introduced)) && !reached(plugin.removed)
}

/// Plugins that do nothing while the feature gate of their name is off (plugin/pkg/admission/security/podsecurity/
/// admission.go, `InspectFeatureGates`, 1.22 to 1.24; from 1.25 on no server starts with that gate off).
const GATED: [&str; 1] = ["PodSecurity"];

/// Whether nobody has a say in a plugin: no list names it, none stands for all of them, and no gate is switched off that it may
/// need. What the release makes of it may still differ over those that are possible.
pub(super) fn is_left_alone(server: &ApiServer, name: &str) -> bool {
    let list = |flag: &'static str| server.get(&Flag::<Vec<String>>::new(flag));
    let is_silent = |flag: &'static str| match list(flag) {
        Ok(held) => !held.value.iter().any(|item| item == name),
        Err(Unanswered::NotApplicable(_)) => true,
        Err(Unanswered::Gap(_)) => false,
    };
    let no_gate_is_off = || {
        gates::given(server)
            .is_ok_and(|given| given.iter().all(|gate| gate.on || (gate.name != name && gate.name != "AllBeta")))
    };
    list("admission-control").is_ok_and(|whole| whole.value.is_empty())
        && is_silent("enable-admission-plugins")
        && is_silent("disable-admission-plugins")
        && no_gate_is_off()
}

/// Whether one plugin runs: it does where the process has counted it, and else as the flags say.
pub(super) fn state(server: &ApiServer, name: &str) -> Result<AdmissionPlugin, Unanswered> {
    let by_flags = by_flags(server, name).and_then(|plugin| gated(server, name, plugin));
    match (&by_flags, server.metrics()) {
        (Ok(plugin), _) if plugin.enabled => by_flags,
        (_, Some(metrics)) if metrics.ran.contains(name) => Ok(AdmissionPlugin {
            enabled: true,
            setting: "--enable-admission-plugins".to_owned(),
            origin: Origin::Reported(metrics.at.clone()),
            inert: None,
        }),
        _ => by_flags,
    }
}

/// The plugin, off where somebody switched off the gate without which it does nothing.
fn gated(server: &ApiServer, name: &str, plugin: AdmissionPlugin) -> Result<AdmissionPlugin, Unanswered> {
    if !plugin.enabled || !GATED.contains(&name) {
        return Ok(plugin);
    }
    match gates::state(server, name) {
        Ok((false, Some(by))) => Ok(AdmissionPlugin {
            enabled: false,
            setting: "--feature-gates".to_owned(),
            origin: by.origin,
            inert: None,
        }),
        Ok(_) | Err(Unanswered::NotApplicable(_)) => Ok(plugin),
        Err(gap) => Err(gap),
    }
}

/// What the flags make of one plugin.
fn by_flags(server: &ApiServer, name: &str) -> Result<AdmissionPlugin, Unanswered> {
    let release = &server.component().release;
    if !release.minors().any(|minor| is_known(name, minor)) {
        let life = life(name).unwrap_or_else(|| "no release has it".to_owned());
        return Err(Unanswered::NotApplicable(format!("{release} has no admission plugin `{name}`: {life}")));
    }
    let list = |flag: &'static str| match server.get(&Flag::<Vec<String>>::new(flag)) {
        Ok(held) => Ok(Some((held.value, held.reading.origin.clone()))),
        Err(Unanswered::NotApplicable(_)) => Ok(None),
        Err(gap) => Err(gap),
    };
    let names = |list: &[String]| list.iter().any(|item| item == name);
    let plugin =
        |enabled, setting: &str, origin| AdmissionPlugin { enabled, setting: setting.to_owned(), origin, inert: None };

    // pkg/kubeapiserver/options/admission.go, ApplyTo: `--admission-control` is the whole set where it is given.
    if let Some((whole, origin)) = list("admission-control")?
        && !matches!(origin, Origin::Default { by: Author::Upstream { .. }, .. })
        // A process lists all its flags, those too that nobody gave it.
        && !(whole.is_empty() && matches!(origin, Origin::Reported(_)))
    {
        return Ok(plugin(names(&whole), "--admission-control", origin));
    }
    if let Some((disabled, origin)) = list("disable-admission-plugins")?
        && names(&disabled)
    {
        return Ok(plugin(false, "--disable-admission-plugins", origin));
    }
    let is_own = server.own_plugins.contains(&name);
    let by_itself: Vec<Option<bool>> =
        release.minors().map(|minor| default_on(name, minor).map(|on| on || is_own)).collect();
    let enabled = match list("enable-admission-plugins") {
        // Whatever else is enabled, what is on by itself and not disabled is on.
        Err(_) if !by_itself.is_empty() && by_itself.iter().all(|on| *on == Some(true)) => {
            let origin = Origin::Default { by: Author::Upstream { since: None }, home: None };
            return Ok(plugin(true, "--enable-admission-plugins", origin));
        }
        other => other?,
    };
    let (setting, enabled) = match enabled {
        Some(enabled) => ("--enable-admission-plugins", Some(enabled)),
        None => ("--admission-control", list("admission-control")?),
    };
    let Some((enabled, origin)) = enabled else {
        return Err(Gap::of_release(format!("whether `{name}` is on depends on the release")).into());
    };
    if names(&enabled) {
        return Ok(AdmissionPlugin { inert: inert(name, release.bounds().0), ..plugin(true, setting, origin) });
    }
    let mut on = by_itself.into_iter();
    let first = on.next().flatten().filter(|first| on.all(|other| other == Some(*first)));
    let Some(first) = first else {
        return Err(Gap::of_release(format!("whether `{name}` is on by default depends on the release")).into());
    };
    let inert = first.then(|| inert(name, release.bounds().0)).flatten();
    // The flag may be written and not name the plugin: that the plugin is on is its default all the same.
    let origin = match origin {
        Origin::Written(site) => Origin::Default { by: Author::Upstream { since: None }, home: Some(site) },
        Origin::Default { home, .. } => Origin::Default { by: Author::Upstream { since: None }, home },
        other => other,
    };
    Ok(AdmissionPlugin { inert, ..plugin(first, setting, origin) })
}

/// The plugins that run in one release; `None` where a flag that decides it is not known, or the release.
pub(super) fn running(server: &Server<'_>) -> Option<Vec<String>> {
    let minor = server.version.minor;
    if server.is_given("admission-control") {
        return server.list("admission-control").map(<[String]>::to_vec);
    }
    let default = &KNOWN.versions.iter().find(|release| parse_minor(release.version) == Some(minor))?.default_on;
    let default = || default.iter().copied().chain(own(server.invocation).iter().copied());
    if !server.has("enable-admission-plugins") {
        return Some(default().map(str::to_owned).collect());
    }
    let (enabled, disabled) = (server.list("enable-admission-plugins")?, server.list("disable-admission-plugins")?);
    let on = default().chain(enabled.iter().map(String::as_str));
    Some(on.filter(|name| !disabled.iter().any(|other| other == name)).map(str::to_owned).collect())
}

/// Plugins that a distribution's build of the server has on by itself, beside those of Kubernetes.
pub(super) fn own(invocation: &Invocation) -> &'static [&'static str] {
    // openshift/kubernetes, openshift-kube-apiserver/admission/admissionenablement/register.go (additionalDefaultOnPlugins),
    // as far as Kubernetes knows them.
    const OPENSHIFT: [&str; 6] = [
        "NodeRestriction",
        "OwnerReferencesPermissionEnforcement",
        "PodNodeSelector",
        "PodTolerationRestriction",
        "Priority",
        "StorageObjectInUseProtection",
    ];
    // gardener/gardener, pkg/component/shared/kubeapiserver.go, and pkg/utils/kubernetes/admissionplugins.go before v1.116: it is in
    // the list of each release, unless a Shoot disables it.
    const GARDENER: [&str; 1] = ["NodeRestriction"];
    match invocation.distribution {
        _ if invocation.is_openshift() => &OPENSHIFT,
        Some("Gardener") => &GARDENER,
        _ => &[],
    }
}

/// `None` outside the releases that the data covers.
fn default_on(name: &str, minor: Minor) -> Option<bool> {
    let release = KNOWN.versions.iter().find(|release| parse_minor(release.version) == Some(minor))?;
    Some(release.default_on.contains(&name))
}

fn inert(name: &str, minor: Minor) -> Option<String> {
    let release = KNOWN.versions.iter().find(|release| parse_minor(release.version) == Some(minor))?;
    release.inert.get(name).map(|why| (*why).to_owned())
}

/// The names of a list that a release does not know.
pub(super) fn unknown_names(list: &[String], minor: Minor) -> impl Iterator<Item = &str> {
    list.iter().map(String::as_str).filter(move |name| !is_known(name, minor))
}
