//! Clusters of CKE.

use super::*;

const CLUSTER: &str = "\
name: tutorial
nodes:
- {address: 10.0.0.1, user: cke, control_plane: true}
- {address: 10.0.0.2, user: cke}
service_subnet: 10.68.0.0/16
options:
  kube-api:
    extra_args:
    - --audit-log-maxage=3
    - --enable-admission-plugins=AlwaysPullImages
    audit_log_enabled: true
    audit_log_policy: |
      apiVersion: audit.k8s.io/v1
      kind: Policy
      rules:
      - level: Metadata
  kubelet:
    config: {clusterDomain: my.domain}
";

#[test]
fn cke_starts_a_server_with_flags_of_its_own() {
    let cluster = resolved(CLUSTER, Some("1.34.1"));
    shared::holds(
        &cluster,
        &[
            ("audit-log-maxage", "3", "written"),
            ("audit-log-path", "-", "made"),
            ("authorization-mode", "[Node,RBAC]", "CKE"),
            ("etcd-compaction-interval", "5m0s", "CKE"),
            ("service-account-issuer", "[https://kubernetes.default.svc.my.domain]", "made"),
            ("service-cluster-ip-range", "10.68.0.0/16", "made"),
            ("advertise-address", "", "unknown"),
            ("anonymous-auth", "true", "kubernetes"),
        ],
    );
    let plugins = reading(server(&cluster), "enable-admission-plugins").expect("a value");
    assert_eq!(plugins.value, "[NodeRestriction,DenyServiceExternalIPs,AlwaysPullImages]");
    assert_eq!(cluster.distribution, Some("CKE"));
    assert_eq!(place(CLUSTER, &cluster, "audit-log-maxage"), ("--audit-log-maxage=3", Some(Form::Word)));
    holds(CLUSTER, Some("1.30.1"), &[("etcd-compaction-interval", "0s", "CKE"), ("runtime-config", "", "kubernetes")]);
    // What CKE gives in a release that nobody looked at is not known.
    holds(CLUSTER, Some("1.36.1"), &[("profiling", "", "unknown"), ("audit-log-maxage", "3", "written")]);
    not_ours(&[
        "name: a\nservice_subnet: 10.0.0.0/8\nnodes: []\n",
        "name: a\nservice_subnet: 10.0.0.0/8\nnodes: [{address: 10.0.0.1, user: a, role: [etcd]}]\n",
        "nodes: [{address: 10.0.0.1, user: a}]\n",
    ]);
}
