//! Starts the real embedded backend for journeys that end by asking it what it holds. `ACTION_CENTER_BACKEND` names
//! the program.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export class Backend {
  static async start({ dist, actions = 200, seed = 7, flags = [] }) {
    const program = process.env.ACTION_CENTER_BACKEND;
    if (!program) throw new Error('ACTION_CENTER_BACKEND does not name the backend: `cargo build -p action-center-backend` first, then set it to the program');
    const backend = new Backend();
    backend.child = spawn(program, ['--address', '127.0.0.1:0', '--memory', '--dist', dist, ...(actions > 0 ? ['--actions', String(actions), '--seed', String(seed)] : []), ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
    backend.log = '';
    backend.child.stderr.on('data', (data) => { backend.log += data; });
    backend.url = await new Promise((found, fail) => {
      backend.child.once('error', fail);
      backend.child.once('exit', (code) => fail(new Error(`the backend ended with ${code}: ${backend.log}`)));
      const look = (line) => {
        const address = /listening on (http:\S+)/.exec(line)?.[1];
        if (address) found(address.endsWith('/') ? address : `${address}/`);
      };
      createInterface(backend.child.stdout).on('line', look);
      createInterface(backend.child.stderr).on('line', look);
    });
    backend.origin = new URL(backend.url).origin;
    backend.requests = [];
    backend.isFaulty = false;
    backend.intended = new Set();
    return backend;
  }

  /** What the API answers, as JSON. */
  async get(path) {
    const response = await fetch(new URL(`api/v1/${path}`, this.url));
    if (!response.ok) throw new Error(`${path} was answered with ${response.status}`);
    return response.json();
  }

  async close() {
    const ended = new Promise((done) => { this.child.once('exit', done); });
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGTERM');
      await ended;
    }
  }
}
