//! How a story registers its journeys, and the few assertions that they share.

import assert from 'node:assert/strict';

export { assert };
export const journeys = [];

/**
 * A journey: a statement, and how to see that it holds. `go` gets { mock, backend, open, kind, context }.
 * `scheme` is the colour scheme of the system, 'light' or 'dark'.
 */
export function journey(name, go, { scheme = 'light', only } = {}) {
  journeys.push({ name, go, scheme, only });
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
