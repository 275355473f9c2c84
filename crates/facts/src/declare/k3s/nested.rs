//! Settings of k3s and RKE2 that stand in the definition of something else: clusters that Rancher provisions, and control
//! planes of Cluster API.
//!
//! Rancher gives every machine `machineGlobalConfig`, and puts in place of its keys what `machineSelectorConfig` says to the
//! machines that its labels select (rancher/rancher, pkg/capr/planner/config.go, addUserConfig, addRoleConfig and
//! addLocalClusterAuthenticationEndpointConfig). The providers of Cluster API have fields of their own, and one of them adds
//! arguments (rancher/cluster-api-provider-rke2, pkg/rke2/config.go; k3s-io/cluster-api-k3s, pkg/k3s/config.go, unchanged
//! since its first commit). Start at [`invocations`].

use model::{Evidence, Form, Gap, GapKind, Location, Site};
use yaml::Cursor;

use super::{
    Product, SERVER, invocation,
    settings::{ARGUMENTS, Given, Settings, values},
};
use crate::{
    Invocation,
    declare::{
        MOST, Source,
        kubeadm::release,
        lookup::{name_of, text_of},
    },
};

/// More selectors, arguments and mounts than any definition lists.
const MOST_ITEMS: usize = 256;

/// Whether a text holds the words without which it declares nothing.
pub(in crate::declare) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    ["provisioning.cattle.io/", "RKE2ControlPlane", "KThreesControlPlane"].iter().any(|word| text.contains(word))
}

/// Whether a text defines a cluster whose servers take such settings.
pub(in crate::declare) fn declares(source: &Source<'_>) -> bool {
    source.documents().any(|document| objects(&document.cursor()).iter().any(|object| of(object).is_some()))
}

/// The API server of every such cluster in a text.
pub(in crate::declare) fn invocations(source: &Source<'_>, evidence: &[Evidence]) -> Vec<Invocation> {
    let mut found = Vec::new();
    for document in source.documents() {
        for object in objects(&document.cursor()) {
            let Some(definition) = of(&object).filter(|_| found.len() <= MOST) else { continue };
            let mut settings = Settings::within(definition.home(source));
            settings.problems.extend(source.problems(document));
            let product = match definition {
                Definition::Rancher(spec) => of_rancher(source, &spec, &mut settings),
                Definition::Rke2(spec) => of_rke2(source, &spec, &mut settings),
                Definition::K3s(spec) => of_k3s(source, &spec, &mut settings),
            };
            let named = name_of(&object);
            let server = invocation(source, evidence, settings, product);
            found.extend(server.map(|server| Invocation { instance: named.unwrap_or(server.instance), ..server }));
        }
    }
    found
}

fn objects<'a>(root: &Cursor<'a>) -> Vec<Cursor<'a>> {
    match root.get("items").filter(|items| items.sequence().is_some()) {
        Some(items) => items.items().take(MOST).collect(),
        None => vec![root.clone()],
    }
}

/// What defines the servers, by whoever reads it.
enum Definition<'a> {
    Rancher(Cursor<'a>),
    Rke2(Cursor<'a>),
    K3s(Cursor<'a>),
}

fn of<'a>(object: &Cursor<'a>) -> Option<Definition<'a>> {
    let kind = object.get("kind")?.text()?;
    let group = object.get("apiVersion")?.text()?;
    let spec = object.get("spec").filter(|spec| spec.mapping().is_some())?;
    let of_template = || spec.get("template")?.get("spec").filter(|spec| spec.mapping().is_some());
    match kind {
        "Cluster" if group.starts_with("provisioning.cattle.io/") => {
            spec.get("rkeConfig").filter(|config| config.mapping().is_some())?;
            product(&spec)?;
            Some(Definition::Rancher(spec))
        }
        _ if !group.starts_with("controlplane.cluster.x-k8s.io/") => None,
        "RKE2ControlPlane" => Some(Definition::Rke2(spec)),
        "RKE2ControlPlaneTemplate" => of_template().map(Definition::Rke2),
        "KThreesControlPlane" => Some(Definition::K3s(spec)),
        "KThreesControlPlaneTemplate" => of_template().map(Definition::K3s),
        _ => None,
    }
}

/// Which of both Rancher installs, by the release (capr.GetRuntime).
fn product(spec: &Cursor<'_>) -> Option<Product> {
    let version = text_of(spec, "kubernetesVersion")?;
    match () {
        () if version.contains("k3s") => Some(Product::K3s),
        () if version.contains("rke2") => Some(Product::Rke2),
        () => None,
    }
}

impl Definition<'_> {
    /// Where an argument would be added.
    fn home(&self, source: &Source<'_>) -> Site {
        let (spec, path): (&Cursor<'_>, &[&str]) = match self {
            Self::Rancher(spec) => (spec, &["rkeConfig", "machineGlobalConfig", ARGUMENTS]),
            Self::Rke2(spec) => (spec, &["serverConfig", "kubeAPIServer", "extraArgs"]),
            Self::K3s(spec) => (spec, &["kthreesConfigSpec", "serverConfig", "kubeAPIServerArg"]),
        };
        let mut there = spec.clone();
        for name in path {
            let Some(next) = there.get(name) else { break };
            there = next;
        }
        let mut at = source.at(&there);
        at.pointer = format!("{}/{}", spec.pointer(), path.join("/"));
        Site { at, form: Form::Bares }
    }
}

fn made(text: impl Into<String>, at: Location) -> Given {
    Given { text: text.into(), at, form: Form::Script, unresolved: None }
}

fn is_on(holder: &Cursor<'_>, path: &[&str]) -> Option<()> {
    let found = path.iter().try_fold(holder.clone(), |here, name| here.get(name))?;
    found.is_true().then_some(())
}

/// A cluster that Rancher provisions.
fn of_rancher(source: &Source<'_>, spec: &Cursor<'_>, settings: &mut Settings) -> Product {
    let product = product(spec).unwrap_or(Product::Either);
    if let Some(version) = spec.get("kubernetesVersion")
        && let Some(release) = version.text().and_then(release)
    {
        settings.version = Some((release, source.at(&version)));
    }
    let Some(config) = spec.get("rkeConfig") else { return product };
    if let Some(map) = config.get("machineGlobalConfig") {
        settings.take_map(source, &map);
    }
    let selectors = config.get("machineSelectorConfig");
    for one in selectors.iter().flat_map(|list| list.items().take(MOST_ITEMS)) {
        let Some(map) = one.get("config") else { continue };
        match selects(one.get("machineLabelSelector").as_ref()) {
            Some(true) => settings.take_map(source, &map),
            Some(false) => {}
            // It decides something of a server, or something of any machine.
            None if map.entries().any(|entry| decides(&entry.name)) => {
                settings.unread.get_or_insert_with(|| Gap {
                    kind: GapKind::NotCollected,
                    reason: "`machineSelectorConfig` says more to machines with labels that are not in the definition"
                        .to_owned(),
                    wanted: "the labels of the machines of the control plane".to_owned(),
                    who_could_answer: "`kubectl get machines` in Rancher's own cluster".to_owned(),
                });
            }
            None => {}
        }
    }
    // Before it, the servers that join it name one; either way they keep an etcd.
    if product == Product::K3s && !settings.has("server") && !settings.has("datastore-endpoint") {
        settings.set("cluster-init", vec![made("true", source.at(&config))]);
    }
    if let Some(folder) = config.get("dataDirectories").and_then(|folders| folders.get("k8sDistro")) {
        settings.set("data-dir", values(source, &folder));
    }
    let program = product.program();
    // Its template becomes a file of every machine of the control plane, and a key of each (rancher/webhook).
    let template = spec
        .get("defaultPodSecurityAdmissionConfigurationTemplateName")
        .filter(|name| name.text().is_some_and(|name| !name.is_empty()));
    if let Some(template) = template {
        let path = format!("/etc/rancher/{program}/config/rancher-psact.yaml");
        let at = source.at(&template);
        if product == Product::Rke2 {
            settings.set("pod-security-admission-config-file", vec![made(path, at)]);
        } else {
            settings.add(ARGUMENTS, made(format!("admission-control-config-file={path}"), at));
        }
    }
    if let Some(endpoint) = spec.get("localClusterAuthEndpoint").filter(|found| is_on(found, &["enabled"]).is_some()) {
        let data = super::flags::data(product, settings);
        let argument = format!("authentication-token-webhook-config-file={data}/kube-api-authn-webhook.yaml");
        settings.add(ARGUMENTS, made(argument, source.at(&endpoint)));
    }
    product
}

/// Whether labels select the machines of a control plane; nothing where only their labels tell.
fn selects(selector: Option<&Cursor<'_>>) -> Option<bool> {
    let Some(selector) = selector.filter(|selector| !selector.is_null()) else { return Some(true) };
    let labels = selector.get("matchLabels");
    let expressions = selector.get("matchExpressions").filter(|list| list.items().next().is_some());
    let all: Vec<(String, String)> = labels
        .iter()
        .flat_map(|labels| labels.entries().take(MOST_ITEMS))
        .map(|entry| (entry.name.into_owned(), entry.value.text().unwrap_or_default().to_owned()))
        .collect();
    const PLANE: &str = "rke.cattle.io/control-plane-role";
    match (all.as_slice(), expressions) {
        ([], None) => Some(true),
        ([(name, value)], None) if name == PLANE && value == "true" => Some(true),
        (all, _) if all.iter().any(|(name, value)| name == PLANE && value != "true") => Some(false),
        _ => None,
    }
}

/// Whether a setting says something of an API server.
fn decides(name: &str) -> bool {
    let name = name.trim_end_matches('+');
    SERVER.contains(&name) || ["profile", "data-dir", "cloud-provider-name"].contains(&name)
}

/// A control plane of RKE2 in Cluster API.
fn of_rke2(source: &Source<'_>, spec: &Cursor<'_>, settings: &mut Settings) -> Product {
    let agent = spec.get("agentConfig");
    let version = spec.get("version").or_else(|| agent.as_ref()?.get("version"));
    version_of(source, version, settings);
    let server = spec.get("serverConfig");
    take_fields(
        source,
        server.as_ref(),
        &[
            ("advertiseAddress", "advertise-address"),
            ("cloudProviderName", "cloud-provider-name"),
            ("clusterDomain", "cluster-domain"),
            ("serviceNodePortRange", "service-node-port-range"),
        ],
        settings,
    );
    take_fields(
        source,
        agent.as_ref(),
        &[
            ("cisProfile", "profile"),
            ("dataDir", "data-dir"),
            ("podSecurityAdmissionConfigFile", "pod-security-admission-config-file"),
        ],
        settings,
    );
    let own = server.as_ref().and_then(|server| server.get("kubeAPIServer"));
    take_fields(source, own.as_ref(), &[("extraArgs", ARGUMENTS), ("overrideImage", "kube-apiserver-image")], settings);
    let mounts = own.as_ref().and_then(|own| own.get("extraMounts"));
    for mount in mounts.iter().flat_map(|mounts| mounts.entries()).take(MOST_ITEMS) {
        let text = format!("{}:{}", mount.name, mount.value.text().unwrap_or_default());
        settings.add("kube-apiserver-extra-mount", made(text, source.at(&mount.value)));
    }
    let of_server = |name: &str| server.as_ref()?.get(name).filter(|found| !found.is_null());
    if let Some(policy) = of_server("auditPolicySecret") {
        let path = "/etc/rancher/rke2/audit-policy.yaml";
        settings.set("audit-policy-file", vec![made(path, source.at(&policy))]);
    }
    if of_server("externalDatastoreSecret").is_some() {
        settings.beneath.get_or_insert_with(|| Gap {
            kind: GapKind::NotCollected,
            reason: "a Secret holds the address of its datastore".to_owned(),
            wanted: "the arguments of the running server".to_owned(),
            who_could_answer: "a server of the cluster".to_owned(),
        });
    }
    services(source, spec, settings);
    Product::Rke2
}

/// A control plane of k3s in Cluster API.
fn of_k3s(source: &Source<'_>, spec: &Cursor<'_>, settings: &mut Settings) -> Product {
    let config = spec.get("kthreesConfigSpec");
    let version = spec.get("version").or_else(|| config.as_ref()?.get("version"));
    version_of(source, version, settings);
    let server = config.as_ref().and_then(|config| config.get("serverConfig"));
    take_fields(
        source,
        server.as_ref(),
        &[
            ("advertiseAddress", "advertise-address"),
            ("bindAddress", "bind-address"),
            ("clusterDomain", "cluster-domain"),
            ("httpsListenPort", "https-listen-port"),
            ("kubeAPIServerArg", ARGUMENTS),
            ("serviceCidr", "service-cidr"),
        ],
        settings,
    );
    let at = source.at(server.as_ref().or(config.as_ref()).unwrap_or(spec));
    settings.set("cluster-init", vec![made("true", at.clone())]);
    // What the provider adds stands behind what is written, so that it counts (GenerateInitControlPlaneConfig).
    const SUITES: &str = "tls-cipher-suites=TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,\
                          TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,\
                          TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305,\
                          TLS_RSA_WITH_AES_128_GCM_SHA256,TLS_RSA_WITH_AES_256_GCM_SHA384";
    settings.add(ARGUMENTS, made("anonymous-auth=true", at.clone()));
    settings.add(ARGUMENTS, made(SUITES, at));
    Product::K3s
}

fn version_of(source: &Source<'_>, version: Option<Cursor<'_>>, settings: &mut Settings) {
    let Some(version) = version else { return };
    if let Some(release) = version.text().and_then(release) {
        settings.version = Some((release, source.at(&version)));
    }
}

/// Fields that are settings under another name.
fn take_fields(source: &Source<'_>, holder: Option<&Cursor<'_>>, fields: &[(&str, &str)], settings: &mut Settings) {
    for (field, name) in fields {
        let Some(found) = holder.and_then(|holder| holder.get(field)).filter(|found| !found.is_null()) else {
            continue;
        };
        let given = values(source, &found);
        if !given.is_empty() {
            settings.set(name, given);
        }
    }
}

/// The range of services, which the object `Cluster` says: one beside it in the same text, or none that is seen.
fn services(source: &Source<'_>, spec: &Cursor<'_>, settings: &mut Settings) {
    let clusters: Vec<Cursor<'_>> = source
        .documents()
        .map(|document| document.cursor())
        .filter(|root| {
            let text = |key: &str| root.get(key).and_then(|value| value.text().map(str::to_owned));
            text("kind").as_deref() == Some("Cluster")
                && text("apiVersion").is_some_and(|version| version.starts_with("cluster.x-k8s.io/"))
        })
        .collect();
    let blocks = match clusters.as_slice() {
        [cluster] => {
            let network = cluster.get("spec").and_then(|spec| spec.get("clusterNetwork"));
            let blocks = network.and_then(|network| network.get("services")?.get("cidrBlocks"));
            blocks.map_or_else(Vec::new, |blocks| values(source, &blocks))
        }
        _ => {
            let gap = Gap {
                kind: GapKind::NotCollected,
                reason: "the object `Cluster` says it".to_owned(),
                wanted: "the object `Cluster` of Cluster API".to_owned(),
                who_could_answer: "give it in the same file".to_owned(),
            };
            vec![Given { unresolved: Some(gap), ..made("10.43.0.0/16", source.at(spec)) }]
        }
    };
    if !blocks.is_empty() {
        settings.set("service-cidr", blocks);
    }
}
