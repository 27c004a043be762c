//! What an adult reads who has taken a level back: which services were told, which did not answer, and which
//! nobody can tell, as it was and not as it should be (I09). It travels in the address, by services' short names.

use url::form_urlencoded::Serializer;

use crate::domain::service::ServiceId;
use crate::trust::registry::Registry;
use crate::web::logout::level_over::Heard;
use crate::web::pages::Page;

/// The word of the address for what was taken back.
pub(in crate::web) const WORD: &str = "taget-tilbage";

/// Said where whoever is to be told is told by somebody else at this moment.
const LATER: (&str, &str) = ("senere", "vouch-said-back-later");

/// How it went with a service: the name in the address, and what is said of all of them.
const WENT: [(&str, &str); 3] = [
    ("fik-besked", "vouch-said-back-told"),
    ("svarede-ikke", "vouch-said-back-silent"),
    ("kan-ikke-faa-besked", "vouch-said-back-no-way"),
];

/// What the address says of it.
pub(in crate::web) fn query(heard: Option<&Heard>) -> String {
    let mut query = Serializer::new(String::new());
    query.append_pair("besked", WORD);
    match heard {
        Some(heard) => {
            let went = [&heard.told, &heard.silent, &heard.no_way];
            for ((name, _), services) in WENT.iter().zip(went) {
                query.extend_pairs(services.iter().map(|service| (name, service.as_str())));
            }
        }
        None => {
            query.append_pair(LATER.0, "1");
        }
    }
    query.finish()
}

/// What is said of it; only what is registered is named.
pub(in crate::web) fn said(registry: &Registry, page: &Page<'_>, fields: &[(String, String)]) -> Vec<String> {
    let mut said = vec![page.say("vouch-said-back")];
    for (name, key) in WENT {
        let services = fields.iter().filter(|(field, _)| field == name);
        let names: Vec<String> = services.filter_map(|(_, id)| named(registry, page, id)).collect();
        if !names.is_empty() {
            said.push(page.say_with(key, "services", names.join(", ")));
        }
    }
    if fields.iter().any(|(field, _)| field == LATER.0) {
        said.push(page.say(LATER.1));
    }
    if said.len() == 1 {
        said.push(page.say("vouch-said-back-unused"));
    }
    said
}

fn named(registry: &Registry, page: &Page<'_>, id: &str) -> Option<String> {
    let service = registry.service(&ServiceId::parse(id)?)?;
    let name = service.profile.name.in_language(page.words.language());
    Some(name.to_owned())
}
