//! Settings of k3s and RKE2 in the variables of the playbooks that install them.
//!
//! What becomes of the variables is in rancherfederal/rke2-ansible (roles/rke2/tasks/config.yml of v2.0.0; before, one
//! `rke2_config`), lablabs/ansible-role-rke2 (templates/config.yaml.j2), k3s-io/k3s-ansible (roles/k3s_server/tasks/main.yml)
//! and PyratLabs/ansible-role-k3s (`k3s_server`). They stand in files of `group_vars` and `host_vars`, and in the inventory
//! itself (`inventory`); what Ansible is told with `--extra-vars`, and what a role says where nobody sets a variable, is not
//! seen. Start at [`invocations`].

mod scopes;
mod variables;

use std::borrow::Cow;

use model::{Evidence, Gap};
use yaml::{Cursor, Limits, Stream};

use self::{scopes::scopes, variables::Variables};
use crate::{
    Invocation,
    declare::{
        Source,
        inventory::{self, Playbook},
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

/// Hosts, files and items that are looked at.
const MOST: usize = 256;

/// Whether a text holds the words without which it declares nothing.
pub(in crate::declare) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
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

fn speaks_of_inventory(text: &(impl crate::Text + ?Sized)) -> bool {
    text.contains("hosts:") && (text.contains("vars:") || speaks(text))
}
