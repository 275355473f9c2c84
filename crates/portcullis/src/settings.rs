//! What the typed words mean: names resolved, or refused with the nearest one.

mod fleet;
pub(crate) mod layers;
pub(crate) mod live;
mod source;
mod waivers;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use audit::{
    AuditTarget, Confidence, Judging, KeyError, Look, Profile, PublicKey, Severity, Version, WantedBenchmark,
    live::Access, nearest,
};
use jiff::civil::Date;

pub(crate) use self::source::why;
use crate::args;

/// A call that is wrong: nothing was looked at.
#[derive(Debug)]
pub(crate) struct UsageError(pub(crate) String);

type Result<T> = std::result::Result<T, UsageError>;

pub(crate) fn unknown(what: &str, typed: &str, names: &[&str]) -> UsageError {
    let typed = plain(typed);
    UsageError(match nearest(&typed, names.iter().copied()) {
        Some(name) => format!("no {what} `{typed}`; nearest: {name}"),
        None => format!("no {what} `{typed}`; there is {}", names.join(", ")),
    })
}

/// A text of the user's, with nothing in it that moves a terminal.
pub(crate) fn plain(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

/// What the words and options name, and the current context where they name nothing.
pub(crate) fn targets(args: &args::Seek) -> Result<Vec<AuditTarget>> {
    let access = live::access(args);
    let mut targets = of_words(&args.targets, &access)?;
    if let Some(file) = &args.fleet {
        targets.extend(fleet::read(file, &access)?);
    }
    for way in live::of_options(args, &access, targets.is_empty())? {
        let target = AuditTarget::Live(way);
        if !targets.contains(&target) {
            targets.push(target);
        }
    }
    only_bundles(args, &targets)?;
    Ok(targets)
}

/// The first kind of target that fits, in the order that the documentation gives.
fn of_words(typed: &[String], access: &Access) -> Result<Vec<AuditTarget>> {
    let mut targets = Vec::new();
    let mut stdin = false;
    for text in typed {
        if text == "-" {
            if std::mem::replace(&mut stdin, true) {
                return Err(UsageError("`-` is given twice; standard input can be read once".to_owned()));
            }
            targets.push(AuditTarget::Stdin);
            continue;
        }
        if text == "host" {
            return Err(UsageError(
                "`host`: this version does not look at its own host; for a file of that name write ./host".to_owned(),
            ));
        }
        let named = match live::of_word(text, access) {
            Some(ways) => ways?.into_iter().map(AuditTarget::Live).collect(),
            None => vec![AuditTarget::Path(PathBuf::from(text))],
        };
        // A shell's globs may name a file twice; its findings count once.
        for target in named {
            if !targets.contains(&target) {
                targets.push(target);
            }
        }
    }
    Ok(targets)
}

/// What to look at, and how.
pub(crate) fn look(args: &args::Seek, list: bool) -> Result<Look> {
    let version = args
        .kubernetes_version
        .as_deref()
        .map(|typed| release(typed).map_err(|why| UsageError(format!("--kubernetes-version {}: {why}", plain(typed)))));
    let version = version.transpose()?;
    if let Some(root) = &args.root
        && !root.is_dir()
    {
        return Err(UsageError(format!("--root {}: {}", plain(&root.display().to_string()), why_no_folder(root))));
    }
    let signer = args.verify.as_deref().map(|path| key("--verify", path, PublicKey::read)).transpose()?;
    Ok(Look {
        version,
        root: args.root.clone(),
        list,
        as_of: None,
        pace: live::pace(args),
        signer,
        seen: BTreeMap::new(),
        done: BTreeMap::new(),
    })
}

/// A key in a file.
pub(crate) fn key<T>(option: &str, path: &Path, read: impl Fn(&Path) -> std::result::Result<T, KeyError>) -> Result<T> {
    read(path).map_err(|KeyError(why)| UsageError(format!("{option} {}: {why}", plain(&path.display().to_string()))))
}

/// Refuses to take for verified what has no signature.
fn only_bundles(args: &args::Seek, targets: &[AuditTarget]) -> Result<()> {
    fn other(target: &AuditTarget) -> Option<&AuditTarget> {
        match target {
            AuditTarget::Listed(listed) => listed.targets.iter().find_map(other),
            AuditTarget::Path(path) if audit::is_bundle(path) => None,
            _ => Some(target),
        }
    }
    match targets.iter().find_map(other) {
        Some(other) if args.verify.is_some() => {
            Err(UsageError(format!("--verify: `{}` is no bundle, and nobody signed it", plain(&other.name()))))
        }
        _ => Ok(()),
    }
}

fn why_no_folder(path: &Path) -> &'static str {
    if path.exists() { "not a folder" } else { "no such folder" }
}

/// A release that can exist, or why it cannot.
pub(crate) fn release(typed: &str) -> std::result::Result<Version, String> {
    let version: Version = typed.parse().map_err(|error| format!("{error}"))?;
    audit::plausible(&version)?;
    Ok(version)
}

/// Whether any rule is meant by a pattern.
fn rules_like(pattern: &str) -> Result<()> {
    audit::select(Profile::All, std::slice::from_ref(&pattern.to_owned()), &[]).map(drop).map_err(no_such_rule)
}

fn no_such_rule(error: audit::NoSuchRule) -> UsageError {
    let pattern = plain(&error.pattern);
    UsageError(match error.nearest {
        Some(nearest) => format!("no rule matches `{pattern}`; nearest: {nearest}"),
        None => format!("no rule matches `{pattern}`; portcullis rules lists them"),
    })
}

/// What to ask, and what counts.
///
/// Some formats are a benchmark's own: without a profile that names one, that is CIS.
pub(crate) fn judging(args: &args::Audit, today: Date, needs_benchmark: bool) -> Result<Judging> {
    let profile = profile(&args.profile)?;
    let rules = rules(profile, &args.rules, &args.skip)?;
    let show = match args.show {
        args::Show::Certain => Confidence::Certain,
        args::Show::Probable => Confidence::Probable,
        args::Show::Possible => Confidence::Possible,
    };
    let waivers = args.waivers.as_deref().map(|path| waivers::read(path, today)).transpose()?.unwrap_or_default();
    let benchmark = profile.benchmark();
    // Of several editions each cluster has one, and is asked no more than that.
    let by_edition = benchmark.is_some();
    let benchmark = benchmark.or(needs_benchmark.then_some(WantedBenchmark::Cis));
    Ok(Judging {
        rules,
        show,
        fail_on: fail_on(args.fail_on),
        strict: args.strict,
        waivers,
        benchmark,
        by_edition,
        earlier: report::Fleet::default(),
    })
}

/// The rules that are chosen, of which there has to be one.
pub(crate) fn rules(profile: Profile, wanted: &[String], skipped: &[String]) -> Result<Vec<&'static audit::Rule>> {
    let rules = audit::select(profile, wanted, skipped).map_err(no_such_rule)?;
    if rules.is_empty() {
        return Err(UsageError(
            "no rule is left to ask: --skip leaves out all that --rule and --profile choose".to_owned(),
        ));
    }
    Ok(rules)
}

/// The profile of that name.
pub(crate) fn profile(typed: &str) -> Result<Profile> {
    Profile::find(typed).ok_or_else(|| {
        let name = plain(typed);
        UsageError(match nearest(&name, Profile::names()) {
            Some(near) => format!("no profile `{name}`; nearest: {near}"),
            None => format!("no profile `{name}`; there is all, essential, cis, stig, nsa, and editions as cis-1.12"),
        })
    })
}

/// The least severity that fails a run; `None` for never.
pub(crate) fn fail_on(typed: args::FailOn) -> Option<Severity> {
    match typed {
        args::FailOn::Critical => Some(Severity::Critical),
        args::FailOn::High => Some(Severity::High),
        args::FailOn::Medium => Some(Severity::Medium),
        args::FailOn::Low => Some(Severity::Low),
        args::FailOn::Never => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message<T>(result: Result<T>) -> String {
        result.err().map(|error| error.0).unwrap_or_default()
    }

    #[test]
    fn wrong_names_come_with_the_nearest() {
        assert_eq!(unknown("format", "jsn", &["human", "json"]).0, "no format `jsn`; nearest: json");
        let shown = unknown("format", "yaml\u{1b}[31m", &["human", "json"]).0;
        assert_eq!(shown, "no format `yaml\\u{1b}[31m`; there is human, json");
    }

    #[test]
    fn targets_are_files_or_ways_into_clusters() {
        let none = Access::default();
        let typed = |words: &[&str]| of_words(&words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>(), &none);
        assert_eq!(typed(&["-", "./host"]).expect("two targets").len(), 2);
        assert!(message(typed(&["host"])).contains("./host"));
        assert!(message(typed(&["-", "-"])).contains("twice"));
        assert!(message(typed(&["context:a"])).contains("there is no kubeconfig"));
        assert!(message(typed(&["http://a"])).contains("https://HOST[:PORT]"));
        let asked = typed(&["https://a:6443", "https://a:6443/"]).expect("a cluster");
        assert!(matches!(&asked[..], [AuditTarget::Live(way)] if way.server == "https://a:6443"));
    }
}
