//! The page beside this file explains the rule and tests it.

use facts::{Cluster, objects::Of};
use model::{Confidence, Finding, RuleCard, Severity, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiservice-available-and-known",
        title: "An API is announced that nobody answers",
        severity: Severity::Low,
        fix: None,
        page: include_str!("available_and_known.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: OF, ask: check },
};

const OF: &[Of] = &[Of::ApiService, Of::Service];

fn check(cluster: &Cluster) -> Verdict {
    const BREAKS: [&str; 1] = ["Removing an APIService takes its API away from those who use it."];
    let objects = &cluster.objects;
    let all_services = objects.whole(Of::Service).is_ok();
    let wrong = objects.api_services.iter().filter_map(|api| {
        let (namespace, name) = api.service.as_ref()?;
        let there = objects.services.iter().any(|one| one.meta.namespace == *namespace && one.meta.name == *name);
        let remedy = say::remedy("remove the APIService, or bring its server back", &BREAKS, None);
        if all_services && !there {
            let at = api.meta.part("/spec", api.at);
            let message =
                format!("`{}` is answered by the service `{namespace}/{name}`, which is not there", api.meta.name);
            return Some(say::object(&*api.meta.name, message, &at, remedy));
        }
        let Some(available) = &api.available else {
            // A file has no status; a server that does not set one has not looked.
            let whole = objects.whole(Of::ApiService).is_ok();
            let message = format!("nothing says that `{}` is available", api.meta.name);
            let finding = || say::object(&*api.meta.name, message, &api.meta.at, remedy);
            return whole.then(|| Finding { confidence: Confidence::Probable, ..finding() });
        };
        if available.holds {
            return None;
        }
        let at = api.meta.part("/status/conditions", available.at);
        let message = format!("`{}` is not available: {}", api.meta.name, available.reason);
        // What is down now may be up in a minute.
        Some(Finding { confidence: Confidence::Probable, ..say::object(&*api.meta.name, message, &at, remedy) })
    });
    say::about(cluster, OF, wrong.collect(), "every API that is announced is answered, by a service that is there")
}
