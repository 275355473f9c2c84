//! Who a client says it is: what kind of credential each user of a kubeconfig carries, and never the credential.

use std::collections::BTreeMap;

use model::{Evidence, Location, Nature};
use yaml::Cursor;

use super::{NamedFile, at, certificates, placed};
use crate::{configuration::Placed, pki, placeholder};

/// An entry of `users`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its name, or its place in the list; unique within the file.
    pub name: String,
    pub at: Location,
    pub certificate: Option<Placed<ClientCertificate>>,
    /// The file that is named for it, as far as somebody looked at it.
    pub certificate_file: Option<NamedFile>,
    /// Where a private key is written into the file; `None` where it is not, or named as a file.
    pub key: Option<Location>,
    pub token: Option<Placed<Token>>,
    pub token_file: Option<Placed<String>>,
    /// The name that goes with a password.
    pub username: Option<Placed<String>>,
    pub password: Option<Location>,
    /// The name of an `auth-provider`, which client-go had up to 1.25.
    pub provider: Option<Placed<String>>,
    pub exec: Option<Exec>,
}

/// The certificate that a client shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientCertificate {
    /// `client-certificate-data`, which wins over a file; empty where no certificate in it can be read.
    Data(Vec<pki::Certificate>),
    /// Somebody still has to fill it in.
    Templated(String),
    File(String),
}

/// What kind of token it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// One that nodes join with.
    Bootstrap,
    /// One of a service account, and the second since 1970 in which it ends, if it does.
    Account {
        subject: String,
        ends: Option<i64>,
    },
    Other,
    /// Somebody still has to fill it in.
    Templated(String),
}

/// A command that a client runs to get a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exec {
    pub command: Option<Placed<String>>,
    /// Words behind the command, as far as they are texts.
    pub arguments: Vec<Placed<String>>,
    /// The names and values of variables that the command is given.
    pub variables: Vec<(String, String)>,
    pub at: Location,
}

pub(super) fn users(root: &Cursor<'_>, evidence: &Evidence) -> Vec<User> {
    let Some(list) = root.get("users") else { return Vec::new() };
    let mut users: Vec<User> = list.items().map(|entry| user(&entry, evidence)).collect();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for user in &mut users {
        let count = seen.entry(user.name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            user.name = format!("{}#{count}", user.name);
        }
    }
    users
}

fn user(entry: &Cursor<'_>, evidence: &Evidence) -> User {
    let inner = entry.get("user");
    let field = |key: &str| inner.as_ref().and_then(|inner| inner.get(key)).filter(|value| !value.is_null());
    let written = |key: &str| placed(field(key), evidence);
    let data = written("client-certificate-data").map(|data| Placed {
        value: match placeholder(&data.value) {
            Some(marker) => ClientCertificate::Templated(marker.to_owned()),
            None => ClientCertificate::Data(certificates(&data.value)),
        },
        at: data.at,
    });
    let file =
        || written("client-certificate").map(|file| Placed { value: ClientCertificate::File(file.value), at: file.at });
    let exec = field("exec").map(|exec| Exec {
        command: placed(exec.get("command"), evidence),
        arguments: arguments(&exec, evidence),
        variables: variables(&exec),
        at: at(&exec, evidence),
    });
    let provider = field("auth-provider");
    User {
        name: placed(entry.get("name"), evidence)
            .map_or_else(|| format!("users/{}", entry.index().unwrap_or_default()), |name| name.value),
        at: at(inner.as_ref().unwrap_or(entry), evidence),
        certificate: data.or_else(file),
        certificate_file: None,
        key: field("client-key-data").map(|value| at(&value, evidence)),
        token: written("token").map(|token| Placed { value: kind(&token, evidence), at: token.at }),
        token_file: written("tokenFile"),
        username: written("username"),
        password: written("password").map(|password| password.at),
        provider: provider.and_then(|provider| placed(provider.get("name"), evidence)),
        exec,
    }
}

/// Words and variables of one command that are looked at.
const MOST_WORDS: usize = 256;

fn arguments(exec: &Cursor<'_>, evidence: &Evidence) -> Vec<Placed<String>> {
    let Some(list) = exec.get("args") else { return Vec::new() };
    list.items().take(MOST_WORDS).filter_map(|word| placed(Some(word), evidence)).collect()
}

fn variables(exec: &Cursor<'_>) -> Vec<(String, String)> {
    let Some(list) = exec.get("env") else { return Vec::new() };
    let text = |entry: &Cursor<'_>, key: &str| Some(entry.get(key)?.text()?.to_owned());
    list.items().take(MOST_WORDS).filter_map(|entry| Some((text(&entry, "name")?, text(&entry, "value")?))).collect()
}

/// What the redactor saw of a token before it cut it.
fn kind(token: &Placed<String>, evidence: &Evidence) -> Token {
    let spans = token.at.span.into_iter();
    let cut = spans.flat_map(|span| {
        evidence.secrets.iter().filter(move |secret| span.start <= secret.span.start && secret.span.end <= span.end)
    });
    let nature = cut.into_iter().find_map(|secret| secret.nature.clone());
    match nature {
        Some(Nature::BootstrapToken) => Token::Bootstrap,
        Some(Nature::SignedToken { subject: Some(subject), ends }) => Token::Account { subject, ends },
        Some(Nature::Placeholder(marker)) => Token::Templated(marker),
        _ => Token::Other,
    }
}
