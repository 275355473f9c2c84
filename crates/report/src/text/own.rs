//! The settings of Portcullis itself, for a person.

use std::fmt::Write as _;

use super::{
    Look,
    wrap::{Paint, indented, plain, width},
};
use crate::wire::{OwnSetting, Settings};

/// Each setting with its value, and below a value that somebody gave, who gave it.
pub fn settings_text(settings: &Settings, look: Look) -> String {
    let paint = Paint(look.color);
    let file = settings.file.as_deref().map_or("none was found".to_owned(), plain);
    let mut text = format!("Settings file: {file}\n\n");
    let longest = settings.settings.iter().map(|setting| width(&setting.name)).max().unwrap_or(0);
    for setting in &settings.settings {
        let value = if setting.values.is_empty() { "(not set)".to_owned() } else { plain(&setting.values.join(", ")) };
        let line = format!("{:<longest$}  {value}", setting.name);
        let from = from(setting);
        // Beside the value where that fits, else below it.
        let beside = format!("{line:<padded$}  {from}", padded = longest + 2 + 20);
        if width(&beside) <= look.width {
            let _ = writeln!(text, "{}", beside.replacen(&from, &paint.dim(&from), 1));
        } else {
            text.push_str(&indented(&line, 0, longest + 2, look.width));
            text.push_str(&indented(&from, longest + 2, longest + 2, look.width));
        }
    }
    text
}

fn from(setting: &OwnSetting) -> String {
    match (&setting.location, &setting.by) {
        (Some(place), _) => format!("{}:{}:{}", plain(&place.path), place.line, place.column),
        (None, Some(by)) => plain(by),
        (None, None) => setting.origin.clone(),
    }
}
