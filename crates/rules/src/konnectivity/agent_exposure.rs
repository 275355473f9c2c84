//! Who can reach the tunnel to the nodes. The page beside this file explains the rule and tests it.

use facts::{apiserver::ApiServer, flag};
use model::{Gap, GapKind, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "konnectivity-agent-exposure",
        title: "Strangers may open a tunnel into the cluster",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("agent_exposure.md"),
    },
    component: "apiserver",
    applies: Applies::from(18, "1.18 brought the tunnel"),
    check: Check::ApiServer(check),
};

fn check(server: &ApiServer) -> Verdict {
    if server.get(&flag::EGRESS_SELECTOR_CONFIG_FILE)?.value.is_empty() {
        return Err(Unanswered::NotApplicable("`--egress-selector-config-file` is not set".to_owned()));
    }
    Err(Unanswered::Gap(Gap {
        kind: GapKind::NotCollected,
        reason: "whether the port for agents asks for a certificate was not looked at".to_owned(),
        wanted: "a handshake with the port for agents of the konnectivity server".to_owned(),
        who_could_answer: "`openssl s_client -connect HOST:8132` without a certificate".to_owned(),
    }))
}
