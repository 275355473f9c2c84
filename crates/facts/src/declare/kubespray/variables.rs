//! What an inventory says of a variable, where, and what kubespray itself says of those that nobody sets.

use std::{cell::Cell, collections::BTreeMap};

use model::{Form, Gap, GapKind, Location, Problem, Site};
use yaml::{Cursor, Resolved};

use super::{File, MOST, Source, flags, inventory::Fill, line::printed, unfilled};

/// Variables that stand in one another, at most.
const DEEPEST: usize = 4;

/// Variables of one file that are looked at.
const MOST_VARIABLES: usize = 8192;

/// What is said of a variable.
pub(super) enum Said<T> {
    /// The value, and where it stands.
    Value(T, Location),
    /// It is set, or may be, to what cannot be read here.
    Open(Gap),
    /// Nobody sets it, so that kubespray does.
    Nothing,
}

struct Set<'a> {
    source: &'a Source<'a>,
    value: Cursor<'a>,
    doubt: Option<Gap>,
}

/// The variables of an inventory, each as it counts.
pub(super) struct Variables<'a> {
    /// The file that says most of them.
    pub(super) source: &'a Source<'a>,
    pub(super) root: Cursor<'a>,
    set: BTreeMap<String, Set<'a>>,
    /// Why more may be set than could be read.
    unread: Option<Gap>,
    pub(super) problems: Vec<Problem>,
    fill: Fill,
}

/// The folders that others are made of (roles/kubespray_defaults, unchanged from v2.11.0 to v2.31.0).
const OWN: [(&str, &str); 6] = [
    ("cluster_name", "cluster.local"),
    ("etcd_cert_dir", "{{ etcd_config_dir }}/ssl"),
    ("etcd_config_dir", "/etc/ssl/etcd"),
    ("kube_cert_dir", "{{ kube_config_dir }}/ssl"),
    ("kube_config_dir", "/etc/kubernetes"),
    ("kube_token_dir", "{{ kube_config_dir }}/tokens"),
];

impl<'a> Variables<'a> {
    /// Of the file that says most, and of all, the strongest last; a file without a text has no source.
    pub(super) fn of(main: (&'a Source<'a>, Cursor<'a>), files: &[(&File<'a>, Option<&'a Source<'a>>)]) -> Self {
        let (source, root) = main;
        let fill = Fill { deepest: DEEPEST, longest: 4096, left: Cell::new(1 << 20) };
        let mut variables = Self { source, root, set: BTreeMap::new(), unread: None, problems: Vec::new(), fill };
        for (file, source) in files {
            variables.take(file, *source);
        }
        variables
    }

    fn take(&mut self, file: &File<'a>, source: Option<&'a Source<'a>>) {
        let hidden = || Gap {
            kind: GapKind::Unread,
            reason: format!("`{}` cannot be read as YAML", file.evidence.id),
            wanted: "the variables of the inventory".to_owned(),
            who_could_answer: "whoever can mend the file".to_owned(),
        };
        let is_broken = source.is_some_and(|source| source.stream.faults.iter().any(|fault| fault.kind.is_fatal()));
        if let Some(gap) = file.unread.clone().or_else(|| is_broken.then(hidden)) {
            self.set.values_mut().for_each(|set| set.doubt = Some(gap.clone()));
            self.unread = Some(gap);
        }
        let Some(source) = source.filter(|_| file.unread.is_none()) else { return };
        let Some(document) = source.documents().next() else { return };
        self.problems.extend(source.problems(document));
        for entry in document.cursor().entries().take(MOST_VARIABLES) {
            let set = Set { source, value: entry.value, doubt: file.doubt.clone() };
            self.set.insert(entry.name.into_owned(), set);
        }
    }

    /// Whether anybody sets a variable, to whatever it be.
    pub(super) fn sets(&self, name: &str) -> bool {
        self.set.contains_key(name)
    }

    /// A variable as it is written, and the text that it is written in.
    pub(super) fn node(&self, name: &str) -> Said<(&'a Source<'a>, Cursor<'a>)> {
        match (self.set.get(name), &self.unread) {
            (Some(Set { doubt: Some(gap), .. }), _) => Said::Open(gap.clone()),
            (Some(set), _) => Said::Value((set.source, set.value.clone()), set.source.at(&set.value)),
            (None, Some(gap)) => Said::Open(gap.clone()),
            (None, None) => Said::Nothing,
        }
    }

    pub(super) fn text(&self, name: &str) -> Said<String> {
        let (found, at) = match self.node(name) {
            Said::Value((_, found), at) => (found, at),
            Said::Open(gap) => return Said::Open(gap),
            Said::Nothing => return Said::Nothing,
        };
        let Some(text) = found.text().filter(|_| !found.is_null()) else {
            return Said::Open(unreadable(name, "is no text"));
        };
        let text = self.filled(text);
        match unfilled(&text) {
            Some(gap) => Said::Open(gap),
            None => Said::Value(text, at),
        }
    }

    /// The same, or what kubespray says; only for variables of [`OWN`] is that known here.
    pub(super) fn folder(&self, name: &str) -> Result<String, Gap> {
        match self.text(name) {
            Said::Value(folder, _) => Ok(folder.trim_end_matches('/').to_owned()),
            Said::Open(gap) => Err(gap),
            Said::Nothing => {
                let own = OWN.iter().find(|(own, _)| *own == name).map_or("", |(_, value)| value);
                let text = self.filled(own);
                unfilled(&text).map_or(Ok(text), Err)
            }
        }
    }

    /// A text, with those variables put in to which nothing else is done.
    fn filled(&self, text: &str) -> String {
        self.fill.text(text, &|name| self.plain(name))
    }

    /// The text of a variable that is surely set so.
    fn plain(&self, name: &str) -> Option<String> {
        match self.node(name) {
            Said::Value((_, found), _) => found.text().filter(|_| !found.is_null()).map(str::to_owned),
            Said::Open(_) => None,
            Said::Nothing => OWN.iter().find(|(own, _)| *own == name).map(|(_, value)| (*value).to_owned()),
        }
    }

    /// A switch as a template of kubespray asks for it. Ansible reads YAML 1.1, in which `yes` and `off` are booleans too; a
    /// text in quotes is true to Jinja, whatever it says, and printed as it is: nobody means that.
    pub(super) fn switch(&self, name: &str) -> Said<bool> {
        self.switch_within(name, DEEPEST)
    }

    fn switch_within(&self, name: &str, deepest: usize) -> Said<bool> {
        let (found, at) = match self.node(name) {
            Said::Value((_, found), at) => (found, at),
            Said::Open(gap) => return Said::Open(gap),
            Said::Nothing => return Said::Nothing,
        };
        let plain = found.scalar().filter(|scalar| scalar.style() == yaml::Style::Plain).map(yaml::Scalar::text);
        match (found.resolved(), plain) {
            (Some(Resolved::Bool(on)), _) => return Said::Value(on, at),
            (_, Some("yes" | "Yes" | "YES" | "on" | "On" | "ON")) => return Said::Value(true, at),
            (_, Some("no" | "No" | "NO" | "off" | "Off" | "OFF")) => return Said::Value(false, at),
            _ => {}
        }
        // Another switch, and nothing else.
        let other = found.text().and_then(|text| text.trim().strip_prefix("{{")?.strip_suffix("}}"));
        if let Some(other) = other.map(str::trim).filter(|other| deepest > 0 && self.sets(other))
            && let Said::Value(on, _) = self.switch_within(other, deepest - 1)
        {
            return Said::Value(on, at);
        }
        Said::Open(found.text().and_then(unfilled).unwrap_or_else(|| unreadable(name, "is neither true nor false")))
    }

    /// A switch as a template prints it.
    pub(super) fn printed_switch(&self, value: &Cursor<'_>) -> Option<String> {
        match (value.resolved(), value.text()) {
            (Some(Resolved::Bool(on)), _) => Some(on.to_string()),
            (_, Some("true" | "True" | "yes" | "Yes" | "YES" | "on" | "On" | "ON")) => Some("true".to_owned()),
            (_, Some("false" | "False" | "no" | "No" | "NO" | "off" | "Off" | "OFF")) => Some("false".to_owned()),
            _ => None,
        }
    }

    pub(super) fn list(&self, name: &str) -> Said<Vec<String>> {
        let (found, at) = match self.node(name) {
            Said::Value((_, found), at) => (found, at),
            Said::Open(gap) => return Said::Open(gap),
            Said::Nothing => return Said::Nothing,
        };
        if found.sequence().is_none() {
            return Said::Open(found.text().and_then(unfilled).unwrap_or_else(|| unreadable(name, "is no list")));
        }
        let mut values = Vec::new();
        for item in found.items().take(MOST) {
            let text = item.text().map(|text| self.filled(text));
            match text {
                Some(text) if unfilled(&text).is_none() => values.push(text),
                other => {
                    let gap = other.as_deref().and_then(unfilled);
                    return Said::Open(gap.unwrap_or_else(|| unreadable(name, "is no list of texts")));
                }
            }
        }
        Said::Value(values, at)
    }

    /// A value that somebody wrote, as words of a flag are made of it.
    pub(super) fn written(&self, name: &str, value: &Cursor<'a>) -> Result<String, Gap> {
        if let Some(Resolved::Bool(on)) = value.resolved() {
            return Ok(printed(on).to_owned());
        }
        let Some(text) = value.text().filter(|_| !value.is_null()) else {
            return Err(unreadable(name, "is no text"));
        };
        let text = self.filled(text);
        unfilled(&text).map_or(Ok(text), Err)
    }

    /// Where a variable would be added.
    pub(super) fn home(&self) -> Site {
        let audits = matches!(self.switch("kubernetes_audit"), Said::Value(true, _));
        Site {
            at: self.source.at(&self.root),
            form: Form::Fields(if audits { flags::WITH_AUDIT } else { flags::FIELDS }),
        }
    }
}

pub(super) fn unreadable(variable: &str, what: &str) -> Gap {
    Gap {
        kind: GapKind::Unread,
        reason: format!("`{variable}` {what}"),
        wanted: format!("the value of `{variable}`"),
        who_could_answer: "whoever wrote the inventory".to_owned(),
    }
}
