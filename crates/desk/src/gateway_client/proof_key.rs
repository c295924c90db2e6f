//! The key a session's refresh token is bound to, and the proofs that it is held (DPoP, RFC 9449).
//!
//! Made for one sign-in, kept in memory, wiped when the session goes. It is written nowhere: whoever copies tokens out
//! of this program's traffic or a crash report cannot renew them, and a restart means signing in again.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};

use contract::prove;
use ed25519_dalek::SigningKey;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use zeroize::Zeroizing;

use crate::Random;

/// The key, and how far this computer's clock is from the gateway's.
pub(crate) struct ProofKey {
    key: SigningKey,
    /// By how many seconds this computer's clock is ahead, as far as the gateway has said.
    ahead: AtomicI64,
}

impl fmt::Debug for ProofKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProofKey(…)")
    }
}

impl ProofKey {
    /// A key nobody else has.
    pub(crate) fn new(random: &dyn Random) -> Self {
        let mut seed = Zeroizing::new([0_u8; 32]);
        random.fill(seed.as_mut());
        Self { key: SigningKey::from_bytes(&seed), ahead: AtomicI64::new(0) }
    }

    /// A proof for one POST to an address, made now.
    pub(super) fn prove(&self, random: &dyn Random, url: &str, now: Timestamp) -> String {
        let iat = now.as_second().saturating_sub(self.ahead.load(Ordering::Relaxed));
        prove(&self.key, &random.guid().to_string(), "POST", url, iat)
    }

    /// Goes by the time an answer says it is at the gateway. False where it says none.
    pub(super) fn go_by(&self, date: Option<&str>, now: Timestamp) -> bool {
        let there = date.and_then(|date| DateTimeParser::new().parse_timestamp(date).ok());
        let Some(there) = there else { return false };
        self.ahead.store(now.as_second().saturating_sub(there.as_second()), Ordering::Relaxed);
        true
    }
}

#[cfg(test)]
mod tests {
    use contract::Proof;

    use super::*;
    use crate::SystemRandom;

    #[test]
    fn each_proof_has_a_name_of_its_own_and_each_key_is_another() {
        let (random, now) = (SystemRandom::default(), Timestamp::from_second(1_000_000).unwrap());
        let key = ProofKey::new(&random);
        let prove = |key: &ProofKey| Proof::read(&key.prove(&random, "https://gateway.example/x", now)).unwrap();
        let (one, two, other) = (prove(&key), prove(&key), prove(&ProofKey::new(&random)));
        assert_eq!((one.htm.as_str(), one.htu.as_str(), one.iat), ("POST", "https://gateway.example/x", 1_000_000));
        assert!(one.jti != two.jti && one.key == two.key && one.key != other.key);
        assert_eq!(format!("{key:?}"), "ProofKey(…)");
    }

    #[test]
    fn proofs_go_by_the_gateways_clock_once_it_is_known() {
        let (random, now) = (SystemRandom::default(), "2026-01-15T09:10:00Z".parse().unwrap());
        let key = ProofKey::new(&random);
        let iat = || Proof::read(&key.prove(&random, "https://gateway.example/x", now)).unwrap().iat;
        assert!(!key.go_by(None, now) && !key.go_by(Some("soon"), now));
        assert_eq!(iat(), now.as_second());
        assert!(key.go_by(Some("Thu, 15 Jan 2026 09:00:00 GMT"), now));
        assert_eq!(iat(), now.as_second() - 600);
        assert!(key.go_by(Some("Thu, 15 Jan 2026 10:00:00 GMT"), now));
        assert_eq!(iat(), now.as_second() + 3000);
    }
}
