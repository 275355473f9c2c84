//! Whether both ends of the tunnel know each other. The page beside this file explains the rule and tests it.

use facts::configuration::{
    InUse,
    egress::{Egress, Selection},
};
use model::{Answer, Finding, Form, Gap, GapKind, Location, Origin, RuleCard, Severity, Site, Unanswered, Verdict};

use crate::{Applies, Check, OfFile, OfServer, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "konnectivity-mutual-tls",
        title: "The ends of the tunnel to the nodes do not know each other",
        severity: Severity::High,
        fix: None,
        page: include_str!("mutual_tls.md"),
    },
    component: "apiserver",
    applies: Applies::from(18, "1.18 brought the tunnel"),
    check: Check::File { of: OfFile::Egress(check), server: OfServer::File },
};

const FIELD: &str = "egressSelections[].connection.transport";

fn check(file: &InUse<'_, Egress>) -> Verdict {
    let mut answer = Answer { setting: Some(FIELD.to_owned()), ..Answer::default() };
    for selection in &file.file.selections {
        let protocol = selection.protocol.as_ref().map_or("", |protocol| protocol.as_str());
        if protocol == "Direct" {
            continue;
        }
        let name = selection.name.as_ref().map_or("a destination", |name| name.as_str());
        answer.seen.push(written(&selection.at));
        match fault(selection) {
            Some((message, at)) => {
                let remedy = say::remedy(
                    "use a socket in a folder of root's, or https with a CA and a certificate of the API server",
                    &["While it changes, exec, logs, webhooks and aggregated APIs that go through the tunnel fail."],
                    None,
                );
                let found = say::wrong(FIELD, message, &written(at), remedy);
                answer.findings.push(Finding { subject: Some(name.to_owned()), ..found });
            }
            None => answer.gaps.push(other_end(selection, name)),
        }
    }
    if answer.seen.is_empty() {
        return Err(Unanswered::NotApplicable("every destination is reached directly".to_owned()));
    }
    Ok(answer)
}

/// What is wrong on the side of the API server.
fn fault(selection: &Selection) -> Option<(String, &Location)> {
    let url = selection.url.as_ref().filter(|_| selection.socket.is_none())?;
    if !url.value.starts_with("https://") {
        return Some((format!("`{}` is reached without TLS", url.value), &url.at));
    }
    if selection.authority.is_none() {
        let message = format!("`{}` is taken from whoever any public authority vouches for: there is no `caBundle`", url.value);
        return Some((message, &url.at));
    }
    None
}

/// The other end is a process of its own.
fn other_end(selection: &Selection, name: &str) -> Gap {
    let (reason, wanted) = match &selection.socket {
        Some(socket) => (
            format!("who may write to `{}`, and whom the proxy behind it lets in, was not looked at", socket.value),
            socket.value.clone(),
        ),
        None => (
            format!("whether the proxy of `{name}` asks agents for a certificate or a token was not looked at"),
            format!("the flags of the proxy of `{name}`"),
        ),
    };
    Gap {
        kind: GapKind::NotCollected,
        reason,
        wanted,
        who_could_answer: "the manifest of konnectivity-server, and `ls -ld` on the node".to_owned(),
    }
}

fn written(at: &Location) -> Origin {
    Origin::Written(Site { at: at.clone(), form: Form::Field })
}
