//! The structured configuration files that the flags of one server name, read once.

use std::sync::Arc;

use model::{Evidence, Gap, GapKind, Location, Problem, ProblemKind, Release, Strength, Unanswered};

use super::{Authorizers, Server, effects::unknown, gates::Gates, plugins, wants::FileWant};
use crate::{
    File, Files,
    configuration::{
        self, Around, ConfigFile, FileKind, Named, Placed, authn::Authentication, authz::Authorization, crash,
        egress::Selection, encryption::Key,
    },
    golang,
    kubeconfig::{self, Kubeconfig},
    pflag::Value,
};

/// The group that may do everything whatever the authorizers say.
const MASTERS: &str = "system:masters";

const EGRESS: &str = "egress-selector-config-file";

/// What `controlplane` was once called, and still may be.
const OLD_NAME: (&str, &str) = ("controlplane", "master");

/// Flags that name a file whose contents count, but for those below, which decide more than whether the server starts.
const OTHERS: [&str; 6] = [
    "admission-control-config-file",
    "audit-policy-file",
    "encryption-provider-config",
    "experimental-encryption-provider-config",
    "token-auth-file",
    "tracing-config-file",
];

/// Whom the files that are lists of people give everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Users of the file of tokens who are in `system:masters`.
    pub masters: Vec<Placed<String>>,
    /// Groups of everybody to whom a line of the policies of ABAC allows everything.
    pub everything: Vec<Placed<String>>,
}

/// What the files say; `None` where the flag that would name one is empty or not of this release.
pub(super) struct Config {
    pub(super) authentication: Option<Result<Authentication, Gap>>,
    pub(super) authorization: Option<Result<Authorization, Gap>>,
    /// Those that rules ask about; none for a file that no flag names in this release.
    pub(super) files: Vec<(FileKind, Named)>,
    /// The kubeconfig of the audit webhook.
    pub(super) audit_webhook: Result<Option<Kubeconfig>, Unanswered>,
    pub(super) listed: Listed,
    pub(super) problems: Vec<Problem>,
    /// Files that those files name.
    pub(super) names: Vec<FileWant>,
    /// What in those files keeps it from being told whether the server starts.
    pub(super) unseen: Vec<Gap>,
}

impl Config {
    pub(super) fn read(server: &Server<'_>, files: &Files<'_>) -> Self {
        let (mut problems, mut names, mut unseen) = (Vec::new(), Vec::new(), Vec::new());
        let plugins = plugins::running(server);
        let issuers: Vec<String> = match server.value("service-account-issuer") {
            Some(Value::Text(issuer)) if !issuer.is_empty() => vec![issuer.clone()],
            Some(Value::List(issuers)) => issuers.clone(),
            _ => Vec::new(),
        };
        let gates = Gates::of(server).set();
        let release = Release::Exactly(server.version.clone());
        let mut read: Vec<(FileKind, Named)> = Vec::new();
        let mut one = |flag: &'static str| -> Option<Result<ConfigFile, Gap>> {
            let kind = FileKind::ALL.into_iter().find(|kind| kind.flags().contains(&flag));
            let path = match server.text(flag) {
                Some("") => return None,
                Some(path) => path,
                None => {
                    let hidden = kind.filter(|_| server.has(flag)).map(|kind| (kind, Err(unknown(server, flag))));
                    read.extend(hidden);
                    return None;
                }
            };
            let why = || refused(path, format!("the server does not take `{path}`, so that it does not start"));
            let found = found(path, files).and_then(|evidence| {
                let around = Around {
                    issuers: &issuers,
                    gates: &gates,
                    plugins: plugins.as_deref(),
                    named_plugins_run: false,
                    reload: server.is("encryption-provider-config-automatic-reload", true),
                    path: Some(path),
                    files: Some(files),
                };
                let file = configuration::check(flag, evidence, &release, &around).ok_or_else(why)?;
                problems.extend(file.problems);
                if let Some(ConfigFile::Encryption(encryption)) = &file.value {
                    unseen.extend(encryption.open_keys().map(|key| open_key(path, key)));
                }
                let want = |(path, contents): (Placed<String>, _)| FileWant { flag, path: path.value, contents };
                names.extend(file.names.into_iter().map(want));
                let at = Location::whole(evidence.id.clone(), evidence.plane);
                Ok((at, !file.taken_by.is_empty(), file.value.ok_or_else(why)?))
            });
            read.extend(kind.map(|kind| {
                let taken = found.as_ref().map_err(Clone::clone).and_then(|(at, taken, file)| {
                    // What the server refuses means nothing.
                    if *taken { Ok((at.clone(), Arc::new(file.clone()))) } else { Err(why()) }
                });
                (kind, taken)
            }));
            Some(found.map(|(_, _, file)| file))
        };
        let authentication = one("authentication-config").map(|read| {
            read.and_then(|file| match file {
                ConfigFile::Authentication(authentication) => Ok(authentication),
                _ => Err(refused("authentication-config", "another kind of file".to_owned())),
            })
        });
        let authorization = one("authorization-config").map(|read| {
            read.and_then(|file| match file {
                ConfigFile::Authorization(authorization) => Ok(authorization),
                _ => Err(refused("authorization-config", "another kind of file".to_owned())),
            })
        });
        let egress = one(EGRESS);
        // The older name of a flag sets what the newer one does.
        let newer = server.has("encryption-provider-config");
        let mut listed = Listed::default();
        for flag in OTHERS.into_iter().filter(|flag| !newer || *flag != "experimental-encryption-provider-config") {
            if let Some(Ok(ConfigFile::Tokens(tokens))) = one(flag) {
                let masters = tokens.users.into_iter().filter(|user| user.groups.iter().any(|name| name == MASTERS));
                listed.masters.extend(masters.map(|user| user.name));
            }
        }
        // pkg/kubeapiserver/authorizer/config.go, New: the file is opened for ABAC alone.
        let structured = authorization.as_ref().map(|read: &Result<Authorization, Gap>| {
            let authorizers = read.as_ref().map(|read| read.authorizers.as_slice()).unwrap_or_default();
            let kinds = authorizers.iter().filter_map(|one| one.kind.as_ref());
            kinds.into_iter().find(|kind| kind.value == "ABAC").cloned()
        });
        let by_mode = server.list("authorization-mode").is_some_and(|modes| modes.iter().any(|mode| mode == "ABAC"));
        if structured.as_ref().map_or(by_mode, Option::is_some)
            && let Some(Ok(ConfigFile::Abac(policies))) = one("authorization-policy-file")
        {
            listed.everything = policies.everything;
        }
        if let Some(Some(kind)) = &structured {
            let path = server.text("authorization-policy-file");
            let missing = path.filter(|path| path.is_empty() || files.look(path).fault().is_some());
            problems.extend(missing.map(|path| Problem {
                kind: ProblemKind::Missing,
                stops: true,
                message: match path {
                    "" => "ABAC needs `--authorization-policy-file`".to_owned(),
                    path => {
                        let fault = files.look(path).fault().map_or("", |(_, fault)| fault);
                        format!("`{}`, which `--authorization-policy-file` names, {fault}", golang::quote(path))
                    }
                },
                hint: None,
                location: Some(kind.at.clone()),
                setting: Some("authorization-policy-file".to_owned()),
            }));
        }
        if let Some(Ok(Authentication { anonymous: Some(anonymous), .. })) = &authentication
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
        if let Some(Ok(authentication)) = &authentication {
            // Where it is not known what is selected, nothing is said.
            let selections = match (&egress, server.text(EGRESS)) {
                (Some(Ok(ConfigFile::Egress(egress))), _) => Some(egress.selections.as_slice()),
                (None, Some("")) => Some([].as_slice()),
                _ => None,
            };
            problems.extend(selections.map(|known| unselected(authentication, known)).unwrap_or_default());
        }
        if let Some(Ok(authorization)) = &authorization {
            problems.extend(authorization.crashes());
        }
        if let Some(Ok(ConfigFile::Egress(egress))) = &egress {
            problems.extend(in_the_clear(&egress.selections));
        }
        let audit_webhook = audit_webhook(server, files);
        Self { authentication, authorization, files: read, audit_webhook, listed, problems, names, unseen }
    }

    /// The list of authorizers of the file, if a file decides.
    pub(super) fn authorizers(&self) -> Option<Result<Authorizers, Unanswered>> {
        self.authorization.as_ref().map(|read| match read {
            Ok(read) => Ok(Authorizers::of_file(read)),
            Err(gap) => Err(gap.clone().into()),
        })
    }
}

/// Proxies without TLS (apiserver pkg/server/egressselector/egress_selector.go, getTLSConfig, 1.18 to 1.36).
fn in_the_clear(selections: &[Selection]) -> Vec<Problem> {
    let is_connect =
        |selection: &&Selection| selection.protocol.as_ref().is_some_and(|protocol| protocol.value == "HTTPConnect");
    let urls = selections.iter().filter(is_connect).filter_map(|selection| selection.url.as_ref());
    let plain = urls.filter(|url| url.value.starts_with("http://"));
    plain.map(|url| crash(EGRESS, "http://", "tlsConfig", url.at.clone())).collect()
}

/// Issuers that are to be reached by way of a selection that nobody made (apiserver
/// plugin/pkg/authenticator/token/oidc/oidc.go, `egressLookupForType`, 1.34).
fn unselected(authentication: &Authentication, known: &[Selection]) -> Vec<Problem> {
    let is_known = |wanted: &str| {
        let names = known.iter().filter_map(|selection| selection.name.as_ref());
        names.map(|name| name.value.to_lowercase()).any(|name| name == wanted || (wanted, name.as_str()) == OLD_NAME)
    };
    let wanted = authentication.issuers.iter().filter_map(|issuer| issuer.egress_selector.as_ref());
    wanted
        .filter(|selector| matches!(selector.as_str(), "controlplane" | "cluster") && !is_known(selector.as_str()))
        .map(|selector| Problem {
            kind: ProblemKind::Missing,
            stops: true,
            message: format!(
                "an issuer is to be reached by way of `{}`, which no file of `--{EGRESS}` selects",
                selector.value
            ),
            hint: None,
            location: Some(selector.at.clone()),
            setting: Some("authentication-config".to_owned()),
        })
        .collect()
}

fn open_key(path: &str, key: &Key) -> Gap {
    let name = key.name.as_ref().map_or("", |name| name.value.as_str());
    let templated = key.strength == Some(Strength::Placeholder);
    let why = if templated { "is a placeholder that is not filled in yet" } else { "stands on several lines" };
    Gap {
        kind: if templated { GapKind::Templated } else { GapKind::Unresolved },
        reason: format!("the key `{}` of `{path}` {why}", golang::quote(name)),
        wanted: path.to_owned(),
        who_could_answer: "the file as the API server reads it".to_owned(),
    }
}

fn audit_webhook(server: &Server<'_>, files: &Files<'_>) -> Result<Option<Kubeconfig>, Unanswered> {
    const FLAG: &str = "audit-webhook-config-file";
    match server.text(FLAG) {
        _ if !server.has(FLAG) => Ok(None),
        None => Err(unknown(server, FLAG).into()),
        Some("") => Ok(None),
        Some(path) => Ok(Some(kubeconfig::read(found(path, files)?, files.root))),
    }
}

fn found<'a>(path: &str, files: &Files<'a>) -> Result<&'a Evidence, Gap> {
    match files.look(path) {
        File::Unread(gap) => Err(gap),
        File::Missing(_) => Err(refused(path, format!("`{path}` does not exist, so that the server does not start"))),
        File::Folder(_) => Err(refused(path, format!("`{path}` is a folder, so that the server does not start"))),
        File::Read(evidence) => Ok(evidence),
    }
}

fn refused(path: &str, reason: String) -> Gap {
    Gap {
        kind: GapKind::Unread,
        reason,
        wanted: path.to_owned(),
        who_could_answer: "whoever maintains that file".to_owned(),
    }
}
