//! Definitions of clusters by the distributions that have a format of their own: Talos, kops, OpenShift, Gardener and
//! kubespray. What each makes of one must be what the API server is started with, it must be visible who set what, and what
//! depends on a release that nobody named must be left open.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod shared;

use model::{Form, Kind, Origin};
use portcullis_facts::{Cluster, recognise};
use shared::{cluster_of as resolved, reading, server, set};

/// Each flag with its value and who set it.
fn holds(text: &str, version: Option<&str>, wanted: &[(&str, &str, &str)]) {
    shared::holds(&resolved(text, version), wanted);
}

/// What an origin points at in the text, and how it is written there.
fn place<'a>(text: &'a str, cluster: &Cluster, flag: &str) -> (&'a str, Option<Form>) {
    let reading = reading(server(cluster), flag).expect("a value");
    let at = reading.origin.location().expect("a place").span.expect("a span");
    let form = match &reading.origin {
        Origin::Written(site) | Origin::Default { home: Some(site), .. } => Some(site.form),
        _ => None,
    };
    (&text[at.range()], form)
}

/// What stops the server, or would.
fn problems(cluster: &Cluster) -> Vec<String> {
    server(cluster).component().problems.iter().map(|problem| problem.message.clone()).collect()
}

fn not_ours(texts: &[&str]) {
    for text in texts {
        assert_ne!(recognise(text.as_bytes()).kind, Kind::Workload, "{text}");
    }
}

const TALOS: &str = "\
version: v1alpha1
machine:
  type: controlplane
  token: abcdef.0123456789abcdef
  install: {image: 'ghcr.io/siderolabs/installer:v1.9.2'}
  network: {hostname: cp-1}
  files:
    - path: /var/egress.yaml
      content: |
        apiVersion: apiserver.k8s.io/v1beta1
        kind: EgressSelectorConfiguration
        egressSelections: []
cluster:
  controlPlane: {endpoint: 'https://10.0.0.1:6443', localAPIServerPort: 7443}
  network:
    serviceSubnets: [10.8.0.0/16, 'fd00::/112']
  secretboxEncryptionSecret: QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=
  apiServer:
    image: registry.k8s.io/kube-apiserver:v1.32.1
    disablePodSecurityPolicy: true
    env: {LEVEL: '4'}
    extraVolumes:
      - {hostPath: /var/egress.yaml, mountPath: /etc/egress.yaml, readonly: true}
    extraArgs:
      enable-admission-plugins: PodNodeSelector
      v: $(LEVEL)
      profiling: \"true\" # why
      egress-selector-config-file: /etc/egress.yaml
    auditPolicy:
      apiVersion: audit.k8s.io/v1
      kind: Policy
      rules:
        - level: Nothing
    admissionControl:
      - name: PodSecurity
        configuration:
          apiVersion: pod-security.admission.config.k8s.io/v1
          kind: PodSecurityConfiguration
";

#[test]
fn talos_adds_what_its_release_adds() {
    let own = "Talos";
    let secrets = "/system/secrets/kubernetes/kube-apiserver";
    holds(
        TALOS,
        None,
        &[
            ("anonymous-auth", "false", own),
            ("api-audiences", "[https://10.0.0.1:6443]", "made"),
            ("audit-log-maxbackup", "10", own),
            ("audit-policy-file", "/system/config/kubernetes/kube-apiserver/auditpolicy.yaml", own),
            // From Talos 1.9 on, with a server that has it.
            ("authorization-config", "/system/config/kubernetes/kube-apiserver/authorization-config.yaml", own),
            ("client-ca-file", &format!("{secrets}/ca.crt"), own),
            ("enable-admission-plugins", "[NodeRestriction,PodNodeSelector]", "made"),
            ("etcd-servers", "[https://localhost:2379]", own),
            ("profiling", "true", "written"),
            ("secure-port", "7443", "made"),
            ("service-cluster-ip-range", "10.8.0.0/16,fd00::/112", "made"),
            ("tls-min-version", "VersionTLS12", own),
            ("v", "4", "written"),
            ("advertise-address", "", "unknown"),
            ("token-auth-file", "", "kubernetes"),
        ],
    );
    let cluster = resolved(TALOS, None);
    assert_eq!(cluster.distribution, Some("Talos"));
    assert_eq!(server(&cluster).component().instance, "cp-1");
    assert_eq!(place(TALOS, &cluster, "profiling"), ("\"true\"", Some(Form::Entry)));
    let (home, form) = place(TALOS, &cluster, "bind-address");
    assert!(home.starts_with("enable-admission-plugins: PodNodeSelector"), "{home}");
    assert_eq!(form, Some(Form::Entries));
    // Talos takes no argument of that name.
    assert!(matches!(place(TALOS, &cluster, "client-ca-file").1, Some(Form::ByHand(_))));
    let authorizers = server(&cluster).authorizers().unwrap();
    assert_eq!(authorizers.modes, ["Node", "RBAC"]);

    let older = TALOS.replace("installer:v1.9.2", "installer:v1.0.3").replace("v1.32.1", "v1.23.4");
    holds(
        &older,
        None,
        &[
            ("authorization-mode", "[Node,RBAC]", own),
            ("etcd-servers", "[https://127.0.0.1:2379]", own),
            ("anonymous-auth", "true", "kubernetes"),
            ("audit-policy-file", &format!("{secrets}/auditpolicy.yaml"), own),
        ],
    );
}

#[test]
fn the_files_that_talos_writes_keep_their_places() {
    let cluster = resolved(TALOS, None);
    // The level is no level, and the problem says where that is written.
    let wrong = server(&cluster).component().problems.iter().find(|problem| problem.message.contains("Nothing"));
    let wrong = wrong.unwrap_or_else(|| panic!("{:?}", problems(&cluster)));
    let at = wrong.location.as_ref().unwrap();
    assert_eq!(&TALOS[at.span.unwrap().range()], "Nothing");
    assert_eq!(server(&cluster).component().starts, Some(false));

    let sound = TALOS.replace("level: Nothing", "level: Metadata");
    let cluster = resolved(&sound, None);
    assert_eq!(problems(&cluster), [""; 0]);
    assert_eq!(server(&cluster).component().starts, Some(true));
    // A key of another length, of which only the length is kept.
    let short = sound.replace("QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=", "QUFBQUFBQUFBQUFBQUFBQQ==");
    let cluster = resolved(&short, None);
    assert_eq!(problems(&cluster), ["a key has 16 bytes, and 32 are wanted"]);
    let text = cluster.evidence[0].text().unwrap();
    assert!(!text.contains("QUFB") && !text.contains("abcdef.0123"), "{text}");
}

#[test]
fn what_releases_of_talos_do_not_agree_on_is_left_open() {
    let unnamed = TALOS.replace("install: {image: 'ghcr.io/siderolabs/installer:v1.9.2'}", "install: {}");
    // Talos 1.9 to 1.14 deploy 1.32.
    holds(
        &unnamed,
        None,
        &[
            ("tls-min-version", "", "unknown"),
            ("tls-cipher-suites", "", "unknown"),
            ("etcd-servers", "", "unknown"),
            ("anonymous-auth", "false", "Talos"),
            ("profiling", "true", "written"),
        ],
    );
    let gap = |text: &str, flag: &str| {
        let cluster = resolved(text, None);
        server(&cluster).component().setting(flag).unwrap().in_force().unwrap_err().reason.clone()
    };
    assert_eq!(
        gap(&unnamed, "tls-min-version"),
        "what Talos gives `--tls-min-version` depends on the release of Talos"
    );
    // One that nobody here knows.
    let newer = TALOS.replace("installer:v1.9.2", "installer:v1.40.0");
    assert!(gap(&newer, "anonymous-auth").contains("newer than this build knows"));
    // A patch leaves open what the rest may say, but for what no argument can change.
    let patch = "cluster:\n  apiServer:\n    image: registry.k8s.io/kube-apiserver:v1.34.1\n    extraArgs:\n      profiling: 'true'\n";
    holds(
        patch,
        None,
        &[
            ("profiling", "true", "written"),
            ("anonymous-auth", "", "unknown"),
            ("client-ca-file", "/system/secrets/kubernetes/kube-apiserver/ca.crt", "Talos"),
        ],
    );
}

#[test]
fn talos_refuses_some_arguments() {
    let with = |argument: &str| {
        let text = TALOS.replace("level: Nothing", "level: None");
        text.replace("    extraArgs:\n", &format!("    extraArgs:\n      {argument}\n"))
    };
    let cluster = resolved(&with("etcd-servers: https://etcd:2379"), None);
    assert_eq!(problems(&cluster), ["Talos does not take `etcd-servers` in `extraArgs`, and starts no API server"]);
    assert_eq!(set(server(&cluster), "etcd-servers").0, "[https://localhost:2379]");
    // Modes are added to its own, and then no file tells who authorizes.
    let cluster = resolved(&with("authorization-mode: Webhook"), None);
    assert_eq!(set(server(&cluster), "authorization-mode"), ("[Node,RBAC,Webhook]".to_owned(), "made"));
    assert_eq!(set(server(&cluster), "authorization-config"), (String::new(), "kubernetes"));
    let cluster = resolved(&with("authorization-mode: Node,RBAC,AlwaysAllow"), None);
    assert_eq!(set(server(&cluster), "authorization-mode"), ("[Node,RBAC,AlwaysAllow]".to_owned(), "written"));
}

#[test]
fn documents_of_talos_1_14_take_the_place_of_one() {
    let text = "\
version: v1alpha1
machine:
  type: controlplane
  install: {image: 'ghcr.io/siderolabs/installer:v1.14.0'}
---
apiVersion: v1alpha1
kind: KubeClusterConfig
clusterName: a
endpoint: https://a.example:6443/
---
apiVersion: v1alpha1
kind: KubeAPIServerConfig
image: registry.k8s.io/kube-apiserver:v1.36.1
apiPort: 8443
extraArgs:
  feature-gates: [A=true, B=true]
  audit-log-maxage: ''
---
apiVersion: v1alpha1
kind: KubeAuthenticationConfig
configuration:
  anonymous: {enabled: true, conditions: [{path: /livez}]}
---
apiVersion: v1alpha1
kind: KubeAuthorizerConfig
name: rbac
type: RBAC
---
apiVersion: v1alpha1
kind: KubeEtcdEncryptionConfig
config:
  resources:
    - resources: [secrets]
      providers: [{aescbc: {keys: [{name: a, secret: QUFBQUFBQUFBQUFBQUFBQQ==}]}}]
";
    holds(
        text,
        None,
        &[
            ("secure-port", "8443", "made"),
            ("service-account-issuer", "[https://a.example:6443/]", "made"),
            ("authentication-config", "/system/config/kubernetes/kube-apiserver/authentication-config.yaml", "Talos"),
            ("tls-min-version", "VersionTLS13", "Talos"),
            ("tls-cipher-suites", "[]", "kubernetes"),
            // An empty argument takes Talos' own away.
            ("audit-log-maxage", "366", "kubernetes"),
        ],
    );
    let cluster = resolved(text, None);
    assert_eq!(server(&cluster).authorizers().unwrap().modes, ["RBAC"]);
    let anonymous = server(&cluster).anonymous().unwrap();
    assert_eq!((anonymous.enabled, anonymous.paths.clone()), (true, Some(vec!["/livez".to_owned()])));
    let refused = text.replace("  audit-log-maxage: ''", "  oidc-issuer-url: https://b");
    let cluster = resolved(&refused, None);
    let problem = &server(&cluster).component().problems[0];
    assert_eq!(problem.message, "Talos does not take `oidc-issuer-url` in `extraArgs`, and starts no API server");
    assert_eq!(problem.hint.as_deref(), Some("write a document `KubeAuthenticationConfig`"));
}

#[test]
fn workers_of_talos_and_files_like_its_own_declare_no_server() {
    not_ours(&[
        "version: v1alpha1\nmachine: {type: worker}\ncluster: {apiServer: {extraArgs: {v: '2'}}}\n",
        "version: v1alpha1\nmachine: {type: join}\n",
        "cluster: {apiServer: {replicas: 3}}\n",
        "cluster: {apiServer: {extraArgs: {}}}\nspec: {}\n",
        "machine: {type: controlplane\n",
    ]);
}

const KOPS: &str = "\
apiVersion: kops.k8s.io/v1alpha2
kind: Cluster
metadata: {name: a.example.com}
spec:
  authorization: {rbac: {}}
  etcdClusters:
  - {name: main, etcdMembers: [{name: a}, {name: b}, {name: c}]}
  - {name: events, etcdMembers: [{name: a}]}
  fileAssets:
  - name: policy
    path: /srv/kubernetes/kube-apiserver/policy.yaml
    roles: [Master]
    content: |
      apiVersion: audit.k8s.io/v1
      kind: Policy
      rules:
      - level: Wrong
  kubeAPIServer:
    auditLogMaxAge: 10 # days
    auditLogPath: /var/log/audit.log
    auditPolicyFile: /srv/kubernetes/kube-apiserver/policy.yaml
    auditWebhookBatchMaxWait: 5s
    appendAdmissionPlugins: [AlwaysPullImages]
    anonymousAuth: true
    featureGates: {B: 'true', A: 'false'}
    oidcRequiredClaim: [a=b, c=d]
    serviceAccountIssuer: https://a.example.com
    additionalServiceAccountIssuers: [https://b.example.com]
    tlsMinVersion: VersionTLS12
  kubernetesVersion: v1.35.0
  nonMasqueradeCIDR: 100.64.0.0/10
";

#[test]
fn kops_makes_flags_of_fields_and_sets_others_itself() {
    let folder = "/srv/kubernetes/kube-apiserver";
    holds(
        KOPS,
        None,
        &[
            ("anonymous-auth", "false", "kops"),
            ("apiserver-count", "3", "made"),
            ("audit-log-maxage", "10", "written"),
            ("audit-webhook-batch-max-wait", "5s", "written"),
            ("authorization-mode", "[Node,RBAC]", "made"),
            ("client-ca-file", "/srv/kubernetes/ca.crt", "kops"),
            (
                "enable-admission-plugins",
                "[DefaultStorageClass,DefaultTolerationSeconds,LimitRanger,MutatingAdmissionWebhook,NamespaceLifecycle,NodeRestriction,ResourceQuota,RuntimeClass,ServiceAccount,ValidatingAdmissionPolicy,ValidatingAdmissionWebhook,AlwaysPullImages]",
                "made",
            ),
            ("etcd-servers", "[https://127.0.0.1:4001]", "kops"),
            ("oidc-required-claim", "a=b,c=d", "written"),
            ("profiling", "true", "kubernetes"),
            ("secure-port", "443", "kops"),
            ("service-account-issuer", "[https://a.example.com,https://b.example.com]", "written"),
            ("service-account-jwks-uri", "https://a.example.com/openid/v1/jwks", "made"),
            ("service-cluster-ip-range", "100.64.0.0/13", "made"),
            ("tls-cert-file", &format!("{folder}/server.crt"), "kops"),
            ("tls-min-version", "VersionTLS12", "written"),
            ("token-auth-file", "", "kubernetes"),
        ],
    );
    let cluster = resolved(KOPS, None);
    assert_eq!(cluster.distribution, Some("kops"));
    assert_eq!(server(&cluster).component().instance, "a.example.com");
    assert_eq!(place(KOPS, &cluster, "audit-log-maxage"), ("10", Some(Form::Field)));
    assert!(matches!(place(KOPS, &cluster, "profiling").1, Some(Form::Fields(_))));
    assert!(matches!(place(KOPS, &cluster, "anonymous-auth").1, Some(Form::ByHand(_))));
    // What is said of a field that kops passes over, and of a file that is written beside it.
    let problems = problems(&cluster);
    assert!(problems.iter().any(|one| one == "`anonymousAuth` has no effect: kops sets `--anonymous-auth` itself"));
    assert!(problems.iter().any(|one| one.contains("Wrong")), "{problems:?}");
}

#[test]
fn what_releases_of_kops_do_not_agree_on_is_left_open() {
    let without = KOPS.replace("  authorization: {rbac: {}}\n", "");
    // Up to kops 1.35 everybody may do everything then.
    holds(&without, None, &[("authorization-mode", "", "unknown"), ("anonymous-auth", "false", "kops")]);
    holds(&without, Some("1.30.2"), &[("authorization-mode", "[AlwaysAllow]", "kops")]);
    // kops 1.31 and 1.32 have other plugins than 1.33, and both deploy 1.31.
    holds(KOPS, Some("1.31.2"), &[("enable-admission-plugins", "", "unknown"), ("cloud-provider", "external", "kops")]);
    holds(KOPS, Some("1.20.2"), &[("token-auth-file", "", "unknown")]);
    for version in ["1.20.2", "1.16.2"] {
        let found = problems(&resolved(KOPS, Some(version)));
        assert!(!found.iter().any(|one| one.contains("basic-auth-file") || one.contains("exclude")), "{found:?}");
    }
    holds(KOPS, Some("1.16.2"), &[("token-auth-file", "", "unknown"), ("tls-min-version", "VersionTLS12", "written")]);
    let always = KOPS.replace("rbac: {}", "alwaysAllow: {}");
    holds(&always, None, &[("authorization-mode", "[AlwaysAllow]", "made")]);
}

#[test]
fn kops_in_its_newer_format_keeps_identity_providers_apart() {
    let text = "apiVersion: kops.k8s.io/v1alpha3\nkind: Cluster\nmetadata: {name: a}\nspec:\n  kubernetesVersion: 1.34.1\n  \
                encryptionConfig: true\n  authentication:\n    oidc: {issuerURL: 'https://i', clientID: c, groupsClaims: [g, h]}\n";
    holds(
        text,
        None,
        &[
            ("oidc-issuer-url", "https://i", "written"),
            ("oidc-groups-claim", "g,h", "written"),
            ("encryption-provider-config", "/srv/kubernetes/kube-apiserver/encryptionconfig.yaml", "made"),
            ("service-account-issuer", "[https://api.internal.a]", "kops"),
            ("service-cluster-ip-range", "", "unknown"),
        ],
    );
    not_ours(&["apiVersion: kops.k8s.io/v1alpha2\nkind: InstanceGroup\nspec: {role: Master}\n"]);
}

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

const SHOOT: &str = "\
apiVersion: core.gardener.cloud/v1beta1
kind: Shoot
metadata: {name: crazy, namespace: garden-dev}
spec:
  provider: {workers: [{name: w}]}
  networking: {services: 100.64.0.0/13}
  kubernetes:
    version: 1.29.4
    kubeAPIServer:
      enableAnonymousAuthentication: true # for the probes
      featureGates: {B: true, A: false}
      oidcConfig: {issuerURL: 'https://i', clientID: c, requiredClaims: {hd: example.com}}
      requests: {maxMutatingInflight: 200}
      serviceAccountConfig: {issuer: 'https://a', acceptedIssuers: ['https://b']}
      admissionPlugins: [{name: PodNodeSelector, disabled: true}]
      logging: {verbosity: 4}
";

#[test]
fn gardener_makes_flags_of_a_shoot() {
    holds(
        SHOOT,
        None,
        &[
            // Whoever authorizes may reset it, and that is not known.
            ("anonymous-auth", "", "unknown"),
            ("disable-admission-plugins", "[PodNodeSelector]", "made"),
            ("feature-gates", "A=false,B=true", "made"),
            ("max-mutating-requests-inflight", "200", "written"),
            ("oidc-issuer-url", "https://i", "written"),
            ("oidc-required-claim", "hd=example.com", "written"),
            ("profiling", "false", "Gardener"),
            ("service-account-issuer", "[https://a,https://b]", "written"),
            ("service-cluster-ip-range", "100.64.0.0/13", "made"),
            ("token-auth-file", "/srv/kubernetes/token/static_tokens.csv", "Gardener"),
            ("v", "4", "written"),
            ("authorization-mode", "", "unknown"),
            ("tls-cipher-suites", "", "unknown"),
            ("service-account-lookup", "true", "kubernetes"),
        ],
    );
    let cluster = resolved(SHOOT, None);
    assert_eq!(cluster.distribution, Some("Gardener"));
    assert_eq!(server(&cluster).component().instance, "crazy");
    assert_eq!(place(SHOOT, &cluster, "v"), ("4", Some(Form::Field)));
    assert!(matches!(place(SHOOT, &cluster, "tls-min-version").1, Some(Form::Fields(_))));
    let bare = "apiVersion: core.gardener.cloud/v1beta1\nkind: Shoot\nspec: {kubernetes: {version: '1.31'}}\n";
    holds(
        bare,
        None,
        &[
            ("anonymous-auth", "false", "Gardener"),
            ("allow-privileged", "false", "kubernetes"),
            ("service-cluster-ip-range", "", "unknown"),
            ("service-account-issuer", "", "unknown"),
        ],
    );
    let structured = SHOOT.replace("      enable", "      structuredAuthentication: {configMapName: a}\n      enable");
    holds(&structured, Some("1.31.1"), &[("anonymous-auth", "", "unknown")]);
    not_ours(&["apiVersion: core.gardener.cloud/v1beta1\nkind: Seed\nspec: {kubernetes: {}}\n"]);
}
