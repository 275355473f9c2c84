//! Cluster API's control planes, as the API servers that kubeadm starts on their machines.
//!
//! A `KubeadmControlPlane` carries kubeadm's configuration beside the release, the files of the machine and the commands
//! that run on it. What it does not say of the network it takes from the `Cluster` (kubeadmconfig_controller.go,
//! reconcileTopLevelObjectSettings, v0.3.0 to v1.9.0). Patches and variables of a `ClusterClass` are not followed.

use model::{Evidence, Form, Gap, GapKind, Site};
use yaml::Cursor;

use super::{
    Source,
    command::unfilled,
    embedded::Written,
    kubeadm::{Around, Configuration, Fallback, Layer, Shape, release},
    lookup::name_of,
};
use crate::{Carried, Hand, Invocation, onward};

const GROUP: &str = "cluster.x-k8s.io/";

/// How much text is copied for the files of all control planes of one text: each is as long as that.
const MOST_BYTES: usize = 16 << 20;

/// More files than any machine is given.
const MOST_FILES: usize = 64;

/// Whether a text holds the words without which it declares nothing.
pub(super) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    text.contains(GROUP)
}

/// Whether a text declares a control plane of Cluster API.
pub(super) fn declares(source: &Source<'_>) -> bool {
    source.objects().iter().any(|(_, object)| control_plane(object).is_some())
}

/// Every API server that Cluster API would have kubeadm start.
pub(super) fn invocations(source: &Source<'_>, evidence: &[Evidence]) -> Vec<Invocation> {
    let objects = source.objects();
    let clusters: Vec<&Cursor<'_>> =
        objects.iter().map(|(_, object)| object).filter(|object| is(object, "Cluster")).collect();
    let cluster = match clusters[..] {
        [only] => Some(only),
        _ => None,
    };
    let mut found = Vec::new();
    let mut budget = MOST_BYTES;
    for (document, object) in &objects {
        let Some(control_plane) = control_plane(object) else { continue };
        let mut configuration = configuration(source, object, &control_plane, cluster);
        configuration.around.carried = files(source, &control_plane.spec, evidence, &mut budget);
        found.push(configuration.invocation(source.problems(document)));
    }
    found
}

fn is(object: &Cursor<'_>, kind: &str) -> bool {
    let text = |key: &str| object.get(key).and_then(|value| value.text());
    text("kind") == Some(kind) && text("apiVersion").is_some_and(|version| version.contains(GROUP))
}

/// An object that makes control planes.
struct ControlPlane<'a> {
    /// The KubeadmConfigSpec: what kubeadm is told, files and commands.
    spec: Cursor<'a>,
    version: Option<Cursor<'a>>,
    /// Why the object may not be all of it.
    open: Option<String>,
}

fn control_plane<'a>(object: &Cursor<'a>) -> Option<ControlPlane<'a>> {
    const TEMPLATE: &str = "a ClusterClass may patch this template for each of its clusters";
    let spec = object.get("spec")?;
    if is(object, "KubeadmControlPlane") {
        let version = spec.get("version");
        // The release is required, so that a control plane without one is a patch of another text.
        let open =
            version.is_none().then(|| "this is a part of a KubeadmControlPlane, and the rest may say more".to_owned());
        return Some(ControlPlane { spec: spec.get("kubeadmConfigSpec")?, version, open });
    }
    let in_template = || spec.get("template")?.get("spec");
    if is(object, "KubeadmControlPlaneTemplate") {
        let spec = in_template()?.get("kubeadmConfigSpec")?;
        return Some(ControlPlane { spec, version: None, open: Some(TEMPLATE.to_owned()) });
    }
    // Those of workers only join.
    let starts =
        |spec: &Cursor<'_>| spec.get("clusterConfiguration").or_else(|| spec.get("initConfiguration")).is_some();
    if is(object, "KubeadmConfig") && starts(&spec) {
        return Some(ControlPlane { spec, version: None, open: None });
    }
    if is(object, "KubeadmConfigTemplate") {
        let spec = in_template().filter(starts)?;
        return Some(ControlPlane { spec, version: None, open: Some(TEMPLATE.to_owned()) });
    }
    None
}

fn configuration<'a>(
    source: &'a Source<'a>,
    object: &Cursor<'a>,
    control_plane: &ControlPlane<'a>,
    cluster: Option<&Cursor<'a>>,
) -> Configuration<'a> {
    let spec = &control_plane.spec;
    let layer = |node: Cursor<'a>| Layer { source, node };
    let part = |name: &str| spec.get(name).filter(|part| part.mapping().is_some()).map(layer).into_iter().collect();
    // v1beta2 took over the list of kubeadm's v1beta4 (api/bootstrap/kubeadm/v1beta2/kubeadm_types.go, v1.11.0). It hands
    // kubeadm v1beta3 at the oldest; the versions before it knew kubeadm's v1beta1 (bootstrap/kubeadm/types).
    let newest =
        object.get("apiVersion").and_then(|version| version.text()).is_some_and(|text| text.ends_with("/v1beta2"));
    let (shape, oldest) = if newest { (Shape::Pairs, 22) } else { (Shape::Map, 13) };
    let version = control_plane.version.as_ref().and_then(|found| Some((release(found.text()?)?, source.at(found))));
    let open = control_plane.open.clone().or_else(|| commands(spec));
    Configuration {
        root: layer(object.clone()),
        cluster: part("clusterConfiguration"),
        init: part("initConfiguration"),
        shape,
        releases: onward(oldest),
        home: Some((layer(spec.clone()), &["clusterConfiguration"])),
        around: Around {
            distribution: Some("cluster-api"),
            instance: name_of(object),
            version,
            subnet: network(source, cluster, &["services", "cidrBlocks"]),
            domain: network(source, cluster, &["serviceDomain"]),
            open: open.map(|reason| Gap {
                kind: GapKind::Unread,
                reason,
                wanted: "the manifest as kubeadm wrote it".to_owned(),
                who_could_answer: "give /etc/kubernetes/manifests of the machine".to_owned(),
            }),
            ..Around::default()
        },
    }
}

/// Why the commands of the machine may change what kubeadm reads or writes; nothing is run, and few are understood.
fn commands(spec: &Cursor<'_>) -> Option<String> {
    for list in ["bootCommands", "preKubeadmCommands", "postKubeadmCommands"] {
        let Some(commands) = spec.get(list) else { continue };
        for command in commands.items() {
            let Some(text) = command.text() else { continue };
            let touches = ["/etc/kubernetes/manifests", "kube-apiserver", "kubeadm.y", "kubeadm-config"]
                .iter()
                .any(|file| text.contains(file));
            // These fill in placeholders, which are no values here, and pass the file on.
            let harmless = text.starts_with("envsubst") || text.starts_with("mv /etc/kubeadm.yml.tmp");
            if touches && !harmless {
                return Some(format!("a command of `{list}` reaches for what kubeadm reads or writes"));
            }
        }
    }
    None
}

/// The files that are written to the machine before kubeadm runs.
fn files<'a>(source: &'a Source<'a>, spec: &Cursor<'a>, evidence: &[Evidence], budget: &mut usize) -> Vec<Carried> {
    let entries = spec.get("files").into_iter().flat_map(|files| files.items().collect::<Vec<_>>());
    let written = entries.take(MOST_FILES).filter_map(|entry| Written::entry(source, &entry));
    written.map(|file| file.carried(source, evidence, budget)).collect()
}

/// A part of `clusterNetwork` of the one Cluster beside the control plane.
fn network(source: &Source<'_>, cluster: Option<&Cursor<'_>>, path: &[&str]) -> Fallback {
    let Some(cluster) = cluster else {
        return Fallback::Unseen(Gap {
            kind: GapKind::NotCollected,
            reason: "the Cluster that this control plane belongs to decides it".to_owned(),
            wanted: "the Cluster object".to_owned(),
            who_could_answer: "give the Cluster in the same file".to_owned(),
        });
    };
    let mut here = cluster.get("spec").and_then(|spec| spec.get("clusterNetwork"));
    for name in path {
        here = here.and_then(|here| here.get(name));
    }
    let Some(found) = here.filter(|found| !found.is_null()) else { return Fallback::Kubeadm };
    let listed: Vec<&str> = found.items().filter_map(|item| item.scalar().map(yaml::Scalar::text)).collect();
    let text = found.text().map_or_else(|| listed.join(","), str::to_owned);
    if let Some(gap) = unfilled(&text) {
        return Fallback::Unseen(gap);
    }
    if text.is_empty() {
        return Fallback::Kubeadm;
    }
    let site = Site { at: source.at(&found), form: Form::Field };
    Fallback::Known(text, site, Hand::Made("`clusterNetwork` of the Cluster decides it".to_owned()))
}
