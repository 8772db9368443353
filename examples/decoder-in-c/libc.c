/* The few functions of a C library that a decoder needs, so that it imports nothing. The host throws the whole memory away
   after a call, so nothing is ever freed. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 65536, ALIGNMENT = 16 };

/* Where the linker ends what it has laid out. */
extern unsigned char __heap_base;

static uintptr_t next;

/* The size of a block stands before it. */
void *realloc(void *block, size_t size) {
    if (next == 0) next = (uintptr_t)&__heap_base;
    uintptr_t begin = (next + sizeof(size_t) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    uintptr_t end = begin + size;
    uintptr_t have = (uintptr_t)__builtin_wasm_memory_size(0) * PAGE;
    if (end < begin) return NULL;
    if (end > have && __builtin_wasm_memory_grow(0, (end - have + PAGE - 1) / PAGE) == (size_t)-1) return NULL;
    ((size_t *)begin)[-1] = size;
    next = end;
    if (block) {
        size_t before = ((size_t *)block)[-1];
        memcpy((void *)begin, block, before < size ? before : size);
    }
    return (void *)begin;
}

void free(void *block) {
    (void)block;
}

void abort(void) {
    __builtin_trap();
}

void *memcpy(void *restrict to, const void *restrict from, size_t length) {
    for (size_t at = 0; at < length; at++) ((unsigned char *)to)[at] = ((const unsigned char *)from)[at];
    return to;
}

void *memset(void *to, int byte, size_t length) {
    for (size_t at = 0; at < length; at++) ((unsigned char *)to)[at] = (unsigned char)byte;
    return to;
}

size_t strlen(const char *text) {
    size_t length = 0;
    while (text[length]) length++;
    return length;
}
