//! Tasks of Ansible that write a file: `copy` with `content`.
//!
//! Files that a role brings along are templates or lie elsewhere; only what stands in the tasks themselves is read. Conditions
//! and loops are not followed: every task counts as run.

use yaml::Cursor;

use crate::declare::lookup::text_of;

/// Tasks that are looked at, and lists in lists.
const MOST: usize = 2048;
const DEEPEST: usize = 6;

const MODULES: [&str; 2] = ["copy", "ansible.builtin.copy"];

/// Where a play or a block holds more tasks.
const LISTS: [&str; 7] = ["always", "block", "handlers", "post_tasks", "pre_tasks", "rescue", "tasks"];

/// Visits every file that tasks in a list write, with its path.
pub(super) fn tasks<'a>(root: &Cursor<'a>, visit: &mut dyn FnMut(String, Cursor<'a>)) {
    let mut left = MOST;
    if root.sequence().is_some() {
        list(root, DEEPEST, &mut left, visit);
    }
}

fn list<'a>(tasks: &Cursor<'a>, depth: usize, left: &mut usize, visit: &mut dyn FnMut(String, Cursor<'a>)) {
    for task in tasks.items() {
        let Some(next) = left.checked_sub(1) else { return };
        *left = next;
        let module = MODULES.iter().find_map(|name| task.get(name));
        let written = module.and_then(|module| Some((text_of(&module, "dest")?, module.get("content")?)));
        if let Some((path, content)) = written.filter(|(_, content)| content.scalar().is_some()) {
            visit(path, content);
        }
        if depth == 0 {
            continue;
        }
        for inner in LISTS.iter().filter_map(|name| task.get(name)).filter(|inner| inner.sequence().is_some()) {
            list(&inner, depth - 1, left, visit);
        }
    }
}
