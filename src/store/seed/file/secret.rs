//! The secret of an account in a directory seed: a password or pictures, and what is known of it.

use jiff::SignedDuration;

use crate::config::file::Section;
use crate::credentials::Password;
use crate::credentials::pictures::{Picture, Sequence};
use crate::domain::password_rule::{RuleKey, SecretForm};

/// A secret as its file tells it.
#[derive(Debug)]
pub(in crate::store::seed) struct SeedSecret {
    pub(in crate::store::seed) password: Password,
    pub(in crate::store::seed) form: SecretForm,
    pub(in crate::store::seed) made_under: Option<RuleKey>,
    /// How long before the loading it was made.
    pub(in crate::store::seed) age: SignedDuration,
    pub(in crate::store::seed) one_time: bool,
}

/// Reads `password` or `pictures`, with `password-rule`, `password-age-days` and `password-once`.
pub(super) fn read(section: &mut Section<'_>) -> Option<SeedSecret> {
    let text: Option<String> = section.get("password");
    let text = text.and_then(|text| section.checked("password", Password::new(text)));
    let numbers: Option<Vec<u32>> = section.get("pictures");
    let pictures = numbers.and_then(|numbers| {
        let pictures: Option<Vec<_>> = numbers.into_iter().map(picture).collect();
        section.checked("pictures", pictures.ok_or(NotAPicture))
    });
    let rule: Option<String> = section.get("password-rule");
    let made_under =
        rule.and_then(|word| section.checked("password-rule", RuleKey::parse(&word).ok_or(NotARule)));
    let age = section.get_or("password-age-days", 0_u32);
    let one_time = section.get_or("password-once", false);
    let (password, form) = match (text, pictures) {
        (_, Some(pictures)) => (Sequence::picked(pictures).to_password(), SecretForm::Pictures),
        (Some(text), None) => (text, SecretForm::Text),
        (None, None) => return None,
    };
    Some(SeedSecret {
        password,
        form,
        made_under,
        age: SignedDuration::from_hours(24 * i64::from(age)),
        one_time,
    })
}

fn picture(number: u32) -> Option<Picture> {
    u8::try_from(number).ok().and_then(Picture::numbered)
}

#[derive(Debug, thiserror::Error)]
#[error("write numbers of pictures, 0 to 35")]
struct NotAPicture;

#[derive(Debug, thiserror::Error)]
#[error("write the name of a section of password-rules.toml")]
struct NotARule;
