//! The socket of a key management service. The page beside this file explains the rule and tests it.

use facts::configuration::{InUse, encryption::{Encryption, With}};
use model::{Answer, Change, Form, Gap, GapKind, RuleCard, Safety, Severity, Site, Unanswered, Verdict};

use crate::{Applies, Check, OfFile, OfServer, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "encryption-kms-endpoint-local",
        title: "The socket of a key management service is open to others, or waits too long",
        severity: Severity::Medium,
        fix: Some(Safety::Review),
        page: include_str!("kms_endpoint_local.md"),
    },
    component: "apiserver",
    applies: Applies::from(10, "1.10 brought key management services"),
    check: Check::File { of: OfFile::Encryption(check), server: OfServer::File },
};

/// Nanoseconds.
const LONGEST: i64 = 10_000_000_000;

fn check(used: &InUse<'_, Encryption>) -> Verdict {
    let mut answer = Answer::default();
    let mut any = false;
    for (_, provider) in used.file.all_providers() {
        let With::Kms(kms) = &provider.with else { continue };
        any = true;
        let name = kms.name.as_ref().map_or("without a name", |name| name.as_str());
        // The server takes no other scheme than unix.
        let endpoint = kms.endpoint.as_ref().map_or("", |endpoint| endpoint.as_str());
        let path = endpoint.split_once("://").map_or(endpoint, |(_, path)| path);
        if let Some(timeout) = kms.timeout.as_ref().filter(|timeout| timeout.value > LONGEST) {
            let site = Site { at: timeout.at.clone(), form: Form::Field };
            let change = Change::Set { setting: "timeout".to_owned(), site, to: "3s".to_owned() };
            let remedy = say::remedy(
                "wait three seconds, as the server does by itself",
                &["A service that is slower than that fails requests for what it encrypts."],
                Some(change),
            );
            let seconds = timeout.value / 1_000_000_000;
            let message = format!("a request for the service `{name}` may take {seconds} seconds, and as long waits whoever reads a secret");
            let mut finding = say::in_file("resources[].providers[].kms.timeout", message, &timeout.at, remedy);
            finding.subject = Some(format!("timeout of {name} {}", provider.at.pointer));
            answer.findings.push(finding);
        }
        let abstract_socket = path.starts_with("/@") || path.starts_with('@');
        answer.gaps.push(if abstract_socket {
            Gap {
                kind: GapKind::Manual,
                reason: format!("`{endpoint}` is an abstract socket, which no mode of a file protects"),
                wanted: format!("who may reach `{endpoint}`"),
                who_could_answer: "somebody on the node".to_owned(),
            }
        } else {
            Gap {
                kind: GapKind::NotCollected,
                reason: format!("owner and mode of the socket `{path}` and of its folder were not looked at"),
                wanted: format!("owner and mode of {path}"),
                who_could_answer: "somebody on the node: root, and 0700 at most".to_owned(),
            }
        });
    }
    if !any {
        return Err(Unanswered::NotApplicable("no key management service is named".to_owned()));
    }
    Ok(answer)
}
