//! Keys that are in the file. The page beside this file explains the rule and tests it.

use std::collections::{BTreeMap, BTreeSet};

use facts::configuration::{InUse, encryption::{Encryption, Key, With}};
use model::{Answer, Confidence, Gap, GapKind, RuleCard, Severity, Strength, Unanswered, Verdict};

use crate::{Applies, Check, OfFile, OfServer, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "encryption-key-quality",
        title: "A key for encryption can be guessed, or is used twice",
        severity: Severity::High,
        fix: None,
        page: include_str!("key_quality.md"),
    },
    component: "apiserver",
    applies: Applies::from(7, "1.7 brought encryption at rest"),
    check: Check::File { of: OfFile::Encryption(check), server: OfServer::File },
};

fn check(used: &InUse<'_, Encryption>) -> Verdict {
    let mut keys: Vec<(&str, &Key, usize)> = Vec::new();
    let mut list = 0;
    for (_, provider) in used.file.all_providers() {
        if let With::AesGcm(own) | With::AesCbc(own) | With::Secretbox(own) = &provider.with {
            keys.extend(own.iter().map(|key| (provider.with.name(), key, list)));
            list += 1;
        }
    }
    if keys.is_empty() {
        return Err(Unanswered::NotApplicable("no key is in the file".to_owned()));
    }
    let mut answer = Answer { because: told(&keys), ..Answer::default() };
    // Keys that came before, by what they are and by what they are called in their list.
    let mut known: BTreeMap<u32, (&str, &Key)> = BTreeMap::new();
    let mut called: BTreeSet<(usize, &str)> = BTreeSet::new();
    for (provider, key, list) in &keys {
        let name = key.name.as_ref().map_or("", |name| name.as_str());
        let twin = key.group.and_then(|group| known.get(&group).copied());
        if let Some(group) = key.group.filter(|_| twin.is_none()) {
            known.insert(group, (provider, key));
        }
        let namesake = !called.insert((*list, name));
        let bytes = key.bytes.map_or("some".to_owned(), |bytes| bytes.to_string());
        let (message, confidence) = match key.strength {
            Some(Strength::Placeholder) | None => {
                answer.gaps.push(hidden(provider, name, key));
                continue;
            }
            Some(Strength::Pattern) => {
                (format!("the {bytes} bytes of the key `{name}` of {provider} follow a pattern"), Confidence::Certain)
            }
            Some(Strength::Readable) => (
                format!("the {bytes} bytes of the key `{name}` of {provider} are readable text, as keys of tutorials are"),
                Confidence::Certain,
            ),
            Some(Strength::Plain) => match (twin, namesake) {
                (Some((of, other)), _) => {
                    let other = other.name.as_ref().map_or("", |name| name.as_str());
                    (format!("the key `{name}` of {provider} is the key `{other}` of {of} once more"), Confidence::Certain)
                }
                (None, true) => {
                    (format!("two keys of one {provider} are called `{name}`, and only the first is looked at"), Confidence::Certain)
                }
                (None, false) if key.bytes.is_some_and(|bytes| bytes < 32) => {
                    (format!("the key `{name}` of {provider} has {bytes} bytes, and 32 are as easily had"), Confidence::Possible)
                }
                (None, false) => {
                    answer.seen.push(say::field(&key.at));
                    continue;
                }
            },
        };
        let remedy = say::remedy(
            "make a new key of 32 random bytes: add it second, then put it first, write every object again, take the old one away",
            &["Each step has to reach every API server before the next; a shortcut makes data unreadable."],
            None,
        );
        let mut finding = say::in_file("resources[].providers[].keys[].secret", message, &key.at, remedy);
        finding.subject = Some(format!("{provider} {name} {}", key.at.pointer));
        finding.confidence = confidence;
        if let Some((_, other)) = twin {
            finding.because.push(model::Label { at: other.at.clone(), text: "the same key".to_owned() });
        }
        answer.findings.push(finding);
    }
    Ok(answer)
}

fn told(keys: &[(&str, &Key, usize)]) -> String {
    if keys.len() == 1 { "the key in the file looks random".to_owned() } else { format!("{} keys look random, and differ", keys.len()) }
}

fn hidden(provider: &str, name: &str, key: &Key) -> Gap {
    let templated = key.strength == Some(Strength::Placeholder);
    let why = if templated { "is a placeholder that is not filled in yet" } else { "is written so that it cannot be judged" };
    Gap {
        kind: if templated { GapKind::Templated } else { GapKind::Unresolved },
        reason: format!("the key `{name}` of {provider} {why}"),
        wanted: format!("the key `{name}` of {provider}"),
        who_could_answer: "the file as the API server reads it".to_owned(),
    }
}
