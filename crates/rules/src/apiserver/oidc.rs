//! What the rules about identity providers share: whether one is configured, and by what.

use facts::{
    apiserver::{ApiServer, Held},
    configuration::{
        InUse,
        authn::{Authentication, Issuer},
    },
    flag,
};
use model::{Finding, Form, Location, Origin, Remedy, Site, Unanswered};

use crate::say;

/// Who says which identity providers are believed.
pub(super) enum Providers<'a> {
    /// The issuer that `--oidc-issuer-url` names, with a client.
    Flags(Held<'a, String>),
    /// Issuers of an AuthenticationConfiguration, at least one.
    File(&'a [Issuer]),
}

/// Where the file has its issuers.
pub(super) const FIELD: &str = "AuthenticationConfiguration.jwt";

/// Who they are. There is nothing to ask where there are none.
pub(super) fn providers(server: &ApiServer) -> Result<Providers<'_>, Unanswered> {
    let none = || Unanswered::NotApplicable("no identity provider is configured".to_owned());
    match server.issuers()? {
        // The file and the flags exclude each other (pkg/kubeapiserver/options/authentication.go, Validate).
        Some([]) => return Err(none()),
        Some(issuers) => return Ok(Providers::File(issuers)),
        None => {}
    }
    let issuer = server.get(&flag::OIDC_ISSUER_URL)?;
    // No authenticator is made without both, and the server refuses one without the other
    // (pkg/kubeapiserver/authenticator/config.go, New, and options/authentication.go, Validate, 1.28).
    if issuer.value.is_empty() || server.get(&flag::OIDC_CLIENT_ID)?.value.is_empty() {
        return Err(none());
    }
    Ok(Providers::Flags(issuer))
}

/// The issuers of a file that is given by itself.
pub(super) fn of_file<'a>(file: &InUse<'a, Authentication>) -> Result<&'a [Issuer], Unanswered> {
    match &file.file.issuers[..] {
        [] => Err(Unanswered::NotApplicable("no identity provider is configured".to_owned())),
        issuers => Ok(issuers),
    }
}

/// What an issuer of a file is called in a report.
pub(super) fn name(issuer: &Issuer) -> &str {
    issuer.url.as_ref().map_or("an issuer without a URL", |url| url.value.as_str())
}

/// One thing wrong in a file, in one of its issuers.
pub(super) fn wrong(issuer: &Issuer, what: &str, message: String, at: &Location, remedy: Remedy) -> Finding {
    Finding { subject: Some(format!("{} {what}", name(issuer))), ..say::wrong(FIELD, message, &written(at), remedy) }
}

pub(super) fn written(at: &Location) -> Origin {
    Origin::Written(Site { at: at.clone(), form: Form::Field })
}
