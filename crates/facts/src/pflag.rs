//! A command line as `spf13/pflag` reads it, and the values of flags as their Go types take and print them.
//!
//! The grammar is that of `FlagSet.parseArgs` in pflag's flag.go, which has not changed between the releases vendored by
//! Kubernetes 1.5 and 1.36; the types are pflag's own, those of component-base's `cli/flag` and klog's. What a flag means
//! is not known here.

mod kind;
mod print;
pub(crate) mod quantity;
mod set;

use model::{Form, Gap, Site, Version};

pub use self::kind::{Kind, Value};
use crate::{
    Hand, Word,
    flags::{Presence, Table},
};

/// One flag given once.
#[derive(Clone, Debug)]
pub(crate) struct Occurrence {
    /// Its place in the table.
    pub(crate) flag: usize,
    /// The text of its value; `Err` where part of it is known only later.
    pub(crate) text: Result<String, Gap>,
    pub(crate) site: Site,
    pub(crate) hand: Hand,
}

impl Occurrence {
    fn of(flag: usize, text: Result<String, Gap>, site: Site, word: &Word) -> Self {
        Self { flag, text, site, hand: word.hand.clone() }
    }
}

/// A word that pflag, or the component behind it, does not take.
#[derive(Clone, Debug)]
pub(crate) enum Mistake {
    /// `--=x`, `---x`.
    Syntax(Word),
    /// A flag that this release does not have, under the name that was given.
    Unknown {
        name: String,
        site: Site,
    },
    UnknownShorthand {
        letter: char,
        word: Word,
    },
    /// The last word is a flag that needs a value.
    NoValue {
        flag: usize,
        word: Word,
    },
    /// A word that is no flag.
    Stray(Word),
}

/// A command line taken apart. pflag itself stops at the first mistake; here the rest is still read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parsed {
    pub(crate) occurrences: Vec<Occurrence>,
    pub(crate) mistakes: Vec<Mistake>,
    /// Words of which not even the flag is known, each with the number of occurrences before it.
    pub(crate) opaque: Vec<(usize, Gap)>,
}

/// Reads the words as a component of that release reads them.
pub(crate) fn parse(words: &[&Word], table: &Table, version: &Version) -> Parsed {
    let mut parsed = Parsed::default();
    let underscores = table.takes_underscores(version.minor);
    let mut at = 0;
    while let Some(word) = words.get(at) {
        at += 1;
        let text = word.text.as_str();
        if let Some(gap) = &word.unresolved
            && !names_a_flag(text)
        {
            parsed.opaque.push((parsed.occurrences.len(), gap.clone()));
            continue;
        }
        if text.len() < 2 || !text.starts_with('-') {
            // The component looks only for arguments that are not empty.
            if !text.is_empty() {
                parsed.mistakes.push(Mistake::Stray((*word).clone()));
            }
            continue;
        }
        if text == "--" {
            let rest = words.get(at..).unwrap_or_default();
            parsed
                .mistakes
                .extend(rest.iter().filter(|word| !word.text.is_empty()).map(|word| Mistake::Stray((*word).clone())));
            break;
        }
        let Some(long) = text.strip_prefix("--") else {
            shorthands(word, words, &mut at, table, version, &mut parsed);
            continue;
        };
        if long.starts_with(['-', '=']) {
            parsed.mistakes.push(Mistake::Syntax((*word).clone()));
            continue;
        }
        let (name, inline) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
        let dashed = name.replace('_', "-");
        let known = if underscores { dashed.as_str() } else { name };
        let present = table
            .position(known)
            .filter(|index| table.flags.get(*index).is_some_and(|flag| flag.presence(version) != Presence::No));
        let Some(index) = present else {
            // What a distribution adds unasked it adds where the release has it.
            let is_left_out = matches!(word.hand, Hand::Default(_)) && table.find(&dashed).is_some();
            if !is_left_out {
                parsed.mistakes.push(Mistake::Unknown { name: name.to_owned(), site: word.site.clone() });
            }
            // A flag of another release would take the next word as its value, and so, most likely, would a misspelt
            // one: that word is no mistake of its own.
            let bare_bool = table.find(&dashed).is_some_and(|flag| flag.kind(version.minor).needs_no_value());
            let next_is_value = words.get(at).is_some_and(|next| !next.text.starts_with('-'));
            if inline.is_none() && !bare_bool && next_is_value {
                at += 1;
            }
            continue;
        };
        let needs_no_value = table.flags.get(index).is_some_and(|flag| flag.kind(version.minor).needs_no_value());
        let occurrence = match inline {
            Some(value) => Occurrence::of(index, known_text(word, value), word.site.clone(), word),
            None if needs_no_value => Occurrence::of(index, known_text(word, "true"), word.site.clone(), word),
            None => {
                let Some(next) = words.get(at) else {
                    parsed.mistakes.push(Mistake::NoValue { flag: index, word: (*word).clone() });
                    continue;
                };
                at += 1;
                Occurrence::of(index, known_text(next, &next.text), split_site(next), word)
            }
        };
        parsed.occurrences.push(occurrence);
    }
    parsed
}

/// `-v=2`, `-v2`, `-v 2`, `-h`.
fn shorthands(word: &Word, words: &[&Word], at: &mut usize, table: &Table, version: &Version, parsed: &mut Parsed) {
    let mut rest = word.text.strip_prefix('-').unwrap_or_default();
    while let Some(letter) = rest.chars().next() {
        let after = &rest[letter.len_utf8()..];
        let name = match letter {
            'v' => "v",
            'h' => "help",
            _ => "",
        };
        let Some((index, flag)) = table.position(name).and_then(|index| Some((index, table.flags.get(index)?))) else {
            parsed.mistakes.push(Mistake::UnknownShorthand { letter, word: word.clone() });
            // pflag never looks at the remaining letters, and neither at what would be the value.
            let next_is_value = words.get(*at).is_some_and(|next| !next.text.starts_with('-'));
            if !word.text.contains('=') && next_is_value && after.len() > 1 {
                *at += 1;
            }
            return;
        };
        let needs_no_value = flag.kind(version.minor).needs_no_value();
        let (text, site) = match after.strip_prefix('=') {
            Some(value) if !value.is_empty() => (known_text(word, value), word.site.clone()),
            _ if needs_no_value => (known_text(word, "true"), word.site.clone()),
            _ if !after.is_empty() => (known_text(word, after), word.site.clone()),
            _ => match words.get(*at) {
                Some(next) => {
                    *at += 1;
                    (known_text(next, &next.text), split_site(next))
                }
                None => {
                    parsed.mistakes.push(Mistake::NoValue { flag: index, word: word.clone() });
                    return;
                }
            },
        };
        let ends = !needs_no_value || after.starts_with('=');
        parsed.occurrences.push(Occurrence::of(index, text, site, word));
        if ends {
            return;
        }
        rest = after;
    }
}

fn known_text(word: &Word, text: &str) -> Result<String, Gap> {
    match &word.unresolved {
        Some(gap) => Err(gap.clone()),
        None => Ok(text.to_owned()),
    }
}

/// The place of a value that is a word of its own.
fn split_site(word: &Word) -> Site {
    let form = if word.site.form == Form::Word { Form::SplitWord } else { word.site.form };
    Site { at: word.site.at.clone(), form }
}

/// Whether an unresolved word shows its flag: what is not known stands behind the `=`.
fn names_a_flag(text: &str) -> bool {
    let Some((name, _)) = text.strip_prefix("--").and_then(|text| text.split_once('=')) else { return false };
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests {
    use model::Minor;

    use super::*;
    use crate::flags::KUBE_APISERVER;

    const NEW: Minor = Minor::new(1, 36);
    const OLD: Minor = Minor::new(1, 20);

    /// Gives a flag of that kind the texts in turn: what is printed in the end, or what it takes instead.
    fn given(kind: Kind, minor: Minor, texts: &[&str]) -> Result<String, String> {
        let mut value = kind.default_value("", minor);
        for (index, text) in texts.iter().enumerate() {
            kind.set(&mut value, index > 0, text, minor)?;
        }
        Ok(kind.print(&value))
    }

    #[test]
    fn each_kind_takes_and_prints_its_own_text() {
        for (kind, texts, printed) in [
            (Kind::StringSlice, &["a,b", "\"c,d\""][..], "[a,b,\\\"c,d\\\"]"),
            (Kind::StringSlice, &[""], "[]"),
            (Kind::StringArray, &["a,b", "c"], "[\\\"a,b\\\",c]"),
            (Kind::Int32Slice, &["29,0x17"], "[29,23]"),
            (Kind::ConfigurationMap, &["b=1,a", " c = 2 "], "a=,b=1,c=2"),
            (Kind::MapStringString, &["b=x,y", "a=1"], "a=1,b=x,y"),
            (Kind::StringToString, &["b=1", "\"a=x,y\",c=3"], "[\\\"a=x,y\\\",b=1,c=3]"),
            (Kind::FeatureGate, &["B=t", "A=false,B=0"], "A=false,B=false"),
            (Kind::ColonSeparatedMultimap, &["kube:B=true,A=false", "A=true"], ":A=false,:A=true,kube:B=true"),
            (Kind::NamedCertKeyArray, &["a.crt, a.key", "b.crt,b.key:*.x, y"], "[a.crt,a.key;b.crt,b.key:*.x,y]"),
            (Kind::PortRange, &["30000+10"], "30000-30010"),
            (Kind::PortRange, &[" 80 "], "80-80"),
            (Kind::Cidrs, &["35.191.0.0/16,10.1.2.3/8"], "10.0.0.0/8,35.191.0.0/16"),
            (Kind::Severity, &["warning"], "1"),
            (Kind::ModuleSpec, &["a=1,b=0"], "a=1"),
            (Kind::VmoduleConfiguration, &["a=1,b=0", "c=2"], "a=1,b=0,c=2"),
            (Kind::Ip, &["::FFFF:10.0.0.1"], "10.0.0.1"),
            (Kind::Ip, &[""], "<nil>"),
            (Kind::Float32, &["0.1"], "0.1"),
            (Kind::Version, &["raw"], "raw"),
        ] {
            assert_eq!(given(kind, NEW, texts).as_deref(), Ok(printed), "{kind:?} {texts:?}");
        }
    }

    #[test]
    fn each_kind_refuses_what_its_own_type_refuses() {
        for (kind, texts) in [
            (Kind::Bool, &["yes"][..]),
            (Kind::Uint, &["-1"]),
            (Kind::StringSlice, &["a\"b"]),
            (Kind::Int32Slice, &[""]),
            (Kind::MapStringString, &["x"]),
            (Kind::StringToString, &["x"]),
            (Kind::FeatureGate, &["A=yes"]),
            (Kind::NamedCertKeyArray, &["a"]),
            (Kind::NamedCertKeyArray, &["a,b:"]),
            (Kind::PortRange, &["20-10"]),
            (Kind::PortRange, &["1-70000"]),
            (Kind::Cidrs, &["10.0.0.0/8", "10.0.0.0/8"]),
            (Kind::VerbosityLevel, &["+1"]),
            (Kind::Quantity, &["1x"]),
            (Kind::Version, &["yes"]),
        ] {
            assert!(given(kind, NEW, texts).is_err(), "{kind:?} {texts:?}");
        }
        assert!(given(Kind::Ip, OLD, &[""]).is_err());
    }

    #[test]
    fn every_default_of_the_data_is_one_the_flag_takes() {
        let table = &*KUBE_APISERVER;
        for flag in &table.flags {
            for minor in table.minors() {
                let version = Version::of_minor(minor);
                let Ok(default) = flag.default(&version) else { continue };
                let text = default.raw.unwrap_or(default.value);
                let kind = flag.kind(minor);
                if text.is_empty() || kind == Kind::TraceLocation || flag.presence(&version) == Presence::No {
                    continue;
                }
                let mut value = kind.default_value("", minor);
                assert_eq!(kind.set(&mut value, false, text, minor), Ok(()), "--{} in {minor}", flag.name);
            }
        }
    }
}
