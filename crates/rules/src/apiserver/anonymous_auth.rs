//! Requests without credentials on the API server. The page beside this file explains the rule and tests it.

use facts::{
    Cluster,
    apiserver::{Anonymous, ApiServer},
    configuration::{InUse, authn::Authentication},
};
use model::{Answer, Confidence, Finding, Label, Minor, Release, Remedy, RuleCard, Safety, Severity, Unanswered, Verdict};

use super::authorizers;
use crate::{
    Applies, Check, OfFile, OfServer, Rule,
    rbac::{self, BINDINGS},
    say,
};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-anonymous-auth",
        title: "The API server serves requests without credentials",
        severity: Severity::Medium,
        fix: Some(Safety::Review),
        page: include_str!("anonymous_auth.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::File { of: OfFile::Authentication(alone), server: OfServer::Beside { of: BINDINGS, ask: check } },
};

/// What probes and load balancers ask for (kubernetes.io/docs/reference/using-api/health-checks).
const HEALTH_PATHS: [&str; 3] = ["/livez", "/readyz", "/healthz"];

/// The first release in which a file may limit anonymous requests to paths without a feature gate
/// (kubernetes.io/docs/reference/access-authn-authz/authentication, "Anonymous authenticator configuration").
const PATHS_SINCE: Minor = Minor::new(1, 32);

/// What stops once nobody is let in without credentials.
const BREAKS: [&str; 3] = [
    "Health checks without credentials get 401: load balancers, monitors, and the probes of the static pod itself, which \
     then restarts the server again and again.",
    "`kubeadm join` with a token reads the ConfigMap `cluster-info` without credentials and fails.",
    "Clients that read `/version` or the issuer's keys without credentials stop working.",
];

fn check(server: &ApiServer, cluster: &Cluster) -> Verdict {
    Ok(judge(server.anonymous()?, &server.component().release, Some((server, cluster))))
}

/// What a file that is given by itself says of it.
fn alone(file: &InUse<'_, Authentication>) -> Verdict {
    let left = || Unanswered::NotApplicable("the file leaves the matter to `--anonymous-auth`".to_owned());
    Ok(judge(&Anonymous::of_file(file.file).ok_or_else(left)?, &file.release(), None))
}

fn judge(anonymous: &Anonymous, release: &Release, server: Option<(&ApiServer, &Cluster)>) -> Answer {
    if !anonymous.enabled {
        let mut because = say::is(&anonymous.setting, "false", &anonymous.origin, release);
        // The flag may well say `true`: from 1.6 on the server resets it when it sees AlwaysAllow (pkg/kubeapiserver/
        // options/authentication.go, ApplyAuthorization). Everyone being an administrator is another rule's finding.
        if let Some((decider, _)) = &anonymous.decided_by {
            because = format!("`{}` is off, because `{}` decides it", say::flag(&anonymous.setting), say::flag(decider));
        }
        return pass(anonymous, because);
    }
    if let Some(paths) = &anonymous.paths
        && paths.iter().all(|path| HEALTH_PATHS.contains(&path.as_str()))
    {
        return pass(anonymous, format!("`{}` is limited to {}", say::flag(&anonymous.setting), listed(paths)));
    }

    let mut message = say::is(&anonymous.setting, "true", &anonymous.origin, release);
    if let Some(paths) = &anonymous.paths {
        let beyond: Vec<String> =
            paths.iter().filter(|path| !HEALTH_PATHS.contains(&path.as_str())).cloned().collect();
        message.push_str(&format!(" for {}", listed(&beyond)));
    }
    let mut finding = Finding {
        subject: None,
        setting: Some(say::flag(&anonymous.setting)),
        message,
        severity: None,
        confidence: Confidence::Certain,
        primary: anonymous.origin.clone(),
        because: Vec::new(),
        remedy: Some(remedy(release, anonymous)),
    };
    // Roles give anonymous callers nothing but health and versions unless somebody adds to that. Of other authorizers
    // nobody can say what they allow.
    match server.map(|(server, _)| server.authorizers()) {
        None | Some(Err(_)) => {
            finding.severity = Some(Severity::High);
            finding.message.push_str(", and what authorizes it is not known");
        }
        Some(Ok(chain)) => {
            if let Some(mode) = chain.modes.iter().find(|mode| matches!(mode.as_str(), "Webhook" | "ABAC")) {
                finding.severity = Some(Severity::High);
                finding.message.push_str(&format!(", and `{mode}` may allow what roles do not"));
                finding.because.extend(say::label(&chain.origin, format!("`{mode}` may allow what roles do not")));
            } else if authorizers::has(chain, authorizers::ALWAYS_ALLOW) {
                let everything = "`AlwaysAllow` allows everything";
                finding.because.extend::<Option<Label>>(say::label(&chain.origin, everything));
            }
        }
    }
    // What somebody added to the roles is open to whoever reaches the port.
    let decide = server.and_then(|(server, _)| server.authorizers().ok()).is_some_and(|chain| authorizers::has(chain, "RBAC"));
    if let Some((_, cluster)) = server.filter(|_| decide && anonymous.paths.is_none())
        && let Some((given, at)) = rbac::given_to_strangers(cluster)
    {
        finding.severity = Some(Severity::Critical);
        finding.message.push_str(&format!(", and {given}"));
        finding.because.push(Label { at, text: "given to callers without credentials".to_owned() });
    }
    say::fail(finding)
}

fn pass(anonymous: &Anonymous, because: String) -> Answer {
    Answer {
        seen: vec![anonymous.origin.clone()],
        because,
        setting: Some(say::flag(&anonymous.setting)),
        ..Answer::default()
    }
}

/// Off where that is all there is. Where a file can limit it to the health paths, that is the better cure, and it takes a
/// new file and a mount, so only a person can make it.
fn remedy(release: &Release, anonymous: &Anonymous) -> Remedy {
    let breaks = BREAKS.map(str::to_owned).to_vec();
    let in_file = anonymous.setting.contains('.');
    if in_file || release.is_at_least(PATHS_SINCE) {
        return Remedy {
            title: "limit requests without credentials to /livez, /readyz and /healthz in an AuthenticationConfiguration"
                .to_owned(),
            safety: Safety::Manual,
            // Health checks go on; the rest of what breaks does break.
            breaks: breaks.into_iter().skip(1).collect(),
            changes: Vec::new(),
        };
    }
    let change = say::set(&anonymous.setting, &anonymous.origin, "false");
    Remedy {
        title: "refuse requests without credentials".to_owned(),
        safety: if change.is_some() { Safety::Review } else { Safety::Manual },
        breaks,
        changes: change.into_iter().collect(),
    }
}

fn listed(paths: &[String]) -> String {
    if paths.is_empty() {
        return "no path".to_owned();
    }
    paths.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ")
}
