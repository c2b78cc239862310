// What people see: the two pictures, the options, and the numbers of a call as it goes.

import { Call } from './call.js';
import { Plot } from './plots.js';

const INTERVAL = 500;
const element = (id) => document.getElementById(id);
const form = element('options');
const [far, near, state] = ['far', 'near', 'state'].map(element);

const plots = {
  rate: new Plot(element('plots'), 'Rate', 'kbit/s', ['target', 'capacity', 'sent', 'received']),
  delay: new Plot(element('plots'), 'Delay', 'ms', ['queue', 'jitter buffer', 'encoding']),
  frames: new Plot(element('plots'), 'Frames a second', '', ['sent', 'decoded', 'from camera']),
  losses: new Plot(element('plots'), 'Lost and mended', '', ['packets lost', 'sent again', 'recoveries']),
};

const NUMBERS = [
  ['size', 'picture'], ['quantizer', 'quantizer index'], ['layers', 'frames in layers'],
  ['keyFrames', 'key frames'], ['recoveries', 'recovery frames'], ['dropped', 'frames left out'],
  ['framesLost', 'frames lost'], ['requests', 'PLI and FIR'], ['nacks', 'NACKs'],
  ['freezes', 'freezes'], ['frozen', 's frozen'], ['camera', 'camera, kbit/s'],
  ['errors', 'decoding errors'], ['descriptor', 'dependency descriptor'],
];
const numbers = Object.fromEntries(NUMBERS.map(([name, label]) => {
  const box = document.createElement('div');
  const value = document.createElement('b');
  const caption = document.createElement('span');
  value.textContent = '–';
  caption.textContent = label;
  box.append(value, caption);
  element('numbers').append(box);
  return [name, value];
}));

let call = null;
let timer = null;

form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (call) hangUp('not connected');
  else begin().catch((error) => hangUp(error.message, 'failed'));
});
element('withhold').addEventListener('click', () => call?.ask('withhold'));
element('pli').addEventListener('click', () => call?.ask('pli'));
window.addEventListener('pagehide', () => call?.close());

async function begin() {
  const options = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ''));
  if (!options.rate && options.loss === '0' && options.delay === '0') {
    delete options.loss;
    delete options.delay;
  }
  let stream = null;
  if (options.mode === 'mirror') {
    const wanted = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 30 } };
    stream = await navigator.mediaDevices.getUserMedia({ video: wanted });
  }
  near.srcObject = stream;
  element('near-figure').hidden = !stream;
  call = new Call(options, stream);
  element('call').textContent = 'Hang up';
  show('connecting');
  Object.values(plots).forEach((plot) => plot.clear());
  call.addEventListener('track', () => {
    far.srcObject = call.received;
    far.play().catch(() => {});
  });
  call.addEventListener('state', () => {
    const { connectionState } = call?.connection ?? {};
    if (connectionState === 'failed') hangUp('the connection failed', 'failed');
    else if (connectionState) show(connectionState, connectionState);
  });
  await call.open();
  element('withhold').disabled = false;
  element('pli').disabled = !stream;
  let before = null;
  timer = setInterval(async () => {
    const current = call;
    try {
      const [peer, stats] = await Promise.all([current.peer(), current.stats()]);
      if (current !== call) return;
      if (peer.error || peer.state === 'closed') return hangUp(peer.error ?? 'hung up', 'failed');
      if (before) update(before, { peer, stats });
      before = { peer, stats };
    } catch {
      if (current === call) hangUp('the peer is gone', 'failed');
    }
  }, INTERVAL);
}

function hangUp(why, kind) {
  clearInterval(timer);
  call?.close();
  near.srcObject?.getTracks().forEach((track) => track.stop());
  far.srcObject = near.srcObject = null;
  call = null;
  element('call').textContent = 'Call';
  element('withhold').disabled = element('pli').disabled = true;
  show(why, kind);
}

function show(text, kind = '') {
  state.textContent = text;
  state.className = kind;
}

/// What changed from one look to the next.
function update(before, now) {
  const [peer, inbound] = [now.peer, now.stats.inbound ?? {}];
  const [old, oldInbound] = [before.peer, before.stats.inbound ?? {}];
  const seconds = peer.time - old.time;
  if (seconds <= 0) return;
  const rate = (value, earlier) => (value - (earlier ?? 0)) / seconds;
  const kilobits = (value, earlier) => (rate(value, earlier) * 8) / 1000;
  const bytes = (report) => (report.bytesReceived ?? 0) + (report.headerBytesReceived ?? 0);
  const emitted = inbound.jitterBufferEmittedCount - (oldInbound.jitterBufferEmittedCount ?? 0);
  const buffered = inbound.jitterBufferDelay - (oldInbound.jitterBufferDelay ?? 0);
  const capacity = peer.capacity && Math.min(peer.capacity, 2 * peer.target) / 1000;
  plots.rate.add(peer.time, [
    peer.target / 1000, capacity, kilobits(peer.bytes, old.bytes), kilobits(bytes(inbound), bytes(oldInbound)),
  ]);
  plots.delay.add(peer.time, [peer.queue, (1000 * buffered) / emitted, peer.encodeTime]);
  plots.frames.add(peer.time, [
    rate(peer.frames, old.frames), rate(inbound.framesDecoded, oldInbound.framesDecoded),
    peer.received.packets ? rate(peer.received.pictures, old.received.pictures) : null,
  ]);
  plots.losses.add(peer.time, [
    peer.packetsLost - old.packetsLost, peer.resent - old.resent, peer.recoveries - old.recoveries,
  ]);
  const texts = {
    size: `${peer.width}×${peer.height}`,
    quantizer: peer.qindex,
    layers: peer.layers.join(' · '),
    keyFrames: peer.keyFrames,
    recoveries: peer.recoveries,
    dropped: peer.dropped,
    framesLost: peer.framesLost,
    requests: `${peer.pictureLosses} · ${peer.fullIntras}`,
    nacks: peer.nacks,
    freezes: inbound.freezeCount ?? '–',
    frozen: inbound.totalFreezesDuration?.toFixed(1) ?? '–',
    camera: kilobits(peer.received.bytes, old.received.bytes).toFixed(0),
    errors: peer.received.errors,
    descriptor: peer.descriptors ? 'yes' : 'no',
  };
  for (const [name, text] of Object.entries(texts)) numbers[name].textContent = text;
  element('far-size').value = `${far.videoWidth}×${far.videoHeight}, payload type ${peer.payloadType}`;
  element('near-size').value =
    `${near.videoWidth}×${near.videoHeight}, received as ${peer.received.width}×${peer.received.height}`;
}
