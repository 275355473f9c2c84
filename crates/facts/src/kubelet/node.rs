//! What kubelets answered that were asked through the proxy of the API server.

use std::collections::BTreeMap;

use model::{
    Component, Evidence, EvidenceId, Gap, GapKind, Kind, Location, Origin, Plane, Reading, Release, Setting, Version,
    spelled,
};

use super::{defaults, fields};
use crate::{
    flags::{KUBELET, Presence},
    live,
    merge::{self, AtRelease, versions},
    planes::put_behind,
    redact::parsable,
    running::{self, ReportedFlag, Seen},
};

/// What a field is that nobody writes.
fn default_of<'s>(unset: &'s [Setting], name: &str) -> Option<&'s Reading> {
    let index = unset.binary_search_by(|one| one.name.cmp(name)).ok()?;
    unset.get(index)?.nearest().ok()
}

/// The answers of one kubelet.
pub(super) struct Told<'a> {
    pub(super) node: &'a str,
    configz: Option<&'a Evidence>,
    flagz: Option<&'a Evidence>,
}

/// Every kubelet that was asked, by the name of its node.
pub(super) fn asked(evidence: &[Evidence]) -> Vec<Told<'_>> {
    let mut found: BTreeMap<&str, Told<'_>> = BTreeMap::new();
    for piece in evidence.iter().filter(|piece| matches!(piece.kind, Kind::Configz | Kind::Flagz)) {
        let Some(node) = live::node_of(piece.id.as_str()) else { continue };
        let told = found.entry(node).or_insert(Told { node, configz: None, flagz: None });
        match piece.kind {
            Kind::Configz => told.configz = Some(piece),
            _ => told.flagz = Some(piece),
        }
    }
    found.into_values().collect()
}

/// A field that an answer lists.
struct Listed {
    value: Result<String, Gap>,
    at: Location,
}

/// The fields of an answer, by name, and the place of all of them.
struct Answer {
    fields: BTreeMap<&'static str, Listed>,
    whole: Location,
}

/// `{"kubeletconfig": {…}}` (pkg/kubelet/kubelet.go and component-base configz).
fn configuration(evidence: &Evidence) -> Seen<Answer> {
    let Some(text) = running::text(evidence)? else { return Ok(None) };
    let parsed = parsable(evidence, text);
    let stream = yaml::parse(&parsed, &yaml::Limits::default());
    let document = stream.documents.first().filter(|_| stream.faults.iter().all(|fault| !fault.kind.is_fatal()));
    let Some(root) = document.and_then(|document| document.cursor().get("kubeletconfig")) else {
        return Err(running::unreadable(evidence, "it is no configuration of a kubelet"));
    };
    let written = fields::written(&root);
    if written.is_empty() {
        return Err(running::unreadable(evidence, "it lists no field of a kubelet"));
    }
    let listed = |field: fields::Field<'_>| {
        let at = running::at(evidence, &field.node);
        let value = field.value.map_err(|odd| odd.gap(field.flag, &at));
        (field.flag.name, Listed { value, at })
    };
    Ok(Some(Answer { fields: written.into_iter().map(listed).collect(), whole: running::at(evidence, &root) }))
}

impl Told<'_> {
    /// The kubelet as it says that it runs, before what is declared of it.
    pub(super) fn resolve(&self, release: &Release, behind: Option<Component>) -> Component {
        let configuration = self.configz.map_or(Ok(None), configuration);
        let flags = match (&configuration, self.flagz) {
            // Who gave no answer to the one was not asked for the other.
            (Err(gap), None) => Err(gap.clone()),
            (_, flagz) => flagz.map_or(Ok(None), running::flags),
        };
        let answer = configuration.as_ref().map(Option::as_ref).map_err(Clone::clone);
        let mut component = self.component(release, &answer, &flags);
        component.starts = matches!(answer, Ok(Some(_))).then_some(true);
        let Some(mut behind) = behind else {
            component.unseen.extend(answer.err());
            return component;
        };
        // A path that is not there is out of scope: what is declared speaks in its place.
        let is_silent = |setting: &Setting| match KUBELET.find(setting.name) {
            Some(flag) if flag.is_a_field() => matches!(answer, Ok(None)),
            _ => matches!(flags, Ok(None)),
        };
        let settings = std::mem::take(&mut behind.settings);
        let (alone, farther): (Vec<Setting>, Vec<Setting>) = settings.into_iter().partition(is_silent);
        behind.settings = farther;
        if !matches!(answer, Ok(Some(_))) {
            component.outranked.clone_from(&behind.outranked);
            component.unseen.append(&mut behind.unseen);
        }
        if matches!(answer, Ok(None)) {
            component.starts = behind.starts;
        }
        // A problem of what is declared stays one: the file is read again at the next start.
        put_behind(&mut component, behind);
        for setting in alone {
            match component.settings.binary_search_by(|one| one.name.cmp(setting.name)) {
                Ok(at) => component.settings[at] = setting,
                Err(at) => component.settings.insert(at, setting),
            }
        }
        component.unseen.extend(answer.err());
        component
    }

    fn component(
        &self,
        release: &Release,
        answer: &Result<Option<&Answer>, Gap>,
        flags: &Seen<Vec<ReportedFlag>>,
    ) -> Component {
        let at = |version: &Version| self.at_release(version, answer, flags);
        let mut resolved: Vec<AtRelease> = versions(release).iter().map(at).collect();
        Component {
            name: KUBELET.component,
            instance: self.node.to_owned(),
            release: release.clone(),
            starts: None,
            unseen: Vec::new(),
            settings: merge::settings(&KUBELET, resolved.iter_mut().collect(), release),
            problems: Vec::new(),
            declared_in: self.said_in(),
            contradicted: Ok(Vec::new()),
            outranked: None,
        }
    }

    fn said_in(&self) -> EvidenceId {
        let piece = self.configz.or(self.flagz);
        piece.map_or_else(|| EvidenceId::new(self.node.to_owned()), |piece| piece.id.clone())
    }

    fn at_release(
        &self,
        version: &Version,
        answer: &Result<Option<&Answer>, Gap>,
        flags: &Seen<Vec<ReportedFlag>>,
    ) -> AtRelease {
        let unset = defaults(&Release::Exactly(version.clone()));
        let mut readings = Vec::with_capacity(KUBELET.flags.len());
        for flag in &KUBELET.flags {
            let reported = |value: String, at: &Location| {
                let default = default_of(&unset, flag.name);
                let overrides = default.filter(|default| default.value != value);
                let overrides = overrides.map(|default| (default.origin.clone(), default.value.clone()));
                Ok(Reading {
                    plane: Plane::Running,
                    value,
                    effective: None,
                    open: None,
                    origin: Origin::Reported(at.clone()),
                    overrides: overrides.into_iter().collect(),
                })
            };
            let is_present = flag.presence(version) != Presence::No;
            let reading = if flag.is_a_field() {
                match answer {
                    Ok(Some(answer)) => match answer.fields.get(flag.name) {
                        Some(listed) => listed.value.clone().and_then(|value| reported(value, &listed.at)),
                        None if !is_present => continue,
                        // What has no default of its own is left out where it is empty (`omitempty`); what has one is not.
                        None if flag.listed => Err(self.unlisted(flag.name)),
                        None => match default_of(&unset, flag.name) {
                            Some(default) => reported(default.value.clone(), &answer.whole),
                            None => Err(self.unlisted(flag.name)),
                        },
                    },
                    _ if !is_present => continue,
                    Ok(None) => Err(self.silent(flag.name)),
                    Err(gap) => Err(gap.clone()),
                }
            } else {
                match flags {
                    Ok(Some(flags)) => match flags.iter().find(|known| known.name == flag.name) {
                        Some(known) => {
                            let kind = flag.kind(version.minor);
                            let value = kind.read_printed(&known.value, version.minor).map(|value| kind.print(&value));
                            match value {
                                Some(value) => reported(value, &known.at),
                                None => Err(self.unlisted(flag.name)),
                            }
                        }
                        None if !is_present => continue,
                        None => Err(self.unlisted(flag.name)),
                    },
                    _ if !is_present => continue,
                    Ok(None) => Err(self.flags_unseen(flag.name)),
                    Err(gap) => Err(gap.clone()),
                }
            };
            readings.push((flag.name, reading));
        }
        AtRelease { minor: version.minor, readings, unwritten: None, problems: Vec::new() }
    }

    fn unlisted(&self, name: &str) -> Gap {
        Gap {
            kind: GapKind::Unread,
            reason: format!("the kubelet of `{}` does not list `{}`", self.node, spelled(name)),
            wanted: spelled(name),
            who_could_answer: "the arguments and the file of the kubelet, on its node".to_owned(),
        }
    }

    /// A kubelet without debugging handlers serves no `/configz` (pkg/kubelet/server/server.go).
    fn silent(&self, name: &str) -> Gap {
        Gap {
            kind: GapKind::NotCollected,
            reason: format!("the kubelet of `{}` serves no /configz", self.node),
            wanted: spelled(name),
            who_could_answer: "the arguments and the file of the kubelet, on its node".to_owned(),
        }
    }

    fn flags_unseen(&self, name: &str) -> Gap {
        Gap {
            kind: GapKind::NotCollected,
            reason: format!("the kubelet of `{}` serves no /flagz", self.node),
            wanted: spelled(name),
            who_could_answer: "the arguments of the process, on its node".to_owned(),
        }
    }
}
