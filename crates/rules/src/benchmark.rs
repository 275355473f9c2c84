//! Benchmarks of others: their ids, in their order, each with the controls of ours that answer it.
//!
//! A benchmark is data and no second set of rules. Which control answers which id stands in `references.json`; what belongs
//! to an edition as a whole (its name, the releases it is for, which ids it leaves to a person) in `benchmarks.json`; what
//! its letter asks of a command line in `letters.json`. Of CIS there are numbers here and no text.
//!
//! Start at [`find`]; [`cis_for`] chooses an edition and [`letter()`] reads the letter.

mod choice;
mod letter;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{LazyLock, OnceLock},
};

use serde::Deserialize;

pub use choice::{Choice, cis_for};
pub use letter::{Letter, Text, argument, letter, letter_of_file, text};

use crate::references;

/// One edition of one benchmark.
pub struct Benchmark {
    /// As `--profile` names it: `cis-1.12`, `stig`.
    pub name: &'static str,
    pub title: &'static str,
    catalogue: Catalogue,
    items: OnceLock<Vec<Item>>,
}

/// One id of a benchmark.
#[derive(Debug)]
pub struct Item {
    pub id: &'static str,
    /// The controls that answer it, by name.
    pub controls: Vec<&'static str>,
    /// The id asks for the opposite of what its control asks for.
    pub inverted: bool,
    /// Whether the benchmark itself leaves it to a person; `None` where that is not known.
    pub manual: Option<bool>,
    /// Whether it counts in kube-bench's list of the edition; `None` where kube-bench has none.
    pub scored: Option<bool>,
    /// What kube-bench does with it; `None` where it has no such edition.
    pub assessed: Option<Assessed>,
    pub section: Section,
}

/// What kube-bench does with an id (`type` of a check in its cfg/*.yaml).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assessed {
    /// Its tests are run.
    Tested,
    /// A person is asked for.
    ByHand,
    /// Nothing is done.
    Skipped,
}

impl Assessed {
    pub fn name(self) -> &'static str {
        match self {
            Self::Tested => "tested",
            Self::ByHand => "by-hand",
            Self::Skipped => "skipped",
        }
    }
}

/// The part of a benchmark that an id stands in, in words of ours.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Section {
    /// The benchmark's own number, or the name of the part where it has none.
    pub id: String,
    /// The number of the list that kube-bench has it in, or the name of the part.
    pub chapter: String,
    /// On what the ids of it are looked up, as kube-bench names it: `master`, `etcd`, `controlplane`, `node`, `policies`,
    /// `managedservices`.
    pub part: &'static str,
}

#[derive(Clone, Copy)]
enum Catalogue {
    Cis(&'static Edition),
    Stig,
    /// An older one, for a part of what the STIG is about.
    StigOf(&'static StigEdition),
    Nsa,
}

/// What the first number of an id stands for.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Layout {
    Kubernetes,
    Managed,
    OldOpenshift,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    #[serde(rename = "source")]
    _source: String,
    editions: Vec<Edition>,
    releases: Vec<choice::Releases>,
    /// Of the STIG, those that others hold clusters against by a list of their own.
    stig_editions: Vec<StigEdition>,
    /// Ids that the STIG no longer has and older reports name.
    stig_withdrawn: BTreeSet<String>,
    /// Sections in the order of the guide.
    nsa: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edition {
    name: String,
    title: String,
    layout: Layout,
    manual: BTreeSet<String>,
    /// As kube-bench's list calls itself, where that is not the edition's name.
    version: Option<String>,
    #[serde(default)]
    unscored: BTreeSet<String>,
    #[serde(default)]
    by_hand: BTreeSet<String>,
    #[serde(default)]
    skipped: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StigEdition {
    name: String,
    title: String,
    manual: BTreeSet<String>,
    /// In their order, which is not that of the ids.
    sections: Vec<StigSection>,
    unscored: BTreeSet<String>,
    by_hand: BTreeSet<String>,
    skipped: BTreeSet<String>,
}

/// What stands in two of them is in the first.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StigSection {
    id: String,
    part: String,
    ids: Vec<String>,
}

impl StigEdition {
    /// The section of an id, and its place among all ids.
    fn find(&self, id: &str) -> Option<(&StigSection, usize)> {
        let mut before = 0;
        for section in &self.sections {
            if let Some(at) = section.ids.iter().position(|known| known == id) {
                return Some((section, before + at));
            }
            before += section.ids.len();
        }
        None
    }
}

static DATA: LazyLock<Data> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/benchmarks.json")).expect("the embedded benchmarks are well-formed")
});

static INTENTS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/intents.json")).expect("the embedded sentences are well-formed")
});

static ALL: LazyLock<Vec<Benchmark>> = LazyLock::new(|| {
    let one = |name, title, catalogue| Benchmark { name, title, catalogue, items: OnceLock::new() };
    let editions = DATA.editions.iter().map(|edition| one(&edition.name, &edition.title, Catalogue::Cis(edition)));
    let others = [
        one("stig", "DISA Kubernetes STIG", Catalogue::Stig),
        one("nsa", "NSA/CISA Kubernetes Hardening Guide 1.2", Catalogue::Nsa),
    ];
    let of_stig =
        DATA.stig_editions.iter().map(|edition| one(&edition.name, &edition.title, Catalogue::StigOf(edition)));
    editions.chain(of_stig).chain(others).collect()
});

/// Every edition of every benchmark.
pub fn all() -> &'static [Benchmark] {
    &ALL
}

/// The edition of that name.
pub fn find(name: &str) -> Option<&'static Benchmark> {
    all().iter().find(|benchmark| benchmark.name == name)
}

/// What must be true for a control to hold, in a sentence. Empty for a name that is no control.
pub fn intent(control: &str) -> &'static str {
    INTENTS.get(control).map_or("", String::as_str)
}

impl fmt::Debug for Benchmark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Benchmark {
    /// Every id of this edition once, in its own order.
    pub fn items(&'static self) -> &'static [Item] {
        self.items.get_or_init(|| self.made())
    }

    /// Whether an edition of CIS.
    pub fn is_cis(&self) -> bool {
        matches!(self.catalogue, Catalogue::Cis(_))
    }

    /// Whether the STIG, or an edition of it.
    pub fn is_stig(&self) -> bool {
        matches!(self.catalogue, Catalogue::Stig | Catalogue::StigOf(_))
    }

    /// Whether any id of this edition is answered by that control.
    pub fn holds(&self, control: &str) -> bool {
        references::references(control).is_some_and(|known| self.ids(known).next().is_some())
    }

    /// The ids that a control answers, and whether they ask for its opposite.
    fn ids<'a>(&'a self, known: &'a references::References) -> impl Iterator<Item = (&'a str, bool)> {
        let (plain, inverted): (&[&'static str], &[&'static str]) = match self.catalogue {
            Catalogue::Cis(_) => (
                known.cis.get(self.name).map_or(&[], Vec::as_slice),
                known.cis_inverted.get(self.name).map_or(&[], Vec::as_slice),
            ),
            Catalogue::Stig | Catalogue::StigOf(_) => (&known.stig, &[]),
            Catalogue::Nsa => (&known.nsa_cisa, &[]),
        };
        let current = |id: &&&str| match self.catalogue {
            Catalogue::Stig => !DATA.stig_withdrawn.contains(**id),
            Catalogue::StigOf(edition) => edition.find(id).is_some(),
            Catalogue::Cis(_) | Catalogue::Nsa => true,
        };
        let plain = plain.iter().filter(current).map(|id| (*id, false));
        plain.chain(inverted.iter().map(|id| (*id, true)))
    }

    /// As kube-bench's list of the edition calls itself.
    pub fn version(&self) -> &'static str {
        match self.catalogue {
            Catalogue::Cis(edition) => edition.version.as_deref().unwrap_or(self.name),
            Catalogue::Stig | Catalogue::StigOf(_) | Catalogue::Nsa => self.name,
        }
    }

    /// The ids that do not count, those that are left to a person, and those that are skipped.
    fn lists(&self) -> Option<(&'static BTreeSet<String>, &'static BTreeSet<String>, &'static BTreeSet<String>)> {
        match self.catalogue {
            Catalogue::Cis(edition) => Some((&edition.unscored, &edition.by_hand, &edition.skipped)),
            Catalogue::StigOf(edition) => Some((&edition.unscored, &edition.by_hand, &edition.skipped)),
            Catalogue::Stig | Catalogue::Nsa => None,
        }
    }

    fn made(&'static self) -> Vec<Item> {
        let mut items: BTreeMap<(Vec<u32>, &'static str), Item> = BTreeMap::new();
        for control in references::controls() {
            let Some(known) = references::references(control) else { continue };
            for (id, inverted) in self.ids(known) {
                let item = items.entry((self.order(id), id)).or_insert_with(|| Item {
                    id,
                    controls: Vec::new(),
                    inverted,
                    manual: match self.catalogue {
                        Catalogue::Cis(edition) => Some(edition.manual.contains(id)),
                        Catalogue::StigOf(edition) => Some(edition.manual.contains(id)),
                        Catalogue::Stig | Catalogue::Nsa => None,
                    },
                    scored: self.lists().map(|(unscored, ..)| !unscored.contains(id)),
                    assessed: self.lists().map(|(_, by_hand, skipped)| {
                        if skipped.contains(id) {
                            Assessed::Skipped
                        } else if by_hand.contains(id) {
                            Assessed::ByHand
                        } else {
                            Assessed::Tested
                        }
                    }),
                    section: self.section(id, control),
                });
                item.controls.push(control);
            }
        }
        items.into_values().collect()
    }

    /// Ids are numbers between dots; a guide without numbers has the order of its text.
    fn order(&self, id: &str) -> Vec<u32> {
        match self.catalogue {
            Catalogue::Nsa => {
                let at = DATA.nsa.iter().position(|known| *known == id).unwrap_or(usize::MAX);
                vec![u32::try_from(at).unwrap_or(u32::MAX)]
            }
            Catalogue::StigOf(edition) => {
                let at = edition.find(id).map_or(usize::MAX, |(_, at)| at);
                vec![u32::try_from(at).unwrap_or(u32::MAX)]
            }
            Catalogue::Cis(_) | Catalogue::Stig => {
                id.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect()
            }
        }
    }

    fn section(&self, id: &str, control: &str) -> Section {
        let group = id.rsplit_once('.').map_or(id, |(group, _)| group);
        let first = id.split('.').next().unwrap_or_default();
        match self.catalogue {
            Catalogue::Nsa => {
                let chapter = id.split_once(':').map_or(id, |(chapter, _)| chapter);
                let part = match chapter {
                    "Kubernetes Pod security" | "Upgrading and application security practices" => "policies",
                    "Network separation and hardening" => "master",
                    _ => "controlplane",
                };
                Section { id: chapter.to_owned(), chapter: part.to_owned(), part }
            }
            Catalogue::Stig => {
                let part = part_of(control);
                Section { id: part.to_owned(), chapter: part.to_owned(), part }
            }
            Catalogue::StigOf(edition) => {
                let (id, part) = edition
                    .find(id)
                    .map_or(("", part_of(control)), |(section, _)| (section.id.as_str(), section.part.as_str()));
                let chapter = id.split('.').next().unwrap_or_default().to_owned();
                Section { id: id.to_owned(), chapter, part }
            }
            Catalogue::Cis(edition) => {
                let part = edition.layout.part(first);
                Section { id: group.to_owned(), chapter: edition.layout.chapter(first).to_owned(), part }
            }
        }
    }
}

impl Layout {
    /// The number of the list; the old lists of OpenShift number groups and ids on their own.
    fn chapter(self, first: &str) -> &str {
        match (self, first) {
            (Self::OldOpenshift, "7" | "8") => "2",
            (Self::OldOpenshift, _) => "1",
            _ => first,
        }
    }

    fn part(self, first: &str) -> &'static str {
        match (self, first) {
            (Self::Kubernetes, "1") => "master",
            (Self::Kubernetes, "2") => "etcd",
            (Self::Kubernetes, "3") | (Self::Managed, "2") => "controlplane",
            (Self::Kubernetes, "4") | (Self::Managed, "3") | (Self::OldOpenshift, "7" | "8") => "node",
            (Self::Kubernetes, "5") | (Self::Managed, "4") => "policies",
            (Self::OldOpenshift, _) => "master",
            _ => "managedservices",
        }
    }
}

/// What the component of a control is part of, where ids do not tell.
fn part_of(control: &str) -> &'static str {
    let component = crate::find(control)
        .map(|rule| rule.component)
        .or_else(|| crate::pending().get(control).map(|pending| pending.component.as_str()));
    match component.unwrap_or_default() {
        "etcd" => "etcd",
        "kubelet" | "kube-proxy" | "node-files" => "node",
        "rbac" | "pod-security" | "network" | "secrets" => "policies",
        "managed" => "managedservices",
        _ => "master",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_of_every_edition_is_there_once_and_in_order() {
        for benchmark in all() {
            let items = benchmark.items();
            assert!(items.len() >= 20, "{}", benchmark.name);
            let ids: BTreeSet<&str> = items.iter().map(|item| item.id).collect();
            assert_eq!(ids.len(), items.len(), "{}", benchmark.name);
            assert!(items.is_sorted_by_key(|item| benchmark.order(item.id)), "{}", benchmark.name);
            let sections: BTreeSet<&Section> = items.iter().map(|item| &item.section).collect();
            let names: BTreeSet<&str> = sections.iter().map(|section| section.id.as_str()).collect();
            assert_eq!(names.len(), sections.len(), "{}: a section in two parts", benchmark.name);
            // In CIS each id has one home.
            assert!(!benchmark.is_cis() || items.iter().all(|item| item.controls.len() == 1), "{}", benchmark.name);
            if let Catalogue::Cis(edition) = benchmark.catalogue {
                assert!(edition.manual.iter().all(|id| ids.contains(id.as_str())), "{}", benchmark.name);
            }
        }
        // Numbers of the checks in kube-bench's own lists (cfg/ at a73ce378), of every edition; 94 rules of the STIG.
        let counts = [
            ("ack-1.0", 134),
            ("aks-1.0", 54),
            ("aks-1.7", 45),
            ("aks-1.8", 51),
            ("cis-1.10", 130),
            ("cis-1.11", 133),
            ("cis-1.12", 131),
            ("cis-1.20", 123),
            ("cis-1.23", 125),
            ("cis-1.24", 124),
            ("cis-1.24-microk8s", 124),
            ("cis-1.5", 122),
            ("cis-1.6", 122),
            ("cis-1.6-k3s", 122),
            ("cis-1.7", 131),
            ("cis-1.8", 130),
            ("cis-1.9", 130),
            ("eks-1.0.1", 52),
            ("eks-1.1.0", 52),
            ("eks-1.2.0", 53),
            ("eks-1.5.0", 46),
            ("eks-1.7.0", 46),
            ("eks-1.8.0", 50),
            ("gke-1.0", 159),
            ("gke-1.2.0", 80),
            ("gke-1.6.0", 68),
            ("gke-1.8.0", 57),
            ("gke-1.9.0", 57),
            ("k3s-cis-1.23", 125),
            ("k3s-cis-1.24", 125),
            ("k3s-cis-1.7", 131),
            ("k3s-cis-1.8", 130),
            ("k3s-cis-1.9", 130),
            ("rh-0.7", 104),
            ("rh-1.0", 122),
            ("rh-1.4", 118),
            ("rh-1.8", 115),
            ("rke-cis-1.23", 125),
            ("rke-cis-1.24", 125),
            ("rke-cis-1.7", 131),
            ("rke2-cis-1.23", 125),
            ("rke2-cis-1.24", 125),
            ("rke2-cis-1.7", 131),
            ("rke2-cis-1.8", 130),
            ("tkgi-1.2.53", 122),
        ];
        let known: BTreeMap<&str, usize> = counts.into_iter().collect();
        let found = all().iter().filter(|one| one.is_cis()).map(|one| (one.name, one.items().len()));
        assert_eq!(found.collect::<BTreeMap<_, _>>(), known);
        assert_eq!(find("stig").map(|found| found.items().len()), Some(94));
        assert_eq!(find("eks-stig-kubernetes-v1r6").map(|found| found.items().len()), Some(92));
    }

    #[test]
    fn every_id_has_somebody_who_answers_it() {
        // A control is answered by a rule or waits for one, never both; one that nobody answers would be no entry of any
        // report.
        for benchmark in all() {
            for item in benchmark.items() {
                assert!(!item.controls.is_empty(), "{benchmark:?} {}", item.id);
                for control in &item.controls {
                    let (rule, waits) = (crate::find(control).is_some(), crate::pending().contains_key(*control));
                    assert!(rule != waits, "{benchmark:?} {} {control}: {rule} {waits}", item.id);
                    assert!(crate::references(control).is_some() && !intent(control).is_empty(), "{control}");
                }
            }
        }
        // What an edition leaves to a person is one of its ids.
        let has = |name: &str, id: &str| find(name).is_some_and(|one| one.items().iter().any(|item| item.id == id));
        for edition in &DATA.editions {
            let named = [&edition.manual, &edition.unscored, &edition.by_hand, &edition.skipped];
            assert!(named.into_iter().flatten().all(|id| has(&edition.name, id)), "{}", edition.name);
            assert!(edition.by_hand.is_disjoint(&edition.skipped), "{}", edition.name);
        }
        for edition in &DATA.stig_editions {
            let listed = edition.sections.iter().flat_map(|section| &section.ids);
            assert!(listed.chain(&edition.manual).all(|id| has(&edition.name, id)), "{}", edition.name);
        }
    }

    #[test]
    fn ten_comes_after_nine_and_a_section_is_what_stands_before_the_last_number() {
        let items = find("cis-1.12").expect("an edition").items();
        let at = |id: &str| items.iter().position(|item| item.id == id).expect("an id");
        assert!(at("1.2.9") < at("1.2.10") && at("1.4.1") < at("2.1"));
        let section = |id: &str| (items[at(id)].section.id.as_str(), items[at(id)].section.part);
        assert_eq!(section("1.2.10"), ("1.2", "master"));
        assert_eq!(section("2.1"), ("2", "etcd"));
        assert_eq!(section("5.1.1"), ("5.1", "policies"));
        // A managed cluster has no master to look at.
        let eks = find("eks-1.8.0").expect("an edition").items();
        assert_eq!(eks[0].section.part, "controlplane");
    }

    #[test]
    fn what_kube_bench_does_with_an_id_is_known_where_it_has_the_edition() {
        let of = |name: &str, id: &str| {
            let benchmark = find(name).expect("an edition");
            let item = benchmark.items().iter().find(|item| item.id == id).expect("an id");
            (item.scored, item.assessed, item.section.chapter.as_str(), item.section.id.as_str(), item.section.part)
        };
        // Named "(Manual)", and tested all the same.
        assert_eq!(of("cis-1.12", "1.2.1"), (Some(false), Some(Assessed::Tested), "1", "1.2", "master"));
        assert_eq!(of("cis-1.12", "3.1.1"), (Some(false), Some(Assessed::ByHand), "3", "3.1", "controlplane"));
        assert_eq!(of("rke2-cis-1.7", "2.1"), (Some(true), Some(Assessed::Skipped), "2", "2", "etcd"));
        // A group that is skipped as a whole.
        assert_eq!(of("gke-1.0", "1.2.1").1, Some(Assessed::Skipped));
        assert_eq!(of("gke-1.0", "6.10.1").3, "6.10");
        // One list of masters and one of nodes, whatever the ids say.
        assert_eq!(of("rh-0.7", "4.10"), (Some(true), Some(Assessed::Tested), "1", "4", "master"));
        assert_eq!(of("rh-0.7", "8.1"), (Some(true), Some(Assessed::Tested), "2", "8", "node"));
        let eks = "eks-stig-kubernetes-v1r6";
        assert_eq!(of(eks, "V-242397"), (Some(true), Some(Assessed::Tested), "3", "3.1", "node"));
        assert_eq!(find(eks).expect("an edition").items()[0].id, "V-242390");
        assert_eq!(find("cis-1.24-microk8s").map(Benchmark::version), Some("cis-1.24"));
        // Not one of its lists.
        assert_eq!(of("stig", "V-242390").1, None);
    }

    #[test]
    fn an_edition_that_asks_for_the_opposite_says_so() {
        let inverted = |name: &str, id: &str| {
            find(name).expect("an edition").items().iter().find(|item| item.id == id).expect("an id").inverted
        };
        assert!(inverted("rh-1.8", "1.2.1"));
        assert!(!inverted("cis-1.12", "1.2.1"));
        assert!(inverted("cis-1.24", "1.2.3") && !inverted("cis-1.12", "1.2.3"));
    }

    #[test]
    fn every_edition_that_is_mapped_is_known_and_every_control_has_its_sentence() {
        for control in references::controls() {
            let known = references::references(control).expect("a control");
            for name in known.cis.keys().chain(known.cis_inverted.keys()) {
                assert!(find(name).is_some(), "{control}: {name}");
            }
            for section in &known.nsa_cisa {
                assert!(DATA.nsa.iter().any(|known| known == section), "{control}: {section}");
            }
            assert!(intent(control).ends_with('.'), "{control}");
            if let Some(pending) = crate::pending().get(control) {
                assert_eq!(intent(control), pending.intent);
            }
        }
        assert_eq!(INTENTS.len(), references::controls().count());
    }
}
