extension PageFiles {
    /// The dashboard's: a line for each file of `Page` beside the page itself.
    static let dashboard = PageFiles(
        page: PackageResources.dashboard_html,
        files: [
            File(name: "dashboard.css", bytes: PackageResources.dashboard_css),
            File(name: "main.js", bytes: PackageResources.main_js),
        ], in: Dashboard.path + "/assets")
}
