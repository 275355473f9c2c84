//! Answers of a simulated server, as a table.

use std::fmt::Write as _;

use super::{
    Look,
    wrap::{Paint, indented, plain, width},
};
use crate::wire::{Audited, Authorized, Encrypted, RequestAttributes, SimulatedAnswer, Simulation};

/// What the server does with a file, for a person. `file` is its name.
pub fn simulation_text(simulation: &Simulation, file: &str, look: Look) -> String {
    let paint = Paint(look.color);
    let mut text = String::new();
    if !look.quiet {
        let does = if simulation.starts { "starts" } else { "does not start" };
        let line = format!("kube-apiserver {} {does} with {}", plain(&simulation.version), plain(file));
        let _ = writeln!(text, "{}", if simulation.starts { paint.bold(&line) } else { paint.red(&line) });
    }
    for problem in &simulation.problems {
        let place = problem.location.as_ref().and_then(|at| Some((at.line?, at.column?)));
        let place = place.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
        let word = if problem.stops { "refused" } else { "warning" };
        let hint = problem.hint.as_ref().map(|hint| format!("; {}", plain(hint))).unwrap_or_default();
        let line = format!("{}{place}: {word}: {}{hint}", plain(file), plain(&problem.message));
        text.push_str(&indented(&line, 2, 4, look.width));
    }
    let of = |index: usize| simulation.answers.get(index);
    if simulation.answers.is_empty() {
        return text;
    }
    if !look.quiet {
        text.push('\n');
    }
    match of(0) {
        Some(SimulatedAnswer::Audited(_)) => audited(simulation, look, &mut text),
        Some(SimulatedAnswer::Authorized(_)) => authorized(simulation, look, &mut text),
        Some(SimulatedAnswer::Encrypted(_)) => encrypted(simulation, look, &mut text),
        None => {}
    }
    text
}

fn user_of(request: &serde_json::Value) -> String {
    let named = |value: &serde_json::Value| value.as_str().map(plain);
    let user = match request.get("user").map(|user| named(user).unwrap_or_default()) {
        None => "system:anonymous".to_owned(),
        Some(user) if user.is_empty() => "nobody".to_owned(),
        Some(user) => user,
    };
    match request.get("impersonated").and_then(|other| other.get("user")).and_then(named) {
        Some(other) => format!("{user} as {other}"),
        None => user,
    }
}

/// A request in a few words: `alice: patch deployments.apps/scale d1 in team-a`.
fn request_of(request: &serde_json::Value, attributes: Option<&RequestAttributes>) -> String {
    let user = user_of(request);
    let Some(asked) = attributes else {
        let path = request.get("path").and_then(serde_json::Value::as_str).unwrap_or_default();
        return format!("{user}: {}", plain(path));
    };
    let verb = if asked.verb.is_empty() { "no verb" } else { &asked.verb };
    if !asked.is_resource {
        return format!("{user}: {} {}", plain(verb), plain(&asked.path));
    }
    let mut what = asked.resource.clone();
    for (sign, part) in [(".", &asked.group), ("/", &asked.subresource), (" ", &asked.name), (" in ", &asked.namespace)]
    {
        if !part.is_empty() {
            what.push_str(sign);
            what.push_str(part);
        }
    }
    format!("{user}: {} {}", plain(verb), plain(&what))
}

fn audited(simulation: &Simulation, look: Look, text: &mut String) {
    const STAGES: [(&str, char); 3] = [("RequestReceived", 'R'), ("ResponseStarted", 'S'), ("ResponseComplete", 'C')];
    const BEFORE: usize = 30;
    let paint = Paint(look.color);
    if !look.quiet {
        let _ = writeln!(text, "{}", paint.bold("level            line  stages  request"));
    }
    for answer in &simulation.answers {
        let SimulatedAnswer::Audited(answer) = answer else { continue };
        let Audited { request, attributes, level, stages, rule, note } = &**answer;
        let letters: String = STAGES
            .iter()
            .map(|(stage, letter)| if stages.iter().any(|known| known == stage) { *letter } else { '.' })
            .collect();
        let line = rule.as_ref().map_or_else(|| "-".to_owned(), |rule| rule.line.to_string());
        let cell = format!("{level:<15}");
        let cell = if level == "None" { paint.dim(&cell) } else { cell };
        let request = request_of(request, attributes.as_ref());
        let wrapped = indented(&request, BEFORE + 2, BEFORE + 4, look.width);
        let _ = write!(text, "{cell}  {line:>4}  {letters:<6}  {}", wrapped.trim_start());
        if let Some(note) = note {
            text.push_str(&indented(note, BEFORE + 4, BEFORE + 4, look.width));
        }
    }
    if !look.quiet {
        let legend = "line: of the rule that decides, - where none matches. R RequestReceived, S ResponseStarted, \
                      C ResponseComplete; where the server panics, Panic takes the place of C.";
        text.push('\n');
        text.push_str(&paint.dim(&indented(legend, 0, 0, look.width)));
    }
}

fn authorized(simulation: &Simulation, look: Look, text: &mut String) {
    let paint = Paint(look.color);
    let mut open = false;
    for answer in &simulation.answers {
        let SimulatedAnswer::Authorized(answer) = answer else { continue };
        let Authorized { request, attributes, decision, by, chain, depends_on, otherwise, note } = &**answer;
        let request = request_of(request, attributes.as_ref());
        let by_whom = |by: &Option<String>| by.as_ref().map(|by| format!(" by {}", plain(by))).unwrap_or_default();
        let verdict = if depends_on.is_empty() {
            format!("{decision}{}", by_whom(by))
        } else {
            open = true;
            let names = depends_on.iter().map(|name| plain(name)).collect::<Vec<_>>().join(", ");
            let rest = format!("{}{}", otherwise.decision, by_whom(&otherwise.by));
            format!("depends on {names}; if no opinion: {rest}")
        };
        let painted = match decision.as_str() {
            "error" => paint.red(&verdict),
            "allow" => paint.bold(&verdict),
            _ if depends_on.is_empty() => verdict,
            _ => paint.yellow(&verdict),
        };
        if look.quiet {
            let _ = writeln!(text, "{request}: {painted}");
            continue;
        }
        text.push_str(&paint.bold(indented(&request, 0, 4, look.width).trim_end()));
        text.push('\n');
        let longest = chain.iter().map(|entry| width(&plain(&entry.name))).max().unwrap_or(0).min(20);
        for entry in chain {
            let name = plain(&entry.name);
            let padding = " ".repeat(longest.saturating_sub(width(&name)));
            let before = format!("{name}{padding}  {:<10}", entry.answer);
            let rest = indented(&plain(&entry.reason), 2 + longest + 14, 2 + longest + 14, look.width);
            let _ = write!(text, "  {before}  {}", rest.trim_start());
        }
        if let Some(note) = note {
            text.push_str(&indented(note, 2, 4, look.width));
        }
        let _ = writeln!(text, "  = {painted}\n");
    }
    if open && !look.quiet {
        let legend = "What RBAC, ABAC and Node answer depends on objects that are not in the file; --webhook NAME=STATE \
                      says what a webhook answers. In the end, no-opinion and deny are status 403, error is 500.";
        text.push_str(&paint.dim(&indented(legend, 0, 0, look.width)));
    }
}

fn encrypted(simulation: &Simulation, look: Look, text: &mut String) {
    let paint = Paint(look.color);
    let rows: Vec<(String, String, String)> = simulation
        .answers
        .iter()
        .filter_map(|answer| match answer {
            SimulatedAnswer::Encrypted(Encrypted { resource, writes, key, reads }) => {
                let writes = key.as_ref().map_or_else(|| writes.clone(), |key| format!("{writes}:{key}"));
                Some((plain(resource), plain(&writes), plain(&reads.join(", "))))
            }
            _ => None,
        })
        .collect();
    let longest = |cells: &mut dyn Iterator<Item = &String>, head: &str| {
        cells.map(|cell| width(cell)).max().unwrap_or(0).max(head.len()).min(look.width / 2)
    };
    let first = longest(&mut rows.iter().map(|row| &row.0), "resource");
    let second = longest(&mut rows.iter().map(|row| &row.1), "writes");
    if !look.quiet {
        let _ = writeln!(text, "{}", paint.bold(&format!("{:<first$}  {:<second$}  reads", "resource", "writes")));
    }
    for (resource, writes, reads) in rows {
        let pad = |cell: &str, columns: usize| " ".repeat(columns.saturating_sub(width(cell)));
        let painted = if writes == "identity" { paint.yellow(&writes) } else { writes.clone() };
        let (one, two) = (pad(&resource, first), pad(&writes, second));
        let rest = indented(&reads, first + second + 4, first + second + 4, look.width);
        let _ = write!(text, "{resource}{one}  {painted}{two}  {}", rest.trim_start());
    }
    if !look.quiet {
        let legend = "identity is plain text. What is written with one provider can be read as long as it is listed; \
                      objects change to a new key only when they are written again.";
        text.push('\n');
        text.push_str(&paint.dim(&indented(legend, 0, 0, look.width)));
    }
}
