//! Which level of the Pod Security Standards a namespace enforces, by its label or by what holds where it has none.

use facts::{
    Cluster,
    objects::{Namespace, Said},
};
use model::{Body, Confidence, Finding, Gap, GapKind, Kind, Unanswered};

use crate::{
    apiserver::pod_security::{self, Standing},
    cluster::namespaces,
    say,
};

/// What the label is called without its prefix.
const ENFORCE: &str = "enforce";

/// What keeps pods of one namespace from their node.
pub(super) enum Kept<'a> {
    /// `baseline` or `restricted`, or who set it up wants nothing to be kept there.
    Well,
    /// The label says `privileged`.
    NotByLabel(&'a Said),
    /// There is no label, and without one it is `privileged`.
    NotByDefault,
    /// There is no label, and what holds then is not known.
    Unknown(Gap),
}

/// What holds in all API servers together: any of them may be the one that is asked to make a pod.
pub(super) struct Ground {
    /// Whether labels count.
    pub(super) is_on: Result<bool, Gap>,
    level: Result<bool, Gap>,
    exempt: Vec<String>,
}

impl Ground {
    pub(super) fn of(cluster: &Cluster) -> Self {
        let nobody = Gap {
            kind: GapKind::NotCollected,
            reason: "no API server was looked at, and what holds without a label is set up there".to_owned(),
            wanted: "--admission-control-config-file".to_owned(),
            who_could_answer: "the running cluster: `portcullis audit --context NAME`".to_owned(),
        };
        let mut ground = Self { is_on: Ok(true), level: Ok(true), exempt: Vec::new() };
        if cluster.apiservers.is_empty() {
            let unread = cluster.evidence.iter().find_map(|piece| match &piece.body {
                Body::Unread(gap) if piece.kind == Kind::Workload => Some(gap.clone()),
                _ => None,
            });
            let gap = unread.unwrap_or(nobody);
            return Self { is_on: Err(gap.clone()), level: Err(gap), ..ground };
        }
        for server in &cluster.apiservers {
            match pod_security::standing(server) {
                Ok(Standing::Off) => (ground.is_on, ground.level) = (Ok(false), Ok(false)),
                Ok(Standing::On { level, exempt }) => {
                    if !matches!(level.as_str(), "baseline" | "restricted") && ground.level.is_ok() {
                        ground.level = Ok(false);
                    }
                    ground.exempt.extend(exempt);
                }
                // A release that has no such plug-in is judged by nobody here.
                Err(Unanswered::NotApplicable(_)) => (ground.is_on, ground.level) = (Ok(false), Ok(false)),
                Err(Unanswered::Gap(gap)) => {
                    // Whether it runs may be known where what it is told is not.
                    if ground.is_on == Ok(true) && pod_security::runs(Some(server)).is_err() {
                        ground.is_on = Err(gap.clone());
                    }
                    ground.level = Err(gap);
                }
            }
        }
        ground
    }

    /// What keeps pods of that namespace from their node, as far as Pod Security does. An unknown level of a label is taken
    /// for `restricted` (pod-security-admission api/helpers.go, `ParseLevel`).
    pub(super) fn keeps<'a>(&self, namespace: &'a Namespace) -> Kept<'a> {
        if self.exempt.iter().any(|exempt| **exempt == *namespace.meta.name) {
            return Kept::Well;
        }
        match (namespace.pod_security(ENFORCE), &self.level) {
            (Some(said), _) if &*said.text == "privileged" => Kept::NotByLabel(said),
            (Some(_), _) | (None, Ok(true)) => Kept::Well,
            (None, Ok(false)) => Kept::NotByDefault,
            (None, Err(gap)) => Kept::Unknown(gap.clone()),
        }
    }
}

/// The namespaces in which pods of people may run.
pub(super) fn of_people(cluster: &Cluster) -> impl Iterator<Item = &Namespace> {
    cluster.objects.namespaces.iter().filter(|one| namespaces::runs_peoples_pods(&one.meta.name))
}

/// Whether this is OpenShift, where every pod passes a security context constraint whatever its namespace says.
pub(super) fn has_constraints(cluster: &Cluster) -> Result<bool, Gap> {
    if cluster.is_of("openshift") {
        return Ok(true);
    }
    match cluster.serves("security.openshift.io") {
        Ok(shown) => Ok(shown == Some(true)),
        Err(gap) => {
            let reason =
                format!("whether this is OpenShift, which has constraints of its own, is not known: {}", gap.reason);
            Err(Gap { reason, ..gap })
        }
    }
}

/// One namespace that keeps its pods from nothing.
pub(super) fn finding(namespace: &Namespace, kept: &Kept<'_>) -> Option<Finding> {
    const BREAKS: [&str; 2] = [
        "Pods that run go on; those that take their place are refused, so that it shows at the next rollout or the loss of a \
         node. Set the label with a dry run on the server first, which warns of every pod.",
        "What belongs to network, storage and monitoring usually needs a `privileged` namespace of its own.",
    ];
    let name = &namespace.meta.name;
    let remedy = say::remedy("enforce `baseline`, and warn of what is not `restricted`", &BREAKS, None);
    let (message, at, confidence) = match kept {
        Kept::NotByLabel(said) => {
            let at = namespace.pod_security_at(ENFORCE, said);
            (format!("`{name}` enforces `privileged`, which keeps pods from nothing"), at, Confidence::Certain)
        }
        // Another policy engine may do the same.
        Kept::NotByDefault => {
            let message = format!("`{name}` has no label that enforces a level, and without one it is `privileged`");
            (message, namespace.meta.at.clone(), Confidence::Probable)
        }
        Kept::Well | Kept::Unknown(_) => return None,
    };
    Some(Finding { confidence, ..say::object(&**name, message, &at, remedy) })
}
