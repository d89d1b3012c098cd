public let name = "Wire"
