//! What Portcullis itself was told, and by whom.

use crate::{
    args, commands,
    exit::Exit,
    output::{Format, Sink},
    settings::{UsageError, layers::Layers},
};

/// Prints the settings that an audit called in the same way would have.
pub(crate) fn show(args: &args::Audit, layers: &Layers) -> Result<Exit, UsageError> {
    if let Some(target) = args.look.seek.targets.first() {
        let target = crate::settings::plain(target);
        return Err(UsageError(format!("config show looks at nothing; leave out `{target}`")));
    }
    let settings = layers.shown();
    let mut out = Sink::stdout();
    if Format::find(&args.look.format, &Format::AUDIT)? == Format::JSON {
        out.write(|out| report::json(&settings, out));
    } else {
        let text = report::settings_text(&settings, commands::look_of(&args.look.voice, false));
        out.write(|out| out.write_all(text.as_bytes()));
    }
    Ok(out.finish())
}
