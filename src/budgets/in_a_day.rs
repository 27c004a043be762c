//! So many of something in a day from the first of them, whatever it is: each of parallel ones is counted,
//! and a restart or a second node forgets none. What is counted, and what follows, is the caller's.

use jiff::{SignedDuration, Timestamp};

use crate::ambient::Ambient;
use crate::domain::refusal::{Refusal, Refused};
use crate::store::Store;
use crate::store::attempts::Tries;
use crate::store::ephemeral::StateKey;

const WINDOW: SignedDuration = SignedDuration::from_hours(24);
/// So many others may have counted theirs while this one was about to.
const MOST_ROUNDS: u32 = 64;

/// Until when there were enough of this, if there were.
pub async fn enough_until(
    (store, ambient): (&Store, &Ambient),
    subject: &StateKey,
    most: u32,
) -> Result<Option<Timestamp>, Refused> {
    let known = store.tries_at(subject, ambient.now()).await?;
    let enough = known.filter(|known| known.in_window >= most);
    Ok(enough.map(|known| known.closes_at))
}

/// Counts one, or says until when there were enough.
pub async fn count(
    (store, ambient): (&Store, &Ambient),
    subject: &StateKey,
    most: u32,
) -> Result<Option<Timestamp>, Refused> {
    for _ in 0..MOST_ROUNDS {
        let now = ambient.now();
        let before = store.tries_at(subject, now).await?;
        let known = before.unwrap_or_else(|| Tries::none(WINDOW, now));
        if known.in_window >= most {
            return Ok(Some(known.closes_at));
        }
        let after = Tries {
            in_window: known.in_window.saturating_add(1),
            ..known
        };
        if store.note_tries(subject, before.as_ref(), &after, now).await? {
            return Ok(None);
        }
    }
    Err(Refusal::Overloaded { retry_after: 1 }.into())
}
