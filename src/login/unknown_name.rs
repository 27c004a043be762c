//! What a name that nobody has gets on the first page.

use super::driver::Driver;
use super::transaction::Route;
use crate::budgets::{Manner, Whence};
use crate::domain::account::Account;
use crate::domain::login_name::LoginName;
use crate::domain::refusal::{Refusal, Refused};

impl Driver {
    /// E1 is said on the first page already (seed S0), within the budgets; beyond them every name
    /// goes on to the second page (DR15). Says whose name it is.
    pub(super) async fn refuse_unknown_names(
        &self,
        route: &Route,
        whence: &Whence,
    ) -> Result<Option<Account>, Refused> {
        let Some(LoginName::Bare(name)) = &route.name else {
            return Ok(None);
        };
        let known = self
            .store
            .account_by_user_name(name)
            .await
            .map_err(Refused::from)?;
        if known.is_some() {
            return Ok(known);
        }
        match self.budgets.unknown_name(whence, name).await {
            Manner::Told => Err(Refusal::UnknownUserName.into()),
            Manner::Uniform => Ok(None),
        }
    }
}
