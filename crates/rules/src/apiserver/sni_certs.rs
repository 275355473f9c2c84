//! The API server serves further certificates by name, beside its main one. The page beside this file explains the rule and tests it.

use facts::{
    Cluster,
    apiserver::ApiServer,
    flag,
    pki::{Certificate, KeyFile},
};
use model::{Answer, Finding, Gap, GapKind, Location, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, certificates, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-sni-certs",
        title: "A certificate for further names does not hold",
        severity: Severity::Low,
        fix: None,
        page: include_str!("sni_certs.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::ServerBeside { of: &[], ask: check },
};

const FLAG: &str = "tls-sni-cert-key";

/// One pair: `CERT,KEY`, and behind a colon the names for which it is shown (component-base cli/flag/namedcertkey_flag.go).
struct Pair<'a> {
    certificate: &'a str,
    key: &'a str,
    names: Vec<&'a str>,
}

impl<'a> Pair<'a> {
    fn read(text: &'a str) -> Self {
        let (files, names) = text.split_once(':').unwrap_or((text, ""));
        let (certificate, key) = files.split_once(',').unwrap_or((files, ""));
        let names = names.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        Self { certificate: certificate.trim(), key: key.trim(), names }
    }
}

fn check(server: &ApiServer, cluster: &Cluster) -> Verdict {
    let held = server.get(&flag::TLS_SNI_CERT_KEY)?;
    if held.value.is_empty() {
        return Err(Unanswered::NotApplicable("no certificates are served by name".to_owned()));
    }
    let mut answer = Answer { setting: Some(say::flag(FLAG)), ..Answer::default() };
    for pair in held.value.iter().map(|text| Pair::read(text)) {
        let file = server.key_files().find(|file| file.flag == FLAG && file.path == pair.certificate);
        match file.map(KeyFile::certificates) {
            Some(Ok(found)) => match found.first() {
                Some((certificate, at)) => {
                    answer.findings.extend(faults(&pair, certificate, at, cluster));
                    answer.gaps.push(unseen(&format!("who may read the key `{}`", pair.key), "its mode and owner"));
                }
                None => answer.gaps.push(unseen(&format!("`{}` holds no certificate; the pair", pair.certificate), "the pair")),
            },
            Some(Err(gap)) => answer.gaps.push(gap),
            None => {
                let what = format!("the certificate and key in `{},{}`", pair.certificate, pair.key);
                answer.gaps.push(unseen(&what, "the certificate, and the mode of its key"));
            }
        }
    }
    Ok(answer)
}

fn faults(pair: &Pair<'_>, certificate: &Certificate, at: &Location, cluster: &Cluster) -> Vec<Finding> {
    let mut said = Vec::new();
    if let Some(last) = certificate.last_day().filter(|last| *last < cluster.as_of) {
        said.push(format!("it ended on {last}"));
    }
    if certificate.hosts.is_empty() {
        said.push("it names no host but by `CN`, which no client looks at".to_owned());
    } else {
        // It is shown to whoever asks for such a name, and refused there.
        let is_named = |name: &str| certificate.hosts.iter().any(|host| host.eq_ignore_ascii_case(name)) || certificate.names(name);
        let others: Vec<String> =
            pair.names.iter().filter(|name| !is_named(name)).map(|name| format!("`{name}`")).collect();
        if !others.is_empty() {
            said.push(format!("it is shown for {} and does not name {}", say::and(&others), if others.len() == 1 { "it" } else { "them" }));
        }
    }
    let remedy = || {
        let breaks = ["Clients that pinned the old certificate fail until they hold the new one."];
        say::remedy("give the names a certificate that holds for them", &breaks, None)
    };
    let found = said.into_iter().map(|message| Finding {
        subject: Some(pair.certificate.to_owned()),
        ..say::wrong(FLAG, format!("`{}`: {message}", pair.certificate), &certificates::place(at), remedy())
    });
    found.collect()
}

fn unseen(what: &str, wanted: &str) -> Gap {
    Gap {
        kind: GapKind::NotCollected,
        reason: format!("{what} {} not looked at", if what.contains(" and key in ") { "were" } else { "was" }),
        wanted: wanted.to_owned(),
        who_could_answer: "`openssl x509 -noout -enddate -ext subjectAltName` and `ls -l` on the node".to_owned(),
    }
}
