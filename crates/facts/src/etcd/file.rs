//! The file of `--config-file`: where one is named, nothing else counts (embed/config.go, `configFromFile`).

use model::{Author, Form, Gap, GapKind, Location, Origin, Problem, ProblemKind, Reading, Site, Span, Version};
use yaml::{Cursor, Value};

use super::FILE;
use crate::{
    File, Files,
    declare::unfilled,
    flags::{ETCD, Flag, Presence, Table},
    line::{Line, mistakes::shown},
    merge::{self, newer_than_data},
    redact::parsable,
};

/// A reading of each flag that a release has.
pub(super) fn every(
    version: &Version,
    mut reading: impl FnMut(&'static Flag) -> Result<Reading, Gap>,
) -> Vec<(&'static str, Result<Reading, Gap>)> {
    let table: &'static Table = &ETCD;
    let present = table.flags.iter().filter(|flag| flag.presence(version) != Presence::No);
    present.map(|flag| (flag.name, reading(flag))).collect()
}

/// What the file says, and nothing else.
pub(super) fn of_file(
    path: &str,
    line: &Line<'_>,
    named: &Reading,
    files: &Files<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<(&'static str, Result<Reading, Gap>)> {
    let version = line.version;
    let look = files.look(path);
    let stop = |kind: ProblemKind, message: String, location: Option<Location>, setting: &str| Problem {
        kind,
        stops: true,
        message,
        hint: None,
        location,
        setting: Some(setting.to_owned()),
    };
    if let Some((kind, fault)) = look.fault() {
        let message = format!("`{path}`, which `--{FILE}` names, {fault}");
        problems.push(stop(kind, message, line.place(FILE).cloned(), FILE));
    }
    let gap = match look {
        File::Unread(gap) => Err(gap),
        File::Read(evidence) => evidence.text().map(|text| (evidence, text)).ok_or_else(|| unread(path)),
        File::Missing(_) | File::Folder(_) => Err(unread(path)),
    };
    let (evidence, text) = match gap {
        Ok(found) => found,
        Err(gap) => return every(version, |flag| if flag.name == FILE { Ok(named.clone()) } else { Err(gap.clone()) }),
    };
    let parsed = parsable(evidence, text);
    let stream = yaml::parse(&parsed, &yaml::Limits::default());
    let root = stream.documents.first().map(|document| document.cursor());
    let home = Site { at: Location::whole(evidence.id.clone(), evidence.plane), form: BY_HAND };
    every(version, |flag| {
        if flag.name == FILE {
            return Ok(named.clone());
        }
        let written = root.as_ref().and_then(|root| field(root, flag.config_field?));
        let Some(node) = written.filter(|node| !node.is_null()) else {
            let known = newer_than_data(&ETCD, version).map_or_else(|| Ok(()), Err);
            known?;
            let default = flag.default(version).map_err(|why| merge::default_gap(&ETCD, flag, version, why))?;
            let kind = flag.kind(version.minor);
            let value = kind.print(&kind.default_value(default.value, version.minor));
            let by = Author::Upstream { since: Some(default.since.to_string()) };
            let origin = Origin::Default { by, home: Some(home.clone()) };
            return Ok(Reading {
                plane: evidence.plane,
                value,
                effective: None,
                open: None,
                origin,
                overrides: Vec::new(),
            });
        };
        let at = Location {
            evidence: evidence.id.clone(),
            plane: evidence.plane,
            span: Some(Span::new(node.span().start, node.span().end)),
            pointer: node.pointer(),
        };
        let text = match node.value() {
            Value::Scalar(scalar) => scalar.text().to_owned(),
            Value::Sequence(_) => {
                node.items().filter_map(|item| item.text().map(str::to_owned)).collect::<Vec<_>>().join(",")
            }
            Value::Mapping(_) => String::new(),
        };
        if let Some(gap) = unfilled(&text) {
            return Err(gap);
        }
        let kind = flag.kind(version.minor);
        let mut value = kind.default_value("", version.minor);
        if let Err(takes) = kind.set(&mut value, false, &text, version.minor) {
            let field = flag.config_field.unwrap_or(flag.name);
            problems.push(stop(
                ProblemKind::Refused,
                format!("`{field}` takes {takes}, not `{}`", shown(&text)),
                Some(at),
                flag.name,
            ));
            return Err(Gap {
                kind: GapKind::Manual,
                reason: format!("`{field}` takes {takes}, so that etcd does not start"),
                wanted: format!("--{}", flag.name),
                who_could_answer: "whoever maintains the file".to_owned(),
            });
        }
        let origin = Origin::Written(Site { at, form: Form::Field });
        let value = kind.print(&value);
        Ok(Reading { plane: evidence.plane, value, effective: None, open: None, origin, overrides: Vec::new() })
    })
}

const BY_HAND: Form = Form::ByHand("it is a key of etcd's configuration file");

/// A key at the root, or in a part that stands there.
fn field<'a>(root: &Cursor<'a>, key: &str) -> Option<Cursor<'a>> {
    match key.split_once('.') {
        Some((part, key)) => root.get(part)?.get(key),
        None => root.get(key),
    }
}

fn unread(path: &str) -> Gap {
    Gap {
        kind: GapKind::Unread,
        reason: format!("`{path}` is all that counts, and what it says was not read"),
        wanted: path.to_owned(),
        who_could_answer: "whoever maintains that file".to_owned(),
    }
}
