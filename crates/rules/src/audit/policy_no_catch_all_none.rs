//! What becomes of requests that no rule was written for. The page beside this file explains the rule and tests it.

use facts::{
    apiserver::ApiServer,
    configuration::{
        InUse,
        audit_policy::{Level, Policy},
    },
    request::Request,
};
use model::{Answer, Change, Form, RuleCard, Safety, Severity, Site, Verdict};

use crate::{Applies, Check, OfFile, OfServer, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "audit-policy-no-catch-all-none",
        title: "The audit policy drops whatever it does not name",
        severity: Severity::High,
        fix: Some(Safety::Review),
        page: include_str!("policy_no_catch_all_none.md"),
    },
    component: "apiserver",
    applies: Applies::from(8, "1.8 was the first that records nothing without a policy"),
    check: Check::File { of: OfFile::AuditPolicy(check), server: OfServer::FileOr(unset) },
};

fn check(used: &InUse<'_, Policy>) -> Verdict {
    let policy = used.file;
    let mut answer = Answer::default();
    const BREAKS: [&str; 1] = ["A catch-all at Metadata can multiply the log of a busy cluster; size disk and sink first."];
    for (index, rule) in policy.rules.iter().enumerate() {
        let selects = !(rule.users.is_empty()
            && rule.user_groups.is_empty()
            && rule.verbs.is_empty()
            && rule.resources.is_empty()
            && rule.non_resource_urls.is_empty());
        let Some(level) = rule.level.as_ref().filter(|level| level.value == Level::None && !selects) else { continue };
        let namespaces: Vec<String> = rule.namespaces.iter().map(|one| format!("`{}`", one.value)).collect();
        let what = if namespaces.is_empty() {
            "everything that comes to it".to_owned()
        } else {
            format!("everything in {}", say::and(&namespaces))
        };
        let change = Change::Set {
            setting: "level".to_owned(),
            site: Site { at: level.at.clone(), form: Form::Field },
            to: "Metadata".to_owned(),
        };
        let remedy = say::remedy("record the metadata of what no other rule is about", &BREAKS, Some(change));
        let message = format!("the {} rule drops {what}", super::nth(index));
        let mut finding = say::in_file("rules[].level", message, &level.at, remedy);
        finding.subject = Some(format!("rule {}", index + 1));
        answer.findings.push(finding);
    }
    let catches_all = policy.rules.iter().any(super::is_about_everything);
    if !catches_all {
        let left = unmatched(used);
        if !left.is_empty() {
            let at = policy.rules.last().map_or(used.at, super::line);
            let remedy = say::remedy("end the policy with a rule `level: Metadata` and nothing else", &BREAKS, None);
            let message = format!("no rule is about everything, so that nothing is recorded of {}", say::and(&left));
            let mut finding = say::in_file("rules[]", message, at, remedy);
            finding.subject = Some("no catch-all".to_owned());
            answer.findings.push(finding);
        }
    }
    answer.seen.extend(policy.rules.last().map(|last| say::field(super::line(last))));
    answer.because = "what no rule names is recorded all the same".to_owned();
    Ok(answer)
}

/// Requests that nobody had in mind and that no rule matches, in words.
fn unmatched(used: &InUse<'_, Policy>) -> Vec<String> {
    let recorder = used.file.recorder(used.minor);
    let some = |text: &str| Some(text.to_owned());
    let of_resource = |verb: &str| Request {
        user: some("someone"),
        verb: some(verb),
        group: some("somewhere.example"),
        resource: some("somethings"),
        namespace: some("somewhere"),
        name: some("one"),
        ..Request::default()
    };
    let of_path = Request { user: some("someone"), verb: some("get"), url: some("/somewhere"), ..Request::default() };
    [
        ("reads of other resources", of_resource("list")),
        ("writes of other resources", of_resource("create")),
        ("other paths", of_path),
    ]
    .into_iter()
    .filter(|(_, request)| recorder.record(request).rule.is_none())
    .map(|(words, _)| words.to_owned())
    .collect()
}

/// No policy drops everything.
fn unset(server: &ApiServer) -> Verdict {
    let reading = say::reading(server.component(), "audit-policy-file")?;
    let remedy = say::remedy("write a policy that ends with a rule `level: Metadata`", &[], None);
    let message = "`--audit-policy-file` is not set, which drops everything";
    let mut finding = say::wrong("audit-policy-file", message, &reading.origin, remedy);
    finding.subject = Some("no catch-all".to_owned());
    Ok(say::fail(finding))
}
