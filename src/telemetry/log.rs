//! Where log events go and what they look like.
//!
//! Field names are dotted (`login.id`, `service.id`, `refusal.code`), units stand in the
//! name (`elapsed.ms`), a failure is logged once with its whole chain ([`chain`]).

use std::error::Error;
use std::io::Write as _;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

use crate::config::log::{LogFormat, LogSettings};

/// Sends every event of this process to standard error in the shape of `settings`.
pub fn start(settings: &LogSettings) -> Result<(), CannotLog> {
    let subscriber = subscriber(settings, std::io::stderr)?;
    Ok(subscriber.try_init()?)
}

/// What [`start`] installs, writing to `writer`.
pub fn subscriber<W>(
    settings: &LogSettings,
    writer: W,
) -> Result<Box<dyn tracing::Subscriber + Send + Sync>, CannotLog>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter: Targets = settings.filter.parse()?;
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer().with_writer(writer);
    Ok(match settings.format {
        LogFormat::Text => Box::new(registry.with(layer.with_ansi(false).with_target(false))),
        LogFormat::Json => Box::new(registry.with(layer.json().flatten_event(true).with_current_span(false))),
    })
}

/// An error and everything that caused it, on one line.
pub fn chain(error: &dyn Error) -> String {
    let mut line = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let separator = if line.is_empty() { "" } else { ": " };
        // Writing to memory does not fail.
        let _ = write!(line, "{separator}{error}");
        next = error.source();
    }
    String::from_utf8_lossy(&line).into_owned()
}

/// Why logging could not start.
#[derive(Debug, thiserror::Error)]
pub enum CannotLog {
    /// The setting `log.filter` is not a filter.
    #[error("log.filter is not a filter such as \"info,portner::saml=debug\"")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Something else in this process logs already.
    #[error("logging was started twice")]
    Twice(#[from] TryInitError),
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let settings = LogSettings {
            format,
            filter: "info".to_owned(),
        };
        let subscriber = subscriber(&settings, move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(service.id = "aula", "login finished");
            tracing::debug!("unheard");
        });
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn an_event_is_one_line_with_dotted_fields() {
        let json: serde_json::Value = serde_json::from_str(&logged(LogFormat::Json)).unwrap();
        assert_eq!(json["service.id"], "aula");
        assert_eq!(json["message"], "login finished");
        let text = logged(LogFormat::Text);
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.contains("login finished service.id=\"aula\""), "{text}");
    }

    #[test]
    fn a_chain_tells_every_cause_once() {
        let missing = std::io::Error::other("disk is full");
        let error = crate::config::secret::SecretUnreadable::File {
            path: "keys/x".into(),
            source: missing,
        };
        assert_eq!(chain(&error), "keys/x cannot be read: disk is full");
    }
}
