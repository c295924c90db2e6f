//! What a key that was used before means for the same key now. Pure.

use contract::Fingerprint;

use crate::store::{Settled, SubmissionRow, Taken};

/// What is to be done with a submission, as far as its key decides it.
#[derive(Debug, PartialEq)]
pub(crate) enum Decision<'a> {
    /// Nothing is known of the key: decide by the policy.
    Fresh,
    /// The same was sent before: answer the same.
    Replay(&'a Settled),
    /// The key was withdrawn, whatever is sent under it now.
    Withdrawn,
    /// What its author recorded under it was taken over, whatever is sent under it now.
    TakenOver(&'a Taken),
    /// Something else was sent under the key before.
    Reused,
}

/// Decides by the key alone. Comes before every check of policy, so that an answer that was lost is given again
/// even after the policy, the profile or the role has changed.
pub(crate) fn decide<'a>(known: Option<&'a SubmissionRow>, fingerprint: &Fingerprint) -> Decision<'a> {
    let Some(row) = known else { return Decision::Fresh };
    match &row.settled {
        Settled::Withdrawn => return Decision::Withdrawn,
        Settled::TakenOver(taken) => return Decision::TakenOver(taken),
        Settled::Registered(_) | Settled::Refused { .. } => {}
    }
    if row.fingerprint.as_ref() == Some(fingerprint.bytes()) {
        Decision::Replay(&row.settled)
    } else {
        Decision::Reused
    }
}

#[cfg(test)]
mod tests {
    use contract::{CareIdentityUuid, FrozenBody, RefusalCode, RefusalDetail, RegistrationId};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_key_decides_before_anything_else() {
        let whom: CareIdentityUuid = "555086689106".parse().unwrap();
        let body = FrozenBody::from_text(r#"{"a":1}"#.into()).unwrap();
        // The same meaning in other bytes is another body: bytes are what was frozen.
        let respaced = FrozenBody::from_text(r#"{"a": 1}"#.into()).unwrap();
        let other_whom: CareIdentityUuid = "555086689107".parse().unwrap();
        let fingerprint = body.fingerprint(&whom);
        let registered = Settled::Registered(RegistrationId::from_guid(Uuid::from_u128(1)));
        let refused = Settled::Refused {
            code: RefusalCode::ProfileClosed,
            registration: None,
            detail: Box::new(RefusalDetail::default()),
        };
        let row = |settled: &Settled| SubmissionRow {
            fingerprint: (*settled != Settled::Withdrawn).then_some(*fingerprint.bytes()),
            author: whom.clone(),
            settled: settled.clone(),
            took_over: None,
        };
        for settled in [&registered, &refused] {
            let row = row(settled);
            assert_eq!(decide(Some(&row), &fingerprint), Decision::Replay(settled));
            assert_eq!(decide(Some(&row), &respaced.fingerprint(&whom)), Decision::Reused);
            assert_eq!(decide(Some(&row), &body.fingerprint(&other_whom)), Decision::Reused);
        }
        let tombstone = row(&Settled::Withdrawn);
        assert_eq!(decide(Some(&tombstone), &fingerprint), Decision::Withdrawn);
        assert_eq!(decide(Some(&tombstone), &respaced.fingerprint(&whom)), Decision::Withdrawn);
        assert_eq!(decide(None, &fingerprint), Decision::Fresh);
    }
}
