/* SPDX-License-Identifier: Apache-2.0 */
/* Replays the golden vectors on a board behind a TCP port (docs/board.md: lines of text).
 *
 *   example_tcp HOST PORT [smoke | CASE]
 *
 * On a bench replace the two callbacks by loads and stores. */
#define _POSIX_C_SOURCE 200112L

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "golden_vectors.h"

struct board {
    int socket;
    unsigned long accesses;
};

/* A line of the board, without its end */
static int get_line(struct board *board, char *line, size_t size)
{
    size_t length = 0;

    while (length + 1 < size) {
        char c;
        if (recv(board->socket, &c, 1, 0) != 1) {
            return -1;
        }
        if (c == '\n') {
            line[length] = '\0';
            return 0;
        }
        line[length++] = c;
    }
    return -1;
}

static int ask(struct board *board, const char *request, uint32_t *value)
{
    char line[256];
    unsigned long word;
    size_t length = strlen(request);

    board->accesses++;
    if (send(board->socket, request, length, 0) != (ssize_t)length || get_line(board, line, sizeof line) != 0) {
        fprintf(stderr, "the board is gone\n");
        return -1;
    }
    if (sscanf(line, "ok 0x%lx", &word) != 1) {
        fprintf(stderr, "the board says: %s\n", line);
        return -1;
    }
    *value = (uint32_t)word;
    return 0;
}

static int board_read32(void *context, uint32_t addr, uint32_t *value)
{
    char request[32];

    sprintf(request, "r 0x%04lx\n", (unsigned long)addr);
    return ask(context, request, value);
}

static int board_write32(void *context, uint32_t addr, uint32_t value)
{
    char request[40];
    uint32_t nothing;

    sprintf(request, "w 0x%04lx 0x%08lx\n", (unsigned long)addr, (unsigned long)value);
    return ask(context, request, &nothing);
}

static int connect_to(const char *host, const char *port)
{
    struct addrinfo hints, *all, *one;
    int fd = -1, on = 1;

    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    if (getaddrinfo(host, port, &hints, &all) != 0) {
        return -1;
    }
    for (one = all; one != NULL && fd < 0; one = one->ai_next) {
        fd = socket(one->ai_family, one->ai_socktype, one->ai_protocol);
        if (fd >= 0 && connect(fd, one->ai_addr, one->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(all);
    if (fd >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    return fd;
}

static void report(const char *name, enum golden_result result, const struct golden_failure *failure)
{
    static const char *const why[] = {"", "mismatch", "time-out", "access failed", "the pack is for another device"};

    printf("FAIL %s: %s at step %lu (%s): 0x%04lx is 0x%08lx, expected 0x%08lx in 0x%08lx\n", name, why[result],
           (unsigned long)failure->step, failure->note != NULL ? failure->note : "-", (unsigned long)failure->addr,
           (unsigned long)failure->actual, (unsigned long)failure->expected, (unsigned long)failure->mask);
}

int main(int argc, char **argv)
{
    struct board board = {-1, 0};
    struct golden_io io;
    struct golden_failure failure;
    enum golden_result result;
    const char *which = argc > 3 ? argv[3] : "all";
    size_t k, played = 0, failed = 0;
    char line[256];

    if (argc < 3) {
        fprintf(stderr, "usage: %s HOST PORT [smoke | CASE]\n", argv[0]);
        return 2;
    }
    io.read32 = board_read32;
    io.write32 = board_write32;
    io.context = &board;
    board.socket = connect_to(argv[1], argv[2]);
    if (board.socket < 0 || get_line(&board, line, sizeof line) != 0) {
        fprintf(stderr, "no board at %s port %s\n", argv[1], argv[2]);
        return 2;
    }
    result = golden_check(&io, &golden_design, &failure);
    if (result != GOLDEN_PASS) {
        report("golden_check", result, &failure);
        return 2;
    }
    for (k = 0; k < GOLDEN_CASES; k++) {
        const struct golden_case *one = &golden_cases[k];
        if (strcmp(which, "smoke") == 0 ? k >= GOLDEN_SMOKE_CASES
                                        : strcmp(which, "all") != 0 && strcmp(which, one->name) != 0) {
            continue;
        }
        played++;
        result = golden_replay(&io, one, &failure);
        if (result == GOLDEN_PASS) {
            printf("PASS %s\n", one->name);
        } else {
            failed++;
            report(one->name, result, &failure);
        }
        if (result == GOLDEN_ACCESS_FAILED) {
            break;
        }
    }
    close(board.socket);
    printf("golden: %lu cases, %lu failed, %lu register accesses\n", (unsigned long)played, (unsigned long)failed,
           board.accesses);
    return failed != 0 || played == 0;
}
