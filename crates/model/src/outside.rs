//! Words for a port that is looked at from outside, which whoever looks and whoever judges share.

/// Who listens at a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Listener {
    ApiServer,
    /// Without TLS: the insecure port until 1.19, or a kubectl proxy.
    ApiServerInsecure,
    Kubelet,
    KubeletReadOnly,
    /// cAdvisor inside the kubelet, until 1.11.
    Cadvisor,
    Etcd,
    EtcdPeer,
    /// Its metrics and health, at a port of their own (`--listen-metrics-urls`).
    EtcdMetrics,
    ControllerManager,
    ControllerManagerInsecure,
    Scheduler,
    SchedulerInsecure,
    /// Whom the API server asks about requests (admission).
    Webhook,
    /// Whom the API server gives the requests of whole groups (an APIService with a service).
    AggregatedApi,
}

impl Listener {
    /// Whose port it is where nobody moved it (kubernetes.io/docs/reference/networking/ports-and-protocols; 8080, 10251 and
    /// 10252 until 1.19, 1.22 and 1.21; 4194 until 1.10; 8001 is that of `kubectl proxy`; 2381 is what kubeadm gives etcd's
    /// metrics, cmd/kubeadm/app/constants/constants.go, `EtcdMetricsPort`).
    pub fn of_port(port: u16) -> Option<Self> {
        Some(match port {
            443 | 6443 | 8443 | 16443 => Self::ApiServer,
            8001 | 8080 => Self::ApiServerInsecure,
            10250 => Self::Kubelet,
            10255 => Self::KubeletReadOnly,
            4194 => Self::Cadvisor,
            2379 => Self::Etcd,
            2380 => Self::EtcdPeer,
            2381 => Self::EtcdMetrics,
            10257 => Self::ControllerManager,
            10252 => Self::ControllerManagerInsecure,
            10259 => Self::Scheduler,
            10251 => Self::SchedulerInsecure,
            _ => return None,
        })
    }

    /// Who listens where only the component is known, by a port that somebody may have moved.
    pub fn of_component(name: &str, port: u16) -> Option<Self> {
        let at = Self::of_port(port).filter(|listener| listener.component() == name);
        at.or_else(|| {
            let others = [Self::ControllerManager, Self::Scheduler, Self::Webhook, Self::AggregatedApi];
            let all = [Self::ApiServer, Self::Kubelet, Self::Etcd].into_iter().chain(others);
            all.into_iter().find(|listener| listener.component() == name)
        })
    }

    /// Whether it speaks no TLS.
    pub fn is_plain(self) -> bool {
        match self {
            Self::ApiServer
            | Self::Kubelet
            | Self::Etcd
            | Self::EtcdPeer
            | Self::ControllerManager
            | Self::Scheduler
            | Self::Webhook
            | Self::AggregatedApi => false,
            Self::ApiServerInsecure
            | Self::KubeletReadOnly
            | Self::Cadvisor
            | Self::EtcdMetrics
            | Self::ControllerManagerInsecure
            | Self::SchedulerInsecure => true,
        }
    }

    /// The component, as it calls itself.
    pub fn component(self) -> &'static str {
        match self {
            Self::ApiServer | Self::ApiServerInsecure => "kube-apiserver",
            Self::Kubelet | Self::KubeletReadOnly | Self::Cadvisor => "kubelet",
            Self::Etcd | Self::EtcdPeer | Self::EtcdMetrics => "etcd",
            Self::ControllerManager | Self::ControllerManagerInsecure => "kube-controller-manager",
            Self::Scheduler | Self::SchedulerInsecure => "kube-scheduler",
            Self::Webhook => "webhook",
            Self::AggregatedApi => "aggregated-api",
        }
    }
}

/// How something is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Over {
    Plain1,
    Plain2,
    Tls1,
    Tls2,
}

impl Over {
    const ALL: [Self; 4] = [Self::Plain1, Self::Plain2, Self::Tls1, Self::Tls2];

    /// A word for it that does not change.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain1 => "http/1.1",
            Self::Plain2 => "h2c",
            Self::Tls1 => "https/1.1",
            Self::Tls2 => "h2",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }

    pub fn is_tls(self) -> bool {
        matches!(self, Self::Tls1 | Self::Tls2)
    }

    /// Whether it is HTTP/2.
    pub fn is_two(self) -> bool {
        matches!(self, Self::Plain2 | Self::Tls2)
    }
}

/// As whom something is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    Anonymous,
    /// With a token that is nobody's.
    Token,
    /// With a user and a password that are nobody's.
    Basic,
}

impl Who {
    const ALL: [Self; 3] = [Self::Anonymous, Self::Token, Self::Basic];

    /// A word for it that does not change.
    pub fn name(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Token => "token",
            Self::Basic => "basic",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}

/// The token with which it is asked, which is the name of a user where any token is taken for one
/// (`--insecure-allow-any-token`, until 1.5).
pub const TOKEN: &str = "portcullis-probe";

/// The path that nobody has. What answers it with 200 answers everything so, and its other answers show no open door.
pub const NOWHERE: &str = "/portcullis-no-such-path";

/// What a server wants of a client's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Demand {
    /// It does not ask.
    None,
    /// It asks, and goes on without one.
    Asks,
    /// It ends the handshake without one.
    Insists,
}

impl Demand {
    const ALL: [Self; 3] = [Self::None, Self::Asks, Self::Insists];

    /// A word for it that does not change.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Asks => "asks",
            Self::Insists => "insists",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}

/// What the caller is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Meaning {
    /// Here is what you asked for.
    Given,
    /// You are known to nobody (401).
    Unauthenticated,
    /// You may not (403).
    Forbidden,
    /// There is no such thing (404, 410).
    Missing,
    /// There is, and not in this way (405, 406): whoever is told so was let in.
    Unsuitable,
    /// Look elsewhere (3xx).
    Redirect,
    /// Fill this in: a page for people that asks for a password.
    LoginPage,
    /// Another page for people, where none was asked for.
    Page,
    /// Come back with a client certificate: what stands in front says so over HTTP.
    CertificateRequired,
    /// Speak TLS here.
    SpeakTls,
    /// Too much, too soon (429).
    TooMany,
    /// It is broken (5xx).
    Broken,
    Other,
    /// There was no answer.
    None,
}

impl Meaning {
    const ALL: [Self; 14] = [
        Self::Given,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::Missing,
        Self::Unsuitable,
        Self::Redirect,
        Self::LoginPage,
        Self::Page,
        Self::CertificateRequired,
        Self::SpeakTls,
        Self::TooMany,
        Self::Broken,
        Self::Other,
        Self::None,
    ];

    /// A word for it that does not change.
    pub fn name(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::Missing => "missing",
            Self::Unsuitable => "unsuitable",
            Self::Redirect => "redirect",
            Self::LoginPage => "login-page",
            Self::Page => "page",
            Self::CertificateRequired => "certificate-required",
            Self::SpeakTls => "speak-tls",
            Self::TooMany => "too-many",
            Self::Broken => "broken",
            Self::Other => "other",
            Self::None => "none",
        }
    }

    /// What a word stands for; one that nobody knows is something else.
    pub fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|known| known.name() == name).unwrap_or(Self::Other)
    }

    /// Whether it was refused for want of a credential or of a right.
    pub fn is_refusal(self) -> bool {
        matches!(self, Self::Unauthenticated | Self::Forbidden | Self::CertificateRequired | Self::LoginPage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_as_what_it_was_written_for() {
        assert!(Over::ALL.into_iter().all(|over| Over::named(over.name()) == Some(over)));
        assert!(Who::ALL.into_iter().all(|who| Who::named(who.name()) == Some(who)));
        assert!(Demand::ALL.into_iter().all(|demand| Demand::named(demand.name()) == Some(demand)));
        assert!(Meaning::ALL.into_iter().all(|meaning| Meaning::named(meaning.name()) == meaning));
        assert_eq!((Over::named("h3"), Meaning::named("teapot")), (None, Meaning::Other));
    }

    #[test]
    fn a_component_at_a_port_that_somebody_moved_is_that_component() {
        assert_eq!(Listener::of_component("kube-apiserver", 8080), Some(Listener::ApiServerInsecure));
        assert_eq!(Listener::of_component("kube-apiserver", 10250), Some(Listener::ApiServer));
        assert_eq!(Listener::of_component("", 6443), None);
    }
}
