//! A pattern of origins whose pages may use the API is open at an end, or takes any host. The page beside this file explains the rule and tests it.

use facts::{apiserver::ApiServer, flag};
use model::{Answer, RuleCard, Severity, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-cors-origins",
        title: "Web pages of strangers may use the API",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("cors_origins.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::ApiServer(check),
};

fn check(server: &ApiServer) -> Verdict {
    let origins = server.get(&flag::CORS_ALLOWED_ORIGINS)?;
    let name = origins.setting.name;
    let Some((open, why)) = origins.value.iter().find_map(|pattern| Some((pattern, trouble(pattern)?))) else {
        return Ok(Answer { ..say::fine(server.component(), name, origins.reading) });
    };
    let remedy = say::remedy(
        "name whole origins, with an anchor at both ends, or take the flag away",
        &["Browser applications on origins that are not listed any more stop working."],
        None,
    );
    let message = format!("`{}` has `{open}`, which {why}", say::flag(name));
    Ok(say::fail(say::wrong(name, message, origins.origin(), remedy)))
}

/// What is wrong with a pattern. The server searches for it in the whole `Origin` header (apiserver
/// pkg/server/filters/cors.go), which is a scheme, a host and maybe a port.
fn trouble(pattern: &str) -> Option<&'static str> {
    if takes_anything(pattern) {
        return Some("takes any host");
    }
    let pinned = alternatives(pattern).iter().all(|one| starts(one) && ends(one));
    (!pinned).then_some("is open at an end")
}

/// `//` stands once in an origin, right before the host.
fn starts(pattern: &str) -> bool {
    let scheme = |before: &str| before.chars().all(|letter| letter.is_ascii_alphabetic() || ":?()|".contains(letter));
    pattern.starts_with('^') || pattern.split_once("//").is_some_and(|(before, _)| scheme(before))
}

/// Behind a host comes a port or nothing.
fn ends(pattern: &str) -> bool {
    let anchored = pattern.ends_with('$') && !pattern.ends_with("\\$");
    anchored || [":", "(:|$)", "($|:)"].iter().any(|end| pattern.ends_with(end))
}

/// Whether a run of any letters is in it: `.*`, `.+`, `[^/]+`.
fn takes_anything(pattern: &str) -> bool {
    let mut letters = pattern.chars().peekable();
    let mut any = false;
    while let Some(letter) = letters.next() {
        match letter {
            '*' | '+' if any => return true,
            '{' if any => return true,
            '\\' => {
                any = matches!(letters.next(), Some('S' | 'D' | 'W'));
                continue;
            }
            '[' => {
                any = letters.peek() == Some(&'^');
                for inner in letters.by_ref() {
                    if inner == ']' {
                        break;
                    }
                }
                continue;
            }
            _ => {}
        }
        any = letter == '.';
    }
    false
}

/// The pattern, taken apart at each `|` that stands outside of brackets.
fn alternatives(pattern: &str) -> Vec<&str> {
    let (mut depth, mut class, mut escaped, mut from) = (0_usize, false, false, 0);
    let mut parts = Vec::new();
    for (at, letter) in pattern.char_indices() {
        if escaped {
            escaped = false;
            continue;
        }
        match letter {
            '\\' => escaped = true,
            ']' => class = false,
            _ if class => {}
            '[' => class = true,
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '|' if depth == 0 => {
                parts.extend(pattern.get(from..at));
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.extend(pattern.get(from..));
    parts
}
