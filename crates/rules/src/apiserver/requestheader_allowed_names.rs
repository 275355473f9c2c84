//! Requests that name a user in their headers are believed from every certificate that the front proxy authority signed. The page beside this file explains the rule and tests it.

use facts::{apiserver::ApiServer, flag};
use model::{Answer, Confidence, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-requestheader-allowed-names",
        title: "Any certificate of the front proxy authority may name any user",
        severity: Severity::High,
        fix: None,
        page: include_str!("requestheader_allowed_names.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::ApiServer(check),
};

fn check(server: &ApiServer) -> Verdict {
    let authority = server.get(&flag::REQUESTHEADER_CLIENT_CA_FILE)?;
    if authority.value.is_empty() {
        return Err(Unanswered::NotApplicable("no authority is named whose certificates may name users".to_owned()));
    }
    let names = server.get(&flag::REQUESTHEADER_ALLOWED_NAMES)?;
    let name = names.setting.name;
    let mut answer: Answer = say::fine(server.component(), name, names.reading);
    // apiserver pkg/authentication/request/x509, verifySubject: an empty list allows every name. An empty name in a list
    // that has others is a name like any other.
    if names.value.is_empty() {
        let remedy = say::remedy(
            "name the certificate of the front proxy, which kubeadm calls `front-proxy-client`",
            &["Where the proxy shows a certificate of another name, aggregated APIs such as metrics answer 401."],
            None,
        );
        let mut finding = say::wrong(name, std::mem::take(&mut answer.because), names.origin(), remedy);
        finding.confidence = Confidence::Probable;
        finding.because.extend(say::label(authority.origin(), "whatever this authority signed may name users"));
        return Ok(say::fail(finding));
    }
    Ok(answer)
}
