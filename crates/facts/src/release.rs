//! Which releases are possible, and which are not.

use model::{Minor, Problem, ProblemKind, Release, Version};

use crate::{
    Invocation,
    flags::{KUBE_APISERVER, Presence, Table},
    releases::CALENDAR,
};

/// Whether a release can exist, judged from the day of the data: an error says why not, for whoever typed it.
///
/// Kubernetes has three minor releases a year (kubernetes.io/releases), so that the newest the data knows bounds what a
/// calendar can hold for the years that a build is likely to be used.
pub fn plausible(version: &Version) -> Result<(), String> {
    /// Three releases in each of five years.
    const AHEAD: u16 = 15;
    let newest = CALENDAR.minors.last().map_or(KUBE_APISERVER.covered.1, |branch| branch.minor);
    if version.minor.major != newest.major {
        return Err(format!("there is no Kubernetes {version}; the newest release known here is {newest}"));
    }
    if version.minor.minor > newest.minor + AHEAD {
        return Err(format!(
            "there is no Kubernetes {version} yet: {newest} was the newest on {}, and three come a year",
            CALENDAR.known_until
        ));
    }
    Ok(())
}

/// Narrows an unknown release by the flags that a command line gives, because a server that runs accepts all of them;
/// `within` bounds it from the start.
///
/// The second part names two flags that no release has together, where there are such: then nothing is narrowed.
pub(crate) fn narrow<'a>(
    table: &Table,
    within: Option<(Minor, Minor)>,
    names: impl Iterator<Item = &'a str>,
) -> (Release, Option<(String, String)>) {
    let (oldest, newest) = table.covered;
    let (from, to) = within.map_or(table.covered, |(from, to)| {
        let from = from.clamp(oldest, newest);
        (from, to.clamp(from, newest))
    });
    let mut possible: Vec<Minor> = table.minors().filter(|minor| from <= *minor && *minor <= to).collect();
    let mut limits: Vec<(String, Vec<Minor>)> = Vec::new();
    let mut conflict = None;
    for name in names {
        let dashed = name.replace('_', "-");
        let Some(flag) = table.find(&dashed) else { continue };
        let has = |minor: &Minor| {
            let known = dashed == name || table.takes_underscores(*minor);
            known && flag.presence(&Version::of_minor(*minor)) != Presence::No
        };
        let allowed: Vec<Minor> = table.minors().filter(has).collect();
        let narrowed: Vec<Minor> = possible.iter().copied().filter(has).collect();
        if narrowed.is_empty() {
            let other = limits.iter().find(|(_, other)| !other.iter().any(|minor| allowed.contains(minor)));
            conflict = Some((other.map_or_else(String::new, |(name, _)| name.clone()), name.to_owned()));
            break;
        }
        possible = narrowed;
        limits.push((name.to_owned(), allowed));
    }
    if conflict.is_some() {
        return (Release::Within { from, to }, conflict);
    }
    let release = match (possible.first(), possible.last()) {
        (Some(from), Some(to)) if from == to => Release::Exactly(Version::of_minor(*from)),
        (Some(from), Some(to)) => Release::Within { from: *from, to: *to },
        _ => Release::Within { from, to },
    };
    (release, None)
}

/// What [`narrow`] says of two flags that no release has together.
pub(crate) fn conflict(invocation: &Invocation, (one, other): (String, String)) -> Problem {
    Problem {
        kind: ProblemKind::Conflict,
        stops: false,
        message: if one.is_empty() {
            format!("no release has all of these flags; `--{other}` is the first that none has with those before it")
        } else {
            format!("no release has both `--{one}` and `--{other}`")
        },
        hint: Some("name the release with --kubernetes-version".to_owned()),
        location: Some(invocation.place()),
        setting: Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calendars_hold_some_releases_and_not_others() {
        for (text, possible) in [("1.20.2", true), ("1.37", true), ("1.40", true), ("1.99", false), ("2.0", false)] {
            let version = text.parse().expect("a version");
            assert_eq!(plausible(&version).is_ok(), possible, "{text}");
        }
    }

    #[test]
    fn flags_narrow_the_release() {
        let narrow = |names: &[&str]| {
            let (release, conflict) = narrow(&KUBE_APISERVER, None, names.iter().copied());
            (release.to_string(), conflict.is_some())
        };
        assert_eq!(narrow(&[]), ("1.5 to 1.36".to_owned(), false));
        assert_eq!(narrow(&["authentication-config"]), ("1.29 to 1.36".to_owned(), false));
        assert_eq!(narrow(&["tls-curve-preferences"]), ("1.36".to_owned(), false));
        assert_eq!(narrow(&["basic-auth-file"]), ("1.5 to 1.18".to_owned(), false));
        // 1.6.10 and 1.7.6 have the flag as well.
        assert_eq!(narrow(&["request-timeout"]), ("1.6 to 1.36".to_owned(), false));
        assert_eq!(narrow(&["authentication-config", "basic-auth-file"]), ("1.5 to 1.36".to_owned(), true));
        assert_eq!(narrow(&["no-such-flag"]), ("1.5 to 1.36".to_owned(), false));
    }
}
