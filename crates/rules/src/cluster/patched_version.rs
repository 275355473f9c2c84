//! Whether the published fixes are in. The page beside this file explains the rule and tests it.

use facts::{
    Cluster,
    advisories::{self, Advisory, Exposure, Truth},
    apiserver::ApiServer,
    objects::{Extent, Of},
    releases::{CALENDAR, Maintenance},
};
use model::{Finding, Gap, GapKind, Release, RuleCard, Severity, Verdict, Version};

use super::release::{self, State};
use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "cluster-patched-version",
        title: "The cluster runs a release without the published security fixes",
        severity: Severity::High,
        fix: None,
        page: include_str!("patched_version.md"),
    },
    component: "cluster",
    applies: Applies::ALWAYS,
    check: Check::Advisories(check),
};

const UPGRADE: &str = "upgrade to the newest patch of a maintained minor release";

fn check(cluster: &Cluster) -> Verdict {
    const BREAKS: [&str; 1] = ["Upgrades restart components; minors go one at a time and may remove APIs."];
    let mut answer = release::each(cluster, &BREAKS, |known, server| {
        state(known, &Whose::Server(server), cluster)
    })?;
    for (version, nodes) in cluster.objects.nodes_by_kubelet() {
        let Some(first) = nodes.first() else { continue };
        match state(&Release::Exactly(version.clone()), &Whose::Kubelet, cluster) {
            State::Fine(_) => {}
            State::Wrong { message, severity, remedy } => {
                let of = if nodes.len() == 1 {
                    format!("the kubelet of `{}`", first.meta.name)
                } else {
                    format!("the kubelets of {} nodes", nodes.len())
                };
                let at = first.meta.part("/status/nodeInfo/kubeletVersion", first.at);
                let remedy = say::remedy(remedy, &BREAKS, None);
                let found = say::object(format!("kubelet {version}"), format!("{of}: {message}"), &at, remedy);
                answer.findings.push(Finding { severity, ..found });
            }
            State::Open(gap) => answer.gaps.push(gap),
        }
    }
    // Which kubelets there are was asked and not told.
    if let Extent::Unread(gap) = cluster.objects.extent(Of::Node) {
        answer.gaps.push(gap.clone());
    }
    Ok(answer)
}

/// What is of a release.
enum Whose<'a> {
    Server(&'a ApiServer),
    Kubelet,
}

fn state(known: &Release, whose: &Whose<'_>, cluster: &Cluster) -> State {
    let day = cluster.as_of;
    let maintenance = |minor| CALENDAR.maintenance(minor, day);
    let all_ended = known.minors().all(|minor| matches!(maintenance(minor), Maintenance::EndedOn(_)));
    let version = match release::upstream(known) {
        Ok(version) => version,
        Err(_) if all_ended && matches!(known, Release::Within { .. }) => {
            let (from, to) = known.bounds();
            let message = format!("no release from {from} to {to} gets fixes any more");
            return State::Wrong { message, severity: None, remedy: UPGRADE };
        }
        Err(gap) => return State::Open(gap),
    };
    let flaws = Flaws::of(version, whose, cluster);
    if let Maintenance::EndedOn(end) = maintenance(version.minor) {
        return State::Wrong {
            message: format!("{version} gets no fixes since {end}{}", flaws.said()),
            severity: flaws.severity(),
            remedy: UPGRADE,
        };
    }
    let Some(branch) = CALENDAR.branch(version.minor) else {
        return State::Open(release::newer(format!("{version} is newer than this build knows: {}", CALENDAR.known_until)));
    };
    let Some(latest) = branch.latest(day).map(|patch| &patch.version) else {
        return State::Open(release::newer(format!("{} was not out on {day}", version.minor)));
    };
    let (Some(patch), Some(newest)) = (version.patch, latest.patch) else {
        return State::Open(release::unknown(format!("which patch of {} it is was not said", version.minor)));
    };
    if patch < newest {
        let behind = newest - patch;
        let plural = if behind == 1 { "patch" } else { "patches" };
        // The newest patch without security content is worth having, and no more.
        let severity = if flaws.count + flaws.siblings == 0 { Some(Severity::Low) } else { flaws.severity() };
        return State::Wrong {
            message: format!("{version} is {behind} {plural} behind {latest}{}", flaws.said()),
            severity,
            remedy: UPGRADE,
        };
    }
    if flaws.exposed {
        return State::Wrong {
            message: format!("{version} is the newest patch of its minor release{}", flaws.said()),
            severity: flaws.severity(),
            remedy: "upgrade to a minor release that has the fixes",
        };
    }
    if !flaws.wanted.is_empty() {
        return State::Open(Gap {
            kind: GapKind::NotCollected,
            reason: format!("{version} is the newest patch of its minor release{}", flaws.said()),
            wanted: flaws.wanted.join(", "),
            who_could_answer: "the running cluster".to_owned(),
        });
    }
    if CALENDAR.is_stale(day) {
        return State::Open(release::newer(format!(
            "{version} was the newest patch on {}, and what came until {day} is not known to this build",
            CALENDAR.known_until
        )));
    }
    State::Fine(format!("{version} was the newest patch of a maintained minor release on {day}"))
}

/// The advisories that the release has and another release has not, those ruled out by the configuration aside.
struct Flaws {
    count: usize,
    /// The worst first.
    ids: Vec<&'static str>,
    /// The cluster is known to be exposed to one.
    exposed: bool,
    /// What would tell whether it is exposed to the others.
    wanted: Vec<String>,
    /// One is critical, needs no credentials, and the cluster is exposed to it.
    open_door: bool,
    /// Flaws of other components of the same release, which nobody looked at, that a later patch of its minor fixes.
    siblings: usize,
    /// Whose they are.
    name: &'static str,
}

impl Flaws {
    fn of(version: &Version, whose: &Whose<'_>, cluster: &Cluster) -> Self {
        let (component, instance, name) = match whose {
            Whose::Server(server) => {
                let component = server.component();
                (component.name, component.instance.clone(), "API server")
            }
            Whose::Kubelet => ("kubelet", version.to_string(), "kubelet"),
        };
        let judged = advisories::judge(cluster);
        let own = judged.iter().filter(|judged| {
            judged.component == component
                && judged.instance == instance
                && judged.advisory.fixed_in(version).is_some()
                && matches!(judged.exposure, Exposure::Exposed | Exposure::Undetermined)
        });
        let mut flaws = Self { count: 0, ids: Vec::new(), exposed: false, wanted: Vec::new(), open_door: false, siblings: 0, name };
        let of_siblings = |advisory: &Advisory| {
            advisory.affects_apiserver(version) == Truth::False
                && advisory.fixed_in(version).is_some_and(|fixed| fixed.minor == version.minor)
        };
        if matches!(whose, Whose::Server(_)) {
            let all = advisories::of(version, cluster.as_of);
            flaws.siblings = all.iter().filter(|(advisory, _)| of_siblings(advisory)).count();
        }
        for judged in own {
            flaws.count += 1;
            flaws.ids.push(judged.advisory.id.as_str());
            flaws.exposed |= judged.exposure == Exposure::Exposed;
            flaws.wanted.extend(judged.wanted.iter().filter(|wanted| !flaws.wanted.contains(wanted)).cloned().collect::<Vec<_>>());
            flaws.open_door |= judged.exposure == Exposure::Exposed
                && judged.advisory.severity == Some(Severity::Critical)
                && judged.advisory.is_unauthenticated();
        }
        flaws
    }

    fn said(&self) -> String {
        const NAMED: usize = 3;
        let advisories = |count| if count == 1 { "1 advisory".to_owned() } else { format!("{count} advisories") };
        let mut said = String::new();
        if self.count > 0 {
            let named = self.ids.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
            let more = if self.count > NAMED { " and others" } else { "" };
            said = format!("; {} of its {} may apply: {named}{more}", advisories(self.count), self.name);
        }
        if self.siblings > 0 {
            said.push_str(&format!("; {} of other components are fixed since", advisories(self.siblings)));
        }
        said
    }

    fn severity(&self) -> Option<Severity> {
        self.open_door.then_some(Severity::Critical)
    }
}
