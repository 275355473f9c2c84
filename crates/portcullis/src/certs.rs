//! `certs`: every certificate seen, by the day on which it ends.

use std::{
    collections::BTreeMap,
    io,
    time::{Duration, Instant},
};

use audit::{
    certs::Outside,
    probe::{ProbeManner, ProbePace},
};
use jiff::{Timestamp, tz::TimeZone};
use report::wire;

use crate::{
    args,
    commands::{day, look_of, tool},
    exit::Exit,
    output::{self, Format, Place, Sink},
    probe,
    settings::{self, UsageError, plain},
    terminal::talk,
};

const FORMATS: [(&str, Format); 3] = [("human", Format::Human), ("json", Format::JSON), ("ical", Format::Calendar)];

pub(crate) fn certs(args: &args::Certs) -> Result<Exit, UsageError> {
    let (clock, started) = (Instant::now(), Timestamp::now());
    let outputs = output::outputs(&args.look, &FORMATS)?;
    let as_of = args.look.as_of.as_deref().map_or(Ok(started), day)?;
    let today = as_of.to_zoned(TimeZone::UTC).date();
    let seek = &args.look.seek;
    let mut look = settings::look(seek, args.look.voice.verbose > 0)?;
    look.as_of = Some(today);
    let endpoints = probe::endpoints(&args.probe)?;
    // An endpoint is enough to look at; what a kubeconfig happens to hold is not meant then.
    let named = !seek.targets.is_empty() || !seek.context.is_empty() || seek.all_contexts || seek.fleet.is_some();
    let targets = if named || endpoints.is_empty() { settings::targets(seek)? } else { Vec::new() };
    if let Some(chosen) = settings::live::chosen(seek, &targets).filter(|_| !args.look.voice.quiet) {
        talk(&chosen);
    }
    let mut sinks =
        outputs.iter().map(|output| Ok((output, Sink::open(&output.place)?))).collect::<Result<Vec<_>, _>>()?;
    let pace = if args.fast { ProbePace::FAST } else { ProbePace::GENTLE };
    let pace = ProbePace { time: Duration::from_secs(seek.timeout), ..pace };
    let now = u64::try_from(as_of.as_second()).unwrap_or_default();
    let manner = ProbeManner { pace, now, record: false, http: false, at_once: probe::AT_ONCE };
    let mut found = {
        let (_meanwhile, done) = probe::watched(&endpoints, args.look.voice.quiet);
        let outside = Outside { endpoints: &endpoints, manner: &manner, done: &done };
        audit::certs::certs(&targets, &look, &outside, today, &mut io::stdin())
    };
    if let Some(days) = args.within {
        found.certificates.retain(|one| one.days_left.is_some_and(|left| i64::from(left) <= i64::from(days)));
    }
    let mut exit = crate::commands::seen(&found.summary, &args.look.voice);
    for unread in found.unread.iter().filter(|unread| unread.what.starts_with("tls://")) {
        talk(&format!("error: nothing to see at {}: {}", plain(&unread.what), plain(&unread.reason)));
        exit = exit.or(Exit::NotEnough);
    }
    if args.within.is_some() && !found.certificates.is_empty() {
        exit = exit.or(Exit::Failed);
    }
    let answer = wire::Certs {
        schema: "portcullis.certs/1",
        tool: tool(),
        run: wire::Run {
            started: started.to_string(),
            duration_ms: u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX),
            as_of: as_of.to_string(),
            settings: BTreeMap::from([
                ("probe".to_owned(), args.probe.join(" ")),
                ("within".to_owned(), args.within.map(|days| days.to_string()).unwrap_or_default()),
            ]),
            exit_code: exit.code(),
        },
        certificates: found.certificates,
        unread: found.unread,
        problems: found.summary.problems.iter().map(report::run_problem).collect(),
    };
    for (output, sink) in &mut sinks {
        match output.format {
            Format::Human => {
                let look = look_of(&args.look.voice, matches!(output.place, Place::File(_)));
                sink.write(|out| out.write_all(report::certs_text(&answer, look).as_bytes()));
            }
            Format::Calendar => sink.write(|out| out.write_all(report::certs_calendar(&answer).as_bytes())),
            Format::Jsonl | Format::Whole(_) => sink.write(|out| report::json(&answer, out)),
        }
    }
    Ok(sinks.into_iter().fold(exit, |exit, (_, sink)| exit.or(sink.finish())))
}
