//! A plug-in that enforces quotas, limits or priorities is off. The page beside this file explains the rule and tests it.

use facts::apiserver::ApiServer;
use model::{Confidence, RuleCard, Severity, Verdict};

use crate::{Applies, Check, Plugins, Rule, Run, plugins};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-admission-resource-plugins",
        title: "Quotas, limits or priorities do nothing",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("admission_resource_plugins.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::ApiServer(check),
};

const PLUGINS: Plugins = Plugins {
    names: &["LimitRanger", "ResourceQuota", "Priority"],
    run: Run::All,
    confidence: Confidence::Certain,
    remedy: "turn `LimitRanger` and its siblings on again",
    breaks: &["Quotas and limits become active: pods without requests may be refused in namespaces with a quota."],
};

fn check(server: &ApiServer) -> Verdict {
    let is_whole = server.admission_plugin("LimitRanger").is_ok_and(|plugin| plugin.setting == "--admission-control");
    // A list of all plug-ins is of the time before 1.11, when priorities were alpha: who left `Priority` out switched nothing off.
    let names = if is_whole { &["LimitRanger", "ResourceQuota"] } else { PLUGINS.names };
    plugins::ask(&RULE.info, &Plugins { names, ..PLUGINS }, server)
}
