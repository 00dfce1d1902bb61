//! Inside another page: several elements side by side, attributes in, events out, and a host that is left alone.

import { assert, journey, nothingExecuted } from '../journey.mjs';
import { queue, record } from '../rows.mjs';

const HOST = (elements) => ({
  'host.html': `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Portal</title><link rel="icon" href="data:,"><script type="module" src="host.js"></script><script type="module" src="action-center.js"></script></head><body><h1>Portal</h1><p id="words">Words of the host</p>${elements}</body></html>`,
  'host.js': `window.heard = []; for (const name of ['action-opened', 'action-decided', 'investigation-open', 'session-expired']) addEventListener(name, (event) => window.heard.push([name, event.detail, event.target.id]));`,
});

journey('two elements on one page do not disturb each other or their host', async ({ mock, open }) => {
  const server = await mock({ rows: [...queue(), ...record()], pages: HOST('<action-center id="one"></action-center><action-center id="two" api-base="api/v1"></action-center>') });
  const page = await open(server, { at: 'host.html#kept', size: { width: 1440, height: 1800 } });
  await page.count(7);
  await page.element(1);
  await page.count(7);
  await page.click('tab', /^History/);
  await page.count(6);
  await page.element(0);
  await page.see('grid', 'Pending actions');
  await page.open('srv-fin-02', /Isolate device/);
  const heard = await page.until('the event', '() => window.heard.find(([name]) => name === "action-opened") || null');
  assert.equal(heard[2], 'one', 'the event comes from the element that it happened in');
  assert.match(JSON.stringify(heard[1]), /a2/);
  assert.ok((await page.address()).endsWith('host.html#kept'), 'the address belongs to the host');
  const host = await page.tab.evaluate('({ title: document.title, nStyles: document.head.querySelectorAll("style, link[rel=stylesheet]").length, adopted: document.adoptedStyleSheets.length, classes: document.documentElement.className + document.body.className, words: getComputedStyle(document.getElementById("words")).fontFamily })');
  assert.deepEqual([host.title, host.nStyles, host.adopted, host.classes], ['Portal', 0, 0, ''], 'the host is as it was');
  nothingExecuted(server);
});

journey('an element offers no link that its host could not follow, and says why', async ({ mock, open }) => {
  const server = await mock({ rows: queue(), pages: HOST('<action-center id="one"></action-center>') });
  const page = await open(server, { at: 'host.html' });
  await page.count(7);
  const flyout = await page.open('srv-fin-02', /Isolate device/);
  const button = await flyout.see('button', 'Copy link', (s) => s.disabled);
  assert.ok(button);
  await page.until('the reason', `(f) => [...f.top().querySelectorAll('.flyout button')].some((b) => /no address of its own/.test(b.title)) || null`);
  nothingExecuted(server);
});

journey('an element that is removed stops, and comes back when it is inserted again', async ({ mock, open }) => {
  const server = await mock({ rows: queue(), pages: HOST('<action-center id="one"></action-center>') });
  const page = await open(server, { at: 'host.html' });
  await page.count(7);
  await server.until(() => server.streams.size === 1);
  await page.tab.evaluate('window.removed = document.getElementById("one"); window.removed.remove()');
  await server.until(() => server.streams.size === 0);
  await page.tab.evaluate('document.body.append(window.removed)');
  await page.count(7);
  nothingExecuted(server);
});

journey('a host that gives a token is asked for it, and again after a 401', async ({ mock, open }) => {
  const server = await mock({ rows: queue(), pages: { ...HOST('<action-center id="one"></action-center>'), 'host.js': 'window.heard = []; let n = 0; document.querySelector("action-center").getToken = async () => `token-${(n += 1)}`;' } });
  server.fault('GET /session', { where: (url, request) => request.headers.authorization !== 'Bearer token-2', status: 401, body: { type: 'urn:action-center:problem:unauthenticated', title: 'unauthenticated', status: 401 }, type: 'application/problem+json' });
  const page = await open(server, { at: 'host.html' });
  await page.count(7);
  assert.ok(server.asked('GET /actions').every(({ headers }) => /^Bearer token-\d+$/.test(headers.authorization ?? '')), 'every request carries the token');
  const stored = await page.tab.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])');
  assert.ok(!stored.includes('token-'), 'the token is in memory only');
  nothingExecuted(server);
});
