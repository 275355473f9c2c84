//! Rules about admission plugins: which have to run, and which must not.
//!
//! A plugin runs because a flag names it or because the release has it on by itself; `facts` knows both, so a rule is a
//! list of names. A plugin that a release does not have is not asked for.

use facts::apiserver::{AdmissionPlugin, ApiServer};
use model::{Answer, Change, Confidence, Finding, Remedy, RuleCard, Safety, Unanswered, Verdict};

use crate::say;

/// Plugins, and what is wanted of them.
#[derive(Clone, Copy, Debug)]
pub struct Plugins {
    pub names: &'static [&'static str],
    pub run: Run,
    /// How sure a finding is: what a plugin does, something that no file tells of may do as well.
    pub confidence: Confidence,
    /// An order: "turn `NamespaceLifecycle` on again".
    pub remedy: &'static str,
    /// What stops working, a sentence each.
    pub breaks: &'static [&'static str],
}

/// What is wanted of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// Each of them runs.
    All,
    /// One of them runs.
    One,
    /// None of them runs.
    None,
}

/// Puts the question to one server.
pub(crate) fn ask(info: &RuleCard, plugins: &Plugins, server: &ApiServer) -> Verdict {
    let mut states: Vec<(&str, AdmissionPlugin)> = Vec::new();
    let mut missing = None;
    let mut gaps = Vec::new();
    let mut left: Vec<&str> = Vec::new();
    for name in plugins.names {
        match server.admission_plugin(name) {
            Ok(state) => states.push((name, state)),
            Err(Unanswered::NotApplicable(reason)) => missing = missing.or(Some(reason)),
            // Nobody switched it off in whichever release this is, which is all that is asked.
            Err(Unanswered::Gap(_)) if plugins.run == Run::All && server.leaves_plugin_alone(name) => left.push(*name),
            Err(Unanswered::Gap(gap)) => gaps.push(gap),
        }
    }
    if states.is_empty() && gaps.is_empty() && !left.is_empty() {
        return Ok(Answer {
            seen: vec![say::left_out(server.component())],
            because: format!("nobody switches {} off", names(&left)),
            ..Answer::default()
        });
    }
    if states.is_empty() && gaps.is_empty() {
        return Err(Unanswered::NotApplicable(missing.unwrap_or_default()));
    }
    let runs = |state: &AdmissionPlugin| state.enabled && state.inert.is_none();
    let wrong: Vec<&(&str, AdmissionPlugin)> = match plugins.run {
        // Nobody switched off what a release has and does not turn on by itself.
        Run::All => {
            states.iter().filter(|(_, state)| !state.enabled && state.setting != "--enable-admission-plugins").collect()
        }
        Run::One if states.iter().any(|(_, state)| runs(state)) => Vec::new(),
        Run::One if !gaps.is_empty() => return Err(Unanswered::Gap(gaps.swap_remove(0))),
        Run::One => states.iter().take(1).collect(),
        Run::None => states.iter().filter(|(_, state)| state.enabled).collect(),
    };
    let seen = states.iter().map(|(_, state)| state.origin.clone()).collect();
    let setting = states.first().map(|(_, state)| say::flag(&state.setting));
    if wrong.is_empty() {
        let on: Vec<&str> = states.iter().filter(|(_, state)| runs(state)).map(|(name, _)| *name).collect();
        let because = match (plugins.run, on.as_slice()) {
            (Run::None, _) | (_, []) => format!("{} is off", names(plugins.names)),
            (_, on) => format!("{} {} on", names(on), if on.len() == 1 { "is" } else { "are" }),
        };
        let gaps = if plugins.run == Run::One { Vec::new() } else { gaps };
        return Ok(Answer { seen, because, setting, gaps, ..Answer::default() });
    }
    // The release may not have all of them, so that only those it has are spoken of.
    let known: Vec<&str> = states.iter().map(|(name, _)| *name).collect();
    let faulty: Vec<&str> = wrong.iter().map(|(name, _)| *name).collect();
    let verb = if faulty.len() == 1 { "is" } else { "are" };
    let spoken = match plugins.run {
        Run::One if known.len() > 1 => format!("neither {} is on", names(&known).replace(" and ", " nor ")),
        Run::One | Run::All => format!("{} {verb} off", names(&faulty)),
        Run::None => format!("{} {verb} on", names(&faulty)),
    };
    let first = &wrong[0].1;
    // Where the card promises no fix, what is wanted stays words.
    let changes: Vec<Change> = info.fix.and_then(|_| change(server, plugins.run, &wrong)).into_iter().collect();
    Ok(Answer {
        seen,
        setting,
        findings: vec![Finding {
            subject: None,
            setting: Some(say::flag(&first.setting)),
            message: format!("{spoken}: {}", decided(server, first)),
            severity: None,
            confidence: plugins.confidence,
            primary: first.origin.clone(),
            because: Vec::new(),
            remedy: Some(Remedy {
                title: plugins.remedy.to_owned(),
                safety: if changes.is_empty() { Safety::Manual } else { info.fix.unwrap_or(Safety::Manual) },
                breaks: plugins.breaks.iter().map(|&sentence| sentence.to_owned()).collect(),
                changes,
            }),
        }],
        gaps,
        ..Answer::default()
    })
}

/// "`A`, `B` and `C`".
fn names(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// "`--enable-admission-plugins` is `A,B`": the flag that decides over a plugin.
pub(crate) fn decided(server: &ApiServer, plugin: &AdmissionPlugin) -> String {
    let component = server.component();
    let setting = component.setting(plugin.setting.trim_start_matches('-'));
    let origin = setting.and_then(|setting| setting.in_force().ok()).map_or(&plugin.origin, |reading| &reading.origin);
    let value = setting.and_then(say::listed).unwrap_or_default();
    say::is(&plugin.setting, &value.join(","), origin, &component.release)
}

/// The list of plugins with one more, at the place where it is written or would be. `None` where only a person can tell:
/// somebody switched the plugin off.
pub(crate) fn with(server: &ApiServer, plugin: &AdmissionPlugin, name: &str) -> Option<Change> {
    let flag = plugin.setting.trim_start_matches('-');
    if matches!(flag, "disable-admission-plugins" | "feature-gates") {
        return None;
    }
    let mut list = server.component().setting(flag).and_then(say::listed)?;
    list.push(name.to_owned());
    say::set(flag, &plugin.origin, list.join(","))
}

fn change(server: &ApiServer, run: Run, wrong: &[&(&str, AdmissionPlugin)]) -> Option<Change> {
    let [(name, plugin)] = wrong else { return None };
    if run != Run::None {
        return with(server, plugin, name);
    }
    let flag = plugin.setting.trim_start_matches('-');
    let setting = server.component().setting(flag)?;
    let mut list = say::listed(setting)?;
    list.retain(|listed| listed != name);
    match list.is_empty() {
        true => say::remove(flag, setting.in_force().ok()?),
        false => say::set(flag, &plugin.origin, list.join(",")),
    }
}
