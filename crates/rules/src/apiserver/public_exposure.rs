//! The page beside this file explains the rule and tests it.

use std::net::IpAddr;

use facts::Cluster;
use model::{Answer, Confidence, Finding, Gap, GapKind, Origin, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-public-exposure",
        title: "The API is published at an address that everybody can reach",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("public_exposure.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Asked { of: &[], ask: check },
};

fn check(cluster: &Cluster) -> Verdict {
    const BREAKS: [&str; 1] =
        ["Developers, pipelines and nodes elsewhere lose access unless they are on the list or in the network."];
    let published = cluster.published.as_ref().map_err(|gap| Unanswered::Gap(gap.clone()))?;
    let Some(published) = published.as_ref().filter(|list| !list.is_empty()) else {
        return Err(Unanswered::NotApplicable("the cluster does not publish where its API is served".to_owned()));
    };
    let anybody = cluster.apiservers.iter().any(|server| server.anonymous().is_ok_and(|anonymous| anonymous.enabled));
    let open = published.iter().filter(|one| is_public(one.address)).map(|one| Finding {
        subject: Some(one.address.to_string()),
        setting: None,
        message: format!(
            "the API is published at {}, an address of the internet{}",
            one.address,
            if anybody { ", and requests without credentials are served" } else { "" }
        ),
        severity: anybody.then_some(Severity::High),
        // A filter may stand before it, which nothing in the cluster shows.
        confidence: Confidence::Probable,
        primary: Origin::Reported(one.at.clone()),
        because: Vec::new(),
        remedy: Some(say::remedy("let a list of sources through, or none but a private network", &BREAKS, None)),
    });
    let findings: Vec<Finding> = open.collect();
    // A balancer or a port that is passed on may lead to private addresses.
    let unseen = findings.is_empty().then(|| Gap {
        kind: GapKind::NotCollected,
        reason: "every published address is private; whether something leads there from the internet only a look from there tells"
            .to_owned(),
        wanted: "a probe from outside".to_owned(),
        who_could_answer: "whoever runs `portcullis probe` from the internet".to_owned(),
    });
    Ok(Answer {
        findings,
        seen: published.iter().map(|one| Origin::Reported(one.at.clone())).collect(),
        gaps: unseen.into_iter().collect(),
        ..Answer::default()
    })
}

/// Not of RFC 1918, 4193, 6598, nor of a link or a host.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let shared = v4.octets()[0] == 100 && v4.octets()[1] & 0xc0 == 64;
            !(v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified() || shared)
        }
        IpAddr::V6(v6) => {
            let first = v6.segments()[0];
            !(v6.is_loopback() || v6.is_unspecified() || first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfe80)
        }
    }
}
