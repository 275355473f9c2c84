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

#[test]
fn a_service_of_compose_is_a_server() {
    let text = "services:
  etcd: {image: etcd, command: etcd}
  api:
    image: k8s.gcr.io/kube-apiserver:v1.16.4
    command:
    - kube-apiserver
    - --etcd-servers=http://127.0.0.1:2379
    - --insecure-port=8080
    - --v=${LEVEL}
    volumes: ['/etc/k8s:/etc/kubernetes:ro', './x:/y']
";
    holds(
        text,
        None,
        &[("insecure-port", "8080", "written"), ("v", "", "unknown"), ("anonymous-auth", "true", "kubernetes")],
    );
    let cluster = cluster(text);
    assert_eq!(server(&cluster).component().instance, "api");
    let at = reading(server(&cluster), "insecure-port").unwrap().origin.location().unwrap().span.unwrap();
    assert_eq!(&text[at.range()], "--insecure-port=8080");
    let folded = "services:\n  api:\n    image: x\n    command: >-\n      kube-apiserver --v=3 --etcd-servers=http://a\n      --profiling=false\n";
    holds(folded, None, &[("v", "3", "written"), ("profiling", "false", "written")]);
    let script = "services:\n  api:\n    command: [sh, -c, 'kube-apiserver --etcd-servers=a --v=3']\n";
    holds(script, None, &[("v", "", "unknown"), ("anonymous-auth", "", "unknown")]);
    not_ours(&["services:\n  a: {image: kube-apiserver-proxy, command: [proxy]}\n"]);
}

#[test]
fn variables_of_a_unit_are_flags() {
    let text = "###\n# The address\nKUBE_API_ADDRESS=\"--insecure-bind-address=0.0.0.0\"\nKUBE_ETCD_SERVERS='--etcd-servers=http://a'\n\
                KUBE_API_ARGS=\"--v=2 \\\n  --profiling=false\"\nKUBE_API_ARGS=\"--v=4 \\\n  --profiling=false\"\nOTHER=x\n";
    holds(
        text,
        None,
        &[
            ("insecure-bind-address", "0.0.0.0", "written"),
            ("v", "4", "written"),
            // The unit may say it.
            ("anonymous-auth", "", "unknown"),
        ],
    );
    let cluster = cluster(text);
    let at = reading(server(&cluster), "profiling").unwrap().origin.location().unwrap().span.unwrap();
    assert_eq!(&text[at.range()], "--profiling=false");
    // The unit that reads the file tells the whole.
    let unit = "[Service]\nEnvironmentFile=/etc/kubernetes/apiserver\nExecStart=kube-apiserver $KUBE_API_ARGS $KUBE_ETCD_SERVERS\n";
    let node = shared::together(
        Some("n"),
        &[("n/etc/kubernetes/apiserver", text), ("n/etc/systemd/system/kube-apiserver.service", unit)],
    );
    shared::holds(&node, &[("v", "4", "written"), ("etcd-servers", "[http://a]", "written")]);
    not_ours(&[
        "KUBE_MASTER=\"--master=http://a\"\n",
        "#!/bin/sh\nA=--etcd-servers=x\nrun $A\n",
        "A=\"--service-cluster-ip-range=10.0.0.0/8 --kubeconfig=/a\"\n",
    ]);
}

#[test]
fn a_listing_of_processes_shows_what_ran() {
    let text = "USER PID %CPU COMMAND\nroot 12 0.1 kube-apiserver --etcd-servers=https://a --anonymous-auth=false\n";
    holds(text, None, &[("anonymous-auth", "false", "written"), ("profiling", "true", "kubernetes")]);
    let cut = "root 12 0.1 kube-apiserver --etcd-servers=https://a --anonymous-auth=false --tls-+\n";
    holds(cut, None, &[("anonymous-auth", "false", "written"), ("profiling", "", "unknown")]);
}
