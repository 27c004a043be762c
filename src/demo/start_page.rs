//! The start page: every story as one click, in Danish and English.

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;

use super::addresses::Addresses;
use super::adult_stories::{ADULT_STORIES, PUPIL, PUPIL_ENDING, PUPIL_TITLE, SURVEY};
use super::cast::PASSWORD;
use super::chapters::{Chapter, Words};
use super::desk_stories::DESK_STORIES;
use super::help_stories::HELP_STORIES;
use super::http;
use super::pages::StartPage;
use super::password_stories::{DOOR, PASSWORD_STORIES};
use super::recovery_stories::RECOVERY_STORIES;
use super::services::door_named;
use super::stories::{Ending, STORIES, Story};
use super::window_stories::WINDOW_STORIES;
use crate::domain::text::Language;
use crate::web::language;

/// What the page says, in one language.
pub(super) struct StartWords {
    pub(super) lang: &'static str,
    pub(super) title: &'static str,
    pub(super) tagline: &'static str,
    pub(super) heading: &'static str,
    pub(super) introduction: &'static str,
    /// Tag, address and name of the other language.
    pub(super) other_language: (&'static str, &'static str, &'static str),
    pub(super) story: &'static str,
    pub(super) login: &'static str,
    pub(super) password: &'static str,
    pub(super) ending: &'static str,
    pub(super) side_by_side: &'static str,
    pub(super) side_by_side_how: &'static str,
    pub(super) window: &'static str,
    pub(super) behind: &'static str,
    pub(super) front: &'static str,
    pub(super) support: &'static str,
    pub(super) status: &'static str,
    pub(super) configuration: &'static str,
}

const DANISH: StartWords = StartWords {
    lang: "da",
    title: "Portner – demonstration",
    tagline: "En hel føderation på din egen maskine",
    heading: "Vælg en historie",
    introduction: "Hvert link begynder hos en tjeneste, går gennem Portner til det sted, hvor brugeren beviser, \
                   hvem vedkommende er, og tilbage igen. Skriv det brugernavn og den adgangskode, der står ved historien. \
                   Alle personer, skoler, kommuner og CPR-numre er opdigtede.",
    other_language: ("en", "?lang=en", "In English"),
    story: "Historie",
    login: "Brugernavn",
    password: "Adgangskode",
    ending: "Ender med",
    side_by_side: "To vinduer ved siden af hinanden",
    side_by_side_how: "Åbn det ene som privat vindue eller i en anden browser, så de to ikke deler login, og stil dem \
                       ved siden af hinanden. Følg så trinene.",
    window: "Vindue",
    behind: "Bag scenen",
    front: "Portners forside",
    support: "fejlkoder",
    status: "driftsinfo",
    configuration: "konfiguration",
};

const ENGLISH: StartWords = StartWords {
    lang: "en",
    title: "Portner – demonstration",
    tagline: "A whole federation on your own machine",
    heading: "Choose a story",
    introduction: "Every link begins at a service, goes through Portner to the place where the user proves who they \
                   are, and back again. Type the user name and password beside the story. Portner's own pages speak \
                   English too; the other parties speak Danish. All people, schools, municipalities and CPR numbers \
                   are made up.",
    other_language: ("da", "?lang=da", "På dansk"),
    story: "Story",
    login: "User name",
    password: "Password",
    ending: "Ends with",
    side_by_side: "Two windows side by side",
    side_by_side_how: "Open one of them as a private window or in another browser, so that the two share no login, and \
                       put them side by side. Then follow the steps.",
    window: "Window",
    behind: "Behind the scenes",
    front: "Portner's front page",
    support: "error codes",
    status: "operational status",
    configuration: "configuration",
};

/// A chapter as it is shown.
pub(super) struct ShownChapter {
    pub(super) title: &'static str,
    pub(super) stories: Vec<ShownStory>,
}

/// A story as it is shown.
pub(super) struct ShownStory {
    pub(super) title: &'static str,
    pub(super) login: &'static str,
    pub(super) password: &'static str,
    pub(super) start_url: String,
    pub(super) ending: String,
}

/// A story with two windows as it is shown.
pub(super) struct ShownPair {
    pub(super) title: &'static str,
    pub(super) windows: Vec<ShownWindow>,
    pub(super) steps: Vec<ShownStep>,
}

/// One of its windows.
pub(super) struct ShownWindow {
    pub(super) number: usize,
    pub(super) who: &'static str,
    pub(super) login: &'static str,
    pub(super) password: &'static str,
    pub(super) start_url: String,
}

/// One of its steps.
pub(super) struct ShownStep {
    pub(super) window: u8,
    pub(super) text: &'static str,
    pub(super) url: Option<String>,
}

/// The start page's routes.
pub(super) fn routes(addresses: Addresses) -> Router {
    Router::new().route("/", get(show)).with_state(addresses)
}

async fn show(State(addresses): State<Addresses>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let query = query.unwrap_or_default();
    let chosen = query.split('&').find_map(|pair| pair.strip_prefix("lang="));
    // As Portner's own pages do: who reads English begins in English.
    let language = language::choose(chosen.and_then(Language::from_tag), None, None, &headers);
    let chapters = Chapter::ALL.map(|chapter| ShownChapter {
        title: in_language(chapter.title(), language),
        stories: STORIES
            .iter()
            .filter(|story| story.chapter == chapter)
            .map(|story| shown(story, addresses, language))
            .chain(about_passwords(chapter, addresses, language))
            .chain(about_adults(chapter, addresses, language))
            .chain(at_portner(chapter, addresses, language))
            .chain(at_the_desk(chapter, addresses, language))
            .collect(),
    });
    let page = StartPage {
        words: match language {
            Language::Da => &DANISH,
            Language::En => &ENGLISH,
        },
        pairs: side_by_side(addresses, language),
        chapters: chapters.into(),
        broker: format!("{}/", addresses.broker_origin()),
    };
    http::page(StatusCode::OK, &page)
}

fn side_by_side(addresses: Addresses, language: Language) -> Vec<ShownPair> {
    let pairs = WINDOW_STORIES.iter().map(|story| ShownPair {
        title: in_language(story.title, language),
        windows: (1..)
            .zip(&story.windows)
            .map(|(number, window)| ShownWindow {
                number,
                who: in_language(window.who, language),
                login: window.login,
                password: in_language(window.password, language),
                start_url: window.start.url(addresses),
            })
            .collect(),
        steps: story
            .steps
            .iter()
            .map(|step| ShownStep {
                window: step.window,
                text: in_language(step.text, language),
                url: step.at.map(|at| at.url(addresses)),
            })
            .collect(),
    });
    pairs.collect()
}

fn about_passwords(chapter: Chapter, addresses: Addresses, language: Language) -> Vec<ShownStory> {
    let told = PASSWORD_STORIES.iter().filter(|_| chapter == Chapter::Passwords);
    told.map(|story| ShownStory {
        title: in_language(story.title, language),
        login: story.login,
        password: in_language(story.password, language),
        start_url: door_named(DOOR)
            .map(|door| door.start_url(addresses))
            .unwrap_or_default(),
        ending: in_language(story.ending, language).to_owned(),
    })
    .collect()
}

/// The pupil who waits.
fn about_adults(chapter: Chapter, addresses: Addresses, language: Language) -> Option<ShownStory> {
    (chapter == Chapter::Adults).then(|| ShownStory {
        title: in_language(PUPIL_TITLE, language),
        login: PUPIL.0,
        password: in_language(PUPIL.1, language),
        start_url: door_named(SURVEY)
            .map(|door| door.start_url(addresses))
            .unwrap_or_default(),
        ending: in_language(PUPIL_ENDING, language).to_owned(),
    })
}

fn at_portner(chapter: Chapter, addresses: Addresses, language: Language) -> Vec<ShownStory> {
    let recovery = RECOVERY_STORIES.iter().filter(|_| chapter == Chapter::Recovery);
    let help = HELP_STORIES.iter().filter(|_| chapter == Chapter::Help);
    let adults = ADULT_STORIES.iter().filter(|_| chapter == Chapter::Adults);
    recovery
        .chain(help)
        .chain(adults)
        .map(|story| ShownStory {
            title: in_language(story.title, language),
            login: story.login,
            password: PASSWORD,
            start_url: format!("{}{}", addresses.broker_origin(), story.path),
            ending: in_language(story.ending, language).to_owned(),
        })
        .collect()
}

fn at_the_desk(chapter: Chapter, addresses: Addresses, language: Language) -> Vec<ShownStory> {
    let told = DESK_STORIES.iter().filter(|_| chapter == Chapter::Administration);
    told.map(|story| ShownStory {
        title: in_language(story.title, language),
        login: story.login,
        password: story.password,
        start_url: format!("{}{}", addresses.broker_origin(), story.address),
        ending: in_language(story.ending, language).to_owned(),
    })
    .collect()
}

fn shown(story: &Story, addresses: Addresses, language: Language) -> ShownStory {
    ShownStory {
        title: in_language(story.title, language),
        login: story.login,
        password: story.password,
        start_url: door_named(story.door)
            .map(|door| door.start_url(addresses))
            .unwrap_or_default(),
        ending: match story.ending {
            Ending::Refused(code) => code.to_owned(),
            Ending::LoggedIn { .. } => {
                let logged_in = in_language(Words("logget ind i", "logged in to"), language);
                let service = door_named(story.door).map_or(story.door, |door| door.service.name);
                format!("{logged_in} {service}")
            }
        },
    }
}

fn in_language(Words(danish, english): Words, language: Language) -> &'static str {
    match language {
        Language::Da => danish,
        Language::En => english,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use axum::http::header::ACCEPT_LANGUAGE;

    use super::*;

    async fn shown_to(reads: &'static str, query: Option<&str>) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(reads));
        let addresses = State(Addresses::from(8080).unwrap());
        let page = show(addresses, RawQuery(query.map(str::to_owned)), headers).await;
        let body = axum::body::to_bytes(page.into_body(), usize::MAX).await.unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn it_speaks_the_browsers_language_unless_another_is_chosen() {
        assert!(
            shown_to("en-GB,en;q=0.9", None)
                .await
                .contains("<html lang=\"en\">")
        );
        assert!(shown_to("da", None).await.contains("<html lang=\"da\">"));
        let chosen = shown_to("en", Some("lang=da")).await;
        assert!(chosen.contains("<html lang=\"da\">"));
    }
}
