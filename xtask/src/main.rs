//! Chores that are no part of the program: each command is a module, and this is the list of them.

#![expect(clippy::print_stdout, reason = "a chore talks to the person who runs it")]

mod corpus;
mod docs;
mod new_rule;
mod page;
mod tidy;

use std::path::Path;

use anyhow::{Result, bail};

/// Name, arguments, what it is for, and what it does.
type Command = (&'static str, &'static str, &'static str, fn(&[String]) -> Result<()>);

const COMMANDS: &[Command] = &[
    (
        "corpus",
        "[--check]",
        "audits the folder in PORTCULLIS_CORPUS and writes, or compares, the table of how it ends",
        corpus::run,
    ),
    ("docs", "", "writes the generated files", docs::run),
    ("new-rule", "ID", "writes the files of a rule for a control that has none yet", new_rule::run),
    ("page", "RULE [--bless]", "runs the page of one rule; --bless moves carets and fills empty outcomes", page::run),
    ("tidy", "", "looks for what a reviewer should not have to", tidy::run),
];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        print!("{}", usage());
        return Ok(());
    };
    match COMMANDS.iter().find(|command| command.0 == name) {
        Some((_, _, _, run)) => run(rest),
        None => bail!("there is no chore `{name}`\n\n{}", usage()),
    }
}

fn usage() -> String {
    let mut text = "cargo xtask CHORE\n\n".to_owned();
    for (name, arguments, purpose, _) in COMMANDS {
        text.push_str(&format!("  {:<24} {purpose}\n", format!("{name} {arguments}")));
    }
    text
}

/// The root of the workspace, which is where this crate's folder lies.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}
