//! How long certificates last, for the metrics: told anew every hour.

use std::time::Duration;

use jiff::Timestamp;

use crate::config::keys::KeyPurpose;
use crate::config::listen::Transport;
use crate::telemetry::metrics::Metrics;
use crate::web::serve::Stop;
use crate::web::serve::tls::{HotCertificate, expiry};
use crate::web::state::Portner;

/// Tells until everything stops.
pub(super) async fn watch_certificates(portner: Portner, stop: Stop) {
    let mut hours = tokio::time::interval(Duration::from_hours(1));
    loop {
        tokio::select! {
            () = stop.requested() => return,
            _ = hours.tick() => tell(&portner),
        }
    }
}

/// Reads anew what may be replaced while Portner runs.
fn tell(portner: &Portner) {
    let settings = &portner.settings;
    let now = portner.ambient.now();
    if let Transport::Tls { files, .. } = &settings.listen.transport {
        let ends = HotCertificate::load(files.clone()).ok();
        let ends = ends.and_then(|certificate| certificate.expires_at());
        note(&portner.metrics, "tls", ends, now);
    }
    let mutual = settings.listen.mutual_tls.as_ref();
    if let Some(sockets) = mutual.and_then(|mutual| mutual.sockets.as_ref()) {
        let ends = HotCertificate::load(sockets.files.clone()).ok();
        let ends = ends.and_then(|certificate| certificate.expires_at());
        note(&portner.metrics, "mutual-tls", ends, now);
    }
    for purpose in KeyPurpose::ALL
        .into_iter()
        .filter(|purpose| purpose.has_certificate())
    {
        let signer = crate::cli::installation::signer(&settings.keys, purpose).ok();
        let ends = signer.and_then(|signer| expiry(signer.certificate()?));
        note(&portner.metrics, purpose.as_str(), ends, now);
    }
}

fn note(metrics: &Metrics, purpose: &'static str, ends: Option<Timestamp>, now: Timestamp) {
    const DAY: f64 = 86_400.0;
    if let Some(ends) = ends {
        metrics.certificate_days(purpose, ends.duration_since(now).as_secs_f64() / DAY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_from_now() {
        let metrics = Metrics::default();
        let now: Timestamp = "2027-03-01T12:00:00Z".parse().unwrap();
        note(
            &metrics,
            "tls",
            Some("2027-03-11T00:00:00Z".parse().unwrap()),
            now,
        );
        note(&metrics, "requests", None, now);
        let text = metrics.render();
        assert!(
            text.contains("portner_certificate_days_left{purpose=\"tls\"} 9.5"),
            "{text}"
        );
        assert!(!text.contains("requests"), "{text}");
    }
}
