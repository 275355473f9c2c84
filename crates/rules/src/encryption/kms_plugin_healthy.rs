//! The page beside this file explains the rule and tests it.

use facts::{
    apiserver::ApiServer,
    configuration::{
        ConfigFile, FileKind,
        encryption::{Encryption, With},
    },
    running::{HealthCheck, State, Told},
};
use model::{Answer, Confidence, Finding, Gap, GapKind, Origin, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "encryption-kms-plugin-healthy",
        title: "A key management service is not well",
        severity: Severity::Low,
        fix: None,
        page: include_str!("kms_plugin_healthy.md"),
    },
    component: "apiserver",
    applies: Applies::from(27, "1.27 brought the check of all providers"),
    check: Check::Running(check),
};

/// The hook of a server that reads its file again. It has one check for all services, also where there is none and none was
/// asked (apiserver pkg/server/options/encryptionconfig/config.go, `LoadEncryptionConfig`, and pkg/server/options/etcd.go,
/// 1.36).
const READS_AGAIN: &str = "poststarthook/start-encryption-provider-config-automatic-reload";

fn check(server: &ApiServer, told: &Told) -> Verdict {
    let instance = &server.component().instance;
    let Some(checks) = told.health.as_ref().map_err(|gap| Unanswered::Gap(gap.clone()))? else {
        return Err(Unanswered::NotApplicable(format!("`{instance}` has no /readyz")));
    };
    if checks.is_empty() {
        return Err(unsaid("the server says that it is well, and not what it checked"));
    }
    // No service is among the checks of /livez (pkg/server/options/etcd.go, `addHealthChecksWithoutLivez`).
    let ready: Vec<&HealthCheck> = checks.iter().filter(|check| check.at.evidence.as_str().ends_with("/readyz")).collect();
    if ready.is_empty() {
        return Err(unsaid("the server did not say what it checks before it is ready"));
    }
    // `kms-providers`, or `kms-provider-0` where a service of v1 is named and the file is not read again.
    let own: Vec<&HealthCheck> = ready.iter().filter(|check| check.name.starts_with("kms-provider")).copied().collect();
    if own.is_empty() {
        return Err(Unanswered::NotApplicable("the server asks no key management service".to_owned()));
    }
    if let Some(ill) = own.iter().find(|check| check.state == State::Fails) {
        let finding = Finding {
            subject: None,
            setting: None,
            message: format!("the check `{}` fails", ill.name),
            severity: None,
            confidence: Confidence::Certain,
            primary: Origin::Reported(ill.at.clone()),
            because: Vec::new(),
            remedy: Some(say::remedy("look into the log of the key management plug-in", &[], None)),
        };
        return Ok(Answer { findings: vec![finding], ..Answer::default() });
    }
    if let Some(out) = own.iter().find(|check| check.state == State::LeftOut) {
        return Err(unsaid(&format!("the check `{}` was left out by something on the way", out.name)));
    }
    let mut seen: Vec<Origin> = own.iter().map(|check| Origin::Reported(check.at.clone())).collect();
    let says_little = own.iter().all(|check| check.name == "kms-providers");
    if says_little && checks.iter().any(|check| check.name == READS_AGAIN) {
        seen.push(service(server, told)?);
    }
    Ok(Answer { seen, because: "the key management service answers".to_owned(), ..Answer::default() })
}

/// What shows that there is a service at all.
fn service(server: &ApiServer, told: &Told) -> Result<Origin, Unanswered> {
    if let Ok(Some(metrics)) = &told.metrics
        && metrics.transformers.iter().any(|one| one.prefix.starts_with("k8s:enc:kms:"))
    {
        return Ok(Origin::Reported(metrics.at.clone()));
    }
    if let Ok(Some(taken)) = server.file(FileKind::Encryption) {
        let read = taken.read.iter().filter_map(|(_, file)| match &**file {
            ConfigFile::Encryption(file) => Some(file),
            _ => None,
        });
        let mut providers = read.flat_map(Encryption::all_providers);
        return match providers.find(|(_, provider)| matches!(provider.with, With::Kms(_))) {
            Some((_, provider)) => Ok(say::field(&provider.at)),
            None => Err(Unanswered::NotApplicable("no key management service is named".to_owned())),
        };
    }
    Err(unsaid("`kms-providers` passes also where the server asks none, since it reads its encryption configuration again"))
}

fn unsaid(reason: &str) -> Unanswered {
    Unanswered::Gap(Gap {
        kind: GapKind::Unread,
        reason: reason.to_owned(),
        wanted: "get /readyz?verbose, and the encryption configuration".to_owned(),
        who_could_answer: "whoever runs the API server: its encryption configuration, with --root".to_owned(),
    })
}
