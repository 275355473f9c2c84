//! The program beside a real kube-apiserver (1.20.2): what the server prints for each flag, and which values it refuses.
//!
//! `PORTCULLIS_KUBE_APISERVER` names the server; without it the test says that it was skipped.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    thread,
};

use serde_json::Value;
use snapbox::cmd::Command;

const VERSION: &str = "v1.20.2";

/// Values of every kind, odd spellings among them; a flag is given some of them in turn.
const VALUES: [&str; 14] = [
    "true",
    "F",
    "7",
    "0x1F",
    "-1",
    "1h30m",
    "90",
    "a,b",
    "\"a,b\",c",
    "k=v",
    "a=true,b=false",
    "127.0.0.1",
    "10.0.0.0/24",
    "",
];

/// How many of them each flag is given.
const EACH: usize = 2;

/// What the server did with one argument.
enum Answer {
    /// It printed its flags.
    Prints(BTreeMap<String, String>),
    Refuses(String),
}

fn ask(server: &OsString, argument: &str, folder: &Path) -> Answer {
    // Nothing else is given, so that it stops at what is missing, before it asks anybody anything. It makes a certificate
    // first, where it was told to.
    let command = Command::new(server);
    let output = command.current_dir(folder).env_clear().args(["-v=1", argument]).output().expect("the server runs");
    let said = String::from_utf8_lossy(&output.stderr);
    let flags: BTreeMap<String, String> = said
        .lines()
        .filter_map(|line| line.split_once("FLAG: --")?.1.split_once('='))
        .map(|(name, value)| (name.to_owned(), value[1..value.len() - 1].to_owned()))
        .collect();
    if flags.is_empty() {
        Answer::Refuses(said.lines().rev().find(|line| line.starts_with("Error: ")).unwrap_or_default().to_owned())
    } else {
        Answer::Prints(flags)
    }
}

#[test]
fn each_flag_is_printed_and_refused_as_the_server_does() {
    let Some(server) = env::var_os("PORTCULLIS_KUBE_APISERVER") else {
        // Not through `println!`, which the harness keeps to itself.
        let _ = writeln!(io::stderr(), "skipped: PORTCULLIS_KUBE_APISERVER names no server");
        return;
    };
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("real");
    let _ = fs::remove_dir_all(&folder);
    let (manifests, written) = (folder.join("manifests"), folder.join("written"));
    fs::create_dir_all(&manifests).expect("a folder for the test");
    fs::create_dir_all(&written).expect("a folder for what the server writes");
    let ask = |argument: &str| ask(&server, argument, &written);

    let Answer::Prints(known) = ask("--logtostderr=true") else { panic!("the server prints no flags") };
    // Where the flags are printed is one of them.
    let names = known.keys().filter(|name| !["help", "version", "v", "logtostderr"].contains(&name.as_str()));
    let arguments: Vec<String> = names
        .enumerate()
        .flat_map(|(index, name)| {
            (0..EACH)
                .map(move |turn| format!("--{name}={}", VALUES[(index * EACH + turn * 5 + index / 5) % VALUES.len()]))
        })
        .collect();

    for (index, argument) in arguments.iter().enumerate() {
        let words = serde_json::json!(["kube-apiserver", "-v=1", argument]);
        let pod = serde_json::json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": format!("case-{index}")},
            "spec": {"containers": [{"name": "kube-apiserver", "image": format!("kube-apiserver:{VERSION}"), "command": words}]},
        });
        fs::write(manifests.join(format!("{index}.json")), pod.to_string()).expect("a manifest");
    }
    let output = Command::new(snapbox::cmd::cargo_bin!("portcullis"))
        .env_clear()
        .args(["resolve", "--defaults", "--format", "json"])
        .arg(&manifests)
        .output()
        .expect("portcullis runs");
    let resolved: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let components: BTreeMap<&str, &Value> = resolved["clusters"]
        .as_array()
        .expect("clusters")
        .iter()
        .flat_map(|cluster| cluster["components"].as_array().expect("components"))
        .map(|component| (component["instance"].as_str().expect("an instance"), component))
        .collect();
    assert_eq!(components.len(), arguments.len());

    let half = arguments.len().div_ceil(2);
    let answers: Vec<Answer> = thread::scope(|scope| {
        let asked: Vec<_> = arguments
            .chunks(half)
            .map(|chunk| scope.spawn(|| chunk.iter().map(|argument| ask(argument)).collect::<Vec<_>>()))
            .collect();
        asked.into_iter().flat_map(|answers| answers.join().expect("no panic")).collect()
    });

    let mut wrong = Vec::new();
    let mut printed = 0;
    for (index, (argument, answer)) in arguments.iter().zip(&answers).enumerate() {
        let component = components[format!("case-{index}").as_str()];
        let name = argument.trim_start_matches('-').split('=').next().expect("a name");
        let problems = component["problems"].as_array().expect("problems");
        let refused = problems.iter().any(|problem| {
            problem["kind"] == "refused"
                && problem["message"].as_str().is_some_and(|text| text.contains(&format!("--{name}")))
        });
        match answer {
            Answer::Refuses(why) if !refused => wrong.push(format!("{argument}: not refused, but: {why}")),
            Answer::Refuses(_) => {}
            Answer::Prints(flags) => {
                printed += 1;
                for setting in component["settings"].as_array().expect("settings") {
                    let name = setting["name"].as_str().expect("a name");
                    let theirs = flags.get(name);
                    if theirs.map(String::as_str) != setting["value"].as_str() {
                        wrong.push(format!(
                            "{argument}: {name} is {}, and the server prints {theirs:?}",
                            setting["value"]
                        ));
                    }
                }
            }
        }
    }
    assert!(printed > arguments.len() / 3, "{printed} of {} were taken", arguments.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), arguments.len(), wrong.join("\n"));
}
