//! How a browser leaves us: the only two ways that both protocols know.

use url::Url;

/// Where the browser goes next, and what it takes along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outbound {
    /// A redirect; everything is in the URL.
    Redirect(Url),
    /// A page whose form posts itself; everything is in the fields.
    PostForm {
        /// The address that the form is posted to.
        to: Url,
        /// Hidden fields, in order.
        fields: Vec<(String, String)>,
    },
}
