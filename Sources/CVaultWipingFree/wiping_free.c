#define _GNU_SOURCE
#include "CVaultWipingFree.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

// What curl, OpenSSL, GLib and Swift free in this process may have held the Basic header. glibc keeps a freed chunk's
// contents (M_PERTURB leaves out the thread caches), so that each is wiped here before glibc has it back.
extern void __libc_free(void *);

int cvault_wiping_free_is_linked(void) { return 1; }

void free(void *block) {
    if (!block) return;
    explicit_bzero(block, malloc_usable_size(block));
    __libc_free(block);
}

// glibc's own realloc may move a block and leave the old place as it was.
void *realloc(void *block, size_t size) {
    if (!block) return malloc(size);
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
