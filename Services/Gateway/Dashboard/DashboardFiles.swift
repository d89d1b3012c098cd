extension PageFiles {
    /// The dashboard's: a line for each file of `Page` beside the page itself.
    static let dashboard = PageFiles(
        page: PackageResources.dashboard_html,
        files: [
            File(name: "acts.js", bytes: PackageResources.acts_js),
            File(name: "api.js", bytes: PackageResources.api_js),
            File(name: "aside.js", bytes: PackageResources.aside_js),
            File(name: "charts.js", bytes: PackageResources.charts_js),
            File(name: "columns.js", bytes: PackageResources.columns_js),
            File(name: "dashboard.css", bytes: PackageResources.dashboard_css),
            File(name: "dialogs.js", bytes: PackageResources.dialogs_js),
            File(name: "edit.js", bytes: PackageResources.edit_js),
            File(name: "fields.js", bytes: PackageResources.fields_js),
            File(name: "form.js", bytes: PackageResources.form_js),
            File(name: "json.js", bytes: PackageResources.json_js),
            File(name: "keys.js", bytes: PackageResources.keys_js),
            File(name: "list.js", bytes: PackageResources.list_js),
            File(name: "live.js", bytes: PackageResources.live_js),
            File(name: "main.js", bytes: PackageResources.main_js),
            File(name: "occurrences.js", bytes: PackageResources.occurrences_js),
            File(name: "overview.js", bytes: PackageResources.overview_js),
            File(name: "pages.js", bytes: PackageResources.pages_js),
            File(name: "parts.js", bytes: PackageResources.parts_js),
            File(name: "queues.js", bytes: PackageResources.queues_js),
            File(name: "reminder.js", bytes: PackageResources.reminder_js),
            File(name: "reminders.js", bytes: PackageResources.reminders_js),
            File(name: "signin.js", bytes: PackageResources.signin_js),
            File(name: "state.js", bytes: PackageResources.state_js),
            File(name: "time.js", bytes: PackageResources.time_js),
            File(name: "view.js", bytes: PackageResources.view_js),
            File(name: "workers.js", bytes: PackageResources.workers_js),
        ], in: Dashboard.path + "/assets")
}
