//! Makes new inputs out of known ones, from a seed: the same run twice tries the same inputs.

use aws_lc_rs::digest;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Bytes that parsers stumble over.
const INTERESTING: &[u8] = b"\0\x01\x7f\x80\xff <>&\"'=;%#[]/:@.\n\r\t-_";

/// Changes inputs at random.
pub(super) struct Mutator {
    chance: ChaCha8Rng,
    words: &'static [&'static str],
}

impl Mutator {
    /// Seeded by the target's name; `words` are put in as they are.
    pub(super) fn new(seed: &str, words: &'static [&'static str]) -> Self {
        let seed = digest::digest(&digest::SHA256, seed.as_bytes());
        Self {
            chance: ChaCha8Rng::from_seed(seed.as_ref().try_into().unwrap()),
            words,
        }
    }

    /// One input of the corpus, changed in one to eight ways.
    pub(super) fn next(&mut self, corpus: &[Vec<u8>], longest: usize) -> Vec<u8> {
        let mut input = corpus[self.below(corpus.len())].clone();
        for _ in 0..=self.below(8) {
            self.change(&mut input, corpus);
        }
        input.truncate(longest);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>, corpus: &[Vec<u8>]) {
        let at = self.below(input.len() + 1);
        match self.below(9) {
            0 => self.byte_at(input, at, |byte, chance| *byte ^= 1 << (chance % 8)),
            1 => self.byte_at(input, at, |byte, chance| {
                *byte = INTERESTING[chance % INTERESTING.len()];
            }),
            2 => input.truncate(at),
            3 => drop(self.range(input, at).map(|range| input.drain(range))),
            4 => self.repeat(input, at),
            5 | 6 if !self.words.is_empty() => {
                let word = self.words[self.below(self.words.len())];
                input.splice(at..at, word.bytes());
            }
            7 => self.splice(input, at, corpus),
            _ => {
                let random = self.chance.next_u32().to_le_bytes()[0];
                input.insert(at, random);
            }
        }
    }

    fn byte_at(&mut self, input: &mut [u8], at: usize, change: impl Fn(&mut u8, usize)) {
        let random = self.below(usize::MAX);
        if let Some(byte) = input.get_mut(at) {
            change(byte, random);
        }
    }

    /// Some of it again, once or very often.
    fn repeat(&mut self, input: &mut Vec<u8>, at: usize) {
        let Some(range) = self.range(input, at) else {
            return;
        };
        let piece = input[range].to_vec();
        let times = if self.below(50) == 0 { 500 } else { 1 };
        input.splice(at..at, piece.repeat(times));
    }

    /// Goes on as another input does.
    fn splice(&mut self, input: &mut Vec<u8>, at: usize, corpus: &[Vec<u8>]) {
        let other = &corpus[self.below(corpus.len())];
        input.truncate(at);
        input.extend_from_slice(&other[self.below(other.len() + 1)..]);
    }

    fn range(&mut self, input: &[u8], at: usize) -> Option<std::ops::Range<usize>> {
        let length = self.below(64) + 1;
        (at < input.len()).then(|| at..(at + length).min(input.len()))
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.chance.next_u64()).unwrap_or_default() % bound
    }
}
