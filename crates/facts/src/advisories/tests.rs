//! The ranges held to lists worked out elsewhere, and exposure to what settings say.

use std::collections::BTreeSet;

use super::*;

#[derive(Deserialize)]
struct Expected {
    kubernetes: Vec<ExpectedRelease>,
    boundary_cases: Vec<Boundary>,
}

#[derive(Deserialize)]
struct ExpectedRelease {
    version: String,
    ids: Vec<String>,
}

#[derive(Deserialize)]
struct Boundary {
    id: String,
    last_affected: Option<String>,
    first_fixed: String,
}

fn expected() -> Expected {
    serde_json::from_str(include_str!("../../tests/vectors/advisories.json")).expect("vectors")
}

fn version(text: &str) -> Version {
    text.parse().expect("a version")
}

#[test]
fn releases_have_the_flaws_that_the_lists_say() {
    for release in expected().kubernetes {
        let found: BTreeSet<String> = of(&version(&release.version), ADVISORIES.known_until)
            .into_iter()
            .map(|(advisory, affects)| {
                assert_eq!(affects, Truth::True, "{}", advisory.id);
                advisory.id.clone()
            })
            .collect();
        assert_eq!(found, release.ids.into_iter().collect(), "{}", release.version);
    }
}

#[test]
fn a_fix_ends_a_range() {
    let mut count = 0;
    for case in expected().boundary_cases {
        let Some(advisory) = ADVISORIES.all.iter().find(|advisory| advisory.id == case.id) else { continue };
        if advisory.affected.is_empty() {
            continue;
        }
        count += 1;
        assert_eq!(
            advisory.affects(&version(&case.first_fixed), |_| true),
            Truth::False,
            "{} {}",
            case.id,
            case.first_fixed
        );
        if let Some(last) = case.last_affected.as_deref().map(version) {
            assert_eq!(advisory.affects(&last, |_| true), Truth::True, "{} {last}", case.id);
            assert!(advisory.fixed_in(&last).is_some(), "{} {last}", case.id);
        }
    }
    assert!(count > 100, "{count}");
}

#[test]
fn a_minor_alone_may_have_the_flaw() {
    let advisory = |id: &str| ADVISORIES.all.iter().find(|advisory| advisory.id == id).expect("known");
    let psp = advisory("CVE-2017-1000056");
    assert_eq!(psp.affects(&version("1.5"), |_| true), Truth::Unknown);
    assert_eq!(psp.affects(&version("1.6"), |_| true), Truth::False);
    assert_eq!(advisory("CVE-2020-8554").affects(&version("1.60"), |_| true), Truth::True);
    assert_eq!(psp.fixed_in(&version("1.5.2")).map(ToString::to_string).as_deref(), Some("1.5.5"));
}

#[test]
fn truth_is_combined_as_kleene_did() {
    use Truth::{False, True, Unknown};
    for (a, b, or) in [(True, Unknown, True), (False, Unknown, Unknown), (False, False, False), (Unknown, True, True)] {
        assert_eq!(a.or(b), or);
        assert_eq!(
            !(!a).or(!b),
            if a == False || b == False {
                False
            } else if a == True && b == True {
                True
            } else {
                Unknown
            }
        );
    }
    assert_eq!(Truth::of_all([True, False]), Unknown);
    assert_eq!(Truth::of_all([]), Unknown);
}

mod asked {
    //! Conditions put to the objects, the rights and the nodes of a cluster that was asked while it ran.

    use model::{Body, Evidence, EvidenceId};

    use super::*;
    use crate::{Gathered, Options, Redactor, live::ASKS};

    const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";

    /// Everything that is asked of a server of a release: what is not given is an empty list.
    fn evidence(version: &str, flags: &str, given: &[(&str, &str)]) -> Vec<Evidence> {
        let words: Vec<String> = flags.split_whitespace().map(|flag| format!(r#","--{flag}""#)).collect();
        let pods = format!(
            r#"{{"kind":"PodList","apiVersion":"v1","items":[{{"metadata":{{"name":"kube-apiserver-a"}},"spec":{{"nodeName":"a","containers":[{{"image":"registry.k8s.io/kube-apiserver:v{version}","command":["kube-apiserver"{}]}}]}}}}]}}"#,
            words.concat()
        );
        let mut redactor = Redactor::new();
        let mut text = |ask: &crate::live::Ask, text: &str| {
            let id = EvidenceId::new(ask.name("https://h"));
            redactor.evidence(id, ask.plane, ask.kind, text)
        };
        let missing = |ask: &crate::live::Ask| {
            Evidence::of(EvidenceId::new(ask.name("https://h")), ask.plane, ask.kind, Body::Missing)
        };
        ASKS.iter()
            .map(|ask| {
                let items = given.iter().find(|(path, _)| *path == ask.path).map_or("", |(_, items)| items);
                match (ask.path, ask.form) {
                    ("/version", _) => text(ask, &format!(r#"{{"gitVersion":"v{version}"}}"#)),
                    ("/api/v1/namespaces/kube-system/pods", _) => text(ask, &pods),
                    (_, crate::live::Form::Objects { .. }) if items.is_empty() => {
                        text(ask, "{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[\n]}\n")
                    }
                    (_, crate::live::Form::Objects { .. }) => {
                        text(ask, &format!("{{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[\n{items}\n]}}\n"))
                    }
                    _ => missing(ask),
                }
            })
            .collect()
    }

    const NODE_AND_RBAC: &str = "authorization-mode=Node,RBAC anonymous-auth=true";

    fn judged(evidence: Vec<Evidence>) -> Vec<Judged> {
        let gathered = Gathered::of("lab", evidence);
        judge(&crate::resolve(gathered, &Options::default())).to_vec()
    }

    fn one(all: &[Judged], component: &str, id: &str) -> (Exposure, String, Vec<String>) {
        let found = all.iter().find(|judged| judged.component == component && judged.advisory.id == id);
        let found = found.unwrap_or_else(|| panic!("{component} {id}"));
        (found.exposure, found.because.clone(), found.wanted.clone())
    }

    fn role(name: &str, rule: &str) -> String {
        format!(r#"{{"metadata":{{"name":"{name}"}},"rules":[{rule}]}}"#)
    }

    fn bound(name: &str, role: &str, subject: &str) -> String {
        format!(
            r#"{{"metadata":{{"name":"{name}"}},"roleRef":{{"kind":"ClusterRole","name":"{role}"}},"subjects":[{subject}]}}"#
        )
    }

    const JANE: &str = r#"{"kind":"User","name":"jane"}"#;
    const ANYBODY: &str = r#"{"kind":"Group","name":"system:unauthenticated"}"#;
    const ENDPOINTS: &str = r#"{"verbs":["patch"],"apiGroups":[""],"resources":["endpoints"]}"#;

    fn lists(roles: &[String], bindings: &[String]) -> [(String, String); 2] {
        [
            (format!("{RBAC}/clusterroles"), roles.join(",\n")),
            (format!("{RBAC}/clusterrolebindings"), bindings.join(",\n")),
        ]
    }

    fn with_rbac(
        version: &str,
        flags: &str,
        roles: &[String],
        bindings: &[String],
        more: &[(&str, &str)],
    ) -> Vec<Evidence> {
        let lists = lists(roles, bindings);
        let mut given: Vec<(&str, &str)> = lists.iter().map(|(path, items)| (path.as_str(), items.as_str())).collect();
        given.extend(more);
        evidence(version, flags, &given)
    }

    #[test]
    fn a_right_that_nobody_gave_is_ruled_out_and_one_that_somebody_has_is_named() {
        const ID: &str = "CVE-2021-25740";
        let (exposure, ..) = one(&judged(evidence("1.36.2", NODE_AND_RBAC, &[])), "kube-apiserver", ID);
        assert_eq!(exposure, Exposure::NotExposed);
        let given = |subject: &str, rule: &str| {
            let all = with_rbac("1.36.2", NODE_AND_RBAC, &[role("e", rule)], &[bound("b", "e", subject)], &[]);
            one(&judged(all), "kube-apiserver", ID)
        };
        let (exposure, because, _) = given(JANE, ENDPOINTS);
        assert_eq!(exposure, Exposure::Exposed);
        assert!(because.ends_with(": ClusterRoleBinding `b` gives User `jane` the ClusterRole `e`"), "{because}");
        for trusted in [
            r#"{"kind":"Group","name":"system:masters"}"#,
            r#"{"kind":"Group","name":"system:nodes"}"#,
            r#"{"kind":"User","name":"system:kube-controller-manager"}"#,
        ] {
            assert_eq!(given(trusted, ENDPOINTS).0, Exposure::NotExposed, "{trusted}");
        }
        // Who may do everything anyway gains nothing by a flaw; everybody does.
        let everything = r#"{"verbs":["*"],"apiGroups":["*"],"resources":["*"]}"#;
        assert_eq!(given(JANE, everything).0, Exposure::NotExposed);
        assert_eq!(given(ANYBODY, everything).0, Exposure::Exposed);
        // An object that is made has no name yet.
        let named = r#"{"verbs":["create"],"apiGroups":[""],"resources":["endpoints"],"resourceNames":["a"]}"#;
        assert_eq!(given(JANE, named).0, Exposure::NotExposed);
    }

    #[test]
    fn who_else_decides_leaves_open_what_rbac_does_not_give() {
        const ID: &str = "CVE-2021-25740";
        let at = |flags: &str, bindings: &[String]| {
            let all = with_rbac("1.36.2", flags, &[role("e", ENDPOINTS)], bindings, &[]);
            one(&judged(all), "kube-apiserver", ID)
        };
        let jane = [bound("b", "e", JANE)];
        let nobody = [bound("b", "e", ANYBODY)];
        let webhook = "authorization-mode=Node,RBAC,Webhook anonymous-auth=true";
        let (exposure, _, wanted) = at(webhook, &[]);
        assert_eq!(exposure, Exposure::Undetermined);
        assert!(wanted[0].ends_with("since RBAC may not decide alone: what Webhook allows"), "{wanted:?}");
        assert_eq!(at(webhook, &jane).0, Exposure::Exposed);
        assert_eq!(at("authorization-mode=Webhook", &jane).0, Exposure::Undetermined);
        assert_eq!(at("authorization-mode=AlwaysAllow", &[]).0, Exposure::Exposed);
        assert_eq!(at("authorization-mode=AlwaysDeny", &jane).0, Exposure::NotExposed);
        // Callers without credentials have no rights where they are not let in.
        assert_eq!(at(NODE_AND_RBAC, &nobody).0, Exposure::Exposed);
        assert_eq!(at("authorization-mode=RBAC anonymous-auth=false", &nobody).0, Exposure::NotExposed);
    }

    #[test]
    fn objects_that_a_flaw_needs_are_there_or_not() {
        let at = |version: &str, id: &str, more: &[(&str, &str)]| {
            let (exposure, because, _) = one(&judged(evidence(version, NODE_AND_RBAC, more)), "kube-apiserver", id);
            (exposure, because.rsplit_once(": ").map_or(String::new(), |(_, seen)| seen.to_owned()))
        };
        let policies = "/apis/networking.k8s.io/v1/networkpolicies";
        assert_eq!(at("1.36.2", "CVE-2024-7598", &[]).0, Exposure::NotExposed);
        let policy = r#"{"metadata":{"name":"deny","namespace":"shop"}},"#.to_owned()
            + "\n"
            + r#"{"metadata":{"name":"deny","namespace":"web"}}"#;
        assert_eq!(
            at("1.36.2", "CVE-2024-7598", &[(policies, &policy)]),
            (Exposure::Exposed, "NetworkPolicy `shop/deny` and another".to_owned())
        );
        let services = "/apis/apiregistration.k8s.io/v1/apiservices";
        let local = r#"{"metadata":{"name":"v1."},"spec":{"service":null}}"#;
        let aggregated = r#"{"metadata":{"name":"v1.m"},"spec":{"service":{"name":"m","namespace":"kube-system"}}}"#;
        assert_eq!(at("1.20.2", "CVE-2022-3172", &[(services, local)]).0, Exposure::NotExposed);
        assert_eq!(
            at("1.20.2", "CVE-2022-3172", &[(services, aggregated)]),
            (Exposure::Exposed, "APIService `v1.m`".to_owned())
        );
    }

    #[test]
    fn custom_resources_count_by_their_group_and_who_may_list_them() {
        const ID: &str = "CVE-2022-3162";
        const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        let definition = |plural: &str, group: &str| {
            format!(
                r#"{{"metadata":{{"name":"{plural}.{group}"}},"spec":{{"group":"{group}","scope":"Namespaced","names":{{"plural":"{plural}"}}}}}}"#
            )
        };
        let rule = r#"{"verbs":["list"],"apiGroups":["g.io"],"resources":["as"]}"#;
        let at = |definitions: &[String]| {
            let roles = [role("r", rule)];
            let bindings = [bound("b", "r", JANE)];
            let items = definitions.join(",\n");
            let all = with_rbac("1.20.2", NODE_AND_RBAC, &roles, &bindings, &[(DEFINITIONS, &items)]);
            one(&judged(all), "kube-apiserver", ID).0
        };
        assert_eq!(at(&[definition("as", "g.io"), definition("bs", "h.io")]), Exposure::NotExposed);
        assert_eq!(at(&[definition("as", "g.io"), definition("bs", "g.io")]), Exposure::Exposed);
        assert_eq!(at(&[definition("cs", "g.io"), definition("bs", "g.io")]), Exposure::NotExposed);
    }

    #[test]
    fn kubelets_are_judged_by_their_own_release_and_system() {
        let node = |name: &str, version: &str, system: &str| {
            format!(
                r#"{{"metadata":{{"name":"{name}"}},"status":{{"nodeInfo":{{"kubeletVersion":"v{version}","operatingSystem":"{system}"}}}}}}"#
            )
        };
        let nodes = [node("l", "1.28.3", "linux"), node("w", "1.28.2", "windows")].join(",\n");
        let rule = r#"{"verbs":["create"],"apiGroups":[""],"resources":["pods","persistentvolumes"]}"#;
        let more = [("/api/v1/nodes", nodes.as_str())];
        let all = judged(with_rbac("1.28.4", NODE_AND_RBAC, &[role("r", rule)], &[bound("b", "r", JANE)], &more));
        let of = |instance: &str| {
            let same = |one: &&Judged| one.instance == instance && one.advisory.id == "CVE-2023-5528";
            all.iter().find(same).map(|one| (one.component, one.exposure))
        };
        assert_eq!(of("1.28.3"), Some(("kubelet", Exposure::NotExposed)));
        assert_eq!(of("1.28.2"), Some(("kubelet", Exposure::Exposed)));
    }

    /// What was seen of a cluster, with each piece hidden in turn: no advisory may become more certain.
    #[test]
    fn less_evidence_makes_no_exposure_surer() {
        let nodes = r#"{"metadata":{"name":"w"},"status":{"nodeInfo":{"kubeletVersion":"v1.20.2","operatingSystem":"windows"}}}"#;
        let hook = r#"{"metadata":{"name":"h"},"webhooks":[{"name":"h.x","rules":[{"resources":["nodes"]}]}]}"#;
        let account = r#"{"metadata":{"name":"a","namespace":"n","annotations":{"kubernetes.io/enforce-mountable-secrets":"true"}}}"#;
        let more = [
            ("/api/v1/nodes", nodes),
            ("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", hook),
            ("/api/v1/serviceaccounts", account),
        ];
        let rules = r#"{"verbs":["*"],"apiGroups":[""],"resources":["nodes","pods/ephemeralcontainers"]}"#;
        for (flags, subject) in [
            (NODE_AND_RBAC, JANE),
            (NODE_AND_RBAC, ANYBODY),
            ("authorization-mode=RBAC,Webhook anonymous-auth=false", ANYBODY),
            ("authorization-mode=Webhook", JANE),
            ("authorization-mode=AlwaysAllow", JANE),
        ] {
            let whole = with_rbac("1.20.2", flags, &[role("r", rules)], &[bound("b", "r", subject)], &more);
            let before = judged(whole.clone());
            assert!(before.iter().any(|one| one.exposure == Exposure::NotExposed));
            for at in 0..whole.len() {
                let mut hidden = whole.clone();
                let ask = ASKS.iter().find(|ask| hidden[at].id.as_str() == ask.name("https://h")).expect("asked");
                hidden[at].body = Body::Unread(ask.forbidden(None));
                for after in judged(hidden) {
                    let same = |one: &&Judged| {
                        one.component == after.component
                            && one.instance == after.instance
                            && one.advisory.id == after.advisory.id
                    };
                    // What it was not said to have at all before, it was not exposed to.
                    let known = before.iter().find(same).map_or(Exposure::NotExposed, |one| one.exposure);
                    let fine = after.exposure == Exposure::Undetermined || known == after.exposure;
                    assert!(fine, "{} without {}: {known:?}, then {:?}", after.advisory.id, ask.path, after.exposure);
                }
            }
        }
    }
}
