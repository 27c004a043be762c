//! A browser that was sent to a SAML login, and a login that answers what a test wants.

use super::Before;
use crate::world::browser::Page;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::saml_idp::{Asked, Words};
use crate::world::visitor::Visitor;

/// Sofie, as Lillekøbing names her.
pub(crate) const SOFIE: &str = "1000001201";
/// Emil, a teacher at another municipality's school, and his CPR number.
pub(crate) const EMIL: &str = "1000001202";
pub(crate) const EMILS_CPR: &str = "0201851001";

/// A browser that Lillekøbing has been asked about.
pub(crate) struct Stage {
    pub(crate) world: Federation,
    pub(crate) browser: Visitor,
    pub(crate) asked: Asked,
}

impl Stage {
    pub(crate) async fn set() -> Self {
        Self::set_for("skolebroen").await
    }

    pub(crate) async fn set_for(service: &str) -> Self {
        let world = Federation::start().await;
        let mut browser = world.visitor();
        let asked = world.sent_to_lillekoebing(&mut browser, service).await;
        assert_eq!(asked.subject.as_deref(), Some("sofie@lillekoebing.example"));
        Self {
            world,
            browser,
            asked,
        }
    }

    pub(crate) fn words(&self) -> Words {
        let now = self.world.house.now();
        self.world.lillekoebing.words(&self.asked, SOFIE, now)
    }

    pub(crate) async fn say(&mut self, words: &Words) -> Page {
        let answer = self.world.lillekoebing.form(words, &self.asked).await;
        self.post(&answer).await
    }

    pub(crate) async fn post(&mut self, answer: &[(String, String)]) -> Page {
        self.browser
            .post_from_elsewhere(&self.asked.acs_path(), answer)
            .await
    }

    pub(crate) async fn before(&self) -> Before {
        Before::of(&self.world, &self.browser).await
    }

    pub(crate) async fn assert_denied(&mut self, words: &Words, reason: &str, attack: &str) -> Page {
        let before = self.before().await;
        let page = self.say(words).await;
        before
            .assert_denied(&self.world, &self.browser, &page, ("UL-303", reason), attack)
            .await;
        page
    }

    /// What was refused has not spoilt the login: the honest answer still counts.
    pub(crate) async fn assert_honest_answer_counts(&mut self) {
        let page = self.say(&self.words()).await;
        assert!(is_logged_in(&page), "{}", page.body);
    }
}
