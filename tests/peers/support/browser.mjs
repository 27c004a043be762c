// A user's browser without a screen: follows redirects, submits the forms it is given, fills in
// login and password, keeps cookies by host with their SameSite rules. It runs no script, so
// every page must have a way forward without it.

import { request as send } from 'node:http';
import { forms, frames, refusalCode } from './html.mjs';

const MAX_VISITS = 40;
const MAX_REDIRECTS = 20;

/** What every browser of this run has received, for those who look at all of it. */
export const histories = [];

/** One browser profile. Cookies do not tell ports apart, so each party lives at its own address. */
export class Browser {
  #jar = new Map();
  /** Every answer received, oldest first: `{ method, url, body, status, headers, html }`. */
  history = [];

  constructor({ language = 'da' } = {}) {
    this.language = language;
    histories.push(this.history);
  }

  /**
   * Opens `url` and goes on until a page needs something that `user` cannot give.
   * `user`: `{ login, password, until }`; `until(page)` stops earlier.
   * Resolves to the last page.
   */
  async visit(url, user = {}) {
    let page = await this.open(url);
    const seen = new Map();
    for (let visits = 0; visits < MAX_VISITS; visits += 1) {
      if (user.until?.(page)) return page;
      const next = this.#wayForward(page, user);
      if (!next) return page;
      // The same form twice in the same words means that it was refused.
      const trace = `${next.method} ${next.url} ${next.body ?? ''}`;
      if (seen.has(trace)) return page;
      seen.set(trace, true);
      page = await this.open(next.url, { method: next.method, body: next.body, from: page.url });
    }
    throw new Error(`no end after ${MAX_VISITS} pages:\n${this.story()}`);
  }

  /** One request and the redirects after it, at most so many. */
  async open(url, { method = 'GET', body, from, framed = false, redirects = MAX_REDIRECTS } = {}) {
    let target = new URL(url);
    let verb = method;
    let content = body;
    const initiator = from && new URL(from);
    for (let followed = 0; followed <= redirects; followed += 1) {
      const { status, headers, html } = await this.#send(target, verb, content, initiator, framed);
      const page = { method: verb, url: target.href, body: content, status, headers, html };
      this.history.push(page);
      if (status < 300 || status > 399 || !headers.location || redirects === 0) return page;
      target = new URL(headers.location, target);
      if (status !== 307 && status !== 308) {
        verb = 'GET';
        content = undefined;
      }
    }
    throw new Error(`too many redirects:\n${this.story()}`);
  }

  /** Sends a form of hidden fields, as a click on its button does. */
  async submit(page, form, options = {}) {
    const { url, method, body } = submitted(form);
    return this.open(url, { method, body, from: page.url, ...options });
  }

  /** Loads the frames of a page, as browsers do: cookies of other sites stay outside, unless `SameSite=None`. */
  async loadFrames(page) {
    return Promise.all(frames(page.html, page.url).map((url) => this.open(url, { from: page.url, framed: true })));
  }

  /** What was visited, one line each, without queries: for messages. */
  story() {
    return this.history.map(({ method, url, status, html }) => {
      const code = refusalCode(html);
      return `${method} ${url.split('?')[0]} → ${status}${code ? ` (${code})` : ''}`;
    }).join('\n');
  }

  async #send(target, method, body, initiator, framed) {
    const site = !initiator ? 'none' : initiator.origin === target.origin ? 'same-origin' : initiator.hostname === target.hostname ? 'same-site' : 'cross-site';
    const headers = {
      accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
      'accept-language': this.language,
      'sec-fetch-site': site,
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': framed ? 'iframe' : 'document',
    };
    const cookies = this.#cookiesFor(target, method, initiator, framed);
    if (cookies) headers.cookie = cookies;
    if (initiator) headers.referer = `${initiator.origin}/`;
    if (initiator && method === 'POST') headers.origin = initiator.origin;
    if (body !== undefined) {
      headers['content-type'] = 'application/x-www-form-urlencoded';
      headers['content-length'] = Buffer.byteLength(body);
    }
    const response = await exchange(target, { method, headers }, body);
    if (!framed) for (const cookie of response.headers['set-cookie'] ?? []) this.#keep(target, cookie);
    return response;
  }

  #cookiesFor(target, method, initiator, framed) {
    const crossSite = initiator && initiator.hostname !== target.hostname;
    return [...(this.#jar.get(target.hostname)?.values() ?? [])]
      .filter(({ path }) => target.pathname === path || target.pathname.startsWith(path.endsWith('/') ? path : `${path}/`))
      // Cookies without a rule count as Lax, except in their first two minutes (as in Chromium).
      .filter(({ sameSite }) => !crossSite || sameSite === 'none' || (!framed && (sameSite === '' || (sameSite === 'lax' && method === 'GET'))))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
  }

  #keep(target, header) {
    const [pair, ...attributes] = header.split(';').map((part) => part.trim());
    const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
    const settings = Object.fromEntries(attributes.map((attribute) => {
      const [key, ...rest] = attribute.split('=');
      return [key.toLowerCase(), rest.join('=')];
    }));
    if (!this.#jar.has(target.hostname)) this.#jar.set(target.hostname, new Map());
    const cookies = this.#jar.get(target.hostname);
    const path = settings.path?.startsWith('/') ? settings.path : target.pathname.replace(/\/[^/]*$/, '') || '/';
    const key = `${name};${path}`;
    const expired = settings['max-age'] === undefined
      ? settings.expires && Date.parse(settings.expires) <= Date.now()
      : Number(settings['max-age']) <= 0;
    if (expired) cookies.delete(key);
    else cookies.set(key, { name, value, path, sameSite: (settings.samesite ?? '').toLowerCase() });
  }

  /** The first form that the user can complete: hidden fields only, or login and password. */
  #wayForward(page, user) {
    if (refusalCode(page.html)) return null;
    for (const form of forms(page.html, page.url)) {
      const filled = fill(form, user);
      if (filled) return submission(form, filled);
    }
    return null;
  }
}

// Not `fetch`: that calls itself a script (Sec-Fetch-Mode), and mod_auth_openidc refuses scripts.
function exchange(target, options, body) {
  return new Promise((resolve, reject) => {
    const outgoing = send(target, { ...options, timeout: 20_000 }, async (response) => {
      try {
        const chunks = [];
        for await (const chunk of response) chunks.push(chunk);
        resolve({ status: response.statusCode, headers: response.headers, html: Buffer.concat(chunks).toString('utf8') });
      } catch (error) {
        reject(error);
      }
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer from ${target.href}`)));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** The request that a form of hidden fields makes. */
export function submitted(form) {
  return submission(form, form.controls.filter(({ name, type }) => name && type === 'hidden').map(({ name, value }) => [name, value ?? '']));
}

function fill(form, { login, password }) {
  const pairs = [];
  let asked = 0;
  for (const { name, type, value } of form.controls) {
    if (!name || ['button', 'image', 'reset', 'checkbox', 'radio', 'search'].includes(type)) continue;
    if (type === 'hidden') pairs.push([name, value ?? '']);
    else if (type === 'submit') continue;
    else if (type === 'password') {
      if (password === undefined) return null;
      asked += 1;
      pairs.push([name, password]);
    } else if (['text', 'email'].includes(type)) {
      if (login === undefined) return null;
      asked += 1;
      pairs.push([name, login]);
    } else return null;
  }
  const button = form.controls.find(({ type, name }) => type === 'submit' && name);
  if (button) pairs.push([button.name, button.value ?? '']);
  // A form without anything to say is a language switch or a log-out, not a way forward.
  return asked > 0 || isMessage(pairs) ? pairs : null;
}

function isMessage(pairs) {
  return pairs.some(([name]) => ['SAMLRequest', 'SAMLResponse', 'code', 'state'].includes(name));
}

function submission(form, pairs) {
  const data = new URLSearchParams(pairs);
  if (form.method === 'POST') return { method: 'POST', url: form.action, body: data.toString() };
  const url = new URL(form.action);
  url.search = data.toString();
  return { method: 'GET', url };
}
