#define _GNU_SOURCE
#include "CVaultCurl.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// libcurl's allocator: what is freed is wiped first. Small blocks are malloc's, without a header of ours, so that a
// block from before or after the exchange of allocators may be freed by either. While an answer is awaited libcurl's
// send buffer holds the Basic header: blocks of its size live in pages that are locked and left out of core dumps.

#define LOCKED_BLOCK_MINIMUM ((size_t)16 * 1024)
#define LOCKED_BLOCKS 256

// A handful per request; beyond the table's end a block is malloc's.
static struct { void *start; size_t size; } locked[LOCKED_BLOCKS];
static size_t locked_count;
static pthread_mutex_t locked_mutex = PTHREAD_MUTEX_INITIALIZER;

static size_t page_size(void) { return (size_t)sysconf(_SC_PAGESIZE); }

/// The size of a locked block, taken out of the table if asked; 0 for any other block.
static size_t locked_size(void *block, int takes_out) {
    // Pages begin where pages begin, malloc's blocks seldom do: few others are looked up.
    if ((uintptr_t)block % page_size() != 0) return 0;
    size_t size = 0;
    pthread_mutex_lock(&locked_mutex);
    for (size_t index = 0; index < locked_count; index++) {
        if (locked[index].start != block) continue;
        size = locked[index].size;
        if (takes_out) locked[index] = locked[--locked_count];
        break;
    }
    pthread_mutex_unlock(&locked_mutex);
    return size;
}

static void *locked_malloc(size_t size) {
    size_t page = page_size();
    size_t whole = (size + page - 1) / page * page;
    if (whole < size) return NULL;
    void *block = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) return NULL;
    // Either may fail (RLIMIT_MEMLOCK); the block is wiped all the same.
    mlock(block, whole);
    madvise(block, whole, MADV_DONTDUMP);
    pthread_mutex_lock(&locked_mutex);
    int has_room = locked_count < LOCKED_BLOCKS;
    if (has_room) {
        locked[locked_count].start = block;
        locked[locked_count++].size = whole;
    }
    pthread_mutex_unlock(&locked_mutex);
    if (has_room) return block;
    munmap(block, whole);
    return NULL;
}

static size_t usable_size(void *block) {
    size_t size = locked_size(block, 0);
    return size ? size : malloc_usable_size(block);
}

void *cvault_wiping_malloc(size_t size) {
    void *block = size >= LOCKED_BLOCK_MINIMUM ? locked_malloc(size) : NULL;
    return block ? block : malloc(size);
}

void *cvault_wiping_calloc(size_t count, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) {
        errno = ENOMEM;
        return NULL;
    }
    void *block = cvault_wiping_malloc(total);
    if (block) memset(block, 0, total);
    return block;
}

void *cvault_wiping_realloc(void *block, size_t size) {
    if (!block) return cvault_wiping_malloc(size);
    size_t before = usable_size(block);
    if (size > 0 && size <= before && size >= before / 2) return block;
    // libcurl asks for no size of 0; C leaves open what that means, so that it gets a block.
    void *moved = cvault_wiping_malloc(size);
    if (!moved) return NULL;
    memcpy(moved, block, before < size ? before : size);
    cvault_wiping_free(block);
    return moved;
}

char *cvault_wiping_strdup(const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = cvault_wiping_malloc(size);
    return copy ? memcpy(copy, text, size) : NULL;
}

void cvault_wiping_free(void *block) {
    if (!block) return;
    // Out of the table before the pages go: another thread may be given the same address at once.
    size_t size = locked_size(block, 1);
    if (size) {
        explicit_bzero(block, size);
        munmap(block, size);
        return;
    }
    explicit_bzero(block, malloc_usable_size(block));
    free(block);
}
