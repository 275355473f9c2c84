//! What configures an API server of OpenShift.

use portcullis_facts::configuration::{ConfigFile, FileKind};

use super::*;

const OPENSHIFT: &str = "\
apiVersion: kubecontrolplane.config.openshift.io/v1
kind: KubeAPIServerConfig
apiServerArguments:
  anonymous-auth: ['true']
  authorization-mode: [Scope, SystemMasters, RBAC, Node]
  enable-admission-plugins:
  - NodeRestriction
  - config.openshift.io/ValidateAPIServer
  etcd-servers: [https://a:2379, https://b:2379]
  feature-gates: [OpenShiftPodSecurityAdmission=true]
authConfig: {requestHeader: {clientCA: /a.crt}}
servicesSubnet: 172.30.0.0/16
servingInfo:
  bindAddress: 0.0.0.0:6443
  minTLSVersion: VersionTLS12 # intermediate
  cipherSuites: [TLS_AES_128_GCM_SHA256]
  namedCertificates: [{certFile: /c, keyFile: /k, names: [api.example.com]}]
";

#[test]
fn openshift_makes_flags_of_its_configuration() {
    let wanted = [
        ("anonymous-auth", "true", "written"),
        ("authorization-mode", "[Scope,SystemMasters,RBAC,Node]", "written"),
        ("bind-address", "0.0.0.0", "made"),
        ("etcd-servers", "[https://a:2379,https://b:2379]", "written"),
        ("secure-port", "6443", "made"),
        ("service-cluster-ip-range", "172.30.0.0/16", "made"),
        ("tls-cipher-suites", "[TLS_AES_128_GCM_SHA256]", "made"),
        ("tls-min-version", "VersionTLS12", "made"),
        ("tls-sni-cert-key", "[/c,/k:api.example.com]", "written"),
        ("requestheader-client-ca-file", "", "unknown"),
        ("token-auth-file", "", "kubernetes"),
    ];
    holds(OPENSHIFT, Some("1.31.2"), &wanted);
    let cluster = resolved(OPENSHIFT, Some("1.31.2"));
    assert_eq!(cluster.distribution, Some("OpenShift"));
    // Plugins, authorizers and gates of its own keep its server from nothing.
    let own = ["Scope", "SystemMasters", "ValidateAPIServer", "OpenShiftPodSecurity", "insecure-port"];
    assert!(
        !problems(&cluster).iter().any(|one| own.iter().any(|name| one.contains(name))),
        "{:?}",
        problems(&cluster)
    );
    assert_eq!(place(OPENSHIFT, &cluster, "tls-min-version").0, "VersionTLS12");
    assert!(matches!(place(OPENSHIFT, &cluster, "anonymous-auth").1, Some(Form::ByHand(_))));
    // In the ConfigMap of a hosted control plane.
    let map = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: kas-config}}\ndata:\n  config.yaml: |\n    {}",
        OPENSHIFT.replace('\n', "\n    ")
    );
    holds(&map, Some("1.31.2"), &wanted);
    let cluster = resolved(&map, Some("1.31.2"));
    assert_eq!(place(&map, &cluster, "tls-min-version").0, "VersionTLS12");
}

#[test]
fn resources_of_openshift_decide_a_part() {
    let operator = "apiVersion: operator.openshift.io/v1\nkind: KubeAPIServer\nmetadata: {name: cluster}\nspec:\n  observedConfig:\n    \
                    apiServerArguments: {profiling: ['true'], v: ['2']}\n  unsupportedConfigOverrides:\n    apiServerArguments: {v: ['6']}\n";
    holds(
        operator,
        Some("1.31.2"),
        &[
            ("profiling", "true", "written"),
            ("v", "6", "written"),
            ("anonymous-auth", "", "unknown"),
            ("token-auth-file", "", "unknown"),
        ],
    );
    let resource = "apiVersion: config.openshift.io/v1\nkind: APIServer\nmetadata: {name: cluster}\nspec:\n  \
                    tlsSecurityProfile: {type: Old}\n  encryption: {type: aesgcm}\n";
    holds(
        resource,
        Some("1.31.2"),
        &[
            ("tls-min-version", "VersionTLS10", "made"),
            (
                "encryption-provider-config",
                "/etc/kubernetes/static-pod-resources/secrets/encryption-config/encryption-config",
                "made",
            ),
            // The operator's own arguments hold, but for those that it may have observed otherwise; whether requests without
            // credentials are let in a file may say.
            ("anonymous-auth", "", "unknown"),
            ("audit-log-maxsize", "200", "OpenShift"),
            ("enable-admission-plugins", "", "unknown"),
            ("token-auth-file", "", "unknown"),
        ],
    );
    // Suites have the names of OpenSSL there; those that Go does not know are left out.
    let custom = "apiVersion: config.openshift.io/v1\nkind: APIServer\nspec: {tlsSecurityProfile: {type: Custom, custom: \
                  {minTLSVersion: VersionTLS12, ciphers: [ECDHE-RSA-CHACHA20-POLY1305, AES256-SHA256, AES128-SHA]}}}\n";
    holds(
        custom,
        None,
        &[("tls-cipher-suites", "[TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,TLS_RSA_WITH_AES_128_CBC_SHA]", "made")],
    );
    let modern =
        "apiVersion: config.openshift.io/v1\nkind: APIServer\nspec: {tlsSecurityProfile: {type: Modern, modern: {}}}\n";
    holds(
        modern,
        None,
        &[
            (
                "tls-cipher-suites",
                "[TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384,TLS_CHACHA20_POLY1305_SHA256]",
                "made",
            ),
            ("tls-min-version", "VersionTLS13", "made"),
        ],
    );
    // A profile without a name is the intermediate one.
    let nameless = "apiVersion: config.openshift.io/v1\nkind: APIServer\nspec: {tlsSecurityProfile: {modern: {}}}\n";
    holds(nameless, None, &[("tls-min-version", "VersionTLS12", "made")]);
    // What the operator has observed, it passes on.
    let observed = "apiVersion: operator.openshift.io/v1\nkind: KubeAPIServer\nmetadata: {name: cluster}\nspec:\n  observedConfig:\n    \
                    servingInfo: {bindAddress: '0.0.0.0:6443', minTLSVersion: VersionTLS12}\n    servicesSubnet: 172.30.0.0/16\n";
    holds(
        observed,
        None,
        &[
            ("bind-address", "0.0.0.0", "made"),
            ("service-cluster-ip-range", "172.30.0.0/16", "made"),
            ("profiling", "", "unknown"),
        ],
    );
    not_ours(&["apiVersion: operator.openshift.io/v1\nkind: KubeAPIServer\nspec: {managementState: Managed}\n"]);
}

const MASTER: &str = "\
apiVersion: v1
kind: MasterConfig
auditConfig:
  auditFilePath: /var/lib/origin/audit.log
  enabled: true
  maximumFileRetentionDays: 14
  policyFile: /etc/origin/master/policy.yaml
corsAllowedOrigins: [(?i)//localhost(:|\\z)]
etcdClientInfo:
  ca: master.etcd-ca.crt
  certFile: master.etcd-client.crt
  keyFile: master.etcd-client.key
  urls: ['https://m1:2379', 'https://m2:2379']
etcdStorageConfig: {kubernetesStoragePrefix: kubernetes.io}
kubeletClientInfo: {ca: ca-bundle.crt, certFile: master.kubelet-client.crt, keyFile: master.kubelet-client.key, port: 10250}
kubernetesMasterConfig:
  apiServerArguments:
    runtime-config: [apis/settings.k8s.io/v1alpha1=true]
    storage-backend: [etcd3]
    tls-min-version: [VersionTLS11]
    profiling: ['false']
    anonymous-auth: ['false']
    authorization-mode: [AlwaysAllow]
  servicesNodePortRange: 30000-32000
  servicesSubnet: 172.30.0.0/16
oauthConfig:
  identityProviders:
  - name: anyone
    login: true
    provider: {apiVersion: v1, kind: AllowAllPasswordIdentityProvider}
serviceAccountConfig: {publicKeyFiles: [serviceaccounts.public.key]}
servingInfo:
  bindAddress: 0.0.0.0:8443
  certFile: master.server.crt
  clientCA: ca.crt
  keyFile: master.server.key
  maxRequestsInFlight: 500
  requestTimeoutSeconds: 3600
";

#[test]
fn a_master_of_openshift_3_makes_options_of_its_configuration() {
    holds(
        MASTER,
        Some("1.11.0"),
        &[
            ("audit-log-path", "/var/lib/origin/audit.log", "made"),
            ("audit-log-maxage", "14", "made"),
            ("audit-policy-file", "/etc/origin/master/policy.yaml", "made"),
            ("bind-address", "0.0.0.0", "made"),
            ("secure-port", "8443", "made"),
            ("tls-cert-file", "master.server.crt", "made"),
            ("client-ca-file", "ca.crt", "made"),
            ("etcd-servers", "[https://m1:2379,https://m2:2379]", "made"),
            ("kubelet-client-key", "master.kubelet-client.key", "made"),
            ("max-requests-inflight", "500", "made"),
            ("max-mutating-requests-inflight", "250", "made"),
            ("service-cluster-ip-range", "172.30.0.0/16", "made"),
            // What the master sets unasked, and what an argument overrides.
            ("insecure-port", "0", "OpenShift"),
            ("event-ttl", "2h0m0s", "OpenShift"),
            ("tls-min-version", "VersionTLS11", "written"),
            ("profiling", "false", "written"),
            // Who somebody is and who may do what is not made of arguments.
            ("anonymous-auth", "", "unknown"),
            ("authorization-mode", "", "unknown"),
            ("admission-control", "", "unknown"),
        ],
    );
    let cluster = resolved(MASTER, Some("1.11.0"));
    assert_eq!(cluster.distribution, Some("OpenShift"));
    // 1.9 has no flag for the version of TLS, and nobody gives it one.
    let old = resolved(&MASTER.replace("    tls-min-version: [VersionTLS11]\n", ""), Some("1.9.0"));
    assert!(problems(&old).iter().all(|problem| !problem.contains("tls-min-version")), "{:?}", problems(&old));
    assert_eq!(place(MASTER, &cluster, "profiling").0, "'false'");
    // Before 3.6 the server in front of it was OpenShift's own.
    let silent = MASTER.replace("    profiling: ['false']\n", "");
    holds(&silent, Some("1.11.0"), &[("profiling", "true", "OpenShift")]);
    holds(&silent, Some("1.5.0"), &[("profiling", "", "unknown"), ("event-ttl", "2h0m0s", "OpenShift")]);
    assert_eq!(place(MASTER, &cluster, "audit-log-maxage").0, "14");
}

#[test]
fn a_master_of_openshift_3_that_audits_nothing_has_no_log() {
    let off = MASTER.replace("enabled: true", "enabled: false");
    holds(&off, Some("1.11.0"), &[("audit-log-path", "", "kubernetes"), ("audit-policy-file", "", "kubernetes")]);
    let nowhere = MASTER.replace("  auditFilePath: /var/lib/origin/audit.log\n", "");
    holds(&nowhere, Some("1.11.0"), &[("audit-log-path", "-", "made")]);
    // One that uses a Kubernetes elsewhere runs no server.
    not_ours(&[
        "apiVersion: v1\nkind: MasterConfig\nkubernetesMasterConfig: null\n",
        "apiVersion: v1\nkind: NodeConfig\nkubernetesMasterConfig: {}\n",
    ]);
}

/// The pod that the operator makes, in the words of its template.
const POD: &str = r#"apiVersion: v1
kind: Pod
metadata:
  namespace: openshift-kube-apiserver
  name: kube-apiserver
spec:
  containers:
  - name: kube-apiserver
    image: quay.io/openshift-release-dev/ocp-v4.0-art-dev@sha256:0
    command: ['/bin/bash', '-ec']
    args:
    - |
      LOCK=/var/log/kube-apiserver/.lock
      # It may be held.
      exec {LOCK_FD}>${LOCK} && flock --verbose -w 30 "${LOCK_FD}" || {
        echo "Failed to acquire lock for kube-apiserver. Please check."
        exit 1
      }
      if [ -f /a/ca-bundle.crt ]; then
        echo "Copying trust ..."
        cp -f /a/ca-bundle.crt /etc/pki/tls-ca-bundle.pem
      fi
      exec watch-termination --termination-touch-file=/var/log/kube-apiserver/.terminating --kubeconfig=/k -- hyperkube kube-apiserver --openshift-config=/etc/kubernetes/static-pod-resources/configmaps/config/config.yaml --advertise-address=${HOST_IP}  -v=2 --permit-address-sharing
    volumeMounts:
    - {mountPath: /etc/kubernetes/static-pod-resources, name: resource-dir}
    - {mountPath: /etc/kubernetes/static-pod-certs, name: cert-dir}
    env:
    - name: HOST_IP
      valueFrom: {fieldRef: {fieldPath: status.hostIP}}
  volumes:
  - hostPath: {path: /etc/kubernetes/static-pod-resources/kube-apiserver-pod-7}
    name: resource-dir
  - hostPath: {path: /etc/kubernetes/static-pod-resources/kube-apiserver-certs}
    name: cert-dir
"#;

/// What the operator writes for it.
const WRITTEN: &str = "\
apiVersion: kubecontrolplane.config.openshift.io/v1
kind: KubeAPIServerConfig
apiServerArguments:
  anonymous-auth: ['true']
  audit-policy-file: [/etc/kubernetes/static-pod-resources/configmaps/kube-apiserver-audit-policies/policy.yaml]
  authorization-mode: [Scope, SystemMasters, RBAC, Node]
  etcd-servers: ['https://10.0.0.1:2379', 'https://localhost:2379']
  profiling: []
  v: ['4']
auditConfig: {enabled: true, auditFilePath: audit.log, policyFile: /ignored.yaml, maximumRetainedFiles: 3}
serviceAccountPublicKeyFiles: [keys/a.pub]
servicesSubnet: 172.30.0.0/16
servingInfo:
  bindAddress: 0.0.0.0:6443
  namedCertificates: [{certFile: /c, keyFile: /k}]
";

const AT: [&str; 2] = [
    "n/etc/kubernetes/manifests/kube-apiserver-pod.yaml",
    "n/etc/kubernetes/static-pod-resources/kube-apiserver-pod-7/configmaps/config/config.yaml",
];

#[test]
fn a_pod_and_the_configuration_that_it_reads_are_one_server() {
    let folder = "/etc/kubernetes/static-pod-resources/configmaps/config";
    let wanted = [
        // What both say the file says last.
        ("v", "4", "written"),
        ("anonymous-auth", "true", "written"),
        ("advertise-address", "", "unknown"),
        ("permit-address-sharing", "true", "written"),
        // An empty list says nothing, and a field counts only where no argument does.
        ("profiling", "true", "kubernetes"),
        (
            "audit-policy-file",
            "/etc/kubernetes/static-pod-resources/configmaps/kube-apiserver-audit-policies/policy.yaml",
            "written",
        ),
        ("audit-log-path", &format!("{folder}/audit.log"), "made"),
        ("audit-log-maxbackup", "3", "made"),
        ("service-account-key-file", &format!("[{folder}/keys/a.pub]"), "made"),
        ("tls-min-version", "VersionTLS12", "OpenShift"),
        ("tls-cipher-suites", "", "unknown"),
        ("service-cluster-ip-range", "172.30.0.0/16", "made"),
    ];
    let node = shared::as_release(Some("n"), &[(AT[0], POD), (AT[1], WRITTEN)], Some("1.31.0"));
    shared::holds(&node, &wanted);
    let server = shared::server(&node);
    assert_eq!(server.component().declared_in.as_str(), AT[0]);
    let at = |flag: &str| {
        let reading = reading(server, flag).unwrap();
        let at = reading.origin.location().unwrap().clone();
        let text = if at.evidence.as_str() == AT[0] { POD } else { WRITTEN };
        text[at.span.unwrap().range()].to_owned()
    };
    assert_eq!(at("v"), "'4'");
    assert_eq!(at("audit-log-maxbackup"), "3");
    assert_eq!(at("permit-address-sharing"), "--permit-address-sharing");

    // In the ConfigMap of its revision, among others, in one file with the pod or not.
    let map = |name: &str, text: &str| {
        format!(
            "- apiVersion: v1\n  kind: ConfigMap\n  metadata: {{name: {name}, namespace: openshift-kube-apiserver}}\n  data:\n    config.yaml: |\n      {}\n",
            text.trim_end().replace('\n', "\n      ")
        )
    };
    let old = WRITTEN.replace("v: ['4']", "v: ['9']");
    let maps = format!(
        "apiVersion: v1\nkind: List\nitems:\n{}{}{}",
        map("config-6", &old),
        map("config-7", WRITTEN),
        map("config", &old)
    );
    let cluster = shared::as_release(None, &[("pods", POD), ("maps", &maps)], Some("1.31.0"));
    shared::holds(&cluster, &wanted);
    let pod = format!("- {}\n", POD.trim_end().replace('\n', "\n  "));
    let together = shared::as_release(None, &[("all", &format!("{maps}{pod}"))], Some("1.31.0"));
    shared::holds(&together, &wanted);
    // Of revisions alone the one that the operator wrote last counts.
    shared::holds(&resolved(&maps, Some("1.31.0")), &[("v", "9", "written")]);

    // A hosted one mounts its ConfigMap.
    let hosted = POD
        .replace(
            "/etc/kubernetes/static-pod-resources/configmaps/config/config.yaml",
            "/etc/kubernetes/config/config.json",
        )
        .replace("mountPath: /etc/kubernetes/static-pod-resources", "mountPath: /etc/kubernetes/config")
        .replace(
            "hostPath: {path: /etc/kubernetes/static-pod-resources/kube-apiserver-pod-7}",
            "configMap: {name: kas-config}",
        );
    let kas = format!(
        "apiVersion: v1\nkind: List\nitems:\n{}",
        map("kas-config", WRITTEN).replace("config.yaml:", "config.json:")
    );
    let cluster = shared::as_release(None, &[("deployment", &hosted), ("kas", &kas)], Some("1.31.0"));
    shared::holds(&cluster, &[("v", "4", "written"), ("permit-address-sharing", "true", "written")]);
    let other = kas.replace("name: kas-config", "name: another");
    let apart = shared::as_release(None, &[("deployment", &hosted), ("kas", &other)], Some("1.31.0"));
    assert_eq!(apart.apiservers.len(), 2);

    // What an installer leaves beside is no server, and a file that is not there starts none.
    let copy = "n/etc/kubernetes/static-pod-resources/kube-apiserver-pod-6/configmaps/config/config.yaml";
    let copies = "n/etc/kubernetes/static-pod-resources/kube-apiserver-pod-7/kube-apiserver-pod.yaml";
    let node =
        shared::as_release(Some("n"), &[(AT[0], POD), (AT[1], WRITTEN), (copy, &old), (copies, POD)], Some("1.31.0"));
    shared::holds(&node, &wanted);
}

#[test]
fn the_configuration_of_a_pod_is_looked_for() {
    use model::Body;
    use portcullis_facts::{Gathered, Options, resolve, wants};
    let gathered = |evidence| Gathered { root: Some("n".to_owned()), ..Gathered::of("a", evidence) };
    let pod = shared::evidence(AT[0], POD);
    let wanted = wants(&gathered(vec![pod.clone()]), &Options::default());
    assert!(wanted.iter().any(|want| want.id.as_str() == AT[1]), "{wanted:?}");
    // Where it is not there no server starts.
    let mut gone = shared::evidence(AT[1], WRITTEN);
    gone.body = Body::Missing;
    let cluster = resolve(gathered(vec![pod, gone]), &Options::default());
    assert_eq!(server(&cluster).component().starts, Some(false));
}

#[test]
fn openshift_has_plugins_on_that_kubernetes_has_not() {
    let is_on = |text: &str, name: &str| {
        let cluster = resolved(text, Some("1.31.0"));
        server(&cluster).admission_plugin(name).ok().map(|plugin| plugin.enabled)
    };
    assert_eq!(is_on(WRITTEN, "NodeRestriction"), Some(true));
    assert_eq!(is_on(WRITTEN, "AlwaysPullImages"), Some(false));
    let off = WRITTEN.replace("  profiling: []", "  disable-admission-plugins: [NodeRestriction]");
    assert_eq!(is_on(&off, "NodeRestriction"), Some(false));
}

#[test]
fn two_masters_have_a_configuration_each() {
    let second = |text: &str| text.replace("name: kube-apiserver\nspec", "name: other\nspec").replace("pod-7", "pod-8");
    let other = WRITTEN.replace("v: ['4']", "v: ['6']");
    let eight = AT[1].replace("pod-7", "pod-8");
    let cluster = shared::as_release(
        Some("n"),
        &[(AT[0], POD), ("n/etc/kubernetes/manifests/other.yaml", &second(POD)), (AT[1], WRITTEN), (&eight, &other)],
        Some("1.31.0"),
    );
    let values: Vec<(&str, String)> =
        cluster.apiservers.iter().map(|server| (&*server.component().instance, set(server, "v").0)).collect();
    assert_eq!(values, [("kube-apiserver", "4".to_owned()), ("other", "6".to_owned())]);
}

#[test]
fn without_a_file_of_a_server_less_is_known_of_it() {
    use model::{Body, Evidence, Gap, GapKind};
    use portcullis_facts::{Gathered, Options, resolve};
    let louder =
        POD.replace("  -v=2", "  -v=2 --audit-policy-file=/own.yaml --enable-admission-plugins=EventRateLimit");
    for pod in [POD, &louder] {
        let evidence: Vec<Evidence> =
            AT.iter().zip([pod, WRITTEN]).map(|(name, text)| shared::evidence(name, text)).collect();
        let of = |evidence: Vec<Evidence>| {
            let gathered = Gathered { root: Some("n".to_owned()), ..Gathered::of("a", evidence) };
            let options = Options { version: Some("1.31.0".parse().unwrap()), ..Options::default() };
            resolve(gathered, &options)
        };
        let settings = |cluster: &Cluster| shared::settings(server(cluster));
        let is_open = |value: &str| ["Unread", "NotCollected", "Unresolved", "Version"].contains(&value);
        let before = settings(&of(evidence.clone()));
        for hidden in 0..2 {
            let mut less = evidence.clone();
            let gap = Gap {
                kind: GapKind::Unread,
                reason: "cannot be read".to_owned(),
                wanted: AT[hidden].to_owned(),
                who_could_answer: "root".to_owned(),
            };
            less[hidden].body = Body::Unread(gap);
            let mut known = 0;
            for (before, after) in before.iter().zip(settings(&of(less))) {
                assert!(is_open(&after.1) || *before == after, "{before:?} {after:?}");
                known += usize::from(!is_open(&after.1));
            }
            // The file counts last, so that what it says to flags of one value is known without the pod.
            assert_eq!(known > 0, hidden == 0, "{known}");
        }
        // What is not there at all says nothing; the operator's own pod is what starts such a file.
        if pod == POD {
            let alone = settings(&of(vec![evidence[1].clone()]));
            for (before, after) in before.iter().zip(alone) {
                let own = ["advertise-address", "permit-address-sharing", "v"].contains(&&*before.0);
                assert!(own || is_open(&after.1) || *before == after, "{before:?} {after:?}");
            }
        }
        assert!(settings(&of(vec![evidence[0].clone()])).iter().all(|(_, value)| is_open(value)));
    }
}

#[test]
fn a_configuration_that_the_server_cannot_decode_stops_it() {
    let number = WRITTEN.replace("v: ['4']", "v: [4]");
    let cluster = resolved(&number, Some("1.31.0"));
    assert!(problems(&cluster).iter().any(|one| one.contains("apiServerArguments.v")), "{:?}", problems(&cluster));
    let scalar = WRITTEN.replace("v: ['4']", "v: '4'");
    assert!(problems(&resolved(&scalar, Some("1.31.0"))).iter().any(|one| one.contains("no list")));
    assert!(!problems(&resolved(WRITTEN, Some("1.31.0"))).iter().any(|one| one.contains("configuration")));
    let bare = WRITTEN.replace("bindAddress: 0.0.0.0:6443", "bindAddress: '::'");
    assert!(problems(&resolved(&bare, Some("1.31.0"))).iter().any(|one| one.contains("no host with a port")));
    let six = WRITTEN.replace("bindAddress: 0.0.0.0:6443", "bindAddress: '[::]:6443'");
    holds(&six, Some("1.31.0"), &[("bind-address", "::", "made"), ("secure-port", "6443", "made")]);
}

#[test]
fn the_operator_adds_what_its_releases_do() {
    let told = "\
apiVersion: operator.openshift.io/v1
kind: KubeAPIServer
metadata: {name: cluster}
spec:
  logLevel: Debug
  observedConfig:
    apiServerArguments:
      etcd-servers: ['https://10.0.0.1:2379']
      enable-admission-plugins: [authorization.openshift.io/RestrictSubjectBindings]
      goaway-chance: ['0']
    servicesSubnet: 172.30.0.0/16
    servingInfo: {bindAddress: '0.0.0.0:6443', minTLSVersion: VersionTLS12, cipherSuites: [TLS_AES_128_GCM_SHA256]}
  unsupportedConfigOverrides:
    apiServerArguments:
      audit-log-maxsize: null
      anonymous-auth: ['false']
      enable-admission-plugins: [AlwaysPullImages]
    servicesSubnet: null
";
    holds(
        told,
        Some("1.33.0"),
        &[
            ("anonymous-auth", "false", "written"),
            ("audit-log-maxsize", "0", "kubernetes"),
            ("audit-log-maxbackup", "10", "OpenShift"),
            ("authorization-mode", "[Scope,SystemMasters,RBAC,Node]", "OpenShift"),
            ("event-ttl", "3h0m0s", "OpenShift"),
            ("goaway-chance", "0", "written"),
            ("service-cluster-ip-range", "", "unknown"),
            ("token-auth-file", "", "kubernetes"),
            ("v", "4", "made"),
        ],
    );
    let plugins = |version: &str| set(server(&resolved(told, Some(version))), "enable-admission-plugins").0;
    // Since 4.20 the lists of all layers count; before, the last.
    assert!(plugins("1.33.0").starts_with("[AlwaysPullImages,CertificateApproval,"));
    assert!(
        plugins("1.33.0")
            .contains("ValidatingAdmissionPolicy,ValidatingAdmissionWebhook,authorization.openshift.io/Res")
    );
    assert_eq!(plugins("1.31.0"), "[AlwaysPullImages]");
    // Releases before 4.6 wrote fields and not arguments.
    holds(told, Some("1.18.0"), &[("audit-log-maxbackup", "", "unknown"), ("token-auth-file", "", "unknown")]);
    // Without what was observed there is more.
    const CLIENTS: &str = "/etc/kubernetes/static-pod-certs/configmaps/client-ca/ca-bundle.crt";
    let part = "apiVersion: operator.openshift.io/v1\nkind: KubeAPIServer\nspec: {unsupportedConfigOverrides: {apiServerArguments: {v: ['6']}}}\n";
    holds(
        part,
        Some("1.31.0"),
        &[
            ("v", "6", "written"),
            ("profiling", "", "unknown"),
            ("client-ca-file", CLIENTS, "OpenShift"),
            ("event-ttl", "", "unknown"),
        ],
    );
}

#[test]
fn what_plugins_are_told_is_read() {
    let admission = "admission:\n  pluginConfig:\n    network.openshift.io/ExternalIPRanger: {configuration: {allowIngressIP: true}, location: ''}\n    \
                     PodSecurity:\n      configuration:\n        kind: PodSecurityConfiguration\n        apiVersion: \
                     pod-security.admission.config.k8s.io/v1\n        defaults: {enforce: privileged, audit: restricted}\n";
    let read = |cluster: &Cluster| {
        let file = server(cluster).file(FileKind::Admission).expect("read").expect("a file");
        let ConfigFile::Admission(admission) = &*file.read[0].1 else { panic!("plugins") };
        admission.plugins.iter().filter_map(|plugin| Some(plugin.name.as_ref()?.value.clone())).collect::<Vec<_>>()
    };
    let text = format!("{WRITTEN}{admission}");
    assert_eq!(read(&resolved(&text, Some("1.31.0"))), ["PodSecurity", "network.openshift.io/ExternalIPRanger"]);
    let node = shared::as_release(Some("n"), &[(AT[0], POD), (AT[1], &text)], Some("1.31.0"));
    assert_eq!(read(&node).len(), 2);
    // A part of it is put together with others.
    let part = text.replace("  bindAddress: 0.0.0.0:6443\n", "");
    assert!(server(&resolved(&part, Some("1.31.0"))).file(FileKind::Admission).is_err());
    // Nothing is recorded where that is asked for.
    let none = "apiVersion: config.openshift.io/v1\nkind: APIServer\nmetadata: {name: cluster}\nspec: {audit: {profile: None}}\n";
    assert!(server(&resolved(none, Some("1.31.0"))).file(FileKind::AuditPolicy).expect("read").is_some());
}

#[test]
fn both_resources_of_an_operator_tell_of_one_server() {
    let text = "\
apiVersion: v1
kind: List
items:
- apiVersion: config.openshift.io/v1
  kind: APIServer
  metadata: {name: cluster}
  spec:
    audit: {profile: None}
    encryption: {type: aescbc}
    tlsSecurityProfile: {type: Modern, modern: {}} # newest
- apiVersion: operator.openshift.io/v1
  kind: KubeAPIServer
  metadata: {name: cluster}
  spec:
    unsupportedConfigOverrides:
      apiServerArguments: {audit-log-maxbackup: ['3']}
      servingInfo: {cipherSuites: [TLS_AES_128_GCM_SHA256]}
";
    holds(
        text,
        Some("1.31.0"),
        &[
            ("audit-log-maxbackup", "3", "written"),
            (
                "audit-policy-file",
                "/etc/kubernetes/static-pod-resources/configmaps/kube-apiserver-audit-policies/policy.yaml",
                "made",
            ),
            ("audit-log-maxsize", "200", "OpenShift"),
            (
                "encryption-provider-config",
                "/etc/kubernetes/static-pod-resources/secrets/encryption-config/encryption-config",
                "made",
            ),
            ("tls-cipher-suites", "[TLS_AES_128_GCM_SHA256]", "made"),
            ("tls-min-version", "VersionTLS13", "made"),
        ],
    );
    let cluster = resolved(text, Some("1.31.0"));
    assert!(place(text, &cluster, "tls-min-version").0.contains("Modern"));
    assert!(server(&cluster).file(FileKind::AuditPolicy).expect("read").is_some());
}
