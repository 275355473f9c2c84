//! Answers of clusters that run, into what is in force: layers of planes, and answers that are none.

use model::{Body, Evidence, EvidenceId, Gap};
use portcullis_facts::{Cluster, Gathered, Options, Redactor, live::ASKS};

const BASE: &str = "https://10.0.0.1:6443";

const FLAGZ: &str = r#"{"kind":"Flagz","apiVersion":"config.k8s.io/v1beta1","flags":{"advertise-address":"10.0.0.1",
"anonymous-auth":"true","authentication-config":"","authorization-config":"","authorization-mode":"[Node,RBAC]",
"admission-control":"[]","enable-admission-plugins":"[NodeRestriction]","disable-admission-plugins":"[]",
"profiling":"true","oidc-required-claim":"a=b,c=d,e","tls-curve-preferences":"[29,23]","service-node-port-range":"30000-32767"}}"#;

const PODS: &str = r#"{"kind":"PodList","apiVersion":"v1","items":[
{"metadata":{"name":"kube-apiserver-a"},"spec":{"nodeName":"a","containers":[{"image":"registry.k8s.io/kube-apiserver:v1.36.2","command":["kube-apiserver","--advertise-address=10.0.0.1","--profiling=false"]}]}},
{"metadata":{"name":"kube-apiserver-b"},"spec":{"nodeName":"b","containers":[{"image":"registry.k8s.io/kube-apiserver:v1.36.2","command":["kube-apiserver","--advertise-address=10.0.0.2","--profiling=false"]}]}}
]}"#;

const KUBEADM: &str = r#"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"kubeadm-config"},"data":{"ClusterConfiguration":"apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.36.2\napiServer:\n  extraArgs:\n  - name: event-ttl\n    value: 2h0m0s\n"}}"#;

/// The text of an answer, or a refusal.
enum Given<'t> {
    Text(&'t str),
    Missing,
    Refused,
}

fn answers(given: &[(&str, Given<'_>)]) -> Vec<Evidence> {
    let mut redactor = Redactor::new();
    ASKS.iter()
        .map(|ask| {
            let id = EvidenceId::new(ask.name(BASE));
            let found = given.iter().find(|(path, _)| ask.path.ends_with(path)).map(|(_, given)| given);
            let body = match found {
                Some(Given::Text(text)) => return redactor.evidence(id, ask.plane, ask.kind, text),
                Some(Given::Refused) => Body::Unread(ask.forbidden(Some("jane"))),
                Some(Given::Missing) | None => Body::Missing,
            };
            Evidence::of(id, ask.plane, ask.kind, body)
        })
        .collect()
}

fn resolve(evidence: Vec<Evidence>) -> Cluster {
    let gathered = Gathered::of("lab", evidence);
    portcullis_facts::resolve(gathered, &Options::default())
}

/// Every plane of a setting of one instance: its plane and value, or the reason why it is not known.
fn planes(cluster: &Cluster, instance: &str, name: &str) -> Vec<String> {
    let server = cluster.components().find(|component| component.instance == instance).expect("an instance");
    let say = |reading: &Result<model::Reading, Gap>| match reading {
        Ok(reading) => format!("{} {} {}", reading.plane.name(), reading.origin.name(), reading.value),
        Err(gap) => format!("? {}", gap.reason),
    };
    server.setting(name).expect("a setting").readings.iter().map(say).collect()
}

#[test]
fn a_setting_has_a_reading_for_each_plane_nearest_first() {
    let cluster = resolve(answers(&[
        ("/version", Given::Text(r#"{"gitVersion":"v1.36.2"}"#)),
        ("/flagz", Given::Text(FLAGZ)),
        ("/pods", Given::Text(PODS)),
        ("/kubeadm-config", Given::Text(KUBEADM)),
    ]));
    assert_eq!(
        planes(&cluster, "a", "profiling"),
        ["running reported true", "declared written false", "declared default true"]
    );
    // The pod is nearer than what pods were made from.
    let event_ttl = planes(&cluster, "b", "event-ttl");
    assert_eq!(event_ttl[1..], ["declared default 1h0m0s", "declared written 2h0m0s"], "{event_ttl:?}");
    // The other server was not asked: what runs there is not known.
    let other = planes(&cluster, "b", "profiling");
    assert!(other[0].starts_with("? the flags that `b` runs with were not asked of it"), "{other:?}");
    assert!(other[0].ends_with("`--profiling` is `false`"), "{other:?}");
    assert_eq!(other[1], "declared written false");
}

#[test]
fn what_a_process_prints_is_read_as_its_own_types_do() {
    let cluster =
        resolve(answers(&[("/version", Given::Text(r#"{"gitVersion":"v1.36.2"}"#)), ("/flagz", Given::Text(FLAGZ))]));
    let server = &cluster.apiservers[0];
    for (name, value) in [
        ("oidc-required-claim", "a=b,c=d,e"),
        ("tls-curve-preferences", "[29,23]"),
        ("service-node-port-range", "30000-32767"),
        ("enable-admission-plugins", "[NodeRestriction]"),
    ] {
        let reading = server.component().setting(name).and_then(|setting| setting.in_force().ok()).expect(name);
        assert_eq!(reading.value, value, "{name}");
    }
    let plugin = server.admission_plugin("ServiceAccount").expect("known");
    assert!(plugin.enabled, "an empty --admission-control does not switch the others off");
    assert!(server.anonymous().expect("known").enabled);
}

#[test]
fn a_path_that_is_not_there_is_no_plane_and_one_that_is_refused_is() {
    let at = |flagz: Given<'_>, version: &str| {
        let version = format!(r#"{{"gitVersion":"{version}"}}"#);
        let pods = PODS.replace("v1.36.2", "v1.31.0");
        let given = [("/version", Given::Text(&version)), ("/flagz", flagz), ("/pods", Given::Text(&pods))];
        planes(&resolve(answers(&given)), "a", "profiling")
    };
    assert_eq!(at(Given::Missing, "v1.36.2"), ["declared written false"]);
    let refused = at(Given::Refused, "v1.36.2");
    assert!(refused[0].starts_with("? `jane` may not get /flagz (403)"), "{refused:?}");
    // No release before 1.32 has the path, whatever its server says of who may get it.
    assert_eq!(at(Given::Refused, "v1.31.0"), ["declared written false"]);
}

/// Whoever may not list pods sees no less of what they are started with than there is.
#[test]
fn a_definition_does_not_speak_for_pods_that_were_not_read() {
    let at = |flagz: Given<'_>, pods: Given<'_>, definition: Given<'_>| {
        let version = r#"{"gitVersion":"v1.36.2"}"#;
        let given =
            [("/version", Given::Text(version)), ("/flagz", flagz), ("/pods", pods), ("/kubeadm-config", definition)];
        resolve(answers(&given))
    };
    let name = "10.0.0.1:6443";
    let refused = at(Given::Missing, Given::Refused, Given::Text(KUBEADM));
    let event_ttl = planes(&refused, name, "event-ttl");
    let why = "? `jane` may not list pods in kube-system (403)";
    assert_eq!(event_ttl[0], format!("{why}; what is declared says that `--event-ttl` is `2h0m0s`"));
    assert_eq!(event_ttl[1], "declared written 2h0m0s");
    let component = refused.components().next().expect("a server");
    assert!(component.outranked.is_some() && !component.unseen.is_empty());
    // Where there is none, it is what they are made from.
    let missing = at(Given::Missing, Given::Missing, Given::Text(KUBEADM));
    assert_eq!(planes(&missing, name, "event-ttl"), ["declared written 2h0m0s"]);
    assert!(missing.components().all(|component| component.outranked.is_none() && component.unseen.is_empty()));
    // What a server says of itself holds, and the others stand behind it each with what is known of them.
    let running = at(Given::Text(FLAGZ), Given::Refused, Given::Text(KUBEADM));
    let profiling = planes(&running, name, "profiling");
    assert_eq!((profiling[0].as_str(), profiling.len()), ("running reported true", 3), "{profiling:?}");
    assert!(profiling[1].starts_with(why), "{profiling:?}");
    let defined = at(Given::Text(FLAGZ), Given::Text(PODS), Given::Refused);
    let profiling = planes(&defined, "a", "profiling");
    assert_eq!(profiling[..2], ["running reported true", "declared written false"]);
    assert_eq!(profiling[2], "? `jane` may not get configmaps/kubeadm-config in kube-system (403)");
}

/// What a stranger is answered decides a setting only where nothing else could tell of it.
#[test]
fn behaviour_stands_in_for_no_plane_that_was_not_read() {
    let at = |pods: Given<'_>, api: &str, healthz: &str| {
        let mut evidence =
            answers(&[("/version", Given::Text(r#"{"gitVersion":"v1.20.2"}"#)), ("/kube-system/pods", pods)]);
        for (path, code) in [("/api", api), ("/healthz", healthz)] {
            let ask = ASKS.iter().find(|ask| ask.as_nobody && ask.path == path).expect("asked");
            let piece = evidence.iter_mut().find(|piece| piece.id.as_str() == ask.name(BASE)).expect("there");
            *piece = Evidence::of(piece.id.clone(), ask.plane, ask.kind, Body::Text(code.into()));
        }
        resolve(evidence).apiservers[0].anonymous().map(|anonymous| anonymous.enabled).ok()
    };
    assert_eq!(at(Given::Missing, "401\n", "401\n"), Some(false));
    assert_eq!(at(Given::Missing, "403\n", "200\n"), Some(true));
    // An authorizer that fails was asked about somebody who was let in to it.
    assert_eq!(at(Given::Missing, "500\n", "200\n"), Some(true));
    assert_eq!(at(Given::Missing, "500\n", "401\n"), None);
    assert_eq!(at(Given::Missing, "401\n", "200\n"), None);
    assert_eq!(at(Given::Refused, "401\n", "401\n"), None);
}

#[test]
fn a_server_that_shows_nothing_has_every_setting_open() {
    let cluster = resolve(answers(&[("/version", Given::Text(r#"{"gitVersion":"v1.33.5-gke.1080000"}"#))]));
    assert_eq!(cluster.distribution, Some("gke"));
    let component = cluster.components().next().expect("a server");
    assert_eq!(component.starts, Some(true));
    assert!(component.settings.iter().all(|setting| setting.nearest().is_err()));
    let who: Vec<&str> = component
        .settings
        .iter()
        .filter_map(|setting| setting.nearest().err())
        .map(|gap| gap.who_could_answer.as_str())
        .collect();
    assert!(who.iter().all(|who| who.starts_with("Google")), "{who:?}");
    assert!(cluster.apiservers[0].anonymous().is_err() && cluster.apiservers[0].authorizers().is_err());
}

/// Answers are hostile: cut anywhere, or of another path, they are read without harm, and places stay in their text.
#[test]
fn answers_that_are_none_do_no_harm() {
    let whole = [
        ("/flagz", FLAGZ),
        ("/pods", PODS),
        ("/kubeadm-config", KUBEADM),
        ("/version", r#"{"gitVersion":"v1.36.2"}"#),
        ("/metrics", "kubernetes_feature_enabled{name=\"A\",stage=\"\"} 1\napiserver_audit_event_total 1e999\n"),
        (
            "/leases",
            r#"{"items":[{"metadata":{"name":"apiserver-a"},"spec":{"renewTime":"2026-11-23T03:59:33Z"}},7,null]}"#,
        ),
        ("/nodes", r#"{"items":[{"metadata":{"name":"a"},"status":{"addresses":[7]}},{},7]}"#),
    ];
    let check = |given: &[(&str, Given<'_>)]| {
        let cluster = resolve(answers(given));
        for setting in cluster.components().flat_map(|component| &component.settings) {
            for at in setting.readings.iter().flatten().filter_map(|reading| reading.origin.location()) {
                let piece = cluster.evidence.iter().find(|piece| piece.id == at.evidence).expect("evidence");
                let text = piece.text().map(|text| &**text).unwrap_or_default();
                assert!(at.span.is_none_or(|span| text.get(span.range()).is_some()), "{at:?}");
            }
        }
    };
    for (path, text) in whole {
        for end in (0..text.len()).step_by(41).filter(|end| text.is_char_boundary(*end)) {
            check(&[(path, Given::Text(&text[..end])), ("/version", Given::Text(whole[3].1))]);
        }
        for (other, _) in whole {
            check(&[(other, Given::Text(text))]);
        }
    }
}
