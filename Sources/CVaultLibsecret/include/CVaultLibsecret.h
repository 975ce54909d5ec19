#ifndef CVAULT_LIBSECRET_H
#define CVAULT_LIBSECRET_H

#include <stddef.h>
#include <stdint.h>

// What this project uses of libsecret and of GLib below it, declared by ourselves and opened at the first use: linked,
// they would be needed by every program that imports us, on every server. Scripts/lint compares each line of the first
// part with the real headers; it does so by putting their own types in place of these macros.
#ifndef CVAULT_GVariant
#define CVAULT_GVariant void
#define CVAULT_GVariantType void
#define CVAULT_GDBusConnection void
#define CVAULT_GBusType int
#define CVAULT_GDBusCallFlags int
#define CVAULT_GDBusSignalFlags int
#define CVAULT_GDBusSignalCallback cvault_signal_callback *
#define CVAULT_GCancellable void
#define CVAULT_GDestroyNotify void *
#define CVAULT_GError struct cvault_error
#define CVAULT_GHashTable void
#define CVAULT_GHashFunc cvault_hash_function *
#define CVAULT_GEqualFunc cvault_equal_function *
#define CVAULT_GMainContext void
#define CVAULT_GTypeInstance void
#define CVAULT_GDBusProxy void
#define CVAULT_GIOStream void
#define CVAULT_GSocketConnection void
#define CVAULT_GSocket void
#define CVAULT_GCredentials void
#define CVAULT_SecretService void
#define CVAULT_SecretServiceFlags int
#define CVAULT_SecretValue void
#define CVAULT_SecretSchema struct cvault_schema

typedef void cvault_signal_callback(void *connection, const char *sender, const char *object, const char *interface,
                                    const char *signal, void *parameters, void *data);
typedef unsigned int cvault_hash_function(const void *);
typedef int cvault_equal_function(const void *, const void *);
#endif

/// `GError`.
struct cvault_error {
    uint32_t domain;
    int code;
    char *message;
};

/// `SecretSchema`.
struct cvault_schema {
    const char *name;
    int flags;
    struct {
        const char *name;
        int type;
    } attributes[32];
    int reserved;
    void *more[7];
};

/// The functions, each by its own name.
#define CVAULT_LIBSECRET_FUNCTIONS(FUNCTION)                                                                           \
    FUNCTION(g_free, void, (void *))                                                                                   \
    FUNCTION(g_strfreev, void, (char **))                                                                              \
    FUNCTION(g_error_free, void, (CVAULT_GError *))                                                                    \
    FUNCTION(g_io_error_quark, uint32_t, (void))                                                                       \
    FUNCTION(g_dbus_error_quark, uint32_t, (void))                                                                     \
    FUNCTION(g_object_unref, void, (void *))                                                                           \
    FUNCTION(g_object_ref, void *, (void *))                                                                           \
    FUNCTION(g_cancellable_new, CVAULT_GCancellable *, (void))                                                         \
    FUNCTION(g_cancellable_cancel, void, (CVAULT_GCancellable *))                                                      \
    FUNCTION(g_main_context_new, CVAULT_GMainContext *, (void))                                                        \
    FUNCTION(g_main_context_unref, void, (CVAULT_GMainContext *))                                                      \
    FUNCTION(g_main_context_push_thread_default, void, (CVAULT_GMainContext *))                                        \
    FUNCTION(g_main_context_pop_thread_default, void, (CVAULT_GMainContext *))                                         \
    FUNCTION(g_main_context_iteration, int, (CVAULT_GMainContext *, int))                                              \
    FUNCTION(g_variant_new, CVAULT_GVariant *, (const char *, ...))                                                    \
    FUNCTION(g_variant_get, void, (CVAULT_GVariant *, const char *, ...))                                              \
    FUNCTION(g_variant_unref, void, (CVAULT_GVariant *))                                                               \
    FUNCTION(g_variant_new_parsed, CVAULT_GVariant *, (const char *, ...))                                             \
    FUNCTION(g_variant_is_of_type, int, (CVAULT_GVariant *, const CVAULT_GVariantType *))                              \
    FUNCTION(g_hash_table_new, CVAULT_GHashTable *, (CVAULT_GHashFunc, CVAULT_GEqualFunc))                             \
    FUNCTION(g_hash_table_insert, int, (CVAULT_GHashTable *, void *, void *))                                          \
    FUNCTION(g_hash_table_unref, void, (CVAULT_GHashTable *))                                                          \
    FUNCTION(g_str_hash, unsigned int, (const void *))                                                                 \
    FUNCTION(g_str_equal, int, (const void *, const void *))                                                           \
    FUNCTION(g_bus_get_sync, CVAULT_GDBusConnection *, (CVAULT_GBusType, CVAULT_GCancellable *, CVAULT_GError **))     \
    FUNCTION(g_dbus_connection_set_exit_on_close, void, (CVAULT_GDBusConnection *, int))                               \
    FUNCTION(g_dbus_connection_is_closed, int, (CVAULT_GDBusConnection *))                                             \
    FUNCTION(g_dbus_proxy_get_name_owner, char *, (CVAULT_GDBusProxy *))                                               \
    FUNCTION(g_dbus_connection_get_stream, CVAULT_GIOStream *, (CVAULT_GDBusConnection *))                             \
    FUNCTION(g_type_check_instance_is_a, int, (CVAULT_GTypeInstance *, size_t))                                        \
    FUNCTION(g_socket_connection_get_type, size_t, (void))                                                             \
    FUNCTION(g_socket_connection_get_socket, CVAULT_GSocket *, (CVAULT_GSocketConnection *))                           \
    FUNCTION(g_socket_get_credentials, CVAULT_GCredentials *, (CVAULT_GSocket *, CVAULT_GError **))                    \
    FUNCTION(g_credentials_get_unix_user, unsigned int, (CVAULT_GCredentials *, CVAULT_GError **))                     \
    FUNCTION(g_dbus_connection_call_sync, CVAULT_GVariant *,                                                           \
             (CVAULT_GDBusConnection *, const char *, const char *, const char *, const char *, CVAULT_GVariant *,     \
              const CVAULT_GVariantType *, CVAULT_GDBusCallFlags, int, CVAULT_GCancellable *, CVAULT_GError **))       \
    FUNCTION(g_dbus_connection_signal_subscribe, unsigned int,                                                         \
             (CVAULT_GDBusConnection *, const char *, const char *, const char *, const char *, const char *,          \
              CVAULT_GDBusSignalFlags, CVAULT_GDBusSignalCallback, void *, CVAULT_GDestroyNotify))                     \
    FUNCTION(g_dbus_connection_signal_unsubscribe, void, (CVAULT_GDBusConnection *, unsigned int))                     \
    FUNCTION(g_dbus_error_get_remote_error, char *, (const CVAULT_GError *))                                           \
    FUNCTION(secret_error_get_quark, uint32_t, (void))                                                                 \
    FUNCTION(secret_service_get_type, size_t, (void))                                                                  \
    FUNCTION(secret_service_open_sync, CVAULT_SecretService *,                                                         \
             (size_t, const char *, CVAULT_SecretServiceFlags, CVAULT_GCancellable *, CVAULT_GError **))               \
    FUNCTION(secret_service_ensure_session_sync, int,                                                                  \
             (CVAULT_SecretService *, CVAULT_GCancellable *, CVAULT_GError **))                                        \
    FUNCTION(secret_service_get_session_algorithms, const char *, (CVAULT_SecretService *))                            \
    FUNCTION(secret_service_get_secret_for_dbus_path_sync, CVAULT_SecretValue *,                                       \
             (CVAULT_SecretService *, const char *, CVAULT_GCancellable *, CVAULT_GError **))                          \
    FUNCTION(secret_service_store_sync, int,                                                                           \
             (CVAULT_SecretService *, const CVAULT_SecretSchema *, CVAULT_GHashTable *, const char *, const char *,    \
              CVAULT_SecretValue *, CVAULT_GCancellable *, CVAULT_GError **))                                          \
    FUNCTION(secret_value_new, CVAULT_SecretValue *, (const char *, ptrdiff_t, const char *))                          \
    FUNCTION(secret_value_get, const char *, (CVAULT_SecretValue *, size_t *))                                         \
    FUNCTION(secret_value_unref, void, (void *))

struct cvault_libsecret_functions {
#define CVAULT_MEMBER(name, result, arguments) result(*name) arguments;
    CVAULT_LIBSECRET_FUNCTIONS(CVAULT_MEMBER)
#undef CVAULT_MEMBER
};

#define CVAULT_LIBSECRET_NUMBERS(NUMBER)                                                                               \
    NUMBER(G_BUS_TYPE_SESSION, 2)                                                                                      \
    NUMBER(G_DBUS_CALL_FLAGS_NO_AUTO_START, 1)                                                                         \
    NUMBER(G_DBUS_SIGNAL_FLAGS_NONE, 0)                                                                                \
    NUMBER(G_IO_ERROR_CLOSED, 18)                                                                                      \
    NUMBER(G_IO_ERROR_CANCELLED, 19)                                                                                   \
    NUMBER(G_IO_ERROR_TIMED_OUT, 24)                                                                                   \
    NUMBER(G_IO_ERROR_BROKEN_PIPE, 44)                                                                                 \
    NUMBER(G_DBUS_ERROR_SERVICE_UNKNOWN, 2)                                                                            \
    NUMBER(G_DBUS_ERROR_NAME_HAS_NO_OWNER, 3)                                                                          \
    NUMBER(G_DBUS_ERROR_NO_REPLY, 4)                                                                                   \
    NUMBER(G_DBUS_ERROR_ACCESS_DENIED, 9)                                                                              \
    NUMBER(G_DBUS_ERROR_DISCONNECTED, 15)                                                                              \
    NUMBER(G_DBUS_ERROR_TIMEOUT, 12)                                                                                   \
    NUMBER(G_DBUS_ERROR_TIMED_OUT, 20)                                                                                 \
    NUMBER(G_DBUS_ERROR_SPAWN_EXEC_FAILED, 23)                                                                         \
    NUMBER(G_DBUS_ERROR_SPAWN_NO_MEMORY, 34)                                                                           \
    NUMBER(G_DBUS_ERROR_UNKNOWN_OBJECT, 41)                                                                            \
    NUMBER(SECRET_ERROR_IS_LOCKED, 2)                                                                                  \
    NUMBER(SECRET_ERROR_NO_SUCH_OBJECT, 3)                                                                             \
    NUMBER(SECRET_SCHEMA_DONT_MATCH_NAME, 2)                                                                           \
    NUMBER(SECRET_SCHEMA_ATTRIBUTE_STRING, 0)                                                                          \
    NUMBER(SECRET_SERVICE_NONE, 0)

#ifndef CVAULT_LINT
enum cvault_libsecret_number {
#define CVAULT_ENUMERATOR(name, number) CVAULT_##name = number,
    CVAULT_LIBSECRET_NUMBERS(CVAULT_ENUMERATOR)
#undef CVAULT_ENUMERATOR
};
#endif

// MARK: - What Swift calls. Each call has a time within which it returns, whatever the other side does.

/// Opens libsecret under this name.
/// 0, -1 where it isn't there, -2 where it lacks a function.
int cvault_libsecret_open(const char *name);

/// Why a call failed.
enum cvault_keyring_failure {
    CVAULT_KEYRING_OK,
    /// Not within its time.
    CVAULT_KEYRING_TIMED_OUT,
    /// The name that was called has no owner.
    CVAULT_KEYRING_NO_OWNER,
    /// The bus, or who was called, has ended.
    CVAULT_KEYRING_VANISHED,
    CVAULT_KEYRING_LOCKED,
    CVAULT_KEYRING_NO_OBJECT,
    /// A dialog was dismissed, or access denied.
    CVAULT_KEYRING_DISMISSED,
    /// The service would have secrets cross the bus unencrypted.
    CVAULT_KEYRING_CLEAR_BUS,
    /// Anything else: see the words.
    CVAULT_KEYRING_FAILED,
};

/// How a call ended.
struct cvault_keyring_outcome {
    enum cvault_keyring_failure failure;
    /// What the library or the service says of it.
    char words[240];
};

/// The process's connection to the session bus, which libsecret uses too.
struct cvault_bus;

/// Connects to the session bus; from then on the process survives its end.
struct cvault_bus *cvault_bus_connect(int milliseconds, struct cvault_keyring_outcome *);
int cvault_bus_is_closed(struct cvault_bus *);
void cvault_bus_free(struct cvault_bus *);

/// The user who listened on the bus's socket, as the kernel says; -1 where the connection is no socket of this
/// computer.
int64_t cvault_bus_user(struct cvault_bus *);
/// The user of a peer, as the bus says.
uint32_t cvault_bus_user_of(struct cvault_bus *, const char *peer, int milliseconds, struct cvault_keyring_outcome *);
/// The unique name of who owns `name`, to be freed.
char *cvault_bus_owner(struct cvault_bus *, const char *name, int milliseconds, struct cvault_keyring_outcome *);
/// Has the bus start who would own `name`.
void cvault_bus_start(struct cvault_bus *, const char *name, int milliseconds, struct cvault_keyring_outcome *);
/// Whether `peer` answers.
void cvault_bus_ping(struct cvault_bus *, const char *peer, int milliseconds, struct cvault_keyring_outcome *);

/// The default collection's path, to be freed; "/" where there is none.
char *cvault_keyring_default_collection(struct cvault_bus *, const char *service, int milliseconds,
                                        struct cvault_keyring_outcome *);
/// The paths of all collections, one a line; to be freed.
char *cvault_keyring_collections(struct cvault_bus *, const char *service, int milliseconds,
                                 struct cvault_keyring_outcome *);
/// The property Locked of a collection or an item: 1 or 0.
int cvault_keyring_is_locked(struct cvault_bus *, const char *service, const char *object, int is_item,
                             int milliseconds, struct cvault_keyring_outcome *);
/// The paths of all items of a collection with these two attributes, one a line; to be freed.
char *cvault_keyring_search(struct cvault_bus *, const char *service, const char *collection, const char *vault,
                            const char *slot, int milliseconds, struct cvault_keyring_outcome *);
/// Asks for a collection or an item to be unlocked.
/// The path of the prompt that this takes, to be freed; "/" where it takes none.
char *cvault_keyring_unlock(struct cvault_bus *, const char *service, const char *object, int milliseconds,
                            struct cvault_keyring_outcome *);
/// Deletes an item. The path of the prompt that this takes, to be freed; "/" where it takes none.
char *cvault_keyring_delete(struct cvault_bus *, const char *service, const char *item, int milliseconds,
                            struct cvault_keyring_outcome *);

/// A dialog that the service is asked to show.
struct cvault_prompt;
/// Shows it.
struct cvault_prompt *cvault_prompt_show(struct cvault_bus *, const char *service, const char *prompt, int milliseconds,
                                         struct cvault_keyring_outcome *);
/// Waits so long for its end: 0 where it is still there, 1 once it was answered, -1 once it was dismissed.
int cvault_prompt_wait(struct cvault_prompt *, int milliseconds);
void cvault_prompt_free(struct cvault_prompt *);

/// A session with a keyring, in which secrets cross the bus encrypted.
struct cvault_session;
/// Begins one. A thread of its own agrees on the key, and the first call in the session waits for it. NULL without
/// memory.
struct cvault_session *cvault_session_begin(struct cvault_bus *, const char *service);
/// Whether it has come to nothing: another one may do.
int cvault_session_has_failed(struct cvault_session *);
/// Ends it, without waiting for anything.
void cvault_session_end(struct cvault_session *);

/// A secret in libsecret's locked memory.
struct cvault_secret;
/// The secret of the item at this path; NULL where it is none that can be read. By one thread at a time.
struct cvault_secret *cvault_keyring_lookup(struct cvault_session *, const char *item, int milliseconds,
                                            struct cvault_keyring_outcome *);
/// Stores an item in a collection. By one thread at a time.
void cvault_keyring_store(struct cvault_session *, const char *vault, const char *slot, const char *collection,
                          const char *label, const void *secret, size_t count, int milliseconds,
                          struct cvault_keyring_outcome *);
const void *cvault_secret_bytes(struct cvault_secret *, size_t *count);
/// Wipes it.
void cvault_secret_free(struct cvault_secret *);

#endif
