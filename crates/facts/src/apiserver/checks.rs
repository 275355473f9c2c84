//! What keeps the API server of one release from starting, as far as its command line tells.
//!
//! Everything here restates a check of the server itself: `Validate` of its options, or an error of the code that builds
//! the server from them. A check is guarded by the first release that makes it. No message names the release in question,
//! so that the same problem of several releases is one. What belongs to one area of the server has a file of its own.

mod groups;
mod identity;
mod keys;
mod metrics;
mod policy;
mod runtime;
mod serving;
mod webhooks;

use std::collections::BTreeSet;

use model::{Location, Minor, Problem, ProblemKind};

use super::{
    gates::Gates,
    resolve::whole,
    server::Server,
    wants::{FILES, WRITTEN, paths},
};
use crate::{
    File, Files,
    flags::{KUBE_APISERVER, Presence},
    golang::{self},
    merge::newer_than_data,
    pflag::{Mistake, Value},
};

const MOST_MISTAKES: usize = 100;

const HOUR: i64 = 3_600_000_000_000;

/// Every problem of one release.
pub(super) fn problems(server: &Server<'_>, files: &Files<'_>) -> Vec<Problem> {
    let mut checks = Checks { server, minor: server.version.minor, gates: Gates::of(server), found: Vec::new() };
    checks.mistakes();
    checks.refused();
    checks.repeated();
    checks.outdated();
    checks.help();
    checks.required();
    checks.numbers();
    checks.serving();
    checks.network();
    checks.etcd();
    checks.service_accounts();
    checks.authentication();
    checks.authorization();
    checks.admission();
    checks.audit();
    checks.runtime_config();
    checks.feature_gates();
    checks.logging();
    checks.metrics(files);
    checks.files(files);
    checks.webhooks(files);
    checks.keys(files);
    checks.found
}

struct Checks<'a> {
    server: &'a Server<'a>,
    minor: Minor,
    gates: Gates,
    found: Vec<Problem>,
}

impl Checks<'_> {
    fn since(&self, minor: u16) -> bool {
        self.minor >= Minor::new(1, minor)
    }

    fn stop(&mut self, kind: ProblemKind, flag: &str, message: String) {
        let location = self.server.place(flag).cloned().or_else(|| Some(whole(self.server.invocation)));
        self.found.push(Problem { kind, stops: true, message, hint: None, location, setting: Some(flag.to_owned()) });
    }

    fn refuse(&mut self, flag: &str, message: String) {
        self.stop(ProblemKind::Refused, flag, message);
    }

    fn conflict(&mut self, flag: &str, message: &str) {
        self.stop(ProblemKind::Conflict, flag, message.to_owned());
    }

    fn missing(&mut self, flag: &str, message: &str) {
        self.stop(ProblemKind::Missing, flag, message.to_owned());
    }

    /// `Some(true)` where the text of a flag is empty, and where the list is.
    fn is_empty(&self, flag: &str) -> Option<bool> {
        match self.server.value(flag)? {
            Value::Text(text) => Some(text.is_empty()),
            Value::List(items) => Some(items.is_empty()),
            _ => None,
        }
    }

    fn holds_text(&self, flag: &str) -> bool {
        self.is_empty(flag) == Some(false)
    }

    fn mistakes(&mut self) {
        // What is wrong after so many mistakes is told by none of them.
        for mistake in self.server.mistakes.iter().take(MOST_MISTAKES) {
            let problem = match mistake {
                Mistake::Syntax(word) => {
                    problem(ProblemKind::Refused, true, format!("`{}` is no flag", shown(&word.text)), &word.site.at)
                }
                Mistake::Unknown { name, site } => self.unknown(name, &site.at),
                Mistake::UnknownShorthand { letter, word } => {
                    let text = shown(&word.text);
                    let mut found = problem(
                        ProblemKind::Unknown,
                        true,
                        format!("`{text}` starts with one dash, and there is no flag `-{letter}`"),
                        &word.site.at,
                    );
                    let name = word.text.trim_start_matches('-').split('=').next().unwrap_or_default();
                    if KUBE_APISERVER.find(name).is_some() {
                        found.hint = Some(format!("write `-{text}`"));
                    }
                    found
                }
                Mistake::NoValue { flag, word } => {
                    let name = KUBE_APISERVER.flags.get(*flag).map_or("", |flag| flag.name);
                    let message = format!("`--{name}` is the last word and has no value");
                    Problem {
                        setting: Some(name.to_owned()),
                        ..problem(ProblemKind::Refused, true, message, &word.site.at)
                    }
                }
                // cmd/kube-apiserver/app/server.go: the check is there from 1.19 on (pull request 91349).
                Mistake::Stray(word) => {
                    let message = format!("`{}` is an argument, and the server takes none", shown(&word.text));
                    let mut found = problem(ProblemKind::Unknown, self.since(19), message, &word.site.at);
                    if golang::parse_bool(&word.text).is_some() {
                        found.hint = Some("write the value of a boolean flag behind `=`".to_owned());
                    }
                    found
                }
            };
            self.found.push(problem);
        }
    }

    fn unknown(&self, name: &str, at: &Location) -> Problem {
        let version = self.server.version;
        let dashed = name.replace('_', "-");
        if let Some(flag) = KUBE_APISERVER.find(&dashed) {
            if flag.presence(version) != Presence::No {
                let message = format!("`--{name}` is written with underscores, which 1.10 to 1.22 do not take");
                let mut found = problem(ProblemKind::Unknown, true, message, at);
                found.hint = Some(format!("write `--{dashed}`"));
                found.setting = Some(flag.name.to_owned());
                return found;
            }
            let gone = flag.removed.filter(|removed| *removed <= version.minor);
            let (kind, message) = match (gone, flag.introduced) {
                (Some(removed), _) => (ProblemKind::Removed, format!("`--{}` was removed in {removed}", flag.name)),
                (None, Some(from)) => (ProblemKind::Unknown, format!("`--{}` came in {from}", flag.name)),
                (None, None) => (ProblemKind::Unknown, format!("`--{}` is in {}", flag.name, flag.life())),
            };
            let message = format!("{message}; a server that does not know a flag does not start");
            return Problem { setting: Some(flag.name.to_owned()), ..problem(kind, true, message, at) };
        }
        if let Some((_, fork)) = FORKS.iter().find(|(known, _)| *known == dashed) {
            let message = format!("`--{dashed}` is a flag of {fork}'s own server, and stops every other");
            return problem(ProblemKind::Unknown, false, message, at);
        }
        let here = KUBE_APISERVER.nearest(&dashed, |flag| flag.presence(version) != Presence::No);
        // A release that the data does not reach may have brought it. Those before 1.12 took the flags of every library
        // that was linked in, which nobody listed: only a misspelling is sure to stop them.
        let stops = newer_than_data(&KUBE_APISERVER, version).is_none() && (self.since(12) || here.is_some());
        let mut found = problem(ProblemKind::Unknown, stops, format!("no release has a flag `--{}`", shown(name)), at);
        found.hint = match (here, KUBE_APISERVER.nearest(&dashed, |_| true)) {
            (Some(flag), _) => Some(format!("perhaps `--{}`", flag.name)),
            (None, Some(flag)) => Some(format!("perhaps `--{}`, which is in {}", flag.name, flag.life())),
            (None, None) => None,
        };
        found
    }

    fn refused(&mut self) {
        for (flag, takes, text, site) in &self.server.refused {
            let message = format!("`--{}` takes {takes}, not `{}`", flag.name, shown(text));
            self.found.push(Problem {
                setting: Some(flag.name.to_owned()),
                ..problem(ProblemKind::Refused, true, message, &site.at)
            });
        }
    }

    fn repeated(&mut self) {
        for (flag, site) in self.server.duplicates() {
            let message = format!("`--{}` is given more than once, and the last one holds", flag.name);
            self.found.push(Problem {
                setting: Some(flag.name.to_owned()),
                ..problem(ProblemKind::Duplicate, false, message, &site.at)
            });
        }
    }

    /// Flags that are taken and do nothing, or will not be taken much longer.
    fn outdated(&mut self) {
        for flag in self.server.written() {
            let past = |since: Option<Minor>| since.filter(|since| *since <= self.minor);
            let message = match (past(flag.inert), past(flag.deprecated)) {
                (Some(since), _) => format!("`--{}` does nothing from {since} on", flag.name),
                (None, Some(since)) => format!("`--{}` is deprecated since {since}", flag.name),
                (None, None) => continue,
            };
            let location = self.server.place(flag.name).cloned();
            self.found.push(Problem {
                kind: ProblemKind::Removed,
                stops: false,
                message,
                hint: flag.removed.map(|removed| format!("{removed} does not have it any more")),
                location,
                setting: Some(flag.name.to_owned()),
            });
        }
    }

    /// Two flags make the server print something and leave.
    fn help(&mut self) {
        if self.server.is("help", true) {
            self.refuse("help", "`--help` prints the flags and ends".to_owned());
        }
        if let Some(text) = self.server.text("version")
            && matches!(text, "true" | "raw")
        {
            self.refuse("version", "`--version` prints the release and ends".to_owned());
        }
    }

    fn required(&mut self) {
        if self.is_empty("etcd-servers") == Some(true) {
            self.missing("etcd-servers", "`--etcd-servers` is required");
        }
    }

    /// Files that have to be there. Below no root there is nothing to say.
    fn files(&mut self, files: &Files<'_>) {
        if files.root.is_none() {
            return;
        }
        for (flag, _) in FILES {
            if !self.server.is_given(flag) || !self.is_read(flag) {
                continue;
            }
            let items: Vec<&str> = match self.server.value(flag) {
                Some(Value::Text(text)) => vec![text],
                Some(Value::List(items)) => items.iter().map(String::as_str).collect(),
                _ => continue,
            };
            let named: BTreeSet<String> = items.into_iter().flat_map(|item| paths(flag, item)).collect();
            for path in named {
                if let Some((kind, fault)) = files.look(&path).fault() {
                    self.stop(kind, flag, format!("`{}`, which `--{flag}` names, {fault}", shown(&path)));
                }
            }
        }
        for (flag, _) in WRITTEN {
            // apiserver pkg/server/options/audit.go, ensureLogFile (v0.22.0): it is opened when the server starts.
            if self.since(22)
                && let Some(path) = self.server.text(flag)
                && let File::Folder(_) = files.look(path)
            {
                let path = shown(path);
                self.refuse(flag, format!("`{path}`, which `--{flag}` names, is a folder"));
            }
        }
    }

    /// Whether the server opens the file of that flag at all.
    fn is_read(&self, flag: &str) -> bool {
        match flag {
            // component-base metrics/options.go logs an error and goes on, up to 1.35.
            "allow-metric-labels-manifest" => self.since(36),
            // The purpose of the one was gone before its name; the other needs `--ssh-user` and is made where it is missing.
            "tls-ca-file" | "ssh-keyfile" => false,
            // apiserver pkg/server/options/audit.go, ApplyTo: without a policy there is no backend.
            "audit-webhook-config-file" => self.holds_text("audit-policy-file"),
            "authorization-policy-file" | "authorization-webhook-config-file" => {
                !self.holds_text("authorization-config")
            }
            // pkg/controlplane/apiserver/aggregator.go and client-go's transport use the files of a pair only together.
            "proxy-client-cert-file" => self.holds_text("proxy-client-key-file"),
            "proxy-client-key-file" => self.holds_text("proxy-client-cert-file"),
            "oidc-ca-file" => self.holds_text("oidc-issuer-url"),
            _ => true,
        }
    }
}

fn problem(kind: ProblemKind, stops: bool, message: String, at: &Location) -> Problem {
    Problem { kind, stops, message, hint: None, location: Some(at.clone()), setting: None }
}

/// Text from outside, made safe for a message: no control characters, and not endless.
fn shown(text: &str) -> String {
    const LONGEST: usize = 80;
    let quoted = golang::quote(text);
    if quoted.chars().count() <= LONGEST {
        return quoted;
    }
    quoted.chars().take(LONGEST).chain(std::iter::once('…')).collect()
}

/// Flags that a fork of the server has and upstream's does not.
const FORKS: [(&str, &str); 4] = [
    ("advertise-port", "k3s"),
    ("openshift-config", "OpenShift"),
    ("send-retry-after-while-not-ready-once", "OpenShift"),
    ("unsupported-kube-api-over-localhost", "OpenShift"),
];
