//! Bindings that name somebody: everybody, nobody in particular, or a group that should hold nothing.

use facts::{
    Cluster,
    objects::PolicyRule,
    rbac::{Grant, Holder, Who},
};
use model::{Answer, Finding, Gap, Location, Remedy, Severity, Verdict};

use super::{
    BINDINGS,
    gist::{self, done, finding, served},
};

/// Asks of every holder who passes a test and whom somebody added whether that is right.
///
/// `say` gives the finding of one holder of a grant, or nothing where it is fine.
pub(super) fn each<'a>(
    cluster: &'a Cluster,
    of: &dyn Fn(&Holder<'a>) -> bool,
    say: &mut dyn FnMut(Grant<'a>, &Holder<'a>) -> Option<Finding>,
    because: impl FnOnce() -> String,
) -> Verdict {
    let access = served(cluster)?;
    let mut answer = Answer::default();
    for grant in access.grants() {
        for holder in grant.holders().filter(|holder| of(holder)) {
            if let Some(finding) = say(grant, &holder) {
                answer.findings.push(finding);
            }
        }
    }
    Ok(done(answer, access, BINDINGS, because))
}

/// What a grant allows at its worst, nothing being the least; a gap where its role is not known.
pub(super) fn worst(grant: Grant<'_>) -> Result<gist::Worst, Gap> {
    if grant.is_everything() {
        return Ok(gist::Worst::Acts);
    }
    if let Some(gap) = grant.gap() {
        return Err(gap);
    }
    let permissions = grant.permissions();
    let rules: Vec<&PolicyRule> = permissions.iter().map(|permission| permission.rule).collect();
    Ok(gist::worst(&rules))
}

/// The finding that a grant names somebody it should not: "… gives Group `a` the ClusterRole `b`".
pub(super) fn names(grant: Grant<'_>, holder: &Holder<'_>, remedy: Remedy) -> Finding {
    let message = format!("{} gives {} the {}", grant.name(), holder.who, grant.role_name());
    finding(format!("{}/{}", grant.subject(), plain(&holder.who)), message, &holder.at, remedy)
}

/// A subject as part of what an entry is about.
pub(super) fn plain(who: &Who<'_>) -> String {
    match who {
        Who::User(name) | Who::Group(name) => name.to_string(),
        Who::Account(namespace, name) => format!("{namespace}/{name}"),
    }
}

/// Whether it is a group of that name.
pub(super) fn is_group(who: &Who<'_>, name: &str) -> bool {
    matches!(who, Who::Group(known) if known == name)
}

/// The severity of what is granted to strangers: critical where it acts, low where all of it is public.
pub(super) fn for_strangers(grant: Grant<'_>, open: &mut Vec<Gap>) -> Option<(Severity, String)> {
    match worst(grant) {
        Ok(gist::Worst::Acts) => {
            Some((Severity::Critical, "it writes, runs commands, impersonates or reads secrets".to_owned()))
        }
        Ok(gist::Worst::Reads) => None,
        Ok(gist::Worst::Public) if grant.permissions().is_empty() => {
            Some((Severity::Low, "the role is empty today, or not there".to_owned()))
        }
        Ok(gist::Worst::Public) => {
            Some((Severity::Low, "it tells health, version, discovery or keys of the issuer only".to_owned()))
        }
        Err(gap) => {
            open.push(gap);
            None
        }
    }
}

/// What somebody added for callers without credentials beyond what is public, and where; nothing where the bindings are not known.
pub(crate) fn given_to_strangers(cluster: &Cluster) -> Option<(String, Location)> {
    let access = served(cluster).ok()?;
    let is_a_stranger = |holder: &Holder<'_>| {
        let by_name = matches!(&holder.who, Who::User(name) if name == "system:anonymous");
        holder.shipped.is_none() && (by_name || is_group(&holder.who, "system:unauthenticated"))
    };
    let beyond = |grant: &Grant<'_>| matches!(worst(*grant), Ok(gist::Worst::Acts | gist::Worst::Reads));
    access.grants().find_map(|grant| {
        let holder = grant.holders().find(is_a_stranger).filter(|_| beyond(&grant))?;
        Some((format!("{} gives {} the {}", grant.name(), holder.who, grant.role_name()), holder.at.clone()))
    })
}

/// An answer with what could not be told of its findings.
pub(super) fn with_gaps(verdict: Verdict, gaps: Vec<Gap>) -> Verdict {
    verdict.map(|mut answer| {
        answer.gaps.extend(gaps);
        answer
    })
}
