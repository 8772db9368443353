/* The part of the C library that the code of wit-bindgen asks for; libc.c has it. */
#pragma once

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t length);
void *memset(void *to, int byte, size_t length);
size_t strlen(const char *text);
