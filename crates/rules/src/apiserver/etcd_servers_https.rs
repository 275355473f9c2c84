//! An address of etcd is not one of TLS. The page beside this file explains the rule and tests it.

use facts::{apiserver::ApiServer, flag};
use model::{Answer, Confidence, Gap, GapKind, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-etcd-servers-https",
        title: "The API server talks to etcd without TLS",
        severity: Severity::Critical,
        fix: None,
        page: include_str!("etcd_servers_https.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::ApiServer(check),
};

fn check(server: &ApiServer) -> Verdict {
    let mut answer = Answer::default();
    let mut because = Vec::new();
    for key in [&flag::ETCD_SERVERS, &flag::ETCD_SERVERS_OVERRIDES] {
        let held = match server.get(key) {
            Ok(held) => held,
            Err(Unanswered::Gap(gap)) => {
                answer.gaps.push(gap);
                continue;
            }
            Err(_) => continue,
        };
        let name = held.setting.name;
        // Without any address the server does not start, which is another rule's to say: nothing is sent in the clear.
        if held.value.is_empty() {
            continue;
        }
        let addresses: Vec<&str> = held.value.iter().flat_map(|item| addresses(item)).collect();
        let plain: Vec<&str> =
            addresses.iter().copied().filter(|address| transport(address) == Transport::Plain).collect();
        if plain.is_empty() && !addresses.is_empty() {
            let fine = say::fine(server.component(), name, held.reading);
            answer.seen.extend(fine.seen);
            because.push(fine.because);
            answer.setting = answer.setting.or(fine.setting);
            answer.gaps.extend(
                addresses.iter().find(|address| transport(address) == Transport::Socket).map(|address| socket(address)),
            );
            continue;
        }
        let remedy = say::remedy(
            "let etcd serve TLS to clients that show a certificate, then name its `https://` addresses",
            &["With the address changed before etcd serves TLS the API server does not start."],
            None,
        );
        // The one that most can listen to says most.
        let worst = plain.iter().find(|address| !is_loopback(address)).or(plain.first());
        let Some(worst) = worst else { continue };
        let message = format!("`{}` has `{worst}`, which is not https", say::flag(name));
        let mut finding = say::wrong(name, message, held.origin(), remedy);
        finding.subject = Some(say::flag(name));
        if plain.iter().all(|address| is_loopback(address)) {
            finding.severity = Some(Severity::High);
        }
        // Without a scheme it is the client's version and its certificates that decide (etcd client/v3/internal/endpoint).
        if plain.iter().all(|address| !address.contains("://")) {
            finding.confidence = Confidence::Probable;
        }
        answer.findings.push(finding);
    }
    if answer.seen.is_empty() && answer.findings.is_empty() && answer.gaps.is_empty() {
        return Err(Unanswered::NotApplicable(
            "no address of etcd is given, so that the server does not start".to_owned(),
        ));
    }
    answer.because = because.join(", ");
    Ok(answer)
}

#[derive(PartialEq, Eq)]
enum Transport {
    Tls,
    Socket,
    Plain,
}

fn transport(address: &str) -> Transport {
    if address.starts_with("https://") {
        Transport::Tls
    } else if ["unix:", "unixs:"].iter().any(|scheme| address.starts_with(scheme)) {
        Transport::Socket
    } else {
        Transport::Plain
    }
}

/// The addresses in an item of either flag: `events#https://a:2379;https://b:2379` is what an override looks like
/// (apiserver pkg/server/options/etcd.go).
fn addresses(item: &str) -> impl Iterator<Item = &str> {
    let servers = item.split_once('#').map_or(item, |(_, servers)| servers);
    servers.split(';').map(str::trim).filter(|address| !address.is_empty())
}

fn is_loopback(address: &str) -> bool {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or(rest);
    let host = match authority.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((host, _)) => host,
        None => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
    };
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn socket(address: &str) -> Gap {
    Gap {
        kind: GapKind::NotCollected,
        reason: format!("who may use the socket `{address}` depends on its mode, which was not looked at"),
        wanted: "the owner and mode of the socket".to_owned(),
        who_could_answer: "`ls -l` on the node".to_owned(),
    }
}
