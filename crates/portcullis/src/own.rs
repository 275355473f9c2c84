//! What the declarations of `args` say of themselves: completions for shells, and manual pages.

use clap::{Command, CommandFactory as _};

use crate::{
    args::{self, Cli},
    exit::Exit,
    output::Sink,
    settings::{UsageError, unknown},
};

pub(crate) fn completions(args: &args::Completions) -> Exit {
    let mut command = Cli::command();
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut command, "portcullis", &mut text);
    written(&text)
}

pub(crate) fn man(args: &args::Man) -> Result<Exit, UsageError> {
    let mut text = Vec::new();
    page(&args.command)?
        .render(&mut text)
        .map_err(|error| UsageError(format!("the manual page could not be made: {error}")))?;
    Ok(written(&text))
}

/// The page of a command, with its name as it is typed.
fn page(path: &[String]) -> Result<clap_mangen::Man, UsageError> {
    let mut command = Cli::command();
    command.build();
    let mut chosen: &Command = &command;
    for name in path {
        let names: Vec<&str> = chosen.get_subcommands().map(Command::get_name).collect();
        chosen = chosen.find_subcommand(name).ok_or_else(|| unknown("command", name, &names))?;
    }
    let title = std::iter::once("portcullis").chain(path.iter().map(String::as_str)).collect::<Vec<_>>().join("-");
    Ok(clap_mangen::Man::new(chosen.clone().display_name(title.clone())).title(title))
}

fn written(text: &[u8]) -> Exit {
    let mut out = Sink::stdout();
    out.write(|out| out.write_all(text));
    out.finish()
}
