#include "arena.h"

#include <stdint.h>
#include <stdlib.h>

/* The chunk that is kept. A frame that needs more gets chunks of its own, freed at the next reset. */
#define KEPT_CHUNK_BYTES ((size_t)64 * 1024)
#define ALIGNMENT ((size_t)16)

struct chunk {
    struct chunk *next;
    size_t size;
    _Alignas(16) unsigned char bytes[];
};

struct ts_arena {
    struct chunk *first; /* the newest; the kept one is the last of the list */
    size_t used;         /* of `first` */
    size_t taken;        /* since the last reset */
    size_t limit;        /* of `taken` */
    ProtobufCAllocator allocator;
};

static struct chunk *new_chunk(size_t size) {
    if (size > SIZE_MAX - sizeof(struct chunk)) return NULL;
    struct chunk *chunk = malloc(sizeof(struct chunk) + size);
    if (chunk == NULL) return NULL;
    chunk->next = NULL;
    chunk->size = size;
    return chunk;
}

static void *allocate(void *arena, size_t size) { return ts_arena_take(arena, size); }

static void release(void *arena, void *pointer) {
    (void)arena;
    (void)pointer;
}

ts_arena *ts_arena_new(size_t limit) {
    ts_arena *arena = malloc(sizeof *arena);
    if (arena == NULL) return NULL;
    arena->first = new_chunk(KEPT_CHUNK_BYTES);
    if (arena->first == NULL) {
        free(arena);
        return NULL;
    }
    arena->used = 0;
    arena->taken = 0;
    arena->limit = limit;
    arena->allocator = (ProtobufCAllocator){.alloc = allocate, .free = release, .allocator_data = arena};
    return arena;
}

void ts_arena_free(ts_arena *arena) {
    if (arena == NULL) return;
    ts_arena_reset(arena);
    free(arena->first);
    free(arena);
}

void *ts_arena_take(ts_arena *arena, size_t size) {
    if (size > SIZE_MAX - ALIGNMENT) return NULL;
    size = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    if (size > arena->limit - arena->taken) return NULL;
    if (size > arena->first->size - arena->used) {
        struct chunk *chunk = new_chunk(size > KEPT_CHUNK_BYTES ? size : KEPT_CHUNK_BYTES);
        if (chunk == NULL) return NULL;
        chunk->next = arena->first;
        arena->first = chunk;
        arena->used = 0;
    }
    void *memory = arena->first->bytes + arena->used;
    arena->used += size;
    arena->taken += size;
    return memory;
}

void ts_arena_reset(ts_arena *arena) {
    while (arena->first->next != NULL) {
        struct chunk *chunk = arena->first;
        arena->first = chunk->next;
        free(chunk);
    }
    arena->used = 0;
    arena->taken = 0;
}

ProtobufCAllocator *ts_arena_allocator(ts_arena *arena) { return &arena->allocator; }
