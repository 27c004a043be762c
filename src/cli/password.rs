//! `portner password`: a code for somebody's first login, for those who run the installation.
//! Nobody can read a password: there is no command for that, and nothing to read.

use clap::Subcommand;
use zeroize::Zeroizing;

use super::Place;
use super::inside::inside;
use super::output::Output;
use crate::app::App;
use crate::config::problem::{Problem, Problems};
use crate::domain::login_name::BareName;
use crate::login::new_secret::NoCode;
use crate::telemetry::log::chain;

/// What can be done about passwords.
#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Make a code for the first login, shown once; the password so far ends at once
    New {
        /// The name that the user logs in with
        user_name: String,
        /// Who you are, for the record
        #[arg(long, value_name = "NAME", default_value = "operator")]
        by: String,
    },
}

/// Does it. Whether it was done.
pub(super) fn run(place: &Place, action: &Action, output: &mut Output) -> bool {
    let Action::New { user_name, by } = action;
    let issued = inside(place, output, "nothing was changed", async |app| {
        issue(app, user_name, by).await
    });
    let Some(code) = issued else {
        return false;
    };
    output.line(&*code);
    output.line(format!(
        "the code for {user_name}: good for 14 days and one new password, and shown only here; \
         the password so far counts no more"
    ));
    true
}

async fn issue(app: &App, user_name: &str, by: &str) -> Result<Zeroizing<String>, Problems> {
    let name = BareName::parse(user_name).map_err(|error| {
        let problem = Problem::error(format!("{user_name:?} is no user name: {error}"));
        problem.help("give the name that is typed on the login page")
    })?;
    let issued = app.portner().new_secrets.hand_out(&name, by.to_owned()).await;
    issued.map_err(|error| match error {
        NoCode::Nobody => Problem::error(format!("nobody here is called {user_name}"))
            .help("look whether the name is spelt right, and whether the people were loaded")
            .into(),
        other => Problem::error(chain(&other))
            .help("look whether the database of [store] answers")
            .into(),
    })
}
