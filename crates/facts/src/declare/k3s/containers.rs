//! k3s in containers: services of Docker Compose, clusters of k3d, and pods.
//!
//! The image holds no file of settings (k3s-io/k3s, package/Dockerfile), so that the words and the variables of the container
//! are all there is, unless something is mounted over `/etc/rancher`. k3d starts its servers with `server` and the words of
//! `options.k3s.extraArgs` whose filters name them (k3d-io/k3d, pkg/config/v1alpha5/types.go and pkg/util/filter.go).

use std::collections::BTreeMap;

use model::{Evidence, Form, Gap, GapKind, Location, Site, Version};
use yaml::Cursor;

use super::{
    Product, invocation,
    settings::{Lies, Settings},
};
use crate::{
    Invocation, Word,
    declare::{
        MOST, Source,
        command::{base, image_name, unfilled},
        lookup::{name_of, text_of},
        pod::each_pod,
        unit::Started,
    },
};

/// More servers than anybody runs of one cluster in containers.
const MOST_SERVERS: usize = 32;

/// More words, and more of anything else that a container lists.
const MOST_ITEMS: usize = 512;

/// What is mounted here is what a server reads.
const SETTINGS: &str = "/etc/rancher";

/// Whether a text holds the words without which it declares nothing.
pub(in crate::declare) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    text.contains("k3d.io/") || (text.contains("k3s") && text.contains("server"))
}

/// Whether a text starts a server of k3s in a container.
pub(in crate::declare) fn declares(source: &Source<'_>) -> bool {
    !invocations(source, &[]).is_empty()
}

/// Every server of k3s that a text starts in a container.
pub(in crate::declare) fn invocations(source: &Source<'_>, evidence: &[Evidence]) -> Vec<Invocation> {
    let mut found = Vec::new();
    for document in source.documents() {
        let problems = source.problems(document);
        let mut containers = of_compose(source, &document.cursor());
        containers.extend(of_k3d(source, &document.cursor()));
        each_pod(&document.cursor(), &mut |pod| {
            for container in pod.containers().take(MOST_SERVERS) {
                containers.extend(of_pod(source, &container, pod.name()));
            }
        });
        for container in containers.into_iter().take((MOST + 1).saturating_sub(found.len())) {
            let name = container.name.clone();
            let lies = if container.is_mounted { Lies::Mounted } else { Lies::Nowhere };
            let mut started = container.started;
            started.problems.extend(problems.iter().cloned());
            let settings = Settings::of_started(source, evidence, &started, Product::K3s.program(), lies);
            let has_name = settings.last("node-name").is_some();
            let server = invocation(source, evidence, settings, Product::K3s);
            found.extend(server.map(|server| Invocation {
                instance: if has_name { server.instance.clone() } else { name },
                contained: true,
                ..server
            }));
        }
    }
    found
}

/// A container that runs a server.
struct Container {
    name: String,
    started: Started,
    is_mounted: bool,
}

/// A word as it is written.
fn word(source: &Source<'_>, item: &Cursor<'_>) -> Option<Word> {
    let text = item.text()?.to_owned();
    // Compose doubles the dollar that it leaves alone, and fills in any other from where it is called.
    let unresolved = unfilled(&text);
    Some(Word { unresolved, ..Word::written(text, Site { at: source.at(item), form: Form::Script }) })
}

/// The words of a list, or of a text that is split at its blanks.
fn words(source: &Source<'_>, list: Option<Cursor<'_>>) -> Vec<Word> {
    let Some(list) = list else { return Vec::new() };
    if list.sequence().is_some() {
        return list.items().take(MOST_ITEMS).filter_map(|item| word(source, &item)).collect();
    }
    let Some(whole) = word(source, &list) else { return Vec::new() };
    let one = |text: &str| {
        let text = text.trim_matches(['"', '\'']);
        Word { text: text.to_owned(), unresolved: unfilled(text), ..whole.clone() }
    };
    whole.text.split_whitespace().take(MOST_ITEMS).map(one).collect()
}

/// The words behind `server`, where these start one: `server …`, `k3s server …`, `/bin/k3s server …`.
fn of_server(image: &str, mut words: Vec<Word>) -> Option<Vec<Word>> {
    let is_called = words.first().is_some_and(|first| base(&first.text) == "k3s");
    if is_called {
        words.remove(0);
    } else if image_name(image) != "k3s" {
        return None;
    }
    let at = words.iter().position(|word| !word.text.starts_with('-'))?;
    (words.get(at)?.text == "server").then(|| words.split_off(at + 1))
}

fn started(words: Vec<Word>, variables: BTreeMap<String, Result<(String, Location), Gap>>) -> Started {
    let splits = words.iter().find(|word| word.unresolved.is_some() && !word.text.starts_with('-'));
    Started {
        program: Product::K3s.program().to_owned(),
        unread: splits.and_then(|word| word.unresolved.clone()),
        words,
        variables,
        open: None,
        version: None,
        problems: Vec::new(),
    }
}

/// The release that the tag of an image names: `v1.31.4-k3s1`.
fn tagged(image: &str) -> Option<Version> {
    let tag = image.split('@').next()?.rsplit('/').next()?.split_once(':')?.1;
    tag.parse().ok().filter(|_| tag.starts_with('v'))
}

fn image(source: &Source<'_>, holder: &Cursor<'_>) -> Option<(String, Option<(Version, Location)>)> {
    let image = holder.get("image")?;
    let text = image.text()?.to_owned();
    let version = tagged(&text).map(|version| (version, source.at(&image)));
    Some((text, version))
}

fn from_elsewhere(name: &str) -> Gap {
    Gap {
        kind: GapKind::Unresolved,
        reason: format!("`{name}` comes from where the container is started"),
        wanted: format!("the value of `{name}`"),
        who_could_answer: "the running process: its arguments on the node".to_owned(),
    }
}

/// Services of Docker Compose.
fn of_compose(source: &Source<'_>, root: &Cursor<'_>) -> Vec<Container> {
    let mut found = Vec::new();
    let services = root.get("services").filter(|services| services.mapping().is_some());
    for service in services.iter().flat_map(|services| services.entries()).take(MOST_SERVERS) {
        let (name, service) = (service.name.into_owned(), service.value);
        let (text, version) = image(source, &service).unwrap_or_default();
        let mut all = words(source, service.get("entrypoint"));
        all.extend(words(source, service.get("command")));
        let Some(all) = of_server(&text, all) else { continue };
        let mut variables = BTreeMap::new();
        let environment = service.get("environment");
        for entry in environment.iter().flat_map(|map| map.entries()).take(MOST_ITEMS) {
            let value = match entry.value.text().filter(|_| !entry.value.is_null()) {
                Some(text) => filled(text, source.at(&entry.value)),
                None => Err(from_elsewhere(&entry.name)),
            };
            variables.insert(entry.name.into_owned(), value);
        }
        for item in environment.iter().flat_map(|list| list.items()).take(MOST_ITEMS) {
            let Some(text) = item.text() else { continue };
            let (name, value) = match text.split_once('=') {
                Some((name, value)) => (name, filled(value, source.at(&item))),
                None => (text, Err(from_elsewhere(text))),
            };
            variables.insert(name.to_owned(), value);
        }
        let mut started = started(all, variables);
        started.version = version;
        if service.get("env_file").is_some() {
            started.open = Some(from_elsewhere("env_file"));
        }
        let mounts = ["volumes", "configs", "secrets"].iter().filter_map(|key| service.get(key));
        let is_mounted = mounts.flat_map(|list| list.items().take(MOST_ITEMS).collect::<Vec<_>>()).any(|mount| {
            let target = mount.text().map(str::to_owned).or_else(|| text_of(&mount, "target"));
            target.is_some_and(|target| target.contains(SETTINGS))
        });
        found.push(Container { name, started, is_mounted });
    }
    found
}

fn filled(text: &str, at: Location) -> Result<(String, Location), Gap> {
    unfilled(text).map_or_else(|| Ok((text.to_owned(), at)), Err)
}

/// The servers of a cluster of k3d, each by the name of its node.
fn of_k3d(source: &Source<'_>, root: &Cursor<'_>) -> Vec<Container> {
    let is_one = text_of(root, "apiVersion").is_some_and(|version| version.starts_with("k3d.io/"))
        && text_of(root, "kind").is_some_and(|kind| kind == "Simple");
    if !is_one {
        return Vec::new();
    }
    let name = name_of(root);
    let name = name.or_else(|| text_of(root, "name")).unwrap_or_else(|| "k3s-default".to_owned());
    let count = text_of(root, "servers").and_then(|count| count.parse::<usize>().ok()).unwrap_or(1).min(MOST_SERVERS);
    let version = image(source, root).and_then(|(_, version)| version);
    let options = root.get("options").and_then(|options| options.get("k3s"));
    let list = |key: &str| options.as_ref().and_then(|options| options.get(key));
    let items =
        |list: Option<Cursor<'_>>| -> Vec<Word> { words(source, list.filter(|list| list.sequence().is_some())) };
    let mounts = ["volumes", "files"].iter().filter_map(|key| root.get(key));
    let is_mounted = mounts.flat_map(|list| list.items().take(MOST_ITEMS).collect::<Vec<_>>()).any(|mount| {
        ["volume", "destination"].iter().any(|key| text_of(&mount, key).is_some_and(|path| path.contains(SETTINGS)))
    });
    let environment = root.get("env");
    let variables = environment.iter().flat_map(|list| list.items()).take(MOST_ITEMS).filter_map(|item| {
        let variable = item.get("envVar")?;
        let (name, value) = variable.text()?.split_once('=')?;
        Some((name.to_owned(), filled(value, source.at(&variable))))
    });
    let variables: BTreeMap<_, _> = variables.collect();
    (0..count)
        .map(|index| {
            // Up to v1alpha2 the words of servers stood in a list of their own.
            let mut all = items(list("extraServerArgs"));
            for argument in list("extraArgs").iter().flat_map(|list| list.items()).take(MOST_ITEMS) {
                let filters = argument.get("nodeFilters");
                let filters: Vec<String> = filters
                    .iter()
                    .flat_map(|filters| filters.items())
                    .take(MOST_ITEMS)
                    .filter_map(|filter| filter.text().map(str::to_owned))
                    .collect();
                if filters.is_empty() || filters.iter().any(|filter| is_named(filter, index)) {
                    all.extend(argument.get("arg").and_then(|word| self::word(source, &word)));
                }
            }
            let mut started = started(all, variables.clone());
            started.version = version.clone();
            Container { name: format!("k3d-{name}-server-{index}"), started, is_mounted }
        })
        .collect()
}

/// Whether a filter of k3d names a server: `all`, `server:*`, `server:0,2`, `servers:1-3`, `server[0]`; each may have a suffix
/// behind a second colon.
fn is_named(filter: &str, index: usize) -> bool {
    let filter = filter.trim_start_matches('@');
    if filter == "all" {
        return true;
    }
    let Some(rest) = filter.strip_prefix("server") else { return false };
    let rest = rest.strip_prefix('s').unwrap_or(rest);
    let subset = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((subset, _)) => subset,
        None => rest.strip_prefix(':').and_then(|rest| rest.split(':').next()).unwrap_or("*"),
    };
    subset.split(',').any(|part| match part.split_once('-') {
        _ if part == "*" => true,
        Some((from, to)) => {
            let number = |text: &str, else_is: usize| {
                if text.is_empty() { Some(else_is) } else { text.parse::<usize>().ok() }
            };
            number(from, 0).zip(number(to, usize::MAX)).is_some_and(|(from, to)| (from..=to).contains(&index))
        }
        None => part.parse() == Ok(index),
    })
}

/// A container of a pod, such as those of clusters that are hosted in another one.
fn of_pod(source: &Source<'_>, container: &Cursor<'_>, pod: Option<String>) -> Option<Container> {
    let (text, version) = image(source, container).unwrap_or_default();
    let mut all = words(source, container.get("command"));
    all.extend(words(source, container.get("args")));
    let all = of_server(&text, all)?;
    let mut variables = BTreeMap::new();
    for variable in container.get("env").iter().flat_map(|env| env.items()).take(MOST_ITEMS) {
        let Some(name) = text_of(&variable, "name") else { continue };
        let value = match variable.get("value") {
            Some(value) => filled(value.text().unwrap_or_default(), source.at(&value)),
            None => Err(from_elsewhere(&name)),
        };
        variables.insert(name, value);
    }
    let mounts = container.get("volumeMounts");
    let is_mounted = mounts.iter().flat_map(|mounts| mounts.items()).take(MOST_ITEMS).any(|mount| {
        text_of(&mount, "mountPath").is_some_and(|path| path.contains(SETTINGS) || path == "/etc" || path == "/")
    });
    let mut started = started(all, variables);
    started.version = version;
    if container.get("envFrom").is_some() {
        started.open = Some(from_elsewhere("envFrom"));
    }
    let name = pod.or_else(|| text_of(container, "name")).unwrap_or_else(|| source.evidence.as_str().to_owned());
    Some(Container { name, started, is_mounted })
}

#[cfg(test)]
mod tests {
    use super::is_named;

    #[test]
    fn a_filter_names_servers_by_their_numbers() {
        for (filter, named) in [
            ("all", [true, true, true]),
            ("server:*", [true; 3]),
            ("server:0", [true, false, false]),
            ("servers:1,2", [false, true, true]),
            ("server:1-", [false, true, true]),
            ("server:-1", [true, true, false]),
            ("@server[2]", [false, false, true]),
            ("server:0:direct", [true, false, false]),
            ("agent:*", [false; 3]),
            ("loadbalancer", [false; 3]),
        ] {
            assert_eq!([0, 1, 2].map(|index| is_named(filter, index)), named, "{filter}");
        }
    }
}
