//! What a reviewer should not have to look for. It is a command, and the same checks run as tests.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};

/// Which of our crates each of them may depend on; nothing else is allowed. Test dependencies are listed apart.
const ARROWS: [(&str, &[&str], &[&str]); 12] = [
    ("yaml", &[], &[]),
    ("model", &[], &[]),
    ("facts", &["model", "yaml"], &[]),
    ("probe", &["model"], &[]),
    ("collect", &["model", "facts", "probe"], &[]),
    ("rules", &["model", "facts"], &["testkit"]),
    ("fix", &["model", "yaml"], &[]),
    ("report", &["model"], &[]),
    ("audit", &["collect", "facts", "rules", "fix", "report", "model"], &[]),
    ("testkit", &["model", "yaml", "facts", "fix", "probe"], &[]),
    ("portcullis", &["audit", "report"], &[]),
    ("xtask", &["audit", "facts", "model", "report", "rules", "testkit"], &[]),
];

/// Crates of others that few of ours may name outside their tests: a run over files starts no runtime.
const FOREIGN: [(&str, &[&str]); 13] = [
    ("flate2", &["collect"]),
    ("http", &["collect", "probe"]),
    ("http-body-util", &["collect", "probe"]),
    ("hyper", &["probe"]),
    ("hyper-rustls", &["collect"]),
    ("hyper-util", &["collect", "probe"]),
    ("k8s-openapi", &["collect"]),
    ("kube", &["collect"]),
    ("ring", &["collect", "probe"]),
    ("rustls", &["collect", "probe"]),
    ("tokio", &["collect", "probe"]),
    ("tokio-rustls", &["probe"]),
    ("tower", &["collect"]),
];

/// Runs every check and lists what it found.
pub(crate) fn run(_: &[String]) -> Result<()> {
    let root = crate::root();
    let faults: Vec<String> =
        [arrows(root)?, headers(root)?, words(root)?, generated(root)?].into_iter().flatten().collect();
    if !faults.is_empty() {
        bail!("{}", faults.join("\n"));
    }
    Ok(())
}

/// Dependencies between our crates that are not in [`ARROWS`].
fn arrows(root: &Path) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    let known: BTreeMap<_, _> = ARROWS.iter().map(|(name, uses, tests)| (*name, (*uses, *tests))).collect();
    for entry in fs::read_dir(root.join("crates"))?
        .chain(fs::read_dir(root)?.filter(|entry| entry.as_ref().is_ok_and(|entry| entry.file_name() == "xtask")))
    {
        let folder = entry?.path();
        let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).with_context(|| format!("{name}/Cargo.toml"))?;
        let Some((uses, tests)) = known.get(name.as_str()) else {
            faults.push(format!("{name}: a crate that ARCHITECTURE.md does not place"));
            continue;
        };
        let mut section = "";
        for line in manifest.lines() {
            if line.starts_with('[') {
                section = line;
                continue;
            }
            let dependency = line.split(['.', ' ', '=']).next().unwrap_or_default();
            let foreign = FOREIGN.iter().find(|(name, _)| *name == dependency && section == "[dependencies]");
            if foreign.is_some_and(|(_, allowed)| !allowed.contains(&name.as_str())) {
                faults.push(format!("{name} may not know {dependency}"));
            }
            if !known.contains_key(dependency) {
                continue;
            }
            let allowed = match section {
                "[dependencies]" => uses.contains(&dependency),
                "[dev-dependencies]" => uses.contains(&dependency) || tests.contains(&dependency),
                _ => continue,
            };
            if !allowed {
                faults.push(format!("{name} may not know {dependency}"));
            }
        }
    }
    Ok(faults)
}

/// Modules that do not say why they exist.
fn headers(root: &Path) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for path in sources(root)? {
        let text = fs::read_to_string(&path)?;
        let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        if !text.trim_start().starts_with("//!") && !text.trim_start().starts_with("#!") {
            faults.push(format!("{shown}: no header that says what the module is for"));
        }
    }
    Ok(faults)
}

/// Words that do not belong in a repository.
fn words(root: &Path) -> Result<Vec<String>> {
    // Put together here, so that this file does not hold them itself.
    let unwanted = [
        (["todo", "!("].concat(), "unfinished work"),
        (["unimple", "mented!("].concat(), "unfinished work"),
        (["/ho", "me/"].concat(), "a machine's path"),
        (["/wo", "rk/"].concat(), "a machine's path"),
        (["BEGIN RSA PRIV", "ATE KEY-----\nM"].concat(), "a secret"),
    ];
    let mut faults = Vec::new();
    for path in tracked(root)? {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        for (word, why) in &unwanted {
            if let Some(at) = text.find(word.as_str()) {
                let line = text[..at].matches('\n').count() + 1;
                faults.push(format!("{shown}:{line}: {why}"));
            }
        }
        if text.contains('\r') && !shown.contains("crates/yaml") && !shown.starts_with("fuzz/corpus") {
            faults.push(format!("{shown}: a carriage return"));
        }
    }
    Ok(faults)
}

/// Generated files that differ from what generates them.
fn generated(root: &Path) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for (path, text) in crate::docs::files() {
        let current = fs::read_to_string(root.join(&path)).unwrap_or_default();
        if current != text {
            faults.push(format!("{path}: not current; run `cargo xtask docs`"));
        }
    }
    Ok(faults)
}

fn sources(root: &Path) -> Result<Vec<PathBuf>> {
    Ok(tracked(root)?.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect())
}

/// Every file below the root but for build output and hidden folders, sorted.
fn tracked(root: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut pending = vec![root.to_owned()];
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.starts_with('.') || name == "target" {
                continue;
            }
            if path.is_dir() { pending.push(path) } else { found.push(path) }
        }
    }
    found.sort_unstable();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(faults: Result<Vec<String>>) {
        assert_eq!(faults.expect("the tree is readable"), Vec::<String>::new());
    }

    #[test]
    fn crates_know_only_whom_they_may() {
        clean(arrows(crate::root()));
    }

    #[test]
    fn every_module_says_what_it_is_for() {
        clean(headers(crate::root()));
    }

    #[test]
    fn nothing_is_left_lying_about() {
        clean(words(crate::root()));
    }

    #[test]
    fn generated_files_are_current() {
        clean(generated(crate::root()));
    }
}
