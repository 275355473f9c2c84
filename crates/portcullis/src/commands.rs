//! The commands: settings into runs, runs into text.

use std::{collections::BTreeMap, io, path::Path, time::Instant};

use audit::{Judging, Summary, nearest};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use report::{ClusterReport, Look, Report, wire};

use crate::{
    args,
    exit::Exit,
    settings::{self, Format, UsageError, plain},
    terminal::{self, talk},
};

type Outcome = Result<Exit, UsageError>;

/// What a person sees who types the name alone.
pub(crate) fn first_words() -> Exit {
    let text = "\
Tells whether the doors of a Kubernetes control plane are locked, and proves it.

  portcullis audit kube-apiserver.yaml      one file, a folder, or - for standard input
  portcullis resolve kube-apiserver.yaml    what is in force, and why
  portcullis explain apiserver-anonymous-auth
  portcullis rules                          every rule, worst first
  portcullis --help                         everything else
";
    terminal::print(text, None)
}

pub(crate) fn audit(args: &args::Audit) -> Outcome {
    let run = Started::new(&args.look)?;
    let judging = settings::judging(args)?;
    let mut clusters: Vec<ClusterReport> = Vec::new();
    let mut converted: Vec<wire::Cluster> = Vec::new();
    let summary =
        audit::audit(&run.targets, &run.look, &judging, &mut io::stdin().lock(), &mut |cluster| match run.format {
            Format::Json => converted.push(report::cluster(&cluster)),
            Format::Human => clusters.push(cluster),
        });
    let mut exit = seen(&summary, &args.look.voice);
    if summary.failed {
        exit = exit.or(Exit::Failed);
    }
    if summary.undetermined {
        exit = exit.or(Exit::NotEnough);
    }
    let settings = [
        ("fail-on", format!("{:?}", args.fail_on).to_lowercase()),
        ("profile", args.profile.clone()),
        ("rule", args.rules.join(" ")),
        ("show", format!("{:?}", args.show).to_lowercase()),
        ("skip", args.skip.join(" ")),
        ("strict", args.strict.to_string()),
    ];
    let report = run.finish(clusters, &summary, Some(&judging), exit, &settings);
    let file = args.look.output.as_deref();
    Ok(exit.or(match run.format {
        Format::Json => terminal::print_json(&report::report_of(&report, converted), file),
        Format::Human => terminal::print(&report::report_text(&report, run.style(&args.look, false)), file),
    }))
}

pub(crate) fn resolve(args: &args::Resolve) -> Outcome {
    let run = Started::new(&args.look)?;
    let mut clusters: Vec<ClusterReport> = Vec::new();
    let summary =
        audit::resolve(&run.targets, &run.look, &mut io::stdin().lock(), &mut |cluster| clusters.push(cluster));
    let exit = seen(&summary, &args.look.voice);
    let report = run.finish(clusters, &summary, None, exit, &[]);
    let file = args.look.output.as_deref();
    Ok(exit.or(match run.format {
        Format::Json => terminal::print_json(&report::effective(&report), file),
        Format::Human => terminal::print(&report::effective_text(&report, run.style(&args.look, args.defaults)), file),
    }))
}

pub(crate) fn explain(args: &args::Explain) -> Outcome {
    let metas = all_rules();
    let Some(meta) = metas.iter().find(|meta| meta.card.id == args.rule) else {
        let typed = plain(&args.rule);
        return Err(UsageError(match nearest(&typed, metas.iter().map(|meta| meta.card.id)) {
            Some(name) => format!("no rule `{typed}`; nearest: {name}"),
            None => format!("no rule `{typed}`; portcullis rules lists them"),
        }));
    };
    let look = look_of(&args.voice, false);
    Ok(terminal::print(&report::explain(meta, look), None))
}

pub(crate) fn rules(args: &args::Rules) -> Outcome {
    let metas = all_rules();
    Ok(match Format::find(&args.format)? {
        Format::Human => terminal::print(&report::rules_table(&metas, look_of(&args.voice, false)), None),
        Format::Json => terminal::print_json(&report::rules(&metas), None),
    })
}

pub(crate) fn schema(args: &args::Schema) -> Outcome {
    let Some(text) = report::schema(&args.name) else {
        let typed = plain(&args.name);
        let names = report::schemas();
        return Err(UsageError(match nearest(&typed, names.into_iter()) {
            Some(name) => format!("no schema `{typed}`; nearest: {name}"),
            None => format!("no schema `{typed}`; there is {}", names.join(", ")),
        }));
    };
    Ok(terminal::print(&text, None))
}

fn all_rules() -> Vec<report::RuleMeta> {
    audit::select(audit::Profile::All, &[], &[]).map(|rules| audit::rule_metas(&rules)).unwrap_or_default()
}

/// Says what went wrong with the targets, and how that ends.
fn seen(summary: &Summary, voice: &args::Voice) -> Exit {
    for (file, kind) in &summary.files {
        talk(&format!("{kind:<10} {}", plain(file)));
    }
    if !voice.quiet {
        for problem in &summary.problems {
            talk(&report::problem_line(problem));
        }
    }
    let mut exit = Exit::Done;
    for (target, inputs) in &summary.empty {
        let target = plain(target);
        let total = inputs.total();
        let list = if voice.verbose == 0 { " (-v lists them)" } else { "" };
        talk(&match total {
            0 => format!("error: nothing to judge in {target}: it holds no file"),
            _ if inputs.unread == total => format!("error: nothing to judge in {target}: nothing in it could be read"),
            1 if inputs.templated == 1 => format!("error: nothing to judge in {target}: it is a template"),
            1 if inputs.broken == 1 => format!("error: nothing to judge in {target}: it does not parse"),
            1 => format!("error: nothing to judge in {target}: it declares no component we know"),
            _ => format!(
                "error: nothing to judge in {target}: {total} files looked at, none declares a component we know{list}"
            ),
        });
        exit = exit.or(Exit::NotEnough);
    }
    for rule in &summary.faults {
        talk(&format!(
            "error: the rule {rule} failed on this evidence, which is a fault of Portcullis; please report it"
        ));
        exit = exit.or(Exit::Fault);
    }
    exit
}

/// A run that looks at targets, from the moment it began.
struct Started {
    clock: Instant,
    started: Timestamp,
    as_of: Timestamp,
    targets: Vec<audit::AuditTarget>,
    look: audit::Look,
    format: Format,
}

impl Started {
    fn new(args: &args::Look) -> Result<Self, UsageError> {
        let started = Timestamp::now();
        let format = Format::find(&args.format)?;
        let as_of = args.as_of.as_deref().map_or(Ok(started), day)?;
        let look = settings::look(args)?;
        let targets = settings::targets(&args.targets)?;
        Ok(Self { clock: Instant::now(), started, as_of, targets, look, format })
    }

    fn finish(
        &self,
        clusters: Vec<ClusterReport>,
        summary: &Summary,
        judging: Option<&Judging>,
        exit: Exit,
        settings: &[(&str, String)],
    ) -> Report {
        let mut settings: BTreeMap<String, String> =
            settings.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        if let Some(version) = &self.look.version {
            settings.insert("kubernetes-version".to_owned(), version.to_string());
        }
        if let Some(root) = &self.look.root {
            settings.insert("root".to_owned(), root.display().to_string());
        }
        let inputs = &summary.inputs;
        Report {
            tool: wire::Tool { name: "portcullis", version: env!("CARGO_PKG_VERSION"), knowledge: audit::knowledge() },
            run: wire::Run {
                started: self.started.to_string(),
                duration_ms: u64::try_from(self.clock.elapsed().as_millis()).unwrap_or(u64::MAX),
                as_of: self.as_of.to_string(),
                settings,
                exit_code: exit.code(),
            },
            inputs: wire::Inputs {
                judged: inputs.judged,
                supporting: inputs.supporting,
                not_ours: inputs.not_ours,
                templated: inputs.templated,
                broken: inputs.broken,
                unread: inputs.unread,
            },
            rules: judging.map(|judging| audit::rule_metas(&judging.rules)).unwrap_or_default(),
            clusters,
            problems: summary.problems.clone(),
        }
    }

    fn style(&self, args: &args::Look, defaults: bool) -> Look {
        let to_file = args.output.as_deref().is_some_and(|path| path != Path::new("-"));
        Look { color: terminal::color(args.voice.color, to_file), defaults, ..look_of(&args.voice, to_file) }
    }
}

fn look_of(voice: &args::Voice, to_file: bool) -> Look {
    Look {
        width: terminal::width(),
        color: terminal::color(voice.color, to_file),
        quiet: voice.quiet,
        verbose: voice.verbose > 0,
        defaults: false,
    }
}

/// The start of a day, or a moment.
fn day(typed: &str) -> Result<Timestamp, UsageError> {
    let refused =
        |_| UsageError(format!("--as-of {}: not a date; write it as 2026-11-24 or 2026-11-24T12:00:00Z", plain(typed)));
    if let Ok(moment) = typed.parse::<Timestamp>() {
        return Ok(moment);
    }
    let date: Date = typed.parse().map_err(refused)?;
    date.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp()).map_err(refused)
}
