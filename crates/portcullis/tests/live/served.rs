//! What only some clusters have: asked of those that show it, and of no other.

use super::{
    FLAGZ, audit_unseen, cluster, file, outcome,
    server::{Request, Server, forbidden, ok},
};

const GROUPS: &str =
    r#"{"kind":"APIGroupList","groups":[{"name":"config.openshift.io"},{"name":"operator.openshift.io"}]}"#;

const OVERRIDDEN: &str = r#"{"kind":"KubeAPIServerList","metadata":{},"items":[{"metadata":{"name":"cluster"},
    "spec":{"unsupportedConfigOverrides":{"apiServerArguments":{"profiling":["true"]}}}}]}"#;

/// Paths of groups that not every cluster has.
fn extra(server: &Server) -> Vec<String> {
    const OTHERS: [&str; 5] =
        ["operator.openshift.io", "kyverno.io", "kubewarden.io", "cilium.io", "projectcalico.org"];
    let is_extra = |request: &Request| OTHERS.iter().any(|group| request.path.contains(group));
    server.seen().into_iter().filter(is_extra).map(|request| request.path).collect()
}

#[test]
fn a_cluster_is_asked_for_what_its_discovery_shows() {
    let plain = Server::start(cluster);
    let report = audit_unseen(&file("served-plain", &plain.kubeconfig("lab", "{token: abc}")));
    assert_eq!(extra(&plain), [""; 0]);
    assert_eq!(outcome(&report, "cluster-unsupported-overrides"), "not-applicable");

    let openshift = Server::start(|request| match request.path.split('?').next().unwrap_or_default() {
        "/apis" => ok(GROUPS),
        "/apis/operator.openshift.io/v1/kubeapiservers" => ok(OVERRIDDEN),
        path if path.starts_with("/apis/operator.openshift.io/v1/") => {
            ok(r#"{"kind":"List","metadata":{},"items":[]}"#)
        }
        _ => cluster(request),
    });
    let report = audit_unseen(&file("served-openshift", &openshift.kubeconfig("lab", "{token: abc}")));
    let asked = extra(&openshift);
    assert!(asked.len() == 4 && asked.iter().all(|path| path.contains("operator.openshift.io")), "{asked:?}");
    assert_eq!(outcome(&report, "cluster-unsupported-overrides"), "fail");

    // Who may not see what is served is asked for nothing that may not be there, and nothing passes for it.
    let shut = Server::start(|request| match request.path.as_str() {
        "/apis" => forbidden("jane", "/apis"),
        _ => cluster(request),
    });
    let report = audit_unseen(&file("served-shut", &shut.kubeconfig("lab", "{token: abc}")));
    assert_eq!(extra(&shut), [""; 0]);
    assert_eq!(outcome(&report, "cluster-unsupported-overrides"), "undetermined");
}

/// Namespaces, pods and policies as a server gives them.
#[test]
fn what_keeps_pods_apart_is_judged_of_a_cluster_that_runs() {
    let open = Server::start(|request| {
        let list =
            |items: &str| ok(format!(r#"{{"kind":"List","apiVersion":"v1","metadata":{{}},"items":[{items}]}}"#));
        match request.path.split('?').next().unwrap_or_default() {
            "/api/v1/namespaces" => list(
                r#"{"metadata":{"name":"default"}},{"metadata":{"name":"kube-system"}},
                   {"metadata":{"name":"shop","labels":{"pod-security.kubernetes.io/enforce":"privileged","pod-security.kubernetes.io/enforce-version":"v1.24"}}},
                   {"metadata":{"name":"web","labels":{"pod-security.kubernetes.io/enforce":"restricted"}}}"#,
            ),
            "/api/v1/pods" => list(
                r#"{"metadata":{"name":"a","namespace":"shop"},"spec":{"containers":[{"image":"a:1"}]}},
                   {"metadata":{"name":"b","namespace":"web","labels":{"app":"b"}},"spec":{"containers":[{"image":"b:1"}]}}"#,
            ),
            "/apis/networking.k8s.io/v1/networkpolicies" => list(
                r#"{"metadata":{"name":"p","namespace":"web"},"spec":{"podSelector":{"matchLabels":{"app":"b"}},"ingress":[{}]}}"#,
            ),
            // What holds without a label is set up in a file, and there is none.
            "/flagz" => ok(FLAGZ.replace("\"profiling\"", "\"admission-control-config-file\":\"\",\"profiling\"")),
            _ => cluster(request),
        }
    });
    let report = audit_unseen(&file("served-open", &open.kubeconfig("lab", "{token: abc}")));
    let failing = |rule: &str| -> Vec<String> {
        let verdicts = report["clusters"][0]["verdicts"].as_array().expect("verdicts");
        let of_rule = verdicts.iter().filter(|entry| entry["rule"] == rule && entry["outcome"] == "fail");
        of_rule.filter_map(|entry| entry["subject"].as_str().map(str::to_owned)).collect()
    };
    assert_eq!(failing("pod-security-namespace-enforcement"), ["default", "shop"]);
    assert_eq!(failing("pod-security-version-pin"), ["shop enforce-version"]);
    assert_eq!(failing("pod-security-mechanism-present"), ["namespaces"]);
    assert_eq!(failing("network-namespace-has-policies"), ["shop"]);
    assert_eq!(failing("network-default-deny-ingress"), ["shop"]);
    assert_eq!(failing("network-default-deny-egress"), ["shop", "web"]);
    assert_eq!(failing("network-policy-no-allow-all"), ["web/p ingress"]);
}
