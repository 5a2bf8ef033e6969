// The socket as five functions for JavaScript (Node-API 8, which Node 20 and every Electron since 2022 have). Its only user is
// native-udp-socket.ts; even so no number from there is believed. Errors are negative numbers, as libuv's.
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "socket.h"

static napi_value number(napi_env env, int32_t value) {
  napi_value result = NULL;
  napi_create_int32(env, value, &result);
  return result;
}

// The memory of a Uint8Array of at least `byte_count`, or NULL. Never one that JavaScript shares between threads.
static uint8_t *bytes_of(napi_env env, napi_value value, size_t byte_count) {
  napi_typedarray_type type;
  size_t length;
  void *data;
  napi_value buffer;
  bool is_plain = false;
  if (napi_get_typedarray_info(env, value, &type, &length, &data, &buffer, NULL) != napi_ok) return NULL;
  if (napi_is_arraybuffer(env, buffer, &is_plain) != napi_ok || !is_plain) return NULL;
  return type == napi_uint8_array && length >= byte_count ? data : NULL;
}

static letter *letters_of(napi_env env, napi_value value) {
  uint8_t *bytes = bytes_of(env, value, SLOTS * LETTER_BYTES);
  return (uintptr_t)bytes % _Alignof(letter) == 0 ? (letter *)(void *)bytes : NULL;
}

static udp_socket *socket_of(napi_env env, napi_value value) {
  void *self = NULL;
  return napi_get_value_external(env, value, &self) == napi_ok ? self : NULL;
}

// JavaScript has forgotten its handle, or the environment ends.
static void on_forgotten(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  udp_socket_close(data);
  udp_socket_release(data);
}

enum { OPEN_V6, OPEN_CONTACT, OPEN_IN, OPEN_IN_LETTERS, OPEN_OUT, OPEN_OUT_LETTERS, OPEN_BEAT, OPEN_EVENT, OPEN_ARGUMENTS };

// Everything of `self` that comes from JavaScript. False: something is not as it must be.
static bool take_arguments(napi_env env, udp_socket *self, const napi_value *given) {
  uint8_t *in_slab = bytes_of(env, given[OPEN_IN], (size_t)SLOTS * IN_SLOT_BYTES);
  self->in_letters = letters_of(env, given[OPEN_IN_LETTERS]);
  self->out_slab = bytes_of(env, given[OPEN_OUT], (size_t)SLOTS * OUT_SLOT_BYTES);
  self->out_letters = letters_of(env, given[OPEN_OUT_LETTERS]);
  if (in_slab == NULL || self->in_letters == NULL || self->out_slab == NULL || self->out_letters == NULL) return false;
  datagrams_prepare(&self->box, in_slab);
  napi_valuetype type;
  napi_value memory, name;
  if (napi_get_value_bool(env, given[OPEN_V6], &self->is_v6) != napi_ok ||
      napi_get_value_uint32(env, given[OPEN_BEAT], &self->beat_ms) != napi_ok ||
      napi_typeof(env, given[OPEN_EVENT], &type) != napi_ok || type != napi_function ||
      napi_create_array_with_length(env, 4, &memory) != napi_ok)
    return false;
  for (uint32_t index = 0; index < 4; index++)
    if (napi_set_element(env, memory, index, given[OPEN_IN + index]) != napi_ok) return false;
  return napi_create_string_utf8(env, "lanternfish-udp", NAPI_AUTO_LENGTH, &name) == napi_ok &&
         napi_create_reference(env, memory, 1, &self->memory) == napi_ok &&
         napi_create_reference(env, given[OPEN_EVENT], 1, &self->on_event) == napi_ok &&
         napi_async_init(env, memory, name, &self->context) == napi_ok &&
         napi_get_uv_event_loop(env, &self->loop) == napi_ok;
}

// Frees what never was polled.
static napi_value give_up(udp_socket *self, int error) {
  napi_env env = self->env;
  if (self->on_event != NULL) napi_delete_reference(env, self->on_event);
  if (self->memory != NULL) napi_delete_reference(env, self->memory);
  if (self->context != NULL) napi_async_destroy(env, self->context);
  free(self);
  return number(env, error);
}

// open(isV6, contact to be bound to, in slab, in letters, out slab, out letters, beat in ms, onEvent): a handle, or an error.
static napi_value js_open(napi_env env, napi_callback_info info) {
  size_t count = OPEN_ARGUMENTS;
  napi_value given[OPEN_ARGUMENTS];
  if (napi_get_cb_info(env, info, &count, given, NULL, NULL) != napi_ok || count < OPEN_ARGUMENTS)
    return number(env, -EINVAL);
  const uint8_t *contact = bytes_of(env, given[OPEN_CONTACT], 18);
  if (contact == NULL) return number(env, -EINVAL);
  udp_socket *self = calloc(1, sizeof *self);
  if (self == NULL) return number(env, -ENOMEM);
  self->env = env;
  if (!take_arguments(env, self, given)) return give_up(self, -EINVAL);
  int fd = datagrams_open(self->is_v6, contact);
  if (fd < 0) return give_up(self, fd);
  self->holder_count = 1; // JavaScript
  int status = udp_socket_start(self, fd);
  if (status < 0 && self->handle_count == 0) {
    close(fd);
    return give_up(self, status);
  }
  napi_value handle = NULL;
  if (status < 0 || napi_create_external(env, self, on_forgotten, NULL, &handle) != napi_ok) {
    on_forgotten(env, self, NULL);
    return number(env, status < 0 ? status : -ENOMEM);
  }
  return handle;
}

// port(handle): the one it is bound to, or an error.
static napi_value js_port(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value given[1];
  napi_get_cb_info(env, info, &count, given, NULL, NULL);
  udp_socket *self = count == 1 ? socket_of(env, given[0]) : NULL;
  return number(env, self == NULL || !self->is_open ? -EBADF : datagrams_port(self->fd));
}

// receiveBuffer(handle, wanted bytes): what the kernel gave, or an error.
static napi_value js_receive_buffer(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value given[2];
  int32_t wanted_bytes;
  napi_get_cb_info(env, info, &count, given, NULL, NULL);
  udp_socket *self = count == 2 ? socket_of(env, given[0]) : NULL;
  if (self == NULL || !self->is_open) return number(env, -EBADF);
  if (napi_get_value_int32(env, given[1], &wanted_bytes) != napi_ok) return number(env, -EINVAL);
  return number(env, datagrams_receive_buffer(self->fd, wanted_bytes));
}

// send(handle, first, count): how many of these slots left, or the error of the first of them; 0 when there is no room now,
// and then onEvent is called with EVENT_WRITABLE as soon as there is.
static napi_value js_send(napi_env env, napi_callback_info info) {
  size_t given_count = 3;
  napi_value given[3];
  uint32_t first, count;
  if (napi_get_cb_info(env, info, &given_count, given, NULL, NULL) != napi_ok || given_count < 3)
    return number(env, -EINVAL);
  udp_socket *self = socket_of(env, given[0]);
  if (self == NULL || !self->is_open) return number(env, -EBADF);
  if (napi_get_value_uint32(env, given[1], &first) != napi_ok || napi_get_value_uint32(env, given[2], &count) != napi_ok ||
      first >= SLOTS || count == 0 || count > SLOTS - first)
    return number(env, -EINVAL);
  for (uint32_t index = 0; index < count; index++) {
    if (self->out_letters[first + index].byte_count <= OUT_SLOT_BYTES) continue;
    if (index == 0) return number(env, -EINVAL);
    count = index;
  }
  int sent = datagrams_send(self->fd, self->is_v6, self->out_slab, self->out_letters, first, count);
  if (sent == -EAGAIN || sent == -EWOULDBLOCK) {
    udp_socket_await_room(self);
    sent = 0;
  }
  return number(env, sent);
}

// close(handle)
static napi_value js_close(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value given[1];
  napi_get_cb_info(env, info, &count, given, NULL, NULL);
  udp_socket *self = count == 1 ? socket_of(env, given[0]) : NULL;
  if (self != NULL) udp_socket_close(self);
  return NULL;
}

NAPI_MODULE_INIT() {
  const napi_property_descriptor functions[] = {
      {.utf8name = "open", .method = js_open, .attributes = napi_enumerable},
      {.utf8name = "port", .method = js_port, .attributes = napi_enumerable},
      {.utf8name = "receiveBuffer", .method = js_receive_buffer, .attributes = napi_enumerable},
      {.utf8name = "send", .method = js_send, .attributes = napi_enumerable},
      {.utf8name = "close", .method = js_close, .attributes = napi_enumerable},
  };
  napi_define_properties(env, exports, sizeof functions / sizeof functions[0], functions);
  return exports;
}
