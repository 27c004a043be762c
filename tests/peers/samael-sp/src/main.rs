//! A SAML service provider made with samael, so that code that shares nothing with Portner
//! judges what Portner sends. It knows no HTTP: the suite carries the messages.
//!
//! `request IDP_METADATA ENTITY_ID ACS_URL` prints `{"url", "id"}`: where to send the browser.
//! `receive IDP_METADATA ENTITY_ID ACS_URL REQUEST_ID` reads a base64 `SAMLResponse` from
//! standard input and prints what it accepted, or fails with the reason.

use std::error::Error;
use std::io::Read;
use std::process::ExitCode;

use samael::crypto::AllowedSignatureAlgorithm;
use samael::metadata::{EntityDescriptor, HTTP_REDIRECT_BINDING};
use samael::schema::Assertion;
use samael::service_provider::{ServiceProvider, ServiceProviderBuilder};
use serde_json::{Map, Value, json};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["request", metadata, entity_id, acs_url] => request(metadata, entity_id, acs_url),
        ["receive", metadata, entity_id, acs_url, id] => receive(metadata, entity_id, acs_url, id),
        _ => Err("usage: request|receive IDP_METADATA ENTITY_ID ACS_URL [REQUEST_ID]".into()),
    };
    match outcome {
        Ok(answer) => {
            println!("{answer}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("refused: {error}");
            ExitCode::FAILURE
        }
    }
}

fn request(metadata: &str, entity_id: &str, acs_url: &str) -> Result<Value, Box<dyn Error>> {
    let provider = provider(metadata, entity_id, acs_url)?;
    let destination = provider
        .sso_binding_location(HTTP_REDIRECT_BINDING)
        .ok_or("the metadata has no single sign-on service for HTTP-Redirect")?;
    let request = provider.make_authentication_request(&destination)?;
    let url = request.redirect("samael")?.ok_or("no destination")?;
    Ok(json!({ "url": url.as_str(), "id": request.id }))
}

fn receive(metadata: &str, entity_id: &str, acs_url: &str, id: &str) -> Result<Value, Box<dyn Error>> {
    let mut response = String::new();
    std::io::stdin().read_to_string(&mut response)?;
    let assertion = provider(metadata, entity_id, acs_url)?.parse_base64_response(response.trim(), Some(&[id]))?;
    Ok(json!({
        "issuer": assertion.issuer.value,
        "name_id": assertion.subject.as_ref().and_then(|subject| subject.name_id.as_ref()).map(|name| &name.value),
        "context": assertion.authn_statements.iter().flatten()
            .find_map(|statement| statement.authn_context.as_ref()?.value.as_ref()?.value.as_ref()),
        "attributes": attributes(&assertion),
    }))
}

fn provider(metadata: &str, entity_id: &str, acs_url: &str) -> Result<ServiceProvider, Box<dyn Error>> {
    let idp: EntityDescriptor = std::fs::read_to_string(metadata)?.parse()?;
    let provider = ServiceProviderBuilder::default()
        .entity_id(entity_id.to_owned())
        .acs_url(acs_url.to_owned())
        .idp_metadata(idp)
        .allowed_signature_algorithms(vec![AllowedSignatureAlgorithm::RsaSha256])
        .build()?;
    // Without a key samael skips the signature altogether.
    if provider.idp_signing_certs()?.is_none() {
        return Err("the metadata has no signing key".into());
    }
    Ok(provider)
}

fn attributes(assertion: &Assertion) -> Map<String, Value> {
    let statements = assertion.attribute_statements.iter().flatten();
    statements
        .flat_map(|statement| &statement.attributes)
        .map(|attribute| {
            let values: Vec<_> = attribute.values.iter().filter_map(|value| value.value.clone()).collect();
            (attribute.name.clone().unwrap_or_default(), json!(values))
        })
        .collect()
}
