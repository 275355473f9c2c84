//! The page beside this file explains the rule and tests it.

use facts::{Cluster, objects::Of};
use model::{RuleCard, Severity, Unanswered, Verdict};

use super::levels::{self, Ground, Kept};
use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "pod-security-namespace-enforcement",
        title: "Pods of a namespace may do everything on their node",
        severity: Severity::High,
        fix: None,
        page: include_str!("namespace_enforcement.md"),
    },
    component: "pod-security",
    applies: Applies::from(23, "1.23 turned the plug-in `PodSecurity` on"),
    check: Check::ObjectsUnder { of: OF, ask: check },
};

const OF: &[Of] = &[Of::Namespace];

fn check(cluster: &Cluster) -> Verdict {
    if levels::has_constraints(cluster)? {
        return Err(Unanswered::NotApplicable(
            "on OpenShift security context constraints decide, whatever a namespace says".to_owned(),
        ));
    }
    let ground = Ground::of(cluster);
    // Where labels do nothing the server is to be mended first, and that is another rule's finding.
    if ground.is_on.as_ref().is_ok_and(|is_on| !is_on) {
        return Err(Unanswered::NotApplicable("`PodSecurity` is off, so that labels do nothing".to_owned()));
    }
    let mut answer = say::about(cluster, OF, Vec::new(), "every namespace of people enforces `baseline` at least")?;
    for namespace in levels::of_people(cluster) {
        let kept = ground.keeps(namespace);
        answer.findings.extend(levels::finding(namespace, &kept));
        if let Kept::Unknown(gap) = kept
            && !answer.gaps.contains(&gap)
        {
            answer.gaps.push(gap);
        }
    }
    // A label counts where the plug-in runs, and whether it does was not seen.
    if let Err(gap) = ground.is_on
        && !answer.gaps.contains(&gap)
    {
        answer.gaps.push(gap);
    }
    Ok(answer)
}
