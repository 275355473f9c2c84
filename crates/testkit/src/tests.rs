//! Pages that do not hold, and what is said of them.

use facts::Cluster;
use model::{
    Change, Confidence, Entry, Failure, Form, Label, Location, Outcome, Plane, Remedy, RuleCard, Safety, Severity,
    Site, Span,
};

use super::*;

/// A question of our own: does the manifest say `--profiling=true`? What a fix would write is the parameter.
fn judge(cluster: &Cluster, cure: &str) -> Vec<Entry> {
    let Some((evidence, text)) = cluster
        .evidence
        .iter()
        .find_map(|piece| Some((piece, piece.text().filter(|text| text.contains("kind: Pod"))?)))
    else {
        // Wrong on purpose: nobody read the manifest, and yet it passes.
        return vec![entry(Outcome::Pass, "nothing seen", Vec::new())];
    };
    let Some(start) = text.find("--profiling=true") else {
        return vec![entry(Outcome::Pass, "profiling is off", Vec::new())];
    };
    let pointer = format!("/spec/containers/0/command/{}", text[..start].matches("    - ").count() - 1);
    let span = Span::new(start as u32, start as u32 + 16);
    let at = Location { evidence: evidence.id.clone(), plane: Plane::Declared, span: Some(span), pointer };
    let change = Change::Set {
        setting: "--profiling".to_owned(),
        site: Site { at: at.clone(), form: Form::Word },
        to: cure.to_owned(),
    };
    let remedy =
        Remedy { title: "turn it off".to_owned(), safety: Safety::Review, breaks: Vec::new(), changes: vec![change] };
    let failure = Failure { confidence: Confidence::Certain, remedy: Some(remedy) };
    vec![entry(Outcome::Fail(Box::new(failure)), "profiling is on", vec![Label { at, text: "on".to_owned() }])]
}

fn entry(outcome: Outcome, message: &str, locations: Vec<Label>) -> Entry {
    Entry {
        rule: "a-rule",
        title: "A fault",
        severity: Severity::Low,
        outcome,
        component: Some("kube-apiserver"),
        instance: Some("kube-apiserver".to_owned()),
        subject: None,
        setting: None,
        plane: None,
        message: message.to_owned(),
        locations,
    }
}

fn with_subject<T>(page: &'static str, cure: &str, then: impl FnOnce(&Subject<'_>) -> T) -> T {
    let card = RuleCard { id: "a-rule", title: "A fault", severity: Severity::Low, fix: Some(Safety::Review), page };
    let judge = |cluster: &Cluster| judge(cluster, cure);
    then(&Subject { card: &card, file: "a_rule.md", judge: &judge, judge_all: &judge, row: None })
}

fn complaints(page: &'static str, cure: &str) -> String {
    with_subject(page, cure, |subject| hold(subject).err().unwrap_or_default())
}

const PAGE: &str = "# a-rule

## Why it matters

It does.

## On

```args kube-apiserver
  --profiling=true
#  ^^^ profiling is on
```

```fixed
  --profiling=off
```

<!-- cases -->

## Off

```args kube-apiserver
```

```outcome
```
";

#[test]
fn a_caret_in_the_wrong_place_is_shown_beside_the_right_one() {
    let text = complaints(PAGE, "false");
    assert!(text.contains("a_rule.md:11: this is said, but of another place\n   in \"On\"\n"), "{text}");
    assert!(text.contains("   10 |   --profiling=true\n      |    ^^^ expected\n"), "{text}");
    assert!(text.contains("   10 |   --profiling=true\n      |   ^^^^^^^^^^^^^^^^ drawn\n"), "{text}");
}

#[test]
fn what_a_page_leaves_open_or_gets_wrong_is_said() {
    let text = complaints(PAGE, "false");
    assert!(text.contains("a_rule.md:25: the outcome is empty; it comes to"), "{text}");
    assert!(text.contains("| pass: profiling is off"), "{text}");
    assert!(text.contains("a_rule.md:14: the fix gives something else"), "{text}");
    assert!(text.contains("fixed:   --profiling=false"), "{text}");
    assert!(text.contains("no case of this page is undetermined"), "{text}");
}

#[test]
fn a_pass_without_evidence_breaks_the_law() {
    let text = complaints(PAGE, "false");
    assert!(text.contains("without `kube-apiserver.yaml` the verdict becomes `pass` where it was fail"), "{text}");
}

#[test]
fn a_remedy_that_does_not_cure_breaks_the_law() {
    let text = complaints(PAGE, "trueish");
    assert!(text.contains("the remedy was made and it still fails: profiling is on"), "{text}");
}

#[test]
fn blessing_moves_carets_and_fills_what_is_empty_and_nothing_else() {
    let blessed = with_subject(PAGE, "false", bless).unwrap_or_default();
    let expected = PAGE
        .replace("#  ^^^ profiling is on", "# ^^^^^^^^^^^^^^^^ profiling is on")
        .replace("```outcome\n```", "```outcome\npass: profiling is off\n```");
    assert_eq!(blessed, expected);
}

#[test]
fn the_base_is_what_each_release_demands() {
    for minor in 5..=36 {
        let cluster = cluster(&format!("1.{minor}"), &[]).unwrap_or_else(|error| panic!("{error}"));
        let component = cluster.apiservers[0].component();
        assert!(component.problems.iter().all(|problem| !problem.stops), "1.{minor}: {:?}", component.problems);
        // From the release on that demands keys, nobody knows whether they are there.
        assert_eq!(component.starts, (minor < 20).then_some(true), "1.{minor}");
    }
    assert!(cluster("1.x", &[]).is_err());
}
