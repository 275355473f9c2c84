//! `/metrics`: what a server has counted, of which a few families tell how it is set up.
//!
//! An answer has megabytes, so it is projected while it arrives: a [`Projection`] takes it in pieces and keeps the lines of
//! the families in [`FAMILIES`]. What is counted proves that something happened; that nothing was counted proves nothing.

use std::collections::{BTreeMap, BTreeSet};

use model::{Evidence, Location};

use super::{Seen, text, unreadable};

/// The families that are kept, and what each is read for. Names are those of the releases in brackets.
const FAMILIES: [&str; 16] = [
    // Every gate of the process (component-base featuregate metrics, 1.26).
    "kubernetes_feature_enabled",
    "kubernetes_build_info",
    "version_info",
    "process_start_time_seconds",
    // apiserver pkg/audit/metrics.go.
    "apiserver_audit_event_total",
    "apiserver_audit_error_total",
    "apiserver_audit_level_total",
    // apiserver pkg/admission/metrics: a count for each plug-in that ran; latencies up to 1.16.
    "apiserver_admission_controller_admission_duration_seconds_count",
    "apiserver_admission_controller_admission_latencies_seconds_count",
    "apiserver_admission_webhook_admission_duration_seconds_count",
    // apiserver pkg/storage/value/metrics.go.
    "apiserver_storage_transformation_operations_total",
    // The structured configuration files in use, by digest (1.30 for two of them, 1.33 for encryption).
    "apiserver_authentication_config_controller_last_config_info",
    "apiserver_authorization_config_controller_last_config_info",
    "apiserver_encryption_config_controller_last_config_info",
    // apiserver pkg/endpoints/metrics, 1.19.
    "apiserver_requested_deprecated_apis",
    // apiserver pkg/authorization/metrics, 1.30.
    "apiserver_authorization_decisions_total",
];

/// Bytes of one line that are looked at; a longer one is none of ours.
const LONGEST: usize = 16 << 10;

/// Bytes that are kept of one answer.
const MOST: usize = 4 << 20;

/// Takes an answer in pieces and keeps the lines that somebody reads.
#[derive(Default)]
pub struct Projection {
    kept: String,
    /// The line that has begun.
    line: Vec<u8>,
    /// The line that has begun is too long.
    skipped: bool,
    /// Whether anything looked like a metric.
    metrics: bool,
}

impl Projection {
    pub fn take(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while let Some(at) = memchr::memchr(b'\n', rest) {
            let (line, after) = rest.split_at(at);
            if self.line.is_empty() && !self.skipped && line.len() <= LONGEST {
                // Nearly every line is whole in its piece, and is not copied.
                self.whole(line);
            } else {
                self.extend(line);
                self.end_of_line();
            }
            rest = after.get(1..).unwrap_or_default();
        }
        self.extend(rest);
    }

    /// What was kept; `None` where the answer was no text of metrics at all.
    pub fn finish(mut self) -> Option<String> {
        self.end_of_line();
        self.metrics.then_some(self.kept)
    }

    fn extend(&mut self, piece: &[u8]) {
        if self.line.len() + piece.len() > LONGEST {
            self.skipped = true;
        }
        if !self.skipped {
            self.line.extend_from_slice(piece);
        }
    }

    fn end_of_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        if !std::mem::take(&mut self.skipped) {
            self.whole(&line);
        }
        self.line = line;
        self.line.clear();
    }

    fn whole(&mut self, line: &[u8]) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        self.metrics |= line.starts_with(b"# TYPE ");
        let name = line.get(..memchr::memchr2(b'{', b' ', line).unwrap_or(line.len())).unwrap_or_default();
        if FAMILIES.iter().any(|family| family.as_bytes() == name)
            && self.kept.len() + line.len() < MOST
            && let Ok(line) = std::str::from_utf8(line)
        {
            self.kept.push_str(line);
            self.kept.push('\n');
        }
    }
}

/// What the counts of one server tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metrics {
    pub at: Location,
    /// The state of each feature gate; empty before 1.26.
    pub gates: BTreeMap<String, bool>,
    /// Admission plug-ins that ran at least once.
    pub ran: BTreeSet<String>,
    /// Audit events since the process began; `None` where the family is not there.
    pub audit_events: Option<u64>,
    /// Events that did not arrive, by the sink; those with none are left out.
    pub audit_errors: BTreeMap<String, u64>,
    pub transformers: BTreeSet<Transformer>,
    /// Digests of structured configuration files, by what they configure: `authentication`, `authorization`, `encryption`.
    pub config_hashes: BTreeMap<String, String>,
    pub deprecated: BTreeSet<Deprecated>,
}

/// Something that changed a resource on its way to the storage or back.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Transformer {
    /// Empty before 1.28, which brought the label.
    pub resource: String,
    /// `k8s:enc:secretbox:v1:`, `identity`, or the name of a key.
    pub prefix: String,
    pub writes: bool,
}

/// How a resource was written since the process began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Written {
    /// As it is: `identity` comes first among the providers that an entry gives it. What no entry covers is not counted.
    Plain,
    AesCbc,
    AesGcm,
    Kms,
    Secretbox,
}

impl Written {
    /// What the counter calls it (apiserver pkg/server/options/encryptionconfig/config.go, `…TransformerPrefixV1` and …V2, 1.36);
    /// `identity` writes without a prefix. Keys of one provider are counted by their own names as well.
    fn of(prefix: &str) -> Option<Self> {
        match prefix.strip_prefix("k8s:enc:").and_then(|rest| rest.split(':').next()) {
            Some("aescbc") => Some(Self::AesCbc),
            Some("aesgcm") => Some(Self::AesGcm),
            Some("kms") => Some(Self::Kms),
            Some("secretbox") => Some(Self::Secretbox),
            Some(_) => None,
            None => matches!(prefix, "" | "identity").then_some(Self::Plain),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "identity",
            Self::AesCbc => "aescbc",
            Self::AesGcm => "aesgcm",
            Self::Kms => "kms",
            Self::Secretbox => "secretbox",
        }
    }
}

impl Metrics {
    /// How a resource was written since the process began; `None` where it was not, where that is not counted by resource, or where
    /// it was written in several ways, as by a server that has read its configuration again.
    pub fn written(&self, resource: &str) -> Option<Written> {
        let mut ways = self
            .transformers
            .iter()
            .filter(|one| one.writes && one.resource == resource)
            .filter_map(|one| Written::of(&one.prefix));
        let first = ways.next()?;
        ways.all(|other| other == first).then_some(first)
    }
}

/// An API that somebody used although it is deprecated.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deprecated {
    pub group: String,
    pub version: String,
    pub resource: String,
    /// `1.25`; empty where no release is planned.
    pub removed: String,
}

/// Reads what was kept of an answer.
pub(crate) fn read(evidence: &Evidence) -> Seen<Metrics> {
    let Some(kept) = text(evidence)? else { return Ok(None) };
    let mut metrics = Metrics {
        at: Location::whole(evidence.id.clone(), evidence.plane),
        gates: BTreeMap::new(),
        ran: BTreeSet::new(),
        audit_events: None,
        audit_errors: BTreeMap::new(),
        transformers: BTreeSet::new(),
        config_hashes: BTreeMap::new(),
        deprecated: BTreeSet::new(),
    };
    let mut any = false;
    for sample in kept.lines().filter_map(sample) {
        any = true;
        let label = |name: &str| sample.labels.get(name).cloned().unwrap_or_default();
        let counted = sample.value > 0.0;
        match sample.family {
            "kubernetes_feature_enabled" => {
                metrics.gates.insert(label("name"), counted);
            }
            "apiserver_admission_controller_admission_duration_seconds_count"
            | "apiserver_admission_controller_admission_latencies_seconds_count"
                if counted =>
            {
                metrics.ran.insert(label("name"));
            }
            "apiserver_audit_event_total" => {
                let events = count(sample.value);
                metrics.audit_events = Some(metrics.audit_events.unwrap_or(0).saturating_add(events));
            }
            "apiserver_audit_error_total" if counted => {
                let lost = metrics.audit_errors.entry(label("plugin")).or_default();
                *lost = lost.saturating_add(count(sample.value));
            }
            "apiserver_storage_transformation_operations_total" if counted => {
                metrics.transformers.insert(Transformer {
                    resource: label("resource"),
                    prefix: label("transformer_prefix"),
                    writes: label("transformation_type") == "to_storage",
                });
            }
            "apiserver_requested_deprecated_apis" if counted => {
                metrics.deprecated.insert(Deprecated {
                    group: label("group"),
                    version: label("version"),
                    resource: label("resource"),
                    removed: label("removed_release"),
                });
            }
            family => {
                let about = family
                    .strip_prefix("apiserver_")
                    .and_then(|family| family.strip_suffix("_config_controller_last_config_info"));
                if let Some(about) = about.filter(|_| counted) {
                    metrics.config_hashes.insert(about.to_owned(), label("hash"));
                }
            }
        }
    }
    if any { Ok(Some(metrics)) } else { Err(unreadable(evidence, "it counts nothing that is known here")) }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count, shown and compared with 0")]
fn count(value: f64) -> u64 {
    value.max(0.0) as u64
}

struct Sample<'a> {
    family: &'a str,
    labels: BTreeMap<&'a str, String>,
    value: f64,
}

/// One line of the text format (prometheus.io, exposition formats): `family{label="value"} 1`.
fn sample(line: &str) -> Option<Sample<'_>> {
    let end = line.find(['{', ' '])?;
    let (family, mut rest) = line.split_at(end);
    let mut labels = BTreeMap::new();
    if let Some(inner) = rest.strip_prefix('{') {
        rest = inner;
        loop {
            rest = rest.trim_start_matches([',', ' ']);
            if let Some(after) = rest.strip_prefix('}') {
                rest = after;
                break;
            }
            let (name, quoted) = rest.split_once("=\"")?;
            let (value, after) = unquoted(quoted)?;
            labels.insert(name, value);
            rest = after;
        }
    }
    let value = rest.split_whitespace().next()?.parse().ok()?;
    Some(Sample { family, labels, value })
}

/// The text up to the closing quote, and what follows it.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, text.get(at + 1..)?)),
            '\\' => match chars.next()?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use model::{Body, EvidenceId, Kind, Plane};

    use super::*;

    const ANSWER: &str = "\
# HELP a b
# TYPE a counter
a{b=\"c\"} 1
kubernetes_feature_enabled{name=\"A,}\\\"\",stage=\"BETA\"} 1
kubernetes_feature_enabled{name=\"B\",stage=\"\"} 0
apiserver_admission_controller_admission_duration_seconds_count{name=\"NodeRestriction\",operation=\"CREATE\"} 3
apiserver_admission_controller_admission_duration_seconds_count{name=\"Never\",operation=\"CREATE\"} 0
apiserver_admission_controller_admission_duration_seconds_sum{name=\"Other\"} 3
apiserver_audit_event_total 12
apiserver_encryption_config_controller_last_config_info{apiserver_id_hash=\"x\",hash=\"sha256:1\"} 1
";

    fn projected(pieces: &[&[u8]]) -> Option<String> {
        let mut projection = Projection::default();
        pieces.iter().for_each(|piece| projection.take(piece));
        projection.finish()
    }

    fn evidence(text: String) -> Evidence {
        Evidence::of(EvidenceId::new("https://h/metrics"), Plane::Running, Kind::Metrics, Body::Text(text.into()))
    }

    #[test]
    fn an_answer_is_projected_the_same_in_any_pieces() {
        let whole = projected(&[ANSWER.as_bytes()]).expect("metrics");
        assert!(!whole.contains("a{b"), "{whole}");
        for size in [1, 7, 100] {
            let pieces: Vec<&[u8]> = ANSWER.as_bytes().chunks(size).collect();
            assert_eq!(projected(&pieces).as_deref(), Some(whole.as_str()), "{size}");
        }
        assert_eq!(projected(&[b"<html>\n", b"</html>"]), None);
    }

    #[test]
    fn a_line_without_an_end_takes_little_memory() {
        let mut projection = Projection::default();
        for _ in 0..100 {
            projection.take(&[b'x'; 4096]);
        }
        assert!(projection.line.capacity() <= 2 * LONGEST);
        projection.take(b"\nkubernetes_build_info 1\n# TYPE x y\n");
        assert_eq!(projection.finish().as_deref(), Some("kubernetes_build_info 1\n"));
    }

    #[test]
    fn what_was_counted_is_read_and_what_was_not_is_not() {
        let kept = projected(&[ANSWER.as_bytes()]).expect("metrics");
        let metrics = read(&evidence(kept)).expect("readable").expect("there");
        assert_eq!(metrics.gates.get("A,}\""), Some(&true));
        assert_eq!(metrics.gates.get("B"), Some(&false));
        assert_eq!(metrics.ran.iter().collect::<Vec<_>>(), ["NodeRestriction"]);
        assert_eq!(metrics.audit_events, Some(12));
        assert_eq!(metrics.config_hashes.get("encryption").map(String::as_str), Some("sha256:1"));
    }
}
