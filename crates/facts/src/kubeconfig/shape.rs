//! Whether client-go can decode a kubeconfig: every entry of it, also those that nobody uses (tools/clientcmd, `Load`).

use model::{Evidence, Nature};
use yaml::{Cursor, Resolved};

use super::at;
use crate::{placeholder, spelling::base64};

/// What a field holds, as Go's type of it does.
#[derive(Clone, Copy)]
enum Shape {
    Text,
    Bool,
    Base64,
    Texts,
    List,
    Mapping,
}

/// Names of fields, and what each holds.
type Fields = &'static [(&'static str, Shape)];

/// Each list of the file, what holds an entry's fields, and the fields (tools/clientcmd/api/v1/types.go).
const LISTS: [(&str, &str, Fields); 3] = [
    (
        "clusters",
        "cluster",
        &[
            ("server", Shape::Text),
            ("tls-server-name", Shape::Text),
            ("insecure-skip-tls-verify", Shape::Bool),
            ("certificate-authority", Shape::Text),
            ("certificate-authority-data", Shape::Base64),
            ("proxy-url", Shape::Text),
            ("extensions", Shape::List),
        ],
    ),
    (
        "users",
        "user",
        &[
            ("client-certificate", Shape::Text),
            ("client-certificate-data", Shape::Base64),
            ("client-key", Shape::Text),
            ("client-key-data", Shape::Base64),
            ("token", Shape::Text),
            ("tokenFile", Shape::Text),
            ("as", Shape::Text),
            ("as-groups", Shape::Texts),
            ("username", Shape::Text),
            ("password", Shape::Text),
            ("auth-provider", Shape::Mapping),
            ("exec", Shape::Mapping),
            ("extensions", Shape::List),
        ],
    ),
    ("contexts", "context", &[("cluster", Shape::Text), ("user", Shape::Text), ("namespace", Shape::Text)]),
];

const EXEC: [(&str, Shape); 4] =
    [("command", Shape::Text), ("args", Shape::Texts), ("env", Shape::List), ("apiVersion", Shape::Text)];

/// What is wrong with a file, to stand behind its name, and where; `None` where all of it is meant.
pub(super) type Misshapen<'c> = (String, Option<Cursor<'c>>);

/// What `Load` cannot decode.
pub(super) fn check<'c>(root: &Cursor<'c>, evidence: &Evidence) -> Result<(), Misshapen<'c>> {
    if root.mapping().is_none() {
        return Err(("is no kubeconfig".to_owned(), None));
    }
    for (key, wanted) in [("apiVersion", "v1"), ("kind", "Config")] {
        let value = root.get(key).filter(|value| !value.is_null());
        if value.as_ref().is_some_and(|value| !value.text().is_some_and(|text| text.is_empty() || text == wanted)) {
            return Err(("is no Config of v1".to_owned(), value));
        }
    }
    let fits = |parent: &Cursor<'c>, key: &str, shape: Shape| match parent.get(key).filter(|value| !value.is_null()) {
        Some(value) if !shape.takes(&value, evidence) => {
            Err((format!("has a `{key}` that is {}", shape.instead()), Some(value)))
        }
        _ => Ok(()),
    };
    fits(root, "current-context", Shape::Text)?;
    fits(root, "preferences", Shape::Mapping)?;
    fits(root, "extensions", Shape::List)?;
    if let Some(preferences) = root.get("preferences") {
        fits(&preferences, "colors", Shape::Bool)?;
    }
    for (list, inner, fields) in LISTS {
        let Some(entries) = root.get(list).filter(|entries| !entries.is_null()) else { continue };
        if entries.sequence().is_none() {
            return Err((format!("is no kubeconfig, because `{list}` is no list"), Some(entries)));
        }
        let mut names: Vec<String> = Vec::new();
        for entry in entries.items().filter(|entry| !entry.is_null()) {
            if entry.mapping().is_none() {
                return Err((format!("is no kubeconfig, because an entry of `{list}` is no mapping"), Some(entry)));
            }
            fits(&entry, "name", Shape::Text)?;
            fits(&entry, inner, Shape::Mapping)?;
            if let Some(held) = entry.get(inner).filter(|held| !held.is_null()) {
                for (field, shape) in fields {
                    fits(&held, field, *shape)?;
                }
                if let Some(exec) = held.get("exec").filter(|exec| !exec.is_null()) {
                    for (field, shape) in EXEC {
                        fits(&exec, field, shape)?;
                    }
                }
            }
            // tools/clientcmd/api/v1/conversion.go: no two of one name.
            let name = entry.get("name").and_then(|name| name.text().map(str::to_owned)).unwrap_or_default();
            if names.contains(&name) {
                return Err((format!("names two entries of `{list}` alike"), Some(entry)));
            }
            names.push(name);
        }
    }
    Ok(())
}

impl Shape {
    fn takes(self, value: &Cursor<'_>, evidence: &Evidence) -> bool {
        // What stands for a secret was a text, and of one in base64 the redactor kept how long it was.
        let span = at(value, evidence).span;
        let cut = || {
            let span = span?;
            evidence.secrets.iter().find(|secret| span.start <= secret.span.start && secret.span.end <= span.end)
        };
        match self {
            Self::Text => value.str().is_some() || cut().is_some(),
            Self::Bool => {
                matches!(value.resolved(), Some(Resolved::Bool(_)))
                    || value.text().is_some_and(|text| placeholder(text).is_some())
            }
            Self::Base64 => match (cut(), value.str()) {
                (Some(secret), _) => secret.decoded.is_some() || matches!(secret.nature, Some(Nature::Placeholder(_))),
                (None, Some(text)) => base64(text).is_some() || placeholder(text).is_some(),
                // encoding/json takes a list of numbers for bytes.
                (None, None) => {
                    value.items().next().is_some_and(|item| matches!(item.resolved(), Some(Resolved::Int(_))))
                }
            },
            Self::Texts => {
                value.sequence().is_some() && value.items().all(|item| item.is_null() || item.str().is_some())
            }
            Self::List => value.sequence().is_some(),
            Self::Mapping => value.mapping().is_some(),
        }
    }

    fn instead(self) -> &'static str {
        match self {
            Self::Text => "no text",
            Self::Bool => "no boolean",
            Self::Base64 => "no base64",
            Self::Texts => "no list of texts",
            Self::List => "no list",
            Self::Mapping => "no mapping",
        }
    }
}
