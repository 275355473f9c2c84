//! What is cut, what stays, and what is kept of a secret.

use model::{Nature, PrivateKey, Strength};

use super::*;

fn redacted(text: &str) -> String {
    Redactor::new().cut(text).0.into_owned()
}

#[test]
fn what_a_script_writes_keeps_no_secret() {
    let script = |inner: &str| format!("#!/bin/sh\nkube-apiserver --etcd-servers=a\n{inner}");
    for (inner, expected) in [
        ("cat > /e.yaml <<EOF\nkeys: [{name: a, secret: QUFBQQ==}]\nEOF\n", "secret: ********"),
        ("cat > /t.csv <<EOF\nabcdef,kubelet,1,\"g\"\nEOF\n", "\n******,kubelet"),
        ("echo \"abcdef,kubelet,1\" > /t.csv\n", "\"******,kubelet"),
        ("db_password='abc'\n", "db_password='***'"),
        ("export api_token=abc\n", "api_token=***"),
        ("token=$(head -c 16 /dev/urandom)\n", "token=$(head"),
    ] {
        let text = redacted(&script(inner));
        assert!(text.contains(expected), "{text}");
    }
    let launch = "version: 0.2.0\npersistentClusterToken: abc\njoin: {url: 10.0.0.1:25000/abc/def}\n";
    assert!(!redacted(launch).contains("abc"), "{}", redacted(launch));
}

#[test]
fn secrets_become_stars_of_the_same_length() {
    for (text, expected) in [
        ("keys: [{name: a, secret: QUFBQQ==}]", "keys: [{name: a, secret: ********}]"),
        ("token: \"abc\" # why", "token: \"***\" # why"),
        // A condition is no table, and what is cut of it would no longer compile.
        (
            "name: token\nexpression: |\n  a in ['b', 'c', 'd']\n",
            "name: token\nexpression: |\n  a in ['b', 'c', 'd']\n",
        ),
        (
            "name: token\nexpression: >\n  has(a.token) ? a.token\n  : 'b'\n",
            "name: token\nexpression: >\n  has(a.token) ? a.token\n  : 'b'\n",
        ),
        ("name: token\ntable: |\n  abc,user,1\n", "name: token\ntable: |\n  ***,user,1\n"),
        ("kind: Secret\ndata:\n  a: Zm9v\n", "kind: Secret\ndata:\n  a: ****\n"),
        ("env: [{name: DB_PASSWORD, value: hunter2}]", "env: [{name: DB_PASSWORD, value: *******}]"),
        // Arguments as pairs: a flag about tokens holds none.
        (
            "[{name: token-auth-file, value: /t.csv}, {name: service-account-extend-token-expiration, value: 'false'}]",
            "[{name: token-auth-file, value: /t.csv}, {name: service-account-extend-token-expiration, value: 'false'}]",
        ),
        (
            "[{name: concurrent-serviceaccount-token-syncs, value: 5}, {name: my-token, value: abc}, {name: secret-key, value: abc}]",
            "[{name: concurrent-serviceaccount-token-syncs, value: 5}, {name: my-token, value: ***}, {name: secret-key, value: ***}]",
        ),
        ("url: https://me:pw@host/x", "url: https://me:**@host/x"),
        ("- --etcd-password=hunter2", "- --etcd-password=*******"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\n  MIIE\n-----END RSA PRIVATE KEY-----",
            "-----BEGIN RSA PRIVATE KEY-----\n  ****\n-----END RSA PRIVATE KEY-----",
        ),
        ("secret:\n  secretName: kept", "secret:\n  secretName: kept"),
        ("- --token-auth-file=/etc/tokens.csv", "- --token-auth-file=/etc/tokens.csv"),
        ("ETCD_PASSWORD='a b'\nB=c", "ETCD_PASSWORD='***'\nB=c"),
        ("Environment=\"A_SECRET=a b\" B=c", "Environment=\"A_SECRET=***\" B=c"),
        ("X_TOKEN=--token-auth-file=a", "X_TOKEN=--token-auth-file=a"),
        ("password: |\n  a\n  b\n", "password: |\n  *\n  *\n"),
        // Definitions of clusters: `-----BEGIN EC PRIVATE KEY-----` and `-----BEGIN CERTIFICATE-----` in base64.
        (
            "ca: {crt: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1J, key: LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFWS0tLS0tCk1J}",
            "ca: {crt: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1J, key: ********************************************}",
        ),
        (
            "cluster: {secretboxEncryptionSecret: QUFB, id: kept}",
            "cluster: {secretboxEncryptionSecret: ****, id: kept}",
        ),
        ("env: {API_TOKEN: abc, TOKEN_FILE: /a}", "env: {API_TOKEN: ***, TOKEN_FILE: /a}"),
        ("kubeadm_token: abc\nkube_token_auth: true", "kubeadm_token: ***\nkube_token_auth: true"),
        ("kube_encrypt_token: \"{{ lookup('x') }}\"", "kube_encrypt_token: \"{{ lookup('x') }}\""),
        ("auth: {username: a, auth: YWI6Y2Rl, x: token}", "auth: {username: a, auth: ********, x: token}"),
        ("content: |\n  keys: [{secret: QUFBQQ==}]\n  a: b\n", "content: |\n  keys: [{secret: ********}]\n  a: b\n"),
        ("content: \"a: |\\n  token: abc\\n  b: c\"", "content: \"a: |\\n  token: ***\\n  b: c\""),
        ("c: |\n  d: |\n    token: abc\n", "c: |\n  d: |\n    token: ***\n"),
        // Files in a definition of a machine: escaped, in a URL, in base64 (`token: abc`, `v: 1`), as a table.
        (
            r#"{"contents": "ExecStart=k \\\n--etcd-password=a\tb --v=2\nE_TOKEN=é"}"#,
            r#"{"contents": "ExecStart=k \\\n--etcd-password=*\tb --v=2\nE_TOKEN=**"}"#,
        ),
        (r#"{"a": "k: v\ntoken: \"ab\"\nb: c\n"}"#, r#"{"a": "k: v\ntoken: \"**\"\nb: c\n"}"#),
        (
            r#"contents: {source: "data:,a%3A%20b%0Atoken%3A%20abc%0Ac%3A%20d"}"#,
            r#"contents: {source: "data:,a%3A%20b%0Atoken%3A%20***%0Ac%3A%20d"}"#,
        ),
        ("content: dG9rZW46IGFiYw==\nencoding: b64\n", "content: ****************\nencoding: b64\n"),
        ("content: djogMQ==\nencoding: b64\n", "content: djogMQ==\nencoding: b64\n"),
        ("content: H4sIAAAAAAAA\nencoding: gz+b64\n", "content: ************\nencoding: gz+b64\n"),
        ("contents: {source: 'data:;base64,dG9rZW46IGFiYw=='}", "contents: {source: '*****************************'}"),
        ("content: |\n  abc,ann,1\n  de,bob,2\n", "content: |\n  ***,ann,1\n  **,bob,2\n"),
        ("content: \"abc,ann,1\\nde,bob,2\"", "content: \"***,ann,1\\n**,bob,2\""),
        ("- kubeadm join --token abcdef.0123456789abcdef", "- kubeadm join --token ***********************"),
        // Parts of user data are texts of their own; an encoded one goes as a whole.
        (
            "Content-Type: multipart/mixed; boundary=\"b\"\nMIME-Version: 1.0\n\n--b\n\
             Content-Type: text/cloud-config\n\nusers:\n- passwd: \"a: b\"\n  name: ann\n\
             write_files:\n- content: |\n    token: abc\n--b\nContent-Type: text/x-shellscript\n\
             Content-Transfer-Encoding: base64\n\nZWNobyBhCg==\n--b--\n",
            "Content-Type: multipart/mixed; boundary=\"b\"\nMIME-Version: 1.0\n\n--b\n\
             Content-Type: text/cloud-config\n\nusers:\n- passwd: \"****\"\n  name: ann\n\
             write_files:\n- content: |\n    token: ***\n--b\nContent-Type: text/x-shellscript\n\
             Content-Transfer-Encoding: base64\n\n************\n--b--\n",
        ),
        ("chpasswd:\n  list: |\n    a:b\n", "chpasswd:\n  list: |\n    ***\n"),
    ] {
        let seen = redacted(text);
        assert_eq!(seen.len(), text.len(), "{text}");
        assert_eq!(seen.replace(' ', ""), expected.replace(' ', ""), "{text}");
    }
}

#[test]
fn flags_that_hold_secrets_are_cut_in_any_form() {
    for (text, expected) in [
        ("ir-password=hunter2\nir-user=me\n", "ir-password=*******\nir-user=me\n"),
        (
            r#"{"flags":{"ir-password":"hunter2","service-account-max-token-expiration":"0s","etcd-servers":"[https://a:pw@b]"}}"#,
            r#"{"flags":{"ir-password":"*******","service-account-max-token-expiration":"0s","etcd-servers":"[https://a:**@b]"}}"#,
        ),
    ] {
        let id = EvidenceId::new("https://h/flagz");
        let seen = Redactor::new().evidence(id, Plane::Running, Kind::Flagz, text);
        assert_eq!(seen.text().map(|text| &**text), Some(expected));
    }
}

#[test]
fn the_tokens_of_a_table_go_and_the_names_stay() {
    for (text, expected) in [
        ("abc,ann,1\r\nde,bob,2,\"x,y\"\n", "***,ann,1\r\n**,bob,2,\"x,y\"\n"),
        ("\"a,\"\"b\",ann,1\n\n,bob,2", "\"**\"\"*\",ann,1\n\n,bob,2"),
        ("lonely", "******"),
    ] {
        let want = Want { id: EvidenceId::new("t"), host_path: "/t".to_owned(), contents: Contents::Tokens };
        let seen = Redactor::new().wanted(&want, Plane::Declared, text);
        assert_eq!(seen.text().map(|text| &**text), Some(expected));
    }
}

#[test]
fn equal_secrets_share_a_number() {
    let mut redactor = Redactor::new();
    let secrets = redactor.cut("a: {secret: QUFBQQ==}\nb: {secret: QUFBQg==}\nc: {secret: QUFBQQ==}").1;
    let groups: Vec<_> = secrets.iter().map(|secret| secret.group).collect();
    assert_eq!(groups, [0, 1, 0]);
    assert!(secrets.iter().all(|secret| secret.decoded == Some(4)));
}

#[test]
fn what_kind_of_secret_it_was_is_kept() {
    let natures = |text: &str| -> Vec<Option<Nature>> {
        Redactor::new().cut(text).1.into_iter().map(|secret| secret.nature).collect()
    };
    assert_eq!(natures("token: abcdef.0123456789abcdef"), [Some(Nature::BootstrapToken)]);
    assert_eq!(natures("token: '{{ token }}'"), [Some(Nature::Placeholder("{{ token }}".to_owned()))]);
    assert_eq!(natures("token: abc"), [None]);
    // {"sub":"system:serviceaccount:a:b","exp":1} and {"sub":"ann"}
    let account = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQ6YTpiIiwiZXhwIjoxfQ.c2ln";
    let subject = Some("system:serviceaccount:a:b".to_owned());
    assert_eq!(natures(&format!("token: {account}")), [Some(Nature::SignedToken { subject, ends: Some(1) })]);
    let person = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.c2ln";
    assert_eq!(natures(&format!("token: {person}")), [Some(Nature::SignedToken { subject: None, ends: None })]);
    // A key that is no key is one that could not be read; its first line says so.
    let key = "-----BEGIN PRIVATE KEY-----\nAAA1\nAAA1\n-----END PRIVATE KEY-----\n";
    assert_eq!(natures(key), [Some(Nature::PrivateKey(PrivateKey::Unreadable)), None]);
    // Neither is a word where the digits would be, nor digits with something else among them.
    let digits = "A".repeat(64);
    for (body, expected) in [
        ("REDACTED".to_owned(), PrivateKey::Absent),
        ("AAAA".to_owned(), PrivateKey::Unreadable),
        (format!("{digits}\n!!!!"), PrivateKey::Spoilt),
    ] {
        let key = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
        assert_eq!(natures(&key).first(), Some(&Some(Nature::PrivateKey(expected))), "{body}");
    }
}

#[test]
fn the_shape_of_a_secret_tells_what_it_is_worth() {
    for (text, expected) in [
        ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", Strength::Pattern),
        ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", Strength::Pattern),
        // "01234567890123456789012345678901" does not repeat, "0123456789abcdef" twice does.
        ("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", Strength::Pattern),
        ("c2VjcmV0IGlzIHNlY3VyZQ==", Strength::Readable),
        ("YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY=", Strength::Readable),
        ("hA7v0Xq3b9ZkT5sJmUqWc2yPfE8LrN1oGdI4xVtKzRw=", Strength::Plain),
        ("${ENCRYPTION_KEY}", Strength::Placeholder),
        ("<BASE 64 ENCODED SECRET>", Strength::Placeholder),
    ] {
        assert_eq!(strength(text), expected, "{text}");
    }
}

#[test]
fn a_redacted_text_still_parses() {
    let evidence =
        Redactor::new().evidence(EvidenceId::new("a"), Plane::Declared, Kind::ConfigFile, "token: abc\nb: c");
    let text = evidence.text().expect("text").clone();
    assert_eq!(&*text, "token: ***\nb: c");
    assert!(yaml::parse(&parsable(&evidence, &text), &yaml::Limits::default()).faults.is_empty());
}
