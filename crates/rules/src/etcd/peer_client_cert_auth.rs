//! Whether members of etcd have to show who they are. The page beside this file explains the rule and tests it.

use facts::{
    etcd::{Etcd, Side},
    observed::Door,
};
use model::{Listener, RuleCard, Safety, Severity, Verdict};

use super::{listeners, members};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "etcd-peer-client-cert-auth",
        title: "etcd does not ask its members for a certificate",
        severity: Severity::Critical,
        fix: Some(Safety::Review),
        page: include_str!("peer_client_cert_auth.md"),
    },
    component: "etcd",
    applies: Applies::ALWAYS,
    check: Check::EtcdOrDoor { etcd: ask, of: &[Listener::EtcdPeer], door: check },
};

const REMEDY: &str = "start etcd with `--peer-client-cert-auth` and `--peer-trusted-ca-file`";

const BREAKS: [&str; 1] = ["A member without a certificate of that authority drops out; give all of them theirs first."];

fn ask(etcd: &Etcd) -> Verdict {
    members::asks_who_comes(etcd, Side::Members, (REMEDY, &BREAKS))
}

fn check(door: &Door) -> Verdict {
    listeners::asks_who_comes(door, "member", REMEDY, &BREAKS)
}
