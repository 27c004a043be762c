//! A token or a pushed request that was refused leaves a row for the auditor, as an authorization
//! that was refused does. Anybody can ask for tokens, so that floods are counted (`web/bursts.rs`).

use crate::domain::audit::{AuditAct, AuditEvent};
use crate::domain::service::ServiceId;
use crate::web::state::Portner;
use crate::web::visit::Visit;

/// Why a code was refused that was used before: its row is `op.deny[code_replay]`.
pub const CODE_REPLAY: &str = "code_replay";

/// Why a refresh token was refused that was exchanged before (E12).
pub const REFRESH_REPLAY: &str = "refresh_replay";

/// Writes the row. `service` is who asked, by the name it gave, where that is registered; it was
/// told `error`, for this reason.
pub async fn tell_auditor(
    portner: &Portner,
    visit: &Visit,
    service: Option<&ServiceId>,
    (error, reason): (&'static str, &'static str),
) {
    let act = if reason == CODE_REPLAY {
        AuditAct::CodeReplayed
    } else if reason == REFRESH_REPLAY {
        AuditAct::RefreshTokenReplayed
    } else if portner.bursts.admit(portner, reason, service).await {
        AuditAct::TokenRefused { error, reason }
    } else {
        return;
    };
    let event = AuditEvent::new(visit.reference.0, portner.ambient.now(), act)
        .asked_by(service.cloned())
        .from_network(visit.client_prefix());
    if let Err(error) = portner.writer.audit(event).await {
        tracing::error!(reference = %visit.reference, %error, "audit row could not be written");
    }
}
