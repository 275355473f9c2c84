//! The kubelet of a profile of minikube: the document that it hands kubeadm, and options as flags.
//!
//! kubernetes/minikube v1.38.1, pkg/minikube/bootstrapper/bsutil: kubelet.go (extraKubeletOpts) and the templates of ktmpl, whose
//! document for kubelets has been the same since v1.9.

use model::{Evidence, Form, GapKind, Site};
use yaml::Cursor;

use super::{CERTIFICATES, MOST, NAME, OF_KUBEADM, Profile, profile, text_of};
use crate::{
    Hand, Word,
    declare::{
        Source, command,
        command::unfilled,
        kubelet::{
            KubeletLine,
            made::{Made, Nodes, unseen},
        },
    },
};

const HOME: Form = Form::ByHand("give it as `--extra-config=kubelet.NAME=VALUE` when minikube starts");

/// Options that stand in the document under another name, and never were flags.
const FIELDS: [(&str, &str); 2] =
    [("FailCgroupV1", "failCgroupV1"), ("localStorageCapacityIsolation", "localStorageCapacityIsolation")];

pub(in crate::declare) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    super::speaks(text)
}

pub(in crate::declare) fn runs(source: &Source<'_>) -> bool {
    source.documents().any(|document| profile(&document.cursor()).is_some_and(|own| options(&own).next().is_some()))
}

/// The kubelet of every profile that gives it an option; of others there is nothing to say that kubeadm does not.
pub(in crate::declare) fn lines(source: &Source<'_>, _: &[Evidence]) -> Vec<KubeletLine> {
    let mut found = Vec::new();
    for document in source.documents() {
        let root = document.cursor();
        let Some(kubernetes) = profile(&root).filter(|own| options(own).next().is_some()) else { continue };
        let mut nodes = Profile { source, root, kubernetes }.kubelet();
        nodes.problems = source.problems(document);
        found.push(nodes.line(source));
    }
    found
}

fn options<'a>(kubernetes: &Cursor<'a>) -> impl Iterator<Item = Cursor<'a>> + use<'a> {
    let listed: Vec<Cursor<'a>> =
        kubernetes.get("ExtraOptions").iter().flat_map(|list| list.items().take(MOST)).collect();
    listed.into_iter().filter(|option| text_of(option, "Component").as_deref() == Some("kubelet"))
}

impl Profile<'_> {
    fn kubelet(&self) -> Nodes {
        let home = Site { at: self.source.at(&self.kubernetes), form: HOME };
        let mut made = Made::new(NAME, self.source, home.clone()).for_kubeadm();
        made.adds("authentication.x509.clientCAFile", format!("{CERTIFICATES}/ca.crt"));
        made.adds("evictionHard", "imagefs.available=0%,nodefs.available=0%,nodefs.inodesFree=0%");
        made.adds("failSwapOn", "false");
        made.adds("imageGCHighThresholdPercent", "100");
        made.adds("staticPodPath", "/etc/kubernetes/manifests");
        match self.text(&self.kubernetes, "DNSDomain") {
            Some((domain, site)) => made.makes("clusterDomain", domain, site.at, "`DNSDomain` decides it", None),
            None => made.adds("clusterDomain", "cluster.local"),
        }
        for name in ["cgroupDriver", "clusterDNS", "containerRuntimeEndpoint", "resolvConf"] {
            made.leaves_open(name, unseen(GapKind::Unresolved, "minikube works it out on the node"), None);
        }
        let mut words: Vec<Word> = Vec::new();
        for option in options(&self.kubernetes) {
            let Some((name, value)) = text_of(&option, "Key").zip(option.get("Value")) else { continue };
            let text = value.text().unwrap_or_default().to_owned();
            let site = Site { at: self.source.at(&value), form: Form::Field };
            if let Some((_, field)) = FIELDS.iter().find(|(own, _)| *own == name) {
                made.writes(field, Some(text), site.at, Form::Field, None);
                continue;
            }
            let begins = format!("--{name}=");
            words.retain(|word| !word.text.starts_with(&begins));
            words.push(Word { unresolved: unfilled(&text), ..Word::written(format!("{begins}{text}"), site) });
        }
        if let Some((gates, site)) = self.text(&self.kubernetes, "FeatureGates") {
            let of_components = |gate: &&str| {
                let name = gate.split('=').next().unwrap_or_default().trim();
                !name.is_empty() && !OF_KUBEADM.contains(&name)
            };
            let own: Vec<&str> = gates.split(',').filter(of_components).collect();
            if !own.is_empty() {
                words.retain(|word| !word.text.starts_with("--feature-gates="));
                let hand = Hand::Made("`FeatureGates` decides it".to_owned());
                words.push(Word { hand, ..Word::written(format!("--feature-gates={}", own.join(",")), site) });
            }
        }
        let name = text_of(&self.root, "Name").filter(|name| !name.is_empty());
        if !words.iter().any(|word| word.text.starts_with("--hostname-override=")) {
            let unresolved =
                name.is_none().then(|| unseen(GapKind::Unresolved, "minikube gives it the name of the machine"));
            let text = format!("--hostname-override={}", name.as_deref().unwrap_or_default());
            words.push(Word { hand: Hand::Default(NAME), unresolved, ..Word::written(text, home.clone()) });
        }
        let open_ended = command::shorten(&mut words);
        Nodes {
            words,
            open_ended,
            list: Some(home),
            version: self.version(),
            made: Some(made),
            ..Nodes::new(NAME, name.unwrap_or_else(|| self.source.evidence.as_str().to_owned()))
        }
    }
}
