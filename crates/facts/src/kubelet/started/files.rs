//! The files that a kubelet is started with: that of `--config`, and those of the folder that is merged with it.

use model::{Body, Evidence, Gap, GapKind, Problem, ProblemKind};

use crate::{
    File, Files, Trees,
    declare::{Configuration, configuration_in},
};

/// Why a file is none, and what that does to the kubelet.
pub(super) struct NoFile {
    pub(super) gap: Gap,
    pub(super) problem: Option<Problem>,
}

/// Files of one folder that are merged.
const MOST_DROP_INS: usize = 256;

/// The file of `--config`, or why it is none, with what that does to the kubelet.
pub(super) fn configuration(path: &str, files: &Files<'_>, trees: &Trees) -> Result<Configuration, Box<NoFile>> {
    let gap = |reason: String| Gap {
        kind: GapKind::Unread,
        reason,
        wanted: path.to_owned(),
        who_could_answer: "whoever maintains that file".to_owned(),
    };
    let stop = |kind: ProblemKind, message: String| Problem {
        kind,
        stops: true,
        message,
        hint: None,
        location: None,
        setting: Some("config".to_owned()),
    };
    let look = files.look(path);
    if let Some((kind, fault)) = look.fault() {
        let problem = stop(kind, format!("`{path}`, which `--config` names, {fault}"));
        let gap = gap(format!("`{path}` {fault}, so that the kubelet does not start"));
        return Err(Box::new(NoFile { gap, problem: Some(problem) }));
    }
    match look {
        File::Read(evidence) if evidence.text().is_none() => {
            let gap = gap(format!("`{path}` is there, and what it says was not read"));
            Err(Box::new(NoFile { gap, problem: None }))
        }
        File::Read(evidence) => configuration_in(evidence, trees, files.root).ok_or_else(|| {
            let problem =
                stop(ProblemKind::Refused, format!("`{path}`, which `--config` names, is no KubeletConfiguration"));
            let gap = gap(format!("`{path}` is no KubeletConfiguration, so that the kubelet does not start"));
            Box::new(NoFile { gap, problem: Some(problem) })
        }),
        File::Unread(gap) => Err(Box::new(NoFile { gap, problem: None })),
        File::Missing(_) | File::Folder(_) => Err(Box::new(NoFile { gap: unlooked(path), problem: None })),
    }
}

/// The files of a folder that count, in the order of their names.
pub(super) fn merged(folder: &str, files: &Files<'_>, trees: &Trees) -> Result<Vec<Configuration>, Gap> {
    let host = files.host_path(folder)?;
    let Some(root) = files.root else {
        return Err(Gap {
            kind: GapKind::Unread,
            reason: format!("`{host}` is a folder of the node and was not given"),
            wanted: host,
            who_could_answer: "give the node's root with --root".to_owned(),
        });
    };
    let top = Files::id(root, host.trim_end_matches('/'));
    let mut found = Vec::new();
    let mut pieces: Vec<&Evidence> = Vec::new();
    for piece in files.evidence {
        let Some(rest) = piece.id.as_str().strip_prefix(top.as_str()) else { continue };
        match &piece.body {
            Body::Unread(gap) if rest.is_empty() || rest.starts_with('/') => return Err(gap.clone()),
            _ if rest.starts_with('/') && rest.ends_with(".conf") => pieces.push(piece),
            _ => {}
        }
    }
    // Folder by folder, each in the order of its names (filepath.WalkDir): `a` with all that is in it stands before `a.conf`.
    pieces.sort_by(|a, b| a.id.as_str().split('/').cmp(b.id.as_str().split('/')));
    for piece in pieces.into_iter().take(MOST_DROP_INS) {
        let Some(one) = configuration_in(piece, trees, files.root) else {
            return Err(Gap {
                kind: GapKind::Unread,
                reason: format!("`{}` is no KubeletConfiguration, so that the kubelet does not start", piece.id),
                wanted: piece.id.to_string(),
                who_could_answer: "whoever maintains that file".to_owned(),
            });
        };
        found.push(one);
    }
    Ok(found)
}

pub(super) fn unlooked(path: &str) -> Gap {
    Gap {
        kind: GapKind::NotCollected,
        reason: format!("`{path}` was not looked for"),
        wanted: path.to_owned(),
        who_could_answer: "portcullis audit with --root".to_owned(),
    }
}
