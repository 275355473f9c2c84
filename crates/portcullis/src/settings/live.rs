//! Which clusters are asked: contexts and addresses, as the words, `KUBECONFIG` and the home folder say.

use std::{env, path::PathBuf, time::Duration};

use audit::{
    AuditTarget,
    live::{self, Access, NoWay, Pace, Pod, Wanted, Way},
};

use super::{Result, UsageError, plain, unknown};
use crate::args;

/// Where ways into clusters are looked for.
pub(super) fn access(args: &args::Seek) -> Access {
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let pod = variable("KUBERNETES_SERVICE_HOST").zip(variable("KUBERNETES_SERVICE_PORT"));
    let pod = pod.map(|(host, port)| Pod { host, port, folder: PathBuf::from(Pod::FOLDER) });
    if let Some(file) = &args.kubeconfig {
        return Access { files: vec![file.clone()], named: true, pod: None };
    }
    let listed = env::var("KUBECONFIG").map(|list| live::split(&list)).unwrap_or_default();
    if !listed.is_empty() {
        return Access { files: listed, named: false, pod };
    }
    let home = env::var_os("HOME").map(|home| PathBuf::from(home).join(".kube").join("config"));
    Access { files: home.into_iter().collect(), named: false, pod }
}

pub(super) fn pace(args: &args::Seek) -> Pace {
    Pace {
        at_once: usize::from(args.concurrency),
        time: Duration::from_secs(args.timeout),
        from_outside: !args.no_probe,
        kubelets: args.kubelets,
    }
}

/// The way that a word names, if it names one.
pub(super) fn of_word(word: &str, access: &Access) -> Option<Result<Vec<Way>>> {
    let wanted = match word.strip_prefix("context:") {
        Some(name) => Wanted::Context(name.to_owned()),
        None if word.starts_with("https://") || word.starts_with("http://") => Wanted::Address(word.to_owned()),
        None => return None,
    };
    Some(ways(access, &wanted))
}

/// The contexts that options name, and the current one where nothing else is named.
pub(super) fn of_options(args: &args::Seek, access: &Access, nothing_else: bool) -> Result<Vec<Way>> {
    if args.all_contexts {
        return ways(access, &Wanted::Every);
    }
    if args.context.is_empty() && nothing_else {
        return ways(access, &Wanted::Current);
    }
    let named = args.context.iter().map(|name| ways(access, &Wanted::Context(name.clone())));
    Ok(named.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

fn ways(access: &Access, wanted: &Wanted) -> Result<Vec<Way>> {
    live::ways(access, wanted).map_err(|no_way| UsageError(said(no_way, *wanted == Wanted::Current)))
}

pub(super) fn said(no_way: NoWay, nothing_named: bool) -> String {
    match no_way {
        NoWay::NoKubeconfig(files) => {
            let looked: Vec<String> = files.iter().map(|file| plain(&file.display().to_string())).collect();
            let looked = if looked.is_empty() { "no KUBECONFIG".to_owned() } else { looked.join(", ") };
            if nothing_named {
                format!(
                    "name what to look at: a file, a folder, - for standard input, or a cluster; there is no kubeconfig \
                     whose current context could be asked ({looked})"
                )
            } else {
                format!("there is no kubeconfig ({looked}); --kubeconfig names one")
            }
        }
        NoWay::Unusable { file, why } => format!("kubeconfig {}: {}", plain(&file.display().to_string()), plain(&why)),
        NoWay::NoCurrent { contexts } if contexts.is_empty() => {
            "name what to look at: a file, a folder, or a cluster; the kubeconfig has no context".to_owned()
        }
        NoWay::NoCurrent { contexts } => {
            format!("name what to look at: the kubeconfig has no current context; there is {}", listed(&contexts))
        }
        NoWay::NoSuchContext { typed, contexts } => {
            let names: Vec<&str> = contexts.iter().map(String::as_str).collect();
            if names.is_empty() {
                format!("no context `{}`; the kubeconfig has none", plain(&typed))
            } else {
                unknown("context", &typed, &names).0
            }
        }
        NoWay::NoContexts => "the kubeconfig has no context".to_owned(),
        NoWay::Broken { context, why } => format!("context `{}`: {}", plain(&context), plain(&why)),
        NoWay::NoAddress(typed) => {
            format!("`{}` is no address of an API server; write it as https://HOST[:PORT]", plain(&typed))
        }
    }
}

fn listed(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        names => names.iter().map(|name| plain(name)).collect::<Vec<_>>().join(", "),
    }
}

/// The cluster that is asked because nothing was named, for the person to see before it is.
pub(crate) fn chosen(args: &args::Seek, targets: &[AuditTarget]) -> Option<String> {
    let named = !args.targets.is_empty() || !args.context.is_empty() || args.all_contexts || args.fleet.is_some();
    match targets {
        [AuditTarget::Live(way)] if !named => Some(format!("context {} ({})", plain(&way.name), plain(&way.server))),
        _ => None,
    }
}
