//! Which requests come to a rule, and whether any does.
//!
//! A rule stands for a set of requests, and those before it take some of them away. What is left is found by asking: for
//! each thing the rule names, and for one that nobody names where it names none, the recorder is asked who decides. A
//! request that comes to the rule proves that it is reached; where every one of them is decided earlier, it is not.
//!
//! Start at [`Recorder::reach`].

use std::collections::BTreeSet;

use super::{Level, Placed, Recorder, Resources, Rule};
use crate::request::Request;

/// What comes to a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Some request does.
    Some,
    /// Earlier rules decide on all that it is about; these, by their places.
    Shadowed(Vec<usize>),
    /// It is about nothing that is ever asked: `*` is no wildcard where it stands.
    Nothing,
    /// There are too many combinations to try.
    Unknown,
}

/// A rule that records bodies of a resource that holds secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bodies {
    /// By its place among the rules.
    pub rule: usize,
    pub level: Level,
    /// `secrets`, `serviceaccounts/token`.
    pub resource: &'static str,
    /// The verbs of requests for it that come to the rule.
    pub verbs: Vec<String>,
    /// Whether the recorded part of one of those holds the secret itself.
    pub leaks: bool,
}

/// Words that no policy is likely to hold, for whatever a rule does not name.
const SOMEONE: &str = "someone";
const SOMEWHERE: &str = "somewhere";
const SOME_GROUP: &str = "somewhere.example";
const SOME_RESOURCE: &str = "somethings";

const VERBS: [&str; 8] = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];
const METHODS: [&str; 7] = ["get", "post", "put", "patch", "delete", "head", "options"];

/// Combinations that are tried for one policy, each at the cost of a look at every rule.
const MOST: usize = 1 << 20;

/// Resources whose bodies hold secrets, and the verbs by which one comes to them.
const SECRET: [(&str, &str, &str, &[&str]); 5] = [
    ("", "secrets", "", &["get", "list", "watch", "create", "update", "patch"]),
    ("", "configmaps", "", &["get", "list", "watch", "create", "update", "patch"]),
    ("", "serviceaccounts", "token", &["create"]),
    ("authentication.k8s.io", "tokenreviews", "", &["create"]),
    ("certificates.k8s.io", "certificatesigningrequests", "", &["create"]),
];

impl Recorder<'_> {
    /// What comes to each rule.
    pub fn reach(&self) -> Vec<Reach> {
        let rules = &self.policy().rules;
        let mut budget = MOST / rules.len().max(1);
        rules.iter().enumerate().map(|(index, rule)| self.reach_one(index, rule, &mut budget)).collect()
    }

    fn reach_one(&self, index: usize, rule: &Rule, budget: &mut usize) -> Reach {
        let whos = whos(rule);
        let places = namespaces(rule);
        let (mut by, mut asked) = (BTreeSet::new(), false);
        for what in whats(rule, self.knows_star()) {
            for verb in verbs(rule, what.url.is_none()) {
                for who in &whos {
                    for namespace in &places {
                        let Some(left) = budget.checked_sub(1) else { return Reach::Unknown };
                        *budget = left;
                        asked = true;
                        match self.record(&what.request(who, &verb, namespace)).rule {
                            Some(found) if found == index => return Reach::Some,
                            Some(found) => {
                                by.insert(found);
                            }
                            None => {}
                        }
                    }
                }
            }
        }
        if asked && !by.is_empty() { Reach::Shadowed(by.into_iter().collect()) } else { Reach::Nothing }
    }

    /// The rules that record bodies of what holds secrets, in their order.
    pub fn bodies(&self) -> Vec<Bodies> {
        let mut found: Vec<Bodies> = Vec::new();
        let mut budget = MOST / self.policy().rules.len().max(1);
        for (index, rule) in self.policy().rules.iter().enumerate() {
            let Some(level) = rule.level.as_ref().map(|level| level.value).filter(|level| *level > Level::Metadata)
            else {
                continue;
            };
            for (group, resource, subresource, possible) in SECRET {
                let (mut hit, mut leaks) = (Vec::new(), false);
                for verb in possible.iter().filter(|verb| rule.verbs.is_empty() || says(&rule.verbs, verb)) {
                    if !self.comes(index, rule, (group, resource, subresource), verb, &mut budget) {
                        continue;
                    }
                    hit.push((*verb).to_owned());
                    leaks |= holds_secret(resource, verb, level);
                }
                if !hit.is_empty() {
                    let resource = if subresource.is_empty() { resource } else { "serviceaccounts/token" };
                    found.push(Bodies { rule: index, level, resource, verbs: hit, leaks });
                }
            }
        }
        found
    }

    /// Whether a request of somebody for the resource comes to the rule.
    fn comes(
        &self,
        index: usize,
        rule: &Rule,
        (group, resource, subresource): (&str, &str, &str),
        verb: &str,
        budget: &mut usize,
    ) -> bool {
        let mut names: Vec<&str> = rule
            .resources
            .iter()
            .flat_map(|one| &one.resource_names)
            .map(Placed::as_str)
            .filter(|name| *name != "*")
            .collect();
        names.push(SOMEONE);
        let what = |name: &str| What {
            group: group.to_owned(),
            resource: resource.to_owned(),
            subresource: subresource.to_owned(),
            name: name.to_owned(),
            url: None,
        };
        let places = namespaces(rule);
        whos(rule).iter().any(|who| {
            places.iter().any(|namespace| {
                names.iter().any(|name| {
                    let Some(left) = budget.checked_sub(1) else { return false };
                    *budget = left;
                    self.record(&what(name).request(who, verb, namespace)).rule == Some(index)
                })
            })
        })
    }
}

/// Whether what is recorded of such a request is the secret: requests carry it in, and responses carry it out. Of a watch
/// no body is recorded (apiserver pkg/audit/request.go, LogResponseObject, is not called for streams).
fn holds_secret(resource: &str, verb: &str, level: Level) -> bool {
    let writes = matches!(verb, "create" | "update" | "patch");
    match resource {
        // A request for a token names its audience; the token is in the response.
        "serviceaccounts" => level == Level::RequestResponse,
        // A signing request holds a public key.
        "certificatesigningrequests" => false,
        _ => writes || (level == Level::RequestResponse && verb != "watch"),
    }
}

/// Who asks: a name, and groups where they are not those that come with it; no name is nobody at all.
#[derive(Clone, Debug)]
struct Who {
    name: Option<String>,
    groups: Option<Vec<String>>,
}

/// What is asked for.
#[derive(Clone, Debug, Default)]
struct What {
    group: String,
    resource: String,
    subresource: String,
    name: String,
    url: Option<String>,
}

impl What {
    fn request(&self, who: &Who, verb: &str, namespace: &str) -> Request {
        let some = |text: &str| Some(text.to_owned());
        let status = who.name.is_none().then_some(401);
        let base = Request {
            user: who.name.clone(),
            groups: who.groups.clone(),
            verb: some(verb),
            status,
            ..Request::default()
        };
        match &self.url {
            Some(url) => Request { url: Some(url.clone()), ..base },
            None => Request {
                group: some(&self.group),
                resource: some(&self.resource),
                subresource: some(&self.subresource),
                namespace: some(namespace),
                name: some(&self.name),
                ..base
            },
        }
    }
}

fn says(list: &[Placed<String>], wanted: &str) -> bool {
    list.iter().any(|text| text.value == wanted)
}

/// What a list names; a `*` in it is the name of nothing.
fn named(list: &[Placed<String>]) -> Vec<&str> {
    list.iter().map(Placed::as_str).filter(|text| *text != "*").collect()
}

/// The people a rule is about.
fn whos(rule: &Rule) -> Vec<Who> {
    let who = |name: &str, groups: Option<Vec<String>>| Who { name: Some(name.to_owned()), groups };
    let groups = named(&rule.user_groups);
    if !rule.users.is_empty() {
        let with = |name: &str| -> Vec<Who> {
            if rule.user_groups.is_empty() {
                return vec![who(name, None)];
            }
            groups.iter().map(|group| who(name, Some(vec![(*group).to_owned(), authenticated(name, group)]))).collect()
        };
        return named(&rule.users).into_iter().flat_map(with).collect();
    }
    if !rule.user_groups.is_empty() {
        return groups
            .into_iter()
            .map(|group| match group.strip_prefix("system:serviceaccounts") {
                Some(rest) => {
                    let namespace = rest.strip_prefix(':').unwrap_or(SOMEWHERE);
                    who(&format!("system:serviceaccount:{namespace}:{SOMEONE}"), None)
                }
                None if group == UNAUTHENTICATED => who(ANONYMOUS, None),
                None => who(SOMEONE, Some(vec![group.to_owned(), AUTHENTICATED.to_owned()])),
            })
            .collect();
    }
    vec![who(SOMEONE, None), who(ANONYMOUS, None), Who { name: None, groups: None }]
}

const ANONYMOUS: &str = "system:anonymous";
const UNAUTHENTICATED: &str = "system:unauthenticated";
const AUTHENTICATED: &str = "system:authenticated";

/// The group that everybody has besides one of their own.
fn authenticated(name: &str, group: &str) -> String {
    let nobody = name == ANONYMOUS || group == UNAUTHENTICATED;
    if nobody { UNAUTHENTICATED } else { AUTHENTICATED }.to_owned()
}

fn namespaces(rule: &Rule) -> Vec<&str> {
    if rule.namespaces.is_empty() { vec![SOMEWHERE] } else { named(&rule.namespaces) }
}

fn verbs(rule: &Rule, of_resource: bool) -> Vec<String> {
    let all: &[&str] = if of_resource { &VERBS } else { &METHODS };
    let listed = if rule.verbs.is_empty() { all.to_vec() } else { named(&rule.verbs) };
    listed.into_iter().map(str::to_owned).collect()
}

/// What a rule is about; `star` is whether a `*` as group is every group.
fn whats(rule: &Rule, star: bool) -> Vec<What> {
    let urls = || named_urls(&rule.non_resource_urls).into_iter().map(|url| What { url: Some(url), ..What::default() });
    let anything = || What {
        group: SOME_GROUP.to_owned(),
        resource: SOME_RESOURCE.to_owned(),
        name: SOMEONE.to_owned(),
        ..What::default()
    };
    if !rule.resources.is_empty() {
        return rule.resources.iter().flat_map(|one| resources(one, star)).collect();
    }
    if !rule.namespaces.is_empty() {
        return vec![anything()];
    }
    if !rule.non_resource_urls.is_empty() {
        return urls().collect();
    }
    vec![anything(), What { url: Some(format!("/{SOMEWHERE}")), ..What::default() }]
}

fn resources(one: &Resources, star: bool) -> Vec<What> {
    let group = match one.group.as_ref().map_or("", Placed::as_str) {
        "*" if star => SOME_GROUP,
        group => group,
    };
    let names = if one.resource_names.is_empty() { vec![SOMEONE] } else { named(&one.resource_names) };
    let pairs: Vec<(&str, &str)> = if one.resources.is_empty() {
        vec![(SOME_RESOURCE, "")]
    } else {
        one.resources
            .iter()
            .flat_map(|resource| match resource.as_str().split_once('/') {
                None if resource.value == "*" => vec![(SOME_RESOURCE, ""), (SOME_RESOURCE, SOMEWHERE)],
                None => vec![(resource.as_str(), "")],
                Some(("*", subresource)) => vec![(SOME_RESOURCE, subresource)],
                Some((resource, "*")) => vec![(resource, ""), (resource, SOMEWHERE)],
                Some((resource, subresource)) => vec![(resource, subresource)],
            })
            .collect()
    };
    let what = |(resource, subresource): (&str, &str), name: &str| What {
        group: group.to_owned(),
        resource: resource.to_owned(),
        subresource: subresource.to_owned(),
        name: name.to_owned(),
        url: None,
    };
    pairs.into_iter().flat_map(|pair| names.iter().map(move |name| what(pair, name)).collect::<Vec<_>>()).collect()
}

/// Paths that the patterns match: each as it is, and one below it that nobody names.
fn named_urls(patterns: &[Placed<String>]) -> Vec<String> {
    let paths = |pattern: &Placed<String>| match pattern.as_str().strip_suffix('*') {
        None => vec![pattern.value.clone()],
        Some("") => vec![format!("/{SOMEWHERE}")],
        Some(before) => vec![before.to_owned(), format!("{before}{SOMEWHERE}")],
    };
    patterns.iter().flat_map(paths).collect()
}
