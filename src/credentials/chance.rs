//! Even chances: one of so many, none likelier than another (G12).

use crate::ambient::Entropy;

/// A number below `bound`, each equally likely. `bound` is at least one.
pub(super) fn below(bound: u16, entropy: &dyn Entropy) -> u16 {
    let bound = bound.max(1);
    // What is left over at the end would make small numbers likelier: it is drawn again.
    let whole = u16::MAX - u16::MAX % bound;
    loop {
        let mut bytes = [0; 2];
        entropy.fill(&mut bytes);
        let drawn = u16::from_le_bytes(bytes);
        if drawn < whole {
            return drawn % bound;
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::HashMap;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// Numbers of a generator with a seed (SplitMix64).
    pub(in crate::credentials) struct Seeded(AtomicU64);

    impl Seeded {
        pub(in crate::credentials) fn new(seed: u64) -> Self {
            Self(AtomicU64::new(seed))
        }
    }

    impl Entropy for Seeded {
        fn fill(&self, buffer: &mut [u8]) {
            for chunk in buffer.chunks_mut(8) {
                let state = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
                let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                let bytes = (mixed ^ (mixed >> 31)).to_le_bytes();
                chunk.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
            }
        }
    }

    /// How far counts are from even, in units of what chance allows: near the number of bins.
    pub(in crate::credentials) fn chi_square(counts: &HashMap<u16, u32>, bins: u16) -> f64 {
        let total: u32 = counts.values().sum();
        let expected = f64::from(total) / f64::from(bins);
        (0..bins)
            .map(|bin| f64::from(counts.get(&bin).copied().unwrap_or_default()) - expected)
            .map(|off| off * off / expected)
            .sum()
    }

    #[test]
    fn each_number_is_as_likely_as_another() {
        let entropy = Seeded::new(7);
        let mut counts = HashMap::new();
        for _ in 0..36_000 {
            *counts.entry(below(36, &entropy)).or_default() += 1;
        }
        // 35 degrees of freedom: beyond 66.6 one time in a thousand.
        let chi = chi_square(&counts, 36);
        assert!(chi < 66.6, "{chi}");
    }
}
