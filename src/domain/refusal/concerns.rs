//! Whom a refusal concerns: who caused it, and who gets to know of it.

use serde::{Deserialize, Serialize};

/// Who caused the refusal, and so who is asked to mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Culprit {
    /// The user, who can mend it alone.
    User,
    /// The school or its administrative system.
    School,
    /// The local login or the national eID.
    Upstream,
    /// The service that asked for the login.
    Service,
    /// Portner or those who run it.
    Us,
}

/// Who gets to know of the refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Our own page only: the service cannot be told, or must not be.
    UserOnly,
    /// Our own page, with a way to let the service know.
    UserThenService,
    /// The service at once; the user sees what the service makes of it.
    Service,
}
