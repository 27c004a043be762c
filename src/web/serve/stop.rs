//! How everything that runs is told to end.

use tokio::sync::watch;

/// Tells every [`Stop`] to end; so does dropping it.
#[derive(Debug)]
pub struct StopHandle(watch::Sender<bool>);

impl StopHandle {
    /// Asks everybody to end.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

/// Hears when it is time to end.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Waits until it is time to end.
    pub async fn requested(&self) {
        // An error means that the handle is gone, which says the same.
        let _ = self.0.clone().wait_for(|stop| *stop).await;
    }
}

/// Both ends.
pub fn stop_channel() -> (StopHandle, Stop) {
    let (sender, receiver) = watch::channel(false);
    (StopHandle(sender), Stop(receiver))
}

/// Waits until the system asks this process to end: SIGTERM, or ctrl-C.
#[cfg(unix)]
pub async fn told_by_the_system() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

/// Waits until the system asks this process to end: ctrl-C.
#[cfg(not(unix))]
pub async fn told_by_the_system() {
    let _ = tokio::signal::ctrl_c().await;
}

/// Hears when the system asks this process to read its files anew: SIGHUP. Where there is no
/// such thing, never.
#[derive(Debug)]
pub struct Hangups(#[cfg(unix)] Option<tokio::signal::unix::Signal>);

impl Hangups {
    /// Listens from now on.
    pub fn listen() -> Self {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Self(signal(SignalKind::hangup()).ok())
        }
        #[cfg(not(unix))]
        Self()
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.0
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending::<()>().await;
    }
}
