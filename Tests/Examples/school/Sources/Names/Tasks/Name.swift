public let name = "Tasks"
