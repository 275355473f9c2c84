//! Bodies of what holds secrets. The page beside this file explains the rule and tests it.

use facts::{
    apiserver::ApiServer,
    configuration::{InUse, audit_policy::{Policy, Rule as PolicyRule}},
};
use model::{Answer, Change, Confidence, Form, RuleCard, Safety, Severity, Site, Verdict};

use crate::{Applies, Check, OfFile, OfServer, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "audit-policy-no-secret-bodies",
        title: "Bodies of Secrets and tokens are written into the audit log",
        severity: Severity::High,
        fix: Some(Safety::Review),
        page: include_str!("policy_no_secret_bodies.md"),
    },
    component: "apiserver",
    applies: Applies::from(8, "1.8 was the first that records nothing without a policy"),
    check: Check::File { of: OfFile::AuditPolicy(check), server: OfServer::FileOr(unset) },
};

/// Said where it is fixed: the two benchmarks ask for opposite things.
const STIG: &str = "A STIG scan for V-242403 wants RequestResponse on everything and then fails; CIS 3.2.2 wants no more than Metadata here.";

fn check(used: &InUse<'_, Policy>) -> Verdict {
    let policy = used.file;
    let mut answer = Answer::default();
    let bodies = policy.recorder(used.minor).bodies();
    for (index, rule) in policy.rules.iter().enumerate() {
        let own: Vec<_> = bodies.iter().filter(|one| one.rule == index).collect();
        let (Some(first), Some(level)) = (own.first(), &rule.level) else { continue };
        let what: Vec<String> = own.iter().map(|one| format!("`{}` ({})", one.resource, one.verbs.join(", "))).collect();
        let narrow = is_narrow(rule);
        let change = narrow.then(|| Change::Set {
            setting: "level".to_owned(),
            site: Site { at: level.at.clone(), form: Form::Field },
            to: "Metadata".to_owned(),
        });
        let title = if narrow {
            "record the metadata alone"
        } else {
            "put a rule before it: `level: Metadata` for secrets, configmaps, serviceaccounts/token and tokenreviews"
        };
        let message = format!("the {} rule records bodies ({}) of {}", super::nth(index), first.level.name(), say::and(&what));
        let mut finding = say::in_file("rules[].level", message, &level.at, say::remedy(title, &[STIG], change));
        finding.subject = Some(format!("rule {}", index + 1));
        finding.confidence = match own.iter().filter(|one| one.leaks).collect::<Vec<_>>()[..] {
            // More is recorded than is needed, and none of it is secret.
            [] => Confidence::Possible,
            // Whether a ConfigMap holds a credential is not known.
            [only] if only.resource == "configmaps" => Confidence::Probable,
            _ => Confidence::Certain,
        };
        answer.findings.push(finding);
    }
    answer.seen.push(say::field(used.at));
    answer.because = "no more than the metadata is recorded of secrets, configmaps, tokens and their reviews".to_owned();
    Ok(answer)
}

/// Whether a rule is about nothing but resources that hold secrets, so that lowering it costs nothing else.
fn is_narrow(rule: &PolicyRule) -> bool {
    let secret = |name: &str| matches!(name, "secrets" | "configmaps" | "serviceaccounts/token" | "tokenreviews");
    let all = || rule.resources.iter().flat_map(|one| one.resources.iter());
    all().next().is_some()
        && all().all(|name| secret(name.as_str()))
        && rule.resources.iter().all(|one| !one.resources.is_empty())
}

/// Without a policy nothing is recorded, which is another rule's matter.
fn unset(server: &ApiServer) -> Verdict {
    let reading = say::reading(server.component(), "audit-policy-file")?;
    Ok(Answer { because: "there is no policy, so that no body is recorded".to_owned(), ..say::fine(server.component(), "audit-policy-file", reading) })
}
