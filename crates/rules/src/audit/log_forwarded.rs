//! Audit records that leave the host. The page beside this file explains the rule and tests it.

use facts::{apiserver::ApiServer, flag};
use model::{Answer, Gap, GapKind, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "audit-log-forwarded",
        title: "Audit records stay on the host",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("log_forwarded.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::ApiServer(check),
};

fn check(server: &ApiServer) -> Verdict {
    let webhook = server.get(&flag::AUDIT_WEBHOOK_CONFIG_FILE);
    if let Ok(webhook) = &webhook
        && !webhook.value.is_empty()
    {
        return Ok(say::fine(server.component(), webhook.setting.name, webhook.reading));
    }
    let log = server.get(&flag::AUDIT_LOG_PATH)?;
    if let Err(Unanswered::Gap(gap)) = webhook {
        return Err(gap.into());
    }
    if log.value.is_empty() {
        return Err(Unanswered::NotApplicable("neither a log nor a webhook is set, so that there is nothing to forward".to_owned()));
    }
    let what = if log.value == "-" { "the log of its container".to_owned() } else { format!("`{}`", log.value) };
    Ok(Answer {
        gaps: vec![Gap {
            kind: GapKind::NotCollected,
            reason: format!("records go to {what}, and what ships them elsewhere was not looked for"),
            wanted: format!("the configuration of whatever forwards {what}"),
            who_could_answer: "whoever runs the log shipper of the control plane".to_owned(),
        }],
        ..Answer::default()
    })
}
