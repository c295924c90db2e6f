//! How the gateway shows an OpenID provider who it is: with a signed assertion (`private_key_jwt`, RFC 7523), or with a
//! secret (`client_secret_post`).
//!
//! Keys may stand in a folder, which is read again while the gateway runs: a new one is put there and published, signs
//! once `active` names it, and the old one is taken away. What cannot be used changes nothing: the gateway goes on with
//! the keys it had, and says so. Who looks at what is published: `api::operations`.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::random;

/// How long an assertion is good, in seconds. NHS CIS2 Authentication takes none that is good for more than five minutes.
const ASSERTION_LIFE: i64 = 240;
/// How long a folder of keys is believed before it is read again, in seconds.
const KEYS_LIFE: i64 = 10;
/// The file of a folder that names the key that signs.
const ACTIVE: &str = "active";
/// The most keys a folder may hold.
const MOST_KEYS: usize = 8;
/// The most characters a secret may have.
const LONGEST_SECRET: usize = 512;

/// How the gateway shows who it is.
pub(crate) enum ClientAuth {
    /// By a key's signature.
    Keys(ClientKeys),
    /// By a secret.
    Secret(Zeroizing<String>),
}

/// Keys to sign with, and to publish.
pub(crate) struct ClientKeys {
    /// None: one key, which stays.
    folder: Option<PathBuf>,
    clock: Arc<dyn Clock>,
    known: Mutex<Known>,
}

struct Known {
    set: Arc<KeySet>,
    read_at: i64,
}

/// Keys at one moment. The first one signs.
struct KeySet(Vec<ClientKey>);

struct ClientKey {
    id: String,
    private: EncodingKey,
    public: Jwk,
}

#[derive(Serialize)]
struct Assertion<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    jti: String,
    iat: i64,
    exp: i64,
}

impl ClientAuth {
    /// One key in a file.
    pub(crate) fn of_key(path: &Path, id: &str, clock: Arc<dyn Clock>) -> Result<Self, String> {
        let set = KeySet(vec![ClientKey::read(path, id.to_owned())?]);
        Ok(Self::Keys(ClientKeys::new(set, None, clock)))
    }

    /// The keys of a folder: `NAME.pem` for each, and `active`, which names the one that signs.
    pub(crate) fn of_folder(folder: &Path, clock: Arc<dyn Clock>) -> Result<Self, String> {
        let set = KeySet::read(folder)?;
        Ok(Self::Keys(ClientKeys::new(set, Some(folder.to_owned()), clock)))
    }

    /// The secret in a file, without the white space around it.
    pub(crate) fn of_secret(path: &Path) -> Result<Self, String> {
        let text = Zeroizing::new(std::fs::read_to_string(path).map_err(|error| error.to_string())?);
        let secret = text.trim();
        if secret.is_empty() || secret.len() > LONGEST_SECRET || !secret.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(format!("it is not a secret of 1 to {LONGEST_SECRET} characters without spaces"));
        }
        Ok(Self::Secret(Zeroizing::new(secret.to_owned())))
    }

    /// What a token request says to show who asks.
    pub(crate) fn form(
        &self,
        client_id: &str,
        endpoint: &str,
    ) -> Result<Vec<(&'static str, Zeroizing<String>)>, jsonwebtoken::errors::Error> {
        let text = |text: &str| Zeroizing::new(text.to_owned());
        Ok(match self {
            Self::Secret(secret) => vec![("client_secret", secret.clone())],
            Self::Keys(keys) => vec![
                ("client_assertion_type", text("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")),
                ("client_assertion", Zeroizing::new(keys.assertion(client_id, endpoint)?)),
            ],
        })
    }

    /// What others check its signatures with.
    pub(crate) fn public_keys(&self) -> Vec<Jwk> {
        match self {
            Self::Keys(keys) => keys.now().0.iter().map(|key| key.public.clone()).collect(),
            Self::Secret(_) => Vec::new(),
        }
    }
}

impl ClientKeys {
    fn new(set: KeySet, folder: Option<PathBuf>, clock: Arc<dyn Clock>) -> Self {
        let read_at = clock.now().as_second();
        Self { folder, clock, known: Mutex::new(Known { set: Arc::new(set), read_at }) }
    }

    fn assertion(&self, client_id: &str, endpoint: &str) -> Result<String, jsonwebtoken::errors::Error> {
        let (set, now) = (self.now(), self.clock.now().as_second());
        // A set is never empty.
        let Some(key) = set.0.first() else {
            return Err(jsonwebtoken::errors::ErrorKind::InvalidKeyFormat.into());
        };
        let mut header = Header::new(Algorithm::RS512);
        header.kid = Some(key.id.clone());
        let jti = random::guid().to_string();
        let claims =
            Assertion { iss: client_id, sub: client_id, aud: endpoint, jti, iat: now, exp: now + ASSERTION_LIFE };
        jsonwebtoken::encode(&header, &claims, &key.private)
    }

    /// The keys as they are now: of a folder that was read a moment ago.
    fn now(&self) -> Arc<KeySet> {
        let now = self.clock.now().as_second();
        let mut known = self.known();
        let is_young = (0..KEYS_LIFE).contains(&(now - known.read_at));
        if let Some(folder) = self.folder.as_ref().filter(|_| !is_young) {
            known.read_at = now;
            match KeySet::read(folder) {
                Ok(set) => known.set = Arc::new(set),
                Err(reason) => tracing::error!(reason, "the folder of client keys cannot be used; those before stay"),
            }
        }
        Arc::clone(&known.set)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeySet {
    fn read(folder: &Path) -> Result<Self, String> {
        let active = std::fs::read_to_string(folder.join(ACTIVE))
            .map_err(|error| format!("`{ACTIVE}`, which names the key that signs: {error}"))?;
        let active = active.trim();
        let mut keys = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(|error| error.to_string())? {
            let path = entry.map_err(|error| error.to_string())?.path();
            let name = path.file_stem().and_then(|name| name.to_str());
            if let (Some(name), true) = (name, path.extension().is_some_and(|end| end == "pem")) {
                keys.push(ClientKey::read(&path, name.to_owned()).map_err(|reason| format!("{name}.pem: {reason}"))?);
            }
        }
        if keys.len() > MOST_KEYS {
            return Err(format!("it holds more than {MOST_KEYS} keys"));
        }
        // In an order of their own, whatever that of the folder is; the one that signs first.
        keys.sort_by(|one, other| (one.id != active, &one.id).cmp(&(other.id != active, &other.id)));
        if keys.first().is_none_or(|first| first.id != active) {
            return Err(format!("`{ACTIVE}` names a key that is not there"));
        }
        Ok(Self(keys))
    }
}

impl ClientKey {
    fn read(path: &Path, id: String) -> Result<Self, String> {
        let pem = Zeroizing::new(std::fs::read(path).map_err(|error| error.to_string())?);
        let not_a_key = |_| "it is not an RSA private key in PEM".to_owned();
        let private = EncodingKey::from_rsa_pem(&pem).map_err(not_a_key)?;
        let mut public = Jwk::from_encoding_key(&private, Algorithm::RS512).map_err(not_a_key)?;
        public.common.key_id = Some(id.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self { id, private, public })
    }
}
