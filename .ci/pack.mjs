// Writes a .br and a .gz beside every file of a built folder that gains by it, and prints what each weighs.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const folder = process.argv[2];
if (!folder) {
  console.error('error: name the folder: node .ci/pack.mjs dist');
  process.exit(2);
}
const kilobytes = bytes => (bytes / 1024).toFixed(1).padStart(9);
const totals = [0, 0, 0];
console.log(`\n${'file'.padEnd(48)}${'raw KB'.padStart(9)}${'gzip KB'.padStart(9)}${'brotli KB'.padStart(10)}`);
for (const name of readdirSync(folder).sort()) {
  if (!/\.(html|js|wasm|css|json|svg)$/.test(name)) continue;
  const raw = readFileSync(join(folder, name));
  const gzip = gzipSync(raw, { level: 9 });
  const brotli = brotliCompressSync(raw, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: raw.length } });
  if (brotli.length < raw.length) {
    writeFileSync(join(folder, `${name}.gz`), gzip);
    writeFileSync(join(folder, `${name}.br`), brotli);
  }
  [raw, gzip, brotli].forEach((bytes, index) => { totals[index] += bytes.length; });
  console.log(`${name.padEnd(48)}${kilobytes(raw.length)}${kilobytes(gzip.length)}${kilobytes(brotli.length)}`);
}
console.log(`${'all that the page fetches'.padEnd(48)}${totals.map(kilobytes).join('')}\n`);
