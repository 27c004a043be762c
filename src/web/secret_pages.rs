//! The pages about secrets, made from a login as far as it has come.

use axum::http::StatusCode;
use axum::response::Response;
use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;

use super::addresses::LoginAddress;
use super::learning::Lesson;
use super::pages::picture_grid::{Cell, PictureGrid};
use super::pages::{
    ForgottenPage, Form, NewPasswordPage, NewSecretPage, Page, PasswordPage, PicturesPage, RunsOutPage,
    SecretChangedPage,
};
use super::perform::{self, Scene};
use super::state::Portner;
use super::{recovery, times, views};
use crate::credentials::pictures::Grid;
use crate::domain::account::SecretVersion;
use crate::domain::login_name::LoginName;
use crate::domain::password_rule::{Assigned, ChoiceProblem, OwnChoice, RuleKey, SecretForm, Why};
use crate::domain::refusal::{Refusal, Refused};
use crate::keys::derive::{Label, MasterSecret};
use crate::login::help::Help;
use crate::login::journey::NewSecretAsked;
use crate::login::new_secret::{Picking, Reason, Said};
use crate::login::transaction::{LoginTransaction, MishapAt};

/// The page for the secret of a name, by what it looks like; perhaps once more.
pub async fn password(scene: &Scene<'_>, tx: &LoginTransaction) -> Result<Response, Refused> {
    let page = views::page(scene.portner, scene.visit, tx.request().language);
    let address = LoginAddress::of(tx);
    let name = tx.route().and_then(|route| route.name.as_ref());
    let form = match name {
        Some(LoginName::Bare(name)) => scene.portner.upstreams.credentials.form_of(name).await?,
        _ => SecretForm::Text,
    };
    let problem = tx
        .mishap()
        .filter(|mishap| mishap.at == MishapAt::Password)
        .map(|mishap| &mishap.refusal);
    let status = perform::status_of(problem);
    let problem = problem.map(|refusal| perform::words(scene, &page, refusal));
    let user_name = name.map(LoginName::as_typed).unwrap_or_default();
    let (form_to, back) = (views::form_about_user(tx, address.password()), address.name());
    let new_password = Some(address.new_password());
    let is_for_change = tx.wants_new_secret();
    let no_help = match tx.help() {
        Some(Help::TooLate) => Some(page.say("help-too-late")),
        Some(Help::NotGiven) => Some(page.say("help-not-given")),
        _ => None,
    };
    let service = Some(views::way_out(&scene.service.profile, page.words.language()));
    Ok(match form {
        SecretForm::Text => views::html(
            status,
            &PasswordPage {
                form: form_to,
                user_name,
                problem,
                back,
                new_password,
                is_for_change,
                no_help,
                service,
                page,
            },
        ),
        SecretForm::Pictures => views::html(
            status,
            &PicturesPage {
                form: form_to,
                user_name,
                grid: grid(scene.portner, &grid_secret(tx)?, tx.picking(), &page),
                problem,
                back,
                new_password,
                is_for_change,
                no_help,
                service,
                page,
            },
        ),
    })
}

/// What the pictures of this login's pages are hidden behind.
pub fn grid_secret(tx: &LoginTransaction) -> Result<MasterSecret, Refused> {
    let secret = MasterSecret::new(&tx.derive_for_login(Label::PictureToken));
    secret.map_err(|error| Refusal::Internal.because(error))
}

/// The pictures in an order that no page had before, unless some were picked on one already:
/// then that page goes on.
pub fn grid(portner: &Portner, secret: &MasterSecret, picking: &Picking, page: &Page<'_>) -> PictureGrid {
    let picked = picking.picked.len();
    let nonce = match picked {
        0 => portner.ambient.bytes(),
        _ => picking.nonce,
    };
    let cells = Grid::new(secret, nonce).cells();
    let slots = match portner.new_secrets.rules.rule(RuleKey::Indskoling).assigned {
        Assigned::Pictures { count } => count,
        Assigned::Words { .. } => 4,
    };
    PictureGrid {
        nonce: BASE64URL_NOPAD.encode(&nonce),
        picked,
        slots: usize::from(slots),
        cells: cells
            .into_iter()
            .map(|(picture, token)| Cell::of(picture, token, page))
            .collect(),
    }
}

/// What the user of a login learns on its page for a new password.
pub fn lesson<'a>(
    scene: &Scene<'a>,
    tx: &'a LoginTransaction,
    asked: &NewSecretAsked,
) -> Result<Lesson<'a>, Refused> {
    Ok(Lesson {
        portner: scene.portner,
        rule: asked.rule,
        assigned: scene.portner.new_secrets.assigned(tx, asked)?,
        grid: grid_secret(tx)?,
        learning: tx.learning(),
        picking: tx.picking(),
    })
}

/// The page for a new password, as far as its user has come.
pub fn new_secret(
    scene: &Scene<'_>,
    tx: &LoginTransaction,
    asked: &NewSecretAsked,
) -> Result<Response, Refused> {
    let page = views::page(scene.portner, scene.visit, tx.request().language);
    let user_name = tx.route().and_then(|route| route.name.as_ref());
    let view = NewSecretPage {
        form: views::form_about_user(tx, LoginAddress::of(tx).change()),
        user_name: user_name.map(LoginName::as_typed).unwrap_or_default(),
        why: why(asked, &page),
        may_stay: asked.may_stay(),
        is_first: asked.replaces == SecretVersion::NONE,
        service: Some(views::way_out(&scene.service.profile, page.words.language())),
        ..new_secret_page(&lesson(scene, tx, asked)?, page)
    };
    Ok(views::html(StatusCode::OK, &view))
}

/// What every page for a new password has, whoever asked for it.
pub fn new_secret_page<'t>(lesson: &Lesson<'_>, page: Page<'t>) -> NewSecretPage<'t> {
    let learning = lesson.learning;
    let problems = match &learning.said {
        Some(Said::Problems(problems)) => problems.iter().map(|one| in_words(*one, &page)).collect(),
        _ => Vec::new(),
    };
    NewSecretPage {
        form: Form {
            action: String::new(),
            token: String::new(),
        },
        user_name: String::new(),
        heading: None,
        why: String::new(),
        round: learning.right,
        face: lesson.face(&page),
        trouble: match &learning.said {
            Some(Said::NotRight) => Some(page.say("change-not-right")),
            Some(Said::Differ) => Some(page.say("change-differ")),
            _ => None,
        },
        praise: matches!(learning.said, Some(Said::Right)).then(|| page.say("change-right")),
        problems,
        may_choose: lesson
            .portner
            .new_secrets
            .rules
            .rule(lesson.rule)
            .own_choice
            .is_some(),
        may_stay: false,
        is_first: false,
        service: None,
        page,
    }
}

fn why(asked: &NewSecretAsked, page: &Page<'_>) -> String {
    match asked.reason {
        Reason::Due(Why::FirstLogin) => page.say("change-why-first"),
        Reason::Due(Why::Age) => page.say("change-why-age"),
        Reason::Due(Why::AnotherRule) => page.say("change-why-rule"),
        Reason::RunsOut(by) => page.say_with(
            "change-why-runs-out",
            "day",
            times::last_day(by, page.words.language()),
        ),
        Reason::Wish => page.say("change-why-wish"),
        Reason::Help if asked.replaces == SecretVersion::NONE => page.say("change-why-help-first"),
        Reason::Help => page.say("change-why-help"),
    }
}

/// What is asked of a password of one's own.
pub fn rules_of(choice: OwnChoice, page: &Page<'_>) -> Vec<String> {
    let count = |key, count: u8| page.say_count(key, "count", usize::from(count));
    let mixed = choice
        .mixed
        .then(|| count("change-rule-mixed", choice.long_enough));
    std::iter::once(count("change-rule-length", choice.shortest))
        .chain(mixed)
        .collect()
}

fn in_words(problem: ChoiceProblem, page: &Page<'_>) -> String {
    let count = |key, count: u8| page.say_count(key, "count", usize::from(count));
    match problem {
        ChoiceProblem::TooShort(shortest) => count("choice-too-short", shortest),
        ChoiceProblem::TooLong(longest) => count("choice-too-long", longest),
        ChoiceProblem::NoCapital => page.say("choice-no-capital"),
        ChoiceProblem::NoSmall => page.say("choice-no-small"),
        ChoiceProblem::NoDigit => page.say("choice-no-digit"),
        ChoiceProblem::Control => page.say("choice-control"),
        ChoiceProblem::OwnName => page.say("choice-own-name"),
        ChoiceProblem::Season => page.say("choice-season"),
        ChoiceProblem::Common => page.say("choice-common"),
        ChoiceProblem::UsedBefore => page.say("choice-used-before"),
    }
}

/// "Your password must soon be changed."
pub fn runs_out(scene: &Scene<'_>, tx: &LoginTransaction, by: Timestamp) -> Response {
    let page = views::page(scene.portner, scene.visit, tx.request().language);
    let view = RunsOutPage {
        form: views::form_about_user(tx, LoginAddress::of(tx).runs_out()),
        day: times::last_day(by, page.words.language()),
        service: Some(views::way_out(&scene.service.profile, page.words.language())),
        page,
    };
    views::html(StatusCode::OK, &view)
}

/// "Your password is changed."
pub fn changed(scene: &Scene<'_>, tx: &LoginTransaction) -> Response {
    let page = views::page(scene.portner, scene.visit, tx.request().language);
    let view = SecretChangedPage {
        form: views::form_about_user(tx, LoginAddress::of(tx).changed()),
        logs_in: tx.help().is_some(),
        service: Some(views::way_out(&scene.service.profile, page.words.language())),
        page,
    };
    views::html(StatusCode::OK, &view)
}

/// "Get a new password."
pub fn new_password(scene: &Scene<'_>, tx: &LoginTransaction) -> Response {
    let page = views::page(scene.portner, scene.visit, tx.request().language);
    let address = LoginAddress::of(tx);
    let view = NewPasswordPage {
        form: views::form_about_user(tx, address.new_password()),
        forgotten: address.forgotten(),
        back: address.password(),
        service: Some(views::way_out(&scene.service.profile, page.words.language())),
        page,
    };
    views::html(StatusCode::OK, &view)
}

/// What to do about a forgotten password.
pub fn forgotten(scene: &Scene<'_>, tx: &LoginTransaction) -> Response {
    let page = views::page(scene.portner, scene.visit, tx.request().language);
    let view = ForgottenPage {
        form: views::form_about_user(tx, LoginAddress::of(tx).forgotten()),
        back: LoginAddress::of(tx).new_password(),
        by_eid: recovery::address(scene.registry, &LoginAddress::of(tx)),
        service: Some(views::way_out(&scene.service.profile, page.words.language())),
        page,
    };
    views::html(StatusCode::OK, &view)
}
