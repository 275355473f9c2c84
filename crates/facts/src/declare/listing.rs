//! Listings of processes, as `ps` and `pgrep -a` print them: the arguments of an API server that ran when somebody looked.
//!
//! A line is one process: numbers and names, then its command. The words are parted by blanks, so that a word with a blank in
//! it cannot be told from two; no flag of an API server is likely to have one. What `ps` cuts off at the width of a terminal
//! is not there to see, so that the last word may be a part of one.

use model::{Evidence, Form, Gap, GapKind, Site};

use super::{
    Source,
    command::{self, Program, Start, find, unfilled},
};
use crate::{Invocation, Word};

/// More words in front of the command than `ps` prints columns.
const MOST_COLUMNS: usize = 16;

/// More processes than a machine runs API servers.
const MOST: usize = 64;

/// Programs that look for the name of another, and are in the listing as well.
const SEEKERS: [&str; 6] = ["ag", "egrep", "fgrep", "grep", "pgrep", "rg"];

const BY_HAND: Form = Form::ByHand("this is what ran; change what starts it");

/// Whether a text holds the words without which it declares nothing.
pub(super) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    text.contains("apiserver") && text.contains("--etcd-servers")
}

/// Whether a text lists an API server.
pub(super) fn declares(source: &Source<'_>) -> bool {
    is_one(source.text)
}

/// The same. Such a text is no YAML and means to be none.
pub(crate) fn is_one(text: &str) -> bool {
    speaks(text) && runs(Program::ApiServer, text)
}

/// Whether a text lists that component.
pub(super) fn runs(program: Program, text: &str) -> bool {
    lines(program, text).next().is_some()
}

/// Every API server in a listing.
pub(super) fn invocations(source: &Source<'_>, _: &[Evidence]) -> Vec<Invocation> {
    all_of(Program::ApiServer, source)
}

/// The same of any component.
pub(super) fn all_of(program: Program, source: &Source<'_>) -> Vec<Invocation> {
    let found: Vec<Line<'_>> = lines(program, source.text).take(MOST).collect();
    let alone = found.len() == 1;
    found.into_iter().map(|line| invocation(program, source, &line, alone)).collect()
}

/// Flags one of which every process of the kind is given.
fn marks(program: Program) -> &'static [&'static str] {
    match program {
        Program::ApiServer => &["--etcd-servers"],
        Program::Kubelet => &["--api-servers", "--config", "--kubeconfig"],
        Program::Etcd => &["--advertise-client-urls", "--config-file", "--data-dir", "--listen-client-urls"],
    }
}

/// The arguments of a process, each with the byte at which it stands.
struct Line<'a> {
    process: &'a str,
    words: Vec<(usize, &'a str)>,
}

fn lines(program: Program, text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut at = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let start = at;
        at += line.len();
        of_line(program, line, start)
    })
}

fn of_line(program: Program, line: &str, start: usize) -> Option<Line<'_>> {
    if !line.contains(program.word()) {
        return None;
    }
    let offset = |word: &str| word.as_ptr() as usize - line.as_ptr() as usize;
    let words: Vec<(usize, &str)> = line.split_whitespace().map(|word| (start + offset(word), word)).collect();
    // In front of the command stands the number of the process, by itself or behind the name of its owner.
    let process = words.iter().take(2).find(|(_, word)| word.bytes().all(|byte| byte.is_ascii_digit()))?.1;
    let texts: Vec<&str> = words.iter().map(|(_, word)| *word).collect();
    let after = (1..texts.len().min(MOST_COLUMNS)).find_map(|at| {
        let is_program = [program.component(), "hyperkube"].contains(&command::base(texts[at]))
            && !SEEKERS.contains(&command::base(texts[at - 1]));
        match find(program, &texts[at..], None).filter(|_| is_program)? {
            Start::Direct(after) => Some(at + after),
            Start::Script(_) | Start::OneWord(_) => None,
        }
    })?;
    let words = words[after..].to_vec();
    words
        .iter()
        .any(|(_, word)| marks(program).iter().any(|mark| word.starts_with(mark)))
        .then_some(Line { process, words })
}

fn invocation(program: Program, source: &Source<'_>, line: &Line<'_>, alone: bool) -> Invocation {
    let site = |start: usize, end: usize| Site {
        at: source.location(yaml::Span::new(start, end), String::new()),
        form: BY_HAND,
    };
    let mut words: Vec<Word> = line
        .words
        .iter()
        .map(|(at, text)| Word { unresolved: unfilled(text), ..Word::written(*text, site(*at, at + text.len())) })
        .collect();
    // What is cut off ends in `+` (procps) or in nothing that shows; a word that is no whole flag is a part of one.
    let is_cut =
        words.last().is_some_and(|last| last.text.ends_with('+') || last.text == "--" || last.text.ends_with('-'));
    let gap = is_cut.then(|| Gap {
        kind: GapKind::Unread,
        reason: "the listing is cut off at the end of the line".to_owned(),
        wanted: "all arguments of the process".to_owned(),
        who_could_answer: "`ps -ww`, or `/proc/PID/cmdline` on the node".to_owned(),
    });
    // A part of a word says nothing.
    words.truncate(words.len() - usize::from(is_cut));
    let open_ended = command::shorten(&mut words).or(gap);
    let name = source.evidence.as_str();
    Invocation {
        open_ended,
        list: line.words.first().zip(line.words.last()).map(|(first, last)| site(first.0, last.0 + last.1.len())),
        ..source.process(
            program,
            Some(if alone { name.to_owned() } else { format!("{name} ({})", line.process) }),
            words,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{Program, is_one, lines};

    #[test]
    fn a_process_is_a_line_with_a_number_and_a_command() {
        let text = "UID   PID  PPID  C STIME TTY          TIME CMD\n\
                    root 1745  1650  6 09:12 ?        00:02:11 kube-apiserver --etcd-servers=https://a --insecure-port=0\n\
                    root 1746  1650  6 09:12 ?        00:02:11 kube-scheduler --etcd-servers=x\n\
                    root 1747  1650  6 09:12 pts/0    00:00:00 grep kube-apiserver --etcd-servers\n";
        let found: Vec<_> = lines(Program::ApiServer, text).collect();
        let [line] = &found[..] else { panic!("{}", found.len()) };
        assert_eq!(line.process, "1745");
        let (at, word) = line.words[1];
        assert_eq!((word, &text[at..at + word.len()]), ("--insecure-port=0", "--insecure-port=0"));
        let kubelet = "root 1749 1 3 09:12 ? 00:00:09 /usr/bin/kubelet --config=/var/lib/kubelet/config.yaml --v=2\n";
        assert_eq!(lines(Program::Kubelet, kubelet).next().map(|line| line.words.len()), Some(2));
        assert!(!is_one(kubelet) && lines(Program::Kubelet, text).next().is_none());
        assert!(is_one("2312 /hyperkube kube-apiserver --etcd-servers=https://a\n"));
        for other in [
            "kube-apiserver --etcd-servers=https://a\n",
            "2312 kube-apiserver --v=2\n",
            "Jan 01 host kube-apiserver[12]: FLAG: --etcd-servers=a\n",
            "1. kube-apiserver --etcd-servers=a\n",
        ] {
            assert!(!is_one(other), "{other}");
        }
    }
}
