//! Tokens that nodes join with are taken as credentials. The page beside this file explains the rule and tests it.

use facts::{apiserver::ApiServer, flag};
use model::{Answer, Gap, GapKind, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-bootstrap-token-auth",
        title: "Bootstrap tokens are taken as credentials",
        severity: Severity::Low,
        fix: None,
        page: include_str!("bootstrap_token_auth.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::ApiServer(check),
};

fn check(server: &ApiServer) -> Verdict {
    // 1.6 and 1.7 had it under another name, and 1.8 took both.
    let mut missing = None;
    let mut passed: Option<Answer> = None;
    for key in [&flag::ENABLE_BOOTSTRAP_TOKEN_AUTH, &flag::EXPERIMENTAL_BOOTSTRAP_TOKEN_AUTH] {
        match server.get(key) {
            Ok(held) if held.value => {
                return Err(Unanswered::Gap(Gap {
                    kind: GapKind::NotCollected,
                    reason: format!(
                        "{}: it matters where a bootstrap token exists",
                        say::is(held.setting.name, "true", held.origin(), &server.component().release)
                    ),
                    wanted: "the Secrets of type bootstrap.kubernetes.io/token in kube-system".to_owned(),
                    who_could_answer: "`kubeadm token list`, or whoever may read those Secrets".to_owned(),
                }));
            }
            Ok(held) => passed = passed.or(Some(say::fine(server.component(), held.setting.name, held.reading))),
            // A release that no flag is written for is not told from the others by a flag that is not there.
            Err(Unanswered::Gap(_)) if say::is_never_given(server.component(), key.name) => {}
            Err(Unanswered::NotApplicable(reason)) => missing = missing.or(Some(reason)),
            Err(gap) => return Err(gap),
        }
    }
    match (passed, missing) {
        (Some(answer), _) => Ok(answer),
        (None, Some(reason)) => Err(Unanswered::NotApplicable(reason)),
        // It is off wherever nobody switches it on.
        (None, None) => Ok(Answer {
            seen: vec![say::left_out(server.component())],
            because: "`--enable-bootstrap-token-auth` is not set".to_owned(),
            setting: Some("--enable-bootstrap-token-auth".to_owned()),
            ..Answer::default()
        }),
    }
}
