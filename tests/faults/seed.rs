//! Every random choice of a run comes from one seed, which is printed: the same seed makes the same choices.
//!
//! Deliberately absent: the seed of the product itself. Its keys and tokens stay random, and which instruction a kill
//! meets is the machine's choice; what is replayed is every choice the harness makes.

use sandbox::world::prng::Prng;
use tests::Outcome;

/// The seed of a run.
#[derive(Clone, Copy)]
pub struct Seed(u64);

impl Seed {
    /// `RA_DESK_SEED` where it is set, else one that differs from run to run.
    pub fn of_run() -> Outcome<Self> {
        match std::env::var("RA_DESK_SEED") {
            Ok(text) => Ok(Self(text.parse().map_err(|_| format!("RA_DESK_SEED is not a number: {text}"))?)),
            Err(_) => {
                let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
                // Short enough to be typed again.
                Ok(Self(now.as_nanos() as u64 % 1_000_000_000))
            }
        }
    }

    /// The seed of one round of a room, for who makes choices in another way.
    pub fn of_round(self, room: &str, round: u64) -> [u8; 32] {
        let mut choices = self.choices(room);
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&choices.below(u64::MAX).to_le_bytes());
        seed[8..16].copy_from_slice(&round.to_le_bytes());
        seed
    }

    /// The choices of one room. They do not depend on which other rooms are run.
    pub fn choices(self, room: &str) -> Choices {
        let purpose = room.bytes().fold(0_u64, |purpose, byte| purpose.wrapping_mul(257).wrapping_add(byte.into()));
        Choices(Prng::new(self.0, purpose))
    }
}

impl std::fmt::Display for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Choices that a seed determines.
pub struct Choices(Prng);

impl Choices {
    /// A number below a limit, which is not 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0.below(limit)
    }

    /// A time below a limit.
    pub fn within(&mut self, limit: std::time::Duration) -> std::time::Duration {
        std::time::Duration::from_micros(self.below(limit.as_micros() as u64 + 1))
    }
}
