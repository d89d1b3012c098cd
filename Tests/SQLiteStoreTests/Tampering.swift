@testable import SQLiteStore

/// Runs SQL on a file that no store has open.
func tamper(_ sql: String, in path: String) throws { try Connection(path: path, busyTimeoutMilliseconds: 1000).execute(sql) }
