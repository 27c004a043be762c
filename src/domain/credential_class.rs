//! Kinds of secrets, by how far one guess gets (DR16): each has a budget of its own (G08).

use super::password_rule::SecretForm;

/// A kind of secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CredentialClass {
    /// Pictures in order.
    Pictures,
    /// Words that were assigned.
    Words,
    /// What somebody thought of.
    Chosen,
}

impl CredentialClass {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Pictures, Self::Words, Self::Chosen];

    /// Its word in logs, metrics and the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pictures => "pictures",
            Self::Words => "words",
            Self::Chosen => "chosen",
        }
    }

    /// The kind of a secret of which no more is known than how it is asked for: of text, the
    /// weaker kind is taken.
    pub const fn of_form(form: SecretForm) -> Self {
        match form {
            SecretForm::Pictures => Self::Pictures,
            SecretForm::Text => Self::Chosen,
        }
    }

    /// One in so many accounts opens at the first guess. What is assigned is drawn from so many
    /// (four of 36 pictures, two of 4,096 words). What is chosen is not: with common and
    /// breached passwords refused, the most frequent of those that are left is taken to be had
    /// by one in 50,000.
    pub const fn one_in(self) -> u64 {
        match self {
            Self::Pictures => 36 * 36 * 36 * 36,
            Self::Words => 4096 * 4096,
            Self::Chosen => 50_000,
        }
    }
}
