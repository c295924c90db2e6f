//! Sign-ins at NHS.net Connect that a user's link has started and that have not come back yet.

use contract::RegistrationId;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;
use super::rows::parsed;

/// A sign-in on its way.
pub(crate) struct LinkSignIn {
    pub(crate) state_digest: [u8; 32],
    pub(crate) cookie_digest: [u8; 32],
    pub(crate) registration: RegistrationId,
    pub(crate) link_serial: u32,
    pub(crate) nonce: String,
    pub(crate) verifier: String,
    pub(crate) expires_at: Timestamp,
}

/// Remembers a sign-in that is about to start.
pub(crate) fn start_link_sign_in(connection: &Connection, sign_in: &LinkSignIn) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO link_sign_ins (state_digest, cookie_digest, registration, link_serial, nonce, verifier, \
                                    expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        params![
            sign_in.state_digest,
            sign_in.cookie_digest,
            sign_in.registration.to_string(),
            sign_in.link_serial,
            sign_in.nonce,
            sign_in.verifier,
            sign_in.expires_at.as_millisecond()
        ],
    )?;
    Ok(())
}

/// Takes a sign-in that came back, in the browser it was started in. There is no second time.
pub(crate) fn take_link_sign_in(
    connection: &Connection,
    state_digest: &[u8],
    cookie_digest: &[u8],
    now: Timestamp,
) -> Result<Option<LinkSignIn>, StoreError> {
    let found = connection
        .query_row(
            "DELETE FROM link_sign_ins WHERE state_digest = ? AND cookie_digest = ? AND expires_at > ? \
             RETURNING state_digest, cookie_digest, registration, link_serial, nonce, verifier, expires_at",
            params![state_digest, cookie_digest, now.as_millisecond()],
            |row| {
                Ok(LinkSignIn {
                    state_digest: row.get("state_digest")?,
                    cookie_digest: row.get("cookie_digest")?,
                    registration: parsed(row, "registration")?,
                    link_serial: row.get("link_serial")?,
                    nonce: row.get("nonce")?,
                    verifier: row.get("verifier")?,
                    expires_at: super::rows::time(row, "expires_at")?,
                })
            },
        )
        .optional()?;
    Ok(found)
}

/// Forgets sign-ins that never came back.
pub(crate) fn forget_old_link_sign_ins(connection: &Connection, now: Timestamp) -> Result<(), StoreError> {
    connection.execute("DELETE FROM link_sign_ins WHERE expires_at <= ?", [now.as_millisecond()])?;
    Ok(())
}
