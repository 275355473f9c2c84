//! Scripts that make a machine: the files that they write as documents, and the command that starts the API server.
//!
//! A script may be a file of its own, or stand in Terraform, in a Vagrantfile, or in a text of Ansible's. What the shell puts
//! into a document is followed as far as a variable has one literal value in the whole script; any other stays as it is
//! written. Control flow is not followed: every document counts as written, and a command that reaches for its file leaves
//! open what becomes of it.

use std::{borrow::Cow, collections::BTreeMap};

use model::{Evidence, Form, Gap, GapKind, Site};

use super::{Machine, is_script};
use crate::{
    Invocation, Word,
    declare::{
        Source,
        command::{self, Program, script_start, unfilled},
        documents::{Document, documents},
        embedded::Written,
        k3s,
        shell::{self, Variable},
    },
};

/// A longer script was made to hurt.
const LONGEST: usize = 1 << 20;

/// Bytes that variables may add to one document.
const MOST_ADDED: usize = 1 << 16;

/// Whether a text may be a script that has a machine run an API server, or hold one.
pub(super) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    (text.text().starts_with("#!") || text.contains("<<"))
        && ["apiserver", "kubeadm.k8s.io/", "k0s.k0sproject.io/", "kind.x-k8s.io/"]
            .iter()
            .any(|word| text.contains(word))
}

/// A page with fences about its examples is prose, whatever stands in them; what has its fences in a text of its own is not.
pub(crate) fn is_page(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_start);
    let first = lines
        .find(|line| ["```", "~~~", "apiVersion", "\"apiVersion", "kind:"].iter().any(|begin| line.starts_with(begin)));
    first.is_some_and(|line| line.starts_with(['`', '~']))
}

/// Whether a text holds documents of a script, so that it need not be YAML.
pub(crate) fn has_documents(text: &str) -> bool {
    speaks(text) && !documents(text, !is_script(text)).is_empty()
}

/// What the documents of a script say, by their places.
pub(crate) fn bodies(text: &str) -> Vec<std::ops::Range<usize>> {
    if text.len() > LONGEST {
        return Vec::new();
    }
    documents(text, !is_script(text)).into_iter().map(|document| document.body).collect()
}

/// What a script writes to a machine; nothing where it writes no document.
pub(super) fn machine<'a>(source: &'a Source<'a>) -> Machine<'a> {
    let mut machine = Machine { files: Vec::new(), open: None, commands: Vec::new(), scripts: Vec::new() };
    let text = source.text;
    if text.len() > LONGEST || (is_page(text) && !is_script(text)) {
        return machine;
    }
    let found = documents(text, !is_script(text));
    let around = without(text, &found);
    let known = literals(&around);
    for document in &found {
        let path = document.path.as_deref().map(|path| filled_in(path, &known));
        // Settings of k3s and RKE2 are read with whatever starts them.
        if path.as_deref().is_some_and(|path| path.starts_with("/etc/rancher/")) {
            continue;
        }
        machine.files.push(written(source, document, path, &known));
    }
    machine.commands = commands(&around, &found);
    if is_script(text) {
        machine.scripts.push(k3s::Script::Own(Cow::Borrowed(text)));
    }
    machine
}

/// The lines of a script but for those that open a document, which write what is read.
fn commands(around: &str, documents: &[Document]) -> Vec<String> {
    let opens = |at: usize| documents.iter().any(|one| one.whole.start == at && !one.is_added);
    let mut at = 0;
    let lines = around.split_inclusive('\n').filter_map(|line| {
        let start = at;
        at += line.len();
        (!opens(start) && !line.trim().is_empty()).then(|| line.trim_end().to_owned())
    });
    lines.collect()
}

/// One document as the file that it becomes.
fn written<'a>(
    source: &'a Source<'a>,
    document: &Document,
    path: Option<String>,
    known: &BTreeMap<String, String>,
) -> Written<'a> {
    // Several documents may go to programs: each is a file of its own, by the name of the script.
    let path = path.unwrap_or_else(|| source.evidence.as_str().to_owned());
    let (text, places) = content(source.text, document, known);
    let file = Written::of_part(source, path, text, places);
    if document.is_added { file.but("it is added to what is there") } else { file }
}

/// The text of a document as the shell hands it on, and for each of its bytes, and for its end, the byte of the script.
fn content(script: &str, document: &Document, known: &BTreeMap<String, String>) -> (String, Vec<u32>) {
    let body = script.get(document.body.clone()).unwrap_or_default();
    let (mut text, mut places) = (String::with_capacity(body.len()), Vec::with_capacity(body.len() + 1));
    let offset = |at: usize| u32::try_from(document.body.start + at).unwrap_or(u32::MAX);
    let mut put = |part: &str, at: usize, is_written: bool| {
        text.push_str(part);
        places.extend((0..part.len()).map(|byte| offset(if is_written { at + byte } else { at })));
    };
    let (mut at, mut added, mut is_start) = (0, 0, true);
    while let Some(rest) = body.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(c) = rest.chars().next() else { break };
        if is_start && document.is_indented && c == '\t' {
            at += 1;
            continue;
        }
        is_start = c == '\n';
        if document.is_filled_in && c == '\\' {
            match rest[1..].chars().next() {
                Some('\n') => {
                    // The shell takes both away, and the lines are one.
                    at += 2;
                    continue;
                }
                Some(next @ ('\\' | '$' | '`')) => {
                    put(&rest[1..1 + next.len_utf8()], at + 1, true);
                    at += 1 + next.len_utf8();
                    continue;
                }
                _ => {}
            }
        }
        if document.is_filled_in
            && c == '$'
            && let Some((length, value)) = variable(rest).and_then(|(name, length)| Some((length, known.get(name)?)))
            && added + value.len() <= MOST_ADDED
        {
            added += value.len();
            put(value, at, false);
            at += length;
            continue;
        }
        put(&rest[..c.len_utf8()], at, true);
        at += c.len_utf8();
    }
    places.push(offset(body.len()));
    (text, places)
}

/// A variable at the start of a text: its name, and how long it is written.
fn variable(text: &str) -> Option<(&str, usize)> {
    let rest = text.strip_prefix('$')?;
    let (inner, extra) = match rest.strip_prefix('{') {
        Some(inner) => (inner, 3),
        None => (rest, 1),
    };
    let length = inner.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    let name =
        inner.get(..length).filter(|name| !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()))?;
    (extra == 1 || inner[length..].starts_with('}')).then_some((name, length + extra))
}

fn filled_in(text: &str, known: &BTreeMap<String, String>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        filled.push_str(&rest[..at]);
        rest = &rest[at..];
        let value = variable(rest).and_then(|(name, length)| Some((known.get(name)?, length)));
        let (part, length) = value.map_or(("$", 1), |(value, length)| (value.as_str(), length));
        filled.push_str(part);
        rest = &rest[length..];
    }
    filled + rest
}

/// The script with nothing in the places of its documents.
fn without(script: &str, documents: &[Document]) -> String {
    let mut left = String::with_capacity(script.len());
    let mut at = 0;
    for document in documents.iter().filter(|document| document.inside.is_none()) {
        left.push_str(script.get(at..document.body.start).unwrap_or_default());
        let body = script.get(document.body.start..document.whole.end).unwrap_or_default();
        left.extend(body.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        at = document.whole.end;
    }
    left + script.get(at..).unwrap_or_default()
}

/// Variables that a script sets once, to a text that depends on nothing.
fn literals(script: &str) -> BTreeMap<String, String> {
    let mut seen: BTreeMap<String, Option<String>> = BTreeMap::new();
    let mut set = |name: &str, value: Option<String>| {
        seen.entry(name.to_owned()).and_modify(|known| *known = None).or_insert(value);
    };
    for statement in shell::statements(script, &BTreeMap::new()) {
        let is_for_itself = !statement.words.is_empty();
        for (name, word) in &statement.assigned {
            // In front of a command it holds for that alone.
            let literal = word.unknown.is_none() && !is_for_itself;
            set(name, literal.then(|| word.text.clone()));
        }
        let Some((first, rest)) = statement.words.split_first() else { continue };
        match first.text.as_str() {
            "export" | "readonly" | "local" | "declare" | "typeset" => {
                for word in rest {
                    if let Some((name, value)) = word.text.split_once('=') {
                        set(name, word.unknown.is_none().then(|| value.to_owned()));
                    }
                }
            }
            "read" | "for" | "unset" | "getopts" => rest.iter().for_each(|word| set(&word.text, None)),
            _ => {}
        }
    }
    seen.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// The API server that a script starts itself, by the first command that gives it a place to store in.
pub(super) fn command(source: &Source<'_>) -> Option<Invocation> {
    if source.text.len() > LONGEST || !source.text.contains("apiserver") {
        return None;
    }
    let around = without(source.text, &documents(source.text, false));
    let commands = shell::commands(&around, &BTreeMap::<String, Variable>::new());
    let mut starts = commands.iter().filter_map(|command| {
        let after = script_start(Program::ApiServer, command)?;
        let words = command.words.get(after..)?;
        // Whoever asks for the release or the help starts nothing.
        let is_server = words.iter().any(|word| {
            let name = word.text.trim_start_matches('-').split('=').next().unwrap_or_default();
            matches!(name, "etcd-servers" | "etcd_servers")
        });
        is_server.then_some((command, words))
    });
    let (command, words) = starts.next()?;
    let another = starts.next().is_some();
    let location =
        |range: &std::ops::Range<usize>| source.location(yaml::Span::new(range.start, range.end), String::new());
    let mut open_ended = another.then(|| gap("the script starts an API server in more than one place"));
    let mut found: Vec<Word> = Vec::new();
    for word in words {
        if word.splits && !word.text.starts_with('-') {
            open_ended.get_or_insert_with(|| unknown(&word.text));
        }
        let unresolved = word.unknown.as_deref().map(unknown).or_else(|| unfilled(&word.text));
        let site = Site { at: location(&word.range), form: Form::Script };
        found.push(Word { unresolved, ..Word::written(word.text.clone(), site) });
    }
    if let Some(gap) = open_ended.clone().filter(|_| another) {
        found.iter_mut().for_each(|word| {
            word.unresolved.get_or_insert_with(|| gap.clone());
        });
    }
    let open_ended = command::shorten(&mut found).or(open_ended);
    let whole = command.words.first().zip(command.words.last());
    let whole = whole.map_or(0..source.text.len(), |(first, last)| first.range.start..last.range.end);
    Some(Invocation {
        open_ended,
        list: Some(Site { at: location(&whole), form: Form::Script }),
        ..source.process(Program::ApiServer, None, found)
    })
}

fn unknown(name: &str) -> Gap {
    gap(&format!("`{name}` is known only when the script runs"))
}

fn gap(reason: &str) -> Gap {
    Gap {
        kind: GapKind::Unresolved,
        reason: reason.to_owned(),
        wanted: "the arguments of the running process".to_owned(),
        who_could_answer: "the node that the script ran on".to_owned(),
    }
}

/// What the evidence of a text that holds scripts declares.
pub(super) fn invocations(source: &Source<'_>, evidence: &[Evidence]) -> Vec<Invocation> {
    let found = machine(source).invocations(source, &[], evidence);
    if found.is_empty() && is_script(source.text) { command(source).into_iter().collect() } else { found }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_what_the_shell_makes_of_it() {
        let script = "IP=10.0.0.1\nexport B=b\nC=c\nC=d\nD=$(hostname)\ncat > /a <<EOF\na \\\n b=${IP} $B ${C} $D \\$E \\\\ \\x\nEOF\n";
        let found = documents(script, false);
        let known = literals(&without(script, &found));
        let (text, places) = content(script, &found[0], &known);
        assert_eq!(text, "a  b=10.0.0.1 b ${C} $D $E \\ \\x\n");
        assert_eq!(places.len(), text.len() + 1);
        let at = text.find("10.0.0.1").unwrap_or_default();
        assert_eq!(places.get(at).map(|place| &script[*place as usize..][..5]), Some("${IP}"));
        assert!(places.windows(2).all(|pair| pair[0] <= pair[1]), "{places:?}");
    }

    #[test]
    fn what_is_quoted_stays() {
        let script = "A=1\ncat <<'EOF' >/a\n$A \\\n\\$B\nEOF\n";
        let found = documents(script, false);
        let (text, _) = content(script, &found[0], &literals(script));
        assert_eq!(text, "$A \\\n\\$B\n");
    }
}
