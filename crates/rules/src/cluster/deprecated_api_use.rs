//! The page beside this file explains the rule and tests it.

use facts::{apiserver::ApiServer, running::Told};
use model::{Answer, Confidence, Finding, Gap, GapKind, Origin, RuleCard, Severity, Unanswered, Verdict, Version};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "cluster-deprecated-api-use",
        title: "Somebody uses an API that is about to go",
        severity: Severity::Low,
        fix: None,
        page: include_str!("deprecated_api_use.md"),
    },
    component: "cluster",
    applies: Applies::from(19, "1.19 began to count them"),
    check: Check::Running(check),
};

fn check(server: &ApiServer, told: &Told) -> Verdict {
    let component = server.component();
    let Some(metrics) = told.metrics.as_ref().map_err(|gap| Unanswered::Gap(gap.clone()))? else {
        return Err(Unanswered::NotApplicable(format!("`{}` has no /metrics", component.instance)));
    };
    let (oldest, newest) = component.release.bounds();
    let origin = Origin::Reported(metrics.at.clone());
    let mut answer = Answer { seen: vec![origin.clone()], ..Answer::default() };
    for used in &metrics.deprecated {
        // Of what nobody plans to remove nothing is said.
        let Ok(removed) = format!("{}.0", used.removed).parse::<Version>() else { continue };
        let removed = removed.minor;
        let group = if used.group.is_empty() { String::new() } else { format!(".{}", used.group) };
        let name = format!("{}{group}/{}", used.resource, used.version);
        if removed <= oldest.next() {
            answer.findings.push(Finding {
                subject: Some(name.clone()),
                setting: None,
                message: format!("somebody asked for `{name}`, which {removed} removes"),
                severity: None,
                confidence: Confidence::Certain,
                primary: origin.clone(),
                because: Vec::new(),
                remedy: Some(say::remedy(
                    "find who asks in the audit log (`k8s.io/deprecated`), and move it on",
                    &[],
                    None,
                )),
            });
        } else if removed <= newest.next() {
            answer.gaps.push(Gap {
                kind: GapKind::Version,
                reason: format!("{removed} removes `{name}`, and the release is {}", component.release),
                wanted: "--kubernetes-version".to_owned(),
                who_could_answer: "whoever runs the API server".to_owned(),
            });
        }
    }
    answer.because = format!("nobody asked for an API that {} removes since the server started", newest.next());
    Ok(answer)
}
