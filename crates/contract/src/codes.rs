//! The coded reasons the gateway gives. The desk and the page turn them into words.

use serde::{Deserialize, Serialize};

/// Makes an enum of codes that are written `LIKE_THIS` on the wire, with a list of all of them.
macro_rules! codes {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "typescript", derive(specta::Type))]
        pub enum $name { $($(#[$vmeta])* #[serde(rename = $text)] $variant,)+ }

        impl $name {
            /// Every code, for tables that must be complete.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The code as it stands on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::Invalid;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err($crate::Invalid::new("unknown_code", "This code is not known.")),
                }
            }
        }
    };
}

codes! {
    /// Why a registration was refused. Final for its submission key: a correction is a new submission.
    RefusalCode {
        /// No profile has this Care Identity UUID.
        UnknownProfile = "UNKNOWN_PROFILE",
        /// The profile is closed.
        ProfileClosed = "PROFILE_CLOSED",
        /// Nobody has verified the identity behind the profile yet.
        ProfileUnverified = "PROFILE_UNVERIFIED",
        /// The profile is restricted; only Care Identity Management can change it.
        ProfileRestricted = "PROFILE_RESTRICTED",
        /// Nobody registers an authenticator on their own profile.
        OwnProfile = "OWN_PROFILE",
        /// This very address is already on this profile: already done, by somebody, at some time.
        AlreadyRegistered = "ALREADY_REGISTERED",
        /// The address is on another person's profile.
        AddressInUse = "ADDRESS_IN_USE",
        /// The address has a domain that may not be registered.
        AddressNotAllowed = "ADDRESS_NOT_ALLOWED",
        /// No NHS.net Connect account has this address.
        AddressUnknown = "ADDRESS_UNKNOWN",
        /// The account is inactive or disabled.
        AddressInactive = "ADDRESS_INACTIVE",
        /// The address is a shared mailbox, not a person's.
        AddressSharedMailbox = "ADDRESS_SHARED_MAILBOX",
        /// The RA user's role may not register.
        NotPermitted = "NOT_PERMITTED",
        /// The submission was recorded by somebody else, or in another role.
        NotYourSubmission = "NOT_YOUR_SUBMISSION",
        /// What the RA user saw of the profile is no longer so.
        ProfileChanged = "PROFILE_CHANGED",
        /// Recorded longer ago than the gateway accepts.
        TooOld = "TOO_OLD",
        /// The key was used before with another body. Never mended by itself.
        KeyReused = "KEY_REUSED",
        /// The body is not one the gateway understands.
        InvalidBody = "INVALID_BODY",
    }
}

codes! {
    /// What an RA user should know before going on. None of them stops a registration.
    WarningCode {
        /// They already have an authenticator, so they could do this themselves.
        HasAuthenticator = "HAS_AUTHENTICATOR",
        /// They already have an NHS.net Connect account registered, at another address.
        HasNhsNetConnect = "HAS_NHS_NET_CONNECT",
        /// The address is not the one on the profile. A reason is asked.
        AddressNotOnProfile = "ADDRESS_NOT_ON_PROFILE",
        /// The address does not look like the person's name. A reason is asked.
        AddressUnlikeName = "ADDRESS_UNLIKE_NAME",
        /// The profile has no position, so signing in opens nothing yet.
        NoPosition = "NO_POSITION",
        /// The profile is managed in ESR, which may overwrite changes made elsewhere.
        ManagedInEsr = "MANAGED_IN_ESR",
        /// The birth date is the placeholder 1 January 1900.
        BirthDateNotKnown = "BIRTH_DATE_NOT_KNOWN",
        /// No National Insurance number is held, so they cannot use self-service.
        NinoMissing = "NINO_MISSING",
        /// Removing this authenticator leaves them no way to sign in.
        LastAuthenticator = "LAST_AUTHENTICATOR",
    }
}

codes! {
    /// Why a call as a whole was not answered, in the `OperationOutcome` of an error.
    FaultCode {
        /// The call has no token, or one the gateway does not know.
        SignInNeeded = "SIGN_IN_NEEDED",
        /// The session has ended; the diagnostics say who ended it.
        SessionEnded = "SESSION_ENDED",
        /// The header `NHSD-Session-URID` is not the session's role.
        WrongRole = "WRONG_ROLE",
        /// The RA user's role does not allow this call.
        NotPermitted = "NOT_PERMITTED",
        /// Something in the request is not as it must be; the issues name the fields.
        InvalidRequest = "INVALID_REQUEST",
        /// The search says too little to be made.
        SearchTooBroad = "SEARCH_TOO_BROAD",
        /// More than the most that is shown matched.
        TooManyMatches = "TOO_MANY_MATCHES",
        /// There is nothing of that name.
        NotFound = "NOT_FOUND",
        /// The registration cannot do that in the state it is in.
        WrongState = "WRONG_STATE",
        /// The profile is not as it was when it was read (`If-Match`).
        ProfileChanged = "PROFILE_CHANGED",
        /// The gateway knows no computer of that name.
        DeviceUnknown = "DEVICE_UNKNOWN",
        /// The computer is known with another key. Never mended by itself.
        DeviceKeyDiffers = "DEVICE_KEY_DIFFERS",
        /// The gateway takes no calls from this computer any more. What is on it stays there.
        DeviceRevoked = "DEVICE_REVOKED",
        /// The signature is not one of the computer's key, or not over what was sent.
        SignatureWrong = "SIGNATURE_WRONG",
        /// The rows begin later than where those end that the gateway holds.
        AuditGap = "AUDIT_GAP",
        /// A row differs from the one of its number that the gateway holds. Kept as evidence, never mended by itself.
        AuditForked = "AUDIT_FORKED",
        /// The body is larger than is read.
        TooLarge = "TOO_LARGE",
        /// The gateway is asked more often than it answers; `Retry-After` says when again.
        TooManyRequests = "TOO_MANY_REQUESTS",
        /// The gateway is not able to answer now; `Retry-After` says when again.
        Busy = "BUSY",
        /// The issuer did not answer, or not as it must.
        IssuerUnavailable = "ISSUER_UNAVAILABLE",
        /// The sign-in at the issuer is not one the gateway accepts.
        SignInRefused = "SIGN_IN_REFUSED",
        /// The proof of the session's key is missing, or is not one; the diagnostics say what is wrong with it. Nothing
        /// was used up.
        ProofRefused = "PROOF_REFUSED",
        /// The proof's time is not now by the gateway's clock, which stands in `Date`. Nothing was used up.
        ProofOutOfTime = "PROOF_OUT_OF_TIME",
        /// A fault in the gateway itself.
        Internal = "INTERNAL",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_read_as_they_are_written() {
        for code in RefusalCode::ALL {
            assert_eq!(code.as_str().parse::<RefusalCode>().unwrap(), *code);
            assert_eq!(serde_json::to_string(code).unwrap(), format!("\"{code}\""));
        }
        for code in FaultCode::ALL {
            assert_eq!(code.as_str().parse::<FaultCode>().unwrap(), *code);
        }
        assert!("NO_SUCH".parse::<WarningCode>().is_err());
    }
}
