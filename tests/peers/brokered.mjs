// All four combinations through Portner, by software that knows nothing of it. What each
// service received is asserted exactly; what it must not receive, too.

import assert from 'node:assert/strict';
import { inflateRawSync } from 'node:zlib';
import { received } from './software/apache.mjs';
import { mads, sofie } from './people.mjs';
import { Browser } from './support/browser.mjs';

/** Logs both users in at services of both protocols. */
export async function checkBrokeredLogins(report, world) {
  const { lillekoebing, storkoebing } = world;
  report.section('Logins through Portner');

  await report.check('`portner check` has nothing to mend', async () => {
    assert.match(await world.portner.command('check', '--config', world.portner.config), /ready: /);
  });

  await report.check('SimpleSAMLphp → Portner → mod_auth_mellon (SAML → SAML, encrypted on both sides)', async () => {
    const { browser, values } = await atMellon(world.platform, sofie);
    assertPairwise(values.MELLON_NAME_ID, sofie);
    assert.deepEqual(attributesOf(values), samlFactsOf(sofie, 'lillekoebing'));
    assertNoCpr(values, sofie);
    assert.match(responseIn(values), /EncryptedAssertion/);
    assert.match(answerTo(browser, world.portner), /EncryptedAssertion/);
    assertTypedNameTravels(browser, lillekoebing);
    world.sofieAtPlatform = values;
  });

  await report.check('SimpleSAMLphp → Portner → mod_auth_openidc (SAML → OIDC)', async () => {
    const { values } = await atClient(world.learning, sofie);
    assertPairwise(values.OIDC_CLAIM_sub, sofie);
    assertClaims(values, world, sofie, 'lillekoebing');
    assertNoCpr(values, sofie);
  });

  await report.check('oidc-provider → Portner → mod_auth_mellon (OIDC → SAML)', async () => {
    const { browser, values } = await atMellon(world.platform, mads);
    assertPairwise(values.MELLON_NAME_ID, mads);
    assert.deepEqual(attributesOf(values), samlFactsOf(mads, 'storkoebing'));
    assertNoCpr(values, mads);
    assertHintTravels(browser, storkoebing);
  });

  await report.check('oidc-provider → Portner → mod_auth_openidc (OIDC → OIDC)', async () => {
    const { browser, values } = await atClient(world.learning, mads);
    assertPairwise(values.OIDC_CLAIM_sub, mads);
    assertClaims(values, world, mads, 'storkoebing');
    assertNoCpr(values, mads);
    assertHintTravels(browser, storkoebing);
  });

  report.section('Who a service gets to know');

  await report.check('the same user at the next login, by the same name', async () => {
    const { values } = await atMellon(world.platform, sofie);
    assert.equal(values.MELLON_NAME_ID, world.sofieAtPlatform?.MELLON_NAME_ID);
  });

  await report.check('another service: another name for the same user', async () => {
    const { values } = await atMellon(world.administration, sofie);
    assertPairwise(values.MELLON_NAME_ID, sofie);
    assert.notEqual(values.MELLON_NAME_ID, world.sofieAtPlatform?.MELLON_NAME_ID);
  });

  await report.check('a CPR number where the legal basis is recorded', async () => {
    const { values } = await atMellon(world.administration, sofie);
    assert.equal(values.MELLON_dk_gov_saml_attribute_CprNumberIdentifier, sofie.cpr);
  });

  await report.check('a second service in the same browser without another password', async () => {
    const browser = new Browser();
    received(await browser.visit(`${world.platform.base}/received`, sofie));
    const values = received(await browser.visit(`${world.learning.base}/protected/received`));
    assert.equal(values.OIDC_CLAIM_uniid, sofie.uniId);
  });
}

async function atMellon(service, user) {
  return arrive(`${service.base}/received`, user);
}

async function atClient(client, user) {
  return arrive(`${client.base}/protected/received`, user);
}

async function arrive(url, user) {
  const browser = new Browser();
  const page = await browser.visit(url, user);
  try {
    return { browser, values: received(page) };
  } catch (error) {
    throw new Error(`${error.message}\n${browser.story()}\n${page.html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ').slice(0, 500)}`);
  }
}

function samlFactsOf({ uniId, givenName, familyName, group, institution }, upstream) {
  return {
    dk_unilogin_uniid: [uniId],
    dk_unilogin_aktoergruppe: [group],
    dk_unilogin_institution_ids: [institution.number],
    https___data_gov_dk_model_core_specVersion: ['OIO-SAML-3.0'],
    dk_unilogin_institution_names: [institution.name],
    dk_unilogin_loa: ['ToFaktor'],
    dk_gov_saml_attribute_AssuranceLevel: ['3'],
    dk_unilogin_broker_id: [upstream],
    urn_oid_2_5_4_42: [givenName],
    urn_oid_2_5_4_4: [familyName],
    urn_oid_2_16_840_1_113730_3_1_241: [`${givenName} ${familyName}`],
  };
}

/** Mellon's variables as lists: it writes each value as `MELLON_<name>_<n>` too. */
function attributesOf(values) {
  const names = Object.keys(values).map((name) => name.match(/^MELLON_(.+)_N$/)?.[1]).filter(Boolean);
  return Object.fromEntries(names.filter((name) => !['NAME_ID', 'ASSERTION_ID'].includes(name))
    .map((name) => [name, Array.from({ length: Number(values[`MELLON_${name}_N`]) }, (_, n) => values[`MELLON_${name}_${n}`])]));
}

function assertClaims(values, { portner, learning }, person, upstream) {
  const idToken = JSON.parse(values.OIDC_id_token_payload);
  const userinfo = JSON.parse(values.OIDC_userinfo_json);
  assert.equal(idToken.iss, portner.origin);
  assert.deepEqual([idToken.aud].flat(), [learning.clientId]);
  assert.equal(userinfo.sub, idToken.sub);
  assert.equal(idToken.acr, 'dk:unilogin:loa:ToFaktor');
  assert.ok(Array.isArray(idToken.amr) && idToken.amr.includes('mfa'), `amr is ${JSON.stringify(idToken.amr)}`);
  assert.ok(Math.abs(idToken.auth_time - Date.now() / 1000) < 120, `auth_time is ${idToken.auth_time}`);
  const facts = { ...idToken, ...userinfo };
  assert.equal(facts.uniid, person.uniId);
  assert.deepEqual([facts.aktoer_gruppe].flat(), [person.group]);
  assert.deepEqual([facts.institution_ids].flat(), [`[${person.institution.number}]`]);
  assert.equal(facts.given_name, person.givenName);
  assert.equal(facts.unilogin_loa, 'ToFaktor');
  assert.equal(facts.broker_id, upstream);
}

/** A pairwise name says nothing about the person and is long enough not to be guessed. */
function assertPairwise(subject, { uniId, cpr, userName, login }) {
  assert.match(subject ?? '', /^[\w.~:/@+=-]{22,256}$/);
  for (const known of [uniId, cpr, userName, login]) assert.ok(!subject.includes(known), `${subject} contains ${known}`);
}

function assertNoCpr(values, { cpr }) {
  for (const [name, value] of Object.entries(values)) {
    const texts = [value, Buffer.from(value, 'base64').toString('latin1'), ...value.split('.').map((part) => Buffer.from(part, 'base64url').toString('latin1'))];
    assert.ok(!texts.some((text) => text.includes(cpr)), `${name} holds the CPR number`);
  }
}

/** Nobody types their name twice: it reaches a SAML identity provider in the request's Subject. */
function assertTypedNameTravels(browser, { base }) {
  const url = browser.history.map((page) => new URL(page.url)).find((visited) => visited.href.startsWith(base) && visited.searchParams.has('SAMLRequest'));
  assert.ok(url, `no SAMLRequest by Redirect to ${base}`);
  const request = inflateRawSync(Buffer.from(url.searchParams.get('SAMLRequest'), 'base64')).toString();
  assert.match(request, new RegExp(`<[\\w:]*NameID[^>]*>${sofie.login}<`));
  assert.ok(url.searchParams.has('Signature'), 'the request is not signed');
}

function assertHintTravels(browser, { issuer }) {
  const url = browser.history.map((page) => new URL(page.url)).find((visited) => visited.href.startsWith(issuer) && visited.searchParams.has('response_type'));
  assert.ok(url, `no authorization request to ${issuer}`);
  assert.equal(url.searchParams.get('login_hint'), mads.login);
  assert.equal(url.searchParams.get('code_challenge_method'), 'S256');
}

function responseIn(values) {
  return Buffer.from(values.MELLON_SAML_RESPONSE, 'base64').toString();
}

/** The SAML response that the user's browser carried to Portner. */
function answerTo(browser, { origin }) {
  const post = browser.history.find(({ method, url, body }) => method === 'POST' && url.startsWith(`${origin}/saml/acs/`) && body?.includes('SAMLResponse='));
  assert.ok(post, 'no SAML response was posted to Portner');
  return Buffer.from(new URLSearchParams(post.body).get('SAMLResponse'), 'base64').toString();
}
