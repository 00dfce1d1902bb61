//! Deterministic actions of the contract, some 590 bytes of JSON each, and what is true of them: row `i` depends on `i` and
//! the number of rows alone, but for the time that counts as now. The rows come newest update first.

const DAY_MILLIS = 86_400_000;
/** Over how long the updates are spread evenly, ms. */
const SPAN_MILLIS = 170 * DAY_MILLIS;
/** The newest update is this old, so that nobody who asks for what changed since the start gets it again, ms. */
const REST_MILLIS = 60_000;

/** What is typed letter by letter. */
export const TYPED = 'powershell';
/** The facet value that is clicked. */
export const FACET = { group: 'Severity', value: 'High', member: 'severity', word: 'high' };

/** Names of files: each letter of what is typed leaves fewer of them. */
const STEMS = [
  'powershell', 'powershell', 'powershelf', 'powershed', 'powershare', 'powersuite', 'powerpoint', 'powelite', 'powder', 'portal', 'picture', 'invoice',
  'svchost', 'rundll32', 'update', 'setup', 'chrome', 'report', 'loader', 'dropper', 'scan', 'backup', 'notes', 'regsvr32',
];
const PEOPLE = ['Ada Berg', 'Bo Lind', 'Chen Wei', 'Dana Ortiz', 'Emre Kaya', 'Femi Okafor', 'Greta Holm', 'Hana Sato'];
const THREATS = ['Trojan:Win32/Wacatac.B!ml', 'Ransom:Win32/LockBit.HA', 'Backdoor:MSIL/AsyncRat', 'HackTool:Win32/Mimikatz', 'Phish:HTML/CredTheft'];
const TITLES = ['Suspicious command line', 'Malware on one device', 'Phishing campaign', 'Hands-on-keyboard attack'];
const COMMENTS = ['Seen on two hosts, confirmed with the owner', 'Confirmed by the device owner, nothing else touched', 'Matches the open incident'];
const SEVERITIES = ['informational', 'low', 'low', 'medium', 'medium', 'medium', 'high'];
const STATUSES = ['completed', 'completed', 'completed', 'completed', 'failed', 'rejected', 'expired', 'undone', 'inProgress', 'timedOut'];

/** The kinds of things that are acted on: types of action, source, and the entity's text. */
const KINDS = [
  { entityType: 'file', types: ['quarantineFile'], source: 'automatedDeviceAction', entity: (pick, n) => `C:\\Users\\u${n % 9000}\\Temp\\${pick(STEMS)}-${n}.exe` },
  { entityType: 'file', types: ['quarantineFile', 'requestSample'], source: 'manualDeviceAction', entity: (pick, n) => `C:\\ProgramData\\${pick(STEMS)}\\${pick(STEMS)}-${n}.dll` },
  { entityType: 'process', types: ['killProcess'], source: 'automatedDeviceAction', entity: (pick, n) => `${pick(STEMS)}.exe (${n % 65_536})` },
  { entityType: 'mailMessage', types: ['softDeleteEmail', 'quarantineEmail', 'hardDeleteEmail'], source: 'automatedEmailAction', entity: (pick, n) => `Your ${pick(STEMS)} no. ${n} is overdue` },
  { entityType: 'url', types: ['blockUrl'], source: 'explorerAction', entity: (pick, n) => `https://cdn${n % 997}.example.net/${pick(STEMS)}/${n}` },
  { entityType: 'ip', types: ['containIp'], source: 'attackDisruption', entity: (_, n) => `198.51.${n % 256}.${(n >>> 8) % 256}` },
  { entityType: 'device', types: ['isolateDevice', 'runAntivirusScan', 'collectInvestigationPackage'], source: 'attackDisruption', entity: (_, n) => `LT-${String(n % 20_000).padStart(5, '0')}` },
];

/** Bits that follow from a number alone (the finaliser of MurmurHash3). */
function mix(number) {
  let bits = (number + 0x9e3779b9) | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

const hex = (number) => number.toString(16).padStart(8, '0');

/** Row `i` of `nRows`, as of `nowMillis`. */
export function action(i, nRows, nowMillis) {
  let step = 0;
  const draw = () => mix(Math.imul(i, 31) + (step += 1) * 0x2545f491);
  const pick = (list) => list[draw() % list.length];
  const kind = pick(KINDS);
  const updated = nowMillis - REST_MILLIS - Math.floor((i * SPAN_MILLIS) / nRows);
  const created = updated - (draw() % (25 * 3_600_000));
  const decided = created + Math.floor((updated - created) * 0.6);
  const at = (millis) => new Date(millis).toISOString();
  const status = pick(STATUSES);
  const isByPerson = draw() % 3 > 0;
  const investigation = mix(i >> 3);
  const row = {
    id: `act-${hex(mix(i))}`,
    version: String(1 + (draw() % 4)),
    approvalId: `ask-${hex(mix(i >> 1))}`,
    investigationId: `inv-${hex(investigation)}`,
    investigationTitle: TITLES[investigation % TITLES.length],
    type: pick(kind.types),
    status,
    entityType: kind.entityType,
    entity: kind.entity(pick, draw()),
    asset: { kind: 'device', name: `LT-${String(draw() % 20_000).padStart(5, '0')}` },
    severity: pick(SEVERITIES),
    source: kind.source,
    reversible: draw() % 2 === 0,
    createdAt: at(created),
    updatedAt: at(updated),
  };
  if (status !== 'inProgress') {
    row.decision = { rejected: 'rejected', expired: 'expired' }[status] ?? 'approved';
    row.decidedBy = isByPerson ? { kind: 'user', name: pick(PEOPLE) } : { kind: 'automation', name: 'Automation' };
    row.decidedAt = at(decided);
  }
  if (row.decision === 'approved') {
    row.startedAt = at(decided + 1000);
    row.endedAt = at(updated);
  }
  if (draw() % 3 === 0) row.threat = pick(THREATS);
  if (draw() % 4 === 0) row.comment = pick(COMMENTS);
  return row;
}

/** What the contract searches, folded. */
const searched = (row) => [row.entity, row.type, row.asset.name, row.investigationId, row.investigationTitle, row.id, row.approvalId, row.threat, row.decidedBy?.name, row.comment]
  .join('\n').toLowerCase();

/**
 * All rows serialised one behind the other with commas between, where each begins, and the truth that the pages are held
 * against: matches of the facet and of each prefix of what is typed, the first rows of the two sorts.
 */
export function generate(nRows, nowMillis) {
  let bytes = Buffer.allocUnsafe(Math.max(1024, nRows * 640));
  const starts = new Float64Array(nRows + 1);
  const updated = new Float64Array(nRows);
  const nTyped = new Array(TYPED.length).fill(0);
  let nFacet = 0;
  let firstByText = null;
  let firstByTime = null;
  let end = 0;
  for (let i = 0; i < nRows; i += 1) {
    const row = action(i, nRows, nowMillis);
    const json = JSON.stringify(row);
    if (end + json.length + 1 > bytes.length) bytes = Buffer.concat([bytes], Math.ceil(bytes.length * 1.25));
    starts[i] = end;
    // The texts are ASCII, so that a character is a byte.
    end += bytes.latin1Write(json, end);
    bytes[end] = 44;
    end += 1;
    updated[i] = Date.parse(row.updatedAt);
    const text = searched(row);
    for (let length = 1; length <= TYPED.length && text.includes(TYPED.slice(0, length)); length += 1) nTyped[length - 1] += 1;
    if (row[FACET.member] === FACET.word) nFacet += 1;
    const entity = row.entity.toLowerCase();
    if (firstByText === null || entity < firstByText.key) firstByText = { key: entity, entity: row.entity };
    if (firstByTime === null || row.createdAt < firstByTime.key) firstByTime = { key: row.createdAt, entity: row.entity };
  }
  starts[nRows] = end;
  return { bytes, starts, updated, truth: { nRows, nBytes: end, nTyped, nFacet, firstByText: firstByText?.entity, firstByTime: firstByTime?.entity } };
}
