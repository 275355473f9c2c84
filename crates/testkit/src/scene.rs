//! A case laid into the base: evidence as `collect` would hand it over, and the way back from its bytes to the page.

use std::sync::Arc;

use facts::{
    Cluster, Contents, Gathered, Options, Redactor,
    live::{ASKS, Form},
    objects::Of,
};
use model::{Body, Evidence, EvidenceId, Gap, GapKind, Kind, Minor, Plane, Version};

use crate::{
    certificate,
    page::{Case, Fence, FenceKind},
};

const BASE: &str = include_str!("../base/kube-apiserver.yaml");
/// The release in the base's image.
const BASE_RELEASE: &str = "v1.31.0";
/// Where words of the base's command stand.
const ITEM: &str = "    - ";
const ROOT: &str = "node";
/// Where the server is asked for the flags it runs with.
const FLAGZ: &str = "https://cluster/flagz";
/// The name of a server that answers there and that nothing declares.
pub(crate) const ANSWERS_AT: &str = "cluster";

/// A case as evidence.
pub(crate) struct Scene {
    pub(crate) root: Option<String>,
    /// The release that the user names.
    said: Option<Version>,
    pub(crate) evidence: Vec<Evidence>,
    /// The manifest that declares the component.
    pub(crate) manifest: EvidenceId,
    pub(crate) lines: Vec<LineMap>,
    /// The words of the base's command as it is without the case, to tell them from the case's own.
    base: Vec<String>,
}

/// A line of the page, and the bytes of evidence it became.
pub(crate) struct LineMap {
    pub(crate) page_line: usize,
    pub(crate) evidence: EvidenceId,
    /// The first byte of the line's text in the evidence.
    pub(crate) start: usize,
    /// Columns of the page before that byte.
    pub(crate) indent: usize,
    /// The line's text from there on.
    pub(crate) text: String,
}

impl LineMap {
    /// Where a byte range of the evidence is on the page, cut to this line; `None` if it begins elsewhere.
    pub(crate) fn columns(&self, evidence: &EvidenceId, start: usize, end: usize) -> Option<(usize, usize)> {
        // A quoted scalar of the base begins one byte before the word that is on the page.
        let inside =
            *evidence == self.evidence && start + 1 >= self.start && start < self.start + self.text.len().max(1);
        if !inside {
            return None;
        }
        let column = |byte: usize| {
            let offset = byte.saturating_sub(self.start).min(self.text.len());
            self.indent + self.text.get(..offset).map_or(0, |before| before.chars().count())
        };
        Some((column(start), column(end.max(start + 1))))
    }
}

/// Lays a case into the base.
pub(crate) fn scene(case: &Case) -> Result<Scene, String> {
    let evidence_fences =
        || case.fences.iter().filter(|fence| !matches!(fence.kind, FenceKind::Fixed | FenceKind::Outcome));
    let names_files = |fence: &Fence| {
        !matches!(
            fence.kind,
            FenceKind::Args { .. }
                | FenceKind::Pod
                | FenceKind::Answer { .. }
                | FenceKind::Flagz { node: Some(_), .. }
                | FenceKind::Configz { .. }
                | FenceKind::Objects
                | FenceKind::NoKind { .. }
                | FenceKind::UnreadKind { .. }
                | FenceKind::Fixed
                | FenceKind::Outcome
                | FenceKind::Http { .. }
                | FenceKind::Tls { .. }
        )
    };
    let root = evidence_fences().any(|fence| fence.root || names_files(fence)).then(|| ROOT.to_owned());
    let version = evidence_fences().find_map(|fence| fence.version.as_deref());
    let unit = evidence_fences().find_map(|fence| match &fence.kind {
        FenceKind::Unit { file } => Some(file),
        _ => None,
    });
    let manifest = EvidenceId::new(match &root {
        Some(root) if unit.is_some() => format!("{root}{}", unit.map_or("", String::as_str)),
        Some(root) => format!("{root}/etc/kubernetes/manifests/kube-apiserver.yaml"),
        None => "kube-apiserver.yaml".to_owned(),
    });

    let base = base(version)?;
    let mut scene = Scene {
        base: base.lines().filter_map(|line| line.strip_prefix(ITEM)).map(str::to_owned).collect(),
        root,
        // Neither a unit nor the file of a kubelet names a release.
        said: version
            .filter(|_| unit.is_some() || evidence_fences().any(is_of_kubelet))
            .and_then(|version| version.parse().ok()),
        evidence: Vec::new(),
        manifest,
        lines: Vec::new(),
    };
    let mut text = base;
    let mut words: Vec<&(usize, String)> = Vec::new();
    let mut redactor = Redactor::new();
    for fence in evidence_fences() {
        match &fence.kind {
            FenceKind::Args { .. } => words.extend(fence.body.iter().filter(|(_, line)| !line.trim().is_empty())),
            FenceKind::Pod | FenceKind::Unit { .. } => {
                text = scene.whole(fence, &scene.manifest.clone());
            }
            FenceKind::Configz { node, unread: because } => {
                let id = EvidenceId::new(format!("https://{ANSWERS_AT}/api/v1/nodes/{node}/proxy/configz"));
                let body = if *because {
                    let reason = fence.body.iter().map(|(_, line)| line.trim()).collect::<Vec<_>>().join(" ");
                    Body::Unread(unread(&format!("/configz of {node}"), &reason))
                } else {
                    Body::Text(Arc::from(scene.whole(fence, &id)))
                };
                scene.evidence.push(Evidence { plane: Plane::Running, ..piece(id, Kind::Configz, body) });
                if let Some(version) = &fence.version {
                    let said = format!(
                        "{{\"kind\":\"NodeList\",\"items\":[{{\"metadata\":{{\"name\":\"{node}\"}},\"status\":{{\"nodeInfo\":{{\"kubeletVersion\":\"v{version}\"}}}}}}]}}"
                    );
                    let id = EvidenceId::new(format!("https://{ANSWERS_AT}/api/v1/nodes"));
                    let known =
                        Evidence { plane: Plane::Running, ..piece(id, Kind::Objects, Body::Text(Arc::from(said))) };
                    scene.evidence.push(known);
                }
            }
            FenceKind::Flagz { node, unread: because } => {
                let id = EvidenceId::new(match node {
                    Some(node) => format!("https://{ANSWERS_AT}/api/v1/nodes/{node}/proxy/flagz"),
                    None => FLAGZ.to_owned(),
                });
                let body = if *because {
                    let reason = fence.body.iter().map(|(_, line)| line.trim()).collect::<Vec<_>>().join(" ");
                    Body::Unread(unread("/flagz", &reason))
                } else {
                    Body::Text(Arc::from(scene.whole(fence, &id)))
                };
                scene.evidence.push(Evidence { plane: Plane::Running, ..piece(id, Kind::Flagz, body) });
            }
            FenceKind::Http { at, reach, demand, unread: because } => {
                let id = EvidenceId::new(format!("{}{at}", facts::observed::ANSWERS));
                let body = if *because {
                    let reason = fence.body.iter().map(|(_, line)| line.trim()).collect::<Vec<_>>().join(" ");
                    Body::Unread(unread(at, &reason))
                } else {
                    let demand = demand.as_ref().map_or("null".to_owned(), |word| format!("\"{word}\""));
                    let head = format!("{{\n\"reach\": \"{reach}\",\n\"demand\": {demand},\n\"asked\": [\n");
                    Body::Text(Arc::from(scene.listed(fence, &id, head)))
                };
                scene.evidence.push(Evidence { plane: Plane::Observed, ..piece(id, Kind::Answers, body) });
            }
            FenceKind::Tls { endpoint, unread: because } => {
                let name = format!("tls://{endpoint}");
                let body = if *because {
                    let reason = fence.body.iter().map(|(_, line)| line.trim()).collect::<Vec<_>>().join(" ");
                    Body::Unread(unread(&name, &reason))
                } else {
                    Body::Text(Arc::from(scene.handshake(fence, &EvidenceId::new(name.as_str()))?))
                };
                let seen = piece(EvidenceId::new(name), Kind::Handshake, body);
                scene.evidence.push(Evidence { plane: Plane::Observed, ..seen });
            }
            FenceKind::Yaml { file } => {
                let id = scene.file(file);
                let body = scene.whole(fence, &id);
                let kind = match facts::recognise(body.as_bytes()).kind {
                    Kind::Kubeconfig => Kind::Kubeconfig,
                    _ => Kind::ConfigFile,
                };
                // What is known of secrets is known as in a run; the text stays, so that a page shows what becomes of it.
                let secrets = redactor.evidence(id.clone(), Plane::Declared, kind, &body).secrets;
                scene.evidence.push(Evidence { secrets, ..piece(id, kind, Body::Text(Arc::from(body))) });
            }
            FenceKind::Certificate { file } | FenceKind::Key { file } => {
                let text = match fence.kind {
                    FenceKind::Key { .. } => certificate::keys(&fence.body)?,
                    _ => certificate::certificates(&fence.body)?,
                };
                let id = scene.file(file);
                scene.evidence.push(redactor.evidence(id, Plane::Declared, Kind::ConfigFile, &text));
            }
            FenceKind::Missing { file } => {
                let id = scene.file(file);
                scene.evidence.push(piece(id, Kind::ConfigFile, Body::Missing));
            }
            FenceKind::Unread { file } => {
                let id = scene.file(file);
                let reason = fence.body.iter().map(|(_, line)| line.trim()).collect::<Vec<_>>().join(" ");
                scene.evidence.push(piece(id, Kind::ConfigFile, Body::Unread(unread(file, &reason))));
            }
            FenceKind::Manifest { file } => {
                let id = scene.file(file);
                let text = scene.whole(fence, &id);
                scene.evidence.push(redactor.evidence(id, Plane::Declared, Kind::Objects, &text));
            }
            FenceKind::Answer { path, nobody, unread: refused } => {
                let ask = ASKS.iter().find(|ask| ask.path == path && ask.as_nobody == *nobody);
                let ask = ask.ok_or_else(|| format!("nobody asks for `{path}`"))?;
                let id = EvidenceId::new(ask.name(&format!("https://{ANSWERS_AT}")));
                let body = if *refused {
                    let reason = fence.body.iter().map(|(_, line)| line.trim()).collect::<Vec<_>>().join(" ");
                    Body::Unread(unread(&ask.wanted(), &reason))
                } else {
                    Body::Text(Arc::from(scene.whole(fence, &id)))
                };
                scene.evidence.push(Evidence { plane: ask.plane, ..piece(id, ask.kind, body) });
            }
            FenceKind::Objects
            | FenceKind::NoKind { .. }
            | FenceKind::UnreadKind { .. }
            | FenceKind::Fixed
            | FenceKind::Outcome => {}
        }
    }
    let of_cluster = |fence: &&Fence| {
        matches!(fence.kind, FenceKind::Objects | FenceKind::NoKind { .. } | FenceKind::UnreadKind { .. })
    };
    let given: Vec<&Fence> = evidence_fences().filter(of_cluster).collect();
    if !given.is_empty() {
        scene.objects(&given)?;
    }
    if !words.is_empty() {
        text = scene.with_words(&text, &words);
    }
    let manifest = piece(scene.manifest.clone(), Kind::Workload, Body::Text(Arc::from(text)));
    scene.evidence.push(manifest);
    scene.supply();
    Ok(scene)
}

/// Whether a block is the configuration file of a kubelet.
fn is_of_kubelet(fence: &Fence) -> bool {
    matches!(fence.kind, FenceKind::Yaml { .. })
        && fence.body.iter().any(|(_, line)| line == "kind: KubeletConfiguration")
}

/// The base as it is at a release; `unknown` takes the release away.
pub(crate) fn base(version: Option<&str>) -> Result<String, String> {
    let image = match version {
        None => BASE_RELEASE.to_owned(),
        Some("unknown") => "latest".to_owned(),
        Some(version) => format!("v{version}"),
    };
    let release: Option<Version> = image.parse().ok();
    if release.is_none() && image != "latest" {
        return Err(format!("`{}` is no version", version.unwrap_or_default()));
    }
    let mut text = String::new();
    for line in BASE.lines().filter(|line| !line.starts_with('#')) {
        let (line, since) = line.split_once(" # from ").map_or((line, None), |(line, since)| (line, Some(since)));
        let since: Option<Minor> = since.and_then(|since| since.parse::<Version>().ok()).map(|version| version.minor);
        // A release that nobody knows is one of today's: those demand what newer releases demand.
        let demanded = release.as_ref().zip(since).is_none_or(|(release, since)| release.minor >= since);
        if demanded {
            text.push_str(&line.replace(BASE_RELEASE, &image));
            text.push('\n');
        }
    }
    Ok(text)
}

impl Scene {
    fn file(&self, path: &str) -> EvidenceId {
        EvidenceId::new(format!("{}{path}", self.root.as_deref().unwrap_or_default()))
    }

    /// A line of the page put behind a text of that evidence, and noted.
    fn put(&mut self, (page_line, line): &(usize, String), id: &EvidenceId, text: &mut String) {
        self.lines.push(LineMap {
            page_line: *page_line,
            evidence: id.clone(),
            start: text.len(),
            indent: 0,
            text: line.clone(),
        });
        text.push_str(line);
    }

    /// The text of a fence as it stands, each of its lines noted.
    fn whole(&mut self, fence: &Fence, id: &EvidenceId) -> String {
        let mut text = String::new();
        for line in &fence.body {
            self.put(line, id, &mut text);
            text.push('\n');
        }
        text
    }

    /// The lines of a fence as the items of a list in JSON, behind what begins the document.
    fn listed(&mut self, fence: &Fence, id: &EvidenceId, head: String) -> String {
        let mut text = head;
        for (index, line) in fence.body.iter().enumerate() {
            if index > 0 {
                text.push_str(",\n");
            }
            self.put(line, id, &mut text);
        }
        text.push_str("\n]\n}\n");
        text
    }

    /// What an endpoint showed: the lines as they stand, and the certificates behind a line of dashes as one chain.
    fn handshake(&mut self, fence: &Fence, id: &EvidenceId) -> Result<String, String> {
        let dashes = fence.body.iter().position(|(_, line)| line.trim() == "---").unwrap_or(fence.body.len());
        let (said, rest) = fence.body.split_at(dashes);
        let said = Fence { body: said.to_vec(), carets: Vec::new(), kind: fence.kind.clone(), version: None, ..*fence };
        let mut text = self.whole(&said, id);
        if let Some(words) = rest.get(1..).filter(|words| !words.is_empty()) {
            text.push_str("chains:\n- sni: null\n  trust: private\n  certificates:\n");
            for block in words.split(|(_, line)| line.trim() == "---") {
                text.push_str("  - |\n");
                for line in certificate::certificates(block)?.lines() {
                    text.push_str(&format!("    {line}\n"));
                }
            }
        }
        Ok(text)
    }

    /// The base with the case's words: in place of a word of the same flag, else behind the last.
    fn with_words(&mut self, base: &str, words: &[&(usize, String)]) -> String {
        let flag = |word: &str| word.split('=').next().unwrap_or(word).to_owned();
        // The case's own words keep their order, so that a flag given twice stays given twice.
        let own: Vec<String> = words.iter().map(|(_, line)| flag(line.trim())).collect();
        let mut text = String::new();
        let lines: Vec<&str> = base.lines().collect();
        let last = lines.iter().rposition(|line| line.starts_with(&format!("{ITEM}--"))).unwrap_or(0);
        for (index, line) in lines.iter().enumerate() {
            let replaced = line.strip_prefix(ITEM).is_some_and(|word| own.contains(&flag(word)));
            if !replaced {
                text.push_str(line);
                text.push('\n');
            }
            if index == last {
                for (page_line, line) in words {
                    let word = line.trim();
                    text.push_str(ITEM);
                    let quoted = quoted(word);
                    let start = text.len() + usize::from(quoted != word);
                    self.lines.push(LineMap {
                        page_line: *page_line,
                        evidence: self.manifest.clone(),
                        start,
                        indent: line.chars().take_while(|letter| letter.is_whitespace()).count(),
                        text: word.to_owned(),
                    });
                    text.push_str(&quoted);
                    text.push('\n');
                }
            }
        }
        text
    }

    /// Says of files that are only wanted to be there that they are, so that a case is about its own tweak.
    fn supply(&mut self) {
        for want in facts::wants(&self.gathered(self.evidence.clone()), &self.options()) {
            if want.contents != Contents::Text && !self.evidence.iter().any(|piece| piece.id == want.id) {
                self.evidence.push(piece(want.id, Kind::ConfigFile, Body::Present));
            }
        }
    }

    /// The objects of a cluster as its API server gives them: a list for every kind that is asked for.
    fn objects(&mut self, fences: &[&Fence]) -> Result<(), String> {
        for ask in ASKS {
            let Form::Objects { of, .. } = ask.form else { continue };
            let id = EvidenceId::new(format!("https://cluster{}", ask.path));
            let mut body = None;
            let mut text = String::new();
            for fence in fences {
                match fence.kind {
                    FenceKind::NoKind { of: missing } if missing == of => body = Some(Body::Missing),
                    FenceKind::UnreadKind { of: refused } if refused == of => {
                        let reason = fence.body.iter().map(|(_, line)| line.trim()).collect::<Vec<_>>().join(" ");
                        body = Some(Body::Unread(unread(&ask.wanted(), &reason)));
                    }
                    FenceKind::Objects => self.of_kind(fence, of, &id, &mut text)?,
                    _ => {}
                }
            }
            if text.is_empty() {
                text = format!("{{\"kind\":\"{}List\",\"apiVersion\":\"v1\",\"items\":[\n]}}\n", of.kind());
            }
            let body = body.unwrap_or_else(|| Body::Text(Arc::from(text)));
            self.evidence.push(Evidence { plane: ask.plane, ..piece(id, ask.kind, body) });
        }
        Ok(())
    }

    /// The documents of a fence that are of one kind, each of their lines noted.
    fn of_kind(&mut self, fence: &Fence, of: Of, id: &EvidenceId, text: &mut String) -> Result<(), String> {
        for document in fence.body.split(|(_, line)| line == "---") {
            let kind = document.iter().find_map(|(_, line)| line.strip_prefix("kind: "));
            let kind = kind.ok_or("every object says its `kind:` on a line of its own")?;
            if Of::ALL.iter().all(|of| of.kind() != kind) {
                return Err(format!("no kind of object is `{kind}`"));
            }
            // Of two kinds of one name the group tells; where it is not written, the first of them is meant.
            let version = document.iter().find_map(|(_, line)| line.strip_prefix("apiVersion: "));
            let group = version.map(|version| version.split_once('/').map_or("", |(group, _)| group));
            let is_it = match group {
                Some(group) => kind == of.kind() && (group == of.group() || group.is_empty()),
                None => Of::ALL.iter().find(|known| known.kind() == kind) == Some(&of),
            };
            if !is_it {
                continue;
            }
            if !text.is_empty() {
                text.push_str("---\n");
            }
            for line in document {
                self.put(line, id, text);
                text.push('\n');
            }
        }
        Ok(())
    }

    fn gathered(&self, evidence: Vec<Evidence>) -> Gathered {
        Gathered { root: self.root.clone(), ..Gathered::of("case", evidence) }
    }

    fn options(&self) -> Options {
        Options { version: self.said.clone(), ..Options::default() }
    }

    /// What is in force in this case.
    pub(crate) fn resolve(&self) -> Cluster {
        self.resolve_with(self.evidence.clone())
    }

    /// What would be in force with other evidence under the same root.
    pub(crate) fn resolve_with(&self, evidence: Vec<Evidence>) -> Cluster {
        facts::resolve(self.gathered(evidence), &self.options())
    }

    /// The words of a command in a manifest made from the base that the base does not have.
    pub(crate) fn own_words(&self, manifest: &str) -> Vec<String> {
        manifest
            .lines()
            .filter_map(|line| line.strip_prefix(ITEM))
            .filter(|word| !self.base.iter().any(|base| base == word) && !word.starts_with("name: "))
            .map(str::to_owned)
            .collect()
    }
}

/// A piece of evidence with that body.
fn piece(id: EvidenceId, kind: Kind, body: Body) -> Evidence {
    Evidence::of(id, Plane::Declared, kind, body)
}

/// Nobody could read it.
pub(crate) fn unread(file: &str, reason: &str) -> Gap {
    let reason = if reason.is_empty() { "permission denied" } else { reason };
    Gap {
        kind: GapKind::Unread,
        reason: format!("cannot read `{file}`: {reason}"),
        wanted: file.to_owned(),
        who_could_answer: "root on the node".to_owned(),
    }
}

/// The word as an item of a YAML list.
fn quoted(word: &str) -> String {
    // What is no flag may read as a number or as true, and the kubelet refuses a command with either.
    let plain = word.starts_with("--") && !word.contains(": ") && !word.contains(" #") && !word.ends_with(':');
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "''")) }
}
