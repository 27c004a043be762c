//! Who asks, as far as budgets care: from which network, in which browser, and whether that
//! browser has proved itself before. Nothing of it names a person.

use std::sync::Arc;

use super::device::Device;
use crate::domain::institution::InstitutionNumber;
use crate::store::ephemeral::StateKey;

/// Where a request comes from.
#[derive(Debug, Clone, Default)]
pub struct Whence {
    /// The network prefix, such as `192.0.2.0/24`; nothing where the address is not known.
    pub network: Option<String>,
    /// The registered school network that the address is in, by its name.
    pub school: Option<Arc<str>>,
    /// The institutions behind that network: to everybody else's accounts it is as strange as any (G07, G08).
    pub behind: Arc<[InstitutionNumber]>,
    /// The browser, if it brought our cookie.
    pub device: Option<Device>,
    /// It brought none, and is given one with this very answer.
    pub is_new_device: bool,
}

impl Whence {
    /// Whether it is known at all where it comes from.
    pub(super) const fn has_place(&self) -> bool {
        self.school.is_some() || self.network.is_some()
    }

    /// The place that is counted: a school network as a whole, or a prefix.
    pub(super) fn place(&self) -> StateKey {
        match (&self.school, &self.network) {
            (Some(school), _) => StateKey::of("place.school", &[school]),
            (None, Some(network)) => StateKey::of("place.network", &[network]),
            (None, None) => StateKey::of("place.unknown", &[]),
        }
    }
}
