//! What definitions say of the kubelets of their nodes, against what the distribution hands those.

use model::{Author, Origin, Unanswered};
use portcullis_facts::{Cluster, kubelet::Kubelet};

use super::shared::together;

/// A file as that release.
fn of(text: &str, version: &str) -> Cluster {
    of_all(&[("file", text)], version)
}

fn of_all(files: &[(&str, &str)], version: &str) -> Cluster {
    super::shared::as_release(None, files, Some(version).filter(|version| !version.is_empty()))
}

fn named<'c>(cluster: &'c Cluster, name: &str) -> &'c Kubelet {
    let is_it = |one: &&Kubelet| one.component().instance == name;
    let all: Vec<&str> = cluster.kubelets.iter().map(|one| one.component().instance.as_str()).collect();
    cluster.kubelets.iter().find(is_it).unwrap_or_else(|| panic!("no {name} among {all:?}"))
}

/// Who says what of a setting: `written 0`, `kops true`, `made true`, `default false`, `open`.
fn said(kubelet: &Kubelet, name: &str) -> String {
    match kubelet.get(name) {
        Ok(reading) => {
            let by = match &reading.origin {
                Origin::Written(_) => "written",
                Origin::Default { by: Author::Distribution { name }, .. } => name,
                Origin::Default { .. } => "default",
                Origin::Implied { .. } => "made",
                _ => "otherwise",
            };
            format!("{by} {}", reading.in_force())
        }
        Err(Unanswered::Gap(_)) => "open".to_owned(),
        Err(Unanswered::NotApplicable(_)) => "none".to_owned(),
    }
}

fn holds(kubelet: &Kubelet, wanted: &[(&str, &str)]) {
    for (name, expected) in wanted {
        assert_eq!(said(kubelet, name), *expected, "{name} of {}", kubelet.component().instance);
    }
}

fn pointed<'t>(text: &'t str, kubelet: &Kubelet, name: &str) -> &'t str {
    let reading = kubelet.get(name).expect("a value");
    &text[reading.origin.location().expect("a place").span.expect("a span").range()]
}

fn problems(kubelet: &Kubelet) -> Vec<String> {
    kubelet.component().problems.iter().map(|one| one.message.clone()).collect()
}

const ANONYMOUS: &str = "authentication.anonymous.enabled";
const CA: &str = "authentication.x509.clientCAFile";

#[test]
fn a_machine_of_talos_has_a_kubelet_that_talos_configures() {
    let text = "\
version: v1alpha1
machine:
  type: worker
  install: {image: 'ghcr.io/siderolabs/installer:v1.9.4'}
  kubelet:
    image: ghcr.io/siderolabs/kubelet:v1.32.3
    extraArgs:
      rotate-server-certificates: \"true\"
      feature-gates: A=true
    extraConfig:
      eventRecordQPS: 7
      tlsMinVersion: VersionTLS12
      authentication: {anonymous: {enabled: true}}
    defaultRuntimeSeccompProfileEnabled: true
    disableManifestsDirectory: true
  network: {hostname: w-1}
cluster: {network: {dnsDomain: cluster.test}}
";
    let cluster = of(text, "");
    let kubelet = named(&cluster, "w-1");
    assert_eq!(kubelet.component().release.to_string(), "1.32.3");
    holds(
        kubelet,
        &[
            (ANONYMOUS, "Talos false"),
            ("authentication.webhook.enabled", "Talos true"),
            ("authorization.mode", "Talos Webhook"),
            (CA, "Talos /etc/kubernetes/pki/ca.crt"),
            ("rotateCertificates", "Talos true"),
            ("serverTLSBootstrap", "written true"),
            ("protectKernelDefaults", "Talos true"),
            ("seccompDefault", "made true"),
            ("staticPodPath", "made "),
            ("staticPodURL", "open"),
            ("streamingConnectionIdleTimeout", "Talos 5m0s"),
            ("tlsMinVersion", "written VersionTLS12"),
            ("eventRecordQPS", "written 7"),
            ("readOnlyPort", "default 0"),
            ("clusterDomain", "made cluster.test"),
            ("featureGates", "written A=true"),
            ("systemReserved", "Talos cpu=50m,ephemeral-storage=256Mi,memory=384Mi,pid=100"),
            ("hostname-override", "made w-1"),
        ],
    );
    assert_eq!(pointed(text, kubelet, "eventRecordQPS"), "7");
    assert_eq!(pointed(text, kubelet, "serverTLSBootstrap"), "\"true\"");
    // What Talos keeps for itself it takes from nobody.
    assert!(
        problems(kubelet)
            .contains(&"Talos takes no `authentication` in `extraConfig`, and starts no kubelet".to_owned())
    );
    assert_eq!(kubelet.component().starts, Some(false));

    // Before 1.0 it protected less, and of 1.23 nobody knows which release deploys it.
    let older = "machine: {type: controlplane, kubelet: {image: 'k/kubelet:v1.22.1'}}\n";
    let cluster = of(older, "");
    holds(
        named(&cluster, "file"),
        &[("protectKernelDefaults", "open"), (ANONYMOUS, "Talos false"), ("hostname-override", "open")],
    );
    // A part of a configuration says what it says.
    let cluster = of("machine: {kubelet: {extraArgs: {read-only-port: '10255'}}}\n", "1.33.0");
    holds(named(&cluster, "file"), &[("readOnlyPort", "written 10255"), (ANONYMOUS, "open")]);
    let own = "apiVersion: v1alpha1\nkind: KubeletConfig\nimage: g/kubelet:v1.36.0\nconfig: {serverTLSBootstrap: true}\n---\n\
               machine: {type: worker}\n";
    let cluster = of(own, "");
    holds(
        named(&cluster, "file"),
        &[("serverTLSBootstrap", "written true"), ("staticPodPath", "Talos "), ("tlsMinVersion", "Talos VersionTLS13")],
    );
}

const KOPS: &str =
    "apiVersion: kops.k8s.io/v1alpha2\nkind: Cluster\nmetadata: {name: a.test}\nspec:\n  kubernetesVersion: ";

#[test]
fn kops_hands_nodes_and_control_planes_what_is_theirs() {
    let text = format!(
        "{KOPS}1.32.4\n  kubelet:\n    anonymousAuth: false\n    readOnlyPort: 10255\n    evictionHard: memory.available<5%,nodefs.available<10%\n    \
         tlsCipherSuites: [A, B]\n    protectKernelDefaults: false\n  masterKubelet:\n    authorizationMode: AlwaysAllow\n---\napiVersion: \
         kops.k8s.io/v1alpha2\nkind: InstanceGroup\nmetadata: {{name: gpu, labels: {{kops.k8s.io/cluster: a.test}}}}\nspec: {{role: Node, \
         kubelet: {{maxPods: 30, readOnlyPort: 0}}}}\n"
    );
    let cluster = of(&text, "");
    let nodes = named(&cluster, "a.test (nodes)");
    holds(
        nodes,
        &[
            (ANONYMOUS, "written false"),
            ("readOnlyPort", "written 10255"),
            ("authorization.mode", "kops Webhook"),
            ("authentication.webhook.enabled", "kops true"),
            (CA, "kops /srv/kubernetes/ca.crt"),
            ("evictionHard", "written memory.available=5%,nodefs.available=10%"),
            ("tlsCipherSuites", "written [A,B]"),
            ("tlsCertFile", "kops /srv/kubernetes/kubelet-server.crt"),
            ("protectKernelDefaults", "written false"),
            ("shutdownGracePeriod", "kops 30s"),
            ("rotateCertificates", "default false"),
            ("maxPods", "open"),
        ],
    );
    assert_eq!(pointed(&text, nodes, "readOnlyPort"), "10255");
    // Control planes have one switch of nodes, and nothing else of what is written for those.
    holds(
        named(&cluster, "a.test (control planes)"),
        &[
            (ANONYMOUS, "written false"),
            ("readOnlyPort", "default 0"),
            ("authorization.mode", "written AlwaysAllow"),
            ("protectKernelDefaults", "kops true"),
        ],
    );
    holds(
        named(&cluster, "gpu"),
        &[
            ("maxPods", "written 30"),
            ("readOnlyPort", "written 0"),
            (ANONYMOUS, "written false"),
            ("tlsCipherSuites", "written [A,B]"),
        ],
    );
    // A group without its cluster.
    let group = "apiVersion: kops.k8s.io/v1alpha2\nkind: InstanceGroup\nmetadata: {name: g}\nspec: {role: Node, kubelet: {anonymousAuth: true}}\n";
    holds(named(&of(group, "1.30.0"), "g"), &[(ANONYMOUS, "written true"), ("readOnlyPort", "open")]);
}

#[test]
fn kops_turns_a_switch_around_and_had_no_file_once() {
    let flipped = |release: &str| of(&format!("{KOPS}{release}\n  kubelet: {{anonymousAuth: true}}\n"), "");
    let newest = flipped("1.30.2");
    let nodes = named(&newest, "a.test (nodes)");
    holds(nodes, &[(ANONYMOUS, "made false")]);
    assert!(problems(nodes).iter().any(|one| one.starts_with("`anonymousAuth: true` has no effect")));
    holds(named(&flipped("1.23.4"), "a.test (nodes)"), &[(ANONYMOUS, "open")]);
    holds(named(&flipped("1.19.4"), "a.test (nodes)"), &[(ANONYMOUS, "written true")]);
    let silent = |release: &str| of(&format!("{KOPS}{release}\n  kubelet: {{maxPods: 9}}\n"), "");
    for (release, expected) in [("1.24.0", "default false"), ("1.20.0", "open"), ("1.16.0", "default true")] {
        holds(named(&silent(release), "a.test (nodes)"), &[(ANONYMOUS, expected)]);
    }
    holds(
        named(&silent("1.16.0"), "a.test (nodes)"),
        &[("readOnlyPort", "default 10255"), ("authorization.mode", "default AlwaysAllow")],
    );
}

#[test]
fn rke_starts_kubelets_with_flags_alone() {
    let text = "nodes:\n- {address: 192.0.2.7, role: [controlplane, etcd, worker]}\nkubernetes_version: v1.26.8-rancher1-1\nservices:\n  \
                kubelet:\n    fail_swap_on: true\n    extra_args:\n      read-only-port: '10255'\n      protect-kernel-defaults: 'true'\n    \
                extra_args_array: {feature-gates: [A=true]}\n";
    let cluster = of(text, "");
    let kubelet = named(&cluster, "192.0.2.7");
    holds(
        kubelet,
        &[
            (ANONYMOUS, "RKE false"),
            ("authorization.mode", "RKE Webhook"),
            (CA, "RKE /etc/kubernetes/ssl/kube-ca.pem"),
            ("readOnlyPort", "written 10255"),
            ("protectKernelDefaults", "written true"),
            ("eventRecordQPS", "RKE 0"),
            ("streamingConnectionIdleTimeout", "RKE 30m0s"),
            ("makeIPTablesUtilChains", "RKE true"),
            ("failSwapOn", "made true"),
            ("featureGates", "written A=true"),
            ("rotateCertificates", "default false"),
            ("hostname-override", "made 192.0.2.7"),
        ],
    );
    assert_eq!(pointed(text, kubelet, "readOnlyPort"), "'10255'");
}

#[test]
fn kubespray_renders_a_file() {
    let text = "kube_version: v1.27.5\nkube_network_plugin: calico\nkubelet_protect_kernel_defaults: false\nkube_read_only_port: 10255\n\
                kubelet_rotate_server_certificates: yes\nkubelet_authorization_mode_webhook: false\ntls_min_version: VersionTLS13\n\
                kubelet_streaming_connection_idle_timeout: '5m'\nkubelet_config_extra_args:\n  authentication: {anonymous: {enabled: true}}\n  \
                eventRecordQPS: 3\nkubelet_custom_flags: ['--seccomp-default', '--v=4']\nkube_feature_gates: ['A=true', 'B=false']\n";
    let cluster = of(text, "");
    let kubelet = named(&cluster, "file");
    holds(
        kubelet,
        &[
            // The key stands twice, and the whole of the second one counts.
            (ANONYMOUS, "written true"),
            ("authentication.webhook.enabled", "default true"),
            (CA, "default "),
            ("authorization.mode", "made AlwaysAllow"),
            ("readOnlyPort", "written 10255"),
            ("protectKernelDefaults", "written false"),
            ("serverTLSBootstrap", "written true"),
            ("rotateCertificates", "kubespray true"),
            ("tlsMinVersion", "written VersionTLS13"),
            ("streamingConnectionIdleTimeout", "written 5m0s"),
            // The template says it behind.
            ("seccompDefault", "written true"),
            ("featureGates", "made A=true,B=false"),
            ("podPidsLimit", "kubespray -1"),
            ("staticPodPath", "kubespray /etc/kubernetes/manifests"),
            ("hostname-override", "open"),
        ],
    );
    let silent = |release: &str| of(&format!("kube_version: {release}\nkube_network_plugin: calico\n"), "");
    // 2.20.0 deploys 1.22 to 1.24 beside others, and asked nobody.
    holds(named(&silent("v1.23.7"), "file"), &[("authorization.mode", "open")]);
    holds(
        named(&silent("v1.27.5"), "file"),
        &[("authorization.mode", "kubespray Webhook"), (ANONYMOUS, "kubespray false")],
    );
    holds(
        named(&silent("1.33.1"), "file"),
        &[("eventRecordQPS", "kubespray 50"), ("protectKernelDefaults", "kubespray true")],
    );
}

#[test]
fn options_of_minikube_and_patches_of_kind_reach_kubelets() {
    let profile = r#"{"Name":"m","Driver":"kvm2","KubernetesConfig":{"KubernetesVersion":"v1.31.0","ContainerRuntime":"containerd","ExtraOptions":[
{"Component":"kubelet","Key":"authentication-token-webhook","Value":"true"},{"Component":"kubelet","Key":"authorization-mode","Value":"AlwaysAllow"},
{"Component":"kubelet","Key":"localStorageCapacityIsolation","Value":"false"}]},"Nodes":[{"ControlPlane":true}]}"#;
    let cluster = of(profile, "");
    holds(
        named(&cluster, "m"),
        &[
            ("authorization.mode", "written AlwaysAllow"),
            (ANONYMOUS, "kubeadm false"),
            (CA, "minikube /var/lib/minikube/certs/ca.crt"),
            ("rotateCertificates", "kubeadm true"),
            ("localStorageCapacityIsolation", "written false"),
            ("failSwapOn", "minikube false"),
        ],
    );
    let kind = "\
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
featureGates: {A: true}
kubeadmConfigPatches:
- |
  apiVersion: kubelet.config.k8s.io/v1beta1
  kind: KubeletConfiguration
  readOnlyPort: 10255
nodes:
- role: control-plane
  image: kindest/node:v1.29.2
  kubeadmConfigPatches:
  - |
    kind: InitConfiguration
    nodeRegistration:
      kubeletExtraArgs:
        anonymous-auth: \"true\"
- role: worker
  kubeadmConfigPatches:
  - |
    kind: JoinConfiguration
    nodeRegistration:
      kubeletExtraArgs: {event-qps: '3'}
  kubeadmConfigPatchesJSON6902:
  - group: kubelet.config.k8s.io
    version: v1beta1
    kind: KubeletConfiguration
    patch: |
      - {op: add, path: /maxPods, value: 10}
";
    let cluster = of(kind, "");
    let first = named(&cluster, "kind-control-plane");
    holds(
        first,
        &[
            ("readOnlyPort", "written 10255"),
            (ANONYMOUS, "written true"),
            ("authorization.mode", "kubeadm Webhook"),
            ("failSwapOn", "kind false"),
            ("featureGates", "made A=true"),
            // A worker takes the configuration of the cluster, not that of its own patches.
            ("maxPods", "default 110"),
        ],
    );
    assert_eq!(pointed(kind, first, "readOnlyPort"), "10255");
    assert_eq!(pointed(kind, first, ANONYMOUS), "\"true\"");
    holds(
        named(&cluster, "kind-worker"),
        &[("eventRecordQPS", "written 3"), ("readOnlyPort", "written 10255"), (ANONYMOUS, "kubeadm false")],
    );
}

#[test]
fn workers_of_a_shoot_have_what_gardener_gives_them() {
    let text = "\
apiVersion: core.gardener.cloud/v1beta1
kind: Shoot
metadata: {name: s}
spec:
  kubernetes:
    version: 1.30.4
    kubelet: {podPidsLimit: 500, failSwapOn: false}
  provider:
    workers:
    - name: a
    - name: b
      kubernetes:
        kubelet: {seccompDefault: true, evictionHard: {memoryAvailable: 5%}}
";
    let cluster = of(text, "");
    let all = named(&cluster, "s");
    holds(
        all,
        &[
            (ANONYMOUS, "Gardener false"),
            ("authorization.mode", "Gardener Webhook"),
            ("readOnlyPort", "Gardener 0"),
            ("podPidsLimit", "written 500"),
            ("failSwapOn", "written false"),
            ("protectKernelDefaults", "open"),
            ("seccompDefault", "default false"),
        ],
    );
    assert_eq!(pointed(text, all, "podPidsLimit"), "500");
    // What a worker has of its own stands in the place of all that.
    holds(
        named(&cluster, "s (b)"),
        &[
            ("seccompDefault", "written true"),
            ("podPidsLimit", "default -1"),
            ("failSwapOn", "Gardener true"),
            (
                "evictionHard",
                "made imagefs.available=5%,imagefs.inodesFree=5%,memory.available=5%,nodefs.available=5%,nodefs.inodesFree=5%",
            ),
        ],
    );
}

#[test]
fn profiles_of_k0s_and_pools_of_openshift_are_fields() {
    let k0s = "apiVersion: k0s.k0sproject.io/v1beta1\nkind: ClusterConfig\nmetadata: {name: c}\nspec:\n  workerProfiles:\n  - name: big\n    \
               values:\n      maxPods: 300\n      authentication: {anonymous: {enabled: true}, x509: {clientCAFile: /x}}\n";
    let cluster = of(k0s, "1.30.1");
    let profile = named(&cluster, "c (big)");
    holds(
        profile,
        &[
            ("maxPods", "written 300"),
            (ANONYMOUS, "written true"),
            ("authorization.mode", "k0s Webhook"),
            (CA, "k0s /var/lib/k0s/pki/ca.crt"),
            ("eventRecordQPS", "k0s 0"),
            ("serverTLSBootstrap", "k0s true"),
            ("tlsMinVersion", "k0s VersionTLS12"),
        ],
    );
    assert_eq!(pointed(k0s, profile, "maxPods"), "300");
    assert!(profile.component().outranked.is_some());
    let pool = "apiVersion: machineconfiguration.openshift.io/v1\nkind: KubeletConfig\nmetadata: {name: p}\nspec:\n  tlsSecurityProfile: {type: \
                Old}\n  kubeletConfig: {podPidsLimit: -1, staticPodPath: /x, maxPods: 500}\n";
    let cluster = of(pool, "1.29.6");
    let kubelet = named(&cluster, "p");
    holds(
        kubelet,
        &[
            ("podPidsLimit", "written -1"),
            ("maxPods", "written 500"),
            (ANONYMOUS, "OpenShift false"),
            ("protectKernelDefaults", "OpenShift true"),
            ("serverTLSBootstrap", "OpenShift true"),
            ("staticPodPath", "OpenShift /etc/kubernetes/manifests"),
            ("tlsMinVersion", "made VersionTLS10"),
            ("authorization.mode", "default Webhook"),
            ("failSwapOn", "open"),
        ],
    );
    assert!(problems(kubelet).iter().any(|one| one.starts_with("the operator takes no `staticPodPath`")));
}

#[test]
fn a_snap_gives_its_kubelet_a_file_of_flags() {
    let text = "--kubeconfig=${SNAP_DATA}/credentials/kubelet.config\n--cert-dir=${SNAP_DATA}/certs\n\
                --client-ca-file=${SNAP_DATA}/certs/ca.crt\n--anonymous-auth=false\n--root-dir=${SNAP_COMMON}/var/lib/kubelet\n\
                --fail-swap-on=false\n--eviction-hard=\"memory.available<100Mi,nodefs.available<1Gi\"\n\
                --authentication-token-webhook=true\n--read-only-port=0\n# --v=9\n--serialize-image-pulls=false\n";
    let cluster = together(None, &[("args/kubelet", text)]);
    assert!(cluster.apiservers.is_empty());
    let kubelet = named(&cluster, "args/kubelet");
    holds(
        kubelet,
        &[
            (ANONYMOUS, "written false"),
            (CA, "written /var/snap/microk8s/current/certs/ca.crt"),
            ("readOnlyPort", "written 0"),
            ("evictionHard", "written memory.available=100Mi,nodefs.available=1Gi"),
            // Nobody is asked who may do what.
            ("authorization.mode", "default AlwaysAllow"),
            ("serializeImagePulls", "written false"),
        ],
    );
}

#[test]
fn a_launch_configuration_adds_to_the_arguments_of_the_snap() {
    let text = "version: 0.2.0\nextraKubeletArgs:\n  --authorization-mode: Webhook\n  --read-only-port:\n  --eviction-hard: memory.available<5%\n";
    let cluster = of(text, "1.31.2");
    let kubelet = named(&cluster, "file");
    holds(
        kubelet,
        &[
            ("authorization.mode", "written Webhook"),
            (ANONYMOUS, "MicroK8s false"),
            // Taken away, it is the default of a flag.
            ("readOnlyPort", "default 10255"),
            ("evictionHard", "written memory.available=5%"),
            (CA, "MicroK8s /var/snap/microk8s/current/certs/ca.crt"),
        ],
    );
    assert_eq!(pointed(text, kubelet, "authorization.mode"), "Webhook");
}

#[test]
fn what_says_nothing_of_kubelets_has_none() {
    for text in [
        "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes: [{role: control-plane}]\n",
        "apiVersion: kops.k8s.io/v1alpha2\nkind: InstanceGroup\nmetadata: {name: g}\nspec: {role: Node}\n",
        "apiVersion: kops.k8s.io/v1alpha2\nkind: InstanceGroup\nmetadata: {name: g}\nspec: {role: Bastion, kubelet: {maxPods: 3}}\n",
        "apiVersion: k0s.k0sproject.io/v1beta1\nkind: ClusterConfig\nspec: {workerProfiles: []}\n",
        "apiVersion: machineconfiguration.openshift.io/v1\nkind: MachineConfig\nspec: {kernelArguments: [a]}\n",
        "apiVersion: core.gardener.cloud/v1beta1\nkind: Shoot\nspec: {kubernetes: {version: 1.30.0}}\n# kubelet\n",
    ] {
        assert!(of(text, "1.30.0").kubelets.is_empty(), "{text}");
    }
}

#[test]
fn hosts_of_k0sctl_hand_their_kubelets_flags() {
    let text = "apiVersion: k0sctl.k0sproject.io/v1beta1\nkind: Cluster\nmetadata: {name: c}\nspec:\n  hosts:\n\
                \x20 - role: controller\n    installFlags: ['--kubelet-extra-args=--max-pods=9']\n    ssh: {address: 10.0.0.1}\n\
                \x20 - role: controller+worker\n    hostname: two\n    installFlags:\n    - --kubelet-extra-args=\"--anonymous-auth=true --read-only-port=10255 --max-pods=50 --max-pods=60\"\n    - --profile=big\n    ssh: {address: 10.0.0.2}\n\
                \x20 - role: worker\n    installFlags: [--kubelet-extra-args, '--event-qps=3 --tls-min-version=VersionTLS13']\n    ssh: {address: 10.0.0.3}\n\
                \x20 - role: worker\n    ssh: {address: 10.0.0.4}\n\
                \x20 k0s:\n    version: v1.31.2+k0s.0\n    config:\n      spec:\n        workerProfiles:\n        - {name: big, values: {maxPods: 300, podPidsLimit: 77}}\n";
    let cluster = together(None, &[("file", text)]);
    let kubelet = named(&cluster, "c (two)");
    holds(
        kubelet,
        &[
            (ANONYMOUS, "written true"),
            ("readOnlyPort", "written 10255"),
            ("maxPods", "written 60"),
            ("podPidsLimit", "written 77"),
            ("authorization.mode", "k0s Webhook"),
        ],
    );
    assert!(pointed(text, kubelet, ANONYMOUS).contains("--anonymous-auth=true"));
    assert!(kubelet.component().outranked.is_none());
    holds(
        named(&cluster, "c (10.0.0.3)"),
        &[("eventRecordQPS", "written 3"), ("tlsMinVersion", "written VersionTLS13"), (ANONYMOUS, "k0s false")],
    );
    // A controller alone runs none, and of one that is given nothing nothing is said.
    let names: Vec<&str> = cluster.kubelets.iter().map(|kubelet| kubelet.component().instance.as_str()).collect();
    assert_eq!(names, ["c (10.0.0.3)", "c (big)", "c (two)"]);
    // A switch in it has no value, which no kubelet takes.
    let bare = text.replace("--event-qps=3", "--anonymous-auth");
    assert!(
        problems(named(&together(None, &[("file", &bare)]), "c (10.0.0.3)"))
            .iter()
            .any(|one| one.contains("anonymous-auth"))
    );
}
