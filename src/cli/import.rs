//! `portner import`: people from a school's system, looked at, taken in, and looked up.

mod consent;
mod looking;
mod made_up;
mod moving;
mod words;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};

use crate::ambient::{Ambient, SystemClock};
use crate::app::opening::open_store;
use crate::app::{CannotStart, import_vault};
use crate::config::problem::Problem;
use crate::domain::import::{ImportId, ImportRecord, ImportState};
use crate::domain::text::Language;
use crate::people::import::delivery::Delivery;
use crate::people::import::finding::Weight;
use crate::people::import::importer::{Importer, Wish};
use crate::people::import::incoming::{Incoming, Unread};
use crate::people::import::report;
use crate::people::import::unilogin::Kind;
use crate::telemetry::log::chain;
use crate::texts::{Texts, Wording, Words};

use super::Place;
use super::installation::Installation;
use super::output::Output;
use super::serve::runtime;

use consent::{Consent, away, failed};
use looking::{keep, list, look_up};
use made_up::MadeUp;
use moving::MovingIn;
use words::{import_id, local, number, source_name, wrong};

/// What to do with imports.
#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Read a file and tell what is wrong with it, without a database
    Check {
        #[command(flatten)]
        file: Named,
    },
    /// Show what a file would change, and change nothing
    Plan {
        #[command(flatten)]
        file: Named,
    },
    /// Take a file in, or hold it back where it would change more than the limits let through
    Apply {
        #[command(flatten)]
        file: Named,
        /// The institution moves in: new people keep the UNI-IDs and user names that the file has of them
        #[arg(long)]
        moving_in: bool,
        #[command(flatten)]
        consent: Consent,
    },
    /// List the latest imports
    List {
        /// Only of this institution
        #[arg(long)]
        institution: Option<String>,
    },
    /// Show one import, and whether somebody is in it
    Show {
        /// The import
        id: String,
        /// Words of a name, a user name or a local id
        #[arg(long)]
        search: Option<String>,
    },
    /// Say that what a source has told still holds, though it sends nothing
    Keep {
        /// The number of the institution
        institution: String,
        /// The source
        source: String,
    },
    /// Take over the people of another source: they keep their accounts, by their CPR numbers
    ChangeSource {
        #[command(flatten)]
        file: Named,
        /// The source that it takes the place of
        #[arg(long)]
        from: String,
        /// Do it; without this, it is only shown
        #[arg(long)]
        apply: bool,
        #[command(flatten)]
        consent: Consent,
    },
    /// Bring in the CSV of old, once, for a school that moves in: people keep their UNI-IDs and user names
    Migrate {
        #[command(flatten)]
        list: MovingIn,
        /// Do it; without this, it is only shown
        #[arg(long)]
        apply: bool,
        #[command(flatten)]
        consent: Consent,
    },
    /// Write the files of a municipality that nobody lives in, to try things with
    MadeUp(MadeUp),
    /// Let one person's CPR number be the one of the delivery; the person stays the same
    Reidentify {
        #[command(flatten)]
        file: Named,
        /// What the source calls the person
        #[arg(long)]
        local_id: String,
        /// Do it; without this, it is only shown
        #[arg(long)]
        apply: bool,
        #[command(flatten)]
        consent: Consent,
    },
}

/// Which file, and how much it says.
#[derive(Debug, Args)]
pub(super) struct Named {
    /// The delivery: the XML of UNILoginImport, or a zip of OneRoster's CSV files
    file: PathBuf,
    /// How much it says, where it does not say so itself: full, delta or delete
    #[arg(long, value_parser = kind)]
    kind: Option<Kind>,
}

fn kind(word: &str) -> Result<Kind, &'static str> {
    Kind::parse(word).ok_or("write full, delta or delete")
}

/// Runs one action. Whether all is well: an import that is held or refused is not.
pub(super) fn run(place: &Place, action: &Action, output: &mut Output) -> bool {
    let done = match action {
        Action::Check { file } => check(file, output),
        Action::MadeUp(municipality) => municipality.write(output),
        Action::Plan { file } => with_importer(place, output, async |desk, output| {
            let incoming = read(file)?;
            show(&desk, &incoming, &Wish::default(), output).await
        }),
        Action::Apply {
            file,
            moving_in,
            consent,
        } => with_importer(place, output, async |desk, output| {
            let incoming = read(file)?;
            let wish = Wish {
                confirms: consent.confirmed()?,
                moves_in: *moving_in,
                ..Wish::default()
            };
            apply(&desk, &incoming, &wish, consent, output).await
        }),
        Action::List { institution } => with_importer(place, output, async |desk, output| {
            let institution = institution.as_deref().map(number).transpose()?;
            list(&desk, institution.as_ref(), output).await
        }),
        Action::Show { id, search } => with_importer(place, output, async |desk, output| {
            look_up(&desk, import_id(id)?, search.as_deref(), output).await
        }),
        Action::Keep { institution, source } => with_importer(place, output, async |desk, output| {
            keep(&desk, &number(institution)?, &source_name(source)?, output).await
        }),
        Action::ChangeSource {
            file,
            from,
            apply: really,
            consent,
        } => with_importer(place, output, async |desk, output| {
            let incoming = read(file)?;
            let wish = Wish {
                confirms: consent.confirmed()?,
                takes_over: Some(source_name(from)?),
                ..Wish::default()
            };
            guided(&desk, &incoming, &wish, *really, consent, output).await
        }),
        Action::Migrate {
            list,
            apply: really,
            consent,
        } => with_importer(place, output, async |desk, output| {
            let incoming = list.read()?;
            let wish = Wish {
                confirms: consent.confirmed()?,
                ..Wish::default()
            };
            let desk = Desk {
                command: Some(list.command()),
                ..desk
            };
            guided(&desk, &incoming, &wish, *really, consent, output).await
        }),
        Action::Reidentify {
            file,
            local_id,
            apply: really,
            consent,
        } => with_importer(place, output, async |desk, output| {
            let incoming = read(file)?;
            let wish = Wish {
                confirms: consent.confirmed()?,
                reidentifies: Some(local(local_id)?),
                ..Wish::default()
            };
            guided(&desk, &incoming, &wish, *really, consent, output).await
        }),
    };
    done.unwrap_or_else(|problem| {
        output.problem(&problem);
        false
    })
}

/// What a command works with.
struct Desk {
    importer: Importer,
    texts: Texts,
    /// How what is held is confirmed, where the record does not know it.
    command: Option<String>,
}

impl Desk {
    fn words(&self) -> Words<'_> {
        self.texts.in_language(Language::En)
    }

    async fn record(&self, id: ImportId) -> Result<ImportRecord, CannotStart> {
        let record = self.importer.store.import_by_id(id).await.map_err(away)?;
        record.ok_or_else(|| {
            wrong(
                &format!("there is no import {id}"),
                "`portner import list` names them",
            )
        })
    }
}

fn with_importer(
    place: &Place,
    output: &mut Output,
    work: impl AsyncFnOnce(Desk, &mut Output) -> Result<bool, CannotStart>,
) -> Result<bool, CannotStart> {
    let (installation, problems) = Installation::read(place, &SystemClock);
    let Some(installation) = installation else {
        return Ok(output.problems(&problems));
    };
    let settings = &installation.settings;
    runtime()?.block_on(async {
        let ambient = Ambient::system();
        let store = open_store(settings).await?;
        let desk = Desk {
            importer: Importer {
                vault: Arc::new(import_vault(settings, &store).await?),
                store,
                ambient,
                limits: settings.import.limits,
                // Whoever delivers here has the file.
                keeper: None,
            },
            texts: texts()?,
            command: None,
        };
        work(desk, output).await
    })
}

fn texts() -> Result<Texts, CannotStart> {
    Texts::new(Wording::default())
        .map_err(|error| Box::new(Problem::error(chain(&error)).help("this build is not whole")))
}

fn read(named: &Named) -> Result<Incoming, CannotStart> {
    Incoming::read(&named.file, named.kind).map_err(|unread| not_read(&named.file, &unread))
}

#[expect(
    clippy::unnecessary_box_returns,
    reason = "what cannot go on is boxed everywhere"
)]
fn not_read(file: &Path, unread: &Unread) -> CannotStart {
    let name = file.display();
    let said = match (unread, texts()) {
        (Unread::Refused(refusal), Ok(texts)) => refusal.words(&texts.in_language(Language::En)),
        (unread, _) => unread.to_string(),
    };
    Box::new(Problem::error(format!("{name}: {said}")).help("nothing of it was taken"))
}

fn check(file: &Named, output: &mut Output) -> Result<bool, CannotStart> {
    let incoming = read(file)?;
    let texts = texts()?;
    let words = texts.in_language(Language::En);
    let mut well = true;
    for delivery in &incoming.deliveries {
        tell(report::delivery(delivery, &words), output);
        let mut weights = delivery.findings.iter().map(|one| one.fault.weight());
        well &= !weights.any(|weight| weight == Weight::RowRefused);
    }
    Ok(well)
}

async fn show(
    desk: &Desk,
    incoming: &Incoming,
    wish: &Wish,
    output: &mut Output,
) -> Result<bool, CannotStart> {
    let words = desk.words();
    let mut well = true;
    for delivery in &incoming.deliveries {
        headline(incoming, delivery, output);
        let seen = desk.importer.preview(delivery, wish, &words).await;
        let overview = seen.map_err(failed)?;
        tell(report::overview(&overview, &words), output);
        well &= overview.reasons.is_empty();
    }
    Ok(well)
}

/// Whose delivery it is, where a file has several.
fn headline(incoming: &Incoming, delivery: &Delivery, output: &mut Output) {
    if incoming.deliveries.len() > 1 {
        output.line(format!("institution {}:", delivery.institution.number));
    }
}

async fn guided(
    desk: &Desk,
    incoming: &Incoming,
    wish: &Wish,
    really: bool,
    consent: &Consent,
    output: &mut Output,
) -> Result<bool, CannotStart> {
    if really || wish.confirms.is_some() {
        apply(desk, incoming, wish, consent, output).await
    } else {
        let well = show(desk, incoming, wish, output).await?;
        output.line("nothing was changed; do it with --apply");
        Ok(well)
    }
}

async fn apply(
    desk: &Desk,
    incoming: &Incoming,
    wish: &Wish,
    consent: &Consent,
    output: &mut Output,
) -> Result<bool, CannotStart> {
    let words = desk.words();
    let from = consent.handover(incoming)?;
    let institution = match wish.confirms {
        Some(id) => Some(desk.record(id).await?.institution),
        None => None,
    };
    let mut well = true;
    for delivery in &incoming.deliveries {
        // A yes is for one institution, and says nothing of the others in the file.
        let number = &delivery.institution.number;
        if institution.as_ref().is_some_and(|confirmed| confirmed != number) {
            continue;
        }
        headline(incoming, delivery, output);
        let done = desk.importer.import(delivery, &from, wish, &words).await;
        let outcome = done.map_err(failed)?;
        let lines = report::outcome(&outcome, &words).into_iter();
        let lines = lines.map(|line| match &desk.command {
            Some(command) => line.replace("import apply FILE", command),
            None => line,
        });
        tell(lines.collect(), output);
        well &= outcome.again || outcome.record.state == ImportState::Applied;
    }
    Ok(well)
}

fn tell(lines: Vec<String>, output: &mut Output) {
    for line in lines {
        output.line(line);
    }
}
