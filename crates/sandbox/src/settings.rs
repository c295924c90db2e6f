//! The files that tell the sandbox and the desk where everything is.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// `sandbox.toml`: what `ra-sandbox serve` needs. Paths are relative to its folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SandboxSettings {
    /// Where the sandbox listens.
    pub listen: SocketAddr,
    /// How browsers reach it, without a slash at the end.
    pub url: String,
    /// How the gateway is reached.
    pub gateway_url: String,
    /// The authority that signed the gateway's certificate.
    pub ca: PathBuf,
    /// Bearer secret with which the issuer asks the gateway which profile an account opens.
    pub lookup_secret: String,
    /// Profiles and accounts.
    pub people: PathBuf,
    /// RA users and people worth trying.
    pub world: PathBuf,
    /// With which options this folder was made, so that a second `init` can tell whether it is the same.
    pub made_with: MadeWith,
    /// Who may ask the practice CIS2 for a sign-in, by client id.
    pub cis2_clients: BTreeMap<String, ClientSettings>,
    /// Who may ask the practice NHS.net Connect for a sign-in, by client id.
    pub nhs_net_clients: BTreeMap<String, ClientSettings>,
}

/// Options of the `init` that made a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MadeWith {
    /// How many people.
    pub people: usize,
    /// Which seed. Text, because TOML has no number so large.
    pub seed: String,
    /// `free`, or the first port.
    pub ports: String,
    /// Name or address in the URLs.
    pub host: String,
}

/// A client of one of the two practice providers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientSettings {
    /// Where a person may be sent back to, compared as text.
    pub redirect_uris: Vec<String>,
    /// File of its public keys (JWKS).
    pub jwks: PathBuf,
    /// Where it wants to be told that a session ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
}

/// `desk.toml`: the settings of one practice computer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeskSettings {
    /// The gateway.
    pub gateway_url: String,
    /// The issuer, compared as text.
    pub issuer_url: String,
    /// The gateway's name at the issuer.
    pub client_id: String,
    /// The level that is asked for.
    pub acr_values: String,
    /// Ports on which the desk may wait for the browser, apart by spaces.
    pub redirect_ports: String,
    /// Scopes, separated by spaces.
    pub scopes: String,
    /// `only`: the practice authority's certificates are trusted and nobody else's.
    pub trust: String,
    /// That authority's certificate.
    pub trust_ca: PathBuf,
}
