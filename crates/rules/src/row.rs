//! Rules that are one setting and one test.

use facts::{
    apiserver::GoDuration,
    flags::{self, Presence},
};
use model::{Answer, Component, Confidence, Finding, Remedy, RuleCard, Safety, Unanswered, Verdict, Version};

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

impl Row {
    /// Whether it is about a field of the file of a kubelet.
    pub fn is_of_kubelet(&self) -> bool {
        self.process == flags::KUBELET.component
    }

    /// The first and the last minor release in which its setting can be laid out; a field of a file from the first on that has
    /// it.
    pub fn minors(&self) -> (u16, u16) {
        let (from, to) = flags::KUBE_APISERVER.covered;
        let field = flags::KUBELET.find(self.setting).and_then(|field| field.since).filter(|_| self.is_of_kubelet());
        (field.unwrap_or(from).minor, to.minor)
    }
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
    let (rows, any) = match several {
        Several::All(rows) => (rows, false),
        Several::Any(rows) => (rows, true),
    };
    let mut answer = Answer::default();
    let mut passed: Option<Answer> = None;
    let mut not_applicable = None;
    let mut because = Vec::new();
    for row in *rows {
        match ask(info, row, component) {
            Ok(one) if one.findings.is_empty() => {
                because.push(one.because.clone());
                answer.seen.extend(one.seen.iter().cloned());
                answer.setting = answer.setting.take().or_else(|| one.setting.clone());
                passed.get_or_insert(one);
            }
            // Where one would be enough, that none is there is one fault.
            Ok(one) if any => {
                if answer.findings.is_empty() {
                    answer.findings = one.findings;
                }
            }
            Ok(one) => answer.findings.extend(one.findings.into_iter().map(|mut finding| {
                finding.subject = finding.setting.clone();
                finding
            })),
            Err(Unanswered::Gap(gap)) => answer.gaps.push(gap),
            Err(Unanswered::NotApplicable(reason)) => not_applicable = not_applicable.or(Some(reason)),
        }
    }
    match passed {
        Some(one) if any => return Ok(one),
        _ if any && !answer.gaps.is_empty() => return Err(Unanswered::Gap(answer.gaps.swap_remove(0))),
        None if answer.findings.is_empty() && answer.gaps.is_empty() => {
            return Err(Unanswered::NotApplicable(not_applicable.unwrap_or_default()));
        }
        _ => {}
    }
    answer.because = because.join(", ");
    Ok(answer)
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
        Err(_) if say::is_never_given(component, row.setting) && defaults_hold(row, component) => {
            return Ok(Answer {
                because: format!("`{}` is not set", say::flag(row.setting)),
                setting: Some(say::flag(row.setting)),
                ..Answer::default()
            });
        }
        Err(gap) => return Err(Unanswered::Gap(gap.clone())),
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
    let change = match row.cure {
        // Where the card promises no fix, what is wanted stays words.
        _ if info.fix.is_none() => None,
        Cure::Set(to) => say::set(row.setting, &reading.origin, to),
        Cure::Remove => say::remove(row.setting, reading),
        Cure::Manual => None,
    };
    Ok(Answer {
        findings: vec![Finding {
            subject: None,
            setting: Some(say::flag(row.setting)),
            message,
            severity: None,
            confidence: Confidence::Certain,
            primary: reading.origin.clone(),
            because: Vec::new(),
            remedy: Some(Remedy {
                title: row.remedy.to_owned(),
                safety: if change.is_some() { info.fix.unwrap_or(Safety::Manual) } else { Safety::Manual },
                breaks: row.breaks.iter().map(|&sentence| sentence.to_owned()).collect(),
                changes: change.into_iter().collect(),
            }),
        }],
        ..Answer::default()
    })
}

/// Whether the setting is what it must be in each possible release that has it, as long as nobody sets it.
fn defaults_hold(row: &Row, component: &Component) -> bool {
    let Some(flag) = flags::table(component.name).and_then(|table| table.find(row.setting)) else { return false };
    component
        .release
        .minors()
        .map(Version::of_minor)
        .filter(|version| flag.presence(version) != Presence::No)
        .all(|version| flag.default(&version).is_ok_and(|default| row.must.holds(default.value)))
}
