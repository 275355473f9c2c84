//! What a policy records of a request.
//!
//! The first rule that matches decides, and a request that none matches is not recorded (apiserver
//! pkg/audit/policy/checker.go, 1.7 to 1.36; pkg/endpoints/filters/audit.go and authn_audit.go). It takes a policy that
//! the server starts with.

use std::collections::BTreeMap;

use model::Minor;

use super::{Level, Placed, Policy, Resources, Rule};
use crate::request::{Attributes, NotAsked, Request, User, is_long_running};

/// What is recorded of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub level: Level,
    /// For which an event is written, in their order. `Panic` is not among them: it takes the place of
    /// `ResponseComplete` where the server fails.
    pub stages: Vec<&'static str>,
    /// The rule that decided, by its place among them.
    pub rule: Option<usize>,
    /// Why nothing is recorded that no rule decided on.
    pub note: Option<&'static str>,
}

/// A policy as a release applies it to many requests.
#[derive(Debug)]
pub struct Recorder<'p> {
    policy: &'p Policy,
    minor: Minor,
    /// Rules for users, by their names.
    of_user: BTreeMap<&'p str, Vec<usize>>,
    /// Rules for whoever asks, for a resource and for none.
    for_resources: Vec<usize>,
    for_others: Vec<usize>,
}

impl Policy {
    /// The policy made ready for requests, as the release applies it.
    pub fn recorder(&self, minor: Minor) -> Recorder<'_> {
        let mut recorder = Recorder {
            policy: self,
            minor,
            of_user: BTreeMap::new(),
            for_resources: Vec::new(),
            for_others: Vec::new(),
        };
        for (index, rule) in self.rules.iter().enumerate() {
            for user in &rule.users {
                let rules = recorder.of_user.entry(user.as_str()).or_default();
                if rules.last() != Some(&index) {
                    rules.push(index);
                }
            }
            // Up to 1.9 a rule for users took whoever was let in as nobody.
            if !rule.users.is_empty() && !matches_nobody(minor) {
                continue;
            }
            let resources = !rule.namespaces.is_empty() || !rule.resources.is_empty();
            if resources || rule.non_resource_urls.is_empty() {
                recorder.for_resources.push(index);
            }
            if !resources {
                recorder.for_others.push(index);
            }
        }
        recorder
    }
}

impl Recorder<'_> {
    /// The policy that is asked.
    pub(super) fn policy(&self) -> &Policy {
        self.policy
    }

    /// Whether `*` as a group is every group, which it is from 1.36 on.
    pub(super) fn knows_star(&self) -> bool {
        self.minor >= Minor::new(1, 36)
    }

    /// What is recorded of a request.
    pub fn record(&self, request: &Request) -> Recorded {
        let nothing = |note| Recorded { level: Level::None, stages: Vec::new(), rule: None, note };
        let asked = match request.asked(self.minor) {
            Ok(asked) => asked,
            // Both are answered before a policy is asked.
            Err(NotAsked::Mistake(why) | NotAsked::Refused(_, why)) => return nothing(Some(why)),
        };
        let user = request.user();
        let Some((index, rule)) = self.rule_for(user.as_ref(), &asked) else { return nothing(None) };
        let level = rule.level.as_ref().map_or(Level::None, |level| level.value);
        if level == Level::None {
            return Recorded { rule: Some(index), ..nothing(None) };
        }
        // A request that nobody was let in for is recorded once, by WithFailedAuthenticationAudit, which came in 1.8.
        let stages: &[&str] = match &user {
            None if self.minor < Minor::new(1, 8) => &[],
            None => &["ResponseStarted"],
            Some(_) if is_long_running(&asked) => &["RequestReceived", "ResponseStarted", "ResponseComplete"],
            Some(_) => &["RequestReceived", "ResponseComplete"],
        };
        let omitted = |stage: &str| names(&self.policy.omit_stages, stage) || names(&rule.omit_stages, stage);
        let stages = stages.iter().copied().filter(|stage| !omitted(stage)).collect();
        Recorded { level, stages, rule: Some(index), note: None }
    }

    /// The first rule that matches, among those that could.
    fn rule_for(&self, user: Option<&User>, asked: &Attributes) -> Option<(usize, &Rule)> {
        let own = user.and_then(|user| self.of_user.get(user.name.as_str())).map_or(&[][..], Vec::as_slice);
        let open = if asked.is_resource { &self.for_resources } else { &self.for_others };
        let first = |among: &[usize]| {
            let mut rules = among.iter().filter_map(|index| Some((*index, self.policy.rules.get(*index)?)));
            rules.find(|(_, rule)| matches(rule, user, asked, self.minor))
        };
        first(own).into_iter().chain(first(open)).min_by_key(|(index, _)| *index)
    }
}

/// Whether a rule for users matches a request of nobody (pkg/audit/policy/checker.go, 1.9).
fn matches_nobody(minor: Minor) -> bool {
    minor < Minor::new(1, 10)
}

fn names(list: &[Placed<String>], wanted: &str) -> bool {
    list.iter().any(|text| text.value == wanted)
}

/// ruleMatches.
fn matches(rule: &Rule, user: Option<&User>, asked: &Attributes, minor: Minor) -> bool {
    let nobody = matches_nobody(minor);
    let is_user = rule.users.is_empty() || user.map_or(nobody, |user| names(&rule.users, &user.name));
    let in_group = rule.user_groups.is_empty()
        || user.map_or(nobody, |user| user.groups.iter().any(|group| names(&rule.user_groups, group)));
    if !is_user || !in_group || !(rule.verbs.is_empty() || names(&rule.verbs, &asked.verb)) {
        return false;
    }
    if !rule.namespaces.is_empty() || !rule.resources.is_empty() {
        return asked.is_resource
            && (rule.namespaces.is_empty() || names(&rule.namespaces, &asked.namespace))
            && (rule.resources.is_empty() || rule.resources.iter().any(|one| matches_resource(one, asked, minor)));
    }
    rule.non_resource_urls.is_empty()
        || (!asked.is_resource && rule.non_resource_urls.iter().any(|url| matches_path(&url.value, &asked.path)))
}

/// pathMatches; `*` alone is every path, and stars at the end are one.
fn matches_path(pattern: &str, path: &str) -> bool {
    pattern == path || (pattern.ends_with('*') && path.starts_with(pattern.trim_end_matches('*')))
}

/// ruleMatchesResource.
fn matches_resource(one: &Resources, asked: &Attributes, minor: Minor) -> bool {
    let group = one.group.as_ref().map_or("", |group| group.value.as_str());
    if group != asked.group && !(group == "*" && minor >= Minor::new(1, 36)) {
        return false;
    }
    if one.resources.is_empty() {
        return true;
    }
    if !one.resource_names.is_empty() && !names(&one.resource_names, &asked.name) && minor >= Minor::new(1, 8) {
        return false;
    }
    one.resources.iter().any(|resource| matches_name(&resource.value, asked, minor))
}

fn matches_name(wanted: &str, asked: &Attributes, minor: Minor) -> bool {
    let sub = asked.subresource.as_str();
    let exact = match wanted.split_once('/') {
        _ if sub.is_empty() || minor < Minor::new(1, 8) => wanted == asked.resource,
        Some((resource, subresource)) => resource == asked.resource && subresource == sub,
        None => false,
    };
    // Wildcards came in 1.10.
    exact
        || (minor >= Minor::new(1, 10)
            && (wanted == "*"
                || (!sub.is_empty() && wanted.strip_prefix("*/") == Some(sub))
                || wanted.strip_suffix("/*") == Some(asked.resource.as_str())))
}
