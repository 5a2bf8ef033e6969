// Datagrams between the kernel and two slabs of memory, many with one call. Knows sockets, and neither JavaScript nor libuv.
// Functions that can fail return -errno, as libuv does, so that JavaScript can name the error.
#ifndef LANTERNFISH_DATAGRAMS_H
#define LANTERNFISH_DATAGRAMS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

// The numbers and the layout of a letter are an agreement with native-udp-socket.ts.
#define SLOTS 64
// More than what the codec reads at most (4,096): what was cut off here is too long there.
#define IN_SLOT_BYTES 4224
// What fits into one Ethernet frame.
#define OUT_SLOT_BYTES 1472

// What belongs to the slot of the same number: how long its datagram is, and where it came from or goes to, in the compact
// form of BEP 5 and BEP 32: 4 or 16 bytes of address and 2 of port, in network order.
typedef struct {
  uint32_t byte_count;
  uint8_t contact[20];
} letter;
#define LETTER_BYTES 24
_Static_assert(sizeof(letter) == LETTER_BYTES, "JavaScript reads it by offsets");

typedef union {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
} socket_address;

// What the kernel is handed to receive into: made once, since filling 64 of them for one datagram costs more than reading it.
typedef struct {
  socket_address from[SLOTS];
  struct iovec parts[SLOTS];
#ifdef __linux__
  struct mmsghdr messages[SLOTS];
#endif
} inbox;

// A socket bound to `contact`, in compact form, which never blocks and is not inherited by child processes; one of IPv6
// speaks IPv6 only.
int datagrams_open(bool is_v6, const uint8_t contact[18]);

// The port it is bound to.
int datagrams_port(int fd);

// Asks for a receive buffer and returns what the kernel gave, in its own counting.
int datagrams_receive_buffer(int fd, int wanted_bytes);

// Of the error that the kernel holds for this socket, which is then forgotten; 0: none.
int datagrams_pending_error(int fd);

// `slab` has SLOTS of IN_SLOT_BYTES and outlives the inbox.
void datagrams_prepare(inbox *box, uint8_t *slab);

// Takes what waits, up to SLOTS datagrams, into slab and letters. A datagram that is too long for its slot is said to have
// IN_SLOT_BYTES. Returns how many, 0 when none waits.
int datagrams_receive(int fd, bool is_v6, inbox *box, letter *letters);

// Sends slots first to first + count - 1, in that order. Returns how many left, at least one; or the error of the first.
int datagrams_send(int fd, bool is_v6, const uint8_t *slab, const letter *letters, uint32_t first, uint32_t count);

#endif
