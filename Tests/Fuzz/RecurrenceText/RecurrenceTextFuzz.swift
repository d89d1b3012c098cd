// The libFuzzer target of the text side of `Recurrence`. It is compiled together with that side's sources by `Tests/Fuzz/recurrence-text`.
//
// An input that starts with a byte under 0x20 is a recipe for an object form; any other is the text of a rule and of a set.
// What must hold of each: nothing traps, no input takes more than `maximumMilliseconds` of this thread's processor time,
// a refusal has a reason, and what is accepted prints as text that reads as the same value again.
import Glibc

/// The most processor time that one input may take.
let maximumMilliseconds: Int64 = 10

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRecurrenceText(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
    if let kind = bytes.first, kind < 0x20 {
        checkObject(bytes.dropFirst())
    } else {
        let text = String(decoding: bytes, as: UTF8.self)
        checkRule(text)
        checkSet(text)
    }
    return 0
}

private func checkRule(_ text: String) {
    switch timed("Rule.parse", { Rule.parse(text) }) {
    case .success(let rule): check(rule, "rule")
    case .failure(let errors):
        require(!errors.all.isEmpty && errors.all.allSatisfy { !$0.reason.isEmpty }, "a refusal without a reason")
        require(errors.all.count <= Rule.maximumFaults, "more faults than the bound")
    }
}

private func checkSet(_ text: String) {
    guard case .success(let set) = timed("RuleSet.parse", { RuleSet.parse(text) }) else { return }
    let printed = timed("RuleSet.text") { set.text }
    guard case .success(let again) = timed("RuleSet.parse", { RuleSet.parse(printed) }) else { fail("a set's own text is refused: \(printed)") }
    require(again == set, "a set's own text reads as another set: \(printed)")
    for rule in set.rules + set.exrules { check(rule, "rule of a set") }
}

private func checkObject(_ bytes: ArraySlice<UInt8>) {
    var recipe = ObjectRecipe(bytes: bytes)
    let fields = recipe.fields()
    switch timed("Rule.fromObject", { Rule.fromObject(fields) }) {
    case .success(let rule): check(rule, "object")
    case .failure(let faults):
        require(!faults.all.isEmpty && faults.all.allSatisfy { !$0.detail.isEmpty && !$0.path.isEmpty }, "a fault without a path or a detail")
        require(faults.all.count <= Rule.maximumFaults, "more faults than the bound")
    }
}

private func check(_ rule: Rule, _ origin: String) {
    let text = timed("Rule.text") { rule.text }
    guard case .success(let again) = timed("Rule.parse", { Rule.parse(text) }) else { fail("the text of a \(origin) is refused: \(text)") }
    require(again == rule, "the text of a \(origin) reads as another rule: \(text)")
    require(rule.faults.isEmpty, "an accepted \(origin) has faults: \(text)")
    require(!timed("Rule.english") { rule.english }.isEmpty, "no English for \(text)")
}

/// Runs `body` and stops the fuzzer if it takes too long.
private func timed<Result>(_ name: String, _ body: () -> Result) -> Result {
    let before = processorNanoseconds()
    let result = body()
    let milliseconds = (processorNanoseconds() - before) / 1_000_000
    require(milliseconds < maximumMilliseconds, "\(name) took \(milliseconds) ms")
    return result
}

private func processorNanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

private func require(_ condition: Bool, _ message: @autoclosure () -> String) {
    if !condition { fail(message()) }
}

/// Ends the process the way libFuzzer takes for a finding, which keeps the input.
private func fail(_ message: String) -> Never {
    let line = Array("recurrence-text: \(message)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
    abort()
}
