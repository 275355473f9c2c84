//! Files of variables from which a unit starts the API server: `/etc/kubernetes/apiserver`, `/etc/default/kube-apiserver`,
//! `kube-apiserver.conf`.
//!
//! Packages of distributions split the command line into variables (kubernetes of Fedora and CentOS: `KUBE_API_ADDRESS`,
//! `KUBE_ETCD_SERVERS`, `KUBE_API_ARGS`), and tutorials hold all of it in one (`KUBE_APISERVER_OPTS`). The grammar is that of
//! systemd's environment files (`unit/environment`). Which variables the unit takes, and what stands beside them, is not
//! here: what the file sets is read, and what it does not set stays open. Below a root the unit reads the file, and tells the
//! whole.

use model::{Evidence, Form, Gap, GapKind, Location, Site};

use super::{
    Source,
    command::{self, Program, unfilled},
    unit::{self, Held, environment_file},
};
use crate::{Files, Invocation, Word};

/// Flags of an API server that no other component has, one of which such a file sets.
const OWN: [&str; 7] = [
    "--admission-control",
    "--enable-admission-plugins",
    "--etcd-servers",
    "--etcd_servers",
    "--insecure-bind-address",
    "--kubelet-client-certificate",
    "--service-account-issuer",
];

/// More variables than any unit takes, and a longer file than anybody writes.
const MOST: usize = 256;
const LONGEST: usize = 1 << 18;

/// Whether a text holds the words without which it declares nothing.
pub(super) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    OWN.iter().any(|flag| text.contains(flag)) && text.contains("=")
}

/// Whether a text is a file of variables that hold flags of an API server.
pub(super) fn declares(source: &Source<'_>) -> bool {
    is_one(source.text)
}

/// The same. Such a text is no YAML and means to be none.
pub(crate) fn is_one(text: &str) -> bool {
    if !speaks(text) || text.len() > LONGEST {
        return false;
    }
    // Every line that does not continue another is an assignment, so that no script is taken for one.
    let mut continues: Option<char> = None;
    for line in text.lines() {
        let line = line.trim_start_matches('\u{feff}').trim();
        if let Some(quote) = continues {
            // Either the quote that was opened ends, or the backslash did.
            let ends = if quote == '\\' { !line.ends_with('\\') } else { line.ends_with(quote) };
            continues = continues.filter(|_| !ends);
            continue;
        }
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let Some((name, value)) = line.split_once('=') else { return false };
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_name || name.starts_with(|c: char| c.is_ascii_digit()) {
            return false;
        }
        let value = value.trim();
        let quote = value.chars().next().filter(|first| matches!(first, '"' | '\''));
        continues = match quote {
            Some(quote) if value.len() == 1 || !value.ends_with(quote) => Some(quote),
            None if value.ends_with('\\') => Some('\\'),
            _ => None,
        };
    }
    let flags = words(text, &|_, _| Location::whole(model::EvidenceId::new(String::new()), model::Plane::Declared));
    flags.iter().any(|word| OWN.contains(&word.text.split('=').next().unwrap_or_default()))
}

/// The API server whose unit takes the variables.
pub(super) fn invocations(source: &Source<'_>, evidence: &[Evidence]) -> Vec<Invocation> {
    if is_read_with_unit(source, evidence) {
        return Vec::new();
    }
    let mut words = words(source.text, &|start, end| source.location(yaml::Span::new(start, end), String::new()));
    let open = Gap {
        kind: GapKind::Unread,
        reason: "the unit that takes these variables was not given, and may say more".to_owned(),
        wanted: "the unit that reads the file".to_owned(),
        who_could_answer: "give the unit beside it, or the node's root with --root".to_owned(),
    };
    let open_ended = command::shorten(&mut words).or(Some(open));
    let home = words.iter().rev().find(|word| !word.text.is_empty()).map(|word| word.site.at.clone());
    vec![Invocation {
        open_ended,
        list: home.map(|at| Site { at, form: Form::Lines }),
        ..source.process(Program::ApiServer, None, words)
    }]
}

/// The words of all variables that hold flags, in the order of the file; of two of one name the last counts.
fn words(text: &str, at: &dyn Fn(usize, usize) -> Location) -> Vec<Word> {
    let mut variables: Vec<(String, Held)> = Vec::new();
    for (name, held) in environment_file(text, 0).into_iter().take(MOST) {
        variables.retain(|(known, _)| *known != name);
        variables.push((name, held));
    }
    let mut found = Vec::new();
    for (_, held) in &variables {
        let glyphs = &held.glyphs;
        if !glyphs.iter().map(|glyph| glyph.is).skip_while(|c| c.is_whitespace()).take(2).eq(['-', '-']) {
            continue;
        }
        for part in glyphs.split(|glyph| glyph.is.is_whitespace()).filter(|part| !part.is_empty()) {
            let written: String = part.iter().map(|glyph| glyph.is).collect();
            // systemd drops quotes inside of a value that it splits (extract-word.c).
            let text: String = written.chars().filter(|c| !matches!(c, '"' | '\'')).collect();
            let (Some(first), Some(last)) = (part.first(), part.last()) else { continue };
            let site = Site { at: at(first.start, last.end), form: Form::Line };
            found.push(Word { unresolved: unfilled(&text), ..Word::written(text, site) });
        }
    }
    found
}

/// Whether a unit of the same node reads the file.
fn is_read_with_unit(source: &Source<'_>, evidence: &[Evidence]) -> bool {
    let Some(root) = source.root else { return false };
    let may = |piece: &Evidence, text: &str| piece.id != *source.evidence && unit::speaks(text);
    let found = unit::beside(source, evidence, may, |unit| {
        unit::environment_files(unit, evidence).iter().find(|path| Files::id(root, path) == *source.evidence).cloned()
    });
    found.is_some()
}
