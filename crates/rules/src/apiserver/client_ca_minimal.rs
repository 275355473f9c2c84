//! Authorities that may name any client. The page beside this file explains the rule and tests it.

use facts::{
    apiserver::ApiServer,
    flag,
    pki::{Certificate, KeyFile},
};
use model::{Answer, Confidence, Finding, Gap, GapKind, Location, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, certificates, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-client-ca-minimal",
        title: "An authority that the cluster does not need may make administrators",
        severity: Severity::High,
        fix: None,
        page: include_str!("client_ca_minimal.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::ApiServer(check),
};

const FLAG: &str = "client-ca-file";

/// Owners of authorities that browsers believe.
const PUBLIC: [&str; 16] = [
    "Amazon",
    "Certum",
    "COMODO",
    "DigiCert",
    "Entrust",
    "GeoTrust",
    "GlobalSign",
    "GoDaddy",
    "Google Trust Services",
    "IdenTrust",
    "Internet Security Research Group",
    "Let's Encrypt",
    "Microsoft",
    "Sectigo",
    "Thawte",
    "VeriSign",
];

fn check(server: &ApiServer) -> Verdict {
    let held = server.get(&flag::CLIENT_CA_FILE)?;
    if held.value.is_empty() {
        return Err(Unanswered::NotApplicable(format!("`--{FLAG}` is not set")));
    }
    let mut answer = Answer { setting: Some(say::flag(FLAG)), ..Answer::default() };
    let others = [("requestheader-client-ca-file", "the front proxy"), ("etcd-cafile", "etcd")];
    for (other, whose) in others {
        let same = server.component().setting(other).and_then(|setting| setting.in_force().ok());
        if same.is_some_and(|reading| reading.in_force() == held.value) {
            let message = format!("`--{FLAG}` names the file of `--{other}`, so that the authority of {whose} makes users");
            answer.findings.push(Finding { subject: Some(whose.to_owned()), ..wrong(message, held.origin()) });
        }
    }
    let file = server.key_file(FLAG).map(KeyFile::certificates);
    let authorities = match file {
        Some(Ok(authorities)) => authorities,
        Some(Err(gap)) if answer.findings.is_empty() => return Err(Unanswered::Gap(gap)),
        Some(Err(gap)) => {
            answer.gaps.push(gap);
            Vec::new()
        }
        None => Vec::new(),
    };
    let mut known: Vec<&Certificate> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    for (certificate, at) in &authorities {
        let mut faults = faults(certificate);
        if known.iter().any(|other| other.key == certificate.key && other.key.public.is_some()) {
            faults.push(("it has the key of another one in the file".to_owned(), Confidence::Certain));
        }
        for (other, whose) in others {
            let Some(file) = server.key_file(other).filter(|file| file.path != held.value) else { continue };
            match file.certificates() {
                Ok(found) if found.iter().any(|(other, _)| other.key == certificate.key) => {
                    faults.push((format!("it is the authority of {whose}"), Confidence::Certain));
                }
                Ok(_) => {}
                Err(gap) => answer.gaps.push(gap),
            }
        }
        known.push(certificate);
        let count = names.iter().filter(|name| **name == certificate.subject.text).count();
        names.push(certificate.subject.text.clone());
        let name = if count == 0 { certificate.subject.text.clone() } else { format!("{}#{}", certificate.subject.text, count + 1) };
        answer.findings.extend(said(&name, faults, at));
        answer.seen.push(certificates::place(at));
    }
    answer.because = format!("{} may name clients", names.join("; "));
    if answer.findings.is_empty() && answer.gaps.is_empty() {
        answer.gaps.push(needed(&names, &held.value));
    }
    Ok(answer)
}

fn faults(certificate: &Certificate) -> Vec<(String, Confidence)> {
    let mut faults = Vec::new();
    let owner = PUBLIC.iter().find(|owner| {
        certificate.subject.organizations.iter().any(|name| name.to_lowercase().contains(&owner.to_lowercase()))
    });
    if let Some(owner) = owner {
        faults.push((format!("it is a public authority of {owner}, which issues to everybody"), Confidence::Probable));
    }
    faults
}

fn said(name: &str, faults: Vec<(String, Confidence)>, at: &Location) -> Option<Finding> {
    let confidence = faults.iter().map(|(_, confidence)| *confidence).max()?;
    let message: Vec<String> = faults.into_iter().map(|(fault, _)| fault).collect();
    let finding = wrong(message.join(", and "), &certificates::place(at));
    Some(Finding { subject: Some(name.to_owned()), confidence, ..finding })
}

/// Whether one is needed, nobody can tell who does not know the clients.
fn needed(names: &[String], path: &str) -> Gap {
    Gap {
        kind: GapKind::Manual,
        reason: format!("whether the cluster needs all of its authorities ({}) is for somebody to say", names.join("; ")),
        wanted: path.to_owned(),
        who_could_answer: "whoever issues certificates to clients".to_owned(),
    }
}

fn wrong(message: String, at: &model::Origin) -> Finding {
    let remedy = say::remedy(
        "take out of the file every authority that issues nothing to clients of this cluster",
        &["Whoever has a certificate of an authority that is taken out is cut off at once."],
        None,
    );
    say::wrong(FLAG, message, at, remedy)
}
