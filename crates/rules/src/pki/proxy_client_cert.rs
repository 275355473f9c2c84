//! The certificate that aggregated API servers are shown. The page beside this file explains the rule and tests it.

use facts::{apiserver::ApiServer, flag};
use model::{Answer, Finding, Origin, RuleCard, Severity, Verdict};

use crate::{Applies, Check, Rule, certificates, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "pki-proxy-client-cert",
        title: "Aggregated API servers cannot tell that it is the API server that calls",
        severity: Severity::Low,
        fix: None,
        page: include_str!("proxy_client_cert.md"),
    },
    component: "pki",
    applies: Applies::from(7, "1.7 brought the aggregation of APIs"),
    check: Check::ApiServer(check),
};

const FLAG: &str = "proxy-client-cert-file";

fn check(server: &ApiServer) -> Verdict {
    let held = server.get(&flag::PROXY_CLIENT_CERT_FILE)?;
    let fine = say::fine(server.component(), FLAG, held.reading);
    if held.value.is_empty() {
        return Ok(say::fail(wrong("`--proxy-client-cert-file` is not set".to_owned(), held.origin())));
    }
    let names = server.get(&flag::REQUESTHEADER_ALLOWED_NAMES)?.value;
    let Some(file) = server.key_file(FLAG) else { return Ok(fine) };
    let certificates = file.certificates()?;
    let Some((certificate, at)) = certificates.first() else {
        return Ok(say::fail(wrong(format!("`{}` holds no certificate", file.path), held.origin())));
    };
    let place = certificates::place(at);
    let mut faults = Vec::new();
    let name = certificate.subject.common_name.clone().unwrap_or_default();
    if !names.is_empty() && !names.contains(&name) {
        faults.push(format!("its name `{name}` is none of `--requestheader-allowed-names`"));
    }
    if let Some(authorities) = server.key_file("requestheader-client-ca-file") {
        let authorities = authorities.certificates()?;
        if !authorities.iter().any(|(authority, _)| certificate.may_be_issued_by(authority)) {
            faults.push(format!("`{}` issued it, which is no authority of the front proxy", certificate.issuer.text));
        }
    }
    for other in ["kubelet-client-certificate", "etcd-certfile", "tls-cert-file"] {
        let Some(file) = server.key_file(other).filter(|file| file.items.is_ok()) else { continue };
        let same = file.certificates()?.first().is_some_and(|(other, _)| other.key == certificate.key);
        if same {
            faults.push(format!("`--{other}` has the same key"));
        }
    }
    if faults.is_empty() {
        return Ok(Answer { because: format!("`{name}` is shown, issued by `{}`", certificate.issuer.text), ..fine });
    }
    Ok(say::fail(wrong(faults.join(", and "), &place)))
}

fn wrong(message: String, at: &Origin) -> Finding {
    let remedy = say::remedy(
        "give the front proxy a certificate of its own, issued by its own authority",
        &["Servers of aggregated APIs learn of a new authority late; restart those that refuse."],
        None,
    );
    say::wrong(FLAG, message, at, remedy)
}
