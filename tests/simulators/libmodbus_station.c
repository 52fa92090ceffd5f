/*
 * An independent line end for one sealer, over libmodbus: no byte of it comes from our contract module or
 * from pymodbus. Addresses, lengths and codes are typed from the contract document. It beats, writes one
 * permit, polls the status image, reads the curve, prints what was measured and acknowledges.
 *
 * Usage: libmodbus_station tcp HOST PORT CARRIER | libmodbus_station rtu PATH CARRIER
 * Prints one line: "accepted=1 code=1 carrier=.. min=.. max=.. dwell=.. force=.. cooling=.. cycles=.. samples=..
 * hottest=.. strongest=.. after=..".
 * Exit code 0: the cycle was seen to its end and its result acknowledged; 1: it was not, the reason on stderr.
 */
#include <errno.h>
#include <modbus.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Status image of a sealer: header 6, one block of 13 + 7, sequence again. */
enum { STATUS = 0, STATUS_LENGTH = 27, HEARTBEAT = 900, COMMAND = 1000, COMMAND_LENGTH = 14, ACKNOWLEDGE = 1016 };
enum { CURVE = 2000, CURVE_LENGTH = 57, CURVE_COUNT = 5, CURVE_TEMPERATURE = 6, CURVE_FORCE = 30 };
enum { IDENTITY = 9000, IDENTITY_LENGTH = 7 };
enum { SEQUENCE = 0, CLOCK_HIGH = 2, CLOCK_LOW = 3, SAFETY = 4, CARRIER = 6, STATE = 7, ECHO_SEQUENCE = 9 };
enum { ECHO_ANSWER = 13, RESULT_SEQUENCE = 15, RESULT_CODE = 18, MEASURED = 19 };
enum { STATE_IDLE = 0, STATE_DONE = 2, ANSWER_ACCEPTED = 1, COMMAND_SEAL = 2 };

static modbus_t *link_;
static uint16_t status[STATUS_LENGTH];
static uint16_t beats;

static void fail(const char *what) {
    fprintf(stderr, "libmodbus_station: %s: %s\n", what, modbus_strerror(errno));
    exit(1);
}

/* CRC-16/MODBUS over words, high byte first. */
static uint16_t check_word(const uint16_t *words, int count) {
    uint16_t crc = 0xFFFF;
    for (int i = 0; i < count * 2; i++) {
        crc ^= i % 2 ? words[i / 2] & 0xFF : words[i / 2] >> 8;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? (crc >> 1) ^ 0xA001 : crc >> 1;
    }
    return crc;
}

static void beat(void) {
    if (modbus_write_register(link_, HEARTBEAT, ++beats) != 1)
        fail("heartbeat");
}

static void read_status(void) {
    if (modbus_read_registers(link_, STATUS, STATUS_LENGTH, status) != STATUS_LENGTH)
        fail("status");
    if (status[SEQUENCE] != status[STATUS_LENGTH - 1]) {
        fprintf(stderr, "libmodbus_station: torn status image\n");
        exit(1);
    }
}

/* Beat and read every 10 ms until the register holds the value, at most for 5 s. */
static void poll_until(int index, uint16_t value, const char *what) {
    for (int i = 0; i < 500; i++) {
        beat();
        read_status();
        if (status[index] == value)
            return;
        usleep(10000);
    }
    fprintf(stderr, "libmodbus_station: %s did not come: register %d holds %d\n", what, index, status[index]);
    exit(1);
}

static void connect_to(int argc, char **argv) {
    if (argc == 5 && strcmp(argv[1], "tcp") == 0)
        link_ = modbus_new_tcp(argv[2], atoi(argv[3]));
    else if (argc == 4 && strcmp(argv[1], "rtu") == 0)
        link_ = modbus_new_rtu(argv[2], 115200, 'N', 8, 1);
    else {
        fprintf(stderr, "usage: %s tcp HOST PORT CARRIER | rtu PATH CARRIER\n", argv[0]);
        exit(2);
    }
    if (link_ == NULL || modbus_set_slave(link_, 1) == -1 || modbus_connect(link_) == -1)
        fail("connect");
}

static void check_identity(void) {
    const uint16_t expected[IDENTITY_LENGTH] = {0x5EA1, 2, 0x47F1, 0x2000, 2, 1, 10};
    uint16_t found[IDENTITY_LENGTH];
    if (modbus_read_registers(link_, IDENTITY, IDENTITY_LENGTH, found) != IDENTITY_LENGTH)
        fail("identity");
    if (memcmp(found, expected, sizeof expected) != 0) {
        fprintf(stderr, "libmodbus_station: this is no sealer of contract version 2\n");
        exit(1);
    }
}

static void write_permit(uint16_t carrier) {
    uint32_t expires = (((uint32_t)status[CLOCK_HIGH] << 16) | status[CLOCK_LOW]) + 400;
    uint16_t words[COMMAND_LENGTH] = {
        3, 41, 0x0001, 0x0002, COMMAND_SEAL, carrier, 0, expires >> 16, expires & 0xFFFF, 1500, 400, 300, 200, 0};
    words[COMMAND_LENGTH - 1] = check_word(words, COMMAND_LENGTH - 1);
    if (modbus_write_registers(link_, COMMAND, COMMAND_LENGTH, words) != COMMAND_LENGTH)
        fail("permit");
}

/* The curve stands until the acknowledgement and names its cycle first and last. */
static void read_curve(uint16_t *curve) {
    if (modbus_read_registers(link_, CURVE, CURVE_LENGTH, curve) != CURVE_LENGTH)
        fail("curve");
    if (curve[0] != 41 || curve[CURVE_LENGTH - 1] != 41 || memcmp(curve + 1, curve + CURVE_LENGTH - 3, 4) != 0 ||
        curve[1] != 1 || curve[2] != 2 || curve[3] != 3) {
        fprintf(stderr, "libmodbus_station: the curve is torn or of another cycle\n");
        exit(1);
    }
}

static int highest(const uint16_t *samples, int count) {
    int found = 0;
    for (int i = 0; i < count; i++)
        found = samples[i] > found ? samples[i] : found;
    return found;
}

static void acknowledge(void) {
    const uint16_t words[2] = {3, 41};
    if (modbus_write_registers(link_, ACKNOWLEDGE, 2, words) != 2)
        fail("acknowledgement");
}

int main(int argc, char **argv) {
    uint16_t measured[7], curve[CURVE_LENGTH];
    int answer, code;

    connect_to(argc, argv);
    check_identity();
    poll_until(SAFETY, 15, "safe state with host alive");
    write_permit((uint16_t)atoi(argv[argc - 1]));
    poll_until(ECHO_SEQUENCE, 41, "echo");
    answer = status[ECHO_ANSWER];
    if (answer != ANSWER_ACCEPTED) {
        fprintf(stderr, "libmodbus_station: permit refused with answer %d\n", answer);
        return 1;
    }
    poll_until(STATE, STATE_DONE, "result");
    code = status[RESULT_CODE];
    memcpy(measured, status + MEASURED, sizeof measured);
    read_curve(curve);
    acknowledge();
    poll_until(STATE, STATE_IDLE, "idle after the acknowledgement");
    printf("accepted=%d code=%d carrier=%d min=%d max=%d dwell=%d force=%d cooling=%d cycles=%d samples=%d hottest=%d "
           "strongest=%d after=%d\n",
           answer, code, measured[0], measured[1], measured[2], measured[3], measured[4], measured[5], measured[6],
           curve[CURVE_COUNT], highest(curve + CURVE_TEMPERATURE, curve[CURVE_COUNT]),
           highest(curve + CURVE_FORCE, curve[CURVE_COUNT]), status[RESULT_SEQUENCE]);
    modbus_close(link_);
    modbus_free(link_);
    return 0;
}
