//! One cluster held against a benchmark: every id of the edition once, with our verdict and the benchmark's letter.
//!
//! The verdicts are those of the rules; nothing is judged here a second time. What no rule could answer is undetermined and
//! says what would answer it. What the letter says besides is read from the same facts.

use std::collections::BTreeMap;

use facts::Cluster;
use model::{Confidence, Entry, Gap, GapKind, Outcome};
use report::{ControlAnswer, wire};
use rules::{
    Automation, Check, Rule,
    benchmark::{self, Assessed, Benchmark, Choice, Item},
};

/// The benchmark that a run reports.
#[derive(Clone, Copy, Debug)]
pub enum Wanted {
    /// That edition.
    Edition(&'static Benchmark),
    /// The edition of CIS for each cluster.
    Cis,
}

impl Wanted {
    /// The edition for a cluster, and why.
    pub(crate) fn choose(self, cluster: &Cluster) -> Choice {
        match self {
            Self::Cis => benchmark::cis_for(cluster.distribution, rules::release(cluster).as_ref()),
            Self::Edition(benchmark) => {
                let fits = benchmark::cis_for(cluster.distribution, rules::release(cluster).as_ref()).benchmark.name;
                let other = if benchmark.is_cis() && fits != benchmark.name {
                    format!("; the one for this cluster would be `{fits}`")
                } else {
                    String::new()
                };
                Choice { benchmark, why: format!("the profile names it{other}") }
            }
        }
    }
}

/// What the rules said of a cluster, as far as a benchmark asks.
pub(crate) struct Said<'a> {
    pub(crate) entries: &'a [Entry],
    pub(crate) not_asked: &'a [&'static str],
    /// Findings less sure than this are not shown.
    pub(crate) show: Confidence,
}

/// Every id of the edition, once.
pub(crate) fn hold(cluster: &Cluster, choice: &Choice, said: &Said<'_>) -> report::Benchmark {
    let mut by_rule: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in said.entries {
        by_rule.entry(entry.rule).or_default().push(entry);
    }
    let items = choice.benchmark.items().iter().map(|item| {
        let answers: Vec<ControlAnswer> =
            item.controls.iter().map(|control| answer(control, by_rule.get(control), said)).collect();
        let letter = letter(choice.benchmark, item, cluster);
        let mut known = report::BenchmarkItem {
            id: item.id,
            section: item.section.id.clone(),
            part: item.section.part,
            chapter: &item.section.chapter,
            manual: item.manual,
            scored: item.scored,
            assessed: item.assessed.map(Assessed::name),
            inverted: item.inverted,
            answers,
            letter,
            argument: None,
        };
        known.argument = argument(&known);
        known
    });
    report::Benchmark {
        name: choice.benchmark.name,
        title: choice.benchmark.title,
        version: choice.benchmark.version(),
        chosen: choice.why.clone(),
        items: items.collect(),
    }
}

/// What one control says.
fn answer(control: &'static str, entries: Option<&Vec<&Entry>>, said: &Said<'_>) -> ControlAnswer {
    let rule = rules::find(control);
    let pending = rules::pending().get(control);
    let with = |outcome, message: String, gap| ControlAnswer {
        control,
        intent: benchmark::intent(control),
        component: rule
            .map(|rule| rule.component)
            .or_else(|| pending.map(|pending| pending.component.as_str()))
            .unwrap_or_default(),
        severity: rule
            .map(|rule| rule.info.severity.name())
            .or_else(|| pending.map(|pending| pending.severity.as_str()))
            .unwrap_or_default(),
        outcome,
        message,
        gap,
    };
    let open = |gap: Gap| with(wire::Outcome::Undetermined, gap.reason.clone(), Some(gap));
    let Some(rule) = rule else { return open(waits(control)) };
    if said.not_asked.contains(&control) {
        return open(not_there(rule));
    }
    let Some(entries) = entries else {
        return open(Gap {
            kind: GapKind::NotCollected,
            reason: "the rule was left out of this run".to_owned(),
            wanted: format!("the rule {control}"),
            who_could_answer: "run without --rule and --skip, and with a profile that holds it".to_owned(),
        });
    };
    let shown = |entry: &&Entry| entry.outcome.failure().is_none_or(|failure| failure.confidence >= said.show);
    let worst = |a: &&Entry, b: &&Entry| rank(a).cmp(&rank(b)).then_with(|| b.severity.cmp(&a.severity));
    match entries.iter().copied().filter(shown).min_by(worst) {
        None => open(Gap {
            kind: GapKind::Manual,
            reason: "what was found is too unsure to be shown".to_owned(),
            wanted: "--show possible".to_owned(),
            who_could_answer: "give --show possible, and judge what it shows".to_owned(),
        }),
        Some(entry) => {
            let others = entries.iter().filter(|other| shown(other) && rank(other) == rank(entry)).count() - 1;
            let also = match others {
                0 => String::new(),
                others => format!(" (and {others} more)"),
            };
            let (outcome, gap) = match &entry.outcome {
                Outcome::Pass => (wire::Outcome::Pass, None),
                Outcome::Fail(_) => (wire::Outcome::Fail, None),
                Outcome::Undetermined(gap) => (wire::Outcome::Undetermined, Some(gap.clone())),
                Outcome::NotApplicable(_) => (wire::Outcome::NotApplicable, None),
                Outcome::Waived(_) => (wire::Outcome::Waived, None),
            };
            with(outcome, format!("{}{also}", entry.message), gap)
        }
    }
}

/// The order in which outcomes count, the worst first.
fn rank(entry: &Entry) -> u8 {
    match entry.outcome {
        Outcome::Fail(_) => 0,
        Outcome::Undetermined(_) => 1,
        Outcome::Waived(_) => 2,
        Outcome::Pass => 3,
        Outcome::NotApplicable(_) => 4,
    }
}

/// A rule that nothing in this cluster could have answered.
fn not_there(rule: &Rule) -> Gap {
    let (wanted, reason) = match rule.check {
        Check::Kubeconfig(_) | Check::AnyKubeconfig(_) | Check::KubeconfigFile(_) | Check::User(_) => {
            ("a kubeconfig", "no kubeconfig was given")
        }
        Check::Objects { .. }
        | Check::ObjectsUnder { .. }
        | Check::DoorOrObjects { .. }
        | Check::Running(_)
        | Check::Asked { .. }
        | Check::Manual(_) => ("the running cluster", "no running cluster was asked"),
        Check::Certificate { .. } => ("certificates of the cluster", "no certificate was given"),
        Check::Listener { .. } | Check::Door { .. } => {
            ("an endpoint of the cluster", "nothing was looked at from outside")
        }
        _ => ("an API server's configuration", "no API server was given"),
    };
    Gap {
        kind: GapKind::NotCollected,
        reason: reason.to_owned(),
        wanted: wanted.to_owned(),
        who_could_answer: format!("give {wanted} as a target"),
    }
}

/// A control that no rule answers yet.
fn waits(control: &str) -> Gap {
    let automation = rules::references(control).map(|known| known.automation).unwrap_or_default();
    if automation == Automation::Manual {
        return Gap {
            kind: GapKind::Manual,
            reason: "it takes a person".to_owned(),
            wanted: "a person's judgement".to_owned(),
            who_could_answer: "whoever knows the site".to_owned(),
        };
    }
    let pending = rules::pending().get(control);
    let evidence = pending.map(|pending| pending.evidence.as_slice()).unwrap_or_default();
    let component = pending.map_or("", |pending| pending.component.as_str());
    let has = |name: &str| evidence.iter().any(|known| known == name);
    let declared = has("static-pod-manifest") || has("process-args") || has("config-file");
    let (reason, wanted) = match component {
        // Of these nothing is read that declares them; what a running one says is asked by the rules that there are.
        "etcd" | "scheduler" | "kube-proxy" | "controller-manager" if declared => {
            let of = component.replace('-', " ").replace("kube proxy", "kube-proxy");
            (
                "this version does not read what declares that component",
                format!("the configuration of the {of}").replace("the etcd", "etcd"),
            )
        }
        _ if has("file-metadata") && !has("live-api") => {
            ("this version does not look at owners and modes", "owners and modes of a node's files".to_owned())
        }
        // The evidence may be there, and nobody asks it.
        _ => ("this version has no rule for it", "rules that this version does not have".to_owned()),
    };
    Gap {
        kind: GapKind::NotCollected,
        reason: reason.to_owned(),
        wanted,
        who_could_answer: "a later version; until then a person".to_owned(),
    }
}

/// What the letter says of the instance that is farthest from it.
fn letter(benchmark: &Benchmark, item: &Item, cluster: &Cluster) -> Option<report::Letter> {
    let of_flags = cluster.components().filter_map(|component| benchmark::letter(benchmark, item, component));
    let of_files = cluster.apiservers.iter().filter_map(|server| benchmark::letter_of_file(benchmark, item, server));
    let letters = of_flags.chain(of_files);
    // Not met before not known before met; of equals the first.
    let worst = letters.min_by_key(|letter| match letter.met {
        Some(false) => 0,
        None => 1,
        Some(true) => 2,
    })?;
    let server = cluster.apiservers.iter().find(|server| server.component().instance == worst.instance);
    let text = server.and_then(|server| benchmark::text(benchmark, item, server));
    Some(report::Letter {
        text: text.map(|text| report::LetterText { met: text.met, found: text.found }),
        met: worst.met,
        wanted: worst.wanted,
        found: worst.found,
        instance: worst.instance,
        at: worst.at,
    })
}

/// Why letter and verdict differ, or what kube-bench finds and our verdict; nothing where they agree or one is not known.
fn argument(item: &report::BenchmarkItem) -> Option<String> {
    let (outcome, worst) = report::worst(item);
    let worst = worst?;
    let more = benchmark::argument(worst.control).map(|more| format!(" {more}")).unwrap_or_default();
    let message = &worst.message;
    if item.inverted {
        let sides = match item.letter.as_ref().and_then(|letter| letter.met) {
            Some(true) => "its letter is met",
            Some(false) => "its letter is not met",
            None => "its letter was not read",
        };
        return Some(format!(
            "The benchmark asks for the opposite of what we ask for; {sides}, and our verdict is {}: {message}.{more}",
            outcome.name()
        ));
    }
    let letter = item.letter.as_ref()?;
    let by_text = letter.text.as_ref().filter(|text| match outcome {
        wire::Outcome::Pass => !text.met,
        wire::Outcome::Fail | wire::Outcome::Waived => text.met,
        wire::Outcome::Undetermined | wire::Outcome::NotApplicable => false,
    });
    let searched = by_text.map(|text| {
        format!(
            "kube-bench searches the text of the command line and finds {}. What the server takes from it is what counts: \
             {message}.{more}",
            text.found
        )
    });
    match (letter.met, outcome) {
        (Some(false), wire::Outcome::Pass) => Some(format!(
            "The letter asks for {}, and {}. We judge what is in force: {message}.{more}",
            letter.wanted, letter.found
        )),
        (Some(false), wire::Outcome::NotApplicable) => Some(format!(
            "The letter asks for {}, and {}; there is nothing in force to judge.",
            letter.wanted, letter.found
        )),
        (Some(true), wire::Outcome::Fail | wire::Outcome::Waived) => {
            Some(format!("The letter is met, since {}; it fails all the same: {message}.", letter.found))
        }
        _ => searched,
    }
}

#[cfg(test)]
mod tests {
    use facts::{Gathered, Options, Redactor};
    use model::{EvidenceId, Kind, Plane};

    use super::*;

    fn cluster(files: &[(&str, Kind, &str)]) -> Cluster {
        let mut redactor = Redactor::new();
        let evidence = files
            .iter()
            .map(|(name, kind, text)| redactor.evidence(EvidenceId::new(*name), Plane::Declared, *kind, text))
            .collect();
        let (name, target) = ("a".to_owned(), "a".to_owned());
        facts::resolve(
            Gathered { name, target, root: Some("n".to_owned()), evidence, trees: facts::Trees::default() },
            &Options::default(),
        )
    }

    fn each(cluster: &Cluster, visit: &mut dyn FnMut(&Benchmark, &report::BenchmarkItem)) {
        let judged = rules::judge(cluster, &rules::all().collect::<Vec<_>>());
        for benchmark in benchmark::all() {
            let choice = Choice { benchmark, why: String::new() };
            let said = Said { entries: &judged.entries, not_asked: &judged.not_asked, show: Confidence::Possible };
            hold(cluster, &choice, &said).items.iter().for_each(|item| visit(benchmark, item));
        }
    }

    const POD: (&str, Kind, &str) = (
        "n/etc/kubernetes/manifests/kube-apiserver.yaml",
        Kind::Workload,
        "spec: {containers: [{image: 'k8s.io/kube-apiserver:v1.32.1', command: [kube-apiserver, --etcd-servers=https://e:2379, \
         --anonymous-auth=false, --encryption-provider-config=/etc/kubernetes/e.yaml], volumeMounts: [{name: k, mountPath: \
         /etc/kubernetes}]}], volumes: [{name: k, hostPath: {path: /etc/kubernetes}}]}",
    );

    #[test]
    fn an_id_is_no_pass_without_evidence_of_what_it_is_about() {
        // One manifest of an API server can answer what is about that server, and nothing about nodes, objects or providers.
        let cluster = cluster(&[POD]);
        let judged = rules::judge(&cluster, &rules::all().collect::<Vec<_>>());
        let is_of_server = |control: &str| {
            let mut passes =
                judged.entries.iter().filter(|entry| entry.rule == control && matches!(entry.outcome, Outcome::Pass));
            // What is about the release is asked of the cluster, whose only release is that of the server.
            let of_release = rules::find(control).is_some_and(|rule| matches!(rule.check, Check::Cluster(_)));
            passes.all(|entry| of_release || entry.component == Some("kube-apiserver"))
        };
        let mut passes = 0;
        each(&cluster, &mut |benchmark, item| {
            assert!(!item.answers.is_empty(), "{benchmark:?} {}", item.id);
            for answer in &item.answers {
                let place = format!("{benchmark:?} {} {}: {}", item.id, answer.control, answer.message);
                if answer.outcome == wire::Outcome::Pass {
                    passes += 1;
                    assert!(is_of_server(answer.control), "{place}");
                }
                // What is not decided says what would decide it.
                let open = answer.outcome == wire::Outcome::Undetermined;
                let says =
                    answer.gap.as_ref().is_some_and(|gap| !gap.wanted.is_empty() && !gap.who_could_answer.is_empty());
                assert_eq!(open, says, "{place}");
                assert!(!answer.intent.is_empty() && !answer.message.is_empty(), "{place}");
            }
        });
        assert!(passes > 100, "{passes}");
    }

    #[test]
    fn what_waits_for_a_rule_does_not_blame_the_evidence() {
        for (control, pending) in rules::pending() {
            let gap = waits(control);
            assert!(!gap.reason.is_empty() && !gap.wanted.is_empty(), "{control}");
            // These are read and asked, so that only the rule is missing.
            let is_asked = ["apiserver", "kubelet", "network", "pod-security", "secrets"]
                .contains(&pending.component.as_str())
                && pending.evidence.iter().any(|evidence| evidence == "live-api");
            if is_asked && gap.kind != GapKind::Manual {
                assert_eq!(gap.reason, "this version has no rule for it", "{control}");
            }
        }
    }

    #[test]
    fn what_a_search_finds_and_a_server_does_not_read_is_argued() {
        let of = |arguments: &str, id: &str| {
            let pod = POD.2.replace("--anonymous-auth=false", arguments);
            let mut found = None;
            each(&cluster(&[(POD.0, POD.1, pod.as_str())]), &mut |benchmark, item| {
                if benchmark.name == "cis-1.12" && item.id == id {
                    found = Some((report::worst(item).0, item.argument.clone().unwrap_or_default()));
                }
            });
            found.expect("an id")
        };
        let (outcome, argument) = of("--profiling=false, --profiling=true", "1.2.15");
        assert_eq!(outcome, wire::Outcome::Fail);
        assert!(argument.contains("kube-bench") && argument.contains("`--profiling` as `false`"), "{argument}");
        let (outcome, argument) = of("--audit-log-path=/a, --audit-log-maxage, '30'", "1.2.17");
        assert_eq!(outcome, wire::Outcome::Pass);
        assert!(argument.contains("`--audit-log-maxage` as `true`"), "{argument}");
        // Where both come to the same there is nothing to argue.
        assert_eq!(of("--profiling=false", "1.2.15"), (wire::Outcome::Pass, String::new()));
        assert_eq!(of("--profiling=true", "1.2.15"), (wire::Outcome::Fail, String::new()));
    }

    #[test]
    fn kubelets_have_letters_of_their_own() {
        let of = |text: &str, name: &str, id: &str| {
            let cluster = cluster(&[("n/var/lib/kubelet/config.yaml", Kind::ConfigFile, text)]);
            let mut found = None;
            each(&cluster, &mut |benchmark, item| {
                if benchmark.name == name && item.id == id {
                    found = item.letter.as_ref().map(|letter| (letter.met, letter.wanted.clone()));
                }
            });
            found
        };
        const HEAD: &str = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";
        let wanted = "`authentication.anonymous.enabled=false`".to_owned();
        let says = format!("{HEAD}authentication: {{anonymous: {{enabled: false}}}}\n");
        assert_eq!(of(&says, "cis-1.12", "4.2.1"), Some((Some(true), wanted.clone())));
        // The default is as safe, and no letter.
        assert_eq!(of(HEAD, "cis-1.12", "4.2.1"), Some((Some(false), wanted)));
        // A flag that no file has is not seen here, so that nothing is said of it.
        assert_eq!(of(HEAD, "cis-1.12", "4.2.7"), None);
    }

    #[test]
    fn the_stig_asks_where_a_setting_of_a_kubelet_stands() {
        let of = |line: Option<&str>, text: &str, id: &str| {
            let unit = line.map(|line| {
                format!("[Service]\nExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml{line}\n")
            });
            let unit = unit.as_deref().map(|unit| ("n/etc/systemd/system/kubelet.service", Kind::ConfigFile, unit));
            let file = ("n/var/lib/kubelet/config.yaml", Kind::ConfigFile, text);
            let mut found = None;
            each(&cluster(&unit.into_iter().chain([file]).collect::<Vec<_>>()), &mut |benchmark, item| {
                if benchmark.name == "stig" && item.id == id {
                    found = item.letter.as_ref().map(|letter| (letter.met, letter.found.clone()));
                }
            });
            found.expect("a letter")
        };
        const HEAD: &str = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";
        let off = format!("{HEAD}authentication: {{anonymous: {{enabled: false}}}}\n");
        let met = |line, text: &str, id| of(line, text, id).0;
        assert_eq!(met(Some(""), &off, "V-242391"), Some(true));
        // As safe, and nowhere.
        assert_eq!(met(Some(""), HEAD, "V-242391"), Some(false));
        assert_eq!(met(Some(""), &off.replace("false", "true"), "V-242391"), Some(false));
        // A flag is a finding whatever its value.
        let flag = of(Some(" --anonymous-auth=false"), &off, "V-242391");
        assert_eq!(flag, (Some(false), "`--anonymous-auth=false` is on the command line".to_owned()));
        // A command line that was not seen may have one; what the file lacks is a finding all the same.
        assert_eq!(met(None, &off, "V-242391"), None);
        assert_eq!(met(None, HEAD, "V-242391"), Some(false));
        // One may be left out, and one has to be a flag.
        assert_eq!(met(Some(""), HEAD, "V-242387"), Some(true));
        assert_eq!(met(Some(""), &format!("{HEAD}readOnlyPort: 10255\n"), "V-242387"), Some(false));
        assert_eq!(met(Some(" --authorization-mode=Webhook"), HEAD, "V-242392"), Some(true));
        assert_eq!(met(Some(""), &format!("{HEAD}authorization: {{mode: Webhook}}\n"), "V-242392"), Some(false));
        assert_eq!(met(Some(""), &format!("{HEAD}streamingConnectionIdleTimeout: 5m\n"), "V-245541"), Some(true));
        assert_eq!(met(Some(""), &format!("{HEAD}streamingConnectionIdleTimeout: 1m\n"), "V-245541"), Some(false));
        assert_eq!(met(Some(" --hostname-override=a"), HEAD, "V-242404"), Some(false));
        assert_eq!(met(Some(""), HEAD, "V-242404"), Some(true));
        // The file alone counts, whatever else sets it.
        assert_eq!(
            met(Some(""), &format!("{HEAD}staticPodPath: /etc/kubernetes/manifests\n"), "V-242397"),
            Some(false)
        );
        assert_eq!(met(Some(" --pod-manifest-path=/etc/kubernetes/manifests"), HEAD, "V-242397"), Some(true));
    }

    #[test]
    fn the_stig_asks_for_a_policy_of_one_rule() {
        let pod = POD.2.replace("--anonymous-auth=false", "--audit-policy-file=/etc/kubernetes/a.yaml");
        let of = |policy: Option<&str>| {
            let file = policy.map(|text| ("n/etc/kubernetes/a.yaml", Kind::ConfigFile, text));
            let files: Vec<_> = std::iter::once((POD.0, POD.1, pod.as_str())).chain(file).collect();
            let mut found = None;
            each(&cluster(&files), &mut |benchmark, item| {
                if benchmark.name == "stig" && item.id == "V-242403" {
                    found = item.letter.as_ref().map(|letter| letter.met);
                }
            });
            found.expect("a letter")
        };
        const HEAD: &str = "apiVersion: audit.k8s.io/v1\nkind: Policy\n";
        assert_eq!(of(Some(&format!("{HEAD}rules: [{{level: RequestResponse}}]\n"))), Some(true));
        assert_eq!(of(Some(&format!("{HEAD}rules: [{{level: Metadata}}]\n"))), Some(false));
        assert_eq!(of(Some(&format!("{HEAD}rules: [{{level: RequestResponse, users: [a]}}]\n"))), Some(false));
        assert_eq!(of(None), None);
    }

    #[test]
    fn with_nothing_to_look_at_nothing_passes() {
        each(&cluster(&[]), &mut |benchmark, item| {
            let passes = item.answers.iter().any(|answer| answer.outcome == wire::Outcome::Pass);
            assert!(!passes, "{benchmark:?} {}", item.id);
        });
    }

    #[test]
    fn the_letter_of_the_file_of_encryption_is_its_first_provider() {
        let of = |text: &str| {
            let file = ("n/etc/kubernetes/e.yaml", Kind::ConfigFile, text);
            let files = if text.is_empty() { vec![POD] } else { vec![POD, file] };
            let cluster = cluster(&files);
            let mut found = None;
            each(&cluster, &mut |benchmark, item| {
                if benchmark.name == "cis-1.12" && item.id == "1.2.28" {
                    found = Some((item.letter.as_ref().map(|letter| letter.met), item.argument.clone()));
                }
            });
            found.unwrap_or_else(|| panic!("no such id"))
        };
        let file = |providers: &str| {
            format!(
                "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [secrets]\n  providers: {providers}\n"
            )
        };
        let key = "{keys: [{name: a, secret: MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=}]}";
        let (met, argument) = of(&file(&format!("[{{secretbox: {key}}}, {{identity: {{}}}}]")));
        assert_eq!((met, argument), (Some(Some(true)), None));
        // CIS takes what we do not.
        let (met, argument) = of(&file(&format!("[{{aescbc: {key}}}]")));
        assert_eq!(met, Some(Some(true)));
        assert!(argument.is_some_and(|text| text.contains("fails all the same")));
        assert_eq!(of(&file(&format!("[{{identity: {{}}}}, {{secretbox: {key}}}]"))).0, Some(Some(false)));
        // What was not read neither meets nor misses it.
        assert_eq!(of("").0, Some(None));
    }
}
