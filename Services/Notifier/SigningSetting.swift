import Delivery
import TaskOperations

extension SettingType where Value == [WebhookSecret] {
    /// One secret, or two while one takes the other's place.
    static var signingSecrets: Self {
        Self(
            expected: "\(WebhookSecret.prefix) and the base64 of \(WebhookSecret.keyBytes.lowerBound) to \(WebhookSecret.keyBytes.upperBound) bytes "
                + "(printf '\(WebhookSecret.prefix)%s' \"$(openssl rand -base64 32)\"), or two of them with a blank or a comma between",
            placeholder: [],
            parse: { text in
                let texts = text.split { $0 == " " || $0 == "," }
                let secrets = texts.compactMap { WebhookSecret(String($0)) }
                return (1...2).contains(texts.count) && secrets.count == texts.count ? secrets : nil
            })
    }
}
