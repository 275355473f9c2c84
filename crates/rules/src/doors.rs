//! Rules about doors that were looked at from outside: what they have in common, and how they word what they find.
//!
//! That a door is shut is known of the place from which it was looked, and of no other; a pass says so. What did not answer at
//! all is shut or behind something that lets nobody through, which only a look from elsewhere can tell.

use facts::observed::{Answer as Given, Door, Reach};
use model::{
    Answer, Confidence, Finding, Gap, GapKind, Meaning, Origin, Remedy, Safety, Severity, Unanswered, Verdict,
};

use crate::say;

/// Puts a question to a door; there is none to one that nobody could look at.
pub(crate) fn ask(question: impl Fn(&Door) -> Verdict, door: &Door) -> Verdict {
    match &door.reach {
        Reach::Unread(gap) => Err(Unanswered::Gap(gap.clone())),
        _ => question(door),
    }
}

/// The verdict on a door that must be shut, where nothing behind it answers over HTTP.
pub(crate) fn shut(door: &Door) -> Option<Verdict> {
    match &door.reach {
        Reach::Refused => Some(Ok(pass(door, format!("nothing listens at {}, as seen from here", door.name)))),
        Reach::OtherProtocol => Some(Ok(pass(door, format!("what listens at {} speaks no HTTP", door.name)))),
        Reach::Silent(gap) | Reach::Unread(gap) => Some(Err(Unanswered::Gap(gap.clone()))),
        Reach::Answered => None,
    }
}

/// The way out of a question about what somebody gives away who does not answer.
pub(crate) fn answered(door: &Door) -> Result<(), Unanswered> {
    match &door.reach {
        Reach::Answered => {}
        Reach::Refused => {
            let reason = format!("nothing listens at {}, as seen from here", door.name);
            return Err(Unanswered::NotApplicable(reason));
        }
        Reach::OtherProtocol => {
            return Err(Unanswered::NotApplicable(format!("what listens at {} speaks no HTTP", door.name)));
        }
        Reach::Silent(gap) | Reach::Unread(gap) => return Err(Unanswered::Gap(gap.clone())),
    }
    if door.answers_everything() {
        return Err(Unanswered::Gap(Gap {
            kind: GapKind::Manual,
            reason: format!(
                "{} answers 200 to a path that nobody has, so that no answer shows what is open",
                door.name
            ),
            wanted: format!("what stands in front of {}", door.name),
            who_could_answer: "a look from behind it".to_owned(),
        }));
    }
    Ok(())
}

/// A pass that rests on the whole of what was seen.
pub(crate) fn pass(door: &Door, because: String) -> Answer {
    Answer { seen: vec![Origin::Reported(door.at.clone())], because, ..Answer::default() }
}

/// A pass that rests on one answer.
pub(crate) fn pass_by(answer: &Given, because: String) -> Answer {
    Answer { seen: vec![Origin::Reported(answer.at.clone())], because, ..Answer::default() }
}

/// The gap that answers leave which say neither yes nor no, and paths without which little was asked.
pub(crate) fn silence(door: &Door, answers: &[&Given], needed: &[&str]) -> Option<Gap> {
    let mut names: Vec<String> = answers.iter().map(|answer| format!("`{}`", answer.bare())).collect();
    let missing = needed.iter().filter(|path| door.answer(path).is_none());
    names.extend(missing.map(|path| format!("`{path}`")));
    (!names.is_empty()).then(|| Gap {
        kind: GapKind::Unread,
        reason: format!("{} does not say whether it gives {}", door.name, say::and(&names)),
        wanted: format!("answers of {}", door.name),
        who_could_answer: "another run, or one from another place in the network".to_owned(),
    })
}

/// The gap that one path leaves which says neither yes nor no.
pub(crate) fn unsaid(door: &Door, path: &str) -> Gap {
    Gap {
        kind: GapKind::Unread,
        reason: format!("{} does not say whether it gives `{path}`", door.name),
        wanted: format!("answers of {}", door.name),
        who_could_answer: "another run, or one from another place in the network".to_owned(),
    }
}

/// Whether an answer says neither yes nor no.
pub(crate) fn says_nothing(answer: &Given) -> bool {
    matches!(answer.meaning, Meaning::None | Meaning::TooMany | Meaning::Broken | Meaning::Other)
}

/// Whether somebody without credentials was let in, be it to be told that there is another way to ask.
pub(crate) fn let_in(answer: &Given) -> bool {
    matches!(answer.meaning, Meaning::Given | Meaning::Unsuitable)
}

/// What is wrong with a door, and where that shows. Only a person can shut it.
pub(crate) struct Open<'a> {
    pub(crate) subject: Option<&'static str>,
    pub(crate) message: String,
    pub(crate) severity: Option<Severity>,
    pub(crate) confidence: Confidence,
    pub(crate) at: &'a Given,
    pub(crate) remedy: &'static str,
    pub(crate) breaks: &'static [&'static str],
}

pub(crate) fn open(open: Open<'_>) -> Finding {
    Finding {
        subject: open.subject.map(str::to_owned),
        setting: None,
        message: open.message,
        severity: open.severity,
        confidence: open.confidence,
        primary: Origin::Reported(open.at.at.clone()),
        because: Vec::new(),
        remedy: Some(Remedy {
            title: open.remedy.to_owned(),
            safety: Safety::Manual,
            breaks: open.breaks.iter().map(|&sentence| sentence.to_owned()).collect(),
            changes: Vec::new(),
        }),
    }
}

/// Paths as a sentence lists them: "`/pods`, `/metrics` and 3 more".
pub(crate) fn paths(answers: &[&Given]) -> String {
    let names: Vec<String> = answers.iter().map(|answer| format!("`{}`", answer.bare())).collect();
    match &names[..] {
        [first, second, third, rest @ ..] if !rest.is_empty() => {
            format!("{first}, {second}, {third} and {} more", rest.len())
        }
        _ => say::and(&names),
    }
}

/// "answers" or "answer", for what [`paths`] lists.
pub(crate) fn answer(answers: &[&Given]) -> &'static str {
    if answers.len() == 1 { "answers" } else { "answer" }
}

/// As whom the caller was refused: "403 to `system:anonymous`", "401".
pub(crate) fn refusal(answer: &Given) -> String {
    match (answer.meaning, &answer.user) {
        (Meaning::Unauthenticated, _) => "401: nobody is let in without credentials".to_owned(),
        (Meaning::Forbidden, Some(user)) => format!("403 to `{user}`"),
        (Meaning::Forbidden, None) => "403".to_owned(),
        (Meaning::CertificateRequired, _) => "a client certificate is wanted first".to_owned(),
        (Meaning::Redirect, _) => "a redirect".to_owned(),
        (Meaning::LoginPage | Meaning::Page, _) => "a page for people".to_owned(),
        _ => answer.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string()),
    }
}
