//! What holds for namespaces that say nothing. The page beside this file explains the rule and tests it.

use facts::{
    Cluster,
    apiserver::ApiServer,
    configuration::{InUse, admission::Admission},
    flag,
    objects::Of,
};
use model::{Answer, Confidence, Finding, Origin, RuleCard, Safety, Severity, Verdict};

use super::{pod_security, webhooks::written};
use crate::{Applies, Check, OfFile, OfServer, Rule, cluster::namespaces, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-admission-pod-security-defaults",
        title: "Namespaces that say nothing run privileged pods",
        severity: Severity::High,
        fix: Some(Safety::Review),
        page: include_str!("admission_pod_security_defaults.md"),
    },
    component: "apiserver",
    applies: Applies::from(23, "1.23 turned the plug-in on"),
    check: Check::File {
        of: OfFile::Admission(check),
        server: OfServer::Weighed { of: &[Of::Namespace], without: Some(without), weigh },
    },
};

const FIELD: &str = "defaults.enforce";

fn check(file: &InUse<'_, Admission>) -> Verdict {
    pod_security::runs(file.server)?;
    let Some(settings) = pod_security::settings(file)? else {
        let message = "the file says nothing to `PodSecurity`, so that namespaces without a label are `privileged`";
        let at = Origin::Implied { by: Some(file.at.clone()), how: String::new() };
        let mut found = wrong(message.to_owned(), &at, None);
        // Of a file by itself nobody knows whether the plug-in runs where it is used.
        if file.server.is_none() {
            found.confidence = Confidence::Possible;
        }
        return Ok(say::fail(found));
    };
    let level = settings.enforce.level();
    let at = settings.enforce.level.as_ref().map(|level| &level.at).or(settings.at.as_ref()).unwrap_or(file.at);
    let message = format!("`{FIELD}` is `{level}`");
    if matches!(level, "baseline" | "restricted") {
        return Ok(Answer {
            seen: vec![written(at)],
            because: message,
            setting: Some(FIELD.to_owned()),
            ..Answer::default()
        });
    }
    let (message, change) = match &settings.enforce.level {
        Some(level) => (message, say::set(FIELD, &written(&level.at), "baseline")),
        None => (format!("`{FIELD}` is not set, which is `privileged`"), None),
    };
    Ok(say::fail(wrong(message, &written(at), change)))
}

/// Where every namespace of people has a label, the default is that of the next one alone.
fn weigh(finding: &mut Finding, _: &ApiServer, cluster: &Cluster) {
    if cluster.objects.whole(Of::Namespace).is_err() {
        return;
    }
    let keeps = |level: &str| matches!(level, "baseline" | "restricted");
    let mut of_people = cluster.objects.namespaces.iter().filter(|one| namespaces::runs_peoples_pods(&one.meta.name));
    if of_people.all(|one| one.pod_security("enforce").is_some_and(|said| keeps(&said.text))) {
        finding.severity = Some(Severity::Low);
        finding.message.push_str("; every namespace that there is enforces a level by its label");
    }
}

fn without(server: &ApiServer) -> Verdict {
    pod_security::runs(Some(server))?;
    let held = server.get(&flag::ADMISSION_CONTROL_CONFIG_FILE)?;
    let message = "`--admission-control-config-file` is not set, so that namespaces without a label are `privileged`";
    Ok(say::fail(wrong(message.to_owned(), held.origin(), None)))
}

fn wrong(message: String, at: &Origin, change: Option<model::Change>) -> Finding {
    let change = change.map(|change| match change {
        // The field by the name that it has in its mapping.
        model::Change::Set { site, to, .. } => model::Change::Set { setting: "enforce".to_owned(), site, to },
        other => other,
    });
    let remedy = say::remedy(
        "enforce `baseline` where a namespace says nothing",
        &[
            "Pods in namespaces without a label that violate the level are refused at their next start: network, storage, \
             monitoring and logging need a label or an exemption first. Start with warn and audit.",
        ],
        change,
    );
    // Labels of namespaces, or another policy engine, may do the same.
    Finding { confidence: Confidence::Probable, ..say::wrong(FIELD, message, at, remedy) }
}
