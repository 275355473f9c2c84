//! The calendars of Kubernetes and of etcd: which releases came when, and how long each minor is maintained.
//!
//! The tables are those of upstream (kubernetes.io/releases/patch-releases and release tags; tags and CHANGELOG of
//! etcd-io/etcd). Vendors that build their own keep calendars of their own, so that a build with a vendor's suffix is
//! recognised and left to the vendor.
//!
//! Start at [`CALENDAR`]; etcd's is [`ETCD`].

use std::sync::LazyLock;

use jiff::{ToSpan as _, civil::Date};
use model::{Minor, Version};
use serde::Deserialize;

/// What this build knows of the calendar.
pub static CALENDAR: LazyLock<Calendar> = LazyLock::new(|| {
    let table: Table =
        serde_json::from_str(include_str!("data/releases/kubernetes.json")).expect("the embedded table parses");
    Calendar::from(table)
});

/// What this build knows of the calendar of etcd.
pub static ETCD: LazyLock<Etcd> = LazyLock::new(|| {
    let text = include_str!("data/releases/etcd.json");
    let table: Table = serde_json::from_str(text).expect("the embedded table parses");
    let fixes: Fixes = serde_json::from_str(text).expect("the embedded table parses");
    let number = |fix: FixRow| Corruption {
        fixed: fix.fixed.parse().expect("the embedded table holds versions"),
        what: fix.what,
    };
    Etcd { calendar: Calendar::from(table), corruption: fixes.corruption.into_iter().map(number).collect() }
});

/// The releases of etcd, and what was so wrong with some that data was lost.
#[derive(Debug)]
pub struct Etcd {
    pub calendar: Calendar,
    /// Of each minor, oldest first.
    corruption: Vec<Corruption>,
}

/// A flaw of every release of a minor below one, by which members of a cluster come to hold other data than was written.
#[derive(Debug)]
pub struct Corruption {
    pub fixed: Version,
    /// What happens, a clause.
    pub what: String,
}

impl Etcd {
    /// The flaws of a release that a patch of its minor has fixed by a day.
    pub fn corruption(&self, version: &Version, day: Date) -> impl Iterator<Item = &Corruption> {
        let patch = version.patch.unwrap_or(u16::MAX);
        self.corruption.iter().filter(move |fix| {
            let branch = self.calendar.branch(fix.fixed.minor);
            let out = branch.and_then(|branch| branch.patch(&fix.fixed)).is_some_and(|patch| patch.out_on(day));
            fix.fixed.minor == version.minor && fix.fixed.patch.is_some_and(|fixed| patch < fixed) && out
        })
    }
}

#[derive(Deserialize)]
struct Fixes {
    corruption: Vec<FixRow>,
}

#[derive(Deserialize)]
struct FixRow {
    fixed: String,
    what: String,
}

#[derive(Deserialize)]
struct Table {
    patches_as_of: Date,
    minors: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    minor: String,
    released: Option<Date>,
    ends: Option<Date>,
    estimated: bool,
    patches: Vec<PatchRow>,
}

#[derive(Deserialize)]
struct PatchRow {
    version: String,
    date: Option<Date>,
    not_after: Option<Date>,
}

/// Every minor release that is known, oldest first.
#[derive(Debug)]
pub struct Calendar {
    /// The last day that is known: a patch that came later is in no table of this build.
    pub known_until: Date,
    pub minors: Vec<Branch>,
}

/// One minor release and its patches.
#[derive(Debug)]
pub struct Branch {
    pub minor: Minor,
    pub released: Option<Date>,
    /// The last day of maintenance; `None` where no source at hand gives it.
    pub ends: Option<Date>,
    /// Whether that day is computed from the policy of fourteen months and not announced.
    pub estimated: bool,
    /// Oldest first.
    patches: Vec<Patch>,
}

/// One patch release.
#[derive(Debug)]
pub struct Patch {
    pub version: Version,
    /// The day it came; `None` where it is only known to have been out by some day.
    pub date: Option<Date>,
    out_by: Option<Date>,
}

impl From<Row> for Branch {
    fn from(row: Row) -> Self {
        let version = |text: &str| text.parse::<Version>().expect("the embedded table holds versions");
        let patches = row.patches.iter().map(|patch| Patch {
            version: version(&patch.version),
            date: patch.date,
            out_by: patch.date.or(patch.not_after),
        });
        Self {
            minor: version(&row.minor).minor,
            released: row.released,
            ends: row.ends,
            estimated: row.estimated,
            patches: patches.collect(),
        }
    }
}

/// Whether a minor release still gets fixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maintenance {
    Until(Date),
    EndedOn(Date),
    /// No source at hand gives a day. The oldest minors are among these; see [`Calendar::maintenance`].
    Unknown,
}

impl From<Table> for Calendar {
    fn from(table: Table) -> Self {
        let mut minors: Vec<Branch> = table.minors.into_iter().map(Branch::from).collect();
        minors.sort_by_key(|branch| branch.minor);
        Self { known_until: table.patches_as_of, minors }
    }
}

impl Patch {
    /// Whether it was out on a day.
    fn out_on(&self, day: Date) -> bool {
        self.out_by.is_none_or(|out| out <= day)
    }
}

impl Calendar {
    pub fn branch(&self, minor: Minor) -> Option<&Branch> {
        self.minors.iter().find(|branch| branch.minor == minor)
    }

    /// Whether a minor release is maintained on a day.
    pub fn maintenance(&self, minor: Minor, day: Date) -> Maintenance {
        let Some(branch) = self.branch(minor) else { return Maintenance::Unknown };
        match branch.ends {
            Some(end) if end < day => Maintenance::EndedOn(end),
            Some(end) => Maintenance::Until(end),
            // A minor ends no later than one that came after it.
            None => {
                let later = self.minors.iter().filter(|other| other.minor > minor).filter_map(|other| other.ends);
                later.min().filter(|end| *end < day).map_or(Maintenance::Unknown, Maintenance::EndedOn)
            }
        }
    }

    /// Whether a patch is likely to have come after the calendar ends: they come once a month.
    pub fn is_stale(&self, day: Date) -> bool {
        self.known_until.checked_add(31.days()).is_ok_and(|limit| day > limit)
    }

    /// The oldest minor that is known to be maintained on a day and is not older than this one: the shortest way to fixes.
    pub fn nearest_maintained(&self, minor: Minor, day: Date) -> Option<&Branch> {
        self.minors.iter().find(|branch| {
            branch.minor >= minor && matches!(self.maintenance(branch.minor, day), Maintenance::Until(_))
        })
    }
}

impl Branch {
    /// The newest patch that was out on a day.
    pub fn latest(&self, day: Date) -> Option<&Patch> {
        self.patches.iter().rev().find(|patch| patch.out_on(day))
    }

    /// The number of the newest patch that is known at all.
    pub(crate) fn last_patch(&self) -> Option<u16> {
        self.patches.last().and_then(|patch| patch.version.patch)
    }

    pub fn patch(&self, version: &Version) -> Option<&Patch> {
        self.patches.iter().find(|patch| patch.version.patch == version.patch)
    }
}

/// Who built a release that is not upstream's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vendor {
    pub name: &'static str,
    /// Where its own list of fixes is found, in words.
    pub advisories: &'static str,
}

/// The vendor whose suffix a version carries. A pre-release of upstream has none.
///
/// Sources: GKE release notes (`-gke.N`), EKS versions (`-eks-HASH`), the release pages of k3s (`+k3sN`), RKE2 (`+rke2rN`),
/// k0s (`+k0s`), VMware Tanzu (`+vmware.N`), CoreOS Tectonic (`+coreos.N`), Docker EE (`-docker-N`), Alibaba (`-aliyun.N`)
/// and Tencent (`-tke.N`).
pub fn vendor(version: &Version) -> Option<Vendor> {
    const KNOWN: [(&str, Vendor); 10] = [
        ("-gke.", Vendor { name: "GKE", advisories: "Google's GKE security bulletins" }),
        ("-eks-", Vendor { name: "EKS", advisories: "the EKS platform version notes" }),
        ("+k3s", Vendor { name: "k3s", advisories: "the k3s release notes" }),
        ("+rke2r", Vendor { name: "RKE2", advisories: "the RKE2 release notes" }),
        ("+k0s", Vendor { name: "k0s", advisories: "the k0s release notes" }),
        ("+vmware.", Vendor { name: "VMware", advisories: "VMware's security advisories" }),
        ("+coreos.", Vendor { name: "CoreOS", advisories: "the CoreOS release notes" }),
        ("-docker-", Vendor { name: "Docker Enterprise", advisories: "the Docker Enterprise release notes" }),
        ("-aliyun.", Vendor { name: "Alibaba Cloud", advisories: "the bulletins of Alibaba Cloud" }),
        ("-tke.", Vendor { name: "Tencent Cloud", advisories: "the bulletins of Tencent Cloud" }),
    ];
    if let Some((_, vendor)) = KNOWN.iter().find(|(mark, _)| version.suffix.starts_with(mark)) {
        return Some(*vendor);
    }
    let pre_release = ["-alpha", "-beta", "-rc"].iter().any(|stage| version.suffix.starts_with(stage));
    (!version.suffix.is_empty() && !pre_release)
        .then_some(Vendor { name: "an unknown builder", advisories: "whoever built it" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().expect("a day")
    }

    #[test]
    fn minors_end_and_patches_come_by_the_day() {
        let branch = |text: &str| CALENDAR.branch(text.parse::<Version>().expect("a version").minor).expect("known");
        let latest = |minor: &str, on: &str| branch(minor).latest(day(on)).map(|patch| patch.version.to_string());
        assert_eq!(latest("1.32", "2026-11-24").as_deref(), Some("1.32.13"));
        assert_eq!(latest("1.32", "2024-12-11").as_deref(), Some("1.32.0"));
        assert_eq!(latest("1.32", "2024-12-01"), None);
        // A patch whose day nobody wrote down counts from the day on which it was surely out.
        assert_eq!(latest("1.36", "2026-09-23").as_deref(), Some("1.36.5"));
        let state = |minor: &str, on: &str| CALENDAR.maintenance(branch(minor).minor, day(on));
        assert_eq!(state("1.34", "2026-10-27"), Maintenance::Until(day("2026-10-27")));
        assert_eq!(state("1.34", "2026-10-28"), Maintenance::EndedOn(day("2026-10-27")));
        assert!(matches!(state("1.0", "2026-11-24"), Maintenance::EndedOn(_)));
        assert_eq!(CALENDAR.maintenance(Minor::new(1, 60), day("2026-11-24")), Maintenance::Unknown);
        let next = |minor: &str| CALENDAR.nearest_maintained(branch(minor).minor, day("2026-11-24")).map(|b| b.minor);
        assert_eq!(next("1.20"), Some(Minor::new(1, 35)));
        assert_eq!(next("1.36"), Some(Minor::new(1, 36)));
    }

    #[test]
    fn etcd_has_a_calendar_of_its_own() {
        let version = |text: &str| text.parse::<Version>().expect("a version");
        let state = |minor: &str, on: &str| ETCD.calendar.maintenance(version(minor).minor, day(on));
        assert_eq!(state("3.4", "2026-06-02"), Maintenance::EndedOn(day("2026-06-01")));
        assert_eq!(state("3.4", "2026-06-01"), Maintenance::Until(day("2026-06-01")));
        assert!(matches!(state("2.2", "2026-06-01"), Maintenance::EndedOn(_)));
        // No day was announced.
        assert_eq!(state("3.6", "2026-06-01"), Maintenance::Unknown);
        let fixes = |text: &str, on: &str| -> Vec<String> {
            ETCD.corruption(&version(text), day(on)).map(|fix| fix.fixed.to_string()).collect()
        };
        assert_eq!(fixes("3.5.1", "2026-08-01"), ["3.5.3", "3.5.6", "3.5.23"]);
        assert_eq!(fixes("3.5.1", "2022-05-01"), ["3.5.3"]);
        assert_eq!(fixes("3.5.23-0", "2026-08-01"), [""; 0]);
        for fix in &ETCD.corruption {
            let branch = ETCD.calendar.branch(fix.fixed.minor).expect("a minor that is known");
            assert!(branch.patch(&fix.fixed).is_some(), "{}", fix.fixed);
        }
    }

    #[test]
    fn vendors_are_known_by_their_suffix() {
        for (text, name) in [
            ("1.28.3-gke.100", Some("GKE")),
            ("1.21.2-eks-0389ca3", Some("EKS")),
            ("1.29.1+k3s1", Some("k3s")),
            ("1.29.1+rke2r1", Some("RKE2")),
            ("1.7.5+coreos.0", Some("CoreOS")),
            ("1.29.1+abc", Some("an unknown builder")),
            ("1.30.0-rc.1", None),
            ("1.30.0", None),
        ] {
            let version: Version = text.parse().expect("a version");
            assert_eq!(vendor(&version).map(|vendor| vendor.name), name, "{text}");
        }
    }
}
