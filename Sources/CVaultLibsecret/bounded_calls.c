#define _GNU_SOURCE
#include "library.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// Connecting, and libsecret's own calls, have no time-outs: a bus that takes the connection and never says hello back
// holds GDBus up for 25 s, a stopped keyring libsecret for 50. Each runs on a thread of its own. When its time is up it
// is cancelled; what isn't over a moment later is left to itself, with all that it works on.

struct job {
    pthread_mutex_t mutex;
    pthread_cond_t ended;
    int has_ended, is_abandoned;
    void *cancellable;
    void *(*work)(struct job *);
    /// Frees the result of an abandoned call.
    void (*free_result)(void *);
    void *result;
    struct cvault_keyring_outcome outcome;
    // Copies: the caller's may be gone before the thread is.
    struct cvault_bus *bus;
    char *service, *item, *vault, *slot, *collection, *label;
    void *value;
    /// libsecret's service, with its session.
    void *session;
};

static struct job *new_job(void *(*work)(struct job *), void (*free_result)(void *), struct cvault_bus *bus) {
    struct job *job = calloc(1, sizeof *job);
    if (!job) return NULL;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&job->ended, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&job->mutex, NULL);
    job->cancellable = cvault_libsecret.g_cancellable_new();
    job->work = work;
    job->free_result = free_result;
    if (bus) job->bus = cvault_libsecret.g_object_ref(bus);
    return job;
}

static void free_job(struct job *job) {
    if (job->bus) cvault_libsecret.g_object_unref(job->bus);
    if (job->value) cvault_libsecret.secret_value_unref(job->value);
    if (job->session) cvault_libsecret.g_object_unref(job->session);
    cvault_libsecret.g_object_unref(job->cancellable);
    char *texts[] = { job->service, job->item, job->vault, job->slot, job->collection, job->label };
    for (size_t index = 0; index < sizeof texts / sizeof *texts; index++) free(texts[index]);
    pthread_cond_destroy(&job->ended);
    pthread_mutex_destroy(&job->mutex);
    free(job);
}

static void *run(void *argument) {
    struct job *job = argument;
    void *result = job->work(job);
    pthread_mutex_lock(&job->mutex);
    job->result = result;
    job->has_ended = 1;
    int is_abandoned = job->is_abandoned;
    pthread_cond_signal(&job->ended);
    pthread_mutex_unlock(&job->mutex);
    if (!is_abandoned) return NULL;
    if (result && job->free_result) job->free_result(result);
    free_job(job);
    return NULL;
}

/// With the mutex held: whether the job has ended within this time.
static int wait_for(struct job *job, int milliseconds) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += milliseconds / 1000;
    until.tv_nsec += milliseconds % 1000 * 1000000L;
    if (until.tv_nsec >= 1000000000L) until.tv_sec++, until.tv_nsec -= 1000000000L;
    while (!job->has_ended && pthread_cond_timedwait(&job->ended, &job->mutex, &until) == 0) {}
    return job->has_ended;
}

/// Starts the job on a thread of its own; frees it where there is none to be had.
static int start(struct job *job, struct cvault_keyring_outcome *outcome) {
    if (!job) {
        cvault_keyring_fail(outcome, CVAULT_KEYRING_FAILED, "out of memory");
        return 0;
    }
    // Signals are for the threads of the program, which may have something to put right at a terminal.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    int failure = pthread_create(&thread, NULL, run, job);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure) {
        cvault_keyring_fail(outcome, CVAULT_KEYRING_FAILED, strerror(failure));
        free_job(job);
        return 0;
    }
    pthread_detach(thread);
    return 1;
}

/// Lets the job go on for its time; one that still runs is cancelled then.
/// Whether it has ended; one that hasn't is abandoned, and frees itself.
static int wait_or_abandon(struct job *job, int milliseconds, struct cvault_keyring_outcome *outcome) {
    pthread_mutex_lock(&job->mutex);
    int has_ended = wait_for(job, milliseconds);
    if (!has_ended) {
        pthread_mutex_unlock(&job->mutex);
        cvault_libsecret.g_cancellable_cancel(job->cancellable);
        pthread_mutex_lock(&job->mutex);
        has_ended = wait_for(job, 500);
    }
    if (!has_ended) {
        job->is_abandoned = 1;
        cvault_keyring_fail(outcome, CVAULT_KEYRING_TIMED_OUT, "");
    }
    pthread_mutex_unlock(&job->mutex);
    if (has_ended && job->outcome.failure) *outcome = job->outcome;
    return has_ended;
}

/// Runs the job to its end, or for its time, and frees it.
static void *perform(struct job *job, int milliseconds, struct cvault_keyring_outcome *outcome) {
    if (!start(job, outcome) || !wait_or_abandon(job, milliseconds, outcome)) return NULL;
    void *result = job->result;
    free_job(job);
    return result;
}

// MARK: - The bus

static void *connect_to_bus(struct job *job) {
    struct cvault_error *error = NULL;
    void *connection =
        cvault_libsecret.g_bus_get_sync(CVAULT_G_BUS_TYPE_SESSION, job->cancellable, &error);
    if (!connection) {
        cvault_keyring_take_error(&job->outcome, error);
        return NULL;
    }
    // Otherwise GDBus kills the process by SIGTERM when the bus ends.
    cvault_libsecret.g_dbus_connection_set_exit_on_close(connection, 0);
    return connection;
}

struct cvault_bus *cvault_bus_connect(int milliseconds, struct cvault_keyring_outcome *outcome) {
    return perform(new_job(connect_to_bus, cvault_libsecret.g_object_unref, NULL), milliseconds, outcome);
}

// MARK: - libsecret

// A locked gnome-keyring keeps hashes of attributes, and xdg:schema doesn't match then.
static const struct cvault_schema schema = {
    .name = "org.isogeo.vault.key",
    .flags = CVAULT_SECRET_SCHEMA_DONT_MATCH_NAME,
    .attributes = {
        { "vault", CVAULT_SECRET_SCHEMA_ATTRIBUTE_STRING },
        { "slot", CVAULT_SECRET_SCHEMA_ATTRIBUTE_STRING },
    },
};

/// Whether libsecret's service speaks to that one process, by its unique name.
static int is_at(void *service, const char *peer) {
    char *owner = cvault_libsecret.g_dbus_proxy_get_name_owner(service);
    int is = owner && strcmp(owner, peer) == 0;
    cvault_libsecret.g_free(owner);
    return is;
}

/// libsecret's service, with a session at that one process: what another one gets that takes its name, that one can't
/// decrypt.
///
/// libsecret 0.20 leaves the name that it is given aside, and asks the process that is org.freedesktop.secrets by then.
/// So whom the proxy has found is compared, and it finds no other one afterwards: it would hear of that in the context
/// of this thread when it was made, where nothing is ever read. The session goes to the process that the proxy has
/// found.
///
/// It is asked for explicitly: libsecret's secret_password functions go to another place where SECRET_BACKEND says so.
/// With a service that can't agree on a key libsecret goes on without one: the secret would lie in GDBus' own memory,
/// and every monitor of the bus would read it. So the one algorithm that encrypts must have been agreed on by name, as
/// the Secret Service's specification has it; no other word will do.
static void *open_service(struct job *job) {
    struct cvault_error *error = NULL;
    void *context = cvault_libsecret.g_main_context_new();
    cvault_libsecret.g_main_context_push_thread_default(context);
    void *service =
        cvault_libsecret.secret_service_open_sync(cvault_libsecret.secret_service_get_type(), job->service,
                                                  CVAULT_SECRET_SERVICE_NONE, job->cancellable, &error);
    cvault_libsecret.g_main_context_pop_thread_default(context);
    cvault_libsecret.g_main_context_unref(context);
    if (!service) {
        cvault_keyring_take_error(&job->outcome, error);
        return NULL;
    }
    if (!is_at(service, job->service)) {
        cvault_keyring_fail(&job->outcome, CVAULT_KEYRING_VANISHED, "");
        cvault_libsecret.g_object_unref(service);
        return NULL;
    }
    if (!cvault_libsecret.secret_service_ensure_session_sync(service, job->cancellable, &error)) {
        cvault_keyring_take_error(&job->outcome, error);
        cvault_libsecret.g_object_unref(service);
        return NULL;
    }
    const char *algorithms = cvault_libsecret.secret_service_get_session_algorithms(service);
    if (!algorithms || strcmp(algorithms, "dh-ietf1024-sha256-aes128-cbc-pkcs7") != 0) {
        cvault_keyring_fail(&job->outcome, CVAULT_KEYRING_CLEAR_BUS, "");
        cvault_libsecret.g_object_unref(service);
        return NULL;
    }
    return service;
}

static void *attributes_of(struct job *job) {
    void *attributes = cvault_libsecret.g_hash_table_new(cvault_libsecret.g_str_hash, cvault_libsecret.g_str_equal);
    cvault_libsecret.g_hash_table_insert(attributes, (void *)"vault", job->vault);
    cvault_libsecret.g_hash_table_insert(attributes, (void *)"slot", job->slot);
    return attributes;
}

struct cvault_session {
    /// Opens the service; NULL once it has ended.
    struct job *opening;
    /// libsecret's service, once it is open.
    void *service;
    /// Why it isn't, once that is known.
    struct cvault_keyring_outcome outcome;
};

struct cvault_session *cvault_session_begin(struct cvault_bus *bus, const char *service) {
    struct cvault_session *session = calloc(1, sizeof *session);
    if (!session) return NULL;
    struct job *job = new_job(open_service, cvault_libsecret.g_object_unref, bus);
    if (job) job->service = strdup(service);
    if (start(job, &session->outcome)) session->opening = job;
    return session;
}

/// The service, for which it waits so long; NULL where there is none, then or ever.
static void *service_of(struct cvault_session *session, int milliseconds, struct cvault_keyring_outcome *outcome) {
    struct job *job = session->opening;
    session->opening = NULL;
    if (job && wait_or_abandon(job, milliseconds, &session->outcome)) {
        session->service = job->result;
        free_job(job);
    }
    if (!session->service) {
        *outcome = session->outcome;
        // Of the service, and not of the item that is asked for.
        if (outcome->failure == CVAULT_KEYRING_NO_OBJECT) outcome->failure = CVAULT_KEYRING_FAILED;
    }
    return session->service;
}

int cvault_session_has_failed(struct cvault_session *session) {
    struct job *job = session->opening;
    if (!job) return !session->service;
    pthread_mutex_lock(&job->mutex);
    int has_failed = job->has_ended && !job->result;
    pthread_mutex_unlock(&job->mutex);
    return has_failed;
}

void cvault_session_end(struct cvault_session *session) {
    struct job *job = session->opening;
    int is_over = 0;
    if (job) {
        // It isn't cancelled, which loses libsecret 0.20 a descriptor now and then: GDBus ends each of its calls by
        // itself.
        pthread_mutex_lock(&job->mutex);
        is_over = job->has_ended;
        job->is_abandoned = 1;
        pthread_mutex_unlock(&job->mutex);
    }
    if (is_over) {
        session->service = job->result;
        free_job(job);
    }
    if (session->service) cvault_libsecret.g_object_unref(session->service);
    free(session);
}

static void *look_up(struct job *job) {
    struct cvault_error *error = NULL;
    void *value = cvault_libsecret.secret_service_get_secret_for_dbus_path_sync(job->session, job->item,
                                                                                job->cancellable, &error);
    if (error) cvault_keyring_take_error(&job->outcome, error);
    return value;
}

static void *store(struct job *job) {
    struct cvault_error *error = NULL;
    void *attributes = attributes_of(job);
    int is_stored = cvault_libsecret.secret_service_store_sync(job->session, &schema, attributes, job->collection,
                                                               job->label, job->value, job->cancellable, &error);
    if (!is_stored) cvault_keyring_take_error(&job->outcome, error);
    cvault_libsecret.g_hash_table_unref(attributes);
    return NULL;
}

/// A job in a session, once that has begun: what of the time is left is the job's.
static struct job *new_job_in(struct cvault_session *session, void *(*work)(struct job *),
                              void (*free_result)(void *), int *milliseconds,
                              struct cvault_keyring_outcome *outcome) {
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    void *service = service_of(session, *milliseconds, outcome);
    if (!service) return NULL;
    clock_gettime(CLOCK_MONOTONIC, &after);
    long waited = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
    *milliseconds = waited < *milliseconds ? *milliseconds - (int)waited : 0;
    struct job *job = new_job(work, free_result, NULL);
    if (job) job->session = cvault_libsecret.g_object_ref(service);
    else cvault_keyring_fail(outcome, CVAULT_KEYRING_FAILED, "out of memory");
    return job;
}

struct cvault_secret *cvault_keyring_lookup(struct cvault_session *session, const char *item, int milliseconds,
                                            struct cvault_keyring_outcome *outcome) {
    struct job *job =
        new_job_in(session, look_up, cvault_libsecret.secret_value_unref, &milliseconds, outcome);
    if (!job) return NULL;
    job->item = strdup(item);
    return perform(job, milliseconds, outcome);
}

void cvault_keyring_store(struct cvault_session *session, const char *vault, const char *slot, const char *collection,
                          const char *label, const void *secret, size_t count, int milliseconds,
                          struct cvault_keyring_outcome *outcome) {
    struct job *job = new_job_in(session, store, NULL, &milliseconds, outcome);
    if (job) {
        job->vault = strdup(vault);
        job->slot = strdup(slot);
        job->collection = strdup(collection);
        job->label = strdup(label);
        // libsecret copies it into locked memory.
        job->value = cvault_libsecret.secret_value_new(secret, (ptrdiff_t)count, "text/plain");
        perform(job, milliseconds, outcome);
    }
}

const void *cvault_secret_bytes(struct cvault_secret *secret, size_t *count) {
    return cvault_libsecret.secret_value_get(secret, count);
}

void cvault_secret_free(struct cvault_secret *secret) { cvault_libsecret.secret_value_unref(secret); }
