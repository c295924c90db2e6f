//! The operating system's randomness: the one place where it is asked for.

use aws_lc_rs::rand::{SecureRandom, SystemRandom as AwsRandom};

use crate::Random;

/// The operating system's randomness.
#[derive(Debug, Default)]
pub struct SystemRandom(AwsRandom);

impl Random for SystemRandom {
    #[expect(clippy::expect_used, reason = "a computer without randomness can keep no secret: nothing may go on")]
    fn fill(&self, bytes: &mut [u8]) {
        self.0.fill(bytes).expect("the operating system gives randomness");
    }
}
