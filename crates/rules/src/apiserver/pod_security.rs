//! What the rules about the plug-in `PodSecurity` share: whether it runs, and what it is told.

use facts::{
    apiserver::ApiServer,
    configuration::{
        InUse,
        admission::{Admission, PodSecurity, Settings},
    },
};
use model::{Gap, GapKind, Unanswered};

const PLUGIN: &str = "PodSecurity";

/// There is nothing to ask where it does not run. A file by itself is one for a server that runs it.
pub(super) fn runs(server: Option<&ApiServer>) -> Result<(), Unanswered> {
    let Some(server) = server else { return Ok(()) };
    if server.admission_plugin(PLUGIN)?.enabled {
        return Ok(());
    }
    Err(Unanswered::NotApplicable(format!("`{PLUGIN}` is off")))
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
