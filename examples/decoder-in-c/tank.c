/* A decoder of a tank sensor: on port 2 millimetres of water in two bytes, the most significant first, and the charge of
   the battery in percents. */

#include <string.h>

#include "decoder.h"

/* The names that wit-bindgen makes are long, since it keeps those of all packages apart. */
typedef exports_champollion_decoder_codec_uplink_t uplink_t;
typedef exports_champollion_decoder_codec_command_t command_t;
typedef exports_champollion_decoder_codec_sent_downlink_t sent_downlink_t;
typedef exports_champollion_decoder_codec_reading_t reading_t;
typedef exports_champollion_decoder_codec_downlink_t downlink_t;
typedef exports_champollion_decoder_codec_failure_t failure_t;
typedef exports_champollion_decoder_codec_measurement_t measurement_t;

enum { PORT = 2, LENGTH = 3, MILLIMETRES = 1000 };

/* A text as long as those of this decoder become. */
typedef struct {
    char bytes[128];
    size_t length;
} text_t;

static void put(text_t *text, const char *words) {
    size_t room = sizeof text->bytes - 1 - text->length;
    size_t length = strlen(words);
    if (length > room) length = room;
    memcpy(text->bytes + text->length, words, length);
    text->length += length;
    text->bytes[text->length] = 0;
}

/* Decimal digits, with zeros in front up to a width. */
static void put_number(text_t *text, uint32_t number, int width) {
    char digits[11];
    int at = sizeof digits - 1;
    digits[at] = 0;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
        width--;
    } while (number > 0 || width > 0);
    put(text, digits + at);
}

static bool fails(failure_t *failure, uint8_t kind, const char *message) {
    memset(failure, 0, sizeof *failure);
    failure->kind = kind;
    decoder_string_dup(&failure->message, message);
    return false;
}

/* The same at the bytes from `offset` to the end of the payload. */
static bool fails_at(failure_t *failure, uint8_t kind, const char *message, const uplink_t *uplink, size_t offset) {
    fails(failure, kind, message);
    failure->span.is_some = offset < uplink->payload.len;
    failure->span.val.offset = (uint16_t)offset;
    failure->span.val.length = (uint16_t)(uplink->payload.len - offset);
    return false;
}

static void measure(measurement_t *measurement, const char *quantity, double value, uint16_t offset, uint16_t length) {
    memset(measurement, 0, sizeof *measurement);
    decoder_string_dup(&measurement->quantity, quantity);
    measurement->value.tag = EXPORTS_CHAMPOLLION_DECODER_CODEC_VALUE_NUMBER;
    measurement->value.val.number = value;
    measurement->span.is_some = true;
    measurement->span.val.offset = offset;
    measurement->span.val.length = length;
}

bool exports_champollion_decoder_codec_decode_uplink(uplink_t *uplink, reading_t *reading, failure_t *failure) {
    static measurement_t measurements[2];
    const uint8_t *payload = uplink->payload.ptr;
    if (uplink->f_port != PORT) {
        text_t message = {.length = 0};
        put(&message, "nothing that is known comes on port ");
        put_number(&message, uplink->f_port, 1);
        return fails(failure, EXPORTS_CHAMPOLLION_DECODER_CODEC_FAILURE_KIND_UNKNOWN_PORT, message.bytes);
    }
    if (uplink->payload.len < LENGTH) {
        return fails_at(failure, EXPORTS_CHAMPOLLION_DECODER_CODEC_FAILURE_KIND_TOO_SHORT,
                        "a measurement has 3 bytes", uplink, 0);
    }
    if (uplink->payload.len > LENGTH) {
        return fails_at(failure, EXPORTS_CHAMPOLLION_DECODER_CODEC_FAILURE_KIND_TOO_LONG,
                        "a measurement has 3 bytes", uplink, LENGTH);
    }
    uint32_t millimetres = (uint32_t)payload[0] << 8 | payload[1];
    uint32_t battery = payload[2];

    /* Whole numbers alone are written, so no library has to know how floats are. */
    text_t data = {.length = 0};
    put(&data, "{\"level\":");
    put_number(&data, millimetres / MILLIMETRES, 1);
    put(&data, ".");
    put_number(&data, millimetres % MILLIMETRES, 3);
    put(&data, ",\"battery\":");
    put_number(&data, battery, 1);
    put(&data, "}");

    measure(&measurements[0], "water.level", millimetres / (double)MILLIMETRES, 0, 2);
    measure(&measurements[1], "battery.level", battery, 2, 1);
    memset(reading, 0, sizeof *reading);
    decoder_string_dup(&reading->data, data.bytes);
    reading->measurements.ptr = measurements;
    reading->measurements.len = 2;
    return true;
}

bool exports_champollion_decoder_codec_encode_downlink(command_t *command, downlink_t *downlink, failure_t *failure) {
    (void)command;
    (void)downlink;
    return fails(failure, EXPORTS_CHAMPOLLION_DECODER_CODEC_FAILURE_KIND_UNSUPPORTED,
                 "this decoder encodes no commands");
}

bool exports_champollion_decoder_codec_decode_downlink(sent_downlink_t *sent, reading_t *reading, failure_t *failure) {
    (void)sent;
    (void)reading;
    return fails(failure, EXPORTS_CHAMPOLLION_DECODER_CODEC_FAILURE_KIND_UNSUPPORTED,
                 "this decoder reads no commands back");
}
