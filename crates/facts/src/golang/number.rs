//! `strconv`: truth, integers and floats.

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
}
