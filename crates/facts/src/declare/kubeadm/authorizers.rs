//! Who authorizes: `authorizationModes` of v1alpha1, and what kubeadm makes of the argument, by release.

use model::{Gap, Site};

use super::{
    Configuration, KUBEADM,
    added::{NEWEST, OLDEST},
    given::{Argument, Found, field, find, made},
    minors,
};
use crate::{Hand, Word};

pub(super) const AUTHORIZERS: &str = "authorization-mode";
const NODE_AND_RBAC: &str = "Node,RBAC";
const MODES: [&str; 6] = ["Node", "RBAC", "Webhook", "ABAC", "AlwaysAllow", "AlwaysDeny"];

impl Configuration<'_> {
    /// Who authorizes: `authorizationModes` of v1alpha1, and what kubeadm makes of the argument.
    pub(super) fn authorizers(&self, given: Option<&Argument>, configured: bool) -> Vec<Word> {
        let home = self.home();
        let mut words = Vec::new();
        let mut push = |value: String, site: Site, hand: Hand, unresolved: Option<Gap>, from: u16, to: u16| {
            let text = format!("--{AUTHORIZERS}={value}");
            words.push(Word { text, site, unresolved, hand, releases: Some(minors(from, to)) });
        };
        let default = || Hand::Default(KUBEADM);

        // Up to 1.10 the argument stands before what kubeadm adds, and loses (pull request 63879).
        if let Some(given) = given {
            push(given.value.clone(), given.site.clone(), given.hand.clone(), given.unresolved.clone(), OLDEST, 10);
        }
        // v1.6.0 takes one mode beside RBAC, v1.7.0 a list, and kubeadm init of 1.7 adds Node to the default.
        let mode = find(&self.cluster, &["authorizationMode"]).and_then(|found| Some((found.text()?, field(&found))));
        match mode {
            Some((mode, site)) if mode != "RBAC" => {
                push(
                    format!("RBAC,{mode}"),
                    site,
                    Hand::Made("kubeadm puts RBAC before it".to_owned()),
                    None,
                    OLDEST,
                    6,
                );
            }
            _ => push("RBAC".to_owned(), home.clone(), default(), None, OLDEST, 6),
        }
        let modes = find(&self.cluster, &["authorizationModes"]);
        let listed: Vec<String> =
            modes.as_ref().map(|modes| modes.items().iter().filter_map(Found::text).collect()).unwrap_or_default();
        match modes.as_ref().filter(|_| !listed.is_empty()) {
            Some(modes) => {
                let (site, hand) = made(modes, "`authorizationModes` decides it");
                let with_rbac = if listed.iter().any(|mode| mode == "RBAC") {
                    listed.join(",")
                } else {
                    format!("RBAC,{}", listed.join(","))
                };
                push(with_rbac, site.clone(), hand.clone(), None, 7, 7);
                push(listed.join(","), site, hand, None, 8, 10);
            }
            None => push(NODE_AND_RBAC.to_owned(), home.clone(), default(), None, 7, 10),
        }
        // From 1.11 on the list of v1alpha1 is taken as the argument (v1alpha1/conversion.go, UpgradeAuthorizationModes).
        let from_list = modes
            .as_ref()
            .filter(|_| !listed.is_empty())
            .map(|modes| (listed.join(","), field(modes), Hand::Written, None));
        let asked = given
            .map(|given| (given.value.clone(), given.site.clone(), given.hand.clone(), given.unresolved.clone()))
            .or(from_list);
        let Some((value, site, whose, unresolved)) = asked else {
            // Beside a file that says it kubeadm adds no flag from 1.30 on (pull request 123654).
            push(NODE_AND_RBAC.to_owned(), home, default(), None, 11, if configured { 29 } else { NEWEST });
            return words;
        };
        // v1.11.0, getAuthzModes: Node and RBAC always, ABAC and Webhook where they are named, nothing else.
        let mut kept = NODE_AND_RBAC.to_owned();
        for mode in ["ABAC", "Webhook"] {
            if value.contains(mode) {
                kept.push(',');
                kept.push_str(mode);
            }
        }
        let hand_of = |made_value: &str, how: &str| {
            if made_value == value { whose.clone() } else { Hand::Made(how.to_owned()) }
        };
        let hand = hand_of(&kept, "up to 1.16 kubeadm insists on Node and RBAC and takes ABAC and Webhook beside them");
        push(kept, site.clone(), hand, unresolved.clone(), 11, 16);
        // Then only modes that it does not know are left out. The tree of 1.16 has the old rule, that of 1.20 the new one,
        // and kubeadm 1.17 prints the warning that came with it (kubernetes/kubeadm pull request 90064 mends that).
        let valid: Vec<&str> = value.split(',').filter(|mode| MODES.contains(mode)).collect();
        let filtered = if valid.is_empty() { NODE_AND_RBAC.to_owned() } else { valid.join(",") };
        let hand = hand_of(&filtered, "kubeadm leaves out modes that it does not know");
        push(filtered, site.clone(), hand, unresolved.clone(), 17, 29);
        push(value, site, whose, unresolved, 30, NEWEST);
        words
    }
}
