//! The volume that the audit log is on. The page beside this file explains the rule and tests it.

use facts::{apiserver::{ApiServer, Lies}, flag};
use model::{RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "audit-log-persistent-volume",
        title: "The audit log vanishes with the container",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("log_persistent_volume.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::ApiServer(check),
};

fn check(server: &ApiServer) -> Verdict {
    let log = server.get(&flag::AUDIT_LOG_PATH)?;
    let path = match log.value.as_str() {
        "" => return Err(Unanswered::NotApplicable("`--audit-log-path` is not set".to_owned())),
        "-" => return Err(Unanswered::NotApplicable("the log goes to the output of the container".to_owned())),
        path => path,
    };
    let message = match server.lies(path)? {
        Lies::OnTheHost => return Err(Unanswered::NotApplicable("the API server runs in no container of its own".to_owned())),
        Lies::Mounted { read_only: false, host: Some(host) } => {
            let mut fine = say::fine(server.component(), log.setting.name, log.reading);
            fine.because.push_str(&format!(", which is `{host}` on the node"));
            return Ok(fine);
        }
        Lies::Mounted { read_only: true, .. } => format!("`{path}` is on a volume that is mounted read-only"),
        Lies::Mounted { host: None, .. } => format!("`{path}` is on a volume that is no folder of the node"),
        Lies::InTheImage => format!("`{path}` is on no volume, so that the log is gone with the container"),
    };
    let remedy = say::remedy(
        "mount a folder of the node there: `hostPath` with `type: DirectoryOrCreate`, writable",
        &["Editing the static pod restarts the API server; a wrong mount keeps it from starting."],
        None,
    );
    Ok(say::fail(say::wrong(log.setting.name, message, log.origin(), remedy)))
}
