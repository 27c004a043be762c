//! What users see of an installation: its name, logo, languages, help and notices.

use std::path::PathBuf;

use jiff::Timestamp;
use toml::Spanned;
use toml::de::DeValue;
use url::Url;

use crate::domain::text::{Language, LocalizedName};

use super::file::{FromToml, Section, Wrong, text};
use super::notices::NoticeAt;
use super::problem::Problem;

/// How the pages look and what they call things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presentation {
    /// The product's name in titles and headings.
    pub name: LocalizedName,
    /// What users call their login, in sentences such as "not connected to …".
    pub product: LocalizedName,
    /// An SVG or PNG file for the page head.
    pub logo: Option<PathBuf>,
    /// The colour of buttons and links.
    pub colour: Option<Colour>,
    /// Used where a browser asks for no language that is offered.
    pub language: Language,
    /// The languages that visitors may choose.
    pub languages: Vec<Language>,
    /// What the national eID is called today.
    pub national_eid: LocalizedName,
    /// Where users get help.
    pub support: Support,
    /// Messages of the operator; more are in files of their own (`config/notices`).
    pub notices: Vec<Notice>,
}

/// Where users get help; the refusal pages show it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Support {
    /// A page where users get help.
    pub url: Option<Url>,
    /// An address that users may write to.
    pub email: Option<String>,
    /// A telephone number, as people write it.
    pub phone: Option<String>,
}

/// A message of the operator, such as planned maintenance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it says, in both languages.
    pub text: LocalizedName,
    /// Shown from then on.
    pub from: Option<Timestamp>,
    /// Shown until then.
    pub until: Option<Timestamp>,
    /// On which pages it is shown.
    pub shown: Vec<NoticeAt>,
}

impl Notice {
    /// Whether it is shown now.
    pub fn is_shown(&self, now: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= now) && self.until.is_none_or(|until| now < until)
    }
}

/// `#rrggbb`: the only spelling, since it ends up in a style sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Colour(String);

impl Colour {
    /// The spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads `#` and six hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        let hex = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        hex.then(|| Self(text.to_ascii_lowercase()))
    }
}

impl FromToml for Colour {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        text(value, "a colour", "\"#0059b3\"", Self::parse)
    }
}

/// Reads `[presentation]`.
pub(super) fn read(section: &mut Section<'_>) -> Presentation {
    let language = section.get_or("language", Language::Da);
    let languages = section.get_or("languages", Language::ALL.to_vec());
    if !languages.contains(&language) {
        let problem = Problem::error("presentation.languages does not hold presentation.language");
        section.fault("languages", problem.help(format!("add \"{}\"", language.tag())));
    }
    let name: Option<LocalizedName> = section.get("name");
    // Who calls the pages otherwise does not want another product's name in the sentences on them.
    let product = section.get("product").or_else(|| name.clone());
    Presentation {
        name: name.unwrap_or_else(|| LocalizedName::new("Portner")),
        product: product.unwrap_or_else(|| LocalizedName::new("Unilogin")),
        logo: section.get("logo"),
        colour: section.get("colour"),
        language,
        languages,
        national_eid: section.get_or("national_eid", LocalizedName::new("MitID")),
        support: section.table("support", |support| Support {
            url: support.get("url"),
            email: support.get("email"),
            phone: support.get("phone"),
        }),
        notices: section
            .tables("notices", read_notice)
            .into_iter()
            .flatten()
            .collect(),
    }
}

fn read_notice(section: &mut Section<'_>) -> Option<Notice> {
    let text = section.require("text", "what the notice says");
    let (from, until) = (section.get("from"), section.get("until"));
    if let (Some(from), Some(until)) = (from, until)
        && until <= from
    {
        let problem = Problem::error("this notice ends before it begins");
        section.fault("until", problem.help("write a later moment"));
    }
    Some(Notice {
        text: text?,
        from,
        until,
        shown: vec![NoticeAt::Login, NoticeAt::Status],
    })
}
