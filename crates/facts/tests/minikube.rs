//! Profiles of minikube against the manifests that kubeadm renders for them.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod shared;

use shared::{cluster, holds, not_ours, pointed, renders, server};

const ALWAYS: &str = "
    --allow-privileged=true --authorization-mode=Node,RBAC --client-ca-file=/var/lib/minikube/certs/ca.crt
    --enable-bootstrap-token-auth=true --etcd-cafile=/var/lib/minikube/certs/etcd/ca.crt
    --etcd-certfile=/var/lib/minikube/certs/apiserver-etcd-client.crt
    --etcd-keyfile=/var/lib/minikube/certs/apiserver-etcd-client.key --etcd-servers=https://127.0.0.1:2379
    --kubelet-client-certificate=/var/lib/minikube/certs/apiserver-kubelet-client.crt
    --kubelet-client-key=/var/lib/minikube/certs/apiserver-kubelet-client.key
    --kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname
    --proxy-client-cert-file=/var/lib/minikube/certs/front-proxy-client.crt
    --proxy-client-key-file=/var/lib/minikube/certs/front-proxy-client.key --requestheader-allowed-names=front-proxy-client
    --requestheader-client-ca-file=/var/lib/minikube/certs/front-proxy-ca.crt
    --requestheader-extra-headers-prefix=X-Remote-Extra- --requestheader-group-headers=X-Remote-Group
    --requestheader-username-headers=X-Remote-User --service-account-key-file=/var/lib/minikube/certs/sa.pub
    --service-account-signing-key-file=/var/lib/minikube/certs/sa.key --tls-cert-file=/var/lib/minikube/certs/apiserver.crt
    --tls-private-key-file=/var/lib/minikube/certs/apiserver.key";

const PLUGINS: &str = "--enable-admission-plugins=NamespaceLifecycle,LimitRanger,ServiceAccount,DefaultStorageClass,DefaultTolerationSeconds,NodeRestriction,MutatingAdmissionWebhook,ValidatingAdmissionWebhook,ResourceQuota";

fn profile(release: &str, more: &str, nodes: &str) -> String {
    format!(
        "{{\n  \"Name\": \"m\",\n  \"Driver\": \"docker\",\n  \"KubernetesConfig\": {{\n    \"KubernetesVersion\": \"{release}\"{more}\n  }},\n  \"Nodes\": [{nodes}]\n}}\n"
    )
}

const NODE: &str = r#"{"Name": "", "IP": "192.168.49.2", "Port": 8443, "ControlPlane": true}"#;

#[test]
fn a_profile_is_the_manifest_that_kubeadm_renders_for_it() {
    let none =
        r#", "FeatureGates": "", "ServiceCIDR": "10.96.0.0/12", "DNSDomain": "cluster.local", "ExtraOptions": null"#;
    let issuer =
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local --service-cluster-ip-range=10.96.0.0/12
        --advertise-address=192.168.49.2 --secure-port=8443";
    renders(&cluster(&profile("v1.28.3", none, NODE)), "v1.28.3", &[ALWAYS, PLUGINS, issuer]);
    let more = r#", "FeatureGates": "A=true,EtcdLearnerMode=true,B=false", "ServiceCIDR": "10.9.0.0/16", "DNSDomain": "a.b",
    "ExtraOptions": [
      {"Component": "kubelet", "Key": "v", "Value": "9"},
      {"Component": "apiserver", "Key": "anonymous-auth", "Value": "true"},
      {"Component": "apiserver", "Key": "anonymous-auth", "Value": "false"},
      {"Component": "apiserver", "Key": "enable-admission-plugins", "Value": "PodNodeSelector"}
    ]"#;
    renders(
        &cluster(&profile("v1.33.1", more, NODE)),
        "v1.33.1",
        &[
            ALWAYS,
            "--service-account-issuer=https://kubernetes.default.svc.a.b --service-cluster-ip-range=10.9.0.0/16
             --advertise-address=192.168.49.2 --secure-port=8443 --anonymous-auth=false --feature-gates=A=true,B=false
             --enable-admission-plugins=PodNodeSelector",
        ],
    );
    // From 1.36 on a gate is closed where Docker runs the containers, unless somebody names it.
    for (given, gates) in [
        (r#", "ContainerRuntime": "docker""#, Some("ExtendWebSocketsToKubelet=false")),
        (r#", "ContainerRuntime": "", "FeatureGates": "A=true""#, Some("A=true,ExtendWebSocketsToKubelet=false")),
        (r#", "FeatureGates": "ExtendWebSocketsToKubelet=true""#, Some("ExtendWebSocketsToKubelet=true")),
        (r#", "ContainerRuntime": "containerd""#, None),
    ] {
        let gates = gates.map(|gates| format!("--feature-gates={gates}")).unwrap_or_default();
        renders(
            &cluster(&profile("v1.36.0", &format!("{given}{}", none.replace(r#""FeatureGates": "","#, "")), NODE)),
            "v1.36.0",
            &[ALWAYS, PLUGINS, issuer, &gates],
        );
    }
}

#[test]
fn each_value_tells_its_layer_and_its_place() {
    let text = profile(
        "v1.30.0",
        r#", "ExtraOptions": [{"Component": "apiserver", "Key": "profiling", "Value": "false"}]"#,
        "",
    );
    let cluster = cluster(&text);
    assert_eq!(cluster.distribution, Some("minikube"));
    holds(
        &cluster,
        &[
            ("profiling", "false", "written"),
            ("secure-port", "8443", "minikube"),
            ("authorization-mode", "[Node,RBAC]", "kubeadm"),
            ("anonymous-auth", "true", "kubernetes"),
            ("advertise-address", "", "unknown"),
        ],
    );
    assert_eq!(pointed(&text, server(&cluster), "profiling"), "\"false\"");
}

#[test]
fn only_profiles_with_kubernetes_are_taken() {
    not_ours(&[
        &profile("v0.0.0", "", NODE),
        "{\"KubernetesConfig\": {\"KubernetesVersion\": \"v1.30.0\"}}",
        "{\"Driver\": \"docker\", \"KubernetesVersion\": \"v1.30.0\", \"KubernetesConfig\": {}}",
    ]);
}
