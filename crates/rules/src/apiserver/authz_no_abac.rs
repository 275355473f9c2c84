//! Requests are authorized by a file of attributes (ABAC). The page beside this file explains the rule and tests it.

use facts::{
    apiserver::{ApiServer, Authorizers},
    configuration::{InUse, authz::Authorization},
    flag,
};
use model::{Answer, Label, Release, RuleCard, Severity, Unanswered, Verdict};

use super::authorizers;
use crate::{Applies, Check, OfFile, OfServer, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-authz-no-abac",
        title: "A file of attributes decides who may do what",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("authz_no_abac.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::File { of: OfFile::Authorization(alone), server: OfServer::Whole(check) },
};

const BREAKS: &[&str] =
    &["Whoever lives from a line of the file loses access until a role and a binding say the same."];

/// The chain of a file that is given by itself.
fn alone(file: &InUse<'_, Authorization>) -> Verdict {
    let chain = Authorizers::of_file(file.file);
    Ok(listed(&chain, &file.release()).unwrap_or_else(|| authorizers::pass(&file.release(), &chain)))
}

fn listed(chain: &Authorizers, release: &Release) -> Option<Answer> {
    if !authorizers::has(chain, "ABAC") {
        return None;
    }
    let remedy = say::remedy("decide by roles, and take ABAC away once nobody needs it", BREAKS, None);
    Some(say::fail(authorizers::finding(chain, authorizers::written(release, chain), remedy)))
}

fn check(server: &ApiServer) -> Verdict {
    let release = &server.component().release;
    let chain = server.authorizers();
    if let Ok(chain) = chain
        && let Some(mut found) = listed(chain, release)
    {
        if let Some(whom) = server.listed().everything.first() {
            for finding in &mut found.findings {
                finding.severity = Some(Severity::Critical);
                finding.message.push_str(&format!(", and a line of the file allows everything to `{}`", whom.value));
                finding.because.push(Label { at: whom.at.clone(), text: "allows everything".to_owned() });
            }
        }
        return Ok(found);
    }
    // The file without the mode stops the server, and says what somebody wanted all the same.
    let file = match server.get(&flag::AUTHORIZATION_POLICY_FILE) {
        Ok(file) if !file.value.is_empty() => {
            let remedy = say::remedy("take the file of attributes away", BREAKS, None);
            let message = say::is(file.setting.name, file.reading.in_force(), file.origin(), release);
            return Ok(say::fail(say::wrong(file.setting.name, message, file.origin(), remedy)));
        }
        Err(Unanswered::Gap(gap)) => Some(gap),
        _ => None,
    };
    Ok(Answer { gaps: file.into_iter().collect(), ..authorizers::pass(release, chain?) })
}
