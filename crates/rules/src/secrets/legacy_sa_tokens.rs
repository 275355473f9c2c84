//! Tokens of service accounts that never end. The page beside this file explains the rule and tests it.

use facts::{
    Cluster,
    objects::{Credential, CredentialOf, Of},
    rbac::{Who, reach},
};
use model::{Finding, Gap, Minor, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "secrets-legacy-sa-tokens",
        title: "A Secret holds a token of a service account that never ends",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("legacy_sa_tokens.md"),
    },
    component: "secrets",
    applies: Applies::from(24, "before 1.24 a controller makes one for every service account"),
    check: Check::Objects { of: OF, ask },
};

const OF: &[Of] = &[Of::Secret];
/// From here on nobody is given one who does not ask for it (CHANGELOG-1.24, LegacyServiceAccountTokenNoAutoGeneration).
const ON_DEMAND: Minor = Minor::new(1, 24);
const REMEDY: &str = "let whoever uses the token have one that ends (`kubectl create token`), then delete the Secret";
const BREAKS: [&str; 1] = ["Whoever still uses the token (CI, monitoring from outside, old controllers) loses access; look at when it was used last."];

fn ask(cluster: &Cluster) -> Verdict {
    let tokens: Vec<(&Credential, &str)> = cluster
        .objects
        .credentials
        .iter()
        .filter_map(|one| match &one.of {
            CredentialOf::Account(account) => Some((one, &**account)),
            CredentialOf::Node => None,
        })
        .collect();
    // Of a release that may be older nobody knows who made them.
    if !tokens.is_empty() && crate::release(cluster).is_none_or(|release| !release.is_at_least(ON_DEMAND)) {
        return Err(Unanswered::Gap(Gap::of_release("whether the cluster makes such tokens by itself depends on the release, which is not known".to_owned())));
    }
    let mighty = if tokens.is_empty() { Default::default() } else { reach::administrators(cluster.access()) };
    let finding = |(token, account): &(&Credential, &str)| -> Finding {
        let meta = &token.meta;
        let made = token.made.map(|made| format!(", and is there since {made}")).unwrap_or_default();
        let used = token.last_used().map(|day| format!("; it was used last on {day}")).unwrap_or_default();
        let owner = format!("{}/{account}", meta.namespace);
        let message = format!("`{}` is a token of ServiceAccount `{owner}` that never ends{made}{used}", meta.path());
        let mut found = say::object(meta.path(), message, &meta.at, say::remedy(REMEDY, &BREAKS, None));
        let who = Who::Account((&*meta.namespace).into(), (*account).into());
        if let Some(reach) = mighty.get(&who) {
            found.severity = Some(Severity::High);
            found.message.push_str(&format!(": who has it may {}", reach.how));
        }
        found
    };
    let findings = tokens.iter().map(finding).collect();
    say::about(cluster, OF, findings, "no Secret holds a token of a service account")
}
