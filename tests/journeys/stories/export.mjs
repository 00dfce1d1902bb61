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
