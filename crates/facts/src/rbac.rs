//! Who may do what, as the RBAC authorizer of an API server sees it.
//!
//! A binding grants the rules of a role to subjects, in the whole cluster or in one namespace
//! (plugin/pkg/auth/authorizer/rbac/rbac.go and pkg/registry/rbac/validation/rule.go, 1.36). What Kubernetes and its
//! distributions ship is told from what somebody added, subject by subject and rule by rule: a shipped role with one rule
//! more is shipped but for that rule.
//!
//! Nothing here says whether a right is too much. Start at [`Access`], which lays the objects of a cluster out as
//! [`Grant`]s; how one rule matches a request is in [`matching`], and how rights lead to others in [`reach`].

mod known;
mod matching;
pub mod reach;
pub mod shipped;

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    fmt,
    sync::Arc,
};

use model::{Gap, GapKind, Location, Release};

use crate::objects::{Binding, Extent, Objects, Of, PolicyRule, Role, Subject, SubjectKind};
use shipped::{Era, SHIPPED, ShippedRole};

/// What is known of the grants of one cluster.
#[derive(Clone, Debug)]
pub struct Rbac {
    era: Era,
    /// Whether all is known that its release ships.
    is_known: bool,
    grants: Vec<Laid>,
    /// Of roles that have a shipped name, the rules that the shipped one has not.
    added: HashMap<usize, Vec<bool>>,
    /// Of these roles, those that hold a rule which only some of the possible releases ship.
    open: HashSet<usize>,
    /// Of roles that are put together from others and that a file holds, those they are put together from.
    parts: HashMap<usize, Vec<usize>>,
}

/// One binding, its role looked up.
#[derive(Clone, Debug)]
struct Laid {
    role: Held,
    /// Who ships it, for each subject.
    shipped: Box<[Option<&'static str>]>,
}

/// The role that a binding names.
#[derive(Clone, Debug)]
enum Held {
    Found(usize),
    /// It is not in the files, and Kubernetes ships one of the name.
    Shipped(&'static ShippedRole),
    /// All roles are known, and it is none of them.
    Absent,
    Unknown,
}

impl Rbac {
    /// Looks up the role of every binding.
    pub(crate) fn new(objects: &Objects, release: Option<&Release>, distribution: Option<&'static str>) -> Self {
        let era = Era::of(release, distribution).told_by(objects);
        let mut by_name: HashMap<(&str, &str), usize> = HashMap::with_capacity(objects.roles.len());
        for (index, role) in objects.roles.iter().enumerate() {
            by_name.entry(key(role)).or_insert(index);
        }
        let given = |of_cluster: bool| {
            let of = if of_cluster { Of::ClusterRole } else { Of::Role };
            matches!(objects.extent(of), Extent::Whole | Extent::Missing)
        };
        let asked = |of_cluster: bool| {
            let of = if of_cluster { Of::ClusterRole } else { Of::Role };
            matches!(objects.extent(of), Extent::Unread(_))
        };
        let lay = |binding: &Binding| {
            let namespace = if binding.role.of_cluster { "" } else { &*binding.meta.namespace };
            let name = &*binding.role.name;
            let role = match by_name.get(&(namespace, name)) {
                Some(index) if objects.roles[*index].of_cluster == binding.role.of_cluster => Held::Found(*index),
                _ if given(binding.role.of_cluster) => Held::Absent,
                // What a server has made of a shipped role is in the list that it refused.
                _ if asked(binding.role.of_cluster) => Held::Unknown,
                _ => SHIPPED.role(namespace, name, &era).map_or(Held::Unknown, Held::Shipped),
            };
            let shipped =
                binding.subjects.iter().map(|subject| known::ships(binding, subject, &era, distribution)).collect();
            Laid { role, shipped }
        };
        let grants = objects.bindings.iter().map(lay).collect();
        let mut added = HashMap::new();
        let mut open = HashSet::new();
        let mut parts = HashMap::new();
        for (index, role) in objects.roles.iter().enumerate() {
            let (namespace, name) = key(role);
            if let Some(known) = SHIPPED.role(namespace, name, &era) {
                let (ever, surely): (Vec<_>, Vec<_>) = (known.ever(&era).collect(), known.surely(&era).collect());
                let is_added: Vec<bool> = role.rules.iter().map(|rule| !matching::covers(&ever, rule)).collect();
                let depends = |(rule, added): (&PolicyRule, &bool)| !added && !matching::covers(&surely, rule);
                if ever.len() > surely.len() && role.rules.iter().zip(&is_added).any(depends) {
                    open.insert(index);
                }
                added.insert(index, is_added);
            }
            // A controller puts them together (pkg/controller/clusterroleaggregation, 1.36); where it has not, it will.
            if role.aggregates.is_some() && (role.rules.is_empty() || !given(true)) {
                parts.insert(index, parts_of(role, objects));
            }
        }
        Self { era, is_known: release.is_some_and(shipped::knows), grants, added, open, parts }
    }
}

fn key(role: &Role) -> (&str, &str) {
    (if role.of_cluster { "" } else { &role.meta.namespace }, &role.meta.name)
}

/// The ClusterRoles that a role is put together from, also by way of others that are.
fn parts_of(role: &Role, objects: &Objects) -> Vec<usize> {
    let selects = |role: &Role, other: &Role| {
        let meets = |labels: &Vec<(Arc<str>, Arc<str>)>| {
            !labels.is_empty() && labels.iter().all(|(key, value)| other.meta.label(key) == Some(value))
        };
        other.of_cluster && role.aggregates.iter().flatten().any(meets)
    };
    let mut found: Vec<usize> = Vec::new();
    let mut open = vec![role];
    while let Some(role) = open.pop() {
        for (index, other) in objects.roles.iter().enumerate() {
            if selects(role, other) && !found.contains(&index) && found.len() < MOST_PARTS {
                found.push(index);
                open.push(other);
            }
        }
    }
    found.sort_unstable();
    found
}

/// Roles that one is put together from; more than any file holds.
const MOST_PARTS: usize = 256;

/// Who may do what in one cluster.
#[derive(Clone, Copy)]
pub struct Access<'a> {
    pub objects: &'a Objects,
    pub(crate) rbac: &'a Rbac,
}

/// One binding as the authorizer sees it.
#[derive(Clone, Copy)]
pub struct Grant<'a> {
    pub binding: &'a Binding,
    access: Access<'a>,
    laid: &'a Laid,
}

/// One rule that a grant brings.
#[derive(Clone, Debug)]
pub struct Permission<'a> {
    pub rule: &'a PolicyRule,
    /// The role that holds it, and its number there; `None` where no evidence holds the role.
    place: Option<(&'a Role, usize)>,
    /// Whether a role of that name is shipped with it.
    pub shipped: bool,
    /// Whether somebody added it to a role that is shipped without it.
    pub is_added: bool,
}

/// One subject of a grant.
#[derive(Clone, Debug)]
pub struct Holder<'a> {
    pub who: Who<'a>,
    pub at: Location,
    /// Who ships the binding with that subject: `Kubernetes`, `kubeadm`.
    pub shipped: Option<&'static str>,
}

/// Somebody who may be granted something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who<'a> {
    User(Cow<'a, str>),
    Group(Cow<'a, str>),
    /// Its namespace, and its name.
    Account(Cow<'a, str>, Cow<'a, str>),
}

impl fmt::Display for Who<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(name) => write!(f, "User `{name}`"),
            Self::Group(name) => write!(f, "Group `{name}`"),
            Self::Account(namespace, name) => write!(f, "ServiceAccount `{namespace}/{name}`"),
        }
    }
}

impl Permission<'_> {
    /// Where it stands; `None` where no evidence holds the role.
    pub fn at(&self) -> Option<Location> {
        self.place.map(|(role, number)| role.rule_at(number))
    }
}

impl Holder<'_> {
    /// Whether somebody gave it to them: the binding, or the rule of a role that is shipped without it.
    pub fn was_given(&self, permission: &Permission<'_>) -> bool {
        self.shipped.is_none() || permission.is_added
    }
}

impl<'a> Who<'a> {
    /// Whom a subject of a binding stands for; `None` where it stands for nobody.
    ///
    /// The namespace of a service account is the binding's where it names none, and without either nobody is meant
    /// (`appliesToUser` in pkg/registry/rbac/validation/rule.go, 1.36). A user of the name that a service account has is that
    /// account.
    pub fn of(subject: &'a Subject, binding: &'a Binding) -> Option<Self> {
        let name: &'a str = &subject.name;
        match subject.kind {
            SubjectKind::User => {
                let account = name.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'));
                Some(match account.filter(|(namespace, name)| !namespace.is_empty() && !name.is_empty()) {
                    Some((namespace, name)) => Self::Account(namespace.into(), name.into()),
                    None => Self::User(name.into()),
                })
            }
            SubjectKind::Group => Some(Self::Group(name.into())),
            SubjectKind::ServiceAccount => {
                let namespace: &'a str =
                    if subject.namespace.is_empty() { &binding.meta.namespace } else { &subject.namespace };
                // A file may leave both to whoever applies it.
                let unsaid = namespace.is_empty() && !binding.of_cluster;
                (unsaid || !namespace.is_empty())
                    .then(|| Self::Account(if unsaid { "default" } else { namespace }.into(), name.into()))
            }
        }
    }

    /// Whether it is a subject that callers without credentials, or with any, fall under.
    pub fn is_everybody(&self) -> bool {
        match self {
            Self::User(name) => name == "system:anonymous",
            Self::Group(name) => {
                matches!(&**name, "system:unauthenticated" | "system:authenticated" | "system:serviceaccounts")
            }
            Self::Account(..) => false,
        }
    }
}

impl<'a> Access<'a> {
    pub fn grants(self) -> impl Iterator<Item = Grant<'a>> {
        self.objects.bindings.iter().zip(&self.rbac.grants).map(move |(binding, laid)| Grant {
            binding,
            access: self,
            laid,
        })
    }

    /// Whether what no list of these kinds holds is not there.
    ///
    /// # Errors
    ///
    /// One gap for each list that is not whole.
    pub fn whole(self, kinds: &[Of]) -> Result<(), Vec<Gap>> {
        let gaps: Vec<Gap> = kinds.iter().filter_map(|of| self.objects.whole(*of).err()).collect();
        if gaps.is_empty() { Ok(()) } else { Err(gaps) }
    }

    /// Whether all is known that the release of the cluster ships, be it shown or given.
    pub fn knows_the_release(self) -> bool {
        self.rbac.is_known
    }

    /// Whether Kubernetes ships a role of that name.
    pub fn ships(self, role: &Role) -> bool {
        let (namespace, name) = key(role);
        SHIPPED.role(namespace, name, &self.rbac.era).is_some()
    }

    /// Whether Kubernetes ships a binding of that name.
    pub fn ships_binding(self, binding: &Binding) -> bool {
        let namespace = if binding.of_cluster { "" } else { &*binding.meta.namespace };
        SHIPPED.has_binding(namespace, &binding.meta.name, &self.rbac.era)
    }

    /// Whether it depends on the release, which is not known, what a role of a shipped name holds that it is not shipped with.
    pub fn depends_on_the_release(self, role: &Role) -> bool {
        let index = self.objects.roles.iter().position(|known| std::ptr::eq(known, role));
        index.is_some_and(|index| self.rbac.open.contains(&index))
    }

    /// Of a role of a shipped name, the rules that somebody added to it.
    pub fn added(self, role: &Role) -> Vec<usize> {
        let index = self.objects.roles.iter().position(|known| std::ptr::eq(known, role));
        let added = index.and_then(|index| self.rbac.added.get(&index));
        added.into_iter().flatten().enumerate().filter_map(|(number, added)| added.then_some(number)).collect()
    }
}

impl<'a> Grant<'a> {
    /// Where it holds; `None` in the whole cluster.
    pub fn namespace(self) -> Option<&'a str> {
        (!self.binding.of_cluster).then_some(&*self.binding.meta.namespace)
    }

    /// "ClusterRoleBinding `a`", "RoleBinding `n/a`".
    pub fn name(self) -> String {
        let Binding { meta, of_cluster, .. } = self.binding;
        match (of_cluster, &*meta.namespace) {
            (true, _) => format!("ClusterRoleBinding `{}`", meta.name),
            (false, "") => format!("RoleBinding `{}`", meta.name),
            (false, namespace) => format!("RoleBinding `{namespace}/{}`", meta.name),
        }
    }

    /// What an entry about it is about: `ClusterRoleBinding/a`, `RoleBinding/n/a`.
    pub fn subject(self) -> String {
        let Binding { meta, of_cluster, .. } = self.binding;
        match (of_cluster, &*meta.namespace) {
            (true, _) => format!("ClusterRoleBinding/{}", meta.name),
            (false, "") => format!("RoleBinding/{}", meta.name),
            (false, namespace) => format!("RoleBinding/{namespace}/{}", meta.name),
        }
    }

    /// "ClusterRole `a`".
    pub fn role_name(self) -> String {
        let kind = if self.binding.role.of_cluster { "ClusterRole" } else { "Role" };
        format!("{kind} `{}`", self.binding.role.name)
    }

    /// Whether it is known that there is no such role, so that nothing is granted.
    pub fn has_no_role(self) -> bool {
        matches!(self.laid.role, Held::Absent)
    }

    /// Whether the role is one of those that Kubernetes ships for people: `view`, `edit`, `admin`, `cluster-admin`.
    pub fn is_for_people(self) -> bool {
        self.binding.role.of_cluster && matches!(&*self.binding.role.name, "view" | "edit" | "admin" | "cluster-admin")
    }

    /// Why it is not known what it grants, if that is so.
    pub fn gap(self) -> Option<Gap> {
        if !matches!(self.laid.role, Held::Unknown) {
            return None;
        }
        let of = if self.binding.role.of_cluster { Of::ClusterRole } else { Of::Role };
        let refused = self.access.objects.whole(of).err().filter(|gap| gap.kind != GapKind::NotCollected);
        Some(refused.unwrap_or_else(|| Gap {
            kind: GapKind::NotCollected,
            reason: format!("{} names {}, which no file holds", self.name(), self.role_name()),
            wanted: format!("{}/{}", of.kind(), self.binding.role.name),
            who_could_answer: "the running cluster, or the file with that role".to_owned(),
        }))
    }

    /// The rules that it grants; none where they are not known.
    pub fn permissions(self) -> Vec<Permission<'a>> {
        match self.laid.role {
            Held::Found(index) => {
                let parts = self.access.rbac.parts.get(&index);
                let own = std::iter::once(index).chain(parts.into_iter().flatten().copied());
                own.flat_map(|index| self.access.permissions(index)).collect()
            }
            Held::Shipped(role) => {
                let era = &self.access.rbac.era;
                role.rules(era).map(|rule| Permission { rule, place: None, shipped: true, is_added: false }).collect()
            }
            Held::Absent | Held::Unknown => Vec::new(),
        }
    }

    pub fn holders(self) -> impl Iterator<Item = Holder<'a>> {
        let binding = self.binding;
        binding.subjects.iter().zip(&self.laid.shipped).enumerate().filter_map(move |(number, (subject, shipped))| {
            Some(Holder { who: Who::of(subject, binding)?, at: binding.subject_at(number), shipped: *shipped })
        })
    }

    /// Whether somebody added it: the binding, one of its subjects, or a rule of its role.
    pub fn is_added(self) -> bool {
        self.laid.shipped.iter().any(Option::is_none)
            || matches!(self.laid.role, Held::Found(index) if self.access.rbac.added.get(&index).is_some_and(|added| added.contains(&true)))
    }

    /// Whether it grants everything, as `cluster-admin` does.
    ///
    /// That name is what it is: the server makes the role what it ships at each of its starts.
    pub fn is_everything(self) -> bool {
        self.binding.role.of_cluster && &*self.binding.role.name == "cluster-admin" && !self.has_no_role()
            || match self.laid.role {
                Held::Found(index) => self.access.objects.roles[index].rules.iter().any(PolicyRule::is_everything),
                _ => false,
            }
    }
}

impl<'a> Access<'a> {
    fn permissions(self, index: usize) -> impl Iterator<Item = Permission<'a>> {
        let role = self.objects.roles.get(index);
        let added = self.rbac.added.get(&index);
        role.into_iter().flat_map(move |role| {
            role.rules.iter().enumerate().map(move |(number, rule)| Permission {
                rule,
                place: Some((role, number)),
                shipped: added.is_some_and(|added| added.get(number) == Some(&false)),
                is_added: added.is_some_and(|added| added.get(number) == Some(&true)),
            })
        })
    }
}
