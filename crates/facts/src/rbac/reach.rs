//! Who can make themselves an administrator, and how.
//!
//! Some rights are administration in all but name: whoever may `escalate`, `bind` or `impersonate` without limit, reach
//! kubelets through nodes, have certificates signed, or change what every request is sent through. Others lend the rights of
//! service accounts: pods run as them, tokens are made for them and secrets hold their tokens. So from those who have
//! administration the ways are followed back to everybody who can borrow it.
//!
//! What a step needs besides, such as a node to run on or a token that somebody has stored, is taken to be there.

use std::collections::HashMap;

use super::{Access, Grant, Permission, Who};
use crate::objects::PolicyRule;

/// How somebody reaches administration: the grant that begins the way, and who is borrowed from.
#[derive(Clone, Debug)]
pub struct Reach<'a> {
    /// What the grant lets them do, to stand behind "may".
    pub how: &'static str,
    pub right: Right<'a>,
    /// The service account, or the group of them, whose rights are borrowed; `None` where the right itself is enough.
    pub by: Option<Who<'a>>,
    /// Whether Kubernetes or the distribution ships it so.
    pub shipped: bool,
    /// Grants on the way, this one included.
    pub steps: usize,
}

/// One rule of a grant, and who of its subjects has it.
#[derive(Clone)]
pub struct Right<'a> {
    pub grant: Grant<'a>,
    pub rule: Option<Permission<'a>>,
    pub holder: usize,
}

impl std::fmt::Debug for Right<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.grant.name())
    }
}

const RBAC: &str = "rbac.authorization.k8s.io";
const CERTIFICATES: &str = "certificates.k8s.io";
const ADMISSION: &str = "admissionregistration.k8s.io";
const CLIENT: &str = "kubernetes.io/kube-apiserver-client";

/// The right that is administration where it is granted in the whole cluster, and the number of the rule that has it.
fn direct(rules: &[&PolicyRule]) -> Option<(&'static str, usize)> {
    let find = |test: &dyn Fn(&PolicyRule) -> bool| rules.iter().position(|rule| test(rule));
    let any_name =
        |rule: &PolicyRule, name: &str| rule.names.is_empty() || rule.names.iter().any(|known| **known == *name);
    if let Some(at) = find(&PolicyRule::is_everything) {
        return Some(("do everything", at));
    }
    if let Some(at) = find(&|rule| rule.speaks_of("escalate", RBAC, "clusterroles")) {
        return Some(("put any right into ClusterRoles (`escalate`)", at));
    }
    if let Some(at) = find(&|rule| rule.speaks_of("bind", RBAC, "clusterroles") && any_name(rule, "cluster-admin")) {
        return Some(("bind itself to `cluster-admin` (`bind`)", at));
    }
    if let Some(at) = find(&|rule| rule.speaks_of("impersonate", "", "groups") && any_name(rule, "system:masters")) {
        return Some(("impersonate `system:masters`", at));
    }
    if let Some(at) = find(&|rule| rule.speaks_of("impersonate", "", "users") && rule.names.is_empty()) {
        return Some(("impersonate every user", at));
    }
    let reaches_kubelets =
        |rule: &PolicyRule| ["get", "create"].iter().any(|verb| rule.speaks_of(verb, "", "nodes/proxy"));
    if let Some(at) = find(&reaches_kubelets) {
        return Some(("run commands in every pod through `nodes/proxy`", at));
    }
    let signs = |verb: &'static str| {
        move |rule: &PolicyRule| rule.speaks_of(verb, CERTIFICATES, "signers") && any_name(rule, CLIENT)
    };
    let writes = |part: &'static str| {
        move |rule: &PolicyRule| ["update", "patch"].iter().any(|verb| rule.speaks_of(verb, CERTIFICATES, part))
    };
    for (verb, part, how) in [
        ("approve", "certificatesigningrequests/approval", "have client certificates of any name signed"),
        ("sign", "certificatesigningrequests/status", "sign client certificates of any name"),
    ] {
        if let (Some(at), Some(_)) = (find(&signs(verb)), find(&writes(part))) {
            return Some((how, at));
        }
    }
    let hooks = |rule: &PolicyRule| {
        rule.names.is_empty()
            && ["create", "update", "patch"].iter().any(|verb| {
                ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"]
                    .iter()
                    .any(|kind| rule.speaks_of(verb, ADMISSION, kind))
            })
    };
    find(&hooks).map(|at| ("have every request sent to a webhook of its own", at))
}

/// Which service accounts a right lends.
enum Lends<'a> {
    All,
    Named(&'a PolicyRule),
}

/// Rights that lend those of service accounts in the namespace where they are granted: how, and the number of the rule.
fn steps<'a>(rules: &[&'a PolicyRule]) -> Vec<(&'static str, usize, Lends<'a>)> {
    const MADE: [(&str, &str); 7] = [
        ("", "pods"),
        ("apps", "deployments"),
        ("apps", "daemonsets"),
        ("apps", "statefulsets"),
        ("apps", "replicasets"),
        ("batch", "jobs"),
        ("batch", "cronjobs"),
    ];
    let mut found = Vec::new();
    for (at, rule) in rules.iter().enumerate() {
        let lends = || if rule.names.is_empty() { Lends::All } else { Lends::Named(rule) };
        let free = rule.names.is_empty();
        if rule.speaks_of("create", "", "serviceaccounts/token") {
            found.push(("make tokens of service accounts", at, lends()));
        }
        if rule.speaks_of("impersonate", "", "serviceaccounts") {
            found.push(("impersonate service accounts", at, lends()));
        }
        if free && MADE.iter().any(|(group, kind)| rule.speaks_of("create", group, kind)) {
            found.push(("create pods", at, Lends::All));
        }
        if free && ["get", "list", "watch"].iter().any(|verb| rule.speaks_of(verb, "", "secrets")) {
            found.push(("read secrets", at, Lends::All));
        }
        if free
            && (rule.speaks_of("create", "", "pods/exec") || rule.speaks_of("patch", "", "pods/ephemeralcontainers"))
        {
            found.push(("run commands in pods", at, Lends::All));
        }
        if free && (rule.speaks_of("bind", RBAC, "clusterroles") || rule.speaks_of("escalate", RBAC, "roles")) {
            found.push(("grant itself any right there", at, Lends::All));
        }
    }
    found
}

/// A right that lends those of service accounts, and to whom.
#[derive(Clone)]
struct Step<'a> {
    who: Who<'a>,
    how: &'static str,
    right: Right<'a>,
    shipped: bool,
}

/// Everybody who can, each by the shortest way; whoever ships with it and whoever was added.
pub fn administrators<'a>(access: Access<'a>) -> HashMap<Who<'a>, Reach<'a>> {
    let mut reached: HashMap<Who<'a>, Reach<'a>> = HashMap::new();
    let mut queue: Vec<Who<'a>> = Vec::new();
    let mut everywhere: Vec<Step<'a>> = Vec::new();
    let mut of_namespace: HashMap<&'a str, Vec<Step<'a>>> = HashMap::new();
    let mut of_account: HashMap<(String, String), Vec<Step<'a>>> = HashMap::new();
    // A role is bound many times and read once.
    let mut known: HashMap<(&'a str, &'a str), Powers> = HashMap::new();
    for grant in access.grants() {
        let role = &grant.binding.role;
        let home = if role.of_cluster { "" } else { &*grant.binding.meta.namespace };
        let powers = known.entry((home, &role.name)).or_insert_with(|| Powers::of(grant));
        if powers.is_none() && !grant.is_everything() {
            continue;
        }
        let permissions = grant.permissions();
        for (number, holder) in grant.holders().enumerate() {
            let step = |how: &'static str, rule: usize| Step {
                who: holder.who.clone(),
                how,
                right: Right { grant, rule: permissions.get(rule).cloned(), holder: number },
                shipped: permissions.get(rule).map_or(holder.shipped.is_some(), |rule| !holder.was_given(rule)),
            };
            let direct = powers.direct.or_else(|| grant.is_everything().then_some(("do everything", usize::MAX)));
            if let Some((how, rule)) = direct.filter(|_| grant.namespace().is_none()) {
                let step = step(how, rule);
                arrive(&mut reached, &mut queue, step, None, 1);
                continue;
            }
            for (how, rule, names) in &powers.steps {
                let step = step(how, *rule);
                match (grant.namespace(), names) {
                    (None, None) => everywhere.push(step),
                    (Some(namespace), None) => of_namespace.entry(namespace).or_default().push(step),
                    // A name alone says nothing of a namespace, where it is granted in all of them.
                    (namespace, Some(names)) => {
                        for name in names {
                            let key = (namespace.unwrap_or_default().to_owned(), name.clone());
                            of_account.entry(key).or_default().push(step.clone());
                        }
                    }
                }
            }
        }
    }
    let mut at = 0;
    while let Some(who) = queue.get(at).cloned() {
        at += 1;
        let steps = reached.get(&who).map_or(1, |reach| reach.steps) + 1;
        let mut lent: Vec<Step<'a>> = Vec::new();
        match &who {
            Who::Account(namespace, name) => {
                lent.append(&mut everywhere);
                lent.extend(of_namespace.remove(&**namespace).unwrap_or_default());
                for key in [(namespace.to_string(), name.to_string()), (String::new(), name.to_string())] {
                    lent.extend(of_account.remove(&key).unwrap_or_default());
                }
            }
            Who::Group(name) => match name.strip_prefix("system:serviceaccounts") {
                Some("") => {
                    lent.append(&mut everywhere);
                    lent.extend(of_namespace.drain().flat_map(|(_, steps)| steps));
                    lent.extend(of_account.drain().flat_map(|(_, steps)| steps));
                }
                Some(rest) => {
                    if let Some(namespace) = rest.strip_prefix(':') {
                        lent.append(&mut everywhere);
                        lent.extend(of_namespace.remove(namespace).unwrap_or_default());
                    }
                }
                None => {}
            },
            Who::User(_) => {}
        }
        for step in lent {
            arrive(&mut reached, &mut queue, step, Some(who.clone()), steps);
        }
    }
    reached
}

fn arrive<'a>(
    reached: &mut HashMap<Who<'a>, Reach<'a>>,
    queue: &mut Vec<Who<'a>>,
    step: Step<'a>,
    by: Option<Who<'a>>,
    steps: usize,
) {
    let Step { who, how, right, shipped } = step;
    match reached.get_mut(&who) {
        // What somebody added counts before what is shipped, and the first way found is the shortest.
        // Who is an administrator as shipped gains nothing.
        Some(known) if known.shipped && known.by.is_some() && !shipped => {
            *known = Reach { how, right, by, shipped, steps }
        }
        Some(_) => {}
        None => {
            queue.push(who.clone());
            reached.insert(who, Reach { how, right, by, shipped, steps });
        }
    }
}

/// What the rules of one role come to, by the numbers of its permissions.
struct Powers {
    direct: Option<(&'static str, usize)>,
    /// With the names of the accounts that are lent, where not all are.
    steps: Vec<(&'static str, usize, Option<Vec<String>>)>,
}

impl Powers {
    fn of(grant: Grant<'_>) -> Self {
        let permissions = grant.permissions();
        let rules: Vec<&PolicyRule> = permissions.iter().map(|permission| permission.rule).collect();
        let steps = steps(&rules).into_iter().map(|(how, at, lends)| {
            let names = match lends {
                Lends::All => None,
                Lends::Named(rule) => Some(rule.names.iter().map(ToString::to_string).collect()),
            };
            (how, at, names)
        });
        Self { direct: direct(&rules), steps: steps.collect() }
    }

    fn is_none(&self) -> bool {
        self.direct.is_none() && self.steps.is_empty()
    }
}
