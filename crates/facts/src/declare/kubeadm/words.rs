//! The command line that kubeadm makes: what it adds by itself, what `extraArgs` says, and what stood behind both.

use model::{Gap, GapKind, Site};

use super::{
    Configuration, Fallback, KUBEADM,
    added::{self, ADDED, ETCD, NEWEST, OLDEST},
    authorizers::AUTHORIZERS,
    etcd::{ADVERTISE, ETCD_FIELDS, LISTEN},
    files::{AUDIT_LOG, AUDIT_POLICY},
    given::{Argument, Found, field, find, is_true, made, repeated},
    minors,
};
use crate::{Hand, Word, declare::command::unfilled};

/// kubeadm's manifests of 1.20.0 name an issuer, those of 1.19.3 do not.
const ISSUER: (u16, u16) = (20, NEWEST);

/// Adds a flag with its value, where that stands, whose hand it is, and the minor releases in which it is there.
type Push<'p> = dyn FnMut(&str, &str, Site, Hand, (u16, u16)) + 'p;

impl<'a> Configuration<'a> {
    pub(super) fn words(&self, given: &[Argument]) -> Vec<Word> {
        let is_given = |flag: &str| given.iter().any(|argument| argument.name == flag);
        let mut words = self.defaults(&is_given);
        let authorizers: Vec<&Argument> = given.iter().filter(|argument| argument.name == AUTHORIZERS).collect();
        let mut others: Vec<&Argument> = given.iter().filter(|argument| argument.name != AUTHORIZERS).collect();
        others.sort_by(|a, b| a.name.cmp(&b.name));
        for same in others.chunk_by(|a, b| a.name == b.name) {
            words.extend(repeated(same));
        }
        words.extend(self.authorizers(authorizers.last().copied(), is_given("authorization-config")));
        words.extend(self.behind());
        words
    }

    /// What kubeadm adds and `extraArgs` can override.
    pub(super) fn defaults(&self, is_given: &dyn Fn(&str) -> bool) -> Vec<Word> {
        let home = self.home();
        let mut words = Vec::new();
        let mut push = |flag: &str, value: &str, site: Site, hand: Hand, releases: (u16, u16)| {
            if is_given(flag) {
                return;
            }
            words.push(Word {
                text: format!("--{flag}={value}"),
                unresolved: unfilled(value),
                site,
                hand,
                releases: Some(minors(releases.0, releases.1)),
            });
        };
        let always = (OLDEST, NEWEST);
        let folder = find(&self.cluster, &["certificatesDir"]).filter(|folder| folder.text().is_some());
        let certificates = self.certificates();
        let external = self.external_etcd();
        let cloud = find(&self.cluster, &["cloudProvider"]).and_then(|found| found.text());
        let in_cloud = matches!(cloud.as_deref(), Some("aws" | "gce"));
        for added in &ADDED {
            if external.is_some() && ETCD.contains(&added.flag) {
                continue;
            }
            match (&added.value, &folder) {
                (added::Value::Text(text), _) => {
                    // deprecatedV19AdmissionControl of v1.9.0 and v1.10.0 is for the clouds whose volumes the plugin labels.
                    let labels = added.flag == "admission-control" && matches!(added.releases, (9 | 10, _)) && in_cloud;
                    let text = if labels {
                        text.replacen("ServiceAccount,", "ServiceAccount,PersistentVolumeLabel,", 1)
                    } else {
                        (*text).to_owned()
                    };
                    push(added.flag, &text, home.clone(), Hand::Default(KUBEADM), added.releases);
                }
                (added::Value::Certificate(file), folder) => {
                    let path = format!("{certificates}/{file}");
                    let (site, hand) = match folder {
                        None => (home.clone(), Hand::Default(KUBEADM)),
                        Some(folder) => made(folder, "`certificatesDir` decides it"),
                    };
                    push(added.flag, &path, site, hand, added.releases);
                }
            }
        }

        // cmd/kubeadm/app/apis/kubeadm/*/defaults.go: DefaultServicesSubnet, DefaultServiceDNSDomain, DefaultAPIBindPort.
        let subnet = find(&self.cluster, &["networking", "serviceSubnet"]);
        match subnet.as_ref().and_then(|found| Some((found, found.text()?))) {
            Some((found, text)) => push("service-cluster-ip-range", &text, field(found), Hand::Written, always),
            None => {
                if let Some((text, site, hand)) = self.around.subnet.value("10.96.0.0/12", &home) {
                    push("service-cluster-ip-range", &text, site, hand, always);
                }
            }
        }
        let domain = find(&self.cluster, &["networking", "dnsDomain"]);
        let domain = match domain.as_ref().and_then(|found| Some((found, found.text()?))) {
            Some((found, text)) => {
                let (site, hand) = made(found, "`networking.dnsDomain` decides it");
                Some((text, site, hand))
            }
            None => self.around.domain.value("cluster.local", &home),
        };
        if let Some((domain, site, hand)) = domain {
            push("service-account-issuer", &format!("https://kubernetes.default.svc.{domain}"), site, hand, ISSUER);
        }
        match self.endpoint("bindPort").as_ref().and_then(|found| Some((found, found.text()?))) {
            // A port of 0 is filled in like one that is not there.
            Some((found, text)) if text != "0" => push("secure-port", &text, field(found), Hand::Written, always),
            _ => {
                if let Some((text, site, hand)) = self.around.port.value("6443", &home) {
                    push("secure-port", &text, site, hand, always);
                }
            }
        }

        if let Some(external) = &external {
            let endpoints: Vec<String> = external.endpoints.items().iter().filter_map(Found::text).collect();
            push("etcd-servers", &endpoints.join(","), field(&external.endpoints), Hand::Written, (11, NEWEST));
            for (flag, file) in ETCD.iter().zip(&external.files) {
                let Some((file, text)) = file.as_ref().and_then(|file| Some((file, file.text()?))) else { continue };
                push(flag, &text, field(file), Hand::Written, (11, NEWEST));
            }
        } else {
            let six = self
                .endpoint("advertiseAddress")
                .and_then(|found| found.text())
                .map_or(self.around.is_six, |ip| ip.contains(':'));
            // The address of the same family came between 1.15 and 1.16.
            let (older, newer) =
                ("https://127.0.0.1:2379", if six { "https://[::1]:2379" } else { "https://127.0.0.1:2379" });
            let until =
                if self.etcd_argument(LISTEN).is_some() || self.etcd_argument(ADVERTISE).is_some() { 11 } else { 12 };
            push("etcd-servers", older, home.clone(), Hand::Default(KUBEADM), (11, until));
            match self.etcd_argument(ADVERTISE).as_ref().and_then(|found| Some((found, found.text()?))) {
                Some((found, text)) => {
                    let (site, hand) = made(found, "etcd's `advertise-client-urls` decides it");
                    push("etcd-servers", &text, site, hand, (13, NEWEST));
                }
                None => {
                    push("etcd-servers", older, home.clone(), Hand::Default(KUBEADM), (13, 15));
                    push("etcd-servers", newer, home.clone(), Hand::Default(KUBEADM), (16, NEWEST));
                }
            }
        }
        self.by_early_gates((11, 12), (11, 12), &mut push);
        // Added in 1.16, gone with the gate in 1.24 (pull request 106648).
        if let Some(found) = self.gate("IPv6DualStack") {
            let value = format!("IPv6DualStack={}", is_true(&found));
            let (site, hand) = made(&found, "kubeadm's feature gate `IPv6DualStack` decides it");
            push("feature-gates", &value, site, hand, (16, 23));
        }
        words.extend(self.advertised(is_given, (8, NEWEST)));
        words.extend(self.unseen(is_given));
        words.extend(self.moving_etcd().filter(|_| !is_given("etcd-servers") && external.is_none()));
        words
    }

    /// What kubeadm surely adds, and what of it stands where nobody looked.
    pub(super) fn unseen(&self, is_given: &dyn Fn(&str) -> bool) -> Vec<Word> {
        let around = &self.around;
        let says = |path: &[&str]| find(&self.cluster, path).is_some_and(|found| found.text().is_some());
        let always = (OLDEST, NEWEST);
        let parts = [
            ("service-cluster-ip-range", &around.subnet, says(&["networking", "serviceSubnet"]), always),
            ("service-account-issuer", &around.domain, says(&["networking", "dnsDomain"]), ISSUER),
            ("secure-port", &around.port, self.endpoint("bindPort").is_some(), always),
        ];
        let word = |(flag, fallback, is_said, (from, to)): (&str, &Fallback, bool, (u16, u16))| match fallback {
            Fallback::Unseen(gap) if !is_said && !is_given(flag) => Some(Word {
                text: format!("--{flag}="),
                site: self.home(),
                unresolved: Some(gap.clone()),
                hand: Hand::Default(KUBEADM),
                releases: Some(minors(from, to)),
            }),
            _ => None,
        };
        parts.into_iter().filter_map(word).collect()
    }

    /// The address that the server tells its clients; without one kubeadm takes that of the node's default route.
    pub(super) fn advertised(&self, is_given: &dyn Fn(&str) -> bool, releases: (u16, u16)) -> Option<Word> {
        if is_given("advertise-address") && releases.0 >= 8 {
            return None;
        }
        let releases = Some(minors(releases.0, releases.1));
        let address = self.endpoint("advertiseAddress");
        Some(match address.as_ref().and_then(|found| Some((found, found.text()?))) {
            Some((found, text)) => Word {
                unresolved: unfilled(&text),
                releases,
                ..Word::written(format!("--advertise-address={text}"), field(found))
            },
            None => Word {
                text: "--advertise-address=".to_owned(),
                site: self.home(),
                unresolved: Some(Gap {
                    kind: GapKind::Unresolved,
                    reason: "kubeadm takes the address of the node's default route".to_owned(),
                    wanted: "the address of the node".to_owned(),
                    who_could_answer: "the manifest that kubeadm wrote on the node".to_owned(),
                }),
                hand: Hand::Default(KUBEADM),
                releases,
            },
        })
    }

    /// What kubeadm adds behind everything else up to 1.10, so that it wins over `extraArgs`.
    pub(super) fn behind(&self) -> Vec<Word> {
        let mut words: Vec<Word> = self.advertised(&|_| false, (OLDEST, 7)).into_iter().collect();
        let home = self.home();
        let mut push = |flag: &str, value: &str, site: Site, hand: Hand, releases: (u16, u16)| {
            words.push(Word {
                text: format!("--{flag}={value}"),
                unresolved: unfilled(value),
                site,
                hand,
                releases: Some(minors(releases.0, releases.1)),
            });
        };
        let external = self.external_etcd();
        // v1.6.0 to v1.9.0 pass the files whether or not etcd is somebody else's; v1.10.0 has its own.
        match &external {
            Some(external) => {
                let endpoints: Vec<String> = external.endpoints.items().iter().filter_map(Found::text).collect();
                push("etcd-servers", &endpoints.join(","), field(&external.endpoints), Hand::Written, (OLDEST, 10));
            }
            None => {
                push("etcd-servers", "http://127.0.0.1:2379", home.clone(), Hand::Default(KUBEADM), (OLDEST, 9));
                push("etcd-servers", "https://127.0.0.1:2379", home.clone(), Hand::Default(KUBEADM), (10, 10));
            }
        }
        let until = if external.is_some() { 10 } else { 9 };
        for (flag, name) in ETCD.iter().zip(ETCD_FIELDS) {
            let file =
                find(&self.cluster, &["etcd", name]).or_else(|| find(&self.cluster, &["etcd", "external", name]));
            if let Some((file, text)) = file.as_ref().and_then(|file| Some((file, file.text()?))) {
                push(flag, &text, field(file), Hand::Written, (OLDEST, until));
            }
        }
        if let Some((found, text)) = find(&self.cluster, &["cloudProvider"]).and_then(|found| {
            let text = found.text()?;
            Some((found, text))
        }) {
            // kubeadm 1.11 moves it into the arguments (v1alpha1/conversion.go, UpgradeCloudProvider).
            push("cloud-provider", &text, field(&found), Hand::Written, (OLDEST, 11));
        }
        self.by_early_gates((9, 10), (10, 10), &mut push);
        words
    }

    /// `localAPIEndpoint`, which had other names before v1beta1.
    pub(super) fn endpoint(&self, field: &str) -> Option<Found<'a>> {
        ["localAPIEndpoint", "apiEndpoint", "api"].iter().find_map(|name| find(&self.init, &[name, field]))
    }

    /// What the feature gates of early releases set, those of `Auditing` in releases of their own.
    fn by_early_gates(&self, releases: (u16, u16), auditing: (u16, u16), push: &mut Push<'_>) {
        for (gate, flag, value, releases) in [
            ("HighAvailability", "endpoint-reconciler-type", "lease", releases),
            ("DynamicKubeletConfig", "feature-gates", "DynamicKubeletConfig=true", releases),
            ("Auditing", "audit-policy-file", AUDIT_POLICY, auditing),
            ("Auditing", "audit-log-path", AUDIT_LOG, auditing),
        ] {
            if let Some(found) = self.gate(gate).filter(is_true) {
                let (site, hand) = made(&found, &format!("kubeadm's feature gate `{gate}` decides it"));
                push(flag, value, site, hand, releases);
            }
        }
        if let Some((age, site, hand)) = self.audit_age() {
            push("audit-log-maxage", &age, site, hand, auditing);
        }
    }

    pub(super) fn gate(&self, name: &str) -> Option<Found<'a>> {
        find(&self.cluster, &["featureGates", name])
    }

    /// How many days of audit logs kubeadm has the server keep: two, where nothing is said (DefaultAuditPolicyLogMaxAge).
    pub(super) fn audit_age(&self) -> Option<(String, Site, Hand)> {
        let gate = self.gate("Auditing").filter(is_true)?;
        match find(&self.cluster, &["auditPolicy", "logMaxAge"]).and_then(|age| Some((age.text()?, field(&age)))) {
            Some((age, site)) => Some((age, site, Hand::Written)),
            None => {
                let (site, hand) = made(&gate, "kubeadm's feature gate `Auditing` decides it");
                Some(("2".to_owned(), site, hand))
            }
        }
    }
}
