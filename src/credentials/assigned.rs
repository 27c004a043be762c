//! Secrets that the system assigns by a rule (U43): pictures, or words with digits.

use std::fmt;

use zeroize::Zeroizing;

use super::pictures::Sequence;
use super::{Password, chance, words};
use crate::ambient::Entropy;
use crate::domain::password_rule::{Assigned, SecretForm};

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
            Assigned::Words { words, digits } => {
                let mut text = Zeroizing::new(String::with_capacity(64));
                for _ in 0..words {
                    text.push_str(words::draw(entropy));
                }
                for _ in 0..digits {
                    let digit = u32::from(chance::below(10, entropy));
                    text.push(char::from_digit(digit, 10).unwrap_or('0'));
                }
                Self::Text(text)
            }
        }
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

impl fmt::Debug for AssignedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AssignedSecret(redacted)")
    }
}

#[cfg(test)]
mod tests {
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
            assert!((6..=20).contains(&plain.len()), "{plain}");
            let mixed = text(with_digits, seed);
            let (letters, digits) = mixed.split_at(mixed.len() - 2);
            assert_eq!(letters, plain);
            assert!(digits.bytes().all(|byte| byte.is_ascii_digit()), "{mixed}");
        }
    }

    #[test]
    fn an_assigned_secret_is_never_shown_by_accident() {
        let secret = AssignedSecret::draw(Assigned::Words { words: 2, digits: 2 }, &Seeded::new(1));
        assert_eq!(format!("{secret:?}"), "AssignedSecret(redacted)");
        assert_eq!(format!("{:?}", secret.to_password()), "Password(redacted)");
    }
}
