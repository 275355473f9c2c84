//! The kubelets of an inventory of kubespray: the file of its template, and flags that somebody adds.
//!
//! roles/kubernetes/node/templates/kubelet-config.v1beta1.yaml.j2 and kubelet.env.v1beta1.j2 of v2.11.0 to v2.31.0, with the
//! defaults of that role and of kubespray_defaults.

use std::sync::LazyLock;

use model::{Evidence, Form, Gap, GapKind, Location, Minor, Named, Shape, Site};
use yaml::Cursor;

use super::{
    MOST, NAME,
    flags::{KNOWN, Meant},
    unfilled, variables,
    variables::{Said, Variables},
};
use crate::{
    Hand, Word,
    declare::{
        Source, command,
        kubelet::{
            KubeletLine,
            made::{Made, Nodes, unseen},
        },
    },
    flags::KUBELET,
    kubelet::fields,
    within,
};

/// Variables that one field is made of.
static NAMED: LazyLock<Vec<Named>> = LazyLock::new(|| {
    let one = |part: &Part| {
        let shape = match KUBELET.find(part.field)?.shape {
            "bool" => Shape::Bool,
            "int" => Shape::Int,
            "list" => Shape::List,
            _ => Shape::Text,
        };
        Some(Named { setting: part.field, field: part.variable, shape })
    };
    PARTS.iter().filter_map(one).collect()
});
const FLAGS: Form = Form::ByHand("write it in `kubelet_custom_flags` of the inventory");

/// A part of the template: the variable, the field, and what counts where nobody sets the variable.
struct Part {
    variable: &'static str,
    field: &'static str,
    /// The first minor release of kubespray 2 whose template has it.
    since: u16,
    /// The value by the release of kubespray; `None` where the template leaves the field out.
    own: fn(u16) -> Option<&'static str>,
    /// Whether it is rendered only where it is true.
    only_on: bool,
}

const fn part(variable: &'static str, field: &'static str, since: u16, own: fn(u16) -> Option<&'static str>) -> Part {
    Part { variable, field, since, own, only_on: false }
}

const fn switch(variable: &'static str, field: &'static str, since: u16, own: fn(u16) -> Option<&'static str>) -> Part {
    Part { only_on: true, ..part(variable, field, since, own) }
}

const PARTS: [Part; 26] = [
    part("kubelet_status_update_frequency", "nodeStatusUpdateFrequency", 11, |_| Some("10s")),
    part("kubelet_fail_swap_on", "failSwapOn", 11, |_| Some("true")),
    part("kubelet_authentication_token_webhook", "authentication.webhook.enabled", 11, |_| Some("true")),
    part("kubelet_max_pods", "maxPods", 11, |_| Some("110")),
    part("kube_read_only_port", "readOnlyPort", 11, |_| Some("0")),
    part("kubelet_healthz_port", "healthzPort", 12, |_| Some("10248")),
    part("kubelet_healthz_bind_address", "healthzBindAddress", 12, |_| Some("127.0.0.1")),
    switch("kubelet_rotate_certificates", "rotateCertificates", 12, |_| Some("true")),
    switch("kubelet_protect_kernel_defaults", "protectKernelDefaults", 14, |_| Some("true")),
    switch("kubelet_rotate_server_certificates", "serverTLSBootstrap", 14, |_| Some("false")),
    part("kubelet_logfiles_max_nr", "containerLogMaxFiles", 15, |_| Some("5")),
    part("kubelet_logfiles_max_size", "containerLogMaxSize", 15, |_| Some("10Mi")),
    part("kubelet_pod_pids_limit", "podPidsLimit", 20, |_| Some("-1")),
    part("tls_min_version", "tlsMinVersion", 14, |_| None),
    part("tls_cipher_suites", "tlsCipherSuites", 14, |_| None),
    part("kubelet_event_record_qps", "eventRecordQPS", 15, |own| Some(if own < 25 { "5" } else { "50" })),
    part("kubelet_shutdown_grace_period", "shutdownGracePeriod", 17, |_| Some("1m0s")),
    part("kubelet_shutdown_grace_period_critical_pods", "shutdownGracePeriodCriticalPods", 17, |_| Some("20s")),
    part("kubelet_streaming_connection_idle_timeout", "streamingConnectionIdleTimeout", 19, |_| None),
    part("kubelet_make_iptables_util_chains", "makeIPTablesUtilChains", 19, |_| None),
    part("kubelet_seccomp_default", "seccompDefault", 20, |_| None),
    part("kubelet_image_gc_high_threshold", "imageGCHighThresholdPercent", 22, |_| None),
    part("kubelet_image_gc_low_threshold", "imageGCLowThresholdPercent", 22, |_| None),
    part("kubelet_cpu_manager_policy", "cpuManagerPolicy", 23, |_| None),
    part("kubelet_topology_manager_policy", "topologyManagerPolicy", 23, |_| None),
    part("kubelet_topology_manager_scope", "topologyManagerScope", 23, |_| None),
];

/// What the template puts behind `kubelet_config_extra_args`, so that it wins over that.
const BEHIND: [&str; 9] = [
    "featureGates",
    "tlsMinVersion",
    "tlsCipherSuites",
    "eventRecordQPS",
    "shutdownGracePeriod",
    "shutdownGracePeriodCriticalPods",
    "memorySwap.swapBehavior",
    "streamingConnectionIdleTimeout",
    "seccompDefault",
];

pub(in crate::declare) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    super::speaks(text)
}

pub(in crate::declare) fn runs(source: &Source<'_>) -> bool {
    super::declares(source)
}

pub(in crate::declare) fn lines(source: &Source<'_>, evidence: &[Evidence]) -> Vec<KubeletLine> {
    super::with_variables(source, evidence, kubelet).into_iter().collect()
}

fn kubelet(variables: &Variables<'_>) -> KubeletLine {
    let meant = Meant::of(variables);
    let version = super::version(variables);
    let (words, open_ended) = flags(variables);
    let at = variables.source.at(&variables.root);
    let nodes = Nodes {
        words,
        open_ended,
        list: Some(Site { at: at.clone(), form: FLAGS }),
        version,
        releases: Some((Minor::new(1, meant.oldest()), Minor::new(1, u16::MAX))),
        made: Some(
            File { variables, meant, made: Made::new(NAME, variables.source, Site { at, form: Form::Fields(&NAMED) }) }
                .make(),
        ),
        ..Nodes::new(NAME, variables.source.evidence.as_str().to_owned())
    };
    nodes.line(variables.source)
}

struct File<'v, 'a> {
    variables: &'v Variables<'a>,
    meant: Meant,
    made: Made,
}

impl File<'_, '_> {
    fn make(mut self) -> Made {
        for name in [
            "clusterDNS",
            "cgroupDriver",
            "containerRuntimeEndpoint",
            "kubeReserved",
            "kubeletCgroups",
            "resolvConf",
            "systemReserved",
        ] {
            self.made.leaves_open(name, unseen(GapKind::Unresolved, "kubespray works it out for each node"), None);
        }
        self.made.adds("authentication.anonymous.enabled", "false");
        self.authorization();
        self.folders();
        for part in PARTS.iter().filter(|part| !BEHIND.contains(&part.field)) {
            self.part(part);
        }
        self.address();
        self.evictions();
        for variable in ["kubelet_config_extra_args", "kubelet_node_config_extra_args"] {
            self.more(variable);
        }
        for part in PARTS.iter().filter(|part| BEHIND.contains(&part.field)) {
            self.part(part);
        }
        self.gates();
        self.swap();
        self.made
    }

    /// What every release of kubespray that deploys one of Kubernetes agrees on.
    fn by_release(&mut self, field: &str, own: impl Fn(u16) -> Option<String>) {
        for minor in KNOWN.0..=KNOWN.1 {
            let releases = within(minor, if minor == KNOWN.1 { u16::MAX } else { minor });
            let mut all = self.meant.deploying(minor).into_iter().map(&own);
            let first = all.next().flatten();
            if all.all(|one| one == first) {
                if let Some(value) = first {
                    self.made.adds_in(field, value, releases);
                }
            } else {
                let reason = "it depends on the release of kubespray, which the inventory does not name";
                self.made.leaves_open(field, unseen(GapKind::Version, reason), releases);
            }
        }
    }

    /// Whether a variable is read by every release that is meant.
    fn part(&mut self, part: &Part) {
        let own = |release: u16| (part.own)(release).filter(|_| release >= part.since);
        // The first field of one name is the one that the template writes.
        match self.variables.node(part.variable) {
            Said::Nothing => {
                let rendered = |release: u16| own(release).filter(|own| !(part.only_on && *own == "false"));
                self.by_release(part.field, |release| rendered(release).map(str::to_owned));
            }
            Said::Open(gap) => self.made.leaves_open(part.field, gap, None),
            Said::Value((source, value), at) => self.said(part.field, source, &value, at),
        }
    }

    fn said(&mut self, field: &'static str, source: &Source<'_>, value: &Cursor<'_>, at: Location) {
        let Some(flag) = KUBELET.find(field) else { return };
        // The template prints texts, and YAML reads them again: `"0"` is a number there.
        let printed = match flag.shape {
            "bool" => self.variables.printed_switch(value),
            "int" => value.text().filter(|text| text.parse::<i64>().is_ok()).map(str::to_owned),
            "duration" | "string" => value.text().filter(|_| !value.is_null()).map(str::to_owned),
            _ => fields::value(flag, value).ok(),
        };
        if let Some(gap) = value.text().and_then(unfilled) {
            self.made.leaves_open(field, gap, None);
            return;
        }
        let _ = source;
        self.made.writes(field, printed, at, Form::Field, None);
    }

    fn authorization(&mut self) {
        const FIELD: &str = "authorization.mode";
        match self.variables.switch("kubelet_authorization_mode_webhook") {
            Said::Value(on, at) => {
                let mode = if on { "Webhook" } else { "AlwaysAllow" };
                self.made.makes(FIELD, mode, at, "`kubelet_authorization_mode_webhook` decides it", None);
            }
            Said::Open(gap) => self.made.leaves_open(FIELD, gap, None),
            // v2.20.0 had it off (roles/kubespray-defaults/defaults/main.yaml), and no release before or behind.
            Said::Nothing => {
                self.by_release(FIELD, |release| Some(if release == 20 { "AlwaysAllow" } else { "Webhook" }.to_owned()))
            }
        }
    }

    fn folders(&mut self) {
        let unknown = || unseen(GapKind::Unresolved, "the folder is not known");
        match self.variables.folder("kube_cert_dir") {
            Ok(folder) => self.made.adds("authentication.x509.clientCAFile", format!("{folder}/ca.crt")),
            Err(_) => self.made.leaves_open("authentication.x509.clientCAFile", unknown(), None),
        }
        match (self.variables.text("kube_manifest_dir"), self.variables.folder("kube_config_dir")) {
            (Said::Value(folder, at), _) => {
                self.made.makes("staticPodPath", folder, at, "`kube_manifest_dir` decides it", None);
            }
            (Said::Nothing, Ok(folder)) => self.made.adds("staticPodPath", format!("{folder}/manifests")),
            _ => self.made.leaves_open("staticPodPath", unknown(), None),
        }
        let domain = match self.variables.text("dns_domain") {
            Said::Nothing => self.variables.text("cluster_name"),
            said => said,
        };
        match domain {
            Said::Value(domain, at) => {
                self.made.makes("clusterDomain", domain, at, "the name of the cluster decides it", None)
            }
            Said::Open(gap) => self.made.leaves_open("clusterDomain", gap, None),
            Said::Nothing => self.made.adds("clusterDomain", "cluster.local"),
        }
    }

    fn address(&mut self) {
        match self.variables.text("kubelet_bind_address") {
            Said::Value(address, at) => {
                self.made.makes("address", address, at, "`kubelet_bind_address` decides it", None)
            }
            Said::Open(gap) => self.made.leaves_open("address", gap, None),
            Said::Nothing => {
                let gap = unseen(GapKind::Unresolved, "it is the address of each node, where the inventory names one");
                self.made.leaves_open("address", gap, None);
            }
        }
    }

    fn evictions(&mut self) {
        match self.variables.node("eviction_hard") {
            Said::Value((source, map), _) if map.entries().next().is_some() => {
                self.made.says("evictionHard", &map, source, Form::Field);
            }
            Said::Open(gap) => self.made.leaves_open("evictionHard", gap, None),
            Said::Value(..) | Said::Nothing => {}
        }
    }

    /// Fields that somebody wrote out: of two of one name the kubelet takes the last, with all that is in it.
    fn more(&mut self, variable: &str) {
        match self.variables.node(variable) {
            Said::Value((source, map), _) if map.mapping().is_some() => {
                for entry in map.entries().take(MOST) {
                    let whole = format!("{}.", entry.name);
                    let own = KUBELET.flags.iter().filter(|flag| flag.is_a_field());
                    for flag in own.filter(|flag| flag.name == entry.name || flag.name.starts_with(&whole)) {
                        self.made.take(flag.name);
                    }
                }
                self.made.fields(&map, source, &[]);
            }
            Said::Value((_, other), _) if other.is_null() => {}
            Said::Value(..) => self.made.rest(variables::unreadable(variable, "is no map")),
            Said::Open(gap) => self.made.rest(gap),
            Said::Nothing => {}
        }
    }

    /// Gates of kubelets, else those of everything (since v2.20.0; before, the latter).
    fn gates(&mut self) {
        const FIELD: &str = "featureGates";
        let own = match self.variables.list("kubelet_feature_gates") {
            Said::Value(gates, _) if gates.is_empty() => Said::Nothing,
            said => said,
        };
        let gates = match own {
            Said::Nothing => self.variables.list("kube_feature_gates"),
            said => said,
        };
        match gates {
            Said::Value(gates, at) if !gates.is_empty() => {
                let gates: Vec<String> = gates.iter().map(|gate| gate.replace(' ', "")).collect();
                self.made.makes(FIELD, gates.join(","), at, "the gates of the inventory decide it", None);
            }
            Said::Open(gap) => self.made.leaves_open(FIELD, gap, None),
            Said::Value(..) | Said::Nothing => {}
        }
    }

    /// Where nodes may swap, how (since v2.18.0).
    fn swap(&mut self) {
        if !matches!(self.variables.switch("kubelet_fail_swap_on"), Said::Value(false, _)) {
            return;
        }
        const FIELD: &str = "memorySwap.swapBehavior";
        match self.variables.text("kubelet_swap_behavior") {
            Said::Value(text, at) => self.made.makes(FIELD, text, at, "`kubelet_swap_behavior` decides it", None),
            Said::Open(gap) => self.made.leaves_open(FIELD, gap, None),
            Said::Nothing => self.by_release(FIELD, |release| (release >= 18).then(|| "LimitedSwap".to_owned())),
        }
    }
}

/// `kubelet_custom_flags` and its like, and the name of the node, which the inventory knows.
fn flags(variables: &Variables<'_>) -> (Vec<Word>, Option<Gap>) {
    let (mut words, mut open) = (Vec::new(), None);
    for variable in ["kubelet_custom_flags", "kubelet_node_custom_flags"] {
        let (source, value) = match variables.node(variable) {
            Said::Value((source, value), _) => (source, value),
            Said::Open(gap) => {
                open.get_or_insert(gap);
                continue;
            }
            Said::Nothing => continue,
        };
        let items: Vec<Cursor<'_>> = match value.sequence() {
            Some(_) => value.items().take(MOST).collect(),
            None => vec![value],
        };
        for item in items {
            let text = item.text().unwrap_or_default();
            for word in text.split_whitespace() {
                let site = Site { at: source.at(&item), form: FLAGS };
                words.push(Word { unresolved: unfilled(word), ..Word::written(word.trim_matches(['"', '\'']), site) });
            }
        }
    }
    let home = Site { at: variables.source.at(&variables.root), form: FLAGS };
    let named = match variables.text("kube_override_hostname") {
        Said::Value(name, at) => Word {
            hand: Hand::Made("`kube_override_hostname` decides it".to_owned()),
            ..Word::written(format!("--hostname-override={name}"), Site { at, form: Form::Field })
        },
        Said::Open(gap) => Word { unresolved: Some(gap), ..Word::written("--hostname-override=", home) },
        Said::Nothing => Word {
            hand: Hand::Default(NAME),
            unresolved: Some(unseen(
                GapKind::Unresolved,
                "kubespray gives each node the name that the inventory has for it",
            )),
            ..Word::written("--hostname-override=", home)
        },
    };
    words.push(named);
    let cut = command::shorten(&mut words);
    (words, open.or(cut))
}
