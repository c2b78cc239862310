// Calls between browsers and the peer, judged by what the browsers tell.
//   node run.mjs --server BINARY --clip Y4M [--full] [--browser NAME]...
// `--full` runs every row of the table three times over 30 s; without it a few, once and shorter.

import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { baseline } from './baseline.mjs';
import { call, installed, launch, open } from './browsers.mjs';
import { fixed, mean, measure } from './measures.mjs';

const { values: args } = parseArgs({
  options: {
    server: { type: 'string' },
    clip: { type: 'string' },
    full: { type: 'boolean', default: false },
    browser: { type: 'string', multiple: true, default: ['chromium', 'firefox'] },
    only: { type: 'string', multiple: true, default: [] },
    rows: { type: 'string', default: '' },
    runs: { type: 'string', default: '' },
    options: { type: 'string', default: '' },
  },
});
const SECONDS = args.full ? 30 : 12;
const extra = Object.fromEntries(new URLSearchParams(args.options));

const LINK = { delay: 50, queue: 300 };
/// kbit/s, loss in %, what the peer is told beforehand, and whether the short run has it.
const ROWS = [
  { rate: 50, loss: 0, short: true },
  { rate: 50, loss: 2 },
  { rate: 100, loss: 0 },
  { rate: 100, loss: 5, short: true },
  { rate: 200, loss: 2 },
  { rate: 50, loss: 0, rating: 42 },
  { rate: 50, loss: 2, rating: 42, short: true },
];

let failures = 0;

function expect(condition, text) {
  if (condition) return;
  failures += 1;
  console.log(`  failed: ${text}`);
}

/// The peer's program, and where it serves.
function serve() {
  return new Promise((resolve, reject) => {
    const child = spawn(args.server, ['--listen', '127.0.0.1:0', '--clip', args.clip], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.on('error', reject);
    child.on('exit', (code) => reject(Error(`the peer ended with ${code}`)));
    let text = '';
    child.stdout.on('data', (data) => {
      text += data;
      const found = text.match(/open (http:\S+)/);
      if (found) resolve({ url: found[1], end: () => child.kill() });
    });
  });
}

/// Without a limit: nothing freezes, nothing is lost, and the pictures are those of our own decoder.
async function loopback(page, name, mode) {
  const options = { ...(mode === 'clip' ? { check: 1 } : { mode }), most: 500, ...extra };
  const recorded = await call(page, options, SECONDS, { compare: mode === 'clip', keep: true });
  if (recorded.failed) return expect(false, `${name} ${mode}: ${recorded.failed}`);
  const numbers = measure(recorded);
  const { received } = recorded.peer;
  const share = numbers.decoded / numbers.sent;
  console.log(
    `${name} ${mode}: ${numbers.decoded} of ${numbers.sent} frames decoded, ` +
      `${numbers.freezes} freezes, ${fixed(numbers.frozen, 2)} s; first fluent second after ` +
      `${fixed(numbers.fluent, 1)} s, jitter buffer ${fixed(numbers.jitterBuffer, 0)} ms, ` +
      `descriptor ${recorded.peer.descriptors}, payload type ${recorded.peer.payloadType}`,
  );
  // The short run leaves room for machines that have other things to do.
  const [least, most] = args.full ? [0.99, 0] : [0.95, 3];
  expect(share >= least, `${name} ${mode}: ${(100 * share).toFixed(1)} % of the frames decoded`);
  expect(numbers.frozen <= most, `${name} ${mode}: ${fixed(numbers.frozen, 2)} s frozen`);
  if (mode === 'clip') comparison(name, numbers);
  else {
    console.log(
      `  received ${received.pictures} pictures of ${received.width}x${received.height}, ` +
        `${received.errors} errors, ${received.skipped} skipped, ` +
        `${received.withDescriptor} of ${received.packets} packets with descriptor`,
    );
    expect(received.errors === 0, `${name}: ${received.errors} decoding errors of ours`);
    expect(received.pictures > 15 * SECONDS, `${name}: ${received.pictures} pictures received`);
    await keyFramesAsked(page, name, recorded.index);
  }
  await lostFrame(page, name, recorded.index);
  await page.evaluate((index) => window.calls[index].close(), recorded.index);
}

function comparison(name, numbers) {
  const ways = numbers.by.filter(({ count }) => count > 0);
  for (const { by, count, difference } of ways) {
    console.log(`  ${count} pictures by ${by}: ${fixed(difference, 3)} dB from our decoder's`);
  }
  console.log(`  PSNR-Y ${fixed(numbers.browser, 2)} dB, ${numbers.equal} bit by bit the same`);
  const count = ways.reduce((sum, way) => sum + way.count, 0);
  expect(count >= SECONDS / 2, `${name}: ${count} pictures compared, ${numbers.unknown} unknown`);
  for (const { by, difference } of ways) {
    expect(Math.abs(difference) <= 0.2, `${name}: ${fixed(difference, 3)} dB apart by ${by}`);
  }
}

/// The browser answers PLI and FIR.
async function keyFramesAsked(page, name, index) {
  for (const kind of ['pli', 'fir']) {
    const answered = await page.evaluate(async (index, kind) => {
      const call = window.calls[index];
      // Browsers make no two key frames in quick succession.
      await new Promise((resolve) => setTimeout(resolve, 700));
      const before = (await call.peer()).received.keyFrames;
      await call.ask(kind);
      return window.until(async () => (await call.peer()).received.keyFrames > before, 5000);
    }, index, kind);
    console.log(`  ${kind} to the browser: ${answered ? 'answered' : 'not answered'}`);
    expect(answered, `${name}: ${kind} not answered`);
  }
}

/// A frame that never left is asked for by PLI, which a key frame answers.
async function lostFrame(page, name, index) {
  const mended = await page.evaluate(async (index) => {
    const call = window.calls[index];
    const before = await call.peer();
    await call.ask('withhold');
    const asked = await window.until(async () => {
      const now = await call.peer();
      return now.pictureLosses + now.fullIntras > before.pictureLosses + before.fullIntras;
    }, 8000);
    const { framesDecoded } = (await call.stats()).inbound;
    const goesOn = await window.until(
      async () => (await call.stats()).inbound.framesDecoded > framesDecoded + 20, 5000);
    return { asked, goesOn, peer: await call.peer() };
  }, index);
  const { pictureLosses, fullIntras, keyFrames } = mended.peer;
  console.log(`  a frame withheld: ${pictureLosses} PLI, ${fullIntras} FIR, ${keyFrames} key frames`);
  expect(mended.asked, `${name}: no request after a frame was withheld`);
  expect(mended.goesOn, `${name}: nothing decoded after a frame was withheld`);
}

async function reconnects(page, name) {
  const times = await page.evaluate(async () => {
    const times = [];
    for (let run = 0; run < 10; run++) {
      const began = performance.now();
      const index = await window.begin({});
      const call = window.calls[index];
      const shown = await window.until(
        async () => (await call.stats()).inbound?.framesDecoded >= 10, 8000);
      times.push(shown ? performance.now() - began : null);
      call.close();
    }
    return times;
  });
  const failed = times.filter((time) => time === null).length;
  const good = times.filter((time) => time !== null);
  console.log(`${name}: ${good.length} of 10 reconnects, ${fixed(mean(good), 0)} ms to 10 frames`);
  expect(failed === 0, `${name}: ${failed} of 10 reconnects failed`);
}

async function twoTabs(browser, url, name) {
  const pages = [await open(browser, url), await open(browser, url)];
  const recorded = await Promise.all(pages.map((page) => call(page, { most: 300 }, 6)));
  for (const one of recorded) {
    if (one.failed) expect(false, `${name}, two tabs: ${one.failed}`);
    else {
      const { decoded, sent } = measure(one);
      console.log(`${name}, two tabs: ${decoded} of ${sent} frames decoded`);
      expect(decoded >= 0.95 * sent, `${name}, two tabs: ${decoded} of ${sent} frames decoded`);
    }
  }
  await Promise.all(pages.map((page) => page.close()));
}

/// A browser that reads descriptors decodes nothing but key frames when they name the wrong frames.
async function control(page, name) {
  const recorded = await call(page, { 'wrong-descriptors': 1 }, 4);
  if (recorded.failed) return expect(false, `${name} control: ${recorded.failed}`);
  const { decoded, sent, keyFrames } = measure(recorded);
  console.log(`${name}, wrong descriptors: ${decoded} of ${sent} frames decoded, ${keyFrames} key`);
  expect(decoded <= keyFrames + 2, `${name}: ${decoded} frames decoded with wrong descriptors`);
}

/// The rows of the table without a peer that is told anything, by Chromium's own sender.
async function comparisons(url) {
  heading();
  for (const { rate, loss } of chosenRows().filter(({ rating }) => !rating)) {
    const recorded = await baseline(url, { ...LINK, rate, loss, seed: 1 }, SECONDS, args.clip);
    if (recorded.failed) expect(false, `Chromium to Chromium: ${recorded.failed}`);
    else row(`Chromium to Chromium, ${rate} kbit/s, ${loss} %`, [measure(recorded)]);
  }
}

function chosenRows() {
  const wanted = args.rows ? args.rows.split(',').map(Number) : null;
  return ROWS.filter((row, index) => (wanted ? wanted.includes(index) : args.full || row.short));
}

function heading() {
  console.log(
    '| link | fluent after | freezes | frozen s | jitter buffer ms | kbit/s | use after 10 s ' +
      '| PLI, key, recovery | PSNR-Y |',
  );
  console.log('|---|---|---|---|---|---|---|---|---|');
}

/// A row of means.
function row(link, measured) {
  const of = (name) => mean(measured.map((numbers) => numbers[name]));
  const fluent = measured.every((numbers) => numbers.fluent !== null) ? of('fluent') : null;
  const counts = ['pli', 'keyFrames', 'recoveries'].map((name) => fixed(of(name), 1)).join(', ');
  const use = of('use') === null ? '–' : `${fixed(100 * of('use'), 0)} %`;
  console.log(
    `| ${link} | ${fixed(fluent, 1)} s | ${fixed(of('freezes'), 1)} | ${fixed(of('frozen'), 2)} | ` +
      `${fixed(of('jitterBuffer'), 0)} | ${fixed(of('rate'), 1)} | ${use} | ${counts} | ` +
      `${fixed(of('browser'), 1)} |`,
  );
  return { fluent, frozen: of('frozen') };
}

async function table(page) {
  const runs = Number(args.runs || (args.full ? 3 : 1));
  heading();
  for (const { rate, loss, rating } of chosenRows()) {
    const measured = [];
    for (let run = 0; run < runs; run++) {
      const options = { ...LINK, rate, loss, seed: run + 1, check: 1, ...extra };
      if (rating) options.rating = rating;
      const recorded = await call(page, options, Math.max(SECONDS, 16), { compare: true });
      if (recorded.failed) expect(false, `${rate} kbit/s: ${recorded.failed}`);
      else measured.push(measure(recorded, { rate }));
    }
    const told = rating ? `, told ${rating}` : '';
    const { fluent, frozen } = row(`${rate} kbit/s, ${loss} %${told}`, measured);
    // Wide of the targets, for machines that have other things to do.
    expect(fluent !== null && fluent <= 6, `${rate} kbit/s, ${loss} %: fluent after ${fixed(fluent, 1)} s`);
    expect(frozen <= 4, `${rate} kbit/s, ${loss} %: ${fixed(frozen, 2)} s frozen`);
  }
}

const chosen = (part) => args.only.length === 0 || args.only.includes(part);
const server = await serve();
try {
  // A comparison, not a test: only where it is asked for.
  if (args.only.includes('baseline')) await comparisons(server.url);
  for (const name of args.browser) {
    if (!installed(name)) {
      console.log(`left out: no ${name} is installed`);
      continue;
    }
    const browser = await launch(name);
    try {
      console.log(`${name}: ${await browser.version()}`);
      const page = await open(browser, server.url);
      if (chosen('clip')) await loopback(page, name, 'clip');
      if (chosen('mirror')) await loopback(page, name, 'mirror');
      if (chosen('reconnects')) await reconnects(page, name);
      if (chosen('tabs')) await twoTabs(browser, server.url, name);
      if (name === 'chromium' && chosen('control')) await control(page, name);
      if (name === 'chromium' && chosen('table')) await table(page);
    } finally {
      await browser.end();
    }
  }
} finally {
  server.end();
}
console.log(failures ? `${failures} failures` : 'all as it should be');
process.exit(failures ? 1 : 0);
