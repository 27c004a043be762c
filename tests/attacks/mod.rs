//! The attacker's catalogue (`src/manual/attacks.md`), played through the front door: each attack ends
//! in DENY, which is a page with a code, no session, no answer to the service, one row in
//! the audit trail with the precise reason, and a database that is otherwise as before.

mod accounts;
mod alone;
mod at_once;
mod audited;
pub(crate) mod browser;
pub(crate) mod canaries;
mod circles;
mod clocks;
pub(crate) mod csrf;
mod edges;
mod egress;
mod guessing;
mod identities;
mod issued;
mod issuing;
mod leaks;
mod logouts;
mod nearly;
mod oidc_answers;
mod oidc_certificates;
pub(crate) mod oidc_codes;
mod oidc_proofs;
mod oidc_provider;
mod oidc_renewals;
mod oidc_requests;
pub(crate) mod oidc_tokens;
mod one_gate;
mod robustness;
mod saml_answers;
mod saml_bindings;
pub(crate) mod saml_encryption;
mod saml_requests;
pub(crate) mod saml_stage;
mod sessions;
mod store_away;
mod switched_off;
mod table;
mod trust_anchors;
mod upstreams_down;

use axum::http::StatusCode;

use crate::world::browser::Page;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::visitor::Visitor;

/// How things were before an attack.
pub(crate) struct Before {
    snapshot: Vec<String>,
    audited: u64,
    session: Option<String>,
}

impl Before {
    async fn of(world: &Federation, browser: &Visitor) -> Self {
        Self {
            snapshot: world.house.snapshot().await,
            audited: world.house.portner.store.audit_head().await.unwrap().sequence,
            session: browser.session().cloned(),
        }
    }

    /// DENY with this code, and this reason for the auditor.
    async fn assert_denied(
        &self,
        world: &Federation,
        browser: &Visitor,
        page: &Page,
        (code, reason): (&str, &str),
        attack: &str,
    ) {
        assert!(
            page.status.is_client_error() || page.status == StatusCode::SERVICE_UNAVAILABLE,
            "{attack}: {} {}",
            page.status,
            page.body
        );
        assert_eq!(
            page.refusal_code().as_deref(),
            Some(code),
            "{attack}\n{}",
            page.body
        );
        assert!(!is_logged_in(page), "{attack}: the service is answered");
        assert_eq!(
            browser.session(),
            self.session.as_ref(),
            "{attack}: another session"
        );
        assert_eq!(
            world.house.snapshot().await,
            self.snapshot,
            "{attack}: something was written"
        );
        let rows = world
            .house
            .portner
            .store
            .audit_after(self.audited, 10)
            .await
            .unwrap();
        let [row] = rows.as_slice() else {
            panic!("{attack}: {} rows for the auditor: {rows:?}", rows.len())
        };
        let is_logout = code == "UL-609";
        let act = if is_logout {
            "logout.refused"
        } else {
            "login.refused"
        };
        assert_eq!(row.act, act, "{attack}");
        assert!(
            row.details.contains(reason),
            "{attack}: {reason} is not in {}",
            row.details
        );
        if reason.starts_with('[') {
            let shown = reason.trim_matches(['[', ']']);
            assert!(
                !page.body.contains(&format!("[{shown}]")),
                "{attack}: the reason as logged is for the log"
            );
        }
    }
}
