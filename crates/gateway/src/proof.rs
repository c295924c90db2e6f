//! Whether the proof that comes with a code or a refresh token is one for this call, made now.
//!
//! Pure. Whether it was used before, and whether its key is the session's, the store knows (`store::sessions`).

use contract::{FaultCode, HEADER_PROOF, Proof};
use http::{HeaderMap, Method};
use jiff::Timestamp;
use url::Url;

use crate::api::Fault;
use crate::config::Config;

/// How far a proof's time may be from the gateway's, in seconds, either way. A desk whose clock is further off is told
/// the time and comes again.
pub(crate) const WINDOW: i64 = 120;

/// Reads the one proof of a call and judges it. Whatever is wrong with it is named, and nothing is used up.
pub(crate) fn judge(
    headers: &HeaderMap,
    config: &Config,
    method: &Method,
    path: &str,
    now: Timestamp,
) -> Result<Proof, Fault> {
    let refused = |why: &str| Fault::new(FaultCode::ProofRefused, why);
    let mut given = headers.get_all(HEADER_PROOF).iter();
    let text = match (given.next(), given.next()) {
        (Some(text), None) => text.to_str().unwrap_or_default(),
        (None, _) => return Err(refused("the proof is missing")),
        (Some(_), Some(_)) => return Err(refused("there is more than one proof")),
    };
    let proof = Proof::read(text).map_err(|why| refused(&why.to_string()))?;
    if proof.htm != method.as_str() {
        return Err(refused("the proof is for another method (htm)"));
    }
    if !is_for(&proof.htu, config, path) {
        return Err(refused("the proof is for another address (htu)"));
    }
    if proof.iat.abs_diff(now.as_second()) > WINDOW.unsigned_abs() {
        return Err(Fault::new(FaultCode::ProofOutOfTime, "the proof was not made now (iat)"));
    }
    Ok(proof)
}

/// Whether an address is that of this call, by one of the names the gateway has. The port is not looked at: whoever
/// forwards it changes it, and whoever has the name has its ports.
fn is_for(htu: &str, config: &Config, path: &str) -> bool {
    let (Ok(htu), Ok(own)) = (Url::parse(htu), Url::parse(&config.public_url)) else { return false };
    let named = htu.host_str().is_some_and(|host| {
        Some(host) == own.host_str() || config.also_named.iter().any(|name| name.eq_ignore_ascii_case(host))
    });
    let prefix = own.path().trim_end_matches('/');
    let is_path = htu.path().strip_prefix(prefix) == Some(path);
    let is_plain = htu.query().is_none() && htu.fragment().is_none() && htu.username().is_empty();
    htu.scheme() == "https" && named && is_path && is_plain
}
