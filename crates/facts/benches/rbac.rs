//! Who can reach administration in a cluster of 50,000 roles and 100,000 bindings, and what reading them costs.

use std::{fmt::Write as _, hint::black_box};

use criterion::{Criterion, criterion_group, criterion_main};
use model::{Evidence, EvidenceId, Kind, Plane};
use portcullis_facts::{Cluster, Gathered, Options, Redactor, rbac::reach};

const ROLES: usize = 50_000;
const BINDINGS: usize = 100_000;
/// Tenants, each with its namespace.
const TENANTS: usize = 10_000;

fn list(kind: &str, objects: impl Iterator<Item = String>) -> String {
    let mut text = format!("{{\"kind\":\"{kind}List\",\"apiVersion\":\"v1\",\"items\":[");
    for (number, object) in objects.enumerate() {
        let _ = write!(text, "{}\n{object}", if number == 0 { "" } else { "," });
    }
    text.push_str("\n]}\n");
    text
}

fn evidence() -> Vec<Evidence> {
    const RULES: [&str; 4] = [
        r#"{"apiGroups":[""],"resources":["pods","pods/log","configmaps"],"verbs":["get","list","watch"]}"#,
        r#"{"apiGroups":["apps"],"resources":["deployments","statefulsets"],"verbs":["get","list","watch","update","patch"]}"#,
        r#"{"apiGroups":[""],"resources":["secrets"],"verbs":["get"]}"#,
        r#"{"apiGroups":["batch"],"resources":["jobs"],"verbs":["create","delete"]}"#,
    ];
    let role = |number: usize| {
        let rules = (0..4).map(|at| RULES[(number + at) % 4]).collect::<Vec<_>>().join(",");
        let tenant = number % TENANTS;
        format!(r#"{{"metadata":{{"name":"role-{number}","namespace":"tenant-{tenant}"}},"rules":[{rules}]}}"#)
    };
    let binding = |number: usize| {
        let (role, tenant) = (number % ROLES, number % TENANTS);
        // Every tenant's accounts lead to the next one's, so that the way is long.
        let home = (tenant + 1) % TENANTS;
        format!(
            r#"{{"metadata":{{"name":"binding-{number}","namespace":"tenant-{tenant}"}},"roleRef":{{"kind":"Role","name":"role-{role}"}},"subjects":[{{"kind":"ServiceAccount","name":"worker","namespace":"tenant-{home}"}},{{"kind":"User","name":"user-{number}"}}]}}"#
        )
    };
    let first = r#"{"metadata":{"name":"root"},"roleRef":{"kind":"ClusterRole","name":"cluster-admin"},"subjects":[{"kind":"ServiceAccount","name":"worker","namespace":"tenant-0"}]}"#;
    let admin =
        r#"{"metadata":{"name":"cluster-admin"},"rules":[{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}]}"#;
    let mut redactor = Redactor::new();
    let mut piece = |resource: &str, text: &str| {
        let id = EvidenceId::new(format!("https://h/apis/rbac.authorization.k8s.io/v1/{resource}"));
        redactor.evidence(id, Plane::Running, Kind::Objects, text)
    };
    vec![
        piece("roles", &list("Role", (0..ROLES).map(role))),
        piece("rolebindings", &list("RoleBinding", (0..BINDINGS).map(binding))),
        piece("clusterroles", &list("ClusterRole", std::iter::once(admin.to_owned()))),
        piece("clusterrolebindings", &list("ClusterRoleBinding", std::iter::once(first.to_owned()))),
    ]
}

fn resolve(evidence: Vec<Evidence>) -> Cluster {
    let gathered = Gathered::of("bench", evidence);
    portcullis_facts::resolve(gathered, &Options::default())
}

fn administrators(criterion: &mut Criterion) {
    let evidence = evidence();
    let mut group = criterion.benchmark_group("rbac");
    group.sample_size(10);
    group.bench_function("read 50,000 roles and 100,000 bindings", |bench| {
        bench.iter(|| black_box(resolve(evidence.clone())));
    });
    let cluster = resolve(evidence.clone());
    // Everybody of the ring is reached.
    assert!(reach::administrators(cluster.access()).len() > BINDINGS);
    group.bench_function("who can reach administration among them", |bench| {
        bench.iter(|| black_box(reach::administrators(cluster.access()).len()));
    });
    group.finish();
}

criterion_group!(rbac, administrators);
criterion_main!(rbac);
