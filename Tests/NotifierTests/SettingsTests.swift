import Delivery
import Testing

@testable import notifier
@testable import TaskOperations

@Suite("The notifier's settings")
struct SettingsTests {
    private func read(_ environment: [String: String]) throws -> NotifierSettings {
        guard
            case .run(let settings, _) = try CommandLineStart<NotifierSettings>.read(
                service: "notifier", version: "1", arguments: [], environment: environment)
        else { throw StartError("it printed instead") }
        return settings
    }

    @Test(
        "plain HTTP goes to this machine only, unless the setting says otherwise in so many words",
        arguments: [
            ("https://edvora.example", true), ("http://127.0.0.1:8080", true), ("http://[::1]:8080/v1", true), ("http://localhost", true),
            ("http://edvora.example", false), ("http://192.0.2.1", false), ("http://10.0.0.1:8080", false), ("http://localhost.example", false),
            ("HTTP://edvora.example", false),
        ])
    func plain(url: String, isGood: Bool) throws {
        if isGood {
            _ = try read(["EDVORA_BASE_URL": url])
        } else {
            let error = #expect(throws: ConfigurationError.self) { try read(["EDVORA_BASE_URL": url]) }
            #expect(
                error?.description
                    == "EDVORA_BASE_URL was \"\(url)\" (from the environment), which would send credentials unencrypted to another machine; "
                    + "it must begin with https://, or set EDVORA_ALLOW_PLAIN=true if nobody else can listen on the way")
        }
        _ = try read(["EDVORA_BASE_URL": url, "EDVORA_ALLOW_PLAIN": "true"])
    }

    @Test("a signing secret is one or two, and is in no message")
    func signing() throws {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", other = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
        func secrets(_ text: String) throws -> [WebhookSecret]? {
            try read(["EDVORA_BASE_URL": "https://e", "EDVORA_SIGNING_SECRET": text]).signingSecrets
        }
        #expect(try secrets("") == nil)
        #expect(try secrets(secret) == [try #require(WebhookSecret(secret))])
        for text in ["\(secret) \(other)", "\(secret),\(other)", "\(secret), \(other)"] { #expect(try secrets(text)?.count == 2) }
        for text in [String(secret.dropLast()) + "!", "\(secret) \(other) \(secret)", "whsec_", "secret-without-a-prefix-0123456789"] {
            let error = #expect(throws: ConfigurationError.self) { try secrets(text) }
            #expect(error?.description.hasPrefix("EDVORA_SIGNING_SECRET was <redacted> (from the environment); it must be whsec_ and") == true)
        }
    }
}
