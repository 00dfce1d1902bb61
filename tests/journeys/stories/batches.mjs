//! Batches and single decisions where something comes between: the storage, Stop, a reload, a failure, another tab, a held key.

import { AT, assert, executed, journey, nothingExecuted } from '../journey.mjs';
import { queue, record, row } from '../rows.mjs';

const hosts = (nRows, members = {}) => Array.from({ length: nRows }, (_, at) => row(`b${at}`).pending(20 + at).device(`host-${at}`).with({ reversible: true, ...members }));
const idsAsked = (server) => server.asked('POST /decisions').flatMap(({ body }) => JSON.parse(body).items.map(({ id }) => id));

/** Opens the sheet for all rows and confirms it. */
async function approveAll(page, nRows) {
  await page.count(nRows);
  await page.click('checkbox', 'Select all matching');
  await page.in('toolbar', 'Selection').click('button', 'Approve');
  await page.in('dialog', `Approve ${nRows} actions`).click('button', `Approve ${nRows} actions`);
}

/** A browser whose storage takes nothing. */
const FULL = 'Storage.prototype.setItem = function () { throw new DOMException("full", "QuotaExceededError"); };';

journey('a decision that this browser cannot keep waits for a word, and goes when told so', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server, { scripts: [FULL] });
  await page.count(7);
  const flyout = await page.open('srv-fin-02', /Isolate device/);
  await flyout.click('button', 'Approve');
  const question = page.in('dialog', /keep the decision/);
  await question.see('button', 'Send it anyway');
  nothingExecuted(server);
  await question.click('button', 'Send it anyway');
  await page.hears(/Approved: Isolate device, srv-fin-02/);
  executed(server, [['approve', 'a2']]);
});

journey('a decision that this browser cannot keep is dropped when told so', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server, { scripts: [FULL] });
  await page.count(7);
  const flyout = await page.open('srv-fin-02', /Isolate device/);
  await flyout.click('button', 'Approve');
  await page.in('dialog', /keep the decision/).click('button', 'Don’t send');
  await page.hears(/1 not sent/);
  await flyout.see('button', 'Approve', (s) => !s.disabled);
  nothingExecuted(server);
});

journey('Stop leaves the rest unsent, and the rest goes only when confirmed once more', async ({ mock, open }) => {
  const server = await mock({ rows: hosts(6), capabilities: { maxBatch: 1 } });
  const fault = server.fault('POST /decisions', { hold: true });
  const page = await open(server);
  await approveAll(page, 6);
  await fault.arrived;
  await page.click('button', 'Show results');
  const results = page.in('dialog', 'Results');
  await results.click('button', 'Stop');
  fault.remove();
  await page.hears(/2 approved, 4 not sent/);
  assert.equal(server.ledger.length, 2, 'what was on its way is done, the rest was never sent');
  await results.click('button', 'Send the other 4');
  await page.hears(/6 approved/);
  executed(server, hosts(6).map(({ json }) => ['approve', json.id]));
  assert.equal(new Set(idsAsked(server)).size, idsAsked(server).length, 'each was sent once');
});

journey('after a reload what was sent is asked for, and what was not sent waits for a word', async ({ mock, open }) => {
  const server = await mock({ rows: hosts(5), capabilities: { maxBatch: 1 } });
  const fault = server.fault('POST /decisions', { hold: true, drop: 'after' });
  const page = await open(server);
  await approveAll(page, 5);
  await server.until(() => server.asked('POST /decisions').length >= 2);
  await page.reload();
  fault.remove();
  await page.hears(/2 approved, 3 not sent/);
  assert.equal(new Set(server.ledger.map(({ id }) => id)).size, 2);
  await page.click('button', 'Show results');
  const results = page.in('dialog', 'Results');
  assert.match((await results.self()).text, /Not sent before the page was closed/);
  await results.click('button', 'Send the other 3');
  await page.hears(/5 approved/);
  executed(server, hosts(5).map(({ json }) => ['approve', json.id]));
});

journey('after a reload, where the backend shows no single actions, the flyout shows what the receipt says', async ({ mock, open }) => {
  const server = await mock({ rows: queue(), capabilities: { detail: false } });
  const page = await open(server);
  await page.count(7);
  const flyout = await page.open('srv-fin-02', /Isolate device/);
  const fault = server.fault('POST /decisions', { drop: 'after' });
  await flyout.click('button', 'Approve');
  await page.hears(/Outcome unknown/);
  await page.reload();
  await page.count(6);
  fault.remove();
  await page.hears(/Approved: Isolate device, srv-fin-02/);
  const { text } = await page.see('dialog', /Isolate device/);
  assert.doesNotMatch(text, /not in this list/);
  assert.deepEqual(await page.all('alert'), []);
  executed(server, [['approve', 'a2']]);
});

journey('after a reload in the middle of a batch the results tell of all of it', async ({ mock, open }) => {
  const server = await mock({ rows: hosts(9), capabilities: { maxBatch: 2 } });
  server.refusals.set('b3', 'failed');
  // Two parts are settled, two are on their way, one waits for its turn.
  const held = [];
  const fault = server.fault('POST /decisions', { keep: true, where: (url, { body }) => { const { items } = JSON.parse(body); if (['b0', 'b2'].includes(items[0].id)) return false; held.push(items[0].id); return true; } });
  const page = await open(server);
  await approveAll(page, 9);
  await server.until(() => held.length === 2);
  await page.click('button', 'Show results');
  await page.in('dialog', 'Results').see('button', /^1 failed/);
  await page.reload();
  fault.remove();
  await page.hears(/7 approved, 1 failed, 1 not sent|7 approved, 1 not sent, 1 failed/);
  await page.click('button', 'Show results');
  const results = page.in('dialog', 'Results');
  await results.see('button', /^7 approved/);
  await results.see('button', /^1 failed/);
  const { text } = await results.self();
  assert.match(text, /The server says why/, 'what was told before the reload is told after it');
  await results.click('button', 'Send the other 1');
  await page.hears(/8 approved, 1 failed/);
  server.refusals.clear();
  await results.click('button', 'Retry failed');
  await page.hears(/9 approved/);
  executed(server, hosts(9).map(({ json }) => ['approve', json.id]));
  assert.deepEqual(await page.tab.evaluate(`Object.keys(localStorage).filter((name) => name.includes('intent'))`), [], 'nothing is kept of what is over');
});

for (const status of [429, 503]) {
  journey(`the pause that ${status} asks for holds over a reload`, async ({ mock, open }) => {
    const server = await mock({ rows: queue() });
    const asked = [];
    const fault = server.fault('POST /decisions', { nth: 1, status, headers: { 'retry-after': '8' }, where: () => asked.push(Date.now()) > 0 });
    const page = await open(server);
    await page.count(7);
    const flyout = await page.open('srv-fin-02', /Isolate device/);
    await flyout.click('button', 'Approve');
    await fault.left;
    await page.until('the pause written down', `() => Object.entries(localStorage).some(([name, text]) => name.includes('intent') && (text.match(/13:1\\d{12}/g) ?? []).length > 3) || null`);
    await page.reload();
    await page.hears(/Approved: Isolate device/);
    assert.equal(asked.length, 2);
    assert.ok(asked[1] - asked[0] >= 8_000, `it was asked again after ${asked[1] - asked[0]} ms`);
    executed(server, [['approve', 'a2']]);
  });
}

journey('Retry failed touches the failed alone, with a new key', async ({ mock, open }) => {
  const server = await mock({ rows: hosts(3) });
  const fail = (text) => {
    const receipt = JSON.parse(text);
    receipt.results = receipt.results.map((result) => (result.id === 'b1' ? { id: 'b1', outcome: 'failed', detail: 'The device did not answer.' } : result));
    return JSON.stringify(receipt);
  };
  // The server did nothing to b1 and says so.
  server.fault('POST /decisions', { nth: 1, mangle: fail });
  const page = await open(server);
  const before = server.actions.get('b1');
  await page.count(3);
  await page.click('checkbox', 'Select all matching');
  await page.in('toolbar', 'Selection').click('button', 'Approve');
  await page.in('dialog', 'Approve 3 actions').click('button', 'Approve 3 actions');
  await page.hears(/2 approved, 1 failed/);
  server.actions.set('b1', before);
  server.ledger.splice(server.ledger.findIndex(({ id }) => id === 'b1'), 1);
  await page.click('button', 'Show results');
  const results = page.in('dialog', 'Results');
  assert.match((await results.self()).text, /The device did not answer/);
  await results.click('button', /^1 failed/);
  await results.click('button', 'Retry failed');
  await page.hears(/3 approved/);
  executed(server, hosts(3).map(({ json }) => ['approve', json.id]));
  const [first, second] = server.asked('POST /decisions');
  assert.deepEqual(JSON.parse(second.body).items.map(({ id }) => id), ['b1']);
  assert.notEqual(first.headers['idempotency-key'], second.headers['idempotency-key']);
});

journey('results can be taken along', async ({ mock, open }) => {
  const server = await mock({ rows: hosts(3) });
  const page = await open(server);
  await approveAll(page, 3);
  await page.hears(/3 approved/);
  await page.click('button', 'Show results');
  const results = page.in('dialog', 'Results');
  await results.click('button', 'Export results');
  const text = (await page.saved()).toString('utf8');
  for (const words of ['Outcome,Action type', 'approved,Isolate device', 'host-1']) assert.ok(text.includes(words), `the file says ${words}`);
  await results.click('button', 'Copy results');
  assert.match(await page.copied(), /approved\tIsolate device\t.*host-2/);
});

journey('results that are copied hold no formula', async ({ mock, open }) => {
  const server = await mock({ rows: hosts(2).map((made, at) => made.with({ entity: at === 0 ? '=cmd|calc' : 'host-1' })) });
  const page = await open(server);
  await approveAll(page, 2);
  await page.hears(/2 approved/);
  await page.click('button', 'Show results');
  await page.in('dialog', 'Results').click('button', 'Copy results');
  assert.match(await page.copied(), /\t'=cmd\|calc/);
});

journey('what changes while the sheet is open is left out and named', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  await server.until(() => server.streams.size === 1);
  await page.click('checkbox', 'Select srv-fin-02');
  await page.click('checkbox', 'Select m.okafor');
  await page.in('toolbar', 'Selection').click('button', 'Approve');
  await page.see('dialog', 'Approve 2 actions');
  server.decideAs('Bo Lind', 'a2', 'reject');
  const sheet = page.in('dialog', 'Approve 1 action');
  assert.match((await sheet.self()).text, /Already rejected by Bo Lind at \d\d:\d\d/);
  await sheet.click('button', 'Approve 1 action');
  await page.hears(/Approved: Disable user, m\.okafor/);
  assert.deepEqual(idsAsked(server), ['a5'], 'the other was not even sent');
});

journey('what the user no longer sees is left out of a batch, with the reason, and so are all that are left out', async ({ mock, open }) => {
  const server = await mock({ rows: [...hosts(3), ...Array.from({ length: 8 }, (_, at) => row(`u${at}`).pending(40 + at).device(`other-${at}`).with({ operations: [] }))] });
  const page = await open(server);
  await page.count(11);
  await page.click('checkbox', 'Select all matching');
  await server.until(() => server.streams.size === 1);
  server.withdraw('b1');
  await page.see('button', /1 changed: show/);
  await page.in('toolbar', 'Selection').click('button', 'Approve');
  const sheet = page.in('dialog', 'Approve 2 actions');
  const { text } = await sheet.see('button', 'Approve 2 actions').then(() => sheet.self());
  assert.match(text, /9 will be skipped/);
  assert.match(text, /host-1.*no longer see/s);
  assert.match(text, /4 more.*not offer/s);
  await sheet.click('button', 'Approve 2 actions');
  await page.hears(/2 approved/);
  executed(server, [['approve', 'b0'], ['approve', 'b2']]);
});

journey('what changes while the flyout is open is decided only after a look', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  await server.until(() => server.streams.size === 1);
  const flyout = await page.open('srv-fin-02', /Isolate device/);
  await flyout.see('button', 'Approve', (s) => !s.disabled);
  server.change('a2', { severity: 'high' });
  await flyout.see('button', 'Approve', (s) => s.disabled);
  await flyout.click('button', 'Show current');
  await flyout.see('button', 'Approve', (s) => !s.disabled);
  await flyout.click('button', 'Approve');
  await page.hears(/Approved: Isolate device/);
  assert.equal(JSON.parse(server.asked('POST /decisions')[0].body).items[0].version, '2', 'what was shown last is what was signed');
});

journey('a key held down does not approve what cannot be undone', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  const flyout = await page.open('Shared document: bonus', /Hard delete email/);
  await flyout.focus('button', 'Approve');
  await page.tab.keyboard.down('Enter');
  const question = page.in('dialog', 'Approve: Hard delete email');
  await question.focus('button', 'Approve');
  for (let nRepeats = 0; nRepeats < 30; nRepeats += 1) await page.tab.keyboard.down('Enter');
  await page.tab.keyboard.up('Enter');
  await question.see('button', 'Approve', (s) => !s.disabled);
  nothingExecuted(server);
  await question.click('button', 'Cancel');
  nothingExecuted(server);
});

journey('what was done is undone from History', async ({ mock, open }) => {
  const server = await mock({ rows: [...record(), row('u1').history('completed', 1).device('host-u').with({ reversible: true })] });
  const page = await open(server, { at: `${AT}view=history` });
  await page.count(7);
  const flyout = await page.open('host-u', /host-u/);
  await flyout.see('button', 'Undo', (s) => !s.disabled);
  await flyout.click('button', 'Undo');
  await page.hears(/Undone: /);
  executed(server, [['undo', 'u1']]);
});

journey('another tab sees that a decision is under way and does not send a second one', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const fault = server.fault('POST /decisions', { nth: 1, hold: true });
  const page = await open(server);
  await page.count(7);
  const other = await open(server, { at: `${AT}action=a2` });
  await other.count(7);
  const there = other.in('dialog', /Isolate device.*srv-fin-02/);
  await there.see('button', 'Approve', (s) => !s.disabled);
  await page.tab.bringToFront();
  const flyout = await page.open('srv-fin-02', /Isolate device/);
  await flyout.click('button', 'Approve');
  await fault.arrived;
  await other.tab.bringToFront();
  await there.see('button', 'Approve', (s) => s.disabled);
  fault.release();
  // The lock's own note leaves the footer first: a pointer must not be on its way to what still moves.
  await other.until('the lock gone', '(f) => f.top().querySelector("[data-locked]") === null || null');
  await there.click('button', 'Show current');
  await there.gone('button', 'Approve');
  executed(server, [['approve', 'a2']]);
  assert.equal(server.asked('POST /decisions').length, 1);
});

journey('actions that were proposed together are selected together and decided in one go', async ({ mock, open }) => {
  const together = (id, name) => row(id).pending(30).device(name).with({ reversible: true, approvalId: 'ap-9' });
  const server = await mock({ rows: [...queue(), together('g1', 'host-g1'), together('g2', 'host-g2'), together('g3', 'host-g3')] });
  const page = await open(server);
  await page.count(10);
  const flyout = await page.open('host-g2', /Isolate device.*host-g2/);
  assert.match((await flyout.self((s) => s.text.includes('proposed together'))).text, /3 actions were proposed together/);
  await flyout.click('button', 'Select them');
  await page.count(3);
  await flyout.click('button', 'Close');
  await page.in('toolbar', 'Selection').click('button', 'Approve');
  await page.in('dialog', 'Approve 3 actions').click('button', 'Approve 3 actions');
  await page.hears(/3 approved/);
  executed(server, ['g1', 'g2', 'g3'].map((id) => ['approve', id]));
  assert.equal(server.asked('POST /decisions').length, 1);
});

/** Two actions that are under way, and one that is over. */
const underWay = () => [row('q1').history('queued', 1).device('host-q1'), row('q2').history('inProgress', 2).device('host-q2'), row('q3').history('completed', 3).device('host-q3')];

journey('what is under way is cancelled, many at once, and what is over is left out with the reason', async ({ mock, open }) => {
  const server = await mock({ rows: underWay() });
  const page = await open(server, { at: `${AT}view=history` });
  await page.count(3);
  await page.click('checkbox', 'Select all matching');
  await page.in('toolbar', 'Selection').click('button', 'Cancel action');
  const sheet = page.in('dialog', 'Cancel 2 actions');
  assert.match((await sheet.self()).text, /can’t be cancelled while it is completed/);
  await sheet.click('button', 'Cancel 2 actions');
  await page.hears(/2 cancelled/);
  executed(server, [['cancel', 'q1'], ['cancel', 'q2']]);
  assert.deepEqual([...server.actions.values()].map(({ id, status }) => `${id} ${status}`).sort(), ['q1 cancelled', 'q2 cancelled', 'q3 completed']);
});

journey('cancelling many is off, with the reason, for whom may not', async ({ mock, open }) => {
  const server = await mock({ rows: underWay(), permissions: ['actions.read', 'actions.approve', 'actions.reject', 'actions.undo'] });
  const page = await open(server, { at: `${AT}view=history` });
  await page.count(3);
  await page.click('checkbox', 'Select all matching');
  const { description } = await page.in('toolbar', 'Selection').see('button', 'Cancel action', (s) => s.disabled);
  assert.match(description, /actions\.cancel/);
  nothingExecuted(server);
});

journey('everything that can be done with a selection is in reach on 320 pixels', async ({ mock, open }) => {
  const server = await mock({ rows: underWay() });
  const page = await open(server, { at: `${AT}view=history`, size: { width: 320, height: 700 } });
  await page.count(3);
  await page.click('checkbox', 'Select all matching');
  const bar = page.in('toolbar', 'Selection');
  await bar.see('button', 'Cancel action');
  const isInside = await page.tab.evaluate(`(() => { const bar = window.finder.walk([{ role: 'toolbar', name: 'Selection' }])[0]; return bar.scrollWidth <= bar.clientWidth; })()`);
  assert.ok(isInside, 'nothing of the bar is cut off');
  await bar.click('button', 'Clear selection');
  await page.gone('toolbar', 'Selection');
  nothingExecuted(server);
});
