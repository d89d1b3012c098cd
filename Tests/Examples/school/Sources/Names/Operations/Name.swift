public let name = "Operations"
