//! Who decides about a request, and who is only asked.
//!
//! Authorizers are asked in order until one allows or denies; an error of one that had no opinion is remembered, and
//! turns the refusal at the end into an error (apiserver pkg/authorization/union/union.go and
//! pkg/endpoints/filters/authorization.go, 1.36; a webhook: plugin/pkg/authorizer/webhook/webhook.go, its conditions:
//! pkg/authorization/cel/matcher.go). What RBAC, ABAC and Node answer depends on objects and files that are not at hand,
//! so that both of their answers are followed: a decision is told only where they make no difference.
//!
//! Start at [`Chain::decide`].

mod acting;
mod ways;

use model::Minor;

use super::{Authorization, Webhook};
use crate::{
    configuration::cel::eval::{Condition, Fail, Value},
    request::{Attributes, NotAsked, Request, Requirement, User, field_requirements, label_requirements},
};

/// What a webhook would answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Allow,
    Deny,
    NoOpinion,
    /// It cannot be reached, takes too long, or answers nonsense.
    Down,
    /// It allows and denies at once.
    Both,
}

impl State {
    pub const ALL: [(&'static str, Self); 5] = [
        ("allow", Self::Allow),
        ("deny", Self::Deny),
        ("no-opinion", Self::NoOpinion),
        ("down", Self::Down),
        ("both", Self::Both),
    ];
}

/// How a request ends, as far as authorization goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Allow,
    /// Somebody refused: status 403.
    Deny,
    /// Nobody decided, which refuses too: status 403.
    NoOpinion,
    /// Refused because somebody failed: status 500.
    Error,
}

impl Decision {
    pub fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::NoOpinion => "no-opinion",
            Self::Error => "error",
        }
    }
}

/// What one authorizer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Allow,
    Deny,
    NoOpinion,
    /// It failed, and its failure policy decides what becomes of that.
    Error,
    /// It depends on what is not at hand.
    Unknown,
}

impl Answer {
    pub fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::NoOpinion => "no-opinion",
            Self::Error => "error",
            Self::Unknown => "unknown",
        }
    }
}

/// One authorizer of the chain, in the order in which they are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub name: String,
    pub kind: String,
    pub answer: Answer,
    /// Whether a webhook is called; one whose conditions leave it out is not.
    pub called: bool,
    pub reason: String,
}

/// What becomes of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// What holds whatever the unknown ones say; [`Decision::NoOpinion`] where it is for them to say.
    pub decision: Decision,
    /// The authorizer that decides; `None` where none does, or which one is not known.
    pub by: Option<String>,
    pub chain: Vec<Asked>,
    /// The authorizers whose answers are not known and make a difference; empty where the decision is certain.
    pub depends_on: Vec<String>,
    /// What holds where none of the unknown ones has an opinion.
    pub otherwise: (Decision, Option<String>),
    pub note: Option<&'static str>,
}

/// A chain of authorizers with the answers of its webhooks.
#[derive(Debug)]
pub struct Chain<'a> {
    links: Vec<Link<'a>>,
    minor: Minor,
}

#[derive(Debug)]
struct Link<'a> {
    name: &'a str,
    kind: &'a str,
    fails_closed: bool,
    conditions: Vec<Condition>,
    state: Option<State>,
}

/// What a link can do to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    Allow,
    Deny,
    Pass,
    /// It fails and has no opinion.
    FailOpen,
    /// It fails and refuses.
    FailClosed,
}

impl Authorization {
    /// The names of the webhooks, in the order in which they are asked.
    pub fn webhooks(&self) -> impl Iterator<Item = &str> {
        let webhooks = self.authorizers.iter().filter(|authorizer| authorizer.webhook.is_some());
        webhooks.filter_map(|authorizer| authorizer.name.as_ref()).map(|name| name.as_str())
    }

    /// The chain that a release makes of it, given what webhooks would answer.
    pub fn chain(&self, states: &[(String, State)], minor: Minor) -> Chain<'_> {
        let links = self.authorizers.iter().map(|authorizer| {
            let name = authorizer.name.as_ref().map_or("", |name| name.as_str());
            let webhook: Option<&Webhook> = authorizer.webhook.as_ref();
            let policy = webhook.and_then(|webhook| webhook.failure_policy.as_ref());
            let conditions = webhook.map_or(&[][..], |webhook| &webhook.match_conditions);
            Link {
                name,
                kind: authorizer.kind.as_ref().map_or("", |kind| kind.as_str()),
                fails_closed: policy.is_some_and(|policy| policy.value == "Deny"),
                conditions: conditions.iter().map(|condition| Condition::new(&condition.value)).collect(),
                state: states.iter().rev().find(|(webhook, _)| webhook == name).map(|(_, state)| *state),
            }
        });
        Chain { links: links.collect(), minor }
    }
}

impl Chain<'_> {
    /// What becomes of a request. One that acts for somebody is asked about twice: whether it may, and then as that one.
    pub fn decide(&self, request: &Request) -> Decided {
        let refused = |decision, note| Decided {
            decision,
            by: None,
            chain: Vec::new(),
            depends_on: Vec::new(),
            otherwise: (decision, None),
            note: Some(note),
        };
        let asked = match request.asked(self.minor) {
            Ok(asked) => asked,
            Err(NotAsked::Mistake(why) | NotAsked::Refused(_, why)) => return refused(Decision::Error, why),
        };
        let Some(user) = request.user() else {
            return refused(Decision::Deny, "nobody was let in, which ends before authorization with status 401");
        };
        match &request.impersonated {
            None => self.ask(&user, &asked),
            Some(other) => self.as_another(&user, other, &asked),
        }
    }

    fn ask(&self, user: &User, asked: &Attributes) -> Decided {
        // Put in front of every chain (pkg/kubeapiserver/authorizer/reload.go, newForConfig).
        const MASTERS: &str = "system:masters";
        if user.groups.iter().any(|group| group == MASTERS) {
            let entry = Asked {
                name: MASTERS.to_owned(),
                kind: "PrivilegedGroup".to_owned(),
                answer: Answer::Allow,
                called: false,
                reason: "the group may do everything, and nobody else is asked".to_owned(),
            };
            return Decided {
                decision: Decision::Allow,
                by: Some(MASTERS.to_owned()),
                chain: vec![entry],
                depends_on: Vec::new(),
                otherwise: (Decision::Allow, Some(MASTERS.to_owned())),
                note: None,
            };
        }
        let review = review(user, asked);
        let mut chain = Vec::new();
        let mut unknown = Vec::new();
        let mut outcomes: Vec<(Decision, Option<&str>)> = Vec::new();
        // Whether an error was remembered, for each way in which it can have come so far.
        let mut ways = vec![false];
        // The way in which nobody unknown had an opinion.
        let mut plain = Ok(false);
        for link in &self.links {
            let (effects, entry) = link.asks(user, &review);
            chain.push(entry);
            if effects.len() > 1 {
                unknown.push(link.name.to_owned());
            }
            let taken = match effects.as_slice() {
                [only] => *only,
                _ => Effect::Pass,
            };
            plain = plain.and_then(|failed| follow(taken, failed, link.name));
            let mut next = Vec::new();
            for failed in ways {
                for effect in &effects {
                    match follow(*effect, failed, link.name) {
                        Ok(failed) if !next.contains(&failed) => next.push(failed),
                        Ok(_) => {}
                        Err(outcome) if !outcomes.contains(&outcome) => outcomes.push(outcome),
                        Err(_) => {}
                    }
                }
            }
            ways = next;
            if ways.is_empty() {
                break;
            }
        }
        let end = |failed: bool| (if failed { Decision::Error } else { Decision::NoOpinion }, None);
        outcomes.extend(ways.into_iter().map(end));
        let (decision, by) = plain.map_or_else(|outcome| outcome, end);
        let otherwise = (decision, by.map(str::to_owned));
        let certain = outcomes.iter().all(|(other, _)| *other == decision);
        Decided {
            decision: if certain { decision } else { Decision::NoOpinion },
            by: otherwise.1.clone().filter(|_| certain),
            chain,
            depends_on: if certain { Vec::new() } else { unknown },
            otherwise,
            note: None,
        }
    }
}

/// Goes on to the next authorizer, or ends.
fn follow(effect: Effect, failed: bool, name: &str) -> Result<bool, (Decision, Option<&str>)> {
    match effect {
        Effect::Allow => Err((Decision::Allow, Some(name))),
        Effect::Deny => Err((Decision::Deny, Some(name))),
        Effect::FailClosed => Err((Decision::Error, Some(name))),
        Effect::Pass => Ok(failed),
        Effect::FailOpen => Ok(true),
    }
}

impl Link<'_> {
    /// What it can do to a request, the likeliest first.
    fn asks(&self, user: &User, review: &Value) -> (Vec<Effect>, Asked) {
        let entry = |answer, called, reason: String| Asked {
            name: self.name.to_owned(),
            kind: self.kind.to_owned(),
            answer,
            called,
            reason,
        };
        let plain = |effect, answer, reason: &str| (vec![effect], entry(answer, false, reason.to_owned()));
        let unknown =
            |reason: &str| (vec![Effect::Pass, Effect::Allow], entry(Answer::Unknown, false, reason.to_owned()));
        match self.kind {
            "AlwaysAllow" => plain(Effect::Allow, Answer::Allow, "it allows everything"),
            "AlwaysDeny" => plain(Effect::Pass, Answer::NoOpinion, "it has no opinion, and whoever follows is asked"),
            // pkg/auth/nodeidentifier/default.go.
            "Node" => match user.name.strip_prefix("system:node:") {
                Some(node) if !node.is_empty() && user.groups.iter().any(|group| group == "system:nodes") => {
                    unknown("it would be asked: it knows which objects the node uses")
                }
                _ => plain(Effect::Pass, Answer::NoOpinion, "the user is no node"),
            },
            "Webhook" => self.calls(review, entry),
            other => unknown(&format!("{other} would be asked: it allows or has no opinion")),
        }
    }

    fn calls(&self, review: &Value, entry: impl Fn(Answer, bool, String) -> Asked) -> (Vec<Effect>, Asked) {
        let fails = if self.fails_closed { Effect::FailClosed } else { Effect::FailOpen };
        let policy = if self.fails_closed { "failurePolicy Deny refuses" } else { "failurePolicy NoOpinion goes on" };
        let called = match self.state {
            Some(State::Allow) => (vec![Effect::Allow], entry(Answer::Allow, true, "it allows".to_owned())),
            Some(State::Deny) => (vec![Effect::Deny], entry(Answer::Deny, true, "it denies".to_owned())),
            Some(State::NoOpinion) => {
                (vec![Effect::Pass], entry(Answer::NoOpinion, true, "it has no opinion".to_owned()))
            }
            Some(State::Down) => (vec![fails], entry(Answer::Error, true, format!("it does not answer: {policy}"))),
            Some(State::Both) => {
                let reason = "it allows and denies at once, which refuses with an error".to_owned();
                (vec![Effect::FailClosed], entry(Answer::Error, true, reason))
            }
            None => {
                let reason = format!("it would be asked, and what it answers is not given; down: {policy}");
                let effects = vec![Effect::Pass, Effect::Allow, Effect::Deny, fails];
                (effects, entry(Answer::Unknown, true, reason))
            }
        };
        let (mut failed, mut unclear) = (None, false);
        for (index, condition) in self.conditions.iter().enumerate() {
            match condition.holds("request", review) {
                Ok(true) => {}
                Ok(false) => {
                    let reason = format!("matchConditions[{index}] is false, so that it is not asked");
                    return (vec![Effect::Pass], entry(Answer::NoOpinion, false, reason));
                }
                Err(Fail::Error(why)) => failed = failed.or(Some((index, why))),
                Err(Fail::Unknown) => unclear = true,
            }
        }
        match failed {
            _ if unclear => {
                let reason = "a match condition uses what is not followed here".to_owned();
                let mut effects = vec![Effect::Pass, fails];
                effects.extend(called.0.into_iter().filter(|effect| !matches!(effect, Effect::Pass)));
                effects.dedup();
                (effects, entry(Answer::Unknown, false, reason))
            }
            Some((index, why)) => {
                let reason = format!("matchConditions[{index}] fails ({why}): {policy}");
                (vec![fails], entry(Answer::Error, false, reason))
            }
            None => called,
        }
    }
}

/// The SubjectAccessReviewSpec as conditions see it: every string is there, also an empty one (apiserver
/// pkg/authorization/cel/compile.go, `convertObjectToUnstructured`).
fn review(user: &User, asked: &Attributes) -> Value {
    let extra = user.extra.iter().map(|(key, values)| (key.as_str(), Value::texts(values))).collect();
    let mut spec = vec![
        ("user", Value::text(&user.name)),
        ("groups", Value::texts(&user.groups)),
        ("uid", Value::text(&user.uid)),
        ("extra", Value::object(extra)),
    ];
    if asked.is_resource {
        let mut attributes = vec![
            ("namespace", Value::text(&asked.namespace)),
            ("verb", Value::text(&asked.verb)),
            ("group", Value::text(&asked.group)),
            ("version", Value::text(&asked.version)),
            ("resource", Value::text(&asked.resource)),
            ("subresource", Value::text(&asked.subresource)),
            ("name", Value::text(&asked.name)),
        ];
        let fields = asked.field_selector.as_deref().and_then(field_requirements);
        let labels = asked.label_selector.as_deref().and_then(label_requirements);
        for (name, requirements) in [("fieldSelector", fields), ("labelSelector", labels)] {
            if let Some(requirements) = requirements.filter(|requirements| !requirements.is_empty()) {
                let all = requirements.iter().map(requirement).collect();
                attributes.push((name, Value::object(vec![("requirements", Value::List(all))])));
            }
        }
        spec.push(("resourceAttributes", Value::object(attributes)));
    } else {
        let attributes = vec![("verb", Value::text(&asked.verb)), ("path", Value::text(&asked.path))];
        spec.push(("nonResourceAttributes", Value::object(attributes)));
    }
    Value::object(spec)
}

fn requirement(one: &Requirement) -> Value {
    Value::object(vec![
        ("key", Value::text(&one.key)),
        ("operator", Value::text(one.operator)),
        ("values", Value::texts(&one.values)),
    ])
}
