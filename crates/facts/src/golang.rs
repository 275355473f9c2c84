//! The corners of Go's standard library that decide what a command line means.
//!
//! A Kubernetes component reads its flags with `strconv`, `time`, `net`, `net/url`, `regexp` and `encoding/csv`. Each of
//! them takes more or less than its namesake in Rust, so the rules are written down here once, and nothing here knows
//! what a flag is.

mod address;
mod duration;
mod number;
mod regexp;
mod text;
mod timestamp;
mod url;

pub(crate) use address::{Cidr, parse_cidr, parse_ip};
pub(crate) use duration::{format_duration, parse_duration};
pub(crate) use number::{format_float, parse_bool, parse_decimal, parse_float, parse_int, parse_uint};
pub(crate) use regexp::regexp_error;
pub(crate) use text::{quote, read_csv, unquote, write_csv};
pub(crate) use timestamp::is_timestamp;
pub(crate) use url::parse_url;
