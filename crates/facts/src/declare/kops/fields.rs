//! The fields of `spec.kubeAPIServer`, by the flags that kops makes of them.
//!
//! The struct tags of KubeAPIServerConfig in pkg/apis/kops/v1alpha2 and v1alpha3/componentconfig.go, kops 1.36, which
//! pkg/flagbuilder reads; of a flag with two spellings the one of v1alpha2 comes first.

use model::{Named, Shape};
use yaml::Cursor;

use super::MOST;

use Shape::{Bool, Int, List, Map, Text};

const fn named(setting: &'static str, field: &'static str, shape: Shape) -> Named {
    Named { setting, field, shape }
}

pub(super) const FIELDS: &[Named] = &[
    named("address", "address", Text),
    named("admission-control", "admissionControl", List),
    named("admission-control-config-file", "admissionControlConfigFile", Text),
    named("advertise-address", "advertiseAddress", Text),
    named("allow-privileged", "allowPrivileged", Bool),
    named("anonymous-auth", "anonymousAuth", Bool),
    named("api-audiences", "apiAudiences", List),
    named("apiserver-count", "apiServerCount", Int),
    named("audit-dynamic-configuration", "auditDynamicConfiguration", Bool),
    named("audit-log-format", "auditLogFormat", Text),
    named("audit-log-maxage", "auditLogMaxAge", Int),
    named("audit-log-maxbackup", "auditLogMaxBackups", Int),
    named("audit-log-maxsize", "auditLogMaxSize", Int),
    named("audit-log-path", "auditLogPath", Text),
    named("audit-policy-file", "auditPolicyFile", Text),
    named("audit-webhook-batch-buffer-size", "auditWebhookBatchBufferSize", Int),
    named("audit-webhook-batch-max-size", "auditWebhookBatchMaxSize", Int),
    named("audit-webhook-batch-max-wait", "auditWebhookBatchMaxWait", Text),
    named("audit-webhook-batch-throttle-burst", "auditWebhookBatchThrottleBurst", Int),
    named("audit-webhook-batch-throttle-enable", "auditWebhookBatchThrottleEnable", Bool),
    named("audit-webhook-batch-throttle-qps", "auditWebhookBatchThrottleQps", Text),
    named("audit-webhook-config-file", "auditWebhookConfigFile", Text),
    named("audit-webhook-initial-backoff", "auditWebhookInitialBackoff", Text),
    named("audit-webhook-mode", "auditWebhookMode", Text),
    named("authentication-config", "authenticationConfigFile", Text),
    named("authentication-token-webhook-cache-ttl", "authenticationTokenWebhookCacheTtl", Text),
    named("authentication-token-webhook-config-file", "authenticationTokenWebhookConfigFile", Text),
    named("authorization-mode", "authorizationMode", Text),
    named("authorization-rbac-super-user", "authorizationRbacSuperUser", Text),
    named("authorization-webhook-cache-authorized-ttl", "authorizationWebhookCacheAuthorizedTTL", Text),
    named("authorization-webhook-cache-authorized-ttl", "authorizationWebhookCacheAuthorizedTtl", Text),
    named("authorization-webhook-cache-unauthorized-ttl", "authorizationWebhookCacheUnauthorizedTTL", Text),
    named("authorization-webhook-cache-unauthorized-ttl", "authorizationWebhookCacheUnauthorizedTtl", Text),
    named("authorization-webhook-config-file", "authorizationWebhookConfigFile", Text),
    named("basic-auth-file", "basicAuthFile", Text),
    named("bind-address", "bindAddress", Text),
    named("client-ca-file", "clientCAFile", Text),
    named("cloud-provider", "cloudProvider", Text),
    named("contention-profiling", "enableContentionProfiling", Bool),
    named("cors-allowed-origins", "corsAllowedOrigins", List),
    named("default-not-ready-toleration-seconds", "defaultNotReadyTolerationSeconds", Int),
    named("default-unreachable-toleration-seconds", "defaultUnreachableTolerationSeconds", Int),
    named("delete-collection-workers", "deleteCollectionWorkers", Int),
    named("disable-admission-plugins", "disableAdmissionPlugins", List),
    named("enable-admission-plugins", "enableAdmissionPlugins", List),
    named("enable-aggregator-routing", "enableAggregatorRouting", Bool),
    named("enable-bootstrap-token-auth", "enableBootstrapTokenAuth", Bool),
    named("encryption-provider-config", "encryptionProviderConfig", Text),
    named("etcd-cafile", "etcdCaFile", Text),
    named("etcd-certfile", "etcdCertFile", Text),
    named("etcd-compaction-interval", "compactionInterval", Text),
    named("etcd-keyfile", "etcdKeyFile", Text),
    named("etcd-quorum-read", "etcdQuorumRead", Bool),
    named("etcd-servers", "etcdServers", List),
    named("etcd-servers-overrides", "etcdServersOverrides", List),
    named("event-ttl", "eventTTL", Text),
    named("experimental-encryption-provider-config", "experimentalEncryptionProviderConfig", Text),
    named("feature-gates", "featureGates", Map),
    named("goaway-chance", "goawayChance", Text),
    named("http2-max-streams-per-connection", "http2MaxStreamsPerConnection", Int),
    named("insecure-bind-address", "insecureBindAddress", Text),
    named("insecure-port", "insecurePort", Int),
    named("kubelet-certificate-authority", "kubeletCertificateAuthority", Text),
    named("kubelet-client-certificate", "kubeletClientCertificate", Text),
    named("kubelet-client-key", "kubeletClientKey", Text),
    named("kubelet-preferred-address-types", "kubeletPreferredAddressTypes", List),
    named("logging-format", "logFormat", Text),
    named("max-mutating-requests-inflight", "maxMutatingRequestsInflight", Int),
    named("max-requests-inflight", "maxRequestsInflight", Int),
    named("min-request-timeout", "minRequestTimeout", Int),
    named("oidc-ca-file", "oidcCAFile", Text),
    named("oidc-client-id", "oidcClientID", Text),
    named("oidc-groups-claim", "oidcGroupsClaim", Text),
    named("oidc-groups-prefix", "oidcGroupsPrefix", Text),
    named("oidc-issuer-url", "oidcIssuerURL", Text),
    named("oidc-required-claim", "oidcRequiredClaim", List),
    named("oidc-username-claim", "oidcUsernameClaim", Text),
    named("oidc-username-prefix", "oidcUsernamePrefix", Text),
    named("profiling", "enableProfiling", Bool),
    named("proxy-client-cert-file", "proxyClientCertFile", Text),
    named("proxy-client-key-file", "proxyClientKeyFile", Text),
    named("request-timeout", "requestTimeout", Text),
    named("requestheader-allowed-names", "requestheaderAllowedNames", List),
    named("requestheader-client-ca-file", "requestheaderClientCAFile", Text),
    named("requestheader-extra-headers-prefix", "requestheaderExtraHeaderPrefixes", List),
    named("requestheader-group-headers", "requestheaderGroupHeaders", List),
    named("requestheader-username-headers", "requestheaderUsernameHeaders", List),
    named("runtime-config", "runtimeConfig", Map),
    named("secure-port", "securePort", Int),
    named("service-account-issuer", "serviceAccountIssuer", Text),
    named("service-account-jwks-uri", "serviceAccountJWKSURI", Text),
    named("service-account-key-file", "serviceAccountKeyFile", List),
    named("service-account-signing-key-file", "serviceAccountSigningKeyFile", Text),
    named("service-cluster-ip-range", "serviceClusterIPRange", Text),
    named("service-node-port-range", "serviceNodePortRange", Text),
    named("storage-backend", "storageBackend", Text),
    named("storage-initialization-timeout", "storageInitializationTimeout", Text),
    named("strict-transport-security-directives", "strictTransportSecurityDirectives", List),
    named("target-ram-mb", "targetRamMb", Int),
    named("tls-cert-file", "tlsCertFile", Text),
    named("tls-cipher-suites", "tlsCipherSuites", List),
    named("tls-min-version", "tlsMinVersion", Text),
    named("tls-private-key-file", "tlsPrivateKeyFile", Text),
    named("token-auth-file", "tokenAuthFile", Text),
    named("v", "logLevel", Int),
    named("watch-cache", "watchCache", Bool),
    named("watch-cache-sizes", "watchCacheSizes", List),
];

/// The values of a field, as the flag builder writes them: lists and maps joined, but for the two whose flag is repeated.
pub(super) fn values(named: &Named, value: &Cursor<'_>) -> Vec<String> {
    let repeats = matches!(named.setting, "service-account-key-file" | "oidc-required-claim");
    match named.shape {
        Shape::List => {
            let list: Vec<String> =
                value.items().take(MOST).filter_map(|item| item.scalar().map(|item| item.text().to_owned())).collect();
            match list.is_empty() {
                true => Vec::new(),
                false if repeats => list,
                false => vec![list.join(",")],
            }
        }
        Shape::Map => {
            let mut pairs: Vec<String> = value
                .entries()
                .take(MOST)
                .map(|entry| format!("{}={}", entry.name, entry.value.text().unwrap_or_default()))
                .collect();
            pairs.sort();
            if pairs.is_empty() { pairs } else { vec![pairs.join(",")] }
        }
        Shape::Text | Shape::Bool | Shape::Int => {
            // An empty text, and a number that stands for nothing, make no flag.
            const EMPTY: [(&str, &str); 6] = [
                ("v", "0"),
                ("max-requests-inflight", "0"),
                ("max-mutating-requests-inflight", "0"),
                ("delete-collection-workers", "0"),
                ("logging-format", "text"),
                ("target-ram-mb", "0"),
            ];
            let text = value.text().filter(|text| !text.is_empty() && !EMPTY.contains(&(named.setting, *text)));
            text.map(str::to_owned).into_iter().collect()
        }
    }
}
