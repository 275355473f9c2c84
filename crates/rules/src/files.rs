//! Rules about configuration files: asked of the file that an API server is given, and of files that are given by themselves.
//!
//! A rule sees the file as one release takes it. Where several releases are possible it is asked once for each, and what all
//! of them answer alike holds; the rest waits for somebody to name the release. So no rule compares versions.

use std::collections::BTreeMap;

use facts::{
    Cluster,
    apiserver::ApiServer,
    configuration::{
        ConfigFile, FileKind, Given, InUse, Taken, admission::Admission, audit_policy::Policy, authn::Authentication,
        authz::Authorization, egress::Egress, encryption::Encryption, tracing::Tracing,
    },
    objects::Of,
};
use model::{Answer, Finding, Gap, GapKind, Minor, Unanswered, Verdict};

type Ask<T> = fn(&InUse<'_, T>) -> Verdict;

/// Which kind of file a rule is about, and what it asks of one.
#[derive(Clone, Copy, Debug)]
pub enum OfFile {
    Admission(Ask<Admission>),
    AuditPolicy(Ask<Policy>),
    Authentication(Ask<Authentication>),
    Authorization(Ask<Authorization>),
    Egress(Ask<Egress>),
    Encryption(Ask<Encryption>),
    Tracing(Ask<Tracing>),
}

/// What such a rule asks of an API server.
#[derive(Clone, Copy, Debug)]
pub enum OfServer {
    /// The file that its flag names; where no flag names one, there is nothing to ask.
    File,
    /// The same, and this where no flag names one.
    FileOr(fn(&ApiServer) -> Verdict),
    /// The same, and this where the file was not read: what the process shows of it besides, if that answers the question.
    FileElse(fn(&ApiServer) -> Option<Verdict>),
    /// This, whatever the file.
    Whole(fn(&ApiServer) -> Verdict),
    /// The same, with the cluster around it; objects of these kinds have a say in it.
    Beside { of: &'static [Of], ask: fn(&ApiServer, &Cluster) -> Verdict },
    /// The file that its flag names, or what the server without one is asked; and each finding is weighed by the cluster around
    /// it, in which objects of these kinds have a say.
    Weighed {
        of: &'static [Of],
        without: Option<fn(&ApiServer) -> Verdict>,
        weigh: fn(&mut Finding, &ApiServer, &Cluster),
    },
}

impl OfFile {
    pub fn kind(self) -> FileKind {
        match self {
            Self::Admission(_) => FileKind::Admission,
            Self::AuditPolicy(_) => FileKind::AuditPolicy,
            Self::Authentication(_) => FileKind::Authentication,
            Self::Authorization(_) => FileKind::Authorization,
            Self::Egress(_) => FileKind::Egress,
            Self::Encryption(_) => FileKind::Encryption,
            Self::Tracing(_) => FileKind::Tracing,
        }
    }

    /// Asks a file as each release reads it, and holds the answers together.
    fn ask(self, taken: &Taken, server: Option<&ApiServer>) -> Verdict {
        let ask = |(minors, file): (Vec<Minor>, &ConfigFile)| {
            let newest = minors.last().copied()?;
            Some((minors, self.ask_one(file, taken, newest, server)))
        };
        let mut answers: Vec<(Vec<Minor>, Verdict)> = taken.alike(self.kind()).into_iter().filter_map(ask).collect();
        answers.sort_by(|(one, _), (other, _)| one.cmp(other));
        together(answers)
    }

    fn ask_one(self, file: &ConfigFile, taken: &Taken, minor: Minor, server: Option<&ApiServer>) -> Verdict {
        fn put<T>(ask: Ask<T>, file: &T, taken: &Taken, minor: Minor, server: Option<&ApiServer>) -> Verdict {
            ask(&InUse { file, at: &taken.at, minor, server })
        }
        match (self, file) {
            (Self::Admission(ask), ConfigFile::Admission(file)) => put(ask, file, taken, minor, server),
            (Self::AuditPolicy(ask), ConfigFile::AuditPolicy(file)) => put(ask, file, taken, minor, server),
            (Self::Authentication(ask), ConfigFile::Authentication(file)) => put(ask, file, taken, minor, server),
            (Self::Authorization(ask), ConfigFile::Authorization(file)) => put(ask, file, taken, minor, server),
            (Self::Egress(ask), ConfigFile::Egress(file)) => put(ask, file, taken, minor, server),
            (Self::Encryption(ask), ConfigFile::Encryption(file)) => put(ask, file, taken, minor, server),
            (Self::Tracing(ask), ConfigFile::Tracing(file)) => put(ask, file, taken, minor, server),
            _ => Err(Unanswered::NotApplicable("it is another kind of file".to_owned())),
        }
    }
}

/// Asks one API server.
pub(crate) fn ask_server(of: OfFile, how: OfServer, server: &ApiServer, cluster: &Cluster) -> Verdict {
    match how {
        OfServer::Whole(ask) => return ask(server),
        OfServer::Beside { ask, .. } => return ask(server, cluster),
        OfServer::Weighed { without, weigh, .. } => {
            let mut answer = ask_server(of, without.map_or(OfServer::File, OfServer::FileOr), server, cluster)?;
            answer.findings.iter_mut().for_each(|finding| weigh(finding, server, cluster));
            return Ok(answer);
        }
        OfServer::File | OfServer::FileOr(_) | OfServer::FileElse(_) => {}
    }
    let file = match (server.file(of.kind()), how) {
        (Err(unread), OfServer::FileElse(ask)) => return ask(server).unwrap_or(Err(unread)),
        (file, _) => file?,
    };
    match (file, how) {
        (Some(taken), _) => of.ask(taken, Some(server)),
        (None, OfServer::FileOr(ask)) => ask(server),
        (None, _) => {
            let flag = of.kind().flags().iter().find(|flag| server.component().setting(flag).is_some());
            Err(Unanswered::NotApplicable(match flag {
                Some(flag) => format!("`--{flag}` is not set"),
                None => format!("{} takes no such file", server.component().release),
            }))
        }
    }
}

/// Asks one file that is given by itself.
pub(crate) fn ask_given(of: OfFile, given: &Given) -> Verdict {
    if let Some(gap) = &given.gap {
        return Err(gap.clone().into());
    }
    match &given.taken {
        Some(taken) => of.ask(taken, None),
        None => Err(Unanswered::Gap(Gap {
            kind: GapKind::Unread,
            reason: format!("kube-apiserver {} does not take `{}`", given.component.release, given.component.instance),
            wanted: given.component.instance.clone(),
            who_could_answer: "whoever maintains that file".to_owned(),
        })),
    }
}

/// What all releases answer alike, and a gap for what they do not.
fn together(mut answers: Vec<(Vec<Minor>, Verdict)>) -> Verdict {
    let Some((_, newest)) = answers.last() else {
        return Err(Unanswered::NotApplicable("no release takes it".to_owned()));
    };
    if answers.iter().all(|(_, answer)| answer == newest) {
        return answers.pop().map_or_else(|| Ok(Answer::default()), |(_, answer)| answer);
    }
    let all: usize = answers.iter().map(|(minors, _)| minors.len()).sum();
    let mut whole = Answer::default();
    let mut findings: BTreeMap<(Option<String>, String), (Finding, Vec<Minor>)> = BTreeMap::new();
    let mut inapplicable: Vec<(Vec<Minor>, String)> = Vec::new();
    for (minors, answer) in answers {
        match answer {
            Ok(Answer { seen, because, setting, findings: found, gaps }) => {
                (whole.seen, whole.because, whole.setting) = (seen, because, setting);
                whole.gaps.extend(gaps);
                for finding in found {
                    let known = findings.entry((finding.subject.clone(), finding.message.clone()));
                    known.or_insert_with(|| (finding, Vec::new())).1.extend(&minors);
                }
            }
            Err(Unanswered::Gap(gap)) => whole.gaps.push(gap),
            Err(Unanswered::NotApplicable(reason)) => inapplicable.push((minors, reason)),
        }
    }
    // What the same releases say is one gap.
    let mut differ: BTreeMap<Vec<Minor>, Vec<String>> = BTreeMap::new();
    for ((_, message), (finding, minors)) in findings {
        if minors.len() == all {
            whole.findings.push(finding);
        } else {
            differ.entry(minors).or_default().push(message);
        }
    }
    for (minors, messages) in differ {
        let Some((first, others)) = messages.split_first() else { continue };
        let more = if others.is_empty() { String::new() } else { format!("; and {} more like it", others.len()) };
        whole.gaps.push(release_decides(&format!("{first}{more}"), &minors));
    }
    if let Some((_, reason)) = inapplicable.last() {
        let minors: Vec<Minor> = inapplicable.iter().flat_map(|(minors, _)| minors.iter().copied()).collect();
        whole.gaps.push(release_decides(reason, &minors));
    }
    Ok(whole)
}

fn release_decides(message: &str, minors: &[Minor]) -> Gap {
    let range = match minors {
        [] => String::new(),
        [only] => only.to_string(),
        [from, .., to] => format!("{from} to {to}"),
    };
    Gap::of_release(format!("in {range}, and not in every release that is possible: {message}"))
}

#[cfg(test)]
mod tests {
    use model::{Confidence, Origin};

    use super::*;

    fn finding(message: &str) -> Answer {
        let finding = Finding {
            subject: None,
            setting: None,
            message: message.to_owned(),
            severity: None,
            confidence: Confidence::Certain,
            primary: Origin::Implied { by: None, how: String::new() },
            because: Vec::new(),
            remedy: None,
        };
        Answer { findings: vec![finding], ..Answer::default() }
    }

    fn told(answers: &[(u16, Answer)]) -> (Vec<String>, Vec<String>) {
        let answers = answers.iter().map(|(minor, answer)| (vec![Minor::new(1, *minor)], Ok(answer.clone())));
        let answer = together(answers.collect()).expect("an answer");
        let messages = answer.findings.into_iter().map(|finding| finding.message).collect();
        (messages, answer.gaps.into_iter().map(|gap| gap.reason).collect())
    }

    #[test]
    fn what_every_release_says_holds_and_the_rest_depends_on_the_release() {
        let fine = Answer::default();
        assert_eq!(told(&[(30, fine.clone()), (31, fine.clone())]), (vec![], vec![]));
        assert_eq!(told(&[(30, finding("a")), (31, finding("a"))]), (vec!["a".to_owned()], vec![]));
        let gap = "in 1.30, and not in every release that is possible: b";
        let both = Answer { findings: [finding("a").findings, finding("b").findings].concat(), ..Answer::default() };
        assert_eq!(told(&[(30, both), (31, finding("a"))]), (vec!["a".to_owned()], vec![gap.to_owned()]));
        assert_eq!(told(&[(30, finding("b")), (31, fine)]), (vec![], vec![gap.to_owned()]));
    }

    #[test]
    fn a_question_that_only_some_releases_know_depends_on_the_release() {
        let none = Err(Unanswered::NotApplicable("it has none".to_owned()));
        let answer = together(vec![(vec![Minor::new(1, 30)], none), (vec![Minor::new(1, 31)], Ok(Answer::default()))]);
        let gaps = answer.expect("an answer").gaps;
        assert_eq!(gaps.len(), 1);
        assert_eq!(gaps[0].wanted, "--kubernetes-version");
    }
}
