//! The audit log: what is recorded, and what becomes of it.

mod events;

use facts::configuration::audit_policy::{Level, Policy, Rule};
use model::Location;

use crate::rules;

rules! { "audit":
    events_observed,
    log_backend_mode,
    log_forwarded,
    log_persistent_volume,
    policy_first_match_shadowing,
    policy_key_concerns,
    policy_no_catch_all_none,
    policy_no_secret_bodies,
    policy_no_user_blindspots,
    policy_omit_stages,
    policy_present,
    webhook_tls,
}

/// The line that stands for a rule: that of its level, else where it begins.
fn line(rule: &Rule) -> &Location {
    rule.level.as_ref().map_or(&rule.at, |level| &level.at)
}

/// The rule of a place; the policy was asked for it before.
fn line_of<'a>(policy: &'a Policy, index: usize, whole: &'a Location) -> &'a Location {
    policy.rules.get(index).map_or(whole, line)
}

fn level(rule: &Rule) -> Level {
    rule.level.as_ref().map_or(Level::None, |level| level.value)
}

/// "the 3rd rule", as people count.
fn nth(index: usize) -> String {
    let number = index + 1;
    let end = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{end}")
}

/// Whether a rule is about everything: it has no selector at all.
fn is_about_everything(rule: &Rule) -> bool {
    rule.users.is_empty()
        && rule.user_groups.is_empty()
        && rule.verbs.is_empty()
        && rule.resources.is_empty()
        && rule.namespaces.is_empty()
        && rule.non_resource_urls.is_empty()
}
