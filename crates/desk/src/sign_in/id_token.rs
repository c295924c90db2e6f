//! Whether an ID token is to be believed. Pure: keys, expectations and time come in.

use std::str::FromStr;
use std::time::Duration;

use contract::cis2::{IdClaims, level_of_acr};
use jiff::Timestamp;
use openidconnect::core::{
    CoreGenderClaim, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
};
use openidconnect::{AdditionalClaims, ClaimsVerificationError, ClientId, IdToken, IssuerUrl, Nonce};
use serde::{Deserialize, Serialize};

use super::{Check, MAX_AGE, REQUEST_LEEWAY};

/// How far the computer's clock may differ from the issuer's, in seconds.
const LEEWAY: i64 = 60;
/// How long ago an ID token may have been issued that was fetched just now, in seconds.
const OLDEST: i64 = 10 * 60;
/// The identity assurance level an RA user must have.
const IDENTITY_LEVEL: u8 = 3;

/// What an ID token must say.
pub(crate) struct Expected<'a> {
    /// The issuer, exactly as it is set.
    pub(crate) issuer: &'a str,
    /// Whom it must be for.
    pub(crate) client_id: &'a str,
    /// What was sent with the request.
    pub(crate) nonce: &'a str,
    /// How strong a sign-in was asked for.
    pub(crate) acr_values: &'a str,
    /// What time it is.
    pub(crate) now: Timestamp,
    /// How long ago the issuer was asked to have the person sign in anew.
    pub(crate) asked_ago: Duration,
}

/// The claims NHS CIS2 Authentication adds.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Cis2 {
    #[serde(flatten)]
    claims: IdClaims,
    /// Not before: of RFC 7519, which the library does not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
}
impl AdditionalClaims for Cis2 {}

type Cis2IdToken = IdToken<Cis2, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

/// Checks an ID token and gives the subject it is about, or the check that failed.
pub(crate) fn check_id_token(token: &str, keys: &CoreJsonWebKeySet, expected: &Expected<'_>) -> Result<String, Check> {
    let token = Cis2IdToken::from_str(token).map_err(|_| Check::IdToken)?;
    let issuer = IssuerUrl::new(expected.issuer.to_owned()).map_err(|_| Check::Issuer)?;
    let verifier =
        CoreIdTokenVerifier::new_public_client(ClientId::new(expected.client_id.to_owned()), issuer, keys.clone())
            .set_allowed_algs([CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256])
            // Time is judged below, by our own clock; the library's would be the system's.
            .set_time_fn(Default::default);
    let nonce = Nonce::new(expected.nonce.to_owned());
    let claims = token.into_claims(&verifier, &nonce).map_err(|error| failed_check(&error))?;

    // As text: the library compares addresses, and `:443` may not be lost.
    require(claims.issuer().as_str() == expected.issuer, Check::Issuer)?;
    let azp_fits = claims.authorized_party().is_none_or(|azp| azp.as_str() == expected.client_id);
    require(azp_fits, Check::Audience)?;

    let now = expected.now.as_second();
    require(claims.expiration().timestamp() + LEEWAY > now, Check::Expired)?;
    let issued = claims.issue_time().timestamp();
    require(issued <= now + LEEWAY && issued + OLDEST >= now, Check::IssuedAt)?;
    let Cis2 { claims: cis2, nbf } = claims.additional_claims();
    require(nbf.is_none_or(|nbf| nbf <= now + LEEWAY), Check::IssuedAt)?;
    let max_age = i64::try_from(MAX_AGE.as_secs()).unwrap_or(i64::MAX);
    let signed_in = claims.auth_time().map(|time| time.timestamp());
    let recent = signed_in.is_some_and(|time| time <= now + LEEWAY && time + max_age + LEEWAY >= now);
    require(recent, Check::AuthTime)?;
    // Exactly that by the issuer's own clock.
    require(signed_in.is_some_and(|time| issued - time <= max_age), Check::AuthTime)?;
    // `prompt=login` was asked: whoever had signed in before that is whoever sat here before. Both times are the
    // issuer's, so this computer's clock has no say in it.
    let most = i64::try_from((expected.asked_ago + REQUEST_LEEWAY).as_secs()).unwrap_or(i64::MAX);
    require(signed_in.is_some_and(|time| issued - time <= most), Check::AuthTime)?;

    let asked = expected.acr_values.split(' ').filter_map(level_of_acr).min().unwrap_or(u8::MAX);
    let acr = claims.auth_context_ref().and_then(|acr| level_of_acr(acr.as_str()));
    require(acr.is_some_and(|level| level >= asked), Check::Acr)?;
    require(cis2.authentication_assurance_level.is_some_and(|level| level >= asked), Check::AuthenticatorLevel)?;
    require(cis2.id_assurance_level.is_some_and(|level| level >= IDENTITY_LEVEL), Check::IdentityLevel)?;
    Ok(claims.subject().to_string())
}

fn require(holds: bool, check: Check) -> Result<(), Check> {
    if holds { Ok(()) } else { Err(check) }
}

fn failed_check(error: &ClaimsVerificationError) -> Check {
    match error {
        ClaimsVerificationError::Expired(_) => Check::Expired,
        ClaimsVerificationError::InvalidAudience(_) => Check::Audience,
        ClaimsVerificationError::InvalidIssuer(_) => Check::Issuer,
        ClaimsVerificationError::InvalidNonce(_) => Check::Nonce,
        ClaimsVerificationError::SignatureVerification(_) => Check::Signature,
        _ => Check::IdToken,
    }
}
