//! The records of a bundle: evidence as JSON, and back.
//!
//! Unknown keys are refused: a fact that a later version adds may be the reason that something is not a pass.

use std::{collections::BTreeMap, sync::Arc};

use facts::Gathered;
use model::{Body, CutSecret, Digest, Evidence, EvidenceId, Gap, Key, Nature, PrivateKey, Span, hex};
use serde::{Deserialize, Serialize};

use super::{LONGEST, words};
use crate::{
    Account, Inputs, Outcome, Place, Trouble,
    endpoint::Spent,
    live::{Live, Requests},
};

/// Names everything else, by digest.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) schema: String,
    pub(super) tool: Tool,
    /// RFC 3339.
    pub(super) collected: String,
    pub(super) clusters: Vec<Named>,
    pub(super) targets: Vec<TargetRecord>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tool {
    pub(super) name: String,
    pub(super) version: String,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) record: Member,
}

/// One member.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Member {
    pub(super) sha256: String,
    pub(super) offset: u64,
    pub(super) packed: u64,
    pub(super) bytes: u64,
}

/// What became of a target besides its clusters.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TargetRecord {
    pub(super) name: String,
    /// Clusters of the bundle that stand before the end of this target.
    pub(super) before: usize,
    pub(super) clusters: usize,
    pub(super) inputs: InputsRecord,
    pub(super) troubles: Vec<TroubleRecord>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InputsRecord {
    judged: usize,
    supporting: usize,
    not_ours: usize,
    templated: usize,
    broken: usize,
    unread: usize,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TroubleRecord {
    target: String,
    message: String,
    hint: Option<String>,
    evidence: Option<String>,
    place: Option<[u32; 2]>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClusterRecord {
    pub(super) name: String,
    pub(super) target: String,
    pub(super) root: Option<String>,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) live: Option<LiveRecord>,
    pub(super) evidence: Vec<Piece>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LiveRecord {
    id: Option<String>,
    requests: u64,
    bytes: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outside: Option<SpentRecord>,
}

/// What looking from outside took.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SpentRecord {
    connections: u32,
    requests: u32,
    sent: u64,
    received: u64,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Piece {
    pub(super) name: String,
    plane: String,
    kind: String,
    /// Before secrets were cut; where nothing was read there are none.
    bytes: Option<u64>,
    pub(super) body: BodyRecord,
    secrets: Vec<SecretRecord>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) enum BodyRecord {
    Text(Member),
    Present,
    Missing,
    Folder,
    Unread(GapRecord),
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GapRecord {
    kind: String,
    reason: String,
    wanted: String,
    who_could_answer: String,
}

/// What is known of a secret that was cut, none of which is secret.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct SecretRecord {
    span: [u32; 2],
    decoded: Option<u32>,
    strength: String,
    group: u32,
    nature: Option<NatureRecord>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
enum NatureRecord {
    PrivateKey(PrivateKeyRecord),
    BootstrapToken,
    SignedToken { subject: Option<String>, ends: Option<i64> },
    Placeholder(String),
}

/// What digits of a private key stand for; of the key itself the public half.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
enum PrivateKeyRecord {
    Read { key: KeyRecord, form: String },
    Unreadable,
    Spoilt,
    Absent,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct KeyRecord {
    algorithm: String,
    bits: Option<u32>,
    exponent: Option<u64>,
    public: Option<String>,
}

/// What in a record cannot be meant.
pub(super) type Odd = String;

impl TargetRecord {
    pub(super) fn of(name: &str, outcome: &Outcome, before: usize) -> Self {
        let Inputs { judged, supporting, not_ours, templated, broken, unread } = outcome.inputs;
        let troubles = outcome.troubles.iter().map(|trouble| TroubleRecord {
            target: trouble.target.clone(),
            message: trouble.message.clone(),
            hint: trouble.hint.clone(),
            evidence: trouble.place.as_ref().map(|(id, _)| id.to_string()),
            place: trouble.place.as_ref().and_then(|(_, place)| Some([(*place)?.line, (*place)?.column])),
        });
        Self {
            name: name.to_owned(),
            before,
            clusters: outcome.clusters,
            inputs: InputsRecord { judged, supporting, not_ours, templated, broken, unread },
            troubles: troubles.collect(),
        }
    }

    pub(super) fn outcome(&self) -> Outcome {
        let InputsRecord { judged, supporting, not_ours, templated, broken, unread } = self.inputs;
        // Sums of them must not leave what a number holds.
        let few = |count: usize| count.min(1 << 40);
        let troubles = self.troubles.iter().map(|trouble| Trouble {
            target: trouble.target.clone(),
            message: trouble.message.clone(),
            hint: trouble.hint.clone(),
            place: trouble.evidence.as_ref().map(|evidence| {
                (EvidenceId::new(evidence.as_str()), trouble.place.map(|[line, column]| Place { line, column }))
            }),
        });
        Outcome {
            inputs: Inputs {
                judged: few(judged),
                supporting: few(supporting),
                not_ours: few(not_ours),
                templated: few(templated),
                broken: few(broken),
                unread: few(unread),
            },
            clusters: few(self.clusters),
            troubles: troubles.collect(),
            files: Vec::new(),
        }
    }
}

impl ClusterRecord {
    /// The record of a cluster, whose texts `keep` puts away.
    pub(super) fn of<E>(
        gathered: &Gathered,
        live: Option<&Live>,
        labels: &BTreeMap<String, String>,
        keep: &mut dyn FnMut(&str) -> Result<Member, E>,
    ) -> Result<Self, E> {
        let evidence = gathered.evidence.iter().map(|piece| Piece::of(piece, keep)).collect::<Result<_, E>>()?;
        Ok(Self {
            name: gathered.name.clone(),
            target: gathered.target.clone(),
            root: gathered.root.clone(),
            labels: labels.clone(),
            live: live.map(|live| LiveRecord {
                id: live.id.clone(),
                requests: live.requests.count,
                bytes: live.requests.bytes,
                outside: live.outside.map(|spent| SpentRecord {
                    connections: spent.connections,
                    requests: spent.requests,
                    sent: spent.sent,
                    received: spent.received,
                }),
            }),
            evidence,
        })
    }

    pub(super) fn live(&self) -> Option<Live> {
        self.live.as_ref().map(|live| Live {
            id: live.id.clone(),
            requests: Requests { count: live.requests.min(1 << 48), bytes: live.bytes.min(1 << 48) },
            outside: live.outside.as_ref().map(|spent| Spent {
                connections: spent.connections,
                requests: spent.requests,
                sent: spent.sent.min(1 << 48),
                received: spent.received.min(1 << 48),
            }),
            account: Account::default(),
        })
    }

    /// How many numbers its secrets have, the greatest of which must be below that of the secrets themselves.
    pub(super) fn groups(&self) -> u32 {
        let groups = self.evidence.iter().flat_map(|piece| &piece.secrets).map(|secret| secret.group);
        groups.max().map_or(0, |last| last.saturating_add(1))
    }
}

impl Piece {
    fn of<E>(evidence: &Evidence, keep: &mut dyn FnMut(&str) -> Result<Member, E>) -> Result<Self, E> {
        let body = match &evidence.body {
            Body::Text(text) => BodyRecord::Text(keep(text)?),
            Body::Present => BodyRecord::Present,
            Body::Missing => BodyRecord::Missing,
            Body::Folder => BodyRecord::Folder,
            Body::Unread(gap) => BodyRecord::Unread(GapRecord {
                kind: words::gap::word(gap.kind).to_owned(),
                reason: gap.reason.clone(),
                wanted: gap.wanted.clone(),
                who_could_answer: gap.who_could_answer.clone(),
            }),
        };
        Ok(Self {
            name: evidence.id.to_string(),
            plane: words::plane::word(evidence.plane).to_owned(),
            kind: words::kind::word(evidence.kind).to_owned(),
            bytes: evidence.digest.as_ref().map(|digest| digest.bytes),
            body,
            secrets: evidence.secrets.iter().map(SecretRecord::of).collect(),
        })
    }

    /// The evidence, with the text of its member, and `base` added to the numbers of its secrets.
    pub(super) fn evidence(&self, text: Option<Arc<str>>, base: u32) -> Result<Evidence, Odd> {
        let body = match (&self.body, text) {
            (BodyRecord::Text(_), Some(text)) => Body::Text(text),
            (BodyRecord::Text(_), None) => return Err("it lacks its text".to_owned()),
            (BodyRecord::Present, _) => Body::Present,
            (BodyRecord::Missing, _) => Body::Missing,
            (BodyRecord::Folder, _) => Body::Folder,
            (BodyRecord::Unread(gap), _) => Body::Unread(Gap {
                kind: words::gap::read(&gap.kind).ok_or_else(|| unknown("gap", &gap.kind))?,
                reason: short(&gap.reason)?,
                wanted: short(&gap.wanted)?,
                who_could_answer: short(&gap.who_could_answer)?,
            }),
        };
        let secrets = match &body {
            Body::Text(text) => {
                let read = |secret: &SecretRecord| secret.read(text, base);
                self.secrets.iter().map(read).collect::<Result<_, Odd>>()?
            }
            _ if self.secrets.is_empty() => Vec::new(),
            _ => return Err("it has secrets and no text".to_owned()),
        };
        Ok(Evidence {
            id: EvidenceId::new(short(&self.name)?),
            plane: words::plane::read(&self.plane).ok_or_else(|| unknown("plane", &self.plane))?,
            kind: words::kind::read(&self.kind).ok_or_else(|| unknown("kind", &self.kind))?,
            body,
            secrets,
            digest: self.bytes.map(|bytes| Digest { bytes, sha256: None }),
        })
    }
}

impl SecretRecord {
    fn of(secret: &CutSecret) -> Self {
        Self {
            span: [secret.span.start, secret.span.end],
            decoded: secret.decoded,
            strength: words::strength::word(secret.strength).to_owned(),
            group: secret.group,
            nature: secret.nature.as_ref().map(|nature| match nature {
                Nature::PrivateKey(key) => NatureRecord::PrivateKey(PrivateKeyRecord::of(key)),
                Nature::BootstrapToken => NatureRecord::BootstrapToken,
                Nature::SignedToken { subject, ends } => {
                    NatureRecord::SignedToken { subject: subject.clone(), ends: *ends }
                }
                Nature::Placeholder(marker) => NatureRecord::Placeholder(marker.clone()),
            }),
        }
    }

    fn read(&self, text: &str, base: u32) -> Result<CutSecret, Odd> {
        let [start, end] = self.span;
        let span = Span::new(start, end);
        let cut = (start <= end).then(|| text.get(span.range())).flatten();
        let cut = cut.ok_or_else(|| format!("a secret at {start} to {end} is outside its text"))?;
        if cut.bytes().any(|byte| !matches!(byte, b'*' | b'\r' | b'\n')) {
            return Err(format!("a secret at {start} to {end} is not cut"));
        }
        let nature = self.nature.as_ref().map(|nature| {
            Ok::<_, Odd>(match nature {
                NatureRecord::PrivateKey(key) => Nature::PrivateKey(key.read()?),
                NatureRecord::BootstrapToken => Nature::BootstrapToken,
                NatureRecord::SignedToken { subject, ends } => {
                    Nature::SignedToken { subject: subject.as_deref().map(short).transpose()?, ends: *ends }
                }
                NatureRecord::Placeholder(marker) => Nature::Placeholder(short(marker)?),
            })
        });
        Ok(CutSecret {
            span,
            decoded: self.decoded,
            strength: words::strength::read(&self.strength).ok_or_else(|| unknown("strength", &self.strength))?,
            group: self.group.saturating_add(base),
            nature: nature.transpose()?,
        })
    }
}

impl PrivateKeyRecord {
    fn of(key: &PrivateKey) -> Self {
        match key {
            PrivateKey::Read(key, form) => {
                let public = key.public.as_ref().map(|public| hex(public));
                let (algorithm, bits, exponent) = (key.algorithm.clone(), key.bits, key.exponent);
                let form = words::key_form::word(*form).to_owned();
                Self::Read { key: KeyRecord { algorithm, bits, exponent, public }, form }
            }
            PrivateKey::Unreadable => Self::Unreadable,
            PrivateKey::Spoilt => Self::Spoilt,
            PrivateKey::Absent => Self::Absent,
        }
    }

    fn read(&self) -> Result<PrivateKey, Odd> {
        Ok(match self {
            Self::Read { key, form } => {
                let form = words::key_form::read(form).ok_or_else(|| unknown("form of a key", form))?;
                PrivateKey::Read(key.read()?, form)
            }
            Self::Unreadable => PrivateKey::Unreadable,
            Self::Spoilt => PrivateKey::Spoilt,
            Self::Absent => PrivateKey::Absent,
        })
    }
}

impl KeyRecord {
    fn read(&self) -> Result<Key, Odd> {
        /// A key of RSA with 16,384 bits has 2 kB.
        const LARGEST: usize = 16 << 10;
        let bytes = |digits: &String| -> Result<Arc<[u8]>, Odd> {
            let odd = || "a public key is no hexadecimal number".to_owned();
            if digits.len() > 2 * LARGEST || !digits.len().is_multiple_of(2) || !digits.is_ascii() {
                return Err(odd());
            }
            let bytes = digits
                .as_bytes()
                .chunks(2)
                .map(|pair| std::str::from_utf8(pair).ok().and_then(super::unhex::<1>).map(|[byte]| byte));
            bytes.collect::<Option<Arc<[u8]>>>().ok_or_else(odd)
        };
        Ok(Key {
            algorithm: short(&self.algorithm)?,
            bits: self.bits,
            exponent: self.exponent,
            public: self.public.as_ref().map(bytes).transpose()?,
        })
    }
}

fn unknown(what: &str, word: &str) -> Odd {
    let word: String = word.chars().take(40).collect();
    format!("`{word}` is no {what} that this build knows")
}

pub(super) fn short(text: &str) -> Result<String, Odd> {
    if text.len() > LONGEST { Err("a name or a reason is too long".to_owned()) } else { Ok(text.to_owned()) }
}
