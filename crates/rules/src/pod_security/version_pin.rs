//! The page beside this file explains the rule and tests it.

use facts::{Cluster, objects::Of};
use model::{Gap, GapKind, Minor, RuleCard, Severity, Verdict};

use crate::{Applies, Check, Rule, run, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "pod-security-version-pin",
        title: "A namespace is held to an outdated version of the Pod Security Standards",
        severity: Severity::Low,
        fix: None,
        page: include_str!("version_pin.md"),
    },
    component: "pod-security",
    applies: Applies::from(23, "1.23 turned the plug-in `PodSecurity` on"),
    check: Check::ObjectsUnder { of: OF, ask: check },
};

const OF: &[Of] = &[Of::Namespace];

/// Minor releases that a pin may stay behind.
const BEHIND: u16 = 2;

fn check(cluster: &Cluster) -> Verdict {
    const BREAKS: [&str; 1] = ["A newer version may refuse pods that passed: warn of it first."];
    let mut answer =
        say::about(cluster, OF, Vec::new(), format!("no namespace is held to a version more than {BEHIND} minors old"))?;
    let release = run::release(cluster);
    for namespace in &cluster.objects.namespaces {
        for name in ["enforce-version", "warn-version", "audit-version"] {
            // What is no version is taken for the newest (pod-security-admission api/helpers.go, `PolicyToEvaluate`).
            let Some((said, pinned)) = namespace.pod_security(name).and_then(|said| Some((said, pin(&said.text)?))) else {
                continue;
            };
            let path = &namespace.meta.name;
            let Some((oldest, newest)) = release.as_ref().map(model::Release::bounds) else {
                answer.gaps.push(unknown(GapKind::NotCollected, format!("`{path}` is held to {pinned}, and no API server was looked at")));
                continue;
            };
            let is_old = |minor: Minor| pinned.minor + BEHIND < minor.minor;
            if is_old(oldest) {
                let message = format!("`{path}` is held to {pinned} by `{name}`, and the cluster runs {oldest}");
                let remedy = say::remedy("take the pin off, or move it with each upgrade", &BREAKS, None);
                let at = namespace.pod_security_at(name, said);
                answer.findings.push(say::object(format!("{path} {name}"), message, &at, remedy));
            } else if is_old(newest) {
                let reason = format!("whether {pinned}, to which `{path}` is held, is old depends on the release");
                answer.gaps.push(unknown(GapKind::Version, reason));
            }
        }
    }
    Ok(answer)
}

/// `v1.31`; nothing of `latest`.
fn pin(text: &str) -> Option<Minor> {
    let (major, minor) = text.strip_prefix('v')?.split_once('.')?;
    Some(Minor::new(major.parse().ok()?, minor.parse().ok()?))
}

fn unknown(kind: GapKind, reason: String) -> Gap {
    Gap {
        kind,
        reason,
        wanted: "--kubernetes-version".to_owned(),
        who_could_answer: "give the release with --kubernetes-version".to_owned(),
    }
}
