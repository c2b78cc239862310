// A call to the peer that serves this page: media, signalling, and the numbers of both ends.

const DESCRIPTOR =
  'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension';

export class Call extends EventTarget {
  /// options: what the peer is asked for, as an object; stream: the camera's, for a mirror.
  constructor(options = {}, stream = null) {
    super();
    this.options = options;
    this.stream = stream;
    this.connection = new RTCPeerConnection();
    this.closed = false;
    this.connectedAt = null;
  }

  /// Connects; `track` events bring the peer's video.
  async open() {
    const { connection } = this;
    connection.addEventListener('connectionstatechange', () => {
      if (connection.connectionState === 'connected') this.connectedAt ??= performance.now();
      this.dispatchEvent(new Event('state'));
    });
    connection.addEventListener('track', ({ track }) => {
      this.received = new MediaStream([track]);
      this.dispatchEvent(new Event('track'));
    });
    this.transceiver = this.addVideo();
    this.prefer(this.transceiver);
    await connection.setLocalDescription();
    await gathered(connection);
    const query = new URLSearchParams(this.options);
    const answer = await post(`/calls?${query}`, connection.localDescription.sdp);
    this.id = answer.id;
    if (this.closed) return this.close();
    await connection.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
  }

  addVideo() {
    const track = this.stream?.getVideoTracks()[0];
    // Both ways even without a camera: Firefox looks for no connection for a video that it only receives.
    const direction = 'sendrecv';
    if (!track) return this.connection.addTransceiver('video', { direction });
    const sendEncodings = [{ scalabilityMode: 'L1T1' }];
    return this.connection.addTransceiver(track, { direction, sendEncodings });
  }

  /// AV1 and its retransmission, and the dependency descriptor where a page can ask for it.
  prefer(transceiver) {
    const { codecs } = RTCRtpReceiver.getCapabilities('video');
    const kept = codecs.filter(({ mimeType }) => /\/(av1|rtx)$/i.test(mimeType));
    if (!kept.some(({ mimeType }) => /av1/i.test(mimeType))) throw Error('no AV1 in this browser');
    transceiver.setCodecPreferences(kept);
    const extensions = transceiver.getHeaderExtensionsToNegotiate?.();
    if (!extensions) return;
    for (const extension of extensions) {
      if (extension.uri === DESCRIPTOR) extension.direction = 'sendrecv';
    }
    transceiver.setHeaderExtensionsToNegotiate(extensions);
  }

  /// The numbers of the stream that is received, as getStats has them.
  async stats() {
    const found = {};
    for (const report of (await this.connection.getStats()).values()) {
      if (report.type === 'inbound-rtp' && report.kind === 'video') found.inbound = report;
      if (report.type === 'outbound-rtp' && report.kind === 'video') found.outbound = report;
      if (report.type === 'candidate-pair' && report.nominated) found.pair = report;
    }
    return found;
  }

  /// The peer's numbers.
  async peer() {
    return (await fetch(`/calls/${this.id}`)).json();
  }

  /// Asks the peer for something: withhold, pli, fir.
  async ask(action) {
    return post(`/calls/${this.id}/${action}`);
  }

  /// How the picture that `video` shows compares with what was sent; for calls with `check`.
  async compare(video, surface) {
    const picture = await luma(video, surface);
    if (!picture) return null;
    const { width, height, samples, by } = picture;
    const compared = await post(`/calls/${this.id}/picture?${width}x${height}`, samples);
    return { ...compared, by, width, height };
  }

  close() {
    this.closed = true;
    this.connection.close();
    if (this.id) navigator.sendBeacon(`/calls/${this.id}/close`);
  }
}

async function post(url, body = '') {
  const response = await fetch(url, { method: 'POST', body });
  const value = await response.json();
  if (!response.ok) throw Error(value.error);
  return value;
}

function gathered(connection) {
  return new Promise((resolve) => {
    const look = () => connection.iceGatheringState === 'complete' && resolve();
    connection.addEventListener('icegatheringstatechange', look);
    look();
  });
}

/// The luma samples of what a video element shows: from the frame itself where its format is a
/// decoder's, or from a canvas, back from RGB by BT.601.
async function luma(video, surface) {
  const { videoWidth: width, videoHeight: height } = video;
  if (!width) return null;
  if (surface !== 'canvas' && 'VideoFrame' in window) {
    const frame = new VideoFrame(video);
    try {
      if (/^(I420|NV12)$/.test(frame.format)) {
        const data = new Uint8Array(frame.allocationSize());
        const [plane] = await frame.copyTo(data);
        const { width, height } = frame.visibleRect;
        const samples = new Uint8Array(width * height);
        for (let y = 0; y < height; y++) {
          const row = plane.offset + y * plane.stride;
          samples.set(data.subarray(row, row + width), y * width);
        }
        return { width, height, samples, by: 'frame' };
      }
    } finally {
      frame.close();
    }
  }
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.drawImage(video, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  const samples = new Uint8Array(width * height);
  for (let at = 0; at < samples.length; at++) {
    const [r, g, b] = [data[4 * at], data[4 * at + 1], data[4 * at + 2]];
    samples[at] = Math.round(16 + (65.481 * r + 128.553 * g + 24.966 * b) / 255);
  }
  return { width, height, samples, by: 'canvas' };
}
