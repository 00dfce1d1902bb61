//! A lot of work: a batch of hundreds where much goes wrong adds up, and a full queue is cleared by keyboard within a minute.

import { assert, executed, journey, readCsv } from '../journey.mjs';
import { row } from '../rows.mjs';

/** The same numbers on every machine: mulberry32. */
function dice(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Words of the receipt, and how they are counted. */
const REFUSALS = { failed: 'failed', forbidden: 'not allowed', notPossible: 'not possible', changed: 'changed meanwhile', expired: 'expired' };
/** What happens to a part of the batch on its way; none of it is the end. */
const WAYS = [{ drop: 'before' }, { drop: 'after' }, { cut: 40 }, { status: 500, executes: true }, { status: 502, type: 'text/html', body: '<!doctype html><title>Bad gateway</title>' }, { status: 503, headers: { 'retry-after': '1' } }, { twice: true }, {}];

const countOf = (words) => Object.fromEntries(words.split(', ').map((part) => [part.replace(/^[\d,]+ /, ''), Number(/^[\d,]+/.exec(part)[0].replaceAll(',', ''))]));
const sum = (counts) => Object.values(counts).reduce((total, count) => total + count, 0);

journey('a batch of 500 with random failures adds up', async ({ mock, open }) => {
  const ids = Array.from({ length: 500 }, (_, at) => `m${String(at).padStart(3, '0')}`);
  const rows = ids.map((id, at) => row(id).pending(20 + at).device(`host-${id}`).with({ reversible: true }));
  const server = await mock({ rows, pace: 10, capabilities: { maxBatch: 40, events: false } });
  const roll = dice(20261127);
  const words = Object.keys(REFUSALS);
  for (const id of ids) if (roll() < 0.3) server.refusals.set(id, words[Math.floor(roll() * words.length)]);
  // What a part meets follows from its first action and from how often it was sent, not from who comes first.
  const tries = new Map();
  const way = (request) => {
    if (request.way === undefined) {
      const first = JSON.parse(request.body).items[0].id;
      const nTries = (tries.get(first) ?? 0) + 1;
      tries.set(first, nTries);
      const part = dice(Number(first.slice(1)) + nTries * 1_000);
      request.way = nTries > 2 ? -1 : Math.floor(part() * WAYS.length);
    }
    return request.way;
  };
  for (const [at, script] of WAYS.entries()) server.fault('POST /decisions', { ...script, where: (_, request) => way(request) === at });
  const expected = { approved: ids.length - server.refusals.size };
  for (const word of server.refusals.values()) expected[REFUSALS[word]] = (expected[REFUSALS[word]] ?? 0) + 1;
  assert.equal(sum(expected), 500);

  const page = await open(server);
  await page.count(500);
  await page.click('checkbox', 'Select all matching');
  await page.in('toolbar', 'Selection').click('button', 'Approve');
  await page.in('dialog', 'Approve 500 actions').click('button', 'Approve 500 actions');
  const [told] = /^\d+ approved, .*/.exec(await page.hears(/^\d+ approved, /));
  assert.deepEqual(countOf(told), expected, 'what is said adds up');
  executed(server, ids.filter((id) => !server.refusals.has(id)).map((id) => ['approve', id]));

  await page.click('button', 'Show results');
  const results = page.in('dialog', 'Results');
  const shown = async () => Object.assign({}, ...(await results.in('group', 'Outcomes').all('button')).map(({ text }) => countOf(text)));
  await results.see('button', 'Retry failed');
  assert.deepEqual(await shown(), expected, 'the panel adds up');
  await results.click('button', 'Export results');
  const { records } = readCsv(await page.saved());
  const counted = {};
  for (const { Outcome } of records) counted[Outcome] = (counted[Outcome] ?? 0) + 1;
  assert.deepEqual(counted, expected, 'the file adds up');

  // What failed is tried again, and nothing else.
  const failed = [...server.refusals].filter(([, word]) => word === 'failed').map(([id]) => id);
  for (const id of failed) server.refusals.delete(id);
  await results.click('button', 'Retry failed');
  await page.hears(new RegExp(`^${expected.approved + failed.length} approved, `));
  await results.gone('button', 'Retry failed');
  const { failed: gone, ...rest } = expected;
  assert.equal(gone, failed.length);
  assert.deepEqual(await shown(), { ...rest, approved: expected.approved + gone });
  executed(server, ids.filter((id) => !server.refusals.has(id)).map((id) => ['approve', id]));
  assert.ok(server.asked('POST /decisions').length > 20, 'much went wrong on the way');
});

/** Types of action by turns; of the last, nothing can be undone. */
const MIXED = [
  (id) => row(id).file(`C:\\Users\\ada\\Downloads\\${id}.exe`).on(`LT-${id}`).with({ reversible: true }),
  (id) => row(id).device(`srv-${id}`).with({ reversible: true }),
  (id) => row(id).mail(`Payroll update ${id}`).with({ reversible: true, impact: { mailboxes: 12 } }),
  (id) => row(id).type('disableUser').entity('user', `user.${id}`).on(`user.${id}`, 'user').with({ reversible: true }),
  (id) => row(id).irreversible().with({ entity: `Shared document ${id}` }).on('bo@contoso.example', 'mailbox'),
];

/** Tab until a control has the focus. */
async function tabTo(scope, role, name) {
  const { page } = scope;
  for (let nTabs = 0; nTabs < 60; nTabs += 1) {
    if ((await scope.all(role, name)).some((s) => s.focused)) return;
    await page.press('Tab');
  }
  throw new Error(`60 times Tab do not lead to ${role} ${name}`);
}

/** Confirms the sheet that is open by keyboard, where asked with a reason. */
async function confirm(page, title, reason) {
  const sheet = page.in('dialog', title);
  await sheet.see('button', title, (s) => !s.disabled);
  if (reason) {
    await tabTo(sheet, 'combobox', 'Reason');
    await page.tab.keyboard.type(reason.slice(0, 3));
    await sheet.see('combobox', 'Reason', `(s) => s.option === '${reason}'`);
  }
  await tabTo(sheet, 'button', title);
  await page.press('Enter');
  await page.gone('dialog', title);
}

journey('100 mixed pending actions are cleared by keyboard in under a minute', async ({ mock, open }) => {
  const ids = Array.from({ length: 100 }, (_, at) => `k${String(at).padStart(2, '0')}`);
  const server = await mock({ rows: ids.map((id, at) => MIXED[at % MIXED.length](id).pending(10 + at)), capabilities: { maxBatch: 25 } });
  const page = await open(server);
  await page.count(100);
  const left = (nRows) => server.until(() => server.ledger.length === 100 - nRows).then(() => page.count(nRows));
  const isOnRow = (id) => page.until(`the row of ${id} focused`, `(f, id) => f.top().activeElement?.closest('[role=row]')?.textContent.includes(id) || null`, id);
  const start = performance.now();

  // The first is looked at and approved in the flyout.
  await page.press('j');
  await isOnRow('k00');
  await page.press('Enter');
  const flyout = page.in('dialog', /k00/);
  await flyout.see('button', 'Approve', (s) => !s.disabled);
  await page.press('a');
  await flyout.see('button', 'Approve', (s) => s.focused);
  await page.press('Enter');
  await left(99);
  await page.press('Escape');
  await page.gone('dialog', /k00/);

  // One that can't be undone, by its sheet, from its row. The focus stands where the first was.
  await isOnRow('k01');
  await page.press('j', 'j', 'j');
  await isOnRow('k04');
  await page.press('a');
  await confirm(page, 'Approve 1 action');
  await left(98);

  // A row of them is rejected with a reason.
  await page.press('j', 'Home');
  await isOnRow('k01');
  await page.press('x');
  await page.tab.keyboard.down('Shift');
  for (let nRows = 1; nRows < 14; nRows += 1) await page.press('ArrowDown');
  await page.tab.keyboard.up('Shift');
  assert.match((await page.in('toolbar', 'Selection').self((s) => s.text.includes('14 selected'))).text, /14 selected/);
  await page.press('r');
  await confirm(page, 'Reject 14 actions', 'False positive');
  await left(84);

  // Everything of one kind, found by a search.
  await page.press('/');
  await page.see('searchbox', 'Search', (s) => s.focused);
  await page.tab.keyboard.type('payroll');
  await page.count(17);
  await tabTo(page, 'checkbox', 'Select all matching');
  await page.press(' ');
  await page.in('toolbar', 'Selection').self((s) => s.text.includes('17 selected'));
  await page.press('a');
  await confirm(page, 'Approve 17 actions');
  await server.until(() => server.ledger.length === 33);
  await page.press('/');
  await page.see('searchbox', 'Search', (s) => s.focused);
  await page.press('Escape');
  await page.count(67);

  // And all that is left.
  await tabTo(page, 'checkbox', 'Select all matching');
  await page.press(' ');
  await page.in('toolbar', 'Selection').self((s) => s.text.includes('67 selected'));
  await page.press('a');
  await confirm(page, 'Approve 67 actions');
  await left(0);
  const seconds = (performance.now() - start) / 1000;
  assert.ok(seconds < 60, `cleared in ${seconds.toFixed(1)} s`);
  await page.reads(/Nothing waits/);

  const rejected = new Set(server.ledger.filter(({ operation }) => operation === 'reject').map(({ id }) => id));
  assert.equal(rejected.size, 14);
  assert.ok(server.ledger.every(({ operation, reason }) => operation === 'approve' || reason === 'falsePositive'));
  executed(server, ids.map((id) => [rejected.has(id) ? 'reject' : 'approve', id]));
  assert.equal(new Set(server.ledger.map(({ key }) => key)).size, server.asked('POST /decisions').length, 'nothing was sent twice');
});
