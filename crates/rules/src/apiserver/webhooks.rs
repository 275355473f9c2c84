//! What the rules about webhooks share: how the server reaches one, and whether it would know another in its place.

use facts::{
    apiserver::{ApiServer, Held},
    kubeconfig::{Authority, Kubeconfig, Skips, Transport},
};
use model::{
    Answer, Confidence, Finding, Form, Gap, GapKind, Location, Origin, Remedy, Severity, Site, Unanswered, Verdict,
};

use crate::say;

/// A field of a configuration file.
pub(super) fn written(at: &Location) -> Origin {
    Origin::Written(Site { at: at.clone(), form: Form::Field })
}

/// One thing wrong with one webhook.
pub(super) fn wrong(subject: String, setting: &str, message: String, at: &Origin, remedy: Remedy) -> Finding {
    Finding { subject: Some(subject), setting: Some(setting.to_owned()), ..say::wrong(setting, message, at, remedy) }
}

/// What is wrong with the way to a webhook, and where; nothing where it is reached over TLS that is verified.
///
/// The server goes where the current context says (apiserver pkg/util/webhook/webhook.go, `LoadKubeconfig`).
pub(super) fn way(config: &Kubeconfig) -> Result<Vec<(String, Location)>, Unanswered> {
    let gap = |reason: String, wanted: &str| {
        Unanswered::Gap(Gap {
            kind: GapKind::Unread,
            reason,
            wanted: wanted.to_owned(),
            who_could_answer: "whoever maintains that file".to_owned(),
        })
    };
    let Some(endpoint) = config.in_use() else {
        let reason =
            format!("`{}` has no current context with a cluster, so that the server does not start", config.name);
        return Err(gap(reason, &config.name));
    };
    let Some(server) = &endpoint.server else {
        return Err(gap(format!("`{}` names no server for `{}`", config.name, endpoint.name), &config.name));
    };
    let templated = |marker: &str| {
        Unanswered::Gap(Gap {
            kind: GapKind::Templated,
            reason: format!("`{}` is still to be filled in: `{marker}`", config.name),
            wanted: marker.to_owned(),
            who_could_answer: "whoever fills the file in".to_owned(),
        })
    };
    let mut faults = Vec::new();
    match endpoint.transport() {
        None => return Err(templated(endpoint.placeholder().unwrap_or_default())),
        Some(Transport::Tls) => {}
        Some(_) => {
            faults.push((format!("`{}` is reached without TLS", server.value), server.at.clone()));
            return Ok(faults);
        }
    }
    match &endpoint.skips {
        Some(skips) if skips.value == Skips::Yes => {
            faults.push((
                format!("`{}` is not verified: `insecure-skip-tls-verify` is true", server.value),
                skips.at.clone(),
            ));
            return Ok(faults);
        }
        Some(skips) => {
            if let Skips::Templated(marker) = &skips.value {
                return Err(templated(marker));
            }
        }
        None => {}
    }
    if endpoint.authority == Authority::System {
        let message =
            format!("`{}` is taken from whoever any public authority vouches for: no CA is named", server.value);
        faults.push((message, server.at.clone()));
    }
    Ok(faults)
}

/// The findings about the way to one webhook, and why it is not known.
pub(super) fn connection(server: Option<&ApiServer>, path: &str, subject: &str) -> Result<Vec<Finding>, Unanswered> {
    let Some(server) = server else {
        return Err(Unanswered::Gap(Gap {
            kind: GapKind::NotCollected,
            reason: format!("`{path}` was not given, which says how the webhook is reached"),
            wanted: path.to_owned(),
            who_could_answer: "the API server's manifest, and the node's root with --root".to_owned(),
        }));
    };
    let faults = way(server.kubeconfig(path)?)?;
    let finding = |(message, at): (String, Location)| {
        let remedy = say::remedy(
            "name an https address and the CA that vouches for it",
            &["A webhook whose certificate that CA did not issue is not called any more, and its users lose access."],
            None,
        );
        wrong(format!("{subject} connection"), "clusters[].cluster", message, &written(&at), remedy)
    };
    Ok(faults.into_iter().map(finding).collect())
}

/// How the server reaches the webhook of a kubeconfig that a flag names.
pub(super) fn called(server: &ApiServer, file: &Held<'_, String>) -> Verdict {
    let mut answer = Answer {
        seen: vec![file.origin().clone()],
        because: format!("the webhook of `{}` is called over TLS that is verified", file.value),
        setting: Some(say::flag(file.setting.name)),
        ..Answer::default()
    };
    match connection(Some(server), &file.value, "webhook") {
        Ok(findings) => answer.findings.extend(findings),
        Err(Unanswered::Gap(gap)) => answer.gaps.push(gap),
        Err(other) => return Err(other),
    }
    Ok(answer)
}

/// A fault that nobody gets in by.
pub(super) fn minor(finding: Finding) -> Finding {
    Finding { severity: Some(Severity::Low), confidence: Confidence::Certain, ..finding }
}
