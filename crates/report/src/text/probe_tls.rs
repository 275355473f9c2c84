//! What an endpoint shows of TLS, for a person.

use std::fmt::Write as _;

use super::{
    Look,
    wrap::{Paint, indented, plain},
};
use crate::wire::{ProbedCertificate, ProbedChain, ProbedSuites, ProbedTls};

/// Where the values stand.
const COLUMN: usize = 21;

pub(super) fn tls(tls: &ProbedTls, host: &str, look: Look, text: &mut String) {
    let mut row = |name: &str, value: &str| row(name, value, look, text);
    let names = |offered: Option<bool>| {
        let those = tls.protocols.iter().filter(|protocol| protocol.offered == offered);
        those.map(|protocol| plain(&protocol.name)).collect::<Vec<_>>()
    };
    // RFC 6176, RFC 7568 and RFC 8996.
    let old = |name: &String| ["SSL 2.0", "SSL 3.0", "TLS 1.0", "TLS 1.1"].contains(&name.as_str());
    let spoken =
        names(Some(true)).into_iter().map(|name| if old(&name) { format!("{name} (deprecated)") } else { name });
    row("versions", &listed(&spoken.collect::<Vec<_>>(), "none that it agrees on with a stranger"));
    if look.verbose {
        row("refused", &listed(&names(Some(false)), "none"));
    }
    if let Some(alpn) = &tls.alpn {
        row("speaks inside", &listed(alpn, "nothing that it names"));
    }
    for groups in &tls.groups {
        row(&format!("groups, {}", groups.protocol), &listed(&groups.groups, "none"));
    }
    if let Some(bits) = tls.dh_bits {
        row("Diffie-Hellman", &format!("its own numbers, of {bits} bits"));
    }
    let client = &tls.client_certificate;
    let asked = match (client.requested, client.required) {
        (Some(false), _) => Some("none is asked for"),
        (Some(true), Some(true)) => Some("one is required"),
        (Some(true), Some(false)) => Some("one is asked for, and none will do"),
        (Some(true), None) => Some("one is asked for"),
        (None, _) => None,
    };
    if let Some(asked) = asked {
        let from = if client.authorities.is_empty() {
            String::new()
        } else {
            let names: Vec<String> = client.authorities.iter().map(|name| format!("`{}`", plain(name))).collect();
            format!("; of {}", names.join(" or "))
        };
        row("client certificate", &format!("{asked}{from}"));
    }
    let switches = [
        ("compression", tls.compression),
        ("secure renegotiation", tls.secure_renegotiation),
        ("renegotiation begun by clients", tls.client_renegotiation),
        ("extended master secret", tls.extended_master_secret),
        ("fallback refused", tls.fallback_refused),
        ("session tickets", tls.session_tickets),
        ("stapled answer", tls.stapled_bytes.map(|bytes| bytes > 0)),
    ];
    let those = |wanted: bool| {
        let named = switches.iter().filter(|(_, seen)| *seen == Some(wanted)).map(|(name, _)| (*name).to_owned());
        named.collect::<Vec<_>>()
    };
    row("has", &listed(&those(true), "nothing of what follows"));
    row("has not", &listed(&those(false), "nothing"));
    for (at, suites) in tls.suites.iter().enumerate() {
        let whose = match suites.order.as_str() {
            "server" => "in the server's order",
            "client" => "the client chooses",
            "library" => "its library chooses, whatever is configured",
            _ if suites.suites.len() == 1 => "the only one",
            _ => "in no known order",
        };
        let names = |of: &ProbedSuites| of.suites.iter().map(|suite| suite.number).collect::<Vec<_>>();
        let before = tls.suites[..at].iter().find(|known| known.order == suites.order && names(known) == names(suites));
        if let Some(before) = before {
            let _ = writeln!(text, "  {} suites: those of {}", plain(&suites.protocol), plain(&before.protocol));
            continue;
        }
        let _ = writeln!(text, "  {} suites, {whose}:", plain(&suites.protocol));
        for suite in &suites.suites {
            match &suite.weakness {
                Some(why) => {
                    let line = format!("    {} ({})\n", plain(&suite.name), plain(why));
                    text.push_str(&Paint(look.color).yellow(&line));
                }
                None => {
                    let _ = writeln!(text, "    {}", plain(&suite.name));
                }
            }
        }
    }
    chains(&tls.chains, host, look, text);
    for unseen in &tls.unseen {
        let line = format!("undetermined: {}: {}", plain(&unseen.what), plain(&unseen.reason));
        text.push_str(&Paint(look.color).yellow(&indented(&line, 2, 4, look.width)));
    }
}

pub(super) fn row(name: &str, value: &str, look: Look, text: &mut String) {
    let line = format!("{name:<width$}{}", plain(value), width = COLUMN - 2);
    text.push_str("  ");
    // The wrap would swallow the blanks of the column.
    let wrapped = indented(&plain(value), COLUMN, COLUMN, look.width);
    let _ = write!(text, "{}", &line[..COLUMN - 2]);
    text.push_str(wrapped.get(COLUMN..).unwrap_or("\n"));
}

fn listed(items: &[String], nothing: &str) -> String {
    if items.is_empty() {
        nothing.to_owned()
    } else {
        items.iter().map(|item| plain(item)).collect::<Vec<_>>().join(", ")
    }
}

fn chains(chains: &[ProbedChain], host: &str, look: Look, text: &mut String) {
    let paint = Paint(look.color);
    let prints = |chain: &ProbedChain| chain.certificates.iter().map(|one| one.sha256.clone()).collect::<Vec<_>>();
    for (at, chain) in chains.iter().enumerate() {
        let asked = chain
            .sni
            .as_ref()
            .map_or("no name is asked for".to_owned(), |name| format!("`{}` is asked for", plain(name)));
        let same = chains[..at].iter().any(|known| known.reason.is_none() && prints(known) == prints(chain));
        if same && chain.reason.is_none() {
            if look.verbose {
                let line = format!("the same when {asked}, in {}", chain.protocol);
                text.push_str(&indented(&line, 2, 4, look.width));
            }
            continue;
        }
        if let Some(reason) = &chain.reason {
            text.push_str(&indented(&format!("certificates, when {asked}: {}", plain(reason)), 2, 4, look.width));
            continue;
        }
        let vouched = match chain.trust.as_deref() {
            Some("well-known") => "an authority that everybody knows vouches for it".to_owned(),
            Some("private") => "no authority that everybody knows vouches for it".to_owned(),
            _ => format!(
                "who vouches for it is undetermined: {}",
                plain(chain.trust_reason.as_deref().unwrap_or("not told"))
            ),
        };
        // A server may have keys of two kinds.
        let another = chains[..at].iter().any(|known| known.sni == chain.sni && known.reason.is_none());
        let what = if another { "other certificates" } else { "certificates" };
        let line = format!("{what}, when {asked} ({}): {vouched}", chain.protocol);
        text.push_str(&indented(&line, 2, 4, look.width));
        for (number, one) in chain.certificates.iter().enumerate() {
            certificate(number + 1, one, look, text);
        }
        if let Some(issuer) = &chain.issued_by {
            text.push_str(&indented(&format!("issued by `{}`, which is not sent", plain(issuer)), 4, 6, look.width));
        }
        if chain.names_host == Some(false) {
            let line = format!("it does not name {}, as clients that verify want", plain(host));
            text.push_str(&paint.yellow(&indented(&line, 4, 6, look.width)));
        }
        for fault in &chain.breaks {
            text.push_str(&paint.yellow(&indented(&plain(fault), 4, 6, look.width)));
        }
    }
}

fn certificate(number: usize, one: &ProbedCertificate, look: Look, text: &mut String) {
    let paint = Paint(look.color);
    if let Some(reason) = &one.reason {
        text.push_str(&paint.yellow(&indented(&format!("{number}. {}", plain(reason)), 4, 7, look.width)));
        return;
    }
    let bits =
        one.key_bits.filter(|_| !one.key.starts_with("Ed")).map(|bits| format!(" of {bits} bits")).unwrap_or_default();
    let line = format!("{number}. {}", plain(&one.subject));
    text.push_str(&indented(&line, 4, 7, look.width));
    let days = match one.days_left {
        Some(days) if days < 0 => format!(" ({} days ago)", -i64::from(days)),
        Some(days) => format!(" ({days} days left)"),
        None => String::new(),
    };
    let until = one.not_after.as_deref().unwrap_or("a day beyond every calendar");
    let from = one.not_before.as_deref().unwrap_or("?");
    let what = if one.authority == Some(true) { "an authority, " } else { "" };
    let line = format!("{what}{}{bits}, {}, {from} to {until}{days}", plain(&one.key), plain(&one.signature));
    let line = indented(&line, 7, 7, look.width);
    text.push_str(&if one.days_left.is_some_and(|days| days < 30) { paint.yellow(&line) } else { line });
    if !one.hosts.is_empty() {
        let hosts: Vec<String> = one.hosts.iter().map(|host| plain(host)).collect();
        text.push_str(&indented(&format!("for {}", hosts.join(", ")), 7, 9, look.width));
    }
    for odd in &one.oddities {
        text.push_str(&paint.yellow(&indented(&format!("odd: {}", plain(odd)), 7, 9, look.width)));
    }
}
