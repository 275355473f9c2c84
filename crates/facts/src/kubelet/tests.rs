//! What a kubelet is given, by file, by ConfigMap and by what it says of itself.

use model::{Body, Evidence, EvidenceId, GapKind, Kind, Plane};

use super::*;

fn piece(id: &str, plane: Plane, kind: Kind, text: &str) -> Evidence {
    let body = Body::Text(text.into());
    Evidence { id: EvidenceId::new(id), plane, kind, body, secrets: Vec::new(), digest: None }
}

fn file(text: &str) -> Evidence {
    let text = format!("apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n{text}");
    piece("node/var/lib/kubelet/config.yaml", Plane::Declared, Kind::ConfigFile, &text)
}

fn answer(node: &str, path: &str, text: &str) -> Evidence {
    let kind = if path == "configz" { Kind::Configz } else { Kind::Flagz };
    piece(&format!("https://c/api/v1/nodes/{node}/proxy/{path}"), Plane::Running, kind, text)
}

fn nodes(nodes: &[(&str, &str)]) -> Evidence {
    let item = |(name, version): &(&str, &str)| {
        format!(r#"{{"metadata":{{"name":"{name}"}},"status":{{"nodeInfo":{{"kubeletVersion":"{version}"}}}}}}"#)
    };
    let items: Vec<String> = nodes.iter().map(item).collect();
    let text = format!(r#"{{"kind":"NodeList","items":[{}]}}"#, items.join(","));
    piece("https://c/api/v1/nodes", Plane::Running, Kind::Objects, &text)
}

fn of(evidence: &[Evidence], version: &str) -> Vec<Kubelet> {
    let version = Some(version).filter(|text| !text.is_empty()).map(|text| text.parse().expect("a version"));
    resolve(evidence, &Trees::default(), Some("node"), &Options { version, ..Options::default() }, None)
}

fn said(kubelet: &Kubelet, name: &str) -> String {
    match kubelet.get(name) {
        Ok(reading) => format!("{} {}", reading.origin.name(), reading.in_force()),
        Err(Unanswered::Gap(gap)) => format!("gap: {}", gap.reason),
        Err(Unanswered::NotApplicable(reason)) => format!("none: {reason}"),
    }
}

#[test]
fn a_file_means_what_the_release_makes_of_it() {
    let text = "authentication:\n  anonymous: {enabled: true}\nstreamingConnectionIdleTimeout: 0s\ntlsCipherSuites: [A, B]\n\
                featureGates: {W: false, X: true}\nstaticPodPath: ''\n";
    let found = of(&[file(text)], "1.26.3");
    let [kubelet] = &found[..] else { panic!("one kubelet") };
    assert_eq!(kubelet.component().instance, "/var/lib/kubelet/config.yaml");
    for (name, expected) in [
        ("authentication.anonymous.enabled", "written true"),
        ("authentication.webhook.enabled", "default true"),
        ("authorization.mode", "default Webhook"),
        ("readOnlyPort", "default 0"),
        // A file has it from 1.16 on, and before that nobody but a flag sets it.
        ("allowedUnsafeSysctls", "default []"),
        // Zero is as good as nothing.
        ("streamingConnectionIdleTimeout", "written 4h0m0s"),
        ("tlsCipherSuites", "written [A,B]"),
        ("featureGates", "written W=false,X=true"),
        ("eventRecordQPS", "default 5"),
        ("enableSystemLogQuery", "none: 1.26.3 has no `enableSystemLogQuery`; it is in 1.27 and later"),
        ("hostname-override", "none: 1.26.3 has no `--hostname-override`; it is in every release"),
    ] {
        assert_eq!(said(kubelet, name), expected, "{name}");
    }
    assert_eq!(said(&of(&[file("")], "1.36")[0], "eventRecordQPS"), "default 50");
    assert_eq!(
        said(&of(&[file("")], "")[0], "eventRecordQPS"),
        "gap: `eventRecordQPS` is `5` up to 1.26 and `50` after it"
    );
    assert_eq!(
        said(&of(&[file("")], "1.90")[0], "readOnlyPort").split(';').next(),
        Some("gap: 1.90 is newer than this build knows: 1.36, data of 2026-11-23")
    );
}

#[test]
fn what_a_kubelet_would_not_decode_is_no_value_and_what_it_does_not_know_is_lost() {
    let text = "readOnlyPort: '0'\nauthentication: {anonymous: {enabled: 'false'}}\nrotateCertificates: '{{ rotate }}'\n\
                tlsCipherSuites: A\nauthentification: {}\nauthorization: {modus: AlwaysAllow}\nlogging: {verbosity: 3}\n";
    let found = of(&[file(text)], "1.31.0");
    let kubelet = &found[0];
    assert_eq!(said(kubelet, "readOnlyPort"), "gap: `readOnlyPort` takes an integer, and something else stands there");
    for name in ["authentication.anonymous.enabled", "rotateCertificates", "tlsCipherSuites"] {
        assert!(said(kubelet, name).starts_with("gap: "), "{name}");
    }
    let told: Vec<(&str, bool)> =
        kubelet.component().problems.iter().map(|one| (one.message.as_str(), one.stops)).collect();
    assert!(
        told.contains(&("`authentification` is no field of KubeletConfiguration, so that it does nothing", false)),
        "{told:?}"
    );
    assert!(
        told.contains(&("`authorization.modus` is no field of KubeletConfiguration, so that it does nothing", false)),
        "{told:?}"
    );
    assert!(told.contains(&("`readOnlyPort` takes an integer", true)), "{told:?}");
    assert!(!told.iter().any(|(message, _)| message.contains("logging") || message.contains("rotate")), "{told:?}");
    assert_eq!(kubelet.component().starts, Some(false));
}

#[test]
fn a_config_map_holds_one_and_places_lie_in_it() {
    let yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kubelet-config}\ndata:\n  kubelet: |\n    apiVersion: \
                kubelet.config.k8s.io/v1beta1\n    kind: KubeletConfiguration\n    readOnlyPort: 10255\n";
    let json = format!(
        "{{\"kind\":\"ConfigMap\",\"metadata\":{{\"name\":\"kubelet-config\"}},\"data\":{{\"kubelet\":{:?}}}}}",
        "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nreadOnlyPort: 10255\n"
    );
    for (id, text, name) in [
        ("a.yaml", yaml, "a.yaml (kubelet)"),
        ("https://c/api/v1/namespaces/kube-system/configmaps/kubelet-config", json.as_str(), "kubelet-config"),
    ] {
        let found = of(&[piece(id, Plane::Declared, Kind::ConfigFile, text)], "1.31.0");
        assert_eq!(found[0].component().instance, name);
        let reading = found[0].get("readOnlyPort").expect("known");
        let span = reading.origin.location().and_then(|at| at.span).expect("a place");
        assert_eq!(&text[span.range()], "10255", "{id}");
    }
    assert_eq!(crate::recognise(yaml.as_bytes()).kind, Kind::ConfigFile);
    assert_eq!(crate::recognise(b"kind: KubeletConfiguration\na: 1\n").kind, Kind::NotOurs);
}

#[test]
fn kubeadm_fills_in_what_its_users_leave_out() {
    let text = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\n---\napiVersion: kubelet.config.k8s.io/v1beta1\n\
                kind: KubeletConfiguration\nhealthzPort: 0\n";
    let found = of(&[piece("kubeadm.yaml", Plane::Declared, Kind::ConfigFile, text)], "1.31.0");
    assert_eq!(said(&found[0], "authentication.x509.clientCAFile"), "default /etc/kubernetes/pki/ca.crt");
    assert_eq!(said(&found[0], "healthzPort"), "written 0");
    assert_eq!(said(&of(&[file("")], "1.31.0")[0], "authentication.x509.clientCAFile"), "default ");
}

#[test]
fn what_a_kubelet_says_comes_before_what_is_declared() {
    let configz = r#"{"kubeletconfig":{"port":10250,"authentication":{"anonymous":{"enabled":true},"x509":{}},"readOnlyPort":"many"}}"#;
    let map = "{\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"kubelet-config\"},\"data\":{\"kubelet\":\"apiVersion: \
               kubelet.config.k8s.io/v1beta1\\nkind: KubeletConfiguration\\nauthentication: {anonymous: {enabled: false}}\\n\"}}";
    let declared = piece(
        "https://c/api/v1/namespaces/kube-system/configmaps/kubelet-config",
        Plane::Declared,
        Kind::ConfigFile,
        map,
    );
    let mut evidence = vec![answer("n1", "configz", configz), declared, nodes(&[("n1", "v1.33.4"), ("n2", "v1.32.0")])];
    let found = of(&evidence, "");
    let [kubelet] = &found[..] else { panic!("one kubelet") };
    assert_eq!(
        (kubelet.component().instance.as_str(), kubelet.component().release.to_string().as_str()),
        ("n1", "1.33.4")
    );
    let setting = kubelet.component().setting("authentication.anonymous.enabled").expect("there");
    let values: Vec<_> = setting.readings.iter().flatten().map(|one| (one.plane, one.value.as_str())).collect();
    assert_eq!(values, [(Plane::Running, "true"), (Plane::Declared, "false")]);
    // Empty and without a default it is left out; with one of its own it would be there.
    assert_eq!(said(kubelet, "authentication.x509.clientCAFile"), "reported ");
    assert_eq!(said(kubelet, "tlsMinVersion"), "reported VersionTLS12");
    assert!(
        said(kubelet, "authorization.mode").starts_with("gap: the kubelet of `n1` does not list `authorization.mode`")
    );
    assert!(said(kubelet, "readOnlyPort").starts_with("gap: `readOnlyPort` takes an integer"));
    // A flag that a field stands for is not the kubelet's, whatever `/flagz` shows; one that none does is.
    evidence.push(answer("n1", "flagz", "anonymous-auth=false\nhostname-override=other\nread-only-port=10255\n"));
    let found = of(&evidence, "");
    assert_eq!(said(&found[0], "authentication.anonymous.enabled"), "reported true");
    assert_eq!(said(&found[0], "hostname-override"), "reported other");
    assert!(said(&found[0], "readOnlyPort").starts_with("gap: "));

    let refused =
        Gap { kind: GapKind::Unread, reason: "no".to_owned(), wanted: String::new(), who_could_answer: String::new() };
    evidence[0].body = Body::Unread(refused);
    let found = of(&evidence, "");
    assert_eq!(
        said(&found[0], "authentication.anonymous.enabled"),
        "gap: no; what is declared says that `authentication.anonymous.enabled` is `false`"
    );
    // Where there is no such path, what is declared is the nearest.
    evidence[0].body = Body::Missing;
    assert_eq!(said(&of(&evidence, "")[0], "authentication.anonymous.enabled"), "written false");
}

#[test]
fn an_answer_that_is_no_configuration_says_nothing() {
    for text in [
        "",
        "[]",
        "<html>",
        "{}",
        "{\"kubeletconfig\":{}}",
        "{\"kubeletconfig\":[1]}",
        "{\"kubeletconfig\":{\"a\":1}}",
        "{\"kubeletconfig\": {\"port\": 1",
    ] {
        let found = of(&[answer("n1", "configz", text)], "1.33.0");
        assert!(found[0].component().settings.iter().all(|setting| setting.nearest().is_err()), "{text}");
    }
}

#[test]
fn the_table_is_in_order_and_its_defaults_print() {
    for flag in &KUBELET.flags {
        for minor in KUBELET.minors().map(Version::of_minor) {
            if let Ok(default) = flag.default(&minor) {
                let _ = printed(flag, default.value, &minor);
            }
        }
    }
    assert_eq!(
        KUBELET
            .find("readOnlyPort")
            .and_then(|flag| flag.without_file(&"1.31".parse().ok()?).ok())
            .map(|one| one.value),
        Some("10255")
    );
    assert!(KUBELET.flags.iter().filter(|flag| flag.is_a_field()).count() > 100);
}
