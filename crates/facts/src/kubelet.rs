//! Kubelets: the settings of each, by what it says of itself and by what is declared of it.
//!
//! A setting is a field of the KubeletConfiguration, whatever gave it: flags that set the same are other ways to write it. The
//! few flags that no field stands for (`--hostname-override`) are settings of their own.
//!
//! - What a kubelet *runs* with `/configz` says, field by field, once flags, drop-in files, the file and defaults are merged.
//!   `/flagz` does not: it shows the variables of the first parse, which the file replaces as a whole
//!   (cmd/kubelet/app/server.go, NewKubeletCommand: the flags are bound to a configuration that `loadConfigFile` exchanges),
//!   so only flags without a field are taken from it.
//! - What is *declared* a file says, or the ConfigMap that kubeadm makes such files from. The kubelet that reads it may be
//!   given flags and a folder of drop-in files besides, and both win. Nothing here shows them, so that what the file says may
//!   not be what is in force ([`Component::outranked`]).
//!
//! With a file the defaults are those of its fields, which are safer than those of the flags
//! (pkg/kubelet/apis/config/v1beta1/defaults.go, and applyLegacyDefaults in cmd/kubelet/app/options/options.go): anonymous
//! requests, their authorization and the read-only port differ. Every source here implies a file.
//!
//! Start at [`resolve`].

pub(crate) mod fields;
mod node;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use model::{
    Author, Body, Component, Contradiction, Evidence, Gap, GapKind, Minor, Origin, Plane, Reading, Release, Setting,
    Site, Unanswered, Version, spelled,
};

use crate::{
    Options, Trees,
    apiserver::{GivenGate, gate_in_force, gates_listed},
    declare::{Configuration, configurations},
    flags::{Flag, KUBELET, Presence},
    live::{self, Node},
    merge::{self, AtRelease, default_gap, newer_than_data, versions},
    observed::host_of,
    planes::put_gap_behind,
};

/// One kubelet, or what is declared of all that read the same file.
#[derive(Clone, Debug)]
pub struct Kubelet {
    component: Component,
    /// The node that it was asked as; `None` of one that a file declares.
    pub node: Option<String>,
    /// The address of that node.
    pub address: Option<String>,
}

impl Kubelet {
    pub fn component(&self) -> &Component {
        &self.component
    }

    /// Whether an address, with its port, is one of the node that it was asked as.
    pub fn stands_at(&self, address: &str) -> bool {
        let host = host_of(address);
        self.address.as_deref() == Some(host) || self.node.as_deref() == Some(host)
    }

    pub(crate) fn contradicted(&mut self, found: Result<Vec<Contradiction>, Gap>) {
        self.component.contradicted = found;
    }

    /// Whether it was asked itself.
    pub fn is_asked(&self) -> bool {
        self.node.is_some()
    }

    /// Whether a field that nobody writes passes a test in every release that this may be, although its default differs.
    pub fn default_passes(&self, name: &str, test: impl Fn(&str) -> bool) -> bool {
        let (Some(setting), Some(flag)) = (self.component.setting(name), KUBELET.find(name)) else { return false };
        let mut versions =
            versions(&self.component.release).into_iter().filter(|one| flag.presence(one) != Presence::No);
        setting.is_left_out
            && versions.all(|version| default(flag, &version, None).is_ok_and(|default| test(default.in_force())))
    }

    /// The table of settings alone.
    pub fn into_component(self) -> Component {
        self.component
    }

    /// What holds for a setting, with where it comes from. `NotApplicable` where no possible release has it.
    pub fn get(&self, name: &str) -> Result<&Reading, Unanswered> {
        let Some(setting) = self.component.setting(name) else {
            let reason = match KUBELET.find(name) {
                Some(known) => {
                    format!("{} has no `{}`; it is in {}", self.component.release, spelled(name), known.life())
                }
                None => format!("there is no `{}`", spelled(name)),
            };
            return Err(Unanswered::NotApplicable(reason));
        };
        Ok(setting.in_force().map_err(Clone::clone)?)
    }

    /// Whether a feature gate is on, and what gives it, where something does, in those possible releases that are no older
    /// than one. `NotApplicable` where none of them has it.
    pub fn gate(&self, name: &str, since: Minor) -> Result<(bool, Option<GivenGate>), Unanswered> {
        let given = || {
            let reading = self.get("featureGates")?;
            Ok(gates_listed(reading.in_force(), &reading.origin, &self.component.release))
        };
        let release = match &self.component.release {
            Release::Within { from, to } => Release::Within { from: (*from).max(since).min(*to), to: *to },
            exact @ Release::Exactly(_) => exact.clone(),
        };
        gate_in_force(name, &release, given)
    }
}

/// The kubelets of one cluster: each that was asked, with what is declared behind what it says, else what is declared.
///
/// `servers` are the releases of the cluster's API servers.
pub(crate) fn resolve(
    evidence: &[Evidence],
    trees: &Trees,
    root: Option<&str>,
    options: &Options,
    servers: Option<(Minor, Minor)>,
) -> Vec<Kubelet> {
    let declared = configurations(evidence, trees, root);
    let asked = node::asked(evidence);
    if declared.is_empty() && asked.is_empty() {
        return Vec::new();
    }
    let nodes = live::nodes(evidence);
    let nodes = nodes.as_deref();
    let possible = options.version.clone().map_or_else(|| within(servers), Release::Exactly);
    // What every node is made from; a file of a folder beside the answers is of one node, and nobody knows of which.
    let of_all = declared.iter().find(|one| one.declared_in.as_str().contains("://"));
    let undeclared = evidence.iter().find_map(|piece| match &piece.body {
        Body::Unread(gap) if piece.id.as_str().ends_with("/configmaps/kubelet-config") => Some(gap.clone()),
        _ => None,
    });
    let of_node = |told: &node::Told<'_>| {
        let known = nodes.and_then(|nodes| nodes.iter().find(|node| node.name == told.node));
        let version = options.version.as_ref().or(known.and_then(|node| node.version.as_ref()));
        let release = version.map_or_else(|| possible.clone(), |version| Release::Exactly(version.clone()));
        let behind = of_all.map(|configuration| component(configuration, told.node.to_owned(), &release));
        let mut component = told.resolve(&release, behind);
        if let Some(gap) = &undeclared {
            put_gap_behind(&mut component, gap);
        }
        Kubelet { component, node: Some(told.node.to_owned()), address: known.and_then(|node| node.address.clone()) }
    };
    let mut found: Vec<Kubelet> = asked.iter().map(of_node).collect();
    let is_asked = !found.is_empty();
    let released = nodes.and_then(of_nodes).filter(|_| options.version.is_none());
    for configuration in declared.iter().filter(|one| !is_asked || !one.declared_in.as_str().contains("://")) {
        let of_cluster = configuration.declared_in.as_str().contains("://");
        let release = released.as_ref().filter(|_| of_cluster).unwrap_or(&possible);
        let component = component(configuration, configuration.name.clone(), release);
        found.push(Kubelet { component, node: None, address: None });
    }
    found.sort_by(|a, b| a.component.instance.cmp(&b.component.instance));
    found
}

/// The releases that a kubelet may be of beside API servers of these: its own or, from 1.28 on, one up to three older, before
/// that two (kubernetes.io/releases/version-skew-policy). The first that reads a file is 1.10.
fn within(servers: Option<(Minor, Minor)>) -> Release {
    let (_, newest) = KUBELET.covered;
    let first = Minor::new(1, 10);
    let Some((from, to)) = servers else { return Release::Within { from: first, to: newest } };
    let older = Minor::new(from.major, from.minor.saturating_sub(3));
    let from = older.max(first);
    Release::Within { from: from.min(to.max(first)), to: to.max(first) }
}

/// The releases of the kubelets of all nodes.
fn of_nodes(nodes: &[Node]) -> Option<Release> {
    let mut versions: Vec<&Version> = nodes.iter().map(|node| node.version.as_ref()).collect::<Option<_>>()?;
    versions.sort();
    versions.dedup();
    match versions[..] {
        [] => None,
        [only] => Some(Release::Exactly(only.clone())),
        [first, .., last] => Some(Release::Within { from: first.minor, to: last.minor }),
    }
}

/// What is declared of a kubelet.
///
/// What a file leaves out is the same for every file, and worked out once; only what it says is read for each release.
fn component(configuration: &Configuration, instance: String, release: &Release) -> Component {
    let mut said: Vec<AtRelease> = versions(release).iter().map(|version| declared(configuration, version)).collect();
    let mut said = merge::settings(&KUBELET, said.iter_mut().collect(), release).into_iter().peekable();
    let mut settings = Vec::with_capacity(KUBELET.flags.len());
    for unset in defaults(release).iter() {
        let Some(flag) = KUBELET.find(unset.name) else { continue };
        settings.push(said.next_if(|one| one.name == unset.name).unwrap_or_else(|| {
            let mut unset = unset.clone();
            for reading in unset.readings.iter_mut().flatten() {
                reading.plane = configuration.plane;
                if let Origin::Default { home, .. } = &mut reading.origin {
                    *home = Some(configuration.home(flag));
                }
            }
            unset
        }));
    }
    let problems = configuration.problems.clone();
    let stops = problems.iter().any(|problem| problem.stops);
    let outranked = arguments_unseen(configuration);
    let newer = versions(release).iter().find_map(|version| newer_than_data(&KUBELET, version));
    let unseen: Vec<Gap> = newer.into_iter().chain([outranked.clone()]).collect();
    Component {
        name: KUBELET.component,
        instance,
        release: release.clone(),
        starts: stops.then_some(false),
        unseen,
        settings,
        problems,
        declared_in: configuration.declared_in.clone(),
        contradicted: Ok(Vec::new()),
        outranked: Some(outranked),
    }
}

/// The fields of a kubelet that is given a file in which nothing stands; those of the same releases are worked out once. Flags
/// that no field stands for are not among them: no file tells of those.
pub(crate) fn defaults(release: &Release) -> Arc<Vec<Setting>> {
    type Known = BTreeMap<(Minor, Minor), Arc<Vec<Setting>>>;
    static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);
    let bounds = release.bounds();
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = known().get(&bounds) {
        return Arc::clone(found);
    }
    let within = Release::Within { from: bounds.0, to: bounds.1 };
    let mut resolved: Vec<AtRelease> = versions(&within).iter().map(nothing_written).collect();
    let found = Arc::new(merge::settings(&KUBELET, resolved.iter_mut().collect(), &within));
    // A cluster of a kind has few; one that was made to hurt has no more than this.
    let mut all = known();
    if all.len() < 1024 {
        all.insert(bounds, Arc::clone(&found));
    }
    found
}

fn nothing_written(version: &Version) -> AtRelease {
    let newer = newer_than_data(&KUBELET, version);
    let fields = KUBELET.flags.iter().filter(|flag| flag.is_a_field() && flag.presence(version) != Presence::No);
    let readings = fields.map(|flag| {
        let default = match &newer {
            Some(gap) => Err(gap.clone()),
            None => default(flag, version, None),
        };
        (flag.name, default)
    });
    AtRelease { minor: version.minor, readings: readings.collect(), unwritten: None, problems: Vec::new() }
}

/// What holds where a file leaves a field out. In a release whose file does not have the field yet it is what the flag is.
fn default(flag: &Flag, version: &Version, home: Option<Site>) -> Result<Reading, Gap> {
    let has_it = flag.since.is_some_and(|since| since <= version.minor);
    let found = if has_it { flag.default(version) } else { flag.without_file(version) };
    let found = found.map_err(|why| default_gap(&KUBELET, flag, version, why))?;
    let by = Author::Upstream { since: Some(found.since.to_string()) };
    Ok(Reading {
        plane: Plane::Declared,
        value: printed(flag, found.value, version),
        effective: None,
        open: None,
        origin: Origin::Default { by, home },
        overrides: Vec::new(),
    })
}

/// What one release makes of the fields that a file says something of, or that kubeadm fills in.
fn declared(configuration: &Configuration, version: &Version) -> AtRelease {
    let newer = newer_than_data(&KUBELET, version);
    let mut readings = Vec::new();
    let mut written = configuration.written.iter().peekable();
    for flag in KUBELET.flags.iter().filter(|flag| flag.is_a_field()) {
        // Both lists are in the order of the table.
        let own = written.next_if(|one| one.flag.name == flag.name);
        let added = of_kubeadm(configuration, flag);
        if (own.is_none() && added.is_none()) || flag.presence(version) == Presence::No {
            continue;
        }
        let reading = match (own.filter(|_| flag.since.is_some_and(|since| since <= version.minor)), added) {
            (Some(one), _) => match &one.value {
                Ok(value) => Ok(held(configuration, flag, version, value.clone(), Origin::Written(one.site.clone()))),
                Err(odd) => Err(odd.gap(flag, &one.site.at)),
            },
            (None, Some(value)) => {
                let by = Author::Distribution { name: "kubeadm" };
                let origin = Origin::Default { by, home: Some(configuration.home(flag)) };
                Ok(held(configuration, flag, version, value.to_owned(), origin))
            }
            (None, None) if let Some(gap) = &newer => Err(gap.clone()),
            (None, None) => default(flag, version, Some(configuration.home(flag))),
        };
        readings.push((flag.name, reading));
    }
    AtRelease { minor: version.minor, readings, unwritten: None, problems: Vec::new() }
}

fn held(configuration: &Configuration, flag: &Flag, version: &Version, value: String, origin: Origin) -> Reading {
    let value = read(flag, version, value);
    Reading { plane: configuration.plane, value, effective: None, open: None, origin, overrides: Vec::new() }
}

/// What a kubelet reads a written value as: fields that are no pointers have their default where they are written as zero
/// (SetDefaults_KubeletConfiguration), so that `streamingConnectionIdleTimeout: 0s` is four hours.
fn read(flag: &Flag, version: &Version, value: String) -> String {
    const REPLACED: [&str; 9] = [
        "streamingConnectionIdleTimeout",
        "syncFrequency",
        "fileCheckFrequency",
        "httpCheckFrequency",
        "imageMinimumGCAge",
        "volumeStatsAggPeriod",
        "runtimeRequestTimeout",
        "nodeStatusUpdateFrequency",
        "evictionPressureTransitionPeriod",
    ];
    let is_zero = value == "0s" && REPLACED.contains(&flag.name);
    let is_empty = value == "\"\"" || value.is_empty();
    match flag.default(version) {
        Ok(default) if is_zero || (is_empty && flag.listed) => printed(flag, default.value, version),
        _ => value,
    }
}

/// A default as a kubelet prints it.
pub(crate) fn printed(flag: &Flag, text: &str, version: &Version) -> String {
    let kind = flag.kind(version.minor);
    kind.print(&kind.default_value(text, version.minor))
}

/// What kubeadm fills in or sets (cmd/kubeadm/app/componentconfigs/kubelet.go, Default, 1.17 to 1.36; before that
/// componentconfigs/defaults.go, with the same values). Rotation it sets whatever is written.
fn of_kubeadm(configuration: &Configuration, flag: &Flag) -> Option<&'static str> {
    const ADDED: [(&str, &str); 8] = [
        ("authentication.anonymous.enabled", "false"),
        ("authentication.webhook.enabled", "true"),
        ("authentication.x509.clientCAFile", "/etc/kubernetes/pki/ca.crt"),
        ("authorization.mode", "Webhook"),
        ("healthzBindAddress", "127.0.0.1"),
        ("healthzPort", "10248"),
        ("rotateCertificates", "true"),
        ("staticPodPath", "/etc/kubernetes/manifests"),
    ];
    let added = ADDED.iter().find(|(name, _)| *name == flag.name);
    added.filter(|_| configuration.is_for_kubeadm).map(|(_, value)| *value)
}

fn arguments_unseen(configuration: &Configuration) -> Gap {
    Gap {
        kind: GapKind::NotCollected,
        reason: format!(
            "flags and drop-in files win over `{}`, and which the kubelet is given was not seen",
            configuration.name
        ),
        wanted: "/configz of the kubelet".to_owned(),
        who_could_answer: "the running cluster, asked with --kubelets".to_owned(),
    }
}
