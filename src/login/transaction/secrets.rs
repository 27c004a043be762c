//! The secrets of one login, which go to the next hop: each is told from the login's own, so that a double
//! click makes the same request, and none of them is kept. What they are for is said by their label.

use uuid::Uuid;

use super::LoginTransaction;
use crate::domain::login_name::LoginName;
use crate::keys::derive::{Label, MasterSecret};

impl LoginTransaction {
    /// A secret for one purpose at this hop: the same again for the same hop, another after
    /// a new route was taken. 32 bytes, which nobody can tell from random.
    pub fn derive(&self, label: Label) -> [u8; 32] {
        match self.adult.round() {
            0 => self.derived(label, &[&[self.hop]]),
            // What was said of one question is none of the next, whatever hop it was asked at (I09).
            round => self.derived(label, &[&[self.hop], &[round]]),
        }
    }

    /// Whether no other hop is to be told from this one any more.
    pub fn is_at_its_last_hop(&self) -> bool {
        self.hop == u8::MAX || self.adult.round() == u8::MAX
    }

    /// A secret for one purpose that stays the same for the whole login.
    pub fn derive_for_login(&self, label: Label) -> [u8; 32] {
        self.derived(label, &[])
    }

    /// A secret for one purpose that stays the same while the login is about the same user: the name that was
    /// typed, where it leads, and the account that it came to.
    pub fn derive_for_user(&self, label: Label) -> [u8; 32] {
        let route = self.route().map(|route| {
            let name = route.name.as_ref().map(LoginName::as_typed).unwrap_or_default();
            (route.upstream.as_str(), name)
        });
        let (upstream, name) = route.unwrap_or_default();
        let account = self.holder().map(|holder| holder.account.0.into_bytes());
        let account = account.as_ref().map_or(&[][..], |id| id);
        self.derived(label, &[upstream.as_bytes(), name.as_bytes(), account])
    }

    /// The id of a row that this login leaves: the same again for the same login. It begins
    /// with the login's time (UUID version 7), so that rows of one hour lie together.
    pub fn derive_row_id(&self, label: Label) -> Uuid {
        let mut random = [0; 10];
        random
            .iter_mut()
            .zip(self.derive_for_login(label))
            .for_each(|(to, from)| *to = from);
        let millis = u64::try_from(self.started_at.as_millisecond()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    pub(super) fn derived(&self, label: Label, parts: &[&[u8]]) -> [u8; 32] {
        // A secret of 32 bytes is never too short.
        MasterSecret::new(&self.secret)
            .map(|secret| *secret.derive(label, parts))
            .unwrap_or_default()
    }
}
