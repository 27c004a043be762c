//! `portner support`: a new password for an employee on the workplace's word, by two people (U30).

use clap::Subcommand;
use uuid::Uuid;

use super::Place;
use super::inside::inside;
use super::output::Output;
use crate::app::App;
use crate::config::problem::{Problem, Problems};
use crate::domain::eid::CvrNumber;
use crate::domain::login_name::BareName;
use crate::domain::support_case::CaseId;
use crate::people::support::{Issued, NotDone, SupportDesk, WorkplaceRequest};
use crate::telemetry::log::chain;

/// What can be done.
#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Take in what a workplace asks for one of its employees
    Open {
        /// The workplace's CVR number
        #[arg(long)]
        cvr: String,
        /// The employee's whole name
        #[arg(long)]
        name: String,
        /// The name that the employee logs in with
        #[arg(long, value_name = "USER NAME")]
        user_id: String,
        /// Who you are, for the record
        #[arg(long, value_name = "NAME")]
        by: String,
    },
    /// Make the code of a case that somebody else has taken in; the password so far ends at once
    Issue {
        /// The case, as it was told when it was taken in
        case: String,
        /// Who you are, for the record
        #[arg(long, value_name = "NAME")]
        by: String,
    },
}

/// Does it. Whether it was done.
pub(super) fn run(place: &Place, action: &Action, output: &mut Output) -> bool {
    let done = inside(place, output, "nothing was changed", async |app| match action {
        Action::Open {
            cvr,
            name,
            user_id,
            by,
        } => open(app, (cvr, name, user_id), by).await.map(opened),
        Action::Issue { case, by } => issue(app, case, by).await.map(|code| issued(&code)),
    });
    let is_done = done.is_some();
    for line in done.into_iter().flatten() {
        output.line(line);
    }
    is_done
}

fn opened(case: CaseId) -> Vec<String> {
    let id = case.0;
    vec![
        id.to_string(),
        format!(
            "the case: within a week somebody else makes the code by `portner support issue {id} --by NAME`"
        ),
    ]
}

fn issued(issued: &Issued) -> Vec<String> {
    vec![
        issued.code.to_string(),
        format!(
            "the code for {}: good for 14 days and one new password, and shown only here",
            issued.user_name
        ),
        format!(
            "send it by secure post to {}, CVR {}, which hands it over to the employee alone",
            issued.workplace.name,
            issued.workplace.cvr.as_deref().unwrap_or("unknown")
        ),
    ]
}

async fn open(app: &App, (cvr, name, user_id): (&str, &str, &str), by: &str) -> Result<CaseId, Problems> {
    let cvr = CvrNumber::parse(cvr)
        .ok_or_else(|| Problem::error(format!("{cvr:?} is no CVR number")).help("write its eight digits"))?;
    let user_name = BareName::parse(user_id).map_err(|error| {
        let problem = Problem::error(format!("{user_id:?} is no user name: {error}"));
        problem.help("give the name that is typed on the login page")
    })?;
    let request = WorkplaceRequest {
        cvr,
        name: name.to_owned(),
        user_name,
    };
    let opened = desk(app).open(&request, who(by)?).await;
    opened.map_err(|error| told(&error))
}

async fn issue(app: &App, case: &str, by: &str) -> Result<Issued, Problems> {
    let case = Uuid::parse_str(case.trim()).map_err(|_| {
        Problem::error(format!("{case:?} is no case")).help("give what `portner support open` has told")
    })?;
    let issued = desk(app).issue(CaseId(case), who(by)?).await;
    issued.map_err(|error| told(&error))
}

/// Four eyes need two names.
fn who(by: &str) -> Result<&str, Problem> {
    let by = by.trim();
    if by.is_empty() {
        return Err(Problem::error("nobody is named by --by").help("write who you are"));
    }
    Ok(by)
}

fn desk(app: &App) -> SupportDesk {
    let portner = app.portner();
    SupportDesk {
        store: portner.store.clone(),
        secrets: portner.new_secrets.clone(),
        ambient: portner.ambient.clone(),
    }
}

fn told(error: &NotDone) -> Problems {
    let help = match error {
        NotDone::Nobody => "look whether the name is spelt right",
        NotDone::AnotherName => "ask the workplace: name and user name must be of one person",
        NotDone::NotEmployed => {
            "ask the workplace: pupils and parents get back in by themselves or through their teacher"
        }
        NotDone::Blocked => "whoever blocked it lifts that first",
        NotDone::NoCase => "give what `portner support open` has told",
        NotDone::Case(_) => "take a new case in, or let somebody else do this",
        NotDone::Code(_) => "look whether the database of [store] answers",
    };
    Problem::error(chain(error)).help(help).into()
}
