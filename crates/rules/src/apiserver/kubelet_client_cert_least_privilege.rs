//! Who the API server is to kubelets. The page beside this file explains the rule and tests it.

use facts::{apiserver::ApiServer, flag};
use model::{Confidence, Finding, Gap, GapKind, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, certificates, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-kubelet-client-cert-least-privilege",
        title: "The API server is an administrator to kubelets",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("kubelet_client_cert_least_privilege.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::ApiServer(check),
};

const FLAG: &str = "kubelet-client-certificate";

/// Groups that may do everything: the first always, the second where kubeadm of 1.29 or later bound it to
/// `cluster-admin` (cmd/kubeadm/app/constants/constants.go, `ClusterAdminsGroupAndClusterRoleBinding`).
const ADMINS: [(&str, Confidence); 2] =
    [("system:masters", Confidence::Certain), ("kubeadm:cluster-admins", Confidence::Probable)];

fn check(server: &ApiServer) -> Verdict {
    let held = server.get(&flag::KUBELET_CLIENT_CERTIFICATE)?;
    if held.value.is_empty() {
        return Err(Unanswered::NotApplicable(format!("`--{FLAG}` is not set")));
    }
    let Some(file) = server.key_file(FLAG) else {
        return Err(Unanswered::NotApplicable("no file holds the certificate".to_owned()));
    };
    let certificates = file.certificates()?;
    let Some((certificate, at)) = certificates.first() else {
        return Err(Unanswered::NotApplicable(format!("`{}` holds no certificate", file.path)));
    };
    let groups = &certificate.subject.organizations;
    let admin = ADMINS.iter().find(|(group, _)| groups.iter().any(|known| known == group));
    let Some((group, confidence)) = admin else {
        return Err(Unanswered::Gap(bound(&certificate.subject.text)));
    };
    let remedy = say::remedy(
        "issue it without a group, and bind its user to `system:kubelet-api-admin`",
        &["Without that binding kubelets refuse the new user, and exec and logs fail."],
        None,
    );
    let message = format!("`{}` is in `{group}`", certificate.subject.text);
    Ok(say::fail(Finding { confidence: *confidence, ..say::wrong(FLAG, message, &certificates::place(at), remedy) }))
}

fn bound(name: &str) -> Gap {
    Gap {
        kind: GapKind::NotCollected,
        reason: format!("which roles `{name}` has was not looked at"),
        wanted: "the bindings of the cluster".to_owned(),
        who_could_answer: "`kubectl get clusterrolebindings -o wide`".to_owned(),
    }
}
