//! The certificate that a kubelet shows. The page beside this file explains the rule and tests it.

use facts::observed::Observed;
use model::{Answer, Confidence, Finding, Gap, GapKind, Origin, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-serving-cert-probe",
        title: "A kubelet shows a certificate that nobody can verify",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("serving_cert_probe.md"),
    },
    component: "kubelet",
    applies: Applies::ALWAYS,
    check: Check::Listener { of: "kubelet", ask: check },
};

fn check(observed: &Observed) -> Verdict {
    let Some(handshake) = observed.tls.as_ref().map_err(|gap| Unanswered::Gap(gap.clone()))? else {
        return Err(Unanswered::NotApplicable(format!("{} speaks no TLS", observed.endpoint)));
    };
    let gap = |reason: String| Gap {
        kind: GapKind::Unread,
        reason,
        wanted: observed.evidence.evidence.to_string(),
        who_could_answer: "another run, from where that endpoint can be reached".to_owned(),
    };
    let chain = handshake.chains.first();
    let shown = chain.and_then(|chain| Some((chain, chain.served.leaf()?, chain.places.first()?)));
    let Some((chain, leaf, at)) = shown else {
        return Err(Unanswered::Gap(gap(format!("{} showed no certificate that can be read", observed.endpoint))));
    };
    let mut faults = Vec::new();
    let subject = &leaf.subject.text;
    // What a kubelet makes for itself is issued by an authority that it throws away (client-go util/cert/cert.go,
    // `GenerateSelfSignedCertKey`): `CN=NAME@1700000000`, from `CN=NAME-ca@1700000000`.
    let own = leaf.issuer.common_name.as_deref().and_then(|name| name.rsplit_once('@'));
    let is_own = own.is_some_and(|(name, stamp)| name.ends_with("-ca") && stamp.bytes().all(|byte| byte.is_ascii_digit()));
    if leaf.issuer == leaf.subject {
        faults.push("it has signed itself".to_owned());
    } else if is_own {
        faults.push(format!("the kubelet has made it for itself (`{}`)", leaf.issuer.text));
    }
    if !leaf.names(&handshake.host) {
        faults.push(format!("it does not name {}", handshake.host));
    }
    faults.extend(chain.served.breaks());
    if faults.is_empty() {
        // Which authority the API server believes is its own setting, and no handshake tells.
        let reason = format!("`{subject}` names {}; whether the authority is the one that the API server believes", handshake.host);
        return Err(Unanswered::Gap(Gap {
            kind: GapKind::NotCollected,
            reason: format!("{reason} was not seen: it is issued by `{}`", leaf.issuer.text),
            wanted: "the file of --kubelet-certificate-authority".to_owned(),
            who_could_answer: "a run with --root on a control-plane node".to_owned(),
        }));
    }
    let remedy = say::remedy(
        "have the kubelet ask for a serving certificate (`serverTLSBootstrap`), and approve what it asks for",
        &["Until its request is approved a kubelet has no certificate, and logs and metrics of its pods fail."],
        None,
    );
    Ok(Answer {
        findings: vec![Finding {
            subject: None,
            setting: None,
            message: format!("`{subject}`: {}", faults.join(", and ")),
            severity: None,
            confidence: Confidence::Certain,
            primary: Origin::Reported(at.clone()),
            because: Vec::new(),
            remedy: Some(remedy),
        }],
        ..Answer::default()
    })
}
