//! The key that signs tokens. The page beside this file explains the rule and tests it.

use facts::{
    apiserver::ApiServer,
    flag,
    pki::{Item, Placed, Role},
};
use model::{Answer, Finding, Gap, GapKind, Key, Location, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, certificates, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-service-account-signing-key-separate",
        title: "The key that signs tokens of service accounts is weak, or used for something else",
        severity: Severity::High,
        fix: None,
        page: include_str!("service_account_signing_key_separate.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::ApiServer(check),
};

const FLAG: &str = "service-account-signing-key-file";

/// Keys that are something else's.
const OTHERS: [&str; 4] = ["tls-private-key-file", "kubelet-client-key", "etcd-keyfile", "proxy-client-key-file"];

fn check(server: &ApiServer) -> Verdict {
    let held = server.get(&flag::SERVICE_ACCOUNT_SIGNING_KEY_FILE)?;
    if held.value.is_empty() {
        return Err(Unanswered::NotApplicable(format!("`--{FLAG}` is not set")));
    }
    for other in OTHERS {
        let reading = server.component().setting(other).and_then(|setting| setting.in_force().ok());
        if reading.is_some_and(|reading| reading.in_force() == held.value) {
            let message = format!("`--{FLAG}` names the file of `--{other}`");
            return Ok(say::fail(wrong(message, held.origin())));
        }
    }
    let Some(file) = server.key_file(FLAG) else {
        return Err(Unanswered::NotApplicable("no file holds the key".to_owned()));
    };
    let items = file.items.as_ref().map_err(Clone::clone)?;
    let Some((key, at)) = items.iter().find_map(private) else {
        return Err(Unanswered::Gap(Gap {
            kind: GapKind::Unread,
            reason: format!("no private key in `{}` can be read", file.path),
            wanted: file.path.clone(),
            who_could_answer: "whoever made the key".to_owned(),
        }));
    };
    let place = certificates::place(at);
    let size = key.bits.map_or_else(|| key.algorithm.clone(), |bits| format!("{} of {bits} bits", key.algorithm));
    let least = if key.algorithm == "RSA" { 2048 } else { 256 };
    if key.bits.is_some_and(|bits| bits < least) {
        return Ok(say::fail(wrong(format!("the key is {size}"), &place)));
    }
    let mut answer = Answer {
        seen: vec![place.clone()],
        because: format!("the key is {size}, and nobody else's"),
        setting: Some(say::flag(FLAG)),
        ..Answer::default()
    };
    if key.public.is_none() || key.bits.is_none() {
        answer.gaps.push(Gap {
            kind: GapKind::Manual,
            reason: format!("the public half of the key in `{}` is not in the file", file.path),
            wanted: file.path.clone(),
            who_could_answer: "`openssl pkey -pubout` on the node".to_owned(),
        });
        return Ok(answer);
    }
    for other in server.key_files().filter(|other| Role::of(other.flag) != Some(Role::ServiceAccount)) {
        match &other.items {
            Ok(items) if items.iter().any(|placed| placed.item.key() == Some(key)) => {
                let message = format!("the key is also that of `{}` (`--{}`)", other.path, other.flag);
                return Ok(say::fail(wrong(message, &place)));
            }
            Ok(_) => {}
            Err(gap) => answer.gaps.push(gap.clone()),
        }
    }
    Ok(answer)
}

fn private(placed: &Placed) -> Option<(&Key, &Location)> {
    match &placed.item {
        Item::PrivateKey { key, .. } => Some((key.key()?, &placed.at)),
        _ => None,
    }
}

fn wrong(message: String, at: &model::Origin) -> Finding {
    let remedy = say::remedy(
        "make a key for tokens alone, and keep the old public half in `--service-account-key-file` for a while",
        &["Every token that the old key signed is refused once its public half is gone."],
        None,
    );
    say::wrong(FLAG, message, at, remedy)
}
