// Services in Python, by Authlib: one with a secret, one with a key of its own. The second is told
// over its back channel when the user logs out at the first.

import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mads, sofie } from './people.mjs';
import { readAnew } from './software/portner.mjs';
import { Browser } from './support/browser.mjs';
import { answers, freePort, run, start } from './support/processes.mjs';

const PROGRAM = fileURLToPath(new URL('software/authlib-service.py', import.meta.url));
const PYTHON = join(process.env.PORTNER_PEERS_DIR ?? '/tmp/portner-peers', 'python/bin/python');
const SECRET = 'only-for-tests-of-one-run-authlib';

/** Starts two services, registers them with the running Portner, logs in and out. */
export async function checkAuthlib(report, world) {
  report.section('Authlib');
  let diary, choir;

  await report.check('two services in Python are there', async () => {
    [diary, choir] = [await place('127.0.0.22'), await place('127.0.0.23')];
    await register(world, diary, choir);
    const key = join(world.portner.home, 'secrets/skolekoret.pem');
    await Promise.all([
      service(world, 'dagbogen', diary, { secret: SECRET }),
      service(world, 'skolekoret', choir, { private_key: key }),
    ]);
  });

  await report.check('code with PKCE, client_secret_basic', async () => {
    const browser = new Browser();
    const { id_token: claims, userinfo } = await login(browser, diary, sofie);
    const asked = authorization(browser, world);
    assert.equal(asked.get('code_challenge_method'), 'S256');
    assert.ok(asked.get('nonce') && asked.get('state'));
    assert.equal(claims.iss, world.portner.origin);
    assert.equal(claims.aud, 'dagbogen');
    assert.equal(claims.acr, 'dk:unilogin:loa:ToFaktor');
    assert.equal(userinfo.sub, claims.sub);
    assert.equal(userinfo.uniid, sofie.uniId);
    assert.equal(userinfo.family_name, sofie.familyName);
    assert.ok(!JSON.stringify([claims, userinfo]).includes(sofie.cpr), 'the CPR number is in it');
  });

  await report.check('private_key_jwt', async () => {
    const { id_token: claims, userinfo } = await login(new Browser(), choir, mads);
    assert.equal(claims.aud, 'skolekoret');
    assert.equal(userinfo.uniid, mads.uniId);
    assert.equal(userinfo.family_name, undefined, 'its release rule has no names');
  });

  await report.check('what Portner refuses is told in the words of OAuth', async () => {
    const browser = new Browser();
    const page = await browser.visit(`${diary.base}/login?prompt=none`);
    assert.equal(page.status, 400, browser.story());
    assert.match(JSON.parse(page.html).refused, /login_required/);
  });

  await report.check('logout at one service: Authlib finds its state again, joserfc accepts the logout token at the other', async () => {
    const browser = new Browser();
    await login(browser, diary, mads);
    const { id_token: claims } = await login(browser, choir, mads);
    const page = await browser.visit(`${diary.base}/logout`);
    assert.ok(page.url.startsWith(`${diary.base}/goodbye?state=`), browser.story());
    assert.deepEqual(JSON.parse(page.html), { goodbye: true });
    const heard = await (await fetch(`${choir.base}/logouts`)).json();
    assert.deepEqual(heard.map(({ sid, sub }) => ({ sid, sub })), [{ sid: claims.sid, sub: claims.sub }]);
  });

  await report.check('an ID token of Portner\'s is no logout token to joserfc', async () => {
    const { signed } = await login(new Browser(), choir, mads);
    const { status } = await fetch(`${choir.base}/backchannel`, { method: 'POST', body: new URLSearchParams({ logout_token: signed }) });
    assert.equal(status, 400);
  });
}

async function register(world, diary, choir) {
  const { portner } = world;
  portner.register('services', 'dagbogen', `
name = "Dagbogen"
start_url = "${diary.base}/login"
release = "school-day"

[oidc]
redirect_uris = ["${diary.base}/callback"]
secret = ${portner.secret('dagbogen', SECRET)}
scopes = ["openid", "profile"]
post_logout_redirect_uris = ["${diary.base}/goodbye"]
`);

  const key = join(portner.home, 'secrets/skolekoret.pem');
  await run('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', key]);
  const jwk = createPublicKey(readFileSync(key)).export({ format: 'jwk' });
  writeFileSync(join(portner.home, 'metadata/services/skolekoret.jwks.json'), JSON.stringify({ keys: [{ ...jwk, alg: 'ES256', use: 'sig' }] }));
  portner.register('services', 'skolekoret', `
name = "Skolekoret"
start_url = "${choir.base}/login"
release = "learning"

[oidc]
redirect_uris = ["${choir.base}/callback"]
authentication = "private_key_jwt"
jwks = "skolekoret.jwks.json"
scopes = ["openid", "profile"]
backchannel_logout_uri = "${choir.base}/backchannel"
`);
  await readAnew(world);
}

async function place(host) {
  const port = await freePort(host);
  return { host, port, base: `http://${host}:${port}` };
}

function service({ portner, folders }, clientId, { host, port, base }, credentials) {
  const settings = { host, port, issuer: portner.origin, client_id: clientId, ...credentials };
  return start(clientId, PYTHON, [PROGRAM, JSON.stringify(settings)], { logs: folders.logs, ready: answers(`${base}/logouts`) });
}

/** What the service accepted of a login. */
async function login(browser, { base }, user) {
  const page = await browser.visit(`${base}/login`, user);
  assert.ok(page.status === 200 && page.url.startsWith(`${base}/callback`), `${browser.story()}\n${page.html.slice(0, 300)}`);
  return JSON.parse(page.html);
}

/** The parameters that the service asked Portner with. */
function authorization(browser, { portner }) {
  return browser.history.map(({ url }) => new URL(url)).find(({ href }) => href.startsWith(`${portner.origin}/oidc/authorize`)).searchParams;
}
