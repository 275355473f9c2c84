//! The same setting said twice, in two spellings or in two layers: what counts is what the distribution's own program does.

use super::*;
use shared::{holds as hold, together};

#[test]
fn drop_ins_of_k3s_replace_lists_or_add_to_them_and_letters_are_names() {
    // k3s-io/k3s, pkg/configfilearg/parser.go: one dash before one letter; and pkg/util/args.go, `GetArgs`: of arguments with
    // one name all are given, in order, and `+=` and `-=` keep what k3s sets itself.
    let base = "n/etc/rancher/k3s/config.yaml";
    let files = [
        (
            base,
            "d: /srv/k3s\nkube-apiserver-arg:\n- anonymous-auth=true\n- v=2\nsecrets-encryption: false\ntls-san: [a]\n",
        ),
        (
            "n/etc/rancher/k3s/config.yaml.d/10-a.yaml",
            "kube-apiserver-arg+:\n- anonymous-auth=false\n- audit-log-path=/a\nsecrets-encryption: true\n",
        ),
        ("n/etc/rancher/k3s/config.yaml.d/20-b.yaml", "kube-apiserver-arg+: v=3\n"),
    ];
    let cluster = together(Some("n"), &files);
    hold(
        &cluster,
        &[
            ("anonymous-auth", "false", "written"),
            ("audit-log-path", "/a", "written"),
            ("v", "3", "written"),
            ("client-ca-file", "/srv/k3s/server/tls/client-ca.crt", "k3s"),
        ],
    );
    holds(
        "cluster-init: true\nkube-apiserver-arg:\n- enable-admission-plugins+=PodNodeSelector\n- profiling\n",
        Some("1.31.0"),
        &[
            ("enable-admission-plugins", "[NodeRestriction,PodNodeSelector]", "written"),
            ("profiling", "true", "written"),
        ],
    );
    // An argument that takes a value away is written, and k3s' own is gone.
    holds(
        "cluster-init: true\nhttps-listen-port: 7443\nkube-apiserver-arg:\n- kubelet-certificate-authority=\n- --v=3\n",
        Some("1.34.0"),
        &[
            ("kubelet-certificate-authority", "", "written"),
            ("v", "3", "written"),
            ("secure-port", "7444", "made"),
            ("anonymous-auth", "false", "k3s"),
        ],
    );
}

#[test]
fn a_profile_of_rke2_gives_way_to_what_is_written_and_ends_with_its_releases() {
    let text =
        "profile: cis\ncni: canal\nkube-apiserver-arg:\n- audit-policy-file=/etc/my.yaml\n- anonymous-auth=true\n";
    holds(
        text,
        Some("1.29.0"),
        &[
            ("audit-policy-file", "/etc/my.yaml", "written"),
            ("anonymous-auth", "true", "written"),
            ("audit-log-maxage", "30", "made"),
            ("enable-admission-plugins", "[NodeRestriction]", "RKE2"),
        ],
    );
    // Before 1.25 a profile meant the policies of pods.
    let old = text.replace("profile: cis\n", "profile: cis-1.6\n");
    holds(&old, Some("1.22.0"), &[("enable-admission-plugins", "[NodeRestriction,PodSecurityPolicy]", "RKE2")]);
}

#[test]
fn lists_of_rke_come_behind_its_maps() {
    // rancher/rke v1.6.3, cluster/plan.go: `appendArgs`, then `appendArrayArgs`.
    let text = "nodes:\n- {address: 10.0.0.1, role: [controlplane, etcd], user: r}\nkubernetes_version: v1.24.17-rancher1-1\nservices:\n  kube-api:\n    audit_log: {enabled: false}\n    secrets_encryption_config: {enabled: true}\n    extra_args:\n      anonymous-auth: \"true\"\n      enable-admission-plugins: NodeRestriction\n    extra_args_array:\n      anonymous-auth: [\"false\"]\nauthorization: {mode: none}\n";
    holds(
        text,
        None,
        &[
            ("anonymous-auth", "false", "written"),
            ("enable-admission-plugins", "[NodeRestriction]", "written"),
            ("audit-log-path", "", "kubernetes"),
            ("authorization-mode", "[AlwaysAllow]", "made"),
            ("encryption-provider-config", "/etc/kubernetes/ssl/encryption.yaml", "made"),
        ],
    );
}

#[test]
fn gates_of_k0s_stand_behind_those_of_its_arguments() {
    let text = "apiVersion: k0s.k0sproject.io/v1beta1\nkind: ClusterConfig\nmetadata: {name: k0s}\nspec:\n  api:\n    port: 7443\n    extraArgs: {anonymous-auth: \"false\", tls-min-version: VersionTLS13, feature-gates: ContextualLogging=true}\n  featureGates:\n  - {name: APIServerTracing, enabled: false, components: [kube-apiserver]}\n  network: {serviceCIDR: 10.99.0.0/16}\n";
    holds(
        text,
        Some("1.30.0"),
        &[
            ("anonymous-auth", "false", "written"),
            ("tls-min-version", "VersionTLS13", "written"),
            ("feature-gates", "APIServerTracing=false,ContextualLogging=true", "made"),
            ("secure-port", "7443", "made"),
            ("service-cluster-ip-range", "10.99.0.0/16", "made"),
            ("profiling", "false", "k0s"),
        ],
    );
}

#[test]
fn arguments_of_microk8s_are_words_wherever_they_stand() {
    let path = "n/var/snap/microk8s/current/args/kube-apiserver";
    let text = "# comment\n--authorization-mode=RBAC,Node\n--authorization-mode AlwaysAllow\n--anonymous-auth=true --profiling=false\n  --anonymous-auth=false\n#--audit-log-path=/x\n--etcd-servers=\"unix://${SNAP_DATA}/kine.sock\"\n--kubelet-certificate-authority='/x/ca.crt'\n";
    hold(
        &together(Some("n"), &[(path, text)]),
        &[
            ("authorization-mode", "[RBAC,Node,AlwaysAllow]", "written"),
            ("anonymous-auth", "false", "written"),
            ("profiling", "false", "written"),
            ("audit-log-path", "", "kubernetes"),
            ("etcd-servers", "[unix:///var/snap/microk8s/current/kine.sock]", "written"),
            ("kubelet-certificate-authority", "/x/ca.crt", "written"),
        ],
    );
    // Some releases keep the data themselves, and want no address.
    let old = "--service-account-issuer='https://a'\n--storage-backend=dqlite\n--storage-dir=${SNAP_DATA}/var/kubernetes/backend/\n";
    let cluster = together(Some("n"), &[(path, old)]);
    hold(&cluster, &[("etcd-servers", "", "unknown"), ("storage-backend", "", "kubernetes")]);
    let stops = |problem: &&model::Problem| problem.message.contains("storage") || problem.message.contains("etcd");
    assert_eq!(server(&cluster).component().problems.iter().find(stops), None);
}

#[test]
fn options_of_minikube_take_the_place_of_its_own() {
    let text = r#"{"Name":"p","KubernetesConfig":{"KubernetesVersion":"v1.28.3","ClusterName":"p","ServiceCIDR":"10.96.0.0/12","ExtraOptions":[{"Component":"apiserver","Key":"anonymous-auth","Value":"false"},{"Component":"apiserver","Key":"enable-admission-plugins","Value":"PodNodeSelector"},{"Component":"apiserver","Key":"anonymous-auth","Value":"true"},{"Component":"kubelet","Key":"v","Value":"9"}]},"Nodes":[{"Name":"","IP":"192.168.49.2","Port":8443,"KubernetesVersion":"v1.28.3","ControlPlane":true}]}"#;
    holds(
        text,
        None,
        &[
            ("anonymous-auth", "true", "written"),
            ("enable-admission-plugins", "[PodNodeSelector]", "written"),
            ("secure-port", "8443", "made"),
            ("advertise-address", "192.168.49.2", "made"),
            ("v", "0", "kubernetes"),
        ],
    );
}

#[test]
fn groups_of_kubespray_override_one_another_and_hosts_leave_a_doubt() {
    let files = [
        (
            "i/group_vars/all/all.yml",
            "kube_api_anonymous_auth: true\nkube_version: v1.29.5\nkubernetes_audit: true\nkube_profiling: true\nkube_apiserver_port: 6444\n",
        ),
        (
            "i/group_vars/k8s_cluster/k8s-cluster.yml",
            "kube_network_plugin: calico\nkube_api_anonymous_auth: false\nauthorization_modes: [Node, RBAC]\nkube_encrypt_secret_data: true\ntls_min_version: VersionTLS12\n",
        ),
        ("i/host_vars/n1.yml", "kube_profiling: false\n"),
    ];
    hold(
        &together(None, &files),
        &[
            ("anonymous-auth", "false", "written"),
            ("secure-port", "6444", "made"),
            ("tls-min-version", "VersionTLS12", "written"),
            ("audit-log-path", "/var/log/audit/kube-apiserver-audit.log", "kubespray"),
            ("profiling", "", "unknown"),
        ],
    );
    // What kubeadm is told behind all of them, no host changes.
    let mut more = files;
    let last = "kube_network_plugin: calico\nkube_kubeadm_apiserver_extra_args: {profiling: \"false\"}\n";
    more[1].1 = last;
    hold(&together(None, &more), &[("profiling", "false", "written"), ("anonymous-auth", "true", "written")]);
}

#[test]
fn values_of_one_name_that_kubeadm_sorts_are_known_where_the_order_is() {
    let text = |version: &str| {
        format!(
            "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: {version}\napiServer:\n  extraArgs:\n  - {{name: anonymous-auth, value: \"true\"}}\n  - {{name: anonymous-auth, value: \"false\"}}\n  - {{name: authorization-mode, value: RBAC}}\n  - {{name: enable-admission-plugins, value: \"\"}}\ncertificatesDir: /pki\netcd: {{external: {{endpoints: ['https://e:1'], caFile: /c, certFile: /d, keyFile: \"\"}}}}\n---\napiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\nlocalAPIEndpoint: {{advertiseAddress: 1.2.3.4, bindPort: 0}}\n"
        )
    };
    // Sorted, `true` stands behind `false`.
    for (version, anonymous) in
        [("v1.31.0", ("true", "written")), ("v1.33.1", ("", "unknown")), ("v1.36.0", ("false", "written"))]
    {
        holds(
            &text(version),
            None,
            &[
                ("anonymous-auth", anonymous.0, anonymous.1),
                ("authorization-mode", "[RBAC]", "written"),
                ("enable-admission-plugins", "[]", "written"),
                ("client-ca-file", "/pki/ca.crt", "made"),
                ("etcd-cafile", "/c", "written"),
                // A certificate without its key is passed over, and a port of 0 filled in.
                ("etcd-certfile", "", "kubernetes"),
                ("secure-port", "6443", "kubeadm"),
            ],
        );
    }
}

#[test]
fn what_kops_sets_itself_no_field_changes() {
    let text = "apiVersion: kops.k8s.io/v1alpha2\nkind: Cluster\nmetadata: {name: a.example.org}\nspec:\n  kubernetesVersion: 1.27.3\n  cloudProvider: aws\n  authorization: {alwaysAllow: {}}\n  kubeAPIServer:\n    anonymousAuth: true\n    disableAdmissionPlugins: [NodeRestriction]\n    auditLogPath: /a\n    tlsMinVersion: VersionTLS10\n  encryptionConfig: true\n";
    holds(
        text,
        None,
        &[
            ("anonymous-auth", "false", "kops"),
            ("authorization-mode", "[AlwaysAllow]", "made"),
            ("disable-admission-plugins", "[NodeRestriction]", "written"),
            ("audit-log-path", "/a", "written"),
            ("tls-min-version", "VersionTLS10", "written"),
            ("encryption-provider-config", "/srv/kubernetes/kube-apiserver/encryptionconfig.yaml", "made"),
        ],
    );
}

#[test]
fn talos_puts_some_arguments_behind_its_own_and_lets_others_take_their_place() {
    let text = "version: v1alpha1\nmachine:\n  type: controlplane\n  install: {image: 'ghcr.io/siderolabs/installer:v1.7.4'}\ncluster:\n  controlPlane: {endpoint: 'https://10.0.0.1:6443'}\n  apiServer:\n    image: registry.k8s.io/kube-apiserver:v1.29.3\n    disablePodSecurityPolicy: true\n    extraArgs:\n      anonymous-auth: \"true\"\n      audit-policy-file: /x.yaml\n      authorization-mode: Webhook\n      tls-min-version: VersionTLS13\n";
    holds(
        text,
        None,
        &[
            ("anonymous-auth", "true", "written"),
            ("audit-policy-file", "/x.yaml", "written"),
            ("authorization-mode", "[Node,RBAC,Webhook]", "made"),
            ("tls-min-version", "VersionTLS13", "written"),
            ("profiling", "false", "Talos"),
        ],
    );
}
