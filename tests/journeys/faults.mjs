//! The table of faults: what can happen to the request of a decision, when, to one action or many, by which operation.
//! `table()` crosses the lists; every scenario has a name that stays. What a scenario must end with follows from the
//! class of its fault and is judged by the server's ledger (`stories/faults.mjs`).
//! Its teeth, by mistakes planted in the page: a new key for every repetition failed 33 of 41 scenarios tried, a 500 taken for a refusal
//! the six tried with a 500, and an answer that can't be read taken for *done* the six tried with an empty body.

const HTML = '<!doctype html><html lang="en"><title>Sign in</title><form><input name="user"></form>';
const PROBLEM = 'application/problem+json';
const problem = (status, word, detail = 'The server says why.') => ({ status, type: PROBLEM, body: { type: `urn:action-center:problem:${word}`, title: word, status, detail } });
/** Changes the receipt of the real answer. */
const receipt = (change) => ({ mangle: (text) => { const json = JSON.parse(text); return JSON.stringify(change(json) ?? json); } });
const SECONDS = { headers: { 'retry-after': '2' } };
const DATE = { headers: (server) => ({ 'retry-after': new Date(server.now() + 3_000).toUTCString() }) };

/**
 * What can happen to one request. `script` is the mock's; `isExecuted` says whether the server takes the decision although
 * its answer says nothing of it. `kind`, the class:
 * - doubt: nobody can tell, so that the page says *unknown* and asks again with the same key;
 * - wait: not executed, and the page asks again by itself;
 * - refused: the whole request was turned down; not executed and not sent again by itself, unless an earlier copy of it may
 *   have been executed (then the page asks again, but where `isLasting`: every copy would be turned down alike);
 * - judged: the server's word on the first action, `befall`en before the request is looked at;
 * - proof: an odd answer, but one that says what happened.
 * `one` is what the page says at the end of a decision on one action, `many` how it counts in the sums of many.
 * `pauseMillis` is the time that the server asked for.
 */
export const FAULTS = [
  { name: 'the request is lost', kind: 'doubt', script: { drop: 'before' } },
  { name: 'the answer is lost', kind: 'doubt', isExecuted: true, script: { drop: 'after' } },
  { name: 'the connection is reset', kind: 'doubt', isExecuted: true, script: { drop: 'after', reset: true } },
  { name: 'the request comes late', kind: 'doubt', script: { late: true }, isLate: true },
  { name: 'the answer comes too late', kind: 'doubt', script: {}, isLate: true, isTooLate: true, pace: 40 },
  { name: 'the body is cut', kind: 'doubt', isExecuted: true, script: { cut: 30 } },
  { name: 'the body does not come', kind: 'doubt', isExecuted: true, script: { cut: 0 } },
  { name: 'the body is empty', kind: 'doubt', isExecuted: true, script: { mangle: () => '' } },
  { name: 'the network is gone for a while', kind: 'doubt', script: { drop: 'before' }, isOffline: true },
  { name: '408', kind: 'doubt', script: { status: 408 } },
  { name: '409 with the first request under way', kind: 'doubt', script: { ...problem(409, 'in-progress'), ...SECONDS }, pauseMillis: 2_000 },
  { name: '425', kind: 'doubt', script: { status: 425 } },
  { name: '500', kind: 'doubt', script: { status: 500 } },
  { name: '500 behind the execution', kind: 'doubt', isExecuted: true, script: { status: 500, executes: true } },
  { name: '502 with a web page', kind: 'doubt', script: { status: 502, type: 'text/html', body: HTML } },
  { name: '503', kind: 'doubt', script: { status: 503 } },
  { name: '503 with Retry-After in seconds', kind: 'doubt', script: { status: 503, ...SECONDS }, pauseMillis: 2_000 },
  { name: '503 with Retry-After as a date', kind: 'doubt', script: { status: 503, ...DATE }, pauseMillis: 2_000 },
  { name: '504 behind the execution', kind: 'doubt', isExecuted: true, script: { status: 504, type: 'text/html', body: HTML, executes: true } },
  { name: '200 with a sign-in page', kind: 'doubt', script: { status: 200, type: 'text/html', body: HTML } },
  { name: '200 with a sign-in page behind the execution', kind: 'doubt', isExecuted: true, script: { status: 200, type: 'text/html', body: HTML, executes: true } },
  { name: 'a redirection to a sign-in page', kind: 'doubt', script: { status: 302, headers: { location: '/sign-in' }, body: '' } },
  { name: '204', kind: 'doubt', isExecuted: true, script: { status: 204, body: '', executes: true } },
  { name: 'JSON of another shape', kind: 'doubt', isExecuted: true, script: { mangle: () => '{"ok":true,"results":{"done":1}}' } },
  { name: 'results that are null', kind: 'doubt', isExecuted: true, script: receipt(() => ({ id: 'r', results: [null, null] })) },
  { name: 'JSON nested too deep', kind: 'doubt', isExecuted: true, script: { mangle: () => `{"id":"r","results":${'['.repeat(200_000)}` } },
  { name: 'a body without end', kind: 'doubt', isExecuted: true, script: { endless: true }, isHeavy: true },
  { name: 'a receipt of nothing', kind: 'doubt', isExecuted: true, script: receipt((json) => { json.results = []; }) },
  { name: 'a receipt of another action', kind: 'doubt', isExecuted: true, script: receipt((json) => { json.results = [{ id: 'somebody', outcome: 'done' }]; }) },
  { name: 'a receipt without the first action', kind: 'doubt', isExecuted: true, script: receipt((json) => { json.results.shift(); }) },
  { name: 'a receipt that contradicts itself', kind: 'doubt', isExecuted: true, script: receipt((json) => { json.results.push({ id: json.results[0].id, outcome: json.results[0].outcome === 'failed' ? 'done' : 'failed' }); }) },
  { name: '429 with Retry-After in seconds', kind: 'wait', script: { ...problem(429, 'too-many-requests'), ...SECONDS }, pauseMillis: 2_000 },
  { name: '429 with Retry-After as a date', kind: 'wait', script: { ...problem(429, 'too-many-requests'), ...DATE }, pauseMillis: 2_000 },
  { name: '429 without Retry-After', kind: 'wait', script: problem(429, 'too-many-requests'), pauseMillis: 2_000 },
  { name: '401 while the session holds', kind: 'wait', script: problem(401, 'unauthenticated') },
  { name: '401 with the session at its end', kind: 'wait', script: problem(401, 'unauthenticated'), isSignedOut: true },
  { name: '403 for an old token', kind: 'wait', script: problem(403, 'csrf-token-invalid') },
  { name: '403', kind: 'refused', script: problem(403, 'forbidden'), one: /^Not allowed to you; nothing happened: The server says why/, many: 'turned down' },
  { name: '404', kind: 'refused', script: problem(404, 'not-found'), one: /^Turned down by the server; nothing happened/, many: 'turned down' },
  { name: '413', kind: 'refused', script: problem(413, 'too-many-items'), one: /^Too many at once for the server; nothing happened/, many: 'turned down' },
  { name: '422', kind: 'refused', isLasting: true, script: problem(422, 'invalid-request'), one: /^Turned down by the server; nothing happened/, many: 'turned down' },
  { name: 'somebody was first', kind: 'judged', befall: (server, id) => server.decideAs('Chen Wei', id, 'reject'), one: /^Already rejected by Chen Wei at \d\d:\d\d/, many: 'already decided' },
  { name: 'it has changed', kind: 'judged', befall: (server, id) => server.change(id, { severity: 'high' }), one: /^Changed since you saw it/, many: 'changed meanwhile' },
  { name: 'it has expired', kind: 'judged', befall: (server, id) => server.change(id, { status: 'expired', decision: 'expired' }), one: /^Expired before the decision came/, many: 'expired' },
  { name: 'it is not allowed', kind: 'judged', befall: (server, id) => server.refusals.set(id, 'forbidden'), one: /^Not allowed to you/, many: 'not allowed' },
  { name: 'it is gone', kind: 'judged', befall: (server, id) => server.actions.delete(id), one: /^No longer there/, many: 'no longer there' },
  { name: 'it fails', kind: 'judged', befall: (server, id) => server.refusals.set(id, 'failed'), one: /^Failed; nothing happened: The server says why/, many: 'failed' },
  { name: 'it is not possible', kind: 'judged', befall: (server, id) => server.refusals.set(id, 'notPossible'), one: /^Not possible in its status/, many: 'not possible' },
  { name: 'an outcome that is not known', kind: 'judged', befall: (server, id) => server.refusals.set(id, 'postponed'), isOpen: true, one: /^1 outcome unknown/, many: 'outcome unknown' },
  { name: 'the request comes twice', kind: 'proof', script: { twice: true } },
  { name: 'the answer is slow', kind: 'proof', script: {}, isSlow: true },
  { name: 'a receipt with another action', kind: 'proof', script: receipt((json) => { json.results.unshift({ id: 'somebody', outcome: 'failed', detail: 'Not yours.' }); }) },
  { name: 'a receipt that repeats itself', kind: 'proof', script: receipt((json) => { json.results.push(...json.results); }) },
  { name: 'a receipt as plain text', kind: 'proof', script: { headers: { 'content-type': 'text/plain' } } },
  { name: 'a receipt with endless words', kind: 'proof', script: receipt((json) => { json.note = 'x'.repeat(3_000_000); json.results[0].extra = 'y'.repeat(1_000_000); }) },
];

const isAskedAgain = ({ kind }) => kind === 'doubt' || kind === 'wait';
const isExecuting = ({ kind, isExecuted }) => kind === 'proof' || isExecuted === true;

/** When it happens. `fits` says for which faults that makes sense; `both` asks for one action and for many. */
export const MOMENTS = [
  { name: 'at the first try', both: true, fits: () => true },
  { name: 'at the second try', both: true, fits: () => true },
  { name: 'three times', fits: (fault) => isAskedAgain(fault) && !fault.isLate && !fault.isOffline && !fault.isSignedOut && !fault.isHeavy },
  { name: 'at the first question behind a reload', fits: (fault) => !fault.isHeavy },
  { name: 'during a reload', fits: (fault) => !fault.isLate && !fault.isOffline && !fault.isSignedOut && !fault.isHeavy },
  { name: 'with a reload behind the answer', fits: (fault) => !fault.isSignedOut && !fault.isOffline && !fault.isHeavy },
  { name: 'with the event before the answer', fits: (fault) => isExecuting(fault) && !fault.isSlow && !fault.isHeavy },
  { name: 'with the event behind the answer', fits: (fault) => !fault.isHeavy && !fault.isOffline },
  { name: 'with the event twice and out of order', fits: (fault) => !fault.isHeavy && !fault.isOffline },
  { name: 'with no event', fits: (fault) => isExecuting(fault) && !fault.isHeavy },
  { name: 'behind another analyst', fits: (fault) => fault.kind !== 'judged' && !fault.isHeavy },
  { name: 'with another analyst in between', fits: (fault) => isAskedAgain(fault) && !isExecuting(fault) && !fault.isOffline && !fault.isSignedOut },
];

/** Faults that are also met by decisions on what was decided before. */
const LATER = ['the request is lost', 'the answer is lost', 'the body is cut', '500', '500 behind the execution', '429 without Retry-After', '401 while the session holds', '403', 'it has changed', 'it fails', 'the request comes twice', 'a receipt of nothing'];

/** Every scenario: { name, fault, moment, isMany, operation, sampledIn }. */
export function table() {
  const scenarios = [];
  const add = (fault, moment, isMany, operation) => {
    scenarios.push({ name: `fault: ${fault.name}, ${moment.name}, ${isMany ? 'many' : 'one'}, ${operation}`, fault, moment, isMany, operation });
  };
  for (const [row, fault] of FAULTS.entries()) {
    for (const [column, moment] of MOMENTS.filter((moment) => moment.fits(fault)).entries()) {
      for (const isMany of moment.both ? [false, true] : [(row + column) % 2 === 0]) {
        add(fault, moment, isMany, (row + column + Number(isMany)) % 2 ? 'reject' : 'approve');
      }
    }
  }
  for (const [at, fault] of FAULTS.filter(({ name }) => LATER.includes(name)).entries()) {
    add(fault, MOMENTS[at % 2], at % 4 > 1, 'undo');
    // Many are never cancelled at once.
    add(fault, MOMENTS[at % 2], false, 'cancel');
  }
  sample(scenarios);
  return scenarios;
}

/**
 * Marks what every run of the tests takes: each fault in one of the browsers, by turns, and each moment in both; the
 * moments go round, so that the sample also meets them with faults of every class.
 */
function sample(scenarios) {
  const wanted = { chromium: new Set(MOMENTS), firefox: new Set(MOMENTS) };
  for (const [row, fault] of FAULTS.entries()) {
    const kind = row % 2 === 0 ? 'chromium' : 'firefox';
    const own = scenarios.filter((scenario) => scenario.fault === fault);
    const chosen = own.find(({ moment }) => wanted[kind].has(moment)) ?? own[(row * 7) % own.length];
    wanted[kind].delete(chosen.moment);
    chosen.sampledIn = kind;
  }
}
