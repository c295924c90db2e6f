//! The keys a gateway makes for itself: one for links, one for National Insurance numbers, one to countersign the
//! audits of computers, one that opens their second copies, and one for its shares of RA users' vaults.
//!
//! They stand in a folder beside the database and are of no use without it, nor it without them: a database
//! remembers which keys it was made with, and a gateway with others refuses to start.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use aws_lc_rs::agreement::{PrivateKey, X25519};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contract::{
    AuditReceipt, CareIdentityUuid, Invalid, KeySuccession, NationalInsuranceNumber, OfflineGrant, OfflineTerms,
    OpenedRecord, PublicKey, RegistrationId, Sealing, SealingKey, SealingSecret, SignedHead, VaultId, VaultShare,
};
use ed25519_dalek::SigningKey;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::random;

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A file cannot be read or written.
    #[error("the key file {path} cannot be used: {source}")]
    Unusable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not a key.
    #[error("the key file {path} is not a key of 32 bytes; put back the right file, for without it no link works")]
    NotAKey {
        /// Which file.
        path: PathBuf,
    },
}

/// SHA-256 of a secret, which is all that is stored of it.
pub(crate) fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// The gateway's own keys.
pub(crate) struct Keys {
    link: hmac::Key,
    nino: hmac::Key,
    audit: SigningKey,
    audit_before: Option<SigningKey>,
    sealing: SealingSecret,
    sealing_before: Option<SealingSecret>,
    vault: hmac::Key,
    vault_before: Option<hmac::Key>,
}

impl Keys {
    /// Reads the keys, or makes them where there are none yet.
    pub(crate) fn open(folder: &Path) -> Result<Self, KeysError> {
        fs::create_dir_all(folder).map_err(|source| KeysError::Unusable { path: folder.to_owned(), source })?;
        only_for_us(folder, 0o700).map_err(|source| KeysError::Unusable { path: folder.to_owned(), source })?;
        let hmac_key = |name| Ok(hmac::Key::new(hmac::HMAC_SHA256, &open_key(&folder.join(name))?[..]));
        let audit = SigningKey::from_bytes(&*open_key(&folder.join("audit.key"))?);
        let audit_before = if_there(&folder.join("audit-before.key"), read_key)?;
        let audit_before = audit_before.map(|before| SigningKey::from_bytes(&before));
        let sealing = sealing_secret(&folder.join("sealing.key"), open_key)?;
        let sealing_before = if_there(&folder.join("sealing-before.key"), |path| sealing_secret(path, read_key))?;
        let (link, nino, vault) = (hmac_key("link.key")?, hmac_key("nino.key")?, hmac_key("vault.key")?);
        let vault_before = if_there(&folder.join("vault-before.key"), read_key)?;
        let vault_before = vault_before.map(|before| hmac::Key::new(hmac::HMAC_SHA256, &before[..]));
        Ok(Self { link, nino, audit, audit_before, sealing, sealing_before, vault, vault_before })
    }

    /// What second copies are sealed to, and what they were sealed to before.
    pub(crate) fn sealing(&self) -> Sealing {
        Sealing { key: self.sealing.public(), before: self.sealing_before.as_ref().map(SealingSecret::public) }
    }

    /// Opens a record of a second copy. None: it was sealed to another key, or is not as it was written.
    pub(crate) fn unseal(&self, sealed: &[u8]) -> Option<OpenedRecord> {
        self.sealing.open(sealed).or_else(|| self.sealing_before.as_ref()?.open(sealed))
    }

    /// Gives the gateway's word that it holds a computer's audit up to a head.
    pub(crate) fn countersign(&self, head: SignedHead, now: Timestamp) -> AuditReceipt {
        AuditReceipt::countersign(head, now, &self.audit)
    }

    /// Gives the gateway's leave to record without a connection. Fails of terms that no desk would take.
    pub(crate) fn grant(&self, terms: &OfflineTerms) -> Result<OfflineGrant, Invalid> {
        OfflineGrant::sign(terms, &self.audit)
    }

    /// What the gateway's word is checked with. Public.
    pub(crate) fn audit_key(&self) -> PublicKey {
        PublicKey::of(&self.audit)
    }

    /// The word of the key before it that the key in use takes its place; none where the one before is not here.
    pub(crate) fn audit_key_follows(&self) -> Option<KeySuccession> {
        self.audit_before.as_ref().map(|before| KeySuccession::sign(before, self.audit_key()))
    }

    /// The secret part of a user's link. The same again for the same registration and serial, so that it need not
    /// be stored.
    pub(crate) fn link_token(&self, registration: &RegistrationId, serial: u32) -> String {
        let mut context = hmac::Context::with_key(&self.link);
        context.update(b"ra-desk link 1\0");
        context.update(registration.guid().as_bytes());
        context.update(&serial.to_be_bytes());
        URL_SAFE_NO_PAD.encode(context.sign())
    }

    /// What a National Insurance number is found by.
    pub(crate) fn nino_digest(&self, nino: &NationalInsuranceNumber) -> Vec<u8> {
        hmac::sign(&self.nino, nino.as_str().as_bytes()).as_ref().to_vec()
    }

    /// The share of the key of an RA user's vault; and the one by the key before, where that is here. The same again
    /// for the same vault, so that none is stored.
    pub(crate) fn vault_share(&self, whose: &CareIdentityUuid, vault: &VaultId) -> (VaultShare, Option<VaultShare>) {
        let share = |key: &hmac::Key| {
            let mut context = hmac::Context::with_key(key);
            context.update(b"ra-desk vault share 1\0");
            context.update(whose.as_str().as_bytes());
            context.update(vault.guid().as_bytes());
            let mut share = [0; 32];
            share.copy_from_slice(context.sign().as_ref());
            VaultShare::from_bytes(share)
        };
        (share(&self.vault), self.vault_before.as_ref().map(share))
    }

    /// What tells the key for vaults from others without telling it; and the one before it, where that is here.
    pub(crate) fn vault_fingerprints(&self) -> (Vec<u8>, Option<Vec<u8>>) {
        let of = |key: &hmac::Key| hmac::sign(key, b"ra-desk vault fingerprint 1").as_ref().to_vec();
        (of(&self.vault), self.vault_before.as_ref().map(of))
    }

    /// What tells these keys from others without telling them.
    pub(crate) fn fingerprint(&self) -> Vec<u8> {
        let mut hash = Sha256::new();
        for key in [&self.link, &self.nino] {
            hash.update(hmac::sign(key, b"ra-desk fingerprint 1"));
        }
        hash.finalize().to_vec()
    }
}

/// A secret key as it stands in its file. It is wiped when it is let go.
type Secret = Zeroizing<[u8; 32]>;

/// Reads a key that need not be there. One that cannot be looked for is not passed over.
fn if_there<T>(path: &Path, read: impl Fn(&Path) -> Result<T, KeysError>) -> Result<Option<T>, KeysError> {
    if matches!(path.try_exists(), Ok(false)) { Ok(None) } else { read(path).map(Some) }
}

/// A key for second copies, both halves.
fn sealing_secret(path: &Path, read: impl Fn(&Path) -> Result<Secret, KeysError>) -> Result<SealingSecret, KeysError> {
    let secret = read(path)?;
    let not_a_key = || KeysError::NotAKey { path: path.to_owned() };
    let private = PrivateKey::from_private_key(&X25519, &secret[..]).map_err(|_| not_a_key())?;
    let public = private.compute_public_key().map_err(|_| not_a_key())?;
    let public = public.as_ref().try_into().map_err(|_| not_a_key())?;
    Ok(SealingSecret::new(&secret, SealingKey::from_bytes(public)))
}

fn open_key(path: &Path) -> Result<Secret, KeysError> {
    match read_key(path) {
        Err(KeysError::Unusable { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            make_key(path).map_err(|source| KeysError::Unusable { path: path.to_owned(), source })?;
            read_key(path)
        }
        other => other,
    }
}

fn read_key(path: &Path) -> Result<Secret, KeysError> {
    let bytes = fs::read(path).map_err(|source| KeysError::Unusable { path: path.to_owned(), source })?;
    let bytes = Zeroizing::new(bytes);
    let key = <&[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| KeysError::NotAKey { path: path.to_owned() })?;
    Ok(Secret::new(*key))
}

/// Makes a key and sees it on disk before it is used.
fn make_key(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(&Secret::new(random::bytes())[..])?;
    file.sync_all()
}

#[cfg(unix)]
fn only_for_us(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn only_for_us(_path: &Path, _mode: u32) -> io::Result<()> {
    // The folder inherits the access list of the service's own folder.
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stay_the_same_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let id = RegistrationId::from_guid(uuid::Uuid::from_u128(7));
        let first = Keys::open(&folder.path().join("secrets")).unwrap();
        let again = Keys::open(&folder.path().join("secrets")).unwrap();
        assert_eq!(first.link_token(&id, 1), again.link_token(&id, 1));
        assert_ne!(first.link_token(&id, 1), first.link_token(&id, 2));
        assert_eq!(first.fingerprint(), again.fingerprint());
        let other = Keys::open(&folder.path().join("others")).unwrap();
        assert_ne!(first.link_token(&id, 1), other.link_token(&id, 1));
        assert_ne!(first.fingerprint(), other.fingerprint());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(folder.path().join("secrets/link.key")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_damaged_key_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        Keys::open(folder.path()).unwrap();
        fs::write(folder.path().join("link.key"), b"short").unwrap();
        assert!(matches!(Keys::open(folder.path()), Err(KeysError::NotAKey { .. })));
        assert_eq!(fs::read(folder.path().join("link.key")).unwrap(), b"short");
    }
}
