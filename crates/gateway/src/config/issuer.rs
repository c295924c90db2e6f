//! Where RA users sign in, and how the gateway shows itself there.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{ConfigError, Secret};

/// The OpenID provider of RA users: NHS CIS2 Authentication, or the sandbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// The issuer, compared as text. Plain `http` only on this computer.
    pub url: String,
    /// The gateway's name there.
    pub client_id: String,
    /// RSA private key (PKCS#8 PEM) that shows it is the gateway. One of this, `client_keys` and `client_secret_file`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_key: Option<PathBuf>,
    /// That key's name in the gateway's JWKS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_key_id: Option<String>,
    /// A folder of such keys, `NAME.pem` each, in which the file `active` names the one that signs. All are published.
    /// Read again while the gateway runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_keys: Option<PathBuf>,
    /// A file with a secret to show instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret_file: Option<PathBuf>,
    /// Where the issuer may send an RA user back to, compared as text.
    pub redirect_uris: Vec<String>,
    /// The level that is asked for, `AAL3_ANY` for instance.
    pub acr_values: String,
    /// With this the issuer may ask which profile an account opens. Absent: nobody may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lookup_secret: Option<Secret>,
}

/// How the gateway shows the issuer who it is.
pub(crate) enum ShownBy<'a> {
    /// By the signature of one key, which has this name.
    Key(&'a Path, &'a str),
    /// By the signature of a key of a folder.
    Keys(&'a Path),
    /// By the secret in a file.
    Secret(&'a Path),
}

impl Issuer {
    /// The one way that is set.
    pub(crate) fn shown_by(&self) -> Result<ShownBy<'_>, ConfigError> {
        let refuse = |key, reason| Err(ConfigError::NotAllowed { key, reason });
        match (&self.client_key, &self.client_key_id, &self.client_keys, &self.client_secret_file) {
            (Some(key), Some(id), None, None) => Ok(ShownBy::Key(key, id)),
            (None, None, Some(folder), None) => Ok(ShownBy::Keys(folder)),
            (None, None, None, Some(file)) => Ok(ShownBy::Secret(file)),
            (Some(_), None, None, None) => refuse("issuer.client_key_id", "the name of client_key"),
            _ => refuse("issuer.client_key", "one of client_key with its id, client_keys, and client_secret_file"),
        }
    }
}
