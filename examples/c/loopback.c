/*
 * The whole way within one program: a moving picture is coded, cut into RTP payloads, sent through
 * a network that reorders, duplicates and loses packets, put together again and decoded.
 *
 * Usage: loopback. It prints a summary and returns 0 if everything came out as it should.
 */

#include <rtav1.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 64, HEIGHT = 64, FRAMES = 12, TICKS = 3000, MTU = 160, MAX_PACKETS = 1000 };
enum { BITRATE = 100000, MAX_DELAY = 100 /* ms */, HEADERS = 40 /* bytes of RTP, UDP and IPv4 */ };
enum { PACKET_US = 2000 /* from one packet to the next */ };
enum { LUMA = WIDTH * HEIGHT, CHROMA = (WIDTH / 2) * (HEIGHT / 2) };

static const double LEAST_PSNR = 32.0;

/* What the network carries. */
typedef struct {
    uint8_t bytes[MTU];
    size_t len;
    uint32_t timestamp;
    uint16_t sequence;
    bool marker;
} Packet;

typedef struct {
    unsigned units, losses, pictures, undecoded;
    double least_psnr;
} Received;

static Packet packets[MAX_PACKETS];
static size_t packet_count;

static void fail(const char *what, const char *why) {
    fprintf(stderr, "loopback: %s: %s\n", what, why);
    exit(1);
}

/* A slanted pattern that moves by a sample a frame, with a bright square that moves against it. */
static void draw(unsigned number, uint8_t *luma, uint8_t *u, uint8_t *v) {
    for (unsigned y = 0; y < HEIGHT; y++) {
        for (unsigned x = 0; x < WIDTH; x++) {
            bool square = x + 2 * number >= 40 && x + 2 * number < 56 && y >= 24 && y < 40;
            luma[y * WIDTH + x] = (uint8_t)(square ? 200 : 60 + (2 * x + y + 2 * number) % 64);
        }
    }
    memset(u, 110, CHROMA);
    memset(v, 140, CHROMA);
}

/* Cuts a unit into payloads and puts them, as it were, on the wire. */
static void send_unit(Rtav1Packetizer *packetizer, const Rtav1Unit *unit) {
    Rtav1Payload payload = {.struct_size = sizeof payload};
    if (rtav1_packetizer_packetize(packetizer, unit->data, unit->len, NULL))
        fail("packetize", rtav1_packetizer_error(packetizer));
    for (;;) {
        if (packet_count == MAX_PACKETS) fail("send", "more packets than there is room for");
        Packet *packet = &packets[packet_count];
        if (rtav1_packetizer_next(packetizer, packet->bytes, MTU, &payload))
            fail("packetize", rtav1_packetizer_error(packetizer));
        if (payload.len == 0) break;
        packet->len = payload.len;
        packet->marker = payload.marker != 0;
        packet->timestamp = (uint32_t)unit->timestamp;
        packet->sequence = (uint16_t)(65530 + packet_count); /* it wraps */
        packet_count++;
    }
}

/* Shows what a unit's bits were spent on, and that they reach the other end in time. */
static void show_stats(const Rtav1Unit *unit) {
    const Rtav1FrameStats *stats = unit->frames[0]->stats;
    if (!stats) fail("encode", "the engine says nothing of its frames");
    printf("bits: %u headers, %u modes, %u motion, %u coefficients; %.1f ms on the link\n",
           (unsigned)stats->header_bits, (unsigned)stats->mode_bits, (unsigned)stats->motion_bits,
           (unsigned)stats->coefficient_bits, (double)stats->delay_ms);
    if (stats->delay_ms < 0 || stats->delay_ms > MAX_DELAY) fail("encode", "the link is late");
}

/* Codes the clip; gives the number of bytes. */
static size_t send_clip(void) {
    char message[200];
    static uint8_t luma[LUMA], u[CHROMA], v[CHROMA];
    Rtav1EncoderConfig config;
    Rtav1Encoder *encoder;
    Rtav1PacketLimits limits = {.struct_size = sizeof limits, .max_payload = MTU};
    Rtav1Packetizer *packetizer;
    Rtav1Capabilities capabilities = {.struct_size = sizeof capabilities};
    Rtav1EncodeOutcome outcome = {.struct_size = sizeof outcome};
    char codec[40];
    uint64_t frames = 0;
    size_t bytes = 0;

    if (rtav1_encoder_config_default(&config, sizeof config, WIDTH, HEIGHT, BITRATE))
        fail("encoder", "header and library are of different versions");
    config.max_delay = MAX_DELAY;
    config.packet_overhead = HEADERS;
    config.max_payload = MTU;
    if (rtav1_encoder_new(&config, &encoder, message, sizeof message)) fail("encoder", message);
    if (rtav1_packetizer_new(&limits, &packetizer, message, sizeof message))
        fail("packetizer", message);
    rtav1_encoder_capabilities(encoder, &capabilities);
    if (rtav1_encoder_codec_string(encoder, codec, sizeof codec))
        fail("encoder", rtav1_encoder_error(encoder));
    printf("engine %s, delay of %u frames, %s\n", rtav1_encoder_engine_name(encoder),
           (unsigned)capabilities.delay_frames, codec);

    for (unsigned number = 0; number < FRAMES; number++) {
        Rtav1Frame frame = {.struct_size = sizeof frame,
                            .planes = {luma, u, v},
                            .lengths = {LUMA, CHROMA, CHROMA},
                            .strides = {WIDTH, WIDTH / 2, WIDTH / 2},
                            .timestamp = number * TICKS,
                            .width = WIDTH,
                            .height = HEIGHT,
                            .format = RTAV1_PIXEL_FORMAT_I420};
        draw(number, luma, u, v);
        if (rtav1_encoder_encode(encoder, &frame, NULL, &outcome))
            fail("encode", rtav1_encoder_error(encoder));
        if (outcome.kind == RTAV1_OUTCOME_KIND_UNIT) {
            if (outcome.unit->frames[0]->id != frames++) fail("encode", "a frame has no number");
            bytes += outcome.unit->len;
            show_stats(outcome.unit);
            send_unit(packetizer, outcome.unit);
            rtav1_unit_free(&outcome.unit);
        }
    }
    for (;;) {
        const Rtav1Unit *unit;
        if (rtav1_encoder_flush(encoder, &unit)) fail("flush", rtav1_encoder_error(encoder));
        if (!unit) break;
        bytes += unit->len;
        send_unit(packetizer, unit);
        rtav1_unit_free(&unit);
    }
    rtav1_packetizer_free(&packetizer);
    rtav1_encoder_free(&encoder);
    return bytes;
}

/* PSNR of luma against the picture that was drawn. */
static double psnr(const Rtav1Picture *picture) {
    static uint8_t luma[LUMA], u[CHROMA], v[CHROMA];
    double sum = 0;
    draw((unsigned)(picture->timestamp / TICKS), luma, u, v);
    for (unsigned y = 0; y < HEIGHT; y++) {
        for (unsigned x = 0; x < WIDTH; x++) {
            int there = picture->planes[0][y * picture->strides[0] + x];
            int difference = there - luma[y * WIDTH + x];
            sum += difference * difference;
        }
    }
    return sum == 0 ? 99.0 : 10.0 * log10(255.0 * 255.0 * LUMA / sum);
}

static void show(Rtav1Decoder *decoder, const Rtav1ReceivedUnit *unit, Received *received) {
    const Rtav1Picture *picture;
    received->units++;
    if (rtav1_decoder_decode(decoder, unit->data, unit->len, unit->timestamp, &picture)) {
        received->undecoded++;
        return;
    }
    if (!picture) return;
    if (picture->width != WIDTH || picture->height != HEIGHT || picture->bit_depth != 8
        || picture->layout != RTAV1_CHROMA_LAYOUT_YUV420)
        fail("decode", "another format than was sent");
    double quality = psnr(picture);
    if (received->pictures == 0 || quality < received->least_psnr) received->least_psnr = quality;
    received->pictures++;
    rtav1_picture_free(&picture);
}

static void take_events(Rtav1Depacketizer *depacketizer, Rtav1Decoder *decoder, Received *received) {
    for (;;) {
        const Rtav1Event *event;
        if (rtav1_depacketizer_next_event(depacketizer, &event))
            fail("depacketize", rtav1_depacketizer_error(depacketizer));
        if (!event) return;
        if (event->unit) show(decoder, event->unit, received);
        if (event->loss) received->losses++;
        rtav1_event_free(&event);
    }
}

/* Receives the packets in the order of `order`. */
static Received receive(const size_t *order, size_t count) {
    char message[200];
    Received received = {0};
    Rtav1DepacketizerConfig buffer;
    Rtav1Depacketizer *depacketizer;
    Rtav1DecoderConfig config;
    Rtav1Decoder *decoder;
    if (rtav1_depacketizer_config_default(&buffer, sizeof buffer)
        || rtav1_decoder_config_default(&config, sizeof config))
        fail("receive", "header and library are of different versions");
    if (rtav1_depacketizer_new(&buffer, &depacketizer, message, sizeof message))
        fail("depacketizer", message);
    if (rtav1_decoder_new(&config, &decoder, message, sizeof message)) fail("decoder", message);

    for (size_t at = 0; at < count; at++) {
        const Packet *packet = &packets[order[at]];
        Rtav1RtpPacket arrived = {.struct_size = sizeof arrived,
                                  .payload = packet->bytes,
                                  .payload_len = packet->len,
                                  .timestamp = packet->timestamp,
                                  .sequence = packet->sequence,
                                  .marker = packet->marker};
        if (rtav1_depacketizer_push(depacketizer, &arrived, at * PACKET_US, NULL))
            fail("push", rtav1_depacketizer_error(depacketizer));
        take_events(depacketizer, decoder, &received);
    }
    rtav1_depacketizer_flush(depacketizer);
    take_events(depacketizer, decoder, &received);
    rtav1_decoder_free(&decoder);
    rtav1_depacketizer_free(&depacketizer);
    return received;
}

int main(void) {
    static size_t order[2 * MAX_PACKETS];
    size_t count = 0;

    if (rtav1_abi_version() != RTAV1_ABI_VERSION)
        fail("library", "its interface is not the one of the header");
    size_t bytes = send_clip();
    printf("rtav1 %s: %d frames of %dx%d, %zu bytes, %zu packets\n", rtav1_version(), FRAMES, WIDTH,
           HEIGHT, bytes, packet_count);
    if (packet_count < 4) fail("send", "too few packets to lose one");

    /* Packets come in pairs the wrong way round, and every fifth one twice. */
    order[count++] = 0;
    for (size_t at = 1; at < packet_count; at += 2) {
        if (at + 1 < packet_count) order[count++] = at + 1;
        order[count++] = at;
        if (at % 5 == 0) order[count++] = at;
    }
    Received whole = receive(order, count);
    printf("reordered: %u units, %u losses, %u pictures, least PSNR-Y %.1f dB\n", whole.units,
           whole.losses, whole.pictures, whole.least_psnr);

    /* The packet before the last one does not arrive. */
    count = 0;
    for (size_t at = 0; at < packet_count; at++)
        if (at + 2 != packet_count) order[count++] = at;
    Received torn = receive(order, count);
    printf("one lost: %u units, %u losses, %u pictures, %u not decodable\n", torn.units,
           torn.losses, torn.pictures, torn.undecoded);

    bool good = whole.units == FRAMES && whole.losses == 0 && whole.pictures == FRAMES
                && whole.undecoded == 0 && whole.least_psnr >= LEAST_PSNR && torn.losses > 0
                && torn.units < FRAMES && torn.units >= FRAMES - 2;
    puts(good ? "passed" : "failed");
    return good ? 0 : 1;
}
