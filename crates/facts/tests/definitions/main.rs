//! Definitions of clusters by the distributions that have a format of their own, a file for each. What a distribution makes of
//! one must be what the API server is started with, it must be visible who set what, and what depends on a release that nobody
//! named must be left open.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod cke;
mod eks_anywhere;
mod gardener;
mod hosted;
mod k3s;
mod kops;
mod kubekey;
mod kubelets;
mod microk8s;
mod openshift;
mod overrides;
mod playbooks;
mod rancher;
#[path = "../shared/mod.rs"]
mod shared;
mod talhelper;
mod talos;

use model::{Form, Kind, Origin};
use portcullis_facts::{Cluster, recognise};
use shared::{cluster_of as resolved, reading, server, set};

/// Each flag with its value and who set it.
fn holds(text: &str, version: Option<&str>, wanted: &[(&str, &str, &str)]) {
    shared::holds(&resolved(text, version), wanted);
}

/// What an origin points at in the text, and how it is written there.
fn place<'a>(text: &'a str, cluster: &Cluster, flag: &str) -> (&'a str, Option<Form>) {
    let reading = reading(server(cluster), flag).expect("a value");
    let at = reading.origin.location().expect("a place").span.expect("a span");
    let form = match &reading.origin {
        Origin::Written(site) | Origin::Default { home: Some(site), .. } => Some(site.form),
        _ => None,
    };
    (&text[at.range()], form)
}

/// What stops the server, or would.
fn problems(cluster: &Cluster) -> Vec<String> {
    server(cluster).component().problems.iter().map(|problem| problem.message.clone()).collect()
}

fn not_ours(texts: &[&str]) {
    for text in texts {
        assert_ne!(recognise(text.as_bytes()).kind, Kind::Workload, "{text}");
    }
}
