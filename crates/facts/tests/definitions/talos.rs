//! Talos' machine configuration.

use super::*;

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

#[test]
fn a_patch_counts_whichever_release_of_talos_it_is_for() {
    // Before 0.13 what is written stands behind Talos' own, of which the last counts.
    let patch = "cluster: {apiServer: {extraArgs: {audit-log-path: /x, audit-log-maxage: '7'}}}\n";
    holds(patch, None, &[("audit-log-path", "/x", "written"), ("audit-log-maxage", "7", "written")]);
}
