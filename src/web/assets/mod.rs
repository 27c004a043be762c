//! Stylesheets, fonts, script and pictures, embedded in the program.
//!
//! Each is served under a name that contains a hash of its content, so that browsers may
//! keep it for ever and never show an old one. Where each comes from and under which licence
//! is told in `LICENSES.md` beside this file. Not here: the route, which is one call of
//! [`lookup`].

mod brand;
pub mod confirm;
pub mod pictures;

use std::borrow::Cow;
use std::io::Write as _;
use std::sync::{LazyLock, OnceLock};

use data_encoding::HEXLOWER;
use flate2::{Compression, write::GzEncoder};

pub use brand::BrandStylesheet;

/// Where the embedded files are served.
pub const PREFIX: &str = "/assets/";

/// Every file by its plain name. Files come before those that refer to them.
const FILES: [(&str, &[u8]); 8] = [
    (
        "IBMPlexSans-Regular-Latin1.woff2",
        include_bytes!("IBMPlexSans-Regular-Latin1.woff2"),
    ),
    (
        "IBMPlexSans-Regular-Latin2.woff2",
        include_bytes!("IBMPlexSans-Regular-Latin2.woff2"),
    ),
    (
        "IBMPlexSans-SemiBold-Latin1.woff2",
        include_bytes!("IBMPlexSans-SemiBold-Latin1.woff2"),
    ),
    (
        "IBMPlexSans-SemiBold-Latin2.woff2",
        include_bytes!("IBMPlexSans-SemiBold-Latin2.woff2"),
    ),
    ("logo.svg", include_bytes!("logo.svg")),
    ("dkfds.css", include_bytes!("dkfds.css")),
    ("portner.css", include_bytes!("portner.css")),
    ("portner.js", include_bytes!("portner.js")),
];

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    FILES.iter().fold(Vec::new(), |mut assets, (name, bytes)| {
        let asset = Asset::new(name, bytes, &assets);
        assets.push(asset);
        assets
    })
});

/// One embedded file, ready to be served.
#[derive(Debug)]
pub struct Asset {
    name: &'static str,
    url: String,
    body: Cow<'static, [u8]>,
    gzip: OnceLock<Vec<u8>>,
}

impl Asset {
    fn new(name: &'static str, bytes: &'static [u8], earlier: &[Self]) -> Self {
        let body = match (ending(name), std::str::from_utf8(bytes)) {
            ("css", Ok(css)) => Cow::Owned(with_hashed_names(css, earlier).into_bytes()),
            _ => Cow::Borrowed(bytes),
        };
        Self {
            name,
            url: format!("{PREFIX}{}", hashed_name(name, &body)),
            body,
            gzip: OnceLock::new(),
        }
    }

    /// The plain name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    fn ending(&self) -> &'static str {
        ending(self.name)
    }

    /// The path under which it is served.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The content.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The content compressed with gzip, made at the first call; nothing where it does not pay.
    pub fn gzip(&self) -> Option<&[u8]> {
        (self.ending() != "woff2").then(|| self.gzip.get_or_init(|| gzip(&self.body)).as_slice())
    }

    /// The value of the `Content-Type` header.
    pub fn content_type(&self) -> &'static str {
        match self.ending() {
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "svg" => "image/svg+xml",
            "woff2" => "font/woff2",
            _ => "application/octet-stream",
        }
    }
}

/// The path of a file by its plain name. A name that does not exist is a mistake in a
/// template, which `tests/pages.rs` finds.
pub fn url(name: &str) -> &'static str {
    ASSETS
        .iter()
        .find(|asset| asset.name == name)
        .map_or("", |asset| asset.url())
}

/// Every embedded file.
pub fn all() -> impl Iterator<Item = &'static Asset> {
    ASSETS.iter()
}

/// The file with this hashed name: what follows [`PREFIX`] in the path.
pub fn lookup(hashed_name: &str) -> Option<&'static Asset> {
    ASSETS
        .iter()
        .find(|asset| asset.url.strip_prefix(PREFIX) == Some(hashed_name))
}

fn ending(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, ending)| ending)
}

/// `name-0123456789abcdef.ending`
fn hashed_name(name: &str, body: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, body);
    let hash: String = HEXLOWER.encode(digest.as_ref()).chars().take(16).collect();
    match name.rsplit_once('.') {
        Some((stem, ending)) => format!("{stem}-{hash}.{ending}"),
        None => format!("{name}-{hash}"),
    }
}

/// The stylesheet with each `url(name)` replaced by where the file really is.
fn with_hashed_names(css: &str, assets: &[Asset]) -> String {
    assets.iter().fold(css.to_owned(), |css, asset| {
        css.replace(&format!("url({})", asset.name), &format!("url({})", asset.url))
    })
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing to memory does not fail; were it to, an empty body would show at once.
    encoder
        .write_all(body)
        .and_then(|()| encoder.finish())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn at(path: &str) -> Option<&'static Asset> {
        path.strip_prefix(PREFIX).and_then(lookup)
    }

    #[test]
    fn a_file_is_found_under_its_hashed_name_only() {
        let url = url("portner.css");
        assert!(url.starts_with("/assets/portner-"), "{url}");
        assert_eq!(at(url).map(Asset::content_type), Some("text/css; charset=utf-8"));
        assert!(lookup("portner.css").is_none());
        assert!(lookup("../Cargo.toml").is_none());
    }

    #[test]
    fn stylesheets_refer_to_files_that_exist_and_to_nowhere_else() {
        for asset in ASSETS.iter().filter(|asset| asset.ending() == "css") {
            let css = std::str::from_utf8(asset.body()).unwrap();
            for reference in css
                .split("url(")
                .skip(1)
                .map(|rest| rest.split(')').next().unwrap())
            {
                assert!(at(reference).is_some(), "{}: {reference}", asset.name);
            }
            assert!(!css.contains("@import"), "{}", asset.name);
        }
    }

    #[test]
    fn the_compressed_form_is_the_same_file() {
        let asset = at(url("dkfds.css")).unwrap();
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(asset.gzip().unwrap())
            .read_to_end(&mut plain)
            .unwrap();
        assert_eq!(plain, asset.body());
    }
}
