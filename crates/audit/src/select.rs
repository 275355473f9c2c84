//! Which rules a run asks.

use facts::distance;
use rules::{
    Rule,
    benchmark::{self, Benchmark},
};

use crate::benchmark::Wanted;

/// A set of rules with a name.
#[derive(Clone, Copy, Debug, Default)]
pub enum Profile {
    /// Every rule there is.
    #[default]
    All,
    /// The recommendations that the project was created from.
    Essential,
    /// What the edition of CIS for each cluster asks for.
    Cis,
    /// What one edition of a benchmark asks for.
    Edition(&'static Benchmark),
}

impl Profile {
    /// Every name there is; those that are shorter than an edition's first.
    pub fn names() -> impl Iterator<Item = &'static str> {
        ["all", "essential", "cis", "stig", "nsa"]
            .into_iter()
            .chain(benchmark::all().iter().map(|known| known.name).filter(|name| !["stig", "nsa"].contains(name)))
    }

    /// The profile of that name.
    pub fn find(name: &str) -> Option<Self> {
        match name {
            "all" => Some(Self::All),
            "essential" => Some(Self::Essential),
            "cis" => Some(Self::Cis),
            _ => benchmark::find(name).map(Self::Edition),
        }
    }

    /// The benchmark that it reports, besides selecting rules.
    pub fn benchmark(self) -> Option<Wanted> {
        match self {
            Self::All | Self::Essential => None,
            Self::Cis => Some(Wanted::Cis),
            Self::Edition(benchmark) => Some(Wanted::Edition(benchmark)),
        }
    }

    /// Whether it asks for a control.
    pub(crate) fn asks(self, control: &str) -> bool {
        match self {
            Self::All => true,
            Self::Essential => rules::references(control).is_some_and(|known| known.essential),
            // Those of one cluster are chosen when its release is known.
            Self::Cis => benchmark::all().iter().any(|known| known.is_cis() && known.holds(control)),
            Self::Edition(benchmark) => benchmark.holds(control),
        }
    }
}

/// A pattern that no rule matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSuchRule {
    pub pattern: String,
    pub nearest: Option<&'static str>,
}

/// The rules of a profile that match one of `wanted` (all, where there is none) and none of `skipped`.
///
/// # Errors
///
/// A pattern that matches no rule at all, whatever the profile.
pub fn select(profile: Profile, wanted: &[String], skipped: &[String]) -> Result<Vec<&'static Rule>, NoSuchRule> {
    for pattern in wanted.iter().chain(skipped) {
        if !rules::all().any(|rule| matches(pattern, rule.info.id)) {
            return Err(NoSuchRule { pattern: pattern.clone(), nearest: nearest_rule(pattern) });
        }
    }
    let any = |patterns: &[String], id: &str| patterns.iter().any(|pattern| matches(pattern, id));
    Ok(rules::all()
        .filter(|rule| profile.asks(rule.info.id))
        .filter(|rule| wanted.is_empty() || any(wanted, rule.info.id))
        .filter(|rule| !any(skipped, rule.info.id))
        .collect())
}

/// The rule that a pattern was to match, if one is near enough.
fn nearest_rule(pattern: &str) -> Option<&'static str> {
    let names = rules::all().map(|rule| rule.info.id);
    let Some(begins) = pattern.strip_suffix('*').filter(|begins| !begins.contains(['*', '?'])) else {
        return nearest(pattern.trim_matches('*'), names);
    };
    // What is to begin so is held against as much of each name.
    let begins = begins.trim_end_matches('-');
    let near = names.map(|name| (distance(begins, name.get(..begins.len()).unwrap_or(name)), name.len(), name));
    near.filter(|(distance, ..)| *distance <= begins.len() / 8).min().map(|(.., name)| name)
}

/// Whether a glob matches the whole name: `*` is any text, `?` one character.
pub(crate) fn matches(glob: &str, name: &str) -> bool {
    let (glob, name) = (glob.as_bytes(), name.as_bytes());
    let (mut at, mut star) = ((0, 0), None);
    // Only the last star ever has to be taken back, so this is quadratic at worst.
    while at.1 < name.len() {
        match glob.get(at.0) {
            Some(b'*') => {
                star = Some(at);
                at.0 += 1;
            }
            Some(&byte) if byte == b'?' || byte == name[at.1] => at = (at.0 + 1, at.1 + 1),
            _ => match &mut star {
                Some((glob_at, name_at)) => {
                    *name_at += 1;
                    at = (*glob_at + 1, *name_at);
                }
                None => return false,
            },
        }
    }
    glob[at.0..].iter().all(|&byte| byte == b'*')
}

/// The name nearest to what was typed, if one is near enough to be meant.
///
/// A name that begins with the text counts as near however much follows: people type the beginning.
pub fn nearest<'a>(typed: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.trim_end_matches('-');
    names
        .map(|name| {
            let begins = !typed.is_empty() && (name.starts_with(typed) || name.contains(typed));
            (if begins { 0 } else { distance(typed, name) }, name)
        })
        // Of a short name two other letters make another word.
        .filter(|(distance, name)| *distance <= 2 + name.len() / 4 && (*distance <= 1 || distance * 2 < name.len()))
        .min_by_key(|(distance, name)| (*distance, name.len()))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_whole_names() {
        for (glob, name, expected) in [
            ("apiserver-*", "apiserver-profiling", true),
            ("*", "", true),
            ("*auth", "apiserver-anonymous-auth", true),
            ("*auth", "apiserver-authz-node", false),
            ("a*b*c", "aXbXbXc", true),
            ("a?c", "abc", true),
            ("abc", "abcd", false),
            ("", "a", false),
        ] {
            assert_eq!(matches(glob, name), expected, "{glob} {name}");
        }
    }

    #[test]
    fn a_wrong_pattern_names_the_nearest_rule() {
        let wrong =
            |pattern: &str| select(Profile::All, &[pattern.to_owned()], &[]).err().and_then(|error| error.nearest);
        assert_eq!(wrong("apiserver-anon-*"), Some("apiserver-anonymous-auth"));
        assert_eq!(wrong("apiserver-anonymus-auth"), Some("apiserver-anonymous-auth"));
        assert_eq!(wrong("apiserver-anomym*"), Some("apiserver-anonymous-auth"));
        assert_eq!(wrong("zzz-*"), None);
        assert_eq!(wrong("zzz"), None);
    }

    #[test]
    fn the_essential_profile_holds_the_five_flags() {
        let ids: Vec<_> =
            select(Profile::Essential, &[], &[]).expect("no pattern").iter().map(|rule| rule.info.id).collect();
        for id in [
            "apiserver-anonymous-auth",
            "apiserver-basic-auth-file",
            "apiserver-insecure-allow-any-token",
            "apiserver-kubelet-https",
            "apiserver-repair-malformed-updates",
        ] {
            assert!(ids.contains(&id), "{id}");
        }
        assert!(!ids.contains(&"apiserver-profiling"));
    }
}
