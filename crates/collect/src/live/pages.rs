//! Lists of objects: all their pages as one text, with the fields that are read and an object a line.

use std::{borrow::Cow, fmt};

use facts::live::{Ask, METADATA};
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use super::{
    ask::{Raw, refused},
    client::{Answer, Conversation},
    failure::Failure,
};

/// Objects that are asked for at a time.
const PAGE: usize = 500;

/// Objects of one kind that are taken in as they are given.
const MOST: usize = 20_000;

/// Bytes of one list that are kept.
const LARGEST: usize = 48 << 20;

/// A page of objects.
#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    kind: Option<&'a str>,
    #[serde(default)]
    metadata: PageMetadata,
    #[serde(borrow)]
    items: Option<Vec<&'a RawValue>>,
}

#[derive(Default, Deserialize)]
struct PageMetadata {
    #[serde(default, rename = "continue")]
    more: String,
}

/// All pages of all queries as one list, one object a line, each as it was given, or the fields of it that are kept.
///
/// A list of which fields are kept is given as far as it was read, and says why it ends there.
pub(super) async fn list(
    talk: &Conversation,
    ask: &'static Ask,
    path: &str,
    kept: Option<(&'static [Path], usize)>,
) -> Result<Option<Raw>, Failure> {
    let most = kept.map_or(MOST, |(_, most)| most);
    let (keep, may_repeat) = (kept.map(|(keep, _)| keep), ask.queries.len() > 1);
    let mut whole = Whole { keep, may_repeat, ..Whole::default() };
    let cut = |whole: Whole, why: &str| {
        Ok(Some(match kept {
            Some(_) => Raw::Text(whole.finish(Some(why))),
            None => Raw::Unread(ask.unanswered(why)),
        }))
    };
    for query in ask.queries {
        let mut more = String::new();
        loop {
            let joined = if query.is_empty() { String::new() } else { format!("{query}&") };
            let next = if more.is_empty() { String::new() } else { format!("&continue={}", escaped(&more)) };
            let path = format!("{path}?{joined}limit={PAGE}{next}");
            let (answer, held) = talk.get(&path, ask.accept).await?;
            match answer {
                Answer::Given => {}
                // What is gone between two pages cannot be told from what never was.
                Answer::Missing if whole.count > 0 => {
                    return cut(whole, "its pages changed while they were read");
                }
                Answer::Other(why) if kept.is_some() && whole.count > 0 => return cut(whole, &why),
                other => return Ok(refused(ask, other)),
            }
            let Ok(page) = serde_json::from_slice::<Page<'_>>(&held.bytes) else {
                return Ok(Some(Raw::Unread(ask.unanswered("it is no list of objects"))));
            };
            // What gives more than it was asked for is not looked at.
            if ask.accept == METADATA && page.kind != Some("PartialObjectMetadataList") {
                return Ok(Some(Raw::Unread(ask.unanswered("it is no list of metadata"))));
            }
            let next = page.metadata.more.clone();
            if page.items.is_none() && page.kind.is_none_or(|kind| !kind.ends_with("List")) {
                return Ok(Some(Raw::Unread(ask.unanswered("it is no list of objects"))));
            }
            if is_of_another_kind(ask, &page) {
                return Ok(Some(Raw::Unread(ask.unanswered("it is a list of something else"))));
            }
            whole.add(&page, most);
            if whole.is_full || whole.count == most && !next.is_empty() {
                return cut(whole, &format!("there are more than {most}"));
            }
            if whole.objects.len() > LARGEST {
                return cut(whole, &format!("they are larger than {} MiB", LARGEST >> 20));
            }
            // A server that gives the same page for ever is asked no more.
            if next.is_empty() || next == more {
                break;
            }
            more = next;
        }
    }
    if whole.count == 0 && ask.is_never_empty() {
        let why = "it lists none, although every API server makes some itself";
        return Ok(Some(Raw::Unread(ask.unanswered(why))));
    }
    Ok(Some(Raw::Text(whole.finish(None))))
}

/// Whether a list that was put together holds no object, and is whole.
pub(super) fn holds_none(list: &str) -> bool {
    list.ends_with("\"apiVersion\":\"v1\",\"items\":[\n]}\n")
}

/// Whether a page says that it holds something else than what was asked for. A `List` may hold anything.
fn is_of_another_kind(ask: &Ask, page: &Page<'_>) -> bool {
    let (Some(wanted), Some(kind)) = (ask.listed(), page.kind) else { return false };
    ask.accept != METADATA && kind.strip_suffix("List").is_none_or(|one| !one.is_empty() && one != wanted)
}

/// Objects of several pages.
#[derive(Default)]
struct Whole {
    kind: String,
    may_repeat: bool,
    seen: std::collections::BTreeSet<[u8; 32]>,
    /// The fields that are kept, where not all are.
    keep: Option<&'static [Path]>,
    objects: String,
    count: usize,
    /// There were more than may be.
    is_full: bool,
}

impl Whole {
    fn add(&mut self, page: &Page<'_>, most: usize) {
        if self.kind.is_empty() {
            self.kind = page.kind.unwrap_or("List").to_owned();
        }
        // Of one page there is each but once, and another query or page may find the same one.
        let may_repeat = self.may_repeat || self.count > 0 || !page.metadata.more.is_empty();
        for object in page.items.iter().flatten() {
            if may_repeat && !self.seen.insert(Sha256::digest(object.get().as_bytes()).into()) {
                continue;
            }
            if self.count >= most {
                self.is_full = true;
                return;
            }
            self.objects.push_str(if self.count == 0 { "\n" } else { ",\n" });
            match self.keep {
                None => self.objects.push_str(object.get()),
                Some(keep) => self.objects.push_str(&kept(object.get(), keep)),
            }
            self.count += 1;
        }
    }

    fn finish(self, cut: Option<&str>) -> String {
        let kind: String = self.kind.chars().filter(char::is_ascii_alphanumeric).collect();
        let cut = cut.map(|why| format!("\"cut\":{},", serde_json::Value::from(why))).unwrap_or_default();
        format!("{{\"kind\":\"{kind}\",\"apiVersion\":\"v1\",{cut}\"items\":[{}\n]}}\n", self.objects)
    }
}

/// The way to a field, through every item of a list that is on it.
type Path = &'static [&'static str];

/// An object without the fields that nobody reads, on one line. What is no object stays, for whoever reads it to say so.
///
/// What is passed over is walked over and no more: on most servers it is the greater part, and a list has thousands.
fn kept(object: &str, keep: &[Path]) -> String {
    let paths: Vec<&[&str]> = keep.to_vec();
    let mut out = String::new();
    match prune(object, &paths, 0, &mut out) {
        Ok(()) => out,
        Err(_) => "null".to_owned(),
    }
}

/// As deep as serde_json goes itself where it makes values.
const DEEPEST: usize = 128;

fn prune(text: &str, paths: &[&[&str]], depth: usize, out: &mut String) -> serde_json::Result<()> {
    if depth > DEEPEST {
        return Err(serde::de::Error::custom("it is nested too deep"));
    }
    let text = text.trim();
    // A way that ends here keeps all that is below.
    if paths.iter().any(|path| path.is_empty()) {
        if text.contains(['\n', '\r']) {
            out.push_str(&serde_json::from_str::<serde_json::Value>(text)?.to_string());
        } else {
            out.push_str(text);
        }
        return Ok(());
    }
    match text.as_bytes().first() {
        Some(b'{') => {
            let Fields(fields) = serde_json::from_str(text)?;
            out.push('{');
            let mut is_first = true;
            for (key, below) in fields {
                let rest: Vec<&[&str]> = paths
                    .iter()
                    .filter_map(|path| path.split_first().filter(|(first, _)| ***first == *key).map(|(_, rest)| rest))
                    .collect();
                if rest.is_empty() {
                    continue;
                }
                if !std::mem::take(&mut is_first) {
                    out.push(',');
                }
                out.push_str(&serde_json::to_string(&key)?);
                out.push(':');
                prune(below.get(), &rest, depth + 1, out)?;
            }
            out.push('}');
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text)?;
            out.push('[');
            for (number, item) in items.into_iter().enumerate() {
                if number > 0 {
                    out.push(',');
                }
                prune(item.get(), paths, depth + 1, out)?;
            }
            out.push(']');
        }
        _ => out.push_str(text),
    }
    Ok(())
}

/// The fields of an object in their order, each as it was written.
struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// A name without escapes is not copied.
        #[derive(Deserialize)]
        struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

        struct Visitor;

        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Fields<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some((Key(key), value)) = map.next_entry()? {
                    fields.push((key, value));
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(Visitor)
    }
}

/// A token of a server as part of a query.
fn escaped(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
    text.bytes().fold(String::new(), |mut out, byte| {
        if plain(byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_become_one_list_with_an_object_a_line() {
        let mut whole = Whole::default();
        for page in [
            r#"{"kind":"PodList","metadata":{"continue":"x"},"items":[{"a": 1},{"b":2}]}"#,
            r#"{"kind":"PodList","metadata":{},"items":[{"b":2},{"c":3}]}"#,
        ] {
            whole.add(&serde_json::from_str(page).expect("a page"), MOST);
        }
        assert_eq!(
            whole.finish(None),
            "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":[\n{\"a\": 1},\n{\"b\":2},\n{\"c\":3}\n]}\n"
        );
    }

    #[test]
    fn of_an_object_only_the_fields_are_kept_that_are_read() {
        const KEEP: &[Path] = &[&["metadata", "name"], &["spec", "volumes", "name"], &["rules"]];
        let object = r#"{"metadata":{"name":"a","managedFields":[{"x":1}]},"spec":{"volumes":[{"name":"v","secret":{}},{}],
            "containers":[{"env":[{"value":"hunter2"}]}]},"rules":[{"verbs":["*"]}],"status":{}}"#;
        let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
        let wanted = r#"{"metadata":{"name":"a"},"rules":[{"verbs":["*"]}],"spec":{"volumes":[{"name":"v"},{}]}}"#;
        assert_eq!(parsed(&kept(object, KEEP)), parsed(wanted));
        // Each object has a line of its own, however it was written.
        assert!(!kept("{\n\"rules\": [\n {\"a\": 1}\n]\n}", KEEP).contains('\n'));
        assert_eq!(kept(r#"{"rul\u0065s":7}"#, KEEP), r#"{"rules":7}"#);
        for broken in ["[[", "{\"rules\":}", &"[".repeat(1000), &format!("{}{}", "[".repeat(1000), "]".repeat(1000))] {
            assert_eq!(kept(broken, KEEP), "null");
        }
    }

    #[test]
    fn a_list_that_is_too_long_says_that_it_is_cut() {
        let mut whole = Whole { keep: Some(&[&["a"]]), ..Whole::default() };
        let page = r#"{"kind":"RoleList","items":[{"a":1,"b":1},{"a":2},{"a":3}]}"#;
        whole.add(&serde_json::from_str(page).expect("a page"), 2);
        assert!(whole.is_full);
        assert_eq!(
            whole.finish(Some("there are more than 2")),
            "{\"kind\":\"RoleList\",\"apiVersion\":\"v1\",\"cut\":\"there are more than 2\",\"items\":[\n{\"a\":1},\n{\"a\":2}\n]}\n"
        );
    }

    #[test]
    fn what_a_server_wants_back_is_escaped() {
        assert_eq!(escaped("a b&c=d/é"), "a%20b%26c%3Dd%2F%C3%A9");
    }
}
