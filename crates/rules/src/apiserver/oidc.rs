//! What the rules about identity providers share: whether one is configured, and by what.

use facts::{
    apiserver::{ApiServer, Held},
    flag,
};
use model::{Gap, GapKind, Unanswered};

/// The issuer that the `--oidc-*` flags name. There is nothing to ask where there is none, and no answer here where a file
/// of its own says who the issuers are.
pub(super) fn issuer(server: &ApiServer) -> Result<Held<'_, String>, Unanswered> {
    match server.get(&flag::AUTHENTICATION_CONFIG) {
        Ok(file) if !file.value.is_empty() => {
            return Err(Unanswered::Gap(Gap {
                kind: GapKind::Manual,
                reason: format!("`--authentication-config` names `{}`, whose issuers are not judged here", file.value),
                wanted: "`jwt` of the AuthenticationConfiguration".to_owned(),
                who_could_answer: "whoever maintains the file".to_owned(),
            }));
        }
        Ok(_) | Err(Unanswered::NotApplicable(_)) => {}
        Err(gap) => return Err(gap),
    }
    let issuer = server.get(&flag::OIDC_ISSUER_URL)?;
    // Up to 1.28 the flags do nothing without both of them, later the server refuses one without the other
    // (pkg/kubeapiserver/authenticator/config.go, New, and options/authentication.go, Validate).
    if issuer.value.is_empty() || server.get(&flag::OIDC_CLIENT_ID)?.value.is_empty() {
        return Err(Unanswered::NotApplicable("no identity provider is configured".to_owned()));
    }
    Ok(issuer)
}
