//! Servers of k3s and RKE2 that a machine installs when it first starts, and those of k3s that run in containers.

use super::*;

/// Flags with their values and who set them.
type Flags<'a> = &'a [(&'a str, &'a str, &'a str)];

fn wanted(texts: &[(&str, Flags<'_>)]) {
    for (text, wanted) in texts {
        holds(text, Some("1.31.0"), wanted);
    }
}

const WRITTEN: &str = "\
#cloud-config
write_files:
- path: /etc/rancher/k3s/config.yaml
  content: |
    cluster-init: true
    kube-apiserver-arg:
    - anonymous-auth=true
    - audit-log-path=/var/a.log
- path: /etc/rancher/k3s/config.yaml.d/20-last.yaml
  content: |
    kube-apiserver-arg+:
    - audit-log-maxage=7
- path: /etc/rancher/k3s/config.yaml.d/10-first.yaml
  content: |
    kube-apiserver-arg:
    - anonymous-auth=false
- path: /etc/rancher/k3s/config.yaml.d/30-none.txt
  content: |
    kube-apiserver-arg+: profiling=true
runcmd:
- curl -sfL https://get.k3s.io | INSTALL_K3S_VERSION=v1.30.4+k3s1 sh -s - server --secrets-encryption
";

#[test]
fn files_of_settings_that_a_machine_has_written_are_read_with_what_installs_the_server() {
    let cluster = resolved(WRITTEN, None);
    shared::holds(
        &cluster,
        &[
            // A drop-in takes the place of the list before it, and the next one adds to that.
            ("anonymous-auth", "false", "written"),
            ("audit-log-path", "", "kubernetes"),
            ("audit-log-maxage", "7", "written"),
            ("profiling", "false", "k3s"),
            ("encryption-provider-config", "/var/lib/rancher/k3s/server/cred/encryption-config.json", "made"),
        ],
    );
    assert_eq!(server(&cluster).component().release.to_string(), "1.30.4+k3s1");
    assert_eq!(place(WRITTEN, &cluster, "anonymous-auth").0, "anonymous-auth=false");
    assert_eq!(place(WRITTEN, &cluster, "encryption-provider-config").0, "--secrets-encryption");
    // By itself a file tells whether it is a server's.
    let alone = WRITTEN.split("runcmd").next().expect("a part");
    shared::holds(&resolved(alone, Some("1.31.0")), &[("audit-log-maxage", "7", "written")]);
}

#[test]
fn words_and_variables_of_the_install_script_are_those_of_the_server() {
    let run = |command: &str| format!("#cloud-config\nruncmd:\n- {command}\n");
    let piped = "curl -sfL https://get.k3s.io |";
    wanted(&[
        (
            &run(&format!("{piped} INSTALL_K3S_EXEC='--kube-apiserver-arg=profiling=true --disable traefik' sh -")),
            &[("profiling", "true", "written"), ("anonymous-auth", "false", "k3s")],
        ),
        // What stands behind the script comes last.
        (
            &run(&format!(
                "{piped} INSTALL_K3S_EXEC='server --kube-apiserver-arg profiling=true' sh -s - --kube-apiserver-arg=profiling=false"
            )),
            &[("profiling", "false", "written")],
        ),
        (
            &run(
                "|\n  export INSTALL_K3S_EXEC=\"server --https-listen-port 7443\"\n  export K3S_DATASTORE_ENDPOINT=https://e:2379\n  curl -sfL https://get.k3s.io > i.sh\n  sudo -E bash ./k3s-install.sh",
            ),
            &[("secure-port", "7444", "made"), ("etcd-servers", "[https://e:2379]", "made")],
        ),
        (
            "#!/bin/bash\nset -e\ncurl -sfL https://get.k3s.io | sh -s - --kube-apiserver-arg=profiling=true\n",
            &[("profiling", "true", "written")],
        ),
        (
            "ignition: {version: 3.4.0}\nstorage:\n  files:\n  - path: /opt/i.sh\n    contents:\n      inline: |\n        #!/bin/sh\n        k3s server --kube-apiserver-arg=profiling=true\n",
            &[("profiling", "true", "written")],
        ),
        (
            "#cloud-config\nwrite_files:\n- path: /etc/rancher/rke2/config.yaml\n  content: |\n    profile: cis\n    token: abc\nruncmd:\n- curl -sfL https://get.rke2.io | sh -\n- systemctl enable --now rke2-server.service\n",
            &[("audit-log-maxage", "30", "made"), ("anonymous-auth", "false", "RKE2")],
        ),
        (
            "Content-Type: multipart/mixed; boundary=b\nMIME-Version: 1.0\n\n--b\nContent-Type: text/cloud-config\n\n#cloud-config\nwrite_files:\n- path: /etc/rancher/k3s/config.yaml\n  content: |\n    kube-apiserver-arg: [profiling=true]\n\n--b\nContent-Type: text/x-shellscript\n\n#!/bin/sh\ncurl -sfL https://get.k3s.io | INSTALL_K3S_EXEC=\"--kube-apiserver-arg=v=3\" sh -\n--b--\n",
            &[("profiling", "true", "written"), ("v", "3", "written")],
        ),
    ]);
}

#[test]
fn documents_in_scripts_are_the_files_that_they_write() {
    let script = "#!/bin/bash\nmkdir -p /etc/rancher/rke2\ncat <<EOF > /etc/rancher/rke2/config.yaml\ntoken: $TOKEN\nkube-apiserver-arg:\n- profiling=true\n- v=$LEVEL\nEOF\nsudo tee /etc/rancher/rke2/config.yaml.d/10.yaml >/dev/null <<'EOF'\nkube-apiserver-arg+:\n- audit-log-maxage=3\nEOF\ncurl -sfL https://get.rke2.io | sh -\n";
    let cluster = resolved(script, Some("1.31.0"));
    shared::holds(
        &cluster,
        &[("profiling", "true", "written"), ("audit-log-maxage", "3", "written"), ("v", "", "unknown")],
    );
    assert_eq!(place(script, &cluster, "profiling").0, "profiling=true");
    let data = format!("#cloud-config\nruncmd:\n- |\n  {}\n", script.trim_end().replace('\n', "\n  "));
    let cluster = resolved(&data, Some("1.31.0"));
    shared::holds(&cluster, &[("audit-log-maxage", "3", "written")]);
    assert_eq!(place(&data, &cluster, "audit-log-maxage").0, "audit-log-maxage=3");
    // What is added to a file is not followed.
    let added = script.replace("cat <<EOF > /etc", "cat <<EOF >> /etc");
    holds(&added, Some("1.31.0"), &[("profiling", "", "unknown")]);
}

#[test]
fn a_unit_of_k3s_that_a_machine_has_written_is_read_with_the_files_beside_it() {
    let text = "#cloud-config\nwrite_files:\n- path: /etc/systemd/system/k3s.service.env\n  content: |\n    K3S_CLUSTER_INIT=true\n- path: /etc/rancher/k3s/config.yaml\n  content: |\n    kube-apiserver-arg: [v=4]\n- path: /etc/systemd/system/k3s.service\n  content: |\n    [Service]\n    EnvironmentFile=-/etc/systemd/system/k3s.service.env\n    ExecStart=/usr/local/bin/k3s server --kube-apiserver-arg=profiling=true\n";
    wanted(&[(text, &[("profiling", "true", "written"), ("v", "4", "written"), ("anonymous-auth", "false", "k3s")])]);
    // Without the file of settings nobody knows what the image has.
    let open = text.replace("/etc/rancher/k3s/config.yaml", "/etc/x.yaml");
    wanted(&[(&open, &[("profiling", "true", "written"), ("anonymous-auth", "", "unknown")])]);
}

#[test]
fn what_a_script_decides_when_it_runs_is_left_open() {
    let run = |command: &str| format!("#cloud-config\nruncmd:\n- {command}\n");
    let piped = "curl -sfL https://get.k3s.io |";
    for text in [
        // Any number of words, an image of unknown words, two servers of which one runs.
        run(&format!("{piped} INSTALL_K3S_EXEC=\"server $EXTRA\" sh -")),
        run(&format!("{piped} sh -s - server ${{extra_args}}")),
        run(&format!(
            "if first; then {piped} sh -s - server --cluster-init; else {piped} sh -s - server --server=https://a:6443; fi"
        )),
        "#cloud-config\nruncmd:\n- cat settings > /etc/rancher/k3s/config.yaml\n- curl -sfL https://get.k3s.io | sh -\n"
            .to_owned(),
    ] {
        holds(&text, Some("1.31.0"), &[("anonymous-auth", "", "unknown"), ("profiling", "", "unknown")]);
    }
}

#[test]
fn agents_and_whoever_only_speaks_of_k3s_declare_no_server() {
    let run = |command: &str| format!("#cloud-config\nruncmd:\n- {command}\n");
    let piped = "curl -sfL https://get.k3s.io |";
    not_ours(&[
        &run(&format!("{piped} K3S_URL=https://a:6443 K3S_TOKEN=abc sh -")),
        &run(&format!("{piped} INSTALL_K3S_EXEC='agent --server https://a:6443' sh -")),
        &run("curl -sfL https://get.rke2.io | INSTALL_RKE2_TYPE=agent sh -"),
        &run("echo https://get.k3s.io"),
        "#!/bin/sh\n# curl -sfL https://get.k3s.io | sh -\necho no\n",
        "#cloud-config\nwrite_files:\n- path: /etc/rancher/rke2/config.yaml\n  content: |\n    server: https://a:9345\n    token: abc\nruncmd:\n- curl -sfL https://get.rke2.io | INSTALL_RKE2_TYPE=agent sh -\n- systemctl enable rke2-agent\n",
        "services: {a: {image: 'rancher/k3s:v1.30.1-k3s1', command: agent}}\n",
        "services: {a: {image: nginx, command: server}}\n",
        "apiVersion: k3d.io/v1alpha5\nkind: Simple\nservers: 0\n",
    ]);
}

#[test]
fn containers_of_k3s_are_servers_with_the_words_that_they_get() {
    let compose = "services:\n  server:\n    image: rancher/k3s:v1.30.1-k3s1\n    command: server --kube-apiserver-arg=profiling=true --disable=traefik\n    environment:\n    - K3S_TOKEN=abc\n    - K3S_DATASTORE_ENDPOINT=https://e:2379\n  agent:\n    image: rancher/k3s:v1.30.1-k3s1\n    command: [agent]\n";
    let cluster = resolved(compose, None);
    shared::holds(
        &cluster,
        &[
            ("profiling", "true", "written"),
            ("anonymous-auth", "false", "k3s"),
            ("etcd-servers", "[https://e:2379]", "made"),
        ],
    );
    let component = server(&cluster).component();
    assert_eq!((component.instance.as_str(), component.release.to_string().as_str()), ("server", "1.30.1-k3s1"));
    let pod = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: inner}\nspec:\n  template:\n    spec:\n      containers:\n      - image: rancher/k3s:v1.29.0-k3s1\n        command: [/bin/k3s]\n        args: [server, '--kube-apiserver-arg=anonymous-auth=true']\n";
    wanted(&[(pod, &[("anonymous-auth", "true", "written"), ("profiling", "false", "k3s")])]);
    // A mounted file may say anything.
    let mounted = compose.replace(
        "    environment:",
        "    volumes: ['./config.yaml:/etc/rancher/k3s/config.yaml:ro']\n    environment:",
    );
    wanted(&[(&mounted, &[("profiling", "true", "written"), ("anonymous-auth", "", "unknown")])]);
}

#[test]
fn each_server_of_k3d_gets_the_words_that_its_filters_say() {
    let text = "apiVersion: k3d.io/v1alpha5\nkind: Simple\nmetadata: {name: t}\nservers: 2\nimage: docker.io/rancher/k3s:v1.31.5-k3s1\noptions:\n  k3s:\n    extraArgs:\n    - arg: --kube-apiserver-arg=profiling=true\n      nodeFilters: [server:*]\n    - arg: --kube-apiserver-arg=v=5\n      nodeFilters: ['server:1']\n    - arg: --kubelet-arg=v=1\n      nodeFilters: [agent:*]\n";
    let cluster = resolved(text, None);
    let seen: Vec<_> = cluster
        .apiservers
        .iter()
        .map(|server| (server.component().instance.clone(), set(server, "profiling").0, set(server, "v").0))
        .collect();
    let one = |name: &str, v: &str| (name.to_owned(), "true".to_owned(), v.to_owned());
    assert_eq!(seen, [one("k3d-t-server-0", "0"), one("k3d-t-server-1", "5")]);
}
