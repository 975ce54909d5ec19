#define _GNU_SOURCE
#include "CVaultHiddenMemory.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

// Not in the headers of every system that has a kernel with it; the number is the same everywhere.
#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

// The kernel needs some 15 µs for a page that it takes out of its map, more than libsodium for a mapping: pages are
// kept and used again. A token takes 19 secrets one after the other, 9 at one time.
enum { slots = 64 };

// Page 2n + 1 is slot n; those between can't be touched.
static struct {
    char *start;
    uint64_t is_free, was_opened;
    int is_unavailable;
} arena;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static size_t page_size(void) { return (size_t)sysconf(_SC_PAGESIZE); }

static size_t whole_pages(size_t count) { return (count + page_size() - 1) / page_size() * page_size(); }

/// Pages that can't be touched yet.
static char *map(size_t size) {
    int file = (int)syscall(SYS_memfd_secret, O_CLOEXEC);
    if (file < 0) return NULL;
    char *start = ftruncate(file, (off_t)size) == 0 ? mmap(NULL, size, PROT_NONE, MAP_SHARED, file, 0) : MAP_FAILED;
    close(file);
    if (start == MAP_FAILED) return NULL;
    if (madvise(start, size, MADV_DONTFORK) == 0) return start;
    munmap(start, size);
    return NULL;
}

static void begin_in_child(void) {
    memset(&arena, 0, sizeof arena);
    pthread_mutex_init(&mutex, NULL);
}

static void open_arena(void) {
    static int is_watching;
    if (arena.start || arena.is_unavailable) return;
    // Refused by the kernel (ENOSYS), by a sandbox (EPERM) or for want of RLIMIT_MEMLOCK (EAGAIN): once is enough.
    arena.start = map((2 * slots + 1) * page_size());
    arena.is_unavailable = !arena.start;
    arena.is_free = ~0ull;
    if (arena.start && !is_watching) is_watching = pthread_atfork(NULL, NULL, begin_in_child) == 0;
}

static char *page_of(int slot) { return arena.start + (size_t)(2 * slot + 1) * page_size(); }

static char *take_slot(void) {
    if (arena.is_free == 0) return NULL;
    int slot = __builtin_ctzll(arena.is_free);
    uint64_t bit = 1ull << slot;
    if (!(arena.was_opened & bit) && mprotect(page_of(slot), page_size(), PROT_READ | PROT_WRITE) != 0) return NULL;
    arena.was_opened |= bit;
    arena.is_free &= ~bit;
    return page_of(slot);
}

/// A mapping for these bytes alone, between two pages that can't be touched.
static char *map_alone(size_t size) {
    char *start = map(size + 2 * page_size());
    if (!start) return NULL;
    if (mprotect(start + page_size(), size, PROT_READ | PROT_WRITE) == 0) return start + page_size();
    munmap(start, size + 2 * page_size());
    return NULL;
}

void *cvault_hidden_memory(size_t count) {
    int before = errno;
    if (count == 0) count = 1;
    if (count > SIZE_MAX / 2) return NULL;
    size_t size = whole_pages(count);
    pthread_mutex_lock(&mutex);
    open_arena();
    char *pages = arena.start && size == page_size() ? take_slot() : NULL;
    int is_unavailable = arena.is_unavailable;
    pthread_mutex_unlock(&mutex);
    if (!pages && !is_unavailable) pages = map_alone(size);
    errno = before;
    return pages ? pages + size - count : NULL;
}

void cvault_hidden_memory_free(void *bytes, size_t count) {
    int before = errno;
    if (count == 0) count = 1;
    size_t size = whole_pages(count);
    char *pages = (char *)bytes + count - size;
    explicit_bzero(pages, size);
    pthread_mutex_lock(&mutex);
    size_t offset = (size_t)(pages - arena.start) / page_size();
    int is_slot = arena.start && pages >= arena.start && offset < 2 * slots + 1;
    if (is_slot) arena.is_free |= 1ull << (offset / 2);
    pthread_mutex_unlock(&mutex);
    if (!is_slot) munmap(pages - page_size(), size + 2 * page_size());
    errno = before;
}
