//! Clusters of EKS Anywhere.

use super::*;

const CLUSTER: &str = "\
apiVersion: anywhere.eks.amazonaws.com/v1alpha1
kind: Cluster
metadata: {name: mgmt}
spec:
  kubernetesVersion: '1.30'
  clusterNetwork: {services: {cidrBlocks: [10.96.0.0/12]}}
  controlPlaneConfiguration:
    apiServerExtraArgs:
      audit-log-maxage: '7' # a week
      service-account-issuer: https://a
  datacenterRef: {kind: VSphereDatacenterConfig, name: a}
  identityProviderRefs: [{kind: OIDCConfig, name: o}]
  podIamConfig: {serviceAccountIssuer: 'https://b'}
---
apiVersion: anywhere.eks.amazonaws.com/v1alpha1
kind: OIDCConfig
metadata: {name: o}
spec: {clientId: c, issuerUrl: 'https://i'}
";

#[test]
fn eks_anywhere_hands_kubeadm_its_arguments() {
    let cluster = resolved(CLUSTER, None);
    shared::holds(
        &cluster,
        &[
            ("audit-log-maxage", "7", "written"),
            ("audit-log-maxbackup", "10", "EKS Anywhere"),
            ("audit-log-path", "/var/log/kubernetes/api-audit.log", "EKS Anywhere"),
            ("profiling", "false", "EKS Anywhere"),
            ("tls-cipher-suites", "[TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]", "EKS Anywhere"),
            // One value of a flag that does not split at commas, so that both are one issuer.
            ("service-account-issuer", r#"[\"https://a,https://b\"]"#, "made"),
            ("service-cluster-ip-range", "10.96.0.0/12", "made"),
            ("oidc-issuer-url", "https://i", "made"),
            ("oidc-client-id", "c", "made"),
            ("authorization-mode", "[Node,RBAC]", "kubeadm"),
            ("anonymous-auth", "true", "kubernetes"),
        ],
    );
    assert_eq!(cluster.distribution, Some("EKS Anywhere"));
    assert_eq!(place(CLUSTER, &cluster, "audit-log-maxage"), ("'7'", Some(Form::Entry)));
    let metal = CLUSTER.replace("VSphere", "Tinkerbell");
    holds(&metal, None, &[("audit-log-path", "", "unknown"), ("profiling", "true", "kubernetes")]);
    let snow = CLUSTER.replace("VSphere", "Snow");
    holds(&snow, None, &[("profiling", "", "unknown"), ("audit-log-maxage", "7", "written")]);
    not_ours(&["apiVersion: anywhere.eks.amazonaws.com/v1alpha1\nkind: DockerDatacenterConfig\nspec: {}\n"]);
}
