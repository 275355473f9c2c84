//! What becomes of a request of somebody who acts for another one: whether it may, and then as that one.

use std::{collections::BTreeSet, fmt::Write as _};

use super::{
    Answer, Asked, Chain, Decided, Decision,
    ways::{self, Way},
};
use crate::{
    configuration::decode::shown,
    request::{Attributes, Impersonated, User},
};

/// Who refuses, and as what.
type Refusal = (Decision, Option<String>);

impl Chain<'_> {
    /// What becomes of the request of somebody who acts for another one.
    pub(super) fn as_another(&self, user: &User, other: &Impersonated, asked: &Attributes) -> Decided {
        let mut chain = Vec::new();
        let mut open: Vec<String> = Vec::new();
        // As whom the request may go on, and whether that one is sure to be the last.
        let mut becomes: Vec<User> = Vec::new();
        let mut may_be_refused = true;
        let mut otherwise_refused = (Decision::NoOpinion, None);
        let mut otherwise_becomes = None;
        for way in ways::ways(user, other, asked, self.minor) {
            let (permission, unknown) = self.permits(&way, &mut chain);
            match permission {
                Ok(true) => {
                    may_be_refused = false;
                    otherwise_becomes = Some(way.becomes.clone());
                }
                Ok(false) => open.extend(unknown),
                Err(by) => {
                    otherwise_refused = by;
                    continue;
                }
            }
            if !becomes.contains(&way.becomes) {
                becomes.push(way.becomes);
            }
            if !may_be_refused {
                break;
            }
        }
        let refused = |depends_on| Decided {
            decision: Decision::NoOpinion,
            by: None,
            chain: Vec::new(),
            depends_on,
            otherwise: otherwise_refused.clone(),
            note: None,
        };
        let mut outcomes: Vec<Decided> = becomes.iter().map(|other| self.ask(other, asked)).collect();
        let otherwise = match &otherwise_becomes {
            Some(other) => self.ask(other, asked).otherwise,
            None => otherwise_refused.clone(),
        };
        for outcome in &mut outcomes {
            chain.append(&mut outcome.chain);
        }
        let Some(first) = outcomes.pop() else {
            let (decision, by) = otherwise_refused.clone();
            return Decided { decision, by, chain, ..refused(Vec::new()) };
        };
        let agree = outcomes.iter().all(|outcome| (&outcome.decision, &outcome.by) == (&first.decision, &first.by));
        let certain = !may_be_refused && agree && outcomes.iter().chain([&first]).all(|one| one.depends_on.is_empty());
        if certain {
            return Decided { chain, ..first };
        }
        // Where it is sure that one may act, what was not known of the ways to it makes no difference.
        if !may_be_refused && agree {
            open.clear();
        }
        open.extend(outcomes.into_iter().chain([first]).flat_map(|outcome| outcome.depends_on));
        let mut seen = BTreeSet::new();
        open.retain(|name| seen.insert(name.clone()));
        Decided { chain, otherwise, ..refused(open) }
    }

    /// Whether everything that a way takes is allowed; `Ok(false)` where that depends on the named ones, and who refuses.
    fn permits(&self, way: &Way, chain: &mut Vec<Asked>) -> (Result<bool, Refusal>, Vec<String>) {
        let mut unknown = Vec::new();
        let ask = |asks: &User, asked: &Attributes, chain: &mut Vec<Asked>| {
            let mut decided = self.ask(asks, asked);
            for entry in &mut decided.chain {
                entry.reason = format!("asked whether it may {}: {}", in_words(asked), entry.reason);
            }
            chain.append(&mut decided.chain);
            decided
        };
        for step in &way.steps {
            if let Some(why) = step.refused {
                chain.push(Asked {
                    name: "impersonation".to_owned(),
                    kind: "Impersonation".to_owned(),
                    answer: Answer::Deny,
                    called: false,
                    reason: why.to_owned(),
                });
                return (Err((Decision::Deny, None)), unknown);
            }
            let at_once = step.at_once.as_ref().map(|asked| ask(&step.asks, asked, chain));
            match &at_once {
                Some(all) if all.decision == Decision::Allow => continue,
                _ => {}
            }
            let mut missing = Vec::new();
            for asked in &step.each {
                let decided = ask(&step.asks, asked, chain);
                if !decided.depends_on.is_empty() {
                    missing.extend(decided.depends_on);
                } else if decided.decision != Decision::Allow {
                    // Whoever fails refuses too: it is status 403.
                    let decision =
                        if decided.decision == Decision::NoOpinion { Decision::NoOpinion } else { Decision::Deny };
                    match at_once.as_ref().map(|all| &all.depends_on) {
                        Some(names) if !names.is_empty() => missing.extend(names.iter().cloned()),
                        _ => return (Err((decision, decided.by)), unknown),
                    }
                    break;
                }
            }
            unknown.append(&mut missing);
        }
        (Ok(unknown.is_empty()), unknown)
    }
}

/// A right as a sentence has it: `impersonate groups "ops"`.
fn in_words(asked: &Attributes) -> String {
    if !asked.is_resource {
        return format!("{} {}", asked.verb, shown(&asked.path));
    }
    let mut words = format!("{} {}", asked.verb, shown(&asked.resource));
    if !asked.subresource.is_empty() {
        let _ = write!(words, "/{}", shown(&asked.subresource));
    }
    if !asked.name.is_empty() {
        let _ = write!(words, " `{}`", shown(&asked.name));
    }
    words
}
