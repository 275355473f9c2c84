//! Files that are written by the declarations they describe.

use std::{fmt::Write as _, fs};

use anyhow::Result;

/// Writes every generated file.
pub(crate) fn run(_: &[String]) -> Result<()> {
    for (path, text) in files() {
        let path = crate::root().join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, text)?;
    }
    Ok(())
}

/// Every generated file, as its path below the root and its text.
pub(crate) fn files() -> Vec<(String, String)> {
    let mut files = vec![
        ("crates/facts/src/flag.rs".to_owned(), facts::flags::generate()),
        ("docs/rules/README.md".to_owned(), index()),
    ];
    for name in report::schemas() {
        if let Some(schema) = report::schema(name) {
            files.push((format!("docs/schemas/{name}.json"), schema));
        }
    }
    for rule in rules::all() {
        let page = rule.info.page.split("<!-- cases -->").next().unwrap_or_default();
        files.push((format!("docs/rules/{}.md", rule.info.id), format!("{}\n", page.trim_end())));
    }
    files
}

fn index() -> String {
    let mut text = String::from(
        "# Rules\n\nWritten by `cargo xtask docs`. Each page says what is wrong, why it matters and what a fix breaks.\n\n\
         | rule | severity | the fault |\n|---|---|---|\n",
    );
    for rule in rules::all() {
        let card = &rule.info;
        let _ = writeln!(text, "| [{id}]({id}.md) | {} | {} |", card.severity.name(), card.title, id = card.id);
    }
    text
}
