/* A DHT of many nodes in one process, for the benchmarks: it answers ping, find_node, get_peers, announce_peer and
 * sample_infohashes for every node on an address of its own in 127.0.0.0/8 (one wildcard socket with IP_PKTINFO), the way
 * nodes with full Kademlia tables would: of each bucket eight nodes, of its own neighbourhood all. A peer of an infohash is
 * known to the eight nodes nearest to it. Compiled by native.ts when a benchmark runs; what it costs is not counted.
 *
 * usage: simulated-network NODES PORT SEED DELAY_MIN_MS DELAY_MAX_MS DEAD_PERCENT [CATALOGUE]
 * CATALOGUE: a file of rows, each 20 bytes of infohash, 4 of address, 2 of port of its one peer. Samples then are as in a
 * network that is known already: 15 infohashes of rows that were sampled before, 4 that nobody has peers for, and with every
 * eighth sample the next row.
 * Prints "ready", and on each line of stdin "RECEIVED SENT"; ends with stdin. Answers to 127.0.0.0/8 only. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ID = 20, K = 8, CLOSE_MAX = 256, WHEEL_MS = 1024, SAMPLES = 20, ROW = 26, FRESH = 4, NEXT_EVERY = 8 };
enum { PING, FIND_NODE, GET_PEERS, SAMPLE, ANNOUNCE };

typedef struct { uint8_t id[ID]; } Node;
typedef struct Query {
  struct Query *next;
  struct sockaddr_in from;
  uint32_t node;
  uint8_t method, tid_length, tid[32], target[ID];
} Query;

static Node *nodes;
static uint32_t count;
static int port, dead_percent, delay_min, delay_max, sock;
static unsigned long received, sent, sampled;
static uint8_t *rows; /* of the catalogue; NULL: none */
static uint32_t row_count;
static Query *wheel[WHEEL_MS], *spare;
static uint64_t pending;

static uint64_t mix(uint64_t x) { /* splitmix64 */
  x += 0x9e3779b97f4a7c15ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

static int by_id(const void *a, const void *b) { return memcmp(a, b, ID); }

static uint64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Neighbours by id are far from each other by address: nearly every node has a /24 of its own. */
static uint32_t address_of(uint32_t node) {
  return 127u << 24 | (20 + node % 200) << 16 | (node / 200 % 250) << 8 | (1 + node / 50000);
}

static int node_at(uint32_t address) {
  uint32_t b = address >> 16 & 255, c = address >> 8 & 255, d = address & 255;
  if (address >> 24 != 127 || b < 20 || b >= 220 || c >= 250 || d < 1) return -1;
  uint32_t node = (d - 1) * 50000 + c * 200 + (b - 20);
  return node < count ? (int)node : -1;
}

static int bit(const uint8_t *id, int at) { return id[at >> 3] >> (7 - (at & 7)) & 1; }

static int shared_bits(const uint8_t *a, const uint8_t *b) {
  int at = 0;
  while (at < 160 && bit(a, at) == bit(b, at)) at++;
  return at;
}

/* The first node in order whose id is not below `target` cut to `bits` bits, the rest filled with `fill`. */
static uint32_t bound(const uint8_t *target, int bits, int fill) {
  uint8_t key[ID];
  for (int i = 0; i < ID; i++) {
    int kept = bits - 8 * i;
    uint8_t mask = kept >= 8 ? 255 : kept <= 0 ? 0 : (uint8_t)(255 << (8 - kept));
    key[i] = (target[i] & mask) | (fill ? (uint8_t)~mask : 0);
  }
  uint32_t low = 0, high = count;
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    int order = memcmp(nodes[middle].id, key, ID);
    if (order < 0 || (fill && order == 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}

static const uint8_t *sort_target;
static int by_distance(const void *a, const void *b) {
  const uint8_t *x = nodes[*(const uint32_t *)a].id, *y = nodes[*(const uint32_t *)b].id;
  for (int i = 0; i < ID; i++) {
    int difference = (x[i] ^ sort_target[i]) - (y[i] ^ sort_target[i]);
    if (difference) return difference;
  }
  return 0;
}

/* The K nodes nearest to `target` in the whole network, looking at those that share at most `bits` bits. */
static int nearest(const uint8_t *target, int bits, uint32_t *into) {
  uint32_t low = 0, high = count, all[CLOSE_MAX];
  for (int p = bits; p >= 0; p--) {
    low = bound(target, p, 0);
    high = bound(target, p, 1);
    if (high - low >= K) break;
  }
  int found = 0;
  for (uint32_t node = low; node < high && found < CLOSE_MAX; node++) all[found++] = node;
  sort_target = target;
  qsort(all, found, sizeof *all, by_distance);
  if (found > K) found = K;
  memcpy(into, all, found * sizeof *all);
  return found;
}

/* What `self` would answer: of the bucket that holds the target eight (always the same ones), or, when that is small, the
 * nearest there are. */
static int closest_known(uint32_t self, const uint8_t *target, uint32_t *into) {
  int shared = shared_bits(nodes[self].id, target);
  int bits = shared < 159 ? shared + 1 : 159;
  uint32_t low = bound(target, bits, 0), high = bound(target, bits, 1);
  if (high - low <= K) return nearest(target, bits, into);
  int found = 0;
  for (uint64_t salt = 0; found < K && salt < 64; salt++) {
    uint32_t pick = low + mix(mix(self * 161ull + shared) + salt) % (high - low);
    int known = 0;
    for (int i = 0; i < found; i++) known |= into[i] == pick;
    if (!known) into[found++] = pick;
  }
  return found;
}

static int put_contact(uint8_t *at, uint32_t address, int port_number) {
  uint32_t net = htonl(address);
  uint16_t net_port = htons(port_number);
  memcpy(at, &net, 4);
  memcpy(at + 4, &net_port, 2);
  return 6;
}

static void put_random(uint8_t *at, uint64_t seed) {
  for (int i = 0; i < ID; i++) at[i] = mix(seed * 32 + i) >> 24;
}

static void put_samples(uint8_t *at, uint32_t node) {
  if (rows == NULL) {
    for (int i = 0; i < SAMPLES * 5 / 2; i++) {
      uint64_t word = mix(((uint64_t)node << 16) + i);
      memcpy(at + i * 8, &word, 8);
    }
    return;
  }
  sampled++;
  uint32_t known = 1 + sampled / NEXT_EVERY < row_count ? 1 + sampled / NEXT_EVERY : row_count;
  for (uint32_t i = 0; i < SAMPLES; i++) {
    if (i < FRESH) put_random(at + i * ID, sampled * SAMPLES + i);
    else memcpy(at + i * ID, rows + (i == FRESH ? known - 1 : mix(sampled * SAMPLES + i) % known) * ROW, ID);
  }
}

/* The peer of `target` in the catalogue; NULL: none. */
static const uint8_t *peer_of(const uint8_t *target) {
  for (uint32_t row = 0; row < row_count; row++)
    if (memcmp(rows + row * ROW, target, ID) == 0) return rows + row * ROW + ID;
  return NULL;
}

static void read_catalogue(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) exit(2);
  rows = malloc(ROW * 65536);
  row_count = fread(rows, ROW, 65536, file);
  fclose(file);
  if (row_count == 0) exit(2);
}

static int answer(const Query *q, uint8_t *out) {
  uint8_t *at = out;
  uint32_t near[K];
  at += sprintf((char *)at, "d2:ip6:");
  at += put_contact(at, ntohl(q->from.sin_addr.s_addr), ntohs(q->from.sin_port));
  at += sprintf((char *)at, "1:rd2:id20:");
  memcpy(at, nodes[q->node].id, ID), at += ID;
  if (q->method == SAMPLE) at += sprintf((char *)at, "8:intervali21600e");
  if (q->method != PING && q->method != ANNOUNCE) {
    int found = closest_known(q->node, q->target, near);
    at += sprintf((char *)at, "5:nodes%d:", found * 26);
    for (int i = 0; i < found; i++) {
      memcpy(at, nodes[near[i]].id, ID), at += ID;
      at += put_contact(at, address_of(near[i]), port);
    }
  }
  if (q->method == SAMPLE) {
    at += sprintf((char *)at, "3:numi400e7:samples%d:", SAMPLES * ID);
    put_samples(at, q->node);
    at += SAMPLES * ID;
  }
  if (q->method == GET_PEERS) {
    at += sprintf((char *)at, "5:token4:tokn");
    const uint8_t *peer = peer_of(q->target);
    int found = rows == NULL ? nearest(q->target, 24, near) : 0, holds = peer != NULL;
    for (int i = 0; i < found; i++) holds |= near[i] == q->node;
    if (holds) {
      at += sprintf((char *)at, "6:valuesl6:");
      if (peer == NULL) at += put_contact(at, 127u << 24 | 9 << 16 | (q->node & 0xffff), 6881);
      else memcpy(at, peer, 6), at += 6;
      *at++ = 'e';
    }
  }
  at += sprintf((char *)at, "e1:t%d:", q->tid_length);
  memcpy(at, q->tid, q->tid_length), at += q->tid_length;
  at += sprintf((char *)at, "1:v4:SN011:y1:re");
  return at - out;
}

static void send_answer(const Query *q) {
  uint8_t out[1500];
  char control[CMSG_SPACE(sizeof(struct in_pktinfo))] = {0};
  struct iovec piece = {out, answer(q, out)};
  struct msghdr message = {(void *)&q->from, sizeof q->from, &piece, 1, control, sizeof control, 0};
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = IPPROTO_IP;
  head->cmsg_type = IP_PKTINFO;
  head->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
  ((struct in_pktinfo *)CMSG_DATA(head))->ipi_spec_dst.s_addr = htonl(address_of(q->node));
  if (sendmsg(sock, &message, 0) > 0) sent++;
}

static const uint8_t *find(const uint8_t *in, int length, const char *text) {
  return memmem(in, length, text, strlen(text));
}

/* Fields are found by their text: 160 random bits look like one once in 2^50 queries. */
static int parse(const uint8_t *in, int length, Query *q) {
  const uint8_t *method = find(in, length, "1:q"), *target;
  if (method == NULL || find(in, length, "1:y1:q") == NULL) return 0;
  int rest = length - (method - in);
  if (find(method, rest, "4:ping") == method + 3) q->method = PING;
  else if (find(method, rest, "9:find_node") == method + 3) q->method = FIND_NODE;
  else if (find(method, rest, "9:get_peers") == method + 3) q->method = GET_PEERS;
  else if (find(method, rest, "17:sample_infohashes") == method + 3) q->method = SAMPLE;
  else q->method = ANNOUNCE;
  if ((target = find(in, length, "6:target20:"))) target += 11;
  else if ((target = find(in, length, "9:info_hash20:"))) target += 14;
  if (target != NULL) {
    if (target + ID > in + length) return 0;
    memcpy(q->target, target, ID);
  } else if (q->method != PING) return 0;
  const uint8_t *tid = find(method, rest, "1:t");
  if (tid == NULL) return 0;
  char *end;
  long tid_length = strtol((const char *)tid + 3, &end, 10);
  if (*end != ':' || tid_length < 0 || tid_length > 32 || (uint8_t *)end + 1 + tid_length > in + length) return 0;
  q->tid_length = tid_length;
  memcpy(q->tid, end + 1, tid_length);
  return 1;
}

static void receive(uint64_t now) {
  uint8_t in[2049];
  char control[256];
  Query q;
  struct iovec piece = {in, sizeof in - 1};
  struct msghdr message = {&q.from, sizeof q.from, &piece, 1, control, sizeof control, 0};
  int length = recvmsg(sock, &message, MSG_DONTWAIT);
  if (length <= 0) return;
  in[length] = 0;
  received++;
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  if (head == NULL || head->cmsg_type != IP_PKTINFO) return;
  int node = node_at(ntohl(((struct in_pktinfo *)CMSG_DATA(head))->ipi_addr.s_addr));
  if (node < 0 || ntohl(q.from.sin_addr.s_addr) >> 24 != 127 || !parse(in, length, &q)) return;
  q.node = node;
  if ((int)(mix(node + 77) % 100) < dead_percent) return;
  if (delay_max == 0) {
    send_answer(&q);
    return;
  }
  Query *kept = spare;
  if (kept != NULL) spare = kept->next;
  else kept = malloc(sizeof *kept);
  *kept = q;
  Query **slot = &wheel[(now + delay_min + mix(received) % (delay_max - delay_min + 1)) % WHEEL_MS];
  kept->next = *slot;
  *slot = kept;
  pending++;
}

static void release(uint64_t ms) {
  Query *next, *q = wheel[ms % WHEEL_MS];
  wheel[ms % WHEEL_MS] = NULL;
  for (; q != NULL; q = next) {
    next = q->next;
    send_answer(q);
    q->next = spare;
    spare = q;
    pending--;
  }
}

int main(int argc, char **argv) {
  if (argc != 7 && argc != 8) return 2;
  if (argc == 8) read_catalogue(argv[7]);
  count = atoi(argv[1]), port = atoi(argv[2]);
  uint64_t seed = mix(atoi(argv[3]));
  delay_min = atoi(argv[4]), delay_max = atoi(argv[5]), dead_percent = atoi(argv[6]);
  if (count > 200000 || delay_max >= WHEEL_MS || delay_min > delay_max) return 2;
  nodes = calloc(count, sizeof *nodes);
  for (uint32_t i = 0; i < count; i++)
    for (int j = 0; j < ID; j++) nodes[i].id[j] = mix(seed + i * 32ull + j) >> 24;
  qsort(nodes, count, sizeof *nodes, by_id);
  int yes = 1, buffer = 4 << 20;
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
  sock = socket(AF_INET, SOCK_DGRAM, 0);
  setsockopt(sock, IPPROTO_IP, IP_PKTINFO, &yes, sizeof yes);
  if (setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) != 0) /* root: above the system's limit */
    setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  if (bind(sock, (struct sockaddr *)&any, sizeof any) != 0) return 3;
  setvbuf(stdout, NULL, _IOLBF, 0);
  puts("ready");
  uint64_t released = now_ms();
  for (;;) {
    struct pollfd waits[2] = {{sock, POLLIN, 0}, {0, POLLIN, 0}};
    poll(waits, 2, pending > 0 ? 1 : 1000);
    uint64_t now = now_ms();
    for (; released < now; released++)
      if (pending > 0) release(released);
    if (waits[0].revents)
      for (int i = 0; i < 64; i++) receive(now);
    if (waits[1].revents) {
      char line[64];
      if (read(0, line, sizeof line) <= 0) return 0;
      printf("%lu %lu\n", received, sent);
    }
  }
}
