//! Keys and certificates that the server cannot use.
//!
//! Each file is read when the server starts; what it says is judged here as far as it was seen. A private key is compared
//! by its public half, which the redactor kept of it.

use model::{Key, KeyForm, Location, PrivateKey, Problem, ProblemKind};

use super::{Checks, paths, shown};
use crate::{
    File, Files,
    pflag::Value,
    pki::{self, Certificate, Item, Placed},
};

/// A file with what it holds.
struct Seen {
    items: Vec<Placed>,
    is_empty: bool,
    whole: Location,
}

impl Seen {
    fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.items.iter().filter_map(|placed| match &placed.item {
            Item::Certificate(certificate) => Some(certificate.as_ref()),
            _ => None,
        })
    }

    /// Each certificate that Go comes across, and why it cannot be used where it cannot.
    fn blocks(&self) -> impl Iterator<Item = (&Location, Option<&str>)> {
        self.items.iter().filter_map(|placed| match &placed.item {
            Item::Certificate(certificate) => Some((&placed.at, certificate.fault())),
            Item::Other { label, fault: Some(fault) } if label == "CERTIFICATE" && fault != pki::NO_BASE64 => {
                Some((&placed.at, Some(fault.as_str())))
            }
            _ => None,
        })
    }

    /// Those of them that a pool is made of: fields before the digits make it pass one over.
    fn pooled(&self) -> impl Iterator<Item = (&Location, Option<&str>)> {
        let bare = |placed: &Placed| !matches!(&placed.item, Item::Certificate(one) if one.has_fields);
        let with_fields: Vec<&Location> = self.items.iter().filter(|one| !bare(one)).map(|one| &one.at).collect();
        self.blocks().filter(move |(at, _)| !with_fields.contains(at))
    }

    /// The private keys that Go comes across, with their labels: what is no base64 it passes over.
    fn private_keys(&self) -> impl Iterator<Item = (&str, &PrivateKey)> {
        self.items.iter().filter_map(|placed| match &placed.item {
            Item::PrivateKey { key: PrivateKey::Spoilt, .. } => None,
            Item::PrivateKey { label, key } => Some((label.as_str(), key)),
            _ => None,
        })
    }
}

impl Checks<'_> {
    pub(super) fn keys(&mut self, files: &Files<'_>) {
        // apiserver pkg/server/dynamiccertificates, NewDynamicServingContentFromFiles, loads both and calls
        // tls.X509KeyPair; etcd's pkg/tlsutil, NewCert (later client/pkg/tlsutil), does so as well. The proxy's pair is one
        // of the first kind from 1.19 on (kube-aggregator pkg/apiserver/apiserver.go, v0.19.0).
        for (cert, key, since) in [
            ("tls-cert-file", "tls-private-key-file", 1),
            ("etcd-certfile", "etcd-keyfile", 1),
            ("proxy-client-cert-file", "proxy-client-key-file", 19),
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
        // The pair that is shown to kubelets is not among them: it is loaded when one is called.
        for flag in ["kubelet-certificate-authority", "peer-ca-file"] {
            if let Some(path) = self.text_of(flag) {
                self.pool(flag, &path, files);
            }
        }
        if let Some(path) = self.text_of("etcd-cafile") {
            self.etcd_pool(&path, files);
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

    /// `X509KeyPair` of Go's crypto/tls: the first certificate and the first private key have to be halves of one. Of the
    /// key's label it looks at the end alone, and `parsePrivateKey` tries every form.
    fn pair(&mut self, flag: &str, cert_path: &str, key_path: &str, files: &Files<'_>) {
        let (cert, key) = (look(cert_path, files), look(key_path, files));
        if let Some(cert) = &cert {
            let name = shown(cert_path);
            // Only the first is looked into; those behind it are sent as they are.
            let message = match cert.blocks().next() {
                Some((at, Some(fault))) => {
                    Some((format!("a certificate in `{name}` cannot be used: {fault}"), at.clone()))
                }
                Some((_, None)) => None,
                None => Some((
                    format!("`{name}`, which `--{flag}` names, holds no certificate in PEM form"),
                    cert.whole.clone(),
                )),
            };
            if let Some((message, at)) = message {
                self.cannot(flag, ProblemKind::Refused, message, &at);
                return;
            }
        }
        let Some(key) = key else { return };
        let fits = |label: &str| label == "PRIVATE KEY" || label.ends_with(" PRIVATE KEY");
        let Some(private) = key.private_keys().find(|(label, _)| fits(label)).map(|(_, key)| key) else {
            let message = format!("`{}` holds no private key in PEM form", shown(key_path));
            self.cannot(flag, ProblemKind::Refused, message, &key.whole);
            return;
        };
        if *private == PrivateKey::Unreadable || private.key().is_some_and(|key| !is_known(key)) {
            let message = format!("the key in `{}` cannot be read, or is under a password", shown(key_path));
            self.cannot(flag, ProblemKind::Refused, message, &key.whole);
            return;
        }
        let certificate = cert.as_ref().and_then(|cert| cert.certificates().next());
        if let (Some(certificate), Some(private)) = (certificate, private.key())
            && certificate.key.differs(private)
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
        // An issuer's authority that is an empty text is none, from the release on that reads the flags as a file of
        // issuers (pkg/kubeapiserver/options/authentication.go, ToAuthenticationConfig: not in 1.27.7, in 1.28.3).
        if flag == "oidc-ca-file" && seen.is_empty && self.since(28) {
            return;
        }
        if let Some((at, fault)) = seen.pooled().find_map(|(at, fault)| fault.map(|fault| (at, fault))) {
            let message = format!("a certificate in `{name}`, which `--{flag}` names, cannot be used: {fault}");
            self.cannot(flag, ProblemKind::Refused, message, at);
        } else if seen.pooled().next().is_none() {
            let message = format!("`{name}`, which `--{flag}` names, holds no certificate in PEM form");
            self.cannot(flag, ProblemKind::Refused, message, &seen.whole);
        }
    }

    /// client-go transport/transport.go, `rootCertPool`: one certificate that can be used is enough. Up to 1.21 nothing
    /// comes of a file without any, from 1.22 on (v0.22.0) only an empty one is taken so.
    fn pool(&mut self, flag: &str, path: &str, files: &Files<'_>) {
        let Some(seen) = look(path, files).filter(|seen| self.since(22) && !seen.is_empty) else { return };
        if !seen.pooled().any(|(_, fault)| fault.is_none()) {
            let message = format!("`{}`, which `--{flag}` names, holds no certificate that can be used", shown(path));
            self.cannot(flag, ProblemKind::Refused, message, &seen.whole);
        }
    }

    /// etcd's pkg/tlsutil (later client/pkg/tlsutil), `NewCertPool`: whatever stands in PEM has to be a certificate, and nothing has to.
    fn etcd_pool(&mut self, path: &str, files: &Files<'_>) {
        let flag = "etcd-cafile";
        let Some(seen) = look(path, files) else { return };
        let wrong = seen.items.iter().find_map(|placed| match &placed.item {
            Item::Certificate(certificate) => certificate.fault().map(|fault| (&placed.at, fault)),
            Item::PublicKey(_) | Item::PrivateKey { key: PrivateKey::Read(..) | PrivateKey::Unreadable, .. } => {
                Some((&placed.at, "it is a key"))
            }
            // A certificate under another label is one to etcd.
            Item::Other { label, fault: Some(fault) } if label == "CERTIFICATE" && fault != pki::NO_BASE64 => {
                Some((&placed.at, fault.as_str()))
            }
            Item::Other { label, .. } if label.ends_with("CERTIFICATE REQUEST") => {
                Some((&placed.at, "it is a request for one"))
            }
            Item::PrivateKey { .. } | Item::Other { .. } => None,
        });
        if let Some((at, fault)) = wrong {
            let message =
                format!("a certificate in `{}`, which `--{flag}` names, cannot be used: {fault}", shown(path));
            self.cannot(flag, ProblemKind::Refused, message, at);
        }
    }

    /// client-go util/keyutil/key.go: RSA and ECDSA keys are taken, other blocks are passed over, and one key has to be
    /// there (the same in 1.20 and 1.36).
    fn tokens(&mut self, files: &Files<'_>) {
        let all: Vec<String> = match self.server.value("service-account-key-file") {
            Some(Value::List(items)) => items.clone(),
            Some(Value::Text(text)) if !text.is_empty() => vec![text.clone()],
            _ => Vec::new(),
        };
        for path in all {
            let Some(seen) = look(&path, files) else { continue };
            // `ParsePublicKeysPEM` looks at no label; of ECDSA it takes SEC 1 alone.
            let maybe = |placed: &Placed| match &placed.item {
                // One that was taken out of the file may have been any.
                Item::PrivateKey { key: PrivateKey::Absent, .. } => true,
                Item::PrivateKey { key: PrivateKey::Read(key, form), .. } => {
                    signs(key) && (key.algorithm == "RSA" || *form == KeyForm::Sec1)
                }
                // Of a label that is not known nothing was read.
                Item::Other { label, .. } => label.to_ascii_lowercase().ends_with("private key"),
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
            // `ParsePrivateKeyPEM` takes a form under its own label alone, and the first of these decides.
            let labelled = |label: &str, form: KeyForm| match label {
                "RSA PRIVATE KEY" => form == KeyForm::Pkcs1,
                "EC PRIVATE KEY" => form == KeyForm::Sec1,
                label => label == "PRIVATE KEY" && form == KeyForm::Pkcs8,
            };
            let first = seen.private_keys().find(|(label, key)| match key {
                PrivateKey::Read(key, form) => labelled(label, *form) && is_known(key),
                PrivateKey::Absent => true,
                PrivateKey::Unreadable | PrivateKey::Spoilt => false,
            });
            // pkg/serviceaccount/jwt.go, `signerFromECDSAPrivateKey`: not every curve has an algorithm of tokens.
            let small = |key: &Key| key.algorithm == "ECDSA" && key.bits == Some(224);
            let fits = first.is_some_and(|(_, key)| key.key().is_none_or(|key| signs(key) && !small(key)));
            if !fits {
                let message = format!("`{}`, which `--{flag}` names, holds no RSA or ECDSA private key", shown(&path));
                self.cannot(flag, ProblemKind::Refused, message, &seen.whole);
            }
        }
    }

    /// pkg/kubeapiserver/options/authentication.go, Validate: not in 1.34.9, in 1.35.6. Of one file for both the flags tell
    /// without anything being read.
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
    let is_empty = evidence.text().is_some_and(|text| text.is_empty());
    Some(Seen { items, is_empty, whole })
}

/// Whether tokens can be signed by a key of that kind.
fn signs(key: &Key) -> bool {
    matches!(key.algorithm.as_str(), "RSA" | "ECDSA") && is_known(key)
}

/// Whether crypto/x509 reads a key of that kind: it knows the curves that have a size here.
fn is_known(key: &Key) -> bool {
    match key.algorithm.as_str() {
        "RSA" | "Ed25519" => true,
        "ECDSA" => key.bits.is_some(),
        _ => false,
    }
}
