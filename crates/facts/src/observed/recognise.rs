//! Who listens at a door, and of which release and distribution, by behaviour alone.
//!
//! What a server says of itself is certain; what it does is a hint, which somebody may have changed by a flag or something in
//! front of it by a header. So each mark gives a bound and how sure it is, and what comes of several is no surer than the
//! least sure of them that is needed.

use model::{Confidence, Listener, Location, Meaning, Minor, Version, Who};

use super::door::{Answer, Door};

/// What a server looks like.
#[derive(Clone, Debug, Default)]
pub struct Looks {
    /// The release it names, of an API server or of etcd.
    pub version: Option<(Version, Location)>,
    /// Bounds of the release where it names none, each with its reason; those that agree.
    pub from: Option<Guess<Minor>>,
    pub to: Option<Guess<Minor>>,
    pub distribution: Option<Guess<&'static str>>,
}

/// Something that behaviour makes likely.
#[derive(Clone, Debug)]
pub struct Guess<T> {
    pub value: T,
    pub confidence: Confidence,
    /// What was seen, a clause.
    pub because: &'static str,
    pub at: Location,
}

/// Who listens, and whether answers tell it. `None` where nothing that we know does.
pub(super) fn who(door: &Door) -> (Option<Listener>, bool) {
    let answered: Vec<&Answer> = door.answers.iter().filter(|answer| answer.meaning != Meaning::None).collect();
    let given = |word: &str| door.given().any(|answer| answer.bare() == "/version" && answer.words.contains(word));
    let plain = door.serves_plain().is_some();
    if given("\"etcdserver\"") {
        // Members are not told how etcd is (server/etcdserver/api/etcdhttp/peer.go).
        let deaf = door.answer("/health").is_some_and(|answer| answer.meaning == Meaning::Missing);
        return (Some(if deaf { Listener::EtcdPeer } else { Listener::Etcd }), true);
    }
    // apiserver pkg/server/filters/priority-and-fairness.go, 1.18 on: no other component has it.
    let fair = answered.iter().any(|answer| answer.header("x-kubernetes-pf-flowschema-uid").is_some());
    if given("\"gitVersion\"") || fair {
        return (Some(if plain { Listener::ApiServerInsecure } else { Listener::ApiServer }), true);
    }
    // pkg/kubelet/server/server.go, InstallAuthFilter.
    if answered.iter().any(|answer| answer.words.starts_with("Forbidden (user=")) {
        return (Some(Listener::Kubelet), true);
    }
    // server/embed/etcd.go, `serveMetrics`: health and metrics, and no release.
    let well = door.given().any(|answer| answer.bare() == "/health" && answer.words.contains("\"health\""));
    if well && door.answer("/version").is_some_and(|answer| answer.meaning == Meaning::Missing) {
        return (Some(Listener::EtcdMetrics), true);
    }
    let for_people = |answer: &&Answer| {
        matches!(answer.meaning, Meaning::Page | Meaning::LoginPage | Meaning::Redirect | Meaning::SpeakTls)
    };
    if answered.iter().any(|answer| answer.meaning != Meaning::SpeakTls) && answered.iter().all(for_people) {
        return (None, false);
    }
    (door.known.or_else(|| Listener::of_port(door.port)), false)
}

/// An answer in the words with which all servers refuse that are built as API servers are (apimachinery pkg/api/errors): besides
/// those the controller manager, the scheduler and aggregated APIs.
pub(super) fn status(door: &Door) -> Option<&Answer> {
    let is_one = |answer: &&Answer| {
        let words: String = answer.words.chars().filter(|letter| !letter.is_whitespace()).collect();
        matches!(answer.meaning, Meaning::Unauthenticated | Meaning::Forbidden)
            && words.contains("\"kind\":\"Status\",\"apiVersion\":\"v1\"")
    };
    door.anonymous().find(is_one)
}

impl Door {
    /// What release and distribution its behaviour speaks for.
    pub fn looks(&self) -> Looks {
        let mut looks = Looks::default();
        match self.who {
            // Whichever of them it is, its library is the same.
            None if status(self).is_some() => {
                self.generic(Confidence::Possible, &mut looks);
            }
            Some(Listener::ApiServer | Listener::ApiServerInsecure) => self.api_server(&mut looks),
            Some(Listener::Kubelet) => self.kubelet(&mut looks),
            Some(Listener::Etcd | Listener::EtcdPeer) => looks.version = self.named("\"etcdserver\":\""),
            _ => {}
        }
        // Bounds that contradict one another are none: somebody has changed what one of them rests on.
        if let (Some(from), Some(to)) = (&looks.from, &looks.to)
            && from.value > to.value
        {
            let weaker = if from.confidence < to.confidence { &mut looks.from } else { &mut looks.to };
            *weaker = None;
        }
        looks
    }

    /// The release that `/version` names behind a key.
    fn named(&self, key: &str) -> Option<(Version, Location)> {
        let answer = self.given().find(|answer| answer.bare() == "/version")?;
        // An API server writes a blank behind the colon and etcd none.
        let words: String = answer.words.chars().filter(|letter| !letter.is_whitespace()).collect();
        let (_, rest) = words.split_once(key)?;
        let version: Version = rest.split('"').next()?.parse().ok()?;
        (version.minor.major > 0).then(|| (version, answer.at.clone()))
    }

    fn api_server(&self, looks: &mut Looks) {
        looks.version = self.named("\"gitVersion\":\"");
        looks.distribution = self.distribution(looks.version.as_ref());
        if looks.version.is_some() {
            return;
        }
        let mut from = |guess: Option<Guess<Minor>>| raise(&mut looks.from, guess);
        let given = |path: &str| self.given().find(|answer| answer.bare() == path);
        let is = |path: &str, meaning| self.answer(path).filter(|answer| answer.meaning == meaning);
        let let_in = |path: &str| {
            let meant = |answer: &&Answer| matches!(answer.meaning, Meaning::Given | Meaning::Unsuitable);
            self.answer(path).filter(meant)
        };
        from(self.anonymous().find(|answer| answer.header("x-kubernetes-pf-flowschema-uid").is_some()).map(|answer| {
            bound(
                18,
                Confidence::Probable,
                "its answers carry the headers of priority and fairness, which 1.18 brought",
                answer,
            )
        }));
        from(
            given("/livez").map(|answer| bound(16, Confidence::Probable, "it has /livez, which 1.16 brought", answer)),
        );
        from(
            let_in("/openapi/v3")
                .map(|answer| bound(23, Confidence::Probable, "it has /openapi/v3, which 1.23 brought", answer)),
        );
        from(
            let_in("/flagz").map(|answer| bound(32, Confidence::Probable, "it has /flagz, which 1.32 brought", answer)),
        );
        // Else a stranger is somebody whom the authorizer refuses (KEP-4633).
        let anonymous_somewhere = ["/healthz", "/livez", "/readyz"].into_iter().find_map(given);
        from(anonymous_somewhere.filter(|_| is("/api", Meaning::Unauthenticated).is_some()).map(|answer| {
            let because = "it lets strangers in at some paths and knows none at others, which 1.31 brought";
            bound(31, Confidence::Probable, because, answer)
        }));
        self.generic(Confidence::Probable, looks);
        let mut to = |guess: Option<Guess<Minor>>| lower(&mut looks.to, guess);
        // Where one that was let in is told that there is no such path.
        to(is("/flagz", Meaning::Missing)
            .map(|answer| bound(35, Confidence::Possible, "it has no /flagz, which is on from 1.36", answer)));
        if given("/openapi/v2").is_some() {
            to(is("/openapi/v3", Meaning::Missing)
                .map(|answer| bound(23, Confidence::Probable, "it has no /openapi/v3, which is on from 1.24", answer)));
        }
        // apiserver pkg/endpoints/filters/authentication.go until 1.18 (supportsBasicAuth).
        let basic = |answer: &&Answer| answer.header("www-authenticate") == Some("Basic realm=\"kubernetes-master\"");
        to(self.answers.iter().find(basic).map(|answer| {
            bound(18, Confidence::Probable, "it asks for a user and a password, as none does from 1.19 on", answer)
        }));
        // kubernetes-sigs "Harden the default RBAC discovery clusterrolebindings", 1.14.
        if is("/api/v1/namespaces", Meaning::Forbidden).is_some() {
            to(given("/api").map(|answer| {
                bound(
                    13,
                    Confidence::Possible,
                    "strangers may read what it serves, as the roles until 1.13 let them",
                    answer,
                )
            }));
        }
        if given("/healthz").is_some() {
            let shut = is("/livez", Meaning::Forbidden).or_else(|| is("/livez", Meaning::Missing));
            to(shut
                .map(|answer| bound(15, Confidence::Possible, "it has /healthz and no /livez, as until 1.15", answer)));
        }
    }

    /// What every server built on the same library shows: how its HTTP/2 and its TLS are set up.
    fn generic(&self, confidence: Confidence, looks: &mut Looks) {
        let any = self
            .anonymous()
            .find(|answer| answer.over.is_two() || answer.over.is_tls())
            .or_else(|| self.anonymous().next());
        let setting = |id: u16| self.settings.iter().rfind(|(known, _)| *known == id).map(|(_, value)| *value);
        // resourceBody99Percentile in apiserver pkg/server/secure_serving.go; with it, whose server it is.
        let generic = setting(4) == Some(256 << 10) && setting(5) == Some(256 << 10);
        // kubernetes#121120 lowered it from 250, and with it the patch releases of October 2023.
        if let (true, Some(100), Some(answer)) = (generic, setting(3), any) {
            let because =
                "it allows 100 streams of HTTP/2 at a time, as from 1.25.15, 1.26.10, 1.27.7, 1.28.3 and 1.29 on";
            raise(&mut looks.from, Some(bound(25, confidence, because, answer)));
        }
        if let (true, Some(250), Some(answer)) = (generic, setting(3), any) {
            let because = "it allows 250 streams of HTTP/2 at a time, as until 1.25.14, 1.26.9, 1.27.6 and 1.28.2";
            lower(&mut looks.to, Some(bound(28, confidence, because, answer)));
        }
        let (from, to) = self.of_tls();
        raise(&mut looks.from, from);
        lower(&mut looks.to, to);
    }

    fn kubelet(&self, looks: &mut Looks) {
        let said = |start: &str| self.answers.iter().find(|answer| answer.words.contains(start));
        // KubeletFineGrainedAuthz names several (pkg/kubelet/server/server.go), one until then (1.20.2 among them).
        if let Some(answer) = said("subresource(s)=[") {
            let because = "it refuses in the words that fine-grained authorization brought with 1.32";
            looks.from = Some(bound(32, Confidence::Probable, because, answer));
        } else if let Some(answer) = said(", subresource=") {
            let because = "it refuses in the words of the time before fine-grained authorization, until 1.31";
            looks.to = Some(bound(31, Confidence::Probable, because, answer));
        }
    }

    /// What the library of TLS tells of the release that was built with it. Whoever sets suites, groups or GODEBUG changes it, and
    /// what stands in front has a library of its own, so that it makes nothing more than possible.
    fn of_tls(&self) -> (Option<Guess<Minor>>, Option<Guess<Minor>>) {
        let Some(tls) = &self.tls else { return (None, None) };
        let guess = |minor, because, at: &Location| {
            Some(Guess { value: Minor::new(1, minor), confidence: Confidence::Possible, because, at: at.clone() })
        };
        let group = |name: &str| tls.groups.iter().find(|group| group.name == name).map(|group| &group.at);
        // crypto/tls/defaults.go: X25519MLKEM768 since Go 1.24, X25519Kyber768Draft00 in 1.23 alone. Branches are built with a newer
        // Go as long as they live (kubernetes/sig-release, "Go version support"): 1.31 ended with Go 1.24, 1.30 with 1.23.
        // Go 1.26 added SecP256r1MLKEM768 to its defaults (go.dev/doc/go1.26), which 1.33 may have come to see.
        let from = match (group("X25519MLKEM768"), group("X25519Kyber768Draft00")) {
            (Some(_), _) if group("SecP256r1MLKEM768").is_some() => group("SecP256r1MLKEM768").and_then(|at| {
                guess(33, "it agrees to SecP256r1MLKEM768, as what is built with Go 1.26 or later does", at)
            }),
            (Some(at), _) => guess(31, "it agrees to X25519MLKEM768, as what is built with Go 1.24 or later does", at),
            (None, Some(at)) => guess(30, "it agrees to X25519Kyber768Draft00, as what is built with Go 1.23 does", at),
            (None, None) => None,
        };
        // Go 1.22 took the exchange of keys by RSA out of its defaults, and 1.30 was the first release built with it.
        let mut rsa =
            tls.suites.iter().filter(|suite| suite.protocol == "TLS 1.2" && suite.name.starts_with("TLS_RSA_WITH_"));
        let to = rsa.next().and_then(|suite| {
            guess(
                29,
                "it agrees to an exchange of keys by RSA, as what is built with Go 1.21 or earlier does",
                &suite.at,
            )
        });
        (from, to)
    }

    fn distribution(&self, version: Option<&(Version, Location)>) -> Option<Guess<&'static str>> {
        let of_version = version.and_then(|(version, at)| {
            let text = version.to_string();
            let marks = [("+k3s", "k3s"), ("+rke2", "RKE2"), ("-eks-", "EKS"), ("-gke.", "GKE"), ("+k0s", "k0s")];
            let (_, name) = marks.into_iter().find(|(mark, _)| text.contains(mark))?;
            let because = "the release that it names says so";
            Some(Guess { value: name, confidence: Confidence::Certain, because, at: at.clone() })
        });
        let given = |path: &str| self.given().find(|answer| answer.bare() == path);
        // k3s pkg/server/router.go (1.21; pkg/server/handlers/router.go later), which RKE2 has inside, too.
        let of_supervisor = || {
            let answer = given("/cacerts").filter(|answer| answer.words.starts_with("-----BEGIN CERTIFICATE-----"))?;
            let because = "it hands out its authorities at /cacerts, as the server of k3s and RKE2 does";
            Some(Guess { value: "k3s or RKE2", confidence: Confidence::Probable, because, at: answer.at.clone() })
        };
        let of_oauth = || {
            let answer = given("/.well-known/oauth-authorization-server")?;
            let because = "it publishes where tokens are had by OAuth, as that of OpenShift does";
            Some(Guess { value: "OpenShift", confidence: Confidence::Possible, because, at: answer.at.clone() })
        };
        of_version.or_else(of_supervisor).or_else(of_oauth)
    }

    /// What an answer leaks of what serves: names and releases in headers.
    pub fn leaks(&self) -> Vec<(&Answer, String)> {
        let mut leaks: Vec<(&Answer, String)> = Vec::new();
        for answer in self.answers.iter().filter(|answer| answer.who == Who::Anonymous) {
            for name in ["server", "x-powered-by", "via"] {
                let Some(value) = answer.header(name).filter(|value| value.bytes().any(|byte| byte.is_ascii_digit()))
                else {
                    continue;
                };
                let said = format!("{name}: {value}");
                if !leaks.iter().any(|(_, known)| *known == said) {
                    leaks.push((answer, said));
                }
            }
        }
        leaks
    }
}

fn bound(minor: u16, confidence: Confidence, because: &'static str, answer: &Answer) -> Guess<Minor> {
    Guess { value: Minor::new(1, minor), confidence, because, at: answer.at.clone() }
}

/// Takes the higher bound of two that are as sure, and the surer one else.
fn raise(known: &mut Option<Guess<Minor>>, guess: Option<Guess<Minor>>) {
    take(known, guess, |new, old| new > old);
}

fn lower(known: &mut Option<Guess<Minor>>, guess: Option<Guess<Minor>>) {
    take(known, guess, |new, old| new < old);
}

fn take(known: &mut Option<Guess<Minor>>, guess: Option<Guess<Minor>>, tighter: fn(Minor, Minor) -> bool) {
    let Some(guess) = guess else { return };
    let better = known.as_ref().is_none_or(|known| {
        guess.confidence > known.confidence || guess.confidence == known.confidence && tighter(guess.value, known.value)
    });
    if better {
        *known = Some(guess);
    }
}

#[cfg(test)]
mod tests {
    use model::{Body, Evidence, EvidenceId, Kind, Plane};

    use super::*;

    fn door(text: &str) -> Door {
        let piece =
            Evidence::of(EvidenceId::new("http://h:6443"), Plane::Observed, Kind::Answers, Body::Text(text.into()));
        super::super::door::door(&piece).expect("a door")
    }

    fn say(looks: &Looks) -> String {
        let version = looks.version.as_ref().map(|(version, _)| version.to_string());
        let guess = |guess: &Option<Guess<Minor>>| {
            guess.as_ref().map(|guess| format!("{} {}", guess.confidence.name(), guess.value)).unwrap_or_default()
        };
        version.unwrap_or_else(|| format!("{}..{}", guess(&looks.from), guess(&looks.to)))
    }

    /// The answers are those of the real servers, with `/version` closed.
    #[test]
    fn behaviour_narrows_the_release_of_a_server_that_does_not_name_it() {
        const FAIR: &str = r#""headers":{"x-kubernetes-pf-flowschema-uid":"1"}"#;
        let k120 = format!(
            r#"{{"reach":"answered","settings":[[5,262144],[3,250],[6,1048896],[4,262144]],"asked":[
{{"path":"/version","meaning":"forbidden","status":403,{FAIR}}},{{"path":"/livez","meaning":"given","status":200}}]}}"#
        );
        assert_eq!(say(&door(&k120).looks()), "probable 1.18..probable 1.28");
        let k136 = format!(
            r#"{{"reach":"answered","settings":[[5,262144],[3,100],[6,1048896],[1,4096],[4,262144],[9,1]],"asked":[
{{"path":"/version","meaning":"forbidden","status":403,{FAIR}}},{{"path":"/livez","meaning":"given","status":200}}]}}"#
        );
        assert_eq!(say(&door(&k136).looks()), "probable 1.25..");
        let fenced = r#"{"reach":"answered","settings":[[5,262144],[3,100],[4,262144]],"asked":[
{"path":"/livez","meaning":"given","status":200},{"path":"/api","meaning":"unauthenticated","status":401}]}"#;
        assert_eq!(say(&door(fenced).looks()), "probable 1.31..");
        let basic = r#"{"reach":"answered","asked":[{"path":"/version","meaning":"unauthenticated","status":401,
"headers":{"www-authenticate":"Basic realm=\"kubernetes-master\""}}]}"#;
        assert_eq!(say(&door(basic).looks()), "..probable 1.18");
        // What contradicts itself: somebody runs an old one with the setting of new ones, or a proxy adds headers.
        let odd = r#"{"reach":"answered","settings":[[5,262144],[3,100],[4,262144]],"asked":[
{"path":"/healthz","meaning":"given","status":200},{"path":"/livez","meaning":"missing","status":404}]}"#;
        assert_eq!(say(&door(odd).looks()), "probable 1.25..");
    }

    #[test]
    fn the_library_of_tls_makes_a_release_possible_and_nothing_more() {
        let of = |tls: &str, http: &str| {
            let piece = |id: &str, kind, text: &str| {
                Evidence::of(EvidenceId::new(id), Plane::Observed, kind, Body::Text(text.into()))
            };
            let evidence = [piece("http://h:6443", Kind::Answers, http), piece("tls://h:6443", Kind::Handshake, tls)];
            let mut doors = super::super::doors(&evidence);
            let observed = super::super::all(&evidence, &doors);
            super::super::join(&mut doors, &observed);
            say(&doors[0].looks())
        };
        let shut = r#"{"reach":"answered","asked":[{"path":"/version","meaning":"unauthenticated","status":401}]}"#;
        assert_eq!(of("{kind: Handshake, groups: {TLS 1.3: [x25519, X25519MLKEM768]}}", shut), "possible 1.31..");
        let newer = "{kind: Handshake, groups: {TLS 1.3: [X25519MLKEM768, SecP256r1MLKEM768]}}";
        assert_eq!(of(newer, shut), "possible 1.33..");
        let rsa = "{kind: Handshake, suites: {TLS 1.2: [TLS_RSA_WITH_AES_128_GCM_SHA256]}}";
        assert_eq!(of(rsa, shut), "..possible 1.29");
        // An answer says more than a library does.
        let openapi = r#"{"reach":"answered","asked":[{"path":"/openapi/v3","meaning":"given","status":200}]}"#;
        assert_eq!(of(rsa, openapi), "probable 1.23..possible 1.29");
        let flagz = r#"{"reach":"answered","asked":[{"path":"/flagz","meaning":"given","status":200}]}"#;
        assert_eq!(of(rsa, flagz), "probable 1.32..");
    }

    /// As 1.36.2 and 1.20.2 answer at a port of nobody's that let in nobody without credentials.
    #[test]
    fn a_server_that_is_shut_is_possibly_one_by_its_library_and_surely_one_by_its_certificate() {
        let shut = |settings: &str| {
            format!(
                r#"{{"reach":"answered","settings":{settings},"asked":[{{"over":"https/1.1","path":"/version",
"meaning":"unauthenticated","status":401,"words":"{{\n  \"kind\": \"Status\",\n  \"apiVersion\": \"v1\",\n"}}]}}"#
            )
        };
        let at = |text: &str| {
            let id = EvidenceId::new("http://h:17136");
            let body = Body::Text(text.into());
            let piece = Evidence::of(id, Plane::Observed, Kind::Answers, body);
            super::super::door::door(&piece).expect("a door")
        };
        let k136 = at(&shut("[[5,262144],[3,100],[6,1048896],[1,4096],[4,262144],[9,1]]"));
        assert_eq!((k136.who, say(&k136.looks())), (None, "possible 1.25..".to_owned()));
        let k120 = at(&shut("[[5,262144],[3,250],[6,1048896],[4,262144]]"));
        assert_eq!((k120.who, say(&k120.looks())), (None, "..possible 1.28".to_owned()));
        // Somebody else's refusal says nothing.
        let other = at(r#"{"reach":"answered","settings":[[5,262144],[3,100],[4,262144]],"asked":[
{"over":"https/1.1","path":"/version","meaning":"unauthenticated","status":401,"words":"Unauthorized"}]}"#);
        assert_eq!(say(&other.looks()), "..");
    }

    #[test]
    fn what_a_server_names_is_taken_as_it_is() {
        let named = r#"{"reach":"answered","asked":[{"path":"/version","meaning":"given","status":200,
"words":"{\n  \"major\": \"1\",\n  \"gitVersion\": \"v1.29.3-eks-adc7111\"}"}]}"#;
        let looks = door(named).looks();
        assert_eq!(say(&looks), "1.29.3-eks-adc7111");
        assert_eq!(looks.distribution.map(|guess| guess.value), Some("EKS"));
        let etcd = r#"{"reach":"answered","asked":[{"path":"/version","meaning":"given","status":200,
"words":"{\"etcdserver\":\"3.4.23\",\"etcdcluster\":\"3.4.0\"}"}]}"#;
        let door = door(etcd);
        assert_eq!((door.who, say(&door.looks())), (Some(Listener::Etcd), "3.4.23".to_owned()));
    }

    #[test]
    fn pages_in_front_are_nobody_that_we_know() {
        let login = r#"{"reach":"answered","asked":[{"path":"/version","meaning":"redirect","status":302},
{"path":"/healthz","meaning":"login-page","status":200}]}"#;
        assert_eq!(door(login).who, None);
        let leaky = r#"{"reach":"answered","asked":[{"path":"/version","meaning":"broken","status":502,
"headers":{"server":"nginx/1.22.1"}}]}"#;
        let door = door(leaky);
        let leaks: Vec<String> = door.leaks().into_iter().map(|(_, said)| said).collect();
        assert_eq!(leaks, ["server: nginx/1.22.1"]);
    }
}
