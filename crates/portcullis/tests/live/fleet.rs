//! Many clusters in one run: named by a list, accounted for one by one, compared with each other.

use std::{fs, path::PathBuf};

use serde_json::Value;

use super::{
    cluster, err, json, out, run,
    server::{self, Server, file, ok, status},
};

/// A folder of this test alone.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("fleet").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// A cluster of its own, told by its UID.
fn called(uid: &'static str) -> Server {
    Server::start(move |request| match request.path.as_str() {
        "/api/v1/namespaces/kube-system" => ok(format!(r#"{{"metadata":{{"name":"kube-system","uid":"{uid}"}}}}"#)),
        _ => cluster(request),
    })
}

const MANIFEST: &str = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: registry.k8s.io/kube-apiserver:v1.31.0\n    command: [kube-apiserver, --anonymous-auth=false]\n";

#[test]
fn a_list_names_clusters_and_hides_none() {
    let here = folder("list");
    let (one, two) = (called("1"), called("2"));
    let refusing = Server::start(|_| status(401, "{}"));
    let contexts: Vec<(&str, String, &str)> = vec![
        ("ctx-one", one.url(), &one.authority),
        ("ctx-two", two.url(), &two.authority),
        ("ctx-bad", refusing.url(), &refusing.authority),
    ];
    let contexts: Vec<(&str, &str, &str, &str)> =
        contexts.iter().map(|(name, url, authority)| (*name, url.as_str(), *authority, "{token: abc}")).collect();
    fs::write(here.join("config"), server::kubeconfig(&contexts)).expect("written");
    fs::create_dir_all(here.join("node/etc/kubernetes/manifests")).expect("a folder");
    fs::write(here.join("node/etc/kubernetes/manifests/kube-apiserver.yaml"), MANIFEST).expect("written");
    fs::write(
        here.join("fleet.toml"),
        r#"kubeconfig = "config"
[[cluster]]
name = "prod-eu"
labels = { env = "prod", region = "eu" }
targets = ["context:ctx-one"]

[[cluster]]
name = "bad"
targets = ["context:ctx-bad"]

[[cluster]]
name = "edge"
labels.env = "edge"
targets = ["node/etc/kubernetes"]

[[cluster]]
name = "gone"
targets = ["nodes/gone"]

[[cluster]]
name = "prod-us"
targets = ["context:ctx-two"]
"#,
    )
    .expect("written");
    let fleet = here.join("fleet.toml");
    let fleet = fleet.to_str().expect("a path");
    let nobody = file("fleet-nobody", "");
    let assert = run(&nobody, &["audit", "--fleet", fleet, "--format", "json", "--fail-on", "never"]).code(3);
    let report: Value = serde_json::from_str(&out(&assert)).unwrap_or_else(|error| panic!("{error}: {}", err(&assert)));
    let clusters = report["clusters"].as_array().expect("clusters");
    let names: Vec<&str> = clusters.iter().filter_map(|cluster| cluster["name"].as_str()).collect();
    assert_eq!(names, ["edge", "prod-eu", "prod-us"]);
    assert_eq!(clusters[0]["labels"], serde_json::json!({"env": "edge"}));
    assert_eq!(clusters[1]["labels"], serde_json::json!({"env": "prod", "region": "eu"}));
    assert_eq!(clusters[1]["target"], "context:ctx-one");
    let said = err(&assert);
    assert!(said.contains("nothing to judge in context:ctx-bad: it gives no answer"), "{said}");
    assert!(said.contains("nodes/gone") && said.contains("no such file"), "{said}");
    // Both are in the report as well.
    assert_eq!(report["problems"].as_array().map(Vec::len), Some(2), "{}", report["problems"]);
    // A bundle of it all keeps names and labels.
    let bundle = here.join("all.portcullis");
    let bundle = bundle.to_str().expect("a path");
    run(&nobody, &["collect", "--fleet", fleet, "-o", bundle]).code(3);
    let again = json(&nobody, &["audit", bundle, "--format", "json"]);
    assert_eq!((&again["clusters"], &again["problems"]), (&report["clusters"], &report["problems"]));
}

/// Files of one entry are one cluster, also where a folder by itself would make several of them.
#[test]
fn files_of_one_entry_are_one_cluster() {
    let here = folder("files");
    fs::write(here.join("a.yaml"), MANIFEST).expect("written");
    fs::write(here.join("b.yaml"), MANIFEST.replace("false", "true")).expect("written");
    fs::write(here.join("fleet.toml"), "[[cluster]]\nname = \"one\"\ntargets = [\"a.yaml\", \"b.yaml\"]\n")
        .expect("written");
    let fleet = here.join("fleet.toml");
    let nobody = file("files-nobody", "");
    let report = json(&nobody, &["audit", "--fleet", fleet.to_str().expect("a path"), "--format", "json"]);
    assert_eq!(report["clusters"].as_array().map(Vec::len), Some(1));
    assert_eq!(report["clusters"][0]["components"].as_array().map(Vec::len), Some(2));
    assert_eq!(report["problems"], serde_json::json!([]));
}

#[test]
fn mistakes_of_a_list_are_underlined_where_they_stand() {
    let here = folder("mistakes");
    let server = Server::start(cluster);
    fs::write(here.join("config"), server.kubeconfig("prod-eu", "{token: abc}")).expect("written");
    let text = r#"kubeconfig = "config"
clusters = 1
[[cluster]]
name = "a"
target = ["context:prod-eu"]
[[cluster]]
name = "a"
targets = ["context:prod-ue"]
[[cluster]]
targets = "x"
root = "nowhere"
[[cluster]]
name = "c"
labels = { env = 1 }
targets = ["context:prod-eu", "b.yaml", "-", ""]
"#;
    fs::write(here.join("fleet.toml"), text).expect("written");
    let fleet = here.join("fleet.toml");
    let fleet = fleet.to_str().expect("a path");
    let nobody = file("mistakes-nobody", "");
    let said = err(&run(&nobody, &["audit", "--fleet", fleet]).code(2));
    for part in [
        "no key `clusters`",
        "perhaps `cluster`",
        "no key `target`",
        "this cluster has no `targets`",
        "two clusters are called `a`",
        "no context `prod-ue`",
        "and 4 more mistakes",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(server.seen().len(), 0, "somebody was asked");
    for (text, expected) in [
        ("", "the fleet has no cluster"),
        ("cluster = 3\n", "takes tables"),
        ("[[cluster]\n", "fleet.toml:1"),
        ("[[cluster]]\nname = \"a\\u0007b\"\ntargets = [\"x\"]\n", "nobody can see"),
        ("kubeconfig = \"gone\"\n[[cluster]]\nname = \"a\"\ntargets = [\"context:b\"]\n", "no such file"),
    ] {
        fs::write(here.join("fleet.toml"), text).expect("written");
        let said = err(&run(&nobody, &["audit", "--fleet", fleet]).code(2));
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let said = err(&run(&nobody, &["audit", "--fleet", "no-such.toml"]).code(2));
    assert!(said.contains("cannot read the fleet"), "{said}");
}
