//! Keys and certificates that the server cannot use.
//!
//! Each file is read when the server starts; what it says is judged here as far as it was seen. A private key is compared
//! by its public half, which the redactor kept of it.

use model::{Key, Location, Problem, ProblemKind};

use super::{Checks, paths, shown};
use crate::{
    File, Files,
    pflag::Value,
    pki::{self, Certificate, Item, Placed},
};

/// A file with what it holds.
struct Seen {
    items: Vec<Placed>,
    whole: Location,
}

impl Seen {
    fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.items.iter().filter_map(|placed| match &placed.item {
            Item::Certificate(certificate) => Some(certificate.as_ref()),
            _ => None,
        })
    }

    /// A block that says it is a certificate and cannot be read as one.
    fn broken(&self) -> Option<(&Location, &str)> {
        self.items.iter().find_map(|placed| match &placed.item {
            Item::Other { label, fault: Some(fault) } if label == "CERTIFICATE" => Some((&placed.at, fault.as_str())),
            _ => None,
        })
    }

    fn private_key(&self) -> Option<Option<&Key>> {
        self.items.iter().find_map(|placed| match &placed.item {
            Item::PrivateKey(key) => Some(key.as_ref()),
            _ => None,
        })
    }
}

impl Checks<'_> {
    pub(super) fn keys(&mut self, files: &Files<'_>) {
        // dynamiccertificates.NewDynamicServingContentFromFiles loads both and calls tls.X509KeyPair; etcd's transport
        // (client/pkg/tlsutil, NewCert) does so as well. The proxy's pair is one of the first kind from 1.18 on.
        for (cert, key, since) in [
            ("tls-cert-file", "tls-private-key-file", 1),
            ("etcd-certfile", "etcd-keyfile", 1),
            ("proxy-client-cert-file", "proxy-client-key-file", 18),
        ] {
            if self.since(since)
                && let Some(cert_path) = self.text_of(cert)
                && let Some(key_path) = self.text_of(key)
            {
                self.pair(cert, &cert_path, &key_path, files);
            }
        }
        let pairs: Vec<Vec<String>> = match self.server.value("tls-sni-cert-key") {
            Some(Value::List(items)) => items.iter().map(|item| paths("tls-sni-cert-key", item)).collect(),
            _ => Vec::new(),
        };
        for pair in pairs {
            if let [cert, key] = pair.as_slice() {
                self.pair("tls-sni-cert-key", cert, key, files);
            }
        }
        for flag in ["client-ca-file", "requestheader-client-ca-file", "oidc-ca-file"] {
            let opened = self.is_read(flag);
            if let Some(path) = self.text_of(flag).filter(|_| opened) {
                self.bundle(flag, &path, files);
            }
        }
        self.tokens(files);
        self.front_proxy(files);
    }

    fn text_of(&self, flag: &str) -> Option<String> {
        self.server.text(flag).filter(|path| !path.is_empty()).map(str::to_owned)
    }

    fn cannot(&mut self, flag: &str, kind: ProblemKind, message: String, at: &Location) {
        let location = Some(at.clone());
        self.found.push(Problem { kind, stops: true, message, hint: None, location, setting: Some(flag.to_owned()) });
    }

    /// tls.X509KeyPair of Go's crypto/tls: the first certificate and the first private key have to be halves of one.
    fn pair(&mut self, flag: &str, cert_path: &str, key_path: &str, files: &Files<'_>) {
        let (cert, key) = (look(cert_path, files), look(key_path, files));
        if let Some(cert) = &cert {
            let name = shown(cert_path);
            if let Some((at, fault)) = cert.broken() {
                self.cannot(
                    flag,
                    ProblemKind::Refused,
                    format!("a certificate in `{name}` cannot be used: {fault}"),
                    at,
                );
                return;
            }
            if cert.certificates().next().is_none() {
                let message = format!("`{name}`, which `--{flag}` names, holds no certificate in PEM form");
                self.cannot(flag, ProblemKind::Refused, message, &cert.whole);
                return;
            }
        }
        let Some(key) = key else { return };
        let Some(private) = key.private_key() else {
            let message = format!("`{}` holds no private key in PEM form", shown(key_path));
            self.cannot(flag, ProblemKind::Refused, message, &key.whole);
            return;
        };
        let certificate = cert.as_ref().and_then(|cert| cert.certificates().next());
        if let (Some(certificate), Some(private)) = (certificate, private)
            && differ(&certificate.key, private)
        {
            let message =
                format!("the key in `{}` is not that of the certificate in `{}`", shown(key_path), shown(cert_path));
            self.cannot(flag, ProblemKind::Conflict, message, &key.whole);
        }
    }

    /// client-go util/cert/pem.go, ParseCertsPEM: one that cannot be read spoils the file, and so does none at all.
    fn bundle(&mut self, flag: &str, path: &str, files: &Files<'_>) {
        let Some(seen) = look(path, files) else { return };
        let name = shown(path);
        if let Some((at, fault)) = seen.broken() {
            let message = format!("a certificate in `{name}`, which `--{flag}` names, cannot be used: {fault}");
            self.cannot(flag, ProblemKind::Refused, message, at);
        } else if seen.certificates().next().is_none() {
            let message = format!("`{name}`, which `--{flag}` names, holds no certificate in PEM form");
            self.cannot(flag, ProblemKind::Refused, message, &seen.whole);
        }
    }

    /// client-go util/keyutil: RSA and ECDSA keys are taken, other blocks are passed over, and one key has to be there.
    fn tokens(&mut self, files: &Files<'_>) {
        let signs = |key: &Key| matches!(key.algorithm.as_str(), "RSA" | "ECDSA");
        let all: Vec<String> = match self.server.value("service-account-key-file") {
            Some(Value::List(items)) => items.clone(),
            Some(Value::Text(text)) if !text.is_empty() => vec![text.clone()],
            _ => Vec::new(),
        };
        for path in all {
            let Some(seen) = look(&path, files) else { continue };
            // A key under a password, or of a kind that is not known here, may be one.
            let maybe = |placed: &Placed| match &placed.item {
                Item::PrivateKey(None) => true,
                item => item.key().is_some_and(signs),
            };
            if !seen.items.iter().any(maybe) {
                let flag = "service-account-key-file";
                let message = format!("`{}`, which `--{flag}` names, holds no RSA or ECDSA key", shown(&path));
                self.cannot(flag, ProblemKind::Refused, message, &seen.whole);
            }
        }
        let flag = "service-account-signing-key-file";
        if let Some(path) = self.text_of(flag)
            && let Some(seen) = look(&path, files)
        {
            let fits = |placed: &Placed| match &placed.item {
                Item::PrivateKey(key) => key.as_ref().is_none_or(signs),
                _ => false,
            };
            if !seen.items.iter().any(fits) {
                let message = format!("`{}`, which `--{flag}` names, holds no RSA or ECDSA private key", shown(&path));
                self.cannot(flag, ProblemKind::Refused, message, &seen.whole);
            }
        }
    }

    /// apiserver pkg/server/options/authentication.go, Validate: not in 1.34, in 1.35. Of one file for both the flags
    /// tell without anything being read.
    fn front_proxy(&mut self, files: &Files<'_>) {
        let names = self.server.list("requestheader-allowed-names").is_some_and(<[String]>::is_empty);
        let (Some(client), Some(front)) =
            (self.text_of("client-ca-file"), self.text_of("requestheader-client-ca-file"))
        else {
            return;
        };
        if !self.since(35) || !names || client == front {
            return;
        }
        let (Some(clients), Some(fronts)) = (look(&client, files), look(&front, files)) else { return };
        let shares = |one: &Certificate| fronts.certificates().any(|other| other.bytes == one.bytes);
        if clients.certificates().any(shares) {
            let flag = "requestheader-client-ca-file";
            let message = "`--requestheader-client-ca-file` and `--client-ca-file` share certificates, which needs `--requestheader-allowed-names`";
            self.conflict(flag, message);
        }
    }
}

/// What a file holds, where it was read.
fn look(path: &str, files: &Files<'_>) -> Option<Seen> {
    let File::Read(evidence) = files.look(path) else { return None };
    let items = pki::read(evidence)?;
    let whole = Location::whole(evidence.id.clone(), evidence.plane);
    Some(Seen { items, whole })
}

/// Whether two halves are certain not to belong together.
fn differ(one: &Key, other: &Key) -> bool {
    match (&one.public, &other.public) {
        (Some(one), Some(other)) => one != other,
        _ => one.algorithm != other.algorithm || (one.bits.is_some() && other.bits.is_some() && one.bits != other.bits),
    }
}
