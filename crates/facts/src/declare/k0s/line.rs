//! The flags of k0s's API server: what k0s adds, what it makes of the fields of its configuration, and what somebody wrote.

use model::{Form, Gap, GapKind, Location, Site};
use yaml::Cursor;

use super::{Cluster, KNOWN, MOST, Mode, NAME, unseen};
use crate::{
    Hand, Releases, Word,
    declare::{command, layers::Layers, lookup::text_of},
    golang, onward, within,
};

/// Flags that k0s gives where what is written for them is empty (apiDefaultArgs, and its cipher suites).
const FALLBACKS: [&str; 6] = [
    "allow-privileged",
    "anonymous-auth",
    "requestheader-extra-headers-prefix",
    "requestheader-group-headers",
    "requestheader-username-headers",
    "tls-cipher-suites",
];

/// The host of an address that may have a port behind it (net.SplitHostPort), or else all of it.
fn host(text: &str) -> &str {
    match text.rsplit_once(':') {
        Some((host, _)) if host.starts_with('[') && host.ends_with(']') => &host[1..host.len() - 1],
        Some((host, _)) if !host.contains(':') && !host.is_empty() => host,
        _ => text,
    }
}

fn since(from: u16) -> Releases {
    within(from, KNOWN.1)
}

fn depends() -> Gap {
    unseen(GapKind::Version, "it changed in that release of k0s with a patch, and what is known of k0s names none")
}

impl Cluster<'_> {
    pub(super) fn added(&self, flags: &mut Layers) {
        let data = self.data();
        let file = |name: &str| format!("{data}/pki/{name}");
        for (name, value) in [
            ("allow-privileged", "true".to_owned()),
            ("authorization-mode", "Node,RBAC".to_owned()),
            ("client-ca-file", file("ca.crt")),
            ("enable-bootstrap-token-auth", "true".to_owned()),
            ("kubelet-certificate-authority", file("ca.crt")),
            ("kubelet-client-certificate", file("apiserver-kubelet-client.crt")),
            ("kubelet-client-key", file("apiserver-kubelet-client.key")),
            ("kubelet-preferred-address-types", "InternalIP,ExternalIP,Hostname".to_owned()),
            ("profiling", "false".to_owned()),
            ("proxy-client-cert-file", file("front-proxy-client.crt")),
            ("proxy-client-key-file", file("front-proxy-client.key")),
            ("requestheader-allowed-names", "front-proxy-client".to_owned()),
            ("requestheader-client-ca-file", file("front-proxy-ca.crt")),
            ("requestheader-extra-headers-prefix", "X-Remote-Extra-".to_owned()),
            ("requestheader-group-headers", "X-Remote-Group".to_owned()),
            ("requestheader-username-headers", "X-Remote-User".to_owned()),
            ("service-account-key-file", file("sa.pub")),
            ("service-account-signing-key-file", file("sa.key")),
            ("tls-cert-file", file("server.crt")),
            ("tls-private-key-file", file("server.key")),
        ] {
            flags.adds_in(name, value, within(KNOWN.0, KNOWN.1));
        }
        if self.flags().iter().any(|flag| flag.starts_with("--logging")) {
            flags.sets_unseen("v", unseen(GapKind::Unresolved, "`--logging` of the command decides it"));
        } else {
            flags.adds_in("v", "1", within(KNOWN.0, KNOWN.1));
        }
    }

    pub(super) fn by_release(&self, flags: &mut Layers) {
        const OLD: &str = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,\
                           TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,\
                           TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384";
        const NEW: &str = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,\
                           TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,\
                           TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256";
        // Nothing forbade anonymous requests in 1.20.
        if self.get(&["api", "extraArgs", "authentication-config"]).is_some() {
            // Since 1.36.3 not beside a file that speaks of anonymous requests.
            flags.adds_in("anonymous-auth", "false", within(21, 35));
            let by_file = "the file of `authentication-config` may decide it, as of 1.36.3";
            flags.sets_unseen_in("anonymous-auth", unseen(GapKind::Version, by_file), within(36, 36));
        } else {
            flags.adds_in("anonymous-auth", "false", since(21));
        }
        flags.adds_in("tls-cipher-suites", OLD, within(21, 22));
        flags.sets_unseen_in("tls-cipher-suites", depends(), within(23, 26));
        flags.adds_in("tls-cipher-suites", NEW, since(27));
        flags.sets_unseen_in("tls-min-version", depends(), within(23, 26));
        flags.adds_in("tls-min-version", "VersionTLS12", since(27));
        flags.adds_in("enable-admission-plugins", "NodeRestriction", within(KNOWN.0, 20));
        flags.adds_in("enable-admission-plugins", "NodeRestriction,PodSecurityPolicy", within(21, 24));
        flags.adds_in("enable-admission-plugins", "NodeRestriction", since(25));
        flags.adds_in("service-account-issuer", "api", within(KNOWN.0, 20));
        flags.sets_unseen_in("service-account-issuer", depends(), within(21, 21));
        flags.adds_in("service-account-issuer", "https://kubernetes.default.svc", since(22));
        flags.sets_unseen_in("service-account-jwks-uri", depends(), within(21, 21));
        flags.adds_in("service-account-jwks-uri", "https://kubernetes.default.svc/openid/v1/jwks", since(22));
        flags.adds_in("insecure-port", "0", within(KNOWN.0, 23));
        self.draining(flags);
    }

    /// How long watches may take to end, since 1.36: two seconds less than k0s gives the server to stop, which follows from the time
    /// that a request may take where the command does not say it.
    fn draining(&self, flags: &mut Layers) {
        const FLAG: &str = "shutdown-watch-termination-grace-period";
        const SECOND: i64 = 1_000_000_000;
        let told = self.flag("--api-server-stop-timeout");
        if told.is_none() && self.mode() == Mode::Unknown {
            let reason = "it follows from the time that k0s gives the server to stop";
            flags.sets_unseen_in(FLAG, unseen(GapKind::Unresolved, reason), since(36));
            return;
        }
        let stops = match told.map(|text| golang::parse_duration(&text)) {
            Some(Some(time)) if time > 0 => time,
            Some(_) => {
                let reason = "what `--api-server-stop-timeout` says is no time";
                flags.sets_unseen_in(FLAG, unseen(GapKind::Unresolved, reason), since(36));
                return;
            }
            None => {
                let request = self.text(&["api", "extraArgs", "request-timeout"]);
                let request = request.and_then(|(text, _)| golang::parse_duration(&text)).unwrap_or(60 * SECOND);
                request.saturating_add(2 * SECOND).clamp(5 * SECOND, 20 * SECOND)
            }
        };
        if stops > 2 * SECOND {
            flags.adds_in(FLAG, golang::format_duration(stops - 2 * SECOND), since(36));
        }
    }

    /// Addresses, ports and ranges.
    pub(super) fn serving(&self, flags: &mut Layers) {
        let only = self.on(&["api", "onlyBindToAddress"]);
        // k0sctl writes the address of the host where the server is to listen nowhere else (phase/configure_k0s.go, configFor).
        let address = self.text(&["api", "address"]).or_else(|| self.address_of_host().filter(|_| only.is_some()));
        let own = || unseen(GapKind::NotCollected, "it is the first address of each controller");
        match &address {
            Some((address, at)) => {
                flags.makes("advertise-address", address, at.clone(), "`spec.api.address` decides it");
            }
            None => flags.sets_unseen("advertise-address", own()),
        }
        match (only, address) {
            (Some(at), Some((address, _))) => {
                flags.makes_in("bind-address", address, at, "`spec.api.onlyBindToAddress` decides it", since(31));
            }
            (Some(_), None) => flags.sets_unseen_in("bind-address", own(), since(31)),
            (None, _) => {}
        }
        match self.text(&["api", "port"]) {
            _ if self.definition.hosted.is_some() => self.hosted_port(flags),
            Some((port, at)) => flags.makes("secure-port", port, at, "`spec.api.port` decides it"),
            None => flags.adds_in("secure-port", "6443", within(KNOWN.0, KNOWN.1)),
        }
        self.ranges(flags);
        let external = self.text(&["api", "externalAddress"]);
        if let Some(spec) = self.definition.hosted.as_ref().filter(|_| external.is_none()) {
            // It takes the address of the Service where none is written, which a load balancer may have yet to give.
            match spec.get("externalAddress").filter(|address| address.text().is_some_and(|text| !text.is_empty())) {
                Some(address) => flags.makes(
                    "endpoint-reconciler-type",
                    "none",
                    self.source.at(&address),
                    "k0s itself tells the cluster where the server is",
                ),
                None => flags.sets_unseen(
                    "endpoint-reconciler-type",
                    unseen(GapKind::NotCollected, "it depends on the address that k0smotron finds"),
                ),
            }
        } else {
            self.reconciling(flags, external.map(|(_, at)| at));
        }
    }

    /// Who tells the cluster where the server is: k0s where the address is another (pkg/component/controller/apiserver.go up to 1.25,
    /// cmd/controller/controller.go since).
    fn reconciling(&self, flags: &mut Layers, external: Option<Location>) {
        const FLAG: &str = "endpoint-reconciler-type";
        const HOW: &str = "k0s itself tells the cluster where the server is";
        let is_off = self.is_disabled("endpoint-reconciler");
        let is_balanced = self.on(&["network", "controlPlaneLoadBalancing", "enabled"]).is_some();
        let last = match (is_off, is_balanced) {
            (true, _) => 25,
            (false, true) => 31,
            (false, false) => KNOWN.1,
        };
        if let Some(at) = external {
            flags.makes_in(FLAG, "none", at, HOW, within(KNOWN.0, last));
        } else if let Some(at) = self.on(&["api", "tunneledNetworkingMode"]) {
            // From 1.23 to 1.27.
            flags.makes_in(FLAG, "none", at, HOW, within(23, last.min(27)));
        }
    }

    /// The ranges of services. Of two the first is that of the family of the API server's address; since 1.34 of the family that is
    /// named, or of the address by which others reach it (BuildServiceCIDR, PrimaryAddressFamily).
    fn ranges(&self, flags: &mut Layers) {
        const FLAG: &str = "service-cluster-ip-range";
        let range = self.text(&["network", "serviceCIDR"]);
        let own = range.as_ref().map_or("10.96.0.0/12", |(range, _)| range.as_str());
        let Some(at) = self.on(&["network", "dualStack", "enabled"]) else {
            match &range {
                Some((range, at)) => flags.makes(FLAG, range, at.clone(), "`spec.network.serviceCIDR` decides it"),
                None => flags.adds_in(FLAG, own, within(KNOWN.0, KNOWN.1)),
            }
            return;
        };
        let six = self.text(&["network", "dualStack", "IPv6serviceCIDR"]).map(|(text, _)| text).unwrap_or_default();
        let in_order = |six_first: bool| if six_first { format!("{six},{own}") } else { format!("{own},{six}") };
        let is_six = |text: &str| text.parse::<std::net::Ipv6Addr>().is_ok();
        let address = self.text(&["api", "address"]).map(|(text, _)| text);
        let external = self.text(&["api", "externalAddress"]).map(|(text, _)| host(&text).to_owned());
        let of_address = address.as_deref().is_some_and(is_six);
        let of_named = match self.text(&["network", "primaryAddressFamily"]) {
            Some((family, _)) => family == "IPv6",
            None => external.as_deref().or(address.as_deref()).is_some_and(is_six),
        };
        const HOW: &str = "`spec.network` decides it";
        if of_address == of_named {
            flags.makes(FLAG, in_order(of_address), at, HOW);
            return;
        }
        flags.makes_in(FLAG, in_order(of_address), at.clone(), HOW, within(KNOWN.0, 33));
        let word = Word {
            hand: Hand::Made(HOW.to_owned()),
            releases: onward(34),
            ..Word::written(format!("--{FLAG}={}", in_order(of_named)), Site { at, form: Form::Field })
        };
        flags.puts(FLAG, vec![word]);
    }

    /// The address of the only controller that k0sctl is told of, as the others reach it.
    fn address_of_host(&self) -> Option<(String, Location)> {
        let [host] = &self.controllers()[..] else { return None };
        let of_access = |access: &str| host.get(access)?.get("address");
        let found = host.get("privateAddress").or_else(|| of_access("ssh")).or_else(|| of_access("openSSH"))?;
        let text = found.text().filter(|text| golang::parse_ip(text, false).is_some())?;
        Some((text.to_owned(), self.source.at(&found)))
    }

    /// The port of the Service (k0smotron, k0smotroncluster_configmap.go, getV1Beta1Spec).
    fn hosted_port(&self, flags: &mut Layers) {
        let port = self.definition.hosted.as_ref().and_then(|spec| spec.get("service")?.get("apiPort"));
        match port.as_ref().and_then(|port| Some((port.text()?, self.source.at(port)))) {
            Some((port, at)) => flags.makes("secure-port", port, at, "`spec.service.apiPort` decides it"),
            None => flags.adds_in("secure-port", "30443", within(KNOWN.0, KNOWN.1)),
        }
    }

    /// What goes to nodes through their agents.
    pub(super) fn konnectivity(&self, flags: &mut Layers) {
        const EGRESS: &str = "egress-selector-config-file";
        const AUDIENCES: &str = "api-audiences";
        const OWN: &str = "https://kubernetes.default.svc";
        let is_off = self.mode() == Mode::Single || self.is_disabled("konnectivity-server");
        if is_off {
            flags.adds_in(AUDIENCES, OWN, since(22));
        } else if self.mode() == Mode::Several {
            let file = format!("{}/konnectivity.conf", self.data());
            flags.adds_in(EGRESS, file, within(KNOWN.0, KNOWN.1));
            flags.adds_in(AUDIENCES, "system:konnectivity-server", within(KNOWN.0, 20));
            flags.adds_in(AUDIENCES, format!("{OWN},system:konnectivity-server"), since(22));
        } else {
            let gap = || unseen(GapKind::Unresolved, "flags of the command `k0s controller` decide it");
            flags.sets_unseen(EGRESS, gap());
            flags.sets_unseen(AUDIENCES, gap());
            return;
        }
        flags.sets_unseen_in(AUDIENCES, depends(), within(21, 21));
    }

    pub(super) fn written(&self, flags: &mut Layers) {
        let place = |value: &Cursor<'_>, form| Site { at: self.source.at(value), form };
        let arguments = self.get(&["api", "extraArgs"]);
        for entry in arguments.iter().flat_map(|arguments| arguments.entries()).take(MOST) {
            let text = entry.value.text().filter(|_| !entry.value.is_null()).unwrap_or_default().to_owned();
            // What is there by default only stands in for nothing (apiDefaultArgs, stringmap).
            let is_left = text.is_empty() && FALLBACKS.contains(&entry.name.as_ref());
            if !is_left {
                flags.written(&entry.name, [(text, place(&entry.value, Form::Entry))]);
            }
        }
        if let Some((gates, at)) = self.gates() {
            let name = "feature-gates";
            let before = arguments.and_then(|arguments| arguments.get(name)?.text().map(str::to_owned));
            let all =
                before.filter(|text| !text.is_empty()).map_or(gates.clone(), |before| format!("{before},{gates}"));
            flags.makes(name, all, at, "`spec.featureGates` decides it");
        }
        let raw = self.get(&["api", "rawArgs"]);
        for item in raw.iter().flat_map(|raw| raw.items().take(MOST).collect::<Vec<_>>()) {
            let text = item.text().unwrap_or_default();
            let name = text.trim_start_matches('-').split('=').next().unwrap_or_default();
            let word = Word {
                unresolved: command::unfilled(text),
                releases: onward(34),
                ..Word::written(text, place(&item, Form::Word))
            };
            flags.puts(name, vec![word]);
        }
    }

    fn gates(&self) -> Option<(String, Location)> {
        let gates = self.get(&["featureGates"])?;
        let mut named = Vec::new();
        for gate in gates.items().take(MOST) {
            let components = gate.get("components").filter(|list| list.items().len() > 0);
            let is_ours = components.is_none_or(|list| list.items().any(|item| item.text() == Some("kube-apiserver")));
            let Some(name) = text_of(&gate, "name").filter(|_| is_ours) else { continue };
            let enabled = gate.get("enabled").is_some_and(|on| on.is_true());
            named.push(format!("{name}={enabled}"));
        }
        (!named.is_empty()).then(|| (named.join(","), self.source.at(&gates)))
    }

    /// Comes behind everything, so that it adds to an address of etcd that somebody wrote.
    pub(super) fn storage(&self, flags: &mut Layers) {
        if self.definition.hosted.is_some() {
            let gap =
                || unseen(GapKind::Version, "k0smotron decides it, by its release and by what it is told to store in");
            for flag in ["etcd-servers", "etcd-cafile", "etcd-certfile", "etcd-keyfile", "etcd-prefix"] {
                flags.sets_unseen(flag, gap());
            }
            return;
        }
        let data = self.data();
        let kind = self.text(&["storage", "type"]);
        // Whatever is said of the storage without a type is said of an etcd (StorageSpec.UnmarshalJSON).
        let is_said = self.get(&["storage"]).is_some();
        let is_kine = match (&kind, self.mode()) {
            (Some((kind, _)), _) => kind == "kine",
            (None, _) if is_said => false,
            (None, Mode::Single) => true,
            (None, Mode::Several) => false,
            (None, Mode::Unknown) => {
                let gap = || unseen(GapKind::Unresolved, "`--single` of the command `k0s controller` decides it");
                for flag in ["etcd-servers", "etcd-cafile", "etcd-certfile", "etcd-keyfile"] {
                    flags.sets_unseen(flag, gap());
                }
                return;
            }
        };
        let at = kind.as_ref().map(|(_, at)| at.clone());
        let mut put_in = |name: &str, value: &str, releases: Releases| {
            let (hand, site) = match &at {
                Some(at) => {
                    let hand = Hand::Made("`spec.storage` decides it".to_owned());
                    (hand, Site { at: at.clone(), form: Form::Field })
                }
                None => (Hand::Default(NAME), self.home()),
            };
            flags.puts(name, vec![Word { hand, releases, ..Word::written(format!("--{name}={value}"), site) }]);
        };
        if is_kine {
            // getEtcdArgs of v1.27.1 makes a URL without a host of it.
            put_in("etcd-servers", "unix:///run/k0s/kine/kine.sock:2379", within(0, 26));
            put_in("etcd-servers", "unix:/run/k0s/kine/kine.sock:2379", onward(27));
            return;
        }
        let mut put = |name: &str, value: &str| put_in(name, value, None);
        let external = self.get(&["storage", "etcd", "externalCluster"]);
        let Some(external) = external else {
            put("etcd-servers", "https://127.0.0.1:2379");
            put("etcd-cafile", &format!("{data}/pki/etcd/ca.crt"));
            put("etcd-certfile", &format!("{data}/pki/apiserver-etcd-client.crt"));
            put("etcd-keyfile", &format!("{data}/pki/apiserver-etcd-client.key"));
            return;
        };
        let endpoints: Vec<String> = external.get("endpoints").map_or_else(Vec::new, |list| {
            list.items().take(MOST).filter_map(|item| item.text().map(str::to_owned)).collect()
        });
        put("etcd-servers", &endpoints.join(","));
        let files =
            ["caFile", "clientCertFile", "clientKeyFile"].map(|field| text_of(&external, field).unwrap_or_default());
        // All of them or none (hasAllTLSPropertiesDefined).
        if files.iter().all(|file| !file.is_empty()) {
            for (flag, file) in ["etcd-cafile", "etcd-certfile", "etcd-keyfile"].iter().zip(&files) {
                put(flag, file);
            }
        }
        put("etcd-prefix", &text_of(&external, "etcdPrefix").unwrap_or_default());
    }
}
