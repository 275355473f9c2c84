//! Every certificate seen, wherever it was: what clusters name, what lies in folders, and what endpoints show.

use std::{collections::BTreeMap, io};

use collect::endpoint::{self, Endpoint, Manner};
use facts::{
    Cluster, Gathered, Redactor,
    pki::{self, Certificate, Item},
};
use jiff::civil::Date;
use model::{Evidence, Location};
use report::wire;

use crate::{Look, Summary, Target, asks, line::each_cluster, probe::digest};

/// What a run of `certs` found.
pub struct Certs {
    /// By the day on which they end.
    pub certificates: Vec<wire::HeldCertificate>,
    pub unread: Vec<wire::Unseen>,
    pub summary: Summary,
}

/// One certificate, and all places where it was found.
struct Found {
    certificate: Certificate,
    uses: Vec<&'static str>,
    places: Vec<wire::CertificatePlace>,
}

#[derive(Default)]
struct Drawer {
    found: BTreeMap<Vec<u8>, Found>,
    unread: Vec<wire::Unseen>,
}

/// Endpoints to look at besides.
pub struct Outside<'a> {
    pub endpoints: &'a [Endpoint],
    pub manner: &'a Manner,
    /// Called whenever one of them was looked at.
    pub done: &'a dyn Fn(),
}

/// Looks at targets, and at endpoints from outside.
pub fn certs(
    targets: &[Target],
    look: &Look,
    outside: &Outside<'_>,
    as_of: Date,
    stdin: &mut (dyn io::Read + Send),
) -> Certs {
    let mut summary = Summary::default();
    let mut drawer = Drawer::default();
    each_cluster(targets, look, asks(&[]), stdin, &mut summary, &|_| (), &mut |came, _| {
        // What gave no cluster is told by the summary.
        if let Ok((known, ())) = came {
            drawer.of_cluster(&known.cluster);
        }
    });
    let mut redactor = Redactor::new();
    for target in targets {
        let Target::Path(path) = target else { continue };
        let mut held_one = false;
        for piece in collect::pem::pem(path, &mut redactor) {
            // What tools write before the block is no broken YAML to anybody who asks for certificates.
            if drawer.of_file(&piece) {
                held_one = true;
                summary
                    .problems
                    .retain(|problem| problem.place.as_ref().is_none_or(|(evidence, _)| evidence != piece.id.as_str()));
            }
        }
        // A folder of certificates declares no component, and is what was wanted, also where each was seen elsewhere before.
        if held_one {
            summary.empty.retain(|(name, _)| *name != target.name());
        }
    }
    for probed in endpoint::look(outside.endpoints, outside.manner, outside.done) {
        let name = probed.endpoint.to_string();
        let seen = match probed.seen {
            Ok(seen) => seen,
            Err(why) => {
                drawer.unread.push(wire::Unseen { what: format!("tls://{name}"), reason: why.to_string() });
                continue;
            }
        };
        let evidence = seen.iter().map(|one| endpoint::evidence(one, seen.len() == 1)).collect();
        let gathered = Gathered::of(name, evidence);
        drawer.of_cluster(&facts::resolve(gathered, &facts::Options { version: None, as_of: Some(as_of) }));
    }
    let mut certificates: Vec<wire::HeldCertificate> =
        drawer.found.into_values().map(|found| held(found, as_of)).collect();
    // What never ends comes last.
    certificates.sort_by(|a, b| {
        let key = |one: &wire::HeldCertificate| (one.not_after.is_none(), one.not_after.clone());
        (key(a), &a.subject, &a.sha256).cmp(&(key(b), &b.subject, &b.sha256))
    });
    drawer.unread.sort_by(|a, b| (&a.what, &a.reason).cmp(&(&b.what, &b.reason)));
    drawer.unread.dedup_by(|a, b| a.what == b.what && a.reason == b.reason);
    Certs { certificates, unread: drawer.unread, summary }
}

impl Drawer {
    fn of_cluster(&mut self, cluster: &Cluster) {
        for held in &cluster.pki {
            if let Some(gap) = &held.gap {
                self.unread.push(wire::Unseen { what: held.name.clone(), reason: gap.reason.clone() });
            }
            let piece = cluster.evidence.iter().find(|piece| piece.id == held.file);
            for found in &held.found {
                let uses: Vec<&'static str> = found.roles.iter().map(|role| role.does()).collect();
                // What stands behind the first of a chain is for who issued it, and does nothing of its own.
                let uses =
                    if found.is_leaf || found.roles.iter().all(|role| role.is_authority()) { uses } else { Vec::new() };
                self.add(&found.placed.item, &found.placed.at, piece, Some(&cluster.name), &uses);
            }
        }
    }

    /// Whether there was any.
    fn of_file(&mut self, piece: &Evidence) -> bool {
        let held = pki::read(piece).unwrap_or_default();
        for placed in &held {
            self.add(&placed.item, &placed.at, Some(piece), None, &[]);
        }
        held.iter().any(|placed| matches!(placed.item, Item::Certificate(_)))
    }

    fn add(
        &mut self,
        item: &Item,
        at: &Location,
        piece: Option<&Evidence>,
        cluster: Option<&str>,
        uses: &[&'static str],
    ) {
        let certificate = match item {
            Item::Certificate(certificate) => certificate,
            Item::Other { label, fault: Some(fault) } if label == "CERTIFICATE" => {
                self.unread.push(wire::Unseen { what: at.evidence.to_string(), reason: fault.clone() });
                return;
            }
            Item::Other { .. } | Item::PublicKey(_) | Item::PrivateKey { .. } => return,
        };
        let line = piece.and_then(Evidence::text).zip(at.span).map(|(text, span)| {
            let before = text.get(..span.start as usize).unwrap_or_default();
            u32::try_from(before.matches('\n').count()).unwrap_or(u32::MAX).saturating_add(1)
        });
        let place = wire::CertificatePlace {
            evidence: at.evidence.to_string(),
            line,
            pointer: at.pointer.clone(),
            cluster: cluster.map(str::to_owned),
        };
        let found = self.found.entry(certificate.bytes.clone()).or_insert_with(|| Found {
            certificate: certificate.as_ref().clone(),
            uses: Vec::new(),
            places: Vec::new(),
        });
        found.uses.extend(uses);
        // The same place may be found as that of a cluster and as a file.
        let known = found.places.iter().any(|known| known.evidence == place.evidence && known.line == place.line);
        if !known {
            found.places.push(place);
        }
    }
}

fn held(found: Found, as_of: Date) -> wire::HeldCertificate {
    let Found { certificate, mut uses, mut places } = found;
    uses.sort_unstable();
    uses.dedup();
    places.sort_by(|a, b| (&a.evidence, a.line).cmp(&(&b.evidence, b.line)));
    let last = certificate.last_day();
    wire::HeldCertificate {
        subject: certificate.subject.text.clone(),
        issuer: certificate.issuer.text.clone(),
        not_before: certificate.first_day().map(|day| day.to_string()),
        not_after: last.map(|day| day.to_string()),
        days_left: last.map(|last| (last - as_of).get_days()),
        hosts: certificate.hosts.clone(),
        key: certificate.key.algorithm.clone(),
        key_bits: certificate.key.bits,
        signature: certificate.signature.clone(),
        authority: certificate.authority,
        uses: uses.into_iter().map(str::to_owned).collect(),
        places,
        sha256: digest(&certificate.bytes),
    }
}
