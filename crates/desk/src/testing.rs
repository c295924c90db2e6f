//! What the tests of more than one room need: seams that do as they are told, and made-up people.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use contract::{Declaration, DeclarationAcceptedBy, DocumentKind, FrozenBody, IdentityCheckMethod, Profile};
use contract::{RegistrationBody, SubmissionKey, TokenReply};
use jiff::Timestamp;
use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::desk::Inner;
use crate::gateway_client::{GatewayClient, GatewaySession, ProofKey, Tokens};
use crate::sign_in::Arrived;
use crate::store::Store;
use crate::store::audit::Actor;
use crate::store::submissions::StoredSubmission;
use crate::submission::Life;
use crate::{Browser, BrowserError, Clock, KeyStore, KeyStoreError, Parts, Random, SystemClock, SystemRandom};
use crate::{ProxyAnswer, ProxyFinder, ProxyFinderError, ProxyHop, ProxyQuestion, ProxySource};

/// How a key store behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Well,
    /// Says that there is no entry, and refuses to take one.
    Locked,
    /// Takes entries and forgets them.
    Forgetful,
    Missing,
}

/// A key store in memory.
pub(crate) struct Keys {
    pub(crate) entries: Mutex<HashMap<String, Vec<u8>>>,
    pub(crate) mood: Mutex<Mood>,
}

impl Keys {
    pub(crate) fn new() -> Self {
        Self { entries: Mutex::default(), mood: Mutex::new(Mood::Well) }
    }

    pub(crate) fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }
}

impl KeyStore for Keys {
    fn load(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyStoreError> {
        match *self.mood.lock().unwrap() {
            Mood::Well | Mood::Forgetful => Ok(self.entries.lock().unwrap().get(name).cloned().map(Zeroizing::new)),
            Mood::Locked => Ok(None),
            Mood::Missing => Err(KeyStoreError::Missing),
        }
    }

    fn save(&self, name: &str, bytes: &[u8]) -> Result<(), KeyStoreError> {
        match *self.mood.lock().unwrap() {
            Mood::Well => {
                self.entries.lock().unwrap().insert(name.into(), bytes.to_vec());
                Ok(())
            }
            Mood::Forgetful => Ok(()),
            Mood::Locked => Err(KeyStoreError::Locked),
            Mood::Missing => Err(KeyStoreError::Missing),
        }
    }
}

pub(crate) const NOW: Timestamp = Timestamp::constant(1_767_258_000, 0);

pub(crate) fn profile(uuid: &str) -> Profile {
    serde_json::from_value(serde_json::json!({
        "uuid": uuid,
        "name": { "given": "Quintessa", "family": "Featherstonehaugh" },
        "birth_date": "1985-03-27",
        "status": "active",
        "email": "quintessa.featherstonehaugh@nhs.net",
        "nino_held": true,
        "managed_in_esr": false,
        "positions": [],
        "authenticators": []
    }))
    .unwrap()
}

/// Terms of a grant for the RA user of [`arrived`], for three days.
pub(crate) fn terms(issued_at: Timestamp) -> contract::OfflineTerms {
    let session = arrived().session;
    contract::OfflineTerms {
        device: contract::DeviceId::from_guid(uuid::Uuid::from_u128(7)),
        user: session.user,
        role: session.role.unwrap().role,
        policy: session.policy,
        clinic: None,
        issued_at,
        until: issued_at + jiff::SignedDuration::from_hours(72),
    }
}

pub(crate) fn actor(uuid: &str) -> Actor {
    Actor {
        uuid: uuid.parse().unwrap(),
        role: Some("555254240100".parse().unwrap()),
        session: uuid::Uuid::from_u128(1),
    }
}

/// A browser that shows nothing.
struct NoBrowser;

impl Browser for NoBrowser {
    fn open(&self, _: &str) -> Result<(), BrowserError> {
        Err(BrowserError)
    }
}

/// A computer that is set to use no proxy.
struct NoProxies;

impl ProxyFinder for NoProxies {
    fn proxies_for(&self, _: &url::Url, _: ProxyQuestion<'_>) -> Result<ProxyAnswer, ProxyFinderError> {
        Ok(ProxyAnswer { hops: vec![ProxyHop::Direct], source: ProxySource::Nobody })
    }
}

/// A desk behind its door, with nothing running by itself, a gateway that nobody answers for, and its folder.
pub(crate) fn inner() -> (Arc<Inner>, TempDir) {
    inner_of("https://localhost:1")
}

/// The same, of a gateway.
pub(crate) fn inner_of(gateway: &str) -> (Arc<Inner>, TempDir) {
    let folder = TempDir::new().unwrap();
    let text = format!("gateway_url = \"{gateway}\"\nissuer_url = \"{gateway}\"\nclient_id = \"c\"\n");
    let layer = settings::RawLayer::from_toml(settings::Layer::Policy, "", &text).unwrap();
    let settings = settings::Resolution::of(&[layer]).desk().unwrap();
    let parts = Parts {
        keys: Arc::new(Keys::new()),
        browser: Arc::new(NoBrowser),
        clock: Arc::new(SystemClock::start()),
        random: Arc::new(SystemRandom::default()),
        proxies: Arc::new(NoProxies),
        persistence: crate::Persistence::Kept,
    };
    let client = GatewayClient::new(&settings, &parts).unwrap();
    let store = Store::open(&folder.path().join("data"), &*parts.keys, &*parts.random, NOW).unwrap();
    (Arc::new(Inner::new(settings, parts, store, client)), folder)
}

/// The RA user of [`actor`]'s role, back from the browser.
pub(crate) fn arrived() -> Arrived {
    arrived_as("656005750104", "555254240100")
}

/// Somebody in a role, back from the browser. Their token is their UUID.
pub(crate) fn arrived_as(uuid: &str, role_id: &str) -> Arrived {
    let at = SystemClock::start().moment();
    let tokens: TokenReply = serde_json::from_value(serde_json::json!({
        "access_token": uuid, "token_type": "Bearer", "expires_in": 600, "refresh_token": "r",
        "refresh_expires_in": 43_200,
    }))
    .unwrap();
    let role = serde_json::json!({
        "role": {
            "id": role_id, "code": "S0080:G0440:R5090", "name": "Registration Authority Agent",
            "ra_role": "ra_agent", "organisation": { "code": "B81603", "name": "A practice" }
        },
        "access": "register"
    });
    let session = serde_json::from_value(serde_json::json!({
        "user": { "uuid": uuid, "name": "Made Up" },
        "role": role, "roles": [role],
        "may": { "find": true, "register": true, "remove": true },
        "policy": {
            "mail_domains": ["nhs.net"], "link_lifetime_minutes": 60, "presence_required": false,
            "queue_age_days": 14, "link_attempts": 5,
            "declaration": { "id": "d", "version": "1", "sentences": [] }
        },
        "server_time": at.wall, "ends_at": at.wall + jiff::SignedDuration::from_hours(12),
    }))
    .unwrap();
    let gateway = GatewaySession::new(Tokens::new(&tokens, at).unwrap(), ProofKey::new(&SystemRandom::default()));
    gateway.acts_in(role_id.parse().unwrap());
    Arrived { gateway: Arc::new(gateway), session, at, vault: None }
}

pub(crate) fn new_key(at: Timestamp) -> SubmissionKey {
    SubmissionKey::from_guid((&SystemRandom::default() as &dyn Random).guid_at(at))
}

/// A submission as an actor has just recorded it.
pub(crate) fn recorded(actor: &Actor, person: &str) -> StoredSubmission {
    let profile = profile(person);
    let role = actor.role.clone().unwrap();
    let body = RegistrationBody {
        address: "quintessa.featherstonehaugh@nhs.net".parse().unwrap(),
        profile_seen: profile.seen(),
        method: IdentityCheckMethod::InPerson,
        documents: vec![DocumentKind::Passport],
        checked_by: actor.uuid.clone(),
        checked_at: NOW,
        recorded_by: actor.uuid.clone(),
        recorded_role: role.clone(),
        recorded_at: NOW,
        clock_ahead_seconds: 0,
        clinic: None,
        declaration: Declaration { id: "d".into(), version: "1".into(), accepted_by: DeclarationAcceptedBy::User },
        address_reason: None,
        replaces: None,
        taken_over: None,
    };
    StoredSubmission {
        key: new_key(NOW),
        profile,
        profile_read_at: NOW,
        address: body.address.clone(),
        body: FrozenBody::freeze(&body).unwrap(),
        author_name: "Made Up".into(),
        role,
        role_text: "RA Agent, B81603".into(),
        recorded_in: actor.session,
        confirmed_in: None,
        recorded_at: NOW,
        life: Life::RECORDED,
        attempts: 0,
        attention: None,
        registration: None,
        replaces: None,
        replaced_by: None,
        updated_at: NOW,
        taken_over: None,
        takes_over: None,
    }
}
