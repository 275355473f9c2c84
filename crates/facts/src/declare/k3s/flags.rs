//! The flags that k3s and RKE2 give the API server by themselves, by release, and what their settings make of them.
//!
//! Read from k3s-io/k3s, apiServer and setupStorageBackend of pkg/daemons/control/server.go, pkg/cli/server/server.go and
//! pkg/util/args.go, in every commit from 1.19 to December 2025; and from rancher/rke2, pkg/executor/staticpod and
//! pkg/podexecutor (APIServer) and pkg/cli/defaults, at the first and the last release of each minor from 1.18 to 1.36.
//! A change that came to older releases with some patch leaves those releases open: a file of settings names no patch.

use model::{Gap, GapKind, Minor};

use super::settings::{ARGUMENTS, Given, Settings};
use crate::{
    Hand, Releases, Word,
    declare::{agree::where_known, layers::Layers},
    flags::KUBE_APISERVER,
    golang, onward, within,
};

/// The last release of which the flags are known.
pub(super) const NEWEST: u16 = 36;

/// Whose settings they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Product {
    K3s,
    Rke2,
    /// Of one of both.
    Either,
}

impl Product {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::K3s => "k3s",
            Self::Rke2 => "RKE2",
            Self::Either => "k3s or RKE2",
        }
    }

    /// As it calls itself (version.Program).
    pub(super) fn program(self) -> &'static str {
        if self == Self::Rke2 { "rke2" } else { "k3s" }
    }
}

fn since(from: u16) -> Releases {
    within(from, NEWEST)
}

/// The command line without what only the supervisor reads.
pub(super) fn words(product: Product, settings: &Settings) -> Vec<Word> {
    if product != Product::Either {
        return Server { product, settings }.words();
    }
    alike(Server { product: Product::K3s, settings }.words(), &Server { product: Product::Rke2, settings }.words())
}

/// What both would be given; a flag that they differ in is set to what nobody knows.
fn alike(k3s: Vec<Word>, rke2: &[Word]) -> Vec<Word> {
    let name = |word: &Word| word.text.split('=').next().unwrap_or_default().to_owned();
    let same = |a: &Word, b: &Word| {
        let alike = match (&a.hand, &b.hand) {
            (Hand::Default(_), Hand::Default(_)) => true,
            (a, b) => a == b,
        };
        alike && a.text == b.text && a.releases == b.releases && a.unresolved.is_some() == b.unresolved.is_some()
    };
    let mut names: Vec<String> = k3s.iter().chain(rke2).map(name).collect();
    names.sort_unstable();
    names.dedup();
    let mut found = Vec::new();
    for flag in names {
        let of = |words: &[Word]| -> Vec<Word> { words.iter().filter(|word| name(word) == flag).cloned().collect() };
        let (ours, theirs) = (of(&k3s), of(rke2));
        let agree = ours.len() == theirs.len() && ours.iter().zip(&theirs).all(|(a, b)| same(a, b));
        let hand = Hand::Default(Product::Either.name());
        if agree {
            found.extend(ours.into_iter().map(|word| Word {
                hand: if matches!(word.hand, Hand::Default(_)) { hand.clone() } else { word.hand },
                ..word
            }));
        } else if let Some(word) = ours.first().or(theirs.first()) {
            let gap = Gap {
                kind: GapKind::Unresolved,
                reason: "k3s and RKE2 differ in it, and nothing in the file tells whose it is".to_owned(),
                wanted: "whether it is a file of k3s or of RKE2".to_owned(),
                who_could_answer: "give it below etc/rancher/k3s or etc/rancher/rke2".to_owned(),
            };
            let text = format!("{flag}=");
            let releases = around(ours.iter().chain(&theirs));
            found.push(Word { text, hand, unresolved: Some(gap), releases, ..word.clone() });
        }
    }
    where_known(found)
}

/// The releases that one of the words is there in, and those between them.
fn around<'w>(words: impl Iterator<Item = &'w Word>) -> Releases {
    let all: Option<Vec<(Minor, Minor)>> = words.map(|word| word.releases).collect();
    let all = all?;
    Some((all.iter().map(|(from, _)| *from).min()?, all.iter().map(|(_, to)| *to).max()?))
}

/// Where the server keeps what it makes.
pub(super) fn data(product: Product, settings: &Settings) -> String {
    let given = settings.last("data-dir").map(|given| given.text.trim_end_matches('/').to_owned());
    given.unwrap_or_else(|| format!("/var/lib/rancher/{}", product.program()))
}

struct Server<'a> {
    product: Product,
    settings: &'a Settings,
}

impl Server<'_> {
    fn is_rke2(&self) -> bool {
        self.product == Product::Rke2
    }

    fn depends(&self) -> Gap {
        Gap {
            kind: GapKind::Version,
            reason: format!(
                "it came to that release of {} with a patch, and the patch is not known",
                self.product.name()
            ),
            wanted: "the arguments of the running server".to_owned(),
            who_could_answer: "a server of the cluster".to_owned(),
        }
    }

    fn server(&self, file: &str) -> String {
        format!("{}/server/{file}", data(self.product, self.settings))
    }

    fn words(&self) -> Vec<Word> {
        let mut flags = Layers::new(self.product.name(), self.settings.home.clone());
        self.always(&mut flags);
        self.by_release(&mut flags);
        self.listening(&mut flags);
        self.names(&mut flags);
        self.storage(&mut flags);
        self.encryption(&mut flags);
        if self.is_rke2() {
            self.policies(&mut flags);
        }
        self.written(&mut flags);
        flags.words()
    }

    fn always(&self, flags: &mut Layers) {
        let file = |name: &str| self.server(&format!("tls/{name}"));
        for (name, value) in [
            ("cert-dir", file("temporary-certs")),
            ("allow-privileged", "true".to_owned()),
            ("tls-cert-file", file("serving-kube-apiserver.crt")),
            ("tls-private-key-file", file("serving-kube-apiserver.key")),
            ("service-account-key-file", file("service.key")),
            ("kubelet-certificate-authority", file("server-ca.crt")),
            ("kubelet-client-certificate", file("client-kube-apiserver.crt")),
            ("kubelet-client-key", file("client-kube-apiserver.key")),
            ("requestheader-client-ca-file", file("request-header-ca.crt")),
            ("requestheader-allowed-names", "system:auth-proxy".to_owned()),
            ("requestheader-extra-headers-prefix", "X-Remote-Extra-".to_owned()),
            ("requestheader-group-headers", "X-Remote-Group".to_owned()),
            ("requestheader-username-headers", "X-Remote-User".to_owned()),
            ("proxy-client-cert-file", file("client-auth-proxy.crt")),
            ("proxy-client-key-file", file("client-auth-proxy.key")),
            ("client-ca-file", file("client-ca.crt")),
            ("storage-backend", "etcd3".to_owned()),
        ] {
            flags.adds_in(name, value, within(0, NEWEST));
        }
    }

    /// What came, went or changed; `depends` stands for the releases that a change came to with a patch.
    fn by_release(&self, flags: &mut Layers) {
        let open = |flags: &mut Layers, name: &str, from: u16, to: u16| {
            flags.sets_unseen_in(name, self.depends(), within(from, to));
        };
        // Removed 2022-01-19 (1.24).
        flags.adds_in("insecure-port", "0", within(0, 23));
        // 7f4f23757, June 2020, before RKE2's first release.
        flags.adds_in("profiling", "false", since(if self.is_rke2() { 18 } else { 19 }));
        if !self.is_rke2() {
            open(flags, "profiling", 17, 18);
        }
        // Gone with c5dc09159 (1.19); RKE2 takes it away again.
        if !self.is_rke2() {
            flags.adds_in("basic-auth-file", self.server("cred/passwd"), within(0, 18));
        }
        // 07256cf7a; before, the same was Kubernetes' own default.
        self.ranged(flags, "service-node-port-range", "30000-32767", since(21));
        // 373df1c8b and 0919ec675, December 2022, in 1.26.2, 1.25.7, 1.24.11 and 1.23.17.
        flags.adds_in("enable-bootstrap-token-auth", "true", since(27));
        open(flags, "enable-bootstrap-token-auth", 23, 26);
        flags.adds_in("service-account-signing-key-file", self.server("tls/service.key"), within(0, 22));
        flags.adds_in("service-account-signing-key-file", self.server("tls/service.current.key"), since(27));
        open(flags, "service-account-signing-key-file", 23, 26);
        // ff6c233e4, June 2022; RKE2 has always set it itself.
        let types = ADDRESSES;
        match self.settings.on("flannel-external-ip").filter(|_| !self.is_rke2()) {
            Some(given) => {
                let how = "`flannel-external-ip` decides it";
                flags.makes(types, "ExternalIP,InternalIP,Hostname", given.at.clone(), how);
            }
            None if self.is_rke2() => flags.adds_in(types, KINDS_OF_ADDRESSES, within(0, NEWEST)),
            None => {
                flags.adds_in(types, KINDS_OF_ADDRESSES, since(25));
                open(flags, types, 22, 24);
            }
        }
        self.egress(flags);
        self.authorizers(flags);
        // 8340b5430, January 2023: the ciphers of the supervisor are passed on.
        const SUITES: &str = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,\
                              TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,\
                              TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305";
        flags.adds_in("tls-cipher-suites", SUITES, since(27));
        open(flags, "tls-cipher-suites", 23, 26);
        // RKE2 writes it before what others write, so that both count where arguments may be repeated (see `written`).
        flags.adds_in(PLUGINS, "NodeRestriction", since(25));
        let older = if self.is_rke2() { "NodeRestriction,PodSecurityPolicy" } else { "NodeRestriction" };
        flags.adds_in(PLUGINS, older, within(0, 24));
    }

    /// ce5b9347c (April 2022) sends what the server says to nodes through its agents; f21ae1d94 (July 2023) lets a setting
    /// stop it.
    fn egress(&self, flags: &mut Layers) {
        let file = self.server("etc/egress-selector-config.yaml");
        let disabled = self.settings.last("egress-selector-mode").filter(|given| given.text == "disabled");
        for (name, value) in [("enable-aggregator-routing", "true"), ("egress-selector-config-file", &file)] {
            match disabled {
                Some(_) => flags.sets_unseen_in(name, self.depends(), within(22, 27)),
                None => {
                    flags.adds_in(name, value, since(24));
                    flags.sets_unseen_in(name, self.depends(), within(22, 23));
                }
            }
        }
    }

    /// A file that somebody names takes the place of the flag it excludes: ee036f7bc and cb889d41f, 2025.
    fn authorizers(&self, flags: &mut Layers) {
        for (name, value, file, from) in [
            ("authorization-mode", "Node,RBAC", "authorization-config", 33),
            ("anonymous-auth", "false", "authentication-config", 34),
        ] {
            let is_named = self.arguments().any(|argument| argument.name == file);
            if !is_named {
                flags.adds_in(name, value, within(0, NEWEST));
                continue;
            }
            flags.adds_in(name, value, within(0, 29));
            flags.sets_unseen_in(name, self.depends(), within(30, from - 1));
        }
    }

    /// Where it listens, and what it tells clients of itself.
    fn listening(&self, flags: &mut Layers) {
        let port =
            |name: &str| self.settings.last(name).and_then(|given| Some((given, given.text.parse::<u16>().ok()?)));
        if self.is_rke2() {
            flags.adds_in("secure-port", "6443", within(0, NEWEST));
            flags.adds_in("bind-address", "0.0.0.0", within(0, NEWEST));
        } else {
            // The supervisor listens for clients, and the API server one port higher, for the supervisor.
            match (port("apiserver-port"), port("https-listen-port")) {
                (Some((given, port)), _) => {
                    flags.makes("secure-port", port.to_string(), given.at.clone(), "`apiserver-port` decides it");
                }
                (None, Some((given, port))) => {
                    let next = port.saturating_add(1).to_string();
                    flags.makes("secure-port", next, given.at.clone(), "it is the port behind `https-listen-port`");
                }
                (None, None) => flags.adds_in("secure-port", "6444", within(0, NEWEST)),
            }
            match self.settings.last("apiserver-bind-address") {
                Some(given) => {
                    let how = "`apiserver-bind-address` decides it";
                    flags.makes("bind-address", &given.text, given.at.clone(), how);
                }
                None => self.loopback(flags),
            }
        }
        let open = |reason: &str| Gap { kind: GapKind::Unresolved, reason: reason.to_owned(), ..self.depends() };
        let is_vpn = self.settings.has("vpn-auth") || self.settings.has("vpn-auth-file");
        let own =
            self.settings.last("advertise-address").map(|given| ("advertise-address", given.text.as_str(), given));
        let first = |name: &'static str| self.first_address(name).map(|(text, given)| (name, text, given));
        if is_vpn && !self.is_rke2() {
            flags.sets_unseen("advertise-address", open("the VPN gives the address"));
        } else if let Some((name, text, given)) = own.or_else(|| first("node-external-ip")).or_else(|| first("node-ip"))
        {
            let how = format!("`{name}` decides it");
            match &given.unresolved {
                Some(gap) => flags.sets_unseen("advertise-address", gap.clone()),
                None => flags.makes("advertise-address", text, given.at.clone(), how),
            }
        } else if self.settings.last("flannel-iface").is_some_and(|_| !self.is_rke2()) {
            flags.sets_unseen(
                "advertise-address",
                open("it is the address of the interface that `flannel-iface` names"),
            );
        }
    }

    /// The first value of a setting that is an address (util.GetFirstValidIPString), or one that nobody knows.
    fn first_address(&self, name: &str) -> Option<(&str, &Given)> {
        self.settings.all(name).iter().find_map(|given| {
            let is_one = |text: &&str| golang::parse_ip(text, false).is_some();
            let known = given.text.split(',').find(is_one);
            known.or(given.unresolved.is_some().then_some("")).map(|text| (text, given))
        })
    }

    /// Where it listens for the supervisor: an address of the family that the first range of services is of
    /// (config.Control.Loopback). It was that of the only family up to some release behind 1.23.
    fn loopback(&self, flags: &mut Layers) {
        let given = self.settings.all("service-cidr").iter().flat_map(|given| given.text.split(','));
        let ranges: Vec<&str> = given.filter(|range| !range.is_empty()).collect();
        let is_six = |range: &&str| range.contains(':');
        let (first, all) = match ranges.first() {
            Some(first) => (is_six(first), ranges.iter().all(is_six)),
            None => (self.is_six(), self.is_six()),
        };
        if !first {
            flags.adds_in("bind-address", "127.0.0.1", within(0, NEWEST));
            return;
        }
        flags.adds_in("bind-address", "127.0.0.1", within(0, 22));
        flags.adds_in("bind-address", "::1", since(if all { 23 } else { 29 }));
        if !all {
            flags.sets_unseen_in("bind-address", self.depends(), within(23, 28));
        }
    }

    /// Whether the first address of the node is one of IPv6 (util.GetDefaultAddresses).
    fn is_six(&self) -> bool {
        self.first_address("node-ip").is_some_and(|(address, _)| address.contains(':'))
    }

    /// Addresses of services and names of the cluster.
    fn names(&self, flags: &mut Layers) {
        let range = if self.is_six() { "fd00:43::/112" } else { "10.43.0.0/16" };
        self.ranged(flags, "service-cluster-ip-range", range, within(0, NEWEST));
        let domain = self.settings.last("cluster-domain");
        let text = domain.map_or("cluster.local", |given| given.text.as_str());
        let issuer = format!("https://kubernetes.default.svc.{text}");
        let audiences = format!("{issuer},{}", self.product.program());
        // 601c4984f, April 2021; before, it was the program's own name.
        for (name, value, before) in
            [("service-account-issuer", issuer, self.product.program()), ("api-audiences", audiences, "unknown")]
        {
            match domain.filter(|given| given.text != "cluster.local") {
                Some(given) => flags.makes(name, value, given.at.clone(), "`cluster-domain` decides it"),
                None => {
                    flags.adds_in(name, value, since(21));
                    flags.adds_in(name, before, within(0, 17));
                    flags.sets_unseen_in(name, self.depends(), within(18, 20));
                }
            }
        }
        for name in ["v", "vmodule"] {
            if let Some(given) = self.settings.last(name).filter(|given| given.text != "0") {
                flags.makes(name, &given.text, given.at.clone(), format!("`{name}` decides it"));
            }
        }
    }

    /// A setting that is a range, or a list of them.
    fn ranged(&self, flags: &mut Layers, flag: &str, default: &str, releases: Releases) {
        let setting = if flag == "service-cluster-ip-range" { "service-cidr" } else { flag };
        let given = self.settings.all(setting);
        if let Some(gap) = given.iter().find_map(|given| given.unresolved.clone()) {
            flags.sets_unseen(flag, gap);
            return;
        }
        let texts: Vec<&str> = given.iter().map(|given| given.text.as_str()).filter(|text| !text.is_empty()).collect();
        // The program reads ranges and writes them anew, without the bits of the hosts.
        let range =
            |text: &str| golang::parse_cidr(text, false).map_or_else(|| text.to_owned(), |range| range.to_string());
        let written = texts.join(",").split(',').map(range).collect::<Vec<_>>().join(",");
        match given.first().filter(|_| !texts.is_empty()) {
            Some(first) => flags.makes(flag, written, first.at.clone(), format!("`{setting}` decides it")),
            None => flags.adds_in(flag, default, releases),
        }
    }

    /// Where the data is: an etcd of its own, one that is named, or kine before something else.
    fn storage(&self, flags: &mut Layers) {
        let endpoint = self.settings.last("datastore-endpoint");
        if let Some(endpoint) = endpoint {
            let how = "`datastore-endpoint` decides it";
            let is_etcd = ["https://", "http://"].iter().any(|scheme| endpoint.text.starts_with(scheme));
            if !is_etcd {
                let socket = if self.is_rke2() {
                    flags.sets_unseen("etcd-cafile", self.depends());
                    format!("unixs://{}", self.server("kine.sock"))
                } else {
                    "unix://kine.sock".to_owned()
                };
                flags.makes("etcd-servers", socket, endpoint.at.clone(), "kine stands before the datastore");
                return;
            }
            flags.makes("etcd-servers", &endpoint.text, endpoint.at.clone(), how);
            for (flag, setting) in [
                ("etcd-cafile", "datastore-cafile"),
                ("etcd-certfile", "datastore-certfile"),
                ("etcd-keyfile", "datastore-keyfile"),
            ] {
                if let Some(given) = self.settings.last(setting) {
                    flags.makes(flag, &given.text, given.at.clone(), format!("`{setting}` decides it"));
                }
            }
            return;
        }
        let embedded = [
            ("etcd-servers", "https://127.0.0.1:2379".to_owned()),
            ("etcd-cafile", self.server("tls/etcd/server-ca.crt")),
            ("etcd-certfile", self.server("tls/etcd/client.crt")),
            ("etcd-keyfile", self.server("tls/etcd/client.key")),
        ];
        let decides = self.settings.on("cluster-init").or_else(|| self.settings.last("server"));
        for (name, value) in embedded {
            if self.is_rke2() && self.settings.on("disable-etcd").is_none() {
                flags.adds_in(name, value, within(0, NEWEST));
            } else if let Some(given) = decides.filter(|_| !self.is_rke2()) {
                flags.makes(name, value, given.at.clone(), "the server keeps an etcd of its own");
            } else {
                // SQLite, unless an etcd was begun once.
                let reason = "it depends on whether the server keeps an etcd, which was decided when it was made";
                flags.sets_unseen(
                    name,
                    Gap { reason: reason.to_owned(), kind: GapKind::NotCollected, ..self.depends() },
                );
            }
        }
    }

    fn encryption(&self, flags: &mut Layers) {
        const CONFIG: &str = "encryption-provider-config";
        const RELOADS: &str = "encryption-provider-config-automatic-reload";
        let file = self.server("cred/encryption-config.json");
        if self.is_rke2() {
            flags.adds_in(CONFIG, &file, within(0, NEWEST));
            flags.adds_in(RELOADS, "true", since(28));
        } else if let Some(given) = self.settings.on("secrets-encryption") {
            let how = "`secrets-encryption` decides it";
            flags.makes(CONFIG, &file, given.at.clone(), how);
            flags.adds_in(RELOADS, "true", since(28));
        } else {
            return;
        }
        // 42c2ac95e, August 2023.
        flags.sets_unseen_in(RELOADS, self.depends(), within(26, 27));
    }

    /// What RKE2 alone does: audit logs, admission, clouds.
    fn policies(&self, flags: &mut Layers) {
        let profile = self.settings.last("profile").filter(|given| given.text.starts_with("cis"));
        let policy = self.settings.last("audit-policy-file");
        if let Some(given) = policy.or(profile) {
            let how = if policy.is_some() { "`audit-policy-file` decides it" } else { "`profile` decides it" };
            let own = "/etc/rancher/rke2/audit-policy.yaml";
            let file = policy.map_or(own, |given| given.text.as_str());
            for (name, value) in [
                ("audit-policy-file", file),
                ("audit-log-path", &self.server("logs/audit.log")),
                ("audit-log-maxage", "30"),
                ("audit-log-maxbackup", "10"),
                ("audit-log-maxsize", "100"),
            ] {
                flags.makes(name, value, given.at.clone(), how);
            }
        }
        if profile.is_some() {
            let name = "service-account-extend-token-expiration";
            flags.adds_in(name, "false", since(35));
            flags.sets_unseen_in(name, self.depends(), within(30, 34));
        }
        const ADMISSION: &str = "admission-control-config-file";
        match self.settings.last("pod-security-admission-config-file") {
            Some(given) => {
                let how = "`pod-security-admission-config-file` decides it";
                flags.makes(ADMISSION, &given.text, given.at.clone(), how);
            }
            None => flags.adds_in(ADMISSION, "/etc/rancher/rke2/rke2-pss.yaml", since(25)),
        }
        if let Some(given) = self.settings.last("cloud-provider-name") {
            let path = self.settings.last("cloud-provider-config").map_or("", |given| given.text.as_str());
            // de8240abc, November 2024, in 1.29.12, 1.30.8 and 1.31.4: `aws` stands for the name of the node alone.
            let is_aws = given.text == "aws";
            for (name, value) in [("cloud-provider", given.text.as_str()), ("cloud-config", path)] {
                let last = if is_aws { 28 } else { 32 };
                flags.makes_in(name, value, given.at.clone(), "`cloud-provider-name` decides it", within(0, last));
                if is_aws {
                    flags.sets_unseen_in(name, self.depends(), within(29, 31));
                }
            }
        }
    }

    /// `kube-apiserver-arg`, as GetArgs takes it.
    fn arguments(&self) -> impl Iterator<Item = Argument<'_>> {
        self.settings.all(ARGUMENTS).iter().map(|given| {
            let text = given.text.strip_prefix("--").unwrap_or(&given.text);
            let (name, value) = text.split_once('=').unwrap_or((text, "true"));
            let how = match name.chars().last() {
                Some('+') => How::Behind,
                Some('-') => How::Before,
                _ => How::Instead,
            };
            Argument { name: name.trim_end_matches(['+', '-']), value, how, given }
        })
    }

    /// What somebody writes stands instead of what is added, and since b6e71ef99 (April 2022, in 1.24 and patches of 1.22
    /// and 1.23) may be repeated, or put before (`-=`) or behind (`+=`) it. RKE2's own admission plug-ins are written first.
    fn written(&self, flags: &mut Layers) {
        let mut names: Vec<&str> = Vec::new();
        for argument in self.arguments() {
            if !names.contains(&argument.name) {
                names.push(argument.name);
            }
        }
        for name in names {
            let same: Vec<Argument<'_>> = self.arguments().filter(|argument| argument.name == name).collect();
            let plain = |word: Releases| -> Vec<Word> {
                same.iter().map(|argument| argument.given.word(name, argument.value, word)).collect()
            };
            let adds = same.iter().any(|argument| argument.how != How::Instead) || (self.is_rke2() && name == PLUGINS);
            // Of a flag with one value the last word counts, however many are passed on.
            let table = KUBE_APISERVER.find(&name.replace('_', "-"));
            let has_one = table.is_some_and(|flag| !flag.kind(Minor::new(1, 24)).accumulates());
            let own = flags.take(name);
            if self.is_rke2() && name == ADDRESSES {
                // RKE2 put its own before whatever there was, up to a patch of 1.23 (3edb2f77b, December 2021).
                flags.adds_in(name, KINDS_OF_ADDRESSES, within(0, 22));
                flags.sets_unseen_in(name, self.depends(), within(23, 23));
            }
            if !adds && (same.len() == 1 || has_one) {
                flags.puts(name, plain(None));
                continue;
            }
            let mut new: Vec<Word> = Vec::new();
            // Older ones take the last, and know no signs behind a name.
            let old = same.iter().all(|argument| argument.how == How::Instead);
            new.extend(plain(within(0, 21)).pop().filter(|_| old));
            if let Some(last) = plain(within(if old { 22 } else { 0 }, 23)).pop() {
                new.push(Word { unresolved: Some(self.depends()), ..last });
            }
            new.extend(self.together(name, &same, own.into_iter().filter_map(from_24).collect()));
            flags.puts(name, new);
        }
    }

    /// The words of one flag since 1.24 (pkg/util/args.go, GetArgs): what is there by itself stays where the first that somebody
    /// wrote adds to it.
    fn together(&self, name: &str, same: &[Argument<'_>], own: Vec<Word>) -> Vec<Word> {
        // What RKE2 writes first counts as written.
        let is_written = self.is_rke2() && name == PLUGINS;
        let stays = is_written || same.first().is_some_and(|first| first.how != How::Instead);
        let mut words: Vec<Word> = if stays { own } else { Vec::new() };
        for argument in same {
            let word = argument.given.word(name, argument.value, onward(24));
            match argument.how {
                How::Before => words.insert(0, word),
                How::Instead | How::Behind => words.push(word),
            }
        }
        words
    }
}

const PLUGINS: &str = "enable-admission-plugins";

const ADDRESSES: &str = "kubelet-preferred-address-types";

const KINDS_OF_ADDRESSES: &str = "InternalIP,ExternalIP,Hostname";

/// A word that is there from 1.24 on.
fn from_24(word: Word) -> Option<Word> {
    let first = Minor::new(1, 24);
    let (from, to) = word.releases.unwrap_or((first, Minor::new(1, u16::MAX)));
    (to >= first).then(|| Word { releases: Some((from.max(first), to)), ..word })
}

struct Argument<'a> {
    name: &'a str,
    value: &'a str,
    how: How,
    given: &'a Given,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Instead,
    Before,
    Behind,
}
