// What must not get through, by the same real software: each ends on Portner's own page with
// its code and a way back to the service, which is told in its own protocol.

import assert from 'node:assert/strict';
import { sofie } from './people.mjs';
import { Browser, submitted } from './support/browser.mjs';
import { forms, links, refusalCode } from './support/html.mjs';

/** Tries a handful. */
export async function checkRefusals(report, world) {
  report.section('Refusals');
  const start = `${world.platform.base}/received`;

  const wrongKey = { ...sofie, login: sofie.login.replace('lillekoebing', 'falskkoebing') };

  await report.check('an identity provider that signs with another key: UL-303, and the SAML service is told', async () => {
    const browser = new Browser();
    const page = await browser.visit(start, wrongKey);
    assertRefused(browser, page, 'UL-303');
    const answer = messageIn(await browser.submit(page, tellForm(page)));
    assert.match(answer, /StatusCode Value="urn:oasis:names:tc:SAML:2\.0:status:Responder"/);
    assert.match(answer, /StatusCode Value="urn:oasis:names:tc:SAML:2\.0:status:AuthnFailed"/);
    assert.doesNotMatch(answer, /Assertion/);
  });

  await report.check('the same at an OpenID Connect client', async () => {
    const browser = new Browser();
    const page = await browser.visit(`${world.learning.base}/protected/received`, wrongKey);
    assertRefused(browser, page, 'UL-303');
    // Not followed: mod_auth_openidc 2.4.12 writes its error page and more than it announced.
    const { headers } = await browser.submit(page, tellForm(page), { redirects: 0 });
    const answer = new URL(headers.location);
    assert.equal(`${answer.origin}${answer.pathname}`, world.learning.redirectUri);
    assert.equal(answer.searchParams.get('error'), 'access_denied');
    assert.equal(answer.searchParams.get('iss'), world.portner.origin);
    assert.equal(answer.searchParams.get('state'), asked(browser, world).searchParams.get('state'));
  });

  await report.check('an unknown domain: UL-301', async () => {
    const browser = new Browser();
    const page = await browser.visit(start, { login: 'sofie@ingenkoebing.example' });
    assertRefused(browser, page, 'UL-301');
    assert.ok(wayBack(page, start), `no way back to ${start}`);
  });

  await report.check('an answer of SimpleSAMLphp that comes a second time is no second login', async () => {
    const browser = new Browser();
    const page = await browser.visit(start, sofie);
    assert.equal(page.status, 200);
    const answer = browser.history.find(({ method, url }) => method === 'POST' && url.startsWith(`${world.portner.origin}/saml/acs/`));
    const again = await browser.open(answer.url, { method: 'POST', body: answer.body, from: world.lillekoebing.base });
    const last = await reposted(browser, again);
    assert.ok(refusalCode(last.html), `no refusal:\n${browser.story()}`);
  });

  await report.check('the answer of SimpleSAMLphp in another browser is no login there', async () => {
    const browser = new Browser();
    await browser.visit(start, { ...sofie, until: isAnswer(world) });
    const [form] = forms(browser.history.at(-1).html, browser.history.at(-1).url);
    const { url, method, body } = submitted(form);
    const stranger = new Browser();
    const page = await reposted(stranger, await stranger.open(url, { method, body, from: world.lillekoebing.base }));
    assert.ok(refusalCode(page.html), `no refusal:\n${stranger.story()}`);
  });
}

/** Portner posts a message that came from another site to itself once, so that its cookies come along. */
async function reposted(browser, page) {
  const [form] = forms(page.html, page.url).filter(({ controls }) => controls.some(({ name }) => name === 'SAMLResponse'));
  if (!form) return page;
  return browser.submit(page, form);
}

function isAnswer({ portner }) {
  return ({ html }) => html.includes(`${portner.origin}/saml/acs/`) && html.includes('SAMLResponse');
}

function assertRefused(browser, page, code) {
  assert.equal(refusalCode(page.html), code, browser.story());
  assert.ok(page.status >= 400 && page.status < 500, `status ${page.status}`);
}

/** The authorization request that a client sent. */
function asked(browser, { portner }) {
  return browser.history.map(({ url }) => new URL(url)).find(({ href }) => href.startsWith(`${portner.origin}/oidc/authorize`));
}

/** A link to where a login at the service begins, or the form that tells the service. */
function wayBack(page, start) {
  return links(page.html, page.url).find(({ href }) => href.href === start) ?? tellForm(page);
}

function tellForm(page) {
  return forms(page.html, page.url).find(({ action }) => action.pathname.endsWith('/tell'));
}

/** The SAML message that a page carries to a service. */
function messageIn(page) {
  const field = forms(page.html, page.url).flatMap(({ controls }) => controls).find(({ name }) => name === 'SAMLResponse');
  assert.ok(field, `no SAML message at ${page.url.split('?')[0]}`);
  return Buffer.from(field.value, 'base64').toString();
}
