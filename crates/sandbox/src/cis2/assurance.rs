//! Which authenticators answer which `acr_values`, and what they are called in tokens.

use contract::{AuthenticatorKind, Profile};

/// What is asked for where the client asks for nothing: the default of the NHS API platform.
const DEFAULT: &str = "AAL3_ANY";

/// All values of `acr_values` that are understood.
pub(super) const SUPPORTED: [&str; 10] = [
    "AAL3_ANY",
    "AAL2_OR_AAL3_ANY",
    "AAL2_ANY",
    "AAL3_N3_SMARTCARD",
    "AAL3_CIS2_SMARTCARD",
    "AAL3_SMARTCARD",
    "AAL3_FIDO2",
    "AAL3_IOS",
    "AAL2_TOTP",
    "AAL2_NHSMAIL",
];

/// How a person must sign in: one of the values in [`SUPPORTED`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked(&'static str);

impl Asked {
    /// The first value that is understood. None where values are given and none of them is.
    pub(super) fn of(acr_values: &[String]) -> Option<Self> {
        if acr_values.is_empty() {
            return Some(Self(DEFAULT));
        }
        acr_values.iter().find_map(|value| SUPPORTED.iter().find(|known| *known == value)).copied().map(Self)
    }

    /// As it stands in the token.
    pub(super) const fn acr(self) -> &'static str {
        self.0
    }

    /// Whether such an authenticator will do.
    pub(super) fn accepts(self, kind: AuthenticatorKind) -> bool {
        use AuthenticatorKind::{AuthenticatorApp, IpadApp, NhsNetConnect, SecurityKey, Smartcard, WindowsHello};
        match self.0 {
            "AAL3_ANY" => kind.assurance_level() == 3,
            // Where AAL2 is asked for, the stronger ones are offered too.
            "AAL2_OR_AAL3_ANY" | "AAL2_ANY" => kind.assurance_level() >= 2,
            "AAL3_N3_SMARTCARD" | "AAL3_CIS2_SMARTCARD" | "AAL3_SMARTCARD" => kind == Smartcard,
            "AAL3_FIDO2" => matches!(kind, WindowsHello | SecurityKey),
            "AAL3_IOS" => kind == IpadApp,
            "AAL2_TOTP" => kind == AuthenticatorApp,
            _ => kind == NhsNetConnect,
        }
    }

    /// With what a person signs in here by pressing their name: the strongest authenticator that will do.
    /// NHS.net Connect has a button and pages of its own.
    pub(super) fn choose(self, profile: &Profile) -> Option<AuthenticatorKind> {
        let kinds = profile.authenticators.iter().map(|authenticator| authenticator.kind);
        kinds
            .filter(|kind| *kind != AuthenticatorKind::NhsNetConnect && self.accepts(*kind))
            .max_by_key(|kind| kind.assurance_level())
    }
}

/// The name of an authenticator in `amr`. `N3_SMARTCARD` is known from NHS tests; the others are of its shape.
pub(super) const fn amr(kind: AuthenticatorKind) -> &'static str {
    match kind {
        AuthenticatorKind::NhsNetConnect => "NHSMAIL",
        AuthenticatorKind::Smartcard => "N3_SMARTCARD",
        AuthenticatorKind::WindowsHello | AuthenticatorKind::SecurityKey => "FIDO2",
        AuthenticatorKind::IpadApp => "IOS",
        AuthenticatorKind::AuthenticatorApp => "TOTP",
        AuthenticatorKind::Passkey => "PASSKEY",
    }
}

/// What people call an authenticator.
pub(crate) const fn in_words(kind: AuthenticatorKind) -> &'static str {
    match kind {
        AuthenticatorKind::NhsNetConnect => "NHS.net Connect (formerly NHSmail)",
        AuthenticatorKind::Smartcard => "Smartcard",
        AuthenticatorKind::WindowsHello => "Windows Hello",
        AuthenticatorKind::SecurityKey => "Security key",
        AuthenticatorKind::IpadApp => "iPad app",
        AuthenticatorKind::AuthenticatorApp => "Authenticator app",
        AuthenticatorKind::Passkey => "Passkey",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_kept() {
        let asked = |value: &str| Asked::of(&[value.to_owned()]);
        assert_eq!(Asked::of(&[]).unwrap().acr(), "AAL3_ANY");
        assert!(asked("AAL1_USERPASS").is_none());
        assert!(!asked("AAL3_ANY").unwrap().accepts(AuthenticatorKind::NhsNetConnect));
        assert!(asked("AAL3_ANY").unwrap().accepts(AuthenticatorKind::Smartcard));
        assert!(asked("AAL2_OR_AAL3_ANY").unwrap().accepts(AuthenticatorKind::NhsNetConnect));
        assert!(!asked("AAL2_NHSMAIL").unwrap().accepts(AuthenticatorKind::Smartcard));
        assert!(asked("AAL3_FIDO2").unwrap().accepts(AuthenticatorKind::SecurityKey));
        let first = Asked::of(&["unheard_of".to_owned(), "AAL2_ANY".to_owned()]).unwrap();
        assert_eq!(first.acr(), "AAL2_ANY");
    }
}
