//! What endpoints show to a stranger, for a person.

use std::fmt::Write as _;

use model::Severity;

use super::{
    Look, probe_http, probe_tls,
    wrap::{Paint, indented, plain},
};
use crate::wire::{Probe, ProbedAddress, ProbedEndpoint};

/// A whole run of `probe`.
pub fn probe_text(probe: &Probe, look: Look) -> String {
    let mut text = String::new();
    for endpoint in &probe.endpoints {
        one(endpoint, look, &mut text);
    }
    text
}

fn one(endpoint: &ProbedEndpoint, look: Look, text: &mut String) {
    let paint = Paint(look.color);
    let component = endpoint.component.as_ref().map(|name| format!(" (port of {name})")).unwrap_or_default();
    let _ = writeln!(text, "{}{component}", paint.bold(&plain(&endpoint.endpoint)));
    if let Some(reason) = &endpoint.reason {
        text.push_str(&paint.yellow(&indented(&format!("undetermined: {}", plain(reason)), 2, 4, look.width)));
    }
    for address in &endpoint.addresses {
        of_address(address, &endpoint.host, look, text);
    }
    if !endpoint.differ.is_empty() {
        let line = format!("its addresses are not alike: they differ in {}", endpoint.differ.join(", "));
        text.push_str(&indented(&line, 2, 4, look.width));
    }
    for finding in &endpoint.findings {
        let failed = finding.outcome == "fail";
        let grade = if failed { finding.severity.as_str() } else { "undetermined" };
        let line = format!("{grade}: {} [{}]", plain(&finding.message), finding.rule);
        let line = indented(&line, 2, 4, look.width);
        let severity = Severity::ALL.into_iter().find(|known| failed && known.name() == finding.severity);
        text.push_str(&severity.map_or_else(|| paint.yellow(&line), |severity| paint.severity(severity, &line)));
    }
}

fn of_address(address: &ProbedAddress, host: &str, look: Look, text: &mut String) {
    let cost = format!(
        "{}: {} connection{}, {} request{}, {} bytes sent, {} received",
        plain(&address.address),
        address.connections,
        if address.connections == 1 { "" } else { "s" },
        address.requests,
        if address.requests == 1 { "" } else { "s" },
        address.bytes_sent,
        address.bytes_received
    );
    text.push_str(&indented(&cost, 2, 4, look.width));
    if let Some(tls) = &address.tls {
        probe_tls::tls(tls, host, look, text);
    }
    if let Some(reason) = &address.tls_reason {
        let line = format!("TLS: undetermined: {}", plain(reason));
        text.push_str(&Paint(look.color).yellow(&indented(&line, 2, 4, look.width)));
    }
    if let Some(http) = &address.http {
        probe_http::http(http, look, text);
    }
    if let Some(reread) = &address.reread {
        let line = format!("{} conversations of its record were read again", reread.conversations);
        let so = if reread.contradictions.is_empty() { ", and show the same" } else { ", and contradict it:" };
        text.push_str(&indented(&format!("{line}{so}"), 2, 4, look.width));
        for one in &reread.contradictions {
            text.push_str(&Paint(look.color).yellow(&indented(&plain(one), 4, 6, look.width)));
        }
    }
}
