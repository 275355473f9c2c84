//! API servers of one cluster that encrypt differently. The page beside this file explains the rule and tests it.

use facts::{
    Cluster,
    apiserver::ApiServer,
    configuration::{ConfigFile, FileKind, Taken, encryption::Encryption},
};
use model::{Answer, Confidence, Finding, Gap, GapKind, Label, Origin, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "encryption-config-consistent",
        title: "API servers of one cluster encrypt differently",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("config_consistent.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster) -> Verdict {
    if cluster.apiservers.len() < 2 {
        return Err(Unanswered::NotApplicable("the evidence holds one API server".to_owned()));
    }
    let mut answer = Answer::default();
    let mut read: Vec<(&ApiServer, Option<&Taken>)> = Vec::new();
    for server in &cluster.apiservers {
        match server.file(FileKind::Encryption) {
            Ok(file) => read.push((server, file)),
            Err(Unanswered::Gap(gap)) => answer.gaps.push(gap),
            Err(Unanswered::NotApplicable(_)) => {}
        }
    }
    if answer.gaps.is_empty() && read.iter().all(|(_, file)| file.is_none()) {
        return Err(Unanswered::NotApplicable("no API server of the cluster has an encryption configuration".to_owned()));
    }
    // Whoever counts what it read last tells as well whether that is the same.
    if !answer.gaps.is_empty()
        && let Some(counted) = digests(cluster)
    {
        return Ok(counted);
    }
    if let Some(((first, one), rest)) = read.split_first() {
        for (server, other) in rest {
            match (one, other) {
                (None, None) => {}
                (Some(one), Some(other)) => match is_same(one, other) {
                    Some(true) => answer.seen.push(say::field(&other.at)),
                    Some(false) => answer.findings.push(differs(first, server, &other.at, &one.at)),
                    None => answer.gaps.push(Gap {
                        kind: GapKind::Unresolved,
                        reason: "a key is written so that it cannot be compared".to_owned(),
                        wanted: "the keys, each on one line".to_owned(),
                        who_could_answer: "whoever maintains the file".to_owned(),
                    }),
                },
                (Some(one), None) => answer.findings.push(bare(server, first, &one.at)),
                (None, Some(other)) => answer.findings.push(bare(first, server, &other.at)),
            }
        }
    }
    // A server that reads its file again by itself may have failed to.
    let reloads = read.iter().any(|(server, _)| {
        let setting = server.component().setting("encryption-provider-config-automatic-reload");
        setting.is_some_and(|setting| setting.in_force().map_or(true, |reading| reading.in_force() == "true"))
    });
    if reloads && answer.findings.is_empty() {
        answer.gaps.push(Gap {
            kind: GapKind::NotCollected,
            reason: "the servers read their files again by themselves, and whether that failed is in their metrics".to_owned(),
            wanted: "the metrics apiserver_encryption_config_controller_*".to_owned(),
            who_could_answer: "whoever may read /metrics of every API server".to_owned(),
        });
    }
    answer.because = format!("the files of {} API servers mean the same", read.len());
    Ok(answer)
}

/// What the digests come to that the servers count of their files; `None` where one of them counts none.
fn digests(cluster: &Cluster) -> Option<Answer> {
    let mut servers = cluster.apiservers.iter().map(|server| {
        let metrics = server.metrics()?;
        Some((server, metrics.config_hashes.get("encryption")?, &metrics.at))
    });
    let (first, one, at_first) = servers.next()??;
    let mut answer = Answer::default();
    for server in servers {
        let (server, other, at) = server?;
        if other == one {
            answer.seen.push(say::field(at));
            continue;
        }
        let mut found = differs(first, server, at, at_first);
        found.message = format!("`{}` and `{}` have read files that differ", first.component().instance, server.component().instance);
        // They may mean the same.
        found.confidence = Confidence::Probable;
        answer.findings.push(found);
    }
    answer.because = format!("{} API servers have read the same file", cluster.apiservers.len());
    Some(answer)
}

/// Whether two files mean the same to the newest release that takes each.
fn is_same(one: &Taken, other: &Taken) -> Option<bool> {
    let newest = |taken: &Taken| -> Option<Encryption> {
        match &**taken.read.last().map(|(_, file)| file)? {
            ConfigFile::Encryption(file) => Some(file.clone()),
            _ => None,
        }
    };
    newest(one)?.is_same(&newest(other)?)
}

fn differs(first: &ApiServer, server: &ApiServer, at: &model::Location, other: &model::Location) -> Finding {
    let (one, two) = (&first.component().instance, &server.component().instance);
    Finding {
        subject: Some(two.clone()),
        because: vec![Label { at: other.clone(), text: format!("the file of `{one}`") }],
        ..finding(format!("`{one}` and `{two}` have files that do not mean the same"), say::field(at))
    }
}

fn bare(without: &ApiServer, with: &ApiServer, at: &model::Location) -> Finding {
    let (one, two) = (&without.component().instance, &with.component().instance);
    Finding {
        subject: Some(one.clone()),
        ..finding(format!("`{one}` encrypts nothing, and `{two}` does: what `{two}` writes, `{one}` cannot read"), say::field(at))
    }
}

fn finding(message: String, primary: Origin) -> Finding {
    Finding {
        subject: None,
        setting: Some("--encryption-provider-config".to_owned()),
        message,
        severity: None,
        confidence: Confidence::Certain,
        primary,
        because: Vec::new(),
        remedy: Some(say::remedy(
            "give every API server the same file",
            &["A key that one server lacks has to be there for reading everywhere before one of them writes with it."],
            None,
        )),
    }
}
