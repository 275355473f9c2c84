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

mod checks;
pub(crate) mod fields;
mod node;
pub(crate) mod started;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use model::{
    Author, Body, Component, Contradiction, Evidence, Gap, GapKind, Location, Minor, Origin, Plane, Problem, Reading,
    Release, Setting, Site, Unanswered, Version, spelled,
};

use crate::{
    Invocation, Options, Trees,
    apiserver::{GivenGate, gate_in_force, gate_is_a_default, gate_is_alpha, gates_listed},
    declare::{Beside, Configuration, configurations, kubelet_lines, unread_unit},
    flags::{Flag, KUBELET, Presence},
    live::{self, Node},
    merge::{self, AtRelease, default_gap, newer_than_data, versions},
    observed::host_of,
    planes::{hide, put_gap_behind},
};
use started::Started;

/// What its components go by. Its tables say the same, and take a while to parse.
pub const NAME: &str = "kubelet";

/// One kubelet, or what is declared of all that read the same file.
#[derive(Clone, Debug)]
pub struct Kubelet {
    component: Component,
    /// The node that it was asked as; `None` of one that a file declares.
    pub node: Option<String>,
    /// The address of that node.
    pub address: Option<String>,
    /// Whether flags that no field stands for are known of it.
    pub shows_flags: bool,
    /// Whom its unit lets it speak with; `None` of one that no unit starts on its host.
    pub peers: Option<Peers>,
}

/// The peers that a unit denies and allows (systemd.resource-control(5), `IPAddressDeny=` and `IPAddressAllow=`).
#[derive(Clone, Debug)]
pub struct Peers {
    pub denied: Vec<(String, Location)>,
    pub allowed: Vec<(String, Location)>,
    /// Why there may be more.
    pub unread: Option<Gap>,
    /// The unit.
    pub at: Location,
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

    /// The feature gates that it is given.
    pub fn given_gates(&self) -> Result<Vec<GivenGate>, Unanswered> {
        let reading = self.get("featureGates")?;
        Ok(gates_listed(reading.in_force(), &reading.origin, &self.component.release))
    }

    /// Whether a gate is alpha in the release.
    pub fn gate_is_alpha(&self, name: &str) -> Result<bool, Unanswered> {
        gate_is_alpha(&self.component.release, name)
    }

    /// Whether a gate is on by default and could be switched off.
    pub fn gate_is_a_default(&self, name: &str) -> Result<bool, Unanswered> {
        gate_is_a_default(&self.component.release, name)
    }

    /// Whether a feature gate is on, and what gives it, where something does, in those possible releases that are no older
    /// than one. `NotApplicable` where none of them has it.
    pub fn gate(&self, name: &str, since: Minor) -> Result<(bool, Option<GivenGate>), Unanswered> {
        let given = || self.given_gates();
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
    let lines = kubelet_lines(evidence, trees, root);
    let asked = node::asked(evidence);
    if declared.is_empty() && lines.is_empty() && asked.is_empty() {
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
    // A file that a command line names is that kubelet's, and none of its own.
    let (mut named, mut may_name) = (BTreeSet::new(), None);
    let mut started: Vec<Kubelet> = Vec::with_capacity(lines.len());
    for line in lines {
        let within = servers.map(|_| within(servers).bounds());
        let (release, conflict) = started::release_of(&line, options.version.as_ref(), within);
        let beside = declared.iter().find(|one| one.declared_in == line.invocation.declared_in);
        let beside = beside.filter(|_| matches!(line.beside, Beside::Kubeadm));
        let resolved =
            Started::new(&line, evidence, trees, root, beside, &versions(&release)).resolve(release, conflict);
        named.extend(resolved.named);
        may_name = may_name.or(resolved.may_name);
        let component = resolved.component;
        started.push(Kubelet { component, node: None, address: None, shows_flags: true, peers: line.peers });
    }
    let mut of_node = |told: &node::Told<'_>| {
        let known = nodes.and_then(|nodes| nodes.iter().find(|node| node.name == told.node));
        let version = options.version.as_ref().or(known.and_then(|node| node.version.as_ref()));
        let release = version.map_or_else(|| possible.clone(), |version| Release::Exactly(version.clone()));
        let own = started.iter().position(|one| one.component.instance == told.node).map(|at| started.remove(at));
        let peers = own.as_ref().and_then(|own| own.peers.clone());
        let behind = own.map(Kubelet::into_component);
        let behind =
            behind.or_else(|| of_all.map(|configuration| component(configuration, told.node.to_owned(), &release)));
        let mut component = told.resolve(&release, behind);
        if let Some(gap) = &undeclared {
            put_gap_behind(&mut component, gap);
        }
        let address = known.and_then(|node| node.address.clone());
        Kubelet { component, node: Some(told.node.to_owned()), address, shows_flags: true, peers }
    };
    let mut found: Vec<Kubelet> = asked.iter().map(&mut of_node).collect();
    let is_asked = !found.is_empty();
    let released = nodes.and_then(of_nodes).filter(|_| options.version.is_none());
    found.append(&mut started);
    let hidden = unread_unit(evidence, &[NAME]).or(may_name.as_ref());
    for configuration in declared.iter().filter(|one| !is_asked || !one.declared_in.as_str().contains("://")) {
        if named.contains(&configuration.declared_in) {
            continue;
        }
        let of_cluster = configuration.declared_in.as_str().contains("://");
        let release = released.as_ref().filter(|_| of_cluster).unwrap_or(&possible);
        let mut component = component(configuration, configuration.name.clone(), release);
        if let Some(gap) = hidden.filter(|_| !of_cluster) {
            hide(&mut component, gap);
            component.outranked = None;
        }
        found.push(Kubelet { component, node: None, address: None, shows_flags: false, peers: None });
    }
    name_apart(&mut found);
    found
}

/// Sorts them, and gives those of one name a number each.
fn name_apart(found: &mut [Kubelet]) {
    found.sort_by(|a, b| {
        (&a.component.instance, &a.component.declared_in).cmp(&(&b.component.instance, &b.component.declared_in))
    });
    for index in 0..found.len() {
        let name = found[index].component.instance.clone();
        let same = found[index..].iter().take_while(|one| one.component.instance == name).count();
        if same > 1 {
            for (number, one) in found[index..index + same].iter_mut().enumerate() {
                one.component.instance = format!("{name}#{}", number + 1);
            }
        }
    }
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
    for one in &mut said {
        one.problems = out_of_range(one);
    }
    let refused = merge::problems(&said.iter().collect::<Vec<_>>());
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
    let problems: Vec<Problem> = configuration.problems.iter().cloned().chain(refused).collect();
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

/// Values of a file that no kubelet starts with. The kubelet looks at them behind its flags, of which nothing is known here.
fn out_of_range(one: &AtRelease) -> Vec<Problem> {
    let hint = || Some("a flag of the kubelet may say otherwise".to_owned());
    let found = checks::all(one.minor, &checks::Values(&one.readings));
    found.into_iter().map(|problem| Problem { stops: false, hint: hint(), ..problem }).collect()
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

/// The same where no file is given at all; the flag that sets it would be added to the command line.
fn default_without_file(flag: &Flag, version: &Version, invocation: &Invocation) -> Result<Reading, Gap> {
    let found = flag.without_file(version).map_err(|why| default_gap(&KUBELET, flag, version, why))?;
    let by = Author::Upstream { since: Some(found.since.to_string()) };
    let origin = Origin::Default { by, home: invocation.list.clone().filter(|_| !flag.flags.is_empty()) };
    Ok(Reading {
        plane: invocation.plane,
        value: printed(flag, found.value, version),
        effective: None,
        open: None,
        origin,
        overrides: Vec::new(),
    })
}

/// What a file says of a field, or a distribution fills into it; `None` where neither does.
fn of_file(configuration: &Configuration, flag: &'static Flag, version: &Version) -> Option<Result<Reading, Gap>> {
    let own = configuration.said(flag, version.minor);
    // What is made of flags is there before the file has the field.
    let has_it = configuration.without_file.is_some() || flag.since.is_some_and(|since| since <= version.minor);
    match own.filter(|_| has_it) {
        Some(one) => Some(match &one.value {
            Ok(value) => Ok(held(configuration, flag, version, value.clone(), one.hand.origin(&one.site))),
            Err(odd) => Err(odd.gap(flag, &one.site.at)),
        }),
        None => of_kubeadm(configuration, flag).map(|value| {
            let by = Author::Distribution { name: "kubeadm" };
            let origin = Origin::Default { by, home: Some(configuration.home(flag)) };
            Ok(held(configuration, flag, version, value.to_owned(), origin))
        }),
    }
}

/// What holds of a field that a file says nothing of: the default of files, or that of flags where a distribution gives those
/// and no file.
fn unsaid(
    configuration: &Configuration,
    flag: &'static Flag,
    version: &Version,
    invocation: &Invocation,
) -> Result<Reading, Gap> {
    if let Some(gap) = &configuration.rest {
        return Err(gap.clone());
    }
    let is_up_to = |last: &Option<Minor>| last.is_some_and(|last| version.minor <= last);
    let of_file = || default(flag, version, Some(configuration.home(flag)));
    let of_flags = || default_without_file(flag, version, invocation);
    if is_up_to(&configuration.without_file) {
        return of_flags();
    }
    if !is_up_to(&configuration.perhaps_without_file) {
        return of_file();
    }
    let (file, flags) = (of_file()?, of_flags()?);
    if file.in_force() == flags.in_force() {
        return Ok(file);
    }
    Err(Gap {
        kind: GapKind::Version,
        reason: format!(
            "`{}` is `{}` for a kubelet with a file and `{}` for one without, and which it is depends on the release of the distribution",
            spelled(flag.name),
            file.value,
            flags.value
        ),
        wanted: "the arguments of the kubelet".to_owned(),
        who_could_answer: "somebody on the node".to_owned(),
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
        let reading = match (of_file(configuration, flag, version), &newer) {
            (Some(reading), _) => reading,
            (None, Some(gap)) => Err(gap.clone()),
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
