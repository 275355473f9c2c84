//! What runs, held against what is declared. The page beside this file explains the rule and tests it.

use facts::kubelet;
use model::{
    Answer, Component, Confidence, Contradiction, DECLARED, Finding, Gap, Label, Origin, Plane, Reading, Remedy, RuleCard, Safety,
    Setting, Severity, Unanswered, Verdict,
};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "component-planes-disagree",
        title: "A component runs with something else than what is declared",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("planes_disagree.md"),
    },
    component: "cluster",
    applies: Applies::ALWAYS,
    check: Check::Component(check),
};

/// Flags that a server fills in by itself where nobody gives them: Complete in pkg/controlplane/apiserver/options and
/// cmd/kube-apiserver/app/options, and MaybeDefaultWithSelfSignedCerts in apiserver pkg/server/options (1.36).
const FILLED_IN: [&str; 10] = [
    "advertise-address", "audit-log-path", "external-hostname", "log-text-info-buffer-size", "service-account-key-file",
    "service-cluster-ip-range", "tls-cert-file", "tls-private-key-file", "vmodule", "watch-cache-sizes",
];

/// The same of a kubelet: the certificate that it makes itself (InitializeTLS of cmd/kubelet/app/server.go, before `/configz` is
/// set up), and what an installer gives each node beside the file that all of them share (cmd/kubeadm/app/phases/kubelet/flags.go,
/// and `instance-config.yaml` from 1.32 on).
const FILLED_IN_BY_KUBELETS: [&str; 7] = [
    "cgroupDriver", "containerRuntimeEndpoint", "imageServiceEndpoint", "providerID", "resolvConf", "tlsCertFile", "tlsPrivateKeyFile",
];

/// Lists whose order means nothing, and which some come in.
const UNORDERED: [&str; 6] =
    ["allowedUnsafeSysctls", "disable-admission-plugins", "enable-admission-plugins", "runtime-config", "tlsCipherSuites", "watch-cache-sizes"];

fn check(component: &Component) -> Verdict {
    let mut answer = Answer::default();
    let (mut same, mut running) = (0_usize, 0_usize);
    let (mut hidden, mut undeclared) = (None::<Gap>, None::<Gap>);
    for setting in component.settings.iter().filter(|setting| setting.readings.len() > 1) {
        // The nearest plane that speaks is what every farther one is held against: what runs, else what it was started with.
        let mut planes = setting.readings.iter();
        let nearest = planes.by_ref().find_map(|reading| match reading {
            Ok(reading) => Some(reading),
            Err(gap) => {
                hidden.get_or_insert_with(|| gap.clone());
                None
            }
        });
        let Some(nearest) = nearest else { continue };
        let mut others: Vec<&Reading> = Vec::new();
        let mut compared = 0_usize;
        for farther in planes {
            match farther {
                Ok(farther) => {
                    compared += 1;
                    others.extend((!agree(setting, nearest, farther)).then_some(farther));
                }
                Err(gap) => undeclared = undeclared.or_else(|| Some(gap.clone())),
            }
        }
        running += usize::from(nearest.plane == Plane::Running && compared > 0);
        if others.is_empty() {
            same += usize::from(compared > 0);
        } else {
            answer.findings.push(finding(setting, nearest, &others));
        }
    }
    match &component.contradicted {
        Ok(found) => answer.findings.extend(found.iter().filter_map(|one| contradicted(component, one))),
        // What it does might have said otherwise.
        Err(gap) => answer.gaps.push(gap.clone()),
    }
    let without_quote = |gap: Gap| Gap {
        reason: gap.reason.split(DECLARED).next().unwrap_or_default().to_owned(),
        ..gap
    };
    let what = if component.name == kubelet::NAME { "settings" } else { "flags" };
    if running > 0 {
        answer.because = format!("{same} {what} that the process lists are as they are declared");
        // Another place that declares all of it may say something else.
        let hides = |setting: &Setting, gap: &Gap| setting.readings.iter().flat_map(|one| one.as_ref().err()).any(|one| one.wanted == gap.wanted);
        let undeclared = undeclared.filter(|gap| component.settings.iter().all(|setting| hides(setting, gap)));
        answer.gaps.extend(undeclared.map(without_quote));
        return Ok(answer);
    }
    // What it runs with was asked and not told, whatever the places say that declare it.
    answer.gaps.extend(hidden.map(without_quote));
    if same == 0 && answer.findings.is_empty() && answer.gaps.is_empty() {
        return Err(match undeclared {
            Some(gap) => Unanswered::Gap(without_quote(gap)),
            None => Unanswered::NotApplicable("only one plane of it was seen, so that there is nothing to compare".to_owned()),
        });
    }
    answer.because = format!("{same} {what} that it is started with are as they are declared elsewhere");
    Ok(answer)
}

/// What it was seen to do, against what it says or is declared to be.
fn contradicted(component: &Component, one: &Contradiction) -> Option<Finding> {
    let reading = component.setting(one.setting)?.in_force().ok()?;
    let name = say::flag(one.setting);
    let value = if say::is_nothing(reading.in_force()) { "not set".to_owned() } else { format!("`{}`", reading.in_force()) };
    Some(Finding {
        subject: Some(name.clone()),
        setting: Some(name.clone()),
        message: format!("`{name}` is {value}, but {}", one.does),
        severity: None,
        // Something that stands in front of the server may have answered.
        confidence: Confidence::Probable,
        primary: Origin::Reported(one.at.clone()),
        because: reading.origin.location().map(|at| Label { at: at.clone(), text: format!("it is {value} here") }).into_iter().collect(),
        remedy: Some(Remedy {
            title: "find out who answers there, and what it was started with".to_owned(),
            safety: Safety::Manual,
            breaks: Vec::new(),
            changes: Vec::new(),
        }),
    })
}

fn agree(setting: &Setting, running: &Reading, declared: &Reading) -> bool {
    if running.value == declared.value || running.value == declared.in_force() {
        return true;
    }
    // Of two places that declare it neither says anything: what a tool would add is for that tool to say.
    let is_written = |reading: &Reading| matches!(reading.origin, Origin::Written(_));
    if running.plane != Plane::Running && !is_written(running) && !is_written(declared) {
        return true;
    }
    // What another plane could not read is no other value.
    if declared.open.is_some() && matches!(declared.origin, Origin::Default { .. }) {
        return true;
    }
    let filled_in = FILLED_IN.contains(&setting.name) || FILLED_IN_BY_KUBELETS.contains(&setting.name);
    if filled_in && matches!(declared.origin, Origin::Default { .. }) {
        return true;
    }
    UNORDERED.contains(&setting.name) && sorted(&running.value) == sorted(&declared.value)
}

fn sorted(list: &str) -> Vec<&str> {
    let mut items: Vec<&str> = list.trim_matches(['[', ']']).split(',').map(str::trim).collect();
    items.sort_unstable();
    items
}

/// One flag of which farther planes say something else than the nearest does, with the place of each.
fn finding(setting: &Setting, nearest: &Reading, others: &[&Reading]) -> Finding {
    let name = say::flag(setting.name);
    let shown = |value: &str| if say::is_nothing(value) { "not set".to_owned() } else { format!("`{value}`") };
    let is_written = |reading: &&&Reading| matches!(reading.origin, Origin::Written(_));
    let runs = if nearest.plane == Plane::Running { "runs as" } else { "is started as" };
    // Those that say the same are said once.
    let mut values: Vec<String> = Vec::new();
    for other in others.iter().filter(is_written) {
        let value = shown(&other.value);
        if !values.contains(&value) {
            values.push(value);
        }
    }
    let written = !values.is_empty();
    let value = shown(&nearest.value);
    let message = if written {
        format!("`{name}` {runs} {value} and is declared as {}", say::and(&values))
    } else {
        format!("`{name}` {runs} {value}, and nothing that is declared makes it so")
    };
    let label = |other: &&Reading| {
        let text = match &other.origin {
            Origin::Written(_) => format!("declared as {}", shown(&other.value)),
            _ => "would be declared here".to_owned(),
        };
        other.origin.location().map(|at| Label { at: at.clone(), text })
    };
    Finding {
        subject: Some(name.clone()),
        setting: Some(name),
        message,
        severity: None,
        // A default may be filled in by a server in ways that are not known here.
        confidence: if written { Confidence::Certain } else { Confidence::Probable },
        primary: nearest.origin.clone(),
        because: others.iter().filter_map(label).collect(),
        remedy: Some(Remedy {
            title: "find out which of them is meant, and make the others so".to_owned(),
            safety: Safety::Manual,
            breaks: vec!["A restart makes what is declared run, whether or not it was meant.".to_owned()],
            changes: Vec::new(),
        }),
    }
}
