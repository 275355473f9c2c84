//! Whether somebody checks where images come from. The page beside this file explains the rule and tests it.

use facts::{
    apiserver::ApiServer,
    configuration::{
        ConfigFile, FileKind, InUse,
        admission::{Admission, Settings},
    },
};
use model::{Answer, Change, Form, Gap, GapKind, Origin, RuleCard, Safety, Severity, Site, Unanswered, Verdict};

use crate::{Applies, Check, OfFile, OfServer, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "admission-image-provenance",
        title: "Images run when whoever checks them does not answer",
        severity: Severity::Medium,
        fix: Some(Safety::Review),
        page: include_str!("image_provenance.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::File { of: OfFile::Admission(by_itself), server: OfServer::Whole(check) },
};

const PLUGIN: &str = "ImagePolicyWebhook";
const FIELD: &str = "imagePolicy.defaultAllow";

fn check(server: &ApiServer) -> Verdict {
    if !server.admission_plugin(PLUGIN)?.enabled {
        return Err(Unanswered::Gap(Gap {
            kind: GapKind::NotCollected,
            reason: format!("`{PLUGIN}` is off, and whether a policy engine checks images was not looked at"),
            wanted: "list validatingwebhookconfigurations".to_owned(),
            who_could_answer: "`kubectl get validatingwebhookconfigurations`, and the engine's own policies".to_owned(),
        }));
    }
    let told = match server.file(FileKind::Admission)? {
        Some(taken) => taken.read.last().and_then(|(_, file)| match file.as_ref() {
            ConfigFile::Admission(file) => Some(file),
            _ => None,
        }),
        None => None,
    };
    told.map_or_else(|| Err(untold("no file tells it what to do, so that the server does not start")), judge)
}

fn by_itself(file: &InUse<'_, Admission>) -> Verdict {
    let named = |name: &str| name == PLUGIN;
    if !file.file.plugins.iter().any(|plugin| plugin.name.as_ref().is_some_and(|name| named(name.as_str()))) {
        return Err(Unanswered::NotApplicable(format!("the file says nothing to `{PLUGIN}`")));
    }
    judge(file.file)
}

fn judge(file: &Admission) -> Verdict {
    let policy = file.plugins.iter().find_map(|plugin| match &plugin.settings {
        Some(Settings::ImagePolicyWebhook(policy)) => Some((policy, &plugin.at)),
        _ => None,
    });
    let Some((policy, at)) = policy else {
        return Err(untold("what it is told was not read"));
    };
    let written = |at: &model::Location| Origin::Written(Site { at: at.clone(), form: Form::Field });
    match &policy.default_allow {
        Some(allow) if allow.value => {
            let origin = written(&allow.at);
            let site = Site { at: allow.at.clone(), form: Form::Field };
            let change = Change::Set { setting: "defaultAllow".to_owned(), site, to: "false".to_owned() };
            let remedy = say::remedy(
                "refuse images while nobody answers",
                &["While the webhook is down no pod starts, those of the system included: exempt them, and its own."],
                Some(change),
            );
            Ok(say::fail(say::wrong(FIELD, format!("`{FIELD}` is `true`"), &origin, remedy)))
        }
        other => Ok(Answer {
            seen: vec![written(other.as_ref().map_or(at, |allow| &allow.at))],
            because: format!("`{FIELD}` is `false`"),
            setting: Some(FIELD.to_owned()),
            ..Answer::default()
        }),
    }
}

fn untold(why: &str) -> Unanswered {
    Unanswered::Gap(Gap {
        kind: GapKind::Unread,
        reason: format!("`{PLUGIN}` runs, and {why}"),
        wanted: "the configuration of ImagePolicyWebhook".to_owned(),
        who_could_answer: "give the node's root with --root".to_owned(),
    })
}
