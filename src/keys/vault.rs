//! The CPR vault's two keys: one seals a CPR number, the other makes it findable (DR21).
//!
//! The index is a keyed hash, because a plain one of ten digits is undone by trying them
//! all. Sealing is bound to the person, so that a sealed number moved to another person's
//! row does not open. Where sealed numbers are kept is the store's business.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use crate::ambient::Entropy;
use crate::domain::account::PersonId;
use crate::domain::civil_number::ReplacementNumber;
use crate::domain::cpr::{Cpr, CprIndex};
use crate::domain::eid::CprUuid;

/// First byte of every sealed number: which layout and cipher the rest follows.
const LAYOUT: u8 = 1;

/// A CPR number as the database sees it.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedCpr(Vec<u8>);

impl SealedCpr {
    /// Takes stored bytes; whether they open is found out by [`CprVault::open`].
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SealedCpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedCpr")
    }
}

/// A replacement number as the database sees it. It cannot be looked up: the mark is bound to the
/// person too, so that two people with one number have nothing in common.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedReplacement {
    /// The number, sealed for its person.
    pub sealed: Vec<u8>,
    /// By what the same number of the same person is known again.
    pub mark: [u8; 32],
}

impl fmt::Debug for SealedReplacement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedReplacement")
    }
}

/// Seals, opens and indexes CPR numbers.
pub struct CprVault {
    sealing: LessSafeKey,
    /// The keys of before and after a change, which open and never seal.
    also_opening: Vec<LessSafeKey>,
    indexing: hmac::Key,
}

impl CprVault {
    /// A vault with these keys, which must differ: one that leaks must not give the other away.
    pub fn new(sealing: &Zeroizing<[u8; 32]>, indexing: &Zeroizing<[u8; 32]>) -> Result<Self, VaultError> {
        if sealing == indexing {
            return Err(VaultError::SameKeys);
        }
        Ok(Self {
            sealing: aead(sealing)?,
            also_opening: Vec::new(),
            indexing: hmac::Key::new(hmac::HMAC_SHA256, indexing.as_slice()),
        })
    }

    /// The same vault, in which numbers that are sealed with this key can be opened too.
    pub fn also_opening(mut self, key: &Zeroizing<[u8; 32]>) -> Result<Self, VaultError> {
        self.also_opening.push(aead(key)?);
        Ok(self)
    }

    /// Whether numbers may be here that are not sealed with the current key.
    pub fn is_changing(&self) -> bool {
        !self.also_opening.is_empty()
    }

    /// Whether a number is sealed with the current key.
    pub fn is_current(&self, sealed: &SealedCpr, person: PersonId) -> bool {
        opened(&self.sealing, sealed, person).is_ok()
    }

    /// Seals the number of one person.
    pub fn seal(&self, cpr: &Cpr, person: PersonId, entropy: &dyn Entropy) -> Result<SealedCpr, VaultError> {
        self.sealed(cpr.expose(), person.0.as_bytes(), entropy)
            .map(SealedCpr)
    }

    /// Seals the replacement number of one person.
    pub fn seal_replacement(
        &self,
        number: &ReplacementNumber,
        person: PersonId,
        entropy: &dyn Entropy,
    ) -> Result<SealedReplacement, VaultError> {
        let bound = [b"replacement ".as_slice(), person.0.as_bytes()].concat();
        Ok(SealedReplacement {
            sealed: self.sealed(number.expose(), &bound, entropy)?,
            mark: self.mark_of_replacement(number, person),
        })
    }

    /// By what this replacement number of this person is known again.
    pub fn mark_of_replacement(&self, number: &ReplacementNumber, person: PersonId) -> [u8; 32] {
        // Longer than a CPR number and not text: it meets neither of the other kinds of index.
        let message = [
            b"replacement ".as_slice(),
            person.0.as_bytes(),
            number.expose().as_bytes(),
        ]
        .concat();
        let mut mark = [0; 32];
        mark.copy_from_slice(hmac::sign(&self.indexing, &message).as_ref());
        mark
    }

    fn sealed(&self, text: &str, bound_to: &[u8], entropy: &dyn Entropy) -> Result<Vec<u8>, VaultError> {
        let mut nonce = [0; NONCE_LEN];
        entropy.fill(&mut nonce);
        let mut text = text.as_bytes().to_vec();
        self.sealing
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(bound_to),
                &mut text,
            )
            .map_err(|_| VaultError::Unusable)?;
        Ok([[LAYOUT].as_slice(), &nonce, &text].concat())
    }

    /// Opens what [`CprVault::seal`] made for the same person with this key, or one of those
    /// beside it.
    pub fn open(&self, sealed: &SealedCpr, person: PersonId) -> Result<Cpr, VaultError> {
        std::iter::once(&self.sealing)
            .chain(&self.also_opening)
            .find_map(|key| opened(key, sealed, person).ok())
            .ok_or(VaultError::DoesNotOpen)
    }

    /// What a number is looked up by.
    pub fn index(&self, cpr: &Cpr) -> CprIndex {
        let tag = hmac::sign(&self.indexing, cpr.expose().as_bytes());
        let mut index = [0; 32];
        index.copy_from_slice(tag.as_ref());
        CprIndex(index)
    }
}

impl CprVault {
    /// What the eID's name for a person is looked up by.
    pub fn index_of_uuid(&self, uuid: &CprUuid) -> CprUuidIndex {
        // No CPR number begins so: the two kinds of index never meet.
        let message = [b"uuid ".as_slice(), uuid.0.as_bytes()].concat();
        let mut index = [0; 32];
        index.copy_from_slice(hmac::sign(&self.indexing, &message).as_ref());
        CprUuidIndex(index)
    }
}

/// The keyed hash by which the eID's name for a person is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CprUuidIndex(pub [u8; 32]);

fn aead(key: &Zeroizing<[u8; 32]>) -> Result<LessSafeKey, VaultError> {
    let key = UnboundKey::new(&AES_256_GCM_SIV, key.as_slice()).map_err(|_| VaultError::Unusable)?;
    Ok(LessSafeKey::new(key))
}

fn opened(key: &LessSafeKey, sealed: &SealedCpr, person: PersonId) -> Result<Cpr, VaultError> {
    let rest = sealed.0.strip_prefix(&[LAYOUT]).ok_or(VaultError::DoesNotOpen)?;
    let (nonce, text) = rest
        .split_first_chunk::<NONCE_LEN>()
        .ok_or(VaultError::DoesNotOpen)?;
    let mut text = Zeroizing::new(text.to_vec());
    let opened = key
        .open_in_place(
            Nonce::assume_unique_for_key(*nonce),
            Aad::from(person.0.as_bytes()),
            &mut text,
        )
        .map_err(|_| VaultError::DoesNotOpen)?;
    let digits = std::str::from_utf8(opened).map_err(|_| VaultError::DoesNotOpen)?;
    Cpr::parse(digits).map_err(|_| VaultError::DoesNotOpen)
}

impl fmt::Debug for CprVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CprVault")
    }
}

/// What goes wrong with the vault; says nothing of what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// One key was given for both purposes.
    #[error("the vault needs two different keys")]
    SameKeys,
    /// The cipher did not take the key.
    #[error("the vault's key cannot be used")]
    Unusable,
    /// Another key, another person, or altered bytes.
    #[error("a sealed CPR number does not open")]
    DoesNotOpen,
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::ambient::OsEntropy;

    fn vault(first: u8) -> CprVault {
        CprVault::new(&Zeroizing::new([first; 32]), &Zeroizing::new([first + 1; 32])).unwrap()
    }

    const SOFIE: PersonId = PersonId(Uuid::from_u128(1));
    const MADS: PersonId = PersonId(Uuid::from_u128(2));

    #[test]
    fn a_number_opens_for_its_person_and_key_alone() {
        let cpr = Cpr::parse("0102034567").unwrap();
        let sealed = vault(1).seal(&cpr, SOFIE, &OsEntropy).unwrap();
        assert_eq!(vault(1).open(&sealed, SOFIE), Ok(cpr));
        assert_eq!(vault(1).open(&sealed, MADS), Err(VaultError::DoesNotOpen));
        assert_eq!(vault(3).open(&sealed, SOFIE), Err(VaultError::DoesNotOpen));
    }

    #[test]
    fn altered_or_cut_bytes_do_not_open() {
        let cpr = Cpr::parse("0102034567").unwrap();
        let sealed = vault(1).seal(&cpr, SOFIE, &OsEntropy).unwrap();
        for position in 0..sealed.as_bytes().len() {
            let mut altered = sealed.as_bytes().to_vec();
            altered[position] ^= 1;
            assert!(vault(1).open(&SealedCpr::from_bytes(altered), SOFIE).is_err());
            let cut = sealed.as_bytes()[..position].to_vec();
            assert!(vault(1).open(&SealedCpr::from_bytes(cut), SOFIE).is_err());
        }
    }

    #[test]
    fn the_same_number_is_found_again_but_never_sealed_alike() {
        let (one, other) = (
            Cpr::parse("0102034567").unwrap(),
            Cpr::parse("0102034568").unwrap(),
        );
        assert_eq!(vault(1).index(&one), vault(1).index(&one));
        assert_ne!(vault(1).index(&one), vault(1).index(&other));
        assert_ne!(vault(1).index(&one), vault(2).index(&one));
        let twice = [(); 2].map(|()| vault(1).seal(&one, SOFIE, &OsEntropy).unwrap());
        assert_ne!(twice[0], twice[1]);
    }

    #[test]
    fn one_replacement_number_of_two_people_shows_nothing_in_common() {
        use crate::domain::civil_number::{CivilNumber, CivilNumberKind};
        let CivilNumber::Replacement(number) =
            CivilNumber::parse("610203-4567", CivilNumberKind::Replacement).unwrap()
        else {
            panic!("a replacement number")
        };
        let vault = vault(1);
        let of = |person| vault.seal_replacement(&number, person, &OsEntropy).unwrap();
        let (sofie, again, mads) = (of(SOFIE), of(SOFIE), of(MADS));
        assert_eq!(sofie.mark, again.mark);
        assert_ne!(sofie.mark, mads.mark);
        assert_ne!(sofie.sealed, again.sealed);
        let as_cpr = SealedCpr::from_bytes(sofie.sealed);
        assert_eq!(vault.open(&as_cpr, SOFIE), Err(VaultError::DoesNotOpen));
    }

    #[test]
    fn after_a_change_old_numbers_open_and_new_ones_are_sealed_with_the_new_key() {
        let cpr = Cpr::parse("0102034567").unwrap();
        let old = vault(1).seal(&cpr, SOFIE, &OsEntropy).unwrap();
        let changed = vault(5).also_opening(&Zeroizing::new([1; 32])).unwrap();
        assert!(changed.is_changing() && !vault(5).is_changing());
        assert_eq!(changed.open(&old, SOFIE).as_ref(), Ok(&cpr));
        assert_eq!(changed.open(&old, MADS), Err(VaultError::DoesNotOpen));
        assert!(!changed.is_current(&old, SOFIE));
        let new = changed.seal(&cpr, SOFIE, &OsEntropy).unwrap();
        assert!(changed.is_current(&new, SOFIE));
        assert_eq!(vault(1).open(&new, SOFIE), Err(VaultError::DoesNotOpen));
    }

    #[test]
    fn one_key_for_both_purposes_is_refused() {
        let key = Zeroizing::new([7; 32]);
        assert_eq!(CprVault::new(&key, &key).err(), Some(VaultError::SameKeys));
    }
}
