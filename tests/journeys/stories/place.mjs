//! What the page remembers and where: the address, the zone of times, the theme, and what changed meanwhile.

import { AT, assert, entities, journey, nothingExecuted } from '../journey.mjs';
import { inHours, queue, record, row } from '../rows.mjs';

journey('everything is in the address: a reload and a colleague see the same', async ({ mock, open }) => {
  const server = await mock({ rows: [...queue(), ...record()] });
  const page = await open(server);
  await page.count(7);
  await page.click('tab', /^History/);
  await page.count(6);
  await page.choose('combobox', 'Time range', 'All time');
  await page.count(7);
  await (await page.facet('Severity')).click('checkbox', 'High, 2');
  await page.count(2);
  await page.fill('searchbox', 'Search', 'lt-000');
  await page.in('columnheader', /^Entity\b/).click('button', 'Entity');
  await page.in('columnheader', /^Entity\b/).self((s) => s.sort === 'ascending');
  await page.click('button', 'Columns');
  await page.in('dialog', 'Columns').set('checkbox', 'Asset', false);
  await page.in('dialog', 'Columns').click('button', 'Close');
  await page.open('C:\\Temp\\dropper.exe', /Quarantine file/);
  const wanted = entities(server, server.ids('view=history&severity=high&q=lt-000&sort=entity'));
  const looks = async (at) => {
    await at.see('grid', 'Action history');
    await at.count(2);
    await at.column('Entity', wanted);
    await at.see('combobox', 'Time range', (s) => s.option === 'All time');
    await at.see('searchbox', 'Search', (s) => s.value === 'lt-000');
    await at.in('list', 'Active filters').see('button', 'Remove filter High');
    await at.see('dialog', /Quarantine file.*dropper\.exe/);
    assert.ok(!(await at.titles()).includes('Asset'), 'the columns are the same');
  };
  await looks(page);
  const address = await page.until('the action in the address', '() => (location.href.includes("h1") ? location.href : null)');
  await page.reload();
  await looks(page);
  const other = await open(server, { at: address.slice(server.url.length) });
  await looks(other);
  nothingExecuted(server);
});

journey('the plain queue has a plain address', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  await page.fill('searchbox', 'Search', 'srv');
  await page.until('the search in the address', '() => location.href.includes("srv") || null');
  await page.fill('searchbox', 'Search', '');
  await page.count(7);
  await page.until('the plain address', `(f, url) => location.href.replace(/[#?\\/]+$/, '') === url.replace(/\\/$/, '') || null`, server.url);
  nothingExecuted(server);
});

journey('Back returns to the view before', async ({ mock, open }) => {
  const server = await mock({ rows: [...queue(), ...record()] });
  const page = await open(server);
  await page.count(7);
  await page.click('tab', /^History/);
  await page.count(6);
  await page.back();
  await page.see('grid', 'Pending actions');
  await page.count(7);
  nothingExecuted(server);
});

journey('an address full of nonsense keeps what was understood and says what was dropped', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server, { at: `${AT}severity=high&bogus=1&sort=-colour&from=yesterday&range=forever&%FF%00=%zz&columns=entity.nothing.severity&q=%3Cscript%3E&severity=&tab=steps` });
  await page.in('list', 'Active filters').see('button', 'Remove filter High');
  await page.count(0);
  const said = await page.reads(/bogus/);
  assert.ok(said);
  for (const word of [/colour/, /yesterday|from/, /forever|range/, /names no tab of an investigation/]) await page.reads(word);
  await page.fill('searchbox', 'Search', '');
  await page.count(3);
  assert.deepEqual(await page.titles(), ['Entity', 'Severity']);
  nothingExecuted(server);
});

journey('the zone of times can be switched at every width', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  for (const width of [1440, 1024, 800, 720, 640]) {
    const page = await open(server, { size: { width, height: 900 } });
    await page.count(7);
    await page.see('button', /^(Local time|UTC)/);
  }
  const page = await open(server, { size: { width: 639, height: 900 } });
  await page.count(7);
  await page.menu('More', 'UTC');
  nothingExecuted(server);
});

journey('times are local or UTC, and say which', async ({ mock, open }) => {
  const server = await mock({ rows: [row('a1').pending().with({ entity: 'x.exe', createdAt: '2026-01-10T22:30:00Z', updatedAt: '2026-01-10T22:30:00Z' })] });
  const page = await open(server, { timeZone: 'Asia/Tokyo' });
  await page.count(1);
  await page.see('button', 'Local time');
  await page.row('x.exe').cell('Created', (s) => /11 Jan.* 07:30/.test(s.letters));
  await page.click('button', 'Local time');
  await page.see('button', 'UTC');
  await page.row('x.exe').cell('Created', (s) => /10 Jan.* 22:30/.test(s.letters));
  await page.reload();
  await page.count(1);
  await page.see('button', 'UTC');
  nothingExecuted(server);
});

/** Whether the ground under the heading is dark. */
const IS_DARK = `(f) => { let e = f.all('heading')[0]; let c;
  for (; e; e = e.parentElement ?? e.getRootNode().host) { c = getComputedStyle(e).backgroundColor; if (c && !/rgba\\(.*, 0\\)|transparent/.test(c)) break; }
  const canvas = document.createElement('canvas').getContext('2d'); canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1);
  const [r, g, b] = canvas.getImageData(0, 0, 1, 1).data; return (r + g + b) / 3 < 100 ? 'dark' : 'light'; }`;

journey('the theme can be dark on a light system, and stays', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  assert.equal(await page.until('a ground', IS_DARK), 'light');
  await page.menu('Theme', 'Dark');
  await page.until('a dark ground', `(f) => (${IS_DARK})(f) === 'dark' || null`);
  await page.reload();
  await page.count(7);
  await page.until('a dark ground', `(f) => (${IS_DARK})(f) === 'dark' || null`);
  await page.menu('Theme', 'System');
  await page.until('a light ground', `(f) => (${IS_DARK})(f) === 'light' || null`);
  nothingExecuted(server);
});

journey('the theme follows a dark system unless told otherwise', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  await page.until('a dark ground', `(f) => (${IS_DARK})(f) === 'dark' || null`);
  await page.menu('Theme', 'Light');
  await page.until('a light ground', `(f) => (${IS_DARK})(f) === 'light' || null`);
  nothingExecuted(server);
}, { scheme: 'dark' });

journey('Refresh fetches what changed and says as of when', async ({ mock, open }) => {
  const server = await mock({ rows: queue(), capabilities: { events: false } });
  const page = await open(server);
  await page.count(7);
  await page.reads(/As of \d\d:\d\d:\d\d/);
  server.add(row('a8').pending(2).device('late-comer'));
  server.decideAs('Bo Lind', 'a1', 'approve');
  const asked = server.asked('GET /actions').length;
  await page.click('button', 'Refresh');
  await page.row('late-comer').self();
  await page.count(7);
  assert.ok(server.asked('GET /actions').length > asked);
  await page.column('Entity', entities(server, server.ids('view=pending&sort=expiresAt')));
  nothingExecuted(server);
});

journey('what is told while Refresh is under way is not lost with an older answer', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  await server.until(() => server.streams.size > 0);
  const items = server.ids('view=pending&sort=expiresAt').map((id) => server.actions.get(id));
  const older = JSON.stringify({ items, total: items.length, asOf: new Date().toISOString() });
  const fault = server.fault('GET /actions', { hold: true, body: older, where: (url) => url.searchParams.get('limit') === '200' });
  await page.click('button', 'Refresh');
  await fault.arrived;
  server.decideAs('Bo Lind', 'a1', 'approve');
  await page.see('button', /^1 changed: show$/);
  fault.release();
  await page.count(6);
  assert.ok((await page.rows()).every((r) => r.cells.Entity !== server.actions.get('a1').entity), 'what is decided does not wait again');
  nothingExecuted(server);
});

journey('what changes while one looks is counted and marked, and moves nothing until asked', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  await server.until(() => server.streams.size > 0);
  const before = (await page.rows()).map((r) => r.cells.Entity);
  server.add(row('a8').pending(0.5).with({ createdAt: inHours(-1), updatedAt: inHours(0), entity: 'soonest.exe' }));
  server.change('a3', { severity: 'high' });
  await page.see('button', /^1 new, 1 changed: show$/);
  assert.deepEqual((await page.rows()).map((r) => r.cells.Entity), before, 'no row moved under the pointer');
  await page.click('button', /^1 new, 1 changed: show$/);
  await page.count(8);
  await page.column('Entity', entities(server, server.ids('view=pending&sort=expiresAt')));
  nothingExecuted(server);
});

journey('two tabs do not disturb each other', async ({ mock, open }) => {
  const server = await mock({ rows: [...queue(), ...record()] });
  const first = await open(server);
  await first.count(7);
  const second = await open(server, { at: `${AT}view=history` });
  await second.count(6);
  await first.tab.bringToFront();
  await first.see('grid', 'Pending actions');
  await first.count(7);
  nothingExecuted(server);
});
