//! `new-rule ID`: the card, the question and the page of a control that waits for its rule.

use std::fs;

use anyhow::{Context as _, Result, anyhow, bail};
use rules::Pending;

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let [id] = arguments else { bail!("name one control: cargo xtask new-rule apiserver-audit-policy") };
    let pending = rules::pending().get(id).ok_or_else(|| refusal(id))?;
    let place = Place::of(id, pending);
    let folder = crate::root().join("crates/rules/src").join(&place.folder);
    if !folder.is_dir() {
        fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        fs::write(folder.join("mod.rs"), new_folder(&place))?;
        println!("{}: new; write its header, and list it in crates/rules/src/lib.rs", place.folder);
    } else {
        let list = folder.join("mod.rs");
        let text = fs::read_to_string(&list).with_context(|| format!("cannot read {}", list.display()))?;
        fs::write(&list, listed(&text, &place.module)?)?;
    }
    fs::write(folder.join(format!("{}.rs", place.module)), rule(id, pending, &place))?;
    fs::write(folder.join(format!("{}.md", place.module)), page(id, pending, &place))?;
    let waiting = crate::root().join("crates/rules/data/pending.json");
    fs::write(&waiting, without(&fs::read_to_string(&waiting)?, id)?)?;
    println!(
        "crates/rules/src/{}/{}.rs and .md: write the title, the question and the cases",
        place.folder, place.module
    );
    println!("then: cargo xtask page {id} --bless");
    Ok(())
}

fn refusal(id: &str) -> anyhow::Error {
    if rules::find(id).is_some() {
        return anyhow!("`{id}` has a rule");
    }
    let near = rules::pending().keys().filter(|name| name.contains(id.rsplit('-').next().unwrap_or(id))).take(5);
    let near: Vec<&str> = near.map(String::as_str).collect();
    anyhow!("`{id}` is no control that waits for a rule; near it are: {}", near.join(", "))
}

/// Where a rule lives.
struct Place {
    folder: String,
    module: String,
}

impl Place {
    /// The component's folder where the name begins with it, else the first part of the name.
    fn of(id: &str, pending: &Pending) -> Self {
        let prefix = match id.strip_prefix(&pending.component) {
            Some(rest) if rest.starts_with('-') => pending.component.as_str(),
            _ => id.split('-').next().unwrap_or(id),
        };
        let name = id[prefix.len()..].trim_start_matches('-');
        Self { folder: prefix.replace('-', "_"), module: name.replace('-', "_") }
    }
}

fn new_folder(place: &Place) -> String {
    format!(
        "//! What is judged here, in a sentence.\n\nuse crate::rules;\n\nrules! {{ \"{}\":\n    {},\n}}\n",
        place.folder, place.module
    )
}

/// The list of a folder with one name more, in order.
fn listed(text: &str, module: &str) -> Result<String> {
    let (head, rest) = text.split_once("rules! {").context("the folder's mod.rs lists no rules")?;
    let (family, rest) = rest.split_once('\n').context("the list ends before it begins")?;
    let (names, tail) = rest.split_once('}').context("the list does not end")?;
    let mut names: Vec<&str> = names.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if names.contains(&module) {
        bail!("`{module}` is listed already");
    }
    names.push(module);
    names.sort_unstable();
    let names: String = names.iter().map(|name| format!("    {name},\n")).collect();
    Ok(format!("{head}rules! {{{family}\n{names}}}{tail}"))
}

/// The controls that wait, without this one. They stand one a line.
fn without(text: &str, id: &str) -> Result<String> {
    let key = format!("  \"{id}\": ");
    let mut lines: Vec<&str> = text.lines().filter(|line| !line.starts_with(&key)).collect();
    if lines.len() == text.lines().count() {
        bail!("pending.json does not hold `{id}` on a line of its own");
    }
    // The last entry has no comma behind it.
    let last = lines.len().saturating_sub(2);
    let ended = lines.get(last).map(|line| line.trim_end_matches(',').to_owned()).unwrap_or_default();
    if let Some(line) = lines.get_mut(last) {
        *line = &ended;
    }
    Ok(lines.join("\n") + "\n")
}

fn rule(id: &str, pending: &Pending, place: &Place) -> String {
    let severity = capitalised(&pending.severity);
    let minor = |text: &Option<String>| text.as_deref().and_then(|text| text.rsplit('.').next().map(str::to_owned));
    let applies = match (minor(&pending.min), minor(&pending.max)) {
        (None, None) => "Applies::ALWAYS".to_owned(),
        (Some(from), None) => format!("Applies::from({from}, \"1.{from} brought it\")"),
        (None, Some(to)) => format!("Applies::until({to}, \"what is asked for is gone after 1.{to}\")"),
        (Some(from), Some(to)) => format!(
            "Applies {{ to: Some(Minor::new(1, {to})), ..Applies::from({from}, \"it exists from 1.{from} to 1.{to}\") }}"
        ),
    };
    let minor_import = if applies.contains("Minor::") { "Minor, " } else { "" };
    let (facts, check, argument, component) = match pending.component.as_str() {
        "apiserver" => ("use facts::apiserver::ApiServer;\n", "ApiServer", "server: &ApiServer", "server.component()"),
        "cluster" => ("", "Component", "component: &Component", "component"),
        _ => ("", "Component", "component: &Component", "component"),
    };
    let component_import = if check == "Component" { "Component, " } else { "" };
    format!(
        "//! The page beside this file explains the rule and tests it.

{facts}use model::{{Answer, {component_import}{minor_import}RuleCard, Severity, Verdict}};

use crate::{{Applies, Check, Rule, say}};

pub(super) static RULE: Rule = Rule {{
    info: RuleCard {{
        id: \"{id}\",
        title: \"State the fault, not the cure\",
        severity: Severity::{severity},
        fix: None,
        page: include_str!(\"{module}.md\"),
    }},
    component: \"{component_name}\",
    applies: {applies},
    check: Check::{check}(check),
}};

// Passes when: {intent}
// Evidence: {evidence}.
fn check({argument}) -> Verdict {{
    let reading = say::reading({component}, \"the-flag\")?;
    Ok(Answer {{ seen: vec![reading.origin.clone()], because: reading.in_force().to_owned(), ..Answer::default() }})
}}
",
        module = place.module,
        component_name = pending.component,
        intent = pending.intent,
        evidence = pending.evidence.join(", "),
    )
}

fn page(id: &str, pending: &Pending, _place: &Place) -> String {
    let case =
        |heading: &str, fence: &str, body: &str| format!("## {heading}\n\n```{fence}\n{body}```\n\n```outcome\n```\n");
    let cases = [
        case("Nothing said", "args kube-apiserver", ""),
        case("As it should be", "args kube-apiserver", "  --the-flag=good\n"),
        case("The release cannot be told", "args kube-apiserver version=unknown", ""),
        case("A placeholder that nobody has filled in", "args kube-apiserver", "  --the-flag={{ value }}\n"),
    ];
    format!(
        "# {id}\n\nThe fault, in one sentence.\n\n## Why it matters\n\n{}\n\n## What breaks\n\nWhat stops working with the cure.\n\n{}\n<!-- cases -->\n\n{}",
        pending.intent,
        case("As it should not be", "args kube-apiserver", "  --the-flag=bad\n"),
        cases.join("\n"),
    )
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_listed_in_its_place() {
        let text = "//! Head.\n\nrules! { \"apiserver\":\n    alpha,\n    gamma,\n}\n";
        let listed = listed(text, "beta").expect("a list");
        assert_eq!(listed, "//! Head.\n\nrules! { \"apiserver\":\n    alpha,\n    beta,\n    gamma,\n}\n");
        assert!(super::listed(&listed, "beta").is_err());
    }

    #[test]
    fn a_control_leaves_the_list_and_the_list_stays_well_formed() {
        let text = "{\n  \"a\": {},\n  \"b\": {}\n}\n";
        assert_eq!(without(text, "a").expect("listed"), "{\n  \"b\": {}\n}\n");
        assert_eq!(without(text, "b").expect("listed"), "{\n  \"a\": {}\n}\n");
        assert!(without(text, "c").is_err());
    }

    #[test]
    fn the_folder_is_the_component_where_the_name_begins_with_it() {
        let pending = |component: &str| Pending {
            why: None,
            component: component.to_owned(),
            severity: String::new(),
            intent: String::new(),
            evidence: Vec::new(),
            min: None,
            max: None,
        };
        let place = Place::of("controller-manager-bind-address", &pending("controller-manager"));
        assert_eq!((place.folder.as_str(), place.module.as_str()), ("controller_manager", "bind_address"));
        let place = Place::of("admission-webhook-scope", &pending("apiserver"));
        assert_eq!((place.folder.as_str(), place.module.as_str()), ("admission", "webhook_scope"));
    }
}
