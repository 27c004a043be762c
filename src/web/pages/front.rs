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
    /// The page.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        vec![("front", Self { page: page.clone() })]
    }
}
