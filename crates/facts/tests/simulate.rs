//! The engines held to what real API servers did with a configuration file and a request: the files in `vectors` were
//! recorded from kube-apiserver 1.36.2 and 1.20.2, and each says in its `note` how.

use model::{Evidence, EvidenceId, Kind, Minor, Plane, Release, Version};
use portcullis_facts::{
    Redactor,
    configuration::{Read, audit_policy},
    request::{self, Request},
};
use serde::Deserialize;

fn evidence(text: &str) -> Evidence {
    let id = EvidenceId::new("file.yaml");
    Redactor::new().evidence(id, Plane::Declared, Kind::ConfigFile, &text.replace("{DIR}", "/etc/kubernetes"))
}

fn release(version: &str) -> (Release, Minor) {
    let version: Version = version.parse().expect("a version");
    let minor = version.minor;
    (Release::Exactly(version), minor)
}

fn one(text: &str) -> Request {
    request::read(text).expect("a request").remove(0)
}

/// What a file means, if the release starts with it.
fn started<T>(read: Read<T>) -> Option<T> {
    if read.taken_by.is_empty() { None } else { read.value }
}

#[derive(Deserialize)]
struct Policies {
    policies: Vec<PolicyCase>,
    startup: Vec<PolicyStartup>,
}

#[derive(Deserialize)]
struct PolicyCase {
    name: String,
    policy: String,
    results: Vec<PolicyResult>,
}

#[derive(Deserialize)]
struct PolicyResult {
    request: Request,
    events: Vec<Event>,
}

#[derive(Deserialize)]
struct Event {
    stage: String,
    level: String,
}

#[derive(Deserialize)]
struct PolicyStartup {
    name: String,
    policy: String,
    starts: bool,
}

#[test]
fn policies_record_what_servers_recorded() {
    let recorded: Policies = serde_json::from_str(include_str!("vectors/audit-policy-1.36.json")).expect("vectors");
    let (release, minor) = release("1.36.2");
    let mut wrong = Vec::new();
    let mut seen = 0;
    for case in &recorded.policies {
        let policy = started(audit_policy::read(&evidence(&case.policy), &release)).expect(&case.name);
        for result in &case.results {
            let answer = policy.record(&result.request, minor);
            let expected: Vec<_> =
                result.events.iter().map(|event| (event.stage.as_str(), event.level.as_str())).collect();
            let got: Vec<_> = answer.stages.iter().map(|stage| (*stage, answer.level.name())).collect();
            if got != expected {
                wrong.push(format!("{}: {:?}: {got:?}, not {expected:?}", case.name, result.request));
            }
            // The method and the path alone have to say what the server said of the request.
            let bare = Request {
                verb: None,
                group: None,
                resource: None,
                subresource: None,
                namespace: None,
                name: None,
                url: None,
                ..result.request.clone()
            };
            let (bare, named) = (bare.asked(minor).expect("asked"), result.request.asked(minor).expect("asked"));
            let url = result.request.url.clone().unwrap_or_default();
            let path = if bare.is_resource { named.path.clone() } else { url };
            let named = request::Attributes { path, version: bare.version.clone(), ..named };
            if (&bare.verb, &bare.group, &bare.resource, &bare.subresource, &bare.namespace, &bare.name, &bare.path)
                != (
                    &named.verb,
                    &named.group,
                    &named.resource,
                    &named.subresource,
                    &named.namespace,
                    &named.name,
                    &named.path,
                )
            {
                wrong.push(format!("{bare:?}, not {named:?}"));
            }
            seen += 1;
        }
    }
    for case in &recorded.startup {
        if started(audit_policy::read(&evidence(&case.policy), &release)).is_some() != case.starts {
            wrong.push(format!("{}: starts is {}", case.name, case.starts));
        }
    }
    assert!(wrong.is_empty() && seen > 300, "{} of {seen}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn old_releases_read_the_same_policy_otherwise() {
    let policy = |text: &str, version: &str, request: &str| {
        let (release, minor) = release(version);
        let read = started(audit_policy::read(&evidence(text), &release)).expect("a policy");
        let answer = read.record(&one(request), minor);
        let rule = answer.rule.and_then(|rule| read.rules.iter().position(|other| std::ptr::eq(other, rule)));
        (answer.level.name(), answer.stages.join(" "), rule)
    };
    let beta = "apiVersion: audit.k8s.io/v1beta1\nkind: Policy\nrules:\n\
                - {level: Metadata, users: [a], resources: [{resources: ['pods/*', '*/scale']}]}\n\
                - {level: Request, resources: [{resources: [pods]}]}\n";
    let log = r#"{"user":"a","path":"/api/v1/namespaces/n/pods/p/log"}"#;
    let both = "RequestReceived ResponseStarted ResponseComplete".to_owned();
    assert_eq!(policy(beta, "1.20.2", log), ("Metadata", both.clone(), Some(0)));
    assert_eq!(policy(beta, "1.9", log), ("None", String::new(), None));
    let nobody = r#"{"user":"","path":"/api/v1/pods"}"#;
    assert_eq!(policy(beta, "1.20.2", nobody), ("Request", "ResponseStarted".to_owned(), Some(1)));
    let users = "apiVersion: audit.k8s.io/v1beta1\nkind: Policy\nrules:\n- {level: Metadata, users: [a]}\n";
    assert_eq!(policy(users, "1.9", nobody), ("Metadata", "ResponseStarted".to_owned(), Some(0)));
    assert_eq!(policy(users, "1.10", nobody), ("None", String::new(), None));
    // A misspelt key leaves a rule that matches everything; nobody warns in 1.20.
    let typo = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- {level: None, resource: [{group: ''}]}\n\
                - level: Metadata\n";
    assert_eq!(policy(typo, "1.20.2", log), ("None", String::new(), Some(0)));
    // The server answers these before it audits.
    let broken = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadata\n---\nrules: []\n";
    assert_eq!(policy(broken, "1.36.2", r#"{"path":"/api/v1/watch"}"#), ("None", String::new(), None));
    assert_eq!(policy(broken, "1.36.2", r#"{"path":"/%"}"#).0, "None");
    assert_eq!(policy(broken, "1.36.2", r#"{"path":"/debug/pprof/heap"}"#).1, both);
}
