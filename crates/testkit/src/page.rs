//! What a page says: prose, and under each heading the evidence of one case and what must come of it.
//!
//! Fences, by their first word:
//!
//! | fence | holds |
//! |---|---|
//! | `args COMPONENT` | flags that the base gets on top, one a line, indented so that a caret fits under the first dash |
//! | `pod` | a whole manifest in place of the base |
//! | `flagz` | flags as the process itself lists them, `name=value` a line; with `unread`, why they could not be read; with `node=NAME`, as the kubelet of that node does |
//! | `configz node=NAME` | what the kubelet of a node says that it runs with; with `unread`, why that could not be read |
//! | `http at=HOST:PORT` | what an endpoint answered to a stranger, an answer a line as the evidence has it; with `unread`, why nobody could look; `reach=` and `demand=` as there |
//! | `unit file=PATH` | a unit of systemd in place of the base |
//! | `yaml file=PATH` | a file of the node, such as one that a flag or a unit names |
//! | `certificate file=PATH` | certificates of the node, in words (see `certificate.rs`) |
//! | `key file=PATH` | keys of the node, likewise |
//! | `answer path=PATH` | what a running server answers where it is asked for that path; with `nobody`, to somebody without credentials |
//! | `objects` | objects that a running cluster gave, as YAML; of every kind that is asked for it gave all |
//! | `manifest file=PATH` | objects that somebody keeps in a file |
//! | `tls endpoint=HOST:PORT` | what an endpoint showed, and behind a line of dashes its certificates in words; with `unread`, why not |
//! | `missing file=PATH` | a file that was looked for and is not there |
//! | `missing kind=KIND` | the cluster that gave the objects has no API for the kind |
//! | `unread file=PATH` | a file that could not be read, and why |
//! | `unread kind=KIND` | the cluster that gave the others refused the objects of that kind, and why |
//! | `fixed` | the fence before it, after the remedy |
//! | `outcome` | what the carets do not say, one entry a line |
//! | `text` | an example for people |
//!
//! Evidence fences take `version=1.7.5` (or `version=unknown`), the release the base runs, and `root`, which makes the
//! manifest a file of a node whose other files can be looked for. A comment line of carets is taken out of the evidence
//! and says what is found in the line above it: `# ^^^^ message`, or `# ^^^^ note: label` for a place beside the finding.

use facts::objects::Of;

use crate::{Complaint, words::unknown};

/// One page, taken apart.
#[derive(Debug)]
pub struct Page {
    pub lines: Vec<String>,
    /// The title, without `# `.
    pub title: String,
    /// Index of the line `<!-- cases -->`.
    pub mark: Option<usize>,
    /// Where the page says what an unset flag comes to, and what: `unset: fail until 1.28, pass from 1.29`.
    pub unset: Option<(usize, String)>,
    /// Whether the page says that no file alone can pass: `never passes: …`.
    pub never_passes: bool,
    /// Whether the page says that no file alone can fail: `never fails: …`.
    pub never_fails: bool,
    pub cases: Vec<Case>,
}

/// The evidence under one heading.
#[derive(Debug)]
pub struct Case {
    pub heading: String,
    /// 1-based line of the heading.
    pub line: usize,
    pub fences: Vec<Fence>,
}

/// One fenced block.
#[derive(Debug)]
pub struct Fence {
    pub kind: FenceKind,
    /// 1-based line of the opening fence.
    pub line: usize,
    pub version: Option<String>,
    pub root: bool,
    /// The lines that are evidence, each with its 1-based number on the page.
    pub body: Vec<(usize, String)>,
    pub carets: Vec<Caret>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FenceKind {
    Args { component: String },
    Pod,
    Unit { file: String },
    Flagz { node: Option<String>, unread: bool },
    Configz { node: String, unread: bool },
    Http { at: String, reach: String, demand: Option<String>, unread: bool },
    Tls { endpoint: String, unread: bool },
    Yaml { file: String },
    Certificate { file: String },
    Key { file: String },
    Missing { file: String },
    Unread { file: String },
    Answer { path: String, nobody: bool, unread: bool },
    Objects,
    Manifest { file: String },
    NoKind { of: Of },
    UnreadKind { of: Of },
    Fixed,
    Outcome,
}

/// A caret line: what is found where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caret {
    /// 1-based line of the carets themselves.
    pub line: usize,
    /// 1-based line they are drawn under.
    pub under: usize,
    /// First and last column, 0-based and end exclusive, in characters.
    pub columns: (usize, usize),
    pub text: String,
}

const KINDS: [&str; 18] = [
    "answer",
    "args",
    "certificate",
    "configz",
    "fixed",
    "flagz",
    "http",
    "key",
    "manifest",
    "missing",
    "objects",
    "outcome",
    "pod",
    "text",
    "tls",
    "unit",
    "unread",
    "yaml",
];
const ATTRIBUTES: [&str; 10] = ["at", "demand", "endpoint", "file", "kind", "node", "path", "reach", "root", "version"];
const COMPONENTS: [&str; 1] = ["kube-apiserver"];

impl Case {
    /// A case without a page: flags of the API server at a release.
    pub(crate) fn of_words(version: &str, words: &[&str]) -> Self {
        let fence = Fence {
            kind: FenceKind::Args { component: "kube-apiserver".to_owned() },
            line: 1,
            version: Some(version.to_owned()),
            root: false,
            body: words.iter().map(|word| (1, (*word).to_owned())).collect(),
            carets: Vec::new(),
        };
        Self { heading: String::new(), line: 1, fences: vec![fence] }
    }
}

impl Case {
    /// A case without a page: a kubelet of a release that says of itself that it runs with these fields.
    pub(crate) fn of_kubelet(version: &str, lines: &[String]) -> Self {
        let within = lines.iter().map(|line| format!("  {line}"));
        let kind = FenceKind::Configz { node: "n1".to_owned(), unread: false };
        Self::of_one(kind, version, std::iter::once("kubeletconfig:".to_owned()).chain(within))
    }

    /// The same of one of which nothing but its file is known, in which nothing stands.
    pub(crate) fn of_kubelet_file(version: &str) -> Self {
        let kind = FenceKind::Yaml { file: "/var/lib/kubelet/config.yaml".to_owned() };
        let lines = ["apiVersion: kubelet.config.k8s.io/v1beta1", "kind: KubeletConfiguration"];
        Self::of_one(kind, version, lines.map(str::to_owned).into_iter())
    }

    fn of_one(kind: FenceKind, version: &str, lines: impl Iterator<Item = String>) -> Self {
        let fence = Fence {
            kind,
            line: 1,
            version: Some(version.to_owned()),
            root: false,
            body: lines.map(|line| (1, line)).collect(),
            carets: Vec::new(),
        };
        Self { heading: String::new(), line: 1, fences: vec![fence] }
    }
}

impl Page {
    /// The heading that a line stands under.
    pub(crate) fn heading_of(&self, line: usize) -> &str {
        self.cases.iter().rfind(|case| case.line <= line).map_or("", |case| &case.heading)
    }
}

/// Takes a page apart; what it says that means nothing is a complaint.
pub(crate) fn parse(text: &str, complaints: &mut Vec<Complaint>) -> Page {
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut page = Page {
        title: String::new(),
        mark: None,
        unset: None,
        never_passes: false,
        never_fails: false,
        cases: Vec::new(),
        lines,
    };
    let mut cases: Vec<Case> = Vec::new();
    let mut at = 0;
    while at < page.lines.len() {
        let line = page.lines[at].as_str();
        let number = at + 1;
        if let Some(title) = line.strip_prefix("# ").filter(|_| page.title.is_empty()) {
            page.title = title.trim().to_owned();
        } else if let Some(heading) = line.strip_prefix("## ") {
            cases.push(Case { heading: heading.trim().to_owned(), line: number, fences: Vec::new() });
        } else if line.trim() == "<!-- cases -->" {
            page.mark = Some(at);
        } else if let Some(unset) = line.strip_prefix("unset: ") {
            page.unset = Some((number, unset.trim().to_owned()));
        } else if line.starts_with("never passes: ") {
            page.never_passes = true;
        } else if line.starts_with("never fails: ") {
            page.never_fails = true;
        } else if let Some(opening) = line.strip_prefix("```") {
            let close = (at + 1..page.lines.len()).find(|&end| page.lines[end].trim_end() == "```");
            let end = close.unwrap_or(page.lines.len());
            let heading = cases.last().map_or("", |case| case.heading.as_str()).to_owned();
            if close.is_none() {
                complaints.push(Complaint::new(number, &heading, "this block never ends"));
            }
            if let Some(kind) = opening_line(opening, number, &heading, complaints) {
                let mut fence = kind;
                let body = page.lines[at + 1..end].iter().enumerate().map(|(offset, line)| (at + 2 + offset, line));
                fill(&mut fence, body, &heading, complaints);
                match cases.last_mut() {
                    Some(case) => case.fences.push(fence),
                    None => complaints.push(Complaint::new(number, "", "evidence stands under a `##` heading")),
                }
            }
            at = end;
        }
        at += 1;
    }
    // Prose has headings too; what has no evidence is no case.
    page.cases = cases.into_iter().filter(|case| !case.fences.is_empty()).collect();
    page
}

fn opening_line(opening: &str, line: usize, heading: &str, complaints: &mut Vec<Complaint>) -> Option<Fence> {
    let mut words = opening.split_whitespace();
    let kind = words.next().unwrap_or("");
    let mut file = None;
    let mut endpoint = None;
    let mut node = None;
    let mut component = None;
    let mut nobody = false;
    let mut path = None;
    let mut of = None;
    let mut version = None;
    let mut root = false;
    let mut unread = false;
    let (mut at, mut reach, mut demand) = (None, "answered".to_owned(), None);
    for word in words {
        match word.split_once('=') {
            Some(("at", endpoint)) if kind == "http" => at = Some(endpoint.to_owned()),
            Some(("reach", word)) if kind == "http" => reach = word.to_owned(),
            Some(("demand", word)) if kind == "http" => demand = Some(word.to_owned()),
            None if word == "unread" && matches!(kind, "configz" | "flagz" | "answer" | "http" | "tls") => {
                unread = true
            }
            Some(("node", named)) if matches!(kind, "configz" | "flagz") => node = Some(named.to_owned()),
            Some(("endpoint", named)) if kind == "tls" => endpoint = Some(named.to_owned()),
            None if word == "nobody" && kind == "answer" => nobody = true,
            Some(("path", asked)) => path = Some(asked.to_owned()),
            Some(("file", path)) => file = Some(path.to_owned()),
            Some(("version", release)) => version = Some(release.to_owned()),
            Some(("kind", kind)) => {
                of = Of::ALL.into_iter().find(|of| of.kind() == kind);
                if of.is_none() {
                    let kinds = Of::ALL.map(Of::kind);
                    complaints.push(Complaint::new(
                        line,
                        heading,
                        format!("no kind of object {}", unknown(kind, &kinds)),
                    ));
                }
            }
            None if word == "root" => root = true,
            None if kind == "args" && component.is_none() => {
                if !COMPONENTS.contains(&word) {
                    complaints.push(Complaint::new(
                        line,
                        heading,
                        format!("no component {}", unknown(word, &COMPONENTS)),
                    ));
                }
                component = Some(word.to_owned());
            }
            _ => {
                let name = word.split('=').next().unwrap_or(word);
                complaints.push(Complaint::new(line, heading, format!("no attribute {}", unknown(name, &ATTRIBUTES))));
            }
        }
    }
    let mut needs = |value: Option<String>, what: &str| {
        if value.is_none() {
            complaints.push(Complaint::new(line, heading, format!("`{kind}` needs {what}")));
        }
        value
    };
    let kind = match kind {
        "text" => return None,
        "args" => FenceKind::Args { component: needs(component, "the name of a component")? },
        "pod" => FenceKind::Pod,
        "flagz" => FenceKind::Flagz { node, unread },
        "configz" => FenceKind::Configz { node: needs(node, "`node=`")?, unread },
        "tls" => FenceKind::Tls { endpoint: needs(endpoint, "`endpoint=`")?, unread },
        "fixed" => FenceKind::Fixed,
        "outcome" => FenceKind::Outcome,
        "http" => FenceKind::Http { at: needs(at, "`at=`")?, reach, demand, unread },
        "unit" => FenceKind::Unit { file: needs(file, "`file=`")? },
        "yaml" => FenceKind::Yaml { file: needs(file, "`file=`")? },
        "certificate" => FenceKind::Certificate { file: needs(file, "`file=`")? },
        "key" => FenceKind::Key { file: needs(file, "`file=`")? },
        "answer" => FenceKind::Answer { path: needs(path, "`path=`")?, nobody, unread },
        "objects" => FenceKind::Objects,
        "manifest" => FenceKind::Manifest { file: needs(file, "`file=`")? },
        "missing" if of.is_some() => FenceKind::NoKind { of: of? },
        "unread" if of.is_some() => FenceKind::UnreadKind { of: of? },
        "missing" => FenceKind::Missing { file: needs(file, "`file=`")? },
        "unread" => FenceKind::Unread { file: needs(file, "`file=`")? },
        other => {
            complaints.push(Complaint::new(line, heading, format!("no kind of block {}", unknown(other, &KINDS))));
            return None;
        }
    };
    Some(Fence { kind, line, version, root, body: Vec::new(), carets: Vec::new() })
}

/// Sorts the lines of a block into evidence and carets.
fn fill<'a>(
    fence: &mut Fence,
    lines: impl Iterator<Item = (usize, &'a String)>,
    heading: &str,
    complaints: &mut Vec<Complaint>,
) {
    let draws = matches!(
        fence.kind,
        FenceKind::Args { .. }
            | FenceKind::Pod
            | FenceKind::Unit { .. }
            | FenceKind::Yaml { .. }
            | FenceKind::Objects
            | FenceKind::Manifest { .. }
            | FenceKind::Flagz { unread: false, .. }
            | FenceKind::Configz { unread: false, .. }
            | FenceKind::Http { unread: false, .. }
            | FenceKind::Tls { unread: false, .. }
            | FenceKind::Answer { unread: false, .. }
    );
    for (number, line) in lines {
        match caret(line).filter(|_| draws) {
            Some((columns, text)) => match fence.body.last() {
                Some(&(under, _)) => fence.carets.push(Caret { line: number, under, columns, text }),
                None => complaints.push(Complaint::new(number, heading, "carets stand under the line they are about")),
            },
            None => fence.body.push((number, line.clone())),
        }
    }
}

/// `  #   ^^^^ message`, taken apart; `None` for any other line.
fn caret(line: &str) -> Option<((usize, usize), String)> {
    let trimmed = line.trim_start();
    let rest = trimmed.strip_prefix('#')?.trim_start();
    let length = rest.bytes().take_while(|&byte| byte == b'^').count();
    if length == 0 || !rest[length..].starts_with([' ']) && !rest[length..].is_empty() {
        return None;
    }
    let start = line.chars().count() - rest.chars().count();
    Some(((start, start + length), rest[length..].trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carets_are_taken_out_of_the_evidence() {
        let text = "# a-rule\n\n## A case\n\n```args kube-apiserver version=1.7.5\n  --x=true\n# ^^^^^^^^ `--x` is `true`\n```\n";
        let mut complaints = Vec::new();
        let page = parse(text, &mut complaints);
        assert!(complaints.is_empty(), "{complaints:?}");
        let fence = &page.cases[0].fences[0];
        assert_eq!(fence.body, [(6, "  --x=true".to_owned())]);
        assert_eq!(fence.version.as_deref(), Some("1.7.5"));
        let expected = Caret { line: 7, under: 6, columns: (2, 10), text: "`--x` is `true`".to_owned() };
        assert_eq!(fence.carets, [expected]);
    }

    #[test]
    fn unknown_words_are_refused_with_the_nearest() {
        let text =
            "# a-rule\n\n## A case\n\n```yml file=/x\n```\n\n```yaml fle=/x\n```\n\n```args kube-apiservr\n```\n";
        let mut complaints = Vec::new();
        parse(text, &mut complaints);
        let messages: Vec<&str> = complaints.iter().map(|complaint| complaint.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "no kind of block `yml`; did you mean `yaml`?",
                "no attribute `fle`; did you mean `file`?",
                "`yaml` needs `file=`",
                "no component `kube-apiservr`; did you mean `kube-apiserver`?",
            ]
        );
    }
}
