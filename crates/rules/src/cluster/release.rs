//! What both rules about releases share: whom they judge, and what they cannot know.

use std::collections::BTreeMap;

use facts::{Cluster, apiserver::ApiServer, releases};
use model::{
    Answer, Confidence, Finding, Gap, GapKind, Location, Origin, Plane, Release, Remedy, Safety, Severity, Verdict,
    Version,
};

/// What a rule makes of one release.
pub(super) enum State {
    /// What a pass says.
    Fine(String),
    /// What is wrong, and how bad that is where it differs from the rule.
    Wrong {
        message: String,
        severity: Option<Severity>,
        remedy: &'static str,
    },
    Open(Gap),
}

/// Puts the question once for each release that the API servers of a cluster have.
pub(super) fn each(cluster: &Cluster, breaks: &[&str], ask: impl Fn(&Release, &ApiServer) -> State) -> Verdict {
    let mut servers: BTreeMap<String, &ApiServer> = BTreeMap::new();
    for server in &cluster.apiservers {
        servers.entry(server.component().release.to_string()).or_insert(server);
    }
    let several = servers.len() > 1;
    let mut answer = Answer::default();
    let mut fine = Vec::new();
    for (name, server) in servers {
        let origin = origin(server);
        match ask(&server.component().release, server) {
            State::Fine(because) => {
                answer.seen.push(origin);
                fine.push(because);
            }
            State::Wrong { message, severity, remedy } => answer.findings.push(Finding {
                subject: several.then_some(name),
                setting: None,
                message,
                severity,
                confidence: Confidence::Certain,
                primary: origin,
                because: Vec::new(),
                remedy: Some(Remedy {
                    title: remedy.to_owned(),
                    safety: Safety::Manual,
                    breaks: breaks.iter().map(|&sentence| sentence.to_owned()).collect(),
                    changes: Vec::new(),
                }),
            }),
            State::Open(gap) => answer.gaps.push(gap),
        }
    }
    answer.because = fine.join("; ");
    Ok(answer)
}

/// Where the release is named, else what declares the server.
fn origin(server: &ApiServer) -> Origin {
    let whole = || Location::whole(server.component().declared_in.clone(), Plane::Declared);
    let by = Some(server.release_at().cloned().unwrap_or_else(whole));
    Origin::Implied { by, how: "the release that is declared".to_owned() }
}

/// The exact release that upstream built, or why there is none to judge.
pub(super) fn upstream(release: &Release) -> Result<&Version, Gap> {
    match release {
        Release::Within { from, to } => Err(unknown(format!("the release is anything from {from} to {to}"))),
        Release::Exactly(version) => match releases::vendor(version) {
            None => Ok(version),
            Some(vendor) => Err(Gap {
                kind: GapKind::Version,
                reason: format!(
                    "{version} is built by {}, which decides itself how long it is maintained and what is patched",
                    vendor.name
                ),
                wanted: format!("what {} says of {version}", vendor.advisories),
                who_could_answer: vendor.advisories.to_owned(),
            }),
        },
    }
}

pub(super) fn unknown(reason: String) -> Gap {
    Gap::of_release(reason)
}

/// A gap for what came after this build.
pub(super) fn newer(reason: String) -> Gap {
    Gap {
        kind: GapKind::Version,
        reason,
        wanted: "a newer Portcullis".to_owned(),
        who_could_answer: "a newer Portcullis, or kubernetes.io/releases".to_owned(),
    }
}
