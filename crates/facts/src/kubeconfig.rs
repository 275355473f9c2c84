//! Kubeconfig files: which servers a client is sent to, and how it would know them again.
//!
//! client-go decides what a file means. It takes the first YAML document, fills in a missing `apiVersion` and `kind`
//! (tools/clientcmd, `Load`), and reads credentials and authorities only where the address begins with `https://`
//! (`DirectClientConfig.ClientConfig`). An address without a scheme becomes `http://` there (rest/url_utils.go,
//! `DefaultServerURL`), whatever authority stands beside it.
//!
//! Of a user's credentials nothing is kept but what they are: a certificate, which is public, and the kind of a token.
//! Start at [`read`].

mod files;
mod shape;
mod usable;
mod users;

use std::collections::BTreeMap;

use model::{Evidence, EvidenceId, Form, Gap, GapKind, Kind, Location, Plane, Site, Span};
use yaml::{Cursor, Document, Resolved, Stream};

pub use files::NamedFile;
pub(crate) use files::wants;
pub(crate) use usable::{CHANGES, fault, named};
pub use users::{ClientCertificate, Exec, Token, User};

use crate::{configuration::Placed, declare, files::name_below, pki, placeholder, redact::parsable, spelling::base64};

/// One file, and the servers in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kubeconfig {
    pub file: EvidenceId,
    /// The path on the node where that is known, else the name of the evidence.
    pub name: String,
    pub plane: Plane,
    /// The entries of `clusters`, in their order.
    pub endpoints: Vec<Endpoint>,
    /// The entries of `users`, in their order.
    pub users: Vec<User>,
    pub contexts: Vec<Context>,
    /// The context that a client is in where nobody says otherwise; `None` where the file names none.
    pub current: Option<Placed<String>>,
    /// Why it is not known which servers and users it names.
    pub gap: Option<Gap>,
    /// The flag of an API server that names the file: then what it leads to is a webhook.
    pub webhook: Option<&'static str>,
}

/// An entry of `contexts`: a cluster, and who one is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    pub name: String,
    pub cluster: String,
    pub user: String,
}

/// An entry of `clusters`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Its name, or its place in the list; unique within the file.
    pub name: String,
    pub at: Location,
    /// The address as it is written; `None` where it is missing or empty.
    pub server: Option<Placed<String>>,
    pub skips: Option<Placed<Skips>>,
    pub authority: Authority,
    /// The file of authorities that is named, as far as somebody looked at it.
    pub authority_file: Option<NamedFile>,
    /// What `certificate-authority-data` holds, as far as it can be read.
    pub authorities: Vec<pki::Certificate>,
    /// The name that the certificate has to have in place of that of the address.
    pub server_name: Option<Placed<String>>,
    pub proxy: Option<Placed<String>>,
}

/// What `insecure-skip-tls-verify` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Skips {
    No,
    Yes,
    /// No boolean, for which client-go refuses the file.
    Refused,
    /// Somebody still has to fill it in.
    Templated(String),
}

/// Whom the client takes the server's certificate from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authority {
    /// The roots of the machine, because the file names none (transport/transport.go, `rootCertPool`).
    System,
    /// A file of the client's machine.
    File(Placed<String>),
    /// `certificate-authority-data`, which wins over a file.
    Data(Placed<Carried>),
}

/// What the bytes in `certificate-authority-data` are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carried {
    Certificate,
    /// No certificate in PEM: nothing verifies, or the client refuses it (`createErrorParsingCAData`).
    NoCertificate,
    /// No base64, for which client-go refuses the whole file.
    NoBase64,
    Templated(String),
}

/// How the client speaks to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Tls,
    /// `http://`.
    Plain,
    /// No scheme, which means `http://`.
    Schemeless,
    /// A scheme that client-go does not speak.
    Foreign,
}

impl Kubeconfig {
    /// The server that a client is sent to where nobody says otherwise: that of the current context. The API server reads
    /// the kubeconfigs of its webhooks so (apiserver pkg/util/webhook/webhook.go, `LoadKubeconfig`).
    pub fn in_use(&self) -> Option<&Endpoint> {
        let current = self.current.as_ref()?;
        // Of two entries of one name the first is the one that is not renamed here.
        let context = self.contexts.iter().find(|context| context.name == current.value)?;
        self.endpoints.iter().find(|endpoint| endpoint.name == context.cluster)
    }
}

impl Endpoint {
    /// How the client speaks to the server; `None` where it is not known which one that is.
    pub fn transport(&self) -> Option<Transport> {
        let server = self.server.as_ref()?.as_str();
        let Some((scheme, rest)) = server.split_once("://") else {
            return placeholder(server).is_none().then_some(Transport::Schemeless);
        };
        if placeholder(scheme).is_some() {
            return None;
        }
        // `DefaultServerURL` puts `http://` before whatever has no scheme or no host.
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        Some(match scheme.to_ascii_lowercase().as_str() {
            _ if host.is_empty() => Transport::Schemeless,
            "https" => Transport::Tls,
            "http" => Transport::Plain,
            _ => Transport::Foreign,
        })
    }

    /// Where it says whom the server's certificate is taken from.
    pub fn authority_at(&self) -> Option<&Location> {
        match &self.authority {
            Authority::System => None,
            Authority::File(file) => Some(&file.at),
            Authority::Data(data) => Some(&data.at),
        }
    }

    /// What somebody still has to fill in of the address.
    pub fn placeholder(&self) -> Option<&str> {
        placeholder(self.server.as_ref()?.as_str())
    }

    /// Whether the address has a path, as those of webhooks and proxies do.
    pub fn has_path(&self) -> bool {
        let after_scheme = self.server.as_ref().and_then(|server| server.as_str().split_once("://"));
        after_scheme.and_then(|(_, rest)| rest.split_once('/')).is_some_and(|(_, path)| !path.is_empty())
    }
}

/// Where a field of the file is written, for a change of it.
pub fn site(at: &Location) -> Site {
    Site { at: at.clone(), form: Form::Field }
}

/// Whether a text holds the words without which it is no kubeconfig and holds none.
pub(crate) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    OWN.iter().any(|key| text.contains(key))
}

/// Keys that are a kubeconfig's own.
const OWN: [&str; 4] = ["clusters", "contexts", "users", "current-context"];

/// Whether a text is a kubeconfig, as far as client-go would take it for one.
///
/// `kind` and `apiVersion` may be missing; then two of its own lists have to be there, since others have `clusters` too.
pub(crate) fn is_one(stream: &Stream) -> bool {
    let Some(root) = first(stream).map(Document::cursor) else { return false };
    let says = |key: &str, wanted: &str| match root.get(key) {
        None => None,
        Some(value) if value.is_null() => None,
        Some(value) => Some(value.text() == Some(wanted)),
    };
    let own = OWN.iter().filter(|key| root.get(key).is_some()).count();
    match (says("kind", "Config"), says("apiVersion", "v1")) {
        (Some(false), _) | (_, Some(false)) => false,
        (Some(true), _) => own > 0,
        _ => own > 1 && root.get("clusters").is_some(),
    }
}

fn first(stream: &Stream) -> Option<&Document> {
    let document = stream.documents.first()?;
    let broken = stream.faults.iter().any(|fault| fault.document == document.index && fault.kind.is_fatal());
    (!broken).then_some(document)
}

/// Reads every kubeconfig among the evidence; `root` is the folder that stands for `/` of the node.
pub(crate) fn all(evidence: &[Evidence], root: Option<&str>) -> Vec<Kubeconfig> {
    let mut found: Vec<Kubeconfig> = evidence
        .iter()
        .filter(|piece| piece.kind == Kind::Kubeconfig)
        .flat_map(|piece| of_piece(piece, root))
        .collect();
    found.iter_mut().for_each(|config| files::read(config, evidence, root));
    found
}

/// The kubeconfigs of one file: itself, or those in its ConfigMaps.
fn of_piece(piece: &Evidence, root: Option<&str>) -> Vec<Kubeconfig> {
    let held = declare::texts_of_config_maps(piece, is_one);
    if held.is_empty() {
        return vec![read(piece, root)];
    }
    let mut found = Vec::new();
    for (key, text) in held {
        let mut config = match text {
            Ok(text) => read(&text, root),
            Err(reason) => Kubeconfig {
                gap: Some(Gap {
                    kind: GapKind::Unread,
                    reason: format!("`{key}` is a kubeconfig in a ConfigMap, and {reason}"),
                    wanted: piece.id.to_string(),
                    who_could_answer: "whoever wrote the file".to_owned(),
                }),
                ..empty(piece, root)
            },
        };
        config.name = format!("{} ({key})", config.name);
        found.push(config);
    }
    found
}

/// Whether a text is a ConfigMap with a kubeconfig in it, such as `cluster-info` of kubeadm.
pub(crate) fn holds_one(stream: &Stream) -> bool {
    let is_one = |text: &Cursor<'_>| {
        let text = text.text().filter(|text| text.contains("clusters"));
        text.is_some_and(|text| is_one(&yaml::parse(text, &yaml::Limits::default())))
    };
    stream.documents.iter().any(|document| {
        let root = document.cursor();
        root.get("kind").and_then(|kind| kind.text()) == Some("ConfigMap")
            && root.get("data").is_some_and(|data| data.entries().any(|entry| is_one(&entry.value)))
    })
}

/// A file of which nothing is known yet.
fn empty(evidence: &Evidence, root: Option<&str>) -> Kubeconfig {
    Kubeconfig {
        file: evidence.id.clone(),
        name: name_below(root, &evidence.id).to_owned(),
        plane: evidence.plane,
        endpoints: Vec::new(),
        users: Vec::new(),
        contexts: Vec::new(),
        current: None,
        gap: None,
        webhook: None,
    }
}

/// What one file says.
pub(crate) fn read(evidence: &Evidence, root: Option<&str>) -> Kubeconfig {
    let id = evidence.id.as_str();
    let mut config = empty(evidence, root);
    let gap = |reason: String| Gap {
        kind: GapKind::Unread,
        reason,
        wanted: id.to_owned(),
        who_could_answer: "whoever wrote the file".to_owned(),
    };
    let Some(text) = evidence.text() else {
        config.gap = Some(match &evidence.body {
            model::Body::Unread(known) => known.clone(),
            _ => gap(format!("`{id}` was not read")),
        });
        return config;
    };
    let text = parsable(evidence, text);
    let stream = yaml::parse(&text, &yaml::Limits::default());
    let Some(document) = first(&stream) else {
        config.gap = Some(gap(format!("`{id}` is no YAML that can be read")));
        return config;
    };
    let root = document.cursor();
    config.users = users::users(&root, evidence);
    config.current = placed(root.get("current-context"), evidence);
    config.contexts =
        root.get("contexts").map(|list| list.items().map(|entry| context(&entry)).collect()).unwrap_or_default();
    let Some(clusters) = root.get("clusters").filter(|list| !list.is_null()) else { return config };
    if clusters.sequence().is_none() {
        config.gap = Some(gap("`clusters` is no list, so client-go refuses the file".to_owned()));
        return config;
    }
    config.endpoints = clusters.items().map(|entry| endpoint(&entry, evidence)).collect();
    name_apart(&mut config.endpoints);
    config
}

/// The place of a value; for an alias that of what it stands for.
fn at(cursor: &Cursor<'_>, evidence: &Evidence) -> Location {
    let span = cursor.node().definition().unwrap_or(cursor.span());
    Location {
        evidence: evidence.id.clone(),
        plane: evidence.plane,
        span: Some(Span::new(span.start, span.end)),
        pointer: cursor.pointer(),
    }
}

/// The text of a field; `None` where it is not there, null or empty.
fn placed(cursor: Option<Cursor<'_>>, evidence: &Evidence) -> Option<Placed<String>> {
    let value = cursor.filter(|value| !value.is_null())?;
    let text = value.text().filter(|text| !text.is_empty())?.to_owned();
    Some(Placed { value: text, at: at(&value, evidence) })
}

fn context(entry: &Cursor<'_>) -> Context {
    let text =
        |cursor: Option<Cursor<'_>>| cursor.and_then(|value| value.text().map(str::to_owned)).unwrap_or_default();
    let inner = entry.get("context");
    let field = |key: &str| text(inner.as_ref().and_then(|inner| inner.get(key)));
    Context { name: text(entry.get("name")), cluster: field("cluster"), user: field("user") }
}

fn endpoint(entry: &Cursor<'_>, evidence: &Evidence) -> Endpoint {
    let at = |cursor: &Cursor<'_>| at(cursor, evidence);
    let written = |cursor: Option<Cursor<'_>>| placed(cursor, evidence);
    let cluster = entry.get("cluster");
    let field = |key: &str| cluster.as_ref().and_then(|cluster| cluster.get(key));
    let name = written(entry.get("name"));
    let data = written(field("certificate-authority-data"));
    let authorities = data.as_ref().map(|data| certificates(&data.value)).unwrap_or_default();
    let authority = match (data, written(field("certificate-authority"))) {
        (Some(data), _) => Authority::Data(Placed { value: carried(&data.value), at: data.at }),
        (None, Some(file)) => Authority::File(file),
        (None, None) => Authority::System,
    };
    let skips = field("insecure-skip-tls-verify").filter(|value| !value.is_null()).map(|value| Placed {
        value: match value.resolved() {
            Some(Resolved::Bool(true)) => Skips::Yes,
            Some(Resolved::Bool(false)) => Skips::No,
            _ => {
                value.text().and_then(placeholder).map_or(Skips::Refused, |marker| Skips::Templated(marker.to_owned()))
            }
        },
        at: at(&value),
    });
    let place = || format!("clusters/{}", entry.index().unwrap_or_default());
    Endpoint {
        name: name.map_or_else(place, |name| name.value),
        at: at(cluster.as_ref().unwrap_or(entry)),
        server: written(field("server")),
        skips,
        authority,
        authority_file: None,
        authorities,
        server_name: written(field("tls-server-name")),
        proxy: written(field("proxy-url")),
    }
}

/// The certificates in a field of base64, those that can be read.
fn certificates(data: &str) -> Vec<pki::Certificate> {
    let Some(bytes) = base64(data) else { return Vec::new() };
    pki::certificates_in(&String::from_utf8_lossy(&bytes)).into_iter().filter_map(Result::ok).collect()
}

/// client-go refuses a file in which two entries have one name (tools/clientcmd/api/v1/conversion.go); both are judged.
fn name_apart(endpoints: &mut [Endpoint]) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for endpoint in endpoints {
        let count = seen.entry(endpoint.name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            endpoint.name = format!("{}#{count}", endpoint.name);
        }
    }
}

fn carried(data: &str) -> Carried {
    if let Some(marker) = placeholder(data) {
        return Carried::Templated(marker.to_owned());
    }
    let Some(bytes) = base64(data) else { return Carried::NoBase64 };
    let holds = |mark: &[u8]| bytes.windows(mark.len()).any(|window| window == mark);
    if holds(b"-----BEGIN CERTIFICATE-----") && holds(b"-----END CERTIFICATE-----") {
        Carried::Certificate
    } else {
        Carried::NoCertificate
    }
}

#[cfg(test)]
mod tests {
    use model::Body;

    use super::*;

    fn config(text: &str) -> Kubeconfig {
        let evidence = Evidence::of(
            EvidenceId::new("node/etc/kubernetes/admin.conf"),
            Plane::Declared,
            Kind::Kubeconfig,
            Body::Text(text.into()),
        );
        read(&evidence, Some("node"))
    }

    fn one(cluster: &str) -> Endpoint {
        let text = format!("clusters: [{{name: a, cluster: {{{cluster}}}}}]\nusers: []\n");
        config(&text).endpoints.swap_remove(0)
    }

    #[test]
    fn a_kubeconfig_is_what_client_go_takes_for_one() {
        for (text, expected) in [
            ("apiVersion: v1\nkind: Config\nclusters: []\n", true),
            ("kind: Config\nclusters: null\n", true),
            ("clusters: []\nusers: []\n", true),
            ("{\"clusters\": [], \"contexts\": []}", true),
            ("clusters: []\n", false),
            ("apiVersion: kind.x-k8s.io/v1alpha4\nkind: Config\nclusters: []\n", false),
            ("apiVersion: v1\nkind: Pod\nclusters: []\nusers: []\n", false),
            ("apiVersion: v1\nkind: Config\n", false),
            ("a: 1\n---\nkind: Config\nclusters: []\n", false),
        ] {
            assert_eq!(is_one(&yaml::parse(text, &yaml::Limits::default())), expected, "{text}");
        }
    }

    #[test]
    fn an_address_is_spoken_to_as_client_go_does() {
        for (server, expected) in [
            ("https://10.0.0.1:6443", Some(Transport::Tls)),
            ("HTTPS://10.0.0.1", Some(Transport::Tls)),
            ("http://${host}:8080", Some(Transport::Plain)),
            ("10.0.0.1:6443", Some(Transport::Schemeless)),
            ("master", Some(Transport::Schemeless)),
            ("https:///path", Some(Transport::Schemeless)),
            ("unix:///run/x.sock", Some(Transport::Schemeless)),
            ("ftp://host", Some(Transport::Foreign)),
            ("${server}", None),
            ("${scheme}://host", None),
            ("", None),
        ] {
            assert_eq!(one(&format!("server: '{server}'")).transport(), expected, "{server}");
        }
    }

    #[test]
    fn an_authority_is_carried_named_or_left_to_the_machine() {
        // "-----BEGIN CERTIFICATE-----\nQQ==\n-----END CERTIFICATE-----\n"
        let pem = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tClFRPT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo=";
        for (fields, expected) in [
            (format!("certificate-authority-data: {pem}, certificate-authority: ca.crt"), Some(Carried::Certificate)),
            ("certificate-authority-data: AA==".to_owned(), Some(Carried::NoCertificate)),
            ("certificate-authority-data: ca-cert".to_owned(), Some(Carried::NoBase64)),
            ("certificate-authority-data: '${CA}'".to_owned(), Some(Carried::Templated("${CA}".to_owned()))),
            ("certificate-authority-data: null".to_owned(), None),
            ("certificate-authority-data: ''".to_owned(), None),
        ] {
            let carried = match one(&fields).authority {
                Authority::Data(data) => Some(data.value),
                Authority::System => None,
                Authority::File(file) => panic!("{file:?}"),
            };
            assert_eq!(carried, expected, "{fields}");
        }
        assert!(matches!(one("certificate-authority: ca.crt").authority, Authority::File(_)));
    }

    #[test]
    fn skipping_is_a_boolean_as_yaml_has_them() {
        for (text, expected) in [
            ("true", Skips::Yes),
            ("yes", Skips::Yes),
            ("off", Skips::No),
            ("'true'", Skips::Refused),
            ("1", Skips::Refused),
            ("'${SKIP}'", Skips::Templated("${SKIP}".to_owned())),
        ] {
            let skips = one(&format!("insecure-skip-tls-verify: {text}")).skips.map(|skips| skips.value);
            assert_eq!(skips, Some(expected), "{text}");
        }
    }

    #[test]
    fn entries_of_one_name_stay_apart_and_the_file_is_named_as_on_its_node() {
        let config = config("clusters: [{name: a}, {name: a, cluster: null}, {cluster: {}}, 7]\nusers: []\n");
        let names: Vec<&str> = config.endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect();
        assert_eq!(names, ["a", "a#2", "clusters/2", "clusters/3"]);
        assert_eq!(config.name, "/etc/kubernetes/admin.conf");
    }
}
