// The browser suite: the demo's stories in Chromium, then what real users do to a login.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Report } from '../peers/support/report.mjs';
import { startDemo } from './demo.mjs';
import { Inspection } from './inspection.mjs';
import { checkMishaps } from './mishaps.mjs';
import { checkStories } from './stories.mjs';

const peers = process.env.PORTNER_PEERS_DIR;
const artifacts = process.env.PORTNER_ARTIFACTS;
const screenshots = join(artifacts, 'screenshots');
mkdirSync(screenshots, { recursive: true });

const { chromium } = await import(pathToFileURL(join(peers, 'node_modules/playwright-core/index.mjs')).href);
const report = new Report();
let code = 1;
let demo;
let browser;
try {
  demo = await startDemo(process.env.PORTNER, artifacts);
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  const inspection = new Inspection(peers, screenshots);
  await checkStories(report, { demo, browser, inspection });
  await checkMishaps(report, { demo, browser });
  code = report.finish();
} catch (error) {
  console.error(error.stack ?? error);
  report.finish();
} finally {
  await browser?.close();
  await demo?.stop();
}
console.log(`screenshots are in ${screenshots}`);
process.exit(code);
