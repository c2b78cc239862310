/* Codes one picture and prints how many bytes it takes. */

#include <rtav1.h>
#include <stdio.h>

int main(void) {
    static const uint8_t luma[320 * 240], chroma[320 * 120];
    char message[200];
    Rtav1EncoderConfig config;
    Rtav1Encoder *encoder;
    rtav1_encoder_config_default(&config, sizeof config, 320, 240, 100000);
    if (rtav1_encoder_new(&config, &encoder, message, sizeof message)) return puts(message), 1;
    Rtav1EncodeOutcome outcome = {.struct_size = sizeof outcome};
    Rtav1Frame frame = {.struct_size = sizeof frame, .width = 320, .height = 240,
        .format = RTAV1_PIXEL_FORMAT_NV12, .planes = {luma, chroma},
        .lengths = {sizeof luma, sizeof chroma}, .strides = {320, 320}};
    Rtav1Status status = rtav1_encoder_encode(encoder, &frame, NULL, &outcome);
    if (!status && !outcome.unit) status = rtav1_encoder_flush(encoder, &outcome.unit);
    if (status) return puts(rtav1_encoder_error(encoder)), 1;
    printf("%zu bytes\n", outcome.unit->len);
    rtav1_unit_free(&outcome.unit);
    rtav1_encoder_free(&encoder);
}
