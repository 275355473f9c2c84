//! How one rule of a role matches a request, and whether rules cover another one.
//!
//! The words are upstream's (pkg/apis/rbac/v1/evaluation_helpers.go, 1.36): `*` stands alone, for every verb, group or
//! resource with its subresources; `*/scale` is that subresource of every resource, and `pods/*` matches nothing but itself.

use std::sync::Arc;

use crate::objects::PolicyRule;

fn has(list: &[Arc<str>], word: &str) -> bool {
    list.iter().any(|known| **known == *word)
}

fn any(list: &[Arc<str>], word: &str) -> bool {
    list.iter().any(|known| **known == *"*" || **known == *word)
}

fn resource(list: &[Arc<str>], wanted: &str) -> bool {
    any(list, wanted)
        || wanted.split_once('/').is_some_and(|(_, part)| {
            list.iter().any(|known| known.strip_prefix("*/").is_some_and(|known| known == part))
        })
}

/// `/healthz/*` is everything that begins with `/healthz/`; so is any other word that ends in stars.
fn url(list: &[Arc<str>], path: &str) -> bool {
    list.iter().any(|known| {
        **known == *"*" || **known == *path || known.ends_with('*') && path.starts_with(known.trim_end_matches('*'))
    })
}

impl PolicyRule {
    /// Whether it speaks of that verb on that resource, of whatever name; a subresource stands behind a slash.
    pub fn speaks_of(&self, verb: &str, group: &str, wanted: &str) -> bool {
        any(&self.verbs, verb) && any(&self.groups, group) && resource(&self.resources, wanted)
    }

    /// Whether it speaks of that group at all.
    pub fn speaks_of_group(&self, group: &str) -> bool {
        any(&self.groups, group)
    }

    /// Whether it speaks of that verb in that group, of whatever resource.
    pub fn speaks_of_any(&self, verb: &str, group: &str) -> bool {
        any(&self.verbs, verb) && any(&self.groups, group)
    }

    /// Whether it allows a request for the object of that name; a request that names none, such as one to create an object or
    /// to list them, has the empty name and is allowed only by rules without names.
    pub fn allows(&self, verb: &str, group: &str, wanted: &str, name: &str) -> bool {
        self.speaks_of(verb, group, wanted) && (self.names.is_empty() || has(&self.names, name))
    }

    /// Whether it allows a path that is no resource.
    pub fn allows_path(&self, verb: &str, path: &str) -> bool {
        any(&self.verbs, verb) && url(&self.urls, path)
    }

    /// Whether it allows every verb on every resource.
    pub fn is_everything(&self) -> bool {
        [&self.verbs, &self.groups, &self.resources].iter().all(|list| has(list, "*")) && self.names.is_empty()
    }
}

/// Combinations of one rule that are compared; a rule that was made to hurt has more, and is covered by nothing.
const MOST: usize = 50_000;

/// Whether what a rule allows is all allowed by others (`Covers` of component-helpers/auth/rbac/validation, 1.36).
pub(super) fn covers(owned: &[&PolicyRule], rule: &PolicyRule) -> bool {
    let size = [&rule.groups, &rule.resources]
        .iter()
        .fold(rule.verbs.len(), |size, list| size.saturating_mul(list.len().max(1)));
    if size > MOST || rule.urls.len().saturating_mul(rule.verbs.len()) > MOST {
        return false;
    }
    let paths =
        rule.verbs.iter().all(|verb| rule.urls.iter().all(|path| owned.iter().any(|own| own.allows_path(verb, path))));
    let names = |own: &PolicyRule| {
        own.names.is_empty() || (!rule.names.is_empty() && rule.names.iter().all(|name| has(&own.names, name)))
    };
    paths
        && rule.verbs.iter().all(|verb| {
            rule.groups.iter().all(|group| {
                rule.resources
                    .iter()
                    .all(|wanted| owned.iter().any(|own| own.speaks_of(verb, group, wanted) && names(own)))
            })
        })
}

#[cfg(test)]
mod tests {
    use model::Span;

    use super::*;

    fn words(list: &[&str]) -> Box<[Arc<str>]> {
        list.iter().map(|word| Arc::from(*word)).collect()
    }

    fn rule(verbs: &[&str], groups: &[&str], resources: &[&str], names: &[&str], urls: &[&str]) -> PolicyRule {
        PolicyRule {
            verbs: words(verbs),
            groups: words(groups),
            resources: words(resources),
            names: words(names),
            urls: words(urls),
            span: Span::new(0, 0),
        }
    }

    #[test]
    fn a_rule_matches_as_the_authorizer_has_it() {
        let of = |resources: &[&str]| rule(&["get"], &[""], resources, &[], &[]);
        for (resources, wanted, expected) in [
            (&["pods"][..], "pods", true),
            (&["pods"], "pods/exec", false),
            (&["pods/exec"], "pods/exec", true),
            (&["*/exec"], "pods/exec", true),
            (&["*/exec"], "pods", false),
            (&["pods/*"], "pods/exec", false),
            (&["*"], "pods/exec", true),
            (&["Pods"], "pods", false),
        ] {
            assert_eq!(of(resources).allows("get", "", wanted, "a"), expected, "{resources:?} {wanted}");
        }
        assert!(!of(&["pods"]).allows("get", "apps", "pods", "a"));
        assert!(!of(&["pods"]).allows("list", "", "pods", ""));
        let named = rule(&["*"], &["*"], &["*"], &["a"], &[]);
        assert!(named.allows("get", "", "secrets", "a"));
        assert!(!named.allows("list", "", "secrets", ""), "a list names nothing");
        assert!(!named.is_everything());
        assert!(rule(&["*"], &["*"], &["*"], &[], &[]).is_everything());
    }

    #[test]
    fn a_path_matches_to_its_star() {
        let of = |url: &str| rule(&["get"], &[], &[], &[], &[url]);
        for (url, path, expected) in [
            ("/metrics", "/metrics", true),
            ("/metrics", "/metrics/cadvisor", false),
            ("/metrics*", "/metrics/cadvisor", true),
            ("/healthz/*", "/healthz", false),
            ("*", "/debug/pprof/", true),
            ("/a*b", "/axb", false),
        ] {
            assert_eq!(of(url).allows_path("get", path), expected, "{url} {path}");
        }
        assert!(!of("*").allows_path("post", "/x"));
    }

    #[test]
    fn what_a_rule_allows_is_covered_piece_by_piece() {
        let owned = [rule(&["get", "list"], &[""], &["pods"], &[], &[]), rule(&["*"], &["apps"], &["*"], &["a"], &[])];
        let owned: Vec<&PolicyRule> = owned.iter().collect();
        assert!(covers(&owned, &rule(&["list"], &[""], &["pods"], &["x"], &[])));
        assert!(!covers(&owned, &rule(&["list"], &[""], &["pods", "secrets"], &[], &[])));
        assert!(!covers(&owned, &rule(&["get"], &["apps"], &["deployments"], &[], &[])));
        assert!(covers(&owned, &rule(&["get"], &["apps"], &["deployments"], &["a"], &[])));
        assert!(!covers(&owned, &rule(&["*"], &[""], &["pods"], &[], &[])));
        let many: Vec<String> = (0..1000).map(|n| n.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(!covers(&owned, &rule(&many, &many, &many, &[], &[])));
    }
}
