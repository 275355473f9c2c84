//! Secrets that never change. The page beside this file explains the rule and tests it.

use facts::kubeconfig::{Exec, Kubeconfig, Token, User, site};
use model::{
    Answer, Confidence, Finding, Gap, GapKind, Location, Origin, RuleCard, Severity, Unanswered, Verdict,
};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubeconfig-no-static-secrets",
        title: "A kubeconfig carries a secret that does not change",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("no_static_secrets.md"),
    },
    component: "pki",
    applies: Applies::ALWAYS,
    check: Check::User(check),
};

fn check(_: &Kubeconfig, user: &User) -> Verdict {
    let mut faults: Vec<(&str, &Location)> = Vec::new();
    if let Some(token) = &user.token {
        match &token.value {
            Token::Templated(marker) => return Err(templated(&user.name, marker)),
            Token::Bootstrap => faults.push(("a bootstrap token", &token.at)),
            Token::Account { ends: Some(_), .. } => faults.push(("a token of a service account", &token.at)),
            Token::Account { ends: None, .. } => faults.push(("a token of a service account, which never ends", &token.at)),
            Token::Other => faults.push(("a token", &token.at)),
        }
    }
    faults.extend(user.password.as_ref().map(|at| ("a password", at)));
    faults.extend(user.provider.as_ref().map(|provider| ("a login of `auth-provider`, which 1.26 does not know any more", &provider.at)));
    if let Some((_, at)) = faults.first() {
        let all: Vec<&str> = faults.iter().map(|(fault, _)| *fault).collect();
        let message = format!("`{}` logs in with {}", user.name, all.join(", and "));
        return Ok(say::fail(finding(message, at, Confidence::Certain)));
    }
    if let Some(exec) = &user.exec {
        return run(user, exec);
    }
    let because = match (&user.certificate, &user.token_file) {
        (Some(_), _) => "logs in with a certificate",
        (None, Some(_)) => "logs in with a token that is read from a file each time",
        (None, None) => "carries nothing to log in with",
    };
    Ok(Answer {
        seen: vec![Origin::Written(site(&user.at))],
        because: format!("`{}` {because}", user.name),
        ..Answer::default()
    })
}

/// A command is found by whoever may write to a folder of `PATH`, where it has no folder itself.
fn run(user: &User, exec: &Exec) -> Verdict {
    let Some(command) = &exec.command else {
        return Err(Unanswered::NotApplicable(format!("`exec` of `{}` names no command", user.name)));
    };
    if !command.value.contains('/') {
        let message = format!("`{}` runs `{}`, wherever that is found", user.name, command.value);
        return Ok(say::fail(finding(message, &command.at, Confidence::Possible)));
    }
    Err(Unanswered::Gap(Gap {
        kind: GapKind::NotCollected,
        reason: format!("whose `{}` is, which `{}` runs, was not looked at", command.value, user.name),
        wanted: command.value.clone(),
        who_could_answer: "`ls -l` on the machine of the client".to_owned(),
    }))
}

fn finding(message: String, at: &Location, confidence: Confidence) -> Finding {
    let remedy = say::remedy(
        "log in with what ends by itself: a certificate that is renewed, or a command that fetches a token",
        &["Whoever logs in unattended needs another way first."],
        None,
    );
    Finding { setting: None, confidence, ..say::wrong("", message, &Origin::Written(site(at)), remedy) }
}

fn templated(name: &str, marker: &str) -> Unanswered {
    Unanswered::Gap(Gap {
        kind: GapKind::Templated,
        reason: format!("the token of `{name}` is still to be filled in: `{marker}`"),
        wanted: marker.to_owned(),
        who_could_answer: "whoever fills the file in".to_owned(),
    })
}
