//! Authorization that allows everything. The page beside this file explains the rule and tests it.

use facts::{
    apiserver::{ApiServer, Authorizers},
    configuration::{InUse, authz::Authorization},
};
use model::{Answer, Release, RuleCard, Safety, Severity, Verdict};

use super::{
    authorizers::{self, ALWAYS_ALLOW},
    insecure_port,
};
use crate::{Applies, Check, OfFile, OfServer, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-authz-no-always-allow",
        title: "Everyone who is let in may do anything",
        severity: Severity::High,
        fix: Some(Safety::Review),
        page: include_str!("authz_no_always_allow.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::File { of: OfFile::Authorization(alone), server: OfServer::Whole(check) },
};

fn check(server: &ApiServer) -> Verdict {
    Ok(judge(server.authorizers()?, &server.component().release, Some(server)))
}

/// The chain of a file that is given by itself.
fn alone(file: &InUse<'_, Authorization>) -> Verdict {
    Ok(judge(&Authorizers::of_file(file.file), &file.release(), None))
}

fn judge(chain: &Authorizers, release: &Release, server: Option<&ApiServer>) -> Answer {
    if !authorizers::has(chain, ALWAYS_ALLOW) {
        return authorizers::pass(release, chain);
    }
    let remedy = authorizers::remedy(
        server,
        chain,
        "decide by roles instead of allowing everything",
        &[
            "Whatever never had a role is refused: give add-ons, pipelines and people their roles and bindings first, and \
             try it with an audit log.",
            "The server no longer switches requests without credentials off by itself: `--anonymous-auth` holds again.",
        ],
        &[],
    );
    let mut finding = authorizers::finding(chain, authorizers::written(release, chain), remedy);

    // Nobody without a credential gets this far, unless one of these doors is open; that alone makes it worse, so a door
    // that cannot be seen must not hide the finding.
    let Some(server) = server else { return say::fail(finding) };
    if let Ok(anonymous) = server.anonymous()
        && anonymous.enabled
        && anonymous.paths.is_none()
    {
        finding.severity = Some(Severity::Critical);
        finding.message.push_str(", and requests without credentials are let in");
        finding.because.extend(say::label(&anonymous.origin, "lets in requests without credentials"));
    } else if let Ok(port) = insecure_port::open(server)
        && port.number != 0
    {
        finding.severity = Some(Severity::Critical);
        finding.message.push_str(&format!(", and port {} asks for no credentials", port.number));
        finding.because.extend(say::label(port.origin, "a port without credentials"));
    }
    say::fail(finding)
}
