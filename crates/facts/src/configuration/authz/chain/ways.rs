//! What is asked about somebody who acts for another one, before the request itself is looked at.
//!
//! Up to 1.34 each part of the other user is asked about with the verb `impersonate`, and all have to be allowed
//! (apiserver pkg/endpoints/filters/impersonation.go, `WithImpersonation`; the parts that it adds by itself it does not ask
//! about). From 1.36 on, where the gate ConstrainedImpersonation is on by default, ways that allow less are tried before
//! that one, each of them for users of one sort, and the first that is allowed is taken
//! (pkg/endpoints/filters/impersonation/mode.go, 1.36). Every refusal is status 403, also one because somebody failed.
//!
//! Start at [`ways`].

use std::collections::{BTreeMap, BTreeSet};

use model::Minor;

use crate::{
    configuration::decode::{is_domain_prefixed_path, is_label, is_subdomain},
    request::{Attributes, Impersonated, User},
};

/// A way to act for somebody: everything that has to be allowed for it.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) steps: Vec<Step>,
    /// As whom the request goes on.
    pub(super) becomes: User,
}

/// One part of the other user.
#[derive(Debug)]
pub(super) struct Step {
    /// As whom it is asked: the one who acts, or what is left of that one.
    pub(super) asks: User,
    /// What is asked at first, where one answer stands for all.
    pub(super) at_once: Option<Attributes>,
    /// All of these have to be allowed.
    pub(super) each: Vec<Attributes>,
    /// Why it is refused and nobody is asked.
    pub(super) refused: Option<&'static str>,
}

const AUTHENTICATED: &str = "system:authenticated";
const UNAUTHENTICATED: &str = "system:unauthenticated";
const ANONYMOUS: &str = "system:anonymous";
const NODES: &str = "system:nodes";
const AUTHENTICATION: &str = "authentication.k8s.io";

/// The ways that are tried, in their order; the last is the one that every release has.
pub(super) fn ways(user: &User, other: &Impersonated, asked: &Attributes, minor: Minor) -> Vec<Way> {
    let wanted = Wanted::of(other, minor);
    let mut ways = Vec::new();
    if minor >= Minor::new(1, 36) {
        let node = wanted.node();
        let alone = wanted.is_only_a_name();
        let modes = [
            ("associated-node", alone && node.is_some_and(|node| runs_on(user, node))),
            ("arbitrary-node", alone && node.is_some()),
            ("serviceaccount", alone && wanted.account().is_some()),
            ("user-info", node.is_none() && wanted.account().is_none()),
        ];
        let fitting = modes.into_iter().filter(|(_, fits)| *fits);
        ways.extend(fitting.map(|(mode, _)| wanted.constrained(mode, user, asked)));
    }
    ways.push(wanted.legacy(user, minor));
    ways
}

/// The other user, as the headers of the request named that one.
struct Wanted<'o> {
    name: &'o str,
    uid: &'o str,
    /// Without those that the server adds by itself, which are named where a request was taken from a record.
    groups: Vec<&'o str>,
    extra: BTreeMap<&'o str, &'o [String]>,
    /// Whether the server completes groups that were named, too (pull request 94410, 1.20).
    completes: bool,
}

impl<'o> Wanted<'o> {
    fn of(other: &'o Impersonated, minor: Minor) -> Self {
        let name = other.user.as_str();
        let added = if name == ANONYMOUS { UNAUTHENTICATED } else { AUTHENTICATED };
        let given = other.groups.iter().flatten().map(String::as_str);
        let mut groups: Vec<&str> = given.filter(|group| *group != added).collect();
        if account(name).is_some_and(|(namespace, _)| groups == groups_of_account(namespace)) {
            groups.clear();
        }
        // The header for it came in 1.22 (pull request 99961).
        let uid = other.uid.as_deref().filter(|_| minor >= Minor::new(1, 22)).unwrap_or_default();
        let extra = other.extra.iter().flatten().map(|(key, values)| (key.as_str(), values.as_slice())).collect();
        Self { name, uid, groups, extra, completes: minor >= Minor::new(1, 20) }
    }

    fn account(&self) -> Option<(&'o str, &'o str)> {
        account(self.name)
    }

    fn node(&self) -> Option<&'o str> {
        self.name.strip_prefix("system:node:").filter(|node| is_subdomain(node))
    }

    fn is_only_a_name(&self) -> bool {
        self.uid.is_empty() && self.groups.is_empty() && self.extra.is_empty()
    }

    /// The user that the request is served for; `fixed` are the groups of a node.
    fn becomes(&self, fixed: &[&str]) -> User {
        let named = !self.groups.is_empty();
        let mut groups: Vec<String> = match self.account() {
            Some((namespace, _)) if !named => groups_of_account(namespace),
            _ => self.groups.iter().chain(fixed).map(|&group| group.to_owned()).collect(),
        };
        let holds = |group: &str, groups: &[String]| groups.iter().any(|other| other == group);
        if self.name == ANONYMOUS {
            if self.completes && !holds(UNAUTHENTICATED, &groups) {
                groups.push(UNAUTHENTICATED.to_owned());
            }
        } else if (self.completes || !named) && !holds(AUTHENTICATED, &groups) && !holds(UNAUTHENTICATED, &groups) {
            groups.push(AUTHENTICATED.to_owned());
        }
        let extra = self.extra.iter().map(|(key, values)| ((*key).to_owned(), values.to_vec())).collect();
        User { name: self.name.to_owned(), groups, uid: self.uid.to_owned(), extra }
    }

    /// A `mode` of 1.36: the right to ask for this while acting, and the right to act.
    fn constrained(&self, mode: &str, user: &User, asked: &Attributes) -> Way {
        let on_node = mode == "associated-node";
        let asks = if on_node { without_extra(user) } else { user.clone() };
        let verb = format!("impersonate:{mode}");
        let about =
            |resource: &str, subresource: &str, name: &str| right(&verb, AUTHENTICATION, resource, subresource, name);
        let step = |at_once, each, refused| Step { asks: asks.clone(), at_once, each, refused };
        let on = Attributes { verb: format!("impersonate-on:{mode}:{}", asked.verb), ..asked.clone() };
        let name = match (self.node(), self.account()) {
            // One right serves for all nodes, since the server has seen that it is the right one.
            (Some(_), _) if on_node => about("nodes", "", "*"),
            (Some(node), _) => about("nodes", "", node),
            (_, Some((namespace, name))) => {
                Attributes { namespace: namespace.to_owned(), ..about("serviceaccounts", "", name) }
            }
            _ => about("users", "", self.name),
        };
        let mut steps = vec![step(None, vec![on], None), step(None, vec![name], None)];
        if !self.uid.is_empty() {
            steps.push(step(None, vec![about("uids", "", self.uid)], None));
        }
        if !self.groups.is_empty() {
            let unfit = self.groups.iter().any(|group| group.is_empty() || *group == "system:masters");
            let refused = unfit.then_some("an empty group and system:masters are not for this way of acting");
            let at_once = (self.groups.len() >= MANY).then(|| about("groups", "", "*"));
            let each = self.groups.iter().map(|group| about("groups", "", group)).collect();
            steps.push(step(at_once, each, refused));
        }
        if !self.extra.is_empty() {
            let is_fit = |(key, values): (&&str, &&[String])| {
                is_domain_prefixed_path(key)
                    && !key.chars().any(char::is_uppercase)
                    && !values.is_empty()
                    && !values.iter().any(String::is_empty)
            };
            let unfit = !self.extra.iter().all(is_fit);
            let refused = unfit
                .then_some("an extra whose key is no domain with a path, or with an empty value, is not for this way");
            let values = self.extra.values().map(|values| values.len()).sum::<usize>();
            let at_once = (self.extra.len() >= MANY || values >= MANY).then(|| about("userextras", "*", "*"));
            steps.push(step(at_once, self.extras(&verb), refused));
        }
        let fixed: &[&str] = if self.node().is_some() { &[NODES] } else { &[] };
        Way { steps, becomes: self.becomes(fixed) }
    }

    fn legacy(&self, user: &User, minor: Minor) -> Way {
        const VERB: &str = "impersonate";
        // The old code names no version of the core group.
        let about = |group: &str, resource: &str, name: &str| {
            let right = right(VERB, group, resource, "", name);
            let version =
                if group.is_empty() && minor < Minor::new(1, 36) { String::new() } else { right.version.clone() };
            Attributes { version, ..right }
        };
        let name = match self.account() {
            Some((namespace, name)) => {
                Attributes { namespace: namespace.to_owned(), ..about("", "serviceaccounts", name) }
            }
            None => about("", "users", self.name),
        };
        let uid = (!self.uid.is_empty()).then(|| about(AUTHENTICATION, "uids", self.uid));
        let rest = self.groups.iter().map(|group| about("", "groups", group)).chain(self.extras(VERB));
        // The new code of it asks about the UID second, where the old one asked last.
        let each: Vec<Attributes> = if minor >= Minor::new(1, 36) {
            std::iter::once(name).chain(uid).chain(rest).collect()
        } else {
            std::iter::once(name).chain(rest).chain(uid).collect()
        };
        let steps = vec![Step { asks: user.clone(), at_once: None, each, refused: None }];
        Way { steps, becomes: self.becomes(&[]) }
    }

    fn extras(&self, verb: &str) -> Vec<Attributes> {
        let pairs = self.extra.iter().flat_map(|(key, values)| values.iter().map(move |value| (*key, value)));
        pairs.map(|(key, value)| right(verb, AUTHENTICATION, "userextras", key, value)).collect()
    }
}

/// From so many on, the right to all is asked for before the right to each.
const MANY: usize = 4;

fn right(verb: &str, group: &str, resource: &str, subresource: &str, name: &str) -> Attributes {
    Attributes {
        verb: verb.to_owned(),
        is_resource: true,
        group: group.to_owned(),
        version: "v1".to_owned(),
        resource: resource.to_owned(),
        subresource: subresource.to_owned(),
        name: name.to_owned(),
        ..Attributes::default()
    }
}

/// Whether somebody is a service account whose token says that it runs on that node.
fn runs_on(user: &User, node: &str) -> bool {
    let told = user.extra.get("authentication.kubernetes.io/node-name");
    account(&user.name).is_some() && told.is_some_and(|names| names.as_slice() == [node])
}

/// Of what a service account on its own node has beside its name, only the keys are shown.
fn without_extra(user: &User) -> User {
    const KEYS: &str = "authentication.kubernetes.io/associated-node-keys";
    let keys: BTreeSet<&String> = user.extra.keys().collect();
    let extra = BTreeMap::from([(KEYS.to_owned(), keys.into_iter().cloned().collect())]);
    User { extra, ..user.clone() }
}

/// apiserver pkg/authentication/serviceaccount/util.go, `SplitUsername`.
fn account(name: &str) -> Option<(&str, &str)> {
    let (namespace, account) = name.strip_prefix("system:serviceaccount:")?.split_once(':')?;
    (is_label(namespace) && is_subdomain(account)).then_some((namespace, account))
}

fn groups_of_account(namespace: &str) -> Vec<String> {
    vec!["system:serviceaccounts".to_owned(), format!("system:serviceaccounts:{namespace}")]
}
