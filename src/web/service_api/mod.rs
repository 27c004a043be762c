//! What services ask us directly, without a browser between: tokens, userinfo, keys, descriptions.

pub mod cors;
pub mod denied;
pub mod discovery;
pub mod gate;
pub mod jwks;
pub mod metadata;
pub mod realm;
pub mod token;
pub mod userinfo;
