//! Keys of AES-GCM, which wear out. The page beside this file explains the rule and tests it.

use facts::configuration::{InUse, encryption::{Encryption, With}};
use model::{Answer, Gap, GapKind, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, OfFile, OfServer, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "encryption-aesgcm-rotation",
        title: "Keys of AES-GCM are not rotated",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("aesgcm_rotation.md"),
    },
    component: "apiserver",
    applies: Applies::from(7, "1.7 brought encryption at rest"),
    check: Check::File { of: OfFile::Encryption(check), server: OfServer::File },
};

fn check(used: &InUse<'_, Encryption>) -> Verdict {
    let gcm = |providers: &Vec<&facts::configuration::encryption::Provider>| {
        providers.first().is_some_and(|first| matches!(first.with, With::AesGcm(_)))
    };
    let stored = used.file.stored(used.minor);
    let written: Vec<String> =
        stored.iter().filter(|one| gcm(&one.providers)).map(|one| format!("`{}`", one.resource)).collect();
    if written.is_empty() {
        return Err(Unanswered::NotApplicable("aesgcm is first of no entry".to_owned()));
    }
    Ok(Answer {
        gaps: vec![Gap {
            kind: GapKind::Manual,
            reason: format!(
                "{} is written with aesgcm, whose key may write 200000 times at most; no file tells how old it is",
                say::and(&written)
            ),
            wanted: "how often the keys of aesgcm are rotated".to_owned(),
            who_could_answer: "whoever rotates them, and the metrics apiserver_storage_* of the API server".to_owned(),
        }],
        ..Answer::default()
    })
}
