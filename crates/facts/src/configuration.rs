//! The configuration files that flags of the API server name: what each means, and what of it stops the server.
//!
//! The server decodes each file strictly or leniently, fills in defaults and validates, in a way that differs by file and
//! by release; each module here follows one of them. A file is evidence like any other, so that a value keeps the place
//! where it is written, and a fault is a [`Problem`] that says in which releases it stops the server.
//!
//! It does not know the command line beyond what [`Around`] says, and opens no file. Start at [`check`].

pub mod abac;
pub mod admission;
pub mod audit_policy;
pub mod authn;
pub mod authz;
mod cel;
mod decode;
pub mod egress;
pub mod encryption;
mod given;
pub mod token_file;
pub mod tracing;
mod written;

use model::{Evidence, Location, Problem, ProblemKind, Release};

pub(crate) use decode::is_subdomain;
pub use decode::{Around, Placed, Read};
pub use given::{FileKind, Given, InUse, Taken};
pub(crate) use given::{Named, agree, given, is_one, speaks};

/// What a file means, by the flag that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigFile {
    Authentication(authn::Authentication),
    Authorization(authz::Authorization),
    Encryption(encryption::Encryption),
    AuditPolicy(audit_policy::Policy),
    Admission(admission::Admission),
    Egress(egress::Egress),
    Tracing(tracing::Tracing),
    Tokens(token_file::TokenFile),
    Abac(abac::Policies),
}

/// Reads the file that a flag names, the flag given without its dashes, as the possible releases do.
///
/// `None` where the flag names no file that is read here. Every problem carries the flag as its setting. A file that is
/// missing or was not read has no value and no problems: that is for the flag to say.
pub fn check(flag: &str, evidence: &Evidence, version: &Release, around: &Around<'_>) -> Option<Read<ConfigFile>> {
    let mut read = match flag {
        "authentication-config" => authn::read_around(evidence, version, around).map(ConfigFile::Authentication),
        "authorization-config" => authz::read_around(evidence, version, around).map(ConfigFile::Authorization),
        "encryption-provider-config" | "experimental-encryption-provider-config" => {
            encryption::read_around(evidence, version, around).map(ConfigFile::Encryption)
        }
        "authorization-policy-file" => abac::read(evidence, version).map(ConfigFile::Abac),
        "audit-policy-file" => audit_policy::read(evidence, version).map(ConfigFile::AuditPolicy),
        "admission-control-config-file" => admission::read_around(evidence, version, around).map(ConfigFile::Admission),
        "egress-selector-config-file" => egress::read_around(evidence, version, around).map(ConfigFile::Egress),
        "tracing-config-file" => tracing::read(evidence, version).map(ConfigFile::Tracing),
        "token-auth-file" => token_file::read(evidence, version).map(ConfigFile::Tokens),
        _ => return None,
    };
    for problem in &mut read.problems {
        problem.setting = Some(flag.to_owned());
    }
    Some(read)
}

/// What a text is that declares an object of another kind than configuration files of the server are, such as `a Pod`.
/// One that is of such a kind, or of none, is for the server to refuse.
pub fn something_else(text: &str, kind: &str) -> Option<String> {
    const GROUPS: [&str; 4] = ["audit.k8s.io", "apiserver.config.k8s.io", "apiserver.k8s.io", "__internal"];
    let stream = yaml::parse(text, &yaml::Limits::default());
    let root = stream.documents.iter().find(|document| document.index == 0)?.cursor();
    let [version, found] =
        ["apiVersion", "kind"].map(|key| root.get(key).and_then(|value| value.text().map(str::to_owned)));
    let (version, found) = (version?, found?);
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let ours = GROUPS.contains(&group) || found.eq_ignore_ascii_case(kind) || found == "EncryptionConfig";
    (!ours && !found.is_empty()).then(|| format!("a {}", decode::shown(&found)))
}

impl<T> Read<T> {
    fn map<U>(self, into: impl Fn(T) -> U) -> Read<U> {
        Read {
            value: self.value.map(&into),
            problems: self.problems,
            taken_by: self.taken_by,
            by_release: self.by_release.into_iter().map(|(minors, value)| (minors, into(value))).collect(),
            names: self.names,
        }
    }
}

#[cfg(test)]
mod tests;

/// What passes the checks of a file and crashes the server when it looks for a field that goes with something else.
pub(crate) fn crash(flag: &str, given: &str, wanting: &str, at: Location) -> Problem {
    Problem {
        kind: ProblemKind::Refused,
        stops: true,
        message: format!("the server takes `{given}` and then crashes, for want of `{wanting}`"),
        hint: None,
        location: Some(at),
        setting: Some(flag.to_owned()),
    }
}
