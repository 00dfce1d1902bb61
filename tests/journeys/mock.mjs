//! A contract server that a journey scripts: it serves a dist folder below a path under a strict CSP, and `/api/v1`
//! from memory, keeps a ledger of what was executed, and fails on demand. Shares nothing with the real backend, so
//! that a mistake made there is not made here.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';

/** Where the page is served: below a folder, so that an absolute URL in the build shows. */
export const BASE = '/portal/queue/';

const CSP = [
  "default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "style-src 'self'", "connect-src 'self'", "img-src 'self' data:",
  "font-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
].join('; ');
const HEADERS = {
  'content-security-policy': CSP,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
  // A fresh connection for each request: browsers silently repeat what broke on a kept one.
  connection: 'close',
};
const TYPES = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8',
  '.wasm': 'application/wasm', '.json': 'application/json', '.svg': 'image/svg+xml', '.png': 'image/png', '.woff2': 'font/woff2',
};
const FACETS = ['status', 'type', 'entityType', 'severity', 'source', 'decision', 'decidedBy', 'asset', 'investigationId'];
const FILTERS = [...FACETS, 'approvalId'];
const TIMES = ['createdAt', 'updatedAt', 'decidedAt', 'startedAt', 'endedAt', 'expiresAt'];
const TEXTS = ['id', 'type', 'status', 'entityType', 'entity', 'asset', 'decision', 'decidedBy', 'source', 'threat', 'comment', 'approvalId', 'investigationId', 'investigationTitle'];
const SORTS = [...TIMES, ...TEXTS, 'severity', 'impact', 'reversible', 'waiting'];
const SEVERITIES = ['informational', 'low', 'medium', 'high'];

const fold = (text) => text.toLowerCase();
const byCodePoint = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const text = (value) => (value === undefined || value === null ? '' : typeof value === 'object' ? value.name : String(value));
const stamp = (time) => new Date(time).toISOString();

/** A problem of RFC 9457, thrown to answer with it. */
class Problem extends Error {
  constructor(status, word, members = {}, headers = {}) {
    super(word);
    this.status = status;
    this.headers = headers;
    this.json = { type: `urn:action-center:problem:${word}`, title: word.replaceAll('-', ' '), status, ...members };
  }
}

/** The key that a row sorts by; `undefined` is missing. Numbers before text is never compared: a member has one kind. */
function sortKey(action, member, now) {
  if (member === 'waiting') return Date.parse(action.decidedAt ?? (action.status === 'pending' ? now : NaN)) - Date.parse(action.createdAt) || undefined;
  const value = action[member];
  if (value === undefined || value === null) return undefined;
  if (TIMES.includes(member)) return Date.parse(value);
  if (member === 'impact') { const parts = Object.values(value); return parts.length ? parts.reduce((a, b) => a + b, 0) : undefined; }
  if (member === 'reversible') return Number(value);
  if (member === 'severity') { const at = SEVERITIES.indexOf(value); return at >= 0 ? `0${at}` : `1${fold(value)}`; }
  return fold(text(value));
}

/** Orders by key, missing last both ways, ties by id ascending. */
function comparison(member, isDescending, now) {
  return (a, b) => {
    const [x, y] = [sortKey(a, member, now), sortKey(b, member, now)];
    const tie = byCodePoint(a.id, b.id);
    if (x === undefined || y === undefined) return (x === undefined) - (y === undefined) || tie;
    const order = typeof x === 'number' ? x - y : byCodePoint(x, y);
    return (isDescending ? -order : order) || tie;
  };
}

function matchesSearch(action, terms) {
  const searched = ['entity', 'type', 'asset', 'investigationId', 'investigationTitle', 'id', 'approvalId', 'threat', 'decidedBy', 'comment']
    .map((member) => fold(text(action[member])));
  return terms.every((term) => searched.some((value) => value.includes(term)));
}

/** The scriptable server. Options: `dist` (folder), `rows` (builders of `rows.mjs`), and what `session` gives. */
export class Mock {
  constructor({ dist, rows = [], permissions, capabilities = {}, user = { id: 'u-ada', name: 'Ada Sköld' }, roles = ['securityOperator'], csrfToken, config = {}, investigations = [], pages = {}, pace = 1 } = {}) {
    this.dist = dist;
    /** How many times as fast as this machine's clock the clock of this server and of its pages goes, from `epoch` on. */
    this.pace = pace;
    this.epoch = Date.now();
    this.actions = new Map(rows.map((builder) => [builder.json.id, structuredClone(builder.json)]));
    this.details = new Map(rows.map((builder) => [builder.json.id, builder.extra ?? {}]));
    this.investigations = investigations;
    this.permissions = permissions ?? ['actions.read', 'actions.approve', 'actions.reject', 'actions.undo', 'actions.cancel', 'investigations.read'];
    this.capabilities = {
      operations: ['approve', 'reject', 'undo', 'cancel'], detail: true, investigations: false, events: true, facets: true,
      maxPageSize: 1000, maxBatch: 100, commentRequired: [], ...capabilities,
    };
    this.user = user;
    this.roles = roles;
    this.csrfToken = csrfToken;
    this.config = config;
    this.pages = pages;
    this.isSignedIn = true;
    this.isForbidden = false;
    /** Rows as text, put in front of every page of actions as they are: for what JSON.stringify would not write. */
    this.rawRows = [];
    /** How often each event is written to the streams; with 0 it is kept until `tell()`. */
    this.echo = 1;
    /** Stands before the number in the id of every event. */
    this.idPrefix = '';
    this.untold = [];
    /** Outcomes by id that an item is refused with, whatever its state. */
    this.refusals = new Map();
    /** What was executed, in order: { key, id, operation, comment, reason, user, at }, by this machine's clock. */
    this.ledger = [];
    /** Every request, in order: { method, path, query, headers, body, status }. */
    this.requests = [];
    /** Answers that a script asked for and that a browser may report as a failed resource: 'status path'. */
    this.intended = new Set();
    /** Whether a script made a connection or an answer fail. */
    this.isFaulty = false;
    this.receipts = new Map();
    this.faults = [];
    this.streams = new Set();
    this.sent = [];
    this.waiters = [];
  }

  async start() {
    this.server = createServer((request, response) => this.#serve(request, response));
    await new Promise((done) => this.server.listen(0, '127.0.0.1', done));
    this.origin = `http://127.0.0.1:${this.server.address().port}`;
    this.url = this.origin + BASE;
    return this;
  }

  async close() {
    clearInterval(this.heartbeat);
    for (const fault of this.faults) fault.remove();
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  /**
   * Scripts an answer: `mock.fault('GET /actions', { nth: 2, status: 503 })`. Without `nth`: every request from now on.
   * `where(url, request)` narrows it. What happens: `hold` (executed and answered when `release()` is called), `keep` (executed at once,
   * answered when `answer()` is called), `drop: 'before' | 'after'` (the connection breaks before or after the request was executed;
   * with `reset` by RST), `late` (the connection breaks, and the request is executed when `answer()` is called), `twice` (executed twice),
   * `status`, `headers` (or a function that gives them), `body`, `type` in place of the real answer (with `executes` after it), `cut` (bytes of the real answer
   * before the connection breaks), `endless` (a body that goes on), `mangle(text)` (the real answer, changed). `arrived` resolves with the first hit, `left` when it was answered.
   */
  fault(endpoint, script) {
    const fault = { endpoint, ...script, seen: 0, hits: 0, isOn: true };
    fault.arrived = new Promise((hit) => { fault.hit = hit; });
    fault.left = new Promise((leave) => { fault.leave = leave; });
    fault.gate = new Promise((open) => { fault.release = open; });
    fault.door = new Promise((open) => { fault.answer = open; });
    fault.remove = () => { fault.isOn = false; fault.release(); fault.answer(); };
    this.faults.push(fault);
    return fault;
  }

  /** Requests to an endpoint so far, as 'GET /actions'. */
  asked(endpoint) {
    return this.requests.filter((request) => request.endpoint === endpoint);
  }

  /** Ids of the actions that a query of the contract finds, in its order, without asking over the wire. */
  ids(query) {
    return this.#list(new URLSearchParams(query)).items.map(({ id }) => id);
  }

  /** Resolves when `holds(mock)` is true, looked at after every answer. */
  until(holds) {
    return new Promise((done) => {
      this.waiters.push(() => { if (!holds(this)) return false; done(); return true; });
      this.#settle();
    });
  }

  #settle() {
    this.waiters = this.waiters.filter((waiter) => !waiter());
  }

  // What happens on the server without this page's doing.

  /** Adds or changes a row and tells the streams. */
  change(id, members) {
    const old = this.actions.get(id);
    const action = { ...old, ...members, version: String(Number(old?.version ?? 0) + 1), updatedAt: this.#later(old) };
    this.actions.set(id, action);
    this.emit('action', action);
    return action;
  }

  add(builder) {
    this.details.set(builder.json.id, builder.extra ?? {});
    this.actions.set(builder.json.id, builder.json);
    this.emit('action', builder.json);
  }

  /** Another analyst decides. */
  decideAs(name, id, operation, comment) {
    return this.change(id, {
      status: operation === 'approve' ? 'completed' : 'rejected', decision: operation === 'approve' ? 'approved' : 'rejected',
      decidedBy: { kind: 'user', name }, decidedAt: stamp(this.now()), comment,
    });
  }

  /** This user no longer sees an action. */
  withdraw(id) {
    this.actions.delete(id);
    this.emit('gone', { id });
  }

  emit(event, data) {
    const id = String(this.sent.length + 1);
    const message = `id: ${this.idPrefix}${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    this.sent.push(message);
    if (this.echo === 0) this.untold.push(message);
    for (const stream of this.streams) for (let nTold = 0; nTold < this.echo; nTold += 1) stream.write(message);
  }

  /** Writes the events that were kept. */
  tell() {
    for (const stream of this.streams) stream.write(this.untold.join(''));
    this.untold = [];
  }

  /** The time by this server's clock, Unix milliseconds. */
  now() {
    return Math.floor(this.epoch + (Date.now() - this.epoch) * this.pace);
  }

  /** Breaks every open stream; a browser comes back by itself. */
  breakStreams() {
    this.isFaulty = true;
    for (const stream of this.streams) stream.destroy();
    this.streams.clear();
  }

  #later(action) {
    return stamp(Math.max(this.now(), action ? Date.parse(action.updatedAt) + 1 : 0));
  }

  // Answering.

  async #serve(request, response) {
    const url = new URL(request.url, this.origin);
    const entry = { method: request.method, path: url.pathname, query: url.searchParams, headers: request.headers, at: this.now(), endpoint: this.#endpoint(request.method, url.pathname) };
    this.requests.push(entry);
    try {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      entry.body = Buffer.concat(chunks).toString('utf8');
      const fault = this.#strike(entry, url);
      if (fault?.hold) await fault.gate;
      if (fault?.late) {
        request.socket.destroy();
        await fault.door;
      }
      if (fault?.drop === 'before') return this.#hangUp(request, fault);
      const isScripted = fault?.status !== undefined || fault?.body !== undefined;
      if (fault?.twice || (isScripted && fault.executes)) await this.#answer(entry, url);
      const answer = isScripted ? this.#scripted(fault) : await this.#answer(entry, url);
      if (fault?.keep) {
        this.#settle();
        await fault.door;
      }
      if (fault?.drop === 'after' || fault?.late) return this.#hangUp(request, fault);
      if (answer.stream) return this.#stream(entry, response);
      entry.status = answer.status;
      if (fault || answer.isIntended) this.intended.add(`${answer.status} ${url.pathname}`);
      let body = Buffer.from(answer.body ?? '');
      if (fault?.mangle) body = Buffer.from(fault.mangle(body.toString('utf8')));
      const headers = isScripted || typeof fault?.headers === 'function' ? answer.headers : { ...answer.headers, ...fault?.headers };
      if (fault?.endless) return this.#pour(response, fault, headers);
      response.writeHead(answer.status, { ...HEADERS, ...headers, 'content-length': body.length });
      fault?.leave(this.now());
      if (fault?.cut === undefined) return response.end(body);
      response.flushHeaders();
      response.write(body.subarray(0, fault.cut), () => request.socket.destroy());
    } catch (error) {
      if (!response.headersSent) response.writeHead(500, HEADERS);
      response.end(String(error.stack));
      this.broken = error;
    } finally {
      entry.isOver = true;
      this.#settle();
    }
  }

  /** Sends spaces until the other side has had enough. */
  async #pour(response, fault, headers) {
    response.writeHead(200, { ...HEADERS, ...headers });
    const piece = Buffer.alloc(1 << 20, ' ');
    const closed = new Promise((go) => { response.once('close', go); });
    while (!response.destroyed) {
      if (!response.write(piece)) await Promise.race([closed, new Promise((go) => { response.once('drain', go); })]);
    }
    fault.leave(this.now());
  }

  #hangUp(request, fault) {
    fault.leave(this.now());
    return fault.reset ? request.socket.resetAndDestroy() : request.socket.destroy();
  }

  #endpoint(method, path) {
    if (!path.startsWith(`${BASE}api/v1/`)) return `${method} ${path.startsWith(BASE) ? path.slice(BASE.length) || 'index.html' : path}`;
    const [, name, id] = path.slice(`${BASE}api/v1`.length).split('/');
    return `${method} /${name}${id ? '/{id}' : ''}`;
  }

  #strike(entry, url) {
    let struck;
    for (const fault of this.faults) {
      if (!fault.isOn || fault.endpoint !== entry.endpoint || (fault.where && !fault.where(url, entry))) continue;
      fault.seen += 1;
      if (struck || (fault.nth !== undefined && fault.nth !== fault.seen)) continue;
      fault.hits += 1;
      this.isFaulty = true;
      fault.hit(entry);
      struck = fault;
    }
    return struck;
  }

  #scripted({ status = 200, headers = {}, body, type }) {
    const isProblem = status >= 400 && body === undefined;
    const written = isProblem ? { type: 'about:blank', title: 'Scripted', status, detail: 'The script says so.' } : body ?? '';
    return {
      status,
      headers: { 'content-type': type ?? (isProblem ? 'application/problem+json' : 'application/json'), ...(typeof headers === 'function' ? headers(this) : headers) },
      body: typeof written === 'string' || Buffer.isBuffer(written) ? written : JSON.stringify(written),
    };
  }

  async #answer(entry, url) {
    try {
      if (url.pathname.startsWith(`${BASE}api/v1/`)) {
        const json = this.#api(entry, url);
        if (json.stream) return json;
        const isPage = entry.endpoint === 'GET /actions';
        return { status: 200, headers: { 'content-type': 'application/json' }, body: isPage ? this.#withRawRows(json, url.searchParams) : JSON.stringify(json) };
      }
      return await this.#file(url.pathname);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      const isIntended = !['bad-query', 'not-found', 'invalid-request', 'idempotency-key-required', 'idempotency-key-reused'].includes(problem.message);
      return { status: problem.status, headers: { 'content-type': 'application/problem+json', ...problem.headers }, body: JSON.stringify(problem.json), isIntended };
    }
  }

  async #file(path) {
    if (path === '/sign-in') {
      this.isSignedIn = true;
      return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: '<!doctype html><html lang="en"><title>Sign in</title><p>Signed in.' };
    }
    if (path === '/favicon.ico') return { status: 204 };
    if (!path.startsWith(BASE)) throw new Problem(404, 'not-found');
    const name = path.slice(BASE.length) || 'index.html';
    if (name in this.pages) return { status: 200, headers: { 'content-type': TYPES[extname(name)] }, body: this.pages[name] };
    if (name === 'config.json') {
      if (this.config === null) return { status: 404, isIntended: true, headers: { 'content-type': 'text/plain' }, body: 'none' };
      return { status: 200, headers: { 'content-type': 'application/json' }, body: typeof this.config === 'string' ? this.config : JSON.stringify(this.config) };
    }
    const body = await readFile(join(this.dist, normalize(`/${name}`))).catch(() => { throw new Problem(404, 'not-found'); });
    return { status: 200, headers: { 'content-type': TYPES[extname(name)] ?? 'application/octet-stream' }, body };
  }

  #api(entry, url) {
    const [, name, id] = url.pathname.slice(`${BASE}api/v1`.length).split('/').map(decodeURIComponent);
    // Firefox reports a refused stream without its status.
    this.isFaulty ||= !this.isSignedIn || this.isForbidden;
    if (!this.isSignedIn) throw new Problem(401, 'unauthenticated', { detail: 'The session has ended.', signIn: '/sign-in' });
    if (this.isForbidden) throw new Problem(403, 'forbidden', { detail: 'Your role may not read actions.' });
    switch (entry.endpoint) {
      case 'GET /session': return this.#session();
      case 'GET /actions': return this.#list(url.searchParams);
      case 'GET /actions/{id}': return this.#detail(id);
      case 'POST /decisions': return this.#decide(entry);
      case 'GET /events': return { stream: true };
      case 'GET /investigations': return this.#investigations(url.searchParams);
      case 'GET /investigations/{id}': {
        const found = this.investigations.find((investigation) => investigation.id === id);
        if (!found) throw new Problem(404, 'not-found');
        return found;
      }
      default: throw new Problem(404, 'not-found', { detail: `${entry.method} ${name}` });
    }
  }

  #session() {
    const { user, roles, permissions, csrfToken, capabilities } = this;
    return { user, roles, permissions, csrfToken, capabilities, tenant: { id: 't-1', name: 'Contoso' }, serverTime: stamp(this.now()) };
  }

  #list(query) {
    const bad = (parameter) => new Problem(400, 'bad-query', { parameter, detail: `The parameter ${parameter} is not understood.` });
    const known = ['view', 'from', 'to', 'expiresBefore', 'facets', 'q', 'sort', 'limit', 'cursor', ...FILTERS];
    for (const parameter of query.keys()) if (!known.includes(parameter)) throw bad(parameter);
    const view = query.get('view');
    if (!['pending', 'history'].includes(view)) throw bad('view');
    const bounds = {};
    for (const parameter of ['from', 'to', 'expiresBefore']) {
      if (query.has(parameter) && Number.isNaN(bounds[parameter] = Date.parse(query.get(parameter)))) throw bad(parameter);
    }
    const facets = query.getAll('facets');
    if (facets.some((facet) => !FACETS.includes(facet))) throw bad('facets');
    const sort = query.get('sort') ?? '-updatedAt';
    const [member, isDescending] = sort.startsWith('-') ? [sort.slice(1), true] : [sort, false];
    if (!SORTS.includes(member)) throw bad('sort');
    if (query.has('limit') && !/^\d+$/.test(query.get('limit'))) throw bad('limit');
    const limit = Math.min(Number(query.get('limit') ?? 200), this.capabilities.maxPageSize);
    const terms = fold(query.get('q') ?? '').split(/\s+/).filter(Boolean);

    const isMatch = (action, except) =>
      (action.status === 'pending') === (view === 'pending')
      && (bounds.from === undefined || Date.parse(action.updatedAt) >= bounds.from)
      && (bounds.to === undefined || Date.parse(action.updatedAt) < bounds.to)
      && (bounds.expiresBefore === undefined || Date.parse(action.expiresAt) < bounds.expiresBefore)
      && FILTERS.every((filter) => filter === except || !query.has(filter) || query.getAll(filter).includes(text(action[filter])))
      && matchesSearch(action, terms);

    const identity = [...query].filter(([key]) => !['limit', 'cursor', 'facets'].includes(key)).map(String).sort().join('&');
    let behind;
    let now = stamp(this.now());
    if (query.has('cursor')) {
      try {
        const cursor = JSON.parse(Buffer.from(query.get('cursor'), 'base64url'));
        if (cursor.identity !== identity) throw bad('cursor');
        ({ behind, now } = cursor);
      } catch { throw bad('cursor'); }
    }
    const compare = comparison(member, isDescending, now);
    // A sequence of pages is put in order once, as long as nothing changes.
    const state = `${now} ${identity} ${this.actions.size} ${this.sent.length} ${this.ledger.length}`;
    if (this.ordered?.state !== state) this.ordered = { state, matches: [...this.actions.values()].filter((action) => isMatch(action)).sort(compare) };
    const { matches } = this.ordered;
    let first = 0;
    for (let end = matches.length; behind && first < end;) {
      const middle = (first + end) >> 1;
      if (compare(matches[middle], behind) > 0) end = middle;
      else first = middle + 1;
    }
    const rest = matches.slice(first);
    const items = rest.slice(0, limit);
    const page = { items, total: matches.length + this.rawRows.length, asOf: now };
    if (limit > 0 && rest.length > items.length) {
      page.nextCursor = Buffer.from(JSON.stringify({ identity, behind: items.at(-1), now })).toString('base64url');
    }
    if (facets.length && this.capabilities.facets) {
      page.facets = Object.fromEntries(facets.map((facet) => {
        const counts = new Map();
        for (const action of this.actions.values()) if (isMatch(action, facet)) counts.set(text(action[facet]), (counts.get(text(action[facet])) ?? 0) + 1);
        return [facet, [...counts].map(([value, count]) => ({ value, count }))];
      }));
    }
    return page;
  }

  #investigations(query) {
    const bad = (parameter) => new Problem(400, 'bad-query', { parameter, detail: `The parameter ${parameter} is not understood.` });
    const filters = ['status', 'detectionSource', 'severity'];
    for (const parameter of query.keys()) if (!['from', 'to', 'q', 'sort', 'limit', 'cursor', ...filters].includes(parameter)) throw bad(parameter);
    const terms = fold(query.get('q') ?? '').split(/\s+/).filter(Boolean);
    const searched = (one) => [one.id, one.title, one.triggeringAlert?.title, ...(one.assets ?? []).map(({ name }) => name)].map((value) => fold(text(value)));
    const sort = query.get('sort') ?? '-startedAt';
    const [member, isDescending] = sort.startsWith('-') ? [sort.slice(1), true] : [sort, false];
    const key = (one) => (/At$/.test(member) && one[member] ? Date.parse(one[member]) : typeof one[member] === 'number' ? one[member] : one[member] && fold(text(one[member])));
    const order = (x, y) => (typeof x === 'number' ? x - y : byCodePoint(x, y));
    const matches = this.investigations.filter((one) => filters.every((filter) => !query.has(filter) || query.getAll(filter).includes(text(one[filter])))
      && (!query.has('from') || Date.parse(one.startedAt) >= Date.parse(query.get('from'))) && (!query.has('to') || Date.parse(one.startedAt) < Date.parse(query.get('to')))
      && terms.every((term) => searched(one).some((value) => value.includes(term))))
      .sort((a, b) => {
        const [x, y] = [key(a), key(b)];
        if (x === undefined || y === undefined) return (x === undefined) - (y === undefined) || byCodePoint(a.id, b.id);
        return (isDescending ? -order(x, y) : order(x, y)) || byCodePoint(a.id, b.id);
      });
    const first = Number(query.get('cursor') ?? 0);
    const limit = Math.min(Number(query.get('limit') ?? 200), this.capabilities.maxPageSize);
    const isMore = limit > 0 && first + limit < matches.length;
    return { items: matches.slice(first, first + limit), total: matches.length, asOf: stamp(this.now()), ...(isMore ? { nextCursor: String(first + limit) } : {}) };
  }

  #withRawRows(page, query) {
    const json = JSON.stringify(page);
    if (!this.rawRows.length || query.has('cursor') || query.get('limit') === '0') return json;
    return json.replace('"items":[', `"items":[${this.rawRows.join()}${page.items.length ? ',' : ''}`);
  }

  #detail(id) {
    const action = this.actions.get(id);
    if (!action || !this.capabilities.detail) throw new Problem(404, 'not-found', { detail: `There is no action ${id}.` });
    const blocked = ['approve', 'reject'].filter((operation) => action.status === 'pending' && !this.permissions.includes(`actions.${operation}`))
      .map((operation) => ({ operation, reason: `Your role may not ${operation} actions.` }));
    return { ...action, ...(blocked.length ? { blocked } : {}), ...this.details.get(id) };
  }

  #decide(entry) {
    const key = entry.headers['idempotency-key'] ?? '';
    if (key.length < 8 || key.length > 128) throw new Problem(400, 'idempotency-key-required');
    if (this.csrfToken !== undefined && entry.headers['x-csrf-token'] !== this.csrfToken) throw new Problem(403, 'csrf-token-invalid');
    let request;
    try { request = JSON.parse(entry.body); } catch { throw new Problem(422, 'invalid-request', { detail: 'The body is not JSON.' }); }
    const { operation, items, comment, reason } = request;
    if (!['approve', 'reject', 'undo', 'cancel'].includes(operation)) throw new Problem(422, 'invalid-request', { detail: 'The operation is not one of the contract.' });
    if (!this.permissions.includes(`actions.${operation}`)) throw new Problem(403, 'forbidden', { detail: `Your role may not ${operation} actions.` });
    if (items?.length > this.capabilities.maxBatch) throw new Problem(413, 'too-many-items');
    const isValid = ['approve', 'reject', 'undo', 'cancel'].includes(operation) && Array.isArray(items) && items.length > 0
      && items.every((item) => typeof item.id === 'string' && typeof item.version === 'string')
      && new Set(items.map((item) => item.id)).size === items.length && (comment ?? '').length <= 4000;
    if (!isValid) throw new Problem(422, 'invalid-request');
    if (this.capabilities.commentRequired?.includes(operation) && !(comment ?? '').trim()) throw new Problem(422, 'comment-required');
    const known = this.receipts.get(key);
    if (known && known.body !== JSON.stringify(request)) throw new Problem(422, 'idempotency-key-reused');
    if (known) return known.receipt;
    const results = items.map((item) => this.#judge(item, { key, operation, comment, reason }));
    const receipt = { id: `r-${this.receipts.size + 1}`, results };
    this.receipts.set(key, { body: JSON.stringify(request), receipt: structuredClone(receipt) });
    return receipt;
  }

  #judge({ id, version }, { key, operation, comment, reason }) {
    const action = this.actions.get(id);
    if (!action) return { id, outcome: 'notFound' };
    if (this.refusals.has(id)) return { id, outcome: this.refusals.get(id), detail: 'The server says why.', action };
    const now = this.now();
    const isDeciding = operation === 'approve' || operation === 'reject';
    const isExpired = action.status === 'expired' || (action.status === 'pending' && Date.parse(action.expiresAt) <= now);
    const [possible, over] = {
      approve: [['pending'], true], reject: [['pending'], true],
      undo: [action.reversible ? ['completed', 'partiallyCompleted'] : [], action.status === 'undone'],
      cancel: [['queued', 'inProgress'], action.status === 'cancelled'],
    }[operation];
    const refuse = (outcome) => ({ id, outcome, action });
    if (isDeciding && isExpired) return refuse('expired');
    if (!possible.includes(action.status)) return refuse(over ? 'alreadyDecided' : 'notPossible');
    if (action.operations && !action.operations.includes(operation)) return refuse('forbidden');
    if (action.version !== version) return refuse('changed');
    this.ledger.push({ key, id, operation, comment, reason, user: this.user.name, at: Date.now() });
    const decided = this.change(id, {
      status: { approve: 'queued', reject: 'rejected', undo: 'undone', cancel: 'cancelled' }[operation],
      decision: { approve: 'approved', reject: 'rejected' }[operation] ?? action.decision,
      decidedBy: { kind: 'user', name: this.user.name }, decidedAt: stamp(now), comment,
    });
    return { id, outcome: 'done', action: decided };
  }

  #stream(entry, response) {
    entry.status = 200;
    response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' });
    response.write(': open\n\n');
    const told = Buffer.from(entry.headers['last-event-id'] ?? '', 'latin1').toString('utf8');
    const last = told.startsWith(this.idPrefix) && told !== '' ? Number(told.slice(this.idPrefix.length)) : NaN;
    if (!Number.isNaN(last)) for (const message of this.sent.slice(last)) response.write(message);
    this.streams.add(response);
    this.heartbeat ??= setInterval(() => { for (const stream of this.streams) stream.write(': still here\n\n'); }, 15_000 / this.pace);
    response.on('close', () => { this.streams.delete(response); this.#settle(); });
  }
}
