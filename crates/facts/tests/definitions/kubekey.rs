//! Clusters of KubeKey.

use super::*;

const CLUSTER: &str = "\
apiVersion: kubekey.kubesphere.io/v1alpha2
kind: Cluster
metadata: {name: sample}
spec:
  hosts:
  - {name: node1, address: 172.16.0.2, user: ubuntu, password: 'Qcloud@123'}
  roleGroups: {etcd: [node1], control-plane: [node1]}
  kubernetes:
    version: v1.23.10
    apiserverArgs:
    - anonymous-auth=false # nobody comes
    - profiling=false
    - feature-gates=A=true
  network: {kubeServiceCIDR: 10.1.0.0/18}
";

#[test]
fn kubekey_hands_kubeadm_its_arguments() {
    let cluster = resolved(CLUSTER, None);
    shared::holds(
        &cluster,
        &[
            ("anonymous-auth", "false", "written"),
            ("profiling", "false", "written"),
            ("bind-address", "0.0.0.0", "KubeKey"),
            ("authorization-mode", "[Node,RBAC]", "kubeadm"),
            ("service-cluster-ip-range", "10.1.0.0/18", "made"),
            ("feature-gates", "", "unknown"),
            ("etcd-servers", "", "unknown"),
            ("tls-min-version", "", "unknown"),
        ],
    );
    assert_eq!(cluster.distribution, Some("KubeKey"));
    assert_eq!(place(CLUSTER, &cluster, "anonymous-auth"), ("anonymous-auth=false", Some(Form::Bare)));
    shared::keeps_none_of("Qcloud@123", CLUSTER);
    let k3s = CLUSTER.replace("    version", "    type: k3s\n    version");
    not_ours(&[
        &k3s,
        "apiVersion: kubekey.kubesphere.io/v1alpha2\nkind: Manifest\nspec: {hosts: [], kubernetes: {}}\n",
    ]);
}
