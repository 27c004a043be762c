// `portner demo` as a program that can be started, asked and stopped.

import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../peers/support/processes.mjs';

/** Starts the demo on a free port and resolves to what it says about itself: broker, services, users. */
export async function startDemo(program, artifacts) {
  mkdirSync(artifacts, { recursive: true });
  const log = openSync(join(artifacts, 'demo.log'), 'w');
  const port = await freePort('127.0.0.1');
  const child = spawn(program, ['demo', '--json', '--port', String(port)], { stdio: ['ignore', 'pipe', log] });
  closeSync(log);
  const kill = () => child.kill('SIGKILL');
  process.on('exit', kill);
  const ended = new Promise((resolve) => { child.once('exit', resolve); });
  const line = await Promise.race([
    new Promise((resolve) => { createInterface({ input: child.stdout }).once('line', resolve); }),
    ended.then((code) => { throw new Error(`the demo ended with code ${code}; see ${join(artifacts, 'demo.log')}`); }),
    new Promise((_, reject) => { setTimeout(() => reject(new Error('the demo said nothing for 30 s')), 30_000).unref(); }),
  ]);
  child.stdout.resume();
  const stop = async () => {
    child.kill('SIGTERM');
    const patience = setTimeout(kill, 5000);
    await ended;
    clearTimeout(patience);
    process.off('exit', kill);
  };
  return { ...JSON.parse(line), stop };
}
