//! Our own types into the wire format.

pub(crate) mod benchmark;

use std::collections::BTreeMap;

use model::{
    Author, Body, Component, Entry, Evidence, Gap, Location, Origin, Outcome, Problem, Reading, Release, Safety,
    Setting, Severity, hex,
};
use sha2::{Digest as _, Sha256};

use crate::{
    fleet,
    input::{Advisory, ClusterReport, Judged, Report, RuleMeta, RunProblem, Stored, StoredResource},
    places::Places,
    wire,
};

/// The whole report, sorted.
pub fn report(report: &Report) -> wire::Report {
    report_of(report, report.clusters.iter().map(cluster).collect())
}

/// The report on clusters that were converted one by one, so that their evidence need not be kept; those of `report` are
/// left out.
pub fn report_of(report: &Report, mut clusters: Vec<wire::Cluster>) -> wire::Report {
    clusters.sort_by(|a, b| a.name.cmp(&b.name));
    wire::Report {
        schema: "portcullis.report/1",
        tool: report.tool.clone(),
        run: report.run.clone(),
        inputs: report.inputs,
        rules: rules(&report.rules),
        clusters,
        fleet: report.fleet.clone(),
        problems: report.problems.iter().map(run_problem).collect(),
    }
}

/// The effective settings of everything that was resolved, sorted.
pub fn effective(report: &Report) -> wire::Effective {
    let mut clusters: Vec<_> = report
        .clusters
        .iter()
        .map(|cluster| {
            let places = Places::new(&cluster.evidence);
            let (version, version_range) = release(cluster.release.as_ref());
            let all = cluster.components.iter().chain(&cluster.files);
            let mut components: Vec<_> = all
                .map(|component| effective_component(component, encryption(component, cluster, &places), &places))
                .collect();
            components.sort_by(|a, b| (&a.name, &a.instance).cmp(&(&b.name, &b.instance)));
            wire::EffectiveCluster {
                name: cluster.name.clone(),
                id: cluster.id.clone(),
                target: cluster.target.clone(),
                distribution: cluster.distribution.clone(),
                version,
                version_range,
                components,
            }
        })
        .collect();
    clusters.sort_by(|a, b| a.name.cmp(&b.name));
    wire::Effective { schema: "portcullis.effective/1", tool: report.tool.clone(), run: report.run.clone(), clusters }
}

/// What is known of each rule, by name.
pub fn rules(metas: &[RuleMeta]) -> BTreeMap<String, wire::Rule> {
    metas.iter().map(|meta| (meta.card.id.to_owned(), rule(meta))).collect()
}

fn rule(meta: &RuleMeta) -> wire::Rule {
    wire::Rule {
        title: meta.card.title.to_owned(),
        severity: meta.card.severity.name().to_owned(),
        component: meta.component.to_owned(),
        references: meta.references.clone(),
        inverted: meta.inverted.clone(),
    }
}

/// One cluster.
pub fn cluster(cluster: &ClusterReport) -> wire::Cluster {
    let places = Places::new(&cluster.evidence);
    let (version, version_range) = release(cluster.release.as_ref());
    let mut components: Vec<_> = cluster
        .components
        .iter()
        .chain(&cluster.files)
        .map(|component| wire::Component {
            name: component.name.to_owned(),
            instance: component.instance.clone(),
            version: release(Some(&component.release)).0,
            starts: component.starts,
            problems: component.problems.iter().map(|known| problem(known, &places)).collect(),
        })
        .collect();
    components.sort_by(|a, b| (&a.name, &a.instance).cmp(&(&b.name, &b.instance)));
    let mut evidence: Vec<_> = cluster.evidence.iter().map(one_evidence).collect();
    evidence.sort_by(|a, b| a.name.cmp(&b.name));
    let mut verdicts: Vec<_> = cluster.entries.iter().map(|judged| entry(judged, owner(cluster), &places)).collect();
    verdicts.sort_by(|a, b| {
        (&a.rule, &a.component, &a.instance, &a.subject).cmp(&(&b.rule, &b.component, &b.instance, &b.subject))
    });
    wire::Cluster {
        name: cluster.name.clone(),
        id: cluster.id.clone(),
        target: cluster.target.clone(),
        labels: cluster.labels.clone(),
        distribution: cluster.distribution.clone(),
        version,
        version_range,
        components,
        evidence,
        requests: cluster.requests,
        outside: cluster.outside,
        summary: summary(cluster),
        verdicts,
        advisories: cluster.advisories.iter().map(|known| advisory(known, &places)).collect(),
        benchmark: cluster.benchmark.as_ref().map(|known| benchmark::convert(known, cluster, &places)),
        trust: fleet::trust(cluster),
        certificates: fleet::certificates(&cluster.endings, &places),
    }
}

fn advisory(advisory: &Advisory, places: &Places<'_>) -> wire::Advisory {
    wire::Advisory {
        id: advisory.id.to_owned(),
        component: advisory.component.to_owned(),
        instance: Some(advisory.instance.clone()),
        severity: advisory.severity.map_or("unknown", Severity::name).to_owned(),
        exposure: advisory.exposure.to_owned(),
        message: format!("{}: {}", advisory.title, advisory.because),
        fixed_in: advisory.fixed_in.as_ref().map(ToString::to_string),
        wanted: advisory.wanted.clone(),
        locations: advisory.places.iter().map(|at| places.wire(at, None)).collect(),
    }
}

pub(crate) fn release(release: Option<&Release>) -> (Option<String>, Option<[String; 2]>) {
    match release {
        None => (None, None),
        Some(Release::Exactly(version)) => (Some(version.to_string()), None),
        Some(Release::Within { from, to }) => (None, Some([from.to_string(), to.to_string()])),
    }
}

fn one_evidence(evidence: &Evidence) -> wire::Evidence {
    let (state, reason) = match &evidence.body {
        Body::Text(_) | Body::Present => ("read", None),
        Body::Missing => ("missing", None),
        Body::Folder => ("unread", Some("it is a folder".to_owned())),
        Body::Unread(gap) => ("unread", Some(gap.reason.clone())),
    };
    wire::Evidence {
        name: evidence.id.to_string(),
        plane: evidence.plane.name().to_owned(),
        kind: evidence.kind.name().to_owned(),
        state: state.to_owned(),
        bytes: evidence.digest.as_ref().map(|digest| digest.bytes),
        sha256: evidence.text().map(|text| hex(&Sha256::digest(text.as_bytes()))),
        reason,
    }
}

/// Which of the five ends a rule comes to, worst last, so that the worst of several is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    NotApplicable,
    Pass,
    Waived,
    Undetermined,
    Fail(Severity),
}

impl End {
    pub(crate) fn outcome(self) -> wire::Outcome {
        match self {
            Self::NotApplicable => wire::Outcome::NotApplicable,
            Self::Pass => wire::Outcome::Pass,
            Self::Waived => wire::Outcome::Waived,
            Self::Undetermined => wire::Outcome::Undetermined,
            Self::Fail(_) => wire::Outcome::Fail,
        }
    }
}

pub(crate) fn end(entry: &Entry) -> End {
    match entry.outcome {
        Outcome::NotApplicable(_) => End::NotApplicable,
        Outcome::Pass => End::Pass,
        Outcome::Waived(_) => End::Waived,
        Outcome::Undetermined(_) => End::Undetermined,
        Outcome::Fail(_) => End::Fail(entry.severity),
    }
}

/// Counts rules, each by its worst entry.
pub(crate) fn summary(cluster: &ClusterReport) -> wire::Summary {
    let mut ends: BTreeMap<&str, End> = BTreeMap::new();
    for Judged { entry, .. } in &cluster.entries {
        let worst = ends.entry(entry.rule).or_insert(End::NotApplicable);
        *worst = (*worst).max(end(entry));
    }
    let mut summary = wire::Summary { not_asked: cluster.not_asked.len(), ..Default::default() };
    for end in ends.values() {
        match end {
            End::NotApplicable => summary.not_applicable += 1,
            End::Pass => summary.pass += 1,
            End::Waived => summary.waived += 1,
            End::Undetermined => summary.undetermined += 1,
            End::Fail(severity) => {
                summary.fail += 1;
                let by = &mut summary.by_severity;
                *match severity {
                    Severity::Critical => &mut by.critical,
                    Severity::High => &mut by.high,
                    Severity::Medium => &mut by.medium,
                    Severity::Low => &mut by.low,
                    Severity::Info => &mut by.info,
                } += 1;
            }
        }
    }
    summary
}

/// What tells a cluster from others.
pub(crate) fn owner(cluster: &ClusterReport) -> &str {
    cluster.id.as_deref().unwrap_or(&cluster.name)
}

/// Where something stands, as far as that is known.
pub type LineColumn = (Option<u32>, Option<u32>);

/// Entries about several clusters, of whose evidence only places are left: those that `place` knows, as line and column.
pub fn across(entries: &[Judged], place: &dyn Fn(&Location) -> LineColumn) -> Vec<wire::Entry> {
    let places = Places::new(&[]);
    let one = |judged: &Judged| {
        let mut converted = entry(judged, "fleet", &places);
        for (at, label) in converted.locations.iter_mut().zip(&judged.entry.locations) {
            (at.line, at.column) = place(&label.at);
        }
        converted
    };
    entries.iter().map(one).collect()
}

fn entry(judged: &Judged, owner: &str, places: &Places<'_>) -> wire::Entry {
    let entry = &judged.entry;
    let failure = entry.outcome.failure();
    let (outcome, gap, not_applicable, waiver) = match &entry.outcome {
        Outcome::Pass => (wire::Outcome::Pass, None, None, None),
        Outcome::Fail(_) => (wire::Outcome::Fail, None, None, None),
        Outcome::Undetermined(gap) => (wire::Outcome::Undetermined, Some(gap), None, None),
        Outcome::NotApplicable(reason) => (wire::Outcome::NotApplicable, None, Some(reason.clone()), None),
        Outcome::Waived(waived) => (wire::Outcome::Waived, None, None, Some(waived)),
    };
    let remedy = failure.and_then(|failure| failure.remedy.as_ref()).map(|remedy| wire::Remedy {
        title: remedy.title.clone(),
        safety: if judged.by_hand.is_some() { Safety::Manual } else { remedy.safety }.name(),
        breaks: remedy.breaks.clone(),
        edits: judged
            .edits
            .iter()
            .filter_map(|edit| {
                let (start, end) = places.ends(&edit.evidence, edit.span)?;
                Some(wire::Edit {
                    evidence: edit.evidence.to_string(),
                    start: [start.0, start.1],
                    end: [end.0, end.1],
                    text: edit.text.clone(),
                })
            })
            .collect(),
    });
    wire::Entry {
        rule: entry.rule,
        title: entry.title,
        severity: entry.severity.name(),
        outcome,
        component: entry.component,
        instance: entry.instance.clone(),
        subject: entry.subject.clone(),
        setting: entry.setting.clone(),
        plane: entry.plane.map(model::Plane::name),
        confidence: failure.map(|failure| failure.confidence.name()),
        message: entry.message.clone(),
        locations: entry
            .locations
            .iter()
            .map(|label| wire::Location {
                // What passes is many places that nobody reads.
                excerpt: failure.and_then(|_| places.excerpt(&label.at)),
                ..places.wire(&label.at, Some(&label.text))
            })
            .collect(),
        gap: gap.map(|gap| Box::new(one_gap(gap))),
        not_applicable,
        remedy: remedy.map(Box::new),
        waiver: waiver.map(|waived| {
            Box::new(wire::Waiver {
                reason: waived.reason.clone(),
                owner: waived.owner.clone(),
                until: waived.until.clone(),
                value: waived.value.clone(),
            })
        }),
        fingerprint: fingerprint(entry, owner),
    }
}

/// What stays the same while lines move and messages are reworded.
pub(crate) fn fingerprint(entry: &Entry, owner: &str) -> String {
    let parts = [
        "v1",
        entry.rule,
        owner,
        entry.component.unwrap_or_default(),
        entry.instance.as_deref().unwrap_or_default(),
        entry.subject.as_deref().unwrap_or_default(),
        entry.setting.as_deref().unwrap_or_default(),
    ];
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hex(&hash.finalize()[..8])
}

fn one_gap(gap: &Gap) -> wire::Gap {
    wire::Gap {
        kind: gap.kind.name(),
        reason: gap.reason.clone(),
        wanted: gap.wanted.clone(),
        who_could_answer: gap.who_could_answer.clone(),
    }
}

/// Problems with a file that is looked at by itself.
pub fn problems(problems: &[Problem], evidence: &Evidence) -> Vec<wire::Problem> {
    let places = Places::new(std::slice::from_ref(evidence));
    problems.iter().map(|known| problem(known, &places)).collect()
}

/// The lines of places in one text, 1-based.
pub fn lines<'l>(places: impl Iterator<Item = &'l Location>, evidence: &Evidence) -> Vec<Option<u32>> {
    let known = Places::new(std::slice::from_ref(evidence));
    places.map(|at| at.span.and_then(|span| known.ends(&at.evidence, span)).map(|ends| ends.0.0)).collect()
}

fn problem(problem: &Problem, places: &Places<'_>) -> wire::Problem {
    wire::Problem {
        kind: problem.kind.name().to_owned(),
        stops: problem.stops,
        message: problem.message.clone(),
        hint: problem.hint.clone(),
        location: problem.location.as_ref().map(|at| places.wire(at, None)),
    }
}

/// A problem of a run as machines read it.
pub fn run_problem(problem: &RunProblem) -> wire::RunProblem {
    wire::RunProblem {
        target: problem.target.clone(),
        message: problem.message.clone(),
        hint: problem.hint.clone(),
        location: problem.place.as_ref().map(|(evidence, place)| wire::Location {
            evidence: evidence.clone(),
            plane: "declared",
            pointer: String::new(),
            line: place.map(|place| place.0),
            column: place.map(|place| place.1),
            end_line: None,
            end_column: None,
            label: None,
            excerpt: None,
        }),
    }
}

/// What becomes of resources, where the component is given a configuration of that.
pub(crate) fn stored_of<'c>(component: &Component, cluster: &'c ClusterReport) -> Option<&'c Stored> {
    cluster.stored.iter().find(|one| one.component == component.name && one.instance == component.instance)
}

fn encryption(component: &Component, cluster: &ClusterReport, places: &Places<'_>) -> Option<wire::Encryption> {
    let resources = |all: &Vec<StoredResource>| all.iter().map(|one| stored_resource(one, places)).collect();
    Some(match &stored_of(component, cluster)?.resources {
        Ok(all) => wire::Encryption { resources: resources(all), gap: None },
        Err(gap) => wire::Encryption { resources: Vec::new(), gap: Some(one_gap(gap)) },
    })
}

fn stored_resource(stored: &StoredResource, places: &Places<'_>) -> wire::StoredResource {
    wire::StoredResource {
        resource: stored.resource.clone(),
        writes: stored.writes.clone(),
        key: stored.key.clone(),
        reads: stored.reads.clone(),
        location: stored.at.as_ref().map(|at| places.wire(at, None)),
    }
}

fn effective_component(
    component: &Component,
    encryption: Option<wire::Encryption>,
    places: &Places<'_>,
) -> wire::EffectiveComponent {
    wire::EffectiveComponent {
        name: component.name.to_owned(),
        instance: component.instance.clone(),
        version: release(Some(&component.release)).0,
        starts: component.starts,
        settings: component.settings.iter().map(|known| setting(known, places)).collect(),
        encryption,
        problems: component.problems.iter().map(|known| problem(known, places)).collect(),
    }
}

fn setting(setting: &Setting, places: &Places<'_>) -> wire::Setting {
    let gap = |gap: &Gap| wire::Setting {
        name: setting.name.to_owned(),
        value: None,
        effective: None,
        plane: None,
        origin: None,
        by: None,
        since: None,
        location: None,
        overrides: Vec::new(),
        gap: Some(one_gap(gap)),
    };
    let mut shown = match setting.nearest() {
        Err(hidden) => gap(hidden),
        Ok(reading) => wire::Setting {
            name: setting.name.to_owned(),
            value: Some(reading.value.clone()),
            effective: reading.open.is_none().then(|| reading.in_force().to_owned()),
            plane: Some(reading.plane.name().to_owned()),
            origin: Some(reading.origin.name().to_owned()),
            by: by(reading),
            since: since(&reading.origin),
            location: reading.origin.location().map(|at| places.wire(at, None)),
            overrides: Vec::new(),
            gap: reading.open.as_deref().map(one_gap),
        },
    };
    // A default that a process reports to have left is farther than what was written for the process.
    let own = setting.nearest().map(|reading| overrides(reading, places)).into_iter().flatten();
    let (own, last): (Vec<_>, Vec<_>) = own.partition(|_| shown.origin.as_deref() != Some("reported"));
    shown.overrides = own;
    for reading in setting.readings.iter().skip(1).filter_map(|reading| reading.as_ref().ok()) {
        shown.overrides.push(wire::Override {
            value: Some(reading.value.clone()),
            plane: reading.plane.name().to_owned(),
            origin: Some(reading.origin.name().to_owned()),
            by: by(reading),
            location: reading.origin.location().map(|at| places.wire(at, None)),
        });
        shown.overrides.extend(overrides(reading, places));
    }
    shown.overrides.extend(last);
    shown
}

/// What a value won over in its own source.
fn overrides(reading: &Reading, places: &Places<'_>) -> impl Iterator<Item = wire::Override> {
    reading.overrides.iter().map(|(origin, value)| wire::Override {
        value: Some(value.clone()),
        plane: reading.plane.name().to_owned(),
        origin: Some(origin.name().to_owned()),
        by: author(origin),
        location: origin.location().map(|at| places.wire(at, None)),
    })
}

/// The distribution of a default, or the setting that decides.
pub(crate) fn by(reading: &Reading) -> Option<String> {
    reading.effective.as_ref().map(|effective| effective.by.clone()).or_else(|| author(&reading.origin))
}

fn author(origin: &Origin) -> Option<String> {
    match origin {
        Origin::Default { by: Author::Distribution { name }, .. } => Some((*name).to_owned()),
        Origin::Implied { how, .. } => Some(how.clone()),
        Origin::Default { .. } | Origin::Written(_) | Origin::Reported(_) => None,
    }
}

pub(crate) fn since(origin: &Origin) -> Option<String> {
    match origin {
        Origin::Default { by: Author::Upstream { since }, .. } => since.clone(),
        Origin::Default { .. } | Origin::Written(_) | Origin::Implied { .. } | Origin::Reported(_) => None,
    }
}
