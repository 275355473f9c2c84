//! `probe`: words into endpoints, and what they show into text.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use audit::probe::{self, Endpoint, NoEndpoint, ProbeManner, ProbePace};
use jiff::Timestamp;
use report::wire;

use crate::{
    args,
    commands::{look_of, tool},
    exit::Exit,
    output::{Format, Place, Sink},
    settings::{self, UsageError, plain},
    terminal::{Meanwhile, talk},
};

/// Endpoints that are looked at side by side.
pub(crate) const AT_ONCE: usize = 8;

pub(crate) fn probe(args: &args::Probe) -> Result<Exit, UsageError> {
    let (clock, started) = (Instant::now(), Timestamp::now());
    let format = Format::find(&args.tell.format, &Format::COMMON)?;
    let typed = args.tell.as_of.as_deref().map(crate::commands::day).transpose()?;
    let mut evidence = args.evidence.as_ref().map(|file| Sink::open(&Place::File(file.clone()))).transpose()?;
    let (found, as_of) = match &args.replay {
        Some(file) => match probe::saved(&audit::AuditTarget::Path(file.clone()), &mut std::io::stdin().lock()) {
            Ok(saved) => {
                let as_of = typed.unwrap_or(saved.as_of);
                (probe::replay(saved, as_of), as_of)
            }
            Err(why) => {
                talk(&format!("error: nothing to judge in {}: {}", plain(&file.display().to_string()), plain(&why)));
                return Ok(Exit::NotEnough);
            }
        },
        None => {
            let as_of = typed.unwrap_or(started);
            let endpoints = endpoints(&args.endpoints)?;
            let pace = if args.fast { ProbePace::FAST } else { ProbePace::GENTLE };
            let pace = ProbePace { time: Duration::from_secs(args.timeout), ..pace };
            let now = u64::try_from(as_of.as_second()).unwrap_or_default();
            let manner = ProbeManner { pace, now, record: evidence.is_some(), http: true, at_once: AT_ONCE };
            let (_meanwhile, done) = watched(&endpoints, args.tell.voice.quiet);
            (probe::probe(&endpoints, &manner, as_of, &done), as_of)
        }
    };
    let mut exit = Exit::Done;
    for (endpoint, why) in &found.nothing_seen {
        talk(&format!("error: nothing to see at {}: {}", plain(endpoint), plain(why)));
        exit = exit.or(Exit::NotEnough);
    }
    for endpoint in &found.contradicted {
        let file = args.replay.as_deref().map(|file| file.display().to_string()).unwrap_or_default();
        talk(&format!("error: {}: its bytes do not show what it says of {}", plain(&file), plain(endpoint)));
        exit = exit.or(Exit::NotEnough);
    }
    let fail_on = settings::fail_on(args.fail_on);
    if fail_on.is_some_and(|least| found.worst.is_some_and(|worst| worst >= least)) {
        exit = exit.or(Exit::Failed);
    }
    let replayed = args.replay.iter().map(|file| ("replay".to_owned(), file.display().to_string()));
    let settings = BTreeMap::from([
        ("fail-on".to_owned(), format!("{:?}", args.fail_on).to_lowercase()),
        ("fast".to_owned(), args.fast.to_string()),
        ("timeout".to_owned(), args.timeout.to_string()),
    ]);
    let settings = settings.into_iter().chain(replayed).collect();
    let answer = wire::Probe {
        schema: "portcullis.probe/1",
        tool: tool(),
        run: wire::Run {
            started: started.to_string(),
            duration_ms: u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX),
            as_of: as_of.to_string(),
            settings,
            exit_code: exit.code(),
        },
        endpoints: found.endpoints,
    };
    if let Some(sink) = &mut evidence {
        sink.write(|out| report::json(&found.exchanges, out));
    }
    let mut out = Sink::stdout();
    if format == Format::Human {
        let text = report::probe_text(&answer, look_of(&args.tell.voice, false));
        out.write(|out| out.write_all(text.as_bytes()));
    } else {
        out.write(|out| report::json(&answer, out));
    }
    let kept = evidence.map_or(Exit::Done, Sink::finish);
    Ok(exit.or(out.finish()).or(kept))
}

/// Says how far a look is for as long as the first lives; the second is to be called whenever one endpoint was looked at.
pub(crate) fn watched(endpoints: &[Endpoint], quiet: bool) -> (Meanwhile, impl Fn()) {
    let seen = Arc::new(AtomicUsize::new(0));
    let (told, count) = (Arc::clone(&seen), endpoints.len());
    let name: String = endpoints.first().map(ToString::to_string).unwrap_or_default().chars().take(40).collect();
    let line = move || match count {
        1 => format!("looking at {name} from outside"),
        _ => format!("looked from outside at {} of {count} endpoints", told.load(Ordering::Relaxed)),
    };
    // Where there is nobody to look at nobody waits.
    let meanwhile = Meanwhile::say(line, quiet || count == 0);
    let count = move || {
        seen.fetch_add(1, Ordering::Relaxed);
    };
    (meanwhile, count)
}

pub(crate) fn endpoints(typed: &[String]) -> Result<Vec<Endpoint>, UsageError> {
    let mut found: Vec<Endpoint> = Vec::new();
    for text in typed {
        let endpoint = text.parse().map_err(|NoEndpoint(why)| {
            UsageError(format!("`{}` is no endpoint: {why}; write it as HOST[:PORT]", plain(text)))
        })?;
        if !found.contains(&endpoint) {
            found.push(endpoint);
        }
    }
    Ok(found)
}
