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
//!   given flags besides, and they win; where nothing shows them, the file is all that is declared.
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

use model::{
    Author, Body, Component, Contradiction, Evidence, Gap, GapKind, Minor, Origin, Problem, Reading, Release,
    Unanswered, Version, spelled,
};

use crate::{
    Options,
    apiserver::{GivenGate, gate_in_force, gates_listed},
    declare::{Configuration, configurations},
    flags::{Flag, KUBELET, Presence},
    live::{self, Node},
    merge::{self, AtRelease, default_gap, newer_than_data, versions},
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
        let host = address.rsplit_once(':').map_or(address, |(host, _)| host).trim_matches(['[', ']']);
        self.address.as_deref() == Some(host) || self.node.as_deref() == Some(host)
    }

    pub(crate) fn contradicted(&mut self, found: Result<Vec<Contradiction>, Gap>) {
        self.component.contradicted = found;
    }

    /// Whether it was asked itself.
    pub fn is_asked(&self) -> bool {
        self.node.is_some()
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

    /// Whether a feature gate is on, and what gives it, where something does. `NotApplicable` where no possible release has
    /// it.
    pub fn gate(&self, name: &str) -> Result<(bool, Option<GivenGate>), Unanswered> {
        let given = || {
            let reading = self.get("featureGates")?;
            Ok(gates_listed(reading.in_force(), &reading.origin, &self.component.release))
        };
        gate_in_force(name, &self.component.release, given)
    }
}

/// The kubelets of one cluster: each that was asked, with what is declared behind what it says, else what is declared.
///
/// `servers` are the releases of the cluster's API servers.
pub(crate) fn resolve(
    evidence: &[Evidence],
    root: Option<&str>,
    options: &Options,
    servers: Option<(Minor, Minor)>,
) -> Vec<Kubelet> {
    let declared = configurations(evidence, root);
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
fn component(configuration: &Configuration, instance: String, release: &Release) -> Component {
    let mut resolved: Vec<AtRelease> =
        versions(release).iter().map(|version| declared(configuration, version)).collect();
    let settings = merge::settings(&KUBELET, resolved.iter_mut().collect(), release);
    let problems = configuration.problems.clone();
    let stops = problems.iter().any(|problem| problem.stops);
    let unseen: Vec<Gap> =
        versions(release).iter().find_map(|version| newer_than_data(&KUBELET, version)).into_iter().collect();
    Component {
        name: KUBELET.component,
        instance,
        release: release.clone(),
        starts: if stops { Some(false) } else { unseen.is_empty().then_some(true) },
        unseen,
        settings,
        problems,
        declared_in: configuration.declared_in.clone(),
        contradicted: Ok(Vec::new()),
    }
}

/// What one release makes of a file.
fn declared(configuration: &Configuration, version: &Version) -> AtRelease {
    let newer = newer_than_data(&KUBELET, version);
    let mut written = configuration.written.iter().peekable();
    let mut readings = Vec::with_capacity(KUBELET.flags.len());
    for flag in &KUBELET.flags {
        // Both lists are in the order of the table.
        let own = written.next_if(|one| one.flag.name == flag.name);
        if flag.presence(version) == Presence::No {
            continue;
        }
        let own = own.filter(|_| flag.since.is_some_and(|since| since <= version.minor));
        let reading = match own {
            _ if !flag.is_a_field() => Err(flags_unseen(flag, configuration)),
            Some(one) => match &one.value {
                Ok(value) => Ok(held(configuration, flag, version, value.clone(), Origin::Written(one.site.clone()))),
                Err(odd) => Err(odd.gap(flag, &one.site.at)),
            },
            None => match of_kubeadm(configuration, flag) {
                Some(value) => {
                    let by = Author::Distribution { name: "kubeadm" };
                    let origin = Origin::Default { by, home: Some(configuration.home(flag)) };
                    Ok(held(configuration, flag, version, value.to_owned(), origin))
                }
                None if let Some(gap) = &newer => Err(gap.clone()),
                None => match flag.default(version) {
                    Ok(default) => {
                        let by = Author::Upstream { since: Some(default.since.to_string()) };
                        let origin = Origin::Default { by, home: Some(configuration.home(flag)) };
                        Ok(held(configuration, flag, version, printed(flag, default.value, version), origin))
                    }
                    Err(why) => Err(default_gap(&KUBELET, flag, version, why)),
                },
            },
        };
        readings.push((flag.name, reading));
    }
    AtRelease { minor: version.minor, readings, problems: Vec::<Problem>::new() }
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

fn flags_unseen(flag: &Flag, configuration: &Configuration) -> Gap {
    Gap {
        kind: GapKind::NotCollected,
        reason: format!("the flags of the kubelet that reads `{}` were not seen", configuration.name),
        wanted: spelled(flag.name),
        who_could_answer: "the arguments of the process, on its node".to_owned(),
    }
}
