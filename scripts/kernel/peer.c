// SPDX-License-Identifier: Apache-2.0
// One end of the traffic of kernel_ipsec.py: answers UDP on port 7 by echoing, and sends pings (IPv4 and IPv6) and UDP
// datagrams of its own, each answered before the next of its kind goes out, until $PEER_DIR/stop is there. Then it
// writes counts to $PEER_DIR/NAME.json. As process 1 of a kernel of its own (PEER_INIT=1) it first mounts what it needs,
// loads the modules of $PEER_DIR/modules, and gives $PEER_DIR/ip.batch to `ip`; it ends by switching the machine off.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LONGEST 1200
#define PATIENCE_MS 20000

static char directory[512];

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static char *path(const char *name) {
  static char text[700];
  snprintf(text, sizeof text, "%s/%s", directory, name);
  return text;
}

static bool is_there(const char *name) {
  struct stat s;
  return stat(path(name), &s) == 0;
}

static void run(char *const command[], const char *output) {
  pid_t pid = fork();
  if (pid == 0) {
    int fd = open(path(output), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0) perror(path(output));
    dup2(fd, 1);
    dup2(fd, 2);
    execvp(command[0], command);
    perror(command[0]);
    _exit(127);
  }
  waitpid(pid, NULL, 0);
}

static void load_modules(void) {
  FILE *list = fopen(path("modules"), "r");
  char line[1000];
  while (list && fgets(line, sizeof line, list)) {
    line[strcspn(line, "\n")] = 0;
    int fd = open(line, O_RDONLY);
    if (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST) {
      fprintf(stderr, "module %s: %s\n", line, strerror(errno));
    }
    close(fd);
  }
  if (list) fclose(list);
}

static void become_init(void) {
  setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
  mount("proc", "/proc", "proc", 0, NULL);
  mount("run", "/run", "tmpfs", 0, NULL);
  mkdir("/run/peer", 0755);
  // The root is read-only; this folder of the machine outside is not.
  if (mount("none", "/run/peer", "hostfs", 0, directory)) perror("hostfs");
  snprintf(directory, sizeof directory, "/run/peer");
  int log = open(path("guest.log"), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  dup2(log, 1);
  dup2(log, 2);
  load_modules();
  char *const batch[] = {"ip", "-force", "-batch", "/run/peer/ip.batch", NULL};
  run(batch, "ip.log");
}

// A kind of traffic: one packet out, one answer back.
struct flow {
  const char *name;
  int family;
  bool ping;
  int socket;
  struct sockaddr_storage to;
  socklen_t to_length;
  unsigned sent, answered, wrong;
  bool waiting;
  double since;
};

static unsigned length_of(unsigned k) { return (k * 131) % LONGEST; }

static void fill(unsigned char *data, unsigned k) {
  for (unsigned j = 0; j < length_of(k); j++) data[j] = (unsigned char)(k + j * 7);
}

static unsigned short checksum(const unsigned char *data, size_t length) {
  unsigned long sum = 0;
  for (size_t j = 0; j + 1 < length; j += 2) sum += (unsigned long)data[j] << 8 | data[j + 1];
  if (length % 2) sum += (unsigned long)data[length - 1] << 8;
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return htons((unsigned short)~sum);
}

static void send_one(struct flow *flow, unsigned short id) {
  unsigned char packet[LONGEST + 64] = {0};
  unsigned char *data = packet;
  if (flow->ping) {
    // Both versions have type, code, checksum, identifier, sequence number; the kernel fills in the one of version 6.
    packet[0] = flow->family == AF_INET ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
    memcpy(packet + 4, &id, 2);
    unsigned short sequence = htons((unsigned short)flow->sent);
    memcpy(packet + 6, &sequence, 2);
    data = packet + 8;
  }
  fill(data, flow->sent);
  size_t length = (size_t)(data - packet) + length_of(flow->sent);
  if (flow->ping && flow->family == AF_INET) {
    unsigned short sum = checksum(packet, length);
    memcpy(packet + 2, &sum, 2);
  }
  if (sendto(flow->socket, packet, length, 0, (struct sockaddr *)&flow->to, flow->to_length) == (ssize_t)length) {
    flow->sent++;
    flow->waiting = true;
    flow->since = now();
  }
}

static void take_answer(struct flow *flow, unsigned short id) {
  unsigned char packet[65536], expected[LONGEST];
  ssize_t length = recv(flow->socket, packet, sizeof packet, MSG_DONTWAIT);
  if (length < 0) return;
  unsigned char *data = packet;
  if (flow->ping) {
    // Version 4 comes with its IP header.
    if (flow->family == AF_INET) data += 4 * (packet[0] & 15);
    unsigned char reply = flow->family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;
    if (packet + length < data + 8 || data[0] != reply || memcmp(data + 4, &id, 2)) return;
    data += 8;
  }
  unsigned k = flow->sent - 1;
  fill(expected, k);
  bool same = packet + length == data + length_of(k) && !memcmp(data, expected, length_of(k));
  if (!flow->waiting || !same) {
    flow->wrong++;
    return;
  }
  flow->answered++;
  flow->waiting = false;
}

static void echo(int socket) {
  unsigned char data[65536];
  struct sockaddr_storage from;
  socklen_t length = sizeof from;
  ssize_t got = recvfrom(socket, data, sizeof data, MSG_DONTWAIT, (struct sockaddr *)&from, &length);
  if (got >= 0) sendto(socket, data, (size_t)got, 0, (struct sockaddr *)&from, length);
}

static int bound(int family) {
  int fd = socket(family, SOCK_DGRAM, 0), on = 1;
  struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(7)};
  struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(7)};
  if (family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (family == AF_INET6 ? bind(fd, (struct sockaddr *)&six, sizeof six) : bind(fd, (struct sockaddr *)&four, sizeof four)) {
    perror("port 7");
  }
  return fd;
}

static void set_up(struct flow *flow, const char *address) {
  int protocol = !flow->ping ? 0 : flow->family == AF_INET ? (int)IPPROTO_ICMP : (int)IPPROTO_ICMPV6;
  flow->socket = socket(flow->family, flow->ping ? SOCK_RAW : SOCK_DGRAM, protocol);
  unsigned short port = flow->ping ? 0 : htons(7);
  if (flow->family == AF_INET) {
    struct sockaddr_in *to = (struct sockaddr_in *)&flow->to;
    *to = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = port};
    inet_pton(AF_INET, address, &to->sin_addr);
    flow->to_length = sizeof *to;
  } else {
    struct sockaddr_in6 *to = (struct sockaddr_in6 *)&flow->to;
    *to = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = port};
    inet_pton(AF_INET6, address, &to->sin6_addr);
    flow->to_length = sizeof *to;
  }
}

int main(void) {
  const char *name = getenv("PEER_NAME"), *count_text = getenv("PEER_COUNT");
  const char *to4 = getenv("PEER_TO4"), *to6 = getenv("PEER_TO6");
  if (!getenv("PEER_DIR") || !name || !count_text || !to4 || !to6) return 2;
  snprintf(directory, sizeof directory, "%s", getenv("PEER_DIR"));
  bool init = getenv("PEER_INIT") != NULL;
  if (init) become_init();
  unsigned count = (unsigned)atoi(count_text);
  unsigned short id = htons(0x4950);
  struct flow flows[] = {{.name = "ping4", .family = AF_INET, .ping = true},
                         {.name = "ping6", .family = AF_INET6, .ping = true},
                         {.name = "udp4", .family = AF_INET},
                         {.name = "udp6", .family = AF_INET6}};
  struct pollfd polls[6];
  for (int k = 0; k < 4; k++) {
    set_up(&flows[k], flows[k].family == AF_INET ? to4 : to6);
    polls[k] = (struct pollfd){.fd = flows[k].socket, .events = POLLIN};
  }
  polls[4] = (struct pollfd){.fd = bound(AF_INET), .events = POLLIN};
  polls[5] = (struct pollfd){.fd = bound(AF_INET6), .events = POLLIN};
  char file[100];
  snprintf(file, sizeof file, "%s.ready", name);
  close(open(path(file), O_WRONLY | O_CREAT, 0644));
  double looked = 0, begun = 0;
  bool go = false, told = false;
  for (;;) {
    if (now() - looked > 0.1) {
      looked = now();
      if (is_there("stop")) break;
      if (!go && is_there("go")) {
        go = true;
        begun = now();
      }
    }
    bool done = go;
    for (int k = 0; k < 4 && go; k++) {
      struct flow *flow = &flows[k];
      // A lost packet: the next one goes out, and the count says so.
      if (flow->waiting && now() - flow->since > PATIENCE_MS / 1000.0) flow->waiting = false;
      if (!flow->waiting && flow->sent < count) send_one(flow, id);
      done = done && !flow->waiting && flow->sent == count;
    }
    if (done && !told) {
      told = true;
      snprintf(file, sizeof file, "%s.done", name);
      close(open(path(file), O_WRONLY | O_CREAT, 0644));
    }
    if (poll(polls, 6, 50) <= 0) continue;
    for (int k = 0; k < 4; k++) {
      if (polls[k].revents) take_answer(&flows[k], id);
    }
    for (int k = 4; k < 6; k++) {
      if (polls[k].revents) echo(polls[k].fd);
    }
  }
  snprintf(file, sizeof file, "%s.json", name);
  FILE *result = fopen(path(file), "w");
  fprintf(result, "{");
  for (int k = 0; k < 4; k++) {
    fprintf(result, "\"%s\": {\"sent\": %u, \"answered\": %u, \"wrong\": %u}, ", flows[k].name, flows[k].sent,
            flows[k].answered, flows[k].wrong);
  }
  fprintf(result, "\"seconds\": %.2f}\n", now() - begun);
  fclose(result);
  if (init) {
    char *const state[] = {"ip", "-s", "xfrm", "state", NULL};
    char *const statistics[] = {"cat", "/proc/net/xfrm_stat", "/proc/version", NULL};
    run(state, "xfrm_state.txt");
    run(statistics, "xfrm_stat.txt");
    sync();
    reboot(RB_POWER_OFF);
  }
  return 0;
}
