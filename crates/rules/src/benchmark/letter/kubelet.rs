//! What the STIG asks of kubelets: which of two places a setting stands in.
//!
//! Most of its checks want a setting in the file that `--config` names and nowhere on the command line, where the flag is a
//! finding whatever its value (DISA Kubernetes STIG V2R4, check texts). What stands on a command line that was not seen is not
//! known, so that a file alone can miss such a letter and never meet it.

use facts::flags::KUBELET;
use model::{Author, Component, Form, Gap, GapKind, Origin, Site, Version, spelled};
use serde::Deserialize;

use super::{Letter, Op, Test, Written, items};
use crate::say;

/// Where one setting has to stand, and with what value.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) enum Asked {
    /// In the file.
    File(Test),
    /// In the file, or nowhere.
    FileOrUnset(Test),
    /// In the file, up to that release.
    FileUntil(String, Test),
    /// Not in the file; nobody looks at the command line.
    NotInFile(String),
    /// On the command line.
    Line(Test),
    /// Nowhere on the command line; no file has it.
    NotOnLine(String),
}

/// Where it stands.
enum Stands {
    Nowhere,
    File(String),
    Line(String),
    /// Only the process told its value.
    Unplaced,
    Unknown(Gap),
}

impl Asked {
    pub(super) fn setting(&self) -> &str {
        match self {
            Self::File(test) | Self::FileOrUnset(test) | Self::FileUntil(_, test) | Self::Line(test) => &test.flag,
            Self::NotOnLine(name) | Self::NotInFile(name) => name,
        }
    }

    pub(super) fn letter(&self, component: &Component) -> Option<Letter> {
        if let Self::FileUntil(until, _) = self {
            let until = until.parse::<Version>().ok()?.minor;
            // Later releases are not asked.
            if component.release.bounds().1 > until {
                return None;
            }
        }
        let name = self.setting();
        let setting = component.setting(name)?;
        let stands = stands(component, name);
        let flag = flag(name);
        // Whether all of the command line was seen.
        let line_is_seen = component.outranked.is_none();
        let found = match &stands {
            Stands::Nowhere => format!("`{}` is written nowhere", spelled(name)),
            Stands::File(value) if value.is_empty() => format!("`{}` is written in the file and empty", spelled(name)),
            Stands::File(value) => format!("`{}` is `{}` in the file", spelled(name), items(value).join(",")),
            Stands::Line(value) => format!("`{flag}={}` is on the command line", items(value).join(",")),
            Stands::Unplaced => "where it is written the kubelet does not tell".to_owned(),
            Stands::Unknown(gap) => format!("what `{}` is cannot be read: {}", spelled(name), gap.reason),
        };
        Some(Letter {
            met: self.met(&stands, line_is_seen),
            wanted: self.wanted(&flag),
            found,
            instance: component.instance.clone(),
            at: setting.nearest().ok().and_then(|reading| reading.origin.location().cloned()),
        })
    }

    /// `None` where what decides was not seen.
    fn met(&self, stands: &Stands, line_is_seen: bool) -> Option<bool> {
        let if_seen = |met: bool| line_is_seen.then_some(met);
        match (self, stands) {
            (_, Stands::Unplaced | Stands::Unknown(_)) => None,
            (Self::File(_) | Self::FileOrUnset(_) | Self::FileUntil(..) | Self::NotOnLine(_), Stands::Line(_)) => {
                Some(false)
            }
            (Self::NotInFile(_), Stands::File(_)) => Some(false),
            (Self::NotInFile(_), Stands::Line(_) | Stands::Nowhere) => Some(true),
            // A flag that was not seen would be another finding, and no cure for this one.
            (Self::File(test) | Self::FileOrUnset(test) | Self::FileUntil(_, test), Stands::File(value)) => {
                match test.holds(&Written::As(value.clone()))? && !value.is_empty() {
                    true => if_seen(true),
                    false => Some(false),
                }
            }
            (Self::File(_) | Self::FileUntil(..), Stands::Nowhere) => Some(false),
            (Self::FileOrUnset(_), Stands::Nowhere) => if_seen(true),
            (Self::Line(test), Stands::Line(value)) => test.holds(&Written::As(value.clone())),
            (Self::Line(_), Stands::File(_) | Stands::Nowhere) => if_seen(false),
            (Self::NotOnLine(_), Stands::File(_) | Stands::Nowhere) => if_seen(true),
        }
    }

    fn wanted(&self, flag: &str) -> String {
        match self {
            Self::File(test) | Self::FileUntil(_, test) => format!("{} in the file, and no `{flag}`", in_words(test)),
            Self::FileOrUnset(test) => format!("{} in the file or nothing, and no `{flag}`", in_words(test)),
            Self::Line(test) => format!("`{flag}={}` on the command line", test.value),
            Self::NotOnLine(_) => format!("no `{flag}`"),
            Self::NotInFile(name) => format!("no `{name}` in the file"),
        }
    }
}

fn in_words(test: &Test) -> String {
    match test.op {
        Op::Set => format!("`{}`", spelled(&test.flag)),
        _ => test.wanted(),
    }
}

/// The flag of a field, or the flag itself.
fn flag(name: &str) -> String {
    let of_field =
        KUBELET.find(name).and_then(|field| field.flags.iter().find(|flag| !flag.starts_with("experimental-")));
    spelled(of_field.copied().unwrap_or(name))
}

fn stands(component: &Component, name: &str) -> Stands {
    let Some(setting) = component.setting(name) else { return Stands::Nowhere };
    let in_file = |site: &Site| matches!(site.form, Form::Field | Form::Fields(_));
    match setting.nearest() {
        Err(gap) if gap.kind == GapKind::Version && setting.is_left_out => Stands::Nowhere,
        Err(_) if say::is_never_given(component, name) => Stands::Nowhere,
        Err(gap) => Stands::Unknown(gap.clone()),
        Ok(reading) => match &reading.origin {
            Origin::Default { by: Author::Upstream { .. }, .. } => Stands::Nowhere,
            Origin::Written(site) | Origin::Default { home: Some(site), .. } if in_file(site) => {
                Stands::File(reading.value.clone())
            }
            Origin::Written(_) | Origin::Default { .. } => Stands::Line(reading.value.clone()),
            Origin::Implied { .. } | Origin::Reported(_) => Stands::Unplaced,
        },
    }
}
