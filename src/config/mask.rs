//! What of a file reports may show: they end in tickets, and a secret that somebody wrote
//! inline, where none belongs, must not come along.

/// Parts of names under which a secret may stand.
const TELLING: [&str; 5] = ["secret", "password", "key", "token", "credential"];

/// Names with such a part under which none stands.
const HARMLESS: [&str; 1] = ["refresh_tokens"];

/// Where a secret is kept is no secret.
const PLACES: [&str; 3] = ["file", "env", "credential"];

/// The same text with every value starred that may be a secret, and those whose name holds one
/// of the words `also`. Each byte keeps its place, so
/// that spans into the one are spans into the other.
pub(super) fn masked(text: &str, also: &[&str]) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut section = String::new();
    // The quotes that end a text of several lines, while inside one that is masked.
    let mut until: Option<&str> = None;
    for line in text.split_inclusive('\n') {
        if let Some(quotes) = until {
            star(line, &mut shown);
            if line.contains(quotes) {
                until = None;
            }
            continue;
        }
        let bare = line.trim_start().trim_start_matches('#').trim_start();
        if bare.starts_with('[') && !bare.contains('=') {
            bare.trim_matches(|c: char| "[] \r\n".contains(c))
                .clone_into(&mut section);
        }
        match secret_from(&section, line, also) {
            Some(at) => {
                let space = line
                    .get(at..)
                    .map_or(0, |value| value.len() - value.trim_start().len());
                let (before, value) = line.split_at_checked(at + space).unwrap_or((line, ""));
                shown.push_str(before);
                star(value, &mut shown);
                until = ["\"\"\"", "'''"]
                    .into_iter()
                    .find(|quotes| value.matches(quotes).count() == 1);
            }
            None => shown.push_str(line),
        }
    }
    shown
}

fn star(text: &str, shown: &mut String) {
    for c in text.chars() {
        if c == '\n' || c == '\r' {
            shown.push(c);
        } else {
            shown.extend(std::iter::repeat_n('*', c.len_utf8()));
        }
    }
}

/// Where in a line a value begins that may be a secret.
fn secret_from(section: &str, line: &str, also: &[&str]) -> Option<usize> {
    let name_ends = |at: usize| line.get(..at).map(str::trim_end);
    let named = line.match_indices('=').find_map(|(at, _)| {
        let name = name_ends(at)?;
        let begins = name.rfind(|c: char| c.is_whitespace() || "{,#".contains(c));
        let name = name.get(begins.map_or(0, |begins| begins + 1)..)?;
        let value = line.get(at + 1..)?;
        (is_telling(section, line, name, also) && !is_a_place(value)).then_some(at + 1)
    });
    // A user and password before the host of whatever address.
    let in_url = line
        .find("://")
        .filter(|at| line.get(at + 3..).is_some_and(names_a_user));
    [named, in_url.map(|at| at + 3)].into_iter().flatten().min()
}

fn names_a_user(rest: &str) -> bool {
    let authority = rest.split(['/', '"', '\'']).next().unwrap_or_default();
    authority
        .split_once('@')
        .is_some_and(|(user, _)| user.contains(':'))
}

fn is_telling(section: &str, line: &str, name: &str, also: &[&str]) -> bool {
    let name = name.trim_matches(['"', '\'']).to_lowercase();
    let last = name.rsplit('.').next().unwrap_or_default();
    let of_store = section == "store" || name.starts_with("store.") || line.trim_start().starts_with("store");
    (last == "url" && of_store)
        || (section == "keys" && last != "directory")
        || (!HARMLESS.contains(&last) && TELLING.iter().chain(also).any(|word| last.contains(word)))
}

fn is_a_place(value: &str) -> bool {
    // A file of somebody's public key, by its name.
    if let Some((name, "")) = value
        .trim()
        .strip_prefix('"')
        .and_then(|rest| rest.split_once('"'))
    {
        return name.len() < 64 && [".pem", ".crt"].iter().any(|ending| name.ends_with(ending));
    }
    let inner = value.trim_start().strip_prefix('{').map(str::trim_start);
    inner.is_some_and(|inner| {
        let name = inner.split('=').next().unwrap_or_default().trim();
        PLACES.contains(&name) && inner.matches('=').count() == 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_secret_is_starred_in_its_place() {
        let text = "origin = \"https://login.example\"\n[store]\nurl = \"postgres://p:hemmeligt@db/p\"\n\
             password = \"hemmeligt\"\n[keys]\ndirectory = \"keys\"\ncpr-index = \"hemmeligt\"\n\
             [oidc]\n# client_secret = \"hemmeligt\"\nsecret = \"\"\"\nhemmeligt\nhemmeligtøæå\"\"\"\n\
             auth = { kind = \"x\", secret = \"hemmeligt\" }\nissuer = \"https://a:hemmeligt@b\"\n\
             refresh_tokens = \"sesion\"\nmetadata_key = \"fed.pem\"\n\
             assertions = { file = \"keys/a\" }\nname = \"Skole\"\n";
        let shown = masked(text, &[]);
        assert_eq!(shown.len(), text.len());
        assert!(!shown.contains("hemmeligt"), "{shown}");
        for kept in [
            "https://login.example",
            "directory = \"keys\"",
            "{ file = \"keys/a\" }",
            "refresh_tokens = \"sesion\"",
            "metadata_key = \"fed.pem\"",
            "name = \"Skole\"",
            "cpr-index =",
            "secret =",
        ] {
            assert!(shown.contains(kept), "{kept} is not in\n{shown}");
        }
    }
}
