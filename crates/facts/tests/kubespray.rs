//! Variables of kubespray against the arguments that it has kubeadm give the server.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod shared;

use model::{Form, GapKind};
use shared::{cluster, holds, keeps_none_of, not_ours, pointed, server};

const HARDENED: &str = "\
# the control plane
kube_version: 1.33.2
kube_cert_dir: \"{{ kube_config_dir }}/ssl\"
kube_config_dir: /etc/kubernetes
kube_api_anonymous_auth: no
authorization_modes: [Node, RBAC]
kube_apiserver_request_timeout: 90s
kube_profiling: true
kubernetes_audit: true
kubernetes_audit_webhook: false
audit_log_path: /var/log/a.json
audit_log_maxage: 3
tls_min_version: VersionTLS12
tls_cipher_suites:
- TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
- TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
kube_token_auth: true
kube_oidc_auth: false
kube_service_addresses: 10.9.0.0/16
kube_encrypt_secret_data: true
kube_encryption_algorithm: aescbc
kube_encryption_resources: [secrets, configmaps]
kube_kubeadm_apiserver_extra_args:
  v: \"4\"
  goaway-chance: \"{{ chance }}\"
";

fn gap(text: &str, flag: &str) -> (GapKind, String) {
    let cluster = cluster(text);
    let setting = server(&cluster).component().setting(flag).expect(flag);
    let gap = setting.in_force().expect_err(flag);
    (gap.kind, gap.reason.clone())
}

#[test]
fn a_file_speaks_for_what_it_sets() {
    let cluster = cluster(HARDENED);
    assert_eq!(cluster.distribution, Some("kubespray"));
    holds(
        &cluster,
        &[
            ("anonymous-auth", "false", "written"),
            ("authorization-mode", "[Node,RBAC]", "written"),
            ("request-timeout", "1m30s", "written"),
            ("profiling", "true", "written"),
            ("audit-log-path", "/var/log/a.json", "written"),
            ("audit-log-maxage", "3", "written"),
            ("audit-policy-file", "/etc/kubernetes/audit-policy/apiserver-audit-policy.yaml", "made"),
            ("tls-min-version", "VersionTLS12", "written"),
            ("service-cluster-ip-range", "10.9.0.0/16", "written"),
            ("encryption-provider-config", "/etc/kubernetes/ssl/secrets_encryption.yaml", "made"),
            ("client-ca-file", "/etc/kubernetes/ssl/ca.crt", "kubeadm"),
            ("allow-privileged", "true", "kubespray"),
            ("v", "4", "written"),
            // From 1.31 on kubespray gives none, whatever the variable says.
            ("token-auth-file", "", "kubernetes"),
            ("oidc-issuer-url", "", "kubernetes"),
            ("goaway-chance", "", "unknown"),
            ("audit-log-maxbackup", "", "unknown"),
            ("bind-address", "", "unknown"),
            ("etcd-servers", "", "unknown"),
        ],
    );
    let server = server(&cluster);
    assert_eq!(pointed(HARDENED, server, "profiling"), "true");
    assert_eq!(pointed(HARDENED, server, "anonymous-auth"), "no");
    assert_eq!(pointed(HARDENED, server, "audit-log-maxage"), "3");
    assert_eq!(pointed(HARDENED, server, "v"), "\"4\"");
    assert!(server.component().problems.is_empty(), "{:?}", server.component().problems);
}

#[test]
fn what_a_file_leaves_to_others_is_a_gap() {
    let text = "kube_network_plugin: calico\nkube_api_anonymous_auth: \"{{ anonymous }}\"\n";
    let (kind, reason) = gap(text, "profiling");
    assert_eq!(kind, GapKind::NotCollected);
    assert!(reason.contains("`kube_profiling`") && reason.ends_with("`false`"), "{reason}");
    assert_eq!(gap(text, "anonymous-auth").0, GapKind::Templated);
    for flag in ["client-ca-file", "allow-privileged", "max-requests-inflight", "audit-log-path", "tls-min-version"] {
        assert_eq!(gap(text, flag).0, GapKind::NotCollected, "{flag}");
    }
    assert_eq!(server(&cluster(text)).component().starts, None);
}

#[test]
fn a_switch_that_is_off_leaves_its_flags_out() {
    let text = "kubernetes_audit: false\nkube_encrypt_secret_data: off\nkube_token_auth: 'yes'\n";
    assert_eq!(gap(text, "audit-log-path").0, GapKind::NotCollected);
    let text = &format!("{text}kube_kubeadm_apiserver_extra_args: {{}}\n");
    holds(&cluster(text), &[("audit-log-path", "", "kubernetes"), ("encryption-provider-config", "", "kubernetes")]);
    // What is in quotes is a text, which Jinja takes for true.
    assert_eq!(gap(&format!("kube_version: v1.29.1\n{text}"), "token-auth-file").0, GapKind::Unread);
    let text = "kube_version: v1.29.1\nkube_token_auth: true\nkube_config_dir: /k\n";
    holds(&cluster(text), &[("token-auth-file", "/k/tokens/known_tokens.csv", "made")]);
}

#[test]
fn an_argument_of_somebody_meets_one_of_kubespray() {
    let text = |release: &str| {
        format!(
            "kube_version: {release}\nkube_profiling: true\nkube_kubeadm_apiserver_extra_args: {{profiling: 'false', event-ttl: 2h}}\n"
        )
    };
    holds(&cluster(&text("1.30.1")), &[("profiling", "false", "written"), ("event-ttl", "", "unknown")]);
    holds(&cluster(&text("1.34.1")), &[("profiling", "", "unknown")]);
}

#[test]
fn a_variable_tells_of_the_releases_that_know_it() {
    let range = |text: &str| server(&cluster(text)).component().release.to_string();
    assert_eq!(range("kube_profiling: false\nkube_owner: root\n"), "1.15 to 1.36");
    assert_eq!(
        range("kube_apiserver_request_timeout: 1m\nkube_apiserver_service_account_lookup: true\n"),
        "1.21 to 1.36"
    );
    // One that the kubespray of a release does not have says nothing of it.
    let old = "kube_version: v1.16.2\nkube_network_plugin: flannel\ntls_min_version: VersionTLS12\n";
    assert_eq!(gap(old, "tls-min-version").0, GapKind::Version);
    // Before 2.11 there was another way of giving them.
    assert_eq!(
        gap("kube_version: v1.12.5\nkube_network_plugin: flannel\nkube_profiling: true\n", "profiling").0,
        GapKind::Version
    );
}

#[test]
fn a_list_is_changed_by_hand_and_a_variable_in_place() {
    let form = |text: &str, flag: &str| {
        let origin = shared::reading(server(&cluster(text)), flag).expect(flag).origin;
        match origin {
            model::Origin::Written(site) => Some(site.form),
            model::Origin::Default { home, .. } => home.map(|home| home.form),
            _ => None,
        }
    };
    assert_eq!(form(HARDENED, "profiling"), Some(Form::Field));
    assert_eq!(form(HARDENED, "v"), Some(Form::Entry));
    assert!(matches!(form(HARDENED, "tls-cipher-suites"), Some(Form::ByHand(_))));
    // A variable that counts only beside another one is no way of setting its flag.
    let off = "kubernetes_audit: false\nkube_kubeadm_apiserver_extra_args: {}\n";
    let Some(Form::Fields(fields)) = form(off, "audit-log-path") else { panic!("a home with variables") };
    assert!(fields.iter().all(|field| !field.field.starts_with("audit_")));
}

#[test]
fn its_own_variables_tell_it() {
    not_ours(&[
        "kube_version: 1.30.1\n",
        "tls_min_version: VersionTLS12\ntls_cipher_suites: [a]\n",
        "- hosts: all\n  vars: {kube_network_plugin: calico}\n",
        "apiVersion: v1\nkind: ConfigMap\nkube_network_plugin: calico\n",
        "# kube_network_plugin: calico\na: 1\n",
    ]);
}

#[test]
fn secrets_are_cut() {
    for name in
        ["kube_encrypt_token", "kubeadm_certificate_key", "kubeadm_token", "kube_oidc_client_secret", "kube_api_pwd"]
    {
        keeps_none_of("Kx9Qw2Lm5Tz8Rb1V", &format!("kube_network_plugin: calico\n{name}: Kx9Qw2Lm5Tz8Rb1V\n"));
    }
    keeps_none_of(
        "hunter4242",
        "kube_network_plugin: calico\nkube_users:\n  kube:\n    pass: hunter4242\n    role: admin\n",
    );
}
