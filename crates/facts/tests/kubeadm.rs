//! kubeadm's configuration against the manifests that kubeadm renders from it: both must resolve to the same settings.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod shared;

use std::fmt::Write as _;

use model::{Author, Form, Kind, Origin, Reading};
use portcullis_facts::{apiserver::ApiServer, recognise};
use shared::{keeps_none_of, settings};

/// Resolves the one API server that a text declares.
fn server(text: &str) -> ApiServer {
    shared::server(&shared::cluster(text)).clone()
}

fn reading(server: &ApiServer, flag: &str) -> Reading {
    server.component().setting(flag).expect("a flag").in_force().expect("a value").clone()
}

/// What an origin points at in the text.
fn pointed<'a>(text: &'a str, origin: &Origin) -> &'a str {
    &text[origin.location().expect("a place").span.expect("a span").range()]
}

fn manifest(release: &str, words: &[&str]) -> String {
    let mut text = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: kube-apiserver}}\nspec:\n  containers:\n  - image: registry.k8s.io/kube-apiserver:{release}\n    command:\n    - kube-apiserver\n"
    );
    for word in words.iter().flat_map(|block| block.split_whitespace()) {
        writeln!(text, "    - {word}").unwrap();
    }
    text
}

/// In every manifest of kubeadm from 1.8 on.
const ALWAYS: &str = "
    --allow-privileged=true
    --client-ca-file=/etc/kubernetes/pki/ca.crt
    --enable-bootstrap-token-auth=true
    --kubelet-client-certificate=/etc/kubernetes/pki/apiserver-kubelet-client.crt
    --kubelet-client-key=/etc/kubernetes/pki/apiserver-kubelet-client.key
    --kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname
    --proxy-client-cert-file=/etc/kubernetes/pki/front-proxy-client.crt
    --proxy-client-key-file=/etc/kubernetes/pki/front-proxy-client.key
    --requestheader-allowed-names=front-proxy-client
    --requestheader-client-ca-file=/etc/kubernetes/pki/front-proxy-ca.crt
    --requestheader-extra-headers-prefix=X-Remote-Extra-
    --requestheader-group-headers=X-Remote-Group
    --requestheader-username-headers=X-Remote-User
    --service-account-key-file=/etc/kubernetes/pki/sa.pub
    --tls-cert-file=/etc/kubernetes/pki/apiserver.crt
    --tls-private-key-file=/etc/kubernetes/pki/apiserver.key";

/// Of an etcd that kubeadm runs, from 1.10 on.
const ETCD: &str = "
    --etcd-servers=https://127.0.0.1:2379
    --etcd-cafile=/etc/kubernetes/pki/etcd/ca.crt
    --etcd-certfile=/etc/kubernetes/pki/apiserver-etcd-client.crt
    --etcd-keyfile=/etc/kubernetes/pki/apiserver-etcd-client.key";

const TOKENS: &str = "
    --service-account-issuer=https://kubernetes.default.svc.cluster.local
    --service-account-signing-key-file=/etc/kubernetes/pki/sa.key";

#[test]
fn a_configuration_is_the_manifest_that_kubeadm_renders_from_it() {
    let cases: [(&str, &str, &[&str]); 12] = [
        (
            "v1.6.4",
            "apiVersion: kubeadm.k8s.io/v1alpha1\nkind: MasterConfiguration\nkubernetesVersion: v1.6.4\n\
             api: {advertiseAddress: 10.0.0.1}\nauthorizationMode: ABAC\n",
            &[
                "--insecure-port=0 --admission-control=NamespaceLifecycle,LimitRanger,ServiceAccount,PersistentVolumeLabel,DefaultStorageClass,ResourceQuota,DefaultTolerationSeconds
                 --service-cluster-ip-range=10.96.0.0/12 --service-account-key-file=/etc/kubernetes/pki/sa.pub
                 --client-ca-file=/etc/kubernetes/pki/ca.crt --tls-cert-file=/etc/kubernetes/pki/apiserver.crt
                 --tls-private-key-file=/etc/kubernetes/pki/apiserver.key --secure-port=6443 --allow-privileged=true
                 --kubelet-client-certificate=/etc/kubernetes/pki/apiserver-kubelet-client.crt
                 --kubelet-client-key=/etc/kubernetes/pki/apiserver-kubelet-client.key
                 --experimental-bootstrap-token-auth=true --storage-backend=etcd3
                 --kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname
                 --requestheader-username-headers=X-Remote-User --requestheader-group-headers=X-Remote-Group
                 --requestheader-extra-headers-prefix=X-Remote-Extra- --requestheader-allowed-names=front-proxy-client
                 --requestheader-client-ca-file=/etc/kubernetes/pki/front-proxy-ca.crt
                 --authorization-mode=RBAC,ABAC --advertise-address=10.0.0.1 --etcd-servers=http://127.0.0.1:2379",
            ],
        ),
        (
            // What is written of the authorizers in extraArgs loses to what kubeadm adds behind it.
            "v1.9.6",
            "apiVersion: kubeadm.k8s.io/v1alpha1\nkind: MasterConfiguration\nkubernetesVersion: v1.9.6\n\
             api:\n  advertiseAddress: 10.0.0.1\n  bindPort: 8443\nnetworking: {serviceSubnet: 10.20.0.0/16}\n\
             cloudProvider: gce\netcd:\n  endpoints: ['https://10.0.0.2:2379', 'https://10.0.0.3:2379']\n  caFile: /etc/etcd/ca.crt\n\
             apiServerExtraArgs:\n  authorization-mode: AlwaysAllow\n  profiling: 'false'\n\
             featureGates: {HighAvailability: true}\n",
            &[
                ALWAYS,
                "--authorization-mode=AlwaysAllow --authorization-mode=Node,RBAC --profiling=false --secure-port=8443 --insecure-port=0
                 --admission-control=Initializers,NamespaceLifecycle,LimitRanger,ServiceAccount,PersistentVolumeLabel,DefaultStorageClass,DefaultTolerationSeconds,NodeRestriction,ResourceQuota
                 --service-cluster-ip-range=10.20.0.0/16 --advertise-address=10.0.0.1 --etcd-cafile=/etc/etcd/ca.crt
                 --etcd-servers=https://10.0.0.2:2379,https://10.0.0.3:2379 --cloud-provider=gce
                 --endpoint-reconciler-type=lease",
            ],
        ),
        (
            "v1.11.2",
            "apiVersion: kubeadm.k8s.io/v1alpha2\nkind: MasterConfiguration\nkubernetesVersion: v1.11.2\n\
             api: {advertiseAddress: 10.0.0.1}\nfeatureGates: {Auditing: true}\nauditPolicy: {logMaxAge: 7, path: /srv/audit.yaml}\n",
            &[
                ALWAYS,
                ETCD,
                "--authorization-mode=Node,RBAC --secure-port=6443 --insecure-port=0 --enable-admission-plugins=NodeRestriction
                 --disable-admission-plugins=PersistentVolumeLabel --service-cluster-ip-range=10.96.0.0/12
                 --advertise-address=10.0.0.1 --audit-policy-file=/etc/kubernetes/audit/audit.yaml
                 --audit-log-path=/var/log/kubernetes/audit/audit.log --audit-log-maxage=7",
            ],
        ),
        (
            "v1.12.3",
            "apiVersion: kubeadm.k8s.io/v1alpha3\nkind: InitConfiguration\napiEndpoint: {advertiseAddress: 10.0.0.1, bindPort: 443}\n\
             ---\napiVersion: kubeadm.k8s.io/v1alpha3\nkind: ClusterConfiguration\nunifiedControlPlaneImage: k8s.gcr.io/hyperkube:v1.12.3\n\
             apiServerExtraArgs: {profiling: 'false', secure-port: '444'}\nfeatureGates: {DynamicKubeletConfig: true}\n",
            &[
                ALWAYS,
                ETCD,
                "--authorization-mode=Node,RBAC --profiling=false --secure-port=444 --insecure-port=0
                 --enable-admission-plugins=NodeRestriction --feature-gates=DynamicKubeletConfig=true
                 --service-cluster-ip-range=10.96.0.0/12 --advertise-address=10.0.0.1",
            ],
        ),
        (
            "v1.13.4",
            "apiVersion: kubeadm.k8s.io/v1beta1\nkind: InitConfiguration\nlocalAPIEndpoint: {advertiseAddress: 10.0.0.1, bindPort: 6444}\n\
             ---\napiVersion: kubeadm.k8s.io/v1beta1\nkind: ClusterConfiguration\nkubernetesVersion: v1.13.4\n\
             apiServer: {extraArgs: {authorization-mode: 'AlwaysAllow,Webhook', authorization-webhook-config-file: /etc/kubernetes/w.yaml}}\n\
             ---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n",
            &[
                ALWAYS,
                ETCD,
                "--authorization-mode=Node,RBAC,Webhook --authorization-webhook-config-file=/etc/kubernetes/w.yaml
                 --secure-port=6444 --insecure-port=0 --enable-admission-plugins=NodeRestriction
                 --service-cluster-ip-range=10.96.0.0/12 --advertise-address=10.0.0.1",
            ],
        ),
        (
            "v1.19.3",
            "apiVersion: kubeadm.k8s.io/v1beta2\nkind: InitConfiguration\nlocalAPIEndpoint: {advertiseAddress: 'fd00::1'}\n\
             ---\napiVersion: kubeadm.k8s.io/v1beta2\nkind: ClusterConfiguration\nkubernetesVersion: v1.19.3\n\
             featureGates: {IPv6DualStack: true}\nnetworking: {serviceSubnet: 'fd01::/112'}\n\
             apiServer: {extraArgs: {authorization-mode: RBAC, enable-admission-plugins: 'NodeRestriction,PodSecurityPolicy'}}\n",
            &[
                ALWAYS,
                "--etcd-servers=https://[::1]:2379 --etcd-cafile=/etc/kubernetes/pki/etcd/ca.crt
                 --etcd-certfile=/etc/kubernetes/pki/apiserver-etcd-client.crt
                 --etcd-keyfile=/etc/kubernetes/pki/apiserver-etcd-client.key --authorization-mode=RBAC --secure-port=6443
                 --insecure-port=0 --enable-admission-plugins=NodeRestriction,PodSecurityPolicy --feature-gates=IPv6DualStack=true
                 --service-cluster-ip-range=fd01::/112 --advertise-address=fd00::1",
            ],
        ),
        (
            "v1.21.1",
            "apiVersion: kubeadm.k8s.io/v1beta2\nkind: InitConfiguration\nlocalAPIEndpoint: {advertiseAddress: 10.0.0.1}\n\
             ---\napiVersion: kubeadm.k8s.io/v1beta2\nkind: ClusterConfiguration\nkubernetesVersion: v1.21.1\n\
             etcd: {local: {extraArgs: {advertise-client-urls: 'https://10.0.0.9:2379'}}}\n",
            &[
                ALWAYS,
                TOKENS,
                "--authorization-mode=Node,RBAC --secure-port=6443 --insecure-port=0 --enable-admission-plugins=NodeRestriction
                 --service-cluster-ip-range=10.96.0.0/12 --advertise-address=10.0.0.1 --etcd-servers=https://10.0.0.9:2379
                 --etcd-cafile=/etc/kubernetes/pki/etcd/ca.crt --etcd-certfile=/etc/kubernetes/pki/apiserver-etcd-client.crt
                 --etcd-keyfile=/etc/kubernetes/pki/apiserver-etcd-client.key",
            ],
        ),
        (
            "v1.22.2",
            "apiVersion: kubeadm.k8s.io/v1beta3\nkind: InitConfiguration\nlocalAPIEndpoint: {advertiseAddress: 10.0.0.1}\n\
             ---\napiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\nkubernetesVersion: v1.22.2\n\
             etcd:\n  external:\n    endpoints: ['https://10.0.0.2:2379']\n    caFile: /etc/etcd/ca.crt\n    certFile: /etc/etcd/c.crt\n    keyFile: /etc/etcd/c.key\n",
            &[
                ALWAYS,
                TOKENS,
                "--etcd-servers=https://10.0.0.2:2379 --etcd-cafile=/etc/etcd/ca.crt --etcd-certfile=/etc/etcd/c.crt
                 --etcd-keyfile=/etc/etcd/c.key --authorization-mode=Node,RBAC --secure-port=6443
                 --enable-admission-plugins=NodeRestriction --service-cluster-ip-range=10.96.0.0/12 --advertise-address=10.0.0.1",
            ],
        ),
        (
            // A file of authorizers and a flag together stop the server, and kubeadm adds the flag up to 1.29.
            "v1.29.1",
            "apiVersion: kubeadm.k8s.io/v1beta3\nkind: InitConfiguration\nlocalAPIEndpoint: {advertiseAddress: 10.0.0.1}\n\
             ---\napiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\nkubernetesVersion: v1.29.1\n\
             networking: {dnsDomain: example.org}\napiServer: {extraArgs: {authorization-config: /etc/kubernetes/authz.yaml}}\n",
            &[
                ALWAYS,
                ETCD,
                "--service-account-issuer=https://kubernetes.default.svc.example.org
                 --service-account-signing-key-file=/etc/kubernetes/pki/sa.key
                 --authorization-config=/etc/kubernetes/authz.yaml --authorization-mode=Node,RBAC --secure-port=6443
                 --enable-admission-plugins=NodeRestriction --service-cluster-ip-range=10.96.0.0/12 --advertise-address=10.0.0.1",
            ],
        ),
        (
            "v1.28.2",
            "apiVersion: kubeadm.k8s.io/v1beta3\nkind: InitConfiguration\nlocalAPIEndpoint: {advertiseAddress: 10.0.0.1}\n\
             ---\napiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\nkubernetesVersion: v1.28.2\n\
             apiServer:\n  extraArgs:\n    authorization-mode: AlwaysAllow,Nonsense\n    insecure-port: '8080'\n    anonymous-auth: 'false'\n",
            &[
                ALWAYS,
                TOKENS,
                ETCD,
                "--authorization-mode=AlwaysAllow --insecure-port=8080 --anonymous-auth=false --secure-port=6443
                 --enable-admission-plugins=NodeRestriction --service-cluster-ip-range=10.96.0.0/12 --advertise-address=10.0.0.1",
            ],
        ),
        (
            // kubeadm 1.31 sorts the values of one name.
            "v1.31.0",
            "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\nlocalAPIEndpoint: {advertiseAddress: 10.0.0.1}\n\
             ---\napiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.31.0\n\
             apiServer:\n  extraArgs:\n  - {name: audit-log-maxage, value: '7'}\n  - {name: audit-log-maxage, value: '30'}\n\
             \x20 - {name: service-account-issuer, value: 'https://b'}\n  - {name: service-account-issuer, value: 'https://a'}\n",
            &[
                ALWAYS,
                ETCD,
                "--audit-log-maxage=30 --audit-log-maxage=7 --service-account-issuer=https://a --service-account-issuer=https://b
                 --service-account-signing-key-file=/etc/kubernetes/pki/sa.key
                 --authorization-mode=Node,RBAC --secure-port=6443 --enable-admission-plugins=NodeRestriction
                 --service-cluster-ip-range=10.96.0.0/12 --advertise-address=10.0.0.1",
            ],
        ),
        (
            // kubeadm 1.36 leaves them as they are, and adds no authorizers beside a file of them.
            "v1.36.0",
            "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\nlocalAPIEndpoint: {advertiseAddress: 10.0.0.1}\n\
             ---\napiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.36.0\n\
             apiServer:\n  extraArgs:\n  - {name: service-account-issuer, value: 'https://b'}\n  - {name: service-account-issuer, value: 'https://a'}\n\
             \x20 - {name: authorization-config, value: /etc/kubernetes/authz.yaml}\n",
            &[
                ALWAYS,
                ETCD,
                "--service-account-issuer=https://b --service-account-issuer=https://a --authorization-config=/etc/kubernetes/authz.yaml
                 --service-account-signing-key-file=/etc/kubernetes/pki/sa.key --secure-port=6443
                 --enable-admission-plugins=NodeRestriction --service-cluster-ip-range=10.96.0.0/12 --advertise-address=10.0.0.1",
            ],
        ),
    ];
    for (release, configuration, words) in cases {
        let (configured, rendered) = (server(configuration), server(&manifest(release, words)));
        assert_eq!(configured.component().release, rendered.component().release, "{release}");
        for (ours, theirs) in settings(&configured).iter().zip(&settings(&rendered)) {
            assert_eq!(ours, theirs, "{release}");
        }
        // Of a manifest alone nobody knows whether its keys are there; kubeadm makes them.
        assert!(rendered.component().starts != Some(true), "{release}");
        let stopping = |server: &ApiServer| -> Vec<String> {
            let stopping = server.component().problems.iter().filter(|problem| problem.stops);
            stopping.map(|problem| problem.message.clone()).collect()
        };
        assert_eq!(stopping(&configured), stopping(&rendered), "{release}");
    }
}

/// kubeadm never adds what the release refuses, so that a configuration of nothing is one that starts.
#[test]
fn what_kubeadm_adds_is_taken_by_every_release() {
    for minor in 6..=36 {
        let version = match minor {
            6..=11 => "v1alpha1",
            12..=21 => "v1beta1",
            _ => "v1beta3",
        };
        let kind = if minor < 12 { "MasterConfiguration" } else { "ClusterConfiguration" };
        let text = format!("apiVersion: kubeadm.k8s.io/{version}\nkind: {kind}\nkubernetesVersion: stable-1.{minor}\n");
        let server = server(&text);
        assert_eq!(server.component().release.to_string(), format!("1.{minor}"));
        assert_eq!(server.component().problems, [], "1.{minor}");
        assert_eq!(server.component().starts, Some(true), "1.{minor}");
        let modes = reading(&server, "authorization-mode");
        assert_eq!(modes.value, if minor == 6 { "[RBAC]" } else { "[Node,RBAC]" }, "1.{minor}");
    }
}

#[test]
fn a_value_knows_whose_it_is_and_where() {
    let text = "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\nkubernetesVersion: v1.28.2\n\
                certificatesDir: /srv/pki\nnetworking:\n  serviceSubnet: 10.20.0.0/16\napiServer:\n  extraArgs:\n    profiling: \"false\"\n";
    let server = server(text);

    let profiling = reading(&server, "profiling").origin;
    assert!(matches!(&profiling, Origin::Written(site) if site.form == Form::Entry), "{profiling:?}");
    assert_eq!(pointed(text, &profiling), "\"false\"");
    let subnet = reading(&server, "service-cluster-ip-range").origin;
    assert!(matches!(&subnet, Origin::Written(site) if site.form == Form::Field), "{subnet:?}");
    assert_eq!(pointed(text, &subnet), "10.20.0.0/16");
    let certificate = reading(&server, "tls-cert-file");
    assert_eq!(certificate.value, "/srv/pki/apiserver.crt");
    assert!(matches!(&certificate.origin, Origin::Implied { .. }), "{:?}", certificate.origin);
    assert_eq!(pointed(text, &certificate.origin), "/srv/pki");
    let Origin::Default { by: Author::Distribution { name: "kubeadm" }, home: Some(home) } =
        reading(&server, "authorization-mode").origin
    else {
        panic!("kubeadm adds the authorizers")
    };
    assert_eq!((home.form, home.at.pointer.as_str()), (Form::Entries, "/apiServer/extraArgs"));
    assert!(matches!(reading(&server, "v").origin, Origin::Default { by: Author::Upstream { .. }, .. }));
    // What nobody could know before the node does is no default.
    assert!(server.component().setting("advertise-address").unwrap().in_force().is_err());
}

#[test]
fn a_text_inside_a_text_is_placed_in_the_outer_one() {
    for text in [
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kubeadm-config}\ndata:\n  ClusterConfiguration: |\n    apiServer:\n      extraArgs:\n        profiling: \"true\" # why\n    apiVersion: kubeadm.k8s.io/v1beta3\n    kind: ClusterConfiguration\n    kubernetesVersion: v1.28.2\n",
        "{\"kind\": \"ConfigMap\", \"data\": {\"ClusterConfiguration\": \"apiServer:\\n  extraArgs:\\n    profiling: 'true'\\napiVersion: kubeadm.k8s.io/v1beta3\\nkind: ClusterConfiguration\\nkubernetesVersion: v1.28.2\\n\"}}",
    ] {
        let server = server(text);
        let profiling = reading(&server, "profiling");
        assert_eq!(profiling.value, "true");
        assert_eq!(pointed(text, &profiling.origin).trim_matches(['"', '\'']), "true");
        assert_eq!(profiling.origin.location().unwrap().pointer, "/data/ClusterConfiguration");
        // The port belongs to a node and is in no ConfigMap of the cluster.
        assert!(server.component().setting("secure-port").unwrap().in_force().is_err());
    }
}

#[test]
fn what_kubeadm_cannot_read_starts_nothing() {
    for (version, arguments, message) in [
        ("v1beta3", "{profiling: false}", "kubeadm cannot read the file: `profiling` is a boolean, not a string"),
        (
            "v1beta3",
            "{audit-log-maxage: 30}",
            "kubeadm cannot read the file: `audit-log-maxage` is a number, not a string",
        ),
        (
            "v1beta4",
            "{profiling: 'false'}",
            "kubeadm cannot read the file: `extraArgs` is a map, and this version takes a list of names and values",
        ),
        (
            "v1beta2",
            "[{name: profiling, value: 'false'}]",
            "kubeadm cannot read the file: `extraArgs` is a list, and this version takes a map of names and values",
        ),
    ] {
        let text = format!(
            "apiVersion: kubeadm.k8s.io/{version}\nkind: ClusterConfiguration\napiServer: {{extraArgs: {arguments}}}\n"
        );
        let server = server(&text);
        let problem = server.component().problems.iter().find(|problem| problem.stops).expect("it stops");
        assert_eq!(problem.message, message);
        assert_eq!(server.component().starts, Some(false));
        // The rest is read all the same.
        assert!(
            !reading(&server, if arguments.contains("maxage") { "audit-log-maxage" } else { "profiling" })
                .value
                .is_empty()
        );
    }
}

#[test]
fn a_version_of_the_file_that_the_release_does_not_read_is_told() {
    for (version, asked, message) in [
        ("v1beta2", "v1.29.0", Some("after 1.26, and 1.29.0 is asked for")),
        ("v1beta4", "v1.28.0", Some("before 1.30, and 1.28.0 is asked for")),
        ("v1beta3", "v1.29.0", None),
    ] {
        let text =
            format!("apiVersion: kubeadm.k8s.io/{version}\nkind: ClusterConfiguration\nkubernetesVersion: {asked}\n");
        let server = server(&text);
        let told = server.component().problems.iter().map(|problem| problem.message.as_str()).next();
        assert_eq!(told.is_some(), message.is_some(), "{told:?}");
        assert!(told.unwrap_or_default().ends_with(message.unwrap_or_default()), "{told:?}");
    }
}

#[test]
fn a_release_is_as_wide_as_the_version_of_the_file_leaves_it() {
    for (version, asked, release) in [
        ("v1beta3", "v1.28.2", "1.28.2"),
        ("v1beta3", "stable-1.28", "1.28"),
        ("v1beta3", "ci/latest-1.30", "1.30"),
        ("v1beta3", "stable", "1.21 to 1.36"),
        ("v1beta2", "ci/latest", "1.14 to 1.26"),
        ("v1beta1", "", "1.12 to 1.21"),
        ("v1beta4", "latest", "1.30 to 1.36"),
        ("v1beta9", "", "1.5 to 1.36"),
    ] {
        let text = format!(
            "apiVersion: kubeadm.k8s.io/{version}\nkind: ClusterConfiguration\nkubernetesVersion: \"{asked}\"\n"
        );
        assert_eq!(server(&text).component().release.to_string(), release, "{version} {asked}");
    }
}

/// A definition of somebody who hands a configuration to kubeadm, and that configuration.
#[test]
fn what_is_around_a_configuration_is_the_configuration_it_makes() {
    let cases = [
        (
            // Cluster API with the list of v1beta2, the release and the network from outside.
            "apiVersion: cluster.x-k8s.io/v1beta2\nkind: Cluster\nspec:\n  clusterNetwork:\n    services: {cidrBlocks: [10.30.0.0/16, 'fd00::/112']}\n    serviceDomain: a.b\n\
             ---\napiVersion: controlplane.cluster.x-k8s.io/v1beta2\nkind: KubeadmControlPlane\nmetadata: {name: cp}\nspec:\n  version: v1.31.2\n  kubeadmConfigSpec:\n\
             \x20   initConfiguration: {localAPIEndpoint: {advertiseAddress: 10.0.0.1, bindPort: 7443}}\n\
             \x20   clusterConfiguration: {apiServer: {extraArgs: [{name: profiling, value: 'false'}]}}\n",
            "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.31.2\nnetworking: {serviceSubnet: '10.30.0.0/16,fd00::/112', dnsDomain: a.b}\n\
             apiServer: {extraArgs: [{name: profiling, value: 'false'}]}\n\
             ---\napiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\nlocalAPIEndpoint: {advertiseAddress: 10.0.0.1, bindPort: 7443}\n",
        ),
        (
            // Cluster API with the map of v1alpha3, in a list, and the network in both.
            "{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [{\"apiVersion\": \"controlplane.cluster.x-k8s.io/v1alpha3\", \"kind\": \"KubeadmControlPlane\",\
             \"spec\": {\"version\": \"v1.19.8\", \"kubeadmConfigSpec\": {\"clusterConfiguration\": {\"networking\": {\"serviceSubnet\": \"10.1.0.0/16\"}, \"apiServer\": {\"extraArgs\": {\"v\": \"4\"}}}}}},\
             {\"apiVersion\": \"cluster.x-k8s.io/v1alpha3\", \"kind\": \"Cluster\", \"spec\": {\"clusterNetwork\": {\"services\": {\"cidrBlocks\": [\"10.2.0.0/16\"]}}}}]}",
            "apiVersion: kubeadm.k8s.io/v1beta2\nkind: ClusterConfiguration\nkubernetesVersion: v1.19.8\nnetworking: {serviceSubnet: 10.1.0.0/16}\napiServer: {extraArgs: {v: '4'}}\n",
        ),
        (
            // kind: its own fields below the patches of the cluster, those below the patches of the node, JSON patches last.
            "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nname: k\nfeatureGates: {B: true, A: false}\nnetworking: {serviceSubnet: 10.7.0.0/16}\n\
             kubeadmConfigPatches:\n- |\n  kind: ClusterConfiguration\n  apiServer:\n    extraArgs:\n      profiling: 'true'\n      v: '5'\n\
             - |\n  kind: InitConfiguration\n  localAPIEndpoint: {advertiseAddress: 10.0.0.1}\n\
             kubeadmConfigPatchesJSON6902:\n- group: kubeadm.k8s.io\n  version: v1beta3\n  kind: ClusterConfiguration\n  patch: |\n    - {op: add, path: /apiServer/extraArgs/max-requests-inflight, value: '99'}\n    - {op: remove, path: /apiServer/extraArgs/v}\n\
             nodes:\n- role: worker\n- role: control-plane\n  image: kindest/node:v1.29.2@sha256:0\n  kubeadmConfigPatches:\n  - |\n    apiVersion: kubeadm.k8s.io/v1beta3\n    kind: ClusterConfiguration\n    apiServer: {extraArgs: {profiling: 'false'}}\n\
             \x20 - |\n    apiVersion: kubeadm.k8s.io/v1beta2\n    kind: ClusterConfiguration\n    apiServer: {extraArgs: {anonymous-auth: 'false'}}\n",
            "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\nkubernetesVersion: v1.29.2\nnetworking: {serviceSubnet: 10.7.0.0/16}\n\
             apiServer: {extraArgs: {feature-gates: 'A=false,B=true', runtime-config: '', profiling: 'false', max-requests-inflight: '99'}}\n\
             ---\napiVersion: kubeadm.k8s.io/v1beta3\nkind: InitConfiguration\nlocalAPIEndpoint: {advertiseAddress: 10.0.0.1}\n",
        ),
        (
            // kind alone.
            "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnetworking: {ipFamily: ipv6}\nruntimeConfig: {api/all: 'true'}\nnodes: [{image: 'kindest/node:v1.36.0'}]\n",
            "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.36.0\nnetworking: {serviceSubnet: 'fd00:10:96::/112'}\n\
             apiServer: {extraArgs: [{name: runtime-config, value: api/all=true}, {name: etcd-servers, value: 'https://[::1]:2379'}]}\n",
        ),
    ];
    for (definition, configuration) in cases {
        let (defined, configured) = (server(definition), server(configuration));
        assert_eq!(defined.component().release, configured.component().release, "{definition}");
        for (ours, theirs) in settings(&defined).iter().zip(&settings(&configured)) {
            assert_eq!(ours, theirs, "{definition}");
        }
    }
}

#[test]
fn what_others_may_add_is_not_known() {
    for (definition, flag, wanted) in [
        (
            "apiVersion: controlplane.cluster.x-k8s.io/v1beta1\nkind: KubeadmControlPlane\nspec: {version: v1.29.0, kubeadmConfigSpec: {}}\n",
            "service-cluster-ip-range",
            "the Cluster that this control plane belongs to decides it",
        ),
        (
            "apiVersion: controlplane.cluster.x-k8s.io/v1beta1\nkind: KubeadmControlPlane\nspec: {kubeadmConfigSpec: {clusterConfiguration: {}}}\n",
            "authorization-mode",
            "this is a part of a KubeadmControlPlane, and the rest may say more",
        ),
        (
            "apiVersion: controlplane.cluster.x-k8s.io/v1beta1\nkind: KubeadmControlPlaneTemplate\nspec: {template: {spec: {kubeadmConfigSpec: {}}}}\n",
            "anonymous-auth",
            "a ClusterClass may patch this template for each of its clusters",
        ),
        (
            "apiVersion: controlplane.cluster.x-k8s.io/v1beta1\nkind: KubeadmControlPlane\nspec: {version: v1.29.0, kubeadmConfigSpec: {postKubeadmCommands: ['sed -i s/a/b/ /etc/kubernetes/manifests/kube-apiserver.yaml']}}\n",
            "authorization-mode",
            "a command of `postKubeadmCommands` reaches for what kubeadm reads or writes",
        ),
        (
            "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nkubeadmConfigPatchesJSON6902: [{kind: ClusterConfiguration, patch: '[{op: add, path: /featureGates, value: {A: true}}]'}]\n",
            "authorization-mode",
            "a JSON patch changes `/featureGates`, which is not followed",
        ),
        (
            "apiVersion: kubeadm.k8s.io/v1beta3\nkind: InitConfiguration\npatches: {directory: /p}\n",
            "profiling",
            "kubeadm patches the manifest with the files in `/p`",
        ),
    ] {
        let server = server(definition);
        let gap = server.component().setting(flag).unwrap().in_force().expect_err(definition);
        assert_eq!(gap.reason, wanted);
    }
}

#[test]
fn a_document_that_cannot_be_read_hides_what_the_others_leave_open() {
    let init =
        "apiVersion: kubeadm.k8s.io/v1beta3\nkind: InitConfiguration\nlocalAPIEndpoint: {advertiseAddress: 10.0.0.1}\n";
    let cluster = "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\nkubernetesVersion: v1.28.2\napiServer: {extraArgs: {profiling: 'false'}}\n";
    let broken = "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\ncertSANs: [${host}]\n";
    assert_eq!(recognise(format!("{init}---\n{broken}").as_bytes()).kind, Kind::Templated);
    let server = server(&format!("{broken}---\n{init}---\n{cluster}"));
    assert_eq!(reading(&server, "profiling").value, "false");
    assert!(server.component().setting("authorization-mode").unwrap().in_force().is_err());
}

#[test]
fn a_patch_for_another_version_is_passed_over() {
    let text = "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n- image: kindest/node:v1.29.2\nkubeadmConfigPatches:\n- |\n  apiVersion: kubeadm.k8s.io/v1beta2\n  kind: ClusterConfiguration\n  apiServer: {extraArgs: {profiling: 'false'}}\n";
    let server = server(text);
    assert_eq!(reading(&server, "profiling").value, "true");
    let problem = &server.component().problems[0];
    assert!(problem.message.starts_with("kind passes this patch over"), "{}", problem.message);
    assert_eq!(
        &text[problem.location.as_ref().unwrap().span.unwrap().range()].lines().next(),
        &Some("apiVersion: kubeadm.k8s.io/v1beta2")
    );
    // Without an image the patch says which release is meant.
    let unnamed = text.replace("nodes:\n- image: kindest/node:v1.29.2\n", "");
    assert_eq!(self::server(&unnamed).component().release.to_string(), "1.15 to 1.22");
}

#[test]
fn a_file_that_a_definition_brings_along_is_read_in_its_place() {
    let text = "apiVersion: controlplane.cluster.x-k8s.io/v1beta1\nkind: KubeadmControlPlane\nspec:\n  version: v1.32.0\n  kubeadmConfigSpec:\n\
    \x20   clusterConfiguration:\n      apiServer:\n        extraArgs: {authorization-config: /etc/x/authz.yaml, encryption-provider-config: /etc/x/enc.yaml, audit-policy-file: /etc/x/audit.yaml}\n\
    \x20       extraVolumes: [{name: x, hostPath: /srv, mountPath: /etc/x}]\n\
    \x20   files:\n    - path: /srv/authz.yaml\n      content: |\n        ---\n        apiVersion: apiserver.config.k8s.io/v1\n        kind: AuthorizationConfiguration\n        authorizers:\n        - type: RBAC\n          name: rbac\n\
    \x20   - path: /srv/enc.yaml\n      content: |\n        apiVersion: apiserver.config.k8s.io/v1\n        kind: EncryptionConfiguration\n        resources:\n        - resources: [secrets]\n          providers:\n          - aescbc: {keys: [{name: a, secret: QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=}]}\n          - nothing: {}\n\
    \x20   - path: /srv/audit.yaml\n      contentFrom: {secret: {name: s, key: k}}\n";
    // A key in a file in a definition is cut.
    keeps_none_of("QUFB", text);

    let server = server(text);
    let authorizers = server.authorizers().expect("the file says who authorizes");
    assert_eq!(authorizers.modes, ["RBAC"]);
    assert!(pointed(text, &authorizers.origin).contains("RBAC"), "{:?}", authorizers.origin);
    let problem = server.component().problems.iter().find(|problem| problem.stops).expect("no such provider");
    let span = problem.location.as_ref().unwrap().span.unwrap();
    assert!(text[span.range()].contains("nothing"), "{} at {}", problem.message, &text[span.range()]);
    let unseen: Vec<&str> = server.component().unseen.iter().map(|gap| gap.reason.as_str()).collect();
    // The policy, which a Secret holds; keys and certificates are made by kubeadm.
    assert_eq!(unseen, ["it starts only if a file that its flags name can be read, and no root was given"]);
}

#[test]
fn kind_refuses_files_and_passes_patches_over() {
    let of = |more: &str| {
        format!("kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes: [{{image: 'kindest/node:v1.36.0'}}]\n{more}")
    };
    let stops = |text: &str| -> Vec<String> {
        let server = server(text);
        server
            .component()
            .problems
            .iter()
            .filter(|problem| problem.stops)
            .map(|problem| problem.message.clone())
            .collect()
    };
    for (more, wanted) in [
        ("featureGates: {A: 'true'}\n", "the gate `A`"),
        ("runtimeConfig: {api/all: [a]}\n", "`api/all`"),
        ("networking: {ipFamily: IPv4}\n", "`IPv4` is no family"),
        (
            "kubeadmConfigPatches:\n- kind: ClusterConfiguration\n  apiServer: {extraArgs: {profiling: 'false'}}\n",
            "a patch is to be a text",
        ),
    ] {
        let found = stops(&of(more));
        assert!(found.iter().any(|message| message.contains(wanted)), "{more}: {found:?}");
    }
    // Switches are decoded as such, and printed anew.
    let gates = of("featureGates: {ContextualLogging: yes, APIServerTracing: Off}\n");
    assert_eq!(reading(&server(&gates), "feature-gates").value, ":APIServerTracing=false,:ContextualLogging=true");
    // A list is merged name by name, where null takes away; a map beside a version of lists is passed over.
    let merged = of(
        "runtimeConfig: {api/all: 'true'}\nkubeadmConfigPatches:\n- |\n  kind: ClusterConfiguration\n  apiServer:\n    extraArgs:\n    - {name: runtime-config, value: ~}\n    - {name: profiling, value: 'false'}\n",
    );
    assert_eq!(reading(&server(&merged), "runtime-config").value, "");
    assert_eq!(reading(&server(&merged), "profiling").value, "false");
    let map = of(
        "kubeadmConfigPatches:\n- |\n  apiVersion: kubeadm.k8s.io/v1beta4\n  kind: ClusterConfiguration\n  apiServer: {extraArgs: {profiling: 'false'}}\n",
    );
    assert_eq!(reading(&server(&map), "profiling").value, "true");
    assert!(
        server(&map)
            .component()
            .problems
            .iter()
            .any(|problem| !problem.stops && problem.message.contains("passed over"))
    );
}
