//! How OpenID services see privileges.

use std::collections::BTreeMap;

use portner::domain::privilege::{PrivilegeGroup, PrivilegeScope};

#[test]
fn openid_services_see_json_and_never_xml() {
    let group = PrivilegeGroup {
        scope: PrivilegeScope::parse("urn:dk:gov:saml:cvrNumberIdentifier:12345678").unwrap(),
        privileges: vec!["urn:dk:skole:laerer".to_owned()],
        constraints: BTreeMap::from([("urn:dk:skole:trin".to_owned(), "4".to_owned())]),
    };
    assert_eq!(
        serde_json::to_string(&group).unwrap(),
        r#"{"scope":"urn:dk:gov:saml:cvrNumberIdentifier:12345678","privileges":["urn:dk:skole:laerer"],"constraints":{"urn:dk:skole:trin":"4"}}"#
    );
}
