//! How rules word a value and where it comes from, and how they ask for another one.

use facts::{
    Cluster,
    flags::{self, Flag, KUBE_APISERVER, KUBELET, Presence},
    objects::Of,
};
use model::{
    Answer, Author, Change, Component, Confidence, Finding, Form, GapKind, Label, Location, Origin, Plane, ProblemKind,
    Reading, Release, Remedy, Safety, Setting, Site, Unanswered, Version,
};

/// The flag as an operator types it, or the field.
pub(crate) fn flag(name: &str) -> String {
    model::spelled(name)
}

/// The name under which a setting is, or would be, written where its value comes from: a field of a kubelet's file goes by that
/// of its flag on a command line.
pub(crate) fn at<'n>(name: &'n str, origin: &Origin) -> &'n str {
    let (Origin::Written(site) | Origin::Default { home: Some(site), .. }) = origin else { return name };
    let is_of_file = matches!(site.form, Form::Field | Form::Fields(_));
    // The API server's names are flags, also the two that it shares; so kubelets' table is read where there is one.
    if is_of_file || KUBE_APISERVER.find(name).is_some() {
        return name;
    }
    let field = KUBELET.find(name).filter(|field| field.is_a_field());
    let flag = field.and_then(|field| field.flags.iter().find(|flag| !flag.starts_with("experimental-")));
    flag.copied().unwrap_or(name)
}

/// "`--profiling` is `true` (default of 1.28)".
pub(crate) fn is(name: &str, value: &str, origin: &Origin, release: &Release) -> String {
    let name = flag(at(name, origin));
    let state = if value.is_empty() { "is not set".to_owned() } else { format!("is `{value}`") };
    match origin {
        // An empty value that somebody wrote is set, and means what an unset one does.
        Origin::Written(_) if value.is_empty() => format!("`{name}` is empty"),
        Origin::Default { .. } if value.is_empty() => format!("`{name}` is not set"),
        _ => format!("`{name}` {state}{}", from(origin, release)),
    }
}

/// Where a value comes from, in brackets, where nobody wrote it: " (default of 1.28)".
pub(crate) fn from(origin: &Origin, release: &Release) -> String {
    match origin {
        Origin::Written(_) => String::new(),
        Origin::Default { by: Author::Upstream { .. }, .. } => match release {
            Release::Exactly(version) => format!(" (default of {})", version.minor),
            Release::Within { .. } => format!(" (default of {release})"),
        },
        Origin::Default { by: Author::Distribution { name }, .. } => format!(" ({name} sets it)"),
        Origin::Implied { how, .. } => format!(" ({how})"),
        Origin::Reported(at) if at.plane == Plane::Observed => " (as its answers show)".to_owned(),
        Origin::Reported(_) => " (as the process reports it)".to_owned(),
    }
}

/// The places at which a value was set, the one that holds first.
fn written<'a>(origin: &'a Origin, overridden: impl Iterator<Item = &'a Origin>) -> Vec<Site> {
    std::iter::once(origin)
        .chain(overridden)
        .filter_map(|origin| match origin {
            Origin::Written(site) => Some(site.clone()),
            _ => None,
        })
        .collect()
}

/// The wish that a setting have another value, at the place where it is written or would be; `None` where there is none.
pub(crate) fn set(name: &str, origin: &Origin, to: impl Into<String>) -> Option<Change> {
    let site = match origin {
        Origin::Written(site) | Origin::Default { home: Some(site), .. } => site.clone(),
        _ => return None,
    };
    Some(Change::Set { setting: flag(at(name, origin)), site, to: to.into() })
}

/// The wish that nobody write a setting.
pub(crate) fn remove(name: &str, reading: &Reading) -> Option<Change> {
    let sites = written(&reading.origin, reading.overrides.iter().map(|(origin, _)| origin));
    (!sites.is_empty()).then(|| Change::Remove { setting: flag(at(name, &reading.origin)), sites })
}

/// A place with something to say about it, where there is a place.
pub(crate) fn label(origin: &Origin, text: impl Into<String>) -> Option<Label> {
    origin.location().map(|at: &Location| Label { at: at.clone(), text: text.into() })
}

/// The value of a setting as the component prints it, without the brackets of a list.
pub(crate) fn listed(setting: &Setting) -> Option<Vec<String>> {
    let reading = setting.known().ok()?;
    let text = reading.in_force();
    let text = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    Some(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect())
}

/// What is in force of one setting, or why that is not known.
pub(crate) fn reading<'a>(component: &'a Component, name: &str) -> Result<&'a Reading, Unanswered> {
    let Some(setting) = component.setting(name) else {
        return Err(Unanswered::NotApplicable(format!("{} has no flag `{}`", component.release, flag(name))));
    };
    setting.known().map_err(|gap| Unanswered::Gap(gap.clone()))
}

/// A field of a configuration file, as the place of a finding.
pub(crate) fn field(at: &Location) -> Origin {
    Origin::Written(Site { at: at.clone(), form: Form::Field })
}

/// One thing that is wrong in a configuration file, which only a person can mend unless the remedy knows better.
pub(crate) fn in_file(field_name: &str, message: impl Into<String>, at: &Location, remedy: Remedy) -> Finding {
    Finding {
        subject: None,
        setting: Some(field_name.to_owned()),
        message: message.into(),
        severity: None,
        confidence: Confidence::Certain,
        primary: field(at),
        because: Vec::new(),
        remedy: Some(remedy),
    }
}

/// The pass that rests on a configuration file.
pub(crate) fn file_is_fine(at: &Location, because: impl Into<String>) -> Answer {
    Answer { seen: vec![field(at)], because: because.into(), ..Answer::default() }
}

/// One thing that is wrong with an object of the cluster.
pub(crate) fn object(subject: impl Into<String>, message: impl Into<String>, at: &Location, remedy: Remedy) -> Finding {
    Finding {
        subject: Some(subject.into()),
        setting: None,
        message: message.into(),
        severity: None,
        confidence: Confidence::Certain,
        primary: field(at),
        because: Vec::new(),
        remedy: Some(remedy),
    }
}

/// The answer about all objects of some kinds: what is wrong with those that were seen, and which were not all seen.
pub(crate) fn about(
    cluster: &Cluster,
    kinds: &[Of],
    findings: Vec<Finding>,
    because: impl Into<String>,
) -> Result<Answer, Unanswered> {
    let gaps = kinds.iter().filter_map(|of| cluster.objects.whole(*of).err()).collect();
    Ok(Answer { findings, gaps, because: because.into(), ..Answer::default() })
}

/// "a, b and c".
pub(crate) fn and(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

/// One thing that is wrong with one flag, at the place where it is written or would be.
pub(crate) fn wrong(name: &str, message: impl Into<String>, origin: &Origin, remedy: Remedy) -> Finding {
    Finding {
        subject: None,
        setting: Some(flag(name)),
        message: message.into(),
        severity: None,
        confidence: Confidence::Certain,
        primary: origin.clone(),
        because: Vec::new(),
        remedy: Some(remedy),
    }
}

/// The pass that rests on what one flag is.
pub(crate) fn fine(component: &Component, name: &str, reading: &Reading) -> Answer {
    let value = reading.in_force();
    let shown = if is_nothing(value) { "" } else { value };
    Answer {
        seen: vec![reading.origin.clone()],
        because: is(name, shown, &reading.origin, &component.release),
        setting: Some(flag(name)),
        ..Answer::default()
    }
}

/// What is to be done, and the edit for it; without one only a person can do it.
pub(crate) fn remedy(title: &str, breaks: &[&str], change: Option<Change>) -> Remedy {
    Remedy {
        title: title.to_owned(),
        safety: if change.is_some() { Safety::Review } else { Safety::Manual },
        breaks: breaks.iter().map(|&sentence| sentence.to_owned()).collect(),
        changes: change.into_iter().collect(),
    }
}

/// How components print a flag that has no value.
pub(crate) fn is_nothing(value: &str) -> bool {
    matches!(value, "" | "[]" | "<nil>" | "\"\"")
}

/// The answer that one thing is wrong.
pub(crate) fn fail(finding: Finding) -> Answer {
    Answer { findings: vec![finding], ..Answer::default() }
}

/// Whether it is certain that nobody sets a flag, although the release is not known.
///
/// The release is narrowed to those that have every flag that is given. So a flag that one of them lacks is not given either,
/// unless the flags contradict each other and nothing could be narrowed.
pub(crate) fn is_never_given(component: &Component, name: &str) -> bool {
    let Some(setting) = component.setting(name) else { return false };
    if !setting.in_force().is_err_and(|gap| gap.kind == GapKind::Version) {
        return false;
    }
    let contradictory = || component.problems.iter().any(|problem| problem.kind == ProblemKind::Conflict);
    let flag = flags::table(component.name).and_then(|table| table.find(name));
    let lacks =
        |flag: &Flag| component.release.minors().any(|minor| flag.presence(&Version::of_minor(minor)) == Presence::No);
    setting.is_left_out || (flag.is_some_and(lacks) && !contradictory())
}

/// Where a flag would be written that nobody gives, in the place of a reading; without a place where the component has none.
pub(crate) fn left_out(component: &Component) -> Origin {
    let mut readings = component.settings.iter().filter_map(|setting| setting.nearest().ok());
    let home = readings.find_map(|reading| match &reading.origin {
        Origin::Default { by: Author::Upstream { .. }, home: Some(home) } => Some(home.clone()),
        _ => None,
    });
    Origin::Default { by: Author::Upstream { since: None }, home }
}

/// Suites with forward secrecy and authenticated encryption, by their names in Go (component-base/cli/flag/ciphersuites_flag.go, 1.36);
/// two have a short one besides.
const STRONG: [&str; 11] = [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
];

/// Whether a list of cipher suites is given and holds nothing but those. A name that is none, such as one with a letter too few,
/// is no strong suite.
pub(crate) fn are_strong_suites(text: &str) -> bool {
    let mut names = text.trim_matches(['[', ']']).split(',').map(str::trim).filter(|name| !name.is_empty()).peekable();
    names.peek().is_some() && names.all(|name| STRONG.contains(&name))
}
