//! Where each setting comes from: built-in, `portcullis.toml`, `PORTCULLIS_*`, arguments, in that order.
//!
//! A setting is an option that can also be set in the environment; its name in the file is that of the option. So there is no
//! list of settings here: the declarations in `args` are that list, and what a file says takes the place of the
//! built-in default before the arguments are read.
//!
//! The file is the nearest `portcullis.toml` in the current folder or one above it, as cargo and ruff find theirs. It is never
//! looked for beside what is audited.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

use audit::nearest;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory as _, FromArgMatches as _, parser::ValueSource};
use report::{Mistake, wire};
use toml::{Spanned, de::DeValue};

use super::{
    Result, UsageError, release, rules_like,
    source::{Source, mistake, unknown_key, wrong_kind},
    unknown,
};
use crate::{
    args::{self, Cli},
    output::Format,
    terminal::talk,
};

const NAME: &str = "portcullis.toml";

/// An option that a file may not set: it would hold the clock, and every waiver would live for ever.
const NOT_IN_FILES: &str = "as-of";

/// What was typed, with what the file and the environment add to it.
pub(crate) struct Layers {
    pub(crate) cli: Cli,
    matches: ArgMatches,
    file: Option<File>,
}

/// Why there is nothing to run.
pub(crate) enum Refused {
    /// Help was asked for, or the words are no call.
    Words(clap::Error),
    Settings(UsageError),
}

impl From<UsageError> for Refused {
    fn from(error: UsageError) -> Self {
        Self::Settings(error)
    }
}

impl From<clap::Error> for Refused {
    fn from(error: clap::Error) -> Self {
        Self::Words(error)
    }
}

/// Reads the words, the environment and the file.
pub(crate) fn read(words: &[OsString]) -> std::result::Result<Layers, Refused> {
    let mut command = Cli::command();
    let mut matches = command.clone().try_get_matches_from(words)?;
    let path = chosen(&matches);
    let leaf = path.iter().try_fold(&command, |command, name| command.find_subcommand(name)).unwrap_or(&command);
    let mut file = None;
    if settings_of(leaf).next().is_some() {
        environment(&command, leaf, leaf_of(&matches))?;
        file = find(&matches)?.map(|source| File::of(source, &declared(&command))).transpose()?;
    }
    if let Some(file) = &file {
        command = with_defaults(command, &path, file);
        matches = command.try_get_matches_from(words)?;
        let leaf = leaf_of(&matches);
        let told = path.first().is_some_and(|name| name == "config") || flag(leaf, "quiet");
        if !told && !flag(&matches, "isolated") && matches.value_source("config").is_none() {
            talk(&format!("note: settings of {}", file.source.name()));
        }
    }
    let cli = Cli::from_arg_matches(&matches)?;
    Ok(Layers { cli, matches, file })
}

/// The names of the subcommands that were called, outermost first.
fn chosen(matches: &ArgMatches) -> Vec<String> {
    let mut path = Vec::new();
    let mut matches = matches;
    while let Some((name, inner)) = matches.subcommand() {
        path.push(name.to_owned());
        matches = inner;
    }
    path
}

fn leaf_of(matches: &ArgMatches) -> &ArgMatches {
    matches.subcommand().map_or(matches, |(_, inner)| leaf_of(inner))
}

fn flag(matches: &ArgMatches, id: &str) -> bool {
    matches.try_get_one::<bool>(id).ok().flatten().copied().unwrap_or(false)
}

/// The options of a command that are settings.
fn settings_of(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|arg| arg.get_env().is_some() && arg.get_id() != "config")
}

fn name_of(arg: &Arg) -> &str {
    arg.get_long().unwrap_or_default()
}

/// Every setting of any command, by name.
fn declared(command: &Command) -> BTreeMap<String, Arg> {
    let mut all: BTreeMap<String, Arg> =
        settings_of(command).map(|arg| (name_of(arg).to_owned(), arg.clone())).collect();
    for inner in command.get_subcommands() {
        all.extend(declared(inner));
    }
    all
}

/// Refuses what the environment says wrongly, naming the variable, and tells of variables that nobody reads.
fn environment(command: &Command, leaf: &Command, matches: &ArgMatches) -> Result<()> {
    for arg in settings_of(leaf) {
        let id = arg.get_id().as_str();
        if matches.value_source(id) != Some(ValueSource::EnvVariable) {
            continue;
        }
        let variable = arg.get_env().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        for value in matches.get_raw(id).into_iter().flatten() {
            check(arg, &value.to_string_lossy()).map_err(|why| UsageError(format!("{variable}: {why}")))?;
        }
    }
    let mut known: Vec<String> = declared(command)
        .values()
        .filter_map(|arg| arg.get_env())
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    known.push("PORTCULLIS_CONFIG".to_owned());
    let mut names: Vec<String> = env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect();
    names.sort_unstable();
    for name in names {
        // In a cluster, a service called `portcullis` has variables of its own.
        let of_a_service = name.starts_with("PORTCULLIS_SERVICE") || name.starts_with("PORTCULLIS_PORT");
        if !name.starts_with("PORTCULLIS_") || of_a_service || known.contains(&name) {
            continue;
        }
        if let Some(meant) = nearest(&name, known.iter().map(String::as_str)) {
            talk(&format!("warning: {} is no setting; nearest: {meant}", super::plain(&name)));
        }
    }
    Ok(())
}

/// The settings file of this call, if there is one.
fn find(matches: &ArgMatches) -> Result<Option<Source>> {
    let what = "the settings";
    let typed = matches.value_source("config") == Some(ValueSource::CommandLine);
    match (flag(matches, "isolated"), matches.get_one::<PathBuf>("config")) {
        (true, Some(_)) if typed => {
            Err(UsageError("--isolated reads no settings file, and --config names one; leave one out".to_owned()))
        }
        (true, _) => Ok(None),
        (false, Some(path)) => Source::read(path, what).map(Some),
        (false, None) => {
            let depth = env::current_dir().map_or(0, |folder| folder.ancestors().count());
            let mut path = PathBuf::from(NAME);
            for _ in 0..depth {
                // A link to nothing is there as well, and wrong.
                match path.symlink_metadata() {
                    // A pipe of that name would hold us for ever.
                    Ok(_) if path.exists() && !path.is_file() => {
                        return Err(UsageError(format!("`{}` is no regular file", path.display())));
                    }
                    Ok(_) => return Source::read(&path, what).map(Some),
                    Err(_) => path = Path::new("..").join(path),
                }
            }
            Ok(None)
        }
    }
}

/// A settings file, read and found right.
struct File {
    source: Source,
    values: BTreeMap<String, Written>,
}

/// What the file says of one setting, and where.
struct Written {
    values: Vec<String>,
    place: (u32, u32),
}

impl File {
    fn of(source: Source, declared: &BTreeMap<String, Arg>) -> Result<Self> {
        let known: Vec<&str> = declared.keys().map(String::as_str).filter(|name| *name != NOT_IN_FILES).collect();
        let mut values = BTreeMap::new();
        let mut mistakes = Vec::new();
        for (key, value) in &source.parse()? {
            let name: &str = key.get_ref();
            if name == NOT_IN_FILES {
                let help = "a file that holds the clock would keep every waiver alive; give --as-of with the call";
                mistakes.push(mistake("`as-of` is no setting of a file", key.span(), "", Some(help.to_owned())));
            } else if let Some(arg) = declared.get(name) {
                let written = source.written(name, arg, value, &mut mistakes);
                values.insert(name.to_owned(), Written { values: written, place: source.place(value.span().start) });
            } else {
                mistakes.push(unknown_key(name, key.span(), &known));
            }
        }
        if mistakes.is_empty() { Ok(Self { source, values }) } else { Err(source.refused(&mistakes)) }
    }
}

impl Source {
    /// The values of one key as they would be typed; paths begin at the folder of the file.
    fn written(&self, name: &str, arg: &Arg, value: &Spanned<DeValue<'_>>, mistakes: &mut Vec<Mistake>) -> Vec<String> {
        let mut out = Vec::new();
        let takes = takes(arg);
        let mut text = |value: &Spanned<DeValue<'_>>| match value.get_ref() {
            DeValue::String(text) if takes != Takes::Switch => {
                let text = if matches!(name, "root" | "waivers") {
                    let folder = self.path.parent().unwrap_or(Path::new(""));
                    folder.join(&**text).to_string_lossy().into_owned()
                } else {
                    text.clone().into_owned()
                };
                match check(arg, &text) {
                    Ok(()) => out.push(text),
                    Err(why) => mistakes.push(mistake(&why, value.span(), "", None)),
                }
            }
            DeValue::Integer(number) if matches!(name, "concurrency" | "timeout") => {
                match check(arg, number.as_str()) {
                    Ok(()) => out.push(number.as_str().to_owned()),
                    Err(why) => mistakes.push(mistake(&why, value.span(), "", None)),
                }
            }
            DeValue::Boolean(on) if takes == Takes::Switch => out.push(on.to_string()),
            _ => mistakes.push(wrong_kind(
                name,
                value,
                match takes {
                    Takes::Switch => "true or false",
                    Takes::List => "texts",
                    Takes::Text => "a text",
                },
            )),
        };
        match value.get_ref() {
            DeValue::Array(items) if takes == Takes::List => items.iter().for_each(text),
            _ => text(value),
        }
        out
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Text,
    List,
    Switch,
}

fn takes(arg: &Arg) -> Takes {
    match arg.get_action() {
        ArgAction::SetTrue => Takes::Switch,
        ArgAction::Append => Takes::List,
        _ => Takes::Text,
    }
}

/// Whether a setting can have that value, or why not.
fn check(arg: &Arg, value: &str) -> std::result::Result<(), String> {
    let message = |error: UsageError| error.0;
    let possible: Vec<String> = arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    let name = name_of(arg);
    match name {
        "format" => Format::find(value, &Format::AUDIT).map(drop).map_err(message),
        "profile" => super::profile(value).map(drop).map_err(message),
        "rule" | "skip" => rules_like(value).map_err(message),
        "concurrency" if !value.parse().is_ok_and(|n: u16| (1..=1000).contains(&n)) => {
            Err("a number from 1 to 1000".to_owned())
        }
        "timeout" => args::seconds(value).map(drop),
        "kubernetes-version" => release(value).map(drop),
        "root" if !Path::new(value).is_dir() => Err("no such folder".to_owned()),
        "waivers" if !Path::new(value).exists() => Err("no such file".to_owned()),
        _ if takes(arg) == Takes::Text && !possible.is_empty() && !possible.iter().any(|known| known == value) => {
            let what = match name {
                "fail-on" => "severity",
                "show" => "confidence",
                _ => name,
            };
            let names: Vec<&str> = possible.iter().map(String::as_str).collect();
            Err(unknown(what, value, &names).0)
        }
        _ => Ok(()),
    }
}

/// The command with the file's values in the place of its built-in ones.
fn with_defaults(command: Command, path: &[String], file: &File) -> Command {
    if let Some((first, rest)) = path.split_first() {
        return command.mut_subcommand(first, |inner| with_defaults(inner, rest, file));
    }
    // Only verdicts have all the formats; a file that wishes for one of them does not mean the rest.
    let verdicts = matches!(command.get_name(), "audit" | "show");
    let ids: Vec<(String, Vec<String>)> = settings_of(&command)
        .filter_map(|arg| Some((arg, file.values.get(name_of(arg))?)))
        .filter(|(arg, written)| {
            let common = written.values.iter().all(|name| Format::find(name, &Format::COMMON).is_ok());
            name_of(arg) != "format" || verdicts || common
        })
        .map(|(arg, written)| (arg.get_id().to_string(), written.values.clone()))
        .collect();
    ids.into_iter().fold(command, |command, (id, values)| command.mut_arg(id, |arg| arg.default_values(values)))
}

impl Layers {
    /// Every setting of the command that was called, with what it comes from, by name.
    pub(crate) fn shown(&self) -> wire::Settings {
        let command = Cli::command();
        let path = chosen(&self.matches);
        let leaf = path.iter().try_fold(&command, |command, name| command.find_subcommand(name)).unwrap_or(&command);
        let matches = leaf_of(&self.matches);
        let mut settings: Vec<wire::OwnSetting> = settings_of(leaf).map(|arg| self.one(arg, matches)).collect();
        settings.sort_by(|a, b| a.name.cmp(&b.name));
        let file = self.file.as_ref().map(|file| file.source.name());
        wire::Settings { schema: "portcullis.settings/1", file, settings }
    }

    fn one(&self, arg: &Arg, matches: &ArgMatches) -> wire::OwnSetting {
        let id = arg.get_id().as_str();
        let name = name_of(arg);
        let written = self.file.as_ref().and_then(|file| Some((&file.source, file.values.get(name)?)));
        let (origin, by, place) = match (matches.value_source(id), written) {
            (Some(ValueSource::CommandLine), _) => ("argument", Some(format!("--{name}")), None),
            (Some(ValueSource::EnvVariable), _) => {
                ("environment", arg.get_env().map(|name| name.to_string_lossy().into_owned()), None)
            }
            (_, Some((source, written))) => ("file", None, Some((source.name(), written.place))),
            _ => ("default", None, None),
        };
        let values = matches.get_raw(id).into_iter().flatten().map(|value| value.to_string_lossy().into_owned());
        wire::OwnSetting {
            name: name.to_owned(),
            values: values.collect(),
            origin: origin.to_owned(),
            by,
            location: place.map(|(path, (line, column))| wire::Place { path, line, column }),
        }
    }
}
