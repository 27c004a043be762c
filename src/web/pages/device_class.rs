//! What a device knows of its class, and what a teacher prints for one.

use askama::Template;

use super::{Form, Page};
use crate::domain::institution::InstitutionNumber;
use crate::web::qr::{self, Drawing};

/// The class that a device belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceClass {
    /// At which institution.
    pub institution: InstitutionNumber,
    /// What the class is called.
    pub class: String,
    /// What the institution is called.
    pub school: String,
}

impl DeviceClass {
    /// Both in words.
    pub fn said(&self, page: &Page<'_>) -> String {
        let values = [("class", self.class.clone()), ("school", self.school.clone())];
        page.words.say_all("class-of-device", &values)
    }

    pub(super) fn sample() -> Option<Self> {
        Some(Self {
            institution: InstitutionNumber::parse("101001").ok()?,
            class: "2.B".to_owned(),
            school: "Bakkeskolen".to_owned(),
        })
    }
}

/// What this device knows. The form, where there is one, forgets it.
#[derive(Debug, Clone, Template)]
#[template(path = "device_class.html", config = "src/web/askama.toml")]
pub struct DeviceClassPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// The class that this device belongs to; nothing where it belongs to none.
    pub class: Option<DeviceClass>,
    /// Whether the address was none of ours.
    pub is_unknown: bool,
    /// Where it is forgotten.
    pub form: Option<Form>,
}

/// The code of a class: what devices of the class read.
#[derive(Debug, Clone)]
pub struct ClassCode {
    /// The drawing.
    pub drawing: Drawing,
    /// The address in it, where there is a screen to take it from.
    pub address: Option<String>,
}

impl ClassCode {
    /// The code that leads to this address.
    pub fn of(address: String) -> Option<Self> {
        let drawing = qr::drawing(&address)?;
        let address = Some(address);
        Some(Self { drawing, address })
    }

    /// The same for paper: nobody types such an address.
    #[must_use]
    pub fn on_paper(self) -> Self {
        Self {
            address: None,
            ..self
        }
    }
}

/// A class on paper: user names, and the code for its devices. No secret of anybody.
#[derive(Debug, Clone, Template)]
#[template(path = "class_sheet.html", config = "src/web/askama.toml")]
pub struct ClassSheetPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// What people call the institution.
    pub institution: String,
    /// What the class is called.
    pub class: String,
    /// The day that it was made.
    pub day: String,
    /// The code that takes a device to the class; nothing where no such code can be drawn.
    pub code: Option<ClassCode>,
    /// Names and user names.
    pub pupils: Vec<(String, String)>,
    /// The address of the board.
    pub back: String,
}

impl<'t> DeviceClassPage<'t> {
    /// A device that knows its class, one that knows none, and a code that is none.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let known = Self {
            page: page.clone(),
            class: DeviceClass::sample(),
            is_unknown: false,
            form: Some(Form::sample("/skole")),
        };
        let none = Self {
            class: None,
            form: None,
            ..known.clone()
        };
        let unknown = Self {
            is_unknown: true,
            ..none.clone()
        };
        vec![
            ("device-class", known),
            ("device-class-none", none),
            ("device-class-unknown", unknown),
        ]
    }
}

impl<'t> ClassSheetPage<'t> {
    /// A class of two.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let pupil = |name: &str, user_name: &str| (name.to_owned(), user_name.to_owned());
        let view = Self {
            page: page.clone(),
            institution: "Bakkeskolen".to_owned(),
            class: "2.B".to_owned(),
            day: "11.08.2026".to_owned(),
            code: ClassCode::of("https://login.example/skole/101001/AAAA".to_owned())
                .map(ClassCode::on_paper),
            pupils: vec![pupil("Sofie Holm", "sofi1234"), pupil("Storm Kjær", "stor1234")],
            back: "/elevadgang/101001/tavle/1".to_owned(),
        };
        vec![("class-sheet", view)]
    }
}
