//! What a webhook is not asked about. The page beside this file explains the rule and tests it.

use facts::configuration::{
    InUse,
    authz::{Answer as Answered, Authorization, State},
};
use model::{Answer, Confidence, Finding, Gap, GapKind, RuleCard, Severity, Unanswered, Verdict};

use super::{
    sensitive,
    webhooks::{written, wrong},
};
use crate::{Applies, Check, OfFile, OfServer, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-authz-webhook-match-conditions",
        title: "A webhook that refuses is not asked about what matters most",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("authz_webhook_match_conditions.md"),
    },
    component: "apiserver",
    applies: Applies::from(29, "1.29 brought the file"),
    check: Check::File { of: OfFile::Authorization(check), server: OfServer::File },
};

const FIELD: &str = "authorizers[].webhook.matchConditions";

fn check(file: &InUse<'_, Authorization>) -> Verdict {
    let mut answer = Answer { setting: Some(FIELD.to_owned()), ..Answer::default() };
    let mut because = Vec::new();
    let mut decided = false;
    for one in &file.file.authorizers {
        let kind = one.kind.as_ref().map_or("", |kind| kind.as_str());
        decided |= matches!(kind, "RBAC" | "AlwaysAllow");
        let Some(webhook) = one.webhook.as_ref().filter(|webhook| !webhook.match_conditions.is_empty()) else { continue };
        let name = one.name.as_ref().map_or("a webhook", |name| name.as_str());
        let places = webhook.match_conditions.iter().map(|condition| written(&condition.at));
        answer.seen.extend(places);
        if decided {
            because.push(format!("`{name}` stands behind RBAC, so that it can only add"));
            continue;
        }
        // What others would say does not matter: the question is whether this one is asked.
        let alone = Authorization { authorizers: vec![one.clone()], at: file.file.at.clone() };
        let chain = alone.chain(&[(name.to_owned(), State::NoOpinion)], file.minor);
        let (mut skipped, mut failed, mut unclear) = (Vec::new(), Vec::new(), false);
        let mut why = String::new();
        for (what, request) in sensitive::requests() {
            let outcome = chain.decide(&request);
            let Some(asked) = outcome.chain.first() else { continue };
            match asked.answer {
                _ if asked.called => {}
                Answered::Error => failed.push(what),
                Answered::Unknown => unclear = true,
                _ => skipped.push(what),
            }
            if !asked.called && why.is_empty() && asked.answer != Answered::Unknown {
                why.clone_from(&asked.reason);
            }
        }
        if unclear {
            answer.gaps.push(Gap {
                kind: GapKind::Manual,
                reason: format!("a match condition of `{name}` uses what is not followed here"),
                wanted: format!("what `{name}` is asked about"),
                who_could_answer: "portcullis simulate authorization, or whoever wrote the conditions".to_owned(),
            });
        }
        let Some(first) = webhook.match_conditions.first() else { continue };
        let message = match (skipped.as_slice(), failed.as_slice()) {
            ([], []) => {
                because.push(format!("`{name}` is asked about all that matters most"));
                continue;
            }
            ([], failed) => format!("the conditions of `{name}` fail on {}: {why}", sensitive::listed(failed)),
            (skipped, _) => format!("`{name}` is not asked about {}: {why}", sensitive::listed(skipped)),
        };
        let remedy = say::remedy(
            "leave out what the system asks for by its users, and nothing by what is asked for",
            &["Without conditions every request, those of nodes and controllers too, waits for the webhook."],
            None,
        );
        let found = wrong(name.to_owned(), FIELD, message, &written(&first.at), remedy);
        answer.findings.push(Finding { confidence: Confidence::Probable, ..found });
    }
    if answer.seen.is_empty() {
        return Err(Unanswered::NotApplicable("no webhook has match conditions".to_owned()));
    }
    answer.because = because.join("; ");
    Ok(answer)
}
