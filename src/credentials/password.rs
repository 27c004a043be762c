//! A password as it was typed: short enough to hash, wiped after use, never shown.

use std::fmt;

use zeroize::Zeroizing;

/// A typed password of at most [`Password::LONGEST`] bytes.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Longer input is refused before it costs anything (G01).
    pub const LONGEST: usize = 1024;

    /// Takes what was typed, as it is.
    pub fn new(typed: String) -> Result<Self, PasswordTooLong> {
        let typed = Zeroizing::new(typed);
        if typed.len() > Self::LONGEST {
            Err(PasswordTooLong)
        } else {
            Ok(Self(typed))
        }
    }

    /// What we made ourselves, and is short.
    pub(super) const fn short(made: Zeroizing<String>) -> Self {
        Self(made)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(redacted)")
    }
}

/// No honest password is this long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the password is longer than {} bytes", Password::LONGEST)]
pub struct PasswordTooLong;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_has_at_most_1024_bytes() {
        assert!(Password::new("ø".repeat(512)).is_ok());
        assert_eq!(Password::new("x".repeat(1025)).err(), Some(PasswordTooLong));
    }
}
