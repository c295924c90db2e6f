//! What a gateway is told at its start: one TOML file.
//!
//! Deliberately absent: environment variables and command line overrides. What runs is what the file says.

mod issuer;
mod notices;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use contract::OdsCode;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

pub use issuer::Issuer;
pub(crate) use issuer::ShownBy;
pub use notices::{Notices, Smtp, SmtpSecurity};

/// Everything a gateway is told. Paths are relative to the folder of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "File", into = "File")]
pub struct Config {
    /// Where the TLS API listens. Port 0 takes any free port.
    pub listen: SocketAddr,
    /// How desks reach the API, without a slash at its end.
    pub public_url: String,
    /// Further host names by which desks reach the API, where there is more than one way to it: what a desk proves to
    /// hold its key with names the host it calls.
    pub also_named: Vec<String>,
    /// The SQLite file.
    pub database: PathBuf,
    /// Folder of the keys the gateway makes for itself at its first start.
    pub secrets: PathBuf,
    /// The certificate of the API.
    pub tls: Tls,
    /// Where RA users sign in.
    pub issuer: Issuer,
    /// Where the user signs in who finishes a registration.
    pub nhs_net: NhsNet,
    /// The page that user opens.
    pub link: LinkPage,
    /// Rules of this gateway.
    pub policy: PolicyConfig,
    /// Where profiles come from.
    pub directory: Directory,
}

/// Certificate chain and key of the API, both PEM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The chain, the gateway's own certificate first.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// NHS.net Connect as an OpenID provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NhsNet {
    /// The issuer, compared as text. Plain `http` only on this computer.
    pub url: String,
    /// The gateway's name there.
    pub client_id: String,
    /// RSA private key (PKCS#8 PEM).
    pub client_key: PathBuf,
    /// The key's name in the gateway's JWKS.
    pub client_key_id: String,
}

/// The page a user opens on their phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkPage {
    /// How phones reach it, without a slash at its end: links are `{public_url}/link/{token}`.
    pub public_url: String,
    /// A plain listener of its own, on this computer only. Absent: the TLS listener serves the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    /// How long a link lives, 1 to 43,200 minutes.
    #[serde(default = "LinkPage::default_lifetime")]
    pub lifetime_minutes: u32,
    /// How many sign-ins with another account end a link, 1 to 100.
    #[serde(default = "LinkPage::default_attempts")]
    pub attempts: u32,
}

impl LinkPage {
    const fn default_lifetime() -> u32 {
        10_080
    }
    const fn default_attempts() -> u32 {
        5
    }
}

/// Rules of a gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PolicyConfig {
    /// Mail domains that may be registered.
    pub mail_domains: Vec<String>,
    /// Job roles that may register.
    pub register_roles: Vec<String>,
    /// Activities that may look.
    pub look_activities: Vec<String>,
    /// How old a recorded registration may be when it arrives, in days, 1 to 365.
    pub queue_age_days: u32,
    /// Whether the user must finish in the RA user's presence.
    pub presence_required: bool,
    /// ODS codes served. Empty: all.
    pub organisations: Vec<OdsCode>,
    /// The most rows that are taken a day of one computer's audit, 1,000 to 10,000,000. What is more waits on it.
    pub audit_rows_a_day_per_device: u32,
    /// The most rows of audits that are taken a day from one RA user, 1,000 to 10,000,000.
    pub audit_rows_a_day_per_user: u32,
    /// How long an RA user may record on a computer without a connection after it was last prepared for that, in
    /// hours, 0 to 168. 0: nobody may.
    pub offline_grant_hours: u32,
    /// How people are told of what is done to their profile. Absent: notices are written and wait. Its table in the
    /// file stands by itself, as `[notices]`.
    #[serde(skip)]
    pub notices: Option<Notices>,
}

impl Default for PolicyConfig {
    fn default() -> Self {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        Self {
            mail_domains: texts(&["nhs.net"]),
            register_roles: texts(&["R5080", "R5090"]),
            look_activities: texts(&["B1300", "B0267", "B0274"]),
            queue_age_days: 14,
            presence_required: false,
            organisations: Vec::new(),
            audit_rows_a_day_per_device: 50_000,
            audit_rows_a_day_per_user: 200_000,
            offline_grant_hours: 72,
            notices: None,
        }
    }
}

/// Where profiles and accounts come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Directory {
    /// A file of [`crate::directory_file::DirectoryRecord`]s, read at start when it is new or changed.
    pub file: PathBuf,
}

/// A configuration as it stands in its file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    listen: SocketAddr,
    public_url: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    also_named: Vec<String>,
    database: PathBuf,
    secrets: PathBuf,
    tls: Tls,
    issuer: Issuer,
    nhs_net: NhsNet,
    link: LinkPage,
    #[serde(default)]
    policy: PolicyConfig,
    directory: Directory,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    notices: Option<Notices>,
}

impl From<File> for Config {
    fn from(file: File) -> Self {
        let policy = PolicyConfig { notices: file.notices, ..file.policy };
        Self {
            listen: file.listen,
            public_url: file.public_url,
            also_named: file.also_named,
            database: file.database,
            secrets: file.secrets,
            tls: file.tls,
            issuer: file.issuer,
            nhs_net: file.nhs_net,
            link: file.link,
            policy,
            directory: file.directory,
        }
    }
}

impl From<Config> for File {
    fn from(mut config: Config) -> Self {
        let notices = config.policy.notices.take();
        Self {
            listen: config.listen,
            public_url: config.public_url,
            also_named: config.also_named,
            database: config.database,
            secrets: config.secrets,
            tls: config.tls,
            issuer: config.issuer,
            nhs_net: config.nhs_net,
            link: config.link,
            policy: config.policy,
            directory: config.directory,
            notices,
        }
    }
}

/// A text that `Debug` does not show.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration {path} cannot be read: {source}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not what a configuration looks like.
    #[error("the configuration {path} is not understood: {message}")]
    NotUnderstood {
        /// Which file.
        path: PathBuf,
        /// What the parser says, without the line itself: it may hold a secret.
        message: String,
    },
    /// A value is not allowed.
    #[error("{key}: {reason}")]
    NotAllowed {
        /// Which key, with its table.
        key: &'static str,
        /// What would be allowed.
        reason: &'static str,
    },
}

impl Config {
    /// Reads and checks a configuration file.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        let config: Self = toml::from_str(&text).map_err(|error| ConfigError::NotUnderstood {
            path: path.to_owned(),
            message: error.message().to_owned(),
        })?;
        config.check()?;
        Ok(config)
    }

    /// Whether every value is one a gateway can run with.
    pub fn check(&self) -> Result<(), ConfigError> {
        let refuse = |key, reason| Err(ConfigError::NotAllowed { key, reason });
        if !is_base_url(&self.public_url) || !self.public_url.starts_with("https://") {
            return refuse("public_url", "an https URL without a slash, a query or a fragment at its end");
        }
        if self.also_named.iter().any(|name| Host::parse(name).is_err()) {
            return refuse("also_named", "host names alone, such as gateway.trust.example");
        }
        for (key, url) in [("issuer.url", &self.issuer.url), ("nhs_net.url", &self.nhs_net.url)] {
            if !is_base_url(url) || !is_safe(url) {
                return refuse(key, "an https URL; http only for 127.0.0.1, [::1] or localhost");
            }
        }
        if !is_base_url(&self.link.public_url) || !is_safe(&self.link.public_url) {
            return refuse("link.public_url", "an https URL; http only for 127.0.0.1, [::1] or localhost");
        }
        if self.link.listen.is_some_and(|listen| !listen.ip().is_loopback()) {
            return refuse("link.listen", "an address of this computer, 127.0.0.1 for instance: it speaks plain http");
        }
        self.issuer.shown_by()?;
        if self.issuer.redirect_uris.is_empty() {
            return refuse("issuer.redirect_uris", "at least one, or nobody can sign in");
        }
        if contract::cis2::level_of_acr(&self.issuer.acr_values).is_none_or(|level| !(1..=3).contains(&level)) {
            return refuse("issuer.acr_values", "a level such as AAL3_ANY");
        }
        if self.issuer.lookup_secret.as_ref().is_some_and(|secret| secret.0.len() < 16) {
            return refuse("issuer.lookup_secret", "at least 16 characters");
        }
        if !(1..=43_200).contains(&self.link.lifetime_minutes) {
            return refuse("link.lifetime_minutes", "1 to 43200");
        }
        if !(1..=100).contains(&self.link.attempts) {
            return refuse("link.attempts", "1 to 100");
        }
        if self.policy.mail_domains.is_empty() {
            return refuse("policy.mail_domains", "at least one, or nothing can be registered");
        }
        if !(1..=365).contains(&self.policy.queue_age_days) {
            return refuse("policy.queue_age_days", "1 to 365");
        }
        let rows = 1_000..=10_000_000;
        if !rows.contains(&self.policy.audit_rows_a_day_per_device) {
            return refuse("policy.audit_rows_a_day_per_device", "1000 to 10000000");
        }
        if !rows.contains(&self.policy.audit_rows_a_day_per_user) {
            return refuse("policy.audit_rows_a_day_per_user", "1000 to 10000000");
        }
        if self.policy.offline_grant_hours > 168 {
            return refuse("policy.offline_grant_hours", "0 to 168");
        }
        self.policy.notices.as_ref().map_or(Ok(()), Notices::check)
    }
}

fn is_base_url(text: &str) -> bool {
    !text.ends_with('/') && Url::parse(text).is_ok_and(|url| url.query().is_none() && url.fragment().is_none())
}

/// Whether what is sent there stays private: TLS, or this computer.
pub(crate) fn is_safe(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| url.scheme() == "https" || (url.scheme() == "http" && is_this_computer(&url)))
}

fn is_this_computer(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r#"
listen = "127.0.0.1:9443"
public_url = "https://localhost:9443"
database = "gateway.sqlite3"
secrets = "gateway-secrets"
[tls]
certificate = "gateway-cert.pem"
key = "gateway-key.pem"
[issuer]
url = "http://127.0.0.1:9400/cis2"
client_id = "ra-desk.practice"
client_key = "gateway-client-key.pem"
client_key_id = "gateway-1"
redirect_uris = ["http://127.0.0.1:9411/callback", "http://127.0.0.1:9412/callback"]
acr_values = "AAL3_ANY"
lookup_secret = "a-secret-of-the-issuer"
[nhs_net]
url = "http://127.0.0.1:9400/nhsnet"
client_id = "ra-gateway.practice"
client_key = "gateway-client-key.pem"
client_key_id = "gateway-1"
[link]
public_url = "http://127.0.0.1:9404"
listen = "127.0.0.1:9404"
lifetime_minutes = 10080
attempts = 5
[policy]
mail_domains = ["nhs.net"]
register_roles = ["R5080", "R5090"]
look_activities = ["B1300", "B0267", "B0274"]
queue_age_days = 14
presence_required = false
organisations = []
[directory]
file = "people.jsonl"
"#;

    #[test]
    fn a_configuration_is_written_as_it_is_read() {
        let config: Config = toml::from_str(SAMPLE).unwrap();
        config.check().unwrap();
        let again: Config = toml::from_str(&toml::to_string(&config).unwrap()).unwrap();
        assert_eq!(again, config);
        assert!(!format!("{config:?}").contains("a-secret-of-the-issuer"));
    }

    #[test]
    fn the_smallest_configuration_has_the_documented_defaults() {
        let sample = SAMPLE.replace("lifetime_minutes = 10080\nattempts = 5\n", "");
        let (start, rest) = sample.split_once("[policy]").unwrap();
        let (_, end) = rest.split_once("[directory]").unwrap();
        let config: Config = toml::from_str(&format!("{start}[directory]{end}")).unwrap();
        assert_eq!(config, toml::from_str(SAMPLE).unwrap());
    }

    #[test]
    fn what_cannot_work_is_refused_by_name() {
        let cases = [
            ("listen = \"127.0.0.1:9404\"", "listen = \"0.0.0.0:9404\"", "link.listen"),
            ("\"http://127.0.0.1:9400/cis2\"", "\"http://issuer.example/cis2\"", "issuer.url"),
            ("\"http://127.0.0.1:9400/nhsnet\"", "\"ftp://127.0.0.1/nhsnet\"", "nhs_net.url"),
            ("\"http://127.0.0.1:9404\"", "\"http://10.0.0.1:9404\"", "link.public_url"),
            ("\"https://localhost:9443\"", "\"http://localhost:9443\"", "public_url"),
            ("database =", "also_named = [\"https://gateway.example\"]\ndatabase =", "also_named"),
            ("redirect_uris =", "client_keys = \"keys\"\nredirect_uris =", "issuer.client_key"),
            ("redirect_uris =", "client_secret_file = \"secret\"\nredirect_uris =", "issuer.client_key"),
            ("client_key = \"gateway-client-key.pem\"\nclient_key_id = \"gateway-1\"\n", "", "issuer.client_key"),
            ("client_key_id = \"gateway-1\"\nredirect", "redirect", "issuer.client_key_id"),
            ("AAL3_ANY", "anything", "issuer.acr_values"),
            ("a-secret-of-the-issuer", "short", "issuer.lookup_secret"),
            ("attempts = 5", "attempts = 0", "link.attempts"),
            ("lifetime_minutes = 10080", "lifetime_minutes = 0", "link.lifetime_minutes"),
            ("queue_age_days = 14", "queue_age_days = 0", "policy.queue_age_days"),
            ("queue_age_days = 14", "audit_rows_a_day_per_device = 999", "policy.audit_rows_a_day_per_device"),
            ("queue_age_days = 14", "audit_rows_a_day_per_user = 1", "policy.audit_rows_a_day_per_user"),
            ("queue_age_days = 14", "offline_grant_hours = 169", "policy.offline_grant_hours"),
            ("mail_domains = [\"nhs.net\"]", "mail_domains = []", "policy.mail_domains"),
        ];
        for (good, bad, expected) in cases {
            assert!(SAMPLE.contains(good), "{good}");
            let config: Config = toml::from_str(&SAMPLE.replacen(good, bad, 1)).unwrap();
            match config.check() {
                Err(ConfigError::NotAllowed { key, .. }) => assert_eq!(key, expected),
                other => panic!("{expected}: {other:?}"),
            }
        }
        assert!(toml::from_str::<Config>(&format!("colour = 1\n{SAMPLE}")).is_err(), "unknown keys are refused");
    }

    #[test]
    fn notices_leave_by_one_safe_way_or_not_at_all() {
        let with = |notices: &str| toml::from_str::<Config>(&format!("{SAMPLE}[notices]\n{notices}"));
        let smtp = |rest: &str| {
            format!("from = \"ra-desk@trust.nhs.uk\"\nsmtp = {{ host = \"mail.nhs.uk\", port = 587{rest} }}")
        };
        let folder = "from = \"RA Desk <ra-desk@trust.nhs.uk>\"\nfolder = \"outbox\"\n".to_owned();
        for good in [
            folder.clone(),
            smtp(""),
            smtp(", username = \"ra-desk\", password_file = \"mail-password\""),
            smtp(", security = \"none\"").replace("mail.nhs.uk", "127.0.0.1"),
        ] {
            let config = with(&good).unwrap();
            config.check().unwrap();
            assert_eq!(toml::from_str::<Config>(&toml::to_string(&config).unwrap()).unwrap(), config, "{good}");
        }
        for (bad, expected) in [
            (folder.replace('@', " at "), "notices.from"),
            (folder.replace("folder = \"outbox\"", ""), "notices"),
            (folder.replace("outbox", ""), "notices"),
            (format!("folder = \"outbox\"\n{}", smtp("")), "notices"),
            (smtp("").replace("587", "0"), "notices.smtp"),
            (smtp(", security = \"none\""), "notices.smtp.security"),
            (smtp(", username = \"ra-desk\""), "notices.smtp.password_file"),
        ] {
            match with(&bad).unwrap().check() {
                Err(ConfigError::NotAllowed { key, .. }) => assert_eq!(key, expected, "{bad}"),
                other => panic!("{expected}: {other:?}"),
            }
        }
        assert!(with(&smtp(", password = \"secret\"")).is_err(), "unknown keys are refused there too");
        assert!(toml::from_str::<Config>(&SAMPLE.replace("[policy]", "[policy]\nnotices = {}")).is_err());
    }
}
