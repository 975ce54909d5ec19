#define _GNU_SOURCE
#include "CVaultWipingFree.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

// What curl, OpenSSL, GLib and Swift free in this process may have held the Basic header. Allocators keep a freed
// block's contents (glibc's M_PERTURB leaves out the thread caches), so that each block is wiped here first.
//
// The executable's symbols come first in every look-up, so that each free(3) in the process arrives here; malloc(3) is
// whatever comes next: glibc's, or jemalloc's, tcmalloc's or a hardened allocator's where LD_PRELOAD has put one before
// it. The block goes back to that same one.

static struct {
    void (*free)(void *);
    int wipes;
} next;

enum { unknown, being_found, found };
static atomic_int state = unknown;

// The version of malloc and its like that programs ask for.
#if defined(__x86_64__)
#define VERSION "GLIBC_2.2.5"
#else
#define VERSION "GLIBC_2.17"
#endif

/// The object that a function lies in. `dladdr` would search all of libc's symbols for the nearest name, at each start.
static const void *object_of(void *function) {
    struct dl_find_object object;
    return function && _dl_find_object(function, &object) == 0 ? object.dlfo_map_start : NULL;
}

/// The function of this name in the allocator's object, else the one that comes next after ours. The loader bound our
/// `malloc` as it does every caller's; that takes a symbol of glibc's checking allocator which `dlsym` passes over, as
/// its version isn't the default, and other allocators' symbols have no version.
static void *next_function(const char *name) {
    const void *allocator = object_of((void *)malloc);
    void *versioned = dlvsym(RTLD_NEXT, name, VERSION), *any = dlsym(RTLD_NEXT, name);
    return allocator && object_of(versioned) == allocator ? versioned : any;
}

/// Finds the allocator. The first call comes before there is a second thread: from this executable's constructor, or
/// from the constructor of a library that was loaded before it.
__attribute__((constructor(101))) static void find_allocator(void) {
    if (atomic_load(&state) != unknown) return;
    atomic_store(&state, being_found);
    next.free = (void (*)(void *))next_function("free");
    // A library that replaces malloc and free alone (some tracers do) may put something of its own before each block:
    // another's malloc_usable_size would read that as the size, and we would wipe what belongs to others.
    const void *allocator = object_of((void *)malloc);
    next.wipes = allocator && object_of((void *)next.free) == allocator &&
                 object_of((void *)malloc_usable_size) == allocator;
    atomic_store(&state, found);
}

int cvault_wiping_free_wipes(void) {
    find_allocator();
    return next.wipes;
}

void free(void *block) {
    if (!block) return;
    find_allocator();
    // Freed by dlsym while it looks for the allocator: there is no allocator to give it to yet.
    if (atomic_load(&state) != found || !next.free) return;
    if (next.wipes) explicit_bzero(block, malloc_usable_size(block));
    next.free(block);
}

// The allocator's own realloc may move a block and leave the old place as it was.
void *realloc(void *block, size_t size) {
    static void *(*next_realloc)(void *, size_t);
    if (!block) return malloc(size);
    find_allocator();
    if (!next.wipes) {
        if (!next_realloc) next_realloc = (void *(*)(void *, size_t))next_function("realloc");
        return next_realloc ? next_realloc(block, size) : NULL;
    }
    if (size == 0) {
        free(block);
        return NULL;
    }
    size_t usable = malloc_usable_size(block);
    if (size <= usable && size >= usable / 2) return block;
    void *moved = malloc(size);
    if (!moved) return NULL;
    memcpy(moved, block, size < usable ? size : usable);
    free(block);
    return moved;
}
