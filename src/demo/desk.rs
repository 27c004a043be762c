//! The desk where an identity provider asks for name and password: the same for both protocols.

use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::addresses::Addresses;
use super::cast::{self, PASSWORD, Resident};
use super::http::{self, Shelf};
use super::pages::{LoginPage, ProblemPage};
use super::parties::Party;
use crate::ambient::Ambient;

/// What was written at the desk.
#[derive(Deserialize)]
pub(super) struct Slip {
    ticket: String,
    login: String,
    password: String,
}

/// A desk, and the requests of those who stand before it.
#[derive(Clone)]
pub(super) struct Desk<T: Clone + Send + Sync + 'static> {
    pub(super) party: Party,
    residents: &'static [Resident],
    waiting: Shelf<T>,
    home: String,
}

impl<T: Clone + Send + Sync + 'static> Desk<T> {
    pub(super) fn new(
        party: Party,
        residents: &'static [Resident],
        addresses: Addresses,
        ambient: &Ambient,
    ) -> Self {
        Self {
            party,
            residents,
            waiting: Shelf::new(ambient),
            home: addresses.start_url(),
        }
    }

    /// Asks who is there. A name that was typed elsewhere already is not asked for again.
    pub(super) fn ask(&self, request: T, login: &str) -> Response {
        let ticket = self.waiting.put(request);
        http::page(StatusCode::OK, &self.form(ticket, login, None))
    }

    /// Reads the slip: who it is and what they came for, or what to show them instead.
    pub(super) fn read(&self, slip: Slip) -> Result<(T, &'static Resident), Box<Response>> {
        // It stays there: a browser that sends a slip twice shows the second answer alone.
        let Some(request) = self.waiting.look(&slip.ticket) else {
            return Err(Box::new(
                self.trouble("Login er udløbet. Begynd forfra hos tjenesten."),
            ));
        };
        let Some(resident) = cast::admit(self.residents, &slip.login, &slip.password) else {
            let problem = "Brugernavn eller adgangskode er forkert.";
            let form = self.form(slip.ticket, &slip.login, Some(problem));
            return Err(Box::new(http::page(StatusCode::FORBIDDEN, &form)));
        };
        Ok((request, resident))
    }

    /// Something that the user can do nothing about.
    pub(super) fn trouble(&self, text: &str) -> Response {
        let page = ProblemPage {
            party: self.party,
            text,
            home: self.home.clone(),
        };
        http::page(StatusCode::BAD_REQUEST, &page)
    }

    fn form<'a>(&self, ticket: String, login: &'a str, problem: Option<&'a str>) -> LoginPage<'a> {
        LoginPage {
            party: self.party,
            problem,
            fields: vec![("ticket", ticket)],
            login,
            hint: PASSWORD,
        }
    }
}
