//! Puts every rule to every instance it is about, and turns answers into entries.
//!
//! This is the only place that builds outcomes. A rule answers; whether that is a pass, a fail, a gap or no question at all
//! is decided here, the same way for each.

mod questions;

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
};

use facts::{Cluster, fleet::Fleet};
use model::{
    Answer, Confidence, Entry, Evidence, EvidenceId, Failure, Finding, Gap, GapKind, Label, Location, Origin, Outcome,
    Plane, Release, Unanswered, Verdict,
};

use self::questions::questions;
use crate::{Check, Rule, objects};

/// What the rules say about one cluster.
#[derive(Clone, Debug, Default)]
pub struct Judgement {
    /// Sorted by rule, component, instance, subject.
    pub entries: Vec<Entry>,
    /// Rules that no evidence of this cluster could have answered, sorted.
    pub not_asked: Vec<&'static str>,
    /// Rules that failed instead of answering; each is our own fault, and an undetermined entry too. Sorted.
    pub faults: Vec<&'static str>,
}

/// Asks each rule of everything in the cluster that it is about.
pub fn judge(cluster: &Cluster, rules: &[&'static Rule]) -> Judgement {
    let mut judgement = Judgement::default();
    // What only shows across clusters is no question to one of them.
    for rule in rules.iter().filter(|rule| !matches!(rule.check, Check::Fleet(_))) {
        let mut asked = false;
        for mut question in questions(rule, cluster) {
            question.evidence = &cluster.evidence;
            asked |= question.put(rule, &mut judgement);
        }
        if !asked {
            judgement.not_asked.push(rule.info.id);
        }
    }
    judgement.sorted()
}

/// Asks each rule about fleets of all clusters of a run together.
pub fn judge_fleet(fleet: &Fleet, rules: &[&'static Rule]) -> Judgement {
    let mut judgement = Judgement::default();
    for rule in rules {
        let Check::Fleet(check) = &rule.check else { continue };
        let question = Question::new(Box::new(move || check(fleet)));
        question.put(rule, &mut judgement);
    }
    judgement.sorted()
}

impl Judgement {
    fn sorted(mut self) -> Self {
        let judgement = &mut self;
        judgement.entries.sort_by(|a, b| {
            let key = |entry: &Entry| (entry.rule, entry.component, entry.instance.clone(), entry.subject.clone());
            key(a).cmp(&key(b)).then_with(|| a.setting.cmp(&b.setting)).then_with(|| a.message.cmp(&b.message))
        });
        judgement.not_asked.sort_unstable();
        judgement.faults.sort_unstable();
        judgement.faults.dedup();
        self
    }
}

/// One rule and one instance, a part of one, or the cluster as a whole.
struct Question<'a> {
    component: Option<&'static str>,
    instance: Option<&'a str>,
    /// The part; a finding may name another.
    subject: Option<&'a str>,
    declared_in: Option<&'a EvidenceId>,
    /// `None` where no release has a say in it.
    release: Option<Release>,
    /// Whether what nobody was asked for is no answer.
    of_objects: bool,
    /// What may win over everything that the answer rests on.
    outranked: Option<&'a Gap>,
    /// All that was seen, sorted.
    evidence: &'a [Evidence],
    ask: Box<dyn Fn() -> Verdict + 'a>,
}

impl<'a> Question<'a> {
    /// One that is about nothing in particular.
    fn new(ask: Box<dyn Fn() -> Verdict + 'a>) -> Self {
        Self {
            component: None,
            instance: None,
            subject: None,
            declared_in: None,
            release: None,
            of_objects: false,
            outranked: None,
            evidence: &[],
            ask,
        }
    }
}

/// The release of a cluster, or the range of those that its API servers have.
pub fn release(cluster: &Cluster) -> Option<Release> {
    let bounds = || cluster.apiservers.iter().map(|server| server.component().release.bounds());
    let (from, to) = (bounds().map(|(from, _)| from).min()?, bounds().map(|(_, to)| to).max()?);
    Some(cluster.release.clone().unwrap_or(Release::Within { from, to }))
}

impl Question<'_> {
    /// Asks, and says whether that came to anything.
    fn put(&self, rule: &'static Rule, judgement: &mut Judgement) -> bool {
        let verdict = match self.release.as_ref().and_then(|release| rule.applies.excludes(release)) {
            Some(reason) => Err(Unanswered::NotApplicable(reason)),
            None => catch_unwind(AssertUnwindSafe(|| (self.ask)())).unwrap_or_else(|_| {
                judgement.faults.push(rule.info.id);
                Err(Unanswered::Gap(Gap {
                    kind: GapKind::Manual,
                    reason: format!(
                        "the rule `{}` failed on this evidence, which is a fault of Portcullis",
                        rule.info.id
                    ),
                    wanted: "a Portcullis without that fault".to_owned(),
                    who_could_answer: "whoever looks at the evidence; please report it".to_owned(),
                }))
            }),
        };
        let verdict = verdict.map(|answer| self.as_far_as_seen(self.in_every_release(rule, answer)));
        let verdict = if self.of_objects { objects::answered(verdict) } else { Some(verdict) };
        let Some(verdict) = verdict else { return false };
        match verdict {
            Ok(answer) => self.answered(rule, answer, judgement),
            Err(Unanswered::Gap(gap)) => judgement.entries.push(self.undetermined(rule, gap, None)),
            Err(Unanswered::NotApplicable(reason)) => judgement
                .entries
                .push(Entry { message: reason.clone(), ..self.entry(rule, Outcome::NotApplicable(reason)) }),
        }
        true
    }

    /// The answer as it is in every release that this may be.
    ///
    /// Where the question is none to some of them, what nobody wrote is no fault in those: which it is, only the release tells.
    /// What somebody wrote is wrong as far as the release takes it, and one that would refuse it is not possible.
    fn in_every_release(&self, rule: &'static Rule, mut answer: Answer) -> Answer {
        let Some(release) = self.release.as_ref().filter(|release| rule.applies.excludes_some(release)) else {
            return answer;
        };
        if self.of_objects {
            return answer;
        }
        let (kept, open): (Vec<Finding>, Vec<Finding>) = std::mem::take(&mut answer.findings)
            .into_iter()
            .partition(|finding| !matches!(finding.primary, Origin::Default { .. }));
        answer.findings = kept;
        answer.gaps.extend(open.into_iter().map(|finding| {
            Gap::of_release(format!(
                "{}, which counts in some releases: it may be {release}, and {}",
                finding.message, rule.applies.because
            ))
        }));
        answer
    }

    /// The answer where something that was not seen may win over what it rests on: what somebody wrote wrongly is probably
    /// wrong, and all else is open.
    fn as_far_as_seen(&self, mut answer: Answer) -> Answer {
        let Some(gap) = self.outranked else { return answer };
        answer.findings.retain(|finding| !matches!(finding.primary, Origin::Default { .. }));
        for finding in &mut answer.findings {
            finding.confidence = finding.confidence.min(Confidence::Probable);
        }
        if answer.findings.is_empty() && answer.gaps.is_empty() {
            answer.gaps.push(gap.clone());
        }
        answer
    }

    fn answered(&self, rule: &'static Rule, answer: Answer, judgement: &mut Judgement) {
        if answer.findings.is_empty() && answer.gaps.is_empty() {
            let locations: Vec<Label> = answer.seen.iter().filter_map(seen).collect();
            judgement.entries.push(Entry {
                plane: locations.first().map(|label| label.at.plane),
                setting: answer.setting,
                message: answer.because,
                locations,
                ..self.entry(rule, Outcome::Pass)
            });
            return;
        }
        // A gap that stands alone is about the instance as a whole, as a pass would be.
        let alone = answer.findings.is_empty() && answer.gaps.len() == 1;
        for finding in answer.findings {
            judgement.entries.push(self.failed(rule, finding));
        }
        // What one thing would answer is one entry.
        let mut by_wanted: BTreeMap<String, Gap> = BTreeMap::new();
        for gap in answer.gaps.into_iter().collect::<BTreeSet<_>>() {
            match by_wanted.get_mut(&gap.wanted) {
                Some(known) => known.reason.push_str(&format!("; {}", gap.reason)),
                None => {
                    by_wanted.insert(gap.wanted.clone(), gap);
                }
            }
        }
        for (wanted, gap) in by_wanted {
            judgement.entries.push(self.undetermined(rule, gap, (!alone).then_some(wanted)));
        }
    }

    fn failed(&self, rule: &'static Rule, finding: Finding) -> Entry {
        let place = finding.primary.location().cloned().or_else(|| self.whole());
        let mut locations: Vec<Label> =
            place.into_iter().map(|at| Label { at, text: finding.message.clone() }).collect();
        locations.extend(finding.because);
        Entry {
            severity: finding.severity.unwrap_or(rule.info.severity),
            subject: finding.subject.or_else(|| self.subject.map(str::to_owned)),
            setting: finding.setting,
            plane: locations.first().map(|label| label.at.plane),
            message: finding.message,
            locations,
            ..self.entry(
                rule,
                Outcome::Fail(Box::new(Failure { confidence: finding.confidence, remedy: finding.remedy })),
            )
        }
    }

    fn undetermined(&self, rule: &'static Rule, gap: Gap, subject: Option<String>) -> Entry {
        let subject = subject.or_else(|| self.subject.map(str::to_owned));
        Entry { subject, message: gap.reason.clone(), ..self.entry(rule, Outcome::Undetermined(gap)) }
    }

    /// An entry with nothing to say yet.
    fn entry(&self, rule: &'static Rule, outcome: Outcome) -> Entry {
        Entry {
            rule: rule.info.id,
            title: rule.info.title,
            severity: rule.info.severity,
            outcome,
            component: self.component,
            instance: self.instance.map(str::to_owned),
            subject: self.subject.map(str::to_owned),
            setting: None,
            plane: None,
            message: String::new(),
            locations: Vec::new(),
        }
    }

    /// What declares the instance, for a finding about something that has no place of its own.
    fn whole(&self) -> Option<Location> {
        let file = self.declared_in?;
        let known =
            self.evidence.binary_search_by(|piece| piece.id.cmp(file)).ok().and_then(|at| self.evidence.get(at));
        Some(Location::whole(file.clone(), known.map_or(Plane::Declared, |piece| piece.plane)))
    }
}

/// A place that a pass rests on.
fn seen(origin: &Origin) -> Option<Label> {
    let text = match origin {
        Origin::Written(_) => "written here",
        Origin::Default { .. } => "would be written here",
        Origin::Implied { .. } => "decided here",
        Origin::Reported(_) => "reported here",
    };
    origin.location().map(|at| Label { at: at.clone(), text: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use model::{Confidence, RuleCard, Safety, Severity};

    use super::*;
    use crate::Applies;

    const CARD: RuleCard =
        RuleCard { id: "a-rule", title: "A fault", severity: Severity::Low, fix: Some(Safety::Safe), page: "" };

    fn entries(rule: &'static Rule) -> Judgement {
        judge(&testkit::cluster("1.31.0", &[]).expect("the base resolves"), &[rule])
    }

    #[test]
    fn a_rule_that_panics_is_our_fault_and_no_verdict() {
        static RULE: Rule = Rule {
            info: CARD,
            component: "apiserver",
            applies: Applies::ALWAYS,
            check: Check::ApiServer(|_| panic!("on purpose")),
        };
        let judgement = entries(&RULE);
        assert_eq!(judgement.faults, ["a-rule"]);
        assert!(matches!(&judgement.entries[..], [Entry { outcome: Outcome::Undetermined(_), .. }]));
    }

    #[test]
    fn a_release_outside_is_not_asked_the_question() {
        static RULE: Rule = Rule {
            info: CARD,
            component: "apiserver",
            applies: Applies::until(18, "1.19 removed the flag"),
            check: Check::ApiServer(|_| panic!("not asked")),
        };
        let judgement = entries(&RULE);
        assert_eq!(judgement.faults, [""; 0]);
        assert_eq!(judgement.entries[0].message, "this is 1.31.0, and 1.19 removed the flag");
    }

    #[test]
    fn what_counts_in_some_of_the_possible_releases_is_no_verdict() {
        fn finding(primary: Origin) -> Finding {
            Finding {
                subject: None,
                setting: None,
                message: "it is off".to_owned(),
                severity: None,
                confidence: Confidence::Certain,
                primary,
                because: Vec::new(),
                remedy: None,
            }
        }
        static NOBODY: Rule = Rule {
            info: CARD,
            component: "apiserver",
            applies: Applies::until(22, "1.23 has another"),
            check: Check::ApiServer(|_| {
                let by = model::Author::Upstream { since: None };
                Ok(Answer { findings: vec![finding(Origin::Default { by, home: None })], ..Answer::default() })
            }),
        };
        static SOMEBODY: Rule = Rule {
            check: Check::ApiServer(|_| {
                let primary = Origin::Implied { by: None, how: "as it is written".to_owned() };
                Ok(Answer { findings: vec![finding(primary)], ..Answer::default() })
            }),
            info: CARD,
            component: "apiserver",
            applies: Applies::until(22, "1.23 has another"),
        };
        let cluster = |version: &str| testkit::cluster(version, &[]).expect("the base resolves");
        let outcome = |version: &str, rule: &'static Rule| judge(&cluster(version), &[rule]).entries[0].outcome.clone();
        assert!(matches!(outcome("unknown", &NOBODY), Outcome::Undetermined(gap) if gap.kind == GapKind::Version));
        assert!(matches!(outcome("1.20.0", &NOBODY), Outcome::Fail(_)));
        assert!(matches!(outcome("unknown", &SOMEBODY), Outcome::Fail(_)));
    }

    #[test]
    fn findings_and_gaps_are_entries_of_their_own() {
        fn finding(subject: &str) -> Finding {
            Finding {
                subject: Some(subject.to_owned()),
                setting: None,
                message: "wrong".to_owned(),
                severity: Some(Severity::High),
                confidence: Confidence::Probable,
                primary: Origin::Implied { by: None, how: String::new() },
                because: Vec::new(),
                remedy: None,
            }
        }
        fn gap(reason: &str) -> Gap {
            Gap {
                kind: GapKind::Unread,
                reason: reason.to_owned(),
                wanted: "a file".to_owned(),
                who_could_answer: String::new(),
            }
        }
        static RULE: Rule = Rule {
            info: CARD,
            component: "apiserver",
            applies: Applies::ALWAYS,
            check: Check::ApiServer(|_| {
                Ok(Answer {
                    findings: vec![finding("b"), finding("a")],
                    gaps: vec![gap("two"), gap("one"), gap("one")],
                    ..Answer::default()
                })
            }),
        };
        let judgement = entries(&RULE);
        let said: Vec<(Option<&str>, &str)> =
            judgement.entries.iter().map(|entry| (entry.subject.as_deref(), entry.message.as_str())).collect();
        assert_eq!(said, [(Some("a"), "wrong"), (Some("a file"), "one; two"), (Some("b"), "wrong")]);
        // A finding about nothing in particular still points somewhere.
        assert_eq!(judgement.entries[0].locations[0].at.evidence.as_str(), "kube-apiserver.yaml");
        assert_eq!(judgement.entries[0].severity, Severity::High);
    }

    #[test]
    fn a_rule_about_what_is_not_there_is_not_asked() {
        static RULE: Rule = Rule {
            info: CARD,
            component: "kubelet",
            applies: Applies::ALWAYS,
            check: Check::Setting(crate::Row {
                process: "kubelet",
                setting: "anonymous-auth",
                only_with: None,
                must: crate::Must::Be("false"),
                cure: crate::Cure::Set("false"),
                remedy: "",
                breaks: &[],
            }),
        };
        let judgement = entries(&RULE);
        assert_eq!(judgement.not_asked, ["a-rule"]);
        assert!(judgement.entries.is_empty());
    }
}
