//! When a cluster is exposed to a flaw: a tree of questions, each answered with true, false or unknown.
//!
//! Of the API server and of kubelets their settings answer, of the cluster its objects, RBAC and nodes; whatever asks of other
//! components' settings or of people is unknown here, and says in words what would answer it.

use std::cell::OnceCell;

use model::{Component, Location, Origin, Unanswered};
use serde::Deserialize;

use super::{
    objects::Query,
    rights::{Rights, Verbs},
};
use crate::{
    Cluster,
    apiserver::{ApiServer, Flag},
    flags::{KUBELET_FLAGS, parse_minor},
    golang,
    kubelet::Kubelet,
    objects::{Extent, Node, Of},
};

/// True, false, or not known; combined as Kleene did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    True,
    False,
    Unknown,
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }
}

impl Truth {
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::True, _) | (_, Self::True) => Self::True,
            (Self::False, Self::False) => Self::False,
            _ => Self::Unknown,
        }
    }

    /// What many agree on; unknown where they do not, and where there are none.
    pub(super) fn of_all(answers: impl IntoIterator<Item = Self>) -> Self {
        let mut answers = answers.into_iter();
        let Some(first) = answers.next() else { return Self::Unknown };
        if answers.all(|other| other == first) { first } else { Self::Unknown }
    }

    pub(super) fn agreed(answers: impl IntoIterator<Item = bool>) -> Self {
        Self::of_all(answers.into_iter().map(Self::from))
    }
}

/// What answered, and what would have to.
#[derive(Debug, Default)]
pub(super) struct Answered {
    pub(super) places: Vec<Location>,
    /// Objects that are as the question wants them: "APIService `a`".
    pub(super) seen: Vec<String>,
    pub(super) wanted: Vec<String>,
}

impl Answered {
    pub(super) fn place(&mut self, at: &Location) {
        if !self.places.contains(at) {
            self.places.push(at.clone());
        }
    }
}

/// Whom questions are put to.
pub(super) struct Asked<'a> {
    pub(super) cluster: &'a Cluster,
    /// The API servers whose settings count: the one that is judged, or all where another component is.
    pub(super) servers: Vec<&'a ApiServer>,
    /// The nodes whose kubelets are judged; `None` where it is about another component.
    pub(super) nodes: Option<Vec<&'a Node>>,
    /// What is known of how those kubelets are set up; `None` where there is one of which nothing is.
    pub(super) kubelets: Option<Vec<&'a Kubelet>>,
    /// The add-on that is judged, which was seen to run.
    pub(super) runs: Option<&'a str>,
    /// What was granted to whom; worked out once, and only where it is asked for.
    pub(super) rights: &'a OnceCell<Rights<'a>>,
}

/// A question to a cluster.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Condition {
    All { all: Vec<Condition> },
    Any { any: Vec<Condition> },
    Not { not: Box<Condition> },
    Leaf(Leaf),
}

/// One thing to know; the kinds and their fields are those of the data.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Leaf {
    Always,
    Unknown { about: String },
    Flag { component: String, flag: String, op: Op, value: Option<Scalar>, default: Option<Scalar> },
    FeatureGate { component: String, gate: String, enabled: bool, defaults: Vec<GateDefault> },
    AdmissionPlugin { plugin: String, enabled: bool },
    NodeOs { os: String },
    NodeSysctl { name: String },
    FileMode { path: String },
    RbacVerb(Verbs),
    ObjectExists(Query),
    CloudProvider { provider: String },
    NetworkExposure { endpoint: String, reachable_from: String },
    Software { name: String },
    ServiceState { service: String, state: String },
    ConfigDirective { component: String, directive: String },
    ClientUse { tool: String, action: String },
    Assumption { assumption: String },
}

#[derive(Clone, Debug, Deserialize)]
pub struct GateDefault {
    from: String,
    value: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    Equals,
    NotEquals,
    In,
    NotIn,
    Set,
    Unset,
    Lt,
    Lte,
    Gt,
    Gte,
}

/// A value of the data, which is a text, a number or a list of texts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Scalar {
    Number(i64),
    Text(String),
    List(Vec<String>),
}

impl Condition {
    /// Puts the question to a cluster.
    pub(super) fn ask(&self, of: &Asked<'_>, answered: &mut Answered) -> Truth {
        match self {
            Self::All { all } => !all.iter().fold(Truth::False, |seen, one| seen.or(!one.ask(of, answered))),
            Self::Any { any } => any.iter().fold(Truth::False, |seen, one| seen.or(one.ask(of, answered))),
            Self::Not { not } => !not.ask(of, answered),
            Self::Leaf(leaf) => leaf.ask(of, answered).unwrap_or_else(|wanted| {
                answered.wanted.push(wanted);
                Truth::Unknown
            }),
        }
    }

    /// Whether nothing but the release decides.
    pub fn is_always(&self) -> bool {
        matches!(self, Self::Leaf(Leaf::Always))
    }
}

impl Leaf {
    /// The answer, or in words what would give it.
    fn ask(&self, of: &Asked<'_>, answered: &mut Answered) -> Result<Truth, String> {
        match self {
            Self::Always => Ok(Truth::True),
            Self::Flag { component, flag, op, value, default } if component == "kube-apiserver" || component == "*" => {
                let truth = of.each_server(|server| {
                    ask_flag(server.component(), flag, *op, value.as_ref(), default.as_ref(), answered)
                })?;
                // One component that logs much is enough to be exposed, and all have to log little to be safe.
                let of_all = matches!(op, Op::Lt | Op::Lte | Op::Unset | Op::NotEquals | Op::NotIn);
                if component == "*" && truth == Truth::from(of_all) {
                    return Err(format!("`--{flag}` of the other components"));
                }
                Ok(truth)
            }
            Self::FeatureGate { component, gate, enabled, defaults } if component == "kube-apiserver" => of
                .each_server(|server| {
                    let given = match server.get(&Flag::<String>::new("feature-gates")) {
                        Ok(held) => {
                            place(held.origin(), answered);
                            held.value
                        }
                        Err(Unanswered::NotApplicable(_)) => String::new(),
                        Err(Unanswered::Gap(gap)) => return Err(gap.wanted),
                    };
                    ask_gate(server.component(), &given, gate, defaults).map(|on| Truth::from(on == *enabled))
                }),
            Self::AdmissionPlugin { plugin, enabled } => {
                of.each_server(|server| match server.admission_plugin(plugin) {
                    Ok(state) => {
                        place(&state.origin, answered);
                        Ok(Truth::from(state.enabled == *enabled))
                    }
                    Err(Unanswered::NotApplicable(_)) => Ok(Truth::from(!*enabled)),
                    Err(Unanswered::Gap(gap)) => Err(gap.wanted),
                })
            }
            Self::Flag { component, flag, op, value, default } if component == "kubelet" => {
                of.any_kubelet(&format!("`--{flag}` of kubelet"), |kubelet| {
                    let name = KUBELET_FLAGS.find(flag).and_then(|flag| flag.sets).unwrap_or(flag);
                    ask_flag(kubelet.component(), name, *op, value.as_ref(), default.as_ref(), answered)
                })
            }
            Self::FeatureGate { component, gate, enabled, defaults } if component == "kubelet" => {
                of.any_kubelet(&format!("the gate {gate} of kubelet"), |kubelet| {
                    let given = match kubelet.get("featureGates") {
                        Ok(held) => {
                            place(&held.origin, answered);
                            held.in_force().to_owned()
                        }
                        Err(Unanswered::NotApplicable(_)) => String::new(),
                        Err(Unanswered::Gap(gap)) => return Err(gap.wanted),
                    };
                    ask_gate(kubelet.component(), &given, gate, defaults).map(|on| Truth::from(on == *enabled))
                })
            }
            Self::Flag { component, flag, .. } => Err(format!("`--{flag}` of {component}")),
            Self::FeatureGate { component, gate, .. } => Err(format!("the gate {gate} of {component}")),
            Self::Unknown { about } => Err(about.clone()),
            Self::NodeOs { os } => ask_system(of, os, answered),
            Self::NodeSysctl { name } => Err(format!("the kernel setting {name} of the nodes")),
            Self::FileMode { path } => Err(format!("the mode of {path}")),
            Self::RbacVerb(verbs) => verbs.ask(of, answered),
            // It was seen by its image, whatever its pods are labelled.
            Self::ObjectExists(query) if of.runs.is_some_and(|name| query.tells_of(name)) => Ok(Truth::True),
            Self::ObjectExists(query) => query.ask(&of.cluster.objects, answered),
            Self::CloudProvider { provider } => Err(format!("whether the cloud provider is {provider}")),
            Self::NetworkExposure { endpoint, reachable_from } => {
                Err(format!("whether {endpoint} is reachable from {reachable_from}"))
            }
            Self::Software { name } => Err(format!("the version of {name} on the nodes")),
            Self::ServiceState { service, state } => Err(format!("{state} of {service}").replace('_', " ")),
            Self::ConfigDirective { component, directive } => {
                Err(format!("the configuration of {component}: {directive}"))
            }
            Self::ClientUse { tool, action } => Err(format!("whether people use {tool} so: {action}")),
            Self::Assumption { assumption } => {
                Err(format!("whether you assume this: {}", assumption.replace('_', " ")))
            }
        }
    }
}

impl Asked<'_> {
    /// What all API servers agree on.
    fn each_server(&self, mut ask: impl FnMut(&ApiServer) -> Result<Truth, String>) -> Result<Truth, String> {
        let answers = self.servers.iter().map(|server| ask(server)).collect::<Result<Vec<_>, _>>()?;
        match Truth::of_all(answers) {
            Truth::Unknown => Err("the settings of one of the API servers".to_owned()),
            agreed => Ok(agreed),
        }
    }
}

impl Asked<'_> {
    /// Whether one of the kubelets that are judged is so, whose flags are known to the last.
    fn any_kubelet(&self, what: &str, mut ask: impl FnMut(&Kubelet) -> Result<Truth, String>) -> Result<Truth, String> {
        let known = self.kubelets.as_ref().filter(|known| !known.is_empty()).ok_or_else(|| what.to_owned())?;
        let mut found = Truth::False;
        let mut wanted = None;
        for kubelet in known {
            if let Some(gap) = &kubelet.component().outranked {
                wanted.get_or_insert_with(|| gap.wanted.clone());
                continue;
            }
            match ask(kubelet) {
                Ok(truth) => found = found.or(truth),
                Err(why) => {
                    wanted.get_or_insert(why);
                }
            }
        }
        match (found, wanted) {
            (Truth::True, _) | (_, None) => Ok(found),
            (_, Some(wanted)) => Err(wanted),
        }
    }
}

/// Whether one of the nodes runs that system.
fn ask_system(of: &Asked<'_>, wanted: &str, answered: &mut Answered) -> Result<Truth, String> {
    let objects = &of.cluster.objects;
    let nodes = of.nodes.clone().unwrap_or_else(|| objects.nodes.iter().collect());
    if let Some(node) = nodes.iter().find(|node| node.system.as_deref() == Some(wanted)) {
        answered.place(&node.meta.at);
        answered.seen.push(format!("node `{}`", node.meta.name));
        return Ok(Truth::True);
    }
    // Of nodes that are judged themselves, that there may be others is of no importance.
    let all = of.nodes.is_some() || objects.whole(Of::Node).is_ok();
    if all && nodes.iter().all(|node| node.system.is_some()) {
        return Ok(Truth::False);
    }
    match objects.extent(Of::Node) {
        Extent::Unread(gap) => Err(gap.wanted.clone()),
        _ => Err(format!("whether a node runs {wanted}")),
    }
}

fn place(origin: &Origin, answered: &mut Answered) {
    origin.location().into_iter().for_each(|at| answered.place(at));
}

fn ask_flag(
    component: &Component,
    flag: &str,
    op: Op,
    value: Option<&Scalar>,
    default: Option<&Scalar>,
    answered: &mut Answered,
) -> Result<Truth, String> {
    let reading = match component.setting(flag) {
        Some(setting) => Some(setting.in_force().map_err(|gap| gap.wanted.clone())?),
        None => None,
    };
    let text = match reading {
        Some(reading) => {
            place(&reading.origin, answered);
            golang::unquote(reading.in_force())
        }
        // The release does not have the flag, and behaves as it did by default.
        None => match default {
            Some(Scalar::Number(number)) => number.to_string(),
            Some(Scalar::Text(text)) => text.clone(),
            Some(Scalar::List(_)) | None => String::new(),
        },
    };
    let is_set = !matches!(text.as_str(), "" | "[]" | "<nil>");
    let number = text.parse::<i64>().ok();
    let compared = |holds: fn(i64, i64) -> bool| match (number, value) {
        (Some(number), Some(Scalar::Number(limit))) => Ok(Truth::from(holds(number, *limit))),
        _ => Err(format!("`--{flag}` as a number")),
    };
    let among = || match value {
        Some(Scalar::Text(wanted)) => text == *wanted,
        Some(Scalar::Number(wanted)) => number == Some(*wanted),
        Some(Scalar::List(list)) => list.contains(&text),
        None => false,
    };
    match op {
        Op::Set => Ok(Truth::from(is_set)),
        Op::Unset => Ok(Truth::from(!is_set)),
        Op::Equals | Op::In => Ok(Truth::from(among())),
        Op::NotEquals | Op::NotIn => Ok(Truth::from(!among())),
        Op::Lt => compared(|number, limit| number < limit),
        Op::Lte => compared(|number, limit| number <= limit),
        Op::Gt => compared(|number, limit| number > limit),
        Op::Gte => compared(|number, limit| number >= limit),
    }
}

/// Whether a gate is on: as the flag says, else by default of the release.
fn ask_gate(component: &Component, given: &str, gate: &str, defaults: &[GateDefault]) -> Result<bool, String> {
    let set = given.split(',').filter_map(|pair| pair.split_once('=')).find(|(name, _)| *name == gate);
    if let Some((_, value)) = set {
        return golang::parse_bool(value).ok_or_else(|| format!("the gate {gate}"));
    }
    // `AllAlpha` and `AllBeta` move gates whose stage the data does not tell.
    if given.contains("AllAlpha=") || given.contains("AllBeta=") {
        return Err(format!("the gate {gate}, which `AllAlpha` or `AllBeta` may move"));
    }
    let default = |minor| {
        let mut newest_first = defaults.iter().rev();
        let reached = newest_first.find(|default| parse_minor(&default.from).is_some_and(|from| from <= minor));
        // Below all of them the gate does not exist, and what it guards is off.
        reached.is_some_and(|default| default.value)
    };
    let mut all = component.release.minors().map(default);
    let first = all.next().unwrap_or(false);
    if all.all(|other| other == first) { Ok(first) } else { Err("the exact release".to_owned()) }
}
