//! The file of `--authorization-policy-file`: one policy of the authorizer ABAC on each line.
//!
//! Only what keeps the server from starting is judged (pkg/auth/authorizer/abac/abac.go, NewFromFile, the same from 1.5 to
//! 1.36). Start at [`read`].

use model::{Evidence, Location, Problem, ProblemKind, Release, Span};
use yaml::{Cursor, Resolved};

use super::decode::{Placed, Read, child, json_fault, shown};

/// What the file means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policies {
    /// Lines that hold a policy.
    pub count: usize,
    /// Those that allow everything to everybody, with the group that this is.
    pub everything: Vec<Placed<String>>,
}

/// bufio.Scanner gives up on longer lines.
const LONGEST_LINE: usize = 64 * 1024;

/// Reads the file, which every release does alike.
pub fn read(evidence: &Evidence, version: &Release) -> Read<Policies> {
    let mut read = Read {
        value: None,
        problems: Vec::new(),
        taken_by: version.minors().collect(),
        by_release: Vec::new(),
        names: Vec::new(),
    };
    let Some(text) = evidence.text() else { return read };
    let (mut count, mut start, mut everything) = (0, 0, Vec::new());
    for line in text.split_inclusive('\n') {
        let (from, length) = (start, line.trim_end_matches(['\r', '\n']).len());
        start += line.len();
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        count += 1;
        let bound = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let span = Some(Span::new(bound(from), bound(from + length)));
        let at = Location { evidence: evidence.id.clone(), plane: evidence.plane, span, pointer: String::new() };
        if let Some(why) = refusal(&line[..length]) {
            read.problems.push(Problem {
                kind: ProblemKind::Refused,
                stops: true,
                message: format!("the line is no policy: {why}"),
                hint: Some("write one JSON object per line".to_owned()),
                location: Some(at),
                setting: None,
            });
            // The server stops at the first such line.
            read.taken_by.clear();
            break;
        }
        everything.extend(everybody(&line[..length]).map(|value| Placed { value: value.to_owned(), at }));
    }
    let policies = Policies { count, everything };
    if !read.taken_by.is_empty() {
        read.by_release.push((read.taken_by.clone(), policies.clone()));
    }
    read.value = Some(policies);
    read
}

const GROUP: &str = "abac.authorization.kubernetes.io";

/// Why the decoder does not take a line. It reads YAML as well as JSON, a line without kind and version as a policy of the
/// oldest form, and null as one that says nothing. Fields that it does not know count for nothing.
fn refusal(line: &str) -> Option<String> {
    if line.len() >= LONGEST_LINE {
        return Some("it is longer than 64 KiB".to_owned());
    }
    if let Some(fault) = json_fault(line) {
        return Some(fault);
    }
    let stream = yaml::parse(line, &yaml::Limits::default());
    if stream.faults.iter().any(|fault| fault.kind.is_fatal()) {
        return Some("it is neither JSON nor YAML".to_owned());
    }
    let root = stream.documents.first()?.cursor();
    if root.is_null() {
        return None;
    }
    if root.mapping().is_none() {
        return Some("it is no object".to_owned());
    }
    // Group, version and kind that are missing are those of the oldest form, as a whole or the kind alone.
    let oldest = format!("{GROUP}/v0");
    let (version, kind) = match (text(&root, "apiVersion"), text(&root, "kind")) {
        (Ok(version), Ok(kind)) => (version.unwrap_or(oldest), kind.unwrap_or_else(|| "Policy".to_owned())),
        (Err(why), _) | (_, Err(why)) => return Some(why),
    };
    let policy = match version.strip_prefix(GROUP) {
        Some("/v0") => Some(root),
        Some("/v1beta1") => match child(&root, "spec") {
            Some(spec) if spec.mapping().is_none() => return Some("`spec` is no object".to_owned()),
            spec => spec,
        },
        _ => return Some(format!("`{}` is no version of a policy", shown(&version))),
    };
    if kind != "Policy" {
        return Some(format!("`{}` is no kind that it knows; it wants `Policy`", shown(&kind)));
    }
    let policy = policy?;
    let newer = if version.ends_with("/v0") { &[] } else { &["apiGroup", "nonResourcePath"][..] };
    let wrong = ["user", "group", "resource", "namespace"].iter().chain(newer).find_map(|key| text(&policy, key).err());
    let boolean = |value: &Cursor<'_>| matches!(value.resolved(), Some(Resolved::Bool(_)));
    let readonly = child(&policy, "readonly").filter(|value| !boolean(value));
    wrong.or_else(|| readonly.map(|_| "`readonly` is neither true nor false".to_owned()))
}

/// The group of all who have some credential, or none, that a line allows everything. `*` stands for whoever has one, and so
/// does a line of the oldest form that names nobody (pkg/apis/abac/v1beta1/conversion.go and v0/conversion.go).
fn everybody(line: &str) -> Option<&'static str> {
    let stream = yaml::parse(line, &yaml::Limits::default());
    let root = stream.documents.first()?.cursor();
    root.mapping()?;
    let is_oldest = !text(&root, "apiVersion").ok()?.is_some_and(|version| version.ends_with("/v1beta1"));
    let policy = if is_oldest { root } else { child(&root, "spec")? };
    let field = |key: &str| text(&policy, key).ok().flatten();
    let (user, group) = (field("user"), field("group"));
    let whom = match (user.as_deref(), group.as_deref()) {
        // Either star puts both away.
        (Some("*"), _) | (_, Some("*")) | (None, Some("system:authenticated")) => "system:authenticated",
        (None, Some("system:unauthenticated")) => "system:unauthenticated",
        (None, None) if is_oldest => "system:authenticated",
        _ => return None,
    };
    let of_all = |key: &str| match field(key).as_deref() {
        Some(text) => text == "*",
        None => is_oldest,
    };
    let reads_alone =
        child(&policy, "readonly").is_some_and(|value| matches!(value.resolved(), Some(Resolved::Bool(true))));
    let keys: &[&str] = if is_oldest { &["resource", "namespace"] } else { &["resource", "namespace", "apiGroup"] };
    (keys.iter().all(|key| of_all(key)) && !reads_alone).then_some(whom)
}

/// The text of a field; `None` where it is not there, null or empty.
fn text(parent: &Cursor<'_>, key: &str) -> Result<Option<String>, String> {
    let Some(value) = child(parent, key) else { return Ok(None) };
    let text = value.str().ok_or_else(|| format!("`{key}` is no string"))?;
    Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As 1.20.2 and 1.36.2 took and refused them.
    #[test]
    fn a_line_is_taken_as_servers_took_it() {
        for line in [
            r#"{"apiVersion": "abac.authorization.kubernetes.io/v1beta1", "kind": "Policy", "spec": {"user": "a", "x": 1}}"#,
            r#"{"apiVersion": "abac.authorization.kubernetes.io/v0", "kind": "Policy", "user": "a"}"#,
            r#"{"apiVersion": "abac.authorization.kubernetes.io/v1beta1", "kind": "Policy"}"#,
            r#"{"user": "alice", "readonly": true}"#,
            "user: alice",
            "{}",
            "null",
        ] {
            assert_eq!(refusal(line), None, "{line}");
        }
        for line in [
            r#"{"apiVersion": "abac.authorization.kubernetes.io/v1beta1", "kind": "Policy", "spec": {"readonly": "x"}}"#,
            r#"{"apiVersion": "abac.authorization.kubernetes.io/v1beta1", "kind": "Foo", "spec": {"user": "a"}}"#,
            r#"{"apiVersion": "abac.authorization.kubernetes.io/v1beta2", "kind": "Policy", "spec": {"user": "a"}}"#,
            r#"{"apiVersion": "v1", "kind": "Policy", "spec": {"user": "a"}}"#,
            r#"{"kind": "Foo", "user": "a"}"#,
            r#"{"user": 5}"#,
            "{user: alice}",
            r#"{"user": "alice"} x"#,
            "[]",
            "\"a\"",
            "not json",
        ] {
            assert!(refusal(line).is_some(), "{line}");
        }
    }

    #[test]
    fn a_line_may_give_everything_to_everybody() {
        let beta = |spec: &str| {
            format!(
                r#"{{"apiVersion": "abac.authorization.kubernetes.io/v1beta1", "kind": "Policy", "spec": {{{spec}}}}}"#
            )
        };
        const ALL: &str = r#""namespace": "*", "resource": "*", "apiGroup": "*""#;
        assert_eq!(
            everybody(&beta(&format!(r#""group": "system:authenticated", {ALL}"#))),
            Some("system:authenticated")
        );
        assert_eq!(
            everybody(&beta(&format!(r#""group": "system:unauthenticated", {ALL}"#))),
            Some("system:unauthenticated")
        );
        assert_eq!(everybody(&beta(&format!(r#""user": "*", {ALL}"#))), Some("system:authenticated"));
        assert_eq!(
            everybody(&beta(&format!(r#""user": "*", "group": "admins", {ALL}"#))),
            Some("system:authenticated")
        );
        assert_eq!(everybody("{}"), Some("system:authenticated"));
        for line in [
            beta(&format!(r#""group": "system:authenticated", "readonly": true, {ALL}"#)),
            beta(&format!(r#""user": "admin", {ALL}"#)),
            beta(&format!(r#""user": "admin", "group": "system:authenticated", {ALL}"#)),
            beta(r#""group": "system:authenticated", "namespace": "*", "resource": "pods", "apiGroup": "*""#),
            beta(r#""group": "system:authenticated", "nonResourcePath": "*""#),
            r#"{"user": "alice"}"#.to_owned(),
            "null".to_owned(),
        ] {
            assert_eq!(everybody(&line), None, "{line}");
        }
    }
}
