//! The ranges held to lists worked out elsewhere, and exposure to what settings say.

use std::collections::BTreeSet;

use super::*;

#[derive(Deserialize)]
struct Expected {
    kubernetes: Vec<ExpectedRelease>,
    boundary_cases: Vec<Boundary>,
}

#[derive(Deserialize)]
struct ExpectedRelease {
    version: String,
    ids: Vec<String>,
}

#[derive(Deserialize)]
struct Boundary {
    id: String,
    last_affected: Option<String>,
    first_fixed: String,
}

fn expected() -> Expected {
    serde_json::from_str(include_str!("../../tests/vectors/advisories.json")).expect("vectors")
}

fn version(text: &str) -> Version {
    text.parse().expect("a version")
}

#[test]
fn releases_have_the_flaws_that_the_lists_say() {
    for release in expected().kubernetes {
        let found: BTreeSet<String> = of(&version(&release.version), ADVISORIES.known_until)
            .into_iter()
            .map(|(advisory, affects)| {
                assert_eq!(affects, Truth::True, "{}", advisory.id);
                advisory.id.clone()
            })
            .collect();
        assert_eq!(found, release.ids.into_iter().collect(), "{}", release.version);
    }
}

#[test]
fn a_fix_ends_a_range() {
    let mut count = 0;
    for case in expected().boundary_cases {
        let Some(advisory) = ADVISORIES.all.iter().find(|advisory| advisory.id == case.id) else { continue };
        if advisory.affected.is_empty() {
            continue;
        }
        count += 1;
        assert_eq!(
            advisory.affects(&version(&case.first_fixed), |_| true),
            Truth::False,
            "{} {}",
            case.id,
            case.first_fixed
        );
        if let Some(last) = case.last_affected.as_deref().map(version) {
            assert_eq!(advisory.affects(&last, |_| true), Truth::True, "{} {last}", case.id);
            assert!(advisory.fixed_in(&last).is_some(), "{} {last}", case.id);
        }
    }
    assert!(count > 100, "{count}");
}

#[test]
fn a_minor_alone_may_have_the_flaw() {
    let advisory = |id: &str| ADVISORIES.all.iter().find(|advisory| advisory.id == id).expect("known");
    let psp = advisory("CVE-2017-1000056");
    assert_eq!(psp.affects(&version("1.5"), |_| true), Truth::Unknown);
    assert_eq!(psp.affects(&version("1.6"), |_| true), Truth::False);
    assert_eq!(advisory("CVE-2020-8554").affects(&version("1.60"), |_| true), Truth::True);
    assert_eq!(psp.fixed_in(&version("1.5.2")).map(ToString::to_string).as_deref(), Some("1.5.5"));
}

#[test]
fn truth_is_combined_as_kleene_did() {
    use Truth::{False, True, Unknown};
    for (a, b, or) in [(True, Unknown, True), (False, Unknown, Unknown), (False, False, False), (Unknown, True, True)] {
        assert_eq!(a.or(b), or);
        assert_eq!(
            !(!a).or(!b),
            if a == False || b == False {
                False
            } else if a == True && b == True {
                True
            } else {
                Unknown
            }
        );
    }
    assert_eq!(Truth::of_all([True, False]), Unknown);
    assert_eq!(Truth::of_all([]), Unknown);
}
