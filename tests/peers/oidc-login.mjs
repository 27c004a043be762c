// A municipality's OpenID Connect login over time: Portner proves who it is by its own key, the
// provider changes keys while Portner runs, and both hear of each other's logouts.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { goOn, logOut } from './keycloak-login.mjs';
import { karla } from './people.mjs';
import { received } from './software/apache.mjs';
import { jose, openid } from './software/openid-client.mjs';
import { readAnew, seedOf } from './software/portner.mjs';
import { Browser } from './support/browser.mjs';
import { forms, textOf } from './support/html.mjs';
import { answers, freePort, start } from './support/processes.mjs';

const HOST = '127.0.0.25';
const NAME = 'nordkoebing';
/** An unknown key is looked for this often at most, in milliseconds. */
const PAUSE = 31_000;
const PROGRAM = fileURLToPath(new URL('software/oidc-provider.mjs', import.meta.url));

/** Attaches one more provider to the running Portner. */
export async function checkOidcLoginOverTime(report, world) {
  report.section('oidc-provider over time');
  const port = await freePort(HOST);
  const issuer = `http://${HOST}:${port}`;
  const keys = await Promise.all(['first', 'second'].map(signingKey));
  let running;
  const restart = async (...own) => {
    await running?.stop();
    running = await provider(world, { port, issuer, keys: own });
  };

  await report.check('Portner proves who it is by private_key_jwt', async () => {
    await restart(keys[0]);
    writeFileSync(join(world.portner.home, 'karla.toml'), seedOf([karla]));
    await world.portner.command('seed', join(world.portner.home, 'karla.toml'), '--config', world.portner.config);
    attach(world, issuer);
    await readAnew(world);
    assertKarla(await login(new Browser(), world));
  });

  await report.check('logout at Portner ends the session at the provider', async () => {
    const browser = new Browser();
    await login(browser, world);
    const receipt = await logOut(browser, world);
    assert.match(textOf(receipt.html), /Du er også logget ud her:[^:]*Nordkøbing Kommune/, browser.story());
    const asked = new URL(browser.history.find(({ url, method }) => method === 'GET' && url.startsWith(`${world.portner.origin}/oidc/logged-out/`)).url);
    assert.ok(asked.searchParams.get('state'), 'the provider did not bring back what we gave it');
    const again = await browser.visit(`${world.platform.base}/received`, { login: karla.login });
    assert.ok(again.url.startsWith(issuer) && asksForPassword(again), browser.story());
  });

  await report.check('logout at the provider ends the session at Portner (back channel)', async () => {
    const browser = new Browser();
    await login(browser, world);
    const page = await browser.visit(`${issuer}/session/end`);
    await goOn(browser, page);
    const again = await browser.visit(`${world.portner.origin}/logout`);
    assert.match(textOf(again.html), /^Du er logget ud/);
  });

  await report.check('the provider signs with a new key, then the old one is gone: no login fails', async () => {
    await sleep(PAUSE);
    await restart(keys[1], keys[0]);
    assertKarla(await login(new Browser(), world));
    await restart(keys[1]);
    assertKarla(await login(new Browser(), world));
  });
}

function attach({ portner }, issuer) {
  portner.register('upstreams', NAME, `
kind = "local"
name = "Nordkøbing Kommune"
domains = ["nordkoebing.example"]
institutions = ["${karla.institution.number}"]
contact = "it@nordkoebing.example"
vouches_for = ["uni-id"]
single_logout = true

[ceiling]
factors = "two"

[mapping]
subject = "uni-id"

[oidc]
issuer = "${issuer}"
client_id = "portner"
authentication = "private_key_jwt"
`);
}

/** The provider, which fetches the public half of Portner's key for requests. */
async function provider({ portner, folders: { logs } }, { port, issuer, keys }) {
  const settings = {
    host: HOST,
    port,
    jwks: { keys },
    clients: [{
      client_id: 'portner',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: `${portner.origin}/oidc/client/jwks`,
      redirect_uris: [portner.callback(NAME)],
      post_logout_redirect_uris: [`${portner.origin}/oidc/logged-out/${NAME}`],
      backchannel_logout_uri: `${portner.origin}/oidc/backchannel/${NAME}`,
      backchannel_logout_session_required: true,
      grant_types: ['authorization_code'],
      response_types: ['code'],
    }],
    users: {
      [karla.login]: { password: karla.password, sub: karla.uniId, claims: { uniid: karla.uniId, unilogin_loa: 'ToFaktor' }, acr: 'dk:unilogin:loa:ToFaktor', amr: ['pwd', 'otp'] },
    },
  };
  return start(NAME, process.execPath, [PROGRAM, JSON.stringify({ ...settings, postedAcross: true })], { logs, ready: answers(`${issuer}/.well-known/openid-configuration`) });
}

async function signingKey(kid) {
  const { privateKey } = await openid.randomDPoPKeyPair('RS256', { extractable: true });
  return { ...(await jose.exportJWK(privateKey)), kid, use: 'sig', alg: 'RS256' };
}

async function login(browser, { learning }) {
  const page = await browser.visit(`${learning.base}/protected/received`, karla);
  try {
    return received(page);
  } catch (error) {
    throw new Error(`${error.message}\n${browser.story()}`);
  }
}

function assertKarla(values) {
  assert.equal(values.OIDC_CLAIM_uniid, karla.uniId);
  assert.equal(values.OIDC_CLAIM_broker_id, NAME);
}

function asksForPassword(page) {
  return forms(page.html, page.url).some(({ controls }) => controls.some(({ type }) => type === 'password'));
}
