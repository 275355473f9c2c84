//! Shoots of Gardener.

use portcullis_facts::configuration::{ConfigFile, FileKind};

use super::*;

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
            // Whatever Gardener asks who may do what, none of it is `AlwaysAllow`, which would reset it.
            ("anonymous-auth", "true", "written"),
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
            ("client-ca-file", "/srv/kubernetes/ca-client/bundle.crt", "Gardener"),
            ("kubelet-certificate-authority", "/srv/kubernetes/ca-kubelet/bundle.crt", "Gardener"),
            ("enable-admission-plugins", "", "unknown"),
            ("api-audiences", "[kubernetes,gardener]", "Gardener"),
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
    // A file tells who authorizes, which resets nothing.
    holds(
        SHOOT,
        Some("1.31.1"),
        &[
            ("anonymous-auth", "true", "written"),
            ("authorization-config", "/etc/kubernetes/structured/authorization/config.yaml", "Gardener"),
        ],
    );
    holds(SHOOT, Some("1.25.1"), &[("authorization-mode", "[Node,RBAC]", "Gardener")]);
    let sizes = "      watchCacheSizes: {resources: [{resource: secrets, size: 0}, {apiGroup: apps, resource: deployments, size: 5}]}\n";
    holds(
        &SHOOT.replace("      logging", &format!("{sizes}      logging")),
        None,
        &[("watch-cache-sizes", "[secrets#0,deployments.apps#5]", "made"), ("runtime-config", "", "kubernetes")],
    );
    holds(bare, None, &[("runtime-config", "", "unknown")]);
    let structured = SHOOT.replace("      enable", "      structuredAuthentication: {configMapName: a}\n      enable");
    holds(&structured, Some("1.31.1"), &[("anonymous-auth", "", "unknown")]);
    not_ours(&["apiVersion: core.gardener.cloud/v1beta1\nkind: Seed\nspec: {kubernetes: {}}\n"]);
}

#[test]
fn a_garden_has_a_cluster_without_workers() {
    let text = "apiVersion: operator.gardener.cloud/v1alpha1
kind: Garden
metadata: {name: local}
spec:
  virtualCluster:
    kubernetes:
      version: 1.31.1
      kubeAPIServer:
        enableAnonymousAuthentication: true
        auditWebhook: {kubeconfigSecretName: a}
    networking: {services: [100.64.0.0/13]}
";
    holds(
        text,
        None,
        &[
            ("anonymous-auth", "true", "written"),
            ("audit-webhook-config-file", "", "unknown"),
            ("allow-privileged", "false", "kubernetes"),
            ("profiling", "false", "Gardener"),
        ],
    );
    not_ours(&[
        "apiVersion: operator.gardener.cloud/v1alpha1\nkind: Extension\nspec: {virtualCluster: {kubernetes: {}}}\n",
    ]);
}

#[test]
fn a_shoot_that_says_nothing_of_kubernetes_is_one() {
    let text = "apiVersion: core.gardener.cloud/v1beta1\nkind: Shoot\nspec: {provider: {type: local}}\n";
    holds(text, Some("1.31.1"), &[("anonymous-auth", "false", "Gardener"), ("profiling", "false", "Gardener")]);
    not_ours(&["apiVersion: core.gardener.cloud/v1beta1\nkind: Shoot\nspec: {maintenance: {}}\n"]);
}

#[test]
fn which_webhook_is_asked_does_not_matter_to_requests_without_credentials() {
    let text = |more: &str| {
        format!(
            "apiVersion: core.gardener.cloud/v1beta1\nkind: Shoot\nmetadata: {{name: s}}\nspec:\n  kubernetes:\n    version: 1.28.9\n    \
             kubeAPIServer: {{enableAnonymousAuthentication: true{more}}}\n  provider: {{type: aws, workers: [{{name: a}}]}}\n"
        )
    };
    let cluster = resolved(&text(""), None);
    holds(&text(""), None, &[("authorization-mode", "", "unknown")]);
    let anonymous = server(&cluster).anonymous().expect("known");
    assert!(anonymous.enabled);
    // A file may say otherwise.
    let cluster = resolved(&text(", structuredAuthentication: {configMapName: a}"), Some("1.30.4"));
    assert!(server(&cluster).anonymous().is_err());
}

#[test]
fn a_config_map_of_issuers_is_read() {
    let text = |more: &str| {
        format!(
            "apiVersion: core.gardener.cloud/v1beta1\nkind: Shoot\nmetadata: {{name: s}}\nspec:\n  kubernetes:\n    version: 1.32.8\n    \
             kubeAPIServer: {{enableAnonymousAuthentication: true, structuredAuthentication: {{configMapName: a}}}}\n  provider: \
             {{type: aws}}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n  config.yaml: |\n    apiVersion: \
             apiserver.config.k8s.io/v1beta1\n    kind: AuthenticationConfiguration\n{more}"
        )
    };
    let issuer = "    jwt:\n    - issuer: {url: 'https://i.test', audiences: [a]}\n      claimMappings: {username: {claim: sub, prefix: 'x:'}}\n";
    let cluster = resolved(&text(issuer), None);
    let server = server(&cluster);
    assert!(server.anonymous().expect("known").enabled);
    let issuers = server.issuers().expect("read").expect("a file");
    assert_eq!(issuers.len(), 1);
    // What the file says of them wins, and no flag stands beside it.
    let cluster = resolved(&text(&format!("{issuer}    anonymous: {{enabled: false}}\n")), None);
    let anonymous = shared::server(&cluster).anonymous().expect("known");
    assert!(!anonymous.enabled);
}

#[test]
fn what_gardener_gives_later_releases_is_known() {
    let more = "      apiAudiences: [mine]\n      admissionPlugins: [{name: PodNodeSelector, disabled: true}, {name: EventRateLimit}]\n";
    let text = SHOOT.replace("      admissionPlugins: [{name: PodNodeSelector, disabled: true}]\n", more);
    holds(
        &text,
        Some("1.34.1"),
        &[
            ("api-audiences", "[mine,gardener]", "written"),
            ("audit-log-path", "", "kubernetes"),
            ("bind-address", "::", "Gardener"),
            ("enable-admission-plugins", "[NodeRestriction,EventRateLimit]", "made"),
            ("etcd-servers", "", "unknown"),
        ],
    );
    let off = text.replace("EventRateLimit", "NodeRestriction, disabled: true");
    holds(&off, Some("1.34.1"), &[("enable-admission-plugins", "[]", "kubernetes")]);
    holds(SHOOT, Some("1.24.1"), &[("client-ca-file", "", "unknown"), ("audit-policy-file", "", "unknown")]);
    // Which list it is depends on the release of Gardener, and what is on in all of them does not.
    let is_on = |text: &str, name: &str| {
        server(&resolved(text, Some("1.29.1"))).admission_plugin(name).ok().map(|one| one.enabled)
    };
    assert_eq!(is_on(SHOOT, "NodeRestriction"), Some(true));
    assert_eq!(is_on(SHOOT, "ServiceAccount"), Some(true));
    assert_eq!(is_on(SHOOT, "AlwaysPullImages"), None);
    assert_eq!(is_on(&off, "NodeRestriction"), Some(false));
    // Without a policy nothing is recorded, and one in a ConfigMap is read.
    let policy = |text: &str| {
        let cluster = resolved(text, Some("1.33.1"));
        let file = server(&cluster).file(FileKind::AuditPolicy).map_err(|_| ())?.expect("a file");
        let ConfigFile::AuditPolicy(policy) = &*file.read[0].1 else { panic!("a policy") };
        Ok(policy.rules.len())
    };
    assert_eq!(policy(SHOOT), Ok(1));
    let named = SHOOT
        .replace("      logging", "      auditConfig: {auditPolicy: {configMapRef: {name: audit}}}\n      logging");
    assert_eq!(policy(&named), Err(()));
    let map = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: audit}\ndata:\n  policy: |\n    apiVersion: audit.k8s.io/v1\n    \
               kind: Policy\n    rules:\n    - level: Metadata\n    - level: None\n";
    assert_eq!(policy(&format!("{named}{map}")), Ok(2));
}
