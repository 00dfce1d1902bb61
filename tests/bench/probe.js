//! Runs in the page, before its scripts and behind the journeys' finder: times a real input event until the second animation
//! frame after what it leads to is there, and watches tasks, frames, files and the memory of WebAssembly.
(() => {
  /** How long anything may take before it counts as missing, ms. */
  const PATIENCE_MILLIS = 120_000;
  /** How long an element may take to be there, ms. */
  const SHORT_PATIENCE_MILLIS = 20_000;
  const FRAME_MILLIS = 1000 / 60;

  const frame = () => new Promise((done) => { requestAnimationFrame(done); });
  const grid = () => window.finder.top()?.querySelector('[role=grid]');
  const nRows = () => Number(grid()?.getAttribute('aria-rowcount') ?? 0) - 1;
  const rowAt = (position) => grid()?.querySelector(`[role=row][aria-rowindex="${position + 2}"]:not([hidden])`);
  const entityAt = (position) => rowAt(position)?.querySelector('[aria-label^="Select "]')?.getAttribute('aria-label').slice('Select '.length);
  const isInSight = (row) => {
    const [box, around] = [row.getBoundingClientRect(), grid().getBoundingClientRect()];
    return box.top >= around.top - 1 && box.bottom <= around.bottom + 1 && row.textContent !== '';
  };

  /** Whether the page shows what is wanted: `rows` match, all are loaded, `first` is on top, the row at `last` in sight, `text` in the search box. */
  function shows(wanted) {
    if (wanted.any && !rowAt(0)?.textContent) return false;
    if (wanted.rows !== undefined && nRows() !== wanted.rows) return false;
    if (wanted.loaded && window.finder.top().querySelector('progress')) return false;
    if (wanted.first !== undefined && entityAt(0) !== wanted.first) return false;
    if (wanted.text !== undefined && window.finder.all('searchbox')[0]?.value !== wanted.text) return false;
    if (wanted.last !== undefined) {
      const row = rowAt(wanted.last);
      if (!row || !isInSight(row)) return false;
    }
    return true;
  }

  /** The second animation frame after the page shows what is wanted. */
  async function settled(wanted) {
    const end = performance.now() + PATIENCE_MILLIS;
    do {
      await frame();
      if (performance.now() > end) throw new Error(`wanted ${JSON.stringify(wanted)}, there are ${nRows()} rows, the first is ${entityAt(0)}`);
    } while (!shows(wanted));
    await frame();
    return performance.now();
  }

  const tasks = [];
  const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries()));
  observer.observe({ type: 'longtask', buffered: true });
  /** The longest task since a time, ms; 0 where none took 50 ms. */
  async function longestSince(start) {
    await new Promise((done) => { setTimeout(done, 100); });
    tasks.push(...observer.takeRecords());
    return Math.max(0, ...tasks.filter((task) => task.startTime + task.duration > start).map((task) => task.duration));
  }

  const memories = new Set();
  const note = (instance) => { for (const part of Object.values(instance.exports)) if (part instanceof WebAssembly.Memory) memories.add(part); };
  for (const name of ['instantiate', 'instantiateStreaming']) {
    const original = WebAssembly[name];
    WebAssembly[name] = async (...given) => {
      const made = await original.apply(WebAssembly, given);
      note(made.instance ?? made);
      return made;
    };
  }

  let onFile = () => {};
  const create = URL.createObjectURL;
  URL.createObjectURL = (blob) => {
    onFile({ at: performance.now(), blob });
    return create.call(URL, blob);
  };

  /** Records below the header; a line break inside quotes ends none. */
  async function countRecords(blob) {
    let [n, isQuoted] = [-1, false];
    const reader = blob.stream().getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return n;
      for (const byte of value) {
        if (byte === 34) isQuoted = !isQuoted;
        else if (byte === 10 && !isQuoted) n += 1;
      }
    }
  }

  const arrival = (wanted) => settled(wanted).then((at) => ({ millis: at }), (error) => ({ error: error.message }));

  const bench = {
    settled,
    /** Where a pointer reaches the element at the end of a path, once it is there; else the reason why not. */
    async point(path) {
      const end = performance.now() + SHORT_PATIENCE_MILLIS;
      for (;;) {
        const [element] = window.finder.walk(path);
        const found = element ? window.finder.point(element) : { why: 'there is none' };
        if (!found.why || performance.now() > end) return found;
        await frame();
      }
    },
    /** Follows a load from the start of the navigation. */
    follow(nWanted) {
      bench.first = arrival({ any: true });
      bench.all = arrival({ rows: nWanted, loaded: true });
    },
    /** Gets ready to time the next event of a kind; `collect` gives what came of it. */
    arm(type, wanted) {
      bench.timed = new Promise((done) => {
        addEventListener(type, (event) => settled(wanted).then(
          async (at) => done({ millis: at - event.timeStamp, block: await longestSince(event.timeStamp) }),
          (error) => done({ error: error.message }),
        ), { capture: true, once: true });
      });
    },
    armFile() {
      bench.timed = new Promise((done) => {
        addEventListener('click', (event) => {
          onFile = async ({ at, blob }) => {
            onFile = () => {};
            done({ millis: at - event.timeStamp, block: await longestSince(event.timeStamp), nRecords: await countRecords(blob), nBytes: blob.size });
          };
        }, { capture: true, once: true });
      });
    },
    collect: () => bench.timed,
    loadBlock: () => longestSince(0),
    /** Two frames of an idle page: what no action can be faster than, ms. */
    async floor() {
      const start = performance.now();
      await frame();
      await frame();
      return performance.now() - start;
    },
    wasmBytes: () => [...memories].reduce((sum, memory) => sum + memory.buffer.byteLength, 0),
    /** The page's memory as the browser counts it (without that of WebAssembly), or none where it can't. */
    async pageBytes() {
      if (!crossOriginIsolated || !performance.measureUserAgentSpecificMemory) return null;
      return (await performance.measureUserAgentSpecificMemory()).bytes;
    },
    /** Watches frames until told to stop: how many were dropped, in how many no row was in the middle. */
    watchFrames() {
      const box = grid().getBoundingClientRect();
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      const start = performance.now();
      let [last, n, nDropped, nBlank, isOn] = [start, 0, 0, 0, true];
      const firstSeen = () => [...grid().querySelectorAll('[role=row]:not([hidden])')].filter((row) => Number(row.getAttribute('aria-rowindex')) > 1 && isInSight(row))
        .reduce((least, row) => Math.min(least, Number(row.getAttribute('aria-rowindex')) - 2), Infinity);
      (async () => {
        while (isOn) {
          await frame();
          const now = performance.now();
          nDropped += Math.max(0, Math.round((now - last) / FRAME_MILLIS) - 1);
          n += 1;
          last = now;
          if (!grid().getRootNode().elementFromPoint(x, y)?.closest('[role=row]')) nBlank += 1;
        }
      })();
      bench.stopFrames = async () => {
        isOn = false;
        const millis = last - start;
        return { n, nDropped, nBlank, millis, firstSeen: firstSeen(), block: await longestSince(start) };
      };
    },
  };
  window.bench = bench;
})();
