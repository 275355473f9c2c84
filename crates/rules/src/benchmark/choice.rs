//! Which edition of CIS is for which cluster.
//!
//! Each edition names the releases it was written for. A distribution that has editions of its own is held to those, as
//! kube-bench holds it (cmd/util.go, cfg/config.yaml).

use model::{Minor, Release, Version};
use serde::{Deserialize, Deserializer};

use super::{Benchmark, DATA, find};

/// The releases that the editions of a platform are for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Releases {
    /// `None` for Kubernetes as such.
    platform: Option<String>,
    /// The first release of each edition, oldest first; it holds until the next one.
    #[serde(deserialize_with = "starts")]
    from: Vec<(Minor, String)>,
    /// The last release that the newest of them was written for.
    #[serde(deserialize_with = "minor")]
    until: Minor,
}

/// An edition, and why that one.
#[derive(Clone, Debug)]
pub struct Choice {
    pub benchmark: &'static Benchmark,
    /// A sentence without its full stop.
    pub why: String,
}

/// The edition for a cluster.
pub fn cis_for(distribution: Option<&str>, release: Option<&Release>) -> Choice {
    let generic = DATA.releases.iter().find(|known| known.platform.is_none()).expect("editions for Kubernetes as such");
    let Some(name) = platform(distribution, release) else { return generic.choose(release, "") };
    match DATA
        .releases
        .iter()
        .find(|known| known.platform.as_ref().is_some_and(|known| known.eq_ignore_ascii_case(name)))
    {
        // What was never written for older releases says nothing of them.
        Some(own) if release.is_none_or(|release| release.bounds().1 >= own.first()) => {
            // MicroK8s has one edition, and later ones of Kubernetes as such say more of its later releases.
            let only = own.from.len() == 1 && release.is_none_or(|release| release.bounds().0 > own.until);
            if only {
                generic.choose(release, &format!(" (no edition for {name} covers that release)"))
            } else {
                own.choose(release, &format!(" on {name}"))
            }
        }
        Some(_) => generic.choose(release, &format!(" (no edition for {name} covers that release)")),
        None => generic.choose(release, ""),
    }
}

/// Who built it, where there are editions for what that one builds.
fn platform(distribution: Option<&str>, release: Option<&Release>) -> Option<&'static str> {
    let of_release = match release {
        Some(Release::Exactly(Version { suffix, .. })) => [
            ("+k3s", "k3s"),
            ("+rke2r", "RKE2"),
            ("-eks-", "EKS"),
            ("-gke.", "GKE"),
            ("-aliyun", "ACK"),
            ("+vmware", "TKGI"),
        ]
        .into_iter()
        .find(|(mark, _)| suffix.contains(mark))
        .map(|(_, name)| name),
        _ => None,
    };
    let named = |name: &str| {
        DATA.releases
            .iter()
            .filter_map(|known| known.platform.as_deref())
            .find(|known| known.eq_ignore_ascii_case(name))
    };
    distribution.and_then(named).or(of_release)
}

impl Releases {
    fn first(&self) -> Minor {
        self.from.first().map_or(self.until, |(minor, _)| *minor)
    }

    /// The name of the edition for one release.
    fn edition(&self, minor: Minor) -> &str {
        let at = self.from.partition_point(|(from, _)| *from <= minor).saturating_sub(1);
        self.from.get(at).map_or("", |(_, name)| name.as_str())
    }

    fn choose(&self, release: Option<&Release>, on: &str) -> Choice {
        let newest = self.edition(self.until);
        let (name, why) = match release {
            None => (
                newest,
                "no release is known, so it is the newest edition; --kubernetes-version tells which one is meant"
                    .to_owned(),
            ),
            Some(release) => {
                let (from, to) = release.bounds();
                let (oldest, latest) = (self.edition(from), self.edition(to));
                if from > self.until {
                    (
                        newest,
                        format!(
                            "{release} is newer than any edition is written for{on}; this one is for {} to {}",
                            self.starts(newest),
                            self.until
                        ),
                    )
                } else if to < self.first() {
                    (oldest, format!("{release} is older than any edition is written for; this is the oldest{on}"))
                } else if oldest == latest {
                    (oldest, format!("it is the edition for {release}{on}"))
                } else {
                    (
                        latest,
                        format!(
                            "the release is one of {release}{on}, which several editions are for, so it is the newest of them; --kubernetes-version tells which one is meant"
                        ),
                    )
                }
            }
        };
        let benchmark = find(name).expect("each release has an edition that is known");
        Choice { benchmark, why }
    }

    fn starts(&self, name: &str) -> Minor {
        self.from.iter().find(|(_, known)| known == name).map_or(self.until, |(minor, _)| *minor)
    }
}

fn parse(text: &str) -> Option<Minor> {
    text.parse::<Version>().ok().map(|version| version.minor)
}

fn minor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Minor, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).ok_or_else(|| serde::de::Error::custom("a minor release"))
}

fn starts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(Minor, String)>, D::Error> {
    let pairs = Vec::<(String, String)>::deserialize(deserializer)?;
    let pairs: Option<Vec<_>> = pairs.into_iter().map(|(from, name)| Some((parse(&from)?, name))).collect();
    pairs.ok_or_else(|| serde::de::Error::custom("a minor release"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exactly(text: &str) -> Release {
        Release::Exactly(text.parse().expect("a version"))
    }

    #[test]
    fn the_edition_is_the_one_for_the_release_and_the_distribution() {
        for (distribution, version, edition) in [
            (None, "1.15.12", "cis-1.5"),
            (None, "1.18.0", "cis-1.6"),
            (None, "1.21.2", "cis-1.20"),
            (None, "1.24.0", "cis-1.24"),
            (None, "1.25.0", "cis-1.7"),
            (Some("kubeadm"), "1.31.2", "cis-1.11"),
            (Some("kubeadm"), "1.34.2", "cis-1.12"),
            (None, "1.36.2", "cis-1.12"),
            (None, "1.7.5", "cis-1.5"),
            (Some("k3s"), "1.29.1+k3s1", "k3s-cis-1.9"),
            (None, "1.25.4+k3s1", "k3s-cis-1.7"),
            (None, "1.26.4+rke2r1", "rke2-cis-1.8"),
            // RKE2's own editions begin with 1.23.
            (Some("RKE2"), "1.21.4+rke2r1", "cis-1.20"),
            (Some("RKE"), "1.26.8", "rke-cis-1.7"),
            (Some("openshift"), "1.27.0", "rh-1.8"),
            (Some("OpenShift"), "1.20.0", "rh-1.0"),
            (None, "1.33.1-eks-abc", "eks-1.8.0"),
            (None, "1.29.3-gke.100", "gke-1.6.0"),
            (Some("MicroK8s"), "1.24.0", "cis-1.24-microk8s"),
            (Some("MicroK8s"), "1.32.0", "cis-1.12"),
        ] {
            let choice = cis_for(distribution, Some(&exactly(version)));
            assert_eq!(choice.benchmark.name, edition, "{distribution:?} {version}: {}", choice.why);
        }
    }

    #[test]
    fn a_release_that_is_not_known_exactly_says_so() {
        let within = |from, to| Release::Within { from: Minor::new(1, from), to: Minor::new(1, to) };
        let choice = cis_for(None, Some(&within(29, 31)));
        assert_eq!((choice.benchmark.name, choice.why.as_str()), ("cis-1.11", "it is the edition for 1.29 to 1.31"));
        let choice = cis_for(None, Some(&within(20, 36)));
        assert_eq!(choice.benchmark.name, "cis-1.12");
        assert!(choice.why.contains("1.20 to 1.36") && choice.why.contains("--kubernetes-version"), "{}", choice.why);
        assert!(cis_for(None, None).why.contains("--kubernetes-version"));
        assert!(cis_for(None, Some(&exactly("1.36.0"))).why.contains("newer than any edition is written for"));
    }
}
