//! Whether a pattern is one (`regexp/syntax`).

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
}
