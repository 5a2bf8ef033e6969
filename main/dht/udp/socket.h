// One socket on the event loop of one JavaScript environment. See socket.c.
#ifndef LANTERNFISH_SOCKET_H
#define LANTERNFISH_SOCKET_H

#include <node_api.h>
#include <uv.h>

#include "datagrams.h"

typedef struct {
  napi_env env;
  napi_ref on_event;
  // An array of the typed arrays whose memory is below: as long as it is held they stay where they are.
  napi_ref memory;
  napi_async_context context;
  napi_async_cleanup_hook_handle end_hook;
  uv_loop_t *loop;
  uv_poll_t *poll;
  uv_timer_t *timer;
  letter *in_letters;
  const uint8_t *out_slab;
  const letter *out_letters;
  inbox box;
  int fd;
  bool is_v6;
  bool is_open;
  // Something could not be sent; JavaScript wants to hear when there is room.
  bool is_send_blocked;
  // Handles of libuv that are not closed yet.
  int handle_count;
  // JavaScript's handle, and libuv's together: who goes last frees.
  int holder_count;
  // 0: never reads in beats.
  uint32_t beat_ms;
  bool is_busy;
  bool has_many;
  bool is_beating;
  uint64_t counted_since_ms;
  uint64_t counted;
} udp_socket;

// What on_event is called with, beside how many datagrams lie in the slab (above 0) and errors of receiving (below).
#define EVENT_WRITABLE 0

// Takes over `fd`, polls it, and from then on calls on_event. Fields about memory and JavaScript are set by the caller
// before; 0, or an error, and then nothing was taken over.
int udp_socket_start(udp_socket *self, int fd);

// Nothing leaves and nothing is heard after this has returned. Closed already: does nothing.
void udp_socket_close(udp_socket *self);

// Calls on_event once when there is room to send again.
void udp_socket_await_room(udp_socket *self);

// One of the holders lets go.
void udp_socket_release(udp_socket *self);

#endif
