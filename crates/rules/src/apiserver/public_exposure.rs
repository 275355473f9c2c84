//! The page beside this file explains the rule and tests it.

use std::net::{IpAddr, SocketAddr};

use facts::{Cluster, addresses::is_of_internet, observed::Observed};
use model::{
    Answer, Confidence, Finding, Gap, GapKind, Location, Origin, RuleCard, Severity, Unanswered, Verdict,
};

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
    let anybody = cluster.apiservers.iter().any(|server| server.anonymous().is_ok_and(|anonymous| anonymous.enabled));
    let open = |subject: String, message: String, at: &Location| Finding {
        subject: Some(subject),
        setting: None,
        message: if anybody { format!("{message}, and requests without credentials are served") } else { message },
        severity: anybody.then_some(Severity::High),
        // A filter may stand before it, which lets in who looks and which nothing in the cluster shows.
        confidence: Confidence::Probable,
        primary: Origin::Reported(at.clone()),
        because: Vec::new(),
        remedy: Some(say::remedy("let a list of sources through, or none but a private network", &BREAKS, None)),
    };
    // Where whoever looked from outside was answered: the cluster itself may know nothing of a balancer before it.
    let is_api = |one: &&Observed| one.component.as_deref() == Some("kube-apiserver");
    let shown = cluster.observed.iter().filter(is_api).filter_map(|one| {
        let address = one.tls.as_ref().ok()?.as_ref()?.address.filter(|address| is_of_internet(*address))?;
        let message = format!("the API answers at {}, an address of the internet", one.endpoint);
        Some((address, open(one.endpoint.clone(), message, &one.evidence)))
    });
    let (answered, mut findings): (Vec<IpAddr>, Vec<Finding>) = shown.unzip();
    let published = match &cluster.published {
        Ok(published) => published.as_deref().unwrap_or_default(),
        Err(_) if !findings.is_empty() => &[],
        Err(gap) => return Err(Unanswered::Gap(gap.clone())),
    };
    if published.is_empty() && findings.is_empty() {
        return Err(Unanswered::NotApplicable("the cluster does not publish where its API is served".to_owned()));
    }
    // Whoever looked was not let through, which a list of sources does, and a network that leads there for some alone.
    let unanswered: Vec<IpAddr> = cluster.observed.iter().filter(|one| one.tls.is_err()).filter_map(address).collect();
    for one in published.iter().filter(|one| is_of_internet(one.address) && !answered.contains(&one.address)) {
        let message = format!("the API is published at {}, an address of the internet", one.address);
        let silent = unanswered.contains(&one.address);
        let message = if silent { format!("{message} that did not answer when it was called from here") } else { message };
        let finding = open(one.address.to_string(), message, &one.at);
        let confidence = if silent { Confidence::Possible } else { finding.confidence };
        findings.push(Finding { confidence, ..finding });
    }
    // A balancer or a port that is passed on may lead to private addresses.
    let unseen = findings.is_empty().then(|| Gap {
        kind: GapKind::NotCollected,
        reason: "no published address is one of the internet; whether something leads there from it only a look from there tells"
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

/// Of an endpoint of which nothing was seen.
fn address(observed: &Observed) -> Option<IpAddr> {
    observed.endpoint.parse().ok().map(|address: SocketAddr| address.ip())
}
