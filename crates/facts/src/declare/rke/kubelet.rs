//! The kubelets of RKE1, which are given flags and no file.
//!
//! rancher/rke, cluster/plan.go, BuildKubeletProcess (v1.6.3), over which rancher/kontainer-driver-metadata sets flags by release
//! (pkg/rke/k8s_service_options.go, getKubeletOptions to getKubeletOptions124); `services.kubelet.extra_args` wins over all.

use model::{Evidence, Form, GapKind, Site};
use yaml::Cursor;

use super::{CERTIFICATES, Cluster, KNOWN, MOST, NAME, definition, find, text_of};
use crate::{
    declare::{
        Source, command,
        kubelet::{
            KubeletLine,
            made::{Nodes, unseen},
        },
        layers::{Layers, map_at, outside},
    },
    onward, within,
};

const SUITES: &str = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,\
                      TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,\
                      TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305";

pub(in crate::declare) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    super::speaks(text)
}

pub(in crate::declare) fn runs(source: &Source<'_>) -> bool {
    super::declares(source)
}

pub(in crate::declare) fn lines(source: &Source<'_>, _: &[Evidence]) -> Vec<KubeletLine> {
    let mut found = Vec::new();
    for document in source.documents() {
        if let Some(root) = definition(&document.cursor()) {
            let cluster = Cluster { source, root };
            let mut nodes = cluster.kubelets();
            nodes.problems = source.problems(document);
            found.push(nodes.line(source));
        }
    }
    found
}

impl<'a> Cluster<'a> {
    fn kubelets(&self) -> Nodes {
        let home = map_at(self.source, &self.root, &["services", "kubelet", "extra_args"]);
        let mut flags = Layers::new(NAME, home.clone());
        let known = within(KNOWN.0, KNOWN.1);
        for (name, value) in [
            ("address", "0.0.0.0"),
            ("anonymous-auth", "false"),
            ("authentication-token-webhook", "true"),
            ("authorization-mode", "Webhook"),
            ("cgroups-per-qos", "True"),
            ("event-qps", "0"),
            ("make-iptables-util-chains", "true"),
            ("read-only-port", "0"),
            ("resolv-conf", "/etc/resolv.conf"),
            ("streaming-connection-idle-timeout", "30m"),
            ("tls-cipher-suites", SUITES),
            ("v", "2"),
            ("volume-plugin-dir", "/var/lib/kubelet/volumeplugins"),
        ] {
            flags.adds_in(name, value, known);
        }
        flags.adds_in("allow-privileged", "true", within(KNOWN.0, 14));
        flags.adds("client-ca-file", format!("{CERTIFICATES}/kube-ca.pem"));
        flags.adds("cluster-dns", "10.43.0.10");
        flags.adds("cluster-domain", "cluster.local");
        flags.adds("fail-swap-on", "false");
        flags.adds("kubeconfig", format!("{CERTIFICATES}/kubecfg-kube-node.yaml"));
        flags.adds("root-dir", "/var/lib/kubelet");
        for (field, flag) in [("cluster_dns_server", "cluster-dns"), ("cluster_domain", "cluster-domain")] {
            if let Some((text, at)) = self.source.text(&self.root, &["services", "kubelet", field]) {
                flags.makes(flag, text, at, format!("`services.kubelet.{field}` decides it"));
            }
        }
        if let Some(at) = self.source.on(&self.root, &["services", "kubelet", "fail_swap_on"]) {
            flags.makes("fail-swap-on", "true", at, "`services.kubelet.fail_swap_on` decides it");
        }
        if let Some((provider, at)) = self.cloud() {
            flags.makes("cloud-provider", provider, at, "`cloud_provider` decides it");
        }
        if self.source.on(&self.root, &["services", "kubelet", "generate_serving_certificate"]).is_some() {
            for flag in ["tls-cert-file", "tls-private-key-file"] {
                flags.sets_unseen(flag, unseen(GapKind::Unresolved, "each node has a certificate by its own name"));
            }
        }
        self.names(&mut flags);
        self.given(&mut flags);
        let gap = unseen(GapKind::Version, "what RKE gives a kubelet of that release is not known to this build");
        let mut words = outside(KNOWN, &gap, &home);
        words.extend(flags.words());
        let open_ended = command::shorten(&mut words);
        let name = text_of(&self.root, "cluster_name").filter(|name| !name.is_empty());
        Nodes {
            words,
            open_ended,
            list: Some(home),
            version: self.version(),
            releases: onward(8),
            contained: true,
            ..Nodes::new(NAME, name.unwrap_or_else(|| self.source.evidence.as_str().to_owned()))
        }
    }

    /// RKE tells each kubelet the name of its node, which is its address where none is written.
    fn names(&self, flags: &mut Layers) {
        const FLAG: &str = "hostname-override";
        let nodes = find(&self.root, &["nodes"]);
        let nodes: Vec<Cursor<'a>> = nodes.iter().flat_map(|nodes| nodes.items().take(MOST)).collect();
        match &nodes[..] {
            [only] => {
                let named =
                    only.get("hostname_override").filter(|name| name.text().is_some_and(|name| !name.is_empty()));
                let Some(name) = named.or_else(|| only.get("address")) else { return };
                let text = name.text().unwrap_or_default().to_owned();
                flags.makes(FLAG, text, self.source.at(&name), "RKE tells the kubelet the name of its node");
            }
            _ => flags.sets_unseen(FLAG, unseen(GapKind::Unresolved, "RKE tells each kubelet the name of its node")),
        }
    }

    /// What somebody wrote; an empty value takes nothing away.
    fn given(&self, flags: &mut Layers) {
        let place = |value: &Cursor<'_>, form| Site { at: self.source.at(value), form };
        let arguments = find(&self.root, &["services", "kubelet", "extra_args"]);
        for entry in arguments.iter().flat_map(|arguments| arguments.entries()).take(MOST) {
            let value = entry.value.text().filter(|_| !entry.value.is_null()).unwrap_or_default().to_owned();
            flags.written(&entry.name, [(value, place(&entry.value, Form::Entry))]);
        }
        let arrays = find(&self.root, &["services", "kubelet", "extra_args_array"]);
        for entry in arrays.iter().flat_map(|arrays| arrays.entries()).take(MOST) {
            let items = entry.value.items().take(MOST);
            let values: Vec<(String, Site)> =
                items.map(|value| (value.text().unwrap_or_default().to_owned(), place(&value, Form::Field))).collect();
            flags.appended(&entry.name, values);
        }
    }
}
