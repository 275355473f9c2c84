//! What a kubeconfig has a client run, and through whom it has it speak. The page beside this file explains the rule and tests it.

use facts::kubeconfig::{Endpoint, Exec, Kubeconfig, Skips, Transport, User, site};
use model::{Answer, Confidence, Finding, Gap, GapKind, Location, Origin, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubeconfig-proxy-and-exec-trust",
        title: "A kubeconfig runs a command, or speaks through somebody else",
        severity: Severity::Low,
        fix: None,
        page: include_str!("proxy_and_exec_trust.md"),
    },
    component: "pki",
    applies: Applies::ALWAYS,
    check: Check::KubeconfigFile(check),
};

/// Commands that fetch a credential and are documented to be written into a kubeconfig: of AWS, Azure, DigitalOcean, Google,
/// IBM, Oracle, Linode, Exoscale, Teleport, Pinniped and the OpenID Connect plug-in of int128.
const LOGINS: [&str; 15] = [
    "aws",
    "aws-iam-authenticator",
    "aws-vault",
    "doctl",
    "exo",
    "gcloud",
    "gke-gcloud-auth-plugin",
    "ibmcloud",
    "kubectl-oidc_login",
    "kubelogin",
    "linode-cli",
    "oci",
    "oidc-login",
    "pinniped",
    "tsh",
];

/// Commands that run whatever their arguments say.
const INTERPRETERS: [&str; 22] = [
    "ash",
    "bash",
    "busybox",
    "cmd",
    "curl",
    "dash",
    "env",
    "eval",
    "fish",
    "ksh",
    "node",
    "osascript",
    "perl",
    "php",
    "powershell",
    "pwsh",
    "python",
    "python3",
    "ruby",
    "sh",
    "wget",
    "zsh",
];

/// Folders that anybody may write to.
const OPEN_FOLDERS: [&str; 4] = ["/tmp/", "/var/tmp/", "/dev/shm/", "/private/tmp/"];

/// Variables that decide which code a program loads.
const LOADED: [&str; 10] = [
    "BASH_ENV",
    "DYLD_INSERT_LIBRARIES",
    "DYLD_LIBRARY_PATH",
    "ENV",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "NODE_OPTIONS",
    "PATH",
    "PYTHONPATH",
    "PYTHONSTARTUP",
];

fn check(config: &Kubeconfig) -> Verdict {
    if config.users.is_empty() && config.endpoints.is_empty() {
        return Err(Unanswered::NotApplicable("the file names nobody, and no server".to_owned()));
    }
    let mut answer = Answer { because: "it runs nothing, and speaks through nobody".to_owned(), ..Answer::default() };
    for user in &config.users {
        if let Some(exec) = &user.exec {
            run(user, exec, &mut answer);
        }
    }
    for endpoint in &config.endpoints {
        through(endpoint, &mut answer);
    }
    if answer.seen.is_empty() {
        answer.seen.push(Origin::Written(site(&Location::whole(config.file.clone(), config.plane))));
    }
    Ok(answer)
}

fn run(user: &User, exec: &Exec, answer: &mut Answer) {
    let Some(command) = &exec.command else { return };
    let name = &user.name;
    let text = command.as_str();
    let base = text.rsplit(['/', '\\']).next().unwrap_or_default();
    let base = base.strip_suffix(".exe").unwrap_or(base).to_ascii_lowercase();
    if let Some((variable, _)) = exec.variables.iter().find(|(variable, _)| LOADED.contains(&variable.as_str())) {
        let message = format!("`{name}` runs `{text}` with `{variable}`, which decides what code that is");
        answer.findings.push(finding(name, "users[].user.exec.env", message, &exec.at, Confidence::Certain));
        return;
    }
    let fault = if INTERPRETERS.contains(&base.as_str()) {
        Some((", which runs whatever it is told", Confidence::Certain))
    } else if OPEN_FOLDERS.iter().any(|folder| text.starts_with(folder)) {
        Some((" from a folder that anybody may write to", Confidence::Certain))
    } else if !text.starts_with('/') && text.contains(['/', '\\']) && !is_drive(text) {
        // A command with a folder in it is looked for below the folder of the file (client-go tools/clientcmd/loader.go,
        // `GetAuthInfoFileReferences`).
        Some((", which comes along with the file", Confidence::Probable))
    } else {
        None
    };
    if let Some((what, confidence)) = fault {
        let message = format!("`{name}` runs `{text}`{what}");
        answer.findings.push(finding(name, "users[].user.exec.command", message, &command.at, confidence));
        return;
    }
    let plugin = exec.arguments.first().map(|word| word.as_str());
    let is_known = LOGINS.contains(&base.as_str()) || (base == "kubectl" && plugin == Some("oidc-login"));
    if is_known {
        answer.seen.push(Origin::Written(site(&command.at)));
        answer.because = format!("`{text}` is known to fetch credentials");
        return;
    }
    answer.gaps.push(open(format!("whether `{text}`, which `{name}` runs, is to be trusted is not to be seen"), text));
}

/// `C:\\…`
fn is_drive(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic()) && letters.next() == Some(':')
}

fn through(endpoint: &Endpoint, answer: &mut Answer) {
    let Some(proxy) = &endpoint.proxy else { return };
    let name = &endpoint.name;
    // Whoever wrote it may have put a password before the host.
    let rest = proxy.value.split_once("://").map_or(proxy.as_str(), |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default().rsplit('@').next().unwrap_or_default();
    let machine = match host.strip_prefix('[') {
        Some(six) => six.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(machine, _)| machine),
    };
    let is_read = endpoint.transport().is_some_and(|transport| transport != Transport::Tls)
        || endpoint.skips.as_ref().is_some_and(|skips| skips.value == Skips::Yes);
    if machine == "localhost" || machine == "::1" || machine.starts_with("127.") {
        answer.seen.push(Origin::Written(site(&proxy.at)));
        answer.because = format!("`{host}` is on the client's own machine");
    } else if is_read {
        let message =
            format!("`{name}` is reached through `{host}`, which can read and change what is said: it is not verified");
        answer.findings.push(finding(name, "clusters[].cluster.proxy-url", message, &proxy.at, Confidence::Certain));
    } else {
        answer.gaps.push(open(
            format!("whether `{host}`, through which `{name}` is reached, is approved is not to be seen"),
            host,
        ));
    }
}

fn finding(subject: &str, setting: &str, message: String, at: &Location, confidence: Confidence) -> Finding {
    let remedy = say::remedy(
        "run a login that is known, by the path at which it is installed, and speak to the server itself",
        &["Cloud logins use exec plug-ins: keep them on the list of what may run."],
        None,
    );
    let found = say::wrong(setting, message, &Origin::Written(site(at)), remedy);
    Finding { subject: Some(subject.to_owned()), setting: Some(setting.to_owned()), confidence, ..found }
}

fn open(reason: String, wanted: &str) -> Gap {
    Gap {
        kind: GapKind::Manual,
        reason,
        wanted: format!("whether `{wanted}` is approved"),
        who_could_answer: "whoever gave out the kubeconfig".to_owned(),
    }
}
