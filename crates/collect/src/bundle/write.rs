//! Writes a bundle while clusters come in; of each nothing is kept but where it went.

use std::{
    collections::{BTreeMap, HashMap},
    io::{self, Write},
};

use facts::Gathered;
use flate2::{Compression, write::DeflateEncoder};
use model::hex;
use sha2::{Digest as _, Sha256};

use super::{
    END, HEAD, LARGEST_CLUSTER, LARGEST_RECORD, LARGEST_TEXT, MAGIC, MOST_CLUSTERS, MOST_PIECES, PrivateKey, VERSION,
    record::{ClusterRecord, Manifest, Member, Named, TargetRecord, Tool},
};
use crate::{Outcome, live::Live};

/// A bundle that is being written.
pub struct Writer<W: Write> {
    out: W,
    offset: u64,
    known: HashMap<[u8; 32], Member>,
    manifest: Manifest,
    size: Size,
}

/// What a bundle came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    pub clusters: usize,
    pub pieces: usize,
    /// Of all texts, before they were packed.
    pub unpacked: u64,
    pub bytes: u64,
}

impl<W: Write> Writer<W> {
    /// Begins a bundle, collected at that moment (RFC 3339).
    ///
    /// # Errors
    ///
    /// Those of `out`, here and below.
    pub fn new(mut out: W, collected: &str, version: &str) -> io::Result<Self> {
        out.write_all(&MAGIC)?;
        out.write_all(&VERSION.to_le_bytes())?;
        let manifest = Manifest {
            schema: format!("portcullis.bundle/{VERSION}"),
            tool: Tool { name: "portcullis".to_owned(), version: version.to_owned() },
            collected: collected.to_owned(),
            clusters: Vec::new(),
            targets: Vec::new(),
        };
        Ok(Self { out, offset: HEAD, known: HashMap::new(), manifest, size: Size::default() })
    }

    /// Adds a cluster.
    ///
    /// # Errors
    ///
    /// It is larger than what is read again, or cannot be written.
    pub fn cluster(
        &mut self,
        gathered: &Gathered,
        live: Option<&Live>,
        labels: &BTreeMap<String, String>,
    ) -> io::Result<()> {
        let texts = || gathered.evidence.iter().filter_map(|piece| piece.text()).map(|text| text.len() as u64);
        let fits = texts().all(|length| length <= LARGEST_TEXT) && texts().sum::<u64>() <= LARGEST_CLUSTER;
        if !fits || gathered.evidence.len() > MOST_PIECES || self.manifest.clusters.len() >= MOST_CLUSTERS {
            let name = &gathered.name;
            return Err(io::Error::other(format!("`{name}` is more than a bundle holds; collect its parts apart")));
        }
        let record = ClusterRecord::of(gathered, live, labels, &mut |text| self.member(text.as_bytes()))?;
        let bytes = serde_json::to_vec(&record)?;
        if bytes.len() as u64 > LARGEST_RECORD {
            return Err(io::Error::other(format!("`{}` has more pieces than a bundle holds", gathered.name)));
        }
        let record = self.member(&bytes)?;
        self.size.clusters += 1;
        self.size.pieces += gathered.evidence.len();
        self.size.unpacked += texts().sum::<u64>();
        self.manifest.clusters.push(Named { name: gathered.name.clone(), record });
        Ok(())
    }

    /// Says what became of a target, behind its clusters.
    pub fn target(&mut self, name: &str, outcome: &Outcome) {
        let before = self.manifest.clusters.len();
        self.manifest.targets.push(TargetRecord::of(name, outcome, before));
    }

    /// Writes the end, signed where there is a key, and gives back what was written to.
    pub fn finish(mut self, key: Option<&PrivateKey>) -> io::Result<(W, Size)> {
        let bytes = serde_json::to_vec(&self.manifest)?;
        if bytes.len() as u64 > LARGEST_RECORD {
            return Err(io::Error::other("there are more targets than a bundle holds".to_owned()));
        }
        let digest: [u8; 32] = Sha256::digest(&bytes).into();
        let Member { offset, packed, bytes, .. } = self.member(&bytes)?;
        let (public, signature) = key.map_or(([0; 32], [0; 64]), |key| key.sign(&digest));
        for number in [offset, packed, bytes] {
            self.out.write_all(&number.to_le_bytes())?;
        }
        self.out.write_all(&digest)?;
        self.out.write_all(&public)?;
        self.out.write_all(&signature)?;
        self.out.write_all(&END)?;
        self.out.flush()?;
        self.size.bytes = self.offset + super::TAIL as u64;
        Ok((self.out, self.size))
    }

    /// Puts bytes away, unless they are there already.
    fn member(&mut self, bytes: &[u8]) -> io::Result<Member> {
        let digest: [u8; 32] = Sha256::digest(bytes).into();
        if let Some(known) = self.known.get(&digest) {
            return Ok(known.clone());
        }
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes)?;
        let packed = encoder.finish()?;
        self.out.write_all(&packed)?;
        let member = Member {
            sha256: hex(&digest),
            offset: self.offset,
            packed: packed.len() as u64,
            bytes: bytes.len() as u64,
        };
        self.offset += member.packed;
        self.known.insert(digest, member.clone());
        Ok(member)
    }
}
