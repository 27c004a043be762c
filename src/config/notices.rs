//! `config/notices/`: what the operator tells users now ("Aktuelt", U80): one file for each notice, so
//! that one is put up and taken down without touching another.
//!
//! ```toml
//! text = { da = "MitID er nede.", en = "MitID is down." }
//! from = 2027-08-01T06:00:00+02:00
//! until = 2027-08-01T08:00:00+02:00
//! shown = ["login", "status"]
//! ```

use std::path::Path;

use jiff::Timestamp;

use super::file;
use super::presentation::Notice;
use super::problem::{Problem, Problems, Source};
use super::settings::load_source;
use crate::domain::text::{Language, LocalizedName};

/// Nobody reads more of one.
const LONGEST: usize = 400;

/// Where a notice is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeAt {
    /// On the pages of a login, and on the front page.
    Login,
    /// On the status page.
    Status,
}

/// Everything that there is to tell, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notices(Vec<Notice>);

impl Notices {
    /// Those of the settings alone.
    pub fn of(settings: &[Notice]) -> Self {
        Self(settings.to_vec())
    }

    /// Reads every file of a directory, and tells all that is wrong with them; a faulty one is left out.
    pub fn load(directory: &Path) -> (Self, Problems) {
        let mut problems = Problems::default();
        let mut files: Vec<_> = std::fs::read_dir(directory)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
            .collect();
        files.sort();
        let mut notices = Vec::new();
        for file in files {
            match load_source(&file).and_then(|source| parse(&source)) {
                Ok(notice) => notices.push(notice),
                Err(faults) => problems.append(faults),
            }
        }
        notices.sort_by_key(|notice| std::cmp::Reverse(notice.from));
        (Self(notices), problems)
    }

    /// Together with these, which come first.
    #[must_use]
    pub fn after(mut self, first: &[Notice]) -> Self {
        self.0.splice(0..0, first.iter().cloned());
        self
    }

    /// What is to be told there now.
    pub fn due(&self, at: NoticeAt, now: Timestamp) -> impl Iterator<Item = &Notice> {
        let due = move |notice: &&Notice| notice.shown.contains(&at) && notice.is_shown(now);
        self.0.iter().filter(due)
    }
}

/// Reads one notice, or tells everything that is wrong with it.
fn parse(source: &Source) -> Result<Notice, Problems> {
    let mut problems = Problems::default();
    let read = file::read(source, &mut problems, |section| {
        let text: Option<LocalizedName> = section.require("text", "what the notice says, in both languages");
        if let Some(text) = &text {
            let long = |language| text.in_language(language).chars().count() > LONGEST;
            if text.in_language(Language::Da) == text.in_language(Language::En) {
                let problem = Problem::error("text: the notice is in one language only");
                section.fault("text", problem.help("write text = { da = \"…\", en = \"…\" }"));
            }
            if long(Language::Da) || long(Language::En) {
                let problem = Problem::error(format!("text: the notice has more than {LONGEST} characters"));
                section.fault(
                    "text",
                    problem.help("say what is the matter and until when; no more is read"),
                );
            }
        }
        let (from, until) = (section.get("from"), section.get("until"));
        if until.is_none() {
            let problem = Problem::error("until is missing");
            section.fault(
                "until",
                problem
                    .help("write when the notice comes down: one that nobody takes down is read by nobody"),
            );
        }
        if let (Some(from), Some(until)) = (from, until)
            && until <= from
        {
            let problem = Problem::error("this notice ends before it begins");
            section.fault("until", problem.help("write a later moment"));
        }
        let words: Vec<String> = section.get_or("shown", vec!["login".to_owned(), "status".to_owned()]);
        let mut shown = Vec::new();
        for word in &words {
            match word.as_str() {
                "login" => shown.push(NoticeAt::Login),
                "status" => shown.push(NoticeAt::Status),
                _ => {
                    let problem = Problem::error(format!("shown: {word} is not known here"));
                    section.fault("shown", problem.help("write one or both of: login, status"));
                }
            }
        }
        text.map(|text| Notice {
            text,
            from,
            until,
            shown,
        })
    });
    match problems.unless_fatal(read)? {
        Some(notice) => Ok(notice),
        None => Err(Problems::default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "text = { da = \"Nede\", en = \"Down\" }\nuntil = 2027-08-01T08:00:00Z\n";

    fn read(text: &str) -> Result<Notice, Problems> {
        parse(&Source::new("config/notices/a.toml", text))
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_notice_is_due_from_then_until_then_where_it_is_to_be_shown() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        put("a.toml", GOOD);
        put(
            "b.toml",
            &format!("{GOOD}from = 2027-08-01T06:00:00Z\nshown = [\"status\"]\n"),
        );
        put("b.toml~", "not read");
        let (notices, problems) = Notices::load(folder.path());
        assert!(!problems.stop_logins());
        let count = |place, moment: &str| notices.due(place, at(moment)).count();
        assert_eq!(count(NoticeAt::Status, "2027-08-01T05:59:59Z"), 1);
        assert_eq!(count(NoticeAt::Status, "2027-08-01T06:00:00Z"), 2);
        assert_eq!(count(NoticeAt::Login, "2027-08-01T06:00:00Z"), 1);
        assert_eq!(count(NoticeAt::Status, "2027-08-01T08:00:00Z"), 0);
        let newest = notices.due(NoticeAt::Status, at("2027-08-01T07:00:00Z")).next();
        assert!(newest.unwrap().from.is_some());
        assert_eq!(Notices::load(&folder.path().join("none")).0, Notices::default());
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once_and_the_others_are_shown() {
        let faulty = "txt = \"Nede\"\nfrom = 2027-08-01T08:00:00Z\nuntil = 2027-08-01T07:00:00Z\nshown = [\"login\", \"forsiden\"]\n";
        let told: Vec<String> = read(faulty)
            .unwrap_err()
            .iter()
            .map(ToString::to_string)
            .collect();
        let told = told.join("\n");
        for fault in [
            "text is missing",
            "txt is not a setting",
            "ends before it begins",
            "forsiden",
        ] {
            assert!(told.contains(fault), "{fault}: {told}");
        }
        for text in [
            "text = \"Nede\"\nuntil = 2027-08-01T08:00:00Z\n",
            "text = { da = \"Nede\", en = \"Down\" }\n",
            "text = { da = \"Nede\", en = \"Down\" }\nuntil = \"i morgen\"\n",
            &GOOD.replace("Down", &"x".repeat(401)),
            "",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.toml"), faulty).unwrap();
        std::fs::write(folder.path().join("b.toml"), GOOD).unwrap();
        let (notices, problems) = Notices::load(folder.path());
        assert!(problems.stop_logins());
        assert_eq!(notices.due(NoticeAt::Login, Timestamp::UNIX_EPOCH).count(), 1);
    }
}
