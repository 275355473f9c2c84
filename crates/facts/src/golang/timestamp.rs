//! `time.Time`, as RFC 3339 writes it.

/// Whether `time.Parse(time.RFC3339, text)` takes a text and the year is from 1 to 9999.
pub(crate) fn is_timestamp(text: &str) -> bool {
    parse(text).is_some()
}

fn parse(text: &str) -> Option<()> {
    let mut left = text;
    let year = number(&mut left, 4, "-")?;
    let month = number(&mut left, 2, "-")?;
    let day = number(&mut left, 2, "T")?;
    // Go takes an hour of one digit.
    let hour_digits = if left.as_bytes().get(1) == Some(&b':') { 1 } else { 2 };
    let hour = number(&mut left, hour_digits, ":")?;
    let minute = number(&mut left, 2, ":")?;
    let second = number(&mut left, 2, "")?;
    if let Some(fraction) = left.strip_prefix(['.', ',']) {
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
        left = (digits > 0).then(|| &fraction[digits..])?;
    }
    if let Some(mut offset) = left.strip_prefix(['+', '-']) {
        let (hours, minutes) = (number(&mut offset, 2, ":")?, number(&mut offset, 2, "")?);
        left = (hours <= 24 && minutes <= 60 && offset.is_empty()).then_some("Z")?;
    }
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    let there = year > 0 && (1..=days).contains(&day) && hour < 24 && minute < 60 && second < 60 && left == "Z";
    there.then_some(())
}

/// So many digits, and what stands behind them.
fn number(left: &mut &str, digits: usize, behind: &str) -> Option<u32> {
    let (number, rest) = left.split_at_checked(digits)?;
    *left = rest.strip_prefix(behind)?;
    number.bytes().all(|b| b.is_ascii_digit()).then(|| number.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_read_as_in_go() {
        for text in ["2020-02-29T00:00:00Z", "0001-01-01T9:59:59.123456789123Z", "9999-12-31T23:59:59,5-08:00"] {
            assert!(is_timestamp(text), "{text}");
        }
        for text in [
            "",
            "2020-01-01",
            "2021-02-29T00:00:00Z",
            "2020-13-01T00:00:00Z",
            "2020-01-01T24:00:00Z",
            "2020-01-01T00:00:00",
            "2020-01-01 00:00:00Z",
            "2020-01-01t00:00:00z",
            "2020-01-01T00:00:00.Z",
            "2020-01-01T00:00:00+0100",
            "0000-01-01T00:00:00Z",
            "2020-01-01T00:00:00Zé",
            "é",
        ] {
            assert!(!is_timestamp(text), "{text}");
        }
    }
}
