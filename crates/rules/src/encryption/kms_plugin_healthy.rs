//! The page beside this file explains the rule and tests it.

use facts::{apiserver::ApiServer, running::Told};
use model::{Answer, Confidence, Finding, Gap, GapKind, Origin, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "encryption-kms-plugin-healthy",
        title: "A key management service is not well",
        severity: Severity::Low,
        fix: None,
        page: include_str!("kms_plugin_healthy.md"),
    },
    component: "apiserver",
    applies: Applies::from(27, "1.27 brought the check of all providers"),
    check: Check::Running(check),
};

fn check(server: &ApiServer, told: &Told) -> Verdict {
    let Some(checks) = told.health.as_ref().map_err(|gap| Unanswered::Gap(gap.clone()))? else {
        return Err(Unanswered::NotApplicable(format!("`{}` has no /readyz", server.component().instance)));
    };
    if checks.is_empty() {
        return Err(Unanswered::Gap(Gap {
            kind: GapKind::Unread,
            reason: "the server says that it is well, and not what it checked".to_owned(),
            wanted: "get /readyz?verbose".to_owned(),
            who_could_answer: "whoever runs the API server, or what stands in front of it".to_owned(),
        }));
    }
    // `kms-providers`, or `kms-provider-0` where the file is not read again (apiserver pkg/server/options/encryptionconfig).
    let own = checks.iter().filter(|check| check.name.starts_with("kms-provider"));
    let (well, ill): (Vec<_>, Vec<_>) = own.partition(|check| check.passes);
    if well.is_empty() && ill.is_empty() {
        return Err(Unanswered::NotApplicable("the server asks no key management service".to_owned()));
    }
    let findings = ill.first().map(|check| Finding {
        subject: None,
        setting: None,
        message: format!("the check `{}` fails", check.name),
        severity: None,
        confidence: Confidence::Certain,
        primary: Origin::Reported(check.at.clone()),
        because: Vec::new(),
        remedy: Some(say::remedy("look into the log of the key management plug-in", &[], None)),
    });
    Ok(Answer {
        findings: findings.into_iter().collect(),
        seen: well.iter().map(|check| Origin::Reported(check.at.clone())).collect(),
        because: "the key management service answers".to_owned(),
        ..Answer::default()
    })
}
