//! Ways in, each used: a pod's service account, and tokens of an identity provider. Plug-ins, proxies and files of tokens are
//! beside the other tests.

use std::{fs, path::Path};

use audit::{
    AuditTarget, Look,
    live::{Access, Pod, Wanted, ways},
};

use super::{
    cluster, err, portcullis,
    server::{Request, Server, base64, file, ok, status},
};

/// Resolves the cluster whose pod this would be; what was asked, and the problems of the run.
fn as_a_pod(server: &Server, folder: &Path) -> (Vec<Request>, Vec<String>) {
    let pod = Pod { host: "127.0.0.1".to_owned(), port: server.address.port().to_string(), folder: folder.to_owned() };
    let access = Access { pod: Some(pod), ..Access::default() };
    let ways = ways(&access, &Wanted::Current).expect("a way");
    let targets: Vec<AuditTarget> = ways.into_iter().map(AuditTarget::Live).collect();
    let look = Look::default();
    let mut names = Vec::new();
    let summary = audit::resolve(&targets, &look, &mut std::io::empty(), &mut |step| {
        if let audit::Step::Cluster(cluster, _) = step {
            names.push(cluster.name);
        }
    });
    let problems: Vec<String> = summary.problems.into_iter().map(|problem| problem.message).collect();
    assert_eq!(names.is_empty(), !problems.is_empty(), "{problems:?}");
    (server.seen(), problems)
}

#[test]
fn a_pod_asks_with_the_token_and_the_authority_of_its_service_account() {
    let server = Server::start(cluster);
    let token = file("pod/token", "from-the-kubelet\n");
    file("pod/ca.crt", &server.authority);
    let (asked, problems) = as_a_pod(&server, token.parent().expect("a folder"));
    assert_eq!(problems, [""; 0]);
    let known = |request: &&Request| !request.header("authorization").is_empty();
    assert!(asked.iter().filter(known).all(|request| request.header("authorization") == "Bearer from-the-kubelet"));
    assert!(asked.iter().filter(known).any(|request| request.path == "/flagz"));
    // Whoever has another authority is told nothing.
    let stranger = Server::start(cluster);
    let (asked, problems) = as_a_pod(&stranger, token.parent().expect("a folder"));
    assert!(asked.is_empty());
    assert!(problems[0].contains("from an authority that the kubeconfig does not carry"), "{problems:?}");
    // A pod without a token, as `automountServiceAccountToken: false` has it.
    fs::remove_file(&token).expect("removed");
    let before = server.seen().len();
    let (asked, problems) = as_a_pod(&server, token.parent().expect("a folder"));
    assert!(problems[0].contains("its `tokenFile` cannot be read"), "{problems:?}");
    assert_eq!(asked.len(), before);
}

/// The variables that every container has lead there; here they lead nowhere.
#[test]
fn the_variables_of_a_pod_are_read_where_there_is_no_kubeconfig() {
    let assert = portcullis(Path::new(""), &["audit"])
        .env("KUBERNETES_SERVICE_HOST", "127.0.0.1")
        .env("KUBERNETES_SERVICE_PORT", "1")
        .assert()
        .code(3);
    let said = err(&assert);
    assert!(said.contains("context in-cluster (https://127.0.0.1:1)"), "{said}");
    // The folder is there only where the test itself runs in a pod.
    let why = if Path::new(Pod::FOLDER).exists() { "nothing listens there" } else { "its `tokenFile` cannot be read" };
    assert!(said.contains(why), "{said}");
}

/// A token of three parts with the end that is wanted, signed by nobody: the client only looks when it ends.
fn id_token(ends: u64) -> String {
    let part = |text: &str| base64(text.as_bytes()).trim_end_matches('=').replace('+', "-").replace('/', "_");
    format!("{}.{}.{}", part(r#"{"alg":"none"}"#), part(&format!(r#"{{"exp":{ends}}}"#)), part("x"))
}

fn provider(issuer: &str, token: &str, refresh: &str) -> String {
    format!(
        "{{auth-provider: {{name: oidc, config: {{idp-issuer-url: '{issuer}', id-token: {token}, {refresh}\
         client-id: portcullis, client-secret: s3cret}}}}}}"
    )
}

#[test]
fn a_token_of_an_identity_provider_is_shown_while_it_holds() {
    const FUTURE: u64 = 4_000_000_000;
    let server = Server::start(cluster);
    let token = id_token(FUTURE);
    let kubeconfig = file("oidc", &server.kubeconfig("lab", &provider("https://127.0.0.1:1", &token, "")));
    portcullis(&kubeconfig, &["audit", "--fail-on", "never"]).assert().code(0);
    let bearer = format!("Bearer {token}");
    assert!(server.seen().iter().any(|request| request.path == "/flagz" && request.header("authorization") == bearer));
}

#[test]
fn one_that_is_over_is_renewed_at_the_issuer_or_said_to_be_over() {
    const FUTURE: u64 = 4_000_000_000;
    let server = Server::start(cluster);
    let renewed = id_token(FUTURE);
    let answer = renewed.clone();
    let issuer = Server::start(move |request| match request.path.as_str() {
        "/.well-known/openid-configuration" => {
            ok(format!(r#"{{"token_endpoint":"https://{}/token"}}"#, request.header("host")))
        }
        "/token" if request.body.contains("refresh_token=again") => ok(format!(r#"{{"id_token":"{answer}"}}"#)),
        _ => status(400, "{}"),
    });
    let authority = file("oidc-authority.pem", &issuer.authority);
    let over = id_token(1_600_000_000);
    let user = provider(&issuer.url(), &over, "refresh-token: again, ");
    let kubeconfig = file("oidc-over", &server.kubeconfig("lab", &user));
    let audit = || {
        let mut command = portcullis(&kubeconfig, &["audit", "--fail-on", "never"]);
        // The issuer is verified by the authorities of the system.
        command = command.env("SSL_CERT_FILE", &authority);
        command.assert()
    };
    audit().code(0);
    let bearer = format!("Bearer {renewed}");
    assert!(server.seen().iter().any(|request| request.path == "/flagz" && request.header("authorization") == bearer));
    let renewals = issuer.seen().iter().filter(|request| request.path == "/token").count();
    assert_eq!(renewals, 1, "what renews a token may be good once");

    let alone = file("oidc-alone", &server.kubeconfig("lab", &provider(&issuer.url(), &over, "")));
    let assert = portcullis(&alone, &["audit"]).assert().code(3);
    let said = err(&assert);
    assert!(said.contains("token") && said.contains("expired"), "{said}");
    assert!(!said.contains(&over) && !said.contains("s3cret"), "{said}");
}
