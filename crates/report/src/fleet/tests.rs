//! What stands out does, and what is usual does not.

use serde_json::json;

use super::*;

fn line(name: &str, version: &str, outcomes: &[(&str, &str)], exposed: &[&str], ends: &str) -> Vec<u8> {
    let verdicts: Vec<_> = outcomes.iter().map(|(rule, outcome)| json!({"rule": rule, "outcome": outcome})).collect();
    let advisories: Vec<_> =
        exposed.iter().map(|id| json!({"id": id, "severity": "high", "exposure": "exposed"})).collect();
    let keys = json!({"keys": [], "gap": null});
    let line = json!({
        "name": name, "id": null, "target": format!("context:{name}"), "version": version, "version_range": null,
        "summary": wire::Summary::default(), "verdicts": verdicts, "advisories": advisories,
        "certificates": [{"name": "CN=a", "ends": ends}],
        "trust": {"client_authorities": keys, "service_account_keys": keys, "issuers": []},
    });
    serde_json::to_vec(&line).expect("JSON")
}

fn compared(fleet: &Fleet) -> wire::Fleet {
    let until = |version: &str| Some((format!("2026-0{}-01", version.len()), version == "1.29.3"));
    fleet.compare(Vec::new(), "2026-11-24", &until).expect("several clusters")
}

#[test]
fn a_few_that_differ_stand_out_and_halves_do_not() {
    let mut fleet = Fleet::default();
    for number in 0..8 {
        let outcome = |fails: bool| if fails { "fail" } else { "pass" };
        let outcomes = [
            ("one-fails", outcome(number == 3)),
            ("one-passes", outcome(number != 5)),
            ("half", outcome(number < 4)),
            ("all-fail", "fail"),
            ("few-judged", if number == 0 { "fail" } else { "undetermined" }),
            // The worst of several entries counts.
            ("two-entries", "pass"),
            ("two-entries", outcome(number >= 6)),
        ];
        fleet.add_line(&line(&format!("c{number}"), "1.36.2", &outcomes, &[], "2027-01-01")).expect("a line");
    }
    let outliers = compared(&fleet).outliers;
    let said: Vec<(&str, Outcome, usize, usize, &[String])> =
        outliers.iter().map(|one| (one.rule.as_str(), one.outcome, one.differ, one.of, &one.clusters[..])).collect();
    assert_eq!(
        said,
        [
            ("one-fails", Outcome::Fail, 1, 8, &["c3".to_owned()][..]),
            ("two-entries", Outcome::Fail, 2, 8, &["c6".to_owned(), "c7".to_owned()]),
            ("one-passes", Outcome::Pass, 1, 8, &["c5".to_owned()]),
        ]
    );
}

#[test]
fn versions_flaws_and_days_are_counted_by_cluster() {
    let mut fleet = Fleet::default();
    for (name, version, exposed, ends) in [
        ("a", "1.29.3", &["CVE-2", "CVE-1"][..], "2026-01-01"),
        ("b", "1.29.3", &["CVE-1"], "2027-01-01"),
        ("c", "1.36.10", &[], "2027-01-01"),
        ("d", "1.36.9", &["CVE-1"], "2027-01-01"),
    ] {
        fleet.add_line(&line(name, version, &[], exposed, ends)).expect("a line");
    }
    let seen = compared(&fleet);
    let versions: Vec<(Option<&str>, usize, usize, Option<bool>)> =
        seen.versions.iter().map(|one| (one.version.as_deref(), one.count, one.exposed, one.ended)).collect();
    assert_eq!(
        versions,
        [(Some("1.36.10"), 1, 0, Some(false)), (Some("1.36.9"), 1, 1, Some(false)), (Some("1.29.3"), 2, 2, Some(true))]
    );
    let flaws: Vec<(&str, usize)> = seen.advisories.iter().map(|one| (one.id.as_str(), one.count)).collect();
    assert_eq!(flaws, [("CVE-1", 3), ("CVE-2", 1)]);
    let certificates: Vec<(&str, bool, usize)> = seen
        .calendar
        .iter()
        .filter(|day| day.what == "certificate")
        .map(|day| (day.day.as_str(), day.past, day.count))
        .collect();
    assert_eq!(certificates, [("2026-01-01", true, 1), ("2027-01-01", false, 3)]);
}

#[test]
fn one_cluster_is_no_fleet_and_a_large_one_names_no_more_than_anybody_reads() {
    let mut fleet = Fleet::default();
    fleet.add_line(&line("a", "1.36.2", &[], &[], "2027-01-01")).expect("a line");
    assert!(fleet.compare(Vec::new(), "2026-11-24", &|_| None).is_none());
    for number in 0..500 {
        fleet.add_line(&line(&format!("c{number:03}"), "1.36.2", &[], &[], "2027-01-01")).expect("a line");
    }
    let seen = compared(&fleet);
    assert_eq!((seen.versions[0].count, seen.versions[0].clusters.len()), (501, NAMED));
    assert!(fleet.add_line(b"{\"name\":\"a\"}").is_err());
}
