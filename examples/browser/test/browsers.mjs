// Starts browsers without a screen, and runs calls in their pages.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';

const CHROMIUM = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync',
  '--disable-background-networking', '--disable-component-update', '--mute-audio',
  '--autoplay-policy=no-user-gesture-required',
  // Candidates of addresses rather than names that are looked up by multicast.
  '--disable-features=WebRtcHideLocalIpsWithMdns', '--allow-loopback-in-peer-connection',
  '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream',
  // Pages that nobody looks at are not to be slowed down.
  '--disable-background-timer-throttling', '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
];

const FIREFOX = {
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'media.peerconnection.ice.loopback': true,
  'media.navigator.permission.disabled': true,
  'media.navigator.streams.fake': true,
  'media.autoplay.default': 0,
  'media.autoplay.blocking_policy': 0,
  'media.webrtc.codec.video.av1.enabled': true,
  'media.webrtc.codec.video.av1.experimental_preferred': true,
  'datareporting.policy.dataSubmissionEnabled': false,
  'app.normandy.enabled': false,
  // Pages that nobody looks at are not to be slowed down.
  'dom.min_background_timeout_value': 4,
  'dom.timeout.enable_budget_timer_throttling': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
};

const PLACES = {
  chromium: ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'],
  firefox: ['/usr/bin/firefox-esr', '/usr/bin/firefox'],
};

/// Where a browser is installed; null if it is not.
export function installed(name) {
  return PLACES[name].find((place) => existsSync(place)) ?? null;
}

/// A browser at work; `camera` is a Y4M file that Chromium takes for its camera.
export async function launch(name, { camera } = {}) {
  const profile = mkdtempSync(join(tmpdir(), `rtav1-${name}-`));
  const options = { executablePath: installed(name), headless: true, userDataDir: profile };
  if (name === 'firefox') {
    Object.assign(options, { browser: 'firefox', protocol: 'webDriverBiDi' });
    options.extraPrefsFirefox = FIREFOX;
  } else {
    const file = camera ? [`--use-file-for-fake-video-capture=${camera}`] : [];
    options.args = [...CHROMIUM, ...file];
  }
  const browser = await puppeteer.launch(options);
  browser.end = async () => {
    await browser.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  return browser;
}

/// A page that serves for calls, without the one that people see.
export async function open(browser, url) {
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.log(`page: ${error.message}`));
  await page.goto(new URL('/blank', url).href);
  await page.evaluate(prepare);
  return page;
}

/// In the page: what the tests call.
async function prepare() {
  const { Call } = await import('/call.js');
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  window.calls = [];

  window.begin = async (options) => {
    const video = document.createElement('video');
    video.muted = true;
    document.body.append(video);
    let stream = null;
    if (options.mode === 'mirror') {
      const wanted = { width: 640, height: 360, frameRate: 30 };
      stream = await navigator.mediaDevices.getUserMedia({ video: wanted });
    }
    const call = new Call(options, stream);
    call.video = video;
    call.addEventListener('track', () => {
      video.srcObject = call.received;
      video.play().catch(() => {});
    });
    await call.open();
    window.calls.push(call);
    return window.calls.length - 1;
  };

  window.until = async (test, ms) => {
    const end = performance.now() + ms;
    while (performance.now() < end) {
      if (await test()) return true;
      await pause(50);
    }
    return false;
  };

  /// What getStats told every 100 ms for so many seconds from the connection on, and at the end the peer's numbers.
  window.record = async (index, seconds, compare) => {
    const call = window.calls[index];
    const connected = await window.until(() => call.connectedAt, 15_000);
    if (!connected) return { failed: `not connected: ${call.connection.connectionState}` };
    const samples = [];
    const pictures = [];
    const passed = () => performance.now() - call.connectedAt;
    // Where a page is slowed down there are fewer samples, not a longer call.
    for (let due = 0; due <= seconds * 1000; due = Math.max(due, 100 * Math.floor(passed() / 100)) + 100) {
      await pause(due - passed());
      const [{ inbound, outbound }, peer] = await Promise.all([
        call.stats(), due % 500 === 0 ? call.peer() : null,
      ]);
      const time = (performance.now() - call.connectedAt) / 1000;
      samples.push({ time, inbound: { ...inbound }, outbound: outbound && { ...outbound }, peer });
      if (compare && due % 700 === 600) {
        try {
          pictures.push(await call.compare(call.video, pictures.length % 2 ? 'canvas' : 'frame'));
        } catch (error) {
          pictures.push({ error: error.message });
        }
      }
    }
    return { samples, pictures, peer: await call.peer(), sdp: call.connection.remoteDescription.sdp };
  };
}

/// A call of so many seconds, and what was recorded of it.
export async function call(page, options, seconds, { compare = false, keep = false } = {}) {
  return page.evaluate(
    async (options, seconds, compare, keep) => {
      const index = await window.begin(options);
      const recorded = await window.record(index, seconds, compare);
      if (!keep) window.calls[index].close();
      return { index, ...recorded };
    },
    options, seconds, compare, keep,
  );
}
