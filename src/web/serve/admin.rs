//! The admin port: is it alive, can it serve, and how is it doing.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;

use crate::telemetry::metrics::Metrics;
use crate::telemetry::trust::TrustReport;

/// Whether the process can serve logins now; asked by load balancers.
pub type Readiness = Arc<dyn Fn() -> bool + Send + Sync>;

#[derive(Clone)]
struct Admin {
    metrics: Arc<Metrics>,
    trust: Arc<TrustReport>,
    ready: Readiness,
}

/// `/live`, `/ready`, `/metrics` and `/trust`.
pub fn router(metrics: Arc<Metrics>, trust: Arc<TrustReport>, ready: Readiness) -> Router {
    Router::new()
        .route("/live", get(|| async { "alive\n" }))
        .route("/ready", get(readiness))
        .route("/metrics", get(metrics_text))
        .route("/trust", get(trust_text))
        .with_state(Admin {
            metrics,
            trust,
            ready,
        })
}

async fn readiness(State(admin): State<Admin>) -> impl IntoResponse {
    if (admin.ready)() {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
    }
}

async fn metrics_text(State(admin): State<Admin>) -> impl IntoResponse {
    let open_metrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, open_metrics)], admin.metrics.render())
}

async fn trust_text(State(admin): State<Admin>) -> impl IntoResponse {
    admin.trust.text()
}
