//! Definitions of clusters by distribution: what each makes of them must be what the API server is started with, and it must
//! be visible who set what.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod shared;

use model::Kind;
use portcullis_facts::recognise;
use shared::{cluster, reading, server};

/// Each flag with its value and who set it.
fn holds(text: &str, distribution: Option<&str>, wanted: &[(&str, &str, &str)]) {
    let cluster = cluster(text);
    assert_eq!(cluster.distribution, distribution, "{text}");
    shared::holds(&cluster, wanted);
}

fn not_ours(texts: &[&str]) {
    for text in texts {
        assert_ne!(recognise(text.as_bytes()).kind, Kind::Workload, "{text}");
    }
}

#[test]
fn a_snap_reads_its_arguments_line_by_line() {
    let text = "# the datastore\n  --etcd-servers=\"unix://${SNAP_DATA}/kine.sock\"\n--profiling='false' --v 4\n\n\
                --client-ca-file=$SNAP_DATA/certs/ca.crt\n--anonymous-auth=${WHO}\n#--anonymous-auth=true\n";
    holds(
        text,
        Some("MicroK8s"),
        &[
            ("etcd-servers", "[unix:///var/snap/microk8s/current/kine.sock]", "written"),
            ("profiling", "false", "written"),
            ("v", "4", "written"),
            ("client-ca-file", "/var/snap/microk8s/current/certs/ca.crt", "written"),
            ("anonymous-auth", "", "unknown"),
        ],
    );
    let cluster = cluster(text);
    let at = reading(server(&cluster), "profiling").unwrap().origin.location().unwrap().span.unwrap();
    assert_eq!(&text[at.range()], "--profiling='false'");

    let text =
        "--authorization-mode=Node,RBAC\n--etcd-servers=unix:///var/snap/k8s/common/k8s-dqlite/k8s-dqlite.sock\n";
    holds(text, Some("Canonical Kubernetes"), &[("authorization-mode", "[Node,RBAC]", "written")]);
    holds("--service-account-issuer=https://a\r\n--v=2\r\n", None, &[("v", "2", "written")]);
    // Of another component, of none, prose, YAML.
    not_ours(&[
        "--kubeconfig=/a\n--service-cluster-ip-range=10.0.0.0/8\n",
        "--etcd-servers=https://a\nand prose\n",
        "- --etcd-servers=https://a\n",
        "---\n--etcd-servers: a\n",
        "----etcd-servers=a\n",
        "",
    ]);
}
