//! Every page in both languages, as a snapshot and by the rules that all pages keep.

mod html;

use std::fs;
use std::path::Path;

use portner::domain::text::Language;
use portner::texts::{Texts, Wording};
use portner::web::assets;
use portner::web::pages::{Page, samples};

use html::Document;

/// Every page in every variant: name, language, HTML.
fn rendered() -> Vec<(String, Language, String)> {
    let texts = Texts::new(Wording::default()).expect("texts");
    Language::ALL
        .into_iter()
        .flat_map(|language| {
            let page = Page::new(texts.in_language(language));
            samples(&page)
                .expect("pages render")
                .into_iter()
                .map(move |(name, html)| (name, language, html))
        })
        .collect()
}

fn on_every_page(check: impl Fn(&str, &Document)) {
    for (name, language, html) in rendered() {
        check(
            &format!("{name} in {}", language.tag()),
            &Document::parse(&html).unwrap_or_else(|fault| panic!("{name}: {fault}")),
        );
    }
}

#[test]
fn pages_look_as_they_did() {
    for (name, language, html) in rendered() {
        if is_worth_a_snapshot(&name) {
            insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
                insta::assert_snapshot!(format!("{name}.{}", language.tag()), what_is_its_own(&name, &html));
            });
        }
    }
}

/// Leaves every page in `target/tmp/pages`, to be served from there and looked at.
#[test]
fn pages_can_be_looked_at() {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    fs::create_dir_all(dir.join("assets")).unwrap();
    for (name, language, html) in rendered() {
        fs::write(dir.join(format!("{name}.{}.html", language.tag())), html).unwrap();
    }
    for asset in assets::all() {
        fs::write(dir.join(asset.url().trim_start_matches('/')), asset.body()).unwrap();
    }
}

/// The words of every refusal stand on the support page; a few show the page around them.
fn is_worth_a_snapshot(name: &str) -> bool {
    !name.starts_with("refusal-") || ["refusal-UL-201", "refusal-UL-303", "refusal-UL-606"].contains(&name)
}

/// The front page whole; of the others what lies inside `main`. Without drawings.
/// Names of files without their hashes, so that a snapshot changes with its page and not with
/// every stylesheet.
fn what_is_its_own(name: &str, html: &str) -> String {
    let own = if name == "front" {
        html
    } else {
        between(html, "<main", "</main>")
    };
    let mut own = own.to_owned();
    while own.contains("<svg") {
        let drawing = between(&own, "<svg", "</svg>").to_owned() + "</svg>";
        own = own.replace(&drawing, "");
    }
    assets::all().fold(own, |html, asset| html.replace(asset.url(), asset.name()))
}

/// From `start` up to `end`, which is left out; nothing where there is no such part.
fn between<'h>(html: &'h str, start: &str, end: &str) -> &'h str {
    match (html.find(start), html.find(end)) {
        (Some(start), Some(end)) => &html[start..end],
        _ => "",
    }
}

#[test]
fn every_page_has_one_heading_one_language_and_a_title() {
    on_every_page(|page, document| {
        assert_eq!(document.count("h1"), 1, "{page}");
        assert_eq!(document.count("main"), 1, "{page}");
        assert_eq!(document.count("title"), 1, "{page}");
        let lang = document.first("html").attribute("lang").unwrap();
        assert!(page.ends_with(lang), "{page}");
    });
}

#[test]
fn headings_do_not_skip_a_level() {
    on_every_page(|page, document| {
        let mut deepest = 0;
        for heading in document.elements.iter().filter(|e| e.is_heading()) {
            let level: usize = heading.name[1..].parse().unwrap();
            assert!(level <= deepest + 1, "{page}: h{level} after h{deepest}");
            deepest = level;
        }
    });
}

#[test]
fn every_field_has_a_label_and_every_reference_a_target() {
    on_every_page(|page, document| {
        let ids: Vec<_> = document
            .elements
            .iter()
            .filter_map(|e| e.attribute("id"))
            .collect();
        for field in document.elements.iter().filter(|e| e.is_visible_field()) {
            let id = field
                .attribute("id")
                .unwrap_or_else(|| panic!("{page}: field without id"));
            assert!(
                document
                    .elements
                    .iter()
                    .any(|e| e.name == "label" && e.attribute("for") == Some(id)),
                "{page}: no label for {id}"
            );
        }
        for attribute in [
            "for",
            "aria-describedby",
            "aria-labelledby",
            "form",
            "data-copy",
            "data-filter",
        ] {
            for target in document
                .elements
                .iter()
                .filter_map(|e| e.attribute(attribute))
                .flat_map(str::split_whitespace)
            {
                assert!(ids.contains(&target), "{page}: {attribute}={target}");
            }
        }
        let mut unique = ids.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), ids.len(), "{page}: an id is used twice");
    });
}

#[test]
fn nothing_is_inline() {
    on_every_page(|page, document| {
        for element in &document.elements {
            assert!(element.attribute("style").is_none(), "{page}: style");
            assert!(
                !element.attributes.iter().any(|(name, _)| name.starts_with("on")),
                "{page}: {element:?}"
            );
            assert_ne!(element.name, "style", "{page}");
            if element.name == "script" {
                assert!(
                    element.attribute("src").is_some_and(|src| !src.is_empty()),
                    "{page}"
                );
            }
        }
    });
}

#[test]
fn pages_fetch_only_files_of_ours() {
    on_every_page(|page, document| {
        for element in &document.elements {
            let fetched = match element.name.as_str() {
                "script" | "img" => element.attribute("src"),
                "link" => element.attribute("href"),
                _ => None,
            };
            if let Some(path) = fetched {
                let file = path.strip_prefix(assets::PREFIX).and_then(assets::lookup);
                assert!(file.is_some(), "{page}: {path}");
            }
        }
    });
}

#[test]
fn the_first_form_leads_on_and_each_of_ours_carries_its_token() {
    let primary = [
        ("name", "name"),
        ("password", "password"),
        ("chooser", "upstream"),
        ("account", "account"),
        ("actor", "actor"),
        ("repost-service", "SAMLResponse"),
        ("logout", "form"),
    ];
    let pages = rendered();
    for (name, field) in primary {
        for (_, _, html) in pages.iter().filter(|(page, ..)| page == name) {
            let document = Document::parse(html).unwrap();
            let form = document.forms().next().unwrap();
            assert_eq!(form.first().unwrap().attribute("method"), Some("post"), "{name}");
            assert!(
                form.iter().any(|e| e.attribute("name") == Some(field)),
                "{name}: no {field} in the first form"
            );
        }
    }
    on_every_page(|page, document| {
        for form in document.forms() {
            let open = form.first().unwrap();
            let carries_a_message = ["data-autosubmit", "data-when-loaded"]
                .iter()
                .any(|mark| open.attribute(mark).is_some());
            let ours = open.attribute("method") == Some("post") && !carries_a_message;
            let token = form.iter().any(|e| e.attribute("name") == Some("form"));
            assert_eq!(ours, token, "{page}");
        }
    });
}

#[test]
fn a_page_that_shows_a_refusal_says_which_to_programs_and_to_people() {
    on_every_page(|page, document| {
        let coded = document.first("main").attribute("data-refusal-code").is_some();
        let title = document.title();
        let error = title.starts_with("Fejl: ") || title.starts_with("Error: ");
        assert_eq!(coded, error, "{page}: {title}");
    });
}

#[test]
fn values_are_text_and_never_markup() {
    let texts = Texts::new(Wording::default()).expect("texts");
    let page = Page::new(texts.in_language(Language::Da));
    let (_, html) = samples(&page)
        .unwrap()
        .into_iter()
        .find(|(name, _)| name == "repost-self")
        .unwrap();
    assert!(!html.contains("<i>not markup"), "{html}");
}
