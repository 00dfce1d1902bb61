//! Scale: loading page by page whatever happens on the way, windows larger than the page keeps, every row within reach, what breaks
//! such tables, and memory that stays flat.

import { AT, assert, journey, nothingExecuted } from '../journey.mjs';
import { inHours, row } from '../rows.mjs';

/** How much of the long journeys is walked; `make soak` walks all. */
const IS_WHOLE = process.env.ACTION_CENTER_JOURNEYS === 'all';
const number = (at, width = 4) => String(at).padStart(width, '0');

/** History rows, each different in everything that is filtered, searched or sorted. */
function past(nRows) {
  const severities = ['high', 'medium', 'low', 'informational', undefined];
  const statuses = ['completed', 'failed', 'rejected', 'expired'];
  return Array.from({ length: nRows }, (_, at) => row(`h${number(at)}`)
    .history(statuses[at % 4], 2 + ((at * 37) % 500), ['Bo Lind', 'Ada Sköld', 'Cleo'][at % 3])
    .with({ entity: `C:\\${['Temp', 'Users'][at % 2]}\\${number((at * 7) % nRows)}.exe`, severity: severities[at % 5], source: ['automatedInvestigation', 'manualDevicePage'][at % 2] }));
}

/** Waits until the rows at the top are those that the server finds, in its order. */
async function shows(page, server, query) {
  const wanted = server.ids(query).slice(0, 12).map((id) => server.actions.get(id).entity);
  await page.until(`the rows of ${query}`, `(f, wanted) => {
    const grid = f.all('grid')[0]; const got = f.rows().slice(0, wanted.length).map((r) => r.cells.Entity);
    return grid?.getAttribute('aria-busy') !== 'true' && JSON.stringify(got) === JSON.stringify(wanted) || null; }`, wanted);
}

/** Pairs of what the address says and what the contract calls it. */
const QUESTIONS = [
  ['', 'sort=-updatedAt'],
  ['&q=temp', 'q=temp&sort=-updatedAt'],
  ['&severity=high&severity=low&sort=entity', 'severity=high&severity=low&sort=entity'],
  ['&sort=-severity', 'sort=-severity'],
  ['&source=manualDevicePage&status=failed&status=rejected', 'source=manualDevicePage&status=failed&status=rejected&sort=-updatedAt'],
  ['&decidedBy=Cleo&q=users%20exe&sort=-entity', 'decidedBy=Cleo&q=users%20exe&sort=-entity'],
];

for (const [mode, config] of [['all of them', {}], ['a part of them', { rowBudget: 60 }]]) {
  journey(`the same question finds the same rows with ${mode} in the page`, async ({ mock, open }) => {
    const server = await mock({ rows: past(240), config, capabilities: { maxPageSize: 50 } });
    const page = await open(server, { at: `${AT}view=history&range=all` });
    for (const [address, query] of QUESTIONS) {
      await page.go(`${server.url}${AT}view=history&range=all${address}`);
      await page.reload();
      await shows(page, server, `view=history&${query}`);
      if (config.rowBudget && address === '') await page.reads(/Newest \d+ of 240/);
    }
    nothingExecuted(server);
  });
}

journey('of more rows than are kept, as many as are kept are asked for, each within reach, and the page says so', async ({ mock, open }) => {
  const server = await mock({ rows: past(300), config: { rowBudget: 100, pageSize: 30 } });
  const page = await open(server, { at: `${AT}view=history&range=all` });
  await page.count(100);
  await page.reads(/Newest 100 of 300/);
  await page.reads(/100 loaded of 300/);
  const pages = server.asked('GET /actions').filter(({ query }) => query.get('view') === 'history' && query.get('limit') !== '0' && !query.has('from'));
  assert.deepEqual(pages.map(({ query }) => query.get('limit')), ['30', '30', '30', '10'], 'no page is larger than the settings say, and no row is asked for that is not kept');
  const uncounted = await page.tab.evaluate(`window.finder.all('grid')[0].querySelectorAll('.grid__row:not([aria-rowindex])').values().filter((row) => getComputedStyle(row).visibility === 'visible').toArray().length`);
  assert.equal(uncounted, 0, 'what shows no row covers none');
  const [first] = server.ids('view=history&sort=-updatedAt');
  await page.row(server.actions.get(first).entity).clickCell('Entity type');
  await page.see('dialog', new RegExp(server.actions.get(first).entity.slice(-8)));
  await page.press('Escape');
  await page.click('checkbox', 'Select all matching');
  await page.reads(/100 selected; 200 more match that are not loaded/);
  await page.click('button', 'Entity');
  await page.reads(/First 100 of 300/);
  nothingExecuted(server);
});

journey('a connection that breaks on the way resumes where it was', async ({ mock, open }) => {
  const server = await mock({ rows: past(900), capabilities: { maxPageSize: 200 } });
  server.fault('GET /actions', { nth: 3, drop: 'after', where: (url) => url.searchParams.has('cursor') });
  const page = await open(server, { at: `${AT}view=history&range=all` });
  await page.count(900);
  const starts = server.asked('GET /actions').filter(({ query }) => query.get('view') === 'history' && query.get('limit') !== '0' && !query.has('cursor') && !query.has('from'));
  assert.equal(starts.length, 1, 'the sequence began once');
});

journey('a cursor that has expired starts the sequence again, and no row is doubled or lost', async ({ mock, open }) => {
  const server = await mock({ rows: past(900), capabilities: { maxPageSize: 200 } });
  server.fault('GET /actions', { nth: 3, status: 410, type: 'application/problem+json', body: JSON.stringify({ type: 'urn:action-center:problem:cursor-expired', title: 'Expired', status: 410 }), where: (url) => url.searchParams.has('cursor') });
  const page = await open(server, { at: `${AT}view=history&range=all&sort=entity` });
  await page.count(900);
  await shows(page, server, 'view=history&sort=entity');
});

journey('Stop ends the loading and keeps what is here, and another window lets go of the first', async ({ mock, open }) => {
  const server = await mock({ rows: [...past(900), ...Array.from({ length: 3 }, (_, at) => row(`p${at}`).pending(5 + at))], capabilities: { maxPageSize: 200 } });
  const held = server.fault('GET /actions', { nth: 2, hold: true, where: (url) => url.searchParams.has('cursor') });
  const page = await open(server, { at: `${AT}view=history&range=all` });
  await held.arrived;
  await page.see('progressbar', 'Loading');
  await page.click('button', 'Stop');
  await page.reads(/stopped: not all are loaded/);
  await page.gone('progressbar', 'Loading');
  assert.ok((await page.rows()).length > 0, 'rows that were here went');
  const again = server.fault('GET /actions', { nth: 1, hold: true, where: (url) => url.searchParams.has('cursor') });
  await page.click('button', 'Refresh');
  await again.arrived;
  await page.click('tab', /^Pending/);
  await page.count(3);
  again.release();
  held.release();
  await page.click('tab', 'History');
  await page.count(900);
});

/** Enough rows to be higher than any element of a browser may be. */
const N_HIGH = 250_000;

for (const deviceScaleFactor of [1, 2]) {
  journey(`every one of ${N_HIGH} rows is within reach at device scale ${deviceScaleFactor}`, async ({ mock, open }) => {
    const rows = Array.from({ length: N_HIGH }, (_, at) => ({ json: { id: `n${number(at, 6)}`, version: '1', type: 'blockUrl', status: 'completed', entityType: 'url', entity: `n${number(at, 6)}`, createdAt: inHours(-9), updatedAt: inHours(-5) } }));
    const server = await mock({ rows, config: { pageSize: 100_000 }, capabilities: { maxPageSize: 100_000 } });
    const page = await open(server, { at: `${AT}view=history&range=all&sort=id`, size: { width: 1440, height: 900, deviceScaleFactor } });
    await page.count(N_HIGH);
    /** Waits until rows fill the view from edge to edge, each where it belongs; gives the first and last in sight. */
    const inSight = (holds) => page.until(`rows in sight, ${holds}`, `(f) => {
      const grid = f.all('grid')[0]; const box = grid.getBoundingClientRect();
      const rows = f.all('row', grid).filter((r) => Number(r.getAttribute('aria-rowindex')) > 1).map((r) => ({ index: Number(r.getAttribute('aria-rowindex')) - 2, text: f.tidy(r.textContent), box: r.getBoundingClientRect() })).sort((a, b) => a.index - b.index);
      const seen = rows.filter((r) => r.box.bottom > box.top + 33 && r.box.top < box.bottom - 16);
      if (!seen.length || seen[0].box.top > box.top + 33 || seen.at(-1).box.bottom < box.bottom - 36 - 16) return null;
      if (seen.some((r, at) => r.index !== seen[0].index + at || !r.text.includes('n' + String(r.index).padStart(6, '0')))) return null;
      const at = { first: seen[0].index, last: seen.at(-1).index };
      return (${holds})(at) ? at : null; }`);
    await inSight('({ first }) => first === 0');
    const { x, y } = await page.tab.evaluate(`(() => { const b = window.finder.all('grid')[0].getBoundingClientRect(); return { x: b.x + 300, y: b.y + 200 }; })()`);
    await page.tab.mouse.move(x, y);
    await page.tab.mouse.wheel({ deltaY: 1200 });
    await inSight('({ first }) => first > 20 && first < 60');
    await page.tab.mouse.click(x, y);
    await page.press('Escape');
    await page.press('End');
    await inSight(`({ last }) => last === ${N_HIGH - 1}`);
    await page.press('ArrowUp', 'PageUp', 'PageUp');
    await inSight(`({ last }) => last < ${N_HIGH - 3}`);
    // The thumb: the scrollbar's middle is the rows' middle.
    await page.tab.evaluate(`(() => { const g = window.finder.all('grid')[0]; g.scrollTop = (g.scrollHeight - g.clientHeight) / 2; })()`);
    const middle = await inSight(`({ first }) => Math.abs(first - ${N_HIGH / 2}) < ${N_HIGH / 50}`);
    await page.tab.mouse.wheel({ deltaY: 360 });
    await inSight(`({ first }) => first > ${middle.first} && first < ${middle.first + 60}`);
    await page.press('Home');
    await inSight('({ first }) => first === 0');
  });
}

/** What breaks tables. */
const HARD = {
  'all alike': () => Array.from({ length: 3000 }, (_, at) => row(`s${number(at)}`).history('completed', 5).with({ entity: 'same' })),
  'a text of a megabyte': () => [row('big').history().with({ entity: `${'x'.repeat(1 << 20)}.exe` }), row('small').history().with({ entity: 'small' })],
  'empty texts and one row': () => [row('only').history().with({ entity: '', asset: { kind: '', id: '', name: '' }, threat: '', investigationTitle: '' })],
  'a facet of ten thousand values': () => Array.from({ length: 10_000 }, (_, at) => row(`f${number(at, 5)}`).history().on(`LT-${number(at, 5)}`)),
  'times far away and out of order': () => [row('ancient').history().with({ createdAt: '0001-01-01T00:00:00Z', entity: 'ancient' }), row('far').history().with({ createdAt: '9999-12-31T23:59:59.999999Z', entity: 'far' }), row('none').history().with({ decidedAt: undefined, startedAt: undefined, endedAt: undefined, entity: 'none' })],
};

for (const [what, build] of Object.entries(HARD)) {
  journey(`${what}: shown, sorted, searched, filtered`, async ({ mock, open }) => {
    const rows = build();
    const server = await mock({ rows, capabilities: { maxPageSize: 5000 } });
    const page = await open(server, { at: `${AT}view=history&range=all` });
    await page.count(rows.length);
    for (const title of ['Entity', 'Action type']) {
      await page.click('button', title);
      await page.in('columnheader', new RegExp(`^${title}\\b`)).self((s) => s.sort === 'ascending');
    }
    const assets = await page.facet('Asset');
    await assets.see('checkbox', /./);
    await page.fill('searchbox', 'Search', 'no such row at all');
    await page.count(0);
    await page.fill('searchbox', 'Search', '');
    await page.count(rows.length);
    await page.click('checkbox', 'Select all matching');
    await page.reads(new RegExp(`${rows.length.toLocaleString('en')} selected`));
    nothingExecuted(server);
  });
}

journey('rows that go from under a sequence of pages leave the others in place', async ({ mock, open }) => {
  const server = await mock({ rows: past(900), capabilities: { maxPageSize: 200 } });
  const held = server.fault('GET /actions', { nth: 2, hold: true, where: (url) => url.searchParams.has('cursor') });
  const page = await open(server, { at: `${AT}view=history&range=all&sort=entity` });
  await held.arrived;
  const last = server.ids('view=history&sort=-entity').slice(0, 40);
  for (const id of last) server.actions.delete(id);
  held.release();
  await page.count(860);
  await shows(page, server, 'view=history&sort=entity');
});

/** Keeps the program's memory where a journey can look at it. */
const KEEP_MEMORY = `for (const name of ['instantiate', 'instantiateStreaming']) { const before = WebAssembly[name]; WebAssembly[name] = async (...all) => { const made = await before.apply(WebAssembly, all); window.wasmMemory = (made.instance ?? made).exports.memory; return made; }; }`;

/** What the page holds once its collector has run: bytes of the program, and where the browser tells them, nodes (also those that are
 * in no document any more) and listeners. */
async function held(page) {
  await page.tab.evaluate('new Promise((done) => setTimeout(done, 400))');
  const wasmBytes = await page.tab.evaluate('window.wasmMemory.buffer.byteLength');
  const nElements = await page.tab.evaluate(`window.finder.top().querySelectorAll('*').length`);
  if (page.browserKind !== 'chromium') return { wasmBytes, nElements };
  const session = await page.tab.createCDPSession();
  await session.send('HeapProfiler.collectGarbage');
  const { metrics } = await session.send('Performance.enable').then(() => session.send('Performance.getMetrics'));
  await session.detach();
  const of = (name) => metrics.find((metric) => metric.name === name).value;
  return { wasmBytes, nElements, nNodes: of('Nodes'), nListeners: of('JSEventListeners') };
}

/** Nothing grew by more than `room`. */
function isFlat(before, after, room, what) {
  for (const [member, most] of Object.entries(room)) {
    assert.ok(before[member] === undefined || after[member] <= before[member] + most, `${what}: ${member} grew from ${before[member]} to ${after[member]}`);
  }
}

const frame = (page) => page.tab.evaluate('new Promise((done) => requestAnimationFrame(() => done()))');

journey('memory stays flat over random operations and live updates', async ({ mock, open }) => {
  const nRows = 2000;
  const rows = [...past(nRows), ...Array.from({ length: 200 }, (_, at) => row(`p${number(at)}`).pending(30 + at))];
  const server = await mock({ rows, capabilities: { maxPageSize: 1000 } });
  const page = await open(server, { at: `${AT}view=history&range=all`, scripts: [KEEP_MEMORY] });
  await page.count(nRows);
  let seed = 7;
  const random = (below) => { seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31; return Math.floor((seed / 2 ** 31) * below); };
  const operations = [
    () => page.tab.evaluate(`(() => { const g = window.finder.all('grid')[0]; if (g) g.scrollTop = g.scrollHeight * ${random(1000) / 1000}; })()`),
    () => page.tab.evaluate(`(() => { const s = window.finder.all('searchbox')[0]; s.value = '${['', 'temp', 'users 1', 'no such row', '9', ''][random(6)]}'; s.dispatchEvent(new Event('input', { bubbles: true, composed: true })); })()`),
    () => page.tab.evaluate(`window.finder.all('columnheader')[${1 + random(5)}]?.querySelector('button')?.click()`),
    () => page.tab.evaluate(`window.finder.all('checkbox', window.finder.all('region')[0])[${random(6)}]?.click()`),
    () => server.change(`h${number(random(nRows))}`, { comment: `changed ${random(1000)}` }),
  ];
  await page.facet('Severity');
  const walk = async (nSteps) => { for (let step = 0; step < nSteps; step += 1) { await operations[random(operations.length)](); await frame(page); } };
  const nSteps = IS_WHOLE ? 10_000 : 400;
  await walk(200);
  const before = await held(page);
  await walk(nSteps);
  // What is shown at the end is another part of the page than at the beginning.
  isFlat(before, await held(page), { wasmBytes: 1 << 20, nElements: 900, nNodes: 2500, nListeners: 300 }, `${nSteps} steps`);
  nothingExecuted(server);
});

/** Buttons to press one after the other, each in the part of the page that the one before it opened. */
const PARTS = {
  'the table and what stands in its place': ['search no such row', 'search '],
  'views': ['tab Investigations', 'tab History', 'tab Pending'],
  'the filters': ['button Filters', 'button Close filters'],
  'a filter': ['button Filters', 'checkbox High', 'button Remove filter High', 'button Close filters'],
  'the details': ['cell Entity', 'button Next', 'button Close'],
  'the dialog of columns': ['button Columns', 'button Close'],
  'the dialog of the export': ['button Export', 'button Cancel'],
  'the sheet of a decision': ['checkbox Select all matching', 'button Approve', 'button Cancel', 'checkbox Select all matching'],
  'a selection': ['checkbox Select all matching', 'checkbox Select all matching'],
  'an investigation': ['tab Investigations', 'cell Investigation', 'button Back to Investigations', 'tab Pending'],
};

journey('memory stays flat however often a part of the page is built and dropped', async ({ mock, open }) => {
  const rows = Array.from({ length: 40 }, (_, at) => row(`p${number(at)}`).pending(600 + at).with({ severity: ['high', 'low'][at % 2] }));
  const server = await mock({ rows, capabilities: { investigations: true } });
  server.investigations.push({ id: 'inv-1', title: 'Malware', status: 'pendingAction', startedAt: inHours(-3), alerts: [{ id: 'al-1', title: 'Dropped program' }], evidence: [], log: [], actions: rows.map((one) => ({ id: one.id })) });
  const page = await open(server, { at: AT, scripts: [KEEP_MEMORY] });
  await page.count(rows.length);
  const press = (step) => page.until(step, `(f, step) => {
    const [role, ...words] = step.split(' '); const name = words.join(' ');
    if (role === 'search') { const s = f.all('searchbox')[0]; s.value = name; s.dispatchEvent(new Event('input', { bubbles: true, composed: true })); return true; }
    const dialog = f.all('dialog').at(-1);
    const found = role === 'cell' ? f.all('gridcell', f.all('row').find((e) => e.querySelector('[role=gridcell]')))[2] : f.all(role, dialog ?? f.top()).find((e) => f.state(e, role).name.startsWith(name) && !f.state(e, role).disabled);
    found?.click(); return found ? true : null; }`, step);
  const round = async (steps) => { for (const step of steps) { await press(step); await frame(page); } };
  const nRounds = IS_WHOLE ? 300 : 12;
  for (const [part, steps] of Object.entries(PARTS)) {
    for (let at = 0; at < 4; at += 1) await round(steps);
    const before = await held(page);
    for (let at = 0; at < nRounds; at += 1) await round(steps);
    isFlat(before, await held(page), { wasmBytes: 1 << 19, nElements: 200, nNodes: 200, nListeners: 40 }, `${part}, ${nRounds} times`);
  }
  nothingExecuted(server);
});
