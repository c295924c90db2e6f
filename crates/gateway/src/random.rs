//! Randomness enters here and nowhere else.

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

/// A secret nobody guesses, as text for a header, a form or a URL: 32 random bytes.
pub(crate) fn token() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<32>())
}

/// A GUID that names something.
pub(crate) fn guid() -> Uuid {
    uuid::Builder::from_random_bytes(bytes::<16>()).into_uuid()
}

/// Random bytes, for a key.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // The operating system's generator does not fail once it is seeded; without it there is nothing safe to do.
    rand::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}
