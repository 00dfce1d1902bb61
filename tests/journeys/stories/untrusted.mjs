//! Rows from outside: malformed, unknown to this version, and hostile.

import { AT, assert, executed, journey, nothingExecuted, readCsv } from '../journey.mjs';
import { queue, row } from '../rows.mjs';

journey('malformed rows are set aside and counted, the rest is there', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  server.rawRows = ['{"id":5}', 'null', '"text"', '{"id":"m1","version":"1","type":"quarantineFile","status":"pending","entityType":"file","entity":"\\ud800","createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-01T00:00:00Z"}'];
  const page = await open(server);
  await page.until('seven rows', '(f) => f.rows().length === 7 || null');
  await page.reads(/\b4 (rows|actions|entries|of)\b[^.]*(set aside|could not be read|can.t be read|malformed|unreadable)/i);
  const flyout = await page.open('srv-fin-02', /Isolate device/);
  await flyout.click('button', 'Approve');
  await page.hears(/Approved: Isolate device/);
  executed(server, [['approve', 'a2']]);
});

journey('values that this version does not know are shown, and silence never approves', async ({ mock, open }) => {
  const server = await mock({
    rows: [
      row('u1').pending(3).type('teleportDevice').entity('quantumState', 'host-x').severity('apocalyptic').source('oracle').with({ later: { members: true } }),
      row('u2').pending(5).device('no-version').with({ version: undefined }),
      row('u3').pending(7).device('odd-operations').with({ operations: ['levitate'] }),
    ],
  });
  const page = await open(server);
  await page.count(3);
  const cells = (await page.rows())[0].cells;
  assert.deepEqual([cells['Action type'], cells['Entity type'], cells.Severity], ['Teleport device', 'Quantum state', 'Apocalyptic']);
  await (await page.facet('Severity')).see('checkbox', 'Apocalyptic, 1');
  for (const [entity, title] of [['no-version', /no-version/], ['odd-operations', /odd-operations/]]) {
    const flyout = await page.open(entity, title);
    await flyout.see('button', 'Approve', (s) => s.disabled);
    await flyout.click('button', 'Close');
  }
  nothingExecuted(server);
});

journey('an unknown status in history is shown', async ({ mock, open }) => {
  const server = await mock({ rows: [row('s1').history('quarantinedByAliens', 3).device('host-y')] });
  const page = await open(server, { at: `${AT}view=history` });
  await page.count(1);
  assert.equal((await page.rows())[0].cells.Status, 'Quarantined by aliens');
  nothingExecuted(server);
});

const HOSTILE = [
  ['bidi', 'C:\\x\\Invoice_4471\u202efdp.exe'],
  ['zero', 'setup\u200b.msi'],
  ['markup', '<img src=x onerror="window.hacked=1">'],
  ['script', '</bdi><script>window.hacked=2</script>'],
  ['template', '{{constructor.constructor("window.hacked=3")()}}'],
  ['formula', '=HYPERLINK("http://198.51.100.9/")'],
  ['control', 'a\u0000b\u0007c\u001b[31m'],
  ['isolate', '\u2066\u2067exe\u2069.txt'],
  ['long', `C:\\${'very-long-folder\\'.repeat(40)}payload.pdf.scr`],
  ['combining', `z${'\u0301'.repeat(300)}`],
  ['empty', ''],
];

journey('hostile text stays text: nothing runs, nothing hides, nothing turns around', async ({ mock, open }) => {
  const server = await mock({
    rows: HOSTILE.map(([id, text], at) => row(id).pending(5 + at).with({ entity: text, threat: text, investigationTitle: text, asset: { kind: 'device', name: text } })
      .detail({ summary: text, onApprove: text, properties: [{ label: text, value: text }], alerts: [{ id: text, title: text, url: text }], timeline: [{ at: '2026-01-01T00:00:00Z', event: 'created', by: { kind: 'user', name: text }, comment: text }] })),
  });
  const page = await open(server);
  await page.count(HOSTILE.length);
  const invisible = `(f) => { const raw = f.top().querySelector('[role=grid]').textContent; return /[\\u200b-\\u200f\\u202a-\\u202e\\u2066-\\u2069\\u0000-\\u0008\\u000e-\\u001f]/.exec(raw)?.[0].codePointAt(0).toString(16) ?? 'none'; }`;
  assert.equal(await page.until('the text of the grid', invisible), 'none', 'no control or invisible character reaches the screen');
  const text = (await page.rows()).map((r) => r.cells.Entity);
  assert.match(text[0], /Invoice_4471.+fdp.*\.exe$/, 'a token stands where the text would turn, and the extension is the true one');
  assert.ok(text[2].includes('<img src=x onerror="window.hacked=1">'), 'markup is shown as it is');
  assert.match(text[8], /payload\.pdf\.scr$/, 'the extension is never cut off');
  for (let at = 0; at < HOSTILE.length; at += 1) {
    if (at === 0) await page.row(/Invoice_4471/).clickCell('Action type');
    else await page.in('dialog', /^Quarantine file/).click('button', 'Next');
    await page.until('the flyout filled', `(f, id) => f.all('dialog').some((d) => f.all('heading', d).length >= 4) || null`, HOSTILE[at][0]);
    await server.until(() => server.asked('GET /actions/{id}').some(({ path, status }) => path.endsWith(`/${HOSTILE[at][0]}`) && status === 200));
  }
  const inside = await page.tab.evaluate('({ hacked: window.hacked, images: window.finder.top().querySelectorAll("img, script, iframe, object").length, links: [...window.finder.top().querySelectorAll("a[href]")].map((a) => a.href) })');
  assert.equal(inside.hacked, undefined);
  assert.equal(inside.images, 0);
  assert.deepEqual(inside.links.filter((href) => !/^https?:/.test(href)), []);
  nothingExecuted(server);
});

journey('a hostile comment and reason come back as text', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  const flyout = await page.open('srv-fin-02', /Isolate device/);
  const comment = '<b onclick=alert(1)>"quoted" & =1+1</b>';
  await flyout.fill('textbox', 'Comment', comment);
  await flyout.click('button', 'Approve');
  await page.hears(/Approved/);
  executed(server, [['approve', 'a2']]);
  assert.equal(server.ledger[0].comment, comment, 'the server holds what was typed');
});

/** 500 texts put together from pieces that attack: deterministic, all different. */
function hostileTexts() {
  const pieces = ['\u202e', '\u200b', '\u2066', '\ufeff', '\u0000', '\r\n', '\t', '"', "'", '<b>', '&amp;', '<script>hacked=1</script>', '=1+1', '+', '-', '@', ';', ',', '|', 'a', 'Z', '.exe', '\u0301\u0301', '\u{1f4a9}', '\uff1d', '%0a', '${x}', 'javascript:', '\u{e0041}', '  '];
  let seed = 1;
  const next = () => (seed = (seed * 48271) % 2147483647);
  return Array.from({ length: 500 }, (_, at) => Array.from({ length: 1 + (next() % 6) }, () => pieces[next() % pieces.length]).join('') + (at % 3 ? '' : String(at)));
}

journey('five hundred hostile texts in every slot: nothing runs, nothing breaks, and the export gives them back', async ({ mock, open }) => {
  const texts = hostileTexts();
  const server = await mock({
    rows: texts.map((text, at) => row(`t${String(at).padStart(3, '0')}`).pending(10 + at)
      .with({ entity: text, threat: text, investigationTitle: text, investigationId: text, approvalId: text, asset: { kind: 'device', name: text }, source: text, severity: text, entityType: text, type: text || 'x' })),
  });
  const page = await open(server);
  await page.count(500);
  await page.facet('Severity');
  await page.row(/./).clickCell('Action type');
  await page.press('Escape');
  for (const key of ['PageDown', 'PageDown', 'End', 'PageUp', 'Home']) {
    await page.press(key);
    const found = await page.until('rows', `(f) => { if (f.rows().length === 0) return null; const m = /[\\u200b-\\u200f\\u202a-\\u202e\\u2066-\\u2069\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f]/.exec(f.top().textContent); return m ? m[0].codePointAt(0).toString(16) : 'none'; }`);
    assert.equal(found, 'none', `after ${key} an invisible character stands in the page`);
  }
  await page.click('button', 'Export');
  const dialog = page.in('dialog', 'Export to CSV');
  await dialog.set('radio', /^All columns/, true);
  await dialog.click('button', 'Export');
  const csv = readCsv(await page.saved());
  assert.equal(csv.records.length, 500);
  for (const record of csv.records) {
    const text = texts[Number(record['Action ID'].slice(1))];
    for (const title of ['Entity', 'Threat', 'Asset', 'Investigation', 'Investigation ID', 'Approval ID']) {
      for (const part of record[title].split(/[,;\t|\r\n]/)) assert.doesNotMatch(part, /^[\s"\u200b\ufeff\u0000]*[=+\-@\uff1d]/, `${title} ${JSON.stringify(record[title])} starts a formula`);
      assert.equal(record[title].replace(/(^|[,;\t|\r\n])'/g, '$1'), text, `${title} comes back as it was`);
    }
  }
  assert.equal(await page.tab.evaluate('String(window.hacked)'), 'undefined');
  nothingExecuted(server);
});
