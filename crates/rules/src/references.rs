//! What other catalogues call our controls.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

/// The numbers under which other catalogues list a control.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct References {
    /// Whether the control belongs to the profile `essential`.
    pub essential: bool,
    /// How much of the control a program can judge.
    pub automation: Automation,
    /// Recommendations of the CIS benchmarks by edition (`cis-1.12`), the ones in `cis_inverted` left out.
    pub cis: BTreeMap<String, Vec<String>>,
    /// Recommendations that ask for the opposite.
    pub cis_inverted: BTreeMap<String, Vec<String>>,
    /// DISA Kubernetes STIG vulnerability ids.
    pub stig: Vec<String>,
    /// Sections of the NSA/CISA Kubernetes Hardening Guide 1.2.
    pub nsa_cisa: Vec<String>,
    /// NIST SP 800-53.
    pub nist: Vec<String>,
    /// Techniques of the ATT&CK matrix for containers.
    pub mitre: Vec<String>,
    /// OWASP Kubernetes Top Ten by year.
    pub owasp: BTreeMap<String, Vec<String>>,
    /// `container_guidance_2022` and `dss_v3_2_1`.
    pub pci: BTreeMap<String, Vec<String>>,
    pub kubescape: Vec<String>,
}

/// How much of a control a program can judge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Automation {
    #[default]
    Full,
    /// Facts are exact, and a part of the verdict needs to know the site.
    Partial,
    /// It takes a person; a program can gather facts.
    Manual,
}

impl References {
    /// All of them under the name of their catalogue and edition: `cis-1.12`, `stig`, `owasp-2025`.
    pub fn by_catalogue(&self) -> BTreeMap<String, &[String]> {
        let mut all: BTreeMap<String, &[String]> =
            self.cis.iter().map(|(name, ids)| (name.clone(), &ids[..])).collect();
        for (name, ids) in [
            ("stig", &self.stig),
            ("nsa-cisa-1.2", &self.nsa_cisa),
            ("nist-800-53", &self.nist),
            ("mitre-attack", &self.mitre),
            ("kubescape", &self.kubescape),
        ] {
            if !ids.is_empty() {
                all.insert(name.to_owned(), ids);
            }
        }
        all.extend(self.owasp.iter().map(|(year, ids)| (format!("owasp-{year}"), &ids[..])));
        all.extend(self.pci.iter().map(|(text, ids)| (format!("pci-{}", text.replace('_', "-")), &ids[..])));
        all
    }
}

static TABLE: LazyLock<BTreeMap<String, References>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/references.json")).expect("the embedded references are well-formed")
});

/// The name of every control there is, sorted, with a rule or without.
pub fn controls() -> impl Iterator<Item = &'static str> {
    TABLE.keys().map(String::as_str)
}

/// What other catalogues call this control; `None` for a name that is no control.
pub fn references(id: &str) -> Option<&'static References> {
    TABLE.get(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_named_by_catalogue_and_edition() {
        let anonymous = references("apiserver-anonymous-auth").expect("a control");
        let all = anonymous.by_catalogue();
        assert!(anonymous.essential);
        assert_eq!(all.get("cis-1.12").map(|ids| ids.join(" ")).as_deref(), Some("1.2.1"));
        assert_eq!(all.get("stig").map(|ids| ids.join(" ")).as_deref(), Some("V-242390"));
        assert_eq!(all.get("owasp-2025").map(|ids| ids.join(" ")).as_deref(), Some("K09"));
        // OpenShift's benchmarks ask that anonymous requests stay on.
        assert!(!all.contains_key("rh-1.8"));
        assert!(anonymous.cis_inverted.contains_key("rh-1.8"));
        assert!(references("no-such-control").is_none());
    }
}
