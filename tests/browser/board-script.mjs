// The script of a class's board against answers that no browser can be made to get at will: a proxy's
// error in the middle, a session that is another one, a node without room. Without a browser:
//   node tests/browser/board-script.mjs

import { readFileSync } from 'node:fs';
import assert from 'node:assert/strict';
import vm from 'node:vm';

const SCRIPT = readFileSync(new URL('../../src/web/assets/portner.js', import.meta.url), 'utf8');
const BOARD = SCRIPT.slice(SCRIPT.indexOf('// The board of a class follows'));

/** As much of an element as the script asks for. */
class Element extends EventTarget {
  hidden = true;
  dataset = {};
  children = [];
  innerHTML = '';
  className = '';
  textContent = '';

  constructor(id, parent) {
    super();
    this.id = id;
    this.parent = parent;
  }

  contains() {
    return false;
  }

  querySelector() {
    return this.list ?? null;
  }

  replaceWith(other) {
    this.parent.children[this.parent.children.indexOf(this)] = other;
    other.parent = this.parent;
  }

  replaceChildren(...children) {
    this.children = children;
    for (const child of children) child.parent = this;
  }
}

/** A page with a board, and a clock of its own. */
class Stage {
  streams = [];
  asked = [];
  notes = Object.fromEntries(['over', 'displaced', 'lost', 'aloud'].map((name) => [name, new Element(name)]));
  list = new Element('board');
  sums = [new Element('sum')];
  window = new EventTarget();
  document = new EventTarget();
  answer = { ok: false, status: 503, redirected: false };
  #timers = [];
  #now = 0;
  #last = 0;

  constructor() {
    const stage = this;
    const form = new Element('form');
    form.list = this.list;
    form.dataset = { board: '/b/nu?set=00&lang=da', page: '/b' };
    class EventSource extends EventTarget {
      static CLOSED = 2;
      readyState = 0;

      constructor(url) {
        super();
        this.url = String(url);
        stage.streams.push(this);
      }

      close() {
        this.readyState = 2;
      }
    }
    Object.assign(this.document, {
      hidden: false,
      activeElement: null,
      querySelector: (sign) =>
        sign === 'form[data-board]' ? form : (this.notes[sign.match(/data-board-(\w+)/)?.[1]] ?? null),
      querySelectorAll: () => this.sums,
      getElementById: (id) => this.list.children.find((child) => child.id === id) ?? null,
      createElement: () => {
        const holder = { content: {} };
        Object.defineProperty(holder, 'innerHTML', {
          set: (html) => {
            holder.content.firstElementChild = Object.assign(new Element('p1'), { innerHTML: html });
          },
        });
        return holder;
      },
    });
    const page = {
      getElementById: () => ({ children: [Object.assign(new Element('p1'), { innerHTML: 'of the page' })] }),
      querySelector: () => ({ dataset: { board: '/b/nu?set=77&lang=da' } }),
      querySelectorAll: () => [],
    };
    const wait = (act, after, every) => {
      this.#timers.push({ id: ++this.#last, at: this.#now + after, act, every });
      return this.#last;
    };
    const forget = (id) => {
      this.#timers = this.#timers.filter((timer) => timer.id !== id);
    };
    const world = {
      document: this.document,
      location: { href: 'https://login.example/b' },
      URL,
      EventSource,
      addEventListener: this.window.addEventListener.bind(this.window),
      Math: Object.assign(Object.create(Math), { min: Math.min, random: () => 0.5 }),
      fetch: async (url, settings) => {
        this.asked.push(settings?.method ?? 'GET');
        if (!this.answer) throw new Error('no network');
        return { ...this.answer, text: async () => '' };
      },
      setTimeout: (act, after) => wait(act, after),
      setInterval: (act, after) => wait(act, after, after),
      clearTimeout: forget,
      clearInterval: forget,
      DOMParser: class {
        parseFromString() {
          return page;
        }
      },
    };
    world.window = world;
    vm.runInContext(BOARD, vm.createContext(world));
  }

  get stream() {
    return this.streams.at(-1);
  }

  get row() {
    return this.list.children[0]?.innerHTML;
  }

  says(kind, more = {}) {
    this.stream.dispatchEvent(Object.assign(new Event(kind), more));
    return new Promise((done) => setImmediate(done));
  }

  shows(html, whole, lastEventId) {
    const rows = [{ id: 'p1', html, aloud: null }];
    return this.says('board', { data: JSON.stringify({ whole, rows, summary: [html] }), lastEventId });
  }

  refuses() {
    this.stream.readyState = 2;
    return this.says('error');
  }

  async passes(seconds) {
    const end = this.#now + seconds * 1000;
    for (;;) {
      const [next] = this.#timers.sort((one, other) => one.at - other.at);
      if (!next || next.at > end) break;
      this.#now = next.at;
      if (next.every) next.at += next.every;
      else this.#timers.shift();
      next.act();
      await new Promise((done) => setImmediate(done));
    }
    this.#now = end;
  }
}

const tests = {
  async 'rows are put in their places, and not under a finger'() {
    const stage = new Stage();
    assert.match(stage.stream.url, /set=00/);
    await stage.says('open');
    await stage.shows('first', true, 'ab');
    assert.equal(stage.row, 'first');
    stage.list.dispatchEvent(new Event('pointerdown'));
    await stage.shows('second', false, 'ac');
    assert.equal(stage.row, 'first');
    stage.window.dispatchEvent(new Event('pointerup'));
    await stage.passes(0.1);
    assert.equal(stage.row, 'second');
  },

  async 'an error in between is no end, and the page is asked for meanwhile'() {
    for (const answer of [{ ok: false, status: 502 }, { ok: false, status: 500 }, { ok: true, status: 200 }, null]) {
      const stage = new Stage();
      await stage.says('open');
      await stage.shows('first', true, 'ab');
      stage.answer = answer;
      await stage.refuses();
      assert.ok(stage.asked.includes('HEAD') && stage.notes.over.hidden);
      await stage.passes(4.5);
      assert.equal(stage.streams.length, 2);
      assert.match(stage.stream.url, /set=(ab|77)/, 'it says what it shows now');
      await stage.refuses();
      await stage.passes(7);
      assert.equal(stage.streams.length, 2, 'it takes its time');
      await stage.passes(60);
      assert.equal(stage.notes.lost.hidden, Boolean(answer?.ok), 'it is said');
      stage.answer = { ok: true, status: 200 };
      await stage.passes(16);
      assert.ok(stage.notes.lost.hidden && stage.notes.over.hidden);
      assert.equal(stage.row, 'of the page');
      await stage.says('open');
      const asked = stage.asked.length;
      await stage.passes(60);
      assert.equal(stage.asked.length, asked, 'it asks for the page no more');
    }
  },

  async 'whoever has logged in anew goes on, and whoever is out is told so once'() {
    const stage = new Stage();
    await stage.says('open');
    stage.answer = { ok: true, status: 200 };
    await stage.says('over');
    assert.ok(stage.notes.over.hidden);
    await stage.passes(5);
    assert.equal(stage.streams.length, 2);
    await stage.says('open');
    stage.answer = { ok: false, status: 403 };
    await stage.says('over');
    assert.ok(!stage.notes.over.hidden);
    stage.document.dispatchEvent(new Event('visibilitychange'));
    await stage.passes(90);
    assert.equal(stage.streams.length, 2);
  },

  async 'whoever opens others is told so, and this one stays as it is'() {
    const stage = new Stage();
    await stage.says('open');
    await stage.says('displaced');
    assert.ok(!stage.notes.displaced.hidden && stage.notes.over.hidden);
    stage.document.dispatchEvent(new Event('visibilitychange'));
    await stage.passes(90);
    assert.equal(stage.streams.length, 1);
  },

  async 'what may be old is said to be'() {
    const stage = new Stage();
    await stage.says('open');
    await stage.says('stale');
    assert.ok(!stage.notes.lost.hidden);
    await stage.says('fresh');
    assert.ok(stage.notes.lost.hidden);
  },
};

let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  try {
    await test();
  } catch (error) {
    failed += 1;
    console.error(`FAILED ${name}: ${error.stack}`);
  }
}
console.log(`${Object.keys(tests).length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
