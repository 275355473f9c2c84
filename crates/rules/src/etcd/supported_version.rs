//! Whether the release of etcd still gets fixes and has those that there are. The page beside this file explains the rule and
//! tests it.

use std::collections::BTreeMap;

use facts::{
    Cluster,
    advisories::{self, Truth},
    objects::{Of, Pod, images},
    observed::Door,
    releases::{ETCD, Maintenance},
};
use model::{Confidence, Finding, Gap, GapKind, Listener, Meaning, Origin, RuleCard, Severity, Unanswered, Verdict, Version};

use crate::{Applies, Check, Rule, doors, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "etcd-supported-version",
        title: "etcd runs in a release that is not maintained, or without its fixes",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("supported_version.md"),
    },
    component: "etcd",
    applies: Applies::ALWAYS,
    check: Check::DoorOrObjects { of: &[Listener::Etcd, Listener::EtcdPeer], door, objects: OF, ask },
};

const OF: &[Of] = &[Of::Pod];
const REMEDY: &str = "upgrade etcd, one minor release at a time";
const BREAKS: [&str; 1] = ["Upgrades go one minor at a time and cannot be undone after the new format is used."];

/// Images that hold etcd: registry.k8s.io and quay.io/coreos, Rancher's mirror of the latter, and RKE2's own.
const IMAGES: [&str; 4] = ["etcd", "coreos-etcd", "mirrored-coreos-etcd", "hardened-etcd"];

/// Where the members of a cluster's own store run; an etcd elsewhere is somebody's application.
const NAMESPACES: [&str; 3] = ["", "kube-system", "openshift-etcd"];

/// What is wrong with a release.
struct Wrong {
    message: String,
    severity: Option<Severity>,
}

fn ask(cluster: &Cluster) -> Verdict {
    let mut running: BTreeMap<String, (&Pod, Version)> = BTreeMap::new();
    let mut gaps = Vec::new();
    for pod in cluster.objects.pods.iter().filter(|pod| NAMESPACES.contains(&&*pod.meta.namespace)) {
        for image in &pod.images {
            let (name, version) = images::parts(image);
            // Images of one architecture carry its name: `etcd-amd64`.
            let plain = name.rsplit_once("-a").filter(|(_, rest)| matches!(*rest, "md64" | "rm64" | "rm"));
            if !IMAGES.contains(&plain.map_or(name, |(name, _)| name)) {
                continue;
            }
            match version {
                Some(version) => {
                    running.entry(version.to_string()).or_insert((pod, version));
                }
                None => gaps.push(unknown(format!("the image `{image}` does not tell the release of etcd"))),
            }
        }
    }
    let mut findings = Vec::new();
    let mut fine = Vec::new();
    for (named, (pod, version)) in &running {
        match state(cluster, version) {
            Ok(because) => fine.push(because),
            Err(Ok(wrong)) => {
                let remedy = say::remedy(REMEDY, &BREAKS, None);
                let found = say::object(format!("etcd {named}"), wrong.message, &pod.meta.at, remedy);
                findings.push(Finding { severity: wrong.severity, confidence: confidence(version), ..found });
            }
            Err(Err(gap)) => gaps.push(gap),
        }
    }
    let mut answer = say::about(cluster, OF, findings, fine.join("; "))?;
    answer.gaps.extend(gaps);
    if running.is_empty() && answer.gaps.is_empty() {
        return Err(Unanswered::NotApplicable("no pod of the control plane runs etcd".to_owned()));
    }
    Ok(answer)
}

fn door(cluster: &Cluster, door: &Door) -> Verdict {
    doors::answered(door)?;
    let named = door.etcd.as_deref().and_then(|text| text.parse().ok()).map(|version| (version, door.at.clone()));
    let Some((version, at)) = door.looks().version.or(named) else {
        let is_asked_first = door.answer("/version").is_some_and(|answer| answer.meaning == Meaning::CertificateRequired);
        if !door.proven && !is_asked_first {
            return Err(Unanswered::NotApplicable(format!("what answers at {} does not say that it is etcd", door.name)));
        }
        return Err(unknown(format!("{} tells nobody without a certificate which release of etcd it is", door.name)).into());
    };
    match state(cluster, &version) {
        Ok(because) => Ok(doors::pass(door, because)),
        Err(Ok(wrong)) => Ok(say::fail(Finding {
            subject: None,
            setting: None,
            message: wrong.message,
            severity: wrong.severity,
            confidence: confidence(&version),
            primary: Origin::Reported(at),
            because: Vec::new(),
            remedy: Some(say::remedy(REMEDY, &BREAKS, None)),
        })),
        Err(Err(gap)) => Err(gap.into()),
    }
}

/// What builds of others carry besides is not known: numbers behind the release of upstream are those of the image.
fn confidence(version: &Version) -> Confidence {
    let rest = version.suffix.trim_start_matches('-');
    if rest.bytes().all(|byte| byte.is_ascii_digit()) { Confidence::Certain } else { Confidence::Probable }
}

/// Why a release is fine, else what is wrong with it, else why that is not known.
fn state(cluster: &Cluster, version: &Version) -> Result<String, Result<Wrong, Gap>> {
    const NAMED: usize = 3;
    let day = cluster.as_of;
    let known = ETCD.calendar.known_until;
    let mut flaws = advisories::of_add_on_in(cluster, "etcd", version);
    flaws.retain(|(_, exposed)| *exposed != Truth::False);
    // What this cluster is exposed to comes first.
    flaws.sort_by_key(|(_, exposed)| *exposed != Truth::True);
    let severity = flaws.iter().any(|(_, exposed)| *exposed == Truth::True).then_some(Severity::High);
    let mut ids: Vec<String> = flaws.iter().map(|(advisory, _)| advisory.id.clone()).collect();
    let count = ids.len();
    if count > NAMED + 1 {
        ids.truncate(NAMED);
        ids.push(format!("{} more", count - NAMED));
    }
    let lost = ETCD.corruption(version, day).next();
    let mut said = String::new();
    if let Some(lost) = lost {
        said.push_str(&format!(": {} ({} has the fix)", lost.what, lost.fixed));
    }
    if count > 0 {
        let how = if lost.is_some() { "; it also has" } else { ": it has" };
        said.push_str(&format!("{how} {}", say::and(&ids)));
    }
    if let Maintenance::EndedOn(end) = ETCD.calendar.maintenance(version.minor, day) {
        return Err(Ok(Wrong { message: format!("etcd {version} gets no fixes since {end}{said}"), severity }));
    }
    let Some(branch) = ETCD.calendar.branch(version.minor) else {
        return Err(Err(newer(format!("etcd {version} is newer than this build knows, whose calendar of etcd ends on {known}"))));
    };
    if version.patch.is_none() {
        return Err(Err(unknown(format!("which patch of etcd {} it is was not said", version.minor))));
    }
    let by = day.min(known);
    if !said.is_empty() {
        let newest = branch.latest(by).map(|patch| format!("; {} was the newest patch on {by}", patch.version));
        return Err(Ok(Wrong {
            message: format!("etcd {version} lacks fixes{said}{}", newest.unwrap_or_default()),
            severity,
        }));
    }
    Ok(format!("no fix of etcd {} that {version} lacks is known to this build, whose calendar of etcd ends on {by}", version.minor))
}

fn unknown(reason: String) -> Gap {
    Gap {
        kind: GapKind::Version,
        reason,
        wanted: "the release of etcd".to_owned(),
        who_could_answer: "`etcdctl endpoint status` on a member".to_owned(),
    }
}

fn newer(reason: String) -> Gap {
    Gap {
        kind: GapKind::Version,
        reason,
        wanted: "a newer Portcullis".to_owned(),
        who_could_answer: "a newer Portcullis, or the releases of etcd-io/etcd".to_owned(),
    }
}
