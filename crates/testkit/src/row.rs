//! Rows test themselves: one flag, in every release, bad, good, unset and unreadable.

use model::spelled;

use crate::{
    Complaint, Subject, check,
    page::{Case, Page},
    scene,
};

/// What a rule of one setting tests itself with.
#[derive(Clone, Debug)]
pub struct Row {
    /// The flag without its dashes, or the field of the file of a kubelet.
    pub flag: &'static str,
    /// Whether it is such a field.
    pub is_of_kubelet: bool,
    /// A value that must fail, and one that must pass; an empty one is a flag that is set to nothing.
    pub bad: &'static str,
    pub good: &'static str,
    /// The first and last minor release that facts know.
    pub minors: (u16, u16),
}

impl Row {
    /// A setting of that process, and its bad and its good value.
    pub fn of(process: &str, flag: &'static str, (bad, good): (&'static str, &'static str)) -> Self {
        let (from, to) = facts::flags::KUBE_APISERVER.covered;
        let is_of_kubelet = process == "kubelet";
        // A field is asked for from the first release on whose file has it.
        let field = facts::flags::KUBELET.find(flag).and_then(|field| field.since).filter(|_| is_of_kubelet);
        let first = field.unwrap_or(from).minor;
        Self { flag, is_of_kubelet, bad, good, minors: (first, to.minor) }
    }
}

/// Lays the flag out over all releases.
pub(crate) fn hold(subject: &Subject<'_>, row: &Row, page: &Page, complaints: &mut Vec<Complaint>) {
    let unset = unset(subject, row);
    match &page.unset {
        None => {
            complaints.push(Complaint::new(1, "", format!("the page does not say what unset means: `unset: {unset}`")))
        }
        Some((line, said)) if *said != unset => {
            complaints.push(Complaint::new(*line, "", format!("an unset `{}` comes to `{unset}`", spelled(row.flag))));
        }
        Some(_) => {}
    }
    for (what, value, wanted) in [
        ("a bad value", row.bad, "fail"),
        ("a good value", row.good, "pass"),
        ("a value that nobody can read", "{{ value }}", "undetermined"),
    ] {
        // The first release says enough: what is wrong in one is mostly wrong in all.
        let wrong = (row.minors.0..=row.minors.1)
            .filter(|&minor| end(subject, row, minor, None) != "not-applicable")
            .find_map(|minor| Some((minor, end(subject, row, minor, Some(value)))).filter(|(_, end)| *end != wanted));
        if let Some((minor, end)) = wrong {
            complaints.push(Complaint::new(
                page.unset.as_ref().map_or(1, |(line, _)| *line),
                "",
                format!(
                    "{what}, `{value}` for `{}`, comes to `{end}` in 1.{minor} and not to `{wanted}`",
                    spelled(row.flag)
                ),
            ));
        }
    }
}

/// What an unset flag comes to, release by release: "fail until 1.28, pass from 1.29".
fn unset(subject: &Subject<'_>, row: &Row) -> String {
    let mut runs: Vec<(&'static str, u16, u16)> = Vec::new();
    for minor in row.minors.0..=row.minors.1 {
        let end = end(subject, row, minor, None);
        match runs.last_mut() {
            Some(run) if run.0 == end => run.2 = minor,
            _ => runs.push((end, minor, minor)),
        }
    }
    let last = runs.len().saturating_sub(1);
    let words = runs.iter().enumerate().map(|(index, &(end, from, to))| match index {
        _ if last == 0 => end.to_owned(),
        0 => format!("{end} until 1.{to}"),
        _ if index == last => format!("{end} from 1.{from}"),
        _ if from == to => format!("{end} in 1.{from}"),
        _ => format!("{end} from 1.{from} to 1.{to}"),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// What comes of one value of the setting in one release, or of its absence.
fn end(subject: &Subject<'_>, row: &Row, minor: u16, value: Option<&str>) -> &'static str {
    let version = format!("1.{minor}");
    let case = if row.is_of_kubelet {
        match value {
            Some(value) => Case::of_kubelet(&version, &field(row.flag, value)),
            None => Case::of_kubelet_file(&version),
        }
    } else {
        let word = value.map(|value| format!("--{}={value}", row.flag));
        Case::of_words(&version, &word.iter().map(String::as_str).collect::<Vec<_>>())
    };
    match scene::scene(&case) {
        Ok(scene) => check::end(&check::judge(subject, &scene.resolve())),
        Err(_) => "not-asked",
    }
}

/// A field with a value, as lines of a file.
fn field(name: &str, value: &str) -> Vec<String> {
    let shape = facts::flags::KUBELET.find(name).map_or("string", |flag| flag.shape);
    let quoted = format!("'{value}'");
    let value = match shape {
        _ if value.starts_with("{{") => quoted,
        "bool" | "int" | "float" => value.to_owned(),
        "list" if value.is_empty() => "[]".to_owned(),
        "list" => format!("[{quoted}]"),
        "map" => {
            let pairs = value.split(',').filter_map(|pair| pair.split_once('='));
            format!("{{{}}}", pairs.map(|(key, value)| format!("'{key}': '{value}'")).collect::<Vec<_>>().join(", "))
        }
        _ => quoted,
    };
    let keys: Vec<&str> = name.split('.').collect();
    let last = keys.len().saturating_sub(1);
    let line = |(depth, key): (usize, &&str)| {
        let held = if depth == last { format!(" {value}") } else { String::new() };
        format!("{:indent$}{key}:{held}", "", indent = 2 * depth)
    };
    keys.iter().enumerate().map(line).collect()
}
