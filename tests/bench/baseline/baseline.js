//! What a page without a framework does about the same table: the rows as an array of objects, JSON.parse, Array's filter
//! and sort, a list of divs for the rows in sight, the file in one go. Simple, and nothing in it is slow on purpose.

const ROW_HEIGHT = 36;
/** The browser keeps scroll offsets in 24 bits to the pixel; higher lists share the pixels out. In CSS pixels. */
const MAX_HEIGHT = 15_000_000;
const FIRST_PAGE = 200;
const PAGE = 10_000;
const SHOWN = ['updatedAt', 'type', 'entity', 'entityType', 'asset', 'decision', 'decidedBy', 'source', 'status', 'investigationTitle', 'severity', 'createdAt'];
const ALL = [...SHOWN, 'threat', 'comment', 'decidedAt', 'startedAt', 'endedAt', 'reversible', 'approvalId', 'investigationId', 'id'];
const SEARCHED = ['entity', 'type', 'asset', 'investigationId', 'investigationTitle', 'id', 'approvalId', 'threat', 'decidedBy', 'comment'];
const TITLES = { updatedAt: 'Action update time', type: 'Action type', entity: 'Entity', entityType: 'Entity type', asset: 'Asset', decision: 'Decision', decidedBy: 'Decided by', source: 'Action source', status: 'Status', investigationTitle: 'Investigation', severity: 'Severity', createdAt: 'Created' };
const FACETS = { status: 'Status', type: 'Action type', severity: 'Severity' };
const TIMES = new Set(['updatedAt', 'createdAt', 'decidedAt', 'startedAt', 'endedAt']);

const find = (selector) => document.querySelector(selector);
const [grid, layer, spacer, search] = ['#grid', '#layer', '#spacer', '[type=search]'].map(find);
const shownTime = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
const rows = [];
let shown = rows;
let sort = { member: 'updatedAt', isDescending: true };
const wanted = { status: new Set(), type: new Set(), severity: new Set() };

const value = (row, member) => {
  const found = row[member];
  return typeof found === 'object' && found !== null ? found.name : found;
};
const humanise = (word) => (word ? word[0].toUpperCase() + word.slice(1).replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`) : '–');

async function load() {
  let cursor = null;
  do {
    const limit = cursor === null ? FIRST_PAGE : PAGE;
    const response = await fetch(`api/v1/actions?view=history&limit=${limit}${cursor === null ? '' : `&cursor=${cursor}`}`);
    const page = await response.json();
    for (const row of page.items) {
      row.text = SEARCHED.map((member) => value(row, member) ?? '').join('\n').toLowerCase();
      rows.push(row);
    }
    cursor = page.nextCursor ?? null;
    find('progress').value = rows.length / page.total;
    show();
  } while (cursor !== null);
  find('progress').remove();
  evaluate();
}

function evaluate() {
  const terms = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const filters = Object.entries(wanted).filter(([, values]) => values.size > 0);
  const found = rows.filter((row) => terms.every((term) => row.text.includes(term)));
  const passes = (row, but) => filters.every(([member, values]) => member === but || values.has(row[member]));
  if (!find('#filters').hidden) for (const member of Object.keys(FACETS)) count(member, found.filter((row) => passes(row, member)));
  shown = found.filter((row) => passes(row));
  if (sort.member !== 'updatedAt' || !sort.isDescending) {
    const keyed = shown.map((row) => ({ row, key: value(row, sort.member)?.toString().toLowerCase() }));
    keyed.sort((a, b) => {
      if (a.key === undefined || b.key === undefined) return (a.key === undefined) - (b.key === undefined);
      const order = a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
      return (sort.isDescending ? -order : order) || (a.row.id < b.row.id ? -1 : 1);
    });
    shown = keyed.map(({ row }) => row);
  }
  grid.scrollTop = 0;
  show();
}

function count(member, found) {
  const counts = new Map();
  for (const row of found) counts.set(row[member], (counts.get(row[member]) ?? 0) + 1);
  const group = find(`[data-facet=${member}]`);
  group.replaceChildren(...[...counts].sort((a, b) => b[1] - a[1]).map(([word, n]) => {
    const label = document.createElement('label');
    const box = document.createElement('input');
    box.type = 'checkbox';
    box.checked = wanted[member].has(word);
    box.setAttribute('aria-label', `${humanise(word)}, ${n.toLocaleString('en-US')}`);
    box.onchange = () => {
      if (box.checked) wanted[member].add(word);
      else wanted[member].delete(word);
      evaluate();
    };
    label.append(box, `${humanise(word)} ${n.toLocaleString('en-US')}`);
    return label;
  }));
}

/** Draws the rows in sight into divs that are used again. */
function show() {
  const height = shown.length * ROW_HEIGHT;
  const view = grid.clientHeight - 32;
  const held = Math.min(height, MAX_HEIGHT);
  spacer.style.height = `${held}px`;
  grid.setAttribute('aria-rowcount', shown.length + 1);
  const [most, mostHeld] = [Math.max(0, height - view), Math.max(0, held - view)];
  const top = grid.scrollTop >= mostHeld - 1 ? most : (grid.scrollTop * most) / mostHeld;
  const first = Math.floor(top / ROW_HEIGHT);
  const n = Math.ceil(view / ROW_HEIGHT) + 1;
  while (layer.childElementCount < n) layer.append(newRow());
  for (const [at, element] of [...layer.children].entries()) {
    const row = at < n ? shown[first + at] : undefined;
    element.hidden = row === undefined;
    if (row === undefined) continue;
    element.setAttribute('aria-rowindex', first + at + 2);
    element.style.transform = `translateY(${(first + at) * ROW_HEIGHT - top}px)`;
    element.firstChild.firstChild.setAttribute('aria-label', `Select ${row.entity}`);
    for (const [column, member] of SHOWN.entries()) {
      const found = value(row, member);
      const text = TIMES.has(member) ? shownTime.format(new Date(found)) : ['entity', 'asset', 'decidedBy', 'investigationTitle'].includes(member) ? found ?? '–' : humanise(found);
      element.children[column + 1].textContent = text;
    }
  }
}

function newRow() {
  const element = document.createElement('div');
  element.setAttribute('role', 'row');
  for (let at = 0; at <= SHOWN.length; at += 1) {
    const cell = document.createElement('div');
    cell.setAttribute('role', 'gridcell');
    element.append(cell);
  }
  const box = document.createElement('input');
  box.type = 'checkbox';
  element.firstChild.append(box);
  return element;
}

function exportAll() {
  const members = find('#all-columns').checked ? ALL : SHOWN;
  const cell = (found) => {
    if (found === undefined || found === null) return '';
    let text = String(found);
    if (/^[=+\-@\t\r]/.test(text)) text = `'${text}`;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const pieces = [`\uFEFF${members.map((member) => TITLES[member] ?? member).join(',')}\r\n`];
  for (const row of shown) pieces.push(`${members.map((member) => cell(value(row, member))).join(',')}\r\n`);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob(pieces, { type: 'text/csv;charset=utf-8' }));
  link.download = 'history.csv';
  link.click();
}

for (const [at, member] of [null, ...SHOWN].entries()) {
  const header = document.createElement('div');
  header.setAttribute('role', 'columnheader');
  if (at > 0) {
    const button = document.createElement('button');
    button.textContent = TITLES[member];
    button.onclick = () => {
      sort = { member, isDescending: sort.member === member && !sort.isDescending };
      evaluate();
    };
    header.append(button);
  }
  find('#head').append(header);
}
for (const [member, title] of Object.entries(FACETS)) {
  const group = document.createElement('fieldset');
  group.setAttribute('aria-label', title);
  group.dataset.facet = member;
  find('#filters').append(group);
}
find('#filters-button').onclick = () => {
  find('#filters').hidden = !find('#filters').hidden;
  evaluate();
};
find('#clear').onclick = () => {
  for (const values of Object.values(wanted)) values.clear();
  search.value = '';
  evaluate();
};
search.oninput = evaluate;
search.onkeydown = (event) => {
  if (event.key === 'ArrowDown') grid.focus();
};
grid.onscroll = show;
grid.onkeydown = (event) => {
  if (event.key !== 'End') return;
  event.preventDefault();
  grid.scrollTop = grid.scrollHeight;
  show();
};
find('#export-button').onclick = () => find('dialog').showModal();
find('#export').onclick = () => {
  exportAll();
  find('dialog').close();
};
await load();
