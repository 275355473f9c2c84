//! One cluster: how it stands, what is wrong, what was not judged, and the rest.

use std::{collections::BTreeMap, io};

use super::{
    Outcome, Page, SEVERITIES, TABLE_ENDS, benchmark,
    chart::{self, Part},
    finding, many, of_severity, place, prose, sentence, table, text,
};
use crate::{
    formats::severity,
    wire::{Advisory, Cluster, Component, Entry, Evidence, Gap},
};

pub(super) fn write(at: usize, cluster: &Cluster, page: &Page, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "<section id=\"c{at}\" aria-labelledby=\"c{at}-title\">")?;
    writeln!(out, "<h2 id=\"c{at}-title\">{}</h2>", text(&cluster.name))?;
    let range = cluster.version_range.as_ref().map(|[from, to]| format!("one of Kubernetes {from} to {to}"));
    let version = cluster.version.as_ref().map(|version| format!("Kubernetes {version}"));
    let about: Vec<String> = cluster.distribution.iter().cloned().chain(version).chain(range).collect();
    let components = match cluster.components.len() {
        0 => Vec::new(),
        count => vec![many(count, "component")],
    };
    writeln!(out, "<p class=\"about\">{}</p>", text(&[about, components].concat().join(" · ")))?;
    cluster.components.iter().try_for_each(|component| refuses(component, out))?;
    let summary = &cluster.summary;
    let failing = SEVERITIES.map(|severity| Part {
        class: severity,
        label: severity,
        count: of_severity(&summary.by_severity, severity),
    });
    let rest = [
        Part { class: "undetermined", label: "not judged", count: summary.undetermined },
        Part { class: "waived", label: "waived", count: summary.waived },
        Part { class: "pass", label: "pass", count: summary.pass },
        Part { class: "not-applicable", label: "not applicable", count: summary.not_applicable },
    ];
    let parts: Vec<Part> = failing.into_iter().chain(rest).collect();
    chart::bar(&format!("c{at}-rules"), "Rules by how they ended", &parts, out)?;
    entries(&cluster.verdicts, cluster.components.len() > 1, page, out)?;
    if let Some(known) = &cluster.benchmark {
        benchmark::write(at, known, out)?;
    }
    advisories(&cluster.advisories, out)?;
    routine(&cluster.verdicts, out)?;
    evidence(&cluster.evidence, out)?;
    writeln!(out, "</section>")
}

/// A component that would not start, said before any finding.
fn refuses(component: &Component, out: &mut dyn io::Write) -> io::Result<()> {
    if component.starts != Some(false) {
        return Ok(());
    }
    writeln!(
        out,
        "<div class=\"alert\" role=\"note\"><p><strong>{} {}</strong> would not start as declared:</p>\n<ul>",
        text(&component.name),
        text(&component.instance)
    )?;
    for problem in component.problems.iter().filter(|problem| problem.stops) {
        let at = problem.location.as_ref().map(|at| format!(" <code>{}</code>", text(&place(at)))).unwrap_or_default();
        writeln!(out, "<li>{}{at}</li>", prose(&sentence(&problem.message)))?;
    }
    writeln!(out, "</ul></div>")
}

/// What wants somebody: findings, what was not judged, what is waived.
pub(super) fn entries(entries: &[Entry], several: bool, page: &Page, out: &mut dyn io::Write) -> io::Result<()> {
    let of = |outcome: Outcome| entries.iter().filter(move |entry| entry.outcome == outcome);
    let mut failing: Vec<&Entry> = of(Outcome::Fail).collect();
    // The worst first; equals as the report has them.
    failing.sort_by_key(|entry| std::cmp::Reverse(severity(entry.severity)));
    if failing.is_empty() {
        writeln!(out, "<h3>Findings</h3>\n<p>Nothing that was judged is wrong.</p>")?;
    } else {
        writeln!(out, "<h3>{}</h3>", many(failing.len(), "finding"))?;
    }
    failing.iter().try_for_each(|entry| finding::write(entry, several, page, out))?;
    let mut wanted: BTreeMap<(&str, &str), Vec<(&Entry, &Gap)>> = BTreeMap::new();
    for entry in of(Outcome::Undetermined) {
        if let Some(gap) = &entry.gap {
            wanted.entry((&gap.wanted, &gap.who_could_answer)).or_default().push((entry, gap));
        }
    }
    if !wanted.is_empty() {
        writeln!(out, "<h3>Not judged</h3>")?;
    }
    let mut wanted: Vec<_> = wanted.into_iter().collect();
    wanted.sort_by_key(|(_, asked)| std::cmp::Reverse(asked.len()));
    for ((thing, who), asked) in wanted {
        let need = if asked.len() == 1 { "1 answer needs".to_owned() } else { format!("{} answers need", asked.len()) };
        writeln!(out, "<div class=\"wanted\">\n<h4>{need} {}</h4>", prose(thing))?;
        writeln!(out, "<p class=\"about\">{}</p>\n<ul>", prose(&sentence(who)))?;
        for (entry, gap) in asked {
            writeln!(
                out,
                "<li{}><code>{}</code>: {}</li>",
                data(entry),
                text(entry.rule),
                prose(&sentence(&gap.reason))
            )?;
        }
        writeln!(out, "</ul>\n</div>")?;
    }
    let mut waived: Vec<&Entry> = of(Outcome::Waived).collect();
    waived.sort_by_key(|entry| std::cmp::Reverse(severity(entry.severity)));
    if !waived.is_empty() {
        writeln!(out, "<h3>Waived</h3>")?;
    }
    waived.iter().try_for_each(|entry| finding::write(entry, several, page, out))
}

/// What wants nobody, folded.
pub(super) fn routine(entries: &[Entry], out: &mut dyn io::Write) -> io::Result<()> {
    for (outcome, title, column) in
        [(Outcome::Pass, "passed", "Seen"), (Outcome::NotApplicable, "not applicable", "Why")]
    {
        let of: Vec<&Entry> = entries.iter().filter(|entry| entry.outcome == outcome).collect();
        if of.is_empty() {
            continue;
        }
        writeln!(out, "<details>\n<summary>{} {title}</summary>", of.len())?;
        table(&format!("Rules: {title}"), &["Rule", column, "Where"], out)?;
        for entry in of {
            let at = entry.locations.first().map(|at| format!("<code>{}</code>", text(&place(at)))).unwrap_or_default();
            let of = entry.subject.as_deref().map(|subject| format!(" {}", text(subject))).unwrap_or_default();
            writeln!(
                out,
                "<tr{}><th scope=\"row\"><code>{}</code>{of}</th><td class=\"long\">{}</td><td class=\"place\">{at}</td></tr>",
                data(entry),
                text(entry.rule),
                prose(&sentence(&entry.message))
            )?;
        }
        writeln!(out, "{TABLE_ENDS}\n</details>")?;
    }
    Ok(())
}

/// What a reader of the page counts entries by.
fn data(entry: &Entry) -> String {
    format!(" data-rule=\"{}\" data-outcome=\"{}\"", text(entry.rule), entry.outcome.name())
}

/// Published flaws: those that apply in sight, the others folded.
fn advisories(advisories: &[Advisory], out: &mut dyn io::Write) -> io::Result<()> {
    if advisories.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h3>Advisories</h3>")?;
    for (exposure, title, folded) in [
        ("exposed", "exposed", false),
        ("undetermined", "undetermined", true),
        ("mitigated", "mitigated", true),
        ("not-exposed", "ruled out by the configuration", true),
    ] {
        let of: Vec<&Advisory> = advisories.iter().filter(|advisory| advisory.exposure == exposure).collect();
        if of.is_empty() {
            continue;
        }
        if folded {
            writeln!(out, "<details>\n<summary>{} {title}</summary>", of.len())?;
        }
        table(&format!("Advisories: {title}"), &["Advisory", "Severity", "What", "Ends with"], out)?;
        for advisory in of {
            let wanted: Vec<String> = advisory.wanted.iter().map(|wanted| prose(wanted)).collect();
            let wanted = if wanted.is_empty() {
                String::new()
            } else {
                format!("<p class=\"more\">Wanted: {}</p>", wanted.join(", "))
            };
            writeln!(
                out,
                "<tr data-advisory=\"{0}\"><th scope=\"row\">{0}</th><td class=\"{1}\"><span class=\"tag\">{1}</span></td>\
                 <td class=\"long\">{2}{wanted}</td><td class=\"short\">{3}</td></tr>",
                text(&advisory.id),
                text(&advisory.severity),
                prose(&sentence(&advisory.message)),
                text(advisory.fixed_in.as_deref().unwrap_or("no release yet"))
            )?;
        }
        writeln!(out, "{TABLE_ENDS}")?;
        if folded {
            writeln!(out, "</details>")?;
        }
    }
    Ok(())
}

fn evidence(evidence: &[Evidence], out: &mut dyn io::Write) -> io::Result<()> {
    if evidence.is_empty() {
        return Ok(());
    }
    writeln!(out, "<details>\n<summary>{} of evidence</summary>", many(evidence.len(), "piece"))?;
    table("Evidence", &["Name", "Kind", "State"], out)?;
    for piece in evidence {
        let reason = piece.reason.as_deref().map(|reason| format!(": {}", prose(reason))).unwrap_or_default();
        writeln!(
            out,
            "<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td>{}{reason}</td></tr>",
            text(&piece.name),
            text(&piece.kind),
            text(&piece.state)
        )?;
    }
    writeln!(out, "{TABLE_ENDS}\n</details>")
}
