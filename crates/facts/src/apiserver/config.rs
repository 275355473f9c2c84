//! The structured configuration files that the flags of one server name, read once.

use model::{Gap, GapKind, Location, Problem, ProblemKind, Unanswered};

use super::server::Server;
use crate::{
    File, Files,
    authn::{self, Authentication},
    authz::{self, Authorization},
    config_file::Read,
    pflag::Value,
};

/// What the files say; `None` where the flag that would name one is empty or not of this release.
pub(super) struct Config {
    pub(super) authentication: Option<Result<Authentication, Gap>>,
    pub(super) authorization: Option<Result<Authorization, Gap>>,
    pub(super) problems: Vec<Problem>,
}

impl Config {
    pub(super) fn read(server: &Server<'_>, files: &Files<'_>) -> Self {
        let minor = server.version.minor;
        let mut problems = Vec::new();
        let issuers: Vec<String> = match server.value("service-account-issuer") {
            Some(Value::Text(issuer)) if !issuer.is_empty() => vec![issuer.clone()],
            Some(Value::List(issuers)) => issuers.clone(),
            _ => Vec::new(),
        };
        let authentication = named(server, "authentication-config")
            .map(|path| one(path, files, &mut problems, |evidence| authn::read(evidence, minor, &issuers)));
        let authorization = named(server, "authorization-config")
            .map(|path| one(path, files, &mut problems, |evidence| authz::read(evidence, minor)));
        if let Some(Ok(Authentication { anonymous: Some(anonymous) })) = &authentication
            && server.is_given("anonymous-auth")
        {
            // pkg/kubeapiserver/options/authentication.go, Validate (1.31): one of the two decides, not both.
            problems.push(Problem {
                kind: ProblemKind::Conflict,
                stops: true,
                message: "`--anonymous-auth` is given, and the file of `--authentication-config` sets `anonymous`"
                    .to_owned(),
                hint: Some("take the flag away".to_owned()),
                location: server.place("anonymous-auth").cloned().or_else(|| Some(anonymous.at.clone())),
                setting: Some("anonymous-auth".to_owned()),
            });
        }
        Self { authentication, authorization, problems }
    }

    /// The list of authorizers of the file, if a file decides.
    pub(super) fn authorizers(&self) -> Option<Result<(Vec<String>, Location), Unanswered>> {
        self.authorization.as_ref().map(|read| match read {
            Ok(read) => Ok((read.types.clone(), read.at.clone())),
            Err(gap) => Err(gap.clone().into()),
        })
    }
}

fn named<'a>(server: &'a Server<'_>, flag: &str) -> Option<&'a str> {
    server.text(flag).filter(|path| !path.is_empty())
}

fn one<T>(
    path: &str,
    files: &Files<'_>,
    problems: &mut Vec<Problem>,
    read: impl FnOnce(&model::Evidence) -> Read<T>,
) -> Result<T, Gap> {
    let refused = |reason: String| Gap {
        kind: GapKind::Unread,
        reason,
        wanted: path.to_owned(),
        who_could_answer: "whoever maintains that file".to_owned(),
    };
    match files.look(path) {
        File::Unread(gap) => Err(gap),
        File::Missing(_) => Err(refused(format!("`{path}` does not exist, so that the server does not start"))),
        File::Read(evidence) => {
            let Read { value, problems: found } = read(evidence);
            problems.extend(found);
            value.ok_or_else(|| refused(format!("the server does not take `{path}`, so that it does not start")))
        }
    }
}
