#define _GNU_SOURCE
#include "CVaultLibsecret.h"
#include "library.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct cvault_libsecret_functions cvault_libsecret;

int cvault_libsecret_open(const char *name) {
    // Never closed: GLib's types and threads don't survive that. GLib's functions are found through libsecret, which
    // brings GLib along.
    void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!library) return -1;
    struct cvault_libsecret_functions found;
// dlsym gives a data pointer; POSIX lets it be taken for a function.
#define CVAULT_FIND(name, result, arguments)                                                                           \
    if (!(*(void **)&found.name = dlsym(library, #name))) return -2;
    CVAULT_LIBSECRET_FUNCTIONS(CVAULT_FIND)
    cvault_libsecret = found;
    return 0;
}

// MARK: - Failures

static enum cvault_keyring_failure failure_of_bus(const struct cvault_error *error) {
    switch (error->code) {
    case CVAULT_G_DBUS_ERROR_SERVICE_UNKNOWN:
    case CVAULT_G_DBUS_ERROR_NAME_HAS_NO_OWNER: return CVAULT_KEYRING_NO_OWNER;
    // The bus says so of a peer that ended before it answered; our own time-out is an error of GIO.
    case CVAULT_G_DBUS_ERROR_NO_REPLY:
    case CVAULT_G_DBUS_ERROR_DISCONNECTED: return CVAULT_KEYRING_VANISHED;
    case CVAULT_G_DBUS_ERROR_TIMEOUT:
    case CVAULT_G_DBUS_ERROR_TIMED_OUT: return CVAULT_KEYRING_TIMED_OUT;
    case CVAULT_G_DBUS_ERROR_ACCESS_DENIED: return CVAULT_KEYRING_DISMISSED;
    case CVAULT_G_DBUS_ERROR_UNKNOWN_OBJECT: return CVAULT_KEYRING_NO_OBJECT;
    default: break;
    }
    int is_spawning = error->code >= CVAULT_G_DBUS_ERROR_SPAWN_EXEC_FAILED &&
                      error->code <= CVAULT_G_DBUS_ERROR_SPAWN_NO_MEMORY;
    return is_spawning ? CVAULT_KEYRING_NO_OWNER : CVAULT_KEYRING_FAILED;
}

static enum cvault_keyring_failure failure(const struct cvault_error *error) {
    if (error->domain == cvault_libsecret.g_dbus_error_quark()) return failure_of_bus(error);
    if (error->domain == cvault_libsecret.secret_error_get_quark()) {
        if (error->code == CVAULT_SECRET_ERROR_IS_LOCKED) return CVAULT_KEYRING_LOCKED;
        if (error->code == CVAULT_SECRET_ERROR_NO_SUCH_OBJECT) return CVAULT_KEYRING_NO_OBJECT;
    }
    if (error->domain == cvault_libsecret.g_io_error_quark()) {
        switch (error->code) {
        case CVAULT_G_IO_ERROR_CANCELLED:
        case CVAULT_G_IO_ERROR_TIMED_OUT: return CVAULT_KEYRING_TIMED_OUT;
        case CVAULT_G_IO_ERROR_CLOSED:
        case CVAULT_G_IO_ERROR_BROKEN_PIPE: return CVAULT_KEYRING_VANISHED;
        default: break;
        }
    }
    return CVAULT_KEYRING_FAILED;
}

void cvault_keyring_fail(struct cvault_keyring_outcome *outcome, enum cvault_keyring_failure kind, const char *words) {
    outcome->failure = kind;
    strncpy(outcome->words, words ? words : "", sizeof outcome->words - 1);
    outcome->words[sizeof outcome->words - 1] = 0;
}

void cvault_keyring_take_error(struct cvault_keyring_outcome *outcome, struct cvault_error *error) {
    if (!error) return cvault_keyring_fail(outcome, CVAULT_KEYRING_FAILED, "no reason given");
    cvault_keyring_fail(outcome, failure(error), error->message);
    cvault_libsecret.g_error_free(error);
}

// MARK: - Calls over the bus

#define SERVICE "org.freedesktop.Secret.Service"
#define COLLECTION "org.freedesktop.Secret.Collection"
#define SECRETS "/org/freedesktop/secrets"

/// One call, which GDBus ends when its time is up. A floating reference to the arguments is taken.
static void *call(struct cvault_bus *bus, const char *peer, const char *object, const char *interface,
                  const char *method, void *arguments, const char *reply, int milliseconds,
                  struct cvault_keyring_outcome *outcome) {
    struct cvault_error *error = NULL;
    // No service is started for it: a keyring that comes back from a crash comes back locked.
    void *answer = cvault_libsecret.g_dbus_connection_call_sync(bus, peer, object, interface, method, arguments, reply,
                                                                CVAULT_G_DBUS_CALL_FLAGS_NO_AUTO_START, milliseconds,
                                                                NULL, &error);
    if (!answer) cvault_keyring_take_error(outcome, error);
    return answer;
}

static void *call_bus(struct cvault_bus *bus, const char *method, void *arguments, const char *reply, int milliseconds,
                      struct cvault_keyring_outcome *outcome) {
    return call(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", method, arguments, reply,
                milliseconds, outcome);
}

/// Takes the one text out of an answer, which it frees.
static char *take_text(void *answer, const char *format) {
    char *text = NULL, *copy = NULL;
    if (!answer) return NULL;
    cvault_libsecret.g_variant_get(answer, format, &text);
    if (text) copy = strdup(text);
    cvault_libsecret.g_free(text);
    cvault_libsecret.g_variant_unref(answer);
    return copy;
}

static void discard(void *answer) {
    if (answer) cvault_libsecret.g_variant_unref(answer);
}

int cvault_bus_is_closed(struct cvault_bus *bus) { return cvault_libsecret.g_dbus_connection_is_closed(bus); }
void cvault_bus_free(struct cvault_bus *bus) { cvault_libsecret.g_object_unref(bus); }

int64_t cvault_bus_user(struct cvault_bus *bus) {
    void *stream = cvault_libsecret.g_dbus_connection_get_stream(bus);
    size_t type = cvault_libsecret.g_socket_connection_get_type();
    if (!stream || !cvault_libsecret.g_type_check_instance_is_a(stream, type)) return -1;
    void *socket = cvault_libsecret.g_socket_connection_get_socket(stream);
    void *credentials = cvault_libsecret.g_socket_get_credentials(socket, NULL);
    if (!credentials) return -1;
    unsigned int user = cvault_libsecret.g_credentials_get_unix_user(credentials, NULL);
    cvault_libsecret.g_object_unref(credentials);
    return user == (unsigned int)-1 ? -1 : (int64_t)user;
}

uint32_t cvault_bus_user_of(struct cvault_bus *bus, const char *peer, int milliseconds,
                            struct cvault_keyring_outcome *outcome) {
    void *arguments = cvault_libsecret.g_variant_new("(s)", peer);
    void *answer = call_bus(bus, "GetConnectionUnixUser", arguments, "(u)", milliseconds, outcome);
    uint32_t user = UINT32_MAX;
    if (!answer) return user;
    cvault_libsecret.g_variant_get(answer, "(u)", &user);
    cvault_libsecret.g_variant_unref(answer);
    return user;
}

char *cvault_bus_owner(struct cvault_bus *bus, const char *name, int milliseconds,
                       struct cvault_keyring_outcome *outcome) {
    void *arguments = cvault_libsecret.g_variant_new("(s)", name);
    return take_text(call_bus(bus, "GetNameOwner", arguments, "(s)", milliseconds, outcome), "(s)");
}

void cvault_bus_start(struct cvault_bus *bus, const char *name, int milliseconds,
                      struct cvault_keyring_outcome *outcome) {
    void *arguments = cvault_libsecret.g_variant_new("(su)", name, (uint32_t)0);
    discard(call_bus(bus, "StartServiceByName", arguments, "(u)", milliseconds, outcome));
}

void cvault_bus_ping(struct cvault_bus *bus, const char *peer, int milliseconds,
                     struct cvault_keyring_outcome *outcome) {
    discard(call(bus, peer, "/", "org.freedesktop.DBus.Peer", "Ping", NULL, "()", milliseconds, outcome));
}

char *cvault_keyring_default_collection(struct cvault_bus *bus, const char *service, int milliseconds,
                                        struct cvault_keyring_outcome *outcome) {
    void *arguments = cvault_libsecret.g_variant_new("(s)", "default");
    return take_text(call(bus, service, SECRETS, SERVICE, "ReadAlias", arguments, "(o)", milliseconds, outcome), "(o)");
}

/// A property of this type, to be unreferenced.
static void *get_property(struct cvault_bus *bus, const char *service, const char *object, const char *interface,
                          const char *name, const char *type, int milliseconds,
                          struct cvault_keyring_outcome *outcome) {
    void *arguments = cvault_libsecret.g_variant_new("(ss)", interface, name);
    void *answer = call(bus, service, object, "org.freedesktop.DBus.Properties", "Get", arguments, "(v)",
                        milliseconds, outcome);
    if (!answer) return NULL;
    void *value = NULL;
    cvault_libsecret.g_variant_get(answer, "(v)", &value);
    cvault_libsecret.g_variant_unref(answer);
    if (cvault_libsecret.g_variant_is_of_type(value, type)) return value;
    cvault_keyring_fail(outcome, CVAULT_KEYRING_FAILED, "a property is of another type than it should be");
    cvault_libsecret.g_variant_unref(value);
    return NULL;
}

int cvault_keyring_is_locked(struct cvault_bus *bus, const char *service, const char *object, int is_item,
                             int milliseconds, struct cvault_keyring_outcome *outcome) {
    const char *interface = is_item ? "org.freedesktop.Secret.Item" : COLLECTION;
    void *value = get_property(bus, service, object, interface, "Locked", "b", milliseconds, outcome);
    if (!value) return 0;
    int is_locked = 0;
    cvault_libsecret.g_variant_get(value, "b", &is_locked);
    cvault_libsecret.g_variant_unref(value);
    return is_locked;
}

/// Takes the paths out of an answer, which it frees: one a line.
static char *take_paths(void *answer, const char *format, struct cvault_keyring_outcome *outcome) {
    if (!answer) return NULL;
    char **paths = NULL;
    cvault_libsecret.g_variant_get(answer, format, &paths);
    size_t length = 1;
    for (char **path = paths; *path; path++) length += strlen(*path) + 1;
    char *text = calloc(1, length), *end = text;
    if (!text) cvault_keyring_fail(outcome, CVAULT_KEYRING_FAILED, "out of memory");
    for (char **path = paths; text && *path; path++) {
        end = stpcpy(end, *path);
        *end++ = '\n';
    }
    if (text) *end = 0;
    cvault_libsecret.g_strfreev(paths);
    cvault_libsecret.g_variant_unref(answer);
    return text;
}

char *cvault_keyring_collections(struct cvault_bus *bus, const char *service, int milliseconds,
                                 struct cvault_keyring_outcome *outcome) {
    return take_paths(get_property(bus, service, SECRETS, SERVICE, "Collections", "ao", milliseconds, outcome), "^ao",
                      outcome);
}

char *cvault_keyring_search(struct cvault_bus *bus, const char *service, const char *collection, const char *vault,
                            const char *slot, int milliseconds, struct cvault_keyring_outcome *outcome) {
    void *arguments = cvault_libsecret.g_variant_new_parsed("({'vault': %s, 'slot': %s},)", vault, slot);
    void *answer = call(bus, service, collection, COLLECTION, "SearchItems", arguments, "(ao)", milliseconds, outcome);
    return take_paths(answer, "(^ao)", outcome);
}

char *cvault_keyring_unlock(struct cvault_bus *bus, const char *service, const char *object, int milliseconds,
                            struct cvault_keyring_outcome *outcome) {
    void *arguments = cvault_libsecret.g_variant_new_parsed("([%o],)", object);
    void *answer = call(bus, service, SECRETS, SERVICE, "Unlock", arguments, "(aoo)", milliseconds, outcome);
    char *prompt = NULL, *copy = NULL, **unlocked = NULL;
    if (!answer) return NULL;
    cvault_libsecret.g_variant_get(answer, "(^aoo)", &unlocked, &prompt);
    if (prompt) copy = strdup(prompt);
    cvault_libsecret.g_strfreev(unlocked);
    cvault_libsecret.g_free(prompt);
    cvault_libsecret.g_variant_unref(answer);
    return copy;
}

char *cvault_keyring_delete(struct cvault_bus *bus, const char *service, const char *item, int milliseconds,
                            struct cvault_keyring_outcome *outcome) {
    return take_text(
        call(bus, service, item, "org.freedesktop.Secret.Item", "Delete", NULL, "(o)", milliseconds, outcome), "(o)");
}

// MARK: - Dialogs

struct cvault_prompt {
    struct cvault_bus *bus;
    void *context;
    unsigned int subscription;
    int ending;
};

static void on_completed(void *connection, const char *sender, const char *object, const char *interface,
                         const char *signal, void *parameters, void *data) {
    (void)connection, (void)sender, (void)object, (void)interface, (void)signal;
    struct cvault_prompt *prompt = data;
    int is_dismissed = 1;
    void *result = NULL;
    if (cvault_libsecret.g_variant_is_of_type(parameters, "(bv)")) {
        cvault_libsecret.g_variant_get(parameters, "(bv)", &is_dismissed, &result);
        cvault_libsecret.g_variant_unref(result);
    }
    prompt->ending = is_dismissed ? -1 : 1;
}

struct cvault_prompt *cvault_prompt_show(struct cvault_bus *bus, const char *service, const char *path,
                                         int milliseconds, struct cvault_keyring_outcome *outcome) {
    struct cvault_prompt *prompt = calloc(1, sizeof *prompt);
    if (!prompt) {
        cvault_keyring_fail(outcome, CVAULT_KEYRING_FAILED, "out of memory");
        return NULL;
    }
    prompt->bus = cvault_libsecret.g_object_ref(bus);
    prompt->context = cvault_libsecret.g_main_context_new();
    // Signals come to the context that is the thread's when they are subscribed to.
    cvault_libsecret.g_main_context_push_thread_default(prompt->context);
    prompt->subscription = cvault_libsecret.g_dbus_connection_signal_subscribe(
        bus, service, "org.freedesktop.Secret.Prompt", "Completed", path, NULL, CVAULT_G_DBUS_SIGNAL_FLAGS_NONE,
        on_completed, prompt, NULL);
    cvault_libsecret.g_main_context_pop_thread_default(prompt->context);
    void *arguments = cvault_libsecret.g_variant_new("(s)", "");
    void *answer = call(bus, service, path, "org.freedesktop.Secret.Prompt", "Prompt", arguments, "()", milliseconds,
                        outcome);
    discard(answer);
    if (answer) return prompt;
    cvault_prompt_free(prompt);
    return NULL;
}

int cvault_prompt_wait(struct cvault_prompt *prompt, int milliseconds) {
    for (int waited = 0;; waited += 20) {
        while (!prompt->ending && cvault_libsecret.g_main_context_iteration(prompt->context, 0)) {}
        if (prompt->ending || waited >= milliseconds) return prompt->ending;
        usleep(20 * 1000);
    }
}

void cvault_prompt_free(struct cvault_prompt *prompt) {
    cvault_libsecret.g_dbus_connection_signal_unsubscribe(prompt->bus, prompt->subscription);
    // What GDBus still has to say of the subscription it says here, and not to freed memory.
    while (cvault_libsecret.g_main_context_iteration(prompt->context, 0)) {}
    cvault_libsecret.g_main_context_unref(prompt->context);
    cvault_libsecret.g_object_unref(prompt->bus);
    free(prompt);
}
