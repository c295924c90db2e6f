//! A door for `tests/fuzz`: what the page asks for, read as its commands read it. Built with the feature `fuzz` alone,
//! and never shipped.

use contract::{AuthenticatorId, CareIdentityUuid, RemovalReason, RoleProfileId, SubmissionKey};
use desk::DraftId;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::commands::named;
use crate::ipc::{AddressForm, FindForm, IdentityForm, OutboxTab};

/// A command that takes something: its name, the names of what it takes, and what reads it.
pub type Command = (&'static str, &'static [&'static str], fn(&Value) -> Option<bool>);

/// All of them. Each gives none where what it is called with is of the wrong kind, and else whether the desk would go
/// on with it.
pub const COMMANDS: &[Command] = &[
    ("change_role", &["role"], |asked| names::<RoleProfileId>(asked, "role")),
    ("proxy_sign_in", &["name", "password"], |asked| {
        Some(!take::<String>(asked, "name")?.is_empty() && !take::<String>(asked, "password")?.is_empty())
    }),
    ("find", &["form"], |asked| Some(desk::fuzzing::find(&take::<FindForm>(asked, "form")?.into()).is_ok())),
    ("profile", &["uuid"], |asked| names::<CareIdentityUuid>(asked, "uuid")),
    ("remove_authenticator", &["uuid", "authenticator", "reason"], |asked| {
        take::<RemovalReason>(asked, "reason")?;
        Some(names::<CareIdentityUuid>(asked, "uuid")? && names::<AuthenticatorId>(asked, "authenticator")?)
    }),
    ("start_draft", &["uuid"], |asked| names::<CareIdentityUuid>(asked, "uuid")),
    ("draft", &["id"], |asked| names::<DraftId>(asked, "id")),
    ("set_draft_address", &["id", "form"], |asked| {
        let form = take::<AddressForm>(asked, "form")?.into();
        Some(names::<DraftId>(asked, "id")? && desk::fuzzing::address(&form).is_ok())
    }),
    ("set_draft_identity", &["id", "form"], |asked| {
        let form = take::<IdentityForm>(asked, "form")?.into();
        Some(names::<DraftId>(asked, "id")? && desk::fuzzing::identity(&form).is_ok())
    }),
    ("discard_draft", &["id"], |asked| names::<DraftId>(asked, "id")),
    ("restore_draft", &["id"], |asked| names::<DraftId>(asked, "id")),
    ("record", &["id"], |asked| names::<DraftId>(asked, "id")),
    ("set_pin", &["pin", "again"], |asked| {
        Some(desk::fuzzing::pin(&take::<String>(asked, "pin")?, &take::<String>(asked, "again")?).is_ok())
    }),
    ("work_offline", &["who", "pin"], |asked| {
        let may_be = desk::fuzzing::may_be_a_pin(&take::<String>(asked, "pin")?);
        Some(names::<CareIdentityUuid>(asked, "who")? && may_be)
    }),
    ("unlock", &["pin"], |asked| Some(desk::fuzzing::may_be_a_pin(&take::<String>(asked, "pin")?))),
    ("outbox", &["tab"], |asked| take::<OutboxTab>(asked, "tab").map(|_| true)),
    ("submission", &["key"], |asked| names::<SubmissionKey>(asked, "key")),
    ("withdraw", &["key"], |asked| names::<SubmissionKey>(asked, "key")),
    ("take_over", &["role", "reason"], |asked| {
        let reason: Result<contract::Reason, _> = take::<String>(asked, "reason")?.parse();
        Some(names::<RoleProfileId>(asked, "role")? && reason.is_ok())
    }),
    ("correct", &["key"], |asked| names::<SubmissionKey>(asked, "key")),
    ("link_qr", &["key"], |asked| names::<SubmissionKey>(asked, "key")),
    ("copy_link", &["key"], |asked| names::<SubmissionKey>(asked, "key")),
    ("fresh_link", &["key"], |asked| names::<SubmissionKey>(asked, "key")),
    ("watch_registration", &["key"], |asked| {
        Some(take::<Option<String>>(asked, "key")?.is_none_or(|key| named::<SubmissionKey>(&key).is_ok()))
    }),
];

/// One thing a command is called with, read as the window's system reads it.
fn take<T: DeserializeOwned>(asked: &Value, name: &str) -> Option<T> {
    T::deserialize(asked.get(name)?).ok()
}

fn names<T: std::str::FromStr>(asked: &Value, name: &str) -> Option<bool> {
    Some(named::<T>(&take::<String>(asked, name)?).is_ok())
}
