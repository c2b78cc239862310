/*
 * rtav1: AV1 for real-time calls. Generated from the sources in src/capi; do not edit.
 *
 * Calls. All but those that free or give a string return an Rtav1Status, 0 for success. A call
 * that fails changes nothing, unless its text says otherwise, and leaves null or zeros in its
 * outputs if it came so far. What exactly was wrong is said by the ..._error function of the
 * handle, or in the `message` buffer where there is no handle.
 *
 * Structs of the caller begin with `struct_size`, which the caller sets to the size it was
 * compiled with, for example
 *     Rtav1Frame frame = { .struct_size = sizeof frame, .width = 640, ... };
 * or lets ..._default set. Flags in them are integers, and any nonzero value is yes. All structs
 * may grow at their end in a later version: those of a caller that was compiled before go on to
 * work, with the defaults in what they lack; a struct longer than the library knows is refused.
 *
 * Memory. What the caller passes in stays the caller's and is not used after the call. What a
 * call gives through a pointer to a pointer (handles, units, pictures, events) is the caller's
 * until it passes it to the matching ..._free, which takes the address of the pointer and sets it
 * to null, so that freeing twice does no harm. Units, pictures and events may outlive the handle
 * that gave them. A pointer must be null or valid: null is answered with
 * RTAV1_STATUS_NULL_POINTER, but pointers to memory that is gone, and lengths beyond the memory
 * that is there, cannot be told.
 *
 * Threads. A handle may go from thread to thread but serves one call at a time; different handles
 * are independent. What was given may be read by many threads at once. The library has no global
 * state, prints nothing and starts no threads that the settings do not ask for; only if it is
 * itself at fault (RTAV1_STATUS_PANIC) a line goes to stderr.
 *
 * A library that was built without a decoder lacks the functions rtav1_decoder_*.
 */


#ifndef RTAV1_H
#define RTAV1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Version of the interface that this header describes. A program works with every library, as new
// as its header or newer, whose `rtav1_abi_version` gives the same number.
#define RTAV1_ABI_VERSION 1

// The encoder chooses the speed, by the size and rate of the pictures and by the times of
// rtav1_encoder_report_encode_time.
#define RTAV1_SPEED_AUTO 255

// What a call came to. Zero is success, everything else an error; codes that are not listed here
// may come from a later library.
typedef enum Rtav1Status {
    // Success.
    RTAV1_STATUS_OK = 0,
    // A pointer is null or not aligned for its type.
    RTAV1_STATUS_NULL_POINTER = 1,
    // `struct_size` is not a size of the struct.
    RTAV1_STATUS_STRUCT_SIZE = 2,
    // A field or an argument has a value without meaning.
    RTAV1_STATUS_UNKNOWN_VALUE = 3,
    // The buffer is too short.
    RTAV1_STATUS_BUFFER_TOO_SHORT = 4,
    // A length is larger than memory.
    RTAV1_STATUS_LENGTH = 5,
    // A text is not UTF-8.
    RTAV1_STATUS_NOT_UTF8 = 6,
    // The library is at fault; the handle serves no more and can only be freed.
    RTAV1_STATUS_PANIC = 7,
    // The samples are not 8 bits deep.
    RTAV1_STATUS_FRAME_BIT_DEPTH = 101,
    // The chroma planes are not those of 4:2:0.
    RTAV1_STATUS_FRAME_LAYOUT = 102,
    // A plane holds fewer bytes than its rows need.
    RTAV1_STATUS_FRAME_PLANE_LENGTH = 103,
    // The picture is smaller than 16x16 or larger than 8192x4320.
    RTAV1_STATUS_FRAME_SIZE = 104,
    // A picture in one piece has another length than its samples.
    RTAV1_STATUS_FRAME_LENGTH = 107,
    // A stride is smaller than a row.
    RTAV1_STATUS_FRAME_STRIDE = 105,
    // Stride times height is beyond the address space.
    RTAV1_STATUS_FRAME_STRIDE_OVERFLOW = 106,
    // The bitrate is outside 1 kbit/s to 100 Mbit/s, and not 0.
    RTAV1_STATUS_CONFIG_BITRATE = 201,
    // A code point of the color description is reserved, or does not go with 4:2:0.
    RTAV1_STATUS_CONFIG_COLOR = 202,
    // A rate was set on an encoder whose quantizer index is constant.
    RTAV1_STATUS_CONFIG_CONSTANT_QINDEX = 203,
    // The engine is not part of this build.
    RTAV1_STATUS_CONFIG_ENGINE_MISSING = 204,
    // The frame rate is not between 1/10 and 240 frames a second.
    RTAV1_STATUS_CONFIG_FRAME_RATE = 205,
    // The key-frame interval is out of range.
    RTAV1_STATUS_CONFIG_KEY_INTERVAL = 206,
    // The picture size of the encoder is out of range.
    RTAV1_STATUS_CONFIG_SIZE = 207,
    // The speed is above 10.
    RTAV1_STATUS_CONFIG_SPEED = 208,
    // The thread count of the encoder is zero or above 64.
    RTAV1_STATUS_CONFIG_THREADS = 209,
    // A tick is zero, longer than a second or shorter than a nanosecond.
    RTAV1_STATUS_CONFIG_TIMEBASE = 210,
    // The engine cannot serve the setting or the request.
    RTAV1_STATUS_CONFIG_UNSUPPORTED = 211,
    // The most delay is outside 50 to 1000 ms.
    RTAV1_STATUS_CONFIG_MAX_DELAY = 212,
    // The most bytes of a frame are below 64.
    RTAV1_STATUS_CONFIG_MAX_FRAME_BYTES = 213,
    // The overhead of a packet is above 1000 bytes, or its payload outside 100 to 65535.
    RTAV1_STATUS_CONFIG_WIRE = 214,
    // The least quantizer index is 0 or above the greatest.
    RTAV1_STATUS_CONFIG_QINDEX_RANGE = 215,
    // Not even the smallest key frame of the size fits the rate, delay, overhead and ceiling.
    RTAV1_STATUS_CONFIG_SMALLEST_FRAME = 216,
    // The number of tile columns is no power of two, or not one for the width.
    RTAV1_STATUS_CONFIG_TILE_COLUMNS = 217,
    // No scalability mode has the name.
    RTAV1_STATUS_CONFIG_SCALABILITY_MODE = 218,
    // The shares of layers are not percentages above 0 that add up to 100.
    RTAV1_STATUS_CONFIG_LAYER_SHARES = 219,
    // A sweep of rolling intra refresh has fewer than 2 frames or more than 1000.
    RTAV1_STATUS_CONFIG_INTRA_REFRESH = 220,
    // The engine failed on its own account.
    RTAV1_STATUS_ENCODE_ENGINE = 301,
    // The encoder was flushed and takes no more frames.
    RTAV1_STATUS_ENCODE_FLUSHED = 302,
    // The frame's size is not the encoder's.
    RTAV1_STATUS_ENCODE_SIZE = 303,
    // The timestamp does not come after the last one.
    RTAV1_STATUS_ENCODE_TIMESTAMP = 304,
    // The decoder's back end failed on its own account.
    RTAV1_STATUS_DECODE_BACKEND = 401,
    // The unit is damaged, is not AV1 or lacks its references.
    RTAV1_STATUS_DECODE_DAMAGED = 402,
    // The unit has no bytes.
    RTAV1_STATUS_DECODE_EMPTY = 403,
    // The picture has more luma samples than the decoder's settings allow.
    RTAV1_STATUS_DECODE_FRAME_SIZE = 404,
    // The size limit is zero.
    RTAV1_STATUS_DECODE_MAX_PIXELS = 405,
    // Memory ran out.
    RTAV1_STATUS_DECODE_MEMORY = 406,
    // The operating point is above 31.
    RTAV1_STATUS_DECODE_OPERATING_POINT = 407,
    // The thread count of the decoder is zero or above 64.
    RTAV1_STATUS_DECODE_THREADS = 408,
    // The unit uses a part of AV1 that the decoder was built without.
    RTAV1_STATUS_DECODE_UNSUPPORTED = 409,
    // The buffer is shorter than the payload.
    RTAV1_STATUS_RTP_BUFFER_TOO_SHORT = 501,
    // A setting is out of range.
    RTAV1_STATUS_RTP_CONFIG = 502,
    // The data are more than one temporal unit.
    RTAV1_STATUS_RTP_DELIMITER_INSIDE = 503,
    // An aggregation header cannot count so many elements.
    RTAV1_STATUS_RTP_ELEMENT_COUNT = 504,
    // An OBU element is longer than the bytes that are left.
    RTAV1_STATUS_RTP_ELEMENT_LENGTH = 505,
    // The length field of an OBU element cannot be read.
    RTAV1_STATUS_RTP_ELEMENT_LENGTH_FIELD = 506,
    // A payload has no aggregation header.
    RTAV1_STATUS_RTP_PAYLOAD_EMPTY = 507,
    // An fmtp parameter stands twice.
    RTAV1_STATUS_RTP_FMTP_REPEATED = 508,
    // An fmtp parameter has no value, or one that is no number or out of range.
    RTAV1_STATUS_RTP_FMTP_VALUE = 509,
    // The depacketizer holds all it may; its events have to be taken first.
    RTAV1_STATUS_RTP_NOT_DRAINED = 510,
    // The data hold no OBU that may be sent.
    RTAV1_STATUS_RTP_NOTHING_TO_SEND = 511,
    // The temporal unit is malformed.
    RTAV1_STATUS_RTP_OBU = 512,
    // A packet has room for fewer than 3 or more than 65535 bytes.
    RTAV1_STATUS_RTP_PACKET_LIMIT = 513,
    // A payload is longer than any UDP packet.
    RTAV1_STATUS_RTP_PAYLOAD_LENGTH = 514,
    // An aggregation header starts a coded video sequence within an OBU.
    RTAV1_STATUS_RTP_SEQUENCE_STARTS_IN_FRAGMENT = 515,
    // A line of a session description is not an fmtp attribute.
    RTAV1_STATUS_RTP_FMTP_LINE = 516,
    // A unit has another number of frames than are described.
    RTAV1_STATUS_RTP_FRAME_COUNT = 517,
    // A bit that aligns to the next byte is set.
    RTAV1_STATUS_BITSTREAM_ALIGNMENT = 601,
    // The bits of a header were cut short.
    RTAV1_STATUS_BITSTREAM_BITS_EXHAUSTED = 602,
    // A stream does not start with a temporal delimiter.
    RTAV1_STATUS_BITSTREAM_DELIMITER_MISSING = 603,
    // obu_forbidden_bit is set.
    RTAV1_STATUS_BITSTREAM_FORBIDDEN_BIT = 604,
    // A frame ends before its last tile.
    RTAV1_STATUS_BITSTREAM_FRAME_INCOMPLETE = 605,
    // An OBU header was cut short.
    RTAV1_STATUS_BITSTREAM_HEADER_TRUNCATED = 606,
    // A header contradicts itself or the state of the decoder.
    RTAV1_STATUS_BITSTREAM_INCONSISTENT = 607,
    // A leb128 value goes on after its eighth byte.
    RTAV1_STATUS_BITSTREAM_LEB128_LENGTH = 608,
    // A leb128 value does not fit the length asked for.
    RTAV1_STATUS_BITSTREAM_LEB128_PADDING = 609,
    // A leb128 value was cut short.
    RTAV1_STATUS_BITSTREAM_LEB128_TRUNCATED = 610,
    // A leb128 value is above 4294967295.
    RTAV1_STATUS_BITSTREAM_LEB128_VALUE = 611,
    // An OBU comes at a wrong place.
    RTAV1_STATUS_BITSTREAM_OBU_ORDER = 612,
    // An OBU is longer than the bytes that are left.
    RTAV1_STATUS_BITSTREAM_OBU_SIZE = 613,
    // The sequence lacks the operating point that was chosen.
    RTAV1_STATUS_BITSTREAM_OPERATING_POINT = 614,
    // A redundant frame header is not a copy of the first one.
    RTAV1_STATUS_BITSTREAM_REDUNDANT_HEADER = 615,
    // A frame refers to a slot of another bit depth or chroma format.
    RTAV1_STATUS_BITSTREAM_REFERENCE_FORMAT = 616,
    // A frame refers to a slot that is empty or no longer valid.
    RTAV1_STATUS_BITSTREAM_REFERENCE_INVALID = 617,
    // A frame is over 2 times smaller or 16 times larger than a reference.
    RTAV1_STATUS_BITSTREAM_REFERENCE_SIZE = 618,
    // There is a frame before any sequence header.
    RTAV1_STATUS_BITSTREAM_SEQUENCE_HEADER_MISSING = 619,
    // An OBU lacks obu_size where the format needs it.
    RTAV1_STATUS_BITSTREAM_SIZE_MISSING = 620,
    // A tile is longer than its tile group, or empty.
    RTAV1_STATUS_BITSTREAM_TILE_SIZE = 621,
    // The payload does not end with a one and zeros.
    RTAV1_STATUS_BITSTREAM_TRAILING_BITS = 622,
    // A syntax element has a value that the standard rules out.
    RTAV1_STATUS_BITSTREAM_VALUE = 623,
    // A dependency descriptor ends before its last field.
    RTAV1_STATUS_DESCRIPTOR_CUT_SHORT = 701,
    // A frame depends on one that was not sent before it.
    RTAV1_STATUS_DESCRIPTOR_DEPENDENCY = 702,
    // A frame does not come after the one before it.
    RTAV1_STATUS_DESCRIPTOR_FRAME_ORDER = 703,
    // The structure has no template of the frame's layer.
    RTAV1_STATUS_DESCRIPTOR_LAYER = 704,
    // A descriptor has fewer than 3 or more than 255 bytes.
    RTAV1_STATUS_DESCRIPTOR_LENGTH = 705,
    // A number of a descriptor is out of its range.
    RTAV1_STATUS_DESCRIPTOR_LIMIT = 706,
    // Numbers of decode targets or chains do not go together.
    RTAV1_STATUS_DESCRIPTOR_MISMATCH = 707,
    // No structure has come yet.
    RTAV1_STATUS_DESCRIPTOR_STRUCTURE_MISSING = 708,
    // The template is none of the structures known.
    RTAV1_STATUS_DESCRIPTOR_TEMPLATE = 709,
    // Templates are not sorted by layer.
    RTAV1_STATUS_DESCRIPTOR_TEMPLATE_ORDER = 710,
    // An RTCP packet ends before its last byte.
    RTAV1_STATUS_RTCP_CUT_SHORT = 801,
    // The padding of an RTCP packet is none.
    RTAV1_STATUS_RTCP_PADDING = 802,
    // The version of an RTCP packet is not 2.
    RTAV1_STATUS_RTCP_VERSION = 803,
} Rtav1Status;

// Which chroma planes a picture has.
typedef enum Rtav1ChromaLayout {
    // None.
    RTAV1_CHROMA_LAYOUT_MONOCHROME = 0,
    // Half the width and half the height of luma, each rounded up.
    RTAV1_CHROMA_LAYOUT_YUV420 = 1,
    // Half the width of luma, rounded up.
    RTAV1_CHROMA_LAYOUT_YUV422 = 2,
    // As luma.
    RTAV1_CHROMA_LAYOUT_YUV444 = 3,
} Rtav1ChromaLayout;

// Where a chroma sample of 4:2:0 lies (chroma_sample_position of AV1).
typedef enum Rtav1ChromaSamplePosition {
    // The stream does not tell, or chroma is not 4:2:0.
    RTAV1_CHROMA_SAMPLE_POSITION_UNKNOWN = 0,
    // Beside the left luma sample of its four, in the middle between two rows.
    RTAV1_CHROMA_SAMPLE_POSITION_VERTICAL = 1,
    // At the top left luma sample of its four.
    RTAV1_CHROMA_SAMPLE_POSITION_COLOCATED = 2,
} Rtav1ChromaSamplePosition;

// What to tell the encoder.
typedef enum Rtav1FeedbackKind {
    // Nothing is left.
    RTAV1_FEEDBACK_KIND_NONE = 0,
    // `rtav1_encoder_acknowledge`.
    RTAV1_FEEDBACK_KIND_ACKNOWLEDGED = 1,
    // `rtav1_encoder_lost`.
    RTAV1_FEEDBACK_KIND_LOST = 2,
} Rtav1FeedbackKind;

// What became of a packet.
typedef enum Rtav1Arrival {
    // It was taken.
    RTAV1_ARRIVAL_ACCEPTED = 0,
    // It is here already.
    RTAV1_ARRIVAL_DUPLICATE = 1,
    // Its sequence number is far from all others: it is kept aside, and taken if the next number
    // arrives too.
    RTAV1_ARRIVAL_HELD = 2,
    // The place it belongs to was passed.
    RTAV1_ARRIVAL_LATE = 3,
} Rtav1Arrival;

// Why data were lost.
typedef enum Rtav1LossReason {
    // Packets did not arrive in time, and the unit they interrupt was discarded.
    RTAV1_LOSS_REASON_MISSING = 0,
    // The first packets of the unit are missing.
    RTAV1_LOSS_REASON_MISSING_START = 1,
    // `rtav1_depacketizer_flush` was called before the end of the unit had arrived.
    RTAV1_LOSS_REASON_INCOMPLETE = 2,
    // A packet was malformed, and its unit was discarded.
    RTAV1_LOSS_REASON_MALFORMED = 3,
    // Fragments do not follow each other as the sender says they do.
    RTAV1_LOSS_REASON_INCONSISTENT = 4,
    // An OBU of the unit is malformed.
    RTAV1_LOSS_REASON_OBU = 5,
    // The unit is larger than a setting allows.
    RTAV1_LOSS_REASON_LIMIT = 6,
    // The sender started anew with other sequence numbers.
    RTAV1_LOSS_REASON_RESTART = 7,
} Rtav1LossReason;

// What a picture is worth.
typedef enum Rtav1PictureState {
    // The event is of a depacketizer, which does not tell, or has no unit.
    RTAV1_PICTURE_STATE_UNTOLD = 0,
    // All that it depends on was decoded: to be decoded and shown.
    RTAV1_PICTURE_STATE_CLEAN = 1,
    // It misses a reference, and is to be decoded all the same, as the settings ask for it.
    RTAV1_PICTURE_STATE_DAMAGED = 2,
    // It misses a reference and is not to be decoded: the picture before it is shown for longer.
    RTAV1_PICTURE_STATE_REPEATED = 3,
} Rtav1PictureState;

// What to ask the sender for.
typedef enum Rtav1RequestKind {
    // Nothing, or nothing yet.
    RTAV1_REQUEST_KIND_NONE = 0,
    // Packets once more: a generic NACK.
    RTAV1_REQUEST_KIND_RETRANSMISSION = 1,
    // A frame that refers to nothing but what was received: the report of `rtav1_receiver_report`.
    RTAV1_REQUEST_KIND_RECOVERY = 2,
    // A key frame: a picture loss indication.
    RTAV1_REQUEST_KIND_KEY_FRAME = 3,
} Rtav1RequestKind;

// Values of `Rtav1EncoderConfig.engine`.
typedef enum Rtav1Engine {
    // The engine of this library: no delay, everything changed on any frame. The default.
    RTAV1_ENGINE_NATIVE = 0,
    // rav1e, in builds that have it: several frames of delay, everything but key frames fixed at
    // the start.
    RTAV1_ENGINE_RAV1E = 1,
} Rtav1Engine;

// Values of `Rtav1EncoderConfig.rate_mode`.
typedef enum Rtav1RateMode {
    // A mean rate, in the field `bitrate`.
    RTAV1_RATE_MODE_BITRATE = 0,
    // One quantizer index, in the field `qindex`.
    RTAV1_RATE_MODE_CONSTANT_QINDEX = 1,
} Rtav1RateMode;

// Values of `Rtav1Frame.format`; both are 8-bit 4:2:0.
typedef enum Rtav1PixelFormat {
    // Three planes: Y, U, V. The chroma planes are (width + 1) / 2 by (height + 1) / 2 samples.
    RTAV1_PIXEL_FORMAT_I420 = 0,
    // Two planes: Y, and U and V interleaved sample by sample.
    RTAV1_PIXEL_FORMAT_NV12 = 1,
} Rtav1PixelFormat;

// Values of `Rtav1EncodeOutcome.kind`.
typedef enum Rtav1OutcomeKind {
    // The frame went in; an engine with delay needs more of them, or a flush, before one comes out.
    // The same after a call that failed.
    RTAV1_OUTCOME_KIND_PENDING = 0,
    // A frame was coded: it is in the field `unit`.
    RTAV1_OUTCOME_KIND_UNIT = 1,
    // A frame was dropped: `dropped_timestamp` and `drop_reason` say which and why.
    RTAV1_OUTCOME_KIND_DROPPED = 2,
} Rtav1OutcomeKind;

// Values of `Rtav1EncodeOutcome.drop_reason`.
typedef enum Rtav1DropReason {
    // The frame was not dropped.
    RTAV1_DROP_REASON_NONE = 0,
    // The link still owes the bits of earlier frames.
    RTAV1_DROP_REASON_LINK_FULL = 1,
    // Not even the least that can be said of the frame is below the most bytes it may have.
    RTAV1_DROP_REASON_CEILING = 2,
    // Fewer frames, so that those that are coded are fuller.
    RTAV1_DROP_REASON_FRAME_RATE = 3,
    // The target rate is 0: nothing is sent until it is raised.
    RTAV1_DROP_REASON_PAUSED = 4,
} Rtav1DropReason;

// Values of `Rtav1FrameStats.reason`: what decided a frame's quantizer.
typedef enum Rtav1QindexReason {
    // The caller: a request for this frame, or a constant index.
    RTAV1_QINDEX_REASON_ASKED = 0,
    // The room that a key frame has on the link.
    RTAV1_QINDEX_REASON_KEY_FRAME = 1,
    // The room that new content has on the link: after a cut, or when the light goes on.
    RTAV1_QINDEX_REASON_SCENE_CUT = 2,
    // The rate.
    RTAV1_QINDEX_REASON_BUDGET = 3,
    // The rate, held back so that quality does not jump.
    RTAV1_QINDEX_REASON_STEADINESS = 4,
    // The delay that was left on the link.
    RTAV1_QINDEX_REASON_DELAY = 5,
    // What became of the frame at the index chosen first: it was too large for the link, or far too
    // small.
    RTAV1_QINDEX_REASON_CORRECTED = 6,
    // The least or the greatest index that the caller wants.
    RTAV1_QINDEX_REASON_RANGE = 7,
} Rtav1QindexReason;

// Values of `Rtav1EncoderConfig.scalability_mode`: layers by their names in W3C's Scalable Video Coding
// (SVC) Extension for WebRTC.
typedef enum Rtav1ScalabilityMode {
    // One layer. The default.
    RTAV1_SCALABILITY_MODE_L1T1 = 0,
    // Two temporal layers: every second frame is of layer 0.
    RTAV1_SCALABILITY_MODE_L1T2 = 1,
    // Three temporal layers: of four frames one is of layer 0, one of layer 1 and two of layer 2.
    RTAV1_SCALABILITY_MODE_L1T3 = 2,
} Rtav1ScalabilityMode;

// Values of `Rtav1EncoderConfig.acknowledged_prediction`: when frames of layer 0 depend only on frames that
// the receiver has acknowledged. A lost frame then costs nothing after it, and frames take more bits.
typedef enum Rtav1AcknowledgedPrediction {
    // Where it pays, by what the encoder measures of losses, of the time that acknowledgements take and of
    // the picture. The default.
    RTAV1_ACKNOWLEDGED_PREDICTION_AUTO = 0,
    // Always, from the first acknowledgement on.
    RTAV1_ACKNOWLEDGED_PREDICTION_ALWAYS = 1,
    // Never: losses are answered by recovery frames only.
    RTAV1_ACKNOWLEDGED_PREDICTION_NEVER = 2,
    // On acknowledged frames and the last but one of layer 0: of the two chains that this makes, a loss
    // breaks one, and the other goes on at half the frame rate.
    RTAV1_ACKNOWLEDGED_PREDICTION_TWO_CHAINS = 3,
} Rtav1AcknowledgedPrediction;

// Values of `Rtav1EncoderConfig.tune`: what is optimised.
typedef enum Rtav1Tune {
    // VMAF, PSNR and SSIM alike. The default.
    RTAV1_TUNE_DEFAULT = 0,
    // PSNR of luma.
    RTAV1_TUNE_PSNR = 1,
    // SSIM of luma.
    RTAV1_TUNE_SSIM = 2,
} Rtav1Tune;

// Decodes temporal units into pictures.
typedef struct Rtav1Decoder Rtav1Decoder;

// Follows a sender's packets to the other end, and tells of each frame once whether it can be decoded
// there.
typedef struct Rtav1DeliveryTracker Rtav1DeliveryTracker;

// Puts the packets of one RTP stream together to temporal units.
typedef struct Rtav1Depacketizer Rtav1Depacketizer;

// Describes the frames of a sender for `rtav1_packetizer_packetize_described`.
typedef struct Rtav1Describer Rtav1Describer;

// Reads the dependency descriptors of a stream.
typedef struct Rtav1DescriptorReader Rtav1DescriptorReader;

// Codes frames into temporal units.
typedef struct Rtav1Encoder Rtav1Encoder;

// Chooses the packets of a stream that belong to fewer layers, from their descriptors alone.
typedef struct Rtav1Forwarder Rtav1Forwarder;

// Cuts temporal units into RTP payloads.
typedef struct Rtav1Packetizer Rtav1Packetizer;

// Puts packets together to temporal units, knows which can be decoded, and what to ask for.
typedef struct Rtav1Receiver Rtav1Receiver;

// Settings of an encoder, to be filled by `rtav1_encoder_config_default` and then changed.
typedef struct Rtav1EncoderConfig {
    // `sizeof(Rtav1EncoderConfig)`.
    size_t struct_size;
    // Width in luma samples, 16 to 8192.
    uint32_t width;
    // Height in luma samples, 16 to 4320.
    uint32_t height;
    // Length of a timestamp's tick in seconds: numerator. 1/90000 by default.
    uint32_t timebase_num;
    // Length of a timestamp's tick in seconds: denominator.
    uint32_t timebase_den;
    // Nominal frames a second, 1/10 to 240: numerator. 30/1 by default.
    uint32_t frame_rate_num;
    // Nominal frames a second: denominator.
    uint32_t frame_rate_den;
    // An `Rtav1RateMode`, by default a bitrate.
    uint32_t rate_mode;
    // Bit/s of coded OBUs and of what the network adds (`packet_overhead`), 1000 to 100000000, or 0
    // to drop all frames until there is a rate, with `RTAV1_RATE_MODE_BITRATE`.
    uint32_t bitrate;
    // Frames from one key frame to the next at most; 0, the default: key frames on request only.
    uint32_t key_interval;
    // An `Rtav1Engine`.
    uint32_t engine;
    // Threads the encoder may use, the caller's included, 1 to 64. 1 by default.
    uint32_t threads;
    // Base quantizer index, 0 to 255, with `RTAV1_RATE_MODE_CONSTANT_QINDEX`.
    uint32_t qindex;
    // 0, the slowest and smallest, to 10, the fastest, or RTAV1_SPEED_AUTO, the default.
    uint32_t speed;
    // Nonzero: each unit comes with the encoder's own reconstruction.
    uint32_t reconstruction;
    // color_primaries of ITU-T H.273; 2, the default, is unspecified.
    uint32_t color_primaries;
    // transfer_characteristics of ITU-T H.273; 2, the default, is unspecified.
    uint32_t transfer_characteristics;
    // matrix_coefficients of ITU-T H.273; 2, the default, is unspecified.
    uint32_t matrix_coefficients;
    // Nonzero: samples use all of 0 to 255 rather than 16 to 235.
    uint32_t full_range;
    // The most delay that frames may cause on a link of exactly the bitrate, in ms, 50 to 1000;
    // 200 by default. After every frame the bits that such a link has not yet carried are no more
    // than it carries in this time; a frame that cannot be made small enough is dropped.
    uint32_t max_delay;
    // The most bytes of a unit, 64 or more; 0, the default: no limit but `max_delay`. A constant
    // quantizer index is raised where it would break it.
    uint32_t max_frame_bytes;
    // Bytes that every packet carries beside its payload, 0 to 1000: for RTP over UDP and IPv4 at
    // least 40. 0, the default: bitrate and delay count the bytes of units alone.
    uint32_t packet_overhead;
    // The most bytes of payload in a packet, 100 to 65535: the packetizer's `max_payload`. 1200 by
    // default.
    uint32_t max_payload;
    // Nonzero: while the quantizer index stays above 205, and until it has been below 145 for a while,
    // frames are left out, down to 7 a second (10 above 320x240, 15 above 480x270 luma samples).
    uint32_t adaptive_frame_rate;
    // The finest quantizer index that the bitrate may choose, 1 to `max_qindex`; 1 by default. An
    // index of `Rtav1FrameOptions` is not bound by it.
    uint32_t min_qindex;
    // The coarsest quantizer index that the bitrate may choose for its own sake, up to 255, the
    // default. `max_delay` and `max_frame_bytes` win: a frame that would break one is coded coarser.
    uint32_t max_qindex;
    // Tile columns: a power of two up to 64, each 64 to 4096 luma samples wide, in whole superblocks,
    // so that there may be fewer. 0, the default: as many as are 512 wide, one below a width of 1920.
    uint32_t tile_columns;
    // An `Rtav1ScalabilityMode`.
    uint32_t scalability_mode;
    // An `Rtav1AcknowledgedPrediction`.
    uint32_t acknowledged_prediction;
    // What each temporal layer gets of the bitrate, lowest first, in percent that add up to 100, zeros
    // behind those of the mode's layers; zeros only, the default: what makes the whole stream look best.
    // With shares `max_delay` holds for the frames of the lower layers, too, on a link of their share. With
    // a mode of another number of layers they mean nothing.
    uint32_t layer_shares[3];
    // Frames of a sweep of rolling intra refresh, 2 to 1000: pictures are exact from the last frame of the
    // first sweep that begins after a loss, for a decoder that goes on decoding, without feedback or key
    // frames. 0, the default: no sweeps.
    uint32_t intra_refresh;
    // Nonzero: the noise of a camera's sensor is taken off pictures before they are coded. What stands still is
    // blended with the pictures before it as far as noise explains that they differ; what moves or changes
    // stays as it is.
    uint32_t denoise;
    // An `Rtav1Tune`.
    uint32_t tune;
} Rtav1EncoderConfig;

// A picture to be coded. The samples stay the caller's and are not used after the call.
typedef struct Rtav1Frame {
    // `sizeof(Rtav1Frame)`.
    size_t struct_size;
    // The first sample of each plane.
    const uint8_t *planes[3];
    // Bytes that may be read at each plane; the last row may end without its padding.
    size_t lengths[3];
    // Bytes from the start of a row to the start of the next, of each plane. Zero in the first: the
    // picture is in one piece, all planes one after the other at `planes[0]` without padding, and
    // `lengths[0]` is exactly width * height + 2 * ((width + 1) / 2) * ((height + 1) / 2).
    size_t strides[3];
    // Time in ticks of the encoder's time base, above that of the frame before.
    uint64_t timestamp;
    // Width in luma samples.
    uint32_t width;
    // Height in luma samples.
    uint32_t height;
    // An `Rtav1PixelFormat`.
    uint32_t format;
} Rtav1Frame;

// Requests for one frame; zero in all fields but the first asks for nothing.
typedef struct Rtav1FrameOptions {
    // `sizeof(Rtav1FrameOptions)`.
    size_t struct_size;
    // Nonzero: code this frame as a key frame.
    uint32_t key_frame;
    // Nonzero: code this frame with the base quantizer index `qindex` whatever the rate; a greater
    // one where it would break a limit.
    uint32_t has_qindex;
    // 0 to 255.
    uint32_t qindex;
} Rtav1FrameOptions;

// How a frame came about. The four numbers of bits together are those of the unit.
typedef struct Rtav1FrameStats {
    // Bits that were aimed at; 0 without a target rate.
    uint32_t target_bits;
    // The most bits the frame could have had; 0 without a limit.
    uint32_t max_bits;
    // Bits of headers: all that is not inside a tile.
    uint32_t header_bits;
    // Bits of partitions, modes, references, predicted vectors, transform sizes and filters.
    uint32_t mode_bits;
    // Bits of differences of motion vectors.
    uint32_t motion_bits;
    // Bits of coefficients.
    uint32_t coefficient_bits;
    // What a link of exactly the target rate still has to carry when this frame has been handed to
    // it, in ms, at least 0; negative without a target rate.
    float delay_ms;
    // Mean quantizer index over the superblocks, 0 to 255.
    float qindex_mean;
    // Share of the picture in blocks without coefficients, 0 to 1.
    float skipped;
    // An `Rtav1QindexReason`; later libraries may give others.
    uint32_t reason;
    // How often the frame was coded until it fitted, 1 and more.
    uint32_t attempts;
    // The least quantizer index of a row, 0 to 255.
    uint8_t qindex_min;
    // The greatest quantizer index of a row, 0 to 255.
    uint8_t qindex_max;
} Rtav1FrameStats;

// One frame of a unit.
typedef struct Rtav1CodedFrame {
    // Number of the frame: 0 for the first that the encoder codes, 1 more for each one after it,
    // key frames included. Frames that are dropped have none.
    uint64_t id;
    // The numbers of the frames that a decoder needs to have decoded before, ascending and each
    // once.
    const uint64_t *dependencies;
    // How many they are; 0 for a key frame.
    size_t dependency_count;
    // Coded width in luma samples.
    uint32_t width;
    // Coded height in luma samples.
    uint32_t height;
    // Temporal layer, 0 to 2.
    uint8_t temporal_id;
    // Spatial layer, 0 to 3.
    uint8_t spatial_id;
    // Base quantizer index of the frame, 0 to 255.
    uint8_t qindex;
    // The decode targets that the frame belongs to: bit k stands for the one of temporal layers 0 to k.
    uint8_t decode_targets;
    // Whether a receiver that has taken this layer and those below may take all layers from this frame
    // on; never set in the highest of several layers.
    bool switch_point;
    // Whether the frame answers a loss: an inter frame that depends only on acknowledged frames.
    bool recovery;
    // Y, U and V of the encoder's reconstruction; null if the settings do not ask for it.
    const uint8_t *reconstruction[3];
    // Bytes from row to row of each plane of the reconstruction.
    size_t reconstruction_strides[3];
    // How the frame came about; null from an engine that cannot say.
    const struct Rtav1FrameStats *stats;
} Rtav1CodedFrame;

// All coded frames of one picture: what a packetizer and a decoder take. It is the caller's until
// `rtav1_unit_free`, with all that its pointers lead to, and does not depend on the encoder.
typedef struct Rtav1Unit {
    // OBUs in the low-overhead format, led by a temporal delimiter.
    const uint8_t *data;
    // Bytes at `data`.
    size_t len;
    // The timestamp of the picture.
    uint64_t timestamp;
    // The frames in the order of their OBUs, one for each spatial layer.
    const struct Rtav1CodedFrame *const *frames;
    // How many they are, at least 1; streams of one layer have one.
    size_t frame_count;
    // Whether decoding can start here.
    bool key_frame;
} Rtav1Unit;

// What came of one call to `rtav1_encoder_encode`.
typedef struct Rtav1EncodeOutcome {
    // `sizeof(Rtav1EncodeOutcome)`.
    size_t struct_size;
    // The coded unit or null, of an engine with delay an earlier one than went in. What stood here
    // before the call is overwritten, not freed.
    const struct Rtav1Unit *unit;
    // Timestamp of the frame that was dropped.
    uint64_t dropped_timestamp;
    // An `Rtav1OutcomeKind`.
    uint32_t kind;
    // An `Rtav1DropReason`: `RTAV1_DROP_REASON_NONE` unless a frame was dropped.
    uint32_t drop_reason;
} Rtav1EncodeOutcome;

// The highest profile, level and tier of a stream, or that a receiver supports.
typedef struct Rtav1FmtpParameters {
    // `sizeof(Rtav1FmtpParameters)`.
    size_t struct_size;
    // seq_profile, 0 to 2.
    uint32_t profile;
    // seq_level_idx, 0 to 31: level X.Y is 4 * (X - 2) + Y, and 31 is "maximum parameters".
    uint32_t level_idx;
    // seq_tier, 0 (main) or 1 (high).
    uint32_t tier;
} Rtav1FmtpParameters;

// What an engine can do; a call beyond it fails with `RTAV1_STATUS_CONFIG_UNSUPPORTED`.
typedef struct Rtav1Capabilities {
    // `sizeof(Rtav1Capabilities)`.
    size_t struct_size;
    // Frames that go in before the first unit comes out; 0 is one in, one out.
    uint32_t delay_frames;
    // The most threads it makes use of.
    uint32_t max_threads;
    // Nonzero: bitrate, nominal frame rate and the range of the quantizer index can change on any
    // frame.
    uint32_t live_rates;
    // Nonzero: the size can change on any frame, which becomes a key frame.
    uint32_t live_size;
    // Nonzero: the speed can change on any frame.
    uint32_t live_speed;
    // Nonzero: a quantizer index can be given for a single frame.
    uint32_t frame_qindex;
    // Nonzero: a key frame can be asked for on any frame.
    uint32_t key_on_request;
    // Nonzero: the reconstruction can be had.
    uint32_t reconstruction;
    // Nonzero: delay and size of frames are bounded, and what the network adds is counted; the
    // settings from `max_delay` to `max_qindex` are served.
    uint32_t bounded_delay;
    // The most temporal layers it has; they can change on any frame.
    uint32_t temporal_layers;
    // Nonzero: it takes what the receiver tells of frames.
    uint32_t feedback;
} Rtav1Capabilities;

// Settings of a decoder, to be filled by `rtav1_decoder_config_default` and then changed.
typedef struct Rtav1DecoderConfig {
    // `sizeof(Rtav1DecoderConfig)`.
    size_t struct_size;
    // Threads the decoder may use, the caller's included, 1 to 64. 1 by default.
    uint32_t threads;
    // The most luma samples of a picture, 8192 * 4320 by default; a larger one is refused before
    // memory is taken for it.
    uint32_t max_pixels;
    // The operating point to decode, 0 to 31. A stream without that one is decoded at 0, the
    // default.
    uint32_t operating_point;
    // Nonzero, the default: film grain that the stream describes is put on the pictures.
    uint32_t film_grain;
} Rtav1DecoderConfig;

// A decoded picture. It is the caller's until `rtav1_picture_free`, must not be written to, and
// does not depend on the decoder.
typedef struct Rtav1Picture {
    // Y, U and V; null for a plane that the picture lacks. With a bit depth above 8 a sample has
    // two bytes in the machine's order.
    const uint8_t *planes[3];
    // Bytes from the start of a row to the start of the next, of each plane.
    size_t strides[3];
    // Samples in a row of each plane.
    size_t plane_widths[3];
    // Rows of each plane.
    size_t plane_heights[3];
    // The timestamp that came with the unit.
    uint64_t timestamp;
    // Width in luma samples.
    uint32_t width;
    // Height in luma samples.
    uint32_t height;
    // Which chroma planes there are.
    enum Rtav1ChromaLayout layout;
    // Bits of a sample: 8, 10 or 12.
    uint8_t bit_depth;
    // Whether samples use all of their range, 0 to 255 in 8 bits, rather than 16 to 235.
    bool full_range;
    // color_primaries of ITU-T H.273; 2 is unspecified.
    uint8_t color_primaries;
    // transfer_characteristics of ITU-T H.273; 2 is unspecified.
    uint8_t transfer_characteristics;
    // matrix_coefficients of ITU-T H.273; 2 is unspecified.
    uint8_t matrix_coefficients;
    // Where the chroma samples lie.
    enum Rtav1ChromaSamplePosition chroma_sample_position;
} Rtav1Picture;

// A list of sequence numbers.
typedef struct Rtav1Sequences {
    // The numbers, ascending, wraps included.
    const uint16_t *numbers;
    // How many they are.
    size_t count;
} Rtav1Sequences;

// What a depacketizer holds at most, to be filled by `rtav1_depacketizer_config_default` and then
// changed.
typedef struct Rtav1DepacketizerConfig {
    // `sizeof(Rtav1DepacketizerConfig)`.
    size_t struct_size;
    // How many later packets prove a packet lost, 1 to 1024: it is given up once so many have
    // arrived. 3 by default.
    size_t reorder_packets;
    // How long to wait for a missing packet from the arrival of the first later one, if fewer than
    // `reorder_packets` come, in microseconds; UINT64_MAX is without end. 100000 by default.
    uint64_t reorder_wait_us;
    // Temporal units in flight, 1 to 1024. 32 by default.
    size_t max_units;
    // Bytes held, 4096 to 2^30. 4 MiB by default.
    size_t max_bytes;
    // OBUs of a temporal unit, 1 to 65536. 1024 by default.
    size_t max_obus;
    // Bytes of one OBU, 2 to 2^30. 2 MiB by default.
    size_t max_obu_bytes;
    // Nonzero, the default: a unit may start directly after missing packets, judged by its first
    // OBUs. Zero: such a unit is discarded as well, unless it starts a coded video sequence.
    uint32_t assume_start;
} Rtav1DepacketizerConfig;

// A received payload with what its RTP header said. The bytes are copied.
typedef struct Rtav1RtpPacket {
    // `sizeof(Rtav1RtpPacket)`.
    size_t struct_size;
    // What follows the RTP header and its extensions, without RTP padding.
    const uint8_t *payload;
    // Bytes at `payload`; 0, as of a packet that probes the bandwidth, takes up the sequence
    // number and nothing else.
    size_t payload_len;
    // Timestamp, in ticks of 90 kHz.
    uint32_t timestamp;
    // Nonzero: the marker bit is set, as the packet is the last of its temporal unit.
    uint32_t marker;
    // Sequence number.
    uint16_t sequence;
    // The data of the dependency descriptor's element in the header extension.
    const uint8_t *descriptor;
    // Bytes at `descriptor`; 0 without one.
    size_t descriptor_len;
} Rtav1RtpPacket;

// A temporal unit of which every packet has arrived.
typedef struct Rtav1ReceivedUnit {
    // A temporal delimiter and the OBUs, each with a size field.
    const uint8_t *data;
    // Bytes at `data`.
    size_t len;
    // The RTP timestamp, in ticks of 90 kHz, continued over the wraps of its 32 bits.
    uint64_t timestamp;
    // Packets of the unit, those without content left out.
    size_t packets;
    // The RTP timestamp as it was on the wire.
    uint32_t rtp_timestamp;
    // Sequence number of the first packet.
    uint16_t first_sequence;
    // The unit starts a coded video sequence with a sequence header and a shown key frame, so that
    // decoding can start here. What the sender says by N does not count.
    bool new_sequence;
    // The unit holds a sequence header.
    bool sequence_header;
    // That the first packet is the unit's first follows from the packet before it, or from a
    // temporal delimiter or the start of a coded video sequence in it.
    bool start_proven;
    // Everything that this unit may refer to was given before it.
    bool unbroken;
} Rtav1ReceivedUnit;

// Something that was sent and will not come out.
typedef struct Rtav1Loss {
    // Name of the setting, with `RTAV1_LOSS_REASON_LIMIT`; null otherwise.
    const char *setting;
    // How many packets did not arrive or were malformed.
    size_t missing_count;
    // Packets that had arrived and were discarded.
    size_t discarded_packets;
    // Why.
    enum Rtav1LossReason reason;
    // What is wrong with the OBU, with `RTAV1_LOSS_REASON_OBU`; `RTAV1_STATUS_OK` otherwise.
    enum Rtav1Status obu_status;
    // RTP timestamp of the unit they belonged to, if `has_rtp_timestamp`.
    uint32_t rtp_timestamp;
    // Sequence number of the first missing packet, if `missing_count` is not 0.
    uint16_t first_missing;
    // Whether the timestamp is known.
    bool has_rtp_timestamp;
    // Whether what comes next may refer to what was lost, so that a key frame is to be asked for.
    bool key_frame_needed;
} Rtav1Loss;

// What comes out of a depacketizer. One of the pointers is set; an event where neither is comes
// from a later library and is to be ignored. The event with all it leads to is the caller's until
// `rtav1_event_free` and does not depend on the depacketizer.
typedef struct Rtav1Event {
    // A complete temporal unit, or null.
    const struct Rtav1ReceivedUnit *unit;
    // A loss, or null.
    const struct Rtav1Loss *loss;
    // With a unit of a receiver, frames between it and the one before that were sent and did not come.
    uint64_t skipped;
    // With a unit of a receiver, what it is worth.
    enum Rtav1PictureState state;
} Rtav1Event;

// What the descriptor of a packet says.
typedef struct Rtav1DependencyDescriptor {
    // `sizeof(Rtav1DependencyDescriptor)`.
    size_t struct_size;
    // Number of the frame in decoding order; it goes around after 65535.
    uint32_t frame_number;
    // Nonzero: the packet is the first of its frame.
    uint32_t start_of_frame;
    // Nonzero: the packet is the last of its frame.
    uint32_t end_of_frame;
    // Spatial layer, 0 to 3.
    uint32_t spatial_id;
    // Temporal layer, 0 to 7.
    uint32_t temporal_id;
    // How many decode targets there are, 1 to 32.
    uint32_t decode_target_count;
    // How many frames the frame depends on, up to 16.
    uint32_t fdiff_count;
    // How many chains there are, up to 32.
    uint32_t chain_count;
    // Nonzero: the structure came with the packet, as with the first of a coded video sequence.
    uint32_t has_structure;
    // Nonzero: the packet tells `active_decode_targets`.
    uint32_t has_active_decode_targets;
    // The decode targets that are produced from this frame on, the first at the least significant bit.
    uint32_t active_decode_targets;
    // What the frame is to each decode target: 0 no part of it, 1 discardable, 2 a switch point, 3
    // required.
    uint8_t dtis[32];
    // How many frame numbers back the frames are that it depends on.
    uint16_t fdiffs[16];
    // For each chain, how many frame numbers back its last frame is; 0 if none is needed.
    uint8_t chain_fdiffs[32];
} Rtav1DependencyDescriptor;

// A packet to be sent on.
typedef struct Rtav1ForwardedPacket {
    // `sizeof(Rtav1ForwardedPacket)`.
    size_t struct_size;
    // Nonzero: the packet is to be sent on; zero: it is to be left out, and the rest is zeros.
    uint32_t forward;
    // Nonzero: it is the last that is forwarded of its picture, so that it has the RTP marker.
    uint32_t end_of_picture;
    // Nonzero: later frames need a frame of which no packet came, `missing_frame`.
    uint32_t has_missing_frame;
    // Number of that frame.
    uint32_t missing_frame;
    // Bytes of the descriptor to send with it.
    size_t descriptor_len;
    // The descriptor.
    uint8_t descriptor[256];
} Rtav1ForwardedPacket;

// How large payloads may be, in bytes. The reductions, zero unless needed, leave room for RTP
// header extensions that only some packets carry.
typedef struct Rtav1PacketLimits {
    // `sizeof(Rtav1PacketLimits)`.
    size_t struct_size;
    // The most bytes of a payload, up to 65535: what the network carries, less IP, UDP and RTP
    // headers, extensions that every packet has, and SRTP's tag.
    size_t max_payload;
    // By how much less the first payload of a frame may hold, if the frame has several.
    size_t first_reduction;
    // By how much less the last payload of a frame may hold, if the frame has several.
    size_t last_reduction;
    // By how much less the only payload of a frame may hold.
    size_t single_reduction;
} Rtav1PacketLimits;

// What belongs to a payload that was written to the caller's buffer.
typedef struct Rtav1Payload {
    // `sizeof(Rtav1Payload)`.
    size_t struct_size;
    // Bytes written, at least 2; 0: no payload is left.
    size_t len;
    // Nonzero: the marker bit of the RTP header is to be set, as the unit ends here.
    uint32_t marker;
    // Nonzero: the packet is the first of a coded video sequence (N = 1).
    uint32_t new_sequence;
    // Nonzero: the packet is the first of its layer's frame.
    uint32_t first_of_frame;
    // Nonzero: the packet is the last of its layer's frame.
    uint32_t last_of_frame;
    // Nonzero: the OBUs in the packet have layer ids.
    uint32_t has_layer;
    // Temporal layer, 0 to 7.
    uint32_t temporal_id;
    // Spatial layer, 0 to 3.
    uint32_t spatial_id;
    // Bytes of the dependency descriptor for the packet's header extension; 0 unless the unit was
    // cut by `rtav1_packetizer_packetize_described`. More than 16 need the two-byte form (RFC 8285).
    size_t descriptor_len;
    // The descriptor.
    uint8_t descriptor[256];
} Rtav1Payload;

// How a receiver treats losses, to be filled by `rtav1_receiver_config_default` and then changed.
typedef struct Rtav1ReceiverConfig {
    // `sizeof(Rtav1ReceiverConfig)`.
    size_t struct_size;
    // What is held, and how long is waited; null for the defaults.
    const struct Rtav1DepacketizerConfig *depacketizer;
    // The round trip to the sender in microseconds. 100000 by default.
    uint64_t round_trip_us;
    // Nonzero: the sender answers requests of packets. Zero by default.
    uint32_t retransmission;
    // Nonzero: the sender answers losses with recovery frames, and gets the reports. Zero by default.
    uint32_t recovery;
    // Nonzero: pictures that miss a reference are to be decoded, too. Zero by default.
    uint32_t decode_damaged;
} Rtav1ReceiverConfig;

// A picture stream whose level is asked for.
typedef struct Rtav1StreamDescription {
    // `sizeof(Rtav1StreamDescription)`.
    size_t struct_size;
    // The highest rate in bit/s.
    uint64_t bitrate;
    // Width of the largest picture, 1 to 65536 luma samples.
    uint32_t width;
    // Height of the largest picture, 1 to 65536 luma samples.
    uint32_t height;
    // Coded pictures a second, each shown once: numerator.
    uint32_t frame_rate_num;
    // Coded pictures a second: denominator.
    uint32_t frame_rate_den;
    // seq_profile, 0 to 2; this library's encoder makes 0.
    uint32_t profile;
} Rtav1StreamDescription;

// What the frames of a coded video sequence have in common.
typedef struct Rtav1DependencyStructure {
    // `sizeof(Rtav1DependencyStructure)`.
    size_t struct_size;
    // How many templates there are, 1 to 64; 0 until a structure has come, and the rest is zeros.
    uint32_t template_count;
    // The id of the first template, 0 to 63.
    uint32_t template_id_offset;
    // How many decode targets there are, 1 to 32.
    uint32_t decode_target_count;
    // How many chains there are, up to as many as decode targets.
    uint32_t chain_count;
    // How many spatial layers `widths` and `heights` tell of: all, up to 4, or 0.
    uint32_t resolution_count;
    // The highest spatial layer of each decode target.
    uint8_t spatial_ids[32];
    // The highest temporal layer of each decode target.
    uint8_t temporal_ids[32];
    // The chain that protects each decode target, if there are chains.
    uint8_t protected_by[32];
    // The greatest width of each spatial layer in luma samples.
    uint32_t widths[4];
    // The greatest height of each spatial layer in luma samples.
    uint32_t heights[4];
} Rtav1DependencyStructure;

// What a template says of the frames that refer to it.
typedef struct Rtav1DependencyTemplate {
    // `sizeof(Rtav1DependencyTemplate)`.
    size_t struct_size;
    // Spatial layer, 0 to 3.
    uint32_t spatial_id;
    // Temporal layer, 0 to 7.
    uint32_t temporal_id;
    // How many frames such a frame depends on, up to 16.
    uint32_t fdiff_count;
    // What the frame is to each decode target: 0 no part of it, 1 discardable, 2 a switch point, 3
    // required.
    uint8_t dtis[32];
    // How many frame numbers back the frames are that it depends on.
    uint16_t fdiffs[16];
    // For each chain, how many frame numbers back its last frame is; 0 if none is needed.
    uint8_t chain_fdiffs[32];
} Rtav1DependencyTemplate;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Version of the interface that the library has, to be compared with `RTAV1_ABI_VERSION`.
uint32_t rtav1_abi_version(void);

// Version of the library, such as "0.1.0"; the string is always valid.
const char *rtav1_version(void);

// Gives `size` bytes of zeros, aligned to 16, to pass to the other functions; null for 0 bytes or
// if there are not so many. Freed by `rtav1_dealloc`. C programs may use their own memory instead.
uint8_t *rtav1_alloc(size_t size);

// Frees the `size` bytes that `rtav1_alloc` gave for this size; does nothing for null.
void rtav1_dealloc(uint8_t *memory, size_t size);

// What a status means, in a few words; the string is always valid.
//
// The text of a failed call, with the offending values, comes from the handle (for example
// `rtav1_encoder_error`) or, where there is no handle yet, in the `message` buffer.
const char *rtav1_status_string(int32_t status);

// Fills `config` for `width` by `height` luma samples at `bitrate` bit/s: 30 frames a second,
// 90 kHz ticks, one thread, key frames on request, 200 ms of delay, the native engine, the speed by size and rate.
// `struct_size` is `sizeof *config`. The values are checked by `rtav1_encoder_new`.
enum Rtav1Status rtav1_encoder_config_default(struct Rtav1EncoderConfig *config,
                                              size_t struct_size,
                                              uint32_t width,
                                              uint32_t height,
                                              uint32_t bitrate);

// Makes an encoder; `*encoder` becomes null on failure. Freed by `rtav1_encoder_free`.
//
// `message` may be null, or get the text of the error, cut to `capacity` bytes with its NUL.
enum Rtav1Status rtav1_encoder_new(const struct Rtav1EncoderConfig *config,
                                   struct Rtav1Encoder **encoder,
                                   char *message,
                                   size_t capacity);

// Frees the encoder and sets `*encoder` to null; does nothing where that is null already.
void rtav1_encoder_free(struct Rtav1Encoder **encoder);

// Text of the last call on this handle that failed, empty if none did; valid until the next call
// on the handle.
const char *rtav1_encoder_error(struct Rtav1Encoder *encoder);

// Takes one frame and says what became of it. `options` may be null: no requests.
//
// A frame that is refused leaves the encoder as it was.
enum Rtav1Status rtav1_encoder_encode(struct Rtav1Encoder *encoder,
                                      const struct Rtav1Frame *frame,
                                      const struct Rtav1FrameOptions *options,
                                      struct Rtav1EncodeOutcome *outcome);

// Ends the stream and gives one of the frames still inside; to be called until `*unit` is null.
// From the first call on no more frames are taken.
enum Rtav1Status rtav1_encoder_flush(struct Rtav1Encoder *encoder, const struct Rtav1Unit **unit);

// Sets from the next frame on the target rate, in bit/s of coded OBUs and of what the network adds
// to them, and the nominal frames a second, `frame_rate_num / frame_rate_den`.
//
// A bitrate of 0 pauses: frames are dropped with `RTAV1_DROP_REASON_PAUSED`. When there is a rate
// again the stream goes on without a key frame, unless one was asked for meanwhile. Rates beyond the
// level of the stream raise it with the next key frame, which is not made for the sake of it.
enum Rtav1Status rtav1_encoder_set_rates(struct Rtav1Encoder *encoder,
                                         uint32_t bitrate,
                                         uint32_t frame_rate_num,
                                         uint32_t frame_rate_den);

// Sets the range of quantizer indices that the bitrate may choose from, within 1 to 255, from the
// next frame on.
enum Rtav1Status rtav1_encoder_set_qindex_range(struct Rtav1Encoder *encoder,
                                                uint32_t min_qindex,
                                                uint32_t max_qindex);

// Sets the size of the pictures from the next frame on, which becomes a key frame. What the link
// still carries and the limits stay, so that the bound on delay holds across the change.
enum Rtav1Status rtav1_encoder_set_size(struct Rtav1Encoder *encoder,
                                        uint32_t width,
                                        uint32_t height);

// The settings as they are now, with all that was changed since the start.
enum Rtav1Status rtav1_encoder_config(struct Rtav1Encoder *encoder,
                                      struct Rtav1EncoderConfig *config);

// Writes the sequence header in front of key frames, an OBU with its size field, to `buffer`, and
// its length to `*len`; 64 bytes always do. On `RTAV1_STATUS_BUFFER_TOO_SHORT` only `*len` is
// written. An engine with delay may have none before its first unit. A change of the size changes it,
// and one of the rates does where a higher level is needed.
enum Rtav1Status rtav1_encoder_sequence_header(struct Rtav1Encoder *encoder,
                                               uint8_t *buffer,
                                               size_t capacity,
                                               size_t *len);

// Writes the content of an `av1C` box (AV1CodecConfigurationRecord) to `buffer`, and its length to
// `*len`; 68 bytes always do. Otherwise as `rtav1_encoder_sequence_header`.
enum Rtav1Status rtav1_encoder_av1c(struct Rtav1Encoder *encoder,
                                    uint8_t *buffer,
                                    size_t capacity,
                                    size_t *len);

// Writes the `codecs` parameter of RFC 6381, such as "av01.0.04M.08", with a NUL to `buffer`; 40
// bytes always do. On failure nothing is written.
enum Rtav1Status rtav1_encoder_codec_string(struct Rtav1Encoder *encoder,
                                            char *buffer,
                                            size_t capacity);

// The parameters of the stream for SDP; `rtav1_fmtp_line` writes them as an attribute.
enum Rtav1Status rtav1_encoder_fmtp(struct Rtav1Encoder *encoder,
                                    struct Rtav1FmtpParameters *parameters);

// Sets the most delay of the link, 50 to 1000 ms, from the next frame on.
enum Rtav1Status rtav1_encoder_set_max_delay(struct Rtav1Encoder *encoder, uint32_t max_delay);

// Sets the most bytes of a unit, 64 or more, from the next frame on; 0 lifts the limit.
enum Rtav1Status rtav1_encoder_set_max_frame_bytes(struct Rtav1Encoder *encoder,
                                                   uint32_t max_frame_bytes);

// Sets what the network adds to each frame from the next one on: the bytes that every packet
// carries beside its payload, 0 to 1000, and the most bytes of payload in a packet, 100 to 65535.
enum Rtav1Status rtav1_encoder_set_wire_overhead(struct Rtav1Encoder *encoder,
                                                 uint32_t packet_overhead,
                                                 uint32_t max_payload);

// Tells how long the last frame took to encode, in microseconds, by which RTAV1_SPEED_AUTO goes.
enum Rtav1Status rtav1_encoder_report_encode_time(struct Rtav1Encoder *encoder,
                                                  uint64_t microseconds);

// Sets the speed, 0 to 10 or RTAV1_SPEED_AUTO, from the next frame on.
enum Rtav1Status rtav1_encoder_set_speed(struct Rtav1Encoder *encoder, uint32_t speed);

// Sets when frames depend on acknowledged frames only, an `Rtav1AcknowledgedPrediction`, from the next
// frame on.
enum Rtav1Status rtav1_encoder_set_acknowledged_prediction(struct Rtav1Encoder *encoder,
                                                           uint32_t choice);

// The receiver has decoded the frame with this number (`Rtav1CodedFrame.id`), and so has all that it
// depends on. It decodes frames in the order of their numbers, and leaves out those that miss a
// reference.
//
// May come late, twice or not at all; of frames that are not known or known to be lost it changes
// nothing.
enum Rtav1Status rtav1_encoder_acknowledge(struct Rtav1Encoder *encoder,
                                           uint64_t frame_id);

// The receiver will not have the frame with this number, nor what depends on it.
//
// Nothing refers to such frames any more. If frames to come would have, the next one depends only on
// frames that are acknowledged, or is a key frame where none is. May come late or twice; of frames
// that are acknowledged or not known it changes nothing.
enum Rtav1Status rtav1_encoder_lost(struct Rtav1Encoder *encoder,
                                    uint64_t frame_id);

// Asks that the next frame be a key frame; if that one is dropped, the one after it.
enum Rtav1Status rtav1_encoder_request_key_frame(struct Rtav1Encoder *encoder);

// What the encoder's engine can do.
enum Rtav1Status rtav1_encoder_capabilities(struct Rtav1Encoder *encoder,
                                            struct Rtav1Capabilities *capabilities);

// Name of the encoder's engine, such as "native"; valid as long as the encoder.
const char *rtav1_encoder_engine_name(struct Rtav1Encoder *encoder);

// Frees the unit and sets `*unit` to null; does nothing where that is null already.
void rtav1_unit_free(const struct Rtav1Unit **unit);

// Sets the temporal layers, an `Rtav1ScalabilityMode`, from the next frame on, without a key frame.
// Frames tell their layer at once, OBU headers from the next key frame on.
enum Rtav1Status rtav1_encoder_set_scalability_mode(struct Rtav1Encoder *encoder, uint32_t mode);

// Sets the shares of the layers (`Rtav1EncoderConfig.layer_shares`) in percent, lowest first, from the next
// frame on; three zeros for the default.
enum Rtav1Status rtav1_encoder_set_layer_shares(struct Rtav1Encoder *encoder,
                                                uint32_t layer_0,
                                                uint32_t layer_1,
                                                uint32_t layer_2);

// Fills `config`: one thread, pictures of up to 8192 * 4320, operating point 0, film grain
// applied. `struct_size` is `sizeof *config`.
enum Rtav1Status rtav1_decoder_config_default(struct Rtav1DecoderConfig *config,
                                              size_t struct_size);

// Makes a decoder; `*decoder` becomes null on failure. Freed by `rtav1_decoder_free`.
//
// `message` may be null, or get the text of the error, cut to `capacity` bytes with its NUL.
enum Rtav1Status rtav1_decoder_new(const struct Rtav1DecoderConfig *config,
                                   struct Rtav1Decoder **decoder,
                                   char *message,
                                   size_t capacity);

// Frees the decoder and sets `*decoder` to null; does nothing where that is null already.
void rtav1_decoder_free(struct Rtav1Decoder **decoder);

// Text of the last call on this handle that failed, empty if none did; valid until the next call
// on the handle.
const char *rtav1_decoder_error(struct Rtav1Decoder *decoder);

// Takes one temporal unit and gives its picture; `*picture` is null if it shows none.
//
// After an error in a unit, further units can be given, and pictures are right again from the
// next key frame on.
enum Rtav1Status rtav1_decoder_decode(struct Rtav1Decoder *decoder,
                                      const uint8_t *data,
                                      size_t len,
                                      uint64_t timestamp,
                                      const struct Rtav1Picture **picture);

// Makes the decoder forget all references: nothing comes out before the next key frame.
enum Rtav1Status rtav1_decoder_reset(struct Rtav1Decoder *decoder);

// Name of the decoder's back end, such as "rav1d"; valid as long as the decoder.
const char *rtav1_decoder_backend_name(struct Rtav1Decoder *decoder);

// Frees the picture and sets `*picture` to null; does nothing where that is null already.
void rtav1_picture_free(const struct Rtav1Picture **picture);

// Makes a tracker; `*tracker` becomes null on failure. Freed by `rtav1_delivery_tracker_free`.
//
// With `transport_wide` packets are told by the numbers of the header extension for transport-wide
// feedback, otherwise by those of their RTP headers. `first_number` is that of
// `rtav1_describer_new`.
enum Rtav1Status rtav1_delivery_tracker_new(bool transport_wide,
                                            uint16_t first_number,
                                            struct Rtav1DeliveryTracker **tracker);

// From now on messages that name another stream than the one with the SSRC `media` are ignored;
// until then none is. Transport-wide feedback and the reports of `rtav1_receiver_report` name none: a
// program whose several streams go to one receiver tells those reports apart by the receiver's SSRC.
enum Rtav1Status rtav1_delivery_tracker_set_media(struct Rtav1DeliveryTracker *tracker,
                                                  uint32_t media);

// Frees the tracker and sets `*tracker` to null; does nothing where that is null already.
void rtav1_delivery_tracker_free(struct Rtav1DeliveryTracker **tracker);

// Text of the last call on this handle that failed, empty if none did; valid until the next call
// on the handle.
const char *rtav1_delivery_tracker_error(struct Rtav1DeliveryTracker *tracker);

// A frame goes out at `now_us`, in `count` packets with these sequence numbers, after all frames with
// lower ids.
enum Rtav1Status rtav1_delivery_tracker_frame_sent(struct Rtav1DeliveryTracker *tracker,
                                                   const struct Rtav1CodedFrame *frame,
                                                   const uint16_t *sequences,
                                                   size_t count,
                                                   uint64_t now_us);

// The packet with the number `original` goes out once more, with the number `again`.
enum Rtav1Status rtav1_delivery_tracker_packet_resent(struct Rtav1DeliveryTracker *tracker,
                                                      uint16_t original,
                                                      uint16_t again,
                                                      uint64_t now_us);

// Packets with these numbers arrived at the other end; then `rtav1_delivery_tracker_next` gives what that
// decides.
enum Rtav1Status rtav1_delivery_tracker_packets_received(struct Rtav1DeliveryTracker *tracker,
                                                         const uint16_t *sequences,
                                                         size_t count);

// Takes an RTCP packet of the other end: transport-wide feedback, RFC 8888, NACK, requests of key
// frames, and the reports of `rtav1_receiver_report`. Then `rtav1_delivery_tracker_next` gives what that
// decides. `*key_frame` tells whether a key frame is asked for.
enum Rtav1Status rtav1_delivery_tracker_rtcp(struct Rtav1DeliveryTracker *tracker,
                                             const uint8_t *data,
                                             size_t len,
                                             bool *key_frame);

// Gives the next thing to tell the encoder, and the id of the frame that it is about.
enum Rtav1Status rtav1_delivery_tracker_next(struct Rtav1DeliveryTracker *tracker,
                                             enum Rtav1FeedbackKind *kind,
                                             uint64_t *frame_id);

// The RTP sequence numbers that the last RTCP packet asked for again: the first `capacity` of them go to
// `sequences`, and `*count` gets how many there are.
enum Rtav1Status rtav1_delivery_tracker_resend(struct Rtav1DeliveryTracker *tracker,
                                               uint16_t *sequences,
                                               size_t capacity,
                                               size_t *count);

// Writes a picture loss indication (RFC 4585, 6.3.1), 12 bytes, to `buffer`; `*len` gets its bytes.
enum Rtav1Status rtav1_rtcp_picture_loss(uint32_t sender_ssrc,
                                         uint32_t media_ssrc,
                                         uint8_t *buffer,
                                         size_t capacity,
                                         size_t *len);

// Writes a full intra request (RFC 5104, 4.3.1), 20 bytes, to `buffer`; `*len` gets its bytes. The same
// `request` asks for the same key frame once more, the next one for another.
enum Rtav1Status rtav1_rtcp_full_intra(uint32_t sender_ssrc,
                                       uint32_t media_ssrc,
                                       uint8_t request,
                                       uint8_t *buffer,
                                       size_t capacity,
                                       size_t *len);

// Writes a generic NACK (RFC 4585, 6.2.1) for these packets to `buffer`; `*len` gets its bytes: 12 and 4
// for all within 17 numbers, 0 for none.
enum Rtav1Status rtav1_rtcp_nack(uint32_t sender_ssrc,
                                 uint32_t media_ssrc,
                                 struct Rtav1Sequences sequences,
                                 uint8_t *buffer,
                                 size_t capacity,
                                 size_t *len);

// Fills `config` with the defaults. `struct_size` is `sizeof *config`.
enum Rtav1Status rtav1_depacketizer_config_default(struct Rtav1DepacketizerConfig *config,
                                                   size_t struct_size);

// Makes a depacketizer; `*depacketizer` becomes null on failure. Freed by
// `rtav1_depacketizer_free`.
//
// `message` may be null, or get the text of the error, cut to `capacity` bytes with its NUL.
enum Rtav1Status rtav1_depacketizer_new(const struct Rtav1DepacketizerConfig *config,
                                        struct Rtav1Depacketizer **depacketizer,
                                        char *message,
                                        size_t capacity);

// Frees the depacketizer and sets `*depacketizer` to null; does nothing where that is null
// already.
void rtav1_depacketizer_free(struct Rtav1Depacketizer **depacketizer);

// Text of the last call on this handle that failed, empty if none did; valid until the next call
// on the handle.
const char *rtav1_depacketizer_error(struct Rtav1Depacketizer *depacketizer);

// Takes a packet, in any order, that arrives at `now_us`, in microseconds since a start of the
// caller's choice; then `rtav1_depacketizer_next_event` is to be called until it gives null. Time
// that runs backwards stands still. `arrival` may be null, or gets what became of the packet.
//
// A malformed payload is an error, and its sequence number counts as lost.
enum Rtav1Status rtav1_depacketizer_push(struct Rtav1Depacketizer *depacketizer,
                                         const struct Rtav1RtpPacket *packet,
                                         uint64_t now_us,
                                         enum Rtav1Arrival *arrival);

// Gives the next temporal unit or loss, in the order of sending; `*event` is null until another
// packet comes or the time of `rtav1_depacketizer_next_timeout`.
enum Rtav1Status rtav1_depacketizer_next_event(struct Rtav1Depacketizer *depacketizer,
                                               const struct Rtav1Event **event);

// When a missing packet will be given up, if it has not come by then: `*timeout_us` gets the time
// to call `rtav1_depacketizer_handle_timeout`, or UINT64_MAX while nothing is waited for. To be
// asked after `rtav1_depacketizer_next_event` gave null.
enum Rtav1Status rtav1_depacketizer_next_timeout(struct Rtav1Depacketizer *depacketizer,
                                                 uint64_t *timeout_us);

// Takes the time, to give up what was waited for long enough; to be followed by
// `rtav1_depacketizer_next_event`. A call too early does no harm.
enum Rtav1Status rtav1_depacketizer_handle_timeout(struct Rtav1Depacketizer *depacketizer,
                                                   uint64_t now_us);

// Gives up the packets that are missing in front of the first one that waits for them, though
// their time has not come. To be followed by `rtav1_depacketizer_next_event`.
enum Rtav1Status rtav1_depacketizer_skip_missing(struct Rtav1Depacketizer *depacketizer);

// Gives up all that is missing, after the last packet of the stream or when it pauses. To be
// followed by `rtav1_depacketizer_next_event`; after its null the depacketizer is as new.
enum Rtav1Status rtav1_depacketizer_flush(struct Rtav1Depacketizer *depacketizer);

// The sequence numbers that other packets wait for, to be asked for again: the first `capacity`
// of them go to `sequences`, and `*count` gets how many there are.
enum Rtav1Status rtav1_depacketizer_missing(struct Rtav1Depacketizer *depacketizer,
                                            uint16_t *sequences,
                                            size_t capacity,
                                            size_t *count);

// Whether the next unit may refer to what did not arrive: before the first key frame, and from a
// loss until a unit is `unbroken` again.
enum Rtav1Status rtav1_depacketizer_key_frame_needed(struct Rtav1Depacketizer *depacketizer,
                                                     bool *needed);

// Bytes held, as `max_bytes` of the settings counts them.
enum Rtav1Status rtav1_depacketizer_held_bytes(struct Rtav1Depacketizer *depacketizer,
                                               size_t *bytes);

// Extends an RTP timestamp to 64 bits: `*extended` gets the value nearest to `reference`, which is
// the one extended last, or `timestamp` itself for the first.
enum Rtav1Status rtav1_extend_timestamp(uint64_t reference, uint32_t timestamp, uint64_t *extended);

// Extends an RTP sequence number to 64 bits: `*extended` gets the value nearest to `reference`,
// which is the one extended last, or `sequence` itself for the first.
enum Rtav1Status rtav1_extend_sequence(uint64_t reference, uint16_t sequence, uint64_t *extended);

// Frees the event and sets `*event` to null; does nothing where that is null already.
void rtav1_event_free(const struct Rtav1Event **event);

// Makes a describer of streams with the layers of `mode`, an `Rtav1ScalabilityMode`, or fewer;
// `*describer` becomes null on failure. Freed by `rtav1_describer_free`. The frame with the id 0 has
// the number `first_number` on the wire.
//
// `message` may be null, or get the text of the error, cut to `capacity` bytes with its NUL.
enum Rtav1Status rtav1_describer_new(uint32_t mode,
                                     uint16_t first_number,
                                     struct Rtav1Describer **describer,
                                     char *message,
                                     size_t capacity);

// Frees the describer and sets `*describer` to null; does nothing where that is null already.
void rtav1_describer_free(struct Rtav1Describer **describer);

// Makes a reader that knows no structure; `*reader` becomes null on failure. Freed by
// `rtav1_descriptor_reader_free`.
enum Rtav1Status rtav1_descriptor_reader_new(struct Rtav1DescriptorReader **reader);

// Frees the reader and sets `*reader` to null; does nothing where that is null already.
void rtav1_descriptor_reader_free(struct Rtav1DescriptorReader **reader);

// Text of the last call on this handle that failed, empty if none did; valid until the next call
// on the handle.
const char *rtav1_descriptor_reader_error(struct Rtav1DescriptorReader *reader);

// Reads the descriptor of a packet, `len` bytes of a header extension's element, best in the order of
// sending. The reader keeps the structure that came last.
enum Rtav1Status rtav1_descriptor_reader_read(struct Rtav1DescriptorReader *reader,
                                              const uint8_t *data,
                                              size_t len,
                                              struct Rtav1DependencyDescriptor *descriptor);

// Makes a forwarder of the layers up to these; `*forwarder` becomes null on failure. Freed by
// `rtav1_forwarder_free`.
enum Rtav1Status rtav1_forwarder_new(uint32_t highest_spatial_id,
                                     uint32_t highest_temporal_id,
                                     struct Rtav1Forwarder **forwarder);

// Frees the forwarder and sets `*forwarder` to null; does nothing where that is null already.
void rtav1_forwarder_free(struct Rtav1Forwarder **forwarder);

// Text of the last call on this handle that failed, empty if none did; valid until the next call
// on the handle.
const char *rtav1_forwarder_error(struct Rtav1Forwarder *forwarder);

// Sets the layers that are wanted from now on; the forwarder goes to them where that is possible.
enum Rtav1Status rtav1_forwarder_set_highest_layer(struct Rtav1Forwarder *forwarder,
                                                   uint32_t spatial_id,
                                                   uint32_t temporal_id);

// Takes the descriptor of the next packet, best in the order of sending, and tells whether the packet
// is to be sent on, and with which descriptor.
enum Rtav1Status rtav1_forwarder_packet(struct Rtav1Forwarder *forwarder,
                                        const uint8_t *descriptor,
                                        size_t len,
                                        struct Rtav1ForwardedPacket *packet);

// Makes a packetizer; `*packetizer` becomes null on failure. Freed by `rtav1_packetizer_free`.
//
// `message` may be null, or get the text of the error, cut to `capacity` bytes with its NUL.
enum Rtav1Status rtav1_packetizer_new(const struct Rtav1PacketLimits *limits,
                                      struct Rtav1Packetizer **packetizer,
                                      char *message,
                                      size_t capacity);

// Frees the packetizer and sets `*packetizer` to null; does nothing where that is null already.
void rtav1_packetizer_free(struct Rtav1Packetizer **packetizer);

// Text of the last call on this handle that failed, empty if none did; valid until the next call
// on the handle.
const char *rtav1_packetizer_error(struct Rtav1Packetizer *packetizer);

// Cuts a whole temporal unit into payloads, which `rtav1_packetizer_next` then gives one by one;
// those of an earlier unit that were not taken are discarded. `data` is copied.
//
// The first payload has N set if the unit starts a coded video sequence: a sequence header leads, and
// the first frame is a key frame that is shown. `count` may be null, or gets the number of payloads.
enum Rtav1Status rtav1_packetizer_packetize(struct Rtav1Packetizer *packetizer,
                                            const uint8_t *data,
                                            size_t len,
                                            size_t *count);

// As `rtav1_packetizer_packetize` for a part of a temporal unit, such as the frame of one spatial
// layer; the marker is set only with `end_of_unit`.
enum Rtav1Status rtav1_packetizer_packetize_layer(struct Rtav1Packetizer *packetizer,
                                                  const uint8_t *data,
                                                  size_t len,
                                                  bool end_of_unit,
                                                  size_t *count);

// As `rtav1_packetizer_packetize` for a unit of the encoder's, with the dependency descriptor of each
// packet beside it, by a describer to which all units of the stream are given in their order. Payloads
// are smaller by what the descriptors take.
enum Rtav1Status rtav1_packetizer_packetize_described(struct Rtav1Packetizer *packetizer,
                                                      struct Rtav1Describer *describer,
                                                      const struct Rtav1Unit *unit,
                                                      size_t *count);

// Writes the next payload to `buffer`, which has `capacity` bytes; `payload->len` is 0 when none
// is left. A buffer that is too short is refused and the payload stays the next one.
enum Rtav1Status rtav1_packetizer_next(struct Rtav1Packetizer *packetizer,
                                       uint8_t *buffer,
                                       size_t capacity,
                                       struct Rtav1Payload *payload);

// Fills `config` with the defaults. `struct_size` is `sizeof *config`.
enum Rtav1Status rtav1_receiver_config_default(struct Rtav1ReceiverConfig *config,
                                               size_t struct_size);

// Makes a receiver; `*receiver` becomes null on failure. Freed by `rtav1_receiver_free`.
//
// `message` may be null, or get the text of the error, cut to `capacity` bytes with its NUL.
enum Rtav1Status rtav1_receiver_new(const struct Rtav1ReceiverConfig *config,
                                    struct Rtav1Receiver **receiver,
                                    char *message,
                                    size_t capacity);

// Frees the receiver and sets `*receiver` to null; does nothing where that is null already.
void rtav1_receiver_free(struct Rtav1Receiver **receiver);

// Text of the last call on this handle that failed, empty if none did; valid until the next call
// on the handle.
const char *rtav1_receiver_error(struct Rtav1Receiver *receiver);

// Takes a packet, with its descriptor if it has one, as `rtav1_depacketizer_push` does; then
// `rtav1_receiver_next_event` is to be called until it gives null, and `rtav1_receiver_next_request`
// until it gives nothing.
enum Rtav1Status rtav1_receiver_push(struct Rtav1Receiver *receiver,
                                     const struct Rtav1RtpPacket *packet,
                                     uint64_t now_us,
                                     enum Rtav1Arrival *arrival);

// Gives the next picture with what it is worth, or the next loss that later frames need, in the order
// of sending; `*event` is null until more comes. Freed by `rtav1_event_free`.
enum Rtav1Status rtav1_receiver_next_event(struct Rtav1Receiver *receiver,
                                           const struct Rtav1Event **event);

// What to ask the sender for at `now_us`; `*kind` is `RTAV1_REQUEST_KIND_NONE` if nothing, or if it was
// asked for and the answer may still come. Of packets to be asked for, the first `capacity` sequence
// numbers go to `sequences`, and `*count` gets how many there are, otherwise 0.
enum Rtav1Status rtav1_receiver_next_request(struct Rtav1Receiver *receiver,
                                             uint64_t now_us,
                                             enum Rtav1RequestKind *kind,
                                             uint16_t *sequences,
                                             size_t capacity,
                                             size_t *count);

// When to call `rtav1_receiver_handle_timeout`: `*timeout_us` gets the time, or UINT64_MAX while
// nothing is waited for. To be asked after events and requests.
enum Rtav1Status rtav1_receiver_next_timeout(struct Rtav1Receiver *receiver, uint64_t *timeout_us);

// Takes the time; to be followed by `rtav1_receiver_next_event` as `rtav1_receiver_push` is. A call too
// early does no harm.
enum Rtav1Status rtav1_receiver_handle_timeout(struct Rtav1Receiver *receiver,
                                               uint64_t now_us);

// Tells the round trip as it is measured.
enum Rtav1Status rtav1_receiver_set_round_trip(struct Rtav1Receiver *receiver,
                                               uint64_t round_trip_us);

// Sets the highest layers that are wanted, spatial 0 to 3 and temporal 0 to 7: losses in others count
// for nothing.
enum Rtav1Status rtav1_receiver_set_highest_layer(struct Rtav1Receiver *receiver,
                                                  uint32_t spatial_id,
                                                  uint32_t temporal_id);

// The decoder refused the picture that was given last, though it was clean: nothing is held to be
// decodable until a key frame comes.
enum Rtav1Status rtav1_receiver_decoding_failed(struct Rtav1Receiver *receiver);

// Writes the RTCP packet that tells the sender which frames can be decoded, from the receiver with this
// SSRC, to `buffer`; `*len` gets its bytes, 24 or, without descriptors, 0.
enum Rtav1Status rtav1_receiver_report(struct Rtav1Receiver *receiver,
                                       uint32_t ssrc,
                                       uint8_t *buffer,
                                       size_t capacity,
                                       size_t *len);

// The lowest level that holds a stream of one layer, with its tier; level 31 beyond all levels.
//
// `message` may be null, or get the text of the error, cut to `capacity` bytes with its NUL.
enum Rtav1Status rtav1_fmtp_for_stream(const struct Rtav1StreamDescription *stream,
                                       struct Rtav1FmtpParameters *parameters,
                                       char *message,
                                       size_t capacity);

// Reads the parameters from an SDP attribute ("a=fmtp:98 profile=0;level-idx=5"), with or without
// "a=" and with or without blanks after the colon, or from the list of parameters alone. Absent
// ones get the payload format's defaults; another line of SDP is refused.
//
// `message` may be null, or get the text of the error, cut to `capacity` bytes with its NUL.
enum Rtav1Status rtav1_fmtp_parse(const char *line,
                                  struct Rtav1FmtpParameters *parameters,
                                  char *message,
                                  size_t capacity);

// Writes the attribute for a payload type, "a=fmtp:98 profile=0;level-idx=5;tier=0", without a
// line end and with a NUL, to `buffer`; 48 bytes always do. On failure nothing is written.
enum Rtav1Status rtav1_fmtp_line(const struct Rtav1FmtpParameters *parameters,
                                 uint32_t payload_type,
                                 char *buffer,
                                 size_t capacity);

// Whether a receiver with these parameters takes a stream of those.
enum Rtav1Status rtav1_fmtp_accepts(const struct Rtav1FmtpParameters *receiver,
                                    const struct Rtav1FmtpParameters *stream,
                                    bool *accepts);

// Tells the structure that came last; zeros if none did.
enum Rtav1Status rtav1_descriptor_reader_structure(struct Rtav1DescriptorReader *reader,
                                                   struct Rtav1DependencyStructure *structure);

// Tells the template at `index`, below `template_count`, of the structure that came last.
enum Rtav1Status rtav1_descriptor_reader_template(struct Rtav1DescriptorReader *reader,
                                                  uint32_t index,
                                                  struct Rtav1DependencyTemplate *frame_template);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* RTAV1_H */
