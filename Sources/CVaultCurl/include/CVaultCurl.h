#ifndef CVAULT_CURL_H
#define CVAULT_CURL_H

#include <stddef.h>
#include <stdint.h>

// What this project uses of libcurl, declared by ourselves and opened at the first request: a cached token must not pay
// for libcurl's thirty shared objects. Scripts/lint compares each line of this file with the real headers; it does so
// by putting libcurl's own types in place of these macros.
#ifndef CVAULT_CURLcode
#define CVAULT_CURLcode unsigned int
#define CVAULT_CURLoption unsigned int
#define CVAULT_CURLINFO unsigned int
#define CVAULT_CURLversion unsigned int
#define CVAULT_CURL void
#define CVAULT_CURL_SLIST struct cvault_curl_slist
#define CVAULT_CURL_VERSION_INFO struct cvault_curl_version_info
#endif

/// A list of texts: `struct curl_slist`.
struct cvault_curl_slist {
    char *data;
    struct cvault_curl_slist *next;
};

/// Bytes for an option: `struct curl_blob`.
struct cvault_curl_blob {
    void *data;
    size_t len;
    unsigned int flags;
};

/// The first members of `curl_version_info_data`.
struct cvault_curl_version_info {
    unsigned int age;
    const char *version;
    unsigned int version_num;
    const char *host;
    int features;
    const char *ssl_version;
};

/// The functions, each under its name without `curl_`.
struct cvault_curl_functions {
    CVAULT_CURLcode (*global_init_mem)(long, void *(*)(size_t), void (*)(void *), void *(*)(void *, size_t),
                                       char *(*)(const char *), void *(*)(size_t, size_t));
    CVAULT_CURL_VERSION_INFO *(*version_info)(CVAULT_CURLversion);
    CVAULT_CURL_SLIST *(*slist_append)(CVAULT_CURL_SLIST *, const char *);
    void (*slist_free_all)(CVAULT_CURL_SLIST *);
    CVAULT_CURL *(*easy_init)(void);
    CVAULT_CURLcode (*easy_setopt)(CVAULT_CURL *, CVAULT_CURLoption, ...);
    CVAULT_CURLcode (*easy_perform)(CVAULT_CURL *);
    CVAULT_CURLcode (*easy_getinfo)(CVAULT_CURL *, CVAULT_CURLINFO, ...);
    void (*easy_cleanup)(CVAULT_CURL *);
};

/// The options. Below 10000 they take a long, from 10000 a pointer, from 20000 a function, from 30000 an offset, from
/// 40000 a blob.
#define CVAULT_CURL_OPTIONS(OPTION)                                                                                    \
    OPTION(WRITEDATA, 10001)                                                                                           \
    OPTION(URL, 10002)                                                                                                 \
    OPTION(PROXY, 10004)                                                                                               \
    OPTION(ERRORBUFFER, 10010)                                                                                         \
    OPTION(WRITEFUNCTION, 20011)                                                                                       \
    OPTION(HTTPHEADER, 10023)                                                                                          \
    OPTION(HEADERDATA, 10029)                                                                                          \
    OPTION(LOW_SPEED_LIMIT, 19)                                                                                        \
    OPTION(LOW_SPEED_TIME, 20)                                                                                         \
    OPTION(SSLVERSION, 32)                                                                                             \
    OPTION(VERBOSE, 41)                                                                                                \
    OPTION(NOPROGRESS, 43)                                                                                             \
    OPTION(POST, 47)                                                                                                   \
    OPTION(NETRC, 51)                                                                                                  \
    OPTION(FOLLOWLOCATION, 52)                                                                                         \
    OPTION(XFERINFODATA, 10057)                                                                                        \
    OPTION(SSL_VERIFYPEER, 64)                                                                                         \
    OPTION(FORBID_REUSE, 75)                                                                                           \
    OPTION(HEADERFUNCTION, 20079)                                                                                      \
    OPTION(SSL_VERIFYHOST, 81)                                                                                         \
    OPTION(HTTP_VERSION, 84)                                                                                           \
    OPTION(CAPATH, 10097)                                                                                              \
    OPTION(NOSIGNAL, 99)                                                                                               \
    OPTION(POSTFIELDSIZE_LARGE, 30120)                                                                                 \
    OPTION(TIMEOUT_MS, 155)                                                                                            \
    OPTION(CONNECTTIMEOUT_MS, 156)                                                                                     \
    OPTION(COPYPOSTFIELDS, 10165)                                                                                      \
    OPTION(NOPROXY, 10177)                                                                                             \
    OPTION(RESOLVE, 10203)                                                                                             \
    OPTION(XFERINFOFUNCTION, 20219)                                                                                    \
    OPTION(HEADEROPT, 229)                                                                                             \
    OPTION(PROXY_CAPATH, 10247)                                                                                        \
    OPTION(PATH_AS_IS, 234)                                                                                            \
    OPTION(SUPPRESS_CONNECT_HEADERS, 265)                                                                              \
    OPTION(UPLOAD_BUFFERSIZE, 280)                                                                                     \
    OPTION(HTTP09_ALLOWED, 285)                                                                                        \
    OPTION(PREREQFUNCTION, 20312)                                                                                      \
    OPTION(CAINFO_BLOB, 40309)                                                                                         \
    OPTION(PROXY_CAINFO_BLOB, 40310)                                                                                   \
    OPTION(PREREQDATA, 10313)                                                                                          \
    OPTION(PROTOCOLS_STR, 10318)                                                                                       \
    OPTION(QUICK_EXIT, 322)

#define CVAULT_CURL_DECLARE_OPTION(name, number) CVAULT_CURLOPT_##name = number,
enum cvault_curl_option { CVAULT_CURL_OPTIONS(CVAULT_CURL_DECLARE_OPTION) };

/// What went wrong (libcurl-errors(3)), as far as we tell it apart.
#define CVAULT_CURL_CODES(CODE)                                                                                        \
    CODE(OK, 0)                                                                                                        \
    CODE(UNSUPPORTED_PROTOCOL, 1)                                                                                      \
    CODE(COULDNT_RESOLVE_PROXY, 5)                                                                                     \
    CODE(COULDNT_RESOLVE_HOST, 6)                                                                                      \
    CODE(COULDNT_CONNECT, 7)                                                                                           \
    CODE(WEIRD_SERVER_REPLY, 8)                                                                                        \
    CODE(PARTIAL_FILE, 18)                                                                                             \
    CODE(WRITE_ERROR, 23)                                                                                              \
    CODE(OUT_OF_MEMORY, 27)                                                                                            \
    CODE(OPERATION_TIMEDOUT, 28)                                                                                       \
    CODE(SSL_CONNECT_ERROR, 35)                                                                                        \
    CODE(ABORTED_BY_CALLBACK, 42)                                                                                      \
    CODE(BAD_FUNCTION_ARGUMENT, 43)                                                                                    \
    CODE(GOT_NOTHING, 52)                                                                                              \
    CODE(SEND_ERROR, 55)                                                                                               \
    CODE(RECV_ERROR, 56)                                                                                               \
    CODE(PEER_FAILED_VERIFICATION, 60)                                                                                 \
    CODE(BAD_CONTENT_ENCODING, 61)                                                                                     \
    CODE(SSL_CACERT_BADFILE, 77)                                                                                       \
    CODE(PROXY, 97)

#define CVAULT_CURL_DECLARE_CODE(name, number) CVAULT_CURLE_##name = number,
enum cvault_curl_code { CVAULT_CURL_CODES(CVAULT_CURL_DECLARE_CODE) };

/// What can be asked afterwards; each of these is a long.
#define CVAULT_CURL_INFOS(INFO)                                                                                        \
    INFO(RESPONSE_CODE, 0x200002)                                                                                      \
    INFO(SSL_VERIFYRESULT, 0x20000d)                                                                                   \
    INFO(HTTP_CONNECTCODE, 0x200016)                                                                                   \
    INFO(OS_ERRNO, 0x200019)                                                                                           \
    INFO(PRIMARY_PORT, 0x200028)                                                                                       \
    INFO(PROXY_SSL_VERIFYRESULT, 0x20002f)

#define CVAULT_CURL_DECLARE_INFO(name, number) CVAULT_CURLINFO_##name = number,
enum cvault_curl_info { CVAULT_CURL_INFOS(CVAULT_CURL_DECLARE_INFO) };

/// Values of options and sizes, under libcurl's names without `CURL_`.
#define CVAULT_CURL_CONSTANTS(CONSTANT)                                                                                \
    CONSTANT(GLOBAL_ALL, 3)                                                                                            \
    CONSTANT(SSLVERSION_TLSv1_2, 6)                                                                                    \
    CONSTANT(HTTP_VERSION_1_1, 2)                                                                                      \
    CONSTANT(NETRC_IGNORED, 0)                                                                                         \
    CONSTANT(BLOB_COPY, 1)                                                                                             \
    CONSTANT(ERROR_SIZE, 256)

#define CVAULT_CURL_DECLARE_CONSTANT(name, number) CVAULT_CURL_##name = number,
enum cvault_curl_constant {
    CVAULT_CURL_CONSTANTS(CVAULT_CURL_DECLARE_CONSTANT)
    /// `CURLHEADER_SEPARATE`: our header lines are for the server, never for a proxy.
    CVAULT_CURLHEADER_SEPARATE = 1
};

// MARK: - Opening it

/// Opens a shared library and finds every function; 0, -1 where there is no such library, -2 where it lacks one.
/// Nothing else here may be called before it gave 0.
int cvault_curl_open(const char *name);

/// Version and TLS library.
const struct cvault_curl_version_info *cvault_curl_version(void);

/// Initialises libcurl with the wiping allocator; 1 where it took it, 0 where other code initialised libcurl before,
/// -1 where it can't start.
int cvault_curl_initialize(void);

// MARK: - One request

/// Bytes that arrive, up to a limit, in memory that is wiped as it grows and goes.
struct cvault_received {
    unsigned char *bytes;
    size_t count;
    size_t capacity;
    size_t limit;
    int overflowed;
};

/// One of libcurl's handles and all that it points to.
struct cvault_exchange {
    void *handle;
    struct cvault_received body;
    struct cvault_received headers;
    struct cvault_curl_slist *lines;
    struct cvault_curl_slist *addresses;
    /// Looks at the peer before anything is sent; NULL for none. -1 accepts it.
    int64_t (*judge_peer)(const char *address, int port, const char *own_address, int own_port);
    /// What it said: -1 where it wasn't asked.
    int64_t peer_verdict;
    char message[CVAULT_CURL_ERROR_SIZE];
};

/// NULL where there is no memory.
struct cvault_exchange *cvault_exchange_new(size_t body_limit, size_t header_limit);
void cvault_exchange_free(struct cvault_exchange *);

// Each of these gives libcurl's code; BAD_FUNCTION_ARGUMENT where an option takes something else.
unsigned int cvault_exchange_set_long(struct cvault_exchange *, enum cvault_curl_option, long);
unsigned int cvault_exchange_set_text(struct cvault_exchange *, enum cvault_curl_option, const char *);
unsigned int cvault_exchange_set_blob(struct cvault_exchange *, enum cvault_curl_option, const void *bytes,
                                      size_t count);
unsigned int cvault_exchange_set_body(struct cvault_exchange *, const void *bytes, size_t count);
unsigned int cvault_exchange_add_line(struct cvault_exchange *, const char *line);
unsigned int cvault_exchange_pin_address(struct cvault_exchange *, const char *host_port_addresses);
/// Has the request given up soon after the flag was raised; libcurl looks about once a second.
unsigned int cvault_exchange_watch(struct cvault_exchange *, const int *flag);

/// Has the peer looked at once there is a connection, before anything is sent: CURLOPT_PREREQFUNCTION(3). Where it
/// isn't accepted the request ends with ABORTED_BY_CALLBACK.
unsigned int cvault_exchange_check_peer(struct cvault_exchange *,
                                        int64_t (*judge)(const char *address, int port, const char *own, int own_port));

/// Sends and receives; the header line is read where it lies, and never copied by us.
unsigned int cvault_exchange_perform(struct cvault_exchange *, const char *authorization);

/// Reads a piece of a body; anything but 0 ends the request.
typedef int (*cvault_body_reader)(void *context, const unsigned char *bytes, size_t count);

/// Sends and receives; the body of a success (2xx) goes to the reader as it comes, that of a failure is kept, as far as
/// the limit goes.
unsigned int cvault_exchange_stream(struct cvault_exchange *, const char *authorization, cvault_body_reader,
                                    void *context);

/// What is known afterwards; 0 where libcurl doesn't know.
long cvault_exchange_get_long(struct cvault_exchange *, enum cvault_curl_info);

/// What libcurl says of a failure, in its own words.
const char *cvault_exchange_message(const struct cvault_exchange *);

/// A flag that one thread raises and others see.
void cvault_flag_raise(int *flag);
int cvault_flag_is_raised(const int *flag);

// MARK: - Memory

/// The allocator that libcurl is given; any block may also be freed by `free` unless it is a locked one.
void *cvault_wiping_malloc(size_t size);
void *cvault_wiping_calloc(size_t count, size_t size);
void *cvault_wiping_realloc(void *block, size_t size);
char *cvault_wiping_strdup(const char *text);
void cvault_wiping_free(void *block);

#endif
