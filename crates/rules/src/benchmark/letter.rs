//! What a benchmark asks for in so many words, held against a command line or a file of settings.
//!
//! Benchmarks ask what is written; rules ask what is in force. A default that is safe fails the letter, and a value that was
//! written and that something else overrides meets it. The letter is a few tests of the text of flags, or of a kubelet's fields,
//! per id, as data; and of two files what their letter is about: which provider stands first in that of encryption, and
//! whether the policy of audits is the one rule that the STIG has. Of kubelets the STIG asks which of two places a setting
//! stands in, which is a letter of its own (`letter/kubelet.rs`). Where a benchmark looks at anything else, it has no letter here.

mod kubelet;
mod text;

use std::{collections::BTreeMap, sync::LazyLock};

use facts::{
    apiserver::{ApiServer, GoDuration},
    configuration::{
        ConfigFile, FileKind,
        audit_policy::{Level, Rule},
    },
    flags::KUBELET,
};
use model::{Author, Component, Gap, GapKind, Location, Origin, ProblemKind, Unanswered, spelled};
use serde::Deserialize;

pub use text::{Text, text};

use super::{Benchmark, Item};
use crate::say;

/// The letter of one id and what is there, for one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Whether what is written is what the letter asks for; `None` where that cannot be read.
    pub met: Option<bool>,
    /// What it asks for: "`--profiling=false`".
    pub wanted: String,
    /// What is written: "`--profiling` is not written".
    pub found: String,
    pub instance: String,
    /// Where it is written, or would be.
    pub at: Option<Location>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Letters {
    #[serde(rename = "source")]
    _source: String,
    /// By control; of several the first whose editions fit.
    cis: BTreeMap<String, Vec<Asked>>,
    /// The same of kubelets, whose settings are fields of their configuration.
    kubelet: BTreeMap<String, Vec<Asked>>,
    /// By id.
    stig: BTreeMap<String, Asked>,
    /// The same of kubelets.
    stig_kubelet: BTreeMap<String, kubelet::Asked>,
    /// Why we judge otherwise, by control.
    arguments: BTreeMap<String, String>,
}

/// All of some tests, or any of them.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Asked {
    /// The editions that ask so; empty for all others.
    only: Vec<String>,
    all: Vec<Test>,
    any: Vec<Test>,
}

impl Asked {
    /// The tests, and whether any of them is enough.
    fn tests(&self) -> (&[Test], bool) {
        if self.any.is_empty() { (&self.all, false) } else { (&self.any, true) }
    }
}

/// `[flag, op, value]`.
#[derive(Deserialize)]
#[serde(try_from = "Vec<String>")]
struct Test {
    flag: String,
    op: Op,
    value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Set,
    Unset,
    Eq,
    NotEq,
    Gt,
    Gte,
    Lte,
    Has,
    Lacks,
    Within,
}

impl TryFrom<Vec<String>> for Test {
    type Error = &'static str;

    fn try_from(words: Vec<String>) -> Result<Self, Self::Error> {
        let mut words = words.into_iter();
        let (flag, op, value) = (words.next().unwrap_or_default(), words.next().unwrap_or_default(), words.next());
        let op = match op.as_str() {
            "set" => Op::Set,
            "unset" => Op::Unset,
            "eq" => Op::Eq,
            "not-eq" => Op::NotEq,
            "gt" => Op::Gt,
            "gte" => Op::Gte,
            "lte" => Op::Lte,
            "has" => Op::Has,
            "lacks" => Op::Lacks,
            "within" => Op::Within,
            _ => return Err("no such test of a flag"),
        };
        Ok(Self { flag, op, value: value.unwrap_or_default() })
    }
}

static LETTERS: LazyLock<Letters> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../data/letters.json")).expect("the embedded letters are well-formed")
});

/// What an id asks of an API server's command line, or of a kubelet's settings; `None` where its letter is about anything else.
pub fn letter(benchmark: &Benchmark, item: &Item, component: &Component) -> Option<Letter> {
    if benchmark.is_stig() && component.name == KUBELET.component {
        return LETTERS.stig_kubelet.get(item.id)?.letter(component);
    }
    let (tests, any) = asked(benchmark, item, component.name)?.tests();
    // Of a kubelet there is its file or its command line, and what only the other one has was not looked at.
    if component.name == "kubelet" && tests.iter().any(|test| component.setting(&test.flag).is_none()) {
        return None;
    }
    let results: Vec<Option<bool>> = tests.iter().map(|test| test.holds(&written(component, &test.flag))).collect();
    // One that settles it settles it, whatever else is not known.
    let met = if results.contains(&Some(any)) {
        Some(any)
    } else if results.contains(&None) {
        None
    } else {
        Some(!any)
    };
    let mut flags: Vec<&str> = Vec::new();
    for test in tests {
        if !flags.contains(&test.flag.as_str()) {
            flags.push(&test.flag);
        }
    }
    let found: Vec<String> = flags.iter().map(|flag| found(component, flag)).collect();
    Some(Letter {
        met,
        wanted: wanted(tests, any),
        found: found.join(" and "),
        instance: component.instance.clone(),
        at: flags.first().and_then(|flag| place(component, flag)),
    })
}

/// The control whose letter is about what the file of encryption says.
const PROVIDERS: &str = "encryption-providers-strong";

/// The flag that names the file.
const ENCRYPTION: &str = "encryption-provider-config";

/// Providers that the letter takes. It looks at the line behind the last `providers:` of the file (kube-bench 0.15, 1.2.28 of
/// cis-1.12 and its like), whatever resource that is for.
const TAKEN: [&str; 3] = ["aescbc", "kms", "secretbox"];

/// The id of the STIG whose letter is the policy of audits: one rule, which records all of every request and answer (DISA
/// Kubernetes STIG V2R4, check text).
const RECORDS: &str = "V-242403";

const POLICY: &str = "audit-policy-file";

fn of_policy(server: &ApiServer) -> Letter {
    let component = server.component();
    let letter = |met: Option<bool>, found: String, at: Option<Location>| Letter {
        met,
        wanted: "a policy whose one rule is `level: RequestResponse`".to_owned(),
        found,
        instance: component.instance.clone(),
        at: at.or_else(|| place(component, POLICY)),
    };
    let taken = match server.file(FileKind::AuditPolicy) {
        Ok(Some(taken)) => taken,
        Ok(None) => {
            let is_unset = matches!(written(component, POLICY), Written::Not);
            return letter(is_unset.then_some(false), found(component, POLICY), None);
        }
        Err(Unanswered::Gap(gap)) => return letter(None, format!("the file cannot be read: {}", gap.reason), None),
        Err(Unanswered::NotApplicable(reason)) => return letter(None, reason, None),
    };
    let Some(ConfigFile::AuditPolicy(policy)) = taken.read.last().map(|(_, file)| file.as_ref()) else {
        return letter(None, "the file is no policy".to_owned(), None);
    };
    match policy.rules.as_slice() {
        [] => letter(Some(false), "it has no rule".to_owned(), Some(taken.at.clone())),
        [only] => {
            let all =
                only.level.as_ref().is_some_and(|level| level.value == Level::RequestResponse) && is_for_all(only);
            let found = if all { "it is that rule" } else { "its one rule is another" };
            letter(Some(all), found.to_owned(), Some(only.at.clone()))
        }
        [first, others @ ..] => {
            letter(Some(false), format!("it has {} rules", others.len() + 1), Some(first.at.clone()))
        }
    }
}

/// Whether a rule is about every request.
fn is_for_all(rule: &Rule) -> bool {
    [&rule.users, &rule.user_groups, &rule.verbs, &rule.namespaces, &rule.non_resource_urls]
        .iter()
        .all(|list| list.is_empty())
        && rule.resources.is_empty()
}

/// What an id asks of a file that an API server is given, that of encryption or the policy of audits; `None` where its letter is about anything else.
pub fn letter_of_file(benchmark: &Benchmark, item: &Item, server: &ApiServer) -> Option<Letter> {
    if benchmark.is_stig() && item.id == RECORDS {
        return Some(of_policy(server));
    }
    if !benchmark.is_cis() || item.controls.first() != Some(&PROVIDERS) {
        return None;
    }
    let component = server.component();
    let letter = |met: Option<bool>, found: String, at: Option<Location>| Letter {
        met,
        wanted: format!(
            "one of {} first in the last entry of the file",
            say::and(&TAKEN.map(|name| format!("`{name}`")))
        ),
        found,
        instance: component.instance.clone(),
        at: at.or_else(|| place(component, ENCRYPTION)),
    };
    let taken = match server.file(FileKind::Encryption) {
        Ok(Some(taken)) => taken,
        Ok(None) => {
            let is_unset = matches!(written(component, ENCRYPTION), Written::Not);
            return Some(letter(is_unset.then_some(false), found(component, ENCRYPTION), None));
        }
        Err(Unanswered::Gap(gap)) => {
            return Some(letter(None, format!("the file cannot be read: {}", gap.reason), None));
        }
        Err(Unanswered::NotApplicable(reason)) => return Some(letter(None, reason, None)),
    };
    let (_, ConfigFile::Encryption(file)) = taken.read.last().map(|(minors, file)| (minors, file.as_ref()))? else {
        return None;
    };
    let Some(first) = file.entries.last().and_then(|entry| entry.providers.first()) else {
        return Some(letter(Some(false), "the file names no provider".to_owned(), Some(taken.at.clone())));
    };
    let name = first.with.name();
    Some(letter(Some(TAKEN.contains(&name)), format!("`{name}` stands there"), Some(first.at.clone())))
}

/// What tests ask for, in words; several things in one list are one wish.
fn wanted(tests: &[Test], any: bool) -> String {
    let of_one_list =
        tests.len() > 1 && !any && tests.iter().all(|test| test.op == Op::Has && test.flag == tests[0].flag);
    if of_one_list {
        let values: Vec<String> = tests.iter().map(|test| format!("`{}`", test.value)).collect();
        return format!("{} in `{}`", values.join(", "), spelled(&tests[0].flag));
    }
    let wanted: Vec<String> = tests.iter().map(Test::wanted).collect();
    wanted.join(if any { " or " } else { " and " })
}

/// Why we judge otherwise than the letter of a control, where there is more to say than that defaults count.
pub fn argument(control: &str) -> Option<&'static str> {
    LETTERS.arguments.get(control).map(String::as_str)
}

fn asked(benchmark: &Benchmark, item: &Item, component: &str) -> Option<&'static Asked> {
    let of_cis = match component {
        "kube-apiserver" => &LETTERS.cis,
        "kubelet" => &LETTERS.kubelet,
        _ => return None,
    };
    if !benchmark.is_cis() {
        return LETTERS.stig.get(item.id).filter(|_| benchmark.is_stig() && component == "kube-apiserver");
    }
    let letters = of_cis.get(*item.controls.first()?)?;
    letters.iter().find(|asked| asked.only.is_empty() || asked.only.iter().any(|name| name == benchmark.name))
}

/// What stands on the command line of one flag.
enum Written {
    Not,
    /// The value as the component prints it.
    As(String),
    /// It is there, and the release does not have it.
    Unread,
    Unknown(Gap),
}

fn written(component: &Component, flag: &str) -> Written {
    let Some(setting) = component.setting(flag) else {
        let stray = component.problems.iter().any(|problem| {
            matches!(problem.kind, ProblemKind::Removed | ProblemKind::Unknown)
                && problem.setting.as_deref().is_some_and(|name| name.trim_start_matches('-') == flag)
        });
        return if stray { Written::Unread } else { Written::Not };
    };
    match setting.nearest() {
        // Releases that differ in a default agree that nobody wrote it.
        Err(gap) if gap.kind == GapKind::Version && setting.is_left_out => Written::Not,
        Err(_) if say::is_never_given(component, flag) => Written::Not,
        Err(gap) => Written::Unknown(gap.clone()),
        Ok(reading) => match &reading.origin {
            Origin::Default { by: Author::Upstream { .. }, .. } => Written::Not,
            // What a distribution adds is on the command line all the same.
            Origin::Default { .. } | Origin::Written(_) | Origin::Implied { .. } | Origin::Reported(_) => {
                Written::As(reading.value.clone())
            }
        },
    }
}

fn place(component: &Component, flag: &str) -> Option<Location> {
    component.setting(flag)?.nearest().ok()?.origin.location().cloned()
}

fn found(component: &Component, flag: &str) -> String {
    match written(component, flag) {
        Written::Not => format!("`{}` is not written", spelled(flag)),
        Written::As(value) => match items(&value).join(",") {
            value if value.is_empty() => format!("`{}` is written and empty", spelled(flag)),
            value => format!("`{}={value}` is written", spelled(flag)),
        },
        Written::Unread => format!("`{}` is written, which {} does not have", spelled(flag), component.release),
        Written::Unknown(gap) => format!("what `{}` is cannot be read: {}", spelled(flag), gap.reason),
    }
}

/// The parts of a list, as the component prints it.
fn items(value: &str) -> Vec<&str> {
    let inner = value.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(value);
    inner.split(',').map(str::trim).filter(|item| !item.is_empty()).collect()
}

/// A number, or the seconds of a duration.
fn number(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| GoDuration::parse(text).map(|duration| duration.nanoseconds / 1_000_000_000))
}

impl Test {
    /// Whether what is written passes; `None` where that cannot be read.
    fn holds(&self, written: &Written) -> Option<bool> {
        let value = match (written, self.op) {
            (Written::Unknown(_), _) => return None,
            (Written::Not, op) => return Some(op == Op::Unset),
            (_, Op::Unset) => return Some(false),
            (_, Op::Set) => return Some(true),
            (Written::Unread, _) => return None,
            (Written::As(value), _) => value.as_str(),
        };
        let compared = |holds: fn(i64, i64) -> bool| {
            number(value).zip(number(&self.value)).is_some_and(|(found, wanted)| holds(found, wanted))
        };
        Some(match self.op {
            Op::Eq => value == self.value,
            Op::NotEq => value != self.value,
            Op::Gt => compared(|found, wanted| found > wanted),
            Op::Gte => compared(|found, wanted| found >= wanted),
            Op::Lte => compared(|found, wanted| found <= wanted),
            Op::Has => items(value).contains(&self.value.as_str()),
            Op::Lacks => !items(value).contains(&self.value.as_str()),
            Op::Within => {
                let (found, allowed) = (items(value), items(&self.value));
                !found.is_empty() && found.iter().all(|item| allowed.contains(item))
            }
            Op::Set | Op::Unset => return None,
        })
    }

    fn wanted(&self) -> String {
        let Self { flag, op, value } = self;
        let flag = spelled(flag);
        match op {
            Op::Set => format!("`{flag}` written"),
            Op::Unset => format!("no `{flag}`"),
            Op::Eq => format!("`{flag}={value}`"),
            Op::NotEq => format!("`{flag}` with another value than `{value}`"),
            Op::Gt => format!("`{flag}` above {value}"),
            Op::Gte => format!("`{flag}` of at least {value}"),
            Op::Lte => format!("`{flag}` of at most {value}"),
            Op::Has => format!("`{value}` in `{flag}`"),
            Op::Lacks => format!("`{flag}` without `{value}`"),
            Op::Within => match items(value).len() {
                few @ 0..4 => format!("`{flag}` with {}", items(value)[..few].join(" or ")),
                many => format!("`{flag}` with nothing but the {many} values it lists"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use facts::flags::KUBE_APISERVER;

    use super::*;
    use crate::benchmark::find;

    fn read(benchmark: &str, id: &str, version: &str, arguments: &[&str]) -> Letter {
        let cluster = testkit::cluster(version, arguments).expect("the base resolves");
        let benchmark = find(benchmark).expect("an edition");
        let item = benchmark.items().iter().find(|item| item.id == id).expect("an id");
        letter(benchmark, item, cluster.apiservers[0].component()).expect("a letter")
    }

    #[test]
    fn every_letter_is_about_flags_and_editions_that_exist() {
        let of_servers =
            LETTERS.cis.values().flatten().chain(LETTERS.stig.values()).map(|asked| (asked, &KUBE_APISERVER));
        for (asked, flags) in of_servers.chain(LETTERS.kubelet.values().flatten().map(|asked| (asked, &KUBELET))) {
            assert!(asked.all.is_empty() != asked.any.is_empty());
            assert!(asked.only.iter().all(|name| find(name).is_some()), "{:?}", asked.only);
            for test in asked.all.iter().chain(&asked.any) {
                assert!(flags.find(&test.flag).is_some(), "{}", test.flag);
                assert_eq!(test.value.is_empty(), matches!(test.op, Op::Set | Op::Unset), "{}", test.flag);
            }
        }
        for asked in LETTERS.stig_kubelet.values() {
            assert!(KUBELET.find(asked.setting()).is_some(), "{}", asked.setting());
        }
        let stig = find("stig").expect("a benchmark").items();
        let mut ids = LETTERS.stig.keys().chain(LETTERS.stig_kubelet.keys());
        assert!(ids.all(|id| stig.iter().any(|item| item.id == *id)));
        let mut controls = LETTERS.cis.keys().chain(LETTERS.kubelet.keys()).chain(LETTERS.arguments.keys());
        assert!(controls.all(|name| crate::references(name).is_some()));
    }

    #[test]
    fn a_default_that_is_safe_does_not_meet_a_letter() {
        let letter = read("stig", "V-242378", "1.31.0", &[]);
        assert_eq!((letter.met, letter.found.as_str()), (Some(false), "`--tls-min-version` is not written"));
        assert_eq!(letter.wanted, "`--tls-min-version` with VersionTLS12 or VersionTLS13");
        assert_eq!(read("stig", "V-242378", "1.31.0", &["--tls-min-version=VersionTLS13"]).met, Some(true));
        assert_eq!(read("stig", "V-242378", "1.31.0", &["--tls-min-version=VersionTLS10"]).met, Some(false));
    }

    #[test]
    fn the_text_of_a_flag_is_what_counts() {
        for (id, argument, met) in [
            ("1.2.1", "--anonymous-auth=false", true),
            ("1.2.1", "--anonymous-auth=F", true),
            ("1.2.1", "--anonymous-auth", false),
            ("1.2.2", "--token-auth-file=/x", false),
            ("1.2.6", "--authorization-mode=Node,AlwaysAllow", false),
            ("1.2.15", "--profiling=false", true),
            ("1.2.17", "--audit-log-maxage=30", true),
            ("1.2.17", "--audit-log-maxage=29", false),
        ] {
            let letter = read("cis-1.12", id, "1.32.0", &[argument]);
            assert_eq!(letter.met, Some(met), "{id} {argument}: {letter:?}");
        }
        // Nothing written about a file that must not be.
        assert_eq!(read("cis-1.12", "1.2.2", "1.32.0", &[]).met, Some(true));
    }

    #[test]
    fn a_flag_that_the_release_does_not_have_is_written_all_the_same() {
        let letter = read("cis-1.5", "1.2.2", "1.20.0", &["--basic-auth-file=/x"]);
        assert_eq!((letter.met, letter.found.contains("does not have")), (Some(false), true), "{letter:?}");
    }

    #[test]
    fn what_cannot_be_read_neither_meets_nor_misses_a_letter() {
        let letter = read("cis-1.12", "1.2.1", "1.32.0", &["--anonymous-auth=$(ANON)"]);
        assert_eq!(letter.met, None, "{letter:?}");
    }

    #[test]
    fn what_nobody_wrote_is_not_written_whichever_release_it_is() {
        // The default of each differs from one release to another.
        for id in ["1.2.1", "1.2.7", "1.2.17", "1.2.19"] {
            assert_eq!(read("cis-1.12", id, "unknown", &["--profiling=false"]).met, Some(false), "{id}");
        }
        assert_eq!(read("cis-1.12", "1.2.21", "unknown", &["--profiling=false"]).met, Some(true));
        assert_eq!(read("cis-1.12", "1.2.19", "unknown", &["--audit-log-maxsize=$(SIZE)"]).met, None);
    }

    #[test]
    fn editions_may_ask_for_opposite_things() {
        let flag = "--enable-admission-plugins=NodeRestriction,DenyServiceExternalIPs";
        assert_eq!(read("cis-1.24", "1.2.3", "1.24.0", &[flag]).met, Some(false));
        assert_eq!(read("cis-1.12", "1.2.3", "1.32.0", &[flag]).met, Some(true));
    }
}
