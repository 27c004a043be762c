//! One whole login: a new browser, the page for a name, the upstream, and the service that
//! checks what it gets.

use crate::floor::Floor;
use crate::visitor::{Answer, Door, From, Told, Visitor, action, field};
use crate::world::{AskedByClient, Client, World};

/// Which protocols, upstream first, as a login's proof travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Road {
    SamlToSaml,
    OidcToOidc,
    SamlToOidc,
    OidcToSaml,
    /// SAML at both ends, with requests, Response and Assertion signed: the product's defaults.
    SamlToSamlAllSigned,
    /// SAML at both ends, with the assertion encrypted on both ways.
    SamlToSamlEncrypted,
}

impl Road {
    /// The four that the goals speak of.
    pub(crate) const FOUR: [Self; 4] = [
        Self::SamlToSaml,
        Self::OidcToOidc,
        Self::SamlToOidc,
        Self::OidcToSaml,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::SamlToSaml => "SAML → SAML",
            Self::OidcToOidc => "OIDC → OIDC",
            Self::SamlToOidc => "SAML → OIDC",
            Self::OidcToSaml => "OIDC → SAML",
            Self::SamlToSamlAllSigned => "SAML → SAML, requests, Response and Assertion signed",
            Self::SamlToSamlEncrypted => "SAML → SAML, the assertion encrypted to us and by us",
        }
    }

    /// What it is called on the command line.
    pub(crate) const fn slug(self) -> &'static str {
        match self {
            Self::SamlToSaml => "saml-saml",
            Self::OidcToOidc => "oidc-oidc",
            Self::SamlToOidc => "saml-oidc",
            Self::OidcToSaml => "oidc-saml",
            Self::SamlToSamlAllSigned => "all-signed",
            Self::SamlToSamlEncrypted => "encrypted",
        }
    }

    /// The cryptography that this login cannot do without, in microseconds.
    pub(crate) fn floor(self, floor: &Floor, connections: Connections) -> f64 {
        let work = match self {
            Self::SamlToSaml | Self::OidcToSaml => floor.ecdsa_verify + floor.rsa_sign,
            Self::OidcToOidc | Self::SamlToOidc => floor.ecdsa_verify + floor.ecdsa_sign,
            Self::SamlToSamlAllSigned => 2.0 * floor.ecdsa_verify + 3.0 * floor.rsa_sign,
            Self::SamlToSamlEncrypted => floor.ecdsa_verify + floor.rsa_sign + Self::encryption(floor),
        };
        let handshakes = match (connections, self) {
            (Connections::Kept, _) => 0.0,
            (Connections::Fresh, Self::OidcToOidc | Self::SamlToOidc) => 2.0,
            (Connections::Fresh, _) => 1.0,
        };
        work + handshakes * floor.handshake
    }

    /// What encryption adds to the floor: one key unwrapped, one wrapped. The content costs next to nothing.
    pub(crate) fn encryption(floor: &Floor) -> f64 {
        floor.unwrap + floor.wrap
    }

    const fn is_from_saml(self) -> bool {
        matches!(
            self,
            Self::SamlToSaml | Self::SamlToOidc | Self::SamlToSamlAllSigned | Self::SamlToSamlEncrypted
        )
    }
}

/// Whether every browser and every call of a client connects anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Connections {
    Fresh,
    Kept,
}

/// One place in the queue: plays one login after the other.
pub(crate) struct Player<'a> {
    world: &'a World,
    door: &'a Door,
    connections: Connections,
    browser: Option<Visitor>,
    caller: Option<Visitor>,
}

impl<'a> Player<'a> {
    pub(crate) fn new(world: &'a World, door: &'a Door, connections: Connections) -> Self {
        Self {
            world,
            door,
            connections,
            browser: None,
            caller: None,
        }
    }

    /// Plays one login; whatever is not as it must be is an error.
    pub(crate) async fn play(&mut self, road: Road, person: u32) -> Told<()> {
        let mut browser = self.arrive().await?;
        browser.forget();
        match road {
            Road::SamlToSaml | Road::OidcToSaml | Road::SamlToSamlAllSigned | Road::SamlToSamlEncrypted => {
                self.end_in_saml(&mut browser, road, person).await?;
            }
            Road::OidcToOidc | Road::SamlToOidc => self.end_in_oidc(&mut browser, road, person).await?,
        }
        if self.connections == Connections::Kept {
            self.browser = Some(browser);
        }
        Ok(())
    }

    async fn arrive(&mut self) -> Told<Visitor> {
        match self.browser.take().filter(Visitor::is_connected) {
            Some(browser) => Ok(browser),
            None => Visitor::arrive(self.door).await,
        }
    }

    async fn end_in_saml(&self, browser: &mut Visitor, road: Road, person: u32) -> Told<()> {
        let service = match road {
            Road::SamlToSamlAllSigned => &self.world.usual_service,
            Road::SamlToSamlEncrypted => &self.world.sealing_service,
            _ => &self.world.lean_service,
        };
        let (path, request_id) = service.ask().await?;
        let page = browser.get_page(&path).await?;
        let answer = self.prove(browser, &page, road, person).await?.page()?;
        if action(&answer)? != service.acs() || field(&answer, "RelayState")? != "retur" {
            return Err(format!("an answer for somebody else: {answer}"));
        }
        service.check(field(&answer, "SAMLResponse")?, &request_id, person)
    }

    async fn end_in_oidc(&mut self, browser: &mut Visitor, road: Road, person: u32) -> Told<()> {
        let client = &self.world.client;
        let (path, asked) = client.ask();
        let page = browser.get_page(&path).await?;
        let url = self.prove(browser, &page, road, person).await?.redirect()?;
        let code = client.code(&url, &asked)?;
        let tokens = self.redeem(&code, &asked).await?;
        client.check(&tokens, &asked, person)
    }

    /// From the page for a name to the answer for the service.
    pub(crate) async fn prove(
        &self,
        browser: &mut Visitor,
        page: &str,
        road: Road,
        person: u32,
    ) -> Told<Answer> {
        let domain = match road {
            Road::SamlToSaml | Road::SamlToOidc => "lillekoebing.example",
            Road::SamlToSamlAllSigned => "mellemkoebing.example",
            Road::SamlToSamlEncrypted => "oestkoebing.example",
            Road::OidcToOidc | Road::OidcToSaml => "storkoebing.example",
        };
        let name = format!("elev{person:05}@{domain}");
        let fields = [("form", field(page, "form")?), ("name", name.as_str())];
        let away = browser
            .post(action(page)?, From::OwnPage, &fields)
            .await?
            .redirect()?;
        if road.is_from_saml() {
            let idp = match road {
                Road::SamlToSamlAllSigned => &self.world.usual_idp,
                Road::SamlToSamlEncrypted => &self.world.sealing_idp,
                _ => &self.world.lean_idp,
            };
            let (path, message, relay_state) = idp.vouch(&away, person).await?;
            come_back_by_form(browser, &path, &message, &relay_state).await
        } else {
            browser.get(&self.world.provider.vouch(&away, person)?).await
        }
    }

    async fn redeem(&mut self, code: &str, asked: &AskedByClient) -> Told<String> {
        let mut caller = match self.caller.take().filter(Visitor::is_connected) {
            Some(caller) => caller,
            None => Visitor::arrive(self.door).await?,
        };
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", Client::REDIRECT_URI),
            ("code_verifier", &asked.verifier),
        ];
        let tokens = caller
            .call("/oidc/token", &Client::basic(), &fields)
            .await?
            .page()?;
        if self.connections == Connections::Kept {
            self.caller = Some(caller);
        }
        Ok(tokens)
    }
}

/// The identity provider's form is another site's: the cookies stay at home, and the broker
/// has its own page post the message once more.
async fn come_back_by_form(
    browser: &mut Visitor,
    path: &str,
    message: &str,
    relay_state: &str,
) -> Told<Answer> {
    let fields = [("SAMLResponse", message), ("RelayState", relay_state)];
    let page = browser.post(path, From::OtherSitesForm, &fields).await?.page()?;
    let fields = [
        ("SAMLResponse", field(&page, "SAMLResponse")?),
        ("RelayState", field(&page, "RelayState")?),
        ("portner_reposted", field(&page, "portner_reposted")?),
    ];
    browser.post(action(&page)?, From::OwnPage, &fields).await
}
