//! `portner admin`: who looks after an institution's people. The first administrator is made here;
//! from then on they give the right to one another at their desk.

use clap::Subcommand;

use super::Place;
use super::inside::inside;
use super::output::Output;
use crate::config::problem::{Problem, Problems};
use crate::domain::account::{Account, UniId};
use crate::domain::audit::{AuditAct, AuditEvent};
use crate::domain::desk::{DeskAct, Doer, StrongWays};
use crate::domain::institution::{Institution, InstitutionNumber};
use crate::domain::login_name::BareName;
use crate::store::StoreError;
use crate::store::administrators::{Administrator, Withdrawn};
use crate::telemetry::log::chain;
use crate::web::state::Portner;

/// What can be done about administrators.
#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Give somebody who is employed at an institution the right to look after its people
    Grant {
        /// Their user name or UNI-ID
        name: String,
        /// The institution's number
        institution: String,
        /// Who you are, for the record
        #[arg(long, value_name = "NAME", default_value = "operator")]
        by: String,
    },
    /// Take the right back, as long as somebody else has it
    Withdraw {
        /// Their user name or UNI-ID
        name: String,
        /// The institution's number
        institution: String,
        /// Who you are, for the record
        #[arg(long, value_name = "NAME", default_value = "operator")]
        by: String,
    },
    /// Say who has the right
    List {
        /// The institution's number
        institution: String,
    },
}

/// Does it. Whether it was done.
pub(super) fn run(place: &Place, action: &Action, output: &mut Output) -> bool {
    let done = inside(place, output, "nothing was changed", async |app| {
        let portner = app.portner();
        match action {
            Action::Grant {
                name,
                institution,
                by,
            } => grant(portner, name, institution, by).await,
            Action::Withdraw {
                name,
                institution,
                by,
            } => withdraw(portner, name, institution, by).await,
            Action::List { institution } => list(portner, institution).await,
        }
    });
    let is_done = done.is_some();
    for line in done.into_iter().flatten() {
        output.line(line);
    }
    is_done
}

async fn grant(portner: &Portner, name: &str, institution: &str, by: &str) -> Result<Vec<String>, Problems> {
    let (institution, account) = found(portner, name, institution).await?;
    let number = &institution.number;
    let doer = Doer::Operator(by.to_owned());
    let event = event(portner, DeskAct::RightGranted, &account, number, &doer);
    let id = (portner.ambient.uuid(), account.id);
    let given = portner.store.grant_administrator(id, number, &doer, &event).await;
    if given.map_err(|error| away(&error))? {
        Ok(vec![format!(
            "{name} looks after the people of {number} from now on"
        )])
    } else {
        let problem = Problem::error(format!("{name} was not made an administrator of {number}"));
        let help = "the right is for people who are employed there, once: see `portner admin list`";
        Err(problem.help(help).into())
    }
}

async fn withdraw(
    portner: &Portner,
    name: &str,
    institution: &str,
    by: &str,
) -> Result<Vec<String>, Problems> {
    let (institution, account) = found(portner, name, institution).await?;
    let number = &institution.number;
    let doer = Doer::Operator(by.to_owned());
    let event = event(portner, DeskAct::RightWithdrawn, &account, number, &doer);
    let ways = portner.registry().strong_ways(&institution);
    let withdrawn = portner
        .store
        .withdraw_administrator(account.id, (number, ways), &doer, &event)
        .await;
    match withdrawn.map_err(|error| away(&error))? {
        Withdrawn::Done => Ok(vec![format!("{name} is no administrator of {number} any more")]),
        Withdrawn::NotOne => {
            let problem = Problem::error(format!("{name} is no administrator of {number}"));
            Err(problem.help("see `portner admin list`").into())
        }
        Withdrawn::WouldBeLast => {
            let problem = Problem::error(format!("nobody else could look after {number}"));
            let help = "give the right to somebody first who is not blocked and can prove two factors";
            Err(problem.help(help).into())
        }
    }
}

async fn list(portner: &Portner, institution: &str) -> Result<Vec<String>, Problems> {
    let institution = institution_of(portner, institution).await?;
    let ways = portner.registry().strong_ways(&institution);
    let now = portner.ambient.now();
    let known = portner.store.administrators_of(&institution.number, now).await;
    let known = known.map_err(|error| away(&error))?;
    let mut lines: Vec<_> = known.iter().map(|one| described(one, ways)).collect();
    if !known.iter().any(|one| one.can_come(ways)) {
        lines.push(format!("nobody looks after {}", institution.number));
    }
    Ok(lines)
}

fn described(one: &Administrator, ways: StrongWays) -> String {
    let given_at = one.given_at.strftime("%Y-%m-%d");
    let cannot = match (one.blocked, one.can_come(ways)) {
        (true, _) => "; cannot log in: blocked",
        (false, false) => "; cannot log in: no way to prove two factors",
        (false, true) => "",
    };
    let (name, by) = (one.user_name.as_str(), &one.given_by);
    format!("{name} since {given_at}, given by {by}{cannot}")
}

fn event(
    portner: &Portner,
    act: DeskAct,
    account: &Account,
    institution: &InstitutionNumber,
    by: &Doer,
) -> AuditEvent {
    AuditEvent {
        id: portner.ambient.uuid(),
        at: portner.ambient.now(),
        transaction: None,
        service: None,
        upstream: None,
        person: Some(account.person),
        account: Some(account.id),
        client_prefix: None,
        act: AuditAct::Desk {
            act,
            institution: institution.clone(),
            by: by.clone(),
            reason: None,
            detail: None,
        },
    }
}

async fn institution_of(portner: &Portner, text: &str) -> Result<Institution, Problems> {
    let number = InstitutionNumber::parse(text).map_err(|error| {
        let problem = Problem::error(format!("{text:?} is no institution: {error}"));
        problem.help("give the number that the directory has")
    })?;
    let known = portner.store.institution(&number).await;
    known.map_err(|error| away(&error))?.ok_or_else(|| {
        let problem = Problem::error(format!("the directory has no institution {number}"));
        problem.help("load its people first").into()
    })
}

async fn found(portner: &Portner, name: &str, institution: &str) -> Result<(Institution, Account), Problems> {
    let institution = institution_of(portner, institution).await?;
    let store = &portner.store;
    if let Ok(name) = BareName::parse(name)
        && let Some(account) = store
            .account_by_user_name(&name)
            .await
            .map_err(|error| away(&error))?
    {
        return Ok((institution, account));
    }
    if let Ok(id) = UniId::parse(name)
        && let Some(record) = store
            .record_by_uni_id(&id, portner.ambient.now())
            .await
            .map_err(|error| away(&error))?
        && let Some(held) = record.accounts.into_iter().next()
    {
        return Ok((institution, held.account));
    }
    let problem = Problem::error(format!("nobody here is called {name}"));
    Err(problem
        .help("give the name that is typed on the login page, or the UNI-ID")
        .into())
}

fn away(error: &StoreError) -> Problems {
    Problem::error(chain(error))
        .help("look whether the database of [store] answers")
        .into()
}
