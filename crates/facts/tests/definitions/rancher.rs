//! Settings of k3s and RKE2 inside definitions of Rancher and of Cluster API.

use super::*;

const RANCHER: &str = "\
apiVersion: provisioning.cattle.io/v1
kind: Cluster
metadata: {name: prod, namespace: fleet-default}
spec:
  kubernetesVersion: v1.30.4+rke2r1
  localClusterAuthEndpoint: {enabled: true}
  rkeConfig:
    machineGlobalConfig:
      cni: calico
      profile: cis
      kube-apiserver-arg:
      - audit-log-maxage=45 # days
    machineSelectorConfig:
    - config: {protect-kernel-defaults: true}
";

#[test]
fn a_cluster_of_rancher_has_the_settings_of_its_machines() {
    holds(
        RANCHER,
        None,
        &[
            ("anonymous-auth", "false", "RKE2"),
            ("audit-log-maxage", "45", "written"),
            ("audit-policy-file", "/etc/rancher/rke2/audit-policy.yaml", "made"),
            (
                "authentication-token-webhook-config-file",
                "/var/lib/rancher/rke2/kube-api-authn-webhook.yaml",
                "written",
            ),
            ("etcd-servers", "[https://127.0.0.1:2379]", "RKE2"),
        ],
    );
    let cluster = resolved(RANCHER, None);
    assert_eq!(cluster.distribution, Some("RKE2"));
    assert_eq!(server(&cluster).component().instance, "prod");
    assert_eq!(place(RANCHER, &cluster, "audit-log-maxage"), ("audit-log-maxage=45", Some(Form::Bare)));
    // A selector that names the control plane takes the place of a key; of any other only the labels tell.
    let with = |selector: &str| {
        format!(
            "{RANCHER}    - config: {{kube-apiserver-arg: [profiling=true]}}\n      machineLabelSelector: {selector}\n"
        )
    };
    let own = with("{matchLabels: {rke.cattle.io/control-plane-role: 'true'}}");
    holds(&own, None, &[("profiling", "true", "written"), ("audit-log-maxage", "30", "made")]);
    let other = with("{matchLabels: {zone: a}}");
    holds(&other, None, &[("profiling", "", "unknown")]);
    let k3s = RANCHER.replace("+rke2r1", "+k3s1").replace("profile: cis", "secrets-encryption: true").replace(
        "  rkeConfig",
        "  defaultPodSecurityAdmissionConfigurationTemplateName: rancher-restricted\n  rkeConfig",
    );
    holds(
        &k3s,
        None,
        &[
            ("admission-control-config-file", "/etc/rancher/k3s/config/rancher-psact.yaml", "written"),
            ("encryption-provider-config", "/var/lib/rancher/k3s/server/cred/encryption-config.json", "made"),
            ("etcd-servers", "[https://127.0.0.1:2379]", "made"),
        ],
    );
    not_ours(&["apiVersion: provisioning.cattle.io/v1\nkind: Cluster\nmetadata: {name: imported}\nspec: {}\n"]);
}

#[test]
fn control_planes_of_cluster_api_have_fields_of_their_own() {
    let rke2 = "apiVersion: controlplane.cluster.x-k8s.io/v1beta1\nkind: RKE2ControlPlane\nmetadata: {name: cp}\nspec:\n  \
                version: v1.30.4+rke2r1\n  agentConfig: {cisProfile: cis}\n  serverConfig:\n    auditPolicySecret: {name: a}\n    \
                kubeAPIServer:\n      extraArgs: [--anonymous-auth=true]\n      extraMounts: {/a: /b}\n";
    holds(
        rke2,
        None,
        &[
            ("anonymous-auth", "true", "written"),
            ("audit-policy-file", "/etc/rancher/rke2/audit-policy.yaml", "made"),
            ("audit-log-maxage", "30", "made"),
            // Only the object `Cluster` says it.
            ("service-cluster-ip-range", "", "unknown"),
        ],
    );
    let whole = format!(
        "{rke2}---\napiVersion: cluster.x-k8s.io/v1beta1\nkind: Cluster\nmetadata: {{name: c}}\nspec: {{clusterNetwork: {{services: {{cidrBlocks: [10.9.0.0/16]}}}}}}\n"
    );
    holds(&whole, None, &[("service-cluster-ip-range", "10.9.0.0/16", "made")]);
    // This provider lets requests without credentials in, whatever is written before it.
    let k3s = "apiVersion: controlplane.cluster.x-k8s.io/v1beta2\nkind: KThreesControlPlane\nmetadata: {name: k}\nspec:\n  \
               version: v1.30.2+k3s1\n  kthreesConfigSpec:\n    serverConfig:\n      kubeAPIServerArg: [anonymous-auth=false, audit-log-maxage=9]\n      \
               httpsListenPort: '443'\n";
    holds(
        k3s,
        None,
        &[
            ("anonymous-auth", "true", "written"),
            ("audit-log-maxage", "9", "written"),
            ("secure-port", "444", "made"),
            ("etcd-servers", "[https://127.0.0.1:2379]", "made"),
        ],
    );
}
