//! The file the gateway's directory is filled from: one JSON record a line.
//!
//! No public interface gives out Care Identity profiles, so whoever runs a gateway exports them into this form;
//! in practice the sandbox writes it. Lines are read one by one, so the file may be of any length.

use contract::{NationalInsuranceNumber, NhsNetAddress, Profile};
use serde::{Deserialize, Serialize};

/// One line of a directory file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum DirectoryRecord {
    /// A Care Identity profile, with the authenticators that RA Desk does not look after itself. An NHS.net
    /// Connect authenticator in here was registered elsewhere and is linked.
    Profile {
        /// The profile.
        profile: Box<Profile>,
        /// Its National Insurance number. Kept only as a keyed digest, to search by.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nino: Option<NationalInsuranceNumber>,
    },
    /// An NHS.net Connect account.
    Account {
        /// Its address.
        address: NhsNetAddress,
        /// Whether it can be used.
        state: AccountState,
        /// Whether it is a person's.
        shared_mailbox: bool,
    },
}

/// Whether an NHS.net Connect account can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountState {
    /// In use.
    Active,
    /// Not used for 30 days, or its acceptable use policy not accepted.
    Inactive,
    /// Switched off for a long leave.
    Disabled,
}
