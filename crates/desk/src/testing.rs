//! What the tests of more than one room need: seams that do as they are told, and made-up people.

use std::collections::HashMap;
use std::sync::Mutex;

use contract::{Declaration, DeclarationAcceptedBy, DocumentKind, FrozenBody, IdentityCheckMethod, Profile};
use contract::{RegistrationBody, SubmissionKey};
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::store::audit::Actor;
use crate::store::submissions::StoredSubmission;
use crate::submission::Life;
use crate::{KeyStore, KeyStoreError, Random, SystemRandom};

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

pub(crate) fn actor(uuid: &str) -> Actor {
    Actor {
        uuid: uuid.parse().unwrap(),
        role: Some("555254240100".parse().unwrap()),
        session: uuid::Uuid::from_u128(1),
    }
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
    };
    StoredSubmission {
        key: new_key(NOW),
        profile,
        profile_read_at: NOW,
        address: body.address.clone(),
        body: FrozenBody::freeze(&body).unwrap(),
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
    }
}
