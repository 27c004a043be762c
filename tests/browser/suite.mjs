// The browser suite: the demo's stories in Chromium and Firefox, what real users do to a login,
// what is left of it, and names that want to be scripts. The browsers work side by side.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { stopAll } from '../peers/support/processes.mjs';
import { Report } from '../peers/support/report.mjs';
import { Browser } from './browsers.mjs';
import { checkCanary } from './canary.mjs';
import { startDemo } from './demo.mjs';
import { checkDepartures } from './departures.mjs';
import { Inspection } from './inspection.mjs';
import { checkMishaps } from './mishaps.mjs';
import { checkStories, playStories } from './stories.mjs';

const peers = process.env.PORTNER_PEERS_DIR;
const artifacts = process.env.PORTNER_ARTIFACTS;
const screenshots = join(artifacts, 'screenshots');
mkdirSync(screenshots, { recursive: true });

const whole = new Report();
const browsers = [];
let code = 1;
let demo;
try {
  demo = await startDemo(process.env.PORTNER, artifacts);
  const inChromium = async (report) => {
    const browser = await launch('chromium');
    await checkStories(report, { demo, browser, inspection: new Inspection(peers, screenshots, demo.broker) });
    await checkMishaps(report, { demo, browser });
    await checkDepartures(report, { demo, browser });
    await checkCanary(report, { browser, artifacts });
  };
  const inFirefox = async (report) => {
    const browser = await launch('firefox');
    report.section(`Stories in Firefox ${browser.version}`);
    await playStories(report, { demo, newVisitor: (options) => browser.visitor(options) });
    await checkMishaps(report, { demo, browser });
    await checkDepartures(report, { demo, browser });
  };
  const aside = Report.held();
  const outcomes = await Promise.allSettled([inChromium(whole), inFirefox(aside)]);
  whole.add(aside);
  const broken = outcomes.find(({ status }) => status === 'rejected');
  if (broken) throw broken.reason;
  code = whole.finish();
} catch (error) {
  console.error(error.stack ?? error);
  whole.finish();
} finally {
  await Promise.all(browsers.map((browser) => browser.close()));
  await demo?.stop();
  await stopAll();
}
console.log(`screenshots are in ${screenshots}`);
process.exit(code);

async function launch(name) {
  const browser = await Browser.launch(peers, name);
  browsers.push(browser);
  return browser;
}
