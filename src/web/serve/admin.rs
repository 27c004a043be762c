//! The admin port: is it alive, can it serve, and how is it doing.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;

use crate::telemetry::metrics::Metrics;

/// Whether the process can serve logins now; asked by load balancers.
pub type Readiness = Arc<dyn Fn() -> bool + Send + Sync>;

#[derive(Clone)]
struct Admin {
    metrics: Arc<Metrics>,
    ready: Readiness,
}

/// `/live`, `/ready` and `/metrics`.
pub fn router(metrics: Arc<Metrics>, ready: Readiness) -> Router {
    Router::new()
        .route("/live", get(|| async { "alive\n" }))
        .route("/ready", get(readiness))
        .route("/metrics", get(metrics_text))
        .with_state(Admin { metrics, ready })
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
