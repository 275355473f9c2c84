//! Variables of the playbooks that install k3s and RKE2.

use super::*;

use crate::shared::together;

fn of(files: &[(&str, &str)], wanted: &[(&str, &str, &str)]) {
    let cluster = together(None, files);
    let server = server(&cluster);
    for (flag, value, by) in wanted {
        assert_eq!(set(server, flag), ((*value).to_owned(), *by), "{flag}");
    }
}

#[test]
fn maps_of_the_cluster_and_of_the_group_are_put_together() {
    let all = "rke2_install_version: v1.30.4+rke2r1\ncluster_rke2_config:\n  selinux: true\n  profile: cis\n  kube-apiserver-arg: [audit-log-maxage=9, event-ttl=2h]\n";
    let servers = "group_rke2_config:\n  profile: cis\n  tls-san: [a]\n";
    let more = "group_rke2_config:\n  kube-apiserver-arg: [event-ttl=3h]\n";
    of(
        &[("i/group_vars/all.yml", all), ("i/group_vars/rke2_servers.yml", servers)],
        &[
            ("audit-log-maxage", "9", "written"),
            ("audit-log-maxbackup", "10", "made"),
            ("audit-policy-file", "/etc/rancher/rke2/audit-policy.yaml", "made"),
            ("anonymous-auth", "false", "RKE2"),
        ],
    );
    // Of two lists that of the group comes first, so that the other counts; an agent's group says nothing.
    of(
        &[
            ("i/group_vars/all.yml", all),
            ("i/group_vars/rke2_servers.yml", more),
            ("i/group_vars/rke2_agents.yml", "group_rke2_config: {kube-apiserver-arg: [event-ttl=9h]}\n"),
        ],
        &[("event-ttl", "2h0m0s", "written"), ("audit-log-maxage", "9", "written")],
    );
    // In the inventory itself.
    let hosts = "all:\n  vars:\n    rke2_install_version: v1.31.2+rke2r1\nrke2_cluster:\n  children:\n    rke2_servers:\n      vars:\n        group_rke2_config:\n          kube-apiserver-arg: [anonymous-auth=true]\n      hosts:\n        s0:\n    rke2_agents:\n      hosts: {a0: {}}\n";
    of(&[("i/hosts.yml", hosts)], &[("anonymous-auth", "true", "written")]);
    let two = hosts.replace("        s0:\n", "        s0: {host_rke2_config: {profile: cis}}\n        s1:\n");
    of(&[("i/hosts.yml", &two)], &[("audit-policy-file", "", "unknown")]);
    let one = hosts.replace("        s0:\n", "        s0: {host_rke2_config: {profile: cis}}\n");
    of(&[("i/hosts.yml", &one)], &[("audit-policy-file", "/etc/rancher/rke2/audit-policy.yaml", "made")]);
}

#[test]
fn variables_of_a_role_are_lines_of_its_template() {
    let text = "rke2_version: v1.29.3+rke2r1\nrke2_cis_profile: cis-1.23\nrke2_kube_apiserver_args:\n- --audit-log-maxage=7 # days\n\
                rke2_data_path: /data/{{ site }}\nsite: a\nrke2_server_options:\n- 'secrets-encryption: true'\n- audit-policy-file: /p.yaml\n";
    let cluster = resolved(text, None);
    assert_eq!(cluster.distribution, Some("RKE2"));
    holds(
        text,
        None,
        &[
            ("audit-log-maxage", "7", "written"),
            ("audit-policy-file", "/p.yaml", "made"),
            ("client-ca-file", "/data/a/server/tls/client-ca.crt", "RKE2"),
        ],
    );
    assert_eq!(place(text, &cluster, "audit-log-maxage"), ("--audit-log-maxage=7", Some(Form::Bare)));
    // What Jinja fills in is not known, and neither is what follows from it.
    let open = text.replace("cis-1.23", "\"{{ profile }}\"").replace("- audit-policy-file: /p.yaml\n", "");
    holds(&open, None, &[("audit-policy-file", "", "unknown"), ("audit-log-maxage", "7", "written")]);
    not_ours(&["rke2_version: v1.29.3+rke2r1\nrke2_token: a\n", "rke2_server_options:\nrke2_ha_mode: true\n"]);
}

#[test]
fn a_file_of_k3s_stands_in_a_variable_beside_its_words() {
    let text = "k3s_cluster:\n  children:\n    server: {hosts: {a: {}}}\n    agent: {hosts: {b: {}}}\n  vars:\n    k3s_version: v1.31.4+k3s1\n    \
                flannel: none\n    extra_server_args: --flannel-backend={{ flannel }} --kube-apiserver-arg='audit-log-maxage=5' --cluster-init\n    \
                server_config_yaml: |\n      secrets-encryption: true\n      kube-apiserver-arg:\n      - anonymous-auth=true\n";
    holds(
        text,
        None,
        &[
            ("anonymous-auth", "true", "written"),
            ("audit-log-maxage", "5", "written"),
            ("encryption-provider-config", "/var/lib/rancher/k3s/server/cred/encryption-config.json", "made"),
            ("etcd-servers", "[https://127.0.0.1:2379]", "made"),
        ],
    );
    let cluster = resolved(text, None);
    assert_eq!(place(text, &cluster, "anonymous-auth").0, "anonymous-auth=true");
    // Words that are filled in may be any.
    let open = text.replace("extra_server_args: ", "extra_server_args: '{{ more_args }}' #");
    holds(&open, None, &[("audit-log-maxage", "", "unknown")]);
    // A choice between nothing and words that are about something else is no such word.
    let apart = text.replace(
        "extra_server_args: ",
        "extra_server_args: \"{{ '--node-taint a=b:NoSchedule' if taint else '' }} --kube-apiserver-arg=audit-log-maxage=6\" #",
    );
    holds(&apart, None, &[("audit-log-maxage", "6", "written"), ("authorization-mode", "[Node,RBAC]", "k3s")]);
    let role = "k3s_release_version: v1.30.2+k3s1\nk3s_etcd_datastore: true\nk3s_server:\n  kube-apiserver-arg: [profiling=true]\n";
    holds(role, None, &[("profiling", "true", "written"), ("etcd-servers", "[https://127.0.0.1:2379]", "made")]);
}
