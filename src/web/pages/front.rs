//! The front page, for those who come without a service.

use askama::Template;

use super::Page;

/// Says what this is and where to go.
#[derive(Debug, Clone, Template)]
#[template(path = "front.html", config = "src/web/askama.toml")]
pub struct FrontPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
}

impl<'t> FrontPage<'t> {
    /// The page, and with a message of the operator.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let quiet = Self { page: page.clone() };
        let mut busy = quiet.clone();
        busy.page.notices = vec!["Lillekøbing Kommune skifter certifikat i aften kl. 18.".to_owned()];
        vec![("front", quiet), ("front-notice", busy)]
    }
}
