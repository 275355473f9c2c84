//! The binary: arguments and the environment in, text and an exit status out.
//!
//! Only this room knows a terminal, the clock and the environment; it reads them once and passes them on. What the commands
//! do is in `audit`, how it looks in `report`. Start at [`main`], then `commands`.

mod args;
mod certs;
mod commands;
mod config;
mod diff;
mod exit;
mod output;
mod own;
mod probe;
mod resume;
mod settings;
mod simulate;
mod terminal;

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::{
    args::{Command, Config},
    exit::Exit,
    settings::{
        UsageError,
        layers::{self, Refused},
    },
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().collect();
    let layers = match layers::read(&words) {
        Ok(layers) => layers,
        Err(Refused::Words(error)) => return refused(&error).into(),
        Err(Refused::Settings(error)) => return wrong(&error).into(),
    };
    let outcome = match &layers.cli.command {
        None => Ok(commands::first_words()),
        Some(Command::Config(Config::Show(args))) => config::show(args, &layers),
        Some(Command::Audit(args)) => commands::audit(args),
        Some(Command::Resolve(args)) => commands::resolve(args),
        Some(Command::Collect(args)) => commands::collect(args),
        Some(Command::Cve(args)) => commands::cve(args),
        Some(Command::Simulate(args)) => simulate::simulate(args),
        Some(Command::Certs(args)) => certs::certs(args),
        Some(Command::Probe(args)) => probe::probe(args),
        Some(Command::Diff(args)) => diff::diff(args),
        Some(Command::Explain(args)) => commands::explain(args),
        Some(Command::Rules(args)) => commands::rules(args),
        Some(Command::RbacManifest(args)) => commands::rbac_manifest(args),
        Some(Command::Schema(args)) => commands::schema(args),
        Some(Command::Completions(args)) => Ok(own::completions(args)),
        Some(Command::Man(args)) => own::man(args),
    };
    outcome.unwrap_or_else(|error| wrong(&error)).into()
}

fn wrong(UsageError(message): &UsageError) -> Exit {
    terminal::talk(&format!("error: {message}"));
    Exit::Usage
}

/// Words that are no call: help and the version were asked for, or something is wrong.
fn refused(error: &clap::Error) -> Exit {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return terminal::print(&error.render().to_string());
    }
    if let Some(message) = no_command(error) {
        return wrong(&UsageError(message));
    }
    terminal::talk(error.render().to_string().trim_end());
    Exit::Usage
}

/// What to say where a word was typed in the place of a command that is none: it may be something to audit.
fn no_command(error: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else { return None };
    let looks_like_a_path = word == "-" || word.contains(['/', '.', '\\']) || std::path::Path::new(word).exists();
    let word = settings::plain(word);
    let advice = match error.get(ContextKind::SuggestedSubcommand) {
        _ if looks_like_a_path => format!("to audit that file: portcullis audit {word}"),
        Some(ContextValue::Strings(near)) if !near.is_empty() => format!("nearest: {}", near.join(", ")),
        Some(ContextValue::String(near)) => format!("nearest: {near}"),
        _ => "portcullis --help lists them".to_owned(),
    };
    Some(format!("no command `{word}`; {advice}"))
}
