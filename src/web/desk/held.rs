//! An import that waits for somebody, on its page: what it would change at this moment, and the two ways out.

use super::At;
use super::words;
use crate::domain::import::{ImportRecord, ImportState};
use crate::people::admin_desk::DeskError;
use crate::people::import::overview::Overview;
use crate::web::own;
use crate::web::pages::{DecidePart, Page};

/// The most classes that are told of.
const MOST: usize = 60;

impl At<'_> {
    /// What is to be decided of an import, where it is held.
    pub(super) async fn decide(
        &self,
        page: &Page<'_>,
        record: &ImportRecord,
    ) -> Result<Option<DecidePart>, DeskError> {
        if record.state != ImportState::Held {
            return Ok(None);
        }
        let address = format!("{}/afgoer", self.import_address(record.id));
        // What it would do may be what it may not: then there is nothing to be shown, and why is told.
        let (seen, why) = match self.desk.difference(record, &page.words).await {
            Ok(Some(seen)) => (Some(seen), None),
            Ok(None) => (None, Some(page.say("desk-why-file-gone"))),
            Err(DeskError::Cannot(why)) => (None, Some(page.say(why.key()))),
            Err(error) => return Err(error),
        };
        Ok(Some(DecidePart {
            form: own::form(self.portner, self.visit, &address),
            delivered_by: page.say_with("desk-decide-delivered-by", "by", &record.delivered_by),
            difference: seen
                .as_ref()
                .map(|seen| difference(page, seen))
                .unwrap_or_default(),
            why,
        }))
    }
}

fn difference(page: &Page<'_>, seen: &Overview) -> Vec<String> {
    let number = |number: u64| number.to_string();
    let counts = &seen.counts;
    let mut lines = vec![
        words::counts_of(&page.words, counts),
        page.words.say_all(
            "desk-decide-adults",
            &[
                ("added", number(counts.contacts_added)),
                ("left", number(counts.contacts_left)),
            ],
        ),
    ];
    lines.extend(seen.classes.iter().take(MOST).map(|class| {
        let values = [
            ("class", class.name.clone()),
            ("before", number(class.before)),
            ("after", number(class.after)),
            ("left", number(class.left)),
        ];
        page.words.say_all("desk-decide-class", &values)
    }));
    lines.extend(seen.roles_gained.iter().map(|(role, by)| {
        let values = [("role", (*role).to_owned()), ("by", number(*by))];
        page.words.say_all("desk-decide-role", &values)
    }));
    if !seen.leaving.is_empty() {
        lines.push(page.say_with("desk-decide-leaving", "ids", seen.leaving.join(", ")));
    }
    lines
}
