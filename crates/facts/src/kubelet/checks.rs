//! What keeps a kubelet from starting although every value of it decodes.
//!
//! pkg/kubelet/apis/config/validation/validation.go (ValidateKubeletConfiguration), and in cmd/kubelet/app InitializeTLS of
//! server.go and BuildAuthz of auth.go, at 1.20.2, 1.25, 1.33.3 and 1.36: what they have in common. What is asked for by a
//! feature gate, or is newer than 1.20, is left to the log of the kubelet.

use std::collections::BTreeSet;

use model::{Gap, Minor, Problem, ProblemKind, Reading};

use crate::{apiserver::is_suite, golang};

/// The first release that was read.
const FIRST: Minor = Minor::new(1, 20);

/// Fields that are numbers, with the least and the most that they may be.
const RANGES: [(&str, i64, i64); 17] = [
    ("eventBurst", 0, i64::MAX),
    ("eventRecordQPS", 0, i64::MAX),
    ("healthzPort", 0, 65_535),
    ("imageGCHighThresholdPercent", 0, 100),
    ("imageGCLowThresholdPercent", 0, 100),
    ("iptablesDropBit", 0, 31),
    ("iptablesMasqueradeBit", 0, 31),
    ("kubeAPIBurst", 0, i64::MAX),
    ("kubeAPIQPS", 0, i64::MAX),
    ("maxOpenFiles", 0, i64::MAX),
    ("maxPods", 0, i64::MAX),
    ("nodeLeaseDurationSeconds", 1, i64::MAX),
    ("nodeStatusMaxImages", -1, i64::MAX),
    ("oomScoreAdj", -1000, 1000),
    ("podsPerCore", 0, i64::MAX),
    ("readOnlyPort", 0, 65_535),
    ("registryBurst", 0, i64::MAX),
];

/// Fields that are one of some words.
const WORDS: [(&str, &[&str]); 6] = [
    ("authorization.mode", &["AlwaysAllow", "Webhook"]),
    ("hairpinMode", &["promiscuous-bridge", "hairpin-veth", "none"]),
    // Each release takes some of them.
    ("memorySwap.swapBehavior", &["", "LimitedSwap", "NoSwap", "UnlimitedSwap"]),
    ("tlsMinVersion", &["", "VersionTLS10", "VersionTLS11", "VersionTLS12", "VersionTLS13"]),
    ("topologyManagerPolicy", &["none", "best-effort", "restricted", "single-numa-node"]),
    ("topologyManagerScope", &["container", "pod"]),
];

/// The values of one release, as far as they are known.
pub(super) struct Values<'r>(pub(super) &'r [(&'static str, Result<Reading, Gap>)]);

impl Values<'_> {
    fn reading(&self, name: &str) -> Option<&Reading> {
        self.0.iter().find(|(known, _)| *known == name)?.1.as_ref().ok()
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.reading(name).map(Reading::in_force)
    }

    fn number(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok()
    }

    fn items(&self, name: &str) -> Option<Vec<String>> {
        let inner = self.text(name)?.strip_prefix('[')?.strip_suffix(']')?;
        Some(inner.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect())
    }

    fn duration(&self, name: &str) -> Option<i64> {
        golang::parse_duration(self.text(name)?)
    }
}

/// Why the kubelet does not start with these values.
pub(super) fn all(minor: Minor, values: &Values<'_>) -> Vec<Problem> {
    let mut found = Vec::new();
    if minor < FIRST {
        return found;
    }
    let mut refuse = |name: &str, message: String| {
        let place = values.reading(name).and_then(|reading| reading.origin.location().cloned());
        found.push(Problem {
            kind: ProblemKind::Refused,
            stops: true,
            message,
            hint: None,
            location: place,
            setting: Some(name.to_owned()),
        });
    };
    for (name, least, most) in RANGES {
        let Some(number) = values.number(name).filter(|number| *number < least || most < *number) else { continue };
        let wanted = match most {
            i64::MAX => format!("at least {least}"),
            _ => format!("from {least} to {most}"),
        };
        refuse(name, format!("`{name}` is `{number}`, and the kubelet takes {wanted}"));
    }
    for (name, words) in WORDS {
        let Some(text) = values.text(name).map(|text| text.trim_matches('"')) else { continue };
        if !words.contains(&text) {
            let known: Vec<String> =
                words.iter().filter(|word| !word.is_empty()).map(|word| format!("`{word}`")).collect();
            refuse(name, format!("`{name}` is `{text}`, and the kubelet takes {}", known.join(", ")));
        }
    }
    if let (Some(low), Some(high)) =
        (values.number("imageGCLowThresholdPercent"), values.number("imageGCHighThresholdPercent"))
        && low >= high
    {
        let name = "imageGCLowThresholdPercent";
        refuse(
            name,
            format!("`{name}` is `{low}`, and has to be below `imageGCHighThresholdPercent`, which is `{high}`"),
        );
    }
    let text = |name: &str| values.text(name).map(|text| text.trim_matches('"'));
    if text("systemCgroups").is_some_and(|text| !text.is_empty()) && text("cgroupRoot") == Some("") {
        refuse("systemCgroups", "`systemCgroups` is set and `cgroupRoot` is not".to_owned());
    }
    if let (Some(critical), Some(all)) =
        (values.duration("shutdownGracePeriodCriticalPods"), values.duration("shutdownGracePeriod"))
        && critical > all
    {
        let name = "shutdownGracePeriodCriticalPods";
        refuse(name, format!("`{name}` is longer than `shutdownGracePeriod`, of which it is a part"));
    }
    for suite in values.items("tlsCipherSuites").unwrap_or_default() {
        let suite = suite.trim_matches('"');
        if !is_suite(suite, minor) {
            refuse("tlsCipherSuites", format!("`tlsCipherSuites` has `{suite}`, which is no cipher suite"));
        }
    }
    enforced(minor, values, &mut refuse);
    found
}

/// `enforceNodeAllocatable`, and the groups of processes that its words need.
fn enforced(minor: Minor, values: &Values<'_>, refuse: &mut impl FnMut(&str, String)) {
    const NAME: &str = "enforceNodeAllocatable";
    let Some(words) = values.items(NAME) else { return };
    let known = [
        "pods",
        "none",
        "system-reserved",
        "kube-reserved",
        "system-reserved-compressible",
        "kube-reserved-compressible",
    ];
    let mut seen = BTreeSet::new();
    for word in &words {
        seen.insert(word.as_str());
        if !known.contains(&word.as_str()) {
            refuse(NAME, format!("`{NAME}` takes no `{word}`"));
        }
        for (scope, group) in [("system-reserved", "systemReservedCgroup"), ("kube-reserved", "kubeReservedCgroup")] {
            if word.starts_with(scope) && values.text(group).is_some_and(|text| text.trim_matches('"').is_empty()) {
                refuse(NAME, format!("`{NAME}` has `{word}`, for which `{group}` has to name a group"));
            }
        }
    }
    if seen.contains("none") && words.len() > 1 {
        refuse(NAME, format!("`{NAME}` has `none` beside others"));
    }
    // Since 1.33 at the latest `none` is no obstacle.
    let counts = words.iter().any(|word| word != "none") || (minor < Minor::new(1, 26) && !words.is_empty());
    if counts && values.text("cgroupsPerQOS") == Some("false") {
        refuse(NAME, format!("`{NAME}` is not empty while `cgroupsPerQOS` is `false`"));
    }
}
