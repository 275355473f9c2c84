//! The AuthenticationConfiguration: whose tokens log in, as whom, and what becomes of requests without credentials.
//!
//! Fields and checks are the server's own (apiserver pkg/apis/apiserver/v1 and
//! pkg/apis/apiserver/validation/validation.go, 1.29 to 1.36). Expressions are read by [`cel`], which finds
//! most of those that do not compile and not all. That certificates are in PEM form is all that counts for starting here,
//! and whether an issuer answers is no question of it.
//!
//! Start at [`read`].

mod names;

use std::collections::BTreeSet;

use model::{Evidence, Location, ProblemKind, Release};
use yaml::Cursor;

use super::{
    cel::{self, Environment, Variable},
    decode::{self, Around, Decoder, FROM_THE_START, Format, Placed, Read, Version, is_domain_prefixed_path, shown},
};
use crate::{
    golang,
    pki::{self, Certificate},
};

pub use names::Of;

/// What the file means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authentication {
    /// `None` where the file leaves the matter to `--anonymous-auth`.
    pub anonymous: Option<Anonymous>,
    /// In the order of the text; they are asked in that order.
    pub issuers: Vec<Issuer>,
}

/// What becomes of requests without credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anonymous {
    pub enabled: bool,
    /// Paths they are limited to, each matched exactly; `None` where every path is open. Nothing checks that one of them
    /// can match: `livez` without its slash opens nothing.
    pub paths: Option<Vec<Placed<String>>>,
    /// The field that decides: `enabled`, or the mapping that lacks it.
    pub at: Location,
}

/// Somebody who issues tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    pub url: Option<Placed<String>>,
    pub discovery_url: Option<Placed<String>>,
    pub audiences: Vec<Placed<String>>,
    pub audience_match_policy: Option<Placed<String>>,
    /// Where the certificates are that its certificate has to chain to; without them those of the host count.
    pub certificate_authority: Option<Location>,
    /// Those certificates, and why one cannot be read.
    pub authorities: Vec<Result<Certificate, String>>,
    pub egress_selector: Option<Placed<String>>,
    pub username: Option<Mapping>,
    pub groups: Option<Mapping>,
    pub uid: Option<Mapping>,
    pub extra: Vec<Extra>,
    pub claim_rules: Vec<ClaimRule>,
    pub user_rules: Vec<UserRule>,
    pub at: Location,
}

/// How a claim becomes part of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    pub claim: Option<Placed<String>>,
    /// Set, though it may be empty, wherever the server takes a claim for a name or for groups.
    pub prefix: Option<Placed<String>>,
    pub expression: Option<Placed<String>>,
    /// The claims that the expression names.
    pub names: BTreeSet<String>,
    pub at: Location,
}

/// A further attribute of the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extra {
    pub key: Option<Placed<String>>,
    pub value_expression: Option<Placed<String>>,
}

/// What a token has to say, or else it is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimRule {
    pub claim: Option<Placed<String>>,
    pub required_value: Option<Placed<String>>,
    pub expression: Option<Placed<String>>,
    pub message: Option<Placed<String>>,
}

/// What has to be true of the user that a token became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRule {
    pub expression: Option<Placed<String>>,
    pub message: Option<Placed<String>>,
}

const KIND: &str = "AuthenticationConfiguration";

const FORMAT: Format = Format {
    name: KIND,
    versions: &[
        Version::new("apiserver.config.k8s.io/v1", KIND, 34),
        Version::new("apiserver.config.k8s.io/v1beta1", KIND, 30),
        Version::new("apiserver.config.k8s.io/v1alpha1", KIND, 29),
    ],
    strict: Some(model::Minor::new(1, 29)),
    kind_is_known: false,
    version_is_known: false,
    codec: FROM_THE_START,
};

/// Reads the file as the possible releases do, knowing nothing of the command line.
pub fn read(evidence: &Evidence, version: &Release) -> Read<Authentication> {
    read_around(evidence, version, &Around::default())
}

/// Reads the file as the possible releases do.
pub fn read_around(evidence: &Evidence, version: &Release, around: &Around<'_>) -> Read<Authentication> {
    decode::read(evidence, version, &FORMAT, around, |root, decoder| Some(authentication(root, decoder)))
}

fn authentication(root: &Cursor<'_>, decoder: &mut Decoder<'_>) -> Authentication {
    decoder.fields_since(root, &["apiVersion", "kind", "jwt"], &[("anonymous", 31)]);
    let entries = decoder.list(root, "jwt");
    // ValidateAuthenticationConfiguration: exactly one in 1.29, up to 64 and none at all from 1.30 on.
    let most = if decoder.since(30) { 64 } else { 1 };
    let at = decoder.place(root, "jwt");
    if entries.len() > most {
        decoder.refuse_placed(&at, format!("{} issuers, and the server takes {most}", entries.len()));
    }
    if entries.is_empty() && !decoder.since(30) {
        decoder.lacks(root, "`jwt`", "no issuer is named, and the server wants one");
    }
    let mut seen = Seen::default();
    let issuers = entries.iter().map(|entry| issuer(entry, &mut seen, decoder)).collect();
    let anonymous = if decoder.since(31) { anonymous(root, decoder) } else { None };
    Authentication { anonymous, issuers }
}

fn anonymous(root: &Cursor<'_>, decoder: &mut Decoder<'_>) -> Option<Anonymous> {
    let anonymous = decoder.object(root, "anonymous")?;
    decoder.fields(&anonymous, &["enabled", "conditions"]);
    if !decoder.around.gate("AnonymousAuthConfigurableEndpoints", decoder.since(32)) {
        decoder.refuse(&anonymous, "`anonymous` needs the feature gate AnonymousAuthConfigurableEndpoints");
    }
    let written = decoder.boolean(&anonymous, "enabled");
    let enabled = written.as_ref().is_some_and(|written| written.value);
    let conditions = decoder.list(&anonymous, "conditions");
    let mut paths = Vec::new();
    for condition in &conditions {
        decoder.fields(condition, &["path"]);
        let at = decoder.at(condition);
        let path = decoder.string(condition, "path").unwrap_or(Placed { value: String::new(), at });
        if !path.value.starts_with('/') || path.value.contains(['*', '?', '#']) {
            let message = format!("no request has the path `{}`, so the condition opens nothing", shown(&path.value));
            decoder.warn(ProblemKind::Refused, &path.at, message);
        }
        paths.push(path);
    }
    if !enabled && !conditions.is_empty() {
        let at = decoder.place(&anonymous, "conditions");
        decoder.refuse_placed(&at, "there are conditions while `enabled` is not true");
    }
    let at = written.map_or_else(|| decoder.at(&anonymous), |written| written.at);
    Some(Anonymous { enabled, paths: (!conditions.is_empty()).then_some(paths), at })
}

#[derive(Default)]
struct Seen {
    urls: BTreeSet<String>,
    discovery_urls: BTreeSet<String>,
}

fn issuer(entry: &Cursor<'_>, seen: &mut Seen, decoder: &mut Decoder<'_>) -> Issuer {
    decoder.fields(entry, &["issuer", "claimValidationRules", "claimMappings", "userValidationRules"]);
    let nothing = Issuer {
        url: None,
        discovery_url: None,
        audiences: Vec::new(),
        audience_match_policy: None,
        certificate_authority: None,
        authorities: Vec::new(),
        egress_selector: None,
        username: None,
        groups: None,
        uid: None,
        extra: Vec::new(),
        claim_rules: Vec::new(),
        user_rules: Vec::new(),
        at: decoder.at(entry),
    };
    let mut read = nothing;
    match decoder.object(entry, "issuer") {
        Some(issuer) => source(&issuer, &mut read, seen, decoder),
        None => decoder.lacks(entry, "`issuer`", "an entry names no issuer: `issuer.url` and `issuer.audiences`"),
    }
    claim_rules(entry, &mut read, decoder);
    mappings(entry, &mut read, decoder);
    user_rules(entry, &mut read, decoder);
    email(&read, decoder);
    read
}

/// validateIssuer.
fn source(issuer: &Cursor<'_>, read: &mut Issuer, seen: &mut Seen, decoder: &mut Decoder<'_>) {
    decoder.fields_since(
        issuer,
        &["url", "certificateAuthority", "audiences"],
        &[("discoveryURL", 30), ("audienceMatchPolicy", 30), ("egressSelectorType", 34)],
    );
    read.url = filled(decoder.string(issuer, "url"));
    match &read.url {
        None => decoder.lacks(issuer, "`url: https://…`", "`issuer.url` is required"),
        Some(url) => {
            https_url(url, decoder);
            if decoder.since(30) && decoder.around.issuers.contains(&url.value) {
                let message = format!(
                    "`{}` issues the tokens of service accounts, and no other issuer may be that",
                    shown(&url.value)
                );
                decoder.refuse_placed(&url.at, message);
            }
            if !seen.urls.insert(url.value.clone()) {
                decoder.twice(&url.at, format!("the issuer `{}` is given twice", shown(&url.value)));
            }
        }
    }
    if decoder.since(30) {
        read.discovery_url = filled(decoder.string(issuer, "discoveryURL"));
        read.audience_match_policy = filled(decoder.string(issuer, "audienceMatchPolicy"));
    }
    if let Some(discovery) = &read.discovery_url {
        https_url(discovery, decoder);
        let same = |url: &Placed<String>| url.value.trim_end_matches('/') == discovery.value.trim_end_matches('/');
        if read.url.as_ref().is_some_and(same) {
            decoder.refuse_placed(&discovery.at, "`discoveryURL` has to differ from `url`");
        }
        if !seen.discovery_urls.insert(discovery.value.clone()) {
            decoder.twice(&discovery.at, format!("`{}` is given twice", shown(&discovery.value)));
        }
    }
    audiences(issuer, read, decoder);
    if let Some(authority) = filled(decoder.string(issuer, "certificateAuthority")) {
        read.authorities = pki::certificates_in(&authority.value);
        if let Some(fault) = authority_fault(&read.authorities) {
            decoder.refuse_placed(&authority.at, fault);
        }
        read.certificate_authority = Some(authority.at);
    }
    if decoder.since(34) {
        read.egress_selector = filled(decoder.string(issuer, "egressSelectorType"));
    }
    if let Some(selector) = &read.egress_selector {
        if !decoder.around.gate("StructuredAuthenticationConfigurationEgressSelector", true) {
            let gate = "StructuredAuthenticationConfigurationEgressSelector";
            decoder.refuse_placed(&selector.at, format!("`egressSelectorType` needs the feature gate {gate}"));
        }
        if !matches!(selector.as_str(), "controlplane" | "cluster") {
            decoder.refuse_placed(&selector.at, "`egressSelectorType` has to be `controlplane` or `cluster`");
        }
    }
}

/// validateAudiences.
fn audiences(issuer: &Cursor<'_>, read: &mut Issuer, decoder: &mut Decoder<'_>) {
    read.audiences = decoder.strings(issuer, "audiences");
    let at = decoder.place(issuer, "audiences");
    match read.audiences.len() {
        0 => {
            decoder.lacks(issuer, "`audiences: [NAME]`", "`audiences` needs at least one");
            return;
        }
        1 => {}
        _ if !decoder.since(30) => decoder.refuse_placed(&at, "1.29 takes one audience only"),
        _ => {}
    }
    let mut names = BTreeSet::new();
    for audience in &read.audiences {
        if audience.value.is_empty() {
            decoder.refuse_placed(&audience.at, "an audience is empty");
        }
        if !names.insert(&audience.value) && decoder.since(30) {
            decoder.twice(&audience.at, format!("the audience `{}` is given twice", shown(&audience.value)));
        }
    }
    let policy = read.audience_match_policy.as_ref();
    let matches_any = policy.is_some_and(|policy| policy.value == "MatchAny");
    if !matches_any && (read.audiences.len() > 1 || policy.is_some()) && decoder.since(30) {
        let at = policy.map_or(at, |policy| policy.at.clone());
        let when = if read.audiences.len() > 1 { " for several audiences" } else { ", or left out" };
        decoder.refuse_placed(&at, format!("`audienceMatchPolicy` has to be `MatchAny`{when}"));
    }
}

/// validateClaimValidationRules.
fn claim_rules(entry: &Cursor<'_>, read: &mut Issuer, decoder: &mut Decoder<'_>) {
    let (mut claims, mut expressions) = (BTreeSet::new(), BTreeSet::new());
    for rule in decoder.list(entry, "claimValidationRules") {
        decoder.fields(&rule, &["claim", "requiredValue", "expression", "message"]);
        let [claim, required_value, expression, message] =
            ["claim", "requiredValue", "expression", "message"].map(|key| filled(decoder.string(&rule, key)));
        match (&claim, &expression) {
            (Some(_), Some(_)) => decoder.refuse(&rule, "a rule has both a claim and an expression"),
            (None, None) => decoder.lacks(&rule, "`claim` or `expression`", "a rule has no claim and no expression"),
            (Some(claim), None) => {
                if let Some(message) = &message {
                    decoder.refuse_placed(&message.at, "`message` goes with an expression, and this rule has a claim");
                }
                if !claims.insert(claim.value.clone()) {
                    decoder.twice(&claim.at, format!("the claim `{}` has two rules", shown(&claim.value)));
                }
            }
            (None, Some(expression)) => {
                if let Some(value) = &required_value {
                    let message = "`requiredValue` goes with a claim, and this rule has an expression";
                    decoder.refuse_placed(&value.at, message);
                }
                if expressions.insert(expression.value.clone()) {
                    compiles(expression, Variable::Claims, true, decoder);
                } else {
                    decoder.twice(&expression.at, "the same expression is given twice");
                }
            }
        }
        read.claim_rules.push(ClaimRule { claim, required_value, expression, message });
    }
}

/// validateClaimMappings.
fn mappings(entry: &Cursor<'_>, read: &mut Issuer, decoder: &mut Decoder<'_>) {
    let mappings = decoder.object(entry, "claimMappings");
    if let Some(mappings) = &mappings {
        decoder.fields(mappings, &["username", "groups", "uid", "extra"]);
    }
    let one = |name: &str, prefixed: bool, decoder: &mut Decoder<'_>| {
        mappings.as_ref().and_then(|mappings| mapping(mappings, name, prefixed, decoder))
    };
    read.username = one("username", true, decoder);
    read.groups = one("groups", true, decoder);
    read.uid = one("uid", false, decoder);
    let named = |mapping: &Mapping| mapping.claim.is_some() || mapping.expression.is_some();
    if !read.username.as_ref().is_some_and(named) {
        let place = mappings.as_ref().unwrap_or(entry);
        decoder.lacks(place, "`username: {claim: …, prefix: …}`", "nothing says which claim is the user's name");
    }
    let mut keys = BTreeSet::new();
    let extras = mappings.as_ref().map_or_else(Vec::new, |mappings| decoder.list(mappings, "extra"));
    for extra in extras {
        decoder.fields(&extra, &["key", "valueExpression"]);
        let key = filled(decoder.string(&extra, "key"));
        let value_expression = filled(decoder.string(&extra, "valueExpression"));
        extra_key(&extra, key.as_ref(), decoder);
        if !keys.insert(key.as_ref().map(|key| key.value.clone())) {
            let at = decoder.place(&extra, "key");
            decoder.twice(&at, "the same key is given twice");
        } else if let Some(expression) = &value_expression {
            compiles(expression, Variable::Claims, false, decoder);
        } else {
            decoder.lacks(&extra, "`valueExpression`", "`valueExpression` is required");
        }
        read.extra.push(Extra { key, value_expression });
    }
}

/// validatePrefixClaimOrExpression.
fn mapping(mappings: &Cursor<'_>, name: &str, prefixed: bool, decoder: &mut Decoder<'_>) -> Option<Mapping> {
    let mapping = decoder.object(mappings, name)?;
    decoder.fields(&mapping, if prefixed { &["claim", "prefix", "expression"] } else { &["claim", "expression"] });
    let claim = filled(decoder.string(&mapping, "claim"));
    let expression = filled(decoder.string(&mapping, "expression"));
    let prefix = if prefixed { decoder.string(&mapping, "prefix") } else { None };
    let mut names = BTreeSet::new();
    match (&claim, &expression) {
        (Some(_), Some(_)) => decoder.refuse(&mapping, format!("`{name}` has both a claim and an expression")),
        (None, Some(expression)) => {
            if let Some(prefix) = &prefix {
                decoder.refuse_placed(&prefix.at, "a prefix goes with a claim, and this is an expression");
            }
            names = compiles(expression, Variable::Claims, false, decoder);
        }
        (Some(_), None) if prefixed && prefix.is_none() => {
            let message = format!("`{name}` has a claim and no prefix, which may be empty and has to be there");
            decoder.lacks(&mapping, "`prefix: \"\"`", message);
        }
        _ => {}
    }
    Some(Mapping { claim, prefix, expression, names, at: decoder.at(&mapping) })
}

/// IsDomainPrefixedPath of apimachinery pkg/util/validation, and what validateClaimMappings adds to it.
fn extra_key(extra: &Cursor<'_>, key: Option<&Placed<String>>, decoder: &mut Decoder<'_>) {
    let Some(key) = key else {
        decoder.lacks(extra, "`key: example.org/NAME`", "`key` is required");
        return;
    };
    let text = key.as_str();
    let fault = match text.split_once('/') {
        Some((domain, _)) if is_domain_prefixed_path(text) => {
            let reserved = ["kubernetes.io", "k8s.io"].iter().any(|reserved| {
                domain.strip_suffix(reserved).is_some_and(|before| before.is_empty() || before.ends_with('.'))
            });
            if text.chars().any(char::is_uppercase) {
                Some("has capitals")
            } else if reserved && decoder.since(32) {
                Some("is in a domain that is Kubernetes' own")
            } else {
                None
            }
        }
        _ => Some("is no domain with a path behind it, such as `example.org/role`"),
    };
    if let Some(fault) = fault {
        decoder.refuse_placed(&key.at, format!("`{}` {fault}", shown(text)));
    }
}

/// validateUserValidationRules.
fn user_rules(entry: &Cursor<'_>, read: &mut Issuer, decoder: &mut Decoder<'_>) {
    let mut expressions = BTreeSet::new();
    for rule in decoder.list(entry, "userValidationRules") {
        decoder.fields(&rule, &["expression", "message"]);
        let [expression, message] = ["expression", "message"].map(|key| filled(decoder.string(&rule, key)));
        match &expression {
            None => decoder.lacks(&rule, "`expression`", "`expression` is required"),
            Some(expression) if expressions.insert(expression.value.clone()) => {
                compiles(expression, Variable::User, true, decoder);
            }
            Some(expression) => decoder.twice(&expression.at, "the same expression is given twice"),
        }
        read.user_rules.push(UserRule { expression, message });
    }
}

/// A name made of an address has to ask somewhere whether the address was verified (from 1.30 on).
fn email(read: &Issuer, decoder: &mut Decoder<'_>) {
    if !decoder.since(30) {
        return;
    }
    let claims = Environment::new(Variable::Claims, decoder);
    let names =
        |expression: &Placed<String>, field: &str| cel::check(&expression.value, claims, false).fields.contains(field);
    let Some(username) = read.username.as_ref().and_then(|username| username.expression.as_ref()) else { return };
    let extra = read.extra.iter().filter_map(|extra| extra.value_expression.as_ref());
    let rules = read.claim_rules.iter().filter_map(|rule| rule.expression.as_ref());
    let mut others = std::iter::once(username).chain(extra).chain(rules);
    if names(username, "email") && !others.any(|expression| names(expression, "email_verified")) {
        let message = "the name is made of `claims.email`, and nothing asks for `claims.email_verified`";
        decoder.refuse_placed(&username.at, message);
    }
}

/// Refuses an expression that does not compile, and says which fields of the variable it names.
fn compiles(
    expression: &Placed<String>,
    variable: Variable,
    condition: bool,
    decoder: &mut Decoder<'_>,
) -> BTreeSet<String> {
    let checked = cel::check(&expression.value, Environment::new(variable, decoder), condition);
    if let Some(fault) = checked.fault {
        decoder.refuse_placed(&expression.at, format!("the expression does not compile: {fault}"));
    }
    checked.fields
}

/// validateURL.
fn https_url(url: &Placed<String>, decoder: &mut Decoder<'_>) {
    let text = url.as_str();
    let Some(scheme) = golang::parse_url(text) else {
        decoder.refuse_placed(&url.at, format!("`{}` is no URL", shown(text)));
        return;
    };
    let (rest, fragment) = text.split_once('#').unwrap_or((text, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = rest.split_once("://").map_or("", |(_, rest)| rest.split('/').next().unwrap_or_default());
    let fault = if !scheme.eq_ignore_ascii_case("https") {
        "has to begin with https://"
    } else if authority.contains('@') {
        "holds a user name or a password"
    } else if !query.is_empty() {
        "holds a query"
    } else if !fragment.is_empty() {
        "holds a fragment"
    } else {
        return;
    };
    decoder.refuse_placed(&url.at, format!("`{}` {fault}", shown(text)));
}

/// What is wrong with the certificates of an authority (client-go util/cert/pem.go, `ParseCertsPEM`): each has to be one,
/// but for those that Go passes over, and there has to be one.
fn authority_fault(authorities: &[Result<Certificate, String>]) -> Option<String> {
    let mut found = false;
    for authority in authorities {
        let fault = match authority {
            Err(fault) if fault == pki::NO_BASE64 => continue,
            Err(fault) => Some(fault.as_str()),
            Ok(one) if one.has_fields => continue,
            Ok(one) => one.fault(),
        };
        if let Some(fault) = fault {
            return Some(format!("a certificate in `certificateAuthority` cannot be used: {fault}"));
        }
        found = true;
    }
    (!found).then(|| "`certificateAuthority` holds no certificate in PEM form".to_owned())
}

/// An empty string is no string to the server's checks.
fn filled(text: Option<Placed<String>>) -> Option<Placed<String>> {
    text.filter(|text| !text.value.is_empty())
}
