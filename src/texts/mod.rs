//! Every word that people read, in Danish and English, looked up in Fluent files.
//!
//! The files are part of the program (`da/` and `en/` beside this one), so that a missing
//! word is a failing test and not a surprise at a school. Three values are known to every
//! text: `$product`, what the login is called; `$eid`, the national eID of the day; and
//! `$site`, the name of this installation. Not here: which text a page shows, which the
//! templates in `web/pages` say, and what happened, which `domain/refusal.rs` says.

mod refusal;

use std::fmt;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

use crate::domain::text::{Language, LocalizedName};

pub use refusal::{RefusalContext, RefusalWords};

const DANISH: &[&str] = &[
    include_str!("da/common.ftl"),
    include_str!("da/login.ftl"),
    include_str!("da/passwords.ftl"),
    include_str!("da/help.ftl"),
    include_str!("da/board.ftl"),
    include_str!("da/refusals.ftl"),
    include_str!("da/logout.ftl"),
    include_str!("da/support.ftl"),
    include_str!("da/status.ftl"),
    include_str!("da/import.ftl"),
    include_str!("da/pictures.ftl"),
    include_str!("da/import-plan.ftl"),
    include_str!("da/me.ftl"),
    include_str!("da/recovery.ftl"),
    include_str!("da/desk.ftl"),
    include_str!("da/faktor-2.ftl"),
];

const ENGLISH: &[&str] = &[
    include_str!("en/common.ftl"),
    include_str!("en/login.ftl"),
    include_str!("en/passwords.ftl"),
    include_str!("en/help.ftl"),
    include_str!("en/board.ftl"),
    include_str!("en/refusals.ftl"),
    include_str!("en/logout.ftl"),
    include_str!("en/support.ftl"),
    include_str!("en/status.ftl"),
    include_str!("en/import.ftl"),
    include_str!("en/pictures.ftl"),
    include_str!("en/import-plan.ftl"),
    include_str!("en/me.ftl"),
    include_str!("en/recovery.ftl"),
    include_str!("en/desk.ftl"),
    include_str!("en/faktor-2.ftl"),
];

/// The names that an installation may put in place of the usual ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    /// What users call their login: `$product`.
    pub product: LocalizedName,
    /// What users call the national eID: `$eid`.
    pub eid: LocalizedName,
    /// What this installation is called, in the header and in titles: `$site`.
    pub site: LocalizedName,
}

impl Default for Wording {
    fn default() -> Self {
        Self {
            product: LocalizedName::new("Unilogin"),
            eid: LocalizedName::new("MitID"),
            site: LocalizedName::new("Portner"),
        }
    }
}

/// All texts in all languages. Built once.
pub struct Texts {
    danish: FluentBundle<FluentResource>,
    english: FluentBundle<FluentResource>,
    wording: Wording,
}

impl Texts {
    /// Reads the embedded files. Fails only if a file does not parse or two define one key,
    /// which `tests/texts.rs` rules out for a released program.
    pub fn new(wording: Wording) -> Result<Self, BrokenTexts> {
        Ok(Self {
            danish: bundle(Language::Da)?,
            english: bundle(Language::En)?,
            wording,
        })
    }

    /// The texts in one language.
    pub const fn in_language(&self, language: Language) -> Words<'_> {
        Words {
            texts: self,
            language,
        }
    }

    /// The Fluent sources of a language, for the test that compares the languages.
    pub const fn sources(language: Language) -> &'static [&'static str] {
        match language {
            Language::Da => DANISH,
            Language::En => ENGLISH,
        }
    }

    const fn bundle(&self, language: Language) -> &FluentBundle<FluentResource> {
        match language {
            Language::Da => &self.danish,
            Language::En => &self.english,
        }
    }
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Texts")
            .field("wording", &self.wording)
            .finish_non_exhaustive()
    }
}

fn bundle(language: Language) -> Result<FluentBundle<FluentResource>, BrokenTexts> {
    let locale: LanguageIdentifier = language.tag().parse().map_err(|_| BrokenTexts { language })?;
    let mut bundle = FluentBundle::new_concurrent(vec![locale]);
    // The marks that shield right-to-left values would only be in the way of copied text.
    bundle.set_use_isolating(false);
    for source in Texts::sources(language) {
        let resource = FluentResource::try_new((*source).to_owned()).map_err(|_| BrokenTexts { language })?;
        bundle
            .add_resource(resource)
            .map_err(|_| BrokenTexts { language })?;
    }
    Ok(bundle)
}

/// The embedded texts of a language cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the texts in language {} are broken", language.tag())]
pub struct BrokenTexts {
    /// Which language.
    pub language: Language,
}

/// The texts in the language of one visitor.
#[derive(Debug, Clone, Copy)]
pub struct Words<'t> {
    texts: &'t Texts,
    language: Language,
}

impl<'t> Words<'t> {
    /// The language.
    pub const fn language(&self) -> Language {
        self.language
    }

    /// The names of this installation.
    pub const fn wording(&self) -> &'t Wording {
        &self.texts.wording
    }

    /// Whether there is a text of `key`, for keys that were kept.
    pub fn knows(&self, key: &str) -> bool {
        self.texts.bundle(self.language).has_message(key)
    }

    /// The text of `key`; `key.part` is the attribute `part` of the message `key`.
    pub fn say(&self, key: &str) -> String {
        self.format(key, &self.args())
    }

    /// The text of `key` about one value.
    pub fn say_with(&self, key: &str, name: &str, value: impl fmt::Display) -> String {
        let mut args = self.args();
        args.set(name, value.to_string());
        self.format(key, &args)
    }

    /// The text of `key` about a number, in singular or plural.
    pub fn say_count(&self, key: &str, name: &str, count: usize) -> String {
        let mut args = self.args();
        args.set(name, count);
        self.format(key, &args)
    }

    /// The text of `key` about several values, each a text.
    pub fn say_all(&self, key: &str, values: &[(&'static str, String)]) -> String {
        let mut args = self.args();
        for (name, value) in values {
            args.set(*name, value.as_str());
        }
        self.format(key, &args)
    }

    /// What every text may name.
    fn args(&self) -> FluentArgs<'t> {
        let Wording { product, eid, site } = &self.texts.wording;
        let mut args = FluentArgs::with_capacity(8);
        args.set("product", product.in_language(self.language));
        args.set("eid", eid.in_language(self.language));
        args.set("site", site.in_language(self.language));
        args
    }

    fn format(&self, key: &str, args: &FluentArgs<'_>) -> String {
        self.find(key, args).unwrap_or_else(|| {
            tracing::error!(key, language = self.language.tag(), "text missing");
            key.to_owned()
        })
    }

    fn find(&self, key: &str, args: &FluentArgs<'_>) -> Option<String> {
        let bundle = self.texts.bundle(self.language);
        let pattern = match key.split_once('.') {
            None => bundle.get_message(key)?.value()?,
            Some((key, part)) => bundle.get_message(key)?.get_attribute(part)?.value(),
        };
        let mut errors = Vec::new();
        let text = bundle
            .format_pattern(pattern, Some(args), &mut errors)
            .into_owned();
        errors.is_empty().then_some(text)
    }

    fn has(&self, key: &str, part: &str) -> bool {
        self.texts
            .bundle(self.language)
            .get_message(key)
            .is_some_and(|message| message.get_attribute(part).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_national_eid_is_a_name_that_can_be_changed() {
        let wording = Wording {
            eid: LocalizedName::new("NemID"),
            ..Wording::default()
        };
        let texts = Texts::new(wording).unwrap();
        let danish = texts.in_language(Language::Da);
        assert_eq!(danish.say("name-other-ways"), "Log ind med f.eks. NemID");
    }

    #[test]
    fn a_missing_text_shows_its_key() {
        let texts = Texts::new(Wording::default()).unwrap();
        assert_eq!(texts.in_language(Language::En).say("no-such-key"), "no-such-key");
    }
}
