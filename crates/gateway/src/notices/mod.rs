//! Telling people of what is done to their own profile, at the contact that stands on it.
//!
//! A notice is written in the transaction of the act, so there is none without the other, and sent afterwards:
//! marked as sent only once the mail server or the folder has taken it. What it says is frozen when it is written.
//!
//! Deliberately absent: links, Care Identity UUIDs, whole addresses of accounts, and anybody's name.

mod post;
mod sender;

use contract::{Authenticator, AuthenticatorKind, NhsNetAddress, Organisation, Profile};
use jiff::Timestamp;
use rusqlite::Connection;

pub(crate) use post::Post;
pub(crate) use sender::Sender;

use crate::random;
use crate::store::{self, NewNotice, StoreError};

/// What was done to a profile, and at which organisation.
pub(crate) enum News<'a> {
    Registered { at: Option<&'a Organisation>, address: &'a NhsNetAddress },
    Linked { address: &'a NhsNetAddress },
    Removed { at: Option<&'a Organisation>, authenticator: &'a Authenticator },
}

/// Writes a notice to the contact on a profile. Where there is none, nobody is told.
pub(crate) fn tell(
    connection: &Connection,
    profile: &Profile,
    news: &News<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let recipient = profile.email.as_deref().map(str::trim).filter(|email| !email.is_empty());
    let Some(recipient) = recipient else { return Ok(()) };
    let (id, text) = (random::guid(), news.text(now));
    let notice = NewNotice { id, uuid: &profile.uuid, kind: news.kind(), recipient, news: &text, at: now };
    store::write_notice(connection, &notice)
}

impl News<'_> {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Registered { .. } => "registered",
            Self::Linked { .. } => "linked",
            Self::Removed { .. } => "removed",
        }
    }

    /// The sentence the person is told.
    fn text(&self, now: Timestamp) -> String {
        let when = now.strftime("%-d %B %Y at %H:%M UTC");
        match self {
            Self::Registered { at, address } => {
                let (authority, account) = (authority(*at), account(address));
                format!("{authority} registered {account} on your Care Identity profile on {when}.")
            }
            Self::Linked { address } => format!(
                "Somebody signed in with {} and so linked it to your Care Identity profile on {when}. From now on it \
                 opens your profile.",
                account(address)
            ),
            Self::Removed { at, authenticator } => {
                let (authority, what) = (authority(*at), what(authenticator));
                format!("{authority} removed {what} from your Care Identity profile on {when}.")
            }
        }
    }
}

fn authority(at: Option<&Organisation>) -> String {
    let Some(organisation) = at else { return "Your Registration Authority".into() };
    // The name comes from the issuer; a line of its own would read as a part of the notice.
    let name: String = organisation.name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("Your Registration Authority at {}", name.trim())
}

fn account(address: &NhsNetAddress) -> String {
    format!("the NHS.net Connect account {}", address.masked())
}

fn what(authenticator: &Authenticator) -> String {
    match (authenticator.kind, &authenticator.address) {
        (AuthenticatorKind::NhsNetConnect, Some(address)) => account(address),
        (AuthenticatorKind::NhsNetConnect, None) => "an NHS.net Connect account".into(),
        (AuthenticatorKind::Smartcard, _) => "a smartcard".into(),
        (AuthenticatorKind::WindowsHello, _) => "Windows Hello for Business".into(),
        (AuthenticatorKind::SecurityKey, _) => "a security key".into(),
        (AuthenticatorKind::IpadApp, _) => "the iPad app".into(),
        (AuthenticatorKind::AuthenticatorApp, _) => "an authenticator app".into(),
        (AuthenticatorKind::Passkey, _) => "a passkey".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_says_what_was_done_and_no_more() {
        let at = "2026-01-15T09:00:00Z".parse().unwrap();
        let address = "sam.taylor@nhs.net".parse().unwrap();
        let organisation = Organisation { code: "B81603".parse().unwrap(), name: "A practice\n\nClick here".into() };
        let registered = News::Registered { at: Some(&organisation), address: &address }.text(at);
        assert_eq!(
            registered,
            "Your Registration Authority at A practice  Click here registered the NHS.net Connect account sa…@nhs.net \
             on your Care Identity profile on 15 January 2026 at 09:00 UTC."
        );
        let authenticator = Authenticator {
            id: contract::AuthenticatorId::from_guid(uuid::Uuid::from_u128(1)),
            kind: AuthenticatorKind::Smartcard,
            state: contract::AuthenticatorState::Linked,
            address: None,
            added_at: at,
            added_by: Some("Robin Agent".into()),
        };
        let removed = News::Removed { at: None, authenticator: &authenticator }.text(at);
        assert_eq!(
            removed,
            "Your Registration Authority removed a smartcard from your Care Identity profile on 15 January 2026 at \
             09:00 UTC."
        );
        for text in [registered, removed, News::Linked { address: &address }.text(at)] {
            assert!(!text.contains("sam.taylor") && !text.contains("Robin") && !text.contains("http"), "{text}");
        }
    }
}
