//! Plug-ins that give credentials: the one program that is ever run, and only for a context that the user named.
//!
//! The protocol is `ExecCredential` of client.authentication.k8s.io (client-go plugin/pkg/client/auth/exec). The program has
//! no terminal, a time limit and an output limit; when the time is up it is killed.

use std::{process::Stdio, time::Duration};

use kube::config::{AuthInfo, Cluster, ExecConfig, ExecInteractiveMode};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;

use super::failure::Failure;

/// A credential has a few kilobytes.
const LARGEST: u64 = 1 << 20;

/// How long one may take: some ask somebody else over the network.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs the plug-in of a user and puts what it gives in its place.
///
/// # Errors
///
/// Why there are no credentials, in words for the person who named the context.
///
/// It is given no longer than its cluster is.
pub(super) async fn credentials(user: &AuthInfo, cluster: &Cluster, time: Duration) -> Result<AuthInfo, Failure> {
    let Some(plugin) = &user.exec else { return Ok(user.clone()) };
    let patience = time.min(PATIENCE);
    let by_hand = |message: String| Failure { message, hint: Some("run it by hand to see why".to_owned()) };
    let late = || by_hand(format!("the plug-in `{}` gave nothing in {} s", name(plugin), patience.as_secs()));
    let output = tokio::time::timeout(patience, run(plugin, cluster)).await.map_err(|_| late())??;
    read(&output, user).map_err(|why| by_hand(format!("the plug-in `{}` {why}", name(plugin))))
}

fn name(plugin: &ExecConfig) -> &str {
    plugin.command.as_deref().unwrap_or_default()
}

async fn run(plugin: &ExecConfig, cluster: &Cluster) -> Result<Vec<u8>, Failure> {
    let failed = |message: String| Failure { message, hint: None };
    let Some(command) = plugin.command.as_deref().filter(|command| !command.is_empty()) else {
        return Err(failed("the user has a plug-in without a `command`".to_owned()));
    };
    if plugin.interactive_mode == Some(ExecInteractiveMode::Always) {
        return Err(Failure {
            message: format!("the plug-in `{command}` wants a terminal, and here it has none"),
            hint: Some("`interactiveMode: IfAvailable` lets it do without".to_owned()),
        });
    }
    #[expect(clippy::disallowed_methods, reason = "the user named the context as access, and this is its plug-in")]
    let mut process = tokio::process::Command::new(command);
    process
        .args(plugin.args.iter().flatten())
        .env("KUBERNETES_EXEC_INFO", info(plugin, cluster).to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    for variable in plugin.env.iter().flatten() {
        if let (Some(name), Some(value)) = (variable.get("name"), variable.get("value")) {
            process.env(name, value);
        }
    }
    let mut child = process.spawn().map_err(|error| {
        let said = || plugin.install_hint.as_deref().map(|hint| hint.trim().to_owned()).filter(|hint| !hint.is_empty());
        match error.kind() {
            std::io::ErrorKind::NotFound => Failure {
                message: format!("the plug-in `{command}` is not installed"),
                hint: said().or_else(|| Some("install it, or name it in the kubeconfig by its whole path".to_owned())),
            },
            _ => failed(format!("the plug-in `{command}` cannot be run: {}", crate::walk::reason(&error))),
        }
    })?;
    let mut output = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        let read = stdout.take(LARGEST + 1).read_to_end(&mut output).await;
        read.map_err(|error| {
            failed(format!("the plug-in `{command}` cannot be read: {}", crate::walk::reason(&error)))
        })?;
    }
    if output.len() as u64 > LARGEST {
        return Err(failed(format!("the plug-in `{command}` writes more than {} MiB", LARGEST >> 20)));
    }
    let status = child.wait().await.map_err(|error| failed(crate::walk::reason(&error)))?;
    // What it says of itself may hold a token, so that it is not repeated.
    if !status.success() {
        return Err(Failure {
            message: format!("the plug-in `{command}` failed ({status})"),
            hint: Some("run it by hand to see why".to_owned()),
        });
    }
    Ok(output)
}

/// What a plug-in is told.
fn info(plugin: &ExecConfig, cluster: &Cluster) -> Value {
    let version = plugin.api_version.as_deref().unwrap_or("client.authentication.k8s.io/v1");
    let mut spec = json!({ "interactive": false });
    if plugin.provide_cluster_info {
        let mut told = json!({ "server": cluster.server });
        let extension = cluster.extensions.iter().flatten().find(|one| one.name == "client.authentication.k8s.io/exec");
        for (key, value) in [
            ("tls-server-name", cluster.tls_server_name.clone().map(Value::from)),
            ("insecure-skip-tls-verify", cluster.insecure_skip_tls_verify.map(Value::from)),
            ("certificate-authority-data", cluster.certificate_authority_data.clone().map(Value::from)),
            ("proxy-url", cluster.proxy_url.clone().map(Value::from)),
            ("config", extension.map(|one| one.extension.clone())),
        ] {
            if let Some(value) = value {
                told[key] = value;
            }
        }
        spec["cluster"] = told;
    }
    json!({ "apiVersion": version, "kind": "ExecCredential", "spec": spec })
}

/// What it answered, as credentials.
fn read(output: &[u8], user: &AuthInfo) -> Result<AuthInfo, String> {
    let answer: Value = serde_json::from_slice(output).map_err(|_| "gave no JSON".to_owned())?;
    let status = answer.get("status");
    let given = |key: &str| status.and_then(|status| status.get(key)?.as_str()).filter(|text| !text.is_empty());
    let (token, certificate, key) = (given("token"), given("clientCertificateData"), given("clientKeyData"));
    if token.is_none() && (certificate.is_none() || key.is_none()) {
        return Err("gave neither a token nor a certificate with its key".to_owned());
    }
    let mut credentials = AuthInfo { exec: None, ..user.clone() };
    // Secrets have a type of their own, which is made by reading it.
    let secret = json!({ "token": token, "client-key-data": key.map(base64) });
    let AuthInfo { token, client_key_data, .. } =
        serde_json::from_value(secret).map_err(|_| "gave something else".to_owned())?;
    credentials.token = token.or(credentials.token);
    if let Some(certificate) = certificate {
        credentials.client_certificate_data = Some(base64(certificate));
        credentials.client_key_data = client_key_data;
    }
    Ok(credentials)
}

/// Standard base64, in which a kubeconfig carries PEM.
fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(text.len().div_ceil(3) * 4);
    for chunk in text.as_bytes().chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
            out.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_the_standard_one() {
        for (text, expected) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob>?", "Zm9vYj4/")] {
            assert_eq!(base64(text), expected);
        }
    }

    #[test]
    fn an_answer_without_credentials_is_none() {
        let user = AuthInfo::default();
        for (answer, expected) in [
            ("", "gave no JSON"),
            ("{}", "gave neither a token nor a certificate with its key"),
            (r#"{"status":{"token":""}}"#, "gave neither a token nor a certificate with its key"),
            (r#"{"status":{"clientCertificateData":"x"}}"#, "gave neither a token nor a certificate with its key"),
        ] {
            assert_eq!(read(answer.as_bytes(), &user).err().as_deref(), Some(expected), "{answer}");
        }
        let read = read(br#"{"status":{"token":"abc"}}"#, &user).expect("credentials");
        assert!(read.token.is_some() && read.exec.is_none());
    }

    #[test]
    fn a_plugin_learns_of_the_cluster_only_where_it_is_told_to() {
        let cluster = Cluster { server: Some("https://h".to_owned()), ..Cluster::default() };
        let mut plugin = ExecConfig::default();
        assert_eq!(
            info(&plugin, &cluster).to_string(),
            r#"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":false}}"#
        );
        plugin.provide_cluster_info = true;
        assert_eq!(info(&plugin, &cluster)["spec"]["cluster"]["server"], "https://h");
    }
}
