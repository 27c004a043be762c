//! Which form a name gets that nobody has, so that the second page does not tell (DR15).
//!
//! One pure function, for every place that shows or takes a secret: pictures or text, by keyed
//! hash, so that a name always gets the same and nobody outside can tell it from a choice. How
//! secrets of real accounts look is not here.

use crate::domain::login_name::BareName;
use crate::domain::password_rule::SecretForm;
use crate::keys::derive::{Label, MasterSecret};

/// Of 256 names that nobody has, so many get pictures: about the share of pupils up to third
/// grade among those who log in here, so that neither form says much.
const PICTURES_OF_256: u8 = 64;

/// The form for a name that nobody has, and for an account that has no secret at all.
pub fn form_of_nobody(secret: &MasterSecret, name: &BareName) -> SecretForm {
    let derived = secret.derive(Label::DecoyForm, &[name.as_str().as_bytes()]);
    match derived.first() {
        Some(byte) if *byte < PICTURES_OF_256 => SecretForm::Pictures,
        _ => SecretForm::Text,
    }
}

/// At which place of their list the institution is that a name is counted at which nobody has. Each is as
/// likely as another: how many people one has is not looked at.
pub fn place_of_nobody(secret: &MasterSecret, name: &BareName) -> u32 {
    let derived = secret.derive(Label::DecoyPlace, &[name.as_str().as_bytes()]);
    let first = derived.first_chunk().copied().unwrap_or_default();
    u32::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_always_gets_the_same_form_and_names_get_both() {
        let secret = MasterSecret::new(&[7; 32]).unwrap();
        let names = (0..1_000).map(|number| BareName::parse(&format!("ukendt{number}")).unwrap());
        let mut pictures = 0;
        for name in names {
            let form = form_of_nobody(&secret, &name);
            assert_eq!(form, form_of_nobody(&secret, &name));
            pictures += u32::from(form == SecretForm::Pictures);
        }
        // A quarter, give or take five standard deviations.
        assert!((180..320).contains(&pictures), "{pictures}");
    }

    #[test]
    fn another_installation_gives_other_forms() {
        let (one, other) = (
            MasterSecret::new(&[7; 32]).unwrap(),
            MasterSecret::new(&[8; 32]).unwrap(),
        );
        let differ = |number: &u32| {
            let name = BareName::parse(&format!("ukendt{number}")).unwrap();
            form_of_nobody(&one, &name) != form_of_nobody(&other, &name)
        };
        assert!((0..1_000).filter(differ).count() > 100);
    }
}
