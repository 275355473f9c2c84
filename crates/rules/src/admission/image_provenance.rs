//! Whether somebody checks where images come from. The page beside this file explains the rule and tests it.

use facts::{
    Cluster,
    apiserver::ApiServer,
    configuration::{
        ConfigFile, FileKind, InUse,
        admission::{Admission, Settings},
    },
    flag,
    objects::{Of, Selector, Webhook},
};
use model::{
    Answer, Change, Confidence, Finding, Form, Gap, GapKind, Origin, RuleCard, Safety, Severity, Site, Unanswered, Verdict,
};

use super::webhooks;
use crate::{Applies, Check, OfFile, OfServer, Rule, cluster::namespaces, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "admission-image-provenance",
        title: "Images run when whoever checks them does not answer",
        severity: Severity::Medium,
        fix: Some(Safety::Review),
        page: include_str!("image_provenance.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::File { of: OfFile::Admission(by_itself), server: OfServer::Beside { of: OF, ask: check } },
};

const PLUGIN: &str = "ImagePolicyWebhook";
const FIELD: &str = "imagePolicy.defaultAllow";

/// What else may ask about images.
const OF: &[Of] = &[
    Of::ValidatingWebhook,
    Of::MutatingWebhook,
    Of::ValidatingPolicy,
    Of::ValidatingPolicyBinding,
    Of::KyvernoPolicy,
    Of::Namespace,
];

fn check(server: &ApiServer, cluster: &Cluster) -> Verdict {
    if !server.admission_plugin(PLUGIN)?.enabled {
        return beside(server, cluster);
    }
    let told = match server.file(FileKind::Admission)? {
        Some(taken) => taken.read.last().and_then(|(_, file)| match file.as_ref() {
            ConfigFile::Admission(file) => Some(file),
            _ => None,
        }),
        None => None,
    };
    told.map_or_else(|| Err(untold("no file tells it what to do, so that the server does not start")), judge)
}

/// Names of webhooks whose only business are images: Sigstore's policy controller and its predecessor, Connaisseur, Portieris,
/// Binary Authorization.
const OF_IMAGES: [&str; 5] = ["binauthz", "connaisseur", "cosigned", "policy.sigstore.dev", "portieris"];

/// What the cluster itself says of who checks images, where the plug-in does not.
fn beside(server: &ApiServer, cluster: &Cluster) -> Verdict {
    let objects = &cluster.objects;
    let asked = |webhook: &&Webhook| {
        let names = format!("{} {}", webhook.meta.name, webhook.name).to_lowercase();
        webhook.matches_writes("", "pods") && OF_IMAGES.iter().any(|name| names.contains(name))
    };
    let checks: Vec<&Webhook> = objects.webhooks.iter().filter(asked).collect();
    let closed: Vec<&Webhook> = checks.iter().copied().filter(|webhook| !webhook.lets_through()).collect();
    if let (Some(webhook), true) = (checks.first(), closed.is_empty()) {
        let part = webhook.failure_policy.as_ref().map(|said| ("/failurePolicy", said.at));
        let remedy = ("set `failurePolicy: Fail`, and leave out its own namespace", &BREAKS[..]);
        let message = format!("`{}` checks images, which run where it does not answer", webhook.name);
        return Ok(say::fail(webhooks::wrong(webhook, message, part, Confidence::Certain, remedy)));
    }
    if !closed.is_empty() {
        return everywhere(&closed, cluster);
    }
    if let Some(gap) = of_a_policy(cluster) {
        return Err(gap.into());
    }
    // What may be there and was not seen is not missing.
    for of in OF.iter().filter(|of| **of != Of::Namespace) {
        objects.whole(*of).map_err(|gap| match gap.kind {
            GapKind::NotCollected => not_looked_at(),
            _ => gap,
        })?;
    }
    let plugins = server.get(&flag::ENABLE_ADMISSION_PLUGINS)?;
    let remedy = say::remedy(
        "have signatures or origins of images checked before pods are made, by something that fails closed",
        &BREAKS,
        None,
    );
    let message = format!("`{PLUGIN}` is off, and no webhook or policy is known to check where images come from");
    let found = say::wrong(ENABLED, message, plugins.origin(), remedy);
    // A webhook whose name tells nothing may do so.
    Ok(say::fail(Finding { confidence: Confidence::Probable, ..found }))
}

const ENABLED: &str = "enable-admission-plugins";

const BREAKS: [&str; 1] = ["While whoever checks is down no pod starts, those of the system included: leave those out, and its own."];

/// Whether those who fail closed are asked about every namespace of people.
fn everywhere(closed: &[&Webhook], cluster: &Cluster) -> Verdict {
    let Some(first) = closed.first() else { return Err(not_looked_at().into()) };
    let narrowed = |webhook: &Webhook| {
        webhook.has_conditions || webhook.object_selector.as_ref().is_some_and(|selector| !selector.is_empty())
    };
    if closed.iter().all(|webhook| narrowed(webhook)) {
        return Err(Unanswered::Gap(Gap {
            kind: GapKind::Manual,
            reason: format!("which pods the conditions or the object selector of `{}` leave out was not worked out", first.name),
            wanted: format!("which pods {} is asked about", first.name),
            who_could_answer: "whoever configured the webhook".to_owned(),
        }));
    }
    let theirs = cluster.objects.namespaces.iter().filter(|one| namespaces::runs_peoples_pods(&one.meta.name));
    let left_out = theirs.filter(|namespace| {
        let mut labels = vec![("kubernetes.io/metadata.name", &*namespace.meta.name)];
        labels.extend(namespace.meta.labels.iter().map(|(key, value)| (&**key, &**value)));
        let is_asked = |selector: &Option<Selector>| selector.as_ref().is_none_or(|selector| selector.selects(&labels));
        !closed.iter().any(|webhook| !narrowed(webhook) && is_asked(&webhook.namespace_selector))
    });
    let left_out: Vec<String> = left_out.map(|one| format!("`{}`", one.meta.name)).collect();
    cluster.objects.whole(Of::Namespace)?;
    if left_out.is_empty() {
        let because = format!("`{}` is asked about the images of every namespace of people, and fails closed", first.name);
        return Ok(Answer { because, ..Answer::default() });
    }
    let named = left_out.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
    let more = if left_out.len() > 3 { format!(" and {} more", left_out.len() - 3) } else { String::new() };
    let message = format!("`{}` checks images, and is not asked about those of {named}{more}", first.name);
    let part = first.namespace_selector.as_ref().map(|selector| ("/namespaceSelector", selector.at));
    let remedy = ("have it asked about every namespace but those of the system", &BREAKS[..]);
    Ok(say::fail(webhooks::wrong(first, message, part, Confidence::Certain, remedy)))
}

/// A policy that checks images in words of its own, which only a person can read.
fn of_a_policy(cluster: &Cluster) -> Option<Gap> {
    let objects = &cluster.objects;
    let verifies = objects.engine_policies.iter().find(|policy| policy.verifies_images && policy.only_tells.is_none());
    let by_expression = objects.policies.iter().find(|policy| {
        let denies = objects.policy_bindings.iter().any(|binding| {
            binding.policy == policy.meta.name && binding.actions.iter().any(|action| **action == *"Deny")
        });
        denies && policy.matches("", "pods") && policy.validations.iter().any(|text| text.contains(".image"))
    });
    let name = match (verifies, by_expression) {
        (Some(policy), _) => format!("the ClusterPolicy `{}` of {}", policy.meta.name, policy.engine),
        (None, Some(policy)) => format!("the ValidatingAdmissionPolicy `{}`", policy.meta.name),
        (None, None) => return None,
    };
    Some(Gap {
        kind: GapKind::Manual,
        reason: format!("which images {name} takes, and in which namespaces, was not worked out"),
        wanted: "what its policies ask of images".to_owned(),
        who_could_answer: "whoever wrote them".to_owned(),
    })
}

fn not_looked_at() -> Gap {
    Gap {
        kind: GapKind::NotCollected,
        reason: format!("`{PLUGIN}` is off, and whether a policy engine checks images was not looked at"),
        wanted: "list validatingwebhookconfigurations".to_owned(),
        who_could_answer: "`kubectl get validatingwebhookconfigurations`, and the engine's own policies".to_owned(),
    }
}

fn by_itself(file: &InUse<'_, Admission>) -> Verdict {
    let named = |name: &str| name == PLUGIN;
    if !file.file.plugins.iter().any(|plugin| plugin.name.as_ref().is_some_and(|name| named(name.as_str()))) {
        return Err(Unanswered::NotApplicable(format!("the file says nothing to `{PLUGIN}`")));
    }
    judge(file.file)
}

fn judge(file: &Admission) -> Verdict {
    let policy = file.plugins.iter().find_map(|plugin| match &plugin.settings {
        Some(Settings::ImagePolicyWebhook(policy)) => Some((policy, &plugin.at)),
        _ => None,
    });
    let Some((policy, at)) = policy else {
        return Err(untold("what it is told was not read"));
    };
    let written = |at: &model::Location| Origin::Written(Site { at: at.clone(), form: Form::Field });
    match &policy.default_allow {
        Some(allow) if allow.value => {
            let origin = written(&allow.at);
            let site = Site { at: allow.at.clone(), form: Form::Field };
            let change = Change::Set { setting: "defaultAllow".to_owned(), site, to: "false".to_owned() };
            let remedy = say::remedy(
                "refuse images while nobody answers",
                &["While the webhook is down no pod starts, those of the system included: exempt them, and its own."],
                Some(change),
            );
            Ok(say::fail(say::wrong(FIELD, format!("`{FIELD}` is `true`"), &origin, remedy)))
        }
        other => Ok(Answer {
            seen: vec![written(other.as_ref().map_or(at, |allow| &allow.at))],
            because: format!("`{FIELD}` is `false`"),
            setting: Some(FIELD.to_owned()),
            ..Answer::default()
        }),
    }
}

fn untold(why: &str) -> Unanswered {
    Unanswered::Gap(Gap {
        kind: GapKind::Unread,
        reason: format!("`{PLUGIN}` runs, and {why}"),
        wanted: "the configuration of ImagePolicyWebhook".to_owned(),
        who_could_answer: "give the node's root with --root".to_owned(),
    })
}
