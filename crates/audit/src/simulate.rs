//! What the server does with one configuration file, asked without a server.

use std::{io, path::PathBuf};

use collect::Target;
use facts::{
    Redactor,
    configuration::{
        Read,
        audit_policy::{self, Policy},
        authz::{self, Authorization, Decided},
        encryption::{self, Encryption},
    },
    flags::KUBE_APISERVER,
    request::Attributes,
};
use model::{Evidence, EvidenceId, Kind, Minor, Plane, Problem, Release, Version};
use report::wire;

use crate::{LARGEST, nearest, stored};

pub use facts::{
    configuration::authz::State,
    request::{Request, read as read_requests},
};

/// What is asked of a file.
#[derive(Clone, Debug)]
pub enum Question {
    AuditPolicy(Vec<Request>),
    /// Requests, and what webhooks answer, by their names.
    Authorization(Vec<Request>, Vec<(String, State)>),
    /// Resources, as `RESOURCE.GROUP`.
    Encryption(Vec<String>),
}

impl Question {
    /// What the file should be.
    fn kind(&self) -> &'static str {
        match self {
            Self::AuditPolicy(_) => "Policy",
            Self::Authorization(..) => "AuthorizationConfiguration",
            Self::Encryption(_) => "EncryptionConfiguration",
        }
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// The file could not be read, or is something else.
    NothingThere(String),
    /// The question does not fit the file.
    Wrong(String),
}

/// The text of a file or of standard input, not longer than any other evidence may be.
pub fn text_of(target: &Target, stdin: &mut dyn io::Read) -> Result<String, String> {
    let bytes = collect::bytes(target, LARGEST, stdin)?;
    facts::text(&bytes)
}

/// Answers a question about a file as a release does; without one, as the newest that is known.
pub fn simulate(
    target: &Target,
    question: &Question,
    version: Option<&Version>,
    stdin: &mut dyn io::Read,
) -> Result<wire::Simulation, Unanswered> {
    let name = target.name();
    let text = text_of(target, stdin).map_err(Unanswered::NothingThere)?;
    if let Some(what) = facts::configuration::something_else(&text, question.kind()) {
        return Err(Unanswered::NothingThere(format!("it is {what}, and no {}", question.kind())));
    }
    let newest = Version::of_minor(KUBE_APISERVER.covered.1);
    let version = version.unwrap_or(&newest);
    let release = Release::Exactly(version.clone());
    let evidence = Redactor::new().evidence(EvidenceId::new(name), Plane::Declared, Kind::ConfigFile, &text);
    let minor = version.minor;
    let (starts, problems, answers) = match question {
        Question::AuditPolicy(requests) => {
            let read = audit_policy::read(&evidence, &release);
            taken(read, |policy| Ok(audited(policy, requests, minor, &evidence)))
        }
        Question::Authorization(requests, states) => {
            let read = authz::read(&evidence, &release);
            taken(refused(read, Authorization::crashes), |file| authorized(file, requests, states, minor))
        }
        Question::Encryption(resources) => {
            let read = encryption::read(&evidence, &release);
            taken(refused(read, Encryption::unfilled), |file| Ok(encrypted(file, resources, minor)))
        }
    }?;
    Ok(wire::Simulation {
        schema: "portcullis.simulate/1",
        version: version.to_string(),
        starts,
        problems: report::problems(&problems, &evidence),
        answers,
    })
}

/// A file without what only seems to be taken: what crashes the server afterwards, and what is still to be filled in.
fn refused<T>(read: Read<T>, more: impl FnOnce(&T) -> Vec<Problem>) -> Read<T> {
    let more = read.value.as_ref().map(more).unwrap_or_default();
    if more.is_empty() {
        return read;
    }
    let Read { mut problems, .. } = read;
    problems.extend(more);
    Read { value: None, problems, ..read }
}

type Answers = Vec<wire::SimulatedAnswer>;

/// Asks a file that the server starts with.
fn taken<T>(
    read: Read<T>,
    ask: impl FnOnce(&T) -> Result<Answers, Unanswered>,
) -> Result<(bool, Vec<Problem>, Answers), Unanswered> {
    let value = read.value.filter(|_| !read.taken_by.is_empty());
    let answers = value.as_ref().map(ask).transpose()?;
    Ok((answers.is_some(), read.problems, answers.unwrap_or_default()))
}

fn audited(policy: &Policy, requests: &[Request], minor: Minor, evidence: &Evidence) -> Answers {
    let lines = report::lines_of(policy.rules.iter().map(|rule| &rule.at), evidence);
    let recorder = policy.recorder(minor);
    let answer = |request: &Request| {
        let recorded = recorder.record(request);
        let rule = recorded
            .rule
            .map(|index| wire::AuditRule { line: lines.get(index).copied().flatten().unwrap_or(0), index });
        wire::SimulatedAnswer::Audited(Box::new(wire::Audited {
            request: request.json(),
            attributes: attributes(request, minor),
            level: recorded.level.name().to_owned(),
            stages: recorded.stages.into_iter().map(str::to_owned).collect(),
            rule,
            note: recorded.note.map(str::to_owned),
        }))
    };
    requests.iter().map(answer).collect()
}

fn authorized(
    file: &Authorization,
    requests: &[Request],
    states: &[(String, State)],
    minor: Minor,
) -> Result<Answers, Unanswered> {
    for (name, _) in states {
        if !file.webhooks().any(|webhook| webhook == name) {
            let near = nearest(name, file.webhooks()).map(|near| format!("; nearest: {near}")).unwrap_or_default();
            return Err(Unanswered::Wrong(format!("--webhook: the file has no webhook `{name}`{near}")));
        }
    }
    let chain = file.chain(states, minor);
    let answer = |request: &Request| {
        let Decided { decision, by, chain, depends_on, otherwise, note } = chain.decide(request);
        let chain = chain.into_iter().map(|entry| wire::AskedAuthorizer {
            name: entry.name,
            kind: entry.kind,
            answer: entry.answer.name().to_owned(),
            called: entry.called,
            reason: entry.reason,
        });
        wire::SimulatedAnswer::Authorized(Box::new(wire::Authorized {
            request: request.json(),
            attributes: attributes(request, minor),
            decision: decision.name().to_owned(),
            by,
            chain: chain.collect(),
            depends_on,
            otherwise: wire::Otherwise { decision: otherwise.0.name().to_owned(), by: otherwise.1 },
            note: note.map(str::to_owned),
        }))
    };
    Ok(requests.iter().map(answer).collect())
}

fn encrypted(file: &Encryption, resources: &[String], minor: Minor) -> Answers {
    let answer = |resource: &String| {
        let ways = stored::ways(&file.providers(resource, minor));
        let first = ways.first();
        wire::SimulatedAnswer::Encrypted(wire::Encrypted {
            resource: resource.clone(),
            writes: first.map_or("identity", |(name, _)| *name).to_owned(),
            key: first.and_then(|(_, key)| key.clone()),
            reads: ways.iter().map(stored::shown).collect(),
        })
    };
    resources.iter().map(answer).collect()
}

fn attributes(request: &Request, minor: Minor) -> Option<wire::RequestAttributes> {
    let Attributes { verb, is_resource, path, group, version, resource, subresource, namespace, name, .. } =
        request.asked(minor).ok()?;
    Some(wire::RequestAttributes { verb, is_resource, path, group, version, resource, subresource, namespace, name })
}

/// The name of one file, as it is typed.
pub fn target_of(typed: &str) -> Target {
    if typed == "-" { Target::Stdin } else { Target::Path(PathBuf::from(typed)) }
}
