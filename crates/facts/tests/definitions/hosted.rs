//! Control planes that run in another cluster: tenants of Kamaji, clusters of vcluster, and those of HyperShift.

use super::*;

const TENANT: &str = "\
apiVersion: kamaji.clastix.io/v1alpha1
kind: TenantControlPlane
metadata: {name: tenant-00}
spec:
  controlPlane:
    deployment:
      extraArgs:
        apiServer:
        - --anonymous-auth=false # nobody comes
        - --audit-log-path=${LOG}
        - --service-account-issuer=https://a
  kubernetes:
    version: v1.30.2
    admissionControllers: [ResourceQuota, LimitRanger]
  networkProfile: {port: 7443, serviceCidr: 10.1.0.0/16}
  addons: {konnectivity: {}}
";

#[test]
fn kamaji_gives_a_tenant_what_its_object_says() {
    let cluster = resolved(TENANT, None);
    shared::holds(
        &cluster,
        &[
            ("anonymous-auth", "false", "written"),
            ("authorization-mode", "[Node,RBAC]", "Kamaji"),
            ("enable-admission-plugins", "[ResourceQuota,LimitRanger]", "made"),
            ("secure-port", "7443", "made"),
            ("service-cluster-ip-range", "10.1.0.0/16", "made"),
            ("tls-cert-file", "/etc/kubernetes/pki/apiserver.crt", "Kamaji"),
            (
                "egress-selector-config-file",
                "/etc/kubernetes/konnectivity/configurations/egress-selector-configuration.yaml",
                "made",
            ),
            // Of these somebody else decides, or the release of Kamaji.
            ("audit-log-path", "", "unknown"),
            ("etcd-servers", "", "unknown"),
            ("service-account-issuer", "", "unknown"),
            ("kubelet-preferred-address-types", "", "unknown"),
            ("profiling", "true", "kubernetes"),
        ],
    );
    assert_eq!(cluster.distribution, Some("Kamaji"));
    assert_eq!(server(&cluster).component().instance, "tenant-00");
    assert_eq!(place(TENANT, &cluster, "anonymous-auth"), ("--anonymous-auth=false", Some(Form::Word)));
    let with_file = TENANT.replace("--anonymous-auth=false", "--authorization-config=/a");
    holds(&with_file, None, &[("authorization-mode", "", "unknown")]);
    not_ours(&["apiVersion: kamaji.clastix.io/v1alpha1\nkind: DataStore\nspec: {driver: etcd}\n"]);
}

#[test]
fn a_vcluster_leaves_open_what_its_releases_do_otherwise() {
    let text = "controlPlane:
  distro:
    k8s:
      enabled: true
      image: {tag: v1.32.1}
      apiServer:
        extraArgs:
        - --audit-log-maxage=30
        - --secure-port=8443
        - --enable-admission-plugins=AlwaysPullImages
";
    let cluster = resolved(text, None);
    shared::holds(
        &cluster,
        &[
            ("audit-log-maxage", "30", "written"),
            ("secure-port", "8443", "written"),
            ("bind-address", "127.0.0.1", "vcluster"),
            ("enable-admission-plugins", "", "unknown"),
            ("authorization-mode", "", "unknown"),
            ("profiling", "", "unknown"),
            ("service-account-lookup", "true", "kubernetes"),
        ],
    );
    assert_eq!(place(text, &cluster, "secure-port"), ("--secure-port=8443", Some(Form::Word)));
    let replaced = text.replace("        extraArgs", "        command: [/my-server]\n        extraArgs");
    holds(&replaced, None, &[("bind-address", "", "unknown"), ("service-account-lookup", "", "unknown")]);
    not_ours(&[
        &text.replace("enabled: true", "enabled: false"),
        "controlPlane:\n  distro:\n    k3s: {enabled: true}\n    k8s: {}\n",
        "apiVersion: v1\nkind: ConfigMap\ncontrolPlane: {distro: {k8s: {}}}\n",
    ]);
}

#[test]
fn hypershift_takes_the_fields_of_an_api_server() {
    let text = "apiVersion: hypershift.openshift.io/v1beta1
kind: HostedCluster
metadata: {name: example}
spec:
  release: {image: 'quay.io/openshift-release-dev/ocp-release:4.16.3-x86_64'}
  configuration:
    apiServer:
      audit: {profile: None}
      tlsSecurityProfile: {type: Old, old: {}}
  networking: {serviceNetwork: [{cidr: 172.31.0.0/16}]}
  secretEncryption: {type: aescbc}
";
    let cluster = resolved(text, None);
    shared::holds(
        &cluster,
        &[
            ("tls-min-version", "VersionTLS10", "made"),
            ("service-cluster-ip-range", "172.31.0.0/16", "made"),
            ("encryption-provider-config", "/etc/kubernetes/secret-encryption/config.yaml", "made"),
            // A file may say whether requests without credentials are let in.
            ("anonymous-auth", "", "unknown"),
            ("profiling", "", "unknown"),
            ("audit-policy-file", "/etc/kubernetes/audit/policy.yaml", "made"),
            ("audit-log-maxsize", "10", "OpenShift"),
            ("client-ca-file", "/etc/kubernetes/certs/client-ca/ca.crt", "OpenShift"),
        ],
    );
    // The flag went in 1.24, and this is 1.29.
    assert!(server(&cluster).component().setting("insecure-port").is_none());
    assert_eq!(server(&cluster).component().instance, "example");
    // Nothing said is the intermediate profile.
    let bare =
        "apiVersion: hypershift.openshift.io/v1beta1\nkind: HostedControlPlane\nspec: {releaseImage: 'x/y@sha256:0'}\n";
    holds(bare, Some("1.29.1"), &[("tls-min-version", "VersionTLS12", "OpenShift")]);
    not_ours(&["apiVersion: hypershift.openshift.io/v1beta1\nkind: NodePool\nspec: {}\n"]);
}
