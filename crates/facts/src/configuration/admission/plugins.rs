//! The configurations of plugins, each in its own format.

use std::collections::BTreeSet;

use model::{Minor, ProblemKind};
use yaml::Cursor;

use super::{
    super::decode::{Decoder, FROM_THE_START, Format, NEVER, Placed, Version, is_label, is_subdomain, nearest, shown},
    ImagePolicy, Limit, NEEDY, PLUGINS, POLICIES_SINCE, PodSecurity, Settings, Standard, runs, tolerations,
};

const POD_SECURITY: Format = Format {
    name: "PodSecurityConfiguration",
    versions: &[
        Version::new("pod-security.admission.config.k8s.io/v1", "PodSecurityConfiguration", 25),
        Version::new("pod-security.admission.config.k8s.io/v1beta1", "PodSecurityConfiguration", 23),
        Version::new("pod-security.admission.config.k8s.io/v1alpha1", "PodSecurityConfiguration", 22),
    ],
    strict: Some(Minor::new(1, 22)),
    kind_is_known: false,
    version_is_known: false,
    codec: FROM_THE_START,
};

const EVENT_RATE_LIMIT: Format = Format {
    name: "Configuration",
    versions: &[Version::new("eventratelimit.admission.k8s.io/v1alpha1", "Configuration", 8)],
    strict: None,
    kind_is_known: false,
    version_is_known: false,
    codec: FROM_THE_START,
};

const WEBHOOKS: Format = Format {
    name: "WebhookAdmissionConfiguration",
    versions: &[
        Version::new("apiserver.config.k8s.io/v1", "WebhookAdmissionConfiguration", 17),
        Version::new("apiserver.config.k8s.io/v1alpha1", "WebhookAdmission", 9).until(36),
    ],
    strict: Some(Minor::new(1, 36)),
    kind_is_known: false,
    version_is_known: false,
    codec: FROM_THE_START,
};

const RESOURCE_QUOTA: Format = Format {
    name: "ResourceQuotaConfiguration",
    versions: &[
        Version::new("apiserver.config.k8s.io/v1", "ResourceQuotaConfiguration", 17),
        Version::new("resourcequota.admission.k8s.io/v1beta1", "Configuration", 9),
        Version::new("resourcequota.admission.k8s.io/v1alpha1", "Configuration", 7),
    ],
    strict: Some(Minor::new(1, 32)),
    kind_is_known: false,
    version_is_known: false,
    codec: FROM_THE_START,
};

/// apiserver pkg/admission/plugin/policy/config, 1.36; before, the two plugins look at no configuration.
const VALIDATING_POLICY: Format =
    policy(&[Version::new("apiserver.config.k8s.io/v1", "ValidatingAdmissionPolicyConfiguration", POLICIES_SINCE)]);

const MUTATING_POLICY: Format =
    policy(&[Version::new("apiserver.config.k8s.io/v1", "MutatingAdmissionPolicyConfiguration", POLICIES_SINCE)]);

const fn policy(versions: &'static [Version]) -> Format {
    Format {
        name: versions[0].kind,
        versions,
        strict: Some(FROM_THE_START),
        kind_is_known: false,
        version_is_known: false,
        codec: FROM_THE_START,
    }
}

/// The file of ImagePolicyWebhook has no version and no kind.
pub(super) const UNVERSIONED: Format =
    Format { name: "file", versions: &[], strict: None, kind_is_known: true, version_is_known: true, codec: NEVER };

/// What a plugin is told by its entry, or by the file that the entry names; `None` where that is not read.
pub(super) fn settings(
    called: &str,
    name: Option<&Placed<String>>,
    inline: Option<Cursor<'_>>,
    path: Option<&Placed<String>>,
    decoder: &mut Decoder<'_>,
) -> Option<Settings> {
    let named = PLUGINS.iter().any(|(plugin, _)| *plugin == called);
    let is_policy = matches!(called, "MutatingAdmissionPolicy" | "ValidatingAdmissionPolicy");
    if !named || is_policy && !decoder.since(POLICIES_SINCE) {
        if !named
            && let Some(name) = name
            && let Some(near) = nearest(called, PLUGINS.iter().map(|(plugin, _)| *plugin))
        {
            let message = format!("no plugin is called `{}`; perhaps `{near}`", shown(called));
            decoder.warn(ProblemKind::Unknown, &name.at, message);
        }
        // The file is opened for every plugin that runs, whatever it makes of it (apiserver pkg/admission/config.go).
        if let Some(path) = path.filter(|_| runs(called, decoder))
            && let Some(value) = absolute(&path.value, decoder.around.path)
        {
            decoder.wants(&Placed { value, at: path.at.clone() });
        }
        return None;
    }
    if !runs(called, decoder) && !decoder.around.named_plugins_run {
        return None;
    }
    if let Some(inline) = inline {
        return match format_of(called) {
            Some(format) => decoder.inner(&inline, format, |root, decoder| plugin(called, root, decoder)),
            None => plugin(called, &inline, decoder),
        };
    }
    let Some(path) = path else {
        if NEEDY.contains(&called)
            && let Some(name) = name
        {
            decoder.refuse_placed(&name.at, format!("{called} does not run without a configuration"));
        }
        return None;
    };
    let full = absolute(&path.value, decoder.around.path)?;
    let evidence = decoder.reads(&Placed { value: full, at: path.at.clone() })?;
    if called == "PodSecurity" && evidence.text().is_some_and(|text| text.is_empty()) {
        let standard = Standard::default;
        return Some(Settings::PodSecurity(Box::new(PodSecurity {
            enforce: standard(),
            audit: standard(),
            warn: standard(),
            exempt_users: Vec::new(),
            exempt_namespaces: Vec::new(),
            exempt_runtime_classes: Vec::new(),
            at: None,
        })));
    }
    let format = format_of(called).unwrap_or(&UNVERSIONED);
    decoder.other(evidence, format, |root, decoder| plugin(called, root, decoder))
}

/// A path as the server makes it absolute: from the folder of the file that names it.
fn absolute(path: &str, from: Option<&str>) -> Option<String> {
    if path.starts_with('/') {
        return Some(path.to_owned());
    }
    let (folder, _) = from?.rsplit_once('/')?;
    folder.starts_with('/').then(|| format!("{folder}/{}", path.trim_start_matches("./")))
}

fn format_of(plugin: &str) -> Option<&'static Format> {
    match plugin {
        "PodSecurity" => Some(&POD_SECURITY),
        "EventRateLimit" => Some(&EVENT_RATE_LIMIT),
        "PodTolerationRestriction" => Some(&tolerations::FORMAT),
        "ResourceQuota" => Some(&RESOURCE_QUOTA),
        "ValidatingAdmissionWebhook" | "MutatingAdmissionWebhook" => Some(&WEBHOOKS),
        "ValidatingAdmissionPolicy" => Some(&VALIDATING_POLICY),
        "MutatingAdmissionPolicy" => Some(&MUTATING_POLICY),
        _ => None,
    }
}

fn plugin(called: &str, root: &Cursor<'_>, decoder: &mut Decoder<'_>) -> Option<Settings> {
    match called {
        "PodSecurity" => Some(Settings::PodSecurity(Box::new(pod_security(root, decoder)))),
        "EventRateLimit" => Some(Settings::EventRateLimit(event_rate_limit(root, decoder))),
        "ImagePolicyWebhook" => Some(Settings::ImagePolicyWebhook(image_policy(root, decoder))),
        "PodTolerationRestriction" => {
            tolerations::check(root, decoder);
            Some(Settings::PodTolerationRestriction)
        }
        "ResourceQuota" => {
            resource_quota(root, decoder);
            Some(Settings::ResourceQuota)
        }
        "ValidatingAdmissionWebhook" | "MutatingAdmissionWebhook" => Some(webhooks(root, decoder)),
        "ValidatingAdmissionPolicy" | "MutatingAdmissionPolicy" => {
            decoder.fields(root, &["apiVersion", "kind", "staticManifestsDir"]);
            manifests(root, decoder);
            Some(Settings::Policies)
        }
        _ => None,
    }
}

/// ToPolicy and ValidatePodSecurityConfiguration.
fn pod_security(root: &Cursor<'_>, decoder: &mut Decoder<'_>) -> PodSecurity {
    decoder.fields(root, &["apiVersion", "kind", "defaults", "exemptions"]);
    let defaults = decoder.object(root, "defaults");
    if let Some(defaults) = &defaults {
        let known = ["enforce", "enforce-version", "audit", "audit-version", "warn", "warn-version"];
        decoder.fields(defaults, &known);
    }
    let standard = |level: &str, version: &str, decoder: &mut Decoder<'_>| {
        let Some(defaults) = &defaults else { return Standard::default() };
        let level = decoder.string(defaults, level).filter(|text| !text.value.is_empty());
        let version = decoder.string(defaults, version).filter(|text| !text.value.is_empty());
        if let Some(level) = &level {
            let levels = ["privileged", "baseline", "restricted"];
            if !levels.contains(&level.as_str()) {
                let near = nearest(level.as_str(), levels.into_iter()).map(|near| format!("; perhaps `{near}`"));
                let message = format!("`{}` is no level{}", shown(level.as_str()), near.unwrap_or_default());
                decoder.refuse_placed(&level.at, message);
            }
        }
        if let Some(version) = &version
            && !is_version(version.as_str())
        {
            let message = format!("`{}` is no version, such as `latest` or `v1.30`", shown(version.as_str()));
            decoder.refuse_placed(&version.at, message);
        }
        Standard { level, version }
    };
    let enforce = standard("enforce", "enforce-version", decoder);
    let audit = standard("audit", "audit-version", decoder);
    let warn = standard("warn", "warn-version", decoder);
    let exemptions = decoder.object(root, "exemptions");
    if let Some(exemptions) = &exemptions {
        decoder.fields(exemptions, &["usernames", "namespaces", "runtimeClasses"]);
    }
    let exempt = |key: &str, fits: &dyn Fn(&str) -> bool, what: &str, decoder: &mut Decoder<'_>| {
        let names = exemptions.as_ref().map_or_else(Vec::new, |exemptions| decoder.strings(exemptions, key));
        let mut seen = BTreeSet::new();
        for name in &names {
            if !fits(&name.value) {
                decoder.refuse_placed(&name.at, format!("`{}` is no {what}", shown(&name.value)));
            } else if !seen.insert(&name.value) {
                decoder.twice(&name.at, format!("`{}` is given twice", shown(&name.value)));
            }
        }
        names
    };
    PodSecurity {
        enforce,
        audit,
        warn,
        exempt_users: exempt("usernames", &|name| !name.is_empty(), "name of a user", decoder),
        exempt_namespaces: exempt("namespaces", &is_label, "name of a namespace", decoder),
        exempt_runtime_classes: exempt("runtimeClasses", &is_subdomain, "name of a runtime class", decoder),
        at: Some(decoder.place(root, "defaults")),
    }
}

/// ParseVersion of pod-security-admission api/helpers.go.
fn is_version(text: &str) -> bool {
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        digits && (text == "0" || !text.starts_with('0')) && text.parse::<i64>().is_ok()
    };
    text == "latest" || text.strip_prefix("v1.").is_some_and(number)
}

/// eventratelimit's ValidateConfiguration.
fn event_rate_limit(root: &Cursor<'_>, decoder: &mut Decoder<'_>) -> Vec<Limit> {
    decoder.fields(root, &["apiVersion", "kind", "limits"]);
    let list = decoder.list(root, "limits");
    if list.is_empty() {
        decoder.lacks(root, "`limits`", "`limits` needs at least one");
    }
    let mut limits = Vec::new();
    for item in list {
        decoder.fields(&item, &["type", "qps", "burst", "cacheSize"]);
        let limit = Limit {
            kind: decoder.string(&item, "type"),
            qps: decoder.integer(&item, "qps", 32),
            burst: decoder.integer(&item, "burst", 32),
            cache_size: decoder.integer(&item, "cacheSize", 32),
        };
        let kind = limit.kind.as_ref().map_or("", Placed::as_str);
        if !matches!(kind, "Server" | "Namespace" | "User" | "SourceAndObject") {
            let at = decoder.place(&item, "type");
            let message = format!("`{}` is no type; there is Server, Namespace, User and SourceAndObject", shown(kind));
            decoder.refuse_placed(&at, message);
        }
        for (number, key) in [(&limit.qps, "qps"), (&limit.burst, "burst")] {
            if number.as_ref().is_none_or(|number| number.value <= 0) {
                let at = decoder.place(&item, key);
                decoder.refuse_placed(&at, format!("`{key}` has to be more than 0"));
            }
        }
        if let Some(size) = &limit.cache_size
            && size.value < 0
            && kind != "Server"
        {
            decoder.refuse_placed(&size.at, "`cacheSize` may not be negative");
        }
        limits.push(limit);
    }
    limits
}

/// NewImagePolicyWebhook: names of fields count whatever their capitals, and unknown ones are passed over.
pub(super) fn image_policy(root: &Cursor<'_>, decoder: &mut Decoder<'_>) -> ImagePolicy {
    let mut read = ImagePolicy { kubeconfig: None, default_allow: None };
    let field = |parent: &Cursor<'_>, name: &str| {
        let mut names = parent.entries().map(|item| item.name.into_owned());
        names.find(|known| known.eq_ignore_ascii_case(name))
    };
    let policy = field(root, "imagePolicy").and_then(|key| decoder.object(root, &key));
    let place = policy.clone().unwrap_or_else(|| root.clone());
    if let Some(policy) = &policy {
        if let Some(key) = field(policy, "kubeConfigFile") {
            read.kubeconfig = decoder.string(policy, &key).filter(|path| !path.value.is_empty());
        }
        if let Some(key) = field(policy, "defaultAllow") {
            read.default_allow = decoder.boolean(policy, &key);
        }
        // normalizeConfigDuration: -1 is off, 0 the default, and the bounds are in nanoseconds.
        let (second, millisecond) = (1_000_000_000_i128, 1_000_000_i128);
        for (name, scale, least, most) in [
            ("allowTTL", second, second, 1800 * second),
            ("denyTTL", second, second, 1800 * second),
            ("retryBackoff", millisecond, 1, 300 * second),
        ] {
            let Some(number) = field(policy, name).and_then(|key| decoder.integer(policy, &key, 64)) else { continue };
            let length = i128::from(number.value) * scale;
            if !matches!(number.value, -1 | 0) && !(least..=most).contains(&length) {
                decoder.refuse_placed(&number.at, format!("`{name}` is out of its bounds"));
            }
        }
    }
    match &read.kubeconfig {
        Some(path) => decoder.calls(path),
        None => {
            decoder.lacks(&place, "`kubeConfigFile`", "nothing says where the webhook is: `imagePolicy.kubeConfigFile`")
        }
    }
    read
}

/// resourcequota's ValidateConfiguration.
fn resource_quota(root: &Cursor<'_>, decoder: &mut Decoder<'_>) {
    decoder.fields(root, &["apiVersion", "kind", "limitedResources"]);
    for item in decoder.list(root, "limitedResources") {
        decoder.fields(&item, &["apiGroup", "resource", "matchContains", "matchScopes"]);
        decoder.string(&item, "apiGroup");
        decoder.strings(&item, "matchContains");
        if decoder.string(&item, "resource").is_none_or(|resource| resource.value.is_empty()) {
            decoder.lacks(&item, "`resource`", "`resource` is required");
        }
    }
}

/// LoadConfig of apiserver pkg/admission/plugin/webhook/config/kubeconfig.go.
fn webhooks(root: &Cursor<'_>, decoder: &mut Decoder<'_>) -> Settings {
    decoder.fields_since(root, &["apiVersion", "kind", "kubeConfigFile"], &[("staticManifestsDir", 36)]);
    let kubeconfig = decoder.string(root, "kubeConfigFile").filter(|path| !path.value.is_empty());
    match &kubeconfig {
        Some(path) if path.value.starts_with('/') => decoder.wants_kubeconfig(path),
        Some(path) => decoder.refuse_placed(&path.at, "`kubeConfigFile` has to be an absolute path"),
        None if !decoder.since(36) => decoder.lacks(root, "`kubeConfigFile`", "`kubeConfigFile` is required"),
        None => {}
    }
    if decoder.since(36) {
        manifests(root, decoder);
    }
    Settings::Webhooks { kubeconfig }
}

/// ValidateStaticManifestsDir of apiserver pkg/admission/plugin/manifest/validation.go.
fn manifests(root: &Cursor<'_>, decoder: &mut Decoder<'_>) {
    let Some(folder) = decoder.string(root, "staticManifestsDir").filter(|folder| !folder.value.is_empty()) else {
        return;
    };
    if !decoder.around.gate("ManifestBasedAdmissionControlConfig", false) {
        let message = "`staticManifestsDir` needs the feature gate ManifestBasedAdmissionControlConfig";
        decoder.refuse_placed(&folder.at, message);
    } else if !folder.value.starts_with('/') {
        decoder.refuse_placed(&folder.at, "`staticManifestsDir` has to be an absolute path");
    }
}
