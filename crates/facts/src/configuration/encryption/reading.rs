//! Reads the file, and refuses what the server refuses.

use std::{
    collections::BTreeSet,
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
};

use model::{CutSecret, Evidence, Location, Minor, ProblemKind, Release, Strength};
use yaml::{Cursor, Style};

use super::{
    super::decode::{self, Around, Decoder, FROM_THE_START, Format, Placed, Read, Version, child, shown},
    Encryption, Entry, Key, Kms, Provider, With, split,
};
use crate::{golang, redact};

const KIND: &str = "EncryptionConfiguration";

const FORMAT: Format = Format {
    name: KIND,
    versions: &[Version::new("apiserver.config.k8s.io/v1", KIND, 13), Version::new("v1", "EncryptionConfig", 7)],
    strict: Some(Minor::new(1, 31)),
    kind_is_known: false,
    version_is_known: false,
    codec: FROM_THE_START,
};

/// Reads the file as the possible releases do, with the feature gates they have by default.
pub fn read(evidence: &Evidence, version: &Release) -> Read<Encryption> {
    read_around(evidence, version, &Around::default())
}

/// Reads the file as the possible releases do.
pub fn read_around(evidence: &Evidence, version: &Release, around: &Around<'_>) -> Read<Encryption> {
    decode::read(evidence, version, &FORMAT, around, |root, decoder| Some(encryption(root, decoder)))
}

fn encryption(root: &Cursor<'_>, decoder: &mut Decoder<'_>) -> Encryption {
    decoder.fields(root, &["apiVersion", "kind", "resources"]);
    let list = decoder.list(root, "resources");
    if list.is_empty() {
        decoder.lacks(root, "`resources`", "`resources` needs at least one entry");
    }
    let mut names = BTreeSet::new();
    let entries: Vec<Entry> = list.iter().map(|item| entry(item, &mut names, decoder)).collect();
    masked(&entries, decoder);
    Encryption { entries }
}

fn entry(item: &Cursor<'_>, names: &mut BTreeSet<String>, decoder: &mut Decoder<'_>) -> Entry {
    decoder.fields(item, &["resources", "providers"]);
    let resources = decoder.strings(item, "resources");
    if resources.is_empty() {
        decoder.lacks(item, "`resources`", "an entry names no resources");
    }
    let at = decoder.place(item, "resources");
    overlap(&resources, &at, decoder);
    for resource in &resources {
        resource_name(resource, decoder);
    }
    let list = decoder.list(item, "providers");
    if list.is_empty() {
        decoder.lacks(item, "`providers`", "an entry names no providers");
    }
    let providers = list.iter().filter_map(|one| provider(one, names, decoder)).collect();
    Entry { resources, providers, at: decoder.at(item) }
}

/// validateResourceOverlap, from 1.27 on.
fn overlap(resources: &[Placed<String>], at: &Location, decoder: &mut Decoder<'_>) {
    if !decoder.since(27) {
        return;
    }
    let all: Vec<(&str, &str)> = resources.iter().map(|resource| split(&resource.value)).collect();
    let distinct: BTreeSet<&(&str, &str)> = all.iter().collect();
    if distinct.len() < all.len() {
        decoder.twice(at, "a resource is given twice in one list");
    }
    let masks = |one: &(&str, &str)| {
        distinct.iter().any(|other| {
            *other != one && (*one == ("*", "*") || (one.1 == other.1 && (one.0 == "*" || other.0 == "*")))
        })
    };
    if all.iter().any(masks) {
        decoder.refuse_placed(at, "a wildcard covers another resource of the same list");
    }
}

/// validateResourceNames from 1.27 on; before, such a name is taken and encrypts nothing.
fn resource_name(resource: &Placed<String>, decoder: &mut Decoder<'_>) {
    let text = resource.as_str();
    let (name, group) = split(text);
    let fault = if text.chars().any(char::is_uppercase) {
        "has capitals, which no resource has"
    } else if text == "*" {
        "means nothing; `*.` is the core group and `*.*` everything"
    } else if matches!(text, "apiserveripinfo" | "serviceipallocations" | "servicenodeportallocations") {
        "is no resource of the API, and only those are encrypted"
    } else if group == "events.k8s.io" {
        "is stored as `events`"
    } else if group == "extensions" {
        "is of a group that is gone"
    } else if group == "*" && name != "*" {
        "is one resource of every group, which is not possible"
    } else {
        return;
    };
    let message = format!("`{}` {fault}", shown(text));
    if decoder.since(27) {
        decoder.refuse_placed(&resource.at, message);
    } else if text != "*" {
        // Before, `*` alone is the core group, and the names without an API are those of what is stored.
        decoder.warn(ProblemKind::Refused, &resource.at, format!("{message}; this encrypts nothing"));
    }
}

/// An entry behind one that covers it, which stops the server from 1.27 on: getTransformerOverridesAndKMSPluginProbes.
fn masked(entries: &[Entry], decoder: &mut Decoder<'_>) {
    if !decoder.since(27) {
        return;
    }
    let mut wildcards: BTreeSet<&str> = BTreeSet::new();
    for resource in entries.iter().flat_map(|entry| &entry.resources) {
        let (name, group) = split(&resource.value);
        if let Some(by) = [group, "*"].into_iter().find(|group| wildcards.contains(group)) {
            let message = format!("`{}` is covered by `*.{by}` before it", shown(&resource.value));
            decoder.push(ProblemKind::Conflict, true, resource.at.clone(), message, None);
            // The server stops at the first one.
            return;
        }
        if name == "*" {
            wildcards.insert(group);
        }
    }
}

/// validateSingleProvider, and what is specific to each.
fn provider(item: &Cursor<'_>, names: &mut BTreeSet<String>, decoder: &mut Decoder<'_>) -> Option<Provider> {
    decoder.fields(item, &["aesgcm", "aescbc", "secretbox", "identity", "kms"]);
    let at = decoder.at(item);
    let mut found = Vec::new();
    for name in ["kms", "aesgcm", "aescbc", "secretbox", "identity"] {
        if let Some(body) = decoder.object(item, name) {
            let with = match name {
                "kms" => With::Kms(Box::new(kms(&body, names, decoder))),
                "aesgcm" => With::AesGcm(keys(&body, &[16, 24, 32], decoder)),
                "aescbc" => With::AesCbc(keys(&body, &[16, 24, 32], decoder)),
                "secretbox" => With::Secretbox(keys(&body, &[32], decoder)),
                _ => {
                    decoder.fields(&body, &[]);
                    With::Identity
                }
            };
            found.push(with);
        }
    }
    match found.len() {
        0 => {
            let null =
                ["identity", "kms", "aesgcm", "aescbc", "secretbox"].iter().find(|name| item.get(name).is_some());
            let message = match null {
                Some(name) => format!("`{name}` is null, so that no provider is named; write `{name}: {{}}`"),
                None => "no provider is named: aescbc, aesgcm, secretbox, kms or identity".to_owned(),
            };
            decoder.refuse(item, message);
        }
        1 => {}
        _ => decoder.refuse(item, "several providers are in one item; each needs an item of its own"),
    }
    found.into_iter().next().map(|with| Provider { with, at })
}

/// validateKeys.
fn keys(body: &Cursor<'_>, lengths: &[u32], decoder: &mut Decoder<'_>) -> Vec<Key> {
    decoder.fields(body, &["keys"]);
    let list = decoder.list(body, "keys");
    if list.is_empty() {
        decoder.lacks(body, "`keys`", "`keys` needs at least one");
    }
    let mut keys = Vec::new();
    for item in list {
        decoder.fields(&item, &["name", "secret"]);
        let name = decoder.string(&item, "name").filter(|name| !name.value.is_empty());
        if name.is_none() {
            decoder.lacks(&item, "`name`", "a key has no name");
        }
        let mut key = Key { name, bytes: None, group: None, strength: None, at: decoder.at(&item) };
        match decoder.string(&item, "secret").filter(|secret| !secret.value.is_empty()) {
            None => decoder.lacks(&item, "`secret`", "a key has no secret"),
            Some(secret) => {
                key.at = secret.at;
                let cut = child(&item, "secret").and_then(|secret| cut_at(decoder.evidence, &secret));
                let (judged, bytes) = match &cut {
                    // What was cut begins and ends with no blank, which Go's base64 does not skip.
                    Some(Cut::One(cut)) => (true, cut.decoded.filter(|_| !secret.value.contains([' ', '\t']))),
                    Some(Cut::Several(lines)) => joined(&item, lines).map_or((false, None), |bytes| (true, bytes)),
                    // Whoever made this evidence did not cut it.
                    None => (true, decoded_length(&secret.value)),
                };
                key.bytes = bytes;
                (key.group, key.strength) = match cut {
                    Some(Cut::One(cut)) => (Some(cut.group), Some(cut.strength)),
                    Some(Cut::Several(_)) => (None, None),
                    None => (Some(number(&secret.value)), Some(redact::strength(&secret.value))),
                };
                length(&key, judged, lengths, decoder);
            }
        }
        keys.push(key);
    }
    keys
}

fn length(key: &Key, judged: bool, lengths: &[u32], decoder: &mut Decoder<'_>) {
    match key.bytes {
        _ if !judged || key.strength == Some(Strength::Placeholder) => {}
        None => decoder.refuse_placed(&key.at, "a key is not written in base64"),
        Some(bytes) if !lengths.contains(&bytes) => {
            let wanted = lengths.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
            let wanted = wanted.rsplit_once(", ").map_or(wanted.clone(), |(some, last)| format!("{some} or {last}"));
            decoder.refuse_placed(&key.at, format!("a key has {bytes} bytes, and {wanted} are wanted"));
        }
        Some(_) => {}
    }
}

/// A number that equal secrets share, of evidence from which nobody cut them.
fn number(secret: &str) -> u32 {
    let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(secret);
    u32::try_from(hash & u64::from(u32::MAX)).unwrap_or_default()
}

enum Cut<'e> {
    One(&'e CutSecret),
    /// A secret on several lines is cut line by line.
    Several(Vec<&'e CutSecret>),
}

/// Bytes of a key on several lines, if what is known of its lines tells that: of no base64 there are none.
fn joined(item: &Cursor<'_>, lines: &[&CutSecret]) -> Option<Option<u32>> {
    let secret = child(item, "secret")?;
    let scalar = secret.scalar()?;
    // What stands at the end of a line in such quotes may join it with the next.
    if scalar.style() == Style::Double {
        return None;
    }
    // Folded lines have a blank between them.
    if scalar.text().contains(' ') {
        return Some(None);
    }
    let (last, whole) = lines.split_last()?;
    let is_whole =
        |line: &&&CutSecret| line.decoded.is_some_and(|bytes| bytes * 4 == (line.span.end - line.span.start) * 3);
    let bytes = whole.iter().map(|line| Some(line).filter(is_whole)?.decoded);
    let before = bytes.sum::<Option<u32>>()?;
    Some(Some(before + last.decoded?))
}

/// What was cut out of the text where this scalar stands.
fn cut_at<'e>(evidence: &'e Evidence, scalar: &Cursor<'_>) -> Option<Cut<'e>> {
    let span = scalar.node().definition().unwrap_or(scalar.span());
    let inside =
        evidence.secrets.iter().filter(|secret| span.start <= secret.span.start && secret.span.end <= span.end);
    let lines: Vec<_> = inside.collect();
    match *lines.as_slice() {
        [] => None,
        [one] => Some(Cut::One(one)),
        _ => Some(Cut::Several(lines)),
    }
}

/// Bytes that standard base64 stands for; line breaks do not count (Go's encoding/base64).
fn decoded_length(text: &str) -> Option<u32> {
    let text: Vec<u8> = text.bytes().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
    let padding = text.iter().rev().take_while(|b| **b == b'=').count();
    let body = text.len() - padding;
    let plain = text[..body].iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'));
    if !plain || text.is_empty() || !text.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    u32::try_from(text.len() / 4 * 3 - padding).ok()
}

/// validateKMSConfiguration, and the gates that kmsPrefixTransformer asks.
fn kms(body: &Cursor<'_>, names: &mut BTreeSet<String>, decoder: &mut Decoder<'_>) -> Kms {
    decoder.fields_since(body, &["name", "cachesize", "endpoint", "timeout"], &[("apiVersion", 25)]);
    let versioned = decoder.since(25);
    let written = if versioned { decoder.string(body, "apiVersion") } else { None };
    let api_version = written.as_ref().map_or("", Placed::as_str);
    let api_version = if api_version.is_empty() { "v1".to_owned() } else { api_version.to_owned() };
    let first = api_version == "v1";
    let kms = Kms {
        api_version,
        name: decoder.string(body, "name").filter(|name| !name.value.is_empty()),
        endpoint: decoder.string(body, "endpoint").filter(|endpoint| !endpoint.value.is_empty()),
        timeout: decoder.duration(body, "timeout", true),
        cache_size: decoder.integer(body, "cachesize", 32),
    };
    let at = written.as_ref().map_or_else(|| decoder.at(body), |written| written.at.clone());
    match kms.api_version.as_str() {
        "v1" if !decoder.around.gate("KMSv1", !decoder.since(29)) => {
            decoder.refuse_placed(&at, "v1 of a key management service needs the feature gate KMSv1 from 1.29 on");
        }
        "v2" if !decoder.since(29) && !decoder.around.gate("KMSv2", decoder.since(27)) => {
            decoder.refuse_placed(&at, "v2 of a key management service needs the feature gate KMSv2");
        }
        "v1" | "v2" => {}
        other => {
            let message = format!("`{}` is no version of a key management service; there is v1 and v2", shown(other));
            decoder.refuse_placed(&at, message);
        }
    }
    match &kms.name {
        None => decoder.lacks(body, "`name`", "a key management service has no name"),
        Some(name) => {
            if !first && name.value.contains(':') {
                decoder.refuse_placed(&name.at, format!("`{}` holds a colon", shown(&name.value)));
            }
            let unique = (!first || decoder.around.reload) && decoder.since(26);
            if unique && names.contains(&name.value) {
                decoder.twice(&name.at, format!("the name `{}` is given twice", shown(&name.value)));
            }
            names.insert(name.value.clone());
        }
    }
    if let Some(timeout) = &kms.timeout
        && timeout.value <= 0
    {
        decoder.refuse_placed(&timeout.at, "`timeout` has to be longer than 0s");
    }
    match &kms.endpoint {
        None => decoder.lacks(body, "`endpoint: unix:///…`", "`endpoint` is required"),
        Some(endpoint) => match golang::parse_url(endpoint.as_str()) {
            Some(scheme) if scheme.eq_ignore_ascii_case("unix") => {}
            _ => {
                let message = format!("`{}` is no socket, such as `unix:///run/kms.sock`", shown(endpoint.as_str()));
                decoder.refuse_placed(&endpoint.at, message);
            }
        },
    }
    if let Some(size) = &kms.cache_size {
        if !first && decoder.since(27) {
            decoder.refuse_placed(&size.at, "`cachesize` goes with v1 only");
        } else if first && size.value == 0 {
            decoder.refuse_placed(&size.at, "`cachesize` may not be 0");
        }
    }
    kms
}
