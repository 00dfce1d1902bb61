//! Builders of the contract's rows: `row('a1').pending().file('C:\\a.exe').on('LT-1')`.
//! Times are set relative to the moment of building, far from every boundary that a journey asks about.

const HOUR = 3_600_000;

/** RFC 3339, UTC, `hours` from now; negative is the past. */
export const inHours = (hours) => new Date(Date.now() + hours * HOUR).toISOString();

/** One Action under construction. Every method returns the builder; `json` is the row. */
class Row {
  constructor(id) {
    this.json = {
      id,
      version: '1',
      type: 'quarantineFile',
      status: 'pending',
      entityType: 'file',
      entity: `C:\\Temp\\${id}.exe`,
      createdAt: inHours(-30),
      updatedAt: inHours(-29),
    };
  }

  /** Sets any members; a member that is `undefined` is absent. */
  with(members) {
    Object.assign(this.json, members);
    return this;
  }

  pending(expiresInHours = 72) {
    return this.with({ status: 'pending', expiresAt: inHours(expiresInHours) });
  }

  /** Decided and finished `hoursAgo`, by a person unless told otherwise. */
  history(status = 'completed', hoursAgo = 5, decider = 'Bo Lind', kind = 'user') {
    const decision = { rejected: 'rejected', expired: 'expired' }[status] ?? 'approved';
    return this.with({
      status,
      decision,
      decidedBy: { kind, name: decider },
      createdAt: inHours(-hoursAgo - 24),
      decidedAt: inHours(-hoursAgo - 1),
      startedAt: inHours(-hoursAgo - 0.75),
      endedAt: inHours(-hoursAgo - 0.25),
      updatedAt: inHours(-hoursAgo),
    });
  }

  created(hoursAgo) {
    return this.with({ createdAt: inHours(-hoursAgo), updatedAt: inHours(-hoursAgo) });
  }

  type(type) {
    return this.with({ type });
  }

  entity(entityType, entity) {
    return this.with({ entityType, entity });
  }

  file(path) {
    return this.with({ type: 'quarantineFile', entityType: 'file', entity: path });
  }

  device(name) {
    return this.with({ type: 'isolateDevice', entityType: 'device', entity: name }).on(name);
  }

  mail(subject) {
    return this.with({ type: 'softDeleteEmail', entityType: 'mailMessage', entity: subject }).on('ada@contoso.example', 'mailbox');
  }

  on(name, kind = 'device') {
    return this.with({ asset: { kind, id: `asset-${name}`, name } });
  }

  severity(severity) {
    return this.with({ severity });
  }

  source(source) {
    return this.with({ source });
  }

  investigation(id, title) {
    return this.with({ investigationId: id, investigationTitle: title });
  }

  irreversible() {
    return this.with({ type: 'hardDeleteEmail', entityType: 'mailMessage', reversible: false });
  }

  /** What only `/actions/{id}` tells. */
  detail(members) {
    this.extra = { ...this.extra, ...members };
    return this;
  }
}

export const row = (id) => new Row(id);

/** A pending queue of seven rows that differ in every column, soonest to expire first. */
export const queue = () => [
  row('a1').pending(1).created(160).file('C:\\Users\\ada\\Downloads\\invoice.pdf.exe').on('LT-0001').severity('high').source('automatedDeviceAction')
    .with({ threat: 'Trojan:Win32/Wacatac', approvalId: 'ap-1', reversible: true, impact: { devices: 1 } }).investigation('inv-1', 'Malware on LT-0001'),
  row('a2').pending(5).created(120).device('srv-fin-02').severity('medium').source('attackDisruption')
    .with({ reversible: true, impact: { devices: 1 } }).investigation('inv-2', 'Hands-on keyboard on srv-fin-02'),
  row('a3').pending(30).created(100).mail('Payroll update required').severity('low').source('automatedEmailAction')
    .with({ reversible: true, impact: { mailboxes: 12 } }).investigation('inv-3', 'Phishing campaign'),
  row('a4').pending(50).created(90).irreversible().with({ entity: 'Shared document: bonus', impact: { mailboxes: 40 } }).on('bo@contoso.example', 'mailbox').severity('informational').source('automatedEmailAction'),
  row('a5').pending(70).created(80).type('disableUser').entity('user', 'm.okafor').on('m.okafor', 'user').severity('high').source('attackDisruption').with({ reversible: true }),
  row('a6').pending(90).created(70).type('blockUrl').entity('url', 'https://cdn.example.org/kit.js').severity('medium').source('explorerAction').with({ reversible: true }),
  row('a7').pending(110).created(60).type('containIp').entity('ip', '198.51.100.23').source('advancedHuntingAction').with({ reversible: true }),
];

/** A history of six rows within a week and one that is sixty days old, newest first. */
export const record = () => [
  row('h1').history('completed', 2, 'Bo Lind').file('C:\\Temp\\dropper.exe').on('LT-0001').severity('high').source('automatedDeviceAction').with({ reversible: true, comment: 'Seen on two hosts' }).investigation('inv-1', 'Malware on LT-0001'),
  row('h2').history('rejected', 6, 'Chen Wei').device('srv-db-01').severity('medium').source('attackDisruption'),
  row('h3').history('completed', 20, 'Automation', 'automation').mail('Invoice overdue').severity('low').source('automatedEmailAction').with({ reversible: true }),
  row('h4').history('failed', 40, 'Bo Lind').type('killProcess').entity('process', 'rundll32.exe').on('LT-0002').severity('high').source('automatedDeviceAction'),
  row('h5').history('expired', 60, 'System', 'system').type('blockUrl').entity('url', 'https://login.example.net/').severity('medium').source('explorerAction'),
  row('h6').history('inProgress', 80, 'Chen Wei').type('runAntivirusScan').entity('device', 'lt-0003').on('lt-0003').source('manualDeviceAction').with({ endedAt: undefined }),
  row('h7').history('completed', 60 * 24, 'Bo Lind').file('C:\\Temp\\old.exe').on('LT-0009').severity('low').source('automatedDeviceAction').with({ reversible: true }),
];
