//! Doors for `tests/fuzz` to what reads bytes that others made up: the browser's way back, tokens, answers, what the
//! page asks for, a damaged store's pages. Built with the feature `fuzz` alone, and never shipped.
//!
//! Deliberately absent: anything that decides. Each door is one call of what the desk itself calls.

use std::sync::LazyLock;
use std::time::Duration;

use contract::{
    BatchReply, CancelReply, ChangedReply, DeviceReply, FieldErrors, OfflineGrantReply, Policy, Profile, ProfileReply,
    SearchReply, SearchRequest, SessionReply, TokenReply, VaultReply, WaitingReply,
};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::pin::Pin;
use crate::reply::{self, RawReply};
use crate::sign_in::{id_token, loopback};
use crate::{AddressForm, Check, FindForm, IdentityForm, backoff, registering, store};

/// What time it is behind these doors.
pub const NOW: Timestamp = Timestamp::constant(1_767_258_000, 0);
/// The port the listener waits at.
pub const PORT: u16 = 9411;
/// The state it waits for.
pub const STATE: &str = "the-state-that-was-sent";

/// What the listener took from a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The authorization code.
    pub code: Option<String>,
    /// Why the issuer said no.
    pub error: Option<String>,
    /// Whom it says it comes from.
    pub iss: Option<String>,
}

/// What the listener at [`PORT`] that waits for [`STATE`] takes of a request's head. None: it goes on waiting.
pub fn callback(head: &str) -> Option<Taken> {
    let taken = loopback::taken(head, PORT, STATE)?;
    Some(Taken { code: taken.code.map(|code| code.to_string()), error: taken.error, iss: taken.iss })
}

/// Checks an ID token against a set of keys, at [`NOW`], of a sign-in that was asked for a minute ago. Gives the
/// subject, or the check that failed.
pub fn id_token(token: &str, keys: &str, issuer: &str, client_id: &str, nonce: &str) -> Result<String, Check> {
    let keys = serde_json::from_str(keys).map_err(|_| Check::IssuerDocumentShape)?;
    let expected = id_token::Expected {
        issuer,
        client_id,
        nonce,
        acr_values: "AAL3_ANY",
        now: NOW,
        asked_ago: Duration::from_secs(60),
    };
    id_token::check_id_token(token, &keys, &expected)
}

/// What `Retry-After` asks for, at [`NOW`], and the most it may.
pub fn retry_after(value: &str) -> (Option<Duration>, Duration) {
    (backoff::retry_after(value, NOW), backoff::LONGEST_ASKED)
}

/// Reads an answer as each of those that the gateway gives, and says of how many it was one.
pub fn answered(status: u16, content_type: Option<&str>, retry_after: Option<&str>, body: &[u8]) -> usize {
    fn is<T: DeserializeOwned>(reply: &RawReply) -> usize {
        usize::from(reply::read::<T>(reply, NOW).is_ok())
    }
    let reply = RawReply {
        status,
        content_type: content_type.map(str::to_owned),
        retry_after: retry_after.map(str::to_owned),
        date: None,
        body: body.to_vec(),
    };
    is::<SessionReply>(&reply)
        + is::<TokenReply>(&reply)
        + is::<SearchReply>(&reply)
        + is::<ProfileReply>(&reply)
        + is::<BatchReply>(&reply)
        + is::<CancelReply>(&reply)
        + is::<ChangedReply>(&reply)
        + is::<DeviceReply>(&reply)
        + is::<WaitingReply>(&reply)
        + is::<VaultReply>(&reply)
        + is::<OfflineGrantReply>(&reply)
        + usize::from(reply::read_empty(&reply, NOW).is_ok())
}

/// What the find page's form asks the gateway.
pub fn find(form: &FindForm) -> Result<SearchRequest, FieldErrors> {
    form.parse()
}

/// Whether the address page's form is taken for somebody.
pub fn address(form: &AddressForm) -> Result<(), FieldErrors> {
    registering::check_address(&SOMEBODY, &POLICY, form).map(drop)
}

/// Whether the identity page's form is.
pub fn identity(form: &IdentityForm) -> Result<(), FieldErrors> {
    registering::check_identity(&SOMEBODY, form).map(drop)
}

/// Whether a PIN that somebody typed twice is taken for theirs.
pub fn pin(pin: &str, again: &str) -> Result<(), FieldErrors> {
    Pin::chosen(pin, again, &SOMEBODY.uuid, "Made Up").map(drop)
}

/// Whether it may be anybody's PIN.
pub fn may_be_a_pin(typed: &str) -> bool {
    Pin::typed(typed).is_some()
}

/// What a recovery reads on a page of a damaged store: for each row the table it is of, where it is of any.
pub fn page(page: &[u8]) -> Vec<Option<&'static str>> {
    store::looked_at(page)
}

/// A cell of the audit's copy for a spreadsheet.
pub fn cell(text: &str) -> String {
    store::audit::csv::harmless(text.to_owned())
}

#[expect(clippy::expect_used, reason = "what stands here is a profile")]
static SOMEBODY: LazyLock<Profile> = LazyLock::new(|| {
    serde_json::from_value(json!({
        "uuid": "555086689106", "name": { "given": "Quintessa", "family": "Featherstonehaugh" },
        "birth_date": "1985-03-27", "status": "active", "email": "quintessa.featherstonehaugh@nhs.net",
        "nino_held": true, "managed_in_esr": false, "positions": [], "authenticators": []
    }))
    .expect("a profile")
});

#[expect(clippy::expect_used, reason = "what stands here is a policy")]
static POLICY: LazyLock<Policy> = LazyLock::new(|| {
    serde_json::from_value(json!({
        "mail_domains": ["nhs.net"], "link_lifetime_minutes": 60, "presence_required": false, "queue_age_days": 14,
        "link_attempts": 5, "declaration": { "id": "d", "version": "1", "sentences": [] }
    }))
    .expect("a policy")
});
