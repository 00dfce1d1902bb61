//! How a story registers its journeys, and the few assertions that they share.

import assert from 'node:assert/strict';

export { assert };
export const journeys = [];

/**
 * A journey: a statement, and how to see that it holds. `go` gets { mock, backend, open, kind, context }.
 * `scheme` is the colour scheme of the system, 'light' or 'dark'. A scenario of a table (`isScenario`) runs with the others
 * in the browser that it is `sampledIn`, and with its whole table by `--scenarios`.
 */
export function journey(name, go, { scheme = 'light', only, isScenario = false, sampledIn } = {}) {
  journeys.push({ name, go, scheme, only, isScenario, sampledIn });
}

/** Records of a CSV file (RFC 4180) as objects by header, with the byte order mark told apart. */
export function readCsv(bytes) {
  const hasBom = bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf]));
  const text = bytes.subarray(hasBom ? 3 : 0).toString('utf8');
  const records = [[]];
  let field = '';
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (isQuoted) {
      if (character !== '"') field += character;
      else if (text[at + 1] === '"') { field += '"'; at += 1; } else isQuoted = false;
    } else if (character === '"') isQuoted = true;
    else if (character === ',') { records.at(-1).push(field); field = ''; } else if (character === '\r' && text[at + 1] === '\n') {
      records.at(-1).push(field);
      field = '';
      records.push([]);
      at += 1;
    } else if (character === '\n') {
      assert.fail('a line of the CSV ends without a carriage return');
    } else field += character;
  }
  if (field || records.at(-1).length) records.at(-1).push(field);
  else records.pop();
  const [header, ...lines] = records;
  for (const line of lines) assert.equal(line.length, header.length, `a record has ${line.length} fields: ${line.join('|')}`);
  return { hasBom, text, header, lines, records: lines.map((line) => Object.fromEntries(line.map((value, at) => [header[at], value]))) };
}

/** What stands between the page's address and its query. */
export const AT = '#/';

/** Nothing was decided: the end of every journey that only looks. */
export function nothingExecuted(mock) {
  assert.deepEqual(mock.ledger, [], 'the server executed what nobody asked for');
  assert.equal(mock.asked('POST /decisions').length, 0, 'a decision was sent that nobody confirmed');
}

/** The server executed exactly this: [operation, id] pairs in any order, each with a key of one request. */
export function executed(mock, pairs) {
  const sorted = (list) => list.map(([operation, id]) => `${operation} ${id}`).sort();
  assert.deepEqual(sorted(mock.ledger.map(({ operation, id }) => [operation, id])), sorted(pairs), 'the ledger differs from what was confirmed');
}

/** Entities of rows by id, in the order of `ids`. */
export const entities = (mock, ids) => ids.map((id) => mock.actions.get(id).entity);
