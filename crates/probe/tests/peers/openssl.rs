//! `openssl s_server` in many configurations, and `openssl` itself for what it should offer in them.

use std::{
    collections::BTreeSet,
    env, fs,
    io::{self, BufRead as _, BufReader, Write as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};

use portcullis_probe::{
    Failure, Sight,
    http::Meaning,
    tls::{Order, Protocol, Refusal, Trust},
};

use crate::{groups, look, look_within, offered, pace, suites};

/// Keys and certificates for all tests of this run.
struct Pki(PathBuf);

static PKI: LazyLock<Option<Pki>> = LazyLock::new(Pki::make);

#[expect(clippy::disallowed_methods, reason = "the test's own peer")]
fn openssl(folder: &Path, words: &str) -> Option<String> {
    let made = Command::new("openssl").args(words.split_whitespace()).current_dir(folder).output().ok()?;
    made.status.success().then(|| String::from_utf8_lossy(&made.stdout).into_owned())
}

impl Pki {
    fn make() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("portcullis-peers-{}-{count}", std::process::id()));
        fs::create_dir_all(&folder).ok()?;
        fs::write(folder.join("names"), "subjectAltName=DNS:a.example,IP:127.0.0.1\n").ok()?;
        for words in [
            "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 3000 -subj /CN=ca",
            "req -newkey rsa:2048 -nodes -keyout rsa.key -out rsa.csr -subj /CN=rsa",
            "x509 -req -in rsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 300 -extfile names -out rsa.pem",
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ec.key -out ec.pem -days 300 -subj /CN=ec",
            "req -x509 -newkey rsa:1024 -sha1 -nodes -keyout weak.key -out weak.pem -days 300 -subj /CN=weak",
            "req -x509 -newkey rsa-pss -pkeyopt rsa_keygen_bits:2048 -nodes -keyout pss.key -out pss.pem -days 300 -subj /CN=pss",
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:secp256k1 -nodes -keyout k256.key -out k256.pem -days 300 -subj /CN=k256",
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-521 -nodes -keyout p521.key -out p521.pem -days 300 -subj /CN=p521",
            "dsaparam -out dsa.param 1024",
            "req -x509 -newkey dsa:dsa.param -nodes -keyout dsa.key -out dsa.pem -days 300 -subj /CN=dsa",
        ] {
            openssl(&folder, words)?;
        }
        Some(Self(folder))
    }
}

struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// `None`, and a word about it, where there is no openssl.
    fn start(words: &str) -> Option<Self> {
        let Some(Pki(folder)) = PKI.as_ref() else {
            // Past the harness, which shows what a test prints only where it fails.
            let _ = writeln!(io::stderr(), "skipped: there is no openssl");
            return None;
        };
        #[expect(clippy::disallowed_methods, reason = "the test's own peer")]
        let mut command = Command::new("openssl");
        command.args(["s_server", "-accept", "127.0.0.1:0", "-naccept", "2000"]).args(words.split_whitespace());
        let mut child = command
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let address = lines.find_map(|line| line.strip_prefix("ACCEPT ")?.trim().parse().ok());
        // Whatever it says of each connection is taken from it, or it would stand still.
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self { child, address: address.expect("openssl s_server says where it listens") })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What `openssl ciphers` lists for a version and can be done with a key of RSA, by number.
fn listed(version: &str) -> BTreeSet<u16> {
    let Pki(folder) = PKI.as_ref().unwrap();
    let text = openssl(folder, &format!("ciphers -V -s {version} ALL:@SECLEVEL=0")).unwrap();
    let fits = |line: &&str| {
        ["Au=RSA", "Au=None"].iter().any(|who| line.contains(who))
            && !line.contains("PSK")
            && !line.contains("SRP")
            && !line.contains("TLSv1.3")
    };
    let number = |line: &str| {
        let mut halves = line.trim().split(" - ").next()?.trim().split(',');
        let half = |text: &str| u16::from_str_radix(text.trim().trim_start_matches("0x"), 16).ok();
        Some(half(halves.next()?)? << 8 | half(halves.next()?)?)
    };
    text.lines().filter(fits).filter_map(number).collect()
}

#[test]
fn every_version_and_suite_that_openssl_has_is_found() {
    let Some(server) =
        Server::start("-cert rsa.pem -key rsa.key -cipher ALL:@SECLEVEL=0 -min_protocol TLSv1 -cert_chain ca.pem")
    else {
        return;
    };
    let tls = look(server.address, None);
    assert_eq!(offered(&tls), [Protocol::Tls10, Protocol::Tls11, Protocol::Tls12, Protocol::Tls13]);
    for (protocol, version) in [(Protocol::Tls10, "-tls1"), (Protocol::Tls11, "-tls1_1"), (Protocol::Tls12, "-tls1_2")]
    {
        let found = tls.suites.iter().find(|suites| suites.protocol == protocol).unwrap();
        let numbers: BTreeSet<u16> = found.suites.iter().copied().collect();
        assert_eq!(numbers.len(), found.suites.len(), "{protocol}: none twice");
        assert_eq!(numbers, listed(version), "{protocol}");
        assert_eq!((found.order, &found.cut_short), (Order::Client, &None), "{protocol}");
    }
    let thirteen = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];
    assert_eq!(suites(&tls, Protocol::Tls13), thirteen);
    assert!(groups(&tls, Protocol::Tls13).contains(&"x25519".to_owned()), "{:?}", tls.groups);
    // So many it has for anonymous suites (ssl/t1_lib.c, `ssl_get_auto_dh`), and more for others.
    assert_eq!(tls.prime, Sight::Seen(1024));
    assert_eq!(tls.compression, Sight::NotOffered);
    assert_eq!(tls.secure_renegotiation, Sight::Seen(()));
    assert_eq!(tls.extended_master_secret, Sight::Seen(()));
    assert_eq!(tls.refuses_fallback, Sight::Seen(()));
    assert_eq!(tls.tickets, Sight::Seen(()));
    assert_eq!(tls.client_certificate, Sight::NotOffered);
    let chain = tls.chains.first().unwrap();
    assert_eq!(chain.certificates.as_ref().map(Vec::len), Ok(2));
    assert_eq!(chain.trust, Trust::Private);
}

#[test]
fn a_server_with_an_order_of_its_own_shows_it() {
    let words = "-cert rsa.pem -key rsa.key -serverpref -tls1_2 -curves P-384:X25519 \
                 -cipher AES256-SHA:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES256-GCM-SHA384:AES128-GCM-SHA256";
    let Some(server) = Server::start(words) else { return };
    let tls = look(server.address, None);
    assert_eq!(offered(&tls), [Protocol::Tls12]);
    let expected = [
        "TLS_RSA_WITH_AES_256_CBC_SHA",
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        "TLS_RSA_WITH_AES_128_GCM_SHA256",
    ];
    assert_eq!(suites(&tls, Protocol::Tls12), expected);
    assert_eq!(tls.suites[0].order, Order::Server);
    let mut found = groups(&tls, Protocol::Tls12);
    found.sort_unstable();
    assert_eq!(found, ["secp384r1", "x25519"]);
    assert_eq!(tls.refuses_fallback, Sight::NotOffered);
}

#[test]
fn suites_that_are_rare_and_of_several_messages_come_in_the_servers_order() {
    // Of these the first is far down the list that is offered, so that it is asked for in another message.
    let words = "-cert rsa.pem -key rsa.key -serverpref -tls1_2 -cipher ARIA128-GCM-SHA256:AES128-SHA:CAMELLIA256-SHA:@SECLEVEL=0";
    let Some(server) = Server::start(words) else { return };
    let expected =
        ["TLS_RSA_WITH_ARIA_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA"];
    assert_eq!(suites(&look(server.address, None), Protocol::Tls12), expected);
}

#[test]
fn what_tls_1_3_encrypts_is_seen() {
    let words = "-cert ec.pem -key ec.key -tls1_3 -Verify 1 -CAfile ca.pem -alpn http/1.1 -groups X448 -ciphersuites \
                 TLS_AES_128_CCM_SHA256:TLS_AES_256_GCM_SHA384";
    let Some(server) = Server::start(words) else { return };
    let tls = look(server.address, Some("a.example"));
    assert_eq!(offered(&tls), [Protocol::Tls13]);
    assert_eq!(groups(&tls, Protocol::Tls13), ["x448"]);
    // It leaves the choice to the client here, so that there is no order to tell of.
    assert_eq!(suites(&tls, Protocol::Tls13), ["TLS_AES_256_GCM_SHA384", "TLS_AES_128_CCM_SHA256"]);
    // No library of ours speaks x448, so that what follows could not be seen, and is not said to be absent.
    assert!(matches!(tls.client_certificate, Sight::Unseen(_)), "{:?}", tls.client_certificate);
    drop(server);

    let words = "-cert ec.pem -key ec.key -tls1_3 -Verify 1 -CAfile ca.pem -alpn http/1.1";
    let Some(server) = Server::start(words) else { return };
    let tls = look(server.address, Some("a.example"));
    let Sight::Seen(asked) = &tls.client_certificate else { panic!("{:?}", tls.client_certificate) };
    assert_eq!((asked.required, asked.authorities.len()), (Some(true), 1));
    assert!(asked.authorities[0].ends_with(b"ca"), "the name of the authority");
    assert_eq!(tls.alpn, Sight::Seen(vec!["http/1.1".to_owned()]));
    assert_eq!(tls.chains[0].certificates.as_ref().map(Vec::len), Ok(1));
    assert_eq!(tls.secure_renegotiation, Sight::NotOffered);
    drop(server);

    // Of what is spoken inside it says one thing at a time.
    let Some(server) = Server::start("-cert ec.pem -key ec.key -tls1_3 -alpn h2,http/1.1") else { return };
    assert_eq!(look(server.address, None).alpn, Sight::Seen(vec!["h2".to_owned(), "http/1.1".to_owned()]));
}

#[test]
fn a_certificate_that_is_asked_for_and_not_required() {
    for version in ["-tls1_2", "-tls1_3"] {
        let words = format!("-cert rsa.pem -key rsa.key {version} -verify 1 -CAfile ca.pem -no_ticket");
        let Some(server) = Server::start(&words) else { return };
        let tls = look(server.address, None);
        let Sight::Seen(asked) = &tls.client_certificate else { panic!("{version}: {:?}", tls.client_certificate) };
        assert_ne!(asked.required, Some(true), "{version}");
        assert_eq!(asked.authorities.len(), 1, "{version}");
        // In TLS 1.3 it gives tickets all the same, which then name a session that it keeps.
        assert_eq!(tls.tickets.seen().is_some(), version == "-tls1_3");
    }
}

#[test]
fn a_name_may_have_a_certificate_of_its_own() {
    let words = "-cert ec.pem -key ec.key -servername kubernetes.default.svc -cert2 rsa.pem -key2 rsa.key -alpn h2";
    let Some(server) = Server::start(words) else { return };
    let tls = look(server.address, None);
    let leaf = |sni: Option<&str>| {
        let chain = tls.chains.iter().find(|chain| chain.sni.as_deref() == sni).unwrap();
        chain.certificates.clone().unwrap().remove(0)
    };
    assert_ne!(leaf(None), leaf(Some("kubernetes.default.svc")));
    assert_eq!(tls.alpn, Sight::Seen(vec!["h2".to_owned()]));
    drop(server);

    // One that refuses names that it does not know says so.
    let words = "-cert ec.pem -key ec.key -servername b.example -cert2 rsa.pem -key2 rsa.key -servername_fatal";
    let Some(server) = Server::start(words) else { return };
    let tls = look(server.address, None);
    let refused = tls.chains.iter().find(|chain| chain.sni.is_some()).unwrap();
    assert_eq!(refused.certificates, Err(Refusal::Alert(Some(112))));
}

#[test]
fn what_nobody_should_trust_is_written_down_all_the_same() {
    let Some(server) = Server::start("-cert weak.pem -key weak.key -cipher ALL:@SECLEVEL=0") else { return };
    let tls = look(server.address, None);
    assert!(tls.offers(Protocol::Tls13) && tls.offers(Protocol::Tls12));
    assert!(tls.chains.iter().all(|chain| chain.certificates.as_ref().is_ok_and(|chain| chain.len() == 1)));
    // What vouches for itself, as an authority at that, is nobody's that everybody knows.
    assert!(tls.chains.iter().all(|chain| chain.trust == Trust::Private), "{:?}", tls.chains);
}

#[test]
fn a_server_with_two_keys_shows_both() {
    for version in ["", "-tls1_2", "-tls1_3"] {
        let words = format!("-cert rsa.pem -key rsa.key -dcert ec.pem -dkey ec.key {version}");
        let Some(server) = Server::start(&words) else { return };
        let tls = look(server.address, None);
        let own = tls.chains.iter().filter(|chain| chain.sni.is_none());
        let leaves: BTreeSet<Vec<u8>> = own.map(|chain| chain.certificates.clone().unwrap().remove(0)).collect();
        assert_eq!(leaves.len(), 2, "{version}: {:?}", tls.chains);
        drop(server);
        let words = format!("-cert rsa.pem -key rsa.key {version}");
        let Some(server) = Server::start(&words) else { return };
        let tls = look(server.address, None);
        assert_eq!(tls.chains.iter().filter(|chain| chain.sni.is_none()).count(), 1, "{version}: {:?}", tls.chains);
    }
}

#[test]
fn a_key_of_a_rare_kind_keeps_nobody_from_looking() {
    for (name, version, more) in
        [("pss", "-tls1_3", ""), ("k256", "-tls1_2", ""), ("p521", "-tls1_2", ""), ("p521", "-tls1_3", "")]
    {
        let words = format!("-cert {name}.pem -key {name}.key {version} -www {more}");
        let Some(server) = Server::start(&words) else { return };
        let seen = look_within(server.address, None, &pace(), false);
        let Sight::Seen(tls) = seen.tls else { panic!("{name}: {:?}", seen.tls) };
        assert_eq!(tls.client_certificate, Sight::NotOffered, "{name} {version}");
        assert_eq!(tls.chains[0].certificates.as_ref().map(Vec::len), Ok(1), "{name} {version}");
        // A page of s_server's own, whatever is asked for.
        let Sight::Seen(http) = seen.http else { panic!("{name} {version}: {:?}", seen.http) };
        assert!(http.answers().any(|(_, answer)| answer.meaning == Meaning::Page), "{name} {version}");
    }
}

#[test]
fn a_certificate_is_seen_beside_suites_that_need_none() {
    let words = "-cert dsa.pem -key dsa.key -tls1_2 -cipher aNULL:DHE-DSS-AES128-SHA:@SECLEVEL=0 -serverpref";
    let Some(server) = Server::start(words) else { return };
    let tls = look(server.address, None);
    assert!(suites(&tls, Protocol::Tls12).contains(&"TLS_DHE_DSS_WITH_AES_128_CBC_SHA".to_owned()));
    assert_eq!(tls.chains[0].certificates.as_ref().map(Vec::len), Ok(1), "{:?}", tls.chains);
}

#[test]
fn who_says_nothing_over_tls_is_not_known_to_speak_something_else() {
    // It agrees to no HTTP/2 and waits for somebody to type an answer.
    let Some(server) = Server::start("-cert rsa.pem -key rsa.key") else { return };
    let seen = look_within(server.address, None, &pace(), false);
    assert!(matches!(seen.tls, Sight::Seen(_)));
    assert_eq!(seen.http, Sight::Unseen(Failure::TimedOut));
}

#[test]
fn whether_clients_may_begin_anew_is_tried_once() {
    let unasked =
        |tls: &portcullis_probe::tls::Tls| matches!(tls.client_renegotiation, Sight::Unseen(Failure::Unasked(_)));
    for (words, anew) in [
        ("-tls1_2", Sight::NotOffered),
        ("-tls1_2 -client_renegotiation", Sight::Seen(())),
        ("-client_renegotiation -cipher ECDHE-RSA-CHACHA20-POLY1305", Sight::Seen(())),
        ("-client_renegotiation -cipher ECDHE-RSA-AES256-GCM-SHA384", Sight::Seen(())),
        ("-tls1_3", Sight::NotOffered),
    ] {
        let Some(server) = Server::start(&format!("-cert rsa.pem -key rsa.key {words}")) else { return };
        let tls = look(server.address, Some("a.example"));
        assert_eq!(tls.client_renegotiation, anew, "{words}");
        assert_eq!(tls.secure_renegotiation.seen().is_some(), words != "-tls1_3");
    }
    // Where no handshake of ours comes to an end, nothing is said.
    for words in ["-tls1_2 -cipher AES128-SHA", "-tls1_1 -cipher ALL:@SECLEVEL=0"] {
        let Some(server) = Server::start(&format!("-cert rsa.pem -key rsa.key {words} -client_renegotiation")) else {
            return;
        };
        assert!(unasked(&look(server.address, None)), "{words}");
    }
    let words = "-cert rsa.pem -key rsa.key -Verify 1 -CAfile ca.pem -client_renegotiation";
    let Some(server) = Server::start(words) else { return };
    assert!(unasked(&look(server.address, None)), "a certificate is wanted first");
}
