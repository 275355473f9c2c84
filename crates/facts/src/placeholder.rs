//! Values that somebody still has to fill in.
//!
//! A manifest under version control is often one step short of the file that a node reads: a script or a template engine
//! replaces markers in it. A marker is no value, and judging it as one would be judging a file that nobody runs.

/// The first placeholder in a value, as written; `None` where there is none.
///
/// Markers of Helm, Jinja and Go (`{{ … }}`, `{% … %}`), ERB (`<% … %>`), Terraform and envsubst (`${…}`, `$NAME`), Azure
/// and sed recipes (`__NAME__`, `<NAME>`, `@NAME@`, `{NAME}`), and names in capitals with underscores (`API_PORT`).
pub fn placeholder(value: &str) -> Option<&str> {
    for (open, close) in [("{{", "}}"), ("{%", "%}"), ("<%", "%>"), ("${", "}")] {
        if let Some(start) = value.find(open) {
            let inside = start + open.len();
            let end = value[inside..].find(close).map_or(value.len(), |at| inside + at + close.len());
            return Some(&value[start..end]);
        }
    }
    if let Some(name) =
        between(value, "__", "__").or_else(|| between(value, "<", ">")).or_else(|| between(value, "@", "@"))
    {
        return Some(name);
    }
    if let Some(at) = value.find('$') {
        let rest = &value[at + 1..];
        let length = rest.bytes().take_while(|&b| b.is_ascii_alphanumeric() || b == b'_').count();
        if rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            return Some(&value[at..at + 1 + length]);
        }
    }
    braced(value).or_else(|| capitals(value))
}

/// `{HOST_IP}`: one pair of braces about a name in capitals.
fn braced(value: &str) -> Option<&str> {
    let start = value.find('{')?;
    let length = value[start..].find('}')?;
    let name = &value[start + 1..start + length];
    let named = name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    named.then(|| &value[start..=start + length])
}

/// A part of the value in capitals with underscores, which no flag of a component takes but for cipher suites.
fn capitals(value: &str) -> Option<&str> {
    value.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).find(|part| {
        part.trim_matches('_').contains('_')
            && part.starts_with(|c: char| c.is_ascii_uppercase())
            && !part.starts_with("TLS_")
            && part.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    })
}

/// A marker such as `__MASTER_IP__` or `<node-ip>`, delimiters included.
fn between<'a>(value: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let start = value.find(open)?;
    let inside = start + open.len();
    let length = value[inside..].find(close)?;
    let name = &value[inside..inside + length];
    let named = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_- .".contains(&b));
    // `(?P<name>…)` names a group of a regular expression.
    let group = open == "<" && (value[..start].ends_with("(?") || value[..start].ends_with("(?P"));
    (named && !group).then(|| &value[start..inside + length + close.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_seen_and_values_are_not() {
        for value in [
            "{{ .Values.x }}",
            "a{{x}}b",
            "<%= port %>",
            "${etcd_servers}",
            "https://__MASTER_IP__:2379",
            "<node-ip>",
            "@IP@",
            "$PRIVATE_IP",
            "API_PORT",
            "K8S_AUTHZ_MODE",
            "{{unclosed",
            "{HOST_IP}",
            "SERVICE_NETWORK/24",
        ] {
            assert!(placeholder(value).is_some(), "{value}");
        }
        for value in [
            "",
            "true",
            "Node,RBAC",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "10.0.0.1/24",
            "api/all=true",
            "$",
            "a$",
            "VersionTLS12",
            "X-Remote-User",
            "/events#http://127.0.0.1:4002",
            "system:anonymous",
            "a@b.example",
            "RBAC",
            "ServiceAccountIssuerDiscovery=true",
            "//(?P<host>[a-z]+)$",
        ] {
            assert_eq!(placeholder(value), None, "{value}");
        }
    }
}
