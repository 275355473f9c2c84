//! The commands: settings into runs, runs into text.

use std::{collections::BTreeMap, env, io, time::Instant};

use audit::{Summary, nearest};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use report::{ClusterReport, Look, Report, wire};

use crate::{
    args,
    exit::Exit,
    output::{self, Format, Output, Place, Sink},
    settings::{self, UsageError, plain},
    terminal::{self, talk},
};

type Outcome = Result<Exit, UsageError>;

/// What a person sees who types the name alone.
pub(crate) fn first_words() -> Exit {
    let text = "\
Tells whether the doors of a Kubernetes control plane are locked, and proves it.

  portcullis audit kube-apiserver.yaml      one file, a folder, or - for standard input
  portcullis audit --context NAME           a cluster that runs; without a name, the current one
  portcullis resolve kube-apiserver.yaml    what is in force, and why
  portcullis explain apiserver-anonymous-auth
  portcullis rules                          every rule, worst first
  portcullis --help                         everything else
";
    terminal::print(text)
}

pub(crate) fn audit(args: &args::Audit) -> Outcome {
    let mut run = Started::new(&args.look, &Format::AUDIT)?;
    let needs_benchmark = run.outputs.iter().any(|output| output.format == Format::Whole(report::Format::KubeBench));
    let judging = settings::judging(args, run.as_of.to_zoned(TimeZone::UTC).date(), needs_benchmark)?;
    run.settings(&[
        ("fail-on", format!("{:?}", args.fail_on).to_lowercase()),
        ("profile", args.profile.clone()),
        ("rule", args.rules.join(" ")),
        ("show", format!("{:?}", args.show).to_lowercase()),
        ("skip", args.skip.join(" ")),
        ("strict", args.strict.to_string()),
        ("waivers", args.waivers.as_deref().map(|path| path.display().to_string()).unwrap_or_default()),
    ]);
    let metas = audit::rule_metas(&judging.rules);
    let wanted = |test: fn(Format) -> bool| run.outputs.iter().any(|output| test(output.format));
    let human = wanted(|format| format == Format::Human);
    let whole = wanted(|format| matches!(format, Format::Whole(_)));
    let lines = wanted(|format| format == Format::Jsonl);
    let mut sinks = run.open()?;
    each(&mut sinks, Format::Jsonl, |out| report::lines::head(&tool(), run.begun(), report::rules(&metas), out));
    let mut clusters: Vec<ClusterReport> = Vec::new();
    let mut converted: Vec<wire::Cluster> = Vec::new();
    let mut progress = run.progress(&args.look.voice);
    let summary = audit::audit(&run.targets, &run.look, &judging, &mut io::stdin().lock(), &mut |cluster| {
        progress.one(&cluster.name);
        if whole || lines {
            let converted_one = report::cluster(&cluster);
            each(&mut sinks, Format::Jsonl, |out| report::lines::cluster(&converted_one, out));
            if whole {
                converted.push(converted_one);
            }
        }
        if human {
            clusters.push(cluster);
        }
    });
    drop(progress);
    let mut exit = seen(&summary, &args.look.voice);
    if summary.failed {
        exit = exit.or(Exit::Failed);
    }
    if summary.undetermined {
        exit = exit.or(Exit::NotEnough);
    }
    let inner = run.finish(clusters, &summary, metas, exit);
    let report = report::report_of(&inner, converted);
    let here = env::current_dir().ok();
    let conversion = report::Conversion {
        report: &report,
        rules: &inner.rules,
        verbose: args.look.voice.verbose > 0,
        strict: args.strict,
        here: here.as_deref(),
    };
    for (output, sink) in &mut sinks {
        match output.format {
            Format::Whole(format) => sink.write(|out| conversion.write(format, out)),
            Format::Human => {
                let text = report::report_text(&inner, style(&args.look, &output.place, false));
                sink.write(|out| out.write_all(text.as_bytes()));
            }
            Format::Jsonl | Format::Calendar => {}
        }
    }
    each(&mut sinks, Format::Jsonl, |out| report::lines::end(&report, out));
    Ok(finished(sinks, exit))
}

pub(crate) fn resolve(args: &args::Resolve) -> Outcome {
    let run = Started::new(&args.look, &Format::COMMON)?;
    let mut sinks = run.open()?;
    let mut clusters: Vec<ClusterReport> = Vec::new();
    let summary =
        audit::resolve(&run.targets, &run.look, &mut io::stdin().lock(), &mut |cluster| clusters.push(cluster));
    let exit = seen(&summary, &args.look.voice);
    let report = run.finish(clusters, &summary, Vec::new(), exit);
    for (output, sink) in &mut sinks {
        if output.format == Format::Human {
            let text = report::effective_text(&report, style(&args.look, &output.place, args.defaults));
            sink.write(|out| out.write_all(text.as_bytes()));
        } else {
            sink.write(|out| report::json(&report::effective(&report), out));
        }
    }
    Ok(finished(sinks, exit))
}

/// Writes the same to every place of a format.
fn each(sinks: &mut [(Output, Sink)], format: Format, write: impl Fn(&mut dyn io::Write) -> io::Result<()>) {
    for (_, sink) in sinks.iter_mut().filter(|(output, _)| output.format == format) {
        sink.write(&write);
    }
}

/// Gives every file its name, and says how that ends.
fn finished(sinks: Vec<(Output, Sink)>, exit: Exit) -> Exit {
    sinks.into_iter().fold(exit, |exit, (_, sink)| exit.or(sink.finish()))
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
    Ok(terminal::print(&report::explain(meta, look)))
}

pub(crate) fn cve(args: &args::Cve) -> Outcome {
    let version =
        settings::release(&args.version).map_err(|why| UsageError(format!("{}: {why}", plain(&args.version))))?;
    let as_of = args.as_of.as_deref().map_or(Ok(Timestamp::now()), day)?;
    let format = Format::find(&args.format, &Format::COMMON)?;
    let answer = audit::cve(&version, as_of.to_zoned(TimeZone::UTC).date(), tool());
    let mut out = Sink::stdout();
    if format == Format::Human {
        let text = report::cve_text(&answer, look_of(&args.voice, false));
        out.write(|out| out.write_all(text.as_bytes()));
    } else {
        out.write(|out| report::json(&answer, out));
    }
    Ok(out.finish())
}

pub(crate) fn rules(args: &args::Rules) -> Outcome {
    let profile = settings::profile(&args.profile)?;
    let metas = audit::select(profile, &[], &[]).map(|rules| audit::rule_metas(&rules)).unwrap_or_default();
    let waiting = audit::waiting(profile);
    let mut out = Sink::stdout();
    if Format::find(&args.format, &Format::COMMON)? == Format::Human {
        let look = Look { width: terminal::width_of_rows(), ..look_of(&args.voice, false) };
        let text = report::rules_table(&metas, &waiting, look);
        out.write(|out| out.write_all(text.as_bytes()));
    } else {
        out.write(|out| report::json(&report::rules(&metas), out));
    }
    Ok(out.finish())
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
    Ok(terminal::print(&text))
}

fn all_rules() -> Vec<report::RuleMeta> {
    audit::select(audit::Profile::All, &[], &[]).map(|rules| audit::rule_metas(&rules)).unwrap_or_default()
}

/// Says what went wrong with the targets, and how that ends.
pub(crate) fn seen(summary: &Summary, voice: &args::Voice) -> Exit {
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
            1 if inputs.unread == 1 && (target.starts_with("context:") || target.contains("://")) => {
                format!("error: nothing to judge in {target}: it gives no answer")
            }
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
    outputs: Vec<Output>,
    settings: BTreeMap<String, String>,
}

impl Started {
    fn new(args: &args::Look, formats: &[(&str, Format)]) -> Result<Self, UsageError> {
        let started = Timestamp::now();
        let outputs = output::outputs(args, formats)?;
        let as_of = args.as_of.as_deref().map_or(Ok(started), day)?;
        let mut look = settings::look(args)?;
        look.as_of = Some(as_of.to_zoned(TimeZone::UTC).date());
        let targets = settings::targets(args)?;
        if let Some(chosen) = settings::live::chosen(args, &targets).filter(|_| !args.voice.quiet) {
            talk(&chosen);
        }
        let mut run = Self { clock: Instant::now(), started, as_of, targets, look, outputs, settings: BTreeMap::new() };
        if let Some(version) = &run.look.version {
            run.settings.insert("kubernetes-version".to_owned(), version.to_string());
        }
        if let Some(root) = &run.look.root {
            run.settings.insert("root".to_owned(), root.display().to_string());
        }
        Ok(run)
    }

    /// Adds what a command has of its own.
    fn settings(&mut self, more: &[(&str, String)]) {
        self.settings.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    }

    fn progress(&self, voice: &args::Voice) -> terminal::Progress {
        let live = self.targets.iter().filter(|target| matches!(target, audit::AuditTarget::Live(_))).count();
        terminal::Progress::of(live, voice.quiet)
    }

    /// Tries every place; the first that cannot be written ends the run before it looks at anything.
    fn open(&self) -> Result<Vec<(Output, Sink)>, UsageError> {
        self.outputs.iter().map(|output| Ok((output.clone(), Sink::open(&output.place)?))).collect()
    }

    fn begun(&self) -> wire::Begun {
        wire::Begun {
            started: self.started.to_string(),
            duration_ms: None,
            as_of: self.as_of.to_string(),
            settings: self.settings.clone(),
            exit_code: None,
        }
    }

    fn finish(
        &self,
        clusters: Vec<ClusterReport>,
        summary: &Summary,
        rules: Vec<report::RuleMeta>,
        exit: Exit,
    ) -> Report {
        let inputs = &summary.inputs;
        Report {
            tool: tool(),
            run: wire::Run {
                started: self.started.to_string(),
                duration_ms: u64::try_from(self.clock.elapsed().as_millis()).unwrap_or(u64::MAX),
                as_of: self.as_of.to_string(),
                settings: self.settings.clone(),
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
            rules,
            clusters,
            problems: summary.problems.clone(),
        }
    }
}

pub(crate) fn tool() -> wire::Tool {
    wire::Tool { name: "portcullis", version: env!("CARGO_PKG_VERSION"), knowledge: audit::knowledge() }
}

fn style(args: &args::Look, place: &Place, defaults: bool) -> Look {
    Look { defaults, ..look_of(&args.voice, place.is_file()) }
}

pub(crate) fn look_of(voice: &args::Voice, to_file: bool) -> Look {
    Look {
        width: terminal::width(),
        color: terminal::color(voice.color, to_file),
        quiet: voice.quiet,
        verbose: voice.verbose > 0,
        defaults: false,
    }
}

/// The start of a day, or a moment.
pub(crate) fn day(typed: &str) -> Result<Timestamp, UsageError> {
    let refused =
        |_| UsageError(format!("--as-of {}: not a date; write it as 2026-11-24 or 2026-11-24T12:00:00Z", plain(typed)));
    if let Ok(moment) = typed.parse::<Timestamp>() {
        return Ok(moment);
    }
    let date: Date = typed.parse().map_err(refused)?;
    date.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp()).map_err(refused)
}
