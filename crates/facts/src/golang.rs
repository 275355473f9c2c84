//! The corners of Go's standard library that decide what a command line means.
//!
//! A Kubernetes component reads its flags with `strconv`, `time`, `net`, `net/url`, `regexp` and `encoding/csv`. Each of
//! them takes more or less than its namesake in Rust, so the rules are written down here once, and nothing here knows
//! what a flag is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// `strconv.ParseBool`.
pub(crate) fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

/// `strconv.ParseInt(text, 0, bits)`: a prefix names the base and `_` may stand between digits.
pub(crate) fn parse_int(text: &str, bits: u32) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let magnitude = i128::from(parse_uint(digits, 64)?);
    let value = if negative { -magnitude } else { magnitude };
    let limit = 1_i128 << (bits - 1);
    (-limit <= value && value < limit).then(|| i64::try_from(value).ok()).flatten()
}

/// `strconv.ParseUint(text, 0, bits)`.
pub(crate) fn parse_uint(text: &str, bits: u32) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let (base, digits, prefixed) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..], true),
        [b'0', b'b', ..] => (2, &lower[2..], true),
        [b'0', b'o', ..] => (8, &lower[2..], true),
        // A leading zero alone is octal, and an underscore may follow it at once.
        [b'0', _, ..] => (8, &lower[1..], true),
        _ => (10, lower.as_str(), false),
    };
    let mut value: u64 = 0;
    let mut after_digit = prefixed;
    for b in digits.bytes() {
        if b == b'_' {
            if !after_digit {
                return None;
            }
            after_digit = false;
            continue;
        }
        let digit = char::from(b).to_digit(base)?;
        value = value.checked_mul(u64::from(base))?.checked_add(u64::from(digit))?;
        after_digit = true;
    }
    let in_range = bits >= 64 || value < (1 << bits);
    (!digits.is_empty() && after_digit && in_range).then_some(value)
}

/// `strconv.ParseInt(text, 10, bits)` and, for 64, `strconv.Atoi`: digits with an optional sign.
pub(crate) fn parse_decimal(text: &str, bits: u32) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let value: i64 = text.parse().ok()?;
    let limit = 1_i128 << (bits - 1);
    let wide = i128::from(value);
    (-limit <= wide && wide < limit).then_some(value)
}

/// `strconv.ParseFloat`: decimal or hexadecimal, and `_` may stand between digits.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let (sign, unsigned) = match text.as_bytes().first()? {
        b'-' => (-1.0, &text[1..]),
        b'+' => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    let unsigned = unsigned.to_ascii_lowercase();
    match unsigned.as_str() {
        "inf" | "infinity" => return Some(sign * f64::INFINITY),
        "nan" => return (unsigned.len() == text.len()).then_some(f64::NAN),
        _ => {}
    }
    let bytes = unsigned.as_bytes();
    // An underscore stands between two digits, of which the prefix of a base counts as one.
    let is_digit =
        |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(|b| b.is_ascii_hexdigit() || *b == b'x');
    let between = |at: usize| is_digit(at.checked_sub(1)) && is_digit(Some(at + 1)) && bytes.get(at + 1) != Some(&b'x');
    let decimal = !unsigned.starts_with("0x");
    // The `e` of a decimal exponent is no digit.
    let beside_e = |at: usize| decimal && (bytes.get(at + 1) == Some(&b'e') || (at > 0 && bytes[at - 1] == b'e'));
    if (0..bytes.len()).any(|at| bytes[at] == b'_' && (!between(at) || beside_e(at))) {
        return None;
    }
    let plain = unsigned.replace('_', "");
    let value = match plain.strip_prefix("0x") {
        Some(hexadecimal) => parse_hexadecimal_float(hexadecimal)?,
        None => {
            let known =
                !plain.starts_with(['-', '+']) && plain.bytes().all(|b| b.is_ascii_digit() || b".e+-".contains(&b));
            plain.parse().ok().filter(|_| known && plain.bytes().any(|b| b.is_ascii_digit()))?
        }
    };
    // What does not fit is an error in Go and infinity in Rust.
    value.is_finite().then_some(sign * value)
}

/// What stands behind `0x`: digits with a point among them perhaps, then `p` and a power of two, which has to be there.
fn parse_hexadecimal_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once('p')?;
    let power = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    if power.is_empty() || !power.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // A power that does not fit an i32 is as good as endless.
    let endless = if exponent.starts_with('-') { i32::MIN / 2 } else { i32::MAX / 2 };
    let mut exponent: i32 = exponent.parse().unwrap_or(endless);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value: u64 = 0;
    for (at, digit) in whole.chars().chain(fraction.chars()).enumerate() {
        let digit = u64::from(digit.to_digit(16)?);
        if value >> 60 == 0 {
            value = (value << 4) | digit;
        } else {
            // Digits beyond the precision only break a tie.
            value |= u64::from(digit != 0);
            exponent = exponent.saturating_add(4);
        }
        if at >= whole.len() {
            exponent = exponent.saturating_sub(4);
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "rounding to the nearest is what is wanted")]
    let mantissa = value as f64;
    // In two steps, because the power alone may be smaller than any number.
    Some(mantissa * 2_f64.powi(exponent / 2) * 2_f64.powi(exponent - exponent / 2))
}

/// `strconv.FormatFloat(value, 'g', -1, …)`, of the shortest digits that `shortest` gives in scientific notation.
pub(crate) fn format_float(value: f64, shortest: &str) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf".to_owned() } else { "-Inf".to_owned() };
    }
    let Some((mantissa, exponent)) = shortest.split_once('e') else { return shortest.to_owned() };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    // For the shortest digits Go decides between the notations as if the precision were 6.
    if !(-4..6).contains(&exponent) {
        let sign_of_exponent = if exponent < 0 { '-' } else { '+' };
        return format!("{sign}{mantissa}e{sign_of_exponent}{:02}", exponent.abs());
    }
    let point = exponent + 1;
    let text = if point <= 0 {
        format!("0.{}{digits}", "0".repeat(usize::try_from(-point).unwrap_or(0)))
    } else {
        let whole = usize::try_from(point).unwrap_or(0);
        if digits.len() <= whole {
            format!("{digits}{}", "0".repeat(whole - digits.len()))
        } else {
            format!("{}.{}", &digits[..whole], &digits[whole..])
        }
    };
    format!("{sign}{text}")
}

const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// `time.ParseDuration`, in nanoseconds.
pub(crate) fn parse_duration(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    // Zero is the only number that needs no unit.
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: u128 = 0;
    while !rest.is_empty() {
        let whole_len = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (whole, after) = rest.split_at(whole_len);
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => after.split_at(after.bytes().take_while(u8::is_ascii_digit).count()),
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let unit_len = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_len);
        let (_, nanos) = UNITS.iter().find(|(name, _)| *name == unit)?;
        let nanos = u128::from(*nanos);
        let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let part = whole.checked_mul(nanos)?;
        total = total.checked_add(part + part_of_unit(fraction, nanos))?;
        rest = after;
    }
    let limit = u128::from(i64::MAX.unsigned_abs());
    match (negative, total) {
        (true, total) if total == limit + 1 => Some(i64::MIN),
        (_, total) if total > limit => None,
        (true, total) => i64::try_from(total).ok().map(|value| -value),
        (false, total) => i64::try_from(total).ok(),
    }
}

/// The nanoseconds of the digits behind a point, counted in the floats that Go's leadingFraction and ParseDuration use.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "Go rounds the fraction in just these steps; what comes out is less than an hour"
)]
fn part_of_unit(digits: &str, nanos: u128) -> u128 {
    let mut held: u64 = 0;
    let mut scale = 1.0_f64;
    for digit in digits.bytes().map(|digit| u64::from(digit - b'0')) {
        // Digits that no longer fit are skipped, as are all that follow.
        if held > i64::MAX.unsigned_abs() / 10 || held * 10 + digit > 1 << 63 {
            break;
        }
        held = held * 10 + digit;
        scale *= 10.0;
    }
    (held as f64 * (nanos as f64 / scale)) as u128
}

/// `time.Duration.String`: `1h30m0s`, `300ms`, `0s`.
pub(crate) fn format_duration(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let total = nanos.unsigned_abs();
    if total == 0 {
        return "0s".to_owned();
    }
    if total < 1_000_000_000 {
        let (unit, scale) = match total {
            0..=999 => ("ns", 1),
            1_000..=999_999 => ("\u{b5}s", 1_000),
            _ => ("ms", 1_000_000),
        };
        return format!("{sign}{}{unit}", fraction(total, scale));
    }
    let minutes = total / 60_000_000_000;
    let seconds = fraction(total % 60_000_000_000, 1_000_000_000);
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{sign}{seconds}s"),
        (0, minutes) => format!("{sign}{minutes}m{seconds}s"),
        (hours, minutes) => format!("{sign}{hours}h{minutes}m{seconds}s"),
    }
}

fn fraction(value: u64, scale: u64) -> String {
    let (whole, rest) = (value / scale, value % scale);
    if rest == 0 {
        return whole.to_string();
    }
    let width = scale.ilog10() as usize;
    let digits = format!("{rest:0width$}");
    format!("{whole}.{}", digits.trim_end_matches('0'))
}

/// What stands between the quotes of `strconv.Quote(text)`.
pub(crate) fn quote(text: &str) -> String {
    if text.bytes().all(|b| (b' '..0x7f).contains(&b) && b != b'"' && b != b'\\') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            c if u32::from(c) < 0x20 || u32::from(c) == 0x7f => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if printable(c) => out.push(c),
            c if u32::from(c) < 0x1_0000 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    out
}

/// Near enough `unicode.IsPrint`: the letter in front keeps Rust from escaping combining marks.
fn printable(c: char) -> bool {
    c.is_ascii() || format!("a{c}").escape_debug().count() == 2
}

/// The text that [`quote`] was given.
pub(crate) fn unquote(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let width = match chars.next() {
            Some('a') => {
                out.push('\u{7}');
                continue;
            }
            Some('b') => {
                out.push('\u{8}');
                continue;
            }
            Some('f') => {
                out.push('\u{c}');
                continue;
            }
            Some('n') => {
                out.push('\n');
                continue;
            }
            Some('r') => {
                out.push('\r');
                continue;
            }
            Some('t') => {
                out.push('\t');
                continue;
            }
            Some('v') => {
                out.push('\u{b}');
                continue;
            }
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            Some(other) => {
                out.push(other);
                continue;
            }
            None => break,
        };
        let digits: String = chars.by_ref().take(width).collect();
        out.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
    }
    out
}

/// The first record of `encoding/csv`; `None` where Go reports an error.
pub(crate) fn read_csv(text: &str) -> Option<Vec<String>> {
    // Empty lines are no records.
    let text = text.replace("\r\n", "\n");
    // readLine drops a `\r` before the end of the text as it does before the end of a line.
    let text = text.strip_suffix('\r').unwrap_or(&text).trim_start_matches('\n');
    if text.is_empty() {
        return None;
    }
    let mut fields = Vec::new();
    let mut rest = text;
    loop {
        let after = if let Some(quoted) = rest.strip_prefix('"') {
            let mut field = String::new();
            let mut quoted = quoted;
            loop {
                let at = quoted.find('"')?;
                field.push_str(&quoted[..at]);
                quoted = &quoted[at + 1..];
                match quoted.strip_prefix('"') {
                    Some(more) => {
                        field.push('"');
                        quoted = more;
                    }
                    None => break,
                }
            }
            fields.push(field);
            quoted
        } else {
            let end = rest.find([',', '\n']).unwrap_or(rest.len());
            let field = &rest[..end];
            if field.contains('"') {
                return None;
            }
            fields.push(field.to_owned());
            &rest[end..]
        };
        match after.chars().next() {
            None | Some('\n') => return Some(fields),
            Some(',') => rest = &after[1..],
            Some(_) => return None,
        }
    }
}

/// One record as `encoding/csv` writes it, without its line end.
pub(crate) fn write_csv<'a>(fields: impl IntoIterator<Item = &'a str>) -> String {
    let mut out = String::new();
    for (index, field) in fields.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        let quoted = field == "\\."
            || field.contains([',', '"', '\r', '\n'])
            || field.chars().next().is_some_and(char::is_whitespace);
        if quoted {
            out.push('"');
            out.push_str(&field.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(field);
        }
    }
    out
}

/// `net.ParseIP`; up to Go 1.16 a decimal part might have leading zeros.
pub(crate) fn parse_ip(text: &str, leading_zeros: bool) -> Option<IpAddr> {
    if text.contains(':') {
        // Go knows no zone here, and neither does Rust.
        return text.parse::<Ipv6Addr>().ok().map(|ip| ip.to_ipv4_mapped().map_or(IpAddr::V6(ip), IpAddr::V4));
    }
    let mut parts = [0_u8; 4];
    let mut count = 0;
    for part in text.split('.') {
        let plain = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !plain || (!leading_zeros && part.len() > 1 && part.starts_with('0')) {
            return None;
        }
        *parts.get_mut(count)? = part.parse().ok()?;
        count += 1;
    }
    (count == 4).then(|| IpAddr::V4(Ipv4Addr::from(parts)))
}

/// An address range, with the bits behind its prefix cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cidr {
    pub(crate) network: IpAddr,
    pub(crate) prefix: u32,
}

impl Cidr {
    pub(crate) fn bits(self) -> u32 {
        if self.network.is_ipv4() { 32 } else { 128 }
    }
}

impl std::fmt::Display for Cidr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.network, self.prefix)
    }
}

/// `net.ParseCIDR`, which Kubernetes' own "sloppy" parser extends by leading zeros.
pub(crate) fn parse_cidr(text: &str, leading_zeros: bool) -> Option<Cidr> {
    let (address, prefix) = text.split_once('/')?;
    let v4 = !address.contains(':');
    let plain = !prefix.is_empty() && prefix.len() <= 4 && prefix.bytes().all(|b| b.is_ascii_digit());
    let prefix: u32 = plain.then(|| prefix.parse().ok()).flatten()?;
    if v4 {
        let IpAddr::V4(ip) = parse_ip(address, leading_zeros)? else { return None };
        let mask = match prefix {
            0 => 0,
            1..=32 => u32::MAX << (32 - prefix),
            _ => return None,
        };
        return Some(Cidr { network: IpAddr::V4(Ipv4Addr::from(u32::from(ip) & mask)), prefix });
    }
    let ip: Ipv6Addr = address.parse().ok()?;
    // Go knows an address of the fourth version in either clothing.
    if let (Some(ip), 96..=128) = (ip.to_ipv4_mapped(), prefix) {
        return parse_cidr(&format!("{ip}/{}", prefix - 96), leading_zeros);
    }
    let mask = match prefix {
        0 => 0,
        1..=128 => u128::MAX << (128 - prefix),
        _ => return None,
    };
    Some(Cidr { network: IpAddr::V6(Ipv6Addr::from(u128::from(ip) & mask)), prefix })
}

/// The scheme of what `net/url.Parse` takes; `None` where it reports an error.
pub(crate) fn parse_url(text: &str) -> Option<&str> {
    let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
    if text.bytes().any(|b| b < 0x20 || b == 0x7f) || !escapes_are_whole(fragment) {
        return None;
    }
    let mut scheme = "";
    let mut rest = text;
    for (index, c) in text.char_indices() {
        match c {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if index > 0 => {}
            ':' if index == 0 => return None,
            ':' => {
                (scheme, rest) = (&text[..index], &text[index + 1..]);
                break;
            }
            _ => break,
        }
    }
    let rest = rest.split_once('?').map_or(rest, |(path, _)| path);
    if !rest.starts_with('/') {
        if !scheme.is_empty() {
            return Some(scheme);
        }
        let segment = rest.split('/').next().unwrap_or("");
        return (!segment.contains(':') && escapes_are_whole(rest)).then_some(scheme);
    }
    let mut path = rest;
    if (!scheme.is_empty() || !rest.starts_with("///")) && rest.starts_with("//") {
        let authority = &rest[2..];
        let end = authority.find('/').unwrap_or(authority.len());
        path = &authority[end..];
        if !authority_is_valid(&authority[..end]) {
            return None;
        }
    }
    escapes_are_whole(path).then_some(scheme)
}

fn escapes_are_whole(text: &str) -> bool {
    text.split('%').skip(1).all(|part| {
        let bytes = part.as_bytes();
        bytes.len() >= 2 && bytes[0].is_ascii_hexdigit() && bytes[1].is_ascii_hexdigit()
    })
}

fn authority_is_valid(authority: &str) -> bool {
    let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
    if let Some(user) = user {
        let plain = user.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&b));
        if !plain || !escapes_are_whole(user) {
            return false;
        }
    }
    let port =
        |text: &str| text.is_empty() || text.strip_prefix(':').is_some_and(|p| p.bytes().all(|b| b.is_ascii_digit()));
    if let Some(inner) = host.strip_prefix('[') {
        return inner.rsplit_once(']').is_some_and(|(_, rest)| port(rest));
    }
    if let Some(at) = host.rfind(':')
        && !port(&host[at..])
    {
        return false;
    }
    !host.bytes().any(|b| b" \\^`{|}%".contains(&b))
}

/// Whether `regexp.Compile` would refuse the pattern, and why (regexp/syntax, `Parse` with the flags of Perl).
///
/// Names of Unicode classes are not looked up, and a pattern that would grow too large by nested counts passes.
pub(crate) fn regexp_error(pattern: &str) -> Option<&'static str> {
    let chars: Vec<char> = pattern.chars().collect();
    Pattern { chars: &chars, at: 0 }.check().err()
}

struct Pattern<'p> {
    chars: &'p [char],
    at: usize,
}

/// The most that may stand between braces, and what nested counts may come to.
const MOST_REPEATED: u32 = 1000;

impl Pattern<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn takes(&mut self, text: &str) -> bool {
        let there = self.chars.get(self.at..).is_some_and(|rest| {
            let mut rest = rest.iter();
            text.chars().all(|c| rest.next() == Some(&c))
        });
        self.at += if there { text.chars().count() } else { 0 };
        there
    }

    fn check(&mut self) -> Result<(), &'static str> {
        // What each open group comes to, repeated as its parts are, and what the last item comes to; none where there is
        // nothing to repeat.
        let mut open: Vec<u32> = Vec::new();
        let (mut most, mut item, mut repeated) = (1_u32, None::<u32>, false);
        while let Some(c) = self.peek() {
            self.at += 1;
            let count = match c {
                '*' | '+' | '?' => Some(1),
                '{' => self.count()?,
                _ => None,
            };
            if let Some(count) = count {
                let Some(inner) = item else { return Err("missing argument to repetition operator") };
                if repeated {
                    return Err("invalid nested repetition operator");
                }
                let total = inner.saturating_mul(count.max(1));
                if total > MOST_REPEATED {
                    return Err("invalid repeat count");
                }
                // One `?` behind it makes it lazy.
                self.takes("?");
                (item, most, repeated) = (Some(total), most.max(total), true);
                continue;
            }
            repeated = false;
            match c {
                '(' => match self.group()? {
                    true => {
                        open.push(most);
                        (most, item) = (1, None);
                    }
                    // Flags alone are no item, and what stands before them cannot be repeated any more.
                    false => item = None,
                },
                ')' => {
                    let Some(outer) = open.pop() else { return Err("unexpected )") };
                    item = Some(most);
                    most = outer.max(most);
                }
                '|' => item = None,
                '[' => {
                    self.class()?;
                    item = Some(1);
                }
                '\\' => {
                    if self.takes("Q") {
                        let rest = self.chars.get(self.at..).unwrap_or_default();
                        let end = rest.windows(2).position(|pair| pair == ['\\', 'E']);
                        self.at = end.map_or(self.chars.len(), |end| self.at + end + 2);
                    } else {
                        self.escape(false)?;
                    }
                    item = Some(1);
                }
                _ => item = Some(1),
            }
        }
        if open.is_empty() { Ok(()) } else { Err("missing closing )") }
    }

    /// The larger number between braces; `None` where they stand for themselves.
    fn count(&mut self) -> Result<Option<u32>, &'static str> {
        let rest = self.chars.get(self.at..).unwrap_or_default();
        let Some(end) = rest.iter().position(|c| *c == '}') else { return Ok(None) };
        let inside: String = rest.iter().take(end).collect();
        let (from, to) = inside.split_once(',').map_or((inside.as_str(), inside.as_str()), |both| both);
        let number = |text: &str| {
            let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            (plain && (text == "0" || !text.starts_with('0'))).then(|| text.parse::<u32>().unwrap_or(u32::MAX))
        };
        let Some(from) = number(from) else { return Ok(None) };
        let to = if to.is_empty() { from } else { number(to).unwrap_or(u32::MAX) };
        if to == u32::MAX && number(inside.rsplit(',').next().unwrap_or_default()).is_none() && !inside.ends_with(',') {
            return Ok(None);
        }
        self.at += end + 1;
        if from > MOST_REPEATED || to > MOST_REPEATED || from > to {
            return Err("invalid repeat count");
        }
        Ok(Some(to))
    }

    /// Behind an opening bracket; `false` where it only sets flags.
    fn group(&mut self) -> Result<bool, &'static str> {
        const SYNTAX: &str = "invalid or unsupported Perl syntax";
        if !self.takes("?") {
            return Ok(true);
        }
        if self.takes("P<") || self.takes("<") {
            let mut name = String::new();
            loop {
                match self.peek() {
                    None => return Err("invalid named capture"),
                    Some('>') => break,
                    Some(c) => name.push(c),
                }
                self.at += 1;
            }
            self.at += 1;
            let word = !name.is_empty() && name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric());
            if !word {
                return Err("invalid named capture");
            }
            return Ok(true);
        }
        let (mut negative, mut flags) = (false, false);
        loop {
            let c = self.peek();
            self.at += 1;
            match c {
                Some('i' | 'm' | 's' | 'U') => flags = true,
                Some('-') if !negative => (negative, flags) = (true, false),
                Some(end @ (':' | ')')) if !negative || flags => return Ok(end == ':'),
                _ => return Err(SYNTAX),
            }
        }
    }

    /// Behind a backslash: the character that it stands for, or none where it stands for a class or a place.
    fn escape(&mut self, in_class: bool) -> Result<Option<char>, &'static str> {
        const ESCAPE: &str = "invalid escape sequence";
        let Some(c) = self.peek() else { return Err("trailing backslash at end of expression") };
        self.at += 1;
        match c {
            'd' | 'D' | 's' | 'S' | 'w' | 'W' => Ok(None),
            'A' | 'b' | 'B' | 'z' if !in_class => Ok(None),
            'p' | 'P' => {
                if self.takes("{") {
                    let rest = self.chars.get(self.at..).unwrap_or_default();
                    let end = rest.iter().position(|c| *c == '}').ok_or("invalid character class range")?;
                    self.at += end + 1;
                } else {
                    self.peek().ok_or("invalid character class range")?;
                    self.at += 1;
                }
                Ok(None)
            }
            // One to three digits, of which a single one but 0 would be a reference back.
            '0'..='7' => {
                let octal = |c: Option<char>| c.is_some_and(|c| ('0'..='7').contains(&c));
                if c != '0' && !octal(self.peek()) {
                    return Err(ESCAPE);
                }
                let mut value = c.to_digit(8).unwrap_or_default();
                for _ in 0..2 {
                    if let Some(digit) = self.peek().filter(|c| octal(Some(*c))).and_then(|c| c.to_digit(8)) {
                        value = value * 8 + digit;
                        self.at += 1;
                    }
                }
                Ok(char::from_u32(value))
            }
            'x' => {
                let rest = self.chars.get(self.at..).unwrap_or_default();
                let (digits, taken): (String, usize) = if rest.first() == Some(&'{') {
                    let end = rest.iter().position(|c| *c == '}').ok_or(ESCAPE)?;
                    (rest.iter().take(end).skip(1).collect(), end + 1)
                } else {
                    (rest.iter().take(2).collect(), 2)
                };
                let hex = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
                let whole = hex && (taken > 2 || digits.len() == 2);
                let value = u32::from_str_radix(&digits, 16).ok().filter(|value| whole && *value <= 0x10_FFFF);
                self.at += taken;
                value.ok_or(ESCAPE).map(char::from_u32)
            }
            'a' | 'f' | 'n' | 'r' | 't' | 'v' => Ok(Some(c)),
            _ if c.is_ascii_alphanumeric() || !c.is_ascii() => Err(ESCAPE),
            _ => Ok(Some(c)),
        }
    }

    /// Behind an opening square bracket.
    fn class(&mut self) -> Result<(), &'static str> {
        const RANGE: &str = "invalid character class range";
        const NAMES: [&str; 14] = [
            "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper",
            "word", "xdigit",
        ];
        self.takes("^");
        // A bracket that comes first is a literal one.
        let mut first = true;
        loop {
            let Some(c) = self.peek() else { return Err("missing closing ]") };
            if c == ']' && !first {
                self.at += 1;
                return Ok(());
            }
            first = false;
            if self.chars.get(self.at..).is_some_and(|rest| rest.starts_with(&['[', ':'])) {
                let rest = self.chars.get(self.at + 2..).unwrap_or_default();
                if let Some(end) = rest.windows(2).position(|pair| pair == [':', ']']) {
                    let name: String = rest.iter().take(end).collect();
                    if !NAMES.contains(&name.trim_start_matches('^')) {
                        return Err(RANGE);
                    }
                    self.at += end + 4;
                    continue;
                }
            }
            let Some(low) = self.member()? else { continue };
            let range = self.peek() == Some('-') && !matches!(self.chars.get(self.at + 1), Some(']') | None);
            if range {
                self.at += 1;
                // A class is no end of a range.
                let high = self.member()?.ok_or("invalid escape sequence")?;
                if high < low {
                    return Err(RANGE);
                }
            }
        }
    }

    fn member(&mut self) -> Result<Option<char>, &'static str> {
        let Some(c) = self.peek() else { return Err("missing closing ]") };
        self.at += 1;
        if c == '\\' { self.escape(true) } else { Ok(Some(c)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_read_as_go_reads_them() {
        for (text, value) in [
            ("0", Some(0)),
            ("-1", Some(-1)),
            ("+7", Some(7)),
            ("010", Some(8)),
            ("0x10", Some(16)),
            ("0o17", Some(15)),
            ("0b101", Some(5)),
            ("1_000", Some(1000)),
            ("0_7", Some(7)),
            ("0x_f", Some(15)),
            ("", None),
            ("_1", None),
            ("1_", None),
            ("1__0", None),
            ("08", None),
            ("0x", None),
            ("1e3", None),
            (" 1", None),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
        ] {
            assert_eq!(parse_int(text, 64), value, "{text}");
        }
        assert_eq!(parse_int("2147483648", 32), None);
    }

    #[test]
    fn durations_read_and_print_as_in_go() {
        for (text, printed) in [
            ("60s", "1m0s"),
            ("90m", "1h30m0s"),
            ("1.5h", "1h30m0s"),
            ("300ms", "300ms"),
            ("0", "0s"),
            ("-1s", "-1s"),
            ("1h1ns", "1h0m0.000000001s"),
            ("1500us", "1.5ms"),
            ("1193046h29m", "1193046h29m0s"),
            (".5s", "500ms"),
            ("0.3333333333333333333h", "20m0s"),
        ] {
            assert_eq!(parse_duration(text).map(format_duration).as_deref(), Some(printed), "{text}");
        }
        for text in ["", "5", "2d", "s", "-", "1", ".s", "1 s", "10000000h"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn floats_print_as_in_go() {
        for (text, printed) in [
            ("0.5", "0.5"),
            ("1e-3", "0.001"),
            ("10", "10"),
            ("1000000", "1e+06"),
            ("123456", "123456"),
            ("1234567", "1.234567e+06"),
            ("0.00001", "1e-05"),
            ("nan", "NaN"),
            ("-inf", "-Inf"),
            ("0", "0"),
            ("-0", "-0"),
            ("0_0.01", "0.01"),
            ("1e-0_2", "0.01"),
            ("1_000", "1000"),
            ("0x1p-7", "0.0078125"),
            ("0X_1.P-7", "0.0078125"),
            ("0x.8p-6", "0.0078125"),
            ("0x1_0p-11", "0.0078125"),
            ("-0x10000000000000000000p0", "-7.555786372591432e+22"),
        ] {
            let value = parse_float(text).expect(text);
            assert_eq!(format_float(value, &format!("{value:e}")), printed, "{text}");
        }
        for text in [
            "", "x", "e5", "1e999", "0.5s", "--1", "_1", "1_", "1__0", "1_e2", "1e_2", "0x1", "0x1p", "0xp1", "+nan",
            "1f",
        ] {
            assert_eq!(parse_float(text), None, "{text}");
        }
    }

    #[test]
    fn lists_read_and_print_as_csv() {
        assert_eq!(read_csv("a,b"), Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(read_csv("\"b,a\",c"), Some(vec!["b,a".to_owned(), "c".to_owned()]));
        assert_eq!(read_csv("a,"), Some(vec!["a".to_owned(), String::new()]));
        assert_eq!(read_csv("a\nb"), Some(vec!["a".to_owned()]));
        assert_eq!(read_csv("a\r"), Some(vec!["a".to_owned()]));
        assert_eq!(read_csv("a\"b"), None);
        assert_eq!(read_csv("\"a"), None);
        assert_eq!(read_csv("\"a\"b"), None);
        assert_eq!(write_csv(["a", " b", "c,d", "\"e\""]), "a,\" b\",\"c,d\",\"\"\"e\"\"\"");
    }

    #[test]
    fn quoting_goes_both_ways() {
        for text in ["plain", "a\"b", "a\\b", "\u{1b}[0m", "tab\t", "\u{202e}x", "\u{e9}", "\u{1f600}", "\u{a0}"] {
            assert_eq!(unquote(&quote(text)), text);
        }
        assert_eq!(quote("\u{1b}"), "\\x1b");
        assert_eq!(quote("\u{202e}"), "\\u202e");
    }

    #[test]
    fn urls_are_told_from_what_is_none() {
        for text in
            ["https://kubernetes.default.svc", "a:b c", "system:x", "kubernetes/serviceaccount", "", "//host:1/x"]
        {
            assert!(parse_url(text).is_some(), "{text}");
        }
        for text in ["b,system:x", ":x", "https://a b/", "https://h:port/", "a\u{1}:b", "https://h/%zz", "a b:c"] {
            assert!(parse_url(text).is_none(), "{text}");
        }
        assert_eq!(parse_url("http://x.example.com/jwks"), Some("http"));
    }

    #[test]
    fn patterns_are_checked() {
        for pattern in [
            "^https://a$",
            "a.*?b",
            "[]a]",
            "(?i)x",
            "(?P<n>x)",
            "\\.example\\.com(:|$)",
            "a{2}",
            "[[:alpha:]]",
            "a{,2}",
            "a{1000}",
            "\\Qa(b\\E",
            "(?i:a)",
            "(?-i:a)",
            "(?i-m:a)",
            "\\pL",
            "\\p{Greek}",
            "[\\d-]",
            "a|",
            "()",
            "\\x41",
            "\\x{1F600}",
            "(?<n>a)",
            "[a-z0-9-]",
            "a{2}?",
            "(a{5}){10}",
            "\\012",
            "[^]a]",
            "x{",
            "x{a}",
            "a{2,}",
        ] {
            assert_eq!(regexp_error(pattern), None, "{pattern}");
        }
        for pattern in [
            "*",
            "a**",
            "(",
            ")",
            "[a",
            "\\",
            "(?=x)",
            "\\y",
            "|*",
            "a{1}{2}",
            "a{1001}",
            "(a{500}){3}",
            "[b-a]",
            "\\8",
            "\\C",
            "\\xZZ",
            "\\x4$",
            "\\x{110000}",
            "[[:foo:]]",
            "(?z)a",
            "(?i-:a)",
            "(?a",
            "[a-\\d]",
            "[]",
            "[^]",
            "x{2,1}",
            "(?P<1-2>a)",
            "(?P<>a)",
            "\\1",
            "a+*",
            "^*b**",
        ] {
            assert!(regexp_error(pattern).is_some(), "{pattern}");
        }
    }

    #[test]
    fn addresses_follow_the_release_of_go() {
        assert_eq!(parse_ip("010.0.0.1", true), Some(IpAddr::from([10, 0, 0, 1])));
        assert_eq!(parse_ip("010.0.0.1", false), None);
        assert_eq!(parse_ip("10.0.0.256", true), None);
        assert_eq!(parse_ip("::ffff:1.2.3.4", false), Some(IpAddr::from([1, 2, 3, 4])));
        assert_eq!(parse_cidr("10.1.2.3/8", false).map(|c| c.to_string()).as_deref(), Some("10.0.0.0/8"));
        assert_eq!(parse_cidr("10.0.0.0/33", false), None);
    }
}
