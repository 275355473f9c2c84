//! Variables of kubespray against the arguments that it has kubeadm give the server.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod shared;

use model::{Form, GapKind, Origin, Unanswered};
use portcullis_facts::{Cluster, configuration::FileKind};
use shared::{cluster, holds, keeps_none_of, not_ours, pointed, reading, server, set, together};

const HARDENED: &str = "\
# the control plane
kube_version: 1.33.2
kube_cert_dir: \"{{ kube_config_dir }}/pki\"
kube_config_dir: /etc/kubernetes
kube_api_anonymous_auth: no
authorization_modes: [Node, RBAC]
kube_apiserver_request_timeout: 90s
kube_profiling: true
kubernetes_audit: true
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

fn gap_of(cluster: &Cluster, flag: &str) -> (GapKind, String) {
    let setting = server(cluster).component().setting(flag).expect(flag);
    let gap = setting.in_force().expect_err(flag);
    (gap.kind, gap.reason.clone())
}

fn gap(text: &str, flag: &str) -> (GapKind, String) {
    gap_of(&cluster(text), flag)
}

#[test]
fn what_is_set_is_written_and_the_rest_is_kubesprays_own() {
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
            ("audit-log-maxbackup", "10", "kubespray"),
            ("audit-policy-file", "/etc/kubernetes/audit-policy/apiserver-audit-policy.yaml", "made"),
            ("tls-min-version", "VersionTLS12", "written"),
            ("service-cluster-ip-range", "10.9.0.0/16", "written"),
            ("encryption-provider-config", "/etc/kubernetes/pki/secrets_encryption.yaml", "made"),
            ("client-ca-file", "/etc/kubernetes/pki/ca.crt", "kubeadm"),
            ("allow-privileged", "true", "kubespray"),
            ("bind-address", "::", "kubespray"),
            ("secure-port", "6443", "kubespray"),
            ("service-account-issuer", "[https://kubernetes.default.svc.cluster.local]", "kubespray"),
            ("etcd-cafile", "/etc/ssl/etcd/ssl/ca.pem", "kubespray"),
            ("v", "4", "written"),
            // From 1.31 on kubespray gives none, whatever the variable says.
            ("token-auth-file", "", "kubernetes"),
            ("oidc-issuer-url", "", "kubernetes"),
            ("audit-webhook-config-file", "", "kubernetes"),
        ],
    );
    let server = server(&cluster);
    assert_eq!(pointed(HARDENED, server, "profiling"), "true");
    assert_eq!(pointed(HARDENED, server, "anonymous-auth"), "no");
    assert_eq!(pointed(HARDENED, server, "v"), "\"4\"");
    assert_eq!(gap_of(&cluster, "goaway-chance").0, GapKind::Templated);
    for flag in ["etcd-servers", "etcd-keyfile", "advertise-address", "apiserver-count"] {
        assert_eq!(gap_of(&cluster, flag).0, GapKind::Unresolved, "{flag}");
    }
    assert!(server.component().problems.is_empty(), "{:?}", server.component().problems);
}

#[test]
fn a_value_in_jinja_is_a_gap_unless_it_names_a_variable_only() {
    let text = "kube_network_plugin: calico\nkube_version: v1.29.5\nkube_api_anonymous_auth: \"{{ anonymous }}\"\n\
                kube_profiling: \"{{ profile }}\"\nprofile: on\n\
                kube_apiserver_request_timeout: \"{{ t | default('1m') }}\"\n";
    assert_eq!(gap(text, "anonymous-auth").0, GapKind::Templated);
    assert_eq!(gap(text, "request-timeout").0, GapKind::Templated);
    holds(&cluster(text), &[("profiling", "true", "written")]);
    let all = format!("{text}kube_kubeadm_apiserver_extra_args: \"{{{{ more }}}}\"\n");
    for flag in ["profiling", "allow-privileged", "max-requests-inflight", "audit-log-path", "client-ca-file"] {
        assert_eq!(gap(&all, flag).0, GapKind::Templated, "{flag}");
    }
    // What is in quotes is a text, which Jinja takes for true.
    assert_eq!(gap("kube_version: v1.29.1\nkube_token_auth: 'yes'\n", "token-auth-file").0, GapKind::Unread);
}

#[test]
fn each_release_has_its_own_values() {
    let of = |release: &str| {
        cluster(&format!("kube_version: {release}\nkube_network_plugin: calico\nkubernetes_audit: true\n"))
    };
    let old = [
        ("bind-address", "0.0.0.0", "kubespray"),
        ("insecure-port", "0", "kubespray"),
        ("event-ttl", "1h0m0s", "kubernetes"),
        ("audit-log-maxbackup", "1", "kubespray"),
    ];
    holds(&of("v1.15.11"), &old);
    holds(&of("v1.20.7"), &[("event-ttl", "1h0m0s", "kubespray"), ("bind-address", "0.0.0.0", "kubespray")]);
    // 1.22 is deployed by 2.18 and 2.19, which do not say the same of it.
    assert_eq!(gap_of(&of("v1.22.5"), "service-account-lookup").0, GapKind::Version);
    holds(&of("v1.25.6"), &[("audit-log-maxage", "30", "kubespray")]);
    assert_eq!(gap_of(&of("v1.24.6"), "audit-log-maxbackup").0, GapKind::Version);
    // `v` before the release says which side of 2.28 it is.
    holds(&of("v1.31.4"), &[("bind-address", "0.0.0.0", "kubespray")]);
    holds(&of("1.31.9"), &[("bind-address", "::", "kubespray")]);
}

#[test]
fn a_switch_adds_what_hangs_on_it() {
    let text = "kube_version: v1.29.1\nkube_token_auth: true\nkube_config_dir: /k\nkube_webhook_token_auth: yes\n\
                kube_oidc_auth: true\nkube_oidc_url: https://i\nkubelet_rotate_server_certificates: true\n";
    holds(
        &cluster(text),
        &[
            ("token-auth-file", "/k/tokens/known_tokens.csv", "made"),
            ("authentication-token-webhook-config-file", "/k/webhook-token-auth-config.yaml", "made"),
            ("kubelet-certificate-authority", "/k/ssl/ca.crt", "made"),
            // Without a client the template leaves out all of them.
            ("oidc-issuer-url", "", "kubernetes"),
        ],
    );
    let text = format!("{text}kube_oidc_client_id: c\nkube_oidc_groups_prefix: 'oidc:'\n");
    holds(
        &cluster(&text),
        &[
            ("oidc-issuer-url", "https://i", "written"),
            ("oidc-client-id", "c", "written"),
            ("oidc-groups-prefix", "oidc:", "written"),
            ("oidc-groups-claim", "", "kubernetes"),
        ],
    );
    let policies = "kube_version: v1.22.5\npodsecuritypolicy_enabled: true\n\
                    kube_apiserver_enable_admission_plugins: [NodeRestriction, SecurityContextDeny]\n";
    holds(&cluster(policies), &[("enable-admission-plugins", "[NodeRestriction,PodSecurityPolicy]", "made")]);
    let two = "kube_version: 1.33.2\nkube_network_plugin: cilium\nipv6_stack: true\n";
    holds(&cluster(two), &[("service-cluster-ip-range", "10.233.0.0/18,fd85:ee78:d8a6:8607::1000/116", "kubespray")]);
}

#[test]
fn files_take_the_place_of_flags() {
    let text = "kube_version: 1.34.1\nkube_apiserver_use_authentication_config_file: true\n\
                kube_apiserver_use_authorization_config_file: true\nkube_api_anonymous_auth: false\n\
                kube_apiserver_authentication_config_jwt:\n- issuer: {url: https://i, audiences: [a]}\n  \
                claimMappings: {username: {claim: sub, prefix: 'i:'}}\n";
    let cluster = cluster(text);
    holds(
        &cluster,
        &[
            ("authentication-config", "/etc/kubernetes/apiserver-authentication-config-v1.yaml", "made"),
            ("authorization-config", "/etc/kubernetes/apiserver-authorization-config-v1.yaml", "made"),
        ],
    );
    let server = server(&cluster);
    let anonymous = server.anonymous().expect("it is known");
    assert!(!anonymous.enabled, "{anonymous:?}");
    assert!(server.component().problems.is_empty(), "{:?}", server.component().problems);
}

#[test]
fn an_argument_of_somebody_meets_one_of_kubespray() {
    let text = |release: &str| {
        format!(
            "kube_version: {release}\nkube_profiling: true\nevent_ttl_duration: 3h\n\
             kube_kubeadm_apiserver_extra_args: {{profiling: 'false', event-ttl: 2h}}\n"
        )
    };
    // In a map the last one counts.
    holds(&cluster(&text("v1.30.1")), &[("profiling", "false", "written"), ("event-ttl", "3h0m0s", "written")]);
    assert_eq!(pointed(&text("v1.30.1"), server(&cluster(&text("v1.30.1"))), "event-ttl"), "3h");
    // kubeadm 1.31 sorts both values, `True` of Jinja before `false`.
    holds(&cluster(&text("v1.31.1")), &[("profiling", "false", "written"), ("event-ttl", "3h0m0s", "written")]);
    holds(&cluster(&text("1.34.1")), &[("profiling", "", "unknown")]);
}

#[test]
fn files_of_an_inventory_are_one_definition() {
    let all = "kube_webhook_token_auth: true\nkube_profiling: true\nkube_network_plugin: calico\netcd_deployment_type: kubeadm\n";
    let group = "kube_version: v1.29.1\nkube_profiling: false\nkube_owner: kube\nkube_service_addresses: 10.8.0.0/16\n";
    let files = [
        ("i/group_vars/all/all.yml", all),
        ("i/group_vars/k8s_cluster/a.yml", group),
        ("i/group_vars/k8s_cluster/b.yml", "kube_api_anonymous_auth: false\n"),
        (
            "i/group_vars/k8s_cluster/c.yml",
            "kube_version: v1.29.1\nkube_api_anonymous_auth: true\nkube_apiserver_request_timeout: 9s\n",
        ),
        ("j/group_vars/all/all.yml", "kube_api_anonymous_auth: false\n"),
    ];
    let mine = &files[..4];
    let cluster = together(None, mine);
    holds(
        &cluster,
        &[
            ("profiling", "false", "written"),
            ("anonymous-auth", "true", "written"),
            ("authentication-token-webhook-config-file", "/etc/kubernetes/webhook-token-auth-config.yaml", "made"),
            ("etcd-servers", "[https://127.0.0.1:2379]", "kubeadm"),
        ],
    );
    let at = reading(server(&cluster), "anonymous-auth").unwrap().origin.location().cloned().unwrap();
    assert_eq!(at.evidence.as_str(), "i/group_vars/k8s_cluster/c.yml");
    // Another inventory is another cluster, and a folder hides a file.
    assert_eq!(together(None, &files).apiservers.len(), 2);
    let hidden = [&files[0], &("i/group_vars/all.yml", "kube_profiling: false\nkube_owner: a\n")].map(|file| *file);
    holds(&together(None, &hidden), &[("profiling", "true", "written")]);
    // What is set for one host, or for a group of others, is not known of the control plane.
    for other in ["i/host_vars/n1.yml", "i/group_vars/prod.yml", "i/group_vars/kube_node/x.yml"] {
        let files = [mine, &[(other, "kube_profiling: true\n")]].concat();
        assert_eq!(gap_of(&together(None, &files), "profiling").0, GapKind::Unresolved, "{other}");
    }
    // A file that nobody can read may set anything that no later one sets.
    let vault = "$ANSIBLE_VAULT;1.1;AES256\n6638\n";
    let files = [mine, &[("i/group_vars/k8s_cluster/b2.yml", vault)]].concat();
    let cluster = together(None, &files);
    assert_eq!(gap_of(&cluster, "profiling").0, GapKind::Unread);
    assert_eq!(gap_of(&cluster, "audit-log-path").0, GapKind::Unread);
    // It may have kubeadm pass on more, unless a later one says what.
    assert_eq!(gap_of(&cluster, "request-timeout").0, GapKind::Unread);
    let files = [
        &files[..],
        &[("i/group_vars/k8s_cluster/d.yml", "kube_kubeadm_apiserver_extra_args: {}\nkubeadm_patches: []\n")],
    ]
    .concat();
    holds(&together(None, &files), &[("request-timeout", "9s", "written")]);
}

#[test]
fn a_variable_tells_of_the_releases_that_know_it() {
    let range = |text: &str| server(&cluster(text)).component().release.to_string();
    assert_eq!(range("kube_profiling: false\nkube_owner: root\n"), "1.15 to 1.36");
    assert_eq!(
        range("kube_apiserver_request_timeout: 1m\nkube_apiserver_service_account_lookup: true\n"),
        "1.21 to 1.36"
    );
    // A kubespray that does not know one gives no flag for it.
    let old = "kube_version: v1.16.2\nkube_network_plugin: flannel\ntls_min_version: VersionTLS12\n";
    holds(&cluster(old), &[("tls-min-version", "", "kubernetes")]);
    // Before 2.11 there was another way of giving them.
    assert_eq!(
        gap("kube_version: v1.12.5\nkube_network_plugin: flannel\nkube_profiling: true\n", "profiling").0,
        GapKind::Version
    );
}

#[test]
fn a_list_is_changed_by_hand_and_a_variable_in_place() {
    let form = |text: &str, flag: &str| {
        let origin = reading(server(&cluster(text)), flag).expect(flag).origin;
        match origin {
            Origin::Written(site) => Some(site.form),
            Origin::Default { home, .. } => home.map(|home| home.form),
            _ => None,
        }
    };
    assert_eq!(form(HARDENED, "profiling"), Some(Form::Field));
    assert_eq!(form(HARDENED, "v"), Some(Form::Entry));
    assert!(matches!(form(HARDENED, "tls-cipher-suites"), Some(Form::ByHand(_))));
    // A variable that counts only beside another one is no way of setting its flag.
    let off = "kube_version: v1.29.1\nkubernetes_audit: false\n";
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

#[test]
fn rules_of_an_audit_policy_that_somebody_writes_stand_in_the_place_of_kubesprays_own() {
    let audits = "kube_version: 1.31.0\nkubernetes_audit: true\nkube_network_plugin: calico\n";
    let policy = |more: &str| {
        let cluster = cluster(&format!("{audits}{more}"));
        let file = server(&cluster).file(FileKind::AuditPolicy).map(|file| file.is_some());
        file.map_err(|why| match why {
            Unanswered::Gap(gap) => gap.reason,
            Unanswered::NotApplicable(reason) => reason,
        })
    };
    let rules = "audit_policy_custom_rules: |\n  - level: None\n    users: [a]\n  - level: Metadata\n";
    assert_eq!(policy(rules), Ok(true));
    // Its own are known where the release is, and a list is no text that a template could indent.
    assert_eq!(policy(""), Ok(true));
    assert_eq!(policy("audit_policy_custom_rules: ''\n"), Ok(true));
    let unknown = cluster("kubernetes_audit: true\nkube_network_plugin: calico\n");
    assert!(server(&unknown).file(FileKind::AuditPolicy).is_err());
    assert!(policy("audit_policy_custom_rules: [{level: None}]\n").is_err_and(|reason| reason.contains("no text")));
    assert!(policy("audit_policy_custom_rules: '- level: {{ level }}'\n").is_err());
}

#[test]
fn patches_of_the_manifest_leave_it_open() {
    let with = |patches: &str| cluster(&format!("kube_version: 1.31.9\nkube_network_plugin: cilium\n{patches}"));
    let known = |patches: &str| set(server(&with(patches)), "profiling").1;
    for other in [
        "kubeadm_patches: []\n",
        "kubeadm_patches:\n- {target: kubeletconfiguration, patch: {maxPods: 9}}\n",
        "kubeadm_patches:\n- {target: kube-apiserver, patch: {metadata: {labels: {a: b}}}}\n",
        "kubeadm_patches:\n- target: kube-apiserver\n  patch: {spec: {containers: [{name: kube-apiserver, resources: {}}]}}\n",
        "kubeadm_patches: {enabled: false}\n",
    ] {
        assert_eq!(known(other), "kubespray", "{other}");
    }
    for patch in [
        "kubeadm_patches:\n- target: kube-apiserver\n  patch: {spec: {containers: [{name: kube-apiserver, command: [a]}]}}\n",
        "kubeadm_patches:\n- target: kube-apiserver\n  type: json\n  patch: [{op: add}]\n",
        "kubeadm_patches: '{{ patches }}'\n",
        "kubeadm_patches: {enabled: true, source_dir: x}\n",
    ] {
        assert_eq!(known(patch), "unknown", "{patch}");
    }
}
