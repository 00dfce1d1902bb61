//! Conducts the table of faults. Every request that carries the first action is stopped at the mock's gate until its turn,
//! so that the order of things is the scenario's and not the machine's; clock and timers go ten times as fast.
//! The verdict is the ledger's: executed at most once and only what was confirmed, one key and one body however often it was
//! sent, no word of an outcome before it was the outcome, and at the end the server's truth on screen.

import { AT, assert, journey } from '../journey.mjs';
import { table } from '../faults.mjs';
import { row } from '../rows.mjs';

const PACE = 10;
const FIRST = 'c0';
const DONE = { approve: 'Approved', reject: 'Rejected', undo: 'Undone', cancel: 'Cancelled' };
const PRESS = { approve: 'Approve', reject: 'Reject', undo: 'Undo', cancel: 'Cancel action' };
const host = (id) => `host-${id}`;
/** Says what became of a decision, and nothing that is still open. */
const FINAL = /^(Approved|Rejected|Undone|Cancelled|Already|Changed since|Expired before|Not allowed|No longer there|Not possible|Failed;|Turned down|Too many at once|An outcome that)|^\d+ (approved|rejected|undone|cancelled|already decided|changed meanwhile|expired|not allowed|no longer there|not possible|failed|turned down|not sent|sending|outcome unknown)/;
/** A browser that can be told that its network is gone. */
const SWITCH = "Object.defineProperty(Navigator.prototype, 'onLine', { get: () => !window.isCutOff });";
const LISTEN = 'window.finder.listen();';
/** Whether a record tells of what is settled: its seventeenth field, each with its length before it, `-` being none. */
const IS_SETTLED = `(record) => { let field; for (let at = 0, n = 0; n < 17; n += 1) {
  if (record[at] === '-') { at += 1; continue; }
  const start = record.indexOf(':', at) + 1; at = start + Number(record.slice(at, start - 1)); field = record.slice(start, at);
} return field === '1'; }`;

function rows(operation, ids) {
  return ids.map((id, at) => {
    const made = row(id);
    if (operation === 'undo') return made.history('completed', 1 + at).device(host(id)).with({ reversible: true });
    if (operation === 'cancel') return made.history('inProgress', 1 + at).device(host(id)).with({ endedAt: undefined });
    return made.pending(20 + at).device(host(id)).with({ reversible: true });
  });
}

/** One scenario under way. */
class Case {
  constructor(scenario, server, page, ids) {
    Object.assign(this, scenario);
    this.server = server;
    this.page = page;
    this.ids = ids;
    this.gates = [];
    this.said = [];
    this.nReloads = 0;
    /** Whether an earlier copy of the request may have been executed, as far as the page can know. */
    this.isDoubtful = false;
  }

  static async open(scenario, { mock, open }) {
    const { fault, moment, operation, isMany } = scenario;
    const ids = isMany ? [FIRST, 'c1', 'c2'] : [FIRST];
    const hasEvents = /event|in between/.test(moment.name);
    const server = await mock({
      rows: rows(operation, ids), pace: fault.pace ?? PACE, config: { pollSeconds: 86_400 },
      capabilities: { events: hasEvents, maxBatch: 2 },
    });
    const view = operation === 'undo' || operation === 'cancel' ? 'view=history' : '';
    const page = await open(server, { at: `${AT}${[view, isMany ? '' : `action=${FIRST}`].filter(Boolean).join('&')}`, scripts: [LISTEN, SWITCH] });
    const made = new Case(scenario, server, page, ids);
    await page.count(ids.length);
    // The stream is open, and what changed before it was is asked for.
    if (hasEvents) await server.until(() => server.streams.size === 1 && server.requests.filter(({ endpoint, query, status }) => endpoint === 'GET /actions' && query.has('from') && query.get('view') === 'history' && query.get('limit') === '1000' && status).length > 0);
    await made.ready();
    return made;
  }

  /** What a decision is made on is on screen, as it was before anything happened. */
  async ready() {
    const { page, operation, isMany } = this;
    if (isMany) return;
    this.flyout = page.in('dialog', new RegExp(`${host(FIRST)}$`));
    await this.flyout.see('button', PRESS[operation], (s) => !s.disabled);
    if (operation === 'reject') await this.flyout.choose('combobox', 'Reason', 'Duplicate');
  }

  /** Stops the next request with the first action at the gate; what happens behind it is `script`. */
  gate(script = {}) {
    // Counted from now on: what went through a gate already is not seen by this one.
    const nth = this.gates.filter(({ hits }) => hits === 0).length + 1;
    const carriesFirst = (_, { body }) => JSON.parse(body).items.some(({ id }) => id === FIRST);
    const fault = this.server.fault('POST /decisions', { hold: true, ...script, nth, where: carriesFirst });
    this.gates.push(fault);
    return fault;
  }

  async confirm() {
    const { page, operation, isMany, ids } = this;
    if (!isMany) return this.flyout.click('button', PRESS[operation]);
    await page.click('checkbox', 'Select all matching');
    await page.in('toolbar', 'Selection').click('button', PRESS[operation]);
    const sheet = page.in('dialog', `${PRESS[operation]} ${ids.length} actions`);
    if (operation === 'reject') await sheet.choose('combobox', 'Reason', 'Duplicate');
    await sheet.click('button', `${PRESS[operation]} ${ids.length} actions`);
  }

  /** Something happens at the server that nobody tells the page. */
  silently(run) {
    const before = this.server.echo;
    this.server.echo = 0;
    run();
    this.server.untold = [];
    this.server.echo = before;
  }

  befall() {
    // An address or an event that names what is gone makes the page ask for it.
    if (this.fault.name === 'it is gone') this.page.allow(/status of 404/);
    if (this.fault.befall) this.silently(() => this.fault.befall(this.server, FIRST));
  }

  /** Waits until the page has taken in all events that were written so far. */
  async heardAll() {
    const { server, page } = this;
    const { echo } = server;
    server.echo = 1;
    const isHistory = this.operation === 'undo' || this.operation === 'cancel';
    server.add(isHistory ? row('z').history('completed', 3).device('host-z') : row('z').pending(90).device('host-z'));
    server.echo = echo;
    // It waits to be shown, or a receipt that came behind it has put it in already.
    await page.until('the new action heard of', `(f) => f.walk([{ role: 'button', name: { source: '\\\\b1 new\\\\b' } }]).length > 0 || f.walk([{ role: 'checkbox', name: 'Select host-z' }]).length > 0 || null`);
  }

  /**
   * The page is loaded again. The old one is cut short first: what it would still send while it goes is the machine's chance. Of
   * many, those that no fault concerns are done by then, and the new page has to tell of them too.
   */
  async reload() {
    const { page } = this;
    if (this.isMany && this.nExpected === undefined) {
      await page.until('the others done', `() => Object.entries(localStorage).filter(([name, record]) => name.startsWith('action-center.intent.') && !(${IS_SETTLED})(record)).length === 1 || null`);
    }
    await page.tab.evaluate('window.fetch = () => new Promise(() => {})');
    this.said.push(...await page.tab.evaluate('window.finder.said'));
    await page.reload();
    this.isDoubtful = true;
  }

  /** The page says that the outcome is open, and nowhere that it is known. */
  async isUnknown() {
    await this.page.reads(/outcome unknown/i);
  }

  /** Waits for the request at a gate; one that will not come because all is settled is no reason to wait on. */
  async arrives(gate) {
    const settled = `window.finder?.poll(() => !Object.keys(localStorage).some((name) => name.startsWith('action-center.intent.')) && window.finder.said.map(({ text }) => text).find((text) => ${FINAL}.test(text)))`;
    for (;;) {
      const told = await Promise.race([gate.arrived.then(() => undefined), this.page.tab.evaluate(settled).catch(() => null)]);
      if (told === undefined || gate.hits > 0) return;
      if (told) throw new Error(`instead of asking again, the page says “${told}”`);
    }
  }

  /** Lets the fault happen to the request at this gate, with what belongs to it. */
  async strike(gate) {
    const { fault, page, server } = this;
    await this.arrives(gate);
    if (fault.isSlow) {
      if (this.nReloads === 0 && !this.isDoubtful) await page.reads(/sending|approving|rejecting|undoing|cancelling/i);
      else await this.isUnknown();
    }
    if (fault.isOffline) await page.tab.evaluate('window.isCutOff = true; window.dispatchEvent(new Event("offline"))');
    if (fault.isSignedOut) server.isSignedIn = false;
    if (!fault.isTooLate) gate.release();
    if (fault.isOffline) {
      await gate.left;
      await this.isUnknown();
      await page.tab.evaluate('window.isCutOff = false; window.dispatchEvent(new Event("online"))');
    }
    if (fault.isSignedOut) {
      await page.see('button', 'Sign in again');
      server.isSignedIn = true;
      await page.tab.evaluate('window.dispatchEvent(new Event("focus"))');
    }
    if (fault.kind === 'doubt') this.isDoubtful = true;
  }

  /** Gates for the fault and, where the page asks again after it, for that. */
  plan({ isDoubtful = false, ...more } = {}) {
    const { kind, isLasting, script } = this.fault;
    const gate = this.gate({ ...script, ...more });
    const isAgain = kind === 'doubt' || kind === 'wait' || (kind === 'refused' && isDoubtful && !isLasting);
    return { gate, last: isAgain ? this.gate() : undefined };
  }

  /** The question that is answered as it should be. */
  async free(gate) {
    await this.arrives(gate);
    if (this.isDoubtful) await this.isUnknown();
    gate.release();
  }

  /** The server's pause was kept: by the same clock on both sides, to the few milliseconds of reading it twice. */
  async keptPause(gate, next) {
    if (!this.fault.pauseMillis) return;
    await this.arrives(next);
    const [left, { at }] = [await gate.left, await next.arrived];
    assert.ok(at - left > this.fault.pauseMillis - 100, `asked again after ${at - left} ms of ${this.fault.pauseMillis}`);
  }

  /** From the fault's gate to the end. */
  async finish({ gate, last }) {
    await this.strike(gate);
    if (last) {
      await this.keptPause(gate, last);
      await this.free(last);
    }
    await this.settled();
    // The straggler comes when all is over.
    if (this.fault.isLate) gate.remove();
    if (this.fault.isLate) await this.server.until(() => this.server.asked('POST /decisions').every(({ isOver }) => isOver));
  }

  /** Waits until nothing is under way and the page has said what came of it. */
  async settled() {
    const { page, fault, isMany } = this;
    this.nExpected = this.gates.length;
    if (!fault.isOpen) {
      await page.until('nothing under way', '() => !Object.keys(localStorage).some((name) => name.startsWith("action-center.intent.")) || null');
    }
    if (isMany) this.shown = await this.receipts();
    else await page.until('the end told', '(f, final) => f.said.some(({ text }) => new RegExp(final).test(text)) || null', FINAL.source);
  }

  /** What the results say of every action, as [id, outcome]; the way there goes after a while, so that it is taken at once. */
  async receipts() {
    const { page } = this;
    const { ids } = this;
    await page.until('the end told, and the results open', `(f, final) => {
      if (!f.said.some(({ text }) => new RegExp(final).test(text))) return null;
      f.walk([{ role: 'button', name: 'Show results' }])[0]?.click();
      return f.walk([{ role: 'dialog', name: 'Results' }]).length > 0 || null; }`, FINAL.source);
    const shown = await page.until('a receipt for each', `(f, ids) => {
      const all = [...f.top().querySelectorAll('.receipt')];
      const found = ids.map((id) => [id, all.find((e) => f.tidy(e.textContent).includes(id))?.dataset.outcome]);
      return all.length === ids.length && found.every(([, outcome]) => outcome) ? found : null; }`, ids);
    await page.in('dialog', 'Results').click('button', 'Close');
    await page.gone('dialog', 'Results');
    return shown;
  }
}

/** How each moment goes, from an open page to the end of the decision. */
const CONDUCT = {
  async 'at the first try'(it) {
    const plan = it.plan();
    it.befall();
    await it.confirm();
    await it.finish(plan);
  },
  async 'at the second try'(it) {
    const isBefore = it.fault.kind === 'refused' || it.fault.kind === 'judged' || it.isMany;
    const lost = it.gate({ drop: isBefore ? 'before' : 'after' });
    const plan = it.plan({ isDoubtful: true });
    await it.confirm();
    await lost.arrived;
    lost.release();
    await it.arrives(plan.gate);
    it.isDoubtful = true;
    await it.isUnknown();
    it.befall();
    await it.finish(plan);
  },
  async 'three times'(it) {
    const gates = [it.gate(it.fault.script), it.gate(it.fault.script)];
    const plan = it.plan();
    await it.confirm();
    for (const [at, gate] of gates.entries()) {
      await it.strike(gate);
      await it.keptPause(gate, gates[at + 1] ?? plan.gate);
    }
    await it.finish(plan);
  },
  async 'at the first question behind a reload'(it) {
    const isBefore = it.fault.kind === 'refused' || it.fault.kind === 'judged' || it.isMany;
    const lost = it.gate({ drop: isBefore ? 'before' : 'after' });
    const plan = it.plan({ isDoubtful: true });
    await it.confirm();
    await lost.arrived;
    await it.reload();
    lost.release();
    await it.arrives(plan.gate);
    await it.isUnknown();
    it.befall();
    await it.finish(plan);
  },
  async 'during a reload'(it) {
    const gate = it.gate(it.fault.script);
    const next = it.gate();
    it.befall();
    await it.confirm();
    await gate.arrived;
    await it.reload();
    // What was on its way arrives before the question of the new page, or behind its answer.
    if (!it.isMany) gate.release();
    await it.free(next);
    await it.settled();
    gate.release();
  },
  async 'with a reload behind the answer'(it) {
    const plan = it.plan();
    const { gate, last: next } = plan;
    it.befall();
    if (next) {
      const last = it.gate();
      await it.confirm();
      await it.strike(gate);
      await it.arrives(next);
      await it.reload();
      next.release();
      await it.free(last);
      await it.settled();
      gate.remove();
    } else {
      await it.confirm();
      await it.finish(plan);
      const again = it.fault.isOpen ? it.gate() : undefined;
      await it.reload();
      // What is not understood is asked for once more; what is known is not.
      if (again) {
        await it.free(again);
        await it.settled();
      }
      await it.page.count(it.server.ids('view=pending').length);
    }
  },
  async 'with the event before the answer'(it) {
    const { gate, last } = it.plan({ keep: true });
    await it.confirm();
    await gate.arrived;
    gate.release();
    await it.server.until(() => it.server.ledger.some(({ id }) => id === FIRST));
    await it.heardAll();
    gate.answer();
    if (it.fault.kind === 'doubt') it.isDoubtful = true;
    if (last) await it.free(last);
    await it.settled();
  },
  async 'with the event behind the answer'(it) {
    it.server.echo = 0;
    const plan = it.plan();
    it.befall();
    await it.confirm();
    await it.finish(plan);
    it.server.tell();
    await it.heardAll();
  },
  async 'with the event twice and out of order'(it) {
    it.server.echo = 2;
    const old = structuredClone(it.server.actions.get(FIRST));
    const plan = it.plan();
    it.befall();
    await it.confirm();
    await it.finish(plan);
    it.server.emit('action', old);
    await it.heardAll();
  },
  async 'with no event'(it) {
    it.server.echo = 0;
    const plan = it.plan();
    await it.confirm();
    await it.finish(plan);
  },
  async 'behind another analyst'(it) {
    const plan = it.plan();
    it.silently(() => it.server.decideAs('Chen Wei', FIRST, 'approve'));
    await it.confirm();
    await it.finish(plan);
  },
  async 'with another analyst in between'(it) {
    const { gate, last } = it.plan();
    await it.confirm();
    await it.strike(gate);
    await it.arrives(last);
    it.server.decideAs('Chen Wei', FIRST, 'approve');
    await it.heardAll();
    if (it.isDoubtful) await it.isUnknown();
    last.release();
    await it.settled();
    gate.remove();
  },
};

/** What has to be told of the first action, which the server did not execute. */
function refusal(it) {
  const other = it.server.actions.get(FIRST)?.decidedBy?.name === 'Chen Wei';
  if (other && !(it.fault.kind === 'refused' && !it.isDoubtful) && !(it.fault.isLasting)) return { one: /^Already (approved|rejected) by Chen Wei at \d\d:\d\d/, many: 'already decided' };
  return it.fault;
}

/** Holds what happened against the ledger. */
async function judge(it) {
  const { server, page, ids, operation, fault, isMany } = it;
  const done = ids.filter((id) => server.ledger.some((entry) => entry.id === id));
  // Nothing doubled, nothing that nobody confirmed, and as it was confirmed.
  assert.deepEqual(server.ledger.map((entry) => entry.id).sort(), done, 'executed at most once, and only what was confirmed');
  for (const entry of server.ledger) {
    assert.deepEqual([entry.operation, entry.reason], [operation, operation === 'reject' ? 'duplicate' : undefined]);
  }
  const asked = server.asked('POST /decisions');
  const items = (request) => JSON.parse(request.body).items.map(({ id }) => id);
  for (const id of ids) {
    const own = asked.filter((request) => items(request).includes(id));
    assert.deepEqual([new Set(own.map(({ headers }) => headers['idempotency-key'])).size, new Set(own.map(({ body }) => body)).size], [1, 1], `${id}: one key and one body`);
  }
  assert.equal(asked.filter((request) => items(request).includes(FIRST)).length, it.nExpected, 'as many requests as the faults ask for, and none behind the end');

  // Nothing lost: what nobody refused is done.
  const isRefused = !done.includes(FIRST);
  const told = isRefused ? refusal(it) : undefined;
  const isWhole = told?.kind === 'refused';
  const chunk = isWhole && isMany ? [FIRST, 'c1'] : [FIRST];
  assert.deepEqual(ids.filter((id) => !done.includes(id)), isRefused ? chunk.filter((id) => ids.includes(id)) : [], 'what was confirmed and not refused was executed');
  if (isRefused) assert.ok(told.one, `${FIRST} was not executed, and nobody refused it`);

  // Nothing shown wrongly: all that was ever said of an outcome is what came of it, and not said before it was.
  it.said.push(...await page.tab.evaluate('window.finder.said'));
  const finals = it.said.filter(({ text }) => FINAL.test(text));
  assert.ok(finals.length > 0, 'the end was told');
  if (isMany) {
    for (const { text } of finals) {
      const sums = {};
      const nDone = ids.filter((id) => done.includes(id)).length;
      if (nDone) sums[DONE[operation].toLowerCase()] = nDone;
      if (isRefused) sums[told.many] = chunk.length;
      const said = Object.fromEntries(text.split(', ').map((part) => [part.replace(/^\d+ /, ''), Number(/^\d+/.exec(part)[0])]));
      assert.deepEqual(said, sums, `the sums in “${text}”`);
    }
  } else {
    const right = isRefused ? told.one : new RegExp(`^${DONE[operation]}(: Isolate device, ${host(FIRST)})?$`);
    for (const { text } of finals) assert.match(text, right);
  }
  if (done.includes(FIRST)) {
    const { at } = server.ledger.find(({ id }) => id === FIRST);
    for (const final of finals) assert.ok(final.at >= at, `“${final.text}” was said before it was so`);
  }

  // The server's truth on screen, item by item and row by row.
  for (const [id, outcome] of it.shown ?? []) assert.equal(outcome === 'done', done.includes(id), `the receipt of ${id} says ${outcome}`);
  if (fault.isOpen) return;
  // Where nobody told the page of what others did, it knows by Refresh.
  if (/event|analyst/.test(it.moment.name)) await page.click('button', 'Refresh');
  await page.count(server.ids(operation === 'undo' || operation === 'cancel' ? 'view=history' : 'view=pending').length);
}

for (const scenario of table()) {
  journey(scenario.name, async (tools) => {
    const it = await Case.open(scenario, tools);
    await CONDUCT[scenario.moment.name](it);
    await judge(it);
  }, { isScenario: true, sampledIn: scenario.sampledIn });
}
