//! Answers that are not taken at their word, and what is asked of nobody but those who may do more than anybody needs.

use super::{
    Handler, Request, audit_unseen, cluster, file, ok, outcome, outcome_in, run, server::Server, side_by_side, status,
};
use super::{err, out};

const GROUPS: &str = r#"{"kind":"APIGroupList","groups":[
    {"name":"rbac.authorization.k8s.io","versions":[{"groupVersion":"rbac.authorization.k8s.io/v1","version":"v1"}]},
    {"name":"apiregistration.k8s.io","versions":[{"groupVersion":"apiregistration.k8s.io/v1","version":"v1"}]}]}"#;

/// A list with one object, which is wrong, of each of these paths.
const WRONG: [(&str, &str, &str); 5] = [
    ("/api/v1/namespaces", r#"{"metadata":{"name":"team"}}"#, "cluster-resource-quotas"),
    (
        "/api/v1/serviceaccounts",
        r#"{"metadata":{"name":"default","namespace":"team"}}"#,
        "rbac-default-service-accounts",
    ),
    (
        "/apis/rbac.authorization.k8s.io/v1/clusterroles",
        r#"{"metadata":{"name":"all"},"rules":[{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}]}"#,
        "rbac-wildcards",
    ),
    (
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
        r#"{"metadata":{"name":"all"},"roleRef":{"kind":"ClusterRole","name":"all"},"subjects":[{"kind":"Group","name":"system:authenticated"}]}"#,
        "rbac-authenticated-group-bindings",
    ),
    (
        "/apis/apiregistration.k8s.io/v1/apiservices",
        r#"{"metadata":{"name":"v1.example.org"},"spec":{"group":"example.org","version":"v1","insecureSkipTLSVerify":true,"service":{"name":"a","namespace":"b"}}}"#,
        "apiservice-tls-verified",
    ),
];

fn with_wrong_objects(request: &Request) -> super::Reply {
    let path = request.path.split('?').next().unwrap_or_default();
    if path == "/apis" {
        return ok(GROUPS);
    }
    match WRONG.iter().find(|(known, ..)| *known == path) {
        Some((_, object, _)) => {
            ok(format!(r#"{{"kind":"List","apiVersion":"v1","metadata":{{}},"items":[{object}]}}"#))
        }
        None if path.starts_with("/apis/rbac.authorization.k8s.io/v1/") || path.starts_with("/api/v1/") => {
            let known = cluster(request);
            let none = r#"{"kind":"List","apiVersion":"v1","metadata":{},"items":[]}"#;
            if known.status == 404 && !path.contains("/configmaps/") { ok(none) } else { known }
        }
        None => cluster(request),
    }
}

/// What a cluster is held for whose answer about each of those paths is another one: of nothing surer than of an honest one.
fn disbelieved(folder: &str, wrong: &[(&'static str, &str, &str)], lie: fn() -> super::Reply) {
    let lying = |hidden: &'static str| -> Handler {
        Box::new(move |request| {
            let path = request.path.split('?').next().unwrap_or_default();
            if path == hidden { lie() } else { with_wrong_objects(request) }
        })
    };
    const NAMES: [&str; 5] = ["lying-0", "lying-1", "lying-2", "lying-3", "lying-4"];
    let mut clusters: Vec<(&'static str, Handler)> = vec![("honest", Box::new(with_wrong_objects))];
    clusters.extend(NAMES.into_iter().zip(wrong).map(|(name, (path, ..))| (name, lying(path))));
    let (found, _servers) = side_by_side(folder, clusters);
    for (name, (path, _, rule)) in NAMES.into_iter().zip(wrong) {
        assert_eq!(outcome_in(&found["honest"], rule), "fail", "{rule}");
        assert_eq!(outcome_in(&found[name], rule), "undetermined", "without {path}: {rule}");
        for entry in found[name]["verdicts"].as_array().expect("verdicts") {
            let rule = entry["rule"].as_str().expect("a name");
            let passes = entry["outcome"] == "pass" && outcome_in(&found[name], rule) == "pass";
            assert!(!passes || outcome_in(&found["honest"], rule) == "pass", "without {path}: {rule}");
        }
    }
}

/// Something that stands before a server may say of anything that it is not there.
#[test]
fn what_every_server_has_is_not_believed_to_be_missing() {
    disbelieved("believed", &WRONG, || status(404, "{}"));
}

/// A server makes some of these itself, so that a list of none is none of its lists.
#[test]
fn what_every_server_makes_is_not_believed_to_be_none() {
    let made: Vec<_> = WRONG.into_iter().filter(|(path, ..)| !path.ends_with("/serviceaccounts")).collect();
    assert_eq!(made.len(), 4);
    disbelieved("none", &made, || ok(r#"{"kind":"List","apiVersion":"v1","metadata":{},"items":[]}"#));
}

#[test]
fn a_list_of_something_else_is_none_of_what_was_asked_for() {
    disbelieved("other", &WRONG, || {
        ok(r#"{"kind":"PodTemplateList","apiVersion":"v1","metadata":{},"items":[{"metadata":{"name":"x"}}]}"#)
    });
}

/// What is no discovery does not show that a group is not served.
#[test]
fn what_is_no_discovery_tells_nothing_of_what_is_served() {
    let told = |discovery: &'static str| {
        let server = Server::start(move |request| match request.path.split('?').next().unwrap_or_default() {
            "/apis" => ok(discovery),
            _ => with_wrong_objects(request),
        });
        let report = audit_unseen(&file("discovery", &server.kubeconfig("lab", "{token: abc}")));
        let entry = outcome(&report, "cluster-unsupported-overrides").to_owned();
        let evidence = report["clusters"][0]["evidence"].as_array().expect("evidence").clone();
        let apis = evidence.iter().find(|piece| piece["name"].as_str().is_some_and(|name| name.ends_with("/apis")));
        (entry, apis.expect("asked")["state"].clone())
    };
    assert_eq!(told(GROUPS), ("not-applicable".to_owned(), "read".into()));
    for none in
        ["[]", "{}", "<html>", "null", r#"{"kind":"APIGroupList","groups":[]}"#, r#"{"kind":"PodList","items":[{}]}"#]
    {
        assert_eq!(told(none), ("undetermined".to_owned(), "unread".into()), "{none}");
    }
}

/// Lists that tell of each other are held against each other.
#[test]
fn a_list_of_none_is_not_believed_where_another_has_some() {
    const POD: &str = r#"{"metadata":{"name":"kube-apiserver-n1","namespace":"kube-system","labels":{"tier":"control-plane"}},
        "spec":{"nodeName":"n1","containers":[{"name":"a","image":"registry.k8s.io/kube-apiserver:v1.36.2","command":["kube-apiserver"]}]}}"#;
    let paths = ["/api/v1/pods", "/api/v1/namespaces/kube-system/pods", "/api/v1/nodes"];
    for empty in paths {
        let server = Server::start(move |request| {
            let list = |kind: &str, items: &str| ok(format!(r#"{{"kind":"{kind}List","items":[{items}]}}"#));
            match request.path.split('?').next().unwrap_or_default() {
                path if path == empty => list("", ""),
                "/api/v1/nodes" => list("Node", r#"{"metadata":{"name":"n1"}}"#),
                path if path.ends_with("/pods") => list("Pod", POD),
                _ => cluster(request),
            }
        });
        let report = audit_unseen(&file("none-of", &server.kubeconfig("lab", "{token: abc}")));
        let evidence = report["clusters"][0]["evidence"].as_array().expect("evidence");
        for path in paths {
            let url = format!("{}{path}", server.url());
            let piece = evidence.iter().find(|piece| piece["name"] == url.as_str()).expect("asked");
            assert_eq!(piece["state"], if path == empty { "unread" } else { "read" }, "{empty}: {piece}");
        }
    }
}

/// A Secret with what its metadata tells, and one annotation that tells too much.
const TOKEN: &str = r#"{"metadata":{"name":"ci-token","namespace":"team","creationTimestamp":"2024-03-01T08:00:00Z",
    "annotations":{"kubernetes.io/service-account.name":"ci","kubectl.kubernetes.io/last-applied-configuration":"hunter3hunter3"}}"#;

fn may(verbs: &str, resource: &str) -> String {
    let rule = format!(r#"{{"verbs":{verbs},"apiGroups":["*"],"resources":["{resource}"]}}"#);
    let paths = r#"{"verbs":["get"],"nonResourceURLs":["*"]}"#;
    format!(r#"{{"status":{{"resourceRules":[{rule}],"nonResourceRules":[{paths}],"incomplete":false}}}}"#)
}

#[test]
fn of_secrets_only_what_they_are_called_is_asked_and_only_of_those_who_may_read_them() {
    let serve = |rights: String, kind: &'static str, rest: &'static str| {
        Server::start(move |request| match request.path.split('?').next().unwrap_or_default() {
            "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews" => status(201, &rights),
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews" => {
                status(201, &format!(r#"{{"status":{{"allowed":{}}}}}"#, !request.body.contains("\"secrets\"")))
            }
            "/api/v1/secrets" if request.path.contains("service-account-token") => {
                ok(format!(r#"{{"kind":"{kind}","apiVersion":"v1","metadata":{{}},"items":[{TOKEN}{rest}}}]}}"#))
            }
            "/api/v1/secrets" => ok(format!(r#"{{"kind":"{kind}","apiVersion":"v1","metadata":{{}},"items":[]}}"#)),
            _ => cluster(request),
        })
    };
    let all = may(r#"["*"]"#, "*");
    let rich = serve(all.clone(), "PartialObjectMetadataList", "");
    let kubeconfig = file("secrets-rich", &rich.kubeconfig("lab", "{token: abc}"));
    let report = audit_unseen(&kubeconfig);
    assert_eq!(outcome(&report, "secrets-legacy-sa-tokens"), "fail");
    assert_eq!(outcome(&report, "secrets-bootstrap-token-expiry"), "pass");
    let asked: Vec<Request> = rich.seen().into_iter().filter(|one| one.path.starts_with("/api/v1/secrets")).collect();
    assert_eq!(asked.len(), 2, "{asked:?}");
    for request in &asked {
        assert_eq!(request.header("accept"), "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1");
    }
    let said = run(&kubeconfig, &["audit", "--format", "json", "-v", "--isolated", "--no-probe"]);
    assert!(!(out(&said) + &err(&said)).contains("hunter3"));

    // Who gives more than was asked for is not listened to.
    let loud = serve(all, "SecretList", r#","data":{"token":"aHVudGVyMg=="}"#);
    let kubeconfig = file("secrets-loud", &loud.kubeconfig("lab", "{token: abc}"));
    let said = run(&kubeconfig, &["audit", "--format", "json", "-v", "--isolated", "--no-probe"]);
    let report: serde_json::Value = serde_json::from_str(&out(&said)).expect("JSON");
    assert_eq!(outcome(&report, "secrets-legacy-sa-tokens"), "undetermined");
    assert!(!out(&said).contains("aHVudGVyMg"));

    // Who may not read them is asked nothing, and misses nothing.
    let poor = serve(may(r#"["get","list"]"#, "pods"), "PartialObjectMetadataList", "");
    let report = audit_unseen(&file("secrets-poor", &poor.kubeconfig("lab", "{token: abc}")));
    assert_eq!(outcome(&report, "secrets-legacy-sa-tokens"), "not asked");
    assert!(!poor.seen().iter().any(|one| one.path.starts_with("/api/v1/secrets")));
    assert!(!report.to_string().contains("list secrets"));
}
