//! A quantity such as `512` or `2Ki`, as apimachinery's pkg/api/resource/quantity.go takes and prints it.
//!
//! A text that is written the shortest way is printed as it is; the others are made so. Numbers beyond what the fields of a
//! server hold are printed as they were written.

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Decimal,
    Binary,
    Exponent,
}

const DECIMAL: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];

const BINARY: [(&str, u32); 6] = [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60)];

/// What a text stands for.
pub(crate) enum Parsed {
    Zero,
    /// More than can be counted here.
    TooLarge,
    Amount {
        /// Without its sign, before it is rounded.
        amount: i128,
        /// The power of ten that it counts.
        scale: i32,
        /// Whether the server holds it as a whole number of 64 bits.
        small: bool,
        /// Whether its suffix is a power of two.
        binary: bool,
        negative: bool,
    },
}

impl Parsed {
    /// ParseQuantity; `None` for a text that is none.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let (parts, negative) = Parts::of(text)?;
        let Some(parts) = parts else { return Some(Self::Zero) };
        let binary = parts.format == Format::Binary;
        Some(match parts.amount() {
            Some((amount, scale, small)) => Self::Amount { amount, scale, small, binary, negative },
            None => Self::TooLarge,
        })
    }
}

/// The parts of a text, without zeros before its number.
struct Parts<'t> {
    number: &'t str,
    fraction: &'t str,
    format: Format,
    ten: i32,
    two: u32,
}

impl<'t> Parts<'t> {
    /// The parts, of which a text of zeros has none, and whether it is negative.
    fn of(text: &'t str) -> Option<(Option<Self>, bool)> {
        if text.is_empty() {
            return None;
        }
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let rest = rest.trim_start_matches('0');
        if rest.is_empty() {
            return Some((None, negative));
        }
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = rest.split_at(digits(rest));
        let number = if number.is_empty() { "0" } else { number };
        let (fraction, suffix) = match rest.strip_prefix('.') {
            Some(rest) => rest.split_at(digits(rest)),
            None => ("", rest),
        };
        let (format, ten, two) = interpret(suffix)?;
        Some((Some(Self { number, fraction, format, ten, two }), negative))
    }

    /// The amount, its scale, and whether it fits into a whole number of 64 bits.
    fn amount(&self) -> Option<(i128, i32, bool)> {
        let places = i32::try_from(self.fraction.len()).ok()?;
        let length = i32::try_from(self.number.len()).ok()?;
        let digits: i128 = format!("{}{}", self.number, self.fraction).parse().ok()?;
        let amount = digits.checked_mul(1_i128 << self.two)?;
        let scale = self.ten.saturating_sub(places);
        let room = match self.format {
            Format::Binary if self.fraction.is_empty() => 14 - length - i32::try_from(self.two).ok()? * 3 / 10,
            Format::Binary => -1,
            _ => 18 - length - places,
        };
        Some((amount, scale, room >= 0 && scale >= -9 && i64::try_from(amount).is_ok()))
    }

    /// Whether it is written the shortest way.
    fn is_shortest(&self, scale: i32) -> bool {
        let all = format!("{}{}", self.number, self.fraction);
        match self.format {
            Format::Binary => self.number.parse::<i64>().is_ok_and(|number| number & 7 != 0),
            _ => scale % 3 == 0 && !all.ends_with("000") && !all.starts_with('0'),
        }
    }
}

/// The text that stands for the same quantity when it is printed; `None` for a text that is none.
pub(super) fn canonical(text: &str) -> Option<String> {
    let (parts, negative) = Parts::of(text)?;
    let Some(parts) = parts else { return Some("0".to_owned()) };
    let Some((amount, scale, fits)) = parts.amount() else { return Some(text.to_owned()) };
    // What fits into 64 bits and is in its shortest form keeps its spelling.
    if fits && parts.is_shortest(scale) {
        return Some(text.to_owned());
    }
    let written = print(amount, scale, parts.format).unwrap_or_else(|| text.to_owned());
    Some(if negative && written != "0" && written != text { format!("-{written}") } else { written })
}

fn interpret(suffix: &str) -> Option<(Format, i32, u32)> {
    if let Some((_, ten)) = DECIMAL.iter().find(|(known, _)| *known == suffix) {
        return Some((Format::Decimal, *ten, 0));
    }
    if let Some((_, two)) = BINARY.iter().find(|(known, _)| *known == suffix) {
        return Some((Format::Binary, 0, *two));
    }
    let exponent = suffix.strip_prefix(['e', 'E']).and_then(|digits| crate::golang::parse_decimal(digits, 32))?;
    Some((Format::Exponent, i32::try_from(exponent).ok()?, 0))
}

/// CanonicalizeBytes of a positive amount; `None` where it is too large to be counted here.
fn print(mut amount: i128, mut scale: i32, format: Format) -> Option<String> {
    // Less than a billionth is rounded up to one.
    while scale < -9 && amount != 0 {
        amount = amount.div_euclid(10) + i128::from(amount.rem_euclid(10) != 0);
        scale += 1;
    }
    if amount == 0 {
        return Some("0".to_owned());
    }
    if format == Format::Binary {
        let whole = u32::try_from(-scale).map_or(Some(amount), |places| {
            let unit = 10_i128.checked_pow(places)?;
            (amount % unit == 0).then(|| amount / unit)
        });
        if let Some(mut whole) = whole.filter(|whole| *whole >= 1024) {
            let mut suffix = "";
            for (known, _) in BINARY {
                if whole % 1024 != 0 {
                    break;
                }
                whole /= 1024;
                suffix = known;
            }
            return Some(format!("{whole}{suffix}"));
        }
    }
    while amount % 10 == 0 {
        amount /= 10;
        scale += 1;
    }
    while scale % 3 != 0 {
        amount = amount.checked_mul(10)?;
        scale -= 1;
    }
    if format == Format::Exponent {
        return Some(if scale == 0 { amount.to_string() } else { format!("{amount}e{scale}") });
    }
    let suffix = DECIMAL.iter().find(|(_, ten)| *ten == scale)?.0;
    Some(format!("{amount}{suffix}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As 1.36.2 printed them.
    #[test]
    fn quantities_print_as_a_server_prints_them() {
        for (text, printed) in [
            ("0", "0"),
            ("0Ki", "0"),
            ("0m", "0"),
            ("0e5", "0"),
            ("e3", "0"),
            ("1Ki", "1Ki"),
            ("+1Ki", "+1Ki"),
            ("1.5", "1500m"),
            ("0.1", "100m"),
            (".5", "500m"),
            ("5.", "5."),
            ("1E3", "1E3"),
            ("1000", "1k"),
            ("1Ei", "1Ei"),
        ] {
            assert_eq!(canonical(text).as_deref(), Some(printed), "{text}");
        }
        for text in ["", "x", "1e", "1Kii", "1 Ki", "1k5"] {
            assert_eq!(canonical(text), None, "{text}");
        }
    }
}
