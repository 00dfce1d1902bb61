//! Runs the journeys: every one in Chromium, then every one in Firefox, each with a mock and a browser context of its
//! own. `node run.mjs [--browser=chromium|firefox] [--dist=FOLDER] [--scenarios] [part of a name …]`. Of the scenarios of a
//! table a sample runs, with `--scenarios` the whole table and nothing else; a name finds all. Nothing is retried.

import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch } from './browsers.mjs';
import { Backend } from './backend.mjs';
import { Mock } from './mock.mjs';
import { Page } from './page.mjs';
import { journeys } from './journey.mjs';

/** A journey that takes longer hangs, ms; a scenario of a table is short. */
const LIMIT_MILLIS = process.env.ACTION_CENTER_JOURNEYS === 'all' ? 3_600_000 : 120_000;
const SCENARIO_LIMIT_MILLIS = 45_000;
const HERE = dirname(fileURLToPath(import.meta.url));
const TOP = join(HERE, '../..');
const EVIDENCE = join(TOP, 'target/journeys');

const options = process.argv.slice(2).filter((word) => word.startsWith('--'));
const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const option = (name) => options.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
const kinds = option('browser')?.split(',') ?? ['chromium', 'firefox'];
const dist = option('dist') ?? process.env.ACTION_CENTER_DIST ?? join(TOP, 'dist');

if (!existsSync(join(dist, 'index.html'))) {
  console.error(`There is no page in ${dist}: build it with \`trunk build --release\`, or name a folder with --dist=FOLDER.`);
  process.exit(2);
}
for (const file of readdirSync(join(HERE, 'stories')).sort()) await import(join(HERE, 'stories', file));
const isWholeTable = options.includes('--scenarios');
const chosen = journeys.filter(({ name, isScenario }) => (wanted.length === 0 || wanted.some((part) => name.includes(part))) && (isScenario || !isWholeTable));
const isDue = (journey, kind) => !journey.isScenario || isWholeTable || wanted.length > 0 || journey.sampledIn === kind;
mkdirSync(EVIDENCE, { recursive: true });

/** One journey from mock to verdict; resolves with the text of its failure, or nothing. */
async function run(journey, browser, kind) {
  const closing = [];
  const pages = [];
  let timer;
  try {
    const context = await browser.createBrowserContext();
    closing.push(() => context.close());
    const mocks = [];
    const tools = {
      kind,
      mock: async (settings = {}) => {
        const mock = await new Mock({ dist, ...settings }).start();
        closing.push(() => mock.close());
        mocks.push(mock);
        return mock;
      },
      backend: async (settings = {}) => {
        const backend = await Backend.start({ dist, ...settings });
        closing.push(() => backend.close());
        return backend;
      },
      open: async (mock, settings) => {
        const page = await Page.open(context, mock, kind, settings).catch((error) => { throw new Error(`the page did not open: ${error.message}`); });
        pages.push(page);
        return page;
      },
      context,
    };
    const limitMillis = journey.isScenario ? SCENARIO_LIMIT_MILLIS : LIMIT_MILLIS;
    await Promise.race([
      journey.go(tools),
      new Promise((_, fail) => { timer = setTimeout(() => fail(new Error(`it took longer than ${limitMillis / 1000} s`)), limitMillis); }),
    ]);
    const problems = [...pages.flatMap((page) => page.unexpected()), ...mocks.flatMap((mock) => (mock.broken ? [`the mock failed: ${mock.broken.stack}`] : []))];
    if (problems.length) throw new Error(`the page misbehaved:\n${problems.join('\n')}`);
  } catch (error) {
    const slug = `${kind}-${journey.name.replace(/[^a-z0-9]+/gi, '-')}`;
    const notes = [error.stack];
    for (const [at, page] of pages.entries()) {
      const outline = await Promise.race([page.evidence(join(EVIDENCE, `${slug}${at || ''}`)), new Promise((done) => { setTimeout(done, 10_000, 'no outline in 10 s').unref(); })]);
      notes.push(outline, ...page.problems.map(({ text }) => text), ...(page.mock.requests ?? []).map((request) => `${request.status ?? '---'} ${request.method} ${request.path}?${request.query}`));
    }
    writeFileSync(join(EVIDENCE, `${slug}.txt`), notes.join('\n'));
    return error;
  } finally {
    clearTimeout(timer);
    for (const close of closing.reverse()) await Promise.race([close(), new Promise((done) => { setTimeout(done, 10_000).unref(); })]).catch(() => {});
  }
}

/** Whether a browser is still there. */
async function isAnswering(browser) {
  const isThere = browser.createBrowserContext().then((context) => context.close()).then(() => true, () => false);
  return Promise.race([isThere, new Promise((done) => { setTimeout(done, 10_000, false).unref(); })]);
}

let nPassed = 0;
let nFailed = 0;
for (const kind of kinds) {
  // A browser starts with one colour scheme; journeys that need another come together at the end.
  const ordered = [...chosen].filter((journey) => (!journey.only || journey.only === kind) && isDue(journey, kind)).sort((a, b) => a.scheme.localeCompare(b.scheme) * -1);
  let browser;
  let scheme;
  for (const journey of ordered) {
    if (!browser?.connected || scheme !== journey.scheme) {
      await browser?.close().catch(() => {});
      browser = await launch(kind, journey.scheme);
      scheme = journey.scheme;
    }
    const start = performance.now();
    const error = await run(journey, browser, kind);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    // A browser that is gone fails what runs in it; the next journey gets a new one.
    if (error && !await isAnswering(browser)) browser = undefined;
    if (error) nFailed += 1;
    else nPassed += 1;
    console.log(`${error ? 'FAIL' : 'ok  '} ${kind} ${journey.name} (${seconds} s)`);
    if (error) console.log(`     ${error.message.split('\n').slice(0, 12).join('\n     ')}`);
  }
  await browser?.close().catch(() => {});
}
console.log(`\n${nPassed} passed, ${nFailed} failed`);
process.exit(nFailed > 0 || nPassed === 0 ? 1 : 0);
