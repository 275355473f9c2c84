//! Docker Compose, as far as a service of it is an API server.
//!
//! The keys are those of the Compose specification: `entrypoint` takes the place of the image's own, `command` stands behind it;
//! both are a list of words or a text that is split as a shell splits it. `$NAME` and `${NAME}` are filled in from where Compose
//! is called, `$$` is a dollar sign. k3s and k0s in Compose have readers of their own.

use std::collections::BTreeMap;

use model::{Evidence, Form, Gap, GapKind, Site};
use yaml::Cursor;

use super::{
    Source,
    command::{self, Program, Start, find, image_name, unfilled},
    lookup::text_of,
    pod::image_version,
    shell,
};
use crate::{Invocation, Mount, Word};

/// More services, and more of anything that one lists.
const MOST: usize = 256;

/// Whether a text holds the words without which it declares nothing.
pub(super) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    text.contains("services") && text.contains("apiserver")
}

/// Whether a text has a service that is an API server.
pub(super) fn declares(source: &Source<'_>) -> bool {
    !invocations(source, &[]).is_empty()
}

/// Every service of a text that is an API server.
pub(super) fn invocations(source: &Source<'_>, _: &[Evidence]) -> Vec<Invocation> {
    all_of(Program::ApiServer, source)
}

/// The same of any component.
pub(super) fn all_of(program: Program, source: &Source<'_>) -> Vec<Invocation> {
    let mut found = Vec::new();
    for document in source.documents() {
        let root = document.cursor();
        if root.get("kind").is_some() && root.get("apiVersion").is_some() {
            continue;
        }
        let services = root.get("services").filter(|services| services.mapping().is_some());
        for service in services.iter().flat_map(|services| services.entries()).take(MOST) {
            let server = invocation(program, source, service.name.into_owned(), &service.value);
            found.extend(server.map(|server| Invocation { problems: source.problems(document), ..server }));
        }
    }
    found
}

fn invocation(program: Program, source: &Source<'_>, name: String, service: &Cursor<'_>) -> Option<Invocation> {
    let image = service.get("image");
    let image_text = image.as_ref().and_then(|image| image.text());
    let mut words = Vec::new();
    let mut list = None;
    for key in ["entrypoint", "command"] {
        let Some(found) = service.get(key).filter(|found| !found.is_null()) else { continue };
        words.extend(self::words(source, &found));
        list = Some(found);
    }
    let list = list?;
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    // A script of a shell in it is not looked into.
    let (after, is_script) = match find(program, &texts, image_text)? {
        Start::Direct(after) => (after, false),
        Start::Script(at) | Start::OneWord(at) => (at, true),
    };
    let mut own: Vec<Word> = words.split_off(after.min(words.len()));
    let mut open_ended = None;
    if is_script {
        let gap = gap("a script starts it, which is not read here");
        own = vec![Word {
            unresolved: Some(gap.clone()),
            ..Word::written("", Site { at: source.at(&list), form: Form::Script })
        }];
        open_ended = Some(gap);
    }
    let splits = own.iter().find(|word| word.unresolved.is_some() && !word.text.starts_with('-'));
    open_ended = open_ended.or_else(|| splits.and_then(|word| word.unresolved.clone()));
    let open_ended = command::shorten(&mut own).or(open_ended);
    let version = image.as_ref().and_then(|image| Some((image_version(program, image.text()?)?, source.at(image))));
    let form = if list.sequence().is_some() { Form::List } else { Form::Script };
    Some(Invocation {
        open_ended,
        list: Some(Site { at: source.at(&list), form }),
        version,
        mounts: mounts(service),
        contained: image_text.is_none_or(|image| !image_name(image).is_empty()),
        ..source.process(program, Some(name), own)
    })
}

/// The words of a list, or of a text as a shell splits it.
fn words(source: &Source<'_>, list: &Cursor<'_>) -> Vec<Word> {
    let word = |text: &str, item: &Cursor<'_>, form| {
        let text = text.replace("$$", "\u{0}");
        let unresolved = unfilled(&text);
        let text = text.replace('\u{0}', "$");
        Word { unresolved, ..Word::written(text, Site { at: source.at(item), form }) }
    };
    if list.sequence().is_some() {
        let items = list.items().take(MOST);
        return items.filter_map(|item| Some(word(item.text()?, &item, Form::Word))).collect();
    }
    let Some(script) = list.text() else { return Vec::new() };
    let first = shell::commands(script, &BTreeMap::new()).into_iter().next();
    let all = first.map(|command| command.words).unwrap_or_default();
    let scalar = list.node().scalar();
    let place = |range: std::ops::Range<usize>| {
        let span = scalar.and_then(|scalar| scalar.source_span(range, source.text));
        span.map_or_else(|| source.at(list), |span| source.location(span, list.pointer()))
    };
    all.into_iter()
        .map(|one| {
            let written = word(&one.text, list, Form::Script);
            let unknown = one.unknown.map(|name| gap(&format!("`{name}` comes from where Compose is called")));
            let site = Site { at: place(one.range), form: Form::Script };
            Word { unresolved: unknown.or(written.unresolved), site, ..Word::written(written.text, written.site) }
        })
        .collect()
}

/// Host paths that the service sees; a path that is none of the host's (a name, a relative path) is nobody's here.
fn mounts(service: &Cursor<'_>) -> Vec<Mount> {
    let volumes = service.get("volumes");
    let mount = |item: Cursor<'_>| {
        let Some(text) = item.text() else {
            let (host, container) = (text_of(&item, "source"), text_of(&item, "target")?);
            let read_only = item.get("read_only").is_some_and(|only| only.text() == Some("true"));
            return Some(Mount { container, host: host.filter(|host| host.starts_with('/')), read_only });
        };
        let bound =
            Mount::bind(text).unwrap_or_else(|| Mount { container: text.to_owned(), host: None, read_only: false });
        Some(Mount { host: bound.host.clone().filter(|host| host.starts_with('/')), ..bound })
    };
    volumes.iter().flat_map(|list| list.items()).take(MOST).filter_map(mount).collect()
}

fn gap(reason: &str) -> Gap {
    Gap {
        kind: GapKind::Unresolved,
        reason: reason.to_owned(),
        wanted: "the arguments of the running process".to_owned(),
        who_could_answer: "the host of the container".to_owned(),
    }
}
