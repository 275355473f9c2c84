//! The kubeconfigs of webhooks that flags name; those that configuration files name are judged with the files.

use model::Problem;

use super::{Checks, shown};
use crate::{Contents, File, Files, apiserver::wants::FILES, kubeconfig};

impl Checks<'_> {
    pub(super) fn webhooks(&mut self, files: &Files<'_>) {
        for (flag, _) in FILES.iter().filter(|(_, contents)| *contents == Contents::Kubeconfig) {
            let Some(path) = self.server.text(flag).filter(|path| !path.is_empty() && self.is_read(flag)) else {
                continue;
            };
            let File::Read(evidence) = files.look(path) else { continue };
            let Some(fault) = kubeconfig::fault(evidence, path, self.minor, files) else { continue };
            self.found.push(Problem {
                kind: fault.kind,
                stops: true,
                message: format!("`{}`, which `--{flag}` names, {}", shown(path), fault.message),
                hint: None,
                location: Some(fault.at),
                setting: Some((*flag).to_owned()),
            });
        }
    }
}
