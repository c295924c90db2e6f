//! Sessions at the issuer: who is signed in in which browser, and which clients know of it.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, HeaderValue, header};
use contract::{AuthenticatorKind, CareIdentityUuid};
use jiff::{SignedDuration, Timestamp};

use crate::random;

/// Sessions end after 12 hours, whatever happens.
const LONGEST: SignedDuration = SignedDuration::from_hours(12);
const COOKIE: &str = "practice_cis2_session";

/// One sign-in: what tokens tell of.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    pub(super) uuid: CareIdentityUuid,
    pub(super) sid: String,
    pub(super) auth_time: Timestamp,
    pub(super) kind: AuthenticatorKind,
    pub(super) acr: &'static str,
    /// The role profile chosen, once one is.
    pub(super) role: Option<String>,
}

/// A session in one browser.
#[derive(Debug, Clone)]
pub(super) struct Session {
    cookie: String,
    pub(super) who: SignedIn,
    pub(super) clients: BTreeSet<String>,
}

/// All live sessions.
#[derive(Default)]
pub(super) struct Sessions(Mutex<Vec<Session>>);

impl Sessions {
    /// Begins a session, or goes on with the one of the same `sid`. Gives the cookie that keeps it.
    pub(super) fn keep(&self, who: SignedIn, client: &str) -> HeaderValue {
        let mut sessions = self.lock();
        let at = sessions.iter().position(|session| session.who.sid == who.sid).unwrap_or_else(|| {
            sessions.push(Session { cookie: random::token(), who: who.clone(), clients: BTreeSet::new() });
            sessions.len() - 1
        });
        let session = &mut sessions[at];
        session.who = who;
        session.clients.insert(client.to_owned());
        let cookie = format!("{COOKIE}={}; Path=/cis2; HttpOnly; SameSite=Lax", session.cookie);
        HeaderValue::from_str(&cookie).expect("URL-safe base64 fits a header")
    }

    /// The session of the browser that asks.
    pub(super) fn of(&self, headers: &HeaderMap, now: Timestamp) -> Option<Session> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let ours: Vec<&str> = cookies
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
            .collect();
        self.live(now).into_iter().find(|session| ours.contains(&session.cookie.as_str()))
    }

    /// All that have not ended.
    pub(super) fn live(&self, now: Timestamp) -> Vec<Session> {
        let mut sessions = self.lock();
        sessions.retain(|session| session.who.auth_time + LONGEST > now);
        sessions.clone()
    }

    /// Ends a session and gives it, so that its clients can be told.
    pub(super) fn end(&self, sid: &str) -> Option<Session> {
        let mut sessions = self.lock();
        let at = sessions.iter().position(|session| session.who.sid == sid)?;
        Some(sessions.remove(at))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
