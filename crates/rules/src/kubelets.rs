//! Rules about kubelets: how they read settings, and how they word what they find.

use facts::{Cluster, kubelet::Kubelet, objects::Of, rbac::Who};
use model::{Answer, Finding, Gap, GapKind, Minor, Reading, Unanswered, Verdict};

use crate::say::{self, is_nothing};

/// How a setting becomes what it must be.
#[derive(Clone, Copy)]
pub(crate) struct Cure {
    /// An order: "limit the events of each kubelet".
    pub(crate) remedy: &'static str,
    /// The value to write; `None` where only a person can tell.
    pub(crate) to: Option<&'static str>,
    /// What stops working, a sentence each.
    pub(crate) breaks: &'static [&'static str],
}

/// "`readOnlyPort` is `10255` (as the process reports it)".
pub(crate) fn message(kubelet: &Kubelet, name: &str, reading: &Reading) -> String {
    let value = reading.in_force();
    let shown = if is_nothing(value) { "" } else { value };
    say::is(name, shown, &reading.origin, &kubelet.component().release)
}

/// The pass that rests on what a setting is.
pub(crate) fn fine(kubelet: &Kubelet, name: &str, reading: &Reading) -> Answer {
    say::fine(kubelet.component(), name, reading)
}

/// What is wrong with a setting, at the place where it is written or would be.
pub(crate) fn wrong(kubelet: &Kubelet, name: &str, reading: &Reading, cure: &Cure) -> Finding {
    let change = cure.to.and_then(|to| say::set(name, &reading.origin, to));
    let remedy = say::remedy(cure.remedy, cure.breaks, change);
    say::wrong(name, message(kubelet, name, reading), &reading.origin, remedy)
}

/// Puts one test to several settings, each of which has to pass it. Those that the release does not have are not asked for.
pub(crate) fn each(kubelet: &Kubelet, names: &[&str], passes: impl Fn(&str) -> bool, cure: &Cure) -> Verdict {
    let mut answer = Answer::default();
    let mut nothing = None;
    for name in names {
        match kubelet.get(name) {
            Ok(reading) if passes(reading.in_force()) => add(&mut answer, Ok(fine(kubelet, name, reading))),
            Ok(reading) => {
                let found = wrong(kubelet, name, reading, cure);
                answer.findings.push(Finding { subject: Some((*name).to_owned()), ..found });
            }
            Err(Unanswered::Gap(gap)) => hidden(&mut answer, gap),
            Err(Unanswered::NotApplicable(reason)) => nothing = nothing.or(Some(reason)),
        }
    }
    match nothing {
        Some(reason) if answer.because.is_empty() && answer.findings.is_empty() && answer.gaps.is_empty() => {
            Err(Unanswered::NotApplicable(reason))
        }
        _ => Ok(answer),
    }
}

/// Adds an answer to another; what was no question adds nothing.
pub(crate) fn add(answer: &mut Answer, other: Verdict) {
    match other {
        Ok(other) => {
            answer.seen.extend(other.seen);
            answer.findings.extend(other.findings);
            other.gaps.into_iter().for_each(|gap| hidden(answer, gap));
            answer.setting = answer.setting.take().or(other.setting);
            if !answer.because.is_empty() && !other.because.is_empty() {
                answer.because.push_str(", ");
            }
            answer.because.push_str(&other.because);
        }
        Err(Unanswered::Gap(gap)) => hidden(answer, gap),
        Err(Unanswered::NotApplicable(_)) => {}
    }
}

/// What hides several settings is one gap, and stands alone where nothing else is said.
fn hidden(answer: &mut Answer, gap: Gap) {
    if !answer.gaps.contains(&gap) {
        answer.gaps.push(gap);
    }
}

/// The verdict on a feature gate that has to be on, from that release on.
pub(crate) fn gate_is_on(kubelet: &Kubelet, name: &str, since: Minor, cure: &Cure) -> Verdict {
    const GATES: &str = "featureGates";
    let (on, by) = kubelet.gate(name, since)?;
    if on {
        return Ok(Answer {
            seen: by.map(|by| by.origin).into_iter().collect(),
            because: format!("`{name}` is on"),
            setting: Some(GATES.to_owned()),
            ..Answer::default()
        });
    }
    let origin = match by {
        Some(by) => by.origin,
        None => kubelet.get(GATES)?.origin.clone(),
    };
    let remedy = say::remedy(cure.remedy, cure.breaks, None);
    Ok(say::fail(say::wrong(GATES, format!("`{name}` is off"), &origin, remedy)))
}

/// What lets callers in who have no credentials, where that is known to be on.
pub(crate) fn takes_strangers(kubelet: &Kubelet) -> Option<&Reading> {
    kubelet.get("authentication.anonymous.enabled").ok().filter(|anonymous| anonymous.in_force() == "true")
}

/// What lets whoever is taken do everything, where that is known to be so.
pub(crate) fn allows_all(kubelet: &Kubelet) -> Option<&Reading> {
    kubelet.get("authorization.mode").ok().filter(|mode| mode.in_force() == "AlwaysAllow")
}

/// Whether an admission plugin runs in every API server of the cluster.
pub(crate) fn run_everywhere(cluster: &Cluster, plugin: &str) -> Result<bool, Unanswered> {
    if cluster.apiservers.is_empty() {
        return Err(Unanswered::Gap(Gap {
            kind: GapKind::NotCollected,
            reason: format!("whether the API server runs `{plugin}` was not seen"),
            wanted: "the API server of the cluster".to_owned(),
            who_could_answer: "a run that sees the cluster's API servers as well".to_owned(),
        }));
    }
    for server in &cluster.apiservers {
        match server.admission_plugin(plugin) {
            Ok(state) if state.enabled && state.inert.is_none() => {}
            Ok(_) | Err(Unanswered::NotApplicable(_)) => return Ok(false),
            Err(gap) => return Err(gap),
        }
    }
    Ok(true)
}

/// Whether it is known that no right on nodes is bound to callers without credentials.
pub(crate) fn strangers_have_no_rights(cluster: &Cluster) -> bool {
    const PARTS: [&str; 9] = [
        "nodes/proxy",
        "nodes/stats",
        "nodes/metrics",
        "nodes/log",
        "nodes/spec",
        "nodes/checkpoint",
        "nodes/configz",
        "nodes/healthz",
        "nodes/pods",
    ];
    let access = cluster.access();
    if access.whole(&[Of::ClusterRole, Of::ClusterRoleBinding]).is_err() {
        return false;
    }
    let is_stranger = |who: &Who<'_>| match who {
        Who::User(name) => name == "system:anonymous",
        Who::Group(name) => name == "system:unauthenticated",
        Who::Account(..) => false,
    };
    let mut of_strangers = access.grants().filter(|grant| grant.holders().any(|holder| is_stranger(&holder.who)));
    of_strangers.all(|grant| {
        let permissions = grant.permissions();
        grant.gap().is_none()
            && !permissions.iter().any(|one| {
                ["get", "create"].iter().any(|verb| PARTS.iter().any(|part| one.rule.speaks_of(verb, "", part)))
            })
    })
}

/// The bytes of a quantity, such as `10Mi` or `50M` (apimachinery pkg/api/resource/quantity.go); `None` for other spellings.
pub(crate) fn bytes(text: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 10] = [
        ("Ki", 1 << 10),
        ("Mi", 1 << 20),
        ("Gi", 1 << 30),
        ("Ti", 1 << 40),
        ("Pi", 1 << 50),
        ("k", 1_000),
        ("M", 1_000_000),
        ("G", 1_000_000_000),
        ("T", 1_000_000_000_000),
        ("", 1),
    ];
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
    digits.parse::<u64>().ok()?.checked_mul(*factor)
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn quantities_are_bytes() {
        for (text, expected) in [
            ("10Mi", Some(10 << 20)),
            ("50M", Some(50_000_000)),
            ("7", Some(7)),
            ("", None),
            ("1e3", None),
            ("99999999999Ti", None),
        ] {
            assert_eq!(bytes(text), expected, "{text}");
        }
    }
}
