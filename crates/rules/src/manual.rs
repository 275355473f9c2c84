//! Controls that no evidence answers: somebody has to look, and the row says where.
//!
//! Most are settings of a service that runs clusters for others. Of a cluster that no service runs they are no question.

use facts::{Cluster, live, objects::Of};
use model::{Body, Gap, GapKind, Kind, RuleCard, Unanswered, Verdict};

/// A control that a person answers.
#[derive(Clone, Copy, Debug)]
pub struct Manual {
    pub of: Where,
    /// What is to be looked up, as a phrase: "whether nodes have public addresses".
    pub what: &'static str,
    /// Who can, where no service is known that could.
    pub who: &'static str,
}

/// On which clusters there is a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    Everywhere,
    /// On those that a service runs.
    Services,
    /// On those of some services, by the names that [`Cluster::distribution`] has for them.
    Of(&'static [&'static str]),
}

/// Why a service may run a cluster although nothing that was seen shows it.
pub(crate) fn maybe_a_service(cluster: &Cluster) -> Option<Gap> {
    let unread =
        cluster.evidence.iter().filter(|piece| piece.kind == Kind::Version).find_map(|piece| match &piece.body {
            Body::Unread(gap) => Some(gap),
            _ => None,
        });
    // The version of AKS looks like any other; its nodes tell.
    let gap = unread.cloned().or_else(|| cluster.objects.whole(Of::Node).err())?;
    Some(Gap { reason: format!("whether a service runs this cluster is not known: {}", gap.reason), ..gap })
}

pub(crate) fn ask(card: &RuleCard, row: &Manual, cluster: &Cluster) -> Verdict {
    let service = cluster.distribution.and_then(|name| Some((name, live::service(name)?)));
    let who = match (row.of, service) {
        (Where::Everywhere, service) => service.map_or(row.who, |(_, who)| who),
        (Where::Services, Some((_, who))) => who,
        (Where::Of(names), Some((name, who))) if names.contains(&name) => who,
        (Where::Of(names), Some((name, _))) => {
            let reason = format!("this is {name}, and it is a setting of {}", names.join(", "));
            return Err(Unanswered::NotApplicable(reason));
        }
        (_, None) => {
            if let Some(gap) = maybe_a_service(cluster) {
                return Err(gap.into());
            }
            return Err(Unanswered::NotApplicable("nothing shows that a service runs this cluster".to_owned()));
        }
    };
    Err(Unanswered::Gap(Gap {
        kind: GapKind::Manual,
        reason: format!("{} is nowhere to be read in the cluster", row.what),
        wanted: card.id.to_owned(),
        who_could_answer: who.to_owned(),
    }))
}
