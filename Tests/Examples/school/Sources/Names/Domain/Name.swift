public let name = "Domain"
