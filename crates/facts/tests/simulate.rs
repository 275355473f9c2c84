//! The engines held to what real API servers did with a configuration file and a request: the files in `vectors` were
//! recorded from kube-apiserver 1.36.2 and 1.20.2, and each says in its `note` how.

use std::collections::BTreeMap;

use model::{Evidence, EvidenceId, Kind, Minor, Plane, Release, Version};
use portcullis_facts::{
    Redactor,
    configuration::{
        Read, audit_policy,
        authz::{self, Authorization, Decision, State},
    },
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
        let recorder = policy.recorder(minor);
        for result in &case.results {
            let answer = recorder.record(&result.request);
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
        let answer = read.recorder(minor).record(&one(request));
        (answer.level.name(), answer.stages.join(" "), answer.rule)
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

#[derive(Deserialize)]
struct Authorizations {
    cases: Vec<AuthorizationCase>,
}

#[derive(Deserialize)]
struct AuthorizationCase {
    name: String,
    #[serde(default)]
    config: Option<String>,
    #[serde(default)]
    argv: Vec<String>,
    results: Vec<AuthorizationResult>,
}

#[derive(Deserialize)]
struct AuthorizationResult {
    request: Request,
    outcome: BTreeMap<String, Outcome>,
}

#[derive(Deserialize)]
struct Outcome {
    status: u16,
    asked: Option<u32>,
}

const HEAD: &str = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\nauthorizers:\n";

fn webhook(name: &str, policy: &str, conditions: &[&str]) -> String {
    let conditions: Vec<String> = conditions.iter().map(|text| format!("{{expression: {text:?}}}")).collect();
    format!(
        "- {{type: Webhook, name: {name}, webhook: {{timeout: 1s, subjectAccessReviewVersion: v1, \
         matchConditionSubjectAccessReviewVersion: v1, failurePolicy: {policy}, \
         connectionInfo: {{type: KubeConfigFile, kubeConfigFile: /w.yaml}}, matchConditions: [{}]}}}}\n",
        conditions.join(", ")
    )
}

/// The flags as the file that means the same: webhooks of flags go on where they fail.
fn of_flags(argv: &[String]) -> String {
    let modes = argv.iter().find_map(|word| word.strip_prefix("--authorization-mode=")).expect("modes");
    let entries = modes.split(',').map(|mode| match mode {
        "Webhook" => webhook("w", "NoOpinion", &[]),
        other => format!("- {{type: {other}, name: {}}}\n", other.to_lowercase()),
    });
    HEAD.to_owned() + &entries.collect::<String>()
}

fn authorization(text: &str) -> Authorization {
    started(authz::read(&evidence(text), &release("1.36.2").0)).unwrap_or_else(|| panic!("refused: {text}"))
}

#[test]
fn requests_are_authorized_as_servers_did() {
    let recorded: Authorizations = serde_json::from_str(include_str!("vectors/authz-1.36.json")).expect("vectors");
    let minor = Minor::new(1, 36);
    let mut wrong = Vec::new();
    let (mut certain, mut open) = (0, 0);
    for case in &recorded.cases {
        let authorization = authorization(&case.config.clone().unwrap_or_else(|| of_flags(&case.argv)));
        for result in &case.results {
            for (state, outcome) in &result.outcome {
                let state = match state.as_str() {
                    "allow" => State::Allow,
                    "deny" => State::Deny,
                    "noopinion" | "error status field missing" => State::NoOpinion,
                    "both" => State::Both,
                    _ => State::Down,
                };
                let decided = authorization.chain(&[("w".to_owned(), state)], minor).decide(&result.request);
                let is = |decision: Decision| match outcome.status {
                    403 => matches!(decision, Decision::Deny | Decision::NoOpinion),
                    500 => decision == Decision::Error,
                    _ => decision == Decision::Allow,
                };
                let fits = if decided.depends_on.is_empty() {
                    certain += 1;
                    is(decided.decision)
                } else {
                    open += 1;
                    is(Decision::Allow) || is(decided.otherwise.0)
                };
                let hook = decided.chain.iter().find(|entry| entry.kind == "Webhook" && entry.name == "w");
                let called = hook.is_some_and(|entry| entry.called);
                // Behind an authorizer that is not known, it is asked only where that one has no opinion.
                let sure = decided.chain.iter().all(|entry| entry.name == "w" || entry.answer.name() != "unknown");
                let asked = outcome.asked.is_none_or(|asked| if called { asked > 0 || !sure } else { asked == 0 });
                if !fits || !asked {
                    wrong.push(format!("{} {state:?} {:?}: {decided:?}", case.name, result.request));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(certain > 400 && open > 300, "{certain} {open}");
}

#[test]
fn chains_say_only_what_is_sure() {
    let decide = |entries: &str, states: &[(&str, State)], request: &str| {
        let states: Vec<_> = states.iter().map(|(name, state)| ((*name).to_owned(), *state)).collect();
        let decided =
            authorization(&(HEAD.to_owned() + entries)).chain(&states, Minor::new(1, 36)).decide(&one(request));
        let by = |by: Option<String>| by.unwrap_or_else(|| "-".to_owned());
        let otherwise = format!("{}:{}", decided.otherwise.0.name(), by(decided.otherwise.1));
        let answers: Vec<_> = decided.chain.iter().map(|entry| entry.answer.name()).collect();
        format!(
            "{}:{} [{}] ({}) {otherwise}",
            decided.decision.name(),
            by(decided.by),
            decided.depends_on.join(" "),
            answers.join(" ")
        )
    };
    let (rbac, node) = ("- {type: RBAC, name: rbac}\n", "- {type: Node, name: node}\n");
    let alice = r#"{"user":"alice","path":"/api/v1/pods"}"#;
    let w = |policy, conditions: &[&str]| webhook("w", policy, conditions);
    let cases = [
        (rbac.to_owned(), &[][..], alice, "no-opinion:- [rbac] (unknown) no-opinion:-"),
        (
            format!("{rbac}- {{type: AlwaysAllow, name: alwaysallow}}\n"),
            &[],
            alice,
            "allow:alwaysallow [] (unknown allow) allow:alwaysallow",
        ),
        (node.to_owned(), &[], alice, "no-opinion:- [] (no-opinion) no-opinion:-"),
        (
            node.to_owned(),
            &[],
            r#"{"user":"system:node:n","groups":["system:nodes"],"path":"/api/v1/pods"}"#,
            "no-opinion:- [node] (unknown) no-opinion:-",
        ),
        // A webhook that nobody spoke of can do anything.
        (w("Deny", &[]), &[], alice, "no-opinion:- [w] (unknown) no-opinion:-"),
        (format!("{rbac}{}", w("Deny", &[])), &[("w", State::Allow)], alice, "allow:w [] (unknown allow) allow:w"),
        (
            format!("{rbac}{}", w("Deny", &[])),
            &[("w", State::Deny)],
            alice,
            "no-opinion:- [rbac] (unknown deny) deny:w",
        ),
        // An error that was gone on from is told only where nobody decides; a later refusal is a plain one.
        (w("NoOpinion", &[]), &[("w", State::Down)], alice, "error:- [] (error) error:-"),
        (
            w("NoOpinion", &[]) + &webhook("x", "Deny", &[]),
            &[("w", State::Down), ("x", State::Deny)],
            alice,
            "deny:x [] (error deny) deny:x",
        ),
        // Conditions: not followed, failing, and false beside failing.
        (
            w("Deny", &["url('/a').getHost() == ''"]),
            &[("w", State::Allow)],
            alice,
            "no-opinion:- [w] (unknown) no-opinion:-",
        ),
        (
            w("Deny", &["url('/a').getHost() == ''", "request.user == 'bob'"]),
            &[("w", State::Allow)],
            alice,
            "no-opinion:- [] (no-opinion) no-opinion:-",
        ),
        (
            w("Deny", &["request.nonResourceAttributes.path == '/'"]),
            &[("w", State::Allow)],
            alice,
            "error:w [] (error) error:w",
        ),
        (
            w(
                "Deny",
                &[
                    "request.resourceAttributes.fieldSelector.requirements.exists(r, r.key == 'spec.nodeName' && r.values == ['n'])",
                ],
            ),
            &[("w", State::Allow)],
            r#"{"user":"alice","path":"/api/v1/pods?fieldSelector=spec.nodeName%3Dn"}"#,
            "allow:w [] (allow) allow:w",
        ),
        // Whoever acts for another is asked about twice, and in 1.36 before that in a way that allows less.
        (
            w(
                "Deny",
                &["request.resourceAttributes.verb == 'impersonate' && request.resourceAttributes.name == 'bob'"],
            ),
            &[("w", State::Deny)],
            r#"{"user":"alice","path":"/api/v1/pods","impersonated":{"user":"bob"}}"#,
            "deny:w [] (no-opinion deny) deny:w",
        ),
        (
            w("Deny", &["request.user == 'bob'"]),
            &[("w", State::Deny)],
            r#"{"user":"root","groups":["system:masters"],"path":"/x","impersonated":{"user":"bob"}}"#,
            "deny:w [] (allow allow deny) deny:w",
        ),
        // Whoever fails there refuses, and RBAC may let one act in either way.
        (
            w("Deny", &[]),
            &[("w", State::Down)],
            r#"{"user":"alice","path":"/x","impersonated":{"user":"bob"}}"#,
            "deny:w [] (error error) deny:w",
        ),
        (
            rbac.to_owned(),
            &[],
            r#"{"user":"alice","path":"/x","impersonated":{"user":"bob"}}"#,
            "no-opinion:- [rbac] (unknown unknown unknown unknown) no-opinion:-",
        ),
        (w("Deny", &[]), &[], r#"{"user":"","path":"/x"}"#, "deny:- [] () deny:-"),
    ];
    for (entries, states, request, expected) in cases {
        assert_eq!(decide(&entries, states, request), expected, "{entries}{request}");
    }
}

/// As kube-apiservers 1.36.2 and 1.20.2 asked a webhook that allows everything.
#[test]
fn each_part_of_another_user_is_asked_about() {
    let authorization = authorization(&format!("{HEAD}- {{type: AlwaysAllow, name: alwaysallow}}\n"));
    let rights = |minor: u16, impersonated: &str| {
        let line = format!(r#"{{"user":"alice","path":"/api/v1/pods","impersonated":{impersonated}}}"#);
        let decided = authorization.chain(&[], Minor::new(1, minor)).decide(&one(&line));
        assert_eq!(decided.decision, Decision::Allow, "{impersonated}");
        let asked = decided.chain.iter().filter_map(|entry| entry.reason.strip_prefix("asked whether it may "));
        asked.map(|reason| reason.split(": it ").next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let on = |mode: &str| format!("impersonate-on:{mode}:list pods");
    assert_eq!(rights(34, r#"{"user":"bob"}"#), ["impersonate users `bob`"]);
    assert_eq!(rights(36, r#"{"user":"bob"}"#), [&*on("user-info"), "impersonate:user-info users `bob`"]);
    // What the server adds by itself is asked about by nobody.
    let account = r#"{"user":"system:serviceaccount:a:b","groups":["system:serviceaccounts","system:serviceaccounts:a","system:authenticated"]}"#;
    assert_eq!(rights(34, account), ["impersonate serviceaccounts `b`"]);
    assert_eq!(rights(36, account), [&*on("serviceaccount"), "impersonate:serviceaccount serviceaccounts `b`"]);
    assert_eq!(
        rights(36, r#"{"user":"system:node:n"}"#),
        [&*on("arbitrary-node"), "impersonate:arbitrary-node nodes `n`"]
    );
    // No name of an account or of a node, so that it is one of a user.
    assert_eq!(rights(36, r#"{"user":"system:node:N"}"#)[1], "impersonate:user-info users `system:node:N`");
    let all = r#"{"user":"bob","uid":"7","groups":["ops","system:authenticated"],"extra":{"example.org/k":["1","2"]}}"#;
    assert_eq!(
        rights(34, all),
        [
            "impersonate users `bob`",
            "impersonate groups `ops`",
            "impersonate userextras/example.org/k `1`",
            "impersonate userextras/example.org/k `2`",
            "impersonate uids `7`",
        ]
    );
    assert_eq!(rights(20, all).len(), 4, "there was no header for a UID");
    assert_eq!(
        rights(36, all)[1..],
        [
            "impersonate:user-info users `bob`",
            "impersonate:user-info uids `7`",
            "impersonate:user-info groups `ops`",
            "impersonate:user-info userextras/example.org/k `1`",
            "impersonate:user-info userextras/example.org/k `2`",
        ]
    );
    // Many are asked about at once, and what is not for that way goes the old one.
    let many = r#"{"user":"bob","groups":["a","b","c","d"]}"#;
    assert_eq!(rights(36, many)[2..], ["impersonate:user-info groups `*`"]);
    assert_eq!(
        rights(36, r#"{"user":"bob","groups":["system:masters"]}"#)[2..],
        ["impersonate users `bob`", "impersonate groups `system:masters`"]
    );
    assert_eq!(
        rights(36, r#"{"user":"bob","extra":{"plain":["1"]}}"#)[2..],
        ["impersonate users `bob`", "impersonate userextras/plain `1`"]
    );
    // A service account may act as the node that its token names.
    let line = r#"{"user":"system:serviceaccount:a:b","extra":{"authentication.kubernetes.io/node-name":["n"]},"path":"/api/v1/pods","impersonated":{"user":"system:node:n"}}"#;
    let decided = authorization.chain(&[], Minor::new(1, 36)).decide(&one(line));
    let second = decided.chain.get(1).map(|entry| entry.reason.as_str());
    assert_eq!(second, Some("asked whether it may impersonate:associated-node nodes `*`: it allows everything"));
}
