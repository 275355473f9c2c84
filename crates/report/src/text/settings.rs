//! What is in force, as a table: what was written first, what nobody wrote on demand, and why each holds.

use std::fmt::Write as _;

use model::{Author, Component, EvidenceId, Origin, Plane, Reading, Setting, spelled};

use super::{
    Look, heading, name_of, place_text, release_text,
    wrap::{self, Paint, indented, plain},
};
use crate::{
    convert,
    input::{ClusterReport, Report},
    places::Places,
};

/// Every cluster and component of a run.
pub fn effective_text(report: &Report, look: Look) -> String {
    let mut clusters: Vec<&ClusterReport> = report.clusters.iter().collect();
    clusters.sort_by(|a, b| a.name.cmp(&b.name));
    let mut text = String::new();
    let mut hidden = 0;
    for cluster in &clusters {
        let paint = Paint(look.color);
        if clusters.len() > 1 {
            let _ = writeln!(text, "{}\n", paint.bold(&heading(cluster)));
        }
        if cluster.components.is_empty() && cluster.files.is_empty() {
            let line = format!("{} declares no component, so that no flag is in force.", plain(&cluster.name));
            text.push_str(&indented(&line, 0, 0, look.width));
        }
        let places = Places::new(&cluster.evidence);
        for component in &cluster.components {
            hidden += one_component(component, cluster, &places, look, &mut text);
        }
        for file in &cluster.files {
            one_file(file, &places, look, &mut text);
            stored(file, cluster, &places, look, &mut text);
        }
    }
    if hidden > 0 {
        let line = match hidden {
            1 => "1 setting that nobody wrote is at its default; --defaults shows it.".to_owned(),
            _ => format!("{hidden} settings that nobody wrote are at their defaults; --defaults shows them."),
        };
        text.push_str(&indented(&line, 0, 0, look.width));
    }
    text
}

/// Writes one component and returns how many defaults it left out.
fn one_component(
    component: &Component,
    cluster: &ClusterReport,
    places: &Places<'_>,
    look: Look,
    text: &mut String,
) -> usize {
    let paint = Paint(look.color);
    let starts = match component.starts {
        Some(true) => "starts",
        Some(false) => "does not start",
        None => "whether it starts cannot be told",
    };
    // etcd has releases of its own.
    let release =
        if component.name == "etcd" { component.release.to_string() } else { release_text(&component.release) };
    let line = format!("{}, {release}, {starts}", name_of(component, cluster));
    let painted = paint.bold(&line);
    let _ = writeln!(text, "{}", if component.starts == Some(false) { paint.red(&line) } else { painted });
    let said = cluster.evidence.iter().find(|piece| piece.id == component.declared_in);
    let how = match said.map(|piece| piece.plane) {
        Some(Plane::Running) => "reported by",
        _ => "declared in",
    };
    let _ = writeln!(text, "{}\n", paint.dim(&format!("{how} {}", plain(component.declared_in.as_str()))));
    let scope = Scope { places, home: &component.declared_in, look };

    problems(component, places, look, text);
    let (mut written, mut decided, mut gaps, mut defaults) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut added: Vec<(&str, Vec<(&Setting, &Reading)>)> = Vec::new();
    let (mut running, mut hidden) = (Vec::new(), Vec::new());
    for setting in &component.settings {
        match setting.nearest() {
            Err(gap) => match declared(setting).filter(|reading| !matches!(reading.origin, Origin::Default { .. })) {
                Some(reading) => hidden.push((setting, reading, gap)),
                None => gaps.push((setting, gap)),
            },
            Ok(reading) => match &reading.origin {
                // A process lists all its flags, most of which nobody gave it.
                Origin::Reported(_) if reading.overrides.is_empty() && !disagrees(setting, reading) => {
                    defaults.push((setting, reading));
                }
                Origin::Reported(_) => running.push((setting, reading)),
                Origin::Written(_) => written.push((setting, reading)),
                Origin::Implied { .. } => decided.push((setting, reading)),
                Origin::Default { .. } if reading.open.is_some() || decided_elsewhere(setting, reading) => {
                    decided.push((setting, reading));
                }
                Origin::Default { by: Author::Distribution { name }, .. } => {
                    match added.iter_mut().find(|(known, _)| known == name) {
                        Some((_, settings)) => settings.push((setting, reading)),
                        None => added.push((name, vec![(setting, reading)])),
                    }
                }
                Origin::Default { .. } => defaults.push((setting, reading)),
            },
        }
    }
    section("as the process reports it", &running, scope, text);
    section("written", &written, scope, text);
    section("decided by something else", &decided, scope, text);
    for (name, settings) in &added {
        section(&format!("set by {name}"), settings, scope, text);
    }
    if let Some((_, _, gap)) = hidden.first() {
        let _ = writeln!(text, "{}", paint.dim("declared, and not known to be what runs"));
        // What each of them says in its turn is what stands below.
        let reason = gap.reason.split(model::DECLARED).next().unwrap_or_default();
        let line = format!("{}: {}", plain(reason), plain(&gap.who_could_answer));
        text.push_str(&indented(&line, 2, 4, look.width));
        let shown: Vec<(&Setting, &Reading)> =
            hidden.iter().map(|(setting, reading, _)| (*setting, *reading)).collect();
        rows(&shown, scope, text);
        text.push('\n');
    }
    if !gaps.is_empty() {
        let _ = writeln!(text, "{}", paint.dim("not known"));
        let mut by_reason: Vec<((String, &str), Vec<&str>)> = Vec::new();
        for (setting, gap) in gaps {
            // One reason for many settings is said once.
            let reason = gap.reason.split(model::DECLARED).next().unwrap_or_default();
            let reason = reason.replace(&format!("`{}`", spelled(setting.name)), "each");
            let key = (reason, gap.who_could_answer.as_str());
            match by_reason.iter_mut().find(|(known, _)| *known == key) {
                Some((_, names)) => names.push(setting.name),
                None => by_reason.push((key, vec![setting.name])),
            }
        }
        for ((reason, who), names) in by_reason {
            // Where much is unknown for one reason, the reason is the news.
            let most = if look.defaults || names.len() <= 12 { names.len() } else { 6 };
            let mut shown: Vec<String> = names.iter().take(most).map(|name| spelled(name)).collect();
            if most < names.len() {
                shown.push(format!("and {} more; --defaults lists them", names.len() - most));
            }
            text.push_str(&indented(&shown.join(" "), 2, 2, look.width));
            text.push_str(&indented(&format!("{}: {}", plain(&reason), plain(who)), 6, 6, look.width));
        }
        text.push('\n');
    }
    if look.defaults {
        section("defaults", &defaults, scope, text);
    }
    stored(component, cluster, places, look, text);
    if look.defaults { 0 } else { defaults.len() }
}

/// Writes what is known of a configuration file that is given by itself.
fn one_file(file: &Component, places: &Places<'_>, look: Look, text: &mut String) {
    let paint = Paint(look.color);
    let taken = if file.starts == Some(false) { "refused by" } else { "taken by" };
    let line = format!("{} `{}`, {taken} {}", file.name, plain(&file.instance), release_text(&file.release));
    let painted = if file.starts == Some(false) { paint.red(&line) } else { paint.bold(&line) };
    let _ = writeln!(text, "{painted}\n");
    problems(file, places, look, text);
}

/// What is wrong with a component, a paragraph each.
fn problems(component: &Component, places: &Places<'_>, look: Look, text: &mut String) {
    let paint = Paint(look.color);
    for problem in &component.problems {
        let word = if problem.stops { "error" } else { "note" };
        let place = problem.location.as_ref().map(|at| format!("{}: ", place_text(at, places))).unwrap_or_default();
        let hint = problem.hint.as_ref().map(|hint| format!("; {}", plain(hint))).unwrap_or_default();
        let line = format!("{word}: {place}{}{hint}", plain(&problem.message));
        let wrapped = indented(&line, 2, 6, look.width);
        text.push_str(&if problem.stops { wrapped.replacen("error:", &paint.red("error:"), 1) } else { wrapped });
    }
    if !component.problems.is_empty() {
        text.push('\n');
    }
}

/// What a farther plane says of a setting.
fn declared(setting: &Setting) -> Option<&Reading> {
    setting.readings.iter().skip(1).find_map(|reading| reading.as_ref().ok())
}

/// Whether a farther plane says something else.
fn disagrees(setting: &Setting, nearest: &Reading) -> bool {
    let farther = setting.readings.iter().skip(1).filter_map(|reading| reading.as_ref().ok());
    farther.into_iter().any(|reading| reading.value != nearest.value && reading.in_force() != nearest.in_force())
}

/// Writes what becomes of resources on their way into storage, a line each.
fn stored(component: &Component, cluster: &ClusterReport, places: &Places<'_>, look: Look, text: &mut String) {
    let Some(stored) = convert::stored_of(component, cluster) else { return };
    let paint = Paint(look.color);
    let _ = writeln!(text, "{}", paint.dim("encryption at rest"));
    let resources = match &stored.resources {
        Ok(resources) => resources,
        Err(gap) => {
            let line = format!("not known: {}: {}", plain(&gap.reason), plain(&gap.who_could_answer));
            text.push_str(&indented(&line, 2, 6, look.width));
            text.push('\n');
            return;
        }
    };
    let name = |resource: &str| if resource == "*.*" { "everything else".to_owned() } else { plain(resource) };
    let longest = resources.iter().map(|one| wrap::width(&name(&one.resource))).max().unwrap_or(0).min(40);
    for one in resources {
        let writes = match (one.writes.as_str(), &one.key) {
            ("identity", _) => "plain text".to_owned(),
            (provider, Some(key)) => format!("{provider} with {}", plain(key)),
            (provider, None) => provider.to_owned(),
        };
        let others: Vec<String> = one.reads.iter().skip(1).map(|way| plain(way)).collect();
        let others = if others.is_empty() { String::new() } else { format!("; also reads {}", others.join(", ")) };
        let place = one.at.as_ref().map(|at| format!("  {}", place_text(at, places))).unwrap_or_default();
        let line = format!("{:<longest$}  {writes}{others}", name(&one.resource));
        text.push_str(&indented(&line, 2, 2 + longest + 2, look.width));
        if !place.is_empty() {
            text.push_str(&indented(place.trim(), 2 + longest + 2, 2 + longest + 4, look.width));
        }
    }
    text.push('\n');
}

/// Whether another setting makes something else hold than the value given.
fn decided_elsewhere(setting: &Setting, reading: &Reading) -> bool {
    reading.effective.as_ref().is_some_and(|effective| effective.value != reading.value && effective.by != setting.name)
}

/// What a table of one component shares.
#[derive(Clone, Copy)]
struct Scope<'a> {
    places: &'a Places<'a>,
    /// The evidence that declares it, which places in it need not repeat.
    home: &'a EvidenceId,
    look: Look,
}

fn section(title: &str, settings: &[(&Setting, &Reading)], scope: Scope<'_>, text: &mut String) {
    if settings.is_empty() {
        return;
    }
    let _ = writeln!(text, "{}", Paint(scope.look.color).dim(title));
    rows(settings, scope, text);
    text.push('\n');
}

fn rows(settings: &[(&Setting, &Reading)], scope: Scope<'_>, text: &mut String) {
    let look = scope.look;
    let paint = Paint(look.color);
    // A single long name shall not push every value to the right.
    let longest = settings.iter().map(|(setting, _)| spelled(setting.name).len()).max().unwrap_or(0).min(40);
    for (setting, reading) in settings {
        let name = spelled(setting.name);
        let value = shown(&reading.value);
        let why = why(setting, reading, scope);
        let line = format!("  {name:<longest$}  {value}");
        let fits = wrap::width(&line) + 2 + wrap::width(&why) <= look.width;
        if fits {
            let padding = look.width - wrap::width(&line) - wrap::width(&why);
            let _ = writeln!(text, "{line}{:padding$}{}", "", paint.dim(&why));
        } else {
            if wrap::width(&line) <= look.width {
                let _ = writeln!(text, "{line}");
            } else if wrap::width(&name) > longest {
                // Beside a name that is longer than its column nothing has room.
                let _ = writeln!(text, "  {name}");
                text.push_str(&pieces("", &value, 2 + longest + 2, look.width));
            } else {
                text.push_str(&pieces(&name, &value, 2 + longest + 2, look.width));
            }
            for line in indented(&why, 2 + longest + 2, 2 + longest + 4, look.width).lines() {
                let _ = writeln!(text, "{}", paint.dim(line));
            }
        }
        let indent = 2 + longest + 2;
        for farther in setting.readings.iter().skip(1).filter_map(|reading| reading.as_ref().ok()) {
            if std::ptr::eq(farther, *reading) || farther.value == reading.value {
                continue;
            }
            let line =
                format!("{} {}: {}", farther.plane.name(), shown(&farther.value), self::why(setting, farther, scope));
            // What nobody wrote the process may have filled in.
            let written = matches!(farther.origin, Origin::Written(_));
            for line in indented(&line, indent, indent + 2, look.width).lines() {
                let _ = writeln!(text, "{}", if written { paint.red(line) } else { paint.dim(line) });
            }
        }
        if matches!(reading.origin, Origin::Reported(_)) {
            continue;
        }
        for (origin, value) in &reading.overrides {
            let place = origin.location().map(|at| short(at, scope)).unwrap_or_default();
            let line = format!("wins over {} {place}", shown(value));
            text.push_str(&indented(&line, indent, indent + 2, look.width));
        }
    }
}

/// A value as it stands in a table; nothing is shown as nothing.
fn shown(value: &str) -> String {
    if value.is_empty() { "\"\"".to_owned() } else { plain(value) }
}

/// A long value behind its name, broken after its commas.
fn pieces(name: &str, value: &str, indent: usize, width: usize) -> String {
    let mut text = format!("{:<indent$}", format!("  {name}"));
    let wrapped = indented(&value.replace(',', ", "), 0, 0, width.saturating_sub(indent).max(16));
    for (at, piece) in wrapped.lines().enumerate() {
        if at > 0 {
            text.push_str(&" ".repeat(indent));
        }
        // Inside a line the blanks go again: the value is shown as it is.
        text.push_str(&piece.replace(", ", ","));
        text.push('\n');
    }
    text
}

/// Why a value holds: where it is written, whose default it is, what decides it.
fn why(setting: &Setting, reading: &Reading, scope: Scope<'_>) -> String {
    let mut why = match &reading.origin {
        Origin::Written(site) => short(&site.at, scope),
        Origin::Reported(at) => format!("reported, {}", short(at, scope)),
        Origin::Default { by: Author::Distribution { name }, .. } => format!("{name} sets it"),
        Origin::Default { by: Author::Upstream { .. }, .. } => match convert::since(&reading.origin) {
            Some(since) => format!("default since {since}"),
            None => "default".to_owned(),
        },
        Origin::Implied { how, .. } => plain(how),
    };
    if let Some(gap) = &reading.open {
        let _ = write!(why, ", but whether it holds is not known: {}", plain(&gap.reason));
        return why;
    }
    if let Some(effective) = reading.effective.as_ref().filter(|effective| effective.value != reading.value) {
        let value = shown(&effective.value);
        let _ = if effective.by == setting.name {
            write!(why, ", taken as {value}")
        } else {
            write!(why, ", but {value} holds: {}", plain(&spelled(&effective.by)))
        };
    }
    why
}

/// A place; in the evidence that declares the component it is line and column alone, in another answer of the same server
/// it needs no host.
fn short(at: &model::Location, scope: Scope<'_>) -> String {
    let full = place_text(at, scope.places);
    let (evidence, home) = (at.evidence.as_str(), scope.home.as_str());
    if let Some(rest) = full.strip_prefix(&format!("{}:", plain(evidence))).filter(|_| evidence == home) {
        return rest.to_owned();
    }
    let host = evidence.find("://").and_then(|at| evidence[at + 3..].find('/').map(|end| &evidence[..at + 3 + end]));
    match host.filter(|host| home.starts_with(*host)) {
        Some(host) => full.strip_prefix(&plain(host)).map_or_else(|| full.clone(), str::to_owned),
        None => full,
    }
}
