//! What the desk needs to know: where the gateway and the issuer are, how they are reached, and whom to trust.

use std::path::PathBuf;

use contract::{ComputerName, PublicKey, SealingKey};
use url::{Host, Url};

use crate::resolve::Resolution;
use crate::{Layer, RawLayer, UnreadableLayer, Value};

/// What the desk needs to know of its computer. Every value in here has been checked.
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
    /// How the way out is found.
    pub proxy: ProxyChoice,
    /// Minutes without the RA user's own input after which the session ends.
    pub idle_minutes: u32,
    /// Whether registrations may be recorded while the gateway cannot be reached.
    pub offline_recording: bool,
    /// What this computer is called where its waiting work is told of.
    pub computer_name: Option<ComputerName>,
    /// The folder of the second copy, if there is to be one.
    pub second_copy_folder: Option<PathBuf>,
    /// What the second copy is sealed to, where the gateway's own word for it is not to count.
    pub second_copy_key: Option<SealingKey>,
    /// What the audit is countersigned with, where the gateway's own word for it is not to count.
    pub countersigning_key: Option<PublicKey>,
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
        /// Where it answers: `http://` or `https://`, a name and a port; no user and no password.
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

/// A setting that is missing or wrong, so that RA Desk cannot start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("setting {key}: {message}")]
pub struct SettingsError {
    /// The key, or `file` when a whole layer cannot be read.
    pub key: &'static str,
    /// What is wrong with it, for whoever looks after the computer.
    pub message: String,
}

impl From<UnreadableLayer> for SettingsError {
    fn from(error: UnreadableLayer) -> Self {
        Self { key: "file", message: error.to_string() }
    }
}

impl Resolution {
    /// What the desk needs to know, or the first reason why RA Desk must not start.
    pub fn desk(&self) -> Result<Settings, SettingsError> {
        // What a user wrote decides nothing of this.
        if let Some(layer) = self.unreadable().iter().find(|layer| layer.layer != Layer::User) {
            return Err(layer.clone().into());
        }
        if let Some(fault) = self.refusals().next() {
            return Err(SettingsError { key: fault.key(), message: fault.message() });
        }
        let url = |key: &'static str| -> Result<Url, SettingsError> { address(key, &self.needed(key)?) };
        let issuer_url = self.needed("issuer_url")?;
        address("issuer_url", &issuer_url)?;
        Ok(Settings {
            gateway_url: url("gateway_url")?,
            issuer_url,
            client_id: self.needed("client_id")?,
            acr_values: self.needed("acr_values")?,
            redirect_ports: match self.value("redirect_ports") {
                Some(Value::Ports(ports)) => ports.clone(),
                _ => return Err(missing("redirect_ports")),
            },
            scopes: self.needed("scopes")?,
            trust: self.trust()?,
            proxy: self.proxy()?,
            idle_minutes: self.whole("idle_minutes"),
            offline_recording: self.yes("offline_recording"),
            // Checked as values already.
            computer_name: self.text("computer_name").and_then(|text| text.parse().ok()),
            second_copy_folder: self.text("second_copy_folder").map(PathBuf::from),
            second_copy_key: self.text("second_copy_key").and_then(|text| text.parse().ok()),
            countersigning_key: self.text("countersigning_key").and_then(|text| text.parse().ok()),
        })
    }

    fn needed(&self, key: &'static str) -> Result<String, SettingsError> {
        self.text(key).map(str::to_owned).ok_or_else(|| missing(key))
    }

    fn trust(&self) -> Result<Trust, SettingsError> {
        let authority = || self.needed("trust_ca").map(PathBuf::from);
        match self.text("trust") {
            Some("platform_plus") => Ok(Trust::PlatformPlus(authority()?)),
            Some("only") => Ok(Trust::Only(authority()?)),
            _ => Ok(Trust::Platform),
        }
    }

    fn proxy(&self) -> Result<ProxyChoice, SettingsError> {
        // Checked as a value already.
        let url = |key: &'static str| Url::parse(&self.needed(key)?).map_err(|_| wrong(key, "is not an address"));
        match self.text("proxy") {
            Some("none") => Ok(ProxyChoice::None),
            Some("fixed") => Ok(ProxyChoice::Fixed { url: url("proxy_url")?, bypass: self.bypass() }),
            Some("pac") => Ok(ProxyChoice::Pac { url: url("proxy_pac_url")? }),
            _ => Ok(ProxyChoice::System),
        }
    }

    fn bypass(&self) -> Vec<String> {
        let names = self.text("proxy_bypass").unwrap_or_default().split([',', ';']);
        names.map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }
}

impl Settings {
    /// Settings of one file alone, as in practice.
    pub fn read(path: &std::path::Path) -> Result<Self, SettingsError> {
        if !path.exists() {
            return Err(wrong("file", "the settings cannot be read: there is no such file"));
        }
        Resolution::of(&[RawLayer::from_file(Layer::Policy, path)?]).desk()
    }

    /// Whether the gateway is on this computer, as in practice.
    pub fn is_local(&self) -> bool {
        is_loopback(&self.gateway_url)
    }
}

fn missing(key: &'static str) -> SettingsError {
    wrong(key, "is not set. It can be set by policy or by the installer")
}

fn wrong(key: &'static str, message: impl Into<String>) -> SettingsError {
    SettingsError { key, message: message.into() }
}

/// An `https` address; in practice also plain `http` on this computer.
pub fn address(key: &'static str, text: &str) -> Result<Url, SettingsError> {
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

/// Whether an address is on this computer.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
