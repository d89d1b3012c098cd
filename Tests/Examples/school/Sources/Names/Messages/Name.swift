public let name = "Messages"
