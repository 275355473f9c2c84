//! Reads a bundle, one cluster at a time, and takes nobody's word for a length.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io::{Read, Seek, SeekFrom},
    sync::Arc,
};

use facts::{Gathered, Redactor};
use flate2::read::DeflateDecoder;
use model::{Evidence, EvidenceId};
use sha2::{Digest as _, Sha256};

use super::{
    END, HEAD, LARGEST_CLUSTER, LARGEST_RECORD, LARGEST_TEXT, LARGEST_WHOLE, MAGIC, MOST_CLUSTERS, MOST_PIECES,
    PublicKey, TAIL, VERSION,
    record::{BodyRecord, ClusterRecord, Manifest, Member, Odd, short},
    unhex,
};
use crate::{Inputs, Outcome, Trouble, live::Live};

/// A bundle whose manifest was read and is whole.
pub struct Bundle<R> {
    from: R,
    length: u64,
    manifest: Manifest,
    digest: [u8; 32],
    public: [u8; 32],
    signature: [u8; 64],
    /// Bytes that may still be unpacked.
    pub(super) left: u64,
}

/// Why nothing of a bundle is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable {
    pub message: String,
    pub hint: Option<String>,
}

impl Unusable {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }
}

/// Who vouches for a bundle, as far as it says itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    Nobody,
    /// The signature is that key's; whose the key is, is for the reader to know.
    By(PublicKey),
    /// There is a signature and it does not fit.
    Wrongly,
}

/// One cluster as it was seen.
pub(crate) struct Seen {
    pub(crate) gathered: Gathered,
    pub(crate) live: Option<Live>,
    pub(crate) labels: BTreeMap<String, String>,
}

impl<R: Read + Seek> Bundle<R> {
    /// Reads head, tail and manifest.
    ///
    /// # Errors
    ///
    /// The bytes are no bundle, or of another version, or not whole.
    pub fn open(mut from: R) -> Result<Self, Unusable> {
        let cut = || Unusable {
            message: "the bundle is cut short, or something was added to it".to_owned(),
            hint: Some("copy it again, or collect it again".to_owned()),
        };
        let failed = |error: std::io::Error| Unusable::new(format!("cannot be read: {error}"));
        let length = from.seek(SeekFrom::End(0)).map_err(failed)?;
        if length < HEAD + TAIL as u64 {
            return Err(cut());
        }
        let mut head = [0; 12];
        from.rewind().and_then(|()| from.read_exact(&mut head)).map_err(failed)?;
        let (magic, version) = head.split_at(MAGIC.len());
        if magic != MAGIC {
            return Err(Unusable::new("this is no bundle"));
        }
        let version = version.try_into().map(u32::from_le_bytes).unwrap_or_default();
        if version != VERSION {
            return Err(Unusable {
                message: format!("the bundle is of version {version}, and this build reads version {VERSION}"),
                hint: Some("use the build that wrote it, or a newer one".to_owned()),
            });
        }
        let mut tail = [0; TAIL];
        let at = length - TAIL as u64;
        from.seek(SeekFrom::Start(at)).and_then(|_| from.read_exact(&mut tail)).map_err(failed)?;
        let mut rest = &tail[..];
        let offset = u64::from_le_bytes(taken(&mut rest));
        let packed = u64::from_le_bytes(taken(&mut rest));
        let bytes = u64::from_le_bytes(taken(&mut rest));
        let digest: [u8; 32] = taken(&mut rest);
        let public: [u8; 32] = taken(&mut rest);
        let signature: [u8; 64] = taken(&mut rest);
        if rest != END || offset.checked_add(packed) != Some(at) {
            return Err(cut());
        }
        let none = Manifest {
            schema: String::new(),
            tool: super::record::Tool { name: String::new(), version: String::new() },
            collected: String::new(),
            clusters: Vec::new(),
            targets: Vec::new(),
        };
        let mut bundle = Self { from, length, manifest: none, digest, public, signature, left: LARGEST_WHOLE };
        let member = Member { sha256: model::hex(&digest), offset, packed, bytes };
        let manifest = bundle.member(&member, LARGEST_RECORD).map_err(|why| Unusable {
            hint: cut().hint,
            ..Unusable::new(format!("the manifest of the bundle: {why}"))
        })?;
        let manifest: Manifest = serde_json::from_slice(&manifest)
            .map_err(|error| Unusable::new(format!("the manifest of the bundle is not as it should be: {error}")))?;
        if manifest.schema != format!("portcullis.bundle/{VERSION}") {
            return Err(Unusable::new("the manifest of the bundle is of another kind"));
        }
        if manifest.clusters.len() > MOST_CLUSTERS || manifest.targets.len() > MOST_CLUSTERS {
            return Err(Unusable::new(format!("the bundle names more than {MOST_CLUSTERS} clusters")));
        }
        let mut known = BTreeSet::new();
        if manifest.clusters.iter().any(|named| !known.insert(&named.record.sha256)) {
            return Err(Unusable::new("the bundle names one cluster twice"));
        }
        let texts =
            manifest.clusters.iter().map(|named| &named.name).chain(manifest.targets.iter().map(|one| &one.name));
        for text in texts.chain([&manifest.collected, &manifest.tool.version]) {
            short(text).map_err(Unusable::new)?;
        }
        bundle.manifest = manifest;
        Ok(bundle)
    }

    /// When it was collected, and with which version.
    pub fn collected(&self) -> (&str, &str) {
        (&self.manifest.collected, &self.manifest.tool.version)
    }

    pub fn clusters(&self) -> usize {
        self.manifest.clusters.len()
    }

    pub fn signed(&self) -> Signed {
        if self.public == [0; 32] && self.signature == [0; 64] {
            return Signed::Nobody;
        }
        let key = PublicKey(self.public);
        if key.signed(&self.digest, &self.signature) { Signed::By(key) } else { Signed::Wrongly }
    }

    /// Whether that key signed all that the bundle holds.
    ///
    /// # Errors
    ///
    /// Why not.
    pub fn verify(&self, key: &PublicKey) -> Result<(), Unusable> {
        match self.signed() {
            Signed::By(who) if who == *key => Ok(()),
            Signed::By(who) => Err(Unusable::new(format!("the bundle is signed by {who}, not by {key}"))),
            Signed::Nobody => Err(Unusable {
                message: "the bundle is not signed".to_owned(),
                hint: Some("portcullis collect --sign KEY signs it".to_owned()),
            }),
            Signed::Wrongly => Err(Unusable::new("the signature of the bundle does not fit what it holds")),
        }
    }

    /// Hands over the clusters, and what became of each target behind those that came before it, as the run did. A cluster
    /// that is damaged is told of and hides no other.
    pub(crate) fn replay(
        &mut self,
        name: &str,
        redactor: &mut Redactor,
        on: &mut dyn FnMut(Result<Seen, (String, Outcome)>),
    ) {
        let clusters = std::mem::take(&mut self.manifest.clusters);
        let targets = std::mem::take(&mut self.manifest.targets);
        let mut targets = targets.iter().peekable();
        let mut ended = |before: usize, on: &mut dyn FnMut(Result<Seen, (String, Outcome)>)| {
            while let Some(target) = targets.next_if(|target| target.before <= before) {
                on(Err((target.name.clone(), target.outcome())));
            }
        };
        for (at, named) in clusters.iter().enumerate() {
            ended(at, on);
            match self.cluster(&named.record, redactor) {
                Ok(seen) => on(Ok(seen)),
                Err(why) => {
                    let target = format!("{name}!{}", named.name);
                    let trouble = Trouble {
                        target: target.clone(),
                        message: format!("the cluster is damaged: {why}"),
                        hint: Some("copy the bundle again, or collect it again".to_owned()),
                        place: Some((EvidenceId::new(target.as_str()), None)),
                    };
                    let inputs = Inputs { unread: 1, ..Inputs::default() };
                    on(Err((target, Outcome { inputs, troubles: vec![trouble], ..Outcome::default() })));
                }
            }
        }
        ended(usize::MAX, on);
    }

    fn cluster(&mut self, member: &Member, redactor: &mut Redactor) -> Result<Seen, Odd> {
        let bytes = self.member(member, LARGEST_RECORD)?;
        let record: ClusterRecord =
            serde_json::from_slice(&bytes).map_err(|error| format!("its record is not as it should be: {error}"))?;
        drop(bytes);
        if record.evidence.len() > MOST_PIECES {
            return Err(format!("it has more than {MOST_PIECES} pieces"));
        }
        let stated = record.evidence.iter().map(|piece| match &piece.body {
            BodyRecord::Text(member) => member.bytes,
            _ => 0,
        });
        if stated.fold(0, u64::saturating_add) > LARGEST_CLUSTER {
            return Err(format!("its texts are larger than {} MiB", LARGEST_CLUSTER >> 20));
        }
        let base = redactor.numbers(record.groups());
        let mut known: HashMap<&str, Arc<str>> = HashMap::new();
        let mut names = BTreeSet::new();
        let mut evidence: Vec<Evidence> = Vec::new();
        for piece in &record.evidence {
            if !names.insert(piece.name.as_str()) {
                return Err(format!("it names `{}` twice", shown(&piece.name)));
            }
            let odd = |why: Odd| format!("`{}`: {why}", shown(&piece.name));
            let text = match &piece.body {
                BodyRecord::Text(member) => Some(match known.get(member.sha256.as_str()) {
                    Some(text) => Arc::clone(text),
                    None => {
                        let bytes = self.member(member, LARGEST_TEXT).map_err(odd)?;
                        let text = String::from_utf8(bytes).map_err(|_| odd("it is no text".to_owned()))?;
                        let text: Arc<str> = text.into();
                        known.insert(&member.sha256, Arc::clone(&text));
                        text
                    }
                }),
                _ => None,
            };
            // Whoever made the bundle may have cut less than is cut today, or nothing.
            evidence.push(redactor.again(piece.evidence(text, base).map_err(odd)?));
        }
        let live = record.live();
        let ClusterRecord { name, target, root, labels, .. } = record;
        let root = root.as_deref().map(short).transpose()?;
        for text in labels.iter().flat_map(|(key, value)| [key, value]) {
            short(text)?;
        }
        Ok(Seen {
            gathered: Gathered {
                name: short(&name)?,
                target: short(&target)?,
                root,
                evidence,
                trees: facts::Trees::default(),
            },
            live,
            labels,
        })
    }

    /// Unpacks a member, which must be what it is said to be.
    fn member(&mut self, member: &Member, largest: u64) -> Result<Vec<u8>, Odd> {
        let Member { sha256, offset, packed, bytes } = member;
        let digest: [u8; 32] = unhex(sha256).ok_or("a digest is no hexadecimal number")?;
        let end = offset.checked_add(*packed).filter(|end| *offset >= HEAD && *end <= self.length - TAIL as u64);
        if end.is_none() {
            return Err("it lies outside the bundle".to_owned());
        }
        if *bytes > largest {
            return Err(format!("it is larger than {} MiB", largest >> 20));
        }
        self.left = self.left.checked_sub(*bytes).ok_or("the bundle as a whole unpacks to more than is read")?;
        self.from.seek(SeekFrom::Start(*offset)).map_err(|error| format!("it cannot be read: {error}"))?;
        let mut unpacked = Vec::new();
        let stream = DeflateDecoder::new((&mut self.from).take(*packed));
        let read = stream.take(bytes + 1).read_to_end(&mut unpacked);
        read.map_err(|error| format!("it cannot be unpacked: {error}"))?;
        if unpacked.len() as u64 != *bytes {
            return Err("it is not as long as it should be".to_owned());
        }
        if <[u8; 32]>::from(Sha256::digest(&unpacked)) != digest {
            return Err("it is not what its digest says".to_owned());
        }
        Ok(unpacked)
    }
}

fn taken<const N: usize>(rest: &mut &[u8]) -> [u8; N] {
    let mut bytes = [0; N];
    let (first, others) = rest.split_at(N);
    bytes.copy_from_slice(first);
    *rest = others;
    bytes
}

fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(200).collect()
}
