// One socket on the event loop of one JavaScript environment: it is polled (uv_poll), what waits is read in batches, each
// handed to JavaScript with one call. No state beside the struct: every worker thread may have several of them.
//
// Reading in beats: below some 75 datagrams a second nearly every one is a wake-up of its own and comes at once. Above,
// waking up is most of what a datagram costs, so the socket is not polled but looked into every few milliseconds; meanwhile the
// kernel's receive buffer holds what comes. Whoever measures a round trip measures at most one beat more. Measured with beats of
// 5 ms: as dear as without at 300 a second, 0.9 % of a core for 1.3 at 500, 0.95 for 3.2 at 2,000; 3 ms save less, 8 ms no more.
// Below 300 a second, where most of these beats would find nothing, a beat has 20 ms: a crawl at 100 a second, which
// asks again ten times a second anyway, wakes up 69 times for 112, and takes 1.85 % of a core for 2.2.
#include "socket.h"

#include <stdlib.h>
#include <unistd.h>

// Of one turn of the event loop: timers and other sockets get theirs between.
#define BATCHES_MAX 4
#define WINDOW_MS 100
// Datagrams a second over the last window, from which on it is read in beats, and below which no longer: as many as there
// are beats. The same for short beats.
#define BUSY_FROM 75
#define BUSY_BELOW 50
#define MANY_FROM 300
#define MANY_BELOW 200
// Short beats in a long one.
#define LONG_BEAT 4
// An error that comes again at once must not keep the thread busy.
#define REST_MS 10

static void on_ready(uv_poll_t *poll, int status, int events);
static void on_beat(uv_timer_t *timer);

// Calls JavaScript. False: do not go on with this turn, since the socket is closed or no JavaScript runs any more.
static bool tell(udp_socket *self, int32_t event) {
  napi_env env = self->env;
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return false;
  napi_value on_event, receiver, argument;
  napi_status status = napi_generic_failure;
  if (napi_get_reference_value(env, self->on_event, &on_event) == napi_ok &&
      napi_get_reference_value(env, self->memory, &receiver) == napi_ok &&
      napi_create_int32(env, event, &argument) == napi_ok) {
    status = napi_make_callback(env, self->context, receiver, on_event, 1, &argument, NULL);
  }
  if (status == napi_pending_exception) {
    // There is no JavaScript below us that could catch it: it is the process's uncaughtException, once.
    napi_value exception;
    status = napi_get_and_clear_last_exception(env, &exception);
    if (status == napi_ok) status = napi_fatal_exception(env, exception);
  }
  napi_close_handle_scope(env, scope);
  return status == napi_ok && self->is_open;
}

static void watch(udp_socket *self) {
  int events = (self->is_beating ? 0 : UV_READABLE) | (self->is_send_blocked ? UV_WRITABLE : 0);
  int status = events == 0 ? uv_poll_stop(self->poll) : uv_poll_start(self->poll, events, on_ready);
  if (status < 0) tell(self, status);
}

static void look_again_in(udp_socket *self, uint32_t duration_ms) {
  if (!self->is_beating) {
    self->is_beating = true;
    watch(self);
  }
  if (self->is_open) uv_timer_start(self->timer, on_beat, duration_ms, 0);
}

static bool is_above(udp_socket *self, uint64_t passed_ms, bool was_above, uint64_t from, uint64_t below) {
  return self->counted * 1000 >= (was_above ? below : from) * passed_ms;
}

static void count(udp_socket *self, uint32_t heard) {
  uint64_t now_ms = uv_now(self->loop);
  uint64_t passed_ms = now_ms - self->counted_since_ms;
  self->counted += heard;
  if (passed_ms < WINDOW_MS) return;
  self->is_busy = is_above(self, passed_ms, self->is_busy, BUSY_FROM, BUSY_BELOW);
  self->has_many = is_above(self, passed_ms, self->has_many, MANY_FROM, MANY_BELOW);
  self->counted = 0;
  self->counted_since_ms = now_ms;
}

// Reads what waits, and decides how the next will be noticed.
static void look(udp_socket *self) {
  uint32_t heard = 0;
  bool is_more = true;
  bool has_failed = false;
  for (int batch = 0; batch < BATCHES_MAX && is_more; batch++) {
    int result = datagrams_receive(self->fd, self->is_v6, &self->box, self->in_letters);
    // An error, as of an ICMP message, is about one datagram of before; behind it others may wait.
    has_failed = has_failed || result < 0;
    if (result > 0) heard += (uint32_t)result;
    if (result != 0 && !tell(self, result)) return;
    is_more = result < 0 || result == SLOTS;
  }
  count(self, heard);
  if (has_failed && heard == 0) look_again_in(self, REST_MS);
  else if (self->is_busy && self->beat_ms > 0) look_again_in(self, is_more ? 0 : (self->has_many ? 1 : LONG_BEAT) * self->beat_ms);
  else if (self->is_beating) {
    self->is_beating = false;
    watch(self);
  }
}

static void on_beat(uv_timer_t *timer) {
  udp_socket *self = uv_handle_get_data((uv_handle_t *)timer);
  if (self->is_open) look(self);
}

static void on_ready(uv_poll_t *poll, int status, int events) {
  udp_socket *self = uv_handle_get_data((uv_handle_t *)poll);
  if (!self->is_open) return;
  if (status < 0) {
    // libuv has stopped polling: it takes an error that is noted at the socket for a bad descriptor.
    self->is_send_blocked = false; // asked for anew by the next send that finds no room
    int error = datagrams_pending_error(self->fd);
    if (error < 0 && !tell(self, error)) return;
    look_again_in(self, REST_MS);
    return;
  }
  if ((events & UV_WRITABLE) != 0 && self->is_send_blocked) {
    self->is_send_blocked = false;
    watch(self);
    if (!self->is_open || !tell(self, EVENT_WRITABLE)) return;
  }
  if ((events & UV_READABLE) != 0) look(self);
}

static void on_closed(uv_handle_t *handle) {
  udp_socket *self = uv_handle_get_data(handle);
  free(handle);
  if (--self->handle_count > 0) return;
  if (self->on_event != NULL) napi_delete_reference(self->env, self->on_event);
  if (self->memory != NULL) napi_delete_reference(self->env, self->memory);
  if (self->context != NULL) napi_async_destroy(self->env, self->context);
  // Last: the environment, if it waits for us, ends after this.
  if (self->end_hook != NULL) napi_remove_async_cleanup_hook(self->end_hook);
  udp_socket_release(self);
}

static void on_environment_end(napi_async_cleanup_hook_handle hook, void *data) {
  (void)hook; // removed when libuv has let go of everything
  udp_socket_close(data);
}

static uv_handle_t *new_handle(udp_socket *self, uv_handle_type type) {
  uv_handle_t *handle = malloc(uv_handle_size(type)); // as large as the libuv that runs us says
  if (handle != NULL) uv_handle_set_data(handle, self);
  return handle;
}

int udp_socket_start(udp_socket *self, int fd) {
  self->poll = (uv_poll_t *)new_handle(self, UV_POLL);
  self->timer = (uv_timer_t *)new_handle(self, UV_TIMER);
  int status = self->poll == NULL || self->timer == NULL ? UV_ENOMEM : uv_poll_init(self->loop, self->poll, fd);
  if (status < 0) {
    free(self->poll);
    free(self->timer);
    return status;
  }
  uv_timer_init(self->loop, self->timer); // never fails
  uv_handle_set_data((uv_handle_t *)self->poll, self); // init made them anew
  uv_handle_set_data((uv_handle_t *)self->timer, self);
  self->handle_count = 2;
  self->holder_count++;
  self->fd = fd;
  self->is_open = true;
  self->counted_since_ms = uv_now(self->loop);
  status = uv_poll_start(self->poll, UV_READABLE, on_ready);
  if (status == 0 && napi_add_async_cleanup_hook(self->env, on_environment_end, self, &self->end_hook) != napi_ok)
    status = UV_ENOMEM;
  if (status < 0) udp_socket_close(self);
  return status;
}

void udp_socket_close(udp_socket *self) {
  if (!self->is_open) return;
  self->is_open = false;
  uv_close((uv_handle_t *)self->poll, on_closed);
  uv_close((uv_handle_t *)self->timer, on_closed);
  // uv_poll(3): may be closed as soon as it is not polled any more.
  close(self->fd);
  self->fd = -1;
}

void udp_socket_await_room(udp_socket *self) {
  if (self->is_send_blocked) return;
  self->is_send_blocked = true;
  watch(self);
}

void udp_socket_release(udp_socket *self) {
  if (--self->holder_count == 0) free(self);
}
