//! Rules that are one setting and one test.

use facts::{
    apiserver::GoDuration,
    flags::{self, Presence},
};
use model::{
    Answer, Component, Confidence, Finding, Origin, Reading, Remedy, RuleCard, Safety, Unanswered, Verdict, Version,
};

use crate::say::{self, is_nothing};

/// One setting, what it must be, and how to make it so.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The process that has the flag: `kube-apiserver`.
    pub process: &'static str,
    /// The flag, without its dashes.
    pub setting: &'static str,
    pub must: Must,
    /// Another flag without which this one does nothing, so that there is nothing to ask where that one is not set.
    pub only_with: Option<&'static str>,
    pub cure: Cure,
    /// An order: "turn profiling off".
    pub remedy: &'static str,
    /// What stops working, a sentence each.
    pub breaks: &'static [&'static str],
}

/// The test.
#[derive(Clone, Copy, Debug)]
pub enum Must {
    /// The setting has exactly this value.
    Be(&'static str),
    /// Nobody has set it, or to nothing.
    BeEmpty,
    /// Somebody has set it to something.
    BeSet,
    /// It has any value but this one.
    NotBe(&'static str),
    /// What the function says of the text that the component prints; a text that fails it and one that passes it.
    Hold { test: fn(&str) -> bool, bad: &'static str, good: &'static str },
}

/// Several settings that make one question.
#[derive(Clone, Copy, Debug)]
pub enum Several {
    /// Each of them has to be as it must; each that is not is a finding.
    All(&'static [Row]),
    /// One of them is enough; where none is as it must be, the finding is that of the first.
    Any(&'static [Row]),
}

/// How the setting becomes what it must be.
#[derive(Clone, Copy, Debug)]
pub enum Cure {
    /// Give it this value.
    Set(&'static str),
    /// Take the setting away.
    Remove,
    /// Only a person can tell what to write.
    Manual,
}

impl Must {
    /// A value that fails the test, and one that passes it.
    pub fn examples(self) -> (&'static str, &'static str) {
        match self {
            Self::Be("true") => ("false", "true"),
            Self::Be(wanted) => ("true", wanted),
            Self::BeEmpty => ("/etc/kubernetes/file", ""),
            Self::BeSet => ("", "/etc/kubernetes/file"),
            Self::NotBe("true") => ("true", "false"),
            Self::NotBe(other) => (other, "1"),
            Self::Hold { bad, good, .. } => (bad, good),
        }
    }

    fn holds(self, value: &str) -> bool {
        match self {
            Self::Be(wanted) => value == wanted,
            Self::BeEmpty => is_nothing(value),
            Self::BeSet => !is_nothing(value),
            Self::NotBe(other) => value != other,
            Self::Hold { test, .. } => test(value),
        }
    }
}

/// A number as components print it.
pub(crate) fn number(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// The whole seconds of a duration as components print it: `1m0s`.
pub(crate) fn seconds(text: &str) -> Option<i64> {
    GoDuration::parse(text).map(|duration| duration.nanoseconds / 1_000_000_000)
}

/// The seconds of `max-age` in a list of directives.
pub(crate) fn max_age(text: &str) -> Option<u64> {
    let directives = text.trim_matches(['[', ']']).split(',');
    directives.filter_map(|directive| directive.strip_prefix("max-age=")?.parse().ok()).next()
}

/// Puts the question of several rows to one instance. Flags that its release does not have are not asked for.
pub(crate) fn ask_several(info: &RuleCard, several: &Several, component: &Component) -> Verdict {
    match several {
        Several::All(rows) => ask_all(info, rows, component),
        Several::Any(rows) => ask_any(info, rows, component),
    }
}

fn ask_all(info: &RuleCard, rows: &[Row], component: &Component) -> Verdict {
    let mut answer = Answer::default();
    let mut because = Vec::new();
    let mut not_applicable = None;
    for row in rows {
        match ask(info, row, component) {
            Ok(one) if one.findings.is_empty() => {
                because.push(one.because);
                answer.seen.extend(one.seen);
                answer.setting = answer.setting.take().or(one.setting);
            }
            Ok(one) => answer.findings.extend(one.findings.into_iter().map(|mut finding| {
                finding.subject = finding.setting.clone();
                finding
            })),
            Err(Unanswered::Gap(gap)) => answer.gaps.push(gap),
            Err(Unanswered::NotApplicable(reason)) => not_applicable = not_applicable.or(Some(reason)),
        }
    }
    if because.is_empty() && answer.findings.is_empty() && answer.gaps.is_empty() {
        return Err(Unanswered::NotApplicable(not_applicable.unwrap_or_default()));
    }
    answer.because = because.join(", ");
    Ok(answer)
}

/// That none is as it must be is one fault, which is that of the first.
fn ask_any(info: &RuleCard, rows: &[Row], component: &Component) -> Verdict {
    let mut missed: Option<Answer> = None;
    let mut gap = None;
    let mut not_applicable = None;
    for row in rows {
        let asked = match ask(info, row, component) {
            // One that some of the possible releases do not have is not as it must be in those either.
            Err(Unanswered::Gap(unknown)) => left_out(row, component, |holds| !holds)
                .map(|origin| wrong(info, row, component, "", &origin, None))
                .ok_or(Unanswered::Gap(unknown)),
            asked => asked,
        };
        match asked {
            Ok(one) if one.findings.is_empty() => return Ok(one),
            Ok(one) => missed = missed.or(Some(one)),
            Err(Unanswered::Gap(unknown)) => gap = gap.or(Some(unknown)),
            Err(Unanswered::NotApplicable(reason)) => not_applicable = not_applicable.or(Some(reason)),
        }
    }
    match (gap, missed) {
        (Some(gap), _) => Err(Unanswered::Gap(gap)),
        (None, Some(missed)) => Ok(missed),
        (None, None) => Err(Unanswered::NotApplicable(not_applicable.unwrap_or_default())),
    }
}

/// Puts the row's question to one instance.
pub(crate) fn ask(info: &RuleCard, row: &Row, component: &Component) -> Verdict {
    let Some(setting) = component.setting(row.setting) else {
        return Err(Unanswered::NotApplicable(format!(
            "{} has no flag `{}`",
            component.release,
            say::flag(row.setting)
        )));
    };
    if let Some(other) = row.only_with {
        let reading = say::reading(component, other)?;
        if is_nothing(reading.in_force()) {
            let reason =
                format!("`{}` is not set, so that `{}` does nothing", say::flag(other), say::flag(row.setting));
            return Err(Unanswered::NotApplicable(reason));
        }
    }
    let reading = match setting.in_force() {
        Ok(reading) => reading,
        Err(gap) => {
            let Some(origin) = left_out(row, component, |holds| holds) else {
                return Err(Unanswered::Gap(gap.clone()));
            };
            return Ok(Answer {
                seen: vec![origin],
                because: format!("`{}` is not set", say::flag(row.setting)),
                setting: Some(say::flag(row.setting)),
                ..Answer::default()
            });
        }
    };
    let value = reading.in_force();
    let shown = if is_nothing(value) { "" } else { value };
    let message = say::is(row.setting, shown, &reading.origin, &component.release);
    if row.must.holds(value) {
        return Ok(Answer {
            seen: vec![reading.origin.clone()],
            because: message,
            setting: Some(say::flag(row.setting)),
            ..Answer::default()
        });
    }
    Ok(wrong(info, row, component, shown, &reading.origin, Some(reading)))
}

/// The answer that it is not as it must be. Without a reading it is not set, in whichever release.
fn wrong(
    info: &RuleCard,
    row: &Row,
    component: &Component,
    shown: &str,
    origin: &Origin,
    reading: Option<&Reading>,
) -> Answer {
    let change = match row.cure {
        // Where the card promises no fix, what is wanted stays words.
        _ if info.fix.is_none() => None,
        Cure::Set(to) => say::set(row.setting, origin, to),
        Cure::Remove => reading.and_then(|reading| say::remove(row.setting, reading)),
        Cure::Manual => None,
    };
    Answer {
        findings: vec![Finding {
            subject: None,
            setting: Some(say::flag(row.setting)),
            message: say::is(row.setting, shown, origin, &component.release),
            severity: None,
            confidence: Confidence::Certain,
            primary: origin.clone(),
            because: Vec::new(),
            remedy: Some(Remedy {
                title: row.remedy.to_owned(),
                safety: if change.is_some() { info.fix.unwrap_or(Safety::Manual) } else { Safety::Manual },
                breaks: row.breaks.iter().map(|&sentence| sentence.to_owned()).collect(),
                changes: change.into_iter().collect(),
            }),
        }],
        ..Answer::default()
    }
}

/// Where it would be written, if nobody does in whichever release this is, and the default of each that has it passes: what
/// the test says of a default counts as `passes` has it.
fn left_out(row: &Row, component: &Component, passes: fn(bool) -> bool) -> Option<Origin> {
    let flag = flags::table(component.name).and_then(|table| table.find(row.setting))?;
    let mut versions =
        component.release.minors().map(Version::of_minor).filter(|version| flag.presence(version) != Presence::No);
    let all = say::is_never_given(component, row.setting)
        && versions.all(|version| flag.default(&version).is_ok_and(|default| passes(row.must.holds(default.value))));
    all.then(|| say::left_out(component))
}
