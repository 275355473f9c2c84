//! What advisories ask of RBAC: whether somebody who is not trusted may do what a flaw needs.
//!
//! Not trusted is everybody but those who are the control plane or administer it: identities of Kubernetes itself and of the
//! distribution, nodes, and whoever may do everything anyway, for whom no flaw is worth anything. Callers without
//! credentials count where they are let in at all.

use std::collections::HashMap;

use model::{GapKind, Location};
use serde::Deserialize;

use super::condition::{Answered, Asked, Truth};
use crate::{
    apiserver::ApiServer,
    objects::{Definition, Extent, Of, PolicyRule},
    rbac::{Access, Grant, Who},
};

/// Whether somebody may use any of the verbs on any of the resources.
#[derive(Clone, Debug, Deserialize)]
pub struct Verbs {
    verbs: Vec<String>,
    api_group: String,
    resources: Vec<String>,
    scope: Scope,
    subject: Subject,
}

/// By which bindings it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Scope {
    Any,
    Cluster,
    Namespace,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Subject {
    Untrusted,
    Anonymous,
}

/// What those hold who are not trusted.
pub(super) struct Rights<'a> {
    /// Distinct roles as they are granted, so that each is looked at once however often it is bound.
    granted: Vec<Granted<'a>>,
    /// Whether a grant to one of them names a role that nobody has seen.
    has_unknown: bool,
}

/// Somebody, the grant that counts for them, and where it names them.
struct Holding<'a> {
    who: Who<'a>,
    grant: Grant<'a>,
    at: Location,
}

struct Granted<'a> {
    of_cluster: bool,
    /// One who brings credentials and holds it.
    known: Option<Holding<'a>>,
    /// The same of callers without credentials.
    nobody: Option<Holding<'a>>,
    rules: Vec<&'a PolicyRule>,
}

fn is_nobody(who: &Who<'_>) -> bool {
    match who {
        Who::User(name) => name == "system:anonymous",
        Who::Group(name) => name == "system:unauthenticated",
        Who::Account(..) => false,
    }
}

/// Whether a name is one that only the control plane, nodes and administrators have.
fn is_trusted(who: &Who<'_>) -> bool {
    match who {
        _ if who.is_everybody() || is_nobody(who) => false,
        Who::User(name) => name.starts_with("system:"),
        Who::Group(name) => match name.strip_prefix("system:serviceaccounts:") {
            Some(namespace) => namespace == "kube-system",
            None => name.starts_with("system:") || name == "kubeadm:cluster-admins",
        },
        Who::Account(..) => false,
    }
}

impl<'a> Rights<'a> {
    fn of(access: Access<'a>) -> Self {
        let mut granted: Vec<Granted<'a>> = Vec::new();
        let mut by_role: HashMap<(Option<&str>, bool, bool, &str), usize> = HashMap::new();
        let mut has_unknown = false;
        for grant in access.grants() {
            let role = &grant.binding.role;
            let of_cluster = grant.namespace().is_none();
            let is_everything = of_cluster && grant.is_everything();
            // A Role is one of its namespace; a ClusterRole is the same wherever it is bound.
            let home = (!role.of_cluster).then_some(&*grant.binding.meta.namespace);
            let holders = grant.holders().filter(|holder| !is_trusted(&holder.who));
            for holder in holders {
                let nobody = is_nobody(&holder.who);
                let everybody = nobody || holder.who.is_everybody();
                if is_everything && !everybody {
                    continue;
                }
                // What is shipped to identities of its own is theirs; what is shipped to everybody is everybody's.
                let shipped = holder.shipped.is_some() && !everybody;
                if shipped && !grant.permissions().iter().any(|permission| permission.is_added) {
                    continue;
                }
                if grant.gap().is_some() {
                    has_unknown = true;
                    continue;
                }
                let number = *by_role.entry((home, of_cluster, shipped, &*role.name)).or_insert_with(|| {
                    let rules = grant.permissions().into_iter();
                    let rules = rules.filter(|permission| !shipped || permission.is_added);
                    let rules = rules.map(|permission| permission.rule).collect();
                    granted.push(Granted { of_cluster, known: None, nobody: None, rules });
                    granted.len() - 1
                });
                if let Some(granted) = granted.get_mut(number) {
                    let slot = if nobody { &mut granted.nobody } else { &mut granted.known };
                    slot.get_or_insert_with(|| Holding { who: holder.who.clone(), grant, at: holder.at.clone() });
                }
            }
        }
        Self { granted, has_unknown }
    }
}

/// Who decides, as far as RBAC is concerned.
enum Deciders {
    /// RBAC, and nobody but the authorizer of nodes beside it.
    Alone,
    /// RBAC, and perhaps others, in words what would tell.
    Among(String),
    /// All may do all.
    AllowAll(Option<Location>),
    /// Nobody may do anything.
    Nobody(Option<Location>),
}

fn deciders(server: &ApiServer) -> Result<Deciders, String> {
    let chain = match server.authorizers() {
        Ok(chain) => chain,
        Err(why) => {
            let wanted = match why {
                model::Unanswered::Gap(gap) => gap.wanted,
                model::Unanswered::NotApplicable(why) => why,
            };
            // A server that has RBAC makes the roles that it ships, and says so among its checks (`buildGenericConfig` of
            // cmd/kube-apiserver/app/server.go, 1.20, disables the hook without RBAC).
            let health = server.told().and_then(|told| told.health.as_ref().ok()?.as_ref());
            let has = health.is_some_and(|all| all.iter().any(|one| one.name == "poststarthook/rbac/bootstrap-roles"));
            return if has { Ok(Deciders::Among(wanted)) } else { Err(wanted) };
        }
    };
    let has = |mode: &str| chain.modes.iter().any(|known| known == mode);
    if has("AlwaysAllow") {
        return Ok(Deciders::AllowAll(chain.origin.location().cloned()));
    }
    let others: Vec<&str> = chain
        .modes
        .iter()
        .map(String::as_str)
        .filter(|mode| !matches!(*mode, "Node" | "RBAC" | "AlwaysDeny"))
        .collect();
    match (has("RBAC"), others.as_slice()) {
        (true, []) => Ok(Deciders::Alone),
        (true, others) => Ok(Deciders::Among(format!("what {} allows", others.join(" and ")))),
        (false, []) => Ok(Deciders::Nobody(chain.origin.location().cloned())),
        (false, others) => Err(format!("what {} allows", others.join(" and "))),
    }
}

/// Resources of the questions that have no namespace, so that a RoleBinding grants nothing of them.
const OF_CLUSTER: [&str; 8] = [
    "apiservices",
    "mutatingwebhookconfigurations",
    "nodes",
    "nodes/log",
    "nodes/proxy",
    "persistentvolumes",
    "storageclasses",
    "validatingwebhookconfigurations",
];

impl Verbs {
    /// The answer, or in words what would give it.
    pub(super) fn ask<'a>(&self, of: &Asked<'a>, answered: &mut Answered) -> Result<Truth, String> {
        let mut among = None;
        for server in &of.servers {
            match deciders(server).map_err(|why| format!("{}, since RBAC may not decide alone: {why}", self.said()))? {
                Deciders::Alone => {}
                Deciders::Nobody(at) => {
                    at.iter().for_each(|at| answered.place(at));
                    return Ok(Truth::False);
                }
                Deciders::Among(why) => among = Some(why),
                Deciders::AllowAll(at) if self.subject == Subject::Untrusted => {
                    at.iter().for_each(|at| answered.place(at));
                    answered.seen.push("`AlwaysAllow` lets everybody do everything".to_owned());
                    return Ok(Truth::True);
                }
                // Who brings no credentials is let in by a flag of its own.
                Deciders::AllowAll(_) => return let_in(server, answered),
            }
        }
        let rights: &Rights<'a> = of.rights.get_or_init(|| Rights::of(of.cluster.access()));
        let definitions = &of.cluster.objects.definitions;
        let mut let_in_unknown = None;
        for granted in &rights.granted {
            let counts = match self.scope {
                Scope::Any => true,
                Scope::Cluster => granted.of_cluster,
                Scope::Namespace => !granted.of_cluster,
            };
            if !counts || !granted.rules.iter().any(|rule| self.is_granted(rule, granted.of_cluster, definitions)) {
                continue;
            }
            let known = granted.known.as_ref().filter(|_| self.subject == Subject::Untrusted);
            let holder = match (known, &granted.nobody) {
                (Some(holder), _) => holder,
                (None, None) => continue,
                (None, Some(nobody)) => {
                    let answers: Result<Vec<Truth>, String> =
                        of.servers.iter().map(|server| let_in(server, answered)).collect();
                    match answers.map(Truth::of_all) {
                        Ok(Truth::True) => nobody,
                        Ok(Truth::False) => continue,
                        Ok(Truth::Unknown) => {
                            let_in_unknown = Some("`--anonymous-auth`".to_owned());
                            continue;
                        }
                        Err(wanted) => {
                            let_in_unknown = Some(wanted);
                            continue;
                        }
                    }
                }
            };
            answered.place(&holder.at);
            let Holding { who, grant, .. } = holder;
            answered.seen.push(format!("{} gives {who} the {}", grant.name(), grant.role_name()));
            return Ok(Truth::True);
        }
        if let Some(wanted) = let_in_unknown {
            return Err(wanted);
        }
        self.nobody_has(of, rights, among)
    }

    /// That nobody has it, where all was seen that could say otherwise.
    fn nobody_has(&self, of: &Asked<'_>, rights: &Rights<'_>, among: Option<String>) -> Result<Truth, String> {
        if let Some(why) = among {
            return Err(format!("{}, since RBAC may not decide alone: {why}", self.said()));
        }
        let mut kinds = vec![Of::ClusterRole, Of::ClusterRoleBinding];
        if self.scope != Scope::Cluster {
            kinds.extend([Of::Role, Of::RoleBinding]);
        }
        if self.resources.iter().any(|resource| resource.starts_with('@')) {
            kinds.push(Of::CustomResourceDefinition);
        }
        for kind in kinds {
            match of.cluster.objects.whole(kind) {
                Ok(()) => {}
                Err(gap) if gap.kind != GapKind::NotCollected => return Err(gap.wanted),
                Err(_) if matches!(of.cluster.objects.extent(kind), Extent::NotAsked | Extent::Found) => {
                    return Err(self.said());
                }
                Err(gap) => return Err(gap.wanted),
            }
        }
        if rights.has_unknown { Err(self.said()) } else { Ok(Truth::False) }
    }

    fn said(&self) -> String {
        format!("RBAC: who may {} {}", self.verbs.join(" or "), self.resources.join(" and "))
    }

    fn is_granted(&self, rule: &PolicyRule, of_cluster: bool, definitions: &[Definition]) -> bool {
        self.verbs.iter().any(|verb| {
            let has_verb = match verb.as_str() {
                "*" => !rule.verbs.is_empty(),
                verb => rule.verbs.iter().any(|known| matches!(&**known, "*") || **known == *verb),
            };
            has_verb && self.resources.iter().any(|resource| self.has(rule, verb, resource, of_cluster, definitions))
        })
    }

    /// Whether a rule speaks of a resource that the question means.
    fn has(&self, rule: &PolicyRule, verb: &str, resource: &str, of_cluster: bool, definitions: &[Definition]) -> bool {
        // Who makes an object, or lists them, names none, but where it is a part of one.
        let names_none = matches!(verb, "create" | "list" | "watch") && !resource.contains('/');
        if names_none && resource != "*" && !rule.names.is_empty() {
            return false;
        }
        let own_verb = if verb == "*" { rule.verbs.first().map_or("get", |verb| verb) } else { verb };
        match resource {
            "*" => {
                let group = self.api_group == "*"
                    || rule.groups.iter().any(|group| matches!(&**group, "*") || **group == *self.api_group);
                let made = |known: &str| known.contains('/') || rule.names.is_empty() || verb != "create";
                group && rule.resources.iter().any(|known| made(known))
            }
            "@custom-resources" => definitions.iter().any(|one| rule.speaks_of(own_verb, &one.group, &one.plural)),
            "@cluster-scoped-custom-resources" => {
                definitions.iter().any(|one| one.of_cluster && rule.speaks_of(own_verb, &one.group, &one.plural))
            }
            named => (of_cluster || !OF_CLUSTER.contains(&named)) && rule.speaks_of(own_verb, &self.api_group, named),
        }
    }
}

/// Whether requests without credentials are let in.
fn let_in(server: &ApiServer, answered: &mut Answered) -> Result<Truth, String> {
    match server.anonymous() {
        Ok(anonymous) => {
            anonymous.origin.location().into_iter().for_each(|at| answered.place(at));
            // Where they are let in to some paths only, none of these is a resource.
            Ok(Truth::from(anonymous.enabled && anonymous.paths.is_none()))
        }
        Err(model::Unanswered::Gap(gap)) => Err(gap.wanted),
        Err(model::Unanswered::NotApplicable(_)) => Err("`--anonymous-auth`".to_owned()),
    }
}

/// Kinds of objects that say who may do what.
pub(super) const KINDS: [Of; 5] =
    [Of::ClusterRole, Of::ClusterRoleBinding, Of::Role, Of::RoleBinding, Of::CustomResourceDefinition];
