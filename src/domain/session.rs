//! An earlier login in this browser, which a later one may lean on.

use jiff::Timestamp;
use uuid::Uuid;

use super::account::{AccountId, PersonId};
use super::assurance::Assurance;
use super::privilege::PrivilegeGroup;
use super::upstream::UpstreamId;

/// The public half of a session: what services see as `sid` and `SessionIndex` is derived from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId(pub Uuid);

/// What was proved, how, when, and until when it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SsoSession {
    /// The session.
    pub id: SessionId,
    /// Whose session it is.
    pub person: PersonId,
    /// By which account.
    pub account: AccountId,
    /// The upstream that vouched.
    pub upstream: UpstreamId,
    /// What was proved.
    pub assurance: Assurance,
    /// RFC 8176 methods, for `amr`.
    pub methods: Vec<String>,
    /// The identity providers behind the proof, for `AuthenticatingAuthority`.
    pub authorities: Vec<String>,
    /// What the user may do and on behalf of whom, as the upstream said.
    pub privileges: Vec<PrivilegeGroup>,
    /// When the user proved it: a true `auth_time` (E16).
    pub authenticated_at: Timestamp,
    /// Whether the upstream said so. Else it is when its answer came, and the proof may be older.
    pub time_is_said: bool,
    /// The last time that a login leaned on it.
    pub last_used: Timestamp,
    /// It ends here at the latest.
    pub expires_at: Timestamp,
}

/// For how long a session counts (F14).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// Unused for this long, it is over.
    pub idle: jiff::SignedDuration,
    /// However much it is used, it is over after this.
    pub absolute: jiff::SignedDuration,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self {
            idle: jiff::SignedDuration::from_mins(30),
            absolute: jiff::SignedDuration::from_hours(10),
        }
    }
}

impl SsoSession {
    /// Whether a login may lean on it now.
    pub fn is_live(&self, now: Timestamp, limits: &SessionLimits) -> bool {
        now < self.expires_at && now.duration_since(self.last_used) < limits.idle
    }
}
