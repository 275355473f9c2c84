//! The TracingConfiguration: where the server sends traces, and of how many requests.
//!
//! Fields and checks are the server's own (component-base tracing/api/v1/config.go and apiserver
//! pkg/server/options/tracing.go, 1.22 to 1.36). Start at [`read`].

use model::{Evidence, Minor, Release};

use super::decode::{self, Around, FROM_THE_START, Format, Placed, Read, Version, shown};
use crate::golang;

/// What the file means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracing {
    /// `localhost:4317` where it is not written.
    pub endpoint: Option<Placed<String>>,
    /// Of a million requests; where it is not written, only those that ask for it.
    pub sampling_rate: Option<Placed<i64>>,
}

const KIND: &str = "TracingConfiguration";

const FORMAT: Format = Format {
    name: KIND,
    versions: &[
        Version::new("apiserver.config.k8s.io/v1", KIND, 34),
        Version::new("apiserver.config.k8s.io/v1beta1", KIND, 27),
        Version::new("apiserver.config.k8s.io/v1alpha1", KIND, 22),
    ],
    strict: Some(Minor::new(1, 32)),
    // ReadTracingConfiguration decodes into the type, whose own version and kind are filled in where none are written.
    kind_is_known: true,
    version_is_known: true,
    codec: FROM_THE_START,
};

/// Reads the file as the possible releases do.
pub fn read(evidence: &Evidence, version: &Release) -> Read<Tracing> {
    decode::read(evidence, version, &FORMAT, &Around::default(), |root, decoder| {
        decoder.fields(root, &["apiVersion", "kind", "endpoint", "samplingRatePerMillion"]);
        let endpoint = decoder.string(root, "endpoint");
        let sampling_rate = decoder.integer(root, "samplingRatePerMillion", 32);
        if let Some(rate) = &sampling_rate
            && !(0..=1_000_000).contains(&rate.value)
        {
            decoder.refuse_placed(&rate.at, "`samplingRatePerMillion` has to be between 0 and 1000000");
        }
        if let Some(endpoint) = &endpoint {
            let text = endpoint.as_str();
            let url = if text.contains("//") { text.to_owned() } else { format!("dns://{text}") };
            let scheme = golang::parse_url(&url).map(str::to_ascii_lowercase);
            if !matches!(scheme.as_deref(), Some("dns" | "unix" | "unix-abstract")) {
                let message = format!("`{}` is no address: HOST:PORT, or dns, unix or unix-abstract", shown(text));
                decoder.refuse_placed(&endpoint.at, message);
            }
        }
        Some(Tracing { endpoint, sampling_rate })
    })
}
