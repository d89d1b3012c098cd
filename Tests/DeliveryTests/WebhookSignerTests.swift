import TaskDomain
import Testing

@testable import Delivery

@Suite("Signatures of requests")
struct WebhookSignerTests {
    /// Standard Webhooks' own example.
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    private static let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

    private func headers(_ secrets: String...) throws -> [String] {
        let signer = WebhookSigner(try secrets.map { try #require(WebhookSecret($0)) })
        return signer.headers(id: "msg_p5jXN8AQM9LWM0D4loKWxJek", at: UnixSeconds(1_614_265_330), body: Array(#"{"test": 2432232314}"#.utf8))
            .map { "\($0.name): \($0.value)" }
    }

    @Test("are those of the published example")
    func vector() throws {
        #expect(
            try headers(Self.secret) == [
                "webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp: 1614265330", "webhook-signature: \(Self.signature)",
            ])
    }

    @Test("of two secrets stand in one header, each good by itself, in the order of the secrets")
    func rotation() throws {
        let other = "whsec_" + Base64.text(Array(0..<32))
        let alone = try headers(other)[2].dropFirst("webhook-signature: ".count)
        #expect(try headers(other, Self.secret)[2] == "webhook-signature: \(alone) \(Self.signature)")
        #expect(alone.hasPrefix("v1,") && alone != Self.signature)
    }

    @Test("a secret is whsec_ and the base64 of 24 to 64 bytes, and prints as nothing of it")
    func secrets() throws {
        func secret(_ count: Int) -> String { "whsec_" + Base64.text(Array(repeating: UInt8(0xA5), count: count)) }
        for count in [24, 25, 64] { #expect(WebhookSecret(secret(count)) != nil) }
        for text in [secret(23), secret(65), "", "whsec_", String(Self.secret.dropFirst(6)), "WHSEC_" + Self.secret.dropFirst(6), Self.secret + "!"] {
            #expect(WebhookSecret(text) == nil)
        }
        let value = try #require(WebhookSecret(Self.secret))
        var dumped = ""
        dump((value, WebhookSigner([value])), to: &dumped)
        for text in ["\(value)", String(reflecting: value), dumped] { #expect(!text.contains("MfKQ") && text.contains("<redacted>")) }
    }

    @Test("base64 is RFC 4648's, in either alphabet")
    func base64() {
        for (text, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy")] {
            #expect(Base64.text(text.utf8) == encoded)
            #expect(Base64.bytes(encoded.utf8) == Array(text.utf8))
        }
        #expect(Base64.text([0xFB, 0xFF]) == "+/8=" && Base64.urlText([0xFB, 0xFF]) == "-_8")
        #expect(Base64.bytes("-_8".utf8) == [0xFB, 0xFF] && Base64.bytes("+/8=".utf8) == [0xFB, 0xFF])
    }
}
