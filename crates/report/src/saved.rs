//! What `probe --evidence` wrote, read again within bounds.
//!
//! It may come from anybody. Of what it holds only so much is taken, and what would move a terminal is taken out before anything
//! else reads it.

use serde_json::Value;

use crate::wire;

/// The format in which looks are saved.
pub const SAVED: &str = "portcullis.exchanges/1";

/// Endpoints of one file.
const ENDPOINTS: usize = 1000;

/// Addresses of one endpoint: a look has sixteen.
const ADDRESSES: usize = 32;

/// Connections to one address, and pieces of one connection: more than a look makes.
const CONNECTIONS: usize = 1000;
const PIECES: usize = 4096;

/// A look that was saved.
#[derive(Debug)]
pub struct SavedLook {
    /// The moment that counted as now.
    pub as_of: String,
    pub endpoints: Vec<wire::SavedEndpoint>,
    /// What went over the wire.
    pub exchanges: Vec<wire::AddressExchanges>,
}

/// Reads what was saved; an error says why it is none.
pub fn saved_look(bytes: &[u8]) -> Result<SavedLook, String> {
    let mut file: Value = serde_json::from_slice(bytes).map_err(|error| format!("it is no JSON: {error}"))?;
    if file.get("schema").and_then(Value::as_str) != Some(SAVED) {
        return Err(format!("it is nothing that `probe --evidence` wrote (`schema` is not `{SAVED}`)"));
    }
    let as_of = file.get("as_of").and_then(Value::as_str).ok_or("it does not say when that was (`as_of`)")?.to_owned();
    let mut endpoints = file.get_mut("endpoints").map(Value::take).ok_or("it holds nothing that can be judged")?;
    clean(&mut endpoints);
    let endpoints: Vec<wire::SavedEndpoint> =
        serde_json::from_value(endpoints).map_err(|error| format!("what it holds cannot be read: {error}"))?;
    // Of each address there is what was seen of TLS and what was answered.
    let fits = |one: &wire::SavedEndpoint| one.seen.addresses.len() <= ADDRESSES && one.evidence.len() <= 2 * ADDRESSES;
    if endpoints.len() > ENDPOINTS || !endpoints.iter().all(fits) {
        return Err("it holds more than a look has".to_owned());
    }
    let mut exchanges = file.get_mut("addresses").map(Value::take).unwrap_or(Value::Array(Vec::new()));
    clean(&mut exchanges);
    let exchanges: Vec<wire::AddressExchanges> =
        serde_json::from_value(exchanges).map_err(|error| format!("what it recorded cannot be read: {error}"))?;
    let fits = |one: &wire::AddressExchanges| {
        one.connections.len() <= CONNECTIONS && one.connections.iter().all(|one| one.pieces.len() <= PIECES)
    };
    if exchanges.len() > ENDPOINTS * ADDRESSES || !exchanges.iter().all(fits) {
        return Err("it records more than a look has".to_owned());
    }
    Ok(SavedLook { as_of, endpoints, exchanges })
}

/// Takes out of every text what moves a cursor.
fn clean(value: &mut Value) {
    match value {
        Value::String(text) => text.retain(|letter| !letter.is_control() || letter == '\n'),
        Value::Array(items) => items.iter_mut().for_each(clean),
        Value::Object(entries) => entries.values_mut().for_each(clean),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(endpoints: &str) -> String {
        format!(r#"{{"schema":"{SAVED}","as_of":"2026-11-27T00:00:00Z","endpoints":{endpoints}}}"#)
    }

    #[test]
    fn what_is_no_saved_look_is_refused() {
        let deep = file(&("[".repeat(100_000) + &"]".repeat(100_000)));
        for (text, why) in [
            ("", "it is no JSON"),
            ("[]", "it is nothing that"),
            (r#"{"schema":"portcullis.report/1"}"#, "it is nothing that"),
            (r#"{"schema":"portcullis.exchanges/1"}"#, "it does not say when"),
            (r#"{"schema":"portcullis.exchanges/1","as_of":"2026-11-27T00:00:00Z"}"#, "it holds nothing"),
            (&file("[1]"), "what it holds"),
            (&deep, "it is no JSON: recursion limit"),
        ] {
            let said = saved_look(text.as_bytes()).err().unwrap_or_default();
            assert!(said.starts_with(why), "{why}: {said}");
        }
    }

    #[test]
    fn what_others_put_into_a_file_is_bounded_and_moves_no_cursor() {
        let endpoint = |evidence: &str| {
            format!(
                r#"{{"seen":{{"endpoint":"a\u001b[2J:1","host":"a","port":1,"component":null,"reason":null,"addresses":[],
"differ":[],"findings":[]}},"evidence":[{evidence}]}}"#
            )
        };
        let piece = r#"{"name":"http://h:1","kind":"answers","text":"a\u0007\nb","gap":null}"#;
        let saved = saved_look(file(&format!("[{}]", endpoint(piece))).as_bytes()).expect("a look");
        assert_eq!(saved.endpoints[0].seen.endpoint, "a[2J:1");
        assert_eq!(saved.endpoints[0].evidence[0].text.as_deref(), Some("a\nb"));
        let many = vec![endpoint(""); ENDPOINTS + 1].join(",");
        assert!(saved_look(file(&format!("[{many}]")).as_bytes()).is_err());
        let many = vec![piece; 2 * ADDRESSES + 1].join(",");
        assert!(saved_look(file(&format!("[{}]", endpoint(&many))).as_bytes()).is_err());
    }
}
