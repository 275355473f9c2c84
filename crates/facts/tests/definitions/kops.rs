//! Clusters of kops.

use super::*;

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
    // A file of the cloud is named up to 1.32, and a log of its own up to 1.22.
    let cloud = "/etc/kubernetes/in-tree-cloud.config";
    holds(KOPS, Some("1.32.2"), &[("cloud-config", cloud, "kops")]);
    holds(KOPS, Some("1.24.2"), &[("cloud-config", "", "unknown"), ("logtostderr", "true", "kubernetes")]);
    holds(&KOPS.replace("spec:\n", "spec:\n  cloudConfig: {}\n"), Some("1.20.2"), &[("cloud-config", "", "unknown")]);
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
