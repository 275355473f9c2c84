//! A token of a node as a login. The page beside this file explains the rule and tests it.

use facts::kubeconfig::{Kubeconfig, Token, User, site};
use model::{Gap, GapKind, Origin, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "users-no-bootstrap-tokens",
        title: "Somebody logs in with a token that nodes join with",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("no_bootstrap_tokens.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::User(check),
};

/// What a kubelet joins with: kubeadm's file, and the user that it and the documentation name
/// (kubernetes.io/docs/reference/access-authn-authz/kubelet-tls-bootstrapping).
fn is_of_a_kubelet(config: &Kubeconfig, user: &User) -> bool {
    let file = config.name.rsplit('/').next().unwrap_or_default();
    file.contains("bootstrap") || user.name.contains("bootstrap")
}

fn check(config: &Kubeconfig, user: &User) -> Verdict {
    let token = user.token.as_ref();
    match token {
        Some(token) if token.value == Token::Bootstrap && is_of_a_kubelet(config, user) => {
            Err(Unanswered::NotApplicable(format!("`{}` is what a kubelet joins with", user.name)))
        }
        Some(token) if token.value == Token::Bootstrap => {
            let remedy = say::remedy(
                "log in with an identity of one's own, and delete the token",
                &["Whatever logs in with the token stops working."],
                None,
            );
            let message = format!("`{}` logs in with a bootstrap token", user.name);
            Ok(say::fail(say::wrong("users[].user.token", message, &Origin::Written(site(&token.at)), remedy)))
        }
        Some(token) if matches!(token.value, Token::Templated(_)) => Err(Unanswered::Gap(open("what its token will be"))),
        _ => Err(Unanswered::Gap(open("which bootstrap tokens the cluster has, and for what"))),
    }
}

fn open(what: &str) -> Gap {
    Gap {
        kind: GapKind::NotCollected,
        reason: format!("{what} was not looked at"),
        wanted: "list secrets in kube-system".to_owned(),
        who_could_answer: "`kubeadm token list`".to_owned(),
    }
}
