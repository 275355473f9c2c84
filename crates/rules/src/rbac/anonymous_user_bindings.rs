//! Callers without credentials were granted something. The page beside this file explains the rule and tests it.

use facts::{Cluster, rbac::Who};
use model::{Gap, RuleCard, Severity, Verdict};

use super::{BINDINGS, gist, named};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-anonymous-user-bindings",
        title: "Callers without credentials were granted something",
        severity: Severity::High,
        fix: None,
        page: include_str!("anonymous_user_bindings.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: BINDINGS, ask },
};

const REMEDY: &str = "take `system:anonymous` out of the binding";
const BREAKS: &[&str] = &["kubeadm join needs the cluster-info reader."];

fn ask(cluster: &Cluster) -> Verdict {
    let mut open: Vec<Gap> = Vec::new();
    let answer = named::each(
        cluster,
        &|holder| matches!(&holder.who, Who::User(name) if name == "system:anonymous") && holder.shipped.is_none(),
        &mut |grant, holder| {
            let mut found = named::names(grant, holder, gist::remedy(REMEDY, BREAKS));
            gist::adjust(&mut found, named::for_strangers(grant, &mut open));
            Some(found)
        },
        || "no binding that somebody added names `system:anonymous`".to_owned(),
    );
    named::with_gaps(answer, open)
}
