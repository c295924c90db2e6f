//! Numbers that look random and are the same for the same seed, today and in ten years.
//!
//! Our own twenty lines (SplitMix64, Steele, Lea and Flood 2014) rather than a crate, because a crate may change
//! its streams between versions and the people of a practice world must not. Never used for keys or tokens:
//! those come from [`crate::random`].
//! The fault harness makes its choices with it too.

/// A stream of numbers.
#[derive(Debug, Clone)]
pub struct Prng(u64);

impl Prng {
    /// The stream of one seed for one purpose; other purposes have streams of their own.
    pub fn new(seed: u64, purpose: u64) -> Self {
        let mut mixed = Self(seed ^ purpose.wrapping_mul(0xd1b5_4a32_d192_ed03));
        mixed.number();
        mixed
    }

    /// The next 64 bits.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`, which is at least 1. The bias is below one in a billion for the limits used here.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.number() % limit.max(1)
    }

    /// True in `percent` of a hundred cases.
    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of a list that is not empty.
    pub(crate) fn pick<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T {
        let at = self.below(list.len() as u64);
        list[usize::try_from(at).unwrap_or(0)]
    }

    /// A number of exactly `digits` digits, the first not 0.
    pub(crate) fn digits(&mut self, digits: u32) -> u64 {
        let low = 10_u64.pow(digits - 1);
        low + self.below(low * 9)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_never_changes() {
        let mut prng = Prng::new(1, 0);
        let first: Vec<u64> = (0..3).map(|_| prng.number()).collect();
        let again: Vec<u64> = {
            let mut prng = Prng::new(1, 0);
            (0..3).map(|_| prng.number()).collect()
        };
        assert_eq!(first, again);
        // Reference values of SplitMix64 from seed 0, after the one step that mixing takes.
        let mut reference = Prng::new(0, 0);
        assert_eq!(reference.number(), 0x6e78_9e6a_a1b9_65f4);
        assert_eq!(reference.number(), 0x06c4_5d18_8009_454f);
        assert_ne!(Prng::new(1, 1).number(), Prng::new(1, 2).number(), "purposes have streams of their own");
        for digits in 1..12 {
            assert_eq!(prng.digits(digits).to_string().len(), digits as usize);
        }
    }
}
