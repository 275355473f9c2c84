//! `/apis`: the API groups and versions that are served, which bound the release.
//!
//! One list of groups, or from 1.26 on of groups with their versions and resources (`APIGroupDiscoveryList` of
//! `apidiscovery.k8s.io`), whichever the server knows.

use model::{Evidence, Minor};
use yaml::Cursor;

use super::{Seen, text, unreadable};
use crate::redact::parsable;

/// Versions of built-in groups with the first minor release that has them and the first that has not, 0 for none.
///
/// `APILifecycleIntroduced` and `APILifecycleRemoved` in zz_generated.prerelease-lifecycle.go of k8s.io/api 1.36, and the
/// Deprecated API Migration Guide (kubernetes.io) for what was gone before those files came. A version that came back with
/// other kinds (`networking.k8s.io/v1beta1`) is not here. Who serves a version has it, whatever `--runtime-config` says;
/// who does not serve one may have been told not to.
const LIVES: [(&str, u16, u16); 27] = [
    ("admissionregistration.k8s.io/v1", 16, 0),
    ("apiextensions.k8s.io/v1", 16, 0),
    ("apiextensions.k8s.io/v1beta1", 7, 22),
    ("apiregistration.k8s.io/v1", 10, 0),
    ("apiregistration.k8s.io/v1beta1", 7, 22),
    ("apps/v1", 9, 0),
    ("apps/v1beta1", 6, 16),
    ("apps/v1beta2", 8, 16),
    ("autoscaling/v2", 23, 0),
    ("autoscaling/v2beta1", 8, 25),
    ("autoscaling/v2beta2", 12, 26),
    ("batch/v1beta1", 8, 25),
    ("certificates.k8s.io/v1", 19, 0),
    ("coordination.k8s.io/v1", 14, 0),
    ("discovery.k8s.io/v1", 21, 0),
    ("discovery.k8s.io/v1beta1", 17, 25),
    ("events.k8s.io/v1", 19, 0),
    ("extensions/v1beta1", 1, 22),
    ("flowcontrol.apiserver.k8s.io/v1", 29, 0),
    ("flowcontrol.apiserver.k8s.io/v1beta1", 20, 26),
    ("flowcontrol.apiserver.k8s.io/v1beta2", 23, 29),
    ("flowcontrol.apiserver.k8s.io/v1beta3", 26, 32),
    ("node.k8s.io/v1", 20, 0),
    ("node.k8s.io/v1beta1", 14, 25),
    ("policy/v1", 21, 0),
    ("policy/v1beta1", 5, 25),
    ("scheduling.k8s.io/v1", 14, 0),
];

/// The minor releases that have all that is served, both included; `None` where nothing bounds them.
pub(crate) fn releases(evidence: &Evidence) -> Seen<(Minor, Minor)> {
    let Some(answer) = text(evidence)? else { return Ok(None) };
    let parsed = parsable(evidence, answer);
    let stream = yaml::parse(&parsed, &yaml::Limits::default());
    let Some(document) = stream.documents.first() else { return Err(unreadable(evidence, "it lists no groups")) };
    let Some(served) = versions(&document.cursor()) else { return Err(unreadable(evidence, "it lists no groups")) };
    let (mut from, mut to) = (0, u16::MAX);
    for name in served {
        let Some((_, introduced, removed)) = LIVES.iter().find(|life| life.0 == name) else { continue };
        from = from.max(*introduced);
        if *removed > 0 {
            to = to.min(removed - 1);
        }
    }
    // Two that no release has together: somebody built their own.
    let bounded = from > 0 && from <= to;
    Ok(bounded.then(|| (Minor::new(1, from), Minor::new(1, to))))
}

fn versions_of<'a>(group: &Cursor<'a>) -> Vec<Cursor<'a>> {
    group.get("versions").into_iter().flat_map(|list| list.items().collect::<Vec<_>>()).collect()
}

/// `GROUP/VERSION` of each, in either form.
fn versions(root: &Cursor<'_>) -> Option<Vec<String>> {
    if let Some(groups) = root.get("groups") {
        let named = |version: Cursor<'_>| version.get("groupVersion")?.text().map(str::to_owned);
        return Some(groups.items().flat_map(|group| versions_of(&group)).filter_map(named).collect());
    }
    let groups = root.get("items")?;
    let named = |group: Cursor<'_>| {
        let name = group.get("metadata")?.get("name")?.text()?.to_owned();
        let versions =
            versions_of(&group).into_iter().filter_map(|version| version.get("version")?.text().map(str::to_owned));
        Some(versions.map(|version| format!("{name}/{version}")).collect::<Vec<_>>())
    };
    Some(groups.items().filter_map(named).flatten().collect())
}

#[cfg(test)]
mod tests {
    use model::{Body, EvidenceId, Kind, Plane};

    use super::*;

    fn read(text: String) -> Option<(u16, u16)> {
        let evidence =
            Evidence::of(EvidenceId::new("https://h/apis"), Plane::Running, Kind::Discovery, Body::Text(text.into()));
        releases(&evidence).ok().flatten().map(|(from, to)| (from.minor, to.minor))
    }

    /// As both forms tell it.
    fn bounds(versions: &[&str]) -> Option<(u16, u16)> {
        let groups: Vec<String> =
            versions.iter().map(|version| format!(r#"{{"versions":[{{"groupVersion":"{version}"}}]}}"#)).collect();
        let plain = read(format!(r#"{{"kind":"APIGroupList","groups":[{}]}}"#, groups.join(",")));
        let item = |version: &&str| {
            let (group, version) = version.split_once('/').expect("a group");
            format!(r#"{{"metadata":{{"name":"{group}"}},"versions":[{{"version":"{version}","resources":[]}}]}}"#)
        };
        let items: Vec<String> = versions.iter().map(item).collect();
        let aggregated = read(format!(r#"{{"kind":"APIGroupDiscoveryList","items":[{}]}}"#, items.join(",")));
        assert_eq!(plain, aggregated);
        plain
    }

    #[test]
    fn what_is_served_bounds_the_release() {
        assert_eq!(bounds(&["apps/v1", "extensions/v1beta1", "flowcontrol.apiserver.k8s.io/v1beta1"]), Some((20, 21)));
        assert_eq!(bounds(&["flowcontrol.apiserver.k8s.io/v1"]), Some((29, u16::MAX)));
        assert_eq!(bounds(&["metrics.k8s.io/v1beta1"]), None);
        assert_eq!(bounds(&["policy/v1beta1", "autoscaling/v2", "extensions/v1beta1"]), None);
    }
}
