//! After the key that seals CPR numbers was changed: every number is sealed anew, a few at a time
//! beside the logins, until the previous key opens nothing that is kept.

use std::time::Duration;

use super::{Store, StoreError};
use crate::ambient::Ambient;
use crate::keys::vault::CprVault;

/// How many are looked at before others get a turn.
const PAGE: u32 = 200;
const REST: Duration = Duration::from_millis(20);

/// What one pass over all numbers did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Resealed {
    /// Sealed with the current key already.
    pub current: u64,
    /// How many numbers were sealed anew with the current key.
    pub resealed: u64,
    /// Opened by none of the keys that are here: a key is missing.
    pub unreadable: u64,
}

impl Store {
    /// Looks at every sealed number once. What changes meanwhile is left as it is.
    pub async fn reseal_cprs(&self, vault: &CprVault, ambient: &Ambient) -> Result<Resealed, StoreError> {
        let mut done = Resealed::default();
        let mut last = None;
        loop {
            let page = self.sealed_cprs_after(last, PAGE).await?;
            let Some((end, _)) = page.last() else {
                return Ok(done);
            };
            last = Some(*end);
            for (person, sealed) in &page {
                if vault.is_current(sealed, *person) {
                    done.current += 1;
                    continue;
                }
                let anew = vault
                    .open(sealed, *person)
                    .and_then(|cpr| vault.seal(&cpr, *person, ambient.entropy()));
                match anew {
                    Ok(anew) => done.resealed += u64::from(self.reseal_cpr(*person, sealed, &anew).await?),
                    Err(_) => done.unreadable += 1,
                }
            }
            tokio::time::sleep(REST).await;
        }
    }
}
