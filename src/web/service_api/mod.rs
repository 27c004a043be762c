//! What services ask us directly, without a browser between: tokens, userinfo, keys, descriptions.

pub mod backchannel;
pub mod caller;
pub mod cors;
pub mod denied;
pub mod discovery;
pub mod gate;
pub mod introspect;
pub mod jwks;
pub mod kept;
pub mod metadata;
pub mod par;
pub mod proof;
pub mod realm;
pub mod refuse;
pub mod revoke;
pub mod token;
pub mod userinfo;

use super::{api, deliveries};

/// Whether programs ask at this path, and no browser on its way to a login does.
pub fn is_for_programs(path: &str) -> bool {
    path == deliveries::PATH || api::is_below(path) || is_for_clients(path)
}

/// Whether it is an endpoint of OAuth, which refuses in JSON whatever is asked there.
pub fn is_for_clients(path: &str) -> bool {
    let below = path.strip_prefix(realm::PATH);
    discovery::ENDPOINTS.is_for_programs(path)
        || below.is_some_and(|below| realm::ENDPOINTS.is_for_programs(below))
}
