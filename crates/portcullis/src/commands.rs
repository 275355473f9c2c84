//! The commands: settings into runs, runs into text.

use std::{collections::BTreeMap, env, io, io::IsTerminal as _, mem, time::Instant};

use audit::{Step, Summary, nearest};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use report::{ClusterReport, Look, Report, wire};

use crate::{
    args,
    exit::Exit,
    output::{self, Format, Output, Place, Sink},
    resume::{self, Ledger},
    settings::{self, UsageError, plain},
    terminal::{self, talk},
};

type Outcome = Result<Exit, UsageError>;

/// What a person sees who types the name alone.
pub(crate) fn first_words() -> Exit {
    let text = "\
Tells whether the doors of a Kubernetes control plane are locked, and proves it.

  portcullis audit kube-apiserver.yaml      one file, a folder, or - for standard input
  portcullis audit --context NAME           a running cluster, by its context
  portcullis resolve kube-apiserver.yaml    what is in force, and why
  portcullis explain apiserver-anonymous-auth
  portcullis rules                          every rule, worst first
  portcullis --help                         everything else
";
    terminal::print(text)
}

pub(crate) fn audit(args: &args::Audit) -> Outcome {
    let mut run = Started::new(&args.look, &Format::AUDIT)?;
    if args.resume.is_some() && run.outputs.iter().any(|output| output.format != Format::Human) {
        return Err(UsageError("--resume writes lines to its own file; leave --format out".to_owned()));
    }
    let needs_benchmark = run.outputs.iter().any(|output| output.format == Format::Whole(report::Format::KubeBench));
    run.settings(&[
        ("fail-on", format!("{:?}", args.fail_on).to_lowercase()),
        ("profile", args.profile.clone()),
        ("rule", args.rules.join(" ")),
        ("show", format!("{:?}", args.show).to_lowercase()),
        ("skip", args.skip.join(" ")),
        ("strict", args.strict.to_string()),
        ("waivers", args.waivers.as_deref().map(|path| path.display().to_string()).unwrap_or_default()),
    ]);
    let mut ledger = args.resume.as_deref().map(|path| Ledger::open(path, &run.settings, &run.targets)).transpose()?;
    if let Some(ledger) = &ledger {
        run.go_on(ledger, args.look.as_of.is_some())?;
    }
    let mut judging = settings::judging(args, run.as_of.to_zoned(TimeZone::UTC).date(), needs_benchmark)?;
    // Made where they are wanted: nothing waits for them before the first file is read.
    let rules = judging.rules.clone();
    let metas = || audit::rule_metas(&rules);
    let wanted = |test: fn(Format) -> bool| run.outputs.iter().any(|output| test(output.format));
    let human = wanted(|format| format == Format::Human);
    let whole = wanted(|format| matches!(format, Format::Whole(_)));
    let lines = wanted(|format| format == Format::Jsonl);
    let mut sinks = run.open()?;
    let head = |out: &mut dyn io::Write| report::lines::head(&tool(), run.begun(), report::rules(&metas()), out);
    each(&mut sinks, Format::Jsonl, head);
    if let Some(ledger) = &mut ledger {
        judging.earlier = ledger.fleet.clone();
        if ledger.is_new() {
            ledger.write(head);
        }
    }
    // Nobody reads of hundreds of clusters one by one, and nobody holds them all.
    let brief = !args.look.voice.quiet
        && args.look.voice.verbose == 0
        && (ledger.is_some() || live(&run.targets) > FEW || run.listed() > FEW);
    let mut clusters: Vec<ClusterReport> = Vec::new();
    let mut converted: Vec<wire::Cluster> = Vec::new();
    let mut progress = run.progress(&args.look.voice);
    let summary = audit::audit(&run.targets, &run.look, &judging, &mut io::stdin(), &mut |step| {
        let (cluster, account) = match step {
            Step::Cluster(cluster, account) => (*cluster, account),
            Step::Nothing(target) => return progress.failed(&target),
        };
        progress.one(&cluster.name);
        if let Some(ledger) = &mut ledger {
            ledger.add(&report::cluster(&cluster), account.as_ref());
        }
        if whole || lines {
            let converted_one = report::cluster(&cluster);
            each(&mut sinks, Format::Jsonl, |out| report::lines::cluster(&converted_one, out));
            if whole {
                converted.push(converted_one);
            }
        }
        if human && !brief {
            clusters.push(cluster);
        }
    });
    drop(progress);
    let mut exit = seen(&summary, &args.look.voice);
    let earlier = || judging.earlier.members.iter().map(|member| &member.summary);
    if summary.failed || judging.fail_on.is_some_and(|from| earlier().any(|known| resume::failed(known, from))) {
        exit = exit.or(Exit::Failed);
    }
    if summary.undetermined || args.strict && earlier().any(|known| known.undetermined > 0) {
        exit = exit.or(Exit::NotEnough);
    }
    let inner = run.finish(clusters, &summary, metas(), exit);
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
                let look = style(&args.look, &output.place, false);
                let text = match brief {
                    true => report::overview_text(&inner, &summary.fleet, look),
                    false => report::report_text(&inner, look),
                };
                sink.write(|out| out.write_all(text.as_bytes()));
            }
            Format::Jsonl | Format::Calendar => {}
        }
    }
    each(&mut sinks, Format::Jsonl, |out| report::lines::end(&report, out));
    if let Some(mut ledger) = ledger {
        ledger.write(|out| report::lines::end(&report, out));
        if let Err(why) = ledger.finish() {
            talk(&format!("error: {why}"));
            exit = exit.or(Exit::Fault);
        }
    }
    // The process ends: what a large report holds need not be taken apart first.
    mem::forget((report, inner));
    Ok(finished(sinks, exit))
}

/// More clusters than this are told of side by side.
const FEW: usize = 20;

pub(crate) fn resolve(args: &args::Resolve) -> Outcome {
    let run = Started::new(&args.look, &Format::COMMON)?;
    let mut sinks = run.open()?;
    let mut clusters: Vec<ClusterReport> = Vec::new();
    let mut progress = run.progress(&args.look.voice);
    let summary = audit::resolve(&run.targets, &run.look, &mut io::stdin(), &mut |step| match step {
        Step::Cluster(cluster, _) => {
            progress.one(&cluster.name);
            clusters.push(*cluster);
        }
        Step::Nothing(target) => progress.failed(&target),
    });
    drop(progress);
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

pub(crate) fn collect(args: &args::Collect) -> Outcome {
    let look = settings::look(&args.seek, args.voice.verbose > 0)?;
    let key = args.sign.as_deref().map(|path| settings::key("--sign", path, audit::PrivateKey::read)).transpose()?;
    let targets = settings::targets(&args.seek)?;
    if let Some(chosen) = settings::live::chosen(&args.seek, &targets).filter(|_| !args.voice.quiet) {
        talk(&chosen);
    }
    let place = if args.output.as_os_str() == "-" { Place::Stdout } else { Place::File(args.output.clone()) };
    if place == Place::Stdout && io::stdout().is_terminal() {
        return Err(UsageError("a bundle is nothing for a terminal; write it to a file".to_owned()));
    }
    place.is_no_target(&args.seek.targets)?;
    let mut sink = Sink::open(&place)?;
    let mut progress = terminal::Progress::of(live(&targets), args.voice.quiet);
    let moment = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let moment = (moment.as_str(), env!("CARGO_PKG_VERSION"));
    let stdin = &mut io::stdin();
    let collected = audit::collect(&targets, &look, moment, key.as_ref(), stdin, &mut sink, &mut |step| match step {
        Ok(name) => progress.one(name),
        Err(target) => progress.failed(target),
    });
    drop(progress);
    let (summary, size) = match collected {
        Ok(collected) => collected,
        Err(error) => {
            sink.abandon();
            talk(&format!("error: cannot write the bundle: {}", plain(&error.to_string())));
            return Ok(Exit::Fault);
        }
    };
    let exit = seen(&summary, &args.voice);
    let finished = sink.finish();
    if finished == Exit::Done && !args.voice.quiet {
        talk(&report::bundle_line(&place.name(), size.clusters, size.pieces, size.unpacked, size.bytes));
    }
    Ok(exit.or(finished))
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
    let as_of = args.tell.as_of.as_deref().map_or(Ok(Timestamp::now()), day)?;
    let format = Format::find(&args.tell.format, &Format::COMMON)?;
    let answer = audit::cve(&version, as_of.to_zoned(TimeZone::UTC).date(), tool());
    let mut out = Sink::stdout();
    if format == Format::Human {
        let text = report::cve_text(&answer, look_of(&args.tell.voice, false));
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

pub(crate) fn rbac_manifest(args: &args::RbacManifest) -> Outcome {
    let rules = settings::rules(settings::profile(&args.profile)?, &args.rules, &args.skip)?;
    Ok(terminal::print(&audit::rbac_manifest(&rules, args.kubelets)))
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
        for note in &summary.notes {
            talk(&format!("note: {}", plain(note)));
        }
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
        let mut look = settings::look(&args.seek, args.voice.verbose > 0)?;
        look.as_of = Some(as_of.to_zoned(TimeZone::UTC).date());
        let targets = settings::targets(&args.seek)?;
        if let Some(chosen) = settings::live::chosen(&args.seek, &targets).filter(|_| !args.voice.quiet) {
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

    /// Takes up a run that was cut: as of its day, without what it has done.
    fn go_on(&mut self, ledger: &Ledger, named_a_day: bool) -> Result<(), UsageError> {
        if let Some(then) = &ledger.as_of {
            let then = day(then)?;
            if named_a_day && then != self.as_of {
                return Err(UsageError(format!(
                    "--as-of: the run that goes on judges as of {then}; leave it out, or name another file"
                )));
            }
            self.as_of = then;
            self.look.as_of = Some(then.to_zoned(TimeZone::UTC).date());
        }
        self.look.seen = ledger.seen();
        self.look.done.clone_from(&ledger.done);
        Ok(())
    }

    /// How many clusters a list names.
    fn listed(&self) -> usize {
        self.targets.iter().filter(|target| matches!(target, audit::AuditTarget::Listed(_))).count()
    }

    /// Adds what a command has of its own.
    fn settings(&mut self, more: &[(&str, String)]) {
        self.settings.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    }

    fn progress(&self, voice: &args::Voice) -> terminal::Progress {
        let is_done = |target: &&audit::AuditTarget| match target {
            audit::AuditTarget::Live(way) => self.look.done.contains_key(&(way.name.clone(), way.target.clone())),
            _ => false,
        };
        let listed = self.targets.iter().flat_map(|target| match target {
            audit::AuditTarget::Listed(listed) => listed.targets.as_slice(),
            other => std::slice::from_ref(other),
        });
        let done = listed.filter(is_done).count();
        terminal::Progress::of(live(&self.targets).saturating_sub(done), voice.quiet)
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
            fleet: summary.across.clone(),
            problems: summary.problems.clone(),
        }
    }
}

/// How many of them are clusters that are asked.
fn live(targets: &[audit::AuditTarget]) -> usize {
    targets.iter().map(audit::AuditTarget::asked).sum()
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
