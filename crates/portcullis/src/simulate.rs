//! `simulate`: words into a question for the engines, and its answer into text.

use std::io;

use audit::simulate::{self, Question, State, Unanswered};

use crate::{
    args,
    commands::look_of,
    exit::Exit,
    output::{Format, Sink},
    settings::{self, UsageError, plain, unknown},
    terminal::talk,
};

pub(crate) fn simulate(args: &args::Simulate) -> Result<Exit, UsageError> {
    let shared = args.shared();
    let format = Format::find(&shared.format, &Format::COMMON)?;
    let version = shared.kubernetes_version.as_deref();
    let version = version
        .map(|typed| {
            settings::release(typed).map_err(|why| UsageError(format!("--kubernetes-version {}: {why}", plain(typed))))
        })
        .transpose()?;
    let question = question(args)?;
    let target = simulate::target_of(&shared.file);
    let answer = match simulate::simulate(&target, &question, version.as_ref(), &mut io::stdin().lock()) {
        Ok(answer) => answer,
        Err(Unanswered::Wrong(why)) => return Err(UsageError(plain(&why))),
        Err(Unanswered::NothingThere(why)) => {
            talk(&format!("error: nothing to simulate in {}: {}", plain(&shared.file), plain(&why)));
            return Ok(Exit::NotEnough);
        }
    };
    let mut out = Sink::stdout();
    if format == Format::Human {
        let text = report::simulation_text(&answer, &shared.file, look_of(&shared.voice, false));
        out.write(|out| out.write_all(text.as_bytes()));
    } else {
        out.write(|out| report::json(&answer, out));
    }
    let exit = if answer.starts { Exit::Done } else { Exit::Failed };
    Ok(exit.or(out.finish()))
}

fn question(args: &args::Simulate) -> Result<Question, UsageError> {
    Ok(match args {
        args::Simulate::AuditPolicy { shared, asked } => {
            Question::AuditPolicy(requests(&asked.requests, &shared.file)?)
        }
        args::Simulate::Authorization { shared, asked, webhooks } => {
            let states = webhooks.iter().map(|typed| state(typed)).collect::<Result<_, _>>()?;
            Question::Authorization(requests(&asked.requests, &shared.file)?, states)
        }
        args::Simulate::Encryption { resources, .. } => {
            for resource in resources {
                if resource.is_empty() || resource.contains('*') || resource.contains('/') {
                    let typed = plain(resource);
                    let why = "is no resource; name one as secrets or deployments.apps";
                    return Err(UsageError(format!("--resource: `{typed}` {why}")));
                }
            }
            Question::Encryption(resources.clone())
        }
    })
}

/// `NAME=STATE`
fn state(typed: &str) -> Result<(String, State), UsageError> {
    let names = State::ALL.map(|(name, _)| name);
    let Some((webhook, name)) = typed.split_once('=').filter(|(webhook, _)| !webhook.is_empty()) else {
        let states = names.join("|");
        return Err(UsageError(format!("--webhook {}: write it as NAME={states}", plain(typed))));
    };
    let found = State::ALL.into_iter().find(|(known, _)| *known == name);
    found.map(|(_, state)| (webhook.to_owned(), state)).ok_or_else(|| unknown("state of a webhook", name, &names))
}

fn requests(path: &str, file: &str) -> Result<Vec<simulate::Request>, UsageError> {
    if path == "-" && file == "-" {
        return Err(UsageError("`-` is given twice; standard input can be read once".to_owned()));
    }
    let shown = plain(path);
    let text = simulate::text_of(&simulate::target_of(path), &mut io::stdin().lock())
        .map_err(|why| UsageError(format!("--requests {shown}: {}", plain(&why))))?;
    simulate::read_requests(&text).map_err(|error| {
        let line = error.line.map(|line| format!(":{line}")).unwrap_or_default();
        UsageError(format!("--requests {shown}{line}: {}", plain(&error.message)))
    })
}
