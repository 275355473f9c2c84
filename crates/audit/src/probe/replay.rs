//! What a look saved, judged again: the same evidence gives the same verdicts, and nobody is asked.
//!
//! The file may come from anywhere: what is taken of it is bounded where it is read, and read again as any evidence is; and what it
//! says was seen is held against the bytes that it recorded ([`reread`](super::reread)).

use collect::Target;
use facts::Redactor;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use model::{Body, Evidence, EvidenceId, Gap, GapKind, Kind, Plane};
use report::wire;

use super::{Probe, convert};
use crate::LARGEST;

/// A look that was saved.
pub struct Saved {
    /// The moment that counted as now.
    pub as_of: Timestamp,
    endpoints: Vec<wire::SavedEndpoint>,
    exchanges: Vec<wire::AddressExchanges>,
}

/// What a look showed and is judged by, as it is saved.
pub(super) fn save(seen: wire::ProbedEndpoint, evidence: &[Evidence]) -> wire::SavedEndpoint {
    let piece = |piece: &Evidence| wire::SavedEvidence {
        name: piece.id.to_string(),
        kind: if piece.kind == Kind::Handshake { "handshake" } else { "answers" }.to_owned(),
        text: piece.text().map(|text| text.to_string()),
        gap: match &piece.body {
            Body::Unread(gap) => Some(wire::SavedGap {
                reason: gap.reason.clone(),
                wanted: gap.wanted.clone(),
                who_could_answer: gap.who_could_answer.clone(),
            }),
            _ => None,
        },
    };
    wire::SavedEndpoint { seen, evidence: evidence.iter().map(piece).collect() }
}

/// Reads what `probe --evidence` wrote; an error says why it is none.
pub fn saved(target: &Target, stdin: &mut dyn std::io::Read) -> Result<Saved, String> {
    let report::SavedLook { as_of, endpoints, exchanges } =
        report::saved_look(&collect::bytes(target, LARGEST, stdin)?)?;
    let as_of = as_of.parse().map_err(|_| "it does not say when that was (`as_of`)")?;
    Ok(Saved { as_of, endpoints, exchanges })
}

/// Judges it as of a moment.
pub fn replay(saved: Saved, as_of: Timestamp) -> Probe {
    let day = as_of.to_zoned(TimeZone::UTC).date();
    let mut found = Probe::begin(as_of);
    let Saved { endpoints, exchanges, .. } = saved;
    for wire::SavedEndpoint { mut seen, evidence } in endpoints {
        let mut redactor = Redactor::new();
        let evidence = evidence.into_iter().map(|piece| taken(piece, &mut redactor)).collect();
        for address in &mut seen.addresses {
            for certificate in
                address.tls.iter_mut().flat_map(|tls| &mut tls.chains).flat_map(|chain| &mut chain.certificates)
            {
                let last = certificate.not_after.as_deref().and_then(|day| day.parse::<Date>().ok());
                certificate.days_left = last.map(|last| (last - day).get_days());
            }
        }
        for address in &mut seen.addresses {
            address.reread = None;
        }
        found.judge(seen, evidence, day, |endpoint, address| {
            let of = |one: &&wire::AddressExchanges| one.endpoint == endpoint && one.address == address;
            exchanges.iter().find(of).map(convert::recorded).unwrap_or_default()
        });
    }
    found
}

fn taken(piece: wire::SavedEvidence, redactor: &mut Redactor) -> Evidence {
    let wire::SavedEvidence { name, kind, text, gap } = piece;
    let (id, plane) = (EvidenceId::new(name), Plane::Observed);
    let kind = if kind == "handshake" { Kind::Handshake } else { Kind::Answers };
    let body = match (text, gap) {
        (Some(text), _) if kind == Kind::Answers => return redactor.evidence(id, plane, kind, &text),
        (Some(text), _) => Body::Text(text.into()),
        (None, Some(wire::SavedGap { reason, wanted, who_could_answer })) => {
            Body::Unread(Gap { kind: GapKind::Unread, reason, wanted, who_could_answer })
        }
        (None, None) => Body::Missing,
    };
    Evidence::of(id, plane, kind, body)
}
