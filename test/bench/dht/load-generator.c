/* Asks one DHT node as fast as it answers, for the benchmarks: the same load for every side. Queries come from 16,384
 * addresses of 127.9.0.0/18 in turn (a node meets many askers, each once), 64 are under way at a time, and each names a
 * new random target. What is lost is asked again after 50 ms without any answer. Compiled by native.ts.
 *
 * usage: load-generator HOST PORT METHOD MILLISECONDS [INFOHASH_HEX...]
 * METHOD: ping, find_node, get_peers, sample_infohashes, or announce: each infohash is then announced from 30 addresses.
 * Prints "ANSWERS LONGEST_REPLY_BYTES MOST_NODES MOST_SAMPLES". */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { OUTSTANDING = 64, ADDRESSES = 16384, STALL_MS = 50, ANNOUNCERS = 30 };

static int sock;
static struct sockaddr_in to;
static uint64_t state = 88172645463325252ull;
static unsigned long asked, answers, longest, most_nodes, most_samples;

static uint64_t next_random(void) { /* xorshift64 */
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return state;
}

static uint64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void send_from(uint32_t address, const uint8_t *bytes, int length) {
  char control[CMSG_SPACE(sizeof(struct in_pktinfo))] = {0};
  struct iovec piece = {(void *)bytes, length};
  struct msghdr message = {&to, sizeof to, &piece, 1, control, sizeof control, 0};
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = IPPROTO_IP;
  head->cmsg_type = IP_PKTINFO;
  head->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
  ((struct in_pktinfo *)CMSG_DATA(head))->ipi_spec_dst.s_addr = htonl(address);
  sendmsg(sock, &message, 0);
}

static uint8_t *put(uint8_t *at, const char *text) {
  int length = strlen(text);
  memcpy(at, text, length);
  return at + length;
}

static uint8_t *put_random(uint8_t *at, int length) {
  for (int i = 0; i < length; i++) at[i] = next_random() >> 32;
  return at + length;
}

static void ask(const char *method) {
  uint8_t out[256], *at = put(out, "d1:ad2:id20:");
  char field[64];
  uint32_t from = 127u << 24 | 9u << 16 | (asked++ % ADDRESSES + 1);
  at = put(at, "lanternfish-asker-00");
  if (strcmp(method, "get_peers") == 0) at = put_random(put(at, "9:info_hash20:"), 20);
  else if (strcmp(method, "ping") != 0) at = put_random(put(at, "6:target20:"), 20);
  sprintf(field, "e1:q%d:%s2:roi1e1:t4:", (int)strlen(method), method);
  at = put_random(put(at, field), 4);
  at = put(at, "1:y1:qe");
  send_from(from, out, at - out);
}

static unsigned long length_after(const uint8_t *in, int length, const char *key) {
  const uint8_t *at = memmem(in, length, key, strlen(key));
  return at == NULL ? 0 : strtoul((const char *)at + strlen(key), NULL, 10);
}

/* The length of the next response, 0: none before `wait_ms` are over, or an error. What the node asks of us, as a ping, is
 * passed over: taken for an answer it would put all that follow one behind. */
static int hear(uint8_t *in, int size, int wait_ms) {
  for (;;) {
    struct pollfd wait = {sock, POLLIN, 0};
    if (poll(&wait, 1, wait_ms) <= 0) return 0;
    int length = recv(sock, in, size - 1, MSG_DONTWAIT);
    if (length <= 0) return 0;
    in[length] = 0;
    if (memmem(in, length, "1:y1:q", 6) != NULL) continue;
    return memmem(in, length, "1:y1:r", 6) == NULL ? 0 : length;
  }
}

static int announce(const uint8_t *infohash, uint32_t from) {
  uint8_t out[256], in[16384], *at;
  while (recv(sock, in, sizeof in, MSG_DONTWAIT) >= 0) continue; /* answers that came too late are for others */
  at = put(out, "d1:ad2:id20:lanternfish-asker-009:info_hash20:");
  memcpy(at, infohash, 20);
  at = put(at + 20, "e1:q9:get_peers2:roi1e1:t4:aaaa1:y1:qe");
  send_from(from, out, at - out);
  int length = hear(in, sizeof in, 200);
  const uint8_t *token = length == 0 ? NULL : memmem(in, length, "5:token", 7);
  if (token == NULL) return 0;
  char *bytes;
  int token_length = strtol((const char *)token + 7, &bytes, 10);
  if (token_length < 1 || token_length > 40) return 0;
  at = put(out, "d1:ad2:id20:lanternfish-asker-009:info_hash20:");
  memcpy(at, infohash, 20);
  at = put(at + 20, "4:porti6881e5:token");
  at += sprintf((char *)at, "%d:", token_length);
  memcpy(at, bytes + 1, token_length);
  at = put(at + token_length, "e1:q13:announce_peer1:t4:bbbb1:y1:qe");
  send_from(from, out, at - out);
  return hear(in, sizeof in, 200) > 0;
}

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  int yes = 1, buffer = 4 << 20;
  struct sockaddr_in any = {.sin_family = AF_INET};
  to.sin_family = AF_INET;
  to.sin_port = htons(atoi(argv[2]));
  if (inet_pton(AF_INET, argv[1], &to.sin_addr) != 1 || ntohl(to.sin_addr.s_addr) >> 24 != 127) return 2;
  sock = socket(AF_INET, SOCK_DGRAM, 0);
  setsockopt(sock, IPPROTO_IP, IP_PKTINFO, &yes, sizeof yes);
  if (setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) != 0) /* root: above the system's limit */
    setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  if (bind(sock, (struct sockaddr *)&any, sizeof any) != 0) return 3;
  state ^= (uint64_t)getpid() << 20 ^ now_ms();
  if (strcmp(argv[3], "announce") == 0) {
    for (int i = 5; i < argc; i++) {
      uint8_t infohash[20];
      for (int j = 0; j < 20; j++) sscanf(argv[i] + 2 * j, "%2hhx", infohash + j);
      for (int who = 0; who < ANNOUNCERS; who++) answers += announce(infohash, 127u << 24 | 9u << 16 | (100 + who));
    }
    printf("%lu 0 0 0\n", answers);
    return 0;
  }
  uint64_t end = now_ms() + atoi(argv[4]), heard = now_ms();
  for (int i = 0; i < OUTSTANDING; i++) ask(argv[3]);
  for (uint64_t now; (now = now_ms()) < end;) {
    uint8_t in[16384];
    int length = hear(in, sizeof in, 10);
    if (length > 0) {
      unsigned long nodes = length_after(in, length, "5:nodes") / 26, samples = length_after(in, length, "7:samples") / 20;
      answers++;
      heard = now;
      if ((unsigned long)length > longest) longest = length;
      if (nodes > most_nodes) most_nodes = nodes;
      if (samples > most_samples) most_samples = samples;
      ask(argv[3]);
    } else if (now - heard >= STALL_MS) {
      for (int i = 0; i < OUTSTANDING; i++) ask(argv[3]);
      heard = now;
    }
  }
  printf("%lu %lu %lu %lu\n", answers, longest, most_nodes, most_samples);
  return 0;
}
