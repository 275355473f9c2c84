//! What can be typed, exactly as it was typed.
//!
//! Help, completions and errors come from these declarations. What the words mean on this machine is decided in
//! [`settings`](crate::settings).

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, builder::BoolishValueParser};

/// Tells whether the doors of a Kubernetes control plane are locked, and proves it.
#[derive(Debug, Parser)]
#[command(name = "portcullis", version, about, max_term_width = 80, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) own: Own,
}

/// Where the settings of Portcullis itself are.
#[derive(Debug, Args)]
pub(crate) struct Own {
    /// The settings file [default: the nearest portcullis.toml, here or in a folder above]
    #[arg(long, value_name = "FILE", global = true, env = "PORTCULLIS_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,

    /// Read no settings file
    #[arg(long, global = true)]
    pub(crate) isolated: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Judge what the targets declare, or what runs
    Audit(Audit),
    /// Show every effective setting, its value, origin and place
    Resolve(Resolve),
    /// Put what the targets show into one file, redacted, to be judged elsewhere
    Collect(Collect),
    /// Look at endpoints from outside, without credentials: TLS, certificates, what a stranger is answered
    Probe(Probe),
    /// List every certificate seen, by the day on which it ends
    Certs(Certs),
    /// Show what a Kubernetes version is exposed to, and what to upgrade to
    Cve(Cve),
    /// Show what changed between two reports
    Diff(Diff),
    /// Show what a release of the API server does with a configuration file
    #[command(subcommand)]
    Simulate(Simulate),
    /// Explain a rule: what it finds, why that matters, what a fix breaks
    Explain(Explain),
    /// List the rules
    Rules(Rules),
    /// Print the least role with which a cluster can be asked, to apply with kubectl
    RbacManifest(RbacManifest),
    /// Print the JSON Schema of an output
    Schema(Schema),
    /// Show the settings of Portcullis itself
    #[command(subcommand)]
    Config(Config),
    /// Print the completions of these commands for a shell
    Completions(Completions),
    /// Print the manual page, as man(1) reads it
    Man(Man),
}

/// What is looked at, and how.
#[derive(Debug, Args)]
pub(crate) struct Seek {
    /// Files and folders, bundles, `-` for standard input, context:NAME of a kubeconfig, or https://HOST[:PORT], which is
    /// asked without credentials [default: the current context of the kubeconfig]
    #[arg(value_name = "TARGET")]
    pub(crate) targets: Vec<String>,

    /// Ask the cluster of a kubeconfig context; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Vec<String>,

    /// Ask the clusters of all contexts of the kubeconfig
    #[arg(long, conflicts_with = "context")]
    pub(crate) all_contexts: bool,

    /// A list of clusters, as TOML: names, labels, and what each is seen by
    #[arg(long, value_name = "FILE")]
    pub(crate) fleet: Option<PathBuf>,

    /// The kubeconfig [default: those of KUBECONFIG, else ~/.kube/config]
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,

    /// How many clusters are asked at a time
    #[arg(
        long,
        value_name = "N",
        default_value = "64",
        value_parser = clap::value_parser!(u16).range(1..=1000),
        env = "PORTCULLIS_CONCURRENCY",
        hide_env_values = true
    )]
    pub(crate) concurrency: u16,

    /// How long one cluster may take to answer: seconds, or a time such as 90s or 2m
    #[arg(
        long,
        value_name = "TIME",
        default_value = "60",
        value_parser = seconds,
        env = "PORTCULLIS_TIMEOUT",
        hide_env_values = true
    )]
    pub(crate) timeout: u64,

    /// Do not look at the APIs of clusters as a stranger sees them, beside asking them
    #[arg(long, value_parser = BoolishValueParser::new(), env = "PORTCULLIS_NO_PROBE", hide_env_values = true)]
    pub(crate) no_probe: bool,

    /// Ask the kubelet of every node for the configuration it runs with, through the API server, beside the cluster. That
    /// takes the right to get nodes/proxy, which lets its holder run commands in pods as well
    #[arg(long)]
    pub(crate) kubelets: bool,

    /// The folder that stands for `/` of the node, where files that flags name are looked for
    #[arg(long, value_name = "DIR", env = "PORTCULLIS_ROOT", hide_env_values = true)]
    pub(crate) root: Option<PathBuf>,

    /// The release the components are of; wins over what the evidence names
    #[arg(long, value_name = "V", env = "PORTCULLIS_KUBERNETES_VERSION", hide_env_values = true)]
    pub(crate) kubernetes_version: Option<String>,

    /// Take only bundles that the owner of this public key (Ed25519, PEM) signed
    #[arg(long, value_name = "PUBKEY")]
    pub(crate) verify: Option<PathBuf>,
}

/// What commands share that look at targets and report on them.
#[derive(Debug, Args)]
pub(crate) struct Look {
    #[command(flatten)]
    pub(crate) seek: Seek,

    /// How to print the result: human or json; audit also as jsonl, sarif, junit, markdown, csv, html or kube-bench, certs as ical
    #[arg(long, value_name = "FORMAT", default_value = "human", env = "PORTCULLIS_FORMAT", hide_env_values = true)]
    pub(crate) format: String,

    /// Write the result to a file instead of standard output; with FORMAT= beside it, in that format; may be repeated
    #[arg(long, short, value_name = "[FORMAT=]FILE")]
    pub(crate) output: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) voice: Voice,

    /// The day to judge as of, as 2026-11-24 or with a time [default: now]
    #[arg(long, value_name = "DATE", env = "PORTCULLIS_AS_OF", hide_env_values = true)]
    pub(crate) as_of: Option<String>,
}

/// `probe`
#[derive(Debug, Args)]
pub(crate) struct Probe {
    /// An API server, kubelet, etcd or another component, as HOST[:PORT], [ADDRESS]:PORT or https://HOST[:PORT]; the port
    /// is 6443 where none is named, and 443 of https://. Each address of a name is looked at
    #[arg(value_name = "HOST[:PORT]", required_unless_present = "replay")]
    pub(crate) endpoints: Vec<String>,

    /// Write every byte sent and received to a file, as JSON, with what is judged of it
    #[arg(long, value_name = "FILE")]
    pub(crate) evidence: Option<PathBuf>,

    /// Judge what --evidence wrote, as of the same moment unless --as-of names another, and ask nobody
    #[arg(long, value_name = "FILE", conflicts_with_all = ["endpoints", "evidence", "fast"])]
    pub(crate) replay: Option<PathBuf>,

    /// Open connections as fast as the endpoint answers, and not ten a second; for endpoints of one's own
    #[arg(long)]
    pub(crate) fast: bool,

    /// How long one address may take: seconds, or a time such as 90s or 2m
    #[arg(
        long,
        value_name = "TIME",
        default_value = "120",
        value_parser = seconds
    )]
    pub(crate) timeout: u64,

    /// The severity from which a finding makes the exit status 1
    #[arg(long, value_name = "SEVERITY", default_value = "high", env = "PORTCULLIS_FAIL_ON", hide_env_values = true)]
    pub(crate) fail_on: FailOn,

    #[command(flatten)]
    pub(crate) tell: Tell,
}

/// `certs`
#[derive(Debug, Args)]
pub(crate) struct Certs {
    #[command(flatten)]
    pub(crate) look: Look,

    /// Look at an endpoint from outside as well; may be repeated
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(crate) probe: Vec<String>,

    /// Open connections to endpoints as fast as they answer, and not ten a second; for endpoints of one's own
    #[arg(long)]
    pub(crate) fast: bool,

    /// List only what ends within so many days, and make the exit status 1 where anything does
    #[arg(long, value_name = "DAYS")]
    pub(crate) within: Option<u32>,
}

/// `cve`
#[derive(Debug, Args)]
pub(crate) struct Cve {
    /// A version, as 1.29.3; with a vendor's suffix, as 1.29.3-gke.100
    #[arg(value_name = "VERSION")]
    pub(crate) version: String,

    #[command(flatten)]
    pub(crate) tell: Tell,
}

/// How to tell what was found out, and as of which day.
#[derive(Debug, Args)]
pub(crate) struct Tell {
    /// How to print the result: human or json
    #[arg(long, value_name = "FORMAT", default_value = "human", env = "PORTCULLIS_FORMAT", hide_env_values = true)]
    pub(crate) format: String,

    #[command(flatten)]
    pub(crate) voice: Voice,

    /// The day to judge as of, as 2026-11-24 or with a time [default: now]
    #[arg(long, value_name = "DATE", env = "PORTCULLIS_AS_OF", hide_env_values = true)]
    pub(crate) as_of: Option<String>,
}

/// How much to say, and how.
#[derive(Debug, Args)]
pub(crate) struct Voice {
    /// When to use colour
    #[arg(long, value_name = "WHEN", default_value = "auto", env = "PORTCULLIS_COLOR", hide_env_values = true)]
    pub(crate) color: Color,

    /// Say less: one line for each finding
    #[arg(long, short, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    /// Say more: what passed, what was not asked, every file looked at
    #[arg(long, short, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Args)]
pub(crate) struct Audit {
    #[command(flatten)]
    pub(crate) look: Look,

    /// What to ask: all, essential, or what a benchmark asks for, which is then reported in its own numbering: cis (the
    /// edition for the cluster), an edition as cis-1.12 or rke2-cis-1.8, stig, nsa
    #[arg(long, value_name = "NAME", default_value = "all", env = "PORTCULLIS_PROFILE", hide_env_values = true)]
    pub(crate) profile: String,

    /// Ask only rules whose name matches; `*` stands for any text; may be repeated
    #[arg(long = "rule", value_name = "GLOB", value_delimiter = ',', env = "PORTCULLIS_RULE", hide_env_values = true)]
    pub(crate) rules: Vec<String>,

    /// Leave out rules whose name matches; may be repeated
    #[arg(long, value_name = "GLOB", value_delimiter = ',', env = "PORTCULLIS_SKIP", hide_env_values = true)]
    pub(crate) skip: Vec<String>,

    /// How sure a finding must be to be shown; what is not shown neither counts nor fails
    #[arg(
        long,
        value_name = "CONFIDENCE",
        default_value = "probable",
        env = "PORTCULLIS_SHOW",
        hide_env_values = true
    )]
    pub(crate) show: Show,

    /// The severity from which a finding makes the exit status 1
    #[arg(long, value_name = "SEVERITY", default_value = "high", env = "PORTCULLIS_FAIL_ON", hide_env_values = true)]
    pub(crate) fail_on: FailOn,

    /// Make the exit status 3 where anything is undetermined
    #[arg(long, value_parser = BoolishValueParser::new(), env = "PORTCULLIS_STRICT", hide_env_values = true)]
    pub(crate) strict: bool,

    /// Write each cluster to FILE as soon as it is judged, as lines of JSON, and leave out those that are in it: a run that
    /// was cut goes on where it was
    #[arg(long, value_name = "FILE")]
    pub(crate) resume: Option<PathBuf>,

    /// A list of findings that somebody answers for until a day; they are shown, and do not fail the run
    #[arg(long, value_name = "FILE", env = "PORTCULLIS_WAIVERS", hide_env_values = true)]
    pub(crate) waivers: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Show {
    Certain,
    Probable,
    Possible,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    Critical,
    High,
    Medium,
    Low,
    Never,
}

#[derive(Debug, Args)]
pub(crate) struct Resolve {
    #[command(flatten)]
    pub(crate) look: Look,

    /// Show the settings that nobody wrote as well
    #[arg(long)]
    pub(crate) defaults: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Collect {
    #[command(flatten)]
    pub(crate) seek: Seek,

    /// The bundle to write
    #[arg(long, short, value_name = "FILE", required = true)]
    pub(crate) output: PathBuf,

    /// Sign the bundle with this private key (Ed25519, PEM)
    #[arg(long, value_name = "KEY")]
    pub(crate) sign: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) voice: Voice,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The name of a rule, as findings print it
    #[arg(value_name = "RULE")]
    pub(crate) rule: String,

    #[command(flatten)]
    pub(crate) voice: Voice,
}

#[derive(Debug, Args)]
pub(crate) struct Rules {
    /// List what a profile asks: all, essential, cis, an edition as cis-1.12, stig, nsa
    #[arg(long, value_name = "NAME", default_value = "all")]
    pub(crate) profile: String,

    /// How to print the list: human or json
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(crate) format: String,

    #[command(flatten)]
    pub(crate) voice: Voice,
}

#[derive(Debug, Args)]
pub(crate) struct RbacManifest {
    /// What the profile asks: all, essential, cis, an edition as cis-1.12, stig, nsa
    #[arg(long, value_name = "NAME", default_value = "all")]
    pub(crate) profile: String,

    /// What rules ask whose name matches; `*` stands for any text; may be repeated
    #[arg(long = "rule", value_name = "GLOB", value_delimiter = ',')]
    pub(crate) rules: Vec<String>,

    /// Leave out rules whose name matches; may be repeated
    #[arg(long, value_name = "GLOB", value_delimiter = ',')]
    pub(crate) skip: Vec<String>,

    /// With what `audit --kubelets` takes: nodes/proxy, which lets its holder run commands in pods as well
    #[arg(long)]
    pub(crate) kubelets: bool,

    #[command(flatten)]
    pub(crate) voice: Voice,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Show each setting of an audit, its value and where that comes from
    #[command(mut_arg("targets", |arg| arg.hide(true)))]
    Show(Audit),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Simulate {
    /// What an audit policy records of requests: level, stages, and the rule that decides
    AuditPolicy {
        #[command(flatten)]
        shared: SimulateFile,

        #[command(flatten)]
        asked: SimulateRequests,
    },
    /// Which authorizers of an AuthorizationConfiguration decide about requests, and which are only asked
    Authorization {
        #[command(flatten)]
        shared: SimulateFile,

        #[command(flatten)]
        asked: SimulateRequests,

        /// What a webhook answers: allow, deny, no-opinion, down, or both (allow and deny at once); one that is not
        /// named could answer anything; may be repeated
        #[arg(long = "webhook", value_name = "NAME=STATE")]
        webhooks: Vec<String>,
    },
    /// Which providers of an EncryptionConfiguration write and read resources
    Encryption {
        #[command(flatten)]
        shared: SimulateFile,

        /// A resource, as secrets or deployments.apps; may be repeated
        #[arg(long = "resource", value_name = "RESOURCE.GROUP", required = true, num_args = 1..)]
        resources: Vec<String>,
    },
}

impl Simulate {
    pub(crate) fn shared(&self) -> &SimulateFile {
        let (Self::AuditPolicy { shared, .. } | Self::Authorization { shared, .. } | Self::Encryption { shared, .. }) =
            self;
        shared
    }
}

/// What every simulation takes.
#[derive(Debug, Args)]
pub(crate) struct SimulateFile {
    /// The configuration file, or `-` for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: String,

    /// The release whose semantics count [default: the newest that is known]
    #[arg(long, value_name = "V", env = "PORTCULLIS_KUBERNETES_VERSION", hide_env_values = true)]
    pub(crate) kubernetes_version: Option<String>,

    /// How to print the result: human or json
    #[arg(long, value_name = "FORMAT", default_value = "human", env = "PORTCULLIS_FORMAT", hide_env_values = true)]
    pub(crate) format: String,

    #[command(flatten)]
    pub(crate) voice: Voice,
}

#[derive(Debug, Args)]
pub(crate) struct SimulateRequests {
    /// A file of requests, or `-`: a JSON array or one object after the other, each with `path` or `resource`, and any of
    /// user, groups, verb, method, group, subresource, namespace, name, impersonated, status
    #[arg(long, value_name = "FILE")]
    pub(crate) requests: String,
}

/// `diff`
#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The older report, of audit --format json or jsonl; `-` for standard input
    #[arg(value_name = "A")]
    pub(crate) older: String,

    /// The newer report; `-` for standard input
    #[arg(value_name = "B")]
    pub(crate) newer: String,

    /// How to print the result: human or json
    #[arg(long, value_name = "FORMAT", default_value = "human", env = "PORTCULLIS_FORMAT", hide_env_values = true)]
    pub(crate) format: String,

    /// The severity from which a finding that was not there before makes the exit status 1
    #[arg(long, value_name = "SEVERITY", default_value = "high", env = "PORTCULLIS_FAIL_ON", hide_env_values = true)]
    pub(crate) fail_on: FailOn,

    #[command(flatten)]
    pub(crate) voice: Voice,
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell: bash, elvish, fish, powershell or zsh
    #[arg(value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(crate) struct Man {
    /// The command that the page is about [default: all in one]
    #[arg(value_name = "COMMAND", num_args = 0..)]
    pub(crate) command: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// The output: report, jsonl, effective, cve, diff, settings, simulate, probe, exchanges or certs
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
}

/// A time of 1 second to an hour, as seconds or with its units.
pub(crate) fn seconds(text: &str) -> Result<u64, String> {
    let read = text.parse().ok().or_else(|| u64::try_from(text.parse::<jiff::SignedDuration>().ok()?.as_secs()).ok());
    read.filter(|seconds| (1..=3600).contains(seconds))
        .ok_or_else(|| "a time from 1s to 1h, such as 90s or 2m".to_owned())
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn times_are_seconds_or_have_units() {
        assert_eq!(["20", "20s", "2m", "1m30s", "1h"].map(seconds), [Ok(20), Ok(20), Ok(120), Ok(90), Ok(3600)]);
        assert!(["0", "0s", "2h", "-5s", "500ms", "soon", ""].into_iter().all(|text| seconds(text).is_err()));
    }
}
