//! Settings of k3s and RKE2 in the variables of the playbooks that install them.
//!
//! What becomes of the variables is in rancherfederal/rke2-ansible (roles/rke2/tasks/config.yml of v2.0.0; before, one
//! `rke2_config`), lablabs/ansible-role-rke2 (templates/config.yaml.j2), k3s-io/k3s-ansible (roles/k3s_server/tasks/main.yml)
//! and PyratLabs/ansible-role-k3s (`k3s_server`). They stand in files of `group_vars` and `host_vars`, and in the inventory
//! itself (`inventory`); what Ansible is told with `--extra-vars`, and what a role says where nobody sets a variable, is not
//! seen. Start at [`invocations`].

use std::{borrow::Cow, cell::Cell, collections::BTreeMap};

use model::{Body, Evidence, Form, Gap, GapKind, Location, Site};
use yaml::{Cursor, Limits, Stream};

use super::{
    Product,
    installed::split_text,
    invocation,
    settings::{ARGUMENTS, Given, Settings, values},
};
use crate::{
    Invocation, Word,
    declare::{
        Source,
        command::unfilled,
        embedded,
        inventory::{self, Playbook},
        kubeadm::release,
    },
    redact::parsable,
};

/// Variables that say what a server is told; one of them is enough to know a playbook by.
const OWN: [&str; 10] = [
    "cluster_rke2_config",
    "extra_server_args",
    "group_rke2_config",
    "host_rke2_config",
    "k3s_server",
    "rke2_cis_profile",
    "rke2_config",
    "rke2_kube_apiserver_args",
    "rke2_server_options",
    "server_config_yaml",
];

/// Of those, the ones that are something else unless they are maps.
const MAPS: [&str; 5] = ["cluster_rke2_config", "group_rke2_config", "host_rke2_config", "k3s_server", "rke2_config"];

/// Variables that name the release.
const RELEASES: [&str; 4] = ["k3s_release_version", "k3s_version", "rke2_install_version", "rke2_version"];

/// Settings that decide more than themselves.
const DECIDE: [&str; 10] = [
    "audit-policy-file",
    "cluster-domain",
    "cluster-init",
    "data-dir",
    "datastore-endpoint",
    "pod-security-admission-config-file",
    "profile",
    "secrets-encryption",
    "service-cidr",
    "service-node-port-range",
];

/// What the groups are called in which a server is, weakest first, and those that hold none.
const PLAYBOOK: Playbook = Playbook {
    groups: &[
        "all",
        "cluster",
        "k3s",
        "k3s_cluster",
        "k8s_cluster",
        "rke2",
        "rke2_cluster",
        "control_plane",
        "k3s_master",
        "k3s_server",
        "k3s_servers",
        "master",
        "masters",
        "rke2_servers",
        "server",
        "servers",
    ],
    others: &[
        "agent",
        "agents",
        "k3s_agent",
        "k3s_agents",
        "k3s_node",
        "node",
        "nodes",
        "rke2_agents",
        "worker",
        "workers",
    ],
    who_could_answer: "give /etc/rancher of a server",
};

/// The first of the groups that hold servers and nothing else.
const FIRST_OF_SERVERS: usize = 7;

/// Groups in groups, hosts, files and items that are looked at.
const DEEPEST: usize = 8;
const MOST: usize = 256;

/// Variables that stand in one another, those that are put in altogether, and the longest text that is made of them.
const DEEPEST_VARIABLE: usize = 3;
const MOST_PUT_IN: usize = 4096;
const LONGEST: usize = 8192;

/// Groups of one inventory that are looked at, aliases counted wherever they stand.
const MOST_GROUPS: usize = 4096;

/// Whether a text holds the words without which it declares nothing.
pub(in crate::declare) fn speaks(text: &str) -> bool {
    OWN.iter().any(|name| text.contains(name))
}

/// Whether a text sets variables of which the settings of a server are made.
pub(in crate::declare) fn declares(source: &Source<'_>) -> bool {
    // The defaults of a role hold for nobody.
    !source.evidence.as_str().contains("defaults/main.") && said(source) > 0
}

/// Folders that hold more of the inventory that a text is part of.
pub(in crate::declare) fn folders(source: &Source<'_>) -> Vec<String> {
    if !declares(source) {
        return Vec::new();
    }
    let id = source.evidence.as_str();
    if inventory::is_part(id) {
        return inventory::folders(id, &PLAYBOOK);
    }
    // Beside an inventory.
    inventory::folders(&format!("{}group_vars/all", beside(id)), &PLAYBOOK)
}

fn beside(id: &str) -> &str {
    id.rfind('/').map_or("", |at| &id[..=at])
}

/// How many of the variables a text sets that tell a playbook.
fn said(source: &Source<'_>) -> usize {
    let Some(document) = source.documents().next() else { return 0 };
    let scopes = scopes(&document.cursor());
    let says = |map: &Cursor<'_>| {
        OWN.iter()
            .filter(|name| {
                map.get(name).is_some_and(|found| match MAPS.contains(name) {
                    true => found.mapping().is_some_and(|map| !map.entries.is_empty()),
                    false => !found.is_null() && found.text() != Some(""),
                })
            })
            .count()
    };
    scopes.iter().map(|scope| says(&scope.variables)).sum()
}

/// Variables of one text that hold for a group or a host.
struct Scope<'a> {
    strength: usize,
    /// Of a host; what it says counts more than any group.
    is_host: bool,
    variables: Cursor<'a>,
    doubt: Option<String>,
}

/// The variables of a file of them, or those of an inventory, the strongest last.
fn scopes<'a>(root: &Cursor<'a>) -> Vec<Scope<'a>> {
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

/// The API server of the servers that a playbook installs; the file that says most of them stands for all.
pub(in crate::declare) fn invocations(source: &Source<'_>, evidence: &[Evidence]) -> Vec<Invocation> {
    let id = source.evidence.as_str();
    let base = inventory::base(id).unwrap_or_else(|| beside(id));
    let is_inventory = |piece: &&Evidence| {
        let name = piece.id.as_str();
        !inventory::is_part(name) && beside(name) == base && piece.text().is_some_and(speaks_of_inventory)
    };
    // An inventory counts less than files of variables; what lies in no inventory is one by itself.
    let mut files: Vec<(&Evidence, Option<Gap>)> = Vec::new();
    let is_apart = !inventory::is_part(id) && !source.text.contains("vars:");
    if is_apart {
        files.extend(evidence.iter().filter(|piece| piece.id == *source.evidence).map(|piece| (piece, None)));
    } else {
        files.extend(evidence.iter().filter(is_inventory).take(MOST).map(|piece| (piece, None)));
        let of = format!("{base}group_vars/all");
        let parts = inventory::files(if inventory::is_part(id) { id } else { &of }, evidence, &PLAYBOOK);
        files.extend(parts.into_iter().map(|file| (file.evidence, file.doubt.or(file.unread))));
    }
    let texts: Vec<Option<(Cow<'_, str>, Stream)>> = files
        .iter()
        .map(|(piece, _)| {
            let parsed = parsable(piece, piece.text()?);
            let stream = yaml::parse(&parsed, &Limits::default());
            Some((parsed, stream))
        })
        .collect();
    let sources: Vec<Option<Source<'_>>> = files
        .iter()
        .zip(&texts)
        .map(|((piece, _), text)| {
            let (text, stream) = text.as_ref()?;
            let (evidence, plane, root) = (&piece.id, piece.plane, source.root);
            Some(Source { evidence, plane, text, root, stream, inside: None })
        })
        .collect();
    let most = sources.iter().flatten().max_by_key(|one| (said(one), std::cmp::Reverse(one.evidence)));
    if most.is_none_or(|most| *most.evidence != *source.evidence) {
        return Vec::new();
    }
    let variables = Variables::of(&files, &sources);
    variables.server(source, evidence).into_iter().collect()
}

fn speaks_of_inventory(text: &std::sync::Arc<str>) -> bool {
    text.contains("hosts:") && (text.contains("vars:") || speaks(text))
}

struct Set<'a> {
    source: &'a Source<'a>,
    value: Cursor<'a>,
    doubt: Option<Gap>,
}

/// The variables that hold for the servers.
struct Variables<'a> {
    set: BTreeMap<String, Set<'a>>,
    /// Why more may be set than could be read.
    unread: Option<Gap>,
    /// How many may still be put into others.
    left: Cell<usize>,
}

impl<'a> Variables<'a> {
    fn of(files: &[(&'a Evidence, Option<Gap>)], sources: &'a [Option<Source<'a>>]) -> Self {
        let mut variables = Self { set: BTreeMap::new(), unread: None, left: Cell::new(MOST_PUT_IN) };
        let mut last: Vec<(Scope<'a>, &'a Source<'a>, Option<Gap>)> = Vec::new();
        for ((piece, doubt), source) in files.iter().zip(sources) {
            if let Body::Unread(gap) = &piece.body {
                variables.unread.get_or_insert_with(|| gap.clone());
            }
            let Some(source) = source else { continue };
            let Some(document) = source.documents().next() else {
                if source.stream.faults.iter().any(|fault| fault.kind.is_fatal()) {
                    variables.unread.get_or_insert_with(|| hidden(piece));
                }
                continue;
            };
            for scope in scopes(&document.cursor()) {
                let doubt = doubt.clone().or_else(|| scope.doubt.as_deref().map(in_doubt));
                match scope.is_host {
                    true => last.push((scope, source, doubt)),
                    false => variables.take(&scope.variables, source, doubt),
                }
            }
        }
        for (scope, source, doubt) in last {
            variables.take(&scope.variables, source, doubt);
        }
        variables
    }

    fn take(&mut self, map: &Cursor<'a>, source: &'a Source<'a>, doubt: Option<Gap>) {
        for entry in map.entries().take(MOST * 8) {
            let set = Set { source, value: entry.value, doubt: doubt.clone() };
            self.set.insert(entry.name.into_owned(), set);
        }
    }

    fn get(&self, name: &str) -> Option<&Set<'a>> {
        self.set.get(name).filter(|set| !set.value.is_null())
    }

    fn map(&self, name: &str) -> Option<&Set<'a>> {
        self.get(name).filter(|set| set.value.mapping().is_some())
    }

    /// A text with those variables put in to which nothing else is done.
    fn filled(&self, text: &str, deepest: usize) -> String {
        if deepest == 0 || text.len() > LONGEST || !text.contains("{{") {
            return text.to_owned();
        }
        let (mut filled, mut rest) = (String::new(), text);
        while let Some((before, behind)) = rest.split_once("{{") {
            let Some((name, after)) = behind.split_once("}}").filter(|_| self.left.get() > 0) else { break };
            self.left.set(self.left.get() - 1);
            filled.push_str(before);
            let value = self.get(name.trim()).filter(|set| set.doubt.is_none());
            match value.and_then(|set| set.value.text()) {
                Some(value) => filled.push_str(&self.filled(value, deepest - 1)),
                None => filled.push_str(&format!("{{{{{name}}}}}")),
            }
            rest = after;
            if filled.len() > LONGEST {
                return text.to_owned();
            }
        }
        filled.push_str(rest);
        filled
    }

    fn given(&self, set: &Set<'a>, text: impl Into<String>) -> Given {
        Given { text: text.into(), at: set.source.at(&set.value), form: Form::Script, unresolved: None }
    }

    /// The server with the settings that the variables make.
    fn server(&self, source: &Source<'_>, evidence: &[Evidence]) -> Option<Invocation> {
        let is_rke2 = self.set.keys().any(|name| OWN.contains(&name.as_str()) && name.contains("rke2"));
        let mut settings = Settings::within(self.home(source));
        if is_rke2 {
            self.rke2(&mut settings)
        } else {
            self.k3s(&mut settings)
        }
        settings.fill(&|text| self.filled(text, DEEPEST_VARIABLE), &DECIDE);
        if let Some(gap) = &self.unread {
            settings.unread.get_or_insert_with(|| gap.clone());
        }
        // What may be set for some servers only.
        let doubt = self.set.iter().find_map(|(name, set)| set.doubt.as_ref().filter(|_| OWN.contains(&name.as_str())));
        if let Some(gap) = doubt {
            settings.unread.get_or_insert_with(|| gap.clone());
        }
        let named = RELEASES.iter().filter(|name| name.starts_with(if is_rke2 { "rke2" } else { "k3s" }));
        let version = named.filter_map(|name| self.get(name)).find(|set| set.doubt.is_none());
        settings.version = version.and_then(|set| {
            let text = self.filled(set.value.text()?, DEEPEST_VARIABLE);
            Some((release(&text)?, set.source.at(&set.value)))
        });
        let product = if is_rke2 { Product::Rke2 } else { Product::K3s };
        let server = invocation(source, evidence, settings, product)?;
        let is_named = unfilled(&server.instance).is_none();
        let instance = if is_named { server.instance } else { source.evidence.as_str().to_owned() };
        Some(Invocation { instance, ..server })
    }

    /// Where an argument would be added.
    fn home(&self, source: &Source<'_>) -> Site {
        const BY_HAND: Form = Form::ByHand("write it among the variables of the playbook, and run it again");
        let maps = ["group_rke2_config", "cluster_rke2_config", "rke2_config", "k3s_server"];
        if let Some(set) = maps.iter().find_map(|name| self.map(name)) {
            let mut at = set.source.at(&set.value);
            at.pointer = format!("{}/{ARGUMENTS}", set.value.pointer());
            return Site { at, form: Form::Bares };
        }
        match self.get("rke2_kube_apiserver_args").filter(|set| set.value.sequence().is_some()) {
            Some(set) => Site { at: set.source.at(&set.value), form: Form::Bares },
            None => Site { at: Location::whole(source.evidence.clone(), source.plane), form: BY_HAND },
        }
    }

    fn rke2(&self, settings: &mut Settings) {
        let maps = ["cluster_rke2_config", "group_rke2_config", "host_rke2_config"];
        let own: Vec<&Set<'a>> = maps.iter().filter_map(|name| self.map(name)).collect();
        for set in &own {
            merge(set, settings);
        }
        if let Some(set) = self.map("rke2_config").filter(|_| own.is_empty()) {
            settings.take_map(set.source, &set.value);
        }
        // The role of lablabs, in the order of its template.
        for (variable, name) in [
            ("rke2_data_path", "data-dir"),
            ("rke2_cluster_domain", "cluster-domain"),
            ("rke2_kube_apiserver_args", ARGUMENTS),
            ("rke2_node_name", "node-name"),
        ] {
            if let Some(set) = self.get(variable) {
                settings.set(name, values(set.source, &set.value));
            }
        }
        if let Some(set) = self.get("rke2_cis_profile")
            && let Some(profile) = set.value.text().filter(|profile| profile.contains("cis") || profile.contains("{{"))
        {
            settings.set("profile", vec![self.given(set, profile)]);
        }
        if let Some(set) = self.get("rke2_service_cidr") {
            settings.set("service-cidr", values(set.source, &set.value));
        }
        let options = self.get("rke2_server_options");
        for item in options.iter().flat_map(|set| set.value.items().take(MOST)) {
            let Some(source) = options.map(|set| set.source) else { break };
            if item.mapping().is_some() {
                settings.take_map(source, &item);
                continue;
            }
            // A line of YAML, or several.
            let stream = embedded::parse(&item);
            let Some(inner) = embedded::source(source, &item, &stream) else { continue };
            for document in inner.documents() {
                settings.take_map(&inner, &document.cursor());
            }
        }
    }

    fn k3s(&self, settings: &mut Settings) {
        if let Some(set) = self.map("k3s_server") {
            settings.take_map(set.source, &set.value);
        }
        if let Some(set) = self.get("k3s_etcd_datastore").filter(|set| set.value.text() == Some("true")) {
            settings.set("cluster-init", vec![self.given(set, "true")]);
        }
        if let Some(set) = self.get("server_config_yaml") {
            let stream = embedded::parse(&set.value);
            if let Some(inner) = embedded::source(set.source, &set.value, &stream) {
                for document in inner.documents() {
                    settings.take_map(&inner, &document.cursor());
                }
            }
        }
        if let Some(set) = self.get("extra_server_args")
            && let Some(text) = set.value.text()
        {
            let at = set.source.at(&set.value);
            let words: Vec<Word> = split_text(&closed(&self.filled(text, DEEPEST_VARIABLE)))
                .into_iter()
                .map(|text| {
                    let unresolved = unfilled(&text);
                    Word { unresolved, ..Word::written(text, Site { at: at.clone(), form: Form::Script }) }
                })
                .collect();
            settings.take_words(&words);
        }
    }
}

/// A map of the group or the host put over what is there: texts take the place of others, lists come before them
/// (`combine` with `list_merge='prepend_rp'`).
fn merge(set: &Set<'_>, settings: &mut Settings) {
    for entry in set.value.entries().take(MOST) {
        let mut given = values(set.source, &entry.value);
        if entry.value.sequence().is_some() {
            let rest = settings.all(&entry.name).iter();
            let more: Vec<Given> = rest.filter(|old| given.iter().all(|new| new.text != old.text)).cloned().collect();
            given.extend(more);
        }
        settings.set(&entry.name, given);
    }
}

/// Whether an expression gives nothing, or words that say nothing of an API server: `{{ '--node-taint a' if b else '' }}`.
fn is_apart(expression: &str) -> bool {
    const APART: [&str; 6] = ["disable", "flannel-iface", "kubelet-arg", "node-label", "node-taint", "tls-san"];
    let inner = expression.trim_start_matches("{{").trim_end_matches("}}").trim();
    let quote = inner.chars().next().filter(|c| matches!(c, '\'' | '"'));
    let Some((literal, rest)) = quote.and_then(|quote| inner[1..].split_once(quote)) else { return false };
    let is_choice = rest.contains(" if ")
        && rest.rsplit_once(" else ").is_some_and(|(_, other)| matches!(other.trim(), "''" | "\"\""));
    let name = literal.strip_prefix("--").and_then(|text| text.split([' ', '=']).next()).unwrap_or_default();
    is_choice && APART.contains(&name) && literal.matches("--").count() == 1
}

/// A text in which what Jinja is left to fill in has no blanks, so that it stays one word.
fn closed(text: &str) -> String {
    let (mut found, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(['{']).filter(|_| rest.contains("}}") || rest.contains("%}")) {
        found.push_str(&rest[..at]);
        let inner = &rest[at..];
        let end = ["}}", "%}"].iter().filter_map(|mark| inner.find(mark)).min();
        let Some(end) = end.filter(|_| inner.starts_with("{{") || inner.starts_with("{%")) else {
            found.push('{');
            rest = &inner[1..];
            continue;
        };
        if is_apart(&inner[..end + 2]) {
            rest = &inner[end + 2..];
            continue;
        }
        found.extend(inner[..end + 2].chars().filter(|c| !c.is_whitespace() && !matches!(c, '"' | '\'')));
        rest = &inner[end + 2..];
    }
    found.push_str(rest);
    found
}

fn hidden(piece: &Evidence) -> Gap {
    Gap {
        kind: GapKind::Unread,
        reason: format!("`{}` cannot be read as YAML", piece.id),
        wanted: "the variables of the playbook".to_owned(),
        who_could_answer: "whoever can mend the file".to_owned(),
    }
}

fn in_doubt(who: &str) -> Gap {
    Gap {
        kind: GapKind::Unresolved,
        reason: format!("it is set for {who}"),
        wanted: "the files of settings as they lie on a server".to_owned(),
        who_could_answer: PLAYBOOK.who_could_answer.to_owned(),
    }
}
