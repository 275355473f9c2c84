//! RKE's `cluster.yml` against the command lines that RKE makes of it.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod shared;

use shared::{cluster, holds, keeps_none_of, not_ours, pointed, renders, server, set};

const NODES: &str = "nodes:\n- {address: 192.0.2.7, internal_address: 10.0.0.7, user: root, role: [controlplane, etcd]}\n\
                     - {address: 192.0.2.8, user: root, role: [worker]}\n";

/// In every command line of RKE from 1.18 on.
const ALWAYS: &str = "
    --client-ca-file=/etc/kubernetes/ssl/kube-ca.pem
    --kubelet-client-certificate=/etc/kubernetes/ssl/kube-apiserver.pem
    --kubelet-client-key=/etc/kubernetes/ssl/kube-apiserver-key.pem
    --proxy-client-cert-file=/etc/kubernetes/ssl/kube-apiserver-proxy-client.pem
    --proxy-client-key-file=/etc/kubernetes/ssl/kube-apiserver-proxy-client-key.pem
    --requestheader-allowed-names=kube-apiserver-proxy-client
    --requestheader-client-ca-file=/etc/kubernetes/ssl/kube-apiserver-requestheader-ca.pem
    --service-account-key-file=/etc/kubernetes/ssl/kube-service-account-token-key.pem
    --tls-cert-file=/etc/kubernetes/ssl/kube-apiserver.pem
    --tls-private-key-file=/etc/kubernetes/ssl/kube-apiserver-key.pem
    --tls-cipher-suites=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305
    --allow-privileged=true --anonymous-auth=false --bind-address=0.0.0.0 --profiling=false
    --kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname
    --requestheader-extra-headers-prefix=X-Remote-Extra- --requestheader-group-headers=X-Remote-Group
    --requestheader-username-headers=X-Remote-User --secure-port=6443 --service-account-lookup=true
    --storage-backend=etcd3";

const ETCD: &str = "
    --etcd-cafile=/etc/kubernetes/ssl/kube-ca.pem --etcd-certfile=/etc/kubernetes/ssl/kube-node.pem
    --etcd-keyfile=/etc/kubernetes/ssl/kube-node-key.pem --etcd-prefix=/registry
    --etcd-servers=https://10.0.0.7:2379 --advertise-address=10.0.0.7";

const AUDIT: &str = "
    --audit-log-path=/var/log/kube-audit/audit-log.json --audit-log-maxage=30 --audit-log-maxbackup=10
    --audit-log-maxsize=100 --audit-log-format=json --audit-policy-file=/etc/kubernetes/audit-policy.yaml";

const TOKENS: &str = "
    --service-account-issuer=rke --api-audiences=unknown
    --service-account-signing-key-file=/etc/kubernetes/ssl/kube-service-account-token-key.pem";

const RUNTIME: &str = "--runtime-config=authorization.k8s.io/v1beta1=true";

const PLUGINS: &str = "--enable-admission-plugins=NamespaceLifecycle,LimitRanger,ServiceAccount,DefaultStorageClass,DefaultTolerationSeconds,MutatingAdmissionWebhook,ValidatingAdmissionWebhook,ResourceQuota,NodeRestriction,Priority,TaintNodesByCondition,PersistentVolumeClaimResize";

const RANGES: &str = "--service-cluster-ip-range=10.43.0.0/16 --service-node-port-range=30000-32767 --cloud-provider=";

#[test]
fn a_definition_is_the_command_line_that_rke_makes_of_it() {
    let of = |release: &str, more: &str| cluster(&format!("{NODES}kubernetes_version: {release}-rancher1-1\n{more}"));
    let modes = "--authorization-mode=Node,RBAC";
    renders(
        &of("v1.18.20", ""),
        "v1.18.20",
        &[ALWAYS, ETCD, AUDIT, RUNTIME, PLUGINS, RANGES, modes, "--insecure-port=0"],
    );
    renders(
        &of("v1.20.15", "authorization: {mode: none}\nservices: {kube-api: {audit_log: {enabled: false}}}\n"),
        "v1.20.15",
        &[
            ALWAYS,
            ETCD,
            TOKENS,
            RUNTIME,
            PLUGINS,
            RANGES,
            "--insecure-port=0 --feature-gates=ServiceAccountIssuerDiscovery=false",
        ],
    );
    let more = "\
services:
  etcd: {external_urls: ['https://a:2379', 'https://b:2379'], path: /k8s, ca_cert: a, cert: b, key: c}
  kube-api:
    service_cluster_ip_range: 10.99.0.0/16
    service_node_port_range: 30000-30100
    always_pull_images: true
    event_rate_limit: {enabled: true}
    secrets_encryption_config: {enabled: true}
    audit_log: {enabled: true, configuration: {path: /var/log/a.log, max_age: 6}}
    extra_args: {profiling: 'true', v: 4, service-account-issuer: ''}
    extra_args_array: {service-account-issuer: ['https://b']}
  kubelet: {generate_serving_certificate: true}
authentication: {strategy: 'x509|webhook'}
cloud_provider: {name: external-aws}
";
    let always = ALWAYS.replace("--profiling=false", "--profiling=true --v=4");
    renders(
        &of("v1.30.2", more),
        "v1.30.2",
        &[
            &always, RUNTIME, &format!("{PLUGINS},AlwaysPullImages,EventRateLimit"), modes,
            "--admission-control-config-file=/etc/kubernetes/admission.yaml --etcd-servers=https://a:2379,https://b:2379 --etcd-prefix=/k8s --etcd-cafile=/etc/kubernetes/ssl/kube-etcd-client-ca.pem
             --etcd-certfile=/etc/kubernetes/ssl/kube-etcd-client.pem --etcd-keyfile=/etc/kubernetes/ssl/kube-etcd-client-key.pem
             --advertise-address=10.0.0.7 --service-cluster-ip-range=10.99.0.0/16 --service-node-port-range=30000-30100
             --audit-log-path=/var/log/a.log --audit-log-maxage=6 --audit-log-maxbackup=0 --audit-log-maxsize=0 --audit-log-format=
             --audit-policy-file=/etc/kubernetes/audit-policy.yaml --encryption-provider-config=/etc/kubernetes/ssl/encryption.yaml
             --kubelet-certificate-authority=/etc/kubernetes/ssl/kube-ca.pem --cloud-provider=external
             --cloud-config=/etc/kubernetes/cloud-config --service-account-issuer= --service-account-issuer=https://b
             --authentication-token-webhook-config-file=/etc/kubernetes/kube-api-authn-webhook.yaml
             --authentication-token-webhook-cache-ttl=5s --api-audiences=unknown
             --service-account-signing-key-file=/etc/kubernetes/ssl/kube-service-account-token-key.pem",
        ],
    );
}

#[test]
fn each_value_tells_its_layer_and_its_place() {
    let text = format!(
        "{NODES}kubernetes_version: v1.24.8-rancher1-1\nservices:\n  kube-api:\n    pod_security_policy: true\n    extra_args:\n      anonymous-auth: true\n"
    );
    let cluster = cluster(&text);
    assert_eq!(cluster.distribution, Some("RKE"));
    holds(
        &cluster,
        &[
            ("anonymous-auth", "true", "written"),
            ("profiling", "false", "RKE"),
            ("max-requests-inflight", "400", "kubernetes"),
            ("etcd-servers", "[https://10.0.0.7:2379]", "made"),
            ("runtime-config", "policy/v1beta1/podsecuritypolicy=true", "made"),
        ],
    );
    let server = server(&cluster);
    assert_eq!(pointed(&text, server, "anonymous-auth"), "true");
    assert!(pointed(&text, server, "profiling").starts_with("anonymous-auth: true"));
    assert!(set(server, "enable-admission-plugins").0.ends_with(",PodSecurityPolicy]"));
    assert_eq!(server.component().release.to_string(), "1.24.8-rancher1-1");
}

#[test]
fn what_the_definition_leaves_open_is_a_gap() {
    // The audit log of 1.16 depends on the release of RKE, and so do its plug-ins; what it does in 1.40 nobody here knows.
    let of = |release: &str| cluster(&format!("{NODES}kubernetes_version: {release}\n"));
    holds(
        &of("v1.16.2-rancher1-1"),
        &[("anonymous-auth", "false", "RKE"), ("audit-log-path", "", "unknown"), ("v", "0", "kubernetes")],
    );
    for release in ["v1.12.7-rancher1-2", "v1.32.13-rancher1-2"] {
        holds(
            &of(release),
            &[("anonymous-auth", "", "unknown"), ("client-ca-file", "/etc/kubernetes/ssl/kube-ca.pem", "RKE")],
        );
    }
    // Without a release RKE takes its own newest, whatever that was.
    let unnamed = cluster(&format!("{NODES}services: {{kube-api: {{extra_args: {{profiling: 'false'}}}}}}\n"));
    holds(&unnamed, &[("profiling", "false", "written"), ("insecure-port", "", "unknown")]);
    // Several servers have several addresses, and Rancher keeps the nodes elsewhere.
    let three = "nodes:\n- {address: a, role: [etcd, controlplane]}\n- {address: b, role: [etcd, controlplane]}\nkubernetes_version: v1.24.1\n";
    holds(
        &cluster(three),
        &[("advertise-address", "", "unknown"), ("etcd-servers", "[https://a:2379,https://b:2379]", "made")],
    );
    let rancher = "local_cluster_auth_endpoint: {enabled: true}\nrancher_kubernetes_engine_config:\n  kubernetes_version: v1.24.1\n  services: {kube-api: {audit_log: {enabled: false}}}\n";
    holds(
        &cluster(rancher),
        &[
            ("etcd-servers", "", "unknown"),
            ("authentication-token-webhook-config-file", "", "unknown"),
            ("audit-log-path", "", "kubernetes"),
        ],
    );
    let templated = format!(
        "{NODES}kubernetes_version: v1.24.1\nservices: {{kube-api: {{extra_args: {{oidc-issuer-url: '${{ISSUER}}'}}}}}}\n"
    );
    holds(&cluster(&templated), &[("oidc-issuer-url", "", "unknown")]);
}

#[test]
fn only_definitions_of_a_control_plane_are_taken() {
    let unfilled = "nodes:\nkubernetes_version: v1.10.1-rancher2\nservices:\n  kube-api:\n    extra_args: {feature-gates: A=true}\n";
    assert_eq!(server(&cluster(unfilled)).component().release.to_string(), "1.10.1-rancher2");
    not_ours(&[
        "nodes:\n- {address: a, role: [worker]}\nkubernetes_version: v1.24.1\n",
        "nodes:\n- {address: a, role: [controlplane]}\n",
        "services:\n  kube-api: {image: x}\n",
        "- nodes: [{address: a, role: [controlplane]}]\n  services: {}\n",
        "rancher_kubernetes_engine_config:\n",
    ]);
}

#[test]
fn files_that_are_written_out_are_read_there() {
    let key = "c2VjcmV0IGlzIHNlY3VyZQ==";
    let of = |key: &str, level: &str| {
        format!(
            "{NODES}kubernetes_version: v1.24.1
services:
  kube-api:
    secrets_encryption_config:
      enabled: true
      custom_config:
        apiVersion: apiserver.config.k8s.io/v1
        kind: EncryptionConfiguration
        resources:
        - providers:
          - aescbc: {{keys: [{{name: k, secret: {key}}}]}}
          - identity: {{}}
          resources: [secrets]
    audit_log:
      enabled: true
      configuration: {{path: /a, format: json, policy: {{apiVersion: audit.k8s.io/v1, kind: Policy, rules: [{{level: {level}}}]}}}}
"
        )
    };
    // A server does not start with a key of four bytes, nor with a level that nobody knows.
    for (key, level, starts) in
        [(key, "Metadata", None), ("YWJjZA==", "Metadata", Some(false)), (key, "Metadatum", Some(false))]
    {
        let cluster = cluster(&of(key, level));
        let component = server(&cluster).component();
        assert_eq!(component.starts, starts, "{key} {level}: {:?}", component.problems);
    }
    keeps_none_of(key, &of(key, "None"));
}

#[test]
fn no_secret_of_a_definition_is_kept() {
    for line in [
        "private_registries: [{url: a, user: b, password: hunter2}]",
        "nodes:\n- address: a\n  role: [controlplane]\n  ssh_key: |\n    hunter2\n",
        "cloud_provider: {azureCloudProvider: {aadClientId: a, aadClientSecret: hunter2}}",
        "cloud_provider: {vsphereCloudProvider: {global: {password: hunter2}}}",
        "services: {etcd: {backup_config: {s3backupconfig: {access_key: hunter2, secret_key: hunter2}}}}",
        "services: {kube-api: {extra_env: ['HTTPS_PROXY=http://me:hunter2@proxy:1']}}",
        "network: {aci_network_provider: {apic_user_key: hunter2, token: hunter2}}",
        "bastion_host: {ssh_key: hunter2}",
    ] {
        keeps_none_of("hunter2", line);
    }
}

#[test]
fn the_file_of_admission_plugins_came_with_a_release_of_rke() {
    const FLAG: &str = "admission-control-config-file";
    let file = "/etc/kubernetes/admission.yaml";
    let of = |release: &str, more: &str| cluster(&format!("{NODES}kubernetes_version: {release}-rancher1-1\n{more}"));
    holds(&of("v1.22.17", ""), &[(FLAG, "", "kubernetes")]);
    holds(&of("v1.24.8", ""), &[(FLAG, "", "unknown")]);
    holds(&of("v1.25.9", ""), &[(FLAG, file, "RKE")]);
    // Limits of events need it in any.
    let limits = "services: {kube-api: {event_rate_limit: {enabled: yes}}}\n";
    for release in ["v1.18.20", "v1.24.8", "v1.30.5"] {
        holds(&of(release, limits), &[(FLAG, file, "made")]);
    }
    let named = "services: {kube-api: {extra_args: {admission-control-config-file: /a}}}\n";
    holds(&of("v1.24.8", named), &[(FLAG, "/a", "written")]);
}

#[test]
fn a_cloud_is_known_by_its_configuration() {
    let of = |more: &str| cluster(&format!("{NODES}kubernetes_version: v1.24.8-rancher1-1\ncloud_provider: {more}\n"));
    for (text, name) in [
        ("{azureCloudProvider: {tenantId: a}}", "azure"),
        ("{name: aws, vsphereCloudProvider: {global: {}}}", "vsphere"),
        ("{name: mine, customCloudProvider: 'a=b'}", "mine"),
        ("{name: external-aws}", "external"),
    ] {
        holds(&of(text), &[("cloud-provider", name, "made"), ("cloud-config", "/etc/kubernetes/cloud-config", "made")]);
    }
    holds(&of("{}"), &[("cloud-provider", "", "RKE"), ("cloud-config", "", "kubernetes")]);
    // A name is no address that a server could tell others.
    let named = "nodes: [{address: n1.example, role: [controlplane, etcd]}]\nkubernetes_version: v1.24.8-rancher1-1\n";
    holds(&cluster(named), &[("advertise-address", "<nil>", "kubernetes")]);
}

#[test]
fn a_file_that_rke_refuses_starts_nothing() {
    for (more, wanted) in [
        (
            "services: {kube-api: {extra_args: {enable-admission-plugins: [A, B]}}}",
            "`enable-admission-plugins` is no text",
        ),
        ("services: {kube-api: {extra_args: [--v=2]}}", "`extra_args` is no map"),
        ("services: {kube-api: {extra_args_array: {oidc-required-claim: a=b}}}", "`oidc-required-claim` is no list"),
        ("services: {kube-api: {always_pull_images: 'true'}}", "`always_pull_images`"),
        ("services: {kube-api: {audit_log: {enabled: 1}}}", "`audit_log.enabled`"),
        (
            "services: {kube-api: {audit_log: {enabled: true, configuration: {max_age: 30d}}}}",
            "`audit_log.configuration.max_age`",
        ),
        ("services: {kube-api: {pod_security_configuration: baseline}}", "`pod_security_configuration`"),
        ("services: {etcd: {external_urls: ['https://a:2379'], ca_cert: a, cert: b, key: c}}", "needs `path`"),
        ("authentication: {strategy: webhook}", "does without `x509`"),
        ("authentication: {strategy: x509|oidc}", "`oidc` is no strategy"),
    ] {
        let cluster = cluster(&format!("{NODES}kubernetes_version: v1.28.2-rancher1-1\n{more}\n"));
        let problems = &server(&cluster).component().problems;
        let stops: Vec<_> = problems.iter().filter(|problem| problem.stops).map(|problem| &problem.message).collect();
        assert!(stops.iter().any(|message| message.contains(wanted)), "{more}: {stops:?}");
    }
    let fine = "authentication: {strategy: 'X509 | webhook'}\nservices:\n  kube-api:\n    always_pull_images: on\n    extra_args: {v: 2, profiling: no}\n    extra_args_array: {oidc-required-claim: [a=b]}\n";
    let cluster = cluster(&format!("{NODES}kubernetes_version: v1.28.2-rancher1-1\n{fine}"));
    let problems = &server(&cluster).component().problems;
    // What yaml.v2 puts into a text is the text as it stands, which is no boolean of the server.
    assert!(problems.iter().all(|problem| !problem.message.contains("RKE")), "{problems:?}");
    assert!(problems.iter().any(|problem| problem.stops && problem.message.contains("profiling")), "{problems:?}");
}
