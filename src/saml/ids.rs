//! Identifiers of messages and assertions (saml-core §1.3.4).

use std::fmt;

use crate::ambient::Entropy;

/// The identifier of a message or assertion that we write: `_` and 32 hex digits, 128 bits of chance.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MessageId(String);

impl MessageId {
    /// A new identifier.
    pub fn fresh(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; 16];
        entropy.fill(&mut bytes);
        Self::from_bytes(bytes)
    }

    /// The identifier made of these bytes. An `ID` may not begin with a digit, hence the `_`.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(format!("_{}", data_encoding::HEXLOWER.encode(&bytes)))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_an_ncname_of_its_bytes() {
        assert_eq!(
            MessageId::from_bytes([0xab; 16]).as_str(),
            "_abababababababababababababababab"
        );
    }
}
