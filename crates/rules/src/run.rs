//! Puts every rule to every instance it is about, and turns answers into entries.
//!
//! This is the only place that builds outcomes. A rule answers; whether that is a pass, a fail, a gap or no question at all
//! is decided here, the same way for each.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
};

use facts::{
    Cluster,
    apiserver::ApiServer,
    etcd::Etcd,
    fleet::Fleet,
    kubeconfig::{Endpoint, Kubeconfig, User},
    kubelet::{Kubelet, Peers},
    objects::Of,
    observed::Door,
};
use model::{
    Answer, Component, Confidence, Entry, Evidence, EvidenceId, Failure, Finding, Gap, GapKind, Label, Listener,
    Location, Origin, Outcome, Plane, Release, Unanswered, Verdict,
};

use crate::{Check, Rule, Several, certificates, doors, files, manual, objects, plugins, row};

/// What the rules say about one cluster.
#[derive(Clone, Debug, Default)]
pub struct Judgement {
    /// Sorted by rule, component, instance, subject.
    pub entries: Vec<Entry>,
    /// Rules that no evidence of this cluster could have answered, sorted.
    pub not_asked: Vec<&'static str>,
    /// Rules that failed instead of answering; each is our own fault, and an undetermined entry too. Sorted.
    pub faults: Vec<&'static str>,
}

/// Asks each rule of everything in the cluster that it is about.
pub fn judge(cluster: &Cluster, rules: &[&'static Rule]) -> Judgement {
    let mut judgement = Judgement::default();
    // What only shows across clusters is no question to one of them.
    for rule in rules.iter().filter(|rule| !matches!(rule.check, Check::Fleet(_))) {
        let mut asked = false;
        for mut question in questions(rule, cluster) {
            question.evidence = &cluster.evidence;
            asked |= question.put(rule, &mut judgement);
        }
        if !asked {
            judgement.not_asked.push(rule.info.id);
        }
    }
    judgement.sorted()
}

/// Asks each rule about fleets of all clusters of a run together.
pub fn judge_fleet(fleet: &Fleet, rules: &[&'static Rule]) -> Judgement {
    let mut judgement = Judgement::default();
    for rule in rules {
        let Check::Fleet(check) = &rule.check else { continue };
        let question = Question::new(Box::new(move || check(fleet)));
        question.put(rule, &mut judgement);
    }
    judgement.sorted()
}

impl Judgement {
    fn sorted(mut self) -> Self {
        let judgement = &mut self;
        judgement.entries.sort_by(|a, b| {
            let key = |entry: &Entry| (entry.rule, entry.component, entry.instance.clone(), entry.subject.clone());
            key(a).cmp(&key(b)).then_with(|| a.setting.cmp(&b.setting)).then_with(|| a.message.cmp(&b.message))
        });
        judgement.not_asked.sort_unstable();
        judgement.faults.sort_unstable();
        judgement.faults.dedup();
        self
    }
}

/// One rule and one instance, a part of one, or the cluster as a whole.
struct Question<'a> {
    component: Option<&'static str>,
    instance: Option<&'a str>,
    /// The part; a finding may name another.
    subject: Option<&'a str>,
    declared_in: Option<&'a EvidenceId>,
    /// `None` where no release has a say in it.
    release: Option<Release>,
    /// Whether what nobody was asked for is no answer.
    of_objects: bool,
    /// What may win over everything that the answer rests on.
    outranked: Option<&'a Gap>,
    /// All that was seen, sorted.
    evidence: &'a [Evidence],
    ask: Box<dyn Fn() -> Verdict + 'a>,
}

impl<'a> Question<'a> {
    /// One that is about nothing in particular.
    fn new(ask: Box<dyn Fn() -> Verdict + 'a>) -> Self {
        Self {
            component: None,
            instance: None,
            subject: None,
            declared_in: None,
            release: None,
            of_objects: false,
            outranked: None,
            evidence: &[],
            ask,
        }
    }
}

/// The instances that a rule is about. None, where the cluster has none of them: that rule is not asked.
fn questions<'a>(rule: &'static Rule, cluster: &'a Cluster) -> Vec<Question<'a>> {
    let of = |component: &'a Component, ask: Box<dyn Fn() -> Verdict + 'a>| Question {
        component: Some(component.name),
        instance: Some(&component.instance),
        declared_in: Some(&component.declared_in),
        release: Some(component.release.clone()),
        outranked: component.outranked.as_ref(),
        ..Question::new(ask)
    };
    let components = || cluster.components();
    let declared = || {
        let kubelets = cluster.kubelets.iter().filter(|kubelet| !kubelet.is_asked()).map(Kubelet::component);
        cluster.apiservers.iter().map(ApiServer::component).chain(kubelets)
    };
    let of_kubelets = |ask: fn(&Cluster, &Kubelet) -> Verdict, of_flags: bool| {
        let kubelets = cluster.kubelets.iter().filter(move |kubelet| kubelet.shows_flags || !of_flags);
        kubelets.map(move |kubelet| of(kubelet.component(), Box::new(move || ask(cluster, kubelet))))
    };
    let of_etcds = |ask: fn(&Etcd) -> Verdict| {
        cluster.etcds.iter().map(move |etcd| of(etcd.component(), Box::new(move || ask(etcd))))
    };
    match &rule.check {
        Check::ApiServer(check) => {
            cluster.apiservers.iter().map(|server| of(server.component(), Box::new(move || check(server)))).collect()
        }
        Check::ServerOrKubelet { server: ask_server, kubelet: ask_kubelet } => {
            let servers = cluster.apiservers.iter().map(|one| of(one.component(), Box::new(move || ask_server(one))));
            let kubelets = cluster.kubelets.iter();
            servers.chain(kubelets.map(|one| of(one.component(), Box::new(move || ask_kubelet(one))))).collect()
        }
        Check::Component(check) => {
            components().map(|component| of(component, Box::new(move || check(component)))).collect()
        }
        Check::CommandLine(check) => {
            let kubelets = cluster.kubelets.iter().filter(|one| one.shows_flags && !one.is_asked());
            let servers = cluster.apiservers.iter().map(ApiServer::component);
            let all = servers.chain(kubelets.map(Kubelet::component));
            all.map(|component| of(component, Box::new(move || check(component)))).collect()
        }
        Check::Declared(check) => {
            declared().map(|component| of(component, Box::new(move || check(component)))).collect()
        }
        Check::Kubelet(check) => of_kubelets(*check, false).collect(),
        Check::KubeletFlags(check) => of_kubelets(*check, true).collect(),
        Check::KubeletUnit(check) => {
            let known = cluster.kubelets.iter().filter_map(|one| Some((one, one.peers.as_ref()?)));
            let ask = |(one, peers): (&'a Kubelet, &'a Peers)| Question {
                // No flag wins over what the unit says.
                outranked: None,
                ..of(one.component(), Box::new(move || check(one, peers)))
            };
            known.map(ask).collect()
        }
        Check::KubeletOrDoor { kubelet, of: listeners, door } => {
            let doors = of_doors(cluster, listeners, *door, move |door| {
                !cluster.kubelets.iter().any(|one| one.stands_at(door.address()))
            });
            of_kubelets(*kubelet, false).chain(doors).collect()
        }
        Check::Etcd(check) => of_etcds(*check).collect(),
        Check::EtcdOrDoor { etcd, of: listeners, door } => {
            of_etcds(*etcd).chain(of_doors(cluster, listeners, *door, |_| true)).collect()
        }
        Check::Starts(check) => {
            let given = cluster.given.iter().map(|given| {
                let ask = move || given.gap.clone().map_or_else(|| check(&given.component), |gap| Err(gap.into()));
                of(&given.component, Box::new(ask))
            });
            components().map(|component| of(component, Box::new(move || check(component)))).chain(given).collect()
        }
        Check::File { of: file, server } => {
            let servers = cluster
                .apiservers
                .iter()
                .map(|one| of(one.component(), Box::new(move || files::ask_server(*file, *server, one, cluster))));
            let given = cluster
                .given
                .iter()
                .filter(|given| given.kind == file.kind())
                .map(|given| of(&given.component, Box::new(move || files::ask_given(*file, given))));
            servers.chain(given).collect()
        }
        Check::Setting(row) => components()
            .filter(|component| component.name == row.process)
            .map(|component| of(component, Box::new(move || row::ask(&rule.info, row, component))))
            .collect(),
        Check::Settings(several @ (Several::All(rows) | Several::Any(rows))) => components()
            .filter(|component| rows.iter().any(|row| row.process == component.name))
            .map(|component| of(component, Box::new(move || row::ask_several(&rule.info, several, component))))
            .collect(),
        Check::Plugins(plugins) => cluster
            .apiservers
            .iter()
            .map(|server| of(server.component(), Box::new(move || plugins::ask(&rule.info, plugins, server))))
            .collect(),
        Check::Kubeconfig(check) => {
            cluster.kubeconfigs.iter().flat_map(|config| of_kubeconfig(config, config.webhook, *check)).collect()
        }
        Check::AnyKubeconfig(check) => {
            cluster.kubeconfigs.iter().flat_map(|config| of_kubeconfig(config, None, *check)).collect()
        }
        Check::KubeconfigFile(check) => {
            let whole = |config: &Kubeconfig, check: fn(&Kubeconfig) -> Verdict| match &config.gap {
                Some(gap) => Err(Unanswered::Gap(gap.clone())),
                None => check(config),
            };
            let ask = |config| of_file(config, None, Box::new(move || whole(config, *check)));
            cluster.kubeconfigs.iter().map(ask).collect()
        }
        Check::Door { of, ask } => of_doors(cluster, of, *ask, |_| true).collect(),
        Check::DoorOrObjects { of, door: ask_door, objects, ask } => {
            let doors = cluster.doors.iter().filter_map(|door| {
                let who = door.who.filter(|who| of.contains(who))?;
                Some(Question {
                    component: Some(who.component()),
                    instance: Some(&door.name),
                    declared_in: Some(&door.at.evidence),
                    ..Question::new(Box::new(move || doors::ask(|door| ask_door(cluster, door), door)))
                })
            });
            doors.chain(of_objects(cluster, objects, *ask)).collect()
        }
        Check::User(check) => cluster.kubeconfigs.iter().flat_map(|config| of_users(config, *check)).collect(),
        Check::Logins { server, user } => cluster
            .apiservers
            .iter()
            .map(|one| of(one.component(), Box::new(move || server(one))))
            .chain(cluster.kubeconfigs.iter().flat_map(|config| of_users(config, *user)))
            .collect(),
        Check::Certificate { of, ask } => cluster
            .pki
            .iter()
            .flat_map(|held| certificates::questions(cluster, held, *of, *ask))
            .map(|question| Question {
                component: Some("pki"),
                instance: Some(&question.held.name),
                subject: question.name,
                declared_in: Some(&question.held.file),
                ..Question::new(question.ask)
            })
            .collect(),
        Check::Fleet(_) => Vec::new(),
        Check::Listener { of, ask } => cluster
            .observed
            .iter()
            .filter(|one| one.component.as_deref() == Some(of))
            .map(|one| Question {
                component: Some(of),
                instance: Some(&one.endpoint),
                declared_in: Some(&one.evidence.evidence),
                ..Question::new(Box::new(move || ask(one)))
            })
            .collect(),
        // A cluster of which nothing was resolved has nothing to say for itself.
        Check::Cluster(check) | Check::Advisories(check) => release(cluster)
            .into_iter()
            .map(|release| Question { release: Some(release), ..Question::new(Box::new(move || check(cluster))) })
            .collect(),
        Check::Running(check) => cluster
            .apiservers
            .iter()
            .filter_map(|server| server.told().map(|told| (server, told)))
            .map(|(server, told)| of(server.component(), Box::new(move || check(server, told))))
            .collect(),
        Check::Asked { ask, .. } => of_asked(cluster, Box::new(move || ask(cluster))),
        Check::Manual(row) => of_asked(cluster, Box::new(move || manual::ask(&rule.info, row, cluster))),
        Check::Objects { of, ask } | Check::ObjectsUnder { of, ask } => {
            of_objects(cluster, of, *ask).into_iter().collect()
        }
    }
}

/// One question to a cluster whose evidence could hold objects of one of these kinds.
fn of_objects<'a>(cluster: &'a Cluster, of: &'static [Of], ask: fn(&Cluster) -> Verdict) -> Option<Question<'a>> {
    of.iter().any(|of| cluster.objects.is_asked(*of)).then(|| Question {
        release: release(cluster),
        of_objects: true,
        ..Question::new(Box::new(move || ask(cluster)))
    })
}

/// One question for each door at which one of these listens, and which `counts`.
fn of_doors<'a>(
    cluster: &'a Cluster,
    of: &'static [Listener],
    ask: fn(&Door) -> Verdict,
    counts: impl Fn(&Door) -> bool + 'a,
) -> impl Iterator<Item = Question<'a>> {
    let doors = cluster.doors.iter().filter(move |door| counts(door));
    doors.filter_map(move |door| {
        let who = door.who.filter(|who| of.contains(who))?;
        Some(Question {
            component: Some(who.component()),
            instance: Some(&door.name),
            declared_in: Some(&door.at.evidence),
            ..Question::new(Box::new(move || doors::ask(ask, door)))
        })
    })
}

/// One question to a cluster that was asked while it ran; none to any other.
fn of_asked<'a>(cluster: &Cluster, ask: Box<dyn Fn() -> Verdict + 'a>) -> Vec<Question<'a>> {
    let question = Question { release: release(cluster), ..Question::new(ask) };
    if cluster.was_asked() { vec![question] } else { Vec::new() }
}

/// The release of a cluster, or the range of those that its API servers have.
pub fn release(cluster: &Cluster) -> Option<Release> {
    let bounds = || cluster.apiservers.iter().map(|server| server.component().release.bounds());
    let (from, to) = (bounds().map(|(from, _)| from).min()?, bounds().map(|(_, to)| to).max()?);
    Some(cluster.release.clone().unwrap_or(Release::Within { from, to }))
}

/// One question for each server that a kubeconfig names; one for the file where that cannot be answered.
fn of_kubeconfig<'a>(
    config: &'a Kubeconfig,
    webhook: Option<&'static str>,
    check: fn(&Kubeconfig, &Endpoint) -> Verdict,
) -> Vec<Question<'a>> {
    let whole = match (&config.gap, webhook) {
        (Some(gap), _) => Some(Unanswered::Gap(gap.clone())),
        (None, Some(flag)) => Some(Unanswered::NotApplicable(format!(
            "`--{flag}` names it, so it leads to a webhook and to no API server"
        ))),
        (None, None) if config.endpoints.is_empty() => {
            Some(Unanswered::NotApplicable("it names no cluster".to_owned()))
        }
        (None, None) => None,
    };
    match whole {
        Some(whole) => vec![of_file(config, None, Box::new(move || Err(whole.clone())))],
        None => config
            .endpoints
            .iter()
            .map(|endpoint| of_file(config, Some(&endpoint.name), Box::new(move || check(config, endpoint))))
            .collect(),
    }
}

/// One question for each user of a kubeconfig; one for the file where that cannot be answered.
fn of_users(config: &Kubeconfig, check: fn(&Kubeconfig, &User) -> Verdict) -> Vec<Question<'_>> {
    let whole = match &config.gap {
        Some(gap) => Unanswered::Gap(gap.clone()),
        None if config.users.is_empty() => Unanswered::NotApplicable("it names no user".to_owned()),
        None => {
            let users = config.users.iter();
            return users
                .map(|user| of_file(config, Some(&user.name), Box::new(move || check(config, user))))
                .collect();
        }
    };
    vec![of_file(config, None, Box::new(move || Err(whole.clone())))]
}

fn of_file<'a>(config: &'a Kubeconfig, subject: Option<&'a str>, ask: Box<dyn Fn() -> Verdict + 'a>) -> Question<'a> {
    Question {
        component: Some("kubeconfig"),
        instance: Some(&config.name),
        subject,
        declared_in: Some(&config.file),
        ..Question::new(ask)
    }
}

impl Question<'_> {
    /// Asks, and says whether that came to anything.
    fn put(&self, rule: &'static Rule, judgement: &mut Judgement) -> bool {
        let verdict = match self.release.as_ref().and_then(|release| rule.applies.excludes(release)) {
            Some(reason) => Err(Unanswered::NotApplicable(reason)),
            None => catch_unwind(AssertUnwindSafe(|| (self.ask)())).unwrap_or_else(|_| {
                judgement.faults.push(rule.info.id);
                Err(Unanswered::Gap(Gap {
                    kind: GapKind::Manual,
                    reason: format!(
                        "the rule `{}` failed on this evidence, which is a fault of Portcullis",
                        rule.info.id
                    ),
                    wanted: "a Portcullis without that fault".to_owned(),
                    who_could_answer: "whoever looks at the evidence; please report it".to_owned(),
                }))
            }),
        };
        let verdict = verdict.map(|answer| self.as_far_as_seen(self.in_every_release(rule, answer)));
        let verdict = if self.of_objects { objects::answered(verdict) } else { Some(verdict) };
        let Some(verdict) = verdict else { return false };
        match verdict {
            Ok(answer) => self.answered(rule, answer, judgement),
            Err(Unanswered::Gap(gap)) => judgement.entries.push(self.undetermined(rule, gap, None)),
            Err(Unanswered::NotApplicable(reason)) => judgement
                .entries
                .push(Entry { message: reason.clone(), ..self.entry(rule, Outcome::NotApplicable(reason)) }),
        }
        true
    }

    /// The answer as it is in every release that this may be.
    ///
    /// Where the question is none to some of them, what nobody wrote is no fault in those: which it is, only the release tells.
    /// What somebody wrote is wrong as far as the release takes it, and one that would refuse it is not possible.
    fn in_every_release(&self, rule: &'static Rule, mut answer: Answer) -> Answer {
        let Some(release) = self.release.as_ref().filter(|release| rule.applies.excludes_some(release)) else {
            return answer;
        };
        if self.of_objects {
            return answer;
        }
        let (kept, open): (Vec<Finding>, Vec<Finding>) = std::mem::take(&mut answer.findings)
            .into_iter()
            .partition(|finding| !matches!(finding.primary, Origin::Default { .. }));
        answer.findings = kept;
        answer.gaps.extend(open.into_iter().map(|finding| Gap {
            kind: GapKind::Version,
            reason: format!(
                "{}, which counts in some releases: it may be {release}, and {}",
                finding.message, rule.applies.because
            ),
            wanted: "--kubernetes-version".to_owned(),
            who_could_answer: "give the release with --kubernetes-version".to_owned(),
        }));
        answer
    }

    /// The answer where something that was not seen may win over what it rests on: what somebody wrote wrongly is probably
    /// wrong, and all else is open.
    fn as_far_as_seen(&self, mut answer: Answer) -> Answer {
        let Some(gap) = self.outranked else { return answer };
        answer.findings.retain(|finding| !matches!(finding.primary, Origin::Default { .. }));
        for finding in &mut answer.findings {
            finding.confidence = finding.confidence.min(Confidence::Probable);
        }
        if answer.findings.is_empty() && answer.gaps.is_empty() {
            answer.gaps.push(gap.clone());
        }
        answer
    }

    fn answered(&self, rule: &'static Rule, answer: Answer, judgement: &mut Judgement) {
        if answer.findings.is_empty() && answer.gaps.is_empty() {
            let locations: Vec<Label> = answer.seen.iter().filter_map(seen).collect();
            judgement.entries.push(Entry {
                plane: locations.first().map(|label| label.at.plane),
                setting: answer.setting,
                message: answer.because,
                locations,
                ..self.entry(rule, Outcome::Pass)
            });
            return;
        }
        // A gap that stands alone is about the instance as a whole, as a pass would be.
        let alone = answer.findings.is_empty() && answer.gaps.len() == 1;
        for finding in answer.findings {
            judgement.entries.push(self.failed(rule, finding));
        }
        // What one thing would answer is one entry.
        let mut by_wanted: BTreeMap<String, Gap> = BTreeMap::new();
        for gap in answer.gaps.into_iter().collect::<BTreeSet<_>>() {
            match by_wanted.get_mut(&gap.wanted) {
                Some(known) => known.reason.push_str(&format!("; {}", gap.reason)),
                None => {
                    by_wanted.insert(gap.wanted.clone(), gap);
                }
            }
        }
        for (wanted, gap) in by_wanted {
            judgement.entries.push(self.undetermined(rule, gap, (!alone).then_some(wanted)));
        }
    }

    fn failed(&self, rule: &'static Rule, finding: Finding) -> Entry {
        let place = finding.primary.location().cloned().or_else(|| self.whole());
        let mut locations: Vec<Label> =
            place.into_iter().map(|at| Label { at, text: finding.message.clone() }).collect();
        locations.extend(finding.because);
        Entry {
            severity: finding.severity.unwrap_or(rule.info.severity),
            subject: finding.subject.or_else(|| self.subject.map(str::to_owned)),
            setting: finding.setting,
            plane: locations.first().map(|label| label.at.plane),
            message: finding.message,
            locations,
            ..self.entry(
                rule,
                Outcome::Fail(Box::new(Failure { confidence: finding.confidence, remedy: finding.remedy })),
            )
        }
    }

    fn undetermined(&self, rule: &'static Rule, gap: Gap, subject: Option<String>) -> Entry {
        let subject = subject.or_else(|| self.subject.map(str::to_owned));
        Entry { subject, message: gap.reason.clone(), ..self.entry(rule, Outcome::Undetermined(gap)) }
    }

    /// An entry with nothing to say yet.
    fn entry(&self, rule: &'static Rule, outcome: Outcome) -> Entry {
        Entry {
            rule: rule.info.id,
            title: rule.info.title,
            severity: rule.info.severity,
            outcome,
            component: self.component,
            instance: self.instance.map(str::to_owned),
            subject: self.subject.map(str::to_owned),
            setting: None,
            plane: None,
            message: String::new(),
            locations: Vec::new(),
        }
    }

    /// What declares the instance, for a finding about something that has no place of its own.
    fn whole(&self) -> Option<Location> {
        let file = self.declared_in?;
        let known =
            self.evidence.binary_search_by(|piece| piece.id.cmp(file)).ok().and_then(|at| self.evidence.get(at));
        Some(Location::whole(file.clone(), known.map_or(Plane::Declared, |piece| piece.plane)))
    }
}

/// A place that a pass rests on.
fn seen(origin: &Origin) -> Option<Label> {
    let text = match origin {
        Origin::Written(_) => "written here",
        Origin::Default { .. } => "would be written here",
        Origin::Implied { .. } => "decided here",
        Origin::Reported(_) => "reported here",
    };
    origin.location().map(|at| Label { at: at.clone(), text: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use model::{Confidence, RuleCard, Safety, Severity};

    use super::*;
    use crate::Applies;

    const CARD: RuleCard =
        RuleCard { id: "a-rule", title: "A fault", severity: Severity::Low, fix: Some(Safety::Safe), page: "" };

    fn entries(rule: &'static Rule) -> Judgement {
        judge(&testkit::cluster("1.31.0", &[]).expect("the base resolves"), &[rule])
    }

    #[test]
    fn a_rule_that_panics_is_our_fault_and_no_verdict() {
        static RULE: Rule = Rule {
            info: CARD,
            component: "apiserver",
            applies: Applies::ALWAYS,
            check: Check::ApiServer(|_| panic!("on purpose")),
        };
        let judgement = entries(&RULE);
        assert_eq!(judgement.faults, ["a-rule"]);
        assert!(matches!(&judgement.entries[..], [Entry { outcome: Outcome::Undetermined(_), .. }]));
    }

    #[test]
    fn a_release_outside_is_not_asked_the_question() {
        static RULE: Rule = Rule {
            info: CARD,
            component: "apiserver",
            applies: Applies::until(18, "1.19 removed the flag"),
            check: Check::ApiServer(|_| panic!("not asked")),
        };
        let judgement = entries(&RULE);
        assert_eq!(judgement.faults, [""; 0]);
        assert_eq!(judgement.entries[0].message, "this is 1.31.0, and 1.19 removed the flag");
    }

    #[test]
    fn what_counts_in_some_of_the_possible_releases_is_no_verdict() {
        fn finding(primary: Origin) -> Finding {
            Finding {
                subject: None,
                setting: None,
                message: "it is off".to_owned(),
                severity: None,
                confidence: Confidence::Certain,
                primary,
                because: Vec::new(),
                remedy: None,
            }
        }
        static NOBODY: Rule = Rule {
            info: CARD,
            component: "apiserver",
            applies: Applies::until(22, "1.23 has another"),
            check: Check::ApiServer(|_| {
                let by = model::Author::Upstream { since: None };
                Ok(Answer { findings: vec![finding(Origin::Default { by, home: None })], ..Answer::default() })
            }),
        };
        static SOMEBODY: Rule = Rule {
            check: Check::ApiServer(|_| {
                let primary = Origin::Implied { by: None, how: "as it is written".to_owned() };
                Ok(Answer { findings: vec![finding(primary)], ..Answer::default() })
            }),
            info: CARD,
            component: "apiserver",
            applies: Applies::until(22, "1.23 has another"),
        };
        let cluster = |version: &str| testkit::cluster(version, &[]).expect("the base resolves");
        let outcome = |version: &str, rule: &'static Rule| judge(&cluster(version), &[rule]).entries[0].outcome.clone();
        assert!(matches!(outcome("unknown", &NOBODY), Outcome::Undetermined(gap) if gap.kind == GapKind::Version));
        assert!(matches!(outcome("1.20.0", &NOBODY), Outcome::Fail(_)));
        assert!(matches!(outcome("unknown", &SOMEBODY), Outcome::Fail(_)));
    }

    #[test]
    fn findings_and_gaps_are_entries_of_their_own() {
        fn finding(subject: &str) -> Finding {
            Finding {
                subject: Some(subject.to_owned()),
                setting: None,
                message: "wrong".to_owned(),
                severity: Some(Severity::High),
                confidence: Confidence::Probable,
                primary: Origin::Implied { by: None, how: String::new() },
                because: Vec::new(),
                remedy: None,
            }
        }
        fn gap(reason: &str) -> Gap {
            Gap {
                kind: GapKind::Unread,
                reason: reason.to_owned(),
                wanted: "a file".to_owned(),
                who_could_answer: String::new(),
            }
        }
        static RULE: Rule = Rule {
            info: CARD,
            component: "apiserver",
            applies: Applies::ALWAYS,
            check: Check::ApiServer(|_| {
                Ok(Answer {
                    findings: vec![finding("b"), finding("a")],
                    gaps: vec![gap("two"), gap("one"), gap("one")],
                    ..Answer::default()
                })
            }),
        };
        let judgement = entries(&RULE);
        let said: Vec<(Option<&str>, &str)> =
            judgement.entries.iter().map(|entry| (entry.subject.as_deref(), entry.message.as_str())).collect();
        assert_eq!(said, [(Some("a"), "wrong"), (Some("a file"), "one; two"), (Some("b"), "wrong")]);
        // A finding about nothing in particular still points somewhere.
        assert_eq!(judgement.entries[0].locations[0].at.evidence.as_str(), "kube-apiserver.yaml");
        assert_eq!(judgement.entries[0].severity, Severity::High);
    }

    #[test]
    fn a_rule_about_what_is_not_there_is_not_asked() {
        static RULE: Rule = Rule {
            info: CARD,
            component: "kubelet",
            applies: Applies::ALWAYS,
            check: Check::Setting(crate::Row {
                process: "kubelet",
                setting: "anonymous-auth",
                only_with: None,
                must: crate::Must::Be("false"),
                cure: crate::Cure::Set("false"),
                remedy: "",
                breaks: &[],
            }),
        };
        let judgement = entries(&RULE);
        assert_eq!(judgement.not_asked, ["a-rule"]);
        assert!(judgement.entries.is_empty());
    }
}
