extension SettingsReader {
    /// Refuses a wire listener that other machines can reach and that nothing protects.
    public mutating func checkClusterListener(_ listen: Setting<Endpoint>, _ common: CommonSettings) {
        check { () throws(ConfigurationError) in
            try requireAuthentication(
                listen: listen, hasAuthentication: common.isClusterProtected, howTo: CommonSettings.howToProtect)
        }
    }

    /// Refuses an operations listener that other machines can reach, unless that was asked for in so many words: it
    /// shows how much is going on, though never what.
    public mutating func checkOpsListener(_ listen: Setting<Endpoint>, _ common: CommonSettings) {
        check { () throws(ConfigurationError) in
            try requireAuthentication(
                listen: listen, hasAuthentication: common.isOpsPublic, howTo: "set OPS_PUBLIC=true if whoever can reach it may see metrics and health")
        }
    }
}
