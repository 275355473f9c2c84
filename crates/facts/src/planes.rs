//! One process as several planes show it: what it says of itself, before what is declared.
//!
//! Planes are put one behind the other, nearest first, and the nearest alone decides. Where it could not be read it is a gap
//! that says what the farther one declares, so that a person can judge and no rule does.

use model::{Component, DECLARED, Gap, Reading, Setting, Unanswered, spelled};

/// Puts what is farther away behind a component. A problem of what is declared stays one: it is read again when the process
/// starts the next time.
pub(crate) fn put_behind(component: &mut Component, behind: Component) {
    for setting in &mut component.settings {
        let known = behind.setting(setting.name);
        let farther = known.map(|known| known.readings.clone()).unwrap_or_default();
        if let (Some(Err(gap)), Some(declared)) = (setting.readings.first_mut(), said(&farther)) {
            *gap = quoting(gap, setting.name, declared);
        }
        setting.readings.extend(farther);
    }
    component.problems.extend(behind.problems);
    component.declared_in = behind.declared_in;
}

/// Puts a plane that could not be read behind a component.
pub(crate) fn put_gap_behind(component: &mut Component, gap: &Gap) {
    component.unseen.push(gap.clone());
    component.settings.iter_mut().for_each(|setting| setting.readings.push(Err(gap.clone())));
}

/// Puts a plane that could not be read before a component: what the process says of itself.
pub(crate) fn hide(component: &mut Component, gap: &Gap) {
    for setting in &mut component.settings {
        let Setting { name, readings, is_left_out, unset } = setting;
        // What is declared says nothing of what the process was given.
        *is_left_out = false;
        *unset = None;
        let hidden = said(readings).map_or_else(|| gap.clone(), |reading| quoting(gap, name, reading));
        readings.insert(0, Err(hidden));
    }
}

/// The first of the farther planes that says something.
fn said(readings: &[Result<Reading, Gap>]) -> Option<&Reading> {
    readings.iter().find_map(|reading| reading.as_ref().ok())
}

fn quoting(gap: &Gap, name: &str, reading: &Reading) -> Gap {
    let value = if reading.value.is_empty() { "empty".to_owned() } else { format!("`{}`", reading.value) };
    Gap { reason: format!("{}{DECLARED}`{}` is {value}", gap.reason, spelled(name)), ..gap.clone() }
}

/// The same of something that was worked out of the settings.
pub(crate) fn hidden_view<T>(gap: &Gap, view: &Result<T, Unanswered>, say: impl Fn(&T) -> String) -> Unanswered {
    let reason = match view {
        Ok(known) => format!("{}{DECLARED}{}", gap.reason, say(known)),
        Err(_) => gap.reason.clone(),
    };
    Gap { reason, ..gap.clone() }.into()
}
