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
    // Suites have the names of OpenSSL there; those that Go does not know are left out.
    let custom = "apiVersion: config.openshift.io/v1\nkind: APIServer\nspec: {tlsSecurityProfile: {type: Custom, custom: \
                  {minTLSVersion: VersionTLS12, ciphers: [ECDHE-RSA-CHACHA20-POLY1305, AES256-SHA256, AES128-SHA]}}}\n";
    holds(
        custom,
        None,
        &[("tls-cipher-suites", "[TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,TLS_RSA_WITH_AES_128_CBC_SHA]", "made")],
    );
    let modern =
        "apiVersion: config.openshift.io/v1\nkind: APIServer\nspec: {tlsSecurityProfile: {type: Modern, modern: {}}}\n";
    holds(
        modern,
        None,
        &[
            (
                "tls-cipher-suites",
                "[TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384,TLS_CHACHA20_POLY1305_SHA256]",
                "made",
            ),
            ("tls-min-version", "VersionTLS13", "made"),
        ],
    );
    // What the operator has observed, it passes on.
    let observed = "apiVersion: operator.openshift.io/v1\nkind: KubeAPIServer\nmetadata: {name: cluster}\nspec:\n  observedConfig:\n    \
                    servingInfo: {bindAddress: '0.0.0.0:6443', minTLSVersion: VersionTLS12}\n    servicesSubnet: 172.30.0.0/16\n";
    holds(
        observed,
        None,
        &[
            ("bind-address", "0.0.0.0", "made"),
            ("service-cluster-ip-range", "172.30.0.0/16", "made"),
            ("profiling", "", "unknown"),
        ],
    );
    not_ours(&["apiVersion: operator.openshift.io/v1\nkind: KubeAPIServer\nspec: {managementState: Managed}\n"]);
}

const MASTER: &str = "\
apiVersion: v1
kind: MasterConfig
auditConfig:
  auditFilePath: /var/lib/origin/audit.log
  enabled: true
  maximumFileRetentionDays: 14
  policyFile: /etc/origin/master/policy.yaml
corsAllowedOrigins: [(?i)//localhost(:|\\z)]
etcdClientInfo:
  ca: master.etcd-ca.crt
  certFile: master.etcd-client.crt
  keyFile: master.etcd-client.key
  urls: ['https://m1:2379', 'https://m2:2379']
etcdStorageConfig: {kubernetesStoragePrefix: kubernetes.io}
kubeletClientInfo: {ca: ca-bundle.crt, certFile: master.kubelet-client.crt, keyFile: master.kubelet-client.key, port: 10250}
kubernetesMasterConfig:
  apiServerArguments:
    runtime-config: [apis/settings.k8s.io/v1alpha1=true]
    storage-backend: [etcd3]
    tls-min-version: [VersionTLS11]
    profiling: ['false']
    anonymous-auth: ['false']
    authorization-mode: [AlwaysAllow]
  servicesNodePortRange: 30000-32000
  servicesSubnet: 172.30.0.0/16
oauthConfig:
  identityProviders:
  - name: anyone
    login: true
    provider: {apiVersion: v1, kind: AllowAllPasswordIdentityProvider}
serviceAccountConfig: {publicKeyFiles: [serviceaccounts.public.key]}
servingInfo:
  bindAddress: 0.0.0.0:8443
  certFile: master.server.crt
  clientCA: ca.crt
  keyFile: master.server.key
  maxRequestsInFlight: 500
  requestTimeoutSeconds: 3600
";

#[test]
fn a_master_of_openshift_3_makes_options_of_its_configuration() {
    holds(
        MASTER,
        Some("1.11.0"),
        &[
            ("audit-log-path", "/var/lib/origin/audit.log", "made"),
            ("audit-log-maxage", "14", "made"),
            ("audit-policy-file", "/etc/origin/master/policy.yaml", "made"),
            ("bind-address", "0.0.0.0", "made"),
            ("secure-port", "8443", "made"),
            ("tls-cert-file", "master.server.crt", "made"),
            ("client-ca-file", "ca.crt", "made"),
            ("etcd-servers", "[https://m1:2379,https://m2:2379]", "made"),
            ("kubelet-client-key", "master.kubelet-client.key", "made"),
            ("max-requests-inflight", "500", "made"),
            ("max-mutating-requests-inflight", "250", "made"),
            ("service-cluster-ip-range", "172.30.0.0/16", "made"),
            // What the master sets unasked, and what an argument overrides.
            ("insecure-port", "0", "OpenShift"),
            ("event-ttl", "2h0m0s", "OpenShift"),
            ("tls-min-version", "VersionTLS11", "written"),
            ("profiling", "false", "written"),
            // Who somebody is and who may do what is not made of arguments.
            ("anonymous-auth", "", "unknown"),
            ("authorization-mode", "", "unknown"),
            ("admission-control", "", "unknown"),
        ],
    );
    let cluster = resolved(MASTER, Some("1.11.0"));
    assert_eq!(cluster.distribution, Some("OpenShift"));
    // 1.9 has no flag for the version of TLS, and nobody gives it one.
    let old = resolved(&MASTER.replace("    tls-min-version: [VersionTLS11]\n", ""), Some("1.9.0"));
    assert!(problems(&old).iter().all(|problem| !problem.contains("tls-min-version")), "{:?}", problems(&old));
    assert_eq!(place(MASTER, &cluster, "profiling").0, "'false'");
    // Before 3.6 the server in front of it was OpenShift's own.
    let silent = MASTER.replace("    profiling: ['false']\n", "");
    holds(&silent, Some("1.11.0"), &[("profiling", "true", "OpenShift")]);
    holds(&silent, Some("1.5.0"), &[("profiling", "", "unknown"), ("event-ttl", "2h0m0s", "OpenShift")]);
    assert_eq!(place(MASTER, &cluster, "audit-log-maxage").0, "14");
}

#[test]
fn a_master_of_openshift_3_that_audits_nothing_has_no_log() {
    let off = MASTER.replace("enabled: true", "enabled: false");
    holds(&off, Some("1.11.0"), &[("audit-log-path", "", "kubernetes"), ("audit-policy-file", "", "kubernetes")]);
    let nowhere = MASTER.replace("  auditFilePath: /var/lib/origin/audit.log\n", "");
    holds(&nowhere, Some("1.11.0"), &[("audit-log-path", "-", "made")]);
    // One that uses a Kubernetes elsewhere runs no server.
    not_ours(&[
        "apiVersion: v1\nkind: MasterConfig\nkubernetesMasterConfig: null\n",
        "apiVersion: v1\nkind: NodeConfig\nkubernetesMasterConfig: {}\n",
    ]);
}
