//! Published flaws of Kubernetes, and whether a cluster is exposed to them.
//!
//! An advisory says which releases have the flaw and when a cluster with such a release is really exposed. Both are
//! answered in three-valued logic: what nobody saw is unknown, and then the advisory is undetermined and says what is
//! wanted. Ranges speak of upstream's releases; a vendor may have patched its own, so that its builds are never said to be
//! exposed.
//!
//! Start at [`ADVISORIES`]; [`judge`] holds them against a cluster, [`of`] against a release alone.

mod condition;
mod objects;
mod rights;

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use jiff::civil::Date;
use model::{Location, Minor, Release, Severity, Version};
use serde::Deserialize;

use crate::{
    Cluster,
    apiserver::ApiServer,
    kubelet::Kubelet,
    objects::{Node, Of, images},
    releases,
};
use condition::{Answered, Asked};
pub use condition::{Condition, Truth};
pub(crate) use objects::{Matched, look};

/// What this build knows.
pub static ADVISORIES: LazyLock<Advisories> = LazyLock::new(|| {
    let table: Table =
        serde_json::from_str(include_str!("data/advisories/kubernetes.json")).expect("the embedded table parses");
    Advisories { known_until: table.as_of, all: table.advisories.into_iter().map(Advisory::from).collect() }
});

/// Every advisory, and the last day of which this build knows.
#[derive(Debug)]
pub struct Advisories {
    pub known_until: Date,
    pub all: Vec<Advisory>,
}

#[derive(Deserialize)]
struct Table {
    as_of: Date,
    advisories: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    title: String,
    severity: String,
    score: Option<f64>,
    vector: Option<String>,
    published: Option<Date>,
    affected: Vec<AffectedRow>,
    fixed_in: BTreeMap<String, String>,
    exposed_if: Condition,
    text: String,
    mitigations: Vec<Mitigation>,
    reexposed_if: Option<Condition>,
    references: Vec<String>,
}

#[derive(Deserialize)]
struct AffectedRow {
    component: String,
    scheme: String,
    ranges: Vec<RangeRow>,
}

#[derive(Deserialize)]
struct RangeRow {
    introduced: String,
    fixed: Option<String>,
}

/// One published flaw.
#[derive(Debug)]
pub struct Advisory {
    /// The CVE number.
    pub id: String,
    pub title: String,
    /// `None` without a score.
    pub severity: Option<Severity>,
    pub score: Option<f64>,
    vector: Option<String>,
    pub published: Option<Date>,
    /// Releases of Kubernetes that have it, by component.
    affected: Vec<Affected>,
    /// Releases of what numbers its own.
    add_ons: Vec<Affected>,
    /// The first patch of each minor that has it no more.
    fixed_in: Vec<Version>,
    /// When a cluster with such a release is exposed.
    pub exposed_if: Condition,
    /// The same in words: a sentence.
    pub text: String,
    mitigations: Vec<Mitigation>,
    /// What brings the flaw back in a release that has the fix.
    reexposed_if: Option<Condition>,
    pub references: Vec<String>,
}

#[derive(Debug)]
struct Affected {
    component: String,
    ranges: Vec<(Number, Option<Number>)>,
}

/// Something that lowers the risk, and whether it takes it away.
#[derive(Debug, Deserialize)]
struct Mitigation {
    expr: Condition,
    effect: Effect,
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Effect {
    Full,
    Partial,
}

/// Minor and patch, by which releases are compared.
type Number = (Minor, u16);

impl From<Row> for Advisory {
    fn from(row: Row) -> Self {
        let version = |text: &str| text.parse::<Version>().expect("the embedded table holds versions");
        let number = |text: &str| {
            let version = version(text);
            (version.minor, version.patch.unwrap_or(0))
        };
        // etcd, CoreDNS and ingress-nginx number their releases themselves.
        let (kubernetes, own): (Vec<_>, Vec<_>) =
            row.affected.into_iter().partition(|affected| affected.scheme == "kubernetes");
        let ranges = |affected: AffectedRow| {
            let range = |range: &RangeRow| (number(&range.introduced), range.fixed.as_deref().map(number));
            Affected { component: affected.component, ranges: affected.ranges.iter().map(range).collect() }
        };
        let affected: Vec<Affected> = kubernetes.into_iter().map(ranges).collect();
        let add_ons: Vec<Affected> = own.into_iter().map(ranges).collect();
        let mut fixed_in: Vec<Version> = row.fixed_in.values().map(|text| version(text)).collect();
        fixed_in.sort();
        Self {
            id: row.id,
            title: row.title,
            severity: Severity::ALL.into_iter().find(|severity| severity.name() == row.severity),
            score: row.score,
            vector: row.vector,
            published: row.published,
            affected,
            add_ons,
            fixed_in,
            exposed_if: row.exposed_if,
            text: row.text,
            mitigations: row.mitigations,
            reexposed_if: row.reexposed_if,
            references: row.references,
        }
    }
}

/// The flaws of a release of an add-on that were published by a day, by their numbers.
pub fn of_add_on(name: &str, version: &Version, as_of: Date) -> Vec<&'static Advisory> {
    let number = (version.minor, version.patch.unwrap_or(u16::MAX));
    let has = |advisory: &&Advisory| {
        let ranges = advisory.add_ons.iter().filter(|affected| affected.component == name).flat_map(|one| &one.ranges);
        ranges.into_iter().any(|(from, fixed)| *from <= number && fixed.is_none_or(|fixed| number < fixed))
    };
    let known = |advisory: &&Advisory| advisory.published.is_none_or(|published| published <= as_of);
    let mut found: Vec<&Advisory> = ADVISORIES.all.iter().filter(has).filter(known).collect();
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found
}

impl Advisory {
    /// The components of Kubernetes that have the flaw.
    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.affected.iter().map(|affected| affected.component.as_str())
    }

    /// Whether a component of that release has the flaw; of a release without a patch number, whether all its patches do.
    pub fn affects(&self, version: &Version, component: impl Fn(&str) -> bool) -> Truth {
        let has = |number: Number| {
            self.affected.iter().filter(|affected| component(&affected.component)).any(|affected| {
                let within = |(from, fixed): &(Number, Option<Number>)| {
                    *from <= number && fixed.is_none_or(|fixed| number < fixed)
                };
                affected.ranges.iter().any(within)
            })
        };
        match version.patch {
            Some(patch) => Truth::from(has((version.minor, patch))),
            None if !self.touches(version.minor) => Truth::False,
            None => {
                // A minor that is not in the calendar is newer than it: the first patch and the last number there is.
                let last = releases::CALENDAR.branch(version.minor).and_then(releases::Branch::last_patch);
                Truth::agreed(match last {
                    Some(last) => (0..=last).map(|patch| has((version.minor, patch))).collect::<Vec<_>>(),
                    None => vec![has((version.minor, 0)), has((version.minor, u16::MAX))],
                })
            }
        }
    }

    /// Whether any patch of a minor has the flaw, in any component: most flaws are of few minors.
    fn touches(&self, minor: Minor) -> bool {
        let mut ranges = self.affected.iter().flat_map(|affected| &affected.ranges);
        ranges.any(|(from, fixed)| from.0 <= minor && fixed.is_none_or(|fixed| fixed > (minor, 0)))
    }

    /// The first release that has the fix: of the same minor, else the next that has one.
    pub fn fixed_in(&self, version: &Version) -> Option<&Version> {
        let number = (version.minor, version.patch.unwrap_or(0));
        self.fixed_in.iter().find(|fixed| (fixed.minor, fixed.patch.unwrap_or(0)) > number)
    }

    /// Whether the binary of the API server of that release has the flaw; of a release without a patch number, perhaps.
    pub fn affects_apiserver(&self, version: &Version) -> Truth {
        self.affects(version, in_apiserver)
    }

    /// Every tree of questions that it has.
    fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let mitigations = self.mitigations.iter().map(|mitigation| &mitigation.expr);
        std::iter::once(&self.exposed_if).chain(mitigations).chain(&self.reexposed_if)
    }

    /// Whether it takes no credentials to use the flaw, as its score says.
    pub fn is_unauthenticated(&self) -> bool {
        self.vector.as_deref().is_some_and(|vector| vector.contains("/PR:N"))
    }
}

/// The advisories that a release has by its number alone, in any component, worst first.
pub fn of(version: &Version, day: Date) -> Vec<(&'static Advisory, Truth)> {
    let mut found: Vec<_> = ADVISORIES
        .all
        .iter()
        .filter(|advisory| advisory.published.is_none_or(|published| published <= day))
        .map(|advisory| (advisory, advisory.affects(version, |_| true)))
        .filter(|(_, affects)| *affects != Truth::False)
        .collect();
    found.sort_by(|(a, _), (b, _)| worst_first(a, b));
    found
}

fn worst_first(a: &Advisory, b: &Advisory) -> std::cmp::Ordering {
    b.severity
        .cmp(&a.severity)
        .then(b.score.unwrap_or(0.0).total_cmp(&a.score.unwrap_or(0.0)))
        .then_with(|| b.published.cmp(&a.published))
        .then_with(|| a.id.cmp(&b.id))
}

/// How a component stands to an advisory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exposure {
    Exposed,
    Undetermined,
    Mitigated,
    NotExposed,
}

impl Exposure {
    pub fn name(self) -> &'static str {
        match self {
            Self::Exposed => "exposed",
            Self::Undetermined => "undetermined",
            Self::Mitigated => "mitigated",
            Self::NotExposed => "not-exposed",
        }
    }
}

/// One advisory held against one component.
#[derive(Clone, Debug)]
pub struct Judged {
    pub advisory: &'static Advisory,
    pub component: &'static str,
    pub instance: String,
    pub exposure: Exposure,
    /// Why, in a sentence without its full stop.
    pub because: String,
    /// What would settle it; empty where it is settled.
    pub wanted: Vec<String>,
    /// The settings that decided.
    pub places: Vec<Location>,
    pub fixed_in: Option<Version>,
}

/// Kinds of objects that have a say in whether a cluster is exposed to something.
pub fn kinds() -> BTreeSet<Of> {
    rights::KINDS.into_iter().chain(objects::kinds()).chain([Of::Node, Of::Pod]).collect()
}

/// Holds every advisory against the components of a cluster whose releases are known: its API servers, the kubelets of its
/// nodes, and whatever runs from an image of Kubernetes. Those that no possible release has are left out.
pub fn judge(cluster: &Cluster) -> &[Judged] {
    cluster.judged.get_or_init(|| all(cluster))
}

fn all(cluster: &Cluster) -> Vec<Judged> {
    let rights = OnceCell::new();
    let asked = |servers: Vec<_>, nodes| Asked { cluster, servers, nodes, kubelets: None, runs: None, rights: &rights };
    let mut subjects: Vec<Subject<'_>> = cluster
        .apiservers
        .iter()
        .map(|server| {
            let component = server.component();
            Subject {
                component: component.name,
                instance: component.instance.clone(),
                versions: match &component.release {
                    Release::Exactly(version) => vec![version.clone()],
                    within => within.minors().map(Version::of_minor).collect(),
                },
                at: None,
                asked: asked(vec![server], None),
            }
        })
        .collect();
    let servers: Vec<&ApiServer> = cluster.apiservers.iter().collect();
    subjects.extend(cluster.objects.nodes_by_kubelet().into_iter().map(|(version, nodes)| Subject {
        component: "kubelet",
        instance: version.to_string(),
        at: nodes.first().map(|node| node.meta.part("/status/nodeInfo/kubeletVersion", node.at)),
        versions: vec![version],
        asked: Asked { kubelets: of_nodes(cluster, &nodes), ..asked(servers.clone(), Some(nodes)) },
    }));
    // Without nodes those are judged whose command line somebody declares for a release.
    let declared = cluster.kubelets.iter().filter(|one| one.shows_flags && cluster.objects.nodes.is_empty());
    subjects.extend(declared.filter_map(|one| {
        let Release::Exactly(version) = &one.component().release else { return None };
        Some(Subject {
            component: "kubelet",
            instance: one.component().instance.clone(),
            at: None,
            versions: vec![version.clone()],
            asked: Asked { kubelets: Some(vec![one]), ..asked(servers.clone(), None) },
        })
    }));
    subjects.extend(of_images(cluster).into_iter().map(|((component, version), at)| Subject {
        component,
        instance: version.to_string(),
        at: Some(at),
        versions: vec![version],
        asked: asked(servers.clone(), None),
    }));
    let mut found: Vec<Judged> = Vec::new();
    for subject in &subjects {
        found.extend(ADVISORIES.all.iter().filter_map(|advisory| subject.held_against(advisory)));
    }
    found.sort_by(|a, b| {
        let key = |judged: &Judged| (judged.component, judged.instance.clone());
        a.exposure.cmp(&b.exposure).then_with(|| worst_first(a.advisory, b.advisory)).then_with(|| key(a).cmp(&key(b)))
    });
    found
}

/// What is known of the kubelets of some nodes; `None` where nothing is of one of them.
fn of_nodes<'a>(cluster: &'a Cluster, nodes: &[&Node]) -> Option<Vec<&'a Kubelet>> {
    let of = |node: &&Node| {
        let name = Some(&*node.meta.name);
        cluster.kubelets.iter().find(|one| one.node.as_deref() == name)
    };
    nodes.iter().map(of).collect()
}

/// The releases of components that run from images in kube-system, with a place of each. What an API server is told by its
/// image is known of it already.
fn of_images(cluster: &Cluster) -> BTreeMap<(&'static str, Version), Location> {
    let mut found = BTreeMap::new();
    for pod in cluster.objects.pods.iter().filter(|pod| &*pod.meta.namespace == "kube-system") {
        let component = pod.images.iter().find_map(|image| images::component(image));
        if let Some((component, Some(version))) = component.filter(|(component, _)| *component != "kube-apiserver") {
            found.entry((component, version)).or_insert_with(|| pod.meta.at.clone());
        }
    }
    found
}

/// The flaws of an add-on of that release, and whether a cluster is exposed to them, by their numbers.
pub fn of_add_on_in(cluster: &Cluster, name: &str, version: &Version) -> Vec<(&'static Advisory, Truth)> {
    let rights = OnceCell::new();
    let servers = cluster.apiservers.iter().collect();
    let asked = Asked { cluster, servers, nodes: None, kubelets: None, runs: Some(name), rights: &rights };
    let with = |advisory: &'static Advisory| {
        let truth = advisory.exposed_if.ask(&asked, &mut Answered::default());
        let mitigated = advisory.mitigations.iter().filter(|mitigation| mitigation.effect == Effect::Full);
        let mitigated = mitigated
            .fold(Truth::False, |seen, mitigation| seen.or(mitigation.expr.ask(&asked, &mut Answered::default())));
        (advisory, !(!truth).or(mitigated))
    };
    of_add_on(name, version, cluster.as_of).into_iter().map(with).collect()
}

/// Whether the binary of the API server holds that component. Advisories that name no binary are of the whole.
fn in_apiserver(component: &str) -> bool {
    matches!(component, "kube-apiserver" | "kube-aggregator" | "kubernetes")
}

/// One component that advisories are held against.
struct Subject<'a> {
    component: &'static str,
    instance: String,
    /// All that it may be.
    versions: Vec<Version>,
    /// What tells its release, of those that tell nothing else.
    at: Option<Location>,
    asked: Asked<'a>,
}

impl Subject<'_> {
    /// Whether an advisory about that component is about this one.
    fn is(&self, component: &str) -> bool {
        if self.component == "kube-apiserver" { in_apiserver(component) } else { component == self.component }
    }

    fn held_against(&self, advisory: &'static Advisory) -> Option<Judged> {
        if advisory.published.is_some_and(|published| published > self.asked.cluster.as_of) {
            return None;
        }
        let affects = self.versions.iter().map(|version| advisory.affects(version, |component| self.is(component)));
        let affects = Truth::of_all(affects);
        let mut answer = Answered::default();
        let exposed = if affects == Truth::False {
            // A release with the fix can have the flaw all the same; one that never had it cannot.
            let again = advisory.reexposed_if.as_ref()?;
            let is_of_it = advisory.components().any(|component| self.is(component));
            if !is_of_it || again.ask(&self.asked, &mut answer) != Truth::True {
                return None;
            }
            Truth::True
        } else {
            advisory.exposed_if.ask(&self.asked, &mut answer)
        };
        let newest = self.versions.last()?;
        let mut judged = Judged {
            advisory,
            component: self.component,
            instance: self.instance.clone(),
            exposure: Exposure::Undetermined,
            because: advisory.text.trim_end_matches('.').to_owned(),
            wanted: Vec::new(),
            places: Vec::new(),
            fixed_in: advisory.fixed_in(newest).cloned(),
        };
        let places = |answer: Answered| answer.places.into_iter().chain(self.at.clone()).collect();
        if exposed == Truth::False {
            judged.exposure = Exposure::NotExposed;
            let has = if affects == Truth::True { "the release has the flaw, and " } else { "" };
            judged.because = format!("{has}this does not hold: {}", judged.because);
            judged.places = places(answer);
            return Some(judged);
        }
        // A mitigation that is in place takes the flaw away; one that nobody saw leaves it open.
        let mut mitigated = Truth::False;
        let mut seen = Answered::default();
        for mitigation in advisory.mitigations.iter().filter(|mitigation| mitigation.effect == Effect::Full) {
            let truth = mitigation.expr.ask(&self.asked, &mut seen);
            mitigated = mitigated.or(truth);
            if truth == Truth::True {
                judged.because = mitigation.text.trim_end_matches('.').to_owned();
                break;
            }
        }
        if mitigated == Truth::True {
            judged.exposure = Exposure::Mitigated;
            judged.places = places(seen);
            return Some(judged);
        }
        if affects == Truth::Unknown {
            judged.wanted.push("the exact release".to_owned());
        }
        if exposed == Truth::Unknown {
            judged.wanted.append(&mut answer.wanted);
        }
        if mitigated == Truth::Unknown {
            judged.wanted.append(&mut seen.wanted);
        }
        if let Some(vendor) = self.versions.first().and_then(releases::vendor) {
            judged.wanted.push(format!("whether the build of {} has the fix: {}", vendor.name, vendor.advisories));
        }
        let mut named = BTreeSet::new();
        judged.wanted.retain(|wanted| named.insert(wanted.clone()));
        if !answer.seen.is_empty() {
            let mut named = BTreeSet::new();
            answer.seen.retain(|seen| named.insert(seen.clone()));
            judged.because = format!("{}: {}", judged.because, answer.seen.join(", "));
        }
        judged.places = places(answer);
        if judged.wanted.is_empty() {
            judged.exposure = Exposure::Exposed;
        }
        Some(judged)
    }
}

#[cfg(test)]
mod tests;
