//! Whether clients of etcd have to show who they are. The page beside this file explains the rule and tests it.

use facts::{
    etcd::{Etcd, Side},
    observed::Door,
};
use model::{Listener, RuleCard, Safety, Severity, Verdict};

use super::{listeners, members};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "etcd-client-cert-auth",
        title: "etcd does not ask its clients for a certificate",
        severity: Severity::Critical,
        fix: Some(Safety::Review),
        page: include_str!("client_cert_auth.md"),
    },
    component: "etcd",
    applies: Applies::ALWAYS,
    check: Check::EtcdOrDoor { etcd: ask, of: &[Listener::Etcd], door: check },
};

const REMEDY: &str = "start etcd with `--client-cert-auth` and `--trusted-ca-file`";

const BREAKS: [&str; 1] = [
    "Every client without a certificate (backup jobs, metrics scrapers, health probes, network plug-ins that use etcd) is refused; \
     move probes to the metrics listener.",
];

fn ask(etcd: &Etcd) -> Verdict {
    members::asks_who_comes(etcd, Side::Clients, (REMEDY, &BREAKS))
}

fn check(door: &Door) -> Verdict {
    listeners::asks_who_comes(door, "client", REMEDY, &BREAKS)
}
