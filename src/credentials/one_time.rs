//! Codes for the first login: handed out on paper or by word of mouth, good for one new password
//! (U31, H09). Whether one was used or has run out is the store's and the upstream's to say.

use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use super::{Password, chance};
use crate::ambient::Entropy;

/// How long a code lasts that nobody uses.
const LASTS: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Small letters and digits that nobody takes for one another, on paper or by telephone.
const LETTERS: &[u8; 30] = b"abcdefghjkmnpqrstuvwxyz2345679";
/// Nine of them: 44 bits.
const LENGTH: usize = 9;
/// Written in groups, for reading aloud.
const GROUP: usize = 3;

/// A code for a first login, as it is read out and typed.
pub struct OneTimeCode(Zeroizing<String>);

impl OneTimeCode {
    /// Draws one; each is as likely as another.
    pub fn draw(entropy: &dyn Entropy) -> Self {
        let bound = u16::try_from(LETTERS.len()).unwrap_or(u16::MAX);
        let mut text = Zeroizing::new(String::with_capacity(LENGTH));
        for _ in 0..LENGTH {
            let drawn = usize::from(chance::below(bound, entropy));
            text.push(char::from(LETTERS.get(drawn).copied().unwrap_or(b'a')));
        }
        Self(text)
    }

    /// As it is handed out: in groups.
    pub fn written(&self) -> Zeroizing<String> {
        let mut written = Zeroizing::new(String::with_capacity(LENGTH + LENGTH / GROUP));
        for (place, letter) in self.0.chars().enumerate() {
            if place > 0 && place % GROUP == 0 {
                written.push('-');
            }
            written.push(letter);
        }
        written
    }

    /// The same as something to hash.
    pub fn to_password(&self) -> Password {
        Password::short(self.0.clone())
    }
}

/// What was typed for a code, without what is only there for reading it aloud.
pub fn typed(typed: &Password) -> Password {
    let letters = typed
        .as_bytes()
        .iter()
        .filter(|letter| letter.is_ascii_alphanumeric());
    let letters = letters.map(|letter| char::from(letter.to_ascii_lowercase()));
    Password::short(Zeroizing::new(letters.collect()))
}

/// The last moment of a code that was made at this one.
pub fn until(made_at: Timestamp) -> Timestamp {
    made_at.saturating_add(LASTS).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::chance::tests::Seeded;
    use super::*;

    #[test]
    fn a_code_has_forty_bits_and_is_read_however_it_is_typed() {
        let bits = f64::from(u32::try_from(LETTERS.len()).unwrap()).log2() * 9.0;
        assert!(bits >= 40.0, "{bits}");
        let entropy = Seeded::new(5);
        let codes: BTreeSet<String> = (0..1000)
            .map(|_| OneTimeCode::draw(&entropy).written().to_string())
            .collect();
        assert_eq!(codes.len(), 1000);
        for code in &codes {
            assert_eq!(code.len(), 11, "{code}");
            assert!(code.bytes().all(|b| b == b'-' || LETTERS.contains(&b)), "{code}");
        }
        let code = OneTimeCode::draw(&entropy);
        let read = format!(" {} ", code.written().to_uppercase().replace('-', " "));
        assert_eq!(
            typed(&Password::new(read).unwrap()).as_bytes(),
            code.to_password().as_bytes(),
            "capitals and blanks do not matter"
        );
    }
}
