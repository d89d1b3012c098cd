import TaskDomain
import Testing

@Suite("What is reported of a task's end")
struct RedactionTests {
    private func line(_ detail: String, _ credential: String = "") -> String {
        Redaction(of: Secret(credential)).detail(detail)
    }

    @Test("is one line")
    func oneLine() {
        #expect(line("") == "" && line("plain – ü 💡") == "plain – ü 💡")
        #expect(line("a\u{0}b\r\nc\u{7F}\u{1B}[31m") == "a b  c  [31m")
    }

    /// 1,024 is a multiple of each one's length, or not.
    @Test("is bounded, and not cut within a character", arguments: ["x", "ä", "€", "💡"])
    func bounded(_ character: String) {
        let bytes = character.utf8.count, fitting = Redaction.maxDetailBytes / bytes
        for count in [fitting - 1, fitting, fitting + 1, 10 * fitting] {
            #expect(line(String(repeating: character, count: count)) == String(repeating: character, count: min(count, fitting)))
        }
    }

    @Test("holds no run of the credential, wherever it stands and however it is quoted")
    func credential() {
        let secret = "abcdefghijklmnopqrstuvwxyz"
        #expect(line("sent Bearer \(secret).", "Bearer \(secret)") == "sent Bearer [redacted].")
        #expect(line("\(secret)\(secret)", secret) == "[redacted]")
        #expect(line("cut: cdefghijk…, and klm", "Bearer \(secret)") == "cut: [redacted]…, and klm")
        #expect(line(#"abcdefgh\nijklmnop"#, secret) == #"[redacted]\n[redacted]"#)
        // At the edge of what is kept.
        for lead in (Redaction.maxDetailBytes - 30)...(Redaction.maxDetailBytes + 1) {
            let kept = line(String(repeating: ".", count: lead) + secret, secret)
            #expect(!kept.contains("abc") && kept.utf8.count <= Redaction.maxDetailBytes)
        }
    }

    @Test("a short credential is hidden as a whole, a shorter one is none")
    func short() {
        #expect(line("the key abcd, abc", "Basic abcd") == "the key [redacted], abc")
        #expect(line("abc", "abc") == "abc" && line("Bearer ", "Bearer ") == "Bearer ")
    }

    @Test("bytes that are no UTF-8 keep within the bound, and hide nothing of a credential")
    func noText() {
        let redaction = Redaction(of: "Bearer abcdefghijklmnop")
        let wild = [UInt8](repeating: 0xFF, count: 3_000)
        #expect(redaction.line(wild, limit: 1_024).utf8.count <= 1_024)
        #expect(redaction.apply(wild, limit: 100) == [UInt8](repeating: 0xFF, count: 100))
        #expect(redaction.apply([UInt8](repeating: 0x80, count: 50), limit: 10).count == 10)
        let quoted = wild.prefix(5) + Array("abcdefghijklmnop".utf8) + wild.prefix(5)
        #expect(redaction.apply(quoted, limit: 100) == wild.prefix(5) + Array(Redaction.mark.utf8) + wild.prefix(5))
    }

    @Test("every run that the credential holds is hidden, and nothing else")
    func everyRun() {
        var random = SplitMix64(seed: 8)
        for _ in 0..<300 {
            let secret = (0..<Int.random(in: 4...60, using: &random)).map { _ in UInt8.random(in: 97...100, using: &random) }
            let text = (0..<Int.random(in: 0...200, using: &random)).map { _ in UInt8.random(in: 97...100, using: &random) }
            let run = min(Redaction.runBytes, secret.count)
            // The plain way: a byte is hidden where any run that covers it stands in the secret.
            let runs = secret.count < run ? [] : Set((0...(secret.count - run)).map { Array(secret[$0..<($0 + run)]) })
            var hidden = [Bool](repeating: false, count: text.count)
            for place in 0..<max(0, text.count - run + 1) where runs.contains(Array(text[place..<(place + run)])) {
                for covered in place..<(place + run) { hidden[covered] = true }
            }
            var expected: [UInt8] = []
            for (place, byte) in text.enumerated() {
                if !hidden[place] { expected.append(byte) } else if place == 0 || !hidden[place - 1] { expected += Redaction.mark.utf8 }
            }
            let redaction = Redaction(of: Secret("Bearer " + String(decoding: secret, as: UTF8.self)))
            #expect(redaction.apply(text, limit: 10_000) == expected)
        }
    }
}
