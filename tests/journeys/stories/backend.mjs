//! The real backend: what the page shows and does is what its API then tells; and what it answers is what the
//! scripted server answers, which shares nothing with it but the contract.

import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AT, assert, journey } from '../journey.mjs';
import { inHours, row } from '../rows.mjs';

journey('the real backend: what is shown is what it holds', async ({ backend, open }) => {
  const server = await backend({ actions: 300, flags: ['--no-simulate'] });
  const page = await open(server);
  const { total, items } = await server.get('actions?view=pending&sort=expiresAt&limit=5');
  await page.count(total);
  await page.see('tab', new RegExp(`^Pending\\b.*${total}`));
  const shown = (await page.rows()).slice(0, 5);
  assert.equal(shown.length, Math.min(5, total));
  await page.fill('searchbox', 'Search', 'powershell');
  const found = await server.get('actions?view=pending&q=powershell&limit=0');
  await page.count(found.total);
  assert.equal(items.length, Math.min(5, total));
});

journey('the real backend: an approval is held with comment and name', async ({ backend, open }) => {
  const server = await backend({ actions: 300, flags: ['--no-simulate'] });
  const session = await server.get('session');
  const { items } = await server.get('actions?view=pending&sort=expiresAt&limit=200');
  const wanted = items.find((action) => action.reversible === true && Date.parse(action.expiresAt) > Date.parse(session.serverTime) + 3_600_000);
  const page = await open(server, { at: `${AT}action=${encodeURIComponent(wanted.id)}` });
  await page.until('the flyout', `(f) => f.walk([{ role: 'dialog' }, { role: 'button', name: 'Approve' }]).some((e) => !f.state(e, 'button').disabled) || null`);
  const flyout = page.in('dialog');
  await flyout.fill('textbox', 'Comment', 'By a journey');
  await flyout.click('button', 'Approve');
  await page.hears(/Approved: /);
  const held = await server.get(`actions/${encodeURIComponent(wanted.id)}`);
  assert.equal(held.decision, 'approved');
  assert.equal(held.comment, 'By a journey');
  assert.equal(held.decidedBy.name, session.user.name);
});

/** 240 rows with gaps, ties and letters of several scripts; the same at every run but for the moment of building. */
function mixedRows() {
  let seed = 11;
  const pick = (list) => { seed = (seed * 48271) % 2147483647; return list[seed % list.length]; };
  const words = ['Invoice', 'invoice', 'ÉCLAIR', 'éclair', 'Жук', 'жук', 'Ωmega', 'straße', 'a_b%c', 'back\\slash', 'quote\'d', '日本', '😀', 'z', 'Z', ''];
  return Array.from({ length: 240 }, (_, at) => {
    const builder = row(`m-${String((at * 7919) % 240).padStart(3, '0')}`);
    const isPending = at % 3 === 0;
    builder.with({ createdAt: inHours(-1 - pick([100, 100, 200, 300])), updatedAt: inHours(-1 - pick([1, 2, 30, 30, 400])) });
    if (isPending) builder.with({ status: 'pending', expiresAt: pick([undefined, inHours(50), inHours(90)]) });
    else builder.with({ status: pick(['completed', 'rejected', 'failed', 'oddStatus']), decision: pick([undefined, 'approved', 'rejected']), decidedBy: pick([undefined, { kind: 'user', name: 'Bo Lind' }, { kind: 'user', name: 'bo lind' }, { kind: 'automation', name: 'Automation' }]), decidedAt: pick([undefined, inHours(-3), inHours(-9)]), startedAt: pick([undefined, inHours(-2)]), comment: pick([undefined, 'Fine', 'éclair']) });
    return builder.with({
      type: pick(['quarantineFile', 'isolateDevice', 'blockUrl', 'oddType']), entityType: pick(['file', 'device', 'url']), entity: `${pick(words)} ${pick(words)}`,
      asset: pick([undefined, { kind: 'device', name: 'LT-1' }, { kind: 'device', name: 'lt-1' }, { kind: 'mailbox', name: 'Ada' }]), severity: pick([undefined, 'informational', 'low', 'medium', 'high', 'apocalyptic']),
      threat: pick([undefined, 'Trojan']), source: pick([undefined, 'explorerAction', 'attackDisruption']), investigationId: pick([undefined, 'inv-1', 'inv-2']), investigationTitle: pick([undefined, 'One', 'two']),
      approvalId: pick([undefined, 'ap-1']), impact: pick([undefined, {}, { devices: 2 }, { users: 1, mailboxes: 3 }]), reversible: pick([undefined, true, false]),
    });
  });
}

/** Questions over the whole contract; `*` stands for either view. */
function questions() {
  const members = ['id', 'type', 'status', 'entityType', 'entity', 'createdAt', 'updatedAt', 'approvalId', 'investigationId', 'investigationTitle', 'decision', 'decidedBy', 'asset', 'severity', 'threat', 'source', 'impact', 'reversible', 'comment', 'decidedAt', 'startedAt', 'endedAt', 'expiresAt', 'waiting'];
  const some = [
    ...members.flatMap((member) => [`sort=${member}`, `sort=-${member}`]),
    'severity=high', 'severity=high&severity=', 'severity=', 'decidedBy=Bo Lind', 'asset=LT-1', 'asset=', 'type=oddType&source=', 'status=completed&status=oddStatus', 'investigationId=inv-1', 'approvalId=ap-1', 'decision=',
    'q=INVOICE', 'q=éclair', 'q=ЖУК', 'q=ωMEGA', 'q=a_b%25c', 'q=%25', 'q=back%5Cslash', "q=quote'd", 'q=日本', 'q=😀', 'q=fine bo', 'q=  ', 'q=lt-1 trojan', 'q=INV-1',
    `from=${inHours(-35)}`, `to=${inHours(-35)}`, `from=${inHours(-420)}&to=${inHours(-10)}`, `expiresBefore=${inHours(70)}`,
    'severity=high&q=invoice&sort=entity', 'from=2020-01-01T00:00:00', 'from=2020-01-01T00:00:00.1234567%2B02:00',
    // What the contract refuses.
    'sort=colour', 'sort=version', 'sort=alertIds', 'from=yesterday', 'limit=-1', 'limit=many', 'facets=entity', 'cursor=nonsense',
  ];
  return ['pending', 'history'].flatMap((view) => some.map((question) => `view=${view}&${question}`)).concat(['view=nothing', 'sort=entity']);
}

journey('the real backend and the scripted one answer the same to the same', async ({ backend, mock }) => {
  const rows = mixedRows();
  const file = join(tmpdir(), `action-center-rows-${process.pid}.ndjson`);
  writeFileSync(file, rows.map(({ json }) => JSON.stringify(json)).join('\n'));
  const real = await backend({ actions: 0, flags: ['--import', file, '--no-simulate'] });
  const scripted = await mock({ rows });
  const ask = async (server, path, init) => {
    const response = await fetch(new URL(`api/v1/${path}`, server.url), init);
    return { status: response.status, json: await response.json() };
  };
  const differences = [];
  const compare = (what, a, b) => { if (JSON.stringify(a) !== JSON.stringify(b)) differences.push(`${what}\n  real:     ${JSON.stringify(a).slice(0, 400)}\n  scripted: ${JSON.stringify(b).slice(0, 400)}`); };
  for (const question of questions()) {
    const path = encodeURI(`actions?${question}`).replaceAll('%25', '%');
    const [a, b] = [await ask(real, path), await ask(scripted, path)];
    const gist = ({ status, json }) => [status, status === 200 ? [json.total, json.items.map(({ id }) => id)] : [json.type, json.parameter]];
    compare(question, gist(a), gist(b));
  }
  for (const view of ['pending', 'history']) {
    const facets = ['status', 'type', 'entityType', 'severity', 'source', 'decision', 'decidedBy', 'asset', 'investigationId'].map((facet) => `facets=${facet}`).join('&');
    const counts = ({ json }) => Object.fromEntries(Object.entries(json.facets ?? {}).sort().map(([facet, values]) => [facet, values.filter(({ count }) => count > 0).map(({ value, count }) => `${value}: ${count}`).sort()]));
    const path = `actions?view=${view}&limit=0&severity=high&type=oddType&${facets}`;
    compare(path, counts(await ask(real, path)), counts(await ask(scripted, path)));
    for (const sort of ['entity', '-severity', 'impact', '-decidedAt']) {
      const walk = async (server) => {
        const ids = [];
        for (let cursor = ''; cursor !== undefined;) {
          const { json } = await ask(server, `actions?view=${view}&sort=${sort}&limit=7${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
          ids.push(...json.items.map(({ id }) => id));
          cursor = json.nextCursor;
        }
        return ids;
      };
      compare(`cursors by ${sort} in ${view}`, await walk(real), await walk(scripted));
    }
  }
  // Decisions: the same requests, the same verdicts.
  const pending = rows.filter(({ json }) => json.status === 'pending').map(({ json }) => json);
  const done = rows.filter(({ json }) => json.status === 'completed').map(({ json }) => json);
  const versions = new Map();
  for (const { id } of [...pending, ...done]) versions.set(id, { real: (await ask(real, `actions/${id}`)).json.version, scripted: '1' });
  let nKeys = 0;
  const decide = async (what, operation, ids, { key = `key-of-a-journey-${nKeys += 1}`, version, ...members } = {}) => {
    const send = (server, of) => ask(server, 'decisions', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key === null ? {} : { 'idempotency-key': key }), ...(server === real && csrf ? { 'x-csrf-token': csrf } : {}) },
      body: JSON.stringify({ operation, items: ids.map((id) => ({ id, version: version ?? versions.get(id)?.[of] ?? '1' })), ...members }),
    });
    const gist = ({ status, json }) => [status, status === 200 ? json.results.map(({ id, outcome }) => [id, outcome]) : json.type];
    compare(what, gist(await send(real, 'real')), gist(await send(scripted, 'scripted')));
  };
  const csrf = (await real.get('session')).csrfToken;
  const [one, two, three, four, five] = pending.map(({ id }) => id);
  await decide('approve one', 'approve', [one]);
  await decide('approve it again', 'approve', [one]);
  await decide('reject two, three and one', 'reject', [two, three, one], { reason: 'duplicate', comment: 'x' });
  await decide('an old version', 'approve', [four], { version: 'old' });
  await decide('nobody', 'approve', ['nobody', four]);
  await decide('the first time with this key', 'approve', [five], { key: 'the-same-key-twice' });
  await decide('the same again', 'approve', [five], { key: 'the-same-key-twice' });
  await decide('the same key for another', 'reject', [five], { key: 'the-same-key-twice' });
  await decide('an id twice', 'approve', [four, four]);
  await decide('no items', 'approve', []);
  await decide('no key', 'approve', [four], { key: null });
  await decide('a short key', 'approve', [four], { key: '1234567' });
  await decide('an unknown operation', 'levitate', [four]);
  await decide('a long comment', 'approve', [four], { comment: 'x'.repeat(4001) });
  await decide('undo what can be', 'undo', done.filter(({ reversible }) => reversible === true).map(({ id }) => id).slice(0, 2));
  await decide('undo what can not', 'undo', done.filter(({ reversible }) => reversible === false).map(({ id }) => id).slice(0, 2));
  await decide('undo what waits', 'undo', [four]);
  await decide('cancel what is done', 'cancel', [done[0].id]);
  assert.ok(differences.length === 0, `${differences.length} answers differ:\n${differences.join('\n')}`);
}, { only: 'chromium' });
