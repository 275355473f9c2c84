//! What went wrong between us and an API server, in words that help.

use std::error::Error;

/// Why a cluster could not be asked at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

/// Every cause of an error, the outermost first, each once.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut said: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        if !said.iter().any(|known| known.contains(&text)) {
            said.push(text);
        }
        next = error.source();
    }
    said.join(": ")
}

/// What an error of the connection means. The words are those of rustls and of the system; what fits none of them is
/// repeated as it is.
pub(super) fn of_connection(error: &dyn Error, server: &str) -> Failure {
    let said = chain(error);
    let known: [(&[&str], &str, Option<&str>); 14] = [
        (
            &["Connection refused"],
            "nothing listens there",
            Some("is the cluster up, and is the address right? `kubectl config view` shows it"),
        ),
        (
            // The latter where an authority of the same name has another key, as each that kubeadm makes.
            &["UnknownIssuer", "BadSignature"],
            "its certificate is from an authority that the kubeconfig does not carry",
            Some("has the cluster got a new authority, or is something else at that address?"),
        ),
        (
            &["certificate expired", "Expired"],
            "its certificate has expired",
            Some("renew the certificate of the API server"),
        ),
        (&["certificate not valid yet", "NotValidYet"], "its certificate is not valid yet", Some("is a clock wrong?")),
        (
            &["not valid for name", "NotValidForName"],
            "its certificate is for another name",
            Some("`tls-server-name` of the kubeconfig says which name it shall have"),
        ),
        (&["CaUsedAsEndEntity"], "its certificate is that of an authority, which rustls does not take", None),
        (&["UnsupportedCertVersion"], "its certificate is of version 1, which rustls does not take", None),
        (
            &["alert: CertificateExpired", "alert: BadCertificate", "alert: UnknownCA", "alert: CertificateUnknown"],
            "it does not take the certificate of this client",
            Some("has the client certificate in the kubeconfig expired?"),
        ),
        (&["alert: ProtocolVersion", "PeerIncompatible"], "it speaks no TLS from 1.2 on", None),
        (&["InvalidContentType", "corrupt message"], "what answers there speaks no TLS", None),
        (
            &["failed to lookup address", "Name or service not known", "dns error"],
            "its name has no address",
            Some("is it spelled right? some names are known to a VPN or to another name server alone"),
        ),
        (
            &["KeyMismatch"],
            "the client key of the kubeconfig does not belong to its client certificate",
            Some("were the two renewed together?"),
        ),
        (&["Network is unreachable", "No route to host", "Host is unreachable"], "there is no route to it", None),
        (
            &["timed out", "deadline has elapsed", "Elapsed"],
            "it did not answer in time",
            Some("does a firewall or a VPN stand between?"),
        ),
    ];
    // What the peer refuses is told apart from what we refuse before either is named.
    let alerted = said.contains("received fatal alert");
    let found = known
        .iter()
        .filter(|(marks, ..)| !alerted || marks.iter().any(|mark| mark.starts_with("alert")))
        .find(|(marks, ..)| marks.iter().any(|mark| said.contains(mark.trim_start_matches("alert: "))));
    match found {
        Some((_, what, hint)) => Failure { message: format!("{server}: {what}"), hint: hint.map(str::to_owned) },
        None => {
            let said: String = said.chars().filter(|c| !c.is_control()).take(300).collect();
            Failure { message: format!("{server}: {said}"), hint: None }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Said(&'static str);

    impl std::fmt::Display for Said {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Said {}

    #[test]
    fn errors_are_told_by_what_to_do_about_them() {
        for (said, expected) in [
            ("tcp connect error: Connection refused (os error 111)", "https://h: nothing listens there"),
            (
                "invalid peer certificate: UnknownIssuer",
                "https://h: its certificate is from an authority that the kubeconfig does not carry",
            ),
            ("invalid peer certificate: certificate expired: verification", "https://h: its certificate has expired"),
            ("received fatal alert: CertificateExpired", "https://h: it does not take the certificate of this client"),
            ("something\u{1b}[31m new", "https://h: something[31m new"),
        ] {
            assert_eq!(of_connection(&Said(said), "https://h").message, expected, "{said}");
        }
    }
}
