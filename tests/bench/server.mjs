//! A small contract server for the bench, in a thread of its own: the session of a reader, `/actions` in its default order
//! from rows that are serialised beforehand, and the folders of the pages. What the pages answer by themselves (filters,
//! search, other sorts) it refuses, so that a page that asks is noticed.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { generate } from './rows.mjs';

const MAX_PAGE_SIZE = 10_000;
const KNOWN = ['view', 'from', 'limit', 'cursor', 'sort'];
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.wasm': 'application/wasm', '.json': 'application/json' };
const HEADERS = {
  // Cross-origin isolation: the browser tells memory to the byte and time to 5 µs.
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** The rows that are served; History holds all. */
let data = generate(0, Date.now());

class Problem extends Error {
  constructor(status, word, parameter) {
    super(word);
    this.status = status;
    this.json = { type: `urn:action-center:problem:${word}`, title: word.replaceAll('-', ' '), status, parameter };
  }
}

const session = () => ({
  user: { id: 'u1', name: 'Ada Berg' }, roles: ['securityReader'], permissions: ['actions.read'], serverTime: new Date().toISOString(),
  capabilities: { operations: ['approve', 'reject'], detail: false, investigations: false, events: false, facets: false, maxPageSize: MAX_PAGE_SIZE, maxBatch: 1 },
});

/** How many rows were updated at or after a time: they fall. */
function countSince(millis) {
  let [low, high] = [0, data.updated.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (data.updated[middle] >= millis) low = middle + 1;
    else high = middle;
  }
  return low;
}

function whole(parameters, name, otherwise, most) {
  const text = parameters.get(name) ?? String(otherwise);
  const number = Number(text);
  if (!/^\d+$/.test(text)) throw new Problem(400, 'bad-query', name);
  return Math.min(number, most);
}

/** The pieces of one page's body. */
function page(parameters) {
  for (const name of parameters.keys()) if (!KNOWN.includes(name)) throw new Problem(400, 'bad-query', name);
  const view = parameters.get('view');
  if (view !== 'history' && view !== 'pending') throw new Problem(400, 'bad-query', 'view');
  if ((parameters.get('sort') ?? '-updatedAt') !== '-updatedAt') throw new Problem(400, 'bad-query', 'sort');
  const from = parameters.has('from') ? Date.parse(parameters.get('from')) : -Infinity;
  if (Number.isNaN(from)) throw new Problem(400, 'bad-query', 'from');
  const total = view === 'history' ? countSince(from) : 0;
  const limit = whole(parameters, 'limit', 200, MAX_PAGE_SIZE);
  const start = whole(parameters, 'cursor', 0, total);
  const end = Math.min(start + limit, total);
  const next = limit > 0 && end < total ? `,"nextCursor":"${end}"` : '';
  const items = end > start ? data.bytes.subarray(data.starts[start], data.starts[end] - 1) : Buffer.alloc(0);
  return [Buffer.from('{"items":['), items, Buffer.from(`],"total":${total},"asOf":"${new Date().toISOString()}"${next}}`)];
}

function answer(request, response, path, parameters) {
  let pieces;
  let [status, type] = [200, 'application/json'];
  try {
    if (request.method !== 'GET') throw new Problem(403, 'forbidden');
    if (path === '/session') pieces = [Buffer.from(JSON.stringify(session()))];
    else if (path === '/actions') pieces = page(parameters);
    else throw new Problem(404, 'not-found');
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    [status, type] = [error.status, 'application/problem+json'];
    pieces = [Buffer.from(JSON.stringify(error.json))];
  }
  response.writeHead(status, { ...HEADERS, 'content-type': type, 'content-length': pieces.reduce((sum, piece) => sum + piece.length, 0) });
  for (const piece of pieces) response.write(piece);
  response.end();
}

async function file(response, folder, path) {
  const inside = normalize(`/${path || 'index.html'}`);
  try {
    const body = await readFile(join(folder, inside));
    response.writeHead(200, { ...HEADERS, 'content-type': TYPES[extname(inside)] ?? 'application/octet-stream', 'content-length': body.length });
    response.end(body);
  } catch {
    response.writeHead(404, HEADERS).end();
  }
}

const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  const [, name, rest] = /^\/([^/]+)\/(.*)$/.exec(url.pathname) ?? [];
  const folder = workerData.folders[name];
  if (!folder) return void response.writeHead(404, HEADERS).end();
  if (rest.startsWith('api/v1/')) return answer(request, response, rest.slice('api/v1'.length), url.searchParams);
  return void file(response, folder, rest);
});
server.listen(0, '127.0.0.1', () => parentPort.postMessage({ port: server.address().port }));
parentPort.on('message', ({ nRows }) => {
  data = null;
  data = generate(nRows, Date.now());
  parentPort.postMessage({ truth: data.truth });
});
