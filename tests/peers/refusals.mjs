// What must not get through, by the same real software: each ends on Portner's own page with
// its code and a way back to the service.

import assert from 'node:assert/strict';
import { sofie } from './people.mjs';
import { Browser, submitted } from './support/browser.mjs';
import { forms, links, refusalCode } from './support/html.mjs';

/** Tries a handful. */
export async function checkRefusals(report, world) {
  report.section('Refusals');
  const start = `${world.platform.base}/received`;

  await report.check('an identity provider that signs with another key: UL-303', async () => {
    const browser = new Browser();
    const page = await browser.visit(start, { ...sofie, login: sofie.login.replace('lillekoebing', 'falskkoebing') });
    assertRefused(browser, page, 'UL-303', start);
  });

  await report.check('an unknown domain: UL-301', async () => {
    const browser = new Browser();
    const page = await browser.visit(start, { login: 'sofie@ingenkoebing.example' });
    assertRefused(browser, page, 'UL-301', start);
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
  const { url, method, body } = submitted(form);
  return browser.open(url, { method, body, from: page.url });
}

function isAnswer({ portner }) {
  return ({ html }) => html.includes(`${portner.origin}/saml/acs/`) && html.includes('SAMLResponse');
}

function assertRefused(browser, page, code, start) {
  assert.equal(refusalCode(page.html), code, browser.story());
  assert.ok(page.status >= 400 && page.status < 500, `status ${page.status}`);
  assert.ok(links(page.html, page.url).some(({ href }) => href.href === start), `no way back to ${start}`);
}
