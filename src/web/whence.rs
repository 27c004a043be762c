//! Where a visit comes from, for the budgets: its network, its school, and the browser as it
//! remembers itself in one sealed cookie. What follows from it is in `crate::budgets`.

use axum::http::HeaderValue;

use super::state::Portner;
use super::visit::Visit;
use crate::budgets::Whence;
use crate::budgets::device::{Device, REMEMBERED_DAYS};
use crate::domain::account::AccountId;
use crate::keys::seal::SealPurpose;

/// The base name of the cookie.
const COOKIE: &str = "device";

/// Where a visit comes from.
pub fn of(portner: &Portner, visit: &Visit) -> Whence {
    let school = visit.client.and_then(|address| portner.schools.of(address));
    Whence {
        network: visit.client_prefix(),
        school: school.map(|school| school.name.clone()),
        behind: school.map_or_else(Default::default, |school| school.institutions.clone()),
        device: device_of(portner, visit),
        is_new_device: false,
    }
}

/// The same, with an id for the browser. One that has none yet gets it here, with the cookie that keeps it:
/// everybody who types a name gets one, whether or not the name exists, so that the cookie tells nothing.
pub fn named(portner: &Portner, visit: &Visit) -> (Whence, Option<HeaderValue>) {
    let mut whence = of(portner, visit);
    if whence.device.is_some() {
        return (whence, None);
    }
    let device = Device::new(&portner.ambient);
    let cookie = cookie(portner, &device);
    (whence.device, whence.is_new_device) = (Some(device), true);
    (whence, cookie)
}

/// The cookie of the browser after this account has logged in with it.
pub fn proven(portner: &Portner, whence: Whence, account: AccountId) -> Option<HeaderValue> {
    let device = whence.device.unwrap_or_else(|| Device::new(&portner.ambient));
    let secret = &portner.driver.pseudonyms;
    let device = device.proven_for(secret, account, portner.ambient.now());
    cookie(portner, &device)
}

fn device_of(portner: &Portner, visit: &Visit) -> Option<Device> {
    let value = visit.cookies.get(&portner.cookies().name(COOKIE))?;
    let plain = portner.sealer.open_text(SealPurpose::Device, value).ok()?;
    postcard::from_bytes(&plain).ok()
}

/// Until the browser is closed; for long once somebody has logged in with it.
fn cookie(portner: &Portner, device: &Device) -> Option<HeaderValue> {
    const SECONDS: u32 = REMEMBERED_DAYS * 24 * 3600;
    let plain = postcard::to_stdvec(device).ok()?;
    let value = portner.sealer.seal_text(SealPurpose::Device, &plain).ok()?;
    let lasts = device.is_proven_at_all().then_some(SECONDS);
    portner.cookies().set(COOKIE, &value, lasts)
}
