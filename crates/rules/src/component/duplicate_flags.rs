//! A flag that has one value is given more than once, with different values. The page beside this file explains the rule and tests it.

use facts::{flags::KUBELET, kubelet};
use model::{Answer, Component, Finding, Form, Origin, ProblemKind, RuleCard, Severity, Verdict};

use super::problems;
use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "component-duplicate-flags",
        title: "A flag is given twice, with two values",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("duplicate_flags.md"),
    },
    component: "cluster",
    applies: Applies::ALWAYS,
    check: Check::CommandLine(check),
};

fn check(component: &Component) -> Verdict {
    let mut answer = Answer {
        because: format!("{} is given no flag with two values", component.name),
        gaps: problems::hidden(component).into_iter().collect(),
        ..Answer::default()
    };
    let valued = problems::without_words(component);
    for setting in &component.settings {
        // A field of a kubelet's file goes by the flags that set it.
        let is_own = |name: &str| {
            name == setting.name || KUBELET.find(setting.name).is_some_and(|field| field.flags.contains(&name))
        };
        let repeated = component.problems.iter().filter(|problem| {
            problem.kind == ProblemKind::Duplicate && problem.setting.as_deref().is_some_and(is_own)
        });
        let repeated = repeated.count();
        let Some(given) = setting.readings.get(valued) else { continue };
        match given {
            Ok(reading) if matches!(reading.origin, Origin::Written(_)) => {
                let lost: Vec<&(Origin, String)> = reading
                    .overrides
                    .iter()
                    .filter(|(origin, value)| is_a_word(component, origin) && *value != reading.value)
                    .collect();
                if let Some((_, first)) = lost.last() {
                    let name = say::flag(setting.name);
                    let message =
                        format!("`{name}` is `{first}` first and `{}` in the end, which holds", reading.value);
                    let remedy = say::remedy(
                        "keep the value that is meant, and take the others away",
                        &["Taking the last one away changes what is in force."],
                        None,
                    );
                    answer.findings.push(Finding {
                        subject: Some(name),
                        because: lost
                            .iter()
                            .filter_map(|(origin, value)| say::label(origin, format!("`{value}` does not hold")))
                            .collect(),
                        ..say::wrong(setting.name, message, &reading.origin, remedy)
                    });
                } else if repeated > reading.overrides.len() {
                    answer.gaps.push(unknown(setting.name));
                }
            }
            Err(gap) if repeated > 0 => answer.gaps.push(gap.clone()),
            _ => {}
        }
    }
    Ok(answer)
}

/// Whether somebody wrote it as a flag. What a file of a kubelet says a flag may override, and that is no second time.
fn is_a_word(component: &Component, origin: &Origin) -> bool {
    matches!(origin, Origin::Written(site) if component.name != kubelet::NAME || site.form != Form::Field)
}

fn unknown(name: &str) -> model::Gap {
    model::Gap {
        kind: model::GapKind::Unresolved,
        reason: format!("`{}` is given more than once, and not every value is known", say::flag(name)),
        wanted: say::flag(name),
        who_could_answer: "fill in what is left open and audit the result".to_owned(),
    }
}
