//! What a reply means, decided in one place. Pure.
//!
//! A meaning has one of two scopes: it is about one submission ([`of_item`], [`of_cancel`]), or about the whole
//! queue ([`Trouble`]), in which case no submission is to blame and none is held up for it.

use std::time::Duration;

use contract::{CancelOutcome, EndReason, FaultCode, FieldError, ItemOutcome, OperationOutcome};
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use crate::submission::Event;
use crate::{NetworkFault, backoff};

/// What came back, before anybody believes it.
#[derive(Clone)]
pub(crate) struct RawReply {
    /// HTTP status.
    pub(crate) status: u16,
    /// `Content-Type`.
    pub(crate) content_type: Option<String>,
    /// `Retry-After`.
    pub(crate) retry_after: Option<String>,
    /// `Date`.
    pub(crate) date: Option<String>,
    /// The body, bounded by whoever read it.
    pub(crate) body: Vec<u8>,
}

/// Why a call got no answer of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The gateway did not answer.
    Network(NetworkFault),
    /// A machine in front of the gateway cannot reach it, or sheds load; how long to wait, if it said.
    InFront(Option<Duration>),
    /// The gateway asks for a pause; how long, if it said.
    Busy(Option<Duration>),
    /// The gateway does not know the access token.
    SignInNeeded,
    /// The gateway has ended the session.
    SessionEnded(EndReason),
    /// The gateway refuses this call.
    Refused { code: Option<FaultCode>, fields: Vec<FieldError> },
}

/// Reads a reply as what was asked for, or says why it is not that.
///
/// A 2xx is believed only when it is JSON of the right shape: the log-in page of a hotel network answers 200 too.
pub(crate) fn read<T: DeserializeOwned>(reply: &RawReply, now: Timestamp) -> Result<T, Trouble> {
    if (200..300).contains(&reply.status) {
        return json(reply).ok_or(Trouble::Network(NetworkFault::NotOurServer));
    }
    Err(trouble(reply, now))
}

/// What a reply without a body of its own means.
pub(crate) fn read_empty(reply: &RawReply, now: Timestamp) -> Result<(), Trouble> {
    let is_page = reply.content_type.as_deref().is_some_and(|kind| kind.starts_with("text/html"));
    match reply.status {
        200..300 if !is_page => Ok(()),
        200..300 => Err(Trouble::Network(NetworkFault::NotOurServer)),
        _ => Err(trouble(reply, now)),
    }
}

fn trouble(reply: &RawReply, now: Timestamp) -> Trouble {
    let outcome: Option<OperationOutcome> = json(reply);
    let wait = || reply.retry_after.as_deref().and_then(|value| backoff::retry_after(value, now));
    match (reply.status, outcome) {
        (407, _) => Trouble::Network(NetworkFault::ProxySignIn),
        (429 | 503, Some(_)) | (429, None) => Trouble::Busy(wait()),
        // The gateway itself always says more than that.
        (502..=504, None) => Trouble::InFront(wait()),
        (_, Some(outcome)) => match outcome.fault() {
            Some(FaultCode::SignInNeeded) => Trouble::SignInNeeded,
            Some(FaultCode::SessionEnded) => Trouble::SessionEnded(who_ended(&outcome)),
            Some(FaultCode::Busy | FaultCode::TooManyRequests) => Trouble::Busy(wait()),
            code => Trouble::Refused { code, fields: outcome.fields() },
        },
        // A redirection, a page, or an error nobody of ours writes.
        (_, None) => Trouble::Network(NetworkFault::NotOurServer),
    }
}

fn json<T: DeserializeOwned>(reply: &RawReply) -> Option<T> {
    let kind = reply.content_type.as_deref()?.split(';').next()?.trim();
    let is_json = kind == "application/json" || kind == "application/fhir+json";
    if is_json { serde_json::from_slice(&reply.body).ok() } else { None }
}

/// The gateway's diagnostics name the reason by its word on the wire.
fn who_ended(outcome: &OperationOutcome) -> EndReason {
    let text = outcome.issue.first().and_then(|issue| issue.diagnostics.as_deref()).unwrap_or_default();
    [("signed_out", EndReason::SignedOut), ("idle", EndReason::Idle), ("twelve_hours", EndReason::TwelveHours)]
        .into_iter()
        .find(|(word, _)| text.contains(word))
        .map_or(EndReason::EndedElsewhere, |(_, reason)| reason)
}

/// What an item's own result means for its submission.
pub(crate) fn of_item(outcome: &ItemOutcome) -> Event {
    match outcome {
        ItemOutcome::Registered { registration, .. } => Event::Told(registration.state),
        ItemOutcome::Refused { code, .. } => Event::Refused(*code),
        ItemOutcome::InFlight => Event::InFlight,
        ItemOutcome::Withdrawn { .. } => Event::SettledWithdrawn,
    }
}

/// What settling a key found means for its submission.
pub(crate) fn of_cancel(outcome: &CancelOutcome) -> Event {
    match outcome {
        CancelOutcome::Withdrawn { .. } => Event::SettledWithdrawn,
        CancelOutcome::Registered { registration } => Event::Told(registration.state),
        CancelOutcome::Refused { code } => Event::Refused(*code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, content_type: &str, body: &str) -> RawReply {
        RawReply { status, content_type: Some(content_type.into()), retry_after: None, date: None, body: body.into() }
    }

    fn outcome(status: u16, code: FaultCode, diagnostics: &str) -> RawReply {
        let body = serde_json::to_string(&OperationOutcome::of(code, diagnostics)).unwrap();
        reply(status, "application/fhir+json", &body)
    }

    fn meaning(reply: &RawReply) -> Result<Vec<u32>, Trouble> {
        read(reply, "2026-01-01T00:00:00Z".parse().unwrap())
    }

    #[test]
    fn every_reply_has_one_meaning() {
        use NetworkFault::{NotOurServer, ProxySignIn};
        let network = |fault| Err(Trouble::Network(fault));
        let refused = |code| Err(Trouble::Refused { code, fields: vec![] });
        let table = [
            (reply(200, "application/json; charset=utf-8", "[1]"), Ok(vec![1])),
            (reply(200, "application/json", "{}"), network(NotOurServer)),
            (reply(200, "text/html", "<h1>Welcome to our network</h1>"), network(NotOurServer)),
            (reply(200, "text/html", "[1]"), network(NotOurServer)),
            (reply(302, "text/html", ""), network(NotOurServer)),
            (reply(401, "text/html", "log in"), network(NotOurServer)),
            (reply(404, "text/html", "not found"), network(NotOurServer)),
            (reply(500, "text/html", "oops"), network(NotOurServer)),
            (reply(407, "text/html", "proxy"), network(ProxySignIn)),
            (reply(502, "text/html", "bad gateway"), Err(Trouble::InFront(None))),
            (reply(503, "text/html", "busy"), Err(Trouble::InFront(None))),
            (reply(504, "application/json", "{}"), Err(Trouble::InFront(None))),
            (reply(429, "text/html", "slower"), Err(Trouble::Busy(None))),
            (outcome(401, FaultCode::SignInNeeded, ""), Err(Trouble::SignInNeeded)),
            (outcome(401, FaultCode::SessionEnded, "idle"), Err(Trouble::SessionEnded(EndReason::Idle))),
            (
                outcome(401, FaultCode::SessionEnded, "ended_elsewhere"),
                Err(Trouble::SessionEnded(EndReason::EndedElsewhere)),
            ),
            (outcome(429, FaultCode::TooManyRequests, ""), Err(Trouble::Busy(None))),
            (outcome(503, FaultCode::Busy, ""), Err(Trouble::Busy(None))),
            (outcome(403, FaultCode::WrongRole, ""), refused(Some(FaultCode::WrongRole))),
            (outcome(404, FaultCode::NotFound, ""), refused(Some(FaultCode::NotFound))),
            (outcome(500, FaultCode::Internal, ""), refused(Some(FaultCode::Internal))),
        ];
        for (reply, expected) in table {
            let body = String::from_utf8(reply.body.clone()).unwrap();
            assert_eq!(meaning(&reply), expected, "{} {body}", reply.status);
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_comes_back_is_answered(
            status in 0_u16..1000,
            kind in proptest::option::of("(application/json|text/html|.{0,20})"),
            wait in proptest::option::of(".{0,20}"),
            body in ".{0,200}",
        ) {
            let reply = RawReply { status, content_type: kind, retry_after: wait, date: None, body: body.into_bytes() };
            let is_json = reply.content_type.as_deref().is_some_and(|kind| kind.starts_with("application/"));
            let answer = meaning(&reply);
            proptest::prop_assert!(answer.is_err() || (is_json && (200..300).contains(&status)));
        }
    }

    #[test]
    fn a_pause_has_a_length_in_both_forms() {
        for (value, seconds) in [("30", 30), ("Thu, 01 Jan 2026 00:01:00 GMT", 60)] {
            let mut busy = outcome(429, FaultCode::TooManyRequests, "");
            busy.retry_after = Some(value.into());
            assert_eq!(meaning(&busy), Err(Trouble::Busy(Some(Duration::from_secs(seconds)))));
            let in_front = RawReply { status: 503, content_type: None, ..busy };
            assert_eq!(meaning(&in_front), Err(Trouble::InFront(Some(Duration::from_secs(seconds)))));
        }
    }

    #[test]
    fn a_reply_without_a_body_is_believed_unless_it_is_a_page() {
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(read_empty(&reply(200, "", ""), now), Ok(()));
        assert!(read_empty(&reply(200, "text/html; charset=utf-8", ""), now).is_err());
    }
}
