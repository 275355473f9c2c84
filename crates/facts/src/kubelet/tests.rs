//! What a kubelet is given, by file, by ConfigMap and by what it says of itself.

use model::{Body, Evidence, EvidenceId, GapKind, Kind, Plane};

use super::*;

fn piece(id: &str, plane: Plane, kind: Kind, text: &str) -> Evidence {
    let body = Body::Text(text.into());
    Evidence::of(EvidenceId::new(id), plane, kind, body)
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
    // Its flags were told, and no configuration stands for them.
    assert_eq!(said(&found[0], "hostname-override"), "reported other");
    // Where there is no such path, what is declared is the nearest.
    evidence[0].body = Body::Missing;
    let found = of(&evidence, "");
    assert_eq!(said(&found[0], "authentication.anonymous.enabled"), "written false");
    assert_eq!(said(&found[0], "hostname-override"), "reported other");
    // Who did not tell its configuration was not asked for its flags; each of them is open, and none of a release without it.
    evidence[0].body = Body::Unread(live::kubelet_gap("n1", "it does not answer"));
    evidence.pop();
    let open = "gap: the kubelet of `n1` could not be asked: it does not answer";
    for name in ["hostname-override", "v"] {
        assert_eq!(said(&of(&evidence, "")[0], name), open, "{name}");
    }
    evidence[0].body = Body::Missing;
    assert_eq!(said(&of(&evidence, "")[0], "hostname-override"), "gap: the kubelet of `n1` serves no /flagz");
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

fn unit(name: &str, text: &str) -> Evidence {
    piece(&format!("node/etc/systemd/system/{name}"), Plane::Declared, Kind::ConfigFile, text)
}

fn at(path: &str, text: &str) -> Evidence {
    piece(&format!("node{path}"), Plane::Declared, Kind::ConfigFile, text)
}

fn drop_in(name: &str, text: &str) -> Evidence {
    let text = format!("apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n{text}");
    at(&format!("/etc/kubernetes/kubelet.conf.d/{name}"), &text)
}

fn problems(kubelet: &Kubelet) -> Vec<&str> {
    kubelet.component().problems.iter().map(|one| one.message.as_str()).collect()
}

#[test]
fn flags_win_over_drop_ins_those_over_the_file_and_that_over_defaults() {
    let line = "[Service]\nExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml \
                --config-dir=/etc/kubernetes/kubelet.conf.d --read-only-port=0 --feature-gates=A=true,B=false \
                --tls-cipher-suites=X,Y --eviction-hard=memory.available<5% --hostname-override=worker-1\n";
    let first = "readOnlyPort: 10255\nevictionSoft: {a: 1Gi}\ntlsCipherSuites: [A]\nfeatureGates: {B: true, C: true}\n\
                 eventRecordQPS: 7\nprotectKernelDefaults: true\nmakeIPTablesUtilChains: false\n";
    let evidence = [
        unit("kubelet.service", line),
        file(first),
        drop_in("20-b.conf", "readOnlyPort: 9\nevictionSoft: {b: 2Gi}\nmakeIPTablesUtilChains: null\n"),
        drop_in("10-a.conf", "readOnlyPort: 8\nallowedUnsafeSysctls: [x]\nprotectKernelDefaults: false\n"),
        // Another ending does not count, and a subfolder does.
        drop_in("30-c.yaml", "eventRecordQPS: 9\n"),
        drop_in("20/z.conf", "readOnlyPort: 7\nregistryBurst: 3\n"),
    ];
    let found = of(&evidence, "1.31.0");
    let [kubelet] = &found[..] else { panic!("one kubelet, not {}", found.len()) };
    assert_eq!(kubelet.component().instance, "worker-1");
    for (name, expected) in [
        ("readOnlyPort", "written 0"),
        ("tlsCipherSuites", "written [X,Y]"),
        ("evictionSoft", "written a=1Gi,b=2Gi"),
        ("evictionHard", "written memory.available=5%"),
        ("allowedUnsafeSysctls", "written [x]"),
        ("protectKernelDefaults", "written false"),
        ("eventRecordQPS", "written 7"),
        ("registryBurst", "written 3"),
        ("makeIPTablesUtilChains", "default true"),
        ("featureGates", "written A=true,B=false,C=true"),
        ("authentication.anonymous.enabled", "default false"),
        ("hostname-override", "written worker-1"),
        ("keep-terminated-pod-volumes", "none: 1.31.0 has no `--keep-terminated-pod-volumes`; it is in 1.6 to 1.30"),
    ] {
        assert_eq!(said(kubelet, name), expected, "{name}");
    }
    let reading = kubelet.get("readOnlyPort").expect("known");
    let lost: Vec<&str> = reading.overrides.iter().map(|(_, value)| value.as_str()).collect();
    assert_eq!(lost, ["9", "7", "8", "10255"]);
    assert!(kubelet.component().outranked.is_none());
    // Up to 1.29 they were merged another way.
    let older = of(&evidence, "1.29.0");
    assert!(
        said(&older[0], "eventRecordQPS").starts_with("gap: how 1.29 merges"),
        "{}",
        said(&older[0], "eventRecordQPS")
    );
    assert_eq!(said(&older[0], "readOnlyPort"), "written 0");
}

#[test]
fn without_a_file_the_defaults_are_those_of_flags() {
    let found = of(&[unit("kubelet.service", "[Service]\nExecStart=/usr/bin/kubelet --v=2\n"), file("")], "1.31.0");
    // The file that nobody names is one by itself.
    assert_eq!(found.len(), 2);
    let kubelet = found.iter().find(|one| one.component().instance == "kubelet").expect("by its unit");
    for (name, expected) in [
        ("authentication.anonymous.enabled", "default true"),
        ("authorization.mode", "default AlwaysAllow"),
        ("readOnlyPort", "default 10255"),
        ("authentication.webhook.enabled", "default false"),
        ("config", "default "),
    ] {
        assert_eq!(said(kubelet, name), expected, "{name}");
    }
}

#[test]
fn a_unit_of_a_package_without_its_drop_ins_says_nothing() {
    let piece = piece("kubelet.service", Plane::Declared, Kind::ConfigFile, "[Service]\nExecStart=/usr/bin/kubelet\n");
    let found = resolve(&[piece], &Trees::default(), None, &Options::default(), None);
    assert!(said(&found[0], "readOnlyPort").starts_with("gap: the unit gives the kubelet no arguments"));
}

const KUBEADM: &str = "[Service]\nEnvironment=\"KUBELET_KUBECONFIG_ARGS=--kubeconfig=/etc/kubernetes/kubelet.conf\"\n\
    Environment=\"KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml\"\n\
    EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env\nEnvironmentFile=-/etc/default/kubelet\nExecStart=\n\
    ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS\n";

#[test]
fn the_drop_in_of_kubeadm_is_followed() {
    let none = |path: &str| Evidence { body: Body::Missing, ..at(path, "") };
    let mut evidence = vec![
        unit("kubelet.service", "[Service]\nExecStart=/usr/bin/kubelet\n"),
        unit("kubelet.service.d/10-kubeadm.conf", KUBEADM),
        file("readOnlyPort: 10255\n"),
        at(
            "/var/lib/kubelet/kubeadm-flags.env",
            "KUBELET_KUBEADM_ARGS=\"--anonymous-auth=true --network-plugin=cni\"\n",
        ),
        none("/etc/default/kubelet"),
    ];
    let found = of(&evidence, "1.24.0");
    let [kubelet] = &found[..] else { panic!("one kubelet, not {}", found.len()) };
    assert_eq!(said(kubelet, "readOnlyPort"), "written 10255");
    assert_eq!(said(kubelet, "authentication.anonymous.enabled"), "written true");
    let place =
        kubelet.get("authentication.anonymous.enabled").expect("known").origin.location().expect("a place").clone();
    assert_eq!(place.evidence.as_str(), "node/var/lib/kubelet/kubeadm-flags.env");
    assert!(problems(kubelet).iter().any(|one| one.starts_with("`--network-plugin` was removed in 1.24")));

    // Words that nobody has seen may set anything, and the gap says what the file has.
    let gap =
        Gap { kind: GapKind::Unread, reason: "no".to_owned(), wanted: String::new(), who_could_answer: String::new() };
    evidence[4].body = Body::Unread(gap.clone());
    let found = of(&evidence, "1.24.0");
    assert_eq!(found.len(), 2, "the kubelet, and the file that it may be given");
    for kubelet in &found {
        for name in ["authentication.anonymous.enabled", "readOnlyPort", "eventRecordQPS"] {
            assert!(said(kubelet, name).starts_with("gap: no"), "{name}: {}", said(kubelet, name));
        }
    }
    // So may a unit that could not be read.
    let found =
        of(&[Evidence { body: Body::Unread(gap), ..unit("kubelet.service", "") }, file("readOnlyPort: 1\n")], "1.24.0");
    assert_eq!(said(&found[0], "readOnlyPort"), "gap: no; what is declared says that `readOnlyPort` is `1`");
}

#[test]
fn a_flag_of_long_ago_is_no_file() {
    let line = "[Service]\nExecStart=/usr/bin/kubelet --api-servers=http://a:8080 --config=/etc/kubernetes/manifests\n";
    let found = of(&[unit("kubelet.service", line)], "");
    assert_eq!(found[0].component().release.to_string(), "1.5 to 1.7");
    assert!(!problems(&found[0]).iter().any(|one| one.starts_with("no release")), "{:?}", problems(&found[0]));
    assert_eq!(said(&of(&[unit("kubelet.service", line)], "1.5.0")[0], "readOnlyPort"), "default 10255");
    assert!(problems(&of(&[unit("kubelet.service", line)], "1.5.0")[0]).iter().all(|one| !one.contains("--config")));
}

#[test]
fn a_file_that_is_named_and_is_none_stops_the_kubelet() {
    let line = unit("kubelet.service", "[Service]\nExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml\n");
    let missing = Evidence { body: Body::Missing, ..file("") };
    let other = at("/var/lib/kubelet/config.yaml", "a: 1\n");
    for (file, what) in [(missing, "does not exist"), (other, "is no KubeletConfiguration")] {
        let found = of(&[line.clone(), file], "1.31.0");
        assert!(problems(&found[0]).iter().any(|one| one.ends_with(what)), "{:?}", problems(&found[0]));
        assert_eq!(found[0].component().starts, Some(false));
        assert!(said(&found[0], "readOnlyPort").starts_with("gap: "), "{}", said(&found[0], "readOnlyPort"));
    }
}

#[test]
fn kubeadm_hands_its_arguments_to_the_kubelet_of_the_node() {
    let map = "apiVersion: kubeadm.k8s.io/v1beta3\nkind: InitConfiguration\nnodeRegistration:\n  name: cp-1\n  \
               kubeletExtraArgs:\n    read-only-port: \"10255\"\n    node-ip: 10.0.0.1\n---\napiVersion: \
               kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nreadOnlyPort: 0\n";
    let list = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\nnodeRegistration:\n  kubeletExtraArgs:\n  \
                - {name: anonymous-auth, value: \"true\"}\n";
    let of_map = of(&[piece("kubeadm.yaml", Plane::Declared, Kind::ConfigFile, map)], "1.28.0");
    let [kubelet] = &of_map[..] else { panic!("one kubelet, not {}", of_map.len()) };
    assert_eq!(kubelet.component().instance, "cp-1");
    assert_eq!(said(kubelet, "readOnlyPort"), "written 10255");
    assert_eq!(said(kubelet, "authorization.mode"), "default Webhook");
    assert!(kubelet.component().outranked.is_some());
    let of_list = of(&[piece("join.yaml", Plane::Declared, Kind::ConfigFile, list)], "1.31.0");
    assert_eq!(said(&of_list[0], "authentication.anonymous.enabled"), "written true");
    assert!(said(&of_list[0], "readOnlyPort").starts_with("gap: a node that joins"));
    let template = "apiVersion: bootstrap.cluster.x-k8s.io/v1beta1\nkind: KubeadmConfigTemplate\nmetadata: {name: md-0}\nspec:\n  \
                    template:\n    spec:\n      joinConfiguration:\n        nodeRegistration:\n          kubeletExtraArgs: \
                    {authorization-mode: AlwaysAllow}\n";
    assert_eq!(crate::recognise(template.as_bytes()).kind, Kind::ConfigFile);
    let of_template = of(&[piece("md.yaml", Plane::Declared, Kind::ConfigFile, template)], "1.31.0");
    assert_eq!(of_template[0].component().instance, "md-0");
    assert_eq!(said(&of_template[0], "authorization.mode"), "written AlwaysAllow");
    // Arguments that no field stands for tell nothing that is not known without them.
    let none = "apiVersion: kubeadm.k8s.io/v1beta3\nkind: JoinConfiguration\nnodeRegistration:\n  kubeletExtraArgs: \
                {node-ip: 10.0.0.1}\n";
    assert!(of(&[piece("join.yaml", Plane::Declared, Kind::ConfigFile, none)], "1.31.0").is_empty());
}

#[test]
fn k3s_starts_a_kubelet_of_its_own() {
    let text = "token: a\ncluster-init: true\nnode-name: k1\nprotect-kernel-defaults: true\nkubelet-arg:\n- read-only-port=10255\n\
                - streaming-connection-idle-timeout=5m\n";
    let server = piece("node/etc/rancher/k3s/config.yaml", Plane::Declared, Kind::Workload, text);
    let found = of(std::slice::from_ref(&server), "1.28.4");
    let [kubelet] = &found[..] else { panic!("one kubelet, not {}", found.len()) };
    assert_eq!(kubelet.component().instance, "k1");
    for (name, expected) in [
        ("authentication.anonymous.enabled", "default false"),
        ("authorization.mode", "default Webhook"),
        ("readOnlyPort", "written 10255"),
        ("streamingConnectionIdleTimeout", "written 5m0s"),
        ("protectKernelDefaults", "implied true"),
        ("authentication.x509.clientCAFile", "default /var/lib/rancher/k3s/agent/client-ca.crt"),
    ] {
        assert_eq!(said(kubelet, name), expected, "{name}");
    }
    // A file of the folder wins over what k3s sets, and not over an argument.
    let text = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nreadOnlyPort: 9\nauthentication: \
                {anonymous: {enabled: true}}\n";
    let conf = at("/var/lib/rancher/k3s/agent/etc/kubelet.conf.d/90-own.conf", text);
    let found = of(&[server.clone(), conf], "1.34.1");
    assert_eq!(said(&found[0], "authentication.anonymous.enabled"), "written true");
    assert_eq!(said(&found[0], "readOnlyPort"), "written 10255");
    let alone = resolve(
        &[server],
        &Trees::default(),
        None,
        &Options { version: "1.34.1".parse().ok(), ..Options::default() },
        None,
    );
    assert!(alone[0].component().outranked.is_some());
    let agent = "server: https://a:6443\ntoken: a\nkubelet-arg: [anonymous-auth=true]\n";
    let agent = piece("node/etc/rancher/k3s/config.yaml", Plane::Declared, Kind::ConfigFile, agent);
    assert_eq!(said(&of(&[agent], "1.28.4")[0], "authentication.anonymous.enabled"), "written true");
}

#[test]
fn a_kubelet_in_a_container_is_one() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: kubelet}\nspec:\n  containers:\n  - image: \
               k8s.gcr.io/hyperkube:v1.13.3\n    command: [/hyperkube, kubelet, --allow-privileged=true, --anonymous-auth=false]\n";
    let docker = "[Service]\nExecStart=/usr/bin/docker run --net=host gcr.io/google_containers/hyperkube:v1.9.0 /hyperkube \
                  kubelet --anonymous-auth=false\n";
    for piece in [piece("pod.yaml", Plane::Declared, Kind::ConfigFile, pod), unit("kubelet.service", docker)] {
        assert_eq!(crate::recognise(piece.text().expect("a text").as_bytes()).kind, Kind::ConfigFile);
        let found = of(&[piece], "");
        assert_eq!(said(&found[0], "authentication.anonymous.enabled"), "written false");
        assert!(matches!(found[0].component().release, Release::Exactly(_)));
    }
    let volume = "kind: Pod\napiVersion: v1\nspec:\n  containers:\n  - {image: a, command: [b, /var/lib/kubelet]}\n";
    assert_eq!(crate::recognise(volume.as_bytes()).kind, Kind::Supporting);
}

#[test]
fn every_flag_of_a_field_is_a_flag_and_sets_it() {
    use crate::flags::KUBELET_FLAGS;
    assert!(KUBELET_FLAGS.flags.is_sorted_by_key(|flag| flag.name));
    for field in KUBELET.flags.iter().filter(|flag| flag.is_a_field()) {
        for name in &field.flags {
            assert_eq!(KUBELET_FLAGS.find(name).and_then(|flag| flag.sets), Some(field.name), "{name}");
        }
    }
    for flag in &KUBELET_FLAGS.flags {
        let sets = flag.sets.map(|name| KUBELET.find(name).is_some_and(|field| field.flags.contains(&flag.name)));
        assert_ne!(sets, Some(false), "{}", flag.name);
    }
}

#[test]
fn what_a_file_says_holds_in_a_release_that_is_not_known_yet() {
    let line = "[Service]\nExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml\n";
    let found = of(&[unit("kubelet.service", line), file("readOnlyPort: 10255\n")], "1.90.0");
    assert_eq!(said(&found[0], "readOnlyPort"), "written 10255");
    assert!(said(&found[0], "eventRecordQPS").starts_with("gap: 1.90.0 is newer"));
}

#[test]
fn values_that_no_kubelet_takes_keep_it_from_starting() {
    let wrong = |fields: &str| {
        let line = "[Service]\nExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml\n";
        let found = of(&[unit("kubelet.service", line), file(fields)], "1.33.0");
        let told: Vec<String> = found[0].component().problems.iter().map(|one| one.message.clone()).collect();
        (found[0].component().starts == Some(false), told)
    };
    for (fields, message) in [
        ("imageGCLowThresholdPercent: 90\n", "`imageGCLowThresholdPercent` is `90`, and has to be below"),
        ("readOnlyPort: 70000\n", "`readOnlyPort` is `70000`, and the kubelet takes from 0 to 65535"),
        ("authorization: {mode: RBAC}\n", "`authorization.mode` is `RBAC`, and the kubelet takes `AlwaysAllow`"),
        ("tlsMinVersion: VersionTLS14\n", "`tlsMinVersion` is `VersionTLS14`"),
        (
            "tlsCipherSuites: [TLS_RSA_WITH_AES_512_GCM]\n",
            "`tlsCipherSuites` has `TLS_RSA_WITH_AES_512_GCM`, which is no",
        ),
        (
            "enforceNodeAllocatable: [pods, system-reserved]\n",
            "`enforceNodeAllocatable` has `system-reserved`, for which",
        ),
        ("enforceNodeAllocatable: [pods, all]\n", "`enforceNodeAllocatable` takes no `all`"),
        ("cgroupsPerQOS: false\n", "`enforceNodeAllocatable` is not empty while"),
        (
            "shutdownGracePeriod: 10s\nshutdownGracePeriodCriticalPods: 20s\n",
            "`shutdownGracePeriodCriticalPods` is longer",
        ),
        ("systemCgroups: /system\n", "`systemCgroups` is set and `cgroupRoot` is not"),
        ("nodeLeaseDurationSeconds: -1\n", "`nodeLeaseDurationSeconds` is `-1`, and the kubelet takes at least 1"),
    ] {
        let (stops, told) = wrong(fields);
        assert!(stops && told.iter().any(|one| one.starts_with(message)), "{fields}: {told:?}");
    }
    for fields in [
        "",
        "enforceNodeAllocatable: [none]\ncgroupsPerQOS: false\n",
        "enforceNodeAllocatable: [pods, system-reserved]\nsystemReservedCgroup: /system.slice\n",
        "tlsCipherSuites: [TLS_AES_128_GCM_SHA256]\ntlsMinVersion: VersionTLS13\n",
        "cgroupRoot: /\nsystemCgroups: /system\n",
    ] {
        assert_eq!(wrong(fields), (false, Vec::new()), "{fields}");
    }
}

#[test]
fn values_of_a_file_alone_are_looked_at_behind_flags_that_nobody_sees() {
    let told = |fields: &str, version: &str| -> (Option<bool>, Vec<(bool, String)>) {
        let found = of(&[file(fields)], version);
        let component = found[0].component();
        (component.starts, component.problems.iter().map(|one| (one.stops, one.message.clone())).collect())
    };
    for (fields, message) in [
        ("readOnlyPort: 70000\n", "`readOnlyPort` is `70000`, and the kubelet takes from 0 to 65535"),
        ("authorization: {mode: RBAC}\n", "`authorization.mode` is `RBAC`"),
        ("imageGCLowThresholdPercent: 90\nimageGCHighThresholdPercent: 80\n", "`imageGCLowThresholdPercent` is `90`"),
    ] {
        let (starts, problems) = told(fields, "1.33.0");
        assert_eq!(starts, None, "{fields}");
        assert!(problems.iter().any(|(stops, one)| !stops && one.starts_with(message)), "{fields}: {problems:?}");
    }
    assert_eq!(told("readOnlyPort: 10255\nmaxPods: 10\n", "1.33.0"), (None, Vec::new()));
}
