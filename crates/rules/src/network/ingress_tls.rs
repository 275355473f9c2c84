//! Everybody's traffic in the clear. The page beside this file explains the rule and tests it.

use facts::{
    Cluster,
    objects::{Gateway, GatewayListener, Ingress, Of, Route},
    observed::Handshake,
};
use model::{Confidence, Finding, Gap, GapKind, Location, RuleCard, Severity, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "network-ingress-tls",
        title: "Traffic enters the cluster without TLS",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("ingress_tls.md"),
    },
    component: "network",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: OF, ask: check },
};

const OF: &[Of] = &[Of::Ingress, Of::Gateway, Of::HttpRoute];

const BREAKS: [&str; 1] = ["Clients that speak plain HTTP, and challenges for certificates that are met over it, are sent away."];

fn check(cluster: &Cluster) -> Verdict {
    let objects = &cluster.objects;
    let mut wrong: Vec<Finding> = objects.ingresses.iter().filter_map(in_the_clear).collect();
    for gateway in &objects.gateways {
        let listeners = gateway.listeners.iter().filter(|listener| listener.protocol.eq_ignore_ascii_case("HTTP"));
        wrong.extend(listeners.filter_map(|listener| passes_on(gateway, listener, cluster)));
    }
    let mut unseen = None;
    for ingress in &objects.ingresses {
        let names = ingress.tls.iter().filter(|name| !name.is_empty() && !name.contains('*'));
        for name in names {
            match shown(cluster, name) {
                Some(handshake) => wrong.extend(invalid(cluster, ingress, name, handshake)),
                None => unseen = unseen.or(Some((name, &ingress.meta))),
            }
        }
    }
    let mut answer = say::about(cluster, OF, wrong, "every Ingress and Gateway speaks TLS for the names that it passes on")?;
    // A Secret is never read.
    answer.gaps.extend(unseen.map(|(name, meta)| Gap {
        kind: GapKind::Unread,
        reason: format!("whether the certificate for `{name}` of `{}` is valid was not seen", meta.path()),
        wanted: format!("a look at {name}:443"),
        who_could_answer: format!("`portcullis probe {name}:443`"),
    }));
    Ok(answer)
}

fn remedy() -> model::Remedy {
    say::remedy("terminate TLS for every name, and send plain HTTP to https", &BREAKS, None)
}

fn in_the_clear(ingress: &Ingress) -> Option<Finding> {
    if ingress.certified.is_some() {
        return None;
    }
    let uncovered: Vec<_> = ingress.uncovered().collect();
    let first = *uncovered.first()?;
    let mut names: Vec<String> =
        uncovered.iter().filter(|host| !host.name.is_empty()).take(3).map(|host| format!("`{}`", host.name)).collect();
    let named = uncovered.iter().filter(|host| !host.name.is_empty()).count();
    if named > names.len() {
        names.push(format!("{} more", named - names.len()));
    }
    if uncovered.iter().any(|host| host.name.is_empty()) {
        names.push("whatever name is asked for".to_owned());
    }
    let path = ingress.meta.path();
    let message = format!("`{path}` takes requests in the clear for {}", say::and(&names));
    let finding = say::object(path, message, &ingress.host_at(first), remedy());
    // A load balancer before it may have the certificate.
    Some(Finding { confidence: Confidence::Probable, ..finding })
}

/// What a listener does with what comes in the clear.
fn passes_on(gateway: &Gateway, listener: &GatewayListener, cluster: &Cluster) -> Option<Finding> {
    let (redirects, passes): (Vec<&Route>, Vec<&Route>) =
        cluster.objects.routes.iter().filter(|route| route.hangs_on(gateway, listener)).partition(|route| route.redirects);
    let path = format!("{} {}", gateway.meta.path(), listener.name);
    let (message, confidence) = match (passes.first(), redirects.first()) {
        (Some(route), _) => {
            let message = format!("listener `{path}` passes on what comes in the clear, by `{}`", route.meta.path());
            (message, Confidence::Probable)
        }
        (None, Some(_)) => return None,
        // Those that were not seen may redirect.
        (None, None) if cluster.objects.whole(Of::HttpRoute).is_err() => return None,
        // Routes of other kinds may hang on it.
        (None, None) => {
            (format!("listener `{path}` speaks plain HTTP, and no HTTPRoute on it sends anybody to https"), Confidence::Possible)
        }
    };
    Some(Finding { confidence, ..say::object(path, message, &gateway.listener_at(listener), remedy()) })
}

/// What somebody saw who looked at a name.
fn shown<'c>(cluster: &'c Cluster, name: &str) -> Option<&'c Handshake> {
    let seen = cluster.observed.iter().filter_map(|one| one.tls.as_ref().ok()?.as_ref());
    seen.into_iter().find(|handshake| handshake.host.eq_ignore_ascii_case(name) && !handshake.chains.is_empty())
}

/// What is wrong with the certificate that is shown for a name.
fn invalid(cluster: &Cluster, ingress: &Ingress, name: &str, handshake: &Handshake) -> Option<Finding> {
    let chain = handshake.chains.first()?;
    let (leaf, at): (_, &Location) = (chain.served.leaf()?, chain.places.first()?);
    let as_of = cluster.as_of;
    let fault = if !leaf.names(name) {
        format!("is for others (`{}`)", leaf.subject.text)
    } else if leaf.last_day().is_some_and(|last| last < as_of) {
        format!("ended on {}", leaf.last_day().map(|day| day.to_string()).unwrap_or_default())
    } else if leaf.first_day().is_some_and(|first| first > as_of) {
        format!("does not hold before {}", leaf.first_day().map(|day| day.to_string()).unwrap_or_default())
    } else {
        return None;
    };
    let path = ingress.meta.path();
    let message = format!("the certificate that is shown for `{name}` of `{path}` {fault}");
    Some(say::object(format!("{path} {name}"), message, at, remedy()))
}
