//! Stages that are left out. The page beside this file explains the rule and tests it.

use facts::{
    apiserver::ApiServer,
    configuration::{InUse, audit_policy::{Level, Policy}},
};
use model::{Answer, Change, Form, RuleCard, Safety, Severity, Site, Verdict};

use crate::{Applies, Check, OfFile, OfServer, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "audit-policy-omit-stages",
        title: "The audit policy leaves out how a request ended",
        severity: Severity::Medium,
        fix: Some(Safety::Review),
        page: include_str!("policy_omit_stages.md"),
    },
    component: "apiserver",
    applies: Applies::from(8, "1.8 was the first that records nothing without a policy"),
    check: Check::File { of: OfFile::AuditPolicy(check), server: OfServer::FileOr(unset) },
};

fn check(used: &InUse<'_, Policy>) -> Verdict {
    let policy = used.file;
    let mut answer = Answer::default();
    let own = policy.rules.iter().enumerate().filter(|(_, rule)| super::level(rule) != Level::None);
    let stages = policy
        .omit_stages
        .iter()
        .map(|stage| (None, stage))
        .chain(own.flat_map(|(index, rule)| rule.omit_stages.iter().map(move |stage| (Some(index), stage))));
    for (rule, stage) in stages {
        let lost = match stage.as_str() {
            "RequestReceived" => {
                answer.seen.push(say::field(&stage.at));
                continue;
            }
            // Of a request that nobody was let in for it is the only stage (WithFailedAuthenticationAudit, 1.8).
            "ResponseStarted" => "failed logins leave no trace, and a running exec or watch shows only when it ends",
            "ResponseComplete" => "whether a request was allowed, and how it ended, is not recorded",
            "Panic" => "requests on which the server failed are not recorded",
            _ => continue,
        };
        let whose = rule.map_or_else(|| "for every rule".to_owned(), |rule| format!("by the {} rule", super::nth(rule)));
        let change = Change::Remove {
            setting: stage.value.clone(),
            sites: vec![Site { at: stage.at.clone(), form: Form::Item }],
        };
        let remedy = say::remedy(
            "leave out RequestReceived and no other stage",
            &["Long-running requests are then recorded twice, when they begin and when they end."],
            Some(change),
        );
        let message = format!("`{}` is left out {whose}: {lost}", stage.value);
        let mut finding = say::in_file("omitStages", message, &stage.at, remedy);
        let of = rule.map_or_else(|| "policy".to_owned(), |rule| format!("rule {}", rule + 1));
        finding.subject = Some(format!("{} of {of}", stage.value));
        answer.findings.push(finding);
    }
    answer.because = "no stage but RequestReceived is left out".to_owned();
    Ok(answer)
}

/// Without a policy nothing is recorded, which is another rule's matter.
fn unset(server: &ApiServer) -> Verdict {
    let reading = say::reading(server.component(), "audit-policy-file")?;
    Ok(Answer { because: "there is no policy, and so none that leaves out a stage".to_owned(), ..say::fine(server.component(), "audit-policy-file", reading) })
}
