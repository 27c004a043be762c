// What is looked at on every page: the accessibility rules of WCAG 2.2 AA, its language, and a
// screenshot for people to look at later.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** Looks at each distinct page once per language and screen. */
export class Inspection {
  #seen = new Set();
  #axe;
  #folder;
  violations = [];
  screenshots = 0;

  constructor(peersFolder, folder) {
    this.#axe = readFileSync(join(peersFolder, 'node_modules/axe-core/axe.min.js'), 'utf8');
    this.#folder = folder;
  }

  /** How many distinct pages were looked at. */
  get pages() {
    return this.#seen.size;
  }

  /** Looks at the page that is open, in this `setting` (language and screen). */
  async look(page, setting) {
    const name = `${await nameOf(page)}`;
    const key = `${setting} ${name}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    await page.screenshot({ path: join(this.#folder, `${setting}-${name}.png`), fullPage: true });
    this.screenshots += 1;
    for (const violation of await this.#ask(page)) this.violations.push({ where: key, ...violation });
  }

  async #ask(page) {
    await page.evaluate(this.#axe);
    const { violations } = await page.evaluate((tags) => globalThis.axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] }), RULES);
    return violations.map(({ id, help, nodes }) => ({ id, help, example: nodes[0]?.html?.slice(0, 160), reason: nodes[0]?.failureSummary?.split('\n')[1]?.trim() }));
  }
}

/** A file name for a page: who serves it, its path without ids, its refusal code. */
async function nameOf(page) {
  const { host, pathname } = new URL(page.url());
  const code = await page.evaluate(() => document.querySelector('main[data-refusal-code]')?.dataset.refusalCode ?? '');
  const path = pathname.split('/').filter(Boolean).map((part) => (part.length > 20 ? 'id' : part)).join('-') || 'start';
  return [host.replace(/[^\w.-]/g, '_'), path, code].filter(Boolean).join('-').replace(/[^\w.-]/g, '_');
}
