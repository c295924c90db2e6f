//! Made-up people to register, and a made-up RA user.

use contract::{NhsNetAddress, Profile, SessionReply};
use jiff::Timestamp;
use tests::crowd::everybody_with_profile;

use crate::Outcome;

/// So many people who can be registered without a second look, from a practice world of that many.
pub fn people(world: usize, how_many: usize) -> Outcome<Vec<(Profile, NhsNetAddress)>> {
    let mut crowd = everybody_with_profile(world);
    if crowd.len() < how_many {
        return Err(format!("a world of {world} holds only {} who can be registered", crowd.len()).into());
    }
    crowd.truncate(how_many);
    Ok(crowd)
}

/// What the gateway says at a sign-in of an RA Agent.
pub fn session(now: Timestamp) -> Outcome<SessionReply> {
    let role = serde_json::json!({
        "role": {
            "id": "555254240100", "code": "S0080:G0440:R5090", "name": "Registration Authority Agent",
            "ra_role": "ra_agent", "organisation": { "code": "B81603", "name": "A practice" }
        },
        "access": "register"
    });
    Ok(serde_json::from_value(serde_json::json!({
        "user": { "uuid": "656005750104", "name": "Made Up" },
        "role": role, "roles": [role],
        "may": { "find": true, "register": true, "remove": true },
        "policy": {
            "mail_domains": ["nhs.net"], "link_lifetime_minutes": 60, "presence_required": false,
            "queue_age_days": 14, "link_attempts": 5,
            "declaration": { "id": "d", "version": "1", "sentences": [] }
        },
        "server_time": now, "ends_at": now + jiff::SignedDuration::from_hours(12),
    }))?)
}
