//! Changes of texts of lines, held to what the readers make of them: nothing but the wish is different afterwards.

use std::collections::BTreeMap;

use facts::{Gathered, Options};
use model::{Body, Change, Evidence, EvidenceId, Kind, Origin, Plane, Site};
use proptest::prelude::*;

/// How the words of one command are laid out.
#[derive(Clone, Copy, Debug)]
enum Layout {
    Unit,
    UnitWithVariable,
    Environment,
    Arguments,
    CloudConfig,
    Ignition,
    Script,
}

const UNIT: &str = "n/etc/systemd/system/kube-apiserver.service";
const VARIABLES: &str = "n/etc/default/kube-apiserver";

/// One flag as somebody writes it, and what stands before it.
#[derive(Clone, Debug)]
struct Written {
    word: String,
    gap: Gap,
}

#[derive(Clone, Copy, Debug)]
enum Gap {
    Blank,
    Line,
    Comment,
}

const FLAGS: [&str; 10] = [
    "--anonymous-auth=true",
    "--profiling=false",
    "--authorization-mode=Node,RBAC",
    "--audit-log-maxage 30",
    "--allow-privileged",
    "--token-auth-file=/a/b.csv",
    "--tls_min_version=VersionTLS12",
    "--request-timeout=\"60s\"",
    "--service-cluster-ip-range=10.0.0.0/24",
    "--enable-admission-plugins=",
];

/// A flag, what it shall be, and how the server prints that.
const WISHES: [(&str, &str, &str); 5] = [
    ("anonymous-auth", "false", "false"),
    ("profiling", "false", "false"),
    ("authorization-mode", "RBAC", "[RBAC]"),
    ("audit-log-maxage", "90", "90"),
    ("request-timeout", "5m", "5m0s"),
];

/// Every text of one layout that declares the words.
fn texts(layout: Layout, words: &[Written], ending: &str) -> Vec<(String, Kind, String)> {
    let joined = |indent: &str, continued: bool| {
        let mut text = String::new();
        for Written { word, gap } in words {
            match gap {
                Gap::Line if continued => text.push_str(&format!(" \\\n{indent}{word}")),
                Gap::Comment if continued => text.push_str(&format!(" \\\n{indent}# why \\ so\n{indent}{word}")),
                _ => text.push_str(&format!(" {word}")),
            }
        }
        text
    };
    let lined = |indent: &str| {
        let mut text = String::new();
        for Written { word, gap } in words {
            match gap {
                Gap::Blank => text.push_str(&format!(" {word}")),
                _ => text.push_str(&format!(" \\\n{indent}{word}")),
            }
        }
        text
    };
    let service = |command: &str| format!("[Unit]\n# first\n[Service]\n{command}\nRestart=always\n");
    let indented = |text: &str, by: &str| text.lines().map(|line| format!("{by}{line}\n")).collect::<String>();
    let unit = service(&format!("ExecStart=/usr/bin/kube-apiserver{}", joined("  ", true)));
    let files = match layout {
        Layout::Unit => vec![(UNIT, Kind::Workload, unit)],
        Layout::UnitWithVariable => {
            // Within its quotes those of a word are of the other kind.
            let value = joined(" ", false).replace('"', "'");
            let text =
                service(&format!("Environment=\"A={}\" B=c\nExecStart=/usr/bin/kube-apiserver $A", value.trim_start()));
            vec![(UNIT, Kind::Workload, text)]
        }
        Layout::Environment => {
            let unit = service("EnvironmentFile=/etc/default/kube-apiserver\nExecStart=/usr/bin/kube-apiserver $A $B");
            let value = lined("  ").replace('"', "'");
            let text = format!("# what it is given\nB=\nA=\"{}\"\nC=d\n", value.trim_start_matches([' ', '\\', '\n']));
            vec![(UNIT, Kind::Workload, unit), (VARIABLES, Kind::ConfigFile, text)]
        }
        Layout::Arguments => {
            let mut text = "--etcd-servers=https://127.0.0.1:2379\n".to_owned();
            for Written { word, gap } in words {
                match gap {
                    Gap::Blank => text.push_str(&format!("{word}\n")),
                    Gap::Line => text.push_str(&format!("\n{word}\n")),
                    Gap::Comment => text.push_str(&format!("# why\n{word}\n")),
                }
            }
            vec![("n/var/snap/microk8s/current/args/kube-apiserver", Kind::Workload, text)]
        }
        Layout::CloudConfig => {
            let unit = indented(&unit, "    ");
            let head =
                "#cloud-config\nwrite_files:\n- path: /etc/systemd/system/kube-apiserver.service\n  content: |\n";
            vec![("n/user-data", Kind::Workload, format!("{head}{unit}runcmd: []\n"))]
        }
        Layout::Ignition => {
            let unit = unit.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let head = "{\"ignition\": {\"version\": \"3.2.0\"}, \"systemd\": {\"units\": [{\"name\": ";
            let text = format!("{head}\"kube-apiserver.service\", \"contents\": \"{unit}\"}}]}}}}\n");
            vec![("n/config.ign", Kind::Workload, text)]
        }
        Layout::Script => {
            let text = service(&format!("ExecStart=/bin/sh -c 'exec kube-apiserver{}'", lined("  ")));
            vec![(UNIT, Kind::Workload, text)]
        }
    };
    files.into_iter().map(|(id, kind, text)| (id.to_owned(), kind, text.replace('\n', ending))).collect()
}

fn evidence(files: Vec<(String, Kind, String)>) -> Vec<Evidence> {
    let piece = |(id, kind, text): (String, Kind, String)| {
        Evidence::of(EvidenceId::new(id), Plane::Declared, kind, Body::Text(text.into()))
    };
    files.into_iter().map(piece).collect()
}

/// Every value by its name, and the origin of one.
fn held(evidence: &[Evidence], name: &str) -> (BTreeMap<&'static str, String>, Origin) {
    let options = Options { version: "1.20.2".parse().ok(), as_of: None };
    let gathered = Gathered { root: Some("n".to_owned()), ..Gathered::of("n", evidence.to_vec()) };
    let cluster = facts::resolve(gathered, &options);
    assert_eq!(
        cluster.apiservers.len(),
        1,
        "{}",
        evidence.iter().filter_map(Evidence::text).map(|t| &**t).collect::<String>()
    );
    let component = cluster.apiservers[0].component();
    let values = component.settings.iter().map(|setting| {
        let value =
            setting.nearest().map_or_else(|gap| format!("gap: {}", gap.reason), |reading| reading.value.clone());
        (setting.name, value)
    });
    let origin =
        component.setting(name).and_then(|setting| setting.nearest().ok()).map(|reading| reading.origin.clone());
    (values.collect(), origin.expect("a flag of 1.20.2 that is known"))
}

fn changed(evidence: &[Evidence], change: Change) -> Result<Vec<Evidence>, String> {
    let edits = fix::plan(&[change], evidence).map_err(|refusal| refusal.reason)?;
    let mut after = evidence.to_vec();
    for piece in &mut after {
        let own: Vec<_> = edits.iter().filter(|edit| edit.evidence == piece.id).cloned().collect();
        if let Some(text) = piece.text().cloned() {
            piece.body = Body::Text(fix::apply(&text, &own).into());
        }
    }
    Ok(after)
}

fn comments(evidence: &[Evidence]) -> usize {
    evidence.iter().filter_map(Evidence::text).map(|text| text.matches('#').count()).sum()
}

fn layout() -> impl Strategy<Value = Layout> {
    prop_oneof![
        Just(Layout::Unit),
        Just(Layout::UnitWithVariable),
        Just(Layout::Environment),
        Just(Layout::Arguments),
        Just(Layout::CloudConfig),
        Just(Layout::Ignition),
        Just(Layout::Script),
    ]
}

fn words() -> impl Strategy<Value = Vec<Written>> {
    let gap = prop_oneof![Just(Gap::Blank), Just(Gap::Line), Just(Gap::Comment)];
    proptest::sample::subsequence(&FLAGS[..], 1..FLAGS.len()).prop_shuffle().prop_flat_map(move |flags| {
        let gaps = proptest::collection::vec(gap.clone(), flags.len());
        gaps.prop_map(move |gaps| {
            let pair = |(word, gap): (&&str, Gap)| Written { word: (*word).to_owned(), gap };
            flags.iter().zip(gaps).map(pair).collect()
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn a_change_is_the_wish_and_nothing_else(
        layout in layout(),
        words in words(),
        (name, to, printed) in proptest::sample::select(&WISHES[..]),
        removes in any::<bool>(),
        windows in any::<bool>(),
    ) {
        // In JSON and in a block of YAML a carriage return is no part of the line's end.
        let windows = windows && !matches!(layout, Layout::Ignition);
        let before = evidence(texts(layout, &words, if windows { "\r\n" } else { "\n" }));
        let (mut wanted, origin) = held(&before, name);
        let site: Option<Site> = match &origin {
            Origin::Written(site) => Some(site.clone()),
            Origin::Default { home, .. } if !removes => home.clone(),
            _ => None,
        };
        let Some(site) = site else { return Ok(()) };
        let setting = format!("--{name}");
        let change = match removes {
            true => Change::Remove { setting, sites: vec![site] },
            false => Change::Set { setting, site, to: to.to_owned() },
        };
        let after = match changed(&before, change.clone()) {
            Ok(after) => after,
            // A person is told why.
            Err(reason) => {
                prop_assert!(!reason.is_empty());
                let has_it = wanted.get(name).is_some_and(|held| held == printed);
                let quoted = name == "request-timeout";
                let apart = name == "audit-log-maxage" && removes;
                let by_hand = matches!(layout, Layout::Script) || has_it || quoted || apart;
                prop_assert!(by_hand, "{layout:?} {words:?}: {reason}");
                return Ok(());
            }
        };
        let (is, now) = held(&after, name);
        let text = after.iter().filter_map(Evidence::text).map(|text| &**text).collect::<String>();
        if removes {
            prop_assert!(matches!(now, Origin::Default { .. }), "{text}");
            wanted.insert(known(name), is.get(name).cloned().unwrap_or_default());
        } else {
            prop_assert_eq!(is.get(name).map(String::as_str), Some(printed), "{}", text);
            wanted.insert(known(name), printed.to_owned());
        }
        prop_assert!(is == wanted, "{}", text);
        prop_assert_eq!(comments(&before), comments(&after), "{}", text);
        // Made again it changes nothing.
        if let (Change::Set { setting, to, .. }, Origin::Written(site)) = (change, now) {
            prop_assert!(changed(&after, Change::Set { setting, site, to }).is_err(), "{}", text);
        }
    }
}

/// Documents in strings of others: what is written there is changed there, and what is not there comes where it belongs.
#[test]
fn a_document_in_a_string_is_changed_where_it_stands() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: kube-apiserver\nspec:\n  containers:\n  - name: kube-apiserver\n    \
               command:\n    - kube-apiserver\n    - --profiling=true # for now\n    - --etcd-servers=https://127.0.0.1:2379\n";
    let patch =
        "kind: ClusterConfiguration\napiServer:\n  # for now\n  extraArgs:\n    profiling: \"true\"\n    v: \"2\"\n";
    let bare = "kind: ClusterConfiguration\nmetadata:\n  name: a # for now\n";
    let indented = |text: &str, by: usize| {
        text.lines().map(|line| format!("{}{line}\n", " ".repeat(by))).collect::<Vec<_>>().concat()
    };
    let escaped = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let kind = "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n";
    for (name, text) in [
        ("a patch", format!("{kind}kubeadmConfigPatches:\n- |\n{}nodes:\n- role: control-plane\n", indented(patch, 2))),
        ("a patch in quotes", format!("{kind}kubeadmConfigPatches: [\"{}\"]\n", escaped(patch))),
        ("a patch without arguments", format!("{kind}kubeadmConfigPatches:\n- |\n{}", indented(bare, 2))),
        (
            "a file of a machine",
            format!(
                "#cloud-config\nwrite_files:\n- path: /etc/kubernetes/manifests/a.yaml\n  content: |\n{}",
                indented(pod, 4)
            ),
        ),
        ("a ConfigMap", format!("apiVersion: v1\nkind: ConfigMap\ndata:\n  a.yaml: |\n{}", indented(pod, 4))),
        (
            "JSON",
            format!(
                "{{\"kind\": \"ConfigMap\", \"apiVersion\": \"v1\", \"data\": {{\"a.yaml\": \"{}\"}}}}\n",
                escaped(pod)
            ),
        ),
    ] {
        let before = evidence(vec![("n/file.yaml".to_owned(), Kind::Workload, text)]);
        for (flag, to) in [("profiling", "false"), ("audit-log-maxage", "30")] {
            let (mut wanted, origin) = held(&before, flag);
            let site = match origin {
                Origin::Written(site) => site,
                Origin::Default { home: Some(site), .. } => site,
                other => panic!("{name}: {other:?}"),
            };
            let change = Change::Set { setting: format!("--{flag}"), site, to: to.to_owned() };
            let after = changed(&before, change).unwrap_or_else(|reason| panic!("{name}, {flag}: {reason}"));
            let (is, _) = held(&after, flag);
            let text = after.iter().filter_map(Evidence::text).map(|text| &**text).collect::<String>();
            wanted.insert(if flag == "profiling" { "profiling" } else { "audit-log-maxage" }, to.to_owned());
            assert_eq!(is, wanted, "{name}:\n{text}");
            assert_eq!(comments(&before), comments(&after), "{name}:\n{text}");
        }
    }
}

/// The name with the lifetime of the table.
fn known(name: &str) -> &'static str {
    WISHES.iter().find(|(known, ..)| *known == name).map_or("", |(known, ..)| known)
}
