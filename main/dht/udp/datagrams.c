// See datagrams.h. Linux takes and gives many datagrams with one call (recvmmsg(2), sendmmsg(2)); elsewhere a loop does.
#include "datagrams.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

// A signal may cut a call short; one that does so forever must not keep the thread.
#define INTERRUPTIONS_MAX 16

#if defined(__linux__) && !defined(LANTERNFISH_ONE_BY_ONE)
#define MANY_AT_ONCE 1
#endif

static socklen_t address_size(bool is_v6) {
  return is_v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}

static void write_address(socket_address *into, bool is_v6, const uint8_t *contact) {
  memset(into, 0, sizeof *into);
  if (is_v6) {
    into->v6.sin6_family = AF_INET6;
    memcpy(&into->v6.sin6_addr, contact, 16);
    memcpy(&into->v6.sin6_port, contact + 16, 2);
  } else {
    into->v4.sin_family = AF_INET;
    memcpy(&into->v4.sin_addr, contact, 4);
    memcpy(&into->v4.sin_port, contact + 4, 2);
  }
}

static void read_address(uint8_t *contact, bool is_v6, const socket_address *from) {
  if (is_v6) {
    memcpy(contact, &from->v6.sin6_addr, 16);
    memcpy(contact + 16, &from->v6.sin6_port, 2);
  } else {
    memcpy(contact, &from->v4.sin_addr, 4);
    memcpy(contact + 4, &from->v4.sin_port, 2);
  }
}

static int close_after(int fd, int error) {
  close(fd);
  return -error;
}

static int new_socket(int family) {
#ifdef SOCK_CLOEXEC
  return socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
#else
  int fd = socket(family, SOCK_DGRAM, 0);
  if (fd < 0) return fd;
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0) return fd;
  int error = errno;
  close(fd);
  errno = error;
  return -1;
#endif
}

int datagrams_open(bool is_v6, const uint8_t contact[18]) {
  int fd = new_socket(is_v6 ? AF_INET6 : AF_INET);
  if (fd < 0) return -errno;
  int on = 1;
  if (is_v6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) return close_after(fd, errno);
#ifdef LANTERNFISH_HEAR_ICMP
  // For a test: notes ICMP errors at a socket that is not connected, too, as some other systems do (ip(7)).
  (void)setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
#endif
  socket_address own;
  write_address(&own, is_v6, contact);
  if (bind(fd, &own.any, address_size(is_v6)) != 0) return close_after(fd, errno);
  return fd;
}

int datagrams_port(int fd) {
  socket_address own;
  socklen_t size = sizeof own;
  if (getsockname(fd, &own.any, &size) != 0) return -errno;
  return ntohs(own.any.sa_family == AF_INET6 ? own.v6.sin6_port : own.v4.sin_port);
}

int datagrams_receive_buffer(int fd, int wanted_bytes) {
  // Refused: the usual one stays, and is read back.
  (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &wanted_bytes, sizeof wanted_bytes);
  int given_bytes = 0;
  socklen_t size = sizeof given_bytes;
  if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &given_bytes, &size) != 0) return -errno;
  return given_bytes;
}

int datagrams_pending_error(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return -errno;
  return -error;
}

void datagrams_prepare(inbox *box, uint8_t *slab) {
  memset(box, 0, sizeof *box);
  for (size_t slot = 0; slot < SLOTS; slot++) {
    box->parts[slot] = (struct iovec){.iov_base = slab + slot * IN_SLOT_BYTES, .iov_len = IN_SLOT_BYTES};
#ifdef MANY_AT_ONCE
    box->messages[slot].msg_hdr = (struct msghdr){.msg_name = &box->from[slot],
                                                  .msg_namelen = sizeof box->from[slot],
                                                  .msg_iov = &box->parts[slot],
                                                  .msg_iovlen = 1};
#endif
  }
}

// Whoever sends can choose a length, never one that reaches out of the slot.
static void keep(letter *into, bool is_v6, const socket_address *from, size_t byte_count, int flags) {
  bool is_cut = (flags & MSG_TRUNC) != 0 || byte_count > IN_SLOT_BYTES;
  into->byte_count = is_cut ? IN_SLOT_BYTES : (uint32_t)byte_count;
  read_address(into->contact, is_v6, from);
}

#ifdef MANY_AT_ONCE

int datagrams_receive(int fd, bool is_v6, inbox *box, letter *letters) {
  int count = -1;
  for (int turn = 0; turn < INTERRUPTIONS_MAX; turn++) {
    count = recvmmsg(fd, box->messages, SLOTS, MSG_DONTWAIT, NULL);
    if (count >= 0 || errno != EINTR) break;
  }
  if (count < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -errno;
  for (int slot = 0; slot < count; slot++) {
    struct mmsghdr *message = &box->messages[slot];
    keep(&letters[slot], is_v6, &box->from[slot], message->msg_len, message->msg_hdr.msg_flags);
    message->msg_hdr.msg_namelen = sizeof box->from[slot]; // the kernel wrote how much of it is used
    message->msg_hdr.msg_flags = 0;
  }
  return count;
}

int datagrams_send(int fd, bool is_v6, const uint8_t *slab, const letter *letters, uint32_t first, uint32_t count) {
  struct mmsghdr messages[SLOTS];
  struct iovec parts[SLOTS];
  socket_address to[SLOTS];
  memset(messages, 0, count * sizeof messages[0]);
  for (uint32_t index = 0; index < count; index++) {
    const letter *each = &letters[first + index];
    write_address(&to[index], is_v6, each->contact);
    uint8_t *bytes = (uint8_t *)slab + (size_t)(first + index) * OUT_SLOT_BYTES;
    parts[index] = (struct iovec){.iov_base = bytes, .iov_len = each->byte_count};
    messages[index].msg_hdr = (struct msghdr){
        .msg_name = &to[index], .msg_namelen = address_size(is_v6), .msg_iov = &parts[index], .msg_iovlen = 1};
  }
  for (int turn = 0; turn < INTERRUPTIONS_MAX; turn++) {
    int sent = sendmmsg(fd, messages, count, MSG_DONTWAIT);
    if (sent > 0) return sent;
    if (sent < 0 && errno != EINTR) return -errno;
  }
  return -EINTR;
}

#else

static ssize_t receive_one(int fd, struct msghdr *message) {
  for (int turn = 0; turn < INTERRUPTIONS_MAX; turn++) {
    ssize_t byte_count = recvmsg(fd, message, MSG_DONTWAIT);
    if (byte_count >= 0 || errno != EINTR) return byte_count;
  }
  return -1;
}

int datagrams_receive(int fd, bool is_v6, inbox *box, letter *letters) {
  for (int slot = 0; slot < SLOTS; slot++) {
    struct msghdr message = {.msg_name = &box->from[slot],
                             .msg_namelen = sizeof box->from[slot],
                             .msg_iov = &box->parts[slot],
                             .msg_iovlen = 1};
    ssize_t byte_count = receive_one(fd, &message);
    if (byte_count < 0) {
      // An error after datagrams would be lost with them: the next call meets it again, or it was over by then.
      if (slot > 0 || errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return slot;
      return -errno;
    }
    keep(&letters[slot], is_v6, &box->from[slot], (size_t)byte_count, message.msg_flags);
  }
  return SLOTS;
}

int datagrams_send(int fd, bool is_v6, const uint8_t *slab, const letter *letters, uint32_t first, uint32_t count) {
  for (uint32_t index = 0; index < count; index++) {
    const letter *each = &letters[first + index];
    const uint8_t *bytes = slab + (size_t)(first + index) * OUT_SLOT_BYTES;
    socket_address to;
    write_address(&to, is_v6, each->contact);
    ssize_t sent = -1;
    for (int turn = 0; turn < INTERRUPTIONS_MAX; turn++) {
      sent = sendto(fd, bytes, each->byte_count, MSG_DONTWAIT, &to.any, address_size(is_v6));
      if (sent >= 0 || errno != EINTR) break;
    }
    if (sent >= 0) continue;
    if (index > 0) return (int)index; // the next call begins with this one and says what is wrong with it
    return -errno;
  }
  return (int)count;
}

#endif
