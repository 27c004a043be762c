// What is left when a login is over: cookies that stay at home, nothing behind the back button,
// and no address that says who somebody is. In both browsers.

import assert from 'node:assert/strict';
import { inflateRawSync } from 'node:zlib';
import { assertArrived, isCentral, serviceOf, userWhoArrives } from './stories.mjs';
import { complete, leaving, outcomeOf, settled, shown } from './visitor.mjs';

/** Who the demo's people are, beside what they type (config/demo.toml). */
const PEOPLE = {
  names: ['Sofie', 'Holm', 'Emil', 'Bak', 'Alma', 'Lund', 'Bente', 'Dahl', 'Karl', 'Friis', 'Ida', 'Krog', 'Otto', 'Juhl', 'Vera', 'Skov', 'Nora', 'Winther'],
  numbers: [/\b0201851001\b/, /\b0302821002\b/, /\b0403801003\b/, /\b0504781004\b/, /\b100000120\d\b/],
};
const TOKEN = /\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/;
const MOST_STEPS_BACK = 8;

/** Plays them all. */
export async function checkDepartures(report, { demo, browser }) {
  const check = (name, act) => report.check(name, async () => {
    const { page, context, close } = await browser.visitor();
    await close(() => act({ demo, page, context }));
  });
  report.section(`Cookies and what is left in ${browser.name}`);
  await check('an answer from another site comes without cookies and is posted once more', crossSiteAnswer);
  await check('a logout that a service posts ends the login everywhere', postedLogout);
  await check('back after a logout shows nobody', backAfterLogout);
  await report.check(`none of ${browser.addresses.size} addresses says who somebody is`, () => {
    assert.ok(browser.addresses.size > 20, 'hardly any address was seen');
    assert.deepEqual([...browser.addresses].flatMap((address) => tellTale(address, demo)), []);
  });
}

async function crossSiteAnswer({ demo, page, context }) {
  const user = userWhoArrives(demo, 'saml');
  const posts = [];
  page.on('request', (request) => {
    if (request.method() === 'POST' && isAt(request.url(), demo.broker, '/saml/acs/')) posts.push(request.allHeaders());
  });
  await page.goto(serviceOf(demo, user).start_url);
  assertArrived(await complete(page, user));
  const brought = (await Promise.all(posts)).map((headers) => (headers.cookie ?? '').includes('tx-'));
  assert.deepEqual(brought, [false, true]);

  const kept = (await context.cookies(demo.broker)).filter(({ name }) => /session|tx-/.test(name));
  assert.ok(kept.length > 0, 'no cookie was kept');
  for (const { name, sameSite, httpOnly } of kept) assert.deepEqual([sameSite, httpOnly], ['Lax', true], name);
}

async function postedLogout({ demo, page, context }) {
  const service = await logInAndOut({ demo, page });
  assert.deepEqual((await context.cookies(demo.broker)).filter(({ name }) => name.includes('session')), []);
  // Where no new login is asked for, an old one would do.
  await page.goto(service.start_url.split('?')[0]);
  await settled(page);
  assert.equal(await page.locator('input[name=name]').count(), 1, `nobody is asked for at ${shown(page)}`);
}

async function backAfterLogout({ demo, page }) {
  await logInAndOut({ demo, page });
  for (let steps = 0; steps < MOST_STEPS_BACK; steps += 1) {
    await page.goBack();
    await settled(page);
    if (page.url() === 'about:blank') return;
    const text = `${await page.title()} ${await page.innerText('body')} ${await page.locator('input:not([type=hidden])').evaluateAll((fields) => fields.map(({ value }) => value).join(' '))}`;
    for (const word of ['alma1234', 'Alma', 'Lund']) assert.ok(!text.includes(word), `${word}, ${steps + 1} steps back, at ${shown(page)}`);
  }
}

async function logInAndOut({ demo, page }) {
  const user = userWhoArrives(demo, 'oidc', isCentral);
  const service = serviceOf(demo, user);
  await page.goto(service.start_url);
  assertArrived(await complete(page, user));
  await leaving(page, () => page.locator('form[action$="/logout"] button').click());
  await page.waitForURL((url) => isAt(url.href, service.start_url, '') && !url.pathname.endsWith('/logout'));
  await settled(page);
  assert.deepEqual((await outcomeOf(page)).data.error, 'nobody', 'the service has forgotten who was there');
  return service;
}

/** What an address gives away about somebody, as complaints. */
function tellTale(address, demo) {
  const url = new URL(address);
  // Whoever vouches for a user is told the name that was typed: it is theirs, and for that.
  if (url.pathname === '/authorize') url.searchParams.delete('login_hint');
  const message = url.searchParams.get('SAMLRequest');
  let said = message ? inflateRawSync(Buffer.from(message, 'base64')).toString().replace(/<(saml2?:Subject)\b.*<\/\1>/s, '') : '';
  // Whoever vouched hears, when the user logs out, the name that they gave themselves.
  if (url.pathname === '/slo' && said.includes('LogoutRequest')) said = said.replace(/<(saml2?:NameID)\b.*<\/\1>/s, '');
  const text = decodeURIComponent(url.href.replaceAll('+', ' ')) + said;
  const logins = demo.users.map(({ login }) => login).filter((login) => login.length > 6);
  const passwords = demo.users.map(({ password }) => password);
  const found = [...logins, ...passwords].filter((word) => word && text.includes(word));
  found.push(...PEOPLE.names.filter((name) => new RegExp(`\\b${name}\\b`).test(text)));
  found.push(...[...PEOPLE.numbers, TOKEN].filter((pattern) => pattern.test(text)).map(String));
  return found.map((word) => `${word} in ${url.origin}${url.pathname}`);
}

function isAt(address, origin, path) {
  const url = new URL(address);
  return url.origin === new URL(origin).origin && url.pathname.startsWith(path);
}
