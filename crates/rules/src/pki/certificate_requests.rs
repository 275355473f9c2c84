//! The page beside this file explains the rule and tests it.

use facts::{
    Cluster,
    objects::{Of, Request},
};
use model::{Answer, Confidence, Finding, Gap, GapKind, RuleCard, Severity, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "pki-certificate-requests",
        title: "A certificate is asked for that nobody expects",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("certificate_requests.md"),
    },
    component: "pki",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: OF, ask: check },
};

const OF: &[Of] = &[Of::CertificateSigningRequest];

const BREAKS: [&str; 1] = ["Denying a request that a node or controller waits for delays its renewal."];

fn check(cluster: &Cluster) -> Verdict {
    let requests = &cluster.objects.requests;
    let wrong = requests.iter().filter_map(|request| masters(request).or_else(|| waiting(request, cluster)));
    let answer =
        say::about(cluster, OF, wrong.collect(), "no request waits, and none is for more than its node or workload")?;
    let open = requests.iter().filter(|request| waiting(request, cluster).is_none()).filter_map(granted);
    Ok(Answer { gaps: answer.gaps.into_iter().chain(open).collect(), ..answer })
}

fn is(request: &Request, state: &str) -> bool {
    request.decided.as_deref() == Some(state)
}

fn masters(request: &Request) -> Option<Finding> {
    let subject = request.subject.as_ref().filter(|_| !is(request, "Denied"))?;
    if !subject.organizations.iter().any(|group| group == "system:masters") {
        return None;
    }
    let at = request.meta.part("/spec/request", request.at);
    let message = format!("`{}` asks for a certificate in system:masters, whom no role limits", request.user);
    let remedy = say::remedy("deny the request; if it was approved, the authority has to be replaced", &BREAKS, None);
    Some(say::object(&*request.meta.name, message, &at, remedy))
}

fn waiting(request: &Request, cluster: &Cluster) -> Option<Finding> {
    let made = request.made.filter(|made| request.decided.is_none() && *made < cluster.as_of)?;
    let at = request.meta.part("/spec/request", request.at);
    let message = format!("the request of `{}` has waited since {made}", request.user);
    let remedy = say::remedy("approve or deny it", &BREAKS, None);
    Some(Finding { confidence: Confidence::Probable, ..say::object(&*request.meta.name, message, &at, remedy) })
}

/// Certificates by which somebody is known to the API server, and requests of today: who expects them only a person can tell.
fn granted(request: &Request) -> Option<Gap> {
    let for_clients = &*request.signer == "kubernetes.io/kube-apiserver-client" && is(request, "Approved");
    let waits = request.decided.is_none();
    if !(for_clients || waits) || masters(request).is_some() {
        return None;
    }
    let state = if waits { "waits for" } else { "was granted" };
    let subject = request.subject.as_ref().map_or("what it names could not be read", |subject| &subject.text);
    let time = request.wanted_for.map(|seconds| format!(", for {} days", seconds / 86_400)).unwrap_or_default();
    Some(Gap {
        kind: GapKind::Manual,
        reason: format!(
            "`{}` {state} a certificate ({subject}{time}): whether that is expected only a person can tell",
            request.user
        ),
        wanted: format!("whether the request {} is expected", request.meta.name),
        who_could_answer: "whoever approves requests".to_owned(),
    })
}
