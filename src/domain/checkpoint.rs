//! What is said of the audit trail outside of its database (L05): so many rows, and the hash that they end
//! in. One line each, so that it goes through any log.
//!
//! Whoever can write the database can write a trail that is whole in itself; not one that ends in what was
//! said elsewhere before. Who signs a line, and who reads it, is not here.

use std::fmt;

use data_encoding::HEXLOWER;
use jiff::Timestamp;

/// What a checkpoint begins with.
const MARK: &str = "portner-audit-1";

/// The field of a log that has one.
const FIELD: &str = "audit.checkpoint";

/// In the place of a signature where there is no key.
const UNSIGNED: &str = "-";

/// The end of the trail at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The number of the last row.
    pub sequence: u64,
    /// The hash of that row, which stands for all rows before it.
    pub hash: Vec<u8>,
    /// When it was the last.
    pub at: Timestamp,
}

/// A checkpoint as it was found, with what was signed of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundCheckpoint {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// The words that the signature is over.
    pub words: String,
    /// The signature, where there is one.
    pub signature: Option<Vec<u8>>,
}

impl Checkpoint {
    /// The line, with a signature over all that stands before it.
    pub fn line(&self, signature: Option<&[u8]>) -> String {
        let signature = signature.map_or_else(|| UNSIGNED.to_owned(), |bytes| HEXLOWER.encode(bytes));
        format!("{self} {signature}")
    }

    /// Finds one in a line of a file, which begins with it, or of a log, in the field that is for it;
    /// nothing where there is none. What a stranger brought into another field is none.
    pub fn find(line: &str) -> Option<FoundCheckpoint> {
        let said = if line.trim_start().starts_with(MARK) {
            line.trim_start()
        } else {
            // `audit.checkpoint="…"` or `"audit.checkpoint":"…"`.
            let (_, said) = line.split_once(FIELD)?;
            let said = said.trim_start_matches(['"', ':', '=', ' ']);
            said.starts_with(MARK).then_some(said)?
        };
        let end = |c: char| c.is_whitespace() || c == '"';
        let words: Vec<&str> = said.split(end).take(5).collect();
        let [MARK, sequence, hash, at, signature] = words.as_slice() else {
            return None;
        };
        let checkpoint = Self {
            sequence: sequence.parse().ok()?,
            hash: HEXLOWER.decode(hash.as_bytes()).ok()?,
            at: at.parse().ok()?,
        };
        let signature = match *signature {
            UNSIGNED => None,
            hex => Some(HEXLOWER.decode(hex.as_bytes()).ok()?),
        };
        Some(FoundCheckpoint {
            words: checkpoint.to_string(),
            checkpoint,
            signature,
        })
    }
}

/// Without a signature: what is signed.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{MARK} {} {} {}",
            self.sequence,
            HEXLOWER.encode(&self.hash),
            self.at
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_again_in_a_log_and_nothing_else_is_taken_for_one() {
        let checkpoint = Checkpoint {
            sequence: 42,
            hash: vec![0xAB; 32],
            at: "2027-03-02T08:00:00.123Z".parse().unwrap(),
        };
        for signature in [None, Some(vec![1, 2, 3])] {
            let line = checkpoint.line(signature.as_deref());
            for found in [
                line.clone(),
                format!("2027-03-02 INFO audit checkpoint audit.checkpoint=\"{line}\" more=1"),
                format!("{{\"audit.checkpoint\":\"{line}\",\"level\":\"INFO\"}}"),
            ] {
                let found = Checkpoint::find(&found).unwrap();
                assert_eq!(found.checkpoint, checkpoint);
                assert_eq!(found.signature, signature);
                assert_eq!(found.words, checkpoint.to_string());
            }
        }
        for other in [
            "",
            "2027 WARN reason=\"portner-audit-1 5 00 2027-03-02T08:00:00Z -\"",
            "2027 WARN audit.checkpoint=1 reason=\"portner-audit-1 5 00 2027-03-02T08:00:00Z -\"",
            "portner-audit-1",
            "portner-audit-1 x ab 2027-03-02T08:00:00Z -",
            "portner-audit-1 1 xy 2027-03-02T08:00:00Z -",
            "portner-audit-1 1 ab gestern -",
            "portner-audit-1 1 ab 2027-03-02T08:00:00Z x",
            "portner-audit-1 1 ab 2027-03-02T08:00:00Z",
        ] {
            assert_eq!(Checkpoint::find(other), None, "{other}");
        }
    }
}
