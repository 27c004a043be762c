//! The page that sends itself on: messages carried by a form, and the bounce to ourselves.

use askama::Template;

use super::Page;

/// A form that our script sends at once, with a button for browsers without script.
#[derive(Debug, Clone, Template)]
#[template(path = "repost.html", config = "src/web/askama.toml")]
pub struct RepostPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// Who gets the form.
    pub receiver: Receiver,
    /// Where it is sent.
    pub action: String,
    /// Its hidden fields, such as `SAMLResponse` and `RelayState`.
    pub fields: Vec<(String, String)>,
}

/// Who gets the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receiver {
    /// A service, which people call this.
    Service(String),
    /// An upstream, which people call this.
    Upstream(String),
    /// Ourselves: a cross-site POST that comes again with its cookies (F04, DR13).
    Ourselves,
}

impl<'t> RepostPage<'t> {
    /// One of each receiver.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let to = |receiver, action: &str, field: &str| Self {
            page: page.clone(),
            receiver,
            action: action.to_owned(),
            fields: vec![
                (field.to_owned(), "c2FtcGxl".to_owned()),
                ("RelayState".to_owned(), "\"><i>not markup</i>".to_owned()),
            ],
        };
        let service = Receiver::Service("Bogskabet".to_owned());
        let upstream = Receiver::Upstream("Lillekøbing Kommune Elev".to_owned());
        vec![
            (
                "repost-service",
                to(service, "https://bogskabet.example/acs", "SAMLResponse"),
            ),
            (
                "repost-upstream",
                to(upstream, "https://idp.lillekoebing.example/sso", "SAMLRequest"),
            ),
            (
                "repost-self",
                to(Receiver::Ourselves, "/saml/acs", "SAMLResponse"),
            ),
        ]
    }
}
