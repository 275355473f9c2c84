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
    holds(&hardened, Some("1.30.1"), &[("secure-port", "", "unknown"), ("oidc-issuer-url", "https://j", "written")]);
    not_ours(&[
        "version: 0.2.0\nextraKubeletArgs: {--a: b}\njoin: {url: 'a/b', worker: true}\n",
        "version: 0.2.0\nextraKubeletArgs: {--a: b}\nstranger: 1\n",
        "version: 0.2.0\naddons: [a, b]\n",
        "version: 3.1.0\naddons: [{name: a}]\n",
    ]);
}
