//! The list: loading, counts, sort, search, filters, time range and columns.

import { AT, assert, entities, journey, nothingExecuted } from '../journey.mjs';
import { inHours, queue, record, row } from '../rows.mjs';

const PENDING_TITLES = ['Created', 'Expires', 'Action type', 'Entity', 'Entity type', 'Asset', 'Severity', 'Investigation'];
const HISTORY_TITLES = ['Action update time', 'Action type', 'Entity', 'Entity type', 'Asset', 'Decision', 'Decided by', 'Action source', 'Status', 'Investigation'];

journey('pending opens with its rows, soonest to expire first, and its count', async ({ mock, open }) => {
  const server = await mock({ rows: [...queue(), ...record()] });
  const page = await open(server);
  await page.see('heading', 'Action center');
  await page.in('tablist', 'Views').see('tab', /^Pending\b.*7/, (s) => s.selected === 'true');
  await page.in('tablist', 'Views').see('tab', /^History/, (s) => s.selected === 'false');
  await page.see('grid', 'Pending actions', (s) => s.rowcount === '8');
  await page.column('Entity', entities(server, server.ids('view=pending&sort=expiresAt')));
  assert.deepEqual(await page.titles(), PENDING_TITLES);
  await page.gone('progressbar', 'Loading');
  await page.see('combobox', 'Time range', (s) => s.option === 'All time');
  const [first] = await page.rows();
  assert.equal(first.cells['Action type'], 'Quarantine file');
  assert.equal(first.cells['Entity type'], 'File');
  assert.match(first.cells.Expires, /in (59 min|1 h)/);
  assert.equal(first.cells.Severity, 'High');
  assert.equal(first.cells.Investigation, 'Malware on LT-0001');
  assert.match((await page.row('198.51.100.23').cell('Severity')).raw, /–/, 'a missing severity is an en dash');
  nothingExecuted(server);
});

journey('what waits is counted beside its tab while History is open too', async ({ mock, open }) => {
  const server = await mock({ rows: [...queue(), ...record()] });
  const page = await open(server, { at: `${AT}view=history` });
  await page.see('tab', 'Pending 7');
  await server.until(() => server.streams.size === 1);
  server.add(row('n1').pending(20).device('host-new'));
  await page.see('tab', 'Pending 8');
  server.decideAs('Bo Lind', 'a1', 'reject');
  await page.see('tab', 'Pending 7');
  server.withdraw('a2');
  await page.see('tab', 'Pending 6');
  nothingExecuted(server);
});

journey('an action whose deadline passes is Expired at once, and can no longer be decided', async ({ mock, open }) => {
  const server = await mock({ rows: [row('e1').pending(8 / 3600).device('host-soon'), row('e2').pending(20 / 3600).device('host-next'), row('e3').pending(20).device('host-late')] });
  const page = await open(server);
  await page.count(3);
  const inTime = (id) => assert.ok(Date.now() < Date.parse(server.actions.get(id).expiresAt) + 3000, `${id} was told late`);
  await page.row('host-soon').cell('Expires', (s) => /^Expired/.test(s.text));
  inTime('e1');
  const flyout = await page.open('host-next', /Isolate device/);
  await flyout.see('button', 'Approve', (s) => !s.disabled);
  await flyout.see('button', 'Approve', (s) => s.disabled);
  inTime('e2');
  nothingExecuted(server);
});

journey('history opens with the past 30 days, newest first', async ({ mock, open }) => {
  const server = await mock({ rows: [...queue(), ...record()] });
  const page = await open(server);
  await page.count(7);
  await page.click('tab', /^History/);
  await page.see('grid', 'Action history');
  await page.count(6);
  await page.see('combobox', 'Time range', (s) => s.option === 'Past 30 days');
  assert.deepEqual(await page.titles(), HISTORY_TITLES);
  await page.column('Entity', entities(server, server.ids(`view=history&from=${inHours(-720)}`)));
  await page.column('Status', ['Completed', 'Rejected', 'Completed', 'Failed', 'Expired', 'In progress']);
  nothingExecuted(server);
});

const sortings = (view, titles, rows) => journey(`every column of ${view} sorts up, down and back`, async ({ mock, open }) => {
  const server = await mock({ rows: rows() });
  const page = await open(server, { at: view === 'pending' ? '' : `${AT}view=history&range=all` });
  const n = rows().length;
  await page.count(n);
  const fixed = view === 'pending' ? 'Expires' : 'Action update time';
  const start = (await page.rows()).map((r) => r.cells.Entity);
  for (const [title, member] of titles) {
    const header = page.in('columnheader', new RegExp(`^${title}\\b`));
    // The column that the view is sorted by anyway needs another first, to start from.
    if (title === fixed) await page.click('button', 'Entity');
    for (const [sort, prefix] of [['ascending', ''], ['descending', '-']]) {
      await header.click('button', title);
      await header.self(sort === 'ascending' ? (s) => s.sort === 'ascending' : (s) => s.sort === 'descending');
      await page.column('Entity', entities(server, server.ids(`view=${view}&sort=${prefix}${member}`)));
    }
    await header.click('button', title);
    await page.column('Entity', start);
    const sorted = (await page.all('columnheader')).filter(({ sort: order }) => /ending/.test(order ?? ''));
    assert.equal(sorted.length, 1, `after ${title} one column says that it sorts`);
    assert.ok(sorted[0].name.startsWith(fixed), `after ${title} the view's own order is back, not ${sorted[0].name}`);
  }
  nothingExecuted(server);
});
sortings('pending', [['Created', 'createdAt'], ['Action type', 'type'], ['Entity', 'entity'], ['Entity type', 'entityType'], ['Asset', 'asset'], ['Severity', 'severity'], ['Investigation', 'investigationTitle'], ['Expires', 'expiresAt']], queue);
sortings('history', [['Decision', 'decision'], ['Decided by', 'decidedBy'], ['Action source', 'source'], ['Status', 'status'], ['Action update time', 'updatedAt']], record);

journey('search finds any term of any field and says how many', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  for (const [words, ids] of [['INVOICE', ['a1']], ['wacatac lt-0001', ['a1']], ['phishing', ['a3']], ['contoso', ['a3', 'a4']], ['ap-1', ['a1']], ['invoice payroll', []]]) {
    await page.fill('searchbox', 'Search', words);
    await page.count(ids.length);
    await page.column('Entity', entities(server, ids));
    assert.deepEqual(server.ids(`view=pending&sort=expiresAt&q=${encodeURIComponent(words)}`), ids, 'the server finds the same');
  }
  await page.fill('searchbox', 'Search', '');
  await page.count(7);
  nothingExecuted(server);
});

journey('filters of several values and facets narrow the rows, count the rest, and come off one by one', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  const severity = await page.facet('Severity');
  await severity.see('checkbox', 'High, 2');
  await severity.see('checkbox', 'None, 1');
  await severity.click('checkbox', 'High, 2');
  await page.count(2);
  await severity.click('checkbox', /^Medium, 2$/);
  await page.count(4);
  await page.see('button', /^Filters, 2 active$/);
  const source = await page.facet('Action source');
  await source.see('checkbox', 'Attack disruption, 2');
  await source.click('checkbox', 'Attack disruption, 2');
  await page.count(2);
  await page.column('Entity', entities(server, server.ids('view=pending&sort=expiresAt&severity=high&severity=medium&source=attackDisruption')));
  // A facet's own filter does not shrink its own counts; another's does.
  await severity.until('no low severity left', '(f) => f.walk([{ role: "region", name: "Filters" }, { role: "group", name: "Severity" }, { role: "checkbox", name: { source: "^Low, [1-9]" } }]).length === 0 || null');
  await page.see('button', /^Filters, 3 active$/);
  const chips = page.in('list', 'Active filters');
  await chips.click('button', 'Remove filter High');
  await page.count(1);
  await page.column('Entity', ['srv-fin-02']);
  await page.fill('searchbox', 'Search', 'srv');
  await page.count(1);
  await page.click('button', 'Clear all filters');
  await page.count(7);
  await page.see('searchbox', 'Search', (s) => s.value === '');
  await page.gone('list', 'Active filters');
  nothingExecuted(server);
});

journey('a filter by None finds what has no value', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  await (await page.facet('Severity')).click('checkbox', 'None, 1');
  await page.column('Entity', ['198.51.100.23']);
  await page.in('list', 'Active filters').click('button', 'Remove filter None');
  await page.count(7);
  nothingExecuted(server);
});

journey('every facet of history is offered with its counts', async ({ mock, open }) => {
  const server = await mock({ rows: record() });
  const page = await open(server, { at: `${AT}view=history` });
  await page.count(6);
  for (const [title, value] of [['Status', 'Completed, 2'], ['Action type', 'Quarantine file, 1'], ['Entity type', 'Device, 2'], ['Severity', 'High, 2'], ['Action source', 'Automated device action, 2'],
    ['Decision', 'Approved, 4'], ['Decided by', 'Bo Lind, 2'], ['Asset', 'LT-0001, 1'], ['Investigation', 'Malware on LT-0001, 1']]) {
    await (await page.facet(title)).see('checkbox', value);
  }
  nothingExecuted(server);
});

journey('the time range narrows and widens the history', async ({ mock, open }) => {
  const server = await mock({ rows: record() });
  const page = await open(server, { at: `${AT}view=history` });
  await page.count(6);
  const { options } = await page.see('combobox', 'Time range');
  assert.deepEqual(options, ['Past day', 'Past week', 'Past 30 days', 'Past 6 months', 'All time', 'Custom range…']);
  for (const [label, n] of [['Past day', 3], ['Past week', 6], ['Past 6 months', 7], ['All time', 7]]) {
    await page.choose('combobox', 'Time range', label);
    await page.count(n);
  }
  nothingExecuted(server);
});

journey('a custom range holds both its days, in the zone that is shown', async ({ mock, open }) => {
  const rows = [
    row('d1').history().with({ entity: 'before', updatedAt: '2026-03-09T22:59:59Z' }),
    row('d2').history().with({ entity: 'first moment', updatedAt: '2026-03-09T23:00:00Z' }),
    row('d3').history().with({ entity: 'last moment', updatedAt: '2026-03-11T22:59:59.999Z' }),
    row('d4').history().with({ entity: 'after', updatedAt: '2026-03-11T23:00:00Z' }),
  ];
  const server = await mock({ rows });
  const page = await open(server, { at: `${AT}view=history&range=all` });
  await page.count(4);
  await page.choose('combobox', 'Time range', 'Custom range…');
  const dialog = page.in('dialog', 'Custom range');
  await page.date(dialog, 'From', '2026-03-10');
  await page.date(dialog, 'To', '2026-03-11');
  await dialog.click('button', 'Apply');
  await page.gone('dialog', 'Custom range');
  await page.column('Entity', ['last moment', 'first moment']);
  assert.deepEqual(server.ids('view=history&from=2026-03-09T23:00:00Z&to=2026-03-11T23:00:00Z'), ['d3', 'd2'], 'the server holds the same two');
  nothingExecuted(server);
});

journey('columns are hidden, shown, moved and reset, and stay so in this browser', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  await page.click('button', 'Columns');
  const dialog = page.in('dialog', 'Columns');
  await dialog.set('checkbox', 'Created', false);
  await page.until('the column Created gone', '(f) => !f.titles().includes("Created") || null');
  await dialog.set('checkbox', 'Threat', true);
  await dialog.click('button', 'Move Entity up');
  await page.until('Entity before Action type', '(f) => f.titles().indexOf("Entity") < f.titles().indexOf("Action type") || null');
  await dialog.click('button', 'Close');
  await page.gone('dialog', 'Columns');
  const chosen = ['Expires', 'Entity', 'Action type', 'Entity type', 'Asset', 'Severity', 'Investigation', 'Threat'];
  assert.deepEqual(await page.titles(), chosen);
  assert.equal((await page.rows())[0].cells.Threat, 'Trojan:Win32/Wacatac');

  const other = await open(server);
  await other.count(7);
  assert.deepEqual(await other.titles(), chosen, 'another tab of the same browser shows the same columns');
  await other.click('button', 'Columns');
  await other.in('dialog', 'Columns').click('button', 'Reset to default');
  await other.until('the default columns', `(f) => JSON.stringify(f.titles()) === ${JSON.stringify(JSON.stringify(PENDING_TITLES))} || null`);
  await other.press('Escape');
  await other.gone('dialog', 'Columns');
  nothingExecuted(server);
});

journey('stored choices that make no sense are ignored', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  await page.click('button', 'Columns');
  await page.in('dialog', 'Columns').set('checkbox', 'Created', false);
  await page.in('dialog', 'Columns').click('button', 'Close');
  const stored = await page.until('something stored', '() => (localStorage.length ? Object.keys(localStorage) : null)');
  const address = server.url;
  for (const garbage of ['{"columns":[', 'null', '[1,{"a":"\\u0000"}]', 'entity.entity.nothing', '\ud800', '9'.repeat(5000)]) {
    await page.tab.evaluate(`for (const key of ${JSON.stringify(stored)}) localStorage.setItem(key, ${JSON.stringify(garbage)})`);
    await page.go('about:blank');
    await page.go(address);
    await page.count(7);
    assert.ok((await page.titles()).includes('Entity'), `rows and columns are there in spite of ${garbage.slice(0, 20)}`);
  }
  nothingExecuted(server);
});

journey('select all matching selects what the filters leave, and filtering keeps the selection honest', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  await (await page.facet('Severity')).click('checkbox', 'High, 2');
  await page.count(2);
  await page.click('checkbox', 'Select all matching');
  await page.in('toolbar', 'Selection').until('2 selected', `(f, a) => /\\b2 selected/.test(f.all('toolbar').map((e) => f.state(e, 'toolbar').text).join(' ')) || null`);
  assert.ok((await page.rows()).every(({ selected }) => selected));
  await page.click('button', 'Clear selection');
  await page.gone('toolbar', 'Selection');
  assert.ok((await page.rows()).every(({ selected }) => !selected));
  nothingExecuted(server);
});

journey('two thousand rows come page by page and every one is reachable', async ({ mock, open }) => {
  const rows = Array.from({ length: 2000 }, (_, at) => row(`n${String(at).padStart(4, '0')}`).pending(10 + at).with({ entity: `C:\\n\\${String(at).padStart(4, '0')}.exe` }));
  const server = await mock({ rows, capabilities: { maxPageSize: 300 } });
  const page = await open(server);
  await page.count(2000);
  await page.gone('progressbar', 'Loading');
  const nDrawn = (await page.rows()).length;
  assert.ok(nDrawn < 100, `${nDrawn} rows are in the document: only those in sight belong there`);
  await page.row('C:\\n\\0000.exe').clickCell('Entity type');
  await page.press('Escape');
  await page.press('End');
  await page.until('the last row', '(f) => f.rows().some((r) => r.index === 1999 && r.cells.Entity.endsWith("1999.exe")) || null');
  await page.press('Home');
  await page.until('the first row', '(f) => f.rows().some((r) => r.index === 0 && r.cells.Entity.endsWith("0000.exe")) || null');
  nothingExecuted(server);
});

journey('a cell that clips nothing has room for what it holds', async ({ mock, open }) => {
  const texts = ['WWWWWWWWWWWWWW', 'iiiiiiiiiiiiiiiiiiiiiiiiiiiiii', 'mw@%mw@%mw@%', '0123456789012345', 'LT-0001', 'a b c d e f g h i j k', '漢字漢字漢字漢字漢字', '\u{FDFD}', 'ЩЩЩЩЩЩЩЩЩЩ', 'Some-Name_With.Dots'];
  const rows = texts.flatMap((text, at) => [4, 7, 11, 16, 30].map((length) => row(`w${at}-${length}`).pending(30 + at)
    .with({ entity: text.slice(0, length), asset: { kind: 'device', id: 'd', name: text.slice(0, length) }, threat: text.slice(0, length), investigationTitle: text.slice(0, length), source: text.slice(0, length), type: text.slice(0, length) })));
  const server = await mock({ rows });
  const page = await open(server);
  await page.count(rows.length);
  const cells = await page.until('cells', `(f) => {
    const cells = f.all('gridcell').filter((c) => getComputedStyle(c).overflowX === 'visible' && c.dataset.column !== 'expiresAt');
    return cells.length > 20 ? cells.map((c) => ({ text: c.textContent, over: c.scrollWidth - c.clientWidth })) : null; }`);
  assert.deepEqual(cells.filter(({ over }) => over > 1), []);
});
