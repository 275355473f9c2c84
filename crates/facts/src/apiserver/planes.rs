//! One server as several planes show it: what the process says, before what is declared.
//!
//! Planes are put one behind the other, nearest first, and the nearest alone decides. Where it could not be read it is a gap
//! that says what the farther one declares, so that a person can judge and no rule does.

use model::{Contradiction, DECLARED, Gap, Location, Origin, Reading, Setting, Unanswered};

use super::{Anonymous, ApiServer, Authorizers};
use crate::{pki::Certificate, running::Told};

impl ApiServer {
    /// The same server with what is farther away behind it. A problem of what is declared stays one: it is read again when
    /// the process starts the next time.
    pub(crate) fn over(mut self, farther: Self) -> Self {
        let Self { component: behind, .. } = farther;
        for setting in &mut self.component.settings {
            let known = behind.setting(setting.name);
            let farther = known.map(|known| known.readings.clone()).unwrap_or_default();
            if let (Some(Err(gap)), Some(declared)) = (setting.readings.first_mut(), said(&farther)) {
                *gap = quoting(gap, setting.name, declared);
            }
            setting.readings.extend(farther);
        }
        self.component.problems.extend(behind.problems);
        self.component.declared_in = behind.declared_in;
        self
    }

    /// The same server with a farther plane behind it that could not be read.
    pub(crate) fn over_gap(mut self, gap: &Gap) -> Self {
        self.component.unseen.push(gap.clone());
        self.component.settings.iter_mut().for_each(|setting| setting.readings.push(Err(gap.clone())));
        self
    }

    /// The same server where what the process says of itself could not be read.
    pub(crate) fn hidden_by(mut self, gap: &Gap) -> Self {
        for setting in &mut self.component.settings {
            let Setting { name, readings, is_left_out } = setting;
            // What is declared says nothing of what the process was given.
            *is_left_out = false;
            let hidden = said(readings).map_or_else(|| gap.clone(), |reading| quoting(gap, name, reading));
            readings.insert(0, Err(hidden));
        }
        self.anonymous = Err(hidden_view(gap, &self.anonymous, |anonymous: &Anonymous| {
            format!("`{}` is `{}`", anonymous.setting, anonymous.enabled)
        }));
        self.authorizers = Err(hidden_view(gap, &self.authorizers, |chain: &Authorizers| {
            format!("`{}` is `{}`", chain.setting, chain.modes.join(","))
        }));
        self.issuers = Err(gap.clone().into());
        // Which files it reads is what it was given, too.
        self.files.iter_mut().for_each(|(_, file)| *file = Err(gap.clone()));
        self.key_files.iter_mut().for_each(|file| file.items = Err(gap.clone()));
        self.kubeconfigs.iter_mut().for_each(|file| file.read = Err(gap.clone()));
        self.audit_webhook = Err(gap.clone().into());
        self
    }

    /// The same server with a switch as its answers show it. Only for one of which nothing else tells.
    pub(crate) fn observed(self, name: &str, value: bool, at: &Location) -> Self {
        let mut server = self.showing(name, value.to_string(), at);
        if name == "anonymous-auth" {
            let (setting, origin) = ("--anonymous-auth".to_owned(), Origin::Reported(at.clone()));
            server.anonymous = Ok(Anonymous { enabled: value, paths: None, setting, origin, decided_by: None });
        }
        server
    }

    /// The same server with a setting as its answers show it. Only for one of which nothing else tells.
    pub(crate) fn showing(mut self, name: &str, value: String, at: &Location) -> Self {
        let Some(setting) = self.component.settings.iter_mut().find(|setting| setting.name == name) else {
            return self;
        };
        setting.readings = vec![Ok(Reading {
            plane: at.plane,
            value,
            effective: None,
            open: None,
            origin: Origin::Reported(at.clone()),
            overrides: Vec::new(),
        })];
        self
    }

    /// The same server with the certificate that it showed to whoever called it.
    pub(crate) fn that_shows(&mut self, certificate: Certificate, at: Location) {
        self.shown = Some((certificate, at));
    }

    /// The same server, seen to do something else than it says.
    pub(crate) fn contradicted(&mut self, found: Result<Vec<Contradiction>, Gap>) {
        self.component.contradicted = found;
    }

    pub(crate) fn that_told(mut self, told: Told) -> Self {
        self.told = Some(told);
        self
    }

    /// It answered, so it runs with what it has; what was not seen of that matters no more.
    pub(crate) fn that_runs(mut self) -> Self {
        self.component.starts = Some(true);
        self.component.unseen.clear();
        self
    }

    /// Nothing is known of what it was given, so that nothing is wrong with it, nor right.
    pub(crate) fn that_shows_nothing(mut self, gap: &Gap) -> Self {
        self.component.problems.clear();
        self.component.unseen = vec![gap.clone()];
        self
    }
}

/// The first of the farther planes that says something.
fn said(readings: &[Result<Reading, Gap>]) -> Option<&Reading> {
    readings.iter().find_map(|reading| reading.as_ref().ok())
}

fn quoting(gap: &Gap, name: &str, reading: &Reading) -> Gap {
    let value = if reading.value.is_empty() { "empty".to_owned() } else { format!("`{}`", reading.value) };
    Gap { reason: format!("{}{DECLARED}`--{name}` is {value}", gap.reason), ..gap.clone() }
}

fn hidden_view<T>(gap: &Gap, view: &Result<T, Unanswered>, say: impl Fn(&T) -> String) -> Unanswered {
    let reason = match view {
        Ok(known) => format!("{}{DECLARED}{}", gap.reason, say(known)),
        Err(_) => gap.reason.clone(),
    };
    Gap { reason, ..gap.clone() }.into()
}
