//! Argon2id, with its cost written into every hash so that it can be raised at any time.
//!
//! Hashes are PHC strings. A pepper, where there is one, is named in the hash by its key id,
//! so that hashes made with and without it live side by side while it is introduced. Memory
//! comes from the caller, who keeps it: allocating 19 MiB anew costs a fifth of the hash.

use std::fmt;
use std::sync::Arc;

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Block, KeyId, Params, ParamsBuilder, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use data_encoding::BASE64_NOPAD;
use zeroize::Zeroizing;

use super::password::Password;

/// Bytes of a computed hash.
const OUTPUT: usize = 32;
/// The most memory that a stored hash may ask for, in KiB: an imported one must not stop the service.
const MOST_MEMORY: u32 = 256 * 1024;
/// The most passes that a stored hash may ask for.
const MOST_PASSES: u32 = 16;

/// What one hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes; more than one gains nothing here, since the pool's threads are as many as the cores.
    pub lanes: u32,
}

impl Default for Cost {
    /// OWASP's set that is cheapest for us: 15–20 ms of one core.
    fn default() -> Self {
        Self {
            memory_kib: 19 * 1024,
            passes: 2,
            lanes: 1,
        }
    }
}

/// A secret that is kept outside the database, without which its hashes cannot be tried.
#[derive(Clone)]
pub struct Pepper {
    id: KeyId,
    secret: Arc<Zeroizing<Vec<u8>>>,
}

impl Pepper {
    /// A pepper and the id, of 1–8 bytes, that hashes made with it carry.
    pub fn new(id: &str, secret: Zeroizing<Vec<u8>>) -> Option<Self> {
        let id = KeyId::new(id.as_bytes()).ok().filter(|id| !id.is_empty())?;
        (secret.len() >= 16).then(|| Self {
            id,
            secret: Arc::new(secret),
        })
    }
}

impl Pepper {
    /// How hashes that were made with it name it.
    pub fn in_hashes(&self) -> String {
        format!("keyid={}", BASE64_NOPAD.encode(self.id.as_bytes()))
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pepper(redacted)")
    }
}

/// A stored hash: a PHC string of Argon2id.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash {
    text: String,
    parsed: Box<phc::PasswordHash>,
}

impl PasswordHash {
    /// Reads a PHC string. Other algorithms, and costs beyond reason, are not hashes.
    pub fn parse(text: &str) -> Result<Self, NotAHash> {
        let parsed = phc::PasswordHash::new(text).map_err(|_| NotAHash)?;
        let params = Params::try_from(&parsed).map_err(|_| NotAHash)?;
        let version = parsed.version.unwrap_or_default();
        let sound = parsed.algorithm == argon2::ARGON2ID_IDENT
            && version == u32::from(Version::V0x13)
            && parsed.salt.is_some()
            && parsed.hash.is_some_and(|hash| hash.len() >= 16)
            && params.m_cost() <= MOST_MEMORY
            && params.t_cost() <= MOST_PASSES
            && params.data().is_empty();
        if sound {
            Ok(Self {
                text: text.to_owned(),
                parsed: Box::new(parsed),
            })
        } else {
            Err(NotAHash)
        }
    }

    /// The PHC string.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for PasswordHash {
    /// The cost alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PasswordHash({})", self.parsed.params)
    }
}

/// The text is no Argon2id hash that can be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an Argon2id hash in PHC form, or one of unreasonable cost")]
pub struct NotAHash;

/// Argon2 cannot be run at this cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Argon2 cannot be run at this cost")]
pub struct UnusableCost;

/// The working memory of one thread, kept from hash to hash.
#[derive(Default)]
pub struct Arena(Vec<Block>);

impl Arena {
    fn blocks(&mut self, count: usize) -> &mut [Block] {
        if self.0.len() < count {
            self.0.resize(count, Block::new());
        }
        &mut self.0
    }
}

/// How passwords are hashed from now on.
#[derive(Debug, Clone)]
pub struct Hashing {
    params: Params,
    pepper: Option<Pepper>,
    earlier: Vec<Pepper>,
}

impl Hashing {
    /// Hashing at this cost, with a pepper if there is one.
    pub fn new(cost: Cost, pepper: Option<Pepper>) -> Result<Self, UnusableCost> {
        let mut builder = ParamsBuilder::new();
        builder
            .m_cost(cost.memory_kib)
            .t_cost(cost.passes)
            .p_cost(cost.lanes)
            .output_len(OUTPUT);
        if let Some(pepper) = &pepper {
            builder.keyid(pepper.id);
        }
        let params = builder.build().map_err(|_| UnusableCost)?;
        if cost.memory_kib > MOST_MEMORY || cost.passes > MOST_PASSES {
            return Err(UnusableCost);
        }
        Ok(Self {
            params,
            pepper,
            earlier: Vec::new(),
        })
    }

    /// The same, which also checks hashes that were made with an earlier pepper.
    #[must_use]
    pub fn also_knowing(mut self, earlier: Pepper) -> Self {
        self.earlier.push(earlier);
        self
    }

    /// Whether the hash needs a pepper that is not here, so that no password matches it.
    pub fn lacks_pepper_of(&self, stored: &PasswordHash) -> bool {
        let params = Params::try_from(&*stored.parsed);
        params.is_ok_and(|params| !params.keyid().is_empty() && self.pepper_named(params.keyid()).is_none())
    }

    fn pepper_named(&self, id: &[u8]) -> Option<&Pepper> {
        let mut known = self.pepper.iter().chain(&self.earlier);
        known.find(|pepper| pepper.id.as_bytes() == id)
    }

    /// Hashes a password with a fresh salt.
    pub fn hash(
        &self,
        password: &Password,
        salt: &[u8; 16],
        arena: &mut Arena,
    ) -> Result<PasswordHash, UnusableCost> {
        let mut output = Zeroizing::new([0; OUTPUT]);
        self.compute(&self.params, password, salt, output.as_mut_slice(), arena)?;
        self.phc(salt, &output)
    }

    /// Whether this is the password that was hashed. Takes as long either way.
    pub fn matches(&self, stored: &PasswordHash, typed: &Password, arena: &mut Arena) -> bool {
        let (Ok(params), Some(salt), Some(expected)) = (
            Params::try_from(&*stored.parsed),
            stored.parsed.salt,
            stored.parsed.hash,
        ) else {
            return false;
        };
        let mut output = Zeroizing::new(vec![0; expected.len()]);
        self.compute(&params, typed, salt.as_ref(), &mut output, arena)
            .is_ok()
            && verify_slices_are_equal(&output, expected.as_bytes()).is_ok()
    }

    /// Whether a hash was made at another cost, or with another pepper, than new ones are.
    pub fn is_outdated(&self, stored: &PasswordHash) -> bool {
        Params::try_from(&*stored.parsed).ok().as_ref() != Some(&self.params)
    }

    /// A hash that costs as much as a real one, and that no password is known for.
    pub fn decoy(&self, salt: &[u8; 16], output: &[u8; OUTPUT]) -> Result<PasswordHash, UnusableCost> {
        self.phc(salt, output)
    }

    fn compute(
        &self,
        params: &Params,
        password: &Password,
        salt: &[u8],
        output: &mut [u8],
        arena: &mut Arena,
    ) -> Result<(), UnusableCost> {
        let argon2 = match (params.keyid(), self.pepper_named(params.keyid())) {
            ([], _) => Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone()),
            (_, Some(pepper)) => Argon2::new_with_secret(
                &pepper.secret,
                Algorithm::Argon2id,
                Version::V0x13,
                params.clone(),
            )
            .map_err(|_| UnusableCost)?,
            (_, None) => return Err(UnusableCost),
        };
        argon2
            .hash_password_into_with_memory(
                password.as_bytes(),
                salt,
                output,
                arena.blocks(params.block_count()),
            )
            .map_err(|_| UnusableCost)
    }

    fn phc(&self, salt: &[u8], output: &[u8; OUTPUT]) -> Result<PasswordHash, UnusableCost> {
        let params = phc::ParamsString::try_from(&self.params).map_err(|_| UnusableCost)?;
        let (salt, output) = (BASE64_NOPAD.encode(salt), BASE64_NOPAD.encode(output));
        PasswordHash::parse(&format!("$argon2id$v=19${params}${salt}${output}")).map_err(|_| UnusableCost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TINY: Cost = Cost {
        memory_kib: 8,
        passes: 1,
        lanes: 1,
    };

    fn password(text: &str) -> Password {
        Password::new(text.to_owned()).unwrap()
    }

    fn pepper(id: &str) -> Option<Pepper> {
        Pepper::new(id, Zeroizing::new(vec![5; 32]))
    }

    #[test]
    fn a_password_matches_its_own_hash_alone() {
        let (hashing, mut arena) = (Hashing::new(TINY, None).unwrap(), Arena::default());
        let hash = hashing.hash(&password("æblegrød"), &[1; 16], &mut arena).unwrap();
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
        let read = PasswordHash::parse(hash.as_str()).unwrap();
        assert!(hashing.matches(&read, &password("æblegrød"), &mut arena));
        assert!(!hashing.matches(&read, &password("Æblegrød"), &mut arena));
        assert!(!hashing.is_outdated(&read));
    }

    #[test]
    fn hashes_agree_with_the_library_s_own() {
        let (hashing, mut arena) = (Hashing::new(TINY, None).unwrap(), Arena::default());
        let mut expected = [0; OUTPUT];
        Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(8, 1, 1, None).unwrap(),
        )
        .hash_password_into(b"kode", &[1; 16], &mut expected)
        .unwrap();
        let hash = hashing.hash(&password("kode"), &[1; 16], &mut arena).unwrap();
        assert!(hash.as_str().ends_with(&BASE64_NOPAD.encode(&expected)));
    }

    #[test]
    fn an_arena_serves_costs_of_different_size_in_turn() {
        let (small, large) = (
            TINY,
            Cost {
                memory_kib: 64,
                ..TINY
            },
        );
        let mut arena = Arena::default();
        for cost in [large, small, large] {
            let hashing = Hashing::new(cost, None).unwrap();
            let hash = hashing.hash(&password("kode"), &[1; 16], &mut arena).unwrap();
            assert!(hashing.matches(&hash, &password("kode"), &mut Arena::default()));
        }
    }

    #[test]
    fn a_hash_of_another_cost_still_matches_and_is_outdated() {
        let mut arena = Arena::default();
        let old = Hashing::new(TINY, None).unwrap();
        let new = Hashing::new(Cost { passes: 2, ..TINY }, None).unwrap();
        let hash = old.hash(&password("kode"), &[1; 16], &mut arena).unwrap();
        assert!(new.matches(&hash, &password("kode"), &mut arena));
        assert!(new.is_outdated(&hash));
    }

    #[test]
    fn a_peppered_hash_needs_its_pepper_and_a_plain_one_does_not_mind() {
        let mut arena = Arena::default();
        let plain = Hashing::new(TINY, None).unwrap();
        let peppered = Hashing::new(TINY, pepper("k1")).unwrap();
        let hash = peppered.hash(&password("kode"), &[1; 16], &mut arena).unwrap();
        assert!(peppered.matches(&hash, &password("kode"), &mut arena));
        assert!(hash.as_str().contains(&pepper("k1").unwrap().in_hashes()));
        assert!(!plain.matches(&hash, &password("kode"), &mut arena));
        let other = Hashing::new(TINY, pepper("k2")).unwrap();
        assert!(!other.matches(&hash, &password("kode"), &mut arena));
        let before = plain.hash(&password("kode"), &[1; 16], &mut arena).unwrap();
        assert!(peppered.matches(&before, &password("kode"), &mut arena));
        assert!(peppered.is_outdated(&before));
    }

    #[test]
    fn a_pepper_is_changed_while_hashes_of_both_are_there() {
        let mut arena = Arena::default();
        let before = Hashing::new(TINY, pepper("k1")).unwrap();
        let hash = before.hash(&password("kode"), &[1; 16], &mut arena).unwrap();
        let alone = Hashing::new(TINY, pepper("k2")).unwrap();
        assert!(alone.lacks_pepper_of(&hash) && !before.lacks_pepper_of(&hash));
        let after = alone.also_knowing(pepper("k1").unwrap());
        assert!(!after.lacks_pepper_of(&hash));
        assert!(after.matches(&hash, &password("kode"), &mut arena));
        assert!(!after.matches(&hash, &password("kodf"), &mut arena));
        assert!(after.is_outdated(&hash));
        let anew = after.hash(&password("kode"), &[2; 16], &mut arena).unwrap();
        assert!(!after.is_outdated(&anew));
        let plain = Hashing::new(TINY, None).unwrap();
        let plain = plain.hash(&password("kode"), &[1; 16], &mut arena).unwrap();
        assert!(!after.lacks_pepper_of(&plain));
    }

    #[test]
    fn other_algorithms_and_ruinous_costs_are_not_hashes() {
        let (salt, hash) = ("AQEBAQEBAQEBAQEBAQEBAQ", "A".repeat(43));
        let text = |head: &str| format!("{head}${salt}${hash}");
        assert!(PasswordHash::parse(&text("$argon2id$v=19$m=8,t=1,p=1")).is_ok());
        for head in [
            "$argon2i$v=19$m=8,t=1,p=1",
            "$argon2id$v=16$m=8,t=1,p=1",
            "$argon2id$m=8,t=1,p=1",
            "$argon2id$v=19$m=4194304,t=1,p=1",
            "$argon2id$v=19$m=8,t=1000,p=1",
            "$scrypt$ln=15,r=8,p=1",
        ] {
            assert_eq!(PasswordHash::parse(&text(head)).err(), Some(NotAHash), "{head}");
        }
    }

    #[test]
    fn debug_shows_the_cost_alone() {
        let hash = Hashing::new(TINY, None).unwrap();
        let hash = hash.decoy(&[1; 16], &[2; OUTPUT]).unwrap();
        assert_eq!(format!("{hash:?}"), "PasswordHash(m=8,t=1,p=1)");
    }
}
