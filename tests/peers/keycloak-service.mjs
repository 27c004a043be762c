// Keycloak as a service of Portner's, in both protocols: a realm whose identity provider is
// Portner. What it took from Portner is seen in what it tells a client of its own.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { goOn, logOut } from './keycloak-login.mjs';
import { mads } from './people.mjs';
import { userClaim } from './software/keycloak.mjs';
import { Service } from './software/openid-client.mjs';
import { readAnew } from './software/portner.mjs';
import { Browser } from './support/browser.mjs';
import { textOf } from './support/html.mjs';
import { startReceiver } from './support/receiver.mjs';
import { messageTo, messagesTo } from './support/saml.mjs';

const REALM = 'fritid';
const SECRET = 'only-for-tests-of-one-run-fritid';
const SAML = 'portner-saml';
const OIDC = 'portner-oidc';

/** Attaches the realm twice, logs in and out through each. */
export async function checkKeycloakAsService(report, world) {
  report.section('Keycloak as a service');
  let club;

  await report.check('a realm knows Portner by both protocols', async () => {
    club = await openRealm(world);
    await attachSaml(world);
    await attachOidc(world);
  });

  await report.check('Portner → Keycloak by SAML, encrypted', async () => {
    const browser = new Browser();
    const { claims } = await club.login(browser, mads, through(SAML));
    assertMads(claims);
    const request = messageTo(browser, `${world.portner.origin}/saml/sso`, 'SAMLRequest');
    assert.match(request.xml, /<[\w:]*Signature/);
    const { xml } = messageTo(browser, endpoint(world, SAML), 'SAMLResponse');
    assert.match(xml, /EncryptedAssertion/);
    assert.doesNotMatch(xml, new RegExp(mads.uniId));
  });

  await report.check('Portner → Keycloak by OpenID Connect', async () => {
    const browser = new Browser();
    const { claims } = await club.login(browser, mads, through(OIDC));
    assertMads(claims);
    const asked = browser.history.map(({ url }) => new URL(url)).find(({ href }) => href.startsWith(`${world.portner.origin}/oidc/authorize`));
    assert.equal(asked.searchParams.get('code_challenge_method'), 'S256');
    assert.ok(asked.searchParams.get('nonce'));
  });

  for (const [protocol, alias] of [['SAML', SAML], ['OpenID Connect', OIDC]]) {
    await report.check(`logout at Keycloak ends the session at Portner by ${protocol}`, async () => {
      const browser = new Browser();
      const { tokens } = await club.login(browser, mads, through(alias));
      const url = club.endSessionUrl({ id_token_hint: tokens.id_token, post_logout_redirect_uri: `${club.place.base}/farvel` });
      const last = await goOn(browser, await browser.visit(url.href));
      assert.ok(last.url.startsWith(`${club.place.base}/farvel`), `${browser.story()}\n${textOf(last.html).slice(0, 300)}`);
      if (alias === SAML) {
        const [asked] = messagesTo(browser, `${world.portner.origin}/saml/slo`, 'SAMLRequest');
        assert.match(asked.xml, /<[\w:]*LogoutRequest/);
        assert.match(messageTo(browser, endpoint(world, SAML), 'SAMLResponse').xml, /status:Success/);
      }
      const again = await browser.visit(`${world.portner.origin}/logout`);
      assert.match(textOf(again.html), /^Du er logget ud/);
    });

    await report.check(`logout at Portner ends the session at Keycloak by ${protocol}`, async () => {
      const browser = new Browser();
      const { tokens } = await club.login(browser, mads, through(alias));
      assert.ok((await club.renew(tokens.refresh_token)).access_token);
      const { tokens: fresh } = await club.login(browser, mads, through(alias));
      const receipt = await logOut(browser, world);
      assert.match(textOf(receipt.html), /Du er også logget ud her:[^:]*Fritidsklubben/, `${browser.story()}\n${textOf(receipt.html)}`);
      await assert.rejects(club.renew(fresh.refresh_token), ({ error }) => error === 'invalid_grant');
    });
  }
}

/** The realm, and a client of it: a service built on openid-client. */
async function openRealm({ keycloak: { administration } }) {
  const place = await startReceiver('127.0.0.24');
  const { issuer } = await administration.createRealm(REALM);
  // No e-mail addresses come from Portner: nobody is asked to fill them in.
  await administration.allowAttributes(REALM, { extra: ['uniid'], optional: ['email'] });
  await administration.createClient(REALM, {
    clientId: 'fritidsklubben',
    secret: SECRET,
    publicClient: false,
    redirectUris: [`${place.base}/callback`],
    attributes: { 'post.logout.redirect.uris': `${place.base}/farvel` },
    protocolMappers: [userClaim('uniid', 'uniid')],
  });
  const club = await Service.discover({ issuer, clientId: 'fritidsklubben', secret: SECRET, redirectUri: `${place.base}/callback`, scope: 'openid profile' });
  return Object.assign(club, { place });
}

/** Identity providers → SAML v2.0, from Portner's metadata; at Portner the metadata that this gives. */
async function attachSaml(world) {
  const { portner, keycloak: { administration } } = world;
  await administration.addIdentityProvider(REALM, {
    alias: SAML,
    providerId: 'saml',
    displayName: 'Portner',
    from: `${portner.origin}/saml/metadata`,
    config: {
      principalType: 'SUBJECT',
      nameIDPolicyFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
      wantAuthnRequestsSigned: 'true',
      wantAssertionsSigned: 'true',
      wantAssertionsEncrypted: 'true',
      validateSignature: 'true',
      signatureAlgorithm: 'RSA_SHA256',
    },
    mappers: [
      { name: 'uniid', mapper: 'saml-user-attribute-idp-mapper', 'attribute.name': 'dk:unilogin:uniid', 'user.attribute': 'uniid' },
      { name: 'fornavn', mapper: 'saml-user-attribute-idp-mapper', 'attribute.name': 'urn:oid:2.5.4.42', 'user.attribute': 'firstName' },
      { name: 'efternavn', mapper: 'saml-user-attribute-idp-mapper', 'attribute.name': 'urn:oid:2.5.4.4', 'user.attribute': 'lastName' },
    ],
  });
  const metadata = join(world.folders.work, `${REALM}.xml`);
  writeFileSync(metadata, await administration.serviceMetadata(REALM, SAML));
  await portner.command('metadata', 'add', metadata, '--name', REALM, '--config', portner.config);
  portner.register('services', REALM, `
name = "Fritidsklubben"
start_url = "${world.keycloak.origin}/realms/${REALM}/account"
preset = "saml2int"
release = "school-day"
vocabulary = "unilogin"

[saml]
sign = "both"
`);
  await readAnew(world);
}

/** Identity providers → OpenID Connect v1.0, from Portner's discovery; at Portner a client. */
async function attachOidc(world) {
  const { portner, keycloak: { origin, administration } } = world;
  const realm = `${origin}/realms/${REALM}`;
  portner.register('services', 'fritid-oidc', `
name = "Fritidsklubben"
start_url = "${realm}/account"
release = "school-day"

[oidc]
redirect_uris = ["${realm}/broker/${OIDC}/endpoint"]
secret = ${portner.secret('fritid-oidc', SECRET)}
scopes = ["openid", "profile"]
post_logout_redirect_uris = ["${realm}/broker/${OIDC}/endpoint/logout_response"]
backchannel_logout_uri = "${realm}/protocol/openid-connect/logout/backchannel-logout"
told_of_own_logout = false
`);
  await readAnew(world);
  await administration.addIdentityProvider(REALM, {
    alias: OIDC,
    providerId: 'oidc',
    displayName: 'Portner',
    from: `${portner.origin}/.well-known/openid-configuration`,
    config: { clientId: 'fritid-oidc', clientSecret: SECRET, clientAuthMethod: 'client_secret_basic', pkceEnabled: 'true', pkceMethod: 'S256', defaultScope: 'openid profile', validateSignature: 'true', useJwksUrl: 'true' },
    mappers: [{ name: 'uniid', mapper: 'oidc-user-attribute-idp-mapper', claim: 'uniid', 'user.attribute': 'uniid' }],
  });
}

/** Keycloak's own parameter for which identity provider is meant. */
function through(alias) {
  return { kc_idp_hint: alias };
}

function endpoint({ keycloak: { origin } }, alias) {
  return `${origin}/realms/${REALM}/broker/${alias}/endpoint`;
}

function assertMads(claims) {
  assert.equal(claims.uniid, mads.uniId);
  assert.equal(claims.given_name, mads.givenName);
  assert.equal(claims.family_name, mads.familyName);
}
