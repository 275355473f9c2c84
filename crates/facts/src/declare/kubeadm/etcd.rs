//! The etcd that the API server is sent to: kubeadm's own, or somebody else's.

use model::{Gap, GapKind};
use yaml::Cursor;

use super::{
    Configuration, KUBEADM, MANIFESTS, Shape,
    given::{Found, field, find},
    minors,
};
use crate::{Hand, Word, declare::lookup::text_of};

pub(super) const LISTEN: &str = "listen-client-urls";
pub(super) const ADVERTISE: &str = "advertise-client-urls";
pub(super) const ETCD_FIELDS: [&str; 3] = ["caFile", "certFile", "keyFile"];

/// An etcd that is not kubeadm's own, and the files that go with it.
pub(super) struct External<'a> {
    pub(super) endpoints: Found<'a>,
    pub(super) files: [Option<Found<'a>>; 3],
}

impl<'a> Configuration<'a> {
    /// An etcd that is not kubeadm's own.
    pub(super) fn external_etcd(&self) -> Option<External<'a>> {
        let path: &[&str] = if self.shape == Shape::Alpha1 { &["etcd"] } else { &["etcd", "external"] };
        let below = |name: &'static str| {
            let mut path = path.to_vec();
            path.push(name);
            find(&self.cluster, &path)
        };
        let endpoints = below("endpoints").filter(|found| !found.items().is_empty())?;
        let [ca, cert, key] = ETCD_FIELDS.map(below);
        // A certificate without its key, or the other way round, is passed over.
        let pair = cert.as_ref().and_then(Found::text).is_some() && key.as_ref().and_then(Found::text).is_some();
        Some(External { endpoints, files: [ca, cert.filter(|_| pair), key.filter(|_| pair)] })
    }

    /// An argument of kubeadm's own etcd, in a map or in a list.
    pub(super) fn etcd_argument(&self, name: &str) -> Option<Found<'a>> {
        find(&self.cluster, &["etcd", "local", "extraArgs", name]).or_else(|| {
            let list = find(&self.cluster, &["etcd", "local", "extraArgs"])?;
            let named = |item: &Cursor<'_>| text_of(item, "name").as_deref() == Some(name);
            let cursor = list.cursor.items().filter(named).last()?.get("value")?;
            Some(Found { source: list.source, cursor })
        })
    }

    /// The address of etcd in 1.12, which took `listen-client-urls` at first (commit 089a658420) and later
    /// `advertise-client-urls` (pull request 69827).
    pub(super) fn moving_etcd(&self) -> Option<Word> {
        let found = self.etcd_argument(LISTEN).or_else(|| self.etcd_argument(ADVERTISE))?;
        Some(Word {
            text: "--etcd-servers=".to_owned(),
            site: field(&found),
            unresolved: Some(Gap {
                kind: GapKind::Version,
                reason: "which argument of etcd gives the address depends on the patch release of kubeadm".to_owned(),
                wanted: "the manifest as kubeadm wrote it".to_owned(),
                who_could_answer: MANIFESTS.to_owned(),
            }),
            hand: Hand::Default(KUBEADM),
            releases: Some(minors(12, 12)),
        })
    }
}
