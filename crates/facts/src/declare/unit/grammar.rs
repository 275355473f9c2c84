//! The words of a unit: lines, continuation, quotes and escapes, with the place of every character.

use model::Gap;

use super::environment::unknown;

/// A character and the bytes that spell it.
#[derive(Clone, Copy)]
pub(in crate::declare) struct Glyph {
    pub(in crate::declare) is: char,
    /// Which of the texts it stands in.
    pub(in crate::declare) text: usize,
    pub(in crate::declare) start: usize,
    pub(in crate::declare) end: usize,
}

/// One assignment of a section.
pub(super) struct Entry {
    pub(super) section: String,
    pub(super) key: String,
    pub(super) value: Vec<Glyph>,
}

/// A word after unquoting.
pub(super) struct Token {
    pub(super) glyphs: Vec<Glyph>,
    /// What of it was written, quotes included.
    pub(super) text: usize,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Behind the closing quote, where it is quoted as a whole.
    pub(super) after: usize,
}

/// Why a list of words cannot be read to its end: systemd refuses the line.
pub(super) struct Unbalanced;

pub(super) fn text_of(glyphs: &[Glyph]) -> String {
    glyphs.iter().map(|glyph| glyph.is).collect()
}

pub(super) fn is(entry: &Entry, key: &str) -> bool {
    entry.section == "Service" && entry.key == key
}

pub(super) fn words_of(tokens: &[Token]) -> Vec<String> {
    let mut words: Vec<String> = tokens.iter().map(|token| text_of(&token.glyphs)).collect();
    if let Some(first) = words.first_mut() {
        let program = first.trim_start_matches(PREFIXES).to_owned();
        let named = first[..first.len() - program.len()].contains('@');
        *first = program;
        if named && words.len() > 1 {
            words.remove(1);
        }
    }
    words
}

/// What may stand before the program: `|` since systemd 258, the others long before.
pub(super) const PREFIXES: [char; 6] = ['-', '@', ':', '+', '!', '|'];

/// Logical lines, as `config_parse` joins them: a comment inside a continued value is skipped, an empty line ends it.
pub(super) fn entries(text: &str, index: usize) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut section = String::new();
    let mut line: Vec<Glyph> = Vec::new();
    let mut at = 0;
    let mut finish = |line: &mut Vec<Glyph>| {
        let whole = std::mem::take(line);
        let logical = trim(&whole);
        let Some(first) = logical.first() else { return };
        if first.is == '[' {
            section = text_of(logical).trim_matches(['[', ']']).to_owned();
        } else if let Some(equals) = logical.iter().position(|glyph| glyph.is == '=') {
            let (key, value) = logical.split_at(equals);
            let key = text_of(trim(key));
            entries.push(Entry { section: section.clone(), key, value: trim(&value[1..]).to_vec() });
        }
    };
    for raw in text.split_inclusive('\n') {
        let from = at;
        at += raw.len();
        let raw = raw.trim_end_matches(['\n', '\r']).trim_start_matches('\u{feff}');
        if raw.trim_start().starts_with(['#', ';']) {
            continue;
        }
        let continues = raw.bytes().rev().take_while(|&b| b == b'\\').count() % 2 == 1;
        for (offset, is) in raw.char_indices() {
            let start = from + offset;
            let last = continues && offset + 1 == raw.len();
            line.push(Glyph { is: if last { ' ' } else { is }, text: index, start, end: start + is.len_utf8() });
        }
        if !continues {
            finish(&mut line);
        }
    }
    finish(&mut line);
    entries
}

pub(super) fn trim(glyphs: &[Glyph]) -> &[Glyph] {
    let blank = |glyph: &Glyph| matches!(glyph.is, ' ' | '\t' | '\r' | '\n');
    let start = glyphs.iter().position(|glyph| !blank(glyph)).unwrap_or(glyphs.len());
    let end = glyphs.iter().rposition(|glyph| !blank(glyph)).map_or(start, |at| at + 1);
    &glyphs[start..end]
}

/// Splits as `extract_first_word` does: quotes anywhere in a word, and with `escapes` those of C.
pub(super) fn tokens(value: &[Glyph], escapes: bool) -> Result<Vec<Token>, Unbalanced> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = value.get(at) {
        if matches!(first.is, ' ' | '\t' | '\r' | '\n') {
            at += 1;
            continue;
        }
        let begin = at;
        let mut glyphs = Vec::new();
        let mut quote = None;
        while let Some(glyph) = value.get(at) {
            match (glyph.is, quote) {
                (' ' | '\t' | '\r' | '\n', None) => break,
                ('"' | '\'', None) => quote = Some(glyph.is),
                (c, Some(open)) if c == open => quote = None,
                ('\\', _) => {
                    let (is, used) = escape(&value[at + 1..], escapes);
                    let end = value.get(at + used).map_or(glyph.end, |last| last.end);
                    match is {
                        Some(is) => glyphs.push(Glyph { is, end, ..*glyph }),
                        // An escape that nobody knows stays as it is.
                        None => glyphs.extend(value[at..].iter().take(used + 1)),
                    }
                    at += used;
                }
                _ => glyphs.push(*glyph),
            }
            at += 1;
        }
        // Without C escapes this is the value of a variable, which is read to its end whatever it holds (EXTRACT_RELAX).
        if quote.is_some() && escapes {
            return Err(Unbalanced);
        }
        let end = value.get(at - 1).map_or(first.end, |last| last.end);
        let whole = first.is == value[at - 1].is
            && matches!(first.is, '"' | '\'')
            && at - begin >= 2
            && value[begin + 1..at - 1].iter().all(|glyph| glyph.is != first.is);
        let quotes = usize::from(whole);
        tokens.push(Token { glyphs, text: first.text, start: first.start + quotes, end: end - quotes, after: end });
    }
    Ok(tokens)
}

/// The character behind a backslash and how many characters spell it (`cunescape_one` of src/basic/escape.c).
pub(super) fn escape(rest: &[Glyph], c_escapes: bool) -> (Option<char>, usize) {
    let Some(first) = rest.first() else { return (None, 0) };
    if !c_escapes {
        return (Some(first.is), 1);
    }
    let number = |from: usize, length: usize, radix: u32| -> Option<char> {
        let digits = rest.get(from..from + length)?;
        let text: String = digits.iter().map(|glyph| glyph.is).collect();
        if !text.chars().all(|c| c.is_digit(radix)) {
            return None;
        }
        u32::from_str_radix(&text, radix).ok().and_then(char::from_u32).filter(|&c| c != '\0')
    };
    let simple = match first.is {
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        's' => ' ',
        c @ ('\\' | '"' | '\'') => c,
        'x' => return number(1, 2, 16).map_or((None, 1), |c| (Some(c), 3)),
        'u' => return number(1, 4, 16).map_or((None, 1), |c| (Some(c), 5)),
        'U' => return number(1, 8, 16).map_or((None, 1), |c| (Some(c), 9)),
        '0'..='7' => return number(0, 3, 8).map_or((None, 1), |c| (Some(c), 3)),
        _ => return (None, 1),
    };
    (Some(simple), 1)
}

pub(super) fn tokens_of_value(value: &[Glyph]) -> Vec<Token> {
    tokens(value, false).unwrap_or_default()
}

/// `%%` is a percent sign; every other specifier is known to the manager alone.
pub(super) fn specifiers(glyphs: &[Glyph]) -> Result<Vec<Glyph>, Gap> {
    let mut plain = Vec::with_capacity(glyphs.len());
    let mut at = 0;
    while let Some(glyph) = glyphs.get(at) {
        plain.push(*glyph);
        if glyph.is == '%' {
            match glyphs.get(at + 1).map(|next| next.is) {
                Some('%') => at += 1,
                Some(c) if c.is_ascii_alphabetic() => return Err(unknown(&format!("%{c}"))),
                _ => {}
            }
        }
        at += 1;
    }
    Ok(plain)
}
