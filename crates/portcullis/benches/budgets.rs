//! What people wait for: whole runs of the binary, from start to end of output.
//!
//! `docs/benchmarks.md` says how to repeat them and what they came to.
#![expect(clippy::disallowed_methods, reason = "a benchmark of a program runs the program")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be set up has nothing to measure")]

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn portcullis(arguments: &[&str]) {
    let status = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.code().is_some_and(|code| code < 2), "{arguments:?}: {status}");
}

fn start_up(criterion: &mut Criterion) {
    criterion.bench_function("start-up", |bench| bench.iter(|| portcullis(&["--version"])));
}

fn one_manifest(criterion: &mut Criterion) {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/kubeadm/kube-apiserver.yaml");
    criterion.bench_function("one manifest, all rules, JSON", |bench| {
        bench.iter(|| portcullis(&["audit", "--format", "json", manifest]));
    });
}

fn corpus(criterion: &mut Criterion) {
    let Some(corpus) = std::env::var_os("PORTCULLIS_CORPUS") else { return };
    let corpus = corpus.to_str().unwrap().to_owned();
    let mut group = criterion.benchmark_group("corpus");
    group.sample_size(20).measurement_time(Duration::from_secs(10));
    group.bench_function("about a thousand files, JSON", |bench| {
        bench.iter(|| portcullis(&["audit", "--format", "json", &corpus]));
    });
    group.finish();
}

fn large_folder(criterion: &mut Criterion) {
    let (folder, bytes) = manifests(200 << 20);
    let mut group = criterion.benchmark_group("folder");
    group.sample_size(10).measurement_time(Duration::from_secs(60)).throughput(Throughput::Bytes(bytes));
    group.bench_function("200 MB of manifests, JSON", |bench| {
        bench.iter(|| portcullis(&["audit", "--format", "json", folder.to_str().unwrap()]));
    });
    group.finish();
}

/// A folder like that of a large estate under version control: one API server among forty other objects, over and over.
fn manifests(size: u64) -> (PathBuf, u64) {
    let top = Path::new(env!("CARGO_TARGET_TMPDIR")).join("manifests");
    let apiserver = include_str!("../../../examples/kubeadm/kube-apiserver.yaml");
    let mut bytes = 0;
    for cluster in 0u32.. {
        if bytes >= size {
            break;
        }
        let folder = top.join(format!("team-{:03}/cluster-{cluster:05}", cluster % 100));
        let mut write = |name: &str, text: &str| {
            bytes += text.len() as u64;
            let path = folder.join(name);
            if !path.exists() {
                fs::create_dir_all(&folder).unwrap();
                fs::write(path, text).unwrap();
            }
        };
        write("kube-apiserver.yaml", apiserver);
        for object in 0..40 {
            write(&format!("object-{object:02}.yaml"), &deployment(cluster, object));
        }
    }
    (top, bytes)
}

fn deployment(cluster: u32, object: u32) -> String {
    let mut text = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: service-{object}\n  namespace: team-{cluster}\n  labels:\n    app: service-{object}\nspec:\n  replicas: 3\n  selector:\n    matchLabels:\n      app: service-{object}\n  template:\n    metadata:\n      labels:\n        app: service-{object}\n    spec:\n      containers:\n",
    );
    for container in 0..4 {
        let _ = write!(
            text,
            "      - name: part-{container}\n        image: registry.example.org/team/service-{object}:{cluster}.{container}\n        args:\n        - --listen=:80{container}0\n        - --upstream=https://service-{container}.team-{cluster}.svc:8443\n        env:\n        - name: CLUSTER\n          value: \"{cluster}\"\n        resources:\n          requests:\n            cpu: 100m\n            memory: 128Mi\n        readinessProbe:\n          httpGet:\n            path: /ready\n            port: 80{container}0\n",
        );
    }
    text
}

criterion_group!(budgets, start_up, one_manifest, corpus, large_folder);
criterion_main!(budgets);
