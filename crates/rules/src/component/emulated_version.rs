//! The server is told to behave as a release that is older than itself. The page beside this file explains the rule and tests it.

use facts::{apiserver::ApiServer, flag};
use model::{Answer, Gap, Minor, RuleCard, Safety, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "component-emulated-version",
        title: "A component behaves as an older release",
        severity: Severity::Info,
        fix: Some(Safety::Review),
        page: include_str!("emulated_version.md"),
    },
    component: "cluster",
    applies: Applies::from(31, "1.31 brought the emulation"),
    check: Check::ApiServer(check),
};

fn check(server: &ApiServer) -> Verdict {
    let release = &server.component().release;
    let mut answer = Answer::default();
    for key in [&flag::EMULATED_VERSION, &flag::MIN_COMPATIBILITY_VERSION] {
        let held = match server.get(key) {
            Ok(held) => held,
            Err(Unanswered::Gap(gap)) => {
                if !say::is_never_given(server.component(), key.name) {
                    answer.gaps.push(gap);
                }
                continue;
            }
            Err(_) => continue,
        };
        let name = held.setting.name;
        let fine = say::fine(server.component(), name, held.reading);
        let told: Vec<Option<Minor>> = held.value.iter().filter_map(|item| minor(item)).collect();
        let own = |told: &Option<Minor>| release.minors().all(|minor| Some(minor) == *told);
        if told.iter().all(own) {
            answer.seen.extend(fine.seen);
            answer.because = if answer.because.is_empty() { fine.because } else { answer.because };
            answer.setting = answer.setting.or(fine.setting);
        } else if told.iter().flatten().any(|told| release.minors().any(|minor| minor == *told)) {
            answer.gaps.push(Gap::of_release(format!("{}, and the release is {release}", fine.because)));
        } else {
            let remedy = say::remedy(
                "end the emulation once the upgrade holds",
                &["The defaults of the newer release come into force, and there is no way back."],
                say::remove(name, held.reading),
            );
            let mut finding = say::wrong(name, fine.because, held.origin(), remedy);
            finding.subject = Some(say::flag(name));
            answer.findings.push(finding);
        }
    }
    if answer.because.is_empty() {
        answer.because = "`--emulated-version` is not set".to_owned();
    }
    Ok(answer)
}

/// The release in `1.31` or `kube=1.31`; `None` where it is told to another component.
fn minor(item: &str) -> Option<Option<Minor>> {
    let version = match item.split_once('=') {
        Some(("kube", version)) => version,
        Some(_) => return None,
        None => item,
    };
    Some(version.trim_start_matches('v').parse::<model::Version>().ok().map(|version| version.minor))
}
