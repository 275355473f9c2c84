//! Whom a rule is asked about: the instances of a cluster that its check is for.

use facts::{
    Cluster,
    apiserver::ApiServer,
    etcd::Etcd,
    kubeconfig::{Endpoint, Kubeconfig, User},
    kubelet::{Kubelet, Peers},
    objects::Of,
    observed::Door,
};
use model::{Component, Listener, Unanswered, Verdict};

use super::{Question, release};
use crate::{Check, Rule, Several, certificates, doors, files, manual, plugins, row};

/// The instances that a rule is about. None, where the cluster has none of them: that rule is not asked.
pub(super) fn questions<'a>(rule: &'static Rule, cluster: &'a Cluster) -> Vec<Question<'a>> {
    let of = |component: &'a Component, ask: Box<dyn Fn() -> Verdict + 'a>| Question {
        component: Some(component.name),
        instance: Some(&component.instance),
        declared_in: Some(&component.declared_in),
        release: Some(component.release.clone()),
        outranked: component.outranked.as_ref(),
        ..Question::new(ask)
    };
    let components = || cluster.components();
    let declared = || {
        let kubelets = cluster.kubelets.iter().filter(|kubelet| !kubelet.is_asked()).map(Kubelet::component);
        cluster.apiservers.iter().map(ApiServer::component).chain(kubelets)
    };
    let of_kubelets = |ask: fn(&Cluster, &Kubelet) -> Verdict, of_flags: bool| {
        let kubelets = cluster.kubelets.iter().filter(move |kubelet| kubelet.shows_flags || !of_flags);
        kubelets.map(move |kubelet| of(kubelet.component(), Box::new(move || ask(cluster, kubelet))))
    };
    let of_etcds = |ask: fn(&Etcd) -> Verdict| {
        cluster.etcds.iter().map(move |etcd| of(etcd.component(), Box::new(move || ask(etcd))))
    };
    match &rule.check {
        Check::ApiServer(check) => {
            cluster.apiservers.iter().map(|server| of(server.component(), Box::new(move || check(server)))).collect()
        }
        Check::ServerBeside { ask, .. } => cluster
            .apiservers
            .iter()
            .map(|server| of(server.component(), Box::new(move || ask(server, cluster))))
            .collect(),
        Check::ServerOrKubelet { server: ask_server, kubelet: ask_kubelet } => {
            let servers = cluster.apiservers.iter().map(|one| of(one.component(), Box::new(move || ask_server(one))));
            let kubelets = cluster.kubelets.iter();
            servers.chain(kubelets.map(|one| of(one.component(), Box::new(move || ask_kubelet(one))))).collect()
        }
        Check::Component(check) => {
            components().map(|component| of(component, Box::new(move || check(component)))).collect()
        }
        Check::CommandLine(check) => {
            let kubelets = cluster.kubelets.iter().filter(|one| one.shows_flags && !one.is_asked());
            let servers = cluster.apiservers.iter().map(ApiServer::component);
            let all = servers.chain(kubelets.map(Kubelet::component));
            all.map(|component| of(component, Box::new(move || check(component)))).collect()
        }
        Check::Declared(check) => {
            declared().map(|component| of(component, Box::new(move || check(component)))).collect()
        }
        Check::Kubelet(check) => of_kubelets(*check, false).collect(),
        Check::KubeletFlags(check) => of_kubelets(*check, true).collect(),
        Check::KubeletUnit(check) => {
            let known = cluster.kubelets.iter().filter_map(|one| Some((one, one.peers.as_ref()?)));
            let ask = |(one, peers): (&'a Kubelet, &'a Peers)| Question {
                // No flag wins over what the unit says.
                outranked: None,
                ..of(one.component(), Box::new(move || check(one, peers)))
            };
            known.map(ask).collect()
        }
        Check::KubeletOrDoor { kubelet, of: listeners, door } => {
            let doors = of_doors(cluster, listeners, *door, move |door| {
                !cluster.kubelets.iter().any(|one| one.stands_at(door.address()))
            });
            of_kubelets(*kubelet, false).chain(doors).collect()
        }
        Check::Etcd(check) => of_etcds(*check).collect(),
        Check::EtcdOrDoor { etcd, of: listeners, door } => {
            of_etcds(*etcd).chain(of_doors(cluster, listeners, *door, |_| true)).collect()
        }
        Check::Starts(check) => {
            let given = cluster.given.iter().map(|given| {
                let ask = move || given.gap.clone().map_or_else(|| check(&given.component), |gap| Err(gap.into()));
                of(&given.component, Box::new(ask))
            });
            components().map(|component| of(component, Box::new(move || check(component)))).chain(given).collect()
        }
        Check::File { of: file, server } => {
            let servers = cluster
                .apiservers
                .iter()
                .map(|one| of(one.component(), Box::new(move || files::ask_server(*file, *server, one, cluster))));
            let given = cluster
                .given
                .iter()
                .filter(|given| given.kind == file.kind())
                .map(|given| of(&given.component, Box::new(move || files::ask_given(*file, given))));
            servers.chain(given).collect()
        }
        Check::Setting(row) => components()
            .filter(|component| component.name == row.process)
            .map(|component| of(component, Box::new(move || row::ask(&rule.info, row, component))))
            .collect(),
        Check::Settings(several @ (Several::All(rows) | Several::Any(rows))) => components()
            .filter(|component| rows.iter().any(|row| row.process == component.name))
            .map(|component| of(component, Box::new(move || row::ask_several(&rule.info, several, component))))
            .collect(),
        Check::Plugins(plugins) => cluster
            .apiservers
            .iter()
            .map(|server| of(server.component(), Box::new(move || plugins::ask(&rule.info, plugins, server))))
            .collect(),
        Check::Kubeconfig(check) => {
            let ask = move |_: &Kubeconfig, endpoint: &Endpoint| check(cluster, endpoint);
            cluster.kubeconfigs.iter().flat_map(|config| of_kubeconfig(config, config.webhook, ask)).collect()
        }
        Check::AnyKubeconfig(check) => {
            cluster.kubeconfigs.iter().flat_map(|config| of_kubeconfig(config, None, *check)).collect()
        }
        Check::KubeconfigFile(check) => {
            let whole = |config: &Kubeconfig, check: fn(&Kubeconfig) -> Verdict| match &config.gap {
                Some(gap) => Err(Unanswered::Gap(gap.clone())),
                None => check(config),
            };
            let ask = |config| of_file(config, None, Box::new(move || whole(config, *check)));
            cluster.kubeconfigs.iter().map(ask).collect()
        }
        Check::Door { of, ask } => of_doors(cluster, of, *ask, |_| true).collect(),
        Check::DoorOrObjects { of, door: ask_door, objects, ask } => {
            let doors = cluster.doors.iter().filter_map(|door| {
                let who = door.who.filter(|who| of.contains(who))?;
                Some(Question {
                    component: Some(who.component()),
                    instance: Some(&door.name),
                    declared_in: Some(&door.at.evidence),
                    ..Question::new(Box::new(move || doors::ask(|door| ask_door(cluster, door), door)))
                })
            });
            doors.chain(of_objects(cluster, objects, *ask)).collect()
        }
        Check::User(check) => cluster.kubeconfigs.iter().flat_map(|config| of_users(config, *check)).collect(),
        Check::Logins { server, user } => cluster
            .apiservers
            .iter()
            .map(|one| of(one.component(), Box::new(move || server(one))))
            .chain(cluster.kubeconfigs.iter().flat_map(|config| of_users(config, *user)))
            .collect(),
        Check::Certificate { of, ask } => cluster
            .pki
            .iter()
            .flat_map(|held| certificates::questions(cluster, held, *of, *ask))
            .map(|question| Question {
                component: Some("pki"),
                instance: Some(&question.held.name),
                subject: question.name,
                declared_in: Some(&question.held.file),
                ..Question::new(question.ask)
            })
            .collect(),
        Check::Fleet(_) => Vec::new(),
        Check::Listener { of, ask } => cluster
            .observed
            .iter()
            .filter(|one| one.component.as_deref() == Some(of))
            .map(|one| Question {
                component: Some(of),
                instance: Some(&one.endpoint),
                declared_in: Some(&one.evidence.evidence),
                ..Question::new(Box::new(move || ask(one)))
            })
            .collect(),
        // A cluster of which nothing was resolved has nothing to say for itself.
        Check::Cluster(check) | Check::Advisories(check) => release(cluster)
            .into_iter()
            .map(|release| Question { release: Some(release), ..Question::new(Box::new(move || check(cluster))) })
            .collect(),
        Check::Running(check) => cluster
            .apiservers
            .iter()
            .filter_map(|server| server.told().map(|told| (server, told)))
            .map(|(server, told)| of(server.component(), Box::new(move || check(server, told))))
            .collect(),
        Check::Asked { ask, .. } => of_asked(cluster, Box::new(move || ask(cluster))),
        Check::Manual(row) => of_asked(cluster, Box::new(move || manual::ask(&rule.info, row, cluster))),
        Check::Objects { of, ask } | Check::ObjectsUnder { of, ask } => {
            of_objects(cluster, of, *ask).into_iter().collect()
        }
    }
}

/// One question to a cluster whose evidence could hold objects of one of these kinds.
fn of_objects<'a>(cluster: &'a Cluster, of: &'static [Of], ask: fn(&Cluster) -> Verdict) -> Option<Question<'a>> {
    of.iter().any(|of| cluster.objects.is_asked(*of)).then(|| Question {
        release: release(cluster),
        of_objects: true,
        ..Question::new(Box::new(move || ask(cluster)))
    })
}

/// One question for each door at which one of these listens, and which `counts`.
fn of_doors<'a>(
    cluster: &'a Cluster,
    of: &'static [Listener],
    ask: fn(&Door) -> Verdict,
    counts: impl Fn(&Door) -> bool + 'a,
) -> impl Iterator<Item = Question<'a>> {
    let doors = cluster.doors.iter().filter(move |door| counts(door));
    doors.filter_map(move |door| {
        let who = door.who.filter(|who| of.contains(who))?;
        Some(Question {
            component: Some(who.component()),
            instance: Some(&door.name),
            declared_in: Some(&door.at.evidence),
            ..Question::new(Box::new(move || doors::ask(ask, door)))
        })
    })
}

/// One question to a cluster that was asked while it ran; none to any other.
fn of_asked<'a>(cluster: &Cluster, ask: Box<dyn Fn() -> Verdict + 'a>) -> Vec<Question<'a>> {
    let question = Question { release: release(cluster), ..Question::new(ask) };
    if cluster.was_asked() { vec![question] } else { Vec::new() }
}

/// One question for each server that a kubeconfig names; one for the file where that cannot be answered.
fn of_kubeconfig<'a>(
    config: &'a Kubeconfig,
    webhook: Option<&'static str>,
    check: impl Fn(&Kubeconfig, &Endpoint) -> Verdict + Copy + 'a,
) -> Vec<Question<'a>> {
    let whole = match (&config.gap, webhook) {
        (Some(gap), _) => Some(Unanswered::Gap(gap.clone())),
        (None, Some(flag)) => Some(Unanswered::NotApplicable(format!(
            "`--{flag}` names it, so it leads to a webhook and to no API server"
        ))),
        (None, None) if config.endpoints.is_empty() => {
            Some(Unanswered::NotApplicable("it names no cluster".to_owned()))
        }
        (None, None) => None,
    };
    match whole {
        Some(whole) => vec![of_file(config, None, Box::new(move || Err(whole.clone())))],
        None => config
            .endpoints
            .iter()
            .map(|endpoint| of_file(config, Some(&endpoint.name), Box::new(move || check(config, endpoint))))
            .collect(),
    }
}

/// One question for each user of a kubeconfig; one for the file where that cannot be answered.
fn of_users(config: &Kubeconfig, check: fn(&Kubeconfig, &User) -> Verdict) -> Vec<Question<'_>> {
    let whole = match &config.gap {
        Some(gap) => Unanswered::Gap(gap.clone()),
        None if config.users.is_empty() => Unanswered::NotApplicable("it names no user".to_owned()),
        None => {
            let users = config.users.iter();
            return users
                .map(|user| of_file(config, Some(&user.name), Box::new(move || check(config, user))))
                .collect();
        }
    };
    vec![of_file(config, None, Box::new(move || Err(whole.clone())))]
}

fn of_file<'a>(config: &'a Kubeconfig, subject: Option<&'a str>, ask: Box<dyn Fn() -> Verdict + 'a>) -> Question<'a> {
    Question {
        component: Some("kubeconfig"),
        instance: Some(&config.name),
        subject,
        declared_in: Some(&config.file),
        ..Question::new(ask)
    }
}
