//! From evidence to objects: documents of files, `List`s in them, and the lists that a server gave.

use model::{Body, Evidence, Gap, GapKind, Kind, Location, Plane};
use yaml::{Cursor, Limits, Stream};

use super::{
    AWS_AUTH, Extent, Objects, Of,
    kinds::{self, Spot, Words},
};
use crate::{
    Trees,
    live::{ASKS, Form},
    redact::parsable,
};

/// What pods are made from, and where in it their spec is.
const TEMPLATES: [(&str, &str, &str); 7] = [
    ("CronJob", "batch", "/spec/jobTemplate/spec/template/spec"),
    ("DaemonSet", "apps", "/spec/template/spec"),
    ("Deployment", "apps", "/spec/template/spec"),
    ("Job", "batch", "/spec/template/spec"),
    ("ReplicaSet", "apps", "/spec/template/spec"),
    ("ReplicationController", "", "/spec/template/spec"),
    ("StatefulSet", "apps", "/spec/template/spec"),
];

/// Lists in lists that are followed; a server makes none.
const DEEPEST: usize = 3;

/// Whether a text may hold an object that is judged. Asked of every file, so that most need no tree.
pub(crate) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    // `kind: ServiceAccount`, `serviceAccountName`, `automountServiceAccountToken`; groups of which a kind is judged.
    const MARKS: [&str; 10] = [
        "rbac.authorization.k8s.io",
        "erviceAccount",
        "admissionregistration.k8s.io",
        "apiregistration.k8s.io",
        "flowcontrol.apiserver.k8s.io",
        "kyverno.io",
        "constraints.gatekeeper.sh",
        "policies.kubewarden.io",
        // Labels of namespaces.
        "pod-security.kubernetes.io",
        "operator.openshift.io",
    ];
    // Ingresses are of the same group, and network plug-ins have policies of that name.
    MARKS.iter().any(|mark| text.contains(mark)) || text.contains("NetworkPolicy") && text.contains("networking.k8s.io")
}

/// Whether a text holds an object that is judged.
pub(crate) fn is_one(stream: &Stream) -> bool {
    let mut found = false;
    for document in &stream.documents {
        each(&document.cursor(), 0, &mut |_, _| found = true);
    }
    found
}

/// Whether a text that is well formed surely holds an object that is judged: a line without indentation names its kind.
pub(crate) fn told_by_lines(text: &str) -> bool {
    text.lines().filter_map(|line| line.strip_prefix("kind:")).any(|kind| {
        let kind = kind.trim().trim_matches(['"', '\'']);
        Of::ALL.iter().any(|of| of.is_kept_in_files() && of.kind() == kind)
            || TEMPLATES.iter().any(|(known, ..)| *known == kind)
    })
}

enum Found {
    Object(Of),
    /// One of Gatekeeper's, whose kinds are made in the cluster.
    Constraint,
    Template(&'static str, &'static str),
}

/// Visits every object of a document, those of a list one by one.
fn each(object: &Cursor<'_>, depth: usize, visit: &mut dyn FnMut(&Cursor<'_>, Found)) {
    let text = |key: &str| object.get(key).and_then(|value| value.text()).unwrap_or_default();
    let (version, kind) = (text("apiVersion"), text("kind"));
    if let Some(of) = Of::find(version, kind) {
        return visit(object, Found::Object(of));
    }
    let group = version.split_once('/').map_or("", |(group, _)| group);
    if group == "constraints.gatekeeper.sh" {
        return visit(object, Found::Constraint);
    }
    // Workloads came from `extensions`.
    let is_of = |known: &str| group == known || group == "extensions" && known == "apps";
    if let Some((kind, _, path)) = TEMPLATES.iter().find(|(known, group, _)| *known == kind && is_of(group)) {
        return visit(object, Found::Template(kind, path));
    }
    if depth < DEEPEST
        && kind.ends_with("List")
        && let Some(items) = object.get("items")
    {
        items.items().for_each(|item| each(&item, depth + 1, visit));
    }
}

/// Everything that the evidence of one cluster holds.
pub(crate) fn read(evidence: &[Evidence], trees: &Trees) -> Objects {
    let mut objects = Objects::default();
    let mut words = Words::default();
    for piece in evidence {
        match asked_of(piece) {
            Some(of) => given(piece, of, &mut objects, &mut words),
            None if piece.plane == Plane::Running && piece.id.as_str().ends_with(AWS_AUTH) => match &piece.body {
                Body::Text(text) => {
                    let location = Location::whole(piece.id.clone(), piece.plane);
                    let read = all_at_once(&parsable(piece, text), &location, Of::ConfigMap, &mut objects, &mut words);
                    objects.mapping_gap = read.err().map(|why| Gap {
                        kind: GapKind::Unread,
                        reason: format!("`aws-auth` could not be read: {why}"),
                        wanted: "get configmaps/aws-auth in kube-system".to_owned(),
                        who_could_answer: "whoever runs the cluster".to_owned(),
                    });
                }
                Body::Unread(gap) => objects.mapping_gap = Some(gap.clone()),
                Body::Missing | Body::Folder | Body::Present => {}
            },
            None if piece.kind == Kind::Objects && piece.plane == Plane::Declared => match &piece.body {
                Body::Text(text) => file(piece, text, trees, &mut objects, &mut words),
                // Whatever it holds is not known.
                Body::Unread(gap) => {
                    Of::ALL.into_iter().for_each(|of| objects.extend(of, Extent::Unread(gap.clone())));
                }
                Body::Missing | Body::Folder | Body::Present => {}
            },
            None if piece.kind == Kind::Workload => {
                if let Some(text) = piece.text().filter(speaks) {
                    file(piece, text, trees, &mut objects, &mut words);
                }
            }
            None => {}
        }
    }
    objects
}

/// The kind of which a piece of evidence is the list that a server gave.
fn asked_of(piece: &Evidence) -> Option<Of> {
    if piece.kind != Kind::Objects || piece.plane != Plane::Running {
        return None;
    }
    ASKS.iter().find_map(|ask| match ask.form {
        Form::Objects { of, .. } if ask.paths().any(|path| piece.id.as_str().ends_with(path)) => Some(of),
        _ => None,
    })
}

fn file(piece: &Evidence, text: &str, trees: &Trees, objects: &mut Objects, words: &mut Words) {
    let location = Location::whole(piece.id.clone(), piece.plane);
    let spot = Spot { location: &location, offset: 0, base: String::new() };
    let stream = trees.of(piece, text);
    let fatal = |index: usize| stream.faults.iter().any(|fault| fault.document == index && fault.kind.is_fatal());
    for document in stream.documents.iter().filter(|document| !fatal(document.index)) {
        each(&document.cursor(), 0, &mut |object, found| match found {
            Found::Object(of) => {
                objects.extend(of, Extent::Found);
                kinds::take(objects, of, object, &spot, words);
            }
            Found::Constraint => kinds::take_constraint(objects, object, &spot, words),
            Found::Template(kind, path) => {
                objects.extend(Of::Pod, Extent::Found);
                kinds::take_template(objects, kind, path, object, &spot, words);
            }
        });
    }
}

/// A list that a server gave, or why there is none.
fn given(piece: &Evidence, of: Of, objects: &mut Objects, words: &mut Words) {
    let extent = match &piece.body {
        Body::Text(text) => match items(piece, text, of, objects, words) {
            Ok(()) => Extent::Whole,
            Err(why) => Extent::Unread(Gap {
                kind: GapKind::Unread,
                reason: format!("not all {} are known: {why}", of.resource()),
                wanted: format!("list {}", of.resource()),
                who_could_answer: "whoever runs the cluster; what was read of them is judged".to_owned(),
            }),
        },
        Body::Missing => Extent::Missing,
        Body::Unread(gap) => Extent::Unread(gap.clone()),
        Body::Folder | Body::Present => return,
    };
    objects.extend(of, extent);
    objects.sources.entry(of).or_insert_with(|| Location::whole(piece.id.clone(), piece.plane));
}

/// The objects of a list that has one a line, as lists are that were put together from pages, each with its place; `None`
/// of any other text. The line that ends the list is among them.
pub(crate) fn lines(text: &str) -> Option<impl Iterator<Item = (u32, &str)>> {
    let (first, rest) = text.split_once('\n')?;
    if !first.starts_with("{\"kind\":") || !first.ends_with("\"items\":[") {
        return None;
    }
    let mut offset = u32::try_from(first.len() + 1).ok()?;
    // A text of four gigabytes has no places.
    u32::try_from(text.len()).ok()?;
    Some(rest.split_inclusive('\n').map(move |line| {
        let start = offset;
        offset = offset.saturating_add(u32::try_from(line.len()).unwrap_or(u32::MAX));
        (start, line.trim_end().trim_end_matches(','))
    }))
}

/// Takes the objects of a list, or says why it is not whole.
fn items(piece: &Evidence, text: &str, of: Of, objects: &mut Objects, words: &mut Words) -> Result<(), String> {
    let text = parsable(piece, text);
    let location = Location::whole(piece.id.clone(), piece.plane);
    let Some(lines) = lines(&text) else { return all_at_once(&text, &location, of, objects, words) };
    let mut broken = 0_usize;
    let mut ended = false;
    // Line by line: the tree of a list of a hundred thousand would take more than the list.
    for (number, (start, line)) in lines.enumerate() {
        if line == "]}" {
            ended = true;
            break;
        }
        let stream = yaml::parse(line, &Limits::default());
        let whole = stream.faults.iter().all(|fault| !fault.kind.is_fatal());
        let spot = Spot { location: &location, offset: start, base: format!("/items/{number}") };
        let object = stream.documents.first().filter(|_| whole).map(yaml::Document::cursor);
        if object.and_then(|object| kinds::take(objects, of, &object, &spot, words)).is_none() {
            broken += 1;
        }
    }
    let head = format!("{}]}}", text.lines().next().unwrap_or_default());
    let cut = yaml::parse(&head, &Limits::default())
        .documents
        .first()
        .and_then(|document| document.cursor().get("cut").and_then(|cut| cut.text().map(str::to_owned)));
    match cut {
        Some(why) => Err(why),
        None if broken > 0 => Err(format!("{broken} of them could not be read")),
        None if !ended => Err("the list does not end".to_owned()),
        None => Ok(()),
    }
}

/// The same of a list that stands on its lines in another way.
fn all_at_once(
    text: &str,
    location: &Location,
    of: Of,
    objects: &mut Objects,
    words: &mut Words,
) -> Result<(), String> {
    let spot = Spot { location, offset: 0, base: String::new() };
    let stream = yaml::parse(text, &Limits::default());
    if stream.faults.iter().any(|fault| fault.kind.is_fatal()) {
        return Err("the answer could not be read to its end".to_owned());
    }
    let mut seen = false;
    let mut broken = 0_usize;
    for document in &stream.documents {
        let root = document.cursor();
        let Some(items) = root.get("items").filter(|_| root.get("metadata").is_none_or(|m| m.get("name").is_none()))
        else {
            seen |= kinds::take(objects, of, &root, &spot, words).is_some();
            continue;
        };
        seen = true;
        broken += items.items().filter(|item| kinds::take(objects, of, item, &spot, words).is_none()).count();
        if root.at("/metadata/continue").and_then(|more| more.text()).is_some_and(|more| !more.is_empty()) {
            return Err("it is one page of several".to_owned());
        }
    }
    match (seen, broken) {
        (false, _) => Err("it is no list".to_owned()),
        (true, 0) => Ok(()),
        (true, _) => Err(format!("{broken} of them could not be read")),
    }
}

#[cfg(test)]
mod tests {
    use model::EvidenceId;

    use super::*;
    use crate::Redactor;

    const ROLES: &str = "/apis/rbac.authorization.k8s.io/v1/clusterroles";

    fn answer(path: &str, body: Body) -> Evidence {
        Evidence::of(EvidenceId::new(format!("https://h{path}")), Plane::Running, Kind::Objects, body)
    }

    fn file(text: &str) -> Evidence {
        Redactor::new().evidence(EvidenceId::new("a.yaml"), Plane::Declared, Kind::Objects, text)
    }

    #[test]
    fn a_list_that_was_read_to_its_end_says_what_is_not_there() {
        let text = "{\"kind\":\"ClusterRoleList\",\"apiVersion\":\"v1\",\"items\":[\n\
                    {\"metadata\":{\"name\":\"a\"},\"rules\":[{\"apiGroups\":[\"\"],\"resources\":[\"pods\"],\"verbs\":[\"get\"]}]},\n\
                    {\"metadata\":{\"name\":\"b\"},\"rules\":null}\n]}\n";
        let objects = read(&[answer(ROLES, Body::Text(text.into()))], &Trees::default());
        assert_eq!(objects.whole(Of::ClusterRole), Ok(()));
        assert_eq!(objects.roles.iter().map(|role| &*role.meta.name).collect::<Vec<_>>(), ["a", "b"]);
        let rule = objects.roles[0].rule_at(0);
        assert_eq!(rule.pointer, "/items/0/rules/0");
        let span = rule.span.expect("a span").range();
        assert_eq!(text.get(span), Some("{\"apiGroups\":[\"\"],\"resources\":[\"pods\"],\"verbs\":[\"get\"]}"));
        // Nobody asked for the others.
        assert_eq!(objects.whole(Of::Role).map_err(|gap| gap.kind), Err(GapKind::NotCollected));
        assert!(!objects.is_asked(Of::Role));
    }

    #[test]
    fn a_list_that_was_cut_refused_or_mangled_never_does() {
        let cut = "{\"kind\":\"ClusterRoleList\",\"apiVersion\":\"v1\",\"cut\":\"there are more than 1\",\"items\":[\n\
                   {\"metadata\":{\"name\":\"a\"}}\n]}\n";
        let whole =
            |body| read(&[answer(ROLES, body)], &Trees::default()).whole(Of::ClusterRole).map_err(|gap| gap.reason);
        assert_eq!(
            whole(Body::Text(cut.into())),
            Err("not all clusterroles are known: there are more than 1".to_owned())
        );
        for mangled in [
            "{\"kind\":\"ClusterRoleList\",\"apiVersion\":\"v1\",\"items\":[\n{\"metadata\":{\"name\":\"a\"}}\n",
            "{\"kind\":\"ClusterRoleList\",\"apiVersion\":\"v1\",\"items\":[\n{\"metadata\":{}}\n]}\n",
            "{\"items\":[],\"metadata\":{\"continue\":\"x\"}}",
            "{\"kind\":\"Status\"}",
            "<html>",
            "",
        ] {
            assert!(whole(Body::Text(mangled.into())).is_err(), "{mangled}");
        }
        let gap = ASKS.iter().find(|ask| ask.path == ROLES).expect("asked").forbidden(Some("jane"));
        assert_eq!(
            whole(Body::Unread(gap)),
            Err("`jane` may not list clusterroles.rbac.authorization.k8s.io (403)".to_owned())
        );
        assert_eq!(whole(Body::Missing), Ok(()));
    }

    #[test]
    fn files_hold_objects_and_lists_of_them_and_prove_nothing_by_what_they_lack() {
        let text = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: rbac.authorization.k8s.io/v1\n  kind: RoleBinding\n  \
                    metadata: {name: a, namespace: n}\n  roleRef: {kind: ClusterRole, name: edit}\n  subjects:\n  \
                    - {kind: ServiceAccount, name: s}\n  - {kind: Robot, name: r}\n---\napiVersion: apps/v1\nkind: Deployment\n\
                    metadata: {name: d}\nspec: {template: {spec: {serviceAccountName: s, automountServiceAccountToken: false}}}\n\
                    ---\nkind: Role\napiVersion: example.org/v1\nmetadata: {name: other}\n---\n{broken\n";
        let objects = read(&[file(text)], &Trees::default());
        let binding = &objects.bindings[0];
        assert_eq!((&*binding.meta.name, binding.role.of_cluster, binding.subjects.len()), ("a", true, 1));
        assert_eq!(binding.subject_at(0).pointer, "/items/0/subjects/0");
        assert_eq!(text.get(binding.role.span.range()), Some("edit"));
        let pod = &objects.pods[0];
        assert_eq!((&*pod.kind, &*pod.account, pod.automount.map(|said| said.0)), ("Deployment", "s", Some(false)));
        assert!(objects.roles.is_empty(), "a kind of another group is another kind");
        let gap = objects.whole(Of::RoleBinding).expect_err("files are not all");
        assert_eq!(gap.reason, "files hold some rolebindings and never prove that there are no others");
    }

    #[test]
    fn a_file_that_cannot_be_read_may_hold_anything() {
        let gap = Gap {
            kind: GapKind::Unread,
            reason: "permission denied".to_owned(),
            wanted: "a.yaml".to_owned(),
            who_could_answer: String::new(),
        };
        let objects = read(&[Evidence { body: Body::Unread(gap), ..file("") }], &Trees::default());
        assert!(Of::ALL.into_iter().all(|of| objects.whole(of).is_err_and(|gap| gap.kind == GapKind::Unread)));
    }

    #[test]
    fn secrets_of_a_long_list_are_cut_object_by_object() {
        let text = "{\"kind\":\"RoleList\",\"apiVersion\":\"v1\",\"items\":[\n{\"metadata\":{\"name\":\"a\",\"labels\":{\"password\":\"hunter2\"}}},\n{\"kind\":\"Secret\",\"data\":{\"a\":\"aHVudGVyMg==\"}}\n]}\n";
        let evidence = Redactor::new().evidence(EvidenceId::new("a"), Plane::Running, Kind::Objects, text);
        let kept = evidence.text().expect("a text");
        assert!(!kept.contains("hunter2") && !kept.contains("aHVudGVyMg"), "{kept}");
        assert_eq!(kept.len(), text.len());
    }
}
