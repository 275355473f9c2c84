//! How long tokens live by which nodes join. The page beside this file explains the rule and tests it.

use facts::{
    Cluster,
    objects::{Credential, CredentialOf, Of},
};
use model::{Answer, Confidence, Finding, Gap, GapKind, RuleCard, Severity, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "secrets-bootstrap-token-expiry",
        title: "A token by which nodes join lives for long",
        severity: Severity::High,
        fix: None,
        page: include_str!("bootstrap_token_expiry.md"),
    },
    component: "secrets",
    applies: Applies::from(6, "1.6 brought tokens by which nodes join"),
    check: Check::Objects { of: OF, ask },
};

const OF: &[Of] = &[Of::Secret];
const REMEDY: &str = "delete it (`kubeadm token delete`), and make one that ends within a day where a node joins";
const BREAKS: [&str; 1] = ["Autoscaling or reinstall scripts with a fixed join token can no longer add nodes."];

fn ask(cluster: &Cluster) -> Verdict {
    let tokens = || cluster.objects.credentials.iter().filter(|one| one.of == CredentialOf::Node);
    let is_old = |one: &&Credential| {
        let a_day_later = one.made.and_then(|made| made.tomorrow().ok());
        a_day_later.is_some_and(|end| end < cluster.as_of)
    };
    let findings = tokens().filter(is_old).map(|one| {
        let made = one.made.map(|made| made.to_string()).unwrap_or_default();
        let message = format!("`{}`, by which nodes join, is there since {made}: it lives for more than a day", one.meta.name);
        let remedy = say::remedy(REMEDY, &BREAKS, None);
        // Who cleans up those that have ended (pkg/controller/bootstrap/tokencleaner.go) may be out.
        Finding { confidence: Confidence::Probable, ..say::object(one.meta.path(), message, &one.meta.at, remedy) }
    });
    let answer = say::about(cluster, OF, findings.collect(), "there is no token by which nodes join")?;
    let young = tokens().filter(|one| !is_old(one)).map(|one| Gap {
        kind: GapKind::Manual,
        reason: format!("when `{}` ends stands in its data, which is never asked for", one.meta.name),
        wanted: format!("when {} ends", one.meta.name),
        who_could_answer: "`kubeadm token list`".to_owned(),
    });
    Ok(Answer { gaps: answer.gaps.into_iter().chain(young).collect(), ..answer })
}
