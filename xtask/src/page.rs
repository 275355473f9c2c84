//! `page RULE`: runs one page, or with `--bless` puts its carets where they belong.

use std::fs;

use anyhow::{Context as _, Result, anyhow, bail};
use rules::{Check, Rule};
use testkit::{Row, Subject};

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let bless = arguments.iter().any(|argument| argument == "--bless");
    let names: Vec<&String> = arguments.iter().filter(|argument| *argument != "--bless").collect();
    let [name] = names[..] else { bail!("name one rule: cargo xtask page apiserver-anonymous-auth [--bless]") };
    let rule = rules::find(name).ok_or_else(|| anyhow!("no rule is called `{name}`"))?;

    let file = file(rule);
    let judge = |cluster: &facts::Cluster| rules::judge(cluster, &[rule]).entries;
    let all: Vec<&'static Rule> = rules::all().collect();
    let judge_all = |cluster: &facts::Cluster| rules::judge(cluster, &all).entries;
    let subject = Subject { card: &rule.info, file: &file, judge: &judge, judge_all: &judge_all, row: row(rule) };
    if bless {
        let text = testkit::bless(&subject).map_err(|complaint| anyhow!(complaint))?;
        let path = crate::root().join(&file);
        if text == rule.info.page {
            println!("{file}: nothing to move and nothing to fill");
        } else {
            fs::write(&path, text).with_context(|| format!("cannot write {file}"))?;
            println!("{file}: blessed; run the page again to see what is left");
        }
        return Ok(());
    }
    match testkit::hold(&subject) {
        Ok(()) => {
            println!("{file}: holds");
            Ok(())
        }
        Err(complaints) => bail!("{complaints}"),
    }
}

/// Where the page lies, from the root of the workspace: `PREFIX-name` of the folder `PREFIX`.
fn file(rule: &Rule) -> String {
    let source = crate::root().join("crates/rules/src");
    let folders = (rule.info.id.match_indices('-')).map(|(at, _)| rule.info.id.split_at(at));
    let found = folders
        .map(|(folder, name)| (folder.replace('-', "_"), name.replace('-', "_")))
        .find(|(folder, name)| source.join(folder).join(format!("{}.md", name.trim_start_matches('_'))).is_file());
    let (folder, name) = found.unwrap_or_default();
    format!("crates/rules/src/{folder}/{}.md", name.trim_start_matches('_'))
}

/// What a rule of one setting tests itself with.
fn row(rule: &Rule) -> Option<Row> {
    let Check::Setting(row) = &rule.check else { return None };
    let (bad, good) = row.must.examples();
    Some(Row { flag: row.setting, is_of_kubelet: row.is_of_kubelet(), bad, good, minors: row.minors() })
}
