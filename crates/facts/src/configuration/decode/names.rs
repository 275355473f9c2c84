//! Files that a document names: they are remembered, and one that is known not to be there is a problem.

use model::{Body, Evidence};

use super::{Decoder, Placed, shown};
use crate::{Contents, File, kubeconfig, pki};

impl<'a> Decoder<'a> {
    /// Remembers a file that this one names, and says so where it is known not to be there.
    pub(in crate::configuration) fn wants(&mut self, path: &Placed<String>) {
        self.names(path, Contents::Unneeded);
    }

    /// The same of a file with keys or certificates, and what they are.
    pub(in crate::configuration) fn wants_keys(&mut self, path: &Placed<String>) {
        self.names(path, Contents::Keys);
    }

    /// The keys and certificates of such a file, where they can be seen.
    pub(in crate::configuration) fn keys_of(&self, path: &Placed<String>) -> Option<Vec<pki::Placed>> {
        match self.around.files?.look(&path.value) {
            File::Read(evidence) => pki::read(evidence),
            _ => None,
        }
    }

    /// The same of a kubeconfig.
    pub(in crate::configuration) fn wants_kubeconfig(&mut self, path: &Placed<String>) {
        self.names(path, Contents::Kubeconfig);
    }

    /// The same of the kubeconfig of a webhook that the server asks for its client at once.
    pub(in crate::configuration) fn calls(&mut self, path: &Placed<String>) {
        self.wants_kubeconfig(path);
        let Some(files) = self.around.files else { return };
        let File::Read(evidence) = files.look(&path.value) else { return };
        for changes in kubeconfig::CHANGES {
            self.since(changes);
        }
        if let Some(fault) = kubeconfig::fault(evidence, &path.value, self.minor, files) {
            self.push(fault.kind, true, path.at.clone(), format!("`{}` {}", shown(&path.value), fault.message), None);
        }
        let led_to = kubeconfig::named(evidence, &path.value);
        self.names.extend(led_to.into_iter().map(|one| (one.path, one.contents)));
    }

    /// The same of a file like this one, and its contents where they can be seen.
    pub(in crate::configuration) fn reads(&mut self, path: &Placed<String>) -> Option<&'a Evidence> {
        self.names(path, Contents::Text);
        match self.around.files?.look(&path.value) {
            File::Read(evidence) if matches!(evidence.body, Body::Text(_)) => Some(evidence),
            _ => None,
        }
    }

    fn names(&mut self, path: &Placed<String>, contents: Contents) {
        if let Some(files) = self.around.files
            && let Some((kind, fault)) = files.look(&path.value).fault()
        {
            let message = format!("`{}` {fault}", shown(&path.value));
            self.push(kind, true, path.at.clone(), message, None);
        }
        self.names.push((path.clone(), contents));
    }
}
