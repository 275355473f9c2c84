//! One cluster held against a benchmark: every id of the edition once, with our verdict and the benchmark's letter.
//!
//! The verdicts are those of the rules; nothing is judged here a second time. What no rule could answer is undetermined and
//! says what would answer it. What the letter says besides is read from the same facts.

use std::collections::BTreeMap;

use facts::Cluster;
use model::{Confidence, Entry, Gap, GapKind, Outcome};
use report::{ControlAnswer, wire};
use rules::{
    Automation, Check, Rule,
    benchmark::{self, Benchmark, Choice, Item},
};

/// The benchmark that a run reports.
#[derive(Clone, Copy, Debug)]
pub enum Wanted {
    /// That edition.
    Edition(&'static Benchmark),
    /// The edition of CIS for each cluster.
    Cis,
}

impl Wanted {
    /// The edition for a cluster, and why.
    pub(crate) fn choose(self, cluster: &Cluster) -> Choice {
        match self {
            Self::Cis => benchmark::cis_for(cluster.distribution, rules::release(cluster).as_ref()),
            Self::Edition(benchmark) => {
                let fits = benchmark::cis_for(cluster.distribution, rules::release(cluster).as_ref()).benchmark.name;
                let other = if benchmark.is_cis() && fits != benchmark.name {
                    format!("; the one for this cluster would be `{fits}`")
                } else {
                    String::new()
                };
                Choice { benchmark, why: format!("the profile names it{other}") }
            }
        }
    }
}

/// What the rules said of a cluster, as far as a benchmark asks.
pub(crate) struct Said<'a> {
    pub(crate) entries: &'a [Entry],
    pub(crate) not_asked: &'a [&'static str],
    /// Findings less sure than this are not shown.
    pub(crate) show: Confidence,
}

/// Every id of the edition, once.
pub(crate) fn hold(cluster: &Cluster, choice: &Choice, said: &Said<'_>) -> report::Benchmark {
    let mut by_rule: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in said.entries {
        by_rule.entry(entry.rule).or_default().push(entry);
    }
    let items = choice.benchmark.items().iter().map(|item| {
        let answers: Vec<ControlAnswer> =
            item.controls.iter().map(|control| answer(control, by_rule.get(control), said)).collect();
        let letter = letter(choice.benchmark, item, cluster);
        let mut known = report::BenchmarkItem {
            id: item.id,
            section: item.section.id.clone(),
            part: item.section.part,
            manual: item.manual,
            inverted: item.inverted,
            answers,
            letter,
            argument: None,
        };
        known.argument = argument(&known);
        known
    });
    report::Benchmark {
        name: choice.benchmark.name,
        title: choice.benchmark.title,
        chosen: choice.why.clone(),
        items: items.collect(),
    }
}

/// What one control says.
fn answer(control: &'static str, entries: Option<&Vec<&Entry>>, said: &Said<'_>) -> ControlAnswer {
    let rule = rules::find(control);
    let pending = rules::pending().get(control);
    let with = |outcome, message: String, gap| ControlAnswer {
        control,
        intent: benchmark::intent(control),
        component: rule
            .map(|rule| rule.component)
            .or_else(|| pending.map(|pending| pending.component.as_str()))
            .unwrap_or_default(),
        severity: rule
            .map(|rule| rule.info.severity.name())
            .or_else(|| pending.map(|pending| pending.severity.as_str()))
            .unwrap_or_default(),
        outcome,
        message,
        gap,
    };
    let open = |gap: Gap| with(wire::Outcome::Undetermined, gap.reason.clone(), Some(gap));
    let Some(rule) = rule else { return open(waits(control)) };
    if said.not_asked.contains(&control) {
        return open(not_there(rule));
    }
    let Some(entries) = entries else {
        return open(Gap {
            kind: GapKind::NotCollected,
            reason: "the rule was left out of this run".to_owned(),
            wanted: format!("the rule {control}"),
            who_could_answer: "run without --rule and --skip, and with a profile that holds it".to_owned(),
        });
    };
    let shown = |entry: &&Entry| entry.outcome.failure().is_none_or(|failure| failure.confidence >= said.show);
    let worst = |a: &&Entry, b: &&Entry| rank(a).cmp(&rank(b)).then_with(|| b.severity.cmp(&a.severity));
    match entries.iter().copied().filter(shown).min_by(worst) {
        None => open(Gap {
            kind: GapKind::Manual,
            reason: "what was found is too unsure to be shown".to_owned(),
            wanted: "--show possible".to_owned(),
            who_could_answer: "give --show possible, and judge what it shows".to_owned(),
        }),
        Some(entry) => {
            let others = entries.iter().filter(|other| shown(other) && rank(other) == rank(entry)).count() - 1;
            let also = match others {
                0 => String::new(),
                others => format!(" (and {others} more)"),
            };
            let (outcome, gap) = match &entry.outcome {
                Outcome::Pass => (wire::Outcome::Pass, None),
                Outcome::Fail(_) => (wire::Outcome::Fail, None),
                Outcome::Undetermined(gap) => (wire::Outcome::Undetermined, Some(gap.clone())),
                Outcome::NotApplicable(_) => (wire::Outcome::NotApplicable, None),
                Outcome::Waived(_) => (wire::Outcome::Waived, None),
            };
            with(outcome, format!("{}{also}", entry.message), gap)
        }
    }
}

/// The order in which outcomes count, the worst first.
fn rank(entry: &Entry) -> u8 {
    match entry.outcome {
        Outcome::Fail(_) => 0,
        Outcome::Undetermined(_) => 1,
        Outcome::Waived(_) => 2,
        Outcome::Pass => 3,
        Outcome::NotApplicable(_) => 4,
    }
}

/// A rule that nothing in this cluster could have answered.
fn not_there(rule: &Rule) -> Gap {
    let (wanted, reason) = match rule.check {
        Check::Kubeconfig(_) => ("a kubeconfig", "no kubeconfig was given"),
        Check::Objects { .. } => ("the running cluster", "no running cluster was asked for its objects"),
        _ => ("an API server's configuration", "no API server was given"),
    };
    Gap {
        kind: GapKind::NotCollected,
        reason: reason.to_owned(),
        wanted: wanted.to_owned(),
        who_could_answer: format!("give {wanted} as a target"),
    }
}

/// A control that no rule answers yet.
fn waits(control: &str) -> Gap {
    let automation = rules::references(control).map(|known| known.automation).unwrap_or_default();
    if automation == Automation::Manual {
        return Gap {
            kind: GapKind::Manual,
            reason: "it takes a person".to_owned(),
            wanted: "a person's judgement".to_owned(),
            who_could_answer: "whoever knows the site".to_owned(),
        };
    }
    let pending = rules::pending().get(control);
    let evidence = pending.map(|pending| pending.evidence.as_slice()).unwrap_or_default();
    let component = pending.map_or("", |pending| pending.component.as_str());
    let has = |name: &str| evidence.iter().any(|known| known == name);
    // What is nearest to hand decides how ids are grouped: who has the files need not ask the cluster.
    let declared = has("static-pod-manifest") || has("process-args") || has("config-file");
    let (reason, wanted) = match component {
        // The evidence may be there, and nobody asks it.
        "apiserver" if declared => {
            ("this version has no rule for it", "rules that this version does not have".to_owned())
        }
        "etcd" | "scheduler" | "kubelet" | "kube-proxy" | "controller-manager" if declared => {
            let of = component.replace('-', " ").replace("kube proxy", "kube-proxy");
            (
                "this version does not read that component",
                format!("the configuration of the {of}").replace("the etcd", "etcd"),
            )
        }
        "managed" => ("this version asks no provider", "settings of the provider".to_owned()),
        _ if has("file-metadata") => {
            ("this version does not look at owners and modes", "owners and modes of a node's files".to_owned())
        }
        _ if has("certificate") => ("this version does not look into certificates", "certificates".to_owned()),
        _ if has("live-api") => ("this version asks no live cluster", "objects of the live cluster".to_owned()),
        _ if declared => ("this version has no rule for it", "rules that this version does not have".to_owned()),
        _ => ("this version does not look from outside", "a look from outside".to_owned()),
    };
    Gap {
        kind: GapKind::NotCollected,
        reason: reason.to_owned(),
        wanted,
        who_could_answer: "a later version; until then a person".to_owned(),
    }
}

/// What the letter says of the instance that is farthest from it.
fn letter(benchmark: &Benchmark, item: &Item, cluster: &Cluster) -> Option<report::Letter> {
    let letters = cluster.components().filter_map(|component| benchmark::letter(benchmark, item, component));
    // Not met before not known before met; of equals the first.
    let worst = letters.min_by_key(|letter| match letter.met {
        Some(false) => 0,
        None => 1,
        Some(true) => 2,
    })?;
    Some(report::Letter {
        met: worst.met,
        wanted: worst.wanted,
        found: worst.found,
        instance: worst.instance,
        at: worst.at,
    })
}

/// Why letter and verdict differ; nothing where they agree or one of them is not known.
fn argument(item: &report::BenchmarkItem) -> Option<String> {
    let (outcome, worst) = report::worst(item);
    let worst = worst?;
    let more = benchmark::argument(worst.control).map(|more| format!(" {more}")).unwrap_or_default();
    let message = &worst.message;
    if item.inverted {
        let sides = match item.letter.as_ref().and_then(|letter| letter.met) {
            Some(true) => "its letter is met",
            Some(false) => "its letter is not met",
            None => "its letter was not read",
        };
        return Some(format!(
            "The benchmark asks for the opposite of what we ask for; {sides}, and our verdict is {}: {message}.{more}",
            outcome.name()
        ));
    }
    let letter = item.letter.as_ref()?;
    match (letter.met?, outcome) {
        (false, wire::Outcome::Pass) => Some(format!(
            "The letter asks for {}, and {}. We judge what is in force: {message}.{more}",
            letter.wanted, letter.found
        )),
        (false, wire::Outcome::NotApplicable) => Some(format!(
            "The letter asks for {}, and {}; there is nothing in force to judge.",
            letter.wanted, letter.found
        )),
        (true, wire::Outcome::Fail | wire::Outcome::Waived) => {
            Some(format!("The letter is met, since {}; it fails all the same: {message}.", letter.found))
        }
        (true | false, _) => None,
    }
}
