//! What an image says of what it holds.

use model::Version;

/// The components of Kubernetes that run from images of their own.
pub const COMPONENTS: [&str; 4] = ["kube-apiserver", "kube-controller-manager", "kube-proxy", "kube-scheduler"];

/// The last part of the name of an image, and its release where its tag is one: `registry.k8s.io/kube-proxy:v1.31.2`.
pub fn parts(image: &str) -> (&str, Option<Version>) {
    let image = image.split('@').next().unwrap_or(image);
    let name = image.rsplit('/').next().unwrap_or(image);
    match name.split_once(':') {
        Some((name, tag)) => (name, tag.parse().ok()),
        None => (name, None),
    }
}

/// The component of Kubernetes that an image holds, also where its name carries an architecture.
pub fn component(image: &str) -> Option<(&'static str, Option<Version>)> {
    let (name, version) = parts(image);
    let known = COMPONENTS
        .into_iter()
        .find(|known| name == *known || name.strip_prefix(known).is_some_and(|rest| rest.starts_with("-a")))?;
    Some((known, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_known_by_the_end_of_its_name() {
        for (image, expected) in [
            ("registry.k8s.io/kube-proxy:v1.31.2", Some(("kube-proxy", Some("1.31.2")))),
            ("host:5000/a/kube-apiserver-amd64:v1.20.2@sha256:00", Some(("kube-apiserver", Some("1.20.2")))),
            ("kube-scheduler:latest", Some(("kube-scheduler", None))),
            ("registry.k8s.io/kube-proxy-sidecar:v1.0.0", None),
            ("nginx", None),
        ] {
            let found = component(image).map(|(name, version)| (name, version.map(|version| version.to_string())));
            assert_eq!(found.as_ref().map(|(name, version)| (*name, version.as_deref())), expected, "{image}");
        }
    }
}
