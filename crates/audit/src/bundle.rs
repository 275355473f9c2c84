//! What targets show, put away unjudged.

use std::io;

use collect::{
    Event, Target,
    bundle::{PrivateKey, Size, Writer},
};
use facts::Redactor;

use crate::{Look, Summary, asks};

/// Writes what every target shows as a bundle, collected at that moment, signed where there is a key. What goes wrong with a
/// target is in the bundle as well. Each cluster is told of by its name, and each target that gave none.
///
/// # Errors
///
/// What keeps the bundle from being written.
pub fn collect(
    targets: &[Target],
    look: &Look,
    (moment, version): (&str, &str),
    key: Option<&PrivateKey>,
    stdin: &mut dyn io::Read,
    out: &mut dyn io::Write,
    on_step: &mut dyn FnMut(Result<&str, &str>),
) -> io::Result<(Summary, Size)> {
    let mut summary = Summary::default();
    let every: Vec<&'static rules::Rule> = rules::all().collect();
    let mut redactor = Redactor::new();
    let mut writer = Writer::new(out, moment, version)?;
    let mut broken = None;
    collect::everything(targets, &look.collecting(asks(&every)), look.pace, &mut redactor, stdin, &mut |event| {
        match event {
            Event::Note(note) => summary.notes.push(note),
            Event::Cluster(arrived) => {
                on_step(Ok(&arrived.gathered.name));
                if broken.is_none() {
                    broken = writer.cluster(&arrived.gathered, arrived.live.as_ref(), &arrived.labels).err();
                }
            }
            Event::Target(target, outcome) => {
                if outcome.clusters == 0 {
                    on_step(Err(&target));
                }
                writer.target(&target, &outcome);
                summary.add(target, outcome);
            }
        }
    });
    match broken {
        Some(error) => Err(error),
        None => Ok((summary, writer.finish(key)?.1)),
    }
}
