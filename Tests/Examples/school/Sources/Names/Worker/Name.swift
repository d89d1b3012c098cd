public let name = "Worker"
