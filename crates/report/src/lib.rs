//! Verdicts and settings into what people and machines read.
//!
//! The wire format is a set of types of its own ([`wire`]), versioned and described by a schema; text for terminals is made
//! beside it, from the same input. What other programs read is a conversion of the wire format, in [`formats`]. This room
//! knows no rule, resolves nothing and opens nothing: it returns text, or writes to what it is given.
//!
//! Start at [`Report`], which `audit` fills.

pub mod compare;
mod convert;
mod fleet;
mod formats;
mod input;
mod places;
mod saved;
mod schema;
#[cfg(test)]
mod tests;
mod text;
pub mod wire;

pub use convert::{
    LineColumn, across, benchmark::worst, cluster, effective, lines as lines_of, problems, report, report_of, rules,
    run_problem,
};
pub use fleet::{Fleet, Member};
pub use formats::{Conversion, Format, json, lines};
pub use input::{
    Advisory, Benchmark, BenchmarkItem, ClusterReport, ControlAnswer, Ending, Judged, Keys, Letter, LetterText, Report,
    RuleMeta, RunProblem, Stored, StoredResource, Trust, TrustedKey, Waiting,
};
pub use saved::{SAVED, SavedLook, saved_look};
pub use schema::{schema, schemas};
pub use text::{
    Look, Mistake, bundle_line, certs_calendar, certs_text, cve_text, diff_text, effective_text, explain, mistake,
    overview_text, place, probe_text, problem_line, report_text, rules_table, settings_text, simulation_text,
};
