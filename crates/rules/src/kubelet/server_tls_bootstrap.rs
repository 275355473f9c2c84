//! Who signs the serving certificate. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-server-tls-bootstrap",
        title: "The cluster does not sign the serving certificate of the kubelet",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("server_tls_bootstrap.md"),
    },
    component: "kubelet",
    applies: Applies::from(11, "1.11 brought the field and the flag"),
    check: Check::Setting(Row {
        process: "kubelet",
        setting: "serverTLSBootstrap",
        must: Must::Be("true"),
        only_with: None,
        cure: Cure::Manual,
        remedy: "set `serverTLSBootstrap: true`, and see to it that somebody approves what the kubelets then ask for",
        breaks: &["Every serving request must be approved by hand or by an extra controller; until then exec, logs and metrics of the node fail.", "Approve only after checking names and addresses."],
    }),
};
