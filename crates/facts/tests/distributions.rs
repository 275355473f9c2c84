//! Definitions of clusters by distribution: what each makes of them must be what the API server is started with, and it must
//! be visible who set what.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use model::{Author, EvidenceId, Kind, Origin, Plane, Reading};
use portcullis_facts::{Cluster, Gathered, Options, Redactor, apiserver::ApiServer, recognise, resolve};

fn cluster(text: &str) -> Cluster {
    let recognised = recognise(text.as_bytes());
    assert_eq!(recognised.kind, Kind::Workload, "{text}");
    let evidence = Redactor::new().evidence(EvidenceId::new("file"), Plane::Declared, Kind::Workload, text);
    let gathered = Gathered { name: "a".to_owned(), target: "a".to_owned(), root: None, evidence: vec![evidence] };
    resolve(gathered, &Options::default())
}

fn server(cluster: &Cluster) -> &ApiServer {
    let [server] = &cluster.apiservers[..] else { panic!("one server") };
    server
}

fn reading(server: &ApiServer, flag: &str) -> Option<Reading> {
    server.component().setting(flag).expect("a flag").in_force().ok().cloned()
}

/// The value of a flag, and who set it: `written`, the distribution, `kubernetes` or `made`; nothing where that is not known.
fn set(server: &ApiServer, flag: &str) -> (String, &'static str) {
    let Some(reading) = reading(server, flag) else { return (String::new(), "unknown") };
    let by = match &reading.origin {
        Origin::Written(_) => "written",
        Origin::Default { by: Author::Distribution { name }, .. } => name,
        Origin::Default { .. } => "kubernetes",
        Origin::Implied { .. } => "made",
        _ => "otherwise",
    };
    (reading.value.clone(), by)
}

/// Each flag with its value and who set it.
fn holds(text: &str, distribution: Option<&str>, wanted: &[(&str, &str, &str)]) {
    let cluster = cluster(text);
    assert_eq!(cluster.distribution, distribution, "{text}");
    for (flag, value, by) in wanted {
        assert_eq!(set(server(&cluster), flag), ((*value).to_owned(), *by), "{flag} in {text}");
    }
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
