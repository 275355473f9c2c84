//! The functions that an expression can call, with the types they take and give.

use std::{collections::HashMap, sync::LazyLock};

use super::kind::Type;

/// One way to call a function.
pub(super) struct Overload {
    /// The first minor of release 1 that has it.
    pub(super) since: u16,
    /// Whether it is called on its first argument.
    pub(super) member: bool,
    pub(super) arguments: Vec<Type>,
    pub(super) result: Type,
    /// How many types it leaves open; they are the first parameters.
    pub(super) open: usize,
}

static TABLE: LazyLock<HashMap<&str, Vec<Overload>>> =
    LazyLock::new(|| read(include_str!("../../data/cel/functions.txt")));

/// The ways to call a function in any release.
pub(super) fn overloads(name: &str) -> &'static [Overload] {
    TABLE.get(name).map_or(&[], Vec::as_slice)
}

const EACH: [&str; 8] = ["int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes"];

fn read(text: &'static str) -> HashMap<&'static str, Vec<Overload>> {
    let mut table: HashMap<&str, Vec<Overload>> = HashMap::new();
    let mut since = 0;
    for line in text.lines().filter(|line| !line.starts_with("//")) {
        if let Some(minor) = line.strip_prefix("# 1.") {
            since = minor.parse().unwrap_or_default();
            continue;
        }
        let Some((name, rest)) = line.split_once('(') else { continue };
        let member = name.starts_with('.');
        for each in EACH {
            let mut signature = Signature { left: rest, letters: Vec::new(), each };
            let mut arguments = Vec::new();
            while !signature.takes(")") && !signature.left.is_empty() {
                arguments.extend(signature.next());
                signature.takes(", ");
            }
            signature.takes(" ");
            let Some(result) = signature.next() else { break };
            let open = signature.letters.len();
            let overload = Overload { since, member, arguments, result, open };
            table.entry(name.trim_start_matches('.')).or_default().push(overload);
            if !line.contains('X') {
                break;
            }
        }
    }
    table
}

struct Signature {
    left: &'static str,
    letters: Vec<&'static str>,
    each: &'static str,
}

impl Signature {
    fn takes(&mut self, sign: &str) -> bool {
        let rest = self.left.strip_prefix(sign);
        self.left = rest.unwrap_or(self.left);
        rest.is_some()
    }

    fn next(&mut self) -> Option<Type> {
        let end = self.left.find(['(', ')', ',', ' ']).unwrap_or(self.left.len());
        let (word, rest) = self.left.split_at(end);
        self.left = rest;
        let word = if word == "X" { self.each } else { word };
        let mut inner = Vec::new();
        if self.takes("(") {
            while !self.takes(")") && !self.left.is_empty() {
                inner.push(self.next()?);
                self.takes(", ");
            }
        }
        Some(match (word, inner.as_slice()) {
            ("", _) => return None,
            ("dyn", []) => Type::Dyn,
            ("bool", []) => Type::Bool,
            ("int", []) => Type::Int,
            ("uint", []) => Type::Uint,
            ("double", []) => Type::Double,
            ("string", []) => Type::Text,
            ("bytes", []) => Type::Bytes,
            ("duration", []) => Type::Duration,
            ("timestamp", []) => Type::Timestamp,
            ("list", [item]) => Type::list(item.clone()),
            ("map", [key, value]) => Type::map(key.clone(), value.clone()),
            ("optional", [inner]) => Type::optional(inner.clone()),
            ("type", [inner]) => Type::kind(inner.clone()),
            (letter, []) if letter.len() == 1 => {
                let known = self.letters.iter().position(|known| *known == letter);
                Type::Param(known.unwrap_or_else(|| {
                    self.letters.push(letter);
                    self.letters.len() - 1
                }))
            }
            (name, _) => Type::Named(name),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        let text = include_str!("../../data/cel/functions.txt");
        for line in text.lines().filter(|line| !line.starts_with("//") && !line.starts_with("# 1.")) {
            let name = line.split('(').next().expect("a name").trim_start_matches('.');
            assert!(!overloads(name).is_empty(), "{line}");
        }
        let arguments = |name: &str| overloads(name).iter().map(|one| one.arguments.len()).collect::<Vec<_>>();
        assert_eq!(arguments("sum"), [1, 1, 1, 1]);
        assert_eq!(arguments("isSorted"), [1; 8]);
        assert_eq!(arguments("replace"), [3, 4]);
        assert_eq!(arguments("optional.none"), [0]);
        let [split, _] = overloads("split") else { panic!("two ways") };
        assert_eq!((split.since, split.member, split.open), (29, true, 0));
        assert_eq!((&split.arguments, &split.result), (&vec![Type::Text; 2], &Type::list(Type::Text)));
        assert!(overloads("first").iter().all(|one| one.result == Type::optional(Type::Param(0))));
        assert_eq!(overloads("ip.isCanonical").first().map(|one| one.since), Some(30));
        assert!(overloads("frobnicate").is_empty());
    }
}
