import Testing

@testable import TaskOperations

@Suite("The process's memory", .serialized)
struct ProcessMemoryTests {
    @Test("is in no core file and no other process's hands from the start on")
    func dumps() {
        #expect(ProcessMemory.forbidDumps() == nil)
        #expect(!ProcessMemory.isDumpable)
    }
}
