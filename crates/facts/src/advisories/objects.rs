//! What advisories ask of a cluster's objects: whether some are there that a flaw needs.
//!
//! The questions are the data's, so that they are put to each object while it is read, to any of its fields. Only the
//! objects that answer are kept, by their names: of a hundred thousand pods perhaps one.

use std::{collections::BTreeMap, sync::LazyLock};

use model::Location;
use serde::Deserialize;
use yaml::Cursor;

use super::{
    ADVISORIES,
    condition::{Answered, Condition, Leaf, Scalar, Truth},
};
use crate::objects::{Extent, Meta, Objects, Of};

/// Whether objects like that are there.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Query {
    api_group: String,
    pub(super) resource: String,
    /// All of them hold of one object.
    #[serde(rename = "where")]
    tests: Vec<Test>,
    min_count: usize,
    /// A field of which so many objects have the same value.
    group_by: Option<Path>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Test {
    path: Path,
    op: Op,
    value: Option<Scalar>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Op {
    Exists,
    Absent,
    Equals,
    NotEquals,
    Contains,
    ContainsAny,
}

/// The way to a field: `spec.containers[].image`, `metadata.labels[a.b/c]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
struct Path(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    /// Any element of a list.
    Each,
}

impl From<String> for Path {
    fn from(text: String) -> Self {
        let mut steps = Vec::new();
        let mut rest = text.as_str();
        while !rest.is_empty() {
            if let Some((inside, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                // The name of a label has dots of its own.
                steps.push(if inside.is_empty() { Step::Each } else { Step::Key(inside.to_owned()) });
                rest = after.strip_prefix('.').unwrap_or(after);
                continue;
            }
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (key, after) = rest.split_at(end);
            steps.push(Step::Key(key.to_owned()));
            rest = after.strip_prefix('.').unwrap_or(after);
        }
        Self(steps)
    }
}

/// The questions of all advisories, each once.
static QUERIES: LazyLock<Vec<Query>> = LazyLock::new(|| {
    let mut found: Vec<Query> = Vec::new();
    for condition in ADVISORIES.all.iter().flat_map(super::Advisory::conditions) {
        condition.each(&mut |leaf| {
            if let Leaf::ObjectExists(query) = leaf
                && !found.contains(query)
            {
                found.push(query.clone());
            }
        });
    }
    found
});

/// The numbers of the questions about each kind that is asked for; of most objects there are none.
static BY_KIND: LazyLock<BTreeMap<Of, Vec<usize>>> = LazyLock::new(|| {
    let mut found: BTreeMap<Of, Vec<usize>> = BTreeMap::new();
    for (number, query) in QUERIES.iter().enumerate() {
        if let Some(of) = query.of() {
            found.entry(of).or_default().push(number);
        }
    }
    found
});

/// Kinds of objects that some advisory asks about and that are asked for.
pub(super) fn kinds() -> impl Iterator<Item = Of> {
    BY_KIND.keys().copied()
}

/// Objects that answer a question.
#[derive(Clone, Debug, Default)]
pub(crate) struct Matched {
    /// How many there are in each group; all are one group where the question makes none.
    groups: BTreeMap<String, usize>,
    /// Names and places of the first few, with their group.
    first: Vec<(String, String, Location)>,
}

/// More than any question wants, and than anybody reads.
const KEPT: usize = 16;

/// Puts all questions about a kind to one of its objects.
pub(crate) fn look(of: Of, object: &Cursor<'_>, meta: &Meta, matched: &mut BTreeMap<usize, Matched>) {
    for &number in BY_KIND.get(&of).into_iter().flatten() {
        let Some(query) = QUERIES.get(number) else { continue };
        if !query.tests.iter().all(|test| test.holds(object)) {
            continue;
        }
        let group = query.group_by.as_ref().map_or_else(String::new, |path| {
            let mut found = Vec::new();
            values(object, &path.0, &mut found);
            found.into_iter().flatten().find_map(|value| value.text().map(str::to_owned)).unwrap_or_default()
        });
        let known = matched.entry(number).or_default();
        if known.first.len() < KEPT {
            known.first.push((group.clone(), meta.path(), meta.at.clone()));
        }
        *known.groups.entry(group).or_default() += 1;
    }
}

/// What a path leads to; `None` for each element in which it does not lead anywhere.
fn values<'a>(cursor: &Cursor<'a>, steps: &[Step], found: &mut Vec<Option<Cursor<'a>>>) {
    match steps.split_first() {
        None => found.push(Some(cursor.clone()).filter(|cursor| !cursor.is_null())),
        Some((Step::Key(key), rest)) => match cursor.get(key) {
            Some(below) => values(&below, rest, found),
            None => found.push(None),
        },
        // A list without elements leads nowhere, as one does that is not there.
        Some((Step::Each, _)) if cursor.items().len() == 0 => found.push(None),
        Some((Step::Each, rest)) => cursor.items().for_each(|item| values(&item, rest, found)),
    }
}

impl Test {
    fn holds(&self, object: &Cursor<'_>) -> bool {
        let mut found = Vec::new();
        values(object, &self.path.0, &mut found);
        let wanted = |text: &str| match &self.value {
            Some(Scalar::Text(wanted)) => text == wanted,
            Some(Scalar::Number(wanted)) => text.parse() == Ok(*wanted),
            Some(Scalar::List(all)) => all.iter().any(|wanted| wanted == text),
            None => false,
        };
        let is = |value: &Option<Cursor<'_>>| value.as_ref().and_then(Cursor::text).is_some_and(wanted);
        match self.op {
            Op::Exists => found.iter().any(Option::is_some),
            Op::Absent => found.iter().any(Option::is_none),
            Op::Equals => found.iter().any(is),
            Op::NotEquals => found.iter().any(|value| !is(value)),
            Op::Contains => match &self.value {
                Some(Scalar::Text(wanted)) => found
                    .iter()
                    .any(|value| value.as_ref().and_then(Cursor::text).is_some_and(|text| text.contains(wanted))),
                _ => false,
            },
            Op::ContainsAny => {
                found.iter().flatten().any(|list| list.items().any(|item| item.text().is_some_and(wanted)))
            }
        }
    }
}

impl Query {
    fn is_about(&self, of: Of) -> bool {
        of.group() == self.api_group && of.resource() == self.resource
    }

    /// Whether it asks no more than whether pods of that add-on run, by the label that its charts give them.
    pub(super) fn tells_of(&self, add_on: &str) -> bool {
        let label = Path::from("metadata.labels[app.kubernetes.io/name]".to_owned());
        let value = Some(Scalar::Text(add_on.to_owned()));
        self.resource == "pods" && self.tests == [Test { path: label, op: Op::Equals, value }]
    }

    /// The kind that is asked for of a server; `None` of one that nobody asks for.
    fn of(&self) -> Option<Of> {
        Of::ALL.into_iter().find(|of| self.is_about(*of))
    }

    /// The answer, or in words what would give it.
    pub(super) fn ask(&self, objects: &Objects, answered: &mut Answered) -> Result<Truth, String> {
        let unknown = || format!("the cluster's {}", self.resource);
        let of = self.of().ok_or_else(unknown)?;
        let matched = QUERIES.iter().position(|known| known == self).and_then(|number| objects.matched.get(&number));
        let group = matched.and_then(|matched| matched.groups.iter().find(|(_, count)| **count >= self.min_count));
        if let (Some(matched), Some((group, count))) = (matched, group) {
            let mut first = matched.first.iter().filter(|(known, ..)| known == group);
            if let Some((_, name, at)) = first.next() {
                let others = match count - 1 {
                    0 => String::new(),
                    1 => " and another".to_owned(),
                    more => format!(" and {more} others"),
                };
                answered.place(at);
                answered.seen.push(format!("{} `{name}`{others}", of.kind()));
            }
            return Ok(Truth::True);
        }
        match objects.whole(of) {
            Ok(()) => {
                objects.list(of).into_iter().for_each(|list| answered.place(list));
                Ok(Truth::False)
            }
            Err(gap) if matches!(objects.extent(of), Extent::Unread(_)) => Err(gap.wanted),
            Err(_) => Err(unknown()),
        }
    }
}

impl Condition {
    /// Visits every question of the tree.
    pub(super) fn each<'a>(&'a self, visit: &mut dyn FnMut(&'a Leaf)) {
        match self {
            Self::All { all: some } | Self::Any { any: some } => some.iter().for_each(|one| one.each(visit)),
            Self::Not { not } => not.each(visit),
            Self::Leaf(leaf) => visit(leaf),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::{ASKS, Form};

    fn holds(path: &str, op: Op, value: Option<Scalar>, object: &str) -> bool {
        let stream = yaml::parse(object, &yaml::Limits::default());
        Test { path: Path::from(path.to_owned()), op, value }.holds(&stream.documents[0].cursor())
    }

    #[test]
    fn a_path_leads_through_lists_and_names_with_dots() {
        let pod = "metadata: {labels: {a.b/c: x}, annotations: null}\n\
                   spec: {containers: [{name: a, ports: [{hostPort: 80}]}, {name: b}], none: []}\n";
        let text = |text: &str| Some(Scalar::Text(text.to_owned()));
        for (path, op, value, expected) in [
            ("metadata.labels[a.b/c]", Op::Equals, text("x"), true),
            ("metadata.labels[a.b/c]", Op::Equals, text("y"), false),
            ("metadata.labels[d]", Op::Exists, None, false),
            ("metadata.annotations", Op::Exists, None, false),
            ("spec.containers[].ports[].hostPort", Op::Exists, None, true),
            // The second has none.
            ("spec.containers[].ports[].hostPort", Op::Absent, None, true),
            ("spec.containers[].name", Op::Absent, None, false),
            ("spec.none[].name", Op::Absent, None, true),
            ("spec.containers[].name", Op::NotEquals, text("a"), true),
            ("spec.containers[].name", Op::Contains, text("b"), true),
        ] {
            assert_eq!(holds(path, op, value, pod), expected, "{path} {op:?}");
        }
        let hook = "webhooks: [{rules: [{resources: [pods]}, {resources: [nodes/status, \"nodes\"]}]}]\n";
        let any = |all: &[&str]| Some(Scalar::List(all.iter().map(|&one| one.to_owned()).collect()));
        assert!(holds("webhooks[].rules[].resources", Op::ContainsAny, any(&["nodes", "*"]), hook));
        assert!(!holds("webhooks[].rules[].resources", Op::ContainsAny, any(&["*"]), hook));
    }

    /// A field that was not kept would look like one that is not there.
    #[test]
    fn of_what_is_asked_for_every_field_is_kept_that_a_question_needs() {
        let mut looked = 0;
        for query in QUERIES.iter() {
            let Some(of) = query.of() else { continue };
            let ask = ASKS.iter().find_map(|ask| match ask.form {
                Form::Objects { of: known, keep, .. } if known == of => Some(keep),
                _ => None,
            });
            let keep = ask.expect("a kind that is asked for");
            for path in query.tests.iter().map(|test| &test.path).chain(&query.group_by) {
                let keys: Vec<&str> = path
                    .0
                    .iter()
                    .filter_map(|step| match step {
                        Step::Key(key) => Some(key.as_str()),
                        Step::Each => None,
                    })
                    .collect();
                looked += 1;
                assert!(keep.iter().any(|kept| keys.starts_with(kept)), "{of:?} {keys:?}");
            }
        }
        assert!(looked > 10, "{looked}");
    }
}
