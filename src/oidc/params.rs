//! Parameters of a request as they came: names and values, in order.
//!
//! A parameter without a value counts as left out, and none may come twice (RFC 6749 §3.1).

/// The parameters of one request.
pub struct Parameters(Vec<(String, String)>);

/// A parameter came twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the parameter {0} came more than once")]
pub struct Repeated(pub &'static str);

impl Parameters {
    /// Takes names and values as they were decoded from a query or a form.
    pub fn new<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let pairs = pairs.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self(
            pairs
                .filter(|(_, value): &(String, String)| !value.is_empty())
                .collect(),
        )
    }

    /// The value, if there is exactly one.
    pub fn one(&self, name: &'static str) -> Result<Option<&str>, Repeated> {
        let mut values = self.0.iter().filter(|(n, _)| n == name);
        let first = values.next();
        if values.next().is_some() {
            return Err(Repeated(name));
        }
        Ok(first.map(|(_, value)| value.as_str()))
    }

    /// Every value of a parameter that may come more than once, such as `resource` (RFC 8707 §2).
    pub fn many<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let values = self.0.iter().filter(move |(n, _)| n == name);
        values.map(|(_, value)| value.as_str())
    }

    /// Names and values, in order.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// Whether the parameter is there at all.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n == name)
    }
}

impl std::fmt::Debug for Parameters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_is_absent_and_twice_is_refused() {
        let parameters = Parameters::new([("a", ""), ("a", "1"), ("b", "2"), ("b", "2")]);
        assert_eq!(parameters.one("a"), Ok(Some("1")));
        assert_eq!(parameters.one("b"), Err(Repeated("b")));
        assert_eq!(parameters.one("c"), Ok(None));
    }

    #[test]
    fn values_stay_out_of_the_log() {
        let parameters = Parameters::new([("client_secret", "hush")]);
        assert_eq!(format!("{parameters:?}"), r#"["client_secret"]"#);
    }
}
