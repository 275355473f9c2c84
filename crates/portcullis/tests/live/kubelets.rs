//! Kubelets, asked through the proxy of the API server where the user wants that.

use serde_json::Value;

use super::{
    audit_unseen, err, json, out, outcome, run,
    server::{Manner, Reply, Request, Server, file, forbidden, ok, status},
};

const CONFIGZ: &str = r#"{"kubeletconfig":{"enableServer":true,"staticPodPath":"/etc/kubernetes/manifests","staticPodURLHeader":{"Authorization":["Bearer hunter2"]},
"port":10250,"address":"0.0.0.0","authentication":{"x509":{"clientCAFile":"/etc/kubernetes/pki/ca.crt"},"webhook":{"enabled":true},"anonymous":{"enabled":true}},
"authorization":{"mode":"AlwaysAllow"},"eventRecordQPS":50}}"#;

const CONFIG_MAP: &str = r#"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"kubelet-config"},
"data":{"kubelet":"apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nauthorization:\n  mode: Webhook\n"}}"#;

const RIGHTS: &str = r#"{"kind":"SelfSubjectRulesReview","status":{"resourceRules":[{"verbs":["*"],"apiGroups":["*"],"resources":["*"]}],
"nonResourceRules":[{"verbs":["*"],"nonResourceURLs":["*"]}],"incomplete":false}}"#;

fn node(name: &str) -> String {
    format!(r#"{{"metadata":{{"name":"{name}"}},"status":{{"nodeInfo":{{"kubeletVersion":"v1.36.2"}}}}}}"#)
}

fn nodes(names: &[&str]) -> Reply {
    let items: Vec<String> = names.iter().map(|name| node(name)).collect();
    ok(format!(r#"{{"kind":"NodeList","metadata":{{}},"items":[{}]}}"#, items.join(",")))
}

/// A cluster of these nodes whose kubelets answer as `kubelet` says, by the node and the path behind the proxy.
fn cluster(names: &'static [&'static str], kubelet: impl Fn(&str, &str) -> Reply + Send + Sync + 'static) -> Server {
    Server::start(move |request: &Request| {
        let path = request.path.split('?').next().unwrap_or_default();
        if let Some((node, path)) = path.strip_prefix("/api/v1/nodes/").and_then(|rest| rest.split_once("/proxy")) {
            return kubelet(node, path);
        }
        match path {
            "/api/v1/nodes" => nodes(names),
            "/api/v1/namespaces/kube-system/configmaps/kubelet-config" => ok(CONFIG_MAP),
            "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews" => ok(RIGHTS),
            _ => super::cluster(request),
        }
    })
}

fn asked(kubeconfig: &std::path::Path) -> Value {
    json(kubeconfig, &["audit", "--format", "json", "--isolated", "--no-probe", "--kubelets"])
}

fn of_node<'a>(report: &'a Value, rule: &str, node: &str) -> Vec<&'a Value> {
    let verdicts = report["clusters"][0]["verdicts"].as_array().expect("verdicts");
    verdicts.iter().filter(|entry| entry["rule"] == rule && entry["instance"] == node).collect()
}

fn piece<'a>(report: &'a Value, end: &str) -> &'a Value {
    let evidence = report["clusters"][0]["evidence"].as_array().expect("evidence");
    evidence.iter().find(|piece| piece["name"].as_str().is_some_and(|name| name.ends_with(end))).unwrap_or(&Value::Null)
}

#[test]
fn a_kubelet_that_was_asked_is_a_component_before_what_is_declared() {
    let server =
        cluster(&["n1"], |_, path| if path == "/configz" { ok(CONFIGZ) } else { status(404, "404 page not found") });
    let kubeconfig = file("kubelets", &server.kubeconfig("lab", "{token: abc}"));
    let report = asked(&kubeconfig);
    let found = &report["clusters"][0];
    let components = found["components"].as_array().expect("components");
    let kubelet = components.iter().find(|one| one["name"] == "kubelet").expect("a kubelet");
    assert_eq!(
        (&kubelet["instance"], &kubelet["version"], &kubelet["starts"]),
        (&"n1".into(), &"1.36.2".into(), &true.into())
    );
    let [disagree] = of_node(&report, "component-planes-disagree", "n1")
        .into_iter()
        .filter(|entry| entry["setting"] == "authorization.mode")
        .collect::<Vec<_>>()[..]
    else {
        panic!("{:?}", of_node(&report, "component-planes-disagree", "n1"))
    };
    assert_eq!(disagree["outcome"], "fail");
    let planes: Vec<_> =
        disagree["locations"].as_array().expect("places").iter().map(|at| at["plane"].clone()).collect();
    assert_eq!(planes, ["running", "declared"]);
    assert_eq!(disagree["locations"][0]["pointer"], "/kubeletconfig/authorization/mode");
    // Nobody is asked but with GET and the reviews, and all of it is counted.
    let seen = server.seen();
    assert!(seen.iter().all(Request::is_harmless), "{seen:?}");
    assert_eq!(found["requests"]["count"], seen.len());
    let of_kubelets: Vec<_> = seen.iter().map(|one| one.path.as_str()).filter(|path| path.contains("/proxy")).collect();
    assert_eq!(of_kubelets, ["/api/v1/nodes/n1/proxy/configz", "/api/v1/nodes/n1/proxy/flagz"]);
    assert_eq!(piece(&report, "/nodes/n1/proxy/configz")["kind"], "configz");
    assert_eq!(piece(&report, "/nodes/n1/proxy/configz")["plane"], "running");
}

#[test]
fn nobody_asks_a_kubelet_without_being_told_to() {
    let server = cluster(&["n1"], |_, _| ok(CONFIGZ));
    let kubeconfig = file("kubelets-untold", &server.kubeconfig("lab", "{token: abc}"));
    let report = audit_unseen(&kubeconfig);
    assert!(server.seen().iter().all(|one| !one.path.contains("/proxy") && !one.body.contains("proxy")));
    // What kubeadm declares of all of them is judged all the same.
    let instances: Vec<_> = report["clusters"][0]["components"]
        .as_array()
        .expect("components")
        .iter()
        .map(|one| (one["name"].clone(), one["instance"].clone()))
        .collect();
    assert!(instances.contains(&("kubelet".into(), "kubelet-config".into())), "{instances:?}");
}

#[test]
fn a_secret_of_a_kubelet_is_printed_by_nothing() {
    let server = cluster(&["n1"], |_, path| {
        if path == "/configz" {
            ok(CONFIGZ)
        } else {
            ok("\nkubelet flagz\nmanifest-url-header=Authorization:hunter2\n")
        }
    });
    let kubeconfig = file("kubelets-secrets", &server.kubeconfig("lab", "{token: abc}"));
    let bundle = kubeconfig.with_extension("portcullis");
    for arguments in [
        &["audit", "--kubelets", "--no-probe", "-v", "--format", "json"][..],
        &["resolve", "--kubelets", "--no-probe", "--defaults"],
        &["collect", "--kubelets", "--no-probe", "-o", bundle.to_str().expect("UTF-8")],
    ] {
        let assert = run(&kubeconfig, arguments);
        let said = out(&assert) + &err(&assert);
        assert!(!said.contains("hunter2"), "{arguments:?}: {said}");
    }
    // A bundle gives what the run gave.
    let live = json(&kubeconfig, &["audit", "--kubelets", "--no-probe", "--format", "json"]);
    let stored = json(&kubeconfig, &["audit", bundle.to_str().expect("UTF-8"), "--format", "json"]);
    assert_eq!(live["clusters"][0]["verdicts"], stored["clusters"][0]["verdicts"]);
}

#[test]
fn without_the_right_no_kubelet_is_asked_and_nothing_passes() {
    let server = cluster(&["n1"], |_, _| ok(CONFIGZ));
    let poor = server.beside(|request: &Request| {
        let path = request.path.split('?').next().unwrap_or_default();
        match path {
            "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews" => ok(RIGHTS
                .replace("\"resources\":[\"*\"]", "\"resources\":[\"nodes\",\"configmaps\",\"namespaces\",\"pods\"]")),
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews" => {
                ok(format!(r#"{{"status":{{"allowed":{}}}}}"#, !request.body.contains("proxy")))
            }
            "/api/v1/nodes" => nodes(&["n1"]),
            "/api/v1/namespaces/kube-system/configmaps/kubelet-config" => ok(CONFIG_MAP),
            _ if path.contains("/proxy") => panic!("asked without the right"),
            _ => super::cluster(request),
        }
    });
    let kubeconfig = file("kubelets-poor", &poor.kubeconfig("lab", "{token: abc}"));
    let report = asked(&kubeconfig);
    let gap = piece(&report, "/api/v1/nodes/*/proxy/configz");
    assert_eq!(gap["state"], "unread");
    assert!(gap["reason"].as_str().is_some_and(|reason| reason.contains("may not get nodes/proxy")), "{gap}");
    // What is declared decides nothing where somebody wanted to know what runs.
    for entry in report["clusters"][0]["verdicts"].as_array().expect("verdicts") {
        let is_of_kubelets = entry["component"] == "kubelet";
        assert!(!is_of_kubelets || !matches!(entry["outcome"].as_str(), Some("pass" | "fail")), "{entry}");
    }
    assert_eq!(outcome(&report, "component-planes-disagree"), "fail", "of the API server");
}

#[test]
fn each_way_of_not_answering_has_a_reason_of_its_own() {
    let names: &[&str] =
        &["a-401", "b-403", "c-403", "d-404", "e-503", "f-garbage", "g-cut", "h-html", "i-huge", "j-late", "z-well"];
    let server = cluster(names, |node, path| match node {
        "a-401" => status(401, "Unauthorized"),
        "b-403" => status(
            403,
            "Forbidden (user=kube-apiserver-kubelet-client, verb=get, resource=nodes, subresource(s)=[configz proxy])",
        ),
        "c-403" => forbidden("jane", "/api/v1/nodes"),
        "d-404" => status(404, "404 page not found"),
        "e-503" => status(
            503,
            r#"{"kind":"Status","message":"dial tcp 10.0.0.9:10250: connect: no route to host","code":503}"#,
        ),
        "f-garbage" => Reply { manner: Manner::Garbage, ..ok("") },
        "g-cut" => Reply { manner: Manner::Cut, ..ok(CONFIGZ) },
        "h-html" => ok("<html>hello</html>"),
        "i-huge" => ok(format!("{{\"kubeletconfig\":{{\"clusterDomain\":\"{}\"}}}}", "x".repeat(1 << 20))),
        "j-late" => Reply { manner: Manner::Late(std::time::Duration::from_millis(300)), ..ok(CONFIGZ) },
        _ if path == "/configz" => ok(CONFIGZ),
        _ => status(404, "404 page not found"),
    });
    let kubeconfig = file("kubelets-silent", &server.kubeconfig("lab", "{token: abc}"));
    let report = asked(&kubeconfig);
    let state = |node: &str| {
        let piece = piece(&report, &format!("/nodes/{node}/proxy/configz"));
        (piece["state"].as_str().unwrap_or("none").to_owned(), piece["reason"].as_str().unwrap_or_default().to_owned())
    };
    for (node, expected, words) in [
        ("a-401", "unread", "does not take the credentials that the API server has for it (401)"),
        ("b-403", "unread", "refuses the API server, which it knows as `kube-apiserver-kubelet-client` (403)"),
        ("c-403", "unread", "`jane` may not get nodes/proxy (403)"),
        ("d-404", "missing", ""),
        ("e-503", "unread", "no route to host"),
        ("f-garbage", "unread", "could not be asked"),
        ("g-cut", "unread", "could not be asked"),
        ("h-html", "read", ""),
        ("i-huge", "unread", "larger than"),
        ("j-late", "read", ""),
        ("z-well", "read", ""),
    ] {
        let (state, reason) = state(node);
        assert_eq!(state, expected, "{node}: {reason}");
        assert!(reason.contains(words), "{node}: {reason}");
    }
    // One that does not answer hides no other.
    assert!(of_node(&report, "component-planes-disagree", "z-well").iter().any(|entry| entry["outcome"] == "fail"));
    for node in ["a-401", "b-403", "c-403", "e-503", "f-garbage", "g-cut", "h-html", "i-huge"] {
        let ends: Vec<_> =
            of_node(&report, "component-planes-disagree", node).iter().map(|entry| entry["outcome"].clone()).collect();
        assert_eq!(ends, ["undetermined"], "{node}");
    }
}

#[test]
fn a_node_whose_name_leads_elsewhere_is_not_asked() {
    let server = cluster(&["n1", "../../../secrets", "n2/proxy/exec?command=id", "N3", "*"], |_, path| {
        if path == "/configz" { ok(CONFIGZ) } else { status(404, "") }
    });
    let kubeconfig = file("kubelets-lies", &server.kubeconfig("lab", "{token: abc}"));
    let report = asked(&kubeconfig);
    let seen = server.seen();
    let of_kubelets: Vec<_> = seen.iter().map(|one| one.path.as_str()).filter(|path| path.contains("proxy")).collect();
    assert_eq!(of_kubelets, ["/api/v1/nodes/n1/proxy/configz", "/api/v1/nodes/n1/proxy/flagz"]);
    let gap = piece(&report, "/api/v1/nodes/*/proxy/configz");
    assert!(
        gap["reason"].as_str().is_some_and(|reason| reason.contains("4 of 5 nodes have names that no node can have")),
        "{gap}"
    );
}
