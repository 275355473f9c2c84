//! Which paths are open to everybody. The page beside this file explains the rule and tests it.

use facts::{
    Cluster,
    apiserver::ApiServer,
    configuration::{InUse, authn::Authentication},
};
use model::{Answer, Finding, Label, Origin, RuleCard, Severity, Unanswered, Verdict};

use super::{authorizers, webhooks::{written, wrong}};
use crate::{
    Applies, Check, OfFile, OfServer, Rule,
    rbac::{self, BINDINGS},
    say,
};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-authn-config-anonymous-conditions",
        title: "A file lets callers without credentials ask for more than whether the server is well",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("authn_config_anonymous_conditions.md"),
    },
    component: "apiserver",
    applies: Applies::from(31, "1.31 brought the field"),
    check: Check::File {
        of: OfFile::Authentication(check),
        server: OfServer::Weighed { of: BINDINGS, without: None, weigh },
    },
};

const FIELD: &str = "anonymous.conditions";

/// What probes and load balancers ask for, and nothing else.
const HEALTH: [&str; 3] = ["/livez", "/readyz", "/healthz"];

fn check(file: &InUse<'_, Authentication>) -> Verdict {
    let Some(anonymous) = &file.file.anonymous else {
        return Err(Unanswered::NotApplicable("the file leaves the matter to `--anonymous-auth`".to_owned()));
    };
    if !anonymous.enabled {
        return Err(Unanswered::NotApplicable("callers without credentials are refused".to_owned()));
    }
    let Some(paths) = &anonymous.paths else {
        let message = "every path is open to callers without credentials: there are no conditions".to_owned();
        return Ok(say::fail(say::wrong(FIELD, message, &written(&anonymous.at), remedy())));
    };
    let mut answer = Answer {
        seen: paths.iter().map(|path| written(&path.at)).collect(),
        because: format!("{} are open", paths.iter().map(|path| format!("`{}`", path.value)).collect::<Vec<_>>().join(", ")),
        setting: Some(FIELD.to_owned()),
        ..Answer::default()
    };
    // Paths match as a whole, so that one which no request can have opens nothing.
    let opens = |path: &str| path.starts_with('/') && !path.contains(['*', '?', '#']);
    for path in paths.iter().filter(|path| opens(&path.value) && !HEALTH.contains(&path.as_str())) {
        let found = fault(&path.value, &written(&path.at));
        if !answer.findings.iter().any(|known| known.subject == found.subject) {
            answer.findings.push(found);
        }
    }
    Ok(answer)
}

/// What somebody added to the roles of strangers is open to them where every path is; one path more is no object of theirs.
fn weigh(finding: &mut Finding, server: &ApiServer, cluster: &Cluster) {
    let decide = server.authorizers().is_ok_and(|chain| authorizers::has(chain, "RBAC"));
    if finding.subject.is_some() || !decide {
        return;
    }
    if let Some((given, at)) = rbac::given_to_strangers(cluster) {
        finding.severity = Some(Severity::Critical);
        finding.message.push_str(&format!(", and {given}"));
        finding.because.push(Label { at, text: "given to callers without credentials".to_owned() });
    }
}

fn fault(path: &str, at: &Origin) -> Finding {
    let what = match path {
        "/" | "/api" | "/apis" => ", which lists what the server has",
        "/metrics" => ", which tells what everybody asks for",
        path if path.starts_with("/logs") => ", which shows files of the node",
        path if path.starts_with("/debug") => ", which shows the memory of the server",
        path if path.starts_with("/api/") || path.starts_with("/apis/") => ", which is an object or a list of them",
        _ => "",
    };
    wrong(path.to_owned(), FIELD, format!("`{path}` is open to callers without credentials{what}"), at, remedy())
}

fn remedy() -> model::Remedy {
    say::remedy(
        "open /livez, /readyz and /healthz, and no other path",
        &[
            "Probes of any other path, such as /livez/etcd, get 401: paths match as a whole.",
            "`kubeadm join` with a token, and whoever reads the issuer's keys without credentials, are refused.",
        ],
        None,
    )
}
