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

pub(crate) use self::serving::is_suite;

use std::collections::BTreeSet;

use model::{Minor, Problem, ProblemKind};

use super::{
    Server,
    gates::Gates,
    wants::{FILES, WRITTEN, paths},
};
use crate::{
    File, Files,
    line::mistakes::{self, Manners, shown},
    pflag::Value,
};

const HOUR: i64 = 3_600_000_000_000;

/// Every problem of one release.
pub(super) fn problems(server: &Server<'_>, files: &Files<'_>) -> Vec<Problem> {
    let found = mistakes::all(server, &MANNERS);
    let mut checks = Checks { server, minor: server.version.minor, gates: Gates::of(server), found };
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
        let location = self.server.place(flag).cloned().or_else(|| Some(self.server.invocation.place()));
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

/// cmd/kube-apiserver/app/server.go refuses words that are no flags from 1.19 on (pull request 91349).
const MANNERS: Manners = Manners {
    refuses_words: Minor::new(1, 19),
    forks: &[
        ("advertise-port", "k3s"),
        ("openshift-config", "OpenShift"),
        ("send-retry-after-while-not-ready-once", "OpenShift"),
        ("unsupported-kube-api-over-localhost", "OpenShift"),
    ],
    once: &[],
};
