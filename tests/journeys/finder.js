//! Runs in the page, before its scripts: finds elements of the shadow root by role and accessible name, as assistive
//! technology does, and records what a test can't see from outside. A small part of the accessible-name computation
//! (W3C accname 1.2): aria-labelledby, aria-label, label, legend, content, title, placeholder.
(() => {
  const NATIVE = {
    button: 'button, summary, input[type=button], input[type=submit]', checkbox: 'input[type=checkbox]', radio: 'input[type=radio]',
    searchbox: 'input[type=search]', textbox: 'textarea, input:not([type]), input[type=text]', combobox: 'select', option: 'option', dialog: 'dialog[open]',
    progressbar: 'progress', date: 'input[type=date], input[type=datetime-local]', group: 'fieldset, details', region: 'section', list: 'ul, ol', listitem: 'li', link: 'a[href]',
    heading: 'h1, h2, h3, h4, h5, h6', row: 'tr', columnheader: 'th', gridcell: 'td', status: 'output', table: 'table', main: 'main',
  };
  const NAMED_BY_CONTENT = new Set(['button', 'tab', 'checkbox', 'radio', 'option', 'columnheader', 'gridcell', 'row', 'link', 'heading', 'menuitemradio', 'menuitem']);
  const tidy = (text) => text.replace(/\s+/g, ' ').trim();
  /** The shadow root of the element that is looked at (`finder.element`, the first), or the document where there is none. */
  const top = () => document.querySelectorAll('action-center')[window.finder.element]?.shadowRoot ?? document.body;
  const isHidden = (element) => !element.checkVisibility({ visibilityProperty: true }) || element.closest('[aria-hidden=true], [inert]') !== null;

  function content(element) {
    const label = element.getAttribute('aria-label');
    return label || words(element);
  }

  /** What an element says inside, whatever its own label is. */
  function words(element) {
    if (element.tagName === 'IMG') return element.alt;
    let text = '';
    for (const child of element.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) text += child.data;
      if (child.nodeType !== Node.ELEMENT_NODE) continue;
      if (child.getAttribute('aria-hidden') === 'true' || child.hidden || child.matches('style, script, select, textarea, template')) continue;
      if (child.tagName === 'title' && child.parentElement.tagName === 'svg' && child.parentElement.getAttribute('role') !== 'img') continue;
      const style = getComputedStyle(child);
      if (style.display === 'none' || style.visibility === 'hidden') continue;
      const gap = /^(inline|contents)$/.test(style.display) ? '' : ' ';
      text += gap + content(child) + gap;
    }
    return text;
  }

  function name(element, role) {
    const ids = element.getAttribute('aria-labelledby');
    if (ids) return tidy(ids.split(/\s+/).map((id) => element.getRootNode().getElementById(id)).map((by) => (by ? content(by) : '')).join(' '));
    const label = element.getAttribute('aria-label');
    if (label) return tidy(label);
    if (element.labels?.length) return tidy([...element.labels].map(content).join(' '));
    if (element.tagName === 'FIELDSET') return tidy(element.querySelector(':scope > legend')?.textContent ?? '');
    return (NAMED_BY_CONTENT.has(role) && tidy(content(element))) || element.title || element.placeholder || '';
  }

  function all(role, within = top()) {
    if (!within) return [];
    const natives = (NATIVE[role] ?? '').split(', ').filter(Boolean).map((selector) => `${selector}:not([role])`);
    return [...within.querySelectorAll([`[role~=${role}]`, ...natives].join())].filter((element) => !isHidden(element));
  }

  /** A wanted name arrives as text (the whole name) or as { source, flags } of a pattern. */
  const isNamed = (wanted) => {
    if (wanted === undefined || wanted === null) return () => true;
    if (typeof wanted === 'string') return (text) => text === wanted;
    const pattern = new RegExp(wanted.source, wanted.flags);
    return (text) => pattern.test(text);
  };

  const cellsOf = (row) => [...row.querySelectorAll('[role=gridcell], [role=rowheader], td, th')];
  /** Titles of the columns shown, in order; the column of checkboxes has none. */
  const headers = (grid) => all('columnheader', grid).map((header) => all('button', header).map((button) => name(button, 'button'))[0]);

  /**
   * Walks a path of { role, name } steps; the last step's elements. A step may also ask for `has`, a step that must match inside,
   * or be a cell by its `column` title.
   */
  function walk(path, from = top()) {
    let scopes = [from];
    for (const step of path) {
      const is = isNamed(step.name);
      scopes = scopes.flatMap((scope) => {
        if (step.column === undefined) return all(step.role, scope);
        const at = headers(scope.closest('[role=grid], table')).indexOf(step.column);
        return at < 0 ? [] : cellsOf(scope).slice(at, at + 1);
      }).filter((element) => is(step.name === undefined ? '' : name(element, step.role)) && (!step.has || walk([step.has], element).length > 0));
      scopes = [...new Set(scopes)];
    }
    return scopes;
  }

  const state = (element, role) => ({
    name: name(element, role),
    text: tidy(words(element)),
    letters: tidy(letters(element)),
    raw: element.textContent,
    tag: element.localName,
    value: element.value,
    checked: element.indeterminate ? 'mixed' : element.checked ?? (element.getAttribute('aria-checked') === 'true'),
    disabled: element.disabled === true || element.getAttribute('aria-disabled') === 'true',
    description: tidy([
      ...(element.getAttribute('aria-describedby') ?? '').split(/\s+/).filter(Boolean).map((id) => element.getRootNode().getElementById(id)?.textContent ?? ''),
      element.getAttribute('aria-description') ?? '', element.title ?? '',
    ].join(' ')),
    focused: element.getRootNode().activeElement === element,
    hasFocus: element.matches(':focus-within'),
    selected: element.getAttribute('aria-selected'),
    expanded: element.getAttribute('aria-expanded'),
    sort: element.getAttribute('aria-sort'),
    busy: element.getAttribute('aria-busy'),
    rowcount: element.getAttribute('aria-rowcount'),
    rowindex: element.getAttribute('aria-rowindex'),
    href: element.getAttribute('href'),
    rel: element.getAttribute('rel'),
    target: element.getAttribute('target'),
    option: element.selectedOptions?.[0] ? tidy(element.selectedOptions[0].label) : undefined,
    options: element.options ? [...element.options].map((option) => tidy(option.label)) : undefined,
    modal: element.matches('dialog:modal') || element.getAttribute('aria-modal') === 'true',
  });

  /** The centre of an element where a pointer reaches it, else the reason why it does not. */
  function point(element) {
    let target = element;
    if (target.getBoundingClientRect().width < 4 && target.labels?.length) target = target.labels[0];
    target.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    const box = target.getBoundingClientRect();
    const [x, y] = [box.x + box.width / 2, box.y + Math.min(box.height / 2, 400)];
    let hit = document.elementFromPoint(x, y);
    while (hit?.shadowRoot?.elementFromPoint(x, y) && hit.shadowRoot.elementFromPoint(x, y) !== hit) hit = hit.shadowRoot.elementFromPoint(x, y);
    const reaches = hit && (target.contains(hit) || hit.contains(target) || [...(element.labels ?? [])].some((label) => label.contains(hit)));
    return reaches ? { x, y } : { why: `it is covered by ${hit ? hit.cloneNode(false).outerHTML.slice(0, 200) : 'nothing (outside the window)'}` };
  }

  /** What a cell says, letter by letter: parts of a path that are laid out apart are one word. */
  function letters(element) {
    return [...element.childNodes].map((child) => {
      if (child.nodeType === Node.TEXT_NODE) return child.data;
      const isLeftOut = child.nodeType !== Node.ELEMENT_NODE || child.getAttribute('aria-hidden') === 'true' || child.hidden || child.matches('style, script, svg, title');
      return isLeftOut ? '' : letters(child);
    }).join('');
  }

  /** The rows in the document, cells by column title. */
  function rows() {
    const grid = all('grid')[0];
    if (!grid) return [];
    const titles = headers(grid);
    return all('row', grid).filter((row) => Number(row.getAttribute('aria-rowindex')) > 1).map((row) => {
      const cells = cellsOf(row);
      return {
        index: Number(row.getAttribute('aria-rowindex')) - 2,
        selected: row.getAttribute('aria-selected') === 'true',
        text: tidy(content(row)),
        cells: Object.fromEntries(cells.map((cell, at) => [titles[at] ?? '', tidy(letters(cell))])),
      };
    }).sort((a, b) => a.index - b.index);
  }

  const titles = () => {
    const grid = all('grid')[0];
    return grid ? headers(grid).filter((title) => title !== undefined) : [];
  };

  /** Everything with a role and a name, for the report of a failure. */
  function outline() {
    const roles = ['alert', 'dialog', 'grid', 'status', 'tab', 'region', 'group', 'toolbar', 'list', 'heading', 'button', 'link', 'checkbox', 'radio', 'searchbox', 'textbox', 'combobox', 'progressbar', 'columnheader', 'row', 'menuitemradio'];
    return roles.flatMap((role) => all(role).slice(0, 60).map((element) => {
      const { name: title, text, checked, disabled, focused, option } = state(element, role);
      return `${role} "${title}"${text && text !== title ? ` text "${text.slice(0, 300)}"` : ''}${checked ? ' checked' : ''}${disabled ? ' disabled' : ''}${focused ? ' focused' : ''}${option ? ` = ${option}` : ''}`;
    })).join('\n');
  }

  const clock = Date.now;
  const frame = () => new Promise((done) => { requestAnimationFrame(done); setTimeout(done, 250); });
  /** Looks at each frame until `get` gives something; gives up after a second, so that the driver keeps the clock. */
  async function poll(get) {
    for (const end = performance.now() + 1000; performance.now() < end;) {
      const found = get();
      if (found !== undefined && found !== null && found !== false) return found;
      await frame();
    }
    return null;
  }

  /** Writes down in `said` what live regions and alerts say from now on, with the time by the machine's clock. */
  function listen() {
    const before = new WeakMap();
    const note = (root) => {
      for (const region of root.querySelectorAll('[aria-live], [role=status], [role=alert]')) {
        const text = tidy(region.textContent);
        if (text && before.get(region) !== text) finder.said.push({ text, at: clock() });
        before.set(region, text);
      }
    };
    const attach = Element.prototype.attachShadow;
    Element.prototype.attachShadow = function (init) {
      const root = attach.call(this, init);
      new MutationObserver(() => note(root)).observe(root, { subtree: true, childList: true, characterData: true });
      return root;
    };
  }

  const finder = { listen, said: [], all, name, walk, state, point, rows, titles, outline, frame, poll, top, tidy, content, letters, element: 0, blobs: [], copied: [], downloads: [] };
  window.finder = finder;

  // What leaves the page by other ways than the network.
  const create = URL.createObjectURL;
  URL.createObjectURL = (blob) => {
    if (blob instanceof Blob && !/script/.test(blob.type)) finder.blobs.push(blob);
    return create.call(URL, blob);
  };
  try { delete window.showSaveFilePicker; window.showSaveFilePicker = undefined; } catch { /* not in this browser */ }
  const isDownload = (link) => link?.hasAttribute?.('download') && link.href.startsWith('blob:');
  const click = HTMLAnchorElement.prototype.click;
  HTMLAnchorElement.prototype.click = function () {
    if (isDownload(this)) finder.downloads.push(this.download);
    else click.call(this);
  };
  addEventListener('click', (event) => {
    const link = event.composedPath()[0];
    if (!isDownload(link)) return;
    event.preventDefault();
    finder.downloads.push(link.download);
  }, true);
  if (navigator.clipboard) navigator.clipboard.writeText = async (text) => { finder.copied.push(text); };
  addEventListener('securitypolicyviolation', (event) => console.error(`CSP violation: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
  addEventListener('unhandledrejection', (event) => console.error(`unhandled rejection: ${event.reason}`));
})();
