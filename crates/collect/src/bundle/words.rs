//! Words of the evidence model as bundles spell them. A word that is not here is of a later version.

use model::{GapKind, KeyForm, Kind, Plane, Strength};

/// A closed list and its words; a variant that is added does not compile before it has one.
macro_rules! words {
    ($name:ident: $type:ty { $($variant:ident = $word:literal),+ $(,)? }) => {
        pub(super) mod $name {
            use super::*;

            pub(in super::super) fn word(value: $type) -> &'static str {
                match value {
                    $(<$type>::$variant => $word),+
                }
            }

            pub(in super::super) fn read(word: &str) -> Option<$type> {
                match word {
                    $($word => Some(<$type>::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

words! { plane: Plane { Declared = "declared", Running = "running", Observed = "observed" } }

words! { kind: Kind {
    Workload = "workload",
    ConfigFile = "config-file",
    Kubeconfig = "kubeconfig",
    Arguments = "arguments",
    Version = "version",
    Configz = "configz",
    Flagz = "flagz",
    Statusz = "statusz",
    Metrics = "metrics",
    Discovery = "discovery",
    Status = "status",
    Health = "health",
    Answers = "answers",
    Handshake = "handshake",
    Objects = "objects",
    Supporting = "supporting",
    NotOurs = "not-ours",
    Templated = "templated",
    Broken = "broken",
} }

words! { gap: GapKind {
    Unread = "unread",
    NotCollected = "not-collected",
    Version = "version",
    Templated = "templated",
    Unresolved = "unresolved",
    Manual = "manual",
} }

words! { key_form: KeyForm { Pkcs1 = "pkcs1", Pkcs8 = "pkcs8", Sec1 = "sec1" } }

words! { strength: Strength {
    Placeholder = "placeholder",
    Pattern = "pattern",
    Readable = "readable",
    Plain = "plain",
} }
