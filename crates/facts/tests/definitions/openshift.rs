//! What configures an API server of OpenShift.

use super::*;

const OPENSHIFT: &str = "\
apiVersion: kubecontrolplane.config.openshift.io/v1
kind: KubeAPIServerConfig
apiServerArguments:
  anonymous-auth: ['true']
  authorization-mode: [Scope, SystemMasters, RBAC, Node]
  enable-admission-plugins:
  - NodeRestriction
  - config.openshift.io/ValidateAPIServer
  etcd-servers: [https://a:2379, https://b:2379]
  feature-gates: [OpenShiftPodSecurityAdmission=true]
authConfig: {requestHeader: {clientCA: /a.crt}}
servicesSubnet: 172.30.0.0/16
servingInfo:
  bindAddress: 0.0.0.0:6443
  minTLSVersion: VersionTLS12 # intermediate
  cipherSuites: [TLS_AES_128_GCM_SHA256]
  namedCertificates: [{certFile: /c, keyFile: /k, names: [api.example.com]}]
";

#[test]
fn openshift_makes_flags_of_its_configuration() {
    let wanted = [
        ("anonymous-auth", "true", "written"),
        ("authorization-mode", "[Scope,SystemMasters,RBAC,Node]", "written"),
        ("bind-address", "0.0.0.0", "made"),
        ("etcd-servers", "[https://a:2379,https://b:2379]", "written"),
        ("secure-port", "6443", "made"),
        ("service-cluster-ip-range", "172.30.0.0/16", "made"),
        ("tls-cipher-suites", "[TLS_AES_128_GCM_SHA256]", "made"),
        ("tls-min-version", "VersionTLS12", "made"),
        ("tls-sni-cert-key", "[/c,/k:api.example.com]", "written"),
        ("requestheader-client-ca-file", "", "unknown"),
        ("token-auth-file", "", "kubernetes"),
    ];
    holds(OPENSHIFT, Some("1.31.2"), &wanted);
    let cluster = resolved(OPENSHIFT, Some("1.31.2"));
    assert_eq!(cluster.distribution, Some("OpenShift"));
    // Plugins, authorizers and gates of its own keep its server from nothing.
    let own = ["Scope", "SystemMasters", "ValidateAPIServer", "OpenShiftPodSecurity", "insecure-port"];
    assert!(
        !problems(&cluster).iter().any(|one| own.iter().any(|name| one.contains(name))),
        "{:?}",
        problems(&cluster)
    );
    assert_eq!(place(OPENSHIFT, &cluster, "tls-min-version").0, "VersionTLS12");
    assert!(matches!(place(OPENSHIFT, &cluster, "anonymous-auth").1, Some(Form::ByHand(_))));
    // In the ConfigMap of a hosted control plane.
    let map = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: kas-config}}\ndata:\n  config.yaml: |\n    {}",
        OPENSHIFT.replace('\n', "\n    ")
    );
    holds(&map, Some("1.31.2"), &wanted);
    let cluster = resolved(&map, Some("1.31.2"));
    assert_eq!(place(&map, &cluster, "tls-min-version").0, "VersionTLS12");
}

#[test]
fn resources_of_openshift_decide_a_part() {
    let operator = "apiVersion: operator.openshift.io/v1\nkind: KubeAPIServer\nmetadata: {name: cluster}\nspec:\n  observedConfig:\n    \
                    apiServerArguments: {profiling: ['true'], v: ['2']}\n  unsupportedConfigOverrides:\n    apiServerArguments: {v: ['6']}\n";
    holds(
        operator,
        Some("1.31.2"),
        &[
            ("profiling", "true", "written"),
            ("v", "6", "written"),
            ("anonymous-auth", "", "unknown"),
            ("token-auth-file", "", "unknown"),
        ],
    );
    let resource = "apiVersion: config.openshift.io/v1\nkind: APIServer\nmetadata: {name: cluster}\nspec:\n  \
                    tlsSecurityProfile: {type: Old}\n  encryption: {type: aesgcm}\n";
    holds(
        resource,
        Some("1.31.2"),
        &[
            ("tls-min-version", "VersionTLS10", "made"),
            (
                "encryption-provider-config",
                "/etc/kubernetes/static-pod-resources/secrets/encryption-config/encryption-config",
                "made",
            ),
            ("anonymous-auth", "", "unknown"),
        ],
    );
    not_ours(&["apiVersion: operator.openshift.io/v1\nkind: KubeAPIServer\nspec: {managementState: Managed}\n"]);
}
