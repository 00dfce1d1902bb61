// The custom element <action-center>: attaches a shadow root, waits for the program, mounts it, takes it down again.
// The build puts in the names of the two files. What is shown here is shown when the program can't run at all.
import init, * as program from "__PROGRAM__";

const ready = typeof WebAssembly === "object"
  ? init({ module_or_path: new URL("__MODULE__", import.meta.url) })
  : Promise.reject(new Error("no WebAssembly"));
ready.catch(() => {});

// The page's own settings are asked for while the program compiles, so that its first request for rows goes out a round
// trip earlier. Kept out of every cache: one build serves every deployment.
let config = document.querySelector("action-center[data-page]") && fetch("config.json", { cache: "no-store", credentials: "same-origin" });
config?.catch(() => {});

const mounted = new Set();
let crash = null;

/** Shows a page that does not depend on the program. Text only. */
function show(root, title, text, detail) {
  const page = document.createElement("main");
  const box = document.createElement("div");
  box.setAttribute("role", "alert");
  box.className = "ac ac--stopped";
  page.append(box);
  const heading = document.createElement("h1");
  heading.textContent = title;
  const words = document.createElement("p");
  words.textContent = text;
  const reload = document.createElement("button");
  reload.textContent = "Reload";
  reload.addEventListener("click", () => location.reload());
  box.append(heading, words);
  if (detail) {
    const report = document.createElement("pre");
    report.textContent = detail;
    const copy = document.createElement("button");
    copy.textContent = "Copy report";
    copy.addEventListener("click", () => navigator.clipboard?.writeText(detail));
    box.append(report, copy);
  }
  box.append(reload);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(":host{display:block}.ac--stopped{max-inline-size:60ch;margin:15vh auto;padding:24px;font:14px/20px system-ui,sans-serif;color-scheme:light dark}h1{font-size:20px}pre{white-space:pre-wrap;overflow-wrap:anywhere;font-size:12px}button{font:inherit;margin-inline-end:8px;padding:4px 12px}");
  root.adoptedStyleSheets = [sheet];
  root.replaceChildren(page);
}

const CRASHED = ["The Action center has stopped", "It met a fault in itself. Decisions that were sent are kept: after Reload the page asks what became of them."];

// The program can't run on after a panic: every element says so, with what to report. No data of rows is in it.
globalThis.__actionCenterCrashed = report => {
  crash = report;
  for (const element of mounted) show(element.shadowRoot, ...CRASHED, report);
};

class ActionCenter extends HTMLElement {
  #generation = 0;
  #handle = null;
  #getToken = null;

  get getToken() { return this.#getToken; }
  /** A function that gives the bearer token, or a promise of it; asked again after a 401. */
  set getToken(value) {
    this.#getToken = value;
    if (this.#handle) this.#restart();
  }

  /** The answer for config.json, once, for the program; a later mount asks anew. */
  takeConfig() {
    const taken = config;
    config = null;
    return taken;
  }

  static observedAttributes = ["api-base", "credentials", "row-budget", "page-size", "poll-seconds", "link-investigation", "link-alert"];
  attributeChangedCallback(name, before, after) {
    if (this.#handle && before !== after) this.#restart();
  }

  connectedCallback() { this.#start(); }
  disconnectedCallback() { this.#stop(); }

  #restart() {
    this.#stop();
    this.#start();
  }

  async #start() {
    const generation = ++this.#generation;
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    try {
      await ready;
    } catch (error) {
      if (generation !== this.#generation) return;
      const isMissing = typeof WebAssembly !== "object";
      show(root, "The Action center can’t start", isMissing
        ? "This browser does not run WebAssembly, or a setting forbids it. Allow it, or open the page in a current browser."
        : "A part of the page could not be loaded. Check the connection, then reload.", isMissing ? "" : String(error?.message ?? error));
      return;
    }
    if (generation !== this.#generation || !this.isConnected) return;
    mounted.add(this);
    if (crash !== null) return show(root, ...CRASHED, crash);
    this.#handle = program.mount(this, root);
  }

  #stop() {
    this.#generation++;
    mounted.delete(this);
    const handle = this.#handle;
    this.#handle = null;
    if (handle && crash === null) handle.unmount();
    this.shadowRoot?.replaceChildren();
  }
}

if (!customElements.get("action-center")) customElements.define("action-center", ActionCenter);
