//! Definitions of machines: what they have written must read as if it lay on the machine, with places in the definition.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod shared;

use model::{EvidenceId, Kind, Plane, Reading};
use portcullis_facts::{Redactor, apiserver::ApiServer, configuration::FileKind, recognise};
use shared::{cluster, together};

fn server(text: &str) -> ApiServer {
    shared::server(&cluster(text)).clone()
}

fn reading(server: &ApiServer, flag: &str) -> Reading {
    server.component().setting(flag).expect("a flag").in_force().expect("a value").clone()
}

/// The value of a flag and what its origin points at in the text.
fn seen<'a>(text: &'a str, server: &ApiServer, flag: &str) -> (String, &'a str) {
    let reading = reading(server, flag);
    let span = reading.origin.location().expect("a place").span.expect("a span");
    (reading.value.clone(), &text[span.range()])
}

const UNIT: &str = "/etc/systemd/system/kube-apiserver.service";

#[test]
fn every_format_has_its_files_read_in_place() {
    let escaped =
        r#"[Service]\nExecStart=/usr/bin/kube-apiserver \\\n --profiling=false \\\n --anonymous-auth=\"false\"\n"#;
    let percent = "data:,apiVersion%3A%20v1%0Akind%3A%20Pod%0Aspec%3A%0A%20%20containers%3A%0A%20%20-%20command%3A%20%5Bkube-apiserver%2C%20--profiling%3Dfalse%5D%0A";
    let word = "--profiling=false";
    for (text, at) in [
        (
            format!(
                "#cloud-config\nwrite_files:\n- path: {UNIT}\n  content: |\n    [Service]\n    ExecStart=kube-apiserver --v=2 \\\n      --profiling=false\n"
            ),
            word,
        ),
        (
            "#cloud-config\ncoreos:\n  units:\n  - name: kube-apiserver.service\n    drop-ins:\n    - name: 10.conf\n      content: |\n        [Service]\n        Environment=P=false\n    content: |\n      [Service]\n      ExecStart=kube-apiserver --profiling=${P}\n"
                .to_owned(),
            "--profiling=${P}",
        ),
        (
            "#cloud-config\nwrite_files:\n- path: /etc/kubernetes/manifests/x.yaml\n  content: |\n    kind: Pod\n    apiVersion: v1\n    spec:\n      containers:\n      - command: [kube-apiserver, --profiling=false]\n"
                .to_owned(),
            word,
        ),
        (
            "#cloud-config\nwrite_files:\n- path: /run/kubeadm/kubeadm.yaml\n  content: |\n    apiVersion: kubeadm.k8s.io/v1beta3\n    kind: ClusterConfiguration\n    ---\n    apiVersion: kubeadm.k8s.io/v1beta3\n    kind: ClusterConfiguration\n    apiServer:\n      extraArgs:\n        profiling: \"false\"\n"
                .replace("kind: ClusterConfiguration\n    ---", "kind: InitConfiguration\n    ---"),
            "\"false\"",
        ),
        (format!(r#"{{"ignition": {{"version": "3.4.0"}}, "systemd": {{"units": [{{"name": "kube-apiserver.service", "contents": "{escaped}"}}]}}}}"#), word),
        (
            format!(
                r#"{{"ignition": {{"version": "3.4.0"}}, "storage": {{"files": [{{"path": "/etc/kubernetes/manifests/a.yaml", "contents": {{"source": "{percent}"}}}}]}}}}"#
            ),
            "--profiling%3Dfalse",
        ),
        (
            "variant: fcos\nversion: 1.5.0\nstorage:\n  files:\n  - path: /etc/kubernetes/manifests/a.yaml\n    contents:\n      inline: |\n        spec:\n          containers:\n          - command: [kube-apiserver, --profiling=false]\n"
                .to_owned(),
            word,
        ),
        (
            "Content-Type: multipart/mixed; boundary=\"=b=\"\nMIME-Version: 1.0\n\n--=b=\nContent-Type: text/x-shellscript\n\n#!/bin/sh\n\n--=b=\nContent-Type: text/cloud-config; charset=\"us-ascii\"\n\n#cloud-config\nwrite_files:\n- path: /etc/kubernetes/manifests/x.yaml\n  content: |\n    spec:\n      containers:\n      - command: [kube-apiserver, --profiling=false]\n\n--=b=--\n"
                .to_owned(),
            word,
        ),
    ] {
        assert_eq!(seen(&text, &server(&text), "profiling"), ("false".to_owned(), at), "{text}");
    }
    // In base64 no byte has a place of its own: `spec: {containers: [{command: [kube-apiserver, --profiling=false]}]}`.
    let code = "c3BlYzoge2NvbnRhaW5lcnM6IFt7Y29tbWFuZDogW2t1YmUtYXBpc2VydmVyLCAtLXByb2ZpbGluZz1mYWxzZV19XX0K";
    let text = format!("write_files:\n- {{path: /etc/kubernetes/manifests/a.yaml, encoding: b64, content: {code}}}\n");
    assert_eq!(seen(&text, &server(&text), "profiling"), ("false".to_owned(), code));
}

#[test]
fn a_flag_finds_the_file_that_is_written_beside_it() {
    let config =
        "apiVersion: apiserver.config.k8s.io/v1beta1\nkind: AuthenticationConfiguration\nanonymous: {enabled: false}\n";
    let indented = config.replace('\n', "\n    ");
    for (manifest, path, found) in [
        (
            "spec: {{volumes: [{{name: k, hostPath: {{path: /srv/k}}}}], containers: [{{image: 'kube-apiserver:v1.32.0', volumeMounts: [{{name: k, mountPath: /etc/k}}], command: [kube-apiserver, --authentication-config=/etc/k/authn.yaml]}}]}}",
            "/srv/k/authn.yaml",
            true,
        ),
        (
            "spec: {{volumes: [{{name: k, hostPath: {{path: /srv/k}}}}], containers: [{{image: 'kube-apiserver:v1.32.0', volumeMounts: [{{name: k, mountPath: /etc/k}}], command: [kube-apiserver, --authentication-config=/etc/k/authn.yaml]}}]}}",
            "/etc/k/authn.yaml",
            false,
        ),
        (
            "[Service]\n    ExecStart=docker run -v /srv/k:/etc/k kube-apiserver:v1.32.0 kube-apiserver --authentication-config=/etc/k/authn.yaml",
            "/srv/k/authn.yaml",
            true,
        ),
    ] {
        let manifest = manifest.replace("{{", "{").replace("}}", "}");
        let text = format!(
            "#cloud-config\nwrite_files:\n- path: {UNIT}\n  content: |\n    {manifest}\n- path: {path}\n  content: |\n    {indented}\n"
        );
        let server = server(&text);
        // The file alone says that requests without credentials are refused.
        let anonymous = server.anonymous();
        assert_eq!(anonymous.is_ok_and(|anonymous| !anonymous.enabled), found, "{text}");
    }
}

#[test]
fn a_file_in_a_string_is_read_with_its_places() {
    let config = "apiVersion: apiserver.config.k8s.io/v1beta1\nkind: AuthenticationConfiguration\nanonymous:\n  enabled: false\n";
    let percent = |text: &str| text.replace(' ', "%20").replace('\n', "%0A").replace('"', "%22");
    let escaped = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let ignition = |contents: &str| {
        let unit = "[Service]\\nExecStart=docker run -v /srv/k:/etc/k kube-apiserver:v1.32.0 kube-apiserver --authentication-config=/etc/k/authn.yaml\\n";
        format!(
            r#"{{"ignition": {{"version": "3.4.0"}}, "storage": {{"files": [{{"path": "/srv/k/authn.yaml", "contents": {contents}}}]}}, "systemd": {{"units": [{{"name": "kube-apiserver.service", "contents": "{unit}"}}]}}}}"#
        )
    };
    let quoted = config.replace("false", "false # \"never\"");
    for (text, spelt) in [
        (ignition(&format!(r#"{{"source": "data:,{}"}}"#, percent(config))), "false"),
        (ignition(&format!(r#"{{"source": "data:text/plain;charset=utf-8,{}"}}"#, percent(config))), "false"),
        (ignition(&format!(r#"{{"inline": "{}"}}"#, escaped(config))), "false"),
        // What is escaped in a comment changes nothing of what is read.
        (ignition(&format!(r#"{{"inline": "{}"}}"#, escaped(&quoted))), "false"),
    ] {
        let server = server(&text);
        let anonymous = server.anonymous().expect("it is read");
        let span = anonymous.origin.location().expect("a place").span.expect("a span");
        assert!(!anonymous.enabled, "{text}");
        assert_eq!(&text[span.range()], spelt, "{text}");
    }
    // Where an escape stands in a value, the letters have no places that read the same.
    let odd = config.replace("false", "\"fal\\x73e\"");
    let server = server(&ignition(&format!(r#"{{"inline": "{}"}}"#, escaped(&odd))));
    assert!(server.anonymous().is_err());
}

#[test]
fn what_cannot_be_looked_into_is_said_and_never_passed() {
    let manifest = "path: /etc/kubernetes/manifests/kube-apiserver.yaml";
    let pod = "content: 'spec: {containers: [{command: [kube-apiserver, --profiling=false]}]}'";
    for text in [
        format!("#cloud-config\nwrite_files:\n- {manifest}\n  encoding: gz+b64\n  content: H4sIAAAAAAAA\n"),
        format!("#cloud-config\nwrite_files:\n- {manifest}\n  append: true\n  {pod}\n"),
        format!("#cloud-config\nwrite_files:\n- {manifest}\n  {pod}\n- {manifest}\n  append: true\n  content: x\n"),
        format!(
            "#cloud-config\nwrite_files:\n- {manifest}\n  {pod}\nruncmd:\n- [sed, -i, s/a/b/, /etc/kubernetes/manifests/kube-apiserver.yaml]\n"
        ),
        format!(
            "ignition: {{version: 3.4.0, config: {{merge: [{{source: 'https://x/y'}}]}}}}\nstorage:\n  files:\n  - {manifest}\n    contents: {{inline: 'spec: {{containers: [{{command: [kube-apiserver, --profiling=false]}}]}}'}}\n"
        ),
    ] {
        let server = server(&text);
        for flag in ["profiling", "anonymous-auth"] {
            assert!(server.component().setting(flag).expect(flag).in_force().is_err(), "{flag}: {text}");
        }
    }
    // A command that only starts it changes nothing.
    let text = format!("#cloud-config\nwrite_files:\n- {manifest}\n  {pod}\nruncmd:\n- systemctl start kubelet\n");
    assert_eq!(reading(&server(&text), "profiling").value, "false");
}

#[test]
fn a_file_that_a_flag_names_is_read_from_base64_and_gzip() {
    // A policy of one rule that keeps metadata of everything.
    let plain = "YXBpVmVyc2lvbjogYXVkaXQuazhzLmlvL3YxCmtpbmQ6IFBvbGljeQpydWxlczoKLSBsZXZlbDogTWV0YWRhdGEK";
    let packed = "H4sIAAAAAAAC/0ssyAxLLSrOzM+zUkgsTcks0cu2KNbLzNcvM+TKzsxLsVIIyM/JTK7kKirNSS224tJVyEktS82xUvBNLUlMSSxJ5AIA6JANDkIAAAA=";
    let unit =
        format!("path: {UNIT}, content: \"[Service]\\nExecStart=kube-apiserver --audit-policy-file=/etc/p.yaml\"");
    let ignition = |url: &str, more: &str| {
        format!(
            "ignition: {{version: 3.4.0}}\nsystemd: {{units: [{{name: kube-apiserver.service, contents: \"[Service]\\nExecStart=kube-apiserver --audit-policy-file=/etc/p.yaml\"}}]}}\nstorage:\n  files:\n  - path: /etc/p.yaml\n    contents: {{{more}source: '{url}'}}\n"
        )
    };
    let cloud = |code: &str, text: &str| {
        format!("write_files:\n- {{{unit}}}\n- {{path: /etc/p.yaml, encoding: {code}, content: {text}}}\n")
    };
    for text in [
        cloud("b64", plain),
        cloud("gz+b64", packed),
        cloud("gzip", packed),
        ignition(&format!("data:;base64,{plain}"), ""),
        ignition(&format!("data:;base64,{packed}"), "compression: gzip, "),
        // In lines, as long ones are written.
        format!(
            "write_files:\n- {{{unit}}}\n- path: /etc/p.yaml\n  encoding: gz+b64\n  content: |\n    {}\n    {}\n",
            &packed[..60],
            &packed[60..]
        ),
    ] {
        let server = server(&text);
        let policy = server.file(FileKind::AuditPolicy).unwrap_or_else(|_| panic!("not read: {text}"));
        assert!(policy.is_some_and(|taken| taken.at.evidence.as_str() == "file!/etc/p.yaml"), "{text}");
    }
    // What is cut off, or is packed otherwise, is not guessed.
    for text in
        [cloud("gz+b64", &packed[..64]), cloud("zstd", packed), ignition("data:;base64,QUJD", "compression: gzip, ")]
    {
        assert!(server(&text).file(FileKind::AuditPolicy).is_err(), "{text}");
    }
}

#[test]
fn no_secret_of_a_packed_file_is_kept() {
    // A kubeconfig with a token, packed with gzip.
    let packed = "H4sIAAAAAAACAystTi0qtuLSVchLzE21UkjkUlAoBQpZAWkFhZL87NQ8K4WM0ryS1CIjKMUFABliD9QzAAAA";
    let text = format!("write_files:\n- {{path: /a/conf, encoding: gz+b64, content: {packed}}}\n");
    let evidence = Redactor::new().evidence(EvidenceId::new("f"), Plane::Declared, Kind::Workload, &text);
    assert!(!evidence.text().expect("a text").contains(&packed[..16]) && !evidence.secrets.is_empty());
}

#[test]
fn no_secret_of_an_embedded_file_is_kept() {
    let secret = "hunter2hunter2";
    let files = [
        ("/a/tokens.csv", format!("{secret},ann,1,system:masters\n")),
        (
            "/a/enc.yaml",
            format!(
                "kind: EncryptionConfiguration\nresources:\n- providers:\n  - aescbc:\n      keys:\n      - name: a\n        secret: {secret}\n"
            ),
        ),
        ("/a/conf", format!("users:\n- name: a\n  user:\n    token: {secret}\n")),
        (
            UNIT,
            format!("[Service]\nEnvironment=A_TOKEN={secret}\nExecStart=kube-apiserver \\\n--etcd-password={secret}\n"),
        ),
        ("/a/key", format!("-----BEGIN RSA PRIVATE KEY-----\n{secret}\n-----END RSA PRIVATE KEY-----\n")),
    ];
    let base64 = |text: &str| {
        let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut code = String::new();
        for part in text.as_bytes().chunks(3) {
            let bits = part.iter().fold(0_u32, |bits, byte| (bits << 8) | u32::from(*byte)) << (8 * (3 - part.len()));
            for at in 0..4 {
                let digit = char::from(digits[(bits >> (18 - 6 * at)) as usize & 63]);
                code.push(if at <= part.len() { digit } else { '=' });
            }
        }
        code
    };
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('\n', "\\n");
    let percent = |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02X}")).collect() };
    for (path, text) in &files {
        for definition in [
            format!("write_files:\n- path: {path}\n  content: |\n    {}\n", text.replace('\n', "\n    ")),
            format!("{{\"write_files\": [{{\"path\": \"{path}\", \"content\": \"{}\"}}]}}", quoted(text)),
            format!("write_files:\n- path: {path}\n  encoding: b64\n  content: {}\n", base64(text)),
            format!("{{\"storage\": {{\"files\": [{{\"contents\": {{\"source\": \"data:,{}\"}}}}]}}}}", percent(text)),
            format!(
                "{{\"storage\": {{\"files\": [{{\"contents\": {{\"source\": \"data:;base64,{}\"}}}}]}}}}",
                base64(text)
            ),
        ] {
            let mut redactor = Redactor::new();
            let evidence = redactor.evidence(EvidenceId::new("f"), Plane::Declared, Kind::Workload, &definition);
            let kept = evidence.text().expect("a text");
            assert_eq!(kept.len(), definition.len());
            assert!(!evidence.secrets.is_empty(), "{definition}");
            for spelt in [secret.to_owned(), percent(secret), base64(text)] {
                assert!(!kept.contains(&spelt), "{kept}");
            }
        }
    }
}

#[test]
fn a_definition_that_was_made_to_hurt_is_cut_short() {
    let mut text = "#cloud-config\nwrite_files:\n".to_owned();
    for at in 0..3000 {
        text.push_str(&format!(
            "- path: /etc/kubernetes/manifests/{at}.yaml\n  content: 'spec: {{containers: [{{command: [kube-apiserver]}}]}}'\n"
        ));
    }
    assert!(cluster(&text).apiservers.len() <= 16);
    // A definition in a definition is not followed.
    let inner = "write_files:\n    - path: /a\n      content: 'spec: {containers: [{command: [kube-apiserver]}]}'";
    let nested = format!("#cloud-config\nwrite_files:\n- path: /b\n  content: |\n    {inner}\n");
    assert_ne!(recognise(nested.as_bytes()).kind, Kind::Workload);
}

#[test]
fn a_config_map_holds_files_of_any_kind() {
    let pod = "kind: ConfigMap\ndata:\n  a.yaml: |\n    spec:\n      containers:\n      - command: [kube-apiserver, --profiling=false]\n";
    assert_eq!(seen(pod, &server(pod), "profiling"), ("false".to_owned(), "--profiling=false"));
    let kubeadm = "kind: ConfigMap\ndata:\n  ClusterConfiguration: |\n    apiVersion: kubeadm.k8s.io/v1beta3\n    kind: ClusterConfiguration\n    apiServer: {extraArgs: {profiling: \"false\"}}\n";
    assert_eq!(seen(kubeadm, &server(kubeadm), "profiling"), ("false".to_owned(), "\"false\""));
    // As kubeadm keeps it in kube-public.
    let text = "apiVersion: v1\nkind: ConfigMap\ndata:\n  kubeconfig: |\n    clusters:\n    - cluster: {server: 'http://a'}\n    contexts: []\n    users: [{name: a, user: {token: hunter2}}]\n";
    let recognised = recognise(text.as_bytes());
    assert_eq!(recognised.kind, Kind::Kubeconfig);
    let configs = together(None, &[("cm", text)]);
    assert!(!configs.evidence[0].text().expect("a text").contains("hunter2"));
    let configs = configs.kubeconfigs;
    assert_eq!(configs[0].name, "cm (kubeconfig)");
    let server = configs[0].endpoints[0].server.as_ref().expect("a server");
    assert_eq!(&text[server.at.span.expect("a span").range()], "'http://a'");
    // A Secret is not looked into.
    assert_eq!(recognise(pod.replace("ConfigMap", "Secret").as_bytes()).kind, Kind::NotOurs);
}

#[test]
fn a_script_writes_what_the_machine_has() {
    let script = "#!/bin/bash
ETCD=https://10.0.0.1:2379
cat > /opt/kube-apiserver.conf <<EOF
OPTS=\"--profiling=false \\\\
--etcd-servers=${ETCD} \\\\
--advertise-address=$(hostname -i)\"
EOF
cat <<'EOF' | sudo tee /etc/kubernetes/audit.yaml
apiVersion: audit.k8s.io/v1
kind: Policy
rules: [{level: Metadata}]
EOF
cat > /etc/systemd/system/kube-apiserver.service <<-EOF
\t[Service]
\tEnvironmentFile=/opt/kube-apiserver.conf
\tExecStart=/usr/bin/kube-apiserver \\$OPTS --audit-policy-file=/etc/kubernetes/audit.yaml
\tEOF
systemctl start kube-apiserver
";
    let read = server(script);
    assert_eq!(read.component().instance, "kube-apiserver");
    assert_eq!(seen(script, &read, "profiling"), ("false".to_owned(), "--profiling=false"));
    let etcd = reading(&read, "etcd-servers");
    assert_eq!(etcd.value, "[https://10.0.0.1:2379]");
    assert!(read.component().setting("advertise-address").expect("a flag").in_force().is_err());
    assert!(read.file(FileKind::AuditPolicy).is_ok_and(|file| file.is_some()), "the policy is read");
    // A command that reaches for the file leaves open what becomes of it.
    let changed = format!("{script}sed -i s/false/true/ /etc/systemd/system/kube-apiserver.service\n");
    assert!(server(&changed).component().setting("profiling").expect("a flag").in_force().is_err());
}

#[test]
fn a_script_that_starts_the_server_itself_is_read() {
    let script = "#!/bin/sh\nD=/opt\nkube-apiserver --version\nnohup $D/kube-apiserver --etcd-servers=http://127.0.0.1:2379 \\\n  --anonymous-auth=$WHO --v=2 >/log 2>&1 &\n";
    let read = server(script);
    assert_eq!(seen(script, &read, "v"), ("2".to_owned(), "--v=2"));
    assert!(read.component().setting("anonymous-auth").expect("a flag").in_force().is_err());
    // Which of two it is, a script does not say.
    let twice = format!("{script}kube-apiserver --etcd-servers=a --v=3\n");
    assert!(server(&twice).component().setting("v").expect("a flag").in_force().is_err());
    for other in [
        "#!/bin/sh\nkube-apiserver --version\n",
        "#!/bin/sh\necho kube-apiserver --etcd-servers=a\n",
        "#!/bin/sh\n# kube-apiserver\n",
    ] {
        assert_ne!(recognise(other.as_bytes()).kind, Kind::Workload, "{other}");
    }
}

#[test]
fn texts_in_other_formats_hold_scripts() {
    let unit = "[Service]\nExecStart=kube-apiserver --etcd-servers=https://a \\\n  --profiling=false\n";
    let terraform = format!("resource \"x\" \"y\" {{\n  content = <<EOT\n{unit}EOT\n}}\n");
    let vagrant =
        format!("$s = <<-SCRIPT\n  cat > /etc/systemd/system/kube-apiserver.service <<EOF\n{unit}EOF\nSCRIPT\n");
    let ansible = "- hosts: a\n  tasks:\n  - block:\n    - copy:\n        dest: /etc/systemd/system/kube-apiserver.service\n        content: |\n          [Service]\n          ExecStart=kube-apiserver --etcd-servers=https://a \\\n            --profiling=false\n";
    for text in [terraform.as_str(), vagrant.as_str(), ansible] {
        let read = server(text);
        assert_eq!(seen(text, &read, "profiling"), ("false".to_owned(), "--profiling=false"), "{text}");
    }
    // A page with examples is prose.
    let page = format!("# How to\n\n```\ncat > /x <<EOF\n{unit}EOF\n```\n");
    assert_eq!(recognise(page.as_bytes()).kind, Kind::NotOurs);
    let manifest =
        "# How to\n\n```yaml\napiVersion: v1\nkind: Pod\nspec: {containers: [{command: [kube-apiserver]}]}\n```\n";
    assert_eq!(recognise(manifest.as_bytes()).kind, Kind::NotOurs);
}
