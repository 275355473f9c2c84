//! Rules that are one setting and one test.

use facts::flags::{KUBE_APISERVER, Presence};
use model::{Answer, Component, Confidence, Finding, Remedy, RuleCard, Safety, Unanswered, Verdict, Version};

use crate::say;

/// One setting, what it must be, and how to make it so.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The process that has the flag: `kube-apiserver`.
    pub process: &'static str,
    /// The flag, without its dashes.
    pub setting: &'static str,
    pub must: Must,
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
        }
    }

    fn holds(self, value: &str) -> bool {
        match self {
            Self::Be(wanted) => value == wanted,
            Self::BeEmpty => is_nothing(value),
            Self::BeSet => !is_nothing(value),
        }
    }
}

/// How components print a flag that has no value.
fn is_nothing(value: &str) -> bool {
    matches!(value, "" | "[]" | "<nil>" | "\"\"")
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
    let Some(flag) = KUBE_APISERVER.find(row.setting) else { return false };
    component
        .release
        .minors()
        .map(Version::of_minor)
        .filter(|version| flag.presence(version) != Presence::No)
        .all(|version| flag.default(&version).is_ok_and(|default| row.must.holds(default.value)))
}
