//! Everything a running gateway holds, shared by all calls.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use contract::{
    CareIdentityUuid, Link, LinkProgress, Organisation, Policy, Registration, RegistrationId, RegistrationState,
    RequestId, RoleProfileId, SubmissionKey,
};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::{Jwk, JwkSet};

use crate::api::{Limits, Metrics};
use crate::clock::Clock;
use crate::config::Config;
use crate::keys::Keys;
use crate::openid;
use crate::policy;
use crate::store::{Act, Store, StoredRegistration};

/// A running gateway.
pub(crate) struct Gateway {
    pub(crate) rules: Arc<Rules>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) store: Store,
    pub(crate) issuer: Arc<openid::Client>,
    pub(crate) nhs_net: openid::Client,
    pub(crate) limits: Limits,
    pub(crate) metrics: Metrics,
    pub(crate) in_flight: InFlight,
}

/// What acts are judged by. Apart from the store, so that an act can take it along to the writer's thread.
pub(crate) struct Rules {
    pub(crate) config: Config,
    pub(crate) keys: Keys,
}

/// Who acts, and with which request.
#[derive(Clone)]
pub(crate) struct Actor {
    pub(crate) uuid: CareIdentityUuid,
    pub(crate) name: String,
    pub(crate) role: Option<RoleProfileId>,
    pub(crate) organisation: Option<Organisation>,
    pub(crate) may_register: bool,
    /// Whether the role is an RA Manager's.
    pub(crate) is_manager: bool,
    pub(crate) request: RequestId,
}

impl Actor {
    /// A row for the audit.
    pub(crate) fn act(
        &self,
        at: Timestamp,
        action: &'static str,
        whom: Option<&CareIdentityUuid>,
        result: impl Into<String>,
    ) -> Act {
        Act {
            at,
            who: self.uuid.clone(),
            role: self.role.as_ref().map(ToString::to_string).unwrap_or_default(),
            ods: self.organisation.as_ref().map(|organisation| organisation.code.to_string()).unwrap_or_default(),
            action,
            whom: whom.cloned(),
            request: self.request,
            result: result.into(),
        }
    }
}

impl Gateway {
    /// The public keys it shows itself with to its providers, each once, as a JSON Web Key Set.
    pub(crate) fn jwks(&self) -> JwkSet {
        let mut keys: Vec<Jwk> = Vec::new();
        for key in self.issuer.public_keys().into_iter().chain(self.nhs_net.public_keys()) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        JwkSet { keys }
    }
}

impl Rules {
    /// The policy as a desk is told it.
    pub(crate) fn policy(&self) -> Policy {
        let (policy, link) = (&self.config.policy, &self.config.link);
        Policy {
            mail_domains: policy.mail_domains.clone(),
            link_lifetime_minutes: link.lifetime_minutes,
            presence_required: policy.presence_required,
            queue_age_days: policy.queue_age_days,
            link_attempts: link.attempts,
            declaration: policy::declaration(),
        }
    }

    /// When a link that is made now ends.
    pub(crate) fn link_end(&self, now: Timestamp) -> Timestamp {
        let lifetime = SignedDuration::from_mins(i64::from(self.config.link.lifetime_minutes));
        now.saturating_add(lifetime).unwrap_or(Timestamp::MAX)
    }

    /// Where the user of a registration goes.
    pub(crate) fn link_url(&self, registration: &RegistrationId, serial: u32) -> String {
        format!("{}/link/{}", self.config.link.public_url, self.keys.link_token(registration, serial))
    }

    /// A registration as one caller sees it. Only its author is given the link.
    pub(crate) fn show(&self, stored: StoredRegistration, caller: &CareIdentityUuid) -> Registration {
        let with_link = stored.state == RegistrationState::WaitingForThem && stored.author == *caller;
        let link = with_link
            .then(|| Link { url: self.link_url(&stored.id, stored.link_serial), expires_at: stored.link_expires_at });
        Registration {
            id: stored.id,
            key: stored.key,
            care_identity: stored.uuid,
            address: stored.address,
            state: stored.state,
            registered_by: stored.author_name,
            registered_at: stored.registered_at,
            link,
            progress: LinkProgress {
                opened_at: stored.opened_at,
                signed_in_at: stored.signed_in_at,
                wrong_account: stored.wrong_account,
                attempts_left: self.config.link.attempts.saturating_sub(stored.wrong_account),
                linked_at: stored.linked_at,
            },
            warnings: stored.warnings,
        }
    }
}

/// The submission keys that are being worked on at this moment.
#[derive(Clone, Default)]
pub(crate) struct InFlight(Arc<Mutex<HashSet<SubmissionKey>>>);

/// Keys that one batch has taken. They are free again when it is dropped.
pub(crate) struct Claim {
    keys: HashSet<SubmissionKey>,
    in_flight: InFlight,
}

impl InFlight {
    /// Takes those keys that nobody else is working on.
    pub(crate) fn claim(&self, wanted: impl IntoIterator<Item = SubmissionKey>) -> Claim {
        let wanted: HashSet<SubmissionKey> = wanted.into_iter().collect();
        let mut busy = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = wanted.into_iter().filter(|key| busy.insert(*key)).collect();
        Claim { keys, in_flight: self.clone() }
    }
}

impl Claim {
    /// Whether the key is this batch's to work on.
    pub(crate) fn has(&self, key: &SubmissionKey) -> bool {
        self.keys.contains(key)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut busy = self.in_flight.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in &self.keys {
            busy.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_worked_on_once_at_a_time() {
        let key = |n| SubmissionKey::from_guid(uuid::Uuid::from_u128(n));
        let in_flight = InFlight::default();
        let first = in_flight.claim([key(1), key(2), key(2)]);
        let second = in_flight.claim([key(2), key(3)]);
        assert!(first.has(&key(1)) && first.has(&key(2)));
        assert!(!second.has(&key(2)) && second.has(&key(3)));
        drop(second);
        assert!(!in_flight.claim([key(2)]).has(&key(2)), "still the first one's");
        drop(first);
        let third = in_flight.claim([key(1), key(2), key(3)]);
        assert!(third.has(&key(1)) && third.has(&key(2)) && third.has(&key(3)));
    }
}
