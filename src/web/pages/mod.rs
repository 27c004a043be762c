//! The pages: one view struct and one template each, and nothing that decides.
//!
//! A view holds what the page shows, already chosen by the handler; the template beside it
//! says it in the visitor's language. Every page works without script; on every page the
//! form that carries the visitor on is the first form of the document. `samples()` makes
//! each view in its variants, for the snapshots and for looking at the pages without a login.

mod account;
mod actor;
mod adult;
mod board;
mod chooser;
mod desk;
mod device_class;
mod front;
mod help_role;
mod logout;
mod me;
mod name;
mod new_secret;
mod password;
pub mod picture_grid;
mod pictures;
mod recovery;
mod refusal;
mod repost;
mod secret_notes;
mod status;
mod support;
mod teacher_desk;
mod teacher_picture;
mod vouch;

use std::fmt;

use askama::Template;

use super::assets;
use crate::domain::actor::ActorGroup;
use crate::domain::role::Role;
use crate::domain::text::Language;
use crate::texts::Words;

pub use account::{AccountChoice, AccountPage};
pub use actor::{ActorChoice, ActorPage};
pub use adult::{AdultPage, AdultState, ConfirmCell};
pub use board::{BoardPage, BoardRow, BoardRowPart, BoardStuck, BoardSummary, BoardWaits, Standing};
pub use chooser::{Choice, ChooserPage};
pub use desk::{
    AffiliationLine, BlockPart, CodeLine, CodePart, DecidePart, DeskAdministratorsPage, DeskByHandPage,
    DeskChoosePage, DeskCodesPage, DeskFrame, DeskFrontPage, DeskImportPage, DeskImportsPage, DeskItem,
    DeskKept, DeskPersonPage, DeskStopPage, RefusedLine, RightPart, RulePart, WaitingPart,
};
pub use device_class::{ClassCode, ClassSheetPage, DeviceClass, DeviceClassPage};
pub use front::FrontPage;
pub use help_role::{HelpRole, HelpRolePage};
pub use logout::{Frame, LoggedOutPage, LogoutPage, Onward};
pub use me::{MePage, MyEntry, MyHistoryPage, MyKeptLogin, MySession};
pub use name::{NamePage, Suggestion};
pub use new_secret::{Face, NewSecretPage};
pub use password::PasswordPage;
pub use pictures::PicturesPage;
pub use recovery::{FoundName, RecoveryDonePage, RecoveryPage};
pub use refusal::{PartyHelp, RefusalPage};
pub use repost::{Receiver, RepostPage};
pub use secret_notes::{ForgottenPage, NewPasswordPage, RunsOutPage, SecretChangedPage};
pub use status::{FeedState, FeedStatus, Notice, StatusPage, UpstreamState, UpstreamStatus};
pub use support::SupportPage;
pub use teacher_desk::{
    DeskGroup, DeskPupil, DeskWindow, NotThePupilPage, TeacherDeniedPage, TeacherDeskPage, TeacherFrontPage,
    TeacherSchool,
};
pub use teacher_picture::TeacherPicturePage;
pub use vouch::{VouchPage, VouchedRow, WaitingRow};

/// What every page needs, whatever it is about.
#[derive(Debug, Clone)]
pub struct Page<'t> {
    /// The texts in the visitor's language.
    pub words: Words<'t>,
    /// This very page in the other language.
    pub language_link: String,
    /// The installation's own logo.
    pub logo: Option<String>,
    /// The installation's own colours: see [`assets::BrandStylesheet`].
    pub brand_stylesheet: Option<String>,
    /// The operator's messages that are due now, in the visitor's language.
    pub notices: Vec<String>,
}

impl<'t> Page<'t> {
    /// A page whose language is changed by `?lang=` on its own address.
    pub fn new(words: Words<'t>) -> Self {
        let language_link = format!("?lang={}", other(words.language()).tag());
        Self {
            words,
            language_link,
            logo: None,
            brand_stylesheet: None,
            notices: Vec::new(),
        }
    }

    /// The language of the page, for the `lang` attribute.
    pub const fn lang(&self) -> &'static str {
        self.words.language().tag()
    }

    /// The language that the visitor may change to.
    pub const fn other_lang(&self) -> &'static str {
        other(self.words.language()).tag()
    }

    /// What the installation is called.
    pub fn site(&self) -> &str {
        self.words.wording().site.in_language(self.words.language())
    }

    /// The address of an embedded file.
    pub fn asset(&self, name: &str) -> &'static str {
        assets::url(name)
    }

    /// The text with this key, in the visitor's language.
    pub fn say(&self, key: &str) -> String {
        self.words.say(key)
    }

    /// A text about one value.
    pub fn say_with(&self, key: &str, name: &str, value: impl fmt::Display) -> String {
        self.words.say_with(key, name, value)
    }

    /// What people call a group of actors.
    pub fn group(&self, group: ActorGroup) -> String {
        self.say(match group {
            ActorGroup::Elev => "group-elev",
            ActorGroup::Medarbejder => "group-medarbejder",
            ActorGroup::Ekstern => "group-ekstern",
            ActorGroup::Kontaktperson => "group-kontaktperson",
        })
    }

    /// What a role is called.
    pub fn role(&self, role: Role) -> String {
        self.say(match role {
            Role::Barn => "role-barn",
            Role::Elev => "role-elev",
            Role::Studerende => "role-studerende",
            Role::Lærer => "role-laerer",
            Role::Pædagog => "role-paedagog",
            Role::Vikar => "role-vikar",
            Role::Leder => "role-leder",
            Role::Ledelse => "role-ledelse",
            Role::Tap => "role-tap",
            Role::Konsulent => "role-konsulent",
            Role::Praktikant => "role-praktikant",
            Role::Ekstern => "role-ekstern",
        })
    }

    /// A text about a number.
    pub fn say_count(&self, key: &str, name: &str, count: usize) -> String {
        self.words.say_count(key, name, count)
    }
}

const fn other(language: Language) -> Language {
    match language {
        Language::Da => Language::En,
        Language::En => Language::Da,
    }
}

/// Where a form is sent, and the token that proves that we made it (F05).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// The address.
    pub action: String,
    /// The value of the hidden field `form`.
    pub token: String,
}

impl Form {
    fn sample(action: &str) -> Self {
        Self {
            action: action.to_owned(),
            token: "sample-token".to_owned(),
        }
    }
}

/// A way back to the service, where the journey began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackToService {
    /// What users call the service.
    pub service: String,
    /// Where a login at the service begins, or where it wants users that give up.
    pub url: String,
    /// Whether it is a page of our own, so that the way leads to the front.
    pub is_own: bool,
}

impl BackToService {
    fn sample() -> Self {
        Self {
            service: "Bogskabet".to_owned(),
            url: "https://bogskabet.example/".to_owned(),
            is_own: false,
        }
    }
}

/// Every page in every variant, rendered, each with a short name.
#[expect(clippy::too_many_lines, reason = "a list of all pages")]
pub fn samples(page: &Page<'_>) -> Result<Vec<(String, String)>, askama::Error> {
    let mut rendered = Vec::new();
    let mut add =
        |name: &str, html: askama::Result<String>| html.map(|html| rendered.push((name.to_owned(), html)));
    for (variant, view) in NamePage::samples(page) {
        add(variant, view.render())?;
    }
    for (variant, view) in PasswordPage::samples(page) {
        add(variant, view.render())?;
    }
    for (variant, view) in PicturesPage::samples(page) {
        add(variant, view.render())?;
    }
    for (variant, view) in TeacherFrontPage::samples(page) {
        add(variant, view.render())?;
    }
    for (variant, view) in TeacherDeskPage::samples(page) {
        add(variant, view.render())?;
    }
    for (variant, view) in BoardPage::samples(page) {
        add(variant, view.render())?;
    }
    for (variant, view) in ClassSheetPage::samples(page) {
        add(variant, view.render())?;
    }
    for (variant, view) in DeviceClassPage::samples(page) {
        add(variant, view.render())?;
    }
    for (variant, view) in TeacherDeniedPage::samples(page) {
        add(variant, view.render())?;
    }
    for (variant, view) in NotThePupilPage::samples(page) {
        add(variant, view.render())?;
    }
    for (variant, view) in TeacherPicturePage::samples(page) {
        add(variant, view.render())?;
    }
    for (variant, view) in AdultPage::samples(page) {
        add(variant, view.render())?;
    }
    for (variant, view) in VouchPage::samples(page) {
        add(variant, view.render())?;
    }
    for (variant, view) in NewSecretPage::samples(page) {
        add(variant, view.render())?;
    }
    for (variant, view) in RunsOutPage::samples(page) {
        add(variant, view.render())?;
    }
    for (variant, view) in SecretChangedPage::samples(page) {
        add(variant, view.render())?;
    }
    for (variant, view) in NewPasswordPage::samples(page) {
        add(variant, view.render())?;
    }
    for (variant, view) in ForgottenPage::samples(page) {
        add(variant, view.render())?;
    }
    for (variant, view) in RecoveryPage::samples(page) {
        add(variant, view.render())?;
    }
    for (variant, view) in RecoveryDonePage::samples(page) {
        add(variant, view.render())?;
    }
    for (variant, view) in ChooserPage::samples(page) {
        add(variant, view.render())?;
    }
    for (variant, view) in AccountPage::samples(page) {
        add(variant, view.render())?;
    }
    for (variant, view) in ActorPage::samples(page) {
        add(variant, view.render())?;
    }
    for (variant, view) in RefusalPage::samples(page) {
        add(&variant, view.render())?;
    }
    for (variant, view) in RepostPage::samples(page) {
        add(variant, view.render())?;
    }
    for (variant, view) in LogoutPage::samples(page) {
        add(variant, view.render())?;
    }
    for (variant, view) in LoggedOutPage::samples(page) {
        add(variant, view.render())?;
    }
    for (variant, view) in FrontPage::samples(page) {
        add(variant, view.render())?;
    }
    for (variant, view) in SupportPage::samples(page) {
        add(variant, view.render())?;
    }
    for (variant, view) in HelpRolePage::samples(page) {
        add(variant, view.render())?;
    }
    for (variant, view) in MyHistoryPage::samples(page) {
        add(variant, view.render())?;
    }
    for (variant, view) in MePage::samples(page) {
        add(variant, view.render())?;
    }
    for (variant, view) in StatusPage::samples(page) {
        add(variant, view.render())?;
    }
    for (variant, html) in desk::samples(page) {
        add(variant, html)?;
    }
    Ok(rendered)
}
