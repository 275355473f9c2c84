//! What the scheduler and the controller manager show at their ports, which are of one make
//! (k8s.io/apiserver's serving of both, cmd/kube-scheduler/app/server.go and cmd/kube-controller-manager/app).

use facts::observed::{Answer as Given, Door, Observed};
use model::{Confidence, Gap, GapKind, Meaning, Severity, Unanswered, Verdict};

use crate::{
    doors::{self, Open},
    handshakes, say,
};

/// What is kept for those who may; the health paths may be open.
const KEPT: [&str; 5] = ["/metrics", "/configz", "/flagz", "/statusz", "/debug/pprof/"];

const REMEDY: &str = "take from `--authorization-always-allow-paths` what is not /healthz, /readyz or /livez";

/// What the port that asks who calls gives to strangers.
pub(crate) fn secured(door: &Door) -> Verdict {
    doors::answered(door)?;
    if let Some(refused) = door.answers.iter().find(|given| given.meaning == Meaning::CertificateRequired) {
        return Ok(doors::pass_by(refused, format!("{} ends the handshake without a client certificate", door.name)));
    }
    let asked: Vec<&Given> = KEPT.iter().filter_map(|path| door.answer(path)).collect();
    let open: Vec<&Given> = asked.iter().copied().filter(|given| doors::let_in(given)).collect();
    if let [first, ..] = open[..] {
        return Ok(say::fail(doors::open(Open {
            subject: None,
            message: format!(
                "anybody who reaches {} can see how it runs: {} {} without credentials",
                door.name,
                doors::paths(&open),
                doors::answer(&open)
            ),
            severity: Some(Severity::Medium),
            confidence: Confidence::Certain,
            at: first,
            remedy: REMEDY,
            breaks: &["Taking paths off the always-allow list makes unauthenticated probes or scrapers fail."],
        })));
    }
    let silent: Vec<&Given> = asked.iter().copied().filter(|given| doors::says_nothing(given)).collect();
    if let Some(gap) = doors::silence(door, &silent, &["/metrics"]) {
        return Err(gap.into());
    }
    let told = door.answer("/metrics").map(doors::refusal).unwrap_or_default();
    Ok(doors::pass(door, format!("who asks {} for its metrics is told {told}", door.name)))
}

/// What the port that asks nobody gives, without TLS.
pub(crate) fn plain(door: &Door, remedy: &'static str, breaks: &'static [&'static str]) -> Verdict {
    if let Some(verdict) = doors::shut(door) {
        return verdict;
    }
    let Some(metrics) = door.answer("/metrics").filter(|metrics| !doors::says_nothing(metrics)) else {
        return Err(doors::unsaid(door, "/metrics").into());
    };
    if door.answers_everything() || metrics.over.is_tls() || metrics.meaning != Meaning::Given {
        let told = doors::refusal(metrics);
        return Ok(doors::pass_by(
            metrics,
            format!("what answers at {} gives no metrics without TLS: {told}", door.name),
        ));
    }
    let profiles = door.answer("/debug/pprof/").is_some_and(|index| index.meaning == Meaning::Given);
    let what = if profiles { "read its metrics and profile it" } else { "read its metrics" };
    Ok(say::fail(doors::open(Open {
        subject: None,
        message: format!("anybody who reaches {} can {what}, without TLS and without credentials", door.name),
        severity: None,
        // Anybody's metrics may be at that port; few things have them and profiles.
        confidence: if profiles { Confidence::Certain } else { Confidence::Probable },
        at: metrics,
        remedy,
        breaks,
    })))
}

/// Whether it can be made to profile itself: where strangers are let in as far as that, it shows.
pub(crate) fn profiling(door: &Door) -> Verdict {
    doors::answered(door)?;
    let Some(index) = door.answer("/debug/pprof/").filter(|index| !doors::says_nothing(index)) else {
        return Err(doors::unsaid(door, "/debug/pprof/").into());
    };
    match index.meaning {
        Meaning::Missing => Ok(doors::pass_by(index, format!("{} has no `/debug/pprof/`", door.name))),
        _ if doors::let_in(index) => Ok(say::fail(doors::open(Open {
            subject: None,
            message: format!(
                "{} profiles itself for whoever asks: `/debug/pprof/` answers without credentials",
                door.name
            ),
            severity: None,
            confidence: Confidence::Certain,
            at: index,
            remedy: "set `--profiling=false`",
            breaks: &["`/debug/pprof/` is gone until the process runs with it again."],
        }))),
        // Who may ask comes before what there is.
        _ => Err(only_the_process(format!(
            "{} does not tell strangers whether it profiles: {}",
            door.name,
            doors::refusal(index)
        ))),
    }
}

/// Whether it is to be reached from elsewhere: a person may have decided so, for whoever gathers metrics.
pub(crate) fn bind_address(door: &Door) -> Verdict {
    if door.is_loopback() {
        return Err(only_the_process(format!("that {} answers says nothing of other addresses", door.name)));
    }
    if let Some(verdict) = doors::shut(door) {
        return verdict;
    }
    match door.answer("/metrics") {
        Some(metrics) if doors::let_in(metrics) => Ok(say::fail(doors::open(Open {
            subject: None,
            message: format!(
                "{} answers from elsewhere than its own host, and gives its metrics to strangers",
                door.name
            ),
            severity: None,
            confidence: Confidence::Certain,
            at: metrics,
            remedy: "set `--bind-address=127.0.0.1`, or have it ask who calls",
            breaks: &["Scrapers on other hosts lose its metrics; liveness probes must use 127.0.0.1."],
        }))),
        _ => Err(Unanswered::Gap(Gap {
            kind: GapKind::Manual,
            reason: format!(
                "{} answers from elsewhere than its own host; whether somebody needs that was not said",
                door.name
            ),
            wanted: format!("who gathers the metrics of {}", door.name),
            who_could_answer: "whoever runs the cluster".to_owned(),
        })),
    }
}

fn only_the_process(reason: String) -> Unanswered {
    Unanswered::Gap(Gap {
        kind: GapKind::NotCollected,
        reason,
        wanted: "the arguments of the process".to_owned(),
        who_could_answer: "somebody on its node".to_owned(),
    })
}

/// Which versions of TLS the port that asks who calls speaks.
pub(crate) fn tls_versions(observed: &Observed) -> Verdict {
    handshakes::versions(
        observed,
        handshakes::Remedy {
            title: "take `--tls-min-version` away, or set it to `VersionTLS12`",
            breaks: &["Scrapers that speak nothing newer can no longer read its metrics."],
        },
    )
}
