public let name = "Files"
