//! The page beside this file explains the rule and tests it.

use facts::{
    Cluster,
    objects::{Of, images},
};
use model::{Confidence, Finding, RuleCard, Severity, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "cluster-dashboard-absent",
        title: "The dashboard runs",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("dashboard_absent.md"),
    },
    component: "cluster",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: OF, ask: check },
};

const OF: &[Of] = &[Of::Pod, Of::Service, Of::ClusterRoleBinding];

fn check(cluster: &Cluster) -> Verdict {
    const BREAKS: [&str; 1] = ["People who work through the dashboard need another tool."];
    let objects = &cluster.objects;
    let is_its = |name: &str| name.starts_with("kubernetes-dashboard");
    let pod = objects.pods.iter().find(|pod| {
        pod.images.iter().any(|image| {
            let (name, _) = images::parts(image);
            name.starts_with("kubernetes-dashboard")
                || (image.contains("kubernetesui/dashboard") && !name.contains("scraper"))
        })
    });
    let finding = pod.map(|pod| {
        let service = objects
            .services
            .iter()
            .find(|service| is_its(&service.meta.name) && matches!(&*service.kind, "NodePort" | "LoadBalancer"));
        let admin = objects.bindings.iter().find(|binding| {
            binding.of_cluster
                && &*binding.role.name == "cluster-admin"
                && binding
                    .subjects
                    .iter()
                    .any(|subject| is_its(&subject.name) || subject.namespace.starts_with("kubernetes-dashboard"))
        });
        let how = match (service, admin) {
            (Some(service), Some(_)) => {
                format!(", reachable from outside through `{}`, as an administrator", service.meta.name)
            }
            (Some(service), None) => format!(", reachable from outside through `{}`", service.meta.name),
            (None, Some(_)) => ", as an administrator".to_owned(),
            (None, None) => String::new(),
        };
        let message = format!("the dashboard runs in `{}`{how}", pod.meta.namespace);
        let remedy = say::remedy("remove it, or keep it inside and with the rights of whoever signs in", &BREAKS, None);
        // Inside, and with few rights, it asks everybody for a token of his own unless it is told otherwise.
        let confidence = if how.is_empty() { Confidence::Possible } else { Confidence::Certain };
        Finding { confidence, ..say::object("kubernetes-dashboard", message, &pod.meta.at, remedy) }
    });
    say::about(cluster, OF, finding.into_iter().collect(), "no pod runs the dashboard")
}
