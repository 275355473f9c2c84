//! Replicas of one component, held against each other. The page beside this file explains the rule and tests it.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use facts::{
    Cluster,
    apiserver::ApiServer,
    flags::KUBE_APISERVER,
    kubelet::Kubelet,
    live::EVERY_NODE,
    observed::{Answer as Answered, Observed, Reach},
};
use model::{
    Answer, Component, Confidence, DECLARED, Finding, Gap, GapKind, Label, Location, Origin, Plane, Reading, Remedy, RuleCard,
    Safety, Severity, Unanswered, Verdict,
};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "component-replicas-differ",
        title: "Replicas of one component are set up differently",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("replicas_differ.md"),
    },
    component: "cluster",
    applies: Applies::ALWAYS,
    check: Check::Cluster(check),
};

/// Flags that belong to a host: its addresses, and files that are named after it.
const OF_A_HOST: [&str; 12] = [
    "advertise-address", "bind-address", "etcd-certfile", "etcd-keyfile", "etcd-servers", "external-hostname",
    "insecure-bind-address", "kubelet-client-certificate", "kubelet-client-key", "peer-advertise-ip", "tls-cert-file",
    "tls-private-key-file",
];

/// Lists that a server fills in the order of a map, which differs from start to start (`watch-cache-sizes`), and those whose order
/// means nothing.
const UNORDERED: [&str; 4] =
    ["disable-admission-plugins", "enable-admission-plugins", "runtime-config", "watch-cache-sizes"];

/// Who holds one value.
type Holders<'a> = Vec<(&'a Component, &'a Reading)>;

/// Puts lists together that hold the same in another order.
fn by_items<'a>(held: BTreeMap<&'a str, Holders<'a>>) -> BTreeMap<&'a str, Holders<'a>> {
    let mut together: BTreeMap<Vec<&str>, (&'a str, Holders<'a>)> = BTreeMap::new();
    for (value, of) in held {
        let mut items: Vec<&str> = value.trim_matches(['[', ']']).split(',').map(str::trim).collect();
        items.sort_unstable();
        together.entry(items).or_insert_with(|| (value, Vec::new())).1.extend(of);
    }
    together.into_values().collect()
}

/// Settings of kubelets that decide who gets in and what pods may do. Others differ with the machines.
const OF_KUBELETS: [&str; 17] = [
    "allowedUnsafeSysctls", "authentication.anonymous.enabled", "authentication.webhook.enabled", "authorization.mode",
    "enableDebuggingHandlers", "enableSystemLogHandler", "enableSystemLogQuery", "makeIPTablesUtilChains",
    "protectKernelDefaults", "readOnlyPort", "rotateCertificates", "seccompDefault", "serverTLSBootstrap",
    "staticPodURL", "streamingConnectionIdleTimeout", "tlsCipherSuites", "tlsMinVersion",
];

fn check(cluster: &Cluster) -> Verdict {
    let kubelets = of_kubelets(cluster);
    match (of_servers(cluster), kubelets) {
        (servers, None) => servers,
        (Err(Unanswered::NotApplicable(_)), Some(kubelets)) => Ok(kubelets),
        (Err(Unanswered::Gap(gap)), Some(mut kubelets)) => {
            kubelets.gaps.push(gap);
            Ok(kubelets)
        }
        (Ok(mut answer), Some(kubelets)) => {
            answer.because = format!("{}, {}", answer.because, kubelets.because);
            answer.findings.extend(kubelets.findings);
            answer.gaps.extend(kubelets.gaps);
            Ok(answer)
        }
    }
}

/// The kubelets of which the command line is known, or that were asked, against each other; `None` of fewer than two.
fn of_kubelets(cluster: &Cluster) -> Option<Answer> {
    let known = || cluster.kubelets.iter().filter(|one| one.shows_flags);
    let all_nodes = known().find(|one| one.node.as_deref() == Some(EVERY_NODE));
    // Of one that was asked and did not say what it runs with, no file tells that.
    let (silent, kubelets): (Vec<&Component>, Vec<&Component>) =
        known().filter(|one| one.component().outranked.is_none() || one.is_asked()).map(Kubelet::component).partition(
            |component| component.outranked.is_some() || component.instance == EVERY_NODE,
        );
    if kubelets.len() + silent.len() < 2 && all_nodes.is_none() {
        return None;
    }
    let asked = cluster.kubelets.iter().any(Kubelet::is_asked);
    let mut answer = Answer::default();
    let (mut same, mut hidden) = (0_usize, BTreeSet::new());
    for name in OF_KUBELETS {
        let mut held: BTreeMap<&str, Vec<(&Component, &Reading)>> = BTreeMap::new();
        for kubelet in &kubelets {
            match kubelet.setting(name).map(|setting| setting.in_force()) {
                Some(Ok(reading)) => held.entry(reading.in_force()).or_default().push((*kubelet, reading)),
                // One reason for each of them is enough.
                Some(Err(gap)) if hidden.insert(kubelet.instance.as_str()) => answer.gaps.push(unknown(kubelet, gap)),
                Some(Err(_)) | None => {}
            }
        }
        match held.len() {
            0 => {}
            1 => same += usize::from(held.values().all(|of| of.len() > 1)),
            _ => answer.findings.push(finding(name, &held, asked)),
        }
    }
    for component in silent {
        let gap = component.settings.iter().find_map(|setting| setting.in_force().err());
        answer.gaps.extend(gap.or(component.outranked.as_ref()).map(|gap| unknown(component, gap)));
    }
    answer.because = format!("{} kubelets agree on {same} settings", kubelets.len());
    Some(answer)
}

fn of_servers(cluster: &Cluster) -> Verdict {
    let servers: Vec<&Component> = cluster.apiservers.iter().map(ApiServer::component).collect();
    let asked = cluster.identities.is_some() || servers.iter().any(|server| runs(server));
    let serving = cluster.identities.as_ref().map_or(0, Vec::len);
    let mut answer = Answer::default();
    let outside = seen_from_outside(cluster);
    if outside.len() > 1 {
        behaviour(cluster, &outside, &mut answer);
    }
    if serving > servers.len() {
        answer.gaps.push(Gap {
            kind: GapKind::NotCollected,
            reason: format!("{serving} API servers hold a lease, and {} of them looked at", were(servers.len())),
            wanted: "the other API servers".to_owned(),
            who_could_answer: "a user who may list the pods of kube-system, or the files of the other nodes".to_owned(),
        });
    } else if servers.len() < 2 && outside.len() < 2 {
        return Err(Unanswered::NotApplicable("there is one API server, as far as was seen".to_owned()));
    }
    let (mut same, mut hidden) = (0_usize, BTreeSet::new());
    for flag in KUBE_APISERVER.flags.iter().filter(|flag| !OF_A_HOST.contains(&flag.name)) {
        let mut held: BTreeMap<&str, Vec<(&Component, &Reading)>> = BTreeMap::new();
        for server in &servers {
            match server.setting(flag.name).map(|setting| setting.in_force()) {
                Some(Ok(reading)) => held.entry(reading.in_force()).or_default().push((*server, reading)),
                // One reason for each of them is enough.
                Some(Err(gap)) if hidden.insert(server.instance.as_str()) => answer.gaps.push(unknown(server, gap)),
                Some(Err(_)) | None => {}
            }
        }
        if UNORDERED.contains(&flag.name) {
            held = by_items(held);
        }
        match held.len() {
            0 => {}
            1 => same += usize::from(held.values().all(|of| of.len() > 1)),
            _ => answer.findings.push(finding(flag.name, &held, asked)),
        }
    }
    for (about, flag) in FILES {
        let flag = say::flag(flag);
        // Of two files with two names that was said.
        if !answer.findings.iter().any(|finding| finding.setting.as_deref() == Some(&flag)) {
            answer.findings.extend(other_file(cluster, about, &flag));
        }
    }
    // One reason for many settings is one gap.
    answer.gaps.sort();
    answer.gaps.dedup();
    if servers.len() < 2
        && answer.findings.is_empty()
        && let Some(gap) = answer.gaps.first()
    {
        return Err(Unanswered::Gap(gap.clone()));
    }
    answer.because = if servers.len() < 2 {
        format!("{} addresses of the API show strangers the same", outside.len())
    } else {
        format!("{} API servers agree on {same} settings", servers.len())
    };
    Ok(answer)
}

/// The files of which a server counts the digest of what it read last, by what its metrics call them (apiserver
/// pkg/server/options, `…_config_controller_last_config_info`, 1.30 on), and the flags that name them.
const FILES: [(&str, &str); 2] = [("authentication", "authentication-config"), ("authorization", "authorization-config")];

/// Files of one flag that are not the same, though they may have one name.
fn other_file(cluster: &Cluster, about: &str, flag: &str) -> Option<Finding> {
    let mut held: BTreeMap<&str, Vec<(&str, &Location)>> = BTreeMap::new();
    for server in &cluster.apiservers {
        if let Some(metrics) = server.metrics()
            && let Some(digest) = metrics.config_hashes.get(about)
        {
            held.entry(digest).or_default().push((server.component().instance.as_str(), &metrics.at));
        }
    }
    let mut sides: Vec<&Vec<(&str, &Location)>> = held.values().collect();
    sides.sort_by_key(|of| of.len());
    let [few, .., many] = sides[..] else { return None };
    let names = |of: &[(&str, &Location)]| of.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>();
    let (_, at) = few.first()?;
    let read = if few.len() == 1 { "reads" } else { "read" };
    Some(Finding {
        subject: Some(flag.to_owned()),
        setting: Some(flag.to_owned()),
        message: format!("{} {read} another file for `{flag}` than {}", say::and(&names(few)), say::and(&names(many))),
        severity: None,
        confidence: Confidence::Certain,
        primary: Origin::Reported((*at).clone()),
        because: many.iter().map(|(name, at)| Label { at: (*at).clone(), text: format!("`{name}` has read this") }).collect(),
        remedy: Some(Remedy {
            title: "give every API server the same file".to_owned(),
            safety: Safety::Manual,
            breaks: Vec::new(),
            changes: Vec::new(),
        }),
    })
}

/// The addresses of the API that were looked at: those that the cluster publishes, where it says so. What stands in front of them has a
/// behaviour of its own.
fn seen_from_outside(cluster: &Cluster) -> Vec<&Observed> {
    let published = cluster.published.as_ref().ok().and_then(|published| published.as_deref());
    let host = |one: &Observed| {
        let (host, _) = one.endpoint.rsplit_once(':')?;
        host.trim_matches(['[', ']']).parse::<IpAddr>().ok()
    };
    let is_own =
        |one: &&Observed| published.is_none_or(|all| all.iter().any(|known| host(one) == Some(known.address)));
    let is_api = |one: &&Observed| one.component.as_deref() == Some("kube-apiserver");
    cluster.observed.iter().filter(is_api).filter(is_own).collect()
}

/// What some addresses do, by what they do.
type Sides<'a> = BTreeMap<BTreeSet<&'a str>, Vec<(&'a str, &'a Location)>>;

/// Holds what strangers see of several addresses against each other.
fn behaviour<'a>(cluster: &'a Cluster, outside: &[&'a Observed], answer: &mut Answer) {
    let (mut versions, mut suites, mut given) = (Sides::new(), Sides::new(), Sides::new());
    for one in outside {
        match &one.tls {
            Err(gap) => answer.gaps.push(gap.clone()),
            Ok(None) => {}
            Ok(Some(handshake)) => {
                let at = (one.endpoint.as_str(), &one.evidence);
                let spoken = handshake.protocols.iter().filter(|version| version.offered);
                versions.entry(spoken.map(|version| version.name.as_str()).collect()).or_default().push(at);
                // What was cut short is no list.
                if handshake.unseen.is_empty() {
                    let agreed = handshake.suites.iter().filter(|suite| suite.protocol != "TLS 1.3");
                    suites.entry(agreed.map(|suite| suite.name.as_str()).collect()).or_default().push(at);
                }
            }
        }
        let door = cluster.doors.iter().find(|door| one.is_at(door));
        if let Some(door) = door.filter(|door| door.reach == Reach::Answered && !door.answers_everything()) {
            given.entry(door.given().map(Answered::bare).collect()).or_default().push((door.address(), &door.at));
        }
    }
    for (what, sides) in [("versions of TLS", &versions), ("suites", &suites), ("paths for strangers", &given)] {
        answer.findings.extend(apart(what, sides));
    }
}

/// In what addresses differ, the few before the many.
fn apart(what: &str, sides: &Sides<'_>) -> Option<Finding> {
    let mut sorted: Vec<_> = sides.iter().collect();
    sorted.sort_by_key(|(_, of)| of.len());
    let [(_, first), _, ..] = sorted[..] else { return None };
    let common = sides.keys().skip(1).fold(sides.keys().next()?.clone(), |common, side| &common & side);
    let shown = |side: &BTreeSet<&str>| {
        let own: Vec<String> = side.difference(&common).map(|name| format!("`{name}`")).collect();
        match &own[..] {
            [] => "nothing besides".to_owned(),
            [first, second, third, rest @ ..] if !rest.is_empty() => {
                format!("{first}, {second}, {third} and {} more", rest.len())
            }
            own => say::and(own),
        }
    };
    let names = |of: &[(&str, &Location)]| {
        let names: Vec<&str> = of.iter().take(3).map(|(name, _)| *name).collect();
        let more = if of.len() > 3 { format!(" and {} more", of.len() - 3) } else { String::new() };
        format!("{}{more}", names.join(", "))
    };
    let said: Vec<String> = sorted.iter().map(|(side, of)| format!("{} at {}", shown(side), names(of))).collect();
    let others = sorted.iter().skip(1).filter_map(|(side, of)| {
        let (name, at) = of.first()?;
        Some(Label { at: (*at).clone(), text: format!("{} at {name}", shown(side)) })
    });
    Some(Finding {
        subject: Some(what.to_owned()),
        setting: None,
        message: format!("the {what} differ: {}", said.join(", ")),
        severity: None,
        confidence: Confidence::Certain,
        primary: Origin::Reported(first.first()?.1.clone()),
        because: others.collect(),
        remedy: Some(alike()),
    })
}

fn alike() -> Remedy {
    Remedy {
        title: "set all replicas up alike".to_owned(),
        safety: Safety::Manual,
        breaks: vec!["Which of them is meant only a person can tell.".to_owned()],
        changes: Vec::new(),
    }
}

fn were(count: usize) -> String {
    if count == 1 { "1 was".to_owned() } else { format!("{count} were") }
}

/// Whether the process itself was asked.
fn runs(server: &Component) -> bool {
    let running = |reading: &Reading| reading.plane == Plane::Running;
    server.settings.iter().any(|setting| setting.nearest().is_ok_and(running))
}

fn unknown(server: &Component, gap: &Gap) -> Gap {
    let reason = gap.reason.split(DECLARED).next().unwrap_or_default();
    Gap {
        reason: format!("not all of `{}` is known, so that it cannot be compared", server.instance),
        wanted: format!("the settings of {}", server.instance),
        who_could_answer: format!("{}, because {reason}", gap.who_could_answer),
        ..gap.clone()
    }
}

fn finding(name: &str, held: &BTreeMap<&str, Vec<(&Component, &Reading)>>, asked: bool) -> Finding {
    let flag = say::flag(name);
    // The few are likelier to be wrong than the many, and are where to look first.
    let mut sides: Vec<(&&str, &Vec<(&Component, &Reading)>)> = held.iter().collect();
    sides.sort_by_key(|(_, of)| of.len());
    let shown = |value: &str| if say::is_nothing(value) { "not set".to_owned() } else { format!("`{value}`") };
    let names = |of: &[(&Component, &Reading)]| {
        let named: Vec<&str> = of.iter().take(3).map(|(server, _)| server.instance.as_str()).collect();
        let more = if of.len() > 3 { format!(" and {} more", of.len() - 3) } else { String::new() };
        format!("{}{more}", named.join(", "))
    };
    let said: Vec<String> = sides.iter().map(|(value, of)| format!("{} on {}", shown(value), names(of))).collect();
    let primary = sides.first().and_then(|(_, of)| of.first()).map(|(_, reading)| reading.origin.clone());
    let because = sides.iter().skip(1).filter_map(|(value, of)| {
        let (server, reading) = of.first()?;
        let at = reading.origin.location()?.clone();
        Some(Label { at, text: format!("{} on {}", shown(value), server.instance) })
    });
    Finding {
        subject: Some(flag.clone()),
        setting: Some(flag.clone()),
        message: format!("`{flag}` is {}", said.join(", ")),
        severity: None,
        // A dump of files may hold the servers of several clusters.
        confidence: if asked { Confidence::Certain } else { Confidence::Possible },
        because: because.collect(),
        primary: primary.unwrap_or_else(|| Origin::Implied { by: None, how: String::new() }),
        remedy: Some(alike()),
    }
}
