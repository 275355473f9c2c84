//! Launch configurations of MicroK8s.

use super::*;

const LAUNCH: &str = "\
---
version: 0.2.0
extraKubeAPIServerArgs:
  --event-ttl: null
  --oidc-issuer-url: https://i # of the company
  --encryption-provider-config: $SNAP_DATA/args/enc.yaml
extraConfigFiles:
  enc.yaml: |
    kind: EncryptionConfiguration
    apiVersion: apiserver.config.k8s.io/v1
    resources:
    - resources: [secrets]
      providers: [{identity: {}}]
addons:
- name: dns
---
version: 0.1.0
extraKubeAPIServerArgs:
  --oidc-issuer-url: https://j
";

#[test]
fn a_launch_configuration_changes_the_arguments_of_the_snap() {
    let cluster = resolved(LAUNCH, Some("1.30.1"));
    shared::holds(
        &cluster,
        &[
            ("authorization-mode", "[AlwaysAllow]", "MicroK8s"),
            ("event-ttl", "1h0m0s", "kubernetes"),
            ("oidc-issuer-url", "https://j", "written"),
            ("secure-port", "16443", "MicroK8s"),
            ("encryption-provider-config", "/var/snap/microk8s/current/args/enc.yaml", "written"),
            ("token-auth-file", "", "kubernetes"),
        ],
    );
    assert_eq!(place(LAUNCH, &cluster, "oidc-issuer-url"), ("https://j", Some(Form::Field)));
    assert_eq!(cluster.distribution, Some("MicroK8s"));
    holds(
        LAUNCH,
        Some("1.27.3"),
        &[("token-auth-file", "/var/snap/microk8s/current/credentials/known_tokens.csv", "MicroK8s")],
    );
    let rbac = LAUNCH.replace("name: dns", "name: rbac");
    holds(&rbac, Some("1.30.1"), &[("authorization-mode", "[RBAC,Node]", "made")]);
    let hardened = LAUNCH.replace("name: dns", "name: cis-hardening");
    holds(
        &hardened,
        Some("1.30.1"),
        &[
            ("authorization-mode", "[RBAC,Node]", "made"),
            ("enable-admission-plugins", "[EventRateLimit,AlwaysPullImages,NodeRestriction]", "made"),
            ("audit-log-maxage", "30", "made"),
            ("audit-policy-file", "/var/snap/microk8s/current/args/audit-policy.yaml", "made"),
            ("request-timeout", "5m0s", "made"),
            ("secure-port", "16443", "MicroK8s"),
            ("oidc-issuer-url", "https://j", "written"),
        ],
    );
    holds(&hardened, Some("1.27.3"), &[("audit-log-path", "", "unknown"), ("secure-port", "16443", "MicroK8s")]);
    let own =
        hardened.replace("--event-ttl: null", "--audit-log-maxage: '7'\n  --enable-admission-plugins: PodNodeSelector");
    holds(
        &own,
        Some("1.30.1"),
        &[("audit-log-maxage", "7", "written"), ("enable-admission-plugins", "[PodNodeSelector]", "written")],
    );
    let taken = format!("{hardened}addons: [{{name: cis-hardening, disable: true}}]\n");
    holds(&taken, Some("1.30.1"), &[("secure-port", "", "unknown")]);
    not_ours(&[
        "version: 0.2.0\nextraKubeletArgs: {--a: b}\njoin: {url: 'a/b', worker: true}\n",
        "version: 0.2.0\nextraKubeletArgs: {--a: b}\nstranger: 1\n",
        "version: 0.2.0\naddons: [a, b]\n",
        "version: 3.1.0\naddons: [{name: a}]\n",
    ]);
}

#[test]
fn a_snap_takes_out_what_its_server_no_longer_knows() {
    let stops = |cluster: &portcullis_facts::Cluster| -> Vec<String> {
        let problems = &shared::server(cluster).component().problems;
        problems.iter().filter(|problem| problem.stops).map(|problem| problem.message.clone()).collect()
    };
    let launch = "version: 0.2.0\nextraKubeAPIServerArgs:\n  --insecure-port: '0'\n  --logtostderr: 'true'\n  --profiling: 'true'\n";
    let cluster = resolved(launch, Some("1.30.1"));
    assert_eq!(stops(&cluster), Vec::<String>::new());
    shared::holds(&cluster, &[("profiling", "true", "written")]);
    // A whole line goes, where something stands behind the name.
    let file = "--cert-dir=${SNAP_DATA}/certs\n--etcd-servers=https://a:2379\n--insecure-port=0 --profiling=true\n\
                --service-account-api-audiences=a\n--feature-gates=RemoveSelfLink=false\n";
    let newer = resolved(file, Some("1.30.1"));
    shared::holds(&newer, &[("profiling", "true", "kubernetes"), ("api-audiences", "[]", "kubernetes")]);
    assert!(stops(&newer).iter().all(|message| !message.contains("insecure-port")), "{:?}", stops(&newer));
    let older = resolved(file, Some("1.23.1"));
    shared::holds(&older, &[("profiling", "true", "written"), ("insecure-port", "0", "written")]);
    let bare = file.replace("--insecure-port=0 --profiling=true", "--logtostderr");
    assert!(stops(&resolved(&bare, Some("1.30.1"))).iter().any(|message| message.contains("logtostderr")));
    // Canonical Kubernetes leaves them there.
    let other = "--etcd-servers=unix:///var/lib/k8s-dqlite/k8s-dqlite.sock\n--insecure-port=0\n";
    assert!(stops(&resolved(other, Some("1.30.1"))).iter().any(|message| message.contains("insecure-port")));
}
