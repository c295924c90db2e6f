//! What opens a vault: the gateway's share of the key that seals one RA user's work on one computer.
//!
//! The share is of use only together with the computer's file, and is given to the RA user's own session, or to that of
//! an RA Manager who takes their work over (ADR 25). Deliberately absent: the vault itself, which is `desk`'s.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::Zeroizing;

use crate::{CareIdentityUuid, Receipt, RoleProfileId, VaultId};

/// The gateway's share of a vault's key: 32 secret bytes. Wiped when it is let go, never printed.
pub struct VaultShare(Zeroizing<[u8; 32]>);

impl VaultShare {
    /// A share of these bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The secret bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for VaultShare {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VaultShare(…)")
    }
}

impl Serialize for VaultShare {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(URL_SAFE_NO_PAD.encode(*self.0)))
    }
}

impl<'de> Deserialize<'de> for VaultShare {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        // The text itself stands in no error.
        let wrong = || de::Error::custom("a vault's share is 32 bytes in base64url");
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text.as_bytes()).map_err(|_| wrong())?);
        bytes.as_slice().try_into().map(Self::from_bytes).map_err(|_| wrong())
    }
}

/// Body of `POST /v1/vaults/share`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct VaultRequest {
    /// The vault, as its computer names it.
    pub vault: VaultId,
    /// Whose it is, where an RA Manager takes over what waits in it. None: it is the caller's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<VaultOf>,
}

/// Whose work an RA Manager takes over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct VaultOf {
    /// Who recorded it.
    pub author: CareIdentityUuid,
    /// The role it was recorded in, which must have been held at the manager's organisation.
    pub role: RoleProfileId,
}

/// Reply to `POST /v1/vaults/share`.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VaultReply {
    /// The gateway's word that it was asked.
    pub receipt: Receipt,
    /// The share, by the gateway's key in use: 43 characters of base64url.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub share: VaultShare,
    /// The share by the gateway's key before it, where that is kept: a vault made with it opens with this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub before: Option<VaultShare>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_crosses_the_wire_and_is_printed_nowhere() {
        let share = VaultShare::from_bytes([7; 32]);
        let text = serde_json::to_string(&share).unwrap();
        assert_eq!(serde_json::from_str::<VaultShare>(&text).unwrap().bytes(), &[7; 32]);
        assert_eq!(format!("{share:?}"), "VaultShare(…)");
        for wrong in ["\"\"", "\"BwcH\"", &text.replace('c', "+"), "7"] {
            let error = serde_json::from_str::<VaultShare>(wrong).unwrap_err().to_string();
            assert!(!error.contains("wcHBwcH"), "{error}");
        }
    }
}
