// Programs started by hand on loopback and stopped by their process id, whatever happens.

import { execFile, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const running = new Map();

/**
 * Starts a program with its output in `<logs>/<name>.log` and waits until `ready()` is true.
 * Fails with the end of that output when the program ends first or is not ready in time.
 */
export async function start(name, command, args, { logs, ready, env = {}, cwd, seconds = 30 }) {
  const logFile = join(logs, `${name}.log`);
  const log = openSync(logFile, 'a');
  // A process group of its own: Apache stops by ending its whole group, which must not be ours.
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  running.set(child.pid, child);
  let failure = null;
  child.on('error', (error) => { failure = error; });
  child.on('exit', (code, signal) => {
    running.delete(child.pid);
    failure ??= new Error(`${name} ended with ${signal ?? `code ${code}`}`);
  });
  const deadline = Date.now() + seconds * 1000;
  while (!(await ready())) {
    if (Date.now() > deadline) failure ??= new Error(`${name} was not ready within ${seconds} s`);
    if (failure) {
      stop(child);
      throw new Error(`${failure.message}; its output ends with:\n${tail(logFile)}`);
    }
    await sleep(50);
  }
  return { name, child, logFile, stop: () => stopped(child) };
}

/** Whether something answers at `url`, with whatever status. */
export function answers(url) {
  return async () => {
    try {
      await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(2000) });
      return true;
    } catch {
      return false;
    }
  };
}

/** A port that nobody listens on, at this loopback address. */
export async function freePort(host) {
  const server = createServer();
  await new Promise((resolve, reject) => server.listen(0, host, resolve).on('error', reject));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Runs a program to its end; its standard output, or an error with what it complained about. */
export async function run(command, args, options = {}) {
  const { stdout } = await promisify(execFile)(command, args, { maxBuffer: 16 << 20, ...options });
  return stdout;
}

/** Stops everything that is still running. */
export async function stopAll() {
  await Promise.all([...running.values()].map(stopped));
}

/** The last lines of a log. */
export function tail(file, lines = 25) {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
}

async function stopped(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => { child.once('exit', resolve); });
  stop(child);
  const patience = sleep(5000, undefined, { ref: false }).then(() => signal(child, 'SIGKILL'));
  await Promise.race([ended, patience]);
}

function stop(child) {
  signal(child, 'SIGTERM');
}

/** To the whole group, workers and all. */
function signal(child, name) {
  try {
    if (child.pid) process.kill(-child.pid, name);
  } catch {
    // It is gone already.
  }
}

// Last resort: a suite that dies must leave nothing behind.
process.on('exit', () => { for (const child of running.values()) signal(child, 'SIGKILL'); });
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => process.exit(130));
