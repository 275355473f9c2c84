//! Whether the API server can call a webhook by a kubeconfig, which it has to be able to when it starts.
//!
//! apiserver pkg/util/webhook/webhook.go, `LoadKubeconfig`, asks client-go for the client of the current context:
//! tools/clientcmd/loader.go, `Load`, reads the file, and client_config.go and validation.go refuse what they cannot use
//! (the same in 1.20 and 1.36). Only entries that the current context leads to count. What those name as files of their
//! own is not looked at here.

use model::{Evidence, Minor};
use yaml::{Cursor, Limits};

use super::{Authority, Carried, Skips, Transport, first, read};
use crate::redact::parsable;

/// Why no client comes of it, to stand behind the name of the file; `None` where nothing is known against it.
pub(crate) fn fault(evidence: &Evidence, minor: Minor) -> Option<String> {
    let text = parsable(evidence, evidence.text()?);
    let stream = yaml::parse(&text, &Limits::default());
    if stream.documents.is_empty() && stream.faults.is_empty() {
        return Some("is empty".to_owned());
    }
    let Some(document) = first(&stream) else { return Some("is no YAML that can be read".to_owned()) };
    let root = document.cursor();
    if root.is_null() {
        return Some("is empty".to_owned());
    }
    if root.mapping().is_none() {
        return Some("is no kubeconfig".to_owned());
    }
    if let Some(fault) = shape(&root) {
        return Some(fault);
    }
    let config = read(evidence, None);
    let Some(current) = &config.current else { return Some("has no `current-context`".to_owned()) };
    let Some(context) = config.contexts.iter().find(|context| context.name == current.value) else {
        return Some("has no context of the name that `current-context` says".to_owned());
    };
    let Some(cluster) = config.endpoints.iter().find(|cluster| cluster.name == context.cluster) else {
        return Some("has no cluster for its current context".to_owned());
    };
    if cluster.server.is_none() {
        return Some("says no `server` for the cluster of its current context".to_owned());
    }
    let secure = cluster.transport() == Some(Transport::Tls);
    let skips = cluster.skips.as_ref().is_some_and(|skips| skips.value == Skips::Yes);
    match &cluster.authority {
        Authority::Data(data) if data.value == Carried::NoBase64 => {
            Some("has a `certificate-authority-data` that is no base64".to_owned())
        }
        // rest/transport.go refuses the two together; where the address is no https, nobody asks.
        Authority::Data(_) | Authority::File(_) if secure && skips => {
            Some("names an authority and skips the verification, which exclude each other".to_owned())
        }
        // transport/transport.go, `rootCertPool`: 1.20 takes what holds no certificate, 1.36 does not.
        Authority::Data(data) if secure && data.value == Carried::NoCertificate && minor >= Minor::new(1, 36) => {
            Some("has a `certificate-authority-data` that holds no certificate".to_owned())
        }
        _ => None,
    }
}

/// What `Load` cannot decode.
fn shape(root: &Cursor<'_>) -> Option<String> {
    let says = |key: &str, wanted: &str| {
        let value = root.get(key).filter(|value| !value.is_null());
        value.is_none_or(|value| value.text().is_some_and(|text| text.is_empty() || text == wanted))
    };
    if !says("apiVersion", "v1") || !says("kind", "Config") {
        return Some("is no Config of v1".to_owned());
    }
    let lists = ["clusters", "contexts", "users"].into_iter();
    let mut wrong = lists.filter(|key| root.get(key).is_some_and(|list| !list.is_null() && list.sequence().is_none()));
    wrong.next().map(|key| format!("is no kubeconfig, because `{key}` is no list"))
}
