// Keycloak as a municipality's login, by SAML with encrypted assertions and by OpenID Connect;
// each realm is a municipality of its own. With logout in both directions.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { ida, otto } from './people.mjs';
import { received } from './software/apache.mjs';
import { hardcodedAttribute, hardcodedClaim, userAttribute, userClaim } from './software/keycloak.mjs';
import { readAnew, seedOf } from './software/portner.mjs';
import { Browser } from './support/browser.mjs';
import { forms, textOf } from './support/html.mjs';
import { messageTo, messagesTo } from './support/saml.mjs';

const SECRET = 'only-for-tests-of-one-run-keycloak';
const SAML = 'mellemkoebing';
const OIDC = 'oestkoebing';

/** Attaches both realms to the running Portner, and logs in and out through them. */
export async function checkKeycloakAsLogin(report, world) {
  report.section('Keycloak as a local login');

  await report.check('both realms are attached to a running Portner', async () => {
    const { portner } = world;
    writeFileSync(join(portner.home, 'more-people.toml'), seedOf([ida, otto]));
    await portner.command('seed', join(portner.home, 'more-people.toml'), '--config', portner.config);
    await attachSaml(world);
    await attachOidc(world);
  });

  await report.check('Keycloak → Portner by SAML: signed and encrypted both ways it can be', async () => {
    const browser = new Browser();
    const values = received(await browser.visit(`${world.platform.base}/received`, ida));
    assert.equal(values.MELLON_dk_unilogin_uniid, ida.uniId);
    assert.equal(values.MELLON_dk_unilogin_loa, 'ToFaktor');
    assert.equal(values.MELLON_dk_unilogin_broker_id, SAML);
    const request = messageTo(browser, `${world.keycloak.origin}/realms/${SAML}/`, 'SAMLRequest');
    assert.ok(request.signed, 'our request is not signed');
    const { xml: response } = messageTo(browser, `${world.portner.origin}/saml/acs/`, 'SAMLResponse');
    assert.match(response, /EncryptedAssertion/);
    assert.doesNotMatch(response, new RegExp(`${ida.uniId}|${ida.cpr}`));
    assert.match(response, /xmlenc11#aes256-gcm/);
    assert.match(response, /<dsig:SignatureMethod Algorithm="http:\/\/www\.w3\.org\/2001\/04\/xmldsig-more#rsa-sha256"/);
  });

  await report.check('Keycloak → Portner by OpenID Connect', async () => {
    const browser = new Browser();
    const values = received(await browser.visit(`${world.learning.base}/protected/received`, otto));
    assert.equal(values.OIDC_CLAIM_uniid, otto.uniId);
    assert.equal(values.OIDC_CLAIM_unilogin_loa, 'ToFaktor');
    assert.equal(values.OIDC_CLAIM_broker_id, OIDC);
    const asked = browser.history.map(({ url }) => new URL(url)).find(({ pathname }) => pathname === `/realms/${OIDC}/protocol/openid-connect/auth`);
    assert.equal(asked.searchParams.get('code_challenge_method'), 'S256');
    assert.equal(asked.searchParams.get('login_hint'), otto.login);
  });

  for (const [protocol, realm, person] of [['SAML', SAML, ida], ['OpenID Connect', OIDC, otto]]) {
    await report.check(`logout at Portner ends the session at Keycloak by ${protocol}`, async () => {
      const { browser, others } = await loggedIn(world, realm, person);
      const receipt = await logOut(browser, world);
      assert.equal(await sessions(world, realm, person), others, `${browser.story()}\n${textOf(receipt.html)}`);
      assertToldOf(receipt, person);
      if (realm === SAML) assertExchanged(browser, `${world.keycloak.origin}/realms/${SAML}/`, `${world.portner.origin}/saml/slo/${SAML}`);
    });

    await report.check(`logout at Keycloak ends the session at Portner by ${protocol}`, async () => {
      const { browser, others } = await loggedIn(world, realm, person);
      const last = await logOutAtKeycloak(browser, world, realm);
      assert.equal(await sessions(world, realm, person), others, browser.story());
      assert.ok(last.url.startsWith(`${world.keycloak.origin}/realms/${realm}/`) && last.status === 200, `the user is left at ${last.url.split('?')[0]} (${last.status})`);
      if (realm === SAML) assertExchanged(browser, `${world.portner.origin}/saml/slo/${SAML}`, `${world.keycloak.origin}/realms/${SAML}/`);
      const again = await browser.visit(`${world.portner.origin}/logout`);
      assert.match(textOf(again.html), /^Du er logget ud/);
    });
  }
}

/** One LogoutRequest went there, one LogoutResponse came back; both signed, and all is well. */
function assertExchanged(browser, there, back) {
  const asked = messagesTo(browser, there, 'SAMLRequest').filter(({ xml }) => /<[\w:]*LogoutRequest/.test(xml));
  // Portner may have the browser bring a posted one again, so that its cookies come along.
  assert.equal(new Set(asked.map(({ xml }) => xml)).size, 1, browser.story());
  assert.match(asked[0].xml, /<[\w:]*SessionIndex>/);
  const answer = messageTo(browser, back, 'SAMLResponse');
  assert.match(answer.xml, /<[\w:]*LogoutResponse[\s\S]*status:Success/);
  for (const { xml, signed } of [asked[0], answer]) assert.ok(signed || /<[\w:]*SignatureValue>/.test(xml), 'a message is not signed');
}

/** A user who is logged in at a service, at Portner and at Keycloak, where `others` sessions of theirs were before. */
async function loggedIn(world, realm, person) {
  const others = await sessions(world, realm, person);
  const browser = new Browser();
  received(await browser.visit(`${world.learning.base}/protected/received`, person));
  assert.equal(await sessions(world, realm, person), others + 1);
  return { browser, others };
}

/** The realm's SAML metadata by its address; Portner's metadata as a client of the realm. */
async function attachSaml(world) {
  const { portner, keycloak: { administration } } = world;
  const { samlMetadata } = await administration.createRealm(SAML);
  await administration.allowAttributes(SAML, { extra: ['uniid', 'cpr'] });
  await administration.addUser(SAML, asUser(ida));

  await portner.command('metadata', 'add', samlMetadata, '--name', SAML, '--config', portner.config);
  portner.register('upstreams', SAML, `
kind = "local"
preset = "saml2int"
name = "Mellemkøbing Kommune"
domains = ["mellemkoebing.example"]
institutions = ["${ida.institution.number}"]
contact = "it@mellemkoebing.example"
vouches_for = ["cpr", "uni-id"]

[ceiling]
factors = "two"

[saml]
metadata_url = "${samlMetadata}"
assertions = "encrypted"
`);
  await readAnew(world);
  const ours = await portner.command('metadata', 'show', '--for', SAML, '--config', portner.config);
  await administration.importSamlClient(SAML, ours, {
    mappers: [
      userAttribute('uniid', 'dk:unilogin:uniid'),
      userAttribute('cpr', 'dk:gov:saml:attribute:CprNumberIdentifier'),
      hardcodedAttribute('dk:unilogin:loa', 'ToFaktor'),
    ],
  });
}

/** A client of the realm; the realm's issuer and the client's secret at Portner. */
async function attachOidc(world) {
  const { portner, keycloak: { administration } } = world;
  const { issuer } = await administration.createRealm(OIDC);
  await administration.allowAttributes(OIDC, { extra: ['uniid'] });
  await administration.addUser(OIDC, asUser(otto));
  await administration.createClient(OIDC, {
    clientId: 'portner',
    secret: SECRET,
    publicClient: false,
    redirectUris: [portner.callback(OIDC)],
    attributes: {
      'pkce.code.challenge.method': 'S256',
      'post.logout.redirect.uris': `${portner.origin}/oidc/logged-out/${OIDC}`,
      'backchannel.logout.url': `${portner.origin}/oidc/backchannel/${OIDC}`,
      'backchannel.logout.session.required': 'true',
    },
    protocolMappers: [userClaim('uniid', 'uniid'), hardcodedClaim('unilogin_loa', 'ToFaktor')],
  });
  portner.register('upstreams', OIDC, `
kind = "local"
name = "Østkøbing Kommune"
domains = ["oestkoebing.example"]
institutions = ["${otto.institution.number}"]
contact = "it@oestkoebing.example"
vouches_for = ["uni-id"]
single_logout = true

[ceiling]
factors = "two"

[oidc]
issuer = "${issuer}"
client_id = "portner"
secret = ${portner.secret(OIDC, SECRET)}
`);
  await readAnew(world);
}

function asUser({ login, password, givenName, familyName, uniId, cpr }) {
  return { login, password, givenName, familyName, attributes: { uniid: uniId, cpr } };
}

/** How many sessions Keycloak holds of the user. */
async function sessions({ keycloak }, realm, { login }) {
  return (await keycloak.administration.sessions(realm, login)).length;
}

/** At Portner's own page; its receipt. */
export async function logOut(browser, { portner }) {
  const question = await browser.visit(`${portner.origin}/logout`);
  const [form] = forms(question.html, question.url).filter(({ method, action }) => method === 'POST' && action.pathname === '/oidc/logout');
  assert.ok(form, `nothing to confirm:\n${textOf(question.html)}`);
  return goOn(browser, await browser.submit(question, form));
}

/** At Keycloak's own page, where nobody has to be known by a token. */
async function logOutAtKeycloak(browser, { keycloak: { origin } }, realm) {
  const question = await browser.visit(`${origin}/realms/${realm}/protocol/openid-connect/logout`);
  const [form] = forms(question.html, question.url).filter(({ action }) => action.pathname.endsWith('/logout/logout-confirm'));
  assert.ok(form, `nothing to confirm:\n${textOf(question.html)}`);
  return goOn(browser, await browser.submit(question, form));
}

/** Carries messages on, as the button of each page does. */
export async function goOn(browser, page) {
  const carried = ['SAMLRequest', 'SAMLResponse', 'id_token_hint', 'logout'];
  for (let pages = 0; pages < 10; pages += 1) {
    const [form] = forms(page.html, page.url).filter(({ controls }) => controls.some(({ name, type }) => type === 'hidden' && carried.includes(name)));
    if (!form) return page;
    page = await browser.submit(page, form);
  }
  throw new Error(`no end of messages:\n${browser.story()}`);
}

/** The receipt names the municipality among those who have logged the user out. */
function assertToldOf(receipt, { institution }) {
  const text = textOf(receipt.html);
  assert.match(text, /Du er logget ud/);
  assert.match(text, new RegExp(`Du er også logget ud her:[^:]*${institution.name.replace(' Skole', '')} Kommune`), text);
}
