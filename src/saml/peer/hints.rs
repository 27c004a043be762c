//! What a request says beyond the question: Entra ID and AD FS refuse what others need.

/// What our requests to an identity provider say besides the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestHints {
    /// How it learns whom the user said they are.
    pub name: NameHint,
    /// Whether it learns for whom we ask, in `samlp:Scoping` (eGov-081).
    pub scoping: bool,
}

impl Default for RequestHints {
    fn default() -> Self {
        Self {
            name: NameHint::Subject,
            scoping: true,
        }
    }
}

/// How an identity provider learns whom the user said they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum NameHint {
    /// By `saml:Subject` (saml-core §3.4.1).
    #[default]
    Subject,
    /// By the parameter `login_hint` of its address, as Entra ID has it.
    LoginHint,
    /// By the parameter `username` of its address, as AD FS has it.
    Username,
    /// Not at all.
    Untold,
}

impl NameHint {
    /// Every way, by the word that registrations use.
    pub const WORDS: [(&str, Self); 4] = [
        ("subject", Self::Subject),
        ("login_hint", Self::LoginHint),
        ("username", Self::Username),
        ("none", Self::Untold),
    ];

    /// The parameter of the address, where it goes there. What is signed does not cover it.
    pub fn parameter(self) -> Option<&'static str> {
        match self {
            Self::LoginHint => Some("login_hint"),
            Self::Username => Some("username"),
            Self::Subject | Self::Untold => None,
        }
    }

    /// The word that registrations use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::LoginHint => "login_hint",
            Self::Username => "username",
            Self::Untold => "none",
        }
    }
}
