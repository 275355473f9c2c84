//! The least role with which a cluster can be asked everything that the chosen rules are about.

use std::{collections::BTreeMap, fmt::Write as _};

use facts::live::{ASKS, OF_KUBELETS, Right, older_names};
use rules::Rule;

/// A ClusterRole, and a Role for each namespace that is looked into, as YAML to apply.
///
/// They are made from the list of what is asked and from what each rule wants of it, so that they cannot lag behind either.
/// Nothing in them can change anything.
///
/// With `kubelets` it is enough to ask those, too, if a rule is about them.
pub fn rbac_manifest(chosen: &[&'static Rule], kubelets: bool) -> String {
    let mut paths: Vec<&str> = Vec::new();
    let mut rules: BTreeMap<&str, Vec<Right>> = BTreeMap::new();
    let mut beyond: Vec<String> = Vec::new();
    let of_kubelets: &[_] = if kubelets { OF_KUBELETS } else { &[] };
    for ask in ASKS.iter().chain(of_kubelets).filter(|ask| chosen.iter().any(|rule| rule.wants(ask))) {
        if ask.beyond {
            beyond.push(ask.wanted());
            continue;
        }
        match ask.right {
            Right::Path => paths.push(ask.path),
            Right::Nothing => {}
            Right::Resource { namespace, .. } => {
                let known = rules.entry(namespace).or_default();
                if !known.contains(&ask.right) {
                    known.push(ask.right);
                }
            }
        }
    }
    paths.sort_unstable();
    paths.dedup();
    if paths.is_empty() && rules.is_empty() {
        return "# The chosen rules ask a running cluster for nothing.\n".to_owned();
    }
    let mut text = String::from(
        "# What `portcullis audit` asks of a running cluster, and nothing more. Bind it to whoever runs it:\n\
         #   kubectl create clusterrolebinding portcullis --clusterrole portcullis --user NAME\n",
    );
    if rules.values().flatten().any(|right| OF_KUBELETS.iter().any(|ask| ask.right == *right)) {
        text.push_str(
            "# Who has nodes/proxy can run commands in every pod of every node, which no audit log of the cluster shows\n\
             # (kubernetes.io/docs/concepts/security/rbac-good-practices): bind it for a run of --kubelets, and take it back.\n",
        );
    }
    for right in beyond {
        let _ = writeln!(
            text,
            "# Who may {right} may read what is in them, so that it is not granted here; whoever has the right is asked for their\n\
             # metadata."
        );
    }
    for namespace in rules.keys().filter(|namespace| !namespace.is_empty()) {
        let _ =
            writeln!(text, "#   kubectl -n {namespace} create rolebinding portcullis --role portcullis --user NAME");
    }
    let head = |kind: &str, namespace: &str, text: &mut String| {
        let _ = writeln!(
            text,
            "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata:\n  name: portcullis"
        );
        if !namespace.is_empty() {
            let _ = writeln!(text, "  namespace: {namespace}");
        }
        text.push_str("rules:\n");
    };
    head("ClusterRole", "", &mut text);
    if !paths.is_empty() {
        let _ = writeln!(text, "- nonResourceURLs: [{}]\n  verbs: [get]", paths.join(", "));
    }
    resources(rules.remove("").unwrap_or_default(), &mut text);
    for (namespace, rights) in rules {
        head("Role", namespace, &mut text);
        resources(rights, &mut text);
    }
    text
}

fn resources(rights: Vec<Right>, text: &mut String) {
    for right in rights {
        let Right::Resource { verb, group, resource, name, .. } = right else { continue };
        let _ = writeln!(text, "- apiGroups: [\"{group}\"]\n  resources: [{resource}]");
        if !name.is_empty() {
            let names: Vec<&str> = std::iter::once(name).chain(older_names(name)).collect();
            let _ = writeln!(text, "  resourceNames: [{}]", names.join(", "));
        }
        let _ = writeln!(text, "  verbs: [{verb}]");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_role_grants_reading_and_nothing_of_secrets() {
        let all: Vec<&'static Rule> = rules::all().collect();
        let text = rbac_manifest(&all, false);
        for line in text.lines().filter(|line| line.contains("verbs:")) {
            assert!(matches!(line.trim(), "verbs: [get]" | "verbs: [list]"), "{line}");
        }
        assert!(text.contains("# Who may list secrets may read what is in them"), "{text}");
        let granted: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(!granted.iter().any(|line| line.contains("secrets") || line.contains('*')), "{text}");
        assert!(
            text.contains(
                "- nonResourceURLs: [/apis, /debug/pprof/, /flagz, /livez, /metrics, /openid/v1/jwks, /readyz, /statusz, /version]"
            ),
            "{text}"
        );
        assert!(
            text.contains("  resources: [configmaps]\n  resourceNames: [kubeadm-config]\n  verbs: [get]\n"),
            "{text}"
        );
        assert!(text.contains("  resourceNames: [kubelet-config, kubelet-config-1.11, "), "{text}");
        assert_eq!(text.matches("kind: Role\n").count(), 3);
    }

    #[test]
    fn the_right_to_ask_kubelets_is_granted_on_demand_and_said_to_be_dangerous() {
        let all: Vec<&'static Rule> = rules::all().collect();
        assert!(!rbac_manifest(&all, false).contains("nodes/proxy"));
        let text = rbac_manifest(&all, true);
        assert_eq!(text.matches("  resources: [nodes/proxy]\n  verbs: [get]\n").count(), 1, "{text}");
        assert!(text.contains("# Who has nodes/proxy can run commands"), "{text}");
    }

    #[test]
    fn the_role_is_no_wider_than_the_rules_that_are_chosen() {
        let of_files =
            rules::find("kubeconfig-embedded-credentials").or(rules::all().find(|rule| rule.component == "pki"));
        assert_eq!(
            rbac_manifest(&[of_files.expect("a rule about files")], true),
            "# The chosen rules ask a running cluster for nothing.\n"
        );
        let server = rules::find("apiserver-profiling").expect("a rule about servers");
        let text = rbac_manifest(&[server], true);
        assert!(!text.contains("nodes/proxy"), "{text}");
        assert!(text.contains("/flagz") && !text.contains("clusterroles"), "{text}");
        // What a distribution ships is told by whose nodes they are.
        let bindings = rules::find("rbac-cluster-admin-bindings").expect("a rule about bindings");
        let text = rbac_manifest(&[bindings], false);
        assert!(text.contains("clusterrolebindings") && text.contains("nodes") && !text.contains("secrets"), "{text}");
    }
}
