// Names that want to be scripts (F06): a Portner of its own whose services, upstreams, schools,
// people and operator's messages are named so that a page that forgot to escape one would run
// it, and visitors who send the same. The policy that would stop such a script is switched off
// in this browser, so that escaping has to hold alone.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { preparePortner, startPortner } from '../peers/software/portner.mjs';
import { answers, freePort, start } from '../peers/support/processes.mjs';
import { clickButton, complete, fill, formOf, leaving, settled, shown } from './visitor.mjs';

const HOSTS = { portner: '127.0.0.1', service: '127.0.0.4', eid: '127.0.0.5' };
const PASSWORD = 'kun-til-denne-proeve';
const CPR = '0102121234';

/** Breaks out of text, of attributes in either quote, and of a script; without a space, to be a user name too. */
const evil = (what) => `x"'><script>canary("${what}")</script><img/src/onerror="canary('${what}')"><svg/onload="canary('${what}')">`;

/** What is named so, or sent so by a visitor, and must have been seen on some page. */
const NAMED = ['site', 'notice', 'support', 'national', 'service', 'samlservice', 'central', 'eid', 'local', 'contact', 'school', 'workplace', 'username', 'account', 'hint', 'typed', 'search', 'state', 'r'];

/** Visits every page of such a Portner, and lets its visitors try the same. */
export async function checkCanary(report, { browser, artifacts }) {
  report.section('Names that want to be scripts');
  const work = mkdtempSync(join(tmpdir(), 'portner-canary-'));
  try {
    const world = await startWorld(work, artifacts);
    const { seen, fired } = world;
    const check = (name, act) => report.check(name, async () => {
      const { page, context, close } = await browser.visitor({ bypassCSP: true, holdPosting: true });
      await context.exposeFunction('canary', (what) => { fired.push(what); });
      await close(() => act({ ...world, page, watch: () => look(page, world) }));
    });
    await check('a page that does not escape is found out', theCanaryLives);
    await check('pages that belong to no login', plainPages);
    await check('typed names, hints and searches', typedNames);
    await check('a login at Portner', centralLogin);
    await check('a login by the national eID', nationalLogin);
    await check('a SAML login', samlLogin);
    await check('a login that is down', brokenLogin);
    await check('messages made of scripts', oddMessages);
    await check('logging out', loggingOut);
    await report.check('every such name was seen on a page', () => assert.deepEqual(NAMED.filter((what) => !seen.has(what)), []));
    await report.check('an address that is a script is no address of a service', () => scriptAsAddress(world));
    await world.stop();
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function theCanaryLives({ page, fired }) {
  await page.setContent(`<p title="${evil('bare')}">${evil('bare')}</p>`);
  for (let waits = 0; waits < 20 && !fired.length; waits += 1) await page.waitForTimeout(50);
  assert.ok(fired.splice(0).length > 0, 'the canary is dead: this would find nothing');
}

async function plainPages({ page, portner, watch }) {
  for (const path of ['/', '/support', '/status', `/${encodeURIComponent(evil('path'))}`, `/?lang=${encodeURIComponent(evil('lang'))}`]) {
    await page.goto(portner.origin + path);
    await watch();
  }
}

async function typedNames({ page, authorize, watch }) {
  await page.goto(authorize({ login_hint: evil('hint'), ui_locales: evil('locale') }));
  await watch();
  assert.equal(await page.inputValue('input[name=name]'), evil('hint').toLowerCase());
  for (const name of [evil('typed'), `${evil('typed')}@${evil('domain')}`, `${evil('typed')}@findes-ikke.example`, `${evil('typed')}@ned.example`]) {
    await page.fill('input[name=name]', name);
    await next(page);
    await watch();
    assert.equal(await page.locator('main[data-refusal-code]').count(), 1, `${name} is taken for a name`);
  }
  await leaving(page, () => page.locator('main a[href$="/choose"]').click());
  await watch();
  const search = page.locator('input[name=q]');
  await search.pressSequentially(evil('search').slice(0, 99));
  await page.locator('#local .count', { hasText: 'canary' }).waitFor();
  await watch();
  await leaving(page, () => search.press('Enter'));
  await watch();
}

async function centralLogin({ page, authorize, watch }) {
  const login = evil('username');
  await page.goto(authorize({ response_mode: 'form_post', state: evil('state') }));
  assert.deepEqual(await complete(page, { login, password: 'forkert' }, { onPage: watch }), { kind: 'refused', code: 'UL-102' });
  await page.fill('input[name=password]', PASSWORD);
  await next(page);
  assert.equal(await page.locator('input[name=actor]').count(), 2, shown(page));
  const outcome = await complete(page, { login }, { onPage: watch });
  assert.equal(outcome.kind, 'received', JSON.stringify(outcome));
}

async function nationalLogin({ page, authorize, watch }) {
  await page.goto(authorize({ idphint: 'eid', state: evil('state') }));
  const outcome = await complete(page, { login: 'nogen', password: PASSWORD }, { onPage: watch });
  assert.equal(outcome.kind, 'received', JSON.stringify(outcome));
}

async function samlLogin({ page, portner, samlRequest, watch, service }) {
  const relayState = evil('r').slice(0, 80);
  const query = new URLSearchParams({ SAMLRequest: deflateRawSync(samlRequest()).toString('base64'), RelayState: relayState });
  await page.goto(`${portner.origin}/saml/sso?${query}`);
  const outcome = await complete(page, { login: evil('username'), password: PASSWORD }, { onPage: watch });
  assert.equal(outcome.kind, 'received', JSON.stringify(outcome));

  await page.goto(service.origin);
  await page.setContent(form(`${portner.origin}/saml/sso`, { SAMLRequest: Buffer.from(samlRequest()).toString('base64'), RelayState: relayState }));
  await leaving(page, () => page.click('button'));
  await watch();
  await next(page);
  await watch();
}

async function brokenLogin({ page, authorize, watch }) {
  await page.goto(authorize());
  await fill(await formOf(page), { login: 'nogen@nede.example' });
  await next(page);
  await watch();
  assert.equal(await page.locator('main[data-refusal-code]').count(), 1, `no refusal at ${shown(page)}`);
}

async function oddMessages({ page, portner, watch }) {
  const say = (path, values) => `${portner.origin}${path}?${new URLSearchParams(values)}`;
  for (const address of [
    say('/oidc/callback/eid', { error: evil('error'), error_description: evil('error'), state: evil('state') }),
    say('/oidc/authorize', { client_id: evil('client'), redirect_uri: 'javascript:canary("uri")', response_type: evil('type') }),
    say('/oidc/authorize', { client_id: 'kanarie', redirect_uri: 'javascript:canary("uri")', response_type: 'code' }),
    say('/saml/sso', { SAMLRequest: evil('saml'), RelayState: evil('relay') }),
    say('/oidc/logout', { id_token_hint: evil('token'), post_logout_redirect_uri: 'javascript:canary("uri")', state: evil('state') }),
  ]) {
    await page.goto(address);
    await watch();
  }
}

async function loggingOut({ page, portner, authorize, watch }) {
  await page.goto(authorize());
  await complete(page, { login: evil('username'), password: PASSWORD });
  await page.goto(`${portner.origin}/oidc/logout?client_id=kanarie&state=${encodeURIComponent(evil('state'))}`);
  await watch();
  await next(page);
  await watch();
}

/** `portner check` is what stops a start address that would run when a user clicks on it. */
async function scriptAsAddress({ portner, service }) {
  await portner.command('check', '--config', portner.config);
  for (const address of ['javascript:canary()', 'data:text/html,<script>canary()</script>']) {
    portner.register('services', 'kanarie', oidcService(service.origin, address));
    await assert.rejects(portner.command('check', '--config', portner.config), address);
  }
}

/** Nothing has fired, nothing on the page could, and the page says in plain text what it was told. */
async function look(page, { portner, seen, fired }) {
  await settled(page);
  if (new URL(page.url()).origin !== portner.origin) return;
  const { html, foreign } = await page.evaluate(() => ({
    html: document.documentElement.outerHTML,
    foreign: [...document.querySelectorAll('script:not([src^="/assets/"]), img:not([src^="/assets/"]), svg:not(.fanlight), [onerror], [onload], [href^="javascript:" i], [action^="javascript:" i]')].map((element) => element.outerHTML.slice(0, 80)),
  }));
  for (const [, what] of html.matchAll(/canary\((?:&quot;|"|')(\w+)/g)) seen.add(what);
  assert.deepEqual({ foreign, fired: fired.splice(0) }, { foreign: [], fired: [] }, shown(page));
}

async function next(page) {
  const found = await formOf(page);
  assert.ok(found, `no form at ${shown(page)}`);
  await leaving(page, () => clickButton(page, found));
  await settled(page);
}

async function startWorld(work, artifacts) {
  const logs = join(artifacts, 'canary');
  mkdirSync(logs, { recursive: true });
  const [port, eidPort] = [await freePort(HOSTS.portner), await freePort(HOSTS.eid)];
  const portner = preparePortner({ work, host: HOSTS.portner, port });
  const service = await startService();
  const issuer = `http://${HOSTS.eid}:${eidPort}`;
  const settings = {
    host: HOSTS.eid,
    port: eidPort,
    clients: [{ client_id: 'portner', client_secret: PASSWORD, redirect_uris: [portner.callback('eid')], grant_types: ['authorization_code'], response_types: ['code'] }],
    users: { nogen: { password: PASSWORD, sub: 'nogen', claims: { cpr: CPR } } },
  };
  const program = fileURLToPath(new URL('../peers/software/oidc-provider.mjs', import.meta.url));
  const eid = await start('eid', process.execPath, [program, JSON.stringify(settings)], { logs, ready: answers(`${issuer}/.well-known/openid-configuration`) });

  appendFileSync(portner.config, presentation());
  portner.register('services', 'kanarie', oidcService(service.origin));
  portner.register('services', 'kanariesaml', `
name = ${toml('samlservice')}
start_url = "${service.origin}"
release = "pseudonym"

[saml]
requests = "unsigned"
`, samlMetadata(service.origin));
  for (const [id, text] of Object.entries(upstreams(issuer, portner))) portner.register('upstreams', id, text);
  writeFileSync(join(portner.home, 'people.toml'), people());
  await portner.command('keys', 'new', '--config', portner.config);
  await portner.command('seed', join(portner.home, 'people.toml'), '--config', portner.config);
  const running = await startPortner(portner, { logs });

  const asked = { client_id: 'kanarie', redirect_uri: `${service.origin}/callback`, response_type: 'code', scope: 'openid', code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256', nonce: 'n' };
  return {
    portner,
    service,
    seen: new Set(),
    fired: [],
    authorize: (more = {}) => `${portner.origin}/oidc/authorize?${new URLSearchParams({ ...asked, state: 's', ...more })}`,
    samlRequest: () => `<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_${crypto.randomUUID()}" Version="2.0" IssueInstant="${new Date().toISOString()}" Destination="${portner.origin}/saml/sso" ForceAuthn="true"><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${service.origin}</saml:Issuer></samlp:AuthnRequest>`,
    stop: () => Promise.all([running.stop(), eid.stop(), service.stop()]),
  };
}

/** A service that is content with whatever it gets. */
async function startService() {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<!doctype html><title>Tjeneste</title><pre id="received">{"subject":"nogen"}</pre>');
  });
  server.listen(0, HOSTS.service);
  await once(server, 'listening');
  const stop = () => { server.closeAllConnections(); server.close(); };
  return { origin: `http://${HOSTS.service}:${server.address().port}`, stop };
}

const toml = (what) => JSON.stringify(evil(what));

const presentation = () => `
[presentation]
name = ${toml('site')}
national_eid = ${toml('national')}

[presentation.support]
email = ${toml('support')}

[[presentation.notices]]
text = ${toml('notice')}
`;

const oidcService = (origin, begin = origin) => `
name = ${toml('service')}
start_url = ${JSON.stringify(begin)}
release = "pseudonym"
one_actor = true

[oidc]
redirect_uris = ["${origin}/callback"]
authentication = "none"
`;

const samlMetadata = (origin) => `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${origin}" validUntil="${new Date(Date.now() + 86_400_000).toISOString()}">
  <SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <AssertionConsumerService index="0" isDefault="true" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${origin}/acs"/>
  </SPSSODescriptor>
</EntityDescriptor>`;

const upstreams = (issuer, portner) => ({
  central: `kind = "central"\nname = ${toml('central')}\n`,
  eid: `kind = "national-eid"\nname = ${toml('eid')}\nvouches_for = ["cpr"]\n[mapping]\ncpr = ["cpr"]\n[oidc]\nissuer = "${issuer}"\nclient_id = "portner"\nsecret = ${portner.secret('eid', PASSWORD)}\n`,
  nede: `kind = "local"\nname = ${toml('local')}\ndomains = ["nede.example"]\ncontact = ${toml('contact')}\nvouches_for = ["uni-id"]\ninstitutions = ["101001"]\n[oidc]\nissuer = "http://127.0.0.1:9"\nclient_id = "portner"\nsecret = ${portner.secret('nede', PASSWORD)}\n`,
});

/** Somebody with two roles, and somebody with two user names. */
const people = () => `
[[institution]]
number = "101001"
name = ${toml('school')}
cvr = "10100100"

[[institution]]
number = "101002"
name = ${toml('workplace')}
cvr = "10100100"

${person('username', '1000009901', ['101001', '101002'], `password = "${PASSWORD}"`)}
${person('account', '1000009902', ['101001'], '', `cpr = "${CPR}"`)}
${account('anden1234', '1000009903', ['101002'], '')}
`;

const person = (userName, uniId, institutions, more, about = '') => `
[[person]]
given-name = ${toml('given')}
family-name = ${toml('family')}
${about}
${account(evil(userName), uniId, institutions, more)}`;

const account = (userName, uniId, institutions, more) => `
[[person.account]]
user-name = ${JSON.stringify(userName.toLowerCase())}
uni-id = "${uniId}"
${more}
${institutions.map((number) => `[[person.account.actor]]\ngroup = "elev"\ninstitution = "${number}"`).join('\n')}`;

/** A form of another site. */
function form(action, fields) {
  const quoted = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const hidden = Object.entries(fields).map(([name, value]) => `<input type="hidden" name="${name}" value="${quoted(value)}">`);
  return `<form method="post" action="${action}">${hidden.join('')}<button>Videre</button></form>`;
}
