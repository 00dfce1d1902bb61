//! The flyout: what it tells, where its links lead, and how one goes on from it.

import { AT, assert, executed, journey, nothingExecuted } from '../journey.mjs';
import { inHours, queue, row } from '../rows.mjs';

const detailed = () => row('a1').pending(3).file('C:\\Temp\\invoice.pdf.exe').on('LT-0001').severity('high').investigation('inv-1', 'Malware on LT-0001')
  .with({ threat: 'Trojan:Win32/Wacatac', reversible: true })
  .detail({
    summary: 'It was written by an Office macro.',
    onApprove: 'The file moves to quarantine.',
    onReject: 'The investigation closes as partially remediated.',
    properties: [{ label: 'SHA-256', value: '9f2c41d07b6ea3d18e55c07f', kind: 'hash' }, { label: 'Size', value: '1927168', kind: 'bytes' }, { label: 'Signer', value: 'Not signed' }],
    alerts: [
      { id: 'al-1', title: 'Shadow copy deletion attempt', severity: 'high', status: 'new', url: 'https://portal.example/alerts/al-1' },
      { id: 'al-2', title: 'Alert with a trap', url: 'javascript:alert(document.domain)' },
      { id: 'al-3', title: 'Alert with data', url: 'data:text/html,<script>alert(1)</script>' },
    ],
    investigation: { id: 'inv-1', title: 'Malware on LT-0001', status: 'pendingAction', url: 'https://portal.example/investigations/inv-1' },
    targets: [{ name: 'LT-0001', status: 'pending', detail: 'Waits for a decision' }],
    timeline: [{ at: inHours(-30), event: 'created', by: { kind: 'automation', name: 'Automation' } }],
    sameEntity: 2,
  });

journey('the flyout tells everything that a decision needs', async ({ mock, open }) => {
  const server = await mock({ rows: [detailed(), ...queue().slice(1)] });
  const page = await open(server);
  await page.count(7);
  const flyout = await page.open('C:\\Temp\\invoice.pdf.exe', /^Quarantine file\b.*invoice\.pdf\.exe/);
  for (const heading of ['Details', 'Alerts', 'Investigation', 'Targets', 'Timeline']) await flyout.see('heading', new RegExp(`^${heading}\\b`));
  const { raw, modal } = await flyout.self((s) => s.raw.includes('Not signed'));
  assert.equal(modal, false, 'the rows stay in reach beside the flyout');
  for (const words of ['It was written by an Office macro.', 'The file moves to quarantine.', 'The investigation closes as partially remediated.', 'SHA-256', '9f2c41d07b6ea3d18e55c07f', 'Signer', 'Shadow copy deletion attempt', 'Malware on LT-0001', 'LT-0001', 'Waits for a decision', 'Automation', 'Trojan:Win32/Wacatac']) {
    assert.ok(raw.replace(/\s+/g, ' ').includes(words), `the flyout says ${words}`);
  }
  assert.equal(server.asked('GET /actions/{id}')[0].path.split('/').at(-1), 'a1');
  await flyout.click('button', 'Close');
  await page.gone('button', 'Close');
  await page.until('focus in the grid', '(f) => f.top().activeElement?.closest("[role=grid]") ? true : null');
  nothingExecuted(server);
});

journey('links from the backend open only if http or https, without an opener', async ({ mock, open }) => {
  const server = await mock({ rows: [detailed()] });
  const page = await open(server);
  await page.count(1);
  const flyout = await page.open('C:\\Temp\\invoice.pdf.exe', /^Quarantine file/);
  const link = await flyout.see('link', /Shadow copy deletion attempt/);
  assert.equal(link.href, 'https://portal.example/alerts/al-1');
  assert.equal(link.target, '_blank');
  assert.match(link.rel, /noopener/);
  assert.match(link.rel, /noreferrer/);
  const { raw } = await flyout.self();
  assert.ok(raw.includes('Alert with a trap') && raw.includes('Alert with data'), 'the titles are there');
  const hrefs = await page.tab.evaluate('[...window.finder.top().querySelectorAll("a[href]")].map((a) => a.href)');
  assert.deepEqual(hrefs.filter((href) => !/^https?:/.test(href)), [], 'no link leads to another scheme');
  nothingExecuted(server);
});

journey('the investigation page opens where the backend says', async ({ mock, open }) => {
  const server = await mock({ rows: [detailed()] });
  const page = await open(server);
  await page.count(1);
  const flyout = await page.open('C:\\Temp\\invoice.pdf.exe', /^Quarantine file/);
  const role = await flyout.until('Open investigation page', `(f, path) => ['link', 'button'].find((role) => f.walk([...path, { role, name: { source: '^Open investigation page' } }]).length) || null`, flyout.path);
  if (role === 'link') {
    const link = await flyout.see('link', /^Open investigation page/);
    assert.equal(link.href, 'https://portal.example/investigations/inv-1');
    assert.match(link.rel, /noopener/);
  } else {
    await page.tab.evaluate('window.open = (url, name, features) => { window.opened = [String(url), String(features)]; return null; }');
    await flyout.click('button', /^Open investigation page/);
    const [url, features] = await page.until('a window opened', '() => window.opened || null');
    assert.equal(url, 'https://portal.example/investigations/inv-1');
    assert.match(features, /noopener/);
  }
  nothingExecuted(server);
});

journey('previous and next walk the rows as they are sorted and filtered', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  await page.fill('searchbox', 'Search', 'contoso');
  await page.count(2);
  const flyout = await page.open('Payroll update required', /Soft delete email.*Payroll/);
  await flyout.see('button', 'Previous', (s) => s.disabled);
  await flyout.click('button', 'Next');
  const second = page.in('dialog', /Hard delete email.*Shared document/);
  await second.see('button', 'Next', (s) => s.disabled);
  await second.click('button', 'Previous');
  await page.see('dialog', /Soft delete email.*Payroll/);
  nothingExecuted(server);
});

journey('a copied link opens the same action', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  const flyout = await page.open('srv-fin-02', /Isolate device.*srv-fin-02/);
  await flyout.click('button', 'Copy link');
  const link = await page.copied();
  assert.ok(link.startsWith(server.url), `${link} leads to this page`);
  const other = await open(server, { at: link.slice(server.url.length) });
  await other.in('dialog', /Isolate device.*srv-fin-02/).see('button', 'Approve');
  nothingExecuted(server);
});

journey('Escape closes the flyout and leaves the row focused', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  await page.open('srv-fin-02', /Isolate device/);
  await page.press('Escape');
  await page.gone('dialog', /Isolate device/);
  await page.row('srv-fin-02').self((s) => s.hasFocus);
  nothingExecuted(server);
});

journey('an action that fails to load in the flyout says so and can be asked again', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const fault = server.fault('GET /actions/{id}', { status: 500 });
  const page = await open(server);
  await page.count(7);
  const flyout = await page.open('srv-fin-02', /Isolate device/);
  await flyout.see('button', 'Retry');
  fault.remove();
  await flyout.click('button', 'Retry');
  await flyout.gone('button', 'Retry');
  await flyout.see('button', 'Approve', (s) => !s.disabled);
  nothingExecuted(server);
});

journey('details that can’t be refreshed stay, say how old they are, and take nothing that was typed', async ({ mock, open }) => {
  const server = await mock({ rows: [detailed(), ...queue().slice(1)] });
  const page = await open(server);
  await page.count(7);
  const flyout = await page.open('C:\\Temp\\invoice.pdf.exe', /^Quarantine file/);
  await flyout.self((s) => s.text.includes('Shadow copy deletion attempt'));
  for (const [what, script] of [['a failure', { status: 500 }], ['a broken connection', { drop: 'before' }], ['a cut body', { cut: 60 }], ['no JSON', { status: 200, body: '{"id":"a1",' }]]) {
    const told = (error) => { throw new Error(`${what}: ${error.message}`); };
    await flyout.fill('textbox', 'Comment', what);
    const fault = server.fault('GET /actions/{id}', script);
    await page.click('button', 'Refresh');
    await flyout.focus('textbox', 'Comment');
    await fault.arrived;
    await flyout.see('button', 'Retry').catch(told);
    await page.hears(/details could not be refreshed/).catch(told);
    const { text } = await flyout.self();
    assert.match(text, /They are (under 1|\d+) min old/, what);
    assert.match(text, /Shadow copy deletion attempt/, `${what}: the details stand`);
    await flyout.see('textbox', 'Comment', (s) => s.hasFocus).catch(told);
    await flyout.see('textbox', 'Comment', new Function('s', `return s.value === ${JSON.stringify(what)}`)).catch(told);
    await flyout.see('button', 'Approve', (s) => !s.disabled).catch(told);
    fault.remove();
    await flyout.click('button', 'Retry');
    await flyout.gone('button', 'Retry').catch(told);
    await flyout.see('textbox', 'Comment', new Function('s', `return s.value === ${JSON.stringify(what)}`)).catch(told);
  }
  // Nothing is kept of what this user may no longer see.
  const fault = server.fault('GET /actions/{id}', { status: 403 });
  await page.click('button', 'Refresh');
  await fault.arrived;
  await flyout.until('the details gone', `(f, path) => !f.walk(path)[0].textContent.includes('Shadow copy') || null`, flyout.path);
  nothingExecuted(server);
});

journey('an action that the user no longer sees can no longer be decided, and its row goes with the next look', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  const flyout = await page.open('srv-fin-02', /Isolate device/);
  await flyout.fill('textbox', 'Comment', 'half a thought');
  await server.until(() => server.streams.size === 1);
  server.withdraw('a2');
  await page.reads(/no longer there|no longer has/);
  await page.see('tab', /^Pending 6/);
  await page.see('button', /1 changed: show/);
  assert.equal((await page.rows()).length, 7, 'no row moves by itself');
  const left = await page.all('button', 'Approve');
  assert.ok(left.every(({ disabled }) => disabled), 'nothing can be decided');
  await page.click('button', /1 changed: show/);
  await page.count(6);
  nothingExecuted(server);
});

journey('what a reload of the list after a reset no longer has is asked for anew in the flyout', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  const flyout = await page.open('srv-fin-02', /Isolate device/);
  await flyout.see('button', 'Approve', (s) => !s.disabled);
  server.intended.add('404 /portal/queue/api/v1/actions/a2');
  await server.until(() => server.streams.size === 1);
  server.actions.delete('a2');
  server.emit('reset', {});
  await page.count(6);
  await page.reads(/no longer there/);
  nothingExecuted(server);
});

journey('a link to an action leads the keyboard to its row', async ({ mock, open }) => {
  const server = await mock({ rows: Array.from({ length: 200 }, (_, at) => row(`d${at}`).pending(10 + at).device(`host-${at}`)) });
  const page = await open(server, { at: `${AT}action=d150` });
  await page.count(200);
  await page.see('dialog', /Isolate device/);
  await page.row(/host-150/).cell('Entity', (s) => /host-150/.test(s.text));
  await page.press('Escape');
  await page.gone('dialog', /Isolate device/);
  await page.until('the focus on its row', '(f) => /host-150/.test(f.top().activeElement?.closest("[role=row]")?.textContent ?? "") || null');
  nothingExecuted(server);
});

journey('a deep link to an action that is not there says so', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  server.intended.add('404 /portal/queue/api/v1/actions/nobody');
  const page = await open(server, { at: `${AT}action=nobody` });
  await page.count(7);
  await page.reads(/not found|no longer|does not exist|is gone|no action|not there|may not see|does not have/i);
  nothingExecuted(server);
});

/** Where the buttons and fields at the bottom edge of the flyout are, by name, when all is at rest. */
const places = (page, ...names) => page.tab.evaluate(`window.finder.top().getRootNode().getAnimations().forEach((a) => { try { a.finish(); } catch { a.cancel(); } }); Object.fromEntries(${JSON.stringify(names)}.map((name) => {
  const e = ['button', 'textbox', 'combobox'].flatMap((role) => window.finder.walk([{ role: 'dialog', name: { source: 'Isolate device' } }, { role, name }]))[0];
  const { x, y, width, height } = e.getBoundingClientRect();
  return [name, [x, y, width, height].map(Math.round).join()]; }))`);

for (const height of [900, 480]) {
  journey(`notes in the flyout come and go without moving what can be pressed, on ${height} pixels`, async ({ mock, open }) => {
    const server = await mock({ rows: queue() });
    const other = await open(server);
    await other.count(7);
    const page = await open(server, { size: { width: 1280, height } });
    await page.count(7);
    const flyout = await page.open('srv-fin-02', /Isolate device/);
    await flyout.see('button', 'Approve', (s) => !s.disabled);
    const names = ['Comment', 'Reason', 'Approve', 'Reject'];
    const before = await places(page, ...names);
    const fault = server.fault('POST /decisions', { nth: 1, hold: true });
    await other.tab.bringToFront();
    await other.open('srv-fin-02', /Isolate device/);
    await other.in('dialog', /Isolate device/).click('button', 'Approve');
    await fault.arrived;
    await page.tab.bringToFront();
    await flyout.see('button', 'Approve', (s) => s.disabled);
    await page.reads(/Another tab/);
    assert.deepEqual(await places(page, ...names), before, 'a note came');
    server.change('a2', { severity: 'high' });
    await flyout.see('button', 'Show current');
    const both = await places(page, 'Show current', ...names);
    fault.release();
    await page.until('the other note gone', `(f) => !/Another tab/.test(f.walk([{ role: 'dialog', name: { source: 'Isolate device' } }])[0].textContent) || null`);
    assert.deepEqual(await places(page, 'Show current', ...names), both, 'a note went');
    for (const name of names) assert.equal(both[name], before[name], `${name} stays`);
    await flyout.click('button', 'Show current');
    await flyout.see('button', 'Approve', (s) => !s.disabled);
    assert.deepEqual(await places(page, ...names), before, 'all notes are gone');
    executed(server, []);
  });
}

journey('a click that was meant for Approve does not hit what takes its place', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  const flyout = await page.open('srv-fin-02', /Isolate device/);
  await flyout.see('button', 'Approve', (s) => !s.disabled);
  await page.tab.evaluate(`new MutationObserver((_, observer) => {
    const next = window.finder.walk([{ role: 'button', name: 'Cancel action' }])[0];
    if (next) { observer.disconnect(); next.click(); window.isHit = true; }
  }).observe(window.finder.top().getRootNode(), { subtree: true, childList: true })`);
  await flyout.click('button', 'Approve');
  await page.hears(/Approved: Isolate device/);
  await page.until('the click on what took its place', '() => window.isHit || null');
  await flyout.see('button', 'Cancel action', (s) => !s.disabled);
  executed(server, [['approve', 'a2']]);
  await flyout.click('button', 'Cancel action');
  await page.hears(/Cancelled: Isolate device/);
  executed(server, [['approve', 'a2'], ['cancel', 'a2']]);
});

journey('previous and next walk an investigation’s own table as it is sorted', async ({ mock, open }) => {
  const rows = ['host-b', 'host-a', 'host-c'].map((name, at) => row(`i${at}`).pending(10 + at).device(name).severity('high').investigation('inv-1', 'Lateral movement'));
  const server = await mock({ rows: [...rows, row('i9').history('completed').device('host-d').investigation('inv-1', 'Lateral movement')], capabilities: { investigations: true } });
  server.investigations.push({ id: 'inv-1', title: 'Lateral movement', status: 'pendingAction', startedAt: inHours(-9), updatedAt: inHours(-8), get actions() { return [...server.actions.values()]; } });
  const page = await open(server, { at: `${AT}investigation=inv-1` });
  await page.in('tablist', 'Investigation').click('tab', /^Pending/);
  const entity = page.in('columnheader', 'Entity');
  await entity.click('button', 'Entity');
  await entity.self((s) => s.sort === 'ascending');
  const shown = () => page.tab.evaluate(`window.finder.rows().map((r) => r.cells.Entity)`);
  assert.deepEqual(await shown(), ['host-a', 'host-b', 'host-c']);
  await page.row('host-a').clickCell('Action type');
  const walked = [];
  for (const name of await shown()) {
    const flyout = page.in('dialog', new RegExp(`Isolate device.*${name}$`));
    await flyout.see('button', 'Previous', walked.length === 0 ? (s) => s.disabled : (s) => !s.disabled);
    walked.push(name);
    if (walked.length < 3) await flyout.click('button', 'Next');
    else await flyout.see('button', 'Next', (s) => s.disabled);
  }
  await entity.click('button', 'Entity');
  await entity.self((s) => s.sort === 'descending');
  await page.in('dialog', /host-c$/).click('button', 'Next');
  await page.see('dialog', /host-b$/);
  nothingExecuted(server);
});

journey('j and k in the flyout lead to the next action and back', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  const flyout = await page.open('srv-fin-02', /Isolate device/);
  await flyout.focus('button', 'Close');
  await page.press('j');
  await page.see('dialog', /Soft delete email/);
  await page.press('k');
  await page.see('dialog', /Isolate device/);
  nothingExecuted(server);
});

for (const operations of [undefined, ['approve', 'reject']]) {
  journey(`a status that is not known is not decided, ${operations ? 'whatever the server offers' : 'and the buttons say why'}`, async ({ mock, open }) => {
    const server = await mock({ rows: [row('a1').with({ status: 'onHold', entity: 'held.exe', operations })] });
    const page = await open(server, { at: `${AT}view=history&range=all` });
    const flyout = await page.open('held.exe', /held.exe/);
    for (const name of ['Approve', 'Reject']) {
      await flyout.see('button', name, (s) => s.disabled && /status is not known to this version/.test(s.description));
    }
    await page.press('a');
    nothingExecuted(server);
  });
}
