//! Rules that no request comes to. The page beside this file explains the rule and tests it.

use facts::{
    apiserver::ApiServer,
    configuration::{InUse, audit_policy::{Policy, Reach}},
};
use model::{Answer, Gap, GapKind, Label, RuleCard, Severity, Verdict};

use crate::{Applies, Check, OfFile, OfServer, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "audit-policy-first-match-shadowing",
        title: "An audit rule never decides anything",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("policy_first_match_shadowing.md"),
    },
    component: "apiserver",
    applies: Applies::from(8, "1.8 was the first that records nothing without a policy"),
    check: Check::File { of: OfFile::AuditPolicy(check), server: OfServer::FileOr(unset) },
};

fn check(used: &InUse<'_, Policy>) -> Verdict {
    let policy = used.file;
    let mut answer = Answer::default();
    for (index, reach) in policy.recorder(used.minor).reach().into_iter().enumerate() {
        let Some(rule) = policy.rules.get(index) else { continue };
        let at = super::line(rule);
        let own = super::level(rule).name();
        let (message, by) = match reach {
            Reach::Some => {
                answer.seen.push(say::field(at));
                continue;
            }
            Reach::Unknown => {
                answer.gaps.push(Gap {
                    kind: GapKind::Manual,
                    reason: format!("the {} rule and those before it have too many combinations to try", super::nth(index)),
                    wanted: format!("whether the {} rule is ever reached", super::nth(index)),
                    who_could_answer: "whoever maintains the policy".to_owned(),
                });
                continue;
            }
            Reach::Nothing => {
                (format!("the {} rule (`{own}`) is about nothing: `*` is no wildcard in its lists", super::nth(index)), Vec::new())
            }
            Reach::Shadowed(by) => {
                let names: Vec<String> = by.iter().map(|earlier| super::nth(*earlier)).collect();
                let noun = if names.len() == 1 { "rule decides" } else { "rules decide" };
                (format!("the {} rule (`{own}`) is never reached: the {} {noun} first", super::nth(index), say::and(&names)), by)
            }
        };
        let remedy = say::remedy("put the rule before those that take its requests, or take it away", &[], None);
        let mut finding = say::in_file("rules[]", message, at, remedy);
        finding.subject = Some(format!("rule {}", index + 1));
        finding.because.extend(by.iter().filter_map(|earlier| policy.rules.get(*earlier)).map(|earlier| Label {
            at: super::line(earlier).clone(),
            text: format!("`{}` for its requests", super::level(earlier).name()),
        }));
        answer.findings.push(finding);
    }
    answer.because = "some request comes to every rule".to_owned();
    Ok(answer)
}

/// Without a policy nothing is recorded, which is another rule's matter.
fn unset(server: &ApiServer) -> Verdict {
    let reading = say::reading(server.component(), "audit-policy-file")?;
    Ok(Answer { because: "there is no policy, and so no rule that another hides".to_owned(), ..say::fine(server.component(), "audit-policy-file", reading) })
}
