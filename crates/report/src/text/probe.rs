//! What endpoints show to a stranger, for a person.

use std::fmt::Write as _;

use super::{
    Look,
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
        of_address(address, look, text);
    }
}

fn of_address(address: &ProbedAddress, look: Look, text: &mut String) {
    let cost = format!(
        "{}: {} connections, {} bytes sent, {} received",
        plain(&address.address),
        address.connections,
        address.bytes_sent,
        address.bytes_received
    );
    text.push_str(&indented(&cost, 2, 4, look.width));
}
