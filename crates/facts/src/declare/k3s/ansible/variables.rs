//! What the variables of a playbook make of the settings of its servers.

use std::{cell::Cell, collections::BTreeMap};

use model::{Body, Evidence, Form, Gap, GapKind, Location, Site};
use yaml::Cursor;

use super::{
    MOST, OWN, PLAYBOOK,
    scopes::{Scope, scopes},
};
use crate::{
    Invocation, Word,
    declare::{
        Source,
        command::unfilled,
        embedded,
        inventory::Fill,
        k3s::{
            Product,
            installed::split_text,
            invocation,
            settings::{ARGUMENTS, Given, Settings, values},
        },
        kubeadm::release,
    },
};

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

struct Set<'a> {
    source: &'a Source<'a>,
    value: Cursor<'a>,
    doubt: Option<Gap>,
}

/// The variables that hold for the servers.
pub(super) struct Variables<'a> {
    set: BTreeMap<String, Set<'a>>,
    /// Why more may be set than could be read.
    unread: Option<Gap>,
    fill: Fill,
}

impl<'a> Variables<'a> {
    pub(super) fn of(files: &[(&'a Evidence, Option<Gap>)], sources: &'a [Option<Source<'a>>]) -> Self {
        let fill = Fill { deepest: 3, longest: 8192, left: Cell::new(4096) };
        let mut variables = Self { set: BTreeMap::new(), unread: None, fill };
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
    fn filled(&self, text: &str) -> String {
        let value = |name: &str| self.get(name).filter(|set| set.doubt.is_none())?.value.text().map(str::to_owned);
        self.fill.text(text, &value)
    }

    fn given(&self, set: &Set<'a>, text: impl Into<String>) -> Given {
        Given { text: text.into(), at: set.source.at(&set.value), form: Form::Script, unresolved: None }
    }

    /// The server with the settings that the variables make.
    pub(super) fn server(&self, source: &Source<'_>, evidence: &[Evidence]) -> Option<Invocation> {
        let is_rke2 = self.set.keys().any(|name| OWN.contains(&name.as_str()) && name.contains("rke2"));
        let mut settings = Settings::within(self.home(source));
        if is_rke2 {
            self.rke2(&mut settings)
        } else {
            self.k3s(&mut settings)
        }
        settings.fill(&|text| self.filled(text), &DECIDE);
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
            let text = self.filled(set.value.text()?);
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
            let words: Vec<Word> = split_text(&closed(&self.filled(text)))
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
