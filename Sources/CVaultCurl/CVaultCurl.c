#define _GNU_SOURCE
#include "CVaultCurl.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static struct cvault_curl_functions curl;

int cvault_curl_open(const char *name) {
    // Never closed: libcurl and OpenSSL don't survive that.
    void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!library) return -1;
    struct cvault_curl_functions found;
// dlsym gives a data pointer; POSIX lets it be taken for a function.
#define CVAULT_FIND(function) (*(void **)&found.function = dlsym(library, "curl_" #function)) != NULL
    if (!(CVAULT_FIND(global_init_mem) && CVAULT_FIND(version_info) && CVAULT_FIND(slist_append) &&
          CVAULT_FIND(slist_free_all) && CVAULT_FIND(easy_init) && CVAULT_FIND(easy_setopt) &&
          CVAULT_FIND(easy_perform) && CVAULT_FIND(easy_getinfo) && CVAULT_FIND(easy_cleanup))) {
        return -2;
    }
    curl = found;
    return 0;
}

const struct cvault_curl_version_info *cvault_curl_version(void) { return curl.version_info(0); }

static _Thread_local int allocations_of_this_thread;

static void *counting_malloc(size_t size) {
    allocations_of_this_thread++;
    return cvault_wiping_malloc(size);
}

int cvault_curl_initialize(void) {
    if (curl.global_init_mem(CVAULT_CURL_GLOBAL_ALL, counting_malloc, cvault_wiping_free, cvault_wiping_realloc,
                             cvault_wiping_strdup, cvault_wiping_calloc) != CVAULT_CURLE_OK) {
        return -1;
    }
    // The first initialisation of a process wins, and later ones say nothing: one allocation tells whose it was.
    int before = allocations_of_this_thread;
    struct cvault_curl_slist *list = curl.slist_append(NULL, "probe");
    if (!list) return -1;
    int is_ours = allocations_of_this_thread != before;
    curl.slist_free_all(list);
    return is_ours;
}

// libcurl's own signature of a write function (CURLOPT_WRITEFUNCTION(3)); anything but the number of bytes ends it all.
static size_t receive(char *data, size_t size, size_t count, void *argument) {
    struct cvault_received *received = argument;
    size_t length = size * count;
    if (length > received->limit - received->count) {
        received->overflowed = 1;
        return length == 0 ? 1 : 0;
    }
    if (received->count + length > received->capacity) {
        size_t capacity = received->capacity ? received->capacity : 4096;
        while (capacity < received->count + length) capacity *= 2;
        unsigned char *bytes = cvault_wiping_realloc(received->bytes, capacity);
        if (!bytes) return length == 0 ? 1 : 0;
        received->bytes = bytes;
        received->capacity = capacity;
    }
    if (length > 0) memcpy(received->bytes + received->count, data, length);
    received->count += length;
    return length;
}

void cvault_flag_raise(int *flag) { atomic_store((atomic_int *)flag, 1); }
int cvault_flag_is_raised(const int *flag) { return atomic_load((const atomic_int *)flag); }

// libcurl's own signature of a progress function (CURLOPT_XFERINFOFUNCTION(3)); anything but 0 ends the request.
static int is_interrupted(void *flag, int64_t total_down, int64_t down, int64_t total_up, int64_t up) {
    (void)total_down, (void)down, (void)total_up, (void)up;
    return cvault_flag_is_raised(flag);
}

// MARK: - One request

struct cvault_exchange *cvault_exchange_new(size_t body_limit, size_t header_limit) {
    struct cvault_exchange *exchange = calloc(1, sizeof *exchange);
    if (!exchange) return NULL;
    exchange->body.limit = body_limit;
    exchange->headers.limit = header_limit;
    exchange->peer_verdict = -1;
    void *handle = exchange->handle = curl.easy_init();
    unsigned int failures = !handle;
    if (handle) {
        failures |= curl.easy_setopt(handle, CVAULT_CURLOPT_ERRORBUFFER, exchange->message);
        failures |= curl.easy_setopt(handle, CVAULT_CURLOPT_WRITEFUNCTION, receive);
        failures |= curl.easy_setopt(handle, CVAULT_CURLOPT_WRITEDATA, &exchange->body);
        failures |= curl.easy_setopt(handle, CVAULT_CURLOPT_HEADERFUNCTION, receive);
        failures |= curl.easy_setopt(handle, CVAULT_CURLOPT_HEADERDATA, &exchange->headers);
    }
    if (!failures) return exchange;
    cvault_exchange_free(exchange);
    return NULL;
}

void cvault_exchange_free(struct cvault_exchange *exchange) {
    if (exchange->handle) curl.easy_cleanup(exchange->handle);
    curl.slist_free_all(exchange->lines);
    curl.slist_free_all(exchange->addresses);
    cvault_wiping_free(exchange->body.bytes);
    cvault_wiping_free(exchange->headers.bytes);
    free(exchange);
}

unsigned int cvault_exchange_set_long(struct cvault_exchange *exchange, enum cvault_curl_option option, long value) {
    if (option >= 10000) return CVAULT_CURLE_BAD_FUNCTION_ARGUMENT;
    return curl.easy_setopt(exchange->handle, option, value);
}

unsigned int cvault_exchange_set_text(struct cvault_exchange *exchange, enum cvault_curl_option option,
                                      const char *text) {
    if (option < 10000 || option >= 20000) return CVAULT_CURLE_BAD_FUNCTION_ARGUMENT;
    return curl.easy_setopt(exchange->handle, option, text);
}

unsigned int cvault_exchange_set_blob(struct cvault_exchange *exchange, enum cvault_curl_option option,
                                      const void *bytes, size_t count) {
    if (option < 40000) return CVAULT_CURLE_BAD_FUNCTION_ARGUMENT;
    // libcurl copies them, and writes nothing there.
    struct cvault_curl_blob blob = {(void *)(uintptr_t)bytes, count, CVAULT_CURL_BLOB_COPY};
    return curl.easy_setopt(exchange->handle, option, &blob);
}

unsigned int cvault_exchange_set_body(struct cvault_exchange *exchange, const void *bytes, size_t count) {
    unsigned int code = curl.easy_setopt(exchange->handle, CVAULT_CURLOPT_POST, 1L);
    // The size first: without it the bytes are taken to end with a NUL.
    if (!code) code = curl.easy_setopt(exchange->handle, CVAULT_CURLOPT_POSTFIELDSIZE_LARGE, (int64_t)count);
    if (!code) code = curl.easy_setopt(exchange->handle, CVAULT_CURLOPT_COPYPOSTFIELDS, bytes);
    return code;
}

static unsigned int append(struct cvault_curl_slist **list, const char *text) {
    struct cvault_curl_slist *longer = curl.slist_append(*list, text);
    if (!longer) return CVAULT_CURLE_OUT_OF_MEMORY;
    *list = longer;
    return CVAULT_CURLE_OK;
}

unsigned int cvault_exchange_add_line(struct cvault_exchange *exchange, const char *line) {
    return append(&exchange->lines, line);
}

unsigned int cvault_exchange_pin_address(struct cvault_exchange *exchange, const char *host_port_addresses) {
    unsigned int code = append(&exchange->addresses, host_port_addresses);
    return code ? code : curl.easy_setopt(exchange->handle, CVAULT_CURLOPT_RESOLVE, exchange->addresses);
}

unsigned int cvault_exchange_watch(struct cvault_exchange *exchange, const int *flag) {
    unsigned int code = curl.easy_setopt(exchange->handle, CVAULT_CURLOPT_XFERINFOFUNCTION, is_interrupted);
    if (!code) code = curl.easy_setopt(exchange->handle, CVAULT_CURLOPT_XFERINFODATA, flag);
    if (!code) code = curl.easy_setopt(exchange->handle, CVAULT_CURLOPT_NOPROGRESS, 0L);
    return code;
}

// libcurl's own signature (CURLOPT_PREREQFUNCTION(3)); anything but 0 ends the request.
static int before_request(void *argument, char *peer, char *own, int peer_port, int own_port) {
    struct cvault_exchange *exchange = argument;
    exchange->peer_verdict = exchange->judge_peer(peer, peer_port, own, own_port);
    return exchange->peer_verdict != -1;
}

unsigned int cvault_exchange_check_peer(struct cvault_exchange *exchange,
                                        int64_t (*judge)(const char *, int, const char *, int)) {
    exchange->judge_peer = judge;
    unsigned int code = curl.easy_setopt(exchange->handle, CVAULT_CURLOPT_PREREQFUNCTION, before_request);
    return code ? code : curl.easy_setopt(exchange->handle, CVAULT_CURLOPT_PREREQDATA, exchange);
}

unsigned int cvault_exchange_perform(struct cvault_exchange *exchange, const char *authorization) {
    // libcurl reads the list and changes nothing in it, whatever its type says.
    struct cvault_curl_slist lines = { .data = (char *)(uintptr_t)authorization, .next = exchange->lines };
    unsigned int code = curl.easy_setopt(exchange->handle, CVAULT_CURLOPT_HTTPHEADER, &lines);
    if (!code) code = curl.easy_perform(exchange->handle);
    curl.easy_setopt(exchange->handle, CVAULT_CURLOPT_HTTPHEADER, NULL);
    return code;
}

struct stream {
    struct cvault_exchange *exchange;
    cvault_body_reader reader;
    void *context;
};

// As `receive`, for a body that may be larger than memory.
static size_t deliver(char *data, size_t size, size_t count, void *argument) {
    struct stream *stream = argument;
    long status = cvault_exchange_get_long(stream->exchange, CVAULT_CURLINFO_RESPONSE_CODE);
    if (status < 200 || status > 299) return receive(data, size, count, &stream->exchange->body);
    size_t length = size * count;
    if (stream->reader(stream->context, (const unsigned char *)data, length) == 0) return length;
    return length == 0 ? 1 : 0;
}

unsigned int cvault_exchange_stream(struct cvault_exchange *exchange, const char *authorization,
                                    cvault_body_reader reader, void *context) {
    struct stream stream = { exchange, reader, context };
    unsigned int code = curl.easy_setopt(exchange->handle, CVAULT_CURLOPT_WRITEFUNCTION, deliver);
    if (!code) code = curl.easy_setopt(exchange->handle, CVAULT_CURLOPT_WRITEDATA, &stream);
    if (!code) code = cvault_exchange_perform(exchange, authorization);
    curl.easy_setopt(exchange->handle, CVAULT_CURLOPT_WRITEFUNCTION, receive);
    curl.easy_setopt(exchange->handle, CVAULT_CURLOPT_WRITEDATA, &exchange->body);
    return code;
}

long cvault_exchange_get_long(struct cvault_exchange *exchange, enum cvault_curl_info info) {
    long value = 0;
    return curl.easy_getinfo(exchange->handle, info, &value) == CVAULT_CURLE_OK ? value : 0;
}

const char *cvault_exchange_message(const struct cvault_exchange *exchange) { return exchange->message; }
