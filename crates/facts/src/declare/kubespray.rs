//! kubespray's variables (`group_vars` of its inventory), as the API server that kubeadm starts with what it makes of them.
//!
//! Read at v2.11.0 to v2.31.0 of kubernetes-sigs/kubespray: roles/kubernetes/control-plane (before 2.16 `master`),
//! templates/kubeadm-config.*.yaml.j2 and defaults, and roles/kubespray_defaults. Ansible takes a variable from whichever
//! file of the inventory is nearest to the host, so a file speaks for the variables that it sets. Any that it does not set
//! may be set in another: then it is a gap that names kubespray's own value. A value in Jinja is one as well, but for a
//! variable of the same file at its beginning. Each file is read by itself.
//!
//! Start at [`invocations`]; `flags` says what kubespray makes of each variable.

mod flags;

use std::collections::BTreeSet;

use model::{Evidence, Form, Gap, GapKind, Location, Minor, Problem, Shape, Site, Version};
use yaml::{Cursor, Resolved};

use self::flags::{Flags, SINCE};
use super::{
    Source,
    command::unfilled,
    kubeadm::{Argument, Around, Configuration, Fallback, Layer, Shape as Format, release},
    layers::made_at_start,
};
use crate::{Hand, Invocation, Word, flags::KUBE_APISERVER};

const NAME: &str = "kubespray";

/// More items than a list of an inventory has.
const MOST: usize = 512;

/// Variables that stand in one another, at most.
const DEEPEST: usize = 4;

/// The releases of Kubernetes of which kubespray's own flags are known. 2.10 gave kubeadm fewer of its variables, and
/// releases before it did not need kubeadm at all.
const KNOWN: (u16, u16) = (15, 36);

/// Variables that no other playbook is known to have, each enough by itself.
const OWN: [&str; 12] = [
    "kube_api_anonymous_auth",
    "kube_apiserver_admission_control_config_file",
    "kube_apiserver_enable_admission_plugins",
    "kube_apiserver_node_port_range",
    "kube_apiserver_request_timeout",
    "kube_encrypt_secret_data",
    "kube_kubeadm_apiserver_extra_args",
    "kube_network_plugin",
    "kube_oidc_auth",
    "kube_webhook_token_auth",
    "kubernetes_audit",
    "kubernetes_audit_webhook",
];

/// Others, of which two together are.
const SHARED: [&str; 22] = [
    "audit_log_path",
    "authorization_modes",
    "auto_renew_certificates",
    "enable_nodelocaldns",
    "etcd_deployment_type",
    "event_ttl_duration",
    "kube_apiserver_ip",
    "kube_apiserver_port",
    "kube_cert_dir",
    "kube_cert_group",
    "kube_config_dir",
    "kube_encryption_algorithm",
    "kube_feature_gates",
    "kube_owner",
    "kube_pods_subnet",
    "kube_profiling",
    "kube_proxy_mode",
    "kube_service_addresses",
    "kube_token_auth",
    "kube_version",
    "tls_cipher_suites",
    "tls_min_version",
];

/// Whether a text holds the words without which it declares nothing.
pub(super) fn speaks(text: &str) -> bool {
    text.contains("kube_") || text.contains("kubernetes_audit")
}

/// Whether a text sets variables of kubespray.
pub(super) fn declares(source: &Source<'_>) -> bool {
    source.documents().any(|document| is_inventory(&document.cursor()))
}

/// The API server that a file of variables is about.
pub(super) fn invocations(source: &Source<'_>, evidence: &[Evidence]) -> Vec<Invocation> {
    let mut found = Vec::new();
    for document in source.documents() {
        let root = document.cursor();
        if is_inventory(&root) {
            found.push(Variables { source, root }.invocation(source.problems(document), evidence));
        }
    }
    found
}

/// The file names no kind, so it is known by its variables, of which one at least has to be about Kubernetes.
fn is_inventory(root: &Cursor<'_>) -> bool {
    let sets = |name: &&&str| root.get(name).is_some();
    if root.mapping().is_none() || root.get("apiVersion").is_some() || root.get("kind").is_some() {
        return false;
    }
    if OWN.iter().any(|name| sets(&name)) {
        return true;
    }
    let known: Vec<&&str> = SHARED.iter().filter(sets).collect();
    known.len() > 1 && known.iter().any(|name| name.starts_with("kube_"))
}

/// What a file says of a variable.
enum Said<T> {
    /// The value, and where it stands.
    Value(T, Location),
    /// It is set, to what cannot be read here.
    Open(Gap),
    /// Another file may set it.
    Nothing,
}

struct Variables<'a> {
    source: &'a Source<'a>,
    root: Cursor<'a>,
}

impl<'a> Variables<'a> {
    fn sets(&self, name: &str) -> bool {
        self.root.get(name).is_some()
    }

    fn text(&self, name: &str) -> Said<String> {
        let Some(found) = self.root.get(name) else { return Said::Nothing };
        let Some(text) = found.text().filter(|text| !found.is_null() && !text.is_empty()) else {
            return Said::Open(unreadable(name, "is no text"));
        };
        let text = self.filled(text, DEEPEST);
        match unfilled(&text) {
            Some(gap) => Said::Open(gap),
            None => Said::Value(text, self.source.at(&found)),
        }
    }

    /// A text, in which a variable that begins it is put in where the file sets it and nothing is done to it: folders are
    /// written so.
    fn filled(&self, text: &str, deepest: usize) -> String {
        let named = text.strip_prefix("{{").and_then(|rest| rest.split_once("}}"));
        let value = named.and_then(|(name, rest)| {
            let value = self.root.get(name.trim()).filter(|value| !value.is_null())?.text()?;
            Some(format!("{value}{rest}"))
        });
        match value.filter(|_| deepest > 0) {
            Some(value) => self.filled(&value, deepest - 1),
            None => text.to_owned(),
        }
    }

    /// A switch as a template of kubespray asks for it. Ansible reads YAML 1.1, in which `yes` and `off` are booleans too; a
    /// text in quotes is true to Jinja, whatever it says, and printed as it is: nobody means that.
    fn switch(&self, name: &str) -> Said<bool> {
        let Some(found) = self.root.get(name) else { return Said::Nothing };
        let plain = found.scalar().filter(|scalar| scalar.style() == yaml::Style::Plain).map(yaml::Scalar::text);
        let on = match (found.resolved(), plain) {
            (Some(Resolved::Bool(on)), _) => Some(on),
            (_, Some("yes" | "Yes" | "YES" | "on" | "On" | "ON")) => Some(true),
            (_, Some("no" | "No" | "NO" | "off" | "Off" | "OFF")) => Some(false),
            _ => None,
        };
        match on {
            Some(on) => Said::Value(on, self.source.at(&found)),
            None => Said::Open(
                found.text().and_then(unfilled).unwrap_or_else(|| unreadable(name, "is neither true nor false")),
            ),
        }
    }

    fn list(&self, name: &str) -> Said<Vec<String>> {
        let Some(found) = self.root.get(name) else { return Said::Nothing };
        if found.sequence().is_none() {
            return Said::Open(found.text().and_then(unfilled).unwrap_or_else(|| unreadable(name, "is no list")));
        }
        let mut values = Vec::new();
        for item in found.items().take(MOST) {
            match item.text() {
                Some(text) if unfilled(text).is_none() => values.push(text.to_owned()),
                other => {
                    let gap = other.and_then(unfilled);
                    return Said::Open(gap.unwrap_or_else(|| unreadable(name, "is no list of texts")));
                }
            }
        }
        Said::Value(values, self.source.at(&found))
    }

    /// Where a variable would be added.
    fn home(&self) -> Site {
        let audits = matches!(self.switch("kubernetes_audit"), Said::Value(true, _));
        Site {
            at: self.source.at(&self.root),
            form: Form::Fields(if audits { flags::WITH_AUDIT } else { flags::FIELDS }),
        }
    }

    fn version(&self) -> Option<(Version, Location)> {
        let Said::Value(text, at) = self.text("kube_version") else { return None };
        Some((release(&text)?, at))
    }

    /// The oldest release that a kubespray which knows the variables deploys (`kube_version_min_required`).
    fn oldest(&self) -> u16 {
        SINCE.iter().filter(|(variable, _)| self.sets(variable)).map(|(_, minor)| *minor).fold(KNOWN.0, u16::max)
    }

    fn fallback(&self, variable: &str, default: &str) -> Fallback {
        match self.text(variable) {
            Said::Value(text, at) => {
                let site = Site { at, form: Form::Field };
                Fallback::Known(text, site, Hand::Made(format!("`{variable}` decides it")))
            }
            Said::Open(gap) => Fallback::Unseen(gap),
            Said::Nothing => Fallback::Unseen(elsewhere(variable, default)),
        }
    }

    /// The folder of keys and certificates; where the file does not say it, kubespray's own is a guess.
    fn certificates(&self) -> Option<String> {
        match self.text("kube_cert_dir") {
            Said::Value(folder, _) => Some(folder.trim_end_matches('/').to_owned()),
            _ => None,
        }
    }

    fn invocation(&self, problems: Vec<Problem>, evidence: &[Evidence]) -> Invocation {
        let mut flags = Flags::of(self, evidence);
        let beneath = flags.take("authorization-mode");
        let folder = self.certificates();
        let configuration = Configuration {
            root: Layer { source: self.source, node: self.root.clone() },
            cluster: Vec::new(),
            init: Vec::new(),
            shape: Format::Map,
            releases: Some((Minor::new(1, self.oldest()), Minor::new(1, u16::MAX))),
            home: None,
            around: Around {
                distribution: Some(NAME),
                subnet: Fallback::Unseen(elsewhere("kube_service_addresses", "10.233.0.0/18")),
                domain: self.fallback("dns_domain", "{{ cluster_name }}"),
                port: self.fallback("kube_apiserver_port", "6443"),
                beneath: beneath.into_iter().map(argument).collect(),
                certificates: Some(folder.clone().unwrap_or_else(|| GUESSED.to_owned())),
                version: self.version(),
                ..Around::default()
            },
        };
        let mut invocation = configuration.invocation(problems);
        let home = self.home();
        invocation.words.retain(|word| !flag_of(word).is_some_and(|name| flags.decides(name)));
        let may_be_added = match self.root.get(EXTRA) {
            Some(map) if map.mapping().is_some() => None,
            Some(other) => other.text().and_then(unfilled).or_else(|| Some(unreadable(EXTRA, "is no map"))),
            None => Some(elsewhere(EXTRA, "{}")),
        };
        invocation.words.extend(flags.words());
        for word in invocation.words.iter_mut().filter(|word| matches!(word.hand, Hand::Default(_))) {
            word.site = home.clone();
            let guessed = folder.is_none() && word.text.contains(GUESSED);
            let gap =
                may_be_added.clone().or_else(|| guessed.then(|| elsewhere("kube_cert_dir", "/etc/kubernetes/ssl")));
            if guessed {
                word.unresolved = gap;
            } else if let Some(gap) = gap {
                word.unresolved.get_or_insert(gap);
            }
        }
        if folder.is_none() {
            invocation.mounts.retain(|mount| mount.container != GUESSED);
            invocation.carried.retain(|file| !file.path.starts_with(GUESSED));
        }
        if let Some(gap) = &may_be_added {
            invocation.words.extend(self.others(&invocation.words, &flags, gap, &home));
        }
        invocation.words.extend(unknown(&home));
        let folders =
            [format!("{}/", folder.as_deref().unwrap_or("/etc/kubernetes/ssl")), "/etc/kubernetes/".to_owned()];
        invocation.carried.extend(flags.carried());
        invocation.mounts.extend(flags.mounts());
        let made = made_at_start(self.source, evidence, &invocation.words, &folders);
        let fresh: Vec<_> =
            made.into_iter().filter(|file| invocation.carried.iter().all(|known| known.path != file.path)).collect();
        invocation.carried.extend(fresh);
        invocation.list = Some(home);
        // Whatever a switch leaves out may be among the arguments that another file has kubeadm pass on.
        invocation.open_ended = may_be_added;
        invocation
    }

    /// Flags that kubespray gives no variable, which somebody may have written in another file all the same.
    fn others(&self, words: &[Word], flags: &Flags<'_>, gap: &Gap, home: &Site) -> Vec<Word> {
        let given: BTreeSet<&str> = words.iter().filter_map(flag_of).collect();
        let open = KUBE_APISERVER.flags.iter().filter(|flag| !given.contains(flag.name) && !flags.decides_all(flag));
        let words = open.map(|flag| Word {
            hand: Hand::Default(NAME),
            unresolved: Some(gap.clone()),
            ..Word::written(format!("--{}=", flag.name), home.clone())
        });
        super::agree::where_known(words.collect())
    }
}

const EXTRA: &str = "kube_kubeadm_apiserver_extra_args";

/// A folder that stands for the one that is not known.
const GUESSED: &str = "{{ kube_cert_dir }}";

fn flag_of(word: &Word) -> Option<&str> {
    let long = word.text.strip_prefix("--")?;
    Some(long.split_once('=').map_or(long, |(name, _)| name))
}

fn argument(word: Word) -> Argument {
    let (name, value) = word.text.trim_start_matches('-').split_once('=').unwrap_or_default();
    Argument {
        name: name.to_owned(),
        value: value.to_owned(),
        site: word.site.clone(),
        hand: word.hand.clone(),
        unresolved: word.unresolved.clone(),
    }
}

/// Words that leave everything open in releases of which nothing is known. They come last: they may set again what others
/// set.
fn unknown(home: &Site) -> [Word; 2] {
    [(0, KNOWN.0 - 1), (KNOWN.1 + 1, u16::MAX)].map(|(from, to)| Word {
        hand: Hand::Default(NAME),
        unresolved: Some(Gap {
            kind: GapKind::Version,
            reason: "what kubespray makes of its variables in that release is not known to this build".to_owned(),
            wanted: "the manifest as kubeadm wrote it".to_owned(),
            who_could_answer: MANIFESTS.to_owned(),
        }),
        releases: Some((Minor::new(1, from), Minor::new(1, to))),
        ..Word::written("", home.clone())
    })
}

const MANIFESTS: &str = "give /etc/kubernetes/manifests of a control plane node";

/// The gap of a variable that a file leaves to others.
fn elsewhere(variable: &str, default: &str) -> Gap {
    let own = if default.is_empty() {
        "kubespray itself does not".to_owned()
    } else {
        format!("kubespray's own value is `{default}`")
    };
    Gap {
        kind: GapKind::NotCollected,
        reason: format!("`{variable}` is not in this file, and another of the inventory may set it; {own}"),
        wanted: "the other variables of the inventory".to_owned(),
        who_could_answer: MANIFESTS.to_owned(),
    }
}

fn unreadable(variable: &str, what: &str) -> Gap {
    Gap {
        kind: GapKind::Unread,
        reason: format!("`{variable}` {what}"),
        wanted: format!("the value of `{variable}`"),
        who_could_answer: "whoever wrote the inventory".to_owned(),
    }
}

const fn named(setting: &'static str, field: &'static str, shape: Shape) -> model::Named {
    model::Named { setting, field, shape }
}
