//! One server as several planes show it: what [`planes`] does to its settings, done to what is worked out of them, too.

use model::{Contradiction, Gap, Location, Origin, Reading};

use super::{Anonymous, ApiServer, Authorizers};
use crate::{pki::Certificate, planes, running::Told};

impl ApiServer {
    /// The same server with what is farther away behind it.
    pub(crate) fn over(mut self, farther: Self) -> Self {
        planes::put_behind(&mut self.component, farther.component);
        self
    }

    /// The same server with a farther plane behind it that could not be read.
    pub(crate) fn over_gap(mut self, gap: &Gap) -> Self {
        planes::put_gap_behind(&mut self.component, gap);
        self
    }

    /// The same server where what the process says of itself could not be read.
    pub(crate) fn hidden_by(mut self, gap: &Gap) -> Self {
        planes::hide(&mut self.component, gap);
        self.anonymous = Err(planes::hidden_view(gap, &self.anonymous, |anonymous: &Anonymous| {
            format!("`{}` is `{}`", anonymous.setting, anonymous.enabled)
        }));
        self.authorizers = Err(planes::hidden_view(gap, &self.authorizers, |chain: &Authorizers| {
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

    /// The same server where something nearer declares it that was not read, and wins over all that was.
    pub(crate) fn outranked_by(self, gap: &Gap) -> Self {
        let mut server = self.hidden_by(gap);
        server.component.outranked = Some(gap.clone());
        server
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

    /// The same server by the name of what answered; a definition has its own.
    pub(crate) fn called(mut self, instance: &str) -> Self {
        instance.clone_into(&mut self.component.instance);
        self
    }

    /// Of all that may be wrong with what it was given, some was not seen.
    pub(crate) fn that_hides(mut self, gap: &Gap) -> Self {
        self.component.unseen.push(gap.clone());
        self
    }

    /// Nothing is known of what it was given, so that nothing is wrong with it, nor right.
    pub(crate) fn that_shows_nothing(mut self, gap: &Gap) -> Self {
        self.component.problems.clear();
        self.component.unseen = vec![gap.clone()];
        self
    }
}
