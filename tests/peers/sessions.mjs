// Where a browser is logged in, found out as its user would: by going there.

import assert from 'node:assert/strict';
import { forms, links, textOf } from './support/html.mjs';

/** The page of a service that shows what it was told, to those alone who are logged in. */
export function protectedPage(service) {
  return service.clientId ? `${service.base}/protected/received` : `${service.base}/received`;
}

/** Logs the user in at the first service with a password, and by that at the others. */
export async function logInAt(browser, user, services) {
  for (const [index, service] of services.entries()) await browser.visit(protectedPage(service), index === 0 ? user : {});
  for (const service of services) await assertKnown(browser, service);
}

/** The service shows its page without asking anybody. */
export async function assertKnown(browser, service) {
  const { status, url } = await browser.open(protectedPage(service));
  assert.deepEqual([status, url], [200, protectedPage(service)], `the service does not know the user:\n${browser.story()}`);
}

/** Each service asks for a login anew, Portner asks who it is, and the upstream for the password. */
export async function assertLoggedOut(browser, world, services, user) {
  for (const service of services) await assertAsksAnew(browser, world, protectedPage(service));
  await assertUpstreamAsksAnew(browser, protectedPage(services[0]), user, world.lillekoebing.base);
}

/** The user says yes at Portner, and the browser is led around; the last page. */
export async function logOutAtPortner(browser, { portner }) {
  const question = await browser.open(`${portner.origin}/logout`);
  let page = await browser.submit(question, forms(question.html, question.url).find(({ action }) => action.pathname === '/oidc/logout'));
  for (let form; (form = messageForm(page));) page = await browser.submit(page, form);
  return page;
}

/** The page asks for a login: the browser ends at Portner, which asks who it is. */
async function assertAsksAnew(browser, world, url) {
  const page = await browser.visit(url);
  assert.ok(page.url.startsWith(world.portner.origin) && asksForName(page), `${url} leads to ${page.url.split('?')[0]} (${page.status}) and asks nothing:\n${browser.story()}`);
  return page;
}

/** The upstream asks for the password: it has forgotten its session too. */
async function assertUpstreamAsksAnew(browser, url, { login }, upstream) {
  const page = await browser.visit(url, { login });
  const asks = forms(page.html, page.url).some(({ controls }) => controls.some(({ type }) => type === 'password'));
  assert.ok(page.url.startsWith(upstream) && asks, `no password is asked for at ${upstream}:\n${browser.story()}`);
}

/** A receipt of a logout: its lists by their heading, and the way on, if there is one. */
export function receiptIn(page) {
  const [, heading] = page.html.match(/<h1[^>]*>([\s\S]*?)<\/h1>/) ?? [];
  assert.equal(heading && textOf(heading), 'Du er logget ud', `no receipt at ${page.url.split('?')[0]} (${page.status})`);
  const lists = [...page.html.matchAll(/<p>([\s\S]*?)<\/p>\s*<ul class="names">([\s\S]*?)<\/ul>/g)];
  return {
    lists: Object.fromEntries(lists.map(([, key, names]) => [textOf(key), [...names.matchAll(/<li>([\s\S]*?)<\/li>/g)].map(([, name]) => textOf(name)).sort()])),
    onward: links(page.html, page.url).find(({ text }) => text.startsWith('Tilbage til'))?.href,
  };
}

function messageForm(page) {
  return forms(page.html, page.url).find(({ controls }) => controls.some(({ name }) => /^SAML(Request|Response)$/.test(name)));
}

function asksForName(page) {
  return forms(page.html, page.url).some(({ controls }) => controls.some(({ type, name }) => ['text', 'email'].includes(type) && name));
}
