//! What a file is, by its content alone.
//!
//! Names lie: manifests end in `.txt`, templates in `.yaml`. Only what a text says counts here, and a text that cannot be
//! read is told apart from one that says nothing of interest.

use model::Kind;
use yaml::{Document, EncodingFault, Fault, FaultKind};

use crate::{Text as _, configuration, declare, kubeconfig, objects, redact::Marked, words::Words};

/// What was made of the bytes of one file.
pub struct Recognised {
    pub kind: Kind,
    /// The text, where it declares something that is judged.
    pub text: Option<Marked>,
    pub troubles: Vec<Trouble>,
}

/// Something that could not be read in it.
pub struct Trouble {
    pub message: String,
    pub hint: Option<String>,
    /// Both 1-based; the column counts characters.
    pub line_column: Option<(u32, u32)>,
}

/// The text of a file, or why it has none.
pub fn text(bytes: &[u8]) -> Result<String, String> {
    yaml::decode(bytes).map(str::to_owned).map_err(|fault| fault.to_string())
}

/// Says what a file is.
pub fn recognise(bytes: &[u8]) -> Recognised {
    let text = match yaml::decode(bytes) {
        Ok(text) => text,
        Err(fault) => return undecodable(bytes, &fault),
    };
    let words = Words::of(text);
    if let Some(kind) = bystander(&words) {
        let text = (kind == Kind::Objects).then(|| Marked::of(text, None));
        return Recognised { kind, text, troubles: Vec::new() };
    }
    let stream = yaml::parse(text, &yaml::Limits::default());
    let readable: Vec<&Document> = stream
        .documents
        .iter()
        .filter(|document| !stream.faults.iter().any(|fault| fault.document == document.index && fault.kind.is_fatal()))
        .collect();
    let mut troubles: Vec<Trouble> = Vec::new();
    let fatal = stream.faults.iter().find(|fault| fault.kind.is_fatal());
    if declare::declares(&words, &stream) {
        // None of them is YAML, nor means to be.
        let other = looks_like_ini(text)
            || declare::is_arguments(text)
            || declare::is_variables(text)
            || declare::is_listing(text)
            || text.starts_with("#!")
            || (declare::has_documents(text) && !looks_structured(text));
        troubles.extend(
            stream
                .faults
                .iter()
                .filter(|_| !other)
                .filter(|fault| fault.kind.is_fatal() || fault.kind == FaultKind::DuplicateKey)
                .map(|fault| trouble(text, fault)),
        );
        return Recognised { kind: Kind::Workload, text: Some(Marked::of(text, Some(stream))), troubles };
    }
    if kubeconfig::is_one(&stream) || kubeconfig::holds_one(&stream) {
        return Recognised { kind: Kind::Kubeconfig, text: Some(Marked::of(text, Some(stream))), troubles };
    }
    if configuration::speaks(&words) && configuration::is_one(text, &stream) {
        return Recognised { kind: Kind::ConfigFile, text: Some(Marked::of(text, Some(stream))), troubles };
    }
    if declare::speaks_of_kubelet(&words) && declare::is_kubelet(&stream) {
        return Recognised { kind: Kind::ConfigFile, text: Some(Marked::of(text, Some(stream))), troubles };
    }
    if declare::speaks_of_kubelet_line(&words) && declare::runs_kubelet(text, &stream) {
        return Recognised { kind: Kind::ConfigFile, text: Some(Marked::of(text, Some(stream))), troubles };
    }
    if objects::speaks(&words) && objects::is_one(&stream) {
        troubles.extend(fatal.map(|fault| trouble(text, fault)));
        return Recognised { kind: Kind::Objects, text: Some(Marked::of(text, Some(stream))), troubles };
    }
    if declare::speaks_of_etcd(&words) && declare::declares_etcd(text, &stream) {
        return Recognised { kind: Kind::ConfigFile, text: Some(Marked::of(text, Some(stream))), troubles };
    }
    if declare::is_multipart(text) && text.to_ascii_lowercase().contains("content-transfer-encoding: base64") {
        troubles.push(Trouble {
            message: "user data in parts (MIME), of which an encoded one cannot be read as it stands".to_owned(),
            hint: Some("audit the parts, decoded, as files of their own".to_owned()),
            line_column: None,
        });
        return Recognised { kind: Kind::Templated, text: None, troubles };
    }
    let ini = looks_like_ini(text);
    // A page with examples in fences is prose, and says nothing of what runs.
    if let Some(fault) = fatal.filter(|_| (ini || looks_structured(text)) && !declare::is_page(text)) {
        // In a unit `${NAME}` is a variable of the manager and no placeholder.
        if let Some(engine) = template_engine(text).filter(|engine| !ini || *engine != TERRAFORM) {
            troubles.push(Trouble {
                message: format!("a template ({engine}), which cannot be read as it stands"),
                hint: Some("render it first and audit the result".to_owned()),
                line_column: None,
            });
            return Recognised { kind: Kind::Templated, text: None, troubles };
        }
        if !ini && (readable.is_empty() || looks_like_kubernetes(text)) {
            troubles.push(trouble(text, fault));
            return Recognised { kind: Kind::Broken, text: None, troubles };
        }
    }
    let kubernetes = readable.iter().any(|document| {
        let root = document.cursor();
        root.get("kind").is_some() && root.get("apiVersion").is_some()
    });
    Recognised { kind: unjudged(kubernetes), text: None, troubles }
}

fn unjudged(kubernetes: bool) -> Kind {
    if kubernetes { Kind::Supporting } else { Kind::NotOurs }
}

/// What a well-formed text is that speaks of no component and no configuration: by far the most of a large folder, and all
/// that is wanted of it are the keys at its root and the kinds that it names. `None` where more has to be looked at.
fn bystander(words: &Words<'_>) -> Option<Kind> {
    let text = words.text();
    if declare::speaks(words)
        || declare::speaks_of_kubelet_line(words)
        || declare::speaks_of_etcd(words)
        || kubeconfig::speaks(words)
        || configuration::speaks(words)
        || declare::is_multipart(text)
    {
        return None;
    }
    let documents = yaml::outline(text, &yaml::Limits::default())?;
    if objects::speaks(words) {
        return objects::told_by_lines(text).then_some(Kind::Objects);
    }
    Some(unjudged(documents.iter().any(|keys| ["kind", "apiVersion"].iter().all(|key| keys.iter().any(|k| k == key)))))
}

fn undecodable(bytes: &[u8], fault: &EncodingFault) -> Recognised {
    let speaks_kubernetes = match fault {
        EncodingFault::Utf16 { .. } | EncodingFault::Utf32 => true,
        EncodingFault::Gzip => false,
        EncodingFault::Invalid { .. } => {
            let text = String::from_utf8_lossy(bytes);
            text.contains("apiVersion") && text.contains("kind")
        }
    };
    if !speaks_kubernetes {
        return Recognised { kind: Kind::NotOurs, text: None, troubles: Vec::new() };
    }
    let trouble = Trouble { message: fault.to_string(), hint: Some("save it as UTF-8".to_owned()), line_column: None };
    Recognised { kind: Kind::Broken, text: None, troubles: vec![trouble] }
}

fn trouble(text: &str, fault: &Fault) -> Trouble {
    Trouble { message: fault.message.clone(), hint: None, line_column: Some(yaml::line_column(text, fault.span.start)) }
}

/// Whether a text means to be YAML or JSON: prose, scripts and pages parse badly too, and nobody wants to hear of it.
fn looks_structured(text: &str) -> bool {
    if looks_like_kubernetes(text) {
        return true;
    }
    let first = text
        .trim_start_matches('\u{feff}')
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'));
    first.is_some_and(|line| {
        line.starts_with(['{', '%'])
            || (line.starts_with('[') && !line.starts_with("[[") && !looks_like_ini(text))
            || line.starts_with("---")
            || line.starts_with("- ")
            || line.split_once(':').is_some_and(|(key, rest)| {
                (rest.is_empty() || rest.starts_with(' '))
                    && !key.is_empty()
                    && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./\"'".contains(&b))
            })
    })
}

/// Whether the first line is the heading of a section, as in units and TOML, which are no YAML and mean to be none.
fn looks_like_ini(text: &str) -> bool {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    first.and_then(|line| line.strip_prefix('[')?.strip_suffix(']')).is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_. \"[]".contains(&b))
    })
}

fn looks_like_kubernetes(text: &str) -> bool {
    let mut version = false;
    let mut kind = false;
    for line in text.lines() {
        let line = line.trim_start_matches(['\u{feff}', ' ', '\t', '{', '"', '\'']);
        version |= line.starts_with("apiVersion") && !line.starts_with("apiVersions");
        kind |= line.starts_with("kind:") || line.starts_with("kind\"");
        if version && kind {
            return true;
        }
    }
    false
}

const TERRAFORM: &str = "Terraform or envsubst";

/// Which template language left its marks in a text that is no YAML.
fn template_engine(text: &str) -> Option<&'static str> {
    if text.contains("{%") {
        return Some("Jinja");
    }
    if text.contains("{{") {
        let helm = [".Values", ".Release", ".Chart", "include \""].iter().any(|word| text.contains(word));
        return Some(if helm { "Helm" } else { "Go or Jinja" });
    }
    if text.contains("<%") {
        return Some("ERB");
    }
    if text.contains("%{") || text.contains("${") {
        return Some(TERRAFORM);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> Kind {
        recognise(text.as_bytes()).kind
    }

    #[test]
    fn content_decides() {
        assert_eq!(
            kind("kind: Pod\napiVersion: v1\nspec:\n  containers: [{command: [kube-apiserver, --v=2]}]\n"),
            Kind::Workload
        );
        assert_eq!(
            kind("kind: Pod\napiVersion: v1\nspec:\n  containers: [{command: [nginx, kube-apiserver]}]\n"),
            Kind::Supporting
        );
        assert_eq!(kind("# Title\n\nProse about the kube-apiserver: it is `good`.\n- a\n* b\n"), Kind::NotOurs);
        assert_eq!(kind("apiVersion: v1\nkind: Pod\nspec: [\n"), Kind::Broken);
        assert_eq!(kind("apiVersion: v1\nkind: Pod\nspec: {{ .Values.spec }}{{- if x }}\n"), Kind::Templated);
        assert_eq!(kind("[Service]\nExecStart=kube-apiserver \\\n  --v=2 {{ x }}\n"), Kind::Templated);
        assert_eq!(kind("[Service]\nExecStart=kube-apiserver \\\n  --v=2\n"), Kind::Workload);
        assert_eq!(kind("[Service]\nExecStart=kube-scheduler \\\n  --v=2 # kube-apiserver\n"), Kind::NotOurs);
        assert_eq!(kind("a: |\n  [Service]\n  ExecStart=kube-apiserver --v=2\n"), Kind::NotOurs);
        assert_eq!(kind("a: 1\n"), Kind::NotOurs);
        assert_eq!(kind("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: []\n"), Kind::ConfigFile);
        assert_eq!(kind("apiVersion: kyverno.io/v1\nkind: Policy\n# of audit.k8s.io/v1\n"), Kind::Supporting);
        assert_eq!(kind("apiVersion: v1\nkind: EncryptionConfig\n"), Kind::ConfigFile);
        assert_eq!(
            kind("apiVersion: v1\nkind: ConfigMap\ndata:\n  a: |\n    apiVersion: audit.k8s.io/v1\n    kind: Policy\n"),
            Kind::ConfigFile
        );
        let encoded = "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/cloud-config\n\
                       Content-Transfer-Encoding: base64\n\nYTogMQo=\n--b--\n";
        assert_eq!(kind(encoded), Kind::Templated);
        assert_eq!(kind(""), Kind::NotOurs);
    }
}
