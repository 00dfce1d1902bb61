//! Accessibility: axe on every state in light and dark, and a whole shift by keyboard alone.

import { AT, assert, executed, journey, nothingExecuted } from '../journey.mjs';
import { queue, record } from '../rows.mjs';

/** A page on which two of seven actions have just been approved. */
async function twoApproved({ mock, open }) {
  const page = await open(await mock({ rows: queue() }));
  await page.count(7);
  await page.click('checkbox', 'Select srv-fin-02');
  await page.click('checkbox', 'Select m.okafor');
  await page.in('toolbar', 'Selection').click('button', 'Approve');
  await page.in('dialog', 'Approve 2 actions').click('button', 'Approve 2 actions');
  return page;
}

/** The states to look at: how each is reached. */
const STATES = {
  pending: async ({ mock, open }) => {
    const page = await open(await mock({ rows: queue() }));
    await page.count(7);
    return page;
  },
  'history with filters': async ({ mock, open }) => {
    const page = await open(await mock({ rows: record() }), { at: `${AT}view=history&severity=high` });
    await page.count(2);
    await page.facet('Status');
    return page;
  },
  'the flyout': async ({ mock, open }) => {
    const page = await open(await mock({ rows: queue() }));
    await page.count(7);
    const flyout = await page.open('srv-fin-02', /Isolate device/);
    await flyout.see('button', 'Approve', (s) => !s.disabled);
    return page;
  },
  'the selection and its sheet': async ({ mock, open }) => {
    const page = await open(await mock({ rows: queue() }));
    await page.count(7);
    await page.click('checkbox', 'Select all matching');
    await page.in('toolbar', 'Selection').see('button', 'Approve');
    await page.isAccessible('the selection');
    await page.in('toolbar', 'Selection').click('button', 'Approve');
    await page.see('dialog', 'Approve 7 actions');
    return page;
  },
  results: async (tools) => {
    const page = await twoApproved(tools);
    await page.click('button', 'Show results');
    await page.see('dialog', 'Results');
    return page;
  },
  messages: async (tools) => {
    const page = await twoApproved(tools);
    await page.in('region', 'Messages').see('button', 'Show results');
    await page.reads('2 approved');
    return page;
  },
  'columns and export': async ({ mock, open }) => {
    const page = await open(await mock({ rows: queue() }));
    await page.count(7);
    await page.click('button', 'Columns');
    await page.see('dialog', 'Columns');
    await page.isAccessible('the dialog Columns');
    await page.press('Escape');
    await page.gone('dialog', 'Columns');
    await page.click('button', 'Export');
    await page.see('dialog', 'Export to CSV');
    return page;
  },
  'an empty queue': async ({ mock, open }) => {
    const page = await open(await mock({ rows: [] }));
    await page.reads(/Nothing waits/i);
    return page;
  },
  'no match': async ({ mock, open }) => {
    const page = await open(await mock({ rows: queue() }), { at: `${AT}q=lt-9931` });
    await page.count(0);
    return page;
  },
  loading: async ({ mock, open }) => {
    const server = await mock({ rows: queue() });
    server.fault('GET /actions', { hold: true });
    const page = await open(server);
    await page.see('progressbar', 'Loading');
    return page;
  },
  failed: async ({ mock, open }) => {
    const server = await mock({ rows: queue() });
    server.fault('GET /actions', { status: 503 });
    const page = await open(server);
    await page.see('button', 'Retry');
    return page;
  },
  stale: async ({ mock, open }) => {
    const server = await mock({ rows: queue() });
    const page = await open(server);
    await page.count(7);
    server.fault('GET /actions', { status: 503 });
    await page.click('button', 'Refresh');
    await page.see('alert');
    return page;
  },
  'signed out': async ({ mock, open }) => {
    const server = await mock({ rows: queue() });
    server.isSignedIn = false;
    const page = await open(server);
    await page.see('button', 'Sign in again');
    return page;
  },
  forbidden: async ({ mock, open }) => {
    const server = await mock({ rows: queue() });
    server.isForbidden = true;
    const page = await open(server);
    await page.see('alert');
    return page;
  },
  'no WebAssembly': async ({ mock, open }) => {
    const page = await open(await mock(), { scripts: ['delete window.WebAssembly'] });
    await page.reads(/WebAssembly/);
    return page;
  },
  shortcuts: async ({ mock, open }) => {
    const page = await open(await mock({ rows: queue() }));
    await page.count(7);
    await page.press('?');
    await page.see('dialog', 'Keyboard shortcuts');
    return page;
  },
  'the narrow page': async ({ mock, open }) => {
    const page = await open(await mock({ rows: queue() }), { size: { width: 400, height: 800 } });
    await page.count(7);
    const overflow = await page.tab.evaluate('document.documentElement.scrollWidth - innerWidth');
    assert.ok(overflow <= 0, `the page is ${overflow} px wider than the window`);
    return page;
  },
};

for (const scheme of ['light', 'dark']) {
  for (const [state, reach] of Object.entries(STATES)) {
    journey(`axe finds nothing on ${state}, ${scheme}`, async (tools) => {
      const page = await reach(tools);
      await page.isAccessible(`${state}, ${scheme}`);
      if (!['results', 'messages'].includes(state)) nothingExecuted(page.mock);
    }, { scheme });
  }
}

journey('a shift by keyboard alone: move, select, search, approve, reject', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  await page.press('?');
  await page.see('dialog', 'Keyboard shortcuts');
  await page.press('Escape');
  await page.gone('dialog', 'Keyboard shortcuts');

  await page.press('/');
  await page.see('searchbox', 'Search', (s) => s.focused);
  await page.tab.keyboard.type('srv');
  await page.count(1);
  await page.press('Escape');
  await page.see('searchbox', 'Search', (s) => s.value === '' || !s.focused);
  if ((await page.see('searchbox', 'Search')).value !== '') await page.fill('searchbox', 'Search', '');
  await page.count(7);

  // From the search into the grid by Tab, as far as it takes.
  for (let nTabs = 0; nTabs < 60; nTabs += 1) {
    if (await page.tab.evaluate('window.finder.top().activeElement?.closest("[role=grid]") !== null && window.finder.top().activeElement !== null')) break;
    await page.press('Tab');
  }
  await page.until('focus in the grid', '(f) => f.top().activeElement?.closest("[role=grid]") ? true : null');
  const focusedRow = `(f) => f.top().activeElement?.closest('[role=row]')?.getAttribute('aria-rowindex') ?? null`;
  await page.press('Home');
  await page.press('j');
  await page.until('a row focused', `(f) => Number((${focusedRow})(f)) >= 2 || null`);
  for (let at = Number(await page.until('a row', focusedRow)); at < 3; at += 1) await page.press('j');
  for (let at = Number(await page.until('a row', focusedRow)); at > 3; at -= 1) await page.press('k');
  await page.until('the second row focused', `(f) => (${focusedRow})(f) === '3' || null`);
  await page.press('x');
  await page.row('srv-fin-02').self((s) => s.selected === 'true');
  await page.press('x');
  await page.row('srv-fin-02').self((s) => s.selected === 'false');

  await page.press('Enter');
  const flyout = page.in('dialog', /Isolate device.*srv-fin-02/);
  await flyout.see('button', 'Approve', (s) => !s.disabled);
  await page.until('focus in the flyout', '(f) => f.top().activeElement?.closest("dialog") ? true : null');
  await page.press('Escape');
  await page.gone('dialog', /Isolate device/);
  await page.until('focus back on the row', `(f) => (${focusedRow})(f) === '3' || null`);

  // No single key approves: `a` opens, the confirmation sends.
  await page.press('a');
  await page.until('something to confirm', '(f) => f.top().activeElement?.closest("dialog") ? true : null');
  nothingExecuted(server);
  const confirm = await page.until('Approve', `(f) => { const e = f.walk([{ role: 'dialog' }, { role: 'button', name: { source: '^Approve' } }])[0]; if (!e) return null; const s = f.state(e, 'button'); return s.disabled ? null : s.name; }`);
  for (let nTabs = 0; nTabs < 40; nTabs += 1) {
    const { focused } = (await page.all('button', confirm)).find((s) => s.focused) ?? {};
    if (focused) break;
    await page.press('Tab');
  }
  await page.press('Enter');
  await page.hears(/Approved: Isolate device, srv-fin-02/);
  executed(server, [['approve', 'a2']]);
});

journey('typing in a field is never a shortcut', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  await page.fill('searchbox', 'Search', 'xajkr?/');
  await page.see('searchbox', 'Search', (s) => s.value === 'xajkr?/');
  assert.deepEqual(await page.all('dialog'), []);
  nothingExecuted(server);
});

journey('focus never falls to the body', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  const kept = () => page.until('focus kept', '(f) => (f.top().activeElement ? true : null)');
  await page.click('button', 'Columns');
  await page.in('dialog', 'Columns').click('button', 'Close');
  await page.gone('dialog', 'Columns');
  await page.see('button', 'Columns', (s) => s.focused);
  await (await page.facet('Severity')).click('checkbox', 'High, 2');
  await page.in('list', 'Active filters').click('button', 'Remove filter High');
  await page.count(7);
  await kept();
  await page.open('srv-fin-02', /Isolate device/);
  await page.press('Escape');
  await page.gone('dialog', /Isolate device/);
  await kept();
  nothingExecuted(server);
});

journey('the arrows lead along the cells of a row, down a column, and back to the row', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  const isOn = (role, index, column) => page.until(`the focus on ${role} of ${column ?? 'no column'} in row ${index}`, `(f, a) => {
    const e = f.top().activeElement; const row = e?.closest('[role=row]');
    if (e?.getAttribute('role') !== a.role || row.getAttribute('aria-rowindex') !== String(a.index)) return null;
    if (a.role === 'row') return true;
    const at = [...row.querySelectorAll('[role=gridcell]')].indexOf(e);
    const head = f.all('columnheader')[at];
    return f.tidy(head.textContent).startsWith(a.column) || null; }`, { role, index, column });
  await page.press('j');
  await isOn('row', 2);
  await page.press('ArrowLeft');
  await isOn('row', 2);
  for (let times = 0; times < 2; times += 1) await page.press('ArrowRight');
  await isOn('gridcell', 2, 'Created');
  await page.press('ArrowDown');
  await page.press('ArrowRight');
  await isOn('gridcell', 3, 'Expires');
  await page.press('k');
  await isOn('gridcell', 2, 'Expires');
  for (let times = 0; times < 20; times += 1) await page.press('ArrowRight');
  await isOn('gridcell', 2, 'Investigation');
  const isInSight = await page.tab.evaluate(`(() => { const e = window.finder.top().activeElement.getBoundingClientRect(); const g = window.finder.all('grid')[0].getBoundingClientRect(); return e.left >= g.left && e.left < g.right; })()`);
  assert.ok(isInSight, 'the cell with the focus is in sight');
  await page.press('x');
  await page.see('toolbar', 'Selection');
  for (let times = 0; times < 10; times += 1) await page.press('ArrowLeft');
  await isOn('row', 2);
  await page.press('Enter');
  await page.see('dialog');
  nothingExecuted(server);
});

journey('focus stays in the page where the button that had it gives way', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const fault = server.fault('GET /actions', { status: 503 });
  const page = await open(server);
  const press = async (name) => {
    await page.focus('button', name);
    await page.press('Enter');
  };
  const kept = () => page.until('focus kept', '(f) => (f.top().activeElement ? true : null)');
  await page.see('alert');
  await press('Retry');
  await page.see('button', 'Retry', (s) => s.focused);
  fault.remove();
  await press('Retry');
  await page.count(7);
  await kept();
  await page.fill('searchbox', 'Search', 'lt-9931');
  await page.reads(/Nothing matches/);
  await press('Clear all filters');
  await page.count(7);
  await kept();
  await page.choose('combobox', 'Time range', 'Past day');
  await page.reads(/Nothing/);
  await press('Show all time');
  await page.count(7);
  await kept();
  await (await page.facet('Severity')).click('checkbox', 'High, 2');
  await press(/^Remove filter/);
  await page.count(7);
  await kept();
  nothingExecuted(server);
});
