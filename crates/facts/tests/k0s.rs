//! Configurations of k0s against the command lines that k0s makes of them.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod shared;

use shared::{cluster, holds, keeps_none_of, not_ours, pointed, reading, renders, server};

/// In every command line of k0s from 1.27 to 1.35.
const ALWAYS: &str = "
    --allow-privileged=true --anonymous-auth=false --authorization-mode=Node,RBAC --client-ca-file=/var/lib/k0s/pki/ca.crt
    --enable-bootstrap-token-auth=true --kubelet-certificate-authority=/var/lib/k0s/pki/ca.crt
    --kubelet-client-certificate=/var/lib/k0s/pki/apiserver-kubelet-client.crt
    --kubelet-client-key=/var/lib/k0s/pki/apiserver-kubelet-client.key
    --kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname
    --proxy-client-cert-file=/var/lib/k0s/pki/front-proxy-client.crt
    --proxy-client-key-file=/var/lib/k0s/pki/front-proxy-client.key --requestheader-allowed-names=front-proxy-client
    --requestheader-client-ca-file=/var/lib/k0s/pki/front-proxy-ca.crt --requestheader-extra-headers-prefix=X-Remote-Extra-
    --requestheader-group-headers=X-Remote-Group --requestheader-username-headers=X-Remote-User
    --service-account-issuer=https://kubernetes.default.svc
    --service-account-jwks-uri=https://kubernetes.default.svc/openid/v1/jwks
    --service-account-key-file=/var/lib/k0s/pki/sa.pub --service-account-signing-key-file=/var/lib/k0s/pki/sa.key
    --tls-cert-file=/var/lib/k0s/pki/server.crt --tls-private-key-file=/var/lib/k0s/pki/server.key
    --tls-cipher-suites=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
    --tls-min-version=VersionTLS12";

const ETCD: &str = "
    --etcd-servers=https://127.0.0.1:2379 --etcd-cafile=/var/lib/k0s/pki/etcd/ca.crt
    --etcd-certfile=/var/lib/k0s/pki/apiserver-etcd-client.crt --etcd-keyfile=/var/lib/k0s/pki/apiserver-etcd-client.key";

/// A definition of k0sctl.
fn k0sctl(role: &str, release: &str, spec: &str) -> String {
    format!(
        "apiVersion: k0sctl.k0sproject.io/v1beta1\nkind: Cluster\nmetadata: {{name: c}}\nspec:\n  hosts:\n  - role: {role}\n    ssh: {{address: 10.0.0.1}}\n  k0s:\n    version: {release}\n    config:\n      spec:\n{spec}"
    )
}

#[test]
fn a_configuration_is_the_command_line_that_k0s_makes_of_it() {
    let text =
        k0sctl("controller", "v1.30.1+k0s.0", "        api: {address: 10.0.0.1, extraArgs: {profiling: 'true'}}\n");
    renders(
        &cluster(&text),
        "v1.30.1+k0s.0",
        &[
            ALWAYS, ETCD,
            "--profiling=true --advertise-address=10.0.0.1 --secure-port=6443 --service-cluster-ip-range=10.96.0.0/12 --v=1
             --egress-selector-config-file=/var/lib/k0s/konnectivity.conf --enable-admission-plugins=NodeRestriction
             --api-audiences=https://kubernetes.default.svc,system:konnectivity-server",
        ],
    );
    let spec = "        api:
          address: 10.0.0.1
          port: 7443
          onlyBindToAddress: true
          externalAddress: a.example
          extraArgs: {feature-gates: A=true, anonymous-auth: ''}
          rawArgs: [--audit-log-path=/a, --audit-log-path=/b]
        network: {serviceCIDR: 10.1.0.0/16, dualStack: {enabled: true, IPv6serviceCIDR: 'fd01::/108'}}
        featureGates:
        - {name: B, enabled: true, components: [kube-apiserver]}
        - {name: C, enabled: true, components: [kubelet]}
        - {name: D, enabled: false}
";
    renders(
        &cluster(&k0sctl("single", "1.34.1+k0s.0", spec)),
        "1.34.1+k0s.0",
        &[
            ALWAYS,
            "--profiling=false --advertise-address=10.0.0.1 --bind-address=10.0.0.1 --secure-port=7443 --v=1
             --service-cluster-ip-range=10.1.0.0/16,fd01::/108 --endpoint-reconciler-type=none --feature-gates=A=true,B=true,D=false
             --audit-log-path=/a --audit-log-path=/b --enable-admission-plugins=NodeRestriction
             --api-audiences=https://kubernetes.default.svc --etcd-servers=unix:/run/k0s/kine/kine.sock:2379",
        ],
    );
}

#[test]
fn each_value_tells_its_layer_and_its_place() {
    let text = "apiVersion: k0s.k0sproject.io/v1beta1\nkind: ClusterConfig\nmetadata:\n  name: k0s\nspec:\n  api:\n    port: 6443\n    extraArgs:\n      anonymous-auth: \"true\"\n  storage:\n    type: etcd\n";
    let cluster = cluster(text);
    assert_eq!(cluster.distribution, Some("k0s"));
    holds(
        &cluster,
        &[
            ("anonymous-auth", "true", "written"),
            ("profiling", "false", "k0s"),
            ("secure-port", "6443", "made"),
            ("etcd-servers", "[https://127.0.0.1:2379]", "made"),
            ("max-requests-inflight", "400", "kubernetes"),
            // Flags of the command, and the release, are not in the file.
            ("egress-selector-config-file", "", "unknown"),
            ("tls-cipher-suites", "", "unknown"),
            ("advertise-address", "", "unknown"),
        ],
    );
    let server = server(&cluster);
    assert_eq!(pointed(text, server, "anonymous-auth"), "\"true\"");
    let home = reading(server, "profiling").unwrap().origin.location().unwrap().pointer.clone();
    assert_eq!(home, "/spec/api/extraArgs");
}

#[test]
fn releases_and_storage_differ() {
    let of = |release: &str, spec: &str| cluster(&k0sctl("controller", release, spec));
    let none = "        telemetry: {enabled: false}\n";
    holds(
        &of("1.20.6+k0s.0", none),
        &[("anonymous-auth", "true", "kubernetes"), ("service-account-issuer", "api", "k0s")],
    );
    holds(&of("v1.22.2+k0s.0", none), &[("enable-admission-plugins", "[NodeRestriction,PodSecurityPolicy]", "k0s")]);
    holds(&of("v1.24.7+k0s.0", none), &[("tls-min-version", "", "unknown"), ("anonymous-auth", "false", "k0s")]);
    holds(&of("v1.40.0+k0s.0", none), &[("anonymous-auth", "", "unknown")]);
    let external = "        storage:\n          type: etcd\n          etcd:\n            externalCluster: {endpoints: ['https://a:2379'], etcdPrefix: k}\n";
    holds(
        &of("v1.30.1+k0s.0", external),
        &[
            ("etcd-servers", "[https://a:2379]", "made"),
            ("etcd-prefix", "k", "made"),
            ("etcd-cafile", "", "kubernetes"),
        ],
    );
    holds(
        &of("v1.30.1+k0s.0", "        storage: {type: kine, kine: {dataSource: 'mysql://a:hunter2@b/c'}}\n"),
        &[("etcd-servers", "[unix:/run/k0s/kine/kine.sock:2379]", "made")],
    );
    holds(
        &of("v1.26.1+k0s.0", "        storage: {type: kine}\n        api: {extraArgs: {allow-privileged: ''}}\n"),
        &[("etcd-servers", "[unix:///run/k0s/kine/kine.sock:2379]", "made"), ("allow-privileged", "true", "k0s")],
    );
    let by_file = "        api: {extraArgs: {authentication-config: /etc/k0s/authn.yaml}}\n";
    holds(&of("v1.35.1+k0s.0", by_file), &[("anonymous-auth", "false", "k0s")]);
    holds(&of("v1.36.3+k0s.0", by_file), &[("anonymous-auth", "", "unknown")]);
    keeps_none_of("hunter2", "storage: {kine: {dataSource: 'mysql://a:hunter2@b/c'}}");
    // Through Cluster API.
    let control_plane = "apiVersion: controlplane.cluster.x-k8s.io/v1beta1\nkind: K0sControlPlane\nmetadata: {name: p}\nspec:\n  version: v1.30.2+k0s.0\n  k0sConfigSpec:\n    args: [--single]\n    k0s:\n      apiVersion: k0s.k0sproject.io/v1beta1\n      kind: ClusterConfig\n      spec: {api: {extraArgs: {v: '3'}}}\n";
    holds(
        &cluster(control_plane),
        &[("v", "3", "written"), ("etcd-servers", "[unix:/run/k0s/kine/kine.sock:2379]", "k0s")],
    );
}

#[test]
fn only_what_runs_a_control_plane_is_taken() {
    not_ours(&[
        "apiVersion: k0sctl.k0sproject.io/v1beta1\nkind: Cluster\nspec:\n  hosts: [{role: worker}]\n",
        "apiVersion: k0s.k0sproject.io/v1beta2\nkind: ControlNode\n",
        "apiVersion: k0s.k0sproject.io/v1beta1\n",
        "kind: ClusterConfig\n# k0s.k0sproject.io/v1beta1\n",
    ]);
}

const CONFIG: &str = "apiVersion: k0s.k0sproject.io/v1beta1\nkind: ClusterConfig\nspec: {api: {address: 10.0.0.1, extraArgs: {profiling: 'true'}}}\n";

#[test]
fn a_unit_reads_the_configuration_of_its_node() {
    let unit = |words: &str| format!("[Service]\nExecStart=/usr/local/bin/k0s controller {words}\n");
    const AT: &str = "n/etc/systemd/system/k0scontroller.service";
    let node = shared::together(Some("n"), &[("n/etc/k0s/k0s.yaml", CONFIG), (AT, &unit("--single"))]);
    holds(&node, &[("profiling", "true", "written"), ("egress-selector-config-file", "", "kubernetes")]);
    // Without the file nothing of it is known.
    let alone = unit("--config=/etc/other.yaml");
    let cluster = cluster(&alone);
    holds(&cluster, &[("profiling", "", "unknown"), ("anonymous-auth", "", "unknown")]);
    not_ours(&["[Service]\nExecStart=/usr/local/bin/k0s worker --config=/etc/k0s/k0s.yaml\n"]);
}

#[test]
fn compose_holds_a_controller() {
    let text = "services:
  k0s:
    image: docker.io/k0sproject/k0s:v1.30.1-k0s.0
    command: k0s controller --enable-worker
    configs: [{source: a.yaml, target: /etc/k0s/k0s.yaml}]
configs:
  a.yaml:
    content: |
      apiVersion: k0s.k0sproject.io/v1beta1
      kind: ClusterConfig
      spec: {storage: {type: kine}, api: {extraArgs: {profiling: 'true'}}}
";
    let cluster = shared::cluster(text);
    holds(
        &cluster,
        &[
            ("profiling", "true", "written"),
            ("etcd-servers", "[unix:/run/k0s/kine/kine.sock:2379]", "made"),
            ("anonymous-auth", "false", "k0s"),
        ],
    );
    assert_eq!(pointed(text, server(&cluster), "profiling"), "'true'");
    assert_eq!(server(&cluster).component().instance, "k0s");
    let bare = "services:\n  k0s:\n    image: k0sproject/k0s:v1.30.1-k0s.0\n";
    holds(&shared::cluster(bare), &[("profiling", "false", "k0s"), ("anonymous-auth", "false", "k0s")]);
    let hidden = bare.to_owned() + "    volumes: ['./k0s.yaml:/etc/k0s/k0s.yaml']\n";
    holds(&shared::cluster(&hidden), &[("profiling", "", "unknown")]);
    let variable = bare.to_owned()
        + "    command: k0s controller --config=/etc/k0s/config.yaml\n    environment:\n      K0S_CONFIG: |\n        "
        + &CONFIG.trim_end().replace('\n', "\n        ")
        + "\n";
    holds(&shared::cluster(&variable), &[("profiling", "true", "written")]);
    not_ours(&["services:\n  k0s: {image: k0sproject/k0s, command: k0s worker}\n"]);
}

#[test]
fn k0smotron_holds_a_control_plane() {
    let text = "apiVersion: k0smotron.io/v1beta1
kind: Cluster
metadata: {name: c}
spec:
  version: v1.31.2-k0s.0
  service: {type: NodePort, apiPort: 30555}
  k0sConfig:
    apiVersion: k0s.k0sproject.io/v1beta1
    kind: ClusterConfig
    spec: {api: {port: 6443, extraArgs: {profiling: 'true'}}}
";
    let cluster = shared::cluster(text);
    holds(
        &cluster,
        &[
            ("profiling", "true", "written"),
            ("secure-port", "30555", "made"),
            ("etcd-servers", "", "unknown"),
            ("anonymous-auth", "false", "k0s"),
        ],
    );
    assert_eq!(server(&cluster).component().instance, "c");
}
