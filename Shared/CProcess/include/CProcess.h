#ifndef CPROCESS_H
#define CPROCESS_H

// prctl(2) for Swift, which cannot call it: it is variadic.

/// Keeps the process's memory from others: no core file is written of it, whoever would take it, and no other process of the same user
/// may read it.
/// - Returns: 0, or -1 with errno.
int cprocess_forbid_dumps(void);

/// Whether the process's memory may be dumped, as PR_GET_DUMPABLE has it: 0 for not.
int cprocess_dumpable(void);

#endif
