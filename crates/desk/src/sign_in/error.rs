//! Why a sign-in did not come to its end.

use crate::NetworkFault;

/// Why a sign-in did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// The RA user cancelled it.
    #[error("the sign-in was cancelled")]
    Cancelled,
    /// The browser did not come back in time.
    #[error("the browser did not come back in time")]
    TimedOut,
    /// The issuer, or the gateway on its behalf, said no.
    #[error("the issuer said no: {0}")]
    Denied(String),
    /// The sign-in came back but failed a check.
    #[error("the sign-in failed a check: {0}")]
    Rejected(Check),
    /// No browser could be opened.
    #[error("no browser could be opened")]
    BrowserNotOpened,
    /// The ports for the sign-in's return are all in use.
    #[error("the ports for the sign-in's return are all in use")]
    NoFreePort,
    /// The issuer or the gateway did not answer.
    #[error("{0}")]
    Network(NetworkFault),
    /// The gateway takes no calls from this computer.
    #[error("the gateway has shut this computer out")]
    DeviceRevoked,
    /// The gateway failed.
    #[error("the gateway failed")]
    GatewayFault,
}

/// What is checked before a sign-in is believed; as an error, the check that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Check {
    /// The issuer's own document names the issuer that is set, letter by letter.
    #[error("the issuer's document names another issuer")]
    IssuerDocument,
    /// The issuer's document and keys can be read, and its addresses are safe to use.
    #[error("the issuer's document cannot be used")]
    IssuerDocumentShape,
    /// The answer in the browser comes from the issuer (RFC 9207).
    #[error("the answer came from another issuer")]
    ResponseIssuer,
    /// There is an ID token.
    #[error("there is no ID token, or it cannot be read")]
    IdToken,
    /// The ID token is signed by the issuer, with RS256.
    #[error("the ID token's signature is not the issuer's")]
    Signature,
    /// `iss` is the issuer, letter by letter.
    #[error("the ID token names another issuer")]
    Issuer,
    /// `aud`, and `azp` where there is one, is this client.
    #[error("the ID token is for somebody else")]
    Audience,
    /// It has not expired.
    #[error("the ID token has expired")]
    Expired,
    /// `iat` is not in the future, nor long ago.
    #[error("the ID token was issued at an odd time")]
    IssuedAt,
    /// `nonce` is the one that was sent.
    #[error("the ID token belongs to another sign-in")]
    Nonce,
    /// `auth_time` is at most five minutes ago, and not before this sign-in began.
    #[error("the person signed in too long ago")]
    AuthTime,
    /// `acr` is as strong as was asked.
    #[error("the sign-in is not as strong as was asked")]
    Acr,
    /// `authentication_assurance_level` is as high as was asked.
    #[error("the authenticator is not as strong as was asked")]
    AuthenticatorLevel,
    /// `id_assurance_level` is 3 or more.
    #[error("the person's identity is not assured at level 3")]
    IdentityLevel,
    /// The gateway names the same person as the ID token.
    #[error("the gateway names another person")]
    Subject,
    /// The gateway's tokens can be used.
    #[error("the gateway's tokens cannot be used")]
    GatewayTokens,
}
