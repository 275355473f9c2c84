//! What the rules about the authorization chain share: how it is written, and the chain that should be there instead.

use facts::apiserver::{ApiServer, Authorizers};
use model::{Answer, Change, Confidence, Finding, Minor, Release, Remedy, Safety};

use crate::say;

/// Asks until everyone has had a say, and lets whoever asks through.
pub(super) const ALWAYS_ALLOW: &str = "AlwaysAllow";

/// The first release with the Node authorizer (CHANGELOG-1.7, "Node authorizer").
const NODE_SINCE: Minor = Minor::new(1, 7);

pub(super) fn has(chain: &Authorizers, mode: &str) -> bool {
    chain.modes.iter().any(|listed| listed == mode)
}

/// "`--authorization-mode` is `Node,RBAC`".
pub(super) fn written(release: &Release, chain: &Authorizers) -> String {
    say::is(&chain.setting, &chain.modes.join(","), &chain.origin, release)
}

/// The pass that rests on the chain as it is.
pub(super) fn pass(release: &Release, chain: &Authorizers) -> Answer {
    Answer {
        seen: vec![chain.origin.clone()],
        because: written(release, chain),
        setting: Some(say::flag(&chain.setting)),
        ..Answer::default()
    }
}

/// The finding that the chain is not what it should be.
pub(super) fn finding(chain: &Authorizers, message: String, remedy: Remedy) -> Finding {
    Finding {
        subject: None,
        setting: Some(say::flag(&chain.setting)),
        message,
        severity: None,
        confidence: Confidence::Certain,
        primary: chain.origin.clone(),
        because: Vec::new(),
        remedy: Some(remedy),
    }
}

/// The order to have a chain with one more authorizer, or without the one that allows everything.
///
/// Only a flag is rewritten. In a configuration file an authorizer is a block with a name and maybe a connection of its
/// own, which nobody but its author can write.
pub(super) fn remedy(
    server: Option<&ApiServer>,
    chain: &Authorizers,
    title: &str,
    breaks: &[&str],
    wanted: &[&str],
) -> Remedy {
    let changes: Vec<Change> = server.and_then(|server| change(server, chain, wanted)).into_iter().collect();
    Remedy {
        title: title.to_owned(),
        safety: if changes.is_empty() { Safety::Manual } else { Safety::Review },
        breaks: breaks.iter().map(|&sentence| sentence.to_owned()).collect(),
        changes,
    }
}

/// The flag with the wanted chain; `None` where it is no flag, or where this release cannot have that chain.
pub(super) fn change(server: &ApiServer, chain: &Authorizers, wanted: &[&str]) -> Option<Change> {
    let modes = modes_with(server, chain, wanted);
    let reached = wanted.iter().all(|&mode| modes.iter().any(|listed| listed == mode));
    let is_flag = !chain.setting.contains('.');
    (is_flag && reached && modes != chain.modes)
        .then(|| say::set(&chain.setting, &chain.origin, modes.join(",")))
        .flatten()
}

/// The chain without `AlwaysAllow` and with what is wanted; `Node,RBAC` where nothing else would be left.
///
/// The order is the one that kubeadm writes: who knows most about a request is asked first.
fn modes_with(server: &ApiServer, chain: &Authorizers, wanted: &[&str]) -> Vec<String> {
    let mut modes: Vec<String> = chain.modes.iter().filter(|mode| *mode != ALWAYS_ALLOW).cloned().collect();
    let node_exists = server.component().release.is_at_least(NODE_SINCE);
    let wanted: &[&str] = if modes.is_empty() { &["Node", "RBAC"] } else { wanted };
    for &mode in wanted {
        if modes.iter().any(|listed| listed == mode) || (mode == "Node" && !node_exists) {
            continue;
        }
        if mode == "Node" {
            modes.insert(0, mode.to_owned());
        } else {
            modes.push(mode.to_owned());
        }
    }
    modes
}
