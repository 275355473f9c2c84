//! Settings with which k3s and RKE2 end before they start an API server.
//!
//! The first to refuse is Go's `flag` package, to which each setting goes as `--name=value`; then run of pkg/cli/server/server.go
//! in k3s, and validateProfile (pkg/cli/cmds/profile_linux.go) and initStaticPodExecutor (pkg/rke2/rke2_linux.go) in RKE2.
//! Settings that a program does not have are passed over by it, and so are they here. A value that goes on to the API server as it
//! is, which takes no more than they do, is left to the checks of that.

use model::{Problem, ProblemKind};

use super::{
    ONLY_K3S,
    flags::Product,
    settings::{Given, Settings, is_switch},
};
use crate::golang;

/// Settings that are numbers and reach the API server.
const NUMBERS: [&str; 4] = ["advertise-port", "apiserver-port", "https-listen-port", "supervisor-port"];

const MODES: [&str; 4] = ["agent", "cluster", "disabled", "pod"];

/// The profiles of RKE2, in whatever release.
const PROFILES: [&str; 5] = ["cis", "cis-1.23", "cis-1.5", "cis-1.6", "etcd"];

/// Why there is no API server, one problem for each setting that says so.
pub(super) fn refusals(product: Product, settings: &Settings) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut refuse = |name: &str, given: &Given, what: &str| {
        found.push(Problem {
            kind: ProblemKind::Refused,
            stops: true,
            message: format!("{} refuses `{name}`: {what}", product.name()),
            hint: None,
            location: Some(given.at.clone()),
            setting: None,
        });
    };
    let has = |name: &str| product == Product::K3s || !(ONLY_K3S.contains(&name) || name.starts_with("flannel-"));
    let readable = |given: &&Given| given.unresolved.is_none();
    for name in settings.names().filter(|name| has(name)) {
        for given in settings.all(name).iter().filter(readable) {
            let text = given.text.as_str();
            if is_switch(name) && golang::parse_bool(text).is_none() {
                refuse(name, given, &format!("`{text}` is neither true nor false"));
            } else if NUMBERS.contains(&name) && golang::parse_int(text, 64).is_none() {
                refuse(name, given, &format!("`{text}` is no number"));
            } else if name == "cluster-cidr"
                && let Some(wrong) = text.split(',').find(|range| golang::parse_cidr(range, false).is_none())
                // Nothing at all stands for the default.
                && !text.is_empty()
            {
                refuse(name, given, &format!("`{wrong}` is no range of addresses"));
            }
        }
    }
    let last = |name: &str| settings.last(name).filter(readable);
    if let Some(given) = last("egress-selector-mode").filter(|given| !MODES.contains(&given.text.as_str())) {
        refuse("egress-selector-mode", given, &format!("`{}` is none of its modes", given.text));
    }
    if product == Product::K3s
        && let Some(given) = settings.on("disable-etcd").filter(|_| settings.last("server").is_none())
    {
        refuse("disable-etcd", given, "it needs `server` beside it");
    }
    if product == Product::Rke2 {
        of_rke2(settings, &mut refuse);
    }
    found
}

fn of_rke2(settings: &Settings, refuse: &mut dyn FnMut(&str, &Given, &str)) {
    let readable = |given: &&Given| given.unresolved.is_none();
    let profile = settings.last("profile").filter(readable);
    if let Some(given) = profile.filter(|given| !PROFILES.contains(&given.text.as_str())) {
        refuse("profile", given, &format!("`{}` is none of its profiles", given.text));
    }
    let protects = settings.last("protect-kernel-defaults").filter(readable);
    if let (Some(profile), Some(given)) = (profile, protects)
        && profile.text.starts_with("cis")
        && golang::parse_bool(&given.text) == Some(false)
    {
        refuse("protect-kernel-defaults", given, &format!("the profile `{}` wants it on", profile.text));
    }
    if let Some(given) = settings.last("cloud-provider-config").filter(readable)
        && !settings.has("cloud-provider-name")
    {
        refuse("cloud-provider-config", given, "it needs `cloud-provider-name` beside it");
    }
}
