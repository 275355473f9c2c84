//! What several clusters have in common that each should have for itself.

use std::collections::BTreeMap;

use facts::fleet::{Fleet, Known, Member, Trusted};
use model::{
    Answer, Confidence, Finding, Gap, GapKind, Label, Location, Origin, Remedy, Severity, Unanswered, Verdict,
};

/// One key, with everybody who believes it.
pub(super) struct Shared<'f> {
    pub(super) sha256: &'f str,
    pub(super) members: Vec<(&'f Member, &'f Trusted)>,
}

/// How a rule puts what it finds.
pub(super) struct Words {
    /// Keys of a kind, as in "no … of 3 clusters was seen".
    pub(super) keys: &'static str,
    pub(super) setting: &'static str,
    pub(super) remedy: &'static str,
    pub(super) breaks: &'static [&'static str],
}

/// Asks of the keys of one kind whether more than one cluster believes them.
pub(super) fn ask(
    fleet: &Fleet,
    words: &Words,
    of: fn(&Member) -> &Known,
    say: &dyn Fn(&Shared<'_>) -> (String, Confidence),
) -> Verdict {
    let with_keys = fleet.members.iter().filter(|member| !of(member).keys.is_empty()).count();
    if with_keys < 2 && fleet.members.iter().all(|member| of(member).gap.is_none()) {
        return Err(Unanswered::NotApplicable(format!("no two clusters have {}", words.keys)));
    }
    let mut by_key: BTreeMap<&str, Vec<(&Member, &Trusted)>> = BTreeMap::new();
    for member in &fleet.members {
        for key in &of(member).keys {
            by_key.entry(&key.sha256).or_default().push((member, key));
        }
    }
    let mut answer = Answer { setting: Some(words.setting.to_owned()), ..Answer::default() };
    let mut seen = Vec::new();
    for (sha256, members) in by_key {
        if members.len() < 2 {
            seen.extend(members.first().map(|(_, key)| Origin::Reported(key.at.clone())));
            continue;
        }
        let shared = Shared { sha256, members };
        let (message, confidence) = say(&shared);
        answer.findings.push(finding(&shared, message, confidence, words));
    }
    let open = fleet.members.iter().filter_map(|member| Some((member, of(member).gap.as_ref()?)));
    let open: Vec<(&Member, &Gap)> = open.collect();
    if let Some((first, gap)) = open.first() {
        let which = if open.len() == 1 {
            format!("of `{}`", first.name)
        } else {
            format!("of {} clusters, `{}` among them,", open.len(), first.name)
        };
        answer.gaps.push(Gap {
            kind: GapKind::Unread,
            reason: format!("not all {} {which} were seen: {}", words.keys, gap.reason),
            wanted: gap.wanted.clone(),
            who_could_answer: gap.who_could_answer.clone(),
        });
    }
    // A pass rests on places; those of a fleet are many, and the first few say enough.
    seen.truncate(8);
    answer.seen = seen;
    answer.because = format!("no two of {with_keys} clusters have {} in common", words.keys);
    Ok(answer)
}

fn finding(shared: &Shared<'_>, message: String, confidence: Confidence, words: &Words) -> Finding {
    /// Places that anybody looks at.
    const MOST: usize = 16;
    let place = |(_, key): &(&Member, &Trusted)| -> Location { key.at.clone() };
    let mut places = shared.members.iter().take(MOST);
    let first = places.next().map(place);
    let label =
        |one: &(&Member, &Trusted)| Label { at: place(one), text: format!("`{}` believes it, too", one.0.name) };
    Finding {
        subject: shared.sha256.get(..16).map(|short| format!("sha256:{short}")),
        setting: Some(words.setting.to_owned()),
        message,
        severity: None::<Severity>,
        confidence,
        primary: first.map_or_else(|| Origin::Implied { by: None, how: String::new() }, Origin::Reported),
        because: places.map(label).collect(),
        remedy: Some(Remedy {
            title: words.remedy.to_owned(),
            safety: model::Safety::Manual,
            breaks: words.breaks.iter().map(|breaks| (*breaks).to_owned()).collect(),
            changes: Vec::new(),
        }),
    }
}

/// "`a`, `b` and 3 more".
pub(super) fn names(shared: &Shared<'_>) -> String {
    const NAMED: usize = 3;
    let named: Vec<String> =
        shared.members.iter().take(NAMED).map(|(member, _)| format!("`{}`", member.name)).collect();
    match shared.members.len().saturating_sub(NAMED) {
        0 => match named.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, others)) => format!("{} and {last}", others.join(", ")),
            None => String::new(),
        },
        more => format!("{} and {more} more", named.join(", ")),
    }
}
