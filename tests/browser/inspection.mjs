// What is looked at on every page: the accessibility rules of WCAG 2.2 AA, its language, and a
// screenshot for people to look at later. And whether any page of Portner's was never looked at.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

const TEMPLATES = fileURLToPath(new URL('../../src/web/pages', import.meta.url));

/** How the pages of Portner's are told apart; the names are those of their templates. */
const SIGNS = {
  account: 'input[name=account]',
  actor: 'input[name=actor]',
  adult: 'main form button[name=do][value=look]',
  board: 'form[data-board]',
  chooser: 'input[data-filter]',
  class_sheet: '.class-code + table',
  device_class: 'main .way[href="/min-side"]',
  forgotten: 'main p a.back[href$="/new-password"]',
  front: 'main > .door .leaf > .ways a[href="/status"]',
  help_role: '#errors',
  logged_out: 'main:not([data-refusal-code]):not(:has(form, .ways, .sheet, .back))',
  logout: 'form[action^="/oidc/logout"] button',
  me: 'section[aria-labelledby=sessions]',
  my_history: '.sheet > p > a.back[href^="/min-side"]',
  name: 'input[name=name]',
  new_password: 'form[action$="/new-password"]',
  new_secret: 'form[action$="/change"]',
  password: 'input[name=password]',
  pictures: 'form[data-pictures][action$="/password"]',
  recovery: 'form.more[method=post]',
  recovery_done: 'main h1 + .who + p[role=status]',
  refusal: '#quote',
  repost: 'form[data-autosubmit]',
  runs_out: 'form[action$="/runs-out"]',
  secret_changed: 'form[action$="/changed"]',
  status: '.states',
  support: '.codes',
  teacher_denied: '.sheet > p:last-child > a.back[href="/elevadgang/mine"]',
  teacher_desk: 'form.desk button[value=open]',
  teacher_front: '.actions a[href="/elevadgang/mine"]',
  vouch: 'form.desk #waiting',
};

/** Pages that the demonstration does not lead to: they want a second network, a password of Storm's that later stories need, or an eID without a logout. */
const OUT_OF_REACH = ['teacher_picture', 'not_the_pupil', 'eid_open'];

/** Looks at each distinct page once per language and screen. */
export class Inspection {
  #seen = new Set();
  #templates = new Map();
  #axe;
  #folder;
  #origin;
  violations = [];

  /** Of the Portner at `origin`, with screenshots to `folder`. */
  constructor(peersFolder, folder, origin) {
    this.#axe = readFileSync(join(peersFolder, 'node_modules/axe-core/axe.min.js'), 'utf8');
    this.#folder = folder;
    this.#origin = new URL(origin);
  }

  /** How many distinct pages were looked at. */
  get pages() {
    return this.#seen.size;
  }

  /** The templates of Portner's pages that were not looked at in this `setting`. */
  unseen(setting) {
    const pages = readdirSync(TEMPLATES).filter((file) => file.endsWith('.html') && !['layout.html', 'wide.html'].includes(file));
    const whole = pages.filter((file) => readFileSync(join(TEMPLATES, file), 'utf8').startsWith('{% extends '));
    return whole.map((file) => file.replace('.html', '')).filter((template) => !OUT_OF_REACH.includes(template)).filter((template) => !this.#templates.get(setting)?.has(template));
  }

  /** Looks at the page that is open, in this `setting` (language and screen); `as` tells variants apart. */
  async look(page, setting, as) {
    const name = [await this.#nameOf(page), as].filter(Boolean).join('-');
    const key = `${setting} ${name}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    await this.#note(page, setting);
    await page.screenshot({ path: join(this.#folder, `${setting}-${name}.png`), fullPage: true });
    for (const violation of await this.#ask(page)) this.violations.push({ where: key, ...violation });
  }

  async #note(page, setting) {
    if (new URL(page.url()).origin !== this.#origin.origin) return;
    const shown = await page.evaluate((signs) => Object.keys(signs).filter((name) => document.querySelector(signs[name])), SIGNS);
    const templates = this.#templates.get(setting) ?? new Set();
    this.#templates.set(setting, templates);
    for (const name of shown) templates.add(name);
  }

  async #ask(page) {
    await page.evaluate(this.#axe);
    const { violations } = await page.evaluate((tags) => globalThis.axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] }), RULES);
    return violations.map(({ id, help, nodes }) => ({ id, help, example: nodes[0]?.html?.slice(0, 160), reason: nodes[0]?.failureSummary?.split('\n')[1]?.trim() }));
  }

  /** A file name for a page: who serves it, its path without ids, its refusal code. */
  async #nameOf(page) {
    const { port, pathname } = new URL(page.url());
    const code = await page.evaluate(() => document.querySelector('main[data-refusal-code]')?.dataset.refusalCode ?? '');
    const path = pathname.split('/').filter(Boolean).map((part) => (part.length > 20 ? 'id' : part)).join('-') || 'start';
    return [PARTIES[port - this.#origin.port] ?? port, path, code].filter(Boolean).join('-').replace(/[^\w.-]/g, '_');
  }
}

/** Who listens where in the demonstration, counted from Portner's port. */
const PARTIES = ['portner', 'demo', 'saml-service', 'oidc-service', 'lillekoebing', 'storkoebing', 'mitid'];
