//! Where and how the server listens, what it calls its network, and how it reaches etcd.

use std::collections::BTreeSet;

use model::Minor;

use super::{Checks, shown};
use crate::{
    golang::{self, Cidr},
    pflag::Value,
};

impl Checks<'_> {
    pub(super) fn serving(&mut self) {
        if let Some(port) = self.server.number("secure-port") {
            // apiserver pkg/server/options/serving.go, Validate: 0 switched it off up to 1.11.
            let lowest = if self.since(12) { 1 } else { 0 };
            if port >= 0 && !(lowest..=65_535).contains(&port) {
                self.refuse("secure-port", format!("`--secure-port` is from {lowest} to 65535, not {port}"));
            }
        }
        // cmd/kube-apiserver/app/server.go, checkNonZeroInsecurePort: 1.20 to 1.23.
        if self.since(20)
            && let Some(port) = self.server.number("insecure-port")
            && port != 0
        {
            let flag = if self.server.is_given("port") { "port" } else { "insecure-port" };
            self.refuse(flag, format!("`--{flag}` takes only 0 from 1.20 on, not {port}"));
        }
        // dynamiccertificates.NewDynamicServingContentFromFiles and etcd's transport want both files of a pair.
        for (cert, key) in [("tls-cert-file", "tls-private-key-file"), ("etcd-certfile", "etcd-keyfile")] {
            if let (Some(no_cert), Some(no_key)) = (self.is_empty(cert), self.is_empty(key))
                && no_cert != no_key
            {
                let (given, wanted) = if no_key { (cert, key) } else { (key, cert) };
                self.conflict(given, &format!("`--{given}` needs `--{wanted}` beside it"));
            }
        }
        if let Some(pairs) = self.server.list("tls-sni-cert-key")
            && pairs.iter().any(|pair| {
                let files = pair.split_once(':').map_or(pair.as_str(), |(files, _)| files);
                files.split(',').any(str::is_empty)
            })
        {
            self.refuse("tls-sni-cert-key", "`--tls-sni-cert-key` lacks the name of a file".to_owned());
        }
        // pkg/controlplane/apiserver/peer.go, BuildPeerProxy.
        if self.holds_text("peer-ca-file") {
            for flag in ["proxy-client-cert-file", "proxy-client-key-file"] {
                if self.is_empty(flag) == Some(true) {
                    self.conflict("peer-ca-file", &format!("`--peer-ca-file` needs `--{flag}` beside it"));
                }
            }
        }
        if let Some(version) = self.server.text("tls-min-version")
            && !["", "VersionTLS10", "VersionTLS11", "VersionTLS12", "VersionTLS13"].contains(&version)
        {
            let message = format!(
                "`--tls-min-version` takes VersionTLS10, VersionTLS11, VersionTLS12 or VersionTLS13, not `{}`",
                shown(version)
            );
            self.refuse("tls-min-version", message);
        }
        if let Some(suites) = self.server.list("tls-cipher-suites") {
            let minor = self.server.version.minor;
            let wrong: Vec<&String> = suites.iter().filter(|suite| !is_suite(suite, minor)).collect();
            for suite in &wrong {
                self.refuse("tls-cipher-suites", format!("`--tls-cipher-suites` has no suite `{}`", shown(suite)));
            }
            // golang.org/x/net/http2, ConfigureServer. With the exception for TLS 1.3 came an end to the rule of their order
            // (16afe75a67018f578ea3b729f98dc2d82e127ddf of April 2021; 1.20.2 vendors one from before it, 1.22 one from after it).
            let required = suites.iter().any(|suite| HTTP2_CIPHERS.contains(&suite.as_str()));
            let tls13 = self.server.text("tls-min-version") == Some("VersionTLS13") && self.since(22);
            let http2 = !self.server.is("disable-http2-serving", true);
            if wrong.is_empty() && !suites.is_empty() && !required && !tls13 && http2 {
                self.refuse(
                    "tls-cipher-suites",
                    format!("`--tls-cipher-suites` lacks a suite that HTTP/2 requires: {}", HTTP2_CIPHERS.join(" or ")),
                );
            }
            // RFC 7540, appendix A, as far as the server knows the suites.
            let is_approved = |suite: &&String| {
                !suite.starts_with("TLS_RSA_") && (suite.contains("GCM") || suite.contains("CHACHA20"))
            };
            let behind = suites.iter().skip_while(is_approved).find(is_approved);
            if let Some(suite) = behind.filter(|_| wrong.is_empty() && required && http2 && !self.since(22)) {
                self.refuse(
                    "tls-cipher-suites",
                    format!("`--tls-cipher-suites` has `{suite}`, which HTTP/2 allows, behind one that it does not"),
                );
            }
        }
        if let Some(Value::Ints(curves)) = self.server.value("tls-curve-preferences") {
            // crypto/tls of Go 1.26: P-256, P-384, P-521, X25519 and the three hybrids.
            const CURVES: [i32; 7] = [23, 24, 25, 29, 4587, 4588, 4589];
            let mut seen = BTreeSet::new();
            if let Some(curve) = curves.iter().find(|curve| !CURVES.contains(curve) || !seen.insert(**curve)) {
                self.refuse(
                    "tls-curve-preferences",
                    format!("`--tls-curve-preferences` takes each CurveID of Go's crypto/tls once, not {curve}"),
                );
            }
        }
        if let Some(kind) = self.server.text("endpoint-reconciler-type")
            && !["", "master-count", "lease", "none"].contains(&kind)
        {
            self.refuse(
                "endpoint-reconciler-type",
                format!("`--endpoint-reconciler-type` takes master-count, lease or none, not `{}`", shown(kind)),
            );
        }
    }

    pub(super) fn network(&mut self) {
        let ranges = self.service_ranges();
        if let Some(Value::Ports(ports)) = self.server.value("service-node-port-range")
            && let Some(port) = self.server.number("kubernetes-service-node-port")
            && port > 0
        {
            let inside = ports.is_some_and(|(low, high)| (low..=high).contains(&port));
            if port > 65_535 || !inside {
                self.refuse(
                    "kubernetes-service-node-port",
                    format!("`--kubernetes-service-node-port` {port} is not in `--service-node-port-range`"),
                );
            }
        }
        // validatePublicIPServiceClusterIPRangeIPFamilies: not in 1.20, in 1.25.
        if self.since(25)
            && let Some(primary) = ranges.first()
            && self.server.text("endpoint-reconciler-type") != Some("none")
        {
            let specific = |name: &str| match self.server.value(name) {
                Some(Value::Ip(Some(ip))) if !ip.is_unspecified() => Some((name.to_owned(), *ip)),
                _ => None,
            };
            let public =
                specific("advertise-address").or_else(|| specific("bind-address").filter(|(_, ip)| !ip.is_loopback()));
            if let Some((flag, ip)) = public
                && ip.is_ipv4() != primary.network.is_ipv4()
            {
                self.conflict(&flag, &format!("`--{flag}` is not of the IP family of `--service-cluster-ip-range`"));
            }
        }
    }

    /// cmd/kube-apiserver/app/options/completion.go and validation.go.
    pub(super) fn service_ranges(&mut self) -> Vec<Cidr> {
        const FLAG: &str = "service-cluster-ip-range";
        let Some(text) = self.server.text(FLAG) else { return Vec::new() };
        if text.is_empty() {
            return Vec::new();
        }
        // `ParseCIDRSloppy`, which takes leading zeros for ever, came with Go 1.17.
        let mut ranges = Vec::new();
        let items: Vec<&str> = text.split(',').collect();
        for (index, item) in items.iter().take(2).enumerate() {
            let Some(range) = golang::parse_cidr(item, true) else {
                self.refuse(FLAG, format!("`{}` in `--{FLAG}` is no address range", shown(item)));
                return Vec::new();
            };
            // k8s.io/utils net, RangeSize: two bits short of everything is too much to count.
            let few = range.bits() - range.prefix < 3 || range.prefix < 2;
            if few && (index == 0 || self.minor == Minor::new(1, 20)) {
                self.refuse(FLAG, format!("`{range}` in `--{FLAG}` has fewer than 8 addresses"));
            }
            // The limit ends with the gates MultiCIDRServiceAllocator and DisableAllocatorDualWrite, both on from 1.34.
            if !self.since(34) && range.bits() - range.prefix > 20 {
                self.refuse(
                    FLAG,
                    format!("`{range}` in `--{FLAG}` is too large: its prefix is at least {}", range.bits() - 20),
                );
            }
            ranges.push(range);
        }
        if items.len() > 2 {
            self.refuse(FLAG, format!("`--{FLAG}` takes at most two ranges"));
        }
        if let [primary, secondary] = ranges.as_slice() {
            if primary.network.is_ipv4() == secondary.network.is_ipv4() {
                self.refuse(FLAG, format!("the two ranges of `--{FLAG}` must be of different IP families"));
            }
            if !self.since(21) && self.gates.leaves_off("IPv6DualStack", true) {
                self.conflict(
                    FLAG,
                    &format!("two ranges in `--{FLAG}` need the feature gate IPv6DualStack before 1.21"),
                );
            }
        }
        ranges
    }

    pub(super) fn etcd(&mut self) {
        // apiserver pkg/storage/etcd3/preflight, found in 1.20 and 1.21: the first address is parsed before any is tried.
        if (20..22).contains(&self.minor.minor)
            && let Some(first) = self.server.list("etcd-servers").and_then(<[String]>::first)
            && golang::parse_url(first).is_none()
        {
            self.refuse("etcd-servers", format!("`{}` in `--etcd-servers` is no URL", shown(first)));
        }
        if let Some(backend) = self.server.text("storage-backend")
            && !(backend.is_empty() || backend == "etcd3" || (backend == "etcd2" && !self.since(13)))
        {
            self.refuse("storage-backend", format!("`--storage-backend` takes etcd3, not `{}`", shown(backend)));
        }
        if let Some(overrides) = self.server.list("etcd-servers-overrides") {
            let valid = |item: &String| {
                item.split_once('#').is_some_and(|(resource, servers)| {
                    !servers.contains('#')
                        && resource.split('/').count() == 2
                        && (!self.since(34) || servers.split(';').all(|server| !server.is_empty()))
                })
            };
            if let Some(item) = overrides.iter().find(|item| !valid(item)) {
                self.refuse(
                    "etcd-servers-overrides",
                    format!("`--etcd-servers-overrides` takes `group/resource#servers`, not `{}`", shown(item)),
                );
            }
        }
        if self.server.is("watch-cache", true)
            && let Some(sizes) = self.server.list("watch-cache-sizes")
        {
            // apiserver pkg/server/options/etcd.go, ParseWatchCacheSizes.
            let valid = |item: &String| {
                item.split_once('#')
                    .is_some_and(|(_, size)| golang::parse_decimal(size, 64).is_some_and(|size| size >= 0))
            };
            if let Some(item) = sizes.iter().find(|item| !valid(item)) {
                self.refuse(
                    "watch-cache-sizes",
                    format!("`--watch-cache-sizes` takes `resource#size`, not `{}`", shown(item)),
                );
            }
        }
        if self.server.is("encryption-provider-config-automatic-reload", true)
            && self.is_empty("encryption-provider-config") == Some(true)
        {
            self.conflict(
                "encryption-provider-config-automatic-reload",
                "`--encryption-provider-config-automatic-reload` needs `--encryption-provider-config`",
            );
        }
        // Validated from 1.29 on; before, apiserver pkg/server/storage/storage_codec.go finds no serializer.
        if self.since(7)
            && let Some(written) = self.server.text("storage-media-type")
            // mime.ParseMediaType goes first where it is looked up and not validated.
            && let media = if self.since(29) { written.to_owned() } else { media_type(written) }
            && !["", "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"]
                .contains(&media.as_str())
        {
            self.refuse(
                "storage-media-type",
                format!(
                    "`--storage-media-type` takes application/json, application/yaml or application/vnd.kubernetes.protobuf, not `{}`",
                    shown(written)
                ),
            );
        }
    }
}

/// A media type without its parameters, as mime.ParseMediaType has it.
fn media_type(text: &str) -> String {
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether a component of that release knows a suite by this name (cli.flag.TLSCipherSuites; kubelets ask it as well).
pub(crate) fn is_suite(name: &str, minor: Minor) -> bool {
    CIPHERS.contains(&name) || (minor >= Minor::new(1, 19) && CIPHERS_1_19.contains(&name))
}

const HTTP2_CIPHERS: [&str; 2] = ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"];

/// What component-base's cli/flag/ciphersuites_flag.go takes in every release that has the flag, the insecure ones included.
const CIPHERS: [&str; 22] = [
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",
    "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
    "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
    "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_RSA_WITH_RC4_128_SHA",
];

/// Names that came in 1.19: TLS 1.3 (pull request 90843), and the two that Go 1.14 renamed.
const CIPHERS_1_19: [&str; 5] = [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
];
