//! A run over a folder of real manifests, and the table of how they ended, which is kept so that a change shows.

use std::{collections::BTreeMap, env, fmt::Write as _, fs, io, path::PathBuf};

use anyhow::{Context as _, Result, bail};
use audit::{AuditTarget, Judging, Look, Step};
use model::{Confidence, Outcome};

const TABLE: &str = "docs/corpus.md";

/// How a file ends.
const COLUMNS: [&str; 6] = ["judged", "supporting", "not-ours", "templated", "broken", "unread"];

/// Writes the table, or with `check` compares it.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let check = arguments.iter().any(|argument| argument == "--check");
    let corpus = env::var_os("PORTCULLIS_CORPUS").context("set PORTCULLIS_CORPUS to the folder of manifests")?;
    let table = table(&PathBuf::from(corpus))?;
    let path = crate::root().join(TABLE);
    if !check {
        return Ok(fs::write(path, table)?);
    }
    if fs::read_to_string(&path).unwrap_or_default() != table {
        bail!("{TABLE} is not current; run `cargo xtask corpus` and look at the difference\n{table}");
    }
    Ok(())
}

fn table(corpus: &std::path::Path) -> Result<String> {
    let look = Look { list: true, ..Look::default() };
    let rules = audit::select(audit::Profile::All, &[], &[]).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    let judging = Judging {
        rules,
        show: Confidence::Possible,
        fail_on: None,
        strict: false,
        waivers: audit::Waivers::default(),
        benchmark: None,
        by_edition: false,
        earlier: report::Fleet::default(),
    };
    let mut verdicts: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    let mut starts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let summary =
        audit::audit(&[AuditTarget::Path(corpus.to_owned())], &look, &judging, &mut io::empty(), &mut |step| {
            let Step::Cluster(cluster, _) = step else { return };
            for judged in &cluster.entries {
                let column = match judged.entry.outcome {
                    Outcome::Fail(_) | Outcome::Waived(_) => 0,
                    Outcome::Undetermined(_) => 1,
                    Outcome::Pass => 2,
                    Outcome::NotApplicable(_) => 3,
                };
                verdicts.entry(judged.entry.rule).or_default()[column] += 1;
            }
            for component in &cluster.components {
                let word = match component.starts {
                    Some(true) => "starts",
                    Some(false) => "does not start",
                    None => "cannot be told",
                };
                *starts.entry((component.name, word)).or_default() += 1;
            }
        });
    if !summary.faults.is_empty() {
        bail!("rules broke on the corpus: {:?}", summary.faults);
    }
    let mut kinds: BTreeMap<String, BTreeMap<&str, usize>> = BTreeMap::new();
    for (file, kind) in &summary.files {
        let below = file.strip_prefix(&format!("{}/", corpus.display())).unwrap_or(file);
        let folder = below.split_once('/').map_or(".", |(folder, _)| folder);
        // Of what is judged, each kind has a word of its own.
        let ended = COLUMNS.iter().find(|column| *column == kind).unwrap_or(&COLUMNS[0]);
        *kinds.entry(folder.to_owned()).or_default().entry(*ended).or_default() += 1;
    }
    let mut text = String::from(
        "# How the corpus ends\n\nWritten by `cargo xtask corpus` and compared in CI. A change here is a change in what people see: look at it.\n\n\
         ## Files\n\n| folder | judged | supporting | not ours | templated | broken | unread |\n|---|---:|---:|---:|---:|---:|---:|\n",
    );
    let mut totals = [0; 6];
    for (folder, counts) in &kinds {
        write!(text, "| {folder} |")?;
        for (column, total) in COLUMNS.iter().zip(&mut totals) {
            let count = counts.get(column).copied().unwrap_or(0);
            *total += count;
            write!(text, " {count} |")?;
        }
        text.push('\n');
    }
    text.push_str("| **all** |");
    for total in totals {
        write!(text, " {total} |")?;
    }
    text.push_str("\n\n## Components\n\n| component | it | instances |\n|---|---|---:|\n");
    for ((component, word), count) in &starts {
        writeln!(text, "| {component} | {word} | {count} |")?;
    }
    text.push_str(
        "\n## Verdicts\n\n| rule | fail | undetermined | pass | not applicable |\n|---|---:|---:|---:|---:|\n",
    );
    for (rule, [fail, undetermined, pass, not_applicable]) in &verdicts {
        writeln!(text, "| {rule} | {fail} | {undetermined} | {pass} | {not_applicable} |")?;
    }
    Ok(text)
}
