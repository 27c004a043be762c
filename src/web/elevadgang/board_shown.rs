//! What a board says of each pupil, made from how they stand; and what it is told apart by, so that
//! only what has changed is sent.

use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::Timestamp;

use super::shown::{beyond, shown_window};
use crate::domain::account::PersonId;
use crate::domain::board::Stuck;
use crate::domain::group::GroupKind;
use crate::domain::refusal::Refusal;
use crate::people::teacher_desk::board::{ClassBoard, OnBoard};
use crate::texts::RefusalContext;
use crate::trust::registry::Registry;
use crate::web::pages::{BoardRow, BoardStuck, BoardSummary, BoardWaits, Page, Standing};
use crate::web::times;

/// Everything that showing needs.
pub struct Scene<'a> {
    /// The parties, whose names refusals use.
    pub registry: &'a Registry,
    /// The words.
    pub page: &'a Page<'a>,
    /// The desk's address.
    pub front: &'a str,
    /// The network that the teacher sits on.
    pub here: Option<String>,
}

impl Scene<'_> {
    /// What the class is called.
    pub fn class(&self, board: &ClassBoard) -> String {
        match board.kind {
            Some(GroupKind::Hold) => self.page.say_with("elev-hold", "name", &board.name),
            _ => board.name.clone(),
        }
    }

    /// How many stand how.
    pub fn summary(&self, board: &ClassBoard) -> BoardSummary {
        let count = |is_so: &dyn Fn(&&OnBoard) -> bool| board.pupils.iter().filter(is_so).count();
        let said = |key: &str, number: usize| self.page.say_count(key, "count", number);
        let all = board.pupils.len().to_string();
        let inside = count(&|one| one.logged_in.is_some());
        BoardSummary {
            inside: self
                .page
                .words
                .say_all("board-inside", &[("count", inside.to_string()), ("all", all)]),
            stuck: said(
                "board-stuck-count",
                count(&|one| standing(one, board.at) == Standing::Stuck),
            ),
            waiting: said("board-waiting-count", count(&|one| one.waits.is_some())),
            helped: said(
                "board-helped-count",
                count(&|one| standing(one, board.at) == Standing::Helped),
            ),
        }
    }

    /// One pupil.
    pub fn row(&self, one: &OnBoard, now: Timestamp) -> BoardRow {
        let language = self.page.words.language();
        let clock = |at: Timestamp| times::clock(at, language);
        let standing = standing(one, now);
        BoardRow {
            id: one.pupil.account.to_string(),
            name: name_of(one),
            said: self.page.say(standing.key()),
            standing,
            since: one
                .logged_in
                // Of yesterday evening no teacher need know.
                .filter(|since| times::day(*since, language) == times::day(now, language))
                .map(|since| self.page.say_with("board-since", "time", clock(since))),
            stuck: one.stuck.as_ref().and_then(|stuck| self.stuck(one, stuck)),
            waits: one.waits.map(|(since, _)| BoardWaits {
                said: self.page.say_with("board-waits-since", "time", clock(since)),
                at: format!("{}/giv-adgang", self.front),
            }),
            beyond: one.pupil.beyond_help.map(|why| self.page.say(beyond(why))),
            may_open: one.pupil.beyond_help.is_none() && !one.is_being_helped(now),
            windows: one
                .windows
                .iter()
                .map(|window| shown_window(self.page, self.front, window, now))
                .collect(),
        }
    }

    /// What is read aloud of a pupil who is stuck; nothing of anybody else, since a whole class comes
    /// and goes.
    pub fn aloud(&self, row: &BoardRow) -> Option<String> {
        let stuck = row.stuck.as_ref().filter(|_| row.standing == Standing::Stuck)?;
        let values = [("pupil", row.name.clone()), ("headline", stuck.headline.clone())];
        Some(self.page.words.say_all("board-aloud", &values))
    }

    /// The refusal in words for a teacher; nothing of a code that is none any more.
    fn stuck(&self, one: &OnBoard, stuck: &Stuck) -> Option<BoardStuck> {
        let refusal = Refusal::of_code(&stuck.code)?;
        let language = self.page.words.language();
        // What somebody does at home in the evening is no teacher's business: that they are stuck is.
        let is_here = stuck.place.is_some() && stuck.place == self.here;
        let is_of_school = is_here || times::is_of_a_school_day(stuck.at);
        let (upstream, service) = (stuck.upstream.as_ref(), stuck.service.as_ref());
        let upstream = upstream
            .filter(|_| is_of_school)
            .and_then(|id| self.registry.upstream(id));
        let service = service
            .filter(|_| is_of_school)
            .and_then(|id| self.registry.service(id));
        let context = RefusalContext {
            upstream: upstream.map(|one| one.profile.name.in_language(language).to_owned()),
            kind: upstream.map(|one| one.profile.kind),
            service: service.map(|one| one.profile.name.in_language(language).to_owned()),
        };
        let said = self.page.words.refusal_of_another(refusal, &context);
        let is_elsewhere = stuck.place.is_some() && stuck.place != self.here;
        let is_anybodys = stuck.may_be_anybodys();
        let times = usize::try_from(stuck.times).unwrap_or(usize::MAX);
        Some(BoardStuck {
            when: times::clock(stuck.at, language),
            code: said.code,
            headline: said.headline,
            line: said.line,
            doubt: is_anybodys.then(|| self.page.say("board-anybody")),
            ask_first: (is_anybodys && (is_elsewhere || one.logged_in.is_some()))
                .then(|| self.page.say("board-ask-first")),
            advice: said.board,
            times: (times > 1).then(|| self.page.say_count("board-stuck-times", "count", times)),
            elsewhere: (is_elsewhere && is_of_school).then(|| self.page.say("board-stuck-elsewhere")),
        })
    }
}

fn name_of(one: &OnBoard) -> String {
    let name = format!("{} {}", one.pupil.given_name, one.pupil.family_name);
    name.trim().to_owned()
}

fn standing(one: &OnBoard, now: Timestamp) -> Standing {
    if one.is_being_helped(now) {
        Standing::Helped
    } else if one.is_stuck() {
        Standing::Stuck
    } else if one.waits.is_some() {
        Standing::Waits
    } else if one.logged_in.is_some() {
        Standing::Inside
    } else {
        Standing::Outside
    }
}

/// Whose board it is to hear of.
pub fn people_of(board: &ClassBoard) -> Box<[PersonId]> {
    board.pupils.iter().map(|one| one.pupil.person).collect()
}

/// What one pupil's row is told apart by.
pub fn mark(one: &OnBoard, now: Timestamp) -> u64 {
    let mut hasher = DefaultHasher::new();
    one.pupil.account.hash(&mut hasher);
    name_of(one).hash(&mut hasher);
    one.pupil.beyond_help.map(beyond).hash(&mut hasher);
    one.logged_in.hash(&mut hasher);
    one.stuck.hash(&mut hasher);
    one.waits.hash(&mut hasher);
    for window in &one.windows {
        window.id.hash(&mut hasher);
        std::mem::discriminant(&window.state(now)).hash(&mut hasher);
        (window.refused, window.can_be_undone(now)).hash(&mut hasher);
    }
    hasher.finish()
}

/// What a whole board is told apart by.
pub fn digest(board: &ClassBoard) -> String {
    let mut hasher = DefaultHasher::new();
    for one in &board.pupils {
        mark(one, board.at).hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}
