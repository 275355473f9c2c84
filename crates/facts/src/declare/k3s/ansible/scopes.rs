//! Where the variables of a playbook stand: a file of them, or the groups and hosts of an inventory.

use yaml::Cursor;

use super::{MOST, PLAYBOOK};

/// The first of the groups that hold servers and nothing else.
const FIRST_OF_SERVERS: usize = 7;

/// Groups in groups.
const DEEPEST: usize = 8;

/// Groups of one inventory that are looked at, aliases counted wherever they stand.
const MOST_GROUPS: usize = 4096;

/// Variables of one text that hold for a group or a host.
pub(super) struct Scope<'a> {
    pub(super) strength: usize,
    /// Of a host; what it says counts more than any group.
    pub(super) is_host: bool,
    pub(super) variables: Cursor<'a>,
    pub(super) doubt: Option<String>,
}

/// The variables of a file of them, or those of an inventory, the strongest last.
pub(super) fn scopes<'a>(root: &Cursor<'a>) -> Vec<Scope<'a>> {
    if root.mapping().is_none() || root.get("apiVersion").is_some() || root.get("kind").is_some() {
        return Vec::new();
    }
    let is_group = |group: &Cursor<'_>| ["children", "hosts", "vars"].iter().any(|key| group.get(key).is_some());
    if !root.entries().any(|entry| is_group(&entry.value)) {
        return vec![Scope { strength: 0, is_host: false, variables: root.clone(), doubt: None }];
    }
    let mut found = Vec::new();
    let mut budget = MOST_GROUPS;
    for entry in root.entries().take(MOST) {
        walk(&entry.name, &entry.value, 0, &mut budget, &mut found);
    }
    found.sort_by_key(|scope| (scope.is_host, scope.strength));
    found
}

/// A group of an inventory with those in it; whether one of them holds servers.
fn walk<'a>(name: &str, group: &Cursor<'a>, depth: usize, budget: &mut usize, found: &mut Vec<Scope<'a>>) -> bool {
    if depth > DEEPEST || *budget == 0 || found.len() > MOST || PLAYBOOK.others.contains(&name) {
        return false;
    }
    *budget -= 1;
    let at = PLAYBOOK.groups.iter().position(|own| *own == name);
    let is_servers = at.is_some_and(|at| at >= FIRST_OF_SERVERS);
    let children = group.get("children");
    let mut holds = is_servers || at == Some(0);
    for child in children.iter().flat_map(|children| children.entries()).take(MOST) {
        holds |= walk(&child.name, &child.value, depth + 1, budget, found);
    }
    let doubt = || format!("the group `{name}`, which need not hold the servers");
    if let Some(variables) = group.get("vars").filter(|vars| vars.mapping().is_some()) {
        let doubt = (!holds && at.is_none()).then(doubt);
        found.push(Scope { strength: depth, is_host: false, variables, doubt });
    }
    if is_servers {
        let hosts: Vec<_> = group.get("hosts").iter().flat_map(|hosts| hosts.entries().take(MOST)).collect();
        let is_alone = hosts.len() == 1;
        for host in hosts.into_iter().filter(|host| host.value.mapping().is_some()) {
            let doubt = (!is_alone).then(|| format!("the host `{}` alone", host.name));
            found.push(Scope { strength: depth, is_host: true, variables: host.value, doubt });
        }
    }
    holds
}
