// What a recorded call was worth.

const FLUENT = 24;

/// Numbers of a call; rates in kbit/s, times in seconds but for the jitter buffer's in ms.
export function measure({ samples, pictures, peer }, link = {}) {
  const last = samples.at(-1).inbound;
  const first = samples[0].inbound;
  const bytes = (report) => (report.bytesReceived ?? 0) + (report.headerBytesReceived ?? 0);
  const seconds = samples.at(-1).time - samples[0].time;
  const compared = pictures.filter((picture) => picture && !picture.error);
  return {
    fluent: fluent(samples),
    decoded: last.framesDecoded ?? 0,
    received: last.framesReceived ?? 0,
    dropped: last.framesDropped ?? 0,
    sent: peer.frames,
    freezes: last.freezeCount ?? 0,
    frozen: last.totalFreezesDuration ?? 0,
    jitterBuffer: (1000 * (last.jitterBufferDelay ?? 0)) / (last.jitterBufferEmittedCount || 1),
    rate: ((bytes(last) - bytes(first)) * 8) / 1000 / seconds,
    use: use(samples, link),
    pli: last.pliCount ?? 0,
    keyFrames: last.keyFramesDecoded ?? 0,
    recoveries: peer.recoveries,
    packetsLost: last.packetsLost,
    browser: mean(compared.map(({ browser }) => browser)),
    decoder: mean(compared.map(({ decoder }) => decoder)),
    // Bit by bit the same where the frame itself was read.
    equal: compared.filter(({ between }) => between >= 99).length,
    by: ['frame', 'canvas'].map((by) => {
      const these = compared.filter((picture) => picture.by === by);
      const difference = mean(these.map(({ browser, decoder }) => browser - decoder));
      return { by, count: these.length, difference };
    }),
    unknown: pictures.length - compared.length,
  };
}

/// The start of the first second in which so many frames were decoded, after the connection.
function fluent(samples) {
  for (const { time, inbound } of samples) {
    const later = samples.find((other) => other.time >= time + 1);
    if (!later) return null;
    const frames = (later.inbound.framesDecoded ?? 0) - (inbound.framesDecoded ?? 0);
    if (frames / (later.time - time) >= FLUENT) return time;
  }
  return null;
}

/// Share of the link that the peer's packets took, from 10 s on.
function use(samples, { rate }) {
  const told = samples.filter(({ time, peer }) => peer && time >= 10);
  if (!rate || told.length < 2) return null;
  const [first, last] = [told[0].peer, told.at(-1).peer];
  return ((last.bytes - first.bytes) * 8) / 1000 / (last.time - first.time) / rate;
}

export function mean(values) {
  const numbers = values.filter((value) => Number.isFinite(value));
  return numbers.length ? numbers.reduce((sum, value) => sum + value, 0) / numbers.length : null;
}

export const fixed = (value, digits) => (value == null ? '–' : value.toFixed(digits));
