public let name = "Recurrence"
