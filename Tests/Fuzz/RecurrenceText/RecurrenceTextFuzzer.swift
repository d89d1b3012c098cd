@testable import TaskRecurrence

/// The text side of `Recurrence`: an input that starts with a byte under 0x20 is a recipe for an object form; any other is the text of
/// a rule and of a set.
///
/// What must hold of each: nothing traps, no input takes more than `maximumMilliseconds` of this thread's processor time, a refusal
/// has a reason, and what is accepted prints as text that reads as the same value again.
enum RecurrenceTextFuzzer: Fuzzer {
    /// The most processor time that one input may take, under the sanitizer.
    private static let maximumMilliseconds: Int64 = 40

    static func run(_ bytes: [UInt8]) {
        if let kind = bytes.first, kind < 0x20 {
            checkObject(bytes.dropFirst())
        } else {
            let text = String(decoding: bytes, as: UTF8.self)
            checkRule(text)
            checkSet(text)
        }
    }

    private static func checkRule(_ text: String) {
        switch quick("Rule.parse", { Rule.parse(text) }) {
        case .success(let rule): check(rule, "rule")
        case .failure(let errors):
            require(!errors.all.isEmpty && errors.all.allSatisfy { !$0.reason.isEmpty }, "a refusal without a reason")
            require(errors.all.count <= Rule.maximumFaults, "more faults than the bound")
        }
    }

    private static func checkSet(_ text: String) {
        guard case .success(let set) = quick("RuleSet.parse", { RuleSet.parse(text) }) else { return }
        let printed = quick("RuleSet.text") { set.text }
        guard case .success(let again) = quick("RuleSet.parse", { RuleSet.parse(printed) }) else {
            fail("a set's own text is refused: \(printed)")
        }
        require(again == set, "a set's own text reads as another set: \(printed)")
        for rule in set.rules + set.exrules { check(rule, "rule of a set") }
    }

    private static func checkObject(_ bytes: ArraySlice<UInt8>) {
        var recipe = ObjectRecipe(bytes: bytes)
        let fields = recipe.fields()
        switch quick("Rule.fromObject", { Rule.fromObject(fields) }) {
        case .success(let rule): check(rule, "object")
        case .failure(let faults):
            require(!faults.all.isEmpty && faults.all.allSatisfy { !$0.detail.isEmpty && !$0.path.isEmpty }, "a fault without a path or a detail")
            require(faults.all.count <= Rule.maximumFaults, "more faults than the bound")
        }
    }

    private static func check(_ rule: Rule, _ origin: String) {
        let text = quick("Rule.text") { rule.text }
        guard case .success(let again) = quick("Rule.parse", { Rule.parse(text) }) else {
            fail("the text of a \(origin) is refused: \(text)")
        }
        require(again == rule, "the text of a \(origin) reads as another rule: \(text)")
        require(rule.faults.isEmpty, "an accepted \(origin) has faults: \(text)")
        require(!quick("Rule.english") { rule.english }.isEmpty, "no English for \(text)")
    }

    private static func quick<Result>(_ name: String, _ body: () -> Result) -> Result {
        timed(name, milliseconds: maximumMilliseconds, body)
    }
}
