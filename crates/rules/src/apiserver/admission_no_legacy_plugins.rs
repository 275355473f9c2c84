//! A list of admission plug-ins names one that the release does not have. The page beside this file explains the rule and tests it.

use facts::apiserver::ApiServer;
use model::{Answer, RuleCard, Safety, Severity, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-admission-no-legacy-plugins",
        title: "An admission plug-in is named that the release does not have",
        severity: Severity::Low,
        fix: Some(Safety::Review),
        page: include_str!("admission_no_legacy_plugins.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::ApiServer(check),
};

const LISTS: [&str; 3] = ["admission-control", "enable-admission-plugins", "disable-admission-plugins"];

fn check(server: &ApiServer) -> Verdict {
    let (unknown, gaps) = server.unknown_plugins();
    let mut answer = Answer {
        because: format!("{} has every plug-in that is named", server.component().release),
        seen: LISTS.iter().filter_map(|name| Some(say::reading(server.component(), name).ok()?.origin.clone())).collect(),
        gaps,
        ..Answer::default()
    };
    for setting in LISTS {
        let mut of_list = unknown.iter().filter(|plugin| plugin.setting == setting);
        let Some(first) = of_list.next() else { continue };
        let named: Vec<&str> = std::iter::once(first).chain(of_list).map(|plugin| plugin.name.as_str()).collect();
        let list = server.component().setting(setting).and_then(say::listed).unwrap_or_default();
        let left: Vec<String> = list.into_iter().filter(|name| !named.contains(&name.as_str())).collect();
        // An empty list of all plug-ins would switch every one of them off.
        let change = match (left.is_empty(), setting) {
            (true, "admission-control") => None,
            (true, _) => server
                .component()
                .setting(setting)
                .and_then(|setting| setting.in_force().ok())
                .and_then(|reading| say::remove(setting, reading)),
            (false, _) => say::set(setting, &first.origin, left.join(",")),
        };
        let names: Vec<String> = named.iter().map(|name| format!("`{name}`")).collect();
        let message = format!("`{}` names {}: {}", say::flag(setting), names.join(" and "), first.why);
        let remedy = say::remedy("take the name away, and see what has taken its place", &[], change);
        let mut finding = say::wrong(setting, message, &first.origin, remedy);
        finding.subject = Some(say::flag(setting));
        answer.findings.push(finding);
    }
    Ok(answer)
}
