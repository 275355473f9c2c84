//! `diff`: two reports in, what changed between them out.

use std::io;

use crate::{
    args,
    commands::look_of,
    exit::Exit,
    output::{Format, Sink},
    settings::{self, UsageError, plain},
};

pub(crate) fn diff(args: &args::Diff) -> Result<Exit, UsageError> {
    let format = Format::find(&args.format, &Format::COMMON)?;
    if args.older == "-" && args.newer == "-" {
        return Err(UsageError("`-` is given twice; standard input can be read once".to_owned()));
    }
    let diff = audit::diff(&args.older, &args.newer, &mut io::stdin().lock()).map_err(|why| UsageError(plain(&why)))?;
    let mut out = Sink::stdout();
    if format == Format::Human {
        let text = report::diff_text(&diff, look_of(&args.voice, false));
        out.write(|out| out.write_all(text.as_bytes()));
    } else {
        out.write(|out| report::json(&diff, out));
    }
    let fails = settings::fail_on(args.fail_on).is_some_and(|from| audit::fails_anew(&diff, from));
    Ok(if fails { Exit::Failed } else { Exit::Done }.or(out.finish()))
}
