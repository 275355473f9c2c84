//! The file of `--authorization-policy-file`: one policy of the authorizer ABAC on each line.
//!
//! Only what keeps the server from starting is judged (pkg/auth/authorizer/abac/abac.go, NewFromFile, the same from 1.5 to
//! 1.36). Start at [`read`].

use model::{Evidence, Location, Problem, ProblemKind, Release, Span};

use super::decode::Read;

/// What the file means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policies {
    /// Lines that hold a policy.
    pub count: usize,
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
    let (mut count, mut start) = (0, 0);
    for line in text.split_inclusive('\n') {
        let (from, length) = (start, line.trim_end_matches(['\r', '\n']).len());
        start += line.len();
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        count += 1;
        if let Some(why) = refusal(&line[..length]) {
            let bound = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            let span = Some(Span::new(bound(from), bound(from + length)));
            let at = Location { evidence: evidence.id.clone(), plane: evidence.plane, span, pointer: String::new() };
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
    }
    let policies = Policies { count };
    if !read.taken_by.is_empty() {
        read.by_release.push((read.taken_by.clone(), policies.clone()));
    }
    read.value = Some(policies);
    read
}

/// Why the decoder does not take a line. It reads YAML as well as JSON, and a line without kind and version as a policy of
/// the oldest form; types of fields are not looked at.
fn refusal(line: &str) -> Option<&'static str> {
    if line.len() >= LONGEST_LINE {
        return Some("it is longer than 64 KiB");
    }
    let stream = yaml::parse(line, &yaml::Limits::default());
    if stream.faults.iter().any(|fault| fault.kind.is_fatal()) {
        return Some("it is neither JSON nor YAML");
    }
    let root = stream.documents.first()?.cursor();
    root.mapping().is_none().then_some("it is no object")
}
