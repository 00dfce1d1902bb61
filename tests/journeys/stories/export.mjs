//! CSV: which rows and columns, the bytes, the guard against formulas, and the file's name.

import { AT, assert, journey, nothingExecuted, readCsv } from '../journey.mjs';
import { queue, record, row } from '../rows.mjs';

/** Opens the dialog, sets its choices, exports, and reads the file. */
async function exported(page, { rows, columns, bom } = {}) {
  await page.click('button', 'Export');
  const dialog = page.in('dialog', 'Export to CSV');
  if (rows) await dialog.set('radio', rows, true);
  if (columns) await dialog.set('radio', columns, true);
  if (bom !== undefined) await dialog.set('checkbox', 'Excel-compatible (BOM)', bom);
  await dialog.click('button', 'Export');
  return readCsv(await page.saved());
}

journey('all matching rows and shown columns are exported by default, with a byte order mark', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  await page.click('button', 'Export');
  const dialog = page.in('dialog', 'Export to CSV');
  await dialog.see('radio', 'All matching rows (7)', (s) => s.checked === true);
  await dialog.see('radio', /^Selected rows \(0\)$/, (s) => s.disabled);
  await dialog.see('radio', /^Shown columns/, (s) => s.checked === true);
  await dialog.see('checkbox', 'Excel-compatible (BOM)', (s) => s.checked === true);
  await dialog.click('button', 'Export');
  const csv = readCsv(await page.saved());
  assert.equal(csv.hasBom, true);
  assert.deepEqual(csv.header, await page.titles());
  const ids = server.ids('view=pending&sort=expiresAt');
  assert.deepEqual(csv.records.map((r) => r.Entity), ids.map((id) => server.actions.get(id).entity), 'every row that the server holds, in the order shown');
  const [first] = csv.records;
  const held = server.actions.get('a1');
  assert.equal(Date.parse(first.Created), Date.parse(held.createdAt), 'times are exact');
  assert.match(first.Created, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, 'and ISO 8601 in UTC');
  assert.equal(first['Action type'], 'Quarantine file');
  assert.equal(csv.records.at(-1).Severity, '', 'a missing value is an empty cell');
  const [name] = await page.downloads();
  assert.match(name, /pending.*\d{4}-\d\d-\d\d.*\.csv$/i, 'the name says view and time');
  nothingExecuted(server);
});

journey('the selection alone, all columns, and no byte order mark', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  await page.click('checkbox', 'Select srv-fin-02');
  await page.click('checkbox', 'Select m.okafor');
  await page.click('button', 'Export');
  const dialog = page.in('dialog', 'Export to CSV');
  await dialog.see('radio', 'Selected rows (2)', (s) => s.checked === true);
  await dialog.set('radio', /^All columns/, true);
  await dialog.set('checkbox', 'Excel-compatible (BOM)', false);
  await dialog.click('button', 'Export');
  const csv = readCsv(await page.saved());
  assert.equal(csv.hasBom, false);
  assert.deepEqual(csv.header, ['Created', 'Expires', 'Action type', 'Entity', 'Entity type', 'Asset', 'Severity', 'Investigation', 'Threat', 'Action source', 'Impact', 'Waiting', 'Approval ID', 'Investigation ID', 'Action ID', 'Action update time']);
  assert.deepEqual(csv.records.map((r) => r['Action ID']), ['a2', 'a5']);
  nothingExecuted(server);
});

journey('an export holds what filters and search leave', async ({ mock, open }) => {
  const server = await mock({ rows: record() });
  const page = await open(server, { at: `${AT}view=history&severity=high&q=lt-000` });
  await page.count(2);
  const csv = await exported(page, { columns: /^All columns/ });
  assert.deepEqual(csv.records.map((r) => r['Action ID']), server.ids('view=history&severity=high&q=lt-000'));
  assert.ok(csv.header.includes('Comment') && csv.header.includes('Decided'));
  nothingExecuted(server);
});

/** Takes the guard away again, as DESIGN says that it can be. */
const unguard = (text) => text.replace(/(^|[,;\t|\r\n])'/g, '$1');

journey('no cell of an export starts a formula, at whatever separator it is split, and the guard comes off', async ({ mock, open }) => {
  const hostile = ['=HYPERLINK("http://198.51.100.9/","Open")', '+1+1', '-2+3', '@SUM(A1)', "'quoted", 'a,=1+1', 'a;=cmd|calc', 'a\t=1', 'line\r\n=2', '  =3', '"=4', '\u200b=5', '\uff1d6', 'plain, text; with | all', 'a||=1'];
  const server = await mock({ rows: hostile.map((entity, at) => row(`f${at}`).pending(10 + at).with({ entity })) });
  const page = await open(server);
  await page.count(hostile.length);
  const csv = await exported(page);
  assert.equal(csv.records.length, hostile.length);
  for (const [at, record] of csv.records.entries()) {
    for (const part of record.Entity.split(/[,;\t|\r\n]/)) assert.doesNotMatch(part, /^[\s"\u200b]*[=+\-@\uff1d]/, `${JSON.stringify(record.Entity)} starts a formula`);
    assert.equal(unguard(record.Entity), hostile[at], 'the guard comes off exactly');
  }
  nothingExecuted(server);
});

journey('Escape leaves the export without a file', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  await page.click('button', 'Export');
  await page.see('dialog', 'Export to CSV');
  await page.press('Escape');
  await page.gone('dialog', 'Export to CSV');
  await page.see('button', 'Export', (s) => s.focused);
  assert.deepEqual(await page.downloads(), []);
  nothingExecuted(server);
});

/** What a browser that can write to disk offers: keeps what is written, and whether it was kept. */
const PICKER = `window.disk = { bytes: [], state: 'not asked' };
  window.showSaveFilePicker = async ({ suggestedName }) => {
    window.disk.name = suggestedName;
    if (window.disk.refuses) { window.disk.state = 'dismissed'; throw new DOMException('The user aborted a request.', 'AbortError'); }
    window.disk.state = 'open';
    return { createWritable: async () => ({
      write: async (bytes) => { window.disk.bytes.push(...bytes); },
      close: async () => { window.disk.state = 'kept'; },
      abort: async () => { window.disk.state = 'gone'; },
    }) };
  };`;

/** A window of which a part is here, and which the server calls large. */
async function large({ mock, open }) {
  const server = await mock({ rows: queue(), config: { rowBudget: 100 } });
  const claim = server.fault('GET /actions', { mangle: (body) => body.replace(/"total":\d+/, '"total":150000') });
  const page = await open(server, { scripts: [PICKER] });
  await page.count(7);
  await page.reads(/Newest 7 of 150,000/);
  return { server, page, claim };
}

journey('an export that the server keeps waiting tells how far it is', async ({ mock, open }) => {
  const server = await mock({ rows: Array.from({ length: 30 }, (_, at) => row(`w${at}`).pending(10 + at)), config: { rowBudget: 10, pageSize: 10 } });
  const page = await open(server);
  await page.count(10);
  const held = server.fault('GET /actions', { nth: 1, hold: true, where: (url) => url.searchParams.has('cursor') });
  await page.click('button', 'Export');
  const dialog = page.in('dialog', 'Export to CSV');
  await dialog.click('button', 'Export');
  await held.arrived;
  await page.reads(/Writing the file\s*10 of 30/);
  held.release();
  assert.equal(readCsv(await page.saved()).records.length, 30);
  nothingExecuted(server);
});

journey('a large export is written where the user says, as it grows', async (tools) => {
  const { server, page } = await large(tools);
  await page.click('button', 'Export');
  await page.in('dialog', 'Export to CSV').click('button', 'Export');
  await page.until('the file to be whole', `() => window.disk.state === 'kept' || null`);
  const csv = readCsv(Buffer.from(await page.tab.evaluate('window.disk.bytes')));
  const ids = server.ids('view=pending&sort=expiresAt');
  assert.deepEqual(csv.records.map((r) => r.Entity), ids.map((id) => server.actions.get(id).entity), 'every row that the server holds');
  assert.match(await page.tab.evaluate('window.disk.name'), /pending.*\.csv$/);
  assert.deepEqual(await page.downloads(), [], 'and no second file');
  await page.gone('dialog', 'Export to CSV');
});

journey('a large export that fails on its way leaves no half file, and one that is not wanted leaves none', async (tools) => {
  const { server, page, claim } = await large(tools);
  await page.click('button', 'Export');
  await page.tab.evaluate('window.disk.refuses = true');
  await page.in('dialog', 'Export to CSV').click('button', 'Export');
  await page.until('the dialog of the browser to be dismissed', `() => window.disk.state === 'dismissed' || null`);
  await page.in('dialog', 'Export to CSV').see('button', 'Export', (s) => !s.disabled);
  await page.tab.evaluate('window.disk.refuses = false');
  claim.remove();
  server.fault('GET /actions', { status: 500 });
  await page.in('dialog', 'Export to CSV').click('button', 'Export');
  await page.until('the half file to be gone', `() => window.disk.state === 'gone' || null`);
  await page.reads(/no file was written/);
  assert.deepEqual(await page.downloads(), []);
});
