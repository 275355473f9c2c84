//! Questions to the facts, and the verdicts they yield.
//!
//! A rule is a value: a card that says what it is, and a question that takes facts and gives an answer. Its file has a page
//! of the same name beside it, which explains the rule to people and is its test. Catalogues (CIS, STIG and others) are
//! numbers in `data/references.json`; controls that no rule answers yet are in `data/pending.json`.
//!
//! No rule reads YAML, opens a file, asks the time or prints: what it may know is in `facts`. Only [`judge`] builds
//! outcomes, so that pass, fail and "cannot tell" mean the same everywhere.
//!
//! Start at [`Rule`] and [`judge`]; `apiserver/anonymous_auth.rs` is a rule from end to end.

mod admission;
mod apiserver;
mod apiservice;
mod audit;
pub mod benchmark;
mod certificates;
mod cluster;
mod component;
mod controller_manager;
mod controllers;
mod doors;
mod encryption;
mod etcd;
mod files;
mod fleet;
mod handshakes;
mod konnectivity;
mod kubeconfig;
mod kubelet;
mod kubelets;
mod managed;
mod manual;
mod network;
mod objects;
mod pending;
mod pki;
mod plugins;
mod pod_security;
mod policy;
mod rbac;
mod references;
mod row;
mod run;
mod say;
mod scheduler;
mod secrets;
mod users;
mod validating;

#[cfg(test)]
mod pages;

use facts::{
    Cluster,
    apiserver::ApiServer,
    etcd::Etcd,
    flags::KUBELET,
    fleet::Fleet,
    kubeconfig::{Endpoint, Kubeconfig, User},
    kubelet::{Kubelet, Peers},
    live::{self, ASKS, Ask, Form},
    objects::Of,
    observed::{Door, Observed},
    pki::Seen,
    running::Told,
};
use model::{Component, Kind, Listener, Minor, Release, RuleCard, Verdict};

pub use certificates::Certificates;
pub use files::{OfFile, OfServer};
pub use handshakes::weakness;
pub use manual::{Manual, Where};
pub use pending::{Pending, pending};
pub use plugins::{Plugins, Run};
pub use references::{Automation, References, controls, read_tables, references};
pub use row::{Cure, Must, Row, Several};
pub use run::{Judgement, judge, judge_fleet, release};

/// A question, and what is known of it before it is asked.
#[derive(Debug)]
pub struct Rule {
    pub info: RuleCard,
    /// What is judged, in the catalogue's words: `apiserver`, `cluster`.
    pub component: &'static str,
    pub applies: Applies,
    pub check: Check,
}

impl Rule {
    /// Whether it is about anything but kubelets, and whether it is about those.
    fn judges(&self) -> (bool, bool) {
        match &self.check {
            Check::Kubelet(_) | Check::KubeletFlags(_) | Check::KubeletOrDoor { .. } => (false, true),
            Check::Setting(row) => (row.process != KUBELET.component, row.process == KUBELET.component),
            Check::Settings(Several::All(rows) | Several::Any(rows)) => {
                let of_kubelet = rows.iter().any(|row| row.process == KUBELET.component);
                (!of_kubelet, of_kubelet)
            }
            Check::Component(_)
            | Check::Declared(_)
            | Check::Starts(_)
            | Check::CommandLine(_)
            | Check::ServerOrKubelet { .. } => (true, true),
            Check::ServerBeside { of, .. } => (true, of.contains(&Of::Node)),
            _ => (true, false),
        }
    }

    /// Whether an answer of a running cluster can have a say in what the rule concludes.
    pub fn wants(&self, ask: &Ask) -> bool {
        // Every verdict is one of a cluster that is known again, and of a release.
        let identity = ask.path == "/version" || ask.path.ends_with("/namespaces/kube-system");
        let (servers, kubelets) = self.judges();
        if live::is_of_kubelets(ask) {
            return kubelets;
        }
        if kubelets && !servers {
            return identity || ask.path == live::NODES;
        }
        match (&self.check, ask.form) {
            (
                Check::Objects { of, .. }
                | Check::ObjectsUnder { of, .. }
                | Check::Asked { of, .. }
                | Check::DoorOrObjects { objects: of, .. },
                Form::Objects { of: asked, .. },
            ) => of.contains(&asked) || asked == Of::Node && of.iter().any(is_of_rbac),
            // Nodes are named after the machines that servers run on.
            (
                Check::File { server: OfServer::Beside { of, .. } | OfServer::Weighed { of, .. }, .. }
                | Check::ServerBeside { of, .. },
                Form::Objects { of: asked, .. },
            ) => asked == Of::Node || of.contains(&asked),
            (Check::Advisories(_), Form::Objects { of, .. }) => facts::advisories::kinds().contains(&of),
            // Some services are known by their nodes alone.
            (Check::Manual(_), Form::Objects { of, .. }) => of == Of::Node,
            // What only some clusters have is asked of those that show it.
            (Check::Objects { of, .. }, _) if ask.kind == Kind::Discovery => {
                of.iter().any(|of| is_not_everywhere(*of) || is_of_rbac(of))
            }
            (Check::Objects { .. } | Check::Manual(_), _) => identity,
            (
                Check::Kubeconfig(_)
                | Check::AnyKubeconfig(_)
                | Check::KubeconfigFile(_)
                | Check::User(_)
                | Check::Certificate { .. }
                | Check::KubeletUnit(_)
                | Check::Etcd(_),
                _,
            ) => false,
            // Nodes are named after the machines that servers run on.
            (_, Form::Objects { of, .. }) => of == Of::Node,
            _ => true,
        }
    }
}

/// Whether only some clusters have objects of a kind.
fn is_not_everywhere(of: Of) -> bool {
    ASKS.iter().any(|ask| ask.where_served && matches!(ask.form, Form::Objects { of: asked, .. } if asked == of))
}

/// Whether a kind is of RBAC. What of it was shipped with the cluster depends on whose cluster it is, which its nodes and its groups
/// tell.
fn is_of_rbac(of: &Of) -> bool {
    of.group() == "rbac.authorization.k8s.io"
}

/// Whom a rule asks, and what.
#[derive(Debug)]
pub enum Check {
    /// Once per API server.
    ApiServer(fn(&ApiServer) -> Verdict),
    /// Once per API server, with the cluster around it. Objects of these kinds have a say in it; with nodes, what their kubelets
    /// say as well.
    ServerBeside { of: &'static [Of], ask: fn(&ApiServer, &Cluster) -> Verdict },
    /// Once per instance of any component.
    Component(fn(&Component) -> Verdict),
    /// Once per kubelet.
    Kubelet(fn(&Cluster, &Kubelet) -> Verdict),
    /// Once per API server and once per kubelet, of what both are given.
    ServerOrKubelet { server: fn(&ApiServer) -> Verdict, kubelet: fn(&Kubelet) -> Verdict },
    /// Once per kubelet that was asked or whose command line is declared, of a flag that no field stands for: no file tells of
    /// those.
    KubeletFlags(fn(&Cluster, &Kubelet) -> Verdict),
    /// Once per kubelet that a unit starts, of what the unit says besides; no answer of a cluster has a say in it.
    KubeletUnit(fn(&Kubelet, &Peers) -> Verdict),
    /// Once per kubelet, and once per door of these listeners, except that of a node whose kubelet is known by its settings:
    /// what it does is then for `component-planes-disagree`.
    KubeletOrDoor { kubelet: fn(&Cluster, &Kubelet) -> Verdict, of: &'static [Listener], door: fn(&Door) -> Verdict },
    /// Once per etcd whose command line is declared.
    Etcd(fn(&Etcd) -> Verdict),
    /// The same, and once per door of these listeners.
    EtcdOrDoor { etcd: fn(&Etcd) -> Verdict, of: &'static [Listener], door: fn(&Door) -> Verdict },
    /// Once per instance of a component whose command line is read.
    CommandLine(fn(&Component) -> Verdict),
    /// Once per instance of a component that somebody declares.
    Declared(fn(&Component) -> Verdict),
    /// Once per instance of any component, and once per configuration file that is given by itself, which has the place of
    /// a component without settings.
    Starts(fn(&Component) -> Verdict),
    /// Once per API server, of the configuration file that it is given, and once per file of that kind that is given by
    /// itself.
    File { of: OfFile, server: OfServer },
    /// Once per server in a kubeconfig, with the cluster around it.
    Kubeconfig(fn(&Cluster, &Endpoint) -> Verdict),
    /// The same, also of those that lead to a webhook.
    AnyKubeconfig(fn(&Kubeconfig, &Endpoint) -> Verdict),
    /// Once per kubeconfig.
    KubeconfigFile(fn(&Kubeconfig) -> Verdict),
    /// Once per user in a kubeconfig.
    User(fn(&Kubeconfig, &User) -> Verdict),
    /// Once per API server, and once per user in a kubeconfig.
    Logins { server: fn(&ApiServer) -> Verdict, user: fn(&Kubeconfig, &User) -> Verdict },
    /// Once per door that was looked at from outside and at which one of these listens. One that could not be seen at all is
    /// not asked.
    Door { of: &'static [Listener], ask: fn(&Door) -> Verdict },
    /// Once per door at which one of these listens, and once per cluster whose evidence could hold objects of these kinds.
    DoorOrObjects {
        of: &'static [Listener],
        door: fn(&Cluster, &Door) -> Verdict,
        objects: &'static [Of],
        ask: fn(&Cluster) -> Verdict,
    },
    /// Once per certificate of that kind.
    Certificate { of: Certificates, ask: fn(&Seen<'_>) -> Verdict },
    /// Once per endpoint of that component that was looked at from outside.
    Listener { of: &'static str, ask: fn(&Observed) -> Verdict },
    /// Once per cluster.
    Cluster(fn(&Cluster) -> Verdict),
    /// Once per cluster, of the flaws that its components have; all that advisories ask about has a say in it.
    Advisories(fn(&Cluster) -> Verdict),
    /// Once per run, of what is kept of its clusters; [`judge_fleet`] asks it.
    Fleet(fn(&Fleet) -> Verdict),
    /// Once per API server that was asked while it ran.
    Running(fn(&ApiServer, &Told) -> Verdict),
    /// Once per cluster that was asked while it ran; with the kinds of objects that have a say in it.
    Asked { of: &'static [Of], ask: fn(&Cluster) -> Verdict },
    /// Once per cluster that was asked while it ran, of something that only a person can tell.
    Manual(Manual),
    /// Once per cluster whose evidence could hold objects of these kinds, with a finding for each that is wrong. Files never
    /// answer it with a pass.
    Objects { of: &'static [Of], ask: fn(&Cluster) -> Verdict },
    /// The same, where what the API servers are set up with has a say in it, too.
    ObjectsUnder { of: &'static [Of], ask: fn(&Cluster) -> Verdict },
    /// One setting of the rule's component, and one test of it.
    Setting(Row),
    /// Several of them.
    Settings(Several),
    /// Admission plugins that run, or do not.
    Plugins(Plugins),
}

/// The minor releases in which a rule has something to ask, both ends included.
#[derive(Clone, Copy, Debug)]
pub struct Applies {
    pub from: Option<Minor>,
    pub to: Option<Minor>,
    /// What is different outside, in a few words: "1.19 removed the flag".
    pub because: &'static str,
}

impl Applies {
    pub const ALWAYS: Self = Self { from: None, to: None, because: "" };

    pub const fn from(minor: u16, because: &'static str) -> Self {
        Self { from: Some(Minor::new(1, minor)), to: None, because }
    }

    pub const fn until(minor: u16, because: &'static str) -> Self {
        Self { from: None, to: Some(Minor::new(1, minor)), because }
    }

    /// Whether there is nothing to ask of some of the releases this can be.
    pub fn excludes_some(&self, release: &Release) -> bool {
        let (oldest, newest) = release.bounds();
        self.to.is_some_and(|to| newest > to) || self.from.is_some_and(|from| oldest < from)
    }

    /// Why there is nothing to ask of any release this can be; `None` where one of them can be asked.
    pub fn excludes(&self, release: &Release) -> Option<String> {
        let (oldest, newest) = release.bounds();
        let outside = self.to.is_some_and(|to| oldest > to) || self.from.is_some_and(|from| newest < from);
        outside.then(|| format!("this is {release}, and {}", self.because))
    }
}

/// Lists the rules of a folder: makes their modules, the slice `RULES`, and one test per page.
macro_rules! rules {
    ($family:literal: $($name:ident),+ $(,)?) => {
        $(mod $name;)+

        pub(crate) static RULES: &[&crate::Rule] = &[$(&$name::RULE),+];

        #[cfg(test)]
        mod pages {
            $(
                #[test]
                fn $name() {
                    crate::pages::hold(&super::$name::RULE, $family, stringify!($name));
                }
            )+
        }
    };
}
pub(crate) use rules;

/// Every rule, family by family, in the order they are listed.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    let families = [
        admission::RULES,
        apiserver::RULES,
        apiservice::RULES,
        audit::RULES,
        cluster::RULES,
        component::RULES,
        controller_manager::RULES,
        encryption::RULES,
        fleet::RULES,
        etcd::RULES,
        konnectivity::RULES,
        kubeconfig::RULES,
        kubelet::RULES,
        network::RULES,
        managed::RULES,
        pki::RULES,
        pod_security::RULES,
        policy::RULES,
        rbac::RULES,
        scheduler::RULES,
        secrets::RULES,
        users::RULES,
        validating::RULES,
    ];
    families.into_iter().flatten().copied()
}

/// The rule of that id.
pub fn find(id: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.info.id == id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_control_has_a_card_or_is_pending() {
        let cards: BTreeSet<&str> = all().map(|rule| rule.info.id).collect();
        let waiting: BTreeSet<&str> = pending().keys().map(String::as_str).collect();
        let known: BTreeSet<&str> = controls().collect();
        assert_eq!(cards.len(), all().count(), "an id is used twice");
        assert_eq!(cards.intersection(&waiting).collect::<Vec<_>>(), Vec::<&&str>::new(), "both a card and pending");
        assert_eq!(cards.union(&waiting).copied().collect::<BTreeSet<_>>(), known);
    }

    #[test]
    fn a_range_that_lies_partly_inside_is_asked() {
        let release = |from, to| Release::Within { from: Minor::new(1, from), to: Minor::new(1, to) };
        let early = Applies::until(18, "1.19 removed the flag");
        assert_eq!(early.excludes(&release(5, 36)), None);
        assert_eq!(
            early.excludes(&release(19, 20)).as_deref(),
            Some("this is 1.19 to 1.20, and 1.19 removed the flag")
        );
        let late = Applies::from(7, "1.7 brought the authorizer");
        assert!(late.excludes(&release(5, 6)).is_some());
        assert_eq!(late.excludes(&release(5, 7)), None);
    }
}
