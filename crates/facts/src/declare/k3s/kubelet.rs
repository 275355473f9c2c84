//! The kubelet inside of k3s and RKE2: what they give it, and what `kubelet-arg` puts in its place.
//!
//! Up to some release of 1.30 to 1.33 all of it was flags (pkg/daemons/agent/agent_linux.go, kubeletArgs, 1.21); since then most of
//! it is a file that they write, in whose folder files of others win (kubeletArgsAndConfig and defaultKubeletConfig, 1.34). What is
//! listed here both do; what somebody writes as `kubelet-arg` is a flag in either and wins.

use model::{Form, Gap, GapKind, Site};

use super::{
    flags::{self, Product},
    settings::Settings,
};
use crate::{Hand, Releases, Word, onward};

/// Where a flag would be added.
const HOME: Form = Form::ByHand("give it as `kubelet-arg` in the file of settings");

/// The arguments of the kubelet.
const ARGUMENTS: &str = "kubelet-arg";

/// The folder whose files win over what is set by itself, in newer releases.
pub(super) fn folder(product: Product, settings: &Settings) -> String {
    format!("{}/agent/etc/kubelet.conf.d", flags::data(product, settings))
}

/// Whether a server or an agent runs a kubelet at all.
pub(super) fn runs(settings: &Settings) -> bool {
    settings.on("disable-agent").is_none()
}

/// Whether somebody says something of the kubelet.
pub(super) fn is_given_something(settings: &Settings) -> bool {
    [ARGUMENTS, "protect-kernel-defaults", "profile"].iter().any(|name| settings.has(name))
}

/// The command line, without what only some nodes have.
pub(super) fn words(product: Product, settings: &Settings) -> Vec<Word> {
    let data = flags::data(product, settings);
    let home = Site { at: settings.home.at.clone(), form: HOME };
    let mut words = Vec::new();
    let given: Vec<(String, &super::settings::Given, &str)> = settings
        .all(ARGUMENTS)
        .iter()
        .map(|given| {
            let text = given.text.strip_prefix("--").unwrap_or(&given.text);
            let (name, value) = text.split_once('=').unwrap_or((text, "true"));
            (name.trim_end_matches(['+', '-']).replace('_', "-"), given, value)
        })
        .collect();
    let mut push = |name: &str, value: String, hand: Hand, releases: Releases, open: Option<Gap>| {
        // One that is written stands in the place of its own (pkg/util/args.go, GetArgs).
        if !given.iter().any(|(known, ..)| known == name) {
            words.push(Word {
                hand,
                releases,
                unresolved: open,
                ..Word::written(format!("--{name}={value}"), home.clone())
            });
        }
    };
    let own = || Hand::Default(product.name());
    for (name, value) in [
        ("anonymous-auth", "false".to_owned()),
        ("authentication-token-webhook", "true".to_owned()),
        ("authorization-mode", "Webhook".to_owned()),
        ("client-ca-file", format!("{data}/agent/client-ca.crt")),
        ("fail-swap-on", "false".to_owned()),
        ("kubeconfig", format!("{data}/agent/kubelet.kubeconfig")),
        ("pod-manifest-path", format!("{data}/agent/pod-manifests")),
        ("read-only-port", "0".to_owned()),
        ("tls-cert-file", format!("{data}/agent/serving-kubelet.crt")),
        ("tls-private-key-file", format!("{data}/agent/serving-kubelet.key")),
    ] {
        push(name, value, own(), None, None);
    }
    let balancer =
        settings.all("disable").iter().any(|given| given.text.split(',').any(|part| part.trim() == "servicelb"));
    if !balancer && product != Product::Rke2 {
        // 1.34 lets the pods of the load balancer forward packets; since when is not known to this build.
        let newest = onward(22);
        let gap = Gap {
            kind: GapKind::Unresolved,
            reason: "k3s allows what its load balancer needs, unless that is disabled".to_owned(),
            wanted: "the arguments and the file of the running kubelet".to_owned(),
            who_could_answer: "somebody on the node".to_owned(),
        };
        push("allowed-unsafe-sysctls", String::new(), own(), newest, Some(gap));
    }
    if let Some(on) = settings.on("protect-kernel-defaults") {
        let how = Hand::Made("`protect-kernel-defaults` decides it".to_owned());
        if !given.iter().any(|(known, ..)| known == "protect-kernel-defaults") {
            let site = Site { at: on.at.clone(), form: Form::Field };
            words.push(Word { hand: how, ..Word::written("--protect-kernel-defaults=true", site) });
        }
    } else if let Some(profile) = settings.last("profile").filter(|given| given.text.starts_with("cis")) {
        let how = Hand::Made("`profile` decides it".to_owned());
        if !given.iter().any(|(known, ..)| known == "protect-kernel-defaults") {
            let site = Site { at: profile.at.clone(), form: Form::Field };
            words.push(Word { hand: how, ..Word::written("--protect-kernel-defaults=true", site) });
        }
    }
    for (name, given, value) in &given {
        words.push(given.word(name, value, None));
    }
    words
}
