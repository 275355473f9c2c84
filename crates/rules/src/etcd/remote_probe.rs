//! What etcd says to strangers. The page beside this file explains the rule and tests it.

use facts::observed::{Answer as Given, Door};
use model::{Confidence, Listener, Meaning, RuleCard, Severity, Verdict};

use crate::{
    Applies, Check, Rule,
    doors::{self, Open},
    say,
};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "etcd-remote-probe",
        title: "etcd answers callers without a certificate",
        severity: Severity::Critical,
        fix: None,
        page: include_str!("remote_probe.md"),
    },
    component: "etcd",
    applies: Applies::ALWAYS,
    check: Check::Door { of: &[Listener::Etcd, Listener::EtcdPeer], ask: check },
};

/// Whatever it says to a stranger, it says because it did not ask who that is.
const SAID: [&str; 5] = ["/version", "/health", "/members", "/v2/keys", "/etcdserverpb.Maintenance/Status"];

const REMEDY: &str = "start etcd with `--client-cert-auth`, `--trusted-ca-file` and their peers, on https URLs alone";

const BREAKS: [&str; 1] = [
    "Every client without a certificate (backup jobs, metrics scrapers, health probes, network plug-ins that use etcd) is refused; \
     move probes to the metrics listener.",
];

fn check(door: &Door) -> Verdict {
    if let Some(verdict) = doors::shut(door) {
        return verdict;
    }
    if door.answers_everything() {
        doors::answered(door)?;
    }
    let said = |answer: &&Given| answer.meaning == Meaning::Given && SAID.contains(&answer.bare());
    let given: Vec<&Given> = door.answers.iter().filter(said).fold(Vec::new(), |mut kept: Vec<&Given>, answer| {
        if !kept.iter().any(|known| known.bare() == answer.bare()) {
            kept.push(answer);
        }
        kept
    });
    if let [first, ..] = given[..] {
        let peer = door.who == Some(Listener::EtcdPeer);
        let what = if peer { "speak to it as a member does" } else { "read and rewrite the whole cluster" };
        let over = if first.over.is_tls() { "a certificate" } else { "TLS" };
        return Ok(say::fail(doors::open(Open {
            subject: None,
            message: format!(
                "anybody who reaches {} can {what}: etcd answers {} without {over}",
                door.name,
                doors::paths(&given)
            ),
            severity: None,
            // What `/version` gives only etcd gives; a door that says less may be somebody else's.
            confidence: if door.proven { Confidence::Certain } else { Confidence::Probable },
            at: first,
            remedy: REMEDY,
            breaks: &BREAKS,
        })));
    }
    if let Some(refused) = door.answers.iter().find(|answer| answer.meaning == Meaning::CertificateRequired) {
        return Ok(doors::pass_by(refused, format!("{} ends the handshake without a client certificate", door.name)));
    }
    let silent: Vec<&Given> = SAID.iter().filter_map(|path| door.answer(path)).filter(|answer| doors::says_nothing(answer)).collect();
    if let Some(gap) = doors::silence(door, &silent, &["/version"]) {
        return Err(gap.into());
    }
    let told = door.answer("/version").map(doors::refusal).unwrap_or_default();
    Ok(doors::pass(door, format!("who asks {} without a certificate is told {told}", door.name)))
}
