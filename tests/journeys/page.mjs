//! The page object: finds by role and accessible name, waits on animation frames with one generous timeout, sends real
//! input events, and collects what must never happen (console errors, CSP violations, requests to other hosts).

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** How long anything may take before it counts as missing, ms: the machine is shared, and a journey never waits for time alone. */
const PATIENCE_MILLIS = 30_000;
const FINDER = readFileSync(new URL('finder.js', import.meta.url), 'utf8');
const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

const plain = (wanted) => (wanted instanceof RegExp ? { source: wanted.source, flags: wanted.flags } : wanted);
const shown = (path) => path.map(({ role, name, has, column }) => `${role}${has ? ` with ${shown([has])}` : ''}${column ? ` of ${column}` : ''}${name === undefined || name === null ? '' : ` ${typeof name === 'string' ? `"${name}"` : `/${name.source}/${name.flags}`}`}`).join(' > ');
/** A navigation between a question and its answer: ask the new document. */
const isLostContext = (error) => /context|navigat|detached|no such frame|Inspected target|Cannot find|discarded/i.test(error.message);

/** Makes the clock and the timers of a page go as fast as its server's clock. */
const paced = ({ pace, epoch }) => `(() => {
  const real = Date.now; Date.now = () => Math.floor(${epoch} + (real() - ${epoch}) * ${pace});
  for (const name of ['setTimeout', 'setInterval']) { const set = window[name]; window[name] = (run, millis, ...rest) => set.call(window, run, millis / ${pace}, ...rest); }
})();`;

/** A part of the page, reached by a path of roles and names; all of it where the path is empty. */
class Scope {
  constructor(page, path) {
    this.page = page;
    this.path = path;
  }

  in(role, name) {
    return new Scope(this.page, [...this.path, { role, name: plain(name) }]);
  }

  /** The row of an entity, found by its checkbox. */
  row(entity) {
    return new Scope(this.page, [...this.path, { role: 'row', has: { role: 'checkbox', name: typeof entity === 'string' ? `Select ${entity}` : plain(entity) } }]);
  }

  /** The state of this scope's own element, waited for. */
  self(holds = () => true) {
    const { role } = this.path.at(-1);
    return this.until(shown(this.path), `(f, a) => { for (const e of f.walk(a.path)) { const s = f.state(e, a.role); if ((${holds})(s)) return s; } return null; }`, { path: this.path, role });
  }

  /** The state of one cell of this row. */
  cell(column, holds = () => true) {
    return new Scope(this.page, [...this.path, { role: 'gridcell', column }]).self(holds);
  }

  #to(role, name) {
    return [...this.path, { role, name: plain(name) }];
  }

  /** Waits until `look(finder, argument)`, run in the page at each frame, gives something; it is what this returns. */
  async until(what, look, argument) {
    const { tab } = this.page;
    const code = `(async () => { const f = window.finder; if (!f) return null; const a = ${JSON.stringify(argument ?? null)}; return f.poll(() => (${look})(f, a)); })()`;
    const end = Date.now() + PATIENCE_MILLIS;
    let last;
    while (Date.now() < end) {
      try {
        const found = await tab.evaluate(code);
        if (found !== null && found !== undefined) return found;
      } catch (error) {
        if (!isLostContext(error)) throw error;
        last = error.message;
      }
      this.page.checkAlive();
    }
    throw new Error(`not in ${PATIENCE_MILLIS / 1000} s: ${what}${last ? ` (${last})` : ''}`);
  }

  /** The state of the first match, waited for. `holds` narrows it: (state) => boolean, run in the page. */
  see(role, name, holds = () => true) {
    const path = this.#to(role, name);
    return this.until(`${shown(path)}${`${holds}` === '() => true' ? '' : ` where ${holds}`}`,
      `(f, a) => { for (const e of f.walk(a.path)) { const s = f.state(e, a.role); if ((${holds})(s)) return s; } return null; }`, { path, role });
  }

  /** Waits until there is none. */
  gone(role, name) {
    const path = this.#to(role, name);
    return this.until(`no ${shown(path)}`, '(f, path) => f.walk(path).length === 0', path);
  }

  /** States of all matches, as of now. */
  async all(role, name) {
    const path = this.#to(role, name);
    return this.page.tab.evaluate(`window.finder.walk(${JSON.stringify(path)}).map((e) => window.finder.state(e, ${JSON.stringify(role)}))`);
  }

  /** Waits until a pointer can reach the first match, at rest for two frames. */
  async #reach(path) {
    const what = `${shown(path)} within reach of the pointer`;
    return this.until(what, `(f, path) => {
      const e = f.walk(path)[0]; if (!e) { f.why = 'it is not there'; return null; }
      const at = f.point(e); if (at.why) { f.why = at.why; return null; }
      const is = f.last && f.last.e === e && f.last.x === at.x && f.last.y === at.y; f.last = { e, ...at };
      return is ? at : null; }`, path).catch(async (error) => {
      throw new Error(`${error.message}: ${await this.page.tab.evaluate('window.finder.why')}`);
    });
  }

  async click(role, name) {
    const { x, y } = await this.#reach(this.#to(role, name));
    await this.page.tab.mouse.click(x, y);
  }

  async doubleClick(role, name) {
    const { x, y } = await this.#reach(this.#to(role, name));
    await this.page.tab.mouse.click(x, y, { count: 2 });
  }

  /** Clicks one cell of this row. */
  async clickCell(column) {
    const { x, y } = await this.#reach([...this.path, { role: 'gridcell', column }]);
    await this.page.tab.mouse.click(x, y);
  }

  /** Moves the focus as a script would, for what the keyboard does next. */
  async focus(role, name) {
    const path = this.#to(role, name);
    await this.until(`${shown(path)} to focus`, '(f, path) => { const e = f.walk(path)[0]; if (!e) return null; e.focus(); return e.getRootNode().activeElement === e || null; }', path);
  }

  /** Puts text into a field in place of what it holds. */
  async fill(role, name, text) {
    await this.click(role, name);
    await this.focus(role, name);
    await this.until('its text selected', '(f, path) => { const e = f.walk(path)[0]; if (!e) return null; e.select?.(); return true; }', this.#to(role, name));
    if (text === '') await this.page.tab.keyboard.press('Backspace');
    else await this.page.tab.keyboard.type(text);
  }

  /** Chooses an option of a combobox by its label: native select, or a list of options. */
  async choose(role, name, label) {
    const path = this.#to(role, name);
    const isNative = await this.until(`${shown(path)} offering ${label}`,
      `(f, a) => { const e = f.walk(a.path)[0]; if (!e) return null; if (e.tagName !== 'SELECT') return 'no'; return [...e.options].some((o) => f.tidy(o.label) === a.label) ? 'yes' : null; }`, { path, label });
    if (isNative === 'no') {
      await this.click(role, name);
      await this.page.click('option', label);
      return;
    }
    const handle = await this.page.tab.evaluateHandle(`window.finder.walk(${JSON.stringify(path)})[0]`);
    const value = await handle.evaluate((element, wanted) => [...element.options].find((option) => option.label.trim() === wanted).value, label);
    await handle.select(value);
    await handle.dispose();
  }

  /** Sets a checkbox or radio by a click where it is not so already. */
  async set(role, name, isChecked) {
    const { checked } = await this.see(role, name);
    if (checked !== isChecked) await this.click(role, name);
    await this.see(role, name, isChecked ? (s) => s.checked === true : (s) => s.checked !== true);
  }
}

/** A tab of a browser with the product in it. */
export class Page extends Scope {
  constructor(tab, mock, browserKind) {
    super(undefined, []);
    this.page = this;
    this.tab = tab;
    this.mock = mock;
    this.browserKind = browserKind;
    this.problems = [];
    this.allowed = [];
  }

  /** Opens the page. `at` is put behind its address; `prepare(tab)` runs before its scripts; `waitFor` false returns at once. */
  static async open(context, mock, browserKind, { at = '', size = { width: 1440, height: 900 }, scripts = [], timeZone = 'Europe/Stockholm', storage = {} } = {}) {
    const tab = await context.newPage();
    const page = new Page(tab, mock, browserKind);
    await tab.setViewport(size);
    await tab.emulateTimezone(timeZone);
    page.#watch();
    await tab.evaluateOnNewDocument(FINDER);
    if ((mock.pace ?? 1) !== 1) await tab.evaluateOnNewDocument(paced(mock));
    for (const script of scripts) await tab.evaluateOnNewDocument(script);
    if (Object.keys(storage).length) {
      await tab.evaluateOnNewDocument(`if (location.protocol === 'http:' && !sessionStorage.getItem('journey')) { for (const [k, v] of Object.entries(${JSON.stringify(storage)})) localStorage.setItem(k, v); sessionStorage.setItem('journey', '1'); }`);
    }
    await page.go(mock.url + at);
    return page;
  }

  async go(url) {
    await this.tab.goto(url, { waitUntil: 'domcontentloaded', timeout: PATIENCE_MILLIS });
  }

  async reload() {
    await this.tab.reload({ waitUntil: 'domcontentloaded', timeout: PATIENCE_MILLIS });
  }

  /** Back or forward inside the document: the driver would wait for a load that never comes. */
  async back() {
    await this.tab.evaluate('history.back()');
  }

  address() {
    return this.tab.evaluate('location.href');
  }

  /** Lets problems pass that match: only for what a journey brings about on purpose. */
  allow(pattern) {
    this.allowed.push(pattern);
  }

  #watch() {
    const note = (problem) => this.problems.push(problem);
    this.tab.on('console', (message) => {
      if (message.type() !== 'error') return;
      const url = message.location()?.url ?? '';
      note({ text: `console error: ${message.text()} ${url}`, url, isResource: /Failed to load resource/.test(message.text()) });
    });
    this.tab.on('pageerror', (error) => {
      const text = `page error: ${error.message ?? error}`;
      // Firefox tells a failed event stream this way.
      note({ text, url: '', isResource: /Firefox can.t establish a connection to the server at|was interrupted while the page was loading/.test(text) });
    });
    this.tab.on('request', (request) => {
      const url = request.url();
      if (/^(data|blob|about|chrome|resource):/.test(url)) return;
      if (!url.startsWith(this.mock.origin)) note({ text: `request to another host: ${url}` });
    });
    this.tab.on('close', () => { this.isClosed = true; });
    this.tab.on('error', (error) => { this.isClosed = true; note({ text: `the tab crashed: ${error.message}` }); });
  }

  checkAlive() {
    if (this.isClosed) throw new Error('the tab is closed');
  }

  /** What must not have happened. A failed resource passes where the script of the mock made it fail. */
  unexpected() {
    return this.problems.filter(({ text, url, isResource }) => {
      if (this.allowed.some((pattern) => pattern.test(text))) return false;
      if (!isResource) return true;
      const path = url.startsWith('http') ? new URL(url).pathname : url;
      const status = /status of (\d+)/.exec(text)?.[1];
      if (status) return !this.mock.intended.has(`${status} ${path}`);
      return !this.mock.isFaulty;
    }).map(({ text }) => text);
  }

  /** Looks at the nth element of a host page from now on. */
  async element(index) {
    await this.tab.evaluate(`window.finder.element = ${index}`);
  }

  press(...keys) {
    return keys.reduce((before, key) => before.then(() => this.tab.keyboard.press(key)), Promise.resolve());
  }

  /** Waits until the grid is at rest with exactly so many matching rows; with none, words may stand in its place. */
  count(nRows) {
    if (nRows === 0) {
      return this.until('no rows and no loading', `(f) => {
        const g = f.all('grid')[0]; return f.rows().length === 0 && f.all('progressbar').length === 0 && (g ? g.getAttribute('aria-rowcount') === '1' && g.getAttribute('aria-busy') !== 'true' : f.all('heading').length > 1) || null; }`);
    }
    return this.until(`${nRows} rows in the grid`, `(f, n) => {
      const g = f.all('grid')[0]; return g && Number(g.getAttribute('aria-rowcount')) === n + 1 && g.getAttribute('aria-busy') !== 'true' && f.rows().length > 0 || null; }`, nRows);
  }

  /** Cells by column title of the rows in the document, top to bottom. */
  rows() {
    return this.tab.evaluate('window.finder.rows()');
  }

  titles() {
    return this.tab.evaluate('window.finder.titles()');
  }

  /** Waits until a column reads so from the top. */
  column(title, values) {
    return this.until(`column ${title} = ${values.join(' | ')}`,
      `(f, a) => { const got = f.rows().map((r) => r.cells[a.title]); f.why = got; return JSON.stringify(got) === JSON.stringify(a.values) || null; }`, { title, values })
      .catch(async (error) => { throw new Error(`${error.message}; it is ${JSON.stringify(await this.tab.evaluate('window.finder.why'))}`); });
  }

  /** Waits until a live region or an alert says so. */
  hears(pattern) {
    return this.until(`a live region saying ${pattern}`, `(f, p) => { const is = new RegExp(p.source, p.flags);
      for (const e of f.top().querySelectorAll('[aria-live], [role=status], [role=alert], [role=log], output')) { const t = f.tidy(e.textContent); if (is.test(t)) return t; } return null; }`, plain(pattern));
  }

  /** Waits until the words stand anywhere in sight. */
  reads(pattern) {
    return this.until(`the words ${pattern}`, `(f, p) => { const is = new RegExp(p.source, p.flags); const t = f.tidy(f.top() === document.body ? document.body.innerText : [...f.top().children].map((c) => c.innerText ?? '').join(' ')); const m = is.exec(t); return m ? m[0] : null; }`, plain(pattern));
  }

  /** Opens the flyout of the row with this entity by a click; `title` is a part of the flyout's name. */
  async open(entity, title) {
    await this.row(entity).clickCell('Action type');
    const flyout = this.in('dialog', title);
    await flyout.see('button', 'Close');
    return flyout;
  }

  /** The group of a facet, opened with the region of the filters where it is closed. */
  async facet(title) {
    if ((await this.all('region', 'Filters')).length === 0) await this.click('button', /^Filters/);
    const group = this.in('region', 'Filters').in('group', title);
    await group.self();
    if ((await group.all('checkbox')).length === 0 && (await group.all('button', title)).some(({ expanded }) => expanded === 'false')) await group.click('button', title);
    return group;
  }

  /** Sets a date as a picker would: how it is typed depends on the locale. */
  async date(dialog, name, value) {
    await dialog.until(`a field ${name}`, `(f, a) => { const e = f.walk([...a.path, { role: 'date', name: a.name }])[0]; if (!e) return null;
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(e, a.value);
      for (const type of ['input', 'change']) e.dispatchEvent(new Event(type, { bubbles: true, composed: true }));
      return e.value === a.value || null; }`, { path: dialog.path, name, value });
  }

  /** Chooses an item of the menu behind a button, whatever kind of item it is. */
  async menu(button, item) {
    await this.click('button', button);
    const role = await this.until(`${item} in the menu ${button}`, `(f, item) => ['menuitemradio', 'menuitem', 'radio', 'option'].find((role) => f.walk([{ role, name: item }]).length > 0) || null`, item);
    await this.click(role, item);
  }

  /** Bytes of the newest Blob that the page offered to save. */
  async saved() {
    const base64 = await this.until('a file to save', `(f) => f.blobs.length || null`).then(() => this.tab.evaluate(`(async () => {
      const bytes = new Uint8Array(await window.finder.blobs.at(-1).arrayBuffer()); let t = ''; for (const b of bytes) t += String.fromCharCode(b); return btoa(t); })()`));
    return Buffer.from(base64, 'base64');
  }

  downloads() {
    return this.tab.evaluate('window.finder.downloads');
  }

  copied() {
    return this.until('something copied', '(f) => f.copied.at(-1) || null');
  }

  /** Runs axe over the document and its shadow roots; WCAG 2.2 AA and its best practices. */
  async isAccessible(what) {
    if (!await this.tab.evaluate('!!window.axe')) await this.tab.evaluate(AXE);
    const violations = await this.tab.evaluate(`(async () => {
      for (const a of document.getAnimations()) try { a.finish(); } catch { a.cancel(); }
      const r = await axe.run(document, { preload: false, resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] });
      return r.violations.map((v) => v.id + ' (' + v.impact + '): ' + v.help + '\\n' + v.nodes.slice(0, 4).map((n) => '      ' + n.target.flat().join(' >> ') + '\\n        ' + n.html.slice(0, 200) + '\\n        ' + [...n.any, ...n.all, ...n.none].map((c) => c.message).join('; ')).join('\\n'));
    })()`);
    assert.ok(violations.length === 0, `axe on ${what}:\n${violations.join('\n')}`);
  }

  /** The picture and the outline of what is there, for the report of a failure. */
  async evidence(file) {
    await this.tab.screenshot({ path: `${file}.png` }).catch(() => {});
    return this.tab.evaluate('location.href + "\\n" + window.finder.outline()').catch((error) => `no outline: ${error.message}`);
  }
}
