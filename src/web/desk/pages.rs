//! The pages of the desk, filled in; the one of a person is in `person`.

use axum::http::StatusCode;
use axum::response::Response;

use super::At;
use super::places::DeskPlace;
use super::words;
use crate::domain::group::GroupId;
use crate::domain::import::{ImportFinding, ImportId, ImportRecord};
use crate::domain::role::Role;
use crate::people::admin_desk::{ClassRow, CodeRow, DeskError, Latest, SourceAge, Why};
use crate::people::import::shown::{Shown, Standing};
use crate::people::import::{finding::said, reason};
use crate::store::desk::Affiliation;
use crate::store::search::FoundActor;
use crate::web::own;
use crate::web::pages::{
    CodeLine, DeskAdministratorsPage, DeskByHandPage, DeskCodesPage, DeskFrontPage, DeskImportPage,
    DeskImportsPage, DeskItem, Page,
};
use crate::web::{times, views};

impl At<'_> {
    /// The page of a place, or the one that its form stands on.
    pub(super) async fn show(
        &self,
        place: DeskPlace,
        problem: Option<Why>,
        kept: &[String],
    ) -> Result<Response, DeskError> {
        match place {
            DeskPlace::Choose | DeskPlace::Front => self.front(problem).await,
            DeskPlace::Person
            | DeskPlace::Code
            | DeskPlace::Rule
            | DeskPlace::Block
            | DeskPlace::Right
            | DeskPlace::Affiliation => {
                let actor = self.actor()?;
                let kept = super::person::kept(place, actor, kept);
                self.person_page(actor, problem, (None, kept)).await
            }
            DeskPlace::Class | DeskPlace::ClassCodes => {
                let group = self.id.map(GroupId).ok_or(DeskError::NotYours)?;
                let (class, pupils) = self.desk.class(group).await?;
                let view = self.class_page(&class, without_codes(pupils), false, problem);
                Ok(views::html(StatusCode::OK, &view))
            }
            DeskPlace::Newcomers | DeskPlace::NewcomerCodes => {
                let people = without_codes(self.desk.newcomers().await?);
                let view = self.newcomers_page(people, false, problem);
                Ok(views::html(StatusCode::OK, &view))
            }
            DeskPlace::ByHand | DeskPlace::AddByHand => self.by_hand(problem, kept).await,
            DeskPlace::Imports => self.imports(problem).await,
            DeskPlace::Import | DeskPlace::DecideImport => self.import(problem).await,
            DeskPlace::Administrators => self.administrators(problem).await,
        }
    }

    async fn front(&self, problem: Option<Why>) -> Result<Response, DeskError> {
        let page = self.page();
        let query = self.query("q");
        let found = if query.trim().is_empty() {
            None
        } else {
            let found = self.desk.search(&query).await?;
            Some(found.iter().map(|one| self.found(&page, one)).collect())
        };
        let attention = self.desk.attention().await?;
        let classes = self.desk.classes().await?.into_iter().map(|class| DeskItem {
            note: Some(page.say_count("desk-pupils", "count", usize::try_from(class.pupils).unwrap_or(0))),
            href: Some(format!("{}/klasse/{}", self.base(), class.id.0)),
            text: class.name,
            badge: None,
        });
        let sources = attention.sources.iter().map(|source| self.source(&page, source));
        let mut needs: Vec<DeskItem> = Vec::new();
        for source in &attention.sources {
            needs.extend(self.needs(&page, source));
        }
        needs.extend(attention.held.iter().map(|import| DeskItem {
            text: page.say_with("desk-attention-held", "source", import.source.as_str()),
            href: Some(self.import_address(import.id)),
            ..DeskItem::default()
        }));
        needs.extend(attention.ending.iter().map(|one| {
            let until = one
                .until
                .map(|until| times::last_day(until, page.words.language()))
                .unwrap_or_default();
            DeskItem {
                text: page
                    .words
                    .say_all("desk-attention-ending", &[("name", name_of(one)), ("day", until)]),
                href: Some(self.person_address(one.actor)),
                ..DeskItem::default()
            }
        }));
        if attention.is_alone {
            needs.push(DeskItem {
                text: page.say("desk-attention-alone"),
                href: Some(format!("{}/administratorer", self.base())),
                ..DeskItem::default()
            });
        }
        let view = DeskFrontPage {
            frame: self.frame(&page, problem),
            query,
            found,
            attention: needs,
            sources: sources.collect(),
            classes: classes.collect(),
            page,
        };
        Ok(views::html(StatusCode::OK, &view))
    }

    fn found(&self, page: &Page<'_>, one: &FoundActor) -> DeskItem {
        let user_name = one.shown_user_name().map(str::to_owned);
        let gone = one.gone_at.map(|_| page.say("desk-search-gone"));
        let parts = [Some(page.group(one.group)), user_name, gone];
        let note = parts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
        DeskItem {
            text: format!("{} {}", one.given_name, one.family_name)
                .trim()
                .to_owned(),
            href: Some(self.person_address(one.actor)),
            note: Some(note),
            badge: (one.blocked && !one.hidden).then(|| page.say("desk-search-blocked")),
        }
    }

    fn source(&self, page: &Page<'_>, source: &SourceAge) -> DeskItem {
        let values = [
            ("source", source.state.source.as_str().to_owned()),
            ("day", times::day(source.state.applied_at, page.words.language())),
        ];
        DeskItem {
            text: page.words.say_all("desk-source", &values),
            href: Some(self.import_address(source.state.import)),
            ..DeskItem::default()
        }
    }

    /// What needs attention about a source.
    fn needs(&self, page: &Page<'_>, source: &SourceAge) -> Vec<DeskItem> {
        let values = [
            ("source", source.state.source.as_str().to_owned()),
            ("days", source.days.to_string()),
            ("day", times::day(source.closes_at, page.words.language())),
            ("count", source.refused.to_string()),
        ];
        let mut keys = Vec::new();
        if source.is_quiet {
            keys.push("desk-attention-quiet");
        }
        if source.refused > 0 {
            keys.push("desk-attention-refused");
        }
        let item = |key: &str| DeskItem {
            text: page.words.say_all(key, &values),
            href: Some(self.import_address(source.state.import)),
            ..DeskItem::default()
        };
        keys.into_iter().map(item).collect()
    }

    pub(super) fn import_address(&self, import: ImportId) -> String {
        format!("{}/importer/{import}", self.base())
    }

    /// The pupils of a class, with or without their codes.
    pub(super) fn class_page(
        &self,
        class: &ClassRow,
        rows: Vec<CodeRow>,
        shows: bool,
        problem: Option<Why>,
    ) -> DeskCodesPage<'_> {
        let page = self.page();
        let back = format!("{}/klasse/{}", self.base(), class.id.0);
        let mut view = self.codes_page(page, back, rows, shows, problem);
        view.heading.clone_from(&class.name);
        view.empty = view.page.say("desk-class-empty");
        view
    }

    /// Staff without a password of their own, with or without their codes.
    pub(super) fn newcomers_page(
        &self,
        rows: Vec<CodeRow>,
        shows: bool,
        problem: Option<Why>,
    ) -> DeskCodesPage<'_> {
        let page = self.page();
        let back = format!("{}/nye", self.base());
        let mut view = self.codes_page(page, back, rows, shows, problem);
        view.heading = view.page.say("desk-nav-newcomers");
        view.what = Some(view.page.say("desk-newcomers-what"));
        view.empty = view.page.say("desk-newcomers-none");
        view
    }

    fn codes_page<'p>(
        &self,
        mut page: Page<'p>,
        back: String,
        rows: Vec<CodeRow>,
        shows: bool,
        problem: Option<Why>,
    ) -> DeskCodesPage<'p> {
        let line = |row: CodeRow| CodeLine {
            name: name_of(&row.who),
            href: self.person_address(row.who.actor),
            user_name: row.who.shown_user_name().unwrap_or_default().to_owned(),
            state: match row.why {
                // Most have a password of their own: that is no trouble to tell of at length.
                Some(Why::HasOwnSecret) | None => page.say(words::secret(row.who.secret)),
                Some(why) => page.say(why.key()),
            },
            code: row.reading.map(|reading| {
                (
                    reading.code.to_string(),
                    times::last_day(reading.until, page.words.language()),
                )
            }),
        };
        let rows = rows.into_iter().map(line).collect();
        let form = own::form(self.portner, self.visit, &format!("{back}/koder"));
        // A page of codes is the answer to a form: in the other language it is asked for anew.
        page.language_link = format!("{back}?lang={}", page.other_lang());
        DeskCodesPage {
            frame: self.frame(&page, problem),
            heading: String::new(),
            what: None,
            empty: String::new(),
            form: (!shows).then_some(form),
            back,
            rows,
            page,
        }
    }

    async fn by_hand(&self, problem: Option<Why>, kept: &[String]) -> Result<Response, DeskError> {
        let page = self.page();
        let address = format!("{}/tilknytninger", self.base());
        let item = |one: Affiliation| {
            let until = one
                .until
                .map(|until| times::last_day(until, page.words.language()))
                .unwrap_or_default();
            let roles: Vec<_> = one.roles.iter().map(|role| page.role(*role)).collect();
            DeskItem {
                text: name_of(&one),
                href: Some(self.person_address(one.actor)),
                note: Some(format!(
                    "{} · {}",
                    roles.join(", "),
                    page.say_with("desk-ends", "day", until)
                )),
                badge: None,
            }
        };
        let affiliations = self.desk.by_hand().await?.into_iter().map(item).collect();
        let mut was = [const { String::new() }; 4];
        was.iter_mut()
            .zip(kept)
            .for_each(|(to, from)| to.clone_from(from));
        let view = DeskByHandPage {
            frame: self.frame(&page, problem),
            affiliations,
            form: own::form(self.portner, self.visit, &address),
            roles: Role::ALL
                .iter()
                .map(|role| (role.as_str(), page.role(*role)))
                .collect(),
            kept: was,
            asks_about_pupil: problem == Some(Why::PupilEmployed),
            page,
        };
        Ok(views::html(StatusCode::OK, &view))
    }

    async fn imports(&self, problem: Option<Why>) -> Result<Response, DeskError> {
        let page = self.page();
        let item = |import: ImportRecord| DeskItem {
            text: page.say_with("desk-import-of", "source", import.source.as_str()),
            href: Some(self.import_address(import.id)),
            note: Some(format!(
                "{} · {}",
                summary(&page, &import),
                words::counts(&page.words, &import)
            )),
            badge: None,
        };
        let imports = self.desk.imports().await?.into_iter().map(item).collect();
        let view = DeskImportsPage {
            frame: self.frame(&page, problem),
            imports,
            page,
        };
        Ok(views::html(StatusCode::OK, &view))
    }

    async fn import(&self, problem: Option<Why>) -> Result<Response, DeskError> {
        let page = self.page();
        let id = self.id.map(ImportId).ok_or(DeskError::NotYours)?;
        let query = self.query("q");
        let import = self.desk.import(id, &query).await?;
        let record = &import.record;
        let reasons = record.reasons.iter().map(|one| reason::said(one, &page.words));
        let findings = import.findings.iter().map(|one| finding(&page, one));
        let shown = import.shown.iter().map(|one| self.standing(&page, one));
        let view = DeskImportPage {
            frame: self.frame(&page, problem),
            heading: page.say_with("desk-import-of", "source", record.source.as_str()),
            summary: summary(&page, record),
            counts: words::counts(&page.words, record),
            reasons: reasons.collect(),
            address: self.import_address(id),
            query,
            shown: shown.collect(),
            latest: self.answers_about(&page, &import.latest),
            findings: findings.collect(),
            decide: self.decide(&page, record).await?,
            page,
        };
        Ok(views::html(StatusCode::OK, &view))
    }

    /// Which import the search answers about, where that is not the one that is open.
    fn answers_about(&self, page: &Page<'_>, latest: &Latest) -> Option<DeskItem> {
        match latest {
            Latest::This => None,
            Latest::Another(import, at) => Some(DeskItem {
                text: page.say_with(
                    "desk-import-search-latest",
                    "day",
                    times::day(*at, page.words.language()),
                ),
                href: Some(self.import_address(*import)),
                note: Some(page.say("desk-latest-see")),
                badge: None,
            }),
            Latest::None => Some(DeskItem {
                text: page.say("desk-import-search-none"),
                ..DeskItem::default()
            }),
        }
    }

    fn standing(&self, page: &Page<'_>, one: &Shown) -> DeskItem {
        let standing = match &one.standing {
            Standing::Present => page.say("desk-standing-present"),
            Standing::Gone => page.say("desk-standing-gone"),
            Standing::Refused(finding) => {
                let said = said(finding, &page.words);
                let values = [("what", said.what), ("remedy", said.mend)];
                page.words.say_all("desk-standing-refused", &values)
            }
            Standing::Unknown => page.say("desk-standing-unknown"),
        };
        let standing = match &one.refused_here {
            Some(finding) => {
                let said = said(finding, &page.words);
                let values = [("what", said.what), ("remedy", said.mend)];
                let here = page.words.say_all("desk-standing-refused-here", &values);
                match one.standing {
                    Standing::Unknown => here,
                    _ => format!("{here} · {standing}"),
                }
            }
            None => standing,
        };
        let known = one.actor.as_ref();
        DeskItem {
            text: known.map_or_else(
                || one.local_id.clone(),
                |known| format!("{} {}", known.given_name, known.family_name),
            ),
            href: known.map(|known| self.person_address(known.actor)),
            note: Some(standing),
            badge: None,
        }
    }

    async fn administrators(&self, problem: Option<Why>) -> Result<Response, DeskError> {
        let page = self.page();
        let mut administrators = Vec::new();
        for one in self.desk.administrators().await? {
            let who = self.desk.who(&one.given_by).await?;
            let values = [
                ("day", times::day(one.given_at, page.words.language())),
                ("who", words::who(&page.words, &who)),
            ];
            administrators.push(DeskItem {
                text: format!("{} {}", one.given_name, one.family_name),
                href: Some(format!("{}?q={}", self.base(), one.user_name.as_str())),
                note: Some(page.words.say_all("desk-administrator-since", &values)),
                badge: (!self.desk.can_come(&one)).then(|| page.say("desk-administrator-cannot-come")),
            });
        }
        let view = DeskAdministratorsPage {
            frame: self.frame(&page, problem),
            administrators,
            page,
        };
        Ok(views::html(StatusCode::OK, &view))
    }
}

/// What somebody is called here.
pub(super) fn name_of(one: &Affiliation) -> String {
    let name = format!("{} {}", one.person.given_name, one.person.family_name);
    name.trim_end().to_owned()
}

fn without_codes(people: Vec<Affiliation>) -> Vec<CodeRow> {
    let row = |who| CodeRow {
        who,
        reading: None,
        why: None,
    };
    people.into_iter().map(row).collect()
}

fn summary(page: &Page<'_>, import: &ImportRecord) -> String {
    format!(
        "{} · {} · {}",
        times::readable(import.received_at, page.words.language()),
        page.say(words::kind(import.kind)),
        page.say(words::state(import.state)),
    )
}

fn finding(page: &Page<'_>, one: &ImportFinding) -> DeskItem {
    let line = one
        .line
        .map(|line| page.say_with("desk-import-line", "line", line));
    let place: Vec<String> = one.subject.clone().into_iter().chain(line).collect();
    let said = said(one, &page.words);
    DeskItem {
        text: format!("{} {}", said.what, said.mend),
        href: None,
        note: (!place.is_empty()).then(|| place.join(" · ")),
        badge: None,
    }
}
