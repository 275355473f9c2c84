//! The API server serves further certificates by name, beside its main one. The page beside this file explains the rule and tests it.

use facts::{apiserver::ApiServer, flag};
use model::{Gap, GapKind, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-sni-certs",
        title: "Certificates for further names were not looked at",
        severity: Severity::Low,
        fix: None,
        page: include_str!("sni_certs.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::ApiServer(check),
};

fn check(server: &ApiServer) -> Verdict {
    let pairs = server.get(&flag::TLS_SNI_CERT_KEY)?;
    let (Some(first), count) = (pairs.value.first(), pairs.value.len()) else {
        return Err(Unanswered::NotApplicable("no certificates are served by name".to_owned()));
    };
    let files = first.split(':').next().unwrap_or(first);
    let reason = match count {
        1 => format!("the certificate and key in `{files}` were not looked at"),
        _ => format!("`{files}` and {} more certificates were not looked at", count - 1),
    };
    Err(Unanswered::Gap(Gap {
        kind: GapKind::NotCollected,
        reason,
        wanted: "the certificates, and the modes of their keys".to_owned(),
        who_could_answer: "`openssl x509 -noout -enddate -ext subjectAltName` and `ls -l` on the node".to_owned(),
    }))
}
