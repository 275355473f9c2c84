//! Keys are compared by their public halves, and nobody passes unseen.

use facts::fleet::{Fleet, Known, Member, Trusted};
use model::{Confidence, EvidenceId, Gap, GapKind, Location, Outcome, Plane};

use super::RULES;
use crate::judge_fleet;

fn known(name: &str, keys: &[&str]) -> Known {
    let key = |sha256: &&str| Trusted {
        sha256: (*sha256).repeat(16),
        name: format!("CN={sha256}"),
        at: Location::whole(EvidenceId::new(format!("{name}/ca.crt")), Plane::Declared),
    };
    Known { keys: keys.iter().map(key).collect(), gap: None }
}

fn member(name: &str, authorities: &[&str], tokens: &[&str], issuer: &str) -> Member {
    Member {
        name: name.to_owned(),
        client_authorities: known(name, authorities),
        token_keys: known(name, tokens),
        issuers: Some(issuer.to_owned()).filter(|issuer| !issuer.is_empty()).into_iter().collect(),
    }
}

fn hidden(mut member: Member) -> Member {
    let gap = Gap {
        kind: GapKind::Unread,
        reason: "not given".to_owned(),
        wanted: "/pki/ca.crt".to_owned(),
        who_could_answer: "--root".to_owned(),
    };
    member.client_authorities = Known { keys: Vec::new(), gap: Some(gap) };
    member
}

fn outcomes(rule: &str, members: Vec<Member>) -> Vec<(String, String)> {
    let judgement = judge_fleet(&Fleet { members }, RULES);
    let of_rule = judgement.entries.into_iter().filter(|entry| entry.rule == rule);
    let word = |outcome: &Outcome| match outcome {
        Outcome::Pass => "pass".to_owned(),
        Outcome::Fail(failure) => format!("fail {}", failure.confidence.name()),
        Outcome::Undetermined(_) => "undetermined".to_owned(),
        Outcome::NotApplicable(_) => "not-applicable".to_owned(),
        Outcome::Waived(_) => "waived".to_owned(),
    };
    of_rule.map(|entry| (word(&entry.outcome), entry.message)).collect()
}

#[test]
fn one_key_in_two_clusters_is_found_and_its_clusters_named() {
    let fleet = || vec![member("a", &["1"], &[], ""), member("b", &["2"], &[], ""), member("c", &["1"], &[], "")];
    let found = outcomes("fleet-shared-ca", fleet());
    assert_eq!(
        found,
        [("fail certain".to_owned(), "`a` and `c` take client certificates from one key (`CN=1`)".to_owned())]
    );
    let judgement = judge_fleet(&Fleet { members: fleet() }, RULES);
    let entry = judgement.entries.iter().find(|entry| matches!(entry.outcome, Outcome::Fail(_))).expect("a finding");
    let places: Vec<&str> = entry.locations.iter().map(|label| label.at.evidence.as_str()).collect();
    assert_eq!((places, entry.subject.as_deref()), (vec!["a/ca.crt", "c/ca.crt"], Some("sha256:1111111111111111")));
    let many = (0..9).map(|n| member(&format!("c{n}"), &["1"], &[], "")).collect();
    assert!(outcomes("fleet-shared-ca", many)[0].1.starts_with("`c0`, `c1`, `c2` and 6 more take"));
}

#[test]
fn clusters_with_keys_of_their_own_pass() {
    let fleet = vec![member("a", &["1"], &["3"], "x"), member("b", &["2"], &["4"], "x")];
    assert_eq!(outcomes("fleet-shared-ca", fleet.clone())[0].0, "pass");
    // One issuer alone is none: the signature does not fit.
    assert_eq!(outcomes("fleet-shared-service-account-key", fleet)[0].0, "pass");
}

#[test]
fn what_was_not_seen_is_no_pass() {
    let seen = || vec![member("a", &["1"], &[], ""), member("b", &["2"], &[], "")];
    let mut fleet = seen();
    fleet.push(hidden(member("c", &[], &[], "")));
    let found = outcomes("fleet-shared-ca", fleet);
    assert_eq!(found.iter().map(|(word, _)| word.as_str()).collect::<Vec<_>>(), ["undetermined"]);
    assert!(found[0].1.contains("of `c` were seen: not given"), "{}", found[0].1);
    // What is known is told beside it.
    let mut fleet = seen();
    fleet.push(member("d", &["1"], &[], ""));
    fleet.push(hidden(member("e", &[], &[], "")));
    let mut words: Vec<String> = outcomes("fleet-shared-ca", fleet).into_iter().map(|(word, _)| word).collect();
    words.sort();
    assert_eq!(words, ["fail certain", "undetermined"]);
}

#[test]
fn whose_tokens_are_taken_depends_on_the_issuer() {
    let pair = |one: &str, two: &str| vec![member("a", &[], &["1"], one), member("b", &[], &["1"], two)];
    let found = |one, two| outcomes("fleet-shared-service-account-key", pair(one, two)).swap_remove(0);
    assert_eq!(found("https://x", "https://x").0, format!("fail {}", Confidence::Certain.name()));
    assert!(found("https://x", "https://x").1.ends_with("for one issuer (`https://x`)"));
    assert_eq!(found("https://x", "https://y").0, format!("fail {}", Confidence::Probable.name()));
    assert_eq!(found("", "https://y").0, "fail certain");
}
