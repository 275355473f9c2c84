//! OpenShift's profiles of TLS, as the version and the suites of a server.

use yaml::Cursor;

use super::MOST;
use crate::declare::{Source, layers::Layers, lookup::text_of};

/// What holds where no profile is named.
pub(super) fn intermediate() -> String {
    iana(INTERMEDIATE.iter().copied())
}

/// The version and the suites of a profile (openshift/api config/v1/types_tlssecurityprofile.go, alike since November 2019
/// but for suites that Go does not know).
pub(super) fn profile(source: &Source<'_>, of: &Cursor<'_>, flags: &mut Layers) {
    let kind = text_of(of, "type").unwrap_or_default();
    let custom = of.get("custom").filter(|custom| custom.mapping().is_some());
    let (version, suites) = match (kind.as_str(), custom) {
        ("Custom", Some(custom)) => {
            let list = custom.get("ciphers");
            let list: Vec<String> = list
                .iter()
                .flat_map(|list| list.items().take(MOST))
                .filter_map(|item| item.text().map(str::to_owned))
                .collect();
            (text_of(&custom, "minTLSVersion"), iana(list.iter().map(String::as_str)))
        }
        ("Old", _) => {
            (Some("VersionTLS10".to_owned()), iana(SUITES.iter().map(|(own, _)| *own).filter(|own| *own != OTHER)))
        }
        // What is no profile, or has nothing in it, is the intermediate one (getSecurityProfileCiphers).
        ("Modern", _) => (Some("VersionTLS13".to_owned()), iana(INTERMEDIATE.iter().take(MODERN).copied())),
        _ => (Some("VersionTLS12".to_owned()), iana(INTERMEDIATE.iter().copied())),
    };
    let how = match kind.as_str() {
        "" => "`tlsSecurityProfile` names no profile, so that the intermediate one holds".to_owned(),
        kind => format!("`tlsSecurityProfile.type: {kind}` decides it"),
    };
    if let Some(version) = version {
        flags.makes("tls-min-version", version, source.at(of), how.clone());
    }
    if !suites.is_empty() {
        flags.makes("tls-cipher-suites", suites, source.at(of), how);
    }
}

/// Suites by the names of OpenSSL, as those that Go knows (openshift/library-go, pkg/crypto/crypto.go, openSSLToIANACiphers);
/// others are left out.
fn iana<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let known = |name: &str| SUITES.iter().find(|(own, _)| *own == name).map(|(_, iana)| *iana);
    names.filter_map(known).collect::<Vec<_>>().join(",")
}

/// The suites of the intermediate profile, of which the first are those of the modern one.
const INTERMEDIATE: [&str; 9] = [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
];
const MODERN: usize = 3;

/// A suite that no profile but a custom one has.
const OTHER: &str = "ECDHE-RSA-DES-CBC3-SHA";

/// In the order of the oldest profile.
const SUITES: [(&str, &str); 22] = [
    ("TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"),
    ("TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384"),
    ("TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256"),
    ("ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
    ("ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
    ("ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
    ("ECDHE-RSA-AES256-GCM-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
    ("ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"),
    ("ECDHE-RSA-CHACHA20-POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
    ("ECDHE-ECDSA-AES128-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"),
    ("ECDHE-RSA-AES128-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"),
    ("ECDHE-ECDSA-AES128-SHA", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"),
    ("ECDHE-RSA-AES128-SHA", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"),
    ("ECDHE-ECDSA-AES256-SHA", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"),
    ("ECDHE-RSA-AES256-SHA", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"),
    ("AES128-GCM-SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256"),
    ("AES256-GCM-SHA384", "TLS_RSA_WITH_AES_256_GCM_SHA384"),
    ("AES128-SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA256"),
    ("AES128-SHA", "TLS_RSA_WITH_AES_128_CBC_SHA"),
    ("AES256-SHA", "TLS_RSA_WITH_AES_256_CBC_SHA"),
    ("DES-CBC3-SHA", "TLS_RSA_WITH_3DES_EDE_CBC_SHA"),
    (OTHER, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA"),
];
