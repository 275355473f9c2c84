//! talhelper's definitions of clusters of Talos.

use super::*;

const TALCONFIG: &str = "\
clusterName: home
talosVersion: v1.8.1
kubernetesVersion: v1.31.2
endpoint: https://10.0.0.10:6443
domain: home.local
clusterSvcNets: [10.200.0.0/22]
controlPlane:
  patches:
    - |-
      cluster:
        apiServer:
          extraArgs:
            profiling: \"true\"
            anonymous-auth: \"true\"
nodes:
  - hostname: cp-1
    ipAddress: 10.0.0.1
    controlPlane: true
    installDisk: /dev/sda
    patches:
      - |-
        - op: add
          path: /cluster/apiServer/extraArgs/v
          value: '4'
      - |-
        machine:
          nodeLabels: {name: \"{{ .MachineConfig.MachineNetwork.NetworkHostname }}\"}
  - hostname: worker-1
    ipAddress: 10.0.0.2
    controlPlane: false
    installDisk: /dev/sda
patches:
  - |-
    cluster:
      apiServer:
        extraArgs:
          anonymous-auth: \"false\"
        auditPolicy:
          apiVersion: audit.k8s.io/v1
          kind: Policy
          rules: [{level: Metadata}]
";

#[test]
fn patches_of_talhelper_are_applied_in_its_order_and_keep_their_places() {
    let cluster = resolved(TALCONFIG, None);
    shared::holds(
        &cluster,
        &[
            // Those of all nodes come last.
            ("anonymous-auth", "false", "written"),
            ("profiling", "true", "written"),
            ("v", "4", "written"),
            ("service-cluster-ip-range", "10.200.0.0/22", "made"),
            ("authorization-mode", "[Node,RBAC]", "Talos"),
        ],
    );
    let component = server(&cluster).component();
    assert_eq!((component.instance.as_str(), component.release.to_string().as_str()), ("cp-1", "1.31.2"));
    assert_eq!(cluster.distribution, Some("Talos"));
    assert_eq!(place(TALCONFIG, &cluster, "profiling").0, "\"true\"");
    assert_eq!(place(TALCONFIG, &cluster, "v").0, "'4'");
    // Nothing is written there by machine.
    assert!(matches!(place(TALCONFIG, &cluster, "anonymous-auth").1, Some(Form::ByHand(_))));
}

#[test]
fn what_talhelper_reads_elsewhere_leaves_the_rest_open() {
    let first = "  - |-\n    cluster:\n      apiServer:\n        extraArgs:\n          anonymous-auth";
    for more in [
        "  - '@patches/api.yaml'\n",
        "  - |-\n    cluster: {apiServer: {extraArgs: {v: \"{{ .ClusterName }}\"}}}\n",
        "  - |-\n    cluster: {apiServer: {extraArgs: {$patch: replace}}}\n",
        "  - |-\n    - {op: replace, path: /cluster/nowhere/else, value: 1}\n",
    ] {
        let text = TALCONFIG.replace(first, &format!("{more}{first}"));
        assert_ne!(text, TALCONFIG);
        let cluster = resolved(&text, None);
        // What is written behind it counts all the same; of what nobody wrote nothing is known.
        shared::holds(&cluster, &[("anonymous-auth", "false", "written"), ("audit-log-maxage", "", "unknown")]);
    }
    let newer = TALCONFIG.replace("v1.8.1", "v1.14.0").replace("v1.31.2", "v1.35.0");
    holds(&newer, None, &[("profiling", "true", "written"), ("audit-log-maxage", "", "unknown")]);
}

#[test]
fn patches_take_parts_away_and_stand_in_files_beside() {
    let first = "  - |-\n    cluster:\n      apiServer:\n        extraArgs:\n          anonymous-auth";
    let with = |more: &str| TALCONFIG.replace(first, &format!("{more}{first}"));
    // A map, and an item of a list by its first key; what else the patch says holds.
    let text = with(
        "  - |-\n    cluster: {apiServer: {extraArgs: {$patch: delete}}}\n  - |-\n    cluster: {apiServer: {extraArgs: {audit-log-maxage: '9'}, \
         admissionControl: [{name: PodSecurity, $patch: delete}]}}\n",
    );
    let cluster = resolved(&text, None);
    shared::holds(
        &cluster,
        &[("audit-log-maxage", "9", "written"), ("v", "0", "kubernetes"), ("anonymous-auth", "false", "written")],
    );
    // The place of what a file says is that of the line that names it.
    let text = with("  - '@./patches/api.yaml'\n");
    let patch = "cluster:\n  apiServer:\n    extraArgs:\n      audit-log-maxage: '7'\n";
    let cluster = shared::together(None, &[("i/talconfig.yaml", &text), ("i/patches/api.yaml", patch)]);
    let server = cluster.apiservers.iter().find(|server| server.component().instance == "cp-1").unwrap();
    assert_eq!(set(server, "audit-log-maxage"), ("7".to_owned(), "written"));
    assert_eq!(shared::pointed(&text, server, "audit-log-maxage"), "'@./patches/api.yaml'");
}

#[test]
fn workers_of_talhelper_and_other_lists_of_nodes_declare_no_server() {
    let worker = TALCONFIG.replace("controlPlane: true", "controlPlane: false");
    not_ours(&[&worker, "clusterName: a\nendpoint: b\nnodes: [{controlPlane: true}]\n"]);
}
