//! Presets: what is usual among parties of one kind, as text with the keys of a party's own file.
//!
//! `preset = "entra"` lays such a text under the file, so that each deviation is one more line and
//! the same reader checks both. A preset says how a party speaks, never how far it is trusted: no
//! ceiling, no institutions, no keys, no wishes of a service.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::config::file::{Fixed, Section, Underlay};
use crate::config::problem::{Problem, Source};

/// Every preset by its name.
const PRESETS: [(&str, &str); 10] = [
    ("saml2int", include_str!("presets/saml2int.toml")),
    ("oiosaml-3.0.3", include_str!("presets/oiosaml-3.0.3.toml")),
    ("oiosaml-2.0.9", include_str!("presets/oiosaml-2.0.9.toml")),
    ("oio-local-idp", include_str!("presets/oio-local-idp.toml")),
    (
        "unilogin-local-idp",
        include_str!("presets/unilogin-local-idp.toml"),
    ),
    ("kombit", include_str!("presets/kombit.toml")),
    ("wayf", include_str!("presets/wayf.toml")),
    ("adfs", include_str!("presets/adfs.toml")),
    ("entra", include_str!("presets/entra.toml")),
    ("google", include_str!("presets/google.toml")),
];

/// The same, read: rules of feeds are read over them once for each party.
static FIXED: LazyLock<BTreeMap<&str, Fixed>> = LazyLock::new(|| {
    let read = |(name, text)| (name, Fixed::new(&format!("the preset {name}"), text));
    PRESETS.into_iter().map(read).collect()
});

/// What a party is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It logs in with us.
    Service,
    /// It vouches.
    Upstream,
}

/// The table of a preset that a party of this role and protocol is read over.
const fn table(role: Role, speaks_oidc: bool) -> &'static str {
    match (role, speaks_oidc) {
        (Role::Service, false) => "saml-service",
        (Role::Service, true) => "oidc-service",
        (Role::Upstream, false) => "saml-upstream",
        (Role::Upstream, true) => "oidc-upstream",
    }
}

fn text_of(name: &str) -> Option<&'static str> {
    PRESETS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, text)| *text)
}

/// What lies under this file; nothing where it names no preset, or none that is meant for it.
pub(super) fn under(file: &Source, role: Role) -> Option<Underlay> {
    let party: toml::Table = file.text().parse().ok()?;
    let name = party.get("preset")?.as_str()?;
    let text = text_of(name)?;
    let table = table(role, party.contains_key("oidc"));
    let preset: toml::Table = text.parse().ok()?;
    preset.contains_key(table).then(|| Underlay {
        source: Source::new(format!("the preset {name}"), text),
        table,
    })
}

/// The section of a feed's rule over the preset that it names, if it names one that is meant for it.
pub(super) fn over(mut section: Section<'_>, role: Role) -> Section<'_> {
    let name: Option<String> = section.get("preset");
    let preset = name.and_then(|name| FIXED.get(name.as_str()));
    check(&mut section, role);
    match preset {
        // Parties of feeds speak SAML.
        Some(preset) => section.over(preset, table(role, false)),
        None => section,
    }
}

/// Reads `preset`, and says why none lies under the file where one was named.
pub(super) fn check(section: &mut Section<'_>, role: Role) {
    let Some(name) = section.get::<String>("preset") else {
        return;
    };
    let table = table(role, section.has("oidc"));
    let fitting = |text: &str| {
        text.parse::<toml::Table>()
            .is_ok_and(|preset| preset.contains_key(table))
    };
    let fault = match text_of(&name) {
        Some(text) if fitting(text) => return,
        Some(_) => format!("the preset {name} is not for a party of this kind ({table})"),
        None => format!("there is no preset {name}"),
    };
    let known: Vec<_> = PRESETS
        .iter()
        .filter(|(_, text)| fitting(text))
        .map(|(name, _)| *name)
        .collect();
    let help = if known.is_empty() {
        "remove the line: there is none for parties of this kind".to_owned()
    } else {
        format!("write one of: {}", known.join(", "))
    };
    section.fault("preset", Problem::error(fault).help(help));
}

/// One setting of a party that is written down somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its full name.
    pub name: String,
    /// As TOML writes it.
    pub value: String,
    /// The preset that it comes from; nothing where the party's own file says it.
    pub preset: Option<String>,
}

/// Everything that is written down for a party, in its file or in its preset, by name.
pub fn settings(file: &str, role: Role) -> Vec<Setting> {
    let Ok(party) = file.parse::<toml::Table>() else {
        return Vec::new();
    };
    let mut settings = Vec::new();
    flatten(&party, "", None, &mut settings);
    let name = party.get("preset").and_then(toml::Value::as_str);
    let preset = name.and_then(|name| Some((name, text_of(name)?.parse::<toml::Table>().ok()?)));
    if let Some((name, preset)) = preset
        && let Some(toml::Value::Table(lower)) = preset.get(table(role, party.contains_key("oidc")))
    {
        let own: Vec<String> = settings.iter().map(|setting| setting.name.clone()).collect();
        let mut usual = Vec::new();
        flatten(lower, "", Some(name), &mut usual);
        settings.extend(usual.into_iter().filter(|setting| !own.contains(&setting.name)));
    }
    settings.sort_by(|a, b| a.name.cmp(&b.name));
    settings
}

/// Tables in tables become names with dots. Where a secret is kept is not shown.
fn flatten(table: &toml::Table, above: &str, preset: Option<&str>, settings: &mut Vec<Setting>) {
    for (key, value) in table {
        let name = if above.is_empty() {
            key.clone()
        } else {
            format!("{above}.{key}")
        };
        match value {
            toml::Value::Table(inner) if !key.contains("secret") && !inner.is_empty() => {
                flatten(inner, &name, preset, settings);
            }
            value => settings.push(Setting {
                value: if key.contains("secret") {
                    "(not shown)".to_owned()
                } else {
                    value.to_string()
                },
                name,
                preset: preset.map(str::to_owned),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever writes a preset into a file trusts nobody more than before.
    #[test]
    fn a_preset_grants_no_trust() {
        for (name, text) in PRESETS {
            let preset: toml::Table = text.parse().unwrap_or_else(|error| panic!("{name}: {error}"));
            for (role, table) in preset {
                assert!(
                    ["saml-upstream", "oidc-upstream", "saml-service", "oidc-service"]
                        .contains(&role.as_str()),
                    "{name}: {role}"
                );
                for key in [
                    "ceiling",
                    "vouches_for",
                    "institutions",
                    "domains",
                    "scopes",
                    "wanted",
                    "release",
                    "enabled",
                    "legal_basis",
                ] {
                    assert!(table.get(key).is_none(), "{name}: {role}.{key}");
                }
                assert!(
                    table
                        .get("saml")
                        .and_then(|saml| saml.get("accept_cbc"))
                        .is_none()
                );
            }
        }
    }
}
