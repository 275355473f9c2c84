//! The configuration of a kubelet that a distribution makes: of what it sets unasked, of settings of its own, and of fields
//! that somebody wrote into it.
//!
//! Of one field the last that is said counts, as in [`Layers`](crate::declare::layers::Layers).

use model::{Form, Gap, GapKind, Location, Minor, Named, Problem, Shape, Site, Version};
use yaml::Cursor;

use super::{Configuration, Homes, KubeletLine, Written};
use crate::{
    Hand, Invocation, Releases, Word,
    declare::{
        Source,
        command::{Program, unfilled},
        kubelet::lines::Beside,
    },
    files::name_below,
    flags::{Flag, KUBELET},
    golang,
    kubelet::fields::{self, Odd},
};

#[derive(Clone)]
pub(in crate::declare) struct Made {
    configuration: Configuration,
    distribution: &'static str,
    home: Site,
}

impl Made {
    /// Of a distribution; a field that nobody writes would be written at `home`.
    pub(in crate::declare) fn new(distribution: &'static str, source: &Source<'_>, home: Site) -> Self {
        let homes = Homes { root: home.at.clone(), maps: Vec::new(), own: false, site: Some(home.clone()) };
        let configuration = Configuration {
            name: name_below(source.root, source.evidence).to_owned(),
            declared_in: source.evidence.clone(),
            plane: source.plane,
            written: Vec::new(),
            cleared: Vec::new(),
            homes,
            is_for_kubeadm: false,
            rest: None,
            without_file: None,
            perhaps_without_file: None,
            problems: Vec::new(),
        };
        Self { configuration, distribution, home }
    }

    /// kubeadm reads what is made, and fills in what is left out.
    pub(in crate::declare) fn for_kubeadm(mut self) -> Self {
        self.configuration.is_for_kubeadm = true;
        self
    }

    /// Up to the first release the kubelet is given flags and no file; up to the second that is not known.
    pub(in crate::declare) fn without_file(&mut self, until: u16, perhaps_until: u16) {
        self.configuration.without_file = Some(Minor::new(1, until));
        self.configuration.perhaps_without_file = Some(Minor::new(1, perhaps_until));
    }

    /// Why fields may be set of which nothing is said.
    pub(in crate::declare) fn rest(&mut self, gap: Gap) {
        self.configuration.rest = Some(gap);
    }

    pub(in crate::declare) fn problem(&mut self, problem: Problem) {
        self.configuration.problems.push(problem);
    }

    /// A field that the distribution sets unasked.
    pub(in crate::declare) fn adds(&mut self, name: &str, value: impl AsRef<str>) {
        self.adds_in(name, value, None);
    }

    /// The same, in some releases only.
    pub(in crate::declare) fn adds_in(&mut self, name: &str, value: impl AsRef<str>, releases: Releases) {
        let hand = Hand::Default(self.distribution);
        self.push(name, Ok(value.as_ref().to_owned()), self.home.clone(), hand, releases);
    }

    /// A field that it makes of a setting of its own.
    pub(in crate::declare) fn makes(
        &mut self,
        name: &str,
        value: impl AsRef<str>,
        at: Location,
        how: impl Into<String>,
        releases: Releases,
    ) {
        let value = value.as_ref();
        let said = unfilled(value).map_or_else(|| Ok(value.to_owned()), |gap| Err(Odd::Unseen(Box::new(gap))));
        self.push(name, said, Site { at, form: Form::Field }, Hand::Made(how.into()), releases);
    }

    /// A field that is set to what nobody can see here, or may be.
    pub(in crate::declare) fn leaves_open(&mut self, name: &str, gap: Gap, releases: Releases) {
        let hand = Hand::Default(self.distribution);
        self.push(name, Err(Odd::Unseen(Box::new(gap))), self.home.clone(), hand, releases);
    }

    /// A setting that somebody wrote where it means a field of that name.
    pub(in crate::declare) fn says(&mut self, name: &str, value: &Cursor<'_>, source: &Source<'_>, form: Form) {
        let Some(flag) = KUBELET.find(name) else { return };
        let read = fields::value(flag, value);
        self.push(name, read, Site { at: source.at(value), form }, Hand::Written, None);
    }

    /// The same of a text that the distribution reads in its own way.
    pub(in crate::declare) fn writes(
        &mut self,
        name: &str,
        value: Option<String>,
        at: Location,
        form: Form,
        releases: Releases,
    ) {
        let said = value.ok_or(Odd::Takes("something else"));
        self.push(name, said, Site { at, form }, Hand::Written, releases);
    }

    /// Fields of a KubeletConfiguration that somebody wrote, but those that the distribution sets whatever is said.
    pub(in crate::declare) fn fields(&mut self, root: &Cursor<'_>, source: &Source<'_>, fixed: &[&str]) {
        let is_fixed = |name: &str| {
            fixed.iter().any(|one| name == *one || name.strip_prefix(one).is_some_and(|rest| rest.starts_with('.')))
        };
        let read = Configuration::read(String::new(), root, source, false);
        for one in read.written.into_iter().filter(|one| !is_fixed(one.flag.name)) {
            self.take(one.flag.name);
            self.configuration.written.push(one);
        }
        self.configuration.problems.extend(read.problems);
    }

    /// Whether somebody wrote the field, for whatever release.
    pub(in crate::declare) fn is_written(&self, name: &str) -> bool {
        let is_own = |one: &Written| one.flag.name == name && one.hand == Hand::Written && one.releases.is_none();
        self.configuration.written.iter().any(is_own)
    }

    /// Whether it is said in some releases only, by whomever.
    pub(in crate::declare) fn is_said(&self, name: &str) -> bool {
        self.configuration.written.iter().any(|one| one.flag.name == name)
    }

    /// Takes away what was said of a field.
    pub(in crate::declare) fn take(&mut self, name: &str) {
        self.configuration.written.retain(|one| one.flag.name != name);
    }

    fn push(&mut self, name: &str, value: Result<String, Odd>, site: Site, hand: Hand, releases: Releases) {
        let Some(flag) = KUBELET.find(name) else { return };
        debug_assert!(flag.is_a_field(), "{name}");
        if !matches!(hand, Hand::Default(_)) && releases.is_none() {
            self.take(name);
        }
        let value = value.map(|text| in_form(flag, text));
        self.configuration.written.push(Written { flag, value, site, hand, releases });
    }

    pub(in crate::declare) fn done(self) -> Beside {
        Beside::Made(Box::new(self.configuration))
    }
}

/// A text as a kubelet prints it.
fn in_form(flag: &Flag, text: String) -> String {
    match flag.shape {
        "duration" => golang::parse_duration(&text).map_or(text, golang::format_duration),
        "map" => {
            let mut pairs: Vec<&str> = text.split(',').filter(|pair| !pair.is_empty()).collect();
            pairs.sort_unstable();
            pairs.join(",")
        }
        _ => text,
    }
}

/// A list as a kubelet prints it.
pub(in crate::declare) fn list<'t>(items: impl IntoIterator<Item = &'t str>) -> String {
    format!("[{}]", golang::write_csv(items))
}

/// Where fields would be written that a distribution has by names of its own; what is a map to a kubelet has another form there.
pub(in crate::declare) fn named(fields: &[(&'static str, &'static str, Shape)]) -> Vec<Named> {
    let fields = fields.iter().filter(|(.., shape)| *shape != Shape::Map);
    fields.map(|(field, setting, shape)| Named { setting, field, shape: *shape }).collect()
}

/// The fields at the top of a kubelet's file, but some, for a map that has them under their own names.
pub(in crate::declare) fn fields_but(kept: &[&str]) -> Vec<Named> {
    fields::NAMED.iter().filter(|one| !one.setting.contains('.') && !kept.contains(&one.setting)).copied().collect()
}

/// What a distribution says of the kubelets of some nodes.
pub(in crate::declare) struct Nodes {
    pub(in crate::declare) distribution: Option<&'static str>,
    pub(in crate::declare) instance: String,
    pub(in crate::declare) words: Vec<Word>,
    pub(in crate::declare) open_ended: Option<Gap>,
    /// Where a flag would be added.
    pub(in crate::declare) list: Option<Site>,
    pub(in crate::declare) version: Option<(Version, Location)>,
    pub(in crate::declare) releases: Releases,
    pub(in crate::declare) contained: bool,
    pub(in crate::declare) problems: Vec<Problem>,
    /// The file; `None` where all of it are flags.
    pub(in crate::declare) made: Option<Made>,
    /// What may win over all of it, and stands elsewhere.
    pub(in crate::declare) outranked: Option<Gap>,
}

impl Nodes {
    pub(in crate::declare) fn new(distribution: impl Into<Option<&'static str>>, instance: String) -> Self {
        Self {
            distribution: distribution.into(),
            instance,
            words: Vec::new(),
            open_ended: None,
            list: None,
            version: None,
            releases: None,
            contained: false,
            problems: Vec::new(),
            made: None,
            outranked: None,
        }
    }

    pub(in crate::declare) fn line(self, source: &Source<'_>) -> KubeletLine {
        let invocation = Invocation {
            open_ended: self.open_ended,
            list: self.list,
            version: self.version,
            releases: self.releases,
            contained: self.contained,
            distribution: self.distribution,
            problems: self.problems,
            ..source.process(Program::Kubelet, Some(self.instance), self.words)
        };
        let beside = self.made.map_or(Beside::Nothing, Made::done);
        KubeletLine { outranked: self.outranked, ..KubeletLine::of(invocation, beside) }
    }
}

/// Why something of a kubelet is not known from a definition alone.
pub(in crate::declare) fn unseen(kind: GapKind, reason: impl Into<String>) -> Gap {
    Gap {
        kind,
        reason: reason.into(),
        wanted: "the arguments and the file of the kubelet as it runs".to_owned(),
        who_could_answer: "give the node's root with --root, or ask the cluster with --kubelets".to_owned(),
    }
}
