import Domain
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
}
