//! The browser bench: opens the page and a plain-JavaScript baseline in Chromium, on the same rows from the same server, in
//! one run, drives both with real input events by role and name, and prints medians and ratios. It asserts nothing about
//! time; what the pages show is held against the rows, and what does not hold or is missing ends the run with 1.
//! `node run.mjs [--rows=10000,100000,1000000] [--reps=3] [--pages=ours,plain] [--dist=FOLDER]`.

import { existsSync, readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import puppeteer from 'puppeteer-core';
import { FACET, TYPED } from './rows.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const TOP = join(HERE, '../..');
const SCRIPTS = ['../journeys/finder.js', 'probe.js'].map((name) => readFileSync(join(HERE, name), 'utf8'));
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--lang=en-GB',
  // Memory is measured when asked, not with the next collection of garbage.
  '--enable-blink-features=ForceEagerMeasureMemory',
];
/** How long a single answer of the browser may take, ms. */
const PATIENCE_MILLIS = 300_000;
/** A page is at rest when its main thread works less than this share of the time. */
const IDLE_SHARE = 0.05;
const LOOK_MILLIS = 500;
/** After this long it is measured as it is, ms. */
const MAX_REST_MILLIS = 60_000;
/** The wheel: pixels a turn, milliseconds between turns and altogether. */
const WHEEL = { pixels: 240, pauseMillis: 16, millis: 2_000 };
/** The 12 columns that both pages show. */
const COLUMNS = 'updatedAt.type.entity.entityType.asset.decision.decidedBy.source.status.investigationTitle.severity.createdAt';
const HASHES = { ours: `#/view=history&range=all&columns=${COLUMNS}`, plain: '' };

/** What is measured: its name in a session, its words in the table, its unit. */
const METRICS = [
  ['first', 'first rows', 'ms'], ['all', 'all rows loaded', 'ms'], ['loadBlock', 'longest block while loading', 'ms'], ['rest', 'work after loading', 'ms'],
  ['floor', 'two frames of the idle page', 'ms'], ['facet', 'one facet, counts updated', 'ms'], ['facetBlock', '… longest block', 'ms'],
  ['key', 'worst keystroke of ten', 'ms'], ['keyBlock', '… longest block', 'ms'], ['text', 'sort by text', 'ms'], ['textBlock', '… longest block', 'ms'],
  ['time', 'sort by time', 'ms'], ['timeBlock', '… longest block', 'ms'], ['end', 'jump to the end', 'ms'], ['dropped', 'frames dropped in 2 s of wheel', ''], ['blank', '… blank', ''],
  ['wheelBlock', '… longest block', 'ms'], ['csv', 'CSV of all rows', 'ms'], ['csvBlock', '… longest block', 'ms'], ['heap', 'JavaScript heap', 'MB'], ['wasm', 'WebAssembly memory', 'MB'], ['memory', 'page altogether', 'MB'],
];
/** Tasks shorter than this are not told by the browser, ms. */
const LONG_TASK_MILLIS = 50;

const option = (name, otherwise) => process.argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise;
const sizes = option('rows', '10000,100000,1000000').split(',').map(Number);
const nReps = Number(option('reps', '3'));
const pages = option('pages', 'ours,plain').split(',');
const dist = resolve(option('dist', process.env.ACTION_CENTER_DIST ?? join(TOP, 'dist')));

if (!existsSync(join(dist, 'index.html'))) {
  console.error(`There is no page in ${dist}: build it with \`make dist\`, or name a folder with --dist=FOLDER.`);
  process.exit(2);
}
if (![...sizes, nReps].every((number) => Number.isInteger(number) && number > 0) || !pages.every((name) => name in HASHES)) {
  console.error('Usage: node run.mjs [--rows=10000,100000,1000000] [--reps=3] [--pages=ours,plain] [--dist=FOLDER]');
  process.exit(2);
}

const sleep = (millis) => new Promise((done) => { setTimeout(done, millis); });
const median = (numbers) => {
  const sorted = numbers.filter(Number.isFinite).sort((a, b) => a - b);
  return sorted.length === 0 ? undefined : (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};
const megabytes = (bytes) => bytes / 1e6;

/** One page in a fresh browser, from its first byte to its file. */
class Session {
  #tab;
  #cdp;

  constructor(truth) {
    this.truth = truth;
    this.found = {};
    this.problems = [];
  }

  async run(url) {
    const browser = await puppeteer.launch({
      browser: 'chrome', executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: FLAGS, defaultViewport: { width: 1440, height: 900 },
      timeout: 120_000, protocolTimeout: PATIENCE_MILLIS,
    });
    try {
      this.#tab = (await browser.pages())[0] ?? await browser.newPage();
      this.#cdp = await this.#tab.createCDPSession();
      await this.#cdp.send('Performance.enable');
      this.#tab.on('pageerror', (error) => this.problems.push(`the page threw: ${error.message}`));
      for (const script of SCRIPTS) await this.#tab.evaluateOnNewDocument(script);
      await this.#tab.evaluateOnNewDocument(`document.addEventListener('DOMContentLoaded', () => bench.follow(${this.truth.nRows}))`);
      if (!await this.#step('loading', () => this.#load(url))) return;
      await this.#step('memory', () => this.#memory());
      await this.#step('floor', async () => { this.found.floor = await this.#tab.evaluate('bench.floor()'); });
      await this.#step('facet', () => this.#facet());
      await this.#step('search', () => this.#type());
      await this.#step('sort', () => this.#sort());
      await this.#step('wheel', () => this.#wheel());
      await this.#step('end', () => this.#end());
      await this.#step('CSV', () => this.#export());
    } finally {
      await browser.close();
    }
  }

  async #step(name, go) {
    try {
      await go();
      return true;
    } catch (error) {
      this.problems.push(`${name}: ${error.message.split('\n')[0]}`);
      return false;
    }
  }

  async #load(url) {
    await this.#tab.goto(url, { waitUntil: 'domcontentloaded' });
    const [first, all] = [await this.#tab.evaluate('bench.first'), await this.#tab.evaluate('bench.all')];
    if (first.error ?? all.error) throw new Error(first.error ?? all.error);
    Object.assign(this.found, { first: first.millis, all: all.millis, loadBlock: await this.#tab.evaluate('bench.loadBlock()') });
    this.found.rest = await this.#rest();
  }

  /** Waits until the page is at rest; gives the work that it did until then, ms of its main thread. */
  async #rest() {
    const work = async () => 1000 * (await this.#cdp.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration').value;
    const end = performance.now() + MAX_REST_MILLIS;
    const start = await work();
    let [last, before] = [start, start];
    do {
      before = last;
      await sleep(LOOK_MILLIS);
      last = await work();
    } while (last - before > LOOK_MILLIS * IDLE_SHARE && performance.now() < end);
    return last - start;
  }

  async #memory() {
    await this.#cdp.send('HeapProfiler.collectGarbage');
    const { metrics } = await this.#cdp.send('Performance.getMetrics');
    this.found.heap = megabytes(metrics.find(({ name }) => name === 'JSHeapUsedSize').value);
    this.found.wasm = megabytes(await this.#tab.evaluate('bench.wasmBytes()'));
    const bytes = await this.#tab.evaluate('bench.pageBytes()');
    if (bytes === null) throw new Error('the browser does not tell how much memory the page takes');
    // Chromium's own count leaves the memory of WebAssembly out.
    this.found.memory = megabytes(bytes) + this.found.wasm;
  }

  /** Moves the pointer to the element at the end of a path of roles and names, once it is there, and clicks it. */
  async #click(...path) {
    const { x, y, why } = await this.#tab.evaluate(`bench.point(${JSON.stringify(path)})`);
    if (why) throw new Error(`${path.map(({ role, name }) => `${role} ${name?.source ?? name}`).join(' > ')}: ${why}`);
    await this.#tab.mouse.click(x, y);
  }

  #settled(wanted) {
    return this.#tab.evaluate(`bench.settled(${JSON.stringify(wanted)})`);
  }

  /** The time from the next event of a kind until the page shows what is wanted. */
  async #timed(type, wanted, act) {
    await this.#tab.evaluate(`{ bench.arm(${JSON.stringify(type)}, ${JSON.stringify(wanted)}); }`);
    await act();
    const { millis, block, error } = await this.#tab.evaluate('bench.collect()');
    if (error) throw new Error(error);
    return { millis, block };
  }

  async #facet() {
    const { nRows, nFacet } = this.truth;
    await this.#click({ role: 'button', name: { source: '^Filters', flags: '' } });
    await this.#settled({ rows: nRows });
    await this.#rest();
    const path = [{ role: 'group', name: FACET.group }, { role: 'checkbox', name: { source: `^${FACET.value}, `, flags: '' } }];
    const { millis, block } = await this.#timed('click', { rows: nFacet }, () => this.#click(...path));
    Object.assign(this.found, { facet: millis, facetBlock: block });
    await this.#click({ role: 'button', name: 'Clear all filters' });
    await this.#settled({ rows: nRows });
    await this.#rest();
  }

  /** With the facets open: their counts follow each letter. */
  async #type() {
    await this.#click({ role: 'searchbox', name: 'Search' });
    const keys = [];
    for (const [at, letter] of [...TYPED].entries()) {
      const wanted = { rows: this.truth.nTyped[at], text: TYPED.slice(0, at + 1) };
      keys.push(await this.#timed('keydown', wanted, () => this.#tab.keyboard.press(letter)));
    }
    this.found.key = Math.max(...keys.map(({ millis }) => millis));
    this.found.keyBlock = Math.max(...keys.map(({ block }) => block));
    await this.#tab.keyboard.down('Control');
    await this.#tab.keyboard.press('a');
    await this.#tab.keyboard.up('Control');
    await this.#tab.keyboard.press('Backspace');
    await this.#settled({ rows: this.truth.nRows, text: '' });
    await this.#rest();
  }

  async #sort() {
    const header = (name) => [{ role: 'grid' }, { role: 'button', name: { source: `^${name}`, flags: '' } }];
    for (const [key, name, first] of [['text', 'Entity', this.truth.firstByText], ['time', 'Created', this.truth.firstByTime]]) {
      const { millis, block } = await this.#timed('click', { rows: this.truth.nRows, first }, () => this.#click(...header(name)));
      Object.assign(this.found, { [key]: millis, [`${key}Block`]: block });
      await this.#rest();
    }
  }

  async #end() {
    await this.#click({ role: 'searchbox', name: 'Search' });
    await this.#tab.keyboard.press('ArrowDown');
    const { millis } = await this.#timed('keydown', { last: this.truth.nRows - 1 }, () => this.#tab.keyboard.press('End'));
    this.found.end = millis;
    await this.#rest();
  }

  async #wheel() {
    const grid = await this.#tab.evaluate('(() => { const b = finder.all("grid")[0].getBoundingClientRect(); return { x: b.x + b.width / 2, y: b.y + b.height / 2 }; })()');
    await this.#tab.mouse.move(grid.x, grid.y);
    await this.#tab.evaluate('{ bench.watchFrames(); }');
    const turns = [];
    for (const end = performance.now() + WHEEL.millis; performance.now() < end;) {
      turns.push(this.#cdp.send('Input.dispatchMouseEvent', { type: 'mouseWheel', ...grid, deltaX: 0, deltaY: WHEEL.pixels }));
      await sleep(WHEEL.pauseMillis);
    }
    await Promise.all(turns);
    const seen = await this.#tab.evaluate('bench.stopFrames()');
    if (!(seen.firstSeen > 0)) throw new Error('the wheel moved no row');
    Object.assign(this.found, { dropped: seen.nDropped, blank: seen.nBlank, wheelBlock: seen.block });
    await this.#rest();
  }

  async #export() {
    await this.#click({ role: 'button', name: 'Export' });
    await this.#click({ role: 'dialog', name: 'Export to CSV' }, { role: 'radio', name: { source: '^All columns', flags: '' } });
    await this.#tab.evaluate('{ bench.armFile(); }');
    await this.#click({ role: 'dialog', name: 'Export to CSV' }, { role: 'button', name: 'Export' });
    const file = await Promise.race([this.#tab.evaluate('bench.collect()'), sleep(PATIENCE_MILLIS).then(() => { throw new Error('there is no file'); })]);
    if (file.nRecords !== this.truth.nRows) throw new Error(`the file has ${file.nRecords} records, not ${this.truth.nRows}`);
    Object.assign(this.found, { csv: file.millis, csvBlock: file.block });
  }
}

/** The thread of the server: its address, and what is true of the rows that it was told to make. */
async function startServer() {
  const worker = new Worker(new URL('server.mjs', import.meta.url), { workerData: { folders: { ours: dist, plain: join(HERE, 'baseline') } } });
  const answer = () => new Promise((done, fail) => { worker.once('message', done).once('error', fail); });
  const { port } = await answer();
  return {
    url: (name) => `http://127.0.0.1:${port}/${name}/${HASHES[name]}`,
    make: async (nRows) => {
      worker.postMessage({ nRows });
      return (await answer()).truth;
    },
    close: () => worker.terminate(),
  };
}

const shown = (number, key, unit) => {
  if (number === undefined) return '–';
  if (key.endsWith('Block') && number < LONG_TASK_MILLIS) return `<${LONG_TASK_MILLIS} ms`;
  return `${number.toLocaleString('en-US', { maximumFractionDigits: unit === 'MB' ? 1 : 0 })} ${unit}`.trim();
};

function print(nRows, sessions) {
  const of = (name, key) => median(sessions.filter((session) => session.name === name).map(({ found }) => found[key]));
  console.log(`\n${nRows.toLocaleString('en-US')} rows, medians of ${nReps}`.padEnd(36) + [...pages, ...(pages.length === 2 ? ['ratio'] : [])].map((head) => head.padStart(12)).join(''));
  for (const [key, words, unit] of METRICS) {
    const values = pages.map((name) => of(name, key));
    const ratio = values.length === 2 && values.every((number) => number > 0) ? (values[0] / values[1]).toFixed(2) : '';
    console.log(words.padEnd(35) + values.map((number) => shown(number, key, unit).padStart(12)).join('') + ratio.padStart(12));
  }
}

console.log(`${cpus().length} × ${cpus()[0]?.model}, load ${loadavg().map((load) => load.toFixed(1)).join(' ')}, ${dist}`);
const server = await startServer();
let nProblems = 0;
for (const nRows of sizes) {
  const truth = await server.make(nRows);
  const sessions = [];
  for (let rep = 0; rep < nReps; rep += 1) {
    // Who is first changes, so that what the machine does meanwhile falls on both.
    for (const name of rep % 2 === 0 ? pages : [...pages].reverse()) {
      const session = new Session(truth);
      await session.run(server.url(name)).catch((error) => session.problems.push(error.message));
      sessions.push({ name, found: session.found });
      nProblems += session.problems.length;
      console.log(`   ${name}, ${nRows} rows, load ${loadavg()[0].toFixed(1)}: all rows in ${shown(session.found.all, 'all', 'ms')}${session.problems.map((problem) => `\n   not measured: ${problem}`).join('')}`);
    }
  }
  print(nRows, sessions);
}
await server.close();
process.exit(nProblems > 0 ? 1 : 0);
