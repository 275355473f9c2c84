//! Ways into a cluster for everybody's traffic: Ingresses, Gateways, and the routes that hang on those.

use std::sync::Arc;

use model::{Location, Span};
use yaml::Cursor;

use super::{
    Meta,
    kinds::{Spot, Words},
};

/// An Ingress (k8s.io/api networking/v1/types.go, `IngressSpec`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ingress {
    pub meta: Meta,
    /// Whose requests are passed on: a name each, empty for whatever name.
    pub hosts: Vec<Named>,
    /// The names for which TLS is terminated, empty for whatever name.
    pub tls: Vec<Arc<str>>,
    /// An annotation that gives its controller a certificate in some other way.
    pub certified: Option<&'static str>,
    span: Span,
}

/// A name, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub name: Arc<str>,
    pointer: String,
    span: Span,
}

/// A Gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    pub meta: Meta,
    pub listeners: Vec<GatewayListener>,
}

/// Where a Gateway listens (gateway-api apis/v1/gateway_types.go, `Listener`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayListener {
    pub name: Arc<str>,
    /// `HTTP`, `HTTPS`, `TLS`, `TCP`, `UDP`, or one of an implementation.
    pub protocol: Arc<str>,
    pub port: Option<u16>,
    pointer: String,
    span: Span,
}

/// An HTTPRoute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub meta: Meta,
    parents: Vec<Parent>,
    /// Whether all that it does is to send everybody to https.
    pub redirects: bool,
}

/// On what a route hangs (gateway-api apis/v1/shared_types.go, `ParentReference`); what is empty is left open.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Parent {
    namespace: Arc<str>,
    name: Arc<str>,
    section: Arc<str>,
    port: Option<u16>,
}

/// Annotations by which controllers are given certificates that `spec.tls` does not name: AWS' and Google's load balancers,
/// Application Gateway, Traefik.
pub(crate) const CERTIFIED: [&str; 6] = [
    "alb.ingress.kubernetes.io/certificate-arn",
    "appgw.ingress.kubernetes.io/appgw-ssl-certificate",
    "ingress.gcp.kubernetes.io/pre-shared-cert",
    "networking.gke.io/certmap",
    "networking.gke.io/managed-certificates",
    "traefik.ingress.kubernetes.io/router.tls",
];

impl Ingress {
    /// The names that are passed on without TLS as far as `spec.tls` says.
    pub fn uncovered(&self) -> impl Iterator<Item = &Named> {
        self.hosts.iter().filter(|host| !self.tls.iter().any(|tls| covers(tls, &host.name)))
    }

    /// Where a name stands.
    pub fn host_at(&self, host: &Named) -> Location {
        self.meta.part(&host.pointer, host.span)
    }

    /// Its `spec`.
    pub fn spec_at(&self) -> Location {
        self.meta.part("/spec", self.span)
    }
}

/// Whether TLS for one name is TLS for the other: for whatever name, for the same, or for all below one (the first part alone).
fn covers(tls: &str, host: &str) -> bool {
    tls.is_empty()
        || tls.eq_ignore_ascii_case(host)
        || tls.strip_prefix("*.").is_some_and(|below| {
            host.split_once('.').is_some_and(|(first, rest)| !first.is_empty() && rest.eq_ignore_ascii_case(below))
        })
}

impl Gateway {
    /// Where a listener stands.
    pub fn listener_at(&self, listener: &GatewayListener) -> Location {
        self.meta.part(&listener.pointer, listener.span)
    }
}

impl Route {
    /// Whether it hangs on a listener.
    pub fn hangs_on(&self, gateway: &Gateway, listener: &GatewayListener) -> bool {
        self.parents.iter().any(|parent| {
            let namespace = if parent.namespace.is_empty() { &self.meta.namespace } else { &parent.namespace };
            parent.name == gateway.meta.name
                && *namespace == gateway.meta.namespace
                && (parent.section.is_empty() || parent.section == listener.name)
                && parent.port.is_none_or(|port| Some(port) == listener.port)
        })
    }
}

fn list<'c>(cursor: &Cursor<'c>, key: &str) -> Vec<Cursor<'c>> {
    cursor.get(key).map(|list| list.items().collect()).unwrap_or_default()
}

fn number(cursor: &Cursor<'_>, key: &str) -> Option<u16> {
    cursor.get(key)?.text()?.parse().ok()
}

pub(super) fn ingress(object: &Cursor<'_>, meta: Meta, spot: &Spot<'_>, words: &mut Words) -> Option<Ingress> {
    let spec = object.get("spec").filter(|spec| spec.mapping().is_some())?;
    let mut hosts: Vec<Named> = Vec::new();
    for (at, rule) in list(&spec, "rules").iter().enumerate() {
        let host = rule.get("host").filter(|host| host.text().is_some_and(|text| !text.is_empty()));
        let name = words.word(host.as_ref().and_then(Cursor::text).unwrap_or_default());
        if hosts.iter().any(|known| known.name == name) {
            continue;
        }
        let (pointer, place) = match &host {
            Some(host) => (format!("/spec/rules/{at}/host"), host),
            None => (format!("/spec/rules/{at}"), rule),
        };
        hosts.push(Named { name, pointer, span: spot.span(place) });
    }
    // Whoever no rule is about goes to the default (`backend` until v1beta1).
    let default = ["defaultBackend", "backend"].into_iter().find_map(|key| Some((key, spec.get(key)?)));
    if let Some((key, backend)) = default.filter(|_| hosts.iter().all(|host| !host.name.is_empty())) {
        hosts.push(Named { name: words.word(""), pointer: format!("/spec/{key}"), span: spot.span(&backend) });
    }
    let mut tls = Vec::new();
    for one in list(&spec, "tls") {
        let names = words.list(&one, "hosts");
        // Without names it is for all of them.
        if names.is_empty() {
            tls.push(words.word(""));
        }
        tls.extend(names.iter().cloned());
    }
    let annotations = object.at("/metadata/annotations");
    let says = |key: &&'static str| {
        let value = annotations.as_ref().and_then(|annotations| annotations.get(key));
        value.is_some_and(|value| value.text().is_some_and(|text| !matches!(text, "" | "false")))
    };
    let certified = CERTIFIED.into_iter().find(says);
    Some(Ingress { meta, hosts, tls, certified, span: spot.span(&spec) })
}

pub(super) fn gateway(object: &Cursor<'_>, meta: Meta, spot: &Spot<'_>, words: &mut Words) -> Option<Gateway> {
    let spec = object.get("spec")?;
    let listener = |(at, one): (usize, &Cursor<'_>)| GatewayListener {
        name: words.of(one, "name"),
        protocol: words.of(one, "protocol"),
        port: number(one, "port"),
        pointer: format!("/spec/listeners/{at}"),
        span: spot.span(one),
    };
    let listeners = list(&spec, "listeners").iter().enumerate().map(listener).collect();
    Some(Gateway { meta, listeners })
}

/// Every rule of it has to answer for itself: one that passes requests on redirects nobody.
pub(super) fn route(object: &Cursor<'_>, meta: Meta, words: &mut Words) -> Option<Route> {
    let spec = object.get("spec")?;
    let parent = |one: &Cursor<'_>| Parent {
        namespace: words.of(one, "namespace"),
        name: words.of(one, "name"),
        section: words.of(one, "sectionName"),
        port: number(one, "port"),
    };
    let parents = list(&spec, "parentRefs").iter().map(parent).collect();
    let rules = list(&spec, "rules");
    let to_https =
        |filter: &Cursor<'_>| filter.at("/requestRedirect/scheme").is_some_and(|scheme| scheme.text() == Some("https"));
    let redirects = !rules.is_empty() && rules.iter().all(|rule| list(rule, "filters").iter().any(to_https));
    Some(Route { meta, parents, redirects })
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_name_covers_itself_and_a_star_one_part_of_a_name() {
        for (tls, host, so) in [
            ("", "", true),
            ("", "a.example", true),
            ("a.example", "A.example", true),
            ("a.example", "", false),
            ("*.example", "a.example", true),
            ("*.example", "*.example", true),
            ("*.example", "b.a.example", false),
            ("*.example", "example", false),
            ("*.example", ".example", false),
            ("a.example", "*.example", false),
        ] {
            assert_eq!(covers(tls, host), so, "{tls} {host}");
        }
    }
}
