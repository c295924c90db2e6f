//! Where secrets come from: the operating system, through aws-lc-rs. The people come from [`crate::world`] instead.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A name that cannot be guessed: 32 random bytes as URL-safe text.
pub(crate) fn token() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<32>())
}

/// A GUID, for `sid` and `jti`.
pub(crate) fn guid() -> String {
    uuid::Builder::from_random_bytes(bytes()).into_uuid().to_string()
}

fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}
