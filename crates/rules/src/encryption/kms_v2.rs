//! The protocol of key management services. The page beside this file explains the rule and tests it.

use facts::configuration::{InUse, encryption::{Encryption, With}};
use model::{Answer, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, OfFile, OfServer, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "encryption-kms-v2",
        title: "A key management service is spoken to in the old protocol",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("kms_v2.md"),
    },
    component: "apiserver",
    applies: Applies::from(27, "1.27 was the first with v2 on by default"),
    check: Check::File { of: OfFile::Encryption(check), server: OfServer::File },
};

fn check(used: &InUse<'_, Encryption>) -> Verdict {
    let mut answer = Answer::default();
    let mut any = false;
    for (entry, provider) in used.file.all_providers() {
        let With::Kms(kms) = &provider.with else { continue };
        any = true;
        let name = kms.name.as_ref().map_or("without a name", |name| name.as_str());
        if kms.api_version == "v2" {
            answer.seen.push(say::field(&provider.at));
            continue;
        }
        let resources: Vec<String> = entry.resources.iter().map(|one| format!("`{}`", one.value)).collect();
        let remedy = say::remedy(
            "add the service once more with `apiVersion: v2` before it, write every object again, then take the old entry away",
            &[
                "Objects written through v1 are unreadable once its entry is gone.",
                "From 1.29 on a v1 entry stops the server unless the feature gate KMSv1 is on.",
            ],
            None,
        );
        let message = format!("the service `{name}` for {} is spoken to in v1", say::and(&resources));
        let mut finding = say::in_file("resources[].providers[].kms.apiVersion", message, &provider.at, remedy);
        // Of v1, one name may stand several times.
        finding.subject = Some(format!("{name} {}", provider.at.pointer));
        answer.findings.push(finding);
    }
    if !any {
        return Err(Unanswered::NotApplicable("no key management service is named".to_owned()));
    }
    match used.server.map(facts::apiserver::ApiServer::given_gates) {
        Some(Ok(gates)) => {
            answer.findings.extend(gates.into_iter().filter(|gate| gate.name == "KMSv1" && gate.on).map(|gate| {
                let remedy = say::remedy("take KMSv1 out of `--feature-gates`", &["A v1 entry then stops the server."], None);
                let mut finding = say::wrong("feature-gates", "the feature gate KMSv1 is on", &gate.origin, remedy);
                finding.subject = Some("KMSv1".to_owned());
                finding
            }));
        }
        Some(Err(Unanswered::Gap(gap))) => answer.gaps.push(gap),
        Some(Err(Unanswered::NotApplicable(_))) | None => {}
    }
    answer.because = "every key management service is spoken to in v2".to_owned();
    Ok(answer)
}
