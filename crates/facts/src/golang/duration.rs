//! `time.Duration`.

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
