//! Each RA user's vault: a key that seals what they recorded on this computer, also from those who have the store's key.
//!
//! Under one shared account of the operating system the store's key is everybody's. So what an RA user writes of a person
//! is sealed once more, by a key that is made of the gateway's share and is in memory for as long as their session. In
//! SQL a value is sealed by `vault_sealed` and opened by `vault_opened`; each is bound to the table, row and author it
//! stands for, so that one that was moved does not open.
//!
//! A key is made of the share alone, and a sealed value names its vault: there is nothing on this computer whose loss
//! would lose what is sealed (ADR 25). An RA user of a gateway that gives no shares has no vault, and what they record
//! stands under the store's key alone until they sign in at one that does.
//!
//! Deliberately absent: the store's own key ([`super::key`]), and the gateway's ([`contract::VaultShare`]).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use contract::{CareIdentityUuid, VaultId, VaultShare};
use jiff::Timestamp;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, ffi, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::rows::{self, unreadable};
use super::{StoreError, drafts, submissions};
use crate::Random;

/// What a sealed value begins with: the version of how it is sealed.
const VERSION: u8 = 1;
/// The version and the vault's name.
const NAME: std::ops::Range<usize> = 1..17;
/// All that stands before what is sealed.
const HEAD: usize = NAME.end + NONCE_LEN;

/// What `vault_opened` answers for a value whose vault is closed.
const CLOSED: i64 = 0;
/// What it answers for one that its vault does not open.
const BROKEN: i64 = 1;

/// The key of a vault. Wiped when it is let go.
pub(crate) struct VaultKey(Zeroizing<[u8; 32]>);

impl VaultKey {
    /// The key that the gateway's share makes.
    pub(crate) fn of_share(share: &VaultShare) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, share.bytes()), b"ra-desk vault key 1");
        key.copy_from_slice(tag.as_ref());
        Self(key)
    }

    /// A key of these bytes.
    #[allow(dead_code, reason = "a PIN opens the same key")]
    pub(crate) fn from_bytes(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    /// The secret bytes, for whatever else is to give them back to whose they are.
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// What tells it from another without telling it.
    fn check_value(&self) -> Vec<u8> {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, self.bytes()), b"ra-desk vault check 1");
        tag.as_ref()[..16].to_vec()
    }
}

/// A vault that is open. It is closed when the last that holds this lets it go: the session whose it is, and whatever that
/// session began and has not ended.
pub(crate) struct OpenVault {
    pub(crate) author: CareIdentityUuid,
    pub(crate) id: VaultId,
    key: VaultKey,
    cipher: LessSafeKey,
    random: Arc<dyn Random>,
}

impl OpenVault {
    /// A vault with this key. Nothing is sealed or opened by it before [`Vaults::open`].
    pub(crate) fn new(
        author: CareIdentityUuid,
        id: VaultId,
        key: VaultKey,
        random: Arc<dyn Random>,
    ) -> Result<Self, StoreError> {
        let cipher = UnboundKey::new(&AES_256_GCM_SIV, key.bytes())
            .map_err(|_| StoreError::Failed("a vault's key cannot be used".into()))?;
        Ok(Self { author, id, cipher: LessSafeKey::new(cipher), key, random })
    }

    /// Its key, to be given back by another way than the gateway.
    #[allow(dead_code, reason = "a PIN gives the same key back")]
    pub(crate) fn key(&self) -> &VaultKey {
        &self.key
    }

    fn seal(&self, what: &str, row: &str, text: &[u8]) -> rusqlite::Result<Vec<u8>> {
        let mut sealed = Vec::with_capacity(HEAD + text.len() + 16);
        sealed.push(VERSION);
        sealed.extend_from_slice(self.id.guid().as_bytes());
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce);
        sealed.extend_from_slice(&nonce);
        let mut content = Zeroizing::new(Vec::with_capacity(text.len() + 16));
        content.extend_from_slice(text);
        let nonce = Nonce::assume_unique_for_key(nonce);
        // It fails of nothing but a length that no row has.
        self.cipher.seal_in_place_append_tag(nonce, self.aad(what, row), &mut *content).map_err(|_| broken())?;
        sealed.extend_from_slice(&content);
        Ok(sealed)
    }

    fn open(&self, what: &str, row: &str, sealed: &[u8]) -> Option<String> {
        let (head, content) = sealed.split_at_checked(HEAD)?;
        if head[0] != VERSION || head[NAME] != self.id.guid().as_bytes()[..] {
            return None;
        }
        let nonce = Nonce::try_assume_unique_for_key(&head[NAME.end..]).ok()?;
        let mut content = content.to_vec();
        let length = self.cipher.open_in_place(nonce, self.aad(what, row), &mut content).ok()?.len();
        content.truncate(length);
        String::from_utf8(content).ok()
    }

    /// What a value is bound to: none of these has a zero in it.
    fn aad(&self, what: &str, row: &str) -> Aad<Vec<u8>> {
        Aad::from(format!("ra-desk vault 1\0{what}\0{row}\0{}", self.author).into_bytes())
    }
}

/// Which vaults are open, and which are closed. Known to every connection of a store.
#[derive(Default)]
pub(crate) struct Vaults(Mutex<Held>);

/// By author, who holds a vault open: nobody where it is closed.
type Held = HashMap<String, Vec<Weak<OpenVault>>>;

/// How it stands with an RA user's vault.
enum Standing {
    /// They have none here.
    None,
    Closed,
    Open(Arc<OpenVault>),
}

impl Vaults {
    /// Its author's work is sealed and opened by this for as long as anybody holds it, and is closed from then on. One that
    /// was opened before stays open beside it for as long as that is held: what a session that is over began is still to
    /// be written down when a manager who opened it too has let it go.
    pub(crate) fn open(&self, vault: &Arc<OpenVault>) {
        let mut all = self.all();
        let held = all.entry(vault.author.to_string()).or_default();
        held.retain(|held| held.strong_count() > 0);
        held.push(Arc::downgrade(vault));
    }

    /// This RA user has a vault, or is to have one: nothing of theirs is written in the clear. One that is open stays so
    /// for as long as it is held.
    pub(crate) fn close(&self, author: &CareIdentityUuid) {
        self.all().entry(author.to_string()).or_default();
    }

    /// Whether this RA user has a vault here, and nobody has opened it.
    pub(crate) fn is_closed(&self, author: &CareIdentityUuid) -> bool {
        matches!(self.of(author.as_str()), Standing::Closed)
    }

    fn of(&self, author: &str) -> Standing {
        match self.all().get(author) {
            None => Standing::None,
            Some(held) => held.iter().rev().find_map(Weak::upgrade).map_or(Standing::Closed, Standing::Open),
        }
    }

    fn all(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The functions of a connection. On one that is given no vaults, everything sealed stays closed.
pub(super) fn register(conn: &Connection, vaults: &Arc<Vaults>) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DIRECTONLY;
    let known = vaults.clone();
    conn.create_scalar_function("vault_sealed", 4, flags, move |call| match known.of(call.get_raw(0).as_str()?) {
        Standing::None => Ok(None),
        Standing::Closed => Err(closed()),
        Standing::Open(vault) => {
            vault.seal(call.get_raw(1).as_str()?, call.get_raw(2).as_str()?, call.get_raw(3).as_bytes()?).map(Some)
        }
    })?;
    let known = vaults.clone();
    conn.create_scalar_function("vault_opened", 4, flags, move |call| opened(&known, call))?;
    let known = vaults.clone();
    conn.create_scalar_function("vault_is_open", 1, flags, move |call| {
        Ok(!matches!(known.of(call.get_raw(0).as_str()?), Standing::Closed))
    })
}

fn opened(vaults: &Vaults, call: &Context<'_>) -> rusqlite::Result<Value> {
    let sealed = match call.get_raw(3) {
        ValueRef::Null => return Ok(Value::Null),
        ValueRef::Blob(sealed) => sealed,
        _ => return Ok(Value::Integer(BROKEN)),
    };
    let Standing::Open(vault) = vaults.of(call.get_raw(0).as_str()?) else { return Ok(Value::Integer(CLOSED)) };
    let text = vault.open(call.get_raw(1).as_str()?, call.get_raw(2).as_str()?, sealed);
    Ok(text.map_or(Value::Integer(BROKEN), Value::Text))
}

/// Seals a value of an author for its place. None: they have no vault, and it stands in the clear. One whose vault is
/// closed is [`StoreError::Sealed`].
pub(super) fn seal(
    conn: &Connection,
    author: &str,
    what: &str,
    row: &str,
    value: &impl Serialize,
) -> Result<Option<Vec<u8>>, StoreError> {
    let text = Zeroizing::new(rows::to_json(value)?);
    let sql = "SELECT vault_sealed(?1, ?2, ?3, ?4)";
    Ok(conn.prepare_cached(sql)?.query_row(params![author, what, row, *text], |row| row.get(0))?)
}

/// Reads what `vault_opened` gave. None: nothing is sealed there.
pub(super) fn read<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    match row.get_ref(column)? {
        ValueRef::Null => Ok(None),
        ValueRef::Text(text) => serde_json::from_slice(text).map(Some).map_err(|_| unreadable(column)),
        ValueRef::Integer(CLOSED) => Err(closed()),
        _ => Err(unreadable(column)),
    }
}

/// The vault is closed.
fn closed() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_AUTH), None)
}

/// It is closed, as the store tells it.
pub(super) fn is_closed(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|failure| failure.extended_code == ffi::SQLITE_AUTH)
}

fn broken() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_MISUSE), None)
}

/// Everybody who has a vault here has it closed, until they arrive.
pub(super) fn close_all(conn: &Connection, vaults: &Vaults) -> Result<(), StoreError> {
    let mut statement = conn.prepare("SELECT author FROM vault")?;
    for author in rows::readable(statement.query_map([], |row| rows::parsed(row, 0, str::parse))?)? {
        vaults.close(&author);
    }
    Ok(())
}

/// The name of an RA user's vault here, if they have one.
pub(crate) fn known(conn: &Connection, author: &CareIdentityUuid) -> Result<Option<VaultId>, StoreError> {
    Ok(conn
        .prepare_cached("SELECT vault FROM vault WHERE author = ?1")?
        .query_row([author.as_str()], |row| rows::parsed(row, 0, str::parse))
        .optional()?)
}

/// Whether this is the key of its author's vault here. One that had none here has it from now on: that is on disk before
/// anything is sealed by it.
pub(crate) fn is_theirs(conn: &Connection, vault: &OpenVault, now: Timestamp) -> Result<bool, StoreError> {
    let author = vault.author.as_str();
    let known = conn
        .prepare_cached("SELECT vault, check_value FROM vault WHERE author = ?1")?
        .query_row([author], |row| Ok((rows::parsed(row, 0, str::parse::<VaultId>)?, row.get::<_, Vec<u8>>(1)?)))
        .optional()?;
    let value = vault.key.check_value();
    let is_new = known.is_none();
    let fits = match known {
        None => true,
        Some((id, _)) if id != vault.id => false,
        // It was made again from what is sealed; so what is sealed says whose it is.
        Some((_, known)) if known.is_empty() => opens_any(conn, vault)?,
        Some((_, known)) => aws_lc_rs::constant_time::verify_slices_are_equal(&known, &value).is_ok(),
    };
    if fits && is_new {
        conn.prepare_cached("INSERT INTO vault (author, vault, check_value, made_at) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![author, vault.id.to_string(), value, now.as_microsecond()])?;
    } else if fits {
        conn.prepare_cached("UPDATE vault SET check_value = ?2 WHERE author = ?1 AND length(check_value) = 0")?
            .execute(params![author, value])?;
    }
    Ok(fits)
}

/// Whether it opens anything that is sealed here, or nothing is.
fn opens_any(conn: &Connection, vault: &OpenVault) -> Result<bool, StoreError> {
    let mut any = false;
    for (table, (what, row)) in TABLES {
        let sql = format!("SELECT {row}, sealed FROM {table} WHERE author = ?1 AND sealed IS NOT NULL");
        let mut statement = conn.prepare(&sql)?;
        let mut rows = statement.query([vault.author.as_str()])?;
        while let Some(row) = rows.next()? {
            any = true;
            let (row, sealed) = (text(row, 0)?, row.get_ref(1)?.as_blob().unwrap_or_default());
            if vault.open(what, row, sealed).is_some() {
                return Ok(true);
            }
        }
    }
    Ok(!any)
}

/// The tables with a sealed column, and what it is bound to beside its author.
const TABLES: [(&str, (&str, &str)); 2] = [("submission", submissions::SEALED), ("draft", drafts::SEALED)];

fn text<'a>(row: &'a Row<'_>, column: usize) -> rusqlite::Result<&'a str> {
    row.get_ref(column)?.as_str().map_err(|_| unreadable(column))
}

/// After a recovery: whoever has something sealed has a vault, also where the row that named it is lost; and what was
/// saved may be older than its sealing.
pub(super) fn after_recovery(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute("UPDATE vault SET all_sealed = 0", [])?;
    for (table, _) in TABLES {
        let mut found = conn.prepare(&format!("SELECT author, sealed FROM {table} WHERE sealed IS NOT NULL"))?;
        let mut rows = found.query([])?;
        while let Some(row) = rows.next()? {
            let (author, sealed) = (text(row, 0)?, row.get_ref(1)?.as_blob().unwrap_or_default());
            let Some(vault) = sealed.get(NAME).and_then(|name| uuid::Uuid::from_slice(name).ok()) else { continue };
            conn.prepare_cached(
                "INSERT OR IGNORE INTO vault (author, vault, check_value, made_at) VALUES (?1, ?2, x'', 0)",
            )?
            .execute(params![author, VaultId::from_guid(vault).to_string()])?;
        }
    }
    Ok(())
}

/// Seals what an author recorded before they had a vault, which must be open; says whether there was any. What cannot be
/// read is left as it is.
pub(crate) fn seal_rest(conn: &Connection, author: &CareIdentityUuid) -> Result<bool, StoreError> {
    let done = "SELECT 1 FROM vault WHERE author = ?1 AND all_sealed = 1";
    if conn.prepare_cached(done)?.exists([author.as_str()])? {
        return Ok(false);
    }
    let any = drafts::seal_rest(conn, author)? | submissions::seal_rest(conn, author)?;
    conn.prepare_cached("UPDATE vault SET all_sealed = 1 WHERE author = ?1")?.execute([author.as_str()])?;
    Ok(any)
}

#[cfg(test)]
pub(super) mod tests;
