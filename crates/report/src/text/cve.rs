//! What a release has by its number, and what ends it.

use std::fmt::Write as _;

use model::Severity;

use super::{
    Look,
    wrap::{Paint, indented, plain},
};
use crate::wire;

/// The answer of `cve`.
pub fn cve_text(answer: &wire::Cve, look: Look) -> String {
    let paint = Paint(look.color);
    let mut text = String::new();
    let count = answer.advisories.len();
    let noun = if count == 1 { "advisory" } else { "advisories" };
    let _ = writeln!(text, "{}", paint.bold(&format!("Kubernetes {}: {count} {noun}", plain(&answer.version))));
    text.push_str(&indented(&calendar(answer), 0, 0, look.width));
    if let Some(vendor) = &answer.vendor {
        let line = format!(
            "It is built by {}, which may have patched any of these: compared are the numbers of upstream. Ask {}.",
            vendor.name, vendor.advisories
        );
        text.push_str(&paint.yellow(&indented(&line, 0, 0, look.width)));
    }
    text.push('\n');
    if look.quiet {
        for advisory in &answer.advisories {
            let fix = advisory.fixed_in.as_deref().unwrap_or("no fix");
            let _ = writeln!(text, "{}: {} {}, {fix}", advisory.id, advisory.severity, plain(&advisory.title));
        }
        return text;
    }
    for advisory in &answer.advisories {
        one(advisory, look, &mut text);
    }
    if count > 0 {
        text.push_str(&table(answer, paint));
        text.push_str(&indented(&ways(answer), 0, 0, look.width));
        text.push('\n');
    }
    let known = answer.tool.knowledge.advisories.as_deref().unwrap_or("an unknown day");
    let line = format!("Compared by number alone, with the knowledge of {known}. What applies to one cluster:");
    text.push_str(&indented(&line, 0, 0, look.width));
    text.push_str("\n  portcullis audit kube-apiserver.yaml --format json\n");
    text
}

fn calendar(answer: &wire::Cve) -> String {
    let release = &answer.release;
    // What came after the calendar ends is in no table; days of this form sort by themselves.
    let known = answer.tool.knowledge.releases.as_deref().filter(|known| *known < answer.as_of.as_str());
    let day = known.unwrap_or(&answer.as_of);
    let latest = match &release.latest_patch {
        Some(latest) if *latest == answer.version => format!("; this was its newest patch on {day}"),
        Some(latest) => format!("; its newest patch was {latest} on {day}"),
        None => String::new(),
    };
    match (&release.ends, release.state.as_str()) {
        (Some(end), "ended") => format!("{} has not been maintained since {end}{latest}.", release.minor),
        (Some(end), "maintained") if release.estimated => {
            format!("{} should be maintained until {end}{latest}.", release.minor)
        }
        (Some(end), "maintained") => format!("{} is maintained until {end}{latest}.", release.minor),
        (None, "ended") => format!("{} has not been maintained for years{latest}.", release.minor),
        _ => format!("How long {} is maintained is not known to this build{latest}.", release.minor),
    }
}

fn one(advisory: &wire::CveEntry, look: Look, text: &mut String) {
    let paint = Paint(look.color);
    let score = advisory.score.map(|score| format!(" {score:.1}")).unwrap_or_default();
    let grade = format!("{}{score}", advisory.severity);
    let severity = Severity::ALL.into_iter().find(|known| known.name() == advisory.severity);
    let painted = severity.map_or_else(|| grade.clone(), |severity| paint.severity(severity, &grade));
    let padding = 14_usize.saturating_sub(grade.len());
    let components = advisory.components.join(", ");
    let _ = writeln!(text, "{painted}{:padding$}{}", "", paint.bold(&advisory.id));
    text.push_str(&indented(&plain(&advisory.title), 2, 2, look.width));
    text.push_str(&indented(&format!("in {components}"), 2, 5, look.width));
    if !advisory.always {
        text.push_str(&indented(&format!("exposed if: {}", plain(&advisory.exposed_if)), 2, 4, look.width));
    }
    let maybe = if advisory.every_patch { "" } else { "some patches only; " };
    let fix = match &advisory.fixed_in {
        Some(fixed) => format!("{maybe}fixed in {fixed}"),
        None => format!("{maybe}no release fixes it"),
    };
    let _ = writeln!(text, "  {fix}\n");
}

fn table(answer: &wire::Cve, paint: Paint) -> String {
    const HEADS: [&str; 5] = ["critical", "high", "medium", "low", "unknown"];
    let count = |head: &str| answer.advisories.iter().filter(|advisory| advisory.severity == head).count();
    let head: String = HEADS.iter().map(|head| format!("{head:>10}")).collect();
    let row: String = HEADS.iter().map(|head| format!("{:>10}", count(head))).collect();
    format!("{}\n{row}\n\n", paint.bold(&head))
}

/// What an upgrade ends, the shortest way first.
fn ways(answer: &wire::Cve) -> String {
    let total = answer.advisories.len();
    let mut ways: Vec<String> = answer
        .upgrades
        .iter()
        .map(|upgrade| {
            let until = upgrade.maintained_until.as_ref();
            let until = until.map(|end| format!(", which is maintained until {end},")).unwrap_or_default();
            format!("Upgrading to {}{until} ends {} of {total}.", upgrade.version, upgrade.ends)
        })
        .collect();
    if ways.is_empty() {
        ways.push("No release that this build knows ends any of them.".to_owned());
    }
    ways.join(" ")
}
