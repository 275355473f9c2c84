//! OpenShift's configuration of the API server: what its server reads (`KubeAPIServerConfig`), by itself or in the ConfigMap
//! of a control plane that is hosted, and the resources from which an operator makes it (`KubeAPIServer`, `APIServer`, and
//! `HostedCluster` and `HostedControlPlane` of HyperShift, which have the fields of an `APIServer` in them);
//! of OpenShift 3 the configuration of its master (`master`).
//!
//! The server makes flags of it (openshift/kubernetes, openshift-kube-apiserver/openshiftkubeapiserver/flags.go, ConfigToFlags):
//! `apiServerArguments` first, other fields where no argument is given. The first releases of OpenShift 4 also filled in what
//! neither says; later ones have the operator write it, so that what is missing then is not known. A resource says only a
//! part of it (cluster-kube-apiserver-operator, pkg/operator/configobservation), and leaves the rest open.

mod config;
mod defaults;
pub(super) mod kubelet;
mod master;
mod started;
mod tls;

use model::{Evidence, Form, Gap, GapKind, Location, Minor, Problem, Site, Version};
use yaml::Cursor;

use self::config::Config;
pub use self::started::belong_together;
pub(super) use self::started::{complete, files, is_copy, names_its_configuration};
use super::{
    Source,
    command::Program,
    embedded,
    layers::Layers,
    lookup::{is_of, name_of, text_of},
};
use crate::{Carried, Invocation, Mount, Releases, Word};

const NAME: &str = "OpenShift";
const CONFIG: &str = "kubecontrolplane.config.openshift.io/";
const OPERATOR: &str = "operator.openshift.io/";
const RESOURCE: &str = "config.openshift.io/";
const HOSTED: &str = "hypershift.openshift.io/";

/// The first release of OpenShift 4 has Kubernetes 1.12 in it.
const RELEASES: Releases = Some((Minor::new(1, 12), Minor::new(1, u16::MAX)));

/// More arguments than any server has, and more objects than a cluster has of them.
const MOST: usize = 512;

const BY_RESOURCE: Form =
    Form::ByHand("the operator of OpenShift writes this; change the resource `APIServer` of `config.openshift.io`");

const BY_HOSTED: Form =
    Form::ByHand("HyperShift writes this; change `spec.configuration.apiServer` of the HostedCluster");

const BY_MASTER: Form = Form::ByHand("change `/etc/origin/master/master-config.yaml` and start the master again");

const POLICY: &str = "/etc/kubernetes/static-pod-resources/configmaps/kube-apiserver-audit-policies/policy.yaml";
const NO_POLICY: &str = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: None\n";

/// Whether a text holds the words without which it declares nothing.
pub(super) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    text.contains(CONFIG)
        || text.contains(OPERATOR)
        || text.contains(RESOURCE)
        || text.contains(HOSTED)
        || master::speaks(text)
}

/// Whether a text configures an API server of OpenShift.
pub(super) fn declares(source: &Source<'_>) -> bool {
    !invocations(source, &[]).is_empty()
}

/// Every API server of OpenShift that a text configures; what a pod beside it reads is told with that.
pub(super) fn invocations(source: &Source<'_>, evidence: &[Evidence]) -> Vec<Invocation> {
    let read = started::Read::beside(source, evidence);
    // The operator is told by both resources of a cluster, each by the name `cluster`.
    let (mut resources, mut operators) = (Vec::new(), 0);
    for document in source.documents() {
        for object in started::listed(&document.cursor()) {
            operators += usize::from(Config::of(source, &object).is_some_and(|config| !config.is_file()));
            resources.extend(object.get("spec").filter(|_| is_of(&object, RESOURCE, "APIServer")));
        }
    }
    let beside = resources.pop().filter(|_| resources.is_empty() && operators == 1);
    let mut found = Vec::new();
    started::objects(source, &mut |within, document, object, held| {
        let problems = || within.problems(document);
        if let Some(config) = Config::of(within, object) {
            if !config.is_file() {
                found.push(config.invocation(problems(), beside.as_ref().map(|spec| (source, spec))));
            } else if !read.has(&held) {
                found.push(read.alone(config.invocation(problems(), None)));
            }
        } else if held.map.is_none() && !(beside.is_some() && is_of(object, RESOURCE, "APIServer")) {
            found.extend(resource(within, object, problems()).or_else(|| master::of(within, object, problems())));
        }
    });
    found
}

/// What an `APIServer` of config.openshift.io decides.
fn resource(source: &Source<'_>, object: &Cursor<'_>, problems: Vec<Problem>) -> Option<Invocation> {
    let is_hosted = ["HostedCluster", "HostedControlPlane"].iter().any(|kind| is_of(object, HOSTED, kind));
    if !is_hosted && !is_of(object, RESOURCE, "APIServer") {
        return None;
    }
    let whole = object.get("spec")?;
    let configuration = whole.get("configuration").and_then(|all| all.get("apiServer"));
    // What a hosted cluster does not say is the default of each field.
    let spec = if is_hosted { configuration } else { Some(whole.clone()) };
    let form = if is_hosted { BY_HOSTED } else { BY_RESOURCE };
    let home = Site { at: source.at(spec.as_ref().unwrap_or(&whole)), form };
    let mut flags = Layers::new(NAME, home.clone());
    let policy = if is_hosted {
        defaults::add_hosted(&mut flags);
        defaults::HOSTED_POLICY
    } else {
        defaults::add(&mut flags);
        POLICY
    };
    let carried = observed(source, spec.as_ref(), policy, &mut flags);
    if is_hosted {
        hosted(source, &whole, &mut flags);
    }
    let name = name_of(object);
    let open = unseen("this resource decides a part of what the API server is started with");
    let mut words = flags.words();
    config::may_be_observed(&mut words, &open);
    let mut invocation = invocation(source, name, words, Some(open), home, problems);
    if is_hosted {
        invocation.version = release_of(source, &whole);
    }
    if let Some(file) = carried {
        invocation.mounts.push(Mount::same(policy));
        invocation.carried.push(file);
    }
    Some(invocation)
}

/// What the operator makes of the fields of an API server, with a policy that it writes at a path.
fn observed(source: &Source<'_>, spec: Option<&Cursor<'_>>, policy: &str, flags: &mut Layers) -> Option<Carried> {
    let mut carried = None;
    let of = |name: &str| spec.and_then(|spec| spec.get(name)).filter(|found| !found.is_null());
    match of("tlsSecurityProfile") {
        Some(profile) => tls::profile(source, &profile, flags),
        // Without one the intermediate profile holds.
        None => {
            flags.adds("tls-min-version", "VersionTLS12");
            flags.adds("tls-cipher-suites", tls::intermediate());
        }
    }
    // HyperShift has a field of its own for that.
    if let Some(kind) = of("encryption").and_then(|encryption| encryption.get("type"))
        && policy == POLICY
        && let Some(text) = kind.text().filter(|text| !matches!(*text, "" | "identity"))
    {
        let file = "/etc/kubernetes/static-pod-resources/secrets/encryption-config/encryption-config";
        flags.makes(
            "encryption-provider-config",
            file,
            source.at(&kind),
            format!("`encryption.type: {text}` decides it"),
        );
    }
    if let Some(audit) = of("audit") {
        let off = text_of(&audit, "profile").as_deref() == Some("None") && audit.get("customRules").is_none();
        if off {
            // library-go, pkg/operator/apiserver/audit: a policy that records nothing.
            let how = "`audit.profile: None` makes a policy that records nothing";
            flags.makes("audit-policy-file", policy, source.at(&audit), how);
            carried = Some(embedded::composed(source, policy, NO_POLICY.to_owned(), Vec::new()));
        }
    }
    if let Some(origins) = of("additionalCORSAllowedOrigins").filter(|origins| origins.items().len() > 0) {
        let list: Vec<&str> =
            origins.items().take(MOST).filter_map(|item| item.scalar().map(yaml::Scalar::text)).collect();
        let all = format!("//127\\.0\\.0\\.1(:|$),//localhost(:|$),{}", list.join(","));
        flags.makes(
            "cors-allowed-origins",
            all,
            source.at(&origins),
            "`additionalCORSAllowedOrigins` is added to OpenShift's own",
        );
    }
    carried
}

/// The release of Kubernetes in the one of OpenShift that an image names: 4.N has 1.(N+13) since 4.3.
fn release_of(source: &Source<'_>, spec: &Cursor<'_>) -> Option<(Version, Location)> {
    let image = spec.get("release").and_then(|release| release.get("image")).or_else(|| spec.get("releaseImage"))?;
    let tag = image.text()?.split('@').next()?.rsplit('/').next()?.split_once(':')?.1;
    let minor: u16 = tag.strip_prefix("4.")?.split(['.', '-']).next()?.parse().ok()?;
    let minor = minor.checked_add(13).filter(|_| minor >= 3)?;
    Some((Version::of_minor(Minor::new(1, minor)), source.at(&image)))
}

/// What HyperShift gives on top, whatever the fields of the API server say (openshift/hypershift,
/// control-plane-operator/controllers/hostedcontrolplane/v2/kas/config.go, of August 2026; the same names and values in the
/// ConfigMaps that its tests have for all platforms).
fn hosted(source: &Source<'_>, spec: &Cursor<'_>, flags: &mut Layers) {
    let networks = spec.get("networking").and_then(|networking| networking.get("serviceNetwork"));
    let ranges: Vec<String> = networks
        .iter()
        .flat_map(|list| list.items().take(MOST))
        .filter_map(|network| text_of(&network, "cidr"))
        .collect();
    if let Some(networks) = networks.filter(|_| !ranges.is_empty()) {
        flags.makes(
            "service-cluster-ip-range",
            ranges.join(","),
            source.at(&networks),
            "`networking.serviceNetwork` decides it",
        );
    }
    if let Some(issuer) = spec.get("issuerURL")
        && let Some(text) = issuer.text().filter(|text| !text.is_empty())
    {
        flags.makes("service-account-issuer", text, source.at(&issuer), "`issuerURL` decides it");
    }
    if let Some(webhook) = spec.get("auditWebhook").filter(|webhook| !webhook.is_null()) {
        flags.makes("audit-webhook-mode", "batch", source.at(&webhook), "`auditWebhook` decides it");
    }
    if let Some(encryption) = spec.get("secretEncryption").filter(|encryption| !encryption.is_null()) {
        flags.makes(
            "encryption-provider-config",
            "/etc/kubernetes/secret-encryption/config.yaml",
            source.at(&encryption),
            "`secretEncryption` decides it",
        );
    }
}

fn invocation(
    source: &Source<'_>,
    name: Option<String>,
    words: Vec<Word>,
    open_ended: Option<Gap>,
    list: Site,
    problems: Vec<Problem>,
) -> Invocation {
    let same = |path: &str| Mount { container: path.to_owned(), host: None, read_only: false };
    Invocation {
        open_ended,
        list: Some(list),
        releases: RELEASES,
        mounts: vec![same("/etc/kubernetes"), same("/var/log/kube-apiserver")],
        contained: true,
        distribution: Some(NAME),
        problems,
        ..source.process(Program::ApiServer, name, words)
    }
}

fn unseen(reason: &str) -> Gap {
    Gap {
        kind: GapKind::NotCollected,
        reason: reason.to_owned(),
        wanted: "the ConfigMap `config` of `openshift-kube-apiserver`".to_owned(),
        who_could_answer: "give it as the operator wrote it".to_owned(),
    }
}

fn version_gap(reason: &str) -> Gap {
    Gap { kind: GapKind::Version, ..unseen(reason) }
}
