//! The states of the page: each looks different and says what to do.

import { AT, assert, executed, journey, nothingExecuted } from '../journey.mjs';
import { inHours, queue, record, row } from '../rows.mjs';

journey('a slow first load shows that it loads, then the rows', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const fault = server.fault('GET /actions', { hold: true });
  const page = await open(server);
  await fault.arrived;
  await page.see('progressbar', 'Loading');
  assert.deepEqual((await page.rows()).filter(({ text }) => text !== ''), [], 'a skeleton has no words');
  assert.equal((await page.tab.evaluate('window.finder.top().textContent')).includes('Nothing waits'), false, 'loading is not empty');
  fault.remove();
  await page.count(7);
  await page.gone('progressbar', 'Loading');
  nothingExecuted(server);
});

journey('Stop ends a first load that hangs, nothing is said of what waits, and Retry loads', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const fault = server.fault('GET /actions', { hold: true });
  const page = await open(server);
  await fault.arrived;
  await page.click('button', 'Stop');
  const { text } = await page.see('alert');
  assert.match(text, /not known.*stopped/);
  await page.gone('progressbar', 'Loading');
  await page.until('the focus in the page', `() => document.activeElement !== document.body || null`);
  fault.remove();
  await page.click('button', 'Retry');
  await page.count(7);
  nothingExecuted(server);
});

journey('an empty queue says that nothing waits', async ({ mock, open }) => {
  const server = await mock({ rows: record() });
  const page = await open(server);
  await page.reads(/Nothing waits/i);
  assert.deepEqual(await page.all('alert'), [], 'and it is no error');
  nothingExecuted(server);
});

journey('no match says so and offers the way back', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server, { at: `${AT}q=lt-9931` });
  await page.reads(/No action.* match|Nothing matches/i);
  await page.click('button', 'Clear all filters');
  await page.count(7);
  nothingExecuted(server);
});

journey('a first load that fails says what failed, and Retry loads', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const fault = server.fault('GET /actions', { status: 503, body: { type: 'about:blank', title: 'Busy', status: 503, detail: 'The database rests.' }, type: 'application/problem+json' });
  const page = await open(server);
  const { text } = await page.see('alert');
  assert.match(text, /could not|failed|not known/i);
  assert.match(text, /The database rests|503/);
  fault.remove();
  await page.click('button', 'Retry');
  await page.count(7);
  assert.deepEqual(await page.all('alert'), []);
  nothingExecuted(server);
});

journey('an address that has no list is named as what is wrong', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  server.fault('GET /actions', { status: 404, body: '<h1>404</h1>', type: 'text/html' });
  const page = await open(server);
  const { text } = await page.see('alert');
  assert.match(text, /apiBase/);
  nothingExecuted(server);
});

journey('a session that fails to load says so, and Retry loads', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const fault = server.fault('GET /session', { status: 500 });
  const page = await open(server);
  await page.see('alert');
  fault.remove();
  await page.click('button', 'Retry');
  await page.count(7);
  nothingExecuted(server);
});

journey('a later load that fails keeps the rows and tells their age', async ({ mock, open }) => {
  const server = await mock({ rows: queue(), capabilities: { events: false } });
  const page = await open(server);
  await page.count(7);
  const fault = server.fault('GET /actions', { status: 503 });
  await page.click('button', 'Refresh');
  const { text } = await page.see('alert');
  assert.match(text, /as of \d\d:\d\d|\bago\b|\b\d+ (s|min)\b/i, 'it tells the age of what is shown');
  await page.count(7);
  fault.remove();
  await page.click('button', 'Retry');
  await page.gone('alert');
  await page.count(7);
  nothingExecuted(server);
});

journey('signed out at the start: sign in again in a new window, and the page goes on', async ({ mock, open, context }) => {
  const server = await mock({ rows: queue() });
  server.isSignedIn = false;
  const page = await open(server);
  await page.see('alert');
  await page.see('button', 'Sign in again');
  await page.click('button', 'Sign in again');
  await server.until(() => server.asked('GET /sign-in').length > 0);
  for (const tab of await context.pages()) if (tab !== page.tab) await tab.close();
  await page.tab.bringToFront();
  await page.tab.evaluate('window.dispatchEvent(new Event("focus"))');
  await page.count(7);
  nothingExecuted(server);
});

journey('signed out while deciding: nothing typed is lost and nothing is sent twice', async ({ mock, open, context }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  const flyout = await page.open('srv-fin-02', /Isolate device/);
  await flyout.fill('textbox', 'Comment', 'Typed with care');
  await flyout.see('button', 'Approve', (s) => !s.disabled);
  server.isSignedIn = false;
  server.breakStreams();
  await flyout.click('button', 'Approve');
  await page.click('button', 'Sign in again');
  await server.until(() => server.asked('GET /sign-in').length > 0);
  assert.deepEqual(server.ledger, []);
  for (const tab of await context.pages()) if (tab !== page.tab) await tab.close();
  await page.tab.bringToFront();
  await page.tab.evaluate('window.dispatchEvent(new Event("focus"))');
  await page.gone('button', 'Sign in again');
  const isSent = await page.until('the decision settled or on offer again', `(f) => {
    const box = f.walk([{ role: 'textbox', name: 'Comment' }])[0]; const button = f.walk([{ role: 'dialog', name: { source: 'Isolate device' } }, { role: 'button', name: 'Approve' }])[0];
    if (button && !f.state(button, 'button').disabled) return box?.value === 'Typed with care' ? 'offered' : null;
    return /Approved: Isolate device/.test([...f.top().querySelectorAll('[aria-live], [role=status]')].map((e) => e.textContent).join(' ')) ? 'sent' : null; }`);
  if (isSent === 'offered') {
    await flyout.click('button', 'Approve');
    await page.hears(/Approved: Isolate device/);
  }
  executed(server, [['approve', 'a2']]);
  assert.equal(server.ledger[0].comment, 'Typed with care');
});

journey('forbidden says so and offers no sign-in', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  server.isForbidden = true;
  const page = await open(server);
  const { text } = await page.see('alert');
  assert.match(text, /may not|permission|not allowed|role/i);
  assert.deepEqual(await page.all('button', 'Sign in again'), []);
  nothingExecuted(server);
});

journey('a browser without WebAssembly is told so', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server, { scripts: ['delete window.WebAssembly'] });
  await page.reads(/WebAssembly/);
  nothingExecuted(server);
});

journey('a page whose program does not arrive says so', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server, { scripts: ['const real = window.fetch; window.fetch = (...a) => (/\\.wasm/.test(String(a[0]?.url ?? a[0])) ? Promise.reject(new TypeError("scripted: network")) : real(...a))'] });
  page.allow(/scripted: network/);
  await page.reads(/reload|try again|could not (be )?(start|load)/i);
  nothingExecuted(server);
});

journey('after a panic the page says so, with a report to copy and Reload', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  await page.tab.evaluate('globalThis.__actionCenterCrashed("panicked at a place: for a reason")');
  const { text } = await page.see('alert');
  assert.match(text, /has stopped/);
  assert.match(text, /panicked at a place: for a reason/);
  await page.click('button', 'Copy report');
  assert.match(await page.copied(), /panicked at a place/);
  await page.isAccessible('the page after a panic');
  await page.click('button', 'Reload');
  await page.count(7);
  nothingExecuted(server);
});

journey('a bad config.json is named and the rest holds', async ({ mock, open }) => {
  const server = await mock({ rows: queue(), config: { pageSize: 'many', colour: 'red', pollSeconds: 30 } });
  const page = await open(server);
  await page.count(7);
  await page.reads(/pageSize/);
  await page.reads(/colour/);
  nothingExecuted(server);
});

journey('each value of config.json that is no setting is named with what is wrong, and its default holds', async ({ mock, open }) => {
  const unknown = Object.fromEntries(Array.from({ length: 24 }, (_, at) => [`odd${at}`, 1]));
  for (const [config, words] of [
    [{ apiBase: 5 }, /apiBase is no text/],
    [{ apiBase: 'javascript:alert(1)' }, /apiBase is no http or https address/],
    [{ apiBase: 'api/v1?x=1' }, /apiBase has a \? or #/],
    [{ apiBase: 'api/v1#x' }, /apiBase has a \? or #/],
    [{ pageSize: '5' }, /pageSize is no whole number/],
    [{ links: 'x' }, /links is no object/],
    [{ links: { alert: 'javascript:{id}' } }, /links\.alert is no http or https address with \{id\}/],
    [{ a: 1, b: 1, c: 1, d: 1, e: 1, pollSeconds: -1 }, /pollSeconds is no whole number/],
    [unknown, /odd\d+ is not known; and 4 more\. The rest holds/],
  ]) {
    const server = await mock({ rows: queue(), config });
    const page = await open(server);
    await page.count(7);
    await page.reads(words);
    nothingExecuted(server);
  }
  const server = await mock({ rows: queue(), config: { apiBase: null, links: null, pageSize: null } });
  const page = await open(server);
  await page.count(7);
  assert.equal(await page.tab.evaluate('/In the settings/.test(window.finder.tidy(window.finder.top().textContent))'), false, 'null is absent');
  nothingExecuted(server);
});

journey('a byte order mark before JSON is passed over, as fetch does', async ({ mock, open }) => {
  const server = await mock({ rows: queue(), config: { links: { alert: 'x' } } });
  for (const endpoint of ['GET config.json', 'GET /session', 'GET /actions', 'GET /actions/{id}']) server.fault(endpoint, { mangle: (text) => `\uFEFF${text}` });
  const page = await open(server);
  await page.count(7);
  await page.reads(/links\.alert is no http/);
  const flyout = await page.open('srv-fin-02', /Isolate device.*srv-fin-02/);
  await flyout.see('button', 'Approve');
  nothingExecuted(server);
});

journey('a link to an action of another list says so where there are no details, and leads there', async ({ mock, open }) => {
  const server = await mock({ rows: [...queue(), ...record()], capabilities: { detail: false } });
  const [id] = server.ids('view=history');
  const page = await open(server, { at: `${AT}action=${id}` });
  await page.count(7);
  await page.reads(/This action is not in this list/);
  assert.equal(server.asked('GET /actions/{id}').length, 0);
  await page.click('button', 'Look in History');
  await page.see('grid', 'Action history');
  await page.until('the action', `(f) => !/not in this list|Loading details/.test(f.tidy(f.top().querySelector('.flyout').textContent)) && f.top().querySelector('.flyout__entity').textContent || null`);
  nothingExecuted(server);
});

journey('a question that the server does not understand is told with its parameter', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  server.fault('GET /actions', { status: 400, type: 'application/problem+json', body: JSON.stringify({ type: 'urn:action-center:problem:bad-query', title: 'Bad query', status: 400, detail: 'Not understood.', parameter: 'sort' }) });
  const page = await open(server);
  await page.reads(/Not understood\.; parameter sort/);
  nothingExecuted(server);
});

/** What servers and proxies answer instead of what was asked for. */
const FAULTY_ANSWERS = {
  'an HTML page with status 200': { status: 200, type: 'text/html', body: '<!doctype html><title>Proxy</title><h1>Sign in</h1>' },
  'a body cut in the middle': { cut: 40 },
  'a body that is no JSON': { status: 200, body: '{"items":[{]' },
  'JSON of another shape': { status: 200, body: '[1,2,3]' },
  'an empty body': { status: 200, body: '' },
  'no content': { status: 204, body: '' },
  'a deeply nested body': { status: 200, body: `{"items":${'['.repeat(20_000)}` },
  'a broken connection': { drop: 'before' },
  'an error in plain text': { status: 502, type: 'text/plain', body: 'Bad gateway' },
  'an error in HTML': { status: 504, type: 'text/html', body: '<h1>Gateway timeout</h1>' },
  'a problem of another shape': { status: 500, type: 'application/problem+json', body: '{"title":{"nested":[null]},"status":"five hundred"}' },
  'a bad query': { status: 400 },
  'not found': { status: 404 },
  'too many requests': { status: 429, headers: { 'retry-after': '300' } },
  unavailable: { status: 503, headers: { 'retry-after': 'Fri, 31 Dec 2100 23:59:59 GMT' } },
};

for (const endpoint of ['GET /actions', 'GET /session']) {
  journey(`whatever comes instead of ${endpoint} is a failure with Retry, not an empty queue`, async ({ mock, open }) => {
    const server = await mock({ rows: queue() });
    const page = await open(server);
    await page.count(7);
    for (const [what, script] of Object.entries(FAULTY_ANSWERS)) {
      const fault = server.fault(endpoint, script);
      await page.reload();
      await page.see('button', 'Retry').catch((error) => { throw new Error(`${what}: ${error.message}`); });
      assert.equal((await page.all('alert')).length > 0, true, `${what} raises an alert`);
      assert.equal((await page.tab.evaluate('window.finder.top().textContent')).includes('Nothing waits'), false, `${what} is no empty queue`);
      fault.remove();
      await page.click('button', 'Retry');
      await page.count(7);
    }
    nothingExecuted(server);
  });
}

for (const [what, config] of [['no config.json', null], ['a config.json that is no JSON', '{"apiBase":']]) {
  journey(`${what} leaves the defaults in place`, async ({ mock, open }) => {
    const server = await mock({ rows: queue(), config });
    const page = await open(server);
    await page.count(7);
    if (config !== null) await page.reads(/config\.json/);
    nothingExecuted(server);
  });
}

journey('a backend with the least of the contract is enough', async ({ mock, open }) => {
  const server = await mock({ rows: queue(), capabilities: { operations: undefined, detail: false, events: false, facets: false, investigations: false, maxPageSize: undefined, maxBatch: undefined, commentRequired: undefined } });
  server.capabilities.maxPageSize = 200;
  server.capabilities.maxBatch = 1;
  const page = await open(server);
  await page.count(7);
  assert.deepEqual(await page.all('tab', /^Investigations/), []);
  const flyout = await page.open('srv-fin-02', /Isolate device/);
  await flyout.click('button', 'Approve');
  await page.hears(/Approved: Isolate device/);
  executed(server, [['approve', 'a2']]);
  assert.equal(server.asked('GET /actions/{id}').length + server.asked('GET /events').length + server.asked('GET /investigations').length, 0, 'what is not there is not asked for');
});

/** Waits until the button beside Refresh counts so many changed rows. */
const changed = (page, count) => page.see('button', new RegExp(`^${count} changed`));

journey('all tabs of a browser share one event stream, and the next takes over what the first has left', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const first = await open(server);
  await first.count(7);
  await server.until(({ streams }) => streams.size === 1);
  const second = await open(server);
  await second.count(7);
  server.change('a2', { severity: 'high' });
  for (const page of [first, second]) await changed(page, 1);
  assert.equal(server.asked('GET /events').length, 1, 'one stream for both');
  const fault = server.fault('GET /events', { hold: true });
  await first.tab.close();
  const { headers } = await fault.arrived;
  assert.equal(headers['last-event-id'], '1', 'it goes on behind what it has seen');
  server.change('a3', { severity: 'high' });
  fault.remove();
  await changed(second, 2);
  server.change('a5', { severity: 'low' });
  await changed(second, 3);
  assert.equal(server.asked('GET /events').length, 2);
  await server.until(({ streams }) => streams.size === 1);
  nothingExecuted(server);
});

journey('a tab that comes later, and one that comes back to a page, hear what the others hear', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const first = await open(server);
  await first.count(7);
  await server.until(({ streams }) => streams.size === 1);
  server.change('a1', { severity: 'low' });
  await changed(first, 1);
  const second = await open(server);
  await second.count(7);
  await first.reload();
  await first.count(7);
  await server.until(({ streams }) => streams.size === 1);
  server.change('a2', { severity: 'high' });
  for (const page of [first, second]) await changed(page, 1);
  await second.tab.close();
  server.change('a3', { severity: 'high' });
  await changed(first, 2);
  nothingExecuted(server);
});

journey('without locks each tab reads a stream of its own', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const pages = [];
  for (const nStreams of [1, 2]) {
    pages.push(await open(server, { scripts: ['delete Navigator.prototype.locks'] }));
    await pages.at(-1).count(7);
    await server.until(({ streams }) => streams.size === nStreams);
  }
  server.change('a2', { severity: 'high' });
  for (const page of pages) await changed(page, 1);
  nothingExecuted(server);
});

/** A page that has heard one event of its stream. */
async function heardOnce({ mock, open }, members = {}) {
  const server = await mock({ rows: queue(), ...members });
  const page = await open(server);
  await page.count(7);
  await server.until(({ streams }) => streams.size === 1);
  server.change('a1', { severity: 'low' });
  await changed(page, 1);
  const [stream] = server.streams;
  return { server, page, stream };
}

journey('an event that is cut in the middle comes again', async ({ mock, open }) => {
  const { server, page, stream } = await heardOnce({ mock, open });
  server.isFaulty = true;
  const write = stream.write.bind(stream);
  stream.write = (message) => write(message.slice(0, message.indexOf('data:') + 30), () => stream.destroy());
  server.change('a2', { severity: 'high' });
  await changed(page, 2);
  assert.equal(server.asked('GET /events')[1].headers['last-event-id'], '1', 'what was cut does not count as seen');
  nothingExecuted(server);
});

journey('polling keeps the pause that the server asks for, and goes on', async ({ mock, open }) => {
  const server = await mock({ rows: queue(), capabilities: { events: false }, config: { pollSeconds: 1 } });
  const asked = [];
  const fault = server.fault('GET /actions', { nth: 1, status: 429, headers: { 'retry-after': '4' }, where: (url) => url.searchParams.has('from') && asked.push(Date.now()) > 0 });
  const page = await open(server);
  await page.count(7);
  await fault.arrived;
  server.change('a2', { severity: 'high' });
  await changed(page, 1);
  assert.ok(asked[1] - asked[0] >= 4_000, `it was asked again after ${asked[1] - asked[0]} ms`);
  nothingExecuted(server);
});

/** What may come instead of one action or investigation, and the words for it. */
const DETAIL_ANSWERS = {
  'a bad question': [{ status: 400 }, /did not understand/],
  forbidden: [{ status: 403 }, /may not see this. Ask an administrator/],
  'not found': [{ status: 404 }, /go back|no such investigation/i],
  gone: [{ status: 410 }, /go back|no such investigation/i],
  'a conflict': [{ status: 409 }, /earlier request/],
  'too large a request': [{ status: 413 }, /too large for the server/],
  'another media type': [{ status: 415 }, /does not take/],
  'a request that is not accepted': [{ status: 422 }, /did not accept/],
  'too many requests': [{ status: 429, headers: { 'retry-after': '300' } }, /asked too often/],
  'a failure': [{ status: 500, type: 'application/problem+json', body: '{"title":{"nested":[null]},"status":"five hundred"}' }, /server failed/],
  'a failure of a gateway': [{ status: 502, type: 'text/html', body: '<h1>Bad gateway</h1>' }, /behind the gateway/],
  unavailable: [{ status: 503 }, /not available now/],
  'busy for a while': [{ status: 503, headers: { 'retry-after': 'Fri, 31 Dec 2100 23:59:59 GMT' } }, /is busy/],
  'too late': [{ status: 504, type: 'text/plain', body: 'late' }, /in time/],
  'a sign-in page': [{ status: 200, type: 'text/html', body: '<!doctype html><title>Proxy</title>' }, /web page came/],
  'no content': [{ status: 204, body: '' }, /can.t be read/],
  'no JSON': [{ status: 200, body: '{"id":"a2",' }, /can.t be read/],
  'JSON of another shape': [{ status: 200, body: '[1,2,3]' }, /can.t be read/],
  'too deep a body': [{ status: 200, body: `{"id":${'['.repeat(50_000)}` }, /can.t be read/],
  'too large a body': [{ status: 200, body: ' '.repeat((32 << 20) + 1) }, /larger than this page accepts/],
  'a body cut in the middle': [{ cut: 20 }, /No answer came/],
  'a broken connection': [{ drop: 'before' }, /No answer came/],
};

journey('whatever comes instead of an action’s details has its own words and a next step, and nothing typed is lost', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server);
  await page.count(7);
  const flyout = page.in('dialog', /Isolate device/);
  await page.open('srv-fin-02', /Isolate device/);
  await flyout.fill('textbox', 'Comment', 'Typed with care');
  await flyout.choose('combobox', 'Reason', 'Accepted risk');
  for (const [what, [script, words]] of Object.entries(DETAIL_ANSWERS)) {
    const told = (error) => { throw new Error(`${what}: ${error.message}`); };
    const fault = server.fault('GET /actions/{id}', { ...script, where: (url) => url.pathname.endsWith('/a2') });
    await flyout.click('button', 'Next').catch(told);
    await page.in('dialog', /Soft delete email/).click('button', 'Previous').catch(told);
    await flyout.see('button', 'Retry').catch(told);
    assert.match((await flyout.self()).text, words, what);
    await flyout.see('textbox', 'Comment', (s) => s.value === 'Typed with care').catch(told);
    fault.remove();
    await flyout.click('button', 'Retry').catch(told);
    await flyout.gone('button', 'Retry').catch(told);
    await flyout.see('button', 'Approve', (s) => !s.disabled).catch(told);
    await flyout.see('textbox', 'Comment', (s) => s.value === 'Typed with care').catch(told);
  }
  nothingExecuted(server);
  await flyout.click('button', 'Reject');
  await page.hears(/Rejected: Isolate device/);
  assert.deepEqual(server.ledger.map(({ comment, reason }) => [comment, reason]), [['Typed with care', 'acceptedRisk']]);
});

const proposed = (server) => ({ id: 'inv-2', title: 'Hands-on keyboard on srv-fin-02', status: 'pendingAction', startedAt: inHours(-3), updatedAt: inHours(-2), get actions() { return [server.actions.get('a2')]; } });

journey('whatever comes instead of an investigation has its own words and a next step', async ({ mock, open }) => {
  const server = await mock({ rows: queue(), capabilities: { investigations: true } });
  server.investigations.push(proposed(server));
  const page = await open(server, { at: `${AT}investigation=inv-2` });
  await page.see('heading', /Hands-on keyboard/);
  for (const [what, [script, words]] of Object.entries(DETAIL_ANSWERS)) {
    const told = (error) => { throw new Error(`${what}: ${error.message}`); };
    const fault = server.fault('GET /investigations/{id}', script);
    await page.reload();
    await page.reads(words).catch(told);
    fault.remove();
    await page.click('button', 'Retry').catch(told);
    await page.see('heading', /Hands-on keyboard/).catch(told);
  }
  nothingExecuted(server);
});

journey('whatever comes instead of the list of investigations is a failure with Retry, not an empty list', async ({ mock, open }) => {
  const server = await mock({ rows: queue(), capabilities: { investigations: true } });
  server.investigations.push(proposed(server));
  const page = await open(server, { at: `${AT}view=investigations` });
  await page.count(1);
  for (const [what, script] of Object.entries(FAULTY_ANSWERS)) {
    const told = (error) => { throw new Error(`${what}: ${error.message}`); };
    const fault = server.fault('GET /investigations', script);
    await page.reload();
    await page.see('button', 'Retry').catch(told);
    assert.equal((await page.all('alert')).length > 0, true, `${what} raises an alert`);
    assert.equal((await page.tab.evaluate('window.finder.top().textContent')).includes('Nothing in this time range'), false, `${what} is no empty list`);
    fault.remove();
    await page.click('button', 'Retry').catch(told);
    await page.count(1).catch(told);
  }
  nothingExecuted(server);
});

journey('whatever comes instead of the event stream, what changes arrives or the page says how old its rows are', async ({ mock, open }) => {
  const server = await mock({ rows: queue(), config: { pollSeconds: 1 } });
  const page = await open(server);
  await page.count(7);
  const severities = ['low', 'high'];
  const answers = { ...FAULTY_ANSWERS, forbidden: { status: 403 }, gone: { status: 410 }, 'a stream that ends at once': { status: 200, type: 'text/event-stream', body: ': open\n\n' } };
  for (const [at, [what, script]] of Object.entries(answers).entries()) {
    const told = (error) => { throw new Error(`${what}: ${error.message}`); };
    const fault = server.fault('GET /events', { ...script, nth: 1 });
    await page.reload();
    await page.count(7).catch(told);
    await fault.arrived;
    if (script.headers?.['retry-after']) {
      await page.hears(/The rows are .* old/).catch(told);
    } else {
      server.change('a2', { severity: severities[at % 2] });
      await changed(page, 1).catch(told);
    }
    fault.remove();
  }
  nothingExecuted(server);
});

journey('a tab that is frozen lets another hold the stream, and misses nothing when it goes on', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const first = await open(server);
  await first.count(7);
  await server.until(({ streams }) => streams.size === 1);
  const second = await open(server);
  await second.count(7);
  server.change('a1', { severity: 'low' });
  for (const page of [first, second]) await changed(page, 1);
  const browser = await first.tab.createCDPSession();
  await browser.send('Page.setWebLifecycleState', { state: 'frozen' });
  await server.until(() => server.asked('GET /events').length === 2);
  server.change('a2', { severity: 'high' });
  await changed(second, 2);
  await browser.send('Page.setWebLifecycleState', { state: 'active' });
  server.change('a3', { severity: 'high' });
  await changed(first, 3);
  await changed(second, 3);
  nothingExecuted(server);
}, { only: 'chromium' });

journey('what changes between two questions of one poll comes with the next', async ({ mock, open }) => {
  const server = await mock({ rows: queue(), capabilities: { events: false }, config: { pollSeconds: 1 } });
  const page = await open(server);
  await page.count(7);
  const isPoll = (view) => (url) => url.searchParams.has('from') && url.searchParams.get('view') === view;
  const fault = server.fault('GET /actions', { nth: 1, hold: true, where: isPoll('history') });
  await fault.arrived;
  server.change('a2', { severity: 'high' });
  await page.tab.evaluate('new Promise((done) => setTimeout(done, 20))');
  fault.release();
  await changed(page, 1);
  nothingExecuted(server);
});

journey('a stream that is silent for 45 s is opened again behind what it has told, and one that breathes is not', async ({ mock, open }) => {
  const { server, page, stream } = await heardOnce({ mock, open }, { pace: 20 });
  const closed = new Promise((close) => { stream.once('close', close); });
  const write = stream.write.bind(stream);
  let nBreaths = 0;
  let spokenAt;
  await new Promise((enough) => {
    stream.write = (...message) => { nBreaths += 1; spokenAt = server.now(); if (nBreaths === 5) enough(); return write(...message); };
  });
  assert.equal(server.asked('GET /events').length, 1, 'for 75 s nothing but breaths came, and that was enough');
  // Half open: what is written goes nowhere, and nobody is told.
  clearInterval(server.heartbeat);
  server.streams.clear();
  server.isFaulty = true;
  const second = server.fault('GET /events', { nth: 1, status: 503 });
  server.change('a2', { severity: 'high' });
  await closed;
  assert.ok(server.now() - spokenAt >= 45_000, `it was given up after ${server.now() - spokenAt} ms`);
  await second.arrived;
  second.remove();
  await changed(page, 2);
  const asked = server.asked('GET /events');
  for (const { headers } of asked.slice(1)) assert.equal(headers['last-event-id'], '1');
  nothingExecuted(server);
});

/** The page's clock, which `window.jump` moves forward as it is after sleep. */
const CLOCK = 'window.jump = 0; { const real = Date.now; Date.now = () => real() + window.jump; }';
const SLEEP = 'window.jump += 3 * 3_600_000;';

journey('what is confirmed on the old sight after sleep is not sent: session and rows are looked at first', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const page = await open(server, { scripts: [CLOCK] });
  await page.count(7);
  await server.until(({ streams }) => streams.size === 1);
  const flyout = await page.open('srv-fin-02', /Isolate device/);
  await flyout.see('button', 'Approve', (s) => !s.disabled);
  server.streams.clear();
  server.change('a2', { severity: 'high' });
  const nSessions = server.asked('GET /session').length;
  const session = server.fault('GET /session', { nth: 1, hold: true });
  await page.tab.evaluate(`${SLEEP} window.finder.walk([{ role: 'dialog', name: { source: 'Isolate device' } }, { role: 'button', name: 'Approve' }])[0].click()`);
  await page.hears(/asleep/);
  await session.arrived;
  await flyout.see('button', 'Show current');
  nothingExecuted(server);
  session.release();
  await flyout.click('button', 'Show current');
  await flyout.see('button', 'Approve', (s) => !s.disabled);
  assert.equal(server.asked('GET /session').length, nSessions + 1);
  assert.equal(server.asked('GET /events').length, 2, 'what changed meanwhile was asked for');
  await flyout.click('button', 'Approve');
  await page.hears(/Approved: Isolate device/);
  assert.equal(JSON.parse(server.asked('POST /decisions')[0].body).items[0].version, '2', 'what was seen after sleep is what was signed');
  executed(server, [['approve', 'a2']]);
});

journey('after sleep in the middle of a batch nothing goes before the session was read, and the rest waits for a word', async ({ mock, open }) => {
  const ids = ['s0', 's1', 's2', 's3', 's4'];
  const server = await mock({ rows: ids.map((id) => row(id).pending(20).device(`host-${id}`).with({ reversible: true })), capabilities: { maxBatch: 1 } });
  const decisions = server.fault('POST /decisions', { hold: true });
  const page = await open(server, { scripts: [CLOCK] });
  await page.count(5);
  await server.until(({ streams }) => streams.size === 1);
  await page.click('checkbox', 'Select all matching');
  await page.in('toolbar', 'Selection').click('button', 'Approve');
  await page.in('dialog', 'Approve 5 actions').click('button', 'Approve 5 actions');
  await server.until(() => server.asked('POST /decisions').length === 2);
  const session = server.fault('GET /session', { nth: 1, hold: true });
  await page.tab.evaluate(`${SLEEP} document.dispatchEvent(new Event('visibilitychange'))`);
  await session.arrived;
  await server.until(() => server.asked('GET /events').length === 2);
  decisions.remove();
  await server.until(({ ledger }) => ledger.length === 2);
  assert.equal(server.asked('POST /decisions').length, 2, 'nothing was sent before the session was read');
  session.release();
  await page.hears(/2 approved, 3 not sent/);
  await page.click('button', 'Show results');
  await page.in('dialog', 'Results').click('button', 'Send the other 3');
  await page.hears(/5 approved/);
  executed(server, ids.map((id) => ['approve', id]));
});

journey('an id of any characters is gone on behind, and events come', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  server.idPrefix = 'ключ€';
  const page = await open(server);
  await page.count(7);
  await server.until(({ streams }) => streams.size === 1);
  server.change('a2', { severity: 'high' });
  await changed(page, 1);
  server.breakStreams();
  server.change('a3', { severity: 'high' });
  await changed(page, 2);
  const { headers } = server.asked('GET /events').at(-1);
  assert.equal(Buffer.from(headers['last-event-id'], 'latin1').toString('utf8'), 'ключ€1');
  nothingExecuted(server);
});

journey('a token that is none is said to be none', async ({ mock, open }) => {
  const pages = {
    'host.html': '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Portal</title><link rel="icon" href="data:,"><script type="module" src="host.js"></script><script type="module" src="action-center.js"></script></head><body><action-center></action-center></body></html>',
    'host.js': 'document.querySelector("action-center").getToken = async () => "a\\nb";',
  };
  const server = await mock({ rows: queue(), pages });
  const page = await open(server, { at: 'host.html' });
  const { text } = await page.see('alert');
  assert.match(text, /The host page gave no usable token/);
  assert.equal(server.asked('GET /actions').length, 0);
});

journey('what is refused by 401 while the session is good is asked for less and less often, and the page says so', async ({ mock, open }) => {
  for (const endpoint of ['GET /actions', 'GET /events']) {
    const server = await mock({ rows: queue(), pace: 10 });
    const page = await open(server);
    await page.count(7);
    await server.until(({ streams }) => streams.size === 1);
    const fault = server.fault(endpoint, { status: 401 });
    if (endpoint === 'GET /actions') await page.click('button', 'Refresh');
    else server.breakStreams();
    await page.see('alert', undefined, (s) => /knows your session but refuses/.test(s.text));
    await server.until(() => fault.hits >= 4);
    const times = server.asked(endpoint).filter(({ status }) => status === 401).map(({ at }) => at);
    const rounds = times.filter((at, index) => index === 0 || at - times[index - 1] > 500);
    assert.ok(rounds.length >= 2 && times.length <= 3 * rounds.length, `rounds with pauses between: ${times.join()}`);
    fault.remove();
    await page.gone('alert');
    await page.count(7);
    nothingExecuted(server);
  }
});

journey('a backend that does not tell its time is polled for what changed, and the page tells when it was asked', async ({ mock, open }) => {
  const server = await mock({ rows: queue(), capabilities: { events: false }, config: { pollSeconds: 1 } });
  server.fault('GET /actions', { mangle: (text) => JSON.stringify({ ...JSON.parse(text), asOf: undefined }) });
  const page = await open(server);
  await page.count(7);
  await page.reads(/As of \d\d:\d\d/);
  server.change('a2', { severity: 'high' });
  await changed(page, 1);
  server.change('a3', { severity: 'high' });
  await changed(page, 2);
  nothingExecuted(server);
});

journey('while the event stream fails again and again the page polls', async ({ mock, open }) => {
  for (const script of [{ status: 200, type: 'text/html', body: '<p>Signed in?' }, { status: 500 }]) {
    const server = await mock({ rows: queue(), config: { pollSeconds: 1 } });
    server.fault('GET /events', script);
    const page = await open(server);
    await page.count(7);
    await server.until(() => server.asked('GET /events').length >= 2);
    server.change('a2', { severity: 'high' });
    await changed(page, 1);
    nothingExecuted(server);
  }
});

journey('a cursor that leads nowhere ends the loading with a word, and the rows stay', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  server.fault('GET /actions', { body: JSON.stringify({ items: [], nextCursor: 'again' }), where: (url) => url.searchParams.get('cursor') === 'again' });
  server.fault('GET /actions', { mangle: (text) => JSON.stringify({ ...JSON.parse(text), nextCursor: 'again' }), where: (url) => url.searchParams.get('limit') !== '0' && !url.searchParams.has('from') });
  const page = await open(server);
  await page.reads(/nextCursor leads to a page that brings nothing new/);
  await page.count(7);
  const nAsked = server.asked('GET /actions').filter(({ query }) => query.get('cursor') === 'again').length;
  assert.ok(nAsked <= 3, `${nAsked} pages were asked for`);
  nothingExecuted(server);
});

journey('what the server does not offer on an action is not blamed on its status', async ({ mock, open }) => {
  const server = await mock({ rows: queue() });
  const action = server.actions.get('a2');
  action.operations = [];
  const page = await open(server);
  await page.count(7);
  const flyout = await page.open('srv-fin-02', /Isolate device/);
  const { description } = await flyout.see('button', 'Approve', (s) => s.disabled);
  assert.match(description, /The server does not offer it for this action now/);
  nothingExecuted(server);
});
