//! Secrets that the system assigns by a rule (U43): pictures, or words with digits.
//!
//! Two words may happen to be one that everybody tries (`fod`, `bold`), or an unkind one where
//! they meet: then others are drawn.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use zeroize::Zeroizing;

use super::pictures::Sequence;
use super::{Password, chance, common, words};
use crate::ambient::Entropy;
use crate::domain::password_rule::{Assigned, SecretForm};
use crate::keys::derive::{Label, MasterSecret};

/// A secret that its holder sees once.
#[derive(Clone)]
pub enum AssignedSecret {
    /// Pictures in order.
    Pictures(Sequence),
    /// Words joined, then digits.
    Text(Zeroizing<String>),
}

impl AssignedSecret {
    /// Draws one; each that the rule can give is as likely as another.
    pub fn draw(rule: Assigned, entropy: &dyn Entropy) -> Self {
        match rule {
            Assigned::Pictures { count } => Self::Pictures(Sequence::assign(count, entropy)),
            Assigned::Words { words, digits } => Self::Text(draw_text(words, digits, entropy)),
        }
    }

    /// The one that follows from a seed nobody else has: the same again for the same seed, so that it
    /// need not be kept anywhere until its holder has learnt it.
    pub fn follow(rule: Assigned, seed: &MasterSecret) -> Self {
        let drawn = AtomicU64::new(0);
        Self::draw(rule, &Following { seed, drawn })
    }

    /// What it looks like.
    pub const fn form(&self) -> SecretForm {
        match self {
            Self::Pictures(_) => SecretForm::Pictures,
            Self::Text(_) => SecretForm::Text,
        }
    }

    /// The same as something to hash.
    pub fn to_password(&self) -> Password {
        match self {
            Self::Pictures(sequence) => sequence.to_password(),
            Self::Text(text) => Password::short(text.clone()),
        }
    }
}

/// Drawing again so often makes a bad one less likely than any other accident.
const ATTEMPTS: usize = 8;

fn draw_text(count: u8, digits: u8, entropy: &dyn Entropy) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::new());
    for _ in 0..ATTEMPTS {
        let drawn: Vec<&str> = (0..count).map(|_| words::draw(entropy)).collect();
        let is_unkind = drawn
            .iter()
            .zip(drawn.iter().skip(1))
            .any(|(one, other)| words::are_unkind_together(one, other));
        // Room enough, so that no copy is left behind when it grows.
        text = Zeroizing::new(String::with_capacity(256));
        text.extend(drawn);
        for _ in 0..digits {
            let digit = u32::from(chance::below(10, entropy));
            text.push(char::from_digit(digit, 10).unwrap_or('0'));
        }
        if !is_unkind && !common::is_common(&text) {
            break;
        }
    }
    text
}

/// Bytes that follow from a seed, one piece after the other.
struct Following<'a> {
    seed: &'a MasterSecret,
    drawn: AtomicU64,
}

impl Entropy for Following<'_> {
    fn fill(&self, buffer: &mut [u8]) {
        for piece in buffer.chunks_mut(32) {
            let number = self.drawn.fetch_add(1, Ordering::Relaxed);
            let bytes = self.seed.derive(Label::AssignedSecret, &[&number.to_be_bytes()]);
            piece
                .iter_mut()
                .zip(bytes.iter())
                .for_each(|(to, from)| *to = *from);
        }
    }
}

impl fmt::Debug for AssignedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AssignedSecret(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::super::chance::tests::Seeded;
    use super::*;

    fn text(rule: Assigned, seed: u64) -> String {
        match AssignedSecret::draw(rule, &Seeded::new(seed)) {
            AssignedSecret::Text(text) => text.to_string(),
            AssignedSecret::Pictures(_) => panic!("pictures"),
        }
    }

    #[test]
    fn words_are_joined_and_digits_follow() {
        let two = Assigned::Words { words: 2, digits: 0 };
        let with_digits = Assigned::Words { words: 2, digits: 2 };
        for seed in 0..200 {
            let plain = text(two, seed);
            assert!(plain.bytes().all(|byte| byte.is_ascii_lowercase()), "{plain}");
            assert!((6..=16).contains(&plain.len()), "{plain}");
            let mixed = text(with_digits, seed);
            let (letters, digits) = mixed.split_at(mixed.len() - 2);
            assert_eq!(letters, plain);
            assert!(
                !common::is_common(&plain) && !common::is_common(&mixed),
                "{mixed}"
            );
            assert!(digits.bytes().all(|byte| byte.is_ascii_digit()), "{mixed}");
        }
    }

    /// Draws the first word for so long, then chance has its way.
    struct FirstWord(AtomicUsize, Seeded);

    impl Entropy for FirstWord {
        fn fill(&self, buffer: &mut [u8]) {
            let is_spent = self
                .0
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
                .is_err();
            if is_spent {
                self.1.fill(buffer);
            } else {
                buffer.fill(0);
            }
        }
    }

    #[test]
    fn what_everybody_would_try_is_not_assigned() {
        let two = Assigned::Words { words: 2, digits: 0 };
        let first = words::all().next().unwrap();
        let twice = format!("{first}{first}");
        assert!(common::is_common(&twice));
        let entropy = FirstWord(AtomicUsize::new(2), Seeded::new(5));
        let AssignedSecret::Text(drawn) = AssignedSecret::draw(two, &entropy) else {
            panic!("pictures");
        };
        assert_ne!(*drawn, twice);
        // A broken source of chance does not hang a login for ever.
        let broken = FirstWord(AtomicUsize::new(usize::MAX), Seeded::new(5));
        assert!(matches!(
            AssignedSecret::draw(two, &broken),
            AssignedSecret::Text(_)
        ));
    }

    #[test]
    fn an_assigned_secret_is_never_shown_by_accident() {
        let secret = AssignedSecret::draw(Assigned::Words { words: 2, digits: 2 }, &Seeded::new(1));
        assert_eq!(format!("{secret:?}"), "AssignedSecret(redacted)");
        assert_eq!(format!("{:?}", secret.to_password()), "Password(redacted)");
    }
}
