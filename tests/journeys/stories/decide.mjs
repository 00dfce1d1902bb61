//! Deciding: one action, many, and what the server says to it. Every journey ends at the server's ledger.

import { AT, assert, executed, journey, nothingExecuted } from '../journey.mjs';
import { queue, record, row } from '../rows.mjs';

/** Fills the reject form of a flyout, opening it first where it is closed, and sends it. */
async function reject(flyout, reason, comment) {
  await flyout.see('button', 'Reject');
  if ((await flyout.all('combobox', 'Reason')).length === 0) await flyout.click('button', 'Reject');
  await flyout.choose('combobox', 'Reason', reason);
  await flyout.fill('textbox', 'Comment', comment);
  await flyout.click('button', 'Reject');
}

async function select(page, ...names) {
  for (const name of names) {
    await page.click('checkbox', `Select ${name}`);
    await page.row(name).self((s) => s.selected === 'true');
  }
}

journey('an approval is executed once and announced', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  const flyout = await page.open('srv-fin-02', /Isolate device.*srv-fin-02/);
  await flyout.fill('textbox', 'Comment', 'Confirmed by phone');
  await flyout.click('button', 'Approve');
  await page.hears(/Approved: Isolate device, srv-fin-02/);
  executed(server, [['approve', 'a2']]);
  assert.equal(server.ledger[0].comment, 'Confirmed by phone');
  assert.equal(server.actions.get('a2').status, 'queued');
  assert.deepEqual(JSON.parse(server.asked('POST /decisions')[0].body).items, [{ id: 'a2', version: '1' }], 'what was on screen is what was signed');
});

journey('a rejection carries its reason and comment', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  const flyout = await page.open('srv-fin-02', /Isolate device/);
  await reject(flyout, 'False positive', 'A scanner of ours');
  await page.hears(/Rejected: Isolate device, srv-fin-02/);
  executed(server, [['reject', 'a2']]);
  assert.equal(server.ledger[0].reason, 'falsePositive');
  assert.equal(server.ledger[0].comment, 'A scanner of ours');
  assert.equal(server.actions.get('a2').status, 'rejected');
});

journey('what cannot be undone asks first, and Cancel sends nothing', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  const flyout = await page.open('Shared document: bonus', /Hard delete email/);
  await flyout.click('button', 'Approve');
  const question = page.in('dialog', 'Approve: Hard delete email');
  const { text } = await question.self();
  assert.match(text, /can.t be undone|cannot be undone|irreversible/i);
  await question.click('button', 'Cancel');
  await page.gone('dialog', 'Approve: Hard delete email');
  nothingExecuted(server);
  await flyout.click('button', 'Approve');
  await question.see('button', 'Approve', (s) => !s.disabled);
  await question.click('button', 'Approve');
  await page.hears(/Approved: Hard delete email/);
  executed(server, [['approve', 'a4']]);
});

journey('a reader sees everything, decides nothing, and is told why', async ({ mock, open }) => {
  const server = await mock({ rows: queue(), permissions: ['actions.read'], roles: ['securityReader'] });
  const page = await open(server);
  await page.count(7);
  const flyout = await page.open('srv-fin-02', /Isolate device/);
  const approve = await flyout.see('button', 'Approve', (s) => s.disabled);
  await flyout.see('button', 'Reject', (s) => s.disabled);
  const { text } = await flyout.self();
  assert.match(text, /may not|permission/i, 'it says why, for all to read');
  assert.match(approve.description, /may not|permission/i, 'and beside the button');
  assert.deepEqual(await flyout.all('textbox'), [], 'nothing is asked for that could not be sent');
  await flyout.focus('button', 'Close');
  await page.press('a', 'r');
  await flyout.click('button', 'Close');
  await select(page, 'srv-fin-02');
  await page.in('toolbar', 'Selection').see('button', 'Approve', (s) => s.disabled);
  nothingExecuted(server);
});

journey('a comment that the server asks for is asked for before anything is sent', async ({ mock, open }) => {
  const server = await mock({ rows: queue(), capabilities: { commentRequired: ['approve'] } });
  const page = await open(server);
  await page.count(7);
  const flyout = await page.open('srv-fin-02', /Isolate device/);
  const { disabled } = await flyout.see('button', 'Approve');
  if (!disabled) {
    await flyout.click('button', 'Approve');
    await page.reads(/comment.*(required|needed|needs)|needs? a comment|requires? a comment|add a comment/i);
  }
  nothingExecuted(server);
  await flyout.fill('textbox', 'Comment', 'Known campaign');
  await flyout.see('button', 'Approve', (s) => !s.disabled);
  await flyout.click('button', 'Approve');
  await page.hears(/Approved: Isolate device/);
  executed(server, [['approve', 'a2']]);
});

journey('a selection of mixed types is approved after one sheet, with a receipt for each', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  await select(page, 'srv-fin-02', 'Payroll update required', 'm.okafor');
  const bar = page.in('toolbar', 'Selection');
  assert.match((await bar.self()).text, /3 selected/);
  await bar.click('button', 'Approve');
  const sheet = page.in('dialog', 'Approve 3 actions');
  const { text } = await sheet.self();
  for (const type of ['Isolate device', 'Soft delete email', 'Disable user']) assert.ok(text.includes(type), `the sheet names ${type}`);
  nothingExecuted(server);
  await sheet.click('button', 'Approve 3 actions');
  await page.hears(/3 approved/);
  executed(server, [['approve', 'a2'], ['approve', 'a3'], ['approve', 'a5']]);
  assert.equal(new Set(server.ledger.map(({ key }) => key)).size, server.asked('POST /decisions').length, 'one key for each request');
  await page.click('button', 'Show results');
  const results = page.in('dialog', 'Results');
  const said = (await results.self()).text;
  for (const entity of ['srv-fin-02', 'Payroll update required', 'm.okafor']) assert.ok(said.includes(entity), `a receipt for ${entity}`);
  await results.click('button', 'Close');
  await page.gone('dialog', 'Results');
});

journey('a batch is rejected with one reason and comment', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  await select(page, 'srv-fin-02', 'm.okafor');
  await page.in('toolbar', 'Selection').click('button', 'Reject');
  const sheet = page.in('dialog', 'Reject 2 actions');
  await sheet.choose('combobox', 'Reason', 'Accepted risk');
  await sheet.fill('textbox', 'Comment', 'Test machines');
  await sheet.click('button', 'Reject 2 actions');
  await page.hears(/2 rejected/);
  executed(server, [['reject', 'a2'], ['reject', 'a5']]);
  assert.deepEqual([...new Set(server.ledger.map(({ reason, comment }) => `${reason}: ${comment}`))], ['acceptedRisk: Test machines']);
});

journey('Cancel on the sheet sends nothing and keeps the selection', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  await select(page, 'srv-fin-02', 'm.okafor');
  await page.in('toolbar', 'Selection').click('button', 'Approve');
  await page.in('dialog', 'Approve 2 actions').click('button', 'Cancel');
  await page.gone('dialog', 'Approve 2 actions');
  assert.match((await page.in('toolbar', 'Selection').self()).text, /2 selected/);
  nothingExecuted(server);
});

journey('a batch larger than the server takes at once is sent in parts', async ({ mock, open }) => {
  const rows = Array.from({ length: 7 }, (_, at) => row(`b${at}`).pending(20 + at).device(`host-${at}`).with({ reversible: true }));
  const server = await mock({ rows, capabilities: { maxBatch: 3 } });
  const page = await open(server);
  await page.count(7);
  await page.click('checkbox', 'Select all matching');
  await page.in('toolbar', 'Selection').click('button', 'Approve');
  await page.in('dialog', 'Approve 7 actions').click('button', 'Approve 7 actions');
  await page.hears(/7 approved/);
  executed(server, rows.map(({ json }) => ['approve', json.id]));
  assert.deepEqual(server.asked('POST /decisions').map(({ body }) => JSON.parse(body).items.length), [3, 3, 1]);
});

/** Somebody else is faster: acts while the decision is on its way, when no question of the page can learn of it before. */
function isOvertaken(server, act) {
  let isDone = false;
  server.fault('POST /decisions', { where: () => { if (!isDone) act(); isDone = true; return false; } });
}

journey('what another analyst decided is told with who and when, and is not overwritten', async ({ mock, open }) => {
  const server = await mock({ rows: queue(), capabilities: { events: false } });
  const page = await open(server);
  await page.count(7);
  const flyout = await page.open('srv-fin-02', /Isolate device/);
  await flyout.see('button', 'Approve', (s) => !s.disabled);
  isOvertaken(server, () => server.decideAs('Bo Lind', 'a2', 'reject', 'Mine'));
  await flyout.click('button', 'Approve');
  await page.hears(/Already rejected by Bo Lind at \d\d:\d\d/);
  executed(server, []);
  assert.equal(server.actions.get('a2').status, 'rejected');
  assert.equal(server.asked('POST /decisions').length, 1, 'it is not sent again by itself');
});

journey('a batch with one item decided by another says so for this one only', async ({ mock, open }) => {
  const server = await mock({ rows: queue(), capabilities: { events: false } });
  const page = await open(server);
  await page.count(7);
  await select(page, 'srv-fin-02', 'm.okafor');
  isOvertaken(server, () => server.decideAs('Bo Lind', 'a2', 'reject'));
  await page.in('toolbar', 'Selection').click('button', 'Approve');
  await page.in('dialog', 'Approve 2 actions').click('button', 'Approve 2 actions');
  await page.hears(/1 approved, 1 already decided/);
  await page.click('button', 'Show results');
  const { text } = await page.in('dialog', 'Results').self();
  assert.match(text, /rejected by Bo Lind/);
  executed(server, [['approve', 'a5']]);
});

journey('a changed action is shown anew and not decided on the old sight of it', async ({ mock, open }) => {
  const server = await mock({ rows: queue(), capabilities: { events: false } });
  const page = await open(server);
  await page.count(7);
  const flyout = await page.open('srv-fin-02', /Isolate device/);
  await flyout.see('button', 'Approve', (s) => !s.disabled);
  server.change('a2', { severity: 'high' });
  await flyout.click('button', 'Approve');
  await page.hears(/changed/i);
  executed(server, []);
  assert.equal(server.asked('POST /decisions').length, 1);
});

journey('no answer is outcome unknown: the same key asks again until the server tells', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  server.fault('POST /decisions', { nth: 1, drop: 'after' });
  const page = await open(server);
  await page.count(7);
  const flyout = await page.open('srv-fin-02', /Isolate device/);
  await flyout.click('button', 'Approve');
  await page.hears(/Approved: Isolate device, srv-fin-02/);
  executed(server, [['approve', 'a2']]);
  const asked = server.asked('POST /decisions');
  assert.ok(asked.length >= 2, 'it asked again');
  assert.equal(new Set(asked.map(({ headers }) => headers['idempotency-key'])).size, 1, 'with the same key');
  assert.equal(new Set(asked.map(({ body }) => body)).size, 1, 'and the same body');
});

/** Answers that leave open whether the decision took effect, or say that it did not yet: the page has to ask again. */
const DOUBTS = {
  'the request is lost': { drop: 'before' },
  'the answer is lost': { drop: 'after' },
  'the answer is cut': { cut: 30 },
  'a proxy answers with a page': { status: 200, type: 'text/html', body: '<!doctype html><title>Sign in</title>' },
  'the receipt names nobody': { mangle: () => '{"id":"r","results":[]}' },
  'the receipt names another': { mangle: () => '{"id":"r","results":[{"id":"somebody","outcome":"done"}]}' },
  'the server fails': { status: 500 },
  'the server rests': { status: 503, headers: { 'retry-after': '1' } },
  'the first request still runs': { status: 409, headers: { 'retry-after': '1' } },
  'there are too many requests': { status: 429, headers: { 'retry-after': '1' } },
};

journey('whatever happens on the way, a decision is executed once, with one key and one body', async ({ mock, open }) => {
  const doubts = Object.entries(DOUBTS);
  const server = await mock({ rows: doubts.map((_, at) => row(`d${at}`).pending(10 + at).device(`host-${at}`).with({ reversible: true })) });
  const page = await open(server);
  await page.count(doubts.length);
  for (const [at, [what, script]] of doubts.entries()) {
    server.fault('POST /decisions', { ...script, nth: 1, where: (_, { body }) => JSON.parse(body).items[0].id === `d${at}` });
    const flyout = await page.open(`host-${at}`, new RegExp(`Isolate device.*host-${at}$`));
    await flyout.click('button', 'Approve');
    await page.hears(new RegExp(`Approved: Isolate device, host-${at}`)).catch((error) => { throw new Error(`${what}: ${error.message}`); });
    await page.press('Escape');
    const asked = server.asked('POST /decisions').filter(({ body }) => JSON.parse(body).items[0].id === `d${at}`);
    assert.ok(asked.length >= 2, `${what}: it asked again`);
    assert.deepEqual([new Set(asked.map(({ headers }) => headers['idempotency-key'])).size, new Set(asked.map(({ body }) => body)).size], [1, 1], `${what}: one key, one body`);
  }
  executed(server, doubts.map((_, at) => ['approve', `d${at}`]));
});

journey('a reload in the middle of a decision loses nothing and sends no second one', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const fault = server.fault('POST /decisions', { nth: 1, hold: true, drop: 'after' });
  const page = await open(server);
  await page.count(7);
  const flyout = await page.open('srv-fin-02', /Isolate device/);
  await flyout.click('button', 'Approve');
  await fault.arrived;
  await page.reload();
  fault.release();
  await server.until(() => server.asked('POST /decisions').length >= 2 && server.ledger.length > 0);
  await page.hears(/Approved: Isolate device, srv-fin-02/);
  executed(server, [['approve', 'a2']]);
  assert.equal(new Set(server.asked('POST /decisions').map(({ headers }) => headers['idempotency-key'])).size, 1);
});

journey('what is offered is taken up, whichever question for the session was answered first', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const late = server.fault('GET /session', { nth: 2, hold: true });
  const page = await open(server, { at: `${AT}action=a2` });
  await late.arrived;
  const flyout = page.in('dialog', /Isolate device.*srv-fin-02/);
  await flyout.see('button', 'Approve', (s) => !s.disabled);
  await flyout.click('button', 'Approve');
  await page.hears(/Approved: Isolate device, srv-fin-02/);
  late.release();
  executed(server, [['approve', 'a2']]);
});

journey('a double click approves once', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const fault = server.fault('POST /decisions', { nth: 1, hold: true });
  const page = await open(server);
  await page.count(7);
  const flyout = await page.open('srv-fin-02', /Isolate device/);
  await flyout.see('button', 'Approve', (s) => !s.disabled);
  await flyout.doubleClick('button', 'Approve');
  await fault.arrived;
  await page.row('srv-fin-02').self((s) => /sending/i.test(s.text));
  fault.release();
  await page.hears(/Approved: Isolate device, srv-fin-02/);
  executed(server, [['approve', 'a2']]);
  assert.equal(server.asked('POST /decisions').length, 1);
});

journey('a decision that the server refuses keeps the typed comment', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  server.fault('POST /decisions', { nth: 1, status: 403, body: { type: 'urn:action-center:problem:forbidden', title: 'Forbidden', status: 403, detail: 'Your role may not approve actions.' }, type: 'application/problem+json' });
  const page = await open(server);
  await page.count(7);
  const flyout = await page.open('srv-fin-02', /Isolate device/);
  await flyout.fill('textbox', 'Comment', 'Typed with care');
  await flyout.click('button', 'Approve');
  await page.hears(/may not|not allowed/i);
  await flyout.see('textbox', 'Comment', (s) => s.value === 'Typed with care');
  executed(server, []);
});

journey('a stale CSRF token is read anew and the decision goes through once', async ({ mock, open }) => {
  const server = await mock({ rows: queue(), csrfToken: 'first' });
  const page = await open(server);
  await page.count(7);
  server.csrfToken = 'second';
  const flyout = await page.open('srv-fin-02', /Isolate device/);
  await flyout.click('button', 'Approve');
  await page.hears(/Approved: Isolate device/);
  executed(server, [['approve', 'a2']]);
});

journey('history offers no approval', async ({ mock, open }) => {
  const server = await mock({ rows: record() });
  const page = await open(server, { at: `${AT}view=history` });
  await page.count(6);
  const flyout = await page.open('srv-db-01', /Isolate device/);
  const usable = (await flyout.all('button')).filter(({ name, disabled }) => /^(Approve|Reject)$/.test(name) && !disabled);
  assert.deepEqual(usable, []);
  nothingExecuted(server);
});

journey('a decision that waits for the session goes as soon as that can be read, however often it fails before', async ({ mock, open }) => {
  const server = await mock({ rows: queue(), csrfToken: 'first' });
  const page = await open(server);
  await page.count(7);
  const flyout = await page.open('srv-fin-02', /Isolate device/);
  await flyout.fill('textbox', 'Comment', 'Typed with care');
  const answers = [{ status: 403 }, { status: 500 }, { status: 200, type: 'text/html', body: '<!doctype html><title>Proxy</title>' }];
  for (const [at, answer] of answers.entries()) server.fault('GET /session', { nth: at + 1, ...answer });
  server.csrfToken = 'second';
  await flyout.click('button', 'Approve');
  await page.hears(/Who is signed in is not known/);
  await page.hears(/Approved: Isolate device, srv-fin-02/);
  executed(server, [['approve', 'a2']]);
  assert.equal(server.ledger[0].comment, 'Typed with care');
});

journey('after sign-in in another tab, what waits in this one goes on by itself', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  const flyout = await page.open('srv-fin-02', /Isolate device/);
  await flyout.see('button', 'Approve', (s) => !s.disabled);
  server.isSignedIn = false;
  await flyout.click('button', 'Approve');
  await page.see('button', 'Sign in again');
  server.isSignedIn = true;
  const other = await open(server);
  await other.count(7);
  await server.until(() => server.ledger.length > 0);
  await page.gone('button', 'Sign in again');
  await page.hears(/Approved: Isolate device, srv-fin-02/);
  executed(server, [['approve', 'a2']]);
});

journey('a tab that waits for a sign-in hears of it from another tab, without a decision that asks', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  await server.until(({ streams }) => streams.size === 1);
  server.isSignedIn = false;
  server.breakStreams();
  await page.see('button', 'Sign in again');
  const nAsked = server.asked('GET /session').length;
  server.isSignedIn = true;
  const other = await open(server);
  await other.count(7);
  await page.gone('button', 'Sign in again');
  assert.ok(server.asked('GET /session').length > nAsked + 1, 'each tab has read the session itself');
  server.change('a2', { severity: 'high' });
  for (const tab of [page, other]) await tab.see('button', /^1 changed/);
  nothingExecuted(server);
});

journey('a csrfToken that no header can carry is named, nothing is sent, and the comment stays', async ({ mock, open }) => {
  for (const csrfToken of ['ключ', 'a\nb']) {
    const server = await mock({ rows: queue(), csrfToken });
    const page = await open(server);
    await page.count(7);
    const flyout = await page.open('srv-fin-02', /Isolate device/);
    await flyout.fill('textbox', 'Comment', 'Typed with care');
    await flyout.click('button', 'Approve');
    await page.hears(/Nothing was sent: the session’s csrfToken/);
    await flyout.see('textbox', 'Comment', (s) => s.value === 'Typed with care');
    nothingExecuted(server);
  }
});

/** Leaves out of a receipt what the contract lets it leave out. */
const silent = (text) => JSON.stringify({ ...JSON.parse(text), results: JSON.parse(text).results.map(({ action, ...rest }) => rest) });

journey('what a receipt calls done without showing it leaves the list when it was read, and is never offered again as it was', async ({ mock, open }) => {
  for (const detail of [true, false]) {
    const server = await mock({ rows: queue(), capabilities: { events: false, detail }, config: { pollSeconds: 86_400 } });
    server.fault('POST /decisions', { mangle: silent });
    const old = { 'a2': structuredClone(server.actions.get('a2')) };
    const page = await open(server);
    await page.count(7);
    const flyout = await page.open('srv-fin-02', /Isolate device/);
    const reading = detail ? 'GET /actions/{id}' : 'GET /actions';
    // A copy of the server that lags behind answers with the old state for a while.
    const lag = server.fault(reading, detail ? { body: old.a2 } : { mangle: (text) => JSON.stringify({ ...JSON.parse(text), items: [...JSON.parse(text).items.filter(({ id }) => id !== 'a2'), old.a2] }) });
    await flyout.click('button', 'Approve');
    await page.hears(/Approved: Isolate device/);
    await lag.arrived;
    await flyout.see('button', 'Approve', (s) => s.disabled);
    lag.remove();
    await page.count(6);
    executed(server, [['approve', 'a2']]);
    assert.equal(server.asked('POST /decisions').length, 1);
  }
});

journey('what one tab got a receipt for is told to the others', async ({ mock, open }) => {
  const server = await mock({ rows: queue(), capabilities: { events: false }, config: { pollSeconds: 86_400 } });
  const first = await open(server);
  await first.count(7);
  const second = await open(server);
  await second.count(7);
  await first.tab.bringToFront();
  const flyout = await first.open('srv-fin-02', /Isolate device/);
  await flyout.click('button', 'Approve');
  await first.hears(/Approved: Isolate device/);
  await second.tab.bringToFront();
  await second.see('button', /^1 changed/);
  executed(server, [['approve', 'a2']]);
});
