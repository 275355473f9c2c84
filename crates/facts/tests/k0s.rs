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

#[test]
fn of_two_ranges_the_family_of_the_server_comes_first() {
    let of = |release: &str, api: &str, family: &str| {
        let spec = format!(
            "        api: {{{api}}}\n        network:\n          serviceCIDR: 10.1.0.0/16\n          dualStack: {{enabled: true, IPv6serviceCIDR: 'fd01::/108'}}\n{family}"
        );
        cluster(&k0sctl("controller", release, &spec))
    };
    let check = |release: &str, api: &str, family: &str, wanted: &str| {
        holds(&of(release, api, family), &[("service-cluster-ip-range", wanted, "made")]);
    };
    let (four, six) = ("10.1.0.0/16,fd01::/108", "fd01::/108,10.1.0.0/16");
    check("v1.30.1+k0s.0", "address: 'fd00::1'", "", six);
    check("v1.30.1+k0s.0", "address: 10.0.0.1, externalAddress: 'fd00::1'", "", four);
    check("v1.34.1+k0s.0", "address: 10.0.0.1, externalAddress: 'fd00::1'", "", six);
    check("v1.34.1+k0s.0", "address: 10.0.0.1, externalAddress: '[fd00::1]:6443'", "", six);
    check("v1.34.1+k0s.0", "address: 'fd00::1', externalAddress: a.example", "", four);
    let named = "          primaryAddressFamily: IPv6\n";
    check("v1.34.1+k0s.0", "address: 10.0.0.1", named, six);
    check("v1.33.1+k0s.0", "address: 10.0.0.1", named, four);
}

#[test]
fn the_command_and_the_network_decide_who_tells_where_the_server_is() {
    let of = |release: &str, words: &str, spec: &str| {
        let text =
            k0sctl("controller", release, spec).replace("    ssh:", &format!("    installFlags: [{words}]\n    ssh:"));
        cluster(&text)
    };
    let external = "        api: {externalAddress: a.example}\n";
    let flag = "endpoint-reconciler-type";
    let check = |release: &str, words: &str, spec: &str, wanted: &str, by: &str| {
        holds(&of(release, words, spec), &[(flag, wanted, by)]);
    };
    check("v1.31.1+k0s.0", "", external, "none", "made");
    check(
        "v1.31.1+k0s.0",
        "'--disable-components=metrics-server,endpoint-reconciler'",
        external,
        "lease",
        "kubernetes",
    );
    check("v1.25.2+k0s.0", "'--disable-components=endpoint-reconciler'", external, "none", "made");
    let balanced = format!("{external}        network: {{controlPlaneLoadBalancing: {{enabled: true}}}}\n");
    check("v1.31.1+k0s.0", "", &balanced, "none", "made");
    check("v1.32.1+k0s.0", "", &balanced, "lease", "kubernetes");
    let tunnelled = "        api: {tunneledNetworkingMode: true}\n";
    check("v1.27.1+k0s.0", "", tunnelled, "none", "made");
    check("v1.28.2+k0s.0", "", tunnelled, "lease", "kubernetes");
}

#[test]
fn watches_end_two_seconds_before_the_server_is_stopped() {
    let flag = "shutdown-watch-termination-grace-period";
    let of = |words: &str, spec: &str| {
        let text = k0sctl("controller", "v1.36.1+k0s.0", spec);
        cluster(&text.replace("    ssh:", &format!("    installFlags: [{words}]\n    ssh:")))
    };
    let none = "        telemetry: {enabled: false}\n";
    holds(&of("", none), &[(flag, "18s", "k0s")]);
    holds(&of("--api-server-stop-timeout=45s", none), &[(flag, "43s", "k0s")]);
    holds(&of("'--api-server-stop-timeout 90s'", none), &[(flag, "1m28s", "k0s")]);
    holds(&of("", "        api: {extraArgs: {request-timeout: 7s}}\n"), &[(flag, "7s", "k0s")]);
    holds(&of("", "        api: {extraArgs: {request-timeout: 1s}}\n"), &[(flag, "3s", "k0s")]);
    let written = format!("        api: {{extraArgs: {{{flag}: 5s}}}}\n");
    holds(&of("", &written), &[(flag, "5s", "written")]);
    let alone = "apiVersion: k0s.k0sproject.io/v1beta1\nkind: ClusterConfig\nspec: {telemetry: {enabled: false}}\n";
    holds(&shared::cluster_of(alone, Some("1.36.1")), &[(flag, "", "unknown")]);
}

#[test]
fn a_server_that_listens_at_its_own_address_alone_has_one() {
    let only = "        api: {onlyBindToAddress: true}\n";
    let one = k0sctl("controller", "v1.31.1+k0s.0", only);
    holds(&cluster(&one), &[("bind-address", "10.0.0.1", "made"), ("advertise-address", "10.0.0.1", "made")]);
    let private = one.replace("    ssh:", "    privateAddress: 10.9.0.1\n    ssh:");
    holds(&cluster(&private), &[("bind-address", "10.9.0.1", "made")]);
    let two = one.replace("  k0s:\n", "  - role: controller\n    ssh: {address: 10.0.0.2}\n  k0s:\n");
    holds(&cluster(&two), &[("bind-address", "", "unknown")]);
    let alone = "apiVersion: k0s.k0sproject.io/v1beta1\nkind: ClusterConfig\nspec: {api: {onlyBindToAddress: true}}\n";
    holds(&shared::cluster_of(alone, Some("1.31.1")), &[("bind-address", "", "unknown")]);
    // Storage of which no type is told is an etcd, also for a single controller.
    let single = k0sctl("single", "v1.31.1+k0s.0", "        storage: {etcd: {peerAddress: 10.0.0.1}}\n");
    holds(&cluster(&single), &[("etcd-servers", "[https://127.0.0.1:2379]", "k0s")]);
}

#[test]
fn a_configuration_that_k0s_refuses_starts_nothing() {
    let of = |spec: &str| -> Vec<String> {
        let cluster = cluster(&k0sctl("controller", "v1.34.1+k0s.0", spec));
        let problems = &server(&cluster).component().problems;
        problems.iter().filter(|problem| problem.stops).map(|problem| problem.message.clone()).collect()
    };
    for (spec, wanted) in [
        ("        api: {extraArgs: {anonymous-auth: false}}\n", "`anonymous-auth` is no text"),
        ("        api: {extraArgs: {audit-log-maxage: 30}}\n", "`audit-log-maxage` is no text"),
        ("        api: {extraArgs: {enable-admission-plugins: [A]}}\n", "`enable-admission-plugins` is no text"),
        ("        api: {port: '6443'}\n", "`api.port`"),
        ("        api: {address: 0.0.0.0}\n", "`api.address`"),
        ("        api: {address: node1}\n", "`api.address`"),
        ("        network: {dualStack: {enabled: 'true'}}\n", "`network.dualStack.enabled`"),
        ("        storage: {type: sqlite}\n", "`storage.type`"),
        ("        storage: {etcd: {externalCluster: {endpoints: [a]}}}\n", "no `etcdPrefix`"),
        ("        storage: {etcd: {externalCluster: {endpoints: [a], etcdPrefix: k, caFile: /a}}}\n", "files for TLS"),
    ] {
        let found = of(spec);
        assert!(found.iter().any(|message| message.contains(wanted)), "{spec}: {found:?}");
    }
    let fine = "        api: {address: 10.0.0.1, port: 6443, extraArgs: {anonymous-auth: 'false', v: '2', event-ttl: 2h, audit-log-path: ~}}\n";
    assert_eq!(of(fine), Vec::<String>::new());
}
