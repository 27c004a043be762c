//! A whole federation on loopback, in one process: Portner as it is, and everybody around it.
//!
//! [`Demo::start`] writes an ordinary configuration (`premises`), starts the ordinary
//! product with it (`broker`), and beside it the other parties: two municipalities' logins
//! (`saml_idp`, `oidc_op`), a national eID (`oidc_op` again), two services
//! (`saml_sp`, `oidc_rp`) and a start page. They are honest peers that know Portner only
//! by what they were told at registration; where one misbehaves, a user of the `cast` made
//! it. Nothing in here is used by `portner serve`.

mod addresses;
mod adult_stories;
mod broker;
mod cast;
mod chapters;
mod desk;
mod desk_stories;
mod eid_shapes;
mod error;
mod help_stories;
mod http;
mod key_files;
mod oidc_op;
mod oidc_rp;
mod outcome;
mod pages;
mod parties;
mod password_stories;
mod premises;
mod recovery_stories;
mod roster;
mod saml_idp;
mod saml_sp;
mod services;
mod start_page;
mod stories;
mod window_stories;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;

use crate::ambient::Ambient;
use crate::config::Settings;
use crate::telemetry::metrics::Metrics;
use crate::web::serve::{Protection, Server, Stop};

pub use addresses::{Addresses, PORTS};
pub use cast::PASSWORD;
pub use error::DemoError;
pub use roster::{Roster, RosterService, RosterUser};

use addresses::Reserved;
use premises::Premises;

/// A demonstration that runs until it is told to stop.
pub struct Demo {
    addresses: Addresses,
    roster: Roster,
    /// A port that answers nobody, for the story of the login that is down.
    _reserved: Reserved,
}

impl Demo {
    /// Starts everything on `port` and the ports after it, with its files in `directory`.
    /// What an earlier demonstration left is kept: keys, and the database with what users did; a
    /// directory with anything else in it is refused.
    pub async fn start(port: u16, directory: &Path, ambient: Ambient, stop: Stop) -> Result<Self, DemoError> {
        let addresses = Addresses::from(port)?;
        let sockets = addresses.broker_sockets()?;
        addresses.refuse_taken_ports()?;
        let reserved = addresses.reserve_the_silent_port()?;
        let premises = Premises::write(absolute(directory)?, addresses, &sockets, &ambient)?;
        let parties = [
            (addresses.start(), start_page::routes(addresses)),
            (addresses.skolebroen(), saml_sp::routes(&premises, &ambient)?),
            (addresses.laeringshaven(), oidc_rp::routes(&premises, &ambient)?),
            (addresses.lillekoebing(), saml_idp::routes(&premises, &ambient)?),
            (
                addresses.storkoebing(),
                oidc_op::storkoebing(&premises, &ambient)?,
            ),
            (addresses.eid(), oidc_op::eid(&premises, &ambient)?),
        ];
        for (port, router) in parties {
            open(port, http::dressed(router), stop.clone()).await?;
        }
        broker::open(&premises, ambient, stop).await?;
        Ok(Self {
            addresses,
            roster: Roster::of(&premises)?,
            _reserved: reserved,
        })
    }

    /// Where everybody is.
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Links, users and what is to be expected, for people and for programs.
    pub fn roster(&self) -> &Roster {
        &self.roster
    }
}

/// One party at its port, with the product's own limits on sockets.
async fn open(port: u16, router: Router, stop: Stop) -> Result<(), DemoError> {
    let limits = Settings::default().limits.http;
    let metrics = Arc::new(Metrics::default());
    let address = Addresses::socket(port);
    let server = Server::bind(&[address], Protection::Plain, limits, metrics)
        .await
        .map_err(|source| DemoError::CannotListen {
            port,
            source: source.source,
        })?;
    tokio::spawn(server.serve(router, stop));
    Ok(())
}

fn absolute(directory: &Path) -> Result<PathBuf, DemoError> {
    std::path::absolute(directory).map_err(|source| DemoError::Files {
        path: directory.to_owned(),
        source,
    })
}
