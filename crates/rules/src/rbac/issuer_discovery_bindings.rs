//! The keys of the token issuer are served to more than service accounts. The page beside this file explains the rule and tests it.

use facts::Cluster;
use model::{RuleCard, Severity, Verdict};

use super::{BINDINGS, gist, named};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-issuer-discovery-bindings",
        title: "The keys of the token issuer are served to more than service accounts",
        severity: Severity::Info,
        fix: None,
        page: include_str!("issuer_discovery_bindings.md"),
    },
    component: "rbac",
    applies: Applies::from(20, "1.20 began to serve the keys of the issuer"),
    check: Check::Objects { of: BINDINGS, ask },
};

const REMEDY: &str = "bind the role to `system:serviceaccounts` alone, or write down who verifies tokens with it";
const BREAKS: &[&str] = &["External verifiers (cloud federation, Vault) that fetch the keys anonymously fail."];

fn ask(cluster: &Cluster) -> Verdict {
    named::each(
        cluster,
        &|holder| !named::is_group(&holder.who, "system:serviceaccounts") && holder.shipped.is_none(),
        &mut |grant, holder| {
            let role = &grant.binding.role;
            let discovers = role.of_cluster && &*role.name == "system:service-account-issuer-discovery";
            (discovers && grant.namespace().is_none())
                .then(|| named::names(grant, holder, gist::remedy(REMEDY, BREAKS)))
        },
        || "`system:service-account-issuer-discovery` is bound to service accounts alone".to_owned(),
    )
}
