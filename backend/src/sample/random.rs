//! Numbers by seed: the same seed gives the same numbers, on every machine.

use super::mix;

/// A generator (SplitMix64): good enough to look like life, and quick.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The generator of one thing, by its number: it does not depend on what else is generated.
    #[must_use]
    pub fn new(seed: u64, number: u64) -> Self {
        Self(mix(seed).wrapping_add(mix(number ^ 0xA5A5_5A5A)))
    }

    /// The generator of a text, such as an id.
    #[must_use]
    pub fn of(text: &str) -> Self {
        // FNV-1a, 64 bits.
        Self(text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        }))
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        let bits = mix(self.0);
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        bits
    }

    /// A number below `n`, or 0 where `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }

    /// A number from `low` to `high`, both possible.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = high.saturating_sub(low).max(0) as u64;
        low.saturating_add(self.below(width.saturating_add(1)) as i64)
    }

    /// True so often in a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of several, each as often as the others.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }

    /// So many hexadecimal digits.
    pub fn hex(&mut self, n_digits: usize) -> String {
        let mut digits = String::with_capacity(n_digits + 15);
        while digits.len() < n_digits {
            digits.push_str(&format!("{:016x}", self.bits()));
        }
        digits.truncate(n_digits);
        digits
    }
}
