/* A bump allocator for messages: everything that one frame needs, given back at once.
 *
 * protobuf-c takes an allocator for unpacking; the Swift side takes memory from the same arena for the C structs
 * that it packs. One chunk is kept from frame to frame, so that in the steady state nothing is allocated. */
#ifndef TASK_SCHEDULER_ARENA_H
#define TASK_SCHEDULER_ARENA_H

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>

typedef struct ts_arena ts_arena;

/* Gives at most `limit` bytes from one reset to the next. NULL when memory is exhausted. */
ts_arena *ts_arena_new(size_t limit);
void ts_arena_free(ts_arena *arena);
/* Aligned to 16 bytes, not cleared; NULL at the limit, and when memory is exhausted. */
void *ts_arena_take(ts_arena *arena, size_t size);
/* Gives everything back; pointers taken before are invalid from here on. */
void ts_arena_reset(ts_arena *arena);
/* The arena as protobuf-c's allocator; lives as long as the arena. */
ProtobufCAllocator *ts_arena_allocator(ts_arena *arena);

#endif
