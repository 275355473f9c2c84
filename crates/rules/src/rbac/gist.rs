//! What all rules about rights share: how they word them, what a rule allows at its worst, and which namespaces are whose.

use facts::{
    Cluster,
    objects::{Extent, Of, PolicyRule},
    rbac::{Access, Grant, Holder, Permission, Who},
};
use model::{Answer, Confidence, Finding, Gap, GapKind, Label, Location, Origin, Remedy, Safety, Severity, Unanswered};

use crate::say;

/// What is to be done, which only a person can.
pub(super) fn remedy(title: &str, breaks: &[&str]) -> Remedy {
    Remedy {
        title: title.to_owned(),
        safety: Safety::Manual,
        breaks: breaks.iter().map(|&sentence| sentence.to_owned()).collect(),
        changes: Vec::new(),
    }
}

/// "User `a`, Group `b` and 3 others".
pub(super) fn people(who: &[Who<'_>]) -> String {
    const NAMED: usize = 3;
    let mut words: Vec<String> = who.iter().take(NAMED).map(ToString::to_string).collect();
    match who.len().saturating_sub(NAMED) {
        0 => {}
        1 => words.push("another".to_owned()),
        more => words.push(format!("{more} others")),
    }
    say::and(&words)
}

/// "`a`, `b` and `c`".
pub(super) fn quoted(words: &[&str]) -> String {
    say::and(&words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>())
}

/// Where a grant holds, for the end of a sentence.
pub(super) fn place(grant: Grant<'_>) -> String {
    match grant.namespace() {
        None => " in every namespace".to_owned(),
        Some("") => " in its namespace".to_owned(),
        Some(namespace) => format!(" in `{namespace}`"),
    }
}

/// The rule that grants it, as a place beside the finding.
pub(super) fn granted_by(grant: Grant<'_>, permission: &Permission<'_>) -> Option<Label> {
    let text = format!("this rule of {} grants it", grant.role_name());
    permission.at().map(|at| Label { at, text })
}

/// A finding about an object, which a person mends.
pub(super) fn finding(subject: String, message: String, at: &Location, remedy: Remedy) -> Finding {
    Finding {
        subject: Some(subject),
        setting: None,
        message,
        severity: None,
        confidence: Confidence::Certain,
        primary: say::field(at),
        because: Vec::new(),
        remedy: Some(remedy),
    }
}

/// Ends an answer: without a finding it passes where the lists are whole, and says why where they are not.
pub(super) fn done(mut answer: Answer, access: Access<'_>, kinds: &[Of], because: impl FnOnce() -> String) -> Answer {
    if let Err(gaps) = access.whole(kinds) {
        answer.gaps.extend(gaps);
    }
    if answer.findings.is_empty() && answer.gaps.is_empty() {
        answer.because = because();
        answer.seen = kinds.iter().filter_map(|of| access.objects.list(*of)).cloned().map(Origin::Reported).collect();
    }
    answer
}

/// Leaves where the server has no RBAC, so that nobody is granted anything by it.
pub(super) fn served(cluster: &Cluster) -> Result<Access<'_>, Unanswered> {
    if *cluster.objects.extent(Of::ClusterRoleBinding) != Extent::Missing {
        return Ok(cluster.access());
    }
    // Before 1.8 there was only v1beta1, which is not asked for.
    let old = cluster.release.as_ref().is_none_or(|release| release.bounds().0.minor < 8);
    if old {
        return Err(Unanswered::Gap(Gap {
            kind: GapKind::Unread,
            reason: "the API server has no rbac.authorization.k8s.io/v1, which came with 1.8".to_owned(),
            wanted: "list clusterrolebindings".to_owned(),
            who_could_answer: "`kubectl get clusterrolebindings`, by a person".to_owned(),
        }));
    }
    Err(Unanswered::NotApplicable("the API server has no API for RBAC".to_owned()))
}

/// Whether a namespace is one that Kubernetes or a distribution keeps for itself.
pub(super) fn is_system(namespace: &str) -> bool {
    namespace.starts_with("kube-") || namespace == "openshift" || namespace.starts_with("openshift-")
}

/// Why a grant is worse than one in an ordinary namespace: it reaches control-plane pods, or nothing there keeps a pod from
/// the node.
pub(super) fn lax(cluster: &Cluster, grant: Grant<'_>) -> Option<String> {
    let Some(namespace) = grant.namespace() else { return Some("it holds in kube-system too".to_owned()) };
    if is_system(namespace) {
        return Some(format!("`{namespace}` is a namespace of the system"));
    }
    // Without the list nobody knows what a namespace enforces.
    let found = cluster.objects.namespaces.iter().find(|known| &*known.meta.name == namespace)?;
    let enforced = found.meta.label("pod-security.kubernetes.io/enforce");
    let keeps = matches!(enforced, Some("baseline" | "restricted"));
    (!keeps).then(|| format!("`{namespace}` does not enforce `baseline`"))
}

/// What the rules of a grant come to, at their worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Worst {
    /// Health, version, discovery, keys of the issuer, or the single ConfigMap `cluster-info`.
    Public,
    /// Objects without credentials are read.
    Reads,
    /// Something is written, run, or a secret is read.
    Acts,
}

const READS: [&str; 3] = ["get", "list", "watch"];
/// What changes nothing although it is created.
const REVIEWS: [&str; 5] = [
    "selfsubjectaccessreviews",
    "selfsubjectrulesreviews",
    "selfsubjectreviews",
    "localsubjectaccessreviews",
    "subjectaccessreviews",
];
const PUBLIC: [&str; 10] = [
    "/healthz",
    "/livez",
    "/readyz",
    "/version",
    "/api",
    "/apis",
    "/openapi",
    "/.well-known/openid-configuration",
    "/openid/v1/jwks",
    "/swagger",
];

pub(super) fn worst(rules: &[&PolicyRule]) -> Worst {
    rules.iter().map(|rule| of_rule(rule)).max().unwrap_or(Worst::Public)
}

fn of_rule(rule: &PolicyRule) -> Worst {
    let reads_only = rule.verbs.iter().all(|verb| READS.contains(&&**verb));
    if !rule.urls.is_empty() {
        let known =
            |url: &str| PUBLIC.iter().any(|known| url.trim_end_matches('*').trim_end_matches('/').starts_with(known));
        let public = rule.urls.iter().all(|url| known(url));
        return match (reads_only || rule.verbs.iter().all(|verb| matches!(&**verb, "get" | "head")), public) {
            (true, true) => Worst::Public,
            (true, false) => Worst::Reads,
            (false, _) => Worst::Acts,
        };
    }
    let reviews = rule.verbs.iter().all(|verb| &**verb == "create")
        && rule.resources.iter().all(|resource| REVIEWS.contains(&&**resource));
    if reviews {
        return Worst::Public;
    }
    let info = rule.resources.iter().all(|resource| &**resource == "configmaps")
        && !rule.names.is_empty()
        && rule.names.iter().all(|name| &**name == "cluster-info");
    if reads_only && info && rule.verbs.iter().all(|verb| &**verb == "get") {
        return Worst::Public;
    }
    let secret = READS.iter().any(|verb| rule.speaks_of(verb, "", "secrets"));
    let runs = ["pods/exec", "pods/attach", "pods/portforward", "pods/proxy", "services/proxy", "nodes/proxy"]
        .iter()
        .any(|resource| rule.speaks_of("get", "", resource));
    if reads_only && !secret && !runs { Worst::Reads } else { Worst::Acts }
}

/// An identity provider at which anybody can have an account, if the cluster is known to trust one.
pub(super) fn public_provider(cluster: &Cluster) -> Option<String> {
    const PUBLIC: [&str; 6] = [
        "accounts.google.com",
        "login.microsoftonline.com/common",
        "token.actions.githubusercontent.com",
        "gitlab.com",
        "appleid.apple.com",
        "www.facebook.com",
    ];
    if cluster.is_of("gke") {
        return Some("every Google account is authenticated on GKE".to_owned());
    }
    let issuers = cluster.apiservers.iter().filter_map(|server| {
        server.component().setting("oidc-issuer-url")?.in_force().ok().map(|reading| reading.in_force().to_owned())
    });
    let public = |issuer: &String| {
        let host = issuer.trim_start_matches("https://");
        PUBLIC.iter().any(|known| host.starts_with(known))
    };
    issuers
        .into_iter()
        .find(public)
        .map(|issuer| format!("anybody can have an account at `{issuer}`, which is trusted"))
}

/// The holders of a grant that somebody added, by a binding or by a rule that does not ship.
pub(super) fn given<'a>(grant: Grant<'a>, permissions: &[&Permission<'a>]) -> Vec<Holder<'a>> {
    grant.holders().filter(|holder| permissions.iter().any(|permission| holder.was_given(permission))).collect()
}

/// The severity that a control lists for a case, with the reason at the end of the message.
pub(super) fn adjust(finding: &mut Finding, adjusted: Option<(Severity, String)>) {
    if let Some((severity, why)) = adjusted {
        finding.severity = Some(severity);
        finding.message = format!("{}: {why}", finding.message);
    }
}
