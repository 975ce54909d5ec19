#define _GNU_SOURCE
#include "CVaultSecretStack.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

// As much as a thread of Windows has by default, and twice one of macOS. The part that requests and files were seen to
// need is locked (RLIMIT_MEMLOCK is 8 MiB mostly), in as many stacks as leave room for the secrets themselves.
enum { stack_size = 1 << 20, locked_size = 128 << 10, locked_stacks = 16, largest_part_of_limit = 4 };

struct stack {
    char *low;   // its lowest byte
    char *top;   // the byte behind its highest
    char *used;  // the lowest page that was ever touched
    int is_locked;
};

static _Thread_local struct stack *current;
static atomic_int locked;

// MARK: - What C has no words for

// cvault_call_on_stack(body, argument, top): calls body(argument) with the stack pointer at `top`. The frame pointer
// finds the way back, for debuggers as well.
//
// cvault_wipe_below(low, vectors): zeroes the registers that a caller may not rely on, and then all bytes from `low` to
// the stack pointer. `vectors` says which registers there are: 0 of 128 bits, 1 of 256, 2 of 512. The registers come
// first: a signal in the middle would write them where it was wiped already.
void cvault_call_on_stack(void (*body)(void *), void *argument, void *top);
void cvault_wipe_below(void *low, int vectors);

#if defined(__x86_64__)
__asm__(".text\n"
        ".type cvault_call_on_stack, @function\n"
        "cvault_call_on_stack:\n"
        "  .cfi_startproc\n"
        "  endbr64\n"
        "  pushq %rbp\n"
        "  .cfi_def_cfa_offset 16\n"
        "  .cfi_offset %rbp, -16\n"
        "  movq %rsp, %rbp\n"
        "  .cfi_def_cfa_register %rbp\n"
        "  movq %rdx, %rsp\n"
        "  movq %rdi, %rax\n"
        "  movq %rsi, %rdi\n"
        "  callq *%rax\n"
        "  movq %rbp, %rsp\n"
        "  popq %rbp\n"
        "  .cfi_def_cfa %rsp, 8\n"
        "  retq\n"
        "  .cfi_endproc\n"
        ".size cvault_call_on_stack, .-cvault_call_on_stack\n"

        ".type cvault_wipe_below, @function\n"
        "cvault_wipe_below:\n"
        "  .cfi_startproc\n"
        "  endbr64\n"
        "  cmpl $2, %esi\n"
        "  jb 1f\n"
        "  .irp number, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
        "  vpxord %zmm\\number, %zmm\\number, %zmm\\number\n"
        "  .endr\n"
        "1: testl %esi, %esi\n"
        "  jz 2f\n"
        "  vzeroall\n"
        "  jmp 3f\n"
        "2: .irp number, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
        "  pxor %xmm\\number, %xmm\\number\n"
        "  .endr\n"
        "3: leaq 64(%rdi), %rax\n"
        "  cmpq %rsp, %rax\n"
        "  ja 4f\n"
        "  movaps %xmm0, (%rdi)\n"
        "  movaps %xmm0, 16(%rdi)\n"
        "  movaps %xmm0, 32(%rdi)\n"
        "  movaps %xmm0, 48(%rdi)\n"
        "  movq %rax, %rdi\n"
        "  jmp 3b\n"
        "4: cmpq %rsp, %rdi\n"
        "  jae 5f\n"
        "  movq $0, (%rdi)\n"
        "  addq $8, %rdi\n"
        "  jmp 4b\n"
        "5: xorl %eax, %eax\n"
        "  xorl %ecx, %ecx\n"
        "  xorl %edx, %edx\n"
        "  xorl %esi, %esi\n"
        "  xorl %edi, %edi\n"
        "  xorl %r8d, %r8d\n"
        "  xorl %r9d, %r9d\n"
        "  xorl %r10d, %r10d\n"
        "  xorl %r11d, %r11d\n"
        "  retq\n"
        "  .cfi_endproc\n"
        ".size cvault_wipe_below, .-cvault_wipe_below\n");

// Whether the kernel saves them, too, which the compiler's function considers.
static int vectors(void) { return __builtin_cpu_supports("avx512f") ? 2 : __builtin_cpu_supports("avx") ? 1 : 0; }

#elif defined(__aarch64__)
__asm__(".text\n"
        ".type cvault_call_on_stack, %function\n"
        "cvault_call_on_stack:\n"
        "  .cfi_startproc\n"
        "  stp x29, x30, [sp, #-16]!\n"
        "  .cfi_def_cfa_offset 16\n"
        "  .cfi_offset x29, -16\n"
        "  .cfi_offset x30, -8\n"
        "  mov x29, sp\n"
        "  .cfi_def_cfa_register x29\n"
        "  mov sp, x2\n"
        "  mov x9, x0\n"
        "  mov x0, x1\n"
        "  blr x9\n"
        "  mov sp, x29\n"
        "  ldp x29, x30, [sp], #16\n"
        "  .cfi_def_cfa sp, 0\n"
        "  ret\n"
        "  .cfi_endproc\n"
        ".size cvault_call_on_stack, .-cvault_call_on_stack\n"

        // Of v8 to v15 the lower halves are the caller's to rely on.
        ".type cvault_wipe_below, %function\n"
        "cvault_wipe_below:\n"
        "  .cfi_startproc\n"
        "  .irp number, 0,1,2,3,4,5,6,7,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
        "  movi v\\number\\().2d, #0\n"
        "  .endr\n"
        "  .irp number, 8,9,10,11,12,13,14,15\n"
        "  mov v\\number\\().d[1], xzr\n"
        "  .endr\n"
        "  mov x9, sp\n"
        "1: cmp x0, x9\n"
        "  b.hs 2f\n"
        "  stp xzr, xzr, [x0], #16\n"
        "  b 1b\n"
        "2: .irp number, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17\n"
        "  mov x\\number, xzr\n"
        "  .endr\n"
        "  ret\n"
        "  .cfi_endproc\n"
        ".size cvault_wipe_below, .-cvault_wipe_below\n");

static int vectors(void) { return 0; }

#else
#error "isogeo-vault is for x86_64 and aarch64"
#endif

// MARK: - Stacks

static size_t page_size(void) { return (size_t)sysconf(_SC_PAGESIZE); }

/// Whether one more may be locked.
static int has_room(int count) {
    struct rlimit limit;
    if (count >= locked_stacks || getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return 0;
    return limit.rlim_cur / largest_part_of_limit >= (rlim_t)(count + 1) * locked_size;
}

static int make(struct stack *stack) {
    size_t page = page_size();
    // Between two pages that nothing may touch.
    char *start = mmap(NULL, stack_size + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (start == MAP_FAILED) return 0;
    stack->low = start + page;
    stack->top = stack->used = stack->low + stack_size;
    if (mprotect(stack->low, stack_size, PROT_READ | PROT_WRITE) != 0) {
        munmap(start, stack_size + 2 * page);
        return 0;
    }
    // MADV_WIPEONFORK isn't for a stack: a child of fork(2) goes on with it.
    madvise(stack->low, stack_size, MADV_DONTDUMP);
    madvise(stack->low, stack_size, MADV_NOHUGEPAGE);
    stack->is_locked = has_room(atomic_fetch_add(&locked, 1)) &&
                       mlock2(stack->top - locked_size, locked_size, MLOCK_ONFAULT) == 0;
    if (!stack->is_locked) atomic_fetch_sub(&locked, 1);
    return 1;
}

static void unmake(struct stack *stack) {
    size_t page = page_size();
    munmap(stack->low - page, stack_size + 2 * page);
    if (stack->is_locked) atomic_fetch_sub(&locked, 1);
}

/// Pages that were touched below those that are known: mincore(2) tells them, so that the rest stays untouched. A call,
/// so that its frame is gone when the stack is wiped.
static __attribute__((noinline)) void find_used(struct stack *stack) {
    size_t page = page_size();
    unsigned char is_there[stack_size / 4096];
    int before = errno;
    int found = mincore(stack->low, (size_t)(stack->used - stack->low), is_there) == 0;
    errno = before;
    if (!found) stack->used = stack->low;
    for (char *at = stack->low; at < stack->used; at += page) {
        if (!(is_there[(size_t)(at - stack->low) / page] & 1)) continue;
        stack->used = at;
        return;
    }
}

void cvault_wipe_secret_stack(void) {
    // On another one nothing lies between this and the stack pointer: the registers alone.
    void *low = __builtin_frame_address(0);
    if (current) {
        if (current->used > current->low) find_used(current);
        low = current->used;
    }
    cvault_wipe_below(low, vectors());
}

struct call {
    void (*body)(void *);
    void *argument;
};

static void perform(void *argument) {
    struct call *call = argument;
    call->body(call->argument);
    cvault_wipe_secret_stack();
}

void cvault_on_secret_stack(void (*body)(void *), void *argument) {
    struct stack stack;
    struct call call = { body, argument };
    if (current || !make(&stack)) return perform(&call);
    current = &stack;
    cvault_call_on_stack(perform, &call, stack.top);
    current = NULL;
    unmake(&stack);
}

size_t cvault_secret_stack(void **start) {
    if (!current) return 0;
    *start = current->low;
    return stack_size;
}
