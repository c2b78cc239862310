// What Chromium's own AV1 makes of the same links: two of its pages, through the same relay.

import { launch, open } from './browsers.mjs';

/// A call of so many seconds from one page to another, in the form of browsers.mjs; `camera` is a Y4M file.
export async function baseline(url, link, seconds, camera) {
  const browser = await launch('chromium', { camera });
  try {
    const [sender, receiver] = [await open(browser, url), await open(browser, url)];
    const relay = await sender.evaluate(async (query) => {
      const response = await fetch(`/relays?${query}`, { method: 'POST' });
      return response.json();
    }, new URLSearchParams(link).toString());
    const offer = await sender.evaluate(makeOffer);
    const answer = await receiver.evaluate(makeAnswer, through(offer, relay.far));
    await sender.evaluate(takeAnswer, through(answer, relay.near));
    const recorded = await receiver.evaluate((seconds) => window.record(0, seconds, false), seconds);
    const sent = await sender.evaluate(async () => (await window.calls[0].stats()).outbound);
    return { ...recorded, peer: { frames: sent.framesEncoded, recoveries: null } };
  } finally {
    await browser.end();
  }
}

/// The description with one candidate, the relay's.
function through(sdp, address) {
  const [ip, port] = address.split(':');
  const lines = sdp.split('\r\n').filter((line) => !line.startsWith('a=candidate:'));
  const end = lines.findIndex((line) => line.startsWith('a=ice-ufrag'));
  lines.splice(end, 0, `a=candidate:1 1 udp 2130706431 ${ip} ${port} typ host`);
  return lines.join('\r\n');
}

async function makeOffer() {
  const wanted = { width: 640, height: 360, frameRate: 30 };
  const stream = await navigator.mediaDevices.getUserMedia({ video: wanted });
  const { Call } = await import('/call.js');
  const call = new Call({}, stream);
  window.calls.push(call);
  const { connection } = call;
  call.prefer(connection.addTransceiver(stream.getVideoTracks()[0], { direction: 'sendonly' }));
  await connection.setLocalDescription();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  return connection.localDescription.sdp;
}

async function makeAnswer(sdp) {
  const { Call } = await import('/call.js');
  const call = new Call();
  window.calls.push(call);
  const { connection } = call;
  call.peer = async () => null;
  call.video = document.createElement('video');
  call.video.muted = true;
  document.body.append(call.video);
  connection.addEventListener('connectionstatechange', () => {
    if (connection.connectionState === 'connected') call.connectedAt ??= performance.now();
  });
  connection.addEventListener('track', ({ track }) => {
    call.video.srcObject = new MediaStream([track]);
    call.video.play().catch(() => {});
  });
  await connection.setRemoteDescription({ type: 'offer', sdp });
  await connection.setLocalDescription();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  return connection.localDescription.sdp;
}

async function takeAnswer(sdp) {
  await window.calls[0].connection.setRemoteDescription({ type: 'answer', sdp });
}
