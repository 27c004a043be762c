// Services built on `openid-client`: everything that a client may do beyond a login, and the
// FAPI 2.0 preset, by a library that knows nothing of Portner.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mads } from './people.mjs';
import { Service, clientKeys, jose, openid, verifyLogoutToken } from './software/openid-client.mjs';
import { readAnew } from './software/portner.mjs';
import { Browser } from './support/browser.mjs';
import { startReceiver } from './support/receiver.mjs';

const HOST = '127.0.0.21';
const API = 'https://api.laesehest.example';
const SECRET = 'only-for-tests-of-one-run-openid-client';

/** Registers three services and a resource with the running Portner, and has them use everything. */
export async function checkOpenidClient(report, world) {
  report.section('openid-client');
  const receiver = await startReceiver(HOST);
  const at = (path) => `${receiver.base}${path}`;
  let readerKeys, bankKeys, reader, neighbour, bank, api;

  await report.check('a running Portner takes three services and a resource', async () => {
    [readerKeys, bankKeys] = await Promise.all([clientKeys('laesehest', 'ES256'), clientKeys('skolebank', 'PS256')]);
    register(world, at, { laesehest: readerKeys, skolebank: bankKeys });
    await readAnew(world);
    const issuer = world.portner.origin;
    const service = (clientId, settings) => Service.discover({ issuer, clientId, redirectUri: at(`/${clientId}/callback`), ...settings });
    [reader, neighbour, bank, api] = await Promise.all([
      service('laesehest', { keys: readerKeys.keys, scope: 'openid profile', bound: true }),
      service('naboen', { secret: SECRET, scope: 'openid' }),
      service('skolebank', { keys: bankKeys.keys, bound: true }),
      service('laesehest-api', { secret: SECRET }),
    ]);
  });

  let login;
  await report.check('a pushed request, private_key_jwt, tokens bound by DPoP', async () => {
    login = await reader.login(new Browser(), mads);
    assert.deepEqual([...login.url.searchParams.keys()].sort(), ['client_id', 'request_uri']);
    assert.equal(login.tokens.token_type, 'dpop');
    assert.equal(login.claims.acr, 'dk:unilogin:loa:ToFaktor');
    const userinfo = await reader.userinfo(login.tokens, login.claims);
    assert.equal(userinfo.uniid, mads.uniId);
    assert.equal(userinfo.given_name, mads.givenName);
  });

  await report.check('with another key the same token opens nothing', async () => {
    const { config } = reader;
    const stranger = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256'));
    const asked = openid.fetchUserInfo(config, login.tokens.access_token, login.claims.sub, { DPoP: stranger });
    await assert.rejects(asked, ({ cause }) => isChallenge(cause, 'invalid_token'));
    const bare = await fetch(config.serverMetadata().userinfo_endpoint, { headers: { authorization: `Bearer ${login.tokens.access_token}` } });
    assert.equal(bare.status, 401);
  });

  await report.check('the answer names its issuer, and belongs to its request', async () => {
    const { answer, checks } = await unredeemed(reader, mads);
    const without = new URL(answer);
    without.searchParams.delete('iss');
    await assert.rejects(reader.redeem(without, checks), says(/"iss"/));
    const elsewhere = new URL(answer);
    elsewhere.searchParams.set('iss', 'https://other.example');
    await assert.rejects(reader.redeem(elsewhere, checks), says(/"iss"/));
    await assert.rejects(reader.redeem(answer, { ...checks, expectedState: 'another' }), says(/"state"/));
    await assert.rejects(reader.redeem(answer, { ...checks, expectedNonce: 'another' }), says(/"nonce"/));
    // That one reached Portner: the code is spent.
    await assert.rejects(reader.redeem(answer, checks), isError('invalid_grant'));
  });

  await report.check('another verifier than the one that was announced redeems nothing', async () => {
    const { answer, checks } = await unredeemed(reader, mads);
    await assert.rejects(reader.redeem(answer, { ...checks, pkceCodeVerifier: openid.randomPKCECodeVerifier() }), isError('invalid_grant'));
  });

  await report.check('refresh tokens rotate; an old one ends all that came of the login', async () => {
    const { tokens, claims } = await reader.login(new Browser(), mads);
    const renewed = await reader.renew(tokens.refresh_token);
    assert.notEqual(renewed.refresh_token, tokens.refresh_token);
    assert.equal((await reader.userinfo(renewed, claims)).uniid, mads.uniId);
    await assert.rejects(reader.renew(tokens.refresh_token), isError('invalid_grant'));
    await assert.rejects(reader.renew(renewed.refresh_token), isError('invalid_grant'));
    await assert.rejects(reader.userinfo(renewed, claims), ({ cause }) => isChallenge(cause, 'invalid_token'));
  });

  await report.check('introspection before and after revocation', async () => {
    const { tokens, claims } = await reader.login(new Browser(), mads);
    const before = await reader.introspect(tokens.access_token);
    assert.equal(before.active, true);
    assert.equal(before.sub, claims.sub);
    assert.equal(before.cnf.jkt, await reader.bound.calculateThumbprint());
    assert.equal((await neighbour.introspect(tokens.access_token)).active, false, 'a stranger looked into it');
    await reader.revoke(tokens.refresh_token);
    assert.equal((await reader.introspect(tokens.access_token)).active, false);
    await assert.rejects(reader.userinfo(tokens, claims), ({ cause }) => isChallenge(cause, 'invalid_token'));
  });

  await report.check('an access token for an API: it verifies there, and the API may look into it', async () => {
    const { tokens, claims } = await reader.login(new Browser(), mads, { resource: API });
    const { issuer, jwks_uri: jwks } = reader.config.serverMetadata();
    const { payload } = await jose.jwtVerify(tokens.access_token, jose.createRemoteJWKSet(new URL(jwks)), { issuer, audience: API, typ: 'at+jwt' });
    assert.equal(payload.client_id, 'laesehest');
    assert.equal(payload.cnf.jkt, await reader.bound.calculateThumbprint());
    const seen = await api.introspect(tokens.access_token);
    assert.equal(seen.active, true);
    assert.equal(seen.sub, claims.sub);
    assert.equal((await neighbour.introspect(tokens.access_token)).active, false);
  });

  await report.check('logout: back to where it began with `state`, the other service is told by its own name for the session', async () => {
    const browser = new Browser();
    const first = await reader.login(browser, mads);
    const second = await neighbour.login(browser, mads);
    assert.notEqual(second.claims.sub, first.claims.sub, 'two services know the user by one name');
    const told = (path) => receiver.logoutTokens(path);
    const url = reader.endSessionUrl({ id_token_hint: first.tokens.id_token, post_logout_redirect_uri: at('/laesehest/farvel'), state: 'farvel-og-tak' });
    const page = await browser.visit(url.href);
    assert.equal(page.url, at('/laesehest/farvel?state=farvel-og-tak'), browser.story());
    const [token] = await told('/naboen/logout');
    assert.ok(token, 'no logout token came');
    const logout = await verifyLogoutToken(token, neighbour);
    assert.equal(logout.sid, second.claims.sid);
    assert.equal(logout.sub, second.claims.sub);
    await assert.rejects(verifyLogoutToken(token, reader), /aud/, 'the token is good for another service too');
    await assert.rejects(reader.renew(first.tokens.refresh_token), isError('invalid_grant'));
    await assertAsked(await neighbour.begin({ prompt: 'none' }), browser, neighbour);
  });

  await report.check('logout with an address that is not registered ends at Portner', async () => {
    const browser = new Browser();
    const { tokens } = await reader.login(browser, mads);
    const url = reader.endSessionUrl({ id_token_hint: tokens.id_token, post_logout_redirect_uri: at('/laesehest/andet') });
    const page = await browser.visit(url.href);
    assert.ok(page.url.startsWith(world.portner.origin), page.url);
  });

  report.section('openid-client under the FAPI 2.0 preset');

  await report.check('pushed request, PS256 assertion, DPoP, ES256 ID token', async () => {
    const { tokens, claims } = await bank.login(new Browser(), mads);
    assert.equal(tokens.token_type, 'dpop');
    assert.equal(jose.decodeProtectedHeader(tokens.id_token).alg, 'ES256');
    assert.equal((await bank.userinfo(tokens, claims)).uniid, mads.uniId);
    const renewed = await bank.renew(tokens.refresh_token);
    assert.equal(renewed.refresh_token ?? tokens.refresh_token, tokens.refresh_token, 'FAPI 2.0 wants no rotation');
  });

  await report.check('a request that was not pushed is refused', async () => {
    const { url } = await bank.begin({ pushed: false });
    const browser = new Browser();
    const page = await browser.visit(url.href, { ...mads, until: ({ url: at }) => at.startsWith(bank.redirectUri) });
    const answer = new URL(page.url);
    assert.ok(!answer.searchParams.has('code'), 'there is a code');
    assert.ok(answer.searchParams.get('error') === 'invalid_request' || page.status >= 400, browser.story());
  });

  await report.check('tokens without a proof of possession are refused', async () => {
    const { answer, checks } = await unredeemed(bank, mads);
    await assert.rejects(openid.authorizationCodeGrant(bank.config, new URL(answer), checks), isError('invalid_dpop_proof'));
  });

  await report.check('an assertion for the token endpoint instead of the issuer is refused', async () => {
    const { token_endpoint: audience } = bank.config.serverMetadata();
    const old = await Service.discover({ issuer: world.portner.origin, clientId: 'skolebank', keys: bankKeys.keys, audience, redirectUri: bank.redirectUri, bound: true });
    await assert.rejects(old.begin(), isError('invalid_client'));
  });
}

/** Writes their files: what the manual tells operators to write. */
function register({ portner }, at, keys) {
  const register = (name, text) => portner.register('services', name, text);
  for (const [name, { jwks }] of Object.entries(keys)) writeFileSync(join(portner.home, 'metadata/services', `${name}.jwks.json`), jwks);

  register('laesehest', `
name = { da = "Læsehest", en = "Bookworm" }
start_url = "${at('/laesehest/start')}"
release = "school-day"

[oidc]
redirect_uris = ["${at('/laesehest/callback')}"]
authentication = "private_key_jwt"
jwks = "laesehest.jwks.json"
sender_constrained = "dpop"
refresh_tokens = "session"
resources = ["${API}"]
scopes = ["openid", "profile"]
post_logout_redirect_uris = ["${at('/laesehest/farvel')}"]
`);

  register('naboen', `
name = "Naboen"
start_url = "${at('/naboen/start')}"
release = "learning"

[oidc]
redirect_uris = ["${at('/naboen/callback')}"]
secret = ${portner.secret('naboen', SECRET)}
backchannel_logout_uri = "${at('/naboen/logout')}"
`);

  register('skolebank', `
name = "Skolebanken"
start_url = "${at('/skolebank/start')}"
release = "learning"

[oidc]
profile = "fapi2"
redirect_uris = ["${at('/skolebank/callback')}"]
authentication = "private_key_jwt"
jwks = "skolebank.jwks.json"
refresh_tokens = "session"
`);

  register('laesehest-api', `
name = "Læsehests API"
start_url = "${at('/laesehest/start')}"
release = "pseudonym"

[oidc]
secret = ${portner.secret('laesehest-api', SECRET)}
resource = "${API}"
`);
}

/** A login whose answer nobody has redeemed yet. */
async function unredeemed(service, user) {
  const { url, checks } = await service.begin();
  const browser = new Browser();
  const page = await browser.visit(url.href, { ...user, until: ({ url: at }) => at.startsWith(service.redirectUri) });
  assert.ok(new URL(page.url).searchParams.has('code'), browser.story());
  return { answer: page.url, checks };
}

/** Nobody is logged in any more: a silent login is told so. */
async function assertAsked({ url }, browser, { redirectUri }) {
  const page = await browser.visit(url.href);
  assert.ok(page.url.startsWith(redirectUri), browser.story());
  assert.equal(new URL(page.url).searchParams.get('error'), 'login_required');
}

/** What the library complains about; it wraps its reasons. */
function says(pattern) {
  return (error) => {
    assert.match(`${error.message} ${error.cause?.message ?? ''}`, pattern);
    return true;
  };
}

function isError(code) {
  return (error) => {
    assert.equal(error.error ?? error.cause?.error, code, error.message);
    return true;
  };
}

function isChallenge(challenges, code) {
  assert.ok(Array.isArray(challenges), `no challenge but ${challenges}`);
  assert.equal(challenges[0].parameters.error, code);
  return true;
}
