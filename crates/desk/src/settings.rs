//! The settings of one computer: where the gateway and the issuer are, and whom to trust.
//!
//! In life they come from the machine's policy, in practice from a file of the practice world. Deliberately
//! absent: where that file lies, and any default for a server's address.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use url::{Host, Url};

/// The settings of one computer. Every value in here has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where the gateway answers.
    pub gateway_url: Url,
    /// The issuer, exactly as it names itself in its tokens.
    pub issuer_url: String,
    /// The client id the gateway has at the issuer.
    pub client_id: String,
    /// Which sign-ins are strong enough, for instance `AAL3_ANY`.
    pub acr_values: String,
    /// Ports on `127.0.0.1` at which the issuer's answer may arrive, tried in this order.
    pub redirect_ports: Vec<u16>,
    /// Scopes asked of the issuer, apart by spaces.
    pub scopes: String,
    /// Whose certificates are believed.
    pub trust: Trust,
    /// How the way to the servers is found.
    pub proxy: ProxyChoice,
}

/// How the way to the servers is found. A server on this computer is never reached through a proxy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ProxyChoice {
    /// As the operating system says: its settings, its PAC file, its environment.
    #[default]
    System,
    /// No proxy.
    None,
    /// This proxy.
    Fixed {
        /// Where it answers: `http://` or `https://`, a name and a port.
        url: Url,
        /// Names that are reached without it: `example.nhs.uk`, `.nhs.uk` or `*.nhs.uk`, an address, or a range of
        /// addresses.
        bypass: Vec<String>,
    },
    /// Whatever this PAC file says.
    Pac {
        /// Where the file is.
        url: Url,
    },
}

/// Whose certificates are believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// Those the operating system believes.
    Platform,
    /// Those, and this authority's (PEM).
    PlatformPlus(PathBuf),
    /// This authority's alone (PEM).
    Only(PathBuf),
}

/// A setting that is missing or wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("setting {key}: {message}")]
pub struct SettingsError {
    /// The key as it stands in the file; `file` when the file as a whole cannot be read.
    pub key: &'static str,
    /// What is wrong with it, for whoever looks after the computer.
    pub message: String,
}

impl Settings {
    /// Reads a settings file. Relative paths in it are relative to its folder.
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| wrong("file", format!("the settings cannot be read: {}", error.kind())))?;
        Self::from_toml(&text, path.parent().unwrap_or(Path::new(".")))
    }

    /// Reads settings from text. Relative paths in it are relative to `base`.
    pub fn from_toml(text: &str, base: &Path) -> Result<Self, SettingsError> {
        let file: File = toml::from_str(text).map_err(|error| wrong("file", error.message().to_owned()))?;
        let gateway_url = address("gateway_url", &file.gateway_url)?;
        // Parsed only to be checked: the issuer is compared as text, so it is kept as text.
        address("issuer_url", &file.issuer_url)?;
        if file.client_id.trim().is_empty() {
            return Err(wrong("client_id", "must not be empty"));
        }
        if file.acr_values.split(' ').any(|acr| contract::cis2::level_of_acr(acr).is_none()) {
            return Err(wrong("acr_values", "each value begins with AAL and a level, for instance AAL3_ANY"));
        }
        if file.redirect_ports.is_empty() || file.redirect_ports.contains(&0) {
            return Err(wrong("redirect_ports", "at least one port, and none of them 0"));
        }
        if !file.scopes.split(' ').any(|scope| scope == "openid") {
            return Err(wrong("scopes", "must contain openid"));
        }
        let trust = match file.trust {
            TrustInFile::Platform => Trust::Platform,
            TrustInFile::PlatformPlus { ca } => Trust::PlatformPlus(base.join(ca)),
            TrustInFile::Only { ca } => Trust::Only(base.join(ca)),
        };
        Ok(Self {
            gateway_url,
            issuer_url: file.issuer_url,
            client_id: file.client_id,
            acr_values: file.acr_values,
            redirect_ports: file.redirect_ports,
            scopes: file.scopes,
            trust,
            proxy: ProxyChoice::System,
        })
    }

    /// Whether the gateway is on this computer, as in practice.
    pub(crate) fn is_local(&self) -> bool {
        is_loopback(&self.gateway_url)
    }
}

fn wrong(key: &'static str, message: impl Into<String>) -> SettingsError {
    SettingsError { key, message: message.into() }
}

/// An `https` address; in practice also plain `http` on this computer.
pub(crate) fn address(key: &'static str, text: &str) -> Result<Url, SettingsError> {
    let url = Url::parse(text).map_err(|error| wrong(key, format!("is not an address: {error}")))?;
    let plain_allowed = cfg!(feature = "practice") && is_loopback(&url);
    if url.scheme() != "https" && !(url.scheme() == "http" && plain_allowed) {
        return Err(wrong(key, "must begin with https://"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong(key, "must have no user, password, query or fragment"));
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    gateway_url: String,
    issuer_url: String,
    client_id: String,
    acr_values: String,
    redirect_ports: Vec<u16>,
    scopes: String,
    trust: TrustInFile,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum TrustInFile {
    Platform,
    PlatformPlus { ca: PathBuf },
    Only { ca: PathBuf },
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        gateway_url = "https://localhost:9443"
        issuer_url = "https://issuer.example:443/cis2"
        client_id = "ra-desk.practice"
        acr_values = "AAL3_ANY"
        redirect_ports = [9411, 9412]
        scopes = "openid profile"
        [trust]
        kind = "only"
        ca = "ca.pem"
    "#;

    #[test]
    fn good_settings_are_read() {
        let settings = Settings::from_toml(GOOD, Path::new("/etc/ra-desk")).unwrap();
        assert_eq!(settings.issuer_url, "https://issuer.example:443/cis2", "the issuer stays text");
        assert_eq!(settings.trust, Trust::Only("/etc/ra-desk/ca.pem".into()));
    }

    #[test]
    fn each_wrong_setting_is_named() {
        for (from, to, key) in [
            ("https://localhost:9443", "ftp://localhost", "gateway_url"),
            ("https://localhost:9443", "http://gateway.example", "gateway_url"),
            ("https://localhost:9443", "https://a:b@localhost", "gateway_url"),
            ("https://issuer.example:443/cis2", "not an address", "issuer_url"),
            ("ra-desk.practice", " ", "client_id"),
            ("AAL3_ANY", "anything", "acr_values"),
            ("[9411, 9412]", "[]", "redirect_ports"),
            ("[9411, 9412]", "[0]", "redirect_ports"),
            ("openid profile", "profile", "scopes"),
            ("\"only\"", "\"nobody\"", "file"),
            ("client_id", "colour", "file"),
        ] {
            let text = GOOD.replacen(from, to, 1);
            assert_eq!(Settings::from_toml(&text, Path::new(".")).unwrap_err().key, key, "{to}");
        }
        assert_eq!(Settings::read(Path::new("/no/such/file")).unwrap_err().key, "file");
    }

    #[test]
    fn plain_http_is_for_practice_on_this_computer_alone() {
        let loopback = GOOD.replacen("https://localhost:9443", "http://127.0.0.1:9443", 1);
        assert_eq!(Settings::from_toml(&loopback, Path::new(".")).is_ok(), cfg!(feature = "practice"));
        let elsewhere = GOOD.replacen("https://localhost:9443", "http://10.0.0.1:9443", 1);
        assert!(Settings::from_toml(&elsewhere, Path::new(".")).is_err());
    }
}
