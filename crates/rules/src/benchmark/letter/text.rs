//! What kube-bench finds for the tests of an id: it searches the command line, as `ps` prints it, and does not parse it.
//!
//! A flag is there where its name stands anywhere. Its value is what follows the first of those places up to the next blank, so
//! that a flag and its value in two words are `true`, of two the first counts, and `0` is no `false` (`flagTestItem.findValue` and
//! `compareOp` of check/test.go, aquasecurity/kube-bench a73ce378418c). A server takes such a line otherwise; where that changes
//! the answer, the report says so.

use facts::apiserver::ApiServer;
use model::spelled;

use super::{Op, Test, asked, items};
use crate::benchmark::{Benchmark, Item};

/// The answer of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    pub met: bool,
    /// "`--profiling` as `true` and no `--token-auth-file`".
    pub found: String,
}

/// What the search says of an API server; `None` where its command line is not known word by word, or an id is about anything
/// else.
pub fn text(benchmark: &Benchmark, item: &Item, server: &ApiServer) -> Option<Text> {
    if !benchmark.is_cis() {
        return None;
    }
    let line = server.line()?;
    let (tests, any) = asked(benchmark, item, server.component().name)?.tests();
    let met = if any { tests.iter().any(|test| holds(test, line)) } else { tests.iter().all(|test| holds(test, line)) };
    let mut found: Vec<String> = Vec::new();
    for test in tests {
        let flag = spelled(&test.flag);
        let one = match value(line, &flag) {
            None => format!("no `{flag}`"),
            Some(value) => format!("`{flag}` as `{value}`"),
        };
        if !found.contains(&one) {
            found.push(one);
        }
    }
    Some(Text { met, found: found.join(" and ") })
}

/// What stands behind the first place of a name; `true` where that is nothing.
fn value<'a>(line: &'a str, flag: &str) -> Option<&'a str> {
    let mut rest = &line[line.find(flag)? + flag.len()..];
    loop {
        match rest.as_bytes().first() {
            Some(b'=') => rest = &rest[1..],
            Some(b':') => rest = rest[1..].trim_start_matches(' '),
            _ => break,
        }
    }
    let value = rest.split(|c: char| c.is_ascii_whitespace()).next().unwrap_or_default();
    Some(if value.is_empty() { "true" } else { value })
}

fn holds(test: &Test, line: &str) -> bool {
    let found = value(line, &spelled(&test.flag));
    let Some(found) = found else { return test.op == Op::Unset };
    let number = |text: &str| text.trim().parse::<i64>().ok();
    let compared = |holds: fn(i64, i64) -> bool| {
        number(found).zip(number(&test.value)).is_some_and(|(found, wanted)| holds(found, wanted))
    };
    // Case counts for nothing in the words of booleans.
    let lower = found.to_lowercase();
    let is_equal = if lower == "true" || lower == "false" { lower == test.value } else { found == test.value };
    match test.op {
        Op::Set => true,
        Op::Unset => false,
        Op::Eq => is_equal,
        Op::NotEq => !is_equal,
        Op::Gt => compared(|found, wanted| found > wanted),
        Op::Gte => compared(|found, wanted| found >= wanted),
        Op::Lte => compared(|found, wanted| found <= wanted),
        Op::Has => found.contains(&test.value),
        Op::Lacks => !found.contains(&test.value),
        Op::Within => {
            let (found, allowed) = (items(found), items(&test.value));
            !found.is_empty() && found.iter().all(|item| allowed.contains(item))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::benchmark::find;

    fn read(benchmark: &str, id: &str, arguments: &[&str]) -> Text {
        let cluster = testkit::cluster("1.32.0", arguments).expect("the base resolves");
        let benchmark = find(benchmark).expect("an edition");
        let item = benchmark.items().iter().find(|item| item.id == id).expect("an id");
        text(benchmark, item, &cluster.apiservers[0]).expect("a line")
    }

    #[test]
    fn a_search_finds_what_a_server_does_not_read() {
        // What kube-bench's own code says of these lines.
        for (id, arguments, met) in [
            ("1.2.15", &["--profiling=false"][..], true),
            ("1.2.15", &["--profiling=False"], true),
            ("1.2.15", &["--profiling=0"], false),
            ("1.2.15", &["--profiling", "false"], false),
            ("1.2.15", &["--profiling=false", "--profiling=true"], true),
            ("1.2.15", &["--profiling=true", "--profiling=false"], false),
            ("1.2.6", &["--authorization-mode", "AlwaysAllow"], true),
            ("1.2.17", &["--audit-log-maxage", "30"], false),
            ("1.2.17", &["--audit-log-maxage=30"], true),
            ("1.2.17", &["--audit-log-maxage=x"], false),
            ("1.2.2", &["--event-ttl=1h --token-auth-file=/x"], false),
            ("1.2.2", &[], true),
            ("1.2.29", &["--tls-cipher-suites=TLS_AES_128_GCM_SHA256,"], true),
        ] {
            assert_eq!(read("cis-1.12", id, arguments).met, met, "{id} {arguments:?}");
        }
        assert_eq!(read("cis-1.12", "1.2.15", &["--profiling", "false"]).found, "`--profiling` as `true`");
        assert_eq!(read("cis-1.12", "1.2.15", &[]).found, "no `--profiling`");
    }

    #[test]
    fn a_line_of_which_a_word_is_not_known_is_not_searched() {
        let cluster = testkit::cluster("1.32.0", &["--profiling={{ profiling }}"]).expect("the base resolves");
        let benchmark = find("cis-1.12").expect("an edition");
        let item = benchmark.items().iter().find(|item| item.id == "1.2.15").expect("an id");
        assert_eq!(text(benchmark, item, &cluster.apiservers[0]), None);
    }
}
