//! The AuthenticationConfiguration: who may log in with a token of an issuer, and what becomes of those who do not log in.
//!
//! Fields and checks are those of the API server's apis/apiserver types and their validation (apiserver
//! pkg/apis/apiserver/validation, ValidateAuthenticationConfiguration, 1.29 to 1.36). CEL expressions are not compiled here:
//! one that does not compile stops the server and is not seen.

use std::collections::BTreeSet;

use model::{Evidence, Location, Minor};
use yaml::Cursor;

use crate::config_file::{self, Decoder, Read, Schema};

/// What the file means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Authentication {
    /// `None` where the file leaves the matter to the flag.
    pub(crate) anonymous: Option<AnonymousConfig>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AnonymousConfig {
    pub(crate) enabled: bool,
    /// Paths, matched exactly; `None` where every path is open.
    pub(crate) paths: Option<Vec<String>>,
    /// The field that decides.
    pub(crate) at: Location,
}

const SCHEMA: Schema = Schema {
    kind: "AuthenticationConfiguration",
    group: "apiserver.config.k8s.io",
    versions: &[("v1alpha1", Minor::new(1, 29)), ("v1beta1", Minor::new(1, 30)), ("v1", Minor::new(1, 34))],
};

/// Reads the file as that release does. `issuers` are those of service accounts, which no other issuer may be.
pub(crate) fn read(evidence: &Evidence, minor: Minor, issuers: &[String]) -> Read<Authentication> {
    config_file::read(evidence, &SCHEMA, minor, |root, decoder| {
        decoder.only(root, &["apiVersion", "kind", "jwt", "anonymous"]);
        let authenticators = decoder.list(root, "jwt");
        if authenticators.len() > 64
            && let Some(jwt) = root.get("jwt")
        {
            decoder.refuse(&jwt, format!("{} issuers, and the server takes 64", authenticators.len()));
        }
        let mut urls = BTreeSet::new();
        for authenticator in &authenticators {
            one_issuer(authenticator, issuers, &mut urls, decoder);
        }
        Some(Authentication { anonymous: anonymous(root, decoder) })
    })
}

fn anonymous(root: &Cursor<'_>, decoder: &mut Decoder<'_>) -> Option<AnonymousConfig> {
    let anonymous = decoder.object(root, "anonymous")?;
    decoder.only(&anonymous, &["enabled", "conditions"]);
    // Without the field the switch is off (seen on 1.36.2).
    let enabled = decoder.boolean(&anonymous, "enabled").unwrap_or(false);
    let conditions = decoder.list(&anonymous, "conditions");
    let mut paths = Vec::new();
    for condition in &conditions {
        decoder.only(condition, &["path"]);
        paths.push(decoder.string(condition, "path"));
    }
    if !enabled && !conditions.is_empty() {
        decoder.refuse(&anonymous, "conditions are given while anonymous requests are off: set `enabled` to true");
    }
    let at = anonymous.get("enabled").unwrap_or(anonymous);
    Some(AnonymousConfig { enabled, paths: (!conditions.is_empty()).then_some(paths), at: decoder.at(&at) })
}

fn one_issuer(entry: &Cursor<'_>, own: &[String], urls: &mut BTreeSet<String>, decoder: &mut Decoder<'_>) {
    decoder.only(entry, &["issuer", "claimValidationRules", "claimMappings", "userValidationRules"]);
    match decoder.object(entry, "issuer") {
        Some(issuer) => issuer_of(&issuer, own, urls, decoder),
        None => decoder.lacks(entry, "an entry of `jwt` names no issuer"),
    }
    let mappings = decoder.object(entry, "claimMappings");
    match &mappings {
        None => {
            decoder.lacks(entry, "no claim is the user's name: `claimMappings.username` needs a claim or an expression")
        }
        Some(mappings) => {
            decoder.only(mappings, &["username", "groups", "uid", "extra"]);
            for (name, required, prefixed) in [("username", true, true), ("groups", false, true), ("uid", false, false)]
            {
                mapping(mappings, name, required, prefixed, decoder);
            }
            for extra in decoder.list(mappings, "extra") {
                decoder.only(&extra, &["key", "valueExpression"]);
                let key = decoder.string(&extra, "key");
                // A key is a domain and a path, in lower case.
                if !key.contains('/') || key.chars().any(|c| c.is_ascii_uppercase()) {
                    decoder.refuse(&extra, format!("`{key}` is no key with a domain, such as `example.org/role`"));
                }
                if decoder.string(&extra, "valueExpression").is_empty() {
                    decoder.lacks(&extra, "`valueExpression` is required");
                }
            }
        }
    }
    for rule in decoder.list(entry, "claimValidationRules") {
        decoder.only(&rule, &["claim", "requiredValue", "expression", "message"]);
        let (claim, expression) = (decoder.string(&rule, "claim"), decoder.string(&rule, "expression"));
        if claim.is_empty() == expression.is_empty() {
            decoder.refuse(&rule, "a rule needs either a claim or an expression, and not both");
        }
    }
    for rule in decoder.list(entry, "userValidationRules") {
        decoder.only(&rule, &["expression", "message"]);
        if decoder.string(&rule, "expression").is_empty() {
            decoder.lacks(&rule, "`expression` is required");
        }
    }
}

fn issuer_of(issuer: &Cursor<'_>, own: &[String], urls: &mut BTreeSet<String>, decoder: &mut Decoder<'_>) {
    decoder.only(
        issuer,
        &["url", "discoveryURL", "certificateAuthority", "audiences", "audienceMatchPolicy", "egressSelectorType"],
    );
    let url = decoder.string(issuer, "url");
    let at = issuer.get("url").unwrap_or_else(|| issuer.clone());
    if url.is_empty() {
        decoder.lacks(issuer, "`issuer.url` is required");
    } else if let Some(reason) = no_issuer_url(&url) {
        decoder.refuse(&at, format!("`{url}` {reason}"));
    } else if own.contains(&url) {
        decoder.refuse(&at, format!("`{url}` issues the tokens of service accounts, and no other issuer may be that"));
    } else if !urls.insert(url.clone()) {
        decoder.refuse(&at, format!("the issuer `{url}` is given twice"));
    }
    let discovery = decoder.string(issuer, "discoveryURL");
    if !discovery.is_empty() {
        let at = issuer.get("discoveryURL").unwrap_or_else(|| issuer.clone());
        if discovery.trim_end_matches('/') == url.trim_end_matches('/') {
            decoder.refuse(&at, "`discoveryURL` has to differ from `url`");
        } else if let Some(reason) = no_issuer_url(&discovery) {
            decoder.refuse(&at, format!("`{discovery}` {reason}"));
        }
    }
    let authority = decoder.string(issuer, "certificateAuthority");
    if !authority.is_empty() && !authority.contains("-----BEGIN CERTIFICATE-----") {
        let at = issuer.get("certificateAuthority").unwrap_or_else(|| issuer.clone());
        decoder.refuse(&at, "`certificateAuthority` holds no certificate");
    }
    let audiences = decoder.list(issuer, "audiences");
    let policy = decoder.string(issuer, "audienceMatchPolicy");
    if audiences.is_empty() {
        decoder.lacks(issuer, "`audiences` needs at least one");
    }
    let mut seen = BTreeSet::new();
    for audience in &audiences {
        match audience.str() {
            Some("") => decoder.refuse(audience, "an audience is empty"),
            Some(text) if !seen.insert(text) => {
                decoder.refuse(audience, format!("the audience `{text}` is given twice"))
            }
            Some(_) => {}
            None => decoder.refuse(audience, "an audience is no string"),
        }
    }
    if policy != "MatchAny" && (audiences.len() > 1 || !policy.is_empty()) {
        let at = issuer.get("audienceMatchPolicy").unwrap_or_else(|| issuer.clone());
        decoder.refuse(&at, "`audienceMatchPolicy` has to be `MatchAny` for several audiences");
    }
}

/// Why a text is no address of an issuer.
fn no_issuer_url(url: &str) -> Option<&'static str> {
    let Some(rest) = url.strip_prefix("https://") else { return Some("does not begin with https://") };
    if rest.is_empty() || rest.starts_with('/') {
        return Some("names no host");
    }
    if rest.split('/').next().is_some_and(|authority| authority.contains('@')) {
        return Some("holds a user name or a password");
    }
    if url.contains('?') {
        return Some("holds a query");
    }
    url.contains('#').then_some("holds a fragment")
}

fn mapping(mappings: &Cursor<'_>, name: &str, required: bool, prefixed: bool, decoder: &mut Decoder<'_>) {
    let Some(mapping) = decoder.object(mappings, name) else {
        if required {
            decoder.lacks(mappings, format!("`{name}` needs a claim or an expression"));
        }
        return;
    };
    decoder.only(&mapping, if prefixed { &["claim", "prefix", "expression"] } else { &["claim", "expression"] });
    let (claim, expression) = (decoder.string(&mapping, "claim"), decoder.string(&mapping, "expression"));
    let prefix = mapping.get("prefix").filter(|prefix| !prefix.is_null());
    match (claim.is_empty(), expression.is_empty()) {
        (false, false) => decoder.refuse(&mapping, format!("`{name}` has both a claim and an expression")),
        (true, true) if required => decoder.lacks(&mapping, format!("`{name}` needs a claim or an expression")),
        (true, true) => {
            if prefix.is_some() {
                decoder.refuse(&mapping, format!("`{name}` has a prefix without a claim"));
            }
        }
        (false, true) => {
            if prefixed && prefix.is_none() {
                decoder.lacks(&mapping, format!("`{name}` has a claim, and so needs a prefix, which may be empty"));
            }
        }
        (true, false) => {
            if prefix.is_some() {
                decoder.refuse(&mapping, format!("`{name}` has an expression, which leaves no room for a prefix"));
            }
        }
    }
}
