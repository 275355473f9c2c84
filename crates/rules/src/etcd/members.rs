//! What the rules about etcd's own flags have in common.

use facts::etcd::{Demanded, Etcd, Listen, Side};
use model::{Answer, Change, Finding, Reading, Severity, Unanswered, Verdict};

use crate::{kubelets, say};

/// "`--auto-tls` is `true`".
pub(super) fn message(etcd: &Etcd, name: &str, reading: &Reading) -> String {
    say::is(name, reading.in_force(), &reading.origin, &etcd.component().release)
}

/// What is wrong with a flag, at the place where it is written or would be.
pub(super) fn wrong(
    name: &str,
    message: String,
    reading: &Reading,
    (remedy, breaks): (&str, &[&str]),
    change: Option<Change>,
) -> Finding {
    say::wrong(name, message, &reading.origin, say::remedy(remedy, breaks, change))
}

/// A lighter severity where only its own machine reaches a side of it.
pub(super) fn severity(etcd: &Etcd, side: Side) -> Option<Severity> {
    let (listens, _) = etcd.listens(side.flag("listen-client-urls")).ok()?;
    (!listens.is_empty() && listens.iter().all(Listen::is_local)).then_some(Severity::High)
}

/// What another machine would have to reach; `NotApplicable` of members where nobody can, since there are no others.
pub(super) fn has_others(etcd: &Etcd, side: Side) -> Result<(), Unanswered> {
    if side == Side::Clients {
        return Ok(());
    }
    let name = side.flag("listen-client-urls");
    let (listens, reading) = etcd.listens(name)?;
    if !listens.is_empty() && listens.iter().all(Listen::is_local) {
        let reason = format!("{}, which no other member reaches", message(etcd, name, reading));
        return Err(Unanswered::NotApplicable(reason));
    }
    Ok(())
}

/// Whether who comes has to show a certificate of an authority that etcd is given.
pub(super) fn asks_who_comes(etcd: &Etcd, side: Side, remedy: (&str, &[&str])) -> Verdict {
    has_others(etcd, side)?;
    let listening = side.flag("listen-client-urls");
    let (listens, urls) = etcd.listens(listening)?;
    let severity = severity(etcd, side).filter(|_| side == Side::Clients);
    // Without TLS nobody shows a certificate, whatever else is set (embed/etcd.go, `configureClientListeners`).
    if !listens.is_empty() && listens.iter().all(|one| !one.is_tls) {
        let message = format!("{}, where nobody shows a certificate", message(etcd, listening, urls));
        return Ok(say::fail(Finding { severity, ..wrong(listening, message, urls, remedy, None) }));
    }
    let (makes, auto) = etcd.makes_its_own(side)?;
    if makes {
        let name = side.flag("auto-tls");
        let message = format!("{}, and then nobody is asked for a certificate", message(etcd, name, auto));
        return Ok(say::fail(Finding { severity, ..wrong(name, message, auto, remedy, None) }));
    }
    let (demanded, by) = etcd.demands(side)?;
    let [switch, authorities] = ["client-cert-auth", "trusted-ca-file"].map(|name| side.flag(name));
    match demanded {
        Demanded::OfItsOwn => {
            let name = if etcd.get(switch).is_ok_and(|reading| reading == by) { switch } else { authorities };
            Ok(say::fine(etcd.component(), name, by))
        }
        Demanded::No => {
            // With no authority to ask for, the switch alone would let in whom every authority of the machine knows.
            let is_given = etcd.get(authorities).is_ok_and(|reading| !reading.in_force().is_empty());
            let change = say::set(switch, &by.origin, "true").filter(|_| is_given);
            let finding = wrong(switch, message(etcd, switch, by), by, remedy, change);
            Ok(say::fail(Finding { severity, ..finding }))
        }
        Demanded::OfAnybody => {
            let message = format!(
                "{} and `--{authorities}` is not set, so that a certificate of every authority that its machine believes will do",
                message(etcd, switch, by)
            );
            Ok(say::fail(Finding { severity, ..wrong(authorities, message, by, remedy, None) }))
        }
    }
}

/// Whether it serves by certificates that it makes for itself.
pub(super) fn makes_its_own(etcd: &Etcd, side: Side, remedy: (&str, &[&str])) -> Verdict {
    let name = side.flag("auto-tls");
    let (makes, reading) = etcd.makes_its_own(side)?;
    if reading.in_force() != "true" {
        return Ok(say::fine(etcd.component(), name, reading));
    }
    let mut said = message(etcd, name, reading);
    if !makes {
        said.push_str(", and does nothing beside the certificate that it is given");
    }
    let severity = (!makes).then_some(Severity::Info);
    let change = say::set(name, &reading.origin, "false");
    Ok(say::fail(Finding { severity, ..wrong(name, said, reading, remedy, change) }))
}

/// Whether it is given a certificate and its key.
pub(super) fn has_a_certificate(etcd: &Etcd, side: Side, remedy: (&str, &[&str])) -> Verdict {
    has_others(etcd, side)?;
    let mut answer = Answer::default();
    for name in ["cert-file", "key-file"].map(|name| side.flag(name)) {
        let one = etcd.get(name).map(|reading| {
            if reading.in_force().is_empty() {
                let severity = severity(etcd, side).filter(|_| side == Side::Clients);
                let finding = wrong(name, message(etcd, name, reading), reading, remedy, None);
                say::fail(Finding { severity, subject: Some(format!("--{name}")), ..finding })
            } else {
                say::fine(etcd.component(), name, reading)
            }
        });
        kubelets::add(&mut answer, one);
    }
    Ok(answer)
}
