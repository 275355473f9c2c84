//! Holds every rule to its page.

use testkit::Subject;

use crate::{Check, Rule};

/// Runs the page of a rule, and holds the names of rule and file together.
pub(crate) fn hold(rule: &'static Rule, family: &str, name: &str) {
    assert_eq!(rule.info.id, format!("{family}-{name}").replace('_', "-"), "the file is named as the control");
    let file = format!("crates/rules/src/{family}/{name}.md");
    let row = match &rule.check {
        Check::Setting(row) => {
            let (bad, good) = row.must.examples();
            Some(testkit::Row {
                flag: row.setting,
                is_of_kubelet: row.is_of_kubelet(),
                bad,
                good,
                minors: row.minors(),
            })
        }
        _ => None,
    };
    let judge = |cluster: &facts::Cluster| crate::judge(cluster, &[rule]).entries;
    let rules: Vec<&'static Rule> = crate::all().collect();
    let judge_all = |cluster: &facts::Cluster| crate::judge(cluster, &rules).entries;
    let subject = Subject { card: &rule.info, file: &file, judge: &judge, judge_all: &judge_all, row };
    if let Err(complaints) = testkit::hold(&subject) {
        panic!("\n{complaints}\n");
    }
}
