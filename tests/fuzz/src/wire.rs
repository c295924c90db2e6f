//! What crosses between desk, gateway and issuer.

use contract::cis2::{IdClaims, UserInfo};
use contract::{
    AuditHead, AuditReceipt, AuditReply, AuditRequest, BatchReply, BatchRequest, CancelOutcome, CancelReply,
    ChangedReply, Countersigning, DeviceReply, DeviceRequest, FrozenBody, ItemOutcome, KeySuccession, OfflineGrant,
    OfflineGrantReply, OfflineGrantRequest, OfflineTerms, OperationOutcome, ProfileReply, Receipt, Registration,
    RegistrationBody, RemovalReply, RemovalRequest, SealedRecord, SearchReply, SearchRequest, SessionReply, SignedHead,
    TokenReply, VaultReply, VaultRequest, WaitingReply,
};
use gateway::directory_file::DirectoryRecord;
use serde::Serialize;
use serde::de::DeserializeOwned;

macro_rules! bodies {
    ($($body:ty),+ $(,)?) => {
        /// What is read and written on either side, by its name.
        pub const BODIES: &[&str] = &[$(stringify!($body)),+];

        fn read_as_each(bytes: &[u8]) -> usize {
            0 $(+ usize::from(there_and_back::<$body>(bytes)))+
        }
    };
}

bodies!(
    AuditHead,
    AuditReceipt,
    AuditReply,
    AuditRequest,
    BatchReply,
    BatchRequest,
    CancelOutcome,
    CancelReply,
    ChangedReply,
    Countersigning,
    DeviceReply,
    DeviceRequest,
    DirectoryRecord,
    FrozenBody,
    IdClaims,
    ItemOutcome,
    KeySuccession,
    OfflineGrant,
    OfflineGrantReply,
    OfflineGrantRequest,
    OfflineTerms,
    OperationOutcome,
    ProfileReply,
    Receipt,
    Registration,
    RegistrationBody,
    RemovalReply,
    RemovalRequest,
    SealedRecord,
    SearchReply,
    SearchRequest,
    SessionReply,
    SignedHead,
    TokenReply,
    UserInfo,
    VaultReply,
    VaultRequest,
    WaitingReply,
);

/// Read, written, read again: the same, or something is lost on the way.
fn there_and_back<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> bool {
    let Ok(read) = serde_json::from_slice::<T>(bytes) else { return false };
    let written = serde_json::to_string(&read).expect("what was read can be written");
    let again: T = serde_json::from_str(&written).expect("what was written can be read");
    let again = serde_json::to_string(&again).expect("what was read can be written");
    assert!(written == again, "read and written again, a body is another");
    true
}

/// A body, as each of them.
pub fn body(bytes: &[u8]) -> bool {
    let here = read_as_each(bytes);
    // Almost any object is claims without a level.
    here + gateway::fuzzing::body(bytes) > 1
}

/// An answer of the gateway, or of whatever stands in front of it: status and type, `Retry-After`, and the body.
pub fn answer(bytes: &[u8]) -> bool {
    let mut lines = bytes.splitn(3, |byte| *byte == b'\n');
    let mut text = || lines.next().and_then(|line| std::str::from_utf8(line).ok());
    let (Some(first), Some(wait)) = (text(), text()) else { return false };
    let (status, kind) = first.split_once(' ').unwrap_or((first, ""));
    let Ok(status) = status.parse() else { return false };
    let taken = desk::fuzzing::answered(status, Some(kind), Some(wait), lines.next().unwrap_or_default());
    assert!(taken == 0 || (200..300).contains(&status), "a refusal was taken for an answer");
    assert!(taken < 2 || kind.starts_with("application/"), "a page was taken for an answer");
    taken > 1
}
