//! What services ask us directly, without a browser between: tokens, userinfo, keys, descriptions.

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
mod refuse;
pub mod revoke;
pub mod token;
pub mod userinfo;
