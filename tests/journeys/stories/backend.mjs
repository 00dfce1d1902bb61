//! The page on the real backend: what the page shows and does is what its API then tells.

import { AT, assert, journey } from '../journey.mjs';

journey('the real backend: what is shown is what it holds', async ({ backend, open }) => {
  const server = await backend({ actions: 300, flags: ['--no-simulator'] });
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
  const server = await backend({ actions: 300, flags: ['--no-simulator'] });
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
