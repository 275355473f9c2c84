//! Who may log in, by which means, and who decides what they may do.

use std::collections::BTreeSet;

use model::{Minor, ProblemKind};

use super::{Checks, HOUR, shown};
use crate::{flags::KUBE_APISERVER, golang, pflag::Value};

impl Checks<'_> {
    /// pkg/kubeapiserver/options/authentication.go, Validate; cmd/kube-apiserver/app/options/validation.go,
    /// validateTokenRequest; completeServiceAccountOptions.
    pub(super) fn service_accounts(&mut self) {
        let issuers: Option<Vec<String>> = match self.server.value("service-account-issuer") {
            Some(Value::Text(issuer)) if issuer.is_empty() => Some(Vec::new()),
            Some(Value::Text(issuer)) => Some(vec![issuer.clone()]),
            Some(Value::List(issuers)) => Some(issuers.clone()),
            _ => None,
        };
        let signing_key = self.is_empty("service-account-signing-key-file").map(|empty| !empty);
        let endpoint = if self.server.has("service-account-signing-endpoint") {
            self.is_empty("service-account-signing-endpoint").map(|empty| !empty)
        } else {
            Some(false)
        };
        let Some(issuers) = issuers else { return };
        let mut seen = BTreeSet::new();
        for issuer in &issuers {
            if issuer.is_empty() {
                self.refuse("service-account-issuer", "`--service-account-issuer` cannot be empty".to_owned());
            } else if !seen.insert(issuer) {
                self.refuse(
                    "service-account-issuer",
                    format!("`--service-account-issuer` gives `{}` twice", shown(issuer)),
                );
            } else if issuer.contains(':') && golang::parse_url(issuer).is_none() {
                self.refuse(
                    "service-account-issuer",
                    format!("`--service-account-issuer` has a colon and is no URL: `{}`", shown(issuer)),
                );
            }
        }
        let first = issuers.first().is_some_and(|issuer| !issuer.is_empty());
        if let (Some(signing_key), Some(endpoint)) = (signing_key, endpoint) {
            let signs = first && (signing_key || endpoint);
            if self.since(20) {
                if issuers.is_empty() {
                    self.missing("service-account-issuer", "`--service-account-issuer` is required from 1.20 on");
                }
                if !signing_key && !endpoint {
                    let message = "`--service-account-signing-key-file` is required from 1.20 on";
                    self.missing("service-account-signing-key-file", message);
                }
            } else if self.since(13) {
                let audiences = self.server.list("api-audiences").is_some_and(|list| !list.is_empty());
                if (signing_key || first || audiences) && !signs {
                    self.conflict(
                        "service-account-issuer",
                        "`--service-account-signing-key-file`, `--service-account-issuer` and `--api-audiences` go together",
                    );
                }
            }
            // Completion fills in the serving key only where no signing key is given, and then the server stops anyway.
            if self.since(20) && !endpoint && self.is_empty("service-account-key-file") == Some(true) {
                self.missing("service-account-key-file", "`--service-account-key-file` is required from 1.20 on");
            }
            // It is opened like any other.
            if self.server.list("service-account-key-file").is_some_and(|files| files.iter().any(String::is_empty)) {
                self.refuse("service-account-key-file", "`--service-account-key-file` names no file".to_owned());
            }
            if endpoint {
                let keys = self.is_empty("service-account-key-file") == Some(false);
                if signing_key || keys {
                    self.conflict(
                        "service-account-signing-endpoint",
                        "`--service-account-signing-endpoint` excludes `--service-account-signing-key-file` and `--service-account-key-file`",
                    );
                }
                if !self.acts_since(34) && self.gates.leaves_off("ExternalServiceAccountTokenSigner", true) {
                    self.conflict(
                        "service-account-signing-endpoint",
                        "`--service-account-signing-endpoint` needs the feature gate ExternalServiceAccountTokenSigner before 1.34",
                    );
                }
                let name = self.server.text("service-account-signing-endpoint").unwrap_or_default();
                if let Some(socket) = name.strip_prefix('@')
                    && !socket.split('.').all(|part| {
                        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
                    })
                {
                    self.refuse(
                        "service-account-signing-endpoint",
                        "`--service-account-signing-endpoint` is no valid name of an abstract socket".to_owned(),
                    );
                }
            }
            if let Some(life) = self.server.number("service-account-max-token-expiration")
                && (self.since(32) || signs)
                && life != 0
                && !(HOUR..=4_294_967_296_000_000_000).contains(&life)
            {
                self.refuse(
                    "service-account-max-token-expiration",
                    "`--service-account-max-token-expiration` is from 1h to 2^32 seconds".to_owned(),
                );
            }
        }
        // pkg/kubeapiserver/options/authentication.go, Validate, 1.20; both gates are stable in 1.21.
        if self.minor == Minor::new(1, 20) {
            if self.gates.is_on("BoundServiceAccountTokenVolume") == Some(true)
                && self.gates.is_on("RootCAConfigMap") == Some(false)
            {
                self.refuse(
                    "feature-gates",
                    "the feature gate `BoundServiceAccountTokenVolume` is on and needs RootCAConfigMap".to_owned(),
                );
            }
            if self.gates.is_on("ServiceAccountIssuerDiscovery") == Some(false)
                && self.holds_text("service-account-jwks-uri")
            {
                self.conflict(
                    "service-account-jwks-uri",
                    "`--service-account-jwks-uri` needs the feature gate ServiceAccountIssuerDiscovery",
                );
            }
        }
        if let Some(uri) = self.server.text("service-account-jwks-uri")
            && !uri.is_empty()
            && self.since(20)
            && golang::parse_url(uri).is_none_or(|scheme| !scheme.eq_ignore_ascii_case("https"))
        {
            self.refuse(
                "service-account-jwks-uri",
                format!("`--service-account-jwks-uri` takes an https URL, not `{}`", shown(uri)),
            );
        }
    }

    pub(super) fn authentication(&mut self) {
        self.oidc();
        self.request_headers();
        self.webhook_version("authentication-token-webhook");
    }

    /// apiserver plugin/pkg/{authenticator/token,authorizer}/webhook: the version is read where there is a webhook.
    fn webhook_version(&mut self, prefix: &str) {
        let flag = format!("{prefix}-version");
        if self.holds_text(&format!("{prefix}-config-file"))
            && let Some(version) = self.server.text(&flag)
            && !["v1", "v1beta1"].contains(&version)
        {
            self.refuse(&flag, format!("`--{flag}` takes v1 or v1beta1, not `{}`", shown(version)));
        }
    }

    fn oidc(&mut self) {
        let given =
            KUBE_APISERVER.flags.iter().find(|flag| flag.name.starts_with("oidc-") && self.server.is_given(flag.name));
        let with_file = self.holds_text("authentication-config");
        if with_file {
            if let Some(flag) = given {
                self.conflict(
                    flag.name,
                    &format!("`--{}` and `--authentication-config` exclude each other", flag.name),
                );
            }
            if !self.since(30) && self.gates.leaves_off("StructuredAuthenticationConfiguration", true) {
                self.conflict(
                    "authentication-config",
                    "`--authentication-config` needs the feature gate StructuredAuthenticationConfiguration before 1.30",
                );
            }
            return;
        }
        if self.server.has("authentication-config") && self.is_empty("authentication-config").is_none() {
            return;
        }
        let (Some(issuer), Some(client)) = (self.server.text("oidc-issuer-url"), self.server.text("oidc-client-id"))
        else {
            return;
        };
        let halves = issuer.is_empty() != client.is_empty();
        let neither = issuer.is_empty() && client.is_empty();
        // Up to 1.28 the other oidc flags were ignored without these two.
        if halves || (neither && given.is_some() && self.since(29)) {
            let flag = given.map_or("oidc-issuer-url", |flag| flag.name);
            self.conflict(flag, "`--oidc-issuer-url` and `--oidc-client-id` go together");
        }
        if halves || neither {
            return;
        }
        match golang::parse_url(issuer) {
            Some(scheme) if scheme.eq_ignore_ascii_case("https") => {}
            _ => self
                .refuse("oidc-issuer-url", format!("`--oidc-issuer-url` takes an https URL, not `{}`", shown(issuer))),
        }
        // apiserver pkg/apis/apiserver/validation: flags are validated as the file is from 1.30 on.
        if self.since(30) {
            let issuers = match self.server.value("service-account-issuer") {
                Some(Value::List(issuers)) => issuers.as_slice(),
                _ => &[],
            };
            if issuers.iter().any(|own| own == issuer) {
                self.conflict("oidc-issuer-url", "`--oidc-issuer-url` is the server's own `--service-account-issuer`");
            }
            let authority = issuer.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
            if authority.contains('@') || issuer.contains(['?', '#']) {
                self.refuse(
                    "oidc-issuer-url",
                    "`--oidc-issuer-url` cannot have a user, a query or a fragment".to_owned(),
                );
            }
        }
        // Before 1.30 the authenticator itself wants one (apiserver plugin/pkg/authenticator/token/oidc/oidc.go, New, 1.20).
        if self.server.text("oidc-username-claim") == Some("") {
            self.refuse("oidc-username-claim", "`--oidc-username-claim` cannot be empty".to_owned());
        }
        if let Some(algorithms) = self.server.list("oidc-signing-algs") {
            const KNOWN: [&str; 9] = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512"];
            if let Some(unknown) = algorithms.iter().find(|name| !KNOWN.contains(&name.as_str())) {
                self.refuse("oidc-signing-algs", format!("`--oidc-signing-algs` does not take `{}`", shown(unknown)));
            }
        }
    }

    /// apiserver pkg/server/options/authentication.go, Validate.
    fn request_headers(&mut self) {
        const HEADERS: [&str; 5] = [
            "requestheader-username-headers",
            "requestheader-group-headers",
            "requestheader-extra-headers-prefix",
            "requestheader-allowed-names",
            "requestheader-uid-headers",
        ];
        for flag in HEADERS {
            // pkg/kubeapiserver/options/authentication.go, Validate: called in 1.27.1, and not in 1.26.1.
            if self.since(27)
                && self.server.list(flag).is_some_and(|list| list.iter().any(|item| item.trim().is_empty()))
            {
                self.refuse(flag, format!("`--{flag}` has an empty name"));
            }
        }
        if let Some(headers) = self.server.list("requestheader-uid-headers")
            && !headers.is_empty()
        {
            // The gate RemoteRequestHeaderUID is on by default from 1.33 on.
            if !self.acts_since(33) && self.gates.leaves_off("RemoteRequestHeaderUID", true) {
                self.conflict(
                    "requestheader-uid-headers",
                    "`--requestheader-uid-headers` needs the feature gate RemoteRequestHeaderUID",
                );
            } else if !headers.iter().any(|header| header.eq_ignore_ascii_case("X-Remote-Uid")) {
                self.refuse("requestheader-uid-headers", "`--requestheader-uid-headers` lacks X-Remote-Uid".to_owned());
            }
        }
        // Not in 1.34, in 1.35. The same file is sure to share its certificates with itself.
        if self.since(35)
            && let (Some(ca), Some(front)) =
                (self.server.text("client-ca-file"), self.server.text("requestheader-client-ca-file"))
            && !ca.is_empty()
            && ca == front
            && self.server.list("requestheader-allowed-names").is_some_and(<[String]>::is_empty)
        {
            self.conflict(
                "requestheader-client-ca-file",
                "`--requestheader-client-ca-file` and `--client-ca-file` share certificates, which needs `--requestheader-allowed-names`",
            );
        }
    }

    /// pkg/kubeapiserver/options/authorization.go, Validate.
    pub(super) fn authorization(&mut self) {
        if self.server.has("authorization-config") {
            match self.is_empty("authorization-config") {
                None => return,
                Some(true) => {}
                Some(false) => {
                    const EXCLUDED: [&str; 5] = [
                        "authorization-mode",
                        "authorization-webhook-config-file",
                        "authorization-webhook-version",
                        "authorization-webhook-cache-authorized-ttl",
                        "authorization-webhook-cache-unauthorized-ttl",
                    ];
                    for flag in EXCLUDED {
                        if self.server.is_given(flag) {
                            self.conflict(flag, &format!("`--{flag}` and `--authorization-config` exclude each other"));
                        }
                    }
                    if !self.since(30) && self.gates.leaves_off("StructuredAuthorizationConfiguration", true) {
                        self.conflict(
                            "authorization-config",
                            "`--authorization-config` needs the feature gate StructuredAuthorizationConfiguration before 1.30",
                        );
                    }
                    return;
                }
            }
        }
        let Some(modes) = self.server.list("authorization-mode") else { return };
        if modes.is_empty() && !self.since(29) {
            self.refuse("authorization-mode", "`--authorization-mode` cannot be empty before 1.29".to_owned());
        }
        let mut seen = BTreeSet::new();
        for mode in modes {
            let known = ["AlwaysAllow", "AlwaysDeny", "ABAC", "Webhook", "RBAC"].contains(&mode.as_str())
                || (mode == "Node" && self.since(6))
                || (self.server.is_openshift() && matches!(mode.as_str(), "Scope" | "SystemMasters"));
            if !known {
                self.refuse("authorization-mode", format!("`--authorization-mode` has no mode `{}`", shown(mode)));
            } else if !seen.insert(mode) {
                self.refuse("authorization-mode", format!("`--authorization-mode` gives `{mode}` twice"));
            }
        }
        for (mode, flag) in [("ABAC", "authorization-policy-file"), ("Webhook", "authorization-webhook-config-file")] {
            let with_mode = modes.iter().any(|other| other == mode);
            match self.is_empty(flag) {
                Some(true) if with_mode => {
                    self.stop(ProblemKind::Missing, "authorization-mode", format!("the mode {mode} needs `--{flag}`"));
                }
                Some(false) if !with_mode => self.conflict(flag, &format!("`--{flag}` needs the mode {mode}")),
                _ => {}
            }
        }
        self.webhook_version("authorization-webhook");
    }
}
