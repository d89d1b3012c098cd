"""Messages of the wire, made by `Shared/Python/generate`."""
