//! The sockets that an installation listens on, with what protects each.

use std::sync::Arc;

use super::{App, CannotStart, because};
use crate::config::limits::HttpLimits;
use crate::config::listen::{Transport, TrustedProxies};
use crate::web::routes;
use crate::web::serve::tls::HotCertificate;
use crate::web::serve::{Protection, Server, Stop};

impl App {
    /// Opens the sockets that ask for client certificates, where the settings have any.
    pub(super) async fn serve_programs(&self, stop: &Stop, limits: HttpLimits) -> Result<(), CannotStart> {
        const HELP: &str = "see [listen.mutual_tls]";
        let mutual = self.portner.settings.listen.mutual_tls.as_ref();
        let Some(sockets) = mutual.and_then(|mutual| mutual.sockets.as_ref()) else {
            return Ok(());
        };
        let certificate =
            HotCertificate::load(sockets.files.clone()).map_err(because("TLS cannot start", HELP))?;
        let acceptor = certificate
            .mutual_acceptor()
            .map_err(because("TLS cannot start", HELP))?;
        let protection = Protection::Tls {
            acceptor,
            proxies: TrustedProxies::default(),
        };
        let metrics = Arc::clone(&self.portner.metrics);
        let server = Server::bind(&sockets.addresses, protection, limits, metrics).await;
        let server = server
            .map_err(because("portner cannot serve", HELP))?
            .knowing(self.portner.schools.clone());
        tokio::spawn(certificate.keep_fresh(stop.clone()));
        tokio::spawn(server.serve(routes::routes(self.portner.clone()), stop.clone()));
        Ok(())
    }
}

/// What protects the public sockets.
pub(super) fn protection(transport: &Transport, stop: &Stop) -> Result<Protection, CannotStart> {
    Ok(match transport {
        Transport::Loopback => Protection::Plain,
        Transport::BehindProxy(proxies) => Protection::BehindProxy(proxies.clone()),
        Transport::Tls { files, proxies } => {
            const WHAT: &str = "TLS cannot start";
            const HELP: &str = "see [listen] tls";
            let certificate = HotCertificate::load(files.clone()).map_err(because(WHAT, HELP))?;
            let acceptor = certificate.acceptor().map_err(because(WHAT, HELP))?;
            tokio::spawn(certificate.keep_fresh(stop.clone()));
            Protection::Tls {
                acceptor,
                proxies: proxies.clone(),
            }
        }
    })
}
