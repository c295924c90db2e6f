//! What waits on which computer, as numbers: a computer tells its gateway, and the gateway tells its RA users.
//!
//! Deliberately absent: whom the registrations are for. Nothing in here names anybody but the RA users themselves.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{CareIdentityUuid, DeviceId, Invalid, OdsCode, RaRole, Receipt, RoleProfileId};

/// The most groups (RA user and role) one computer tells of.
pub const MAX_WAITING_GROUPS: u32 = 200;

text_newtype!(
    /// What an organisation calls a computer, its asset tag for instance. 1 to 40 letters, digits, spaces and `-_.`.
    ComputerName, public, "LAPTOP-0417", parse_computer_name
);

fn parse_computer_name(text: &str) -> Result<String, Invalid> {
    let fits = (1..=40).contains(&text.len()) && text.trim() == text;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'-' | b'_' | b'.');
    if fits && text.bytes().all(plain) {
        Ok(text.to_owned())
    } else {
        Err(Invalid::new("not_a_computer_name", "A computer's name is 1 to 40 letters, digits, spaces, -, _ and ."))
    }
}

/// What a computer tells of what waits on it: all of it each time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DeviceWaiting {
    /// What its organisation calls it, if it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<ComputerName>,
    /// Who has how many there, at most [`MAX_WAITING_GROUPS`], each RA user and role once. Empty: nothing waits.
    pub groups: Vec<WaitingGroup>,
    /// Whether more waits there, of others than those: there was no room for them.
    #[serde(default, skip_serializing_if = "is_not")]
    pub more: bool,
}

/// What a computer leaves out that an earlier gateway does not know.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
const fn is_not(more: &bool) -> bool {
    !*more
}

/// How many of one RA user in one role wait on a computer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct WaitingGroup {
    /// Whose they are.
    pub author: CareIdentityUuid,
    /// The role they were recorded in.
    pub role: RoleProfileId,
    /// Recorded, and the gateway has not answered for them.
    pub unsent: u32,
    /// Refused, and nobody has dealt with them.
    pub attention: u32,
    /// When the oldest unsent one was recorded, by the computer's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub oldest: Option<Timestamp>,
}

/// Reply to `GET /v1/devices/waiting`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WaitingReply {
    /// That this is the gateway's answer to that request.
    pub receipt: Receipt,
    /// The caller's own on any computer; for an RA Manager also those of their organisation. The oldest first.
    pub waiting: Vec<WaitingRow>,
    /// Whether more waits than is told here: there are more rows than one answer has, or one of these computers told
    /// of less than waits on it, or of RA users and roles that this gateway does not know.
    #[serde(default)]
    pub more: bool,
}

/// What waits on one computer of one RA user in one role, as that computer last told.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WaitingRow {
    /// Which computer.
    pub device: DeviceId,
    /// What its organisation calls it, if it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<ComputerName>,
    /// Whether this gateway no longer takes calls from it.
    pub revoked: bool,
    /// When it last told.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub heard_at: Timestamp,
    /// Whether they are the caller's own.
    pub own: bool,
    /// The RA user's name; none where they have not signed in at this gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author_name: Option<String>,
    /// The role they were recorded in.
    pub role: RoleProfileId,
    /// What that role is called, as of the RA user's last sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ra_role: Option<RaRole>,
    /// Where it is held, as of the RA user's last sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<OdsCode>,
    /// Recorded, and not answered for when the computer last told.
    pub unsent: u32,
    /// Refused, and not dealt with when the computer last told.
    pub attention: u32,
    /// When the oldest unsent one was recorded, by the computer's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub oldest: Option<Timestamp>,
    /// How many were taken in from a sealed copy, ever.
    #[serde(default)]
    pub imported: u32,
    /// When that was last done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub imported_at: Option<Timestamp>,
}

impl std::fmt::Debug for WaitingRow {
    /// Without the RA user's name.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WaitingRow").field("device", &self.device).field("unsent", &self.unsent).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_computers_name_is_short_and_plain() {
        for good in ["LAPTOP-0417", "Clinic room 2", "a", &"x".repeat(40)] {
            assert_eq!(good.parse::<ComputerName>().unwrap().as_str(), good);
        }
        for bad in ["", " a", "a ", "a\nb", "naïve", "<b>", &"x".repeat(41)] {
            assert_eq!(bad.parse::<ComputerName>().unwrap_err().code, "not_a_computer_name", "{bad:?}");
        }
    }
}
