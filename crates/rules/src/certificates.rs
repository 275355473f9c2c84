//! Rules about certificates: which of them a rule is about, and how such rules word what they find.
//!
//! A file is asked about once for each certificate in it that fits, and once as a whole where it could not be read.

use facts::{
    Cluster,
    pki::{Held, Item, Seen},
};
use model::{
    Answer, Confidence, Finding, Form, Gap, GapKind, Location, Origin, Remedy, Severity, Site, Unanswered, Verdict,
};

/// Which certificates a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificates {
    All,
    /// Those that vouch for others.
    Authorities,
    /// Those that are shown by their holder.
    Leaves,
    /// Those that are shown by somebody who calls.
    Clients,
}

/// What is asked of one file, and of what in it.
pub(crate) struct Question<'a> {
    pub(crate) held: &'a Held,
    pub(crate) name: Option<&'a str>,
    pub(crate) ask: Box<dyn Fn() -> Verdict + 'a>,
}

impl Certificates {
    /// Whether a file may hold one, by what it is named for.
    fn may_be_in(self, held: &Held) -> bool {
        let any = |test: fn(facts::pki::Role) -> bool| held.roles.iter().any(|role| test(*role));
        !held.is_of_keys
            && match self {
                Self::All => true,
                Self::Authorities => any(|role| role.is_authority()),
                Self::Leaves => any(|role| !role.is_authority()),
                Self::Clients => any(|role| role.is_client()),
            }
    }
}

pub(crate) fn questions<'a>(
    cluster: &Cluster,
    held: &'a Held,
    of: Certificates,
    ask: fn(&Seen<'_>) -> Verdict,
) -> Vec<Question<'a>> {
    let as_of = cluster.as_of;
    let whole = |gap: Gap| Question { held, name: None, ask: Box::new(move || Err(Unanswered::Gap(gap.clone()))) };
    if let Some(gap) = &held.gap {
        return if of.may_be_in(held) { vec![whole(gap.clone())] } else { Vec::new() };
    }
    let mut questions = Vec::new();
    for found in held.found.iter().filter(|_| !held.is_of_keys) {
        let certificate = match &found.placed.item {
            Item::Certificate(certificate) => certificate.as_ref(),
            Item::Other { label, fault: Some(fault) } if label == "CERTIFICATE" && of.may_be_in(held) => {
                questions.push(whole(Gap {
                    kind: GapKind::Unread,
                    reason: format!("a certificate in `{}` cannot be used: {fault}", held.name),
                    wanted: held.name.clone(),
                    who_could_answer: "whoever made that certificate".to_owned(),
                }));
                continue;
            }
            _ => continue,
        };
        let fits = match of {
            Certificates::All => true,
            Certificates::Authorities => !found.is_leaf,
            Certificates::Leaves => found.is_leaf,
            Certificates::Clients => found.is_leaf && found.roles.iter().any(|role| role.is_client()),
        };
        if fits {
            let seen = Seen { file: held, found, certificate, as_of };
            questions.push(Question { held, name: Some(&found.name), ask: Box::new(move || ask(&seen)) });
        }
    }
    // Several that cannot be read are one gap.
    let mut broken = false;
    questions.retain(|question| question.name.is_some() || !std::mem::replace(&mut broken, true));
    questions
}

/// The place of a certificate, or of something else that no edit is made of.
pub(crate) fn place(at: &Location) -> Origin {
    Origin::Written(Site { at: at.clone(), form: Form::Field })
}

/// One thing wrong with a certificate.
pub(crate) fn wrong(seen: &Seen<'_>, message: String, severity: Option<Severity>, remedy: Remedy) -> Answer {
    Answer {
        findings: vec![Finding {
            subject: None,
            setting: None,
            message: format!("`{}`: {message}", seen.found.name),
            severity,
            confidence: Confidence::Certain,
            primary: place(seen.at()),
            because: Vec::new(),
            remedy: Some(remedy),
        }],
        ..Answer::default()
    }
}

/// The pass that rests on what a certificate says.
pub(crate) fn fine(seen: &Seen<'_>, because: String) -> Answer {
    let because = format!("`{}`: {because}", seen.found.name);
    Answer { seen: vec![place(seen.at())], because, ..Answer::default() }
}
