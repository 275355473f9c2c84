//! What systemd makes of a unit, held as a table.

use model::{Body, Evidence, EvidenceId, Kind, Plane};

use crate::{Invocation, Mount};

fn evidence(id: &str, kind: Kind, text: &str) -> Evidence {
    let body = Body::Text(text.into());
    Evidence::of(EvidenceId::new(id), Plane::Declared, kind, body)
}

fn read(unit: &str, others: &[(&str, &str)]) -> (Invocation, Vec<Evidence>) {
    let mut pieces = vec![evidence("n/etc/systemd/system/kube-apiserver.service", Kind::Workload, unit)];
    pieces.extend(others.iter().map(|(path, text)| evidence(path, Kind::ConfigFile, text)));
    let mut found = crate::declare::invocations(&pieces, &crate::Trees::default(), Some("n")).invocations;
    assert_eq!(found.len(), 1, "{unit}");
    (found.remove(0), pieces)
}

fn words(unit: &str, others: &[(&str, &str)]) -> Vec<String> {
    read(unit, others).0.words.into_iter().map(|word| word.text).collect()
}

#[test]
fn a_command_is_split_as_systemd_splits_it() {
    for (line, expected) in [
        ("kube-apiserver --a=1 --b", &["--a=1", "--b"][..]),
        ("-@/usr/bin/kube-apiserver apiserver --a", &["--a"]),
        ("!!/hyperkube apiserver --a", &["--a"]),
        ("kube-apiserver --a='b c' \"--d e\" --f=\\x2dg", &["--a=b c", "--d e", "--f=-g"]),
        ("kube-apiserver \\\n# no\n  ; nor this\n --a \\\n --b\n", &["--a", "--b"]),
        ("kube-apiserver --a \\\n\n--b=1\n", &["--a"]),
        ("kube-apiserver --a=%%x --b=$$y", &["--a=%x", "--b=$y"]),
        ("/bin/sh -c 'exec kube-apiserver --a --b=1 2>&1'", &["--a", "--b=1"]),
        ("kube-apiserver --a \\", &["--a"]),
    ] {
        assert_eq!(words(&format!("[Service]\nExecStart={line}"), &[]), expected, "{line}");
    }
}

#[test]
fn flags_of_an_environment_file_stand_in_it() {
    let unit = "[Service]\nEnvironment=L=1 \"A=--z\"\nEnvironmentFile=-/etc/k/env\n\
                ExecStart=kube-apiserver $A $NONE --v=${L}\n";
    let (found, pieces) = read(unit, &[("n/etc/k/env", "# A=--no\nA=\"--a=1 --b=2\"\nexport L=7\n")]);
    assert!(found.open_ended.is_none());
    let seen: Vec<_> = found
        .words
        .iter()
        .map(|word| {
            let at = &word.site.at;
            let piece = pieces.iter().find(|piece| piece.id == at.evidence).expect("evidence");
            let text = &piece.text().expect("text")[at.span.expect("a span").range()];
            (word.text.as_str(), at.evidence.as_str().rsplit('/').next().expect("a name"), text)
        })
        .collect();
    let unit = "kube-apiserver.service";
    let expected = [("--a=1", "env", "--a=1"), ("--b=2", "env", "--b=2"), ("--v=1", unit, "--v=${L}")];
    assert_eq!(seen, expected);
}

#[test]
fn what_was_not_read_is_not_guessed() {
    let unit = "[Service]\nEnvironment=A=--a\nEnvironmentFile=/etc/k/env\nExecStart=kube-apiserver $A --v=${L}\n";
    let (found, _) = read(unit, &[]);
    assert!(found.open_ended.is_some());
    assert!(found.words.iter().all(|word| word.unresolved.is_some()));
    let (found, _) = read("[Service]\nExecStart=kube-apiserver $A --v=${L}\n", &[]);
    assert!(found.open_ended.is_some() && found.words[0].unresolved.is_some());
    // What may be any number of words keeps its place among the others.
    let (found, _) = read("[Service]\nEnvironmentFile=/etc/k/env\nExecStart=kube-apiserver --a=1 $B --c=1\n", &[]);
    assert_eq!(found.words.iter().map(|word| word.unresolved.is_some()).collect::<Vec<_>>(), [false, true, false]);
}

#[test]
fn drop_ins_add_and_reset() {
    let unit = "[Service]\nExecStart=kube-apiserver --a\n";
    let near = "n/etc/systemd/system/kube-apiserver.service.d/10.conf";
    let far = "n/usr/lib/systemd/system/kube-apiserver.service.d/10.conf";
    let reset = "[Service]\nExecStart=\nExecStart=kube-apiserver --b\n";
    assert_eq!(words(unit, &[(far, reset)]), ["--b"]);
    assert_eq!(words(unit, &[(far, reset), (near, "[Service]\nType=exec\n")]), ["--a"]);
    let pieces = [
        evidence("n/etc/systemd/system/kube-apiserver.service", Kind::Workload, unit),
        evidence(near, Kind::ConfigFile, "[Service]\nExecStart=kube-apiserver --b\n"),
    ];
    let found = crate::declare::invocations(&pieces, &crate::Trees::default(), Some("n"));
    assert!(found.invocations.iter().all(|one| one.problems.iter().any(|problem| problem.stops)));
}

#[test]
fn a_container_runtime_is_looked_through() {
    let line = "docker run --rm -e L=7 -v ${D}/ssl:/ssl:ro -v own:/var registry/hyperkube:v1.9.3 ";
    let unit = |rest: &str| format!("[Service]\nEnvironment=D=/srv A=--z\nExecStart=/usr/bin/{line}{rest}\n");
    let (found, _) = read(&unit("/hyperkube apiserver $A --v=2"), &[]);
    let texts: Vec<_> = found.words.iter().map(|word| word.text.as_str()).collect();
    assert_eq!(texts, ["--z", "--v=2"]);
    assert!(found.contained && found.open_ended.is_none());
    assert_eq!(found.version.expect("a release").0.to_string(), "1.9.3");
    let mount = |container: &str, host: Option<&str>, read_only| Mount {
        container: container.to_owned(),
        host: host.map(str::to_owned),
        read_only,
    };
    assert_eq!(found.mounts, [mount("/ssl", Some("/srv/ssl"), true), mount("/var", None, false)]);
    let script = unit("sh -c 'exec kube-apiserver --v=$$L --w=$$A'");
    let (found, _) = read(&script, &[]);
    assert_eq!(found.words[0].text, "--v=7");
    assert!(found.words[1].unresolved.is_some(), "the unit's own variables are not those of the container");
}
