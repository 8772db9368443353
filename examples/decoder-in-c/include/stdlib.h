/* The part of the C library that the code of wit-bindgen asks for; libc.c has it. */
#pragma once

#include <stddef.h>

void *realloc(void *block, size_t size);
void free(void *block);
_Noreturn void abort(void);
