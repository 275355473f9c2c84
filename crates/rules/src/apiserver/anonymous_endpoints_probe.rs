//! What an API server gives to strangers. The page beside this file explains the rule and tests it.

use facts::observed::{Answer as Given, Door};
use model::{Answer, Confidence, Finding, Listener, Meaning, RuleCard, Severity, TOKEN, Verdict, Who};

use crate::{
    Applies, Check, Rule,
    doors::{self, Open},
};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-anonymous-endpoints-probe",
        title: "The API server gives something to callers without credentials",
        severity: Severity::Critical,
        fix: None,
        page: include_str!("anonymous_endpoints_probe.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Door { of: &[Listener::ApiServer, Listener::ApiServerInsecure], ask: check },
};

/// Whatever stands on a path, a stranger who gets it needs nothing else.
struct Kind {
    subject: &'static str,
    what: &'static str,
    /// As the control lists it; `None` for the rule's own.
    severity: Option<Severity>,
    paths: &'static [&'static str],
}

const KINDS: [Kind; 4] = [
    Kind {
        subject: "objects",
        what: "read objects of the cluster",
        severity: None,
        paths: &["/api/v1/namespaces", "/api/v1/nodes", "/api/v1/pods", "/api/v1/secrets"],
    },
    Kind { subject: "log files", what: "read the log files of its node", severity: None, paths: &["/logs/"] },
    Kind {
        subject: "diagnostics",
        what: "see how it runs and whom it serves",
        severity: Some(Severity::High),
        paths: &["/metrics", "/flagz", "/statusz", "/configz", "/debug/pprof/", "/debug/flags/v"],
    },
    Kind {
        subject: "discovery",
        what: "see which APIs it serves",
        severity: Some(Severity::Low),
        paths: &["/", "/api", "/apis", "/openapi/v2", "/openapi/v3", "/swaggerapi"],
    },
];

/// What the default roles give to everybody (system:public-info-viewer, 1.14 on), and what some publish on purpose.
const HARMLESS: [&str; 7] = [
    "/healthz", "/livez", "/readyz", "/version", "/.well-known/openid-configuration", "/openid/v1/jwks",
    "/api/v1/namespaces/kube-public/configmaps/cluster-info",
];

const REMEDY: &str = "take from `system:anonymous` and `system:unauthenticated` what is bound to them, or refuse requests without credentials";

const BREAKS: [&str; 1] = ["Whoever reads those paths without credentials today, such as a scraper or a dashboard, is refused."];

fn check(door: &Door) -> Verdict {
    doors::answered(door)?;
    let mut answer = Answer::default();
    let mut silent: Vec<&Given> = Vec::new();
    for kind in &KINDS {
        let asked = || kind.paths.iter().map(|path| (*path, door.answer(path)));
        let open: Vec<&Given> = asked().filter_map(|(_, given)| given.filter(|given| doors::let_in(given))).collect();
        silent.extend(asked().filter_map(|(_, given)| given.filter(|given| doors::says_nothing(given))));
        let Some(first) = open.first() else { continue };
        let secrets = open.iter().any(|given| given.bare() == "/api/v1/secrets");
        let what = if secrets { "read Secrets and other objects of the cluster" } else { kind.what };
        answer.findings.push(doors::open(Open {
            subject: Some(kind.subject),
            message: format!(
                "anybody who reaches {} can {what}: {} {} without credentials",
                door.name,
                doors::paths(&open),
                doors::answer(&open)
            ),
            severity: kind.severity,
            confidence: Confidence::Certain,
            at: first,
            remedy: REMEDY,
            breaks: &BREAKS,
        }));
    }
    answer.findings.extend(any_credential(door));
    answer.gaps.extend(doors::silence(door, &silent, &["/api/v1/secrets"]));
    if let Some(refused) = door.answers.iter().find(|given| given.meaning == Meaning::CertificateRequired) {
        return Ok(doors::pass_by(refused, format!("{} ends the handshake without a client certificate", door.name)));
    }
    if answer.findings.is_empty() && answer.gaps.is_empty() {
        let shut = door.answer("/api/v1/secrets").map(doors::refusal).unwrap_or_default();
        let given: Vec<&Given> = door.given().filter(|given| HARMLESS.contains(&given.bare())).collect();
        let beside = if given.is_empty() { String::new() } else { format!("; {} {}", doors::paths(&given), doors::answer(&given)) };
        return Ok(doors::pass(door, format!("a stranger is told {shut}{beside}")));
    }
    Ok(answer)
}

/// A credential that is nobody's is none, and who is let in by it is let in without.
fn any_credential(door: &Door) -> Option<Finding> {
    let with = |who: Who| door.answers.iter().find(|given| given.who == who && given.bare() == "/api");
    // plugin/pkg/auth/authenticator/token/anytoken, until 1.5: a token is the name of its user.
    let token = with(Who::Token).filter(|given| given.user.as_deref() == Some(TOKEN))?;
    Some(doors::open(Open {
        subject: Some("any token"),
        message: format!("{} takes a token that is nobody's for the user `{}`", door.name, TOKEN),
        severity: None,
        confidence: Confidence::Certain,
        at: token,
        remedy: "take `--insecure-allow-any-token` away",
        breaks: &["Whoever calls with a made-up token is refused."],
    }))
}
