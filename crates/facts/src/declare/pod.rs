//! Pods and the workloads that hold a pod template, as the kubelet would start them.
//!
//! A container's command line is its `command` followed by its `args`, with `$(NAME)` replaced from `env`
//! (third_party/forked/golang/expansion of every release). What stands before the component's own name, a shell, a lock or
//! a log redirector, is looked through.

use std::collections::BTreeMap;

use model::{Evidence, Form, Gap, GapKind, Problem, ProblemKind, Site, Version};
use yaml::{Cursor, Resolved, Value};

use super::{
    MOST, Source,
    command::{self, Program, Start, base, find, image_name, script_start, unfilled},
    etcd::{self, MOST_VARIABLES, VARIABLE},
    lookup::text_of,
    openshift,
    shell::{self, Variable},
};
use crate::{Invocation, Mount, Word};

/// Whether a text holds the words without which it declares nothing.
pub(super) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    // Every spelling of the name holds it.
    text.contains("apiserver")
}

/// Whether a text declares a component that is judged.
pub(super) fn declares(source: &Source<'_>) -> bool {
    runs(Program::ApiServer, source)
}

/// Whether a pod of a text runs that component.
pub(super) fn runs(program: Program, source: &Source<'_>) -> bool {
    let mut found = false;
    for document in source.documents() {
        each_pod(&document.cursor(), &mut |pod| {
            found = found
                || pod.may_run(program)
                    && containers(&pod.spec).any(|container| {
                        let words = raw_words(&container);
                        let image = container.get("image").and_then(|image| image.text().map(str::to_owned));
                        find(
                            program,
                            &words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>(),
                            image.as_deref(),
                        )
                        .is_some()
                    });
        });
    }
    found
}

/// Every API server that a text declares.
pub(super) fn invocations(source: &Source<'_>, evidence: &[Evidence]) -> Vec<Invocation> {
    let mut found = Vec::new();
    if !openshift::is_copy(source, evidence) {
        each(Program::ApiServer, source, &mut |spec, container, invocation| {
            openshift::complete(invocation, spec, container, source, evidence);
            found.push(invocation.clone());
        });
    }
    found
}

/// The same of any component.
pub(super) fn all_of(program: Program, source: &Source<'_>) -> Vec<Invocation> {
    let mut found = Vec::new();
    each(program, source, &mut |_, _, invocation| found.push(invocation.clone()));
    found
}

/// Every process of a component, with the pod and the container that start it.
pub(super) fn each(
    program: Program,
    source: &Source<'_>,
    visit: &mut dyn FnMut(&Cursor<'_>, &Cursor<'_>, &mut Invocation),
) {
    let mut left = MOST + 1;
    for document in source.documents() {
        let problems = source.problems(document);
        each_pod(&document.cursor(), &mut |pod| {
            for container in containers(&pod.spec).filter(|_| pod.may_run(program)).take(left) {
                let Some(mut found) = invocation(program, &pod, &container, source) else { continue };
                left -= 1;
                found.problems.extend(problems.iter().cloned());
                visit(&pod.spec, &container, &mut found);
            }
        });
    }
}

/// A pod, or the template of one.
pub(super) struct Pod<'a> {
    metadata: Option<Cursor<'a>>,
    template_metadata: Option<Cursor<'a>>,
    spec: Cursor<'a>,
}

impl<'a> Pod<'a> {
    pub(super) fn name(&self) -> Option<String> {
        self.metadata.as_ref().and_then(|metadata| text_of(metadata, "name"))
    }

    /// Whether it can be one of the control plane: an etcd elsewhere is the store of somebody's application.
    fn may_run(&self, program: Program) -> bool {
        let namespace = self.metadata.as_ref().and_then(|metadata| text_of(metadata, "namespace"));
        program != Program::Etcd
            || match namespace.as_deref() {
                None => self.template_metadata.is_none(),
                Some(name) => ["kube-system", "openshift-etcd"].contains(&name),
            }
    }

    pub(super) fn containers(&self) -> impl Iterator<Item = Cursor<'a>> + use<'a> {
        containers(&self.spec)
    }
}

/// Finds pods in a document: itself, the template of a workload, or the items of a list.
pub(super) fn each_pod<'a>(document: &Cursor<'a>, visit: &mut dyn FnMut(Pod<'a>)) {
    if let Some(items) = document.get("items").filter(|_| {
        document.get("kind").and_then(|kind| kind.text().map(|kind| kind.ends_with("List"))).unwrap_or(false)
    }) {
        // Lists do not nest in practice; one level more is looked at, so that the walk is bounded.
        for item in items.items() {
            match item.get("items") {
                Some(inner) => inner.items().for_each(|item| one_pod(&item, visit)),
                None => one_pod(&item, visit),
            }
        }
        return;
    }
    one_pod(document, visit);
}

fn one_pod<'a>(object: &Cursor<'a>, visit: &mut dyn FnMut(Pod<'a>)) {
    let metadata = object.get("metadata");
    // The oldest manifests (v1beta1) hold their containers at the top.
    if object.get("containers").is_some() {
        return visit(Pod { metadata, template_metadata: None, spec: object.clone() });
    }
    let Some(mut spec) = object.get("spec").or_else(|| object.get("template")) else { return };
    let mut template_metadata = None;
    // A CronJob holds a job template, which holds a pod template.
    for key in ["jobTemplate", "template"] {
        if let Some(template) = spec.get(key) {
            template_metadata = template.get("metadata");
            match template.get("spec") {
                Some(inner) => spec = inner,
                None => return,
            }
        }
    }
    if spec.get("containers").is_some() {
        visit(Pod { metadata, template_metadata, spec });
    }
}

/// The containers that run for as long as the pod does. Init containers end before it serves.
fn containers<'a>(spec: &Cursor<'a>) -> impl Iterator<Item = Cursor<'a>> + use<'a> {
    spec.get("containers").into_iter().flat_map(|containers| containers.items().collect::<Vec<_>>())
}

/// A word of `command` or `args` before anything in it is expanded.
struct RawWord<'a> {
    text: String,
    cursor: Cursor<'a>,
    list: Cursor<'a>,
}

fn raw_words<'a>(container: &Cursor<'a>) -> Vec<RawWord<'a>> {
    let mut words = Vec::new();
    for key in ["command", "args"] {
        let Some(list) = container.get(key) else { continue };
        if let Value::Scalar(scalar) = list.node().value() {
            words.extend(scalar.text().split_whitespace().map(|word| RawWord {
                text: word.to_owned(),
                cursor: list.clone(),
                list: list.clone(),
            }));
            continue;
        }
        for item in list.items() {
            let text = item.text().unwrap_or_default().to_owned();
            words.push(RawWord { text, cursor: item, list: list.clone() });
        }
    }
    words
}

/// The release that an image names, if it is an image of the component.
pub(super) fn image_version(program: Program, image: &str) -> Option<Version> {
    let name = image_name(image);
    let is_its_own = match program {
        Program::Etcd => command::is_image_of_etcd(name),
        _ => name.contains(program.component()) || name.contains("hyperkube"),
    };
    if !is_its_own {
        return None;
    }
    let without_digest = image.split('@').next().unwrap_or(image);
    let tag = base(without_digest).split_once(':')?.1;
    // `v1.7.5_coreos.0`: a tag has no `+`, so builders write `_` or `-` for it.
    let version: Version = tag.replacen('_', "+", 1).parse().ok()?;
    let majors = if program == Program::Etcd { 2..=3 } else { 1..=1 };
    majors.contains(&version.minor.major).then_some(version)
}

fn invocation(program: Program, pod: &Pod<'_>, container: &Cursor<'_>, source: &Source<'_>) -> Option<Invocation> {
    let raw = raw_words(container);
    let image = container.get("image");
    let image_text = image.as_ref().and_then(|image| image.text());
    let start = find(program, &raw.iter().map(|word| word.text.as_str()).collect::<Vec<_>>(), image_text)?;

    let environment = Environment::of(container);
    let mut problems = shape_problems(container, source);
    let mut open_ended = None;
    let mut words = Vec::new();
    let list;
    match start {
        Start::Direct(after) => {
            for word in &raw[after..] {
                words.push(direct_word(word, &environment, source));
            }
            let last_list = raw.last().map(|word| &word.list);
            list = last_list.map(|list| Site { at: source.at(list), form: Form::List });
            open_ended = unread_words(&raw[after..], &words, source);
        }
        Start::Script(index) => {
            let word = &raw[index];
            let script = environment.expand(&word.text);
            read_script(program, word, &script.text, &environment, source, &mut words, &mut open_ended);
            list = Some(Site { at: source.at(&word.cursor), form: Form::Script });
        }
        Start::OneWord(index) => {
            let word = &raw[index];
            problems.push(Problem {
                kind: ProblemKind::Refused,
                stops: true,
                message:
                    "the whole command line is one word, so the container runtime looks for a program of that name"
                        .to_owned(),
                hint: Some("write one list item per word".to_owned()),
                location: Some(source.at(&word.cursor)),
                setting: None,
            });
            read_script(program, word, &word.text, &environment, source, &mut words, &mut open_ended);
            list = Some(Site { at: source.at(&word.cursor), form: Form::Script });
        }
    }

    open_ended = command::shorten(&mut words).or(open_ended);
    if program == Program::Etcd {
        words.splice(0..0, flags_of_etcd(container, &environment, source));
        if environment.open {
            open_ended.get_or_insert_with(|| unresolved("envFrom".to_owned()));
        }
    }
    let name = pod.metadata.as_ref().and_then(|metadata| text_of(metadata, "name"));
    let node = text_of(&pod.spec, "nodeName");
    let version = image
        .as_ref()
        .and_then(|image| image_version(program, image.text()?).map(|version| (version, source.at(image))));
    Some(Invocation {
        open_ended,
        list,
        version,
        mounts: mounts(&pod.spec, container),
        contained: true,
        distribution: distribution(pod),
        problems,
        ..source.process(program, node.or(name), words)
    })
}

/// Why there may be words that nobody can read yet; `None` where the list is plain.
fn unread_words(raw: &[RawWord<'_>], words: &[Word], source: &Source<'_>) -> Option<Gap> {
    if raw.iter().any(|word| !matches!(word.cursor.value(), Value::Scalar(_))) {
        return Some(Gap {
            kind: GapKind::Templated,
            reason: "an argument is a structure and no text, as an unfilled template leaves it".to_owned(),
            wanted: format!("{} as the node reads it", source.evidence),
            who_could_answer: "give the rendered file".to_owned(),
        });
    }
    // A placeholder that stands alone may become any number of words, unless the flag before it waits for a value.
    let alone = |at: usize| {
        let waits = at > 0 && words[at - 1].text.starts_with("--") && !words[at - 1].text.contains('=');
        !words[at].text.starts_with('-') && !waits
    };
    let at = (0..words.len()).find(|&at| words[at].unresolved.is_some() && alone(at))?;
    words[at].unresolved.clone()
}

fn direct_word(word: &RawWord<'_>, environment: &Environment, source: &Source<'_>) -> Word {
    let expanded = environment.expand(&word.text);
    let unresolved = expanded.unknown.map(unresolved).or_else(|| unfilled(&expanded.text));
    let site = Site { at: source.at(&word.cursor), form: Form::Word };
    Word { unresolved, ..Word::written(expanded.text, site) }
}

pub(super) fn unresolved(name: String) -> Gap {
    Gap {
        kind: GapKind::Unresolved,
        reason: format!("`{name}` is known only when the container starts"),
        wanted: format!("the value of `{name}`"),
        who_could_answer: "the running process: its arguments on the node".to_owned(),
    }
}

fn read_script(
    program: Program,
    word: &RawWord<'_>,
    script: &str,
    environment: &Environment,
    source: &Source<'_>,
    words: &mut Vec<Word>,
    open_ended: &mut Option<Gap>,
) {
    let commands = shell::commands(script, &environment.variables);
    let Some((command, after)) =
        commands.iter().find_map(|command| script_start(program, command).map(|after| (command, after)))
    else {
        return;
    };
    let whole = source.at(&word.cursor);
    // Offsets in the script are offsets in the scalar only while nothing in it was replaced.
    let scalar = word.cursor.node().scalar().filter(|scalar| scalar.text() == script);
    for shell_word in &command.words[after..] {
        let span = scalar.and_then(|scalar| scalar.source_span(shell_word.range.clone(), source.text));
        let at = span.map_or_else(|| whole.clone(), |span| source.location(span, whole.pointer.clone()));
        if shell_word.splits && !shell_word.text.starts_with('-') {
            // Nobody knows how many words this is, nor which.
            open_ended.get_or_insert_with(|| unresolved(shell_word.text.clone()));
        }
        let gap = shell_word.unknown.clone().map(unresolved).or_else(|| unfilled(&shell_word.text));
        let site = Site { at, form: Form::Script };
        words.push(Word { unresolved: gap, ..Word::written(shell_word.text.clone(), site) });
    }
}

/// What the container's `env` makes of `$(NAME)`, and hands to a shell.
pub(super) struct Environment {
    variables: BTreeMap<String, Variable>,
    /// `envFrom` may set any name.
    open: bool,
}

pub(super) struct Expanded {
    pub(super) text: String,
    /// A variable whose value only the node knows.
    pub(super) unknown: Option<String>,
}

impl Environment {
    fn of(container: &Cursor<'_>) -> Self {
        let mut environment = Self {
            variables: BTreeMap::new(),
            open: container.get("envFrom").is_some_and(|from| from.items().next().is_some()),
        };
        for entry in container.get("env").into_iter().flat_map(|env| env.items().collect::<Vec<_>>()) {
            let Some(name) = text_of(&entry, "name") else { continue };
            let variable = match entry.get("value") {
                Some(value) => {
                    let expanded = environment.expand(value.text().unwrap_or_default());
                    if expanded.unknown.is_some() { Variable::Unknown } else { Variable::Known(expanded.text) }
                }
                None if entry.get("valueFrom").is_some() => Variable::Unknown,
                None => Variable::Known(String::new()),
            };
            environment.variables.insert(name, variable);
        }
        environment
    }

    /// Variables of which the value is known, or `None` where only the node knows it.
    pub(super) fn given(variables: impl IntoIterator<Item = (String, Option<String>)>) -> Self {
        let variable =
            |(name, value): (String, Option<String>)| (name, value.map_or(Variable::Unknown, Variable::Known));
        Self { variables: variables.into_iter().map(variable).collect(), open: false }
    }

    /// Replaces `$(NAME)` as the kubelet does: an unknown name stays as it is written, and `$$` is a dollar sign.
    pub(super) fn expand(&self, text: &str) -> Expanded {
        let mut expanded = Expanded { text: String::with_capacity(text.len()), unknown: None };
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            expanded.text.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            if let Some(escaped) = after.strip_prefix('$') {
                expanded.text.push('$');
                rest = escaped;
                continue;
            }
            let Some((name, behind)) = after.strip_prefix('(').and_then(|inner| inner.split_once(')')) else {
                expanded.text.push('$');
                rest = after;
                continue;
            };
            match self.variables.get(name) {
                Some(Variable::Known(value)) => expanded.text.push_str(value),
                known => {
                    expanded.text.push_str(&rest[at..rest.len() - behind.len()]);
                    if known.is_some() || self.open {
                        expanded.unknown.get_or_insert_with(|| format!("$({name})"));
                    }
                }
            }
            rest = behind;
        }
        expanded.text.push_str(rest);
        expanded
    }
}

/// The flags that etcd takes from the variables of a container, before those of its command line; the last of two of one name counts.
fn flags_of_etcd(container: &Cursor<'_>, environment: &Environment, source: &Source<'_>) -> Vec<Word> {
    let mut found: BTreeMap<String, Word> = BTreeMap::new();
    for entry in container.get("env").into_iter().flat_map(|env| env.items().take(MOST_VARIABLES).collect::<Vec<_>>()) {
        let Some(flag) = text_of(&entry, "name").and_then(|name| etcd::flag_of(&name)) else { continue };
        let value = entry.get("value");
        let expanded = environment.expand(value.as_ref().and_then(|value| value.text()).unwrap_or_default());
        let unknown = entry.get("valueFrom").is_some().then(|| format!("--{flag}"));
        let gap = unknown.or(expanded.unknown).map(unresolved).or_else(|| unfilled(&expanded.text));
        let site = Site { at: source.at(value.as_ref().unwrap_or(&entry)), form: VARIABLE };
        let word = Word { unresolved: gap, ..Word::written(format!("--{flag}={}", expanded.text), site) };
        found.insert(flag, word);
    }
    found.into_values().collect()
}

/// Words that the kubelet cannot read: `command` and `args` are lists of strings.
fn shape_problems(container: &Cursor<'_>, source: &Source<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut refuse = |cursor: &Cursor<'_>, message: String| {
        problems.push(Problem {
            kind: ProblemKind::Refused,
            stops: true,
            message,
            hint: Some("write it as a quoted string".to_owned()),
            location: Some(source.at(cursor)),
            setting: None,
        });
    };
    for key in ["command", "args"] {
        let Some(list) = container.get(key) else { continue };
        match list.node().value() {
            Value::Sequence(_) => {}
            Value::Scalar(_) if matches!(list.resolved(), Some(Resolved::Null)) => continue,
            _ => {
                refuse(&list, format!("the kubelet cannot read the pod: `{key}` is no list"));
                continue;
            }
        }
        for (index, item) in list.items().enumerate() {
            let noun = match (item.node().value(), item.resolved()) {
                (Value::Scalar(_), Some(Resolved::Bool(_))) => "a boolean",
                (Value::Scalar(_), Some(Resolved::Int(_) | Resolved::Float(_))) => "a number",
                (Value::Scalar(_), _) => continue,
                (Value::Sequence(_), _) => "a list",
                (Value::Mapping(_), _) => "a mapping",
            };
            refuse(&item, format!("the kubelet cannot read the pod: `{key}[{index}]` is {noun}, not a string"));
        }
    }
    problems
}

fn mounts(spec: &Cursor<'_>, container: &Cursor<'_>) -> Vec<Mount> {
    let mut hosts = BTreeMap::new();
    for volume in spec.get("volumes").into_iter().flat_map(|volumes| volumes.items().collect::<Vec<_>>()) {
        let Some(name) = text_of(&volume, "name") else { continue };
        let host = volume.get("hostPath").and_then(|host| text_of(&host, "path"));
        hosts.insert(name, host);
    }
    let mounts = container.get("volumeMounts").into_iter().flat_map(|mounts| mounts.items().collect::<Vec<_>>());
    mounts
        .filter_map(|mount| {
            let container = text_of(&mount, "mountPath")?;
            let host = hosts.get(&text_of(&mount, "name")?).cloned().flatten().map(|host| {
                let below = text_of(&mount, "subPath").unwrap_or_default();
                format!("{}/{}", host.trim_end_matches('/'), below.trim_matches('/')).trim_end_matches('/').to_owned()
            });
            let read_only = mount.get("readOnly").is_some_and(|flag| flag.is_true());
            Some(Mount { container: container.trim_end_matches('/').to_owned(), host, read_only })
        })
        .collect()
}

/// Who wrote the pod, where it says so.
fn distribution(pod: &Pod<'_>) -> Option<&'static str> {
    let metadata = [pod.metadata.as_ref(), pod.template_metadata.as_ref()];
    for metadata in metadata.into_iter().flatten() {
        // kubeadm annotates the pods that it writes (cmd/kubeadm/app/phases/controlplane, since 1.18) and labels them so.
        let annotated = metadata.get("annotations").is_some_and(|notes| {
            notes.get("kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint").is_some()
        });
        let labels = metadata.get("labels");
        let label = |name: &str| labels.as_ref().and_then(|labels| text_of(labels, name));
        if annotated
            || (label("component").as_deref() == Some("kube-apiserver")
                && label("tier").as_deref() == Some("control-plane"))
        {
            return Some("kubeadm");
        }
        if labels.as_ref().is_some_and(|labels| labels.get("hypershift.openshift.io/control-plane-component").is_some())
        {
            return Some("openshift");
        }
    }
    None
}
