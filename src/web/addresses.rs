//! Every address of ours, spelled once.

use crate::domain::service::ServiceId;
use crate::login::transaction::{LoginTransaction, TransactionId};

/// The pages of one login. The service is part of the address, so that a browser that lost
/// everything else still knows the way back to it (pain 3).
#[derive(Debug, Clone)]
pub struct LoginAddress {
    /// The service that asked.
    pub service: ServiceId,
    /// The login that the page belongs to.
    pub tx: TransactionId,
}

impl LoginAddress {
    /// The pages of this login.
    pub fn of(tx: &LoginTransaction) -> Self {
        Self {
            service: tx.request().service.clone(),
            tx: tx.id(),
        }
    }

    /// Wherever the login stands.
    pub fn current(&self) -> String {
        format!("/login/{}/{}", self.service, self.tx)
    }

    /// Who are you?
    pub fn name(&self) -> String {
        self.page("name")
    }

    /// Every way to log in.
    pub fn choose(&self) -> String {
        self.page("choose")
    }

    /// The password.
    pub fn password(&self) -> String {
        self.page("password")
    }

    /// Which picture does your teacher show you?
    pub fn teacher_picture(&self) -> String {
        self.page("teacher-picture")
    }

    /// The ways to a new password.
    pub fn new_password(&self) -> String {
        self.page("new-password")
    }

    /// What to do about a forgotten password.
    pub fn forgotten(&self) -> String {
        self.page("forgotten")
    }

    /// A new password.
    pub fn change(&self) -> String {
        self.page("change")
    }

    /// The password has been changed.
    pub fn changed(&self) -> String {
        self.page("changed")
    }

    /// The password runs out.
    pub fn runs_out(&self) -> String {
        self.page("runs-out")
    }

    /// Which user name?
    pub fn account(&self) -> String {
        self.page("account")
    }

    /// As whom?
    pub fn actor(&self) -> String {
        self.page("actor")
    }

    /// Will an adult say yes?
    pub fn adult(&self) -> String {
        self.page("adult")
    }

    /// The same way once more, from its beginning.
    pub fn again(&self) -> String {
        self.page("again")
    }

    /// Lets the service know that it could not be done.
    pub fn tell(&self) -> String {
        self.page("tell")
    }

    fn page(&self, name: &str) -> String {
        format!("{}/{name}", self.current())
    }
}
