//! What the rules about the plug-in `PodSecurity` share: whether it runs, and what it is told.

use facts::{
    apiserver::ApiServer,
    configuration::{
        ConfigFile, FileKind, InUse,
        admission::{Admission, PodSecurity, Settings},
    },
};
use model::{Gap, GapKind, Minor, RuleCard, Unanswered, Verdict};

use crate::{Plugins, plugins};

const PLUGIN: &str = "PodSecurity";

/// There is nothing to ask where it does not run. A file by itself is one for a server that runs it.
pub(crate) fn runs(server: Option<&ApiServer>) -> Result<(), Unanswered> {
    let Some(server) = server else { return Ok(()) };
    if server.admission_plugin(PLUGIN)?.enabled {
        return Ok(());
    }
    Err(Unanswered::NotApplicable(format!("`{PLUGIN}` is off")))
}

/// The first release in which it runs by itself.
const BY_DEFAULT: Minor = Minor::new(1, 23);

/// The verdict about what stood in its place: there is nothing to ask where it runs and that does not.
pub(super) fn or_a_predecessor(info: &RuleCard, plugins: &Plugins, server: &ApiServer) -> Verdict {
    let answer = plugins::ask(info, plugins, server)?;
    if answer.findings.is_empty() || server.component().release.is_before(BY_DEFAULT) {
        return Ok(answer);
    }
    match runs(Some(server)) {
        Ok(()) => Err(Unanswered::NotApplicable("Pod Security admission runs in its place".to_owned())),
        Err(Unanswered::NotApplicable(_)) => Ok(answer),
        Err(gap) => Err(gap),
    }
}

/// What holds on a server for namespaces that say nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The plug-in does not run, so that nothing holds whatever a namespace says.
    Off,
    On {
        level: String,
        exempt: Vec<String>,
    },
}

/// What one server is told.
pub(crate) fn standing(server: &ApiServer) -> Result<Standing, Unanswered> {
    if !server.admission_plugin(PLUGIN)?.enabled {
        return Ok(Standing::Off);
    }
    let nothing = || Standing::On { level: "privileged".to_owned(), exempt: Vec::new() };
    let Some(taken) = server.file(FileKind::Admission)? else { return Ok(nothing()) };
    let newest = taken.read.last().and_then(|(minors, file)| Some((minors.last().copied()?, file)));
    let Some((minor, ConfigFile::Admission(file))) = newest.map(|(minor, file)| (minor, file.as_ref())) else {
        return Ok(nothing());
    };
    let told = settings(&InUse { file, at: &taken.at, minor, server: Some(server) })?;
    Ok(told.map_or_else(nothing, |told| Standing::On {
        level: told.enforce.level().to_owned(),
        exempt: told.exempt_namespaces.iter().map(|name| name.value.clone()).collect(),
    }))
}

/// What the file tells it; `None` where it tells it nothing.
pub(super) fn settings<'a>(file: &InUse<'a, Admission>) -> Result<Option<&'a PodSecurity>, Unanswered> {
    let named = |name: &str| name == PLUGIN;
    let mut plugins = file.file.plugins.iter();
    let Some(plugin) = plugins.find(|plugin| plugin.name.as_ref().is_some_and(|name| named(name.as_str()))) else {
        return Ok(None);
    };
    match (&plugin.settings, &plugin.path) {
        (Some(Settings::PodSecurity(settings)), _) => Ok(Some(settings)),
        (_, Some(path)) => Err(Unanswered::Gap(Gap {
            kind: GapKind::Unread,
            reason: format!("`{}`, which tells `{PLUGIN}` what to do, was not read", path.value),
            wanted: path.value.clone(),
            who_could_answer: "give the node's root with --root".to_owned(),
        })),
        _ => Ok(None),
    }
}
