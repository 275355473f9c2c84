//! What other catalogues call our controls.

use std::{borrow::Cow, collections::BTreeMap, sync::LazyLock};

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
    #[serde(borrow)]
    pub cis: ByEdition<'static>,
    /// Recommendations that ask for the opposite.
    #[serde(borrow)]
    pub cis_inverted: ByEdition<'static>,
    /// DISA Kubernetes STIG vulnerability ids.
    #[serde(borrow)]
    pub stig: Vec<&'static str>,
    /// Sections of the NSA/CISA Kubernetes Hardening Guide 1.2.
    #[serde(borrow)]
    pub nsa_cisa: Vec<&'static str>,
    /// NIST SP 800-53.
    #[serde(borrow)]
    pub nist: Vec<&'static str>,
    /// Techniques of the ATT&CK matrix for containers.
    #[serde(borrow)]
    pub mitre: Vec<&'static str>,
    /// OWASP Kubernetes Top Ten by year.
    #[serde(borrow)]
    pub owasp: ByEdition<'static>,
    /// `container_guidance_2022` and `dss_v3_2_1`.
    #[serde(borrow)]
    pub pci: ByEdition<'static>,
    #[serde(borrow)]
    pub kubescape: Vec<&'static str>,
}

/// Ids by the edition of a catalogue. The words are those of the embedded table, of which nothing is copied.
pub(crate) type ByEdition<'t> = BTreeMap<&'t str, Vec<&'t str>>;

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
    pub fn by_catalogue(&self) -> BTreeMap<Cow<'static, str>, &[&'static str]> {
        let mut all: BTreeMap<Cow<'static, str>, &[&str]> =
            self.cis.iter().map(|(name, ids)| (Cow::Borrowed(*name), &ids[..])).collect();
        for (name, ids) in [
            ("stig", &self.stig),
            ("nsa-cisa-1.2", &self.nsa_cisa),
            ("nist-800-53", &self.nist),
            ("mitre-attack", &self.mitre),
            ("kubescape", &self.kubescape),
        ] {
            if !ids.is_empty() {
                all.insert(name.into(), ids);
            }
        }
        all.extend(self.owasp.iter().map(|(year, ids)| (format!("owasp-{year}").into(), &ids[..])));
        all.extend(self.pci.iter().map(|(text, ids)| (format!("pci-{}", text.replace('_', "-")).into(), &ids[..])));
        all
    }
}

static TABLE: LazyLock<BTreeMap<&str, References>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/references.json")).expect("the embedded references are well-formed")
});

/// Parses what is embedded, so that nobody waits for it later.
pub fn read_tables() {
    LazyLock::force(&TABLE);
}

/// The name of every control there is, sorted, with a rule or without.
pub fn controls() -> impl Iterator<Item = &'static str> {
    TABLE.keys().copied()
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
