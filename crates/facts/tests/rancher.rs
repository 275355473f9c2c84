//! Files of settings of k3s and RKE2 against the command lines that both make of them.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod shared;

use model::{Body, Evidence, Gap, GapKind};
use portcullis_facts::{
    Gathered, Options,
    configuration::{ConfigFile, FileKind, audit_policy::Level},
    resolve,
};
use shared::{
    cluster, cluster_of, evidence, holds, keeps_none_of, not_ours, pointed, reading, renders, server, set, together,
};

/// What both are given from 1.28 on, with their folder as `DATA`.
const ALWAYS: &str = "
    --allow-privileged=true --cert-dir=DATA/server/tls/temporary-certs --client-ca-file=DATA/server/tls/client-ca.crt
    --enable-aggregator-routing=true --egress-selector-config-file=DATA/server/etc/egress-selector-config.yaml
    --enable-bootstrap-token-auth=true --kubelet-certificate-authority=DATA/server/tls/server-ca.crt
    --kubelet-client-certificate=DATA/server/tls/client-kube-apiserver.crt
    --kubelet-client-key=DATA/server/tls/client-kube-apiserver.key
    --kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname --profiling=false
    --proxy-client-cert-file=DATA/server/tls/client-auth-proxy.crt --proxy-client-key-file=DATA/server/tls/client-auth-proxy.key
    --requestheader-allowed-names=system:auth-proxy --requestheader-client-ca-file=DATA/server/tls/request-header-ca.crt
    --requestheader-extra-headers-prefix=X-Remote-Extra- --requestheader-group-headers=X-Remote-Group
    --requestheader-username-headers=X-Remote-User --service-account-key-file=DATA/server/tls/service.key
    --service-account-signing-key-file=DATA/server/tls/service.current.key --service-node-port-range=30000-32767
    --storage-backend=etcd3 --tls-cert-file=DATA/server/tls/serving-kube-apiserver.crt
    --tls-private-key-file=DATA/server/tls/serving-kube-apiserver.key
    --tls-cipher-suites=TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305";

const ETCD: &str = "
    --etcd-servers=https://127.0.0.1:2379 --etcd-cafile=DATA/server/tls/etcd/server-ca.crt
    --etcd-certfile=DATA/server/tls/etcd/client.crt --etcd-keyfile=DATA/server/tls/etcd/client.key";

const ENCRYPTION: &str = "--encryption-provider-config=DATA/server/cred/encryption-config.json
    --encryption-provider-config-automatic-reload=true";

const DEFAULTS: &str = "--authorization-mode=Node,RBAC --anonymous-auth=false --service-cluster-ip-range=10.43.0.0/16";

/// A definition that is read as one of the given release.
fn of(release: &str, text: &str) -> portcullis_facts::Cluster {
    cluster_of(text, Some(release))
}

fn below(data: &str, blocks: &[&str]) -> Vec<String> {
    blocks.iter().map(|block| block.replace("DATA", data)).collect()
}

#[test]
fn settings_are_the_command_line_that_is_made_of_them() {
    let check = |release: &str, text: &str, data: &str, blocks: &[&str]| {
        let words = below(data, blocks);
        renders(&of(release, text), release, &words.iter().map(String::as_str).collect::<Vec<_>>());
    };
    let k3s = "/var/lib/rancher/k3s";
    let issuer = "--service-account-issuer=https://kubernetes.default.svc.cluster.local";
    check(
        "v1.31.4",
        "cluster-init: true\ntls-san: [a]\nsecrets-encryption: true\n",
        k3s,
        &[
            ALWAYS, ETCD, ENCRYPTION, DEFAULTS, issuer,
            "--api-audiences=https://kubernetes.default.svc.cluster.local,k3s --bind-address=127.0.0.1 --secure-port=6444
             --enable-admission-plugins=NodeRestriction",
        ],
    );
    check(
        "v1.29.1",
        "data-dir: /k\nflannel-backend: none\nhttps-listen-port: 443\ncluster-domain: a.b\nservice-cidr: [10.9.0.0/16, 'fd00::/108']\n\
         node-ip: 10.0.0.4,fd00::4\ndatastore-endpoint: https://a:2379,https://b:2379\ndatastore-cafile: /ca\negress-selector-mode: disabled\n\
         kube-apiserver-arg:\n- enable-admission-plugins=PodNodeSelector\n- --audit-log-path=/a\n- feature-gates+=A=true\n- enable-aggregator-routing\n",
        "/k",
        &[
            &ALWAYS
                .replace("--enable-aggregator-routing=true --egress-selector-config-file=DATA/server/etc/egress-selector-config.yaml", ""),
            "--authorization-mode=Node,RBAC --anonymous-auth=false --service-cluster-ip-range=10.9.0.0/16,fd00::/108
             --service-account-issuer=https://kubernetes.default.svc.a.b --api-audiences=https://kubernetes.default.svc.a.b,k3s
             --bind-address=127.0.0.1 --secure-port=444 --advertise-address=10.0.0.4 --etcd-servers=https://a:2379,https://b:2379
             --etcd-cafile=/ca --enable-admission-plugins=PodNodeSelector --audit-log-path=/a --feature-gates=A=true
             --enable-aggregator-routing=true",
        ],
    );
    let rke2 = "/var/lib/rancher/rke2";
    let of_rke2 =
        "--api-audiences=https://kubernetes.default.svc.cluster.local,rke2 --bind-address=0.0.0.0 --secure-port=6443
        --admission-control-config-file=/etc/rancher/rke2/rke2-pss.yaml";
    check(
        "v1.28.9",
        "cni: cilium\ntls-san: [a]\n",
        rke2,
        &[ALWAYS, ETCD, ENCRYPTION, DEFAULTS, issuer, of_rke2, "--enable-admission-plugins=NodeRestriction"],
    );
    // A profile brings an audit log; what somebody writes of it wins, and plug-ins add up.
    check(
        "v1.28.9",
        "profile: cis-1.23\ntls-san: [a]\nkube-apiserver-arg: [audit-log-maxage=7, enable-admission-plugins=AlwaysPullImages]\n",
        rke2,
        &[
            ALWAYS, ETCD, ENCRYPTION, DEFAULTS, issuer, of_rke2,
            "--enable-admission-plugins=NodeRestriction --enable-admission-plugins=AlwaysPullImages --audit-log-maxage=7
             --audit-policy-file=/etc/rancher/rke2/audit-policy.yaml --audit-log-path=/var/lib/rancher/rke2/server/logs/audit.log
             --audit-log-maxbackup=10 --audit-log-maxsize=100",
        ],
    );
}

#[test]
fn each_value_tells_its_layer_and_its_place() {
    let text = "tls-san:\n  - a\nsecrets-encryption: true\ncluster-init: true\nkube-apiserver-arg:\n  - anonymous-auth=true # why\n";
    let cluster = of("1.30.2", text);
    assert_eq!(cluster.distribution, Some("k3s"));
    holds(
        &cluster,
        &[
            ("anonymous-auth", "true", "written"),
            ("profiling", "false", "k3s"),
            ("encryption-provider-config", "/var/lib/rancher/k3s/server/cred/encryption-config.json", "made"),
            ("max-requests-inflight", "400", "kubernetes"),
        ],
    );
    let server = server(&cluster);
    assert_eq!(pointed(text, server, "anonymous-auth"), "anonymous-auth=true");
    assert_eq!(pointed(text, server, "encryption-provider-config"), "true");
    // A default would be written in the list of arguments.
    let home = reading(server, "profiling").unwrap().origin.location().unwrap().pointer.clone();
    assert_eq!(home, "/kube-apiserver-arg");
}

#[test]
fn a_file_that_somebody_names_takes_the_place_of_a_flag() {
    let text = |file: &str| format!("tls-san: [a]\ncluster-init: true\nkube-apiserver-arg: ['{file}=/a']\n");
    let issuer = "--service-account-issuer=https://kubernetes.default.svc.cluster.local --bind-address=127.0.0.1 --secure-port=6444
        --api-audiences=https://kubernetes.default.svc.cluster.local,k3s --enable-admission-plugins=NodeRestriction
        --service-cluster-ip-range=10.43.0.0/16";
    let check = |release: &str, file: &str, more: &str| {
        let words = below("/var/lib/rancher/k3s", &[ALWAYS, ETCD, issuer, more]);
        renders(&of(release, &text(file)), release, &words.iter().map(String::as_str).collect::<Vec<_>>());
    };
    check("1.35.1", "authentication-config", "--authorization-mode=Node,RBAC --authentication-config=/a");
    check("1.35.1", "authorization-config", "--anonymous-auth=false --authorization-config=/a");
    check(
        "1.29.1",
        "authorization-config",
        "--authorization-mode=Node,RBAC --anonymous-auth=false --authorization-config=/a",
    );
    holds(&of("1.31.1", &text("authentication-config")), &[("anonymous-auth", "", "unknown")]);
}

#[test]
fn what_nothing_tells_is_a_gap() {
    // Whose file it is; which release; whether SQLite or an etcd keeps the data; what a patch changed.
    let either = of("1.30.2", "write-kubeconfig-mode: '0644'\ntls-san: [a]\n");
    // What one of both gave in releases that have ended stops neither in later ones.
    let stops: Vec<_> = server(&either).component().problems.iter().filter(|problem| problem.stops).collect();
    assert!(stops.is_empty(), "{stops:?}");
    assert_eq!(either.distribution, Some("k3s or RKE2"));
    holds(
        &either,
        &[
            ("anonymous-auth", "false", "k3s or RKE2"),
            ("bind-address", "", "unknown"),
            ("encryption-provider-config", "", "unknown"),
            ("etcd-servers", "", "unknown"),
            ("v", "0", "kubernetes"),
        ],
    );
    let k3s = of("1.25.3", "disable: [traefik]\ntls-san: [a]\n");
    holds(
        &k3s,
        &[("etcd-servers", "", "unknown"), ("tls-cipher-suites", "", "unknown"), ("secure-port", "6444", "k3s")],
    );
    holds(&cluster("cni: canal\ntls-san: [a]\n"), &[("profiling", "false", "RKE2"), ("insecure-port", "", "unknown")]);
    let templated = of("1.30.2", "cni: canal\ntls-san: [a]\nkube-apiserver-arg: ['oidc-issuer-url=<issuer>']\n");
    holds(&templated, &[("oidc-issuer-url", "", "unknown")]);
    let plugins = "profile: cis\ntls-san: [a]\nkube-apiserver-arg: [v=2, v=3]\n";
    assert_eq!(set(server(&of("1.30.1", plugins)), "v"), ("3".to_owned(), "written"));
    assert_eq!(set(server(&of("1.30.1", plugins)), "service-account-extend-token-expiration").1, "unknown");
    // Newer than anybody knows here.
    holds(&of("1.40.0", "cni: canal\ntls-san: [a]\n"), &[("anonymous-auth", "", "unknown")]);
}

#[test]
fn drop_ins_replace_and_add() {
    let main = "cluster-init: true\ntls-san: [a]\nkube-apiserver-arg: [v=1, profiling=true]\n";
    let replaces = "kube-apiserver-arg:\n- v=4\n";
    let adds = "kube-apiserver-arg+:\n- anonymous-auth=true\n";
    let path = |name: &str| format!("/n/etc/rancher/k3s/config.yaml{name}");
    let (base, ten, twenty) = (path(""), path(".d/10.yaml"), path(".d/20.yml"));
    let cluster = together(Some("/n"), &[(&base, main), (&ten, replaces), (&twenty, adds)]);
    holds(&cluster, &[("v", "4", "written"), ("profiling", "false", "k3s"), ("anonymous-auth", "true", "written")]);
    let at = reading(server(&cluster), "anonymous-auth").unwrap().origin.location().unwrap().evidence.clone();
    assert_eq!(at.as_str(), twenty);
    // One that does not parse may say anything.
    let cluster = together(Some("/n"), &[(&base, main), (&ten, "a: [\n")]);
    holds(&cluster, &[("v", "", "unknown"), ("anonymous-auth", "", "unknown")]);
    // Without a file of its own the first drop-in stands for all.
    let cluster = together(Some("/n"), &[(&ten, replaces), (&twenty, adds)]);
    holds(&cluster, &[("v", "4", "written"), ("anonymous-auth", "true", "written")]);
}

#[test]
fn a_server_is_told_from_an_agent_and_from_everything_else() {
    for text in [
        "write-kubeconfig-mode: '0666'\n",
        "disable:\n  - servicelb\ndisable-cloud-controller: true\n",
        "token: a\nserver: https://a:9345\ntls-san: [b]\n",
        "kube-apiserver-arg+: ['v=2']\n",
        "{\"tls-san\": [\"a\"], \"token\": \"b\"}",
    ] {
        assert_eq!(cluster(text).apiservers.len(), 1, "{text}");
    }
    not_ours(&[
        // Agents, or what may be one.
        "token: a\nserver: https://a:6443\n",
        "server: https://a:9345\ntoken: a\nprofile: cis\nprotect-kernel-defaults: true\nnode-label: [a=b]\nkubelet-arg: [v=2]\n",
        "node-ip: 10.0.0.1\nselinux: true\n",
        // Servers without an API server, and files of others.
        "tls-san: [a]\ndisable-apiserver: true\n",
        "disable: true\n",
        "disable: [traefik]\nother: 1\nmore: 2\nthings: 3\n",
        "apiVersion: v1\nkind: ConfigMap\ntls-san: [a]\n",
        "cluster-cidr: {a: b}\n",
        "values:\n  tls-san: [a]\n",
        "- tls-san: [a]\n",
    ]);
}

#[test]
fn no_secret_of_a_server_is_kept() {
    for text in [
        "token: hunter2\ntls-san: [a]\n",
        "agent-token: hunter2\n",
        "datastore-endpoint: 'mysql://root:hunter2@tcp(db:3306)/k3s'\n",
        "etcd-s3-secret-key: hunter2\netcd-s3-access-key: hunter2\n",
        "vpn-auth: 'name=tailscale,joinKey=hunter2'\n",
        "kube-apiserver-arg: ['--etcd-password=hunter2']\n",
    ] {
        keeps_none_of("hunter2", text);
    }
}

#[test]
fn a_unit_is_read_with_the_file_that_its_server_reads() {
    let unit = "[Service]\nEnvironment=K3S_DATASTORE_ENDPOINT=https://e:2379\nExecStart=/usr/local/bin/k3s --debug server \\\n  --kube-apiserver-arg=v=4 \\\n  --kube-apiserver-arg anonymous-auth=true --secrets-encryption --https-listen-port 7443\n";
    let config = "kube-apiserver-arg: [v=2, profiling=true]\ntls-san: [a]\nhttps-listen-port: 6443\n";
    let (service, file) = ("/n/etc/systemd/system/k3s.service", "/n/etc/rancher/k3s/config.yaml");
    let cluster = together(Some("/n"), &[(service, unit), (file, config)]);
    assert_eq!(cluster.distribution, Some("k3s"));
    holds(
        &cluster,
        &[
            ("v", "4", "written"),
            ("profiling", "true", "written"),
            ("anonymous-auth", "true", "written"),
            ("secure-port", "7444", "made"),
            ("etcd-servers", "[https://e:2379]", "made"),
            ("encryption-provider-config", "/var/lib/rancher/k3s/server/cred/encryption-config.json", "made"),
            ("allow-privileged", "true", "k3s"),
        ],
    );
    assert_eq!(pointed(unit, server(&cluster), "anonymous-auth"), "anonymous-auth=true");
    // A unit that nobody could read may say otherwise than the file.
    let unread = Gap {
        kind: GapKind::Unread,
        reason: "permission denied".to_owned(),
        wanted: service.to_owned(),
        who_could_answer: "root".to_owned(),
    };
    let pieces = vec![evidence(file, config), Evidence { body: Body::Unread(unread), ..evidence(service, "") }];
    let gathered = Gathered { root: Some("/n".to_owned()), ..Gathered::of("a", pieces) };
    let hidden = resolve(gathered, &Options::default());
    holds(&hidden, &[("profiling", "", "unknown"), ("anonymous-auth", "", "unknown"), ("secure-port", "", "unknown")]);
    // Keys and certificates that are not there yet are made when it starts.
    assert_ne!(server(&cluster).component().starts, Some(false));
    // Without the node nobody knows what its file says, and only the command itself is known.
    let alone = together(None, &[("k3s.service", unit)]);
    holds(&alone, &[("v", "4", "written"), ("profiling", "", "unknown"), ("secure-port", "", "unknown")]);
    not_ours(&[
        "[Service]\nExecStart=/usr/local/bin/k3s agent --server https://a\n",
        "[Service]\nExecStart=/usr/local/bin/rke2-server-start server\n",
        "[Service]\nExecStart=/bin/echo k3s server\n",
    ]);
    for line in
        ["--token hunter2", "--token=hunter2", "--etcd-s3-secret-key hunter2", "--vpn-auth=name=a,joinKey=hunter2"]
    {
        keeps_none_of("hunter2", &format!("[Service]\nExecStart=/usr/local/bin/k3s server {line} --v 2\n"));
    }
    keeps_none_of("hunter2", "[Service]\nEnvironment=K3S_TOKEN=hunter2\nExecStart=/usr/local/bin/k3s server\n");
}

/// Each flag with its values in the order in which they are given, of a server with these settings.
fn given(release: &str, text: &str, wanted: &[(&str, &str, &str)]) {
    holds(&of(release, text), wanted);
}

#[test]
fn values_are_what_go_prints_of_them() {
    let file = "/var/lib/rancher/k3s/server/cred/encryption-config.json";
    for on in ["true", "yes", "on", "Yes", "ON", "'1'", "t"] {
        let text = format!("cluster-init: true\nsecrets-encryption: {on}\n");
        given("1.31.4", &text, &[("encryption-provider-config", file, "made")]);
    }
    for off in ["false", "no", "Off", "0"] {
        let text = format!("cluster-init: true\nsecrets-encryption: {off}\n");
        given("1.31.4", &text, &[("encryption-provider-config", "", "kubernetes")]);
    }
    // An item that is no text is no argument that any server takes.
    let cluster = of("1.31.4", "cluster-init: true\nkube-apiserver-arg:\n- audit-log-path: /a\n");
    let problems = &server(&cluster).component().problems;
    assert!(
        problems.iter().any(|problem| problem.stops && problem.message.contains("[{audit-log-path /a}]")),
        "{problems:?}"
    );
}

#[test]
fn what_is_added_stays_where_the_first_that_is_written_adds_to_it() {
    let plugins = |product: &str, arguments: &str, wanted: &str| {
        let text = format!("{product}\ntls-san: [a]\nkube-apiserver-arg: [{arguments}]\n");
        assert_eq!(set(server(&of("1.31.4", &text)), "enable-admission-plugins").0, wanted, "{arguments}");
    };
    let name = "enable-admission-plugins";
    let k3s = |arguments: &str, wanted: &str| plugins("cluster-init: true", arguments, wanted);
    k3s(&format!("{name}=A, {name}+=B"), "[A,B]");
    k3s(&format!("{name}+=B, {name}=A"), "[NodeRestriction,B,A]");
    k3s(&format!("{name}-=B, {name}-=A"), "[A,B,NodeRestriction]");
    k3s(&format!("{name}=A, {name}-=B"), "[B,A]");
    let rke2 = |arguments: &str, wanted: &str| plugins("cni: canal", arguments, wanted);
    rke2(&format!("{name}=A, {name}+=B"), "[NodeRestriction,A,B]");
    rke2(&format!("{name}-=B, {name}=A"), "[B,NodeRestriction,A]");
    // RKE2 once put its own before what others write.
    let types = "cni: canal\ntls-san: [a]\nkube-apiserver-arg: [kubelet-preferred-address-types=Hostname]\n";
    let flag = "kubelet-preferred-address-types";
    given("1.22.4", types, &[(flag, "[InternalIP,ExternalIP,Hostname,Hostname]", "written")]);
    given("1.23.4", types, &[(flag, "", "unknown")]);
    given("1.24.4", types, &[(flag, "[Hostname]", "written")]);
}

#[test]
fn addresses_are_of_the_family_that_comes_first() {
    let k3s = |more: &str| format!("cluster-init: true\n{more}");
    let bound = |release: &str, more: &str, address: &str, by: &str| {
        given(release, &k3s(more), &[("bind-address", address, by)])
    };
    bound("1.31.4", "service-cidr: 'fd00:43::/112,10.43.0.0/16'\n", "::1", "k3s");
    bound("1.26.4", "service-cidr: 'fd00:43::/112,10.43.0.0/16'\n", "", "unknown");
    bound("1.31.4", "service-cidr: '10.43.0.0/16,fd00:43::/112'\nnode-ip: fd00::4\n", "127.0.0.1", "k3s");
    bound("1.26.4", "node-ip: fd00::4\n", "::1", "k3s");
    bound("1.31.4", "node-ip: 'fd00::4,10.0.0.4'\n", "::1", "k3s");
    let mixed = k3s("node-ip: 'fd00::4,10.0.0.4'\n");
    given(
        "1.31.4",
        &mixed,
        &[("service-cluster-ip-range", "fd00:43::/112", "k3s"), ("advertise-address", "fd00::4", "made")],
    );
    let masked =
        k3s("service-cidr: [10.9.8.7/16, 'fd00::1/108']\nnode-external-ip: [nonsense, 1.2.3.4]\nnode-ip: 10.0.0.4\n");
    given(
        "1.31.4",
        &masked,
        &[("service-cluster-ip-range", "10.9.0.0/16,fd00::/108", "made"), ("advertise-address", "1.2.3.4", "made")],
    );
    given("1.31.4", &k3s("flannel-iface: eth1\n"), &[("advertise-address", "", "unknown")]);
    given("1.31.4", &k3s("flannel-iface: eth1\nnode-ip: 10.0.0.4\n"), &[("advertise-address", "10.0.0.4", "made")]);
}

#[test]
fn settings_that_end_the_program_are_problems() {
    let stops = |text: &str| -> Vec<String> {
        let cluster = of("1.31.4", text);
        let problems = &server(&cluster).component().problems;
        problems.iter().filter(|problem| problem.stops).map(|problem| problem.message.clone()).collect()
    };
    for (text, wanted) in [
        ("cluster-init: true\nsecrets-encryption: enabled\n", "`secrets-encryption`"),
        ("cluster-init: true\nsecrets-encryption:\n", "`secrets-encryption`"),
        ("cluster-init: true\nhttps-listen-port: https\n", "`https-listen-port`"),
        ("cluster-init: true\ncluster-cidr: [10.43.0.0/16, 10.43.0.0]\n", "`cluster-cidr`"),
        ("cluster-init: true\nservice-cidr: 10.43.0.0\n", "`--service-cluster-ip-range`"),
        ("cluster-init: true\nservice-node-port-range: 32767-30000\n", "`--service-node-port-range`"),
        ("cluster-init: true\negress-selector-mode: none\n", "`egress-selector-mode`"),
        ("disable-etcd: true\nflannel-backend: none\n", "`disable-etcd`"),
        ("cni: canal\ntls-san: [a]\nprofile: cis-1.8\n", "`profile`"),
        ("cni: canal\ntls-san: [a]\nprofile: cis\nprotect-kernel-defaults: false\n", "`protect-kernel-defaults`"),
        ("cni: canal\ntls-san: [a]\ncloud-provider-config: /a\n", "`cloud-provider-config`"),
    ] {
        let found = stops(text);
        assert!(found.len() == 1 && found[0].contains(wanted), "{text}: {found:?}");
    }
    for text in [
        "cluster-init: true\nsecrets-encryption: on\nhttps-listen-port: 0x192b\nservice-node-port-range: 30000+100\n",
        "disable-etcd: true\nserver: https://a:6443\nflannel-backend: none\n",
        // RKE2 passes over what only k3s has.
        "cni: canal\ntls-san: [a]\nflannel-ipv6-masq: maybe\nhttps-listen-port: https\nprofile: etcd\n",
    ] {
        assert_eq!(stops(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn rke2_takes_its_own_settings_from_its_environment() {
    let unit = "[Service]\nEnvironment=RKE2_CIS_PROFILE=cis RKE2_AUDIT_POLICY_FILE=/a RKE2_POD_SECURITY_ADMISSION_CONFIG_FILE=/b\n\
                Environment=RKE2_KUBE_APISERVER_IMAGE=rancher/hardened-kubernetes:v1.35.2-rke2r1-build20260201\n\
                ExecStart=/usr/local/bin/rke2 server\n";
    let files =
        [("/n/usr/lib/systemd/system/rke2-server.service", unit), ("/n/etc/rancher/rke2/config.yaml", "cni: canal\n")];
    holds(
        &together(Some("/n"), &files),
        &[
            ("audit-policy-file", "/a", "made"),
            ("audit-log-maxage", "30", "made"),
            ("admission-control-config-file", "/b", "made"),
            ("service-account-extend-token-expiration", "false", "RKE2"),
        ],
    );
    // A profile of etcd alone changes nothing of the API server.
    holds(
        &of("1.35.1", "cni: canal\ntls-san: [a]\nprofile: etcd\n"),
        &[("audit-policy-file", "", "kubernetes"), ("service-account-extend-token-expiration", "true", "kubernetes")],
    );
    let aws = "cni: canal\ntls-san: [a]\ncloud-provider-name: aws\n";
    holds(&of("1.28.1", aws), &[("cloud-provider", "aws", "made")]);
    holds(&of("1.30.1", aws), &[("cloud-provider", "", "unknown")]);
    holds(&of("1.32.1", aws), &[("cloud-provider", "", "kubernetes")]);
}

#[test]
fn rke2_writes_a_policy_that_records_nothing_where_none_is() {
    let config = "cni: canal\naudit-policy-file: /etc/p.yaml\n";
    let of = |policy: Option<&str>| {
        let body = policy.map_or(Body::Missing, |text| Body::Text(text.into()));
        let piece = Evidence { kind: model::Kind::ConfigFile, body, ..evidence("/n/etc/p.yaml", "") };
        let pieces = vec![evidence("/n/etc/rancher/rke2/config.yaml", config), piece];
        let gathered = Gathered { root: Some("/n".to_owned()), ..Gathered::of("a", pieces) };
        resolve(gathered, &Options { version: Some("1.30.1".parse().unwrap()), ..Options::default() })
    };
    let levels = |cluster: &portcullis_facts::Cluster| -> Vec<Level> {
        let taken = server(cluster).file(FileKind::AuditPolicy).expect("read").expect("named");
        let (_, ConfigFile::AuditPolicy(policy)) = taken.read.first().map(|(minors, file)| (minors, &**file)).unwrap()
        else {
            panic!("a policy")
        };
        policy.rules.iter().filter_map(|rule| rule.level.as_ref().map(|level| level.value)).collect()
    };
    let missing = of(None);
    assert_ne!(server(&missing).component().starts, Some(false), "{:?}", server(&missing).component().problems);
    assert_eq!(levels(&missing), [Level::None]);
    let there = of(Some("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}, {level: Request}]\n"));
    assert_eq!(levels(&there), [Level::Metadata, Level::Request]);
}
